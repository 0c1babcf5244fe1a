/* How a program waits: for sockets, for time, or for its end. */
#include "proc/program.h"

/* ---- a socket's waiters ---- */

static void waiter_add(struct waiter *w, struct program *p, struct hp_sock *sock)
{
    *w = (struct waiter){.next = sock->waiters, .program = p, .sock = sock};
    if (w->next) w->next->prev = w;
    sock->waiters = w;
}

static void waiter_remove(struct waiter *w)
{
    if (!w->sock) return;
    if (w->prev) w->prev->next = w->next;
    else w->sock->waiters = w->next;
    if (w->next) w->next->prev = w->prev;
    w->sock = NULL;
}

/* Those that wait longest are made ready first. */
void program_wake(struct hp_stack *s, struct hp_sock *sock)
{
    struct waiter *w = sock->waiters;
    while (w && w->next) w = w->next;
    for (; w; w = w->prev) program_ready(w->program);
}

void program_forget(struct hp_stack *s, struct hp_sock *sock)
{
    program_wake(s, sock);
    while (sock->waiters) waiter_remove(sock->waiters);
}

/* ---- waiting ---- */

/* After cancel every wait is refused at once; who goes on asking must let others run, so that it can be ended. */
static int program_refuse(struct program *p)
{
    if (++p->refused <= PROGRAM_PATIENCE) return HP_ECANCELED;
    if (p->refused <= PROGRAM_PATIENCE_MAX) program_ready(p);
    program_yield(p);
    return HP_ECANCELED;
}

/* Sleeps until a socket's readiness changes, it is closed, or the time comes.  HP_OK: one of these; HP_ETIMEDOUT, HP_ECANCELED. */
static int program_sleep(struct program *p, struct waiter *w, struct hp_sock *const *socks, int n, hp_time until)
{
    struct hp_stack *s = p->s;
    p->waits = w;
    p->wait_count = n;
    for (int i = 0; i < n; i++) waiter_add(&w[i], p, socks[i]);
    if (until != HP_NEVER) timer_set(s, &p->timer, until);
    program_yield(p);
    timer_stop(&p->timer);
    bool closed = false;
    for (int i = 0; i < n; i++) {
        closed |= !w[i].sock;
        waiter_remove(&w[i]);
    }
    p->waits = NULL;
    p->wait_count = 0;
    if (closed || program_is_canceled(p)) return HP_ECANCELED;
    return s->now >= until ? HP_ETIMEDOUT : HP_OK;
}

static int program_first_ready(struct hp_sock *const *socks, const unsigned *events, int n)
{
    for (int i = 0; i < n; i++)
        if (hp_ready(socks[i]) & events[i]) return i;
    return -1;
}

/* Readiness is looked at before the clock: what came at the last moment came in time. */
static int program_wait_ready(struct program *p, struct waiter *w, struct hp_sock *const *socks, const unsigned *events, int n,
                              hp_time until)
{
    for (;;) {
        if (program_is_canceled(p)) return program_refuse(p);
        int i = program_first_ready(socks, events, n);
        if (i >= 0) return i;
        if (p->s->now >= until) return HP_ETIMEDOUT;
        int err = program_sleep(p, w, socks, n, until);
        if (err == HP_ECANCELED) return err;
    }
}

static hp_time program_until(const struct hp_stack *s, hp_time span)
{
    if (span < 0) span = 0;
    return span >= HP_NEVER - s->now ? HP_NEVER : s->now + span;
}

int hp_wait(struct hp_stack *s, struct hp_sock *const *socks, const unsigned *events, int n, hp_time timeout)
{
    struct programs *ps = programs_of(s);
    if (!ps || !ps->current) return HP_EOPNOTSUPP;
    if (n < 0 || (n && (!socks || !events))) return HP_EINVAL;
    struct waiter few[PROGRAM_WAITS_MAX], *w = few;
    if (n > PROGRAM_WAITS_MAX) w = mem_alloc(s->mem, (size_t)n * sizeof *w);
    if (!w) return HP_ENOMEM;
    int err = program_wait_ready(ps->current, w, socks, events, n, program_until(s, timeout));
    if (w != few) mem_free(s->mem, w, (size_t)n * sizeof *w);
    return err;
}

int hp_sleep(struct hp_stack *s, hp_time span)
{
    struct programs *ps = programs_of(s);
    if (!ps || !ps->current) return HP_EOPNOTSUPP;
    if (program_is_canceled(ps->current)) return program_refuse(ps->current);
    int err = program_sleep(ps->current, NULL, NULL, 0, program_until(s, span));
    return err == HP_ETIMEDOUT ? HP_OK : err;
}

/* For the calls of socket.h: the call was just tried in vain, so anything that changes is worth another try. */
int program_wait(struct hp_stack *s, struct hp_sock *sock, unsigned events, hp_time until)
{
    struct program *p = programs_of(s)->current;
    if (program_is_canceled(p)) return program_refuse(p);
    if (s->now >= until) return HP_ETIMEDOUT;
    struct waiter w;
    int err = program_sleep(p, &w, &sock, 1, until);
    return err == HP_ETIMEDOUT ? HP_OK : err; /* one more try: the clock is asked before the next wait */
}

/* ---- signals ---- */

struct signal_wait {
    struct signal_wait *next;
    struct program *program;
    bool signalled;
};

static void signal_leave(struct hp_signal *g, const struct signal_wait *w)
{
    struct signal_wait *at = g->first;
    if (at == w) g->first = w->next;
    else {
        while (at->next != w) at = at->next;
        at->next = w->next;
    }
}

int hp_signal_wait(struct hp_stack *s, struct hp_signal *g, hp_time timeout)
{
    struct programs *ps = programs_of(s);
    if (!ps || !ps->current) return HP_EOPNOTSUPP;
    if (program_is_canceled(ps->current)) return program_refuse(ps->current);
    struct signal_wait w = {.program = ps->current}, *at = g->first;
    while (at && at->next) at = at->next;
    if (at) at->next = &w;
    else g->first = &w;
    int err = program_sleep(ps->current, NULL, NULL, 0, program_until(s, timeout));
    if (!w.signalled) signal_leave(g, &w);
    return w.signalled && err != HP_ECANCELED ? HP_OK : err;
}

void hp_signal(struct hp_signal *g)
{
    struct signal_wait *w = g->first, *next;
    g->first = NULL;
    for (; w; w = next) {
        next = w->next;
        w->signalled = true;
        program_ready(w->program);
    }
}
