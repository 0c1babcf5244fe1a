/* UDP between two hosts: what is sent arrives, what is wrong dies by name, what nobody takes is answered, what is too much is refused. */
#include "wire/udp.h"

#include "hepta/net.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "l4_transport/dgram.h"
#include "support/l2.h"
#include "support/pair.h"
#include "support/test.h"

enum { PORT = 7000, ETH = 2 };   /* link 1 is the loopback */

static struct hp_sock *open_udp(struct hp_stack *s)
{
    struct hp_sock *sock = NULL;
    int err = hp_socket(s, HP_DGRAM, 0, &sock);
    if (err) fail_msg("socket: %s", hp_err_text(err));
    return sock;
}

static struct hp_sock *open_bound(struct hp_stack *s, const char *ip, uint16_t port)
{
    struct hp_sock *sock = open_udp(s);
    struct hp_endpoint e = {.ip = ip ? ip_of(ip) : (struct hp_ip){{0}}, .port = port};
    int err = hp_bind(sock, &e);
    if (err) fail_msg("bind %s: %s", ip ? ip : "*", hp_err_text(err));
    return sock;
}

static struct hp_endpoint at(const char *ip, uint16_t port) { return (struct hp_endpoint){.ip = ip_of(ip), .port = port}; }
static void settle(struct pair *p) { pair_run(p, HP_MS(20), NULL, NULL); }

static int64_t send_to(struct hp_sock *sock, const char *text, const char *ip, uint16_t port)
{
    struct hp_endpoint to = at(ip, port);
    return hp_sendto(sock, text, strlen(text), 0, &to);
}

/* Neighbours hold back few packets while they are being resolved: lets both find each other first. */
static void meet(struct pair *p)
{
    struct hp_sock *sock = open_udp(p->a.stack);
    send_to(sock, "hello", "10.0.0.2", 9);
    send_to(sock, "hello", "fd00::2", 9);
    pair_run(p, HP_S(3), NULL, NULL);
    hp_close(sock);
}

static void expect_text(struct hp_sock *sock, const char *text, struct hp_recv_info *info)
{
    char buf[256] = {0};
    int64_t n = hp_recvfrom(sock, buf, sizeof buf - 1, 0, info);
    if (n < 0) fail_msg("\"%s\" expected, came: %s", text, hp_err_text((int)n));
    assert_string_equal(buf, text);
    assert_int_equal(n, strlen(text));
}

static void expect_err(struct hp_sock *sock, int err)
{
    char c;
    assert_int_equal(hp_recv(sock, &c, 1, 0), err);
}

static void set_int(struct hp_sock *sock, enum hp_opt opt, int v) { assert_int_equal(hp_setsockopt(sock, opt, &v, sizeof v), HP_OK); }

static int get_int(struct hp_sock *sock, enum hp_opt opt)
{
    int v = -99;
    size_t n = sizeof v;
    assert_int_equal(hp_getsockopt(sock, opt, &v, &n), HP_OK);
    return v;
}

static void drops_are(const struct hp_stack *s, enum hp_drop why, unsigned count)
{
    if (hp_drop_count(s, why) != count)
        fail_msg("%s: %u expected, %u came", hp_drop_name(why), count, (unsigned)hp_drop_count(s, why));
}

/* ---- there and back ---- */

static void test_a_datagram_and_its_answer_in_both_versions(void **state)
{
    static const char *const ip[2][2] = {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT);
    for (int v = 0; v < 2; v++) {
        struct hp_sock *client = open_udp(p.a.stack);
        struct hp_recv_info info;
        assert_int_equal(send_to(client, "ask", ip[v][1], PORT), 3);
        expect_err(client, HP_EAGAIN);
        settle(&p);
        assert_int_equal(hp_ready(server), HP_READABLE | HP_WRITABLE);
        expect_text(server, "ask", &info);
        struct hp_ip a = ip_of(ip[v][0]), b = ip_of(ip[v][1]);
        assert_true(hp_ip_equal(&info.from.ip, &a) && hp_ip_equal(&info.to.ip, &b));
        assert_int_equal(info.to.port, PORT);
        assert_int_equal(info.ttl, 64);
        assert_int_equal(info.link, ETH);
        assert_int_equal(info.error, 0);
        struct hp_endpoint mine;
        hp_local(client, &mine);
        assert_int_equal(info.from.port, mine.port);
        assert_in_range(mine.port, PORT_EPHEMERAL_MIN, PORT_EPHEMERAL_MAX);
        assert_int_equal(hp_sendto(server, "answer", 6, 0, &info.from), 6);
        settle(&p);
        expect_text(client, "answer", &info);
        assert_int_equal(info.from.port, PORT);
        hp_close(client);
    }
    hp_close(server);
    pair_close(&p);
}

