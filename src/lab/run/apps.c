/* The programs of a run: when they start and stop, how they end, what they say. */
#include "hepta/proc.h"
#include "lab/run/run.h"

enum { APPS_STACK = 128 << 10, APPS_PATIENCE_S = 10 };

static struct run_app *apps_of(struct hp_lab_app *app) { return (struct run_app *)(void *)app; }
_Static_assert(offsetof(struct run_app, pub) == 0, "an app is handed out by its first member");

static const struct hp_plan_node *apps_node(const struct run_app *a) { return &a->pub.run->plan->node[a->pub.plan->node]; }

static void apps_news(const struct run_app *a, enum hp_run_news kind, const char *text, int result)
{
    run_news(a->pub.run, kind, apps_node(a)->name, a->pub.plan->name, text, result, 0);
    judge_hear(a->pub.run, (uint32_t)(a - a->pub.run->app), kind, text, result);
}

/* ---- what a program may call ---- */

static void apps_write(struct run_app *a, const char *format, va_list args)
{
    struct text t = text_of(a->said, sizeof a->said);
    text_format(&t, format, args);
}

void hp_lab_say(struct hp_lab_app *app, const char *format, ...)
{
    struct run_app *a = apps_of(app);
    va_list args;
    va_start(args, format);
    apps_write(a, format, args);
    va_end(args);
    if (!a->cut) apps_news(a, HP_RUN_SAID, a->said, HP_OK);
}

void hp_lab_broken(struct hp_lab_app *app, const char *format, ...)
{
    struct run_app *a = apps_of(app);
    va_list args;
    va_start(args, format);
    apps_write(a, format, args);
    va_end(args);
    app->run->broken++;
    apps_news(a, HP_RUN_BROKEN, a->said, HP_EPROTO);
}

void hp_lab_progress(struct hp_lab_app *app, uint64_t bytes)
{
    struct run_app *a = apps_of(app);
    a->bytes += bytes;
    a->progressed = hp_world_now(app->run->world);
    judge_progress(app->run, (uint32_t)(a - app->run->app));
}

struct hp_resolver *hp_lab_resolver(struct hp_lab_app *app)
{
    return hp_run_resolver(app->run, apps_node(apps_of(app))->name);
}

int hp_lab_resolve(struct hp_lab_app *app, const char *name, struct hp_ip *out)
{
    struct hp_resolver *r = hp_lab_resolver(app);
    int n = r ? hp_resolve(app->stack, r, name, HP_DNS_ANY, out, 1) : HP_ECANCELED;
    return n < 0 ? n : HP_OK;
}

int hp_lab_file(struct hp_lab_app *app, const char *name, struct hp_bytes *out)
{
    const struct hp_run_options *o = &app->run->options;
    return o->file ? o->file(o->ctx, name, out) : HP_ENOENT;
}

void *hp_lab_alloc(struct hp_lab_app *app, size_t n)
{
    struct run_app *a = apps_of(app);
    struct run_block *b = mem_zalloc(app->run->mem, sizeof *b + n);
    if (!b) return NULL;
    *b = (struct run_block){a->blocks, sizeof *b + n};
    a->blocks = b;
    return b + 1;
}

/* ---- running ---- */

static void apps_close(struct run_app *a)
{
    if (a->open) a->pub.run->open--;
    a->open = false;
}

static void apps_end(struct run_app *a, int result)
{
    if (a->cut || a->state == HP_APP_ENDED) return;
    a->state = HP_APP_ENDED;
    a->result = result;
    a->ended = hp_world_now(a->pub.run->world);
    apps_close(a);
    apps_news(a, HP_RUN_APP_ENDED, result ? hp_err_text(result) : a->pub.stop ? "stopped" : "done", result);
}

/* A machine that gets its address by DHCP waits for it a while before it lets programs begin, as machines do. */
static void apps_wait_address(struct run_app *a)
{
    const struct run_node *n = &a->pub.run->node[a->pub.plan->node];
    for (int turn = 0; n->dhcp && turn < APPS_PATIENCE_S * 100 && !a->pub.stop; turn++) {
        bool missing = false;
        for (uint32_t k = 0; k < n->plan->interfaces; k++) missing |= n->plan->interface[k].dhcp && n->dhcp[k].state < HP_DHCP_BOUND;
        if (!missing || hp_sleep(a->pub.stack, HP_MS(10)) != HP_OK) return;
    }
}

static void apps_main(struct hp_stack *s, void *arg)
{
    struct run_app *a = arg;
    if (!a->program->service) apps_wait_address(a);
    int result = a->pub.stop ? HP_ECANCELED : a->program->main(&a->pub);
    if (result || !a->program->service) apps_end(a, result);
}

