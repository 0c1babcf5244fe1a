/* TCP: loss recovery.  With SACK by RFC 6675 (pipe, NextSeg, rescue), without by RFC 6582 (NewReno), limited transmit (RFC 3042) falls out of
 * the pipe in both; spurious episodes are undone by timestamps (Eifel, RFC 3522) or DSACK (RFC 3708).
 *
 * Without SACK every duplicate ACK counts as one MSS that left the network: t->sacked then has no records behind it.
 * Invariants: lost, rtx_out and, with SACK, sacked are the sums over the records so flagged; everything below lost_edge
 * that is not SACKed is LOST, lost_above is what is SACKed at or above it. */
#include "l4_transport/tcp/tcp.h"

/* RFC 6675 3: what is still in the network, we think. */
uint32_t tcp_pipe(const struct tcp *t)
{
    uint32_t flight = t->snd_nxt - t->snd_una + t->rtx_out, gone = t->sacked + t->lost;
    return flight > gone ? flight - gone : 0;
}

/* ---- marking ---- */

void tcp_mark_lost(struct tcp *t, struct tcp_sent *r)
{
    uint32_t bytes = tcp_sent_bytes(r);
    if (r->flags & TCP_SENT_SACKED) return;
    if (r->flags & TCP_SENT_RTX) t->rtx_out -= bytes;
    if (!(r->flags & TCP_SENT_LOST)) t->lost += bytes;
    r->flags = (uint8_t)((r->flags & ~TCP_SENT_RTX) | TCP_SENT_LOST);
    if (seq_lt(r->seq, t->rtx_edge)) t->rtx_edge = r->seq;
}

void tcp_mark_all_lost(struct tcp *t)
{
    for (uint32_t i = 0; i < t->ring.count; i++) tcp_mark_lost(t, tcp_ring_at(t, i));
    t->lost_edge = t->snd_nxt;
    t->lost_above = 0;
}

/* RFC 6675 4, IsLost: more than (DupThresh - 1) segments SACKed above.  The edge only moves up, so each record is visited once. */
static void tcp_mark_lost_by_sack(struct tcp *t)
{
    uint32_t enough = (TCP_DUPTHRESH - 1) * (uint32_t)t->snd_mss;
    if (t->lost_above <= enough) return;
    for (uint32_t i = tcp_ring_find(t, t->lost_edge); i < t->ring.count; i++) {
        struct tcp_sent *r = tcp_ring_at(t, i);
        uint32_t bytes = tcp_sent_bytes(r);
        if (r->flags & TCP_SENT_SACKED) {
            if (t->lost_above - bytes <= enough) break;
            t->lost_above -= bytes;
        } else if (!(r->flags & TCP_SENT_RTX)) {
            tcp_mark_lost(t, r);
        }
        t->lost_edge = tcp_sent_end(r);
    }
}

/* ---- what to send: RFC 6675 4, NextSeg ---- */

/* (1): lost and not sent again. */
struct tcp_sent *tcp_next_lost(struct tcp *t)
{
    if (!t->lost) return NULL;
    for (uint32_t i = tcp_ring_find(t, t->rtx_edge); i < t->ring.count; i++) {
        struct tcp_sent *r = tcp_ring_at(t, i);
        t->rtx_edge = r->seq;
        if (r->flags & TCP_SENT_LOST && !(r->flags & TCP_SENT_RTX)) return r;
    }
    t->rtx_edge = t->snd_nxt;
    return NULL;
}

