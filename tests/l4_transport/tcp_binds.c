/* Who may bind to what, who hears what, and how ends are settled that nobody holds. */
#include "support/talk.h"

#include "l4_transport/tcp/tcp.h"

static struct hp_sock *stream(struct talk *t)
{
    struct hp_sock *s;
    assert_int_equal(hp_socket(t->s, HP_STREAM, 0, &s), HP_OK);
    return s;
}

static int bind_to(struct hp_sock *s, const char *ip, uint16_t port)
{
    struct hp_endpoint e = {.port = port};
    if (ip) assert_true(hp_ip_parse(ip, &e.ip));
    return hp_bind(s, &e);
}

static void set(struct hp_sock *s, enum hp_opt opt) { assert_int_equal(hp_setsockopt(s, opt, &(int){1}, sizeof(int)), HP_OK); }

static void test_a_port_is_bound_once(void **state)
{
    struct talk t;
    talk_begin(&t);
    struct hp_sock *a = stream(&t), *b = stream(&t);
    assert_int_equal(bind_to(a, NULL, 80), HP_OK);
    assert_int_equal(bind_to(a, NULL, 81), HP_EINVAL);
    assert_int_equal(bind_to(b, NULL, 80), HP_EADDRINUSE);
    assert_int_equal(bind_to(b, "0.0.0.0", 80), HP_EADDRINUSE); /* `::` hears IPv4 too */
    assert_int_equal(bind_to(b, "9.9.9.9", 80), HP_EADDRNOTAVAIL);
    hp_close(a);
    assert_int_equal(bind_to(b, NULL, 80), HP_OK);
    hp_close(b);
    talk_end(&t);
}

static void test_versions_do_not_meet(void **state)
{
    struct talk t;
    talk_begin(&t);
    struct hp_sock *a = stream(&t), *b = stream(&t), *c = stream(&t);
    set(a, HP_IPV6_V6ONLY);
    assert_int_equal(bind_to(a, NULL, 80), HP_OK);
    assert_int_equal(bind_to(b, "0.0.0.0", 80), HP_OK);
    assert_int_equal(bind_to(c, NULL, 80), HP_EADDRINUSE);
    assert_int_equal(hp_setsockopt(a, HP_IPV6_V6ONLY, &(int){0}, sizeof(int)), HP_EINVAL); /* settled */
    hp_close(a);
    hp_close(b);
    hp_close(c);
    talk_end(&t);
}

static void test_reuseaddr_shares_until_somebody_listens(void **state)
{
    struct talk t;
    talk_begin(&t);
    struct hp_sock *a = stream(&t), *b = stream(&t), *c = stream(&t);
    set(a, HP_SO_REUSEADDR);
    set(b, HP_SO_REUSEADDR);
    set(c, HP_SO_REUSEADDR);
    assert_int_equal(bind_to(a, NULL, 80), HP_OK);
    assert_int_equal(bind_to(b, NULL, 80), HP_OK);
    assert_int_equal(hp_listen(a, 1), HP_OK);
    assert_int_equal(hp_listen(b, 1), HP_EADDRINUSE);
    assert_int_equal(bind_to(c, NULL, 80), HP_EADDRINUSE);
    hp_close(a);
    hp_close(b);
    hp_close(c);
    talk_end(&t);
}

static void test_port_of_a_dead_connection_can_be_bound(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open_passive(&t, "win=1000 mss=1000");
    hp_close(t.listener);
    t.listener = NULL;
    struct hp_sock *a = stream(&t);
    assert_int_equal(bind_to(a, NULL, TALK_PORT), HP_OK); /* a server that starts anew */
    assert_int_equal(hp_listen(a, 1), HP_OK);
    hp_close(a);
    talk_end(&t);
}

static void test_ephemeral_ports(void **state)
{
    struct talk t;
    struct hp_endpoint e;
    talk_begin(&t);
    struct hp_sock *s[50];
    bool seen[65536] = {false};
    for (int i = 0; i < 50; i++) {
        s[i] = stream(&t);
        assert_int_equal(bind_to(s[i], NULL, 0), HP_OK);
        assert_int_equal(hp_local(s[i], &e), HP_OK);
        assert_true(e.port >= PORT_EPHEMERAL_MIN && e.port <= PORT_EPHEMERAL_MAX && !seen[e.port]);
        seen[e.port] = true;
    }
    for (int i = 0; i < 50; i++) hp_close(s[i]);
    talk_end(&t);
}

