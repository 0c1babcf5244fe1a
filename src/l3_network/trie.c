/* The tree bitmap: see trie.h.
 *
 * Invariants: node->slot holds one route list per bit of `prefixes`, then one node or list per bit of `children`; `leaves` is a
 * subset of `children`; a leaf's prefix goes on past its slot's six bits or ends with them; no node but the root is
 * empty, and none but the root holds one list only (it would be a leaf above). */
#include "l3_network/trie.h"

#include "l3_network/net.h"

enum { TRIE_STRIDE = 6, TRIE_LEVELS = 22, TRIE_ROOM_MIN = 2 };

struct trie_node {
    uint64_t prefixes, children, leaves;
    uint32_t room, prefix_count;
    void *slot[];
};

/* For the first five of six bits: the bits of `prefixes` on the way from the root to there. */
#define TRIE_COVER(i) (1ull << (32 + (i)) | 1ull << (16 + (i) / 2) | 1ull << (8 + (i) / 4) | 1ull << (4 + (i) / 8) | \
                       1ull << (2 + (i) / 16) | 1ull << 1)
#define TRIE_COVER4(i) TRIE_COVER(i), TRIE_COVER((i) + 1), TRIE_COVER((i) + 2), TRIE_COVER((i) + 3)
static const uint64_t trie_cover[32] = {TRIE_COVER4(0),  TRIE_COVER4(4),  TRIE_COVER4(8),  TRIE_COVER4(12),
                                        TRIE_COVER4(16), TRIE_COVER4(20), TRIE_COVER4(24), TRIE_COVER4(28)};

static inline unsigned trie_count(uint64_t v)
{
#ifdef __POPCNT__
    return (unsigned)__builtin_popcountll(v);
#else
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(v * 0x0101010101010101u >> 56);
#endif
}

static inline unsigned trie_top(uint64_t v) { return 63u - (unsigned)__builtin_clzll(v); }
static inline uint64_t trie_below(unsigned bit) { return (1ull << bit) - 1; }

static inline unsigned trie_prefix_index(const struct trie_node *n, unsigned bit)
{
    return trie_count(n->prefixes & trie_below(bit));
}
static inline unsigned trie_child_index(const struct trie_node *n, unsigned bit)
{
    return n->prefix_count + trie_count(n->children & trie_below(bit));
}
static inline unsigned trie_used(const struct trie_node *n) { return n->prefix_count + trie_count(n->children); }

/* The six bits of the key at `base`; past its end they are 0. */
static inline unsigned trie_bits(const struct trie_key *k, unsigned base)
{
    if (base < 60) return k->hi >> (58 - base) & 63;
    if (base == 60) return (unsigned)((k->hi & 15) << 2 | k->lo >> 62);
    return (unsigned)(base == 126 ? k->lo << 4 : k->lo >> (122 - base)) & 63;
}

/* ---- looking ---- */

struct route *trie_find(const struct trie *t, const struct trie_key *key)
{
    const struct trie_node *best = NULL; /* the deepest one with a prefix of the key */
    uint64_t best_cover = 0;
    struct trie_key k = *key;
    for (const struct trie_node *n = t->root; n;) {
        unsigned bits = (unsigned)(k.hi >> 58);
        uint64_t cover = n->prefixes & trie_cover[bits >> 1];
        if (cover) {
            best = n;
            best_cover = cover;
        }
        if (!(n->children >> bits & 1)) break;
        void *child = n->slot[trie_child_index(n, bits)];
        if (n->leaves >> bits & 1) {
            struct route *leaf = child;
            if (trie_key_match(&leaf->key, key, leaf->len)) return leaf;
            break;
        }
        n = child;
        k = (struct trie_key){k.hi << TRIE_STRIDE | k.lo >> (64 - TRIE_STRIDE), k.lo << TRIE_STRIDE};
    }
    return best ? best->slot[trie_prefix_index(best, trie_top(best_cover))] : NULL;
}

struct route *trie_find_if(const struct trie *t, const struct trie_key *key, bool (*accept)(const void *, const struct route *),
                           const void *ctx)
{
    struct route *best = NULL;
    const struct trie_node *n = t->root;
    for (unsigned base = 0; n; base += TRIE_STRIDE) {
        unsigned bits = trie_bits(key, base);
        uint64_t cover = n->prefixes & trie_cover[bits >> 1];
        for (; cover; cover &= ~(1ull << trie_top(cover))) {
            struct route *r = n->slot[trie_prefix_index(n, trie_top(cover))];
            if (!accept(ctx, r)) continue;
            best = r;
            break;
        }
        if (!(n->children >> bits & 1)) break;
        void *child = n->slot[trie_child_index(n, bits)];
        if (n->leaves >> bits & 1) {
            struct route *leaf = child;
            return trie_key_match(&leaf->key, key, leaf->len) && accept(ctx, leaf) ? leaf : best;
        }
        n = child;
    }
    return best;
}

