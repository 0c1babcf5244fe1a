/* Timers: a hierarchical wheel (Varghese and Lauck 1987), 9 levels of 64 slots (all of hp_time), with lazy re-arming.
 *
 * Level 0 slots are 2^13 ns wide and kept sorted, so a timer fires at its exact nanosecond, ties in the order in which they
 * were set.  A deadline that moves later only changes `at`: the wheel finds out when the old one comes, and counts that as the setting. */
#ifndef CORE_TIMER_H
#define CORE_TIMER_H

#include "hepta/stack.h"

enum { WHEEL_LEVELS = 9, WHEEL_SLOTS = 64, WHEEL_TICK_BITS = 13 };

/* Embedded in what it serves; zeroed before first use. */
struct hp_timer {
    struct hp_timer *next, *prev;       /* in the ring of its slot; prev == NULL: not in the wheel */
    hp_time at;                         /* HP_NEVER: stopped (perhaps still in the wheel) */
    hp_time slot_at;                    /* where it is in the wheel */
    void (*fire)(struct hp_stack *s, struct hp_timer *t);
};

struct wheel {
    hp_time first;                      /* no timer's slot_at is earlier: until then the wheel need not be looked at */
    uint64_t tick;                      /* the wheel has run up to here */
    uint64_t used[WHEEL_LEVELS];        /* one bit per slot */
    uint32_t count;
    struct hp_timer *slot[WHEEL_LEVELS][WHEEL_SLOTS];   /* the first of a ring: its prev is the last */
};

void wheel_init(struct wheel *w, hp_time now);
/* Sets or moves; `at` in the past means: in the next step.  fire() finds it stopped and may set it again. */
void timer_set(struct hp_stack *s, struct hp_timer *t, hp_time at);
static inline void timer_stop(struct hp_timer *t) { t->at = HP_NEVER; }
/* Takes it out of the wheel: before its memory goes. */
void timer_remove(struct hp_stack *s, struct hp_timer *t);
static inline bool timer_set_p(const struct hp_timer *t) { return t->prev && t->at != HP_NEVER; }
/* Fires everything due at s->now, in order of (at, set). */
void timers_run(struct hp_stack *s);
/* A time at which timers_run may have something to do, never too late: that of a timer that fires, if there are not too many. */
hp_time timers_next(const struct hp_stack *s);

#endif
