/* ICMP for IPv4: RFC 792, RFC 1122 3.2.2, RFC 1191, RFC 1812 4.3, RFC 5927, RFC 6633 (source quench is dead).
 *
 * Echo requests are answered in their own bytes.  Errors that come are believed only as far as they go: the quoted packet must have an address of
 * ours as its source, and the transport that it belongs to decides what it means (hp_neterr).  Redirects, source quenches, and answers to
 * what we never ask (address masks, timestamps) are ignored. */
#include "wire/icmp4.h"

#include "l3_network/net.h"
#include "wire/ipv4.h"
#include "wire/sum.h"

enum { ICMP4_QUOTE_MAX = 576 - IPV4_HEADER - ICMP4_HEADER, ICMP4_ERROR_TOS = 0xc0 };

struct icmp4 {
    uint64_t in_msgs, in_errors, in_echos, in_echo_reps, in_dest_unreachs, in_time_excds, in_parm_probs, in_redirects,
        in_src_quenchs, out_msgs, out_errors, out_echo_reps, out_dest_unreachs, out_time_excds, out_parm_probs, out_redirects;
    int64_t echo, echo_broadcast;
};

/* ---- saying what went wrong ---- */

void icmp4_error_tx(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value);
void icmp4_redirect_tx(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next);

static struct icmp4_hdr icmp4_error_of(enum net_error what, uint32_t value)
{
    static const uint8_t unreach[] = {[IP_UNREACH_PORT] = ICMP4_UNREACH_PORT, [IP_UNREACH_PROTO] = ICMP4_UNREACH_PROTO,
                                      [IP_UNREACH_HOST] = ICMP4_UNREACH_HOST, [IP_UNREACH_NET] = ICMP4_UNREACH_NET,
                                      [IP_UNREACH_ADMIN] = ICMP4_UNREACH_ADMIN};
    struct icmp4_hdr h = {.type = ICMP4_UNREACHABLE};
    switch (what) {
    case NET_ERROR_UNREACH: h.code = unreach[value]; break;
    case NET_ERROR_TOO_BIG:
        h.code = ICMP4_UNREACH_FRAG;
        h.mtu = (uint16_t)(value < 65535 ? value : 65535);
        break;
    case NET_ERROR_TTL: h = (struct icmp4_hdr){.type = ICMP4_TIME_EXCEEDED, .code = ICMP4_TIME_TTL}; break;
    case NET_ERROR_REASSEMBLY: h = (struct icmp4_hdr){.type = ICMP4_TIME_EXCEEDED, .code = ICMP4_TIME_REASSEMBLY}; break;
    case NET_ERROR_PARAM: h = (struct icmp4_hdr){.type = ICMP4_PARAM_PROBLEM, .pointer = (uint8_t)value}; break;
    }
    return h;
}

/* RFC 1122 3.2.2: never about an ICMP error, a broadcast or multicast (at either layer), a later fragment, or a source that is not one
 * machine. */
static bool icmp4_may_say(const struct hp_stack *s, const struct hp_pkt *p, const struct ipv4_hdr *h, struct hp_bytes packet)
{
    uint8_t top = h->src.b[12];
    if (p->flags & (PKT_BROADCAST | PKT_MULTICAST) || h->frag_off) return false;
    if (top == 0 || top >= 224 || ip_is_broadcast(s, &h->src)) return false;
    if (hp_ip_is_multicast(&h->dst) || ip_is_broadcast(s, &h->dst)) return false;
    if (h->proto != IPPROTO_ICMP_) return true;
    struct hp_bytes icmp = bytes_from(packet, h->hlen);
    return icmp.n && (icmp.p[0] == ICMP4_ECHO || icmp.p[0] == ICMP4_ECHO_REPLY || icmp.p[0] == ICMP4_TIMESTAMP);
}

