/* UTF-8 (RFC 3629), and how wide it is on a terminal: Korean, Chinese and Japanese take two cells (Unicode UAX #11). */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "hepta/types.h"

/* One character from at most n bytes: how many it took, or 0 if that is no UTF-8 (cut short, overlong, a surrogate, past U+10FFFF). */
size_t utf8_take(const char *s, size_t n, uint32_t *code);
/* Writes 1..4 bytes; 0 if there is no such character. */
size_t utf8_put(char out[4], uint32_t code);
/* Cells of a character: 0 (combining, control), 1 or 2. */
unsigned utf8_cells(uint32_t code);
/* Cells of a text; what is no UTF-8 counts one a byte. */
size_t utf8_text_cells(const char *s, size_t n);

#endif
