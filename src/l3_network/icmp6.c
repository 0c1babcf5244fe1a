/* ICMP for IPv6: RFC 4443.  Echo, errors in both directions, and the door to neighbour discovery and multicast listening.
 *
 * Errors that come in go to the protocol that sent the quoted packet, which decides whether to believe them.  Errors that go out keep
 * RFC 4443 2.4 e and a limit per destination.  Neighbour discovery is heard only from this link: hop limit 255, not fragmented. */
#include "l3_network/ipv6.h"
#include "wire/sum.h"

struct icmp6_state {
    uint64_t in, out, errors_in, errors_out, echoes_in;
    int64_t echo, echo_multicast;
};

static struct icmp6_state *icmp6_of(const struct hp_stack *s) { return ip6_of(s)->icmp; }

/* ---- out ---- */

void icmp6_put_sum(struct hp_pkt *p, const struct hp_ip *src, const struct hp_ip *dst)
{
    put16(p->data + 2, 0);
    put16(p->data + 2, sum_fold(net_sum(p, sum_pseudo(src, dst, IP_PROTO_ICMPV6, (uint32_t)pkt_len(p)))));
}

/* A message to this link and no further: never routed. */
void icmp6_link_tx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p, const struct hp_ip *src, const struct hp_ip *dst)
{
    icmp6_put_sum(p, src, dst);
    struct ipv6_hdr h = {.next = IP_PROTO_ICMPV6, .hops = ND_HOPS, .len = (uint16_t)pkt_len(p), .src = *src, .dst = *dst};
    p->l4 = pkt_offset(p);
    ipv6_write(pkt_push(p, IPV6_HEADER), IPV6_HEADER, &h);
    p->l3 = pkt_offset(p);
    p->link = l;
    icmp6_of(s)->out++;
    trace_down(s, 3, "ipv6", p);
    link_tx(s, l, ETHERTYPE_IPV6, dst, p);
}

/* A message that is routed; p->link is the link that link-local addresses are of. */
static void icmp6_tx(struct hp_stack *s, struct hp_pkt *p, const struct hp_ip *src, const struct hp_ip *dst)
{
    p->src = *src;
    p->dst = *dst;
    p->proto = IP_PROTO_ICMPV6;
    icmp6_put_sum(p, src, dst);
    icmp6_of(s)->out++;
    ip_tx(s, p, NULL);
}

/* The link that a link-local address is of: that by which the packet came. */
static uint16_t icmp6_bound(const struct hp_pkt *p, const struct hp_ip *ip)
{
    return hp_ip_is_linklocal(ip) && p->link ? p->link->index : 0;
}

enum { ICMP6_QUOTE_MAX = IPV6_MIN_MTU - IPV6_HEADER - ICMP6_HEADER };   /* RFC 4443 2.4 c */

/* RFC 4443 2.4 e: what is never answered by an error. */
static bool icmp6_error_allowed(const struct hp_pkt *p, const struct ip_quote *q, uint8_t type, uint8_t code)
{
    bool to_many = hp_ip_is_multicast(&q->dst) || p->flags & (PKT_BROADCAST | PKT_MULTICAST);
    if (to_many && type != ICMP6_TOO_BIG && !(type == ICMP6_PARAM_PROBLEM && code == ICMP6_PARAM_OPTION)) return false;
    if (hp_ip_is_any(&q->src) || hp_ip_is_multicast(&q->src) || hp_ip_is_loopback(&q->src)) return false;
    if (q->proto != IP_PROTO_ICMPV6) return true;
    return q->transport.n > 0 && !icmp6_is_error(q->transport.p[0]) && q->transport.p[0] != ICMP6_REDIRECT;
}

/* RFC 4443 2.2: from the address that the packet was for, if it was for us; otherwise the best towards whoever sent it. */
static bool icmp6_error_source(struct hp_stack *s, const struct hp_pkt *p, const struct ip_quote *q, struct hp_ip *src)
{
    *src = q->dst;
    if (ip_is_ours(s, src)) return true;
    return ip_source(s, &q->src, icmp6_bound(p, &q->src), src) >= 0;
}

