/* The cascade (CSS 2.1 6): which rules match an element, in which order they count, and what the values compute to. */
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "css.h"

enum { BUCKETS = 256, MATCHES_MAX = 512, COLOR_CURRENT = 0x00fefefe, FONT_SIZE_DEFAULT = 16, LENGTH_MAX_PX = 30000 };

/* ---- matching ---- */

struct bucket {
    const struct rule *rule;
    struct bucket *next;
};

struct ruleset {
    struct bucket *by_key[BUCKETS], *any;
};

struct match {
    const struct rule *rule;
};

struct cascade {
    struct arena *arena;
    const struct media *media;
    struct ruleset own, author;
    int64_t steps;                      /* of matching; bounded, so that no sheet can make a page hang */
    struct match match[MATCHES_MAX];
    int matches;
    int32_t root_size;
};

static unsigned cascade_hash(const char *p, size_t n)
{
    unsigned h = 5381;
    for (size_t i = 0; i < n; i++) h = h * 33 + (unsigned char)p[i];
    return h % BUCKETS;
}

/* By what every element it matches must have: an id, a class, or a name. */
static struct bucket **cascade_bucket(struct ruleset *set, const struct compound *c)
{
    if (c->id) return &set->by_key[cascade_hash(c->id, strlen(c->id))];
    for (const struct term *t = c->terms; t; t = t->next)
        if (t->kind == TERM_CLASS) return &set->by_key[cascade_hash(t->name, strlen(t->name))];
    return c->name ? &set->by_key[cascade_hash(c->name, strlen(c->name))] : &set->any;
}

static bool cascade_index(struct cascade *c, struct ruleset *set, const struct sheet *sheet)
{
    for (const struct rule *r = sheet ? sheet->first : NULL; r; r = r->next) {
        struct bucket *b = arena_alloc(c->arena, sizeof *b), **to = cascade_bucket(set, r->subject);
        if (!b) return false;
        *b = (struct bucket){r, *to};
        *to = b;
    }
    return true;
}

/* Whether `word` is among the words of a list separated by spaces. */
static bool cascade_has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    while (list && n) {
        list += strspn(list, " \t\r\n\f");
        size_t k = strcspn(list, " \t\r\n\f");
        if (!k) return false;
        if (k == n && memcmp(list, word, n) == 0) return true;
        list += k;
    }
    return false;
}

static bool cascade_term_fits(struct cascade *c, const struct node *n, const struct term *t)
{
    if (t->kind == TERM_CLASS) return cascade_has_word(n->classes, t->name);
    const char *v = node_attr(n, t->name);
    if (!v || t->kind == TERM_HAS) return v != NULL;
    size_t have = strlen(v), want = strlen(t->value);
    c->steps += (int64_t)have / 64;
    if (t->kind == TERM_EQUALS) return strcasecmp(v, t->value) == 0;
    if (t->kind == TERM_WORD) return cascade_has_word(v, t->value);
    if (!want || have < want) return false;
    if (t->kind == TERM_BEGINS) return memcmp(v, t->value, want) == 0;
    if (t->kind == TERM_ENDS) return memcmp(v + have - want, t->value, want) == 0;
    return strstr(v, t->value) != NULL;
}

static const struct node *cascade_sibling(const struct node *n)
{
    for (n = n->prev; n && n->tag == TAG_TEXT; n = n->prev) continue;
    return n;
}

static bool cascade_is_last(const struct node *n)
{
    for (n = n->next; n; n = n->next)
        if (n->tag != TAG_TEXT) return false;
    return true;
}

static bool cascade_compound_fits(struct cascade *c, const struct node *n, const struct compound *k)
{
    c->steps++;
    if (k->never || (k->name && strcmp(k->name, n->name) != 0) || (k->id && (!n->id || strcmp(k->id, n->id) != 0))) return false;
    if ((k->first && n->index != 1) || (k->odd && n->index % 2 == 0) || (k->even && n->index % 2) || (k->root && n->parent)) return false;
    if ((k->link && !(n->tag == TAG_A && node_attr(n, "href"))) || (k->last && !cascade_is_last(n))) return false;
    for (const struct term *t = k->terms; t; t = t->next)
        if (!cascade_term_fits(c, n, t)) return false;
    return true;
}

