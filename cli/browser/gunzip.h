/* The content codings gzip and deflate. */
#ifndef BROWSER_GUNZIP_H
#define BROWSER_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the bytes unfold to, `max` at most, from malloc; NULL without memory.  *whole: they came to a good end. */
uint8_t *gunzip(const uint8_t *bytes, size_t n, size_t max, size_t *length, bool *whole);

#endif
