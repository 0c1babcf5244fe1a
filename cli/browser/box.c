/* The tree of boxes (CSS 2.1 9.2, 17.2): what CSS calls box generation, with the anonymous boxes that it wants around loose text, rows and cells. */
#include <stdio.h>
#include <string.h>

#include "layout.h"
#include "unicode.h"

struct box *box_add(struct layout *l, struct box *parent, enum box_kind kind, const struct node *n, const struct style *s)
{
    struct box *b = l->boxes < LAYOUT_BOXES_MAX ? arena_alloc(l->arena, sizeof *b) : NULL;
    if (!b) {
        l->full = true;
        return NULL;
    }
    l->boxes++;
    b->kind = kind;
    b->node = n;
    b->style = s;
    b->parent = parent;
    b->colspan = b->rowspan = 1;
    b->baseline = b->marker_baseline = -1;
    if (!parent) return b;
    if (parent->last) parent->last->next = b;
    else parent->first = b;
    parent->last = b;
    return b;
}

struct style *box_style_copy(struct layout *l, const struct style *s)
{
    struct style *copy = arena_alloc(l->arena, sizeof *copy);
    if (copy) *copy = *s;
    else l->full = true;
    return copy;
}

struct box *box_add_text(struct layout *l, struct box *parent, const struct node *n, const struct style *s, const char *text)
{
    struct box *b = text ? box_add(l, parent, BOX_TEXT, n, s) : NULL;
    if (!b) return NULL;
    b->text = text;
    b->n = strlen(text);
    return b;
}

bool box_is_block_level(const struct box *b)
{
    return !b->atomic && b->kind != BOX_INLINE && b->kind != BOX_TEXT && b->kind != BOX_BREAK;
}

static bool box_is_blank(const struct box *b)
{
    if (b->kind != BOX_TEXT || b->style->white_space == SPACE_PRE || b->style->white_space == SPACE_PRE_WRAP) return false;
    for (size_t i = 0; i < b->n; i++)
        if (!strchr(" \t\r\n\f", b->text[i]) || !b->text[i]) return false;
    return true;
}

/* ---- anonymous boxes ---- */

static struct box *box_anonymous(struct layout *l, struct box *like, enum box_kind kind)
{
    struct style *s = arena_alloc(l->arena, sizeof *s);
    if (!s) {
        l->full = true;
        return NULL;
    }
    *s = css_anonymous(like->style);
    s->display = DISPLAY_BLOCK;
    return box_add(l, NULL, kind, NULL, s);
}

static void box_append(struct box *to, struct box *b)
{
    b->parent = to;
    b->next = NULL;
    if (to->last) to->last->next = b;
    else to->first = b;
    to->last = b;
}

/* Children that `inside` refuses are put into anonymous boxes of `kind`, runs of them into one. */
static void box_wrap(struct layout *l, struct box *b, enum box_kind kind, bool (*inside)(const struct box *))
{
    struct box *child = b->first, *wrap = NULL;
    b->first = b->last = NULL;
    for (struct box *next; child; child = next) {
        next = child->next;
        if (inside(child)) {
            wrap = NULL;
            box_append(b, child);
            continue;
        }
        if (!wrap && box_is_blank(child)) continue;
        if (!wrap) {
            wrap = box_anonymous(l, b, kind);
            if (!wrap) return;
            wrap->lines_only = kind == BOX_BLOCK;
            box_append(b, wrap);
        }
        box_append(wrap, child);
    }
}

static bool box_is_row_or_caption(const struct box *b) { return b->kind == BOX_ROW || (b->kind == BOX_BLOCK && b->style->display == DISPLAY_CAPTION); }
static bool box_is_cell(const struct box *b) { return b->kind == BOX_CELL; }

static void box_finish(struct layout *l, struct box *b);

