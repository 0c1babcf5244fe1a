/* Flexible boxes, the simple part (css-flexbox-1 9): rows that grow, shrink and wrap, columns, alignment on both axes. */
#include "layout.h"

static dim flex_max(dim a, dim b) { return a > b ? a : b; }

static dim flex_margins(const struct box *c) { return c->margin[SIDE_LEFT] + c->margin[SIDE_RIGHT]; }

static dim flex_style_margins(const struct box *c)
{
    return length_of(c->style->margin[SIDE_LEFT], 0, 0) + length_of(c->style->margin[SIDE_RIGHT], 0, 0);
}

void flex_measure(struct layout *l, struct box *b)
{
    for (struct box *c = b->first; c; c = c->next) {
        box_measure(l, c);
        dim min = c->min + flex_style_margins(c), max = c->max + flex_style_margins(c), gap = c->next ? b->style->gap : 0;
        if (b->style->flex_column) {
            b->min = flex_max(b->min, min);
            b->max = flex_max(b->max, max);
        } else {
            b->max += max + gap;
            if (b->style->flex_wrap) b->min = flex_max(b->min, min);
            else b->min += min + gap;
        }
    }
}

/* The hypothetical main size: flex-basis, width, or as wide as it likes. */
static dim flex_base(struct layout *l, struct box *c, dim avail)
{
    dim w;
    box_edges(c, avail);
    if (c->style->flex_basis.kind == LENGTH_FIXED || c->style->flex_basis.kind == LENGTH_PERCENT) {
        box_measure(l, c);
        box_edges(c, avail);
        dim inner = length_of(c->style->flex_basis, avail, 0);
        return flex_max(c->style->border_box ? inner : inner + box_across(c), box_across(c));
    }
    if (c->kind != BOX_TABLE && box_fixed_width(c, avail, &w)) return w;
    box_measure(l, c);
    box_edges(c, avail);
    return c->kind == BOX_IMAGE ? box_shrink_width(l, c, avail) : box_limit_width(c, avail, c->max);
}

struct flex_line {
    struct box *first, *end;            /* end: not in it */
    int count;
    dim used, grow, shrink;
};

static struct flex_line flex_take_line(struct box *b, struct box *first, dim avail)
{
    struct flex_line line = {.first = first};
    struct box *c = first;
    for (; c; c = c->next) {
        dim w = c->w + flex_margins(c) + (line.count ? b->style->gap : 0);
        if (b->style->flex_wrap && line.count && line.used + w > avail) break;
        line.used += w;
        line.grow += c->style->flex_grow;
        line.shrink += c->style->flex_shrink * (c->w >> 6 | 1) / 1000;
        line.count++;
    }
    line.end = c;
    return line;
}

/* Room that is left is given to those that grow; what is missing is taken from those that can do with less. */
static void flex_resolve(struct layout *l, struct flex_line *line, dim avail)
{
    dim room = avail - line->used, given = 0, seen = 0;
    for (struct box *c = line->first; c != line->end; c = c->next) {
        if (room > 0 && line->grow > 0) {
            seen += c->style->flex_grow;
            dim upto = room * seen / (line->grow > 1000 ? line->grow : 1000);
            c->w = c->style->flex_grow ? box_limit_width(c, avail, c->w + upto - given) : c->w;
            given = upto;
        } else if (room < 0 && line->shrink > 0) {
            seen += c->style->flex_shrink * (c->w >> 6 | 1) / 1000;
            dim upto = -room * seen / line->shrink;
            box_measure(l, c);
            box_edges(c, avail);
            c->w = flex_max(c->w - (upto - given), c->kind == BOX_IMAGE ? 1 : c->min < c->w ? c->min : c->w);
            given = upto;
        }
    }
    line->used = 0;
    for (struct box *c = line->first; c != line->end; c = c->next) line->used += c->w + flex_margins(c);
}

/* Where the first one begins, and what is between them on top of the gap. */
static void flex_justify(enum flex_place place, dim room, int count, dim *start, dim *between)
{
    *start = *between = 0;
    if (room <= 0) return;
    if (place == PLACE_CENTER) *start = room / 2;
    else if (place == PLACE_END) *start = room;
    else if (place == PLACE_BETWEEN && count > 1) *between = room / (count - 1);
    else if (place == PLACE_AROUND) {
        *between = room / count;
        *start = *between / 2;
    } else if (place == PLACE_EVENLY) *start = *between = room / (count + 1);
}

static enum flex_place flex_cross(const struct box *b, const struct box *c)
{
    return c->style->flex_self != PLACE_AUTO ? (enum flex_place)c->style->flex_self : (enum flex_place)b->style->flex_align;
}

