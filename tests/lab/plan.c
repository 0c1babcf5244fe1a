/* The lab language: what a file says becomes a plan, and what is wrong is said where it is wrong. */
#include "hepta/plan.h"

#include "support/alloc.h"
#include "support/test.h"

static struct test_alloc memory;

static struct hp_plan *plan_of(const char *text)
{
    struct hp_plan *plan;
    struct hp_plan_error error;
    char said[1000];
    test_alloc_init(&memory);
    int err = hp_plan_parse(text, strlen(text), &memory.allocator, &plan, &error);
    if (err) fail_msg("%s: %s", hp_err_text(err), hp_plan_error_text(&error, "test.lab", said, sizeof said));
    return plan;
}

static void plan_end(struct hp_plan *plan)
{
    hp_plan_free(plan);
    test_alloc_end(&memory);
}

static void same_address(const struct hp_prefix *got, const char *want)
{
    char text[HP_PREFIX_TEXT];
    assert_string_equal(hp_prefix_text(got, text, sizeof text), want);
}

static const char design[] =
    "lab dumbbell seed 42 until 10s\n"
    "cable-kind wan delay 10ms rate 1Gbit/s queue 10240p\n"
    "cable-kind cat5 length 30m\n"
    "host c[1..4] ip 10.1.$i.2/24 gw 10.1.$i.1 cc cubic\n"
    "host s1 ip 10.2.0.2/24\n"
    "router r1 r2 routes auto\n"
    "cable c[i] r1 delay 1ms rate 10Gbit/s\n"
    "cable r1 r2 kind wan name neck\n"
    "cable r2 s1 kind cat5\n"
    "app  c[i] get http://s1/ start ${i}ms\n"
    "at 2s        set neck loss 1%\n"
    "at 3s..3.5s  down neck    # for a while\n"
    "expect eventually 2s  ping c1 s64\n"
    "expect within 200ms after \"up neck\"  c[1..2] \\\n   progress\n";

static void test_the_design_s_lab(void **state)
{
    struct hp_plan *p = plan_of(design);
    assert_string_equal(p->name, "dumbbell");
    assert_int_equal(p->seed, 42);
    assert_int_equal(p->until, HP_S(10));
    assert_int_equal(p->nodes, 7);
    assert_int_equal(p->cables, 6);
    assert_int_equal(p->apps, 4);
    assert_int_equal(p->faults, 2);
    assert_int_equal(p->expects, 3);
    int32_t c3 = hp_plan_find_node(p, "c3"), neck = hp_plan_find_cable(p, "neck"), r1 = hp_plan_find_node(p, "r1");
    assert_int_equal(c3, 2);
    assert_int_equal(p->node[c3].kind, HP_NODE_HOST);
    assert_string_equal(p->node[c3].cc, "cubic");
    same_address(&p->node[c3].interface[0].address[0], "10.1.3.2/24");
    same_address(&p->node[c3].route[0].to, "0.0.0.0/0");
    assert_int_equal(p->node[r1].kind, HP_NODE_ROUTER);
    assert_true(p->node[r1].routes_auto);
    assert_int_equal(p->node[r1].interfaces, 5);
    assert_string_equal(p->node[r1].interface[4].name, "eth4");
    assert_int_equal(p->node[r1].interface[4].cable, neck);
    assert_string_equal(p->cable[0].name, "c1-r1");
    assert_string_equal(p->cable[neck].kind, "wan");
    assert_int_equal(p->cable[neck].config.way.rate, 1000000000);
    assert_int_equal(p->cable[neck].config.way.delay, HP_MS(10));
    assert_int_equal(p->cable[neck].config.queue_max, 10240);
    assert_null(p->cable[neck].config.back);
    assert_int_equal(p->cable[5].config.way.delay, 150);
    assert_string_equal(p->app[2].name, "c3.get");
    assert_int_equal(p->app[2].start, HP_MS(3));
    assert_int_equal(p->app[2].stop, HP_NEVER);
    assert_string_equal(p->app[2].arguments.word[0].text, "http://s1/");
    assert_string_equal(p->fault[1].text, "at 3s..3.5s down neck");
    assert_string_equal(p->expect[2].text, "expect within 200ms after \"up neck\" c2 progress");
    assert_true(p->expect[2].words.word[4].quoted);
    plan_end(p);
}

