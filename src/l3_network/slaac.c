/* A host configures itself from router advertisements: RFC 4861 6.3, RFC 4862 5.5, RFC 4191 (preferences, more routes),
 * RFC 7217 (stable identifiers), RFC 7559 (patience in soliciting), RFC 8106 (name servers).
 *
 * Every table is bounded; what comes when it is full is counted and left out, so that a flood of advertisements costs the
 * flooder only.  One timer per link wakes at the earliest end of a lifetime. */
#include "l3_network/ipv6.h"

enum {
    SLAAC_SOLICIT_INTERVAL_MS = 4000,         /* RTR_SOLICITATION_INTERVAL               */
    SLAAC_SOLICIT_INTERVAL_MAX_MS = 3600000,  /* RFC 7559 2: MRT                         */
    SLAAC_METRIC_HIGH = 512, SLAAC_METRIC_MEDIUM = 1024, SLAAC_METRIC_LOW = 2048, SLAAC_METRIC_FAILED = 8192,
    SLAAC_TRIES_MAX = 3,                      /* RFC 7217 7: IDGEN_RETRIES               */
    SLAAC_TWO_HOURS_S = 7200,
};

struct slaac_state {
    uint64_t advertisements, solicitations, addresses, full, bad_options;
    int64_t eui64, solicit_max, accept_routes;
};

static struct slaac_state *slaac_of(const struct hp_stack *s) { return ip6_of(s)->slaac; }

/* ---- interface identifiers ---- */

/* RFC 4291 appendix A. */
static void slaac_id_eui64(const struct hp_mac *mac, uint8_t out[8])
{
    memcpy(out, mac->b, 3);
    out[3] = 0xff;
    out[4] = 0xfe;
    memcpy(out + 5, mac->b + 3, 3);
    out[0] ^= 2;
}

/* RFC 5453: the subnet-router anycast address, ISATAP's Ethernet block, the reserved anycast block. */
static bool slaac_id_reserved(const uint8_t id[8])
{
    uint64_t v = get64(id);
    return v == 0 || v >> 24 == 0x02005efffeull || (v | 0x7f) == 0xfdffffffffffffffull;
}

/* RFC 7217 5: F(prefix, interface, counter, secret), so that an address is stable in its network and says nothing elsewhere. */
static void slaac_id_opaque(const struct ip6 *ip6, const struct hp_link *l, const struct hp_ip *prefix, uint8_t tries,
                              uint8_t out[8])
{
    uint8_t in[8 + 6 + 2];
    memcpy(in, prefix->b, 8);
    memcpy(in + 8, l->mac.b, 6);
    in[14] = tries;
    for (in[15] = 0; in[15] < 8; in[15]++) {
        put64(out, secret_key(&ip6->identifier_key, in, sizeof in));
        if (!slaac_id_reserved(out)) return;
    }
}

void slaac_identifier(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *prefix, uint8_t tries,
                      uint8_t out[8])
{
    if (slaac_of(s) && slaac_of(s)->eui64) slaac_id_eui64(&l->mac, out);
    else slaac_id_opaque(ip6_of(s), l, prefix, tries, out);
}

/* ---- lifetimes ---- */

static hp_time slaac_until(const struct hp_stack *s, uint32_t seconds)
{
    return seconds == UINT32_MAX ? HP_NEVER : s->now + HP_S(seconds);
}

/* RFC 4862 5.5.3 e: one forged advertisement cannot shorten an address's life below two hours. */
hp_time slaac_valid_until(hp_time now, hp_time old, hp_time offered)
{
    hp_time floor = now + HP_S(SLAAC_TWO_HOURS_S);
    if (offered > floor || offered > old) return offered;
    return old <= floor ? old : floor;
}

static hp_time slaac_min(hp_time a, hp_time b) { return a < b ? a : b; }

