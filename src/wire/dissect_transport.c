/* Dissecting layer 4: UDP, and TCP with its options. */
#include "wire/dissect_layers.h"
#include "wire/sum.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* "10.0.0.1:40000 > 10.0.0.2:80 tcp"; [fe80::1]:53 */
static void dissect_ends(struct dline *t, const struct dissect *d, uint16_t from, uint16_t to, const char *name)
{
    char buf[HP_ENDPOINT_TEXT];
    struct hp_endpoint a = {d->src, from, 0}, b = {d->dst, to, 0};
    dline_str(t, hp_endpoint_text(&a, buf, sizeof buf));
    dline_str(t, " > ");
    dline_str(t, hp_endpoint_text(&b, buf, sizeof buf));
    dline_char(t, ' ');
    dline_str(t, name);
}

/* ---- UDP ---- */

static const struct dissect_row udp_row[] = {
    {"udp.srcport", "Source Port", 0, 2, D_DEC, 0, 0, NULL},
    {"udp.dstport", "Destination Port", 2, 2, D_DEC, 0, 0, NULL},
    {"udp.length", "Length", 4, 2, D_DEC, 0, 0, NULL},
    {"udp.checksum", "Checksum", 6, 2, D_HEX, 0, 0, NULL},
};

static void (*dissect_by_port(uint16_t from, uint16_t to))(struct dissect *d)
{
    for (int i = 0; i < 2; i++) {
        uint16_t port = i ? from : to;
        if (port == 53 || port == 5353 || port == 5355) return dissect_dns;
        if (port == 67 || port == 68) return dissect_dhcp4;
        if (port == 520) return dissect_rip;
    }
    return dissect_data;
}

void dissect_udp(struct dissect *d)
{
    char buf[160];
    struct dline t = dline_of(buf, sizeof buf);
    struct hp_bytes in = dissect_bytes(d);
    if (in.n < 4) {
        dissect_bad(d, "UDP header cut off");
        return;
    }
    uint16_t from = get16(in.p), to = get16(in.p + 2), len = in.n >= 6 ? get16(in.p + 4) : 0;
    dissect_ends(&t, d, from, to, "udp");
    if (len >= UDP_HEADER) dline_key(&t, "len", (uint64_t)len - UDP_HEADER);
    dissect_layer(d, "udp", "User Datagram Protocol", UDP_HEADER, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(udp_row), d->at, d->n);
    bool whole = in.n >= UDP_HEADER && len >= UDP_HEADER && (len <= in.n || d->fragment || d->quote);
    if (!whole && !d->quote) {
        dissect_bad(d, "UDP length");
        return;
    }
    if (in.n < UDP_HEADER) return;
    struct udp_hdr h = {from, to, len, get16(in.p + 6)};
    if (!d->fragment && !d->quote && h.sum)
        dissect_checksum(d, "udp.checksum.status", d->at + 6, udp_sum_ok(in, &h, sum_pseudo(&d->src, &d->dst, IP_PROTO_UDP, len)));
    size_t end = whole && len < in.n ? len : in.n;
    dissect_go(d, end > UDP_HEADER ? dissect_by_port(from, to) : NULL, UDP_HEADER, end - UDP_HEADER);
}

/* ---- TCP ---- */

static const struct dissect_row tcp_row[] = {
    {"tcp.srcport", "Source Port", 0, 2, D_DEC, 0, 0, NULL},
    {"tcp.dstport", "Destination Port", 2, 2, D_DEC, 0, 0, NULL},
    {"tcp.seq_raw", "Sequence Number (raw)", 4, 4, D_DEC, 0, 0, NULL},
    {"tcp.ack_raw", "Acknowledgment Number (raw)", 8, 4, D_DEC, 0, 0, NULL},
    {"tcp.hdr_len", "Header Length", 12, 1, D_WORDS, 4, 15, NULL},
};
static const struct dissect_row tcp_flag_row[] = {
    {"tcp.flags.res", "Reserved", 12, 2, D_DEC, 9, 7, NULL},
    {"tcp.flags.ae", "Accurate ECN", 12, 2, D_FLAG, 8, 1, NULL},
    {"tcp.flags.cwr", "Congestion Window Reduced", 12, 2, D_FLAG, 7, 1, NULL},
    {"tcp.flags.ece", "ECN-Echo", 12, 2, D_FLAG, 6, 1, NULL},
    {"tcp.flags.urg", "Urgent", 12, 2, D_FLAG, 5, 1, NULL},
    {"tcp.flags.ack", "Acknowledgment", 12, 2, D_FLAG, 4, 1, NULL},
    {"tcp.flags.push", "Push", 12, 2, D_FLAG, 3, 1, NULL},
    {"tcp.flags.reset", "Reset", 12, 2, D_FLAG, 2, 1, NULL},
    {"tcp.flags.syn", "Syn", 12, 2, D_FLAG, 1, 1, NULL},
    {"tcp.flags.fin", "Fin", 12, 2, D_FLAG, 0, 1, NULL},
};
static const struct dissect_row tcp_rest_row[] = {
    {"tcp.window_size_value", "Window", 14, 2, D_DEC, 0, 0, NULL},
    {"tcp.checksum", "Checksum", 16, 2, D_HEX, 0, 0, NULL},
};
static const struct dissect_row tcp_urgent_row[] = {
    {"tcp.urgent_pointer", "Urgent Pointer", 18, 2, D_DEC, 0, 0, NULL},
};