/* ---- what is wrong ---- */

static int open_trace(void *ctx, const char *from, const char *name, const char **text, size_t *n)
{
    static const struct { const char *name, *text; } files[] = {
        {"mixed.trace", "5ms 1000\n7\n"}, {"back.trace", "1\n4\n3\n"}, {"words.trace", "fast\n"},
        {"lte.trace", "\xef\xbb\xbf# how long   how fast\r\n100ms 5Mbit/s\r\n\n50ms\t0\r\n25ms 5Mbit/s # again\n25ms 5000000"},
        {"mahimahi.trace", "2\n2\n3\n6\n"}};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, name) != 0) continue;
        *text = files[i].text;
        *n = strlen(*text);
        return HP_OK;
    }
    return HP_ENOENT;
}

static const struct hp_plan_options with_traces = {.open = open_trace};

static void test_what_is_wrong_is_said_where_it_is(void **state)
{
    static const struct { const char *text, *said; } cases[] = {
        {"host c1 ipp 10.0.0.1\n", "t:1:9: error: there is no attribute \"ipp\"; did you mean \"ip\"?\n    host c1 ipp 10.0.0.1\n            ^~~\n"},
        {"host c1\nhost c1\n", "t:2:6: error: there is a host \"c1\" already, in line 1\n    host c1\n         ^~\n"},
        {"host 가나 \\\n  gww 1.2.3.4\n", "t:2:3: error: there is no attribute \"gww\"; did you mean \"gw\"?\n      gww 1.2.3.4\n      ^~~\n"},
        {"router 가 나\ncable 가 다\n", "t:2:10: error: there is no node \"다\"; did you mean \"가\"?\n    cable 가 다\n             ^~\n"},
        {"host a 10.0.0.1/24\n",
         "t:1:8: error: \"10.0.0.1/24\" is an address, not a name: write \"ip 10.0.0.1/24\"\n    host a 10.0.0.1/24\n           ^~~~~~~~~~~\n"},
        {"host a b\ncable a b 1Gbit/s\n", "t:2:11: error: \"1Gbit/s\" is a value: write \"rate 1Gbit/s\"\n    cable a b 1Gbit/s\n              ^~~~~~~\n"},
        {"host a b\ncable a b 1ms\n", "t:2:11: error: \"1ms\" is a value: write \"delay 1ms\"\n    cable a b 1ms\n              ^~~\n"},
        {"until 5s\n", "t:1:1: error: \"until\" stands in the lab's own line: lab NAME until 5s\n    until 5s\n    ^~~~~\n"},
        {"hots a\n", "t:1:1: error: no line begins with \"hots\"; did you mean \"host\"?\n    hots a\n    ^~~~\n"},
        {"host a b\ncable a b deley 1ms\n",
         "t:2:11: error: there is no attribute \"deley\" here; did you mean \"delay\"?\n    cable a b deley 1ms\n              ^~~~~\n"},
        {"host a ip 10.0.0.1\n",
         "t:1:11: error: the length of the network's prefix is missing, as in 10.0.0.1/24\n    host a ip 10.0.0.1\n              ^~~~~~~~\n"},
        {"host a ip 10.0.0.255/24\n", "t:1:11: error: 10.0.0.255/24 is the broadcast address of its network, not a machine's\n"},
        {"host a route 10.0.0.1/24 via 10.0.0.9\n", "t:1:14: error: 10.0.0.1/24 has bits past its length: the prefix is 10.0.0.0/24\n"},
        {"switch s ip 10.0.0.1/24\n", "t:1:13: error: a switch has no addresses\n"},
        {"hub h gw 10.0.0.1\n", "t:1:7: error: \"gw\" fits other nodes, not this one\n"},
        {"host a\ncable a a\n", "t:2:9: error: this cable would go from a to itself\n"},
        {"host a b c\ncable a.eth0 b\ncable a.eth0 c\n", "t:3:7: error: eth0 of a has a cable already (line 2)\n"},
        {"host a b\ncable a b queue fq_code\n", "t:2:17: error: \"fq_code\" is no queue discipline; there are tail-drop and fq_codel: "},
        {"host a b\ncable a b queue fq_codel limit 10\n", "t:2:32: error: \"10\": a queue is counted in packets"},
        {"host a b\ncable a b queue fq_codel limit\n", "t:2:11: error: \"queue\" wants how many packets may wait, as 100p"},
        {"host a b\ncable a b snr 24dB\n", "t:2:11: error: \"snr\" belongs to a signal's samples and noise, which are not built"},
        {"host a b\ncable a b code 4b5b\n", "t:2:16: error: there is no line code \"4b5b\"; there are: manchester, 4b5b-mlt3"},
        {"host a b\ncable a b rate 10Mibt\n", "t:2:16: error: \"10Mibt\" is no rate, as 9600, 100Mbit/s, 1Gbit/s, infinite or the name of a rate-trace\n"},
        {"rate-trace lte 5ms 1000\nhost a b\ncable a b loss 1% rate ltee\n",
         "t:3:24: error: \"ltee\" is no rate, as 9600, 100Mbit/s, 1Gbit/s, infinite or the name of a rate-trace; did you mean \"lte\"?\n"},
        {"host a b\ncable a b loss\n", "t:2:11: error: \"loss\" wants a share, as 1%, 0.01 or 1e-6\n"},
        {"host a b\ncable a b corrupt many\n", "t:2:19: error: \"many\" is no share, as 1%, 0.01 or 1e-6\n"},
        {"host a b\ncable a b burst 1% 0\n", "t:2:20: error: \"0\" is no share above 0: a burst must be able to end\n"},
        {"rate-trace x\n", "t:1:1: error: a rate-trace is a name and how long what rate holds: rate-trace NAME SPAN RATE ..."},
        {"rate-trace x 5ms 1000 10ms\n", "t:1:23: error: after \"10ms\" a rate is wanted: SPAN RATE, as 100ms 5Mbit/s\n"},
        {"rate-trace x 0ms 1000\n", "t:1:14: error: \"0ms\" is no time for how long the rate is so, as 100ms\n"},
        {"rate-trace x 5ms 0\nhost a b\ncable a b rate x\n", "t:3:16: error: \"x\" is no rate-trace in which something moves\n"},
        {"rate-trace infinite 5ms 1000\n", "t:1:12: error: \"infinite\" is a rate already, so that no rate-trace can be called so\n"},
        {"rate-trace x file \"mixed.trace\"\n", "mixed.trace:2:1: error: lines of two kinds in one file: SPAN RATE, and mahimahi's milliseconds\n"},
        {"rate-trace x file \"back.trace\"\n", "back.trace:3:1: error: millisecond 3 comes after 4: they must not fall\n"},
        {"rate-trace x file \"words.trace\"\n", "words.trace:1:1: error: \"fast\": a line is SPAN RATE, as 100ms 5Mbit/s, or (mahimahi's) the millisecond"},
        {"host a b\ncable a b half-duplex\n", "t:2:1: error: half-duplex wants a rate"},
        {"host a b\ncable a b name a\n", "t:2:16: error: \"a\" is a host's name (line 1)"},
        {"host c[1..] ip 1.1.1.1/8\n", "t:1:6: error: \"1..\": a range goes from a number to a number, as [1..64]\n"},
        {"host c[1..2000000]\n", "t:1:6: error: this line stands for more than 1000000\n"},
        {"host c ip 10.0.0.$i/24\n", "t:1:11: error: $i: the line has no range that it could stand for\n"},
        {"host c[1..2] ip 10.0.0.${i/0}/24\n", "t:1:17: error: ${...} divides by 0\n"},
        {"host c[1..2] ip 10.0.0.${i+}/24\n", "t:1:17: error: in ${...} a number, a variable or ( is missing at \"}/24\"\n"},
        {"host c[a,b] ip 10.0.0.${i+1}/24\n", "t:1:16: error: $i is \"a\" here, which is no number\n"},
        {"expect x[i]\n", "t:1:8: error: [i]: no nodes were made as \"x[]\" with a range"},
        {"host a label \"x\n", "t:1:14: error: this quotation does not end in its line\n"},
        {"host c[1..\n",
         "t:1:6: error: \"c[1..\": the range has no end: ] is missing, as in c[1..64]; what is no range stands in quotes\n    host c[1..\n         ^~~~~\n"},
        {"host c[1..3 ip 10.0.0.1/24\n", "t:1:6: error: \"c[1..3\": the range has no end"},
        {"host a\nhost b\ncable a b\napp c[1,2 ping b\n", "t:4:5: error: \"c[1,2\": the range has no end"},
        {"host c[1\n", "t:1:6: error: \"c[1\" is no name: it has a bracket that is no range: ranges are as in c[1..64] or c[a,b]\n"},
        {"host c[]\n", "t:1:6: error: \"c[]\" is no name: it has a bracket"},
        {"host c[1..2]]\n", "t:1:6: error: \"c1]\" is no name: it has a bracket"},
        {"host a label \"x\"y\n", "t:1:17: error: a blank is missing after the quotation\n"},
        {"host \xff\n", "t:1:6: error: byte ff is no UTF-8\n"},
        {"host a\x01\n", "t:1:7: error: a control character (1) has no place here\n"},
        {"host a like b\n", "t:1:13: error: there is no host-kind \"b\" above this line\n"},
        {"host-kind k ipp 1\n", "t:1:13: error: there is no attribute \"ipp\" here; did you mean \"ip\"?\n"},
        {"host a\napp a ping b start 2s stop 1s\n", "t:2:28: error: it stops before it starts\n"},
        {"host a\napp b ping a\n", "t:2:5: error: there is no node \"b\"; did you mean \"a\"?\n"},
        {"switch s\napp s ping a\n", "t:2:5: error: s is a switch: programs run on hosts and routers\n"},
        {"lab a\nlab b\n", "t:2:1: error: there is a lab line already\n"},
        {"host a\npartition a\n", "t:2:1: error: \"partition\" is what happens at some time: at 2s partition ..., or every 2s, or when EVENT then"},
        {"include x\n", "t:1:9: error: there are no files here that could be read\n"},
        {"repeater r\nhost a b c\ncable [a,b,c] r\n", "t:3:15: error: a repeater has two ends; \"r\" would get a third cable"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_plan *plan;
        struct hp_plan_error error;
        char said[1000];
        test_alloc_init(&memory);
        const struct hp_plan_options *options = strstr(cases[i].text, ".trace") ? &with_traces : NULL;
        assert_int_equal(hp_plan_read(cases[i].text, strlen(cases[i].text), options, &memory.allocator, &plan, &error), HP_EPROTO);
        hp_plan_error_text(&error, "t", said, sizeof said);
        if (strncmp(said, cases[i].said, strlen(cases[i].said)) != 0) fail_msg("%s\nwanted:\n%s\ngot:\n%s", cases[i].text, cases[i].said, said);
        test_alloc_end(&memory);
    }
}

static void count_problem(void *ctx, const struct hp_plan_error *error)
{
    unsigned *lines = ctx;
    *lines |= 1u << error->place.line;
}

static void test_every_error_is_told(void **state)
{
    static const char text[] = "hots a\nhost b\nhost b\ncable b c\nhost d ip 1\n";
    unsigned lines = 0;
    struct hp_plan_options options = {.problem = count_problem, .ctx = &lines};
    struct hp_plan *plan;
    struct hp_plan_error error;
    test_alloc_init(&memory);
    assert_int_equal(hp_plan_read(text, strlen(text), &options, &memory.allocator, &plan, &error), HP_EPROTO);
    assert_int_equal(lines, 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5);
    assert_int_equal(error.place.line, 1);
    test_alloc_end(&memory);
}

static void count_warning(void *ctx, const struct hp_plan_error *warning)
{
    char *said = ctx;
    strcat(strcat(said, warning->text), "\n");
}

static void test_what_is_probably_not_meant(void **state)
{
    char said[2000] = "";
    struct hp_plan *p = plan_of("host a ip 10.0.0.1/24 gw 10.9.0.1\nhost b ip 10.0.0.1/24 gw 10.0.0.9\nhost c\nrouter r eth1 ip 10.1.0.1/24\nswitch s t\n"
                                "cable [a,b] s\ncable s t\ncable r.eth0 t\n");
    assert_int_equal(hp_plan_check(p, count_warning, said), 5);
    assert_string_equal(said, "eth0 of b has the address 10.0.0.1, which eth0 of a (line 1) has on the same network\n"
                              "the gateway 10.9.0.1 is on no network of a\n"
                              "nobody on the network of b has the gateway's address 10.0.0.9\nno cable is plugged into c\neth1 of r has an address and no cable\n");
    plan_end(p);
}

/* ---- files that want too much ---- */

static void refuse(const char *text, const char *said)
{
    struct hp_plan *plan;
    struct hp_plan_error error;
    test_alloc_init(&memory);
    if (hp_plan_parse(text, strlen(text), &memory.allocator, &plan, &error) != HP_EPROTO) fail_msg("taken: %.60s", text);
    if (!strstr(error.text, said)) fail_msg("%.60s: \"%s\", wanted \"%s\"", text, error.text, said);
    assert_true(memory.bytes_max < 64 << 20);
    test_alloc_end(&memory);
}

static void test_F01_lines_that_unfold_without_end(void **state)
{
    static const char *const many[] = {"host a[1..1000001]\n", "host a[1..18446744073709551615]\n", "host a[1..99999999999999999999]\n",
                                       "host a[1..1000]b[1..1000]c[1..1000]\n", "host a[1..1001]b[1..1000]\n", "host a\nat 1s down x[1..9999999]\n",
                                       "host a\napp a ping x[1..1000]y[1..1000]z[1..10]\n", "host a b\ncable a[1..4000000000] b\n"};
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) refuse(many[i], "");
    static char text[20000] = "host ";
    memset(text + 5, 'a', HP_PLAN_WORD_MAX + 1);
    refuse(text, "");
    memset(text, 0, sizeof text);
    strcpy(text, "host a label");
    for (int i = 0; i < HP_PLAN_LINE_WORDS_MAX; i++) memcpy(text + 12 + 2 * i, " x", 2);
    refuse(text, "");
}