/* The bit of `prefixes` for a prefix that ends in the node at base. */
static unsigned trie_prefix_bit(const struct trie_key *key, unsigned len, unsigned base)
{
    unsigned rest = len - base;
    return 1u << rest | trie_bits(key, base) >> (TRIE_STRIDE - rest);
}

void **trie_at(struct trie *t, const struct trie_key *key, unsigned len)
{
    struct trie_node *n = t->root;
    for (unsigned base = 0; n; base += TRIE_STRIDE) {
        if (len - base < TRIE_STRIDE) {
            unsigned bit = trie_prefix_bit(key, len, base);
            return n->prefixes >> bit & 1 ? &n->slot[trie_prefix_index(n, bit)] : NULL;
        }
        unsigned bits = trie_bits(key, base);
        if (!(n->children >> bits & 1)) return NULL;
        void **child = &n->slot[trie_child_index(n, bits)];
        if (n->leaves >> bits & 1) {
            struct route *leaf = *child;
            return leaf->len == len && trie_key_match(&leaf->key, key, len) ? child : NULL;
        }
        n = *child;
    }
    return NULL;
}

/* ---- changing ---- */

static size_t trie_node_size(uint32_t room) { return sizeof(struct trie_node) + room * sizeof(void *); }

static struct trie_node *trie_node_new(struct hp_mem *mem)
{
    struct trie_node *n = mem_zalloc(mem, trie_node_size(TRIE_ROOM_MIN));
    if (n) n->room = TRIE_ROOM_MIN;
    return n;
}

static void trie_node_free(struct hp_mem *mem, struct trie_node *n) { mem_free(mem, n, trie_node_size(n->room)); }

/* Makes room for one more slot at `index`; the node may move. */
static bool trie_slot_add(struct hp_mem *mem, void **at, unsigned index, void *what)
{
    struct trie_node *n = *at;
    unsigned used = trie_used(n);
    if (used == n->room) {
        uint32_t room = n->room + n->room / 4 + 2;
        struct trie_node *grown = mem_resize(mem, n, trie_node_size(n->room), trie_node_size(room));
        if (!grown) return false;
        grown->room = room;
        *at = n = grown;
    }
    memmove(&n->slot[index + 1], &n->slot[index], (used - index) * sizeof n->slot[0]);
    n->slot[index] = what;
    return true;
}

/* A list that is not there yet, into the node at base. */
static bool trie_node_add(struct hp_mem *mem, void **at, unsigned base, struct route *r)
{
    bool prefix = r->len - base < TRIE_STRIDE;
    unsigned bit = prefix ? trie_prefix_bit(&r->key, r->len, base) : trie_bits(&r->key, base);
    if (!trie_slot_add(mem, at, prefix ? trie_prefix_index(*at, bit) : trie_child_index(*at, bit), r)) return false;
    struct trie_node *n = *at;
    if (prefix) {
        n->prefixes |= 1ull << bit;
        n->prefix_count++;
        return true;
    }
    n->children |= 1ull << bit;
    n->leaves |= 1ull << bit;
    return true;
}

/* The leaf in this slot becomes a node that holds it. */
static bool trie_leaf_split(struct hp_mem *mem, struct trie_node *n, unsigned bits, unsigned base)
{
    void **at = &n->slot[trie_child_index(n, bits)];
    void *below = trie_node_new(mem);
    if (!below) return false;
    bool ok = trie_node_add(mem, &below, base + TRIE_STRIDE, *at);
    assert(ok); /* a new node has room */
    *at = below;
    n->leaves &= ~(1ull << bits);
    return true;
}

int trie_add(struct trie *t, struct hp_mem *mem, struct route *first)
{
    if (!t->root && !(t->root = trie_node_new(mem))) return HP_ENOMEM;
    void **at = &t->root;
    for (unsigned base = 0;; base += TRIE_STRIDE) {
        struct trie_node *n = *at;
        unsigned bits = trie_bits(&first->key, base);
        if (first->len - base < TRIE_STRIDE || !(n->children >> bits & 1))
            return trie_node_add(mem, at, base, first) ? HP_OK : HP_ENOMEM;
        if (n->leaves >> bits & 1 && !trie_leaf_split(mem, n, bits, base)) return HP_ENOMEM;
        at = &n->slot[trie_child_index(n, bits)];
    }
}

