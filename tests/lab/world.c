/* The world: order, determinism, scheduled calls, crashes, memory.  Stations that speak numbered frames; no protocols. */
#include "hepta/lab.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

enum { STATIONS_MAX = 8 };

struct lab {
    struct test_alloc alloc;
    struct hp_world *w;
    struct station st[STATIONS_MAX];
    unsigned count;
    unsigned calls;
    char order[32];
};

static const struct hp_config station_config = {.profile = station_profile};

static void lab_begin(struct lab *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(seed, &t->alloc.allocator);
    assert_non_null(t->w);
}

static struct station *lab_station(struct lab *t, const char *name)
{
    struct station *st = &t->st[t->count++];
    station_init(st);
    station_take(st, hp_world_machine(t->w, name, &station_config));
    return st;
}

static void lab_end(struct lab *t)
{
    hp_world_free(t->w);
    for (unsigned i = 0; i < t->count; i++) station_end(&t->st[i]);
    test_alloc_end(&t->alloc);
}

static struct hp_cable *lab_cable(struct lab *t, const char *a, const char *b, const struct hp_cable_config *c)
{
    struct hp_cable *k = hp_world_cable(t->w, a, b, c);
    assert_non_null(k);
    return k;
}

static void test_frame_goes_over_a_cable(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", &(struct hp_cable_config){.way.delay = HP_MS(3)});
    station_send(a, 5, 60);
    assert_int_equal(hp_world_run(t.w, HP_S(1), NULL, NULL), HP_ENOENT);
    assert_int_equal(b->count, 1);
    assert_int_equal(b->got[0].number, 5);
    assert_int_equal(b->got[0].time, HP_MS(3));
    assert_int_equal(hp_world_now(t.w), HP_S(1));
    assert_int_equal(hp_now(b->s), HP_S(1)); /* what is called now, is called now */
    lab_end(&t);
}

