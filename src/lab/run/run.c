/* A run's life: made from a plan, let happen, ended. */
#include "lab/run/run.h"

enum { RUN_SLACK_S = 1, RUN_IDLE_S = 10, RUN_CROWD = 1024 };

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

static void run_tell(struct hp_run *r, const struct hp_run_event *e)
{
    if (r->options.news && !r->freeing) r->options.news(r->options.ctx, e);
}

void run_stuck(struct hp_run *r, const char *why)
{
    if (r->stuck || r->freeing) return;
    r->stuck = why;
    r->broken++;
    run_tell(r, &(struct hp_run_event){.kind = HP_RUN_BROKEN, .time = hp_world_now(r->world), .text = why, .result = HP_EPROTO});
}

void run_news(struct hp_run *r, enum hp_run_news kind, const char *node, const char *app, const char *text, int result, uint64_t packet)
{
    struct hp_run_event e = {.kind = kind, .time = hp_world_now(r->world), .node = node, .app = app, .text = text, .result = result,
                             .packet = packet};
    run_tell(r, &e);
    if (kind == HP_RUN_FAULT && ++r->strikes == HP_RUN_STRIKES_MAX + r->plan->faults)
        run_stuck(r, "it does not come to rest: faults bring about each other at one time, without end; `after TIME` gives them time");
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

static uint64_t run_frames(const struct hp_run *r)
{
    struct hp_cable_stats stats;
    const struct hp_cable *c;
    uint64_t frames = 0;
    for (uint32_t i = 0; (c = hp_world_each_cable(r->world, i / 2)); i++) {
        hp_cable_stats(c, (int)(i % 2), &stats);
        frames += stats.frames;
    }
    return frames;
}

/* Time stands still: a program without end, or frames that circle where no cable takes time.  An event may be many frames: these are counted when
 * the events have doubled. */
static void run_crowded(struct hp_run *r)
{
    static const char why[] = "it does not come to rest: millions of events at one time; what circles there needs a cable with a rate or a delay, or one less";
    if (r->crowd == HP_RUN_INSTANT_MAX) run_stuck(r, why);
    if (r->crowd % RUN_CROWD == 0 && r->options.stop && r->options.stop(r->options.ctx)) r->canceled = true;
    if (r->crowd & (r->crowd - 1)) return;
    if (r->crowd == RUN_CROWD) r->frames = run_frames(r);
    else if (run_frames(r) - r->frames > HP_RUN_FRAMES_MAX) run_stuck(r, why);
}

/* After every event. */
static bool run_done(void *ctx)
{
    struct hp_run *r = ctx;
    hp_time now = hp_world_now(r->world);
    judge_look(r);
    if (now != r->instant) r->crowd = r->strikes = 0;
    r->crowd++;
    r->instant = now;
    if (r->crowd >= RUN_CROWD) run_crowded(r);
    return r->stuck || r->canceled || (r->waiting && !r->open);
}

int hp_run_go(struct hp_run *r, hp_time until)
{
    r->canceled = false;
    while (!r->ended) {
        hp_time end = run_end(r), to = end < until ? end : until;
        r->waiting = end == HP_NEVER;
        int result = hp_world_run(r->world, to, run_done, r);
        if (r->canceled) return HP_ECANCELED;
        if (r->stuck) r->ended = true;
        if (r->waiting && result == HP_OK && !r->ended) continue; /* the last program has ended: now there is an end */
        if (result == HP_ENOENT && (r->waiting || to == end)) r->ended = true;
        if (hp_world_now(r->world) >= end) r->ended = true;
        if (!r->ended) return HP_ETIMEDOUT;
        judge_end(r);
    }
    return HP_OK;
}
