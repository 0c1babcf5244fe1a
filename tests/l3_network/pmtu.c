/* The path MTU cache: only downwards, not below the floor, bounded, and forgotten in time. */
#include "support/l3.h"

#include "l3_network/net.h"

static void begin(struct l3 *t)
{
    l3_begin(t, NULL);
    l3_route(t, "9.0.0.0/8", "10.1.0.2", -1, 0);
    l3_addr(t, 1, "2001:db8::1/64");
}

static void tell(struct l3 *t, const char *dst, uint32_t mtu)
{
    struct hp_neterr e = {.err = HP_EMSGSIZE, .dst = ip_of(dst), .mtu = mtu};
    e.v6 = !hp_ip_is4(&e.dst);
    ip_take_mtu(t->s, &e);
}

static uint32_t mtu_to(struct l3 *t, const char *dst)
{
    struct hp_ip ip = ip_of(dst);
    return hp_path_mtu(t->s, &ip);
}

static void test_learns_downwards_and_for_one_destination(void **state)
{
    struct l3 t;
    begin(&t);
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1500);
    tell(&t, "9.0.0.1", 1400);
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1400);
    assert_int_equal(mtu_to(&t, "9.0.0.2"), 1500);
    tell(&t, "9.0.0.1", 1450); /* RFC 1191 4: an increase is never learnt from a message */
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1400);
    tell(&t, "9.0.0.1", 1300);
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1300);
    assert_int_equal(hp_counter(t.s, "net.pmtu_updates"), 2);
    assert_int_equal(mtu_to(&t, "8.8.8.8"), 0); /* no route */
    l3_end(&t);
}

/* RFC 1191 6.2, RFC 8201 4: less than the floor: IPv4 packets may be cut on the way then, IPv6's never. */
static void test_the_floor(void **state)
{
    struct l3 t;
    begin(&t);
    struct hp_ip v4 = ip_of("9.0.0.1"), v6 = ip_of("2001:db8::9");
    struct ip_path path = {0};
    tell(&t, "9.0.0.1", 100);
    assert_int_equal(mtu_to(&t, "9.0.0.1"), IPV4_MIN_MTU);
    assert_int_equal(ip_path_check(t.s, &path, &v4, 0), HP_OK);
    assert_true(path.fragment);
    tell(&t, "2001:db8::9", 1279);
    assert_int_equal(mtu_to(&t, "2001:db8::9"), IPV6_MIN_MTU);
    assert_int_equal(ip_path_check(t.s, &path, &v6, 0), HP_OK);
    assert_false(path.fragment);
    l3_end(&t);
}

/* Whoever keeps a path hears of it with his next packet. */
static void test_paths_are_renewed(void **state)
{
    struct l3 t;
    begin(&t);
    struct hp_ip dst = ip_of("9.0.0.1");
    struct ip_path path = {0};
    assert_int_equal(ip_path_check(t.s, &path, &dst, 0), HP_OK);
    assert_int_equal(path.mtu, 1500);
    uint64_t lookups = hp_counter(t.s, "net.path_lookups");
    assert_int_equal(ip_path_check(t.s, &path, &dst, 0), HP_OK);
    assert_int_equal(hp_counter(t.s, "net.path_lookups"), lookups);
    tell(&t, "9.0.0.1", 1400);
    assert_int_equal(ip_path_check(t.s, &path, &dst, 0), HP_OK);
    assert_int_equal(path.mtu, 1400);
    l3_wait(&t, HP_S(601)); /* RFC 1191 6.3: tried at the link's MTU again */
    assert_int_equal(ip_path_check(t.s, &path, &dst, 0), HP_OK);
    assert_int_equal(path.mtu, 1500);
    l3_end(&t);
}

static void test_what_is_said_again_ages_anew(void **state)
{
    struct l3 t;
    begin(&t);
    tell(&t, "9.0.0.1", 1400);
    tell(&t, "9.0.0.2", 1400);
    l3_wait(&t, HP_S(400));
    tell(&t, "9.0.0.1", 1300);
    l3_wait(&t, HP_S(300));
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1300);
    assert_int_equal(mtu_to(&t, "9.0.0.2"), 1500);
    l3_wait(&t, HP_S(301));
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1500);
    l3_end(&t);
}

static void test_the_oldest_makes_room(void **state)
{
    struct l3 t;
    begin(&t);
    assert_int_equal(hp_setting_set(t.s, "net.pmtu_max", 3), HP_OK);
    const char *dst[] = {"9.0.0.1", "9.0.0.2", "9.0.0.3", "9.0.0.4"};
    for (int i = 0; i < 4; i++) {
        tell(&t, dst[i], 1400);
        l3_wait(&t, HP_MS(1));
    }
    for (int i = 0; i < 4; i++) assert_int_equal(mtu_to(&t, dst[i]), i ? 1400 : 1500);
    l3_end(&t);
}

static void test_failing_memory(void **state)
{
    struct l3 t;
    begin(&t);
    for (uint64_t n = 1; n < 4; n++) {
        hp_mem_fail_at(t.s, n);
        tell(&t, "9.0.0.1", (uint32_t)(1400 - n));
        hp_mem_fail_at(t.s, 0);
        uint32_t mtu = mtu_to(&t, "9.0.0.1");
        assert_true(mtu == 1500 || mtu == 1400 - n);
    }
    tell(&t, "9.0.0.1", 1300);
    assert_int_equal(mtu_to(&t, "9.0.0.1"), 1300);
    l3_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns_downwards_and_for_one_destination),
        cmocka_unit_test(test_the_floor),
        cmocka_unit_test(test_paths_are_renewed),
        cmocka_unit_test(test_what_is_said_again_ages_anew),
        cmocka_unit_test(test_the_oldest_makes_room),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
