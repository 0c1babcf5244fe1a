/* Routes: the trie against a naive model, lists of one prefix, links that go, memory. */
#include "hepta/net.h"
#include "core/stack.h"
#include "l3_network/net.h"
#include "support/l3.h"

/* ---- against a naive model ---- */

enum { MODEL_MAX = 3000 };

struct model {
    struct hp_route r[MODEL_MAX];
    int n;
};

static bool model_same(const struct hp_route *a, const struct hp_route *b)
{
    return a->to.len == b->to.len && a->metric == b->metric && a->link == b->link && hp_ip_equal(&a->to.ip, &b->to.ip);
}

static const struct hp_route *model_find(const struct model *m, const struct hp_ip *to)
{
    const struct hp_route *best = NULL;
    for (int i = 0; i < m->n; i++) {
        const struct hp_route *r = &m->r[i];
        if (hp_ip_is4(to) != (r->to.len >= 96 && hp_ip_is4(&r->to.ip)) || !hp_prefix_has(&r->to, to)) continue;
        if (!best || r->to.len > best->to.len || (r->to.len == best->to.len && r->metric < best->metric)) best = r;
    }
    return best;
}

/* Few distinct bits, so that prefixes lie in one another; lengths everywhere. */
static struct hp_ip random_ip(struct random *r, bool v4)
{
    struct hp_ip ip = hp_ip4(0, 0, 0, 0);
    for (int i = v4 ? 12 : 0; i < 16; i++) ip.b[i] = random_below(r, 3) ? 0 : (uint8_t)(random_next(r) & random_next(r));
    if (!v4) ip.b[0] = (uint8_t)(0x20 | (ip.b[0] & 0x1f));
    return ip;
}

static struct hp_route random_route(struct random *r, const struct l3 *t)
{
    bool v4 = random_below(r, 2);
    struct hp_route route = {.to = {random_ip(r, v4), (uint8_t)(v4 ? 96 + random_below(r, 33) : random_below(r, 126) + 3)},
                             .link = t->link[random_below(r, 2)]->index, .metric = random_below(r, 3)};
    prefix_mask(&route.to);
    return route;
}

static void model_check(const struct l3 *t, const struct model *m, const struct hp_ip *to)
{
    const struct hp_route *want = model_find(m, to);
    struct hp_route got;
    int err = hp_route_find(t->s, to, &got);
    char text[HP_IP_TEXT];
    if (want ? err : err != HP_ENETUNREACH) fail_msg("%s: found %d", hp_ip_text(to, text, sizeof text), err);
    if (want && (got.to.len != want->to.len || got.metric != want->metric))
        fail_msg("%s: len %d metric %u expected, len %d metric %u came", hp_ip_text(to, text, sizeof text), want->to.len,
                 want->metric, got.to.len, got.metric);
}

struct order {
    struct hp_prefix last;
    size_t count;
};

static void check_order(void *ctx, const struct hp_route *r)
{
    struct order *o = ctx;
    bool was4 = o->last.len >= 96 && hp_ip_is4(&o->last.ip), is4 = r->to.len >= 96 && hp_ip_is4(&r->to.ip);
    if (o->count++ && was4 == is4) {
        int by = memcmp(&o->last.ip, &r->to.ip, sizeof r->to.ip);
        assert_true(by < 0 || (by == 0 && o->last.len <= r->to.len));
    }
    o->last = r->to;
}

static void model_check_all(const struct l3 *t, const struct model *m, struct random *r)
{
    for (int i = 0; i < 500; i++) {
        struct hp_ip ip = random_ip(r, random_below(r, 2));
        if (m->n && random_below(r, 2)) ip = m->r[random_below(r, (uint32_t)m->n)].to.ip;
        model_check(t, m, &ip);
    }
    struct order o = {.count = 0};
    hp_routes_each(t->s, check_order, &o);
    assert_int_equal(o.count, m->n);
    assert_int_equal(hp_route_count(t->s), m->n);
}

static void model_remove(struct l3 *t, struct model *m, int i)
{
    assert_int_equal(hp_route_remove(t->s, &m->r[i]), HP_OK);
    assert_int_equal(hp_route_remove(t->s, &m->r[i]), HP_ENOENT);
    memmove(&m->r[i], &m->r[i + 1], (size_t)(--m->n - i) * sizeof m->r[0]);
}

