/* Dissecting ICMP for IPv4 and IPv6, neighbour discovery, multicast listeners (IGMP, MLD), and the packets that errors quote. */
#include "wire/dissect_layers.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/nd.h"
#include "wire/sum.h"

static void dissect_addresses(struct dline *t, const struct dissect *d, const char *name)
{
    dline_ip(t, &d->src);
    dline_str(t, " > ");
    dline_ip(t, &d->dst);
    dline_char(t, ' ');
    dline_str(t, name);
}

/* " (10.0.0.1:5 > 10.0.0.2:53 udp)" */
static void dissect_quote_text(struct dline *t, const struct ip_quote *q)
{
    char buf[HP_ENDPOINT_TEXT];
    dline_str(t, " (");
    const struct hp_ip *ip[2] = {&q->src, &q->dst};
    for (int i = 0; i < 2; i++) {
        struct hp_endpoint e = {*ip[i], i ? q->to : q->from, 0};
        if (i) dline_str(t, " > ");
        if (q->ports) dline_str(t, hp_endpoint_text(&e, buf, sizeof buf));
        else dline_ip(t, ip[i]);
    }
    dline_char(t, ' ');
    dline_str(t, dissect_ipproto_text(q->proto));
    if (q->has_seq) dline_key(t, "seq", q->seq);
    dline_char(t, ')');
}

/* The quoted packet, one level deeper; a quote in it is not followed. */
static void dissect_quote(struct dissect *d, size_t from, size_t n, void (*layer)(struct dissect *))
{
    if (n == 0 || d->quote) return;
    struct dissect inner = *d;
    inner.quote = true;
    inner.depth = (uint8_t)(d->depth + 1);
    dissect_go(&inner, layer, from, n);
    dissect_run(&inner);
}

/* ---- ICMP for IPv4 ---- */

static const struct dissect_word icmp4_type_word[] = {
    {ICMP4_ECHO_REPLY, "echo reply"}, {ICMP4_UNREACHABLE, "unreachable"}, {ICMP4_SOURCE_QUENCH, "source quench"},
    {ICMP4_REDIRECT, "redirect"}, {ICMP4_ECHO, "echo request"}, {ICMP4_ROUTER_ADVERT, "router advertisement"},
    {ICMP4_ROUTER_SOLICIT, "router solicitation"}, {ICMP4_TIME_EXCEEDED, "time exceeded"},
    {ICMP4_PARAM_PROBLEM, "parameter problem"}, {ICMP4_TIMESTAMP, "timestamp request"},
    {ICMP4_TIMESTAMP_REPLY, "timestamp reply"}, {ICMP4_MASK, "address mask request"},
    {ICMP4_MASK_REPLY, "address mask reply"}, {0, NULL}};
static const struct dissect_word icmp4_unreachable_word[] = {
    {ICMP4_UNREACH_NET, "network"}, {ICMP4_UNREACH_HOST, "host"}, {ICMP4_UNREACH_PROTO, "protocol"},
    {ICMP4_UNREACH_PORT, "port"}, {ICMP4_UNREACH_FRAG, "fragmentation needed"}, {ICMP4_UNREACH_SOURCE_ROUTE, "source route failed"},
    {ICMP4_UNREACH_NET_UNKNOWN, "network unknown"}, {ICMP4_UNREACH_HOST_UNKNOWN, "host unknown"},
    {ICMP4_UNREACH_NET_ADMIN, "network prohibited"}, {ICMP4_UNREACH_HOST_ADMIN, "host prohibited"},
    {ICMP4_UNREACH_ADMIN, "prohibited"}, {0, NULL}};
