/* A page as a picture: the only file that knows cairo and pango. */
#include <cairo.h>
#include <math.h>
#include <pango/pangocairo.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "page.h"

enum { PAINT_UNIT = 64, PAINT_HEIGHT_MAX = 30000, PAINT_WIDTH_MAX = 8192, WORDS = 8192, FONTS_MAX = 64 };

struct font {
    char family[128];
    int32_t size;
    uint16_t weight;
    bool italic;
    PangoFontDescription *description;
    dim ascent, descent;
};

/* Widths that were measured: a word comes back many times. */
struct word {
    uint64_t key;
    dim w;
};

struct painter {
    struct page *page;
    cairo_t *cr;
    PangoLayout *layout;
    struct font font[FONTS_MAX];
    int fonts;
    struct word word[WORDS];
    const struct font *set;             /* what the layout has */
    double clip_bottom;
};

/* fontconfig and pango keep what they know of fonts until the process ends; LeakSanitizer is told so. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libfontconfig\nleak:libpango\nleak:libglib\nleak:libgobject\nleak:libcairo\n"; }
#endif
#endif

/* ---- fonts ---- */

/* The first family of a list; the generic names, and those that nearly every page asks for and nobody has here, mean what is installed with us. */
static void font_family(const char *list, char out[128])
{
    static const char *const sans = "DejaVu Sans,NanumGothic,sans-serif", *const serif = "DejaVu Serif,NanumMyeongjo,NanumGothic,serif",
        *const mono = "DejaVu Sans Mono,NanumGothicCoding,monospace";
    bool is_mono = list && (strstr(list, "mono") || strstr(list, "Mono") || strstr(list, "ourier") || strstr(list, "onsol")), is_sans = list &&
        (strstr(list, "sans") || strstr(list, "Sans"));
    bool nanum = list && strncasecmp(list, "nanum", 5) == 0, is_serif = list && !is_sans && (strstr(list, "serif") || strstr(list, "Times") ||
        strstr(list, "Georgia"));
    if (nanum) snprintf(out, 128, "%.*s,DejaVu Sans", (int)strcspn(list, ","), list);
    else snprintf(out, 128, "%s", is_mono ? mono : is_serif ? serif : sans);
}

static PangoFontDescription *font_describe(const struct font *f)
{
    PangoFontDescription *d = pango_font_description_new();
    pango_font_description_set_family(d, f->family);
    pango_font_description_set_absolute_size(d, (double)f->size * PANGO_SCALE / PAINT_UNIT);
    pango_font_description_set_weight(d, (PangoWeight)(f->weight < 100 ? 100 : f->weight));
    if (f->italic) pango_font_description_set_style(d, PANGO_STYLE_ITALIC);
    return d;
}

static const struct font *painter_font(struct painter *p, const struct style *s)
{
    char family[128];
    int32_t size = s->font_size < PAINT_UNIT ? PAINT_UNIT : s->font_size;
    font_family(s->font_family, family);
    for (int i = 0; i < p->fonts; i++) {
        const struct font *f = &p->font[i];
        if (f->size == size && f->weight == s->font_weight && f->italic == s->italic && strcmp(f->family, family) == 0) return f;
    }
    if (p->fonts == FONTS_MAX) return &p->font[0]; /* a page with more fonts than that is not read for its looks */
    struct font *f = &p->font[p->fonts++];
    *f = (struct font){.size = size, .weight = s->font_weight, .italic = s->italic};
    strcpy(f->family, family);
    f->description = font_describe(f);
    PangoFontMetrics *m = pango_context_get_metrics(pango_layout_get_context(p->layout), f->description, NULL);
    f->ascent = (dim)pango_font_metrics_get_ascent(m) * PAINT_UNIT / PANGO_SCALE;
    f->descent = (dim)pango_font_metrics_get_descent(m) * PAINT_UNIT / PANGO_SCALE;
    pango_font_metrics_unref(m);
    return f;
}

static void painter_set(struct painter *p, const struct style *s, const char *text, size_t n)
{
    const struct font *f = painter_font(p, s);
    if (p->set != f) pango_layout_set_font_description(p->layout, f->description);
    p->set = f;
    pango_layout_set_text(p->layout, text, (int)n);
    if (!s->letter_spacing) {
        pango_layout_set_attributes(p->layout, NULL);
        return;
    }
    PangoAttrList *list = pango_attr_list_new();
    pango_attr_list_insert(list, pango_attr_letter_spacing_new(s->letter_spacing * PANGO_SCALE / PAINT_UNIT));
    pango_layout_set_attributes(p->layout, list);
    pango_attr_list_unref(list);
}

