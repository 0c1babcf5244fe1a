/* The Internet checksum, fast.  RFC 1071 2: the sum may be taken in the machine's own byte order, in words of any
 * size and in any order, and swapped once at the end; so 16 or 32 bytes go at a time where the compiler was told that
 * the machine can (SSE2 is part of x86-64), and 8 elsewhere.
 *
 * The vector loop adds signed 16-bit words in pairs (pmaddwd by 1): each word is biased by -0x8000 to make it signed
 * and the bias is put back at the end.  A lane holds +-2^16 per step, so SUM_BLOCK bytes cannot overflow it. */
#include "wire/sum.h"

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#endif

/* Adds v to the running one's complement sum of 64-bit words: the carry comes back in at the bottom. */
static inline uint64_t sum_carry(uint64_t sum, uint64_t v)
{
    sum += v;
    return sum + (sum < v);
}

enum { SUM_BLOCK = 1 << 18, SUM_LITTLE = 1 };

#if defined(__AVX2__)
enum { SUM_STEP = 32 };
typedef __m256i sum_vector;
static inline sum_vector sum_zero(void) { return _mm256_setzero_si256(); }
static inline sum_vector sum_load(const uint8_t *p) { return _mm256_loadu_si256((const void *)p); }
static inline void sum_store(uint8_t *p, sum_vector v) { _mm256_storeu_si256((void *)p, v); }
static inline sum_vector sum_step(sum_vector acc, sum_vector v)
{
    v = _mm256_xor_si256(v, _mm256_set1_epi16((short)0x8000));
    return _mm256_add_epi32(acc, _mm256_madd_epi16(v, _mm256_set1_epi16(1)));
}
#elif defined(__SSE2__)
enum { SUM_STEP = 16 };
typedef __m128i sum_vector;
static inline sum_vector sum_zero(void) { return _mm_setzero_si128(); }
static inline sum_vector sum_load(const uint8_t *p) { return _mm_loadu_si128((const void *)p); }
static inline void sum_store(uint8_t *p, sum_vector v) { _mm_storeu_si128((void *)p, v); }
static inline sum_vector sum_step(sum_vector acc, sum_vector v)
{
    v = _mm_xor_si128(v, _mm_set1_epi16((short)0x8000));
    return _mm_add_epi32(acc, _mm_madd_epi16(v, _mm_set1_epi16(1)));
}
#else
enum { SUM_STEP = 8 };
typedef uint64_t sum_vector;
#endif

/* n is a multiple of 4 * SUM_STEP.  `to` is NULL or where the bytes are copied to. */
#if defined(__SSE2__)
static inline uint64_t sum_long(uint8_t *to, const uint8_t *p, size_t n)
{
    sum_vector a = sum_zero(), b = sum_zero();
    for (size_t i = 0; i < n; i += 4 * SUM_STEP) {
        for (int k = 0; k < 4; k += 2) {
            sum_vector v = sum_load(p + i + k * SUM_STEP), w = sum_load(p + i + (k + 1) * SUM_STEP);
            if (to) sum_store(to + i + k * SUM_STEP, v);
            if (to) sum_store(to + i + (k + 1) * SUM_STEP, w);
            a = sum_step(a, v);
            b = sum_step(b, w);
        }
    }
    int32_t lane[2][SUM_STEP / 4];
    sum_store((uint8_t *)lane[0], a);
    sum_store((uint8_t *)lane[1], b);
    int64_t sum = (int64_t)(n / 2) * 0x8000;
    for (int i = 0; i < SUM_STEP / 4; i++) sum += (int64_t)lane[0][i] + lane[1][i];
    return (uint64_t)sum;
}
#else
static inline uint64_t sum_long(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t sum[4] = {0};
    for (size_t i = 0; i < n; i += 4 * SUM_STEP) {
        if (to) memcpy(to + i, p + i, 4 * SUM_STEP);
        for (int k = 0; k < 4; k++) sum[k] = sum_carry(sum[k], load64(p + i + k * SUM_STEP));
    }
    return sum_carry(sum_carry(sum[0], sum[1]), sum_carry(sum[2], sum[3]));
}
#endif

/* Fewer than 8 bytes, as the low bytes in memory of a 64-bit word. */
static inline uint64_t sum_rest(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    size_t at = 0;
    if (n & 4) {
        v = load32(p);
        at = 4;
    }
    if (n & 2) {
        uint16_t w;
        memcpy(&w, p + at, 2);
        v += w;
        at += 2;
    }
    if (n & 1) {
        uint8_t last[2] = {p[at], 0};
        uint16_t w;
        memcpy(&w, last, 2);
        v += w;
    }
    if (to)
        for (size_t i = 0; i < n; i++) to[i] = p[i];
    return v;
}

/* The sum in the machine's byte order, as a 64-bit one's complement number. */
static inline uint64_t sum_native(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    while (n >= 4 * SUM_STEP) {
        size_t part = (n < SUM_BLOCK ? n : SUM_BLOCK) & ~(size_t)(4 * SUM_STEP - 1);
        sum = sum_carry(sum, sum_long(to, p, part));
        p += part;
        n -= part;
        if (to) to += part;
    }
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v = load64(p);
        sum = sum_carry(sum, v);
        if (to) {
            memcpy(to, &v, 8);
            to += 8;
        }
    }
    return n ? sum_carry(sum, sum_rest(to, p, n)) : sum;
}

static inline uint32_t sum_swap16(uint32_t v) { return (v >> 8 | v << 8) & 0xffff; }

/* 64 bits in the machine's order to 16 bits in the wire's. */
static inline uint32_t sum_settle(uint64_t sum)
{
    const union {
        uint16_t number;
        uint8_t byte[2];
    } order = {SUM_LITTLE};
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    uint32_t v = (uint32_t)(sum & 0xffff) + (uint32_t)(sum >> 16);
    v = (v & 0xffff) + (v >> 16);
    return order.byte[0] ? sum_swap16(v) : v;
}

uint32_t sum_add(uint32_t sum, const void *p, size_t n) { return sum + sum_settle(sum_native(NULL, p, n)); }

uint32_t sum_copy(uint32_t sum, void *to, const void *p, size_t n)
{
    if (n == 0) return sum;
    assert(to);
    return sum + sum_settle(sum_native(to, p, n));
}

uint32_t sum_add_at(uint32_t sum, size_t offset, const void *p, size_t n)
{
    uint32_t part = sum_settle(sum_native(NULL, p, n));
    return sum + (offset & 1 ? sum_swap16(part) : part);
}

uint16_t sum_update(uint16_t sum, const void *old, const void *now, size_t n)
{
    assert(n % 2 == 0);
    uint32_t was = sum_settle(sum_native(NULL, old, n));
    return sum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~was + sum_settle(sum_native(NULL, now, n)));
}
