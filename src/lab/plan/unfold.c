/* A word in one turn of its line: ranges, $i, $name and ${...} replaced. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

static bool unfold_is(const char *name, size_t n, const char *what) { return strlen(what) == n && memcmp(name, what, n) == 0; }

static void unfold_turn(const struct plan_turn *t, const char **value, size_t *n)
{
    *value = t->value ? t->value : t->digits;
    *n = t->value_n;
}

bool plan_variable(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *name, size_t n, const char **value,
                   size_t *value_n, char digits[24])
{
    static const char *const known[] = {"i", "j", "k", "n", "name", "a", "b", NULL};
    char wrong[32];
    const char *text = unfold_is(name, n, "name") ? t->name : unfold_is(name, n, "a") ? t->a : unfold_is(name, n, "b") ? t->b : NULL;
    if (n == 1 && name[0] >= 'i' && (uint32_t)(name[0] - 'i') < t->count) {
        unfold_turn(&t->turn[name[0] - 'i'], value, value_n);
        return true;
    }
    if (unfold_is(name, n, "n")) {
        struct text d = text_of(digits, 24);
        text_u64(&d, t->n);
        text = digits;
    }
    if (text) {
        *value = text;
        *value_n = strlen(text);
        return true;
    }
    if (n == 1 && name[0] >= 'i' && name[0] < 'i' + PLAN_TURNS_MAX)
        return plan_fail(r, w, "$%c: the line has %s range that it could stand for", name[0], t->count ? "no further" : "no");
    for (const char *const *k = known; *k; k++)
        if (unfold_is(name, n, *k)) return plan_fail(r, w, "$%.*s means nothing in this line", (int)n, name);
    struct text copy = text_of(wrong, sizeof wrong);
    text_bytes(&copy, name, n);
    return plan_fail_near(r, w, known, wrong, "\"$%s\" is no variable; there are $i $j $k $n $name $a $b (\\$ is a plain dollar)", wrong);
}

/* "${i+1}", "${i+1:03}": p is past the brace; answers past the closing one. */
static const char *unfold_expr(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *p, struct text *out)
{
    int64_t v;
    uint64_t width = 0;
    size_t took = 0;
    const char *name = p, *end = p;
    while (*end >= 'a' && *end <= 'z') end++;
    if (end > name && *end == '}') { /* any text: ${name} */
        const char *value;
        char digits[24];
        if (!plan_variable(r, t, w, name, (size_t)(end - name), &value, &took, digits)) return NULL;
        text_bytes(out, value, took);
        return end + 1;
    }
    p = plan_expr(r, t, w, p, &v);
    if (!p) return NULL;
    if (*p == ':') took = text_take_u64(p + 1, &width);
    if (took) p += 1 + took;
    if (*p != '}' || width > 20) {
        plan_fail(r, w, *p ? "in ${...} an operator or } is missing at \"%s\"" : "a ${ has no }%s", p);
        return NULL;
    }
    if (v < 0) text_char(out, '-');
    text_pad_u64(out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, (int)width, '0');
    return p + 1;
}

static const char *unfold_dollar(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *p, struct text *out)
{
    const char *name = p + 1, *end = name, *value;
    char digits[24];
    size_t n;
    if (*name == '{') return unfold_expr(r, t, w, name + 1, out);
    while ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z')) end++;
    if (end == name) { /* a dollar */
        text_char(out, '$');
        return name;
    }
    if (!plan_variable(r, t, w, name, (size_t)(end - name), &value, &n, digits)) return NULL;
    text_bytes(out, value, n);
    return end;
}

static const char *unfold_bracket(const struct plan_turns *t, const char *p, struct text *out)
{
    int index;
    const char *end = plan_range_end(p, &index), *value;
    size_t n;
    uint32_t i = index >= 0 ? (uint32_t)index : 0;
    if (index < 0)
        while (i < t->count && t->turn[i].at != p) i++;
    if (!end || i >= t->count) {
        text_char(out, '[');
        return p + 1;
    }
    unfold_turn(&t->turn[i], &value, &n);
    text_bytes(out, value, n);
    return end;
}

const char *plan_unfold(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w)
{
    if (w->plain) return w->text;
    char *start = r->scratch + r->scratch_at;
    struct text out = text_of(start, PLAN_SCRATCH - r->scratch_at);
    for (const char *p = w->text; *p;) {
        if (*p == '$') p = unfold_dollar(r, t, w, p, &out);
        else if (*p == '[' && !w->quoted) p = unfold_bracket(t, p, &out);
        else if (*p == PLAN_ESC && p[1]) text_char(&out, p[1]), p += 2;
        else text_char(&out, *p++);
        if (!p) return NULL;
    }
    if (text_len(&out) > HP_PLAN_WORD_MAX || out.p == out.end) {
        plan_fail(r, w, "unfolded, this word has more than %d bytes", HP_PLAN_WORD_MAX);
        return NULL;
    }
    r->scratch_at += text_len(&out) + 1;
    return start;
}
