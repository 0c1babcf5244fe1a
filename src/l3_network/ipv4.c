/* IPv4 in and out: RFC 791, RFC 1122 3.2.1 and 3.3, RFC 6864 (identification).
 *
 * The way up: one check of the header, then one lookup of the destination in the routes says whether it is ours, a broadcast, or to be sent on.
 * The way down: a header on a kept path, and off; only what does not fit takes the longer way through frag.c. */
#include "wire/ipv4.h"

#include "l3_network/net.h"

enum { IDENT_ROUNDS = 4, IDENT_AHEAD = 32, MEMORY_BITS = 12, MEMORY_AFTER = 256 };

/* Routers and servers meet the same addresses again and again: what route_find() answered, while the generation is this. */
struct ipv4_memory {
    uint32_t number, generation;
    const struct route *route;
};

struct ipv4 {
    uint32_t good_src, good_generation;         /* the last source that was found to be no martian */
    uint32_t last_dst, last_generation;         /* the last destination that was looked up, and what for */
    const struct route *last_route;
    struct ipv4_memory *memory;                 /* after MEMORY_AFTER lookups */
    uint32_t lookups;                           /* before there is a memory */
    uint16_t ident;                             /* counts; what goes out is a secret permutation of it, ... */
    int64_t ttl;
    uint64_t in_receives, in_delivers, out_requests;
    uint16_t ident_ahead[IDENT_AHEAD];          /* ... so many of them at a time: the tables are many cache lines */
    uint64_t in_hdr_errors, in_addr_errors, in_mcast_pkts, in_bcast_pkts, out_mcast_pkts, out_bcast_pkts;
    uint8_t ident_table[IDENT_ROUNDS][256];
    struct key ident_key;
    uint64_t ident_epoch;
};

static struct ipv4 *ipv4_of(const struct hp_stack *s) { return network(s)->v4; }

/* ---- up: the header ---- */

static enum hp_drop ipv4_parse_drop(enum ipv4_result r)
{
    switch (r) {
    case IPV4_OK: return HP_DROP_NONE;
    case IPV4_SHORT: return HP_DROP_SHORT;
    case IPV4_VERSION: return HP_DROP_BAD_VERSION;
    case IPV4_HLEN: return HP_DROP_BAD_HEADER;
    case IPV4_TOTLEN: return HP_DROP_BAD_LENGTH;
    case IPV4_CHECKSUM: return HP_DROP_CHECKSUM;
    }
    return HP_DROP_BAD_HEADER;
}

static uint32_t ipv4_number(const struct hp_ip *ip) { return get32(ip->b + 12); }

static const struct route *ipv4_remember(struct hp_stack *s, struct ipv4 *v, const struct hp_ip *ip)
{
    if (!v->memory && ++v->lookups % MEMORY_AFTER == 0) v->memory = mem_zalloc(s->mem, sizeof *v->memory << MEMORY_BITS); /* or it does without */
    if (!v->memory) return route_find(s, ip);
    uint32_t number = ipv4_number(ip), generation = network(s)->generation;
    struct ipv4_memory *m = &v->memory[number * 0x9e3779b1u >> (32 - MEMORY_BITS)];
    if (m->number != number || m->generation != generation) *m = (struct ipv4_memory){number, generation, route_find(s, ip)};
    return m->route;
}

/* RFC 1122 3.2.1.3, RFC 1812 5.3.7: what cannot be a source on a wire.  0.0.0.0 is a host that asks for its address (RFC 2131 4.1). */
static enum hp_drop ipv4_check_source(struct hp_stack *s, struct ipv4 *v, const struct hp_pkt *p)
{
    uint32_t src = ipv4_number(&p->src), dst = ipv4_number(&p->dst), generation = network(s)->generation;
    if (src == v->good_src && generation == v->good_generation && src != dst) return HP_DROP_NONE;
    if (src == 0 && dst == UINT32_MAX && p->proto == IPPROTO_UDP_) return HP_DROP_NONE;
    if (src == dst) return HP_DROP_LAND;
    uint32_t top = src >> 24;
    if (top == 0 || top == 127 || top >= 224) return HP_DROP_MARTIAN;
    const struct route *r = ipv4_remember(s, v, &p->src);
    if (r && r->kind != ROUTE_UNICAST) return HP_DROP_MARTIAN; /* our own, or a broadcast */
    v->good_src = src;
    v->good_generation = generation;
    return HP_DROP_NONE;
}

