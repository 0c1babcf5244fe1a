/* Cables: time, queues, faults, plugging.  Two stations and no lab: the loop is cable_wait() below. */
#include "hepta/physical.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

struct pair {
    struct test_alloc alloc;
    struct station a, b;
    struct hp_cable *cable;
    hp_time now;
    unsigned entered, left, dropped;
    enum hp_drop last_drop;
};

static void pair_event(void *ctx, const struct hp_cable_event *e)
{
    struct pair *t = ctx;
    t->entered += e->kind == HP_CABLE_ENTER;
    t->left += e->kind == HP_CABLE_LEAVE;
    t->dropped += e->kind == HP_CABLE_DROP;
    if (e->kind == HP_CABLE_DROP) t->last_drop = e->drop;
}

static void pair_begin(struct pair *t, const struct hp_cable_config *config)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    station_open(&t->a, "a", &t->alloc.allocator);
    station_open(&t->b, "b", &t->alloc.allocator);
    t->cable = hp_cable_new(&t->alloc.allocator, 1, config);
    assert_non_null(t->cable);
    struct hp_cable_trace trace = {pair_event, t};
    hp_cable_set_trace(t->cable, &trace);
    struct hp_link_config many = {.queue_max = 100000};
    assert_int_equal(hp_link_add(t->a.s, hp_cable_end(t->cable, 0), &many), 1);
    assert_int_equal(hp_link_add(t->b.s, hp_cable_end(t->cable, 1), &many), 1);
}

static void pair_end(struct pair *t)
{
    if (t->a.s) hp_stack_free(t->a.s);
    if (t->b.s) hp_stack_free(t->b.s);
    hp_cable_free(t->cable);
    station_end(&t->a);
    station_end(&t->b);
    test_alloc_end(&t->alloc);
}

static hp_time earlier(hp_time a, hp_time b) { return a < b ? a : b; }

/* Everything that happens until `until`. */
static void pair_wait(struct pair *t, hp_time until)
{
    for (;;) {
        hp_time next = hp_cable_next(t->cable);
        if (t->a.s) next = earlier(next, hp_deadline(t->a.s));
        if (t->b.s) next = earlier(next, hp_deadline(t->b.s));
        if (next > until) break;
        if (next > t->now) t->now = next;
        for (int stage = 0; stage < 3; stage++) hp_cable_expect(t->cable, stage); /* in whatever state it is */
        hp_cable_step(t->cable, t->now);
        if (t->a.s) hp_step(t->a.s, t->now);
        if (t->b.s) hp_step(t->b.s, t->now);
    }
    t->now = until;
}

static void test_perfect_cable_delivers_at_once(void **state)
{
    struct pair t;
    pair_begin(&t, NULL);
    station_send(&t.a, 7, 60);
    station_send(&t.b, 8, 1514);
    pair_wait(&t, 0);
    assert_int_equal(t.b.count, 1);
    assert_int_equal(t.b.got[0].number, 7);
    assert_int_equal(t.b.got[0].n, 60);
    assert_int_equal(t.a.count, 1);
    assert_int_equal(t.a.got[0].n, 1514);
    pair_end(&t);
}

/* 1514 + FCS 4 + preamble 8 + gap 12 = 1538 bytes; the shortest frame takes 84. */
static void test_rate_and_delay_are_exact(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.rate = 1000000000, .delay = HP_MS(5)}});
    station_send(&t.a, 1, 1514);
    station_send(&t.a, 2, 60);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 2);
    assert_int_equal(t.b.got[0].time, 1538 * 8 + HP_MS(5));
    assert_int_equal(t.b.got[1].time, (1538 + 84) * 8 + HP_MS(5));
    pair_end(&t);
}

/* 123.04 ns per frame: the hundredths are not lost. */
static void test_fractions_of_nanoseconds_add_up(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.rate = 100000000000}});
    for (uint32_t i = 0; i < 1000; i++) station_send(&t.a, i, 1514);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 1000);
    assert_int_equal(t.b.got[999].time, 123040);
    pair_end(&t);
}

static void test_each_way_has_its_own(void **state)
{
    struct hp_way back = {.delay = HP_MS(40)};
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.delay = HP_MS(1)}, .back = &back});
    station_send(&t.a, 1, 60);
    station_send(&t.b, 2, 60);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.got[0].time, HP_MS(1));
    assert_int_equal(t.a.got[0].time, HP_MS(40));
    pair_end(&t);
}

