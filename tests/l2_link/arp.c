/* ARP: answers, questions, announcements, conflicts, and what is malformed. */
#include "support/l2.h"

#include "hepta/net.h"

#define PAD18 "00000000 00000000 00000000 00000000 0000"

static void arp_begin(struct l2 *t)
{
    l2_begin(t, NULL, 1, 0);
    struct hp_ip own = ip_of("10.0.0.1");
    assert_int_equal(link_own_add(t->s, t->link[0], &own), HP_OK);
    l2_wait(t, HP_S(10));
    tap_clear(&t->tap[0]);
    log_clear(&t->log);
}

static void test_request_for_us_is_answered(void **state)
{
    struct l2 t;
    arp_begin(&t);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000002 000000000000 0a000001");
    l2_step(&t);
    l2_expect(&t, 0, "020000000099 020000000001 0806 0001 0800 06 04 0002 020000000001 0a000001 020000000099 0a000002" PAD18);
    l2_expect_nothing(&t, 0);
    assert_string_equal(l2_neigh_state(&t, "10.0.0.2"), "STALE");
    l2_end(&t);
}

static void test_request_for_others_is_not_answered_nor_learnt(void **state)
{
    struct l2 t;
    arp_begin(&t);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000002 000000000000 0a000003");
    l2_step(&t);
    l2_expect_nothing(&t, 0);
    assert_string_equal(l2_neigh_state(&t, "10.0.0.2"), "");
    l2_end(&t);
}

static void test_question_answer_and_held_packet(void **state)
{
    struct l2 t;
    arp_begin(&t);
    l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "\x45hello", 6);
    l2_step(&t);
    l2_expect(&t, 0, "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002" PAD18);
    l2_expect_nothing(&t, 0);
    tap_inject_hex(&t.tap[0], "020000000001 020000000099 0806 0001 0800 06 04 0002 020000000099 0a000002 020000000001 0a000001");
    l2_step(&t);
    const struct tap_frame *f = tap_take(&t.tap[0]);
    assert_non_null(f);
    assert_int_equal(f->n, 60);
    assert_bytes(f->b, 20, "020000000099 020000000001 0800 4568656c6c6f");
    assert_string_equal(l2_neigh_state(&t, "10.0.0.2"), "REACHABLE");
    assert_logged(&t.log, "10.0.0.2 INCOMPLETE -> REACHABLE");
    l2_end(&t);
}

static void test_broadcast_answer_is_no_proof_that_we_are_heard(void **state)
{
    struct l2 t;
    arp_begin(&t);
    l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "E", 1);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0806 0001 0800 06 04 0002 020000000099 0a000002 020000000001 0a000001");
    l2_step(&t);
    assert_string_equal(l2_neigh_state(&t, "10.0.0.2"), "DELAY");
    l2_end(&t);
}

static void test_addresses_are_announced_twice(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    struct hp_ip own = ip_of("10.0.0.1");
    link_own_add(t.s, t.link[0], &own);
    assert_int_equal(link_own_add(t.s, t.link[0], &own), HP_EEXIST);
    l2_step(&t);
    const char *announcement =
        "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000001" PAD18;
    l2_expect(&t, 0, announcement);
    l2_wait(&t, HP_MS(1999));
    l2_expect_nothing(&t, 0);
    l2_wait(&t, HP_MS(1));
    l2_expect(&t, 0, announcement);
    l2_wait(&t, HP_S(100));
    l2_expect_nothing(&t, 0);
    hp_wire_set_carrier(&t.tap[0].wire, false);
    hp_wire_set_carrier(&t.tap[0].wire, true);
    l2_step(&t);
    l2_expect(&t, 0, announcement);
    link_own_remove(t.s, t.link[0], &own);
    l2_wait(&t, HP_S(10));
    l2_expect_nothing(&t, 0);
    l2_end(&t);
}

static void test_conflict_is_noted_and_defended_once_in_ten_seconds(void **state)
{
    struct l2 t;
    arp_begin(&t);
    const char *claim = "ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000001 000000000000 0a000001";
    tap_inject_hex(&t.tap[0], claim);
    tap_inject_hex(&t.tap[0], claim);
    l2_step(&t);
    l2_expect(&t, 0, "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000001" PAD18);
    l2_expect_nothing(&t, 0);
    assert_logged(&t.log, "conflict 10.0.0.1 02:00:00:00:00:99 2");
    assert_int_equal(hp_counter(t.s, "arp.conflicts"), 2);
    assert_string_equal(l2_neigh_state(&t, "10.0.0.1"), "");
    l2_wait(&t, HP_S(10));
    tap_inject_hex(&t.tap[0], claim);
    l2_step(&t);
    assert_non_null(tap_take(&t.tap[0]));
    l2_end(&t);
}

