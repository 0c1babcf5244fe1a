/* TCP's loss recovery: timeouts (RFC 6298), fast retransmit with SACK (RFC 6675) and without (RFC 6582), limited transmit, undo, path MTU. */
#include "support/talk.h"

#include "l4_transport/tcp/tcp.h"
#include "support/tcp_check.h"

static const char *const plain = "win=65535 mss=1000";
static const char *const sacks = "win=65535 mss=1000 sackok";

/* Sends n segments of 1000 bytes and reads them off the wire. */
static void burst(struct talk *t, unsigned n)
{
    talk_write(t, n * 1000);
    for (unsigned i = 0; i < n; i++) talk_expect(t, "ACK len=1000");
    talk_nothing(t);
}

/* ---- timeouts ---- */

static void test_retransmission_doubles(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 100);
    talk_expect(&t, "ACK seq=1 len=100");
    hp_time last = t.at, gap = HP_MS(200);
    for (int i = 0; i < 8; i++, gap *= 2) {
        while (!t.tap.count) talk_wait(&t, HP_MS(1));
        talk_expect(&t, "ACK seq=1 len=100");
        talk_assert(&t, t.at - last >= gap && t.at - last < gap + HP_MS(2));
        last = t.at;
    }
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=101");
    talk_write(&t, 100);
    talk_expect(&t, "ACK seq=101 len=100");
    talk_assert(&t, talk_info(&t).rtos == 8);
    talk_end(&t);
}

static void test_rto_follows_the_round_trip(void **state)
{
    struct talk t;
    char ack[64];
    talk_begin(&t);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_wait(&t, HP_MS(300));
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000");
    talk_expect(&t, "ACK seq=1 ack=1");
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.rtt == HP_MS(300) && i.rttvar == HP_MS(150) && i.rto == HP_MS(900)); /* RFC 6298 2.2 */
    for (uint32_t n = 0; n < 30; n++) {
        talk_write(&t, 1000);
        talk_expect(&t, "ACK len=1000");
        talk_wait(&t, HP_MS(300));
        snprintf(ack, sizeof ack, "ACK seq=1 ack=%u", n * 1000 + 1001);
        talk_send(&t, ack);
    }
    i = talk_info(&t);
    talk_assert(&t, i.rtt > HP_MS(299) && i.rtt < HP_MS(301) && i.min_rtt == HP_MS(300) && i.rto < HP_MS(505));
    talk_end(&t);
}

/* Karn: a retransmitted segment tells nothing about the round trip. */
static void test_no_round_trip_from_retransmissions(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    hp_time rtt = talk_info(&t).rtt;
    talk_write(&t, 1000);
    talk_wait(&t, HP_MS(3000));
    talk_flush(&t);
    talk_send(&t, "ACK seq=1 ack=1001");
    talk_assert(&t, talk_info(&t).rtt == rtt);
    talk_end(&t);
}

static void test_timeout_sends_everything_again_in_slow_start(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 8);
    talk_wait(&t, HP_MS(250));
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_nothing(&t);
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.snd_cwnd == 1000 && i.snd_ssthresh == 5600); /* 0.7 of 8000 */
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=1001");
    talk_expect(&t, "ACK seq=1001 len=1000");
    talk_expect(&t, "ACK seq=2001 len=1000");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=5001"); /* some had arrived */
    talk_expect(&t, "ACK seq=5001 len=1000");
    tcp_check(t.sock);
    talk_end(&t);
}

/* S16: after a timeout one ACK opens the window by one MSS, however much it acknowledges (RFC 3465, L = 1). */
static void test_S16_byte_counting_after_timeout(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 10);
    talk_wait(&t, HP_MS(250));
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_send(&t, "ACK seq=1 ack=5001");
    talk_assert(&t, talk_info(&t).snd_cwnd == 2000);
    talk_end(&t);
}

/* S16: cutting one acknowledgment into many gains nothing. */
static void test_S16_ack_division(void **state)
{
    struct talk t;
    char ack[64];
    talk_established(&t, plain);
    burst(&t, 10);
    for (uint32_t i = 1; i <= 1000; i += 10) {
        snprintf(ack, sizeof ack, "ACK seq=1 ack=%u", 1 + i);
        talk_send(&t, ack);
    }
    talk_assert(&t, talk_info(&t).snd_cwnd <= 11000);
    tcp_check(t.sock);
    talk_end(&t);
}

