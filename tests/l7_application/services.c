/* Echo, discard and chargen, over UDP and TCP. */
#include "hepta/services.h"

#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

enum { BYTES = 100000 };

struct scene {
    struct pair p;
    struct hp_services v;
    uint16_t from, to;                  /* UDP ports; from 0 = any */
    size_t n, got_n;
    int64_t got;
    bool equal, ended;
    uint8_t out[BYTES], in[BYTES];
};

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 13));
    c->v = (struct hp_services){.echo = true, .discard = true, .chargen = true};
    for (int i = 0; i < BYTES; i++) c->out[i] = (uint8_t)(i * 13 >> 2);
    assert_int_equal(hp_services_start(c->p.b.stack, &c->v), HP_OK);
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_run(&c->p, HP_S(400), NULL, NULL);
    assert_int_equal(c->v.connections, 0);
    pair_close(&c->p);
    free(c);
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static void run(struct scene *c, void (*fn)(struct hp_stack *, void *))
{
    c->ended = false;
    assert_int_equal(hp_spawn(c->p.a.stack, "asker", fn, c, 0), HP_OK);
    assert_true(pair_run(&c->p, HP_S(1000), scene_ended, c));
}

static void udp_asker(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint own = {.port = c->from}, to = {.ip = c->p.b.ip, .port = c->to};
    hp_time patience = HP_S(2);
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &sock), HP_OK);
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(hp_bind(sock, &own), HP_OK);
    assert_int_equal(hp_connect(sock, &to), HP_OK);
    assert_int_equal(hp_send(sock, c->out, c->n, 0), c->n);
    c->got = hp_recv(sock, c->in, sizeof c->in, 0);
    c->equal = c->got == (int64_t)c->n && memcmp(c->in, c->out, c->n) == 0;
    hp_close(sock);
    c->ended = true;
}

static int64_t ask_udp(struct scene *c, uint16_t from, uint16_t to, size_t n)
{
    c->from = from;
    c->to = to;
    c->n = n;
    run(c, udp_asker);
    return c->got;
}

static void test_U08_udp_answers_are_as_long_as_the_question(void **state)
{
    static const size_t size[] = {0, 1, 74, 512, 1472, 9000};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        assert_int_equal(ask_udp(c, 0, HP_PORT_ECHO, size[i]), size[i]);
        assert_true(c->equal);
        assert_int_equal(ask_udp(c, 0, HP_PORT_CHARGEN, size[i]), size[i]);
    }
    assert_int_equal(ask_udp(c, 0, HP_PORT_DISCARD, 100), HP_EAGAIN);
    assert_int_equal(c->v.udp_datagrams, 13);
    scene_close(c);
}

static void test_U08_services_do_not_talk_to_each_other(void **state)
{
    static const uint16_t port[] = {HP_PORT_ECHO, HP_PORT_CHARGEN, 53, 1023};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof port / sizeof *port; i++) {
        assert_int_equal(ask_udp(c, port[i], HP_PORT_ECHO, 10), HP_EAGAIN);
        assert_int_equal(ask_udp(c, port[i], HP_PORT_CHARGEN, 10), HP_EAGAIN);
    }
    assert_int_equal(ask_udp(c, 1024, HP_PORT_ECHO, 10), 10);
    scene_close(c);
}

/* CVE-1999-0513: what goes to everybody on a link is not answered. */
static void broadcast_asker(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip, .port = HP_PORT_ECHO};
    hp_time patience = HP_S(2);
    int on = 1;
    assert_int_equal(hp_socket(s, HP_DGRAM, 0, &sock), HP_OK);
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    hp_setsockopt(sock, HP_SO_BROADCAST, &on, sizeof on);
    to.ip.b[15] = 255;
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &to), 1);
    assert_int_equal(hp_recv(sock, c->in, sizeof c->in, 0), HP_EAGAIN);
    to.ip = hp_ip4(255, 255, 255, 255);
    assert_int_equal(hp_sendto(sock, "x", 1, 0, &to), 1);
    assert_int_equal(hp_recv(sock, c->in, sizeof c->in, 0), HP_EAGAIN);
    hp_close(sock);
    c->ended = true;
}

