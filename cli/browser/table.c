/* Tables (CSS 2.1 17): a grid of cells, the automatic width algorithm, heights of rows, collapsing borders. */
#include <string.h>

#include "layout.h"

struct column {
    dim min, max, w;
    dim fixed;                          /* the style's width, 0 = none */
    int32_t percent;                    /* thousandths, 0 = none */
    dim x;
};

struct table {
    struct column *column;
    int columns, rows;
    dim spacing, spacing_down;          /* between cells; negative where borders collapse */
    dim edge, edge_down;                /* from the table's border box to the first cell */
};

static dim table_max(dim a, dim b) { return a > b ? a : b; }
static dim table_min(dim a, dim b) { return a < b ? a : b; }

static struct box *table_next_row(struct box *row)
{
    while (row && row->kind != BOX_ROW) row = row->next;
    return row;
}

/* ---- the grid ---- */

/* Places every cell: `busy` counts, per column, the rows that a cell from above still takes. */
static int table_place(struct box *b, int busy[LAYOUT_COLUMNS_MAX], int *rows)
{
    int columns = 0, y = 0;
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next), y++) {
        int x = 0;
        for (struct box *cell = row->first, *before = NULL; cell; cell = cell->next) {
            while (x < LAYOUT_COLUMNS_MAX && busy[x] > 0) x++;
            if (x == LAYOUT_COLUMNS_MAX) { /* what is further to the right is not shown */
                if (before) before->next = NULL;
                else row->first = NULL;
                row->last = before;
                break;
            }
            cell->column = x;
            cell->row = y;
            if (cell->colspan > LAYOUT_COLUMNS_MAX - x) cell->colspan = LAYOUT_COLUMNS_MAX - x;
            for (int i = 0; i < cell->colspan; i++) busy[x + i] = cell->rowspan;
            x += cell->colspan;
            if (x > columns) columns = x;
            before = cell;
        }
        for (int i = 0; i < LAYOUT_COLUMNS_MAX; i++) busy[i] -= busy[i] > 0;
    }
    *rows = y;
    return columns;
}

static dim table_border_max(const struct box *b)
{
    dim most = 0;
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next))
        for (const struct box *c = row->first; c; c = c->next)
            for (int i = 0; i < 4; i++) most = table_max(most, c->style->border_width[i]);
    return most;
}

static void table_spacing(const struct layout *l, const struct box *b, struct table *t)
{
    bool text = l->device->media.text;
    const struct style *s = b->style;
    if (s->collapse) {
        dim border = table_border_max(b);
        t->spacing = t->spacing_down = -border;
        t->edge = table_max(s->border_width[SIDE_LEFT] - border, 0);
        t->edge_down = table_max(s->border_width[SIDE_TOP] - border, 0);
    } else {
        t->spacing = s->border_spacing;
        t->spacing_down = text ? 0 : s->border_spacing;
        t->edge = box_edge(b, SIDE_LEFT) + (text ? 0 : t->spacing);
        t->edge_down = box_edge(b, SIDE_TOP) + t->spacing_down;
    }
}

static struct table *table_grid(struct layout *l, struct box *b)
{
    int busy[LAYOUT_COLUMNS_MAX] = {0};
    if (b->table) return b->table;
    struct table *t = arena_alloc(l->arena, sizeof *t);
    if (!t) return NULL;
    t->columns = table_place(b, busy, &t->rows);
    t->column = arena_alloc(l->arena, ((size_t)t->columns + 1) * sizeof *t->column);
    if (!t->column) return NULL;
    table_spacing(l, b, t);
    return b->table = t;
}

/* ---- widths ---- */

static void column_take(struct table *t, const struct box *cell)
{
    struct column *c = &t->column[cell->column];
    const struct style *s = cell->style;
    c->min = table_max(c->min, cell->min);
    c->max = table_max(c->max, cell->max);
    if (s->width.kind == LENGTH_FIXED) c->fixed = table_max(c->fixed, cell->max);
    if (s->width.kind == LENGTH_PERCENT && s->width.v > c->percent) c->percent = s->width.v;
}