static void box_finish_table(struct layout *l, struct box *b)
{
    box_wrap(l, b, BOX_ROW, box_is_row_or_caption);
    for (struct box *row = b->first; row; row = row->next) {
        if (row->kind != BOX_ROW) continue;
        box_wrap(l, row, BOX_CELL, box_is_cell);
        for (struct box *cell = row->first; cell; cell = cell->next)
            if (!cell->node) box_finish(l, cell); /* the others were when they were built */
    }
}

/* A block holds either blocks or lines. */
static void box_finish(struct layout *l, struct box *b)
{
    bool block = false, line = false;
    if (b->kind == BOX_TABLE) box_finish_table(l, b);
    if (b->kind != BOX_BLOCK && b->kind != BOX_CELL && b->kind != BOX_FLEX) return;
    for (struct box *c = b->first; c; c = c->next) {
        if (box_is_block_level(c)) block = true;
        else if (!box_is_blank(c)) line = true;
    }
    if (block || b->kind == BOX_FLEX) box_wrap(l, b, BOX_BLOCK, box_is_block_level);
    else b->lines_only = line;
    if (!block && !line) b->first = b->last = NULL;
    for (struct box *c = b->first; c && b->kind == BOX_FLEX; c = c->next) c->root = true;
}

/* An inline element with blocks inside becomes a block: simpler than splitting it, and nearly always the same. */
static void box_finish_inline(struct layout *l, struct box *b)
{
    for (struct box *c = b->first; c; c = c->next)
        if (box_is_block_level(c)) {
            b->kind = BOX_BLOCK;
            box_finish(l, b);
            return;
        }
}

/* ---- list markers ---- */

static const char *box_roman(unsigned n, bool upper, char *out, size_t size)
{
    static const char *const digit[] = {"m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"};
    static const unsigned value[] = {1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1};
    size_t used = 0;
    out[0] = 0;
    if (n == 0 || n > 3999) return NULL;
    for (int i = 0; i < 13; i++)
        for (; n >= value[i]; n -= value[i])
            for (const char *p = digit[i]; *p && used + 1 < size; p++) out[used++] = (char)(upper ? *p - 32 : *p);
    out[used] = 0;
    return out;
}

static const char *box_marker_text(enum list_style list, int number, char *out, size_t size)
{
    static const char *const hangul[] = {"가", "나", "다", "라", "마", "바", "사", "아", "자", "차", "카", "타", "파", "하"};
    const char *roman = NULL;
    switch (list) {
    case LIST_NONE: return NULL;
    case LIST_DISC: return "\u2022";
    case LIST_CIRCLE: return "\u25e6";
    case LIST_SQUARE: return "\u25aa";
    case LIST_LOWER_ROMAN:
    case LIST_UPPER_ROMAN: roman = number > 0 ? box_roman((unsigned)number, list == LIST_UPPER_ROMAN, out, size - 2) : NULL; break;
    case LIST_LOWER_ALPHA:
    case LIST_UPPER_ALPHA:
        if (number >= 1 && number <= 26) return snprintf(out, size, "%c.", (list == LIST_LOWER_ALPHA ? 'a' : 'A') + number - 1), out;
        break;
    case LIST_HANGUL:
        if (number >= 1 && number <= 14) return snprintf(out, size, "%s.", hangul[number - 1]), out;
        break;
    case LIST_DECIMAL: break;
    }
    if (roman) strcat(out, ".");
    else snprintf(out, size, "%d.", number);
    return out;
}

static void box_mark(struct layout *l, struct box *b, int number)
{
    char text[32];
    const char *marker = box_marker_text((enum list_style)b->style->list, number, text, sizeof text);
    b->marker = marker ? arena_text(l->arena, marker, strlen(marker)) : NULL;
    if (!b->marker || !l->device->media.text || !b->parent || !b->parent->node) return;
    struct style *list = (struct style *)b->parent->style; /* a terminal cannot let the number stand outside of the list */
    int32_t wants = unicode_text_width(b->marker, strlen(b->marker)) + 1;
    if (list->padding[SIDE_LEFT].kind == LENGTH_FIXED && list->padding[SIDE_LEFT].v < wants) list->padding[SIDE_LEFT].v = wants;
}

