/* TCP: received text (RFC 9293 3.10.7.4 seventh and eighth, 3.4), by reference: packets are kept, trimmed to what is new.
 *
 * In order: a list of packets.  Out of order: islands ("runs") in a sorted array, found by binary search, so 10^5 tiny segments cost
 * O(log n) each (CVE-2018-5390); storage is charged at what it really takes, and bounded.
 * Invariants: runs are disjoint, do not touch, and all lie beyond rcv_nxt. */
#include "l4_transport/tcp/tcp.h"

enum { TEXT_JOIN_MAX = 1024, TEXT_RUNS_FIRST = 8, TEXT_ACK_EVERY = 8 };

uint32_t tcp_pkt_charge(const struct hp_pkt *p) { return p->buf->block + p->more.n; }

void tcp_pkt_skip(struct hp_pkt *p, uint32_t n)
{
    uint32_t linear = (uint32_t)(p->tail - p->data);
    uint32_t head = tcp_min(n, linear);
    p->data += head;
    n -= head;
    assert(n <= p->more.n);
    if (!n) return;
    p->more.p += n;
    p->more.n -= n;
}

/* Copies a short packet into the unused end of the one before it: 1-byte segments must not hold 2 KiB each. */
static bool tcp_pkt_join(struct hp_pkt *last, struct hp_pkt *p)
{
    uint32_t n = (uint32_t)pkt_len(p);
    if (!last || n > TEXT_JOIN_MAX || last->more.buf || pkt_shared(last) || last->buf->release) return false;
    if (pkt_tailroom(last) < n) return false;
    hp_pkt_copy_out(p, 0, last->tail, n);
    last->tail += n;
    hp_pkt_free(p);
    return true;
}

/* ---- in order ---- */

static struct hp_pkt *tcp_receive_last(const struct tcp *t)
{
    if (!t->rcv_first) return NULL;
    return (struct hp_pkt *)(void *)((char *)t->rcv_last - offsetof(struct hp_pkt, next));
}

static void tcp_rcv_advance(struct tcp *t, uint32_t n)
{
    if (t->rcv_nxt + n - t->irs < t->rcv_nxt - t->irs) t->nxt_wraps++;
    t->rcv_nxt += n;
}

/* The next packet of the stream; consumes. */
static void tcp_receive(struct tcp *t, struct hp_pkt *p)
{
    uint32_t n = (uint32_t)pkt_len(p);
    tcp_rcv_advance(t, n);
    if (t->flags & TF_SHUT_RD) { /* the user will not read: it is acknowledged and gone */
        t->rcv_read += n;
        hp_drop(t->sock.stack, p, HP_DROP_TCP_CLOSED);
        return;
    }
    t->rcv_queued += n;
    if (tcp_pkt_join(tcp_receive_last(t), p)) return;
    t->rcv_charge += tcp_pkt_charge(p);
    p->next = NULL;
    *t->rcv_last = p;
    t->rcv_last = &p->next;
}

void tcp_receive_drop(struct tcp *t)
{
    for (struct hp_pkt *p; (p = t->rcv_first);) {
        t->rcv_first = p->next;
        hp_drop(t->sock.stack, p, HP_DROP_SOCK_CLOSED);
    }
    t->rcv_last = &t->rcv_first;
    t->rcv_queued = t->rcv_charge = 0;
}

/* ---- out of order ---- */

static void tcp_run_free(struct tcp *t, const struct tcp_run *run)
{
    for (struct hp_pkt *p = run->first, *next; p; p = next) {
        next = p->next;
        t->rare->ooo.charge -= tcp_pkt_charge(p);
        hp_drop(t->sock.stack, p, HP_DROP_TCP_DUPLICATE);
    }
}

static void tcp_runs_remove(struct tcp_ooo *q, uint32_t i, uint32_t n)
{
    if (!n) return;
    memmove(q->run + i, q->run + i + n, (q->runs - i - n) * sizeof *q->run);
    q->runs -= n;
}

static void tcp_runs_free_array(struct tcp *t)
{
    struct tcp_ooo *q = &t->rare->ooo;
    mem_free(t->sock.stack->mem, q->run, q->room * sizeof *q->run);
    q->run = NULL;
    q->room = q->runs = 0;
    q->recents = 0;
}

