/* Reading style sheets: the tokens, rules and selectors of CSS 2.1 4 and Selectors 3, without trusting any of it. */
#include "css.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct css {
    struct sheet *sheet;
    struct arena *arena;
    const char *p, *end;
};

static bool css_is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static bool css_is_digit(char c) { return c >= '0' && c <= '9'; }

/* White space and comments. */
static void css_skip_space(struct css *c)
{
    for (;;) {
        while (c->p < c->end && strchr(" \t\r\n\f", *c->p) && *c->p) c->p++;
        if (c->end - c->p >= 4 && memcmp(c->p, "<!--", 4) == 0) c->p += 4;
        else if (c->end - c->p >= 3 && memcmp(c->p, "-->", 3) == 0) c->p += 3;
        else if (c->end - c->p < 2 || c->p[0] != '/' || c->p[1] != '*') return;
        else {
            c->p += 2;
            while (c->end - c->p >= 2 && (c->p[0] != '*' || c->p[1] != '/')) c->p++;
            c->p = c->end - c->p >= 2 ? c->p + 2 : c->end;
        }
    }
}

static size_t css_name(struct css *c)
{
    const char *start = c->p;
    while (c->p < c->end && css_is_name(*c->p)) c->p++;
    return (size_t)(c->p - start);
}

/* A string from its quote on; the text without quotes in p, n. */
static void css_string(struct css *c, const char **p, size_t *n)
{
    char quote = *c->p++;
    *p = c->p;
    while (c->p < c->end && *c->p != quote && *c->p != '\n') c->p += *c->p == '\\' && c->end - c->p > 1 ? 2 : 1;
    *n = (size_t)(c->p - *p);
    if (c->p < c->end) c->p++;
}

/* Over one component: a block or function as a whole (CSS 2.1 4.1.6), without recursion. */
static void css_skip_component(struct css *c)
{
    char closing[CSS_DEPTH_MAX];
    int depth = 0;
    do {
        css_skip_space(c);
        if (c->p >= c->end) return;
        const char *p;
        size_t n;
        char at = *c->p;
        if (at == '"' || at == '\'') css_string(c, &p, &n);
        else {
            c->p += at == '\\' && c->end - c->p > 1 ? 2 : 1;
            char closes = at == '(' ? ')' : at == '[' ? ']' : at == '{' ? '}' : 0;
            if (closes && depth == CSS_DEPTH_MAX) {
                c->p = c->end; /* nothing behind this can be trusted to be balanced */
                return;
            }
            if (closes) closing[depth++] = closes;
            else if (depth && at == closing[depth - 1]) depth--;
        }
    } while (depth);
}

/* ---- values ---- */

/* A number with its unit, in thousandths; false if none begins here. */
static bool css_number(struct css *c, struct css_word *w)
{
    static const struct {
        const char *name;
        enum unit unit;
        int32_t scale;
    } units[] = {{"px", UNIT_PX, 1000}, {"em", UNIT_EM, 1000}, {"rem", UNIT_REM, 1000}, {"pt", UNIT_PX, 1333}, {"ex", UNIT_EX, 1000}, {"ch", UNIT_CH, 1000},
                 {"vw", UNIT_VW, 1000}, {"vh", UNIT_VH, 1000}, {"pc", UNIT_PX, 16000}, {"in", UNIT_PX, 96000}, {"cm", UNIT_PX, 37795}, {"mm", UNIT_PX, 3780}};
    const char *p = c->p;
    bool negative = p < c->end && *p == '-', digits = false;
    if (p < c->end && (*p == '-' || *p == '+')) p++;
    int64_t v = 0;
    for (; p < c->end && css_is_digit(*p); p++, digits = true) v = v < 1000000 ? v * 10 + (*p - '0') : v;
    v *= 1000;
    if (c->end - p >= 2 && *p == '.' && css_is_digit(p[1])) {
        int64_t scale = 100;
        for (p++; p < c->end && css_is_digit(*p); p++, scale /= 10) v += (*p - '0') * scale;
        digits = true;
    }
    if (!digits) return false;
    w->kind = WORD_NUMBER;
    w->unit = UNIT_NUMBER;
    int64_t scale = 1000;
    c->p = p;
    if (p < c->end && *p == '%') {
        w->unit = UNIT_PERCENT;
        c->p++;
    } else {
        size_t n = css_name(c);
        bool known = n == 0;
        for (size_t i = 0; n && i < sizeof units / sizeof *units; i++)
            if (strlen(units[i].name) == n && strncasecmp(units[i].name, p, n) == 0) {
                w->unit = units[i].unit;
                scale = units[i].scale;
                known = true;
            }
        if (!known) w->kind = WORD_STRING; /* a unit that we do not know makes the value meaningless */
    }
    v = v * scale / 1000;
    if (v > INT32_MAX / 2) v = INT32_MAX / 2;
    w->number = (int32_t)(negative ? -v : v);
    return true;
}

