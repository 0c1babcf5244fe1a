/* Text into a fixed buffer, without libc: what does not fit is left out, and the end is always a NUL. */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include <stdarg.h>

#include "hepta/types.h"

struct text {
    char *start, *p, *end;      /* end: the last byte, for the NUL */
};

struct text text_of(char *buf, size_t n);
static inline size_t text_len(const struct text *t) { return (size_t)(t->p - t->start); }

void text_char(struct text *t, char c);
void text_str(struct text *t, const char *s);                   /* NULL writes nothing           */
void text_bytes(struct text *t, const char *s, size_t n);
void text_u64(struct text *t, uint64_t v);
void text_i64(struct text *t, int64_t v);
void text_pad_u64(struct text *t, uint64_t v, int width, char pad);
void text_hex(struct text *t, uint64_t v, int digits);          /* exactly so many digits        */
void text_ip(struct text *t, const struct hp_ip *ip);
void text_mac(struct text *t, const struct hp_mac *mac);
void text_time(struct text *t, hp_time v);                      /* seconds with nine decimals    */
void text_span(struct text *t, hp_time v);
/* What messages need of printf, so that the compiler checks them: %s %.*s %c %d %i %u %x, with l, ll, z, and %%.  Elsewhere chain the calls. */
void text_format(struct text *t, const char *format, va_list args);

/* Parsers that take a prefix of the text and answer how many bytes they took, 0 = none. */
size_t text_take_u64(const char *s, uint64_t *out);

#endif
