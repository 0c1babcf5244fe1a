/* TCP: making segments (RFC 9293 3.1): header, options, checksum; data by reference to the send queue. */
#include "l4_transport/tcp/tcp.h"

uint32_t tcp_ts_now(const struct tcp_host *h, uint32_t offset) { return (uint32_t)(h->stack->now / HP_MS(1)) + offset; }

/* ---- any segment ---- */

struct tcp_out {
    const struct flow *flow;
    struct ip_path *path;
    struct tcp_hdr hdr;
    uint8_t ttl, tos;
};

/* A packet with room for header and options, and `n` bytes behind them. */
static struct hp_pkt *tcp_pkt_new(struct hp_stack *s, size_t hlen, size_t n)
{
    struct hp_pkt *p = pkt_alloc(s, hlen + n);
    if (p) pkt_put(p, hlen);
    return p;
}

/* The wire computes the checksum, or we do. */
static void tcp_put_sum(struct hp_stack *s, struct hp_pkt *p, const struct tcp_out *o)
{
    const struct hp_link *l = o->path ? link_get(s, o->path->link) : NULL;
    uint32_t len = (uint32_t)pkt_len(p);
    uint32_t sum = ip_pseudo_sum(&o->flow->local, &o->flow->peer, IPPROTO_TCP_, len);
    if (l && l->wire->flags & HP_WIRE_SUM_TX) {
        p->flags |= PKT_SUM_TX;
        p->sum_start = p->l4;
        p->sum_offset = 16;
        put16(p->data + 16, (uint16_t)~sum_fold(sum));
        return;
    }
    size_t linear = (size_t)(p->tail - p->data);
    sum = sum_add(sum, p->data, linear);
    if (p->more.n) sum = sum_add_at(sum, linear, p->more.p, p->more.n);
    put16(p->data + 16, sum_fold(sum));
}

/* Consumes p, whose options and data are in place. */
static void tcp_pkt_tx(struct tcp_host *h, struct hp_pkt *p, struct tcp_out *o)
{
    struct hp_stack *s = h->stack;
    tcp_write(p->data, TCP_HEADER, &o->hdr);
    p->l4 = pkt_offset(p);
    p->src = o->flow->local;
    p->dst = o->flow->peer;
    p->proto = IPPROTO_TCP_;
    p->ttl = o->ttl;
    p->tos = o->tos;
    p->flags |= PKT_DF;
    tcp_put_sum(s, p, o);
    h->segments_out++;
    trace_down(s, 4, "tcp", p);
    ip_tx(s, p, o->path);
}

/* ---- segments of connections ---- */

/* Header fields that every segment of a connection has; an ACK is no longer owed. */
static struct tcp_out tcp_out_of(struct tcp *t, uint32_t seq, uint16_t flags, uint8_t hlen)
{
    struct tcp_out o = {.flow = &t->node.flow, .path = &t->path, .ttl = t->opt_ttl, .tos = t->tos};
    o.hdr = (struct tcp_hdr){.from = t->node.flow.local_port, .to = t->node.flow.peer_port, .seq = seq, .hlen = hlen,
                             .flags = flags};
    if (flags & TCP_ACK) {
        o.hdr.ack = t->rcv_nxt;
        o.hdr.win = flags & TCP_SYN ? (uint16_t)tcp_min(t->rcvbuf, TCP_WINDOW_MAX) : tcp_window_field(t);
        t->last_ack_sent = t->rcv_nxt;
        if (t->flags & (TF_ACK_NOW | TF_ACK_LATER)) {
            t->flags &= ~(uint32_t)(TF_ACK_NOW | TF_ACK_LATER);
            tcp_due_stop(t, TCP_DUE_ACK);
        }
    } else if (flags & TCP_SYN) {
        o.hdr.win = (uint16_t)tcp_min(t->rcvbuf, TCP_WINDOW_MAX);
    }
    if (seq_gt(t->snd_up, seq) && seq_gt(t->snd_up, t->snd_una) && t->snd_up - seq <= UINT16_MAX) {
        o.hdr.flags |= TCP_URG;
        o.hdr.urg = (uint16_t)(t->snd_up - seq);
    }
    t->segs_out++;
    return o;
}