static int open_itself(void *ctx, const char *from, const char *name, const char **text, size_t *n)
{
    ++*(unsigned *)ctx;
    *text = strcmp(name, "two") == 0 ? "include two\ninclude two\n" : "include one\n";
    *n = strlen(*text);
    return HP_OK;
}

static void close_nothing(void *ctx, const char *text, size_t n) {}

static void test_F02_includes_without_end(void **state)
{
    static const char *const names[] = {"include one\n", "include two\n"};
    for (int i = 0; i < 2; i++) {
        unsigned opened = 0;
        struct hp_plan_options options = {.open = open_itself, .close = close_nothing, .problem = NULL, .ctx = &opened};
        struct hp_plan *plan;
        struct hp_plan_error error;
        test_alloc_init(&memory);
        assert_int_equal(hp_plan_read(names[i], strlen(names[i]), &options, &memory.allocator, &plan, &error), HP_EPROTO);
        assert_in_range(opened, 1, HP_PLAN_FILES_MAX);
        test_alloc_end(&memory);
    }
}

static void test_F03_brackets_in_brackets(void **state)
{
    static char text[8000];
    static const char *const open[] = {"host a[1..2] label ${", "host a[", "host a label ${"};
    for (int i = 0; i < 3; i++)
        for (size_t deep = 10; deep < 1000; deep += 330) {
            memset(text, 0, sizeof text);
            strcpy(text, open[i]);
            memset(text + strlen(text), i == 1 ? '[' : '(', deep);
            strcat(text, "1");
            memset(text + strlen(text), i == 1 ? ']' : ')', deep);
            strcat(text, i == 1 ? "]\n" : "}\n");
            struct hp_plan *plan = NULL;
            struct hp_plan_error error;
            test_alloc_init(&memory);
            int err = hp_plan_parse(text, strlen(text), &memory.allocator, &plan, &error);
            assert_true(err == HP_EPROTO || (i != 1 && deep < 100 && !err));
            if (!err) hp_plan_free(plan);
            test_alloc_end(&memory);
        }
}

