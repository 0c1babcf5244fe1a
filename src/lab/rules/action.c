/* What goes wrong: an action, done and undone.
 *
 *   down CABLE...   up CABLE...           unplugged, plugged in
 *   set CABLE... [there|back] WORD VALUE ...
 *                                         rate, delay, loss, burst BEGIN END [LOSS], duplicate, reorder SHARE [BY], jitter, bit-errors
 *   crash NODE...   restart NODE...       loses power and all that it knew; starts anew
 *   freeze NODE...  thaw NODE...          does nothing for a while, and knows nothing of it
 *   partition NODE... | NODE...           every cable between the two groups is unplugged; heal: plugged in
 *   start APP...    stop APP...
 *
 * Names are globs.  Undoing sets a cable to what it was when the action was done. */
#include "lab/rules/rules.h"

enum action_field { ACTION_RATE,
                    ACTION_DELAY,
                    ACTION_LOSS,
                    ACTION_BURST,
                    ACTION_DUPLICATE,
                    ACTION_REORDER,
                    ACTION_JITTER,
                    ACTION_BIT_ERRORS,
                    ACTION_FIELDS };
static const char *const action_fields[] = {"rate", "delay", "loss", "burst", "duplicate", "reorder", "jitter", "bit-errors", NULL};
static const char *const action_words[] = {"down", "up", "set", "crash", "restart", "freeze", "thaw", "partition", "heal", "start", "stop", NULL};

/* ---- reading ---- */

static bool action_ends(const struct rule_line *r) { return rule_end(r) || rule_is(r, "for") || rule_is(r, "|"); }

static bool action_things(struct rule_line *r, struct rules *rules, struct action *a, enum rules_of of)
{
    do {
        if (rule_end(r)) return rule_wrong(r, NULL, of == RULES_CABLES ? "the name of a cable" : of == RULES_NODES ? "the name of a node"
                                                                                                                   : "the name of an app");
        if (!rules_find(r, rules, of, r->token, &a->thing, &a->things)) return false;
        rule_next(r);
    } while (!action_ends(r));
    return true;
}

static bool action_share(struct rule_line *r, uint32_t *out)
{
    if (!hp_share_parse(r->token, out)) return rule_wrong(r, NULL, "a share such as 1%");
    rule_next(r);
    return true;
}

static bool action_rate(struct rule_line *r, uint64_t *out)
{
    if (!hp_rate_parse(r->token, out)) return rule_wrong(r, NULL, "a rate such as 10Mbit/s");
    rule_next(r);
    return true;
}

static bool action_burst(struct rule_line *r, struct hp_faults *f)
{
    uint32_t share;
    f->burst_loss = 0;
    if (!action_share(r, &f->burst_begin) || !action_share(r, &f->burst_end)) return false;
    return !hp_share_parse(r->token, &share) || action_share(r, &f->burst_loss);
}

static bool action_reorder(struct rule_line *r, struct hp_faults *f)
{
    f->reorder_by = 0;
    if (!action_share(r, &f->reorder)) return false;
    return !rule_is_time(r) || rule_time(r, &f->reorder_by);
}

static bool action_value(struct rule_line *r, struct hp_way *w, enum action_field field)
{
    switch (field) {
    case ACTION_RATE: return action_rate(r, &w->rate);
    case ACTION_DELAY: return rule_time(r, &w->delay);
    case ACTION_LOSS: return action_share(r, &w->faults.loss);
    case ACTION_BURST: return action_burst(r, &w->faults);
    case ACTION_DUPLICATE: return action_share(r, &w->faults.duplicate);
    case ACTION_REORDER: return action_reorder(r, &w->faults);
    case ACTION_JITTER: return rule_time(r, &w->faults.jitter);
    case ACTION_BIT_ERRORS: return action_share(r, &w->faults.bit_errors);
    case ACTION_FIELDS: break;
    }
    return false;
}

static enum action_field action_field(const struct rule_line *r)
{
    int i = 0;
    while (i < ACTION_FIELDS && !rule_is(r, action_fields[i])) i++;
    return (enum action_field)i;
}

