/* Arguments of programs, by a table. */
#include "lab/run/args.h"

#include <string.h>

#include "core/text.h"

struct args {
    const struct hp_plan *plan;
    const struct hp_plan_app *app;
    const struct args_spec *specs;
    struct hp_plan_error *error;
    uint8_t *state;
    uint32_t at;
};

static bool args_wrong(struct args *a, const struct hp_plan_word *w, const char *what, const char *between, const char *more)
{
    hp_plan_complain(a->plan, a->error, w->place, NULL, w->text, "%s: %s%s%s", a->app->program, what, between, more);
    return false;
}

static bool args_number(const char *text, int64_t *out)
{
    uint64_t v;
    size_t n = text_take_u64(text, &v);
    if (!n || text[n] || v > INT64_MAX) return false;
    *out = (int64_t)v;
    return true;
}

static bool args_amount(const char *text, struct args_amount *out)
{
    *out = (struct args_amount){0};
    return hp_span_parse(text, &out->span) || hp_size_parse(text, &out->bytes);
}

static bool args_value(const struct args_spec *s, void *to, const char *text)
{
    int64_t v;
    switch (s->kind) {
    case ARGS_TEXT: *(const char **)to = text; return true;
    case ARGS_SIZE: return hp_size_parse(text, to);
    case ARGS_SPAN: return hp_span_parse(text, to);
    case ARGS_RATE: return hp_rate_parse(text, to);
    case ARGS_AMOUNT: return args_amount(text, to);
    case ARGS_NUMBER:
        if (!args_number(text, &v) || ((s->least || s->most) && (v < s->least || v > s->most))) return false;
        *(int64_t *)to = v;
        return true;
    default: return false;
    }
}

/* What would have been right, in words. */
static const char *args_wanted(const struct args_spec *s, char *buf, size_t n)
{
    static const char *const shape[] = {[ARGS_SIZE] = "a size such as 1500, 64k or 2MiB", [ARGS_SPAN] = "a time such as 10ms or 1.5s",
                                        [ARGS_RATE] = "a rate such as 10Mbit/s", [ARGS_AMOUNT] = "a time such as 5s, or a size such as 10M"};
    if (s->kind != ARGS_NUMBER) return shape[s->kind] ? shape[s->kind] : "a word";
    struct text t = text_of(buf, n);
    text_str(&t, "a number");
    if (!s->least && !s->most) return buf;
    text_str(&t, " from ");
    text_i64(&t, s->least);
    text_str(&t, " to ");
    text_i64(&t, s->most);
    return buf;
}

static bool args_take(struct args *a, const struct args_spec *s)
{
    const struct hp_plan_words *w = &a->app->arguments;
    char wanted[96];
    if (s->kind == ARGS_REST) {
        *(struct hp_plan_words *)(void *)(a->state + s->offset) = (struct hp_plan_words){w->word + a->at, w->count - a->at};
        a->at = w->count;
        return true;
    }
    if (args_value(s, a->state + s->offset, w->word[a->at].text)) {
        a->at++;
        return true;
    }
    return args_wrong(a, &w->word[a->at], s->what, ": ", args_wanted(s, wanted, sizeof wanted));
}

static bool args_missing(struct args *a, const struct args_spec *s)
{
    const struct hp_plan_words *w = &a->app->arguments;
    struct hp_plan_word last = w->count ? w->word[w->count - 1] : (struct hp_plan_word){.text = a->app->program, .place = a->app->place};
    char wanted[96];
    if (s->word) return args_wrong(a, &last, s->word, " wants ", args_wanted(s, wanted, sizeof wanted));
    return args_wrong(a, &last, s->what, " is ", "missing");
}

/* The word in front of which a value such as 100k would have made sense, or NULL. */
static const char *args_word_of(const struct args_spec *s, const char *value)
{
    union {
        int64_t number;
        uint64_t size;
        hp_time span;
        struct args_amount amount;
    } to;
    for (; s->kind; s++)
        if (s->word && s->kind != ARGS_TEXT && args_value(s, &to, value)) return s->word;
    return NULL;
}

static bool args_unknown(struct args *a)
{
    const char *names[ARGS_SPECS_MAX + 1];
    char known[256];
    struct text t = text_of(known, sizeof known);
    const struct hp_plan_word *w = &a->app->arguments.word[a->at];
    int n = 0;
    if (!w->quoted && (strcmp(w->text, "start") == 0 || strcmp(w->text, "stop") == 0)) /* with a time they would not have come here */
        return args_wrong(a, w, "wants a time such as 2s", " behind ", w->text);
    for (const struct args_spec *s = a->specs; s->kind; s++) {
        if (!s->word || n == ARGS_SPECS_MAX) continue;
        text_str(&t, n ? ", " : "");
        text_str(&t, s->word);
        names[n++] = s->word;
    }
    names[n] = NULL;
    const char *text = w->text, *word = args_word_of(a->specs, text);
    struct hp_plan_error *e = a->error;
    if (word) hp_plan_complain(a->plan, e, w->place, NULL, text, "%s: does not know the word %s; did you mean \"%s %s\"?", a->app->program, text, word, text);
    else if (hp_nearest(text, names)) hp_plan_complain(a->plan, e, w->place, names, text, "%s: does not know the word %s", a->app->program, text);
    else hp_plan_complain(a->plan, e, w->place, NULL, text, "%s: does not know the word %s; %s%s", a->app->program, text,
                          n ? "what it knows here: " : "nothing is wanted here", n ? known : "");
    return false;
}

static bool args_named(struct args *a)
{
    const struct hp_plan_words *w = &a->app->arguments;
    for (const struct args_spec *s = a->specs; s->kind; s++) {
        if (!s->word || strcmp(s->word, w->word[a->at].text) != 0) continue;
        a->at++;
        if (s->kind == ARGS_FLAG) {
            *(bool *)(a->state + s->offset) = true;
            return true;
        }
        return a->at < w->count ? args_take(a, s) : args_missing(a, s);
    }
    return args_unknown(a);
}

bool args_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error, const struct args_spec *specs)
{
    struct args a = {.plan = plan, .app = app, .specs = specs, .error = error, .state = state};
    for (const struct args_spec *s = specs; s->kind && !s->word; s++) {
        if (a.at >= app->arguments.count) return args_missing(&a, s);
        if (!args_take(&a, s)) return false;
    }
    while (a.at < app->arguments.count)
        if (!args_named(&a)) return false;
    return true;
}
