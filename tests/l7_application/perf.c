/* The throughput measurement: bytes are counted alike at both ends, and it ends whatever happens. */
#include "hepta/services.h"

#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

struct scene {
    struct pair p;
    struct hp_perf_server server;
    struct hp_perf perf;
    uint64_t told;
    int intervals, result;
    bool ended;
};

static void scene_interval(void *ctx, hp_time from, hp_time to, uint64_t bytes)
{
    struct scene *c = ctx;
    assert_true(to - from >= HP_S(1));
    c->intervals++;
    c->told += bytes;
}

static void client(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    c->result = hp_perf(s, &c->perf);
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static struct scene *scene_open(enum hp_perf_direction direction)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 17));
    c->p.delay = HP_US(200);
    assert_int_equal(hp_perf_serve(c->p.b.stack, &c->server), HP_OK);
    c->perf = (struct hp_perf){.to = {.ip = c->p.b.ip}, .direction = direction, .interval = scene_interval, .ctx = c};
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

static int measure(struct scene *c)
{
    assert_int_equal(hp_spawn(c->p.a.stack, "perf", client, c, 0), HP_OK);
    if (!pair_run(&c->p, HP_S(300), scene_ended, c)) fail_msg("the measurement does not end");
    pair_run(&c->p, HP_S(1), NULL, NULL);
    return c->result;
}

static void test_up(void **state)
{
    struct scene *c = scene_open(HP_PERF_UP);
    c->perf.bytes = 1000001;
    c->perf.streams = 2;
    assert_int_equal(measure(c), HP_OK);
    assert_int_equal(c->perf.total_bytes, 2000002);
    assert_int_equal(c->server.bytes_in, 2000002);
    assert_int_equal(c->server.bytes_out, 0);
    assert_int_equal(c->server.connections, 2);
    scene_close(c);
}

static void test_down(void **state)
{
    struct scene *c = scene_open(HP_PERF_DOWN);
    c->perf.bytes = 1000001;
    assert_int_equal(measure(c), HP_OK);
    assert_int_equal(c->perf.total_bytes, 1000001);
    assert_int_equal(c->server.bytes_out, 1000001);
    assert_int_equal(c->server.bytes_in, 0);
    scene_close(c);
}

static void test_echo(void **state)
{
    struct scene *c = scene_open(HP_PERF_ECHO);
    c->perf.message = 100;
    c->perf.bytes = 5000;
    assert_int_equal(measure(c), HP_OK);
    assert_int_equal(c->perf.exchanges, 50);
    assert_int_equal(c->perf.total_bytes, 5000);
    assert_int_equal(c->server.bytes_in, 5000);
    assert_int_equal(c->server.bytes_out, 5000);
    c->perf.message = 131073;
    assert_int_equal(measure(c), HP_EMSGSIZE);
    scene_close(c);
}

static void test_by_duration(void **state)
{
    struct scene *c = scene_open(HP_PERF_ECHO);
    c->perf.duration = HP_MS(3500);
    assert_int_equal(measure(c), HP_OK);
    assert_in_range(c->perf.ended - c->perf.began, HP_MS(3490), HP_MS(3600));
    assert_int_equal(c->intervals, 3);
    assert_true(c->told > 0 && c->told <= c->perf.total_bytes);
    assert_int_equal(c->server.bytes_in, c->perf.total_bytes);
    scene_close(c);
}

static void test_nobody_there(void **state)
{
    struct scene *c = scene_open(HP_PERF_UP);
    c->perf.to.port = 5202;
    c->perf.streams = 3;
    assert_int_equal(measure(c), HP_ECONNREFUSED);
    assert_int_equal(c->perf.streams_running, 0);
    scene_close(c);
}

/* The stacks are freed in the middle of it: every program ends, nothing is left. */
static void test_the_world_ends(void **state)
{
    for (int d = HP_PERF_UP; d <= HP_PERF_ECHO; d++) {
        struct scene *c = scene_open((enum hp_perf_direction)d);
        c->perf.streams = 2;
        assert_int_equal(hp_spawn(c->p.a.stack, "perf", client, c, 0), HP_OK);
        pair_run(&c->p, HP_MS(100), NULL, NULL);
        assert_int_equal(c->perf.streams_running, 2);
        scene_close(c);
    }
}

/* A peer that takes everything and says nothing: connections wait in its queue. */
static void test_silence_is_a_timeout(void **state)
{
    for (int direction = HP_PERF_UP; direction <= HP_PERF_ECHO; direction++) {
        struct scene *c = scene_open((enum hp_perf_direction)direction);
        struct hp_sock *listener;
        struct hp_endpoint any = {.port = 77};
        assert_int_equal(hp_socket(c->p.b.stack, HP_STREAM, 0, &listener), HP_OK);
        assert_int_equal(hp_bind(listener, &any), HP_OK);
        assert_int_equal(hp_listen(listener, 8), HP_OK);
        c->perf.to.port = 77;
        c->perf.bytes = 1000;
        assert_int_equal(measure(c), HP_ETIMEDOUT);
        hp_close(listener);
        scene_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up),
        cmocka_unit_test(test_down),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_by_duration),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_the_world_ends),
        cmocka_unit_test(test_silence_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
