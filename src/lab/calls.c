/* Calls at a time: a binary heap ordered by (time, order of hp_world_at). */
#include "core/stack.h"
#include "lab/world.h"

static bool call_before(const struct world_call *a, const struct world_call *b)
{
    return a->time < b->time || (a->time == b->time && a->order < b->order);
}

static bool calls_grow(struct hp_world *w)
{
    if (w->calls < w->calls_room) return true;
    uint32_t room = w->calls_room ? w->calls_room * 2 : 16;
    struct world_call *grown = mem_resize(w->mem, w->call, w->calls_room * sizeof *grown, room * sizeof *grown);
    if (!grown) return false;
    w->call = grown;
    w->calls_room = room;
    return true;
}

static int calls_add(struct hp_world *w, struct world_call call)
{
    if (!calls_grow(w)) return HP_ENOMEM;
    if (call.time < w->all.now) call.time = w->all.now;
    call.order = w->calls_made++;
    uint32_t i = w->calls++;
    for (uint32_t up; i > 0 && call_before(&call, &w->call[up = (i - 1) / 2]); i = up) w->call[i] = w->call[up];
    w->call[i] = call;
    return HP_OK;
}

static struct world_call calls_take(struct hp_world *w)
{
    struct world_call first = w->call[0], last = w->call[--w->calls];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < w->calls; i = child) {
        if (child + 1 < w->calls && call_before(&w->call[child + 1], &w->call[child])) child++;
        if (!call_before(&w->call[child], &last)) break;
        w->call[i] = w->call[child];
    }
    w->call[i] = last;
    return first;
}

int hp_world_at(struct hp_world *w, hp_time time, void (*fn)(void *ctx), void *ctx)
{
    return calls_add(w, (struct world_call){.time = time, .fn = fn, .ctx = ctx});
}

int hp_world_at_machine(struct hp_world *w, hp_time time, const char *name, void (*fn)(void *ctx, struct hp_stack *s),
                        void *ctx)
{
    struct world_node *n = world_find_node(w, name);
    if (!n || n->hub) return HP_ENOENT;
    return calls_add(w, (struct world_call){.time = time, .machine_fn = fn, .ctx = ctx, .node = n});
}

void calls_run(struct hp_world *w)
{
    struct world_call call = calls_take(w);
    w->all.now = call.time;
    if (call.fn) {
        world_clocks(w);
        call.fn(call.ctx);
        world_look(w);
    } else if (call.node->stack) {
        world_clock(w, call.node);
        call.machine_fn(call.ctx, call.node->stack);
        world_touch(w, call.node);
    }
}
