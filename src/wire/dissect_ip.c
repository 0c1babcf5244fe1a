/* Dissecting layer 3: IPv4 and IPv6 with their options and extension headers. */
#include "wire/dissect_layers.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/sum.h"

static const struct dissect_word ipproto_word[] = {
    {IP_PROTO_HOPOPTS, "hop-by-hop"}, {IP_PROTO_ICMP, "ICMP"}, {IP_PROTO_IGMP, "IGMP"}, {IP_PROTO_IPV4, "IPIP"},
    {IP_PROTO_TCP, "TCP"}, {IP_PROTO_UDP, "UDP"}, {IP_PROTO_IPV6, "IPv6"}, {IP_PROTO_ROUTING, "routing"},
    {IP_PROTO_FRAGMENT, "fragment"}, {IP_PROTO_GRE, "GRE"}, {IP_PROTO_ESP, "ESP"}, {IP_PROTO_AH, "AH"},
    {IP_PROTO_ICMPV6, "ICMPv6"}, {IP_PROTO_NONE, "no next header"}, {IP_PROTO_DSTOPTS, "destination options"},
    {IP_PROTO_OSPF, "OSPF"}, {IP_PROTO_VRRP, "VRRP"}, {IP_PROTO_SCTP, "SCTP"}, {IP_PROTO_UDPLITE, "UDP-Lite"}, {0, NULL}};
static const struct dissect_word ecn_word[] = {{0, "Not-ECT"}, {1, "ECT(1)"}, {2, "ECT(0)"}, {3, "CE"}, {0, NULL}};

const char *dissect_ipproto_text(uint8_t proto)
{
    const char *word = dissect_word_of(ipproto_word, proto);
    return word ? word : "proto";
}

void (*dissect_by_ipproto(uint8_t proto))(struct dissect *d)
{
    switch (proto) {
    case IP_PROTO_TCP: return dissect_tcp;
    case IP_PROTO_UDP: return dissect_udp;
    case IP_PROTO_ICMP: return dissect_icmp4;
    case IP_PROTO_ICMPV6: return dissect_icmp6;
    case IP_PROTO_IGMP: return dissect_igmp;
    case IP_PROTO_IPV4: return dissect_ipv4;
    case IP_PROTO_IPV6: return dissect_ipv6;
    default: return dissect_data;
    }
}

void dissect_raw_ip(struct dissect *d)
{
    unsigned version = d->n ? d->frame.p[d->at] >> 4 : 0;
    if (version == 4) dissect_ipv4(d);
    else if (version == 6) dissect_ipv6(d);
    else dissect_bad(d, "neither IPv4 nor IPv6");
}

/* "10.0.0.1 > 10.0.0.2 TCP", "... 10.0.0.2 proto=99" */
static void dissect_ip_summary(struct dline *t, const struct hp_ip *src, const struct hp_ip *dst, uint8_t proto)
{
    dline_ip(t, src);
    dline_str(t, " > ");
    dline_ip(t, dst);
    const char *word = dissect_word_of(ipproto_word, proto);
    if (word) dline_char(t, ' ');
    if (word) dline_str(t, word);
    else dline_key(t, "proto", proto);
}

static unsigned dissect_ip_join(const struct dissect *d) { return d->tunnel ? DISSECT_AFTER : DISSECT_OVER; }

static void dissect_ip_set(struct dissect *d, const struct hp_ip *src, const struct hp_ip *dst, uint8_t proto)
{
    d->src = *src;
    d->dst = *dst;
    d->proto = proto;
    d->tunnel = true;
}

/* ---- IPv4 ---- */

