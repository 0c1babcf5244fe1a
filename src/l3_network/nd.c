/* Neighbour discovery: RFC 4861 7 (who has this address?) and 8 (redirect), RFC 4862 5.4 with RFC 7527 (is it mine alone?).
 *
 * The cache itself is layer 2's (neigh.c); this file speaks ICMPv6 for it.  Every message that comes here was sent on this very link:
 * its hop limit is 255 (RFC 4861 11.2), it was not fragmented (RFC 6980), and its options were walked once (wire/nd). */
#include "l3_network/ipv6.h"

enum { ND_RETRANS_MS = 1000, ND_FIRST_DELAY_MS = 1000 };

struct nd_state {
    struct neigh_resolver resolver;
    uint64_t solicits_in, solicits_out, adverts_in, adverts_out, duplicates, looped_back, conflicts, redirects, redirects_out;
    int64_t dad_transmits, accept_redirects;
};

static struct nd_state *nd_of(const struct hp_stack *s) { return ip6_of(s)->nd; }

/* RFC 4291 2.7.1: ff02::1:ff and the last 24 bits. */
struct hp_ip nd_group(const struct hp_ip *ip)
{
    struct hp_ip group = {{0xff, 0x02, [11] = 1, 0xff, ip->b[13], ip->b[14], ip->b[15]}};
    return group;
}

/* ---- saying ---- */

void nd_tx(struct hp_stack *s, struct hp_link *l, const struct nd_msg *m, const struct nd_opt *opt, int opts,
           const struct hp_ip *src, const struct hp_ip *dst)
{
    struct hp_pkt *p = pkt_alloc(s, ND_MESSAGE_MAX);
    if (!p) return;
    struct writer w = writer_of(p->data, ND_MESSAGE_MAX);
    write_room(&w, nd_write(p->data, ND_MESSAGE_MAX, m));
    for (int n = 0; n < opts; n++) nd_opt_write(&w, &opt[n]);
    assert(!w.full);
    pkt_put(p, writer_used(&w));
    icmp6_link_tx(s, l, p, src, dst);
}

/* Asks for target's MAC address.  Without a source (duplicate detection) it says the nonce, otherwise our own MAC address. */
static void nd_solicit_tx(struct hp_stack *s, struct hp_link *l, const struct hp_ip *src, const struct hp_ip *dst,
                          const struct hp_ip *target, const uint8_t *nonce)
{
    struct nd_msg m = {.type = ICMP6_NS, .target = *target};
    struct nd_opt opt = {.type = ND_OPT_SOURCE_MAC, .mac = l->mac};
    if (nonce) opt = (struct nd_opt){.type = ND_OPT_NONCE, .data = {nonce, ND_NONCE}};
    nd_tx(s, l, &m, &opt, 1, src, dst);
    nd_of(s)->solicits_out++;
}

static void nd_advert_tx(struct hp_stack *s, struct hp_link *l, const struct hp_ip *target, const struct hp_ip *dst,
                         bool solicited)
{
    struct nd_msg m = {.type = ICMP6_NA, .target = *target, .router = net_forwards(s), .solicited = solicited, .override = true};
    struct nd_opt opt = {.type = ND_OPT_TARGET_MAC, .mac = l->mac};
    nd_tx(s, l, &m, &opt, 1, target, dst);
    nd_of(s)->adverts_out++;
}

static bool nd_addr_usable(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *ip)
{
    const struct addr *a = net_addr_find(s, l, ip);
    return a && addr_usable(a);
}

/* The neighbour cache wants to know: RFC 4861 7.2.2.  The source is that of the waiting packet if it is ours on this link. */
static void nd_solicit(struct hp_stack *s, struct hp_link *l, const struct hp_ip *target, const struct hp_mac *mac,
                       const struct hp_ip *src)
{
    struct hp_ip from, group = nd_group(target);
    if (src && nd_addr_usable(s, l, src)) from = *src;
    else if (ip_source(s, target, l->index, &from) < 0) return;
    nd_solicit_tx(s, l, &from, mac ? target : &group, target, NULL);
}

/* ---- duplicate address detection ---- */

static struct nd_dad **nd_dad_find(struct ip6_link *i, const struct hp_ip *ip)
{
    struct nd_dad **at = &i->dad;
    while (*at && !hp_ip_equal(&(*at)->ip, ip)) at = &(*at)->next;
    return at;
}

static void nd_dad_free(struct hp_stack *s, struct ip6_link *i, struct nd_dad **at)
{
    struct nd_dad *d = *at;
    *at = d->next;
    timer_remove(s, &d->timer);
    mem_free(s->mem, d, sizeof *d);
}

