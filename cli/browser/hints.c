/* Presentational attributes (HTML 15, "Rendering") as declarations that count less than any rule of the author. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "css.h"

enum { HINTS_TEXT = 512, TABLE_PLAIN = 1, TABLE_DATA = 2 };

struct hints {
    char text[HINTS_TEXT];
    size_t n;
};

static void hint(struct hints *h, const char *property, const char *value, const char *unit)
{
    int wrote = snprintf(h->text + h->n, sizeof h->text - h->n, "%s:%s%s;", property, value, unit);
    if (wrote > 0 && h->n + (size_t)wrote < sizeof h->text) h->n += (size_t)wrote;
    else h->text[h->n] = 0;
}

/* A value of ours can hold nothing that ends a declaration. */
static bool hint_is_plain(const char *v) { return v && *v && strlen(v) < 40 && !strpbrk(v, ";{}()\"'\\!/"); }

static void hint_color(struct hints *h, const char *property, const char *v)
{
    uint32_t color;
    if (!hint_is_plain(v)) return;
    if (css_color_parse(v, strlen(v), &color)) hint(h, property, v, "");
    else if (strlen(v) == 6 && strspn(v, "0123456789abcdefABCDEF") == 6) hint(h, property, "#", v);
}

/* "50%" and "120" of width and height. */
static void hint_length(struct hints *h, const char *property, const char *v, const struct media *m)
{
    char *end, number[16];
    long n = v ? strtol(v, &end, 10) : 0;
    if (!v || end == v || n <= 0 || n > 20000) return;
    snprintf(number, sizeof number, "%ld", n);
    if (*end == '%') hint(h, property, number, "%");
    else if (!m->text) hint(h, property, number, "px");
}

static const struct node *hint_table(const struct node *n)
{
    while (n && n->tag != TAG_TABLE) n = n->parent;
    return n;
}

/* Whether a table shows data (then a terminal draws its lines) or only places things. */
static bool hint_table_is_data(const struct node *table)
{
    if (!table->table_kind) {
        bool data = node_number(table, "border", 0) > 0;
        for (const struct node *n = table; n && !data; n = node_next(n, table)) data = n->tag == TAG_TH || n->tag == TAG_CAPTION;
        ((struct node *)table)->table_kind = data ? TABLE_DATA : TABLE_PLAIN;
    }
    return table->table_kind == TABLE_DATA;
}

static void hint_align(struct hints *h, const struct node *n)
{
    const char *align = node_attr(n, "align");
    if (!align || n->tag == TAG_IMG || n->tag == TAG_INPUT || n->tag == TAG_HR) return;
    if (n->tag == TAG_TABLE) {
        if (text_is(align, "center")) hint(h, "margin-left:auto;margin-right", "auto", "");
        return;
    }
    bool block = n->tag == TAG_DIV || n->tag == TAG_TD || n->tag == TAG_TH || n->tag == TAG_TR;
    if (text_is(align, "center")) hint(h, "text-align", block ? "-hepta-center" : "center", "");
    else if (text_is(align, "right")) hint(h, "text-align", block ? "-hepta-right" : "right", "");
    else if (text_is(align, "left")) hint(h, "text-align", "left", "");
}

static void hint_list(struct hints *h, const struct node *n)
{
    static const char *const types[][2] = {{"1", "decimal"}, {"a", "lower-alpha"}, {"A", "upper-alpha"}, {"i", "lower-roman"}, {"I", "upper-roman"},
                                           {"disc", "disc"}, {"circle", "circle"}, {"square", "square"}, {"none", "none"}};
    const char *type = node_attr(n, "type");
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i][0]) == 0) hint(h, "list-style-type", types[i][1], "");
}

static void hint_font(struct hints *h, const struct node *n)
{
    static const char *const sizes[] = {"10px", "13px", "16px", "18px", "24px", "32px", "48px"};
    const char *size = node_attr(n, "size"), *face = node_attr(n, "face");
    if (size) {
        int v = atoi(size) + (*size == '+' || *size == '-' ? 3 : 0);
        hint(h, "font-size", sizes[v < 1 ? 0 : v > 7 ? 6 : v - 1], "");
    }
    if (hint_is_plain(face)) hint(h, "font-family", face, "");
    hint_color(h, "color", node_attr(n, "color"));
}

static void hint_own_table(struct hints *h, const struct node *n, const struct media *m)
{
    char number[16];
    if (m->text) {
        if (hint_table_is_data(n)) hint(h, "border:1px solid;border-collapse", "collapse", "");
    } else {
        int border = node_number(n, "border", 0), spacing = node_number(n, "cellspacing", -1);
        snprintf(number, sizeof number, "%d", border < 0 ? 0 : border > 50 ? 50 : border);
        if (border > 0) hint(h, "border:outset gray;border-width", number, "px");
        snprintf(number, sizeof number, "%d", spacing > 100 ? 100 : spacing);
        if (spacing >= 0) hint(h, "border-spacing", number, "px");
    }
    hint_length(h, "width", node_attr(n, "width"), m);
}

static void hint_cell(struct hints *h, const struct node *n, const struct media *m)
{
    const struct node *table = hint_table(n);
    char number[16];
    if (table && m->text) {
        if (hint_table_is_data(table)) hint(h, "border:1px solid;padding", "0 1px", "");
    } else if (table) {
        int padding = node_number(table, "cellpadding", -1);
        snprintf(number, sizeof number, "%d", padding > 100 ? 100 : padding);
        if (padding >= 0) hint(h, "padding", number, "px");
        if (node_number(table, "border", 0) > 0) hint(h, "border", "1px inset gray", "");
    }
    if (node_attr(n, "nowrap")) hint(h, "white-space", "nowrap", "");
    hint_length(h, "width", node_attr(n, "width"), m);
    if (!m->text) hint_length(h, "height", node_attr(n, "height"), m);
}

static void hint_valign(struct hints *h, const struct node *n)
{
    const char *v = node_attr(n, "valign");
    if (!v && n->parent && n->parent->tag == TAG_TR) v = node_attr(n->parent, "valign");
    if (hint_is_plain(v)) hint(h, "vertical-align", v, "");
}

static void hint_body(struct hints *h, const struct node *n)
{
    hint_color(h, "color", node_attr(n, "text"));
}

struct declaration *css_hints(struct arena *a, const struct node *n, const struct media *m)
{
    struct hints h = {.n = 0};
    bool cell = n->tag == TAG_TD || n->tag == TAG_TH;
    if (!n->attrs && !cell && n->tag != TAG_TABLE) return NULL;
    if (n->tag == TAG_OL || n->tag == TAG_UL || n->tag == TAG_LI) hint_list(&h, n);
    if (n->tag == TAG_FONT) hint_font(&h, n);
    if (n->tag == TAG_BODY) hint_body(&h, n);
    if (n->tag == TAG_TABLE) hint_own_table(&h, n, m);
    if (n->tag == TAG_HR) hint_length(&h, "width", node_attr(n, "width"), m);
    if (n->tag == TAG_COL) hint_length(&h, "width", node_attr(n, "width"), m);
    if (cell) hint_cell(&h, n, m);
    if (cell) hint_valign(&h, n);
    hint_align(&h, n);
    hint_color(&h, "background-color", node_attr(n, "bgcolor"));
    if (node_attr(n, "hidden")) hint(&h, "display", "none", "");
    return h.n ? css_parse_declarations(a, h.text, h.n) : NULL;
}
