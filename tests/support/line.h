/* A line code under test: frames as symbols and back, and two stations on a cable with it. */
#ifndef SUPPORT_LINE_H
#define SUPPORT_LINE_H

#include "hepta/line_code.h"
#include "hepta/physical.h"
#include "support/alloc.h"
#include "support/station.h"

enum { LINE_FRAME_MAX = 1518, LINE_SYMBOLS_MAX = 16 * (8 + LINE_FRAME_MAX) + 20 };

struct line {
    const struct hp_line_code *code;
    uint8_t frame[LINE_FRAME_MAX + 8], symbols[LINE_SYMBOLS_MAX], back[LINE_FRAME_MAX + 8];
};
/* n bytes with their FCS, and their symbols. */
void line_frame(struct line *l, size_t n);
/* Frames of every length are encoded and decoded. */
void line_every_length(struct line *l);

struct line_pair {
    struct test_alloc alloc;
    struct station a, b;
    struct hp_cable *cable;
};
void line_begin(struct line_pair *t, const struct hp_line_code *code, uint32_t bit_errors);
/* That many frames of 100 bytes from a to b. */
void line_send(struct line_pair *t, uint32_t many);
void line_end(struct line_pair *t);

#endif
