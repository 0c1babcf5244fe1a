/* A run's life: made from a plan, let happen, ended. */
#include "lab/run/run.h"

enum { RUN_SLACK_S = 1, RUN_IDLE_S = 10 };

static int run_make(struct hp_run *r, struct hp_plan_error *error)
{
    r->node = mem_zalloc(r->mem, (r->plan->nodes + 1) * sizeof *r->node);
    r->world = hp_world_new(r->seed, &r->allocator);
    int err = r->node && r->world ? HP_OK : HP_ENOMEM;
    if (!err) err = apps_make(r, error);
    if (!err) err = plant_world(r, error);
    if (!err) err = paths_find(r);
    for (uint32_t i = 0; i < r->plan->nodes && !err; i++) err = boot_node(r, i, error);
    if (!err) err = apps_plan(r);
    return err ? err : judge_open(r, error);
}

int hp_run_new(const struct hp_plan *plan, const struct hp_run_options *options, struct hp_run **out, struct hp_plan_error *error)
{
    struct hp_mem *mem = mem_new(options->allocator, 0);
    struct hp_run *r = mem ? mem_zalloc(mem, sizeof *r) : NULL;
    if (!r) {
        if (mem) mem_release(mem);
        return HP_ENOMEM;
    }
    r->mem = mem;
    r->plan = plan;
    r->options = *options;
    r->allocator = *options->allocator;
    r->seed = options->seeded ? options->seed : plan->seed;
    r->until = options->until ? options->until : plan->until;
    int err = run_make(r, error);
    if (!err) *out = r;
    else hp_run_free(r);
    return err;
}

void hp_run_free(struct hp_run *r)
{
    if (!r) return;
    struct hp_mem *mem = r->mem;
    r->freeing = true;
    for (uint32_t i = 0; r->node && r->world && i < r->plan->nodes; i++) boot_quiet(r, i);
    hp_world_free(r->world);
    judge_close(r);
    apps_free(r);
    for (uint32_t i = 0; r->node && i < r->plan->nodes; i++) {
        struct run_node *n = &r->node[i];
        mem_free(mem, n->route, n->routes_room * sizeof *n->route);
        mem_free(mem, n->dhcp, r->plan->node[i].interfaces * sizeof *n->dhcp);
    }
    mem_free(mem, r->node, (r->plan->nodes + 1) * sizeof *r->node);
    mem_free(mem, r, sizeof *r);
    mem_release(mem);
}

struct hp_world *hp_run_world(struct hp_run *r) { return r->world; }
const struct hp_plan *hp_run_plan(const struct hp_run *r) { return r->plan; }
uint64_t hp_run_seed(const struct hp_run *r) { return r->seed; }
hp_time hp_run_until(const struct hp_run *r) { return r->until; }
bool hp_run_ended(const struct hp_run *r) { return r->ended; }
uint32_t hp_run_broken(const struct hp_run *r) { return r->broken; }

void run_news(struct hp_run *r, enum hp_run_news kind, const char *node, const char *app, const char *text, int result, uint64_t packet)
{
    if (!r->options.news || r->freeing) return;
    struct hp_run_event e = {.kind = kind, .time = hp_world_now(r->world), .node = node, .app = app, .text = text, .result = result,
                             .packet = packet};
    r->options.news(r->options.ctx, &e);
}

void run_expect_until(struct hp_run *r, hp_time time)
{
    if (time != HP_NEVER && time > r->last) r->last = time;
}

/* ---- letting it happen ---- */

/* Without an `until`: programs that end by themselves keep it going; if there are none, it has a while. */
static hp_time run_end(const struct hp_run *r)
{
    if (r->until != HP_NEVER) return r->until;
    if (r->open) return HP_NEVER;
    return r->last + (r->last ? HP_S(RUN_SLACK_S) : HP_S(RUN_IDLE_S));
}

/* After every event. */
static bool run_done(void *ctx)
{
    struct hp_run *r = ctx;
    judge_look(r);
    return r->waiting && !r->open;
}

int hp_run_go(struct hp_run *r, hp_time until)
{
    while (!r->ended) {
        hp_time end = run_end(r), to = end < until ? end : until;
        r->waiting = end == HP_NEVER;
        bool asks = r->waiting || rules_look_needed(r->rules);
        int result = hp_world_run(r->world, to, asks ? run_done : NULL, r);
        if (r->waiting && result == HP_OK) continue; /* the last program has ended: now there is an end */
        if (result == HP_ENOENT && (r->waiting || to == end)) r->ended = true;
        if (hp_world_now(r->world) >= end) r->ended = true;
        if (!r->ended) return HP_ETIMEDOUT;
        judge_end(r);
    }
    return HP_OK;
}