static void test_most_specific_listener_hears(void **state)
{
    struct talk t;
    struct hp_sock *c;
    talk_begin(&t);
    t.port = TALK_PORT;
    t.peer_port = TALK_PEER_PORT;
    struct hp_sock *any = stream(&t), *one = stream(&t);
    struct hp_endpoint exact = {.ip = t.ip, .port = TALK_PORT};
    set(any, HP_SO_REUSEPORT);
    set(one, HP_SO_REUSEPORT);
    assert_int_equal(bind_to(any, NULL, TALK_PORT), HP_OK);
    assert_int_equal(hp_bind(one, &exact), HP_OK);
    assert_int_equal(hp_listen(any, 4), HP_OK);
    assert_int_equal(hp_listen(one, 4), HP_OK);
    talk_send(&t, "SYN seq=0 mss=1000");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    assert_int_equal(hp_accept(any, &c, NULL), HP_EAGAIN);
    assert_int_equal(hp_accept(one, &c, NULL), HP_OK);
    hp_close(c);
    hp_close(any);
    hp_close(one);
    talk_end(&t);
}

static void test_reuseport_spreads_by_hash(void **state)
{
    enum { LISTENERS = 4, FLOWS = 200 };
    struct talk t;
    struct hp_sock *l[LISTENERS], *c;
    unsigned got[LISTENERS] = {0};
    talk_begin(&t);
    t.port = TALK_PORT;
    for (int i = 0; i < LISTENERS; i++) {
        l[i] = stream(&t);
        set(l[i], HP_SO_REUSEPORT);
        assert_int_equal(bind_to(l[i], NULL, TALK_PORT), HP_OK);
        assert_int_equal(hp_listen(l[i], FLOWS), HP_OK);
    }
    struct hp_sock *alone = stream(&t);
    assert_int_equal(bind_to(alone, NULL, TALK_PORT), HP_EADDRINUSE);
    hp_close(alone);
    for (int i = 0; i < FLOWS; i++) {
        t.peer_port = (uint16_t)(1000 + i);
        talk_send(&t, "SYN seq=0 mss=1000");
        talk_expect(&t, "SYN ACK seq=0 ack=1");
        talk_send(&t, "ACK seq=1 ack=1");
        for (int k = 0; k < LISTENERS; k++) {
            if (hp_accept(l[k], &c, NULL) != HP_OK) continue;
            got[k]++;
            hp_close(c);
        }
        talk_flush(&t);
    }
    for (int k = 0; k < LISTENERS; k++) {
        talk_assert(&t, got[k] > FLOWS / LISTENERS / 2 && got[k] < FLOWS / LISTENERS * 2);
        hp_close(l[k]);
    }
    talk_end(&t);
}

static void test_a_dual_stack_listener_hears_both(void **state)
{
    struct talk t;
    struct hp_endpoint peer;
    struct hp_sock *c;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1000");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    assert_int_equal(hp_accept(t.listener, &c, &peer), HP_OK);
    assert_int_equal(hp_ip_is4(&peer.ip), !t.v6);
    hp_close(c);
    talk_end(&t);
}

static void test_v6only_does_not_hear_ipv4(void **state)
{
    struct talk t;
    talk_begin(&t);
    t.port = TALK_PORT;
    t.peer_port = TALK_PEER_PORT;
    t.iss_known = true;
    struct hp_sock *l = stream(&t);
    set(l, HP_IPV6_V6ONLY);
    assert_int_equal(bind_to(l, NULL, TALK_PORT), HP_OK);
    assert_int_equal(hp_listen(l, 1), HP_OK);
    talk_send(&t, "SYN seq=0 mss=1000");
    talk_expect(&t, t.v6 ? "SYN ACK seq=0 ack=1" : "RST ACK seq=0 ack=1");
    hp_close(l);
    talk_end(&t);
}

static void test_bound_to_a_link(void **state)
{
    struct talk t;
    talk_begin(&t);
    t.port = TALK_PORT;
    t.peer_port = TALK_PEER_PORT;
    t.iss_known = true;
    struct hp_sock *l = stream(&t);
    int other = t.link == 1 ? 2 : 1, wrong = 99;
    assert_int_equal(hp_setsockopt(l, HP_SO_BINDTODEVICE, &wrong, sizeof wrong), HP_ENOENT);
    if (hp_setsockopt(l, HP_SO_BINDTODEVICE, &other, sizeof other) == HP_OK) {
        assert_int_equal(bind_to(l, NULL, TALK_PORT), HP_OK);
        assert_int_equal(hp_listen(l, 1), HP_OK);
        talk_send(&t, "SYN seq=0 mss=1000");
        talk_expect(&t, "RST ACK seq=0 ack=1");
    }
    hp_close(l);
    talk_end(&t);
}

static void test_connect_checks(void **state)
{
    struct talk t;
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = 0};
    talk_begin(&t);
    struct hp_sock *s = stream(&t);
    assert_int_equal(hp_connect(s, &to), HP_EADDRNOTAVAIL);
    to = (struct hp_endpoint){.ip = hp_ip4(224, 0, 0, 1), .port = 80};
    assert_int_equal(hp_connect(s, &to), HP_ENETUNREACH);
    to.ip = t.peer;
    assert_int_equal(hp_connect(s, &to), HP_EINPROGRESS);
    assert_int_equal(hp_connect(s, &to), HP_EALREADY);
    assert_int_equal(hp_listen(s, 1), HP_EINVAL);
    hp_close(s);
    talk_end(&t);
    talk_established(&t, "win=1000 mss=1000");
    to = (struct hp_endpoint){.ip = t.peer, .port = 80};
    assert_int_equal(hp_connect(t.sock, &to), HP_EISCONN);
    talk_end(&t);
}

