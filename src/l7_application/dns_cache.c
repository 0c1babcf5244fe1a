/* The cache of a recursive server: a table of chains, keyed by a secret, and a list by last use. */
#include "l7_application/dns_cache.h"

void rrcache_init(struct rrcache *c, struct hp_stack *s, uint32_t max) { *c = (struct rrcache){.s = s, .key = hp_secret(s), .max = max}; }

static uint64_t rrcache_hash(const struct rrcache *c, const struct dns_name *name, uint16_t type, unsigned kind)
{
    uint64_t h = c->key ^ ((uint64_t)type << 8 | kind);
    for (size_t i = 0; i < name->n; i++) {
        uint8_t b = name->b[i] >= 'A' && name->b[i] <= 'Z' ? (uint8_t)(name->b[i] + 32) : name->b[i];
        h = (h ^ b) * 0x9e3779b97f4a7c15u;
        h ^= h >> 29;
    }
    return h ^ h >> 32;
}

static void rrcache_unuse(struct rrcache *c, struct rrcache_entry *e)
{
    if (e->newer) e->newer->older = e->older;
    else c->newest = e->older;
    if (e->older) e->older->newer = e->newer;
    else c->oldest = e->newer;
}

static void rrcache_use(struct rrcache *c, struct rrcache_entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (e->older) e->older->newer = e;
    else c->oldest = e;
    c->newest = e;
}

static void rrcache_drop(struct rrcache *c, struct rrcache_entry *e)
{
    struct rrcache_entry **at = &c->bucket[e->hash % RRCACHE_BUCKETS];
    while (*at != e) at = &(*at)->chain;
    *at = e->chain;
    rrcache_unuse(c, e);
    c->count--;
    hp_free(c->s, e, sizeof *e + e->size);
}

void rrcache_free(struct rrcache *c)
{
    while (c->newest) rrcache_drop(c, c->newest);
}

static struct rrcache_entry *rrcache_look(struct rrcache *c, const struct dns_name *name, uint16_t type, unsigned kind, uint64_t hash)
{
    struct rrcache_entry *e = c->bucket[hash % RRCACHE_BUCKETS];
    while (e && !(e->hash == hash && e->type == type && e->kind == kind && dns_name_equal(&e->name, name))) e = e->chain;
    return e;
}

/* A TTL of 0 is good for now, and no longer (RFC 1035 3.2.1). */
struct rrcache_entry *rrcache_find(struct rrcache *c, const struct dns_name *name, uint16_t type, enum rrcache_kind kind)
{
    struct rrcache_entry *e = rrcache_look(c, name, type, kind, rrcache_hash(c, name, type, kind));
    if (!e) return NULL;
    if (e->until < hp_now(c->s)) {
        rrcache_drop(c, e);
        return NULL;
    }
    rrcache_unuse(c, e);
    rrcache_use(c, e);
    return e;
}

struct rrcache_entry *rrcache_put(struct rrcache *c, const struct rrcache_entry *what, struct hp_bytes data, uint32_t ttl_s)
{
    uint64_t hash = rrcache_hash(c, &what->name, what->type, what->kind);
    struct rrcache_entry *e = rrcache_look(c, &what->name, what->type, what->kind, hash);
    if (e) rrcache_drop(c, e);
    if (data.n > RRCACHE_DATA_MAX) return NULL;
    while (c->count >= c->max) rrcache_drop(c, c->oldest);
    e = hp_alloc(c->s, sizeof *e + data.n);
    if (!e) c->starved = true;
    if (!e) return NULL;
    *e = *what;
    e->hash = hash;
    e->size = data.n;
    e->until = hp_now(c->s) + HP_S(ttl_s);
    if (data.n) memcpy(e->data, data.p, data.n);
    e->chain = c->bucket[hash % RRCACHE_BUCKETS];
    c->bucket[hash % RRCACHE_BUCKETS] = e;
    rrcache_use(c, e);
    c->count++;
    return e;
}

void rrcache_forget(struct rrcache *c, const struct dns_name *name, uint16_t type, enum rrcache_kind kind)
{
    struct rrcache_entry *e = rrcache_look(c, name, type, kind, rrcache_hash(c, name, type, kind));
    if (e) rrcache_drop(c, e);
}

bool rrcache_next(const struct rrcache_entry *e, size_t *at, struct hp_bytes *data)
{
    if (e->state != RRCACHE_SET || *at + 2 > e->size) return false;
    *data = bytes_of(e->data + *at + 2, get16(e->data + *at));
    *at += 2 + data->n;
    return true;
}