static const struct dissect_row ipv4_row[] = {
    {"ip.version", "Version", 0, 1, D_DEC, 4, 15, NULL},
    {"ip.hdr_len", "Header Length", 0, 1, D_WORDS, 0, 15, NULL},
    {"ip.dsfield.dscp", "Differentiated Services Codepoint", 1, 1, D_DEC, 2, 0x3f, NULL},
    {"ip.dsfield.ecn", "Explicit Congestion Notification", 1, 1, D_DEC, 0, 3, ecn_word},
    {"ip.len", "Total Length", 2, 2, D_DEC, 0, 0, NULL},
    {"ip.id", "Identification", 4, 2, D_HEX, 0, 0, NULL},
    {"ip.flags.rb", "Reserved bit", 6, 2, D_FLAG, 15, 1, NULL},
    {"ip.flags.df", "Don't fragment", 6, 2, D_FLAG, 14, 1, NULL},
    {"ip.flags.mf", "More fragments", 6, 2, D_FLAG, 13, 1, NULL},
    {"ip.frag_offset", "Fragment Offset", 6, 2, D_EIGHTS, 0, 0x1fff, NULL},
    {"ip.ttl", "Time to Live", 8, 1, D_DEC, 0, 0, NULL},
    {"ip.proto", "Protocol", 9, 1, D_DEC, 0, 0, ipproto_word},
    {"ip.checksum", "Header Checksum", 10, 2, D_HEX, 0, 0, NULL},
};
static const struct dissect_row ipv4_address_row[] = {
    {"ip.src", "Source Address", 12, 4, D_IP4, 0, 0, NULL},
    {"ip.dst", "Destination Address", 16, 4, D_IP4, 0, 0, NULL},
};
static const struct dissect_word ipv4_opt_word[] = {
    {IPV4_OPT_RR, "Record Route"}, {IPV4_OPT_TS, "Time Stamp"}, {IPV4_OPT_SECURITY, "Security"},
    {IPV4_OPT_LSRR, "Loose Source Route"}, {IPV4_OPT_SSRR, "Strict Source Route"}, {IPV4_OPT_RA, "Router Alert"}, {0, NULL}};

static void dissect_ipv4_options(struct dissect *d, struct hp_bytes in, const struct ipv4_hdr *h)
{
    struct ipv4_opts o = ipv4_opts_start(in, h);
    struct ipv4_opt opt;
    while (ipv4_opts_next(&o, &opt)) {
        const char *word = dissect_word_of(ipv4_opt_word, opt.type);
        char buf[128];
        struct dline t = dline_of(buf, sizeof buf);
        if (word) dline_str(&t, word);
        else dline_u(&t, opt.type);
        dline_char(&t, ' ');
        dline_raw(&t, opt.data);
        dissect_value(d, 1, "ip.opt.type", "Option", d->at + opt.at, opt.data.n + 2, opt.type, buf);
    }
    if (o.bad) dissect_text(d, 1, "_ws.malformed", "Malformed", d->at + o.at, (size_t)(o.end - o.at), "IP option");
}

static const char *dissect_ipv4_why(enum ipv4_result result)
{
    switch (result) {
    case IPV4_SHORT: return "IPv4 header cut off";
    case IPV4_VERSION: return "not IP version 4";
    case IPV4_HLEN: return "IPv4 header length below 20";
    default: return "IPv4 total length";
    }
}

static void dissect_ipv4_next(struct dissect *d, const struct ipv4_hdr *h)
{
    size_t end = h->len < d->n ? h->len : d->n;
    d->fragment = ipv4_is_fragment(h);
    void (*next)(struct dissect *) = h->frag_off ? dissect_data : dissect_by_ipproto(h->proto);
    dissect_go(d, end > h->hlen ? next : NULL, h->hlen, end - h->hlen);
}

void dissect_ipv4(struct dissect *d)
{
    char buf[128];
    struct dline t = dline_of(buf, sizeof buf);
    struct ipv4_hdr h;
    struct hp_bytes in = dissect_bytes(d);
    enum ipv4_result result = d->quote ? ipv4_parse_quoted(in, &h) : ipv4_parse(in, &h);
    bool ok = result == IPV4_OK || result == IPV4_CHECKSUM;
    if (ok) dissect_ip_summary(&t, &h.src, &h.dst, h.proto);
    else dline_str(&t, "ip");
    if (ok && ipv4_is_fragment(&h)) {
        dline_str(&t, " fragment");
        dline_key(&t, "id", h.id);
        dline_key(&t, "off", h.frag_off);
        dline_str(&t, h.mf ? "+" : "");
        dline_key(&t, "len", (uint64_t)(h.len - h.hlen));
    }
    unsigned kept = ok && ipv4_is_fragment(&h) ? DISSECT_KEPT : 0;
    dissect_layer(d, "ip", "Internet Protocol Version 4", ok ? h.hlen : d->n, &t, dissect_ip_join(d) | kept);
    dissect_rows(d, 1, DISSECT_ROWS(ipv4_row), d->at, d->n);
    if (ok && !d->quote) dissect_checksum(d, "ip.checksum.status", d->at + 10, result == IPV4_OK);
    dissect_rows(d, 1, DISSECT_ROWS(ipv4_address_row), d->at, d->n);
    if (!ok) {
        dissect_bad(d, dissect_ipv4_why(result));
        return;
    }
    dissect_ipv4_options(d, in, &h);
    dissect_ip_set(d, &h.src, &h.dst, h.proto);
    dissect_ipv4_next(d, &h);
}