/* ---- elements ---- */

struct building {
    struct box *into;                   /* where the children of this node go */
    struct box *own;                    /* the box of this node, to be finished after its children; or NULL */
    const struct style *group;          /* of rows in a row group */
    int item;                           /* number of the last list item among the children */
};

static enum box_kind box_kind_of(const struct style *s, bool *atomic)
{
    *atomic = s->display == DISPLAY_INLINE_BLOCK || s->display == DISPLAY_INLINE_TABLE || s->display == DISPLAY_INLINE_FLEX;
    switch (s->display) {
    case DISPLAY_INLINE: return BOX_INLINE;
    case DISPLAY_TABLE:
    case DISPLAY_INLINE_TABLE: return BOX_TABLE;
    case DISPLAY_ROW: return BOX_ROW;
    case DISPLAY_CELL: return BOX_CELL;
    case DISPLAY_FLEX:
    case DISPLAY_INLINE_FLEX: return BOX_FLEX;
    default: return BOX_BLOCK;
    }
}

/* Rows and cells outside of a table are blocks, and a group of rows is only a colour. */
static enum box_kind box_kind_in(const struct box *parent, enum box_kind kind)
{
    if (kind == BOX_ROW && parent->kind != BOX_TABLE) return BOX_BLOCK;
    if (kind == BOX_CELL && parent->kind != BOX_ROW && parent->kind != BOX_TABLE) return BOX_BLOCK;
    return kind;
}

static void box_build_image(struct layout *l, struct box *parent, const struct node *n)
{
    dim w, h;
    const char *alt = node_attr(n, "alt"), *src = node_attr(n, "src");
    if (l->device->pictures && l->device->picture(l->device->ctx, n, &w, &h)) {
        struct box *b = box_add(l, parent, BOX_IMAGE, n, n->style);
        if (b) b->atomic = n->style->display != DISPLAY_BLOCK && parent->kind != BOX_FLEX;
        return;
    }
    if (alt && !*alt) return;
    const char *name = alt ? alt : src ? src : "";
    if (!alt && strrchr(name, '/')) name = strrchr(name, '/') + 1;
    size_t length = strlen(name);
    if (!alt && length > 40) length = 40;
    char *text = arena_alloc(l->arena, length + 3);
    if (!text) return;
    snprintf(text, length + 3, "[%.*s]", (int)length, name);
    struct style *s = box_style_copy(l, n->style);
    if (!s) return;
    *s = css_anonymous(n->parent ? n->parent->style : n->style);
    box_add_text(l, parent, n, s, text);
}

/* What an element puts before its content. */
static void box_build_before(struct layout *l, struct box *into, const struct node *n)
{
    bool text = l->device->media.text;
    const char *before = n->tag == TAG_Q ? "\u201c" : text && n->tag == TAG_SUP ? "^" : text && n->tag == TAG_SUB ? "_" : NULL;
    if (before) box_add_text(l, into, n, n->style, before);
}

static void box_build_after(struct layout *l, struct box *into, const struct node *n)
{
    char text[16];
    if (n->tag == TAG_Q) box_add_text(l, into, n, n->style, "\u201d");
    if (n->tag != TAG_A || !n->link || !l->device->marks_links || !into->first) return;
    snprintf(text, sizeof text, "[%d]", n->link);
    struct style *s = box_style_copy(l, n->style);
    if (!s) return;
    s->decoration = 0;
    while (into->last && into->last->kind == BOX_BLOCK && !into->last->atomic && into->last->first) into = into->last; /* a block in a link */
    box_add_text(l, into, n, s, arena_text(l->arena, text, strlen(text)));
}

