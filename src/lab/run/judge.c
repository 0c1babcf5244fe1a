/* The run's side of faults and expectations (lab/rules): what they may do to it, what they are told of it, their verdicts. */
#include "lab/run/run.h"

static const char *judge_name(const struct hp_run *r, uint32_t node) { return r->plan->node[node].name; }

static void judge_crash(void *ctx, uint32_t node) { hp_run_crash(ctx, judge_name(ctx, node)); }
static void judge_restart(void *ctx, uint32_t node) { hp_run_restart(ctx, judge_name(ctx, node)); }
static void judge_set_app(void *ctx, uint32_t app, bool start) { apps_set(ctx, app, start); }

static void judge_news(void *ctx, const struct hp_run_event *e) { run_news(ctx, e->kind, e->node, e->app, e->text, e->result, e->packet); }

static void judge_look_app(void *ctx, uint32_t app, struct rules_app *out)
{
    struct hp_run_app a;
    if (!hp_run_app(ctx, app, &a)) return;
    *out = (struct rules_app){.started = a.starts > 0, .ended = a.state == HP_APP_ENDED, .result = a.result, .began = a.started, .over = a.ended,
                              .bytes = a.bytes};
}

int judge_open(struct hp_run *r, struct hp_plan_error *error)
{
    struct rules_config c = {.plan = r->plan, .world = r->world, .mem = r->mem, .crash = judge_crash, .restart = judge_restart, .app = judge_set_app,
                             .news = judge_news, .look = judge_look_app, .ctx = r};
    int err = rules_new(&c, &r->rules, error);
    if (!err) run_expect_until(r, rules_last(r->rules));
    return err;
}

void judge_close(struct hp_run *r)
{
    rules_free(r->rules);
    r->rules = NULL;
}

static enum happening_kind judge_kind(enum hp_run_news kind)
{
    return kind == HP_RUN_APP_STARTED ? HAPPENING_APP_STARTED : kind == HP_RUN_APP_ENDED ? HAPPENING_APP_ENDED : HAPPENING_SAID;
}

void judge_hear(struct hp_run *r, uint32_t app, enum hp_run_news kind, const char *text, int result)
{
    if (!r->rules || r->freeing) return;
    struct happening h = {.kind = judge_kind(kind), .time = hp_world_now(r->world), .node = (int32_t)r->plan->app[app].node, .cable = HP_PLAN_NONE,
                          .app = (int32_t)app, .text = text, .result = result};
    rules_tell(r->rules, &h);
}

void judge_progress(struct hp_run *r, uint32_t app)
{
    if (!r->rules || r->freeing) return;
    struct happening h = {.kind = HAPPENING_PROGRESS, .time = hp_world_now(r->world), .node = (int32_t)r->plan->app[app].node, .cable = HP_PLAN_NONE,
                          .app = (int32_t)app};
    rules_tell(r->rules, &h);
}

void judge_look(struct hp_run *r)
{
    if (rules_look_needed(r->rules)) rules_look(r->rules);
}

void judge_end(struct hp_run *r) { rules_end(r->rules); }

bool hp_run_verdict(const struct hp_run *r, unsigned i, struct hp_run_verdict *out) { return rules_expect(r->rules, i, out); }
