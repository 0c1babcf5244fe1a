/* TCP: what to send now (RFC 9293 3.8.6, 3.7): lost segments first, then new data as windows, Nagle (RFC 9293 3.7.4) and the avoidance of silly
 * windows (3.8.6.2.1) allow, then the ACK that is still owed.  Runs in phase 3 of the step; segment.c makes the packets. */
#include "l4_transport/tcp/tcp.h"

enum { TCP_WIRE_CUTS = HP_WIRE_GSO | HP_WIRE_SUM_TX, TCP_GSO_MAX = 65000 };   /* with headers it fits IP's 16-bit length */

/* ---- how much ---- */

static bool tcp_fin_sent(const struct tcp *t) { return t->flags & TF_FIN && t->snd_nxt == t->snd_end + 1; }

static uint32_t tcp_unsent(const struct tcp *t) { return tcp_fin_sent(t) ? 0 : t->snd_end - t->snd_nxt; }

static uint32_t tcp_usable(const struct tcp *t)
{
    uint32_t open = t->snd_una + t->snd_wnd - t->snd_nxt;
    return (int32_t)open > 0 ? open : 0;
}

/* RFC 9293 3.8.6.2.1 (3) and 3.7.4: is a segment shorter than an MSS worth sending? */
static bool tcp_short_ok(const struct tcp *t, uint32_t len, bool all)
{
    if (!all) return len >= t->max_wnd / 2; /* the window cuts it */
    if (t->flags & TF_FIN || t->flags & TF_PUSH || seq_gt(t->snd_up, t->snd_nxt)) return true;
    if (t->flags & (TF_CORK | TF_MORE)) return false;
    return t->flags & TF_NODELAY || t->snd_una == t->snd_nxt;
}

/* Bytes of new data for the next segment; 0 = nothing now.  *limited: cwnd and nothing else forbade it. */
static uint32_t tcp_new_len(struct tcp *t, bool *limited)
{
    uint32_t unsent = tcp_unsent(t);
    uint32_t len = tcp_min(tcp_min(unsent, t->snd_mss), tcp_usable(t));
    *limited = false;
    if (!len || (len < t->snd_mss && !tcp_short_ok(t, len, len == unsent))) return 0;
    uint32_t pipe = tcp_pipe(t);
    *limited = pipe && pipe + len > t->cc.cwnd;
    return *limited ? 0 : len;
}

/* ---- new data ---- */

static void tcp_sent_new(struct tcp *t, bool idle)
{
    if (idle) t->progress_at = t->sock.stack->now;
    if (t->due[TCP_DUE_RTX] == HP_NEVER || idle) tcp_rtx_arm(t); /* RFC 6298 5.1 */
}

/* With nothing in flight no ACK and no timeout will call again. */
static bool tcp_send_later(struct tcp *t)
{
    tcp_due(t, TCP_DUE_SEND, t->sock.stack->now + HP_MS(t->host->delack_ms));
    return false;
}

/* Notes and sends `len` bytes from snd_nxt on, with the FIN if they are the last.  False: no memory now. */
bool tcp_send_new(struct tcp *t, uint32_t len, uint8_t sent_flags)
{
    uint32_t unsent = tcp_unsent(t);
    len = tcp_min(tcp_min(len, unsent), t->snd_mss);
    bool idle = !t->ring.count;
    struct tcp_chunk *c = len ? tcp_chunk_at(t, t->snd_nxt) : NULL;
    struct tcp_sent *r = tcp_ring_add(t);
    if (!r) return tcp_send_later(t);
    r->seq = t->snd_nxt;
    r->len = (uint16_t)len;
    r->chunk = c;
    r->flags = sent_flags;
    if (len == unsent && t->flags & TF_FIN && !tcp_fin_sent(t)) r->flags |= TCP_SENT_FIN;
    if (len && len == unsent) r->flags |= TCP_SENT_PSH;
    if (!tcp_send_record(t, r)) {
        t->ring.count--;
        if (!t->ring.count) tcp_ring_reset(t);
        return tcp_send_later(t);
    }
    t->snd_nxt = tcp_sent_end(r);
    if (len) t->data_out++;
    tcp_sent_new(t, idle);
    return true;
}

