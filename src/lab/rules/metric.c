/* Numbers of things: "neck.queue" of a cable, "r1.routes" or "r1.tcp.retransmits" of a node, "c1.get.bytes" of an app; over several
 * things, "sum(c*.goodput)", "jain(c*)" (Jain, Chiu and Hawe 1984).
 *
 * Units: bytes, frames, bit/s for goodput, ns for times, 0 or 1 for what is so or not.  A machine that is down has 0 of everything. */
#include "core/link.h"
#include "core/stack.h"
#include "lab/plan/plan.h"
#include "lab/rules/rules.h"

static const char *const metric_of_cables[] = {"queue", "queued", "frames", "bytes", "delivered", "lost", "corrupted", "duplicated", "collisions", "up", NULL};
static const char *const metric_of_nodes[] = {"bytes", "goodput", "routes", "neighbours", "addresses", "memory", "up", "clock", NULL};
static const char *const metric_of_apps[] = {"bytes", "goodput", "started", "ended", "ok", "duration", NULL};
static const char *const *const metric_words[] = {metric_of_nodes, metric_of_cables, metric_of_apps};
static const char *const metric_hint[] = {
    "a number that nodes have (bytes, goodput, routes, neighbours, addresses, memory, up, clock, drops.REASON, or a counter as tcp.retransmits)",
    "a number that cables have (queue, queued, frames, bytes, delivered, lost, up)",
    "a number that apps have (bytes, goodput, started, ended, ok, duration)"};

/* ---- reading ---- */

static bool metric_known(const char *const *words, const char *what)
{
    for (; *words; words++)
        if (strcmp(*words, what) == 0) return true;
    return false;
}

struct metric_search {
    const char *name;
    bool found;
    struct plan_nearest nearest;
    char best[64];
};

static void metric_counter(void *ctx, const char *proto, const char *name, uint64_t value, const char *text)
{
    struct metric_search *search = ctx;
    size_t n = strlen(proto);
    if (strncmp(search->name, proto, n) == 0 && search->name[n] == '.' && strcmp(search->name + n + 1, name) == 0) search->found = true;
    char full[sizeof search->best];
    struct text t = text_of(full, sizeof full);
    text_str(&t, proto);
    text_char(&t, '.');
    text_str(&t, name);
    search->nearest.best = NULL;
    plan_nearest_try(&search->nearest, full);
    if (search->nearest.best) memcpy(search->best, full, sizeof full);
}

static bool metric_is_drop(const char *what, enum hp_drop *out)
{
    if (strncmp(what, "drops.", 6) != 0) return false;
    for (int i = 1; i < HP_DROP_COUNT; i++)
        if (strcmp(hp_drop_name((enum hp_drop)i), what + 6) == 0) {
            *out = (enum hp_drop)i;
            return true;
        }
    return false;
}

static const char *metric_nearest_drop(const char *what)
{
    struct plan_nearest n = plan_nearest_to(what + 6);
    if (strncmp(what, "drops.", 6) != 0) return NULL;
    for (int i = 1; i < HP_DROP_COUNT; i++) plan_nearest_try(&n, hp_drop_name((enum hp_drop)i));
    return n.best;
}

/* nearest: of the counters, if it is none. */
static bool metric_is_counter(const struct rules *rules, const struct metric *m, char nearest[64])
{
    struct metric_search search = {.name = m->what, .nearest = plan_nearest_to(m->what)};
    enum hp_drop drop;
    struct hp_stack *s = hp_world_find(rules->c.world, rules_name(rules->c.plan, RULES_NODES, (uint32_t)m->thing[0]));
    if (metric_is_drop(m->what, &drop)) return true;
    const char *near = metric_nearest_drop(m->what);
    struct text t = text_of(search.best, sizeof search.best);
    if (near) text_str(&t, "drops."), text_str(&t, near);
    else if (s) hp_counters_each(s, metric_counter, &search);
    memcpy(nearest, search.best, sizeof search.best);
    return search.found;
}

static void metric_copy(char *to, size_t n, const char *from, size_t length)
{
    struct text t = text_of(to, n);
    text_bytes(&t, from, length);
}

/* What the first n bytes name, as a thing of this kind; `sure`: only if it has such a number, as far as that is known here. */
static bool metric_names(struct rule_line *r, const struct rules *rules, struct metric *m, size_t n, enum rules_of of, bool sure)
{
    const char *what = r->token + n + (r->token[n] != 0);
    metric_copy(m->name, sizeof m->name, r->token, n);
    metric_copy(m->what, sizeof m->what, what, strlen(what));
    m->of = (uint8_t)of;
    if (!rules_any(rules->c.plan, of, m->name) || (!m->what[0] && !m->function)) return false;
    return !sure || !m->what[0] || of == RULES_NODES || metric_known(metric_words[of], m->what);
}