/* The ring is short: what waits, waits in the link's queue, and the cable is never idle meanwhile. */
static void test_queue_is_the_links(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.rate = 10000000}});
    for (uint32_t i = 0; i < 100; i++) station_send(&t.a, i, 1514);
    pair_wait(&t, 0);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable, 0, &st);
    assert_true(st.flying >= 2 && st.flying <= 4);
    assert_int_equal(link_get(t.a.s, 1)->out.count, 100 - st.flying);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 100);
    assert_int_equal(t.b.got[99].time, 100 * 1538 * 800);
    for (uint32_t i = 0; i < 100; i++) assert_int_equal(t.b.got[i].number, i);
    pair_end(&t);
}

static void test_link_queue_overflows_by_name(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.rate = 10000000}});
    link_get(t.a.s, 1)->queue_max = 10;
    for (uint32_t i = 0; i < 100; i++) station_send(&t.a, i, 1514);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 10);
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_LINK_FULL), 90);
    pair_end(&t);
}

static void test_packet_moves_without_a_copy(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.delay = HP_MS(1)}});
    station_send(&t.a, 1, 1514);
    pair_wait(&t, 0);
    uint64_t calls = t.alloc.calls;
    pair_wait(&t, HP_MS(1));
    assert_int_equal(t.b.count, 1);
    assert_int_equal(t.alloc.calls, calls);
    pair_end(&t);
}

/* ---- faults ---- */

enum { MANY = 20000 };

static void send_many(struct pair *t)
{
    for (uint32_t i = 0; i < MANY; i++) {
        station_send(&t->a, i, 100);
        if (i % 1000 == 999) pair_wait(t, t->now + HP_MS(1));
    }
    pair_wait(t, t->now + HP_S(1));
}

/* Within four standard deviations of a share, so that a wrong formula fails and chance does not. */
static void assert_share(double got, double share, double n)
{
    double deviation = share * (1 - share) * n, off = got - share * n;
    if (off * off > 16 * deviation) fail_msg("%g of %g, expected about %g", got, n, share * n);
}

static uint32_t share(double s) { return (uint32_t)(s * 4294967296.0); }

static void test_loss_is_the_share_asked_for(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.faults.loss = share(0.02)});
    send_many(&t);
    assert_share((double)hp_drop_count(t.a.s, HP_DROP_WIRE_LOSS), 0.02, MANY);
    assert_int_equal(t.b.count + hp_drop_count(t.a.s, HP_DROP_WIRE_LOSS), MANY);
    assert_int_equal(t.dropped, hp_drop_count(t.a.s, HP_DROP_WIRE_LOSS));
    assert_int_equal(t.last_drop, HP_DROP_WIRE_LOSS);
    pair_end(&t);
}

/* Gilbert: 1 % into bursts of 5 frames on average: 0.01 / (0.01 + 0.2) of all frames are in them. */
static void test_bursts_have_the_length_asked_for(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.faults = {.burst_begin = share(0.01), .burst_end = share(0.2)}});
    send_many(&t);
    double lost = (double)hp_drop_count(t.a.s, HP_DROP_WIRE_BURST_LOSS), bursts = 0;
    for (unsigned i = 1; i < t.b.count; i++) bursts += t.b.got[i].number != t.b.got[i - 1].number + 1;
    if (lost < 0.7 * MANY / 21 || lost > 1.3 * MANY / 21) fail_msg("lost %g of %d", lost, MANY);
    if (lost / bursts < 4 || lost / bursts > 6) fail_msg("mean burst %g", lost / bursts);
    pair_end(&t);
}

static void test_duplicates_come_twice_in_a_row(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.faults.duplicate = share(0.05)});
    send_many(&t);
    unsigned twice = 0;
    for (unsigned i = 1; i < t.b.count; i++) twice += t.b.got[i].number == t.b.got[i - 1].number;
    assert_share(twice, 0.05, MANY);
    assert_int_equal(t.b.count, MANY + twice);
    pair_end(&t);
}

