/* Sockets that tell of changes (HP_CHANGES): readable when links, addresses or routes are not what they were.
 *
 * What happened is kept as bits, not as a queue: whoever wants to know more looks at the tables, and nobody who does not read holds memory. */
#include "l3_network/net.h"

enum { CHANGE_ALL = HP_CHANGED_LINKS | HP_CHANGED_ADDRESSES | HP_CHANGED_ROUTES };

struct change_sock {
    struct hp_sock base;
    struct change_sock *next, **prev;   /* of the network */
    uint32_t wanted, what;              /* enum hp_changed bits */
};

static struct change_sock *change_of(struct hp_sock *sock) { return (struct change_sock *)(void *)sock; }

void change_mark(struct network *n, uint32_t what)
{
    for (struct change_sock *c = n->changes; c; c = c->next) {
        if (!(c->wanted & what)) continue;
        c->what |= c->wanted & what;
        sock_mark(&c->base, HP_READABLE);
        if (!c->base.stack->stepping) c->base.stack->busy = true;
    }
}

static int change_open(struct hp_sock *sock, int wanted)
{
    struct change_sock *c = change_of(sock);
    struct network *n = network(sock->stack);
    if (!n) return HP_EOPNOTSUPP;
    if (wanted & ~CHANGE_ALL) return HP_EINVAL;
    c->wanted = wanted ? (uint32_t)wanted : CHANGE_ALL;
    c->next = n->changes;
    c->prev = &n->changes;
    if (c->next) c->next->prev = &c->next;
    n->changes = c;
    return HP_OK;
}

static int64_t change_recv(struct hp_sock *sock, const struct hp_msg *m)
{
    struct change_sock *c = change_of(sock);
    if (!c->what) return HP_EAGAIN;
    if (!m->room || m->n < sizeof c->what) return HP_EINVAL;
    memcpy(m->room, &c->what, sizeof c->what);
    if (m->info) *m->info = (struct hp_recv_info){.time = sock->stack->now};
    if (!(m->flags & HP_MSG_PEEK)) c->what = 0;
    return (int64_t)sizeof c->what;
}

static unsigned change_ready(const struct hp_sock *sock)
{
    return ((const struct change_sock *)(const void *)sock)->what ? HP_READABLE : 0;
}

static void change_close(struct hp_sock *sock)
{
    struct change_sock *c = change_of(sock);
    sock_unlist(sock);
    *c->prev = c->next;
    if (c->next) c->next->prev = c->prev;
    mem_free(sock->stack->mem, c, sizeof *c);
}

void changes_stop(struct network *n)
{
    while (n->changes) change_close(&n->changes->base);
}

const struct hp_sock_kind change_sock_kind = {
    .name = "changes",
    .type = HP_CHANGES,
    .size = sizeof(struct change_sock),
    .open = change_open,
    .recv = change_recv,
    .ready = change_ready,
    .close = change_close,
};
