/* Addresses on links.  RFC 1122 3.3.4.2: the weak model, an address is ours on whatever link a packet for it comes by (IPv6's link-local ones
 * excepted, see addr_is_scoped).
 *
 * A usable address is three routes: to itself, to its prefix, and for IPv4 to its prefix's broadcast addresses; layer 2 hears of it,
 * so that ARP answers. */
#include "l3_network/net.h"

/* ---- finding ---- */

struct addr_key {
    const struct hp_link *link;
    const struct hp_ip *ip;
};

static bool addr_same(const void *item, const void *key)
{
    const struct addr *a = item;
    const struct addr_key *k = key;
    return (!k->link || a->link == k->link) && hp_ip_equal(&a->prefix.ip, k->ip);
}

static uint64_t addr_hash(const struct hp_stack *s, const struct hp_ip *ip) { return hash_key(&network(s)->key, ip, sizeof *ip); }

struct addr *net_addr_find(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *ip)
{
    struct addr_key k = {l, ip};
    return map_find(&network(s)->addr_map, addr_hash(s, ip), addr_same, &k);
}

struct addr *net_addr_first(const struct hp_stack *s, const struct hp_link *l)
{
    const struct net_side *side = net_side(network(s), l->index);
    return side ? side->addrs : NULL;
}

bool ip_is_ours(const struct hp_stack *s, const struct hp_ip *ip)
{
    if (hp_ip_is_loopback(ip)) return network(s)->loop != 0;
    const struct addr *a = net_addr_find(s, NULL, ip);
    return a && addr_usable(a);
}

bool ip_is_broadcast(const struct hp_stack *s, const struct hp_ip *ip)
{
    if (!net_is4(ip)) return false;
    if (hp_ip_is_broadcast(ip)) return true;
    const struct route *r = route_find(s, ip);
    return r && r->kind == ROUTE_BROADCAST;
}

/* ---- the routes of an address ---- */

static struct hp_prefix addr_host(const struct hp_ip *ip) { return (struct hp_prefix){*ip, 128}; }

/* The highest address of an IPv4 prefix (RFC 919); the lowest is the older form of it. */
static struct hp_prefix addr_broadcast(const struct hp_prefix *p, bool highest)
{
    struct hp_prefix b = addr_host(&p->ip);
    for (unsigned bit = p->len; bit < 128; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        b.ip.b[bit / 8] = (uint8_t)(highest ? b.ip.b[bit / 8] | mask : b.ip.b[bit / 8] & ~mask);
    }
    return b;
}

/* The same link-local address may be ours on one link and a neighbour's on another: it is looked for by link. */
static bool addr_is_scoped(const struct hp_ip *ip) { return !net_is4(ip) && hp_ip_is_linklocal(ip); }

/* RFC 3021: a /31 has two hosts and no broadcast. */
static bool addr_has_broadcast(const struct addr *a) { return net_is4(&a->prefix.ip) && a->prefix.len <= 126 && link_resolves(a->link); }

/* RFC 5942 4: an advertised address says nothing about its neighbours; the prefix has its own route if the router says so. */
static bool addr_has_on_link(const struct addr *a)
{
    return a->prefix.len < 128 && (!(a->flags & HP_ADDR_AUTO) || addr_is_scoped(&a->prefix.ip));
}

static void addr_routes_remove(struct hp_stack *s, const struct addr *a)
{
    struct hp_prefix own = addr_host(&a->prefix.ip), high = addr_broadcast(&a->prefix, true), low = addr_broadcast(&a->prefix, false);
    bool shared = false; /* another address of this link keeps the prefix */
    for (const struct addr *b = net_addr_first(s, a->link); b; b = b->link_next)
        shared |= b != a && addr_usable(b) && addr_has_on_link(b) && b->prefix.len == a->prefix.len && hp_prefix_has(&a->prefix, &b->prefix.ip);
    route_remove_kind(s, &own, a->link, ROUTE_LOCAL);
    if (shared) return;
    if (addr_has_broadcast(a)) {
        route_remove_kind(s, &high, a->link, ROUTE_BROADCAST);
        route_remove_kind(s, &low, a->link, ROUTE_BROADCAST);
    }
    if (addr_has_on_link(a)) route_remove_kind(s, &a->prefix, a->link, ROUTE_UNICAST);
}

static int addr_routes_add(struct hp_stack *s, const struct addr *a)
{
    struct hp_prefix own = addr_host(&a->prefix.ip), high = addr_broadcast(&a->prefix, true), low = addr_broadcast(&a->prefix, false);
    int err = addr_is_scoped(&a->prefix.ip) ? HP_OK : route_add_kind(s, &own, a->link, ROUTE_LOCAL);
    if (!err && addr_has_on_link(a)) err = route_add_kind(s, &a->prefix, a->link, ROUTE_UNICAST);
    if (!err && addr_has_broadcast(a)) err = route_add_kind(s, &high, a->link, ROUTE_BROADCAST);
    if (!err && addr_has_broadcast(a)) err = route_add_kind(s, &low, a->link, ROUTE_BROADCAST);
    if (err) addr_routes_remove(s, a);
    return err;
}

/* Begins or ends to be used. */
static int addr_begin(struct hp_stack *s, const struct addr *a)
{
    int err = addr_routes_add(s, a);
    if (err) return err;
    err = link_own_add(s, a->link, &a->prefix.ip);
    if (err) addr_routes_remove(s, a);
    return err;
}

static void addr_end(struct hp_stack *s, const struct addr *a)
{
    link_own_remove(s, a->link, &a->prefix.ip);
    addr_routes_remove(s, a);
}

/* ---- adding and removing ---- */

