/* A cable between two threads: window after window the same as a whole one, whatever is wrong with it, and however often it is split. */
#include "hepta/physical.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

struct ends {
    struct test_alloc alloc;
    struct station at[2];
    struct hp_cable *cable;
    struct hp_allocator cables;         /* the cable's */
    bool refuses;
    unsigned refused;
    hp_time now;
};

static void *cable_alloc(void *ctx, size_t n)
{
    struct ends *t = ctx;
    t->refused += t->refuses;
    return t->refuses ? NULL : t->alloc.allocator.alloc(&t->alloc, n);
}
static void cable_free(void *ctx, void *p, size_t n)
{
    struct ends *t = ctx;
    t->alloc.allocator.free(&t->alloc, p, n);
}

static void ends_begin(struct ends *t, const struct hp_cable_config *config)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->cables = (struct hp_allocator){cable_alloc, cable_free, t};
    t->cable = hp_cable_new(&t->cables, 1, config);
    assert_non_null(t->cable);
    for (int i = 0; i < 2; i++) {
        station_open(&t->at[i], i ? "b" : "a", &t->alloc.allocator);
        assert_int_equal(hp_link_add(t->at[i].s, hp_cable_end(t->cable, i), &(struct hp_link_config){.queue_max = 100000}), 1);
    }
}

static void ends_end(struct ends *t)
{
    for (int i = 0; i < 2; i++) hp_stack_free(t->at[i].s);
    hp_cable_free(t->cable);
    for (int i = 0; i < 2; i++) station_end(&t->at[i]);
    test_alloc_end(&t->alloc);
}

static hp_time earlier(hp_time a, hp_time b) { return a < b ? a : b; }

static void ends_run_whole(struct ends *t, hp_time until)
{
    for (;;) {
        hp_time next = earlier(hp_cable_next(t->cable), earlier(hp_deadline(t->at[0].s), hp_deadline(t->at[1].s)));
        if (next > until) break;
        if (next > t->now) t->now = next;
        hp_cable_step(t->cable, t->now);
        for (int i = 0; i < 2; i++) hp_step(t->at[i].s, t->now);
    }
    t->now = until;
}

/* One end by itself up to `last`, as its thread would. */
static void ends_window(struct ends *t, int end, hp_time last)
{
    hp_time now = t->now;
    hp_cable_end_begin(t->cable, end);
    for (;;) {
        hp_time next = earlier(hp_cable_end_next(t->cable, end), hp_deadline(t->at[end].s));
        if (next > last) break;
        if (next > now) now = next;
        for (int stage = 0; stage < 3; stage++) hp_cable_end_expect(t->cable, end, stage);
        hp_cable_end_step(t->cable, end, now);
        hp_step(t->at[end].s, now);
    }
    hp_cable_end_finish(t->cable, end);
}

static void ends_run_split(struct ends *t, hp_time until, int first)
{
    hp_time ahead = hp_cable_lookahead(t->cable);
    assert_in_range(ahead, 1, HP_S(1));
    hp_cable_split(t->cable, true);
    while (t->now <= until) {
        hp_time last = earlier(t->now + ahead - 1, until);
        ends_window(t, first, last);
        ends_window(t, !first, last);
        hp_cable_exchange(t->cable);
        t->now = last + 1;
    }
    hp_cable_split(t->cable, false);
    t->now = until;
}

static void ends_load(struct ends *t)
{
    for (uint32_t i = 0; i < 40; i++) {
        station_send(&t->at[0], i, 60 + i * 31);
        station_send(&t->at[1], 1000 + i, 1514 - i * 17);
    }
    t->at[1].answer = 1;
}

static const struct hp_cable_config bad_cable = {
    .way = {.rate = 100000000, .delay = HP_US(50),
            .faults = {.loss = 200000000, .duplicate = 300000000, .reorder = 500000000, .reorder_by = HP_US(400), .jitter = HP_US(90),
                       .bit_errors = 30000}}};

