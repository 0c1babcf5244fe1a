/* Layout: boxes from styled nodes, and where they go.  One engine for pictures and terminals: what differs is the unit, the sheet, and how wide text is. */
#ifndef BROWSER_LAYOUT_H
#define BROWSER_LAYOUT_H

#include "css.h"

/* What text looks like on the device. */
struct device {
    struct media media;
    bool pictures;                      /* pictures are drawn (otherwise their alternative text is) */
    bool marks_links;                   /* "[1]" behind each link */
    dim (*measure)(void *ctx, const struct style *s, const char *text, size_t n);
    void (*metrics)(void *ctx, const struct style *s, dim *ascent, dim *descent);
    /* The picture's natural size in device units; false: there is none. */
    bool (*picture)(void *ctx, const struct node *n, dim *w, dim *h);
    void *ctx;
};

enum box_kind { BOX_BLOCK, BOX_INLINE, BOX_TEXT, BOX_BREAK, BOX_IMAGE, BOX_TABLE, BOX_ROW, BOX_CELL, BOX_FLEX };

struct box;

/* A piece of a line: text, the part of an inline element's background and border, or a whole box. */
struct frag {
    struct box *box;
    const char *text;
    size_t n;
    dim x, y, w, h, ascent;             /* from the border box of the box whose line it is */
    bool first, last;                   /* of an inline element: its left and right ends are here */
    struct frag *next;
};

struct line {
    dim y, h, baseline;
    struct frag *first;
    struct line *next;
};

struct items;
struct table;

struct box {
    enum box_kind kind;
    bool atomic;                        /* stands in a line */
    bool lines_only;                    /* its children stand in lines */
    bool root;                          /* margins inside stay inside */
    bool measured, control;
    struct box *parent, *first, *last, *next;
    const struct node *node;            /* or NULL */
    const struct style *style;
    const char *text;                   /* BOX_TEXT */
    size_t n;
    dim x, y, w, h;                     /* border box, from the parent's */
    dim margin[4], padding[4];
    dim top, bottom;                    /* margins after collapsing with what is inside */
    dim min, max;                       /* widths of the border box: as narrow as it can be, as wide as it likes */
    dim baseline;                       /* of its last line, from the top of the border box; -1: none */
    dim caption;                        /* of a table: what the caption takes at the top */
    struct items *items;
    struct line *lines;
    const char *marker;                 /* of a list item */
    dim marker_x, marker_baseline;      /* marker_baseline < 0: not shown */
    const struct style *group;          /* of a row: the row group's */
    int colspan, rowspan, column, row;
    struct table *table;
};

struct layout {
    struct arena *arena;
    const struct device *device;
    dim bottom_max;                     /* what lies below is not laid out */
    int boxes;
    bool full;                          /* a bound was met: what is missing is at the end */
};

enum { LAYOUT_BOXES_MAX = 200 * 1000, LAYOUT_COLUMNS_MAX = 200, LAYOUT_SPAN_MAX = 200, LAYOUT_WORD_MAX = 256 };

/* The boxes of the page, laid out in the device's width.  NULL: out of memory. */
struct box *layout_page(struct layout *l, struct node *root);

/* ---- inside ---- */
struct box *box_build(struct layout *l, struct node *root);
struct box *box_add(struct layout *l, struct box *parent, enum box_kind kind, const struct node *n, const struct style *s);
bool box_is_block_level(const struct box *b);
dim box_edge(const struct box *b, enum side side);                      /* border and padding */
dim box_across(const struct box *b);                                    /* left and right together */
void box_edges(struct box *b, dim avail);                               /* margins and paddings in a block of this width */
void box_measure(struct layout *l, struct box *b);                      /* fills min and max */
/* The border box's width that the style says: true, or false = auto. */
bool box_fixed_width(const struct box *b, dim avail, dim *w);
dim box_limit_width(const struct box *b, dim avail, dim w);
dim box_width(struct layout *l, struct box *b, dim avail);              /* in normal flow */
dim box_shrink_width(struct layout *l, struct box *b, dim avail);       /* as wide as it likes, but no wider than there is room */
void box_layout(struct layout *l, struct box *b);                       /* with b->w and its edges known */
dim length_of(struct length v, dim whole, dim otherwise);
bool box_fixed_height(const struct box *b, dim *h);
dim box_limit_height(const struct box *b, dim h);

void inline_measure(struct layout *l, struct box *b);                   /* of the content */
dim inline_layout(struct layout *l, struct box *b, dim x, dim y, dim width);    /* answers the height */
void table_measure(struct layout *l, struct box *b);
void table_layout(struct layout *l, struct box *b);
void flex_measure(struct layout *l, struct box *b);
void flex_layout(struct layout *l, struct box *b);
/* forms.c: what stands in the box of a form's control. */
bool form_is_control(const struct node *n);
void form_build(struct layout *l, struct box *parent, const struct node *n);
struct style *box_style_copy(struct layout *l, const struct style *s);  /* NULL: out of memory */
struct box *box_add_text(struct layout *l, struct box *parent, const struct node *n, const struct style *s, const char *text);

#endif