static uint64_t word_key(const struct font *f, int32_t spacing, const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u ^ (uint64_t)f->size * 31 ^ (uint64_t)f->weight << 40 ^ (uint64_t)f->italic << 60 ^ (uint64_t)(uint32_t)spacing << 20;
    for (const char *p = f->family; *p; p++) h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h | 1;
}

static dim paint_measure(void *ctx, const struct style *s, const char *text, size_t n)
{
    struct painter *p = ctx;
    int w;
    if (n == 0 || n > INT32_MAX / 2) return 0;
    uint64_t key = word_key(painter_font(p, s), s->letter_spacing, text, n);
    struct word *known = &p->word[key % WORDS];
    if (known->key == key) return known->w;
    painter_set(p, s, text, n);
    pango_layout_get_size(p->layout, &w, NULL);
    *known = (struct word){key, (dim)w * PAINT_UNIT / PANGO_SCALE};
    return known->w;
}

static void paint_metrics(void *ctx, const struct style *s, dim *ascent, dim *descent)
{
    const struct font *f = painter_font(ctx, s);
    *ascent = f->ascent;
    *descent = f->descent;
}

static bool paint_picture(void *ctx, const struct node *n, dim *w, dim *h)
{
    const struct image *i = n->resource ? n->resource->image : NULL;
    if (!i) return false;
    *w = (dim)i->width * PAINT_UNIT;
    *h = (dim)i->height * PAINT_UNIT;
    return true;
}

/* ---- shapes ---- */

static double px(dim v) { return (double)v / PAINT_UNIT; }
/* Edges of boxes lie on whole pixels, so that they are sharp. */
static double snap(dim v) { return floor((double)v / PAINT_UNIT + 0.5); }

static void paint_color(cairo_t *cr, uint32_t c)
{
    cairo_set_source_rgba(cr, (c >> 16 & 255) / 255.0, (c >> 8 & 255) / 255.0, (c & 255) / 255.0, (c >> 24) / 255.0);
}

static double paint_radius(const struct style *s, double w, double h)
{
    double r = s->radius < 0 ? fmin(w, h) * -s->radius / 100000.0 : px(s->radius);
    return fmin(r, fmin(w, h) / 2);
}

static void paint_path(cairo_t *cr, double x, double y, double w, double h, double r)
{
    cairo_new_path(cr);
    if (r <= 0) {
        cairo_rectangle(cr, x, y, w, h);
        return;
    }
    cairo_arc(cr, x + w - r, y + r, r, -M_PI / 2, 0);
    cairo_arc(cr, x + w - r, y + h - r, r, 0, M_PI / 2);
    cairo_arc(cr, x + r, y + h - r, r, M_PI / 2, M_PI);
    cairo_arc(cr, x + r, y + r, r, M_PI, M_PI * 3 / 2);
    cairo_close_path(cr);
}

static uint32_t shade(uint32_t c, bool light)
{
    uint32_t out = c & 0xff000000u;
    for (int k = 0; k < 24; k += 8) {
        uint32_t v = c >> k & 255;
        out |= (light ? v + (255 - v) / 2 : v / 2 + 48) << k;
    }
    return out;
}

static uint32_t border_color(const struct style *s, enum side side)
{
    bool low = side == SIDE_BOTTOM || side == SIDE_RIGHT, inset = s->border_style[side] == BORDER_INSET;
    if (s->border_style[side] != BORDER_INSET && s->border_style[side] != BORDER_OUTSET) return s->border_color[side];
    return shade(s->border_color[side], low == inset);
}

static void paint_dashes(cairo_t *cr, const struct style *s, enum side side, double w)
{
    double dash[2] = {s->border_style[side] == BORDER_DASHED ? 3 * w : w, s->border_style[side] == BORDER_DASHED ? 2 * w : w};
    bool dashed = s->border_style[side] == BORDER_DASHED || s->border_style[side] == BORDER_DOTTED;
    cairo_set_dash(cr, dash, dashed ? 2 : 0, 0);
}

