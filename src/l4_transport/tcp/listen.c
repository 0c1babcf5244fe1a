/* TCP: listening (RFC 9293 3.10.7.2).  A SYN makes a small struct tcp_half; the ACK that completes the handshake makes the connection, which waits
 * for accept().
 *
 * Invariants: halves <= halves_max, queued <= queued_max; a half-open connection lives synack_retries timeouts at most. */
#include "l4_transport/tcp/tcp.h"

enum { HALF_SACK = 1 << 0, HALF_TS = 1 << 1, HALF_WSCALE = 1 << 2, HALF_RTX = 1 << 3, TCP_BACKLOG_MAX = 65535, TCP_HALVES_MIN = 128 };

/* ---- the listener ---- */

int tcp_listen(struct hp_sock *sock, int backlog)
{
    struct tcp *t = (struct tcp *)sock;
    struct tcp_listener *l = t->listener;
    uint32_t max = backlog < 1 ? 1 : backlog > TCP_BACKLOG_MAX ? TCP_BACKLOG_MAX : (uint32_t)backlog;
    if (t->state != TCP_LISTEN) {
        static const struct hp_ip any;
        if (t->state != TCP_CLOSED || t->flags & TF_CONNECTED) return HP_EINVAL;
        int err = t->flags & TF_BOUND ? HP_OK : tcp_bind(t, &any, 0, 0);
        if (!err) err = tcp_listen_check(t);
        if (err) return err;
        l = mem_zalloc(sock->stack->mem, sizeof *l);
        if (!l) return HP_ENOMEM;
        *l = (struct tcp_listener){.sock = t, .half_last = &l->half, .queue_last = &l->queue};
        t->listener = l;
        tcp_set_state(t, TCP_LISTEN);
    }
    l->queued_max = max;
    l->halves_max = tcp_max(max, TCP_HALVES_MIN);
    return HP_OK;
}

void tcp_dequeue(struct tcp *t)
{
    struct tcp_listener *l = t->listener;
    assert(t->flags & TF_QUEUED);
    *t->list_prev = t->list_next;
    if (t->list_next) t->list_next->list_prev = t->list_prev;
    else l->queue_last = t->list_prev;
    t->flags &= ~(uint32_t)TF_QUEUED;
    t->listener = NULL;
    l->queued--;
}

static void tcp_enqueue(struct tcp_listener *l, struct tcp *t)
{
    t->listener = l;
    t->flags |= TF_QUEUED;
    t->list_next = NULL;
    t->list_prev = l->queue_last;
    *l->queue_last = t;
    l->queue_last = &t->list_next;
    l->queued++;
}

int tcp_accept(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer)
{
    struct tcp *t = (struct tcp *)sock;
    if (t->state != TCP_LISTEN) return HP_EINVAL;
    struct tcp *c = t->listener->queue;
    if (!c) return HP_EAGAIN;
    tcp_dequeue(c);
    c->sock.flags &= (uint16_t)~SOCK_ORPHAN;
    tcp_keep_arm(c);
    if (peer) tcp_peer(&c->sock, peer);
    *out = &c->sock;
    return HP_OK;
}

/* RFC 9293 3.10.4, LISTEN: those who wait for accept() get a RST. */
void tcp_listen_end(struct tcp *t)
{
    struct tcp_listener *l = t->listener;
    while (l->half) tcp_half_end(t->host, l->half);
    while (l->queue) {
        struct tcp *c = l->queue;
        tcp_dequeue(c);
        tcp_abort(c, HP_ECONNABORTED);
    }
    tcp_listen_forget(t);
}

void tcp_listen_forget(struct tcp *t)
{
    struct tcp_listener *l = t->listener;
    while (l->half) tcp_half_end(t->host, l->half);
    for (struct tcp *c = l->queue; c; c = c->list_next) {
        c->flags &= ~(uint32_t)TF_QUEUED;
        c->listener = NULL;
    }
    mem_free(t->sock.stack->mem, l, sizeof *l);
    t->listener = NULL;
}

/* ---- half-open connections ---- */

void tcp_half_end(struct tcp_host *h, struct tcp_half *half)
{
    struct tcp_listener *l = half->listener;
    *half->prev = half->next;
    if (half->next) half->next->prev = half->prev;
    else l->half_last = half->prev;
    l->halves--;
    timer_remove(h->stack, &half->timer);
    tcp_unmap(h, &half->node);
    mem_free(h->stack->mem, half, sizeof *half);
}

