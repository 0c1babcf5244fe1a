/* What TCP sends, and when: segments, Nagle, the peer's window, silly windows, persist, references, keepalive (RFC 9293 3.8). */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1000";

static void test_data_goes_out_in_segments(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 2500);
    talk_expect(&t, "ACK seq=1 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1001 ack=1 len=1000");
    talk_nothing(&t); /* Nagle holds back the short one */
    talk_send(&t, "ACK seq=1 ack=2001");
    talk_expect(&t, "ACK PSH seq=2001 ack=1 len=500");
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.bytes_acked == 2000 && i.bytes_sent == 2500 && i.snd_queued == 500);
    talk_end(&t);
}

static void test_nagle(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 10);
    talk_expect(&t, "ACK PSH seq=1 len=10");
    talk_write(&t, 10);
    talk_write(&t, 10);
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=11");
    talk_expect(&t, "ACK PSH seq=11 len=20");
    talk_opt(&t, HP_TCP_NODELAY, 1);
    talk_write(&t, 10);
    talk_expect(&t, "ACK PSH seq=31 len=10");
    talk_end(&t);
}

static void test_cork_holds_back_at_most_200_ms(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_opt(&t, HP_TCP_CORK, 1);
    talk_write(&t, 1500);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_send(&t, "ACK seq=1 ack=1001");
    talk_nothing(&t);
    talk_wait(&t, HP_MS(199));
    talk_nothing(&t);
    talk_wait(&t, HP_MS(2));
    talk_expect(&t, "ACK PSH seq=1001 len=500");
    talk_send(&t, "ACK seq=1 ack=1501");
    talk_write(&t, 100);
    talk_nothing(&t);
    talk_opt(&t, HP_TCP_CORK, 0);
    talk_expect(&t, "ACK PSH seq=1501 len=100");
    talk_end(&t);
}

static void test_msg_more(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(talk_try_write(&t, 100, HP_MSG_MORE), 100);
    talk_nothing(&t);
    assert_int_equal(talk_try_write(&t, 100, 0), 100);
    talk_expect(&t, "ACK PSH seq=1 len=200");
    talk_end(&t);
}