/* One side as a line along its middle. */
static void paint_side(cairo_t *cr, const struct style *s, enum side side, double x, double y, double w, double h)
{
    double t = px(s->border_width[side]);
    if (t <= 0 || s->border_color[side] >> 24 == 0) return;
    if (t < 1) t = 1;
    double d = t / 2;
    int lines = s->border_style[side] == BORDER_DOUBLE && t >= 3 ? 2 : 1;
    paint_color(cr, border_color(s, side));
    paint_dashes(cr, s, side, t);
    cairo_set_line_width(cr, lines == 2 ? t / 3 : t);
    for (int i = 0; i < lines; i++) {
        double at = lines == 1 ? d : i ? t * 5 / 6 : t / 6;
        if (side == SIDE_TOP) cairo_move_to(cr, x, y + at), cairo_line_to(cr, x + w, y + at);
        else if (side == SIDE_BOTTOM) cairo_move_to(cr, x, y + h - at), cairo_line_to(cr, x + w, y + h - at);
        else if (side == SIDE_LEFT) cairo_move_to(cr, x + at, y), cairo_line_to(cr, x + at, y + h);
        else cairo_move_to(cr, x + w - at, y), cairo_line_to(cr, x + w - at, y + h);
        cairo_stroke(cr);
    }
    cairo_set_dash(cr, NULL, 0, 0);
}

static bool borders_are_equal(const struct style *s)
{
    for (int i = 1; i < 4; i++)
        if (s->border_width[i] != s->border_width[0] || s->border_color[i] != s->border_color[0] || s->border_style[i] != s->border_style[0]) return false;
    return s->border_style[0] != BORDER_INSET && s->border_style[0] != BORDER_OUTSET;
}

static void paint_frame(struct painter *p, const struct style *s, dim dx, dim dy, dim dw, dim dh)
{
    cairo_t *cr = p->cr;
    double x = snap(dx), y = snap(dy), w = snap(dx + dw) - x, h = snap(dy + dh) - y, r = paint_radius(s, w, h);
    if (s->hidden || w <= 0 || h <= 0 || y > p->clip_bottom || y + h < 0) return;
    if (s->background >> 24) {
        paint_color(cr, s->background);
        paint_path(cr, x, y, w, h, r);
        cairo_fill(cr);
    }
    if (r > 0 && borders_are_equal(s) && s->border_width[0]) {
        double t = fmax(px(s->border_width[0]), 1);
        paint_color(cr, s->border_color[0]);
        paint_dashes(cr, s, SIDE_TOP, t);
        paint_path(cr, x + t / 2, y + t / 2, w - t, h - t, fmax(r - t / 2, 0));
        cairo_set_line_width(cr, t);
        cairo_stroke(cr);
        cairo_set_dash(cr, NULL, 0, 0);
        return;
    }
    for (int side = 0; side < 4; side++) paint_side(cr, s, (enum side)side, x, y, w, h);
}

/* ---- text and pictures ---- */

static void paint_decoration(struct painter *p, const struct style *s, double x, double baseline, double w)
{
    double size = px(s->font_size), t = fmax(floor(size / 14 + 0.5), 1);
    static const struct {
        int bit;
        double at;
    } lines[] = {{DECORATE_UNDERLINE, 0.12}, {DECORATE_STRIKE, -0.3}, {DECORATE_OVERLINE, -0.85}};
    for (int i = 0; i < 3; i++) {
        if (!(s->decoration & lines[i].bit)) continue;
        cairo_rectangle(p->cr, x, floor(baseline + size * lines[i].at + 0.5), w, t);
        cairo_fill(p->cr);
    }
}

static void paint_text(struct painter *p, const struct style *s, const char *text, size_t n, dim x, dim y, dim w)
{
    const struct font *f = painter_font(p, s);
    double baseline = floor(px(y + f->ascent) + 0.5);
    if (s->hidden || baseline - px(s->font_size) > p->clip_bottom) return;
    painter_set(p, s, text, n);
    paint_color(p->cr, s->color);
    cairo_move_to(p->cr, px(x), baseline);
    pango_cairo_show_layout_line(p->cr, pango_layout_get_line_readonly(p->layout, 0));
    paint_decoration(p, s, px(x), baseline, px(w));
}

static void paint_image(struct painter *p, const struct box *b, dim x, dim y)
{
    const struct image *i = b->node->resource->image;
    cairo_t *cr = p->cr;
    paint_frame(p, b->style, x, y, b->w, b->h);
    double left = px(x + box_edge(b, SIDE_LEFT)), top = px(y + box_edge(b, SIDE_TOP)), w = px(b->w - box_across(b));
    double h = px(b->h - box_edge(b, SIDE_TOP) - box_edge(b, SIDE_BOTTOM));
    if (b->style->hidden || w <= 0 || h <= 0 || top > p->clip_bottom) return;
    cairo_surface_t *picture = cairo_image_surface_create_for_data((unsigned char *)i->pixel, CAIRO_FORMAT_ARGB32, i->width, i->height, i->width * 4);
    cairo_save(cr);
    cairo_translate(cr, floor(left + 0.5), floor(top + 0.5));
    paint_path(cr, 0, 0, w, h, paint_radius(b->style, w, h));
    cairo_clip(cr);
    cairo_scale(cr, w / i->width, h / i->height);
    cairo_set_source_surface(cr, picture, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cr), CAIRO_FILTER_GOOD);
    cairo_pattern_set_extend(cairo_get_source(cr), CAIRO_EXTEND_PAD);
    cairo_paint(cr);
    cairo_restore(cr);
    cairo_surface_destroy(picture);
}

