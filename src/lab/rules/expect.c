/* What must hold:
 *
 *   expect always CONDITION                       after every event; also: always from T [to T] CONDITION
 *   expect never PATTERN|CONDITION
 *   expect eventually [T] PATTERN|CONDITION       by T, or by the end
 *   expect within T after PATTERN  PATTERN|CONDITION
 *   expect final CONDITION                        when the run is over
 *   expect sometimes PATTERN|CONDITION            in at least one of all the runs of hepta lab shake; a run alone cannot fail it
 *   expect exactly|at-least|at-most N PATTERN
 *
 * Conditions are looked at after every event of the world, patterns when something happens: nothing is sampled. */
#include "core/stack.h"
#include "lab/rules/rules.h"

/* ---- reading ---- */

static bool expect_what(struct rule_line *r, struct expect *x)
{
    x->is_pattern = pattern_begins(r);
    if (x->is_pattern ? !pattern_read(r, &x->pattern) : !condition_read(r, x->rules, &x->condition)) return false;
    return rule_finish(r);
}

static bool expect_condition(struct rule_line *r, struct expect *x)
{
    if (pattern_begins(r)) return rule_wrong(r, NULL, "a condition such as neck.queue <= 2MiB (an event has no duration)");
    return condition_read(r, x->rules, &x->condition) && rule_finish(r);
}

static bool expect_always(struct rule_line *r, struct expect *x)
{
    if (rule_take(r, "from") && !rule_time(r, &x->from)) return false;
    if (rule_take(r, "to") && !rule_time(r, &x->to)) return false;
    return expect_condition(r, x);
}

static bool expect_within(struct rule_line *r, struct expect *x)
{
    if (!rule_time(r, &x->span)) return false;
    if (!rule_take(r, "after")) return rule_wrong(r, NULL, "after and an event");
    return pattern_read(r, &x->trigger) && expect_what(r, x);
}

static bool expect_count(struct rule_line *r, struct expect *x, int which)
{
    uint64_t n;
    size_t digits = text_take_u64(r->token, &n);
    if (!digits || r->token[digits]) return rule_wrong(r, NULL, "how many times");
    rule_next(r);
    x->count_min = which == 2 ? 0 : n;
    x->count_max = which == 1 ? UINT64_MAX : n;
    x->is_pattern = true;
    if (!pattern_begins(r)) return rule_wrong(r, NULL, "an event (ping, drop, state, frame, app, said, NODE progress)");
    return pattern_read(r, &x->pattern) && rule_finish(r);
}

bool expect_read(struct rules *rules, struct expect *x, const struct hp_plan_line *line, struct hp_plan_error *error)
{
    static const char *const modes[] = {"always", "never", "eventually", "within", "final", "sometimes", "exactly", "at-least", "at-most", NULL};
    struct rule_line r;
    int i = 0;
    *x = (struct expect){.rules = rules, .line = line, .to = HP_NEVER, .why = ""};
    rule_begin(&r, rules->c.plan, line, error);
    if (!rule_take(&r, "expect")) return rule_wrong(&r, NULL, "expect");
    while (modes[i] && !rule_is(&r, modes[i])) i++;
    if (!modes[i]) return rule_wrong(&r, modes, "always, never, eventually, within, final, sometimes, exactly, at-least or at-most");
    rule_next(&r);
    x->mode = i < EXPECT_COUNT ? (enum expect_mode)i : EXPECT_COUNT;
    switch (x->mode) {
    case EXPECT_ALWAYS: return expect_always(&r, x);
    case EXPECT_EVENTUALLY: return (!rule_is_time(&r) || rule_time(&r, &x->to)) && expect_what(&r, x);
    case EXPECT_WITHIN: return expect_within(&r, x);
    case EXPECT_FINAL: return expect_condition(&r, x);
    case EXPECT_COUNT: return expect_count(&r, x, i - EXPECT_COUNT);
    default: return expect_what(&r, x);
    }
}

void expect_free(struct expect *x)
{
    condition_free(x->rules, &x->condition);
    mem_free(x->rules->c.mem, x->last, x->last ? EXPECT_LAST_MAX * sizeof *x->last : 0);
}

/* ---- deciding ---- */

/* Nodes and cables that an expectation names. */
struct expect_names {
    const struct hp_plan *plan;
    uint8_t *node, *cable; /* 1 = it is named; one array */
};

static void expect_name(struct expect_names *n, const char *glob)
{
    const struct hp_plan *p = n->plan;
    if (!glob[0]) return;
    for (uint32_t i = 0; i < p->nodes; i++)
        if (glob_match(glob, p->node[i].name)) n->node[i] = 1;
    for (uint32_t i = 0; i < p->cables; i++)
        if (glob_match(glob, p->cable[i].name)) n->cable[i] = 1;
    for (uint32_t i = 0; i < p->apps; i++)
        if (glob_match(glob, p->app[i].name)) n->node[p->app[i].node] = 1;
}

