/* What others died of (headers, options, PAWS, floods, guessing), and memory that runs out. */
#include "support/talk.h"

#include "l4_transport/tcp/tcp.h"
#include "support/tcp_check.h"

static const char *const plain = "win=65535 mss=1000";

/* The header of a segment from the peer, 20 bytes, ready to be spoilt. */
static void header(const struct talk *t, uint8_t *b, uint32_t seq, uint32_t ack, uint16_t flags)
{
    struct tcp_hdr h = {.from = t->peer_port, .to = t->port, .seq = t->irs + seq, .ack = t->iss + ack, .hlen = 20, .flags = flags,
                        .win = 1000};
    tcp_write(b, 20, &h);
}

/* ---- headers and options ---- */

static void test_T01_header_lengths_that_cannot_be(void **state)
{
    struct talk t;
    uint8_t b[64] = {0};
    talk_established(&t, plain);
    for (size_t n = 1; n < 20; n++) {
        header(&t, b, 1, 1, TCP_ACK);
        uint8_t kept[64];
        memcpy(kept, b, sizeof b);
        talk_send_pkt(&t, kept, n, n >= 18);
    }
    talk_drops(&t, HP_DROP_TCP_BAD, 19);
    for (unsigned off = 0; off < 16; off++) {
        header(&t, b, 1, 1, TCP_ACK);
        b[12] = (uint8_t)(off << 4);
        talk_send_pkt(&t, b, 30, true);
    }
    talk_drops(&t, HP_DROP_TCP_BAD, 19 + 5 + 8); /* below 20 bytes, and beyond the 30 that came */
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* Options of a malformed list: those before the fault count, the connection lives. */
static void send_options(struct talk *t, const uint8_t *options, size_t n, uint16_t flags, uint32_t seq)
{
    uint8_t b[64] = {0};
    size_t hlen = 20 + (n + 3) / 4 * 4;
    header(t, b, seq, 1, flags);
    memcpy(b + 20, options, n);
    b[12] = (uint8_t)(hlen / 4 << 4);
    talk_send_pkt(t, b, hlen, true);
}

static void test_T02_T06_option_lengths(void **state)
{
    static const uint8_t list[][12] = {{2, 0}, {2, 1}, {3, 0}, {5, 0}, {5, 1}, {5, 2}, {5, 3}, {5, 255}, {8, 200}, {8, 9}, {99, 0}, {99, 1},
                                       {99, 255}, {1, 1, 1, 2}, {1, 1, 1, 99}, {254, 3}, {30, 0}, {19, 18}, {29, 4}, {34, 0}};
    struct talk t;
    talk_established(&t, plain);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        for (size_t n = 1; n <= 12; n++) send_options(&t, list[i], n, TCP_ACK, 1);
    talk_state(&t, "ESTABLISHED");
    talk_write(&t, 10);
    talk_expect(&t, "ACK seq=1 len=10");
    talk_end(&t);
}

static void test_T07_malformed_options_do_not_reset(void **state)
{
    static const uint8_t bad[] = {8, 2, 0, 0};
    struct talk t;
    talk_established(&t, plain);
    send_options(&t, bad, sizeof bad, TCP_ACK, 1);
    send_options(&t, bad, sizeof bad, TCP_ACK, 900000);
    send_options(&t, bad, sizeof bad, TCP_SYN, 900000);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_T04_T05_mss(void **state)
{
    static const unsigned mss[] = {0, 1, 48, 63, 64, 87, 88};
    for (size_t i = 0; i < sizeof mss / sizeof *mss; i++) {
        struct talk t;
        char syn[64];
        talk_begin(&t);
        snprintf(syn, sizeof syn, "win=65535 mss=%u", mss[i]);
        talk_open(&t, syn);
        talk_assert(&t, talk_info(&t).snd_mss == 88);
        talk_write(&t, 1000);
        talk_expect(&t, "ACK seq=1 len=88");
        talk_end(&t);
    }
}

static void test_mss_default_without_option(void **state)
{
    struct talk t;
    talk_established(&t, "win=65535");
    talk_assert(&t, talk_info(&t).snd_mss == (t.v6 ? 1220u : 536u));
    talk_end(&t);
}

static void test_T08_window_scale(void **state)
{
    struct talk t;
    talk_established(&t, "win=65535 mss=1000 wscale=255");
    talk_assert(&t, talk_info(&t).snd_wscale == 14);
    talk_send(&t, "ACK seq=1 ack=1 win=65535 wscale=1"); /* not in a SYN: ignored */
    talk_assert(&t, talk_info(&t).snd_wscale == 14 && talk_info(&t).snd_wnd == 65535u << 14);
    talk_end(&t);
}

static void test_T13_flags_that_make_no_sense(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    t.iss = 0;
    t.iss_known = true;
    talk_send(&t, "SYN FIN seq=0");
    talk_drops(&t, HP_DROP_TCP_FLAGS, 1);
    talk_send(&t, "SYN RST seq=0");
    talk_drops(&t, HP_DROP_TCP_RST, 1);
    talk_send(&t, "NONE seq=0");
    talk_send(&t, "FIN seq=0");
    talk_send(&t, "FIN PSH URG seq=0");
    talk_nothing(&t);
    talk_gone(&t);
    talk_send(&t, "SYN ECE CWR seq=0 mss=1000"); /* asks for ECN: a SYN like any other */
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1");
    talk_accept(&t);
    talk_send(&t, "NONE seq=1 len=5");
    talk_drops(&t, HP_DROP_TCP_NO_ACK, 4);
    talk_send(&t, "FIN seq=1");
    talk_state(&t, "ESTABLISHED");
    uint8_t b[20];
    header(&t, b, 1, 1, TCP_ACK);
    b[12] |= 0x0e; /* reserved bits */
    talk_send_pkt(&t, b, 20, true);
    talk_send(&t, "ACK FIN PSH URG ECE CWR seq=1 ack=1");
    talk_state(&t, "CLOSE-WAIT");
    talk_end(&t);
}

static void test_T14_checksum(void **state)
{
    struct talk t;
    uint8_t b[24] = {0};
    talk_established(&t, plain);
    header(&t, b, 1, 1, TCP_RST | TCP_ACK);
    talk_send_pkt(&t, b, 20, false);
    put16(b + 16, 0xffff);
    talk_send_pkt(&t, b, 20, false);
    talk_drops(&t, HP_DROP_CHECKSUM, 2);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

static void test_T16_unconfigured_signatures(void **state)
{
    static const uint8_t md5[18] = {19, 18, 1, 2, 3}, ao[16] = {29, 16, 1, 1}, short_ao[4] = {29, 3, 1, 1};
    struct talk t;
    talk_established(&t, plain);
    send_options(&t, md5, sizeof md5, TCP_ACK, 1);
    send_options(&t, ao, sizeof ao, TCP_ACK, 1);
    send_options(&t, short_ao, sizeof short_ao, TCP_ACK | TCP_URG, 1);
    talk_state(&t, "ESTABLISHED");
    talk_end(&t);
}

/* ---- PAWS ---- */

static void test_S09_paws(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 1);
    talk_send(&t, "SYN seq=0 win=65535 mss=1000 ts=1000:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1 ts=1001:1");
    talk_accept(&t);
    talk_send(&t, "ACK seq=1 ack=1 len=10 ts=1002:1");
    talk_read(&t, 10);
    talk_flush(&t);
    talk_send(&t, "ACK seq=11 ack=1 len=10 ts=900:1"); /* old */
    talk_expect(&t, "ACK seq=1 ack=11 ts=*:1002");
    talk_drops(&t, HP_DROP_TCP_PAWS, 1);
    talk_send(&t, "ACK seq=5000 ack=1 len=10 ts=4000000:1"); /* in the window but not next: does not count */
    talk_flush(&t);
    talk_send(&t, "ACK seq=900000 ack=1 len=10 ts=5000000:1"); /* outside the window: neither */
    talk_send(&t, "ACK seq=11 ack=1 len=10 ts=1003:1");
    talk_read(&t, 10);
    talk_wait(&t, HP_S(25 * 24 * 3600ll)); /* 24 days later an old timestamp may be a new one */
    talk_send(&t, "ACK seq=21 ack=1 len=10 ts=5:1");
    talk_read(&t, 10);
    talk_end(&t);
}

static void test_S09_reset_is_exempt_from_paws(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 1);
    talk_send(&t, "SYN seq=0 win=65535 mss=1000 ts=1000:0");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_send(&t, "ACK seq=1 ack=1 ts=1001:1");
    talk_accept(&t);
    talk_send(&t, "RST seq=1 ts=5:0");
    talk_state(&t, "CLOSED");
    talk_end(&t);
}

/* ---- floods ---- */

static void test_S03_tiny_segments_out_of_order(void **state)
{
    struct talk t;
    char text[64];
    talk_established(&t, "win=65535 mss=1000 sackok");
    size_t before = t.alloc.bytes;
    for (uint32_t i = 0; i < 60000; i += 2) {
        snprintf(text, sizeof text, "ACK seq=%u ack=1 len=1", 60002 - i);
        talk_send(&t, text);
        tap_clear(&t.tap);
    }
    tcp_check(t.sock);
    talk_assert(&t, hp_drop_count(t.s, HP_DROP_TCP_REASSEMBLY) > 20000);
    talk_assert(&t, t.alloc.bytes - before < 2 << 20);
    talk_send(&t, "ACK seq=1 ack=1 len=1000"); /* and what is in order goes on */
    talk_read(&t, 1000);
    talk_end(&t);
}

static void test_S03_tiny_segments_in_order(void **state)
{
    struct talk t;
    char text[64];
    talk_established(&t, plain);
    size_t before = t.alloc.bytes;
    for (uint32_t i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "ACK seq=%u ack=1 len=1", 1 + i);
        talk_send(&t, text);
        tap_clear(&t.tap);
    }
    talk_assert(&t, t.alloc.bytes - before < 200000); /* they share storage */
    talk_read(&t, 20000);
    tcp_check(t.sock);
    talk_end(&t);
}