/* Where the field is that named the upper layer (RFC 4443 3.4, code 1). */
static uint32_t icmp6_next_at(const struct hp_pkt *p)
{
    uint8_t room[ICMP6_QUOTE_MAX];
    struct hp_bytes in = net_quote(p, room, sizeof room);
    struct ipv6_hdr h;
    if (ipv6_parse_quoted(in, &h) != IPV6_OK) return 0;
    struct ipv6_walk w = ipv6_walk_start(in, &h);
    ipv6_walk_all(&w);
    return w.next_at;
}

void icmp6_error(struct hp_stack *s, const struct hp_pkt *p, uint8_t type, uint8_t code, uint32_t value)
{
    uint8_t room[ICMP6_QUOTE_MAX];
    struct hp_bytes in = net_quote(p, room, sizeof room);
    struct ip_quote q;
    struct hp_ip src;
    if (!ipv6_quote_parse(in, &q) || !icmp6_error_allowed(p, &q, type, code)) return;
    if (!icmp6_of(s) || !net_error_allowed(s, &q.src) || !icmp6_error_source(s, p, &q, &src)) return;
    struct hp_pkt *e = pkt_alloc(s, ICMP6_HEADER + in.n);
    if (!e) return;
    struct icmp6_hdr h = {.type = type, .code = code, .mtu = value, .pointer = value, .body = in};
    icmp6_write(pkt_put(e, ICMP6_HEADER), ICMP6_HEADER, &h);
    memcpy(pkt_put(e, in.n), in.p, in.n);
    e->link = p->link;
    icmp6_of(s)->errors_out++;
    icmp6_tx(s, e, &src, &q.src);
}

void icmp6_net_error(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value)
{
    static const uint8_t unreach[] = {[IP_UNREACH_PORT] = ICMP6_UNREACH_PORT, [IP_UNREACH_HOST] = ICMP6_UNREACH_HOST,
                                      [IP_UNREACH_NET] = ICMP6_UNREACH_ROUTE, [IP_UNREACH_ADMIN] = ICMP6_UNREACH_ADMIN};
    switch (what) {
    case NET_ERROR_UNREACH:
        if (value == IP_UNREACH_PROTO) icmp6_error(s, p, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_NEXT_HEADER, icmp6_next_at(p));
        else icmp6_error(s, p, ICMP6_UNREACHABLE, unreach[value], 0);
        break;
    case NET_ERROR_TOO_BIG: icmp6_error(s, p, ICMP6_TOO_BIG, 0, value < IPV6_MIN_MTU ? IPV6_MIN_MTU : value); break;
    case NET_ERROR_TTL: icmp6_error(s, p, ICMP6_TIME_EXCEEDED, ICMP6_TIME_HOPS, 0); break;
    case NET_ERROR_REASSEMBLY: icmp6_error(s, p, ICMP6_TIME_EXCEEDED, ICMP6_TIME_REASSEMBLY, 0); break;
    case NET_ERROR_PARAM: icmp6_error(s, p, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD, value); break;
    }
}

/* ---- in: errors ---- */

/* What the quoted packet's protocol is told; RFC 4443 3.1, RFC 1122 4.2.3.9 for what is hard. */
static struct hp_neterr icmp6_neterr(const struct icmp6_hdr *h, const struct hp_pkt *p, const struct ip_quote *q)
{
    struct hp_neterr e = {.err = HP_EHOSTUNREACH, .src = q->src, .dst = q->dst, .reporter = p->src, .icmp_type = h->type,
                          .icmp_code = h->code, .v6 = true, .quote = q->transport, .pkt_id = p->id};
    if (h->type == ICMP6_TOO_BIG) {
        e.err = HP_EMSGSIZE;
        e.mtu = h->mtu;
    } else if (h->type == ICMP6_PARAM_PROBLEM) {
        e.err = HP_EPROTO;
        e.hard = h->code == ICMP6_PARAM_NEXT_HEADER;
    } else if (h->type == ICMP6_UNREACHABLE) {
        if (h->code == ICMP6_UNREACH_ROUTE) e.err = HP_ENETUNREACH;
        if (h->code == ICMP6_UNREACH_PORT) e.err = HP_ECONNREFUSED;
        if (h->code == ICMP6_UNREACH_ADMIN) e.err = HP_EACCES;
        e.hard = h->code == ICMP6_UNREACH_PORT || h->code == ICMP6_UNREACH_ADMIN;
    }
    return e;
}