/* RFC 1812 4.3.2.4: the address that it was sent to, or of the link that it came by. */
static bool icmp4_source(struct hp_stack *s, const struct hp_pkt *p, const struct ipv4_hdr *h, struct hp_ip *src)
{
    if (ip_is_ours(s, &h->dst)) {
        *src = h->dst;
        return true;
    }
    const struct addr *a = p->link && !(p->flags & PKT_FORWARDED) ? net_addr_first(s, p->link) : NULL;
    while (a && !net_is4(&a->prefix.ip)) a = a->link_next;
    if (a) *src = a->prefix.ip;
    return a || ip_source(s, &h->src, 0, src) == HP_OK;
}

static void icmp4_count_out(struct icmp4 *c, uint8_t type)
{
    c->out_msgs++;
    if (type == ICMP4_UNREACHABLE) c->out_dest_unreachs++;
    if (type == ICMP4_TIME_EXCEEDED) c->out_time_excds++;
    if (type == ICMP4_PARAM_PROBLEM) c->out_parm_probs++;
    if (type == ICMP4_REDIRECT) c->out_redirects++;
}

static struct icmp4 *icmp4_of(const struct hp_stack *s)
{
    uint8_t row = s->by_ipproto[IPPROTO_ICMP_];
    return row ? s->row[row].state : NULL;
}

/* About `packet`, to whoever sent it. */
static void icmp4_tell(struct hp_stack *s, struct icmp4_hdr *e, struct hp_bytes packet, const struct ipv4_hdr *h, const struct hp_ip *src)
{
    e->body = bytes_upto(bytes_upto(packet, h->len), ICMP4_QUOTE_MAX);
    struct hp_pkt *m = pkt_alloc(s, ICMP4_HEADER + e->body.n);
    if (!m) return;
    icmp4_write_all(pkt_put(m, ICMP4_HEADER + e->body.n), ICMP4_HEADER + e->body.n, e);
    m->proto = IPPROTO_ICMP_;
    m->ttl = 0;
    m->tos = ICMP4_ERROR_TOS;
    m->l4 = pkt_offset(m);
    m->src = *src;
    m->dst = h->src;
    icmp4_count_out(icmp4_of(s), e->type);
    ip_tx(s, m, NULL);
}

void icmp4_error_tx(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value)
{
    struct icmp4 *c = icmp4_of(s);
    uint8_t room[ICMP4_QUOTE_MAX];
    struct hp_bytes packet = net_quote(p, room, sizeof room);
    struct ipv4_hdr h;
    struct hp_ip src;
    if (!c || ipv4_parse_quoted(packet, &h) != IPV4_OK || !icmp4_may_say(s, p, &h, packet)) return;
    if (!icmp4_source(s, p, &h, &src) || !net_error_allowed(s, &h.src)) return;
    struct icmp4_hdr e = icmp4_error_of(what, value);
    icmp4_tell(s, &e, packet, &h, &src);
}

/* RFC 1812 5.2.7.2: the sender and the better hop are on one subnet of ours; always for the host (4.3.3.2), never for its network. */
void icmp4_redirect_tx(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next)
{
    uint8_t room[ICMP4_QUOTE_MAX];
    struct hp_bytes packet = net_quote(p, room, sizeof room);
    struct ipv4_hdr h;
    const struct addr *a = net_addr_first(s, l);
    while (a && !(net_is4(&a->prefix.ip) && hp_prefix_has(&a->prefix, &p->src) && hp_prefix_has(&a->prefix, next))) a = a->link_next;
    if (!a || !icmp4_of(s) || ipv4_parse_quoted(packet, &h) != IPV4_OK || !icmp4_may_say(s, p, &h, packet)) return;
    if (!net_redirect_allowed(s, &h.src)) return;
    struct icmp4_hdr e = {.type = ICMP4_REDIRECT, .code = ICMP4_REDIRECT_HOST, .gateway = *next};
    icmp4_tell(s, &e, packet, &h, &a->prefix.ip);
}

/* ---- hearing what went wrong ---- */

/* RFC 1191 7.1: for routers that do not say their MTU. */
static uint32_t icmp4_plateau(uint32_t len)
{
    static const uint16_t plateau[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508};
    for (unsigned i = 0; i < sizeof plateau / sizeof plateau[0]; i++)
        if (plateau[i] < len) return plateau[i];
    return IPV4_MIN_MTU;
}