static void test_S13_syn_flood_is_bounded(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    for (unsigned i = 0; i < 3000; i++) {
        t.peer_port = (uint16_t)(10000 + i);
        talk_send(&t, "SYN seq=0 mss=1000");
        tap_clear(&t.tap);
    }
    talk_assert(&t, hp_drop_count(t.s, HP_DROP_SYN_QUEUE) == 3000 - 128);
    talk_assert(&t, ((struct tcp_host *)stack_state(t.s, &tcp_proto))->flows.count == 128);
    talk_wait(&t, HP_S(70));
    talk_gone(&t);
    t.peer_port = 9;
    tap_clear(&t.tap);
    talk_send(&t, "SYN seq=0 mss=1000");
    talk_expect(&t, "SYN ACK seq=0 ack=1");
    talk_end(&t);
}

static void test_land(void **state)
{
    struct talk t;
    talk_begin(&t);
    talk_listen(&t, 4);
    t.peer = t.ip;
    t.peer_port = t.port;
    talk_send(&t, "SYN seq=0 mss=1000");
    talk_nothing(&t);
    talk_gone(&t);
    talk_end(&t);
}

/* ---- guessing ---- */

static uint32_t isn_of(const struct tcp_host *h, uint32_t tuple, hp_time now)
{
    struct flow f = {hp_ip4(10, 0, 0, 1), hp_ip4(10, 0, (uint8_t)(tuple >> 16), 2), 80, (uint16_t)tuple};
    return tcp_isn(h, &f, now);
}

