/* TCP: a segment arrives (RFC 9293 3.10.7), in the RFC's own order.
 *
 * The segment's packet has one owner: g->p.  Whoever keeps or drops it sets it to NULL; what is left over at the end was consumed. */
#include "l4_transport/tcp/tcp.h"

enum { TCP_CHALLENGES_MIN = 4, TCP_CHALLENGES_MASK = 7, TCP_PAWS_IDLE_MS = 24 * 24 * 3600 * 1000 };
static_assert(TCP_PAWS_IDLE_MS < INT32_MAX, "24 days (RFC 7323 5.5)");

void tcp_seg_drop(struct hp_stack *s, struct tcp_seg *g, enum hp_drop why)
{
    hp_drop(s, g->p, why);
    g->p = NULL;
}

/* ---- RFC 5961 7: challenge ACKs, so many a second for each connection, and nobody can tell how many ---- */

bool tcp_may_challenge(struct tcp_host *h, uint32_t *since_ms, uint8_t *count)
{
    uint32_t now = (uint32_t)(h->stack->now / HP_MS(1));
    if (!*count || now - *since_ms >= 1000) {
        *since_ms = now;
        *count = (uint8_t)(TCP_CHALLENGES_MIN + (hp_random(h->stack) & TCP_CHALLENGES_MASK) + 1);
    }
    if (*count == 1) return false;
    --*count;
    h->challenge_acks++;
    return true;
}

bool tcp_challenge(struct tcp *t)
{
    bool may = tcp_may_challenge(t->host, &t->challenge_ms, &t->challenges);
    if (may) tcp_send_ack(t);
    return may;
}

/* ---- first: sequence number ---- */

/* RFC 7323 5.3 R1: older than what we saw, unless that is 24 days ago. */
static bool tcp_paws_rejects(const struct tcp *t, const struct tcp_seg *g)
{
    if (!(t->flags & TF_TS) || !(g->o->has & TCP_HAS_TS) || g->flags & TCP_RST) return false;
    if (seq_geq(g->o->ts_val, t->ts_recent)) return false;
    return (uint32_t)(t->sock.stack->now / HP_MS(1)) - t->ts_recent_ms < TCP_PAWS_IDLE_MS;
}

static void tcp_take_ts(struct tcp *t, const struct tcp_seg *g)
{
    if (!(t->flags & TF_TS) || !(g->o->has & TCP_HAS_TS)) return;
    if (seq_gt(g->seq, t->last_ack_sent) || seq_lt(g->o->ts_val, t->ts_recent)) return; /* RFC 7323 4.3 */
    t->ts_recent = g->o->ts_val;
    t->ts_recent_ms = (uint32_t)(t->sock.stack->now / HP_MS(1));
}

static bool tcp_check_sequence(struct tcp *t, struct tcp_seg *g)
{
    if (t->state == TCP_SYN_RECEIVED && g->flags & TCP_SYN && g->flags & TCP_ACK && g->seq == t->irs) {
        g->seq++; /* simultaneous open: the SYN that we know, now with the ACK (figure 8) */
        g->flags &= (uint16_t)~TCP_SYN;
    }
    if (tcp_paws_rejects(t, g)) {
        tcp_challenge(t);
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_PAWS);
        return false;
    }
    if (tcp_in_window(t, g)) {
        t->rcv_at = t->sock.stack->now;
        t->keeps = 0;
        if (!(g->flags & TCP_RST)) tcp_take_ts(t, g);
        return true;
    }
    t->rcv_at = t->sock.stack->now;
    t->keeps = 0;
    if (!(g->flags & TCP_RST)) {
        if (g->n || g->flags & TCP_FIN) tcp_take_duplicate(t, g);
        else tcp_challenge(t);
    }
    tcp_seg_drop(t->sock.stack, g, g->n && seq_lt(g->seq, t->rcv_nxt) ? HP_DROP_TCP_DUPLICATE : HP_DROP_TCP_WINDOW);
    return false;
}

/* ---- second: RST, exact or it is challenged (RFC 5961 3.2) ---- */

