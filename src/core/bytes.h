/* Bytes of the wire: big-endian loads and stores, and two cursors that cannot run past the end.
 *
 * The one header that wire/ needs.  No function here allocates or keeps anything. */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <assert.h>
#include <string.h>

#include "hepta/types.h"

/* Under AddressSanitizer no memory is kept for the next who wants some, so that every use after free is seen. */
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)((unsigned)p[0] << 8 | p[1]); }
static inline uint32_t get24(const uint8_t *p) { return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]; }

static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t get64(const uint8_t *p) { return (uint64_t)get32(p) << 32 | get32(p + 4); }

static inline void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, v >> 16);
    put16(p + 2, v & 0xffff);
}

static inline void put64(uint8_t *p, uint64_t v)
{
    put32(p, (uint32_t)(v >> 32));
    put32(p + 4, (uint32_t)v);
}

/* Host-order loads for hashing and checksums: any alignment, no meaning on the wire. */
static inline uint64_t load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline struct hp_bytes bytes_of(const void *p, size_t n) { return (struct hp_bytes){p, n}; }

/* The rest after the first n bytes; asking for more than there is gives nothing. */
static inline struct hp_bytes bytes_from(struct hp_bytes b, size_t n)
{
    if (n > b.n) return (struct hp_bytes){b.p, 0};
    return (struct hp_bytes){n ? b.p + n : b.p, b.n - n}; /* NULL + 0 is undefined in C */
}

static inline struct hp_bytes bytes_upto(struct hp_bytes b, size_t n)
{
    return (struct hp_bytes){b.p, n < b.n ? n : b.n};
}

/* A reader: past the end every take answers zeros and `short_` stays set, so a parser checks once. */
struct reader {
    const uint8_t *p, *end;
    bool short_;
};

static inline struct reader reader_of(struct hp_bytes b) { return (struct reader){b.p, b.n ? b.p + b.n : b.p, false}; }
static inline size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->p); }

static inline struct hp_bytes read_bytes(struct reader *r, size_t n)
{
    if (n > reader_left(r)) {
        r->short_ = true;
        r->p = r->end;
        return (struct hp_bytes){r->end, 0};
    }
    struct hp_bytes b = {r->p, n};
    r->p += n;
    return b;
}

static inline uint8_t read8(struct reader *r)
{
    struct hp_bytes b = read_bytes(r, 1);
    return b.n ? b.p[0] : 0;
}

static inline uint16_t read16(struct reader *r)
{
    struct hp_bytes b = read_bytes(r, 2);
    return b.n ? get16(b.p) : 0;
}

static inline uint32_t read32(struct reader *r)
{
    struct hp_bytes b = read_bytes(r, 4);
    return b.n ? get32(b.p) : 0;
}

/* A writer into a fixed buffer: what does not fit is not written and `full` stays set. */
struct writer {
    uint8_t *start, *p, *end;
    bool full;
};

static inline struct writer writer_of(void *p, size_t n)
{
    return (struct writer){p, p, (uint8_t *)p + n, false};
}

static inline size_t writer_used(const struct writer *w) { return (size_t)(w->p - w->start); }

/* Room for n bytes, or NULL. */
static inline uint8_t *write_room(struct writer *w, size_t n)
{
    if (n > (size_t)(w->end - w->p)) {
        w->full = true;
        return NULL;
    }
    uint8_t *at = w->p;
    w->p += n;
    return at;
}

static inline void write_bytes(struct writer *w, const void *p, size_t n)
{
    uint8_t *at = write_room(w, n);
    if (at && n) memcpy(at, p, n);
}

static inline void write8(struct writer *w, unsigned v)
{
    uint8_t *at = write_room(w, 1);
    if (at) *at = (uint8_t)v;
}

static inline void write16(struct writer *w, unsigned v)
{
    uint8_t *at = write_room(w, 2);
    if (at) put16(at, v);
}

static inline void write32(struct writer *w, uint32_t v)
{
    uint8_t *at = write_room(w, 4);
    if (at) put32(at, v);
}

#endif
