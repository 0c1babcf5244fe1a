/* Lines (CSS 2.1 9.4.2): the content of a block as a row of items, broken where Unicode lets it, set on baselines. */
#include <string.h>

#include "layout.h"
#include "unicode.h"

enum item_kind { ITEM_TEXT, ITEM_SPACE, ITEM_OPEN, ITEM_CLOSE, ITEM_ATOM, ITEM_BREAK };
struct item {
    enum item_kind kind;
    bool may_break;                     /* a line may end before it */
    bool collapses;                     /* a space that disappears at the ends of lines */
    struct box *box;
    const char *text;
    size_t n;
    dim w;
};

struct items {
    struct item *item;
    int count, room;
    bool pending_break, after_space;
    int column;                         /* for tabs */
};

enum { INLINE_DEPTH_MAX = HTML_DEPTH_MAX + 4, TAB_STOP = 8 };

static dim inline_max(dim a, dim b) { return a > b ? a : b; }

/* ---- gathering ---- */

static struct item *item_add(struct layout *l, struct items *is, enum item_kind kind, struct box *b)
{
    if (is->count == is->room) {
        int room = is->room ? is->room * 2 : 16;
        struct item *more = arena_alloc(l->arena, (size_t)room * sizeof *more);
        if (!more) {
            l->full = true;
            return NULL;
        }
        if (is->count) memcpy(more, is->item, (size_t)is->count * sizeof *more);
        is->item = more;
        is->room = room;
    }
    struct item *i = &is->item[is->count++];
    *i = (struct item){.kind = kind, .box = b};
    if (kind == ITEM_TEXT || kind == ITEM_OPEN || kind == ITEM_ATOM) {
        i->may_break = is->pending_break;
        is->pending_break = false;
    }
    return i;
}

