/* What resets a TCP connection and what does not (RFC 9293 3.5.2, RFC 5961). */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1460";

static void test_S06_exact_rst_kills(void **state)
{
    struct talk t;
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, "win=1000 mss=1460");
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
    cmocka_unit_test(test_S06_exact_rst_kills),
    cmocka_unit_test(test_S06_rst_in_window_is_challenged),
    cmocka_unit_test(test_S06_syn_is_challenged),
    cmocka_unit_test(test_S07_challenges_are_limited_per_connection),
    cmocka_unit_test(test_S08_impossible_acks_are_dropped_and_challenged),
    cmocka_unit_test(test_S32_no_rst_to_groups),
    cmocka_unit_test(test_S32_rsts_are_limited),
};
TALK_MAIN(tests)
