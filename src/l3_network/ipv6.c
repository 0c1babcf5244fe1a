/* IPv6 in and out: RFC 8200.
 *
 * The way up: the header is checked once; the packet is for us or is forwarded; for us its chain of extension headers is walked in order
 * (at most IPV6_EXT_COUNT_MAX of them), and each header lets the packet pass, or is the end of it.  A fragment goes to reassembly and
 * comes back once, whole and marked, so that a fragment within a fragment is refused.
 * The way down: hop limit as the link's routers said, flow label by RFC 6437 from a secret key. */
#include "l3_network/ipv6.h"

enum { IPV6_OPTIONS_MAX = 8 /* of one header, RFC 8504 5.3 */, IPV6_TRANSPORT_MIN = 8 };

/* ---- up: the header ---- */

/* RFC 4291 2.5, 2.7: addresses that cannot be on a wire.  The v4-mapped ones are hepta's own form of IPv4: let in, they would be IPv4
 * packets that no check of IPv4 has seen. */
static bool ipv6_martian(const struct hp_pkt *p)
{
    const struct hp_ip *src = &p->src, *dst = &p->dst;
    if (hp_ip_is_multicast(src) || hp_ip_is4(src) || hp_ip_is4(dst) || hp_ip_is_any(dst)) return true;
    if (p->flags & PKT_LOOPED) return false;
    if (hp_ip_is_loopback(src) || hp_ip_is_loopback(dst)) return true;
    return hp_ip_is_multicast(dst) && (dst->b[1] & 0x0f) <= 1; /* scope 0 is reserved, 1 never leaves a node */
}

/* Our own address as source, from outside: a loop, or a lie (LAND).  The last good source is remembered. */
static enum hp_drop ipv6_check_source(struct hp_stack *s, const struct hp_pkt *p)
{
    struct ip6 *ip6 = ip6_of(s);
    uint32_t generation = network(s)->generation;
    if (p->flags & PKT_LOOPED || hp_ip_is_any(&p->src)) return HP_DROP_NONE;
    if (hp_ip_equal(&p->src, &p->dst)) return HP_DROP_LAND;
    if (generation == ip6->good_generation && hp_ip_equal(&p->src, &ip6->good_src)) return HP_DROP_NONE;
    const struct addr *a = net_addr_find(s, hp_ip_is_linklocal(&p->src) ? p->link : NULL, &p->src);
    if (a && addr_usable(a)) return HP_DROP_MARTIAN;
    ip6->good_src = p->src;
    ip6->good_generation = generation;
    return HP_DROP_NONE;
}

static enum hp_drop ipv6_check(struct hp_stack *s, struct hp_pkt *p, struct ipv6_hdr *h)
{
    enum ipv6_result result = ipv6_parse_quoted(pkt_bytes(p), h);
    if (result != IPV6_OK) return result == IPV6_VERSION ? HP_DROP_BAD_VERSION : HP_DROP_SHORT;
    if ((size_t)h->len + IPV6_HEADER > pkt_len(p)) return HP_DROP_BAD_LENGTH;
    if (h->len == 0 && h->next != IP_PROTO_NONE) return HP_DROP_BAD_LENGTH; /* RFC 2675 jumbograms are not taken */
    pkt_trim(p, (size_t)h->len + IPV6_HEADER);
    p->src = h->src;
    p->dst = h->dst;
    p->ttl = h->hops;
    p->tos = h->tclass;
    p->proto = h->next;
    return ipv6_martian(p) ? HP_DROP_MARTIAN : ipv6_check_source(s, p);
}

/* ---- up: extension headers.  Each answers whether the packet goes on; if not, it is consumed. ---- */

static bool ipv6_refuse(struct hp_stack *s, struct hp_pkt *p, uint8_t code, uint32_t at, enum hp_drop why)
{
    icmp6_error(s, p, ICMP6_PARAM_PROBLEM, code, at);
    hp_drop(s, p, why);
    return false;
}

