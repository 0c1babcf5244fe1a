/* The Internet checksum (RFC 1071, RFC 1624): sums over bytes of any alignment, pseudo headers, updates.
 *
 * A partial sum is a uint32_t in which 16-bit big-endian numbers were added up: it starts as 0 (or a pseudo header's
 * sum), takes at most 65 536 further parts, and sum_fold() makes of it the number that goes into the header.
 * The bytes of a correct message, checksum included, fold to 0. */
#ifndef WIRE_SUM_H
#define WIRE_SUM_H

#include "core/bytes.h"

/* ---- below the surface: sums in the machine's own byte order, 64 bits wide (RFC 1071 2) ---- */

/* The carry comes back in at the bottom. */
static inline uint64_t sum_carry(uint64_t sum, uint64_t v)
{
    sum += v;
    return sum + (sum < v);
}

/* To 16 bits in the wire's order. */
static inline uint32_t sum_settle(uint64_t sum)
{
    sum += sum >> 32 | sum << 32;
    uint32_t v = (uint32_t)(sum >> 32);
    v = (v + (v >> 16 | v << 16)) >> 16;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    v = (v >> 8 | v << 8) & 0xffff;
#endif
    return v;
}

/* ---- sums over bytes ---- */

/* sum + p[0..n): this part starts at an even offset of the message; an odd last byte counts as if a 0 followed. */
uint32_t sum_add(uint32_t sum, const void *p, size_t n);
/* The same, and copies the bytes to `to` (not overlapping). */
uint32_t sum_copy(uint32_t sum, void *to, const void *p, size_t n);
/* The same for a part at any offset of the message: after odd bytes the columns change places (RFC 1071 2 B). */
uint32_t sum_add_at(uint32_t sum, size_t offset, const void *p, size_t n);

/* The checksum: the complement of the sum folded to 16 bits.  (Both halves swapped and added: the upper half of the result is
 * their sum, with the carry that comes back in from below.) */
static inline uint16_t sum_fold(uint32_t sum)
{
    sum += sum >> 16 | sum << 16;
    return (uint16_t)~(sum >> 16);
}

/* UDP's (RFC 768): 0 would say "none", so 0xffff goes in its place. */
static inline uint16_t sum_fold_udp(uint32_t sum)
{
    uint16_t v = sum_fold(sum);
    return v ? v : 0xffff;
}

/* Completes a checksum that was left to the wire: over p[0..n), whose field at `field` holds the pseudo header's sum.  UDP's field is at 6. */
static inline void sum_complete(uint8_t *p, size_t n, size_t field)
{
    uint32_t sum = sum_add(0, p, n);
    put16(p + field, field == 6 ? sum_fold_udp(sum) : sum_fold(sum));
}

/* True if the message is unharmed: `sum` is the pseudo header's, or 0 where there is none. */
static inline bool sum_ok(uint32_t sum, struct hp_bytes message)
{
    return sum_fold(sum_add(sum, message.p, message.n)) == 0;
}

/* The pseudo header of IPv4 (RFC 9293 3.1) and of IPv6 (RFC 8200 8.1); len is the upper layer's, header included.
 * One function does both: the ::ffff of a v4-mapped address adds 0xffff, which is zero in one's complement. */
static inline uint32_t sum_pseudo(const struct hp_ip *src, const struct hp_ip *dst, uint8_t proto, uint32_t len)
{
    uint64_t sum = sum_carry(load64(src->b), load64(src->b + 8));
    sum = sum_carry(sum_carry(sum, load64(dst->b)), load64(dst->b + 8));
    return sum_settle(sum) + (len & 0xffff) + (len >> 16) + proto;
}

/* Whether the 20 bytes of an IPv4 header without options are unharmed. */
static inline bool sum_header_ok(const uint8_t *p)
{
    return sum_settle(sum_carry(sum_carry(load64(p), load64(p + 8)), load32(p + 16))) == 0xffff;
}

/* A checksum field after a 16-bit field (at an even offset) changed: RFC 1624 equation 3. */
static inline uint16_t sum_update16(uint16_t sum, uint16_t old, uint16_t now)
{
    return sum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~old + now);
}

static inline uint16_t sum_update32(uint16_t sum, uint32_t old, uint32_t now)
{
    return sum_fold((uint32_t)(uint16_t)~sum + (~old >> 16) + (~old & 0xffff) + (now >> 16) + (now & 0xffff));
}

/* ... after n bytes (an even number, at an even offset) changed: addresses in NAT. */
uint16_t sum_update(uint16_t sum, const void *old, const void *now, size_t n);

#endif
