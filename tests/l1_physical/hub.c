/* Hubs: to all but the sender, errors included, without keeping anything. */
#include "hepta/lab.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

static const struct hp_config station_config = {.profile = station_profile};
static const char *const hub_names[] = {"a", "b", "c", "d"};

struct hub {
    struct test_alloc alloc;
    struct hp_world *w;
    struct station st[4];
    struct hp_cable *cable[4];
};

static void hub_begin(struct hub *t, const struct hp_cable_config *first, const struct hp_cable_config *others)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(1, &t->alloc.allocator);
    assert_non_null(hp_world_hub(t->w, "hub"));
    for (int i = 0; i < 4; i++) {
        station_take(&t->st[i], hp_world_machine(t->w, hub_names[i], &station_config));
        t->cable[i] = hp_world_cable(t->w, hub_names[i], "hub", i ? others : first);
        assert_non_null(t->cable[i]);
    }
}

static void hub_end(struct hub *t)
{
    hp_world_free(t->w);
    for (int i = 0; i < 4; i++) station_end(&t->st[i]);
    test_alloc_end(&t->alloc);
}

static void test_everybody_else_hears(void **state)
{
    struct hub t;
    hub_begin(&t, NULL, NULL);
    for (uint32_t i = 0; i < 4; i++) station_send(&t.st[i], i, 100 + i);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(t.st[i].count, 3);
        for (unsigned k = 0; k < 3; k++) assert_int_not_equal(t.st[i].got[k].number, i);
    }
    hub_end(&t);
}

/* The broken frame is repeated as it is, and dies of its FCS at every station. */
static void test_errors_are_repeated(void **state)
{
    struct hub t;
    hub_begin(&t, &(struct hp_cable_config){.way.faults.bit_errors = 1 << 24}, NULL);
    for (uint32_t i = 0; i < 50; i++) station_send(&t.st[0], i, 1000);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable[0], 0, &st);
    assert_int_equal(st.corrupted, 50);
    for (int i = 1; i < 4; i++) {
        assert_int_equal(t.st[i].count, 0);
        assert_int_equal(hp_drop_count(t.st[i].s, HP_DROP_FCS), 50);
    }
    hub_end(&t);
}

/* A slow port loses what does not fit, the others do not wait for it. */
static void test_slow_port_loses(void **state)
{
    struct hub t;
    const struct hp_cable_config fast = {.way.rate = 100000000};
    hub_begin(&t, &fast, &fast);
    hp_cable_set(t.cable[3], &(struct hp_cable_config){.way.rate = 1000000});
    for (uint32_t i = 0; i < 50; i++) station_send(&t.st[0], i, 1514);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(t.st[1].count, 50);
    assert_int_equal(t.st[2].count, 50);
    assert_true(t.st[3].count >= 2 && t.st[3].count < 6);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable[3], 1, &st);
    assert_int_equal(st.lost, 50 - t.st[3].count);
    assert_int_equal(st.frames, 50); /* what found no room was handed in, too */
    assert_int_equal(st.delivered, t.st[3].count);
    hub_end(&t);
}

static void test_one_end_one_plug(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_hub *h = hp_hub_new(&a.allocator);
    struct hp_cable *c = hp_cable_new(&a.allocator, 1, NULL), *d = hp_cable_new(&a.allocator, 1, NULL);
    assert_int_equal(hp_hub_plug(h, c, 0), 0);
    assert_int_equal(hp_hub_plug(h, c, 0), HP_EEXIST);
    a.fail_at = 1;
    assert_int_equal(hp_hub_plug(h, d, 0), 1); /* there is room for four */
    a.fail_at = 0;
    hp_cable_free(c); /* unplugs itself */
    hp_hub_free(h);
    hp_cable_free(d);
    a.fail_at = 1;
    assert_null(hp_hub_new(&a.allocator));
    test_alloc_end(&a);
}

static void test_clone_fails(void **state)
{
    for (uint64_t n = 1; n < 8; n++) {
        struct hub t;
        hub_begin(&t, NULL, NULL);
        t.alloc.fail_at = n;
        station_send(&t.st[0], 1, 500);
        hp_world_run(t.w, HP_MS(1), NULL, NULL);
        t.alloc.fail_at = 0;
        unsigned before = t.st[1].count;
        station_send(&t.st[0], 2, 500);
        hp_world_run(t.w, HP_MS(2), NULL, NULL);
        assert_int_equal(t.st[1].count, before + 1);
        hub_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_else_hears),
        cmocka_unit_test(test_errors_are_repeated),
        cmocka_unit_test(test_slow_port_loses),
        cmocka_unit_test(test_one_end_one_plug),
        cmocka_unit_test(test_clone_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
