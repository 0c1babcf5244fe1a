/* Ping sockets: echo both ways, numbers, identifiers, and what ICMP says about a request on its way. */
#include "hepta/ping.h"

#include "hepta/net.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "support/l2.h"
#include "support/pair.h"
#include "support/test.h"

static struct hp_sock *open_ping(struct hp_stack *s, const char *to)
{
    struct hp_sock *sock;
    assert_int_equal(hp_socket(s, HP_PING, 0, &sock), HP_OK);
    struct hp_endpoint e = {0};
    if (to) e.ip = ip_of(to);
    int err = to ? hp_connect(sock, &e) : HP_OK;
    if (err) fail_msg("connect %s: %s", to, hp_err_text(err));
    return sock;
}

static void settle(struct pair *p) { pair_run(p, HP_MS(20), NULL, NULL); }

static void test_requests_are_numbered_and_answered(void **state)
{
    static const char *const ip[] = {"10.0.0.2", "fd00::2"};
    for (int v = 0; v < 2; v++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        struct hp_sock *sock = open_ping(p.a.stack, ip[v]);
        struct hp_recv_info info;
        char buf[64];
        for (int i = 1; i <= 3; i++) {
            assert_int_equal(hp_send(sock, "payload", 7, 0), 7);
            settle(&p);
            assert_int_equal(hp_recvfrom(sock, buf, sizeof buf, 0, &info), 7);
            assert_memory_equal(buf, "payload", 7);
            assert_int_equal(info.seq, i);
            assert_int_equal(info.icmp_type, v ? 129 : 0);
            assert_int_equal(info.error, 0);
            assert_int_equal(info.ttl, 64);
            struct hp_ip from = ip_of(ip[v]);
            assert_true(hp_ip_equal(&info.from.ip, &from));
        }
        assert_int_equal(hp_recvfrom(sock, buf, sizeof buf, 0, &info), HP_EAGAIN);
        assert_int_equal(hp_counter(p.a.stack, "ping.replies"), 3);
        hp_close(sock);
        pair_close(&p);
    }
}

static void test_all_sizes_up_to_the_largest(void **state)
{
    static const struct { const char *ip; size_t n; int64_t want; } size[] = {
        {"10.0.0.2", 0, 0}, {"10.0.0.2", 1, 1}, {"10.0.0.2", 1472, 1472}, {"10.0.0.2", 1473, 1473}, {"10.0.0.2", 65507, 65507},
        {"10.0.0.2", 65508, HP_EMSGSIZE}, {"fd00::2", 0, 0}, {"fd00::2", 1453, 1453}, {"fd00::2", 65507, 65507}, {"fd00::2", 65527, 65527},
        {"fd00::2", 65528, HP_EMSGSIZE}};
    struct pair p;
    assert_true(pair_open(&p, 1));
    uint8_t *out = calloc(1, 65536), *in = calloc(1, 65536);
    for (size_t i = 0; i < 65536; i++) out[i] = (uint8_t)(i * 31 >> 3);
    for (size_t k = 0; k < sizeof size / sizeof *size; k++) {
        struct hp_sock *sock = open_ping(p.a.stack, size[k].ip);
        hp_send(sock, "hello", 5, 0);
        settle(&p);
        hp_recv(sock, in, 65536, 0);
        assert_int_equal(hp_send(sock, out, size[k].n, 0), size[k].want);
        settle(&p);
        int64_t n = size[k].want < 0 ? size[k].want : hp_recv(sock, in, 65536, 0);
        if (n != size[k].want) fail_msg("%s, %zu bytes: %lld", size[k].ip, size[k].n, (long long)n);
        if (n > 0) assert_memory_equal(in, out, (size_t)n);
        hp_close(sock);
    }
    free(out);
    free(in);
    pair_close(&p);
}

