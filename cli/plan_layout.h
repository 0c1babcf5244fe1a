/* Drawings of plans. */
#ifndef CLI_PLAN_LAYOUT_H
#define CLI_PLAN_LAYOUT_H

#include "cli.h"

struct plan_place {
    int32_t column;
    int y, height;              /* rows; the height is the caller's to set */
};
struct plan_layout {
    struct plan_place *place;   /* of every node; the caller's */
    int gap;                    /* rows between two nodes of a column */
    int32_t columns;            /* and what came out: */
    int height;
};
/* plan_layout.c.  False: out of memory. */
bool plan_layout_make(struct plan_layout *l, const struct hp_plan *plan);

/* What stands in a node's box: its name (or label), what it is, its addresses.  Answers how many lines. */
enum { PLAN_BOX_LINES = 6, PLAN_BOX_TEXT = 128 };
int plan_box_lines(const struct hp_plan_node *n, char line[PLAN_BOX_LINES][PLAN_BOX_TEXT]);
/* "10ms 1Gbit/s loss 1%": empty for a perfect cable. */
void plan_cable_text(const struct hp_plan_cable *c, char *buf, size_t n);
/* The part of the name that the ends do not say already; NULL if there is none. */
const char *plan_cable_own_name(const struct hp_plan *p, const struct hp_plan_cable *c);

/* plan_fold.c: the plan as it is drawn: at most so many nodes, if folding machines that hang on one other brings it there.  Free it in any case. */
enum { PLAN_FOLD_NAME = 80 /* what plan_cable_own_name() compares */ };
struct plan_folded {
    struct hp_plan plan;        /* names and addresses lie in the plan that was folded */
    char (*label)[PLAN_BOX_TEXT], (*name)[PLAN_FOLD_NAME];
    uint32_t names;
};
bool plan_fold_make(struct plan_folded *to, const struct hp_plan *plan, uint32_t most);
void plan_fold_free(struct plan_folded *to);

bool plan_svg_write(FILE *f, const struct hp_plan *plan);       /* plan_svg.c */

#endif
