/* app NODE PROGRAM ARGUMENTS [start T] [stop T] [name N], and the lines of what happens and what must hold: their words, unfolded. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

/* ---- words that stay ---- */

static bool app_keep_word(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, struct hp_plan_word *out)
{
    r->scratch_at = 0;
    const char *text = plan_unfold(r, t, w);
    if (!text) return false;
    if (!w->plain) text = plan_text(r->arena, text, strlen(text));
    *out = (struct hp_plan_word){text, w->place, w->quoted};
    return text || plan_no_memory(r);
}

static bool app_keep_words(struct plan_reader *r, const struct plan_turns *t, uint32_t from, uint32_t to, struct hp_plan_words *out)
{
    uint32_t count = to - from;
    *out = (struct hp_plan_words){NULL, 0};
    r->unfolded += count;
    if (r->unfolded > HP_PLAN_WORDS_MAX) return plan_fail(r, r->word, "with all ranges unfolded there are more than %d words", HP_PLAN_WORDS_MAX);
    if (!count) return true;
    struct hp_plan_word *words = plan_alloc(r->arena, count * sizeof *words);
    if (!words) return plan_no_memory(r);
    for (uint32_t i = 0; i < count; i++)
        if (!app_keep_word(r, t, &r->word[from + i], &words[i])) return false;
    *out = (struct hp_plan_words){words, count};
    return true;
}

/* ---- app ---- */

static bool app_taken(const struct hp_plan *plan, const char *name) { return hp_plan_find_app(plan, name) >= 0; }

struct app_options {
    struct plan_word start, stop, name; /* text NULL: not said */
};

/* A time, or something that becomes one. */
static bool app_is_time(const struct plan_word *w)
{
    hp_time t;
    return !w->quoted && (!w->plain || strcmp(w->text, "0") == 0 || hp_span_parse(w->text, &t));
}

static bool app_is(const struct plan_word *w, const char *text) { return !w->quoted && w->plain && strcmp(w->text, text) == 0; }

/* Takes "start T", "stop T" out of the line wherever they stand, and "name N" from its end: what is left belongs to the program (which can have such
 * words, too: in quotes). */
static bool app_take_options(struct plan_reader *r, struct app_options *o)
{
    uint32_t kept = 3;
    *o = (struct app_options){.start = {.text = NULL}};
    for (uint32_t i = 3; i < r->words; i++) {
        struct plan_word *w = &r->word[i], *to = app_is(w, "start") ? &o->start : app_is(w, "stop") ? &o->stop : NULL;
        if (!to && app_is(w, "name") && (i + 2 == r->words || (i + 4 == r->words && (app_is(w + 2, "start") || app_is(w + 2, "stop"))))) to = &o->name;
        if (!to || i + 1 == r->words || (to != &o->name && !app_is_time(w + 1))) {
            r->word[kept++] = *w;
            continue;
        }
        if (to->text) return plan_fail(r, w, "\"%s\" was said already", w->text);
        *to = r->word[++i];
    }
    r->words = kept;
    return true;
}

static bool app_time(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, hp_time *out)
{
    if (!w->text) return true;
    r->scratch_at = 0;
    const char *text = plan_unfold(r, t, w);
    if (!text) return false;
    if (strcmp(text, "0") == 0) *out = 0;
    else if (!hp_span_parse(text, out)) return plan_fail(r, w, "\"%s\" is no time, as 10ms or 1.5s", text);
    return true;
}

static bool app_set_name(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, struct hp_plan_app *app)
{
    char base[PLAN_LONG_NAME_MAX + 1];
    struct hp_plan_word word;
    if (!w->text) {
        struct text name = text_of(base, sizeof base);
        text_str(&name, r->plan->node[app->node].name);
        text_char(&name, '.');
        text_str(&name, app->program);
        return plan_name_free(r, base, app_taken, &app->name);
    }
    if (!app_keep_word(r, t, w, &word) || !plan_name_ok(r, w, word.text, PLAN_LONG_NAME_MAX)) return false;
    int32_t old = hp_plan_find_app(r->plan, word.text);
    if (old >= 0) return plan_fail(r, w, "there is an app \"%s\" already, in line %u", word.text, r->plan->app[old].place.line);
    app->name = word.text;
    return true;
}

static bool app_find_node(struct plan_reader *r, const struct plan_turns *t, struct hp_plan_app *app)
{
    r->scratch_at = 0;
    const char *name = plan_unfold(r, t, &r->word[1]);
    if (!name) return false;
    int32_t node = hp_plan_find_node(r->plan, name);
    if (node < 0) return plan_fail_node(r, &r->word[1], name);
    enum hp_node_kind kind = r->plan->node[node].kind;
    if (kind > HP_NODE_ROUTER) return plan_fail(r, &r->word[1], "%s is a %s: programs run on hosts and routers", name, plan_kind_text(kind));
    app->node = (uint32_t)node;
    return true;
}

