/* Block layout (CSS 2.1 10): widths from the outside in, heights from the inside out, margins collapsing between. */
#include "layout.h"

#include <string.h>

static dim dim_max(dim a, dim b) { return a > b ? a : b; }
static dim dim_min(dim a, dim b) { return a < b ? a : b; }

dim length_of(struct length v, dim whole, dim otherwise)
{
    if (v.kind == LENGTH_FIXED) return v.v;
    if (v.kind == LENGTH_PERCENT) return whole * v.v / 100000;
    return otherwise;
}

dim box_edge(const struct box *b, enum side side) { return b->style->border_width[side] + b->padding[side]; }
dim box_across(const struct box *b) { return box_edge(b, SIDE_LEFT) + box_edge(b, SIDE_RIGHT); }

void box_edges(struct box *b, dim avail)
{
    bool plain = b->kind == BOX_CELL || b->kind == BOX_ROW;
    for (int i = 0; i < 4; i++) {
        b->margin[i] = plain ? 0 : length_of(b->style->margin[i], avail, 0);
        b->padding[i] = b->kind == BOX_ROW || (b->kind == BOX_TABLE && b->style->collapse) ? 0 : length_of(b->style->padding[i], avail, 0);
    }
    b->top = b->margin[SIDE_TOP];
    b->bottom = b->margin[SIDE_BOTTOM];
}

/* ---- widths ---- */

/* What the style calls a width is one of the content, unless box-sizing says the border box. */
static dim box_border_width(const struct box *b, dim w) { return b->style->border_box || b->kind == BOX_TABLE ? dim_max(w, box_across(b)) :
    w + box_across(b); }

bool box_fixed_width(const struct box *b, dim avail, dim *w)
{
    const struct style *s = b->style;
    if (s->width.kind == LENGTH_AUTO || s->width.kind == LENGTH_NONE) return false;
    *w = box_limit_width(b, avail, box_border_width(b, length_of(s->width, avail, 0)));
    return true;
}

dim box_limit_width(const struct box *b, dim avail, dim w)
{
    const struct style *s = b->style;
    if (s->max_width.kind != LENGTH_NONE && s->max_width.kind != LENGTH_AUTO) w = dim_min(w, box_border_width(b, length_of(s->max_width, avail, 0)));
    if (s->min_width.kind == LENGTH_FIXED || s->min_width.kind == LENGTH_PERCENT) w = dim_max(w, box_border_width(b, length_of(s->min_width, avail, 0)));
    return w;
}

static void picture_size(struct layout *l, const struct box *b, dim avail, dim *w, dim *h)
{
    const struct style *s = b->style;
    dim natural_w = 1, natural_h = 1;
    l->device->picture(l->device->ctx, b->node, &natural_w, &natural_h);
    if (natural_w < 1) natural_w = 1;
    if (natural_h < 1) natural_h = 1;
    bool text = l->device->media.text;
    int unit = l->device->media.unit;
    dim want_w = text ? 0 : node_number(b->node, "width", 0) * (dim)unit, want_h = text ? 0 : node_number(b->node, "height", 0) * (dim)unit;
    const char *percent = node_attr(b->node, "width");
    if (percent && strchr(percent, '%')) want_w = avail * dim_min(node_number(b->node, "width", 100), 100) / 100;
    want_w = length_of(s->width, avail, want_w);
    want_h = s->height.kind == LENGTH_FIXED ? s->height.v : s->height.kind == LENGTH_AUTO && s->width.kind != LENGTH_AUTO ? want_h : want_h;
    if (want_w <= 0 && want_h <= 0) {
        want_w = natural_w;
        want_h = natural_h;
    } else if (want_w <= 0) want_w = want_h * natural_w / natural_h;
    else if (want_h <= 0) want_h = want_w * natural_h / natural_w;
    dim most = s->max_width.kind == LENGTH_NONE || s->max_width.kind == LENGTH_AUTO ? text ? avail : want_w : length_of(s->max_width, avail, want_w);
    if (want_w > most && most > 0) {
        want_h = want_h * most / want_w;
        want_w = most;
    }
    *w = dim_max(want_w, 1);
    *h = dim_max(want_h, 1);
}

