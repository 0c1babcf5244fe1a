/* An event as one line of text, and kinds that are switched off. */
#include "support/l2.h"

static void test_lines(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    struct hp_pkt *p = hp_pkt_copy_in(t.s, "hello", 5);
    p->link = t.link[0];
    t.now = HP_MS(1500);
    hp_step(t.s, t.now);
    log_clear(&t.log);
    trace_up(t.s, 3, "ipv4", p);
    trace_pkt(t.s, HP_TRACE_TX, 1, NULL, p);
    trace_state(t.s, 4, "tcp", 3, NULL, "SYN_SENT", "ESTABLISHED");
    trace_note(t.s, 4, "tcp", 3, "cwnd", -14600);
    trace_timer(t.s, 4, "tcp", 3, "rto");
    hp_drop(t.s, p, HP_DROP_CHECKSUM);
    assert_string_equal(t.log.text, "1.500000000 h.eth0 up L3 ipv4 pkt 1\n"
                                    "1.500000000 h.eth0 tx L1 pkt 1 len 5\n"
                                    "1.500000000 h state L4 tcp#3 SYN_SENT -> ESTABLISHED\n"
                                    "1.500000000 h note L4 tcp#3 cwnd -14600\n"
                                    "1.500000000 h timer L4 tcp#3 rto\n"
                                    "1.500000000 h.eth0 drop pkt 1 CHECKSUM\n");
    assert_int_equal(t.link[0]->drops, 1);
    l2_end(&t);
}

static void test_only_the_kinds_asked_for(void **state)
{
    struct test_alloc a;
    struct test_log log;
    test_alloc_init(&a);
    log_init(&log);
    log.trace.kinds = 1u << HP_TRACE_NOTE;
    struct hp_config c = {.profile = l2_profile_host, .allocator = &a.allocator, .trace = log.trace};
    struct hp_stack *s = hp_stack_new(&c);
    trace_state(s, 4, "tcp", 1, NULL, "A", "B");
    trace_note(s, 4, "tcp", 1, "x", 1);
    hp_drop(s, hp_pkt_copy_in(s, "x", 1), HP_DROP_TTL);
    assert_string_equal(log.text, "0.000000000 host note L4 tcp#1 x 1\n");
    assert_int_equal(hp_drop_count(s, HP_DROP_TTL), 1); /* counted all the same */
    hp_stack_free(s);
    log_end(&log);
    test_alloc_end(&a);
}

static void test_programs_say_what_became_of_theirs(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    hp_trace_state(t.s, 3, "rip", "10.0.0.0/8", "unreachable", "via 10.0.0.1 metric 2");
    assert_logged(&t.log, "state L3 rip 10.0.0.0/8 unreachable -> via 10.0.0.1 metric 2");
    l2_end(&t);
}

static void test_a_line_that_does_not_fit(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    struct hp_event e = {.kind = HP_TRACE_STATE, .stack = t.s, .proto = "tcp", .from = "SYN_SENT", .to = "ESTABLISHED"};
    char whole[100];
    hp_event_text(&e, whole, sizeof whole);
    for (size_t n = 1; n < sizeof whole; n++) {
        char buf[101];
        buf[n] = '#';
        hp_event_text(&e, buf, n);
        assert_true(strlen(buf) < n && strncmp(buf, whole, strlen(buf)) == 0 && buf[n] == '#');
    }
    l2_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_only_the_kinds_asked_for),
        cmocka_unit_test(test_programs_say_what_became_of_theirs),
        cmocka_unit_test(test_a_line_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