static void test_window_of_the_peer_is_kept(void **state)
{
    struct talk t;
    talk_established(&t, "win=2500 mss=1000");
    talk_write(&t, 5000);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_expect(&t, "ACK seq=1001 len=1000");
    talk_nothing(&t); /* 500 would be a silly window */
    talk_send(&t, "ACK seq=1 ack=2001 win=2500");
    talk_expect(&t, "ACK seq=2001 len=1000");
    talk_expect(&t, "ACK seq=3001 len=1000");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_small_window_is_used_from_half_its_maximum(void **state)
{
    struct talk t;
    talk_established(&t, "win=600 mss=1000");
    talk_write(&t, 2000);
    talk_expect(&t, "ACK seq=1 len=600");
    talk_send(&t, "ACK seq=1 ack=601 win=200");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=601 win=300");
    talk_expect(&t, "ACK seq=601 len=300");
    talk_end(&t);
}

static void test_initial_window_is_ten_segments(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 30000);
    for (int i = 0; i < 10; i++) talk_expect(&t, "ACK len=1000");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=2001"); /* slow start: two more for two */
    for (int i = 0; i < 4; i++) talk_expect(&t, "ACK len=1000");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_initial_window_after_a_lost_syn_is_one(void **state)
{
    struct talk t;
    talk_syn_sent(&t);
    talk_wait(&t, HP_S(1));
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_write(&t, 5000);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_zero_window_is_probed(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_write(&t, 3000);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_send(&t, "ACK seq=1 ack=1001 win=0");
    talk_nothing(&t);
    hp_time began = t.now;
    hp_time after[4];
    for (int i = 0; i < 4; i++) {
        while (!t.tap.count) talk_wait(&t, HP_MS(10));
        talk_expect(&t, "ACK seq=1001 len=1");
        after[i] = t.at - began;
        talk_send(&t, "ACK seq=1 ack=1001 win=0");
        talk_nothing(&t);
    }
    talk_assert(&t, after[0] >= HP_MS(200) && after[0] < HP_MS(210));
    talk_assert(&t, after[3] - after[2] > HP_MS(780) && after[3] - after[2] < HP_MS(820)); /* doubled and doubled */
    talk_send(&t, "ACK seq=1 ack=1001 win=5000");
    talk_expect(&t, "ACK seq=1001 len=1"); /* nobody kept it */
    talk_expect(&t, "ACK seq=1002 len=1000");
    talk_end(&t);
}

static void test_zero_window_probe_may_be_taken(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_write(&t, 3000);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_send(&t, "ACK seq=1 ack=1001 win=0");
    talk_wait(&t, HP_MS(210));
    talk_expect(&t, "ACK seq=1001 len=1");
    talk_send(&t, "ACK seq=1 ack=1002 win=4000");
    talk_expect(&t, "ACK seq=1002 len=1000");
    talk_end(&t);
}

/* A peer that answers probes is alive, for hours (RFC 9293 3.8.6.1)... */
static void test_zero_window_may_last(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_write(&t, 3000);
    talk_send(&t, "ACK seq=1 ack=1001 win=0");
    talk_flush(&t);
    for (int i = 0; i < 60; i++) {
        talk_wait(&t, HP_S(60));
        talk_send(&t, "ACK seq=1 ack=1001 win=0");
    }
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* ... but not beyond what the user allows. */
static void test_S15_user_timeout_bounds_a_shut_window(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_opt_time(&t, HP_TCP_USER_TIMEOUT, HP_S(30));
    talk_write(&t, 3000);
    talk_send(&t, "ACK seq=1 ack=1001 win=0");
    talk_flush(&t);
    for (int i = 0; i < 30; i++) {
        talk_wait(&t, HP_S(4));
        if (strcmp(talk_info(&t).state, "CLOSED") == 0) break;
        talk_send(&t, "ACK seq=1 ack=1001 win=0");
    }
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ETIMEDOUT);
    talk_end(&t);
}

static void test_user_timeout_of_data(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_opt_time(&t, HP_TCP_USER_TIMEOUT, HP_S(5));
    talk_write(&t, 100);
    talk_wait(&t, HP_S(4));
    talk_state(&t, "ESTABLISHED");
    talk_wait(&t, HP_S(10));
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ETIMEDOUT);
    talk_end(&t);
}

static void test_default_user_timeout(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 100);
    talk_wait(&t, HP_S(290));
    talk_state(&t, "ESTABLISHED");
    talk_wait(&t, HP_S(120));
    talk_state(&t, "CLOSED");
    talk_gone(&t);
    talk_end(&t);
}

