/* The values of declarations: which property takes what, shorthands, colours. */
#include "css.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- colours ---- */

static const struct {
    const char *name;
    uint32_t rgb;
} value_colors[] = {
    {"aqua", 0x00ffff}, {"beige", 0xf5f5dc}, {"black", 0x000000}, {"blue", 0x0000ff}, {"brown", 0xa52a2a}, {"coral", 0xff7f50}, {"crimson", 0xdc143c},
        {"cyan", 0x00ffff},
    {"darkblue", 0x00008b}, {"darkgray", 0xa9a9a9}, {"darkgreen", 0x006400}, {"darkgrey", 0xa9a9a9}, {"darkorange", 0xff8c00}, {"darkred", 0x8b0000},
        {"dimgray", 0x696969},
    {"dodgerblue", 0x1e90ff}, {"firebrick", 0xb22222}, {"forestgreen", 0x228b22}, {"fuchsia", 0xff00ff}, {"gainsboro", 0xdcdcdc}, {"gold", 0xffd700},
        {"gray", 0x808080},
    {"green", 0x008000}, {"grey", 0x808080}, {"indigo", 0x4b0082}, {"ivory", 0xfffff0}, {"khaki", 0xf0e68c}, {"lavender", 0xe6e6fa}, {"lightblue", 0xadd8e6},
    {"lightgray", 0xd3d3d3}, {"lightgreen", 0x90ee90}, {"lightgrey", 0xd3d3d3}, {"lightyellow", 0xffffe0}, {"lime", 0x00ff00}, {"magenta", 0xff00ff},
        {"maroon", 0x800000},
    {"midnightblue", 0x191970}, {"navy", 0x000080}, {"olive", 0x808000}, {"orange", 0xffa500}, {"orchid", 0xda70d6}, {"pink", 0xffc0cb}, {"purple", 0x800080},
    {"red", 0xff0000}, {"royalblue", 0x4169e1}, {"salmon", 0xfa8072}, {"seagreen", 0x2e8b57}, {"silver", 0xc0c0c0}, {"skyblue", 0x87ceeb},
        {"slateblue", 0x6a5acd},
    {"slategray", 0x708090}, {"steelblue", 0x4682b4}, {"tan", 0xd2b48c}, {"teal", 0x008080}, {"tomato", 0xff6347}, {"turquoise", 0x40e0d0}, {"violet",
        0xee82ee},
    {"wheat", 0xf5deb3}, {"white", 0xffffff}, {"whitesmoke", 0xf5f5f5}, {"yellow", 0xffff00}, {"yellowgreen", 0x9acd32}};

static bool value_is(const char *p, size_t n, const char *word) { return strlen(word) == n && strncasecmp(p, word, n) == 0; }

static int value_hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

static bool value_hash_color(const char *p, size_t n, uint32_t *out)
{
    uint32_t digit[8];
    if (n != 3 && n != 4 && n != 6 && n != 8) return false;
    for (size_t i = 0; i < n; i++) {
        int d = value_hex(p[i]);
        if (d < 0) return false;
        digit[i] = (uint32_t)d;
    }
    uint32_t part[4] = {0, 0, 0, 255};
    size_t each = n <= 4 ? 1 : 2;
    for (size_t i = 0; i < n / each; i++) part[i] = each == 1 ? digit[i] * 17 : digit[2 * i] << 4 | digit[2 * i + 1];
    *out = part[3] << 24 | part[0] << 16 | part[1] << 8 | part[2];
    return true;
}

/* rgb(1, 2, 3), rgba(1 2 3 / 50%), with numbers or percentages. */
static bool value_rgb(const char *p, size_t n, uint32_t *out)
{
    double part[4] = {0, 0, 0, 1};
    int count = 0;
    char text[64], *at = text;
    if (n >= sizeof text) return false;
    memcpy(text, p, n);
    text[n] = 0;
    while (*at && *at != '(') at++;
    while (*at && count < 4) {
        while (*at && strchr(" ,/(", *at)) at++;
        char *end;
        double v = strtod(at, &end);
        if (end == at || !(v >= -1e6 && v <= 1e6)) break;
        at = end;
        if (*at == '%') {
            at++;
            v = count < 3 ? v * 255 / 100 : v / 100;
        }
        part[count++] = v;
    }
    if (count < 3) return false;
    uint32_t byte[4];
    for (int i = 0; i < 4; i++) {
        double v = i < 3 ? part[i] : part[i] * 255;
        byte[i] = v < 0 ? 0 : v > 255 ? 255 : (uint32_t)(v + 0.5);
    }
    *out = byte[3] << 24 | byte[0] << 16 | byte[1] << 8 | byte[2];
    return true;
}

