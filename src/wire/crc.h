/* CRC-32 of IEEE 802.3 3.2.9: Ethernet's frame check sequence; the same as in gzip and PNG. */
#ifndef WIRE_CRC_H
#define WIRE_CRC_H

#include "core/bytes.h"

/* The CRC of what was seen so far (0 at the start) and p[0..n): crc_add(crc_add(0, a), b) is that of a and b together. */
uint32_t crc_add(uint32_t crc, const void *p, size_t n);

static inline uint32_t crc_of(struct hp_bytes b) { return crc_add(0, b.p, b.n); }

/* On the wire the FCS follows the frame with its lowest byte first. */
static inline void crc_put(uint8_t *out, uint32_t crc)
{
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(crc >> 8 * i);
}

/* True if the last four bytes of `frame` are the FCS of those before them. */
bool crc_ok(struct hp_bytes frame);

#endif
