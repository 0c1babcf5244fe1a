/* TCP: what an acknowledgment does (RFC 9293 3.10.7.4 fifth, 3.4, 3.8.1): frees what was sent, measures the round trip (RFC 6298), moves the
 * send window, and tells congestion control. */
#include "l4_transport/tcp/tcp.h"

struct cc_told tcp_tell(const struct tcp *t)
{
    return (struct cc_told){.now = t->sock.stack->now, .mss = t->snd_mss, .flight = t->snd_nxt - t->snd_una, .srtt_us = t->srtt_us,
                            .min_rtt_us = t->min_rtt_us, .limited = t->flags & TF_LIMITED, .after_rto = t->flags & TF_LOSS};
}

/* ---- the round trip: RFC 6298 2, in microseconds ---- */

void tcp_rtt_sample(struct tcp *t, uint32_t rtt_us)
{
    const struct tcp_host *h = t->host;
    if (!rtt_us) rtt_us = 1;
    if (!t->min_rtt_us || rtt_us < t->min_rtt_us) t->min_rtt_us = rtt_us;
    if (!t->srtt_us) {
        t->srtt_us = rtt_us;
        t->rttvar_us = rtt_us / 2;
        t->rtt_seq = t->snd_nxt;
    } else if (seq_gt(t->snd_una, t->rtt_seq)) { /* one sample a round, as the gains of RFC 6298 assume */
        uint32_t delta = rtt_us > t->srtt_us ? rtt_us - t->srtt_us : t->srtt_us - rtt_us;
        t->rttvar_us = t->rttvar_us - t->rttvar_us / 4 + delta / 4;
        t->srtt_us = t->srtt_us - t->srtt_us / 8 + rtt_us / 8;
        if (!t->srtt_us) t->srtt_us = 1;
        t->rtt_seq = t->snd_nxt;
    }
    uint32_t spread = tcp_max(4 * t->rttvar_us, (uint32_t)h->rto_min_ms * 1000);
    t->rto_us = tcp_min(t->srtt_us + spread, (uint32_t)h->rto_max_ms * 1000);
}

/* ---- freeing what was sent ---- */

/* A record leaves, or its first `bytes` do: the sums forget them. */
static void tcp_sums_forget(struct tcp *t, const struct tcp_sent *r, uint32_t bytes)
{
    if (r->flags & TCP_SENT_SACKED) {
        t->sacked -= bytes;
        if (seq_geq(r->seq, t->lost_edge)) t->lost_above -= bytes;
    }
    if (r->flags & TCP_SENT_LOST) t->lost -= bytes;
    if (r->flags & TCP_SENT_RTX) t->rtx_out -= bytes;
}

static void tcp_sent_cut(struct tcp *t, struct tcp_sent *r, uint32_t ack)
{
    uint32_t gone = ack - r->seq;
    tcp_sums_forget(t, r, gone);
    if (r->flags & TCP_SENT_SYN) {
        r->flags &= (uint8_t)~TCP_SENT_SYN;
        r->seq++;
        gone--;
    }
    r->seq += gone;
    r->len = (uint16_t)(r->len - gone);
    while (r->chunk && seq_geq(r->seq, r->chunk->seq + r->chunk->n) && r->chunk->next) r->chunk = r->chunk->next;
}

static uint32_t tcp_us_since(const struct tcp *t, hp_time at)
{
    hp_time us = (t->sock.stack->now - at) / 1000;
    return us > UINT32_MAX / 4 ? UINT32_MAX / 4 : us < 1 ? 1 : (uint32_t)us;
}

struct tcp_ack_times {
    hp_time oldest, newest;     /* when the acknowledged segments that were sent once were sent; -1 = none */
    hp_time again;              /* when the last of those that were sent more than once was sent; -1 = none */
};

static void tcp_records_acked(struct tcp *t, uint32_t ack, struct tcp_ack_times *times)
{
    while (t->ring.count) {
        struct tcp_sent *r = tcp_ring_at(t, 0);
        if (seq_gt(tcp_sent_end(r), ack)) {
            if (seq_lt(r->seq, ack)) tcp_sent_cut(t, r, ack);
            break;
        }
        if (r->flags & TCP_SENT_EVER && r->at > times->again) times->again = r->at;
        if (!(r->flags & (TCP_SENT_EVER | TCP_SENT_SACKED))) {
            if (times->oldest < 0) times->oldest = r->at;
            times->newest = r->at;
        }
        tcp_sums_forget(t, r, tcp_sent_bytes(r));
        t->ring.head++;
        t->ring.count--;
    }
    if (!t->ring.count) tcp_ring_reset(t);
}

/* Only a timestamp tells which copy was acknowledged (Karn; RFC 7323 4.1).  One from before the last copy was sent says that an earlier
 * ACK was lost: how long that took to be noticed is no round trip. */
static void tcp_rtt_of_echo(struct tcp *t, uint32_t ecr, hp_time again)
{
    uint32_t ms = tcp_ts_now(t->host, t->ts_offset) - ecr;
    bool of_last = again < 0 || HP_MS(ms) <= t->sock.stack->now - again + HP_MS(2);
    if (ms && ms < 3600000 && of_last) tcp_rtt_sample(t, ms * 1000);
}