static void test_peer_that_shrinks_its_window(void **state)
{
    struct talk t;
    talk_established(&t, "win=3000 mss=1000");
    talk_write(&t, 3000);
    for (int i = 0; i < 3; i++) talk_expect(&t, "ACK len=1000");
    talk_send(&t, "ACK seq=1 ack=1001 win=500");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=3001 win=500");
    talk_nothing(&t);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_old_window_does_not_count(void **state)
{
    struct talk t;
    talk_established(&t, "win=5000 mss=1000");
    talk_send(&t, "ACK seq=1 ack=1 win=5000 len=10");
    talk_send(&t, "ACK seq=11 ack=1 win=6000 len=10");
    talk_send(&t, "ACK seq=1 ack=1 win=9000 len=10"); /* older: SND.WL1 */
    talk_assert(&t, talk_info(&t).snd_wnd == 6000);
    talk_end(&t);
}

static void test_window_scaling_of_the_peer(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000 wscale=4");
    talk_assert(&t, talk_info(&t).snd_wnd == 1000); /* a SYN's window is not scaled */
    talk_send(&t, "ACK seq=1 ack=1 win=1000");
    talk_assert(&t, talk_info(&t).snd_wnd == 16000);
    talk_end(&t);
}

static void test_send_buffer_fills_and_drains(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1000");
    talk_opt(&t, HP_SO_SNDBUF, 10000);
    talk_assert(&t, hp_ready(t.sock) & HP_WRITABLE);
    assert_int_equal(talk_try_write(&t, 20000, 0), 10000);
    assert_int_equal(talk_try_write(&t, 1, 0), HP_EAGAIN);
    talk_assert(&t, !(hp_ready(t.sock) & HP_WRITABLE));
    talk_flush(&t);
    unsigned what, all = 0;
    while (hp_next_ready(t.s, &what)) continue;
    for (uint32_t acked = 1000; acked <= 5000; acked += 1000) {
        char ack[64];
        snprintf(ack, sizeof ack, "ACK seq=1 ack=%u win=1000", acked + 1);
        talk_send(&t, ack);
        while (hp_next_ready(t.s, &what)) all |= what;
    }
    talk_assert(&t, all & HP_WRITABLE && hp_ready(t.sock) & HP_WRITABLE);
    talk_assert(&t, talk_try_write(&t, 1, 0) == 1);
    talk_end(&t);
}

/* Twice the congestion window, so that the user can fill the next while this one is out; but no more than is allowed. */
static void test_send_buffer_grows_with_the_congestion_window(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_set(&t, "tcp.initial_window", 100);
    talk_open(&t, plain);
    talk_assert(&t, talk_info(&t).snd_cwnd == 100000 && talk_info(&t).sndbuf == 200000);
    talk_assert(&t, talk_try_write(&t, 1000000, 0) == 200000);
    talk_set(&t, "tcp.sndbuf_max", 150000);
    talk_assert(&t, talk_info(&t).sndbuf == 150000);
    t.s->mem->limit = t.s->mem->bytes + 800000; /* an eighth of what is left of the budget */
    talk_assert(&t, talk_info(&t).sndbuf == 131072);
    talk_opt(&t, HP_SO_SNDBUF, 50000);
    talk_assert(&t, talk_info(&t).sndbuf == 50000);
    talk_end(&t);
}

/* With nothing in flight nobody else would call again: neither data nor a FIN may wait for ever. */
static void test_X02_what_found_no_memory_is_sent_later(void **state)
{
    for (int fin = 0; fin < 2; fin++) {
        bool failed = true;
        unsigned n = 0;
        while (failed) {
            struct talk t;
            talk_established(&t, plain);
            struct hp_mem_stats before, after;
            hp_mem_stats(t.s, &before);
            if (!fin) assert_int_equal(talk_try_write(&t, 100, 0), 100); /* what it is kept in is there */
            hp_mem_fail_at(t.s, ++n);
            if (fin) assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
            talk_step(&t);
            hp_mem_stats(t.s, &after);
            failed = after.failures > before.failures;
            hp_mem_fail_at(t.s, 0);
            if (failed) talk_nothing(&t);
            if (failed) talk_wait(&t, HP_MS(100));
            talk_expect(&t, fin ? "FIN ACK seq=1 ack=1" : "ACK PSH seq=1 ack=1 len=100");
            talk_end(&t);
        }
        assert_true(n > 1);
    }
}

static int freed;
static void count_free(void *ctx) { ++*(int *)ctx; }

static void test_send_by_reference(void **state)
{
    struct talk t;
    static uint8_t bytes[3000];
    freed = 0;
    talk_established(&t, plain);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = talk_byte(i);
    assert_int_equal(hp_send_ref(t.sock, bytes, 2500, 0, count_free, &freed), 2500);
    assert_int_equal(hp_send_ref(t.sock, bytes + 2500, 500, 0, count_free, &freed), 500);
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_expect(&t, "ACK seq=1001 len=1000");
    talk_expect(&t, "ACK seq=2001 len=1000"); /* out of two pieces */
    talk_send(&t, "ACK seq=1 ack=2500");
    assert_int_equal(freed, 0);
    talk_send(&t, "ACK seq=1 ack=2501");
    assert_int_equal(freed, 1);
    talk_close(&t);
    talk_send(&t, "ACK seq=1 ack=3001");
    assert_int_equal(freed, 2);
    talk_end(&t);
}

static void test_send_by_reference_is_released_by_reset(void **state)
{
    struct talk t;
    static uint8_t bytes[3000];
    freed = 0;
    talk_established(&t, plain);
    assert_int_equal(hp_send_ref(t.sock, bytes, sizeof bytes, 0, count_free, &freed), 3000);
    talk_step(&t);
    tap_clear(&t.tap);
    talk_send(&t, "RST seq=1");
    assert_int_equal(freed, 1);
    talk_end(&t);
}

static void test_idle_connection_starts_again_with_the_initial_window(void **state)
{
    struct talk t;
    char ack[64];
    talk_established(&t, "win=65535 mss=1000");
    talk_write(&t, 60000);
    for (uint32_t acked = 10000; acked <= 60000; acked += 10000) {
        snprintf(ack, sizeof ack, "ACK seq=1 ack=%u", acked + 1);
        talk_send(&t, ack);
    }
    talk_flush(&t);
    talk_assert(&t, talk_info(&t).snd_cwnd > 40000);
    talk_wait(&t, HP_S(5));
    talk_write(&t, 30000);
    for (int i = 0; i < 10; i++) talk_expect(&t, "ACK len=1000");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_keepalive(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_opt_time(&t, HP_TCP_KEEPIDLE, HP_S(10));
    talk_opt_time(&t, HP_TCP_KEEPINTVL, HP_S(2));
    talk_opt(&t, HP_TCP_KEEPCNT, 3);
    talk_opt(&t, HP_SO_KEEPALIVE, 1);
    talk_wait(&t, HP_MS(9990));
    talk_nothing(&t);
    talk_wait(&t, HP_MS(20));
    talk_expect(&t, "ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_wait(&t, HP_S(9));
    talk_nothing(&t);
    talk_wait(&t, HP_S(6));
    for (int i = 0; i < 3; i++) talk_expect(&t, "ACK seq=0 ack=1");
    talk_wait(&t, HP_S(2));
    talk_expect(&t, "RST ACK");
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ETIMEDOUT);
    talk_end(&t);
}

static void test_keepalive_of_the_peer_is_answered(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_send(&t, "ACK seq=0 ack=1");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_send(&t, "ACK seq=0 ack=1 len=1"); /* the older kind */
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_data_goes_out_in_segments),
    cmocka_unit_test(test_nagle),
    cmocka_unit_test(test_cork_holds_back_at_most_200_ms),
    cmocka_unit_test(test_msg_more),
    cmocka_unit_test(test_window_of_the_peer_is_kept),
    cmocka_unit_test(test_small_window_is_used_from_half_its_maximum),
    cmocka_unit_test(test_initial_window_is_ten_segments),
    cmocka_unit_test(test_initial_window_after_a_lost_syn_is_one),
    cmocka_unit_test(test_zero_window_is_probed),
    cmocka_unit_test(test_zero_window_probe_may_be_taken),
    cmocka_unit_test(test_zero_window_may_last),
    cmocka_unit_test(test_S15_user_timeout_bounds_a_shut_window),
    cmocka_unit_test(test_user_timeout_of_data),
    cmocka_unit_test(test_default_user_timeout),
    cmocka_unit_test(test_peer_that_shrinks_its_window),
    cmocka_unit_test(test_old_window_does_not_count),
    cmocka_unit_test(test_window_scaling_of_the_peer),
    cmocka_unit_test(test_send_buffer_fills_and_drains),
    cmocka_unit_test(test_send_buffer_grows_with_the_congestion_window),
    cmocka_unit_test(test_X02_what_found_no_memory_is_sent_later),
    cmocka_unit_test(test_send_by_reference),
    cmocka_unit_test(test_send_by_reference_is_released_by_reset),
    cmocka_unit_test(test_idle_connection_starts_again_with_the_initial_window),
    cmocka_unit_test(test_keepalive),
    cmocka_unit_test(test_keepalive_of_the_peer_is_answered),
};
TALK_MAIN(tests)
