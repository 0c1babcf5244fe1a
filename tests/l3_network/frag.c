/* Two hosts on a cable: echoes of every kind of size, both ways and both versions, cut and put together, with and without memory. */
#include "hepta/ping.h"
#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

struct talk {
    struct pair p;
    struct hp_ping ping;
    int result;
    bool done;
};

static void talk_program(struct hp_stack *s, void *ctx)
{
    struct talk *t = ctx;
    t->result = hp_ping(s, &t->ping);
    t->done = true;
}

static bool talk_done(void *ctx) { return ((struct talk *)ctx)->done; }

static int ping(struct talk *t, struct pair_end *from, const struct hp_ip *to, uint32_t size)
{
    t->ping = (struct hp_ping){.to = *to, .count = 1, .size = size};
    t->done = false;
    t->result = HP_ENOMEM;
    if (hp_spawn(from->stack, "ping", talk_program, t, 0) < 0) return HP_ENOMEM;
    assert_true(pair_run(&t->p, HP_S(5), talk_done, t));
    return t->result;
}

static void talk_check(struct talk *t, struct pair_end *from, const struct hp_ip *to, uint32_t size)
{
    int err = ping(t, from, to, size);
    char text[HP_IP_TEXT];
    if (!err) return;
    for (int why = 1; why < HP_DROP_COUNT; why++) {
        unsigned a = (unsigned)hp_drop_count(t->p.a.stack, why), b = (unsigned)hp_drop_count(t->p.b.stack, why);
        if (a + b) print_message("%s: %u %u\n", hp_drop_name(why), a, b);
    }
    fail_msg("%u bytes to %s: %s", size, hp_ip_text(to, text, sizeof text), hp_err_text(err));
}

static void test_every_size_both_ways(void **state)
{
    static const uint32_t size[] = {0, 1, 1452, 1453, 1472, 1473, 2945, 8000, 65507};
    static struct talk t;
    assert_true(pair_open(&t.p, 42));
    for (unsigned i = 0; i < sizeof size / sizeof size[0]; i++) {
        talk_check(&t, &t.p.a, &t.p.b.ip, size[i]);
        talk_check(&t, &t.p.b, &t.p.a.ip, size[i]);
        talk_check(&t, &t.p.a, &t.p.b.ip6, size[i]);
        talk_check(&t, &t.p.b, &t.p.a.ip6, size[i]);
    }
    assert_true(hp_counter(t.p.a.stack, "net.reasm_oks") >= 4 * 4);
    assert_int_equal(hp_counter(t.p.a.stack, "net.reasm_fails"), 0);
    assert_int_equal(hp_counter(t.p.b.stack, "net.frag_fails"), 0);
    pair_close(&t.p);
}

/* X02: the n-th allocation fails on either side: nothing leaks, and the next attempt works. */
static void test_failing_memory(void **state)
{
    static struct talk t;
    for (uint64_t n = 1; n < 40; n++) {
        for (int end = 0; end < 2; end++) {
            assert_true(pair_open(&t.p, n));
            talk_check(&t, &t.p.a, &t.p.b.ip, 10);
            hp_mem_fail_at(end ? t.p.b.stack : t.p.a.stack, n);
            ping(&t, &t.p.a, &t.p.b.ip, 5000);
            ping(&t, &t.p.b, &t.p.a.ip6, 5000);
            hp_mem_fail_at(t.p.a.stack, 0);
            hp_mem_fail_at(t.p.b.stack, 0);
            talk_check(&t, &t.p.a, &t.p.b.ip, 5000);
            talk_check(&t, &t.p.b, &t.p.a.ip6, 5000);
            pair_close(&t.p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size_both_ways),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
