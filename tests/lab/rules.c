/* What goes wrong and what must hold: every kind of fault strikes and goes, every kind of expectation can hold and can fail. */
#include "hepta/run.h"

#include "support/alloc.h"
#include "support/test.h"

struct trial {
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_run *run;
    char news[16000];
};

static void told(void *ctx, const struct hp_run_event *e)
{
    struct trial *t = ctx;
    char line[400], time[HP_TIME_TEXT];
    if (e->kind != HP_RUN_FAULT && e->kind != HP_RUN_EXPECT) return;
    snprintf(line, sizeof line, "%s %s%s\n", hp_time_text(e->time, time, sizeof time), e->text,
             e->kind == HP_RUN_FAULT ? "" : e->result == 2 ? ": idle" : e->result ? ": held" : ": failed");
    strncat(t->news, line, sizeof t->news - strlen(t->news) - 1);
}

static const char net[] =
    "host a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\nrouter r ip 10.0.0.3/24\nswitch sw\n"
    "cable a sw name left rate 10Mbit/s delay 1ms\ncable b sw name right rate 10Mbit/s delay 1ms\ncable r sw name up\n"
    "app a ping b count 20 interval 100ms start 1s\n";

static int try_with(struct trial *t, const char *lines, struct hp_plan_error *error)
{
    char text[4000];
    memset(t, 0, sizeof *t);
    snprintf(text, sizeof text, "lab test seed 3 until 10s\n%s%s", net, lines);
    test_alloc_init(&t->alloc);
    int err = hp_plan_parse(text, strlen(text), &t->alloc.allocator, &t->plan, error);
    struct hp_run_options o = {.allocator = &t->alloc.allocator, .news = told, .ctx = t};
    return err ? err : hp_run_new(t->plan, &o, &t->run, error);
}

static void try_end(struct trial *t)
{
    hp_run_free(t->run);
    hp_plan_free(t->plan);
    test_alloc_end(&t->alloc);
}

static void try_run(struct trial *t, const char *lines)
{
    struct hp_plan_error error = {.text = ""};
    char said[1000];
    if (try_with(t, lines, &error)) fail_msg("%s", hp_plan_error_text(&error, "test.lab", said, sizeof said));
    assert_int_equal(hp_run_go(t->run, HP_NEVER), HP_OK);
}

static struct hp_run_verdict verdict_of(struct trial *t, unsigned i)
{
    struct hp_run_verdict v;
    if (!hp_run_verdict(t->run, i, &v)) fail_msg("there is no verdict %u", i);
    return v;
}

/* One line, and what becomes of it. */
static void judge(const char *line, enum hp_verdict_kind want)
{
    static const char *const words[] = {"open", "held", "idle", "failed"};
    struct trial t;
    try_run(&t, line);
    unsigned last = 0;
    struct hp_run_verdict v;
    while (hp_run_verdict(t.run, last + 1, &v)) last++;
    v = verdict_of(&t, last);
    if (v.verdict != want) fail_msg("%s: %s (%s), %s was expected\n%s", line, words[v.verdict], v.why, words[want], t.news);
    try_end(&t);
}