/* The tick of a check box, the dot of a radio button. */
static void paint_check(struct painter *p, const struct box *b, dim x, dim y)
{
    if (!b->node || b->node->tag != TAG_INPUT || !node_attr(b->node, "checked")) return;
    const char *type = node_attr(b->node, "type");
    double left = px(x), top = px(y), w = px(b->w), h = px(b->h);
    if (!type || (!text_is(type, "checkbox") && !text_is(type, "radio"))) return;
    cairo_set_source_rgb(p->cr, 0.1, 0.45, 0.91);
    if (text_is(type, "radio")) {
        cairo_arc(p->cr, left + w / 2, top + h / 2, w / 4, 0, 2 * M_PI);
        cairo_fill(p->cr);
        return;
    }
    cairo_set_line_width(p->cr, 2);
    cairo_move_to(p->cr, left + w * 0.2, top + h * 0.5);
    cairo_line_to(p->cr, left + w * 0.42, top + h * 0.72);
    cairo_line_to(p->cr, left + w * 0.8, top + h * 0.25);
    cairo_stroke(p->cr);
}

/* ---- boxes ---- */

static void paint_box(struct painter *p, const struct box *b, dim x, dim y);

static void paint_lines(struct painter *p, const struct box *b, dim x, dim y)
{
    for (const struct line *line = b->lines; line; line = line->next)
        for (const struct frag *f = line->first; f; f = f->next) {
            if (f->text) paint_text(p, f->box->style, f->text, f->n, x + f->x, y + f->y, f->w);
            else if (f->box->atomic) paint_box(p, f->box, x + f->x, y + f->y);
            else paint_frame(p, f->box->style, x + f->x, y + f->y, f->w, f->h);
        }
}

static void paint_children(struct painter *p, const struct box *b, dim x, dim y)
{
    for (const struct box *c = b->first; c && px(y + c->y) < p->clip_bottom; c = c->next) paint_box(p, c, x + c->x, y + c->y);
}

static void paint_box(struct painter *p, const struct box *b, dim x, dim y)
{
    bool clips = b->style->clips && b->kind == BOX_BLOCK && !b->style->hidden && (b->style->height.kind == LENGTH_FIXED ||
        b->style->max_height.kind == LENGTH_FIXED);
    if (b->kind == BOX_IMAGE) return paint_image(p, b, x, y);
    if (b->kind == BOX_ROW && b->group) paint_frame(p, b->group, x, y, b->w, b->h);
    paint_frame(p, b->style, x, y + b->caption, b->w, b->h - b->caption);
    if (b->marker && b->marker_baseline >= 0) {
        const struct font *f = painter_font(p, b->style);
        paint_text(p, b->style, b->marker, strlen(b->marker), x + b->marker_x, y + b->marker_baseline - f->ascent, 0);
    }
    if (b->control) paint_check(p, b, x, y);
    if (clips) {
        cairo_save(p->cr);
        cairo_rectangle(p->cr, px(x), px(y), px(b->w), px(b->h));
        cairo_clip(p->cr);
    }
    if (b->lines_only) paint_lines(p, b, x, y);
    else paint_children(p, b, x, y);
    if (clips) cairo_restore(p->cr);
}

/* ---- the page ---- */

/* The canvas has the root's background, or the body's (CSS 2.1 14.2). */
static uint32_t paint_canvas(struct node *root)
{
    struct node *body = node_find(root, TAG_BODY);
    if (root->style->background >> 24) return root->style->background;
    return body && body->style->background >> 24 ? body->style->background : 0xffffffffu;
}