/* Cables until the first word that is a setting. */
static bool action_set(struct rule_line *r, struct rules *rules, struct action *a)
{
    a->ends = 3;
    do {
        if (!rules_find(r, rules, RULES_CABLES, r->token, &a->thing, &a->things)) return false;
        rule_next(r);
    } while (!rule_end(r) && !rule_is(r, "there") && !rule_is(r, "back") && action_field(r) == ACTION_FIELDS);
    if (rule_take(r, "there")) a->ends = 1;
    else if (rule_take(r, "back")) a->ends = 2;
    do {
        enum action_field field = action_field(r);
        if (field == ACTION_FIELDS) return rule_wrong(r, action_fields, "rate, delay, loss, burst, duplicate, reorder, jitter or bit-errors");
        rule_next(r);
        if (!action_value(r, &a->way, field)) return false;
        a->mask |= 1u << field;
    } while (!action_ends(r));
    a->before = mem_zalloc(rules->c.mem, a->things * sizeof *a->before);
    return a->before || rule_wrong(r, NULL, "more memory");
}

static bool action_has(const struct action *a, uint32_t thing)
{
    for (uint32_t i = 0; i < a->things; i++)
        if ((uint32_t)a->thing[i] == thing) return true;
    return false;
}

static bool action_is_between(const struct hp_plan_cable *c, const struct action *left, const struct action *right)
{
    return (action_has(left, c->node[0]) && action_has(right, c->node[1])) || (action_has(left, c->node[1]) && action_has(right, c->node[0]));
}

/* The cables from a node of the first group to one of the second. */
static bool action_between(struct rule_line *r, struct rules *rules, struct action *a, const struct action *left, const struct action *right)
{
    const struct hp_plan *plan = rules->c.plan;
    uint32_t count = 0;
    for (uint32_t i = 0; i < plan->cables; i++) count += action_is_between(&plan->cable[i], left, right);
    if (!count) return rule_wrong(r, NULL, "two groups with a cable between them");
    a->thing = mem_zalloc(rules->c.mem, count * sizeof *a->thing);
    if (!a->thing) return rule_wrong(r, NULL, "more memory");
    for (uint32_t i = 0; i < plan->cables; i++)
        if (action_is_between(&plan->cable[i], left, right)) a->thing[a->things++] = (int32_t)i;
    return true;
}

static bool action_partition(struct rule_line *r, struct rules *rules, struct action *a)
{
    struct action left = {0}, right = {0};
    bool good = action_things(r, rules, &left, RULES_NODES) && (rule_take(r, "|") || rule_wrong(r, NULL, "| between the two groups")) &&
                action_things(r, rules, &right, RULES_NODES) && action_between(r, rules, a, &left, &right);
    mem_free(rules->c.mem, left.thing, left.things * sizeof *left.thing);
    mem_free(rules->c.mem, right.thing, right.things * sizeof *right.thing);
    return good;
}

bool action_read(struct rule_line *r, struct rules *rules, struct action *out)
{
    int i = 0;
    *out = (struct action){0};
    while (action_words[i] && !rule_is(r, action_words[i])) i++;
    if (!action_words[i]) return rule_wrong(r, action_words, "what goes wrong (down, up, set, crash, restart, freeze, thaw, partition, heal, start, stop)");
    out->kind = (enum action_kind)i;
    rule_next(r);
    switch (out->kind) {
    case ACTION_DOWN:
    case ACTION_UP: return action_things(r, rules, out, RULES_CABLES);
    case ACTION_SET: return action_set(r, rules, out);
    case ACTION_PARTITION:
    case ACTION_HEAL: return action_partition(r, rules, out);
    case ACTION_START:
    case ACTION_STOP: return action_things(r, rules, out, RULES_APPS);
    default: return action_things(r, rules, out, RULES_NODES);
    }
}

void action_free(struct rules *rules, struct action *a)
{
    mem_free(rules->c.mem, a->thing, a->things * sizeof *a->thing);
    mem_free(rules->c.mem, a->before, a->things * sizeof *a->before);
}

/* ---- doing ---- */

static struct hp_cable *action_cable(struct rules *rules, int32_t i) { return hp_world_find_cable(rules->c.world, rules->c.plan->cable[i].name); }

