/* RIP's routes: which one is believed (RFC 2453 3.9.2), how long, and what the stack is told of it.
 *
 * Timers are lazy: p->check_at is never later than the first of them, and a route that is refreshed moves only its own. */
#include "l3_network/routing/rip.h"

#include "core/bytes.h"
#include "core/text.h"

/* ---- the order of prefixes ---- */

static int rip_compare(const struct hp_prefix *a, const struct hp_prefix *b)
{
    int by = memcmp(&a->ip, &b->ip, sizeof a->ip);
    return by ? by : (int)a->len - (int)b->len;
}

/* Where the prefix is, or belongs. */
static uint32_t rip_place(const struct rip *p, const struct hp_prefix *to)
{
    uint32_t low = 0, high = p->routes;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rip_compare(&p->table[middle]->r.to, to) < 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

struct rip_route *rip_find(const struct rip *p, const struct hp_prefix *to)
{
    uint32_t at = rip_place(p, to);
    return at < p->routes && rip_compare(&p->table[at]->r.to, to) == 0 ? p->table[at] : NULL;
}

static struct rip_route *rip_add(struct rip *p, const struct hp_prefix *to)
{
    uint32_t max = p->r->routes_max ? p->r->routes_max : RIP_ROUTES_DEFAULT, at = rip_place(p, to);
    struct rip_route *t = p->routes < max && rip_room(p, &p->table, p->routes, &p->routes_room, sizeof *p->table)
                              ? hp_alloc(p->s, sizeof *t) : NULL;
    if (!t) {
        p->r->refused_routes++;
        return NULL;
    }
    memmove(&p->table[at + 1], &p->table[at], (p->routes - at) * sizeof *p->table);
    p->table[at] = t;
    p->r->routes = ++p->routes;
    t->r = (struct hp_rip_route){.to = *to, .metric = RIP_INFINITY, .expires_at = HP_NEVER, .forgotten_at = HP_NEVER};
    return t;
}

/* ---- telling ---- */

static void rip_state_text(char *buf, size_t n, uint8_t metric, const struct hp_ip *gateway)
{
    static const struct hp_ip none;
    struct text t = text_of(buf, n);
    if (metric >= RIP_INFINITY) {
        text_str(&t, "unreachable");
        return;
    }
    if (hp_ip_equal(gateway, &none)) {
        text_str(&t, "ours");
    } else {
        text_str(&t, "via ");
        text_ip(&t, gateway);
    }
    text_str(&t, " metric ");
    text_u64(&t, metric);
}

static void rip_tell(struct rip *p, const struct rip_route *t, enum hp_rip_change change, enum hp_rip_reason reason,
                     const struct hp_rip_route *before)
{
    char key[HP_PREFIX_TEXT], from[HP_IP_TEXT + 24], to[HP_IP_TEXT + 24];
    struct hp_rip_event e = {.change = change, .reason = reason, .route = &t->r, .metric_before = before->metric,
                             .gateway_before = before->gateway};
    rip_state_text(from, sizeof from, before->metric, &before->gateway);
    rip_state_text(to, sizeof to, t->r.metric, &t->r.gateway);
    hp_trace_state(p->s, 3, "rip", hp_prefix_text(&t->r.to, key, sizeof key), from, change == HP_RIP_FORGOTTEN ? "forgotten" : to);
    if (p->r->changed) p->r->changed(p->r->ctx, &e);
}

/* The next triggered update says so. */
static void rip_mark(struct rip *p, struct rip_route *t)
{
    hp_time now = hp_now(p->s);
    t->changed = true;
    if (p->trigger_at == HP_NEVER) p->trigger_at = now > p->quiet_until ? now : p->quiet_until;
}

static void rip_arm(struct rip *p, hp_time at)
{
    if (at < p->check_at) p->check_at = at;
}

/* ---- the stack's routes ---- */

static struct hp_route rip_stack_route(const struct hp_rip_route *r)
{
    return (struct hp_route){.to = r->to, .gateway = r->gateway, .link = r->link, .metric = HP_RIP_PREFERENCE, .source = HP_ROUTE_RIP};
}

static void rip_uninstall(struct rip *p, struct rip_route *t)
{
    struct hp_route route = rip_stack_route(&t->r);
    if (t->installed) hp_route_remove(p->s, &route);
    t->installed = false;
}

/* The new way is there before the old one goes. */
static void rip_install(struct rip *p, struct rip_route *t, const struct hp_rip_route *before)
{
    struct hp_route now = rip_stack_route(&t->r), was = rip_stack_route(before);
    bool same = now.link == was.link && hp_ip_equal(&now.gateway, &was.gateway), had = t->installed;
    if (had && same) return;
    t->installed = hp_route_add(p->s, &now) == HP_OK;
    if (!t->installed) p->r->refused_routes++;
    if (had && !hp_ip_equal(&now.gateway, &was.gateway)) hp_route_remove(p->s, &was);
}

/* ---- changes ---- */

void rip_lose(struct rip *p, struct rip_route *t, enum hp_rip_reason why)
{
    struct hp_rip_route before = t->r;
    if (t->r.metric >= RIP_INFINITY) return;
    rip_uninstall(p, t);
    t->r.metric = RIP_INFINITY;
    t->r.expires_at = HP_NEVER;
    t->r.forgotten_at = hp_now(p->s) + rip_or(p->r->garbage, HP_S(120));
    rip_arm(p, t->r.forgotten_at);
    rip_mark(p, t);
    p->lost = true;
    rip_tell(p, t, HP_RIP_LOST, why, &before);
}

/* The table's entry becomes this one. */
static void rip_adopt(struct rip *p, struct rip_route *t, const struct hp_rip_route *to, enum hp_rip_reason why)
{
    struct hp_rip_route before = t->r;
    if (to->source != HP_RIP_HEARD) rip_uninstall(p, t);
    t->r = *to;
    t->r.to = before.to;
    t->r.forgotten_at = HP_NEVER;
    if (to->source == HP_RIP_HEARD) rip_install(p, t, &before);
    rip_arm(p, t->r.expires_at);
    rip_mark(p, t);
    rip_tell(p, t, before.metric < RIP_INFINITY ? HP_RIP_CHANGED : HP_RIP_LEARNED, why, &before);
}

static bool rip_differs(const struct hp_rip_route *a, const struct hp_rip_route *b)
{
    return a->metric != b->metric || a->tag != b->tag || a->link != b->link || a->source != b->source ||
           !hp_ip_equal(&a->gateway, &b->gateway);
}

/* An IPv4 prefix without its host's bits. */
static struct hp_prefix rip_masked(const struct hp_prefix *p)
{
    struct hp_prefix out = *p;
    for (unsigned bit = p->len; bit < 128; bit++) out.ip.b[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
    return out;
}

void rip_own(struct rip *p, const struct hp_rip_route *own)
{
    struct hp_prefix to = rip_masked(&own->to);
    struct rip_route *t = rip_find(p, &to);
    if (!t) t = rip_add(p, &to);
    if (!t || t->seen) return; /* the first one that says so counts */
    struct hp_rip_route now = *own;
    now.expires_at = now.forgotten_at = HP_NEVER;
    t->seen = true;
    if (rip_differs(&t->r, &now)) rip_adopt(p, t, &now, HP_RIP_BY_OURSELVES);
}

/* RFC 2453 3.9.2, from "Once the entry has been validated". */
static void rip_compare_heard(struct rip *p, struct rip_route *t, const struct hp_rip_route *heard)
{
    bool ours = t->r.source != HP_RIP_HEARD && t->r.metric < RIP_INFINITY, dead = heard->metric >= RIP_INFINITY;
    bool same = t->r.source == HP_RIP_HEARD && t->r.link == heard->link && hp_ip_equal(&t->r.from, &heard->from);
    if (ours) return;
    if (same && dead) {
        rip_lose(p, t, HP_RIP_BY_NEIGHBOUR);
        return;
    }
    bool stale = t->r.expires_at - hp_now(p->s) < (heard->expires_at - hp_now(p->s)) / 2;
    bool other = !same && heard->metric == t->r.metric && !dead && stale; /* its neighbour was silent for half the timeout */
    if (heard->metric < t->r.metric || (same && rip_differs(&t->r, heard)) || other) {
        rip_adopt(p, t, heard, HP_RIP_BY_NEIGHBOUR);
    } else if (same) {
        struct hp_rip_route before = t->r;
        t->r.expires_at = heard->expires_at;
        if (!t->installed) rip_install(p, t, &before);
    }
}

void rip_heard(struct rip *p, const struct hp_rip_route *heard)
{
    struct rip_route *t = rip_find(p, &heard->to);
    if (!t && heard->metric >= RIP_INFINITY) return;
    if (!t) t = rip_add(p, &heard->to);
    if (t) rip_compare_heard(p, t, heard);
}

/* ---- timers ---- */

static void rip_forget(struct rip *p, uint32_t at)
{
    struct rip_route *t = p->table[at];
    rip_tell(p, t, HP_RIP_FORGOTTEN, HP_RIP_BY_TIMEOUT, &t->r);
    memmove(&p->table[at], &p->table[at + 1], (p->routes - at - 1) * sizeof *p->table);
    p->r->routes = --p->routes;
    hp_free(p->s, t, sizeof *t);
}

void rip_expire(struct rip *p)
{
    hp_time now = hp_now(p->s);
    p->check_at = HP_NEVER;
    for (uint32_t i = p->routes; i-- > 0;) {
        struct rip_route *t = p->table[i];
        if (t->r.expires_at <= now) rip_lose(p, t, HP_RIP_BY_TIMEOUT);
        if (t->r.forgotten_at <= now) {
            rip_forget(p, i);
            continue;
        }
        rip_arm(p, t->r.expires_at);
        rip_arm(p, t->r.forgotten_at);
    }
}

void rip_table_free(struct rip *p)
{
    for (uint32_t i = 0; i < p->routes; i++) {
        rip_uninstall(p, p->table[i]);
        hp_free(p->s, p->table[i], sizeof *p->table[i]);
    }
    hp_free(p->s, p->table, p->routes_room * sizeof *p->table);
}

/* ---- looking ---- */

int hp_rip_route(const struct hp_rip *r, unsigned i, struct hp_rip_route *out)
{
    if (!r->state || i >= r->state->routes) return HP_ENOENT;
    *out = r->state->table[i]->r;
    return HP_OK;
}

static void rip_route_put(struct text *t, const struct hp_rip_route *r)
{
    char buf[HP_PREFIX_TEXT];
    text_str(t, hp_prefix_text(&r->to, buf, sizeof buf));
    if (r->metric >= RIP_INFINITY) {
        text_str(t, " unreachable");
        return;
    }
    if (r->source == HP_RIP_HEARD) {
        text_str(t, " via ");
        text_ip(t, &r->gateway);
    } else {
        text_str(t, r->source == HP_RIP_CONNECTED ? " connected" : " announced");
    }
    text_str(t, " metric ");
    text_u64(t, r->metric);
    if (r->tag) text_str(t, " tag ");
    if (r->tag) text_u64(t, r->tag);
}

char *hp_rip_route_text(const struct hp_rip_route *route, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    rip_route_put(&t, route);
    return buf;
}

char *hp_rip_event_text(const struct hp_rip_event *e, char *buf, size_t n)
{
    static const char *const word[] = {"learned ", "changed ", "lost ", "forgot "};
    static const char *const why[] = {"a neighbour said so", "its neighbour was silent too long", "the link is down",
                                      "our own addresses or routes changed"};
    struct text t = text_of(buf, n);
    char prefix[HP_PREFIX_TEXT];
    text_str(&t, word[e->change]);
    if (e->change == HP_RIP_LEARNED || e->change == HP_RIP_CHANGED) {
        rip_route_put(&t, e->route);
        return buf;
    }
    text_str(&t, hp_prefix_text(&e->route->to, prefix, sizeof prefix));
    if (e->change == HP_RIP_LOST) text_str(&t, ": ");
    if (e->change == HP_RIP_LOST) text_str(&t, why[e->reason]);
    return buf;
}
