/* A plan for the eye: what there is too much of is folded.  Nodes of one kind that hang on one other by one cable each become one, "c1 … c64 (64)";
 * then what hangs on those, and so on inwards, until what is left can be drawn. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "plan_layout.h"

enum { FOLD_LEAST = 4 /* fewer are as easily drawn */ };

struct fold {
    const struct hp_plan *plan;
    uint32_t *into;             /* of every node: the node that stands for it; itself */
    uint32_t *degree, *hub;     /* cables that are left, and the other end of the last of them */
    uint32_t *behind;           /* how many nodes it stands for, with what hangs on those */
    uint32_t *last, *members;   /* of one that stands for others: the last, and how many */
    uint32_t left;
};

static bool fold_make(struct fold *f, const struct hp_plan *plan)
{
    size_t n = plan->nodes + 1;
    *f = (struct fold){.plan = plan, .into = calloc(n, sizeof *f->into), .degree = calloc(n, sizeof *f->degree), .hub = calloc(n, sizeof *f->hub),
                       .behind = calloc(n, sizeof *f->behind), .last = calloc(n, sizeof *f->last), .members = calloc(n, sizeof *f->members),
                       .left = plan->nodes};
    if (!f->into || !f->degree || !f->hub || !f->behind || !f->last || !f->members) return false;
    for (uint32_t i = 0; i < plan->nodes; i++) {
        f->into[i] = f->last[i] = i;
        f->behind[i] = f->members[i] = 1;
    }
    return true;
}

static void fold_free(struct fold *f)
{
    free(f->into);
    free(f->degree);
    free(f->hub);
    free(f->behind);
    free(f->last);
    free(f->members);
}

/* Cables between nodes that are drawn, but for those to groups: these hang on their node for good. */
static void fold_count(struct fold *f)
{
    memset(f->degree, 0, f->plan->nodes * sizeof *f->degree);
    for (uint32_t i = 0; i < f->plan->cables; i++) {
        uint32_t a = f->plan->cable[i].node[0], b = f->plan->cable[i].node[1];
        if (f->into[a] != a || f->into[b] != b || f->members[a] > 1 || f->members[b] > 1) continue;
        f->degree[a]++;
        f->degree[b]++;
        f->hub[a] = b;
        f->hub[b] = a;
    }
}

static bool fold_is_leaf(const struct fold *f, uint32_t i) { return f->into[i] == i && f->members[i] == 1 && f->degree[i] == 1 && f->degree[f->hub[i]] > 1; }

/* A group that hangs on one of a group is behind that. */
static void fold_hide(struct fold *f)
{
    for (uint32_t i = 0; i < f->plan->nodes; i++) {
        if (f->into[i] != i || f->members[i] == 1) continue;
        uint32_t hub = f->into[f->hub[i]];
        if (f->members[hub] == 1) continue;
        f->into[i] = hub;
        f->behind[hub] += f->behind[i];
        f->left--;
    }
    for (uint32_t i = 0; i < f->plan->nodes; i++) f->into[i] = f->into[f->into[i]];
}

/* One round: leaves of the same kind and hub into the first of them, where there are enough.  False: none. */
static bool fold_round(struct fold *f)
{
    enum { KINDS = HP_NODE_REPEATER + 1 };
    uint32_t n = f->plan->nodes, *count = calloc((size_t)n * KINDS + 1, sizeof *count), *first = calloc((size_t)n * KINDS + 1, sizeof *first);
    bool folded = false;
    fold_count(f);
    for (uint32_t i = 0; i < n && count; i++)
        if (fold_is_leaf(f, i)) count[f->hub[i] * KINDS + f->plan->node[i].kind]++;
    for (uint32_t i = 0; i < n && count && first; i++) {
        size_t key = (size_t)f->hub[i] * KINDS + f->plan->node[i].kind;
        if (!fold_is_leaf(f, i) || count[key] < FOLD_LEAST) continue;
        if (!first[key]) {
            first[key] = i + 1;
            continue;
        }
        uint32_t into = first[key] - 1;
        f->into[i] = into;
        f->last[into] = i;
        f->behind[into] += f->behind[i];
        f->members[into]++;
        f->left--;
        folded = true;
    }
    if (folded) fold_hide(f);
    free(count);
    free(first);
    return folded;
}

/* ---- the plan that is drawn ---- */

static void fold_node(const struct fold *f, uint32_t i, struct hp_plan_node *to, char label[PLAN_BOX_TEXT])
{
    *to = f->plan->node[i];
    if (f->members[i] == 1) return;
    int n = snprintf(label, PLAN_BOX_TEXT, "%s … %s (%u", to->name, f->plan->node[f->last[i]].name, f->members[i]);
    if (f->behind[i] > f->members[i]) n += snprintf(label + n, PLAN_BOX_TEXT - (size_t)n, ", %u in all", f->behind[i]);
    snprintf(label + n, PLAN_BOX_TEXT - (size_t)n, ")");
    to->name = to->label = label;
    to->interfaces = 0;
}

/* Each of a group's cables is like the first; it is named after its ends, which says nothing of its own. */
static void fold_cables(const struct fold *f, const uint32_t *place, struct plan_folded *to)
{
    for (uint32_t i = 0; i < f->plan->cables; i++) {
        struct hp_plan_cable c = f->plan->cable[i];
        uint32_t a = f->into[c.node[0]], b = f->into[c.node[1]];
        bool grouped = f->members[a] > 1 || f->members[b] > 1;
        if (a == b || (grouped && (a != c.node[0] || b != c.node[1]))) continue;
        c.node[0] = place[a];
        c.node[1] = place[b];
        if (grouped) {
            char *name = to->name[to->names++];
            snprintf(name, sizeof *to->name, "%s-%s", to->plan.node[c.node[0]].name, to->plan.node[c.node[1]].name);
            c.name = name;
        }
        to->plan.cable[to->plan.cables++] = c;
    }
}

bool plan_fold_make(struct plan_folded *to, const struct hp_plan *plan, uint32_t most)
{
    struct fold f;
    bool ok = fold_make(&f, plan);
    while (ok && f.left > most && fold_round(&f)) continue;
    size_t n = plan->nodes + 1;
    *to = (struct plan_folded){.plan = *plan, .label = calloc(n, sizeof *to->label), .name = calloc(n, sizeof *to->name)};
    to->plan.node = calloc(n, sizeof *to->plan.node);
    to->plan.cable = calloc(plan->cables + 1, sizeof *to->plan.cable);
    uint32_t *place = calloc(n, sizeof *place);
    ok = ok && to->label && to->name && to->plan.node && to->plan.cable && place;
    to->plan.nodes = to->plan.cables = 0;
    for (uint32_t i = 0; i < plan->nodes && ok; i++) {
        if (f.into[i] != i) continue;
        place[i] = to->plan.nodes++;
        fold_node(&f, i, &to->plan.node[place[i]], to->label[place[i]]);
    }
    if (ok) fold_cables(&f, place, to);
    free(place);
    fold_free(&f);
    return ok;
}

void plan_fold_free(struct plan_folded *to)
{
    free(to->plan.node);
    free(to->plan.cable);
    free(to->label);
    free(to->name);
}
