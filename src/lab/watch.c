/* What is seen: traces to any number of watchers, and the digest.
 *
 * Every end of a cable has a digest of its own, over what happened there in its own order: a frame handed in (time, id, all bytes), arrived,
 * died of a cause.  The world's digest is that of the cables' in the order in which they were made.  So it does not depend on how events of
 * different places lie between each other, only on what each of them saw, and when. */
#include "core/stack.h"
#include "lab/world.h"

/* ---- the hash: a multiply-fold of two words at a time, four at once ---- */

static const uint64_t digest_k0 = 0x9e3779b97f4a7c15u, digest_k1 = 0xbf58476d1ce4e5b9u;

static inline uint64_t digest_fold(uint64_t a, uint64_t b)
{
    unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static inline uint64_t digest_word(const uint8_t *p)
{
    uint64_t v = load64(p);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif
    return v;
}

static inline uint64_t digest_mix(uint64_t h, uint64_t v) { return digest_fold(h ^ digest_k0, v ^ digest_k1); }

static inline uint64_t digest_pair(uint64_t h, const uint8_t *p)
{
    return digest_fold(digest_word(p) ^ digest_k1, digest_word(p + 8) ^ h);
}

static uint64_t digest_bytes(uint64_t h, struct hp_bytes b)
{
    const uint8_t *p = b.p;
    size_t left = b.n;
    uint64_t h1 = h ^ digest_k0, h2 = h ^ digest_k1, h3 = ~h;
    for (; left >= 64; left -= 64, p += 64) {
        h = digest_pair(h, p);
        h1 = digest_pair(h1, p + 16);
        h2 = digest_pair(h2, p + 32);
        h3 = digest_pair(h3, p + 48);
    }
    h = digest_mix(digest_mix(h, h1), h2 ^ digest_mix(h3, b.n));
    for (; left >= 16; left -= 16, p += 16) h = digest_pair(h, p);
    uint8_t tail[16] = {0};
    if (left) memcpy(tail, p, left);
    return digest_pair(h, tail);
}

/* In pieces of one size, so that it is the same however the packet lies in memory. */
static uint64_t digest_frame(uint64_t h, const struct hp_pkt *p)
{
    enum { PIECE = 2048 };
    uint8_t piece[PIECE];
    struct hp_bytes part[2];
    int parts = hp_pkt_parts(p, part);
    for (size_t at = 0, n = hp_pkt_len(p); at < n; at += PIECE) {
        struct hp_bytes b = {part[0].p + at, n - at < PIECE ? n - at : PIECE};
        if (parts > 1) b = (struct hp_bytes){piece, hp_pkt_copy_out(p, at, piece, PIECE)};
        h = digest_bytes(h, b);
    }
    return h;
}

static uint64_t digest_event(uint64_t h, const struct hp_cable_event *e)
{
    h = digest_mix(h, (uint64_t)e->time);
    h = digest_mix(h, (uint64_t)e->kind << 32 | (uint64_t)e->drop << 1 | (uint64_t)e->end);
    if (!e->pkt) return h;
    h = digest_mix(h, hp_pkt_id(e->pkt));
    return e->kind == HP_CABLE_ENTER ? digest_frame(h, e->pkt) : h;
}

uint64_t hp_world_digest(const struct hp_world *w)
{
    uint64_t h = 0;
    for (uint32_t i = 0; i < w->cables.count; i++)
        for (int end = 0; end < 2; end++) h = digest_mix(h, world_cable(w, i)->digest[end]);
    return h;
}

/* ---- traces ---- */

static void watch_machine_event(void *ctx, const struct hp_event *e)
{
    const struct hp_world *w = ctx;
    for (uint32_t i = 0; i < w->watchers; i++) {
        const struct hp_trace *t = &w->watcher[i].trace;
        if (t->event && (!t->kinds || t->kinds >> e->kind & 1)) t->event(t->ctx, e);
    }
}

static void watch_cable_event(void *ctx, const struct hp_cable_event *e)
{
    struct world_cable *k = ctx;
    const struct hp_world *w = k->world;
    uint64_t *at = &k->digest[e->far ? !e->end : e->end];
    if (!w->no_digest) *at = digest_event(*at, e);
    for (uint32_t i = 0; i < w->watchers; i++) {
        const struct hp_cable_trace *t = &w->watcher[i].cables;
        if (t->event) t->event(t->ctx, e);
    }
}

void watch_machine(struct hp_world *w, struct hp_stack *s)
{
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < w->watchers; i++) {
        const struct hp_trace *t = &w->watcher[i].trace;
        if (t->event) kinds |= t->kinds ? t->kinds : UINT32_MAX;
    }
    s->trace = (struct hp_trace){watch_machine_event, w, kinds};
    s->trace_kinds = kinds;
}

void watch_cable(struct hp_world *w, struct world_cable *k)
{
    struct hp_cable_trace t = {watch_cable_event, k};
    bool needed = !w->no_digest;
    for (uint32_t i = 0; i < w->watchers; i++) needed |= w->watcher[i].cables.event != NULL;
    hp_cable_set_trace(k->cable, needed ? &t : NULL);
}

static void watch_all(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++)
        if (world_machine(w, i)->stack) watch_machine(w, world_machine(w, i)->stack);
    for (uint32_t i = 0; i < w->cables.count; i++) watch_cable(w, world_cable(w, i));
}

int hp_world_trace(struct hp_world *w, const struct hp_trace *trace, const struct hp_cable_trace *cables)
{
    size_t n = w->watchers * sizeof *w->watcher;
    struct world_watcher *grown = mem_resize(w->mem, w->watcher, n, n + sizeof *grown);
    if (!grown) return HP_ENOMEM;
    w->watcher = grown;
    grown[w->watchers] = (struct world_watcher){0};
    if (trace) grown[w->watchers].trace = *trace;
    if (cables) grown[w->watchers].cables = *cables;
    w->watchers++;
    watch_all(w);
    return HP_OK;
}

void hp_world_set_digest(struct hp_world *w, bool on)
{
    w->no_digest = !on;
    watch_all(w);
}
