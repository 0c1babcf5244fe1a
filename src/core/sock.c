/* Marks: what a socket became ready for is noted here and told after the step. */
#include "core/stack.h"

#define SOCK_OF(node, member) ((struct hp_sock *)(void *)((char *)(node) - offsetof(struct hp_sock, member)))

static void sock_list_put(struct sock_list *l, struct sock_node *n)
{
    n->next = NULL;
    n->prev = l->last;
    *l->last = n;
    l->last = &n->next;
}

static void sock_list_remove(struct sock_list *l, struct sock_node *n)
{
    *n->prev = n->next;
    if (n->next) n->next->prev = n->prev;
    else l->last = n->prev;
    n->prev = NULL;
}

void sock_mark(struct hp_sock *sock, unsigned what)
{
    struct hp_stack *s = sock->stack;
    if (sock->flags & SOCK_ORPHAN) return;
    if (s->recent[RECENT_SOCK] != sock) s->sock_size = 0;
    else if (!s->sock_size) s->sock_size = (uint8_t)(sock->kind->size / 16);
    s->recent[RECENT_SOCK] = sock;
    if (sock->waiters && s->wake) s->wake(s, sock);
    sock->gained |= (uint8_t)what;
    if (!sock->ready.prev) sock_list_put(&s->ready, &sock->ready);
}

struct hp_sock *hp_next_ready(struct hp_stack *s, unsigned *what)
{
    struct sock_node *n = s->ready.first;
    if (!n) return NULL;
    sock_list_remove(&s->ready, n);
    struct hp_sock *sock = SOCK_OF(n, ready);
    *what = sock->gained;
    sock->gained = 0;
    return sock;
}

void sock_mark_tx(struct hp_sock *sock)
{
    struct hp_stack *s = sock->stack;
    if (sock->tx.prev) return;
    sock_list_put(s->speaking ? &s->tx_again : &s->tx, &sock->tx);
    if (!s->stepping) s->busy = true;
}

/* A socket that marks itself again while it speaks has its turn in the next step: the phase is bounded. */
void socks_tx(struct hp_stack *s)
{
    s->speaking = true;
    for (struct sock_node *n; (n = s->tx.first);) {
        sock_list_remove(&s->tx, n);
        struct hp_sock *sock = SOCK_OF(n, tx);
        sock->kind->tx(sock);
    }
    s->speaking = false;
    if (!s->tx_again.first) return;
    s->tx = s->tx_again;
    s->tx.first->prev = &s->tx.first;
    sock_list_init(&s->tx_again);
    s->busy = true;
}

void sock_unlist(struct hp_sock *sock)
{
    struct hp_stack *s = sock->stack;
    if (sock->ready.prev) sock_list_remove(&s->ready, &sock->ready);
    if (sock->tx.prev) sock_list_remove(s->tx_again.last == &sock->tx.next ? &s->tx_again : &s->tx, &sock->tx);
}