static bool space_is(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

static bool style_wraps(const struct style *s) { return s->white_space != SPACE_NOWRAP && s->white_space != SPACE_PRE; }
static bool style_keeps(const struct style *s) { return s->white_space == SPACE_PRE || s->white_space == SPACE_PRE_WRAP; }

static char text_letter(const struct style *s, char c, bool word_begins)
{
    bool lower = c >= 'a' && c <= 'z', upper = c >= 'A' && c <= 'Z';
    if (s->transform == TRANSFORM_UPPER && lower) return (char)(c - 32);
    if (s->transform == TRANSFORM_LOWER && upper) return (char)(c + 32);
    if (s->transform == TRANSFORM_CAPITALIZE && lower && word_begins) return (char)(c - 32);
    return c;
}

/* The text as it is drawn, up to a line's end in it: white space collapsed or tabs filled, letters transformed.  Answers how much of the source
 * it took. */
static size_t text_prepare(struct items *is, const struct style *s, const char *p, size_t n, char *out, size_t *length)
{
    bool keeps = style_keeps(s), lines = keeps || s->white_space == SPACE_PRE_LINE, begins = true;
    size_t used = 0, i = 0;
    for (; i < n; i++) {
        char c = p[i];
        if (c == '\r' && lines) continue;
        if (c == '\n' && lines) break;
        if (c == 0) continue;
        if (space_is(c)) {
            size_t count = keeps && c == '\t' ? (size_t)(TAB_STOP - is->column % TAB_STOP) : 1;
            begins = true;
            if (!keeps && is->after_space) continue;
            while (count--) {
                out[used++] = ' ';
                is->column++;
            }
            is->after_space = true;
            continue;
        }
        if (((unsigned char)c & 0xc0) != 0x80) is->column++;
        out[used++] = text_letter(s, c, begins);
        begins = is->after_space = false;
    }
    *length = used;
    return i;
}

static void text_add(struct layout *l, struct items *is, struct box *b, const char *p, size_t n, bool space, bool may_break)
{
    if (may_break) is->pending_break = true;
    struct item *i = item_add(l, is, space ? ITEM_SPACE : ITEM_TEXT, b);
    if (!i) return;
    i->text = p;
    i->n = n;
    i->collapses = space && !style_keeps(b->style);
    i->w = l->device->measure(l->device->ctx, b->style, p, n);
    if (space && style_wraps(b->style)) is->pending_break = true;
}

/* Whether a break that Unicode allows between these characters is one that the style wants. */
static bool text_break_fits(const struct style *s, const char *p, size_t at, size_t n)
{
    if (s->word_break != BREAK_KEEP_ALL) return true;
    size_t k, before = at;
    while (before && ((unsigned char)p[--before] & 0xc0) == 0x80) continue;
    return !unicode_is_hangul(unicode_char(p + before, p + at, &k)) || !unicode_is_hangul(unicode_char(p + at, p + n, &k));
}

/* One run without spaces: split where lines may break, and where it is too long to be handled as one. */
static void text_add_run(struct layout *l, struct items *is, struct box *b, const char *p, size_t n)
{
    const struct style *s = b->style;
    char small[LAYOUT_WORD_MAX], *breaks = n <= sizeof small ? small : arena_alloc(l->arena, n);
    bool wraps = style_wraps(s);
    if (!breaks) return;
    if (wraps && s->word_break != BREAK_ALL) unicode_breaks(p, n, breaks);
    else memset(breaks, 0, n);
    size_t start = 0;
    bool may_break = false;
    for (size_t i = 1; i <= n; i++) {
        bool character = i < n && ((unsigned char)p[i] & 0xc0) != 0x80;
        bool breaks_here = i < n && character && wraps && (s->word_break == BREAK_ALL || (breaks[i] && text_break_fits(s, p, i, n)));
        if (i < n && !breaks_here && !(character && i - start >= LAYOUT_WORD_MAX - 4)) continue;
        text_add(l, is, b, p + start, i - start, false, may_break);
        start = i;
        may_break = breaks_here;
    }
}

static void text_gather(struct layout *l, struct items *is, struct box *b)
{
    const char *p = b->text, *end = p + b->n;
    while (p < end) {
        bool keeps = style_keeps(b->style), lines = keeps || b->style->white_space == SPACE_PRE_LINE;
        const char *stop = lines ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        size_t take = (size_t)((stop ? stop + 1 : end) - p), length;
        char *out = arena_alloc(l->arena, keeps ? take * TAB_STOP : take);
        if (!out) {
            l->full = true;
            return;
        }
        size_t took = text_prepare(is, b->style, p, take, out, &length);
        for (size_t i = 0; i < length;) {
            size_t k = i;
            bool space = out[i] == ' ';
            while (k < length && (out[k] == ' ') == space) k++;
            if (space) text_add(l, is, b, out + i, k - i, true, false);
            else text_add_run(l, is, b, out + i, k - i);
            i = k;
        }
        p += took;
        if (p < end) { /* a line's end that counts */
            item_add(l, is, ITEM_BREAK, b);
            is->after_space = true;
            is->pending_break = false;
            is->column = 0;
            p++;
        }
    }
}

static void inline_edges(struct layout *l, struct items *is, struct box *b, bool open)
{
    enum side side = open ? SIDE_LEFT : SIDE_RIGHT;
    struct item *i = item_add(l, is, open ? ITEM_OPEN : ITEM_CLOSE, b);
    if (open) box_edges(b, l->device->media.width);
    if (i) i->w = b->margin[side] + box_edge(b, side);
}

static void inline_gather_atom(struct layout *l, struct items *is, struct box *b)
{
    box_measure(l, b);
    if (style_wraps(b->parent->style)) is->pending_break = is->count > 0 && is->item[is->count - 1].kind != ITEM_OPEN;
    item_add(l, is, ITEM_ATOM, b);
    is->after_space = false;
    is->pending_break = style_wraps(b->parent->style);
}

/* All items of a block that holds lines. */
static struct items *inline_gather(struct layout *l, struct box *b)
{
    if (b->items) return b->items;
    struct items *is = b->items = arena_alloc(l->arena, sizeof *is);
    if (!is) return NULL;
    is->after_space = true;
    for (struct box *at = b->first; at;) {
        if (at->atomic) inline_gather_atom(l, is, at);
        else if (at->kind == BOX_TEXT) text_gather(l, is, at);
        else if (at->kind == BOX_BREAK) {
            item_add(l, is, ITEM_BREAK, at);
            is->after_space = true;
            is->pending_break = false;
        } else if (at->kind == BOX_INLINE) {
            inline_edges(l, is, at, true);
            if (at->first) {
                at = at->first;
                continue;
            }
            inline_edges(l, is, at, false);
        }
        while (at != b && !at->next) {
            at = at->parent;
            if (at != b) inline_edges(l, is, at, false);
        }
        at = at == b ? NULL : at->next;
    }
    return is;
}

void inline_measure(struct layout *l, struct box *b)
{
    struct items *is = inline_gather(l, b);
    dim all = 0, word = 0, space = 0;
    for (int i = 0; is && i < is->count; i++) {
        const struct item *it = &is->item[i];
        bool ends = it->kind == ITEM_BREAK;
        dim low = it->w, high = it->w;
        if (it->kind == ITEM_ATOM) {
            dim margins = length_of(it->box->style->margin[SIDE_LEFT], 0, 0) + length_of(it->box->style->margin[SIDE_RIGHT], 0, 0);
            low = it->box->min + margins;
            high = it->box->max + margins;
        }
        if (it->may_break || ends || it->kind == ITEM_SPACE) word = 0;
        if (ends) all = space = 0;
        else if (it->kind == ITEM_SPACE && it->collapses) space += high; /* counts only when something follows */
        else {
            all += space + high;
            space = 0;
            if (it->kind != ITEM_SPACE) word += low;
        }
        b->max = inline_max(b->max, all);
        b->min = inline_max(b->min, word);
    }
    if (!style_wraps(b->style)) b->min = b->max;
}

/* ---- breaking ---- */

static dim item_width(struct layout *l, struct item *it, dim avail)
{
    if (it->kind != ITEM_ATOM) return it->w;
    struct box *b = it->box;
    box_edges(b, avail);
    b->w = box_shrink_width(l, b, avail);
    box_edges(b, avail);
    return it->w = b->w + b->margin[SIDE_LEFT] + b->margin[SIDE_RIGHT];
}

static bool item_splits(const struct layout *l, const struct item *it)
{
    return it->kind == ITEM_TEXT && style_wraps(it->box->style) && (l->device->media.text || it->box->style->wrap_anywhere);
}

/* How much of the text fits: at least one character if `whole_line`.  Words are LAYOUT_WORD_MAX bytes at most. */
static size_t item_fitting(struct layout *l, const struct item *it, dim room, bool whole_line)
{
    size_t at[LAYOUT_WORD_MAX + 1] = {0}, low = 0, high = 0, k;
    for (size_t i = 0; i < it->n && high < LAYOUT_WORD_MAX; i += k) {
        unicode_char(it->text + i, it->text + it->n, &k);
        at[++high] = i + k;
    }
    if (whole_line) low = 1;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        if (l->device->measure(l->device->ctx, it->box->style, it->text, at[middle]) <= room) low = middle;
        else high = middle - 1;
    }
    return at[low];
}