static hp_time slaac_prefix_next(const struct hp_stack *s, const struct slaac_prefix *x)
{
    hp_time next = HP_NEVER;
    if (x->on_link_until) next = x->on_link_until;
    if (hp_ip_is_any(&x->address)) return next;
    next = slaac_min(next, x->valid_until);
    return x->preferred_until > s->now ? slaac_min(next, x->preferred_until) : next;
}

/* The timer to the earliest end of anything. */
static void slaac_arm(struct hp_stack *s, struct ip6_link *i)
{
    const struct slaac *sl = i->slaac;
    hp_time next = HP_NEVER;
    for (int n = 0; n < sl->prefixes; n++) next = slaac_min(next, slaac_prefix_next(s, &sl->prefix[n]));
    for (int n = 0; n < sl->routers; n++) next = slaac_min(next, sl->router[n].until);
    for (int n = 0; n < sl->routes; n++) next = slaac_min(next, sl->route[n].until);
    for (int n = 0; n < sl->dnses; n++) next = slaac_min(next, sl->dns[n].until);
    if (next == HP_NEVER) timer_stop(&i->life);
    else timer_set(s, &i->life, next);
}

/* ---- routes: default routers are routes to ::/0 ---- */

static uint32_t slaac_route_metric(const struct slaac_route *r)
{
    uint32_t metric = r->preference > 0 ? SLAAC_METRIC_HIGH : r->preference < 0 ? SLAAC_METRIC_LOW : SLAAC_METRIC_MEDIUM;
    return r->failed ? metric + SLAAC_METRIC_FAILED : metric;
}

static struct hp_route slaac_route_of(const struct ip6_link *i, const struct slaac_route *r)
{
    return (struct hp_route){.to = r->to, .gateway = r->router, .link = i->link->index, .metric = r->metric,
                             .source = HP_ROUTE_RA};
}

static void slaac_route_uninstall(struct hp_stack *s, struct ip6_link *i, struct slaac_route *r)
{
    struct hp_route route = slaac_route_of(i, r);
    if (r->metric) hp_route_remove(s, &route);
    r->metric = 0;
}

/* Puts the route where its preference and its router's health say.  Without memory it stays out until the next advertisement. */
static void slaac_route_install(struct hp_stack *s, struct ip6_link *i, struct slaac_route *r)
{
    uint32_t metric = slaac_route_metric(r);
    if (metric == r->metric) return;
    slaac_route_uninstall(s, i, r);
    r->metric = metric;
    struct hp_route route = slaac_route_of(i, r);
    if (hp_route_add(s, &route) < 0) r->metric = 0;
}

static void slaac_route_delete(struct hp_stack *s, struct ip6_link *i, struct slaac_route *table, uint8_t *count, int n)
{
    slaac_route_uninstall(s, i, &table[n]);
    --*count;
    memmove(&table[n], &table[n + 1], (size_t)(*count - n) * sizeof *table);
}

static int slaac_route_index(const struct slaac_route *table, int count, const struct hp_prefix *to, const struct hp_ip *router)
{
    for (int n = 0; n < count; n++)
        if (table[n].to.len == to->len && hp_ip_equal(&table[n].to.ip, &to->ip) && hp_ip_equal(&table[n].router, router))
            return n;
    return -1;
}

/* Lifetime 0 takes back what the same router said, and nothing else. */
static void slaac_route_take(struct hp_stack *s, struct ip6_link *i, struct slaac_route *table, uint8_t *count, int max,
                       const struct slaac_route *said)
{
    int n = slaac_route_index(table, *count, &said->to, &said->router);
    if (said->until <= s->now) {
        if (n >= 0) slaac_route_delete(s, i, table, count, n);
        return;
    }
    if (n < 0) {
        if (*count == max) {
            slaac_of(s)->full++;
            return;
        }
        n = (*count)++;
        table[n] = *said;
    }
    table[n].until = said->until;
    table[n].preference = said->preference;
    table[n].failed = false;
    slaac_route_install(s, i, &table[n]);
}

