/* A subset of CSS 2.1 with a little of what came later: sheets are parsed into rules, the cascade gives every node a style. */
#ifndef BROWSER_CSS_H
#define BROWSER_CSS_H

#include "node.h"

/* ---- lengths ---- */
typedef int64_t dim;                    /* a distance, in units of the device: 1/64 pixel, or a cell of a terminal */

enum length_kind { LENGTH_AUTO, LENGTH_FIXED, LENGTH_PERCENT, LENGTH_NONE };
struct length {
    enum length_kind kind;
    int32_t v;                          /* units of the device, or thousandths of a per cent */
};

/* ---- the computed style of an element ---- */
enum display { DISPLAY_INLINE, DISPLAY_BLOCK, DISPLAY_INLINE_BLOCK, DISPLAY_LIST_ITEM, DISPLAY_NONE, DISPLAY_TABLE, DISPLAY_INLINE_TABLE, DISPLAY_ROW_GROUP,
               DISPLAY_HEADER_GROUP, DISPLAY_FOOTER_GROUP, DISPLAY_ROW, DISPLAY_CELL, DISPLAY_CAPTION, DISPLAY_COLUMN, DISPLAY_COLUMN_GROUP, DISPLAY_FLEX,
               DISPLAY_INLINE_FLEX };
enum text_align { ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT, ALIGN_CENTER_ALL /* blocks, too: <center> */, ALIGN_RIGHT_ALL };
enum white_space { SPACE_NORMAL, SPACE_NOWRAP, SPACE_PRE, SPACE_PRE_WRAP, SPACE_PRE_LINE };
enum word_break { BREAK_NORMAL, BREAK_ALL, BREAK_KEEP_ALL };
enum vertical_align { VALIGN_BASELINE, VALIGN_TOP, VALIGN_MIDDLE, VALIGN_BOTTOM, VALIGN_SUB, VALIGN_SUPER };
enum border_style { BORDER_NONE, BORDER_SOLID, BORDER_DASHED, BORDER_DOTTED, BORDER_DOUBLE, BORDER_INSET, BORDER_OUTSET };
enum text_transform { TRANSFORM_NONE, TRANSFORM_UPPER, TRANSFORM_LOWER, TRANSFORM_CAPITALIZE };
enum flex_place { PLACE_START, PLACE_CENTER, PLACE_END, PLACE_BETWEEN, PLACE_AROUND, PLACE_EVENLY, PLACE_STRETCH, PLACE_AUTO };
enum list_style { LIST_DISC, LIST_CIRCLE, LIST_SQUARE, LIST_DECIMAL, LIST_LOWER_ALPHA, LIST_UPPER_ALPHA, LIST_LOWER_ROMAN, LIST_UPPER_ROMAN,
    LIST_HANGUL, LIST_NONE };
enum decoration { DECORATE_UNDERLINE = 1, DECORATE_STRIKE = 2, DECORATE_OVERLINE = 4 };
enum side { SIDE_TOP, SIDE_RIGHT, SIDE_BOTTOM, SIDE_LEFT };

struct style {
    /* inherited */
    uint32_t color;                     /* 0xAARRGGBB */
    int32_t font_size;                  /* units */
    int32_t line_height;                /* thousandths of the font size; 0 = normal; negative: fixed, in units */
    int32_t letter_spacing, text_indent, border_spacing;
    const char *font_family;            /* as the sheet said, or NULL */
    uint16_t font_weight;
    bool italic, hidden, collapse, pre_marker;
    uint8_t text_align, white_space, word_break, transform, list, decoration;
    bool wrap_anywhere;
    int link;                           /* number of the link that this is part of, 0 = none */
    /* not inherited */
    uint8_t display, valign, border_style[4], flex_place, flex_align, flex_self;
    bool flex_column, flex_wrap, border_box, clips;
    uint32_t background;
    uint32_t border_color[4];
    int32_t border_width[4];
    int32_t radius, gap, row_gap;
    int32_t flex_grow, flex_shrink;     /* thousandths */
    struct length flex_basis;
    struct length margin[4], padding[4];
    struct length width, height, min_width, max_width, min_height, max_height;
};

