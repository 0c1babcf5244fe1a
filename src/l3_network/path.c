/* Paths: where packets to an address go, kept by whoever sends often (struct ip_path), and ip_tx().
 *
 * A kept path is good as long as its generation is the network's: one comparison per packet.  Everything that could change it, a route, an
 * address, a link, a path MTU, counts the generation up. */
#include "l3_network/net.h"

/* RFC 1122 3.3.1.1 and RFC 1112 6.1: broadcast and multicast without a route leave by the first link that can. */
static const struct hp_link *path_any_link(const struct hp_stack *s)
{
    const struct hp_link *up = NULL;
    for (uint16_t i = s->links; i > 0; i--)
        if (s->link[i] && i != network(s)->loop && (!up || link_running(s->link[i]))) up = s->link[i];
    return up;
}

static bool path_is_group(const struct hp_ip *dst) { return hp_ip_is_multicast(dst) || hp_ip_is_broadcast(dst); }

/* Addresses whose meaning depends on the link. */
static bool path_is_scoped(const struct hp_ip *dst)
{
    return path_is_group(dst) || (!net_is4(dst) && hp_ip_is_linklocal(dst));
}

struct path_on {
    const struct hp_stack *s;
    uint16_t link;
};

static const struct route *path_list_on(const struct path_on *on, const struct route *r)
{
    while (r && r->kind != ROUTE_LOCAL && r->link != on->link) r = r->next;
    return r;
}

static bool path_accept_on(const void *ctx, const struct route *first) { return path_list_on(ctx, first) != NULL; }

/* With a link bound: the route over that link, and without one the destination is taken for a neighbour on it (NULL). */
static const struct route *path_route_on(const struct hp_stack *s, const struct hp_ip *dst, uint16_t link)
{
    struct path_on on = {s, link};
    bool v4 = net_is4(dst);
    struct trie_key key = trie_key_of(dst, v4);
    return path_list_on(&on, trie_find_if(&network(s)->trie[!v4], &key, path_accept_on, &on));
}

static bool path_route(const struct hp_stack *s, struct ip_path *path, const struct hp_ip *dst, uint16_t link)
{
    const struct network *n = network(s);
    const struct addr *own = !net_is4(dst) && hp_ip_is_linklocal(dst) ? net_addr_find(s, link_get(s, link), dst) : NULL;
    if (hp_ip_is_loopback(dst) || (own && addr_usable(own))) {
        path->link = n->loop;
        return n->loop != 0;
    }
    const struct route *r = NULL;
    if (!link) r = route_find(s, dst);
    else if (!path_is_scoped(dst)) r = path_route_on(s, dst, link);
    path->link = link;
    if (r) {
        path->link = r->kind == ROUTE_LOCAL ? n->loop : r->link;
        path->broadcast = r->kind == ROUTE_BROADCAST;
        path->gatewayed = r->gatewayed && !path_is_scoped(dst);
        if (path->gatewayed) path->next = r->gateway;
    } else if (!link && path_is_group(dst)) {
        const struct hp_link *any = path_any_link(s);
        path->link = any ? any->index : 0;
    }
    return path->link && link_get(s, path->link);
}

/* What a link takes of this version's packets: routers may have advertised less than the link itself could (RFC 4861 6.3.4). */
static uint32_t path_link_mtu(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *dst)
{
    const struct net_family *f = network(s)->family[net_version(dst)];
    return f && f->mtu ? f->mtu(s, l) : l->mtu;
}

static int path_lookup(struct hp_stack *s, struct ip_path *path, const struct hp_ip *dst, uint16_t link)
{
    struct network *n = network(s);
    *path = (struct ip_path){.next = *dst, .bound = link};
    n->path_lookups++;
    if (!n->family[net_version(dst)] || !path_route(s, path, dst, link)) return HP_ENETUNREACH;
    path->mtu = path_link_mtu(s, s->link[path->link], dst);
    const struct pmtu *known = n->pmtus ? pmtu_find(s, dst) : NULL;
    if (known && known->mtu < path->mtu) path->mtu = known->mtu;
    path->fragment = known && known->below;
    if (path->broadcast || hp_ip_is_broadcast(dst)) {
        path->broadcast = true;
        path->next = hp_ip4(255, 255, 255, 255);
    }
    path->generation = n->generation;
    return HP_OK;
}

int ip_path_check(struct hp_stack *s, struct ip_path *path, const struct hp_ip *dst, uint16_t link)
{
    if (path->generation == network(s)->generation && path->bound == link) return HP_OK;
    return path_lookup(s, path, dst, link);
}

/* Without a path, or with one that is stale; consumes. */
static void path_tx_anew(struct hp_stack *s, struct hp_pkt *p, struct ip_path *path)
{
    struct ip_path now = {.bound = p->link && path_is_scoped(&p->dst) ? p->link->index : 0};
    if (!path) path = &now;
    if (path_lookup(s, path, &p->dst, path->bound) == HP_OK) network(s)->family[net_version(&p->dst)]->tx(s, p, path);
    else hp_drop(s, p, HP_DROP_NO_ROUTE);
}

void ip_tx(struct hp_stack *s, struct hp_pkt *p, struct ip_path *path)
{
    const struct network *n = network(s);
    if (path && path->generation == n->generation) n->family[net_version(&p->dst)]->tx(s, p, path);
    else path_tx_anew(s, p, path);
}

int ip_source(struct hp_stack *s, const struct hp_ip *dst, uint16_t link, struct hp_ip *src)
{
    struct ip_path path;
    int err = path_lookup(s, &path, dst, link);
    return err ? err : ip_path_source(s, &path, dst, src);
}

int ip_path_source(struct hp_stack *s, const struct ip_path *path, const struct hp_ip *dst, struct hp_ip *src)
{
    return network(s)->family[net_version(dst)]->source(s, dst, path, src);
}

void ip_confirm(struct hp_stack *s, const struct ip_path *path)
{
    struct hp_link *l = path->generation == network(s)->generation ? link_get(s, path->link) : NULL;
    if (l) neigh_confirm(s, l, &path->next);
}

uint32_t hp_path_mtu(const struct hp_stack *s, const struct hp_ip *to)
{
    const struct route *r = network(s) ? route_find(s, to) : NULL;
    if (!r) return 0;
    const struct hp_link *l = link_get(s, r->kind == ROUTE_LOCAL ? network(s)->loop : r->link);
    const struct pmtu *known = pmtu_find(s, to);
    uint32_t mtu = l ? path_link_mtu(s, l, to) : 0;
    return known && known->mtu < mtu ? known->mtu : mtu;
}