static const struct dissect_row icmp4_row[] = {
    {"icmp.type", "Type", 0, 1, D_DEC, 0, 0, icmp4_type_word},
    {"icmp.code", "Code", 1, 1, D_DEC, 0, 0, NULL},
    {"icmp.checksum", "Checksum", 2, 2, D_HEX, 0, 0, NULL},
};
static const struct dissect_row icmp4_echo_row[] = {
    {"icmp.ident", "Identifier", 4, 2, D_DEC, 0, 0, NULL},
    {"icmp.seq", "Sequence Number", 6, 2, D_DEC, 0, 0, NULL},
};
static const struct dissect_row icmp4_mtu_row[] = {{"icmp.mtu", "MTU of next hop", 6, 2, D_DEC, 0, 0, NULL}};
static const struct dissect_row icmp4_gateway_row[] = {{"icmp.redir_gw", "Gateway Address", 4, 4, D_IP4, 0, 0, NULL}};
static const struct dissect_row icmp4_pointer_row[] = {{"icmp.pointer", "Pointer", 4, 1, D_DEC, 0, 0, NULL}};

static bool dissect_icmp4_has_id(uint8_t type)
{
    return type == ICMP4_ECHO || type == ICMP4_ECHO_REPLY || type == ICMP4_TIMESTAMP || type == ICMP4_TIMESTAMP_REPLY;
}

static void dissect_icmp4_summary(struct dissect *d, struct dline *t, const struct icmp4_hdr *h)
{
    const char *word = dissect_word_of(icmp4_type_word, h->type);
    const char *code = h->type == ICMP4_UNREACHABLE ? dissect_word_of(icmp4_unreachable_word, h->code) : NULL;
    dissect_addresses(t, d, "icmp ");
    if (word) dline_str(t, word);
    else dline_key(t, "type", h->type);
    if (code) dline_char(t, ' ');
    if (code) dline_str(t, code);
    else if (h->code) dline_key(t, "code", h->code);
    if (dissect_icmp4_has_id(h->type)) {
        dline_key(t, "id", h->id);
        dline_key(t, "seq", h->seq);
        dline_key(t, "len", h->body.n);
    }
    if (h->mtu) dline_key(t, "mtu", h->mtu);
    if (h->type == ICMP4_PARAM_PROBLEM) dline_key(t, "pointer", h->pointer);
    if (h->type == ICMP4_REDIRECT) dline_str(t, " to ");
    if (h->type == ICMP4_REDIRECT) dline_ip(t, &h->gateway);
    struct ip_quote q;
    if (icmp4_is_error(h->type) && ipv4_quote_parse(h->body, &q)) dissect_quote_text(t, &q);
}

void dissect_icmp4(struct dissect *d)
{
    char buf[300];
    struct dline t = dline_of(buf, sizeof buf);
    struct icmp4_hdr h;
    struct hp_bytes in = dissect_bytes(d);
    if (!icmp4_parse(in, &h)) {
        dissect_bad(d, "ICMP header cut off");
        return;
    }
    dissect_icmp4_summary(d, &t, &h);
    dissect_layer(d, "icmp", "Internet Control Message Protocol", ICMP4_HEADER, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(icmp4_row), d->at, d->n);
    if (!d->fragment && !d->quote) dissect_checksum(d, "icmp.checksum.status", d->at + 2, sum_ok(0, in));
    if (dissect_icmp4_has_id(h.type)) dissect_rows(d, 1, DISSECT_ROWS(icmp4_echo_row), d->at, d->n);
    if (h.type == ICMP4_UNREACHABLE && h.code == ICMP4_UNREACH_FRAG) dissect_rows(d, 1, DISSECT_ROWS(icmp4_mtu_row), d->at, d->n);
    if (h.type == ICMP4_REDIRECT) dissect_rows(d, 1, DISSECT_ROWS(icmp4_gateway_row), d->at, d->n);
    if (h.type == ICMP4_PARAM_PROBLEM) dissect_rows(d, 1, DISSECT_ROWS(icmp4_pointer_row), d->at, d->n);
    if (icmp4_is_error(h.type)) dissect_quote(d, ICMP4_HEADER, h.body.n, dissect_ipv4);
    else if (h.body.n) dissect_go(d, dissect_data, ICMP4_HEADER, h.body.n);
}

/* ---- IGMP (RFC 2236, RFC 3376) ---- */

