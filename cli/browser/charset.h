/* The bytes of a page to UTF-8. */
#ifndef BROWSER_CHARSET_H
#define BROWSER_CHARSET_H

#include <stdbool.h>
#include <stddef.h>

enum { CHARSET_NAME = 40 };

/* Which encoding: a byte order mark, the Content-Type header (NULL = none), <meta> among the first 1024 bytes, UTF-8.  The name in `out`. */
void charset_find(const char *bytes, size_t n, const char *content_type, char out[CHARSET_NAME]);
/* Valid UTF-8, whatever the bytes are (what cannot be read becomes U+FFFD), from malloc; *length of it.  NULL: out of memory. */
char *charset_decode(const char *bytes, size_t n, const char *charset, size_t *length);

#endif
