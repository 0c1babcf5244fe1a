/* A page as text: boxes laid out in cells, painted into a grid, written line by line. */
#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "unicode.h"

enum { TEXT_CELLS_MAX = 4 << 20, TEXT_WIDTH_MIN = 20, TEXT_WIDTH_MAX = 1000 };
enum { LINE_UP = 1, LINE_DOWN = 2, LINE_LEFT = 4, LINE_RIGHT = 8, LINE_DOUBLE = 16 };
enum { FACE_BOLD = 1, FACE_ITALIC = 2, FACE_UNDERLINE = 4, FACE_STRIKE = 8 };

struct cell {
    const char *text;
    uint16_t n;                         /* with the combining characters behind it */
    bool covered;                       /* by the wide character to the left */
    bool pixels;                        /* two of them, one above the other */
    uint8_t line, face;
    int link;
    uint32_t upper, lower;
};

struct grid {
    struct page *page;
    const struct page_text_options *options;
    struct cell **row;
    int width, rows, used;
    bool failed;
};

/* ---- the terminal as a device ---- */

static dim text_measure(void *ctx, const struct style *s, const char *text, size_t n) { return unicode_text_width(text, n); }

static void text_metrics(void *ctx, const struct style *s, dim *ascent, dim *descent)
{
    *ascent = 1;
    *descent = 0;
}

static bool text_picture(void *ctx, const struct node *n, dim *w, dim *h)
{
    const struct image *i = n->resource ? n->resource->image : NULL;
    if (!i) return false;
    *w = (i->width + 7) / 8;
    *h = (i->height + 15) / 16;
    return true;
}

/* ---- painting ---- */

static struct cell *grid_cell(struct grid *g, dim x, dim y)
{
    if (x < 0 || y < 0 || x >= g->width || y >= g->rows) return NULL;
    if (!g->row[y]) g->row[y] = calloc((size_t)g->width, sizeof **g->row);
    if (!g->row[y]) {
        g->failed = true;
        return NULL;
    }
    if (y >= g->used) g->used = (int)y + 1;
    return &g->row[y][x];
}

/* Characters that would do something to a terminal, or to the order of what is read. */
static bool char_is_shown(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
    return !(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069) && c != 0x200e && c != 0x200f && c != 0x200b && c != 0xfeff && c != 0xad;
}

static uint8_t style_face(const struct style *s)
{
    return (uint8_t)((s->font_weight >= 600 ? FACE_BOLD : 0) | (s->italic ? FACE_ITALIC : 0) | (s->decoration & DECORATE_UNDERLINE ? FACE_UNDERLINE : 0) |
                     (s->decoration & DECORATE_STRIKE ? FACE_STRIKE : 0));
}

static void grid_text(struct grid *g, dim x, dim y, const char *p, size_t n, const struct style *s)
{
    struct cell *last = NULL;
    if (s->hidden) return;
    for (const char *end = p + n; p < end;) {
        size_t k;
        uint32_t c = unicode_char(p, end, &k);
        int w = unicode_width(c);
        bool shown = char_is_shown(c);
        if (shown && w == 0 && last && last->text + last->n == p && last->n < 64) last->n = (uint16_t)(last->n + k);
        if (shown && w > 0) {
            struct cell *at = grid_cell(g, x, y), *second = w == 2 ? grid_cell(g, x + 1, y) : NULL;
            if (at && (w == 1 || second)) {
                *at = (struct cell){.text = p, .n = (uint16_t)k, .face = style_face(s), .link = s->link};
                if (second) *second = (struct cell){.covered = true};
                last = at;
            }
            x += w;
        }
        p += k;
    }
}

static void grid_line(struct grid *g, dim x, dim y, unsigned bits)
{
    struct cell *c = grid_cell(g, x, y);
    if (c) c->line |= (uint8_t)bits;
}

static void grid_brackets(struct grid *g, const struct box *b, dim x, dim y)
{
    grid_text(g, x, y, "[", 1, b->style);
    grid_text(g, x + b->w - 1, y, "]", 1, b->style);
}