/* ---- ranges ---- */

static void test_ranges(void **state)
{
    struct hp_plan *p = plan_of("host x[1..2]y[a,b] ip 10.0.$n.1/24\nhost p[08..10] q[3..1] label \"${i+1:03} of $name\"\nrouter [가,나]\n"
                                "cable x[i]y[j] 가 name c$n\ncable p[i] 나\ncable q[1..3] 나 name k${4-i}\nat ${i*10}ms down p[i]-나\n");
    static const char *const names[] = {"x1ya", "x1yb", "x2ya", "x2yb", "p08", "p09", "p10", "q3", "q2", "q1", "가", "나"};
    assert_int_equal(p->nodes, 12);
    for (uint32_t i = 0; i < 12; i++) assert_string_equal(p->node[i].name, names[i]);
    same_address(&p->node[3].interface[0].address[0], "10.0.4.1/24");
    assert_string_equal(p->node[5].label, "010 of p09");
    assert_string_equal(p->node[7].label, "004 of q3");
    assert_int_equal(p->cables, 10);
    assert_string_equal(p->node[p->cable[3].node[0]].name, "x2yb");
    assert_string_equal(p->cable[9].name, "k1");
    assert_string_equal(p->node[p->cable[9].node[0]].name, "q3");
    assert_int_equal(p->faults, 3);
    assert_string_equal(p->fault[2].text, "at 100ms down p10-나");
    plan_end(p);
}

