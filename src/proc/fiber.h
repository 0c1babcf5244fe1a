/* A fiber: a flow of control with a stack of its own, entered and left by name.  No operating system is asked. */
#ifndef PROC_FIBER_H
#define PROC_FIBER_H

#include "core/mem.h"

enum { FIBER_STACK_DEFAULT = 64 << 10, FIBER_STACK_MIN = 16 << 10 };

struct fiber {
    void *sp;                   /* where it stopped                                                        */
    uint8_t *stack;             /* lowest byte; NULL = the stack of whoever enters fibers                  */
    size_t size;
    void *fake;                 /* AddressSanitizer's, or ThreadSanitizer's                                */
    const void *asan_stack;     /* the stack to go back to, as AddressSanitizer wants to be told           */
    size_t asan_size;
};

/* Is there a switch for this processor? */
bool fiber_possible(void);
/* Gets f a stack; the first fiber_enter() calls fn(arg), which must never return.  HP_ENOMEM, HP_EOPNOTSUPP. */
int fiber_init(struct hp_mem *m, struct fiber *f, size_t stack_bytes, void (*fn)(void *arg), void *arg);
void fiber_free(struct hp_mem *m, struct fiber *f);
/* Goes on in f, until it leaves: then this returns.  Asserts that f's stack did not overflow. */
void fiber_enter(struct fiber *from, struct fiber *f);
/* To be called first by fn: it has arrived on its stack, entered from `from`. */
void fiber_arrived(struct fiber *from);
/* Goes back to where f was entered from; returns when it is entered again.  `ends`: never. */
void fiber_leave(struct fiber *f, struct fiber *to, bool ends);

#endif
