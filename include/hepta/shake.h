/* Shaking a lab: faults drawn from a seed, as lines of the lab language; what must hold whatever strikes; and the fewest lines that still
 * break it. */
#ifndef HEPTA_SHAKE_H
#define HEPTA_SHAKE_H

#include "hepta/run.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- faults ---- */

enum { HP_SHAKE_LINE_MAX = 200, HP_SHAKE_FAULTS_MAX = 64 };
struct hp_shake_line {
    char text[HP_SHAKE_LINE_MAX];       /* "at 2s..2500ms down neck" */
};

/* Draws `count` faults over the plan's cables, hosts and routers that begin and end before `until`; answers how many lines there are (0: the plan
 * has nothing that could fail).  The same plan and seed give the same. */
uint32_t hp_shake_draw(const struct hp_plan *plan, uint64_t seed, uint32_t count, hp_time until, struct hp_shake_line *out);

/* ---- shrinking ----
 * First lines are left out, by halves, quarters, ... single ones (delta debugging); then what is left is made simpler: later beginnings, shorter
 * spans, smaller shares.  `fails` says whether the run still fails with these lines. */
struct hp_shrink {
    bool (*fails)(void *ctx, const struct hp_shake_line *lines, uint32_t count);
    void *ctx;
    uint32_t tries_max;                 /* 0 = 200 */
    uint32_t tries;                     /* to be read */
};
/* Shrinks in place; answers how many lines are left. */
uint32_t hp_shake_shrink(struct hp_shrink *s, struct hp_shake_line *lines, uint32_t count);

/* ---- what must hold ---- */
struct hp_shake_watch;
/* Watches a run that has not begun.  NULL: no memory.  Free it after the run. */
struct hp_shake_watch *hp_shake_watch_new(struct hp_run *run, const struct hp_allocator *allocator);
void hp_shake_watch_free(struct hp_shake_watch *w);
/* While the world still exists: every frame that entered a cable left it or died of something that has a name, TCP changed its state only
 * as RFC 9293 allows, programs found no wrong byte.  NULL: all holds; else what does not, in words. */
const char *hp_shake_watch_wrong(struct hp_shake_watch *w);

#ifdef __cplusplus
}
#endif
#endif
