/* Longest-prefix match: a tree bitmap (Eatherton, Varghese, Dittia 2004) of six bits per level, in which a subtree of one prefix is no
 * subtree but a leaf.
 *
 * A node knows by one bit each which prefixes end in it (as a complete binary tree, 1 = the empty one) and which of the 64 continuations
 * exist; what the bits stand for lies packed behind them, in the order of the bits.  A lookup costs one node per six bits that are
 * needed to tell the prefixes apart, at most 22; a route costs one pointer, and its share of a node. */
#ifndef L3_TRIE_H
#define L3_TRIE_H

#include "core/bytes.h"
#include "core/mem.h"

struct route;

/* An address as a number: IPv4 in the upper half of hi. */
struct trie_key {
    uint64_t hi, lo;
};

struct trie {
    void *root;                 /* struct trie_node */
};

static inline struct trie_key trie_key_of(const struct hp_ip *ip, bool v4)
{
    if (v4) return (struct trie_key){(uint64_t)get32(ip->b + 12) << 32, 0};
    return (struct trie_key){get64(ip->b), get64(ip->b + 8)};
}

/* Whether the first len bits are the same. */
static inline bool trie_key_match(const struct trie_key *a, const struct trie_key *b, unsigned len)
{
    if (len <= 64) return len == 0 || (a->hi ^ b->hi) >> (64 - len) == 0;
    return a->hi == b->hi && (a->lo ^ b->lo) >> (128 - len) == 0;
}

/* The list of the longest prefix that has the key; with `accept`, of the longest whose list it accepts. */
struct route *trie_find(const struct trie *t, const struct trie_key *key);
struct route *trie_find_if(const struct trie *t, const struct trie_key *key, bool (*accept)(const void *ctx, const struct route *first),
                           const void *ctx);
/* Where the list (struct route *) of exactly this prefix is, or NULL.  What is there may be replaced by another list of the same prefix, not by NULL. */
void **trie_at(struct trie *t, const struct trie_key *key, unsigned len);
/* A new prefix (trie_at() is NULL).  HP_OK, HP_ENOMEM. */
int trie_add(struct trie *t, struct hp_mem *mem, struct route *first);
/* Takes this prefix away (trie_at() is not NULL). */
void trie_remove(struct trie *t, struct hp_mem *mem, const struct trie_key *key, unsigned len);
/* Every prefix, in the order of addresses and the shorter one first. */
void trie_each(const struct trie *t, void (*each)(void *ctx, struct route *first), void *ctx);
void trie_free(struct trie *t, struct hp_mem *mem);     /* the nodes; the routes are the caller's */

#endif