bool css_color_parse(const char *p, size_t n, uint32_t *out)
{
    if (n > 1 && p[0] == '#') return value_hash_color(p + 1, n - 1, out);
    if (value_is(p, n, "transparent")) {
        *out = 0;
        return true;
    }
    if (n > 4 && strncasecmp(p, "rgb", 3) == 0 && memchr(p, '(', n)) return value_rgb(p, n, out);
    for (size_t i = 0; i < sizeof value_colors / sizeof *value_colors; i++)
        if (value_is(p, n, value_colors[i].name)) {
            *out = 0xff000000u | value_colors[i].rgb;
            return true;
        }
    return false;
}

static bool value_color(const struct css_word *w, struct value *out)
{
    *out = (struct value){.kind = VALUE_COLOR};
    if (w->kind == WORD_IDENT && value_is(w->p, w->n, "currentcolor")) {
        *out = (struct value){.kind = VALUE_INITIAL};
        return true;
    }
    return w->kind != WORD_STRING && css_color_parse(w->p, w->n, &out->color);
}

/* ---- keywords ---- */

struct keyword {
    const char *name;
    int value;
};
static const struct keyword value_displays[] = {{"inline", DISPLAY_INLINE}, {"block", DISPLAY_BLOCK}, {"inline-block", DISPLAY_INLINE_BLOCK},
    {"list-item", DISPLAY_LIST_ITEM},
    {"none", DISPLAY_NONE}, {"table", DISPLAY_TABLE}, {"inline-table", DISPLAY_INLINE_TABLE}, {"table-row-group", DISPLAY_ROW_GROUP},
        {"table-header-group", DISPLAY_HEADER_GROUP},
    {"table-footer-group", DISPLAY_FOOTER_GROUP}, {"table-row", DISPLAY_ROW}, {"table-cell", DISPLAY_CELL}, {"table-caption", DISPLAY_CAPTION},
    {"table-column", DISPLAY_COLUMN}, {"table-column-group", DISPLAY_COLUMN_GROUP}, {"flex", DISPLAY_FLEX}, {"inline-flex", DISPLAY_INLINE_FLEX},
        {"flow-root", DISPLAY_BLOCK}, {NULL, 0}};
static const struct keyword value_aligns[] = {{"left", ALIGN_LEFT}, {"start", ALIGN_LEFT}, {"justify", ALIGN_LEFT}, {"center", ALIGN_CENTER},
    {"right", ALIGN_RIGHT}, {"end", ALIGN_RIGHT},
    {"-hepta-center", ALIGN_CENTER_ALL}, {"-hepta-right", ALIGN_RIGHT_ALL}, {NULL, 0}};
static const struct keyword value_spaces[] = {{"normal", SPACE_NORMAL}, {"nowrap", SPACE_NOWRAP}, {"pre", SPACE_PRE}, {"pre-wrap", SPACE_PRE_WRAP},
    {"pre-line", SPACE_PRE_LINE}, {NULL, 0}};
static const struct keyword value_breaks[] = {{"normal", BREAK_NORMAL}, {"break-all", BREAK_ALL}, {"keep-all", BREAK_KEEP_ALL}, {NULL, 0}};
static const struct keyword value_wraps[] = {{"normal", 0}, {"break-word", 1}, {"anywhere", 1}, {NULL, 0}};
static const struct keyword value_valigns[] = {{"baseline", VALIGN_BASELINE}, {"top", VALIGN_TOP}, {"text-top", VALIGN_TOP}, {"middle",
    VALIGN_MIDDLE}, {"bottom", VALIGN_BOTTOM},
    {"text-bottom", VALIGN_BOTTOM}, {"sub", VALIGN_SUB}, {"super", VALIGN_SUPER}, {NULL, 0}};