static void test_reordered_frames_are_overtaken(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){
                       .way = {.rate = 1000000000, .faults = {.reorder = share(0.05), .reorder_by = HP_US(10)}}});
    send_many(&t);
    assert_int_equal(t.b.count, MANY);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable, 0, &st);
    assert_share((double)st.delayed, 0.05, MANY);
    unsigned back = 0;
    for (unsigned i = 1; i < t.b.count; i++) {
        back += t.b.got[i].number < t.b.got[i - 1].number;
        assert_true(t.b.got[i].time >= t.b.got[i - 1].time);
    }
    assert_true(back > 0.04 * MANY && back <= st.delayed);
    pair_end(&t);
}

static void test_jitter_keeps_the_order(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.delay = HP_MS(10), .faults.jitter = HP_MS(2)}});
    hp_time sum = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        hp_time sent = t.now;
        station_send(&t.a, i, 60);
        pair_wait(&t, t.now + HP_MS(50));
        hp_time took = t.b.got[i].time - sent;
        assert_true(took >= HP_MS(10) && took <= HP_MS(12));
        sum += took;
    }
    assert_true(sum > 1000 * HP_US(10900) && sum < 1000 * HP_US(11100));
    station_clear(&t.b);
    for (uint32_t i = 0; i < 1000; i++) station_send(&t.a, i, 60);
    pair_wait(&t, t.now + HP_S(1));
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(t.b.got[i].number, i);
    pair_end(&t);
}

/* 104 bytes with FCS, 832 bits: 1 - (1 - 1e-4)^832 = 8 % of the frames; each dies of its FCS. */
static void test_flipped_bits_die_of_the_fcs(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.faults.bit_errors = share(1e-4)});
    send_many(&t);
    struct hp_cable_stats st;
    hp_cable_stats(t.cable, 0, &st);
    assert_share((double)st.corrupted, 0.0798, MANY);
    assert_int_equal(hp_drop_count(t.b.s, HP_DROP_FCS), st.corrupted);
    assert_int_equal(t.b.count, MANY - st.corrupted);
    pair_end(&t);
}

/* One more fault does not change what another one does. */
static void test_faults_do_not_change_each_other(void **state)
{
    struct hp_faults loss = {.loss = share(0.05)}, all = {.loss = share(0.05), .duplicate = share(0.1), .jitter = HP_MS(1),
                                                          .reorder = share(0.1), .bit_errors = share(1e-6)};
    struct pair t, u;
    pair_begin(&t, &(struct hp_cable_config){.way.faults = loss});
    pair_begin(&u, &(struct hp_cable_config){.way.faults = all});
    send_many(&t);
    send_many(&u);
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_WIRE_LOSS), hp_drop_count(u.a.s, HP_DROP_WIRE_LOSS));
    uint8_t seen[MANY] = {0};
    for (unsigned i = 0; i < t.b.count; i++) seen[t.b.got[i].number] = 1;
    for (unsigned i = 0; i < u.b.count; i++) assert_int_equal(seen[u.b.got[i].number], 1);
    pair_end(&t);
    pair_end(&u);
}

/* 10 Mbit/s for 1 ms, nothing for 2 ms, 1 Mbit/s for 7 ms; again.  A full frame has 12304 bits. */
static const struct hp_rate_span trace_spans[] = {{HP_MS(1), 10000000}, {HP_MS(3), 0}, {HP_MS(10), 1000000}};
static const struct hp_rate_trace trace = {"t", trace_spans, 3};

static void test_a_rate_by_trace_is_exact(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.trace = &trace, .delay = HP_US(5)}});
    for (uint32_t i = 0; i < 4; i++) station_send(&t.a, i, 1514);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 4);
    assert_int_equal(t.b.got[0].time, HP_MS(3) + 2304000 + HP_US(5)); /* 10000 bits before the silence, 2304 after it */
    assert_int_equal(t.b.got[1].time, HP_MS(10) + (2 * 12304 - 17000) * 100 + HP_US(5)); /* 17000 bits in each period */
    assert_int_equal(t.b.got[2].time, HP_MS(20) + (3 * 12304 - 34000) * 100 + HP_US(5));
    assert_int_equal(t.b.got[3].time, HP_MS(23) + (4 * 12304 - 44000) * 1000 + HP_US(5));
    pair_end(&t);
}