/* One word of a value; false: something that no property of ours takes. */
static bool css_word(struct css *c, struct css_word *w)
{
    *w = (struct css_word){.p = c->p};
    if (*c->p == ',' || *c->p == '/') {
        w->kind = *c->p++ == ',' ? WORD_COMMA : WORD_SLASH;
        w->n = 1;
        return true;
    }
    if (*c->p == '"' || *c->p == '\'') {
        w->kind = WORD_STRING;
        css_string(c, &w->p, &w->n);
        return true;
    }
    if (*c->p == '#') {
        w->kind = WORD_HASH;
        w->p = ++c->p;
        w->n = css_name(c);
        w->p--;
        w->n++;
        return w->n > 1;
    }
    if (css_number(c, w)) {
        w->n = (size_t)(c->p - w->p);
        return true;
    }
    w->n = css_name(c);
    if (!w->n) return false;
    w->kind = WORD_IDENT;
    if (c->p < c->end && *c->p == '(') {
        w->kind = WORD_FUNCTION;
        css_skip_component(c);
        w->n = (size_t)(c->p - w->p);
    }
    return true;
}

/* "name: value" up to its ';' or '}'. */
static void css_declaration(struct css *c, struct declaration ***last)
{
    struct css_word words[CSS_VALUES_MAX];
    int n = 0;
    bool good = true, important = false;
    const char *name = c->p;
    size_t length = css_name(c);
    css_skip_space(c);
    good = length && c->p < c->end && *c->p == ':';
    if (good) c->p++;
    for (css_skip_space(c); c->p < c->end && *c->p != ';' && *c->p != '}'; css_skip_space(c)) {
        if (*c->p == '!') {
            c->p++;
            css_skip_space(c);
            const char *word = c->p;
            size_t k = css_name(c);
            important = k == 9 && strncasecmp(word, "important", 9) == 0;
            if (!important) good = false;
            continue;
        }
        if (good && n < CSS_VALUES_MAX && css_word(c, &words[n])) n++;
        else {
            good = false;
            css_skip_component(c);
        }
    }
    if (good && n) css_declare(c->arena, name, length, words, n, important, last);
}

static struct declaration *css_declarations(struct css *c)
{
    struct declaration *first = NULL, **last = &first;
    for (;;) {
        css_skip_space(c);
        if (c->p >= c->end || *c->p == '}') break;
        if (*c->p == ';') {
            c->p++;
            continue;
        }
        const char *before = c->p;
        css_declaration(c, &last);
        if (c->p == before) css_skip_component(c);
    }
    if (c->p < c->end) c->p++;
    return first;
}

struct declaration *css_parse_declarations(struct arena *a, const char *text, size_t n)
{
    struct css c = {.arena = a, .p = text, .end = text + (n < CSS_BYTES_MAX ? n : CSS_BYTES_MAX)};
    return css_declarations(&c);
}

/* ---- selectors ---- */

