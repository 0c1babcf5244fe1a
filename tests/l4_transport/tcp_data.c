/* TCP's data: what is sent when (windows, Nagle, silly windows, persist, keepalive), and what is taken when (order, windows, delayed ACK, urgent data). */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1000";

/* ---- sending ---- */

static void test_data_goes_out_in_segments(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(talk_try_write(&t, 100, HP_MSG_MORE), 100);
    talk_nothing(&t);
    assert_int_equal(talk_try_write(&t, 100, 0), 100);
    talk_expect(&t, "ACK PSH seq=1 len=200");
    talk_end(&t);
}

static void test_window_of_the_peer_is_kept(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=2500 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, "win=600 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
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
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, "win=3000 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, "win=5000 mss=1000");
    talk_send(&t, "ACK seq=1 ack=1 win=5000 len=10");
    talk_send(&t, "ACK seq=11 ack=1 win=6000 len=10");
    talk_send(&t, "ACK seq=1 ack=1 win=9000 len=10"); /* older: SND.WL1 */
    talk_assert(&t, talk_info(&t).snd_wnd == 6000);
    talk_end(&t);
}

static void test_window_scaling_of_the_peer(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000 wscale=4");
    talk_assert(&t, talk_info(&t).snd_wnd == 1000); /* a SYN's window is not scaled */
    talk_send(&t, "ACK seq=1 ack=1 win=1000");
    talk_assert(&t, talk_info(&t).snd_wnd == 16000);
    talk_end(&t);
}

static void test_send_buffer_fills_and_drains(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1000");
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

static int freed;
static void count_free(void *ctx) { ++*(int *)ctx; }

static void test_send_by_reference(void **state)
{
    struct talk t;
    static uint8_t bytes[3000];
    freed = 0;
    talk_begin(&t);
    talk_open(&t, plain);
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
    hp_close(t.sock);
    t.sock = NULL;
    talk_send(&t, "ACK seq=1 ack=3001");
    assert_int_equal(freed, 2);
    talk_end(&t);
}

static void test_send_by_reference_is_released_by_reset(void **state)
{
    struct talk t;
    static uint8_t bytes[3000];
    freed = 0;
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, "win=65535 mss=1000");
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK seq=0 ack=1");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_send(&t, "ACK seq=0 ack=1 len=1"); /* the older kind */
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_end(&t);
}

/* ---- receiving ---- */

static void test_delayed_ack(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_opt(&t, HP_TCP_QUICKACK, 0);
    talk_send(&t, "ACK seq=1 ack=1 len=1000");
    talk_nothing(&t);
    talk_wait(&t, HP_MS(39));
    talk_nothing(&t);
    talk_wait(&t, HP_MS(2));
    talk_expect(&t, "ACK seq=1 ack=1001");
    talk_send(&t, "ACK seq=1001 ack=1 len=1000");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=2001 ack=1 len=1000"); /* every second full one at once */
    talk_expect(&t, "ACK seq=1 ack=3001");
    talk_wait(&t, HP_MS(100));
    talk_nothing(&t);
    talk_end(&t);
}

static void test_first_segments_are_acknowledged_at_once(void **state)
{
    struct talk t;
    char text[64];
    talk_begin(&t);
    talk_open(&t, plain);
    for (uint32_t i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "ACK seq=%u ack=1 len=1000", 1 + i * 1000);
        talk_send(&t, text);
        snprintf(text, sizeof text, "ACK seq=1 ack=%u", 1001 + i * 1000);
        talk_expect(&t, text);
    }
    talk_end(&t);
}

static void test_ack_travels_with_data(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_opt(&t, HP_TCP_QUICKACK, 0);
    talk_send(&t, "ACK seq=1 ack=1 len=100");
    talk_read(&t, 100);
    talk_write(&t, 50);
    talk_expect(&t, "ACK PSH seq=1 ack=101 len=50");
    talk_wait(&t, HP_MS(60));
    talk_nothing(&t);
    talk_end(&t);
}

static void test_out_of_order_data_waits(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=65535 mss=1000 sackok");
    talk_send(&t, "ACK seq=1001 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=1 sack=1001-2001");
    talk_send(&t, "ACK seq=3001 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=1 sack=3001-4001 sack=1001-2001");
    talk_send(&t, "ACK seq=2001 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=1 sack=1001-4001");
    talk_read_fails(&t, HP_EAGAIN);
    talk_send(&t, "ACK seq=1 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=4001 nosack");
    talk_read(&t, 4000);
    talk_end(&t);
}

static void test_overlaps_are_trimmed(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=65535 mss=1000");
    talk_send(&t, "ACK seq=501 ack=1 len=100");     /* 500..600 */
    talk_send(&t, "ACK seq=701 ack=1 len=100");     /* 700..800 */
    talk_send(&t, "ACK seq=551 ack=1 len=200");     /* overlaps both */
    talk_send(&t, "ACK seq=401 ack=1 len=600");     /* covers all of it */
    talk_send(&t, "ACK seq=951 ack=1 len=100");     /* goes beyond */
    talk_flush(&t);
    talk_send(&t, "ACK seq=1 ack=1 len=450");
    talk_expect(&t, "ACK seq=1 ack=1051");
    talk_send(&t, "ACK seq=1001 ack=1 len=100");    /* old and new */
    talk_read(&t, 1100);
    talk_end(&t);
}

