/* Sums over the records, the islands and the chunks are what the connection believes. */
#include "support/tcp_check.h"

#include "l4_transport/tcp/tcp.h"
#include "support/test.h"

#define CHECK(t, what) \
    do { \
        if (!(what)) fail_msg("tcp#%u in %s: not so: %s", (t)->sock.object, tcp_state_name((t)->state), #what); \
    } while (0)

static void check_records(const struct tcp *t)
{
    uint32_t sacked = 0, lost = 0, rtx = 0, above = 0, at = t->snd_una;
    for (uint32_t i = 0; i < t->ring.count; i++) {
        const struct tcp_sent *r = tcp_ring_at(t, i);
        uint32_t bytes = tcp_sent_bytes(r);
        CHECK(t, r->seq == at);
        CHECK(t, bytes > 0);
        CHECK(t, !r->len || (seq_leq(r->chunk->seq, r->seq) && seq_lt(r->seq, r->chunk->seq + r->chunk->n)));
        CHECK(t, !(r->flags & TCP_SENT_SACKED) || !(r->flags & (TCP_SENT_LOST | TCP_SENT_RTX)));
        if (r->flags & TCP_SENT_SACKED) sacked += bytes;
        if (r->flags & TCP_SENT_SACKED && seq_geq(r->seq, t->lost_edge)) above += bytes;
        if (r->flags & TCP_SENT_LOST) lost += bytes;
        if (r->flags & TCP_SENT_RTX) rtx += bytes;
        at += bytes;
    }
    if (tcp_in(t, TCP_HAS_QUEUE | TCP_IS(TCP_FIN_WAIT_2))) CHECK(t, at == t->snd_nxt);
    CHECK(t, lost == t->lost);
    CHECK(t, rtx == t->rtx_out);
    if (t->flags & TF_SACK) CHECK(t, sacked == t->sacked && above == t->lost_above);
    CHECK(t, !t->ring.count || t->due[TCP_DUE_RTX] != HP_NEVER);
}

static void check_chunks(const struct tcp *t)
{
    uint32_t end = t->chunk ? t->chunk->seq : t->snd_end;
    for (const struct tcp_chunk *c = t->chunk; c; c = c->next) {
        CHECK(t, c->seq == end && c->n <= c->room);
        CHECK(t, seq_gt(c->seq + c->n, t->snd_una));
        end += c->n;
    }
    if (t->state != TCP_CLOSED) CHECK(t, end == t->snd_end);
    CHECK(t, seq_leq(t->snd_una, t->snd_nxt));
    if (tcp_in(t, TCP_HAS_QUEUE)) CHECK(t, seq_leq(t->snd_nxt, t->snd_end + 1));
}

static void check_received(const struct tcp *t)
{
    uint32_t n = 0, charge = 0;
    for (const struct hp_pkt *p = t->rcv_first; p; p = p->next) {
        n += (uint32_t)pkt_len(p);
        charge += tcp_pkt_charge(p);
    }
    CHECK(t, n == t->rcv_queued);
    CHECK(t, charge == t->rcv_charge);
    CHECK(t, tcp_in(t, TCP_IS(TCP_CLOSED) | TCP_IS(TCP_LISTEN) | TCP_IS(TCP_SYN_SENT)) || seq_leq(t->rcv_nxt, t->rcv_adv));
    const struct tcp_ooo *q = t->rare ? &t->rare->ooo : NULL;
    uint32_t last = t->rcv_nxt;
    charge = 0;
    for (uint32_t i = 0; q && i < q->runs; i++) {
        uint32_t at = q->run[i].left;
        CHECK(t, seq_gt(at, last));
        for (const struct hp_pkt *p = q->run[i].first; p; p = p->next) {
            at += (uint32_t)pkt_len(p);
            charge += tcp_pkt_charge(p);
            CHECK(t, p->next || p == q->run[i].last);
        }
        CHECK(t, at == q->run[i].right);
        last = at;
    }
    CHECK(t, !q || charge == q->charge);
}

void tcp_check(const struct hp_sock *sock)
{
    const struct tcp *t = (const struct tcp *)sock;
    check_records(t);
    check_chunks(t);
    check_received(t);
}

void tcp_check_all(const struct hp_stack *s)
{
    const struct tcp_host *h = stack_state(s, &tcp_proto);
    for (const struct tcp *t = h->all; t; t = t->all_next) tcp_check(&t->sock);
}