/* snd_una moves to ack. */
void tcp_acked(struct tcp *t, uint32_t ack, const struct tcp_opts *o, struct cc_told *told)
{
    struct tcp_ack_times times = {-1, -1, -1};
    told->acked += ack - t->snd_una;
    if (ack - t->iss < t->snd_una - t->iss) t->una_wraps++;
    t->snd_una = ack;
    tcp_records_acked(t, ack, &times);
    if (times.oldest >= 0 && times.again < 0) {
        told->rtt_us = tcp_us_since(t, times.newest);
        tcp_rtt_sample(t, tcp_us_since(t, times.oldest));
    } else if (t->flags & TF_TS && o->has & TCP_HAS_TS && o->ts_ecr && !t->sacked) {
        tcp_rtt_of_echo(t, o->ts_ecr, times.again);
    }
    t->lost_edge = seq_max(t->lost_edge, ack);
    t->rtx_edge = seq_max(t->rtx_edge, ack);
    t->fack = seq_max(t->fack, ack);
    t->snd_up = seq_max(t->snd_up, ack);
    t->backoff = t->probes = 0;
    t->soft_error = 0;
    t->progress_at = t->sock.stack->now;
    tcp_queue_acked(t);
    ip_confirm(t->sock.stack, &t->path);
    tcp_rtx_arm(t);
}

/* ---- the send window: RFC 9293 3.10.7.4, SND.WL1 and SND.WL2 ---- */

void tcp_take_window(struct tcp *t, const struct tcp_seg *g)
{
    if (seq_lt(g->seq, t->snd_wl1) || (g->seq == t->snd_wl1 && seq_lt(g->ack, t->snd_wl2))) return;
    bool opened = g->wnd > t->snd_wnd;
    bool was_shut = t->snd_wnd == 0;
    t->snd_wnd = g->wnd;
    t->snd_wl1 = g->seq;
    t->snd_wl2 = g->ack;
    t->max_wnd = tcp_max(t->max_wnd, g->wnd);
    bool patient = !(t->rare && t->rare->user_timeout) && !(t->flags & TF_ORPHANED); /* nobody waits for an orphan */
    if (!t->snd_wnd && patient) t->progress_at = t->sock.stack->now;                 /* alive, but full: 3.8.6.1    */
    if (!opened) return;
    if (t->flags & TF_PERSIST) {
        t->flags &= ~(uint32_t)TF_PERSIST;
        t->probes = 0;
        tcp_due_stop(t, TCP_DUE_RTX);
    }
    if (was_shut && t->ring.count && tcp_ring_at(t, 0)->flags & TCP_SENT_PROBE) { /* nobody kept the probe's byte */
        t->backoff = 0;
        tcp_mark_lost(t, tcp_ring_at(t, 0));
        tcp_rtx_arm(t);
    }
    sock_mark_tx(&t->sock);
}

/* ---- the ACK field ---- */

/* RFC 5681 2: same ACK, same window, no data, something outstanding.  With SACK: only if it reports something new (RFC 6675 2). */
static bool tcp_is_dup_ack(const struct tcp *t, const struct tcp_seg *g, uint32_t sacked)
{
    if (g->ack != t->snd_una || !t->ring.count || g->n || g->flags & TCP_FIN) return false;
    return t->flags & TF_SACK ? sacked > 0 : g->wnd == t->snd_wnd && g->wnd; /* a shut window's ACKs answer probes */
}

/* RFC 5961 5.2: neither from the future nor from long ago. */
static bool tcp_ack_possible(const struct tcp *t, uint32_t ack)
{
    return seq_leq(ack, t->snd_nxt) && seq_geq(ack, t->snd_una - t->max_wnd);
}

static void tcp_tell_acked(struct tcp *t, struct cc_told *told, bool recovering)
{
    if (!told->acked || recovering || t->flags & TF_RECOVERY || !t->cc_kind->ack) return;
    told->srtt_us = t->srtt_us;
    told->min_rtt_us = t->min_rtt_us;
    t->cc_kind->ack(&t->cc, told);
}

/* False: the segment ends here. */
bool tcp_take_ack(struct tcp *t, struct tcp_seg *g)
{
    if (!tcp_ack_possible(t, g->ack)) {
        tcp_challenge(t);
        tcp_seg_drop(t->sock.stack, g, HP_DROP_TCP_ACK);
        return false;
    }
    bool sacks = t->flags & TF_SACK && g->o->has & TCP_HAS_SACK;
    if (g->ack == t->snd_una && !t->ring.count && !sacks) { /* nothing is outstanding */
        tcp_take_window(t, g);
        return true;
    }
    struct cc_told told = tcp_tell(t);
    bool recovering = t->flags & TF_RECOVERY, fresh = seq_gt(g->ack, t->snd_una);
    uint32_t sacked = sacks ? tcp_take_sack(t, g->o, g->ack) : 0;
    bool dup = tcp_is_dup_ack(t, g, sacked);
    if (dup) t->host->dup_acks_in++;
    if (fresh) tcp_acked(t, g->ack, g->o, &told);
    tcp_take_window(t, g);
    tcp_undo_check(t, g->o, fresh);
    tcp_recover(t, told.acked, sacked, dup);
    tcp_tell_acked(t, &told, recovering);
    if (fresh || sacked || dup) sock_mark_tx(&t->sock);
    if (fresh) tcp_writable(t);
    if (fresh && t->flags & TF_FIN && t->snd_una == t->snd_end + 1) tcp_fin_acked(t);
    return t->state != TCP_CLOSED && t->state != TCP_TIME_WAIT;
}