/* About an echo request of ours: the ping socket's. */
static void icmp6_echo_error(struct hp_stack *s, const struct hp_neterr *e)
{
    if (network(s)->echo_error && e->quote.n >= ICMP6_HEADER && e->quote.p[0] == ICMP6_ECHO) network(s)->echo_error(s, e);
}

static enum hp_drop icmp6_rx_error(struct hp_stack *s, struct hp_pkt *p, const struct icmp6_hdr *h)
{
    struct ip_quote q;
    icmp6_of(s)->errors_in++;
    if (h->type > ICMP6_PARAM_PROBLEM) return HP_DROP_ICMP_UNKNOWN;
    if (hp_ip_is_multicast(&p->dst)) return HP_DROP_ICMP_BAD;
    if (!ipv6_quote_parse(h->body, &q)) return HP_DROP_ICMP_BAD;
    if (!ip_is_ours(s, &q.src) || hp_ip_is4(&q.dst)) return HP_DROP_ICMP_QUOTE;
    if (h->type == ICMP6_TOO_BIG && h->mtu < IPV6_MIN_MTU) return HP_DROP_ICMP_BAD; /* RFC 8201 4 */
    struct hp_neterr e = icmp6_neterr(h, p, &q);
    if (q.proto == IP_PROTO_ICMPV6) icmp6_echo_error(s, &e);
    else if (q.transport.n) stack_error_ipproto(s, q.proto, &e);
    return HP_DROP_TAKEN;
}

/* ---- in: echo ---- */

/* RFC 4443 4.2: the same bytes back.  A question to a group is answered only if the setting says so (an amplifier otherwise). */
static void icmp6_rx_echo(struct hp_stack *s, struct hp_pkt *p)
{
    struct icmp6_state *c = icmp6_of(s);
    struct hp_ip src = p->dst, dst = p->src;
    bool group = hp_ip_is_multicast(&p->dst);
    c->echoes_in++;
    if (!c->echo || (group && !c->echo_multicast) || hp_ip_is_any(&dst)) {
        hp_drop(s, p, HP_DROP_FILTERED);
        return;
    }
    if (group && ip_source(s, &dst, icmp6_bound(p, &dst), &src) < 0) {
        hp_drop(s, p, HP_DROP_NO_ADDRESS);
        return;
    }
    if (!pkt_own(s, p, PKT_HEADROOM, false)) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    p->id = hp_next_pkt_id(s); /* in the request's place, but another packet */
    p->data[0] = ICMP6_ECHO_REPLY;
    p->flags = 0;
    p->ttl = 0;
    icmp6_tx(s, p, &src, &dst);
}

/* ---- in: neighbour discovery ---- */

/* RFC 4861 6.1, 7.1, 8.1: what all of its messages have in common. */
static enum hp_drop icmp6_rx_nd(struct hp_stack *s, struct hp_pkt *p)
{
    struct ip6_link *i = p->link ? ip6_link_of(s, p->link) : NULL;
    struct nd_msg m;
    if (!i || !ip6_of(s)->nd) return HP_DROP_ICMP_UNKNOWN;
    if (p->ttl != ND_HOPS || p->flags & PKT_REASSEMBLED || nd_parse(pkt_bytes(p), &m) != ND_OK) return HP_DROP_ND_BAD;
    switch (m.type) {
    case ICMP6_RS: return radv_rx_solicit(s, i, p, &m);
    case ICMP6_RA: return slaac_rx_advert(s, i, p, &m);
    case ICMP6_NS: return nd_rx_solicit(s, i, p, &m);
    case ICMP6_NA: return nd_rx_advert(s, i, p, &m);
    default: return nd_rx_redirect(s, i, p, &m);
    }
}

