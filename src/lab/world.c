/* Time: the earliest of all calls, cables and machines happens, one event after the other.
 *
 * A cable's event is: frames arrive, and the machines at its ends have something to do now.  A machine's event is: hp_step, then its
 * programs, until both are quiet.  What a machine sends makes its cable's next time earlier, which the cable tells (cable_earlier).
 * Nothing is allocated on the way. */
#include "core/stack.h"
#include "hepta/proc.h"
#include "lab/world.h"

static const hp_time world_clock_most = HP_S(86400) * 365 * 30;

struct hp_world *hp_world_new(uint64_t seed, const struct hp_allocator *allocator)
{
    struct hp_mem *mem = mem_new(allocator, 0);
    struct hp_world *w = mem ? mem_zalloc(mem, sizeof *w) : NULL;
    if (!w) {
        if (mem) mem_release(mem);
        return NULL;
    }
    w->mem = mem;
    w->allocator = *allocator;
    w->seed = seed;
    w->key = key_derive(&(struct key){seed, 0}, "world names");
    w->parts_from = UINT64_MAX;
    return w;
}

void hp_world_free(struct hp_world *w)
{
    if (!w) return;
    struct hp_mem *mem = w->mem;
    world_free_all(w);
    mem_free(mem, w, sizeof *w);
    mem_release(mem);
}

hp_time hp_world_now(const struct hp_world *w) { return w->all.now; }
uint64_t hp_world_events(const struct hp_world *w) { return w->all.events; }

/* ---- machines from outside ---- */

void world_touch(struct hp_world *w, struct world_node *n)
{
    if (n->stack) agenda_mark(&n->part->agenda, n->id);
}

void world_clock(struct hp_world *w, struct world_node *n)
{
    if (n->stack) stack_set_outside(n->stack, w->all.now);
}

void world_clocks(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++) world_clock(w, world_machine(w, i));
}

/* Where it stands for a later time it may stay, if it has something to do now: it is looked at again then. */
static void world_set_machine(struct world_part *p, struct world_node *n, hp_time at)
{
    if (at <= p->now) {
        agenda_mark(&p->agenda, n->id);
        if (n->planned > p->now) return;
        at = HP_NEVER;
    }
    n->planned = at;
    agenda_set(&p->agenda, n->id, at);
}

void world_look(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++) {
        struct world_node *n = world_machine(w, i);
        if (n->stack) world_set_machine(&w->all, n, stack_outside_at(n->stack, hp_deadline(n->stack)));
    }
}

void hp_world_on_step(struct hp_world *w, const char *name, void (*fn)(void *ctx, struct hp_stack *s), void *ctx)
{
    struct world_node *n = world_find_node(w, name);
    if (!n || n->hub) return;
    n->on_step = fn;
    n->on_step_ctx = ctx;
    world_touch(w, n);
}

void hp_world_freeze(struct hp_world *w, const char *name, bool frozen)
{
    struct world_node *n = world_find_node(w, name);
    if (!n || n->hub) return;
    n->frozen = frozen;
    if (!frozen) world_touch(w, n);
}

/* ---- clocks ---- */

/* It keeps ticking while the machine is down. */
static struct stack_clock *world_clock_of(struct hp_world *w, const char *name, struct world_node **n)
{
    *n = world_find_node(w, name);
    if (!*n || (*n)->hub) return NULL;
    world_clock(w, *n);
    world_touch(w, *n);
    return (*n)->stack ? &(*n)->stack->clock : &(*n)->clock;
}

int hp_world_clock_drift(struct hp_world *w, const char *name, int32_t ppb)
{
    struct world_node *n;
    struct stack_clock *c = ppb >= -HP_WORLD_DRIFT_MAX && ppb <= HP_WORLD_DRIFT_MAX ? world_clock_of(w, name, &n) : NULL;
    if (!c) return HP_EINVAL;
    clock_set_drift(c, w->all.now, ppb);
    return HP_OK;
}