/* Borders are one cell wide, or not there. */
static void grid_border(struct grid *g, const struct box *b, dim x, dim y, dim w, dim h)
{
    const struct style *s = b->style;
    bool top = s->border_width[SIDE_TOP], right = s->border_width[SIDE_RIGHT], bottom = s->border_width[SIDE_BOTTOM], left = s->border_width[SIDE_LEFT];
    if (w < 1 || h < 1 || s->hidden) return;
    if (b->control && left && !top) return grid_brackets(g, b, x, y);
    for (dim i = 0; i < w && i < g->width; i++) {
        bool first = i == 0 && left, last = i == w - 1 && right;
        unsigned across = (first ? 0 : LINE_LEFT) | (last ? 0 : LINE_RIGHT);
        bool twice = s->border_style[SIDE_TOP] == BORDER_DOUBLE || s->border_style[SIDE_BOTTOM] == BORDER_DOUBLE;
        if (top) grid_line(g, x + i, y, across | (twice ? LINE_DOUBLE : 0));
        if (bottom) grid_line(g, x + i, y + h - 1, across | (twice ? LINE_DOUBLE : 0));
    }
    for (dim i = 0; i < h && i < g->rows; i++) {
        bool first = i == 0 && top, last = i == h - 1 && bottom;
        unsigned down = (first ? 0 : LINE_UP) | (last ? 0 : LINE_DOWN);
        if (left) grid_line(g, x, y + i, down);
        if (right) grid_line(g, x + w - 1, y + i, down);
    }
}

/* The mean of the picture's pixels that fall into one half of a cell, on white. */
static uint32_t picture_average(const struct image *m, dim x, dim y, dim w, dim h)
{
    int64_t x0 = x * m->width / w, x1 = (x + 1) * m->width / w, y0 = y * m->height / h, y1 = (y + 1) * m->height / h, sum[4] = {0}, n = 0;
    if (x1 <= x0) x1 = x0 + 1;
    if (y1 <= y0) y1 = y0 + 1;
    for (int64_t j = y0; j < y1 && j < m->height; j++)
        for (int64_t i = x0; i < x1 && i < m->width; i++, n++)
            for (int k = 0; k < 4; k++) sum[k] += m->pixel[j * m->width + i] >> (8 * k) & 255;
    if (!n) return 0xffffff;
    uint32_t out = 0;
    for (int k = 0; k < 3; k++) {
        int64_t v = sum[k] / n + 255 - sum[3] / n;
        out |= (uint32_t)(v > 255 ? 255 : v) << (8 * k);
    }
    return out;
}

static void grid_picture(struct grid *g, const struct box *b, dim x, dim y)
{
    const struct image *m = b->node->resource->image;
    for (dim j = 0; j < b->h; j++)
        for (dim i = 0; i < b->w; i++) {
            struct cell *c = grid_cell(g, x + i, y + j);
            if (!c) continue;
            *c = (struct cell){.pixels = true, .link = b->style->link};
            c->upper = picture_average(m, i, 2 * j, b->w, 2 * b->h);
            c->lower = picture_average(m, i, 2 * j + 1, b->w, 2 * b->h);
        }
}

static void grid_box(struct grid *g, const struct box *b, dim x, dim y);

static void grid_lines(struct grid *g, const struct box *b, dim x, dim y)
{
    for (const struct line *line = b->lines; line; line = line->next)
        for (const struct frag *f = line->first; f; f = f->next) {
            if (f->text) grid_text(g, x + f->x, y + f->y, f->text, f->n, f->box->style);
            else if (f->box->atomic) grid_box(g, f->box, x + f->x, y + f->y);
            else grid_border(g, f->box, x + f->x, y + f->y, f->w, f->h);
        }
}

static void grid_box(struct grid *g, const struct box *b, dim x, dim y)
{
    if (b->kind == BOX_IMAGE) return grid_picture(g, b, x, y);
    grid_border(g, b, x, y + b->caption, b->w, b->h - b->caption);
    if (b->marker && b->marker_baseline >= 0) grid_text(g, x + b->marker_x, y + b->marker_baseline - 1, b->marker, strlen(b->marker), b->style);
    if (b->lines_only) return grid_lines(g, b, x, y);
    for (const struct box *c = b->first; c; c = c->next) grid_box(g, c, x + c->x, y + c->y);
}

/* ---- writing ---- */

static const char *line_text(unsigned bits)
{
    static const char *const text[16] = {" ", "│", "│", "│", "─", "┘", "┐", "┤", "─", "└", "┌", "├", "─", "┴", "┬", "┼"};
    return bits & LINE_DOUBLE && !(bits & (LINE_UP | LINE_DOWN)) ? "═" : text[bits & 15];
}

