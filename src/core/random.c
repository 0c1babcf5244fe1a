/* xoroshiro128++ for chance, SipHash for keys. */
#include "core/random.h"

#include "core/bytes.h"

static uint64_t random_rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }

/* ---- SipHash-c-d (Aumasson, Bernstein: SipHash: a fast short-input PRF, 2012) ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline void sip_rounds(struct sip *s, int n)
{
    while (n--) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = random_rotl(s->v1, 13) ^ s->v0;
        s->v3 = random_rotl(s->v3, 16) ^ s->v2;
        s->v0 = random_rotl(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = random_rotl(s->v1, 17) ^ s->v2;
        s->v3 = random_rotl(s->v3, 21) ^ s->v0;
        s->v2 = random_rotl(s->v2, 32);
    }
}

/* SipHash reads little-endian words, so that a key gives the same hash on every machine. */
static inline uint64_t sip_word(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static inline uint64_t sip_whole_word(const uint8_t *p)
{
    uint64_t v = load64(p);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64(v);
}

static inline uint64_t sip(const struct key *k, const void *data, size_t n, int c, int d)
{
    const uint8_t *p = data;
    struct sip s = {k->k0 ^ 0x736f6d6570736575u, k->k1 ^ 0x646f72616e646f6du, k->k0 ^ 0x6c7967656e657261u,
                    k->k1 ^ 0x7465646279746573u};
    size_t left = n;
    for (; left >= 8; left -= 8, p += 8) {
        uint64_t m = sip_whole_word(p);
        s.v3 ^= m;
        sip_rounds(&s, c);
        s.v0 ^= m;
    }
    uint64_t m = (uint64_t)n << 56 | sip_word(p, left);
    s.v3 ^= m;
    sip_rounds(&s, c);
    s.v0 ^= m;
    s.v2 ^= 0xff;
    sip_rounds(&s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_key(const struct key *k, const void *p, size_t n) { return sip(k, p, n, 1, 3); }
uint64_t secret_key(const struct key *k, const void *p, size_t n) { return sip(k, p, n, 2, 4); }

struct key key_derive(const struct key *k, const char *purpose)
{
    struct key flipped = {k->k1, k->k0};
    size_t n = strlen(purpose);
    return (struct key){secret_key(k, purpose, n), secret_key(&flipped, purpose, n)};
}

/* ---- chance ---- */

void random_init(struct random *r, uint64_t seed, const char *name, const char *what)
{
    struct key k = {seed, ~seed};
    k = key_derive(&k, name);
    k = key_derive(&k, what);
    *r = (struct random){k.k0, k.k1 | 1}; /* the all-zero state is the one that must not be */
}

uint64_t random_next(struct random *r)
{
    uint64_t a = r->a, b = r->b;
    uint64_t out = random_rotl(a + b, 17) + a;
    b ^= a;
    r->a = random_rotl(a, 49) ^ b ^ b << 21;
    r->b = random_rotl(b, 28);
    return out;
}

uint32_t random_below(struct random *r, uint32_t n)
{
    assert(n > 0);
    uint32_t unfair = (uint32_t)(0 - n) % n; /* 2^32 mod n values would be drawn once too often (Lemire 2019) */
    for (;;) {
        uint64_t m = (random_next(r) >> 32) * n;
        if ((uint32_t)m >= unfair) return (uint32_t)(m >> 32);
    }
}

/* Inverse transform by squaring: the chance of k failures in a row is q^k; walks k's bits from the top, drawing one
 * uniform number and comparing it with q^k in fixed point.  63 steps at most. */
uint64_t random_skip(struct random *r, uint32_t share)
{
    if (share == UINT32_MAX) return 0;
    if (share == 0) return UINT64_MAX;
    uint64_t power[40];
    power[0] = UINT64_MAX - ((uint64_t)share << 32);           /* q in parts of 2^64 */
    int n = 1;
    while (n < 40 && power[n - 1]) {
        power[n] = (uint64_t)((unsigned __int128)power[n - 1] * power[n - 1] >> 64);
        n++;
    }
    uint64_t u = random_next(r), left = UINT64_MAX, skip = 0;  /* left = q^skip */
    for (int i = n - 1; i >= 0; i--) {
        uint64_t next = (uint64_t)((unsigned __int128)left * power[i] >> 64);
        if (next <= u) continue;                               /* success came before skip + 2^i */
        left = next;
        skip += 1ull << i;
    }
    return skip;
}
