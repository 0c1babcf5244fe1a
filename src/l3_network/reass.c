/* Reassembly of both versions: RFC 791 3.2, RFC 815, RFC 8200 4.5, RFC 5722 (overlap), RFC 3168 5.3 (ECN), RFC 1122 3.3.2 (timeout).
 *
 * Fragments wait in their own storage, sorted by offset.  Bounds: bytes of storage over all, datagrams over all and per source, fragments per
 * datagram; at a bound the oldest datagram (of that source) makes way.  A fragment that overlaps another one ends its datagram, in both
 * versions, and the entry stays until its time is up, so that what comes later dies too; an exact duplicate is ignored. */
#include "l3_network/net.h"
#include "wire/sum.h"

enum { REASS_DATAGRAM_MAX = 65535 };

struct reass_key {
    struct hp_ip src, dst;
    uint32_t id;
    uint16_t link;          /* of link-local sources; else 0 */
    uint8_t proto, v6;      /* RFC 8200 tells datagrams apart without the protocol */
};

struct reass_source {
    struct hp_ip ip;
    struct datagram *oldest, *newest;
    uint32_t count;
    uint64_t hash;
};

struct datagram {
    struct datagram *newer, *older;             /* of all */
    struct datagram *src_newer, *src_older;     /* of its source */
    struct reass_source *source;
    struct reass_key key;
    uint64_t hash;
    struct hp_timer timer;
    struct hp_pkt *first, *last;                /* by offset, which is in p->sum_start: nobody asks a fragment for a checksum */
    uint32_t count, bytes, have, total;         /* total: 0 = the last one did not come yet */
    uint16_t header, next_at;                   /* of the fragment with offset 0 */
    uint8_t ecn;                                /* a bit for each codepoint that came */
    bool dead;
};

struct reass {
    struct map datagrams, sources;
    struct datagram *oldest, *newest;
    uint32_t count;
    uint64_t bytes;
};

static uint32_t frag_offset(const struct hp_pkt *p) { return p->sum_start; }
static uint32_t frag_end(const struct hp_pkt *p) { return p->sum_start + (uint32_t)pkt_len(p); }
/* What a fragment really holds: its whole storage. */
static uint32_t frag_storage(const struct hp_pkt *p) { return (uint32_t)sizeof *p + p->buf->block + p->more.n; }

/* ---- making and ending ---- */

static bool datagram_same(const void *item, const void *key) { return memcmp(&((const struct datagram *)item)->key, key, sizeof(struct reass_key)) == 0; }
static bool reass_source_same(const void *item, const void *key) { return hp_ip_equal(&((const struct reass_source *)item)->ip, key); }

static void datagram_empty(struct hp_stack *s, struct datagram *d, enum hp_drop why)
{
    for (struct hp_pkt *p = d->first, *next; p; p = next) {
        next = p->next;
        p->next = NULL;
        hp_drop(s, p, why);
    }
    network(s)->reass->bytes -= d->bytes;
    d->first = d->last = NULL;
    d->count = d->bytes = d->have = 0;
}

static void reass_source_leave(struct hp_stack *s, struct datagram *d)
{
    struct reass_source *from = d->source;
    *(d->src_older ? &d->src_older->src_newer : &from->oldest) = d->src_newer;
    *(d->src_newer ? &d->src_newer->src_older : &from->newest) = d->src_older;
    if (--from->count) return;
    map_remove(&network(s)->reass->sources, from->hash, from);
    mem_free(s->mem, from, sizeof *from);
}

static void datagram_free(struct hp_stack *s, struct datagram *d, enum hp_drop why)
{
    struct reass *r = network(s)->reass;
    datagram_empty(s, d, why);
    timer_remove(s, &d->timer);
    map_remove(&r->datagrams, d->hash, d);
    *(d->older ? &d->older->newer : &r->oldest) = d->newer;
    *(d->newer ? &d->newer->older : &r->newest) = d->older;
    r->count--;
    reass_source_leave(s, d);
    mem_free(s->mem, d, sizeof *d);
}

