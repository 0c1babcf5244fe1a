/* What IPv6 keeps of each link: its link-local address, which addresses are being checked, and who is told when that is over.
 *
 * A link that comes up begins anew (RFC 4862 5.4, RFC 4861 6.3.7): every address is tentative again, and once the link-local address is
 * ours come router solicitation, advertisements and multicast reports.  What could not begin because memory was short begins a
 * second later. */
#include "l3_network/ipv6.h"

enum { IP6_RETRY_MS = 1000 };

const struct hp_ip ip6_any;
const struct hp_ip ip6_all_nodes = {{0xff, 0x02, [15] = 1}};
const struct hp_ip ip6_all_routers = {{0xff, 0x02, [15] = 2}};

struct ip6_link *ip6_link_of(const struct hp_stack *s, const struct hp_link *l)
{
    const struct ip6 *ip6 = ip6_of(s);
    return l->index < ip6->room ? ip6->link[l->index] : NULL;
}

void ip6_retry_later(struct hp_stack *s) { timer_set(s, &ip6_of(s)->retry, s->now + HP_MS(IP6_RETRY_MS)); }

/* ---- addresses ---- */

/* RFC 4862 5.4: the group first, so that we hear who else asks. */
static void ip6_addr_check(struct hp_stack *s, struct ip6_link *i, struct addr *a)
{
    bool check = !(a->flags & HP_ADDR_NO_DAD) && ip6_of(s)->nd;
    unsigned flags = a->flags & ~(unsigned)(HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE);
    net_addr_set_flags(s, a, check ? flags | HP_ADDR_TENTATIVE : flags);
    if (!check) ip6_addr_checked(s, i, &a->prefix.ip, false);
    else if (link_running(i->link) && nd_dad_start(s, i, &a->prefix.ip, true) < 0) ip6_retry_later(s);
}

void ip6_addr_changed(struct hp_stack *s, struct addr *a, bool added)
{
    struct ip6_link *i = ip6_link_of(s, a->link);
    if (!i) return;
    struct hp_ip group = nd_group(&a->prefix.ip);
    if (added) {
        if (net_group_join(s, i->link, &group) < 0) ip6_retry_later(s);
        ip6_addr_check(s, i, a);
        return;
    }
    net_group_leave(s, i->link, &group);
    nd_dad_stop(s, i, &a->prefix.ip);
    slaac_forget(i, &a->prefix.ip);
    if (!hp_ip_equal(&i->local, &a->prefix.ip)) return;
    i->local = ip6_any;
    i->local_ready = false;
}

/* RFC 4862 5.3. */
static void ip6_local_make(struct hp_stack *s, struct ip6_link *i)
{
    struct hp_prefix a = {{{0xfe, 0x80}}, 64};
    slaac_identifier(s, i->link, &a.ip, i->local_tries, a.ip.b + 8);
    i->local = a.ip;
    if (net_addr_add(s, i->link, &a, HP_ADDR_AUTO | HP_ADDR_TENTATIVE, HP_NEVER, HP_NEVER) != HP_ENOMEM) return;
    i->local = ip6_any;
    ip6_retry_later(s);
}

/* RFC 7217 6: another counter, another address; after the last it stays a duplicate, and the link without IPv6 (RFC 4862 5.4.5). */
static void ip6_local_duplicate(struct hp_stack *s, struct ip6_link *i)
{
    struct hp_ip old = i->local;
    if (!slaac_may_try_again(s, i->local_tries)) return;
    i->local_tries++;
    net_addr_remove(s, i->link, &old);
    ip6_local_make(s, i);
}

static void ip6_local_ready(struct hp_stack *s, struct ip6_link *i)
{
    i->local_ready = true;
    mld_begin(s, i);
    slaac_begin(s, i);
    radv_begin(s, i);
}

void ip6_addr_checked(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip, bool duplicate)
{
    struct addr *a = net_addr_find(s, i->link, ip);
    if (!a) return;
    unsigned flags = a->flags & ~(unsigned)HP_ADDR_TENTATIVE;
    bool local = hp_ip_equal(ip, &i->local);
    if (net_addr_set_flags(s, a, duplicate ? flags | HP_ADDR_DUPLICATE : flags) < 0) { /* it stays tentative */
        ip6_retry_later(s);
        return;
    }
    if (!duplicate) {
        if (local) ip6_local_ready(s, i);
    } else if (local) {
        ip6_local_duplicate(s, i);
    } else {
        slaac_duplicate(s, i, ip);
    }
}

/* ---- links ---- */

static bool ip6_room(struct hp_stack *s, uint16_t index)
{
    struct ip6 *ip6 = ip6_of(s);
    struct ip6_link **link = mem_reach(s->mem, ip6->link, &ip6->room, index, sizeof *link);
    if (link) ip6->link = link;
    return link != NULL;
}

