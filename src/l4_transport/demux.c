/* Bound endpoints and flows.  POSIX.1-2017 2.10.10 (SO_REUSEADDR), and SO_REUSEPORT as Linux has it.
 *
 * Invariants: a group has at least one end; a port has at least one group; an end is in `flows` if and only if it is connected; it is in
 * group->open if and only if it is not; group->open_room >= group->count, so that disconnecting cannot fail. */
#include "l4_transport/demux.h"

/* ---- keys ---- */

static uint64_t demux_hash_port(const struct demux *d, uint16_t port) { return hash_key(&d->key, &port, sizeof port); }

static uint64_t demux_hash_key(const struct demux *d, const struct bind_key *k)
{
    uint8_t b[21];
    memcpy(b, k->ip.b, 16);
    put16(b + 16, k->port);
    put16(b + 18, k->link);
    b[20] = k->v6only;
    return hash_key(&d->key, b, sizeof b);
}

static uint64_t demux_hash_flow(const struct demux *d, const struct flow *f)
{
    uint8_t b[36];
    memcpy(b, f->local.b, 16);
    memcpy(b + 16, f->peer.b, 16);
    put16(b + 32, f->local_port);
    put16(b + 34, f->peer_port);
    return hash_key(&d->key, b, sizeof b);
}

static bool demux_same_port(const void *item, const void *key)
{
    return ((const struct demux_port *)item)->port == *(const uint16_t *)key;
}

static bool demux_same_key(const void *item, const void *key)
{
    const struct bind_key *a = &((const struct demux_group *)item)->key, *b = key;
    return a->port == b->port && a->link == b->link && a->v6only == b->v6only && hp_ip_equal(&a->ip, &b->ip);
}

static bool demux_same_flow(const void *item, const void *key)
{
    const struct flow *a = &((const struct demux_end *)item)->flow, *b = key;
    return a->local_port == b->local_port && a->peer_port == b->peer_port && hp_ip_equal(&a->peer, &b->peer) &&
           hp_ip_equal(&a->local, &b->local);
}

static struct demux_port *demux_port_find(const struct demux *d, uint16_t port)
{
    return map_find(&d->ports, demux_hash_port(d, port), demux_same_port, &port);
}

static struct demux_group *demux_group_find(const struct demux *d, const struct bind_key *k)
{
    return map_find(&d->groups, demux_hash_key(d, k), demux_same_key, k);
}

void demux_start(struct demux *d, const struct key *key, const char *purpose) { d->key = key_derive(key, purpose); }

void demux_stop(struct hp_stack *s, struct demux *d)
{
    assert(!d->ports.count && !d->groups.count && !d->flows.count);
    map_free(&d->ports, s->mem);
    map_free(&d->groups, s->mem);
    map_free(&d->flows, s->mem);
}

bool demux_port_used(const struct demux *d, uint16_t port) { return demux_port_find(d, port) != NULL; }

/* ---- who may share ---- */

static bool demux_keys_overlap(const struct bind_key *a, const struct bind_key *b)
{
    if (a->link && b->link && a->link != b->link) return false;
    bool any_a = hp_ip_is_any(&a->ip), any_b = hp_ip_is_any(&b->ip);
    bool four_a = hp_ip_is4(&a->ip), four_b = hp_ip_is4(&b->ip);
    if (!any_a && !any_b) return hp_ip_equal(&a->ip, &b->ip);
    bool dual_a = any_a && !four_a && !a->v6only, dual_b = any_b && !four_b && !b->v6only;
    return dual_a || dual_b || four_a == four_b;
}

static bool demux_conflicts(const struct demux_port *port, const struct bind_key *key, unsigned flags)
{
    for (const struct demux_group *g = port->first; g; g = g->next) {
        if (!demux_keys_overlap(&g->key, key)) continue;
        bool by_addr = flags & DEMUX_REUSEADDR && g->reuseaddr == g->count;
        bool by_port = flags & DEMUX_REUSEPORT && g->reuseport == g->count;
        if (!by_addr && !by_port) return true;
    }
    return false;
}

/* ---- ports and groups come and go ---- */

static struct demux_port *demux_port_add(struct hp_stack *s, struct demux *d, uint16_t port)
{
    struct demux_port *p = mem_zalloc(s->mem, sizeof *p);
    if (!p) return NULL;
    p->port = port;
    if (map_add(&d->ports, s->mem, demux_hash_port(d, port), p) == HP_OK) return p;
    mem_free(s->mem, p, sizeof *p);
    return NULL;
}