static void datagram_evict(struct hp_stack *s, struct datagram *d)
{
    struct network *n = network(s);
    if (!d->dead) n->reasm_fails++;
    n->reasm_evicted++;
    datagram_free(s, d, HP_DROP_FRAG_FULL);
}

/* Nothing more of it is taken, until its time is up. */
static void datagram_kill(struct hp_stack *s, struct datagram *d, enum hp_drop why)
{
    if (!d->dead) network(s)->reasm_fails++;
    d->dead = true;
    datagram_empty(s, d, why);
}

/* RFC 1122 3.3.2, RFC 8200 4.5: the sender hears of it if the first fragment came. */
static void datagram_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct datagram *d = (struct datagram *)(void *)((char *)t - offsetof(struct datagram, timer));
    if (!d->dead) network(s)->reasm_fails++;
    if (d->first && frag_offset(d->first) == 0) net_error(s, d->first, NET_ERROR_REASSEMBLY, 0);
    datagram_free(s, d, HP_DROP_FRAG_TIMEOUT);
}

static struct reass_source *reass_source_get(struct hp_stack *s, const struct hp_ip *ip)
{
    struct network *n = network(s);
    uint64_t hash = hash_key(&n->key, ip, sizeof *ip);
    struct reass_source *from = map_find(&n->reass->sources, hash, reass_source_same, ip);
    if (from) return from;
    from = mem_alloc(s->mem, sizeof *from);
    if (!from) return NULL;
    *from = (struct reass_source){.ip = *ip, .hash = hash};
    if (map_add(&n->reass->sources, s->mem, hash, from) == HP_OK) return from;
    mem_free(s->mem, from, sizeof *from);
    return NULL;
}

static void reass_source_enter(struct reass_source *from, struct datagram *d)
{
    d->source = from;
    d->src_older = from->newest;
    *(from->newest ? &from->newest->src_newer : &from->oldest) = d;
    from->newest = d;
    from->count++;
}

static struct datagram *datagram_new(struct hp_stack *s, const struct reass_key *key, uint64_t hash)
{
    struct network *n = network(s);
    struct reass *r = n->reass;
    while (r->count >= (uint64_t)n->reassembly_datagrams_max) datagram_evict(s, r->oldest);
    struct reass_source *from = map_find(&r->sources, hash_key(&n->key, &key->src, sizeof key->src), reass_source_same, &key->src);
    for (uint32_t count = from ? from->count : 0; count >= (uint64_t)n->reassembly_per_source; count--) {
        bool last = count == 1; /* then its entry goes too */
        datagram_evict(s, from->oldest);
        if (last) break;
    }
    struct datagram *d = mem_zalloc(s->mem, sizeof *d);
    if (!d) return NULL;
    d->key = *key;
    d->hash = hash;
    if (map_add(&r->datagrams, s->mem, hash, d)) {
        mem_free(s->mem, d, sizeof *d);
        return NULL;
    }
    from = reass_source_get(s, &key->src);
    if (!from) {
        map_remove(&r->datagrams, hash, d);
        mem_free(s->mem, d, sizeof *d);
        return NULL;
    }
    reass_source_enter(from, d);
    d->older = r->newest;
    *(r->newest ? &r->newest->newer : &r->oldest) = d;
    r->newest = d;
    r->count++;
    d->timer.fire = datagram_fire;
    timer_set(s, &d->timer, s->now + HP_S(key->v6 ? n->reassembly_v6_s : n->reassembly_v4_s));
    return d;
}