/* Whether what is left of k fits what is around n; n fits k already. */
static bool cascade_left_fits(struct cascade *c, const struct node *n, const struct compound *k)
{
    const struct compound *left = k->left;
    if (!left || !k->combinator) return true;
    bool up = k->combinator == ' ' || k->combinator == '>', once = k->combinator == '>' || k->combinator == '+';
    for (n = up ? n->parent : cascade_sibling(n); n && c->steps < CSS_STEPS_MAX; n = up ? n->parent : cascade_sibling(n)) {
        if (cascade_compound_fits(c, n, left) && cascade_left_fits(c, n, left)) return true;
        if (once) break;
    }
    return false;
}

static void cascade_try(struct cascade *c, const struct node *n, const struct bucket *b)
{
    for (; b && c->steps < CSS_STEPS_MAX; b = b->next) {
        const struct rule *r = b->rule;
        if (!cascade_compound_fits(c, n, r->subject) || !cascade_left_fits(c, n, r->subject) || c->matches == MATCHES_MAX) continue;
        int i = c->matches++;
        for (; i; i--) { /* the order in which they count */
            const struct rule *before = c->match[i - 1].rule;
            if (before->specificity < r->specificity || (before->specificity == r->specificity && before->order <= r->order)) break;
            c->match[i] = c->match[i - 1];
        }
        c->match[i].rule = r;
    }
}

static void cascade_match(struct cascade *c, const struct node *n, const struct ruleset *set)
{
    bool tried[BUCKETS] = {false};
    c->matches = 0;
    if (n->id) {
        unsigned h = cascade_hash(n->id, strlen(n->id));
        cascade_try(c, n, set->by_key[h]);
        tried[h] = true;
    }
    for (const char *p = n->classes; p && *p;) {
        p += strspn(p, " \t\r\n\f");
        size_t k = strcspn(p, " \t\r\n\f");
        unsigned h = cascade_hash(p, k);
        if (k && !tried[h]) cascade_try(c, n, set->by_key[h]);
        tried[h] = true;
        p += k;
    }
    unsigned h = cascade_hash(n->name, strlen(n->name));
    if (!tried[h]) cascade_try(c, n, set->by_key[h]);
    cascade_try(c, n, set->any);
}

/* ---- computing ---- */

static int32_t compute_clamp(int64_t v, const struct media *m)
{
    int64_t max = (int64_t)LENGTH_MAX_PX * m->unit;
    return (int32_t)(v > max ? max : v < -max ? -max : v);
}

/* A length in device units; percentages of `whole`. */
static int32_t compute_length(const struct cascade *c, const struct style *s, const struct value *v, int64_t whole)
{
    const struct media *m = c->media;
    int64_t n = v->number;
    switch (v->unit) {
    case UNIT_EM: n = n * s->font_size / 1000; break;
    case UNIT_REM: n = n * c->root_size / 1000; break;
    case UNIT_EX:
    case UNIT_CH: n = n * s->font_size / (m->text ? 1000 : 2000); break;
    case UNIT_PERCENT: n = n * whole / 100000; break;
    case UNIT_VW: n = n * m->width / 100000; break;
    case UNIT_VH: n = n * m->height / 100000; break;
    case UNIT_PT:
    case UNIT_PX:
    case UNIT_NUMBER: n = n * m->unit / 1000; break;
    }
    return compute_clamp(n, m);
}

static struct length compute_extent(const struct cascade *c, const struct style *s, const struct value *v)
{
    if (v->kind == VALUE_KEYWORD) return (struct length){(enum length_kind)v->number, 0};
    if (v->kind == VALUE_INITIAL) return (struct length){LENGTH_AUTO, 0};
    if (v->unit == UNIT_PERCENT) return (struct length){LENGTH_PERCENT, v->number};
    return (struct length){LENGTH_FIXED, compute_length(c, s, v, 0)};
}

static void compute_font_size(const struct cascade *c, struct style *s, const struct style *parent, const struct value *v)
{
    if (v->kind == VALUE_INHERIT) s->font_size = parent->font_size;
    else if (v->kind == VALUE_INITIAL) s->font_size = c->root_size;
    else {
        struct style at = *s;
        at.font_size = parent->font_size;
        s->font_size = compute_length(c, &at, v, parent->font_size);
    }
    int32_t most = 400 * c->media->unit;
    if (s->font_size > most) s->font_size = most;
}

