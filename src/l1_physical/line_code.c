/* Line codes: Manchester (mlt3.c has the other); what errors on the line do to a frame; a frame's parts for whoever shows them.
 *
 * Nobody encodes a frame that arrives whole: decode(encode(x)) is x.  Only when an error falls among a frame's symbols are they
 * made, hit, and read as a receiver reads them. */
#include "l1_physical/line_code.h"

#include "wire/crc.h"

enum {
    LINE_PREAMBLE_BYTES = 7,
    LINE_PREAMBLE = 0x55,       /* lowest bit first: 1 0 1 0 1 0 1 0 */
    LINE_SFD = 0xd5,            /* ... and at last 1 1 */
    LINE_LEADING = LINE_PREAMBLE_BYTES + 1,
    LINE_ADDRESS = 6,
    LINE_TYPE = 2,
    LINE_TAG = 4,
    LINE_TAGS_MAX = 2,
    LINE_FCS = 4,
    LINE_FRAME_MIN = 60,        /* without FCS */
    LINE_RUNT = 18,             /* addresses, type, FCS: anything shorter is no frame */
    MANCHESTER_IDL = 6,         /* half bits of TP_IDL: 300 ns at 10 Mbit/s ... */
    MANCHESTER_IDL_SEEN = 5,    /* ... of which 250 tell the receiver (14.2.1.1); inside a frame nothing is high for longer than two */
};

/* ---- Manchester ---- */

static uint8_t *manchester_byte(uint8_t *s, unsigned byte)
{
    for (unsigned i = 0; i < 8; i++) {
        uint8_t bit = byte >> i & 1;
        *s++ = !bit;
        *s++ = bit;
    }
    return s;
}

static size_t manchester_symbols(size_t n) { return 16 * (LINE_LEADING + n) + MANCHESTER_IDL; }

static void manchester_encode(const uint8_t *frame, size_t n, uint8_t *symbols)
{
    uint8_t *s = symbols;
    for (int i = 0; i < LINE_PREAMBLE_BYTES; i++) s = manchester_byte(s, LINE_PREAMBLE);
    s = manchester_byte(s, LINE_SFD);
    for (size_t i = 0; i < n; i++) s = manchester_byte(s, frame[i]);
    for (int i = 0; i < MANCHESTER_IDL; i++) *s++ = 1;
}

enum manchester_bit { MANCHESTER_0, MANCHESTER_1, MANCHESTER_END, MANCHESTER_BAD };

/* What the next two of n symbols are. */
static enum manchester_bit manchester_read(const uint8_t *s, size_t n)
{
    if (n < 2) return MANCHESTER_END;
    if (!s[0] != !s[1]) return s[1] ? MANCHESTER_1 : MANCHESTER_0;
    size_t most = n < MANCHESTER_IDL_SEEN ? n : MANCHESTER_IDL_SEEN, high = 0;
    while (high < most && s[high]) high++;
    return high == most ? MANCHESTER_END : MANCHESTER_BAD;
}

/* Where the frame begins, or n: bits are thrown away until a delimiter was seen (4.2.9, PhysicalSignalDecap), so that a lost piece of
 * preamble costs nothing. */
static size_t manchester_hunt(const uint8_t *s, size_t n)
{
    unsigned seen = 0; /* the last eight good bits; the delimiter's lowest is 1, so fewer than eight cannot look like it */
    for (size_t at = 0;; at += 2) {
        enum manchester_bit b = manchester_read(s + at, n - at);
        if (b == MANCHESTER_END) return n;
        seen = b == MANCHESTER_BAD ? 0 : seen >> 1 | (b == MANCHESTER_1) << 7;
        if (seen == LINE_SFD) return at + 2;
    }
}

/* A frame with bits left over is good if its whole bytes are (4.2.4.2.1). */
static enum hp_drop manchester_verdict(const uint8_t *frame, size_t n, size_t bits_over)
{
    if (bits_over && !crc_ok(bytes_of(frame, n))) return HP_DROP_ALIGNMENT;
    return n < LINE_RUNT ? HP_DROP_WIRE_FRAGMENT : HP_DROP_NONE;
}

static enum hp_drop manchester_decode(const uint8_t *symbols, size_t n, uint8_t *frame, size_t room, size_t *got)
{
    size_t at = manchester_hunt(symbols, n), bits = 0;
    enum manchester_bit b;
    unsigned byte = 0;
    *got = 0;
    if (at == n) return HP_DROP_NO_SFD;
    while ((b = manchester_read(symbols + at, n - at)) <= MANCHESTER_1) {
        byte = byte >> 1 | (b == MANCHESTER_1) << 7;
        at += 2;
        if (++bits % 8) continue;
        if (*got == room) return HP_DROP_GIANT;
        frame[(*got)++] = (uint8_t)byte;
    }
    return b == MANCHESTER_BAD ? HP_DROP_CODE_VIOLATION : manchester_verdict(frame, *got, bits % 8);
}