static enum hp_drop icmp6_rx_query(struct hp_stack *s, const struct hp_pkt *p)
{
    struct ip6_link *i = p->link ? ip6_link_of(s, p->link) : NULL;
    return i ? mld_rx_query(s, i, p) : HP_DROP_ICMP_UNKNOWN;
}

/* ---- in ---- */

static bool icmp6_sum_good(const struct hp_pkt *p)
{
    if (p->flags & PKT_SUM_GOOD) return true;
    return sum_fold(net_sum(p, sum_pseudo(&p->src, &p->dst, IP_PROTO_ICMPV6, (uint32_t)pkt_len(p)))) == 0;
}

static enum hp_drop icmp6_rx_reply(struct hp_stack *s, const struct hp_pkt *p)
{
    bool wanted = network(s)->echo_reply && network(s)->echo_reply(s, p);
    return wanted ? HP_DROP_TAKEN : HP_DROP_NO_PORT;
}

static enum hp_drop icmp6_take(struct hp_stack *s, struct hp_pkt *p, const struct icmp6_hdr *h)
{
    if (icmp6_is_error(h->type)) return icmp6_rx_error(s, p, h);
    switch (h->type) {
    case ICMP6_ECHO_REPLY: return icmp6_rx_reply(s, p);
    case ICMP6_RS: case ICMP6_RA: case ICMP6_NS: case ICMP6_NA: case ICMP6_REDIRECT: return icmp6_rx_nd(s, p);
    case ICMP6_MLD_QUERY: return icmp6_rx_query(s, p);
    case ICMP6_MLD_REPORT: case ICMP6_MLD_DONE: case ICMP6_MLD2_REPORT: return HP_DROP_TAKEN; /* for routers */
    default: return HP_DROP_ICMP_UNKNOWN;
    }
}

static void icmp6_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct icmp6_hdr h;
    icmp6_of(s)->in++;
    trace_up(s, 3, "icmp6", p);
    if (!icmp6_parse(pkt_bytes(p), &h)) {
        hp_drop(s, p, HP_DROP_ICMP_BAD);
        return;
    }
    if (!icmp6_sum_good(p)) {
        hp_drop(s, p, HP_DROP_CHECKSUM);
        return;
    }
    if (h.type == ICMP6_ECHO) icmp6_rx_echo(s, p);
    else hp_drop(s, p, icmp6_take(s, p, &h));
}

static int icmp6_start(struct hp_stack *s, void *state)
{
    ip6_of(s)->icmp = state;
    return HP_OK;
}

static const struct hp_counter icmp6_counters[] = {
    HP_COUNTER(struct icmp6_state, in, "messages received"),
    HP_COUNTER(struct icmp6_state, out, "messages sent"),
    HP_COUNTER(struct icmp6_state, errors_in, "errors received"),
    HP_COUNTER(struct icmp6_state, errors_out, "errors sent"),
    HP_COUNTER(struct icmp6_state, echoes_in, "echo requests received"),
    {0},
};
static const struct hp_setting icmp6_settings[] = {
    {"echo", "", "answer echo requests", offsetof(struct icmp6_state, echo), 1, 0, 1},
    {"echo_multicast", "", "answer echo requests to groups too", offsetof(struct icmp6_state, echo_multicast), 0, 0, 1},
    {0},
};
const struct hp_proto icmp6_proto = {.name = "icmp6", .layer = 3, .table = BY_IPPROTO, .number = IP_PROTO_ICMPV6,
                                     .state_size = sizeof(struct icmp6_state), .start = icmp6_start, .rx = icmp6_rx,
                                     .counters = icmp6_counters, .settings = icmp6_settings};