static void addr_list(struct network *n, struct addr *a)
{
    a->at = n->addrs_last;
    *a->at = a;
    n->addrs_last = &a->next;
    struct addr **at = &net_side(n, a->link->index)->addrs;
    while (*at) at = &(*at)->link_next;
    *at = a;
}

static void addr_unlist(struct network *n, struct addr *a)
{
    *a->at = a->next;
    if (a->next) a->next->at = a->at;
    else n->addrs_last = a->at;
    struct addr **at = &net_side(n, a->link->index)->addrs;
    while (*at != a) at = &(*at)->link_next;
    *at = a->link_next;
}

static void addr_free(struct hp_stack *s, struct addr *a)
{
    struct network *n = network(s);
    map_remove(&n->addr_map, a->hash, a);
    addr_unlist(n, a);
    mem_free(s->mem, a, sizeof *a);
    net_tell(n, HP_CHANGED_ADDRESSES);
}

/* L14: addresses that no machine may have. */
static bool addr_possible(const struct hp_link *l, const struct hp_prefix *p)
{
    const struct hp_ip *ip = &p->ip;
    if (p->len > 128 || hp_ip_is_any(ip) || hp_ip_is_multicast(ip) || hp_ip_is_broadcast(ip)) return false;
    if (hp_ip_is_loopback(ip) && l->index != network(l->stack)->loop) return false;
    return !net_is4(ip) || (p->len >= 96 && ip->b[12] != 0 && ip->b[12] < 224);
}

int net_addr_add(struct hp_stack *s, struct hp_link *l, const struct hp_prefix *p, unsigned flags, hp_time preferred_until,
                 hp_time valid_until)
{
    struct network *n = network(s);
    if (!addr_possible(l, p)) return HP_EINVAL;
    const struct net_family *f = n->family[net_version(&p->ip)];
    if (!f || (f->mtu_min > l->mtu && l->index != n->loop)) return HP_EOPNOTSUPP;
    if (net_addr_find(s, l, &p->ip)) return HP_EEXIST;
    if (net_side_room(s, l->index)) return HP_ENOMEM;
    struct addr *a = mem_alloc(s->mem, sizeof *a);
    if (!a) return HP_ENOMEM;
    *a = (struct addr){.link = l, .prefix = *p, .flags = flags, .preferred_until = preferred_until, .valid_until = valid_until,
                       .hash = addr_hash(s, &p->ip)};
    int err = map_add(&n->addr_map, s->mem, a->hash, a);
    if (err) {
        mem_free(s->mem, a, sizeof *a);
        return err;
    }
    addr_list(n, a);
    err = addr_usable(a) ? addr_begin(s, a) : HP_OK;
    if (err) {
        addr_free(s, a);
        return err;
    }
    net_tell(n, HP_CHANGED_ADDRESSES);
    if (f->addr) f->addr(s, a, true);
    return HP_OK;
}

static void addr_remove(struct hp_stack *s, struct addr *a)
{
    const struct net_family *f = network(s)->family[net_version(&a->prefix.ip)];
    if (f && f->addr) f->addr(s, a, false);
    if (addr_usable(a)) addr_end(s, a);
    addr_free(s, a);
}

int net_addr_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct addr *a = net_addr_find(s, l, ip);
    if (!a) return HP_ENOENT;
    addr_remove(s, a);
    return HP_OK;
}

int net_addr_set_life(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, hp_time preferred_until, hp_time valid_until)
{
    struct addr *a = net_addr_find(s, l, ip);
    if (!a) return HP_ENOENT;
    a->preferred_until = preferred_until;
    a->valid_until = valid_until;
    return HP_OK;
}

int net_addr_set_flags(struct hp_stack *s, struct addr *a, unsigned flags)
{
    bool was = addr_usable(a);
    unsigned old = a->flags;
    if (was) {
        a->flags = flags;
        if (!addr_usable(a)) addr_end(s, a);
    } else {
        a->flags = flags;
        int err = addr_usable(a) ? addr_begin(s, a) : HP_OK;
        if (err) {
            a->flags = old;
            return err;
        }
    }
    net_tell(network(s), HP_CHANGED_ADDRESSES);
    return HP_OK;
}

void addr_link_gone(struct hp_stack *s, struct hp_link *l)
{
    for (struct addr *a; (a = net_addr_first(s, l));) addr_remove(s, a);
}

void addrs_stop(struct hp_stack *s)
{
    struct network *n = network(s);
    assert(!n->addrs); /* the links went first */
    map_free(&n->addr_map, s->mem);
}

/* ---- from outside ---- */

int hp_addr_add(struct hp_stack *s, int link, const struct hp_prefix *address, unsigned flags)
{
    struct hp_link *l = link_get(s, link);
    if (!network(s)) return HP_EOPNOTSUPP;
    if (!l) return HP_ENOENT;
    return net_addr_add(s, l, address, flags & HP_ADDR_NO_DAD, HP_NEVER, HP_NEVER);
}

int hp_addr_remove(struct hp_stack *s, int link, const struct hp_ip *ip)
{
    struct hp_link *l = link_get(s, link);
    if (!network(s)) return HP_EOPNOTSUPP;
    return l ? net_addr_remove(s, l, ip) : HP_ENOENT;
}

int hp_addr_info(const struct hp_stack *s, unsigned i, struct hp_addr_info *out)
{
    const struct addr *a = network(s) ? network(s)->addrs : NULL;
    while (a && i--) a = a->next;
    if (!a) return HP_ENOENT;
    *out = (struct hp_addr_info){a->link->index, a->prefix, a->flags, a->preferred_until, a->valid_until};
    return HP_OK;
}
