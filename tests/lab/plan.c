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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_design_s_lab),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
