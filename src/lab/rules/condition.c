/* Conditions: comparisons of numbers, and what machines know, joined by and, or, not.
 *
 *   neck.queue <= 2MiB
 *   sum(c*.bytes) >= 10MB and neck.up == 1
 *   route 가 10.0.6.0/24 [via 10.0.1.2]         this machine's way to that prefix exists (and leads there)
 *   address c1 10.1.0.0/24                      it has an address in there */
#include "lab/rules/rules.h"

static bool condition_or(struct rule_line *r, struct rules *rules, struct condition *c, uint8_t *out, int depth);

static struct condition_node *condition_add(struct rule_line *r, struct condition *c, uint8_t *out)
{
    if (c->count == CONDITION_NODES_MAX) {
        rule_wrong(r, NULL, "a shorter condition");
        return NULL;
    }
    *out = c->count;
    c->node[c->count] = (struct condition_node){.node = HP_PLAN_NONE};
    return &c->node[c->count++];
}

static bool condition_term(struct rule_line *r, struct rules *rules, struct condition_term *t)
{
    t->is_number = !r->quoted && number_parse(r->token, &t->number);
    if (!t->is_number) return metric_read(r, rules, &t->metric);
    rule_next(r);
    return true;
}

/* What stands between two places of the line, for messages. */
static void condition_keep_text(const struct rule_line *from, const struct rule_line *to, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    struct rule_line r = *from;
    while (!rule_end(&r) && (rule_end(to) || r.place.column != to->place.column)) {
        bool tight = rule_is(&r, "(") || rule_is(&r, ")");
        if (text_len(&t) && !tight && buf[text_len(&t) - 1] != '(') text_char(&t, ' ');
        text_str(&t, r.token);
        rule_next(&r);
    }
}

static bool condition_compare(struct rule_line *r, struct rules *rules, struct condition *c, uint8_t *out)
{
    struct rule_line began = *r;
    struct condition_node *n = condition_add(r, c, out);
    enum compare op;
    if (!n) return false;
    n->kind = CONDITION_COMPARE;
    if (!condition_term(r, rules, &n->left)) return false;
    if (!rule_compare(r, &op)) return rule_wrong(r, NULL, "a comparison: <, <=, ==, !=, >= or >");
    n->op = (uint8_t)op;
    if (!condition_term(r, rules, &n->right)) return false;
    condition_keep_text(&began, r, n->text, sizeof n->text);
    return true;
}

static bool condition_knows(struct rule_line *r, struct condition *c, uint8_t *out, bool route)
{
    struct rule_line began = *r;
    struct condition_node *n = condition_add(r, c, out);
    if (!n) return false;
    n->kind = route ? CONDITION_ROUTE : CONDITION_ADDRESS;
    rule_next(r);
    n->node = rule_end(r) ? HP_PLAN_NONE : hp_plan_find_node(r->plan, r->token);
    if (n->node < 0) return rule_wrong(r, NULL, "the name of a node");
    rule_next(r);
    if (!hp_prefix_parse(r->token, &n->prefix)) return rule_wrong(r, NULL, "a prefix such as 10.0.6.0/24");
    rule_next(r);
    if (route && rule_take(r, "via")) {
        if (!hp_ip_parse(r->token, &n->via)) return rule_wrong(r, NULL, "an IP address");
        rule_next(r);
    }
    condition_keep_text(&began, r, n->text, sizeof n->text);
    return true;
}

static bool condition_unary(struct rule_line *r, struct rules *rules, struct condition *c, uint8_t *out, int depth)
{
    uint8_t inner;
    if (depth > 8) return rule_wrong(r, NULL, "a simpler condition");
    if (rule_take(r, "not") || rule_take(r, "!")) {
        struct condition_node *n;
        if (!condition_unary(r, rules, c, &inner, depth + 1) || !(n = condition_add(r, c, out))) return false;
        n->kind = CONDITION_NOT;
        n->a = inner;
        return true;
    }
    if (rule_is(r, "route") || rule_is(r, "address")) return condition_knows(r, c, out, rule_is(r, "route"));
    if (!rule_take(r, "(")) return condition_compare(r, rules, c, out);
    return condition_or(r, rules, c, out, depth + 1) && (rule_take(r, ")") || rule_wrong(r, NULL, "a closing parenthesis"));
}

static bool condition_and(struct rule_line *r, struct rules *rules, struct condition *c, uint8_t *out, int depth)
{
    uint8_t right;
    if (!condition_unary(r, rules, c, out, depth)) return false;
    while (rule_take(r, "and") || rule_take(r, "&&")) {
        uint8_t left = *out;
        struct condition_node *n;
        if (!condition_unary(r, rules, c, &right, depth) || !(n = condition_add(r, c, out))) return false;
        n->kind = CONDITION_AND;
        n->a = left;
        n->b = right;
    }
    return true;
}

