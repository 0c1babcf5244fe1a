/* The recording wire, and bytes as hex. */
#include "support/tap.h"

#include "core/pkt.h"
#include "support/test.h"

static bool tap_room(struct hp_wire *w) { return !((struct tap *)w->state)->full; }
static void tap_flush(struct hp_wire *w) { ((struct tap *)w->state)->flushes++; }

static void tap_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct tap *t = w->state;
    assert_false(t->full);
    p->next = NULL;
    p->time = hp_now(w->stack);
    *t->sent_last = p;
    t->sent_last = &p->next;
    t->count++;
    t->total++;
}

static void tap_close(struct hp_wire *w)
{
    struct tap *t = w->state;
    assert_false(t->closed);
    tap_clear(t);
    t->closed = true;
}

static const struct hp_wire_ops tap_ops = {.name = "tap", .room = tap_room, .tx = tap_tx, .flush = tap_flush, .close = tap_close};

void tap_init(struct tap *t)
{
    memset(t, 0, sizeof *t);
    t->wire.ops = &tap_ops;
    t->wire.state = t;
    t->sent_last = &t->sent;
}

struct hp_pkt *tap_take_pkt(struct tap *t)
{
    struct hp_pkt *p = t->sent;
    if (!p) return NULL;
    t->sent = p->next;
    if (!t->sent) t->sent_last = &t->sent;
    p->next = NULL;
    t->count--;
    return p;
}

const struct tap_frame *tap_take(struct tap *t)
{
    struct hp_pkt *p = tap_take_pkt(t);
    if (!p) return NULL;
    assert_true(hp_pkt_len(p) <= sizeof t->frame.b);
    t->frame.n = hp_pkt_copy_out(p, 0, t->frame.b, sizeof t->frame.b);
    t->frame.id = p->id;
    t->frame.time = p->time;
    hp_pkt_free(p);
    return &t->frame;
}

void tap_clear(struct tap *t)
{
    for (struct hp_pkt *p; (p = tap_take_pkt(t));) hp_pkt_free(p);
}

void tap_inject(struct tap *t, const void *bytes, size_t n)
{
    struct hp_pkt *p = hp_pkt_copy_in(t->wire.stack, bytes, n);
    if (p) hp_wire_rx(&t->wire, p); /* NULL: a test of failing memory, the frame is lost */
}

void tap_inject_hex(struct tap *t, const char *hex)
{
    uint8_t b[TAP_FRAME_MAX];
    tap_inject(t, b, hex_bytes(hex, b, sizeof b));
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);
    return c && at ? (int)(at - digits) : -1;
}

size_t hex_bytes(const char *hex, uint8_t *out, size_t max)
{
    size_t n = 0;
    while (*hex) {
        if (*hex == ' ' || *hex == '\n') {
            hex++;
            continue;
        }
        int high = hex_digit(hex[0]), low = high < 0 ? -1 : hex_digit(hex[1]);
        if (low < 0 || n >= max) fail_msg("not hex, or too long: %s", hex);
        out[n++] = (uint8_t)(high << 4 | low);
        hex += 2;
    }
    return n;
}

static void print_hex(const char *what, const uint8_t *b, size_t n)
{
    fprintf(stderr, "%s (%zu):", what, n);
    for (size_t i = 0; i < n; i++) fprintf(stderr, "%s%02x", i % 4 ? "" : " ", b[i]);
    fprintf(stderr, "\n");
}

void assert_bytes(const void *bytes, size_t n, const char *hex)
{
    const uint8_t *b = bytes;
    size_t at = 0;
    bool same = true;
    for (const char *h = hex; *h;) {
        if (*h == ' ' || *h == '\n') {
            h++;
            continue;
        }
        if (at >= n) same = false;
        else if (h[0] != '.') same &= b[at] == (hex_digit(h[0]) << 4 | hex_digit(h[1]));
        at++;
        h += 2;
    }
    if (same && at == n) return;
    print_hex("came", b, n);
    fprintf(stderr, "expected (%zu): %s\n", at, hex);
    fail_msg("bytes differ");
}
