/* The Internet checksum, fast.  RFC 1071 2: the sum may be taken in the machine's own byte order, in words of any
 * size and in any order, and swapped once at the end; so 16 or 32 bytes go at a time where the compiler was told that
 * the machine can (SSE2 is part of x86-64), and 8 elsewhere.
 *
 * The vector loop adds signed 16-bit words in pairs (pmaddwd by 1): each word is biased by -0x8000 to make it signed
 * and the bias is put back at the end.  A step adds at most 2^16 to a lane of 32 bits, so SUM_BLOCK bytes cannot make even
 * the sum of all lanes overflow. */
#include "wire/sum.h"

enum { SUM_BLOCK = 1 << 16 };

/* Summing and summing while copying are the same code, made twice. */
#define SUM_TWICE static inline __attribute__((always_inline))

#if defined(__AVX2__)
#include <immintrin.h>

enum { SUM_STEP = 32 };
typedef __m256i sum_vector;
static inline sum_vector sum_zero(void) { return _mm256_setzero_si256(); }
static inline sum_vector sum_plus(sum_vector a, sum_vector b) { return _mm256_add_epi32(a, b); }
/* acc + the words at p, which are copied to `to` unless that is NULL. */
SUM_TWICE sum_vector sum_step(sum_vector acc, uint8_t *to, const uint8_t *p)
{
    __m256i v = _mm256_loadu_si256((const void *)p);
    if (to) _mm256_storeu_si256((void *)to, v);
    v = _mm256_xor_si256(v, _mm256_set1_epi16((short)0x8000));
    return _mm256_add_epi32(acc, _mm256_madd_epi16(v, _mm256_set1_epi16(1)));
}
static inline int32_t sum_lanes(sum_vector v)
{
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1)));
}
#elif defined(__SSE2__)
#include <emmintrin.h>

enum { SUM_STEP = 16 };
typedef __m128i sum_vector;
static inline sum_vector sum_zero(void) { return _mm_setzero_si128(); }
static inline sum_vector sum_plus(sum_vector a, sum_vector b) { return _mm_add_epi32(a, b); }
/* acc + the words at p, which are copied to `to` unless that is NULL. */
SUM_TWICE sum_vector sum_step(sum_vector acc, uint8_t *to, const uint8_t *p)
{
    __m128i v = _mm_loadu_si128((const void *)p);
    if (to) _mm_storeu_si128((void *)to, v);
    v = _mm_xor_si128(v, _mm_set1_epi16((short)0x8000));
    return _mm_add_epi32(acc, _mm_madd_epi16(v, _mm_set1_epi16(1)));
}
static inline int32_t sum_lanes(sum_vector v)
{
    v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1)));
}
#else
enum { SUM_STEP = 8 };
#endif

/* n is a multiple of SUM_STEP and at most SUM_BLOCK.  `to` is NULL or where the bytes are copied to. */
#if defined(__SSE2__)
SUM_TWICE uint64_t sum_long(uint8_t *to, const uint8_t *p, size_t n)
{
    sum_vector a = sum_zero(), b = sum_zero();
    size_t i = 0;
    for (; i + 4 * SUM_STEP <= n; i += 4 * SUM_STEP) {
        a = sum_step(a, to ? to + i : NULL, p + i);
        b = sum_step(b, to ? to + i + SUM_STEP : NULL, p + i + SUM_STEP);
        a = sum_step(a, to ? to + i + 2 * SUM_STEP : NULL, p + i + 2 * SUM_STEP);
        b = sum_step(b, to ? to + i + 3 * SUM_STEP : NULL, p + i + 3 * SUM_STEP);
    }
    for (; i < n; i += SUM_STEP) a = sum_step(a, to ? to + i : NULL, p + i);
    return (uint64_t)((int64_t)(n / 2) * 0x8000 + sum_lanes(sum_plus(a, b)));
}
#else
SUM_TWICE uint64_t sum_long(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t a = 0, b = 0;
    size_t i = 0;
    for (; i + 2 * SUM_STEP <= n; i += 2 * SUM_STEP) {
        a = sum_carry(a, load64(p + i));
        b = sum_carry(b, load64(p + i + SUM_STEP));
    }
    if (i < n) a = sum_carry(a, load64(p + i));
    if (to) memcpy(to, p, n);
    return sum_carry(a, b);
}
#endif

/* Fewer than 8 bytes: up to three words that do not add up to more than 64 bits. */
SUM_TWICE uint64_t sum_rest(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; to && i < n; i++) to[i] = p[i];
    if (n & 4) {
        v = load32(p);
        p += 4;
    }
    uint8_t word[4] = {0};      /* a pair of bytes, and an odd one with a zero */
    if (n & 2) memcpy(word, p, 2);
    if (n & 1) word[2] = p[n & 2];
    return v + load32(word);
}

/* The sum in the machine's byte order. */
SUM_TWICE uint64_t sum_native(uint8_t *to, const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    while (n >= 2 * SUM_STEP) {
        size_t part = (n < SUM_BLOCK ? n : SUM_BLOCK) & ~(size_t)(SUM_STEP - 1);
        sum = sum_carry(sum, sum_long(to, p, part));
        p += part;
        n -= part;
        if (to) to += part;
    }
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t v = load64(p);
        sum = sum_carry(sum, v);
        if (!to) continue;
        memcpy(to, &v, 8);
        to += 8;
    }
    return n ? sum_carry(sum, sum_rest(to, p, n)) : sum;
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
    return sum + (offset & 1 ? (part >> 8 | part << 8) & 0xffff : part);
}

uint16_t sum_update(uint16_t sum, const void *old, const void *now, size_t n)
{
    assert(n % 2 == 0);
    uint32_t was = sum_settle(sum_native(NULL, old, n));
    return sum_fold((uint32_t)(uint16_t)~sum + (uint16_t)~was + sum_settle(sum_native(NULL, now, n)));
}
