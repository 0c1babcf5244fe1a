/* What TCP takes, and what it says of it: order, windows, delayed ACK (RFC 9293 3.8.6, 3.10.7.4). */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1000";

static void test_delayed_ack(void **state)
{
    struct talk t;
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, "win=65535 mss=1000 sackok");
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
    talk_established(&t, "win=65535 mss=1000");
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
    talk_established(&t, "win=65535 mss=1000 sackok");
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

/* 112,000 bytes come and are read within one round trip: more than half of the first 131,072.  Twice what that was, twice over. */
static uint32_t rcvbuf_after_a_fast_read(struct talk *t)
{
    char text[80];
    talk_expect(t, "SYN seq=0 wscale=7");
    talk_send(t, "SYN ACK seq=0 ack=1 win=65535 mss=1400 wscale=0");
    for (uint32_t at = 0; at < 112000; at += 1400) {
        snprintf(text, sizeof text, "ACK seq=%u ack=1 len=1400", 1 + at);
        talk_send(t, text);
    }
    talk_wait(t, HP_MS(1));
    talk_read(t, 112000);
    talk_step(t);
    talk_flush(t);
    return talk_info(t).rcvbuf;
}

static void test_receive_buffer_grows_with_a_fast_reader(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_assert(&t, rcvbuf_after_a_fast_read(&t) == 448000);
    talk_assert(&t, talk_info(&t).rcv_wnd > 400000); /* and the peer is told */
    talk_end(&t);
}

static void test_receive_buffer_grows_within_bounds(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_socket(&t);
    talk_set(&t, "tcp.rcvbuf_max", 300000);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0 wscale=3");
    talk_send(&t, "RST ACK seq=0 ack=1");
    talk_end(&t);

    talk_begin(&t);
    talk_connect(&t);
    talk_set(&t, "tcp.rcvbuf_max", 300000);
    talk_assert(&t, rcvbuf_after_a_fast_read(&t) == 300000);
    talk_end(&t);

    talk_begin(&t); /* an eighth of what is left of the budget is less than what it has */
    talk_connect(&t);
    t.s->mem->limit = t.s->mem->bytes + 900000;
    talk_assert(&t, rcvbuf_after_a_fast_read(&t) == 131072);
    talk_end(&t);

    talk_begin(&t); /* the user chose */
    talk_socket(&t);
    talk_opt(&t, HP_SO_RCVBUF, 131072);
    talk_connect(&t);
    talk_assert(&t, rcvbuf_after_a_fast_read(&t) == 131072);
    talk_end(&t);
}

static void test_borrow_and_release(void **state)
{
    struct talk t;
    struct hp_bytes part[4];
    talk_established(&t, "win=65535 mss=1400");
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
    talk_established(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    assert_int_equal(hp_recv(t.sock, buf, 20, HP_MSG_PEEK), 10);
    talk_read(&t, 10);
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
    cmocka_unit_test(test_receive_buffer_grows_with_a_fast_reader),
    cmocka_unit_test(test_receive_buffer_grows_within_bounds),
    cmocka_unit_test(test_borrow_and_release),
    cmocka_unit_test(test_peek),
    cmocka_unit_test(test_S31_options_stripped_on_one_side),
    cmocka_unit_test(test_S24_segments_without_timestamps_are_taken),
};
TALK_MAIN(tests)