/* "SYN ACK", in the order in which RFC 9293 and people say them. */
static void dissect_tcp_flags_text(struct dline *t, uint16_t flags)
{
    static const struct dissect_word word[] = {{TCP_SYN, "SYN"}, {TCP_FIN, "FIN"}, {TCP_RST, "RST"}, {TCP_PSH, "PSH"},
                                               {TCP_ACK, "ACK"}, {TCP_URG, "URG"}, {TCP_ECE, "ECE"}, {TCP_CWR, "CWR"},
                                               {TCP_AE, "AE"}, {0, NULL}};
    bool any = false;
    for (const struct dissect_word *w = word; w->text; w++) {
        if (!(flags & w->value)) continue;
        if (any) dline_char(t, ' ');
        dline_str(t, w->text);
        any = true;
    }
    if (!any) dline_str(t, "none");
}

static void dissect_tcp_sacks(struct dline *t, const struct tcp_opts *o)
{
    dline_str(t, " sack=");
    for (int i = 0; i < o->sack_count; i++) {
        if (i) dline_char(t, ',');
        dline_u(t, o->sack[i].left);
        dline_char(t, '-');
        dline_u(t, o->sack[i].right);
    }
}

static void dissect_tcp_accecn(struct dline *t, const struct tcp_opts *o)
{
    dline_str(t, o->has & TCP_HAS_ACCECN0 ? " accecn0=" : " accecn1=");
    for (int i = 0; i < o->accecn_count; i++) {
        if (i) dline_char(t, '/');
        dline_u(t, o->accecn[i]);
    }
}

static void dissect_tcp_opts_text(struct dline *t, const struct tcp_opts *o)
{
    if (o->has & TCP_HAS_MSS) dline_key(t, "mss", o->mss);
    if (o->has & TCP_HAS_WSCALE) dline_key(t, "wscale", o->wscale);
    if (o->has & TCP_HAS_SACK_OK) dline_str(t, " sackok");
    if (o->has & TCP_HAS_TS) {
        dline_key(t, "ts", o->ts_val);
        dline_char(t, '/');
        dline_u(t, o->ts_ecr);
    }
    if (o->has & TCP_HAS_SACK) dissect_tcp_sacks(t, o);
    if (o->has & TCP_HAS_FASTOPEN) {
        dline_str(t, " fastopen");
        if (o->fastopen.n) dline_char(t, '=');
        dline_raw(t, o->fastopen);
    }
    if (o->has & TCP_HAS_MD5) dline_str(t, " md5");
    if (o->has & TCP_HAS_AO) dline_str(t, " ao");
    if (o->has & TCP_HAS_USER_TIMEOUT) dline_key(t, o->user_timeout >> 15 ? "uto-min" : "uto-s", o->user_timeout & 0x7fff);
    if (o->has & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) dissect_tcp_accecn(t, o);
    for (int i = 0; o->has & TCP_HAS_OTHER && i < o->other_count; i++) dline_key(t, "option", o->other[i].p[0]);
}

