/* What both versions of IP share: net_proto owns struct network, the link to ourselves, and the last steps up. */
#include "l3_network/net.h"

#include "wire/sum.h"

/* ---- up ---- */

void net_deliver(struct hp_stack *s, struct hp_pkt *p)
{
    const struct network *n = network(s);
    p->l4 = pkt_offset(p);
    bool wanted = n->raw_tap && n->raw_tap(s, p);
    if (stack_has_ipproto(s, p->proto)) {
        stack_up_ipproto(s, p->proto, p);
        return;
    }
    if (!wanted) ip_unreachable(s, p, IP_UNREACH_PROTO);
    hp_drop(s, p, wanted ? HP_DROP_TAKEN : HP_DROP_NO_PROTO);
}

void net_error(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value)
{
    const struct net_family *f = network(s)->family[net_version(&p->dst)];
    if (f && f->error) f->error(s, p, what, value);
}

void ip_unreachable(struct hp_stack *s, const struct hp_pkt *p, enum ip_unreachable why) { net_error(s, p, NET_ERROR_UNREACH, why); }

void ip_set_raw_tap(struct hp_stack *s, bool (*tap)(struct hp_stack *, const struct hp_pkt *)) { network(s)->raw_tap = tap; }

void ip_set_echo_tap(struct hp_stack *s, bool (*reply)(struct hp_stack *, const struct hp_pkt *),
                     void (*error)(struct hp_stack *, const struct hp_neterr *))
{
    network(s)->echo_reply = reply;
    network(s)->echo_error = error;
}

/* ---- sums ---- */

uint32_t ip_pseudo_sum(const struct hp_ip *src, const struct hp_ip *dst, uint8_t proto, uint32_t len)
{
    return sum_pseudo(src, dst, proto, len);
}

uint32_t net_sum(const struct hp_pkt *p, uint32_t sum)
{
    struct hp_bytes part[2];
    int parts = hp_pkt_parts(p, part);
    sum = sum_add(sum, part[0].p, part[0].n);
    return parts == 2 ? sum_add_at(sum, part[0].n, part[1].p, part[1].n) : sum;
}

struct hp_bytes net_quote(const struct hp_pkt *p, uint8_t *room, size_t n)
{
    const uint8_t *at = pkt_at(p, p->l3);
    size_t linear = (size_t)(p->tail - at);
    if (linear >= n || !p->more.n) return bytes_upto(bytes_of(at, linear), n);
    struct hp_bytes rest = bytes_upto(bytes_of(p->more.p, p->more.n), n - linear);
    memcpy(room, at, linear);
    memcpy(room + linear, rest.p, rest.n);
    return bytes_of(room, linear + rest.n);
}

bool net_sum_finish(struct hp_stack *s, struct hp_pkt *p)
{
    if (!(p->flags & PKT_SUM_TX)) return true;
    if (!pkt_own(s, p, 0, false)) return false;
    size_t start = (size_t)(p->sum_start - pkt_offset(p));
    uint8_t *at = p->data + start + p->sum_offset; /* holds the pseudo header's sum */
    assert(at + 2 <= p->tail);
    uint32_t sum = sum_add(0, p->data + start, (size_t)(p->tail - p->data) - start);
    if (p->more.n) sum = sum_add_at(sum, (size_t)(p->tail - p->data) - start, p->more.p, p->more.n);
    uint16_t v = sum_fold(sum);
    put16(at, v || p->proto != IPPROTO_UDP_ ? v : 0xffff);
    p->flags &= (uint16_t)~PKT_SUM_TX;
    return true;
}

/* ---- being a router ---- */

int hp_set_forwarding(struct hp_stack *s, bool on)
{
    struct network *n = network(s);
    if (!n) return HP_EOPNOTSUPP;
    if (n->forwarding == on) return HP_OK;
    n->forwarding = on;
    trace_state(s, 3, "net", 0, "forwarding", on ? "off" : "on", on ? "on" : "off");
    for (int i = 0; i < 2; i++)
        if (n->family[i] && n->family[i]->forwarding) n->family[i]->forwarding(s, on);
    return HP_OK;
}

static int forward_start(struct hp_stack *s, void *state) { return hp_set_forwarding(s, true); }

/* In a profile after the versions of IP: a router. */
const struct hp_proto forward_proto = {.name = "forward", .layer = 3, .start = forward_start};

/* ---- links ---- */

int net_side_room(struct hp_stack *s, uint16_t link)
{
    struct network *n = network(s);
    struct net_side *side = mem_reach(s->mem, n->side, &n->sides, link, sizeof *side);
    if (side) n->side = side;
    return side ? HP_OK : HP_ENOMEM;
}