static void model_add(struct l3 *t, struct model *m, struct random *r)
{
    struct hp_route route = random_route(r, t);
    int i = 0;
    while (i < m->n && !model_same(&m->r[i], &route)) i++;
    assert_int_equal(hp_route_add(t->s, &route), HP_OK);
    if (i == m->n) m->r[m->n++] = route;
}

static void bare_begin(struct l3 *t)
{
    l3_begin(t, NULL);
    struct hp_addr_info a;
    while (hp_addr_info(t->s, 0, &a) == HP_OK) hp_addr_remove(t->s, a.link, &a.address.ip);
    assert_int_equal(hp_route_count(t->s), 0);
}

static void test_routes_like_a_naive_model(void **state)
{
    static struct model m;
    struct l3 *t = test_malloc(sizeof *t);
    struct random r;
    bare_begin(t);
    random_init(&r, 7, "route", "test");
    for (int round = 0; round < 6; round++) {
        while (m.n < 800) model_add(t, &m, &r);
        model_check_all(t, &m, &r);
        int keep = round == 5 ? 0 : (int)random_below(&r, 400);
        while (m.n > keep) model_remove(t, &m, (int)random_below(&r, (uint32_t)m.n));
        model_check_all(t, &m, &r);
    }
    l3_end(t);
    test_free(t);
}

/* ---- the n-th allocation fails ---- */

static void test_failing_memory_leaves_the_table_right(void **state)
{
    static struct model m;
    struct l3 *t = test_malloc(sizeof *t);
    struct random r;
    bare_begin(t);
    random_init(&r, 8, "route", "test");
    m.n = 0;
    unsigned refused = 0;
    for (int i = 0; i < 1500; i++) {
        struct hp_route route = random_route(&r, t);
        if (m.n && random_below(&r, 3) == 0) {
            hp_mem_fail_at(t->s, 1);
            model_remove(t, &m, (int)random_below(&r, (uint32_t)m.n));
            hp_mem_fail_at(t->s, 0);
            continue;
        }
        int known = 0;
        while (known < m.n && !model_same(&m.r[known], &route)) known++;
        hp_mem_fail_at(t->s, 1 + random_below(&r, 4));
        int err = hp_route_add(t->s, &route);
        hp_mem_fail_at(t->s, 0);
        if (err) assert_int_equal(err, HP_ENOMEM);
        else if (known == m.n) m.r[m.n++] = route;
        refused += err != 0;
    }
    assert_true(refused > 100);
    model_check_all(t, &m, &r);
    l3_end(t);
    test_free(t);
}

/* ---- one prefix, many routes ---- */

static uint32_t metric_towards(const struct l3 *t, const char *to)
{
    struct hp_ip ip = ip_of(to);
    struct hp_route r;
    return hp_route_find(t->s, &ip, &r) ? UINT32_MAX : r.metric;
}

static void test_lowest_metric_wins_and_the_next_follows(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(l3_route(&t, "0.0.0.0/0", "10.0.0.2", -1, 20), HP_OK);
    assert_int_equal(l3_route(&t, "0.0.0.0/0", "10.1.0.2", -1, 10), HP_OK);
    assert_int_equal(l3_route(&t, "0.0.0.0/0", "10.0.0.3", -1, 30), HP_OK);
    assert_int_equal(metric_towards(&t, "8.8.8.8"), 10);
    struct hp_route r = {.metric = 10, .gateway = ip_of("10.1.0.2")};
    assert_true(hp_prefix_parse("0.0.0.0/0", &r.to));
    assert_int_equal(hp_route_remove(t.s, &r), HP_OK);
    assert_int_equal(metric_towards(&t, "8.8.8.8"), 20);
    l3_end(&t);
}

static void test_what_cannot_be_a_route(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(l3_route(&t, "1.0.0.0/8", "10.7.0.1", -1, 0), HP_ENETUNREACH);
    assert_int_equal(l3_route(&t, "1.0.0.0/8", NULL, -1, 0), HP_EINVAL);
    assert_int_equal(l3_route(&t, "1.0.0.0/8", "fe80::1", 0, 0), HP_EINVAL);
    assert_int_equal(l3_route(&t, "1.0.0.0/8", "224.0.0.1", 0, 0), HP_EINVAL);
    assert_int_equal(l3_route(&t, "1.0.0.0/8", "10.0.0.1", -1, 0), HP_EINVAL); /* that is us */
    l3_end(&t);
}

