/* Routes: what hp_route_* and the rest of layer 3 see of the tries.
 *
 * A prefix has a list of routes, the lowest metric first, and among equals the oldest.  Connected routes come and go with addresses
 * (addr.c); those to ourselves and to broadcast addresses are routes too, so that one lookup tells what to do with a packet.
 * Every change makes kept paths stale (network->generation). */
#include "l3_network/net.h"

void prefix_mask(struct hp_prefix *p)
{
    for (unsigned bit = p->len; bit < 128; bit++) p->ip.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

static struct hp_prefix route_prefix_of(const struct trie_key *key, unsigned len, bool v4)
{
    struct hp_prefix p = {{{0}}, (uint8_t)(v4 ? len + 96 : len)};
    if (v4) {
        p.ip = hp_ip4(0, 0, 0, 0);
        put32(p.ip.b + 12, (uint32_t)(key->hi >> 32));
    } else {
        put64(p.ip.b, key->hi);
        put64(p.ip.b + 8, key->lo);
    }
    return p;
}

struct hp_prefix route_prefix(const struct route *r) { return route_prefix_of(&r->key, r->len, r->v4); }

/* ---- looking ---- */

/* The list's first route over a link that runs, or NULL. */
static const struct route *route_running(const struct hp_stack *s, const struct route *r)
{
    for (; r; r = r->next) {
        const struct hp_link *l = link_get(s, r->link);
        if (l && link_running(l)) return r;
    }
    return NULL;
}

static bool route_accept(const void *stack, const struct route *first) { return route_running(stack, first) != NULL; }

const struct route *route_find(const struct hp_stack *s, const struct hp_ip *to)
{
    bool v4 = net_is4(to);
    const struct trie *t = &network(s)->trie[!v4];
    struct trie_key key = trie_key_of(to, v4);
    const struct route *r = trie_find(t, &key);
    if (!r || link_running(s->link[r->link])) return r;
    const struct route *up = route_running(s, r);
    if (!up) up = route_running(s, trie_find_if(t, &key, route_accept, s));
    return up ? up : r;
}

/* ---- changing ---- */

static struct route route_of(const struct hp_prefix *p)
{
    struct hp_prefix masked = *p;
    prefix_mask(&masked);
    bool v4 = p->len >= 96 && net_is4(&masked.ip);
    return (struct route){.key = trie_key_of(&masked.ip, v4), .len = (uint8_t)(v4 ? p->len - 96 : p->len), .v4 = v4};
}

/* Same metric, gateway and kind; without a gateway the link tells routes apart. */
static bool route_same(const struct route *a, const struct route *b)
{
    return a->metric == b->metric && a->kind == b->kind && a->gatewayed == b->gatewayed &&
           (a->gatewayed ? hp_ip_equal(&a->gateway, &b->gateway) : a->link == b->link);
}

static void route_count(struct network *n, const struct route *r, int by)
{
    if (r->kind == ROUTE_UNICAST) n->routes += (size_t)by;
    net_side(n, r->link)->routes += (uint32_t)by;
}

static struct trie *route_trie(struct network *n, const struct route *r) { return &n->trie[!r->v4]; }

/* Into a list of its prefix. */
static void route_list_put(void **list, struct route *r)
{
    struct route *at = *list;
    if (!at || r->metric < at->metric) {
        r->next = at;
        *list = r;
        return;
    }
    while (at->next && at->next->metric <= r->metric) at = at->next;
    r->next = at->next;
    at->next = r;
}

static struct route *route_list_find(struct route *list, const struct route *like)
{
    while (list && !route_same(list, like)) list = list->next;
    return list;
}

static int route_put(struct hp_stack *s, const struct route *like)
{
    struct network *n = network(s);
    struct trie *t = route_trie(n, like);
    if (net_side_room(s, like->link)) return HP_ENOMEM;
    void **list = trie_at(t, &like->key, like->len);
    struct route *old = list ? route_list_find(*list, like) : NULL;
    if (old) {
        route_count(n, old, -1);
        old->link = like->link;
        route_count(n, old, 1);
        old->source = like->source;
        net_tell(n, HP_CHANGED_ROUTES);
        return HP_OK;
    }
    struct route *r = mem_alloc(s->mem, sizeof *r);
    if (!r) return HP_ENOMEM;
    *r = *like;
    r->next = NULL;
    int err = HP_OK;
    if (list) route_list_put(list, r);
    else err = trie_add(t, s->mem, r);
    if (err) {
        mem_free(s->mem, r, sizeof *r);
        return err;
    }
    route_count(n, r, 1);
    net_tell(n, HP_CHANGED_ROUTES);
    return HP_OK;
}

/* Takes r out of the list of its prefix. */
static void route_delete(struct hp_stack *s, struct route *r)
{
    struct network *n = network(s);
    struct trie *t = route_trie(n, r);
    void **list = trie_at(t, &r->key, r->len);
    struct route *at = *list;
    if (at != r) {
        while (at->next != r) at = at->next;
        at->next = r->next;
    } else if (r->next) {
        *list = r->next;
    } else {
        trie_remove(t, s->mem, &r->key, r->len);
    }
    route_count(n, r, -1);
    mem_free(s->mem, r, sizeof *r);
    net_tell(n, HP_CHANGED_ROUTES);
}

/* The link on whose prefix the gateway is; 0 = none. */
static uint16_t route_gateway_link(const struct hp_stack *s, const struct hp_ip *gateway)
{
    const struct route *r = route_find(s, gateway);
    return r && r->kind == ROUTE_UNICAST && !r->gatewayed ? r->link : 0;
}

static int route_take(const struct hp_stack *s, const struct hp_route *from, struct route *out)
{
    static const struct hp_ip none;
    if (from->to.len > 128) return HP_EINVAL;
    *out = route_of(&from->to);
    out->gatewayed = !hp_ip_equal(&from->gateway, &none);
    if (out->gatewayed && (net_is4(&from->gateway) != out->v4 || hp_ip_is_any(&from->gateway) ||
                           hp_ip_is_multicast(&from->gateway) || hp_ip_is_broadcast(&from->gateway)))
        return HP_EINVAL;
    out->gateway = from->gateway;
    out->metric = from->metric;
    out->source = from->source;
    out->link = (uint16_t)from->link;
    return HP_OK;
}

int hp_route_add(struct hp_stack *s, const struct hp_route *route)
{
    struct route r;
    if (!network(s)) return HP_EOPNOTSUPP;
    int err = route_take(s, route, &r);
    if (err) return err;
    if (route->link && !link_get(s, route->link)) return HP_ENOENT;
    if (r.gatewayed && ip_is_ours(s, &r.gateway)) return HP_EINVAL;
    if (!r.link && r.gatewayed) r.link = route_gateway_link(s, &r.gateway);
    if (!r.link) return r.gatewayed ? HP_ENETUNREACH : HP_EINVAL;
    return route_put(s, &r);
}

int hp_route_remove(struct hp_stack *s, const struct hp_route *route)
{
    struct route like;
    if (!network(s)) return HP_EOPNOTSUPP;
    int err = route_take(s, route, &like);
    if (err) return err;
    void **list = trie_at(route_trie(network(s), &like), &like.key, like.len);
    struct route *r = list ? *list : NULL;
    for (; r; r = r->next) {
        like.link = route->link ? (uint16_t)route->link : r->link;
        if (like.link == r->link && route_same(r, &like)) break;
    }
    if (!r) return HP_ENOENT;
    route_delete(s, r);
    return HP_OK;
}

static struct route route_own(const struct hp_prefix *p, const struct hp_link *l, enum route_kind kind)
{
    struct route r = route_of(p);
    r.link = l->index;
    r.kind = (uint8_t)kind;
    r.source = HP_ROUTE_CONNECTED;
    return r;
}

int route_add_kind(struct hp_stack *s, const struct hp_prefix *p, const struct hp_link *l, enum route_kind kind)
{
    struct route r = route_own(p, l, kind);
    return route_put(s, &r);
}

void route_remove_kind(struct hp_stack *s, const struct hp_prefix *p, const struct hp_link *l, enum route_kind kind)
{
    struct route like = route_own(p, l, kind);
    void **list = trie_at(route_trie(network(s), &like), &like.key, like.len);
    struct route *r = list ? route_list_find(*list, &like) : NULL;
    if (r) route_delete(s, r);
}

/* ---- all routes ---- */

struct route_visit {
    void (*each)(void *, const struct hp_route *);
    void *ctx;
};

static struct hp_route route_public(const struct route *r)
{
    return (struct hp_route){.to = route_prefix(r), .gateway = r->gateway, .link = r->link, .metric = r->metric,
                             .source = r->source};
}

static void route_visit_list(void *ctx, struct route *first)
{
    const struct route_visit *v = ctx;
    for (const struct route *r = first; r; r = r->next) {
        if (r->kind != ROUTE_UNICAST) continue;
        struct hp_route out = route_public(r);
        v->each(v->ctx, &out);
    }
}

void hp_routes_each(const struct hp_stack *s, void (*each)(void *, const struct hp_route *), void *ctx)
{
    struct route_visit v = {each, ctx};
    if (!network(s)) return;
    trie_each(&network(s)->trie[0], route_visit_list, &v);
    trie_each(&network(s)->trie[1], route_visit_list, &v);
}

size_t hp_route_count(const struct hp_stack *s) { return network(s) ? network(s)->routes : 0; }

int hp_route_find(const struct hp_stack *s, const struct hp_ip *to, struct hp_route *out)
{
    const struct route *r = network(s) ? route_find(s, to) : NULL;
    if (!r) return HP_ENETUNREACH;
    *out = route_public(r);
    return HP_OK;
}

/* ---- the end ---- */

struct route_sweep {
    struct hp_stack *s;
    uint16_t link;
    struct route *emptied;      /* one route of each list that is to go altogether, chained by `next` */
};

/* Frees the list's routes over the link; the trie is not changed while it is walked. */
static void route_sweep_list(void *ctx, struct route *first)
{
    struct route_sweep *w = ctx;
    struct network *n = network(w->s);
    struct route *keep = NULL, **last = &keep, *spare = NULL;
    for (struct route *r = first, *next; r; r = next) {
        next = r->next;
        if (r->link != w->link) {
            *last = r;
            last = &r->next;
            continue;
        }
        route_count(n, r, -1);
        if (spare) mem_free(w->s->mem, spare, sizeof *spare);
        spare = r;
    }
    *last = NULL;
    if (!keep) {
        spare->next = w->emptied;
        w->emptied = spare;
    } else if (spare) {
        if (keep != first) *trie_at(route_trie(n, keep), &keep->key, keep->len) = keep;
        mem_free(w->s->mem, spare, sizeof *spare);
    }
}

void route_link_gone(struct hp_stack *s, const struct hp_link *l)
{
    struct network *n = network(s);
    struct route_sweep w = {s, l->index, NULL};
    const struct net_side *side = net_side(n, l->index);
    if (side && side->routes) trie_each(&n->trie[0], route_sweep_list, &w);
    if (side && side->routes) trie_each(&n->trie[1], route_sweep_list, &w);
    for (struct route *r = w.emptied, *next; r; r = next) {
        next = r->next;
        trie_remove(route_trie(n, r), s->mem, &r->key, r->len);
        mem_free(s->mem, r, sizeof *r);
    }
    net_tell(n, HP_CHANGED_ROUTES);
}

static void route_free_list(void *stack, struct route *first)
{
    struct hp_stack *s = stack;
    for (struct route *next; first; first = next) {
        next = first->next;
        mem_free(s->mem, first, sizeof *first);
    }
}

void routes_stop(struct hp_stack *s)
{
    for (int i = 0; i < 2; i++) {
        trie_each(&network(s)->trie[i], route_free_list, s);
        trie_free(&network(s)->trie[i], s->mem);
    }
}