static void test_U08_broadcasts_are_not_answered(void **state)
{
    struct scene *c = scene_open();
    run(c, broadcast_asker);
    assert_int_equal(c->v.udp_datagrams, 2); /* they came */
    assert_int_equal(ask_udp(c, 0, HP_PORT_ECHO, 10), 10);
    scene_close(c);
}

static void tcp_asker(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip6, .port = c->to};
    c->got_n = 0;
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &sock), HP_OK);
    c->got = hp_connect(sock, &to);
    for (size_t at = 0; !c->got && at < c->n; at += 10000) {
        assert_int_equal(hp_send(sock, c->out + at, 10000, 0), 10000);
        for (size_t want = at + 10000; c->to == HP_PORT_ECHO && c->got_n < want;) {
            int64_t n = hp_recv(sock, c->in + c->got_n, want - c->got_n, 0);
            assert_true(n > 0);
            c->got_n += (size_t)n;
        }
    }
    if (c->to != HP_PORT_CHARGEN) hp_shutdown(sock, HP_SHUT_WR);
    while (c->got_n < BYTES && (c->got = hp_recv(sock, c->in + c->got_n, BYTES - c->got_n, 0)) > 0) c->got_n += (size_t)c->got;
    hp_close(sock);
    c->ended = true;
}

static void test_tcp(void **state)
{
    struct scene *c = scene_open();
    c->n = BYTES;
    c->to = HP_PORT_ECHO;
    run(c, tcp_asker);
    assert_int_equal(c->got_n, BYTES);
    assert_memory_equal(c->in, c->out, BYTES);
    assert_int_equal(c->v.tcp_bytes, BYTES);
    c->to = HP_PORT_DISCARD;
    run(c, tcp_asker);
    assert_int_equal(c->got_n, 0);
    assert_int_equal(c->got, 0);
    assert_int_equal(c->v.tcp_bytes, 2 * BYTES);
    c->to = HP_PORT_CHARGEN;
    c->n = 0;
    run(c, tcp_asker);
    assert_int_equal(c->got_n, BYTES);
    for (size_t i = 0; i < BYTES; i++) { /* RFC 864: 72 characters a line, each line one further */
        size_t column = i % 74;
        uint8_t want = column == 72 ? '\r' : column == 73 ? '\n' : (uint8_t)(' ' + (i / 74 + column) % 95);
        if (c->in[i] != want) fail_msg("byte %zu: %02x, not %02x", i, c->in[i], want);
    }
    assert_int_equal(c->v.tcp_connections, 3);
    scene_close(c);
}

static void idler(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip, .port = HP_PORT_ECHO};
    uint8_t b;
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &sock), HP_OK);
    if (hp_connect(sock, &to) == HP_OK) hp_recv(sock, &b, 1, 0);
    hp_close(sock);
}

static void test_connections_max_and_idle_peers(void **state)
{
    struct scene *c = scene_open();
    c->v.connections_max = 2;
    for (int i = 0; i < 4; i++) assert_int_equal(hp_spawn(c->p.a.stack, "idle", idler, c, 0), HP_OK);
    pair_run(&c->p, HP_S(20), NULL, NULL);
    assert_int_equal(c->v.connections, 2);
    assert_int_equal(hp_programs_count(c->p.a.stack), 2);
    pair_run(&c->p, HP_S(320), NULL, NULL);
    assert_int_equal(c->v.connections, 0); /* five minutes of silence are enough */
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_U08_udp_answers_are_as_long_as_the_question),
        cmocka_unit_test(test_U08_broadcasts_are_not_answered),
        cmocka_unit_test(test_U08_services_do_not_talk_to_each_other),
        cmocka_unit_test(test_tcp),
        cmocka_unit_test(test_connections_max_and_idle_peers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