static void compute_line_height(const struct cascade *c, struct style *s, const struct style *parent, const struct value *v)
{
    if (v->kind == VALUE_INHERIT) s->line_height = parent->line_height;
    else if (v->kind == VALUE_INITIAL) s->line_height = 0;
    else if (v->unit == UNIT_NUMBER) s->line_height = v->number > 20000 ? 20000 : v->number;
    else s->line_height = -compute_length(c, s, v, s->font_size);
}

/* Inherited properties with VALUE_INHERIT have what they want already; the others take the parent's. */
static bool compute_inherits(struct style *s, const struct style *parent, enum property p)
{
    if (p < P_DISPLAY) return true;
    if (p == P_DISPLAY) s->display = parent->display;
    else if (p == P_BACKGROUND) s->background = parent->background;
    else if (p >= P_BORDER_COLOR_TOP && p <= P_BORDER_COLOR_LEFT) s->border_color[p - P_BORDER_COLOR_TOP] = parent->border_color[p - P_BORDER_COLOR_TOP];
    else if (p == P_WIDTH) s->width = parent->width;
    else if (p == P_HEIGHT) s->height = parent->height;
    else if (p >= P_MARGIN_TOP && p <= P_MARGIN_LEFT) s->margin[p - P_MARGIN_TOP] = parent->margin[p - P_MARGIN_TOP];
    else if (p >= P_PADDING_TOP && p <= P_PADDING_LEFT) s->padding[p - P_PADDING_TOP] = parent->padding[p - P_PADDING_TOP];
    else if (p == P_BOX_SIZING) s->border_box = parent->border_box;
    else if (p == P_VERTICAL_ALIGN) s->valign = parent->valign;
    return true;
}

static void compute_extents(const struct cascade *c, struct style *s, enum property p, const struct value *v)
{
    if (p >= P_MARGIN_TOP && p <= P_MARGIN_LEFT) s->margin[p - P_MARGIN_TOP] = v->kind == VALUE_INITIAL ? (struct length){LENGTH_FIXED, 0} :
        compute_extent(c, s, v);
    else if (p >= P_PADDING_TOP && p <= P_PADDING_LEFT) s->padding[p - P_PADDING_TOP] = v->kind == VALUE_INITIAL ? (struct length){LENGTH_FIXED, 0} :
        compute_extent(c, s, v);
    else if (p == P_WIDTH) s->width = compute_extent(c, s, v);
    else if (p == P_HEIGHT) s->height = compute_extent(c, s, v);
    else if (p == P_MIN_WIDTH) s->min_width = compute_extent(c, s, v);
    else if (p == P_MAX_WIDTH) s->max_width = compute_extent(c, s, v);
    else if (p == P_MIN_HEIGHT) s->min_height = compute_extent(c, s, v);
    else if (p == P_MAX_HEIGHT) s->max_height = compute_extent(c, s, v);
    else if (p == P_FLEX_BASIS) s->flex_basis = compute_extent(c, s, v);
}

static void compute_border(const struct cascade *c, struct style *s, enum property p, const struct value *v)
{
    bool initial = v->kind == VALUE_INITIAL;
    if (p <= P_BORDER_STYLE_LEFT) s->border_style[p - P_BORDER_STYLE_TOP] = (uint8_t)(initial ? BORDER_NONE : v->number);
    else if (p <= P_BORDER_COLOR_LEFT) s->border_color[p - P_BORDER_COLOR_TOP] = initial ? COLOR_CURRENT : v->color;
    else s->border_width[p - P_BORDER_WIDTH_TOP] = initial ? 0 : compute_length(c, s, v, 0);
}