/* Options of a segment without SYN into `out`; how many bytes. */
static uint8_t tcp_put_options(struct tcp *t, uint8_t *out, bool data)
{
    bool sack = t->rare && (t->rare->ooo.runs || t->rare->dsack);
    bool ts = t->flags & TF_TS;
    if (!sack || data) { /* blocks go with pure ACKs: they would shorten data */
        if (!ts) return 0;
        tcp_opts_write_ts(out, tcp_ts_now(t->host, t->ts_offset), t->ts_recent);
        return 12;
    }
    struct tcp_opts o = {.has = ts ? TCP_HAS_TS : 0, .ts_ecr = t->ts_recent};
    if (ts) o.ts_val = tcp_ts_now(t->host, t->ts_offset);
    tcp_write_sack(t, &o, ts ? 3 : 4);
    return (uint8_t)tcp_opts_write(out, TCP_OPTIONS_MAX, &o);
}

/* Copies `n` bytes from `seq` on, which are in more than one chunk. */
static void tcp_copy_data(struct hp_pkt *p, const struct tcp_chunk *c, uint32_t seq, uint32_t n)
{
    for (uint32_t at = seq - c->seq; n && c; c = c->next, at = 0) {
        uint32_t part = tcp_min(n, c->n - at);
        memcpy(pkt_put(p, part), c->p + at, part);
        n -= part;
    }
}

static bool tcp_send_syn(struct tcp *t, struct tcp_sent *r)
{
    uint8_t bytes[TCP_OPTIONS_MAX];
    struct tcp_opts o;
    tcp_path_renew(t);
    tcp_syn_options(t, &o);
    size_t n = tcp_opts_write(bytes, sizeof bytes, &o);
    struct hp_pkt *p = tcp_pkt_new(t->sock.stack, TCP_HEADER + n, 0);
    if (!p) return false;
    memcpy(p->data + TCP_HEADER, bytes, n);
    uint16_t flags = TCP_SYN | (t->state == TCP_SYN_SENT ? 0 : TCP_ACK);
    struct tcp_out out = tcp_out_of(t, r->seq, flags, (uint8_t)(TCP_HEADER + n));
    tcp_pkt_tx(t->host, p, &out);
    return true;
}

/* A segment with `n` bytes from record r on, a slice of the send queue where they are in one chunk; false: no memory. */
static bool tcp_send_data(struct tcp *t, const struct tcp_sent *r, uint32_t n, uint8_t sent_flags)
{
    uint8_t options[TCP_OPTIONS_MAX];
    uint8_t optlen = tcp_put_options(t, options, true);
    const struct tcp_chunk *c = r->chunk;
    bool copy = n && r->seq + n - c->seq > c->n;
    struct hp_pkt *p = tcp_pkt_new(t->sock.stack, TCP_HEADER + (size_t)optlen, copy ? n : 0);
    if (!p) return false;
    memcpy(p->data + TCP_HEADER, options, optlen);
    if (copy) tcp_copy_data(p, c, r->seq, n);
    else if (n) p->more = (struct hp_slice){.buf = buf_ref(c->buf), .p = c->p + (r->seq - c->seq), .n = n};
    if (n > t->snd_mss) p->gso_size = t->snd_mss;
    uint16_t flags = (uint16_t)(TCP_ACK | (sent_flags & TCP_SENT_FIN ? TCP_FIN : 0) | (sent_flags & TCP_SENT_PSH ? TCP_PSH : 0));
    if (t->flags & (TF_ACK_NOW | TF_ACK_LATER)) t->quick = 0; /* a conversation: ACKs travel with answers */
    struct tcp_out out = tcp_out_of(t, r->seq, flags, (uint8_t)(TCP_HEADER + optlen));
    tcp_pkt_tx(t->host, p, &out);
    return true;
}

static void tcp_record_sent(struct tcp *t, struct tcp_sent *r)
{
    r->at = t->sock.stack->now;
    if (r->tries < UINT8_MAX) r->tries++;
}

/* Sends the segment of this record; false: no memory. */
bool tcp_send_record(struct tcp *t, struct tcp_sent *r)
{
    bool sent = r->flags & TCP_SENT_SYN ? tcp_send_syn(t, r) : tcp_send_data(t, r, r->len, r->flags);
    if (sent) tcp_record_sent(t, r);
    return sent;
}

