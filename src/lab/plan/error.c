/* Complaints: what is wrong, where in the file, the line with a caret under the word, and what was probably meant. */
#include "core/bytes.h"
#include "core/utf8.h"
#include "lab/plan/plan.h"

enum { ERROR_CELLS_MAX = 72, ERROR_BEFORE_MAX = 48 };

/* ---- the line ---- */

struct error_line {
    const char *text;
    size_t n;
};

static struct error_line error_find_line(const struct hp_plan *plan, struct hp_plan_place place)
{
    struct hp_plan_arena *a = plan->arena;
    if (!place.line || place.file >= a->files) return (struct error_line){"", 0};
    const char *start = a->file[place.file].text, *p = start, *end = p + a->file[place.file].n;
    uint32_t line = 1;
    if (a->found.line && a->found.file == place.file && a->found.line <= place.line) {
        line = a->found.line; /* many complaints go through the file in order */
        p += a->found_at;
    }
    for (; line < place.line; line++) {
        const char *next = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (!next) return (struct error_line){"", 0};
        p = next + 1;
    }
    a->found = place;
    a->found_at = (size_t)(p - start);
    const char *stop = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    size_t n = (size_t)((stop ? stop : end) - p);
    if (n && p[n - 1] == '\r') n--;
    return (struct error_line){p, n};
}

size_t plan_character(const char *s, size_t n, unsigned *cells)
{
    uint32_t code = 0;
    size_t took = utf8_take(s, n, &code);
    *cells = took ? utf8_cells(code) : 1;
    if (took && code == '\t') *cells = 1;
    return took ? took : 1;
}

uint32_t plan_cells(const char *s, size_t n)
{
    uint32_t cells = 0;
    unsigned wide;
    for (size_t at = 0; at < n; cells += wide) at += plan_character(s + at, n - at, &wide);
    return cells;
}

/* The byte at a column. */
static size_t error_offset(struct error_line l, uint32_t column)
{
    size_t at = 0;
    for (uint32_t cells = 1; at < l.n && cells < column;) {
        unsigned wide;
        at += plan_character(l.text + at, l.n - at, &wide);
        cells += wide;
    }
    return at;
}

static uint32_t error_column(struct error_line l, size_t offset) { return 1 + plan_cells(l.text, offset < l.n ? offset : l.n); }

static void error_put(struct text *t, const char *s, size_t n)
{
    uint32_t code = 0;
    if (utf8_take(s, n, &code) != n || code < 0x20 || (code >= 0x7f && code < 0xa0)) text_char(t, code == '\t' ? ' ' : '?');
    else text_bytes(t, s, n);
}

/* Copies the part of the line around the offset. */
static void error_cut(struct hp_plan_error *e, struct error_line l, size_t offset)
{
    struct text t = text_of(e->line, sizeof e->line);
    uint32_t column = error_column(l, offset), cells = 0;
    size_t from = 0;
    if (column > ERROR_CELLS_MAX - 8) {
        from = error_offset(l, column - ERROR_BEFORE_MAX);
        text_str(&t, "... ");
        column = column - error_column(l, from) + 5;
        cells = 4;
    }
    for (size_t at = from; at < l.n;) {
        unsigned wide;
        size_t took = plan_character(l.text + at, l.n - at, &wide);
        if (cells + wide > ERROR_CELLS_MAX || text_len(&t) + took + 8 > sizeof e->line) {
            text_str(&t, " ...");
            break;
        }
        error_put(&t, l.text + at, took);
        cells += wide;
        at += took;
    }
    e->caret = column;
}

void plan_error_fill(const struct hp_plan *plan, struct hp_plan_error *e, struct hp_plan_place place, const char *format, va_list args)
{
    *e = (struct hp_plan_error){.place = place};
    struct text t = text_of(e->text, sizeof e->text), file = text_of(e->file, sizeof e->file);
    text_format(&t, format, args);
    text_str(&file, hp_plan_file(plan, place.file));
    struct error_line l = error_find_line(plan, place);
    error_cut(e, l, error_offset(l, place.column));
}

void hp_plan_error_at(struct hp_plan_error *e, const char *text, size_t n, size_t at)
{
    struct plan_spot spot = {.line = 1, .column = 1};
    plan_spot_move(&spot, text, n, at);
    size_t from = spot.at, to = spot.at;
    while (from && text[from - 1] != '\n') from--;
    while (to < n && text[to] != '\n' && text[to] != '\r') to++;
    e->place = (struct hp_plan_place){.line = spot.line, .column = spot.column};
    error_cut(e, (struct error_line){text + from, to - from}, spot.at - from);
}

const char *hp_plan_file(const struct hp_plan *plan, uint32_t file)
{
    return file < plan->arena->files ? plan->arena->file[file].name : NULL;
}

/* ---- for others ---- */

static bool error_word_edge(const char *s, size_t n, size_t at)
{
    return at >= n || strchr(" \t\r\"", s[at]) != NULL;
}

/* Where `wrong` stands as a word of its own in the line, if it is not at the place itself. */
static uint32_t error_seek(struct error_line l, uint32_t column, const char *wrong)
{
    size_t n = strlen(wrong), from = error_offset(l, column);
    if (!n || n > l.n) return column;
    if (from + n <= l.n && memcmp(l.text + from, wrong, n) == 0) return column;
    if (from + n + 2 <= l.n && l.text[from] == '"' && l.text[from + n + 1] == '"' && memcmp(l.text + from + 1, wrong, n) == 0) return column;
    for (size_t at = 0; at + n <= l.n; at++)
        if (memcmp(l.text + at, wrong, n) == 0 && (!at || error_word_edge(l.text, l.n, at - 1)) && error_word_edge(l.text, l.n, at + n))
            return error_column(l, at);
    return column;
}