static const struct keyword value_borders[] = {{"none", BORDER_NONE}, {"hidden", BORDER_NONE}, {"solid", BORDER_SOLID}, {"dashed", BORDER_DASHED},
    {"dotted", BORDER_DOTTED},
    {"double", BORDER_DOUBLE}, {"inset", BORDER_INSET}, {"groove", BORDER_INSET}, {"outset", BORDER_OUTSET}, {"ridge", BORDER_OUTSET}, {NULL, 0}};
static const struct keyword value_transforms[] = {{"none", TRANSFORM_NONE}, {"uppercase", TRANSFORM_UPPER}, {"lowercase", TRANSFORM_LOWER},
    {"capitalize", TRANSFORM_CAPITALIZE}, {NULL, 0}};
static const struct keyword value_lists[] = {{"disc", LIST_DISC}, {"circle", LIST_CIRCLE}, {"square", LIST_SQUARE}, {"decimal", LIST_DECIMAL},
    {"decimal-leading-zero", LIST_DECIMAL},
    {"lower-alpha", LIST_LOWER_ALPHA}, {"lower-latin", LIST_LOWER_ALPHA}, {"upper-alpha", LIST_UPPER_ALPHA}, {"upper-latin", LIST_UPPER_ALPHA},
        {"lower-roman", LIST_LOWER_ROMAN},
    {"upper-roman", LIST_UPPER_ROMAN}, {"hangul", LIST_HANGUL}, {"none", LIST_NONE}, {NULL, 0}};
static const struct keyword value_weights[] = {{"normal", 400}, {"bold", 700}, {"bolder", 700}, {"lighter", 400}, {NULL, 0}};
static const struct keyword value_fonts[] = {{"normal", 0}, {"italic", 1}, {"oblique", 1}, {NULL, 0}};
static const struct keyword value_places[] = {{"flex-start", PLACE_START}, {"start", PLACE_START}, {"left", PLACE_START}, {"center", PLACE_CENTER},
    {"flex-end", PLACE_END}, {"end", PLACE_END},
    {"right", PLACE_END}, {"space-between", PLACE_BETWEEN}, {"space-around", PLACE_AROUND}, {"space-evenly", PLACE_EVENLY}, {"stretch",
        PLACE_STRETCH}, {"normal", PLACE_STRETCH},
    {"baseline", PLACE_START}, {"auto", PLACE_AUTO}, {NULL, 0}};
static const struct keyword value_directions[] = {{"row", 0}, {"row-reverse", 0}, {"column", 1}, {"column-reverse", 1}, {NULL, 0}};
static const struct keyword value_flex_wraps[] = {{"nowrap", 0}, {"wrap", 1}, {"wrap-reverse", 1}, {NULL, 0}};
static const struct keyword value_sizings[] = {{"content-box", 0}, {"border-box", 1}, {NULL, 0}};
static const struct keyword value_collapses[] = {{"separate", 0}, {"collapse", 1}, {NULL, 0}};
static const struct keyword value_visibles[] = {{"visible", 0}, {"hidden", 1}, {"collapse", 1}, {NULL, 0}};
static const struct keyword value_overflows[] = {{"visible", 0}, {"hidden", 1}, {"clip", 1}, {"auto", 1}, {"scroll", 1}, {NULL, 0}};
static const struct keyword value_positions[] = {{"static", 0}, {"relative", 0}, {"sticky", 0}, {"absolute", 1}, {"fixed", 1}, {NULL, 0}};
static const struct keyword value_decorations[] = {{"none", 0}, {"underline", DECORATE_UNDERLINE}, {"line-through", DECORATE_STRIKE}, {"overline",
    DECORATE_OVERLINE}, {NULL, 0}};
static const struct keyword value_widths[] = {{"thin", 1}, {"medium", 3}, {"thick", 5}, {NULL, 0}};
static const struct keyword value_sizes[] = {{"xx-small", 9}, {"x-small", 10}, {"small", 13}, {"medium", 16}, {"large", 18}, {"x-large", 24},
    {"xx-large", 32}, {NULL, 0}};