static void slaac_routes_expire(struct hp_stack *s, struct ip6_link *i, struct slaac_route *table, uint8_t *count)
{
    for (int n = *count - 1; n >= 0; n--)
        if (table[n].until <= s->now) slaac_route_delete(s, i, table, count, n);
}

static void slaac_routes_of_router_delete(struct hp_stack *s, struct ip6_link *i, struct slaac_route *table, uint8_t *count,
                                    const struct hp_ip *router)
{
    for (int n = *count - 1; n >= 0; n--)
        if (hp_ip_equal(&table[n].router, router)) slaac_route_delete(s, i, table, count, n);
}

static void slaac_routes_check(struct hp_stack *s, struct ip6_link *i, struct slaac_route *table, int count)
{
    for (int n = 0; n < count; n++) {
        table[n].failed = neigh_is_failed(s, i->link, &table[n].router);
        slaac_route_install(s, i, &table[n]);
    }
}

void slaac_routers_check(struct hp_stack *s, struct ip6_link *i)
{
    if (!i->slaac) return;
    slaac_routes_check(s, i, i->slaac->router, i->slaac->routers);
    slaac_routes_check(s, i, i->slaac->route, i->slaac->routes);
}

void slaac_router_gone(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip)
{
    if (!i->slaac) return;
    slaac_routes_of_router_delete(s, i, i->slaac->router, &i->slaac->routers, ip);
    slaac_routes_of_router_delete(s, i, i->slaac->route, &i->slaac->routes, ip);
}

/* ---- prefixes ---- */

/* A prefix that has v4-mapped addresses would be a route for IPv4 (hepta's own form of it): no router may say so. */
static bool slaac_prefix_usable(const struct hp_prefix *p)
{
    static const struct hp_ip mapped = {{[10] = 0xff, [11] = 0xff}};
    return p->len <= 128 && !hp_prefix_has(p, &mapped) && !hp_ip_is_linklocal(&p->ip) && !hp_ip_is_multicast(&p->ip) &&
           !hp_ip_is_loopback(&p->ip);
}

static struct slaac_prefix *slaac_prefix_find(struct slaac *sl, const struct hp_prefix *p)
{
    for (int n = 0; n < sl->prefixes; n++)
        if (sl->prefix[n].prefix.len == p->len && hp_ip_equal(&sl->prefix[n].prefix.ip, &p->ip)) return &sl->prefix[n];
    return NULL;
}

static struct slaac_prefix *slaac_prefix_add(struct hp_stack *s, struct slaac *sl, const struct hp_prefix *p)
{
    if (sl->prefixes == SLAAC_PREFIXES_MAX) {
        slaac_of(s)->full++;
        return NULL;
    }
    struct slaac_prefix *x = &sl->prefix[sl->prefixes++];
    *x = (struct slaac_prefix){.prefix = *p};
    return x;
}

static struct hp_route slaac_prefix_route(const struct ip6_link *i, const struct slaac_prefix *x)
{
    return (struct hp_route){.to = x->prefix, .link = i->link->index, .metric = SLAAC_METRIC_HIGH / 2, .source = HP_ROUTE_RA};
}

/* RFC 4861 6.3.4. */
static void slaac_prefix_take_on_link(struct hp_stack *s, struct ip6_link *i, struct slaac_prefix *x, uint32_t valid_s)
{
    struct hp_route route = slaac_prefix_route(i, x);
    if (!valid_s && x->on_link_until) hp_route_remove(s, &route);
    if (valid_s && !x->on_link_until && hp_route_add(s, &route) < 0) return;
    x->on_link_until = valid_s ? slaac_until(s, valid_s) : 0;
}