static void test_an_empty_datagram_is_one(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    struct hp_endpoint to = at("10.0.0.2", PORT);
    struct hp_bytes part[2];
    for (int i = 0; i < 2; i++) assert_int_equal(hp_sendto(client, NULL, 0, 0, &to), 0);
    settle(&p);
    char c;
    assert_int_equal(hp_recv(server, &c, 1, 0), 0);
    assert_int_equal(hp_recv_borrow(server, part, 2), 1);
    assert_int_equal(part[0].n, 0);
    assert_int_equal(hp_recv_release(server, 0), HP_OK);
    expect_err(server, HP_EAGAIN);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_truncation_peeking_and_whole_length(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    struct hp_recv_info info;
    char buf[4];
    send_to(client, "0123456789", "10.0.0.2", PORT);
    send_to(client, "next", "10.0.0.2", PORT);
    settle(&p);
    assert_int_equal(hp_recvfrom(server, buf, 4, HP_MSG_PEEK, &info), 4);
    assert_memory_equal(buf, "0123", 4);
    assert_true(info.truncated);
    assert_int_equal(hp_recvfrom(server, NULL, 0, HP_MSG_PEEK | HP_MSG_TRUNC, &info), 10);
    assert_int_equal(hp_recvfrom(server, buf, 4, HP_MSG_TRUNC, &info), 10);
    expect_text(server, "next", &info);             /* the rest of the first is gone */
    assert_false(info.truncated);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_datagrams_are_borrowed_in_place(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    struct hp_bytes part[2];
    assert_int_equal(hp_recv_borrow(server, part, 2), HP_EAGAIN);
    assert_int_equal(hp_recv_release(server, 1), HP_EINVAL);
    send_to(client, "first", "10.0.0.2", PORT);
    send_to(client, "second", "10.0.0.2", PORT);
    settle(&p);
    assert_int_equal(hp_recv_borrow(server, part, 2), 1);
    assert_int_equal(part[0].n, 5);
    assert_memory_equal(part[0].p, "first", 5);
    assert_int_equal(hp_recv_release(server, 6), HP_EINVAL);
    assert_int_equal(hp_recv_release(server, 5), HP_OK);
    expect_text(server, "second", NULL);
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
    meet(&p);
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    uint8_t *out = malloc(65536), *in = malloc(65536);
    for (size_t i = 0; i < 65536; i++) out[i] = byte_at(i);
    for (size_t k = 0; k < sizeof big / sizeof *big; k++) {
        struct hp_endpoint to = at(big[k].ip, PORT);
        int64_t n = hp_sendto(client, out, big[k].n, 0, &to);
        if (n != (int64_t)big[k].n) fail_msg("sending %zu: %s", big[k].n, hp_err_text((int)n));
        settle(&p);
        n = hp_recv(server, in, 65536, 0);
        if (n != (int64_t)big[k].n) fail_msg("receiving %zu: %lld", big[k].n, (long long)n);
        assert_memory_equal(in, out, big[k].n);
    }
    struct hp_endpoint four = at("10.0.0.2", PORT), six = at("fd00::2", PORT);
    assert_int_equal(hp_sendto(client, out, 65508, 0, &four), HP_EMSGSIZE);
    assert_int_equal(hp_sendto(client, out, 65528, 0, &six), HP_EMSGSIZE);
    set_int(client, HP_IP_MTU_DISCOVER, 1);
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
    struct hp_sock *sock = open_bound(p.a.stack, NULL, PORT);
    static const char *const me[] = {"10.0.0.1", "fd00::1", "127.0.0.1", "::1"};
    for (int i = 0; i < 4; i++) {
        int64_t n = send_to(sock, me[i], me[i], PORT);
        if (n < 0) fail_msg("%s: %s", me[i], hp_err_text((int)n));
        settle(&p);
        expect_text(sock, me[i], NULL);
    }
    hp_close(sock);
    pair_close(&p);
}

/* ---- names ---- */

static void test_who_may_bind_what(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = open_bound(p.a.stack, "10.0.0.1", PORT), *two = open_udp(p.a.stack), *six = open_udp(p.a.stack);
    struct hp_endpoint taken = at("10.0.0.1", PORT), foreign = at("10.0.0.2", PORT), any = {.port = PORT}, other = at("10.0.0.1", PORT + 1),
                       fd = at("fd00::1", PORT);
    assert_int_equal(hp_bind(one, &other), HP_EINVAL);          /* it is bound */
    assert_int_equal(hp_bind(two, &taken), HP_EADDRINUSE);
    assert_int_equal(hp_bind(two, &any), HP_EADDRINUSE);
    assert_int_equal(hp_bind(two, &foreign), HP_EADDRNOTAVAIL);
    set_int(six, HP_IPV6_V6ONLY, 1);
    assert_int_equal(hp_bind(six, &other), HP_EINVAL);
    assert_int_equal(hp_bind(six, &any), HP_OK);
    assert_int_equal(hp_bind(two, &fd), HP_EADDRINUSE);
    hp_close(six);
    assert_int_equal(hp_bind(two, &fd), HP_OK);
    assert_int_equal(hp_setsockopt(two, HP_SO_REUSEADDR, &(int){1}, sizeof(int)), HP_EINVAL);   /* too late to ask */
    assert_int_equal(send_to(one, "x", "fd00::2", PORT), HP_ENETUNREACH);                       /* bound to the other version */
    struct hp_endpoint e;
    hp_local(two, &e);
    assert_true(hp_ip_equal(&e.ip, &fd.ip) && e.port == PORT);
    hp_close(one);
    hp_close(two);
    pair_close(&p);
}

static void test_v6only_neither_sends_nor_gets_version_4(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *six = open_udp(p.b.stack), *client = open_udp(p.a.stack);
    struct hp_endpoint any = {.port = PORT};
    set_int(six, HP_IPV6_V6ONLY, 1);
    hp_bind(six, &any);
    send_to(client, "four", "10.0.0.2", PORT);
    send_to(client, "six", "fd00::2", PORT);
    settle(&p);
    expect_text(six, "six", NULL);
    expect_err(six, HP_EAGAIN);
    drops_are(p.b.stack, HP_DROP_NO_PORT, 1);
    assert_int_equal(send_to(six, "x", "10.0.0.1", PORT), HP_ENETUNREACH);
    hp_close(six);
    hp_close(client);
    pair_close(&p);
}

static void test_sending_needs_somebody_to_send_to(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_udp(p.a.stack);
    struct hp_endpoint none = at("10.0.0.2", 0), zero = at("0.0.0.0", PORT);
    assert_int_equal(hp_send(sock, "x", 1, 0), HP_ENOTCONN);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &none), HP_EINVAL);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &zero), HP_EINVAL);
    assert_int_equal(send_to(sock, "x", "192.0.2.1", PORT), HP_ENETUNREACH);
    assert_int_equal(send_to(sock, "x", "10.0.0.255", PORT), HP_EACCES);
    assert_int_equal(send_to(sock, "x", "255.255.255.255", PORT), HP_EACCES);
    assert_int_equal(hp_shutdown(sock, HP_SHUT_WR), HP_ENOTCONN);
    hp_close(sock);
    pair_close(&p);
}

