/* TCP: the retransmission timer (RFC 6298 5) and the persist timer (RFC 9293 3.8.6.1), which never run at the same time and share a deadline. */
#include "l4_transport/tcp/tcp.h"

enum { RTX_BACKOFF_MAX = 16 };

/* RFC 6298 5.5: doubled for each timeout in a row. */
hp_time tcp_rto(const struct tcp *t)
{
    hp_time max = HP_MS(t->host->rto_max_ms);
    hp_time rto = HP_US(t->rto_us) << t->backoff;
    return rto < max ? rto : max;
}

void tcp_rtx_arm(struct tcp *t)
{
    t->flags &= ~(uint32_t)TF_PERSIST;
    if (t->ring.count) tcp_due(t, TCP_DUE_RTX, t->sock.stack->now + tcp_rto(t));
    else tcp_due_stop(t, TCP_DUE_RTX);
}

/* RFC 9293 3.8.3: R2 by time.  The peer that keeps its window shut but answers is alive (3.8.6.1), unless the user set a limit. */
static bool tcp_given_up(const struct tcp *t)
{
    const struct tcp_host *h = t->host;
    if (!tcp_in(t, TCP_SYNCHRONIZED)) {
        int64_t tries = t->rare && t->rare->syn_retries ? t->rare->syn_retries : h->syn_retries;
        return t->ring.count && tcp_ring_at(t, 0)->tries > tries;
    }
    hp_time limit = t->rare && t->rare->user_timeout ? t->rare->user_timeout : HP_MS(h->user_timeout_ms);
    return t->sock.stack->now - t->progress_at >= limit;
}

static void tcp_backoff(struct tcp *t)
{
    if (t->backoff < RTX_BACKOFF_MAX) t->backoff++;
}

/* One byte (or what the window lets through, or the FIN) beyond the window. */
static void tcp_persist_fire(struct tcp *t)
{
    uint32_t open = t->snd_una + t->snd_wnd - t->snd_nxt;
    t->flags &= ~(uint32_t)TF_PERSIST;
    t->host->probes++;
    tcp_send_new(t, open && (int32_t)open > 0 ? open : 1, TCP_SENT_PROBE);
    if (!t->ring.count) { /* no memory: try again later */
        t->flags |= TF_PERSIST;
        tcp_backoff(t);
        tcp_due(t, TCP_DUE_RTX, t->sock.stack->now + tcp_rto(t));
    }
}

void tcp_rtx_fire(struct tcp *t)
{
    bool persist = t->flags & TF_PERSIST;
    if (!persist && !t->ring.count) {
        if (t->state == TCP_SYN_SENT || t->state == TCP_SYN_RECEIVED) sock_mark_tx(&t->sock);
        return;
    }
    if (tcp_given_up(t)) {
        tcp_end(t, t->soft_error ? t->soft_error : HP_ETIMEDOUT);
        return;
    }
    if (persist) {
        tcp_persist_fire(t);
        return;
    }
    tcp_backoff(t);
    struct tcp_sent *head = tcp_ring_at(t, 0);
    bool shut = tcp_in(t, TCP_SYNCHRONIZED) && t->snd_wnd == 0;
    if (shut) { /* a probe that nobody kept: not congestion */
        t->host->probes++;
        if (!(head->flags & TCP_SENT_SACKED)) tcp_mark_lost(t, head);
    } else if (tcp_in(t, TCP_SYNCHRONIZED)) {
        tcp_loss_begin(t);
    } else {
        t->rtos++;
        t->host->timeouts++;
        tcp_mark_lost(t, head);
    }
    tcp_due(t, TCP_DUE_RTX, t->sock.stack->now + tcp_rto(t)); /* 5.6; sending does not restart it */
    sock_mark_tx(&t->sock);
}