/* ---- the protocol ---- */

static int net_start(struct hp_stack *s, void *state)
{
    struct network *n = state;
    s->layer[3] = n;
    n->generation = 1;
    n->addrs_last = &n->addrs;
    n->key = key_derive(&s->key, "network tables");
    random_init(&n->random, s->seed, s->name, "network");
    int loop = link_add_loopback(s, "lo");
    if (loop > 0 && reass_start(s) == HP_OK) {
        n->loop = (uint16_t)loop;
        return HP_OK;
    }
    if (loop > 0) hp_link_remove(s, loop);
    s->layer[3] = NULL;
    return HP_ENOMEM;
}

static void net_stop(struct hp_stack *s, void *state)
{
    struct network *n = state;
    reass_stop(s);
    pmtu_stop(s);
    limit_stop(s);
    addrs_stop(s);
    routes_stop(s);
    changes_stop(n);
    for (uint32_t i = 0; i < n->sides; i++) assert(!n->side[i].groups); /* the links went first */
    mem_free(s->mem, n->side, n->sides * sizeof *n->side);
    s->layer[3] = NULL;
}

static void net_link(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what)
{
    struct network *n = state;
    if (s->layer[3] != state) return;
    net_tell(n, HP_CHANGED_LINKS);
    if (what != LINK_REMOVED) return;
    addr_link_gone(s, l);
    group_link_gone(s, l);
    route_link_gone(s, l);
    reass_link_gone(s, l);
    if (l->index == n->loop) n->loop = 0;
}

static const struct hp_counter net_counters[] = {
    HP_COUNTER(struct network, forwarded, "packets sent on to another machine"),
    HP_COUNTER(struct network, reasm_reqds, "fragments that came"),
    HP_COUNTER(struct network, reasm_oks, "datagrams put together"),
    HP_COUNTER(struct network, reasm_fails, "datagrams given up: timeout, overlap, bad or too many fragments"),
    HP_COUNTER(struct network, reasm_evicted, "of those: made way for newer ones"),
    HP_COUNTER(struct network, frag_oks, "packets cut into fragments"),
    HP_COUNTER(struct network, frag_fails, "packets that should have been cut and were not"),
    HP_COUNTER(struct network, frag_creates, "fragments made"),
    HP_COUNTER(struct network, errors_limited, "ICMP errors not sent because of the limit"),
    HP_COUNTER(struct network, pmtu_updates, "path MTUs learnt"),
    HP_COUNTER(struct network, path_lookups, "paths looked up"),
    {0},
};

#define NET_SETTING(field, unit, initial, min, max, text) \
    {#field, unit, text, (uint32_t)offsetof(struct network, field), initial, min, max}
static const struct hp_setting net_settings[] = {
    NET_SETTING(pmtu_max, "", 1024, 1, 1 << 20, "destinations whose path MTU is remembered"),
    NET_SETTING(pmtu_s, "s", 600, 10, 86400, "a path MTU is forgotten after this (RFC 1191 6.3)"),
    NET_SETTING(reassembly_bytes_max, "bytes", 4 << 20, 256 << 10, 1ll << 40, "storage that incomplete datagrams may hold"),
    NET_SETTING(reassembly_datagrams_max, "", 1024, 1, 1 << 20, "incomplete datagrams at once"),
    NET_SETTING(reassembly_per_source, "", 64, 1, 1 << 20, "incomplete datagrams of one source"),
    NET_SETTING(reassembly_fragments, "", 256, 2, 8192, "fragments of one datagram"),
    NET_SETTING(reassembly_v4_s, "s", 30, 1, 120, "an incomplete IPv4 datagram is given up after this"),
    NET_SETTING(reassembly_v6_s, "s", 60, 1, 120, "an incomplete IPv6 datagram is given up after this (RFC 8200 4.5)"),
    NET_SETTING(errors_per_s, "1/s", 10, 0, 1000000, "ICMP errors to one destination"),
    NET_SETTING(redirects, "", 1, 0, 1, "a router tells hosts of a better first hop (RFC 1812 5.2.7.2, RFC 4861 8.2)"),
    NET_SETTING(errors_burst, "", 10, 1, 1000000, "ICMP errors to one destination at once, half to one and a half times"),
    {0},
};

extern const struct hp_sock_kind change_sock_kind;
static const struct hp_sock_kind *const net_kinds[] = {&change_sock_kind, NULL};

const struct hp_proto net_proto = {
    .name = "net", .layer = 3, .state_size = sizeof(struct network), .start = net_start, .stop = net_stop, .link = net_link,
    .counters = net_counters, .settings = net_settings, .sockets = net_kinds,
};
