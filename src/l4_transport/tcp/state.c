/* TCP: the states (RFC 9293 3.3.2), who may become what, and how a connection is born and dies.
 *
 * Invariant: a connection that is TF_DEAD is on the host's list of the dead and on no other; it is freed when the stack is at rest, so
 * that nobody who still holds a pointer in this step is surprised. */
#include "core/text.h"
#include "l4_transport/tcp/tcp.h"

const char *tcp_state_name(unsigned state)
{
    static const char *const name[TCP_STATES] = {
        [TCP_CLOSED] = "CLOSED", [TCP_LISTEN] = "LISTEN", [TCP_SYN_SENT] = "SYN-SENT",
        [TCP_SYN_RECEIVED] = "SYN-RECEIVED", [TCP_ESTABLISHED] = "ESTABLISHED", [TCP_FIN_WAIT_1] = "FIN-WAIT-1",
        [TCP_FIN_WAIT_2] = "FIN-WAIT-2", [TCP_CLOSE_WAIT] = "CLOSE-WAIT", [TCP_CLOSING] = "CLOSING",
        [TCP_LAST_ACK] = "LAST-ACK", [TCP_TIME_WAIT] = "TIME-WAIT",
    };
    return state < TCP_STATES ? name[state] : "?";
}

/* RFC 9293 figure 5, as bits; CLOSED is reached from everywhere by RST, timeout or ABORT. */
static const uint16_t tcp_may_become[TCP_STATES] = {
    [TCP_CLOSED] = TCP_IS(TCP_LISTEN) | TCP_IS(TCP_SYN_SENT),
    [TCP_LISTEN] = TCP_IS(TCP_SYN_RECEIVED) | TCP_IS(TCP_SYN_SENT) | TCP_IS(TCP_CLOSED),
    [TCP_SYN_SENT] = TCP_IS(TCP_SYN_RECEIVED) | TCP_IS(TCP_ESTABLISHED) | TCP_IS(TCP_CLOSED),
    [TCP_SYN_RECEIVED] = TCP_IS(TCP_ESTABLISHED) | TCP_IS(TCP_FIN_WAIT_1) | TCP_IS(TCP_CLOSED),
    [TCP_ESTABLISHED] = TCP_IS(TCP_FIN_WAIT_1) | TCP_IS(TCP_CLOSE_WAIT) | TCP_IS(TCP_CLOSED),
    [TCP_FIN_WAIT_1] = TCP_IS(TCP_FIN_WAIT_2) | TCP_IS(TCP_CLOSING) | TCP_IS(TCP_CLOSED),
    [TCP_FIN_WAIT_2] = TCP_IS(TCP_TIME_WAIT) | TCP_IS(TCP_CLOSED),
    [TCP_CLOSE_WAIT] = TCP_IS(TCP_LAST_ACK) | TCP_IS(TCP_CLOSED),
    [TCP_CLOSING] = TCP_IS(TCP_TIME_WAIT) | TCP_IS(TCP_CLOSED),
    [TCP_LAST_ACK] = TCP_IS(TCP_CLOSED),
    [TCP_TIME_WAIT] = TCP_IS(TCP_CLOSED),
};

/* The key says of which connection: whoever draws both ends of one needs to know that they are one. */
void tcp_trace_state(struct hp_stack *s, const struct tcp_node *n, uint32_t object, unsigned from, unsigned to)
{
    if (!trace_on(s, HP_TRACE_STATE)) return;
    struct hp_endpoint local = {n->flow.local, n->flow.local_port, 0}, peer = {n->flow.peer, n->flow.peer_port, 0};
    char key[2 * HP_ENDPOINT_TEXT + 4], part[HP_ENDPOINT_TEXT];
    struct text t = text_of(key, sizeof key);
    text_str(&t, hp_endpoint_text(&local, part, sizeof part));
    if (n->flow.peer_port) text_str(&t, " > ");
    if (n->flow.peer_port) text_str(&t, hp_endpoint_text(&peer, part, sizeof part));
    trace_state(s, 4, "tcp", object, key, tcp_state_name(from), tcp_state_name(to));
}

void tcp_set_state(struct tcp *t, enum tcp_state to)
{
    assert(tcp_may_become[t->state] & TCP_IS(to));
    tcp_trace_state(t->sock.stack, &t->node, t->sock.object, t->state, to);
    t->state = (uint8_t)to;
}

/* ---- birth ---- */