bool nd_dad_running(struct ip6_link *i, const struct hp_ip *ip) { return *nd_dad_find(i, ip) != NULL; }

void nd_dad_stop(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip)
{
    struct nd_dad **at = nd_dad_find(i, ip);
    if (*at) nd_dad_free(s, i, at);
}

static void nd_dad_end(struct hp_stack *s, struct ip6_link *i, struct nd_dad **at, bool duplicate)
{
    struct hp_ip ip = (*at)->ip;
    nd_dad_free(s, i, at);
    trace_state(s, 3, "nd", 0, "address", "TENTATIVE", duplicate ? "DUPLICATE" : "PREFERRED");
    nd_of(s)->duplicates += duplicate;
    ip6_addr_checked(s, i, &ip, duplicate);
}

/* RFC 4862 5.4.2: solicit, wait, and when that was enough, nobody has it. */
static void nd_dad_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct nd_dad *d = (struct nd_dad *)(void *)((char *)t - offsetof(struct nd_dad, timer));
    struct ip6_link *i = d->owner;
    if (d->sent >= nd_of(s)->dad_transmits) {
        nd_dad_end(s, i, nd_dad_find(i, &d->ip), false);
        return;
    }
    struct hp_ip group = nd_group(&d->ip);
    d->sent++;
    nd_solicit_tx(s, i->link, &ip6_any, &group, &d->ip, d->nonce);
    timer_set(s, &d->timer, s->now + HP_MS(ND_RETRANS_MS));
}

int nd_dad_start(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip, bool delayed)
{
    nd_dad_stop(s, i, ip);
    struct nd_dad *d = mem_zalloc(s->mem, sizeof *d);
    if (!d) return HP_ENOMEM;
    uint64_t nonce = random_next(&ip6_of(s)->random);
    memcpy(d->nonce, &nonce, ND_NONCE);
    d->ip = *ip;
    d->owner = i;
    d->timer.fire = nd_dad_fire;
    d->next = i->dad;
    i->dad = d;
    hp_time wait = delayed ? HP_MS(random_below(&ip6_of(s)->random, ND_FIRST_DELAY_MS)) : 0;
    timer_set(s, &d->timer, s->now + wait);
    return HP_OK;
}

/* RFC 7527 4.2: our own nonce means that the link loops back what we send. */
static bool nd_nonce_is(const struct nd_msg *m, const struct nd_dad *d)
{
    struct nd_opts o = nd_opts_start(m);
    struct nd_opt opt;
    while (nd_opts_next(&o, &opt))
        if (opt.type == ND_OPT_NONCE && opt.data.n == ND_NONCE) return memcmp(opt.data.p, d->nonce, ND_NONCE) == 0;
    return false;
}

/* RFC 4862 5.4.3: somebody asks for an address that we are checking. */
static void nd_solicit_tentative(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    struct nd_dad **at = nd_dad_find(i, &m->target);
    if (!*at || !hp_ip_is_any(&p->src)) return; /* it only resolves: no sign of a duplicate */
    if (nd_nonce_is(m, *at)) nd_of(s)->looped_back++;
    else nd_dad_end(s, i, at, true);
}

/* ---- hearing ---- */

/* Only neighbours get into the cache (CVE-2008-2476): link-local addresses, and prefixes of this link. */
static bool nd_on_link(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *ip)
{
    struct hp_route route;
    if (hp_ip_is_linklocal(ip)) return true;
    return hp_route_find(s, ip, &route) >= 0 && hp_ip_is_any(&route.gateway) && route.link == l->index;
}

/* RFC 4861 7.1.1, what nd_parse() has not seen. */
static bool nd_solicit_valid(const struct hp_pkt *p, const struct nd_msg *m)
{
    if (!hp_ip_is_any(&p->src)) return true;
    struct hp_ip group = nd_group(&m->target);
    return !m->has_mac && hp_ip_equal(&p->dst, &group);
}

/* RFC 4861 7.2.3, 7.2.4. */
enum hp_drop nd_rx_solicit(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    nd_of(s)->solicits_in++;
    if (!nd_solicit_valid(p, m)) return HP_DROP_ND_BAD;
    const struct addr *a = net_addr_find(s, i->link, &m->target);
    if (!a) return HP_DROP_NOT_FOR_US;
    if (!addr_usable(a)) {
        nd_solicit_tentative(s, i, p, m);
        return HP_DROP_DAD;
    }
    if (hp_ip_is_any(&p->src)) {
        nd_advert_tx(s, i->link, &m->target, &ip6_all_nodes, false);
        return HP_DROP_TAKEN;
    }
    if (!nd_on_link(s, i->link, &p->src)) return HP_DROP_ND_BAD;
    if (m->has_mac) neigh_take(s, i->link, &p->src, &m->mac, NEIGH_CREATE | NEIGH_OVERRIDE);
    nd_advert_tx(s, i->link, &m->target, &p->src, true);
    return HP_DROP_TAKEN;
}