static bool app_one(struct plan_reader *r, struct plan_turns *t, const struct app_options *o)
{
    struct hp_plan *plan = r->plan;
    struct hp_plan_app app = {.stop = HP_NEVER, .place = r->word[2].place};
    struct hp_plan_word program;
    t->name = NULL;
    if (plan->apps >= HP_PLAN_LINES_MAX) return plan_fail(r, r->word, "more than %d apps", HP_PLAN_LINES_MAX);
    if (!app_find_node(r, t, &app)) return false;
    t->name = plan->node[app.node].name;
    if (!app_keep_word(r, t, &r->word[2], &program)) return false;
    app.program = program.text;
    if (!plan_name_ok(r, &r->word[2], program.text, HP_PLAN_NAME_MAX) || !app_keep_words(r, t, 3, r->words, &app.arguments)) return false;
    if (!app_time(r, t, &o->start, &app.start) || !app_time(r, t, &o->stop, &app.stop)) return false;
    if (app.stop < app.start) return plan_fail(r, &o->stop, "it stops before it starts");
    if (!app_set_name(r, t, &o->name, &app)) return false;
    if (!plan_grow(r->arena, (void **)&plan->app, &r->arena->room.app, plan->apps, sizeof *plan->app)) return plan_no_memory(r);
    plan->app[plan->apps++] = app;
    return plan_name_add(r, &r->arena->apps, app.name, plan->apps - 1);
}

bool plan_app_line(struct plan_reader *r)
{
    struct app_options options;
    struct plan_turns t = {.count = 0};
    if (r->words < 3) return plan_fail(r, r->word, "an app wants a node and a program: app c1 ping s1");
    if (!app_take_options(r, &options)) return false;
    for (uint32_t i = 1; i < r->words; i++)
        if (!plan_turns_add(r, &t, &r->word[i])) return false;
    if (options.name.text && !plan_turns_add(r, &t, &options.name)) return false;
    plan_turns_begin(&t);
    do {
        if (!app_one(r, &t, &options)) return false;
    } while (plan_turns_next(&t));
    return plan_turns_keep_pair(r, &t, &r->word[1], '.', &r->word[2]);
}

/* ---- at, every, when; expect ---- */

static size_t app_line_room(const struct hp_plan_words *words)
{
    size_t n = 1;
    for (uint32_t i = 0; i < words->count; i++) n += 2 * strlen(words->word[i].text) + 3;
    return n;
}

/* The words as one would write them. */
static bool app_line_text(struct plan_reader *r, const struct hp_plan_words *words, const char **out)
{
    size_t n = app_line_room(words);
    char *buf = plan_alloc(r->arena, n);
    if (!buf) return plan_no_memory(r);
    struct text t = text_of(buf, n);
    for (uint32_t i = 0; i < words->count; i++) {
        const struct hp_plan_word *w = &words->word[i];
        if (i) text_char(&t, ' ');
        if (w->quoted) text_char(&t, '"');
        for (const char *p = w->text; *p; p++) {
            if (w->quoted && (*p == '"' || *p == '\\')) text_char(&t, '\\');
            text_char(&t, *p == '\n' ? ' ' : *p);
        }
        if (w->quoted) text_char(&t, '"');
    }
    *out = buf;
    return true;
}

static bool app_happening(struct plan_reader *r, const struct plan_turns *t, struct hp_plan_line **array, uint32_t *count, uint32_t *room)
{
    struct hp_plan_line line = {.place = r->word[0].place};
    if (*count >= HP_PLAN_LINES_MAX) return plan_fail(r, r->word, "more than %d lines of this kind", HP_PLAN_LINES_MAX);
    if (!app_keep_words(r, t, 0, r->words, &line.words) || !app_line_text(r, &line.words, &line.text)) return false;
    if (!plan_grow(r->arena, (void **)array, room, *count, sizeof **array)) return plan_no_memory(r);
    (*array)[(*count)++] = line;
    return true;
}

bool plan_happening_line(struct plan_reader *r, bool expect)
{
    struct hp_plan *plan = r->plan;
    struct plan_turns t = {.count = 0};
    for (uint32_t i = 1; i < r->words; i++)
        if (!plan_turns_add(r, &t, &r->word[i])) return false;
    plan_turns_begin(&t);
    do {
        bool ok = expect ? app_happening(r, &t, &plan->expect, &plan->expects, &r->arena->room.expect)
                         : app_happening(r, &t, &plan->fault, &plan->faults, &r->arena->room.fault);
        if (!ok) return false;
    } while (plan_turns_next(&t));
    return true;
}