/* ---- IPv6 ---- */

static const struct dissect_row ipv6_row[] = {
    {"ipv6.version", "Version", 0, 1, D_DEC, 4, 15, NULL},
    {"ipv6.tclass.dscp", "Differentiated Services Codepoint", 0, 4, D_DEC, 22, 0x3f, NULL},
    {"ipv6.tclass.ecn", "Explicit Congestion Notification", 0, 4, D_DEC, 20, 3, ecn_word},
    {"ipv6.flow", "Flow Label", 0, 4, D_HEX, 0, 0xfffff, NULL},
    {"ipv6.plen", "Payload Length", 4, 2, D_DEC, 0, 0, NULL},
    {"ipv6.nxt", "Next Header", 6, 1, D_DEC, 0, 0, ipproto_word},
    {"ipv6.hlim", "Hop Limit", 7, 1, D_DEC, 0, 0, NULL},
    {"ipv6.src", "Source Address", 8, 16, D_IP6, 0, 0, NULL},
    {"ipv6.dst", "Destination Address", 24, 16, D_IP6, 0, 0, NULL},
};
static const struct dissect_row ipv6_hopopts_row[] = {
    {"ipv6.hopopts.nxt", "Next Header", 0, 1, D_DEC, 0, 0, ipproto_word},
    {"ipv6.hopopts.len", "Length (8 bytes, after the first)", 1, 1, D_DEC, 0, 0, NULL},
};
static const struct dissect_row ipv6_dstopts_row[] = {
    {"ipv6.dstopts.nxt", "Next Header", 0, 1, D_DEC, 0, 0, ipproto_word},
    {"ipv6.dstopts.len", "Length (8 bytes, after the first)", 1, 1, D_DEC, 0, 0, NULL},
};
static const struct dissect_row ipv6_routing_row[] = {
    {"ipv6.routing.nxt", "Next Header", 0, 1, D_DEC, 0, 0, ipproto_word},
    {"ipv6.routing.len", "Length (8 bytes, after the first)", 1, 1, D_DEC, 0, 0, NULL},
    {"ipv6.routing.type", "Type", 2, 1, D_DEC, 0, 0, NULL},
    {"ipv6.routing.segleft", "Segments Left", 3, 1, D_DEC, 0, 0, NULL},
};
static const struct dissect_row ipv6_frag_row[] = {
    {"ipv6.fraghdr.nxt", "Next Header", 0, 1, D_DEC, 0, 0, ipproto_word},
    {"ipv6.fraghdr.offset", "Offset (8 bytes)", 2, 2, D_DEC, 3, 0x1fff, NULL},
    {"ipv6.fraghdr.more", "More Fragments", 2, 2, D_FLAG, 0, 1, NULL},
    {"ipv6.fraghdr.ident", "Identification", 4, 4, D_HEX, 0, 0, NULL},
};

static void dissect_ipv6_options(struct dissect *d, const struct ipv6_ext *e)
{
    struct ipv6_opts o = ipv6_opts_start(e);
    struct ipv6_opt opt;
    while (ipv6_opts_next(&o, &opt)) {
        char buf[128];
        struct dline t = dline_of(buf, sizeof buf);
        dline_hex(&t, opt.type, 2);
        dline_char(&t, ' ');
        dline_raw(&t, opt.data);
        dissect_value(d, 2, "ipv6.opt.type", "Option", d->at + opt.at, opt.data.n + 2, opt.type, buf);
    }
    if (o.bad) dissect_text(d, 2, "_ws.malformed", "Malformed", d->at + o.at, o.left.n, "IPv6 option");
}

