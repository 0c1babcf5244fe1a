/* Who a datagram is for: who may share a port, who is the most specific, and how a group is spread. */
#include "l4_transport/demux.h"

#include "support/alloc.h"
#include "support/l2.h"
#include "support/test.h"

struct demux_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    struct demux d;
    struct demux_end end[300];
};

static const struct hp_proto *const no_profile[] = {NULL};

static void demux_begin(struct demux_test *t)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    struct hp_config c = {.profile = no_profile, .allocator = &t->alloc.allocator, .seed = 3};
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    demux_start(&t->d, &t->s->key, "test");
}

static void demux_end_test(struct demux_test *t)
{
    for (size_t i = 0; i < sizeof t->end / sizeof *t->end; i++) demux_unbind(t->s, &t->d, &t->end[i]);
    demux_stop(t->s, &t->d);
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

/* "*" is any address, "*4" any IPv4, "*6" any IPv6 only. */
static struct bind_key key_of(const char *ip, uint16_t link)
{
    struct bind_key k = {.port = 80, .link = link};
    if (strcmp(ip, "*4") == 0) k.ip = hp_ip4(0, 0, 0, 0);
    else if (strcmp(ip, "*6") == 0) k.v6only = true;
    else if (strcmp(ip, "*") != 0) k.ip = ip_of(ip);
    return k;
}

static int demux_put(struct demux_test *t, int i, const char *ip, uint16_t link, unsigned flags)
{
    struct bind_key k = key_of(ip, link);
    return demux_bind(t->s, &t->d, &t->end[i], &k, flags);
}

static struct flow flow_to(const char *local, uint16_t peer_port)
{
    struct flow f = {.local = ip_of(local), .local_port = 80, .peer_port = peer_port};
    f.peer = ip_of(hp_ip_is4(&f.local) ? "10.9.9.9" : "fd09::9");
    return f;
}

/* The index of the end that gets it, -1 = none. */
static int demux_for(const struct demux_test *t, const char *local, uint16_t link)
{
    struct flow f = flow_to(local, 5000);
    bool taken;
    struct demux_end *e = demux_find(&t->d, &f, link, &taken);
    return e ? (int)(e - t->end) : -1;
}

/* POSIX.1-2017 SO_REUSEADDR: rows and columns by what they are bound to; x = not both without sharing. */
static void test_addresses_that_overlap_may_not_be_bound_twice(void **state)
{
    static const char *const ip[] = {"*", "*4", "*6", "10.0.0.1", "10.0.0.2", "fd00::1"};
    static const char *const conflict[] = {"xxxxxx", "xx.xx.", "x.x..x", "xx.x..", "xx..x.", "x.x..x"};
    for (int a = 0; a < 6; a++) {
        for (int b = 0; b < 6; b++) {
            struct demux_test t;
            demux_begin(&t);
            assert_int_equal(demux_put(&t, 0, ip[a], 0, 0), HP_OK);
            int want = conflict[a][b] == 'x' ? HP_EADDRINUSE : HP_OK, came = demux_put(&t, 1, ip[b], 0, 0);
            if (want != came) fail_msg("%s then %s: %d expected, %d came", ip[a], ip[b], want, came);
            demux_end_test(&t);
        }
    }
}

static void test_links_keep_apart(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    assert_int_equal(demux_put(&t, 0, "*", 1, 0), HP_OK);
    assert_int_equal(demux_put(&t, 1, "*", 2, 0), HP_OK);
    assert_int_equal(demux_put(&t, 2, "*", 0, 0), HP_EADDRINUSE);
    assert_int_equal(demux_put(&t, 2, "10.0.0.1", 2, 0), HP_EADDRINUSE);
    assert_int_equal(demux_put(&t, 2, "10.0.0.1", 3, 0), HP_OK);
    assert_int_equal(demux_for(&t, "10.0.0.1", 1), 0);
    assert_int_equal(demux_for(&t, "10.0.0.1", 2), 1);
    assert_int_equal(demux_for(&t, "10.0.0.1", 3), 2);
    assert_int_equal(demux_for(&t, "10.0.0.2", 3), -1);
    demux_end_test(&t);
}

static void test_sharing_needs_everybodys_consent(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    assert_int_equal(demux_put(&t, 0, "*", 0, DEMUX_REUSEADDR), HP_OK);
    assert_int_equal(demux_put(&t, 1, "*", 0, 0), HP_EADDRINUSE);
    assert_int_equal(demux_put(&t, 1, "*", 0, DEMUX_REUSEPORT), HP_EADDRINUSE);
    assert_int_equal(demux_put(&t, 1, "*", 0, DEMUX_REUSEADDR | DEMUX_REUSEPORT), HP_OK);
    assert_int_equal(demux_put(&t, 2, "10.0.0.1", 0, DEMUX_REUSEPORT), HP_EADDRINUSE);
    assert_int_equal(demux_put(&t, 2, "10.0.0.1", 0, DEMUX_REUSEADDR), HP_OK);
    demux_unbind(t.s, &t.d, &t.end[0]);
    demux_unbind(t.s, &t.d, &t.end[2]);
    assert_int_equal(demux_put(&t, 0, "*", 0, DEMUX_REUSEPORT), HP_OK);     /* the one without it has gone */
    demux_end_test(&t);
}

static void test_the_most_specific_is_found_first(void **state)
{
    static const struct { const char *ip; uint16_t link; } order[] = {
        {"10.0.0.1", 7}, {"10.0.0.1", 0}, {"*4", 7}, {"*", 7}, {"*4", 0}, {"*", 0}};
    struct demux_test t;
    demux_begin(&t);
    for (int i = 5; i >= 0; i--) assert_int_equal(demux_put(&t, i, order[i].ip, order[i].link, DEMUX_REUSEADDR), HP_OK);
    assert_int_equal(demux_put(&t, 6, "*6", 0, DEMUX_REUSEADDR), HP_OK);
    assert_int_equal(demux_for(&t, "fd00::1", 1), 6);
    assert_int_equal(demux_for(&t, "fd00::1", 7), 3);       /* a link before a version */
    assert_int_equal(demux_for(&t, "10.0.0.1", 1), 1);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(demux_for(&t, "10.0.0.1", 7), i);
        demux_unbind(t.s, &t.d, &t.end[i]);
    }
    assert_int_equal(demux_for(&t, "10.0.0.1", 7), -1);     /* the last is for IPv6 only */
    assert_int_equal(demux_for(&t, "fd00::1", 7), 6);
    demux_end_test(&t);
}