static bool tcp_check_rst(struct tcp *t, struct tcp_seg *g)
{
    if (!(g->flags & TCP_RST)) return true;
    if (g->seq != t->rcv_nxt) {
        tcp_challenge(t);
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_RST);
        return false;
    }
    static const int8_t err[TCP_STATES] = {[TCP_SYN_RECEIVED] = HP_ECONNREFUSED, [TCP_CLOSING] = HP_OK, [TCP_LAST_ACK] = HP_OK,
                                           [TCP_ESTABLISHED] = HP_ECONNRESET, [TCP_FIN_WAIT_1] = HP_ECONNRESET,
                                           [TCP_FIN_WAIT_2] = HP_ECONNRESET, [TCP_CLOSE_WAIT] = HP_EPIPE};
    t->host->resets_in++;
    tcp_seg_drop(t->sock.stack, g, HP_DROP_TAKEN);
    tcp_end(t, err[t->state]);
    return false;
}

/* ---- fourth: SYN (RFC 5961 4.2: challenged, wherever it is) ---- */

static bool tcp_check_syn(struct tcp *t, struct tcp_seg *g)
{
    if (!(g->flags & TCP_SYN)) return true;
    tcp_challenge(t);
    tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_FLAGS);
    return false;
}

/* ---- fifth: ACK ---- */

static bool tcp_check_ack_syn_received(struct tcp *t, struct tcp_seg *g)
{
    if (seq_leq(g->ack, t->snd_una) || seq_gt(g->ack, t->snd_nxt)) {
        tcp_reply_rst(t->host, &t->node.flow, t->node.link, g);
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_ACK);
        return false;
    }
    bool syn_lost = t->ring.count && tcp_ring_at(t, 0)->tries > 2; /* twice is how simultaneous open goes */
    struct cc_told told = tcp_tell(t);
    tcp_acked(t, g->ack, g->o, &told);
    t->snd_wnd = g->wnd;
    t->snd_wl1 = g->seq;
    t->snd_wl2 = g->ack;
    tcp_start_sending(t, syn_lost);
    tcp_established(t);
    return true;
}

static bool tcp_check_ack(struct tcp *t, struct tcp_seg *g)
{
    if (!(g->flags & TCP_ACK)) {
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_NO_ACK);
        return false;
    }
    if (t->state == TCP_SYN_RECEIVED) return tcp_check_ack_syn_received(t, g);
    return tcp_take_ack(t, g);
}

/* ---- the whole of 3.10.7.4 ---- */

/* In ESTABLISHED, what comes next comes next, and nothing is unusual: most segments of most connections (Jacobson's header
 * prediction).  False: take the long way, nothing was done yet. */
static bool tcp_fast_path(struct tcp *t, struct tcp_seg *g)
{
    const struct tcp_opts *o = g->o;
    if (t->state != TCP_ESTABLISHED || (g->flags & ~(unsigned)TCP_PSH) != TCP_ACK || g->seq != t->rcv_nxt) return false;
    if (o->has != (t->flags & TF_TS ? TCP_HAS_TS : 0)) return false;
    if (o->has && seq_lt(o->ts_val, t->ts_recent)) return false;
    if (t->flags & (TF_RECOVERY | TF_LOSS | TF_PERSIST)) return false;
    if (g->n > t->rcv_adv - t->rcv_nxt || (t->rare && t->rare->ooo.runs)) return false;
    if (seq_lt(g->ack, t->snd_una) || seq_gt(g->ack, t->snd_nxt)) return false;
    if (g->ack == t->snd_una && !g->n) return false; /* a duplicate, or a window update */
    t->rcv_at = t->sock.stack->now;
    t->keeps = 0;
    if (o->has) tcp_take_ts(t, g);
    if (g->ack != t->snd_una || g->wnd != t->snd_wnd) {
        if (!tcp_take_ack(t, g)) return true;
    }
    if (g->n) tcp_take_text(t, g);
    return true;
}

/* A step answers false when the segment ends there. */
void tcp_segment_arrives(struct tcp *t, struct tcp_seg *g)
{
    t->segs_in++;
    if (g->n) t->data_in++;
    g->wnd = (uint32_t)g->win << (g->flags & TCP_SYN ? 0 : t->snd_wscale);
    if (tcp_fast_path(t, g)) return;
    if (t->state == TCP_SYN_SENT) {
        if (!tcp_syn_sent_arrives(t, g)) return;
    } else {
        if (!tcp_check_sequence(t, g)) return;  /* first                     */
        if (!tcp_check_rst(t, g)) return;       /* second; third: security   */
        if (!tcp_check_syn(t, g)) return;       /* fourth                    */
        if (!tcp_check_ack(t, g)) return;       /* fifth                     */
    }
    tcp_take_urgent(t, g);                      /* sixth                     */
    tcp_take_text(t, g);                        /* seventh                   */
    tcp_take_fin(t, g);                         /* eighth                    */
}