/* ---- declarations ---- */
enum property {
    P_COLOR, P_FONT_SIZE, P_LINE_HEIGHT, P_LETTER_SPACING, P_TEXT_INDENT, P_BORDER_SPACING, P_FONT_FAMILY, P_FONT_WEIGHT, P_FONT_STYLE, P_VISIBILITY,
    P_BORDER_COLLAPSE, P_TEXT_ALIGN, P_WHITE_SPACE, P_WORD_BREAK, P_OVERFLOW_WRAP, P_TEXT_TRANSFORM, P_LIST_STYLE, P_TEXT_DECORATION, P_DISPLAY,
        P_VERTICAL_ALIGN, P_BACKGROUND,
    P_BORDER_STYLE_TOP, P_BORDER_STYLE_RIGHT, P_BORDER_STYLE_BOTTOM, P_BORDER_STYLE_LEFT, P_BORDER_COLOR_TOP, P_BORDER_COLOR_RIGHT, P_BORDER_COLOR_BOTTOM,
    P_BORDER_COLOR_LEFT, P_BORDER_WIDTH_TOP, P_BORDER_WIDTH_RIGHT, P_BORDER_WIDTH_BOTTOM, P_BORDER_WIDTH_LEFT, P_RADIUS, P_GAP, P_ROW_GAP,
        P_FLEX_GROW, P_FLEX_SHRINK,
    P_FLEX_BASIS, P_MARGIN_TOP, P_MARGIN_RIGHT, P_MARGIN_BOTTOM, P_MARGIN_LEFT, P_PADDING_TOP, P_PADDING_RIGHT, P_PADDING_BOTTOM, P_PADDING_LEFT,
        P_WIDTH, P_HEIGHT, P_MIN_WIDTH,
    P_MAX_WIDTH, P_MIN_HEIGHT, P_MAX_HEIGHT, P_JUSTIFY_CONTENT, P_ALIGN_ITEMS, P_ALIGN_SELF, P_FLEX_DIRECTION, P_FLEX_WRAP, P_BOX_SIZING, P_OVERFLOW,
        P_POSITION, P_COUNT
};

enum value_kind { VALUE_KEYWORD, VALUE_LENGTH, VALUE_COLOR, VALUE_TEXT, VALUE_INHERIT, VALUE_INITIAL };
enum unit { UNIT_NUMBER, UNIT_PX, UNIT_EM, UNIT_REM, UNIT_PERCENT, UNIT_EX, UNIT_CH, UNIT_PT, UNIT_VW, UNIT_VH };

struct value {
    enum value_kind kind;
    enum unit unit;
    int32_t number;                     /* a keyword, or thousandths of the unit */
    uint32_t color;
    const char *text;
};

struct declaration {
    enum property property;
    bool important;
    struct value value;
    struct declaration *next;
};

/* ---- sheets ---- */
enum { CSS_BYTES_MAX = 512 * 1024, CSS_RULES_MAX = 8192, CSS_PARTS_MAX = 16, CSS_DEPTH_MAX = 32, CSS_STEPS_MAX = 20 * 1000 * 1000 };

/* What a compound wants of an element's class or attributes. */
struct term {
    enum { TERM_CLASS, TERM_HAS, TERM_EQUALS, TERM_WORD, TERM_BEGINS, TERM_ENDS, TERM_CONTAINS } kind;
    const char *name, *value;
    struct term *next;
};

/* One compound of a selector ("td.price:first-child"), and how it hangs on the one to its left. */
struct compound {
    char combinator;                    /* to the next compound (leftwards): ' ', '>', '+', '~', or 0 at the left end */
    bool never, first, last, odd, even, link, root;
    const char *name, *id;              /* NULL = any */
    struct term *terms;
    struct compound *left;
};

struct rule {
    struct compound *subject;           /* the rightmost compound */
    const struct declaration *declarations;
    uint32_t specificity, order;
    struct rule *next;
};

struct sheet {
    struct arena *arena;
    struct rule *first, *last;
    int rules;
};

/* Adds the rules of `text` to the sheet; what makes no sense is skipped, as CSS 2.1 4.2 says. */
void css_parse(struct sheet *to, const char *text, size_t n);
/* The declarations of a style attribute, or NULL. */
struct declaration *css_parse_declarations(struct arena *a, const char *text, size_t n);
/* A colour as HTML attributes and CSS write it. */
bool css_color_parse(const char *text, size_t n, uint32_t *out);

/* ---- inside css*.c ---- */
enum { CSS_VALUES_MAX = 16, CSS_NONE = -1 };
/* One component of a declaration's value. */
struct css_word {
    enum { WORD_IDENT, WORD_NUMBER, WORD_HASH, WORD_STRING, WORD_FUNCTION, WORD_COMMA, WORD_SLASH } kind;
    const char *p;                      /* of a function: its name and everything up to the closing parenthesis */
    size_t n;
    int32_t number;
    enum unit unit;
};
/* Declarations of property `name` with these words, appended at *last; an unknown name or value gives none. */
void css_declare(struct arena *a, const char *name, size_t name_n, const struct css_word *w, int n, bool important, struct declaration ***last);

/* ---- the cascade ---- */
struct media {
    int unit;                           /* device units per CSS pixel */
    dim width, height;                  /* of the viewport */
    bool text;                          /* a terminal: presentational attributes and most of the author's properties do not apply */
};

/* Gives every node below root its style.  `own` is the browser's sheet, `author` the page's.  False: out of memory. */
bool css_cascade(struct arena *a, struct node *root, const struct sheet *own, const struct sheet *author, const struct media *m);
/* The style of something that is no element: inherits from `parent`. */
struct style css_anonymous(const struct style *parent);

/* sheets.c: the browser's own sheets. */
extern const char sheet_screen[], sheet_terminal[];
/* hints.c: presentational attributes of HTML as declarations, or NULL. */
struct declaration *css_hints(struct arena *a, const struct node *n, const struct media *m);

#endif