static bool condition_or(struct rule_line *r, struct rules *rules, struct condition *c, uint8_t *out, int depth)
{
    uint8_t right;
    if (!condition_and(r, rules, c, out, depth)) return false;
    while (rule_take(r, "or") || rule_take(r, "||")) {
        uint8_t left = *out;
        struct condition_node *n;
        if (!condition_and(r, rules, c, &right, depth) || !(n = condition_add(r, c, out))) return false;
        n->kind = CONDITION_OR;
        n->a = left;
        n->b = right;
    }
    return true;
}

bool condition_read(struct rule_line *r, struct rules *rules, struct condition *out)
{
    out->count = 0;
    return condition_or(r, rules, out, &out->root, 0);
}

void condition_free(struct rules *rules, struct condition *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        metric_free(rules, &c->node[i].left.metric);
        metric_free(rules, &c->node[i].right.metric);
    }
}

/* ---- does it hold? ---- */

static double condition_number(const struct rules *rules, const struct condition_term *t)
{
    return t->is_number ? t->number : metric_value(rules, &t->metric);
}

static bool condition_compares(const struct rules *rules, const struct condition_node *n)
{
    double a = condition_number(rules, &n->left), b = condition_number(rules, &n->right);
    switch ((enum compare)n->op) {
    case COMPARE_EQ: return a >= b && a <= b;
    case COMPARE_NE: return a < b || a > b;
    case COMPARE_LT: return a < b;
    case COMPARE_LE: return a <= b;
    case COMPARE_GT: return a > b;
    case COMPARE_GE: return a >= b;
    case COMPARE_NONE:
    case COMPARE_CONTAINS: break;
    }
    return false;
}

struct condition_search {
    const struct condition_node *n;
    bool found;
};

static void condition_route(void *ctx, const struct hp_route *route)
{
    struct condition_search *s = ctx;
    bool same = route->to.len == s->n->prefix.len && hp_prefix_has(&s->n->prefix, &route->to.ip);
    if (same && (hp_ip_is_any(&s->n->via) || hp_ip_equal(&route->gateway, &s->n->via))) s->found = true;
}

static bool condition_known(const struct rules *rules, const struct condition_node *n)
{
    struct condition_search search = {n, false};
    struct hp_addr_info a;
    struct hp_stack *s = hp_world_find(rules->c.world, rules->c.plan->node[n->node].name);
    if (!s) return false;
    if (n->kind == CONDITION_ROUTE) {
        hp_routes_each(s, condition_route, &search);
        return search.found;
    }
    for (unsigned i = 0; hp_addr_info(s, i, &a) == HP_OK; i++)
        if (hp_prefix_has(&n->prefix, &a.address.ip) && !(a.flags & (HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE))) return true;
    return false;
}

static bool condition_true(const struct rules *rules, const struct condition *c, uint8_t i)
{
    const struct condition_node *n = &c->node[i];
    switch (n->kind) {
    case CONDITION_AND: return condition_true(rules, c, n->a) && condition_true(rules, c, n->b);
    case CONDITION_OR: return condition_true(rules, c, n->a) || condition_true(rules, c, n->b);
    case CONDITION_NOT: return !condition_true(rules, c, n->a);
    case CONDITION_COMPARE: return condition_compares(rules, n);
    case CONDITION_ROUTE:
    case CONDITION_ADDRESS: return condition_known(rules, n);
    }
    return false;
}

bool condition_holds(const struct rules *rules, const struct condition *c) { return condition_true(rules, c, c->root); }

/* ---- in words ---- */

/* Whole numbers as such, others with three decimals. */
static void condition_number_text(struct text *t, double v)
{
    if (v < 0) text_char(t, '-');
    double size = v < 0 ? -v : v;
    if (size > 1e18) {
        text_str(t, "more than 10^18");
        return;
    }
    if (size >= 1e15) {
        text_u64(t, (uint64_t)size);
        return;
    }
    uint64_t thousandths = (uint64_t)(size * 1000 + 0.5);
    text_u64(t, thousandths / 1000);
    if (thousandths % 1000 == 0) return;
    text_char(t, '.');
    text_pad_u64(t, thousandths % 1000, 3, '0');
}

void condition_explain(const struct rules *rules, const struct condition *c, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    for (uint32_t i = 0; i < c->count; i++) {
        const struct condition_node *k = &c->node[i];
        if (k->kind < CONDITION_COMPARE) continue;
        if (text_len(&t)) text_str(&t, "; ");
        text_str(&t, k->text);
        if (k->kind != CONDITION_COMPARE) {
            text_str(&t, condition_true(rules, c, (uint8_t)i) ? ": yes" : ": no");
            continue;
        }
        text_str(&t, ": it is ");
        condition_number_text(&t, condition_number(rules, &k->left));
        if (k->right.is_number) continue;
        text_str(&t, " against ");
        condition_number_text(&t, condition_number(rules, &k->right));
    }
}