/* What a cell over several columns wants more than they have, is shared by them. */
static void column_take_span(struct table *t, const struct box *cell)
{
    struct column *c = &t->column[cell->column];
    dim between = t->spacing * (cell->colspan - 1), min = between, max = between;
    for (int i = 0; i < cell->colspan; i++) {
        min += c[i].min;
        max += c[i].max;
    }
    for (int i = 0; i < cell->colspan; i++) {
        int left = cell->colspan - i;
        dim more_min = table_max(cell->min - min, 0) / left, more_max = table_max(cell->max - max, 0) / left;
        c[i].min += more_min;
        c[i].max = table_max(c[i].max + more_max, c[i].min);
        min += more_min;
        max += more_max;
    }
}

static dim table_frame(const struct table *t)
{
    return 2 * t->edge + (t->columns > 1 ? t->spacing * (t->columns - 1) : 0);
}

void table_measure(struct layout *l, struct box *b)
{
    struct table *t = table_grid(l, b);
    if (!t) return;
    for (int spans = 0; spans < 2; spans++)
        for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next))
            for (struct box *cell = row->first; cell; cell = cell->next) {
                box_measure(l, cell);
                if (spans && cell->colspan > 1) column_take_span(t, cell);
                if (!spans && cell->colspan == 1) column_take(t, cell);
            }
    b->min = b->max = table_frame(t);
    for (int i = 0; i < t->columns; i++) {
        if (t->column[i].max < t->column[i].min) t->column[i].max = t->column[i].min;
        b->min += t->column[i].min;
        b->max += t->column[i].max;
    }
    for (int i = 0; i < t->columns; i++) /* a column that is to be 20 % wide wants the table five times as wide */
        if (t->column[i].percent > 0) b->max = table_max(b->max, t->column[i].max * 100000 / t->column[i].percent);
    for (struct box *c = b->first; c; c = c->next)
        if (c->kind == BOX_BLOCK) {
            box_measure(l, c);
            b->min = table_max(b->min, c->min);
            b->max = table_max(b->max, c->min);
        }
}

/* Gives out `room` on top of what the columns have, by weight. */
static void table_share(struct table *t, dim room, dim (*weight)(const struct column *c))
{
    dim all = 0, given = 0, seen = 0;
    for (int i = 0; i < t->columns; i++) all += weight(&t->column[i]);
    for (int i = 0; i < t->columns && all > 0; i++) {
        seen += weight(&t->column[i]);
        dim upto = room * seen / all;
        t->column[i].w += upto - given;
        given = upto;
    }
}

static dim weight_growth(const struct column *c) { return table_max(c->max - c->w, 0); }
static dim weight_max(const struct column *c) { return c->fixed || c->percent ? 0 : table_max(c->max, 1); }
static dim weight_any(const struct column *c) { return table_max(c->w, 1); }

/* The columns' widths for a table whose cells have `room` together (17.5.2.2). */
static void table_widths(const struct layout *l, struct table *t, dim room)
{
    dim min = 0, used = 0, growth = 0, flexible = 0;
    for (int i = 0; i < t->columns; i++) min += t->column[i].w = t->column[i].min;
    if (min > room && l->device->media.text) { /* a terminal cannot scroll to the side: everything gets narrower */
        for (int i = 0; i < t->columns; i++) t->column[i].w = table_max(t->column[i].min * room / table_max(min, 1), 3);
        return;
    }
    for (int i = 0; i < t->columns; i++) { /* percentages first, as far as there is room for the others' least */
        struct column *c = &t->column[i];
        dim want = room * c->percent / 100000, spare = room - min;
        if (!c->percent || want <= c->w) continue;
        dim more = table_min(want - c->w, table_max(spare, 0));
        c->w += more;
        min += more;
        if (c->max < c->w) c->max = c->w;
    }
    for (int i = 0; i < t->columns; i++) {
        used += t->column[i].w;
        growth += t->column[i].percent ? 0 : weight_growth(&t->column[i]);
        flexible += weight_max(&t->column[i]);
    }
    for (int i = 0; i < t->columns; i++)
        if (t->column[i].percent) t->column[i].max = t->column[i].w;
    dim spare = room - used, grow = table_min(spare, growth);
    if (grow > 0) table_share(t, grow, weight_growth);
    spare -= table_max(grow, 0);
    if (spare > 0) table_share(t, spare, flexible ? weight_max : weight_any);
}

/* ---- heights ---- */

