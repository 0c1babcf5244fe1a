/* Time: the earliest of all calls, cables and machines happens, one event after the other.
 *
 * A cable's event is: frames arrive, and the machines at its ends have something to do now.  A machine's event is: hp_step, then its
 * programs, until both are quiet.  What a machine sends makes its cable's next time earlier, which the cable tells (cable_earlier).
 * Nothing is allocated on the way. */
#include "core/stack.h"
#include "hepta/proc.h"
#include "lab/world.h"

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

hp_time hp_world_now(const struct hp_world *w) { return w->now; }
uint64_t hp_world_events(const struct hp_world *w) { return w->events; }

/* ---- machines from outside ---- */

void world_touch(struct hp_world *w, struct world_node *n)
{
    if (n->stack && agenda_at(&w->agenda, n->id) > w->now) agenda_set(&w->agenda, n->id, w->now);
}

void world_clock(struct hp_world *w, struct world_node *n)
{
    if (n->stack && n->stack->now < w->now) n->stack->now = w->now;
}

void world_clocks(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++) world_clock(w, world_machine(w, i));
}

static void world_set_machine(struct hp_world *w, struct world_node *n, hp_time at)
{
    agenda_set(&w->agenda, n->id, at < w->now ? w->now : at);
}

void world_look(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++) {
        struct world_node *n = world_machine(w, i);
        if (n->stack) world_set_machine(w, n, hp_deadline(n->stack));
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

/* ---- events ---- */

static void world_run_machine(struct hp_world *w, struct world_node *n)
{
    struct hp_stack *s = n->stack;
    hp_step(s, w->now);
    bool ran = hp_programs_run(s);
    if (n->on_step) n->on_step(n->on_step_ctx, s);
    world_set_machine(w, n, ran ? w->now : hp_deadline(s));
}

static void world_run_cable(struct hp_world *w, struct world_cable *k)
{
    unsigned woken = hp_cable_step(k->cable, w->now);
    if (woken & 1) world_touch(w, k->node[0]);
    if (woken & 2) world_touch(w, k->node[1]);
    agenda_set(&w->agenda, k->id, hp_cable_next(k->cable));
}

static hp_time world_next(const struct hp_world *w)
{
    hp_time call = calls_next(w), next = agenda_next(&w->agenda);
    return call < next ? call : next;
}

static void world_happen(struct hp_world *w)
{
    w->events++;
    if (calls_next(w) <= agenda_next(&w->agenda)) {
        calls_run(w);
        return;
    }
    struct agenda_entry e = w->agenda.heap[0];
    w->now = e.at;
    if (e.id & AGENDA_MACHINE) world_run_machine(w, world_machine(w, e.id & ~AGENDA_MACHINE));
    else world_run_cable(w, world_cable(w, e.id));
}

static int world_run_loop(struct hp_world *w, hp_time until, bool (*done)(void *ctx), void *ctx)
{
    for (;;) {
        if (done && done(ctx)) return HP_OK;
        hp_time next = world_next(w);
        if (next == HP_NEVER || next > until) {
            if (until != HP_NEVER && until > w->now) w->now = until;
            return next == HP_NEVER ? HP_ENOENT : HP_ETIMEDOUT;
        }
        world_happen(w);
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
    if (world_next(w) == HP_NEVER) return false;
    w->running = true;
    world_happen(w);
    world_clocks(w);
    w->running = false;
    return true;
}