static int value_find(const struct keyword *k, const struct css_word *w)
{
    for (; w->kind == WORD_IDENT && k && k->name; k++)
        if (value_is(w->p, w->n, k->name)) return k->value;
    return CSS_NONE;
}

/* ---- one property, one word ---- */

enum { TAKES_LENGTH = 1, TAKES_AUTO = 2, TAKES_NONE = 4, TAKES_NUMBER = 8, TAKES_COLOR = 16, TAKES_NEGATIVE = 32,
    TAKES_PX = 64 /* keywords are pixels */, TAKES_NORMAL = 128 };

struct property_info {
    const char *name;
    enum property property;
    const struct keyword *keywords;
    unsigned takes;
};
static const struct property_info value_properties[] = {
    {"color", P_COLOR, NULL, TAKES_COLOR}, {"background-color", P_BACKGROUND, NULL, TAKES_COLOR},
    {"font-size", P_FONT_SIZE, value_sizes, TAKES_LENGTH | TAKES_PX}, {"line-height", P_LINE_HEIGHT, NULL, TAKES_LENGTH | TAKES_NUMBER | TAKES_NORMAL},
    {"letter-spacing", P_LETTER_SPACING, NULL, TAKES_LENGTH | TAKES_NEGATIVE | TAKES_NORMAL}, {"text-indent", P_TEXT_INDENT, NULL,
        TAKES_LENGTH | TAKES_NEGATIVE},
    {"border-spacing", P_BORDER_SPACING, NULL, TAKES_LENGTH}, {"font-weight", P_FONT_WEIGHT, value_weights, TAKES_NUMBER}, {"font-style",
        P_FONT_STYLE, value_fonts, 0},
    {"visibility", P_VISIBILITY, value_visibles, 0}, {"border-collapse", P_BORDER_COLLAPSE, value_collapses, 0}, {"text-align", P_TEXT_ALIGN,
        value_aligns, 0},
    {"white-space", P_WHITE_SPACE, value_spaces, 0}, {"word-break", P_WORD_BREAK, value_breaks, 0}, {"overflow-wrap", P_OVERFLOW_WRAP, value_wraps, 0},
    {"word-wrap", P_OVERFLOW_WRAP, value_wraps, 0}, {"text-transform", P_TEXT_TRANSFORM, value_transforms, 0}, {"list-style-type", P_LIST_STYLE,
        value_lists, 0},
    {"text-decoration-line", P_TEXT_DECORATION, value_decorations, 0}, {"display", P_DISPLAY, value_displays, 0}, {"vertical-align", P_VERTICAL_ALIGN,
        value_valigns, 0},
    {"border-top-style", P_BORDER_STYLE_TOP, value_borders, 0}, {"border-right-style", P_BORDER_STYLE_RIGHT, value_borders, 0},
    {"border-bottom-style", P_BORDER_STYLE_BOTTOM, value_borders, 0}, {"border-left-style", P_BORDER_STYLE_LEFT, value_borders, 0},
    {"border-top-color", P_BORDER_COLOR_TOP, NULL, TAKES_COLOR}, {"border-right-color", P_BORDER_COLOR_RIGHT, NULL, TAKES_COLOR},
    {"border-bottom-color", P_BORDER_COLOR_BOTTOM, NULL, TAKES_COLOR}, {"border-left-color", P_BORDER_COLOR_LEFT, NULL, TAKES_COLOR},
    {"border-top-width", P_BORDER_WIDTH_TOP, value_widths, TAKES_LENGTH | TAKES_PX}, {"border-right-width", P_BORDER_WIDTH_RIGHT, value_widths,
        TAKES_LENGTH | TAKES_PX},
    {"border-bottom-width", P_BORDER_WIDTH_BOTTOM, value_widths, TAKES_LENGTH | TAKES_PX}, {"border-left-width", P_BORDER_WIDTH_LEFT, value_widths,
        TAKES_LENGTH | TAKES_PX},
    {"border-radius", P_RADIUS, NULL, TAKES_LENGTH}, {"column-gap", P_GAP, NULL, TAKES_LENGTH}, {"row-gap", P_ROW_GAP, NULL, TAKES_LENGTH},
    {"flex-grow", P_FLEX_GROW, NULL, TAKES_NUMBER}, {"flex-shrink", P_FLEX_SHRINK, NULL, TAKES_NUMBER}, {"flex-basis", P_FLEX_BASIS, NULL,
        TAKES_LENGTH | TAKES_AUTO},
    {"margin-top", P_MARGIN_TOP, NULL, TAKES_LENGTH | TAKES_AUTO | TAKES_NEGATIVE}, {"margin-right", P_MARGIN_RIGHT, NULL,
        TAKES_LENGTH | TAKES_AUTO | TAKES_NEGATIVE},
    {"margin-bottom", P_MARGIN_BOTTOM, NULL, TAKES_LENGTH | TAKES_AUTO | TAKES_NEGATIVE}, {"margin-left", P_MARGIN_LEFT, NULL,
        TAKES_LENGTH | TAKES_AUTO | TAKES_NEGATIVE},
    {"padding-top", P_PADDING_TOP, NULL, TAKES_LENGTH}, {"padding-right", P_PADDING_RIGHT, NULL, TAKES_LENGTH}, {"padding-bottom", P_PADDING_BOTTOM,
        NULL, TAKES_LENGTH},
    {"padding-left", P_PADDING_LEFT, NULL, TAKES_LENGTH}, {"width", P_WIDTH, NULL, TAKES_LENGTH | TAKES_AUTO}, {"height", P_HEIGHT, NULL,
        TAKES_LENGTH | TAKES_AUTO},
    {"min-width", P_MIN_WIDTH, NULL, TAKES_LENGTH | TAKES_AUTO}, {"max-width", P_MAX_WIDTH, NULL, TAKES_LENGTH | TAKES_NONE},
    {"min-height", P_MIN_HEIGHT, NULL, TAKES_LENGTH | TAKES_AUTO}, {"max-height", P_MAX_HEIGHT, NULL, TAKES_LENGTH | TAKES_NONE},
    {"justify-content", P_JUSTIFY_CONTENT, value_places, 0}, {"align-items", P_ALIGN_ITEMS, value_places, 0}, {"align-self", P_ALIGN_SELF, value_places, 0},
    {"flex-direction", P_FLEX_DIRECTION, value_directions, 0}, {"flex-wrap", P_FLEX_WRAP, value_flex_wraps, 0}, {"box-sizing", P_BOX_SIZING,
        value_sizings, 0},
    {"overflow", P_OVERFLOW, value_overflows, 0}, {"overflow-x", P_OVERFLOW, value_overflows, 0}, {"position", P_POSITION, value_positions, 0}, {NULL,
        P_COUNT, NULL, 0}};

