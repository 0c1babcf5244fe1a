/* TCP against itself through a pipe that loses, doubles, delays and reorders: for many seeds both streams arrive byte for byte, the connection
 * closes, nothing leaks, and the invariants hold after every step. */
#include "l4_transport/tcp/tcp.h"
#include "support/pipe.h"
#include "support/tcp_check.h"
#include "support/test.h"

enum { RANDOM_PORT = 7, RANDOM_SEEDS = 200, RANDOM_CHUNK = 20000 };

struct side {
    struct hp_sock *sock;
    struct random random;
    uint64_t to_send, sent, to_get, got;
    uint64_t out_key, in_key;
    bool shut, ended;
};

struct run {
    struct pipe pipe;
    struct hp_sock *listener;
    struct side a, b;
    uint64_t seed;
    int checks;
};

static uint8_t byte_at(uint64_t key, uint64_t i) { return (uint8_t)((i * 0x9e3779b97f4a7c15u + key) >> 56 ^ i); }

static void side_send(struct run *r, struct side *s)
{
    static uint8_t buf[RANDOM_CHUNK];
    while (s->sent < s->to_send) {
        uint64_t n = 1 + random_next(&s->random) % RANDOM_CHUNK;
        if (random_next(&s->random) % 4 == 0) n = 1 + n % 10;
        if (n > s->to_send - s->sent) n = s->to_send - s->sent;
        for (uint64_t i = 0; i < n; i++) buf[i] = byte_at(s->out_key, s->sent + i);
        int64_t did = hp_send(s->sock, buf, (size_t)n, 0);
        if (did == HP_EAGAIN || did == HP_ENOMEM) return;
        if (did < 0) fail_msg("seed %llu: send: %s", (unsigned long long)r->seed, hp_err_text((int)did));
        s->sent += (uint64_t)did;
    }
    if (!s->shut) {
        assert_int_equal(hp_shutdown(s->sock, HP_SHUT_WR), HP_OK);
        s->shut = true;
    }
}

static void side_recv(struct run *r, struct side *s)
{
    static uint8_t buf[RANDOM_CHUNK];
    while (!s->ended && random_next(&s->random) % 8) {
        size_t want = 1 + (size_t)(random_next(&s->random) % RANDOM_CHUNK);
        int64_t n = hp_recv(s->sock, buf, want, 0);
        if (n == HP_EAGAIN) return;
        if (n < 0) fail_msg("seed %llu: recv: %s", (unsigned long long)r->seed, hp_err_text((int)n));
        if (n == 0) {
            s->ended = true;
            if (s->got != s->to_get) fail_msg("seed %llu: %llu bytes of %llu", (unsigned long long)r->seed,
                                              (unsigned long long)s->got, (unsigned long long)s->to_get);
        }
        for (int64_t i = 0; i < n; i++)
            if (buf[i] != byte_at(s->in_key, s->got + (uint64_t)i))
                fail_msg("seed %llu: byte %llu is wrong", (unsigned long long)r->seed, (unsigned long long)(s->got + (uint64_t)i));
        s->got += (uint64_t)n;
    }
}

static bool run_each(void *ctx)
{
    struct run *r = ctx;
    unsigned what;
    if (!r->b.sock && hp_accept(r->listener, &r->b.sock, NULL) < 0) r->b.sock = NULL;
    if (hp_ready(r->a.sock) & HP_ERROR) fail_msg("seed %llu: the connection broke", (unsigned long long)r->seed);
    if (hp_ready(r->a.sock) & HP_WRITABLE) side_send(r, &r->a);
    side_recv(r, &r->a);
    if (r->b.sock) {
        side_send(r, &r->b);
        side_recv(r, &r->b);
    }
    while (hp_next_ready(r->pipe.a.stack, &what)) continue;
    while (hp_next_ready(r->pipe.b.stack, &what)) continue;
    if (r->checks++ % 7 == 0) {
        tcp_check_all(r->pipe.a.stack);
        tcp_check_all(r->pipe.b.stack);
    }
    return !(r->a.ended && r->b.ended && r->a.shut && r->b.shut);
}

static void side_init(struct side *s, uint64_t seed, const char *name, uint64_t out, uint64_t in)
{
    *s = (struct side){.to_send = out, .to_get = in, .out_key = seed ^ (uint64_t)name[0], .in_key = seed ^ (uint64_t)(name[0] ^ 3)};
    random_init(&s->random, seed, name, "user");
}

/* The start time puts the client's ISN where the test wants it: RFC 6528's clock is one of time. */
static hp_time start_for_isn(uint64_t seed, uint32_t isn, uint16_t port)
{
    struct pipe p;
    pipe_open(&p, seed, false, 0, 0);
    struct flow f = {hp_ip4(10, 0, 0, 1), hp_ip4(10, 0, 0, 2), port, RANDOM_PORT};
    uint32_t at_zero = tcp_isn(stack_state(p.a.stack, &tcp_proto), &f, 0);
    pipe_close(&p);
    return (hp_time)(isn - at_zero) * 4000;
}