/* RFC 8200 4.2: the two high bits of an unknown option say what to do. */
static bool ipv6_option_unknown(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_opt *opt)
{
    enum ipv6_opt_unknown what = ipv6_opt_unknown(opt->type);
    if (what == IPV6_UNKNOWN_SKIP) return true;
    ip6_of(s)->options_refused++;
    if (what == IPV6_UNKNOWN_TELL || (what == IPV6_UNKNOWN_TELL_UNICAST && !hp_ip_is_multicast(&p->dst)))
        icmp6_error(s, p, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_OPTION, opt->at);
    hp_drop(s, p, HP_DROP_BAD_OPTION);
    return false;
}

static bool ipv6_options_take(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_ext *e)
{
    struct ipv6_opts o = ipv6_opts_start(e);
    struct ipv6_opt opt;
    for (int n = 0; ipv6_opts_next(&o, &opt); n++) {
        if (n == IPV6_OPTIONS_MAX) return ipv6_refuse(s, p, ICMP6_PARAM_FIELD, opt.at, HP_DROP_EXT_HEADERS);
        if (opt.type != IPV6_OPT_RA && !ipv6_option_unknown(s, p, &opt)) return false;
    }
    return o.bad ? ipv6_refuse(s, p, ICMP6_PARAM_FIELD, o.at, HP_DROP_BAD_OPTION) : true;
}

/* RFC 8200 4.4: with no segments left it is skipped; we are nobody's waypoint, for type 0 (RFC 5095), RPL or any other. */
static bool ipv6_routing_take(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_ext *e)
{
    struct ipv6_routing r;
    if (ipv6_routing_parse(e->all, &r) && r.left == 0) return true;
    return ipv6_refuse(s, p, ICMP6_PARAM_FIELD, e->at + 2u, HP_DROP_SOURCE_ROUTE);
}

/* RFC 8200 4.5, RFC 7112: what cannot be a fragment.  `rest`: the walk, past the fragment header. */
static bool ipv6_fragment_valid(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_ext *e, const struct ipv6_frag *f,
                                struct ipv6_walk rest)
{
    size_t n = rest.left.n + p->more.n;
    if (p->flags & PKT_REASSEMBLED || n == 0) {
        hp_drop(s, p, HP_DROP_FRAG_BAD);
        return false;
    }
    if (f->mf && n % 8) return ipv6_refuse(s, p, ICMP6_PARAM_FIELD, 4, HP_DROP_FRAG_BAD);
    if ((size_t)e->at - IPV6_HEADER + f->off + n > UINT16_MAX) return ipv6_refuse(s, p, ICMP6_PARAM_FIELD, e->at + 2u, HP_DROP_FRAG_BAD);
    if (f->off > 0) return true;
    if (ipv6_walk_all(&rest) == IPV6_WALK_UPPER && (!f->mf || rest.left.n + p->more.n >= IPV6_TRANSPORT_MIN)) return true;
    return ipv6_refuse(s, p, ICMP6_PARAM_CHAIN, rest.at, HP_DROP_FRAG_BAD);
}

static void ipv6_local(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_hdr *h);

/* The datagram is whole: its header says so (reassembly wrote it), and the walk begins again. */
static void ipv6_reassembled(struct hp_stack *s, struct hp_pkt *p)
{
    struct ipv6_hdr h;
    p->data = pkt_at(p, p->l3);
    enum hp_drop why = ipv6_check(s, p, &h);
    if (why) hp_drop(s, p, why);
    else ipv6_local(s, p, &h);
}

/* A fragment alone is no fragment (RFC 6946): the walk goes on. */
static bool ipv6_fragment_take(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_ext *e, const struct ipv6_walk *w,
                               uint16_t next_at)
{
    struct ipv6_frag f;
    ipv6_frag_parse(e->all, &f);
    if (!ipv6_fragment_valid(s, p, e, &f, *w)) return false;
    if (!f.mf && f.off == 0) return true;
    struct frag frag = {.id = f.id, .off = f.off, .mf = f.mf, .v6 = true, .next_at = next_at, .header = e->at};
    p->proto = f.next;
    pkt_pull(p, e->at + sizeof(uint64_t));
    p = net_reassemble(s, p, &frag);
    if (p) ipv6_reassembled(s, p);
    return false;
}