static const struct property_info *value_property(const char *name, size_t n)
{
    for (const struct property_info *p = value_properties; p->name; p++)
        if (value_is(name, n, p->name)) return p;
    return NULL;
}

static const struct property_info *value_info(enum property property)
{
    for (const struct property_info *p = value_properties; p->name; p++)
        if (p->property == property) return p;
    return NULL;
}

static bool value_take(const struct property_info *p, const struct css_word *w, struct value *out)
{
    *out = (struct value){.kind = VALUE_KEYWORD};
    if (w->kind == WORD_IDENT) {
        if (value_is(w->p, w->n, "inherit")) return out->kind = VALUE_INHERIT, true;
        if (value_is(w->p, w->n, "initial") || value_is(w->p, w->n, "unset")) return out->kind = VALUE_INITIAL, true;
        int k = value_find(p->keywords, w);
        if (k != CSS_NONE) {
            *out = (struct value){.kind = p->takes & TAKES_PX ? VALUE_LENGTH : VALUE_KEYWORD, .unit = UNIT_PX, .number = p->takes & TAKES_PX ? k * 1000 : k};
            return true;
        }
        if ((p->takes & TAKES_AUTO) && value_is(w->p, w->n, "auto")) return out->number = LENGTH_AUTO, true;
        if ((p->takes & TAKES_NONE) && value_is(w->p, w->n, "none")) return out->number = LENGTH_NONE, true;
        if ((p->takes & TAKES_NORMAL) && value_is(w->p, w->n, "normal")) return out->kind = VALUE_INITIAL, true;
    }
    if (p->takes & TAKES_COLOR) return value_color(w, out);
    if (w->kind != WORD_NUMBER || (w->number < 0 && !(p->takes & TAKES_NEGATIVE))) return false;
    if (w->unit == UNIT_NUMBER && w->number && !(p->takes & TAKES_NUMBER)) return false;
    if (w->unit != UNIT_NUMBER && !(p->takes & TAKES_LENGTH)) return false;
    *out = (struct value){.kind = VALUE_LENGTH, .unit = w->unit, .number = w->number};
    return true;
}

