/* TCP: one timer per connection for all of its deadlines.
 *
 * The wheel's timer stands at or before the earliest deadline; a deadline that moves later does not touch it. */
#include "l4_transport/tcp/tcp.h"

void tcp_due(struct tcp *t, enum tcp_due which, hp_time at)
{
    t->due[which] = at;
    if (!timer_set_p(&t->timer) || at < t->timer.at) timer_set(t->sock.stack, &t->timer, at);
}

static void tcp_due_act(struct tcp *t, enum tcp_due which)
{
    static const char *const name[TCP_DUES] = {"retransmit", "delayed-ack", "keepalive", "send"};
    t->due[which] = HP_NEVER;
    trace_timer(t->sock.stack, 4, "tcp", t->sock.object, name[which]);
    switch (which) {
    case TCP_DUE_RTX: tcp_rtx_fire(t); break;
    case TCP_DUE_KEEP: tcp_keep_fire(t); break;
    case TCP_DUE_ACK:
        t->host->acks_delayed++;
        t->flags |= TF_ACK_NOW;
        sock_mark_tx(&t->sock);
        break;
    case TCP_DUE_SEND:
        if (t->flags & (TF_CORK | TF_MORE)) t->flags |= TF_PUSH;
        sock_mark_tx(&t->sock);
        break;
    case TCP_DUES: break;
    }
}

void tcp_timer_fire(struct hp_stack *s, struct hp_timer *timer)
{
    struct tcp *t = (struct tcp *)(void *)((char *)timer - offsetof(struct tcp, timer));
    struct tcp_host *h = t->host;
    hp_time next = HP_NEVER;
    for (int i = 0; i < TCP_DUES; i++)
        if (t->due[i] <= s->now) tcp_due_act(t, (enum tcp_due)i);
    for (int i = 0; i < TCP_DUES; i++)
        if (t->due[i] < next) next = t->due[i];
    if (next != HP_NEVER && (!timer_set_p(timer) || next < timer->at)) timer_set(s, timer, next);
    tcp_rest(h);
}