static void run_open(struct run *r, uint64_t seed, bool v6, uint32_t isn)
{
    struct random dice;
    *r = (struct run){.seed = seed};
    random_init(&dice, seed, "run", "shape");
    uint16_t port = 4000;
    pipe_open(&r->pipe, seed, false, isn && !v6 ? start_for_isn(seed, isn, port) : 0,
              random_next(&dice) % 4 ? 0 : HP_WIRE_GSO | HP_WIRE_SUM_TX | HP_WIRE_SUM_RX);
    uint64_t big = random_next(&dice) % 600000, small = random_next(&dice) % 5000;
    bool swap = random_next(&dice) & 1;
    side_init(&r->a, seed, "a", swap ? small : big, swap ? big : small);
    side_init(&r->b, seed, "b", swap ? big : small, swap ? small : big);
    struct hp_endpoint any = {.port = RANDOM_PORT}, to = {.ip = hp_ip4(10, 0, 0, 2), .port = RANDOM_PORT}, from = {.port = port};
    if (v6) to.ip = (struct hp_ip){{0xfd, [15] = 2}};
    if (random_next(&dice) % 4 == 0) hp_setting_set(r->pipe.a.stack, "tcp.sack", 0);
    if (random_next(&dice) % 4 == 0) hp_setting_set(r->pipe.b.stack, "tcp.timestamps", 0);
    if (random_next(&dice) % 4 == 0) hp_setting_set(r->pipe.b.stack, "tcp.window_scaling", 0);
    assert_int_equal(hp_socket(r->pipe.b.stack, HP_STREAM, 0, &r->listener), HP_OK);
    assert_int_equal(hp_bind(r->listener, &any), HP_OK);
    assert_int_equal(hp_listen(r->listener, 4), HP_OK);
    assert_int_equal(hp_socket(r->pipe.a.stack, HP_STREAM, 0, &r->a.sock), HP_OK);
    assert_int_equal(hp_bind(r->a.sock, &from), HP_OK);
    if (random_next(&dice) & 1) assert_int_equal(hp_setsockopt(r->a.sock, HP_TCP_CONGESTION, "reno", 4), HP_OK);
    assert_int_equal(hp_connect(r->a.sock, &to), HP_EINPROGRESS);
    if (isn && !v6) assert_int_equal(((struct tcp *)r->a.sock)->iss, isn);
    r->pipe.delay = HP_US(1 + random_next(&dice) % 50000);
    r->pipe.jitter = random_next(&dice) % 3 ? HP_US(random_next(&dice) % 20000) : 0;
    r->pipe.loss = random_next(&dice) % 3 ? (uint32_t)(random_next(&dice) % (UINT32_MAX / 10)) : 0;
    r->pipe.twice = random_next(&dice) % 3 ? 0 : UINT32_MAX / 20;
}

static void run_close(struct run *r)
{
    hp_close(r->a.sock);
    if (r->b.sock) hp_close(r->b.sock);
    hp_close(r->listener);
    r->pipe.loss = 0;
    pipe_run(&r->pipe, r->pipe.now + HP_S(400), NULL, NULL);
    assert_int_equal(((struct tcp_host *)stack_state(r->pipe.a.stack, &tcp_proto))->flows.count, 0);
    assert_int_equal(((struct tcp_host *)stack_state(r->pipe.b.stack, &tcp_proto))->flows.count, 0);
    pipe_close(&r->pipe);
}

static void run_one(uint64_t seed, bool v6, uint32_t isn)
{
    static struct run r;
    run_open(&r, seed, v6, isn);
    pipe_run(&r.pipe, r.pipe.now + HP_S(3600), run_each, &r);
    if (!r.a.ended || !r.b.ended)
        fail_msg("seed %llu: not done in an hour: a sent %llu/%llu got %llu/%llu, b sent %llu/%llu got %llu/%llu",
                 (unsigned long long)seed, (unsigned long long)r.a.sent, (unsigned long long)r.a.to_send,
                 (unsigned long long)r.a.got, (unsigned long long)r.a.to_get, (unsigned long long)r.b.sent,
                 (unsigned long long)r.b.to_send, (unsigned long long)r.b.got, (unsigned long long)r.b.to_get);
    run_close(&r);
}

static void test_streams_arrive_whole(void **state)
{
    for (uint64_t seed = 1; seed <= RANDOM_SEEDS; seed++) run_one(seed, seed % 3 == 0, 0);
}

static void test_S04_sequence_numbers_wrap(void **state)
{
    for (uint64_t seed = 100; seed < 110; seed++) {
        run_one(seed, false, 0xffffff00);
        run_one(seed, false, 0x7fffff00);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams_arrive_whole),
        cmocka_unit_test(test_S04_sequence_numbers_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