static void test_S10_initial_sequence_numbers(void **state)
{
    enum { BUCKETS = 256, DRAWS = 100000 };
    static uint32_t bucket[4][BUCKETS];
    struct talk t;
    memset(bucket, 0, sizeof bucket);
    talk_begin(&t);
    struct tcp_host *h = stack_state(t.s, &tcp_proto);
    for (uint32_t i = 0; i < DRAWS; i++)
        for (int b = 0; b < 4; b++) bucket[b][isn_of(h, i, 0) >> (8 * b) & 0xff]++;
    for (int b = 0; b < 4; b++) { /* chi-square, 255 degrees of freedom: 99.99 % lie below 341 */
        double chi = 0, want = (double)DRAWS / BUCKETS;
        for (int i = 0; i < BUCKETS; i++) chi += (bucket[b][i] - want) * (bucket[b][i] - want) / want;
        if (chi > 341) talk_fail(&t, "byte %d: chi-square %.1f", b, chi);
    }
    talk_assert(&t, isn_of(h, 7, HP_S(1)) - isn_of(h, 7, 0) == 250000); /* the clock of RFC 6528: 4 us */
    uint32_t before = isn_of(h, 7, 0);
    h->isn_key.k0 ^= 1;
    talk_assert(&t, isn_of(h, 7, 0) != before);
    talk_end(&t);
}

/* ---- clocks ---- */

/* S27: a clock that stands still or jumps by 15.6 ms, and a round trip of nothing. */
static void test_S27_coarse_clock(void **state)
{
    struct talk t;
    char ack[64];
    talk_established(&t, plain);
    for (uint32_t i = 0; i < 200; i++) {
        talk_write(&t, 1000);
        talk_expect(&t, "ACK len=1000");
        if (i % 16 == 0) t.now += HP_US(15600);
        snprintf(ack, sizeof ack, "ACK seq=1 ack=%u", (i + 1) * 1000 + 1);
        talk_send(&t, ack);
    }
    struct hp_tcp_info info = talk_info(&t);
    talk_assert(&t, info.rtos == 0 && info.rto >= HP_MS(200) && info.rtt >= HP_US(1));
    talk_end(&t);
}

/* ---- memory ---- */

