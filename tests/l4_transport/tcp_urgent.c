/* Urgent data (RFC 9293 3.8.5, RFC 6093). */
#include "support/talk.h"

static const char *const plain = "win=65535 mss=1000";

static void test_urgent_in_line(void **state)
{
    struct talk t;
    talk_established(&t, plain);
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
    talk_established(&t, plain);
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
    talk_established(&t, plain);
    talk_write(&t, 10);
    talk_expect(&t, "ACK PSH seq=1 len=10");
    assert_int_equal(talk_try_write(&t, 5, HP_MSG_OOB), 5);
    talk_expect(&t, "ACK PSH URG seq=11 len=5 urg=5"); /* Nagle does not hold it back */
    talk_end(&t);
}

static void test_T10_T11_T12_urgent_pointers_that_cannot_be(void **state)
{
    struct talk t;
    talk_syn_sent(&t);
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_urgent_in_line),
    cmocka_unit_test(test_urgent_out_of_line),
    cmocka_unit_test(test_urgent_is_sent),
    cmocka_unit_test(test_T10_T11_T12_urgent_pointers_that_cannot_be),
};
TALK_MAIN(tests)