/* S16: acknowledging what was never sent is no progress. */
static void test_S16_optimistic_ack(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 5);
    talk_send(&t, "ACK seq=1 ack=6001");
    talk_drops(&t, HP_DROP_TCP_ACK, 1);
    talk_assert(&t, talk_info(&t).bytes_acked == 0);
    talk_end(&t);
}

/* ---- fast retransmit without SACK ---- */

static void test_three_duplicates_retransmit(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 8);
    talk_send(&t, "ACK seq=1 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_nothing(&t);
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.fast_recoveries == 1 && i.snd_cwnd == 5600);
    talk_send(&t, "ACK seq=1 ack=8001");
    talk_assert(&t, talk_info(&t).snd_cwnd == 5600 && talk_info(&t).in_flight == 0);
    tcp_check(t.sock);
    talk_end(&t);
}

/* RFC 6582: a partial ACK shows the next hole; it is filled without more duplicates or a timeout. */
static void test_newreno_partial_acks(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 10);
    for (int i = 0; i < 3; i++) talk_send(&t, "ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_send(&t, "ACK seq=1 ack=3001");
    talk_expect(&t, "ACK seq=3001 len=1000");
    talk_send(&t, "ACK seq=1 ack=6001");
    talk_expect(&t, "ACK seq=6001 len=1000");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=10001");
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.fast_recoveries == 1 && i.retrans == 3 && i.rtos == 0);
    tcp_check(t.sock);
    talk_end(&t);
}

/* RFC 6582 3.2 step 1: duplicates of what was sent again before the last episode ended begin no new one. */
static void test_newreno_does_not_begin_twice(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 10);
    talk_wait(&t, HP_MS(250));
    talk_expect(&t, "ACK seq=1 len=1000");
    for (int i = 0; i < 5; i++) talk_send(&t, "ACK seq=1 ack=1");
    talk_flush(&t);
    talk_assert(&t, talk_info(&t).fast_recoveries == 0);
    talk_end(&t);
}

static void test_limited_transmit(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 20000);
    for (int i = 0; i < 10; i++) talk_expect(&t, "ACK len=1000");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=10001 len=1000"); /* RFC 3042 */
    talk_send(&t, "ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=11001 len=1000");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_end(&t);
}

static void test_data_and_window_updates_are_no_duplicates(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    burst(&t, 8);
    talk_send(&t, "ACK seq=1 ack=1 win=65000");
    talk_send(&t, "ACK seq=1 ack=1 win=64000");
    talk_send(&t, "ACK seq=1 ack=1 win=63000");
    talk_send(&t, "ACK seq=1 ack=1 win=63000 len=10");
    talk_send(&t, "ACK seq=11 ack=1 win=63000 len=10");
    talk_send(&t, "ACK seq=21 ack=1 win=63000 len=10");
    talk_flush(&t);
    talk_assert(&t, talk_info(&t).fast_recoveries == 0);
    talk_end(&t);
}

/* ---- with SACK ---- */

static void test_sack_recovery(void **state)
{
    struct talk t;
    talk_established(&t, sacks);
    burst(&t, 10);
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-2001");
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-3001");
    talk_nothing(&t);
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-4001");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_nothing(&t);
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=1 sack=5001-6001 sack=1001-4001");
    talk_send(&t, "ACK seq=1 ack=1 sack=5001-7001 sack=1001-4001");
    talk_send(&t, "ACK seq=1 ack=1 sack=5001-8001 sack=1001-4001");
    talk_expect(&t, "ACK seq=4001 len=1000"); /* lost: three SACKed above */
    talk_send(&t, "ACK seq=1 ack=4001 sack=5001-8001");
    talk_expect(&t, "ACK seq=9001 len=1000"); /* RFC 6675 NextSeg (4): the rescue, once */
    talk_nothing(&t);
    struct hp_tcp_info i = talk_info(&t);
    talk_assert(&t, i.fast_recoveries == 1 && i.retrans == 3);
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=10001");
    tcp_check(t.sock);
    talk_assert(&t, talk_info(&t).in_flight == 0);
    talk_end(&t);
}

static void test_many_holes_in_one_ack(void **state)
{
    struct talk t;
    talk_established(&t, sacks);
    burst(&t, 10);
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-2001 sack=3001-4001 sack=5001-6001 sack=7001-10001");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_expect(&t, "ACK seq=2001 len=1000");
    talk_expect(&t, "ACK seq=4001 len=1000");
    talk_expect(&t, "ACK seq=6001 len=1000");
    talk_nothing(&t);
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=10001");
    talk_assert(&t, talk_info(&t).fast_recoveries == 1);
    talk_end(&t);
}