static void dissect_tcp_summary(struct dissect *d, struct dline *t, const struct tcp_hdr *h, const struct tcp_opts *o)
{
    dissect_ends(t, d, h->from, h->to, "tcp ");
    dissect_tcp_flags_text(t, h->flags);
    dline_key(t, "seq", h->seq);
    if (h->flags & TCP_ACK) dline_key(t, "ack", h->ack);
    dline_key(t, "win", h->win);
    if (h->flags & TCP_URG) dline_key(t, "urg", h->urg);
    dissect_tcp_opts_text(t, o);
    if (!d->fragment) dline_key(t, "len", d->n - h->hlen);
}

static const char *dissect_tcp_opt_name(uint8_t kind)
{
    switch (kind) {
    case TCP_OPT_MD5: return "tcp.options.md5.digest";
    case TCP_OPT_AO: return "tcp.options.ao";
    case TCP_OPT_FASTOPEN: return "tcp.options.tfo.cookie";
    case TCP_OPT_ACCECN0:
    case TCP_OPT_ACCECN1: return "tcp.options.acc_ecn";
    default: return "tcp.options.unknown.payload";
    }
}

static void dissect_tcp_opt(struct dissect *d, const struct tcp_opt *opt, size_t at)
{
    static const struct dissect_row mss[] = {{"tcp.options.mss_val", "Maximum segment size", 2, 2, D_DEC, 0, 0, NULL}};
    static const struct dissect_row ws[] = {{"tcp.options.wscale.shift", "Window scale: shift", 2, 1, D_DEC, 0, 0, NULL}};
    static const struct dissect_row ts[] = {{"tcp.options.timestamp.tsval", "Timestamp value", 2, 4, D_DEC, 0, 0, NULL},
                                            {"tcp.options.timestamp.tsecr", "Timestamp echo reply", 6, 4, D_DEC, 0, 0, NULL}};
    static const struct dissect_row sack[] = {{"tcp.options.sack_le", "SACK left edge", 0, 4, D_DEC, 0, 0, NULL},
                                              {"tcp.options.sack_re", "SACK right edge", 4, 4, D_DEC, 0, 0, NULL}};
    static const struct dissect_row uto[] = {{"tcp.options.user_to_granularity", "User timeout in minutes", 2, 2, D_FLAG, 15, 1, NULL},
                                             {"tcp.options.user_to_val", "User timeout", 2, 2, D_DEC, 0, 0x7fff, NULL}};
    size_t n = opt->data.n + 2;
    switch (opt->kind) {
    case TCP_OPT_MSS: dissect_rows(d, 2, DISSECT_ROWS(mss), at, n); return;
    case TCP_OPT_WSCALE: dissect_rows(d, 2, DISSECT_ROWS(ws), at, n); return;
    case TCP_OPT_TS: dissect_rows(d, 2, DISSECT_ROWS(ts), at, n); return;
    case TCP_OPT_USER_TIMEOUT: dissect_rows(d, 2, DISSECT_ROWS(uto), at, n); return;
    case TCP_OPT_SACK:
        for (size_t i = 2; i + 8 <= n; i += 8) dissect_rows(d, 2, DISSECT_ROWS(sack), at + i, 8);
        return;
    default:
        if (opt->data.n) dissect_raw(d, 2, dissect_tcp_opt_name(opt->kind), "Data", at + 2, opt->data.n);
    }
}

static const struct dissect_word tcp_opt_word[] = {
    {TCP_OPT_END, "End of option list"}, {TCP_OPT_NOP, "No-operation"},
    {TCP_OPT_MSS, "Maximum segment size"}, {TCP_OPT_WSCALE, "Window scale"}, {TCP_OPT_SACK_OK, "SACK permitted"},
    {TCP_OPT_SACK, "SACK"}, {TCP_OPT_TS, "Timestamps"}, {TCP_OPT_MD5, "MD5 signature"},
    {TCP_OPT_USER_TIMEOUT, "User timeout"}, {TCP_OPT_AO, "Authentication"}, {TCP_OPT_FASTOPEN, "Fast Open"},
    {TCP_OPT_ACCECN0, "Accurate ECN order 0"}, {TCP_OPT_ACCECN1, "Accurate ECN order 1"}, {0, NULL}};

/* "Timestamps (8)" */
static void dissect_tcp_kind(struct dissect *d, size_t at, size_t n, uint8_t kind)
{
    const char *word = dissect_word_of(tcp_opt_word, kind);
    char buf[40];
    struct dline t = dline_of(buf, sizeof buf);
    dline_str(&t, word ? word : "Unknown");
    dline_str(&t, " (");
    dline_u(&t, kind);
    dline_char(&t, ')');
    dissect_value(d, 1, "tcp.option_kind", "Option", at, n, kind, buf);
}

