/* Reading a file of the lab language: the key word of a line decides. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

/* ---- lab NAME [seed N] [until T] ---- */

static bool read_lab_seed(struct plan_cursor *c, void *ctx)
{
    return plan_take_number(c, "a number", 0, UINT64_MAX, &c->r->plan->seed);
}

static bool read_lab_until(struct plan_cursor *c, void *ctx)
{
    struct hp_plan *plan = c->r->plan;
    const char *text = plan_take(c, "a time, as 10s");
    if (!text) return false;
    if (strcmp(text, "never") == 0) plan->until = HP_NEVER;
    else if (!hp_span_parse(text, &plan->until)) return plan_fail(c->r, c->last, "\"%s\" is no time, as 10s, 500ms or never", text);
    return true;
}

static bool read_lab(struct plan_reader *r)
{
    static const struct plan_attr table[] = {{"seed", read_lab_seed, 1}, {"until", read_lab_until, 1}, {NULL, NULL, 0}};
    static const struct plan_turns none = {.n = 1};
    uint32_t budget = 0;
    if (r->words < 2) return plan_fail(r, r->word, "a lab wants a name: lab NAME [seed N] [until T]");
    if (r->named) return plan_fail(r, r->word, "there is a lab line already");
    const struct plan_word *name = &r->word[1];
    const char *text = plan_unfold(r, &none, name);
    if (!text || !plan_name_ok(r, name, text, PLAN_LONG_NAME_MAX)) return false;
    r->named = true;
    r->plan->name = plan_text(r->arena, text, strlen(text));
    if (!r->plan->name) return plan_no_memory(r);
    struct plan_cursor c = {.r = r, .turns = &none, .word = name + 1, .end = r->word + r->words, .budget = &budget};
    return plan_attrs(&c, table, 1, NULL, NULL);
}

/* ---- include "FILE" ---- */

bool plan_open(struct plan_reader *r, const struct plan_source *from, const struct plan_word *w, const char **text, size_t *n)
{
    const struct hp_plan_options *o = r->options;
    if (!o || !o->open) return plan_fail(r, w, "there are no files here that could be read");
    if (from->depth >= HP_PLAN_INCLUDES_MAX) return plan_fail(r, w, "files include files more than %d deep: does one include itself?", HP_PLAN_INCLUDES_MAX);
    if (r->arena->files >= HP_PLAN_FILES_MAX) return plan_fail(r, w, "more than %d files", HP_PLAN_FILES_MAX);
    int err = o->open(o->ctx, r->arena->file[from->file].name, w->text, text, n);
    if (err == HP_ENOMEM) return plan_no_memory(r);
    if (err) return plan_fail(r, w, "\"%s\" cannot be read: %s", w->text, hp_err_text(err));
    if (r->bytes + *n <= HP_PLAN_FILE_MAX) return true;
    plan_close(r, *text, *n);
    return plan_fail(r, w, "all files together have more than %d MiB", HP_PLAN_FILE_MAX >> 20);
}

void plan_close(struct plan_reader *r, const char *text, size_t n)
{
    if (r->options->close) r->options->close(r->options->ctx, text, n);
}

static bool read_file(struct plan_reader *r, const char *name, const char *text, size_t n, uint32_t depth);

static bool read_include(struct plan_reader *r, const struct plan_source *from)
{
    const char *text;
    size_t n;
    if (r->words != 2) return plan_fail(r, r->word, "include wants the name of one file: include \"FILE\"");
    const struct plan_word w = r->word[1];
    if (!plan_open(r, from, &w, &text, &n)) return false;
    bool ok = read_file(r, w.text, text, n, from->depth + 1);
    plan_close(r, text, n);
    return ok;
}

/* ---- lines ---- */

/* What a line says behind `at`, and somebody may begin it with. */
static bool read_is_action(const char *key)
{
    static const char *const actions[] = {"down", "up", "set", "crash", "restart", "freeze", "thaw", "clock", "partition", "heal", "start", "stop", NULL};
    const char *const *a = actions;
    while (*a && strcmp(*a, key) != 0) a++;
    return *a != NULL;
}