static void test_identifiers_are_ports(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *one = open_ping(p.a.stack, NULL), *two = open_ping(p.a.stack, NULL);
    struct hp_endpoint id = {.port = 77}, to = {.ip = ip_of("10.0.0.2")};
    assert_int_equal(hp_bind(one, &id), HP_OK);
    assert_int_equal(hp_bind(two, &id), HP_EADDRINUSE);
    assert_int_equal(hp_sendto(two, "2", 1, 0, &to), 1);
    assert_int_equal(hp_sendto(one, "1", 1, 0, &to), 1);
    settle(&p);
    char c = 0;
    struct hp_recv_info info;
    assert_int_equal(hp_recvfrom(one, &c, 1, 0, &info), 1);
    assert_int_equal(c, '1');
    assert_int_equal(info.to.port, 77);
    assert_int_equal(hp_recvfrom(two, &c, 1, 0, &info), 1);
    assert_int_equal(c, '2');
    assert_int_not_equal(info.to.port, 77);
    hp_close(one);
    assert_int_equal(hp_recv(two, &c, 1, 0), HP_EAGAIN);
    hp_close(two);
    pair_close(&p);
}

static void test_a_connected_socket_hears_its_peer_only(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_ping(p.a.stack, "10.0.0.2");
    struct hp_endpoint self = {.ip = ip_of("10.0.0.1")};
    char c;
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &self), 1);
    settle(&p);
    assert_int_equal(hp_recv(sock, &c, 1, 0), HP_EAGAIN);
    assert_int_equal(hp_connect(sock, NULL), HP_OK);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &self), 1);
    settle(&p);
    assert_int_equal(hp_recv(sock, &c, 1, 0), 1);
    hp_close(sock);
    pair_close(&p);
}

/* ---- with a router between ---- */

struct hops {
    int count;
    struct hp_hop hop[16];
};

static void note_hop(void *ctx, const struct hp_hop *h)
{
    struct hops *n = ctx;
    assert_true(n->count < 16);
    n->hop[n->count++] = *h;
}

struct trace_job {
    struct hp_traceroute t;
    struct hops hops;
    int result;
    bool done;
};

static void trace_program(struct hp_stack *s, void *arg)
{
    struct trace_job *j = arg;
    j->result = hp_traceroute(s, &j->t);
    j->done = true;
}

static bool trace_done(void *ctx) { return ((struct trace_job *)ctx)->done; }

/* 192.0.2.0/24 and 2001:db8::/64 are behind b, by a router that does not exist. */
static void test_traceroute_tells_who_answered(void **state)
{
    static const char *const far[] = {"192.0.2.9", "2001:db8::9"}, *const near[] = {"10.0.0.2", "fd00::2"};
    for (int v = 0; v < 4; v++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        hp_set_forwarding(p.b.stack, true);
        struct hp_route away = {.gateway = p.b.ip, .link = 0}, away6 = {.gateway = p.b.ip6, .link = 0};
        assert_true(hp_prefix_parse("192.0.2.0/24", &away.to) && hp_prefix_parse("2001:db8::/64", &away6.to));
        assert_int_equal(hp_route_add(p.a.stack, &away), HP_OK);
        assert_int_equal(hp_route_add(p.a.stack, &away6), HP_OK);
        struct hp_route on = {.gateway = ip_of("10.0.0.77"), .to = away.to}, on6 = {.gateway = ip_of("fd00::77"), .to = away6.to};
        assert_int_equal(hp_route_add(p.b.stack, &on), HP_OK);
        assert_int_equal(hp_route_add(p.b.stack, &on6), HP_OK);
        struct trace_job j = {.t = {.to = ip_of(far[v & 1]), .ttl_max = 2, .probes = 1, .timeout = HP_S(5), .udp = v & 2}};
        j.t.hop = note_hop;
        j.t.ctx = &j.hops;
        hp_spawn(p.a.stack, "trace", trace_program, &j, 0);
        assert_true(pair_run(&p, HP_S(30), trace_done, &j));
        struct hp_ip b = ip_of(near[v & 1]);
        assert_int_equal(j.hops.count, 2);
        assert_true(hp_ip_equal(&j.hops.hop[0].from, &b));
        assert_int_equal(j.hops.hop[0].error, HP_EHOSTUNREACH);
        assert_int_equal(j.hops.hop[0].icmp_type, v & 1 ? 3 : 11);      /* time exceeded */
        assert_true(j.hops.hop[0].rtt >= 0);
        assert_int_equal(j.hops.hop[1].error, HP_EHOSTUNREACH);         /* its neighbour does not answer */
        assert_int_equal(j.hops.hop[1].icmp_type, v & 1 ? 1 : 3);
        assert_int_equal(j.result, HP_ETIMEDOUT);
        pair_close(&p);
    }
}