static bool css_add_term(struct css *c, struct compound *to, int kind, const char *name, size_t n, const char *value, size_t value_n)
{
    struct term *t = arena_alloc(c->arena, sizeof *t);
    if (!t) return false;
    t->kind = kind;
    t->name = arena_text(c->arena, name, n);
    t->value = value ? arena_text(c->arena, value, value_n) : NULL;
    t->next = to->terms;
    to->terms = t;
    return t->name && (!value || t->value);
}

static bool css_attribute(struct css *c, struct compound *to)
{
    c->p++;
    css_skip_space(c);
    const char *name = c->p, *value = NULL;
    size_t n = css_name(c), value_n = 0;
    int kind = TERM_HAS;
    css_skip_space(c);
    if (c->p < c->end && *c->p != ']') {
        char op = *c->p;
        if (op != '=') c->p++;
        if (c->p >= c->end || *c->p++ != '=') return false;
        kind = op == '=' ? TERM_EQUALS : op == '~' ? TERM_WORD : op == '^' ? TERM_BEGINS : op == '$' ? TERM_ENDS : op == '*' ? TERM_CONTAINS : -1;
        css_skip_space(c);
        if (kind < 0 || c->p >= c->end) return false;
        value = c->p;
        if (*c->p == '"' || *c->p == '\'') css_string(c, &value, &value_n);
        else value_n = css_name(c);
        css_skip_space(c);
    }
    if (!n || c->p >= c->end || *c->p != ']') return false;
    c->p++;
    return css_add_term(c, to, kind, name, n, value, value_n);
}

static bool css_word_is(const char *p, size_t n, const char *word) { return strlen(word) == n && strncasecmp(p, word, n) == 0; }

/* Pseudo-classes that can be true of a page that nobody touches; the others never match. */
static void css_pseudo(struct css *c, struct compound *to)
{
    bool element = c->end - c->p > 1 && c->p[1] == ':';
    c->p += element ? 2 : 1;
    const char *name = c->p;
    size_t n = css_name(c);
    const char *argument = NULL;
    size_t argument_n = 0;
    if (c->p < c->end && *c->p == '(') {
        argument = c->p + 1;
        css_skip_component(c);
        argument_n = c->p > argument ? (size_t)(c->p - argument) - 1 : 0;
    }
    if (element) to->never = true;
    else if (css_word_is(name, n, "first-child")) to->first = true;
    else if (css_word_is(name, n, "last-child")) to->last = true;
    else if (css_word_is(name, n, "link") || css_word_is(name, n, "any-link")) to->link = true;
    else if (css_word_is(name, n, "root")) to->root = true;
    else if (css_word_is(name, n, "nth-child") && argument && (css_word_is(argument, argument_n, "odd") || css_word_is(argument, argument_n,
        "2n+1"))) to->odd = true;
    else if (css_word_is(name, n, "nth-child") && argument && (css_word_is(argument, argument_n, "even") || css_word_is(argument, argument_n,
        "2n"))) to->even = true;
    else to->never = true;
}

/* One compound; false if it is not one. */
static bool css_compound(struct css *c, struct compound *to, uint32_t *specificity)
{
    const char *start = c->p;
    while (c->p < c->end) {
        const char *before = c->p;
        if (*c->p == '*') c->p++;
        else if (*c->p == '.') {
            const char *name = ++c->p;
            size_t n = css_name(c);
            if (!n || !css_add_term(c, to, TERM_CLASS, name, n, NULL, 0)) return false;
            *specificity += 1 << 8;
        } else if (*c->p == '#') {
            const char *name = ++c->p;
            size_t n = css_name(c);
            if (!n || !(to->id = arena_text(c->arena, name, n))) return false;
            *specificity += 1 << 16;
        } else if (*c->p == '[') {
            if (!css_attribute(c, to)) return false;
            *specificity += 1 << 8;
        } else if (*c->p == ':') {
            css_pseudo(c, to);
            *specificity += 1 << 8;
        } else {
            size_t n = css_name(c);
            if (!n) break;
            char *name = arena_text(c->arena, before, n);
            if (!name) return false;
            for (char *p = name; *p; p++)
                if (*p >= 'A' && *p <= 'Z') *p = (char)(*p | 32);
            to->name = name;
            *specificity += 1;
        }
    }
    return c->p > start;
}

