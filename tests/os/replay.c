/* The wire that plays a capture: frames in their order and time, what the captured machine sent left out, what is sent kept. */
#include <stdlib.h>
#include <unistd.h>

#include "core/link.h"
#include "hepta/os.h"
#include "hepta/pcap.h"
#include "support/tap.h"
#include "support/test.h"

struct replay_test {
    struct hp_loop *loop;
    struct hp_stack *stack;
    char in[64], out[64];
    hp_time came[8];
    uint8_t first[8];                   /* the first byte of each */
    int frames;
};

static void replay_event(void *ctx, const struct hp_event *e)
{
    struct replay_test *t = ctx;
    if (t->frames == 8) return;
    hp_pkt_copy_out(e->pkt, 0, &t->first[t->frames], 1);
    t->came[t->frames++] = hp_os_now();
}

static void temporary(char path[64])
{
    strcpy(path, "/tmp/hepta-test-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
}

/* A capture of frames 1 and 3, which came 40 ms apart, and 2, which the captured machine sent. */
static void replay_begin(struct replay_test *t)
{
    static uint8_t frame[3][60];
    struct hp_pcap *p;
    memset(t, 0, sizeof *t);
    temporary(t->in);
    temporary(t->out);
    assert_int_equal(hp_pcap_create(t->in, &p), HP_OK);
    hp_pcap_interface(p, "x", HP_PCAP_ETHERNET, NULL);
    for (int i = 0; i < 3; i++) {
        frame[i][0] = (uint8_t)(i + 1);
        struct hp_pcap_record r = {.time = HP_S(1000) + HP_MS(20) * i, .direction = i == 1 ? HP_PCAP_OUT : HP_PCAP_IN, .data = {frame[i], 60}};
        hp_pcap_write(p, &r);
    }
    assert_int_equal(hp_pcap_close(p), HP_OK);
    assert_int_equal(hp_loop_new(&t->loop), HP_OK);
    struct hp_config config = {.allocator = hp_os_allocator(), .seed = 1, .now = hp_os_now(), .trace = {replay_event, t, 1u << HP_TRACE_RX}};
    t->stack = hp_stack_new(&config);
    assert_non_null(t->stack);
    hp_loop_add(t->loop, t->stack);
}

static void replay_end(struct replay_test *t)
{
    hp_stack_free(t->stack);
    hp_loop_free(t->loop);
    unlink(t->in);
    unlink(t->out);
}

static bool two_came(void *ctx) { return ((struct replay_test *)ctx)->frames >= 2; }

static void test_frames_come_in_their_time(void **state)
{
    struct replay_test t;
    struct hp_wire *w = NULL;
    char url[160], why[256] = "";
    replay_begin(&t);
    snprintf(url, sizeof url, "pcap:%s", t.in);
    hp_time began = hp_os_now();
    if (hp_wire_open(t.loop, url, &w, why, sizeof why)) fail_msg("%s", why);
    assert_true(hp_link_add(t.stack, w, NULL) > 0);
    assert_int_equal(hp_loop_run(t.loop, hp_os_now() + HP_S(5), two_came, &t), HP_OK);
    assert_int_equal(t.first[0], 1);
    assert_int_equal(t.first[1], 3);
    assert_true(t.came[1] - began >= HP_MS(39));        /* the first may come late, if the machine is busy */
    replay_end(&t);
}

static void test_what_is_sent_is_kept(void **state)
{
    struct replay_test t;
    struct hp_wire *w = NULL;
    struct hp_pcap_in *in;
    struct hp_pcap_record r;
    char url[160], why[256] = "";
    bool found = false;
    replay_begin(&t);
    snprintf(url, sizeof url, "pcap:%s,out=%s", t.in, t.out);
    if (hp_wire_open(t.loop, url, &w, why, sizeof why)) fail_msg("%s", why);
    int link = hp_link_add(t.stack, w, NULL);
    assert_true(link > 0);
    link_queue(t.stack, link_get(t.stack, link), hp_pkt_copy_in(t.stack, "0123456789abcdefgh", 18));
    hp_loop_run(t.loop, hp_os_now() + HP_MS(5), NULL, NULL);
    hp_link_remove(t.stack, link);
    assert_int_equal(hp_pcap_open(t.out, &in), HP_OK);
    while (hp_pcap_next(in, &r) == 1) found |= r.data.n == 18 && memcmp(r.data.p, "0123456789abcdefgh", 18) == 0 && r.direction == HP_PCAP_OUT;
    assert_true(found);
    hp_pcap_in_close(in);
    replay_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_in_their_time),
        cmocka_unit_test(test_what_is_sent_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