/* RFC 1122 4.2.3.9 and 3.2.2.1. */
static void icmp4_explain(const struct icmp4_hdr *m, const struct ipv4_hdr *quoted, struct hp_neterr *e)
{
    e->err = HP_EHOSTUNREACH;
    if (m->type == ICMP4_PARAM_PROBLEM) e->err = HP_EPROTO;
    if (m->type != ICMP4_UNREACHABLE) return;
    switch (m->code) {
    case ICMP4_UNREACH_NET:
    case ICMP4_UNREACH_NET_UNKNOWN: e->err = HP_ENETUNREACH; return;
    case ICMP4_UNREACH_PROTO:
    case ICMP4_UNREACH_PORT:
        e->err = HP_ECONNREFUSED;
        e->hard = true;
        return;
    case ICMP4_UNREACH_FRAG:
        e->err = HP_EMSGSIZE;
        e->mtu = m->mtu ? m->mtu : icmp4_plateau(quoted->len);
        return;
    case ICMP4_UNREACH_NET_ADMIN:
    case ICMP4_UNREACH_HOST_ADMIN:
    case ICMP4_UNREACH_ADMIN:
        e->err = HP_EACCES;
        e->hard = true;
        return;
    default: return;
    }
}

static enum hp_drop icmp4_rx_error(struct hp_stack *s, const struct hp_pkt *p, const struct icmp4_hdr *m)
{
    struct ipv4_hdr h;
    struct ip_quote q;
    if (ipv4_parse_quoted(m->body, &h) != IPV4_OK || !ipv4_quote_parse(m->body, &q)) return HP_DROP_ICMP_BAD;
    if (!ip_is_ours(s, &q.src) || q.transport.n < 8) return HP_DROP_ICMP_QUOTE;
    struct hp_neterr e = {.src = q.src, .dst = q.dst, .reporter = p->src, .icmp_type = m->type, .icmp_code = m->code,
                          .quote = q.transport, .pkt_id = p->id};
    icmp4_explain(m, &h, &e);
    if (e.err == HP_EMSGSIZE && e.mtu >= h.len) return HP_DROP_ICMP_QUOTE; /* it would have fitted */
    if (q.proto != IPPROTO_ICMP_) stack_error_ipproto(s, q.proto, &e);
    else if (q.transport.p[0] != ICMP4_ECHO) return HP_DROP_ICMP_QUOTE;
    else if (network(s)->echo_error) network(s)->echo_error(s, &e);
    return HP_DROP_TAKEN;
}

/* ---- echo ---- */

/* RFC 1122 3.2.2.6; not to a broadcast or multicast (Smurf).  Consumes. */
static void icmp4_rx_echo(struct hp_stack *s, struct icmp4 *c, struct hp_pkt *p)
{
    c->in_echos++;
    bool group = p->flags & (PKT_BROADCAST | PKT_MULTICAST) || p->dst.b[12] >= 224;
    if (!c->echo || (group && !c->echo_broadcast)) {
        hp_drop(s, p, HP_DROP_FILTERED);
        return;
    }
    struct hp_ip to = p->src, from = p->dst;
    if (group && ip_source(s, &to, 0, &from)) {
        hp_drop(s, p, HP_DROP_NO_ADDRESS);
        return;
    }
    if (!pkt_own(s, p, IPV4_HEADER, false)) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    uint16_t sum = sum_update16(get16(p->data + 2), ICMP4_ECHO << 8, ICMP4_ECHO_REPLY << 8);
    p->id = hp_next_pkt_id(s); /* in the request's place, but another packet */
    p->data[0] = ICMP4_ECHO_REPLY;
    put16(p->data + 2, sum ? sum : 0xffff); /* a message of zeros only has this sum; for all others both are right */
    p->flags = 0;
    p->gso_size = 0;
    p->ttl = 0;
    p->src = from;
    p->dst = to;
    c->out_msgs++;
    c->out_echo_reps++;
    ip_tx(s, p, NULL);
}

/* ---- up ---- */