static void test_sack_blocks_that_cannot_be(void **state)
{
    struct talk t;
    talk_established(&t, sacks);
    burst(&t, 5);
    talk_send(&t, "ACK seq=1 ack=1 sack=6001-7001");        /* not sent */
    talk_send(&t, "ACK seq=1 ack=1 sack=3001-2001");        /* backwards */
    talk_send(&t, "ACK seq=1 ack=1 sack=2001-2001");        /* empty */
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-4000000000");  /* around the world */
    talk_send(&t, "ACK seq=1 ack=2001 sack=1-1001");        /* a DSACK */
    talk_send(&t, "ACK seq=1 ack=2001 sack=2500-2700");     /* a part of a segment */
    talk_assert(&t, talk_info(&t).sacked == 0);
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=2001 sack=2500-4500");
    talk_assert(&t, talk_info(&t).sacked == 1000);
    tcp_check(t.sock);
    talk_end(&t);
}

static void test_S28_reneging(void **state)
{
    struct talk t;
    talk_established(&t, sacks);
    burst(&t, 5);
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-3001");
    talk_assert(&t, talk_info(&t).sacked == 2000);
    talk_send(&t, "ACK seq=1 ack=1001"); /* it forgot what it had */
    talk_wait(&t, HP_MS(300));
    talk_expect(&t, "ACK seq=1001 len=1000");
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=2001");
    talk_expect(&t, "ACK seq=2001 len=1000");
    talk_send(&t, "ACK seq=1 ack=5001");
    talk_assert(&t, talk_info(&t).snd_queued == 0);
    talk_end(&t);
}