/* RFC 4862 5.4.4: a neighbour says that it has our address.  While we check it, it is a duplicate; later it is only counted, or
 * anybody could take an address from us by one packet. */
static enum hp_drop nd_advert_of_ours(struct hp_stack *s, struct ip6_link *i, const struct nd_msg *m)
{
    struct nd_dad **at = nd_dad_find(i, &m->target);
    if (*at) nd_dad_end(s, i, at, true);
    else nd_of(s)->conflicts++;
    return HP_DROP_DAD;
}

/* RFC 4861 7.1.2, 7.2.5.  An entry is only changed, never made. */
enum hp_drop nd_rx_advert(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    nd_of(s)->adverts_in++;
    if (hp_ip_is_multicast(&p->dst) && m->solicited) return HP_DROP_ND_BAD;
    if (net_addr_find(s, i->link, &m->target)) return nd_advert_of_ours(s, i, m);
    unsigned flags = (m->solicited ? NEIGH_SOLICITED : 0u) | (m->override ? NEIGH_OVERRIDE : 0u) |
                     (m->router ? NEIGH_ROUTER : NEIGH_NOT_ROUTER);
    neigh_take(s, i->link, &m->target, m->has_mac ? &m->mac : NULL, flags);
    if (m->router) slaac_routers_check(s, i);
    else slaac_router_gone(s, i, &m->target);
    return HP_DROP_TAKEN;
}

/* RFC 4861 8.1: only our present first hop for this destination may send us elsewhere, and only to a router or to itself. */
static bool nd_redirect_valid(struct hp_stack *s, const struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    struct hp_route now;
    if (!hp_ip_is_linklocal(&p->src) || hp_ip_is_multicast(&m->dst) || hp_ip_is4(&m->dst) || hp_ip_is_linklocal(&m->dst))
        return false;
    if (!hp_ip_is_linklocal(&m->target) && !hp_ip_equal(&m->target, &m->dst)) return false;
    return hp_route_find(s, &m->dst, &now) >= 0 && now.link == i->link->index && hp_ip_equal(&now.gateway, &p->src);
}

/* The oldest of them gives way, so that they do not become more. */
static bool nd_redirect_follow(struct hp_stack *s, struct ip6_link *i, const struct hp_route *route)
{
    if (!i->redirects) i->redirects = mem_zalloc(s->mem, sizeof *i->redirects);
    struct nd_redirects *r = i->redirects;
    if (!r || hp_route_add(s, route) < 0) return false;
    struct hp_route *at = &r->route[r->next];
    if (at->link) hp_route_remove(s, at);
    *at = *route;
    r->next = (uint8_t)((r->next + 1) % ND_REDIRECTS_MAX);
    nd_of(s)->redirects++;
    return true;
}

/* What we were sent to does not answer: back to the routers. */
static void nd_redirects_check(struct hp_stack *s, struct ip6_link *i)
{
    for (int n = 0; i->redirects && n < ND_REDIRECTS_MAX; n++) {
        struct hp_route *r = &i->redirects->route[n];
        const struct hp_ip *hop = hp_ip_is_any(&r->gateway) ? &r->to.ip : &r->gateway;
        if (!r->link || !neigh_is_failed(s, i->link, hop)) continue;
        hp_route_remove(s, r);
        *r = (struct hp_route){0};
    }
}

void nd_stop(struct hp_stack *s, struct ip6_link *i)
{
    while (i->dad) nd_dad_free(s, i, &i->dad);
    for (int n = 0; i->redirects && n < ND_REDIRECTS_MAX; n++)
        if (i->redirects->route[n].link) hp_route_remove(s, &i->redirects->route[n]);
    mem_free(s->mem, i->redirects, sizeof *i->redirects);
    i->redirects = NULL;
}