static void test_ports_are_shared_by_flow(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    meet(&p);
    struct hp_sock *server[4], *client[64];
    unsigned got[4] = {0};
    struct hp_endpoint any = {.port = PORT};
    for (int i = 0; i < 4; i++) {
        server[i] = open_udp(p.b.stack);
        set_int(server[i], HP_SO_REUSEPORT, 1);
        assert_int_equal(hp_bind(server[i], &any), HP_OK);
    }
    for (int i = 0; i < 64; i++) {
        client[i] = open_udp(p.a.stack);
        for (int k = 0; k < 3; k++) send_to(client[i], "x", "10.0.0.2", PORT);
    }
    settle(&p);
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
    struct hp_sock *conn = open_bound(p.b.stack, NULL, PORT), *peer = open_bound(p.a.stack, NULL, 5000), *stranger = open_udp(p.a.stack);
    struct hp_endpoint to = at("10.0.0.1", 5000), me, it;
    assert_int_equal(hp_peer(conn, &it), HP_ENOTCONN);
    assert_int_equal(hp_connect(conn, &to), HP_OK);
    hp_local(conn, &me);
    hp_peer(conn, &it);
    struct hp_ip b = ip_of("10.0.0.2");
    assert_true(hp_ip_equal(&me.ip, &b) && me.port == PORT);
    assert_true(hp_ip_equal(&it.ip, &to.ip) && it.port == 5000);
    send_to(stranger, "no", "10.0.0.2", PORT);
    send_to(peer, "yes", "10.0.0.2", PORT);
    settle(&p);
    expect_text(conn, "yes", NULL);
    expect_err(conn, HP_EAGAIN);
    drops_are(p.b.stack, HP_DROP_SOCK_PEER, 1);
    assert_int_equal(hp_counter(p.b.stack, "udp.no_port"), 1);      /* and it looked like a closed port from outside */
    assert_int_equal(hp_send(conn, "back", 4, 0), 4);
    settle(&p);
    expect_text(peer, "back", NULL);
    assert_int_equal(hp_connect(conn, NULL), HP_OK);                /* no longer */
    send_to(stranger, "now", "10.0.0.2", PORT);
    settle(&p);
    expect_text(conn, "now", NULL);
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
        struct hp_sock *conn = open_udp(p.a.stack), *plain = open_udp(p.a.stack);
        struct hp_endpoint to = at(ip[v], PORT);
        hp_connect(conn, &to);
        hp_send(conn, "x", 1, 0);
        send_to(plain, "x", ip[v], PORT);
        settle(&p);
        drops_are(p.b.stack, HP_DROP_NO_PORT, 2);
        assert_int_equal(hp_ready(conn), HP_READABLE | HP_WRITABLE | HP_ERROR);
        expect_err(conn, HP_ECONNREFUSED);
        expect_err(conn, HP_EAGAIN);                                /* once */
        expect_err(plain, HP_EAGAIN);                               /* it could not tell whom */
        hp_send(conn, "x", 1, 0);
        pair_run(&p, HP_S(2), NULL, NULL);
        assert_int_equal(get_int(conn, HP_SO_ERROR), HP_ECONNREFUSED);
        assert_int_equal(get_int(conn, HP_SO_ERROR), 0);
        hp_close(conn);
        hp_close(plain);
        pair_close(&p);
    }
}