static void test_a_group_is_spread_by_flow_and_evenly(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    unsigned count[8] = {0};
    for (int i = 0; i < 8; i++) assert_int_equal(demux_put(&t, i, "*", 0, DEMUX_REUSEPORT), HP_OK);
    for (int port = 1; port <= 8000; port++) {
        struct flow f = flow_to("10.0.0.1", (uint16_t)port);
        bool taken;
        struct demux_end *e = demux_find(&t.d, &f, 0, &taken), *again = demux_find(&t.d, &f, 0, &taken);
        assert_ptr_equal(e, again);
        count[e - t.end]++;
    }
    for (int i = 0; i < 8; i++) assert_in_range(count[i], 850, 1150);
    demux_end_test(&t);
}

static void test_U09_a_connected_end_takes_its_flow_only(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    struct flow f = flow_to("10.0.0.1", 1234), other = flow_to("10.0.0.1", 1235);
    bool taken;
    assert_int_equal(demux_put(&t, 0, "*", 0, DEMUX_REUSEADDR), HP_OK);
    assert_int_equal(demux_connect(t.s, &t.d, &t.end[0], &f), HP_OK);
    assert_ptr_equal(demux_find_flow(&t.d, &f), &t.end[0]);
    assert_null(demux_find_flow(&t.d, &other));
    assert_null(demux_find(&t.d, &other, 0, &taken));
    assert_true(taken);
    assert_int_equal(demux_put(&t, 1, "*", 0, DEMUX_REUSEADDR), HP_OK);
    assert_int_equal(demux_for(&t, "10.0.0.1", 0), 1);
    assert_int_equal(demux_connect(t.s, &t.d, &t.end[1], &f), HP_EADDRINUSE);
    assert_int_equal(demux_connect(t.s, &t.d, &t.end[0], &other), HP_OK);   /* to another peer */
    assert_null(demux_find_flow(&t.d, &f));
    demux_disconnect(&t.d, &t.end[0]);
    assert_null(demux_find_flow(&t.d, &other));
    demux_unbind(t.s, &t.d, &t.end[1]);
    assert_int_equal(demux_for(&t, "10.0.0.1", 0), 0);
    demux_end_test(&t);
}