/* Sends the last `count` records as one packet that the wire cuts. */
bool tcp_send_run(struct tcp *t, uint32_t count)
{
    uint32_t first = t->ring.count - count, n = 0;
    for (uint32_t i = 0; i < count; i++) n += tcp_ring_at(t, first + i)->len;
    if (!tcp_send_data(t, tcp_ring_at(t, first), n, tcp_ring_at(t, first + count - 1)->flags)) return false;
    for (uint32_t i = 0; i < count; i++) tcp_record_sent(t, tcp_ring_at(t, first + i));
    t->segs_out += count - 1;
    return true;
}

static void tcp_send_empty(struct tcp *t, uint32_t seq, uint16_t flags)
{
    uint8_t options[TCP_OPTIONS_MAX];
    uint8_t n = tcp_put_options(t, options, false);
    struct hp_pkt *p = tcp_pkt_new(t->sock.stack, TCP_HEADER + (size_t)n, 0);
    if (!p) { /* the delayed ACK's timer tries again */
        if (flags & TCP_RST) return;
        t->flags = (t->flags & ~(uint32_t)TF_ACK_NOW) | TF_ACK_LATER;
        tcp_due(t, TCP_DUE_ACK, t->sock.stack->now + HP_MS(t->host->delack_ms));
        return;
    }
    memcpy(p->data + TCP_HEADER, options, n);
    struct tcp_out out = tcp_out_of(t, seq, flags, (uint8_t)(TCP_HEADER + n));
    tcp_pkt_tx(t->host, p, &out);
}

void tcp_send_ack(struct tcp *t)
{
    if (!tcp_in(t, TCP_SYNCHRONIZED | TCP_IS(TCP_SYN_RECEIVED))) return;
    tcp_send_empty(t, t->snd_nxt, TCP_ACK);
}

/* An old byte that must be answered: RFC 9293 3.8.4. */
void tcp_send_keepalive(struct tcp *t) { tcp_send_empty(t, t->snd_una - 1, TCP_ACK); }

void tcp_send_rst(struct tcp *t)
{
    t->host->resets_out++;
    tcp_send_empty(t, t->snd_nxt, TCP_RST | TCP_ACK);
}

/* ---- segments that belong to no connection ---- */

void tcp_reply_tx(struct tcp_host *h, const struct tcp_reply *r)
{
    uint8_t options[TCP_OPTIONS_MAX];
    size_t n = r->o ? tcp_opts_write(options, sizeof options, r->o) : 0;
    struct hp_pkt *p = tcp_pkt_new(h->stack, TCP_HEADER + n, 0);
    struct ip_path path = {0};
    if (!p) return;
    memcpy(p->data + TCP_HEADER, options, n);
    struct tcp_out out = {.flow = r->flow, .path = &path, .tos = r->tos};
    if (ip_path_check(h->stack, &path, &r->flow->peer, r->link)) {
        hp_drop(h->stack, p, HP_DROP_NO_ROUTE);
        return;
    }
    out.hdr = (struct tcp_hdr){.from = r->flow->local_port, .to = r->flow->peer_port, .seq = r->seq, .ack = r->ack,
                               .hlen = (uint8_t)(TCP_HEADER + n), .flags = r->flags, .win = r->win};
    tcp_pkt_tx(h, p, &out);
}

/* So many RSTs a second (scans, floods). */
static bool tcp_may_rst(struct tcp_host *h)
{
    uint32_t now = (uint32_t)(h->stack->now / HP_MS(1));
    if (now - h->rst_ms >= 1000 || !h->rst_begun) {
        h->rst_ms = now;
        h->rst_begun = true;
        h->rst_left = (uint32_t)h->rsts_per_s;
    }
    if (!h->rst_left) return false;
    h->rst_left--;
    return true;
}

/* RFC 9293 3.5.2: numbers such that whoever sent g believes it; never for a RST, never to a group. */
void tcp_reply_rst(struct tcp_host *h, const struct flow *f, uint16_t link, const struct tcp_seg *g)
{
    if (g->flags & TCP_RST || hp_ip_is_multicast(&f->peer) || hp_ip_is_any(&f->peer) || ip_is_broadcast(h->stack, &f->peer)) return;
    if (!tcp_may_rst(h)) return;
    struct tcp_reply r = {.flow = f, .link = link, .flags = TCP_RST};
    if (g->flags & TCP_ACK) {
        r.seq = g->ack;
    } else {
        r.flags |= TCP_ACK;
        r.ack = g->seq + tcp_seg_len(g);
    }
    h->resets_out++;
    tcp_reply_tx(h, &r);
}