static void stations_equal(const struct ends *a, const struct ends *b)
{
    for (int i = 0; i < 2; i++) {
        struct hp_cable_stats s[2];
        hp_cable_stats(a->cable, i, &s[0]);
        hp_cable_stats(b->cable, i, &s[1]);
        assert_memory_equal(&s[0], &s[1], sizeof s[0]);
        assert_int_equal(a->at[i].count, b->at[i].count);
        for (unsigned k = 0; k < a->at[i].count; k++) {
            const struct station_frame *f = &a->at[i].got[k], *g = &b->at[i].got[k];
            assert_int_equal(f->time, g->time);
            assert_int_equal(f->id, g->id);
            assert_int_equal(f->number, g->number);
            assert_int_equal(f->n, g->n);
        }
        assert_memory_equal(a->at[i].s->drops, b->at[i].s->drops, sizeof a->at[i].s->drops);
    }
}

/* The same load on a cable that stays whole and on one that is split. */
struct both {
    struct ends whole, split;
};

static void both_begin(struct both *t)
{
    ends_begin(&t->whole, &bad_cable);
    ends_begin(&t->split, &bad_cable);
    ends_load(&t->whole);
    ends_load(&t->split);
}

static void both_end(struct both *t)
{
    stations_equal(&t->whole, &t->split);
    ends_end(&t->whole);
    ends_end(&t->split);
}

static void test_windows_change_nothing(void **state)
{
    for (int first = 0; first < 2; first++) {
        struct both t;
        both_begin(&t);
        ends_run_whole(&t.whole, HP_MS(50));
        ends_run_split(&t.split, HP_MS(50), first);
        assert_in_range(t.whole.at[1].count, 20, 60);
        both_end(&t);
    }
}

/* With frames under way each time, in the ring and on the cable. */
static void test_splitting_and_mending_lose_nothing(void **state)
{
    struct both t;
    both_begin(&t);
    for (int i = 1; i <= 60; i++) {
        hp_time until = HP_US(137) * i;
        ends_run_whole(&t.whole, until);
        if (i % 3) ends_run_split(&t.split, until, i & 1);
        else ends_run_whole(&t.split, until);
        stations_equal(&t.whole, &t.split);
    }
    both_end(&t);
}

/* What cannot be copied goes as it is, in the same order. */
static void test_without_memory_for_copies_frames_go_as_they_are(void **state)
{
    struct both t;
    both_begin(&t);
    ends_run_whole(&t.whole, HP_MS(50));
    t.split.refuses = true;
    ends_run_split(&t.split, HP_MS(50), 0);
    assert_in_range(t.split.refused, 1, UINT32_MAX);
    both_end(&t);
}

static hp_time lookahead_of(const struct hp_cable_config *c)
{
    struct ends t;
    ends_begin(&t, c);
    hp_time ahead = hp_cable_lookahead(t.cable);
    ends_end(&t);
    return ahead;
}

static void test_lookahead_is_what_the_shortest_frame_takes(void **state)
{
    struct hp_way back = {.rate = 10000000, .delay = HP_US(1)};
    struct hp_cable_config c = {.way = {.rate = 1000000000, .delay = HP_US(5)}};
    assert_int_equal(lookahead_of(&c), HP_US(5) + 672); /* 84 bytes */
    c.back = &back;
    assert_int_equal(lookahead_of(&c), HP_US(5) + 672); /* back: 1 us and 67.2 us */
    back.rate = 10000000000;
    assert_int_equal(lookahead_of(&c), HP_US(1) + 67);
    assert_int_equal(lookahead_of(&(struct hp_cable_config){.way.delay = HP_MS(1)}), 0);
    assert_int_equal(lookahead_of(&(struct hp_cable_config){.way = {.rate = 10000000, .delay = HP_MS(1)}, .half_duplex = true}), 0);
    struct ends t;
    ends_begin(&t, &c);
    hp_link_remove(t.at[1].s, 1);
    assert_int_equal(hp_cable_lookahead(t.cable), 0); /* nobody is there */
    ends_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_change_nothing),
        cmocka_unit_test(test_splitting_and_mending_lose_nothing),
        cmocka_unit_test(test_without_memory_for_copies_frames_go_as_they_are),
        cmocka_unit_test(test_lookahead_is_what_the_shortest_frame_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
