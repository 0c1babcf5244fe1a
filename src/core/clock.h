/* A machine's clock beside the time outside, which its wires and whoever looks on keep: the same but in a lab whose clocks go wrong.
 *
 * The stack's `now`, and with it all timers, is the machine's own monotonic time: it drifts as its oscillator does, and never goes back.  What a
 * clock on the wall says may be set to anything; no protocol here asks it. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "hepta/types.h"

struct stack_clock {
    hp_time ahead;              /* the machine's time minus the time outside, as of its last step    */
    int32_t drift_ppb;          /* grows by so many 10^9ths of what passes outside, since ...        */
    hp_time since, ahead_then;
    hp_time wall;               /* what the clock on the wall says minus the machine's time          */
};

/* How much ahead it is when it is `outside` there: never earlier than asked before. */
hp_time clock_ahead(const struct stack_clock *c, hp_time outside);
/* When it is at least `time` here: the first nanosecond outside. */
hp_time clock_outside(const struct stack_clock *c, hp_time time);
/* From now on it drifts so; -999999999 at least. */
void clock_set_drift(struct stack_clock *c, hp_time outside, int32_t ppb);
/* Forward by so much, at once. */
void clock_jump(struct stack_clock *c, hp_time outside, hp_time by);

#endif
