/* Ranges: c[1..64], c[01..16], x[a,b,c], n[1..3,7,9..12].  A line with ranges stands for several lines, one per turn; of several ranges the last
 * turns fastest.  The first is called i, the next j, the third k.
 *
 * c[i]: if i is a range of this line, its value; if it is not, then the range with which nodes c[..] were made. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

enum { RANGE_KEY_MAX = 2 * HP_PLAN_WORD_MAX };

/* ---- brackets ---- */

static bool range_is_dots(const char *p, const char *end)
{
    for (; p + 1 < end; p++)
        if (p[0] == '.' && p[1] == '.') return true;
    return false;
}

const char *plan_range_end(const char *p, int *index)
{
    const char *end = strchr(p, ']'), *comma = strchr(p, ',');
    *index = -1;
    if (!end || end == p + 1) return NULL;
    if (end == p + 2 && p[1] >= 'i' && p[1] < 'i' + PLAN_TURNS_MAX) {
        *index = p[1] - 'i';
        return end + 1;
    }
    return (comma && comma < end) || range_is_dots(p, end) ? end + 1 : NULL;
}

/* "01..16" */
static bool range_numbers(struct plan_reader *r, const struct plan_word *w, const char *p, const char *end, struct plan_range *out)
{
    uint64_t from, to;
    size_t n = text_take_u64(p, &from), m = n && p[n] == '.' && p[n + 1] == '.' ? text_take_u64(p + n + 2, &to) : 0;
    if (!m || p + n + 2 + m != end || from > INT32_MAX || to > INT32_MAX)
        return plan_fail(r, w, "\"%.*s\": a range goes from a number to a number, as [1..64]", (int)(end - p), p);
    *out = (struct plan_range){.from = (int64_t)from, .step = from <= to ? 1 : -1, .count = (from <= to ? to - from : from - to) + 1};
    if (n > 1 && p[0] == '0') out->width = (uint32_t)n;
    if (out->width > 16) return plan_fail(r, w, "a range of more than 16 digits");
    return true;
}

static bool range_part(struct plan_reader *r, const struct plan_word *w, const char *p, const char *end, struct plan_range *out)
{
    if (range_is_dots(p, end)) return range_numbers(r, w, p, end, out);
    *out = (struct plan_range){.text = p, .n = (uint32_t)(end - p), .count = 1};
    return end > p || plan_fail(r, w, "an empty word in the list of a range");
}

/* p: past the opening bracket. */
static bool range_parse(struct plan_reader *r, const struct plan_word *w, const char *p, const struct plan_range **out)
{
    const struct plan_range **link = out;
    for (bool more = true; more; p++) {
        const char *end = p + strcspn(p, ",]");
        struct plan_range *part = plan_alloc(r->arena, sizeof *part);
        if (!part) return plan_no_memory(r);
        if (!range_part(r, w, p, end, part)) return false;
        *link = part;
        link = &part->next;
        more = *end == ',';
        p = end;
    }
    return true;
}

/* ---- ranges that nodes were made with ---- */

struct range_template {
    const char *key;            /* "c[]" and a digit: of which of its ranges */
    size_t n;
    struct plan_range *first, *last;
};

struct range_key {
    char text[RANGE_KEY_MAX];
    size_t n;
};

static bool range_template_same(const void *item, const void *key)
{
    const struct range_template *t = item;
    const struct range_key *k = key;
    return t->n == k->n && memcmp(t->key, k->text, k->n) == 0;
}

/* The word with its brackets empty. */
static void range_key_of(struct range_key *k, const struct plan_word *w, unsigned which)
{
    struct text t = text_of(k->text, sizeof k->text);
    for (const char *p = w->text; *p;) {
        int index;
        const char *end = *p == '[' ? plan_range_end(p, &index) : NULL;
        if (*p == PLAN_ESC && p[1]) p++;
        if (end) text_str(&t, "[]");
        else text_char(&t, *p);
        p = end ? end : p + 1;
    }
    text_char(&t, (char)('0' + which));
    k->n = text_len(&t);
}