static void test_errors_come_with_their_story_if_asked_for(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_udp(p.a.stack);
    struct hp_recv_info info;
    char buf[64];
    set_int(sock, HP_IP_RECVERR, 1);
    send_to(sock, "probe", "10.0.0.2", PORT);
    settle(&p);
    int64_t n = hp_recvfrom(sock, buf, sizeof buf, 0, &info);
    assert_int_equal(n, 5);
    assert_memory_equal(buf, "probe", 5);
    assert_int_equal(info.error, HP_ECONNREFUSED);
    assert_int_equal(info.icmp_type, 3);
    assert_int_equal(info.icmp_code, 3);
    struct hp_ip b = ip_of("10.0.0.2");
    assert_true(hp_ip_equal(&info.from.ip, &b) && hp_ip_equal(&info.to.ip, &b));
    assert_int_equal(info.to.port, PORT);
    send_to(sock, "probe", "fd00::2", PORT);
    settle(&p);
    expect_err(sock, HP_ECONNREFUSED);                              /* without info it is the call's own */
    hp_close(sock);
    pair_close(&p);
}

static void test_shutdown_of_either_side(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *a = open_bound(p.a.stack, NULL, 5000), *b = open_bound(p.b.stack, NULL, PORT);
    struct hp_endpoint to_a = at("10.0.0.1", 5000), to_b = at("10.0.0.2", PORT);
    hp_connect(a, &to_b);
    hp_connect(b, &to_a);
    assert_int_equal(hp_shutdown(a, HP_SHUT_WR), HP_OK);
    assert_int_equal(hp_send(a, "x", 1, 0), HP_EPIPE);
    assert_int_equal(hp_shutdown(a, HP_SHUT_RD), HP_OK);
    hp_send(b, "late", 4, 0);
    settle(&p);
    expect_err(a, 0);
    drops_are(p.a.stack, HP_DROP_SOCK_CLOSED, 1);
    hp_close(a);
    hp_close(b);
    pair_close(&p);
}

