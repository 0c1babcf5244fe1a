/* What goes wrong: an action, done and undone.
 *
 *   down CABLE...   up CABLE...           unplugged, plugged in
 *   set CABLE... [[there|back] WORD VALUE ...]...
 *                                         what a `cable` line says of a direction (value.c), and mtu N: longer frames die silently
 *   set NODE.INTERFACE mtu N              what the machine itself believes of its link
 *   crash NODE...   restart NODE...       loses power and all that it knew; starts anew
 *   freeze NODE...  thaw NODE...          does nothing for a while, and knows nothing of it
 *   clock NODE... step|drift|jump BY      clock.c
 *   partition NODE... | NODE...           every cable between the two groups is unplugged; heal: plugged in
 *   start APP...    stop APP...
 *
 * Names are globs.  Undoing sets a cable, an interface or a drift to what it was when the action was done. */
#include "lab/plan/value.h"
#include "lab/rules/rules.h"

static const char *const action_words[] = {"down", "up", "set", "crash", "restart", "freeze", "thaw", "clock", "partition", "heal", "start", "stop", NULL};

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

static const char *action_peek(void *ctx) { return ((struct rule_line *)ctx)->token; }
static void action_take(void *ctx) { rule_next(ctx); }

static bool action_wrong(void *ctx, const char *const *nearest, const char *what)
{
    char wanted[128];
    struct text t = text_of(wanted, sizeof wanted);
    text_str(&t, "a ");
    text_str(&t, what);
    return rule_wrong(ctx, nearest, wanted);
}

static bool action_room(struct rule_line *r, struct rules *rules, struct action *a)
{
    a->was = mem_zalloc(rules->c.mem, a->things * sizeof *a->was);
    return a->was || rule_wrong(r, NULL, "more memory");
}

/* The names of cables end where a setting begins. */
static bool action_is_field(const struct rule_line *r) { return !r->quoted && value_find(r->token) != VALUE_FIELDS; }

/* One setting, for the directions that are meant. */
static bool action_field(struct rule_line *r, struct rules *rules, struct action *a, unsigned ends)
{
    const struct value_words words = {.plan = rules->c.plan, .ctx = r, .peek = action_peek, .take = action_take, .wrong = action_wrong};
    enum value_field field = action_is_field(r) ? value_find(r->token) : VALUE_FIELDS;
    struct hp_way way = {0};
    if (field == VALUE_FIELDS) return rule_wrong(r, value_names, "rate, delay, loss, burst, duplicate, reorder, jitter, bit-errors, corrupt or mtu");
    rule_next(r);
    if (!value_read(&words, field, &way)) return false;
    for (int end = 0; end < 2; end++) {
        if (!(ends >> end & 1)) continue;
        value_copy(&a->way[end], &way, field);
        a->mask[end] |= 1u << field;
    }
    return true;
}

static bool action_fields(struct rule_line *r, struct rules *rules, struct action *a)
{
    unsigned ends = 3;
    do {
        if (rule_take(r, "there")) ends = 1;
        else if (rule_take(r, "back")) ends = 2;
        if (!action_field(r, rules, a, ends)) return false;
    } while (!action_ends(r));
    a->before = mem_zalloc(rules->c.mem, a->things * sizeof *a->before);
    return a->before || rule_wrong(r, NULL, "more memory");
}

/* Cables until the first word that is a setting. */
static bool action_set(struct rule_line *r, struct rules *rules, struct action *a)
{
    do {
        if (rule_end(r)) return rule_wrong(r, NULL, "the name of a cable");
        if (!rules_find(r, rules, RULES_CABLES, r->token, &a->thing, &a->things)) return false;
        rule_next(r);
    } while (!rule_end(r) && !rule_is(r, "there") && !rule_is(r, "back") && !action_is_field(r) && rules_any(rules->c.plan, RULES_CABLES, r->token));
    return action_fields(r, rules, a);
}

/* "r1.eth0": the length of the node's name, or 0. */
static size_t action_interface(const struct rule_line *r, const struct rules *rules)
{
    char node[sizeof r->token];
    for (const char *dot = strchr(r->token, '.'); dot && !rules_any(rules->c.plan, RULES_CABLES, r->token); dot = strchr(dot + 1, '.')) {
        struct text t = text_of(node, sizeof node);
        text_bytes(&t, r->token, (size_t)(dot - r->token));
        if (rules_any(rules->c.plan, RULES_NODES, node)) return (size_t)(dot - r->token);
    }
    return 0;
}

