/* Places in the text that another one was made from: a JSON form, say, became lab language. */
#include <string.h>

#include "lab/plan/plan.h"

/* Near the last one as a rule, forwards or back: a text may be one long line. */
void plan_spot_move(struct plan_spot *s, const char *text, size_t n, size_t to)
{
    if (to > n) to = n;
    if (to < s->at && !memchr(text + to, '\n', s->at - to)) {
        s->column -= plan_cells(text + to, s->at - to);
        s->at = to;
    }
    while (to < s->at) { /* to the beginning of this line, then of those above */
        if (text[s->at - 1] == '\n') s->at--, s->line--;
        while (s->at && text[s->at - 1] != '\n') s->at--;
        s->column = 1;
    }
    for (const char *end; (end = memchr(text + s->at, '\n', to - s->at)); s->column = 1) {
        s->at = (size_t)(end + 1 - text);
        s->line++;
    }
    s->column += plan_cells(text + s->at, to - s->at);
    s->at = to;
}

struct hp_plan_place plan_origin_place(struct plan_source *s)
{
    const struct hp_plan_origin *o = s->origin;
    while (s->mark + 1 < o->marks && o->mark[s->mark + 1].at <= s->at) s->mark++;
    const struct hp_plan_mark *m = &o->mark[s->mark];
    plan_spot_move(&s->spot, o->text, o->n, s->mark + 1 < o->marks ? m->from : m->from + (s->at - m->at));
    return (struct hp_plan_place){s->spot.line, s->spot.column, s->file};
}