/* RFC 4861 8.3. */
enum hp_drop nd_rx_redirect(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    if (!nd_of(s)->accept_redirects || net_forwards(s)) return HP_DROP_FILTERED;
    if (!nd_redirect_valid(s, i, p, m)) return HP_DROP_ND_BAD;
    struct hp_route route = {.to = {m->dst, 128}, .link = i->link->index, .metric = 1, .source = HP_ROUTE_REDIRECT};
    if (!hp_ip_equal(&m->target, &m->dst)) route.gateway = m->target;
    if (m->has_mac) neigh_take(s, i->link, &m->target, &m->mac, NEIGH_CREATE | NEIGH_OVERRIDE);
    return nd_redirect_follow(s, i, &route) ? HP_DROP_TAKEN : HP_DROP_NO_MEMORY;
}

/* RFC 4861 8.2: to a neighbour, of a router that has a link-local address, or of the destination itself; from our link-local address. */
static bool nd_redirect_wanted(struct hp_stack *s, const struct ip6_link *i, const struct hp_pkt *p, const struct hp_ip *next)
{
    const struct route *back = route_find(s, &p->src);
    if (!i || !i->local_ready || !nd_of(s)) return false;
    if (!back || back->gatewayed || back->link != i->link->index || back->kind != ROUTE_UNICAST) return false;
    return hp_ip_is_linklocal(next) || hp_ip_equal(next, &p->dst);
}

void nd_redirect_tx(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next)
{
    enum { FIXED = 40, OPTION = 8, QUOTE_MAX = IPV6_MIN_MTU - IPV6_HEADER - FIXED - OPTION };
    const struct ip6_link *i = ip6_link_of(s, l);
    if (!nd_redirect_wanted(s, i, p, next) || !net_redirect_allowed(s, &p->src)) return;
    struct nd_msg m = {.type = ICMP6_REDIRECT, .target = *next, .dst = p->dst};
    uint8_t room[QUOTE_MAX];
    struct nd_opt quote = {.type = ND_OPT_REDIRECTED, .data = net_quote(p, room, sizeof room)};
    struct hp_pkt *r = pkt_alloc(s, FIXED + OPTION + QUOTE_MAX);
    if (!r) return;
    struct writer w = writer_of(r->data, FIXED + OPTION + QUOTE_MAX);
    write_room(&w, nd_write(r->data, FIXED, &m));
    nd_opt_write(&w, &quote);
    pkt_put(r, writer_used(&w));
    nd_of(s)->redirects_out++;
    icmp6_link_tx(s, l, r, &i->local, &p->src);
}

/* Nobody answered: RFC 4443 3.1 code 3; and if it was a router, another one is better (RFC 4861 6.3.6). */
static void nd_failed(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    struct ip6_link *i = ip6_link_of(s, l);
    if (i) {
        slaac_routers_check(s, i);
        nd_redirects_check(s, i);
    }
    p->l3 = pkt_offset(p);
    net_error(s, p, NET_ERROR_UNREACH, IP_UNREACH_HOST);
    hp_drop(s, p, HP_DROP_NEIGH_FAILED);
}

/* ---- the protocol ---- */

static int nd_start(struct hp_stack *s, void *state)
{
    struct nd_state *nd = state;
    nd->resolver = (struct neigh_resolver){nd_solicit, nd_failed};
    ip6_of(s)->nd = nd;
    neigh_set_resolver(s, true, &nd->resolver);
    return HP_OK;
}

static const struct hp_counter nd_counters[] = {
    HP_COUNTER(struct nd_state, solicits_in, "neighbour solicitations received"),
    HP_COUNTER(struct nd_state, solicits_out, "neighbour solicitations sent"),
    HP_COUNTER(struct nd_state, adverts_in, "neighbour advertisements received"),
    HP_COUNTER(struct nd_state, adverts_out, "neighbour advertisements sent"),
    HP_COUNTER(struct nd_state, duplicates, "addresses that somebody else already had"),
    HP_COUNTER(struct nd_state, looped_back, "solicitations of our own that came back (RFC 7527)"),
    HP_COUNTER(struct nd_state, conflicts, "neighbours that claimed an address in use here"),
    HP_COUNTER(struct nd_state, redirects, "redirects followed"),
    HP_COUNTER(struct nd_state, redirects_out, "redirects sent"),
    {0},
};
static const struct hp_setting nd_settings[] = {
    {"dad_transmits", "messages", "solicitations before an address is ours (RFC 4862 5.1); 0 = no check",
     offsetof(struct nd_state, dad_transmits), 1, 0, 16},
    {"accept_redirects", "", "let routers redirect us (RFC 4861 8)", offsetof(struct nd_state, accept_redirects), 0, 0, 1},
    {0},
};
const struct hp_proto nd_proto = {.name = "nd", .layer = 3, .state_size = sizeof(struct nd_state), .start = nd_start,
                                  .counters = nd_counters, .settings = nd_settings};
