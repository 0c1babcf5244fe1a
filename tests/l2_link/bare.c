/* Links without a link header: tun and loopback. */
#include "support/l2.h"

static void test_tun_goes_up_by_version(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, HP_WIRE_IP);
    assert_false(link_resolves(t.link[0]));
    assert_string_equal(t.link[0]->name, "tun0");
    tap_inject_hex(&t.tap[0], "45000102");
    tap_inject_hex(&t.tap[0], "60000102");
    tap_inject_hex(&t.tap[0], "50000102");
    tap_inject_hex(&t.tap[0], "");
    l2_step(&t);
    assert_int_equal(t.up.count, 2);
    l2_drops(&t, HP_DROP_NO_ETHERTYPE, 1);
    l2_drops(&t, HP_DROP_RUNT, 1);
    l2_end(&t);
}

static void test_tun_sends_the_packet_as_it_is(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, HP_WIRE_IP);
    l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "\x45hello", 6);
    l2_step(&t);
    l2_expect(&t, 0, "4568656c6c6f");
    struct hp_ip own = ip_of("10.0.0.1");
    assert_int_equal(link_own_add(t.s, t.link[0], &own), HP_OK);
    assert_int_equal(link_group_join(t.s, t.link[0], &own), HP_OK);
    link_group_leave(t.s, t.link[0], &own);
    link_own_remove(t.s, t.link[0], &own);
    l2_step(&t);
    l2_expect_nothing(&t, 0);
    l2_end(&t);
}

static void test_loopback_comes_back_good(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 0, 0);
    assert_int_equal(link_add_loopback(t.s, NULL), 1);
    t.link[0] = link_get(t.s, 1);
    assert_string_equal(t.link[0]->name, "lo0");
    l2_send(&t, ETHERTYPE_IPV6, "::1", "\x60hello", 6);
    assert_int_equal(t.up.count, 0);
    l2_step(&t);
    struct hp_pkt *p = l2_take_up(&t);
    assert_non_null(p);
    assert_int_equal(p->flags, PKT_SUM_GOOD | PKT_LOOPED);
    assert_bytes(p->data, hp_pkt_len(p), "6068656c6c6f");
    hp_pkt_free(p);
    l2_send(&t, ETHERTYPE_IPV6, "::1", "\x60hello", 6); /* ends with the stack */
    hp_step(t.s, t.now);
    l2_end(&t);
}

static void test_loopback_without_memory_leaves_nothing(void **state)
{
    for (uint64_t n = 1; n < 10; n++) {
        struct l2 t;
        l2_begin(&t, NULL, 0, 0);
        hp_mem_fail_at(t.s, n);
        int link = link_add_loopback(t.s, NULL);
        assert_true(link == 1 || link == HP_ENOMEM);
        hp_mem_fail_at(t.s, 0);
        if (link < 0) assert_int_equal(link_add_loopback(t.s, NULL), 1);
        l2_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tun_goes_up_by_version),
        cmocka_unit_test(test_tun_sends_the_packet_as_it_is),
        cmocka_unit_test(test_loopback_comes_back_good),
        cmocka_unit_test(test_loopback_without_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