/* S01: an MSS of 48 and SACKs that would merge thousands of segments into one overflowed a 16-bit counter. */
static void test_S01_tiny_mss_and_sacks(void **state)
{
    struct talk t;
    char text[128];
    talk_established(&t, "win=65535 mss=48 sackok wscale=8");
    talk_assert(&t, talk_info(&t).snd_mss >= 64);
    talk_opt(&t, HP_SO_SNDBUF, 1 << 20);
    talk_try_write(&t, 1 << 19, 0);
    talk_send(&t, "ACK seq=1 ack=1 win=65535");
    uint32_t acked = 1;
    for (int round = 0; round < 12; round++) { /* open the window */
        acked += talk_info(&t).in_flight;
        talk_flush(&t);
        snprintf(text, sizeof text, "ACK seq=1 ack=%u", acked);
        talk_send(&t, text);
    }
    talk_flush(&t);
    uint32_t flight = talk_info(&t).in_flight, mss = talk_info(&t).snd_mss;
    talk_assert(&t, flight / mss > 1000);
    for (uint32_t i = mss; i + 8 * mss < flight; i += 8 * mss) {
        snprintf(text, sizeof text, "ACK seq=1 ack=%u sack=%u-%u sack=%u-%u", acked, acked + i, acked + i + 7 * mss, acked + mss,
                 acked + i);
        talk_send(&t, text);
        tcp_check(t.sock);
    }
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* S02: the same with a hole in front of every segment; the cost of an ACK is bounded, the result is right. */
static void test_S02_many_holes(void **state)
{
    struct talk t;
    char text[128];
    talk_established(&t, "win=65535 mss=100 sackok wscale=8");
    talk_opt(&t, HP_SO_SNDBUF, 1 << 20);
    talk_try_write(&t, 1 << 19, 0);
    talk_send(&t, "ACK seq=1 ack=1 win=65535");
    uint32_t acked = 1;
    for (int round = 0; round < 10; round++) {
        acked += talk_info(&t).in_flight;
        talk_flush(&t);
        snprintf(text, sizeof text, "ACK seq=1 ack=%u", acked);
        talk_send(&t, text);
    }
    talk_flush(&t);
    uint32_t flight = talk_info(&t).in_flight;
    talk_assert(&t, flight > 50000);
    for (uint32_t i = 100; i < flight; i += 200) {
        snprintf(text, sizeof text, "ACK seq=1 ack=%u sack=%u-%u", acked, acked + i, acked + i + 100);
        talk_send(&t, text);
    }
    tcp_check(t.sock);
    talk_assert(&t, talk_info(&t).sacked >= flight / 2 - 200);
    talk_end(&t);
}

/* ---- undo ---- */

/* S26: overtaking by three looked like loss; the echoed timestamp says that the original arrived. */
static void test_S26_reordering_is_undone(void **state)
{
    struct talk t;
    char text[128];
    talk_established(&t, "win=65535 mss=1012 sackok ts=100:0");
    talk_write(&t, 10000);
    talk_wait(&t, HP_MS(5));
    talk_flush(&t);
    uint32_t ts = tcp_ts_now(stack_state(t.s, &tcp_proto), ((struct tcp *)t.sock)->ts_offset) - 5; /* as the segments had it */
    uint32_t cwnd = talk_info(&t).snd_cwnd;
    for (int i = 2; i <= 4; i++) {
        snprintf(text, sizeof text, "ACK seq=1 ack=1 ts=101:%u sack=1001-%d", ts, i * 1000 + 1);
        talk_send(&t, text);
    }
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_assert(&t, talk_info(&t).snd_cwnd < cwnd);
    snprintf(text, sizeof text, "ACK seq=1 ack=4001 ts=102:%u", ts);
    talk_send(&t, text);
    talk_assert(&t, talk_info(&t).snd_cwnd >= cwnd);
    talk_assert(&t, hp_counter(t.s, "tcp.undos") == 1);
    tcp_check(t.sock);
    talk_end(&t);
}

/* S26: a delay of a second made the timer fire; nothing was lost. */
static void test_S26_spurious_timeout_is_undone(void **state)
{
    struct talk t;
    char text[128];
    talk_established(&t, "win=65535 mss=1012 ts=100:0");
    talk_write(&t, 10000);
    talk_flush(&t);
    uint32_t ts = tcp_ts_now(stack_state(t.s, &tcp_proto), ((struct tcp *)t.sock)->ts_offset);
    uint32_t cwnd = talk_info(&t).snd_cwnd;
    talk_wait(&t, HP_MS(300));
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_assert(&t, talk_info(&t).snd_cwnd == 1000);
    snprintf(text, sizeof text, "ACK seq=1 ack=1001 ts=101:%u", ts);
    talk_send(&t, text);
    talk_assert(&t, talk_info(&t).snd_cwnd >= cwnd);
    talk_nothing(&t); /* nothing else is sent again */
    tcp_check(t.sock);
    talk_end(&t);
}

/* Without timestamps: every retransmission was reported as a duplicate. */
static void test_S26_dsack_undoes(void **state)
{
    struct talk t;
    talk_established(&t, sacks);
    burst(&t, 10);
    uint32_t cwnd = talk_info(&t).snd_cwnd;
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-4001");
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-5001");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_assert(&t, talk_info(&t).snd_cwnd < cwnd);
    talk_expect(&t, "ACK seq=9001 len=1000"); /* the rescue */
    talk_send(&t, "ACK seq=1 ack=10001");
    talk_send(&t, "ACK seq=1 ack=10001 sack=1-1001");
    talk_assert(&t, hp_counter(t.s, "tcp.undos") == 0);
    talk_send(&t, "ACK seq=1 ack=10001 sack=9001-10001");
    talk_assert(&t, talk_info(&t).snd_cwnd >= cwnd && hp_counter(t.s, "tcp.undos") == 1);
    tcp_check(t.sock);
    talk_end(&t);
}

/* ---- congestion controls ---- */

static void test_choice_of_congestion_control(void **state)
{
    struct talk t;
    char name[16];
    size_t n = sizeof name;
    talk_begin(&t);
    talk_socket(&t);
    assert_int_equal(hp_getsockopt(t.sock, HP_TCP_CONGESTION, name, &n), HP_OK);
    assert_string_equal(name, "cubic");
    assert_int_equal(hp_setsockopt(t.sock, HP_TCP_CONGESTION, "reno", 4), HP_OK);
    assert_int_equal(hp_setsockopt(t.sock, HP_TCP_CONGESTION, "vegas", 5), HP_ENOENT);
    talk_connect(&t);
    talk_expect(&t, "SYN seq=0");
    talk_send(&t, "SYN ACK seq=0 ack=1 win=65535 mss=1000 sackok");
    talk_expect(&t, "ACK seq=1 ack=1");
    assert_string_equal(talk_info(&t).cc, "reno");
    burst(&t, 10);
    talk_send(&t, "ACK seq=1 ack=1 sack=1001-5001");
    talk_expect(&t, "ACK seq=1 len=1000");
    talk_assert(&t, talk_info(&t).snd_cwnd == 5000);
    talk_end(&t);
}

/* ---- what ICMP says ---- */

static void icmp(struct talk *t, int err, bool hard, uint32_t mtu, uint32_t seq)
{
    uint8_t quote[8];
    put16(quote, t->port);
    put16(quote + 2, t->peer_port);
    put32(quote + 4, t->iss + seq);
    struct hp_neterr e = {.err = err, .hard = hard, .mtu = mtu, .src = t->ip, .dst = t->peer, .reporter = t->peer, .v6 = t->v6,
                          .quote = {quote, sizeof quote}};
    stack_error_ipproto(t->s, IPPROTO_TCP_, &e);
}

static void test_C05_hard_errors_are_soft_for_connections(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    talk_write(&t, 100);
    icmp(&t, HP_ECONNREFUSED, true, 0, 1);
    talk_state(&t, "ESTABLISHED");
    talk_wait(&t, HP_S(500)); /* but it says why, if the connection dies */
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ECONNREFUSED);
    talk_end(&t);
}