/* "a.b.c": the longest part in front that names something; what follows is its number. */
static bool metric_split(struct rule_line *r, const struct rules *rules, struct metric *m)
{
    static const enum rules_of order[] = {RULES_CABLES, RULES_APPS, RULES_NODES};
    for (int sure = 1; sure >= 0; sure--)
        for (size_t n = strlen(r->token); n > 0; n--)
            for (int i = 0; i < 3; i++)
                if ((!r->token[n] || r->token[n] == '.') && metric_names(r, rules, m, n, order[i], sure)) return true;
    return rule_wrong(r, NULL, "a number, or one of a cable, app or node (neck.queue, c1.goodput)");
}

/* What was probably meant: a number of this thing, or of things of another kind. */
static void metric_hint_of(struct rule_line *r, const struct metric *m, const char *counter)
{
    static const char *const whose[] = {"nodes", "cables", "apps"};
    struct text hint = text_of(r->error->hint, sizeof r->error->hint);
    const char *word = hp_nearest(m->what, metric_words[m->of]), *best = word ? word : counter[0] ? counter : NULL, *other = NULL;
    int of = 0;
    while (of < 3 && !metric_known(metric_words[of], m->what)) of++; /* exactly so */
    if (of < 3) other = m->what;
    for (int i = 0; !best && !other && i < 3; i++)
        if ((other = hp_nearest(m->what, metric_words[i]))) of = i;
    if (!best && !other) return;
    text_str(&hint, other ? whose[of] : "did you mean \"");
    if (other) text_str(&hint, " have \"");
    else text_str(&hint, m->name), text_char(&hint, '.');
    text_str(&hint, other ? other : best);
    text_str(&hint, other ? "\"" : "\"?");
}

static bool metric_thing(struct rule_line *r, struct rules *rules, struct metric *m)
{
    if (rule_end(r)) return rule_wrong(r, NULL, "a name");
    if (!metric_split(r, rules, m)) return false;
    const char *usual = m->of == RULES_CABLES ? "bytes" : "goodput";
    if (!m->what[0]) metric_copy(m->what, sizeof m->what, usual, strlen(usual));
    if (!rules_find(r, rules, (enum rules_of)m->of, m->name, &m->thing, &m->things)) return false;
    char counter[64] = "";
    if (metric_known(metric_words[m->of], m->what) || (m->of == RULES_NODES && metric_is_counter(rules, m, counter))) {
        rule_next(r);
        return true;
    }
    rule_wrong(r, NULL, metric_hint[m->of]);
    metric_hint_of(r, m, counter);
    return false;
}

bool metric_read(struct rule_line *r, struct rules *rules, struct metric *out)
{
    static const char *const functions[] = {NULL, "sum", "min", "max", "mean", "jain", "count", NULL};
    *out = (struct metric){0};
    struct rule_line ahead = *r;
    rule_next(&ahead);
    if (!rule_is(&ahead, "(")) return metric_thing(r, rules, out);
    for (int i = METRIC_SUM; i <= METRIC_COUNT; i++)
        if (rule_is(r, functions[i])) out->function = (uint8_t)i;
    if (!out->function) return rule_wrong(r, functions + 1, "sum, min, max, mean, jain or count");
    rule_next(r);
    rule_next(r);
    return metric_thing(r, rules, out) && (rule_take(r, ")") || rule_wrong(r, NULL, "a closing parenthesis"));
}

void metric_free(struct rules *rules, struct metric *m) { mem_free(rules->c.mem, m->thing, m->things * sizeof *m->thing); }

/* ---- values ---- */

/* What waits in front of the cable: in its ends' queues. */
static void metric_queues(const struct rules *rules, const struct hp_cable *c, uint64_t *bytes, uint64_t *frames)
{
    *bytes = *frames = 0;
    for (int end = 0; end < 2; end++) {
        int index;
        struct hp_stack *s = hp_world_find(rules->c.world, hp_world_cable_end(rules->c.world, c, end, &index));
        struct hp_link *l = s ? link_get(s, index) : NULL;
        if (!l) continue;
        *frames += link_queued(l);
        *bytes += link_queued_bytes(l);
    }
}

