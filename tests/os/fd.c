/* Frames over a socketpair between two stacks, through the run loop, in real time (well below a second). */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/link.h"
#include "hepta/os.h"
#include "support/tap.h"
#include "support/test.h"

struct ends {
    struct hp_loop *loop;
    struct hp_stack *stack[2];
    struct hp_wire *wire[2];
    int fd[2], link[2];
    unsigned frames[2], wanted;         /* frames of ours that came */
    uint32_t next[2];                   /* the number that the next one must have */
    bool in_order;
};

enum { TEST_ETHERTYPE = 0x88b5 };

static void ends_event(void *ctx, const struct hp_event *e)
{
    struct ends *t = ctx;
    uint8_t b[18];
    if (hp_pkt_copy_out(e->pkt, 0, b, sizeof b) != sizeof b || get16(b + 12) != TEST_ETHERTYPE) return;
    int i = e->stack == t->stack[1];
    t->frames[i]++;
    t->in_order &= get32(b + 14) == t->next[i]++;
}

static void ends_begin(struct ends *t, int type)
{
    char why[256] = "";
    memset(t, 0, sizeof *t);
    t->in_order = true;
    assert_int_equal(socketpair(AF_UNIX, type, 0, t->fd), 0);
    assert_int_equal(hp_loop_new(&t->loop), HP_OK);
    for (int i = 0; i < 2; i++) {
        struct hp_config config = {.allocator = hp_os_allocator(), .seed = (uint64_t)i, .now = hp_os_now(),
                                   .trace = {ends_event, t, 1u << HP_TRACE_RX}};
        t->stack[i] = hp_stack_new(&config);
        assert_non_null(t->stack[i]);
        if (hp_wire_open_fd(t->loop, t->fd[i], &t->wire[i], why, sizeof why)) fail_msg("%s", why);
        t->link[i] = hp_link_add(t->stack[i], t->wire[i], NULL);
        assert_true(t->link[i] > 0);
        hp_loop_add(t->loop, t->stack[i]);
    }
}

static void ends_end(struct ends *t)
{
    for (int i = 0; i < 2; i++)
        if (t->stack[i]) hp_stack_free(t->stack[i]);
    hp_loop_free(t->loop);
    for (int i = 0; i < 2; i++) close(t->fd[i]);
}

/* `count` numbered frames from stack `i` into its link's queue. */
static void ends_say(struct ends *t, int i, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        uint8_t *at = NULL;
        struct hp_pkt *p = hp_pkt_room(t->stack[i], 1000, &at);
        memset(at, 0, 1000);
        put16(at + 12, TEST_ETHERTYPE);
        put32(at + 14, k);
        link_queue(t->stack[i], link_get(t->stack[i], t->link[i]), p);
    }
}

static bool ends_done(void *ctx)
{
    const struct ends *t = ctx;
    return t->frames[0] >= t->wanted && t->frames[1] >= t->wanted;
}

static void frames_both_ways(int type)
{
    struct ends t;
    ends_begin(&t, type);
    t.wanted = 900; /* more than the socket's buffer holds: the wire has to wait for room */
    ends_say(&t, 0, t.wanted);
    ends_say(&t, 1, t.wanted);
    assert_int_equal(hp_loop_run(t.loop, hp_os_now() + HP_S(5), ends_done, &t), HP_OK);
    assert_true(t.in_order);
    assert_int_equal(t.frames[0], t.wanted);
    assert_int_equal(t.frames[1], t.wanted);
    ends_end(&t);
}

static void test_frames_over_seqpacket(void **state) { frames_both_ways(SOCK_SEQPACKET); }
static void test_frames_over_datagrams(void **state) { frames_both_ways(SOCK_DGRAM); }

static bool carrier_lost(void *ctx)
{
    const struct ends *t = ctx;
    struct hp_link_info info;
    return hp_link_info(t->stack[0], t->link[0], &info) == HP_OK && !info.carrier;
}

static void test_end_of_the_peer_is_a_carrier_lost(void **state)
{
    struct ends t;
    ends_begin(&t, SOCK_SEQPACKET);
    hp_loop_remove(t.loop, t.stack[1]);
    hp_stack_free(t.stack[1]);
    t.stack[1] = NULL;
    shutdown(t.fd[1], SHUT_RDWR);
    assert_int_equal(hp_loop_run(t.loop, hp_os_now() + HP_S(5), carrier_lost, &t), HP_OK);
    ends_end(&t);
}

static void test_frame_too_large_has_a_name(void **state)
{
    struct ends t;
    static uint8_t large[4000];
    ends_begin(&t, SOCK_DGRAM);
    assert_int_equal(send(t.fd[1], large, sizeof large, 0), sizeof large);
    hp_loop_run(t.loop, hp_os_now() + HP_MS(20), NULL, NULL);
    assert_int_equal(hp_drop_count(t.stack[0], HP_DROP_GIANT), 1);
    ends_end(&t);
}

static void test_loop_ends_in_time_and_when_told(void **state)
{
    struct hp_loop *l;
    assert_int_equal(hp_loop_new(&l), HP_OK);
    hp_time began = hp_os_now();
    assert_int_equal(hp_loop_run(l, began + HP_MS(20), NULL, NULL), HP_ETIMEDOUT);
    hp_time took = hp_os_now() - began;
    assert_true(took >= HP_MS(20));
    assert_true(took < HP_S(2));
    hp_loop_stop(l);
    assert_int_equal(hp_loop_run(l, HP_NEVER, NULL, NULL), HP_ECANCELED);
    assert_int_equal(hp_loop_run(l, hp_os_now() + HP_MS(5), NULL, NULL), HP_ETIMEDOUT);
    hp_loop_free(l);
}

/* A watch that is taken back while its event waits is not called. */
struct watch_test {
    struct hp_loop *loop;
    struct hp_watch watch[2];
    int calls;
};

static void watch_ready(void *ctx, unsigned events)
{
    struct watch_test *t = ctx;
    t->calls++;
    for (int i = 0; i < 2; i++) hp_loop_unwatch(t->loop, &t->watch[i]);
}

static void test_unwatch_during_dispatch(void **state)
{
    struct watch_test t = {.calls = 0};
    int pipes[2][2];
    assert_int_equal(hp_loop_new(&t.loop), HP_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(pipes[i]), 0);
        assert_int_equal(write(pipes[i][1], "x", 1), 1);
        t.watch[i] = (struct hp_watch){.fd = pipes[i][0], .events = HP_WATCH_READ, .ready = watch_ready, .ctx = &t};
        assert_int_equal(hp_loop_watch(t.loop, &t.watch[i]), HP_OK);
    }
    hp_loop_run(t.loop, hp_os_now() + HP_MS(10), NULL, NULL);
    assert_int_equal(t.calls, 1);
    hp_loop_free(t.loop);
    for (int i = 0; i < 4; i++) close(pipes[i / 2][i % 2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_over_seqpacket),
        cmocka_unit_test(test_frames_over_datagrams),
        cmocka_unit_test(test_end_of_the_peer_is_a_carrier_lost),
        cmocka_unit_test(test_frame_too_large_has_a_name),
        cmocka_unit_test(test_loop_ends_in_time_and_when_told),
        cmocka_unit_test(test_unwatch_during_dispatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