const struct hp_line_code hp_line_code_manchester = {
    .name = "manchester", .per_byte = 16, .levels = 2, .symbols = manchester_symbols, .encode = manchester_encode, .decode = manchester_decode};

/* ---- the codes there are ---- */

static const struct hp_line_code *const line_codes[] = {&hp_line_code_manchester, &hp_line_code_4b5b_mlt3};

const struct hp_line_code *hp_line_code_at(unsigned i) { return i < sizeof line_codes / sizeof *line_codes ? line_codes[i] : NULL; }

const struct hp_line_code *hp_line_code_find(const char *name)
{
    for (unsigned i = 0; hp_line_code_at(i); i++)
        if (strcmp(line_codes[i]->name, name) == 0) return line_codes[i];
    return NULL;
}

/* ---- errors ---- */

size_t line_code_span(const struct hp_line_code *code, const struct hp_pkt *p)
{
    size_t n = pkt_len(p);
    if (p->flags & PKT_FCS) return code->symbols(n);
    return code->symbols((n > LINE_FRAME_MIN ? n : LINE_FRAME_MIN) + LINE_FCS);
}

bool line_code_fault(const struct hp_line_code *code, struct fault *f, struct hp_pkt *p)
{
    if (!fault_seal(p, LINE_FRAME_MIN, LINE_LEADING)) return false;
    size_t n = pkt_len(p), symbols = code->symbols(n), got, room = n + LINE_LEADING;
    struct hp_mem *m = p->buf->mem;
    uint8_t *s = mem_alloc(m, symbols + room);
    if (!s) return false;
    uint8_t *frame = s + symbols;
    code->encode(p->data, n, s);
    fault_flip_symbols(f, s, symbols, code->levels);
    enum hp_drop why = code->decode(s, symbols, frame, room, &got);
    p->broken = (uint8_t)why;
    if (!why) {
        memcpy(p->data, frame, got);
        p->tail = p->data + got;
    }
    mem_free(m, s, symbols + room);
    return true;
}

/* ---- to show ---- */

size_t hp_line_code_frame(struct hp_bytes frame, uint8_t *out, size_t room)
{
    size_t n = frame.n > LINE_FRAME_MIN ? frame.n : LINE_FRAME_MIN;
    if (room < LINE_FCS || room - LINE_FCS < n) return 0;
    if (frame.n) memcpy(out, frame.p, frame.n);
    memset(out + frame.n, 0, n - frame.n);
    crc_put(out + n, crc_add(0, out, n));
    return n + LINE_FCS;
}

size_t hp_line_code_symbols(const struct hp_line_code *code, struct hp_bytes frame, uint8_t *out, size_t room)
{
    size_t n = code->symbols(frame.n);
    if (room < n) return 0;
    code->encode(frame.p, frame.n, out);
    return n;
}

struct line_runs {
    struct hp_line_run *out;
    size_t count, at, left;     /* at: bits so far; left: bytes of the frame */
};

static void line_run(struct line_runs *r, const char *label, size_t bytes)
{
    if (!bytes) return;
    r->out[r->count++] = (struct hp_line_run){label, r->at, 8 * bytes};
    r->at += 8 * bytes;
}

static void line_run_of(struct line_runs *r, const char *label, size_t bytes)
{
    size_t n = bytes < r->left ? bytes : r->left;
    line_run(r, label, n);
    r->left -= n;
}

static bool line_is_tag(const uint8_t *type)
{
    unsigned v = (unsigned)type[0] << 8 | type[1];
    return v == 0x8100 || v == 0x88a8; /* IEEE 802.1Q: of a customer, of a service */
}

size_t hp_line_code_runs(struct hp_bytes frame, struct hp_line_run out[HP_LINE_RUNS_MAX])
{
    size_t fcs = frame.n < LINE_FCS ? frame.n : LINE_FCS, body = frame.n - fcs;
    struct line_runs r = {.out = out, .left = body};
    line_run(&r, "preamble", LINE_PREAMBLE_BYTES);
    line_run(&r, "SFD", 1);
    line_run_of(&r, "dst", LINE_ADDRESS);
    line_run_of(&r, "src", LINE_ADDRESS);
    for (int i = 0; i < LINE_TAGS_MAX && r.left >= LINE_TAG && line_is_tag(frame.p + body - r.left); i++) line_run_of(&r, "tag", LINE_TAG);
    line_run_of(&r, "type", LINE_TYPE);
    line_run_of(&r, "payload", r.left);
    line_run(&r, "FCS", fcs);
    return r.count;
}