static void expect_name_metric(struct expect_names *n, const struct condition_term *t)
{
    for (uint32_t i = 0; !t->is_number && i < t->metric.things; i++)
        expect_name(n, rules_name(n->plan, (enum rules_of)t->metric.of, (uint32_t)t->metric.thing[i]));
}

static void expect_name_condition(struct expect_names *n, const struct condition *c)
{
    for (uint8_t i = 0; i < c->count; i++) {
        const struct condition_node *k = &c->node[i];
        if (k->kind == CONDITION_ROUTE || k->kind == CONDITION_ADDRESS) expect_name(n, n->plan->node[k->node].name);
        if (k->kind != CONDITION_COMPARE) continue;
        expect_name_metric(n, &k->left);
        expect_name_metric(n, &k->right);
    }
}

/* The packet's last events; else those of the kind and of the things that are named; else of these things; else of all. */
static uint32_t expect_lines(struct expect *x, uint64_t pkt_id, struct expect_names *n)
{
    struct history_about a = {.pkt_id = pkt_id};
    if (pkt_id) return history_lines(x->rules, &a, x->last, EXPECT_LAST_MAX);
    if (x->is_pattern) expect_name(n, x->pattern.where);
    if (x->is_pattern) expect_name(n, x->pattern.from);
    else expect_name_condition(n, &x->condition);
    if (memchr(n->node, 1, n->plan->nodes + n->plan->cables)) a.node = n->node;
    a.cable = n->cable;
    if (x->is_pattern && x->pattern.kinds == 1u << HAPPENING_STATE) {
        a.kinds = 1u << HP_TRACE_STATE;
        a.proto = x->pattern.words;
    } else if (x->is_pattern && x->pattern.kinds == 1u << HAPPENING_DROP) a.kinds = 1u << HP_TRACE_DROP;
    uint32_t found = history_lines(x->rules, &a, x->last, EXPECT_LAST_MAX);
    a.kinds = 0;
    a.proto = NULL;
    return found ? found : history_lines(x->rules, &a, x->last, EXPECT_LAST_MAX);
}

static void expect_account(struct expect *x, uint64_t pkt_id)
{
    struct hp_mem *mem = x->rules->c.mem;
    const struct hp_plan *p = x->rules->c.plan;
    struct expect_names n = {.plan = p, .node = mem_zalloc(mem, p->nodes + p->cables + 1)};
    x->pkt_id = pkt_id;
    x->last = mem_zalloc(mem, EXPECT_LAST_MAX * sizeof *x->last);
    n.cable = n.node + p->nodes;
    if (x->last && n.node) x->lasts = expect_lines(x, pkt_id, &n);
    mem_free(mem, n.node, p->nodes + p->cables + 1);
}

static void expect_decide(struct expect *x, enum hp_verdict_kind verdict, uint64_t pkt_id)
{
    x->done = true;
    x->verdict = verdict;
    x->time = rules_now(x->rules);
    x->pkt_id = pkt_id;
    if (verdict == HP_VERDICT_FAILED) expect_account(x, pkt_id);
    rules_say(x->rules, HP_RUN_EXPECT, x->line->text, verdict == HP_VERDICT_FAILED ? 0 : verdict == HP_VERDICT_IDLE ? 2 : 1);
}

static void expect_why(struct expect *x, const char *a, const char *b)
{
    struct text t = text_of(x->why, sizeof x->why);
    text_str(&t, a);
    text_str(&t, b);
}

static void expect_fail(struct expect *x, const char *why, uint64_t pkt_id)
{
    char text[EXPECT_LINE] = "";
    if (!x->is_pattern) condition_explain(x->rules, &x->condition, text, sizeof text);
    expect_why(x, why, text);
    expect_decide(x, HP_VERDICT_FAILED, pkt_id);
}

/* A rule looks on and sends nothing itself: said where no program of that machine pings. */
static const char *expect_absent(const struct expect *x, const char *why)
{
    const struct hp_plan *plan = x->rules->c.plan;
    for (uint32_t i = 0; i < plan->apps; i++)
        if (strcmp(plan->app[i].program, "ping") == 0 && glob_match(x->pattern.where, plan->node[plan->app[i].node].name)) return why;
    return x->pattern.ping ? "no program of that node pings; a rule only looks on: add a line such as app NODE ping OTHER" : why;
}

static void expect_late(void *ctx)
{
    struct expect *x = ctx;
    if (!x->done) expect_fail(x, x->is_pattern ? expect_absent(x, "it has not happened by then") : "not by then: ", 0);
}