/* ---- declarations ---- */

struct declaring {
    struct arena *arena;
    bool important;
    struct declaration ***last;
};

static void value_add(struct declaring *d, enum property property, struct value v)
{
    struct declaration *one = arena_alloc(d->arena, sizeof *one);
    if (!one) return;
    *one = (struct declaration){.property = property, .important = d->important, .value = v};
    **d->last = one;
    *d->last = &one->next;
}

static bool value_add_word(struct declaring *d, enum property property, const struct css_word *w)
{
    struct value v;
    const struct property_info *p = value_info(property);
    if (!p || !value_take(p, w, &v)) return false;
    value_add(d, property, v);
    return true;
}

/* One to four words for the four sides (CSS 2.1 8.3). */
static void value_sides(struct declaring *d, enum property top, const struct css_word *w, int n)
{
    static const int which[5][4] = {{0}, {0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}};
    struct value v;
    if (n > 4) return;
    for (int i = 0; i < n; i++)
        if (!value_take(value_info(top), &w[i], &v)) return;
    for (int i = 0; i < 4; i++) value_add_word(d, top + (enum property)i, &w[which[n][i]]);
}

/* "1px solid red", in any order, for the sides first..last. */
static void value_border(struct declaring *d, int first, int last, const struct css_word *w, int n)
{
    for (int side = first; side <= last; side++) {
        bool styled = false;
        value_add(d, (enum property)(P_BORDER_COLOR_TOP + side), (struct value){.kind = VALUE_INITIAL});
        value_add(d, (enum property)(P_BORDER_WIDTH_TOP + side), (struct value){.kind = VALUE_LENGTH, .unit = UNIT_PX, .number = 3000});
        for (int i = 0; i < n; i++) {
            if (value_add_word(d, (enum property)(P_BORDER_STYLE_TOP + side), &w[i])) styled = true;
            else if (!value_add_word(d, (enum property)(P_BORDER_WIDTH_TOP + side), &w[i])) value_add_word(d,
                (enum property)(P_BORDER_COLOR_TOP + side), &w[i]);
        }
        if (!styled) value_add(d, (enum property)(P_BORDER_STYLE_TOP + side), (struct value){.kind = VALUE_KEYWORD, .number = BORDER_NONE});
    }
}

/* The family list: as it is written. */
static void value_family(struct declaring *d, const struct css_word *w, int n)
{
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; i < n && used + w[i].n + 3 < sizeof list; i++) {
        if (used && w[i].kind != WORD_COMMA && list[used - 1] != ',') list[used++] = ' ';
        memcpy(list + used, w[i].p, w[i].n);
        used += w[i].n;
    }
    char *text = arena_text(d->arena, list, used);
    if (text && used) value_add(d, P_FONT_FAMILY, (struct value){.kind = VALUE_TEXT, .text = text});
}

/* font: [style weight]* size[/height] family */
static void value_font(struct declaring *d, const struct css_word *w, int n)
{
    int i = 0;
    for (; i < n && !(w[i].kind == WORD_NUMBER && w[i].unit != UNIT_NUMBER) && value_find(value_sizes, &w[i]) == CSS_NONE; i++)
        if (!value_add_word(d, P_FONT_STYLE, &w[i])) value_add_word(d, P_FONT_WEIGHT, &w[i]);
    if (i == n || !value_add_word(d, P_FONT_SIZE, &w[i++])) return;
    if (i + 1 < n && w[i].kind == WORD_SLASH) {
        value_add_word(d, P_LINE_HEIGHT, &w[i + 1]);
        i += 2;
    }
    value_family(d, w + i, n - i);
}

