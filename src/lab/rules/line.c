/* Reads the words of a line token by token: a quoted word is one token; elsewhere operators end a name, so that "neck.queue<=2MiB" and
 * "jain(c*)" may be written without blanks. */
#include "core/utf8.h"
#include "lab/plan/plan.h"
#include "lab/rules/rules.h"

static void rule_keep(struct rule_line *r, const char *s, size_t n)
{
    if (n >= sizeof r->token) n = sizeof r->token - 1;
    memcpy(r->token, s, n);
    r->token[n] = 0;
}

void rule_next(struct rule_line *r)
{
    r->token[0] = 0;
    r->quoted = false;
    while (r->word < r->words->count && !r->words->word[r->word].text[r->at]) {
        r->word++;
        r->at = 0;
    }
    if (r->word >= r->words->count) return;
    const struct hp_plan_word *w = &r->words->word[r->word];
    const char *s = w->text + r->at;
    size_t n = w->quoted ? strlen(s) : filter_operator(s);
    if (!w->quoted && !n)
        while (s[n] && !filter_operator(s + n)) n++;
    r->place = w->place;
    r->place.column += (uint32_t)utf8_text_cells(w->text, r->at);
    r->quoted = w->quoted;
    rule_keep(r, s, n);
    r->at += (uint32_t)n;
}

void rule_begin(struct rule_line *r, const struct hp_plan *plan, const struct hp_plan_line *line, struct hp_plan_error *error)
{
    *r = (struct rule_line){.plan = plan, .words = &line->words, .error = error, .place = line->place};
    rule_next(r);
}

bool rule_end(const struct rule_line *r) { return !r->token[0] && !r->quoted; }
bool rule_is(const struct rule_line *r, const char *word) { return !r->quoted && strcmp(r->token, word) == 0; }

bool rule_take(struct rule_line *r, const char *word)
{
    if (!rule_is(r, word)) return false;
    rule_next(r);
    return true;
}

void rule_take_text(struct rule_line *r, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_str(&t, r->token);
    rule_next(r);
}

bool rule_wrong(struct rule_line *r, const char *const *nearest, const char *what)
{
    if (r->failed) return false; /* the first complaint is the one that helps */
    r->failed = true;
    if (rule_end(r)) hp_plan_complain(r->plan, r->error, r->place, NULL, NULL, "the line ends where %s is wanted", what);
    else hp_plan_complain(r->plan, r->error, r->place, nearest, r->token, "\"%s\": %s is wanted", r->token, what);
    return false;
}

bool rule_wrong_name(struct rule_line *r, unsigned names, const char *what)
{
    bool first = !r->failed && !rule_end(r);
    rule_wrong(r, NULL, what);
    if (!first) return false;
    struct plan_nearest n = plan_nearest_to(r->token);
    for (uint32_t i = 0; names & HP_PLAN_NODES && i < r->plan->nodes; i++) plan_nearest_try(&n, r->plan->node[i].name);
    for (uint32_t i = 0; names & HP_PLAN_CABLES && i < r->plan->cables; i++) plan_nearest_try(&n, r->plan->cable[i].name);
    for (uint32_t i = 0; names & HP_PLAN_APPS && i < r->plan->apps; i++) plan_nearest_try(&n, r->plan->app[i].name);
    plan_nearest_hint(&n, r->error);
    return false;
}

bool rule_finish(struct rule_line *r) { return rule_end(r) || rule_wrong(r, NULL, "the end of the line"); }

bool rule_is_time(const struct rule_line *r)
{
    hp_time t;
    return !r->quoted && hp_span_parse(r->token, &t);
}

bool rule_time(struct rule_line *r, hp_time *out)
{
    if (r->quoted || !hp_span_parse(r->token, out)) return rule_wrong(r, NULL, "a time such as 20ms or 1.5s");
    rule_next(r);
    return true;
}

/* ---- comparisons and filters ---- */

bool rule_compare(struct rule_line *r, enum compare *out)
{
    *out = r->quoted ? COMPARE_NONE : filter_compare_of(r->token);
    if (*out == COMPARE_NONE || *out == COMPARE_CONTAINS) return false;
    rule_next(r);
    return true;
}

struct rule_words {
    struct filter_words words;
    struct rule_line *line;
};

