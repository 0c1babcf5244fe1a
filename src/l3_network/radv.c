/* A router tells its links who it is: router advertisements, RFC 4861 6.2.
 *
 * Sent at random times between a third of the interval and the interval, three times quickly at first; a solicitation is answered to
 * everybody within half a second, but never more often than once in three seconds (MIN_DELAY_BETWEEN_RAS), so that a flood of
 * solicitations costs nothing.  Whoever stops says so with lifetime 0. */
#include "l3_network/ipv6.h"

enum {
    RADV_INITIAL_COUNT = 3, RADV_INITIAL_INTERVAL_S = 16,       /* RFC 4861 10: MAX_INITIAL_RTR_ADVERT* */
    RADV_DELAY_MAX_MS = 500,                                    /* MAX_RA_DELAY_TIME                     */
    RADV_GAP_MS = 3000,                                         /* MIN_DELAY_BETWEEN_RAS                 */
};

struct radv_state {
    uint64_t advertisements, solicitations;
    int64_t interval_s, preferred_s, valid_s;
};

static struct radv_state *radv_of(const struct hp_stack *s) { return ip6_of(s)->radv; }

static struct nd_opt radv_prefix_option(const struct hp_stack *s, const struct hp_prefix *p, bool gone)
{
    const struct radv_state *r = radv_of(s);
    return (struct nd_opt){.type = ND_OPT_PREFIX, .prefix = *p, .on_link = true, .autonomous = p->len == 64,
                           .valid_s = (uint32_t)r->valid_s, .preferred_s = gone ? 0 : (uint32_t)r->preferred_s};
}

static void radv_tx(struct hp_stack *s, struct ip6_link *i, bool last)
{
    const struct radv *r = i->radv;
    struct nd_msg m = {.type = ICMP6_RA, .hops = IP_TTL_DEFAULT, .lifetime_s = last ? 0 : r->lifetime_s};
    struct nd_opt opt[2 + RADV_PREFIXES_MAX] = {{.type = ND_OPT_SOURCE_MAC, .mac = i->link->mac},
                                                {.type = ND_OPT_MTU, .mtu = i->link->mtu}};
    for (int n = 0; n < r->prefixes; n++) opt[2 + n] = radv_prefix_option(s, &r->prefix[n], last);
    nd_tx(s, i->link, &m, opt, 2 + r->prefixes, &i->local, &ip6_all_nodes);
    radv_of(s)->advertisements++;
    i->radv->sent_at = s->now;
}

/* RFC 4861 6.2.4. */
static hp_time radv_next_wait(struct hp_stack *s, struct radv *r)
{
    uint32_t max = (uint32_t)radv_of(s)->interval_s;
    if (r->sent < RADV_INITIAL_COUNT && max > RADV_INITIAL_INTERVAL_S) max = RADV_INITIAL_INTERVAL_S;
    uint32_t max_ms = max * 1000, min_ms = max_ms / 3;
    return HP_MS(min_ms + random_below(&ip6_of(s)->random, max_ms - min_ms + 1));
}

static void radv_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct radv *r = (struct radv *)(void *)((char *)t - offsetof(struct radv, timer));
    if (!r->owner->local_ready) return; /* radv_link_ready() begins again */
    radv_tx(s, r->owner, false);
    if (r->sent < RADV_INITIAL_COUNT) r->sent++;
    timer_set(s, t, s->now + radv_next_wait(s, r));
}

void radv_begin(struct hp_stack *s, struct ip6_link *i)
{
    if (!i->radv || !i->local_ready) return;
    i->radv->sent = 0;
    timer_set(s, &i->radv->timer, s->now);
}

/* RFC 4861 6.1.1, 6.2.6: to everybody, after a short while, not too often. */
enum hp_drop radv_rx_solicit(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m)
{
    if (hp_ip_is_any(&p->src) && m->has_mac) return HP_DROP_ND_BAD;
    if (!i->radv || !i->local_ready) return HP_DROP_FILTERED;
    radv_of(s)->solicitations++;
    if (!hp_ip_is_any(&p->src) && m->has_mac)
        neigh_take(s, i->link, &p->src, &m->mac, NEIGH_CREATE | NEIGH_OVERRIDE | NEIGH_NOT_ROUTER);
    hp_time at = s->now + HP_MS(random_below(&ip6_of(s)->random, RADV_DELAY_MAX_MS));
    if (i->radv->sent && at < i->radv->sent_at + HP_MS(RADV_GAP_MS)) at = i->radv->sent_at + HP_MS(RADV_GAP_MS);
    if (at < i->radv->timer.at) timer_set(s, &i->radv->timer, at);
    return HP_DROP_TAKEN;
}