/* Armed again since: the deadline is a later one. */
static void expect_overdue(void *ctx)
{
    struct expect *x = ctx;
    if (x->done || !x->armed || rules_now(x->rules) < x->armed_at + x->span) return;
    expect_fail(x, x->is_pattern ? "it has not happened in that time" : "not in that time: ", 0);
}

int expect_plan(struct expect *x) { return x->mode == EXPECT_EVENTUALLY && x->to != HP_NEVER ? hp_world_at(x->rules->c.world, x->to, expect_late, x) : HP_OK; }

static void expect_match(struct expect *x, uint64_t pkt_id)
{
    switch (x->mode) {
    case EXPECT_NEVER: expect_fail(x, x->is_pattern ? "it happened" : "it came to be: ", pkt_id); break;
    case EXPECT_EVENTUALLY:
    case EXPECT_SOMETIMES: expect_decide(x, HP_VERDICT_HELD, pkt_id); break;
    case EXPECT_WITHIN: x->armed = false; break;
    case EXPECT_COUNT:
        if (++x->count > x->count_max) expect_fail(x, "it happened once more", pkt_id);
        break;
    default: break;
    }
}

static void expect_arm(struct expect *x, hp_time time)
{
    x->triggered++;
    if (x->armed) return; /* the first deadline stands */
    x->armed = true;
    x->armed_at = time;
    if (!x->is_pattern && condition_holds(x->rules, &x->condition)) x->armed = false;
    else hp_world_at(x->rules->c.world, time + x->span, expect_overdue, x);
}

void expect_happen(struct expect *x, const struct happening *h)
{
    if (x->done) return;
    bool waits = x->mode != EXPECT_WITHIN || x->armed;
    if (x->is_pattern && waits && pattern_match(x->rules, &x->pattern, h)) expect_match(x, h->pkt_id);
    if (!x->done && x->mode == EXPECT_WITHIN && pattern_match(x->rules, &x->trigger, h)) expect_arm(x, h->time);
}

void expect_look(struct expect *x)
{
    if (x->done || x->is_pattern || x->mode == EXPECT_FINAL || (x->mode == EXPECT_WITHIN && !x->armed)) return;
    hp_time now = rules_now(x->rules);
    if (now < x->from || (x->mode == EXPECT_ALWAYS && now > x->to)) return;
    bool holds = condition_holds(x->rules, &x->condition);
    if (x->mode == EXPECT_ALWAYS && !holds) expect_fail(x, "", 0);
    else if (x->mode != EXPECT_ALWAYS && holds) expect_match(x, 0);
}

static void expect_end_count(struct expect *x)
{
    char text[EXPECT_LINE];
    struct text t = text_of(text, sizeof text);
    text_u64(&t, x->count);
    text_str(&t, x->count == 1 ? " time" : " times");
    if (x->count < x->count_min) {
        expect_why(x, "it happened ", text);
        expect_decide(x, HP_VERDICT_FAILED, 0);
    } else {
        expect_why(x, "", text);
        expect_decide(x, HP_VERDICT_HELD, 0);
    }
}

void expect_end(struct expect *x)
{
    if (x->done) return;
    switch (x->mode) {
    case EXPECT_ALWAYS:
    case EXPECT_NEVER: expect_decide(x, HP_VERDICT_HELD, 0); break;
    case EXPECT_EVENTUALLY: expect_fail(x, x->is_pattern ? expect_absent(x, "it never happened") : "never: ", 0); break;
    case EXPECT_SOMETIMES:
        expect_why(x, "it did not happen in this run", "");
        expect_decide(x, HP_VERDICT_IDLE, 0);
        break;
    case EXPECT_WITHIN:
        if (!x->triggered) expect_why(x, "the event that it waits for did not come", "");
        expect_decide(x, x->triggered ? HP_VERDICT_HELD : HP_VERDICT_IDLE, 0);
        break;
    case EXPECT_FINAL:
        if (condition_holds(x->rules, &x->condition)) expect_decide(x, HP_VERDICT_HELD, 0);
        else expect_fail(x, "", 0);
        break;
    case EXPECT_COUNT: expect_end_count(x); break;
    }
}

bool rules_expect(const struct rules *r, uint32_t i, struct hp_run_verdict *out)
{
    if (i >= r->expects) return false;
    struct expect *x = &r->expect[i];
    for (uint32_t k = 0; k < x->lasts; k++) x->last_line[k] = x->last[k];
    *out = (struct hp_run_verdict){.verdict = x->verdict, .text = x->line->text, .place = x->line->place, .time = x->time,
                                   .pkt_id = x->pkt_id, .why = x->why, .lasts = x->lasts, .last = x->last_line,
                                   .sometimes = x->mode == EXPECT_SOMETIMES};
    return true;
}