/* ---- links ---- */

static void test_a_dead_link_is_passed_by(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(l3_route(&t, "9.0.0.0/8", "10.1.0.2", -1, 1), HP_OK);
    assert_int_equal(l3_route(&t, "9.0.0.0/8", "10.0.0.2", -1, 2), HP_OK);
    assert_int_equal(l3_route(&t, "9.9.0.0/16", "10.1.0.2", -1, 3), HP_OK);
    struct ip_path path = {0};
    struct hp_ip to = ip_of("9.9.9.9");
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    assert_int_equal(path.link, t.link[1]->index);
    hp_wire_set_carrier(&t.tap[1].wire, false);
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    assert_int_equal(path.link, t.link[0]->index); /* the shorter prefix, whose link runs */
    assert_int_equal(metric_towards(&t, "9.9.9.9"), 2);
    hp_wire_set_carrier(&t.tap[0].wire, false);
    assert_int_equal(metric_towards(&t, "9.9.9.9"), 3); /* nobody runs: the one it would be */
    hp_wire_set_carrier(&t.tap[1].wire, true);
    assert_int_equal(metric_towards(&t, "9.8.8.8"), 1);
    l3_end(&t);
}

static void test_routes_go_with_their_link(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    l3_route(&t, "9.0.0.0/8", "10.1.0.2", -1, 1);
    l3_route(&t, "9.0.0.0/8", "10.0.0.2", -1, 2);
    l3_route(&t, "9.0.0.0/8", "10.1.0.2", -1, 3);
    l3_route(&t, "8.0.0.0/8", "10.1.0.2", -1, 3);
    l3_route(&t, "7.0.0.0/8", "10.1.0.2", 0, 3);        /* the same by another link: it moves */
    l3_route(&t, "7.0.0.0/8", "10.1.0.2", 1, 3);
    l3_route(&t, "6.0.0.0/8", "10.1.0.2", 1, 3);
    l3_route(&t, "6.0.0.0/8", "10.1.0.2", 0, 3);
    hp_link_remove(t.s, t.link[1]->index);
    assert_int_equal(metric_towards(&t, "7.7.7.7"), UINT32_MAX);
    assert_int_equal(metric_towards(&t, "6.6.6.6"), 3);
    assert_int_equal(metric_towards(&t, "9.9.9.9"), 2);
    assert_int_equal(metric_towards(&t, "8.8.8.8"), UINT32_MAX);
    assert_int_equal(metric_towards(&t, "10.1.0.1"), UINT32_MAX);
    struct hp_ip ours = ip_of("10.1.0.1");
    assert_false(ip_is_ours(t.s, &ours));
    l3_end(&t);
}

/* ---- size ---- */

static void test_a_hundred_thousand_routes_are_small(void **state)
{
    struct l3 *t = test_malloc(sizeof *t);
    struct random r;
    bare_begin(t);
    random_init(&r, 9, "route", "big");
    size_t before = t->alloc.bytes;
    for (int i = 0; i < 100000; i++) { /* a table like the Internet's: mostly /24 */
        uint32_t v = (uint32_t)random_next(&r);
        struct hp_route route = {.to = {hp_ip4((uint8_t)(1 + (v >> 24) % 222), (uint8_t)(v >> 16), (uint8_t)(v >> 8), 0),
                                        (uint8_t)(96 + (i % 3 ? 24 : 16 + i % 9))}, .link = t->link[0]->index};
        assert_int_equal(hp_route_add(t->s, &route), HP_OK);
    }
    size_t each = (t->alloc.bytes - before) / hp_route_count(t->s);
    print_message("%zu bytes per route\n", each);
    assert_true(each < 110);
    l3_end(t);
    test_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_like_a_naive_model),
        cmocka_unit_test(test_failing_memory_leaves_the_table_right),
        cmocka_unit_test(test_lowest_metric_wins_and_the_next_follows),
        cmocka_unit_test(test_what_cannot_be_a_route),
        cmocka_unit_test(test_a_dead_link_is_passed_by),
        cmocka_unit_test(test_routes_go_with_their_link),
        cmocka_unit_test(test_a_hundred_thousand_routes_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