static enum hp_drop ipv4_check_destination(const struct hp_pkt *p)
{
    uint32_t dst = ipv4_number(&p->dst), top = dst >> 24;
    if (top == 0 || top == 127 || (top >= 240 && dst != UINT32_MAX)) return HP_DROP_MARTIAN;
    /* RFC 1122 3.3.6: a link-layer broadcast is for IP broadcast or multicast only. */
    return p->flags & (PKT_BROADCAST | PKT_MULTICAST) && top < 224 && !ip_is_broadcast(p->link->stack, &p->dst) ? HP_DROP_MARTIAN
                                                                                                               : HP_DROP_NONE;
}

static enum hp_drop ipv4_check(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, struct ipv4_hdr *h)
{
    enum ipv4_result result = ipv4_parse_split(pkt_bytes(p), pkt_len(p), h);
    if (result != IPV4_OK) return ipv4_parse_drop(result);
    if (pkt_len(p) > h->len) pkt_trim(p, h->len);
    p->src = h->src;
    p->dst = h->dst;
    p->ttl = h->ttl;
    p->tos = h->tos;
    p->proto = h->proto;
    if (h->df) p->flags |= PKT_DF;
    if (p->flags & PKT_OTHERHOST) return HP_DROP_NOT_FOR_US;
    if (p->flags & PKT_LOOPED) return HP_DROP_NONE;
    enum hp_drop why = ipv4_check_source(s, v, p);
    return why ? why : ipv4_check_destination(p);
}

/* RFC 1122 3.2.1.8, RFC 7126: source routes are refused, other options are looked over and ignored.  False: p is gone. */
static bool ipv4_options_take(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, const struct ipv4_hdr *h)
{
    struct ipv4_opts o = ipv4_opts_start(pkt_bytes(p), h);
    struct ipv4_opt opt;
    enum hp_drop why = HP_DROP_NONE;
    while (!why && ipv4_opts_next(&o, &opt))
        if (opt.type == IPV4_OPT_LSRR || opt.type == IPV4_OPT_SSRR) why = HP_DROP_SOURCE_ROUTE;
    if (o.bad) {
        why = HP_DROP_BAD_OPTION;
        net_error(s, p, NET_ERROR_PARAM, o.at);
    }
    if (!why) return true;
    v->in_hdr_errors++;
    hp_drop(s, p, why);
    return false;
}

/* ---- up: to us, or on ---- */

static void ipv4_deliver(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, const struct ipv4_hdr *h)
{
    pkt_pull(p, h->hlen);
    if (ipv4_is_fragment(h)) {
        struct frag f = {.id = h->id, .off = h->frag_off, .mf = h->mf, .header = h->hlen};
        p = net_reassemble(s, p, &f);
        if (!p) return;
    }
    v->in_delivers++;
    net_deliver(s, p);
}

static void ipv4_refuse(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, enum hp_drop why)
{
    v->in_addr_errors++;
    hp_drop(s, p, why);
}

static void ipv4_rx_group(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, const struct ipv4_hdr *h)
{
    bool all = hp_ip_is_broadcast(&p->dst);
    *(all ? &v->in_bcast_pkts : &v->in_mcast_pkts) += 1;
    if (all) p->flags |= PKT_BROADCAST;
    if (all || p->flags & PKT_LOOPED || net_group_has(s, p->link, &p->dst)) ipv4_deliver(s, v, p, h);
    else ipv4_refuse(s, v, p, HP_DROP_NOT_FOR_US);
}