/* The items of one line: from `start` to the answer (exclusive).  *cut: of the last one only so many bytes, 0 = all. */
static int line_end(struct layout *l, struct items *is, int start, dim x, dim avail, size_t *cut)
{
    int good = -1;                      /* a line may end before this item */
    bool empty = true;
    *cut = 0;
    for (int i = start; i < is->count; i++) {
        struct item *it = &is->item[i];
        if (it->kind == ITEM_BREAK) return i + 1;
        if (it->may_break && i > start && !empty) good = i;
        dim w = item_width(l, it, avail);
        if (it->kind == ITEM_SPACE && it->collapses && empty) continue;
        if (it->kind != ITEM_SPACE && x + w > avail) {
            if (good > start) return good;
            size_t fits = item_splits(l, it) ? item_fitting(l, it, avail - x, empty) : it->n;
            if (item_splits(l, it) && fits < it->n) {
                *cut = fits;
                return fits ? i + 1 : i;
            }
        }
        x += w;
        if (it->kind != ITEM_OPEN && it->kind != ITEM_CLOSE) empty = false;
    }
    return is->count;
}

/* ---- setting a line ---- */

struct setting {
    struct layout *l;
    struct box *block;
    struct line *line;
    struct frag *last;
    dim x, left;
    dim above, below;                   /* the line's extent around its baseline */
    struct box *open[INLINE_DEPTH_MAX]; /* inline elements that this line is inside of */
    struct frag *span[INLINE_DEPTH_MAX];
    dim shift[INLINE_DEPTH_MAX];
    int depth;
};

static struct frag *frag_add(struct setting *t, struct box *b)
{
    struct frag *f = arena_alloc(t->l->arena, sizeof *f);
    if (!f) {
        t->l->full = true;
        return NULL;
    }
    f->box = b;
    if (t->last) t->last->next = f;
    else t->line->first = f;
    return t->last = f;
}