/* (3): not lost, but below something SACKed; (4): the last one, once an episode. */
struct tcp_sent *tcp_next_guess(struct tcp *t)
{
    if (!(t->flags & TF_RECOVERY) || !(t->flags & TF_SACK) || t->flags & TF_RESCUED) return NULL;
    for (uint32_t i = tcp_ring_find(t, t->lost_edge); i < t->ring.count; i++) {
        struct tcp_sent *r = tcp_ring_at(t, i);
        if (seq_geq(r->seq, t->fack)) break;
        if (!(r->flags & (TCP_SENT_SACKED | TCP_SENT_RTX | TCP_SENT_LOST))) return r;
    }
    struct tcp_sent *last = t->ring.count ? tcp_ring_at(t, t->ring.count - 1) : NULL;
    return last && !(last->flags & (TCP_SENT_SACKED | TCP_SENT_RTX | TCP_SENT_LOST)) && seq_leq(t->snd_una, t->recover) ? last : NULL;
}

/* ---- undo ---- */

static void tcp_undo_remember(struct tcp *t)
{
    struct tcp_rare *r = tcp_rare(t);
    if (!r) return;
    r->undo = r->undo_first = true;
    r->undo_cwnd = t->cc.cwnd;
    r->undo_ssthresh = t->cc.ssthresh;
    r->undo_ts = tcp_ts_now(t->host, t->ts_offset);
    r->undo_left = 0;
    r->undo_rtx = false;
}

static void tcp_undo(struct tcp *t)
{
    struct cc_told told = tcp_tell(t);
    t->rare->undo = false;
    t->cc.cwnd = tcp_max(t->cc.cwnd, t->rare->undo_cwnd);
    t->cc.ssthresh = tcp_max(t->cc.ssthresh, t->rare->undo_ssthresh);
    t->flags &= ~(uint32_t)(TF_RECOVERY | TF_LOSS);
    for (uint32_t i = 0; i < t->ring.count; i++) { /* nothing was lost */
        struct tcp_sent *r = tcp_ring_at(t, i);
        if (!(r->flags & TCP_SENT_LOST)) continue;
        t->lost -= tcp_sent_bytes(r);
        r->flags &= (uint8_t)~TCP_SENT_LOST;
        if (!(r->flags & TCP_SENT_RTX)) continue;
        t->rtx_out -= tcp_sent_bytes(r);
        r->flags &= (uint8_t)~TCP_SENT_RTX;
    }
    if (!(t->flags & TF_SACK)) t->sacked = 0;
    t->host->undos++;
    if (t->cc_kind->undo) t->cc_kind->undo(&t->cc, &told);
    trace_note(t->sock.stack, 4, "tcp", t->sock.object, "undo", t->cc.cwnd);
}

/* Eifel (RFC 3522 3.2): the first ACK of new data echoes a timestamp from before the first retransmission: the original arrived.
 * DSACK: every retransmission of the episode arrived twice; that may be known only after it. */
void tcp_undo_check(struct tcp *t, const struct tcp_opts *o, bool new_data)
{
    struct tcp_rare *r = t->rare;
    if (!r || !r->undo) return;
    bool original = t->flags & (TF_RECOVERY | TF_LOSS) && new_data && r->undo_first && t->flags & TF_TS && o->has & TCP_HAS_TS && o->ts_ecr &&
                    seq_lt(o->ts_ecr, r->undo_ts);
    bool all_twice = r->undo_rtx && !r->undo_left;
    if (new_data) r->undo_first = false;
    if (original || all_twice) tcp_undo(t);
}

/* ---- episodes ---- */

static void tcp_recovery_enter(struct tcp *t)
{
    struct cc_told told = tcp_tell(t);
    tcp_undo_remember(t);
    t->cc.ssthresh = t->cc_kind->loss(&t->cc, &told);
    t->cc.cwnd = t->cc.ssthresh;
    t->recover = t->snd_nxt;
    t->flags = (t->flags & ~(uint32_t)TF_RESCUED) | TF_RECOVERY;
    t->recoveries++;
    t->host->fast_recoveries++;
    if (t->ring.count) tcp_mark_lost(t, tcp_ring_at(t, 0)); /* RFC 6675 5 (4.3), RFC 6582 3.2 step 3 */
    trace_note(t->sock.stack, 4, "tcp", t->sock.object, "fast recovery", t->cc.cwnd);
    sock_mark_tx(&t->sock);
}