static void ipv4_rx_on(struct hp_stack *s, struct ipv4 *v, struct hp_pkt *p, const struct route *r)
{
    if (!net_forwards(s)) {
        ipv4_refuse(s, v, p, HP_DROP_NOT_FORWARDING);
    } else if (!r) {
        net_error(s, p, NET_ERROR_UNREACH, IP_UNREACH_NET);
        ipv4_refuse(s, v, p, HP_DROP_NO_ROUTE);
    } else {
        net_forward(s, p, r);
    }
}

/* route_find() with a memory of one: most packets come to the same address. */
static const struct route *ipv4_route(struct hp_stack *s, struct ipv4 *v, const struct hp_ip *dst)
{
    uint32_t number = ipv4_number(dst), generation = network(s)->generation;
    if (number == v->last_dst && generation == v->last_generation) return v->last_route;
    v->last_dst = number;
    v->last_generation = generation;
    v->last_route = ipv4_remember(s, v, dst);
    return v->last_route;
}

static void ipv4_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct ipv4 *v = state;
    struct ipv4_hdr h;
    v->in_receives++;
    p->l3 = pkt_offset(p);
    trace_up(s, 3, "ipv4", p);
    enum hp_drop why = ipv4_check(s, v, p, &h);
    if (why) {
        *(why == HP_DROP_MARTIAN || why == HP_DROP_LAND ? &v->in_addr_errors : &v->in_hdr_errors) += 1;
        hp_drop(s, p, why);
        return;
    }
    if (h.hlen > IPV4_HEADER && !ipv4_options_take(s, v, p, &h)) return;
    if (p->dst.b[12] >= 224) {
        ipv4_rx_group(s, v, p, &h);
        return;
    }
    const struct route *r = ipv4_route(s, v, &p->dst);
    bool ours = r && (r->kind == ROUTE_LOCAL || (r->kind == ROUTE_BROADCAST && r->link == p->link->index));
    if (ours || (p->flags & PKT_LOOPED && p->dst.b[12] == 127)) {
        if (r && r->kind == ROUTE_BROADCAST) p->flags |= PKT_BROADCAST;
        ipv4_deliver(s, v, p, &h);
    } else if (r && r->kind == ROUTE_BROADCAST) {
        ipv4_refuse(s, v, p, HP_DROP_MARTIAN); /* RFC 2644: directed broadcasts are not forwarded */
    } else {
        ipv4_rx_on(s, v, p, r);
    }
}

/* ---- down ---- */

static void ident_draw(struct ipv4 *v)
{
    for (unsigned i = 0; i < sizeof v->ident_table; i += 8) {
        uint64_t in[2] = {v->ident_epoch, i};
        put64(&v->ident_table[0][0] + i, secret_key(&v->ident_key, in, sizeof in));
    }
    v->ident_epoch++;
}

/* RFC 6864 4.1, RFC 7739: a counter through a Feistel network of secret tables: no value comes back within 65 536 datagrams, and none
 * tells of the next, or of how many there were.  New tables after each round. */
static uint16_t ident_permuted(const struct ipv4 *v, uint16_t count)
{
    uint8_t left = (uint8_t)(count >> 8), right = (uint8_t)count;
    for (int i = 0; i < IDENT_ROUNDS; i++) {
        uint8_t next = left ^ v->ident_table[i][right];
        left = right;
        right = next;
    }
    return (uint16_t)(left << 8 | right);
}

static uint16_t ident_next(struct ipv4 *v)
{
    unsigned i = v->ident % IDENT_AHEAD;
    if (v->ident == 0) ident_draw(v);
    if (i == 0)
        for (unsigned k = 0; k < IDENT_AHEAD; k++) v->ident_ahead[k] = ident_permuted(v, (uint16_t)(v->ident + k));
    v->ident++;
    return v->ident_ahead[i];
}