static const struct dissect_word igmp_type_word[] = {
    {0x11, "query"}, {0x12, "v1 report"}, {0x16, "v2 report"}, {0x17, "leave"}, {0x22, "v3 report"}, {0, NULL}};
static const struct dissect_row igmp_row[] = {
    {"igmp.type", "Type", 0, 1, D_HEX, 0, 0, igmp_type_word},
    {"igmp.max_resp", "Max Resp Time (0.1 s)", 1, 1, D_DEC, 0, 0, NULL},
    {"igmp.checksum", "Checksum", 2, 2, D_HEX, 0, 0, NULL},
};
static const struct dissect_row igmp_group_row[] = {{"igmp.maddr", "Multicast Address", 4, 4, D_IP4, 0, 0, NULL}};
static const struct dissect_row igmp_count_row[] = {{"igmp.num_grp_recs", "Num Group Records", 6, 2, D_DEC, 0, 0, NULL}};
static const struct dissect_row igmp_record_row[] = {
    {"igmp.record_type", "Record Type", 0, 1, D_DEC, 0, 0, NULL},
    {"igmp.num_src", "Num Src", 2, 2, D_DEC, 0, 0, NULL},
    {"igmp.maddr", "Multicast Address", 4, 4, D_IP4, 0, 0, NULL},
};

static void dissect_igmp_records(struct dissect *d, unsigned count)
{
    size_t at = 8;
    while (count-- > 0) {
        size_t n = d->n - at >= 8 ? 8 + (size_t)d->frame.p[d->at + at + 1] * 4 + 4u * get16(d->frame.p + d->at + at + 2) : SIZE_MAX;
        if (n > d->n - at) {
            dissect_bad(d, "IGMP record cut off");
            return;
        }
        dissect_rows(d, 1, DISSECT_ROWS(igmp_record_row), d->at + at, n);
        at += n;
    }
}

void dissect_igmp(struct dissect *d)
{
    char buf[160];
    struct dline t = dline_of(buf, sizeof buf);
    struct hp_bytes in = dissect_bytes(d);
    const uint8_t *p = in.p;
    dissect_addresses(&t, d, "igmp ");
    const char *word = in.n ? dissect_word_of(igmp_type_word, p[0]) : NULL;
    dline_str(&t, word ? word : "unknown type");
    bool v3 = in.n >= 8 && p[0] == 0x22;
    if (in.n >= 8 && !v3 && get32(p + 4)) {
        struct hp_ip group = ip4_get(p + 4);
        dline_char(&t, ' ');
        dline_ip(&t, &group);
    }
    if (v3) dline_key(&t, "records", get16(p + 6));
    dissect_layer(d, "igmp", "Internet Group Management Protocol", d->n, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(igmp_row), d->at, d->n);
    if (in.n < 8) {
        dissect_bad(d, "IGMP cut off");
        return;
    }
    if (!d->fragment && !d->quote) dissect_checksum(d, "igmp.checksum.status", d->at + 2, sum_ok(0, in));
    if (v3) dissect_rows(d, 1, DISSECT_ROWS(igmp_count_row), d->at, d->n);
    else dissect_rows(d, 1, DISSECT_ROWS(igmp_group_row), d->at, d->n);
    if (v3) dissect_igmp_records(d, get16(p + 6));
}

/* ---- ICMP for IPv6 ---- */

static const struct dissect_word icmp6_type_word[] = {
    {ICMP6_UNREACHABLE, "unreachable"}, {ICMP6_TOO_BIG, "packet too big"}, {ICMP6_TIME_EXCEEDED, "time exceeded"},
    {ICMP6_PARAM_PROBLEM, "parameter problem"}, {ICMP6_ECHO, "echo request"}, {ICMP6_ECHO_REPLY, "echo reply"},
    {ICMP6_MLD_QUERY, "listener query"}, {ICMP6_MLD_REPORT, "listener report"}, {ICMP6_MLD_DONE, "listener done"},
    {ICMP6_RS, "router solicitation"}, {ICMP6_RA, "router advertisement"}, {ICMP6_NS, "neighbor solicitation"},
    {ICMP6_NA, "neighbor advertisement"}, {ICMP6_REDIRECT, "redirect"}, {ICMP6_MLD2_REPORT, "listener report v2"}, {0, NULL}};
