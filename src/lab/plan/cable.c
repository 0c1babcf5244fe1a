/* cable A[.IF] B[.IF] ATTRIBUTES: one turn for each pair that the ranges give. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

enum { CABLE_PORTS_MAX = 4094 };      /* of a machine: core/stack.h, and one for loopback */

static bool cable_taken(const struct hp_plan *plan, const char *name)
{
    return hp_plan_find_cable(plan, name) >= 0 || hp_plan_find_node(plan, name) >= 0;
}

/* "a-b", or what `name` says. */
static bool cable_set_name(struct plan_reader *r, struct hp_plan_cable *k, const struct plan_cable_at *at)
{
    char base[PLAN_LONG_NAME_MAX + 1];
    const struct hp_plan_node *node = r->plan->node;
    if (!at->name) {
        struct text t = text_of(base, sizeof base);
        text_str(&t, node[k->node[0]].name);
        text_char(&t, '-');
        text_str(&t, node[k->node[1]].name);
        return plan_name_free(r, base, cable_taken, &k->name);
    }
    int32_t old = hp_plan_find_cable(r->plan, at->name_text), same = hp_plan_find_node(r->plan, at->name_text);
    if (old >= 0) return plan_fail(r, at->name, "there is a cable \"%s\" already, in line %u", at->name_text, r->plan->cable[old].place.line);
    if (same >= 0) return plan_fail(r, at->name, "\"%s\" is a %s's name (line %u), so that a cable cannot have it", at->name_text,
                                    plan_kind_text(r->plan->node[same].kind), r->plan->node[same].place.line);
    k->name = at->name_text;
    return true;
}

static bool cable_take_port(struct plan_reader *r, const struct plan_word *w, struct hp_plan_cable *k, uint32_t end)
{
    struct hp_plan_node *n = &r->plan->node[k->node[end]];
    struct hp_plan_interface *i = &n->interface[k->interface[end]];
    if (i->cable >= 0)
        return plan_fail(r, w, "%s of %s has a cable already (line %u)", i->name, n->name, r->plan->cable[i->cable].place.line);
    if (n->kind <= HP_NODE_SWITCH && k->interface[end] >= CABLE_PORTS_MAX)
        return plan_fail(r, w, "%s would get more than %d cables, which is the most that a machine has", n->name, CABLE_PORTS_MAX);
    if (n->kind == HP_NODE_REPEATER && k->interface[end] >= 2)
        return plan_fail(r, w, "a repeater has two ends; \"%s\" would get a third cable (a hub has as many as you like)", n->name);
    i->cable = (int32_t)r->plan->cables;
    i->end = (int32_t)end;
    return true;
}

static bool cable_find_ends(struct plan_reader *r, struct plan_turns *t, struct hp_plan_cable *k)
{
    for (uint32_t end = 0; end < 2; end++) {
        const struct plan_word *w = &r->word[1 + end];
        r->scratch_at = 0;
        const char *name = plan_unfold(r, t, w);
        if (!name || !plan_port_find(r, w, name, &k->node[end], &k->interface[end])) return false;
        if (end && k->node[0] == k->node[1]) return plan_fail(r, w, "this cable would go from %s to itself", r->plan->node[k->node[0]].name);
        if (!cable_take_port(r, w, k, end)) return false;
    }
    t->a = r->plan->node[k->node[0]].name;
    t->b = r->plan->node[k->node[1]].name;
    return true;
}

static bool cable_one(struct plan_reader *r, struct plan_turns *t)
{
    struct hp_plan *plan = r->plan;
    uint32_t budget = 0;
    if (plan->cables >= HP_PLAN_CABLES_MAX) return plan_fail(r, r->word, "more than %d cables", HP_PLAN_CABLES_MAX);
    if (!plan_grow(r->arena, (void **)&plan->cable, &r->arena->room.cable, plan->cables, sizeof *plan->cable)) return plan_no_memory(r);
    struct hp_plan_cable *k = &plan->cable[plan->cables];
    struct plan_cable_at at = {.cable = k};
    *k = (struct hp_plan_cable){.name = "", .place = r->word[0].place};
    if (!cable_find_ends(r, t, k)) return false;
    plan->cables++; /* both ends know it */
    struct plan_cursor c = {.r = r, .turns = t, .word = r->word + 3, .end = r->word + r->words, .budget = &budget};
    if (!plan_cable_attrs(&c, &at)) return false;
    if (k->config.half_duplex && !k->config.way.rate) return plan_fail(r, r->word, "half-duplex wants a rate: one bit at a time");
    if (at.has_back) k->config.back = &k->back; /* set right when all cables are known: the array moves */
    if (!cable_set_name(r, k, &at)) return false;
    k->config.name = k->name;
    return plan_name_add(r, &r->arena->cables, k->name, plan->cables - 1);
}

bool plan_cable_line(struct plan_reader *r)
{
    struct plan_turns t = {.count = 0};
    if (r->words < 3) return plan_fail(r, r->word, "a cable has two ends: cable A B, or cable A.eth1 B.eth0");
    if (!plan_turns_add(r, &t, &r->word[1]) || !plan_turns_add(r, &t, &r->word[2])) return false;
    plan_turns_begin(&t);
    do {
        if (!cable_one(r, &t)) return false;
    } while (plan_turns_next(&t));
    return plan_turns_keep_pair(r, &t, &r->word[1], '-', &r->word[2]);
}

/* A kind's attributes are read once for a cable that nobody sees. */
static bool cable_kind_try(struct plan_reader *r, const struct plan_kind *k)
{
    struct hp_plan_cable cable = {.name = NULL};
    struct plan_cable_at at = {.cable = &cable};
    const struct plan_turns none = {.n = 1};
    uint32_t budget = 0;
    struct plan_cursor c = {.r = r, .turns = &none, .word = k->word, .end = k->word + k->words, .budget = &budget};
    return plan_cable_attrs(&c, &at);
}

bool plan_cable_kind_line(struct plan_reader *r) { return plan_kind_line(r, "cable", cable_kind_try); }