/* Properties whose value is a keyword, or a number that stands for one. */
static void compute_keyword(struct style *s, enum property p, int32_t n)
{
    switch (p) {
    case P_FONT_WEIGHT: s->font_weight = (uint16_t)n; break;
    case P_FONT_STYLE: s->italic = n; break;
    case P_VISIBILITY: s->hidden = n; break;
    case P_BORDER_COLLAPSE: s->collapse = n; break;
    case P_TEXT_ALIGN: s->text_align = (uint8_t)n; break;
    case P_WHITE_SPACE: s->white_space = (uint8_t)n; break;
    case P_WORD_BREAK: s->word_break = (uint8_t)n; break;
    case P_OVERFLOW_WRAP: s->wrap_anywhere = n; break;
    case P_TEXT_TRANSFORM: s->transform = (uint8_t)n; break;
    case P_LIST_STYLE: s->list = (uint8_t)n; break;
    case P_TEXT_DECORATION: s->decoration = (uint8_t)n; break;
    case P_DISPLAY: s->display = (uint8_t)n; break;
    case P_VERTICAL_ALIGN: s->valign = (uint8_t)n; break;
    case P_JUSTIFY_CONTENT: s->flex_place = (uint8_t)n; break;
    case P_ALIGN_ITEMS: s->flex_align = (uint8_t)n; break;
    case P_ALIGN_SELF: s->flex_self = (uint8_t)n; break;
    case P_FLEX_DIRECTION: s->flex_column = n; break;
    case P_FLEX_WRAP: s->flex_wrap = n; break;
    case P_BOX_SIZING: s->border_box = n; break;
    case P_OVERFLOW: s->clips = n; break;
    default: break;
    }
}

static void compute(const struct cascade *c, struct style *s, const struct style *parent, const struct declaration *d)
{
    const struct value *v = &d->value;
    enum property p = d->property;
    bool initial = v->kind == VALUE_INITIAL;
    if (p == P_FONT_SIZE) return; /* before all others */
    if (v->kind == VALUE_INHERIT && compute_inherits(s, parent, p)) return;
    if (p >= P_BORDER_STYLE_TOP && p <= P_BORDER_WIDTH_LEFT) compute_border(c, s, p, v);
    else if (p >= P_FLEX_BASIS && p <= P_MAX_HEIGHT) compute_extents(c, s, p, v);
    else if (p == P_LINE_HEIGHT) compute_line_height(c, s, parent, v);
    else if (p == P_COLOR) s->color = initial ? parent->color : v->color;
    else if (p == P_BACKGROUND) s->background = initial ? 0 : v->color;
    else if (p == P_FONT_FAMILY) s->font_family = initial ? NULL : v->text;
    else if (p == P_LETTER_SPACING) s->letter_spacing = initial ? 0 : compute_length(c, s, v, 0);
    else if (p == P_TEXT_INDENT) s->text_indent = initial ? 0 : compute_length(c, s, v, c->media->width);
    else if (p == P_BORDER_SPACING) s->border_spacing = initial ? 0 : compute_length(c, s, v, 0);
    else if (p == P_RADIUS) s->radius = initial ? 0 : v->unit == UNIT_PERCENT ? -v->number : compute_length(c, s, v, 0);
    else if (p == P_GAP) s->gap = initial ? 0 : compute_length(c, s, v, c->media->width);
    else if (p == P_ROW_GAP) s->row_gap = initial ? 0 : compute_length(c, s, v, c->media->width);
    else if (p == P_FLEX_GROW) s->flex_grow = initial ? 0 : v->number;
    else if (p == P_FLEX_SHRINK) s->flex_shrink = initial ? 1000 : v->number;
    else if (p == P_FONT_WEIGHT && v->kind == VALUE_LENGTH) s->font_weight = (uint16_t)(v->number / 1000 > 900 ? 900 : v->number / 1000);
    else compute_keyword(s, p, initial ? p == P_FONT_WEIGHT ? 400 : 0 : v->number);
}

/* What of the author's sheet counts in a terminal. */
static bool cascade_counts(const struct cascade *c, const struct declaration *d)
{
    if (!c->media->text) return true;
    switch (d->property) {
    case P_DISPLAY: return d->value.number != DISPLAY_FLEX && d->value.number != DISPLAY_INLINE_FLEX;
    case P_VISIBILITY:
    case P_FONT_WEIGHT:
    case P_FONT_STYLE:
    case P_WHITE_SPACE:
    case P_TEXT_ALIGN:
    case P_LIST_STYLE: return true;
    default: return false;
    }
}