static void value_flex(struct declaring *d, const struct css_word *w, int n)
{
    static const struct css_word one = {.kind = WORD_NUMBER, .number = 1000}, zero = {.kind = WORD_NUMBER};
    int numbers = 0;
    bool basis = false;
    if (n == 1 && w[0].kind == WORD_IDENT) {
        bool none = value_is(w[0].p, w[0].n, "none");
        value_add_word(d, P_FLEX_GROW, none ? &zero : &one);
        value_add_word(d, P_FLEX_SHRINK, none ? &zero : &one);
        return;
    }
    for (int i = 0; i < n; i++)
        if (w[i].kind == WORD_NUMBER && w[i].unit == UNIT_NUMBER && numbers < 2) value_add_word(d, numbers++ ? P_FLEX_SHRINK : P_FLEX_GROW, &w[i]);
        else basis |= value_add_word(d, P_FLEX_BASIS, &w[i]);
    if (!basis) value_add_word(d, P_FLEX_BASIS, &zero);
}

static void value_decoration(struct declaring *d, const struct css_word *w, int n)
{
    int bits = 0;
    for (int i = 0; i < n; i++) {
        int k = value_find(value_decorations, &w[i]);
        if (k != CSS_NONE) bits |= k;
    }
    value_add(d, P_TEXT_DECORATION, (struct value){.kind = VALUE_KEYWORD, .number = bits});
}

/* The first word that fits. */
static void value_any(struct declaring *d, enum property property, const struct css_word *w, int n)
{
    for (int i = 0; i < n; i++)
        if (value_add_word(d, property, &w[i])) return;
}

static void value_background(struct declaring *d, const struct css_word *w, int n)
{
    for (int i = 0; i < n; i++)
        if (value_add_word(d, P_BACKGROUND, &w[i])) return;
    if (n == 1 && value_is(w[0].p, w[0].n, "none")) value_add(d, P_BACKGROUND, (struct value){.kind = VALUE_COLOR});
}

static bool value_shorthand(struct declaring *d, const char *name, size_t n, const struct css_word *w, int count)
{
    static const char *const sides[] = {"border-top", "border-right", "border-bottom", "border-left"};
    if (value_is(name, n, "margin")) value_sides(d, P_MARGIN_TOP, w, count);
    else if (value_is(name, n, "padding")) value_sides(d, P_PADDING_TOP, w, count);
    else if (value_is(name, n, "border-width")) value_sides(d, P_BORDER_WIDTH_TOP, w, count);
    else if (value_is(name, n, "border-style")) value_sides(d, P_BORDER_STYLE_TOP, w, count);
    else if (value_is(name, n, "border-color")) value_sides(d, P_BORDER_COLOR_TOP, w, count);
    else if (value_is(name, n, "border")) value_border(d, 0, 3, w, count);
    else if (value_is(name, n, "background")) value_background(d, w, count);
    else if (value_is(name, n, "font")) value_font(d, w, count);
    else if (value_is(name, n, "font-family")) value_family(d, w, count);
    else if (value_is(name, n, "list-style")) value_any(d, P_LIST_STYLE, w, count);
    else if (value_is(name, n, "text-decoration") || value_is(name, n, "text-decoration-line")) value_decoration(d, w, count);
    else if (value_is(name, n, "flex")) value_flex(d, w, count);
    else if (value_is(name, n, "gap")) {
        value_add_word(d, P_ROW_GAP, &w[0]);
        value_add_word(d, P_GAP, &w[count > 1 ? 1 : 0]);
    } else if (value_is(name, n, "flex-flow")) {
        value_any(d, P_FLEX_DIRECTION, w, count);
        value_any(d, P_FLEX_WRAP, w, count);
    } else {
        for (int side = 0; side < 4; side++)
            if (value_is(name, n, sides[side])) return value_border(d, side, side, w, count), true;
        return false;
    }
    return true;
}

void css_declare(struct arena *a, const char *name, size_t name_n, const struct css_word *w, int n, bool important, struct declaration ***last)
{
    struct declaring d = {a, important, last};
    if (value_shorthand(&d, name, name_n, w, n)) return;
    const struct property_info *p = value_property(name, name_n);
    bool first_counts = p && (p->property == P_RADIUS || p->property == P_BORDER_SPACING); /* of several radii the first */
    if (p && (n == 1 || first_counts)) value_add_word(&d, p->property, &w[0]);
}