static void test_duplicates_are_reported(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=65535 mss=1000 sackok");
    talk_send(&t, "ACK seq=1 ack=1 len=1000");
    talk_flush(&t);
    talk_send(&t, "ACK seq=1 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=1001 sack=1-1001"); /* RFC 2883 */
    talk_drops(&t, HP_DROP_TCP_DUPLICATE, 1);
    talk_end(&t);
}

static void test_receive_window_closes_and_opens(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 4000);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0 win=4000");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_expect(&t, "ACK seq=1 ack=1 win=4000");
    talk_send(&t, "ACK seq=1 ack=1 len=1000");
    talk_send(&t, "ACK seq=1001 ack=1 len=1000");
    talk_send(&t, "ACK seq=2001 ack=1 len=1000");
    talk_flush(&t);
    talk_send(&t, "ACK seq=3001 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=4001 win=0");
    talk_send(&t, "ACK seq=4001 ack=1 len=1"); /* a probe */
    talk_expect(&t, "ACK seq=1 ack=4001 win=0");
    talk_read(&t, 500);
    talk_nothing(&t); /* 500 would be a silly window */
    talk_read(&t, 1500);
    talk_expect(&t, "ACK seq=1 ack=4001 win=2000");
    talk_read(&t, 2000);
    talk_expect(&t, "ACK seq=1 ack=4001 win=4000");
    talk_end(&t);
}

static void test_zero_window_still_takes_acks_and_resets(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 2048);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0 win=2048");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_send(&t, "ACK seq=1 ack=1 len=1024");
    talk_send(&t, "ACK seq=1025 ack=1 len=1024");
    talk_flush(&t);
    talk_write(&t, 100);
    talk_expect(&t, "ACK PSH seq=1 ack=2049 win=0 len=100");
    talk_send(&t, "ACK seq=2049 ack=101 len=1");
    talk_assert(&t, talk_info(&t).bytes_acked == 100);
    talk_send(&t, "RST seq=2049");
    talk_state(&t, "CLOSED");
    talk_end(&t);
}

static void test_data_beyond_the_window_is_cut(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 2048);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_send(&t, "ACK seq=1 ack=1 len=1400");
    talk_flush(&t);
    talk_send(&t, "FIN ACK seq=1401 ack=1 len=1000");
    talk_expect(&t, "ACK seq=1 ack=2049 win=0");
    talk_state(&t, "ESTABLISHED");
    talk_send(&t, "ACK seq=5000 ack=1 len=10");
    talk_expect(&t, "ACK seq=1 ack=2049 win=0");
    talk_drops(&t, HP_DROP_TCP_WINDOW, 1);
    talk_end(&t);
}

static void test_S34_no_scaling_advertises_65535(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 128 * 1024);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0 win=65535");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_expect(&t, "ACK seq=1 ack=1 win=65535");
    talk_end(&t);
}

/* Reading more than 64 KiB at once opens the window by all of it. */
static void test_S34_large_reads_open_the_window(void **state)
{
    struct talk t;
    char text[80];
    talk_begin(&t);
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 200 * 1024);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1400 wscale=0");
    uint32_t at = 0;
    while (at < 200 * 1000) {
        snprintf(text, sizeof text, "ACK seq=%u ack=1 len=1400", 1 + at);
        talk_send(&t, text);
        at += 1400;
    }
    talk_flush(&t);
    talk_assert(&t, talk_info(&t).rcv_wnd < 20000);
    talk_read(&t, at);
    snprintf(text, sizeof text, "ACK seq=1 ack=%u win=%u", 1 + at, 200 * 1024 / 128);
    talk_expect(&t, text);
    talk_end(&t);
}

static void test_borrow_and_release(void **state)
{
    struct talk t;
    struct hp_bytes part[4];
    talk_begin(&t);
    talk_open(&t, "win=65535 mss=1400");
    talk_send(&t, "ACK seq=1 ack=1 len=1400");
    talk_send(&t, "ACK seq=1401 ack=1 len=1400");
    assert_int_equal(hp_recv_borrow(t.sock, part, 4), 2);
    talk_assert(&t, part[0].n == 1400 && part[1].n == 1400 && part[1].p[0] == talk_byte(1400));
    assert_int_equal(hp_recv_release(t.sock, 1500), HP_OK);
    t.read = 1500;
    talk_read(&t, 1300);
    assert_int_equal(hp_recv_borrow(t.sock, part, 4), HP_EAGAIN);
    assert_int_equal(hp_recv_release(t.sock, 1), HP_EINVAL);
    talk_end(&t);
}