static void test_same_flow_twice_is_refused(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    struct hp_sock *b = stream(&t);
    struct hp_endpoint from = {.ip = t.ip, .port = TALK_PEER_PORT}, to = {.ip = t.peer, .port = TALK_PORT};
    hp_close(t.sock);
    t.sock = stream(&t);
    set(t.sock, HP_SO_REUSEADDR);
    set(b, HP_SO_REUSEADDR);
    assert_int_equal(hp_bind(t.sock, &from), HP_OK);
    assert_int_equal(hp_bind(b, &from), HP_OK);
    assert_int_equal(hp_connect(t.sock, &to), HP_EINPROGRESS);
    assert_int_equal(hp_connect(b, &to), HP_EADDRINUSE);
    hp_close(b);
    talk_end(&t);
}

static void test_connect_to_ourselves(void **state)
{
    struct talk t;
    struct hp_sock *c;
    talk_begin(&t);
    talk_listen(&t, 4);
    struct hp_sock *s = stream(&t);
    struct hp_endpoint to = {.ip = t.ip, .port = TALK_PORT};
    assert_int_equal(hp_connect(s, &to), HP_EINPROGRESS);
    for (int i = 0; i < 10; i++) talk_step(&t);
    assert_int_equal(hp_accept(t.listener, &c, NULL), HP_OK);
    assert_int_equal(hp_send(s, "hallo", 5, 0), 5);
    for (int i = 0; i < 10; i++) talk_step(&t);
    char buf[8];
    assert_int_equal(hp_recv(c, buf, sizeof buf, 0), 5);
    talk_nothing(&t);
    hp_close(s);
    hp_close(c);
    talk_end(&t);
}

static void test_linger_bounds_the_end(void **state)
{
    struct talk t;
    struct hp_linger linger = {.on = 1, .time = HP_S(3)};
    talk_established(&t, "win=1000 mss=1000");
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_LINGER, &linger, sizeof linger), HP_OK);
    talk_write(&t, 500);
    talk_close(&t);
    talk_wait(&t, HP_MS(2900));
    talk_flush(&t);
    talk_wait(&t, HP_MS(200));
    talk_expect(&t, "RST ACK");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S15_orphan_does_not_outlive_a_shut_window(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_write(&t, 3000);
    talk_send(&t, "ACK seq=1 ack=1001 win=0");
    talk_close(&t);
    const struct tcp_host *h = stack_state(t.s, &tcp_proto);
    for (int i = 0; i < 40 && h->flows.count; i++) {
        talk_wait(&t, HP_S(15));
        if (h->flows.count) talk_send(&t, "ACK seq=1 ack=1001 win=0");
    }
    talk_gone(&t);
    talk_end(&t);
}

static void test_close_in_syn_received(void **state)
{
    struct talk t;
    talk_syn_sent(&t);
    talk_send(&t, "SYN seq=0 win=1000 mss=1000");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_close(&t);
    assert_logged(&t.log, "SYN-RECEIVED -> FIN-WAIT-1");
    talk_send(&t, "ACK seq=1 ack=1 win=1000");
    talk_flush(&t);
    talk_send(&t, "FIN ACK seq=1 ack=2 win=1000");
    assert_logged(&t.log, "FIN-WAIT-2 -> TIME-WAIT");
    talk_end(&t);
}

static void test_S18_syn_without_listener_does_not_end_time_wait(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "FIN ACK seq=1 ack=2");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_send(&t, "SYN seq=100000 mss=1000");
    talk_expect(&t, "ACK seq=2 ack=2");
    assert_not_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_port_is_bound_once),
    cmocka_unit_test(test_versions_do_not_meet),
    cmocka_unit_test(test_reuseaddr_shares_until_somebody_listens),
    cmocka_unit_test(test_port_of_a_dead_connection_can_be_bound),
    cmocka_unit_test(test_ephemeral_ports),
    cmocka_unit_test(test_most_specific_listener_hears),
    cmocka_unit_test(test_reuseport_spreads_by_hash),
    cmocka_unit_test(test_a_dual_stack_listener_hears_both),
    cmocka_unit_test(test_v6only_does_not_hear_ipv4),
    cmocka_unit_test(test_bound_to_a_link),
    cmocka_unit_test(test_connect_checks),
    cmocka_unit_test(test_same_flow_twice_is_refused),
    cmocka_unit_test(test_connect_to_ourselves),
    cmocka_unit_test(test_linger_bounds_the_end),
    cmocka_unit_test(test_S15_orphan_does_not_outlive_a_shut_window),
    cmocka_unit_test(test_close_in_syn_received),
    cmocka_unit_test(test_S18_syn_without_listener_does_not_end_time_wait),
};
TALK_MAIN(tests)