static double metric_of_cable(const struct rules *rules, const char *what, uint32_t i)
{
    struct hp_cable *c = hp_world_find_cable(rules->c.world, rules->c.plan->cable[i].name);
    struct hp_cable_stats a, b;
    uint64_t bytes, frames;
    if (!c) return 0;
    if (what[0] == 'q') {
        metric_queues(rules, c, &bytes, &frames);
        return (double)(strcmp(what, "queue") == 0 ? bytes : frames);
    }
    if (strcmp(what, "up") == 0) return hp_cable_is_up(c);
    hp_cable_stats(c, 0, &a);
    hp_cable_stats(c, 1, &b);
    if (strcmp(what, "frames") == 0) return (double)(a.frames + b.frames);
    if (strcmp(what, "bytes") == 0) return (double)(a.bytes + b.bytes);
    if (strcmp(what, "delivered") == 0) return (double)(a.delivered + b.delivered);
    if (strcmp(what, "lost") == 0) return (double)(a.lost + b.lost);
    if (strcmp(what, "corrupted") == 0) return (double)(a.corrupted + b.corrupted);
    if (strcmp(what, "duplicated") == 0) return (double)(a.duplicated + b.duplicated);
    return (double)(a.collisions + b.collisions);
}

static double metric_of_app(const struct rules *rules, const char *what, uint32_t i)
{
    struct rules_app a = {0};
    rules->c.look(rules->c.ctx, i, &a);
    hp_time until = a.ended ? a.over : rules_now(rules);
    if (strcmp(what, "bytes") == 0) return (double)a.bytes;
    if (strcmp(what, "started") == 0) return a.started;
    if (strcmp(what, "ended") == 0) return a.ended;
    if (strcmp(what, "ok") == 0) return a.ended && a.result >= 0;
    if (!a.started || until <= a.began) return 0;
    if (strcmp(what, "duration") == 0) return (double)(until - a.began);
    return (double)a.bytes * 8e9 / (double)(until - a.began);
}

static double metric_of_apps_of(const struct rules *rules, const char *what, uint32_t node)
{
    double sum = 0;
    for (uint32_t i = 0; i < rules->c.plan->apps; i++)
        if (rules->c.plan->app[i].node == node) sum += metric_of_app(rules, what, i);
    return sum;
}

/* How far its clock on the wall is ahead. */
static double metric_clock(const struct rules *rules, uint32_t i)
{
    struct hp_world_clock clock;
    if (hp_world_clock(rules->c.world, rules->c.plan->node[i].name, &clock)) return 0;
    return (double)(clock.wall - rules_now(rules));
}

static double metric_of_node(const struct rules *rules, const char *what, uint32_t i)
{
    struct hp_stack *s = hp_world_find(rules->c.world, rules->c.plan->node[i].name);
    struct hp_neigh_info neighbour;
    struct hp_addr_info address;
    struct hp_mem_stats memory;
    enum hp_drop drop;
    unsigned n = 0;
    if (strcmp(what, "bytes") == 0 || strcmp(what, "goodput") == 0) return metric_of_apps_of(rules, what, i);
    if (strcmp(what, "clock") == 0) return metric_clock(rules, i);
    if (strcmp(what, "up") == 0 || !s) return s != NULL;
    if (strcmp(what, "routes") == 0) return (double)hp_route_count(s);
    if (metric_is_drop(what, &drop)) return (double)hp_drop_count(s, drop);
    if (strcmp(what, "neighbours") == 0)
        while (hp_neigh_info(s, n, &neighbour) == HP_OK) n++;
    else if (strcmp(what, "addresses") == 0)
        while (hp_addr_info(s, n, &address) == HP_OK) n++;
    else if (strcmp(what, "memory") != 0) return (double)hp_counter(s, what);
    else {
        hp_mem_stats(s, &memory);
        return (double)memory.bytes;
    }
    return n;
}

static double metric_of(const struct rules *rules, const struct metric *m, uint32_t i)
{
    uint32_t thing = (uint32_t)m->thing[i];
    return m->of == RULES_CABLES ? metric_of_cable(rules, m->what, thing) : m->of == RULES_APPS ? metric_of_app(rules, m->what, thing)
                                                                                                : metric_of_node(rules, m->what, thing);
}

double metric_value(const struct rules *rules, const struct metric *m)
{
    double sum = 0, squares = 0, least = 0, most = 0;
    for (uint32_t i = 0; i < m->things; i++) {
        double v = metric_of(rules, m, i);
        sum += v;
        squares += v * v;
        if (!i || v < least) least = v;
        if (!i || v > most) most = v;
    }
    switch (m->function) {
    case METRIC_MIN: return least;
    case METRIC_MAX: return most;
    case METRIC_MEAN: return sum / m->things;
    case METRIC_JAIN: return squares > 0 ? sum * sum / (m->things * squares) : 1;
    case METRIC_COUNT: return m->things;
    default: return sum;
    }
}
