/* The wheel.  A timer's level is where its tick first differs from the wheel's (in groups of six bits), so everything on level 0
 * comes before everything on level 1, and so on: the next deadline is found in the lowest level in use. */
#include "core/timer.h"

#include "core/stack.h"

enum { WHEEL_BITS = 6, WHEEL_MASK = WHEEL_SLOTS - 1, WHEEL_EXACT_MAX = 16 };
static_assert(WHEEL_TICK_BITS + WHEEL_BITS * WHEEL_LEVELS >= 63, "the levels reach every hp_time");

static uint64_t wheel_tick(hp_time t) { return t <= 0 ? 0 : (uint64_t)t >> WHEEL_TICK_BITS; }

void wheel_init(struct wheel *w, hp_time now)
{
    *w = (struct wheel){.tick = wheel_tick(now), .first = HP_NEVER};
}

static int wheel_level(const struct wheel *w, uint64_t tick)
{
    uint64_t differ = tick ^ w->tick;
    if (!differ) return 0;
    return (63 - __builtin_clzll(differ)) / WHEEL_BITS;
}

/* Behind `before`; NULL = as the first. */
static void wheel_link(struct wheel *w, int level, int i, struct hp_timer *before, struct hp_timer *t)
{
    struct hp_timer **slot = &w->slot[level][i], *at = before ? before : *slot ? (*slot)->prev : t;
    t->prev = at;
    t->next = at == t ? t : at->next;
    t->next->prev = t;
    at->next = t;
    if (!before) *slot = t;
    w->used[level] |= 1ull << i;
    w->count++;
}

static void wheel_insert(struct wheel *w, struct hp_timer *t)
{
    uint64_t tick = wheel_tick(t->at);
    if (tick < w->tick) tick = w->tick;
    int level = wheel_level(w, tick);
    int i = (int)(tick >> (level * WHEEL_BITS) & WHEEL_MASK);
    t->slot_at = t->at;
    if (t->at < w->first) w->first = t->at;
    struct hp_timer *first = w->slot[level][i], *before = first ? first->prev : NULL;
    while (level == 0 && before && before->slot_at > t->slot_at) /* sorted: from the end, where it nearly always belongs */
        before = before == first ? NULL : before->prev;
    wheel_link(w, level, i, before, t);
}

static void wheel_unlink(struct wheel *w, struct hp_timer *t, int level, int i)
{
    struct hp_timer **slot = &w->slot[level][i];
    if (*slot == t) *slot = t->next == t ? NULL : t->next;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = NULL;
    w->count--;
    if (!*slot) w->used[level] &= ~(1ull << i);
}

/* Where it is now: the level was chosen when the wheel stood elsewhere, but cascading keeps every timer where the
 * present position would put it. */
static void wheel_remove(struct wheel *w, struct hp_timer *t)
{
    uint64_t tick = wheel_tick(t->slot_at);
    if (tick < w->tick) tick = w->tick;
    int level = wheel_level(w, tick);
    wheel_unlink(w, t, level, (int)(tick >> (level * WHEEL_BITS) & WHEEL_MASK));
}

void timer_set(struct hp_stack *s, struct hp_timer *t, hp_time at)
{
    t->at = at;
    if (t->prev) {
        if (at >= t->slot_at) return; /* lazy: found out when the old time comes */
        wheel_remove(&s->wheel, t);
    }
    if (at == HP_NEVER) return;
    wheel_insert(&s->wheel, t);
    if (!s->stepping) s->busy = true;
}

void timer_remove(struct hp_stack *s, struct hp_timer *t)
{
    if (t->prev) wheel_remove(&s->wheel, t);
    t->at = HP_NEVER;
}

/* The first used slot of the lowest level in use; -1 = no timers.  Every timer is ahead of the wheel in the level where they
 * first differ, so a level never wraps. */
static int wheel_first(const struct wheel *w, int *level)
{
    for (*level = 0; *level < WHEEL_LEVELS; ++*level)
        if (w->used[*level]) return __builtin_ctzll(w->used[*level]);
    return -1;
}

