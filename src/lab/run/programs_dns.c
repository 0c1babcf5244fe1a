/* zone: a name server with authority for zones of master files; recursor: one that asks its way down from the root, with a cache. */
#include "hepta/dns_server.h"
#include "lab/run/programs.h"

enum { ZONES_MAX = 16,
       RECURSOR_ALLOW_MAX = 4 };

/* Zones lie in the program's memory: freed with it. */
static void *prog_zone_alloc(void *ctx, size_t n) { return hp_lab_alloc(ctx, n); }
static void prog_zone_keep(void *ctx, void *p, size_t n) {}

/* ---- zone ---- */

struct prog_zone {
    struct hp_lab_app *app;
    struct hp_plan_words files;
    const struct hp_dns_zone *zone[ZONES_MAX];
    struct hp_dns_server server;
};

static const struct args_spec prog_zone_args[] = {
    {ARGS_REST, NULL, "the files of its zones", offsetof(struct prog_zone, files), 0, 0},
    {0},
};

static bool prog_zone_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    if (!args_read(plan, app, state, error, prog_zone_args)) return false;
    if (((struct prog_zone *)state)->files.count <= ZONES_MAX) return true;
    hp_plan_complain(plan, error, app->place, NULL, NULL, "zone: %d files at most", ZONES_MAX);
    return false;
}

static void prog_zone_asked(void *ctx, const struct hp_ip *who, const char *name, int type, int answers)
{
    struct prog_zone *z = ctx;
    char from[HP_IP_TEXT];
    static const char *const outcome[] = {"refuses", "knows no such name", "answers"};
    hp_lab_progress(z->app, 1);
    hp_lab_say(z->app, "%s asks for %s (type %d): %s", hp_ip_text(who, from, sizeof from), name, type, outcome[answers < 0 ? answers + 2 : 2]);
}

static int prog_zone_load(struct prog_zone *z, const char *file, const struct hp_dns_zone **out)
{
    struct hp_bytes text;
    int err = hp_lab_file(z->app, file, &text);
    if (err) {
        hp_lab_say(z->app, "%s cannot be read: %s", file, hp_err_text(err));
        return err;
    }
    struct hp_allocator keep = {prog_zone_alloc, prog_zone_keep, z->app};
    struct hp_allocator *allocator = hp_lab_alloc(z->app, sizeof keep);
    if (!allocator) return HP_ENOMEM;
    *allocator = keep;
    struct hp_dns_zone_source source = {.file = file, .text = (const char *)text.p, .n = text.n};
    struct hp_dns_zone *zone = NULL;
    err = hp_dns_zone_parse(allocator, &source, &zone);
    if (err == HP_EINVAL) hp_lab_say(z->app, "%s:%u:%u: %s", file, source.first.line, source.first.column, source.first.text);
    *out = zone;
    return err;
}

static int prog_zone_main(struct hp_lab_app *app)
{
    struct prog_zone *z = app->state;
    int err = HP_OK;
    z->app = app;
    for (uint32_t i = 0; i < z->files.count && !err; i++) err = prog_zone_load(z, z->files.word[i].text, &z->zone[i]);
    if (err) return err;
    z->server = (struct hp_dns_server){.zones = z->zone, .zone_count = (int)z->files.count, .asked = prog_zone_asked, .ctx = z};
    return hp_dns_serve(app->stack, &z->server);
}

const struct hp_lab_program zone_program = {
    .name = "zone", .synopsis = "zone FILE...",
    .text = "a name server with authority for the zones of these master files",
    .state_size = sizeof(struct prog_zone), .service = true, .read = prog_zone_read, .main = prog_zone_main};

/* ---- recursor ---- */

struct prog_recursor {
    struct hp_lab_app *app;
    const char *root, *allow;
    bool log;
    struct hp_prefix allowed[RECURSOR_ALLOW_MAX];
    struct hp_dns_recursor recursor;
};

static const struct args_spec prog_recursor_args[] = {
    {ARGS_TEXT, NULL, "a root server as NAME=ADDRESS", offsetof(struct prog_recursor, root), 0, 0},
    {ARGS_TEXT, "allow", "who may ask, a prefix", offsetof(struct prog_recursor, allow), 0, 0},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_recursor, log), 0, 0},
    {0},
};

static const char *prog_recursor_address(const char *root)
{
    while (*root && *root != '=') root++;
    return *root ? root + 1 : NULL;
}

static bool prog_recursor_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_recursor *v = state;
    struct hp_ip ip;
    if (!args_read(plan, app, state, error, prog_recursor_args)) return false;
    const char *address = prog_recursor_address(v->root);
    if (!address || !hp_ip_parse(address, &ip)) {
        hp_plan_complain(plan, error, app->place, NULL, v->root, "recursor: \"%s\" is no NAME=ADDRESS", v->root);
        return false;
    }
    if (!v->allow || hp_prefix_parse(v->allow, &v->allowed[0])) return true;
    hp_plan_complain(plan, error, app->place, NULL, v->allow, "recursor: \"%s\" is no prefix", v->allow);
    return false;
}

static void prog_recursor_step(void *ctx, const struct hp_dns_step *step)
{
    struct prog_recursor *v = ctx;
    char text[512];
    if (step->kind == HP_DNS_DONE) hp_lab_progress(v->app, 1);
    if (v->log) hp_lab_say(v->app, "%s", hp_dns_step_text(step, text, sizeof text));
}

/* The hints as a master file: the name server of the root, and its address. */
static int prog_recursor_hints(struct prog_recursor *v, const struct hp_dns_zone **out)
{
    char text[512];
    const char *address = prog_recursor_address(v->root);
    size_t n = (size_t)(address - v->root) - 1;
    struct text t = text_of(text, sizeof text);
    text_str(&t, ". 3600000 IN NS ");
    text_bytes(&t, v->root, n);
    text_str(&t, ".\n");
    text_bytes(&t, v->root, n);
    text_str(&t, strchr(address, ':') ? ". 3600000 IN AAAA " : ". 3600000 IN A ");
    text_str(&t, address);
    text_char(&t, '\n');
    struct hp_allocator *allocator = hp_lab_alloc(v->app, sizeof *allocator);
    if (!allocator) return HP_ENOMEM;
    *allocator = (struct hp_allocator){prog_zone_alloc, prog_zone_keep, v->app};
    struct hp_dns_zone_source source = {.file = "hints",
    .text = text, .n = text_len(&t), .origin = ".", .hints = true};
    struct hp_dns_zone *zone = NULL;
    int err = hp_dns_zone_parse(allocator, &source, &zone);
    if (err == HP_EINVAL) hp_lab_say(v->app, "%s", source.first.text);
    *out = zone;
    return err;
}

static int prog_recursor_main(struct hp_lab_app *app)
{
    struct prog_recursor *v = app->state;
    v->app = app;
    v->recursor.step = prog_recursor_step;
    v->recursor.ctx = v;
    v->recursor.allow = v->allowed;
    v->recursor.allow_count = v->allow != NULL;
    int err = prog_recursor_hints(v, &v->recursor.hints);
    return err ? err : hp_dns_recurse(app->stack, &v->recursor);
}

const struct hp_lab_program recursor_program = {
    .name = "recursor", .synopsis = "recursor ROOT=ADDRESS [allow PREFIX] [log]",
    .text = "a name server that asks its way down from the root and remembers; by itself only its own networks may ask",
    .state_size = sizeof(struct prog_recursor), .service = true, .read = prog_recursor_read, .main = prog_recursor_main};