static void apps_drop_blocks(struct run_app *a)
{
    while (a->blocks) {
        struct run_block *b = a->blocks;
        a->blocks = b->next;
        mem_free(a->pub.run->mem, b, b->n);
    }
}

/* What is left of the last time, such as connections that a web server has still to end, goes first: it has the same state. */
static void apps_leave(struct run_app *a, struct hp_stack *s)
{
    hp_family_cancel(s, a->family);
    while (hp_family_count(s, a->family)) hp_programs_run(s);
    apps_drop_blocks(a);
}

static void apps_start(struct run_app *a, struct hp_stack *s)
{
    struct hp_plan_error error;
    if (a->state != HP_APP_WAITING) return;
    apps_leave(a, s);
    memset(a->pub.state, 0, a->program->state_size);
    a->pub.stack = s;
    a->pub.stop = false;
    a->cut = false;
    a->state = HP_APP_RUNNING;
    a->started = hp_world_now(a->pub.run->world);
    a->starts++;
    if (!a->program->service && !a->open) {
        a->open = true;
        a->pub.run->open++;
    }
    apps_news(a, HP_RUN_APP_STARTED, a->program->name, HP_OK);
    int err = a->program->read(a->pub.run->plan, a->pub.plan, a->pub.state, &error) ? HP_OK : HP_EINVAL;
    if (!err) err = hp_spawn_family(s, a->pub.plan->name, apps_main, a, APPS_STACK, &a->family);
    if (err) apps_end(a, err);
}

/* Its grace is over; unless it ended, and began anew. */
static void apps_cancel_call(void *ctx, struct hp_stack *s)
{
    struct run_app *a = ctx;
    if (a->state == HP_APP_RUNNING && a->pub.stop && a->cancel_at <= hp_world_now(a->pub.run->world)) hp_family_cancel(s, a->family);
}

static void apps_cancel(struct run_app *a)
{
    struct hp_world *w = a->pub.run->world;
    const struct hp_lab_program *p = a->program;
    if (p->service && p->stop) return;
    a->cancel_at = hp_world_now(w) + p->grace;
    if (!p->grace || hp_world_at_machine(w, a->cancel_at, apps_node(a)->name, apps_cancel_call, a)) hp_family_cancel(a->pub.stack, a->family);
}

static void apps_stop(struct run_app *a)
{
    if (a->state == HP_APP_ENDED || a->pub.stop) return;
    a->pub.stop = true;
    if (a->state == HP_APP_WAITING) {
        a->cut = false;
        apps_end(a, HP_ECANCELED);
        return;
    }
    if (a->program->stop) a->program->stop(&a->pub);
    if (a->program->service) apps_end(a, HP_OK);
    apps_cancel(a);
}

static void apps_start_call(void *ctx, struct hp_stack *s) { apps_start(ctx, s); }
static void apps_stop_call(void *ctx, struct hp_stack *s) { apps_stop(ctx); }

int apps_plan(struct hp_run *r)
{
    int err = HP_OK;
    for (uint32_t i = 0; i < r->plan->apps && !err; i++) {
        struct run_app *a = &r->app[i];
        const char *node = apps_node(a)->name;
        err = hp_world_at_machine(r->world, a->pub.plan->start, node, apps_start_call, a);
        if (!err && a->pub.plan->stop != HP_NEVER) err = hp_world_at_machine(r->world, a->pub.plan->stop, node, apps_stop_call, a);
    }
    return err;
}

void apps_set(struct hp_run *r, uint32_t app, bool start)
{
    struct run_app *a = &r->app[app];
    struct hp_stack *s = hp_world_find(r->world, apps_node(a)->name);
    if (!start) {
        apps_stop(a);
    } else if (s && a->state != HP_APP_RUNNING) {
        a->state = HP_APP_WAITING;
        apps_start(a, s);
    }
}

/* ---- crash and restart ---- */

void apps_cut(struct hp_run *r, uint32_t node)
{
    for (uint32_t i = r->app_of_node[node]; i < r->app_of_node[node + 1]; i++) {
        struct run_app *a = &r->app[r->app_order[i]];
        if (a->state == HP_APP_RUNNING && a->pub.stop) apps_end(a, HP_ECANCELED);
        if (a->state == HP_APP_RUNNING) a->state = HP_APP_WAITING;
        apps_close(a);
        a->family = 0;
        a->cut = true;
    }
}