static void trie_slot_remove(struct hp_mem *mem, void **at, unsigned index)
{
    struct trie_node *n = *at;
    unsigned used = trie_used(n) - 1;
    memmove(&n->slot[index], &n->slot[index + 1], (used - index) * sizeof n->slot[0]);
    if (n->room < 8 || used > n->room / 2) return;
    uint32_t room = n->room / 2 + 2;
    struct trie_node *less = mem_alloc(mem, trie_node_size(room)); /* no memory to save memory: then not */
    if (!less) return;
    memcpy(less, n, trie_node_size(room));
    less->room = room;
    trie_node_free(mem, n);
    *at = less;
}

/* Takes the prefix out of the node at base, where it is. */
static void trie_node_remove(struct hp_mem *mem, void **at, const struct trie_key *key, unsigned len, unsigned base)
{
    bool prefix = len - base < TRIE_STRIDE;
    unsigned bit = prefix ? trie_prefix_bit(key, len, base) : trie_bits(key, base);
    trie_slot_remove(mem, at, prefix ? trie_prefix_index(*at, bit) : trie_child_index(*at, bit));
    struct trie_node *n = *at;
    if (prefix) {
        n->prefixes &= ~(1ull << bit);
        n->prefix_count--;
        return;
    }
    n->children &= ~(1ull << bit);
    n->leaves &= ~(1ull << bit);
}

/* A node that holds one list only becomes a leaf of the node above. */
static void trie_node_fold(struct hp_mem *mem, struct trie_node *above, void **at, unsigned bits)
{
    struct trie_node *n = *at;
    if (trie_used(n) != 1 || n->children != n->leaves) return;
    *at = n->slot[0];
    above->leaves |= 1ull << bits;
    trie_node_free(mem, n);
}

void trie_remove(struct trie *t, struct hp_mem *mem, const struct trie_key *key, unsigned len)
{
    void **way[TRIE_LEVELS] = {&t->root};
    unsigned level = 0, base = 0;
    for (; len - base >= TRIE_STRIDE; base += TRIE_STRIDE) {
        struct trie_node *n = *way[level];
        unsigned bits = trie_bits(key, base);
        if (n->leaves >> bits & 1) break;
        way[++level] = &n->slot[trie_child_index(n, bits)];
    }
    trie_node_remove(mem, way[level], key, len, base);
    for (; level > 0; level--) {
        base -= TRIE_STRIDE;
        trie_node_fold(mem, *way[level - 1], way[level], trie_bits(key, base));
    }
    if (trie_used(t->root)) return;
    trie_node_free(mem, t->root);
    t->root = NULL;
}

/* ---- all ---- */

struct trie_visit {
    void (*each)(void *ctx, struct route *first);
    void *ctx;
};

static void trie_node_each(const struct trie_node *n, const struct trie_visit *v)
{
    for (unsigned bits = 0; bits < 64; bits++) {
        for (unsigned depth = 0; depth < TRIE_STRIDE; depth++) { /* the prefixes that begin here, the shorter first */
            unsigned bit = 1u << depth | bits >> (TRIE_STRIDE - depth);
            bool begins = (bits & ((64u >> depth) - 1)) == 0;
            if (begins && n->prefixes >> bit & 1) v->each(v->ctx, n->slot[trie_prefix_index(n, bit)]);
        }
        if (!(n->children >> bits & 1)) continue;
        void *child = n->slot[trie_child_index(n, bits)];
        if (n->leaves >> bits & 1) v->each(v->ctx, child);
        else trie_node_each(child, v);
    }
}

void trie_each(const struct trie *t, void (*each)(void *, struct route *), void *ctx)
{
    struct trie_visit v = {each, ctx};
    if (t->root) trie_node_each(t->root, &v);
}

static void trie_nodes_free(struct hp_mem *mem, struct trie_node *n)
{
    uint64_t nodes = n->children & ~n->leaves;
    for (; nodes; nodes &= nodes - 1)
        trie_nodes_free(mem, n->slot[trie_child_index(n, (unsigned)__builtin_ctzll(nodes))]);
    trie_node_free(mem, n);
}

void trie_free(struct trie *t, struct hp_mem *mem)
{
    if (t->root) trie_nodes_free(mem, t->root);
    t->root = NULL;
}