/* ---- from layer 3 ---- */

static bool tcp_sum_good(const struct hp_pkt *p)
{
    if (p->flags & PKT_SUM_GOOD) return true;
    struct hp_bytes head = pkt_bytes(p);
    uint32_t sum = ip_pseudo_sum(&p->src, &p->dst, IPPROTO_TCP_, (uint32_t)pkt_len(p));
    sum = sum_add(sum, head.p, head.n);
    if (p->more.n) sum = sum_add_at(sum, head.n, p->more.p, p->more.n);
    return sum_fold(sum) == 0;
}

/* RFC 9293 3.10.7.1: nobody is there. */
static void tcp_closed_arrives(struct tcp_host *h, const struct flow *f, struct tcp_seg *g)
{
    uint16_t link = g->p->link ? g->p->link->index : 0;
    if (!(g->flags & TCP_RST)) tcp_reply_rst(h, f, hp_ip_is_linklocal(&f->peer) ? link : 0, g);
    tcp_seg_drop(h->stack, g, HP_DROP_NO_PORT);
}

static void tcp_dispatch(struct tcp_host *h, const struct flow *f, struct tcp_seg *g)
{
    uint16_t link = g->p->link ? g->p->link->index : 0;
    struct tcp_node *n = tcp_find(h, f);
    if (n && n->link && link && n->link != link) n = NULL;
    if (n && n->kind == TCP_NODE_WAIT) {
        tcp_wait_arrives(h, (struct tcp_wait *)n, g);
        if (!g->p) return;
        n = NULL; /* a new connection may take its place: RFC 6191 */
    }
    struct tcp *l = n ? NULL : tcp_find_listener(h, f, link);
    if (n && n->kind == TCP_NODE_CONN) tcp_segment_arrives(tcp_of_node(n), g);
    else if (n) tcp_half_arrives(h, (struct tcp_half *)n, g);
    else if (l) tcp_listen_arrives(l, f, g);
    else tcp_closed_arrives(h, f, g);
}

static bool tcp_addresses_ok(const struct hp_stack *s, const struct hp_pkt *p)
{
    if (p->flags & (PKT_BROADCAST | PKT_MULTICAST)) return false;
    if (hp_ip_is_multicast(&p->dst) || hp_ip_is_multicast(&p->src) || hp_ip_is_any(&p->src)) return false;
    return !hp_ip_is_broadcast(&p->dst) && !hp_ip_is_broadcast(&p->src);
}

void tcp_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct tcp_host *h = state;
    struct tcp_hdr hdr;
    struct tcp_opts o;
    h->segments_in++;
    trace_up(s, 4, "tcp", p);
    p->l4 = pkt_offset(p);
    if (!tcp_parse(pkt_bytes(p), &hdr)) {
        hp_drop(s, p, HP_DROP_TCP_BAD);
        return;
    }
    if (!tcp_addresses_ok(s, p)) {
        hp_drop(s, p, HP_DROP_MARTIAN);
        return;
    }
    if (!tcp_sum_good(p)) {
        hp_drop(s, p, HP_DROP_CHECKSUM);
        return;
    }
    tcp_opts_parse(tcp_options(pkt_bytes(p), &hdr), &o); /* a malformed one ends the list; those before it count */
    struct flow f = {.local = p->dst, .peer = p->src, .local_port = hdr.to, .peer_port = hdr.from};
    struct tcp_seg g = {.p = p, .seq = hdr.seq, .ack = hdr.ack, .flags = hdr.flags & TCP_FLAGS_KNOWN, .win = hdr.win,
                        .urg = hdr.urg, .o = &o};
    pkt_pull(p, hdr.hlen);
    g.n = (uint32_t)pkt_len(p);
    tcp_dispatch(h, &f, &g);
    if (g.p) tcp_seg_drop(s, &g, HP_DROP_TAKEN);
    tcp_rest(h);
}