void apps_boot(struct hp_run *r, uint32_t node)
{
    hp_time now = hp_world_now(r->world);
    struct hp_stack *s = hp_world_find(r->world, r->plan->node[node].name);
    for (uint32_t i = r->app_of_node[node]; s && i < r->app_of_node[node + 1]; i++) {
        struct run_app *a = &r->app[r->app_order[i]];
        if (a->state != HP_APP_WAITING) continue;
        if (a->pub.plan->stop <= now) apps_stop(a);
        else if (a->pub.plan->start <= now) apps_start(a, s);
        else if (!a->program->service && !a->open) {
            a->open = true;
            r->open++;
        }
    }
}

/* ---- making ---- */

static const struct hp_lab_program *apps_find(const char *name)
{
    for (const struct hp_lab_program *const *p = hp_lab_programs; *p; p++)
        if (strcmp((*p)->name, name) == 0) return *p;
    return NULL;
}

static int apps_unknown(const struct hp_run *r, const struct hp_plan_app *app, struct hp_plan_error *error)
{
    const char *names[64];
    int n = 0;
    for (; hp_lab_programs[n] && n < 63; n++) names[n] = hp_lab_programs[n]->name;
    names[n] = NULL;
    return hp_plan_complain(r->plan, error, app->place, names, app->program, "there is no program \"%s\"", app->program);
}

static int apps_make_one(struct hp_run *r, uint32_t i, struct hp_plan_error *error)
{
    const struct hp_plan_app *plan = &r->plan->app[i];
    struct run_app *a = &r->app[i];
    a->program = apps_find(plan->program);
    if (!a->program) return apps_unknown(r, plan, error);
    if (!run_is_end(&r->plan->node[plan->node]))
        return hp_plan_complain(r->plan, error, plan->place, NULL, NULL, "programs run on hosts and routers, and \"%s\" is neither",
                                r->plan->node[plan->node].name);
    a->pub = (struct hp_lab_app){.run = r, .plan = plan, .state = mem_zalloc(r->mem, a->program->state_size + 1)};
    a->started = a->ended = a->progressed = HP_NEVER;
    if (!a->pub.state) return HP_ENOMEM;
    a->open = !a->program->service;
    r->open += a->open;
    return a->program->read(r->plan, plan, a->pub.state, error) ? HP_OK : HP_EPROTO;
}

/* By node, in the order of the plan: what a boot has to start. */
static int apps_sort(struct hp_run *r)
{
    const struct hp_plan *plan = r->plan;
    r->app_of_node = mem_zalloc(r->mem, (plan->nodes + 2) * sizeof *r->app_of_node);
    r->app_order = mem_zalloc(r->mem, (plan->apps + 1) * sizeof *r->app_order);
    if (!r->app_of_node || !r->app_order) return HP_ENOMEM;
    uint32_t *next = r->app_of_node + 1;
    for (uint32_t i = 0; i < plan->apps; i++) next[plan->app[i].node + 1]++;
    for (uint32_t i = 1; i <= plan->nodes; i++) next[i] += next[i - 1];
    for (uint32_t i = 0; i < plan->apps; i++) r->app_order[next[plan->app[i].node]++] = i;
    return HP_OK;
}

int apps_make(struct hp_run *r, struct hp_plan_error *error)
{
    r->app = mem_zalloc(r->mem, (r->plan->apps + 1) * sizeof *r->app);
    int err = r->app ? apps_sort(r) : HP_ENOMEM;
    for (uint32_t i = 0; i < r->plan->apps && !err; i++) err = apps_make_one(r, i, error);
    return err;
}

void apps_free(struct hp_run *r)
{
    for (uint32_t i = 0; r->app && i < r->plan->apps; i++) {
        struct run_app *a = &r->app[i];
        if (!a->pub.run) continue;
        apps_drop_blocks(a);
        mem_free(r->mem, a->pub.state, a->program->state_size + 1);
    }
    mem_free(r->mem, r->app, (r->plan->apps + 1) * sizeof *r->app);
    mem_free(r->mem, r->app_of_node, (r->plan->nodes + 2) * sizeof *r->app_of_node);
    mem_free(r->mem, r->app_order, (r->plan->apps + 1) * sizeof *r->app_order);
}

/* ---- looking ---- */

bool hp_run_app(const struct hp_run *r, uint32_t i, struct hp_run_app *out)
{
    if (i >= r->plan->apps) return false;
    const struct run_app *a = &r->app[i];
    *out = (struct hp_run_app){.name = a->pub.plan->name, .node = apps_node(a)->name, .program = a->program->name, .service = a->program->service,
                               .state = a->state, .result = a->result, .stopped = a->pub.stop && a->state == HP_APP_ENDED,
                               .started = a->started, .ended = a->ended, .starts = a->starts,
                               .bytes = a->bytes, .progressed = a->progressed, .said = a->said};
    return true;
}
