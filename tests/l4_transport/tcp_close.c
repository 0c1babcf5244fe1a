/* TCP closes connections (RFC 9293 3.6, figure 5 from ESTABLISHED to CLOSED): arrow by arrow, and TIME-WAIT. */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1460";

static void test_close_from_here(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_state(&t, "FIN-WAIT-1");
    talk_send(&t, "ACK seq=1 ack=2");
    talk_state(&t, "FIN-WAIT-2");
    talk_send(&t, "ACK seq=1 ack=2 len=100"); /* half-closed: we still read */
    talk_expect(&t, "ACK seq=2 ack=101");
    talk_read(&t, 100);
    talk_send(&t, "FIN ACK seq=101 ack=2");
    talk_expect(&t, "ACK seq=2 ack=102");
    talk_state(&t, "TIME-WAIT");
    talk_read_end(&t);
    talk_wait(&t, HP_S(59));
    assert_not_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_wait(&t, HP_S(2));
    assert_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_gone(&t);
    talk_end(&t);
}

static void test_close_from_there(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_send(&t, "FIN ACK seq=1 ack=1 len=5");
    talk_expect(&t, "ACK seq=1 ack=7");
    talk_state(&t, "CLOSE-WAIT");
    talk_assert(&t, hp_ready(t.sock) & HP_HUP && hp_ready(t.sock) & HP_READABLE && hp_ready(t.sock) & HP_WRITABLE);
    talk_read(&t, 5);
    talk_read_end(&t);
    talk_write(&t, 10);
    talk_expect(&t, "ACK seq=1 ack=7 len=10");
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=11 ack=7");
    assert_logged(&t.log, "CLOSE-WAIT -> LAST-ACK");
    talk_send(&t, "ACK seq=7 ack=12");
    assert_logged(&t.log, "LAST-ACK -> CLOSED");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S19_simultaneous_close(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "FIN ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_state(&t, "CLOSING");
    talk_send(&t, "ACK seq=2 ack=2");
    talk_state(&t, "TIME-WAIT");
    talk_end(&t);
}

static void test_fin_with_the_ack_of_ours(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "FIN ACK seq=1 ack=2");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_state(&t, "TIME-WAIT");
    talk_end(&t);
}

static void test_fin_is_retransmitted(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_wait(&t, HP_MS(210));
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_end(&t);
}

static void test_fin_follows_the_queue(void **state)
{
    struct talk t;
    talk_established(&t, "win=1000 mss=1460");
    talk_write(&t, 1500);
    talk_expect(&t, "ACK seq=1 ack=1 len=1000");
    talk_close(&t);
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=1001 win=1000");
    talk_expect(&t, "FIN ACK PSH seq=1001 ack=1 len=500");
    talk_end(&t);
}

static void test_fin_out_of_order_is_remembered(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_send(&t, "FIN ACK seq=101 ack=1 len=100");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_state(&t, "ESTABLISHED");
    talk_send(&t, "ACK seq=1 ack=1 len=100");
    talk_state(&t, "CLOSE-WAIT");
    talk_expect(&t, "ACK seq=1 ack=201");
    talk_expect(&t, "ACK seq=1 ack=202");
    talk_read(&t, 200);
    talk_read_end(&t);
    talk_end(&t);
}

static void test_orphan_in_fin_wait_2_times_out(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "ACK seq=1 ack=2");
    talk_wait(&t, HP_S(59));
    assert_not_logged(&t.log, "FIN-WAIT-2 -> CLOSED");
    talk_wait(&t, HP_S(2));
    assert_logged(&t.log, "FIN-WAIT-2 -> CLOSED");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S15_orphans_are_bounded(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_set(&t, "tcp.orphans_max", 0);
    talk_close(&t);
    talk_expect(&t, "RST ACK seq=1 ack=1");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S33_close_with_unread_data_resets(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_flush(&t);
    talk_close(&t);
    talk_expect(&t, "RST ACK seq=1 ack=11");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S33_data_for_a_closed_socket_resets(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "ACK seq=1 ack=2 len=10");
    talk_expect(&t, "RST ACK seq=2 ack=1");
    talk_drops(&t, HP_DROP_TCP_CLOSED, 1);
    talk_gone(&t);
    talk_end(&t);
}

static void test_S33_clean_close_sends_no_rst(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_read(&t, 10);
    talk_flush(&t);
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=1 ack=11");
    talk_send(&t, "FIN ACK seq=11 ack=2");
    talk_expect(&t, "ACK seq=2 ack=12");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_S33_linger_zero_resets(void **state)
{
    struct talk t;
    struct hp_linger linger = {.on = 1, .time = 0};
    talk_established(&t, plain);
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_LINGER, &linger, sizeof linger), HP_OK);
    talk_write(&t, 100);
    talk_expect(&t, "ACK seq=1 len=100");
    talk_close(&t);
    talk_expect(&t, "RST ACK seq=101 ack=1");
    talk_gone(&t);
    talk_end(&t);
}

