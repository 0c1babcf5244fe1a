/* Segmentation offload: a wire that cuts gets large segments, and may hand up large ones. */
#include "l4_transport/tcp/tcp.h"
#include "support/pipe.h"
#include "support/tcp_check.h"
#include "support/test.h"

struct watch {
    uint32_t largest, cut, packets;
};

static bool watch_packet(void *ctx, struct pipe_end *from, const struct hp_pkt *p)
{
    struct watch *w = ctx;
    struct hp_pkt_offload o;
    hp_pkt_offload(p, &o);
    w->packets++;
    if (hp_pkt_len(p) > w->largest) w->largest = (uint32_t)hp_pkt_len(p);
    if (!o.gso_size) return true;
    w->cut++;
    assert_true(o.sum_needed && o.header_len == 20 + 20 + 12 && o.gso_size == 1448);
    assert_int_equal((hp_pkt_len(p) - o.header_len) % o.gso_size, 0);
    assert_true(hp_pkt_len(p) <= 65535);
    return true;
}

static void test_large_segments(void **state)
{
    static uint8_t data[200000], got[200000];
    struct pipe p;
    struct watch w = {0};
    struct hp_sock *l, *c, *s = NULL;
    struct hp_endpoint on = {.port = 80}, to = {.ip = hp_ip4(10, 0, 0, 2), .port = 80};
    pipe_open(&p, 1, false, 0, HP_WIRE_GSO | HP_WIRE_SUM_TX | HP_WIRE_SUM_RX);
    p.judge = watch_packet;
    p.judge_ctx = &w;
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(hp_socket(p.b.stack, HP_STREAM, 0, &l), HP_OK);
    assert_int_equal(hp_bind(l, &on), HP_OK);
    assert_int_equal(hp_listen(l, 1), HP_OK);
    assert_int_equal(hp_socket(p.a.stack, HP_STREAM, 0, &c), HP_OK);
    assert_int_equal(hp_connect(c, &to), HP_EINPROGRESS);
    pipe_run(&p, HP_MS(100), NULL, NULL);
    assert_int_equal(hp_accept(l, &s, NULL), HP_OK);
    size_t sent = 0, n = 0;
    for (int i = 0; i < 1000 && n < sizeof data; i++) {
        int64_t did = hp_send(c, data + sent, sizeof data - sent, 0);
        if (did > 0) sent += (size_t)did;
        pipe_run(&p, p.now + HP_MS(10), NULL, NULL);
        did = hp_recv(s, got + n, sizeof got - n, 0);
        if (did > 0) n += (size_t)did;
        tcp_check(c);
        tcp_check(s);
    }
    assert_int_equal(n, sizeof data);
    assert_memory_equal(got, data, sizeof data);
    assert_true(w.cut > 3 && w.largest > 14000 && w.packets < 120);
    hp_close(c);
    hp_close(s);
    hp_close(l);
    pipe_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_large_segments)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