static struct range_template *range_template_find(const struct plan_reader *r, const struct range_key *k)
{
    return map_find(&r->arena->templates, plan_hash(r->arena, k->text, k->n), range_template_same, k);
}

static struct range_template *range_template_make(struct plan_reader *r, const struct range_key *k)
{
    struct range_template *t = range_template_find(r, k);
    if (t) return t;
    t = plan_alloc(r->arena, sizeof *t);
    if (!t || !(t->key = plan_text(r->arena, k->text, k->n))) return NULL;
    t->n = k->n;
    return map_add(&r->arena->templates, r->arena->mem, plan_hash(r->arena, k->text, k->n), t) ? NULL : t;
}

static bool range_part_same(const struct plan_range *a, const struct plan_range *b)
{
    if (!a->text || !b->text) return !a->text && !b->text && a->from == b->from && a->step == b->step && a->count == b->count && a->width == b->width;
    return a->n == b->n && memcmp(a->text, b->text, a->n) == 0;
}

/* Two cables between the same ends: the range is there already. */
static bool range_template_has(const struct range_template *t, const struct plan_range *part)
{
    unsigned looks = 0;
    for (const struct plan_range *old = t->first; old && looks < 64; old = old->next, looks++)
        if (range_part_same(old, part)) return true;
    return false;
}

static bool range_template_append(struct plan_reader *r, struct range_template *t, const struct plan_range *part)
{
    for (; part; part = part->next) {
        if (range_template_has(t, part)) continue;
        struct plan_range *copy = plan_alloc(r->arena, sizeof *copy);
        if (!copy) return false;
        *copy = *part;
        copy->next = NULL;
        if (t->last) t->last->next = copy;
        else t->first = copy;
        t->last = copy;
    }
    return true;
}

/* Which turn the bracket at p is: p is [i], or the very place. */
static uint32_t range_turn_of(const struct plan_turns *turns, const char *p, int index)
{
    if (index >= 0) return (uint32_t)index;
    uint32_t i = 0;
    while (i < turns->count && turns->turn[i].at != p) i++;
    return i;
}

bool plan_turns_keep(struct plan_reader *r, const struct plan_turns *turns, const struct plan_word *w)
{
    struct range_key k;
    unsigned which = 0, kept = 0;
    if (!turns->count || w->quoted) return true;
    for (const char *p = w->text; *p;) {
        int index;
        const char *end = *p == '[' ? plan_range_end(p, &index) : NULL;
        uint32_t i = end ? range_turn_of(turns, p, index) : turns->count;
        if (*p == PLAN_ESC && p[1]) p++;
        if (i < turns->count && !(kept & 1u << i)) {
            range_key_of(&k, w, which);
            struct range_template *t = range_template_make(r, &k);
            if (!t || !range_template_append(r, t, turns->turn[i].first)) return plan_no_memory(r);
            kept |= 1u << i;
        }
        which += end != NULL;
        p = end ? end : p + 1;
    }
    return true;
}

static void range_put_names(struct text *t, const struct plan_turns *turns, const struct plan_word *w)
{
    for (const char *p = w->text; *p;) {
        int index;
        const char *end = *p == '[' && !w->quoted ? plan_range_end(p, &index) : NULL;
        uint32_t i = end ? range_turn_of(turns, p, index) : turns->count;
        if (i < turns->count) {
            text_char(t, '[');
            text_char(t, (char)('i' + i));
            text_char(t, ']');
        } else if (end) {
            text_bytes(t, p, (size_t)(end - p));
        } else {
            text_char(t, *p);
        }
        p = end ? end : p + 1;
    }
}

bool plan_turns_keep_pair(struct plan_reader *r, const struct plan_turns *turns, const struct plan_word *a, char between, const struct plan_word *b)
{
    char both[RANGE_KEY_MAX];
    struct text t = text_of(both, sizeof both);
    if (!turns->count) return true;
    range_put_names(&t, turns, a);
    text_char(&t, between);
    range_put_names(&t, turns, b);
    return plan_turns_keep(r, turns, &(struct plan_word){.text = both});
}

/* ---- turns ---- */

