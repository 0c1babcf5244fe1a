/* TCP: what ICMP said (RFC 9293 3.9.2.2, RFC 5927): believed only if the quoted sequence number is in flight; for a synchronized connection
 * nothing is hard; and paths that changed. */
#include "l4_transport/tcp/tcp.h"

/* The path may carry less than before (RFC 1191 6.4) or, after a while, more. */
void tcp_path_renew(struct tcp *t)
{
    uint32_t generation = t->path.generation;
    if (ip_path_check(t->sock.stack, &t->path, &t->node.flow.peer, t->node.link) || t->path.generation == generation) return;
    uint16_t was = t->snd_mss;
    tcp_set_mss(t);
    if (t->snd_mss >= was || !t->ring.count) return;
    if (tcp_resegment(t)) trace_note(t->sock.stack, 4, "tcp", t->sock.object, "mss", t->snd_mss);
    else t->snd_mss = was; /* no memory: too large still, to be tried again */
}

static void tcp_conn_too_big(struct tcp *t, const struct hp_neterr *e)
{
    ip_take_mtu(t->sock.stack, e);
    uint16_t was = t->snd_mss;
    tcp_path_renew(t);
    if (t->snd_mss >= was) return;
    uint32_t limit = t->snd_mss;
    for (uint32_t i = 0; i < t->ring.count; i++) { /* what was too large did not arrive; this is not congestion */
        struct tcp_sent *r = tcp_ring_at(t, i);
        if (r->len >= limit) tcp_mark_lost(t, r);
    }
    t->cc.cwnd = tcp_max(t->cc.cwnd, limit);
    sock_mark_tx(&t->sock);
}

static void tcp_conn_error(struct tcp *t, const struct hp_neterr *e, uint32_t seq)
{
    if (seq_lt(seq, t->snd_una) || seq_geq(seq, t->snd_nxt)) return; /* not in flight: RFC 5927 4 */
    if (e->err == HP_EMSGSIZE) {
        tcp_conn_too_big(t, e);
        return;
    }
    bool opening = t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED;
    if (opening && e->hard) tcp_end(t, e->err);
    else t->soft_error = (int8_t)e->err; /* said to the user if the connection dies of it */
}

void tcp_error(struct hp_stack *s, void *state, const struct hp_neterr *e)
{
    struct tcp_host *h = state;
    if (e->quote.n < 8) return;
    struct flow f = {.local = e->src, .peer = e->dst, .local_port = get16(e->quote.p), .peer_port = get16(e->quote.p + 2)};
    uint32_t seq = get32(e->quote.p + 4);
    struct tcp_node *n = tcp_find(h, &f);
    if (n && n->kind == TCP_NODE_CONN) tcp_conn_error(tcp_of_node(n), e, seq);
    else if (n && n->kind == TCP_NODE_HALF) tcp_half_error(h, (struct tcp_half *)n, e, seq);
    tcp_rest(h);
}
