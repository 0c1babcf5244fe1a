/* TCP opens connections (RFC 9293 3.5, figure 5 from CLOSED to ESTABLISHED): arrow by arrow, and what a listener answers. */
#include "support/talk.h"

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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
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
    talk_syn_sent(&t);
    talk_send(&t, "SYN ACK FIN seq=0 ack=1 win=1000 mss=1460 len=10");
    talk_expect(&t, "ACK seq=1 ack=12");
    talk_state(&t, "CLOSE-WAIT");
    talk_read(&t, 10);
    talk_read_end(&t);
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
};
TALK_MAIN(tests)
