/* UDP between two hosts: what is sent arrives; names, connected sockets, errors, and the end. */
#include "hepta/proc.h"
#include "l4_transport/dgram.h"
#include "support/udp.h"

/* ---- there and back ---- */

static void test_a_datagram_and_its_answer_in_both_versions(void **state)
{
    static const char *const ip[2][2] = {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT);
    for (int v = 0; v < 2; v++) {
        struct hp_sock *client = udp_socket(p.a.stack);
        struct hp_recv_info info;
        assert_int_equal(udp_say(client, "ask", ip[v][1], UDP_PORT), 3);
        udp_fails(client, HP_EAGAIN);
        udp_settle(&p);
        assert_int_equal(hp_ready(server), HP_READABLE | HP_WRITABLE);
        udp_hears(server, "ask", &info);
        struct hp_ip a = ip_of(ip[v][0]), b = ip_of(ip[v][1]);
        assert_true(hp_ip_equal(&info.from.ip, &a) && hp_ip_equal(&info.to.ip, &b));
        assert_int_equal(info.to.port, UDP_PORT);
        assert_int_equal(info.ttl, 64);
        assert_int_equal(info.link, UDP_ETH);
        assert_int_equal(info.error, 0);
        struct hp_endpoint mine;
        hp_local(client, &mine);
        assert_int_equal(info.from.port, mine.port);
        assert_in_range(mine.port, PORT_EPHEMERAL_MIN, PORT_EPHEMERAL_MAX);
        assert_int_equal(hp_sendto(server, "answer", 6, 0, &info.from), 6);
        udp_settle(&p);
        udp_hears(client, "answer", &info);
        assert_int_equal(info.from.port, UDP_PORT);
        hp_close(client);
    }
    hp_close(server);
    pair_close(&p);
}