/* ---- everybody ---- */

static void test_broadcast_reaches_everybody_who_listens(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = open_udp(p.b.stack), *two = open_udp(p.b.stack), *from = open_udp(p.a.stack);
    struct hp_endpoint any = {.port = PORT};
    set_int(one, HP_SO_REUSEADDR, 1);
    set_int(two, HP_SO_REUSEADDR, 1);
    hp_bind(one, &any);
    hp_bind(two, &any);
    set_int(from, HP_SO_BROADCAST, 1);
    assert_int_equal(send_to(from, "all", "255.255.255.255", PORT), 3);
    assert_int_equal(send_to(from, "net", "10.0.0.255", PORT), 3);
    assert_int_equal(send_to(from, "nobody", "10.0.0.255", PORT + 1), 6);
    settle(&p);
    struct hp_recv_info info;
    for (int i = 0; i < 2; i++) {
        expect_text(i ? two : one, "all", &info);
        assert_true(hp_ip_is_broadcast(&info.to.ip));
        expect_text(i ? two : one, "net", NULL);
        expect_err(i ? two : one, HP_EAGAIN);
    }
    drops_are(p.b.stack, HP_DROP_NO_PORT, 1);
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
    assert_int_equal(hp_addr_remove(p.a.stack, ETH, &mine), HP_OK);
    struct hp_sock *client = open_bound(p.a.stack, NULL, 68), *server = open_bound(p.b.stack, NULL, 67);
    struct hp_recv_info info;
    set_int(client, HP_SO_BROADCAST, 1);
    set_int(server, HP_SO_BROADCAST, 1);
    int64_t n = send_to(client, "discover", "255.255.255.255", 67);
    if (n < 0) fail_msg("%s", hp_err_text((int)n));
    settle(&p);
    expect_text(server, "discover", &info);
    assert_true(hp_ip_equal(&info.from.ip, &none));
    assert_int_equal(send_to(server, "offer", "255.255.255.255", 68), 5);
    settle(&p);
    expect_text(client, "offer", NULL);
    hp_close(client);
    hp_close(server);
    pair_close(&p);
}

