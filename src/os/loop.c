/* The run loop: epoll, any number of stacks, one thread.
 *
 * A turn: descriptors that are ready (wires read their frames, a bounded burst each) -> hp_step -> programs until they are quiet,
 * with an hp_step after each round so that what they said goes out -> sleep until the earliest deadline of all stacks.
 * A stack that is busy makes the sleep zero, but descriptors are still looked at every turn, so no wire starves. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hepta/os.h"
#include "hepta/proc.h"

enum { LOOP_EVENTS = 64, LOOP_ROUNDS_MAX = 64 };

struct hp_loop {
    int epoll, wakeup;
    atomic_bool stopped;
    struct hp_stack **stack;
    size_t stacks, room;
    struct epoll_event event[LOOP_EVENTS];  /* of the turn under way: unwatching clears its entry */
    int events;
};

int hp_loop_new(struct hp_loop **out)
{
    struct hp_loop *l = calloc(1, sizeof *l);
    if (!l) return HP_ENOMEM;
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    l->wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN};
    if (l->epoll < 0 || l->wakeup < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wakeup, &e) < 0) {
        hp_loop_free(l);
        return HP_EIO;
    }
    *out = l;
    return HP_OK;
}

void hp_loop_free(struct hp_loop *l)
{
    if (!l) return;
    if (l->epoll >= 0) close(l->epoll);
    if (l->wakeup >= 0) close(l->wakeup);
    free(l->stack);
    free(l);
}

int hp_loop_add(struct hp_loop *l, struct hp_stack *s)
{
    if (l->stacks == l->room) {
        size_t room = l->room ? l->room * 2 : 4;
        struct hp_stack **grown = realloc(l->stack, room * sizeof(struct hp_stack *));
        if (!grown) return HP_ENOMEM;
        l->stack = grown;
        l->room = room;
    }
    l->stack[l->stacks++] = s;
    return HP_OK;
}

void hp_loop_remove(struct hp_loop *l, struct hp_stack *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->stacks; i++)
        if (l->stack[i] != s) l->stack[kept++] = l->stack[i];
    l->stacks = kept;
}

/* ---- descriptors ---- */

int hp_loop_watch(struct hp_loop *l, struct hp_watch *w)
{
    struct epoll_event e = {.events = (w->events & HP_WATCH_READ ? (uint32_t)EPOLLIN : 0) |
                                      (w->events & HP_WATCH_WRITE ? (uint32_t)EPOLLOUT : 0),
                            .data.ptr = w};
    if (epoll_ctl(l->epoll, w->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, w->fd, &e) < 0)
        return errno == ENOMEM ? HP_ENOMEM : HP_EINVAL;
    w->watched = true;
    return HP_OK;
}

void hp_loop_unwatch(struct hp_loop *l, struct hp_watch *w)
{
    if (!w->watched) return;
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
    w->watched = false;
    for (int i = 0; i < l->events; i++)
        if (l->event[i].data.ptr == w) l->event[i].data.ptr = NULL;
}

static void loop_dispatch(struct hp_loop *l)
{
    for (int i = 0; i < l->events; i++) {
        struct hp_watch *w = l->event[i].data.ptr;
        if (!w) continue; /* the wakeup, or unwatched a moment ago */
        uint32_t e = l->event[i].events;
        unsigned what = (e & (EPOLLIN | EPOLLHUP | EPOLLERR) ? (unsigned)HP_WATCH_READ : 0u) |
                        (e & (EPOLLOUT | EPOLLERR) ? (unsigned)HP_WATCH_WRITE : 0u);
        w->ready(w->ctx, what & w->events ? what : (unsigned)HP_WATCH_READ);
    }
    l->events = 0;
}

static void loop_sleep(struct hp_loop *l, hp_time until)
{
    hp_time span = until == HP_NEVER ? -1 : until - hp_os_now();
    if (until != HP_NEVER && span < 0) span = 0;
    struct timespec t = {.tv_sec = span / HP_S(1), .tv_nsec = span % HP_S(1)};
    int n = epoll_pwait2(l->epoll, l->event, LOOP_EVENTS, span < 0 ? NULL : &t, NULL);
    if (n < 0 && errno == ENOSYS) { /* before Linux 5.11: milliseconds */
        hp_time ms = span < 0 ? -1 : (span + HP_MS(1) - 1) / HP_MS(1);
        n = epoll_wait(l->epoll, l->event, LOOP_EVENTS, ms > 3600000 ? 3600000 : (int)ms);
    }
    l->events = n > 0 ? n : 0;
}

/* ---- turns ---- */

static hp_time loop_step(struct hp_stack *s)
{
    hp_step(s, hp_os_now());
    for (int round = 0; round < LOOP_ROUNDS_MAX && hp_programs_run(s); round++) hp_step(s, hp_os_now());
    return hp_deadline(s);
}

int hp_loop_run(struct hp_loop *l, hp_time until, bool (*done)(void *ctx), void *ctx)
{
    for (;;) {
        hp_time next = until;
        for (size_t i = 0; i < l->stacks; i++) {
            hp_time deadline = loop_step(l->stack[i]);
            if (deadline < next) next = deadline;
        }
        if (done && done(ctx)) return HP_OK;
        if (atomic_load(&l->stopped)) break;
        if (until != HP_NEVER && hp_os_now() >= until) return HP_ETIMEDOUT;
        loop_sleep(l, next);
        loop_dispatch(l);
    }
    uint64_t count;
    atomic_store(&l->stopped, false);
    while (read(l->wakeup, &count, sizeof count) > 0) continue;
    return HP_ECANCELED;
}

void hp_loop_stop(struct hp_loop *l)
{
    int saved = errno;
    uint64_t one = 1;
    atomic_store(&l->stopped, true);
    ssize_t n = write(l->wakeup, &one, sizeof one);
    (void)n;
    errno = saved;
}