static bool action_set_mtu(struct rule_line *r, struct rules *rules, struct action *a, size_t n)
{
    static const char *const words[] = {"mtu", NULL};
    const struct hp_plan *plan = rules->c.plan;
    char node[sizeof r->token];
    double mtu;
    struct text t = text_of(node, sizeof node), name = text_of(a->interface, sizeof a->interface);
    text_bytes(&t, r->token, n);
    text_str(&name, r->token + n + 1);
    a->kind = ACTION_MTU;
    if (!rules_find(r, rules, RULES_NODES, node, &a->thing, &a->things)) return false;
    for (uint32_t i = 0; i < a->things; i++)
        if (hp_plan_find_interface(plan, (uint32_t)a->thing[i], a->interface) < 0) return rule_wrong(r, NULL, "an interface that the node has");
    rule_next(r);
    if (!rule_take(r, "mtu")) return rule_wrong(r, words, "mtu and a number of bytes");
    if (!number_parse(r->token, &mtu) || mtu < 1280 || mtu > 65535) return rule_wrong(r, NULL, "an MTU from 1280, which IPv6 needs, to 65535");
    a->mtu = (uint32_t)mtu;
    rule_next(r);
    return action_room(r, rules, a);
}

/* ---- clocks ---- */

/* "-200ppm", "1.5%", "30ppb" in 10^-9. */
static bool action_parse_drift(const char *text, int32_t *out)
{
    static const struct { const char *unit; uint64_t ppb; } units[] = {{"ppb", 1}, {"ppm", 1000}, {"%", 10000000}};
    bool minus = *text == '-';
    uint64_t whole, part = 0, scale = 1;
    size_t n = text_take_u64(text + minus, &whole), digits = 0;
    text += minus + n;
    if (n && *text == '.') {
        digits = text_take_u64(text + 1, &part);
        if (!digits || digits > 6) return false;
        text += 1 + digits;
    }
    while (digits--) scale *= 10;
    for (unsigned i = 0; n && i < sizeof units / sizeof *units; i++) {
        if (strcmp(text, units[i].unit) != 0 || whole > HP_WORLD_DRIFT_MAX) continue;
        uint64_t ppb = whole * units[i].ppb + part * units[i].ppb / scale;
        *out = minus ? -(int32_t)ppb : (int32_t)ppb;
        return ppb <= HP_WORLD_DRIFT_MAX;
    }
    return false;
}

static bool action_by(struct rule_line *r, struct action *a)
{
    const char *text = r->token;
    bool minus = *text == '-';
    if (a->clock == CLOCK_DRIFT) {
        if (!action_parse_drift(text, &a->ppb)) return rule_wrong(r, NULL, "a drift such as 200ppm, -50ppm or 1%, 90% at most");
    } else {
        if ((minus && a->clock == CLOCK_JUMP) || !hp_span_parse(text + minus, &a->by) || a->by > HP_S(86400) * 365)
            return rule_wrong(r, NULL, a->clock == CLOCK_JUMP ? "a time forward such as 5s, a year at most" : "a time such as 5s or -5s, a year at most");
        if (minus) a->by = -a->by;
    }
    rule_next(r);
    return true;
}

/* clock NODE... step BY|drift BY|jump BY */
static bool action_clock(struct rule_line *r, struct rules *rules, struct action *a)
{
    static const char *const words[] = {"step", "drift", "jump", NULL};
    do {
        if (rule_end(r)) return rule_wrong(r, NULL, "the name of a node");
        if (!rules_find(r, rules, RULES_NODES, r->token, &a->thing, &a->things)) return false;
        rule_next(r);
    } while (!rule_end(r) && !rule_is(r, "step") && !rule_is(r, "drift") && !rule_is(r, "jump") && rules_any(rules->c.plan, RULES_NODES, r->token));
    int i = 0;
    while (words[i] && !rule_is(r, words[i])) i++;
    if (!words[i]) return rule_wrong(r, words, "step BY, drift BY or jump BY");
    a->clock = (enum action_clock)i;
    rule_next(r);
    return action_by(r, a) && action_room(r, rules, a);
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
    if (!count) return rule_wrong(r, NULL, "a cable between the two groups");
    a->thing = mem_zalloc(rules->c.mem, count * sizeof *a->thing);
    if (!a->thing) return rule_wrong(r, NULL, "more memory");
    for (uint32_t i = 0; i < plan->cables; i++)
        if (action_is_between(&plan->cable[i], left, right)) a->thing[a->things++] = (int32_t)i;
    return true;
}

static bool action_partition(struct rule_line *r, struct rules *rules, struct action *a)
{
    struct action left = {0}, right = {0};
    struct rule_line first = *r;
    bool good = action_things(r, rules, &left, RULES_NODES) && (rule_take(r, "|") || rule_wrong(r, NULL, "| between the two groups")) &&
                action_things(r, rules, &right, RULES_NODES) && action_between(&first, rules, a, &left, &right);
    mem_free(rules->c.mem, left.thing, left.things * sizeof *left.thing);
    mem_free(rules->c.mem, right.thing, right.things * sizeof *right.thing);
    return good;
}

const char *const *action_verbs(void) { return action_words; }

bool action_is_verb(const struct rule_line *r)
{
    for (const char *const *w = action_words; *w; w++)
        if (rule_is(r, *w)) return true;
    return rule_is(r, "unset") || rule_is(r, "unclock");
}