static dim table_cell_width(const struct table *t, const struct box *cell)
{
    dim w = t->spacing * (cell->colspan - 1);
    for (int i = 0; i < cell->colspan; i++) w += t->column[cell->column + i].w;
    return table_max(w, 0);
}

static void table_row_layout(struct layout *l, struct table *t, struct box *row)
{
    dim fixed;
    row->h = row->style->height.kind == LENGTH_FIXED && !l->device->media.text ? row->style->height.v : 0;
    for (struct box *cell = row->first; cell; cell = cell->next) {
        cell->x = t->column[cell->column].x;
        box_edges(cell, table_cell_width(t, cell));
        cell->w = table_cell_width(t, cell);
        box_layout(l, cell);
        if (cell->rowspan == 1) row->h = table_max(row->h, cell->h);
        if (cell->rowspan == 1 && box_fixed_height(cell, &fixed) && !l->device->media.text) row->h = table_max(row->h, fixed);
    }
    if (!row->h && row->first) row->h = l->device->media.text ? 1 : 0;
}

static void cell_shift(struct box *cell, dim dy)
{
    for (struct line *line = cell->lines; line; line = line->next) {
        line->y += dy;
        for (struct frag *f = line->first; f; f = f->next) {
            f->y += dy;
            if (f->box->atomic) f->box->y += dy;
        }
    }
    for (struct box *c = cell->first; c; c = c->next)
        if (!cell->lines) c->y += dy;
}

/* Cells fill their rows, and their content goes where vertical-align says. */
static void table_stretch(struct table *t, struct box *row)
{
    for (struct box *cell = row->first; cell; cell = cell->next) {
        dim h = row->h;
        struct box *below = row;
        for (int i = 1; i < cell->rowspan && (below = table_next_row(below->next)); i++) h = below->y + below->h - row->y;
        dim room = h - cell->h;
        if (room <= 0) continue;
        if (cell->style->valign == VALIGN_MIDDLE) cell_shift(cell, room / 2);
        if (cell->style->valign == VALIGN_BOTTOM) cell_shift(cell, room);
        cell->h = h;
    }
}

/* A tall cell over several rows makes the last of them taller. */
static void table_spans(struct table *t, struct box *b)
{
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next))
        for (struct box *cell = row->first; cell; cell = cell->next) {
            struct box *last = row, *below = row;
            dim h = row->h;
            for (int i = 1; i < cell->rowspan && i < t->rows && (below = table_next_row(below->next)); i++) {
                last = below;
                h += below->h + t->spacing_down;
            }
            if (cell->rowspan > 1 && cell->h > h) last->h += cell->h - h;
        }
}

static dim table_caption(struct layout *l, struct box *b)
{
    dim y = 0;
    for (struct box *c = b->first; c; c = c->next) {
        if (c->kind == BOX_ROW) continue;
        box_edges(c, b->w);
        c->w = b->w;
        box_layout(l, c);
        c->y = y + c->top;
        y = c->y + c->h + c->bottom;
    }
    return y;
}

void table_layout(struct layout *l, struct box *b)
{
    box_measure(l, b);
    struct table *t = table_grid(l, b);
    if (!t) return;
    dim fixed;
    table_widths(l, t, table_max(b->w - table_frame(t), 0));
    dim x = t->edge;
    for (int i = 0; i < t->columns; i++) {
        t->column[i].x = x;
        x += t->column[i].w + t->spacing;
    }
    dim inner = x - (t->columns ? t->spacing : 0) + t->edge;
    b->w = t->columns ? table_max(inner, l->device->media.text ? 0 : b->w) : b->w;
    b->caption = table_caption(l, b);
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next)) {
        box_edges(row, b->w);
        row->w = b->w;
        table_row_layout(l, t, row);
    }
    table_spans(t, b);
    dim y = b->caption + t->edge_down;
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next)) {
        row->y = y;
        if (row->h || row->first) y += row->h + t->spacing_down; /* an empty row is not seen */
    }
    for (struct box *row = table_next_row(b->first); row; row = table_next_row(row->next)) table_stretch(t, row);
    b->h = y - (y > b->caption + t->edge_down ? t->spacing_down : 0) + t->edge_down;
    if (box_fixed_height(b, &fixed) && !l->device->media.text) b->h = table_max(b->h, fixed);
}