static enum hp_drop icmp4_rx_type(struct hp_stack *s, struct icmp4 *c, const struct hp_pkt *p, const struct icmp4_hdr *m)
{
    const struct network *n = network(s);
    switch (m->type) {
    case ICMP4_ECHO_REPLY:
        c->in_echo_reps++;
        return n->echo_reply && n->echo_reply(s, p) ? HP_DROP_TAKEN : HP_DROP_ICMP_UNKNOWN;
    case ICMP4_UNREACHABLE: c->in_dest_unreachs++; return icmp4_rx_error(s, p, m);
    case ICMP4_TIME_EXCEEDED: c->in_time_excds++; return icmp4_rx_error(s, p, m);
    case ICMP4_PARAM_PROBLEM: c->in_parm_probs++; return icmp4_rx_error(s, p, m);
    case ICMP4_REDIRECT: c->in_redirects++; return HP_DROP_FILTERED;
    case ICMP4_SOURCE_QUENCH: c->in_src_quenchs++; return HP_DROP_FILTERED;
    default: return HP_DROP_ICMP_UNKNOWN;
    }
}

static void icmp4_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct icmp4 *c = state;
    struct icmp4_hdr m;
    c->in_msgs++;
    trace_up(s, 3, "icmp", p);
    if (pkt_bytes(p).n < ICMP4_HEADER && !pkt_own(s, p, 0, true)) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    bool echo = pkt_bytes(p).n >= ICMP4_HEADER && p->data[0] == ICMP4_ECHO;
    if (!echo && p->more.n && !pkt_own(s, p, 0, true)) { /* the others are read as a whole */
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    enum hp_drop why = HP_DROP_NONE;
    if (!icmp4_parse(pkt_bytes(p), &m)) why = HP_DROP_ICMP_BAD;
    else if (sum_fold(net_sum(p, 0)) != 0) why = HP_DROP_CHECKSUM;
    if (why) c->in_errors++;
    else if (!echo) why = icmp4_rx_type(s, c, p, &m);
    if (why) hp_drop(s, p, why);
    else icmp4_rx_echo(s, c, p);
}

/* ---- the protocol ---- */

static const struct hp_counter icmp4_counters[] = { /* RFC 4293, RFC 2011 */
    HP_COUNTER(struct icmp4, in_msgs, "messages that came"),
    HP_COUNTER(struct icmp4, in_errors, "of those: too short, or a bad checksum"),
    HP_COUNTER(struct icmp4, in_echos, "echo requests that came"),
    HP_COUNTER(struct icmp4, in_echo_reps, "echo replies that came"),
    HP_COUNTER(struct icmp4, in_dest_unreachs, "destination unreachable that came"),
    HP_COUNTER(struct icmp4, in_time_excds, "time exceeded that came"),
    HP_COUNTER(struct icmp4, in_parm_probs, "parameter problems that came"),
    HP_COUNTER(struct icmp4, in_redirects, "redirects that came; ignored"),
    HP_COUNTER(struct icmp4, in_src_quenchs, "source quenches that came; ignored"),
    HP_COUNTER(struct icmp4, out_msgs, "messages sent, of ping sockets not"),
    HP_COUNTER(struct icmp4, out_echo_reps, "echo replies sent"),
    HP_COUNTER(struct icmp4, out_dest_unreachs, "destination unreachable sent"),
    HP_COUNTER(struct icmp4, out_time_excds, "time exceeded sent"),
    HP_COUNTER(struct icmp4, out_parm_probs, "parameter problems sent"),
    HP_COUNTER(struct icmp4, out_redirects, "redirects sent"),
    {0},
};

static const struct hp_setting icmp4_settings[] = {
    {"echo", "", "answer echo requests", offsetof(struct icmp4, echo), 1, 0, 1},
    {"echo_broadcast", "", "answer those to broadcast and multicast addresses too", offsetof(struct icmp4, echo_broadcast), 0, 0, 1},
    {0},
};

const struct hp_proto icmp4_proto = {
    .name = "icmp", .layer = 3, .table = BY_IPPROTO, .number = IPPROTO_ICMP_, .state_size = sizeof(struct icmp4), .rx = icmp4_rx,
    .counters = icmp4_counters, .settings = icmp4_settings,
};