/* [i] where i is not yet a range: which it means is known from the nodes. */
static bool range_of_nodes(struct plan_reader *r, const struct plan_word *w, int index, const struct plan_turns *turns, unsigned which,
                           const struct plan_range **out)
{
    struct range_key k;
    if ((uint32_t)index != turns->count) return plan_fail(r, w, "[%c]: the next range of this line is called %c", 'i' + index, 'i' + (int)turns->count);
    range_key_of(&k, w, which);
    const struct range_template *t = range_template_find(r, &k);
    if (!t) return plan_fail(r, w, "[%c]: no nodes were made as \"%.*s\" with a range; write the range, as [1..64]", 'i' + index, (int)k.n - 1, k.text);
    *out = t->first;
    return true;
}

static bool turns_add_one(struct plan_reader *r, struct plan_turns *t, const struct plan_word *w, const char *p, int index, unsigned which)
{
    struct plan_turn *turn = &t->turn[t->count];
    if (t->count >= PLAN_TURNS_MAX) return plan_fail(r, w, "a line can have %d ranges at most", PLAN_TURNS_MAX);
    *turn = (struct plan_turn){.at = p};
    bool ok = index >= 0 ? range_of_nodes(r, w, index, t, which, &turn->first) : range_parse(r, w, p + 1, &turn->first);
    if (!ok) return false;
    t->count++;
    uint64_t product = 1;
    for (uint32_t i = 0; i < t->count; i++) {
        uint64_t count = 0;
        for (const struct plan_range *part = t->turn[i].first; part; part = part->next) count += part->count;
        product = count > HP_PLAN_LINES_MAX ? HP_PLAN_LINES_MAX + 1 : product * count;
        if (product > HP_PLAN_LINES_MAX) return plan_fail(r, w, "this line stands for more than %d", HP_PLAN_LINES_MAX);
    }
    r->arena->coming = (uint32_t)product;
    return true;
}

/* "c[1..": what begins as a range, and has no end. */
static bool range_is_open(const char *p) { return *p == '[' && !strchr(p, ']') && (strchr(p, ',') || range_is_dots(p, p + strlen(p))); }

bool plan_turns_add(struct plan_reader *r, struct plan_turns *t, const struct plan_word *w)
{
    unsigned which = 0;
    if (w->plain || w->quoted) return true;
    for (const char *p = w->text; *p;) {
        int index;
        const char *end = *p == '[' ? plan_range_end(p, &index) : NULL;
        if (range_is_open(p)) return plan_fail(r, w, "\"%s\": the range has no end: ] is missing, as in c[1..64]; what is no range stands in quotes", w->text);
        if (*p == PLAN_ESC && p[1]) p++;
        if (end && (index < 0 || (uint32_t)index >= t->count) && !turns_add_one(r, t, w, p, index, which)) return false;
        which += end != NULL;
        p = end ? end : p + 1;
    }
    return true;
}

static void turn_value(struct plan_turn *t)
{
    const struct plan_range *part = t->part;
    t->value = part->text;
    t->value_n = part->n;
    if (part->text) return;
    struct text digits = text_of(t->digits, sizeof t->digits);
    text_pad_u64(&digits, (uint64_t)(part->from + part->step * (int64_t)t->k), (int)part->width, '0');
    t->value = NULL; /* digits: the turn may be copied */
    t->value_n = (uint32_t)text_len(&digits);
}

static void turn_begin(struct plan_turn *t)
{
    t->part = t->first;
    t->k = 0;
    turn_value(t);
}

static bool turn_next(struct plan_turn *t)
{
    if (++t->k == t->part->count) {
        t->part = t->part->next;
        t->k = 0;
    }
    if (t->part) turn_value(t);
    return t->part != NULL;
}

void plan_turns_begin(struct plan_turns *t)
{
    t->n = 1;
    for (uint32_t i = 0; i < t->count; i++) turn_begin(&t->turn[i]);
}

bool plan_turns_next(struct plan_turns *t)
{
    t->n++;
    for (uint32_t i = t->count; i-- > 0;) {
        if (turn_next(&t->turn[i])) return true;
        turn_begin(&t->turn[i]);
    }
    return false;
}