void tcp_ooo_drop(struct tcp *t)
{
    if (!t->rare) return;
    for (uint32_t i = 0; i < t->rare->ooo.runs; i++) tcp_run_free(t, &t->rare->ooo.run[i]);
    tcp_runs_free_array(t);
    t->rare->ooo.fin = false;
}

static bool tcp_runs_insert(struct tcp *t, uint32_t i, struct tcp_run run)
{
    struct tcp_ooo *q = &t->rare->ooo;
    if (q->runs >= TCP_OOO_RUNS_MAX) return false;
    if (q->runs == q->room) {
        uint32_t room = q->room ? q->room * 2 : TEXT_RUNS_FIRST;
        struct tcp_run *grown = mem_resize(t->sock.stack->mem, q->run, q->room * sizeof *grown, room * sizeof *grown);
        if (!grown) return false;
        q->run = grown;
        q->room = room;
    }
    memmove(q->run + i + 1, q->run + i, (q->runs - i) * sizeof *q->run);
    q->run[i] = run;
    q->runs++;
    return true;
}

/* The first run that ends after seq, or runs. */
static uint32_t tcp_runs_after(const struct tcp_ooo *q, uint32_t seq)
{
    uint32_t lo = 0, hi = q->runs;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (seq_leq(q->run[mid].right, seq)) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static void tcp_note_dsack(struct tcp *t, uint32_t left, uint32_t right)
{
    if (!(t->flags & TF_SACK) || !tcp_rare(t)) return;
    t->rare->dsack = true;
    t->rare->dsack_left = left;
    t->rare->dsack_right = right;
}

/* Trims [*left, *right) of p to what no run has; false if nothing is left.  Runs that it covers go. */
static bool tcp_ooo_trim(struct tcp *t, struct hp_pkt *p, uint32_t *left, uint32_t *right)
{
    struct tcp_ooo *q = &t->rare->ooo;
    uint32_t i = tcp_runs_after(q, *left);
    if (i < q->runs && seq_leq(q->run[i].left, *left)) {
        if (seq_leq(*right, q->run[i].right)) return false;
        tcp_pkt_skip(p, q->run[i].right - *left);
        *left = q->run[i].right;
        i++;
    }
    uint32_t covered = i;
    while (covered < q->runs && seq_leq(q->run[covered].right, *right)) tcp_run_free(t, &q->run[covered++]);
    tcp_runs_remove(q, i, covered - i);
    if (i < q->runs && seq_lt(q->run[i].left, *right)) {
        pkt_trim(p, q->run[i].left - *left);
        *right = q->run[i].left;
    }
    return true;
}

static void tcp_run_append(struct tcp *t, struct tcp_run *run, struct hp_pkt *p, uint32_t right)
{
    run->right = right;
    if (tcp_pkt_join(run->last, p)) return;
    t->rare->ooo.charge += tcp_pkt_charge(p);
    run->last->next = p;
    run->last = p;
}

/* Puts p between the runs that it touches; answers false if there is no room. */
static bool tcp_ooo_place(struct tcp *t, struct hp_pkt *p, uint32_t left, uint32_t right)
{
    struct tcp_ooo *q = &t->rare->ooo;
    uint32_t i = tcp_runs_after(q, left);
    struct tcp_run *before = i > 0 && q->run[i - 1].right == left ? &q->run[i - 1] : NULL;
    struct tcp_run *after = i < q->runs && q->run[i].left == right ? &q->run[i] : NULL;
    p->next = NULL;
    if (before) {
        tcp_run_append(t, before, p, right);
        if (!after) return true;
        before->last->next = after->first;
        before->last = after->last;
        before->right = after->right;
        tcp_runs_remove(q, i, 1);
        return true;
    }
    if (!after && !tcp_runs_insert(t, i, (struct tcp_run){left, right, p, p})) return false;
    q->charge += tcp_pkt_charge(p);
    if (after) {
        p->next = after->first;
        after->first = p;
        after->left = left;
    }
    return true;
}

static bool tcp_ooo_room(const struct tcp *t, const struct hp_pkt *p)
{
    return t->rare->ooo.charge + tcp_pkt_charge(p) <= tcp_max(2 * t->rcvbuf, 65536);
}

/* Keeps what came out of order; consumes g->p.  Every such segment is acknowledged at once (RFC 5681 4.2). */
static void tcp_ooo_take(struct tcp *t, struct tcp_seg *g)
{
    struct hp_stack *s = t->sock.stack;
    uint32_t left = g->seq, right = g->seq + g->n;
    enum hp_drop why = HP_DROP_TAKEN;
    t->host->ooo_in++;
    if (!tcp_rare(t)) why = HP_DROP_NO_MEMORY;
    else if (!tcp_ooo_room(t, g->p)) why = HP_DROP_TCP_REASSEMBLY;
    else if (!tcp_ooo_trim(t, g->p, &left, &right)) why = HP_DROP_TCP_DUPLICATE;
    else if (!tcp_ooo_place(t, g->p, left, right)) why = HP_DROP_TCP_REASSEMBLY;
    if (why == HP_DROP_TAKEN) {
        g->p = NULL;
        tcp_ooo_recent(&t->rare->ooo, left);
    } else {
        if (why == HP_DROP_TCP_DUPLICATE) tcp_note_dsack(t, g->seq, g->seq + g->n);
        tcp_seg_drop(s, g, why);
    }
    tcp_send_ack(t);
}

/* The hole was filled: what waited behind it is in order now. */
static void tcp_ooo_drain(struct tcp *t)
{
    struct tcp_ooo *q = &t->rare->ooo;
    uint32_t done = 0;
    while (done < q->runs && seq_leq(q->run[done].left, t->rcv_nxt)) {
        struct tcp_run *run = &q->run[done++];
        uint32_t at = run->left;
        for (struct hp_pkt *p = run->first, *next; p; p = next) {
            next = p->next;
            uint32_t n = (uint32_t)pkt_len(p), old = seq_gt(t->rcv_nxt, at) ? tcp_min(t->rcv_nxt - at, n) : 0;
            q->charge -= tcp_pkt_charge(p);
            at += n;
            if (old) tcp_pkt_skip(p, old);
            if (old == n) hp_drop(t->sock.stack, p, HP_DROP_TCP_DUPLICATE);
            else tcp_receive(t, p);
        }
    }
    tcp_runs_remove(q, 0, done);
    if (!q->runs) tcp_runs_free_array(t);
}

/* ---- acknowledging ---- */

/* RFC 5681 4.2, RFC 9293 3.8.6.3: at once for every second full segment and while the connection is young, else within delack_ms.
 * "At once" is the end of the step, so that a burst costs one ACK for TEXT_ACK_EVERY segments: fewer would stand or fall with one packet. */
void tcp_ack_received(struct tcp *t, uint32_t n)
{
    t->rcv_mss = (uint16_t)tcp_max(t->rcv_mss, tcp_min(n, tcp_mss_for(&t->path, &t->node.flow.peer)));
    uint32_t owed = t->rcv_nxt - t->last_ack_sent;
    bool young = t->quick > 0;
    if (young) t->quick--;
    if (owed >= (young ? 2u : TEXT_ACK_EVERY) * t->rcv_mss) {
        tcp_send_ack(t);
    } else if (young || owed >= 2u * t->rcv_mss) {
        t->flags |= TF_ACK_NOW;
        sock_mark_tx(&t->sock);
    } else if (!(t->flags & TF_ACK_LATER)) {
        t->flags |= TF_ACK_LATER;
        tcp_due(t, TCP_DUE_ACK, t->sock.stack->now + HP_MS(t->host->delack_ms));
    }
}

/* ---- seventh: segment text ---- */

/* RFC 2525 2.17: nobody will ever read this. */
static bool tcp_nobody_reads(const struct tcp *t) { return t->sock.flags & SOCK_ORPHAN && !(t->flags & TF_QUEUED); }

void tcp_take_duplicate(struct tcp *t, const struct tcp_seg *g)
{
    if (g->n && seq_lt(g->seq, t->rcv_nxt)) tcp_note_dsack(t, g->seq, seq_lt(g->seq + g->n, t->rcv_nxt) ? g->seq + g->n : t->rcv_nxt);
    tcp_send_ack(t);
}

/* Cuts the segment to the window; false if nothing of it is new. */
static bool tcp_text_trim(struct tcp *t, struct tcp_seg *g)
{
    if (seq_lt(g->seq, t->rcv_nxt)) {
        uint32_t old = t->rcv_nxt - g->seq;
        if (old >= g->n) return false;
        tcp_note_dsack(t, g->seq, t->rcv_nxt);
        tcp_pkt_skip(g->p, old);
        g->seq += old;
        g->n -= old;
    }
    uint32_t room = t->rcv_adv - g->seq;
    if (g->n <= room) return true;
    pkt_trim(g->p, room);
    g->n = room;
    g->flags &= (uint16_t)~TCP_FIN;
    return room > 0;
}

void tcp_take_text(struct tcp *t, struct tcp_seg *g)
{
    if (!g->n || !g->p) return;
    struct hp_stack *s = t->sock.stack;
    if (!tcp_in(t, TCP_RECEIVING)) {
        if (t->state != TCP_SYN_RECEIVED) tcp_seg_drop(s, g, HP_DROP_TCP_CLOSED);
        return;
    }
    if (tcp_nobody_reads(t) && seq_gt(g->seq + g->n, t->rcv_nxt)) {
        tcp_seg_drop(s, g, HP_DROP_TCP_CLOSED);
        tcp_abort(t, HP_ECONNRESET);
        return;
    }
    if (!tcp_text_trim(t, g)) {
        tcp_take_duplicate(t, g);
        if (!(g->flags & TCP_FIN)) tcp_seg_drop(s, g, HP_DROP_TCP_DUPLICATE);
        return;
    }
    if (g->seq != t->rcv_nxt) {
        if (g->flags & TCP_FIN && tcp_rare(t)) {
            t->rare->ooo.fin = true;
            t->rare->ooo.fin_seq = g->seq + g->n;
        }
        g->flags &= (uint16_t)~TCP_FIN;
        tcp_ooo_take(t, g);
        return;
    }
    bool holes = t->rare && t->rare->ooo.runs;
    uint32_t n = g->n;
    tcp_receive(t, g->p);
    g->p = NULL;
    if (holes) tcp_ooo_drain(t);
    if (holes) t->flags |= TF_ACK_NOW;
    tcp_rcvbuf_tune(t);
    tcp_ack_received(t, n);
    sock_mark(&t->sock, HP_READABLE);
}

/* ---- eighth: FIN ---- */

static void tcp_fin(struct tcp *t)
{
    tcp_rcv_advance(t, 1);
    t->rcv_adv = seq_max(t->rcv_adv, t->rcv_nxt);
    t->flags |= TF_RCVD_FIN | TF_ACK_NOW;
    if (t->rare) t->rare->ooo.fin = false;
    tcp_ooo_drop(t);
    sock_mark_tx(&t->sock);
    sock_mark(&t->sock, HP_READABLE | HP_HUP);
    if (t->state == TCP_ESTABLISHED) tcp_set_state(t, TCP_CLOSE_WAIT);
    else if (t->state == TCP_FIN_WAIT_1) tcp_set_state(t, TCP_CLOSING);
    else if (t->state == TCP_FIN_WAIT_2) tcp_wait_enter(t);
}

void tcp_take_fin(struct tcp *t, struct tcp_seg *g)
{
    if (!tcp_in(t, TCP_RECEIVING)) return;
    bool waiting = t->rare && t->rare->ooo.fin;
    if (g->flags & TCP_FIN) {
        uint32_t at = g->seq + g->n;
        if (at == t->rcv_nxt) tcp_fin(t);
        else if (seq_gt(at, t->rcv_nxt) && tcp_rare(t)) {
            t->rare->ooo.fin = true;
            t->rare->ooo.fin_seq = at;
            tcp_send_ack(t);
        }
    } else if (waiting && t->rare->ooo.fin_seq == t->rcv_nxt) tcp_fin(t);
}