static void test_every_expectation_holds_or_fails(void **state)
{
    static const struct {
        const char *line;
        enum hp_verdict_kind verdict;
    } lines[] = {
        {"expect eventually 2s ping a b\n", HP_VERDICT_HELD},
        {"expect eventually 900ms ping a b\n", HP_VERDICT_FAILED},
        {"expect eventually ping a 10.0.0.2\n", HP_VERDICT_HELD},
        {"expect eventually ping b a\n", HP_VERDICT_FAILED},
        {"expect never ping a b\n", HP_VERDICT_FAILED},
        {"expect never drop left reason WIRE_LOSS\n", HP_VERDICT_HELD},
        {"at 1500ms set left loss 100%\nexpect never drop left reason WIRE_LOSS\n", HP_VERDICT_FAILED},
        {"expect always left.up == 1\n", HP_VERDICT_HELD},
        {"at 2s down left\nexpect always left.up == 1\n", HP_VERDICT_FAILED},
        {"at 2s down left\nexpect always from 3s to 4s left.up == 1\n", HP_VERDICT_FAILED},
        {"at 2s..3s down left\nexpect always from 4s left.up == 1\n", HP_VERDICT_HELD},
        {"expect final left.frames > 40 and right.lost == 0\n", HP_VERDICT_HELD},
        {"expect final left.frames > 1000 or right.lost > 0\n", HP_VERDICT_FAILED},
        {"expect final not (left.frames > 1000)\n", HP_VERDICT_HELD},
        {"expect final a.net.forwarded == 0\n", HP_VERDICT_HELD},
        {"expect final sum(*.routes) > 0\n", HP_VERDICT_HELD},
        {"expect final route a 10.0.0.0/24\n", HP_VERDICT_HELD},
        {"expect final route a 10.9.0.0/24\n", HP_VERDICT_FAILED},
        {"expect final address b 10.0.0.0/24\n", HP_VERDICT_HELD},
        {"expect final address b 10.0.1.0/24\n", HP_VERDICT_FAILED},
        {"expect exactly 20 ping a b\n", HP_VERDICT_HELD},
        {"expect exactly 19 ping a b\n", HP_VERDICT_FAILED},
        {"expect at-least 21 ping a b\n", HP_VERDICT_FAILED},
        {"expect at-most 20 frame b icmp.type == 8\n", HP_VERDICT_HELD},
        {"expect exactly 0 frame r icmp\n", HP_VERDICT_HELD},
        {"expect never frame left icmp.code || (arp.opcode contains \"reply\" and arp.opcode != 2)\n", HP_VERDICT_HELD},
        {"expect never frame left frame.len >= 98\n", HP_VERDICT_FAILED},
        {"expect at-least 1 frame left arp && !(arp.opcode == 2)\n", HP_VERDICT_HELD},
        {"expect eventually app a.ping ok\n", HP_VERDICT_HELD},
        {"at 500ms down left\nexpect eventually app a.ping ok\n", HP_VERDICT_FAILED},
        {"at 500ms down left\nexpect eventually app a.ping failed\n", HP_VERDICT_HELD},
        {"expect eventually state a neigh REACHABLE\n", HP_VERDICT_HELD},
        {"expect sometimes ping a b\n", HP_VERDICT_HELD},
        {"expect sometimes ping b a\n", HP_VERDICT_IDLE},
        {"at 1500ms..1900ms down left\nexpect within 1s after \"up left\"  ping a b\n", HP_VERDICT_HELD},
        {"at 1500ms..4s down left\nexpect within 1s after \"up left\"  ping a b\n", HP_VERDICT_FAILED},
        {"expect within 1s after \"up left\"  ping a b\n", HP_VERDICT_IDLE},
        {"at 5s down left\nexpect within 100ms after \"down left\" left.up == 0\n", HP_VERDICT_HELD},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) judge(lines[i].line, lines[i].verdict);
}

static void test_a_failure_tells_time_packet_and_last_events(void **state)
{
    struct trial t;
    try_run(&t, "at 1550ms set left loss 100%\nexpect never drop left\n");
    struct hp_run_verdict v = verdict_of(&t, 0);
    assert_int_equal(v.verdict, HP_VERDICT_FAILED);
    assert_true(v.time >= HP_MS(1550) && v.time < HP_MS(1700));
    assert_true(v.pkt_id != 0);
    assert_true(v.lasts >= 2);
    assert_non_null(strstr(v.last[v.lasts - 1], "WIRE_LOSS"));
    assert_non_null(strstr(v.last[0], "ping"));
    assert_int_equal(v.place.line, 11);
    try_end(&t);
}

