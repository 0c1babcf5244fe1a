/* TCP: opening a connection from here (RFC 9293 3.5, 3.10.1, 3.10.7.3), initial sequence numbers (RFC 6528), and the options that
 * only SYNs carry (RFC 9293 3.7.1, RFC 7323, RFC 2018). */
#include "l4_transport/tcp/tcp.h"

/* RFC 6528: a clock of 4 microseconds plus a keyed hash of the connection. */
uint32_t tcp_isn(const struct tcp_host *h, const struct flow *f, hp_time now)
{
    return (uint32_t)(now / 4000) + (uint32_t)secret_key(&h->isn_key, f, sizeof *f);
}

/* Timestamps start anywhere, so that they tell neither uptime nor one machine behind two addresses (RFC 7323 7.1). */
uint32_t tcp_ts_offset(const struct tcp_host *h, const struct flow *f)
{
    return (uint32_t)secret_key(&h->ts_key, f, sizeof *f);
}

/* ---- sizes ---- */

uint16_t tcp_mss_for(const struct ip_path *path, const struct hp_ip *peer)
{
    size_t headers = ip_header_len(peer) + TCP_HEADER;
    uint32_t mtu = tcp_min(path->mtu ? path->mtu : 1500, 65535);
    return mtu > headers + TCP_MSS_MIN ? (uint16_t)(mtu - headers) : TCP_MSS_MIN;
}

uint16_t tcp_mss_of_peer(const struct tcp_opts *o, const struct hp_ip *peer)
{
    if (!(o->has & TCP_HAS_MSS)) return hp_ip_is4(peer) ? TCP_MSS_DEFAULT : TCP_MSS_DEFAULT6;
    return o->mss < TCP_MSS_MIN ? TCP_MSS_MIN : o->mss;
}

/* RFC 6691: what the peer said and what the path carries, less the options of every segment. */
void tcp_set_mss(struct tcp *t)
{
    uint32_t mss = tcp_min(t->peer_mss, tcp_mss_for(&t->path, &t->node.flow.peer));
    if (t->user_mss) mss = tcp_min(mss, t->user_mss);
    if (t->flags & TF_TS) mss -= 12;
    t->snd_mss = (uint16_t)mss;
}

/* The least shift that lets the window field reach what the buffer may grow to. */
uint8_t tcp_wscale_for(const struct tcp_host *h)
{
    uint8_t shift = 0;
    while (shift < TCP_WSCALE_MAX && (int64_t)TCP_WINDOW_MAX << shift < h->rcvbuf_max) shift++;
    return shift;
}

/* ---- options of SYNs ---- */

/* In SYN-SENT the flags say what we offer, afterwards what was agreed. */
void tcp_syn_options(struct tcp *t, struct tcp_opts *o)
{
    o->has = TCP_HAS_MSS;
    o->mss = tcp_mss_for(&t->path, &t->node.flow.peer);
    if (t->flags & TF_SACK) o->has |= TCP_HAS_SACK_OK;
    if (t->flags & TF_WSCALE) {
        o->has |= TCP_HAS_WSCALE;
        o->wscale = t->rcv_wscale;
    }
    if (t->flags & TF_TS) {
        o->has |= TCP_HAS_TS;
        o->ts_val = tcp_ts_now(t->host, t->ts_offset);
        o->ts_ecr = t->ts_recent;
    }
}

/* The peer's SYN: what both want is agreed, the rest is off (RFC 7323 1.3, RFC 2018 2). */
void tcp_take_syn_options(struct tcp *t, const struct tcp_opts *o)
{
    if (!(o->has & TCP_HAS_SACK_OK)) t->flags &= ~(uint32_t)TF_SACK;
    if (!(o->has & TCP_HAS_TS)) t->flags &= ~(uint32_t)TF_TS;
    if (!(o->has & TCP_HAS_WSCALE)) t->flags &= ~(uint32_t)TF_WSCALE;
    t->snd_wscale = t->flags & TF_WSCALE ? o->wscale : 0;
    if (!(t->flags & TF_WSCALE)) t->rcv_wscale = 0;
    if (t->flags & TF_TS) {
        t->ts_recent = o->ts_val;
        t->ts_recent_ms = (uint32_t)(t->sock.stack->now / HP_MS(1));
    }
    t->peer_mss = tcp_mss_of_peer(o, &t->node.flow.peer);
    tcp_set_mss(t);
}