static void slaac_prefix_make_address(struct hp_stack *s, struct ip6_link *i, struct slaac_prefix *x)
{
    struct hp_prefix a = x->prefix;
    slaac_identifier(s, i->link, &a.ip, x->tries, a.ip.b + 8);
    if (net_addr_add(s, i->link, &a, HP_ADDR_AUTO | HP_ADDR_TENTATIVE, x->preferred_until, x->valid_until) < 0) return;
    x->address = a.ip;
    slaac_of(s)->addresses++;
}

/* RFC 4862 5.5.3. */
static void slaac_prefix_take_address(struct hp_stack *s, struct ip6_link *i, struct slaac_prefix *x, const struct nd_opt *said)
{
    hp_time valid = slaac_until(s, said->valid_s), preferred = slaac_until(s, said->preferred_s);
    if (hp_ip_is_any(&x->address)) {
        x->preferred_until = preferred;
        x->valid_until = valid;
        if (said->valid_s) slaac_prefix_make_address(s, i, x);
        return;
    }
    x->valid_until = slaac_valid_until(s->now, x->valid_until, valid);
    x->preferred_until = slaac_min(preferred, x->valid_until);
    net_addr_set_life(s, i->link, &x->address, x->preferred_until, x->valid_until);
}

static void slaac_prefix_take(struct hp_stack *s, struct ip6_link *i, const struct nd_opt *said)
{
    if (!slaac_prefix_usable(&said->prefix) || said->preferred_s > said->valid_s) return;
    struct slaac_prefix *x = slaac_prefix_find(i->slaac, &said->prefix);
    if (!x && said->valid_s) x = slaac_prefix_add(s, i->slaac, &said->prefix);
    if (!x) return;
    if (said->on_link) slaac_prefix_take_on_link(s, i, x, said->valid_s);
    if (said->autonomous && said->prefix.len == 64) slaac_prefix_take_address(s, i, x, said);
}

/* Forgets it first, so that who is told of the address's end does not find it here. */
static void slaac_prefix_drop_address(struct hp_stack *s, struct ip6_link *i, struct slaac_prefix *x)
{
    struct hp_ip ip = x->address;
    x->address = ip6_any;
    if (!hp_ip_is_any(&ip)) net_addr_remove(s, i->link, &ip);
}

static void slaac_prefixes_expire(struct hp_stack *s, struct ip6_link *i)
{
    struct slaac *sl = i->slaac;
    int kept = 0;
    for (int n = 0; n < sl->prefixes; n++) {
        struct slaac_prefix *x = &sl->prefix[n];
        if (x->on_link_until && x->on_link_until <= s->now) slaac_prefix_take_on_link(s, i, x, 0);
        if (!hp_ip_is_any(&x->address) && x->valid_until <= s->now) slaac_prefix_drop_address(s, i, x);
        if (x->on_link_until || !hp_ip_is_any(&x->address)) sl->prefix[kept++] = *x;
    }
    sl->prefixes = (uint8_t)kept;
}

/* RFC 7217 6: another counter, another address; after the last it stays a duplicate.  An EUI-64 address has no other. */
bool slaac_may_try_again(const struct hp_stack *s, uint8_t tries)
{
    return !(slaac_of(s) && slaac_of(s)->eui64) && tries + 1 < SLAAC_TRIES_MAX;
}

static void slaac_prefix_try_again(struct hp_stack *s, struct ip6_link *i, struct slaac_prefix *x)
{
    if (!slaac_may_try_again(s, x->tries)) return;
    slaac_prefix_drop_address(s, i, x);
    x->tries++;
    slaac_prefix_make_address(s, i, x);
}

void slaac_duplicate(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip)
{
    for (int n = 0; i->slaac && n < i->slaac->prefixes; n++) {
        if (!hp_ip_equal(&i->slaac->prefix[n].address, ip)) continue;
        slaac_prefix_try_again(s, i, &i->slaac->prefix[n]);
        return;
    }
}