static bool ipv6_ext_take(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_ext *e, const struct ipv6_walk *w,
                          uint16_t next_at)
{
    switch (e->type) {
    case IP_PROTO_HOPOPTS:
    case IP_PROTO_DSTOPTS: return ipv6_options_take(s, p, e);
    case IP_PROTO_ROUTING: return ipv6_routing_take(s, p, e);
    case IP_PROTO_FRAGMENT: return ipv6_fragment_take(s, p, e, w, next_at);
    default: return ipv6_refuse(s, p, ICMP6_PARAM_NEXT_HEADER, next_at, HP_DROP_NO_PROTO); /* AH: no keys here */
    }
}

/* ---- up: for us ---- */

/* The chain ended at something that is no header to walk on from. */
static void ipv6_walk_failed(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_walk *w)
{
    if (w->state == IPV6_WALK_ORDER) ipv6_refuse(s, p, ICMP6_PARAM_NEXT_HEADER, w->next_at, HP_DROP_EXT_HEADERS);
    else if (w->state == IPV6_WALK_LIMIT) ipv6_refuse(s, p, ICMP6_PARAM_FIELD, w->at, HP_DROP_EXT_HEADERS);
    else hp_drop(s, p, HP_DROP_SHORT);
}

static void ipv6_upper(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_walk *w)
{
    if (w->next == IP_PROTO_NONE) {
        hp_drop(s, p, HP_DROP_TAKEN); /* RFC 8200 4.7 */
        return;
    }
    p->proto = w->next;
    pkt_pull(p, w->at);
    ip6_of(s)->delivered++;
    net_deliver(s, p);
}

static void ipv6_local(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_hdr *h)
{
    if (p->more.n && ipv6_is_ext(h->next) && !pkt_own(s, p, 0, true)) { /* a chain is walked in one piece */
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    struct ipv6_walk w = ipv6_walk_start(pkt_bytes(p), h);
    struct ipv6_ext e;
    unsigned fragments = 0;
    for (uint16_t next_at = w.next_at; ipv6_walk_next(&w, &e); next_at = w.next_at) {
        if (e.type == IP_PROTO_FRAGMENT && fragments++) {
            hp_drop(s, p, HP_DROP_FRAG_BAD);
            return;
        }
        if (!ipv6_ext_take(s, p, &e, &w, next_at)) return;
    }
    if (w.state == IPV6_WALK_UPPER) ipv6_upper(s, p, &w);
    else ipv6_walk_failed(s, p, &w);
}

/* ---- up: for whom? ---- */

/* RFC 4291 2.1, RFC 4007: a link-local address means something on its own link only. */
static bool ipv6_ours(struct hp_stack *s, const struct hp_pkt *p, const struct route *r)
{
    if (p->flags & PKT_LOOPED) return true;
    if (!hp_ip_is_linklocal(&p->dst)) return r && r->kind == ROUTE_LOCAL;
    const struct addr *a = net_addr_find(s, p->link, &p->dst);
    return a && addr_usable(a);
}

/* RFC 8200 4.3: hop-by-hop options are for routers too. */
static bool ipv6_hop_by_hop_take(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_hdr *h)
{
    struct ipv6_walk w = ipv6_walk_start(pkt_bytes(p), h);
    struct ipv6_ext e;
    if (h->next != IP_PROTO_HOPOPTS) return true;
    if (ipv6_walk_next(&w, &e)) return ipv6_options_take(s, p, &e);
    ipv6_walk_failed(s, p, &w);
    return false;
}

static void ipv6_transit(struct hp_stack *s, struct hp_pkt *p, const struct ipv6_hdr *h, const struct route *r)
{
    if (hp_ip_is_linklocal(&p->dst)) {
        hp_drop(s, p, HP_DROP_NOT_FOR_US);
        return;
    }
    if (!net_forwards(s) || p->flags & (PKT_BROADCAST | PKT_MULTICAST)) {
        hp_drop(s, p, HP_DROP_NOT_FORWARDING);
        return;
    }
    if (hp_ip_is_linklocal(&p->src) || hp_ip_is_any(&p->src)) {
        icmp6_error(s, p, ICMP6_UNREACHABLE, ICMP6_UNREACH_SCOPE, 0); /* RFC 4291 2.5.6, RFC 4443 3.1 */
        hp_drop(s, p, HP_DROP_MARTIAN);
        return;
    }
    if (!ipv6_hop_by_hop_take(s, p, h)) return;
    if (r) {
        net_forward(s, p, r);
        return;
    }
    net_error(s, p, NET_ERROR_UNREACH, IP_UNREACH_NET);
    hp_drop(s, p, HP_DROP_NO_ROUTE);
}

static void ipv6_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct ipv6_hdr h;
    p->l3 = pkt_offset(p);
    ip6_of(s)->in++;
    trace_up(s, 3, "ipv6", p);
    enum hp_drop why = ipv6_check(s, p, &h);
    if (why) {
        hp_drop(s, p, why);
        return;
    }
    if (hp_ip_is_multicast(&p->dst)) {
        if (p->flags & PKT_LOOPED || net_group_has(s, p->link, &p->dst)) ipv6_local(s, p, &h);
        else hp_drop(s, p, HP_DROP_NOT_FOR_US);
        return;
    }
    const struct route *r = route_find(s, &p->dst);
    if (ipv6_ours(s, p, r)) ipv6_local(s, p, &h);
    else ipv6_transit(s, p, &h, r);
}

