/* What the files of proc/ share: programs, and what they wait for. */
#ifndef PROC_PROGRAM_H
#define PROC_PROGRAM_H

#include "core/stack.h"
#include "hepta/proc.h"
#include "proc/fiber.h"

enum {
    PROGRAM_NAME_MAX = 24,
    PROGRAM_WAITS_MAX = 8,      /* sockets of one hp_wait() that need no memory */
    PROGRAM_PATIENCE = 64,      /* waits that a program may be refused after cancel before it must let others run; */
    PROGRAM_PATIENCE_MAX = 128, /* ... before it is ended without ceremony                                         */
};

struct program;

/* One program waits for one socket: on the socket's list while it does. */
struct waiter {
    struct waiter *next, *prev;
    struct program *program;
    struct hp_sock *sock;       /* NULL: it was closed meanwhile */
};

struct program {
    struct fiber fiber;
    struct hp_stack *s;
    struct program *next, **prev;       /* of this stack, in the order in which they began */
    struct program *run_next;           /* in the run queue, if `ready` */
    struct hp_timer timer;
    struct waiter *waits;
    int wait_count;
    uint32_t number, family, refused;   /* family: the number of its head; 0 = none */
    bool ready, ended, canceled;        /* canceled: with its family */
    void (*fn)(struct hp_stack *s, void *arg);
    void *arg;
    char name[PROGRAM_NAME_MAX];
};

/* Attached at s->programs. */
struct programs {
    struct program *first, **last;
    struct program *run_first, **run_last;
    struct program *current;
    struct fiber outside;               /* where programs are entered from */
    bool canceled;
    int count;
    uint64_t spawned, ended, abandoned, switches;
};

extern const struct hp_proto proc_proto;

static inline struct programs *programs_of(const struct hp_stack *s) { return s->programs; }
static inline bool program_is_canceled(const struct program *p) { return p->canceled || programs_of(p->s)->canceled; }
/* Puts it at the end of the run queue, unless it is there. */
void program_ready(struct program *p);
/* Lets others run until this one is made ready. */
void program_yield(struct program *p);

/* wait.c: the hooks of struct hp_stack */
int program_wait(struct hp_stack *s, struct hp_sock *sock, unsigned events, hp_time until);
void program_wake(struct hp_stack *s, struct hp_sock *sock);
void program_forget(struct hp_stack *s, struct hp_sock *sock);

#endif