static struct datagram *datagram_get(struct hp_stack *s, const struct hp_pkt *p, const struct frag *f)
{
    struct network *n = network(s);
    struct reass_key key;
    memset(&key, 0, sizeof key);
    key.src = p->src;
    key.dst = p->dst;
    key.id = f->id;
    key.v6 = f->v6;
    key.proto = f->v6 ? 0 : p->proto;
    if (f->v6 && hp_ip_is_linklocal(&p->src)) key.link = p->link->index;
    uint64_t hash = hash_key(&n->key, &key, sizeof key);
    struct datagram *d = map_find(&n->reass->datagrams, hash, datagram_same, &key);
    return d ? d : datagram_new(s, &key, hash);
}

/* ---- one more fragment ---- */

/* RFC 815 in other words: where does it go, and does it touch its neighbours? */
static enum hp_drop datagram_insert(struct datagram *d, struct hp_pkt *p)
{
    uint32_t from = frag_offset(p), to = frag_end(p);
    struct hp_pkt *before = NULL, *after = d->first;
    if (d->last && frag_offset(d->last) < from) {
        before = d->last;
        after = NULL;
    }
    while (after && frag_offset(after) < from) {
        before = after;
        after = after->next;
    }
    if (after && frag_offset(after) == from && frag_end(after) == to) return HP_DROP_FRAG_DUPLICATE;
    if ((before && frag_end(before) > from) || (after && frag_offset(after) < to)) return HP_DROP_FRAG_OVERLAP;
    p->next = after;
    *(before ? &before->next : &d->first) = p;
    if (!after) d->last = p;
    return HP_DROP_NONE;
}

/* The whole would not fit into its own length field (Ping of Death), or its end is not where it was. */
static bool datagram_end_bad(const struct datagram *d, const struct hp_pkt *p, const struct frag *f)
{
    uint32_t end = frag_end(p), header = f->v6 ? f->header - 40u : f->header;
    if (header + end > REASS_DATAGRAM_MAX) return true;
    if (d->total) return end > d->total || (!f->mf && end != d->total);
    return !f->mf && d->last && frag_end(d->last) > end;
}

static enum hp_drop datagram_add(struct hp_stack *s, struct datagram *d, struct hp_pkt *p, const struct frag *f)
{
    struct network *n = network(s);
    if (d->dead) return HP_DROP_FRAG_OVERLAP;
    if (datagram_end_bad(d, p, f)) return HP_DROP_FRAG_BAD;
    if (d->count >= (uint64_t)n->reassembly_fragments) return HP_DROP_FRAG_FULL;
    enum hp_drop why = datagram_insert(d, p);
    if (why) return why;
    if (f->off == 0) {
        d->header = f->header;
        d->next_at = f->next_at;
    }
    if (!f->mf) d->total = frag_end(p);
    d->ecn |= (uint8_t)(1 << (p->tos & 3));
    d->count++;
    d->have += (uint32_t)pkt_len(p);
    d->bytes += frag_storage(p);
    n->reass->bytes += frag_storage(p);
    return HP_DROP_NONE;
}

/* ---- the whole ---- */

static void whole_patch_header(struct hp_pkt *p, const struct datagram *d)
{
    uint8_t *h = pkt_at(p, p->l3);
    if (d->key.v6) {
        put16(h + 4, d->header - 40u + d->total);
        h[d->next_at] = p->proto;
        return;
    }
    put16(h + 2, d->header + d->total);
    h[1] = p->tos;
    put16(h + 6, 0);
    put16(h + 10, 0);
    put16(h + 10, sum_fold(sum_add(0, h, d->header)));
}

/* RFC 3168 5.3: congestion seen by one fragment was seen by all of it; mixed with not-capable ones it cannot be. */
static bool whole_ecn(const struct datagram *d, uint8_t *tos)
{
    if (!(d->ecn & 1 << 3)) return true;
    *tos |= 3;
    return !(d->ecn & 1 << 0);
}