/* ---- down ---- */

/* RFC 6437 3: the same for a flow, nothing that tells of another flow or of the key (CVE-2019-18282). */
static uint32_t ipv6_flow_label(struct hp_stack *s, const struct hp_pkt *p)
{
    struct ip6 *ip6 = ip6_of(s);
    bool ports = p->proto == IP_PROTO_TCP || p->proto == IP_PROTO_UDP || p->proto == IP_PROTO_UDPLITE || p->proto == IP_PROTO_SCTP;
    uint32_t both = ports && p->tail - p->data >= 4 ? load32(p->data) : 0;
    if (ip6->flow.proto[0] == p->proto && load32(ip6->flow.ports) == both && hp_ip_equal(&ip6->flow.dst, &p->dst) &&
        hp_ip_equal(&ip6->flow.src, &p->src))
        return ip6->flow_label;
    ip6->flow.src = p->src;
    ip6->flow.dst = p->dst;
    ip6->flow.proto[0] = p->proto;
    memcpy(ip6->flow.ports, &both, 4);
    ip6->flow_label = (uint32_t)secret_key(&ip6->label_key, &ip6->flow, sizeof ip6->flow) & 0xfffff;
    return ip6->flow_label;
}

static uint8_t ipv6_hop_limit(struct hp_stack *s, const struct hp_pkt *p, const struct hp_link *l)
{
    const struct ip6_link *i = ip6_link_of(s, l);
    if (p->ttl) return p->ttl;
    return i && i->hop_limit ? i->hop_limit : IP_TTL_DEFAULT;
}

/* Fragment identification (RFC 7739 5.3): a number used once, seen through a secret. */
static uint32_t ipv6_fragment_id(struct hp_stack *s, const struct hp_pkt *p)
{
    struct { struct hp_ip src, dst; uint64_t count; } in = {p->src, p->dst, ++ip6_of(s)->fragmented};
    return (uint32_t)secret_key(&ip6_of(s)->label_key, &in, sizeof in);
}

static void ipv6_put_header(struct hp_stack *s, struct hp_pkt *p, const struct hp_link *l)
{
    struct ipv6_hdr h = {.tclass = p->tos, .next = p->proto, .hops = ipv6_hop_limit(s, p, l), .flow = ipv6_flow_label(s, p),
                         .len = (uint16_t)pkt_len(p), .src = p->src, .dst = p->dst};
    p->l4 = pkt_offset(p);
    ipv6_write(pkt_push(p, IPV6_HEADER), IPV6_HEADER, &h);
    p->l3 = pkt_offset(p);
}

