/* The controls of forms, drawn as boxes with what they hold. */
#include <string.h>

#include "layout.h"

bool form_is_control(const struct node *n) { return n->tag == TAG_INPUT || n->tag == TAG_TEXTAREA || n->tag == TAG_SELECT || n->tag == TAG_BUTTON; }

/* A width in characters, where the style says none. */
static void form_columns(struct layout *l, struct style *s, int columns, int rows)
{
    const struct media *m = &l->device->media;
    if (columns > 200) columns = 200;
    if (rows > 100) rows = 100;
    int32_t across = m->text ? 2 : 8 * m->unit, down = m->text ? 2 : 6 * m->unit;
    int32_t character = m->text ? 1 : s->font_size * 53 / 100, line = m->text ? 1 : s->font_size * 12 / 10;
    if (!s->border_box) across = down = 0;
    if (s->width.kind == LENGTH_AUTO && columns > 0) s->width = (struct length){LENGTH_FIXED, columns * character + across};
    if (s->height.kind == LENGTH_AUTO && rows > 0) s->height = (struct length){LENGTH_FIXED, rows * line + down};
}

static struct box *form_box(struct layout *l, struct box *parent, const struct node *n, struct style *s)
{
    struct box *b = box_add(l, parent, BOX_BLOCK, n, s);
    if (!b) return NULL;
    b->atomic = s->display != DISPLAY_BLOCK && parent->kind != BOX_FLEX;
    b->control = b->root = b->lines_only = true;
    return b;
}

static void form_text(struct layout *l, struct box *b, const char *text, bool faint)
{
    struct style *s = box_style_copy(l, b->style);
    if (!s || !text) return;
    *s = css_anonymous(b->style);
    if (faint) s->color = 0xff757575u;
    box_add_text(l, b, b->node, s, text);
}

static const char *form_option_text(struct layout *l, const struct node *select)
{
    const struct node *chosen = NULL;
    for (const struct node *n = select; n; n = node_next(n, select))
        if (n->tag == TAG_OPTION && (!chosen || node_attr(n, "selected"))) {
            chosen = n;
            if (node_attr(n, "selected")) break;
        }
    const char *text = chosen ? node_inner_text(l->arena, chosen) : "";
    size_t n = text ? strlen(text) : 0;
    char *out = arena_alloc(l->arena, n + 8);
    if (!out) return NULL;
    if (n) memcpy(out, text, n);
    memcpy(out + n, " \u25be", sizeof " \u25be");
    return out;
}

static void form_check(struct layout *l, struct box *parent, const struct node *n, struct style *s, bool radio)
{
    bool checked = node_attr(n, "checked") != NULL;
    if (l->device->media.text) {
        const char *text = radio ? checked ? "(*)" : "( )" : checked ? "[x]" : "[ ]";
        *s = css_anonymous(s);
        s->white_space = SPACE_PRE;
        box_add_text(l, parent, n, s, text);
    } else form_box(l, parent, n, s);
}

static bool form_type_is(const char *type, const char *const *list)
{
    for (; *list; list++)
        if (text_is(type, *list)) return true;
    return false;
}

static void form_input(struct layout *l, struct box *parent, const struct node *n, struct style *s)
{
    static const char *const buttons[] = {"submit", "reset", "button", "image", "file", NULL};
    const char *type = node_attr(n, "type"), *value = node_attr(n, "value"), *placeholder = node_attr(n, "placeholder");
    if (!type) type = "text";
    if (text_is(type, "hidden")) return;
    if (text_is(type, "checkbox") || text_is(type, "radio")) return form_check(l, parent, n, s, text_is(type, "radio"));
    bool button = form_type_is(type, buttons);
    if (!button) form_columns(l, s, node_number(n, "size", 20), 0);
    struct box *b = form_box(l, parent, n, s);
    if (!b) return;
    if (button) {
        const char *text = text_is(type, "image") ? node_attr(n, "alt") : value;
        form_text(l, b, text ? text : text_is(type, "reset") ? "Reset" : text_is(type, "file") ? "Choose file" : text_is(type, "button") ? " " :
            "Submit", false);
    } else if (text_is(type, "password") && value && *value) form_text(l, b, "\u2022\u2022\u2022\u2022\u2022\u2022", false);
    else if (value && *value) form_text(l, b, value, false);
    else form_text(l, b, placeholder && *placeholder ? placeholder : "\u00a0", true);
}

void form_build(struct layout *l, struct box *parent, const struct node *n)
{
    struct style *s = box_style_copy(l, n->style);
    if (!s) return;
    if (n->tag == TAG_INPUT) return form_input(l, parent, n, s);
    if (n->tag == TAG_TEXTAREA) form_columns(l, s, node_number(n, "cols", 20), node_number(n, "rows", 2));
    struct box *b = form_box(l, parent, n, s);
    if (!b) return;
    if (n->tag == TAG_SELECT) return form_text(l, b, form_option_text(l, n), false);
    for (const struct node *t = n->first; t; t = t->next) /* what lies in a textarea is one text */
        if (t->tag == TAG_TEXT) form_text(l, b, t->text, false);
    if (!b->first) form_text(l, b, "\u00a0", false);
}