static struct hp_pkt *datagram_whole(struct hp_stack *s, const struct datagram *d, enum hp_drop *why)
{
    const struct hp_pkt *first = d->first;
    uint8_t tos = first->tos;
    *why = HP_DROP_FRAG_BAD;
    if (d->total + d->header - (d->key.v6 ? 40u : 0u) > REASS_DATAGRAM_MAX || !whole_ecn(d, &tos)) return NULL;
    struct hp_pkt *p = pkt_alloc(s, d->header + d->total);
    *why = HP_DROP_NO_MEMORY;
    if (!p) return NULL;
    p->id = first->id;
    p->link = first->link;
    p->time = s->now;
    p->l2 = p->l3 = pkt_offset(p);
    p->flags = (uint16_t)((first->flags & (PKT_BROADCAST | PKT_MULTICAST | PKT_LOOPED)) | PKT_REASSEMBLED);
    p->proto = first->proto;
    p->ttl = first->ttl;
    p->tos = tos;
    p->src = first->src;
    p->dst = first->dst;
    memcpy(pkt_put(p, d->header), pkt_at(first, first->l3), d->header);
    for (const struct hp_pkt *f = first; f; f = f->next) {
        size_t n = pkt_len(f);
        hp_pkt_copy_out(f, 0, pkt_put(p, n), n);
    }
    whole_patch_header(p, d);
    pkt_pull(p, d->header);
    assert(pkt_len(p) == d->total);
    return p;
}

/* What the fragment itself says is impossible: RFC 791 3.2, RFC 8200 4.5. */
static bool frag_bad(const struct hp_pkt *p, const struct frag *f)
{
    size_t n = pkt_len(p);
    return n == 0 || (f->mf && n % 8 != 0) || f->off > REASS_DATAGRAM_MAX || p->l3 + (size_t)f->header > (size_t)(p->tail - p->buf->bytes);
}

struct hp_pkt *net_reassemble(struct hp_stack *s, struct hp_pkt *p, const struct frag *f)
{
    struct network *n = network(s);
    n->reasm_reqds++;
    if (p->flags & PKT_REASSEMBLED || frag_bad(p, f)) {
        hp_drop(s, p, HP_DROP_FRAG_BAD);
        return NULL;
    }
    struct datagram *d = datagram_get(s, p, f);
    if (!d) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return NULL;
    }
    p->sum_start = (uint16_t)f->off;
    p->next = NULL;
    enum hp_drop why = datagram_add(s, d, p, f);
    if (why) {
        hp_drop(s, p, why);
        if (why != HP_DROP_FRAG_DUPLICATE) datagram_kill(s, d, why);
        return NULL;
    }
    while (n->reass->bytes > (uint64_t)n->reassembly_bytes_max && n->reass->oldest != d) datagram_evict(s, n->reass->oldest);
    if (n->reass->bytes > (uint64_t)n->reassembly_bytes_max) {
        datagram_evict(s, d);
        return NULL;
    }
    if (!d->total || d->have != d->total) return NULL;
    struct hp_pkt *whole = datagram_whole(s, d, &why);
    if (whole) n->reasm_oks++;
    else n->reasm_fails++;
    datagram_free(s, d, whole ? HP_DROP_TAKEN : why);
    return whole;
}

/* ---- start, stop ---- */

int reass_start(struct hp_stack *s)
{
    network(s)->reass = mem_zalloc(s->mem, sizeof(struct reass));
    return network(s)->reass ? HP_OK : HP_ENOMEM;
}

void reass_link_gone(struct hp_stack *s, const struct hp_link *l)
{
    struct reass *r = network(s)->reass;
    for (struct datagram *d = r ? r->oldest : NULL, *next; d; d = next) {
        next = d->newer;
        bool here = false;
        for (const struct hp_pkt *p = d->first; p && !here; p = p->next) here = p->link == l;
        if (here) datagram_free(s, d, HP_DROP_STOPPED);
    }
}

void reass_stop(struct hp_stack *s)
{
    struct reass *r = network(s)->reass;
    while (r->oldest) datagram_free(s, r->oldest, HP_DROP_STOPPED);
    map_free(&r->datagrams, s->mem);
    map_free(&r->sources, s->mem);
    mem_free(s->mem, r, sizeof *r);
}