enum { CASCADE_LISTS = 2 * MATCHES_MAX + 4 };
/* Everything that applies to one element, weakest first. */
struct cascade_order {
    struct {
        const struct declaration *first;
        bool important, author;
    } list[2 * CASCADE_LISTS];
    int n;
};

static void cascade_append(struct cascade_order *o, const struct declaration *d, bool important, bool author)
{
    if (!d || o->n == 2 * CASCADE_LISTS) return;
    o->list[o->n].first = d;
    o->list[o->n].important = important;
    o->list[o->n++].author = author;
}

static void cascade_collect(struct cascade *c, struct cascade_order *o, const struct node *n)
{
    const char *attr = node_attr(n, "style");
    const struct declaration *inline_style = attr ? css_parse_declarations(c->arena, attr, strlen(attr)) : NULL;
    o->n = 0;
    cascade_match(c, n, &c->own);
    for (int i = 0; i < c->matches; i++) cascade_append(o, c->match[i].rule->declarations, false, false);
    cascade_append(o, css_hints(c->arena, n, c->media), false, false);
    cascade_match(c, n, &c->author);
    for (int important = 0; important < 2; important++) {
        for (int i = 0; i < c->matches; i++) cascade_append(o, c->match[i].rule->declarations, important, true);
        cascade_append(o, inline_style, important, true);
    }
}

static void style_reset(struct style *s)
{
    memset((char *)s + offsetof(struct style, display), 0, sizeof *s - offsetof(struct style, display));
    s->flex_shrink = 1000;
    s->flex_align = PLACE_STRETCH;
    s->flex_self = PLACE_AUTO;
    s->max_width.kind = s->max_height.kind = LENGTH_NONE;
    for (int i = 0; i < 4; i++) {
        s->margin[i].kind = s->padding[i].kind = LENGTH_FIXED;
        s->border_color[i] = COLOR_CURRENT;
    }
}

struct style css_anonymous(const struct style *parent)
{
    struct style s = *parent;
    style_reset(&s);
    return s;
}

static void style_finish(struct style *s)
{
    for (int i = 0; i < 4; i++) {
        if (s->border_style[i] == BORDER_NONE) s->border_width[i] = 0;
        if (s->border_color[i] == COLOR_CURRENT) s->border_color[i] = s->color;
    }
}

static void cascade_element(struct cascade *c, struct cascade_order *o, const struct node *n, const struct style *parent, struct style *s)
{
    *s = css_anonymous(parent);
    if (n->tag == TAG_TABLE) s->text_align = s->text_align == ALIGN_CENTER_ALL || s->text_align == ALIGN_RIGHT_ALL ? ALIGN_LEFT : s->text_align;
    cascade_collect(c, o, n);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < o->n; i++)
            for (const struct declaration *d = o->list[i].first; d; d = d->next) {
                bool author = o->list[i].author;
                if ((author && d->important != o->list[i].important) || (author && !cascade_counts(c, d))) continue;
                if (pass == 1) compute(c, s, parent, d);
                else if (d->property == P_FONT_SIZE && !c->media->text) compute_font_size(c, s, parent, &d->value);
            }
    if (n->link) s->link = n->link;
    if (!n->parent) c->root_size = s->font_size;
    style_finish(s);
}

bool css_cascade(struct arena *a, struct node *root, const struct sheet *own, const struct sheet *author, const struct media *m)
{
    struct cascade *c = arena_alloc(a, sizeof *c);
    struct cascade_order *o = arena_alloc(a, sizeof *o);
    struct style initial = {.color = 0xff000000u, .font_size = m->text ? 1 : FONT_SIZE_DEFAULT * m->unit, .font_weight = 400};
    if (!c || !o) return false;
    style_reset(&initial);
    c->arena = a;
    c->media = m;
    c->root_size = initial.font_size;
    if (!cascade_index(c, &c->own, own) || !cascade_index(c, &c->author, author)) return false;
    for (struct node *n = root; n; n = node_next(n, root)) {
        const struct style *parent = n->parent && n != root ? n->parent->style : &initial;
        if (n->tag == TAG_TEXT) {
            n->style = parent;
            continue;
        }
        struct style *s = arena_alloc(a, sizeof *s);
        if (!s) return false;
        cascade_element(c, o, n, parent, s);
        n->style = s;
    }
    return true;
}
