/* Line codes: how the bits of a frame become levels on a cable, and what a receiver makes of them.
 *
 * A symbol is the shortest span in which the level does not change, one per byte here: of two levels 0 low, 1 high; of three 0 minus,
 * 1 nothing, 2 plus.  A cable with a code
 * (hp_cable_config.code) has its bit errors on symbols: the receiver decodes what came, and a frame dies of what a receiver would
 * see: CODE_VIOLATION, NO_SFD, ALIGNMENT, WIRE_FRAGMENT, or later FCS. */
#ifndef HEPTA_LINE_CODE_H
#define HEPTA_LINE_CODE_H

#include "hepta/wire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The one shape of every code.  Frames are whole: from the destination to the FCS. */
struct hp_line_code {
    const char *name;
    unsigned per_byte;          /* symbols of a byte */
    unsigned levels;            /* 2 or 3 */
    /* Symbols that a frame of n bytes is, preamble and end of the signal included. */
    size_t (*symbols)(size_t n);
    /* Writes symbols(n) of them. */
    void (*encode)(const uint8_t *frame, size_t n, uint8_t *symbols);
    /* Reads any symbols (of two levels what is not 0 is high; after the last one the line is silent).  NONE: *got bytes of a frame, whose FCS is
     * the caller's to check.  At most `room` bytes are written; n / per_byte are always enough. */
    enum hp_drop (*decode)(const uint8_t *symbols, size_t n, uint8_t *frame, size_t room, size_t *got);
};

/* Manchester, as 10BASE-T has it: IEEE 802.3 clauses 7.3.1 (the code), 4.2 (preamble, delimiter, octets lowest bit first) and
 * 14.2.1 (TP_IDL, the end of the signal).  A bit is a step in its middle: up for 1, down for 0. */
extern const struct hp_line_code hp_line_code_manchester;

/* 4B5B with MLT-3 and TP-PMD's scrambler, as 100BASE-TX has it: IEEE 802.3 clauses 24.2 and 25, ANSI X3.263.  A byte is ten symbols;
 * /J/K/ is the preamble's first, /T/R/I/I/ follow the FCS.  The scrambler begins each frame with ones (mlt3.c). */
extern const struct hp_line_code hp_line_code_4b5b_mlt3;
/* The code group of 0..15: five bits, the first highest (table 24-1). */
unsigned hp_line_code_4b5b(unsigned nibble);

/* The codes there are, in a fixed order; NULL = no more. */
const struct hp_line_code *hp_line_code_at(unsigned i);
/* NULL = there is none of this name. */
const struct hp_line_code *hp_line_code_find(const char *name);

/* ---- to show a frame as it goes over a cable ---- */

/* A captured frame (without FCS) as it is sent: zeros up to 60 bytes, then the FCS.  Answers its length, at most
 * max(frame.n, 60) + 4, or 0 if `room` is less. */
size_t hp_line_code_frame(struct hp_bytes frame, uint8_t *out, size_t room);

/* The symbols of a whole frame: answers how many, code->symbols(frame.n), or 0 if `room` is less. */
size_t hp_line_code_symbols(const struct hp_line_code *code, struct hp_bytes frame, uint8_t *out, size_t room);

enum { HP_LINE_RUNS_MAX = 10 };

/* A part of a frame on the line: whole bytes.  Byte i of the line, the preamble's first being 0, is symbols i * per_byte .. (i + 1) * per_byte - 1. */
struct hp_line_run {
    const char *label;          /* "preamble", "SFD", "dst", "src", "tag" (of a VLAN, two at most), "type", "payload", "FCS" */
    size_t first, bits;         /* counted from the first bit of the preamble */
};
/* The parts of a whole frame in their order, each with some bits; answers how many, HP_LINE_RUNS_MAX at most. */
size_t hp_line_code_runs(struct hp_bytes frame, struct hp_line_run out[HP_LINE_RUNS_MAX]);

#ifdef __cplusplus
}
#endif
#endif