static void test_peek(void **state)
{
    struct talk t;
    uint8_t buf[20];
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    assert_int_equal(hp_recv(t.sock, buf, 20, HP_MSG_PEEK), 10);
    talk_read(&t, 10);
    talk_end(&t);
}

static void test_urgent_in_line(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK URG seq=1 ack=1 urg=5 len=10");
    talk_assert(&t, hp_ready(t.sock) & HP_URGENT);
    talk_read(&t, 5);
    talk_assert(&t, !(hp_ready(t.sock) & HP_URGENT));
    talk_read(&t, 5);
    talk_end(&t);
}

static void test_urgent_out_of_line(void **state)
{
    struct talk t;
    uint8_t byte;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_opt(&t, HP_SO_OOBINLINE, 0);
    talk_send(&t, "ACK URG seq=1 ack=1 urg=5 len=10");
    assert_int_equal(hp_recv(t.sock, &byte, 1, HP_MSG_OOB), 1);
    assert_int_equal(byte, talk_byte(4));
    assert_int_equal(hp_recv(t.sock, &byte, 1, HP_MSG_OOB), HP_EAGAIN);
    talk_read(&t, 4);
    t.read++;
    talk_read(&t, 5);
    talk_end(&t);
}

static void test_urgent_is_sent(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_write(&t, 10);
    talk_expect(&t, "ACK PSH seq=1 len=10");
    assert_int_equal(talk_try_write(&t, 5, HP_MSG_OOB), 5);
    talk_expect(&t, "ACK PSH URG seq=11 len=5 urg=5"); /* Nagle does not hold it back */
    talk_end(&t);
}

static void test_T10_T11_T12_urgent_pointers_that_cannot_be(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK URG seq=0 ack=1 win=65535 mss=1000 urg=65535 len=4"); /* CVE-2019-12261 */
    talk_read(&t, 4);
    talk_opt(&t, HP_SO_OOBINLINE, 0);
    talk_send(&t, "ACK URG seq=5 ack=1 urg=0 len=10");
    talk_send(&t, "ACK URG seq=15 ack=1 urg=65535 len=10");
    talk_read(&t, 20);
    talk_send(&t, "ACK URG seq=25 ack=1 urg=1");
    talk_send(&t, "ACK URG seq=1 ack=1 urg=3 len=24"); /* old */
    talk_send(&t, "ACK URG seq=25 ack=1 urg=11 len=10");
    uint8_t byte;
    assert_int_equal(hp_recv(t.sock, &byte, 1, HP_MSG_OOB), HP_EAGAIN);
    talk_read(&t, 10);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_S31_options_stripped_on_one_side(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 2);
    talk_send(&t, "SYN seq=0 win=65535 mss=1000 ts=5:0"); /* no window scale, no SACK */
    talk_expect(&t, "SYN ACK seq=0 ack=1 win=65535");
    talk_send(&t, "ACK seq=1 ack=1 ts=6:0");
    talk_accept(&t);
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, !i.sack && i.timestamps && !i.wscale_ok && i.rcv_wscale == 0 && i.snd_wscale == 0);
    talk_send(&t, "ACK seq=101 ack=1 len=100 ts=7:0");
    talk_expect(&t, "ACK seq=1 ack=1 nosack ts=*:6");
    talk_end(&t);
}

static void test_S24_segments_without_timestamps_are_taken(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 2);
    talk_send(&t, "SYN seq=0 win=65535 mss=1000 ts=5:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_accept(&t);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_read(&t, 10);
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
    cmocka_unit_test(test_send_by_reference),
    cmocka_unit_test(test_send_by_reference_is_released_by_reset),
    cmocka_unit_test(test_idle_connection_starts_again_with_the_initial_window),
    cmocka_unit_test(test_keepalive),
    cmocka_unit_test(test_keepalive_of_the_peer_is_answered),
    cmocka_unit_test(test_delayed_ack),
    cmocka_unit_test(test_first_segments_are_acknowledged_at_once),
    cmocka_unit_test(test_ack_travels_with_data),
    cmocka_unit_test(test_out_of_order_data_waits),
    cmocka_unit_test(test_overlaps_are_trimmed),
    cmocka_unit_test(test_duplicates_are_reported),
    cmocka_unit_test(test_receive_window_closes_and_opens),
    cmocka_unit_test(test_zero_window_still_takes_acks_and_resets),
    cmocka_unit_test(test_data_beyond_the_window_is_cut),
    cmocka_unit_test(test_S34_no_scaling_advertises_65535),
    cmocka_unit_test(test_S34_large_reads_open_the_window),
    cmocka_unit_test(test_borrow_and_release),
    cmocka_unit_test(test_peek),
    cmocka_unit_test(test_urgent_in_line),
    cmocka_unit_test(test_urgent_out_of_line),
    cmocka_unit_test(test_urgent_is_sent),
    cmocka_unit_test(test_T10_T11_T12_urgent_pointers_that_cannot_be),
    cmocka_unit_test(test_S31_options_stripped_on_one_side),
    cmocka_unit_test(test_S24_segments_without_timestamps_are_taken),
};
TALK_MAIN(tests)