/* Many periods at once, and a trace that is as good as never over. */
static void test_a_rate_by_trace_may_be_slow(void **state)
{
    static const struct hp_rate_span slow[] = {{1000, 1000000}, {HP_S(1), 0}}; /* one bit a second */
    static const struct hp_rate_trace slowly = {"slow", slow, 2};
    static const struct hp_rate_span never[] = {{1, 1}, {HP_S(1000000000), 0}};
    static const struct hp_rate_trace hardly = {"never", never, 2};
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.trace = &slowly}});
    station_send(&t.a, 1, 1514);
    pair_wait(&t, HP_S(20000));
    assert_int_equal(t.b.count, 1);
    assert_int_equal(t.b.got[0].time, HP_S(12303) + 1000);
    pair_end(&t);
    pair_begin(&t, &(struct hp_cable_config){.way = {.trace = &hardly}});
    station_send(&t.a, 1, 1514);
    station_send(&t.a, 2, 1514);
    pair_wait(&t, HP_S(1000000));
    assert_int_equal(t.b.count, 0);
    pair_end(&t);
}

/* The share of 100 ms at 1.7 Mbit/s on the average, whatever the rounding. */
static void test_a_trace_carries_what_it_says(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.trace = &trace}});
    for (uint32_t i = 0; i < 1000; i++) station_send(&t.a, i, 1514);
    pair_wait(&t, HP_S(100));
    assert_int_equal(t.b.count, 1000);
    uint64_t bits = 1000 * 12304, turns = bits / 17000, left = bits % 17000; /* 723 whole periods, and 13000 bits */
    assert_int_equal(left, 13000);
    assert_int_equal(t.b.got[999].time, (hp_time)turns * HP_MS(10) + HP_MS(3) + HP_MS(3));
    pair_end(&t);
}

static void test_longer_frames_than_the_mtu_die_by_name(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.rate = 1000000000, .mtu = 1000}});
    station_send(&t.a, 1, 1014);
    station_send(&t.a, 2, 1015);
    station_send(&t.a, 3, 60);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 2);
    assert_int_equal(t.b.got[1].number, 3);
    assert_int_equal(t.b.got[1].time, (1014 + 24 + 1015 + 24 + 84) * 8); /* it took its time all the same */
    assert_int_equal(t.dropped, 1);
    assert_int_equal(t.last_drop, HP_DROP_WIRE_TOO_BIG);
    pair_end(&t);
}

/* One bit of each, and no FCS that would find it. */
static void test_corrupted_frames_arrive(void **state)
{
    struct pair t;
    struct hp_cable_stats stats;
    pair_begin(&t, &(struct hp_cable_config){.way = {.faults.corrupt = UINT32_MAX}});
    for (uint32_t i = 0; i < 500; i++) station_send(&t.a, 0, 1514);
    pair_wait(&t, HP_S(1));
    hp_cable_stats(t.cable, 0, &stats);
    assert_int_equal(stats.corrupted, 500);
    assert_int_equal(hp_drop_count(t.b.s, HP_DROP_FCS), 0);
    assert_int_equal(stats.delivered, 500);
    assert_in_range(t.b.count, 450, 499); /* in a few it was the address or the type */
    pair_end(&t);
}

static void test_settings_change_on_the_way(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.delay = HP_MS(10)});
    station_send(&t.a, 1, 60);
    pair_wait(&t, HP_MS(1));
    hp_cable_set(t.cable, &(struct hp_cable_config){.way.delay = HP_MS(2)});
    station_send(&t.a, 2, 60);
    pair_wait(&t, HP_MS(100));
    assert_int_equal(t.b.got[0].time, HP_MS(10));
    assert_int_equal(t.b.got[1].number, 2); /* never overtakes */
    assert_int_equal(t.b.got[1].time, HP_MS(10));
    station_send(&t.a, 3, 60);
    pair_wait(&t, HP_MS(200));
    assert_int_equal(t.b.got[2].time, HP_MS(102));
    pair_end(&t);
}

/* ---- plugs ---- */

static void test_cut_cable_kills_by_name_and_takes_the_carrier(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.delay = HP_MS(10)});
    station_send(&t.a, 1, 60);
    pair_wait(&t, HP_MS(1));
    hp_cable_set_up(t.cable, false, t.now);
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_WIRE_DOWN), 1);
    assert_int_equal(hp_cable_next(t.cable), HP_NEVER);
    struct hp_link_info info;
    hp_link_info(t.b.s, 1, &info);
    assert_false(info.carrier);
    station_send(&t.a, 2, 60); /* dies at the link */
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_NO_CARRIER), 1);
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_WIRE_DOWN), 1);
    hp_cable_set_up(t.cable, true, t.now);
    station_send(&t.a, 3, 60);
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 1);
    assert_int_equal(t.b.got[0].number, 3);
    pair_end(&t);
}