void box_measure(struct layout *l, struct box *b)
{
    dim fixed, h;
    if (b->measured) return;
    b->measured = true;
    box_edges(b, 0);
    if (b->kind == BOX_IMAGE) {
        picture_size(l, b, l->device->media.width, &fixed, &h);
        bool follows = b->style->max_width.kind == LENGTH_PERCENT || l->device->media.text;
        b->max = fixed + box_across(b);
        b->min = follows ? dim_min(b->max, 8 * l->device->media.unit) : b->max;
        return;
    }
    if (b->kind == BOX_TABLE) table_measure(l, b);
    else if (b->kind == BOX_FLEX) flex_measure(l, b);
    else if (b->lines_only) inline_measure(l, b);
    else
        for (struct box *c = b->first; c; c = c->next) {
            box_measure(l, c);
            dim margins = length_of(c->style->margin[SIDE_LEFT], 0, 0) + length_of(c->style->margin[SIDE_RIGHT], 0, 0);
            b->min = dim_max(b->min, c->min + margins);
            b->max = dim_max(b->max, c->max + margins);
        }
    if (b->kind != BOX_TABLE) {
        b->min += box_across(b);
        b->max += box_across(b);
    }
    if (b->style->width.kind == LENGTH_FIXED && box_fixed_width(b, 0, &fixed)) {
        if (b->kind != BOX_TABLE && b->kind != BOX_CELL) b->min = fixed;
        else b->min = dim_max(b->min, box_limit_width(b, 0, 0));
        b->max = dim_max(fixed, b->min);
    }
    if (b->style->max_width.kind == LENGTH_FIXED || b->style->min_width.kind == LENGTH_FIXED) {
        b->min = box_limit_width(b, 0, b->min);
        b->max = box_limit_width(b, 0, b->max);
    }
}

dim box_shrink_width(struct layout *l, struct box *b, dim avail)
{
    dim w, h;
    if (b->kind == BOX_IMAGE) {
        picture_size(l, b, avail, &w, &h);
        return w + box_across(b);
    }
    if (box_fixed_width(b, avail, &w)) {
        if (b->kind != BOX_TABLE) return w;
        box_measure(l, b);
        return dim_max(w, b->min);
    }
    box_measure(l, b);
    box_edges(b, avail);
    dim room = avail - b->margin[SIDE_LEFT] - b->margin[SIDE_RIGHT];
    return box_limit_width(b, avail, dim_min(dim_max(b->min, room), b->max));
}

dim box_width(struct layout *l, struct box *b, dim avail)
{
    dim w;
    bool shrinks = b->kind == BOX_TABLE || b->kind == BOX_IMAGE || b->control || b->atomic;
    if (shrinks) return box_shrink_width(l, b, avail);
    if (box_fixed_width(b, avail, &w)) return w;
    return box_limit_width(b, avail, dim_max(avail - b->margin[SIDE_LEFT] - b->margin[SIDE_RIGHT], 0));
}

/* ---- heights ---- */

static dim box_border_height(const struct box *b, dim h)
{
    dim edges = box_edge(b, SIDE_TOP) + box_edge(b, SIDE_BOTTOM);
    return b->style->border_box ? dim_max(h, edges) : h + edges;
}

bool box_fixed_height(const struct box *b, dim *h)
{
    if (b->style->height.kind != LENGTH_FIXED) return false;
    *h = box_border_height(b, b->style->height.v);
    return true;
}

dim box_limit_height(const struct box *b, dim h)
{
    const struct style *s = b->style;
    if (s->max_height.kind == LENGTH_FIXED && s->clips) h = dim_min(h, box_border_height(b, s->max_height.v));
    if (s->min_height.kind == LENGTH_FIXED) h = dim_max(h, box_border_height(b, s->min_height.v));
    return h;
}

/* CSS 2.1 8.3.1: the largest of the positive ones, less the most negative one. */
static dim margin_collapse(dim a, dim b)
{
    if (a >= 0 && b >= 0) return dim_max(a, b);
    if (a < 0 && b < 0) return dim_min(a, b);
    return a + b;
}

/* ---- blocks ---- */

/* Where a block stands between the sides: margins, auto margins, <center>. */
static dim block_x(const struct box *b, const struct box *c, dim left, dim avail)
{
    const struct style *s = c->style;
    dim room = avail - c->w - c->margin[SIDE_LEFT] - c->margin[SIDE_RIGHT], x = left + c->margin[SIDE_LEFT];
    bool auto_left = s->margin[SIDE_LEFT].kind == LENGTH_AUTO, auto_right = s->margin[SIDE_RIGHT].kind == LENGTH_AUTO;
    if (room <= 0) return x;
    if (auto_left) return x + (auto_right ? room / 2 : room);
    if (b->style->text_align == ALIGN_CENTER_ALL && !auto_right) return x + room / 2;
    if (b->style->text_align == ALIGN_RIGHT_ALL && !auto_right) return x + room;
    return x;
}

struct flow {
    dim y, pending;                     /* the next box's place, and the margin above it that is not spent yet */
    bool first;                         /* nothing stood here so far */
};

/* Puts one child below the others.  Margins at the top that nothing keeps inside become the parent's. */
static void block_place(struct box *b, struct box *c, struct flow *f, bool open_top)
{
    bool empty = c->h == 0 && !c->lines && c->kind == BOX_BLOCK;
    if (f->first && open_top) {
        b->top = margin_collapse(b->top, c->top);
        if (empty) b->top = margin_collapse(b->top, c->bottom);
        c->y = f->y;
        if (empty) return;
    } else {
        dim gap = margin_collapse(f->pending, c->top);
        c->y = f->y + gap;
        if (empty) {
            f->pending = margin_collapse(gap, c->bottom);
            return;
        }
        f->y += gap;
    }
    f->first = false;
    f->y += c->h;
    f->pending = c->bottom;
}

