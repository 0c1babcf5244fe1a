/* Chance and keys.
 *
 * Two kinds, never mixed: `random` comes from the seed and makes runs repeatable; `key` is secret (entropy on a real
 * wire) and keeps hashes, ports and sequence numbers unguessable (SipHash-1-3 for tables, SipHash-2-4 for what the
 * network sees; Aumasson and Bernstein 2012). */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include "hepta/types.h"

struct random {
    uint64_t a, b;      /* xoroshiro128++ (Blackman and Vigna 2019) */
};

struct key {
    uint64_t k0, k1;
};

/* A generator of its own for the thing `name` and the purpose `what`: draws elsewhere do not change it. */
void random_init(struct random *r, uint64_t seed, const char *name, const char *what);
uint64_t random_next(struct random *r);
uint32_t random_below(struct random *r, uint32_t n);       /* 0..n-1, without bias; n > 0                  */
static inline bool random_chance(struct random *r, uint32_t share)  /* share of 2^32; UINT32_MAX = always   */
{
    return share == UINT32_MAX || (uint32_t)(random_next(r) >> 32) < share;
}
/* How many trials pass before the first success of a chance of share/2^32 (geometric, by integer arithmetic only). */
uint64_t random_skip(struct random *r, uint32_t share);

uint64_t hash_key(const struct key *k, const void *p, size_t n);     /* SipHash-1-3: tables       */
uint64_t secret_key(const struct key *k, const void *p, size_t n);   /* SipHash-2-4: seen outside */
/* A key of its own for a purpose. */
struct key key_derive(const struct key *k, const char *purpose);

#endif