/* The first tick of a slot; i == WHEEL_SLOTS is the first tick after the level's last slot. */
static uint64_t wheel_slot_tick(const struct wheel *w, int level, int i)
{
    int shift = level * WHEEL_BITS;
    uint64_t tick = (w->tick >> (shift + WHEEL_BITS) << WHEEL_BITS) + (uint64_t)i;
    return tick << shift;
}

/* Moves the wheel on to `tick`, spreading the slots that it reaches over the levels below. */
static void wheel_advance(struct wheel *w, uint64_t tick)
{
    if (tick <= w->tick) return;
    w->tick = tick;
    for (int level = WHEEL_LEVELS - 1; level > 0; level--) {
        int i = (int)(tick >> (level * WHEEL_BITS) & WHEEL_MASK);
        if (!(w->used[level] >> i & 1)) continue;
        struct hp_timer *t = w->slot[level][i];
        t->prev->next = NULL; /* the ring is a list now */
        w->slot[level][i] = NULL;
        w->used[level] &= ~(1ull << i);
        while (t) {
            struct hp_timer *next = t->next;
            t->prev = NULL;
            w->count--;
            if (t->at != HP_NEVER) wheel_insert(w, t);
            else t->next = NULL;
            t = next;
        }
    }
}

/* The first timer of level 0 if it is due.  One that was re-armed lazily goes to its place first, so that even in a long step all fire in order. */
static struct hp_timer *wheel_take_due(struct wheel *w, hp_time now)
{
    int i = (int)(w->tick & WHEEL_MASK);
    for (struct hp_timer *t; (t = w->slot[0][i]);) {
        if (t->slot_at > now) return NULL;
        wheel_unlink(w, t, 0, i);
        if (t->at == t->slot_at) return t;
        if (t->at != HP_NEVER) wheel_insert(w, t);
    }
    return NULL;
}

/* A slot above level 0 is searched if it holds few timers; else its beginning will do.  `lazy`: timers count where they are in the wheel,
 * not where they were moved to; else they say nothing of the slots behind, so the answer is never later than this slot's end. */
static hp_time wheel_earliest(const struct wheel *w, bool lazy)
{
    int level, i = wheel_first(w, &level);
    if (i < 0) return HP_NEVER;
    if (level == 0) return w->slot[0][i]->slot_at;
    uint64_t end = wheel_slot_tick(w, level, i + 1);
    hp_time least = end > (uint64_t)HP_NEVER >> WHEEL_TICK_BITS ? HP_NEVER : (hp_time)(end << WHEEL_TICK_BITS);
    int seen = 0;
    const struct hp_timer *first = w->slot[level][i], *t = first;
    do {
        hp_time at = lazy ? t->slot_at : t->at;
        if (at < least) least = at;
        if (++seen > WHEEL_EXACT_MAX) return (hp_time)(wheel_slot_tick(w, level, i) << WHEEL_TICK_BITS);
    } while ((t = t->next) != first);
    return least;
}

void timers_run(struct hp_stack *s)
{
    struct wheel *w = &s->wheel;
    if (s->now < w->first) return;
    uint64_t end = wheel_tick(s->now);
    for (;;) {
        struct hp_timer *t = wheel_take_due(w, s->now);
        if (t) {
            t->at = HP_NEVER;
            t->fire(s, t);
            continue;
        }
        int level, i = wheel_first(w, &level);
        uint64_t next = i < 0 ? end : wheel_slot_tick(w, level, i);
        if (i < 0 || next > end || (level == 0 && next == w->tick)) break;
        wheel_advance(w, next);
    }
    wheel_advance(w, end);
    w->first = wheel_earliest(w, true);
}

/* The wheel may stand still until `first`; a slot's beginning that is earlier says nothing. */
hp_time timers_next(const struct hp_stack *s)
{
    hp_time next = wheel_earliest(&s->wheel, false);
    return next > s->wheel.first ? next : s->wheel.first;
}