struct writer_state {
    uint8_t face;
    int link;
    bool colored;
};

static void text_switch(struct grid *g, struct writer_state *w, const struct cell *c, FILE *out)
{
    uint8_t face = c ? c->face : 0;
    int link = c ? c->link : 0;
    bool pixels = c && c->pixels;
    if (g->options->hyperlinks && link != w->link) {
        if (w->link) fputs("\033]8;;\033\\", out);
        if (link) fprintf(out, "\033]8;;%s\033\\", g->page->link[link - 1]);
    }
    w->link = link;
    if (!g->options->styles) return;
    if (face != w->face || (w->colored && !pixels)) {
        fputs("\033[0", out);
        if (face & FACE_BOLD) fputs(";1", out);
        if (face & FACE_ITALIC) fputs(";3", out);
        if (face & FACE_UNDERLINE) fputs(";4", out);
        if (face & FACE_STRIKE) fputs(";9", out);
        if (link && (face & FACE_UNDERLINE)) fputs(";34", out);
        fputc('m', out);
    }
    w->face = face;
    w->colored = pixels;
    if (pixels)
        fprintf(out, "\033[38;2;%u;%u;%u;48;2;%u;%u;%um", c->upper >> 16 & 255, c->upper >> 8 & 255, c->upper & 255, c->lower >> 16 & 255,
            c->lower >> 8 & 255,
                c->lower & 255);
}

static bool cell_is_blank(const struct cell *c) { return !c->line && !c->pixels && !c->covered && (!c->text || (*c->text == ' ' && c->n == 1)); }

static int row_length(const struct grid *g, int y)
{
    int n = g->row[y] ? g->width : 0;
    while (n && cell_is_blank(&g->row[y][n - 1])) n--;
    return n;
}

static void text_write_row(struct grid *g, int y, FILE *out)
{
    struct writer_state w = {0};
    int n = row_length(g, y);
    for (int x = 0; x < n; x++) {
        const struct cell *c = &g->row[y][x];
        if (c->covered) continue;
        text_switch(g, &w, c, out);
        if (c->pixels) fputs("▀", out);
        else if (c->text && !(c->line && *c->text == ' ')) fwrite(c->text, 1, c->n, out);
        else fputs(line_text(c->line), out);
    }
    text_switch(g, &w, NULL, out);
    fputc('\n', out);
}

static void text_write(struct grid *g, FILE *out)
{
    int first = 0, last = g->used;
    while (last && !row_length(g, last - 1)) last--;
    while (first < last && !row_length(g, first)) first++;
    for (int y = first; y < last; y++) text_write_row(g, y, out);
    if (g->options->no_link_list || !g->page->links) return;
    fputc('\n', out);
    for (int i = 0; i < g->page->links; i++) fprintf(out, "[%d] %s\n", i + 1, g->page->link[i]);
}

int page_text(struct page *p, const struct page_text_options *options, FILE *out)
{
    static const struct page_text_options plain;
    struct arena arena = {.max = RENDER_MEMORY_MAX};
    struct grid g = {.page = p, .options = options ? options : &plain};
    g.width = g.options->width ? g.options->width : 80;
    g.width = g.width < TEXT_WIDTH_MIN ? TEXT_WIDTH_MIN : g.width > TEXT_WIDTH_MAX ? TEXT_WIDTH_MAX : g.width;
    g.rows = TEXT_CELLS_MAX / g.width;
    struct device d = {.media = {.unit = 1, .width = g.width, .height = 24, .text = true}, .pictures = g.options->pictures && g.options->styles,
                       .marks_links = !g.options->no_link_numbers, .measure = text_measure, .metrics = text_metrics, .picture = text_picture, .ctx = &g};
    struct layout l = {.arena = &arena, .device = &d, .bottom_max = g.rows};
    g.row = calloc((size_t)g.rows, sizeof *g.row);
    struct box *top = g.row ? page_layout(p, &l, sheet_terminal) : NULL;
    if (top) {
        grid_box(&g, top, 0, 0);
        text_write(&g, out);
    }
    int err = !top || g.failed ? HP_ENOMEM : fflush(out) || ferror(out) ? HP_EIO : HP_OK;
    for (int y = 0; g.row && y < g.rows; y++) free(g.row[y]);
    free(g.row);
    arena_free(&arena);
    return err;
}
