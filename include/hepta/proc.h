/* Programs: fibers with blocking calls that wait in the stack's time.
 *
 * Inside a program the calls of socket.h wait.  Programs run in hp_programs_run(), which the run loop (os.h) and the lab
 * call after each hp_step; a program runs until it waits. */
#ifndef HEPTA_PROC_H
#define HEPTA_PROC_H

#include "hepta/socket.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_proc;

/* Starts fn(s, arg) as a program, at the next hp_programs_run().  stack_bytes 0 = 64 KiB. */
int hp_spawn(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes);
/* The same, as the head of a family: it, what it starts, what they start, ...  *family gets its name, which is never 0 and never given again by
 * this stack. */
int hp_spawn_family(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes, uint32_t *family);
/* Runs every program that can go on.  Answers true if one did (then call hp_step again). */
bool hp_programs_run(struct hp_stack *s);
int hp_programs_count(const struct hp_stack *s);      /* programs that have not ended */
/* Wakes every program; each of its waits answers HP_ECANCELED from now on.  hp_stack_free does this first. */
void hp_programs_cancel(struct hp_stack *s);
int hp_family_count(const struct hp_stack *s, uint32_t family);     /* of its programs, those that have not ended */
/* As hp_programs_cancel, for one family: its waits, and its hp_spawn, answer HP_ECANCELED from now on. */
void hp_family_cancel(struct hp_stack *s, uint32_t family);

/* In a program only: */
int hp_sleep(struct hp_stack *s, hp_time span);
/* Waits until one of `events` (enum hp_ready) holds for one of the sockets, or `timeout` (HP_NEVER) has passed.  Answers the index of the first
 * ready socket, HP_ETIMEDOUT, or HP_ECANCELED. */
int hp_wait(struct hp_stack *s, struct hp_sock *const *socks, const unsigned *events, int n, hp_time timeout);
/* What programs wait for that is no socket: zero it, and keep it while somebody waits.  hp_signal_wait: HP_OK = it was signalled, HP_ETIMEDOUT,
 * HP_ECANCELED.  hp_signal wakes all that wait, in the order in which they came. */
struct hp_signal {
    void *first;
};
int hp_signal_wait(struct hp_stack *s, struct hp_signal *g, hp_time timeout);
void hp_signal(struct hp_signal *g);
bool hp_in_program(const struct hp_stack *s);

#ifdef __cplusplus
}
#endif
#endif
