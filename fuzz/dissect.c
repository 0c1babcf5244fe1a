/* Dissecting any bytes as any link type: every field lies in the frame, and text in its buffer.  The first byte says what
 * the rest is: odd = raw IP. */
#include "wire/dissect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct fuzz_seen {
    size_t n, fields;
};

static void fuzz_field(void *ctx, const struct dissect_field *f)
{
    struct fuzz_seen *seen = ctx;
    assert(f->at <= seen->n && f->n <= seen->n - f->at);
    assert(strlen(f->text) < DISSECT_TEXT && f->name[0] && f->label[0]);
    seen->fields++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    static char text[1 << 16];
    struct hp_bytes frame = bytes_of(data + 1, n - 1);
    enum dissect_link link = data[0] & 1 ? DISSECT_RAW_IP : DISSECT_ETHERNET;
    struct fuzz_seen seen = {frame.n, 0};
    dissect(frame, link, fuzz_field, &seen);
    assert(seen.fields > 0 && seen.fields < 64 + 64 * n);
    size_t line = dissect_line(frame, link, text, sizeof text);
    assert(text[line] == 0 && strlen(text) == line);
    size_t tree = dissect_tree(frame, link, text, 1 + n % sizeof text);
    assert(text[tree] == 0 && strlen(text) == tree && tree <= n);
    return 0;
}