static dim block_children(struct layout *l, struct box *b, dim left, dim width)
{
    bool open_top = !b->root && box_edge(b, SIDE_TOP) == 0;
    struct flow f = {.y = box_edge(b, SIDE_TOP), .first = true};
    for (struct box *c = b->first; c; c = c->next) {
        box_edges(c, width);
        c->w = box_width(l, c, width);
        box_layout(l, c);
        c->x = block_x(b, c, left, width);
        block_place(b, c, &f, open_top);
        if (f.y > l->bottom_max) {
            l->full |= c->next != NULL;
            c->next = NULL;
            b->last = c;
        }
    }
    bool open_bottom = !b->root && box_edge(b, SIDE_BOTTOM) == 0 && b->style->height.kind != LENGTH_FIXED && !f.first;
    if (open_bottom) b->bottom = margin_collapse(b->bottom, f.pending);
    else f.y += f.pending;
    return f.y;
}

/* The baseline of the first line inside, from the top of the border box; -1: there is none. */
static dim box_first_baseline(const struct box *b)
{
    if (b->lines) return b->lines->y + b->lines->baseline;
    for (const struct box *c = b->first; c; c = c->next) {
        dim at = c->kind == BOX_TEXT || c->kind == BOX_INLINE ? -1 : box_first_baseline(c);
        if (at >= 0) return c->y + at;
    }
    return -1;
}

static dim box_last_baseline(const struct box *b)
{
    dim at = -1;
    for (const struct line *line = b->lines; line; line = line->next) at = line->y + line->baseline;
    if (b->lines) return at;
    for (const struct box *c = b->first; c; c = c->next)
        if (c->kind != BOX_TEXT && c->kind != BOX_INLINE && c->baseline >= 0) at = c->y + c->baseline;
    return at;
}

static void block_marker(struct layout *l, struct box *b)
{
    dim ascent, descent, gap = l->device->media.text ? 1 : b->style->font_size * 2 / 5, w;
    if (!b->marker) return;
    l->device->metrics(l->device->ctx, b->style, &ascent, &descent);
    w = l->device->measure(l->device->ctx, b->style, b->marker, strlen(b->marker));
    b->marker_x = box_edge(b, SIDE_LEFT) - gap - w;
    b->marker_baseline = box_first_baseline(b);
    if (b->marker_baseline >= 0) return;
    b->marker_baseline = ascent; /* an empty item still takes a line */
    b->h = dim_max(b->h, ascent + descent);
}

/* A control's text stands in the middle of its height. */
static void block_center_lines(struct box *b, dim used)
{
    dim shift = (b->h - used) / 2;
    if (!b->control || (b->node && b->node->tag == TAG_TEXTAREA) || !b->lines || b->lines->next || shift <= 0) return;
    b->lines->y += shift;
    for (struct frag *f = b->lines->first; f; f = f->next) {
        f->y += shift;
        if (f->box->atomic) f->box->y += shift;
    }
}

void box_layout(struct layout *l, struct box *b)
{
    dim fixed;
    if (b->kind == BOX_TABLE) return table_layout(l, b);
    if (b->kind == BOX_FLEX) return flex_layout(l, b);
    if (b->kind == BOX_IMAGE) {
        dim w;
        picture_size(l, b, b->w - box_across(b), &w, &b->h);
        if (w > 0 && w != b->w - box_across(b)) b->h = b->h * (b->w - box_across(b)) / w;
        b->h += box_edge(b, SIDE_TOP) + box_edge(b, SIDE_BOTTOM);
        return;
    }
    dim left = box_edge(b, SIDE_LEFT), width = dim_max(b->w - box_across(b), 0), bottom;
    if (b->lines_only) bottom = box_edge(b, SIDE_TOP) + inline_layout(l, b, left, box_edge(b, SIDE_TOP), width);
    else bottom = block_children(l, b, left, width);
    dim used = bottom + box_edge(b, SIDE_BOTTOM);
    b->h = box_fixed_height(b, &fixed) && !l->device->media.text ? b->kind == BOX_CELL ? dim_max(used, fixed) : fixed : used;
    if (l->device->media.text && b->control && box_fixed_height(b, &fixed)) b->h = dim_max(used, fixed);
    b->h = box_limit_height(b, b->h);
    block_center_lines(b, used);
    b->baseline = box_last_baseline(b);
    block_marker(l, b);
}

struct box *layout_page(struct layout *l, struct node *root)
{
    struct box *top = box_build(l, root);
    if (!top) return NULL;
    struct style *plain = box_style_copy(l, top->style);
    if (!plain) return NULL;
    *plain = css_anonymous(root->style);
    top->style = plain;
    box_edges(top, l->device->media.width);
    top->w = l->device->media.width;
    box_layout(l, top);
    return top;
}