/* The user took the address away. */
void slaac_forget(struct ip6_link *i, const struct hp_ip *ip)
{
    for (int n = 0; i->slaac && n < i->slaac->prefixes; n++)
        if (hp_ip_equal(&i->slaac->prefix[n].address, ip)) i->slaac->prefix[n].address = ip6_any;
}

/* ---- name servers ---- */

static void slaac_dns_delete(struct slaac *sl, int n)
{
    sl->dnses--;
    memmove(&sl->dns[n], &sl->dns[n + 1], (size_t)(sl->dnses - n) * sizeof *sl->dns);
}

static int slaac_dns_index(const struct slaac *sl, const struct hp_ip *ip, const struct hp_ip *router)
{
    for (int n = 0; n < sl->dnses; n++)
        if (hp_ip_equal(&sl->dns[n].ip, ip) && hp_ip_equal(&sl->dns[n].router, router)) return n;
    return -1;
}

static void slaac_dns_take_one(struct hp_stack *s, struct slaac *sl, const struct hp_ip *ip, const struct hp_ip *router, uint32_t valid_s)
{
    int n = slaac_dns_index(sl, ip, router);
    if (!valid_s) {
        if (n >= 0) slaac_dns_delete(sl, n);
        return;
    }
    if (n < 0) {
        if (sl->dnses == SLAAC_DNS_MAX) {
            slaac_of(s)->full++;
            return;
        }
        n = sl->dnses++;
    }
    sl->dns[n] = (struct slaac_dns){*ip, *router, slaac_until(s, valid_s)};
}

static void slaac_dns_take(struct hp_stack *s, struct slaac *sl, const struct hp_ip *router, const struct nd_opt *opt)
{
    for (size_t n = 0; n < opt->count; n++) {
        struct hp_ip ip = nd_opt_rdnss(opt, n);
        if (hp_ip_is_multicast(&ip) || hp_ip_is_any(&ip) || hp_ip_is4(&ip) || hp_ip_is_loopback(&ip)) continue;
        slaac_dns_take_one(s, sl, &ip, router, opt->valid_s);
    }
}

static int slaac_dns_copy(const struct slaac *sl, struct hp_ip *out, int have, int max)
{
    for (int n = 0; n < sl->dnses && have < max; n++) {
        bool known = false;
        for (int k = 0; k < have; k++) known |= hp_ip_equal(&out[k], &sl->dns[n].ip);
        if (!known) out[have++] = sl->dns[n].ip;
    }
    return have;
}

int hp_slaac_dns(const struct hp_stack *s, int link, struct hp_ip *out, int max)
{
    int have = 0;
    for (int n = 1; n <= s->links; n++) {
        const struct ip6_link *i = s->link[n] && (!link || link == n) ? ip6_link_of(s, s->link[n]) : NULL;
        if (i && i->slaac) have = slaac_dns_copy(i->slaac, out, have, max);
    }
    return have;
}

/* ---- the end of lifetimes ---- */

static void slaac_life_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct ip6_link *i = (struct ip6_link *)(void *)((char *)t - offsetof(struct ip6_link, life));
    slaac_prefixes_expire(s, i);
    slaac_routes_expire(s, i, i->slaac->router, &i->slaac->routers);
    slaac_routes_expire(s, i, i->slaac->route, &i->slaac->routes);
    for (int n = i->slaac->dnses - 1; n >= 0; n--)
        if (i->slaac->dns[n].until <= s->now) slaac_dns_delete(i->slaac, n);
    slaac_arm(s, i);
}

/* ---- advertisements ---- */

static void slaac_take_route(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *router, const struct nd_opt *opt)
{
    struct slaac *sl = i->slaac;
    struct slaac_route said = {.to = opt->prefix, .router = *router, .until = slaac_until(s, opt->valid_s),
                               .preference = opt->preference};
    if (opt->prefix.len == 0) slaac_route_take(s, i, sl->router, &sl->routers, SLAAC_ROUTERS_MAX, &said);
    else if (slaac_of(s)->accept_routes && slaac_prefix_usable(&opt->prefix))
        slaac_route_take(s, i, sl->route, &sl->routes, SLAAC_ROUTES_MAX, &said);
}