/* The sender is gone, its frame travels on; its memory goes with the last of them. */
static void test_frames_outlive_their_sender(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way.delay = HP_MS(10)});
    station_send(&t.a, 1, 1000);
    station_send(&t.b, 2, 1000);
    pair_wait(&t, HP_MS(1));
    hp_stack_free(t.a.s);
    t.a.s = NULL;
    pair_wait(&t, HP_S(1));
    assert_int_equal(t.b.count, 1);
    assert_int_equal(t.b.got[0].n, 1000);
    assert_int_equal(t.last_drop, HP_DROP_WIRE_DOWN); /* nobody was there for the other */
    assert_int_equal(t.left, 1);
    station_open(&t.a, "a", &t.alloc.allocator); /* and plugged in again */
    assert_int_equal(hp_link_add(t.a.s, hp_cable_end(t.cable, 0), NULL), 1);
    station_send(&t.b, 3, 60);
    pair_wait(&t, HP_S(2));
    assert_int_equal(t.a.count, 1);
    pair_end(&t);
}

static void test_cable_is_freed_with_frames_on_it(void **state)
{
    struct pair t;
    pair_begin(&t, &(struct hp_cable_config){.way = {.delay = HP_MS(10), .faults.reorder = UINT32_MAX / 2}});
    for (uint32_t i = 0; i < 20; i++) station_send(&t.a, i, 1000);
    pair_wait(&t, HP_MS(1));
    pair_end(&t);
}

/* ---- memory ---- */

static void test_every_allocation_may_fail(void **state)
{
    for (uint64_t n = 1; n < 40; n++) {
        struct pair t;
        pair_begin(&t, &(struct hp_cable_config){
                           .way.faults = {.duplicate = UINT32_MAX, .bit_errors = share(1e-3)}});
        t.alloc.fail_at = n;
        for (uint32_t i = 0; i < 10; i++) station_send(&t.a, i, 1400);
        pair_wait(&t, HP_S(1));
        t.alloc.fail_at = 0;
        hp_cable_set(t.cable, NULL);
        station_clear(&t.b);
        station_send(&t.a, 99, 60);
        pair_wait(&t, HP_S(2));
        assert_int_equal(t.b.count, 1);
        pair_end(&t);
    }
    struct test_alloc a;
    test_alloc_init(&a);
    a.fail_at = 1;
    assert_null(hp_cable_new(&a.allocator, 1, NULL));
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_perfect_cable_delivers_at_once),
        cmocka_unit_test(test_rate_and_delay_are_exact),
        cmocka_unit_test(test_fractions_of_nanoseconds_add_up),
        cmocka_unit_test(test_each_way_has_its_own),
        cmocka_unit_test(test_queue_is_the_links),
        cmocka_unit_test(test_link_queue_overflows_by_name),
        cmocka_unit_test(test_packet_moves_without_a_copy),
        cmocka_unit_test(test_loss_is_the_share_asked_for),
        cmocka_unit_test(test_bursts_have_the_length_asked_for),
        cmocka_unit_test(test_duplicates_come_twice_in_a_row),
        cmocka_unit_test(test_reordered_frames_are_overtaken),
        cmocka_unit_test(test_jitter_keeps_the_order),
        cmocka_unit_test(test_flipped_bits_die_of_the_fcs),
        cmocka_unit_test(test_faults_do_not_change_each_other),
        cmocka_unit_test(test_a_rate_by_trace_is_exact),
        cmocka_unit_test(test_a_rate_by_trace_may_be_slow),
        cmocka_unit_test(test_a_trace_carries_what_it_says),
        cmocka_unit_test(test_longer_frames_than_the_mtu_die_by_name),
        cmocka_unit_test(test_corrupted_frames_arrive),
        cmocka_unit_test(test_settings_change_on_the_way),
        cmocka_unit_test(test_cut_cable_kills_by_name_and_takes_the_carrier),
        cmocka_unit_test(test_frames_outlive_their_sender),
        cmocka_unit_test(test_cable_is_freed_with_frames_on_it),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