/* RFC 3493 5.2: who listens to a group hears what is sent to it from here. */
static void ipv6_tx_loop(struct hp_stack *s, const struct hp_pkt *p, const struct hp_link *l)
{
    uint16_t loop = network(s)->loop;
    if (p->flags & PKT_NO_LOOP) return;
    struct hp_pkt *copy = loop && loop != l->index && net_group_has(s, l, &p->dst) ? pkt_clone(s, p) : NULL;
    if (copy) link_tx(s, s->link[loop], ETHERTYPE_IPV6, &p->dst, copy);
}

static void ipv6_tx(struct hp_stack *s, struct hp_pkt *p, const struct ip_path *path)
{
    struct hp_link *l = s->link[path->link];
    if (pkt_len(p) > UINT16_MAX) {
        hp_drop(s, p, HP_DROP_TOO_BIG);
        return;
    }
    if ((pkt_shared(p) || p->buf->release || pkt_headroom(p) < PKT_HEADROOM / 2) && !pkt_own(s, p, PKT_HEADROOM, false)) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    ipv6_put_header(s, p, l);
    ip6_of(s)->out++;
    trace_down(s, 3, "ipv6", p);
    if (hp_ip_is_multicast(&p->dst)) ipv6_tx_loop(s, p, l);
    if (pkt_len(p) <= path->mtu || p->gso_size) link_tx(s, l, ETHERTYPE_IPV6, &path->next, p);
    else if (p->flags & PKT_DF) hp_drop(s, p, HP_DROP_TOO_BIG);
    else net_fragment(s, p, l, &path->next, path->mtu, ipv6_fragment_id(s, p));
}

/* ---- the protocol ---- */

static void ipv6_group_changed(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group, bool joined)
{
    struct ip6_link *i = ip6_link_of(s, l);
    if (!i) return;
    if (!joined) mld_leave(s, i, group);
    else if (mld_join(s, i, group) < 0) ip6_retry_later(s);
}

static uint32_t ipv6_mtu(const struct hp_stack *s, const struct hp_link *l)
{
    const struct ip6_link *i = ip6_link_of(s, l);
    return i && i->mtu && i->mtu < l->mtu ? i->mtu : l->mtu;
}

static const struct net_family ipv6_family = {
    .ethertype = ETHERTYPE_IPV6, .mtu_min = IPV6_MIN_MTU, .tx = ipv6_tx, .error = icmp6_net_error, .redirect = nd_redirect_tx, .source = source_select,
    .addr = ip6_addr_changed,
    .group = ipv6_group_changed, .forwarding = ip6_forwarding_changed, .mtu = ipv6_mtu,
};

static int ipv6_start(struct hp_stack *s, void *state)
{
    struct ip6 *ip6 = state;
    ip6->label_key = key_derive(&s->key, "ipv6 flow label");
    ip6->identifier_key = key_derive(&s->key, "ipv6 interface identifier");
    random_init(&ip6->random, s->seed, s->name, "ipv6");
    ip6_links_start(s, ip6);
    network(s)->v6 = ip6;
    network(s)->family[1] = &ipv6_family;
    return HP_OK;
}

static void ipv6_stop(struct hp_stack *s, void *state)
{
    ip6_links_stop(s);
    network(s)->family[1] = NULL;
    network(s)->v6 = NULL;
}

static void ipv6_link(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what) { ip6_link_event(s, l, what); }

static const struct hp_counter ipv6_counters[] = {
    HP_COUNTER(struct ip6, in, "packets received"),
    HP_COUNTER(struct ip6, delivered, "packets handed up"),
    HP_COUNTER(struct ip6, out, "packets sent from here"),
    HP_COUNTER(struct ip6, fragmented, "packets sent in fragments"),
    HP_COUNTER(struct ip6, options_refused, "packets with options that must be known and are not"),
    {0},
};

const struct hp_proto ipv6_proto = {
    .name = "ipv6", .layer = 3, .table = BY_ETHERTYPE, .number = ETHERTYPE_IPV6, .state_size = sizeof(struct ip6),
    .start = ipv6_start, .stop = ipv6_stop, .rx = ipv6_rx, .link = ipv6_link, .counters = ipv6_counters,
};