static void dissect_ipv6_ext(struct dissect *d, const struct ipv6_ext *e)
{
    size_t at = d->at + e->at, n = e->all.n;
    switch (e->type) {
    case IP_PROTO_HOPOPTS:
        dissect_text(d, 1, "ipv6.hopopts", "Hop-by-Hop Options", at, n, "");
        dissect_rows(d, 2, DISSECT_ROWS(ipv6_hopopts_row), at, n);
        dissect_ipv6_options(d, e);
        break;
    case IP_PROTO_DSTOPTS:
        dissect_text(d, 1, "ipv6.dstopts", "Destination Options", at, n, "");
        dissect_rows(d, 2, DISSECT_ROWS(ipv6_dstopts_row), at, n);
        dissect_ipv6_options(d, e);
        break;
    case IP_PROTO_ROUTING:
        dissect_text(d, 1, "ipv6.routing", "Routing Header", at, n, "");
        dissect_rows(d, 2, DISSECT_ROWS(ipv6_routing_row), at, n);
        break;
    case IP_PROTO_FRAGMENT:
        dissect_text(d, 1, "ipv6.fraghdr", "Fragment Header", at, n, "");
        dissect_rows(d, 2, DISSECT_ROWS(ipv6_frag_row), at, n);
        break;
    default: dissect_raw(d, 1, "ah", "Authentication Header", at, n);
    }
}

static const char *dissect_ipv6_why(enum ipv6_walk_state state)
{
    switch (state) {
    case IPV6_WALK_SHORT: return "extension header cut off";
    case IPV6_WALK_ORDER: return "hop-by-hop options not first";
    default: return "too many extension headers";
    }
}

static void dissect_ipv6_fragment_summary(struct dline *t, const struct ipv6_frag *f, size_t len)
{
    dline_str(t, " fragment id=");
    dline_hex(t, f->id, 8);
    dline_key(t, "off", f->off);
    dline_str(t, f->mf ? "+" : "");
    dline_key(t, "len", len);
}

/* Looks ahead: the upper protocol and whether this is a fragment are part of the summary. */
static void dissect_ipv6_summary(struct dissect *d, struct dline *t, struct hp_bytes in, const struct ipv6_hdr *h)
{
    struct ipv6_walk w = ipv6_walk_start(in, h);
    struct ipv6_ext e;
    struct ipv6_frag f = {.off = 0};
    d->fragment = false;
    while (ipv6_walk_next(&w, &e))
        if (e.type == IP_PROTO_FRAGMENT && ipv6_frag_parse(e.all, &f)) d->fragment |= f.mf || f.off;
    dissect_ip_summary(t, &h->src, &h->dst, w.next);
    if (d->fragment) dissect_ipv6_fragment_summary(t, &f, w.left.n);
    dissect_ip_set(d, &h->src, &h->dst, w.next);
}

static void dissect_ipv6_next(struct dissect *d, struct hp_bytes in, const struct ipv6_hdr *h)
{
    struct ipv6_walk w = ipv6_walk_start(in, h);
    struct ipv6_ext e;
    while (ipv6_walk_next(&w, &e)) dissect_ipv6_ext(d, &e);
    bool later = w.state == IPV6_WALK_LATER_FRAGMENT, upper = w.state == IPV6_WALK_UPPER;
    size_t n = w.left.n;
    dissect_go(d, NULL, w.at, n);
    if (!later && !upper) dissect_bad(d, dissect_ipv6_why(w.state));
    else if (n > 0) d->next = later ? dissect_data : dissect_by_ipproto(w.next);
}

void dissect_ipv6(struct dissect *d)
{
    char buf[192];
    struct dline t = dline_of(buf, sizeof buf);
    struct ipv6_hdr h;
    struct hp_bytes in = dissect_bytes(d);
    enum ipv6_result result = d->quote ? ipv6_parse_quoted(in, &h) : ipv6_parse(in, &h);
    unsigned join = dissect_ip_join(d);
    if (result == IPV6_OK) dissect_ipv6_summary(d, &t, in, &h);
    else dline_str(&t, "ipv6");
    unsigned kept = result == IPV6_OK && d->fragment ? DISSECT_KEPT : 0;
    dissect_layer(d, "ipv6", "Internet Protocol Version 6", IPV6_HEADER, &t, join | kept);
    dissect_rows(d, 1, DISSECT_ROWS(ipv6_row), d->at, d->n);
    if (result == IPV6_OK) dissect_ipv6_next(d, in, &h);
    else dissect_bad(d, result == IPV6_SHORT ? "IPv6 header cut off" : result == IPV6_VERSION ? "not IP version 6" : "IPv6 payload length");
}