/* A whole selector up to ',' or '{'; NULL if it makes no sense or is too long. */
static struct compound *css_selector(struct css *c, uint32_t *specificity)
{
    struct compound *right = NULL;
    char combinator = 0;
    *specificity = 0;
    for (int parts = 0; parts < CSS_PARTS_MAX; parts++) {
        struct compound *one = arena_alloc(c->arena, sizeof *one);
        css_skip_space(c);
        if (!one || !css_compound(c, one, specificity)) return NULL;
        one->left = right;
        one->combinator = combinator;
        right = one;
        const char *before = c->p;
        css_skip_space(c);
        if (c->p >= c->end || *c->p == ',' || *c->p == '{') return right;
        if (strchr(">+~", *c->p)) combinator = *c->p++;
        else if (c->p > before) combinator = ' ';
        else return NULL;
    }
    return NULL;
}

static void css_add_rule(struct css *c, struct compound *subject, uint32_t specificity)
{
    struct sheet *s = c->sheet;
    struct rule *r = s->rules < CSS_RULES_MAX ? arena_alloc(c->arena, sizeof *r) : NULL;
    if (!r) return;
    r->subject = subject;
    r->specificity = specificity;
    r->order = (uint32_t)s->rules++;
    if (s->last) s->last->next = r;
    else s->first = r;
    s->last = r;
}

/* Selectors, and their declarations; a selector that makes no sense takes the whole rule with it. */
static void css_rule(struct css *c)
{
    struct sheet *s = c->sheet, before = *s;
    bool good = true;
    for (;;) {
        uint32_t specificity;
        struct compound *subject = css_selector(c, &specificity);
        css_skip_space(c);
        if (subject) css_add_rule(c, subject, specificity);
        else good = false;
        while (c->p < c->end && *c->p != '{' && *c->p != ',') css_skip_component(c);
        if (c->p >= c->end || *c->p == '{') break;
        c->p++;
    }
    if (c->p < c->end) c->p++;
    const struct declaration *d = css_declarations(c);
    if (!good) { /* forget what was added */
        *s = before;
        if (s->last) s->last->next = NULL;
        return;
    }
    for (struct rule *r = before.last ? before.last->next : s->first; r; r = r->next) r->declarations = d;
}

/* Whether @media's condition is one that a screen fulfils whatever its size: "screen", "all", "only screen". */
static bool css_media_fits(const char *p, size_t n)
{
    while (n && strchr(" \t\r\n\f", p[n - 1])) n--;
    return css_word_is(p, n, "screen") || css_word_is(p, n, "all") || css_word_is(p, n, "only screen") || n == 0;
}

/* @media that fits: its block's rules are read as if they stood outside.  Every other at-rule is skipped with its block. */
static bool css_at_rule(struct css *c)
{
    c->p++;
    const char *name = c->p;
    size_t n = css_name(c);
    css_skip_space(c);
    const char *condition = c->p;
    while (c->p < c->end && *c->p != ';' && *c->p != '{') css_skip_component(c);
    if (c->p >= c->end) return false;
    if (*c->p == ';') {
        c->p++;
        return false;
    }
    if (css_word_is(name, n, "media") && css_media_fits(condition, (size_t)(c->p - condition))) {
        c->p++;
        return true;
    }
    css_skip_component(c);
    return false;
}

void css_parse(struct sheet *to, const char *text, size_t n)
{
    struct css c = {to, to->arena, text, text + (n < CSS_BYTES_MAX ? n : CSS_BYTES_MAX)};
    int inside = 0;
    for (;;) {
        css_skip_space(&c);
        if (c.p >= c.end) return;
        if (*c.p == '@') inside += css_at_rule(&c);
        else if (*c.p == '}') { /* the end of an @media, or one too many */
            if (inside) inside--;
            c.p++;
        } else css_rule(&c);
    }
}