static void test_packet_ids_name_their_machine(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", NULL);
    for (uint32_t i = 0; i < 3; i++) station_send(a, i, 60);
    station_send(b, 0, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(b->got[0].id, 1);
    assert_int_equal(b->got[1].id, 1001);
    assert_int_equal(b->got[2].id, 2001);
    assert_int_equal(a->got[0].id, 2);
    struct hp_link_info info;
    hp_link_info(b->s, 1, &info);
    assert_memory_equal(info.mac.b, "\x02\0\0\x02\0\x01", 6);
    lab_end(&t);
}

static void test_cable_may_say_the_macs(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", &(struct hp_cable_config){.mac = {{{0}}, {{6, 5, 4, 3, 2, 1}}}});
    struct hp_link_info info;
    hp_link_info(a->s, 1, &info);
    assert_memory_equal(info.mac.b, "\x02\0\0\x01\0\x01", 6);
    hp_link_info(b->s, 1, &info);
    assert_memory_equal(info.mac.b, "\6\5\4\3\2\1", 6);
    hp_world_crash(t.w, "b");
    station_take(b, hp_world_restart(t.w, "b"));
    hp_link_info(b->s, 1, &info);
    assert_memory_equal(info.mac.b, "\6\5\4\3\2\1", 6); /* what is burnt in, stays */
    lab_end(&t);
}

static void test_names(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a");
    lab_station(&t, "b");
    assert_null(hp_world_machine(t.w, "a", NULL));
    assert_null(hp_world_hub(t.w, "b"));
    assert_null(hp_world_machine(t.w, "a name that is longer than 31 bytes", NULL));
    struct hp_cable *one = lab_cable(&t, "a", "b", NULL), *two = lab_cable(&t, "a", "b", NULL);
    assert_string_equal(hp_cable_name(one), "a-b");
    assert_string_equal(hp_cable_name(two), "a-b.2");
    assert_null(hp_world_cable(t.w, "a", "c", NULL));
    assert_null(hp_world_cable(t.w, "a", "b", &(struct hp_cable_config){.name = "a-b"}));
    assert_ptr_equal(hp_world_find_cable(t.w, "a-b.2"), two);
    assert_ptr_equal(hp_world_find(t.w, "a"), a->s);
    int link;
    assert_string_equal(hp_world_cable_end(t.w, two, 1, &link), "b");
    assert_int_equal(link, 2);
    const char *name;
    assert_non_null(hp_world_each(t.w, 1, &name));
    assert_string_equal(name, "b");
    assert_null(hp_world_each(t.w, 2, &name));
    assert_null(name);
    lab_end(&t);
}

static void test_hub_repeats_to_all_others(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b"), *c = lab_station(&t, "c");
    assert_non_null(hp_world_hub(t.w, "hub"));
    const struct hp_cable_config ms = {.way.delay = HP_MS(1)};
    lab_cable(&t, "a", "hub", &ms);
    lab_cable(&t, "b", "hub", &ms);
    lab_cable(&t, "hub", "c", &ms);
    station_send(a, 9, 100);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(a->count, 0);
    assert_int_equal(b->count, 1);
    assert_int_equal(c->count, 1);
    assert_int_equal(b->got[0].time, HP_MS(2));
    assert_int_equal(c->got[0].id, b->got[0].id);
    lab_end(&t);
}

static void test_switch_learns(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    assert_non_null(hp_world_switch(t.w, "sw"));
    lab_cable(&t, "a", "sw", NULL);
    lab_cable(&t, "b", "sw", NULL);
    station_send(a, 1, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(b->count, 1);
    assert_int_equal(a->count, 0);
    lab_end(&t);
}

/* ---- time ---- */

static void call_note(void *ctx)
{
    struct lab *t = ctx;
    t->order[t->calls++] = 'c';
}
static void call_send(void *ctx, struct hp_stack *s)
{
    struct lab *t = ctx;
    t->order[t->calls++] = 's';
    station_send(&t->st[0], 77, 60);
}
static void call_send_any(void *ctx)
{
    struct lab *t = ctx;
    station_send(&t->st[0], 78, 60);
}

static void test_calls_happen_in_order(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *b = (lab_station(&t, "a"), lab_station(&t, "b"));
    lab_cable(&t, "a", "b", &(struct hp_cable_config){.way.delay = HP_MS(1)});
    hp_world_at_machine(t.w, HP_MS(20), "a", call_send, &t);
    hp_world_at(t.w, HP_MS(20), call_note, &t);
    hp_world_at(t.w, HP_MS(10), call_send_any, &t);
    hp_world_at(t.w, HP_MS(5), call_note, &t);
    assert_int_equal(hp_world_at_machine(t.w, 0, "nobody", call_send, &t), HP_ENOENT);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_string_equal(t.order, "csc");
    assert_int_equal(b->count, 2);
    assert_int_equal(b->got[0].time, HP_MS(11));
    assert_int_equal(b->got[1].time, HP_MS(21));
    lab_end(&t);
}

static bool got_three(void *ctx) { return ((struct station *)ctx)->count >= 3; }

static void test_run_ends_when_done_or_at_its_time(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", &(struct hp_cable_config){.way = {.rate = 1000000, .delay = HP_MS(1)}});
    for (uint32_t i = 0; i < 5; i++) station_send(a, i, 60);
    assert_int_equal(hp_world_run(t.w, HP_US(100), got_three, b), HP_ETIMEDOUT);
    assert_int_equal(hp_world_now(t.w), HP_US(100));
    assert_int_equal(hp_world_run(t.w, HP_S(1), got_three, b), HP_OK);
    assert_int_equal(b->count, 3);
    assert_int_equal(hp_world_now(t.w), 3 * 84 * 8000 + HP_MS(1));
    assert_true(hp_world_step(t.w));
    assert_int_equal(hp_world_run(t.w, HP_NEVER, NULL, NULL), HP_ENOENT);
    assert_int_equal(b->count, 5);
    assert_false(hp_world_step(t.w));
    lab_end(&t);
}

static void answer_on_step(void *ctx, struct hp_stack *s)
{
    struct station *st = ctx;
    if (st->count && st->got[st->count - 1].number < 10) {
        station_send(st, st->got[st->count - 1].number + 1, 60);
        st->got[st->count - 1].number = 1000;
    }
}

static void test_on_step_may_send(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", NULL);
    hp_world_on_step(t.w, "a", answer_on_step, a);
    hp_world_on_step(t.w, "b", answer_on_step, b);
    station_send(a, 1, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(a->count + b->count, 10);
    lab_end(&t);
}

/* ---- determinism ---- */

static const struct hp_cable_config bad_cable = {
    .way = {.rate = 10000000, .delay = HP_US(300),
            .faults = {.loss = 100000000, .duplicate = 100000000, .reorder = 100000000, .jitter = HP_US(50),
                       .bit_errors = 20000, .burst_begin = 40000000, .burst_end = 900000000}}};

struct count {
    uint64_t events, cables;
};
static void count_event(void *ctx, const struct hp_event *e) { ((struct count *)ctx)->events++; }
static void count_cable(void *ctx, const struct hp_cable_event *e) { ((struct count *)ctx)->cables++; }

/* Four stations at a switch and a hub, answering each other; `more`: a fifth elsewhere, made last. */
static uint64_t scenario(uint64_t seed, bool more, bool traced, hp_time piece, uint64_t *lost)
{
    struct lab t;
    lab_begin(&t, seed);
    for (int i = 0; i < 4; i++) lab_station(&t, (const char *[]){"a", "b", "c", "d"}[i])->answer = i < 2;
    hp_world_switch(t.w, "sw");
    hp_world_hub(t.w, "hub");
    lab_cable(&t, "a", "sw", &bad_cable);
    lab_cable(&t, "b", "sw", &bad_cable);
    lab_cable(&t, "sw", "hub", &bad_cable);
    lab_cable(&t, "c", "hub", &bad_cable);
    lab_cable(&t, "d", "hub", &bad_cable);
    if (more) {
        lab_station(&t, "e");
        lab_station(&t, "f");
        lab_cable(&t, "e", "f", &bad_cable);
    }
    struct count n = {0, 0};
    if (traced) {
        struct hp_trace trace = {.event = count_event, .ctx = &n};
        struct hp_cable_trace cables = {count_cable, &n};
        assert_int_equal(hp_world_trace(t.w, &trace, NULL), HP_OK);
        assert_int_equal(hp_world_trace(t.w, NULL, &cables), HP_OK);
    }
    for (uint32_t i = 0; i < 50; i++) {
        station_send(&t.st[i % 4], i, 60 + 25 * i);
        if (more) station_send(&t.st[4], i, 500);
        hp_time until = hp_world_now(t.w) + HP_MS(1);
        for (hp_time at = hp_world_now(t.w); piece && at < until; at += piece) hp_world_run(t.w, at, NULL, NULL);
        hp_world_run(t.w, until, NULL, NULL);
    }
    hp_world_run(t.w, HP_MS(100), NULL, NULL);
    if (traced) assert_true(n.events > 500 && n.cables > 500);
    *lost = 0;
    for (unsigned i = 0; i < 5; i++) {
        struct hp_cable_stats st[2];
        for (int end = 0; end < 2; end++) hp_cable_stats(hp_world_each_cable(t.w, i), end, &st[end]);
        *lost = *lost * 1000 + st[0].lost + st[1].lost;
    }
    uint64_t digest = hp_world_digest(t.w);
    lab_end(&t);
    return digest;
}

static void test_same_seed_same_run(void **state)
{
    uint64_t lost, lost2, digest = scenario(1, false, false, 0, &lost);
    assert_true(lost > 0);
    assert_int_equal(scenario(1, false, false, 0, &lost2), digest);
    assert_int_equal(lost, lost2);
    assert_int_equal(scenario(1, false, true, 0, &lost2), digest);           /* watched  */
    assert_int_equal(scenario(1, false, false, HP_US(10), &lost2), digest); /* in pieces */
    assert_int_not_equal(scenario(2, false, false, 0, &lost2), digest);
    assert_int_not_equal(lost, lost2);
    /* The value itself: the same on every compiler, at every optimization. */
    printf("digest %016llx\n", (unsigned long long)digest);
}

static void test_a_cable_elsewhere_changes_nothing_here(void **state)
{
    uint64_t lost, lost2;
    scenario(1, false, false, 0, &lost);
    scenario(1, true, false, 0, &lost2);
    assert_int_equal(lost, lost2);
}

/* ---- crashes ---- */

static void test_crash_and_restart(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    lab_cable(&t, "a", "b", &(struct hp_cable_config){.way.delay = HP_MS(5)});
    station_send(a, 1, 1000);
    station_send(b, 2, 1000);
    hp_world_run(t.w, HP_MS(1), NULL, NULL);
    hp_world_crash(t.w, "a");
    assert_null(hp_world_find(t.w, "a"));
    struct hp_link_info info;
    hp_link_info(b->s, 1, &info);
    assert_false(info.carrier);
    hp_world_run(t.w, HP_MS(10), NULL, NULL);
    assert_int_equal(b->count, 1); /* it had left */
    assert_int_equal(hp_drop_count(b->s, HP_DROP_WIRE_DOWN), 1);
    assert_null(hp_world_restart(t.w, "b"));
    station_take(a, hp_world_restart(t.w, "a"));
    hp_link_info(b->s, 1, &info);
    assert_true(info.carrier);
    hp_link_info(a->s, 1, &info);
    assert_memory_equal(info.mac.b, "\x02\0\0\x01\0\x01", 6);
    station_send(a, 3, 60);
    station_send(b, 4, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(b->count, 2);
    assert_int_equal(b->got[1].id, 1001); /* ids are not used again */
    assert_int_equal(a->count, 1);
    lab_end(&t);
}

static void test_cut_and_mend(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    struct station *a = lab_station(&t, "a"), *b = lab_station(&t, "b");
    struct hp_cable *c = lab_cable(&t, "a", "b", &(struct hp_cable_config){.way.delay = HP_MS(5)});
    station_send(a, 1, 60);
    hp_world_run(t.w, HP_MS(1), NULL, NULL);
    hp_world_cable_set_up(t.w, c, false);
    hp_world_run(t.w, HP_MS(10), NULL, NULL);
    assert_int_equal(b->count, 0);
    hp_world_crash(t.w, "b");
    hp_world_cable_set_up(t.w, c, true); /* nobody is there */
    struct hp_link_info info;
    hp_link_info(a->s, 1, &info);
    assert_false(info.carrier);
    station_take(b, hp_world_restart(t.w, "b"));
    station_send(a, 2, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    assert_int_equal(b->count, 1);
    lab_end(&t);
}

/* ---- memory ---- */

static bool build(struct test_alloc *a, struct station *st, bool *made)
{
    struct hp_world *w = hp_world_new(1, &a->allocator);
    if (!w) return false;
    struct hp_stack *s = hp_world_machine(w, "a", &station_config);
    bool all = s && hp_world_machine(w, "b", &station_config) && hp_world_hub(w, "h") && hp_world_switch(w, "sw") &&
               hp_world_cable(w, "a", "h", NULL) && hp_world_cable(w, "h", "sw", NULL) && hp_world_cable(w, "sw", "b", NULL) &&
               hp_world_cable(w, "b", "a", NULL) && hp_world_at(w, 0, call_note, NULL) == HP_OK;
    *made = all;
    hp_world_free(w);
    return all;
}

static void test_every_allocation_may_fail(void **state)
{
    bool made = false;
    for (uint64_t n = 1; !made; n++) {
        struct test_alloc a;
        test_alloc_init(&a);
        a.fail_at = n;
        bool done = build(&a, NULL, &made);
        if (n < 20) assert_false(done);
        test_alloc_end(&a);
        if (n > 500) fail_msg("never enough memory");
    }
}

/* What could not be made can be made again. */
static void test_failed_machine_can_be_made_again(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    for (uint64_t n = 1;; n++) {
        t.alloc.fail_at = n;
        struct hp_stack *s = hp_world_machine(t.w, "x", &station_config);
        bool used = t.alloc.fail_at == 0;
        t.alloc.fail_at = 0;
        if (s) {
            assert_false(used);
            break;
        }
    }
    lab_station(&t, "y");
    for (uint64_t n = 1;; n++) {
        t.alloc.fail_at = n;
        struct hp_cable *c = hp_world_cable(t.w, "x", "y", NULL);
        t.alloc.fail_at = 0;
        if (c) break;
    }
    assert_string_equal(hp_cable_name(hp_world_each_cable(t.w, 0)), "x-y");
    assert_null(hp_world_each_cable(t.w, 1));
    for (uint64_t n = 1;; n++) {
        hp_world_crash(t.w, "y");
        t.alloc.fail_at = n;
        struct hp_stack *s = hp_world_restart(t.w, "y");
        t.alloc.fail_at = 0;
        if (s) {
            station_take(&t.st[0], s);
            break;
        }
    }
    lab_end(&t);
}

static void test_many_machines(void **state)
{
    struct lab t;
    lab_begin(&t, 1);
    enum { MANY = 2000 };
    char name[16], before[16] = "";
    static struct station st[MANY];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "h%d", i);
        station_init(&st[i]);
        station_take(&st[i], hp_world_machine(t.w, name, &station_config));
        if (i) lab_cable(&t, before, name, &(struct hp_cable_config){.way.delay = HP_US(10)});
        strcpy(before, name);
    }
    for (int i = 0; i < MANY; i++) station_send(&st[i], (uint32_t)i, 60);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    uint64_t last = 0;
    for (int i = 0; i < MANY; i++) {
        /* Link 1 of each but the first leads to the one before. */
        assert_int_equal(st[i].count, i == 1 ? 2 : i == MANY - 1 ? 0 : 1);
        if (i < MANY - 1) assert_int_not_equal(st[i].got[0].id, last);
        last = i < MANY - 1 ? st[i].got[0].id : 0;
        station_end(&st[i]);
    }
    lab_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_goes_over_a_cable),
        cmocka_unit_test(test_packet_ids_name_their_machine),
        cmocka_unit_test(test_cable_may_say_the_macs),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hub_repeats_to_all_others),
        cmocka_unit_test(test_switch_learns),
        cmocka_unit_test(test_calls_happen_in_order),
        cmocka_unit_test(test_run_ends_when_done_or_at_its_time),
        cmocka_unit_test(test_on_step_may_send),
        cmocka_unit_test(test_same_seed_same_run),
        cmocka_unit_test(test_a_cable_elsewhere_changes_nothing_here),
        cmocka_unit_test(test_crash_and_restart),
        cmocka_unit_test(test_cut_and_mend),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_failed_machine_can_be_made_again),
        cmocka_unit_test(test_many_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