static void test_interfaces_and_kinds(void **state)
{
    struct hp_plan *p = plan_of("host-kind base dns 9.9.9.9 set tcp.rto_min_ms 10\n"
                                "host-kind more like base ip 10.0.0.$n/24 memory 1MiB\nhost a b like more mtu 900\n"
                                "router r if wan dhcp eth2 ip 10.1.0.1/24\ncable-kind slow rate 1Mbit/s back loss 1%\ncable-kind far kind slow delay 9ms\n"
                                "cable a r kind far\ncable b r.eth2 kind far rate 2Mbit/s\ncable a b\ncable a b\n");
    same_address(&p->node[1].interface[0].address[0], "10.0.0.2/24");
    assert_int_equal(p->node[1].interface[0].mtu, 900);
    assert_int_equal(p->node[1].setting[0].value, 10);
    assert_int_equal(p->node[2].interfaces, 4);
    assert_string_equal(p->node[2].interface[0].name, "wan");
    assert_string_equal(p->node[2].interface[3].name, "eth2");
    assert_int_equal(hp_plan_find_interface(p, 2, "eth1"), 2);
    assert_int_equal(p->node[2].interface[0].cable, 0);
    assert_int_equal(p->node[2].interface[3].cable, 1);
    assert_string_equal(p->cable[1].kind, "far");
    assert_int_equal(p->cable[1].config.way.rate, 2000000);
    assert_int_equal(p->cable[1].config.way.faults.loss, 0);
    assert_ptr_equal(p->cable[1].config.back, &p->cable[1].back);
    assert_int_equal(p->cable[1].back.rate, 2000000);
    assert_int_equal(p->cable[1].back.delay, HP_MS(9));
    assert_true(p->cable[1].back.faults.loss > 0);
    assert_string_equal(p->cable[3].name, "a-b.2");
    plan_end(p);
}

