/* Ephemeral ports: spread, unforeseeable, found when one is left, given up when none is. */
#include "l4_transport/transport.h"

#include "support/alloc.h"
#include "support/test.h"

enum { PORTS = PORT_EPHEMERAL_MAX - PORT_EPHEMERAL_MIN + 1, PICKS = 10000 };

struct ports_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    struct hp_ip local, peer;
    uint32_t offset;
    uint8_t used[65536];
    unsigned asked;
};

static const struct hp_proto *const no_profile[] = {NULL};

static void ports_begin(struct ports_test *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    struct hp_config c = {.profile = no_profile, .allocator = &t->alloc.allocator, .seed = seed};
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    t->local = hp_ip4(10, 0, 0, 1);
    t->peer = hp_ip4(10, 0, 0, 2);
}

static void ports_end(struct ports_test *t)
{
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

static bool ports_free(void *ctx, uint16_t port)
{
    struct ports_test *t = ctx;
    t->asked++;
    assert_in_range(port, PORT_EPHEMERAL_MIN, PORT_EPHEMERAL_MAX);
    return !t->used[port];
}

static uint16_t ports_pick(struct ports_test *t, uint32_t *offset)
{
    return port_pick(t->s, &t->local, &t->peer, 53, offset, ports_free, t);
}

/* log2(PORTS) is 14.8; with the 16 bits of a DNS id that makes the 30 that D07 asks for. */
static void test_D07_ten_thousand_picks_are_spread(void **state)
{
    struct ports_test t;
    ports_begin(&t, 1);
    unsigned bucket[64] = {0}, steps = 0, seen = 0, up = 0;
    static uint16_t count[65536];
    memset(count, 0, sizeof count);
    uint16_t last = 0;
    for (int i = 0; i < PICKS; i++) {
        uint16_t p = ports_pick(&t, NULL);
        bucket[(p - PORT_EPHEMERAL_MIN) * 64 / PORTS]++;
        if (!count[p]++) seen++;
        if (last && abs(p - last) < 32) steps++;
        if (p > last) up++;
        last = p;
    }
    double chi = 0, expect = PICKS / 64.0;
    for (int i = 0; i < 64; i++) chi += (bucket[i] - expect) * (bucket[i] - expect) / expect;
    assert_true(chi < 120);                     /* 63 degrees of freedom: beyond 120 is one in 10^5 */
    assert_in_range(seen, 8200, 8600);          /* PORTS * (1 - e^(-PICKS / PORTS)) = 8419 */
    assert_true(steps < 60);                    /* expected 22 */
    assert_in_range(up, 4700, 5300);
    ports_end(&t);
}

static void test_another_key_gives_other_ports(void **state)
{
    struct ports_test a, b;
    ports_begin(&a, 1);
    ports_begin(&b, 2);
    unsigned same = 0;
    for (int i = 0; i < 100; i++) same += ports_pick(&a, NULL) == ports_pick(&b, NULL);
    for (int i = 0; i < 100; i++) same += ports_pick(&a, &a.offset) == ports_pick(&b, &b.offset);
    assert_true(same <= 2);
    ports_end(&a);
    ports_end(&b);
}

/* RFC 6056 3.3.3: a table's ports towards one peer do not come back soon, and say nothing about those towards another. */
static void test_with_a_table_ports_repeat_late_and_differ_by_peer(void **state)
{
    struct ports_test t;
    ports_begin(&t, 1);
    for (int i = 0; i < 4000; i++) {
        uint16_t p = ports_pick(&t, &t.offset);
        assert_int_equal(t.used[p], 0);
        t.used[p] = 1;
    }
    assert_true(t.asked == 4000);               /* each the first that was tried */
    struct hp_ip peer2 = hp_ip4(10, 0, 0, 3);
    uint32_t zero = 0, zero2 = 0;
    memset(t.used, 0, sizeof t.used);
    uint16_t one = ports_pick(&t, &zero), two = port_pick(t.s, &t.local, &peer2, 53, &zero2, ports_free, &t);
    assert_true(abs(one - two) > 8);
    ports_end(&t);
}

static void test_the_last_free_port_is_found_and_then_none(void **state)
{
    struct ports_test t;
    ports_begin(&t, 1);
    memset(t.used, 1, sizeof t.used);
    t.used[44444] = 0;
    assert_int_equal(ports_pick(&t, NULL), 44444);
    assert_int_equal(ports_pick(&t, &t.offset), 44444);
    t.used[44444] = 1;
    t.asked = 0;
    assert_int_equal(ports_pick(&t, NULL), 0);
    assert_int_equal(t.asked, PORTS);           /* bounded */
    assert_int_equal(ports_pick(&t, &t.offset), 0);
    ports_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_D07_ten_thousand_picks_are_spread),
        cmocka_unit_test(test_another_key_gives_other_ports),
        cmocka_unit_test(test_with_a_table_ports_repeat_late_and_differ_by_peer),
        cmocka_unit_test(test_the_last_free_port_is_found_and_then_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