/* A whole conversation; answers false if an allocation failed on the way in a call that says so. */
static bool converse(struct talk *t)
{
    static uint8_t data[5000];
    struct hp_endpoint to = {.ip = t->peer, .port = TALK_PORT}, from = {.ip = t->ip, .port = TALK_PEER_PORT};
    t->port = TALK_PEER_PORT;
    t->peer_port = TALK_PORT;
    if (hp_socket(t->s, HP_STREAM, 0, &t->sock)) return false;
    if (hp_bind(t->sock, &from)) return false;
    if (hp_connect(t->sock, &to) != HP_EINPROGRESS) return false;
    talk_step(t);
    for (int i = 0; i < 8 && !t->tap.count; i++) talk_wait(t, HP_MS(500)); /* a SYN that found no memory goes out later */
    t->iss = ((struct tcp *)t->sock)->iss;
    t->iss_known = true;
    talk_send(t, "SYN ACK seq=0 ack=1 win=65535 mss=1000 sackok");
    talk_send(t, "SYN ACK seq=0 ack=1 win=65535 mss=1000 sackok");
    int64_t sent = hp_send(t->sock, data, sizeof data, 0);
    if (sent < 0) return false;
    talk_wait(t, HP_S(2));
    talk_send(t, "ACK seq=1001 ack=1 len=1000 sack=1001-2001");
    talk_send(t, "ACK seq=3001 ack=1 len=1000 sack=1001-2001");
    talk_send(t, "ACK seq=2001 ack=1001 len=1000");
    for (int i = 0; i < 3; i++) talk_send(t, "ACK seq=1 ack=1001 len=1000"); /* the peer tries again */
    talk_send(t, "ACK seq=1001 ack=1001 len=1400");
    talk_send(t, "ACK seq=2401 ack=1001 len=1400");
    talk_send(t, "ACK seq=3801 ack=1001 len=200");
    talk_wait(t, HP_S(2));
    tcp_check_all(t->s);
    char ack[64];
    snprintf(ack, sizeof ack, "ACK seq=4001 ack=%u", (unsigned)sent + 1);
    talk_send(t, ack);
    talk_send(t, ack);
    tap_clear(&t->tap);
    return true;
}

static void test_nth_allocation_fails(void **state)
{
    uint64_t fails = 0;
    for (uint64_t n = 1;; n++) {
        struct talk t;
        talk_begin(&t);
        t.irs = 5000;
        uint64_t before = t.alloc.calls;
        hp_mem_fail_at(t.s, n);
        bool whole = converse(&t);
        uint64_t calls = t.alloc.calls - before;
        hp_mem_fail_at(t.s, 0);
        if (t.sock) hp_close(t.sock);
        t.sock = NULL;
        tap_clear(&t.tap);
        talk_wait(&t, HP_S(400));
        talk_gone(&t);
        t.irs += 100000;
        talk_assert(&t, converse(&t)); /* the next attempt works */
        talk_assert(&t, talk_info(&t).bytes_acked == 5000);
        t.read = 0;
        talk_read(&t, 4000);
        talk_end(&t);
        fails += !whole;
        if (n > calls + 1) break;
        assert_true(n < 1000);
    }
    assert_true(fails >= 3);
}

/* A stack that is nearly full answers HP_ENOMEM and goes on when there is room again. */
static void test_budget(void **state)
{
    struct talk t;
    talk_established(&t, plain);
    t.s->mem->limit = t.s->mem->bytes + 20000;
    int64_t n = talk_try_write(&t, 100000, 0);
    talk_assert(&t, n == HP_ENOMEM || (n > 0 && n < 100000));
    t.s->mem->limit = SIZE_MAX;
    talk_assert(&t, talk_try_write(&t, 1000, 0) == 1000);
    tcp_check(t.sock);
    talk_end(&t);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_T01_header_lengths_that_cannot_be),
    cmocka_unit_test(test_T02_T06_option_lengths),
    cmocka_unit_test(test_T07_malformed_options_do_not_reset),
    cmocka_unit_test(test_T04_T05_mss),
    cmocka_unit_test(test_mss_default_without_option),
    cmocka_unit_test(test_T08_window_scale),
    cmocka_unit_test(test_T13_flags_that_make_no_sense),
    cmocka_unit_test(test_T14_checksum),
    cmocka_unit_test(test_T16_unconfigured_signatures),
    cmocka_unit_test(test_S09_paws),
    cmocka_unit_test(test_S09_reset_is_exempt_from_paws),
    cmocka_unit_test(test_S03_tiny_segments_out_of_order),
    cmocka_unit_test(test_S03_tiny_segments_in_order),
    cmocka_unit_test(test_S13_syn_flood_is_bounded),
    cmocka_unit_test(test_land),
    cmocka_unit_test(test_S10_initial_sequence_numbers),
    cmocka_unit_test(test_S27_coarse_clock),
    cmocka_unit_test(test_nth_allocation_fails),
    cmocka_unit_test(test_budget),
};
TALK_MAIN(tests)