static void tcp_half_forget(struct tcp_host *h, struct tcp_half *half)
{
    tcp_trace_state(h->stack, &half->node, half->object, TCP_SYN_RECEIVED, TCP_CLOSED);
    tcp_half_end(h, half);
}

static void tcp_half_reply(struct tcp_host *h, struct tcp_half *half)
{
    struct ip_path path = {0};
    struct tcp_opts o = {.has = TCP_HAS_MSS};
    if (ip_path_check(h->stack, &path, &half->node.flow.peer, half->node.link)) path.mtu = 0;
    o.mss = tcp_mss_for(&path, &half->node.flow.peer);
    if (half->flags & HALF_SACK) o.has |= TCP_HAS_SACK_OK;
    if (half->flags & HALF_WSCALE) {
        o.has |= TCP_HAS_WSCALE;
        o.wscale = tcp_wscale_for(h);
    }
    if (half->flags & HALF_TS) {
        o.has |= TCP_HAS_TS;
        o.ts_val = tcp_ts_now(h, tcp_ts_offset(h, &half->node.flow));
        o.ts_ecr = half->ts_recent;
    }
    struct tcp_reply r = {.flow = &half->node.flow, .seq = half->iss, .ack = half->irs + 1, .flags = TCP_SYN | TCP_ACK,
                          .win = (uint16_t)tcp_min(half->listener->sock->rcvbuf, TCP_WINDOW_MAX), .link = half->node.link,
                          .o = &o};
    tcp_reply_tx(h, &r);
}

/* The SYN-ACK again, doubling (RFC 6298 5.5); then give up. */
static void tcp_half_fire(struct hp_stack *s, struct hp_timer *timer)
{
    struct tcp_half *half = (struct tcp_half *)(void *)((char *)timer - offsetof(struct tcp_half, timer));
    struct tcp_host *h = half->listener->sock->host;
    trace_timer(s, 4, "tcp", half->object, "syn-ack");
    if (half->tries >= h->synack_retries) {
        tcp_half_forget(h, half);
        return;
    }
    half->tries++;
    half->flags |= HALF_RTX;
    h->retransmits++;
    tcp_half_reply(h, half);
    timer_set(s, timer, s->now + (HP_MS(h->rto_initial_ms) << half->tries));
}

static struct tcp_half *tcp_half_new(struct tcp *l, const struct flow *f, const struct tcp_seg *g)
{
    struct tcp_host *h = l->host;
    struct hp_stack *s = h->stack;
    struct tcp_half *half = mem_zalloc(s->mem, sizeof *half);
    if (!half) return NULL;
    half->node = (struct tcp_node){.flow = *f, .kind = TCP_NODE_HALF, .link = l->node.link};
    if (!half->node.link && hp_ip_is_linklocal(&f->peer) && !hp_ip_is4(&f->peer)) half->node.link = g->p->link->index;
    if (tcp_map(h, &half->node)) {
        mem_free(s->mem, half, sizeof *half);
        return NULL;
    }
    struct tcp_listener *q = l->listener;
    half->listener = q;
    half->prev = q->half_last;
    *q->half_last = half;
    q->half_last = &half->next;
    q->halves++;
    half->object = (uint32_t)++s->objects;
    half->timer.fire = tcp_half_fire;
    return half;
}

static void tcp_half_take_syn(struct tcp_half *half, const struct tcp_host *h, const struct tcp_seg *g)
{
    const struct tcp_opts *o = g->o;
    half->irs = g->seq;
    half->iss = tcp_isn(h, &half->node.flow, h->stack->now);
    half->mss = tcp_mss_of_peer(o, &half->node.flow.peer);
    half->wscale = o->has & TCP_HAS_WSCALE ? o->wscale : 0;
    half->ts_recent = o->has & TCP_HAS_TS ? o->ts_val : 0;
    half->flags = (uint8_t)((o->has & TCP_HAS_SACK_OK && h->sack ? HALF_SACK : 0) |
                            (o->has & TCP_HAS_TS && h->timestamps ? HALF_TS : 0) |
                            (o->has & TCP_HAS_WSCALE && h->window_scaling ? HALF_WSCALE : 0));
}

