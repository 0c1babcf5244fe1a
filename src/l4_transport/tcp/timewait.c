/* TCP: TIME-WAIT (RFC 9293 3.6.1, 3.10.7.4): a small struct in the connection's place, and one timer for all of them, since all wait equally long.
 * RFC 1337: a RST does not end it.  RFC 6191: a new SYN that is newer by timestamp or sequence number does.
 *
 * Invariant: the list is ordered by `until`. */
#include "l4_transport/tcp/tcp.h"

static void tcp_wait_link(struct tcp_host *h, struct tcp_wait *w)
{
    w->until = h->stack->now + HP_MS(h->time_wait_ms);
    w->next = NULL;
    w->prev = h->wait_last;
    *h->wait_last = w;
    h->wait_last = &w->next;
    if (!timer_set_p(&h->wait_timer)) timer_set(h->stack, &h->wait_timer, w->until);
}

static void tcp_wait_unlink(struct tcp_host *h, struct tcp_wait *w)
{
    *w->prev = w->next;
    if (w->next) w->next->prev = w->prev;
    else h->wait_last = w->prev;
}

void tcp_wait_end(struct tcp_host *h, struct tcp_wait *w)
{
    tcp_trace_state(h->stack, &w->node, w->object, TCP_TIME_WAIT, TCP_CLOSED);
    tcp_wait_unlink(h, w);
    tcp_unmap(h, &w->node);
    h->waits--;
    mem_free(h->stack->mem, w, sizeof *w);
}

void tcp_wait_fire(struct hp_stack *s, struct hp_timer *timer)
{
    struct tcp_host *h = (struct tcp_host *)(void *)((char *)timer - offsetof(struct tcp_host, wait_timer));
    while (h->wait && h->wait->until <= s->now) tcp_wait_end(h, h->wait);
    if (h->wait) timer_set(s, timer, h->wait->until);
}

static struct tcp_wait *tcp_wait_new(struct tcp *t)
{
    struct tcp_host *h = t->host;
    if (h->waits >= (uint64_t)h->waits_max && h->wait) tcp_wait_end(h, h->wait); /* the oldest has waited longest */
    struct tcp_wait *w = h->waits < (uint64_t)h->waits_max ? mem_zalloc(h->stack->mem, sizeof *w) : NULL;
    if (!w) return NULL;
    w->node = t->node;
    w->node.kind = TCP_NODE_WAIT;
    w->snd_nxt = t->snd_nxt;
    w->rcv_nxt = t->rcv_nxt;
    w->rcv_wnd = t->rcv_adv - t->rcv_nxt;
    w->rcv_wscale = t->rcv_wscale;
    w->ts = t->flags & TF_TS ? 1 : 0;
    w->ts_recent = t->ts_recent;
    w->ts_offset = t->ts_offset;
    w->object = t->sock.object;
    return w;
}

static void tcp_wait_ack(struct tcp_host *h, struct tcp_wait *w)
{
    struct tcp_opts o = {.has = TCP_HAS_TS, .ts_val = tcp_ts_now(h, w->ts_offset), .ts_ecr = w->ts_recent};
    struct tcp_reply r = {.flow = &w->node.flow, .link = w->node.link, .seq = w->snd_nxt, .ack = w->rcv_nxt, .flags = TCP_ACK,
                          .win = (uint16_t)tcp_min(w->rcv_wnd >> w->rcv_wscale, TCP_WINDOW_MAX), .o = w->ts ? &o : NULL};
    tcp_reply_tx(h, &r);
}

/* The connection becomes its TIME-WAIT; the user's handle, if any, stays until it is closed. */
void tcp_wait_enter(struct tcp *t)
{
    struct tcp_host *h = t->host;
    tcp_set_state(t, TCP_TIME_WAIT);
    if (t->flags & TF_ACK_NOW) tcp_send_ack(t);
    h->time_waits++;
    struct tcp_wait *w = tcp_wait_new(t);
    if (w) {
        tcp_remap(h, &t->node, &w->node);
        t->flags &= ~(uint32_t)TF_MAPPED;
        h->waits++;
        tcp_wait_link(h, w);
    } else {
        tcp_unmap(h, &t->node); /* no memory for waiting */
        t->flags &= ~(uint32_t)TF_MAPPED;
    }
    for (int i = 0; i < TCP_DUES; i++) t->due[i] = HP_NEVER;
    timer_remove(t->sock.stack, &t->timer);
    tcp_unbind(t);
    tcp_queue_drop(t);
    tcp_ooo_drop(t);
    if (t->sock.flags & SOCK_ORPHAN) tcp_free_later(t);
}

/* RFC 6191 2: may this SYN begin a new incarnation? */
static bool tcp_wait_reopens(const struct tcp_wait *w, const struct tcp_seg *g)
{
    if (w->ts && g->o->has & TCP_HAS_TS && g->o->ts_val != w->ts_recent) return seq_gt(g->o->ts_val, w->ts_recent);
    return seq_gt(g->seq, w->rcv_nxt);
}

/* Leaves g->p for a listener if the connection may begin anew. */
void tcp_wait_arrives(struct tcp_host *h, struct tcp_wait *w, struct tcp_seg *g)
{
    struct hp_stack *s = h->stack;
    if (g->flags & TCP_RST) { /* RFC 1337 */
        tcp_seg_drop(s, g, HP_DROP_TIME_WAIT);
        return;
    }
    uint16_t link = g->p->link ? g->p->link->index : 0;
    bool fresh = (g->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN && tcp_wait_reopens(w, g);
    if (fresh && tcp_find_listener(h, &w->node.flow, link)) {
        tcp_wait_end(h, w);
        return;
    }
    if (g->flags & TCP_FIN && g->seq + tcp_seg_len(g) == w->rcv_nxt) { /* our last ACK was lost: wait again */
        tcp_wait_unlink(h, w);
        tcp_wait_link(h, w);
        tcp_wait_ack(h, w);
    } else if (tcp_may_challenge(h, &w->challenge_ms, &w->challenges)) {
        tcp_wait_ack(h, w);
    }
    tcp_seg_drop(s, g, HP_DROP_TIME_WAIT);
}