int hp_plan_complain(const struct hp_plan *plan, struct hp_plan_error *error, struct hp_plan_place place, const char *const *nearest, const char *wrong,
                     const char *format, ...)
{
    va_list args;
    if (wrong) place.column = error_seek(error_find_line(plan, place), place.column, wrong);
    va_start(args, format);
    plan_error_fill(plan, error, place, format, args);
    va_end(args);
    if (!wrong || !nearest) return HP_EPROTO;
    struct plan_nearest n = plan_nearest_to(wrong);
    for (; *nearest; nearest++) plan_nearest_try(&n, *nearest);
    plan_nearest_hint(&n, error);
    return HP_EPROTO;
}

int hp_plan_complain_name(const struct hp_plan *plan, struct hp_plan_error *error, struct hp_plan_place place, unsigned names, const char *wrong)
{
    static const char *const what[8] = {"name", "node", "cable", "node or cable", "app", "node or app", "cable or app", "node, cable or app"};
    struct plan_nearest n = plan_nearest_to(wrong);
    hp_plan_complain(plan, error, place, NULL, wrong, "there is no %s \"%s\"", what[names & 7], wrong);
    for (uint32_t i = 0; names & HP_PLAN_NODES && i < plan->nodes; i++) plan_nearest_try(&n, plan->node[i].name);
    for (uint32_t i = 0; names & HP_PLAN_CABLES && i < plan->cables; i++) plan_nearest_try(&n, plan->cable[i].name);
    for (uint32_t i = 0; names & HP_PLAN_APPS && i < plan->apps; i++) plan_nearest_try(&n, plan->app[i].name);
    plan_nearest_hint(&n, error);
    return HP_EPROTO;
}

/* ---- for the reader ---- */

static bool error_done(struct plan_reader *r, const struct hp_plan_error *e)
{
    r->err = HP_EPROTO;
    if (r->errors++ == 0 && r->error) *r->error = *e;
    if (r->options && r->options->problem && r->errors <= HP_PLAN_ERRORS_MAX) r->options->problem(r->options->ctx, e);
    return false;
}

bool plan_fail(struct plan_reader *r, const struct plan_word *at, const char *format, ...)
{
    struct hp_plan_error e;
    va_list args;
    if (r->err) return false;
    va_start(args, format);
    plan_error_fill(r->plan, &e, at->place, format, args);
    va_end(args);
    return error_done(r, &e);
}

bool plan_fail_at(struct plan_reader *r, struct hp_plan_place place, const char *format, ...)
{
    struct hp_plan_error e;
    va_list args;
    if (r->err) return false;
    va_start(args, format);
    plan_error_fill(r->plan, &e, place, format, args);
    va_end(args);
    return error_done(r, &e);
}

bool plan_fail_near(struct plan_reader *r, const struct plan_word *at, const char *const *nearest, const char *wrong, const char *format, ...)
{
    struct hp_plan_error e;
    va_list args;
    if (r->err) return false;
    va_start(args, format);
    plan_error_fill(r->plan, &e, at->place, format, args);
    va_end(args);
    struct plan_nearest n = plan_nearest_to(wrong);
    for (; *nearest; nearest++) plan_nearest_try(&n, *nearest);
    plan_nearest_hint(&n, &e);
    return error_done(r, &e);
}

bool plan_fail_node(struct plan_reader *r, const struct plan_word *at, const char *wrong)
{
    struct hp_plan_error e;
    if (r->err) return false;
    hp_plan_complain_name(r->plan, &e, at->place, HP_PLAN_NODES, wrong);
    return error_done(r, &e);
}

bool plan_no_memory(struct plan_reader *r)
{
    r->err = HP_ENOMEM;
    return false;
}

/* ---- as text ---- */

static void error_underline(struct text *t, const struct hp_plan_error *e)
{
    struct error_line l = {e->line, strlen(e->line)};
    size_t at = error_offset(l, e->caret);
    bool quoted = at < l.n && l.text[at] == '"';
    for (uint32_t i = 1; i < e->caret; i++) text_char(t, ' ');
    text_char(t, '^');
    for (unsigned first = 1; at < l.n && (quoted || (l.text[at] != ' ' && l.text[at] != '\t')); first = 0) {
        unsigned wide;
        size_t took = plan_character(l.text + at, l.n - at, &wide);
        for (unsigned i = first; i < wide; i++) text_char(t, '~');
        if (quoted && !first && l.text[at] == '"') break;
        at += took;
    }
}

char *hp_plan_error_text(const struct hp_plan_error *e, const char *file, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_str(&t, e->file[0] ? e->file : file);
    if (e->place.line) {
        text_char(&t, ':');
        text_u64(&t, e->place.line);
        text_char(&t, ':');
        text_u64(&t, e->place.column);
    }
    text_str(&t, ": error: ");
    text_str(&t, e->text);
    if (e->hint[0]) text_str(&t, "; ");
    text_str(&t, e->hint);
    text_char(&t, '\n');
    if (!e->place.line || !e->line[0]) return buf;
    text_str(&t, "    ");
    text_str(&t, e->line);
    text_str(&t, "\n    ");
    error_underline(&t, e);
    text_char(&t, '\n');
    return buf;
}