/* The options of one byte between two others. */
static size_t dissect_tcp_nops(struct dissect *d, struct hp_bytes options, size_t from)
{
    for (; from < options.n && options.p[from] == TCP_OPT_NOP; from++) dissect_tcp_kind(d, d->at + TCP_HEADER + from, 1, TCP_OPT_NOP);
    return from;
}

static void dissect_tcp_options(struct dissect *d, struct hp_bytes options)
{
    struct tcp_opt_walk w = {options, 0, false};
    struct tcp_opt opt;
    size_t base = d->at + TCP_HEADER, from = dissect_tcp_nops(d, options, 0);
    while (tcp_opt_next(&w, &opt)) {
        dissect_tcp_kind(d, base + opt.at, opt.data.n + 2, opt.kind);
        dissect_tcp_opt(d, &opt, base + opt.at);
        from = dissect_tcp_nops(d, options, w.at);
    }
    if (!w.bad && from < options.n) dissect_tcp_kind(d, base + from, 1, TCP_OPT_END);
    if (w.bad) dissect_text(d, 1, "_ws.malformed", "Malformed", base + w.at, options.n - w.at, "TCP option");
}

static void dissect_tcp_fields(struct dissect *d, const struct tcp_hdr *h)
{
    char buf[80];
    struct dline t = dline_of(buf, sizeof buf);
    dissect_rows(d, 1, DISSECT_ROWS(tcp_row), d->at, d->n);
    dline_hex(&t, h->flags, 3);
    dline_str(&t, " (");
    dissect_tcp_flags_text(&t, h->flags);
    dline_char(&t, ')');
    dissect_value(d, 1, "tcp.flags", "Flags", d->at + 12, 2, h->flags, buf);
    dissect_rows(d, 2, DISSECT_ROWS(tcp_flag_row), d->at, d->n);
    dissect_rows(d, 1, DISSECT_ROWS(tcp_rest_row), d->at, d->n);
    if (!d->fragment && !d->quote)
        dissect_checksum(d, "tcp.checksum.status", d->at + 16, sum_ok(sum_pseudo(&d->src, &d->dst, IP_PROTO_TCP, (uint32_t)d->n), dissect_bytes(d)));
    dissect_rows(d, 1, DISSECT_ROWS(tcp_urgent_row), d->at, d->n);
}

/* A quote may be cut after 8 bytes: ports and sequence number. */
static void dissect_tcp_short(struct dissect *d)
{
    char buf[160];
    struct dline t = dline_of(buf, sizeof buf);
    struct hp_bytes in = dissect_bytes(d);
    if (in.n >= 4) dissect_ends(&t, d, get16(in.p), get16(in.p + 2), "tcp");
    else dline_str(&t, "tcp");
    if (in.n >= 8) dline_key(&t, "seq", get32(in.p + 4));
    dissect_layer(d, "tcp", "Transmission Control Protocol", d->n, &t, in.n >= 4 ? DISSECT_OVER : DISSECT_AFTER);
    dissect_rows(d, 1, DISSECT_ROWS(tcp_row), d->at, d->n);
    if (!d->quote) dissect_bad(d, in.n < TCP_HEADER ? "TCP header cut off" : "TCP data offset");
}

void dissect_tcp(struct dissect *d)
{
    char buf[400];
    struct dline t = dline_of(buf, sizeof buf);
    struct tcp_hdr h;
    struct tcp_opts o;
    struct hp_bytes in = dissect_bytes(d);
    if (!tcp_parse(in, &h)) {
        dissect_tcp_short(d);
        return;
    }
    tcp_opts_parse(tcp_options(in, &h), &o);
    dissect_tcp_summary(d, &t, &h, &o);
    dissect_layer(d, "tcp", "Transmission Control Protocol", h.hlen, &t, DISSECT_OVER);
    dissect_tcp_fields(d, &h);
    dissect_tcp_options(d, tcp_options(in, &h));
    if (!d->fragment) dissect_number(d, 1, "tcp.len", "Segment Length", d->at, 0, d->n - h.hlen);
    size_t n = d->n - h.hlen;
    bool http = dissect_is_http(bytes_of(in.p + h.hlen, n));
    dissect_go(d, !n ? NULL : http ? dissect_http : dissect_data, h.hlen, n);
}