static int flex_autos(const struct flex_line *line)
{
    int n = 0;
    for (struct box *c = line->first; c != line->end; c = c->next)
        n += (c->style->margin[SIDE_LEFT].kind == LENGTH_AUTO) + (c->style->margin[SIDE_RIGHT].kind == LENGTH_AUTO);
    return n;
}

static dim flex_set_line(struct layout *l, struct box *b, struct flex_line *line, dim left, dim y, dim avail, dim least)
{
    dim start, between, height = least, gap = b->style->gap;
    flex_resolve(l, line, avail);
    dim room = avail - line->used - gap * (line->count - 1);
    int autos = flex_autos(line);
    dim each = autos && room > 0 ? room / autos : 0;
    flex_justify(autos ? PLACE_START : (enum flex_place)b->style->flex_place, room, line->count, &start, &between);
    dim x = left + start;
    for (struct box *c = line->first; c != line->end; c = c->next) {
        box_layout(l, c);
        if (c->style->margin[SIDE_LEFT].kind == LENGTH_AUTO) x += each;
        x += c->margin[SIDE_LEFT];
        c->x = x;
        x += c->w + c->margin[SIDE_RIGHT] + between + gap;
        if (c->style->margin[SIDE_RIGHT].kind == LENGTH_AUTO) x += each;
        height = flex_max(height, c->h + c->top + c->bottom);
    }
    for (struct box *c = line->first; c != line->end; c = c->next) {
        enum flex_place place = flex_cross(b, c);
        dim spare = height - c->h - c->top - c->bottom;
        c->y = y + c->top + (place == PLACE_CENTER ? spare / 2 : place == PLACE_END ? spare : 0);
        if (place == PLACE_STRETCH && c->style->height.kind == LENGTH_AUTO && c->kind == BOX_BLOCK) c->h += flex_max(spare, 0);
    }
    return height;
}

static dim flex_rows(struct layout *l, struct box *b, dim left, dim top, dim avail, dim height)
{
    dim y = top;
    for (struct box *c = b->first; c; c = c->next) c->w = flex_base(l, c, avail);
    for (struct box *c = b->first; c;) {
        struct flex_line line = flex_take_line(b, c, avail);
        bool only = c == b->first && !line.end;
        if (y > top) y += b->style->row_gap;
        y += flex_set_line(l, b, &line, left, y, avail, only ? height : 0);
        c = line.end;
    }
    return y;
}

static dim flex_columns(struct layout *l, struct box *b, dim left, dim top, dim avail, dim height)
{
    dim y = top, start, between;
    int count = 0;
    for (struct box *c = b->first; c; c = c->next, count++) {
        enum flex_place place = flex_cross(b, c);
        box_edges(c, avail);
        bool autos = c->style->margin[SIDE_LEFT].kind == LENGTH_AUTO && c->style->margin[SIDE_RIGHT].kind == LENGTH_AUTO;
        c->w = place == PLACE_STRETCH && !autos ? box_width(l, c, avail) : box_shrink_width(l, c, avail);
        box_edges(c, avail);
        box_layout(l, c);
        dim room = avail - c->w - flex_margins(c);
        c->x = left + c->margin[SIDE_LEFT] + (room <= 0 ? 0 : place == PLACE_CENTER || autos ? room / 2 : place == PLACE_END ? room : 0);
        c->y = y + c->top;
        y = c->y + c->h + c->bottom + (c->next ? b->style->row_gap : 0);
    }
    flex_justify((enum flex_place)b->style->flex_place, top + height - y, count, &start, &between);
    for (struct box *c = b->first; c; c = c->next, start += between) c->y += start;
    return y;
}

void flex_layout(struct layout *l, struct box *b)
{
    dim left = box_edge(b, SIDE_LEFT), top = box_edge(b, SIDE_TOP), avail = flex_max(b->w - box_across(b), 0), fixed = 0;
    dim edges = top + box_edge(b, SIDE_BOTTOM);
    bool has_height = box_fixed_height(b, &fixed);
    dim least = flex_max(box_limit_height(b, has_height ? fixed : 0) - edges, 0);
    dim bottom = b->style->flex_column ? flex_columns(l, b, left, top, avail, least) : flex_rows(l, b, left, top, avail, least);
    b->h = has_height ? fixed : bottom + box_edge(b, SIDE_BOTTOM);
    b->h = box_limit_height(b, b->h);
    for (const struct box *c = b->first; c && b->baseline < 0; c = c->next)
        if (c->baseline >= 0) b->baseline = c->y + c->baseline;
}