static const struct dissect_word icmp6_unreachable_word[] = {
    {ICMP6_UNREACH_ROUTE, "no route"}, {ICMP6_UNREACH_ADMIN, "prohibited"}, {ICMP6_UNREACH_SCOPE, "beyond scope"},
    {ICMP6_UNREACH_HOST, "address"}, {ICMP6_UNREACH_PORT, "port"}, {ICMP6_UNREACH_POLICY, "policy"},
    {ICMP6_UNREACH_REJECT, "reject route"}, {0, NULL}};
static const struct dissect_row icmp6_row[] = {
    {"icmpv6.type", "Type", 0, 1, D_DEC, 0, 0, icmp6_type_word},
    {"icmpv6.code", "Code", 1, 1, D_DEC, 0, 0, NULL},
    {"icmpv6.checksum", "Checksum", 2, 2, D_HEX, 0, 0, NULL},
};
static const struct dissect_row icmp6_echo_row[] = {
    {"icmpv6.echo.identifier", "Identifier", 4, 2, D_DEC, 0, 0, NULL},
    {"icmpv6.echo.sequence_number", "Sequence", 6, 2, D_DEC, 0, 0, NULL},
};
static const struct dissect_row icmp6_mtu_row[] = {{"icmpv6.mtu", "MTU", 4, 4, D_DEC, 0, 0, NULL}};
static const struct dissect_row icmp6_pointer_row[] = {{"icmpv6.pointer", "Pointer", 4, 4, D_DEC, 0, 0, NULL}};
static const struct dissect_row icmp6_mld_row[] = {
    {"icmpv6.mld.maximum_response_delay", "Maximum Response Delay (ms)", 4, 2, D_DEC, 0, 0, NULL},
    {"icmpv6.mld.multicast_address", "Multicast Address", 8, 16, D_IP6, 0, 0, NULL},
};
static const struct dissect_row icmp6_mld2_row[] = {
    {"icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records", 6, 2, D_DEC, 0, 0, NULL}};
static const struct dissect_row icmp6_mld2_record_row[] = {
    {"icmpv6.mldr.mar.record_type", "Record Type", 0, 1, D_DEC, 0, 0, NULL},
    {"icmpv6.mldr.mar.nb_sources", "Number of Sources", 2, 2, D_DEC, 0, 0, NULL},
    {"icmpv6.mldr.mar.multicast_address", "Multicast Address", 4, 16, D_IP6, 0, 0, NULL},
};
static const struct dissect_row nd_ra_row[] = {
    {"icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", 4, 1, D_DEC, 0, 0, NULL},
    {"icmpv6.nd.ra.flag.m", "Managed address configuration", 5, 1, D_FLAG, 7, 1, NULL},
    {"icmpv6.nd.ra.flag.o", "Other configuration", 5, 1, D_FLAG, 6, 1, NULL},
    {"icmpv6.nd.ra.flag.prf", "Default Router Preference", 5, 1, D_DEC, 3, 3, NULL},
    {"icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", 6, 2, D_DEC, 0, 0, NULL},
    {"icmpv6.nd.ra.reachable_time", "Reachable time (ms)", 8, 4, D_DEC, 0, 0, NULL},
    {"icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", 12, 4, D_DEC, 0, 0, NULL},
};
static const struct dissect_row nd_ns_row[] = {{"icmpv6.nd.ns.target_address", "Target Address", 8, 16, D_IP6, 0, 0, NULL}};
static const struct dissect_row nd_na_row[] = {
    {"icmpv6.nd.na.flag.r", "Router", 4, 1, D_FLAG, 7, 1, NULL},
    {"icmpv6.nd.na.flag.s", "Solicited", 4, 1, D_FLAG, 6, 1, NULL},
    {"icmpv6.nd.na.flag.o", "Override", 4, 1, D_FLAG, 5, 1, NULL},
    {"icmpv6.nd.na.target_address", "Target Address", 8, 16, D_IP6, 0, 0, NULL},
};
static const struct dissect_row nd_redirect_row[] = {
    {"icmpv6.nd.rd.target_address", "Target Address", 8, 16, D_IP6, 0, 0, NULL},
    {"icmpv6.rd.na.destination_address", "Destination Address", 24, 16, D_IP6, 0, 0, NULL},
};