/* ---- switching it on and off ---- */

static int radv_index(const struct radv *r, const struct hp_prefix *p)
{
    for (int n = 0; n < r->prefixes; n++)
        if (r->prefix[n].len == p->len && hp_ip_equal(&r->prefix[n].ip, &p->ip)) return n;
    return -1;
}

void radv_stop(struct hp_stack *s, struct ip6_link *i)
{
    if (!i->radv) return;
    timer_remove(s, &i->radv->timer);
    net_group_leave(s, i->link, &ip6_all_routers);
    mem_free(s->mem, i->radv, sizeof *i->radv);
    i->radv = NULL;
}

/* RFC 4861 6.2.5: the last words. */
static int radv_end(struct hp_stack *s, struct ip6_link *i, const struct hp_prefix *p)
{
    struct radv *r = i->radv;
    int n = r ? radv_index(r, p) : -1;
    if (n < 0) return HP_ENOENT;
    if (i->local_ready && r->prefixes == 1) radv_tx(s, i, true);
    r->prefixes--;
    memmove(&r->prefix[n], &r->prefix[n + 1], (size_t)(r->prefixes - n) * sizeof *r->prefix);
    if (r->prefixes == 0) radv_stop(s, i);
    else radv_begin(s, i);
    return HP_OK;
}

static int radv_open(struct hp_stack *s, struct ip6_link *i)
{
    struct radv *r = mem_zalloc(s->mem, sizeof *r);
    if (!r) return HP_ENOMEM;
    int err = net_group_join(s, i->link, &ip6_all_routers);
    if (err) {
        mem_free(s->mem, r, sizeof *r);
        return err;
    }
    r->owner = i;
    r->timer.fire = radv_fire;
    i->radv = r;
    return HP_OK;
}

int hp_set_advertise(struct hp_stack *s, int link, const struct hp_prefix *prefix, uint32_t router_lifetime_s)
{
    struct hp_link *l = link_get(s, link);
    struct ip6_link *i = l ? ip6_link_of(s, l) : NULL;
    struct hp_prefix p = *prefix;
    if (!i || !radv_of(s)) return HP_ENOENT;
    if (router_lifetime_s > 9000 || p.len > 128 || hp_ip_is4(&p.ip)) return HP_EINVAL; /* RFC 4861 6.2.1 */
    prefix_mask(&p);
    if (!router_lifetime_s) return radv_end(s, i, &p);
    int err = i->radv ? HP_OK : radv_open(s, i);
    if (err) return err;
    if (radv_index(i->radv, &p) < 0) {
        if (i->radv->prefixes == RADV_PREFIXES_MAX) return HP_ERANGE;
        i->radv->prefix[i->radv->prefixes++] = p;
    }
    i->radv->lifetime_s = (uint16_t)router_lifetime_s;
    radv_begin(s, i);
    return HP_OK;
}

static int radv_start(struct hp_stack *s, void *state)
{
    ip6_of(s)->radv = state;
    return HP_OK;
}

static const struct hp_counter radv_counters[] = {
    HP_COUNTER(struct radv_state, advertisements, "router advertisements sent"),
    HP_COUNTER(struct radv_state, solicitations, "router solicitations received"),
    {0},
};
static const struct hp_setting radv_settings[] = {
    {"interval_s", "s", "longest wait between advertisements (RFC 4861 6.2.1: MaxRtrAdvInterval)",
     offsetof(struct radv_state, interval_s), 600, 4, 1800},
    {"preferred_s", "s", "how long addresses of our prefixes are preferred", offsetof(struct radv_state, preferred_s), 604800, 0,
     UINT32_MAX},
    {"valid_s", "s", "how long they are valid", offsetof(struct radv_state, valid_s), 2592000, 0, UINT32_MAX},
    {0},
};
const struct hp_proto radv_proto = {.name = "radv", .layer = 3, .state_size = sizeof(struct radv_state), .start = radv_start,
                                    .counters = radv_counters, .settings = radv_settings};