static bool read_one(struct plan_reader *r, const struct plan_source *s)
{
    static const char *const words[] = {"lab", "host", "router", "switch", "hub", "repeater", "cable", "cable-kind", "host-kind", "router-kind", "switch-kind",
                                        "hub-kind", "repeater-kind", "app", "at", "every", "when", "expect", "include", "rate-trace", NULL};
    static const struct plan_turns none = {.n = 1};
    const struct plan_word *w = r->word;
    r->scratch_at = 0;
    r->arena->coming = 1;
    const char *key = plan_unfold(r, &none, w);
    if (!key) return false;
    for (unsigned kind = HP_NODE_HOST; kind <= HP_NODE_REPEATER; kind++) {
        const char *text = plan_kind_text(kind);
        size_t n = strlen(text);
        if (strncmp(key, text, n) != 0) continue;
        if (!key[n]) return plan_node_line(r, kind);
        if (strcmp(key + n, "-kind") == 0) return plan_node_kind_line(r, kind);
    }
    if (strcmp(key, "cable") == 0) return plan_cable_line(r);
    if (strcmp(key, "cable-kind") == 0) return plan_cable_kind_line(r);
    if (strcmp(key, "app") == 0) return plan_app_line(r);
    if (strcmp(key, "at") == 0 || strcmp(key, "every") == 0 || strcmp(key, "when") == 0) return plan_happening_line(r, false);
    if (strcmp(key, "expect") == 0) return plan_happening_line(r, true);
    if (strcmp(key, "lab") == 0) return read_lab(r);
    if (strcmp(key, "include") == 0) return read_include(r, s);
    if (strcmp(key, "rate-trace") == 0) return plan_rate_trace_line(r, s);
    if (read_is_action(key)) return plan_fail(r, w, "\"%s\" is what happens at some time: at 2s %s ..., or every 2s, or when EVENT then", key, key);
    if (strcmp(key, "seed") == 0 || strcmp(key, "until") == 0)
        return plan_fail(r, w, "\"%s\" stands in the lab's own line: lab NAME %s %s", key, key, r->words > 1 ? w[1].text : "...");
    return plan_fail_near(r, w, words, key, "no line begins with \"%s\"", key);
}

/* False: it is not worth going on. */
static bool read_lines(struct plan_reader *r, struct plan_source *s)
{
    bool all = r->options && r->options->problem;
    for (;;) {
        bool line = plan_line(r, s);
        if (line && read_one(r, s)) continue;
        if (!line && !r->err) return true;
        if (r->err == HP_ENOMEM || !all || r->errors >= HP_PLAN_ERRORS_MAX) return false;
        r->err = HP_OK; /* it was told; r->errors remembers */
    }
}

bool plan_source_begin(struct plan_reader *r, const char *name, const char *text, size_t n, uint32_t depth, struct plan_source *out)
{
    struct hp_plan_arena *a = r->arena;
    struct plan_file *f = &a->file[a->files];
    *f = (struct plan_file){.name = name, .text = plan_text(a, text, n), .cut = plan_alloc(a, n + 1), .n = n};
    if (!f->text || !f->cut) return plan_no_memory(r);
    bool bom = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    *out = (struct plan_source){.text = f->text, .cut = f->cut, .n = n, .at = bom ? 3 : 0, .file = a->files, .line = 1, .column = 1, .depth = depth};
    a->files++;
    r->bytes += n;
    return true;
}

static bool read_file(struct plan_reader *r, const char *name, const char *text, size_t n, uint32_t depth)
{
    struct plan_source s;
    return plan_source_begin(r, name, text, n, depth, &s) && read_lines(r, &s);
}

/* What was made from another text, which is the one that is kept. */
static bool read_made(struct plan_reader *r, const char *text, size_t n, const struct hp_plan_origin *o)
{
    struct plan_source s;
    if (!plan_source_begin(r, NULL, text, n, 0, &s)) return false;
    struct plan_file *f = &r->arena->file[s.file];
    f->text = plan_text(r->arena, o->text, o->n);
    f->n = o->n;
    s.origin = o;
    s.spot = (struct plan_spot){.line = 1, .column = 1};
    return f->text ? read_lines(r, &s) : plan_no_memory(r);
}

/* Arrays do not move any more. */
static void read_settle(struct hp_plan *plan)
{
    for (uint32_t i = 0; i < plan->cables; i++)
        if (plan->cable[i].config.back) plan->cable[i].config.back = &plan->cable[i].back;
}

static void read_begin(struct plan_reader *r, const char *text, size_t n)
{
    struct hp_plan_arena *a = r->arena;
    a->file = plan_alloc(a, HP_PLAN_FILES_MAX * sizeof *a->file);
    r->scratch = plan_alloc(a, PLAN_SCRATCH);
    if (!a->file || !r->scratch) plan_no_memory(r);
    else if (n > HP_PLAN_FILE_MAX) plan_fail_at(r, (struct hp_plan_place){0}, "the file has more than %d MiB", HP_PLAN_FILE_MAX >> 20);
    else if (r->options && r->options->origin) read_made(r, text, n, r->options->origin);
    else read_file(r, NULL, text, n, 0);
}

int hp_plan_read(const char *text, size_t n, const struct hp_plan_options *options, const struct hp_allocator *allocator, struct hp_plan **out,
                 struct hp_plan_error *error)
{
    *out = NULL;
    if (error) *error = (struct hp_plan_error){.place = {0}};
    struct hp_plan *plan = plan_new(allocator, text, n);
    if (!plan) return HP_ENOMEM;
    struct plan_reader r = {.plan = plan, .arena = plan->arena, .options = options, .error = error};
    read_begin(&r, text, n);
    mem_free(r.arena->mem, r.word, r.word_room * sizeof *r.word);
    int err = r.err == HP_ENOMEM ? HP_ENOMEM : r.errors ? HP_EPROTO : HP_OK;
    if (err) {
        hp_plan_free(plan);
        return err;
    }
    read_settle(plan);
    *out = plan;
    return HP_OK;
}

int hp_plan_parse(const char *text, size_t n, const struct hp_allocator *allocator, struct hp_plan **out, struct hp_plan_error *error)
{
    return hp_plan_read(text, n, NULL, allocator, out, error);
}