static void demux_port_leave(struct hp_stack *s, struct demux *d, struct demux_port *p)
{
    if (p->first) return;
    map_remove(&d->ports, demux_hash_port(d, p->port), p);
    mem_free(s->mem, p, sizeof *p);
}

static struct demux_group *demux_group_add(struct hp_stack *s, struct demux *d, struct demux_port *port, const struct bind_key *key)
{
    struct demux_group *g = mem_zalloc(s->mem, sizeof *g);
    if (!g) return NULL;
    g->key = *key;
    g->open = &g->one;
    g->open_room = 1;
    if (map_add(&d->groups, s->mem, demux_hash_key(d, key), g)) {
        mem_free(s->mem, g, sizeof *g);
        return NULL;
    }
    g->next = port->first;
    g->prev = &port->first;
    if (g->next) g->next->prev = &g->next;
    port->first = g;
    return g;
}

static void demux_group_leave(struct hp_stack *s, struct demux *d, struct demux_group *g)
{
    if (g->count) return;
    struct demux_port *port = demux_port_find(d, g->key.port);
    *g->prev = g->next;
    if (g->next) g->next->prev = g->prev;
    map_remove(&d->groups, demux_hash_key(d, &g->key), g);
    if (g->open != &g->one) mem_free(s->mem, g->open, g->open_room * sizeof *g->open);
    mem_free(s->mem, g, sizeof *g);
    demux_port_leave(s, d, port);
}

static int demux_group_reserve(struct hp_stack *s, struct demux_group *g)
{
    if (g->count < g->open_room) return HP_OK;
    uint32_t room = g->open_room * 2;
    struct demux_end **grown = mem_alloc(s->mem, room * sizeof *grown);
    if (!grown) return HP_ENOMEM;
    memcpy(grown, g->open, g->open_count * sizeof *grown);
    if (g->open != &g->one) mem_free(s->mem, g->open, g->open_room * sizeof *g->open);
    g->open = grown;
    g->open_room = room;
    return HP_OK;
}

static void demux_open(struct demux_end *e)
{
    struct demux_group *g = e->group;
    e->at = g->open_count;
    g->open[g->open_count++] = e;
    assert(g->open_count <= g->count && g->count <= g->open_room);
}

static void demux_shut(struct demux_end *e)
{
    struct demux_group *g = e->group;
    if (e->at == DEMUX_SHUT) return;
    struct demux_end *last = g->open[--g->open_count];
    g->open[e->at] = last;
    last->at = e->at;
    e->at = DEMUX_SHUT;
}

/* ---- binding ---- */

static void demux_join(struct demux_group *g, struct demux_end *e, unsigned flags)
{
    e->group = g;
    e->flags = (uint8_t)flags;
    e->next = g->first;
    e->prev = &g->first;
    if (e->next) e->next->prev = &e->next;
    g->first = e;
    g->count++;
    g->reuseaddr += flags & DEMUX_REUSEADDR ? 1 : 0;
    g->reuseport += flags & DEMUX_REUSEPORT ? 1 : 0;
    demux_open(e);
}

int demux_bind(struct hp_stack *s, struct demux *d, struct demux_end *e, const struct bind_key *key, unsigned flags)
{
    assert(!e->group && key->port);
    struct demux_port *port = demux_port_find(d, key->port);
    if (port && demux_conflicts(port, key, flags)) return HP_EADDRINUSE;
    if (!port) port = demux_port_add(s, d, key->port);
    if (!port) return HP_ENOMEM;
    struct demux_group *g = demux_group_find(d, key);
    if (!g) g = demux_group_add(s, d, port, key);
    if (!g) {
        demux_port_leave(s, d, port);
        return HP_ENOMEM;
    }
    int err = demux_group_reserve(s, g);
    if (err) return err;    /* the group has others: a new one has room for its first */
    demux_join(g, e, flags);
    return HP_OK;
}

void demux_unbind(struct hp_stack *s, struct demux *d, struct demux_end *e)
{
    struct demux_group *g = e->group;
    if (!g) return;
    demux_disconnect(d, e);
    demux_shut(e);
    *e->prev = e->next;
    if (e->next) e->next->prev = e->prev;
    g->count--;
    g->reuseaddr -= e->flags & DEMUX_REUSEADDR ? 1 : 0;
    g->reuseport -= e->flags & DEMUX_REUSEPORT ? 1 : 0;
    e->group = NULL;
    demux_group_leave(s, d, g);
}