/* RFC 4861 6.3.4: between the least that IPv6 needs and what the link can. */
static void slaac_take_mtu(struct hp_stack *s, struct ip6_link *i, uint32_t mtu)
{
    if (mtu < IPV6_MIN_MTU || mtu > i->link->mtu || mtu == i->mtu) return;
    i->mtu = mtu;
    net_changed(network(s));
}

static void slaac_take_option(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *router, const struct nd_opt *opt)
{
    switch (opt->type) {
    case ND_OPT_PREFIX: slaac_prefix_take(s, i, opt); break;
    case ND_OPT_ROUTE: slaac_take_route(s, i, router, opt); break;
    case ND_OPT_RDNSS: slaac_dns_take(s, i->slaac, router, opt); break;
    case ND_OPT_MTU: slaac_take_mtu(s, i, opt->mtu); break;
    default: break; /* RFC 4861 4.6: silently */
    }
}

static void slaac_take_options(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *router, const struct nd_msg *m)
{
    struct nd_opts o = nd_opts_start(m);
    struct nd_opt opt;
    while (nd_opts_next(&o, &opt)) slaac_take_option(s, i, router, &opt);
    slaac_of(s)->bad_options += o.skipped;
}

/* RFC 4861 6.3.4: the fields of the fixed part. */
static void slaac_take_header(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *router, const struct nd_msg *m)
{
    struct slaac_route said = {.router = *router, .until = s->now + HP_S(m->lifetime_s), .preference = m->preference};
    if (m->hops) i->hop_limit = m->hops;
    neigh_set_times(s, i->link, m->reachable_ms, m->retrans_ms);
    unsigned flags = NEIGH_ROUTER | NEIGH_OVERRIDE | (m->has_mac ? NEIGH_CREATE : 0u);
    neigh_take(s, i->link, router, m->has_mac ? &m->mac : NULL, flags);
    slaac_route_take(s, i, i->slaac->router, &i->slaac->routers, SLAAC_ROUTERS_MAX, &said);
}

/* RFC 4861 6.1.2, 6.3.4. */
enum hp_drop slaac_rx_advert(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    if (!hp_ip_is_linklocal(&p->src)) return HP_DROP_ND_BAD;
    if (i->slaac_off || net_forwards(s) || !slaac_of(s)) return HP_DROP_FILTERED;
    slaac_of(s)->advertisements++;
    if (!i->slaac) i->slaac = mem_zalloc(s->mem, sizeof *i->slaac);
    if (!i->slaac) return HP_DROP_NO_MEMORY;
    i->life.fire = slaac_life_fire;
    slaac_take_header(s, i, &p->src, m);
    slaac_take_options(s, i, &p->src, m);
    slaac_prefixes_expire(s, i);
    slaac_arm(s, i);
    if (m->lifetime_s) i->router_heard = true;
    if (i->router_heard && i->solicits) timer_stop(&i->solicit); /* RFC 4861 6.3.7: at least one was sent */
    return HP_DROP_TAKEN;
}

/* ---- soliciting ---- */

static void slaac_solicit_tx(struct hp_stack *s, struct ip6_link *i)
{
    struct nd_msg m = {.type = ICMP6_RS};
    struct nd_opt mac = {.type = ND_OPT_SOURCE_MAC, .mac = i->link->mac};
    nd_tx(s, i->link, &m, &mac, 1, &i->local, &ip6_all_routers);
    i->solicits++;
    slaac_of(s)->solicitations++;
}