static void test_an_app_s_times_may_stand_anywhere(void **state)
{
    struct hp_plan *p = plan_of("host a b\ncable a b\napp a ping b start 20s count 3 name x\n"
                                "app a say b \"start\" 5ms stop 1s\napp a say name start\napp a say start name\n");
    assert_string_equal(p->app[0].name, "x");
    assert_int_equal(p->app[0].start, HP_S(20));
    assert_int_equal(p->app[0].arguments.count, 3);
    assert_int_equal(p->app[1].arguments.count, 3);
    assert_int_equal(p->app[1].stop, HP_S(1));
    assert_string_equal(p->app[2].name, "start");
    assert_string_equal(p->app[3].name, "a.say.2");
    plan_end(p);
}

static void span_is(const struct hp_rate_trace *t, uint32_t i, hp_time until, uint64_t rate)
{
    assert_true(i < t->spans);
    assert_int_equal(t->span[i].until, until);
    assert_int_equal(t->span[i].rate, rate);
}

static const char traces[] = "rate-trace lte file \"lte.trace\"\nrate-trace m file mahimahi.trace\nrate-trace two 1s 1Mbit/s\nrate-trace two 1s 2Mbit/s\n"
                             "host a b c\ncable a b rate lte\ncable a c rate lte back rate two\ncable b c rate m rate 5000\n";

