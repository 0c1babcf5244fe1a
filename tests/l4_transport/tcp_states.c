/* TCP's state diagram (RFC 9293 figure 5), arrow by arrow, and what resets a connection. */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1460";

/* ---- opening ---- */

static void test_active_open(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, t.v6 ? "SYN seq=0 win=65535 mss=1440 wscale=7 sackok ts=*" : "SYN seq=0 win=65535 mss=1460 wscale=7 sackok ts=*");
    talk_state(&t, "SYN-SENT");
    talk_assert(&t, hp_ready(t.sock) == 0);
    talk_send(&t, "SYN ACK seq=0 ack=1 win=1000 mss=1460");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_state(&t, "ESTABLISHED");
    talk_assert(&t, hp_ready(t.sock) == HP_WRITABLE);
    assert_logged(&t.log, "SYN-SENT -> ESTABLISHED");
    talk_end(&t);
}

static void test_passive_open(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 win=5000 mss=1000 wscale=3 sackok ts=77:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1 win=65535 wscale=7 sackok ts=*:77");
    talk_assert(&t, !hp_ready(t.listener));
    talk_send(&t, "ACK seq=1 ack=1 win=100 ts=78:0");
    talk_assert(&t, hp_ready(t.listener) == HP_READABLE);
    talk_accept(&t);
    talk_state(&t, "ESTABLISHED");
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.sack && i.timestamps && i.wscale_ok && i.snd_wscale == 3 && i.snd_mss == 988 && i.snd_wnd == 800);
    struct hp_endpoint peer;
    assert_int_equal(hp_peer(t.sock, &peer), HP_OK);
    talk_assert(&t, peer.port == TALK_PEER_PORT && hp_ip_equal(&peer.ip, &t.peer));
    assert_logged(&t.log, "LISTEN -> SYN-RECEIVED");
    assert_logged(&t.log, "SYN-RECEIVED -> ESTABLISHED");
    talk_end(&t);
}

static void test_syn_is_retransmitted_and_doubled(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    hp_time began = t.at;
    for (int i = 0, after = 1; i < 6; i++, after = after * 2 + 1) {
        talk_wait(&t, HP_S(1ll << i));
        talk_expect(&t, "SYN seq=0");
        talk_assert(&t, t.at - began == HP_S(after));
        talk_nothing(&t);
    }
    talk_wait(&t, HP_S(65));
    talk_nothing(&t);
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ETIMEDOUT);
    talk_gone(&t);
    talk_end(&t);
}

static void test_S19_simultaneous_open(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN seq=0 win=3000 mss=1400");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_state(&t, "SYN-RECEIVED");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=3000 mss=1400");
    talk_state(&t, "ESTABLISHED");
    talk_write(&t, 100);
    talk_expect(&t, "ACK seq=1 ack=1 len=100");
    talk_end(&t);
}

static void test_S19_simultaneous_open_ended_by_an_ack(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN seq=0 win=3000 mss=1400");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1 win=3000");
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* The split handshake: the server answers a SYN with an ACK and then a SYN of its own. */
static void test_S19_split_handshake(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "ACK seq=0 ack=1 win=3000");
    talk_nothing(&t);
    talk_state(&t, "SYN-SENT");
    talk_send(&t, "SYN seq=0 win=3000 mss=1400");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1 win=3000");
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_connection_refused(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "RST ACK seq=0 ack=1");
    talk_state(&t, "CLOSED");
    talk_assert(&t, hp_ready(t.sock) & HP_ERROR);
    talk_read_fails(&t, HP_ECONNREFUSED);
    talk_gone(&t);
    talk_end(&t);
}

static void test_rst_to_syn_sent_must_acknowledge_the_syn(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "RST seq=0");
    talk_send(&t, "RST ACK seq=0 ack=2");
    talk_send(&t, "RST ACK seq=0 ack=0");
    talk_nothing(&t);
    talk_state(&t, "SYN-SENT");
    talk_end(&t);
}

static void test_S25_challenge_to_our_syn_is_reset_and_tried_again(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "ACK seq=500 ack=9000 win=1000");
    talk_expect(&t, "RST seq=9000");
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=1000 mss=1460");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_end(&t);
}

