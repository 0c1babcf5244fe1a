/* TCP: the receive window (RFC 9293 3.8.6.2, RFC 7323 2) and the sizes of both buffers.
 *
 * Invariants: the right edge never moves back; it moves forward by at least an MSS or half the buffer (silly window syndrome,
 * RFC 9293 3.8.6.2.2). */
#include "l4_transport/tcp/tcp.h"

enum { WINDOW_CHARGE_SHARE = 4 };

/* Where the right edge may be: small packets in large storage count too. */
uint32_t tcp_window_edge(const struct tcp *t)
{
    uint32_t used = tcp_max(t->rcv_queued, t->rcv_charge / WINDOW_CHARGE_SHARE);
    uint32_t room = t->rcvbuf > used ? t->rcvbuf - used : 0;
    uint32_t edge = t->rcv_nxt + tcp_min(room, (uint32_t)TCP_WINDOW_MAX << t->rcv_wscale);
    uint32_t step = tcp_min(t->rcvbuf / 2, t->rcv_mss ? t->rcv_mss : TCP_MSS_DEFAULT);
    if (seq_leq(edge, t->rcv_adv) || edge - t->rcv_adv < step) return t->rcv_adv;
    return edge;
}

/* The window field of the next segment.  Scaling rounds down, so the edge that we keep is the one that the peer sees. */
uint16_t tcp_window_field(struct tcp *t)
{
    uint32_t edge = tcp_window_edge(t), unit = 1u << t->rcv_wscale;
    uint32_t window = edge - t->rcv_nxt;
    if (edge == t->rcv_adv) window = (window + unit - 1) & ~(unit - 1); /* not back by rounding */
    t->rcv_adv = seq_max(t->rcv_adv, t->rcv_nxt + (window & ~(unit - 1)));
    return (uint16_t)tcp_min(window >> t->rcv_wscale, TCP_WINDOW_MAX);
}

/* The user took n bytes.  A window update is sent if the peer would otherwise see less than half of what it could have. */
void tcp_window_read(struct tcp *t, uint32_t n)
{
    t->rcv_read += n;
    tcp_rcvbuf_tune(t);
    if (!tcp_in(t, TCP_RECEIVING)) return;
    uint32_t seen = t->rcv_adv - t->rcv_nxt, could = tcp_window_edge(t) - t->rcv_nxt;
    if (could <= seen || could < 2 * seen) return;
    t->flags |= TF_ACK_NOW;
    sock_mark_tx(&t->sock);
}

/* RFC 9293 3.10.7.4 first: the four cases. */
bool tcp_in_window(const struct tcp *t, const struct tcp_seg *g)
{
    uint32_t len = tcp_seg_len(g), wnd = t->rcv_adv - t->rcv_nxt;
    if (wnd == 0) return g->seq == t->rcv_nxt; /* text is cut off, but ACK, RST and URG count */
    uint32_t last = len ? g->seq + len - 1 : g->seq;
    return g->seq - t->rcv_nxt < wnd || last - t->rcv_nxt < wnd;
}

/* ---- sizes ---- */

static uint32_t tcp_budget(const struct tcp *t)
{
    size_t left = mem_left(t->sock.stack->mem) / 8;
    return left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}

/* Twice what congestion control lets fly, so that the user fills the next window while this one is out. */
uint32_t tcp_sndbuf(const struct tcp *t)
{
    if (t->flags & TF_SNDBUF_SET) return t->sndbuf;
    uint32_t cwnd = tcp_min(t->cc.cwnd, INT32_MAX / 2), want = tcp_min(2 * cwnd, (uint32_t)t->host->sndbuf_max);
    return tcp_max(t->sndbuf, tcp_min(want, tcp_budget(t)));
}

/* Dynamic right-sizing: if the user took more than half a buffer in a round trip, the buffer is what limits the peer. */
void tcp_rcvbuf_tune(struct tcp *t)
{
    if (t->flags & TF_RCVBUF_SET || t->rcvbuf >= t->host->rcvbuf_max) return;
    uint32_t now = (uint32_t)(t->sock.stack->now / 1000), took = t->rcv_read - t->drs_read;
    uint32_t rtt = t->srtt_us ? t->srtt_us : 1000;
    if (now - t->drs_at_us < rtt) return;
    if (took > t->rcvbuf / 2) {
        uint32_t want = tcp_min(took > INT32_MAX / 4 ? INT32_MAX : took * 4, (uint32_t)t->host->rcvbuf_max);
        want = tcp_min(want, tcp_budget(t));
        if (want > t->rcvbuf) {
            t->rcvbuf = want;
            trace_note(t->sock.stack, 4, "tcp", t->sock.object, "rcvbuf", want);
        }
    }
    t->drs_at_us = now;
    t->drs_read = t->rcv_read;
}