/* RFC 5681 4.1: after an idle RTO the old window means nothing.  Idle since the last byte was acknowledged. */
static void tcp_after_idle(struct tcp *t)
{
    hp_time idle = t->sock.stack->now - t->progress_at;
    if (t->ring.count || idle < tcp_rto(t) || !t->cc_kind->idle) return;
    struct cc_told told = tcp_tell(t);
    uint32_t restart = tcp_min((uint32_t)t->host->initial_window * t->snd_mss, t->cc.cwnd);
    t->cc_kind->idle(&t->cc, &told);
    t->cc.cwnd = restart;
}

/* ---- segmentation offload: many segments in one packet, for wires that cut ---- */

/* Bytes of whole segments that may go now and lie in one chunk; 0 = not worth it. */
static uint32_t tcp_run_len(struct tcp *t)
{
    const struct hp_link *l = link_get(t->sock.stack, t->path.link);
    if (!l || (l->wire->flags & TCP_WIRE_CUTS) != TCP_WIRE_CUTS) return 0;
    uint32_t pipe = tcp_pipe(t), n = tcp_min(tcp_unsent(t), tcp_usable(t));
    n = tcp_min(n, pipe < t->cc.cwnd ? t->cc.cwnd - pipe : 0);
    n = tcp_min(n, tcp_min(l->wire->gso_max, TCP_GSO_MAX));
    if (n < 2u * t->snd_mss) return 0;
    const struct tcp_chunk *c = tcp_chunk_at(t, t->snd_nxt);
    n = tcp_min(n, c->seq + c->n - t->snd_nxt) / t->snd_mss * t->snd_mss;
    return n < 2u * t->snd_mss ? 0 : n;
}

static bool tcp_send_new_run(struct tcp *t, uint32_t n)
{
    struct tcp_chunk *c = tcp_chunk_at(t, t->snd_nxt);
    uint32_t count = 0, at = t->snd_nxt;
    bool idle = !t->ring.count;
    for (; count < n / t->snd_mss; count++, at += t->snd_mss) {
        struct tcp_sent *r = tcp_ring_add(t);
        if (!r) break;
        *r = (struct tcp_sent){.seq = at, .len = t->snd_mss, .chunk = c, .flags = at + t->snd_mss == t->snd_end ? TCP_SENT_PSH : 0};
    }
    if (!count || !tcp_send_run(t, count)) {
        t->ring.count -= count;
        if (!t->ring.count) tcp_ring_reset(t);
        return tcp_send_later(t);
    }
    t->snd_nxt = at;
    t->data_out += count;
    tcp_sent_new(t, idle);
    return true;
}

static bool tcp_send_next(struct tcp *t)
{
    uint32_t run = tcp_run_len(t);
    if (run) {
        tcp_after_idle(t);
        run = tcp_run_len(t);
    }
    if (run) return tcp_send_new_run(t, run);
    bool limited;
    uint32_t len = tcp_new_len(t, &limited);
    if (limited) t->flags |= TF_LIMITED;
    if (len) {
        tcp_after_idle(t);
        return tcp_send_new(t, len, 0);
    }
    bool fin_only = t->flags & TF_FIN && !tcp_fin_sent(t) && !tcp_unsent(t) && tcp_usable(t);
    return fin_only && tcp_send_new(t, 0, 0);
}

/* ---- lost data ---- */

static bool tcp_retransmit(struct tcp *t, struct tcp_sent *r)
{
    bool syn = r->flags & TCP_SENT_SYN, head = r->seq == t->snd_una;
    uint32_t bytes = tcp_sent_bytes(r), pipe = tcp_pipe(t);
    if (!syn && pipe && pipe + bytes > t->cc.cwnd && !(head && r->tries < 2)) return false;
    if (!syn && !head && seq_gt(tcp_sent_end(r), t->snd_una + t->snd_wnd)) return false;
    if (!tcp_send_record(t, r)) return false;
    if (!(r->flags & TCP_SENT_RTX)) t->rtx_out += bytes;
    r->flags |= TCP_SENT_RTX | TCP_SENT_EVER;
    if (t->rare && t->rare->undo) {
        t->rare->undo_rtx = true;
        t->rare->undo_left++;
    }
    t->rtxs++;
    t->bytes_rtx += bytes;
    t->host->retransmits++;
    if (t->due[TCP_DUE_RTX] == HP_NEVER) tcp_rtx_arm(t);
    return true;
}