int hp_world_clock_step(struct hp_world *w, const char *name, hp_time by)
{
    struct world_node *n;
    struct stack_clock *c = world_clock_of(w, name, &n);
    if (!c || by > world_clock_most || by < -world_clock_most) return HP_EINVAL;
    if (c->wall + by > world_clock_most || c->wall + by < -world_clock_most) return HP_ERANGE;
    c->wall += by;
    return HP_OK;
}

int hp_world_clock_jump(struct hp_world *w, const char *name, hp_time by)
{
    struct world_node *n;
    struct stack_clock *c = by >= 0 && by <= world_clock_most ? world_clock_of(w, name, &n) : NULL;
    if (!c) return HP_EINVAL;
    if (c->ahead > world_clock_most - by) return HP_ERANGE;
    clock_jump(c, w->all.now, by);
    world_clock(w, n);
    return HP_OK;
}

int hp_world_clock(const struct hp_world *w, const char *name, struct hp_world_clock *out)
{
    const struct world_node *n = world_find_node(w, name);
    if (!n || n->hub) return HP_ENOENT;
    const struct stack_clock *c = n->stack ? &n->stack->clock : &n->clock;
    hp_time ahead = clock_ahead(c, w->all.now);
    *out = (struct hp_world_clock){.monotonic = w->all.now + ahead, .wall = w->all.now + ahead + c->wall, .drift_ppb = c->drift_ppb};
    return HP_OK;
}

/* ---- events ---- */

static void world_run_machine(struct world_part *p, struct world_node *n)
{
    struct hp_stack *s = n->stack;
    agenda_unmark(&p->agenda, n->id);
    if (n->frozen) {
        n->planned = HP_NEVER;
        agenda_set(&p->agenda, n->id, HP_NEVER);
        return;
    }
    n->steps++;
    p->events++;
    stack_set_outside(s, p->now);
    stack_step(s, s->now);
    bool ran = hp_programs_run(s);
    if (n->on_step) n->on_step(n->on_step_ctx, s);
    hp_time bound = ran ? p->now : stack_outside_at(s, stack_bound(s));
    if (bound < n->planned || n->planned <= p->now) world_set_machine(p, n, bound);
}

/* Which end of a split cable is in this part. */
static inline int world_end(const struct world_part *p, const struct world_cable *k) { return k->node[1]->part == p; }

static void world_run_cable(struct world_part *p, struct hp_world *w, struct world_cable *k)
{
    if (k->split) {
        int end = world_end(p, k);
        bool woken = hp_cable_end_step(k->cable, end, p->now);
        p->events += woken;
        if (woken) world_touch(w, k->node[end]);
        agenda_set(&p->agenda, k->id, hp_cable_end_next(k->cable, end));
        return;
    }
    unsigned woken = hp_cable_step(k->cable, p->now);
    p->events += (woken & 1) + (woken >> 1);
    if (woken & 1) world_touch(w, k->node[0]);
    if (woken & 2) world_touch(w, k->node[1]);
    agenda_set(&p->agenda, k->id, hp_cable_next(k->cable));
}

/* The agenda knows what comes, so memory can be asked for before it is wanted. */
static void world_expect(const struct world_part *p, const struct hp_world *w, uint64_t tick, int stage)
{
    for (uint32_t n = agenda_list(&p->agenda, tick); n; n = agenda_after(&p->agenda, n)) {
        const struct world_cable *k = world_cable(w, n - 1);
        if (k->split) hp_cable_end_expect(k->cable, world_end(p, k), stage);
        else hp_cable_expect(k->cable, stage);
    }
}

static void world_advance(struct world_part *p, const struct hp_world *w, hp_time now)
{
    enum { STAGES = 3, AHEAD = 5 };
    uint64_t was = p->agenda.tick;
    p->now = now;
    agenda_advance(&p->agenda, now);
    if (p->agenda.tick - was > AHEAD) was = p->agenda.tick - AHEAD;
    while (was < p->agenda.tick) {
        was++;
        for (int stage = 0; stage < STAGES; stage++) world_expect(p, w, was + AHEAD - (uint64_t)stage, stage);
    }
}

