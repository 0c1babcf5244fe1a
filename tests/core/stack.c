/* The stack: profiles, numbers, counters, settings, the step, and the trace of two equal runs. */
#include "support/l2.h"

struct toy {
    int64_t speed;
    uint64_t seen, links;
    bool stopped;
};

static unsigned stops, links_after_stop;
static int start_error;

static int toy_start(struct hp_stack *s, void *state)
{
    assert_int_equal(((struct toy *)state)->speed, 7); /* settings are there before start */
    return start_error;
}

static void toy_stop(struct hp_stack *s, void *state)
{
    stops++;
    ((struct toy *)state)->stopped = true;
}

static void toy_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    ((struct toy *)state)->seen++;
    hp_drop(s, p, HP_DROP_TAKEN);
}

static void toy_link(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what)
{
    struct toy *toy = state;
    if (toy->stopped) links_after_stop++;
    toy->links++;
}

static const struct hp_counter toy_counters[] = {HP_COUNTER(struct toy, seen, "packets"), HP_COUNTER(struct toy, links, "events"), {0}};
static const struct hp_setting toy_settings[] = {{"speed", "m/s", "how fast", (uint32_t)offsetof(struct toy, speed), 7, 1, 9}, {0}};
static const struct hp_proto toy4 = {.name = "toy", .layer = 4, .table = BY_IPPROTO, .number = 99, .state_size = sizeof(struct toy),
                                     .start = toy_start, .stop = toy_stop, .rx = toy_rx, .link = toy_link, .counters = toy_counters,
                                     .settings = toy_settings};
static const struct hp_proto toyful = {.name = "toyful", .layer = 7, .state_size = 8};
static const struct hp_proto *const toys[] = {&ether_proto, &neigh_proto, &arp_proto, &toy4, &toyful, NULL};

static void test_profile_counters_settings(void **state)
{
    struct l2 t;
    l2_begin(&t, toys, 1, 0);
    stops = links_after_stop = 0;
    assert_true(stack_has_ipproto(t.s, 99));
    assert_false(stack_has_ipproto(t.s, 98));
    stack_up_ipproto(t.s, 99, hp_pkt_copy_in(t.s, "x", 1));
    assert_int_equal(hp_counter(t.s, "toy.seen"), 1);
    assert_int_equal(hp_counter(t.s, "toy.unseen"), 0);
    assert_int_equal(hp_counter(t.s, "toyful.seen"), 0);
    int64_t v = 0;
    assert_int_equal(hp_setting_get(t.s, "toy.speed", &v), HP_OK);
    assert_int_equal(v, 7);
    assert_int_equal(hp_setting_set(t.s, "toy.speed", 10), HP_ERANGE);
    assert_int_equal(hp_setting_set(t.s, "toy.speed", 0), HP_ERANGE);
    assert_int_equal(hp_setting_set(t.s, "toy.speed", 9), HP_OK);
    assert_int_equal(hp_setting_set(t.s, "toy.spee", 1), HP_ENOENT);
    assert_int_equal(hp_setting_set(t.s, "to.speed", 1), HP_ENOENT);
    assert_int_equal(hp_setting_set(t.s, "speed", 1), HP_ENOENT);
    assert_int_equal(hp_setting_get(t.s, "toy.speed", &v), HP_OK);
    assert_int_equal(v, 9);
    struct toy *toy = stack_state(t.s, &toy4);
    assert_int_equal(toy->links, 1);
    assert_null(stack_state(t.s, &bridge_proto));
    l2_end(&t);
    assert_int_equal(stops, 1);
    assert_int_equal(links_after_stop, 0);
}

static void test_start_that_fails_undoes_everything(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_config c = {.profile = toys, .allocator = &a.allocator};
    start_error = HP_EINVAL;
    assert_null(hp_stack_new(&c));
    start_error = 0;
    test_alloc_end(&a);
    for (uint64_t n = 1; n < 15; n++) {
        a.fail_at = n;
        struct hp_stack *s = hp_stack_new(&c);
        if (s) hp_stack_free(s);
        test_alloc_end(&a);
    }
}

static void test_time_never_goes_back(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    hp_step(t.s, 100);
    hp_step(t.s, 50);
    assert_int_equal(hp_now(t.s), 100);
    l2_end(&t);
}

static void test_calls_between_steps_move_the_deadline(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    assert_int_equal(hp_step(t.s, 10), HP_NEVER);
    assert_int_equal(hp_deadline(t.s), HP_NEVER);
    l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    assert_int_equal(hp_deadline(t.s), 10);
    hp_step(t.s, 10);
    assert_int_equal(hp_deadline(t.s), HP_NEVER);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0800 45");
    assert_int_equal(hp_deadline(t.s), 10);
    hp_step(t.s, 10);
    struct hp_timer timer = {.at = HP_NEVER};
    timer_set(t.s, &timer, 500);
    assert_true(hp_deadline(t.s) <= 500);
    timer_remove(t.s, &timer);
    l2_end(&t);
}