/* A SYN for a listener.  The queue being full costs the SYN, never a RST: the peer tries again. */
static enum hp_drop tcp_listen_syn(struct tcp *l, const struct flow *f, struct tcp_seg *g)
{
    struct tcp_listener *q = l->listener;
    struct hp_stack *s = l->sock.stack;
    if (g->flags & TCP_FIN) return HP_DROP_TCP_FLAGS;
    if (hp_ip_equal(&f->local, &f->peer) && f->local_port == f->peer_port) return HP_DROP_LAND;
    if (q->halves >= q->halves_max) return HP_DROP_SYN_QUEUE;
    if (q->queued >= q->queued_max) return HP_DROP_ACCEPT_QUEUE;
    struct tcp_half *half = tcp_half_new(l, f, g);
    if (!half) return HP_DROP_NO_MEMORY;
    tcp_half_take_syn(half, l->host, g);
    tcp_trace_state(s, &half->node, half->object, TCP_LISTEN, TCP_SYN_RECEIVED);
    tcp_half_reply(l->host, half);
    timer_set(s, &half->timer, s->now + HP_MS(l->host->rto_initial_ms));
    return HP_DROP_TAKEN; /* data that came with it will come again (RFC 9293 3.10.7.2 lets us) */
}

/* 3.10.7.2: RST, ACK, SYN, anything else. */
void tcp_listen_arrives(struct tcp *l, const struct flow *f, struct tcp_seg *g)
{
    struct hp_stack *s = l->sock.stack;
    if (g->flags & TCP_RST) {
        tcp_seg_drop(s, g, HP_DROP_TCP_RST);
        return;
    }
    if (g->flags & TCP_ACK) {
        tcp_reply_rst(l->host, f, 0, g);
        tcp_seg_drop(s, g, HP_DROP_TCP_ACK);
        return;
    }
    enum hp_drop why = g->flags & TCP_SYN ? tcp_listen_syn(l, f, g) : HP_DROP_TCP_NO_ACK;
    if (why != HP_DROP_TAKEN) l->host->syn_drops++;
    tcp_seg_drop(s, g, why);
}

/* ---- segments for half-open connections: 3.10.7.4 in SYN-RECEIVED ---- */

/* The connection that the handshake made, in SYN-RECEIVED. */
static struct tcp *tcp_half_promote(struct tcp_host *h, struct tcp_half *half)
{
    struct tcp_listener *l = half->listener;
    const struct tcp *from = l->sock;
    struct tcp *t = tcp_new(h);
    if (!t) return NULL;
    t->sock.object = half->object;
    t->sock.flags = (uint16_t)(SOCK_ORPHAN | (from->sock.flags & SOCK_NONBLOCK));
    t->node = half->node;
    t->node.kind = TCP_NODE_CONN;
    t->state = TCP_SYN_RECEIVED;
    t->flags = (from->flags & (uint32_t)(TF_NODELAY | TF_CORK | TF_KEEPALIVE | TF_RCVBUF_SET | TF_SNDBUF_SET | TF_OOBINLINE)) | TF_MAPPED |
               (half->flags & HALF_SACK ? TF_SACK : 0) | (half->flags & HALF_TS ? TF_TS : 0) |
               (half->flags & HALF_WSCALE ? TF_WSCALE : 0);
    t->cc_kind = from->cc_kind;
    t->rcvbuf = from->rcvbuf;
    t->sndbuf = from->sndbuf;
    t->user_mss = from->user_mss;
    t->opt_ttl = from->opt_ttl;
    t->tos = from->tos;
    t->iss = half->iss;
    t->snd_una = half->iss;
    t->snd_nxt = t->snd_end = t->snd_up = half->iss + 1;
    t->irs = half->irs;
    t->rcv_nxt = t->last_ack_sent = t->rcv_read = half->irs + 1;
    t->rcv_adv = t->rcv_nxt + tcp_min(from->rcvbuf, TCP_WINDOW_MAX);
    t->ts_recent = half->ts_recent;
    t->ts_recent_ms = (uint32_t)(h->stack->now / HP_MS(1));
    t->ts_offset = tcp_ts_offset(h, &t->node.flow);
    t->snd_wscale = half->flags & HALF_WSCALE ? half->wscale : 0;
    t->rcv_wscale = half->flags & HALF_WSCALE ? tcp_wscale_for(h) : 0;
    t->peer_mss = half->mss;
    t->progress_at = t->rcv_at = h->stack->now;
    if (from->rare && tcp_rare(t)) {
        t->rare->keep_idle = from->rare->keep_idle;
        t->rare->keep_interval = from->rare->keep_interval;
        t->rare->keep_count = from->rare->keep_count;
        t->rare->user_timeout = from->rare->user_timeout;
        t->rare->linger = from->rare->linger;
        t->rare->linger_on = from->rare->linger_on;
    }
    ip_path_check(h->stack, &t->path, &t->node.flow.peer, t->node.link);
    tcp_set_mss(t);
    return t;
}