static void world_run_entry(struct world_part *p, struct hp_world *w, struct agenda_entry e)
{
    world_advance(p, w, e.at);
    if (e.id & AGENDA_MACHINE) world_run_machine(p, world_machine(w, e.id & ~AGENDA_MACHINE));
    else world_run_cable(p, w, world_cable(w, e.id));
}

/* A machine's time on the agenda is not moved when its deadline moves later, only looked at again when it comes.  False: moved now. */
static bool world_is_due(struct world_part *p, const struct hp_world *w, struct agenda_entry e)
{
    if (!(e.id & AGENDA_MACHINE)) return true;
    struct world_node *n = world_machine(w, e.id & ~AGENDA_MACHINE);
    hp_time deadline = stack_outside_at(n->stack, hp_deadline(n->stack));
    if (deadline <= e.at) return true;
    n->planned = deadline;
    agenda_set(&p->agenda, e.id, deadline);
    return false;
}

/* What is next of all cables and machines; false = nothing. */
static bool world_next_entry(struct world_part *p, const struct hp_world *w, struct agenda_entry *e)
{
    struct agenda_entry marked = {.at = p->now};
    bool mark = agenda_marked(&p->agenda, &marked.id);
    while (agenda_first(&p->agenda, e)) {
        if (mark && (e->at > marked.at || e->id >= marked.id)) break;
        if (world_is_due(p, w, *e)) return true;
    }
    *e = marked;
    return mark;
}

hp_time world_next(struct world_part *p, const struct hp_world *w)
{
    struct agenda_entry e;
    return world_next_entry(p, w, &e) ? e.at : HP_NEVER;
}

/* Whatever it is. */
static int world_happen_any(struct world_part *p, struct hp_world *w, hp_time until)
{
    struct agenda_entry e;
    if (!world_next_entry(p, w, &e)) return HP_ENOENT;
    if (e.at > until) return HP_ETIMEDOUT;
    world_run_entry(p, w, e);
    return HP_OK;
}

/* Nearly always it is a frame that arrives, or the machine that it came to, and nothing else is at the same time. */
int world_happen(struct world_part *p, struct hp_world *w, hp_time until)
{
    struct agenda *a = &p->agenda;
    uint32_t cable = agenda_near_first(a);
    hp_time near = cable ? a->near_first_at : HP_NEVER, other = agenda_heap_at(a);
    if (a->dues && near > p->now && other > p->now && p->now <= until) {
        world_run_machine(p, world_machine(w, a->due[0]));
        return HP_OK;
    }
    if (a->dues || near >= other || near > until) return world_happen_any(p, w, until);
    world_advance(p, w, near);
    world_run_cable(p, w, world_cable(w, cable - 1));
    return HP_OK;
}

/* The next of all that happens, unless it is later than `until`.  HP_OK, HP_ETIMEDOUT, HP_ENOENT: there is none. */
static int world_happen_next(struct hp_world *w, hp_time until)
{
    hp_time call = calls_next(w);
    bool called = w->calls && call <= until;
    int result = world_happen(&w->all, w, called ? call - 1 : until);
    if (result == HP_OK || !called) return result == HP_ENOENT && w->calls ? HP_ETIMEDOUT : result;
    w->all.events++;
    calls_run(w);
    return HP_OK;
}

static int world_run_loop(struct hp_world *w, hp_time until, bool (*done)(void *ctx), void *ctx)
{
    for (;;) {
        if (done && done(ctx)) return HP_OK;
        if (!done && w->all.events >= w->parts_from) parts_run(w, until);
        int result = world_happen_next(w, until);
        if (result == HP_OK) continue;
        if (until != HP_NEVER && until > w->all.now) w->all.now = until;
        return result;
    }
}

int hp_world_run(struct hp_world *w, hp_time until, bool (*done)(void *ctx), void *ctx)
{
    assert(!w->running);
    w->running = true;
    world_look(w);
    int result = world_run_loop(w, until, done, ctx);
    world_clocks(w);
    w->running = false;
    return result;
}

bool hp_world_step(struct hp_world *w)
{
    assert(!w->running);
    world_look(w);
    w->running = true;
    int result = world_happen_next(w, HP_NEVER);
    world_clocks(w);
    w->running = false;
    return result == HP_OK;
}