static void test_rate_traces(void **state)
{
    struct hp_plan *plan;
    struct hp_plan_error error;
    char said[1000];
    test_alloc_init(&memory);
    int err = hp_plan_read(traces, strlen(traces), &with_traces, &memory.allocator, &plan, &error);
    if (err) fail_msg("%s", hp_plan_error_text(&error, "t", said, sizeof said));
    assert_int_equal(plan->traces, 3);
    const struct hp_rate_trace *lte = plan->trace[0], *m = plan->trace[1], *two = plan->trace[2];
    assert_int_equal(lte->spans, 3); /* the last two are one */
    span_is(lte, 0, HP_MS(100), 5000000);
    span_is(lte, 1, HP_MS(150), 0);
    span_is(lte, 2, HP_MS(200), 5000000);
    assert_int_equal(m->spans, 5); /* nothing in the first millisecond, two frames in the second, one, nothing for two, one */
    span_is(m, 0, HP_MS(1), 0);
    span_is(m, 1, HP_MS(2), 2 * 1538 * 8 * 1000);
    span_is(m, 2, HP_MS(3), 1538 * 8 * 1000);
    span_is(m, 3, HP_MS(5), 0);
    span_is(m, 4, HP_MS(6), 1538 * 8 * 1000);
    assert_int_equal(two->spans, 2);
    span_is(two, 1, HP_S(2), 2000000);
    assert_ptr_equal(plan->cable[0].config.way.trace, lte);
    assert_ptr_equal(plan->cable[1].config.way.trace, lte);
    assert_ptr_equal(plan->cable[1].back.trace, two);
    assert_null(plan->cable[2].config.way.trace);
    assert_int_equal(plan->cable[2].config.way.rate, 5000);
    plan_end(plan);
}