/* RFC 6928: ten segments, but one if the SYN had to be sent again (RFC 5681 3.1). */
void tcp_start_sending(struct tcp *t, bool syn_lost)
{
    uint32_t segments = syn_lost ? 1 : (uint32_t)t->host->initial_window;
    t->cc = (struct cc){.cwnd = segments * t->snd_mss, .ssthresh = UINT32_MAX};
    t->recover = t->fack = t->lost_edge = t->rtx_edge = t->rtt_seq = t->snd_una;
    if (syn_lost && !t->srtt_us) t->rto_us = tcp_max(t->rto_us, 3000000); /* RFC 6298 5.7 */
    struct cc_told told = tcp_tell(t);
    if (t->cc_kind->start) t->cc_kind->start(&t->cc, &told);
    t->quick = TCP_QUICK_ACKS;
}

void tcp_established(struct tcp *t)
{
    t->flags |= TF_CONNECTED;
    t->backoff = 0;
    t->host->established++;
    t->max_wnd = tcp_max(t->max_wnd, t->snd_wnd);
    tcp_set_state(t, TCP_ESTABLISHED);
    t->drs_read = t->rcv_read;
    t->drs_at_us = (uint32_t)(t->sock.stack->now / 1000);
    tcp_keep_arm(t);
    if (!(t->flags & TF_QUEUED)) sock_mark(&t->sock, HP_WRITABLE);
    sock_mark_tx(&t->sock);
}

/* ---- active open: 3.10.1 ---- */

static int tcp_connect_check(const struct tcp *t, const struct hp_endpoint *peer)
{
    if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED) return HP_EALREADY;
    if (t->state == TCP_LISTEN) return HP_EOPNOTSUPP;
    if (t->state != TCP_CLOSED || t->flags & TF_CONNECTED) return HP_EISCONN;
    if (!peer->port) return HP_EADDRNOTAVAIL;
    if (hp_ip_is_multicast(&peer->ip) || hp_ip_is_broadcast(&peer->ip)) return HP_ENETUNREACH;
    if (hp_ip_is4(&peer->ip) && t->flags & TF_V6ONLY) return HP_ENETUNREACH;
    return HP_OK;
}

/* The four-tuple: path, source address, port. */
static int tcp_connect_flow(struct tcp *t, const struct hp_endpoint *peer)
{
    struct hp_stack *s = t->sock.stack;
    struct flow *f = &t->node.flow;
    bool any = hp_ip_is_any(&f->local);
    if (peer->link) t->node.link = peer->link;
    f->peer = peer->ip;
    f->peer_port = peer->port;
    if (hp_ip_is_any(&peer->ip)) f->peer = hp_ip_is4(&peer->ip) ? hp_ip4(127, 0, 0, 1) : (struct hp_ip){{[15] = 1}};
    if (!any && hp_ip_is4(&f->local) != hp_ip_is4(&f->peer)) return HP_ENETUNREACH;
    int err = ip_path_check(s, &t->path, &f->peer, t->node.link);
    if (!err && any) err = ip_path_source(s, &t->path, &f->peer, &f->local);
    if (err) return err;
    if (!f->local_port) return tcp_pick_port(t);
    struct tcp_node *other = tcp_find(t->host, f);
    return other ? HP_EADDRINUSE : HP_OK;
}