/* Five words in the machine's order: RFC 1071 2 B. */
static inline void ipv4_put_sum(uint8_t *h)
{
    uint64_t sum = (uint64_t)load32(h) + load32(h + 4) + load32(h + 8) + load32(h + 12) + load32(h + 16);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    uint16_t v = (uint16_t)~sum;
    memcpy(h + 10, &v, 2);
}

static inline void ipv4_put_header(struct hp_pkt *p, uint32_t len, uint16_t id, bool df, uint8_t ttl)
{
    uint8_t *h = pkt_push(p, IPV4_HEADER);
    put32(h, 0x45000000u | (uint32_t)p->tos << 16 | len);
    put32(h + 4, (uint32_t)id << 16 | (df ? 0x4000u : 0u));
    put32(h + 8, (uint32_t)ttl << 24 | (uint32_t)p->proto << 16);
    memcpy(h + 12, p->src.b + 12, 4);
    memcpy(h + 16, p->dst.b + 12, 4);
    ipv4_put_sum(h);
    p->l3 = pkt_offset(p);
}

/* RFC 1112 6.1: who listens to a group hears what is sent to it from here. */
static void ipv4_tx_loop(struct hp_stack *s, const struct hp_pkt *p, const struct hp_link *l)
{
    uint16_t loop = network(s)->loop;
    if (p->flags & PKT_NO_LOOP) return;
    struct hp_pkt *copy = loop && loop != l->index && net_group_has(s, l, &p->dst) ? pkt_clone(s, p) : NULL;
    if (copy) link_tx(s, s->link[loop], ETHERTYPE_IPV4, &p->dst, copy);
}

static void ipv4_tx_long(struct hp_stack *s, struct hp_pkt *p, const struct ip_path *path)
{
    if (p->flags & PKT_DF && !path->fragment) {
        network(s)->frag_fails++;
        hp_drop(s, p, HP_DROP_TOO_BIG);
        return;
    }
    net_fragment(s, p, s->link[path->link], &path->next, path->mtu, 0);
}

static void ipv4_tx(struct hp_stack *s, struct hp_pkt *p, const struct ip_path *path)
{
    struct ipv4 *v = ipv4_of(s);
    size_t len = pkt_len(p) + IPV4_HEADER;
    bool ready = pkt_headroom(p) >= IPV4_HEADER && !pkt_shared(p) && !p->buf->release;
    if (len > IPV4_DATAGRAM_MAX || (!ready && !pkt_own(s, p, IPV4_HEADER, false))) {
        hp_drop(s, p, len > IPV4_DATAGRAM_MAX ? HP_DROP_TOO_BIG : HP_DROP_NO_MEMORY);
        return;
    }
    bool fits = len <= path->mtu || p->gso_size, df = p->flags & PKT_DF && !path->fragment;
    uint16_t id = fits && df ? 0 : ident_next(v); /* RFC 6864 4.1: atomic datagrams need none */
    ipv4_put_header(p, (uint32_t)len, id, df, p->ttl ? p->ttl : (uint8_t)v->ttl);
    v->out_requests++;
    trace_down(s, 3, "ipv4", p);
    struct hp_link *l = s->link[path->link];
    if (p->dst.b[12] >= 224) {
        *(path->broadcast ? &v->out_bcast_pkts : &v->out_mcast_pkts) += 1;
        if (!path->broadcast) ipv4_tx_loop(s, p, l);
    }
    if (fits) link_tx(s, l, ETHERTYPE_IPV4, &path->next, p);
    else ipv4_tx_long(s, p, path);
}