/* ---- options of neighbour discovery ---- */

static const struct dissect_word nd_opt_word[] = {
    {ND_OPT_SOURCE_MAC, "Source link-layer address"}, {ND_OPT_TARGET_MAC, "Target link-layer address"},
    {ND_OPT_PREFIX, "Prefix information"}, {ND_OPT_REDIRECTED, "Redirected header"}, {ND_OPT_MTU, "MTU"},
    {ND_OPT_NONCE, "Nonce"}, {ND_OPT_ROUTE, "Route Information"}, {ND_OPT_RDNSS, "Recursive DNS Server"},
    {ND_OPT_DNSSL, "DNS Search List"}, {0, NULL}};
static const struct dissect_row nd_mac_row[] = {{"icmpv6.opt.linkaddr", "Link-layer address", 2, 6, D_MAC, 0, 0, NULL}};
static const struct dissect_row nd_prefix_row[] = {
    {"icmpv6.opt.prefix.length", "Prefix Length", 2, 1, D_DEC, 0, 0, NULL},
    {"icmpv6.opt.prefix.flag.l", "On-link", 3, 1, D_FLAG, 7, 1, NULL},
    {"icmpv6.opt.prefix.flag.a", "Autonomous", 3, 1, D_FLAG, 6, 1, NULL},
    {"icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime (s)", 4, 4, D_DEC, 0, 0, NULL},
    {"icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime (s)", 8, 4, D_DEC, 0, 0, NULL},
    {"icmpv6.opt.prefix", "Prefix", 16, 16, D_IP6, 0, 0, NULL},
};
static const struct dissect_row nd_mtu_row[] = {{"icmpv6.opt.mtu", "MTU", 4, 4, D_DEC, 0, 0, NULL}};
static const struct dissect_row nd_route_row[] = {
    {"icmpv6.opt.prefix.length", "Prefix Length", 2, 1, D_DEC, 0, 0, NULL},
    {"icmpv6.opt.route_lifetime", "Route Lifetime (s)", 4, 4, D_DEC, 0, 0, NULL},
};
static const struct dissect_row nd_rdnss_row[] = {{"icmpv6.opt.rdnss.lifetime", "Lifetime (s)", 4, 4, D_DEC, 0, 0, NULL}};
static const struct dissect_row nd_server_row[] = {{"icmpv6.opt.rdnss", "Recursive DNS Server", 0, 16, D_IP6, 0, 0, NULL}};

static void dissect_nd_opt(struct dissect *d, uint8_t type, size_t at, size_t n)
{
    switch (type) {
    case ND_OPT_SOURCE_MAC:
    case ND_OPT_TARGET_MAC: dissect_rows(d, 2, DISSECT_ROWS(nd_mac_row), at, n); break;
    case ND_OPT_PREFIX: dissect_rows(d, 2, DISSECT_ROWS(nd_prefix_row), at, n); break;
    case ND_OPT_MTU: dissect_rows(d, 2, DISSECT_ROWS(nd_mtu_row), at, n); break;
    case ND_OPT_ROUTE: dissect_rows(d, 2, DISSECT_ROWS(nd_route_row), at, n); break;
    case ND_OPT_RDNSS:
        dissect_rows(d, 2, DISSECT_ROWS(nd_rdnss_row), at, n);
        for (size_t i = 8; i + 16 <= n; i += 16) dissect_rows(d, 2, DISSECT_ROWS(nd_server_row), at + i, 16);
        break;
    default: dissect_raw(d, 2, "icmpv6.opt.data", "Data", at + 2, n - 2);
    }
}