static void test_close_in_syn_sent(void **state)
{
    struct talk t;
    talk_syn_sent(&t);
    talk_close(&t);
    talk_gone(&t);
    talk_send(&t, "SYN ACK seq=0 ack=1");
    talk_expect(&t, "RST seq=1");
    talk_end(&t);
}

static void test_send_after_shutdown(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    assert_int_equal(talk_try_write(&t, 1, 0), HP_EPIPE);
    talk_end(&t);
}

static void test_shutdown_for_reading(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_RD), HP_OK);
    talk_read_end(&t);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_expect(&t, "ACK seq=1 ack=11"); /* taken, and thrown away */
    talk_read_end(&t);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* ---- TIME-WAIT ---- */

static void open_and_close(struct talk *t, const char *syn)
{
    talk_begin(t);
    talk_listen(t, 4);
    talk_open_passive(t, syn);
    talk_close(t);
    talk_expect(t, "FIN ACK seq=1 ack=1");
    talk_send(t, "FIN ACK seq=1 ack=2");
    talk_expect(t, "ACK seq=2 ack=2");
    assert_logged(&t->log, "FIN-WAIT-2 -> TIME-WAIT");
}

static void test_S18_time_wait_answers_a_late_fin(void **state)
{
    struct talk t;
    open_and_close(&t, plain);
    talk_wait(&t, HP_S(50));
    talk_send(&t, "FIN ACK seq=1 ack=2");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_wait(&t, HP_S(50)); /* and began again */
    assert_not_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_wait(&t, HP_S(11));
    assert_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_end(&t);
}

static void test_S18_rst_does_not_end_time_wait(void **state)
{
    struct talk t;
    open_and_close(&t, plain);
    talk_send(&t, "RST seq=2");
    talk_drops(&t, HP_DROP_TIME_WAIT, 1);
    assert_not_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_S18_newer_syn_reopens(void **state)
{
    struct talk t;
    open_and_close(&t, plain);
    talk_send(&t, "SYN seq=100000 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=100001");
    talk_send(&t, "ACK seq=100001 ack=1");
    talk_accept(&t);
    talk_end(&t);
}

static void test_S18_old_syn_does_not_reopen(void **state)
{
    struct talk t;
    open_and_close(&t, plain);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "ACK seq=2 ack=2");
    assert_not_logged(&t.log, "TIME-WAIT -> CLOSED");
    talk_end(&t);
}

static void test_S18_newer_timestamp_reopens_whatever_the_sequence(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460 ts=1000:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1 ts=*:1000");
    talk_send(&t, "ACK seq=1 ack=1 ts=1001:1");
    talk_accept(&t);
    talk_close(&t);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "FIN ACK seq=1 ack=2 ts=1002:1");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_send(&t, "SYN seq=0 mss=1460 ts=900:0");
    talk_expect(&t, "ACK seq=2 ack=2 ts=*:1002");
    talk_send(&t, "SYN seq=0 mss=1460 ts=2000:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1 ts=*:2000");
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_close_from_here),
    cmocka_unit_test(test_close_from_there),
    cmocka_unit_test(test_S19_simultaneous_close),
    cmocka_unit_test(test_fin_with_the_ack_of_ours),
    cmocka_unit_test(test_fin_is_retransmitted),
    cmocka_unit_test(test_fin_follows_the_queue),
    cmocka_unit_test(test_fin_out_of_order_is_remembered),
    cmocka_unit_test(test_orphan_in_fin_wait_2_times_out),
    cmocka_unit_test(test_S15_orphans_are_bounded),
    cmocka_unit_test(test_S33_close_with_unread_data_resets),
    cmocka_unit_test(test_S33_data_for_a_closed_socket_resets),
    cmocka_unit_test(test_S33_clean_close_sends_no_rst),
    cmocka_unit_test(test_S33_linger_zero_resets),
    cmocka_unit_test(test_close_in_syn_sent),
    cmocka_unit_test(test_send_after_shutdown),
    cmocka_unit_test(test_shutdown_for_reading),
    cmocka_unit_test(test_S18_time_wait_answers_a_late_fin),
    cmocka_unit_test(test_S18_rst_does_not_end_time_wait),
    cmocka_unit_test(test_S18_newer_syn_reopens),
    cmocka_unit_test(test_S18_old_syn_does_not_reopen),
    cmocka_unit_test(test_S18_newer_timestamp_reopens_whatever_the_sequence),
};
TALK_MAIN(tests)