static void test_an_empty_datagram_is_one(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    struct hp_endpoint to = udp_at("10.0.0.2", UDP_PORT);
    struct hp_bytes part[2];
    for (int i = 0; i < 2; i++) assert_int_equal(hp_sendto(client, NULL, 0, 0, &to), 0);
    udp_settle(&p);
    char c;
    assert_int_equal(hp_recv(server, &c, 1, 0), 0);
    assert_int_equal(hp_recv_borrow(server, part, 2), 1);
    assert_int_equal(part[0].n, 0);
    assert_int_equal(hp_recv_release(server, 0), HP_OK);
    udp_fails(server, HP_EAGAIN);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_truncation_peeking_and_whole_length(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    struct hp_recv_info info;
    char buf[4];
    udp_say(client, "0123456789", "10.0.0.2", UDP_PORT);
    udp_say(client, "next", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    assert_int_equal(hp_recvfrom(server, buf, 4, HP_MSG_PEEK, &info), 4);
    assert_memory_equal(buf, "0123", 4);
    assert_true(info.truncated);
    assert_int_equal(hp_recvfrom(server, NULL, 0, HP_MSG_PEEK | HP_MSG_TRUNC, &info), 10);
    assert_int_equal(hp_recvfrom(server, buf, 4, HP_MSG_TRUNC, &info), 10);
    udp_hears(server, "next", &info);             /* the rest of the first is gone */
    assert_false(info.truncated);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_datagrams_are_borrowed_in_place(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    struct hp_bytes part[2];
    assert_int_equal(hp_recv_borrow(server, part, 2), HP_EAGAIN);
    assert_int_equal(hp_recv_release(server, 1), HP_EINVAL);
    udp_say(client, "first", "10.0.0.2", UDP_PORT);
    udp_say(client, "second", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    assert_int_equal(hp_recv_borrow(server, part, 2), 1);
    assert_int_equal(part[0].n, 5);
    assert_memory_equal(part[0].p, "first", 5);
    assert_int_equal(hp_recv_release(server, 6), HP_EINVAL);
    assert_int_equal(hp_recv_release(server, 5), HP_OK);
    udp_hears(server, "second", NULL);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + (i >> 8)); }

static void test_the_largest_datagrams_go_through_in_fragments(void **state)
{
    static const struct { const char *ip; size_t n; } big[] = {{"10.0.0.2", 65507}, {"fd00::2", 65527}, {"10.0.0.2", 1472}, {"10.0.0.2", 1473},
                                                               {"fd00::2", 1452}, {"fd00::2", 1453}};
    struct pair p;
    assert_true(pair_open(&p, 1));
    udp_meet(&p);
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    uint8_t *out = malloc(65536), *in = malloc(65536);
    for (size_t i = 0; i < 65536; i++) out[i] = byte_at(i);
    for (size_t k = 0; k < sizeof big / sizeof *big; k++) {
        struct hp_endpoint to = udp_at(big[k].ip, UDP_PORT);
        int64_t n = hp_sendto(client, out, big[k].n, 0, &to);
        if (n != (int64_t)big[k].n) fail_msg("sending %zu: %s", big[k].n, hp_err_text((int)n));
        udp_settle(&p);
        n = hp_recv(server, in, 65536, 0);
        if (n != (int64_t)big[k].n) fail_msg("receiving %zu: %lld", big[k].n, (long long)n);
        assert_memory_equal(in, out, big[k].n);
    }
    struct hp_endpoint four = udp_at("10.0.0.2", UDP_PORT), six = udp_at("fd00::2", UDP_PORT);
    assert_int_equal(hp_sendto(client, out, 65508, 0, &four), HP_EMSGSIZE);
    assert_int_equal(hp_sendto(client, out, 65528, 0, &six), HP_EMSGSIZE);
    udp_set(client, HP_IP_MTU_DISCOVER, 1);
    assert_int_equal(hp_sendto(client, out, 1473, 0, &four), HP_EMSGSIZE);
    assert_int_equal(hp_sendto(client, out, 1472, 0, &four), 1472);
    free(out);
    free(in);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_talking_to_oneself(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = udp_bound(p.a.stack, NULL, UDP_PORT);
    static const char *const me[] = {"10.0.0.1", "fd00::1", "127.0.0.1", "::1"};
    for (int i = 0; i < 4; i++) {
        int64_t n = udp_say(sock, me[i], me[i], UDP_PORT);
        if (n < 0) fail_msg("%s: %s", me[i], hp_err_text((int)n));
        udp_settle(&p);
        udp_hears(sock, me[i], NULL);
    }
    hp_close(sock);
    pair_close(&p);
}

/* ---- names ---- */

static void test_who_may_bind_what(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = udp_bound(p.a.stack, "10.0.0.1", UDP_PORT), *two = udp_socket(p.a.stack), *six = udp_socket(p.a.stack);
    struct hp_endpoint taken = udp_at("10.0.0.1", UDP_PORT), foreign = udp_at("10.0.0.2", UDP_PORT), any = {.port = UDP_PORT},
                       other = udp_at("10.0.0.1", UDP_PORT + 1), fd = udp_at("fd00::1", UDP_PORT);
    assert_int_equal(hp_bind(one, &other), HP_EINVAL);          /* it is bound */
    assert_int_equal(hp_bind(two, &taken), HP_EADDRINUSE);
    assert_int_equal(hp_bind(two, &any), HP_EADDRINUSE);
    assert_int_equal(hp_bind(two, &foreign), HP_EADDRNOTAVAIL);
    udp_set(six, HP_IPV6_V6ONLY, 1);
    assert_int_equal(hp_bind(six, &other), HP_EINVAL);
    assert_int_equal(hp_bind(six, &any), HP_OK);
    assert_int_equal(hp_bind(two, &fd), HP_EADDRINUSE);
    hp_close(six);
    assert_int_equal(hp_bind(two, &fd), HP_OK);
    assert_int_equal(hp_setsockopt(two, HP_SO_REUSEADDR, &(int){1}, sizeof(int)), HP_EINVAL);   /* too late to ask */
    assert_int_equal(udp_say(one, "x", "fd00::2", UDP_PORT), HP_ENETUNREACH);                       /* bound to the other version */
    struct hp_endpoint e;
    hp_local(two, &e);
    assert_true(hp_ip_equal(&e.ip, &fd.ip) && e.port == UDP_PORT);
    hp_close(one);
    hp_close(two);
    pair_close(&p);
}

static void test_v6only_neither_sends_nor_gets_version_4(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *six = udp_socket(p.b.stack), *client = udp_socket(p.a.stack);
    struct hp_endpoint any = {.port = UDP_PORT};
    udp_set(six, HP_IPV6_V6ONLY, 1);
    hp_bind(six, &any);
    udp_say(client, "four", "10.0.0.2", UDP_PORT);
    udp_say(client, "six", "fd00::2", UDP_PORT);
    udp_settle(&p);
    udp_hears(six, "six", NULL);
    udp_fails(six, HP_EAGAIN);
    udp_drops(p.b.stack, HP_DROP_NO_PORT, 1);
    assert_int_equal(udp_say(six, "x", "10.0.0.1", UDP_PORT), HP_ENETUNREACH);
    hp_close(six);
    hp_close(client);
    pair_close(&p);
}

static void test_sending_needs_somebody_to_send_to(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = udp_socket(p.a.stack);
    struct hp_endpoint none = udp_at("10.0.0.2", 0), zero = udp_at("0.0.0.0", UDP_PORT);
    assert_int_equal(hp_send(sock, "x", 1, 0), HP_ENOTCONN);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &none), HP_EINVAL);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &zero), HP_EINVAL);
    assert_int_equal(udp_say(sock, "x", "192.0.2.1", UDP_PORT), HP_ENETUNREACH);
    assert_int_equal(udp_say(sock, "x", "10.0.0.255", UDP_PORT), HP_EACCES);
    assert_int_equal(udp_say(sock, "x", "255.255.255.255", UDP_PORT), HP_EACCES);
    assert_int_equal(hp_shutdown(sock, HP_SHUT_WR), HP_ENOTCONN);
    hp_close(sock);
    pair_close(&p);
}

