/* What Unicode says about characters: how wide they are in a terminal, and where lines may break. */
#ifndef BROWSER_UNICODE_H
#define BROWSER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The character at p (valid UTF-8); its length in bytes in *n. */
uint32_t unicode_char(const char *p, const char *end, size_t *n);
/* Cells in a UTF-8 terminal: East Asian wide 2, ambiguous 1, combining and control 0. */
int unicode_width(uint32_t c);
int unicode_text_width(const char *p, size_t n);
bool unicode_is_hangul(uint32_t c);
/* breaks[i]: a line may break before byte i of p (UAX #14).  n bytes. */
void unicode_breaks(const char *p, size_t n, char *breaks);

#endif