bool action_read(struct rule_line *r, struct rules *rules, struct action *out)
{
    int i = 0;
    size_t node;
    *out = (struct action){0};
    while (action_words[i] && !rule_is(r, action_words[i])) i++;
    if (!action_words[i])
        return rule_wrong(r, action_words, "what goes wrong (down, up, set, crash, restart, freeze, thaw, clock, partition, heal, start, stop)");
    out->kind = (enum action_kind)i;
    rule_next(r);
    switch (out->kind) {
    case ACTION_DOWN:
    case ACTION_UP: return action_things(r, rules, out, RULES_CABLES);
    case ACTION_SET:
        node = action_interface(r, rules);
        return node ? action_set_mtu(r, rules, out, node) : action_set(r, rules, out);
    case ACTION_CLOCK: return action_clock(r, rules, out);
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
    mem_free(rules->c.mem, a->was, a->things * sizeof *a->was);
}

/* ---- doing ---- */

static struct hp_cable *action_cable(struct rules *rules, int32_t i) { return hp_world_find_cable(rules->c.world, rules->c.plan->cable[i].name); }

static void action_mix(struct hp_way *to, const struct hp_way *from, uint32_t mask)
{
    for (int field = 0; field < VALUE_FIELDS; field++)
        if (mask >> field & 1) value_copy(to, from, (enum value_field)field);
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
            action_mix(&way[end], &a->way[end], a->mask[end]);
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
            action_mix(&way[end], &a->before[i][end], a->mask[end]);
        }
        action_set_ways(rules, c, way);
    }
}

/* ---- interfaces and clocks: of machines that are down, too ---- */

static void action_mtu(struct rules *rules, struct action *a, bool undo)
{
    for (uint32_t i = 0; i < a->things; i++) {
        struct hp_stack *s = hp_world_find(rules->c.world, rules->c.plan->node[a->thing[i]].name);
        struct hp_link_info info;
        int link = s ? hp_link_find(s, a->interface) : HP_ENOENT;
        if (link < 0 || hp_link_info(s, link, &info)) continue;
        if (!undo) a->was[i] = info.mtu;
        hp_link_set_mtu(s, link, undo ? (uint32_t)a->was[i] : a->mtu);
    }
}

static void action_clock_one(struct rules *rules, const struct action *a, uint32_t i, bool undo)
{
    struct hp_world *w = rules->c.world;
    const char *name = rules->c.plan->node[a->thing[i]].name;
    if (a->clock == CLOCK_STEP) hp_world_clock_step(w, name, undo ? -a->by : a->by);
    if (a->clock == CLOCK_JUMP && !undo) hp_world_clock_jump(w, name, a->by);
    if (a->clock == CLOCK_DRIFT) hp_world_clock_drift(w, name, undo ? (int32_t)a->was[i] : a->ppb);
}

static void action_clocks(struct rules *rules, struct action *a, bool undo)
{
    for (uint32_t i = 0; i < a->things; i++) {
        struct hp_world_clock now;
        if (hp_world_clock(rules->c.world, rules->c.plan->node[a->thing[i]].name, &now)) continue; /* a hub has none */
        if (!undo) a->was[i] = now.drift_ppb;
        action_clock_one(rules, a, i, undo);
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
    case ACTION_SET:
    case ACTION_CLOCK:
    case ACTION_MTU: break;
    }
}

static void action_all(struct rules *rules, const struct action *a, enum action_kind kind)
{
    for (uint32_t i = 0; i < a->things; i++) action_one(rules, kind, a->thing[i]);
}

void action_do(struct rules *rules, struct action *a)
{
    if (a->kind == ACTION_SET) action_set_do(rules, a);
    else if (a->kind == ACTION_MTU) action_mtu(rules, a, false);
    else if (a->kind == ACTION_CLOCK) action_clocks(rules, a, false);
    else action_all(rules, a, a->kind);
}

void action_undo(struct rules *rules, struct action *a)
{
    static const uint8_t opposite[] = {[ACTION_DOWN] = ACTION_UP, [ACTION_UP] = ACTION_DOWN, [ACTION_CRASH] = ACTION_RESTART,
                                       [ACTION_RESTART] = ACTION_CRASH, [ACTION_FREEZE] = ACTION_THAW, [ACTION_THAW] = ACTION_FREEZE,
                                       [ACTION_PARTITION] = ACTION_HEAL, [ACTION_HEAL] = ACTION_PARTITION, [ACTION_START] = ACTION_STOP,
                                       [ACTION_STOP] = ACTION_START};
    if (a->kind == ACTION_SET) action_set_undo(rules, a);
    else if (a->kind == ACTION_MTU) action_mtu(rules, a, true);
    else if (a->kind == ACTION_CLOCK) action_clocks(rules, a, true);
    else action_all(rules, a, (enum action_kind)opposite[a->kind]);
}

const char *action_opposite(const struct action *a)
{
    static const char *const words[] = {"up", "down", "unset", "restart", "crash", "thaw", "freeze", "unclock", "heal", "partition", "stop", "start", "unset"};
    return words[a->kind];
}

bool action_is_final(const struct action *a) { return a->kind == ACTION_CLOCK && a->clock == CLOCK_JUMP; }