static void test_hard_error_ends_an_open(void **state)
{
    struct talk t;
    talk_syn_sent(&t);
    icmp(&t, HP_EHOSTUNREACH, true, 0, 7); /* not in flight */
    talk_state(&t, "SYN-SENT");
    icmp(&t, HP_EHOSTUNREACH, false, 0, 0);
    talk_state(&t, "SYN-SENT");
    icmp(&t, HP_ECONNREFUSED, true, 0, 0);
    talk_state(&t, "CLOSED");
    talk_read_fails(&t, HP_ECONNREFUSED);
    talk_end(&t);
}

static void test_S30_icmp_stops_syn_acks(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    talk_send(&t, "SYN seq=0 mss=1460");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    icmp(&t, HP_ECONNREFUSED, true, 0, 1);
    talk_assert(&t, ((struct tcp_host *)stack_state(t.s, &tcp_proto))->flows.count == 1);
    icmp(&t, HP_ECONNREFUSED, true, 0, 0);
    talk_gone(&t);
    talk_end(&t);
}

static void test_C06_path_mtu_cuts_what_is_in_flight(void **state)
{
    struct talk t;
    talk_established(&t, "win=65535 mss=1400");
    talk_write(&t, 2800);
    talk_expect(&t, "ACK seq=1 len=1400");
    talk_expect(&t, "ACK seq=1401 len=1400");
    icmp(&t, HP_EMSGSIZE, false, 1300, 5000);
    talk_nothing(&t); /* not in flight: not believed */
    icmp(&t, HP_EMSGSIZE, false, 1300, 1);
    uint32_t mss = talk_info(&t).snd_mss;
    talk_assert(&t, mss == (t.v6 ? 1240u : 1260u));
    talk_expect(&t, t.v6 ? "ACK seq=1 len=1240" : "ACK seq=1 len=1260");
    talk_flush(&t);
    tcp_check(t.sock);
    talk_send(&t, "ACK seq=1 ack=2801");
    talk_assert(&t, talk_info(&t).snd_queued == 0);
    talk_write(&t, 2600);
    talk_expect(&t, t.v6 ? "ACK seq=2801 len=1240" : "ACK seq=2801 len=1260");
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_retransmission_doubles),
    cmocka_unit_test(test_rto_follows_the_round_trip),
    cmocka_unit_test(test_no_round_trip_from_retransmissions),
    cmocka_unit_test(test_timeout_sends_everything_again_in_slow_start),
    cmocka_unit_test(test_S16_byte_counting_after_timeout),
    cmocka_unit_test(test_S16_ack_division),
    cmocka_unit_test(test_S16_optimistic_ack),
    cmocka_unit_test(test_three_duplicates_retransmit),
    cmocka_unit_test(test_newreno_partial_acks),
    cmocka_unit_test(test_newreno_does_not_begin_twice),
    cmocka_unit_test(test_limited_transmit),
    cmocka_unit_test(test_data_and_window_updates_are_no_duplicates),
    cmocka_unit_test(test_sack_recovery),
    cmocka_unit_test(test_many_holes_in_one_ack),
    cmocka_unit_test(test_sack_blocks_that_cannot_be),
    cmocka_unit_test(test_S28_reneging),
    cmocka_unit_test(test_S01_tiny_mss_and_sacks),
    cmocka_unit_test(test_S02_many_holes),
    cmocka_unit_test(test_S26_reordering_is_undone),
    cmocka_unit_test(test_S26_spurious_timeout_is_undone),
    cmocka_unit_test(test_S26_dsack_undoes),
    cmocka_unit_test(test_choice_of_congestion_control),
    cmocka_unit_test(test_C05_hard_errors_are_soft_for_connections),
    cmocka_unit_test(test_hard_error_ends_an_open),
    cmocka_unit_test(test_S30_icmp_stops_syn_acks),
    cmocka_unit_test(test_C06_path_mtu_cuts_what_is_in_flight),
};
TALK_MAIN(tests)