static void test_syn_ack_is_retransmitted_and_given_up(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    for (int i = 0; i < 5; i++) {
        talk_wait(&t, HP_S(1ll << i));
        talk_expect(&t, "SYN ACK seq=0 ack=1");
    }
    talk_wait(&t, HP_S(33));
    talk_nothing(&t);
    talk_gone(&t);
    talk_end(&t);
}

static void test_S22_duplicate_syn_gets_the_same_syn_ack(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    uint32_t iss = t.iss;
    talk_wait(&t, HP_MS(300));
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_assert(&t, t.iss == iss);
    talk_send(&t, "ACK seq=1 ack=1");
    talk_accept(&t);
    talk_end(&t);
}

static void test_rst_ends_half_open(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "RST seq=2");
    talk_drops(&t, HP_DROP_TCP_RST, 1);
    talk_send(&t, "RST seq=1");
    talk_gone(&t);
    talk_wait(&t, HP_S(60));
    talk_nothing(&t); /* S30: no more SYN-ACKs */
    talk_end(&t);
}

static void test_wrong_ack_to_half_open_is_reset(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=77");
    talk_expect(&t, "RST seq=77");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_accept(&t);
    talk_end(&t);
}

static void test_listen_answers_by_the_book(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    t.iss = 0;
    t.iss_known = true;
    talk_send(&t, "ACK seq=5 ack=1234");
    talk_expect(&t, "RST seq=1234");
    talk_send(&t, "RST seq=5");
    talk_send(&t, "RST ACK seq=5 ack=1");
    talk_send(&t, "FIN seq=5");
    talk_send(&t, "NONE seq=5 len=10");
    talk_nothing(&t);
    talk_gone(&t);
    talk_end(&t);
}

static void test_closed_port_answers_by_the_book(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    t.port = 81;
    t.iss = 0;
    t.iss_known = true;
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "RST ACK seq=0 ack=1");
    talk_send(&t, "NONE seq=10 len=20");
    talk_expect(&t, "RST ACK seq=0 ack=30");
    talk_send(&t, "ACK seq=10 ack=500 len=20");
    talk_expect(&t, "RST seq=500");
    talk_send(&t, "RST seq=10");
    talk_nothing(&t); /* S32: never a RST for a RST */
    talk_drops(&t, HP_DROP_NO_PORT, 4);
    talk_end(&t);
}

static void test_backlog_is_kept(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 1);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    t.peer_port++;
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_nothing(&t); /* not even a RST: it may try again */
    talk_drops(&t, HP_DROP_ACCEPT_QUEUE, 1);
    talk_accept(&t);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_end(&t);
}

static void test_S24_accept_queue_entry_times_out(void **state)
{
    struct talk t;
    struct hp_sock *none;
    talk_begin(&t);
    talk_listen(&t, 1);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_wait(&t, HP_S(121));
    talk_expect(&t, "RST ACK seq=1 ack=1");
    talk_gone(&t);
    assert_int_equal(hp_accept(t.listener, &none, NULL), HP_EAGAIN);
    talk_end(&t);
}

static void test_rst_leaves_the_accept_queue(void **state)
{
    struct talk t;
    struct hp_sock *none;
    talk_begin(&t);
    talk_listen(&t, 2);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_send(&t, "RST seq=1");
    talk_gone(&t);
    assert_int_equal(hp_accept(t.listener, &none, NULL), HP_EAGAIN);
    talk_end(&t);
}

static void test_closing_a_listener_resets_who_waits(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 2);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    t.peer_port++;
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    assert_int_equal(hp_close(t.listener), HP_OK);
    t.listener = NULL;
    talk_expect(&t, "RST ACK");
    talk_nothing(&t);
    talk_gone(&t);
    talk_end(&t);
}

static void test_S20_data_in_syn_is_not_lost_state(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 2);
    talk_send(&t, "SYN seq=0 mss=1460 len=10");
    talk_expect(&t, "SYN ACK seq=0 ack=1"); /* without Fast Open the data is not acknowledged */
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_accept(&t);
    talk_read(&t, 10);
    talk_end(&t);
}

static void test_S20_data_and_fin_on_syn_ack(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK FIN seq=0 ack=1 win=1000 mss=1460 len=10");
    talk_expect(&t, "ACK seq=1 ack=12");
    talk_state(&t, "CLOSE-WAIT");
    talk_read(&t, 10);
    talk_read_end(&t);
    talk_end(&t);
}