/* Half the leading above, half below (CSS 2.1 10.8.1). */
static void style_extent(const struct layout *l, const struct style *s, dim *above, dim *below)
{
    dim ascent, descent, height;
    l->device->metrics(l->device->ctx, s, &ascent, &descent);
    if (l->device->media.text) height = 1;
    else if (s->line_height < 0) height = -s->line_height;
    else if (s->line_height > 0) height = (dim)s->line_height * s->font_size / 1000;
    else height = inline_max(ascent + descent, s->font_size * 115 / 100);
    dim leading = height - ascent - descent;
    *above = ascent + leading / 2;
    *below = height - *above;
}

static void line_extend(struct setting *t, dim above, dim below)
{
    t->above = inline_max(t->above, above);
    t->below = inline_max(t->below, below);
}

static bool style_shows_box(const struct style *s)
{
    return s->background >> 24 || s->border_width[0] || s->border_width[1] || s->border_width[2] || s->border_width[3];
}

static void setting_open(struct setting *t, struct box *b, bool first)
{
    dim up = t->depth ? t->shift[t->depth - 1] : 0;
    if (t->depth == INLINE_DEPTH_MAX) return;
    const struct style *outer = b->parent->style;
    if (!t->l->device->media.text && b->style->valign == VALIGN_SUPER) up += outer->font_size / 3;
    if (!t->l->device->media.text && b->style->valign == VALIGN_SUB) up -= outer->font_size / 5;
    struct frag *f = style_shows_box(b->style) ? frag_add(t, b) : NULL;
    t->open[t->depth] = b;
    t->shift[t->depth] = up;
    t->span[t->depth++] = f;
    if (first) t->x += b->margin[SIDE_LEFT];
    if (f) {
        f->x = t->x;
        f->first = first;
    }
    if (first) t->x += box_edge(b, SIDE_LEFT);
}

static void setting_close_span(struct setting *t, int i, bool last)
{
    struct frag *f = t->span[i];
    dim ascent, descent;
    if (!f) return;
    const struct box *b = t->open[i];
    t->l->device->metrics(t->l->device->ctx, b->style, &ascent, &descent);
    dim above = box_edge(b, SIDE_TOP), below = box_edge(b, SIDE_BOTTOM);
    f->last = last;
    f->w = t->x - f->x;
    f->y = -t->shift[i] - ascent - above; /* from the baseline, for now */
    f->h = above + ascent + descent + below;
}

static void setting_close(struct setting *t, struct box *b)
{
    if (!t->depth || t->open[t->depth - 1] != b) return;
    t->x += box_edge(b, SIDE_RIGHT);
    setting_close_span(t, t->depth - 1, true);
    t->x += b->margin[SIDE_RIGHT];
    t->depth--;
}

static void setting_text(struct setting *t, const struct item *it)
{
    struct frag *f = t->last;
    dim up = t->depth ? t->shift[t->depth - 1] : 0, above, below, ascent, descent;
    t->l->device->metrics(t->l->device->ctx, it->box->style, &ascent, &descent);
    if (f && f->box == it->box && f->text && f->text + f->n == it->text) {
        f->n += it->n;
        f->w += it->w;
    } else {
        f = frag_add(t, it->box);
        if (!f) return;
        *f = (struct frag){.box = it->box, .text = it->text, .n = it->n, .x = t->x, .y = -up - ascent, .w = it->w, .h = ascent + descent, .ascent = ascent};
    }
    t->x += it->w;
    style_extent(t->l, it->box->style, &above, &below);
    line_extend(t, above + up, below - up);
}

static void setting_atom(struct setting *t, const struct item *it)
{
    struct box *b = it->box;
    dim up = t->depth ? t->shift[t->depth - 1] : 0;
    box_layout(t->l, b);
    struct frag *f = frag_add(t, b);
    if (!f) return;
    dim outer = b->h + b->margin[SIDE_TOP] + b->margin[SIDE_BOTTOM];
    dim above = b->baseline >= 0 && !b->style->clips ? b->margin[SIDE_TOP] + b->baseline : outer;
    if (b->style->valign == VALIGN_MIDDLE) above = outer / 2 + t->block->style->font_size / 4;
    if (b->style->valign == VALIGN_TOP) above = inline_max(t->above, 0);
    f->x = t->x + b->margin[SIDE_LEFT];
    f->y = -up - above + b->margin[SIDE_TOP];
    f->w = b->w;
    f->h = b->h;
    t->x += it->w;
    line_extend(t, above + up, outer - above - up);
}