static struct ip6_link *ip6_link_open(struct hp_stack *s, struct hp_link *l)
{
    struct ip6_link *i = ip6_room(s, l->index) ? mem_zalloc(s->mem, sizeof *i) : NULL;
    if (!i) {
        ip6_retry_later(s);
        return NULL;
    }
    i->link = l;
    ip6_of(s)->link[l->index] = i;
    return i;
}

/* Addresses that are not being checked, but should be: after the link came up, or when memory was short. */
static void ip6_addrs_check(struct hp_stack *s, struct ip6_link *i, bool again)
{
    for (struct addr *a = net_addr_first(s, i->link), *next; a; a = next) {
        next = a->link_next;
        if (hp_ip_is4(&a->prefix.ip) || nd_dad_running(i, &a->prefix.ip)) continue;
        if (again || a->flags & HP_ADDR_TENTATIVE) ip6_addr_check(s, i, a);
    }
}

/* RFC 4291 2.8: a router is in the group of routers. */
static void ip6_link_set_routing(struct hp_stack *s, struct ip6_link *i, bool on)
{
    if (i->routing == on) return;
    if (!on) net_group_leave(s, i->link, &ip6_all_routers);
    else if (net_group_join(s, i->link, &ip6_all_routers) < 0) ip6_retry_later(s);
    else i->routing = true;
    if (!on) i->routing = false;
}

static void ip6_link_begin(struct hp_stack *s, struct ip6_link *i, bool again)
{
    if (!net_group_has(s, i->link, &ip6_all_nodes) && net_group_join(s, i->link, &ip6_all_nodes) < 0) ip6_retry_later(s);
    ip6_link_set_routing(s, i, net_forwards(s));
    mld_begin(s, i);
    if (hp_ip_is_any(&i->local)) ip6_local_make(s, i);
    ip6_addrs_check(s, i, again);
}

static void ip6_link_up(struct hp_stack *s, struct hp_link *l)
{
    struct ip6_link *i = ip6_link_of(s, l);
    bool again = i != NULL;
    if (!i) i = ip6_link_open(s, l);
    if (i) ip6_link_begin(s, i, again);
}

static void ip6_link_down(struct hp_stack *s, struct hp_link *l)
{
    struct ip6_link *i = ip6_link_of(s, l);
    if (!i) return;
    i->local_ready = false;
    i->router_heard = false;
    timer_stop(&i->solicit);
    while (i->dad) nd_dad_stop(s, i, &i->dad->ip);
}

static void ip6_link_close(struct hp_stack *s, struct hp_link *l)
{
    struct ip6_link *i = ip6_link_of(s, l);
    if (!i) return;
    i->local_ready = false;
    radv_stop(s, i);
    slaac_stop(s, i);
    nd_stop(s, i);
    mld_stop(s, i);
    ip6_of(s)->link[l->index] = NULL;
    mem_free(s->mem, i, sizeof *i);
}

/* RFC 8200 5: a link that takes less than 1280 bytes, and cannot cut and join packets by itself, is none for IPv6. */
static bool ip6_link_possible(const struct hp_link *l) { return link_resolves(l) && l->mtu >= IPV6_MIN_MTU; }

void ip6_link_event(struct hp_stack *s, struct hp_link *l, enum link_event what)
{
    if (!ip6_link_possible(l)) return;
    switch (what) {
    case LINK_ADDED:
        if (!link_running(l)) return; /* fall through */
    case LINK_UP: ip6_link_up(s, l); return;
    case LINK_DOWN: ip6_link_down(s, l); return;
    case LINK_REMOVED: ip6_link_close(s, l); return;
    case LINK_MTU: return; /* asked for whenever it matters */
    }
}

static void ip6_retry_fire(struct hp_stack *s, struct hp_timer *t)
{
    for (int n = 1; n <= s->links; n++) {
        struct hp_link *l = s->link[n];
        if (!l || !ip6_link_possible(l) || !link_running(l)) continue;
        struct ip6_link *i = ip6_link_of(s, l);
        if (!i) i = ip6_link_open(s, l);
        if (i) ip6_link_begin(s, i, false);
    }
}

void ip6_links_start(struct hp_stack *s, struct ip6 *ip6)
{
    ip6->retry.fire = ip6_retry_fire;
    timer_stop(&ip6->retry);
}

void ip6_links_stop(struct hp_stack *s)
{
    struct ip6 *ip6 = ip6_of(s);
    timer_remove(s, &ip6->retry);
    mem_free(s->mem, ip6->link, ip6->room * sizeof *ip6->link);
}

/* RFC 4861 6.2.2: a router believes no other router about itself. */
void ip6_forwarding_changed(struct hp_stack *s, bool on)
{
    for (uint32_t n = 0; n < ip6_of(s)->room; n++) {
        struct ip6_link *i = ip6_of(s)->link[n];
        if (!i) continue;
        ip6_link_set_routing(s, i, on);
        if (on) slaac_stop(s, i);
        else if (i->local_ready) slaac_begin(s, i);
    }
}