/* The box of an element, and where its children go; false: nothing of it is shown. */
static bool box_build_element(struct layout *l, struct building *up, struct building *b, const struct node *n)
{
    const struct style *s = n->style;
    bool atomic;
    *b = (struct building){.into = up->into, .group = up->group};
    if (s->display == DISPLAY_NONE || s->display == DISPLAY_COLUMN || s->display == DISPLAY_COLUMN_GROUP) return false;
    if (n->tag == TAG_BR || n->tag == TAG_WBR) {
        if (n->tag == TAG_BR) box_add(l, up->into, BOX_BREAK, n, s);
        else box_add_text(l, up->into, n, s, "\u200b");
        return false;
    }
    if (n->tag == TAG_IMG) return box_build_image(l, up->into, n), false;
    if (form_is_control(n) && n->tag != TAG_BUTTON) return form_build(l, up->into, n), false;
    if (s->display >= DISPLAY_ROW_GROUP && s->display <= DISPLAY_FOOTER_GROUP && up->into->kind == BOX_TABLE) {
        b->group = s;
        return true;
    }
    enum box_kind kind = box_kind_in(up->into, box_kind_of(s, &atomic));
    if (up->into->kind == BOX_FLEX) { /* css-flexbox-1 4: every child is a block */
        kind = kind == BOX_INLINE ? BOX_BLOCK : kind;
        atomic = false;
    }
    struct box *own = box_add(l, up->into, kind, n, s);
    if (!own) return false;
    own->atomic = atomic;
    own->control = n->tag == TAG_BUTTON;
    own->root = atomic || kind == BOX_CELL || kind == BOX_FLEX || kind == BOX_TABLE || s->clips;
    own->group = kind == BOX_ROW ? up->group : NULL;
    if (kind == BOX_CELL) {
        int columns = node_number(n, "colspan", 1), rows = node_number(n, "rowspan", 1);
        own->colspan = columns < 1 ? 1 : columns > LAYOUT_SPAN_MAX ? LAYOUT_SPAN_MAX : columns;
        own->rowspan = rows < 1 ? 1 : rows > 65534 ? 65534 : rows;
    }
    if (s->display == DISPLAY_LIST_ITEM) {
        int number = node_number(n, "value", -1);
        up->item = number >= 0 ? number : up->item ? up->item + 1 : n->parent ? node_number(n->parent, "start", 1) : 1;
        box_mark(l, own, up->item);
    }
    b->into = b->own = own;
    b->group = NULL;
    box_build_before(l, own, n);
    return true;
}

static void box_build_close(struct layout *l, struct building *b, const struct node *n)
{
    if (!b->own) return;
    box_build_after(l, b->own, n);
    if (b->own->kind == BOX_INLINE) box_finish_inline(l, b->own);
    else box_finish(l, b->own);
}

struct box *box_build(struct layout *l, struct node *root)
{
    struct building stack[HTML_DEPTH_MAX + 3];
    struct box *top = box_add(l, NULL, BOX_BLOCK, NULL, root->style);
    int depth = 0;
    if (!top) return NULL;
    top->root = true;
    stack[0] = (struct building){.into = top, .own = top};
    for (struct node *n = root; n;) {
        struct building *up = &stack[depth], *b = &stack[depth + 1];
        bool inside = false;
        if (n->tag == TAG_TEXT) {
            struct box *text = n->length ? box_add(l, up->into, BOX_TEXT, n, n->style) : NULL;
            if (text) {
                text->text = n->text;
                text->n = n->length;
            }
        } else inside = box_build_element(l, up, b, n);
        if (inside && n->first) {
            depth++;
            n = n->first;
            continue;
        }
        if (inside) box_build_close(l, b, n);
        while (n != root && !n->next) {
            n = n->parent;
            box_build_close(l, &stack[depth], n);
            depth--;
        }
        n = n == root ? NULL : n->next;
    }
    box_finish(l, top);
    return top;
}
