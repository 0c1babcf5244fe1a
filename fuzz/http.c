/* HTTP: heads, framing, the chunked coding, URLs.  The first byte says which. */
#include "core/bytes.h"
#include "hepta/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool fuzz_inside(struct hp_bytes part, struct hp_bytes all)
{
    return part.n == 0 || (part.p >= all.p && part.p + part.n <= all.p + all.n);
}

/* What a head names lies in it, and no part of it without its end is a whole head. */
static void fuzz_head(struct hp_bytes in, bool response)
{
    static struct hp_http_head h;
    uint64_t length;
    int whole = hp_http_head_parse(in, response, &h);
    if (whole <= 0) return;
    assert((size_t)whole <= in.n);
    struct hp_bytes head = bytes_upto(in, (size_t)whole);
    assert(fuzz_inside(h.method, head) && fuzz_inside(h.target, head) && fuzz_inside(h.reason, head));
    for (int i = 0; i < h.header_count; i++)
        assert(h.header[i].name.n && fuzz_inside(h.header[i].name, head) && fuzz_inside(h.header[i].value, head));
    int framing = hp_http_framing(&h, response, &length);
    assert(framing == HP_EPROTO || (framing >= HP_HTTP_NO_BODY && framing <= HP_HTTP_UNTIL_CLOSE));
    assert(length <= INT64_MAX && (response || framing != HP_HTTP_UNTIL_CLOSE));
    assert(hp_http_head_parse(bytes_upto(in, (size_t)whole - 1), response, &h) == 0);
}

/* Decodes in pieces; answers the body's length, or -1, and a sum of it. */
static int64_t fuzz_dechunk(struct hp_bytes in, size_t piece, uint32_t *sum, bool *end)
{
    struct hp_chunked c = {0};
    int64_t body = 0;
    *sum = 0;
    *end = false;
    while (in.n && !*end) {
        struct hp_bytes data, part = bytes_upto(in, piece);
        int64_t took = hp_chunked_take(&c, part, &data, end);
        if (took < 0) return -1;
        assert((size_t)took <= part.n && (took || *end) && fuzz_inside(data, part));
        for (size_t i = 0; i < data.n; i++) *sum = *sum * 31 + data.p[i];
        body += (int64_t)data.n;
        in = bytes_from(in, (size_t)took);
    }
    return body;
}

static void fuzz_chunked(struct hp_bytes in)
{
    uint32_t sum[2];
    bool end[2];
    int64_t whole = fuzz_dechunk(in, SIZE_MAX, &sum[0], &end[0]), bytes = fuzz_dechunk(in, 1, &sum[1], &end[1]);
    assert(whole == bytes && (whole < 0 || (sum[0] == sum[1] && end[0] == end[1])));
}

/* What was taken fits, and can be put into a request's line. */
static void fuzz_url(struct hp_bytes in)
{
    char text[4096];
    static struct hp_url u;
    size_t n = in.n < sizeof text ? in.n : sizeof text - 1;
    if (n) memcpy(text, in.p, n);
    text[n] = 0;
    if (hp_url_parse(text, &u) != HP_OK) return;
    assert(u.port && u.host[0] && strlen(u.host) < sizeof u.host && u.path[0] == '/' && strlen(u.path) < sizeof u.path);
    for (const char *p = u.path; *p; p++) assert((uint8_t)*p > ' ');
    for (const char *p = u.host; *p; p++) assert((uint8_t)*p > ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    struct hp_bytes in = bytes_of(data + 1, n - 1);
    switch (data[0] % 4) {
    case 0: fuzz_head(in, false); break;
    case 1: fuzz_head(in, true); break;
    case 2: fuzz_chunked(in); break;
    case 3: fuzz_url(in); break;
    }
    return 0;
}