/* RFC 7559 2: the wait doubles up to an hour, each a tenth more or less. */
static hp_time slaac_solicit_next_wait(struct hp_stack *s, struct ip6_link *i)
{
    uint32_t ms = i->solicit_wait_ms;
    i->solicit_wait_ms = ms < SLAAC_SOLICIT_INTERVAL_MAX_MS / 2 ? ms * 2 : SLAAC_SOLICIT_INTERVAL_MAX_MS;
    return HP_MS(ms - ms / 10 + random_below(&ip6_of(s)->random, ms / 5));
}

static void slaac_solicit_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct ip6_link *i = (struct ip6_link *)(void *)((char *)t - offsetof(struct ip6_link, solicit));
    if (i->slaac_off || net_forwards(s)) return;
    slaac_solicit_tx(s, i);
    if (i->router_heard || i->solicits >= slaac_of(s)->solicit_max) return;
    timer_set(s, t, s->now + slaac_solicit_next_wait(s, i));
}

void slaac_begin(struct hp_stack *s, struct ip6_link *i)
{
    if (!slaac_of(s) || i->slaac_off || net_forwards(s)) return;
    i->solicits = 0;
    i->solicit_wait_ms = SLAAC_SOLICIT_INTERVAL_MS;
    i->solicit.fire = slaac_solicit_fire;
    i->router_heard = false;
    timer_set(s, &i->solicit, s->now);
}

void slaac_stop(struct hp_stack *s, struct ip6_link *i)
{
    struct slaac *sl = i->slaac;
    timer_remove(s, &i->solicit);
    timer_remove(s, &i->life);
    if (!sl) return;
    for (int n = 0; n < sl->prefixes; n++) {
        slaac_prefix_take_on_link(s, i, &sl->prefix[n], 0);
        slaac_prefix_drop_address(s, i, &sl->prefix[n]);
    }
    while (sl->routers) slaac_route_delete(s, i, sl->router, &sl->routers, sl->routers - 1);
    while (sl->routes) slaac_route_delete(s, i, sl->route, &sl->routes, sl->routes - 1);
    mem_free(s->mem, sl, sizeof *sl);
    i->slaac = NULL;
    i->router_heard = false;
}

int hp_set_slaac(struct hp_stack *s, int link, bool on)
{
    struct hp_link *l = link_get(s, link);
    struct ip6_link *i = l ? ip6_link_of(s, l) : NULL;
    if (!i) return HP_ENOENT;
    if (i->slaac_off == !on) return HP_OK;
    i->slaac_off = !on;
    if (!on) slaac_stop(s, i);
    else if (i->local_ready) slaac_begin(s, i);
    return HP_OK;
}

static int slaac_start(struct hp_stack *s, void *state)
{
    ip6_of(s)->slaac = state;
    return HP_OK;
}

static const struct hp_counter slaac_counters[] = {
    HP_COUNTER(struct slaac_state, advertisements, "router advertisements taken"),
    HP_COUNTER(struct slaac_state, solicitations, "router solicitations sent"),
    HP_COUNTER(struct slaac_state, addresses, "addresses made from advertised prefixes"),
    HP_COUNTER(struct slaac_state, full, "routers, prefixes, routes or name servers left out because a table was full"),
    HP_COUNTER(struct slaac_state, bad_options, "options with a length that they cannot have, left out"),
    {0},
};
static const struct hp_setting slaac_settings[] = {
    {"eui64", "", "make addresses of the MAC address (RFC 4291) instead of a secret (RFC 7217)",
     offsetof(struct slaac_state, eui64), 0, 0, 1},
    {"solicit_max", "messages", "router solicitations without an answer (RFC 7559); the wait doubles up to an hour",
     offsetof(struct slaac_state, solicit_max), 16, 0, 1000000},
    {"accept_routes", "", "take routes from route information options (RFC 4191)", offsetof(struct slaac_state, accept_routes), 1, 0, 1},
    {0},
};
const struct hp_proto slaac_proto = {.name = "slaac", .layer = 3, .state_size = sizeof(struct slaac_state), .start = slaac_start,
                                     .counters = slaac_counters, .settings = slaac_settings};