static void test_ports_are_shared_by_flow(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    udp_meet(&p);
    struct hp_sock *server[4], *client[64];
    unsigned got[4] = {0};
    struct hp_endpoint any = {.port = UDP_PORT};
    for (int i = 0; i < 4; i++) {
        server[i] = udp_socket(p.b.stack);
        udp_set(server[i], HP_SO_REUSEPORT, 1);
        assert_int_equal(hp_bind(server[i], &any), HP_OK);
    }
    for (int i = 0; i < 64; i++) {
        client[i] = udp_socket(p.a.stack);
        for (int k = 0; k < 3; k++) udp_say(client[i], "x", "10.0.0.2", UDP_PORT);
    }
    udp_settle(&p);
    for (int i = 0; i < 4; i++) {
        char c;
        while (hp_recv(server[i], &c, 1, 0) == 1) got[i]++;
        assert_int_equal(got[i] % 3, 0);            /* a flow stays with its socket */
        assert_true(got[i] > 15);
        hp_close(server[i]);
    }
    assert_int_equal(got[0] + got[1] + got[2] + got[3], 192);
    for (int i = 0; i < 64; i++) hp_close(client[i]);
    pair_close(&p);
}

/* ---- connected ---- */

static void test_U09_a_connected_socket_hears_its_peer_only(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *conn = udp_bound(p.b.stack, NULL, UDP_PORT), *peer = udp_bound(p.a.stack, NULL, 5000), *stranger = udp_socket(p.a.stack);
    struct hp_endpoint to = udp_at("10.0.0.1", 5000), me, it;
    assert_int_equal(hp_peer(conn, &it), HP_ENOTCONN);
    assert_int_equal(hp_connect(conn, &to), HP_OK);
    hp_local(conn, &me);
    hp_peer(conn, &it);
    struct hp_ip b = ip_of("10.0.0.2");
    assert_true(hp_ip_equal(&me.ip, &b) && me.port == UDP_PORT);
    assert_true(hp_ip_equal(&it.ip, &to.ip) && it.port == 5000);
    udp_say(stranger, "no", "10.0.0.2", UDP_PORT);
    udp_say(peer, "yes", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    udp_hears(conn, "yes", NULL);
    udp_fails(conn, HP_EAGAIN);
    udp_drops(p.b.stack, HP_DROP_SOCK_PEER, 1);
    assert_int_equal(hp_counter(p.b.stack, "udp.no_port"), 1);      /* and it looked like a closed port from outside */
    assert_int_equal(hp_send(conn, "back", 4, 0), 4);
    udp_settle(&p);
    udp_hears(peer, "back", NULL);
    assert_int_equal(hp_connect(conn, NULL), HP_OK);                /* no longer */
    udp_say(stranger, "now", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    udp_hears(conn, "now", NULL);
    hp_close(conn);
    hp_close(peer);
    hp_close(stranger);
    pair_close(&p);
}

static void test_a_closed_port_refuses_connected_sockets(void **state)
{
    static const char *const ip[] = {"10.0.0.2", "fd00::2"};
    for (int v = 0; v < 2; v++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        struct hp_sock *conn = udp_socket(p.a.stack), *plain = udp_socket(p.a.stack);
        struct hp_endpoint to = udp_at(ip[v], UDP_PORT);
        hp_connect(conn, &to);
        hp_send(conn, "x", 1, 0);
        udp_say(plain, "x", ip[v], UDP_PORT);
        udp_settle(&p);
        udp_drops(p.b.stack, HP_DROP_NO_PORT, 2);
        assert_int_equal(hp_ready(conn), HP_READABLE | HP_WRITABLE | HP_ERROR);
        udp_fails(conn, HP_ECONNREFUSED);
        udp_fails(conn, HP_EAGAIN);                                /* once */
        udp_fails(plain, HP_EAGAIN);                               /* it could not tell whom */
        hp_send(conn, "x", 1, 0);
        pair_run(&p, HP_S(2), NULL, NULL);
        assert_int_equal(udp_get(conn, HP_SO_ERROR), HP_ECONNREFUSED);
        assert_int_equal(udp_get(conn, HP_SO_ERROR), 0);
        hp_close(conn);
        hp_close(plain);
        pair_close(&p);
    }
}

static void test_errors_come_with_their_story_if_asked_for(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = udp_socket(p.a.stack);
    struct hp_recv_info info;
    char buf[64];
    udp_set(sock, HP_IP_RECVERR, 1);
    udp_say(sock, "probe", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    int64_t n = hp_recvfrom(sock, buf, sizeof buf, 0, &info);
    assert_int_equal(n, 5);
    assert_memory_equal(buf, "probe", 5);
    assert_int_equal(info.error, HP_ECONNREFUSED);
    assert_int_equal(info.icmp_type, 3);
    assert_int_equal(info.icmp_code, 3);
    struct hp_ip b = ip_of("10.0.0.2");
    assert_true(hp_ip_equal(&info.from.ip, &b) && hp_ip_equal(&info.to.ip, &b));
    assert_int_equal(info.to.port, UDP_PORT);
    udp_say(sock, "probe", "fd00::2", UDP_PORT);
    udp_settle(&p);
    udp_fails(sock, HP_ECONNREFUSED);                              /* without info it is the call's own */
    hp_close(sock);
    pair_close(&p);
}

static void test_shutdown_of_either_side(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *a = udp_bound(p.a.stack, NULL, 5000), *b = udp_bound(p.b.stack, NULL, UDP_PORT);
    struct hp_endpoint to_a = udp_at("10.0.0.1", 5000), to_b = udp_at("10.0.0.2", UDP_PORT);
    hp_connect(a, &to_b);
    hp_connect(b, &to_a);
    assert_int_equal(hp_shutdown(a, HP_SHUT_WR), HP_OK);
    assert_int_equal(hp_send(a, "x", 1, 0), HP_EPIPE);
    assert_int_equal(hp_shutdown(a, HP_SHUT_RD), HP_OK);
    hp_send(b, "late", 4, 0);
    udp_settle(&p);
    udp_fails(a, 0);
    udp_drops(p.a.stack, HP_DROP_SOCK_CLOSED, 1);
    hp_close(a);
    hp_close(b);
    pair_close(&p);
}

/* ---- ends ---- */

static void test_X01_closing_with_datagrams_waiting(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    for (int i = 0; i < 3; i++) udp_say(client, "x", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    udp_say(client, "on its way", "10.0.0.2", UDP_PORT);
    hp_close(server);
    udp_drops(p.b.stack, HP_DROP_SOCK_CLOSED, 3);
    udp_settle(&p);
    udp_drops(p.b.stack, HP_DROP_NO_PORT, 1);
    unsigned what;
    assert_null(hp_next_ready(p.b.stack, &what));
    pair_close(&p);                         /* with a socket left open */
}

static void test_a_link_may_go_while_its_datagrams_wait(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = udp_bound(p.b.stack, NULL, UDP_PORT), *client = udp_socket(p.a.stack);
    struct hp_recv_info info;
    udp_say(client, "x", "10.0.0.2", UDP_PORT);
    udp_settle(&p);
    hp_link_remove(p.b.stack, UDP_ETH);
    udp_hears(server, "x", &info);
    assert_int_equal(info.link, UDP_ETH);
    assert_int_equal(udp_say(server, "y", "10.0.0.1", UDP_PORT), HP_ENETUNREACH);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_datagram_and_its_answer_in_both_versions),
        cmocka_unit_test(test_an_empty_datagram_is_one),
        cmocka_unit_test(test_truncation_peeking_and_whole_length),
        cmocka_unit_test(test_datagrams_are_borrowed_in_place),
        cmocka_unit_test(test_the_largest_datagrams_go_through_in_fragments),
        cmocka_unit_test(test_talking_to_oneself),
        cmocka_unit_test(test_who_may_bind_what),
        cmocka_unit_test(test_v6only_neither_sends_nor_gets_version_4),
        cmocka_unit_test(test_sending_needs_somebody_to_send_to),
        cmocka_unit_test(test_ports_are_shared_by_flow),
        cmocka_unit_test(test_U09_a_connected_socket_hears_its_peer_only),
        cmocka_unit_test(test_a_closed_port_refuses_connected_sockets),
        cmocka_unit_test(test_errors_come_with_their_story_if_asked_for),
        cmocka_unit_test(test_shutdown_of_either_side),
        cmocka_unit_test(test_X01_closing_with_datagrams_waiting),
        cmocka_unit_test(test_a_link_may_go_while_its_datagrams_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