static void tcp_connect_start(struct tcp *t)
{
    struct tcp_host *h = t->host;
    const struct flow *f = &t->node.flow;
    t->iss = tcp_isn(h, f, t->sock.stack->now);
    t->ts_offset = tcp_ts_offset(h, f);
    t->snd_una = t->snd_nxt = t->iss;
    t->snd_end = t->iss + 1;
    t->snd_up = t->recover = t->fack = t->lost_edge = t->rtx_edge = t->rtt_seq = t->iss;
    t->rcv_wscale = h->window_scaling ? tcp_wscale_for(h) : 0;
    t->flags |= (h->timestamps ? TF_TS : 0) | (h->sack ? TF_SACK : 0) | (h->window_scaling ? TF_WSCALE : 0);
    t->peer_mss = TCP_MSS_DEFAULT;
    tcp_set_mss(t);
    t->cc = (struct cc){.cwnd = t->snd_mss, .ssthresh = UINT32_MAX};
    t->progress_at = t->rcv_at = t->sock.stack->now;
    h->opens_active++;
    tcp_set_state(t, TCP_SYN_SENT);
    sock_mark_tx(&t->sock);
}

int tcp_connect(struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct tcp *t = (struct tcp *)sock;
    int err = tcp_connect_check(t, peer);
    if (err) return err;
    struct tcp_node before = t->node;
    err = tcp_connect_flow(t, peer);
    if (!err) err = tcp_map(t->host, &t->node);
    if (err) {
        t->node = before;
        return err;
    }
    t->flags |= TF_MAPPED;
    sock->error = HP_OK;
    tcp_connect_start(t);
    return HP_EINPROGRESS;
}

/* ---- SYN-SENT: 3.10.7.3 ---- */

/* First: ACK.  A peer that still holds an older incarnation answers with its own numbers: it gets a RST, and a new SYN at once. */
static bool tcp_syn_sent_ack(struct tcp *t, struct tcp_seg *g)
{
    if (!(g->flags & TCP_ACK)) return true;
    if (seq_gt(g->ack, t->iss) && seq_leq(g->ack, t->snd_nxt)) return true;
    if (!(g->flags & TCP_RST)) {
        tcp_reply_rst(t->host, &t->node.flow, t->node.link, g);
        if (t->ring.count && tcp_ring_at(t, 0)->tries < 2) {
            tcp_mark_lost(t, tcp_ring_at(t, 0));
            sock_mark_tx(&t->sock);
        }
    }
    tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_ACK);
    return false;
}

static void tcp_syn_sent_syn(struct tcp *t, struct tcp_seg *g)
{
    t->irs = g->seq;
    t->rcv_nxt = t->last_ack_sent = g->seq + 1;
    t->rcv_adv = t->rcv_nxt + tcp_min(t->rcvbuf, TCP_WINDOW_MAX);
    t->rcv_read = t->rcv_nxt;
    tcp_take_syn_options(t, g->o);
    t->snd_wnd = t->max_wnd = g->wnd;
    t->snd_wl1 = g->seq;
    t->snd_wl2 = g->ack;
}

/* Answers whether the segment goes on to its text. */
bool tcp_syn_sent_arrives(struct tcp *t, struct tcp_seg *g)
{
    if (!tcp_syn_sent_ack(t, g)) return false;
    bool acked = g->flags & TCP_ACK;
    if (g->flags & TCP_RST) { /* second */
        tcp_seg_drop(t->sock.stack, g, acked ? HP_DROP_TAKEN : HP_DROP_TCP_RST);
        if (acked) tcp_end(t, HP_ECONNREFUSED);
        return false;
    }
    if (!(g->flags & TCP_SYN)) { /* fifth */
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_FLAGS);
        return false;
    }
    tcp_syn_sent_syn(t, g); /* fourth */
    if (!acked) {           /* both opened at once: our SYN again, now with an ACK */
        tcp_set_state(t, TCP_SYN_RECEIVED);
        if (t->ring.count) tcp_mark_lost(t, tcp_ring_at(t, 0));
        sock_mark_tx(&t->sock);
    } else {
        bool syn_lost = t->ring.count && tcp_ring_at(t, 0)->tries > 1;
        struct cc_told told = tcp_tell(t);
        tcp_acked(t, g->ack, g->o, &told);
        tcp_start_sending(t, syn_lost);
        tcp_established(t);
        t->flags |= TF_ACK_NOW;
    }
    g->seq++; /* what follows is text */
    g->flags &= (uint16_t)~TCP_SYN;
    return true;
}