static void test_probe_is_answered_and_not_learnt(void **state) /* RFC 5227 2.1.1 */
{
    struct l2 t;
    arp_begin(&t);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 00000000 000000000000 0a000001");
    l2_step(&t);
    l2_expect(&t, 0, "020000000099 020000000001 0806 0001 0800 06 04 0002 020000000001 0a000001 020000000099 00000000" PAD18);
    assert_string_equal(l2_neigh_state(&t, "0.0.0.0"), "");
    l2_end(&t);
}

static void test_question_comes_from_the_address_most_like_the_target(void **state)
{
    struct l2 t;
    arp_begin(&t);
    struct hp_ip second = ip_of("192.168.1.1");
    link_own_add(t.s, t.link[0], &second);
    l2_wait(&t, HP_S(10));
    tap_clear(&t.tap[0]);
    struct hp_pkt *p = hp_pkt_copy_in(t.s, "x", 1); /* forwarded: its source is not ours */
    p->src = ip_of("172.16.0.1");
    struct hp_ip next = ip_of("192.168.1.7");
    link_tx(t.s, t.link[0], ETHERTYPE_IPV4, &next, p);
    l2_step(&t);
    l2_expect(&t, 0, "ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0a80101 000000000000 c0a80107" PAD18);
    l2_end(&t);
}

static void test_L03_short_or_strange_arp_is_dropped(void **state)
{
    struct l2 t;
    arp_begin(&t);
    uint8_t good[42];
    hex_bytes("ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000002 000000000000 0a000001", good, 42);
    for (size_t n = 15; n < 42; n++) tap_inject(&t.tap[0], good, n);
    l2_step(&t);
    l2_drops(&t, HP_DROP_ARP_BAD, 27);
    static const struct { uint8_t at, value; } wrong[] = {
        {15, 6} /* hardware */, {16, 0x86} /* protocol */, {18, 5} /* hlen */, {18, 255}, {19, 16} /* plen */, {19, 0},
        {21, 3} /* RARP */, {21, 0}, {22, 3} /* a group as sender */, {28, 224}, {28, 127}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bad[42];
        memcpy(bad, good, 42);
        bad[wrong[i].at] = wrong[i].value;
        tap_inject(&t.tap[0], bad, 42);
        l2_step(&t);
        l2_drops(&t, HP_DROP_ARP_BAD, 28 + i);
    }
    l2_expect_nothing(&t, 0);
    l2_end(&t);
}

static void test_L08_long_arp_is_answered_by_28_bytes_and_zeros(void **state)
{
    struct l2 t;
    arp_begin(&t);
    uint8_t frame[1514];
    memset(frame, 0xee, sizeof frame);
    hex_bytes("ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000002 000000000000 0a000001", frame, 42);
    tap_inject(&t.tap[0], frame, sizeof frame);
    l2_step(&t);
    l2_expect(&t, 0, "020000000099 020000000001 0806 0001 0800 06 04 0002 020000000001 0a000001 020000000099 0a000002" PAD18);
    l2_end(&t);
}

static void test_L25_answer_holds_nothing_of_memory(void **state)
{
    struct l2 t;
    arp_begin(&t);
    for (int i = 0; i < 20; i++) { /* fill packet memory with something to be leaked */
        uint8_t secret[1500];
        memset(secret, 0x5e, sizeof secret);
        tap_inject(&t.tap[0], secret, sizeof secret);
    }
    l2_step(&t);
    tap_inject_hex(&t.tap[0], "ffffffffffff 020000000099 0806 0001 0800 06 04 0001 020000000099 0a000002 000000000000 0a000001");
    l2_step(&t);
    l2_expect(&t, 0, "020000000099 020000000001 0806 0001 0800 06 04 0002 020000000001 0a000001 020000000099 0a000002" PAD18);
    l2_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_for_us_is_answered),
        cmocka_unit_test(test_request_for_others_is_not_answered_nor_learnt),
        cmocka_unit_test(test_question_answer_and_held_packet),
        cmocka_unit_test(test_broadcast_answer_is_no_proof_that_we_are_heard),
        cmocka_unit_test(test_addresses_are_announced_twice),
        cmocka_unit_test(test_conflict_is_noted_and_defended_once_in_ten_seconds),
        cmocka_unit_test(test_probe_is_answered_and_not_learnt),
        cmocka_unit_test(test_question_comes_from_the_address_most_like_the_target),
        cmocka_unit_test(test_L03_short_or_strange_arp_is_dropped),
        cmocka_unit_test(test_L08_long_arp_is_answered_by_28_bytes_and_zeros),
        cmocka_unit_test(test_L25_answer_holds_nothing_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