/* ---- closing ---- */

static void test_close_from_here(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "FIN ACK seq=1 ack=1 len=5");
    talk_expect(&t, "ACK seq=1 ack=7");
    talk_state(&t, "CLOSE-WAIT");
    talk_assert(&t, hp_ready(t.sock) & HP_HUP && hp_ready(t.sock) & HP_READABLE && hp_ready(t.sock) & HP_WRITABLE);
    talk_read(&t, 5);
    talk_read_end(&t);
    talk_write(&t, 10);
    talk_expect(&t, "ACK seq=1 ack=7 len=10");
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_wait(&t, HP_MS(210));
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_end(&t);
}

static void test_fin_follows_the_queue(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1460");
    talk_write(&t, 1500);
    talk_expect(&t, "ACK seq=1 ack=1 len=1000");
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=1001 win=1000");
    talk_expect(&t, "FIN ACK PSH seq=1001 ack=1 len=500");
    talk_end(&t);
}

static void test_fin_out_of_order_is_remembered(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
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
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
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
    talk_begin(&t);
    talk_open(&t, plain);
    talk_set(&t, "tcp.orphans_max", 0);
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
    talk_expect(&t, "RST ACK seq=1 ack=1");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S33_close_with_unread_data_resets(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_flush(&t);
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
    talk_expect(&t, "RST ACK seq=1 ack=11");
    talk_gone(&t);
    talk_end(&t);
}

static void test_S33_data_for_a_closed_socket_resets(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
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
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=10");
    talk_read(&t, 10);
    talk_flush(&t);
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
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
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_LINGER, &linger, sizeof linger), HP_OK);
    talk_write(&t, 100);
    talk_expect(&t, "ACK seq=1 len=100");
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
    talk_expect(&t, "RST ACK seq=101 ack=1");
    talk_gone(&t);
    talk_end(&t);
}

static void test_close_in_syn_sent(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    assert_int_equal(hp_close(t.sock), HP_OK);
    t.sock = NULL;
    talk_gone(&t);
    talk_send(&t, "SYN ACK seq=0 ack=1");
    talk_expect(&t, "RST seq=1");
    talk_end(&t);
}

static void test_send_after_shutdown(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_OK);
    assert_int_equal(talk_try_write(&t, 1, 0), HP_EPIPE);
    talk_end(&t);
}

static void test_shutdown_for_reading(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
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
    assert_int_equal(hp_close(t->sock), HP_OK);
    t->sock = NULL;
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
    hp_close(t.sock);
    t.sock = NULL;
    talk_expect(&t, "FIN ACK seq=1 ack=1");
    talk_send(&t, "FIN ACK seq=1 ack=2 ts=1002:1");
    talk_expect(&t, "ACK seq=2 ack=2");
    talk_send(&t, "SYN seq=0 mss=1460 ts=900:0");
    talk_expect(&t, "ACK seq=2 ack=2 ts=*:1002");
    talk_send(&t, "SYN seq=0 mss=1460 ts=2000:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1 ts=*:2000");
    talk_end(&t);
}

/* ---- RST ---- */

static void test_S06_exact_rst_kills(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "ACK seq=1 ack=1 len=5");
    talk_flush(&t);
    talk_send(&t, "RST seq=6");
    talk_state(&t, "CLOSED");
    talk_read(&t, 5); /* what came before it can be read */
    talk_read_fails(&t, HP_ECONNRESET);
    talk_read_end(&t);
    assert_int_equal(talk_try_write(&t, 1, 0), HP_EPIPE);
    talk_gone(&t);
    talk_end(&t);
}

static void test_S06_rst_in_window_is_challenged(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "RST seq=100");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_send(&t, "RST seq=0");
    talk_nothing(&t);
    talk_state(&t, "ESTABLISHED");
    talk_drops(&t, HP_DROP_TCP_RST, 1);
    talk_drops(&t, HP_DROP_TCP_WINDOW, 1);
    talk_end(&t);
}

