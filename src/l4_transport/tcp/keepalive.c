/* TCP: the slow timer: keepalive (RFC 9293 3.8.4), FIN-WAIT-2 of connections that nobody holds, SO_LINGER, and how long one waits
 * for accept(). */
#include "l4_transport/tcp/tcp.h"

static hp_time tcp_keep_idle(const struct tcp *t)
{
    return t->rare && t->rare->keep_idle ? t->rare->keep_idle : HP_MS(t->host->keep_idle_ms);
}

static hp_time tcp_keep_interval(const struct tcp *t)
{
    return t->rare && t->rare->keep_interval ? t->rare->keep_interval : HP_MS(t->host->keep_interval_ms);
}

static bool tcp_is_orphan(const struct tcp *t) { return t->sock.flags & SOCK_ORPHAN && !(t->flags & TF_QUEUED); }

/* SO_LINGER: so long may the connection of a closed socket take to end. */
static bool tcp_lingers(const struct tcp *t)
{
    return tcp_is_orphan(t) && t->rare && t->rare->linger_on && tcp_in(t, TCP_HAS_QUEUE);
}

void tcp_keep_arm(struct tcp *t)
{
    hp_time now = t->sock.stack->now;
    if (t->flags & TF_QUEUED) tcp_due(t, TCP_DUE_KEEP, now + HP_MS(t->host->accept_timeout_ms));
    else if (tcp_lingers(t)) tcp_due(t, TCP_DUE_KEEP, now + t->rare->linger);
    else if (t->state == TCP_FIN_WAIT_2 && tcp_is_orphan(t)) tcp_due(t, TCP_DUE_KEEP, now + HP_MS(t->host->fin_wait_ms));
    else if (t->flags & TF_KEEPALIVE && tcp_in(t, TCP_SYNCHRONIZED)) tcp_due(t, TCP_DUE_KEEP, t->rcv_at + tcp_keep_idle(t));
    else tcp_due_stop(t, TCP_DUE_KEEP);
}

static void tcp_keep_probe(struct tcp *t)
{
    hp_time now = t->sock.stack->now, idle = tcp_keep_idle(t);
    uint32_t max = t->rare && t->rare->keep_count ? t->rare->keep_count : (uint32_t)t->host->keep_count;
    if (t->ring.count || now - t->rcv_at < idle) { /* the retransmission timer watches, or something came */
        tcp_due(t, TCP_DUE_KEEP, (t->ring.count ? now : t->rcv_at) + idle);
        return;
    }
    if (t->keeps >= max) {
        tcp_abort(t, t->soft_error ? t->soft_error : HP_ETIMEDOUT);
        return;
    }
    t->keeps++;
    t->host->keepalives++;
    tcp_send_keepalive(t);
    tcp_due(t, TCP_DUE_KEEP, now + tcp_keep_interval(t));
}

void tcp_keep_fire(struct tcp *t)
{
    if (t->flags & TF_QUEUED) tcp_abort(t, HP_ETIMEDOUT); /* nobody accepts it */
    else if (tcp_lingers(t)) tcp_abort(t, HP_OK);
    else if (t->state == TCP_FIN_WAIT_2 && tcp_is_orphan(t)) tcp_end(t, HP_OK);
    else if (t->flags & TF_KEEPALIVE && tcp_in(t, TCP_SYNCHRONIZED)) tcp_keep_probe(t);
}
