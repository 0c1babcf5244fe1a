/* TCP: urgent data (RFC 9293 3.8.5, RFC 6093): a mark in the stream, one byte at most out of line.  The pointer is only compared, never used to
 * reach into the segment beyond what came. */
#include "l4_transport/tcp/tcp.h"

/* 3.10.7.4 sixth.  The pointer names the byte after the urgent one (RFC 6093 3: what everybody does). */
void tcp_take_urgent(struct tcp *t, const struct tcp_seg *g)
{
    if (!(g->flags & TCP_URG) || !g->urg || !tcp_in(t, TCP_RECEIVING)) return;
    uint32_t up = g->seq + g->urg;
    if (seq_leq(up, t->rcv_nxt) || seq_gt(up, t->rcv_adv) || !tcp_rare(t)) return;
    struct tcp_rare *r = t->rare;
    bool fresh = !r->has_up || seq_gt(up, r->rcv_up);
    if (fresh) {
        r->has_up = true;
        r->oob_there = false;
        r->rcv_up = up;
        sock_mark(&t->sock, HP_URGENT);
    }
    uint32_t at = up - 1 - g->seq;
    if (t->flags & TF_OOBINLINE || r->oob_there || !g->p || up - 1 - t->rcv_nxt >= t->rcv_adv - t->rcv_nxt || at >= g->n) return;
    hp_pkt_copy_out(g->p, at, &r->oob, 1);
    r->oob_there = true;
}

/* Is the byte `seq` one that recv() does not give, because it went out of line? */
bool tcp_is_oob(const struct tcp *t, uint32_t seq)
{
    return t->rare && t->rare->has_up && !(t->flags & TF_OOBINLINE) && seq == t->rare->rcv_up - 1;
}

int64_t tcp_recv_oob(struct tcp *t, void *room, size_t n, unsigned flags)
{
    struct tcp_rare *r = t->rare;
    if (t->flags & TF_OOBINLINE || !r || !r->has_up) return HP_EINVAL;
    if (!r->oob_there) return HP_EAGAIN;
    if (n && room) *(uint8_t *)room = r->oob;
    if (!(flags & HP_MSG_PEEK)) r->oob_there = false;
    return n ? 1 : 0;
}