/* Everything was set from the baseline and from the left: now to its place. */
static void setting_align(struct setting *t, dim avail)
{
    struct line *line = t->line;
    const struct style *s = t->block->style;
    dim room = avail - (t->x - t->left), dx = 0;
    if (room > 0 && (s->text_align == ALIGN_CENTER || s->text_align == ALIGN_CENTER_ALL)) dx = room / 2;
    if (room > 0 && (s->text_align == ALIGN_RIGHT || s->text_align == ALIGN_RIGHT_ALL)) dx = room;
    line->h = t->above + t->below;
    line->baseline = t->above;
    for (struct frag *f = line->first; f; f = f->next) {
        f->x += dx;
        f->y += line->y + line->baseline;
        if (!f->box->atomic) continue;
        f->box->x = f->x;
        f->box->y = f->y;
    }
}

static void line_set(struct setting *t, struct items *is, int start, int end)
{
    int stop = end;
    if (stop > start && is->item[stop - 1].kind == ITEM_BREAK) stop--;
    while (stop > start && (is->item[stop - 1].kind == ITEM_CLOSE || (is->item[stop - 1].kind == ITEM_SPACE && is->item[stop - 1].collapses))) stop--;
    int depth = t->depth; /* elements that go on from the line before */
    t->depth = 0;
    for (int i = 0; i < depth; i++) setting_open(t, t->open[i], false);
    bool empty = true;
    for (int i = start; i < end; i++) {
        struct item *it = &is->item[i];
        bool text = it->kind == ITEM_TEXT || it->kind == ITEM_SPACE;
        if (it->kind == ITEM_SPACE && it->collapses && (empty || i >= stop)) continue;
        if (it->kind == ITEM_OPEN) setting_open(t, it->box, true);
        else if (it->kind == ITEM_CLOSE) setting_close(t, it->box);
        else if (it->kind == ITEM_ATOM) setting_atom(t, it);
        else if (text) setting_text(t, it);
        if (text || it->kind == ITEM_ATOM) empty = false;
    }
    for (int i = 0; i < t->depth; i++) setting_close_span(t, i, false);
}

static void item_cut(const struct layout *l, struct item *it, size_t from, size_t n)
{
    it->text += from;
    it->n = n;
    it->w = l->device->measure(l->device->ctx, it->box->style, it->text, n);
}

/* Whether anything between is seen. */
static bool line_is_empty(const struct items *is, int start, int end)
{
    for (int i = start; i < end; i++) {
        const struct item *it = &is->item[i];
        if (it->kind == ITEM_TEXT || it->kind == ITEM_ATOM || it->kind == ITEM_BREAK || (it->kind == ITEM_SPACE && !it->collapses) || it->w) return false;
    }
    return true;
}

dim inline_layout(struct layout *l, struct box *b, dim x, dim y, dim width)
{
    struct items *is = inline_gather(l, b);
    struct setting t = {.l = l, .block = b, .left = x};
    struct line **last = &b->lines;
    dim top = y;
    for (int start = 0; is && start < is->count && y <= l->bottom_max;) {
        dim indent = start == 0 ? b->style->text_indent : 0;
        size_t cut;
        int end = line_end(l, is, start, indent, width, &cut);
        if (end <= start) end = start + 1;
        struct item *tail = &is->item[end - 1], whole = *tail;
        if (cut) item_cut(l, tail, 0, cut);
        if (!line_is_empty(is, start, end)) {
            struct line *line = *last = arena_alloc(l->arena, sizeof *line);
            if (!line) break;
            last = &line->next;
            line->y = y;
            t.line = line;
            t.last = NULL;
            t.x = x + indent;
            style_extent(l, b->style, &t.above, &t.below);
            line_set(&t, is, start, end);
            setting_align(&t, width);
            y += line->h;
        }
        start = end;
        if (!cut) continue;
        *tail = whole; /* its rest begins the next line */
        item_cut(l, tail, cut, whole.n - cut);
        start--;
    }
    if (y > l->bottom_max) l->full = true;
    return y - top;
}
