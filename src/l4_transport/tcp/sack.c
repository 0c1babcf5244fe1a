/* TCP: selective acknowledgments, both directions (RFC 2018, RFC 2883 DSACK).
 *
 * What the peer reports marks records as SACKED.  A block that grew is looked at only where it grew, and one ACK looks at SACK_VISITS_MAX
 * records at most, so an ACK's cost is bounded whatever it says (CVE-2019-11478). */
#include "l4_transport/tcp/tcp.h"

enum { SACK_VISITS_MAX = 4096 };

/* ---- received: what the peer holds ---- */

static void tcp_mark_sacked(struct tcp *t, struct tcp_sent *r)
{
    uint32_t bytes = tcp_sent_bytes(r);
    if (r->flags & TCP_SENT_LOST) t->lost -= bytes;
    if (r->flags & TCP_SENT_RTX) t->rtx_out -= bytes;
    r->flags = (uint8_t)((r->flags & ~(TCP_SENT_LOST | TCP_SENT_RTX)) | TCP_SENT_SACKED);
    t->sacked += bytes;
    if (seq_geq(r->seq, t->lost_edge)) t->lost_above += bytes;
    t->fack = seq_max(t->fack, tcp_sent_end(r));
}

/* Marks the records that lie wholly in [left, right); answers the bytes that are new. */
static uint32_t tcp_sack_range(struct tcp *t, uint32_t left, uint32_t right, int *visits)
{
    uint32_t fresh = 0;
    if (seq_geq(left, right)) return 0;
    for (uint32_t i = tcp_ring_find(t, left); *visits > 0 && i < t->ring.count; i++, --*visits) {
        struct tcp_sent *r = tcp_ring_at(t, i);
        if (seq_gt(tcp_sent_end(r), right)) break;
        if (seq_lt(r->seq, left) || r->flags & TCP_SENT_SACKED) continue;
        tcp_mark_sacked(t, r);
        fresh += tcp_sent_bytes(r);
    }
    return fresh;
}

/* Like tcp_sack_range, but skips what an earlier ACK's block already covered. */
static uint32_t tcp_sack_block(struct tcp *t, struct tcp_sack b, const struct tcp_rare *rare, int *visits)
{
    for (int i = 0; rare && i < TCP_SACKS_MAX; i++) {
        struct tcp_sack c = rare->seen[i];
        if (c.left == c.right || seq_lt(c.left, b.left) || seq_gt(c.right, b.right)) continue;
        return tcp_sack_range(t, b.left, c.left, visits) + tcp_sack_range(t, c.right, b.right, visits);
    }
    return tcp_sack_range(t, b.left, b.right, visits);
}

/* RFC 2883 4: the first block reports a duplicate if it is below the ACK or inside the second. */
static bool tcp_is_dsack(const struct tcp_opts *o, uint32_t ack)
{
    const struct tcp_sack *b = o->sack;
    if (seq_lt(b[0].left, ack)) return seq_leq(b[0].right, ack);
    return o->sack_count > 1 && seq_geq(b[0].left, b[1].left) && seq_leq(b[0].right, b[1].right);
}

static void tcp_take_dsack(struct tcp *t)
{
    t->host->dsacks_in++;
    if (t->rare && t->rare->undo_left) t->rare->undo_left--;
}

uint32_t tcp_take_sack(struct tcp *t, const struct tcp_opts *o, uint32_t ack)
{
    int visits = SACK_VISITS_MAX;
    uint32_t fresh = 0, first = 0;
    struct tcp_rare *rare = tcp_rare(t); /* NULL: only slower */
    t->host->sacks_in++;
    if (tcp_is_dsack(o, ack)) {
        tcp_take_dsack(t);
        first = 1;
    }
    struct tcp_sack seen[TCP_SACKS_MAX] = {{0, 0}};
    for (uint32_t i = first; i < o->sack_count; i++) {
        struct tcp_sack b = o->sack[i];
        if (seq_geq(b.left, b.right) || seq_lt(b.left, ack) || seq_lt(b.left, t->snd_una) || seq_gt(b.right, t->snd_nxt)) continue;
        fresh += tcp_sack_block(t, b, rare, &visits);
        if (visits > 0) seen[i] = b;
    }
    if (rare) memcpy(rare->seen, seen, sizeof seen);
    return fresh;
}

/* The peer dropped what it had reported (RFC 2018 8): all that was SACKed is in doubt again. */
void tcp_sack_renege(struct tcp *t)
{
    for (uint32_t i = 0; i < t->ring.count; i++) tcp_ring_at(t, i)->flags &= (uint8_t)~TCP_SENT_SACKED;
    t->sacked = t->lost_above = 0;
    t->fack = t->lost_edge = t->snd_una;
    if (t->rare) memset(t->rare->seen, 0, sizeof t->rare->seen);
}

/* ---- sent: what we hold ---- */

struct tcp_run *tcp_ooo_find(const struct tcp_ooo *q, uint32_t seq)
{
    uint32_t lo = 0, hi = q->runs;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (seq_leq(q->run[mid].right, seq)) lo = mid + 1;
        else hi = mid;
    }
    return lo < q->runs && seq_leq(q->run[lo].left, seq) ? &q->run[lo] : NULL;
}

/* The island with seq in it grew last: RFC 2018 4 wants it first. */
void tcp_ooo_recent(struct tcp_ooo *q, uint32_t seq)
{
    struct tcp_run *run = tcp_ooo_find(q, seq);
    uint32_t kept[TCP_SACKS_MAX] = {seq};
    uint8_t n = 1;
    for (uint8_t i = 0; i < q->recents && n < TCP_SACKS_MAX; i++) {
        struct tcp_run *other = tcp_ooo_find(q, q->recent[i]);
        if (other && other != run) kept[n++] = q->recent[i];
    }
    memcpy(q->recent, kept, sizeof kept);
    q->recents = n;
}

static void tcp_put_block(struct tcp_opts *o, uint32_t left, uint32_t right)
{
    o->sack[o->sack_count++] = (struct tcp_sack){left, right};
    o->has |= TCP_HAS_SACK;
}

/* The blocks for the next ACK: at most `max`. */
void tcp_write_sack(struct tcp *t, struct tcp_opts *o, int max)
{
    struct tcp_rare *rare = t->rare;
    o->sack_count = 0;
    if (!rare || !(t->flags & TF_SACK)) return;
    if (rare->dsack) {
        rare->dsack = false;
        tcp_put_block(o, rare->dsack_left, rare->dsack_right);
    }
    const struct tcp_ooo *q = &rare->ooo;
    for (uint8_t i = 0; i < q->recents && o->sack_count < max; i++) {
        const struct tcp_run *run = tcp_ooo_find(q, q->recent[i]);
        if (run) tcp_put_block(o, run->left, run->right);
    }
}