static cairo_t *painter_begin(struct painter *p, int width, int height, double scale)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * scale + 0.5), (int)(height * scale + 0.5));
    cairo_t *cr = cairo_create(surface);
    cairo_font_options_t *fonts = cairo_font_options_create();
    cairo_font_options_set_antialias(fonts, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(fonts, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(fonts, CAIRO_HINT_METRICS_OFF);
    cairo_scale(cr, scale, scale);
    cairo_surface_destroy(surface);
    if (p->layout) g_object_unref(p->layout);
    p->layout = pango_cairo_create_layout(cr);
    pango_cairo_context_set_font_options(pango_layout_get_context(p->layout), fonts);
    pango_layout_context_changed(p->layout);
    pango_layout_set_single_paragraph_mode(p->layout, TRUE);
    cairo_font_options_destroy(fonts);
    p->cr = cr;
    p->set = NULL;
    return cr;
}

static void painter_end(struct painter *p)
{
    for (int i = 0; i < p->fonts; i++) pango_font_description_free(p->font[i].description);
    if (p->layout) g_object_unref(p->layout);
    free(p);
}

static int limit(int v, int otherwise, int low, int high)
{
    if (v <= 0) v = otherwise;
    return v < low ? low : v > high ? high : v;
}

/* Lays out and draws; the surface is the caller's.  NULL: out of memory. */
static cairo_surface_t *paint_page(struct page *page, const struct page_png_options *o)
{
    struct arena arena = {.max = RENDER_MEMORY_MAX};
    int width = limit(o->width, 1024, 64, PAINT_WIDTH_MAX), low = limit(o->height_min, 600, 1, PAINT_HEIGHT_MAX), high = limit(o->height_max, 8000,
        low, PAINT_HEIGHT_MAX);
    double scale = o->scale > 0.1 && o->scale <= 4 ? o->scale : 1;
    while (scale > 1 && ((double)high * scale > PAINT_HEIGHT_MAX || (double)width * scale > PAINT_HEIGHT_MAX)) scale = fmax(scale - 0.25, 1);
    struct painter *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->page = page;
    cairo_destroy(painter_begin(p, 1, 1, scale)); /* to measure with */
    struct device d = {.media = {.unit = PAINT_UNIT, .width = (dim)width * PAINT_UNIT, .height = (dim)low * PAINT_UNIT}, .pictures = true,
        .measure = paint_measure,
                       .metrics = paint_metrics, .picture = paint_picture, .ctx = p};
    struct layout l = {.arena = &arena, .device = &d, .bottom_max = (dim)high * PAINT_UNIT};
    struct box *top = page_layout(page, &l, sheet_screen);
    cairo_surface_t *out = NULL;
    if (top) {
        int height = limit((int)ceil(px(top->h)), low, low, high);
        p->clip_bottom = height;
        painter_begin(p, width, height, scale);
        paint_color(p->cr, 0xffffffffu);
        cairo_paint(p->cr);
        paint_color(p->cr, paint_canvas(page->root));
        cairo_paint(p->cr);
        paint_box(p, top, 0, 0);
        out = cairo_surface_reference(cairo_get_target(p->cr));
        if (cairo_status(p->cr)) {
            cairo_surface_destroy(out);
            out = NULL;
        }
        cairo_destroy(p->cr);
    }
    painter_end(p);
    arena_free(&arena);
    return out;
}

/* ---- PNG ---- */

struct png_bytes {
    uint8_t *p;
    size_t n, room;
};

static cairo_status_t png_take(void *ctx, const unsigned char *bytes, unsigned n)
{
    struct png_bytes *b = ctx;
    if (b->n + n > b->room) {
        size_t room = (b->n + n) * 2;
        uint8_t *more = realloc(b->p, room);
        if (!more) return CAIRO_STATUS_NO_MEMORY;
        b->p = more;
        b->room = room;
    }
    memcpy(b->p + b->n, bytes, n);
    b->n += n;
    return CAIRO_STATUS_SUCCESS;
}

int page_png_bytes(struct page *page, const struct page_png_options *o, uint8_t **out, size_t *n)
{
    static const struct page_png_options plain;
    struct png_bytes b = {0};
    cairo_surface_t *s = paint_page(page, o ? o : &plain);
    cairo_status_t status = s ? cairo_surface_write_to_png_stream(s, png_take, &b) : CAIRO_STATUS_NO_MEMORY;
    if (s) cairo_surface_destroy(s);
    if (status) {
        free(b.p);
        return HP_ENOMEM;
    }
    *out = b.p;
    *n = b.n;
    return HP_OK;
}

int page_png(struct page *page, const struct page_png_options *o, const char *path)
{
    uint8_t *bytes;
    size_t n;
    int err = page_png_bytes(page, o, &bytes, &n);
    if (err) return err;
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(bytes, 1, n, f) == n;
    if (f && fclose(f)) good = false;
    free(bytes);
    return good ? HP_OK : HP_EIO;
}