int tcp_init(struct tcp *t, struct tcp_host *h)
{
    t->host = h;
    t->node.kind = TCP_NODE_CONN;
    t->state = TCP_CLOSED;
    t->flags = TF_OOBINLINE;
    t->rcv_last = &t->rcv_first;
    t->ring = (struct tcp_ring){.at = &t->one};
    t->rcvbuf = (uint32_t)h->rcvbuf;
    t->sndbuf = (uint32_t)h->sndbuf;
    t->rto_us = (uint32_t)h->rto_initial_ms * 1000;
    t->cc_kind = hp_congestion_name((int)h->congestion) ? hp_congestion[h->congestion] : hp_congestion[0];
    t->timer.fire = tcp_timer_fire;
    t->timer.at = HP_NEVER;
    for (int i = 0; i < TCP_DUES; i++) t->due[i] = HP_NEVER;
    t->all_next = h->all;
    t->all_prev = &h->all;
    if (h->all) h->all->all_prev = &t->all_next;
    h->all = t;
    return HP_OK;
}

struct tcp *tcp_new(struct tcp_host *h)
{
    struct tcp *t = mem_zalloc(h->stack->mem, sizeof *t);
    if (!t) return NULL;
    t->sock.stack = h->stack;
    t->sock.kind = &tcp_sock_kind;
    tcp_init(t, h);
    return t;
}

struct tcp_rare *tcp_rare(struct tcp *t)
{
    if (!t->rare) t->rare = mem_zalloc(t->sock.stack->mem, sizeof *t->rare);
    return t->rare;
}

/* ---- death ---- */

void tcp_adopt(struct tcp *t)
{
    bool orphan = (t->sock.flags & SOCK_ORPHAN) && !(t->flags & (TF_QUEUED | TF_DEAD));
    if (orphan == !!(t->flags & TF_ORPHANED)) return;
    t->flags ^= TF_ORPHANED;
    if (orphan) t->host->orphans++;
    else t->host->orphans--;
}

void tcp_free_later(struct tcp *t)
{
    if (t->flags & TF_DEAD) return;
    assert(t->sock.flags & SOCK_ORPHAN);
    tcp_unbind(t);
    t->flags |= TF_DEAD;
    tcp_adopt(t);
    sock_unlist(&t->sock);
    t->list_next = t->host->dead;
    t->host->dead = t;
}

void tcp_end(struct tcp *t, int err)
{
    if (t->state == TCP_CLOSED) return;
    if (t->state == TCP_LISTEN) tcp_listen_end(t);
    if (t->flags & TF_QUEUED) tcp_dequeue(t);
    if (t->flags & TF_MAPPED) tcp_unmap(t->host, &t->node);
    t->flags &= ~(uint32_t)(TF_MAPPED | TF_ACK_NOW | TF_ACK_LATER | TF_PERSIST);
    tcp_set_state(t, TCP_CLOSED);
    tcp_unbind(t);
    for (int i = 0; i < TCP_DUES; i++) t->due[i] = HP_NEVER;
    timer_remove(t->sock.stack, &t->timer);
    tcp_queue_drop(t);
    tcp_ooo_drop(t);
    if (err && !t->sock.error) t->sock.error = (int8_t)err;
    if (t->sock.flags & SOCK_ORPHAN) tcp_free_later(t);
    else sock_mark(&t->sock, HP_READABLE | HP_WRITABLE | HP_HUP | (err ? HP_ERROR : 0));
}

static void tcp_free(struct tcp *t)
{
    struct hp_stack *s = t->sock.stack;
    if (t->flags & TF_MAPPED) tcp_unmap(t->host, &t->node);
    tcp_unbind(t);
    tcp_queue_drop(t);
    tcp_ooo_drop(t);
    tcp_receive_drop(t);
    timer_remove(s, &t->timer);
    *t->all_prev = t->all_next;
    if (t->all_next) t->all_next->all_prev = t->all_prev;
    mem_free(s->mem, t->rare, sizeof *t->rare);
    mem_free(s->mem, t, sizeof *t);
}

void tcp_reap(struct tcp_host *h)
{
    while (h->dead) {
        struct tcp *t = h->dead;
        h->dead = t->list_next;
        tcp_free(t);
    }
}

/* The stack goes: nobody is told anything. */
void tcp_end_all(struct tcp_host *h)
{
    h->dead = NULL;
    while (h->all) {
        struct tcp *t = h->all;
        if (t->flags & TF_QUEUED) tcp_dequeue(t);
        if (t->listener && t->state == TCP_LISTEN) tcp_listen_forget(t);
        sock_unlist(&t->sock);
        tcp_free(t);
    }
}