static void count_end(void *ctx, struct demux_end *e) { ++*(unsigned *)ctx; }

static unsigned demux_count(const struct demux_test *t, const char *group, uint16_t link)
{
    struct flow f = flow_to(group, 5000);
    unsigned count = 0;
    demux_each(&t->d, &f, link, count_end, &count);
    return count;
}

static void test_a_group_datagram_is_for_everybody_bound_to_it(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    demux_put(&t, 0, "*", 0, DEMUX_REUSEADDR);
    demux_put(&t, 1, "*4", 0, DEMUX_REUSEADDR);
    demux_put(&t, 2, "224.0.0.251", 0, DEMUX_REUSEADDR);
    demux_put(&t, 3, "224.0.0.251", 2, DEMUX_REUSEADDR);
    demux_put(&t, 4, "10.0.0.1", 0, DEMUX_REUSEADDR);
    demux_put(&t, 5, "*", 0, DEMUX_REUSEADDR);
    struct flow f = flow_to("224.0.0.251", 1);
    demux_connect(t.s, &t.d, &t.end[5], &f);                /* talks to somebody else */
    assert_int_equal(demux_count(&t, "224.0.0.251", 0), 3);
    assert_int_equal(demux_count(&t, "224.0.0.251", 2), 4);
    assert_int_equal(demux_count(&t, "224.0.0.252", 0), 2);
    assert_int_equal(demux_count(&t, "ff02::fb", 0), 1);
    demux_end_test(&t);
}

static void test_many_ends_come_and_go_in_any_order(void **state)
{
    struct demux_test t;
    demux_begin(&t);
    struct random r;
    random_init(&r, 5, "demux", "test");
    for (int round = 0; round < 20000; round++) {
        int i = (int)random_below(&r, 300);
        struct demux_end *e = &t.end[i];
        struct flow f = flow_to("10.0.0.1", (uint16_t)(1 + i));
        uint32_t what = random_below(&r, 4);
        if (!e->group) demux_put(&t, i, i % 3 ? "*" : i % 2 ? "10.0.0.1" : "fd00::1", i % 5 ? 0 : 1, DEMUX_REUSEPORT);
        else if (what == 0) demux_unbind(t.s, &t.d, e);
        else if (what == 1) demux_connect(t.s, &t.d, e, &f);
        else if (what == 2) demux_disconnect(&t.d, e);
        struct demux_end *there = demux_find_flow(&t.d, &f);
        assert_ptr_equal(there, e->connected ? e : NULL);
    }
    demux_end_test(&t);
}

static void test_X02_the_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 12; n++) {
        struct demux_test t;
        demux_begin(&t);
        struct flow f = flow_to("10.0.0.1", 9);
        hp_mem_fail_at(t.s, n);
        int err = HP_OK;
        for (int i = 0; i < 5 && !err; i++) err = demux_put(&t, i, i < 4 ? "*" : "10.0.0.1", 0, DEMUX_REUSEPORT);
        if (!err) err = demux_connect(t.s, &t.d, &t.end[0], &f);
        assert_int_equal(err, n <= 8 ? HP_ENOMEM : HP_OK);
        hp_mem_fail_at(t.s, 0);
        for (int i = 0; i < 5; i++) demux_unbind(t.s, &t.d, &t.end[i]);
        assert_false(demux_port_used(&t.d, 80));
        assert_int_equal(demux_put(&t, 0, "*", 0, 0), HP_OK);
        demux_end_test(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_overlap_may_not_be_bound_twice),
        cmocka_unit_test(test_links_keep_apart),
        cmocka_unit_test(test_sharing_needs_everybodys_consent),
        cmocka_unit_test(test_the_most_specific_is_found_first),
        cmocka_unit_test(test_a_group_is_spread_by_flow_and_evenly),
        cmocka_unit_test(test_U09_a_connected_end_takes_its_flow_only),
        cmocka_unit_test(test_a_group_datagram_is_for_everybody_bound_to_it),
        cmocka_unit_test(test_many_ends_come_and_go_in_any_order),
        cmocka_unit_test(test_X02_the_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