static void test_S06_syn_is_challenged(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    talk_send(&t, "SYN seq=50 mss=1460");
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_send(&t, "SYN seq=0 mss=1460"); /* the old one again */
    talk_expect(&t, "ACK seq=1 ack=1");
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_S07_challenges_are_limited_per_connection(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, plain);
    unsigned first = 0, total = t.tap.total;
    for (int i = 0; i < 100; i++) talk_send(&t, "RST seq=100");
    first = t.tap.total - total;
    talk_assert(&t, first >= 4 && first <= 12);
    talk_wait(&t, HP_S(1));
    total = t.tap.total;
    for (int i = 0; i < 100; i++) talk_send(&t, "RST seq=100");
    talk_assert(&t, t.tap.total - total >= 4 && t.tap.total - total <= 12);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_S08_impossible_acks_are_dropped_and_challenged(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_open(&t, "win=1000 mss=1460");
    talk_write(&t, 10);
    talk_expect(&t, "ACK seq=1 len=10");
    talk_send(&t, "ACK seq=1 ack=12 len=5");
    talk_expect(&t, "ACK seq=11 ack=1");
    talk_send(&t, "ACK seq=1 ack=4294960000 len=5"); /* long before una - max.wnd */
    talk_expect(&t, "ACK seq=11 ack=1");
    talk_drops(&t, HP_DROP_TCP_ACK, 2);
    talk_read_fails(&t, HP_EAGAIN);
    talk_end(&t);
}

static void test_S32_no_rst_to_groups(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 1);
    t.port = 81;
    t.peer = t.v6 ? (struct hp_ip){{0xff, 2, [15] = 1}} : hp_ip4(224, 0, 0, 1);
    talk_send(&t, "SYN seq=0");
    t.peer = t.v6 ? (struct hp_ip){{0}} : hp_ip4(0, 0, 0, 0);
    talk_send(&t, "SYN seq=0");
    talk_nothing(&t);
    talk_end(&t);
}

static void test_S32_rsts_are_limited(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 1);
    talk_set(&t, "tcp.rsts_per_s", 10);
    t.port = 81;
    unsigned total = t.tap.total;
    for (int i = 0; i < 100; i++) talk_send(&t, "SYN seq=0");
    talk_assert(&t, t.tap.total - total == 10);
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_active_open),
    cmocka_unit_test(test_passive_open),
    cmocka_unit_test(test_syn_is_retransmitted_and_doubled),
    cmocka_unit_test(test_S19_simultaneous_open),
    cmocka_unit_test(test_S19_simultaneous_open_ended_by_an_ack),
    cmocka_unit_test(test_S19_split_handshake),
    cmocka_unit_test(test_connection_refused),
    cmocka_unit_test(test_rst_to_syn_sent_must_acknowledge_the_syn),
    cmocka_unit_test(test_S25_challenge_to_our_syn_is_reset_and_tried_again),
    cmocka_unit_test(test_syn_ack_is_retransmitted_and_given_up),
    cmocka_unit_test(test_S22_duplicate_syn_gets_the_same_syn_ack),
    cmocka_unit_test(test_rst_ends_half_open),
    cmocka_unit_test(test_wrong_ack_to_half_open_is_reset),
    cmocka_unit_test(test_listen_answers_by_the_book),
    cmocka_unit_test(test_closed_port_answers_by_the_book),
    cmocka_unit_test(test_backlog_is_kept),
    cmocka_unit_test(test_S24_accept_queue_entry_times_out),
    cmocka_unit_test(test_rst_leaves_the_accept_queue),
    cmocka_unit_test(test_closing_a_listener_resets_who_waits),
    cmocka_unit_test(test_S20_data_in_syn_is_not_lost_state),
    cmocka_unit_test(test_S20_data_and_fin_on_syn_ack),
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
    cmocka_unit_test(test_S06_exact_rst_kills),
    cmocka_unit_test(test_S06_rst_in_window_is_challenged),
    cmocka_unit_test(test_S06_syn_is_challenged),
    cmocka_unit_test(test_S07_challenges_are_limited_per_connection),
    cmocka_unit_test(test_S08_impossible_acks_are_dropped_and_challenged),
    cmocka_unit_test(test_S32_no_rst_to_groups),
    cmocka_unit_test(test_S32_rsts_are_limited),
};
TALK_MAIN(tests)
