/* 4B5B with MLT-3: 100BASE-TX.
 *
 * IEEE 802.3 clause 24.2: each nibble, lowest first, is a group of five code bits; /J/K/ stands for the preamble's first byte and /T/R/
 * comes behind the FCS, then idle.  ANSI X3.263 (TP-PMD), which clause 25 takes over: the code bits are scrambled with the key stream
 * x^11 + x^9 + 1, and each 1 is a step to the next of the levels 0, +, 0, -.
 *
 * A real scrambler runs on through the idle between frames, and receivers follow it from that.  Here both ends are in step when a frame
 * begins: the idle before it is not made, the key stream begins with ones, and the level with 0. */
#include "l1_physical/line_code.h"

#include "wire/crc.h"

enum {
    MLT3_GROUP = 5,
    MLT3_BYTE = 2 * MLT3_GROUP,
    MLT3_LEADING = 8,           /* preamble and delimiter, in bytes */
    MLT3_END = 4 * MLT3_GROUP,  /* /T/R/I/I/ */
    MLT3_PREAMBLE = 0x55, MLT3_SFD = 0xd5,
    MLT3_FRAME_LEAST = 18,
    MLT3_KEY = 0x7ff,
    MLT3_MIDDLE = 1,
    GROUP_I = 0x1f, GROUP_J = 0x18, GROUP_K = 0x11, GROUP_T = 0x0d, GROUP_R = 0x07,
};

/* IEEE 802.3 table 24-1, first bit highest. */
static const uint8_t mlt3_groups[16] = {0x1e, 0x09, 0x14, 0x15, 0x0a, 0x0b, 0x0e, 0x0f, 0x12, 0x13, 0x16, 0x17, 0x1a, 0x1b, 0x1c, 0x1d};

unsigned hp_line_code_4b5b(unsigned nibble) { return mlt3_groups[nibble & 15]; }

/* ---- scrambler and levels ---- */

struct mlt3 {
    unsigned key;               /* the last eleven bits of the key stream */
    uint8_t level;
    bool up;                    /* the next step from the middle */
};

static const struct mlt3 mlt3_begin = {.key = MLT3_KEY, .level = MLT3_MIDDLE, .up = true};

static unsigned mlt3_key(struct mlt3 *m)
{
    unsigned bit = (m->key >> 10 ^ m->key >> 8) & 1;
    m->key = (m->key << 1 | bit) & MLT3_KEY;
    return bit;
}

static uint8_t mlt3_level(struct mlt3 *m, unsigned bit)
{
    if (!(bit ^ mlt3_key(m))) return m->level;
    if (m->level != MLT3_MIDDLE) {
        m->up = m->level == 0;
        m->level = MLT3_MIDDLE;
    } else m->level = m->up ? 2 : 0;
    return m->level;
}

static uint8_t *mlt3_put(struct mlt3 *m, uint8_t *s, unsigned group)
{
    for (int i = MLT3_GROUP - 1; i >= 0; i--) *s++ = mlt3_level(m, group >> i & 1);
    return s;
}

static uint8_t *mlt3_put_byte(struct mlt3 *m, uint8_t *s, unsigned byte)
{
    s = mlt3_put(m, s, mlt3_groups[byte & 15]);
    return mlt3_put(m, s, mlt3_groups[byte >> 4]);
}

static size_t mlt3_symbols(size_t n) { return MLT3_BYTE * (MLT3_LEADING + n) + MLT3_END; }

static void mlt3_encode(const uint8_t *frame, size_t n, uint8_t *symbols)
{
    static const uint8_t end[] = {GROUP_T, GROUP_R, GROUP_I, GROUP_I};
    struct mlt3 m = mlt3_begin;
    uint8_t *s = mlt3_put(&m, symbols, GROUP_J);
    s = mlt3_put(&m, s, GROUP_K);
    for (int i = 1; i < MLT3_LEADING - 1; i++) s = mlt3_put_byte(&m, s, MLT3_PREAMBLE);
    s = mlt3_put_byte(&m, s, MLT3_SFD);
    for (size_t i = 0; i < n; i++) s = mlt3_put_byte(&m, s, frame[i]);
    for (size_t i = 0; i < sizeof end; i++) s = mlt3_put(&m, s, end[i]);
}

/* ---- the receiver ---- */

struct mlt3_in {
    const uint8_t *s, *end;
    struct mlt3 m;
};

/* The level that changed was a 1.  Behind the last symbol the line is idle. */
static unsigned mlt3_next(struct mlt3_in *in)
{
    unsigned group = 0;
    if (in->end - in->s < MLT3_GROUP) return GROUP_I;
    for (int i = 0; i < MLT3_GROUP; i++) {
        uint8_t level = *in->s++;
        group = group << 1 | ((level != in->m.level) ^ mlt3_key(&in->m));
        in->m.level = level;
    }
    return group;
}

enum { NIBBLE_NONE = 16, NIBBLE_END, NIBBLE_BAD };

/* A nibble; END: /T/R/; BAD: no code group, or idle without an end (24.2.4.4). */
static unsigned mlt3_nibble(struct mlt3_in *in)
{
    unsigned group = mlt3_next(in);
    for (unsigned i = 0; i < 16; i++)
        if (mlt3_groups[i] == group) return i;
    return group == GROUP_T && mlt3_next(in) == GROUP_R ? NIBBLE_END : NIBBLE_BAD;
}

/* Nibbles are thrown away until the delimiter's two were seen. */
static unsigned mlt3_hunt(struct mlt3_in *in)
{
    unsigned before = NIBBLE_NONE, nibble;
    while ((nibble = mlt3_nibble(in)) < 16) {
        if (before == (MLT3_SFD & 15) && nibble == MLT3_SFD >> 4) return 0;
        before = nibble;
    }
    return nibble;
}

static enum hp_drop mlt3_decode(const uint8_t *symbols, size_t n, uint8_t *frame, size_t room, size_t *got)
{
    struct mlt3_in in = {.s = symbols, .end = symbols + n, .m = mlt3_begin};
    unsigned nibble, low = NIBBLE_NONE;
    *got = 0;
    if (mlt3_next(&in) != GROUP_J || mlt3_next(&in) != GROUP_K) return HP_DROP_NO_SFD; /* "false carrier" */
    nibble = mlt3_hunt(&in);
    if (nibble) return nibble == NIBBLE_END ? HP_DROP_NO_SFD : HP_DROP_CODE_VIOLATION;
    while ((nibble = mlt3_nibble(&in)) < 16) {
        if (low == NIBBLE_NONE) {
            low = nibble;
            continue;
        }
        if (*got == room) return HP_DROP_GIANT;
        frame[(*got)++] = (uint8_t)(nibble << 4 | low);
        low = NIBBLE_NONE;
    }
    if (nibble == NIBBLE_BAD) return HP_DROP_CODE_VIOLATION;
    if (low != NIBBLE_NONE && !crc_ok(bytes_of(frame, *got))) return HP_DROP_ALIGNMENT;
    return *got < MLT3_FRAME_LEAST ? HP_DROP_WIRE_FRAGMENT : HP_DROP_NONE;
}

const struct hp_line_code hp_line_code_4b5b_mlt3 = {
    .name = "4b5b-mlt3", .per_byte = MLT3_BYTE, .levels = 3, .symbols = mlt3_symbols, .encode = mlt3_encode, .decode = mlt3_decode};