static bool tcp_output_one(struct tcp *t)
{
    struct tcp_sent *lost = tcp_next_lost(t);
    if (lost) return tcp_retransmit(t, lost);
    if (tcp_send_next(t)) return true;
    struct tcp_sent *guess = tcp_next_guess(t);
    if (!guess || !tcp_retransmit(t, guess)) return false;
    if (tcp_sent_end(guess) == t->snd_nxt) t->flags |= TF_RESCUED;
    return true;
}

/* ---- the SYN ---- */

static void tcp_output_syn(struct tcp *t)
{
    if (!t->ring.count) {
        struct tcp_sent *r = tcp_ring_add(t);
        if (!r) return;
        *r = (struct tcp_sent){.seq = t->iss, .flags = TCP_SENT_SYN};
        if (!tcp_send_record(t, r)) t->ring.count--; /* no memory: the timer tries again */
        else t->snd_nxt = t->iss + 1;
        tcp_due(t, TCP_DUE_RTX, t->sock.stack->now + tcp_rto(t));
        return;
    }
    struct tcp_sent *lost = tcp_next_lost(t);
    if (lost) tcp_retransmit(t, lost);
}

/* ---- when there is something to send but the window is shut: 3.8.6.1 ---- */

static void tcp_persist_arm(struct tcp *t)
{
    bool waits = tcp_unsent(t) || (t->flags & TF_FIN && !tcp_fin_sent(t));
    bool shut = tcp_unsent(t) ? tcp_usable(t) < tcp_min(tcp_unsent(t), t->snd_mss) : !tcp_usable(t);
    if (t->ring.count || !waits || !shut || t->flags & TF_PERSIST) return;
    t->flags |= TF_PERSIST;
    tcp_due(t, TCP_DUE_RTX, t->sock.stack->now + tcp_rto(t));
}

/* Corked data waits cork_ms at most. */
static void tcp_cork_arm(struct tcp *t)
{
    if (!(t->flags & (TF_CORK | TF_MORE)) || !tcp_unsent(t) || t->due[TCP_DUE_SEND] != HP_NEVER) return;
    tcp_due(t, TCP_DUE_SEND, t->sock.stack->now + HP_MS(t->host->cork_ms));
}

/* The link's queue is long: what more we put in would only be dropped there. */
static bool tcp_link_full(const struct tcp *t)
{
    const struct hp_link *l = link_get(t->sock.stack, t->path.link);
    return l && link_queued(l) >= l->queue_max / 4 * 3;
}

void tcp_output(struct tcp *t)
{
    if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED) {
        tcp_output_syn(t);
        return;
    }
    if (!tcp_in(t, TCP_HAS_QUEUE)) return;
    tcp_path_renew(t);
    int budget = TCP_BURST_MAX;
    bool full = false;
    t->flags &= ~(uint32_t)TF_LIMITED;
    while (budget > 0 && !(full = tcp_link_full(t)) && tcp_output_one(t)) budget--;
    if (full) tcp_due(t, TCP_DUE_SEND, t->sock.stack->now + HP_MS(1));
    else if (!budget) sock_mark_tx(&t->sock);
    else t->flags &= ~(uint32_t)TF_PUSH;
    tcp_persist_arm(t);
    tcp_cork_arm(t);
}

/* Phase 3. */
void tcp_tx(struct hp_sock *sock)
{
    struct tcp *t = (struct tcp *)sock;
    struct tcp_host *h = t->host;
    tcp_output(t);
    if (t->flags & TF_ACK_NOW) tcp_send_ack(t);
    tcp_rest(h);
}
