/* Drift, with the rounding of a real counter: time here is the floor of the exact time, so that it never goes back. */
#include "core/clock.h"

enum { CLOCK_SECOND = 1000000000 };

static hp_time clock_floor(__int128 n, int64_t d) { return (hp_time)(n >= 0 ? n / d : -((-n + d - 1) / d)); }

hp_time clock_ahead(const struct stack_clock *c, hp_time outside)
{
    return c->ahead_then + clock_floor((__int128)(outside - c->since) * c->drift_ppb, CLOCK_SECOND);
}

hp_time clock_outside(const struct stack_clock *c, hp_time time)
{
    if (time >= HP_NEVER / 4) return HP_NEVER;
    if (!c->drift_ppb) return time - c->ahead;
    __int128 since = (__int128)(time - c->ahead_then - c->since) * CLOCK_SECOND;
    hp_time outside = c->since + clock_floor(since, CLOCK_SECOND + (int64_t)c->drift_ppb);
    while (outside + clock_ahead(c, outside) < time) outside++;
    return outside;
}

static void clock_begin(struct stack_clock *c, hp_time outside)
{
    c->ahead = c->ahead_then = clock_ahead(c, outside);
    c->since = outside;
}

void clock_set_drift(struct stack_clock *c, hp_time outside, int32_t ppb)
{
    clock_begin(c, outside);
    c->drift_ppb = ppb;
}

void clock_jump(struct stack_clock *c, hp_time outside, hp_time by)
{
    clock_begin(c, outside);
    c->ahead += by;
    c->ahead_then += by;
}