/* Walks the raw bytes, so that what comes before a malformed option is shown. */
static void dissect_nd_opts(struct dissect *d, size_t from)
{
    while (from < d->n) {
        const uint8_t *p = d->frame.p + d->at + from;
        size_t n = d->n - from >= 2 ? p[1] * (size_t)8 : 0;
        if (n == 0 || n > d->n - from) {
            dissect_bad(d, "option length");
            return;
        }
        const char *word = dissect_word_of(nd_opt_word, p[0]);
        dissect_number(d, 1, "icmpv6.opt.type", word ? word : "Option", d->at + from, n, p[0]);
        dissect_nd_opt(d, p[0], d->at + from, n);
        from += n;
    }
}

static void dissect_nd_summary(struct dline *t, const struct nd_msg *m)
{
    if (m->type == ICMP6_NS) dline_str(t, " who-has ");
    if (m->type == ICMP6_NA) dline_str(t, " ");
    if (m->type == ICMP6_REDIRECT) {
        dline_str(t, " ");
        dline_ip(t, &m->dst);
        dline_str(t, " via ");
    }
    if (m->type >= ICMP6_NS) dline_ip(t, &m->target);
    if (m->has_mac) dline_str(t, m->type == ICMP6_NA ? " is-at " : " mac ");
    if (m->has_mac) dline_mac(t, &m->mac);
    if (m->router) dline_str(t, " router");
    if (m->solicited) dline_str(t, " solicited");
    if (m->override) dline_str(t, " override");
    if (m->type != ICMP6_RA) return;
    dline_key(t, "lifetime", m->lifetime_s);
    struct nd_opts o = nd_opts_start(m);
    struct nd_opt opt;
    while (nd_opts_next(&o, &opt)) {
        char buf[HP_PREFIX_TEXT];
        if (opt.type == ND_OPT_MTU) dline_key(t, "mtu", opt.mtu);
        if (opt.type != ND_OPT_PREFIX && opt.type != ND_OPT_ROUTE) continue;
        dline_str(t, opt.type == ND_OPT_PREFIX ? " prefix=" : " route=");
        dline_str(t, hp_prefix_text(&opt.prefix, buf, sizeof buf));
    }
}

static void dissect_icmp6_summary(struct dissect *d, struct dline *t, struct hp_bytes in, const struct icmp6_hdr *h)
{
    const char *word = dissect_word_of(icmp6_type_word, h->type);
    const char *code = h->type == ICMP6_UNREACHABLE ? dissect_word_of(icmp6_unreachable_word, h->code) : NULL;
    struct nd_msg m;
    struct ip_quote q;
    dissect_addresses(t, d, "icmp6 ");
    if (word) dline_str(t, word);
    else dline_key(t, "type", h->type);
    if (code) dline_char(t, ' ');
    if (code) dline_str(t, code);
    else if (h->code) dline_key(t, "code", h->code);
    if (h->type == ICMP6_ECHO || h->type == ICMP6_ECHO_REPLY) {
        dline_key(t, "id", h->id);
        dline_key(t, "seq", h->seq);
        dline_key(t, "len", h->body.n);
    }
    if (h->type == ICMP6_TOO_BIG) dline_key(t, "mtu", h->mtu);
    if (h->type == ICMP6_PARAM_PROBLEM) dline_key(t, "pointer", h->pointer);
    if (h->type == ICMP6_MLD2_REPORT) dline_key(t, "records", get16(in.p + 6));
    if (h->type >= ICMP6_MLD_QUERY && h->type <= ICMP6_MLD_DONE && in.n >= 24) {
        struct hp_ip group = ip6_get(in.p + 8);
        dline_char(t, ' ');
        dline_ip(t, &group);
    }
    if (nd_parse(in, &m) == ND_OK) dissect_nd_summary(t, &m);
    if (icmp6_is_error(h->type) && ipv6_quote_parse(h->body, &q)) dissect_quote_text(t, &q);
}