static void rule_words_next(struct filter_words *w)
{
    struct rule_words *words = (struct rule_words *)(void *)w;
    rule_next(words->line);
    w->quoted = words->line->quoted;
}

bool rule_filter(struct rule_line *r, struct filter *out)
{
    struct rule_words w = {{r->token, r->quoted, rule_words_next, NULL}, r};
    const char *wanted = filter_read(&w.words, out);
    return !wanted || rule_wrong(r, w.words.nearest, wanted);
}

/* ---- numbers ---- */

static double number_power(int e)
{
    double p = 1;
    for (int i = e < 0 ? -e : e; i > 0; i--) p *= 10;
    return e < 0 ? 1 / p : p;
}

/* [-]digits[.digits][e[-]digits][%] */
static bool number_plain(const char *s, double *out)
{
    bool minus = *s == '-', digits = false;
    double v = 0;
    int shift = 0, e = 0;
    s += minus;
    for (; *s >= '0' && *s <= '9'; s++, digits = true) v = v * 10 + (*s - '0');
    if (*s == '.')
        for (s++; *s >= '0' && *s <= '9'; s++, digits = true, shift--) v = v * 10 + (*s - '0');
    if (!digits) return false;
    if (*s == 'e' || *s == 'E') {
        bool down = *++s == '-';
        s += down;
        if (*s < '0' || *s > '9') return false;
        for (; *s >= '0' && *s <= '9' && e < 1000; s++) e = e * 10 + (*s - '0');
        if (down) e = -e;
    }
    if (*s == '%') {
        shift -= 2;
        s++;
    }
    *out = (minus ? -v : v) * number_power(e + shift);
    return !*s;
}

bool number_parse(const char *text, double *out)
{
    hp_time span;
    uint64_t n;
    if (number_plain(text, out)) return true;
    if (hp_span_parse(text + (*text == '-'), &span)) *out = *text == '-' ? -(double)span : (double)span;
    else if (hp_size_parse(text, &n) || hp_rate_parse(text, &n)) *out = (double)n;
    else return false;
    return true;
}

bool rule_number(struct rule_line *r, double *out)
{
    if (r->quoted || !number_parse(r->token, out)) return rule_wrong(r, NULL, "a number (10, 2MiB, 20ms, 1Gbit/s, 5%)");
    rule_next(r);
    return true;
}

/* ---- names ---- */

bool glob_match(const char *pattern, const char *name)
{
    const char *star = NULL, *again = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            again = name;
        } else if (*pattern && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}

const char *rules_name(const struct hp_plan *p, enum rules_of of, uint32_t i)
{
    return of == RULES_NODES ? p->node[i].name : of == RULES_CABLES ? p->cable[i].name
                                                                    : p->app[i].name;
}

uint32_t rules_count(const struct hp_plan *p, enum rules_of of) { return of == RULES_NODES ? p->nodes : of == RULES_CABLES ? p->cables
                                                                                                                           : p->apps; }

bool rules_any(const struct hp_plan *p, enum rules_of of, const char *glob)
{
    for (uint32_t i = 0; i < rules_count(p, of); i++)
        if (glob_match(glob, rules_name(p, of, i))) return true;
    return false;
}

bool rules_find(struct rule_line *in, struct rules *r, enum rules_of of, const char *glob, int32_t **out, uint32_t *count)
{
    static const char *const what[] = {"the name of a node", "the name of a cable", "the name of an app"};
    uint32_t all = rules_count(r->c.plan, of), n = 0;
    for (uint32_t i = 0; i < all; i++) n += glob_match(glob, rules_name(r->c.plan, of, i));
    static const unsigned names[] = {HP_PLAN_NODES, HP_PLAN_CABLES, HP_PLAN_APPS};
    if (!n) return rule_wrong_name(in, names[of], what[of]);
    int32_t *found = mem_resize(r->c.mem, *out, *count * sizeof *found, (*count + n) * sizeof *found);
    if (!found) return rule_wrong(in, NULL, "more memory");
    *out = found;
    for (uint32_t i = 0; i < all; i++)
        if (glob_match(glob, rules_name(r->c.plan, of, i))) found[(*count)++] = (int32_t)i;
    return true;
}
