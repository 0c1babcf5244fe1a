/* UDP to everybody and to groups. */
#include "support/udp.h"

static void test_broadcast_reaches_everybody_who_listens(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = udp_socket(p.b.stack), *two = udp_socket(p.b.stack), *from = udp_socket(p.a.stack);
    struct hp_endpoint any = {.port = UDP_PORT};
    udp_set(one, HP_SO_REUSEADDR, 1);
    udp_set(two, HP_SO_REUSEADDR, 1);
    hp_bind(one, &any);
    hp_bind(two, &any);
    udp_set(from, HP_SO_BROADCAST, 1);
    assert_int_equal(udp_say(from, "all", "255.255.255.255", UDP_PORT), 3);
    assert_int_equal(udp_say(from, "net", "10.0.0.255", UDP_PORT), 3);
    assert_int_equal(udp_say(from, "nobody", "10.0.0.255", UDP_PORT + 1), 6);
    udp_settle(&p);
    struct hp_recv_info info;
    for (int i = 0; i < 2; i++) {
        udp_hears(i ? two : one, "all", &info);
        assert_true(hp_ip_is_broadcast(&info.to.ip));
        udp_hears(i ? two : one, "net", NULL);
        udp_fails(i ? two : one, HP_EAGAIN);
    }
    udp_drops(p.b.stack, HP_DROP_NO_PORT, 1);
    assert_int_equal(hp_counter(p.b.stack, "icmp.out_dest_unreachs"), 0);   /* RFC 1122 3.2.2 */
    hp_close(one);
    hp_close(two);
    hp_close(from);
    pair_close(&p);
}

static void test_a_host_without_address_may_broadcast(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_ip mine = ip_of("10.0.0.1"), none = ip_of("0.0.0.0");
    assert_int_equal(hp_addr_remove(p.a.stack, UDP_ETH, &mine), HP_OK);
    struct hp_sock *client = udp_bound(p.a.stack, NULL, 68), *server = udp_bound(p.b.stack, NULL, 67);
    struct hp_recv_info info;
    udp_set(client, HP_SO_BROADCAST, 1);
    udp_set(server, HP_SO_BROADCAST, 1);
    int64_t n = udp_say(client, "discover", "255.255.255.255", 67);
    if (n < 0) fail_msg("%s", hp_err_text((int)n));
    udp_settle(&p);
    udp_hears(server, "discover", &info);
    assert_true(hp_ip_equal(&info.from.ip, &none));
    assert_int_equal(udp_say(server, "offer", "255.255.255.255", 68), 5);
    udp_settle(&p);
    udp_hears(client, "offer", NULL);
    hp_close(client);
    hp_close(server);
    pair_close(&p);
}

static void test_groups_that_were_joined(void **state)
{
    static const char *const group[] = {"239.1.2.3", "ff05::1:3"};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = udp_socket(p.b.stack), *two = udp_socket(p.b.stack), *from = udp_socket(p.a.stack);
    struct hp_endpoint any = {.port = UDP_PORT};
    udp_set(one, HP_SO_REUSEADDR, 1);
    udp_set(two, HP_SO_REUSEADDR, 1);
    hp_bind(one, &any);
    hp_bind(two, &any);
    for (int v = 0; v < 2; v++) {
        struct hp_ip g = ip_of(group[v]);
        struct hp_recv_info info;
        udp_say(from, "early", group[v], UDP_PORT);
        udp_settle(&p);
        udp_fails(one, HP_EAGAIN);
        assert_int_equal(hp_multicast_join(p.b.stack, UDP_ETH, &g), HP_OK);
        int64_t n = udp_say(from, "group", group[v], UDP_PORT);
        if (n < 0) fail_msg("%s: %s", group[v], hp_err_text((int)n));
        udp_settle(&p);
        udp_hears(one, "group", &info);
        assert_int_equal(info.ttl, 1);
        udp_hears(two, "group", NULL);
    }
    hp_close(one);
    hp_close(two);
    hp_close(from);
    pair_close(&p);
}

/* The sender's own machine listens, too: it hears, unless it does not want to. */
static void test_what_was_sent_to_a_group_comes_back_if_wanted(void **state)
{
    static const char *const group[] = {"239.1.2.3", "ff05::1:3"};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *here = udp_bound(p.a.stack, NULL, UDP_PORT), *there = udp_bound(p.b.stack, NULL, UDP_PORT), *from = udp_socket(p.a.stack);
    assert_int_equal(udp_get(from, HP_IP_MULTICAST_LOOP), 1);
    for (int v = 0; v < 2; v++) {
        struct hp_ip g = ip_of(group[v]);
        assert_int_equal(hp_multicast_join(p.a.stack, UDP_ETH, &g), HP_OK);
        assert_int_equal(hp_multicast_join(p.b.stack, UDP_ETH, &g), HP_OK);
        for (int loop = 0; loop < 2; loop++) {
            udp_set(from, HP_IP_MULTICAST_LOOP, loop);
            assert_int_equal(udp_get(from, HP_IP_MULTICAST_LOOP), loop);
            assert_int_equal(udp_say(from, "group", group[v], UDP_PORT), 5);
            udp_settle(&p);
            udp_hears(there, "group", NULL);
            if (loop) udp_hears(here, "group", NULL);
            udp_fails(here, HP_EAGAIN);
        }
    }
    hp_close(here);
    hp_close(there);
    hp_close(from);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broadcast_reaches_everybody_who_listens),
        cmocka_unit_test(test_a_host_without_address_may_broadcast),
        cmocka_unit_test(test_groups_that_were_joined),
        cmocka_unit_test(test_what_was_sent_to_a_group_comes_back_if_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