static void tcp_recovery_leave(struct tcp *t)
{
    if (t->flags & TF_RECOVERY) t->cc.cwnd = tcp_min(t->cc.cwnd, t->cc.ssthresh);
    t->flags &= ~(uint32_t)(TF_RECOVERY | TF_LOSS);
    if (!(t->flags & TF_SACK)) t->sacked = 0;
    if (t->rare && !t->rare->undo_left) t->rare->undo = false;
}

/* RFC 6582 3.2 step 5, partial ACK: the next hole is lost too; the duplicates counted for what is acknowledged now go. */
static void tcp_partial_ack(struct tcp *t, uint32_t acked)
{
    if (t->flags & TF_SACK) return;
    uint32_t counted = acked > t->snd_mss ? acked - t->snd_mss : 0;
    t->sacked -= tcp_min(t->sacked, counted);
    if (t->ring.count) tcp_mark_lost(t, tcp_ring_at(t, 0));
}

/* Without SACK: one more segment left the network. */
static void tcp_count_dup(struct tcp *t)
{
    if (t->flags & TF_SACK) return;
    uint32_t flight = t->snd_nxt - t->snd_una;
    uint32_t room = flight > t->lost + t->sacked ? flight - t->lost - t->sacked : 0;
    t->sacked += tcp_min(room, t->snd_mss);
}

static bool tcp_should_recover(const struct tcp *t)
{
    if (t->dup_acks < TCP_DUPTHRESH && !(t->flags & TF_SACK && t->lost)) return false;
    return t->flags & TF_SACK || seq_geq(t->snd_una, t->recover) || t->recoveries + t->rtos == 0; /* RFC 6582 3.2 step 1 */
}

/* After an ACK: acked bytes that are new, sacked bytes that are new, or a duplicate. */
void tcp_recover(struct tcp *t, uint32_t acked, uint32_t sacked, bool dup)
{
    if (acked) t->dup_acks = 0;
    if (dup) {
        if (t->dup_acks < UINT8_MAX) t->dup_acks++;
        tcp_count_dup(t);
    }
    if (t->flags & (TF_RECOVERY | TF_LOSS)) {
        if (acked && seq_geq(t->snd_una, t->recover)) tcp_recovery_leave(t);
        else if (acked && t->flags & TF_RECOVERY) tcp_partial_ack(t, acked);
    } else if (acked && !(t->flags & TF_SACK)) {
        t->sacked = 0;
    }
    if (t->flags & TF_SACK && (sacked || acked)) tcp_mark_lost_by_sack(t);
    if (!(t->flags & (TF_RECOVERY | TF_LOSS)) && tcp_should_recover(t)) tcp_recovery_enter(t);
}

/* RFC 6298 5.4..5.6, RFC 5681 3.1 (4): the retransmission timer fired. */
void tcp_loss_begin(struct tcp *t)
{
    struct cc_told told = tcp_tell(t);
    if (!(t->flags & TF_LOSS)) { /* the same data a second time does not halve again */
        tcp_undo_remember(t);
        t->cc.ssthresh = t->cc_kind->loss(&t->cc, &told);
    }
    t->cc.cwnd = t->snd_mss;
    if (t->cc_kind->rto) t->cc_kind->rto(&t->cc, &told);
    if (t->ring.count && tcp_ring_at(t, 0)->flags & TCP_SENT_SACKED) tcp_sack_renege(t);
    if (!(t->flags & TF_SACK)) t->sacked = 0;
    tcp_mark_all_lost(t);
    t->rtx_edge = t->snd_una;
    t->recover = t->snd_nxt;
    t->dup_acks = 0;
    t->flags = (t->flags & ~(uint32_t)TF_RECOVERY) | TF_LOSS;
    t->rtos++;
    t->host->timeouts++;
    trace_note(t->sock.stack, 4, "tcp", t->sock.object, "timeout", t->backoff);
}
