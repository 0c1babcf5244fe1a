/* Impairments around a wire that is not a cable: both directions, a full wire below, and the end. */
#include "hepta/physical.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/tap.h"
#include "support/test.h"

struct wrapped {
    struct test_alloc alloc;
    struct station st;
    struct tap tap;
    struct hp_wire *impair;
    hp_time now;
};

static void wrapped_begin(struct wrapped *t, const struct hp_impair_config *c)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    station_open(&t->st, "h", &t->alloc.allocator);
    tap_init(&t->tap);
    t->impair = hp_impair_new(t->st.s, &t->tap.wire, c);
    assert_non_null(t->impair);
    struct hp_link_config many = {.queue_max = 100000};
    assert_int_equal(hp_link_add(t->st.s, t->impair, &many), 1);
}

static void wrapped_end(struct wrapped *t)
{
    hp_stack_free(t->st.s);
    assert_true(t->tap.closed);
    station_end(&t->st);
    test_alloc_end(&t->alloc);
}

static void wrapped_wait(struct wrapped *t, hp_time until)
{
    unsigned steps = 0;
    while (hp_deadline(t->st.s) <= until) {
        if (hp_deadline(t->st.s) > t->now) t->now = hp_deadline(t->st.s);
        hp_step(t->st.s, t->now);
        if (++steps > 100000) fail_msg("the stack is never quiet");
    }
    t->now = until;
    hp_step(t->st.s, until);
}

static void wrapped_inject(struct wrapped *t, uint32_t number, size_t n)
{
    uint8_t b[1600] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9};
    put16(b + 12, STATION_ETHERTYPE);
    put32(b + 14, number);
    tap_inject(&t->tap, b, n);
}

static void test_nothing_asked_nothing_done(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.seed = 1});
    station_send(&t.st, 1, 60);
    wrapped_inject(&t, 2, 60);
    wrapped_wait(&t, 0);
    assert_int_equal(t.tap.total, 1);
    assert_int_equal(t.st.count, 1);
    assert_true(t.tap.flushes > 0);
    wrapped_end(&t);
}

static void test_delay_both_ways(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.out.delay = HP_MS(20), .in.delay = HP_MS(7)});
    station_send(&t.st, 1, 60);
    wrapped_inject(&t, 2, 60);
    wrapped_wait(&t, HP_MS(6));
    assert_int_equal(t.st.count, 0);
    wrapped_wait(&t, HP_MS(19));
    assert_int_equal(t.st.count, 1);
    assert_int_equal(t.st.got[0].time, HP_MS(7));
    assert_int_equal(t.tap.total, 0);
    wrapped_wait(&t, HP_S(1));
    assert_int_equal(tap_take(&t.tap)->time, HP_MS(20));
    wrapped_end(&t);
}

static void test_rate_shapes_and_the_link_queues(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.out.rate = 10000000});
    for (uint32_t i = 0; i < 100; i++) station_send(&t.st, i, 1514);
    wrapped_wait(&t, HP_MS(50));
    assert_int_equal(t.tap.total, HP_MS(50) / (1538 * 800));
    wrapped_wait(&t, HP_S(1));
    assert_int_equal(t.tap.total, 100);
    hp_time last = 0;
    for (const struct tap_frame *f; (f = tap_take(&t.tap)); last = f->time) assert_int_equal(f->time, last + 1538 * 800);
    wrapped_end(&t);
}

static void test_rate_in_loses_what_does_not_fit(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.in = {.rate = 10000000, .ring_bytes = 5000}});
    for (uint32_t i = 0; i < 20; i++) wrapped_inject(&t, i, 1514);
    wrapped_wait(&t, HP_S(1));
    assert_int_equal(t.st.count, 4); /* the fourth finds 3 * 1538 bytes before it, the fifth more than 5000 */
    assert_int_equal(hp_drop_count(t.st.s, HP_DROP_WIRE_FULL), 16);
    wrapped_end(&t);
}