static void dissect_mld2_records(struct dissect *d, unsigned count)
{
    size_t at = 8;
    while (count-- > 0) {
        const uint8_t *p = d->frame.p + d->at + at;
        size_t n = d->n - at >= 20 ? 20 + p[1] * (size_t)4 + get16(p + 2) * (size_t)16 : SIZE_MAX;
        if (n > d->n - at) {
            dissect_bad(d, "MLD record cut off");
            return;
        }
        dissect_rows(d, 1, DISSECT_ROWS(icmp6_mld2_record_row), d->at + at, n);
        at += n;
    }
}

/* A fixed part of `fixed` bytes, then options. */
static void dissect_nd(struct dissect *d, const struct dissect_row *rows, size_t count, size_t fixed)
{
    if (d->n < fixed) {
        dissect_bad(d, "ICMPv6 message cut off");
        return;
    }
    dissect_rows(d, 1, rows, count, d->at, d->n);
    dissect_nd_opts(d, fixed);
}

static void dissect_icmp6_body(struct dissect *d, const struct icmp6_hdr *h)
{
    switch (h->type) {
    case ICMP6_ECHO:
    case ICMP6_ECHO_REPLY:
        dissect_rows(d, 1, DISSECT_ROWS(icmp6_echo_row), d->at, d->n);
        if (h->body.n) dissect_go(d, dissect_data, ICMP6_HEADER, h->body.n);
        return;
    case ICMP6_RS: dissect_nd_opts(d, 8); return;
    case ICMP6_RA: dissect_nd(d, DISSECT_ROWS(nd_ra_row), 16); return;
    case ICMP6_NS: dissect_nd(d, DISSECT_ROWS(nd_ns_row), 24); return;
    case ICMP6_NA: dissect_nd(d, DISSECT_ROWS(nd_na_row), 24); return;
    case ICMP6_REDIRECT: dissect_nd(d, DISSECT_ROWS(nd_redirect_row), 40); return;
    case ICMP6_MLD_QUERY:
    case ICMP6_MLD_REPORT:
    case ICMP6_MLD_DONE: dissect_rows(d, 1, DISSECT_ROWS(icmp6_mld_row), d->at, d->n); return;
    case ICMP6_MLD2_REPORT:
        dissect_rows(d, 1, DISSECT_ROWS(icmp6_mld2_row), d->at, d->n);
        dissect_mld2_records(d, get16(d->frame.p + d->at + 6));
        return;
    default: break;
    }
    if (h->type == ICMP6_TOO_BIG) dissect_rows(d, 1, DISSECT_ROWS(icmp6_mtu_row), d->at, d->n);
    if (h->type == ICMP6_PARAM_PROBLEM) dissect_rows(d, 1, DISSECT_ROWS(icmp6_pointer_row), d->at, d->n);
    if (icmp6_is_error(h->type)) dissect_quote(d, ICMP6_HEADER, h->body.n, dissect_ipv6);
}

void dissect_icmp6(struct dissect *d)
{
    char buf[400];
    struct dline t = dline_of(buf, sizeof buf);
    struct icmp6_hdr h;
    struct hp_bytes in = dissect_bytes(d);
    if (!icmp6_parse(in, &h)) {
        dissect_bad(d, "ICMPv6 header cut off");
        return;
    }
    dissect_icmp6_summary(d, &t, in, &h);
    dissect_layer(d, "icmpv6", "Internet Control Message Protocol v6", ICMP6_HEADER, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(icmp6_row), d->at, d->n);
    if (!d->fragment && !d->quote)
        dissect_checksum(d, "icmpv6.checksum.status", d->at + 2,
                         sum_ok(sum_pseudo(&d->src, &d->dst, IP_PROTO_ICMPV6, (uint32_t)in.n), in));
    dissect_icmp6_body(d, &h);
}
