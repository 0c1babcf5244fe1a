/* TCP: closing (RFC 9293 3.6, 3.10.4, 3.10.5): half-close, linger, reset where data would be lost (RFC 2525 2.17), and orphans: connections that
 * nobody holds any more, which are bounded. */
#include "l4_transport/tcp/tcp.h"

/* Our side has nothing more to say: the FIN follows the queue. */
static void tcp_send_fin(struct tcp *t)
{
    if (t->flags & TF_FIN) return;
    t->flags = (t->flags | TF_FIN) & ~(uint32_t)(TF_CORK | TF_MORE);
    if (t->state == TCP_ESTABLISHED || t->state == TCP_SYN_RECEIVED) tcp_set_state(t, TCP_FIN_WAIT_1);
    else if (t->state == TCP_CLOSE_WAIT) tcp_set_state(t, TCP_LAST_ACK);
    sock_mark_tx(&t->sock);
}

/* RST to a peer that knows of us, and the end. */
void tcp_abort(struct tcp *t, int err)
{
    if (tcp_in(t, TCP_HAS_QUEUE | TCP_IS(TCP_FIN_WAIT_2) | TCP_IS(TCP_SYN_RECEIVED))) tcp_send_rst(t);
    tcp_end(t, err);
}

int tcp_shutdown(struct hp_sock *sock, int how)
{
    struct tcp *t = (struct tcp *)sock;
    if (t->state == TCP_LISTEN) {
        tcp_end(t, HP_OK);
        return HP_OK;
    }
    if (t->state == TCP_CLOSED || t->state == TCP_SYN_SENT) return HP_ENOTCONN;
    if (how != HP_SHUT_WR) {
        t->flags |= TF_SHUT_RD;
        sock_mark(sock, HP_READABLE);
    }
    if (how != HP_SHUT_RD) tcp_send_fin(t);
    return HP_OK;
}

/* A socket with nothing to settle is gone at once. */
static bool tcp_close_now(struct tcp *t)
{
    bool linger_zero = t->rare && t->rare->linger_on && t->rare->linger == 0;
    if (t->state == TCP_CLOSED || t->state == TCP_TIME_WAIT) return true; /* TIME-WAIT goes on without the socket */
    if (t->state == TCP_LISTEN || t->state == TCP_SYN_SENT) {
        tcp_end(t, HP_OK);
        return true;
    }
    /* RFC 2525 2.17: what was received and not read would be lost in silence */
    if (t->rcv_queued || linger_zero || t->host->orphans >= (uint64_t)t->host->orphans_max) {
        tcp_abort(t, HP_OK);
        return true;
    }
    return false;
}

void tcp_close(struct hp_sock *sock)
{
    struct tcp *t = (struct tcp *)sock;
    struct tcp_host *h = t->host;
    sock->flags |= SOCK_ORPHAN;
    sock_unlist(sock);
    sock_mark_tx(sock);
    if (tcp_close_now(t)) {
        tcp_free_later(t);
    } else {
        tcp_adopt(t);
        tcp_send_fin(t);
        t->flags &= ~(uint32_t)TF_KEEPALIVE;
        tcp_keep_arm(t);
    }
    tcp_rest(h);
}

/* The peer has all that we will ever send. */
void tcp_fin_acked(struct tcp *t)
{
    switch (t->state) {
    case TCP_FIN_WAIT_1:
        tcp_set_state(t, TCP_FIN_WAIT_2);
        tcp_keep_arm(t);
        break;
    case TCP_CLOSING: tcp_wait_enter(t); break;
    case TCP_LAST_ACK: tcp_end(t, HP_OK); break;
    default: break;
    }
}