static void read_with_failures(const char *text)
{
    uint64_t last = 1;
    for (uint64_t n = 1; n <= last + 1; n++) {
        struct hp_plan *plan;
        struct hp_plan_error error;
        test_alloc_init(&memory);
        memory.fail_at = n;
        int err = hp_plan_read(text, strlen(text), &with_traces, &memory.allocator, &plan, &error);
        last = memory.calls;
        if (!err) assert_true(n > last);
        else assert_int_equal(err, HP_ENOMEM);
        if (!err) hp_plan_free(plan);
        test_alloc_end(&memory);
        if (!err) break;
        last = n + 1;
    }
    assert_true(last > 3);
}

struct errors {
    struct hp_plan_error error[4];
    unsigned count;
};

static void keep_error(void *ctx, const struct hp_plan_error *error)
{
    struct errors *e = ctx;
    if (e->count < 4) e->error[e->count] = *error;
    e->count++;
}

/* Places are in the text that another one was made from, wherever its parts went; behind the last mark both are the same. */
static void test_places_in_the_text_it_was_made_from(void **state)
{
    static const char from[] = "{\"가\": [\n\t\"cable b nix\", \"host b\"]}\nhost c\nat 1s down w\nhost c\n";
    static const char made[] = "host b\ncable b nix\nhost c\nat 1s down w\nhost c\n";
    const struct hp_plan_mark mark[] = {{0, 27}, {5, 27}, {7, 12}, {13, 19}, {15, 20}, {19, 37}};
    const struct hp_plan_origin origin = {from, strlen(from), mark, 6};
    struct errors seen = {.count = 0};
    const struct hp_plan_options o = {.problem = keep_error, .ctx = &seen, .origin = &origin};
    struct hp_plan *plan;
    struct hp_plan_error error;
    char said[1000];
    test_alloc_init(&memory);
    assert_int_equal(hp_plan_read(made, strlen(made), &o, &memory.allocator, &plan, &error), HP_EPROTO);
    assert_int_equal(seen.count, 2);
    assert_string_equal(hp_plan_error_text(&seen.error[0], "x", said, sizeof said),
                        "x:2:11: error: there is no node \"nix\"\n     \"cable b nix\", \"host b\"]}\n              ^~~~~\n");
    assert_string_equal(hp_plan_error_text(&seen.error[1], "x", said, sizeof said),
                        "x:5:6: error: there is a host \"c\" already, in line 3\n    host c\n         ^\n");
    test_alloc_end(&memory);
}

static void test_an_error_at_a_byte(void **state)
{
    static const char text[] = "one\n\t가 two\r\nthree";
    struct hp_plan_error e = {.text = "no"};
    char said[200];
    hp_plan_error_at(&e, text, strlen(text), 9);
    assert_string_equal(hp_plan_error_text(&e, "x", said, sizeof said), "x:2:5: error: no\n     가 two\n        ^~~\n");
    hp_plan_error_at(&e, text, strlen(text), 1000);
    assert_string_equal(hp_plan_error_text(&e, "x", said, sizeof said), "x:3:6: error: no\n    three\n         ^\n");
}

static void test_X02_nth_allocation_of_a_plan(void **state)
{
    read_with_failures(design);
    read_with_failures(traces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_design_s_lab),
        cmocka_unit_test(test_what_is_wrong_is_said_where_it_is),
        cmocka_unit_test(test_every_error_is_told),
        cmocka_unit_test(test_what_is_probably_not_meant),
        cmocka_unit_test(test_F01_lines_that_unfold_without_end), cmocka_unit_test(test_F02_includes_without_end),
        cmocka_unit_test(test_F03_brackets_in_brackets), cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_interfaces_and_kinds),
        cmocka_unit_test(test_an_app_s_times_may_stand_anywhere),
        cmocka_unit_test(test_rate_traces),
        cmocka_unit_test(test_places_in_the_text_it_was_made_from), cmocka_unit_test(test_an_error_at_a_byte),
        cmocka_unit_test(test_X02_nth_allocation_of_a_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