/* The address of the route's link whose prefix has the next hop, else the first of that link, else of any. */
static int ipv4_source(struct hp_stack *s, const struct hp_ip *dst, const struct ip_path *path, struct hp_ip *src)
{
    const struct network *n = network(s);
    const struct addr *first = NULL;
    if (path->link == n->loop) {
        *src = *dst;
        return HP_OK;
    }
    for (const struct addr *a = net_addr_first(s, s->link[path->link]); a; a = a->link_next) {
        if (!net_is4(&a->prefix.ip)) continue;
        if (!first) first = a;
        if (!hp_prefix_has(&a->prefix, &path->next)) continue;
        first = a;
        break;
    }
    for (const struct addr *a = first ? NULL : n->addrs; a && !first; a = a->next)
        if (net_is4(&a->prefix.ip) && a->link->index != n->loop) first = a;
    if (!first) return HP_EADDRNOTAVAIL;
    *src = first->prefix.ip;
    return HP_OK;
}

/* ARP got no answer: the sender hears of it, and that may be us (RFC 1812 4.3.3.1). */
static void ipv4_failed(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    p->l3 = pkt_offset(p);
    net_error(s, p, NET_ERROR_UNREACH, IP_UNREACH_HOST);
    hp_drop(s, p, HP_DROP_NEIGH_FAILED);
}

/* ---- the protocol ---- */

void icmp4_error_tx(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value);
void icmp4_redirect_tx(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next);

static const struct net_family ipv4_family = {.ethertype = ETHERTYPE_IPV4, .tx = ipv4_tx, .error = icmp4_error_tx, .redirect = icmp4_redirect_tx,
                                              .source = ipv4_source};

static int ipv4_start(struct hp_stack *s, void *state)
{
    struct network *n = network(s);
    struct ipv4 *v = state;
    if (!n) return HP_EINVAL; /* net comes first in a profile */
    v->ident_key = key_derive(&s->key, "ipv4 identification");
    n->v4 = v;
    n->family[0] = &ipv4_family;
    neigh_set_failed(s, false, ipv4_failed);
    struct hp_prefix self = {hp_ip4(127, 0, 0, 1), 96 + 8};
    return net_addr_add(s, s->link[n->loop], &self, 0, HP_NEVER, HP_NEVER);
}

static void ipv4_stop(struct hp_stack *s, void *state)
{
    struct ipv4 *v = state;
    mem_free(s->mem, v->memory, sizeof *v->memory << MEMORY_BITS);
    neigh_set_failed(s, false, NULL);
    network(s)->family[0] = NULL;
    network(s)->v4 = NULL;
}

static const struct hp_counter ipv4_counters[] = { /* RFC 4293 */
    HP_COUNTER(struct ipv4, in_receives, "packets that came"),
    HP_COUNTER(struct ipv4, in_hdr_errors, "of those: header, length, checksum or option wrong"),
    HP_COUNTER(struct ipv4, in_addr_errors, "of those: an address that is impossible, or not ours"),
    HP_COUNTER(struct ipv4, in_delivers, "datagrams handed to a protocol"),
    HP_COUNTER(struct ipv4, in_mcast_pkts, "packets that came to a group"),
    HP_COUNTER(struct ipv4, in_bcast_pkts, "packets that came to 255.255.255.255"),
    HP_COUNTER(struct ipv4, out_requests, "datagrams that protocols sent"),
    HP_COUNTER(struct ipv4, out_mcast_pkts, "datagrams sent to a group"),
    HP_COUNTER(struct ipv4, out_bcast_pkts, "datagrams sent to 255.255.255.255"),
    {0},
};

static const struct hp_setting ipv4_settings[] = {
    {"ttl", "", "time to live of what is sent", offsetof(struct ipv4, ttl), IP_TTL_DEFAULT, 1, 255},
    {0},
};

const struct hp_proto ipv4_proto = {
    .name = "ipv4", .layer = 3, .table = BY_ETHERTYPE, .number = ETHERTYPE_IPV4, .state_size = sizeof(struct ipv4),
    .start = ipv4_start, .stop = ipv4_stop, .rx = ipv4_rx, .counters = ipv4_counters, .settings = ipv4_settings,
};
