/* CRC-32, eight bytes at a time ("slicing by 8"): table[k][b] is what byte b becomes after k more zero bytes.
 *
 * A CRC is linear: the entry of a byte is the exclusive or of the entries of its bits.  So the 2 048 entries are written
 * down as 64 numbers (those of the single bits, polynomial 0xedb88320) and the compiler does the rest. */
#include "wire/crc.h"

#define CRC_BIT(b, i, v) ((b) >> (i) & 1 ? (v) : 0u)
#define CRC_1(b, v0, v1, v2, v3, v4, v5, v6, v7)                                                              \
    (CRC_BIT(b, 0, v0) ^ CRC_BIT(b, 1, v1) ^ CRC_BIT(b, 2, v2) ^ CRC_BIT(b, 3, v3) ^ CRC_BIT(b, 4, v4) ^      \
     CRC_BIT(b, 5, v5) ^ CRC_BIT(b, 6, v6) ^ CRC_BIT(b, 7, v7))
#define CRC_4(b, ...) CRC_1(b, __VA_ARGS__), CRC_1(b + 1, __VA_ARGS__), CRC_1(b + 2, __VA_ARGS__), CRC_1(b + 3, __VA_ARGS__)
#define CRC_16(b, ...) CRC_4(b, __VA_ARGS__), CRC_4(b + 4, __VA_ARGS__), CRC_4(b + 8, __VA_ARGS__), CRC_4(b + 12, __VA_ARGS__)
#define CRC_64(b, ...) CRC_16(b, __VA_ARGS__), CRC_16(b + 16, __VA_ARGS__), CRC_16(b + 32, __VA_ARGS__), CRC_16(b + 48, __VA_ARGS__)
#define CRC_256(...) CRC_64(0, __VA_ARGS__), CRC_64(64, __VA_ARGS__), CRC_64(128, __VA_ARGS__), CRC_64(192, __VA_ARGS__)

static const uint32_t crc_table[8][256] = {
    {CRC_256(0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u,
             0x1db71064u, 0x3b6e20c8u, 0x76dc4190u, 0xedb88320u)},
    {CRC_256(0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u,
             0x4ac21251u, 0x958424a2u, 0xf0794f05u, 0x3b83984bu)},
    {CRC_256(0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u,
             0x1c26a370u, 0x384d46e0u, 0x709a8dc0u, 0xe1351b80u)},
    {CRC_256(0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu,
             0x5019579fu, 0xa032af3eu, 0x9b14583du, 0xed59b63bu)},
    {CRC_256(0x3d6029b0u, 0x7ac05360u, 0xf580a6c0u, 0x30704bc1u,
             0x60e09782u, 0xc1c12f04u, 0x58f35849u, 0xb1e6b092u)},
    {CRC_256(0xcb5cd3a5u, 0x4dc8a10bu, 0x9b914216u, 0xec53826du,
             0x03d6029bu, 0x07ac0536u, 0x0f580a6cu, 0x1eb014d8u)},
    {CRC_256(0xa6770bb4u, 0x979f1129u, 0xf44f2413u, 0x33ef4e67u,
             0x67de9cceu, 0xcfbd399cu, 0x440b7579u, 0x8816eaf2u)},
    {CRC_256(0xccaa009eu, 0x4225077du, 0x844a0efau, 0xd3e51bb5u,
             0x7cbb312bu, 0xf9766256u, 0x299dc2edu, 0x533b85dau)},
};

static inline uint32_t crc_byte(uint32_t crc, uint8_t b) { return crc >> 8 ^ crc_table[0][(crc ^ b) & 0xff]; }

static inline uint32_t crc_little32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint32_t crc_four(uint32_t v, int k)
{
    return crc_table[k + 3][v & 0xff] ^ crc_table[k + 2][v >> 8 & 0xff] ^ crc_table[k + 1][v >> 16 & 0xff] ^
           crc_table[k][v >> 24];
}

uint32_t crc_add(uint32_t crc, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n >= 8; n -= 8, p += 8) crc = crc_four(crc ^ crc_little32(p), 4) ^ crc_four(crc_little32(p + 4), 0);
    for (; n > 0; n--) crc = crc_byte(crc, *p++);
    return ~crc;
}

bool crc_ok(struct hp_bytes frame)
{
    if (frame.n < 4) return false;
    const uint8_t *fcs = frame.p + frame.n - 4;
    return crc_add(0, frame.p, frame.n - 4) == crc_little32(fcs);
}
