/* Half duplex: one conversation at a time, collisions, backoff, and giving up. */
#include "hepta/lab.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

struct half {
    struct test_alloc alloc;
    struct hp_world *w;
    struct station a, b;
    struct hp_cable *cable;
};

static const struct hp_config station_config = {.profile = station_profile};

static void half_begin(struct half *t, const struct hp_cable_config *c)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(1, &t->alloc.allocator);
    station_take(&t->a, hp_world_machine(t->w, "a", &station_config));
    station_take(&t->b, hp_world_machine(t->w, "b", &station_config));
    t->cable = hp_world_cable(t->w, "a", "b", c);
    assert_non_null(t->cable);
}

static void half_end(struct half *t)
{
    hp_world_free(t->w);
    station_end(&t->a);
    station_end(&t->b);
    test_alloc_end(&t->alloc);
}

static const struct hp_cable_config ten_mbit = {.way = {.rate = 10000000, .delay = HP_US(1)}, .half_duplex = true};

static void test_alone_nobody_is_in_the_way(void **state)
{
    struct half t;
    half_begin(&t, &ten_mbit);
    for (uint32_t i = 0; i < 10; i++) station_send(&t.a, i, 1514);
    assert_int_equal(hp_world_run(t.w, HP_S(1), NULL, NULL), HP_ENOENT);
    assert_int_equal(t.b.count, 10);
    assert_int_equal(t.b.got[9].time, 10 * (1538 * 800 + HP_US(1)));
    struct hp_cable_stats st;
    hp_cable_stats(t.cable, 0, &st);
    assert_int_equal(st.collisions, 0);
    half_end(&t);
}

/* The other end's frame is on the cable: this one waits until its last bit is gone. */
static void test_listens_before_it_speaks(void **state)
{
    struct half t;
    half_begin(&t, &ten_mbit);
    station_send(&t.a, 1, 1514);
    hp_world_run(t.w, HP_US(500), NULL, NULL);
    station_send(&t.b, 2, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(t.b.got[0].time, 1538 * 800 + HP_US(1));
    assert_int_equal(t.a.got[0].time, (1538 + 84) * 800 + 2 * HP_US(1));
    half_end(&t);
}

/* Both have much to say: they collide, never speak at once, and hardly ever give up. */
static void test_collisions_are_resolved(void **state)
{
    struct half t;
    half_begin(&t, &ten_mbit);
    for (uint32_t i = 0; i < 200; i++) {
        station_send(&t.a, i, 1514);
        station_send(&t.b, i, 1514);
    }
    hp_world_run(t.w, HP_S(10), NULL, NULL);
    uint64_t gave_up = hp_drop_count(t.a.s, HP_DROP_WIRE_COLLISION) + hp_drop_count(t.b.s, HP_DROP_WIRE_COLLISION);
    assert_true(gave_up < 8);
    assert_int_equal(t.a.count + t.b.count + gave_up, 400);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable, 0, &st);
    assert_true(st.collisions >= 16);
    hp_time last = t.a.got[t.a.count - 1].time;
    if (t.b.got[t.b.count - 1].time > last) last = t.b.got[t.b.count - 1].time;
    hp_time alone = (hp_time)(t.a.count + t.b.count) * 1538 * 800;
    assert_true(last > alone); /* one at a time */
    assert_true(last < alone * 13 / 10);
    for (unsigned i = 1; i < t.a.count; i++) assert_true(t.a.got[i].number > t.a.got[i - 1].number);
    half_end(&t);
}

static void test_full_duplex_would_take_half_as_long(void **state)
{
    struct half t;
    struct hp_cable_config full = ten_mbit;
    full.half_duplex = false;
    half_begin(&t, &full);
    for (uint32_t i = 0; i < 200; i++) {
        station_send(&t.a, i, 1514);
        station_send(&t.b, i, 1514);
    }
    hp_world_run(t.w, HP_S(10), NULL, NULL);
    assert_int_equal(t.a.got[199].time, 200 * 1538 * 800 + HP_US(1));
    half_end(&t);
}

static void test_cut_while_waiting(void **state)
{
    struct half t;
    half_begin(&t, &ten_mbit);
    for (uint32_t i = 0; i < 10; i++) station_send(&t.a, i, 1514);
    hp_world_run(t.w, HP_US(100), NULL, NULL);
    hp_world_cable_set_up(t.w, t.cable, false);
    hp_world_run(t.w, HP_MS(100), NULL, NULL);
    assert_int_equal(t.b.count, 0);
    assert_true(hp_drop_count(t.a.s, HP_DROP_WIRE_DOWN) >= 2);
    hp_world_cable_set_up(t.w, t.cable, true);
    unsigned left = (unsigned)(10 - hp_drop_count(t.a.s, HP_DROP_WIRE_DOWN));
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(t.b.count, left); /* those that the link had kept */
    half_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alone_nobody_is_in_the_way),
        cmocka_unit_test(test_listens_before_it_speaks),
        cmocka_unit_test(test_collisions_are_resolved),
        cmocka_unit_test(test_full_duplex_would_take_half_as_long),
        cmocka_unit_test(test_cut_while_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