static void test_groups_that_were_joined(void **state)
{
    static const char *const group[] = {"239.1.2.3", "ff05::1:3"};
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = open_udp(p.b.stack), *two = open_udp(p.b.stack), *from = open_udp(p.a.stack);
    struct hp_endpoint any = {.port = PORT};
    set_int(one, HP_SO_REUSEADDR, 1);
    set_int(two, HP_SO_REUSEADDR, 1);
    hp_bind(one, &any);
    hp_bind(two, &any);
    for (int v = 0; v < 2; v++) {
        struct hp_ip g = ip_of(group[v]);
        struct hp_recv_info info;
        send_to(from, "early", group[v], PORT);
        settle(&p);
        expect_err(one, HP_EAGAIN);
        assert_int_equal(hp_multicast_join(p.b.stack, ETH, &g), HP_OK);
        int64_t n = send_to(from, "group", group[v], PORT);
        if (n < 0) fail_msg("%s: %s", group[v], hp_err_text((int)n));
        settle(&p);
        expect_text(one, "group", &info);
        assert_int_equal(info.ttl, 1);
        expect_text(two, "group", NULL);
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
    struct hp_sock *here = open_bound(p.a.stack, NULL, PORT), *there = open_bound(p.b.stack, NULL, PORT), *from = open_udp(p.a.stack);
    assert_int_equal(get_int(from, HP_IP_MULTICAST_LOOP), 1);
    for (int v = 0; v < 2; v++) {
        struct hp_ip g = ip_of(group[v]);
        assert_int_equal(hp_multicast_join(p.a.stack, ETH, &g), HP_OK);
        assert_int_equal(hp_multicast_join(p.b.stack, ETH, &g), HP_OK);
        for (int loop = 0; loop < 2; loop++) {
            set_int(from, HP_IP_MULTICAST_LOOP, loop);
            assert_int_equal(get_int(from, HP_IP_MULTICAST_LOOP), loop);
            assert_int_equal(send_to(from, "group", group[v], PORT), 5);
            settle(&p);
            expect_text(there, "group", NULL);
            if (loop) expect_text(here, "group", NULL);
            expect_err(here, HP_EAGAIN);
        }
    }
    hp_close(here);
    hp_close(there);
    hp_close(from);
    pair_close(&p);
}

/* ---- datagrams that are wrong ---- */

enum { FRAME_MAX = 200 };

/* A datagram from 10.0.0.1 or fd00::1 as a frame to b, with this UDP length and checksum (-1 = right). */
static void inject(struct pair *p, bool six, int udp_len, int sum, const char *text)
{
    struct hp_ip from = ip_of(six ? "fd00::1" : "10.0.0.1"), to = ip_of(six ? "fd00::2" : "10.0.0.2");
    uint8_t f[FRAME_MAX] = {0}, *ip = f + 14, *udp = ip + (six ? 40 : 20);
    size_t n = strlen(text), len = UDP_HEADER + n;
    struct hp_link_info info;
    hp_link_info(p->b.stack, ETH, &info);
    memcpy(f, info.mac.b, 6);
    f[6] = 2;
    put16(f + 12, six ? 0x86dd : 0x0800);
    if (six) {
        ip[0] = 0x60;
        put16(ip + 4, (unsigned)len);
        ip[6] = 17;
        ip[7] = 64;
        memcpy(ip + 8, from.b, 16);
        memcpy(ip + 24, to.b, 16);
    } else {
        ip[0] = 0x45;
        put16(ip + 2, (unsigned)(20 + len));
        ip[8] = 64;
        ip[9] = 17;
        memcpy(ip + 12, from.b + 12, 4);
        memcpy(ip + 16, to.b + 12, 4);
        put16(ip + 10, sum_fold(sum_add(0, ip, 20)));
    }
    struct udp_hdr h = {.from = 5000, .to = PORT, .len = (uint16_t)(udp_len < 0 ? (int)len : udp_len)};
    udp_write(udp, UDP_HEADER, &h);
    memcpy(udp + UDP_HEADER, text, n);
    size_t covered = h.len > len ? len : h.len;
    uint16_t right = sum_fold_udp(sum_add(sum_pseudo(&from, &to, 17, h.len), udp, covered));
    put16(udp + 6, sum < 0 ? right : (unsigned)sum);
    struct hp_pkt *k = hp_pkt_copy_in(p->b.stack, f, (size_t)(udp - f) + len);
    hp_wire_rx(&p->b.wire, k);
    settle(p);
}

static void test_U01_lengths_that_cannot_be(void **state)
{
    for (int six = 0; six < 2; six++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        struct hp_sock *sock = open_bound(p.b.stack, NULL, PORT);
        static const int bad[] = {0, 1, 7, 13, 65535};
        for (unsigned i = 0; i < 5; i++) inject(&p, six, bad[i], -1, "data");
        expect_err(sock, HP_EAGAIN);
        drops_are(p.b.stack, HP_DROP_UDP_BAD, 5);
        inject(&p, six, 10, -1, "data");            /* shorter than the packet: the rest is not UDP's */
        expect_text(sock, "da", NULL);
        inject(&p, six, 12, -1, "data");
        expect_text(sock, "data", NULL);
        hp_close(sock);
        pair_close(&p);
    }
}

static void test_U02_no_checksum_is_allowed_in_version_4_only(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_bound(p.b.stack, NULL, PORT);
    inject(&p, false, -1, 0, "four");
    expect_text(sock, "four", NULL);
    inject(&p, true, -1, 0, "six");
    expect_err(sock, HP_EAGAIN);
    drops_are(p.b.stack, HP_DROP_UDP_BAD, 1);
    hp_close(sock);
    pair_close(&p);
}

static void test_U03_U04_bad_checksums_are_never_seen(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_bound(p.b.stack, NULL, PORT);
    unsigned what;
    char buf[8];
    for (int i = 0; i < 50; i++) inject(&p, i & 1, -1, 0x1234, "bad");
    drops_are(p.b.stack, HP_DROP_CHECKSUM, 50);
    assert_null(hp_next_ready(p.b.stack, &what));           /* nobody was woken for nothing */
    assert_int_equal(hp_ready(sock), HP_WRITABLE);
    assert_int_equal(hp_recv(sock, buf, sizeof buf, HP_MSG_PEEK), HP_EAGAIN);
    inject(&p, true, -1, -1, "good");
    assert_ptr_equal(hp_next_ready(p.b.stack, &what), sock);
    assert_int_equal(what, HP_READABLE);
    assert_int_equal(hp_recv(sock, buf, sizeof buf, HP_MSG_PEEK), 4);
    expect_text(sock, "good", NULL);
    hp_close(sock);
    pair_close(&p);
}

/* ---- bounds ---- */

static void test_the_receive_buffer_counts_storage(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    meet(&p);
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    set_int(server, HP_SO_RCVBUF, 20000);
    assert_int_equal(get_int(server, HP_SO_RCVBUF), 20000);
    for (int i = 0; i < 300; i++) {
        send_to(client, "x", "10.0.0.2", PORT);
        if (i % 100 == 99) settle(&p);
    }
    struct hp_mem_stats before, after;
    hp_mem_stats(p.b.stack, &before);
    unsigned got = 0;
    char c;
    while (hp_recv(server, &c, 1, 0) == 1) got++;
    hp_mem_stats(p.b.stack, &after);
    assert_in_range(got, 10, 80);                           /* of one byte each: not 20000 */
    drops_are(p.b.stack, HP_DROP_SOCK_FULL, 300 - got);
    send_to(client, "again", "10.0.0.2", PORT);
    settle(&p);
    expect_text(server, "again", NULL);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static void test_sending_without_end_is_refused_until_time_passes(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    meet(&p);
    struct hp_sock *client = open_udp(p.a.stack);
    struct hp_endpoint to = at("10.0.0.2", PORT);
    char data[1000] = {0};
    unsigned sent = 0, what;
    set_int(client, HP_SO_SNDBUF, 50000);
    while (hp_sendto(client, data, sizeof data, 0, &to) == 1000) assert_true(++sent < 100);
    assert_in_range(sent, 30, 50);
    assert_int_equal(hp_sendto(client, data, 1, 0, &to), HP_EAGAIN);
    assert_int_equal(hp_ready(client), 0);
    while (hp_next_ready(p.a.stack, &what)) {}
    settle(&p);
    assert_ptr_equal(hp_next_ready(p.a.stack, &what), client);
    assert_int_equal(what, HP_WRITABLE);
    assert_int_equal(hp_sendto(client, data, 1, 0, &to), 1);        /* writable means that a byte can be written */
    hp_close(client);
    pair_close(&p);
}

static void flood(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock = open_udp(s);
    struct hp_endpoint to = at("10.0.0.2", PORT);
    char data[1000] = {0};
    uint64_t *sent = arg;
    while (hp_now(s) < HP_MS(1)) {
        int64_t n = hp_sendto(sock, data, sizeof data, 0, &to);
        if (n < 0) break;
        ++*sent;
    }
    hp_close(sock);
}

static void test_a_program_that_floods_lets_time_pass(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    uint64_t sent = 0;
    hp_spawn(p.a.stack, "flood", flood, &sent, 0);
    pair_run(&p, HP_MS(10), NULL, NULL);
    assert_int_equal(hp_programs_count(p.a.stack), 0);
    assert_in_range(sent, 1000, 100000);
    pair_close(&p);
}

static void count_done(void *ctx) { ++*(int *)ctx; }

static void test_a_reference_is_told_done_once(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    struct hp_endpoint to = at("10.0.0.2", PORT);
    int done = 0;
    assert_int_equal(hp_send_ref(client, "x", 1, 0, count_done, &done), HP_ENOTCONN);
    hp_connect(client, &to);
    assert_int_equal(hp_send_ref(client, "one", 3, 0, count_done, &done), 3);
    assert_int_equal(done, 0);
    settle(&p);
    assert_int_equal(done, 1);
    expect_text(server, "one", NULL);
    assert_int_equal(hp_send_ref(client, "two", 3, 0, count_done, &done), 3);
    hp_close(client);
    assert_int_equal(done, 2);
    hp_close(server);
    pair_close(&p);
}

/* ---- ends ---- */

static void test_X01_closing_with_datagrams_waiting(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    for (int i = 0; i < 3; i++) send_to(client, "x", "10.0.0.2", PORT);
    settle(&p);
    send_to(client, "on its way", "10.0.0.2", PORT);
    hp_close(server);
    drops_are(p.b.stack, HP_DROP_SOCK_CLOSED, 3);
    settle(&p);
    drops_are(p.b.stack, HP_DROP_NO_PORT, 1);
    unsigned what;
    assert_null(hp_next_ready(p.b.stack, &what));
    pair_close(&p);                         /* with a socket left open */
}

static void test_a_link_may_go_while_its_datagrams_wait(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *server = open_bound(p.b.stack, NULL, PORT), *client = open_udp(p.a.stack);
    struct hp_recv_info info;
    send_to(client, "x", "10.0.0.2", PORT);
    settle(&p);
    hp_link_remove(p.b.stack, ETH);
    expect_text(server, "x", &info);
    assert_int_equal(info.link, ETH);
    assert_int_equal(send_to(server, "y", "10.0.0.1", PORT), HP_ENETUNREACH);
    hp_close(server);
    hp_close(client);
    pair_close(&p);
}

static int one_exchange(struct pair *p, const char *ip, size_t size)
{
    struct hp_sock *server = NULL, *client = NULL;
    struct hp_endpoint any = {.port = PORT}, to = at(ip, PORT);
    static uint8_t data[4000];
    int err = hp_socket(p->b.stack, HP_DGRAM, 0, &server);
    if (!err) err = hp_bind(server, &any);
    if (!err) err = hp_socket(p->a.stack, HP_DGRAM, 0, &client);
    if (!err) err = hp_connect(client, &to);
    int64_t n = err ? err : hp_send(client, data, size, 0);
    settle(p);
    if (n > 0) n = hp_recv(server, data, sizeof data, 0);
    if (server) hp_close(server);
    if (client) hp_close(client);
    return n < 0 ? (int)n : HP_OK;
}

static void test_X02_the_nth_allocation_fails_on_either_side(void **state)
{
    for (int side = 0; side < 4; side++) {
        bool done = false;
        for (uint64_t n = 1; !done; n++) {
            struct pair p;
            assert_true(pair_open(&p, 1));
            if (side & 2) meet(&p);
            struct hp_stack *s = side & 1 ? p.b.stack : p.a.stack;
            struct hp_mem_stats before, after;
            hp_mem_stats(s, &before);
            hp_mem_fail_at(s, n);
            int err = one_exchange(&p, side & 2 ? "fd00::2" : "10.0.0.2", side & 2 ? 3000 : 1000);
            hp_mem_stats(s, &after);
            done = after.failures == before.failures;
            hp_mem_fail_at(s, 0);
            if (done) assert_int_equal(err, HP_OK);
            else if (err != HP_OK && err != HP_ENOMEM && err != HP_EAGAIN) fail_msg("n = %u: %s", (unsigned)n, hp_err_text(err));
            pair_run(&p, HP_S(5), NULL, NULL);
            err = one_exchange(&p, "10.0.0.2", 1000);
            if (err) fail_msg("after n = %u: %s", (unsigned)n, hp_err_text(err));
            assert_true(n < 200);
            pair_close(&p);
        }
    }
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
        cmocka_unit_test(test_broadcast_reaches_everybody_who_listens),
        cmocka_unit_test(test_a_host_without_address_may_broadcast),
        cmocka_unit_test(test_groups_that_were_joined),
        cmocka_unit_test(test_what_was_sent_to_a_group_comes_back_if_wanted),
        cmocka_unit_test(test_U01_lengths_that_cannot_be),
        cmocka_unit_test(test_U02_no_checksum_is_allowed_in_version_4_only),
        cmocka_unit_test(test_U03_U04_bad_checksums_are_never_seen),
        cmocka_unit_test(test_the_receive_buffer_counts_storage),
        cmocka_unit_test(test_sending_without_end_is_refused_until_time_passes),
        cmocka_unit_test(test_a_program_that_floods_lets_time_pass),
        cmocka_unit_test(test_a_reference_is_told_done_once),
        cmocka_unit_test(test_X01_closing_with_datagrams_waiting),
        cmocka_unit_test(test_a_link_may_go_while_its_datagrams_wait),
        cmocka_unit_test(test_X02_the_nth_allocation_fails_on_either_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