/* RFC 9293 3.10.7.4 fifth: the ACK of our SYN, unless the accept queue is full: then it did not come. */
static void tcp_half_complete(struct tcp_host *h, struct tcp_half *half, struct tcp_seg *g)
{
    struct tcp_listener *l = half->listener;
    struct tcp *t = l->queued < l->queued_max ? tcp_half_promote(h, half) : NULL;
    if (!t) {
        tcp_seg_drop(h->stack, g, l->queued < l->queued_max ? HP_DROP_NO_MEMORY : HP_DROP_ACCEPT_QUEUE);
        return;
    }
    bool rtx = half->flags & HALF_RTX;
    tcp_remap(h, &half->node, &t->node);
    half->node.kind = TCP_NODE_WAIT; /* no longer in the map */
    *half->prev = half->next;
    if (half->next) half->next->prev = half->prev;
    else l->half_last = half->prev;
    l->halves--;
    timer_remove(h->stack, &half->timer);
    mem_free(h->stack->mem, half, sizeof *half);

    if (!rtx) tcp_rtt_sample(t, (tcp_isn(h, &t->node.flow, h->stack->now) - t->iss) * 4); /* the ISN's clock is one of 4 us */
    h->opens_passive++;
    t->snd_una = g->ack;
    t->snd_wnd = t->max_wnd = (uint32_t)g->win << t->snd_wscale;
    t->snd_wl1 = g->seq;
    t->snd_wl2 = g->ack;
    tcp_start_sending(t, rtx);
    tcp_enqueue(l, t);
    tcp_established(t);
    sock_mark(&l->sock->sock, HP_READABLE);
    tcp_segment_arrives(t, g); /* once more, now for its text */
}

static bool tcp_half_in_window(const struct tcp_half *half, const struct tcp_seg *g)
{
    uint32_t nxt = half->irs + 1, len = tcp_seg_len(g);
    uint32_t win = tcp_min(half->listener->sock->rcvbuf, TCP_WINDOW_MAX);
    uint32_t last = len ? g->seq + len - 1 : g->seq;
    return g->seq - nxt < win || last - nxt < win;
}

void tcp_half_arrives(struct tcp_host *h, struct tcp_half *half, struct tcp_seg *g)
{
    struct hp_stack *s = h->stack;
    if (g->flags & TCP_SYN && !(g->flags & (TCP_ACK | TCP_RST)) && g->seq == half->irs) { /* the same SYN: the same answer */
        half->flags |= HALF_RTX;
        tcp_half_reply(h, half);
        tcp_seg_drop(s, g, HP_DROP_TCP_DUPLICATE);
        return;
    }
    if (!tcp_half_in_window(half, g)) { /* first: sequence number */
        if (!(g->flags & TCP_RST)) tcp_half_reply(h, half);
        tcp_seg_drop(s, g, HP_DROP_TCP_WINDOW);
        return;
    }
    if (g->flags & TCP_RST) { /* second: exact or not at all (RFC 5961 3.2) */
        bool exact = g->seq == half->irs + 1;
        if (exact) tcp_half_forget(h, half);
        tcp_seg_drop(s, g, exact ? HP_DROP_TAKEN : HP_DROP_TCP_RST);
        return;
    }
    if (g->flags & TCP_SYN || !(g->flags & TCP_ACK)) { /* fourth, fifth */
        tcp_seg_drop(s, g, g->flags & TCP_SYN ? HP_DROP_TCP_FLAGS : HP_DROP_TCP_NO_ACK);
        return;
    }
    if (g->ack != half->iss + 1) {
        tcp_reply_rst(h, &half->node.flow, half->node.link, g);
        tcp_seg_drop(s, g, HP_DROP_TCP_ACK);
        return;
    }
    tcp_half_complete(h, half, g);
}

/* A SYN-ACK that ICMP says nobody wants is not sent again. */
void tcp_half_error(struct tcp_host *h, struct tcp_half *half, const struct hp_neterr *e, uint32_t seq)
{
    if (seq == half->iss && e->hard) tcp_half_forget(h, half);
}