static void test_traceroute_ends_at_the_destination(void **state)
{
    static const char *const to[] = {"10.0.0.2", "fd00::2"};
    for (int v = 0; v < 4; v++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        struct trace_job j = {.t = {.to = ip_of(to[v & 1]), .probes = 2, .udp = v & 2}};
        j.t.hop = note_hop;
        j.t.ctx = &j.hops;
        hp_spawn(p.a.stack, "trace", trace_program, &j, 0);
        assert_true(pair_run(&p, HP_S(30), trace_done, &j));
        assert_int_equal(j.result, HP_OK);
        assert_int_equal(j.t.hops, 1);
        assert_int_equal(j.hops.count, 2);
        assert_int_equal(j.hops.hop[0].error, HP_OK);
        pair_close(&p);
    }
}

static void test_an_unknown_neighbour_is_an_error_or_silence(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct hp_sock *sock = open_ping(p.a.stack, "10.0.0.77");
    char buf[64];
    struct hp_recv_info info;
    hp_send(sock, "x", 1, 0);
    pair_run(&p, HP_S(10), NULL, NULL);
    int64_t n = hp_recvfrom(sock, buf, sizeof buf, 0, &info);
    assert_true(n == HP_EAGAIN || info.error == HP_EHOSTUNREACH);
    hp_close(sock);
    pair_close(&p);
}

/* ---- the program ---- */

struct ping_job {
    struct hp_ping p;
    int result;
    bool done;
};

static void ping_program(struct hp_stack *s, void *arg)
{
    struct ping_job *j = arg;
    j->result = hp_ping(s, &j->p);
    j->done = true;
}

static bool ping_done(void *ctx) { return ((struct ping_job *)ctx)->done; }

static void test_the_pinger_pings(void **state)
{
    struct pair p;
    assert_true(pair_open(&p, 1));
    struct ping_job j = {.p = {.to = ip_of("fd00::2"), .count = 5, .size = 3000, .interval = HP_MS(100)}};
    hp_spawn(p.a.stack, "ping", ping_program, &j, 0);
    assert_true(pair_run(&p, HP_S(10), ping_done, &j));
    assert_int_equal(j.result, HP_OK);
    assert_int_equal(j.p.sent, 5);
    assert_in_range(j.p.received, 4, 5);        /* the first one's fragments may be too many to hold while neighbours meet */
    assert_int_equal(j.p.duplicates, 0);
    pair_close(&p);
}

static void test_X02_the_nth_allocation_fails(void **state)
{
    bool done = false;
    for (uint64_t n = 1; !done; n++) {
        struct pair p;
        assert_true(pair_open(&p, 1));
        hp_mem_fail_at(p.a.stack, n);
        struct hp_mem_stats before, after;
        hp_mem_stats(p.a.stack, &before);
        struct ping_job j = {.p = {.to = ip_of("10.0.0.2"), .count = 2, .size = 100, .interval = HP_MS(10)}};
        if (hp_spawn(p.a.stack, "ping", ping_program, &j, 0) == HP_OK) assert_true(pair_run(&p, HP_S(20), ping_done, &j));
        hp_mem_stats(p.a.stack, &after);
        done = after.failures == before.failures;
        hp_mem_fail_at(p.a.stack, 0);
        pair_run(&p, HP_S(5), NULL, NULL);
        j = (struct ping_job){.p = {.to = ip_of("10.0.0.2"), .count = 1, .size = 100}};
        assert_int_equal(hp_spawn(p.a.stack, "ping", ping_program, &j, 0), HP_OK);
        assert_true(pair_run(&p, HP_S(20), ping_done, &j));
        if (j.result) fail_msg("after n = %u: %s", (unsigned)n, hp_err_text(j.result));
        assert_true(n < 100);
        pair_close(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_are_numbered_and_answered),
        cmocka_unit_test(test_all_sizes_up_to_the_largest),
        cmocka_unit_test(test_identifiers_are_ports),
        cmocka_unit_test(test_a_connected_socket_hears_its_peer_only),
        cmocka_unit_test(test_traceroute_tells_who_answered),
        cmocka_unit_test(test_traceroute_ends_at_the_destination),
        cmocka_unit_test(test_an_unknown_neighbour_is_an_error_or_silence),
        cmocka_unit_test(test_the_pinger_pings),
        cmocka_unit_test(test_X02_the_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