static void test_packet_numbers(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_config c = {.profile = toys, .allocator = &a.allocator, .packet_id_first = 5, .packet_id_step = 10};
    struct hp_stack *s = hp_stack_new(&c);
    for (uint64_t id = 5; id < 50; id += 10) {
        struct hp_pkt *p = hp_pkt_copy_in(s, "x", 1);
        assert_int_equal(hp_pkt_id(p), id);
        hp_pkt_free(p);
    }
    hp_stack_free(s);
    test_alloc_end(&a);
}

static void test_chance_and_secrets(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    static const uint8_t entropy[32] = {1, 2, 3}, other[32] = {1, 2, 4};
    struct hp_config c = {.profile = toys, .allocator = &a.allocator, .seed = 1, .entropy = entropy};
    uint64_t random[3], secret[3];
    for (int i = 0; i < 3; i++) {
        if (i == 2) c.entropy = other;
        struct hp_stack *s = hp_stack_new(&c);
        random[i] = hp_random(s);
        secret[i] = hp_secret(s);
        assert_true(hp_secret(s) != secret[i]);
        hp_stack_free(s);
    }
    assert_true(random[0] == random[1] && random[1] == random[2]);
    assert_true(secret[0] == secret[1] && secret[1] != secret[2]);
    test_alloc_end(&a);
}

static char *run_of_seed(uint64_t seed)
{
    struct test_alloc a;
    struct test_log log;
    test_alloc_init(&a);
    log_init(&log);
    struct hp_config c = {.profile = l2_profile_host, .allocator = &a.allocator, .seed = seed, .trace = log.trace};
    struct hp_stack *s = hp_stack_new(&c);
    struct l2 *t = calloc(1, sizeof *t);
    assert_non_null(t);
    pkt_queue_init(&t->up);
    hp_stack_set_user(s, t);
    struct tap *tap = &t->tap[0];
    tap_init(tap);
    hp_link_add(s, &tap->wire, NULL);
    struct hp_link *l = link_get(s, 1);
    struct hp_ip own = ip_of("10.0.0.1"), to = ip_of("10.0.0.2");
    struct hp_mac mac = mac_of("02:00:00:00:00:99");
    link_own_add(s, l, &own);
    for (hp_time now = 0; now < HP_S(300); now += HP_S(7)) {
        struct hp_pkt *p = hp_pkt_copy_in(s, "Ehello", 6);
        p->src = own;
        link_tx(s, l, ETHERTYPE_IPV4, &to, p);
        if (now % HP_S(70) == 0) neigh_take(s, l, &to, &mac, NEIGH_SOLICITED);
        hp_time at = hp_now(s);
        for (hp_time next; (next = hp_step(s, at)) <= now; at = next) {} /* at the very nanoseconds of its timers */
        hp_step(s, now);
    }
    hp_stack_free(s);
    test_alloc_end(&a);
    free(t);
    return log.text;
}

static void test_the_same_seed_gives_the_same_trace(void **state)
{
    char *a = run_of_seed(1), *b = run_of_seed(1), *c = run_of_seed(2);
    assert_string_equal(a, b);
    assert_true(strlen(a) > 1000);
    assert_string_not_equal(a, c);
    free(a);
    free(b);
    free(c);
}

static void test_errors_and_drops_have_words(void **state)
{
    for (int e = 0; e >= HP_ESERVFAIL; e--) assert_string_not_equal(hp_err_text(e), "unknown error");
    assert_string_equal(hp_err_text(HP_ESERVFAIL - 1), "unknown error");
    assert_string_equal(hp_err_text(INT_MIN), "unknown error");
    assert_string_equal(hp_err_text(1), "no error");
    for (int i = 0; i < HP_DROP_COUNT; i++) assert_true(hp_drop_name((enum hp_drop)i)[0] && hp_drop_text((enum hp_drop)i)[0]);
    assert_string_equal(hp_drop_name(HP_DROP_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile_counters_settings),
        cmocka_unit_test(test_start_that_fails_undoes_everything),
        cmocka_unit_test(test_time_never_goes_back),
        cmocka_unit_test(test_calls_between_steps_move_the_deadline),
        cmocka_unit_test(test_packet_numbers),
        cmocka_unit_test(test_chance_and_secrets),
        cmocka_unit_test(test_the_same_seed_gives_the_same_trace),
        cmocka_unit_test(test_errors_and_drops_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