/* Without a packet the last events are those of what the line names, and of the kind that it waits for. */
static void test_last_events_bear_on_the_line(void **state)
{
    static const struct { const char *line, *all; } lines[] = {
        {"expect eventually drop right\n", "  right  "},
        {"expect final left.up == 0\n", "  left  "},
        {"at 1500ms..4s down left\nexpect within 1s after \"up left\"  frame right arp.opcode == 2\n", "  right  "},
        {"expect eventually state a neigh FAILED\n", "  a  state L2 neigh "},
        {"expect final route b 10.9.0.0/24\n", "  b  "},
        {"at 1550ms set left loss 100%\nexpect at-least 1000 drop left reason WIRE_LOSS\n", "WIRE_LOSS"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct trial t;
        try_run(&t, lines[i].line);
        struct hp_run_verdict v = verdict_of(&t, 0);
        assert_int_equal(v.verdict, HP_VERDICT_FAILED);
        assert_true(v.lasts > 0);
        for (uint32_t k = 0; k < v.lasts; k++)
            if (!strstr(v.last[k], lines[i].all)) fail_msg("%s: %s", lines[i].line, v.last[k]);
        try_end(&t);
    }
}

static void test_a_condition_tells_its_numbers(void **state)
{
    struct trial t;
    try_run(&t, "expect final left.lost >= 5\n");
    assert_string_equal(verdict_of(&t, 0).why, "left.lost >= 5: it is 0");
    try_end(&t);
}

static void test_faults_strike_and_go(void **state)
{
    struct trial t;
    try_run(&t, "at 1s..2s down left\nevery 2s from 3s until 7s for 500ms crash b\nat 4s freeze r for 100ms\nat 5s partition a b | sw for 1s\n");
    const char *want =
        "1.000000000 down left\n2.000000000 up left\n3.000000000 crash b\n3.500000000 restart b\n4.000000000 freeze r\n"
        "4.100000000 thaw r\n5.000000000 partition a b | sw\n5.000000000 crash b\n5.500000000 restart b\n6.000000000 heal a b | sw\n"
        "7.000000000 crash b\n7.500000000 restart b\n";
    assert_string_equal(t.news, want);
    try_end(&t);
}

static void test_a_fault_after_an_event(void **state)
{
    struct trial t;
    try_run(&t, "when ping a b after 250ms then down right for 300ms\n");
    assert_non_null(strstr(t.news, "down right\n"));
    assert_non_null(strstr(t.news, "up right\n"));
    assert_true(strncmp(t.news, "1.25", 4) == 0);
    try_end(&t);
}

static void test_a_frozen_machine_answers_later(void **state)
{
    struct trial t;
    try_run(&t, "at 1450ms freeze b for 200ms\nexpect exactly 20 ping a b\nexpect exactly 0 frame a icmp.type == 0 && icmp.seq == 99\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    try_end(&t);
}

static void test_set_goes_back_to_what_it_was(void **state)
{
    struct trial t;
    struct hp_way way;
    try_run(&t, "at 1s..2s set left there delay 5ms loss 1% rate 1Mbit/s burst 1% 10% reorder 1% 2ms jitter 1ms duplicate 2% bit-errors 1e-6\n");
    hp_cable_get(hp_world_find_cable(hp_run_world(t.run), "left"), 0, &way);
    assert_int_equal(way.delay, HP_MS(1));
    assert_int_equal(way.rate, 10000000);
    assert_int_equal(way.faults.loss, 0);
    assert_int_equal(way.faults.bit_errors, 0);
    try_end(&t);
}

/* Ten pings a second of a's time: twice as fast, half of its time twice as slow, from another clock on the wall. */
static void test_a_machine_lives_by_its_own_clock(void **state)
{
    struct trial t;
    struct hp_world_clock clock;
    try_run(&t, "at 0s clock a drift 90%\nexpect exactly 20 ping a b\nexpect eventually 2020ms app a.ping ok\nexpect never app a.ping failed\n"
                "expect final a.clock >= 8.9s and a.clock <= 9s and b.clock == 0\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    assert_int_equal(verdict_of(&t, 1).verdict, HP_VERDICT_HELD); /* 1 s in the world's time, then 1.9 s in its own */
    assert_int_equal(verdict_of(&t, 2).verdict, HP_VERDICT_HELD);
    assert_int_equal(verdict_of(&t, 3).verdict, HP_VERDICT_HELD);
    assert_int_equal(hp_world_clock(hp_run_world(t.run), "a", &clock), HP_OK);
    assert_int_equal(clock.monotonic, HP_S(19));
    try_end(&t);
    try_run(&t, "at 1s..3s clock a drift -50%\nexpect exactly 10 ping a b\nexpect within 2s after \"unclock a drift -50%\" app a.ping ok\n"
                "when \"unclock a drift -50%\" then down left\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    assert_non_null(strstr(t.news, "3.000000000 unclock a drift -50%\n"));
    try_end(&t);
}

static void test_a_step_of_the_clock_on_the_wall_is_not_noticed(void **state)
{
    static const char *const steps[] = {"", "at 1500ms..1900ms clock a b step -3h\nat 2s clock * step 1h\n"};
    uint64_t digest[2];
    struct trial t;
    for (int i = 0; i < 2; i++) {
        try_run(&t, steps[i]);
        digest[i] = hp_world_digest(hp_run_world(t.run));
        try_end(&t);
    }
    assert_true(digest[0] == digest[1]);
    try_run(&t, "at 1s clock a step -3h\nat 2s crash a\nat 3s clock a step -1h\nat 4s restart a\nexpect final a.clock == -4h\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    try_end(&t);
}

/* What was due within the leap is due at once: the program's pauses are over, and nothing else breaks. */
static void test_a_clock_may_jump(void **state)
{
    struct trial t;
    struct hp_world_clock clock;
    try_run(&t, "at 1450ms clock a jump 1h\nexpect exactly 20 ping a b\nexpect eventually 3s app a.ping ok\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    assert_int_equal(verdict_of(&t, 1).verdict, HP_VERDICT_HELD);
    assert_int_equal(hp_world_clock(hp_run_world(t.run), "a", &clock), HP_OK);
    assert_int_equal(clock.monotonic, HP_S(3610));
    assert_int_equal(clock.wall, HP_S(3610));
    try_end(&t);
}

/* The machine is told of what its own interface takes; what the cable takes, nobody is told. */
static void test_mtu_of_an_interface_and_of_a_cable(void **state)
{
    static const char flow[] = "app b serve /x 20k\napp a get http://10.0.0.2/x start 100ms name get\n";
    struct trial t;
    char lines[400];
    snprintf(lines, sizeof lines, "%sat 0s set right there mtu 1000\nexpect at-least 1 drop right reason WIRE_TOO_BIG\nexpect never app get ok\n", flow);
    try_run(&t, lines);
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    assert_int_equal(verdict_of(&t, 1).verdict, HP_VERDICT_HELD);
    try_end(&t);
    snprintf(lines, sizeof lines,
             "%sat 0s set a.eth0 mtu 1280\nexpect never drop right\nexpect eventually app get ok\nexpect never frame b frame.len > 1294\n", flow);
    try_run(&t, lines);
    for (unsigned i = 0; i < 3; i++) assert_int_equal(verdict_of(&t, i).verdict, HP_VERDICT_HELD);
    try_end(&t);
}

static void test_a_rate_may_be_set_to_a_trace(void **state)
{
    struct trial t;
    struct hp_way way;
    try_run(&t, "rate-trace on-off 1s 1Mbit/s 1s 0\nat 1s..5s set left rate on-off\nexpect exactly 20 ping a b\nexpect final a.bytes > 0\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    hp_cable_get(hp_world_find_cable(hp_run_world(t.run), "left"), 1, &way);
    assert_int_equal(way.rate, 10000000);
    assert_null(way.trace);
    try_end(&t);
}

static void test_programs_are_started_and_stopped(void **state)
{
    struct trial t;
    try_run(&t, "app b serve start 100s name web\nat 1s start web\nat 3s stop web\nexpect final web.started == 1 and web.ended == 1\n");
    assert_int_equal(verdict_of(&t, 0).verdict, HP_VERDICT_HELD);
    try_end(&t);
}

static void wrong(const char *line, uint32_t column, const char *text)
{
    struct trial t;
    struct hp_plan_error error = {.text = ""};
    if (try_with(&t, line, &error) != HP_EPROTO) fail_msg("%s was taken", line);
    if (!strstr(error.text, text) || error.place.line != 10 || error.place.column != column)
        fail_msg("%s: got %u:%u %s, expected column %u and \"%s\"", line, error.place.line, error.place.column, error.text, column, text);
    try_end(&t);
}

static void test_what_is_wrong_is_said_where(void **state)
{
    wrong("at soon down left\n", 4, "a time");
    wrong("at 1s dwon left\n", 7, "what goes wrong");
    wrong("at 1s down nobody\n", 12, "the name of a cable");
    wrong("at 3s..2s down left\n", 4, "two times");
    wrong("every 0s down left\n", 7, "a period longer than 0");
    wrong("at 1s partition a b | a\n", 17, "a cable between the two groups");
    wrong("at 1s set left los 1%\n", 16, "rate, delay, loss");
    wrong("at 1s set lfet loss 1%\n", 11, "the name of a cable");
    wrong("at 1s set left rate fast\n", 21, "a rate, as");
    wrong("at 1s set left mtu 50\n", 20, "a number of bytes from 68");
    wrong("at 1s set r.eth0 mtu 576\n", 22, "an MTU from 1280");
    wrong("at 1s set r.eth0 loss 5%\n", 18, "mtu and a number");
    wrong("at 1s set r.eth7 mtu 1400\n", 11, "an interface that the node has");
    wrong("at 1s clock a tick 5s\n", 15, "step BY, drift BY or jump BY");
    wrong("at 1s clock a drift 200\n", 21, "a drift such as");
    wrong("at 1s clock a drift -91%\n", 21, "a drift such as");
    wrong("at 1s clock a step soon\n", 20, "a time such as");
    wrong("at 1s clock a jump -5s\n", 20, "a time forward");
    wrong("at 1s..2s clock a jump 5s\n", 19, "cannot be set back");
    wrong("at 1s clock nobody step 5s\n", 13, "the name of a node");
    wrong("at 1s down left for\n", 17, "a time");
    wrong("when drop left down left\n", 16, "then");
    wrong("expect allways left.up == 1\n", 8, "always, never");
    wrong("expect always left.up\n", 15, "a comparison");
    wrong("expect always left.upp == 1\n", 15, "cables have");
    wrong("expect always ping a b\n", 15, "a condition");
    wrong("expect never drop left reason LOST\n", 31, "reason of a drop");
    wrong("expect exactly many ping a b\n", 16, "how many");
    wrong("expect final route a ten\n", 22, "a prefix");
    wrong("expect final jam(a.bytes) > 1\n", 14, "sum, min");
}

/* A rule about what cannot be would hold for ever. */
static void test_what_cannot_happen_is_an_error(void **state)
{
    wrong("expect never frame a icmp.tpye == 8\n", 22, "a field (hepta show fields");
    wrong("expect never frame a tcp and ip.adr == 8\n", 30, "a field (hepta show fields");
    wrong("expect never state a tcp ESTABLISHD\n", 26, "a state such as ESTABLISHED");
    wrong("expect never state a tcp LISTEN -> ESTABLISHD\n", 36, "a state such as");
    wrong("expect never state a tcpp ESTABLISHED\n", 22, "tcp, neigh");
    wrong("expect never state a eth0 UPP\n", 27, "a state of that protocol");
    wrong("expect within 1s after \"dwon left\" ping a b\n", 25, "what strikes");
    wrong("when \"down nosuch\" then up left\n", 12, "the name of a node, cable or app");
    wrong("expect never ping a nobody\n", 21, "a node or an address");
    judge("expect never state a tcp *\n", HP_VERDICT_HELD);
    judge("expect never state a eth0 down\n", HP_VERDICT_HELD);
    judge("expect never state a ping running\n", HP_VERDICT_HELD); /* an app's program may say anything */
    judge("at 1s down left for 1s\nexpect within 10s after \"up left\" ping a b\n", HP_VERDICT_HELD);
}

static void hinted(const char *line, const char *hint)
{
    struct trial t;
    struct hp_plan_error error = {.text = ""};
    if (try_with(&t, line, &error) != HP_EPROTO) fail_msg("%s was taken", line);
    if (!strstr(error.hint, hint)) fail_msg("%s: \"%s\" is the hint, expected \"%s\"", line, error.hint, hint);
    if (!strstr(error.text, "wanted") && !strstr(error.text, " no ")) fail_msg("%s: \"%s\" is cut", line, error.text);
    try_end(&t);
}

static void test_the_nearest_word_is_said(void **state)
{
    hinted("expect final a.tcp.retransmitts == 0\n", "a.tcp.retransmits");
    hinted("expect final left.lostt == 0\n", "left.lost");
    hinted("at 1s crash rr\n", "\"r\"");
    hinted("at 1s down lefft\n", "\"left\"");
    hinted("expect never ping a bb\n", "\"b\"");
    hinted("expect never frame a icmp.tpye\n", "\"icmp.type\"");
    hinted("expect never state a tcp ESTABLISHD\n", "\"ESTABLISHED\"");
    hinted("host z ip 10.0.0.9/24 cc cubicc\ncable z sw\n", "\"cubic\"");
    hinted("host z ip 10.0.0.9/24 set tcp.rto_min_mss 5\ncable z sw\n", "\"tcp.rto_min_ms\"");
}

static void test_a_set_may_differ_there_and_back(void **state)
{
    struct trial t;
    struct hp_way way[2];
    try_run(&t, "at 1s set left there delay 5ms back delay 3ms loss 1%\n");
    for (int end = 0; end < 2; end++) hp_cable_get(hp_world_find_cable(hp_run_world(t.run), "left"), end, &way[end]);
    assert_int_equal(way[0].delay, HP_MS(5));
    assert_int_equal(way[1].delay, HP_MS(3));
    assert_int_equal(way[0].faults.loss, 0);
    assert_true(way[1].faults.loss > 0);
    try_end(&t);
}

static void test_a_ping_that_nobody_sends_is_said(void **state)
{
    struct trial t;
    try_run(&t, "expect eventually 2s ping b a\n");
    assert_non_null(strstr(verdict_of(&t, 0).why, "app NODE ping OTHER"));
    try_end(&t);
}

static void hear_state(void *ctx, const struct hp_event *e)
{
    char line[300];
    struct trial t;
    struct hp_plan_error error = {.text = ""};
    snprintf(line, sizeof line, "expect at-least 0 state a %s \"%s\" -> \"%s\"\n", e->proto, e->from, e->to);
    if (try_with(&t, line, &error)) fail_msg("a run tells of what a line may not say: %s%s", line, error.text);
    try_end(&t);
    ++*(int *)ctx;
}

/* What the run of a network tells may also be named. */
static void test_every_state_that_is_told_may_be_named(void **state)
{
    struct trial t;
    int told_states = 0;
    struct hp_trace trace = {hear_state, &told_states, 1u << HP_TRACE_STATE};
    struct hp_plan_error error = {.text = ""};
    char said[1000];
    const char *lines = "app b serve\napp a get http://10.0.0.2/ start 2s\napp r rip\nat 3s..4s down left\nat 4s crash r for 1s\nat 6s freeze b for 1s\n";
    if (try_with(&t, lines, &error)) fail_msg("%s", hp_plan_error_text(&error, "test.lab", said, sizeof said));
    assert_int_equal(hp_world_trace(hp_run_world(t.run), &trace, NULL), HP_OK);
    assert_int_equal(hp_run_go(t.run, HP_NEVER), HP_OK);
    assert_true(told_states > 30);
    try_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_expectation_holds_or_fails),
        cmocka_unit_test(test_a_failure_tells_time_packet_and_last_events),
        cmocka_unit_test(test_last_events_bear_on_the_line),
        cmocka_unit_test(test_a_condition_tells_its_numbers),
        cmocka_unit_test(test_faults_strike_and_go),
        cmocka_unit_test(test_a_fault_after_an_event),
        cmocka_unit_test(test_a_frozen_machine_answers_later),
        cmocka_unit_test(test_set_goes_back_to_what_it_was),
        cmocka_unit_test(test_a_machine_lives_by_its_own_clock),
        cmocka_unit_test(test_a_step_of_the_clock_on_the_wall_is_not_noticed),
        cmocka_unit_test(test_a_clock_may_jump),
        cmocka_unit_test(test_mtu_of_an_interface_and_of_a_cable),
        cmocka_unit_test(test_a_rate_may_be_set_to_a_trace),
        cmocka_unit_test(test_programs_are_started_and_stopped),
        cmocka_unit_test(test_what_is_wrong_is_said_where),
        cmocka_unit_test(test_what_cannot_happen_is_an_error),
        cmocka_unit_test(test_the_nearest_word_is_said),
        cmocka_unit_test(test_a_set_may_differ_there_and_back),
        cmocka_unit_test(test_a_ping_that_nobody_sends_is_said),
        cmocka_unit_test(test_every_state_that_is_told_may_be_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