static void test_loss_and_reordering_by_name(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){
                          .seed = 3, .out = {.delay = HP_MS(20), .faults = {.loss = UINT32_MAX / 100, .reorder = UINT32_MAX / 20}}});
    for (uint32_t i = 0; i < 2000; i++) {
        station_send(&t.st, i, 60);
        wrapped_wait(&t, t.now + HP_US(100));
    }
    wrapped_wait(&t, HP_S(10));
    assert_int_equal(t.tap.total + hp_drop_count(t.st.s, HP_DROP_WIRE_LOSS), 2000);
    assert_true(hp_drop_count(t.st.s, HP_DROP_WIRE_LOSS) > 5 && hp_drop_count(t.st.s, HP_DROP_WIRE_LOSS) < 50);
    unsigned back = 0;
    uint32_t before = 0;
    for (const struct tap_frame *f; (f = tap_take(&t.tap)); before = get32(f->b + 14)) back += get32(f->b + 14) < before;
    assert_true(back > 50 && back < 150);
    wrapped_end(&t);
}

/* No FCS beyond a TAP: the flipped frame arrives as it is. */
static void test_flipped_bits_without_fcs(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.out.faults.bit_errors = UINT32_MAX / 800, .in.faults.bit_errors = 1 << 24});
    station_send(&t.st, 1, 1000);
    wrapped_wait(&t, 0);
    const struct tap_frame *f = tap_take(&t.tap);
    assert_int_equal(f->n, 1000);
    unsigned wrong = 0;
    for (size_t i = 18; i < 1000; i++) wrong += f->b[i] != 1;
    assert_true(wrong > 0 && wrong < 100);
    wrapped_end(&t);
}

static void test_offloads_are_given_up(void **state)
{
    struct hp_wire below = {.flags = HP_WIRE_GSO | HP_WIRE_SUM_TX | HP_WIRE_SUM_RX, .mtu = 9000};
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.seed = 1});
    struct hp_wire *w = hp_impair_new(t.st.s, &below, &(struct hp_impair_config){.seed = 1});
    assert_int_equal(w->flags, HP_WIRE_SUM_RX);
    assert_int_equal(w->mtu, 9000);
    w->stack = t.st.s;
    w->ops->close(w);
    wrapped_end(&t);
}

/* The wire below fills up, and says when it has room: nothing is lost, nothing waits for ever. */
static void test_full_wire_below(void **state)
{
    for (int delayed = 0; delayed < 2; delayed++) {
        struct wrapped t;
        wrapped_begin(&t, &(struct hp_impair_config){.out.delay = delayed ? HP_MS(1) : 0});
        t.tap.full = true;
        for (uint32_t i = 0; i < 10; i++) station_send(&t.st, i, 60);
        wrapped_wait(&t, HP_MS(10));
        assert_int_equal(t.tap.total, 0);
        t.tap.full = false;
        hp_wire_ready(&t.tap.wire);
        wrapped_wait(&t, HP_MS(20));
        assert_int_equal(t.tap.total, 10);
        wrapped_end(&t);
    }
}

static void test_end_with_frames_under_way(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.out.delay = HP_MS(5), .in.delay = HP_MS(5)});
    station_send(&t.st, 1, 60);
    wrapped_inject(&t, 2, 60);
    wrapped_wait(&t, HP_MS(1));
    hp_link_remove(t.st.s, 1);
    assert_int_equal(hp_drop_count(t.st.s, HP_DROP_STOPPED), 2);
    wrapped_end(&t);
}

static void test_change_on_the_way(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.out.faults.loss = UINT32_MAX});
    station_send(&t.st, 1, 60);
    wrapped_wait(&t, HP_MS(1));
    hp_impair_set(t.impair, &(struct hp_impair_config){.seed = 1});
    station_send(&t.st, 2, 60);
    wrapped_wait(&t, HP_MS(2));
    assert_int_equal(t.tap.total, 1);
    wrapped_end(&t);
}

static void test_no_memory(void **state)
{
    struct wrapped t;
    wrapped_begin(&t, &(struct hp_impair_config){.seed = 1});
    t.alloc.fail_at = 1;
    assert_null(hp_impair_new(t.st.s, &t.tap.wire, &(struct hp_impair_config){.seed = 1}));
    t.alloc.fail_at = 0;
    wrapped_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_asked_nothing_done),
        cmocka_unit_test(test_delay_both_ways),
        cmocka_unit_test(test_rate_shapes_and_the_link_queues),
        cmocka_unit_test(test_rate_in_loses_what_does_not_fit),
        cmocka_unit_test(test_loss_and_reordering_by_name),
        cmocka_unit_test(test_flipped_bits_without_fcs),
        cmocka_unit_test(test_offloads_are_given_up),
        cmocka_unit_test(test_full_wire_below),
        cmocka_unit_test(test_end_with_frames_under_way),
        cmocka_unit_test(test_change_on_the_way),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