int demux_connect(struct hp_stack *s, struct demux *d, struct demux_end *e, const struct flow *f)
{
    assert(e->group);
    struct demux_end *there = demux_find_flow(d, f);
    if (there == e) return HP_OK;
    if (there) return HP_EADDRINUSE;
    int err = map_add(&d->flows, s->mem, demux_hash_flow(d, f), e);
    if (err) return err;
    if (e->connected) map_remove(&d->flows, demux_hash_flow(d, &e->flow), e);
    e->flow = *f;
    e->connected = true;
    demux_shut(e);
    return HP_OK;
}

void demux_disconnect(struct demux *d, struct demux_end *e)
{
    if (!e->connected) return;
    map_remove(&d->flows, demux_hash_flow(d, &e->flow), e);
    e->connected = false;
    demux_open(e);
}

/* ---- finding ---- */

struct demux_end *demux_find_flow(const struct demux *d, const struct flow *f)
{
    if (!d->flows.count) return NULL;
    return map_find(&d->flows, demux_hash_flow(d, f), demux_same_flow, f);
}

enum { DEMUX_KEYS = 6 };

/* What a datagram to f's local side may have been bound as, most specific first: the address before any of its version
 * before any at all, bound to a link before not. */
static void demux_keys(const struct flow *f, uint16_t link, struct bind_key k[DEMUX_KEYS])
{
    bool four = hp_ip_is4(&f->local);
    struct bind_key any = {.port = f->local_port}, own = any, exact = any;
    exact.ip = f->local;
    if (four) own.ip = hp_ip4(0, 0, 0, 0);
    else own.v6only = true;
    k[0] = k[1] = exact;
    k[2] = k[4] = own;
    k[3] = k[5] = any;
    k[0].link = k[2].link = k[3].link = link;
}

static bool demux_matches(const struct bind_key *bound, const struct bind_key k[DEMUX_KEYS])
{
    for (int i = 0; i < DEMUX_KEYS; i++)
        if (bound->link == k[i].link && bound->v6only == k[i].v6only && hp_ip_equal(&bound->ip, &k[i].ip)) return true;
    return false;
}

static struct demux_end *demux_choose(const struct demux *d, const struct demux_group *g, const struct flow *f)
{
    if (!g->open_count) return NULL;
    struct demux_end *last = g->open[g->open_count - 1];
    if (g->open_count == 1 || !(last->flags & DEMUX_REUSEPORT)) return last;
    uint64_t spread = (demux_hash_flow(d, f) >> 32) * g->open_count >> 32;
    return g->open[spread];
}

/* The i-th most specific group, or NULL. */
static struct demux_group *demux_nth(const struct demux *d, const struct bind_key k[DEMUX_KEYS], int i)
{
    bool again = !k[0].link && (i == 0 || i == 2 || i == 3); /* the same key as the one without a link */
    return again ? NULL : demux_group_find(d, &k[i]);
}

struct demux_end *demux_find(const struct demux *d, const struct flow *f, uint16_t link, bool *taken)
{
    *taken = false;
    const struct demux_port *port = demux_port_find(d, f->local_port);
    if (!port) return NULL;
    struct bind_key k[DEMUX_KEYS];
    demux_keys(f, link, k);
    struct demux_group *only = port->first;
    if (!only->next) { /* as it is nearly always */
        *taken = demux_matches(&only->key, k);
        return *taken ? demux_choose(d, only, f) : NULL;
    }
    for (int i = 0; i < DEMUX_KEYS; i++) {
        const struct demux_group *g = demux_nth(d, k, i);
        struct demux_end *e = g ? demux_choose(d, g, f) : NULL;
        *taken = *taken || g;
        if (e) return e;
    }
    return NULL;
}

void demux_each(const struct demux *d, const struct flow *f, uint16_t link, void (*each)(void *ctx, struct demux_end *e), void *ctx)
{
    if (!demux_port_find(d, f->local_port)) return;
    struct bind_key k[DEMUX_KEYS];
    demux_keys(f, link, k);
    for (int i = 0; i < DEMUX_KEYS; i++) {
        const struct demux_group *g = demux_nth(d, k, i);
        for (struct demux_end *e = g ? g->first : NULL; e; e = e->next)
            if (!e->connected || (hp_ip_equal(&e->flow.peer, &f->peer) && e->flow.peer_port == f->peer_port)) each(ctx, e);
    }
}