static void action_mix(struct hp_way *to, const struct hp_way *from, uint32_t mask)
{
    if (mask >> ACTION_RATE & 1) to->rate = from->rate;
    if (mask >> ACTION_DELAY & 1) to->delay = from->delay;
    if (mask >> ACTION_LOSS & 1) to->faults.loss = from->faults.loss;
    if (mask >> ACTION_BURST & 1) {
        to->faults.burst_begin = from->faults.burst_begin;
        to->faults.burst_end = from->faults.burst_end;
        to->faults.burst_loss = from->faults.burst_loss;
    }
    if (mask >> ACTION_DUPLICATE & 1) to->faults.duplicate = from->faults.duplicate;
    if (mask >> ACTION_REORDER & 1) {
        to->faults.reorder = from->faults.reorder;
        to->faults.reorder_by = from->faults.reorder_by;
    }
    if (mask >> ACTION_JITTER & 1) to->faults.jitter = from->faults.jitter;
    if (mask >> ACTION_BIT_ERRORS & 1) to->faults.bit_errors = from->faults.bit_errors;
}

static void action_set_ways(struct rules *rules, struct hp_cable *c, const struct hp_way way[2])
{
    struct hp_cable_config config = {.way = way[0], .back = &way[1]};
    hp_world_cable_set(rules->c.world, c, &config);
}

static void action_set_do(struct rules *rules, struct action *a)
{
    for (uint32_t i = 0; i < a->things; i++) {
        struct hp_cable *c = action_cable(rules, a->thing[i]);
        struct hp_way way[2];
        for (int end = 0; end < 2; end++) {
            hp_cable_get(c, end, &way[end]);
            a->before[i][end] = way[end];
            if (a->ends >> end & 1) action_mix(&way[end], &a->way, a->mask);
        }
        action_set_ways(rules, c, way);
    }
}

static void action_set_undo(struct rules *rules, struct action *a)
{
    for (uint32_t i = 0; i < a->things; i++) {
        struct hp_cable *c = action_cable(rules, a->thing[i]);
        struct hp_way way[2];
        for (int end = 0; end < 2; end++) {
            hp_cable_get(c, end, &way[end]);
            if (a->ends >> end & 1) action_mix(&way[end], &a->before[i][end], a->mask);
        }
        action_set_ways(rules, c, way);
    }
}

static void action_one(struct rules *rules, enum action_kind kind, int32_t thing)
{
    const char *name = rules->c.plan->nodes > (uint32_t)thing ? rules->c.plan->node[thing].name : NULL;
    switch (kind) {
    case ACTION_DOWN:
    case ACTION_PARTITION: hp_world_cable_set_up(rules->c.world, action_cable(rules, thing), false); break;
    case ACTION_UP:
    case ACTION_HEAL: hp_world_cable_set_up(rules->c.world, action_cable(rules, thing), true); break;
    case ACTION_CRASH: rules->c.crash(rules->c.ctx, (uint32_t)thing); break;
    case ACTION_RESTART: rules->c.restart(rules->c.ctx, (uint32_t)thing); break;
    case ACTION_FREEZE: hp_world_freeze(rules->c.world, name, true); break;
    case ACTION_THAW: hp_world_freeze(rules->c.world, name, false); break;
    case ACTION_START: rules->c.app(rules->c.ctx, (uint32_t)thing, true); break;
    case ACTION_STOP: rules->c.app(rules->c.ctx, (uint32_t)thing, false); break;
    case ACTION_SET: break;
    }
}

static void action_all(struct rules *rules, const struct action *a, enum action_kind kind)
{
    for (uint32_t i = 0; i < a->things; i++) action_one(rules, kind, a->thing[i]);
}

void action_do(struct rules *rules, struct action *a)
{
    if (a->kind == ACTION_SET) action_set_do(rules, a);
    else action_all(rules, a, a->kind);
}

void action_undo(struct rules *rules, struct action *a)
{
    static const uint8_t opposite[] = {[ACTION_DOWN] = ACTION_UP, [ACTION_UP] = ACTION_DOWN, [ACTION_CRASH] = ACTION_RESTART,
                                       [ACTION_RESTART] = ACTION_CRASH, [ACTION_FREEZE] = ACTION_THAW, [ACTION_THAW] = ACTION_FREEZE,
                                       [ACTION_PARTITION] = ACTION_HEAL, [ACTION_HEAL] = ACTION_PARTITION, [ACTION_START] = ACTION_STOP,
                                       [ACTION_STOP] = ACTION_START};
    if (a->kind == ACTION_SET) action_set_undo(rules, a);
    else action_all(rules, a, (enum action_kind)opposite[a->kind]);
}

const char *action_opposite(const struct action *a)
{
    static const char *const words[] = {"up", "down", "unset", "restart", "crash", "thaw", "freeze", "heal", "partition", "stop", "start"};
    return words[a->kind];
}
