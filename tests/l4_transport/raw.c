/* Raw sockets: whole packets of one protocol, each socket its own copy; payloads out. */
#include "hepta/net.h"
#include "hepta/socket.h"
#include "support/l2.h"
#include "support/pair.h"
#include "support/test.h"

enum { EXPERIMENT = 253 };      /* RFC 3692 */

static struct hp_sock *open_raw(struct hp_stack *s, int protocol)
{
    struct hp_sock *sock = NULL;
    int err = hp_socket(s, HP_RAW, protocol, &sock);
    if (err) fail_msg("socket: %s", hp_err_text(err));
    return sock;
}

static void settle(struct pair *p) { pair_run(p, HP_MS(20), NULL, NULL); }

static int64_t send_to(struct hp_sock *sock, const char *text, const char *ip)
{
    struct hp_endpoint to = {.ip = ip_of(ip)};
    return hp_sendto(sock, text, strlen(text), 0, &to);
}

static void test_header_and_payload_in_both_versions(void **state)
{
    static const char *const ip[] = {"10.0.0.2", "fd00::2"};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *from = open_raw(p.a.stack, EXPERIMENT), *to = open_raw(p.b.stack, EXPERIMENT), *also = open_raw(p.b.stack, EXPERIMENT),
                   *other = open_raw(p.b.stack, EXPERIMENT + 1);
    for (int v = 0; v < 2; v++) {
        size_t header = v ? 40 : 20;
        struct hp_recv_info info;
        uint8_t buf[100];
        assert_int_equal(send_to(from, "payload", ip[v]), 7);
        settle(&p);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(hp_recvfrom(i ? also : to, buf, sizeof buf, 0, &info), header + 7);
            assert_int_equal(buf[0] >> 4, v ? 6 : 4);
            assert_int_equal(buf[v ? 6 : 9], EXPERIMENT);
            assert_memory_equal(buf + header, "payload", 7);
            struct hp_ip a = ip_of(v ? "fd00::1" : "10.0.0.1");
            assert_true(hp_ip_equal(&info.from.ip, &a));
            assert_int_equal(info.from.port, 0);
        }
        assert_int_equal(hp_recv(other, buf, sizeof buf, 0), HP_EAGAIN);
    }
    assert_int_equal(hp_counter(p.b.stack, "icmp.out_dest_unreachs"), 0);   /* somebody wanted it */
    hp_close(to);
    hp_close(also);
    send_to(from, "x", "10.0.0.2");
    settle(&p);
    assert_int_equal(hp_counter(p.b.stack, "icmp.out_dest_unreachs"), 1);   /* now nobody does */
    hp_close(from);
    hp_close(other);
    pair_close(&p);
}

static void test_binding_and_connecting_filter(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *from = open_raw(p.a.stack, EXPERIMENT), *bound = open_raw(p.b.stack, EXPERIMENT), *conn = open_raw(p.b.stack, EXPERIMENT),
                   *elsewhere = open_raw(p.b.stack, EXPERIMENT), *six = open_raw(p.b.stack, EXPERIMENT);
    struct hp_endpoint local = {.ip = ip_of("10.0.0.2")}, peer = {.ip = ip_of("10.0.0.1")}, nobody = {.ip = ip_of("10.0.0.9")};
    uint8_t buf[100];
    int on = 1;
    assert_int_equal(hp_bind(bound, &local), HP_OK);
    assert_int_equal(hp_connect(conn, &peer), HP_OK);
    assert_int_equal(hp_connect(elsewhere, &nobody), HP_OK);
    assert_int_equal(hp_setsockopt(six, HP_IPV6_V6ONLY, &on, sizeof on), HP_OK);
    send_to(from, "x", "10.0.0.2");
    settle(&p);
    assert_int_equal(hp_recv(bound, buf, sizeof buf, 0), 21);
    assert_int_equal(hp_recv(conn, buf, sizeof buf, 0), 21);
    assert_int_equal(hp_recv(elsewhere, buf, sizeof buf, 0), HP_EAGAIN);
    assert_int_equal(hp_recv(six, buf, sizeof buf, 0), HP_EAGAIN);
    assert_int_equal(hp_send(conn, "back", 4, 0), 4);
    settle(&p);
    assert_int_equal(hp_recv(from, buf, sizeof buf, 0), 24);
    hp_close(from);
    hp_close(bound);
    hp_close(conn);
    hp_close(elsewhere);
    hp_close(six);
    pair_close(&p);
}

static void test_raw_sockets_look_on_while_others_are_served(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *look = open_raw(p.b.stack, 17), *server, *client;
    struct hp_endpoint any = {.port = 9000}, to = {.ip = ip_of("10.0.0.2"), .port = 9000};
    uint8_t buf[100];
    hp_socket(p.b.stack, HP_DGRAM, 0, &server);
    hp_socket(p.a.stack, HP_DGRAM, 0, &client);
    hp_bind(server, &any);
    hp_sendto(client, "both", 4, 0, &to);
    settle(&p);
    assert_int_equal(hp_recv(server, buf, sizeof buf, 0), 4);
    assert_int_equal(hp_recv(look, buf, sizeof buf, 0), 20 + 8 + 4);
    assert_memory_equal(buf + 28, "both", 4);
    hp_close(look);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

/* RFC 3542 3.1: an echo request written by hand, its checksum left to the stack. */
static void test_icmpv6_gets_its_checksum(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_raw(p.a.stack, 58);
    struct hp_endpoint to = {.ip = ip_of("fd00::2")};
    uint8_t echo[12] = {128, 0, 0xde, 0xad, 0, 1, 0, 2, 'd', 'a', 't', 'a'}, buf[200];
    assert_int_equal(hp_connect(sock, &to), HP_OK);
    assert_int_equal(hp_send(sock, echo, sizeof echo, 0), sizeof echo);
    settle(&p);
    bool answered = false;
    for (int64_t n; (n = hp_recv(sock, buf, sizeof buf, 0)) > 0;)
        answered |= n == 52 && buf[40] == 129 && memcmp(buf + 44, echo + 4, 8) == 0;
    assert_true(answered);
    hp_close(sock);
    pair_close(&p);
}

static void test_what_cannot_be_opened_or_sent(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock;
    static const int bad[] = {-1, 0, 255, 256, 1000};
    for (int i = 0; i < 5; i++) assert_int_equal(hp_socket(p.a.stack, HP_RAW, bad[i], &sock), HP_EINVAL);
    sock = open_raw(p.a.stack, EXPERIMENT);
    struct hp_endpoint to = {.ip = ip_of("10.0.0.2")};
    uint8_t *big = calloc(1, 65536);
    assert_int_equal(hp_send(sock, "x", 1, 0), HP_ENOTCONN);
    assert_int_equal(hp_sendto(sock, big, 65516, 0, &to), HP_EMSGSIZE);
    assert_int_equal(hp_sendto(sock, big, 65515, 0, &to), 65515);
    free(big);
    settle(&p);
    pair_close(&p);             /* with the socket open */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_and_payload_in_both_versions),
        cmocka_unit_test(test_binding_and_connecting_filter),
        cmocka_unit_test(test_raw_sockets_look_on_while_others_are_served),
        cmocka_unit_test(test_icmpv6_gets_its_checksum),
        cmocka_unit_test(test_what_cannot_be_opened_or_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
