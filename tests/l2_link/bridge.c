/* The switch: learning, forwarding, flooding, ageing, bounds. */
#include "support/l2.h"

#include "hepta/net.h"
#include "wire/crc.h"

#define A "0200000000aa "
#define B "0200000000bb "
#define ALL "ffffffffffff "

static void bridge_begin(struct l2 *t)
{
    l2_begin(t, hp_profile_switch, 4, HP_WIRE_FCS);
}

/* Injects at port `from` and answers which ports sent it, as "23". */
static const char *bridge_cross(struct l2 *t, int from, const char *hex)
{
    static char out[8];
    tap_inject_hex(&t->tap[from], hex);
    l2_step(t);
    char *at = out;
    for (int i = 0; i < 4; i++) {
        const struct tap_frame *f = tap_take(&t->tap[i]);
        if (!f) continue;
        assert_bytes(f->b, f->n, hex); /* not a bit is changed */
        *at++ = (char)('0' + i);
        assert_null(tap_take(&t->tap[i]));
    }
    *at = 0;
    return out;
}

static void test_floods_until_it_knows(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    assert_string_equal(bridge_cross(&t, 0, B A "0800 0102030405"), "123");
    assert_string_equal(bridge_cross(&t, 1, A B "0800 0102030405"), "0");
    assert_string_equal(bridge_cross(&t, 0, B A "0800 0102030405"), "1");
    assert_logged(&t.log, "learned 02:00:00:00:00:aa 1");
    assert_logged(&t.log, "learned 02:00:00:00:00:bb 2");
    struct hp_bridge_info info;
    struct hp_mac a = mac_of("02:00:00:00:00:aa");
    assert_int_equal(hp_bridge_info(t.s, 0, &info), HP_OK);
    assert_true(hp_mac_equal(&info.mac, &a));
    assert_int_equal(info.link, 1);
    assert_int_equal(hp_bridge_info(t.s, 1, &info), HP_OK);
    assert_int_equal(hp_bridge_info(t.s, 2, &info), HP_ENOENT);
    l2_end(&t);
}

static void test_groups_are_flooded_and_never_learnt(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    assert_string_equal(bridge_cross(&t, 2, ALL A "0800 01"), "013");
    assert_string_equal(bridge_cross(&t, 2, "01005e000001" A "0800 01"), "013");
    assert_string_equal(bridge_cross(&t, 2, "333300000001" A "8100 0005 0800 01"), "013"); /* tags pass */
    struct hp_bridge_info info;
    assert_int_equal(hp_bridge_info(t.s, 1, &info), HP_ENOENT);
    bridge_cross(&t, 3, ALL "01005e000001 0800 01");
    bridge_cross(&t, 3, ALL "ffffffffffff 0800 01");
    bridge_cross(&t, 3, ALL "000000000000 0800 01");
    assert_int_equal(hp_bridge_info(t.s, 1, &info), HP_ENOENT);
    assert_string_equal(bridge_cross(&t, 0, "01005e000001" A "0800 01"), "123");
    l2_end(&t);
}

static void test_same_port_and_reserved(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    bridge_cross(&t, 0, ALL A "0800 01");
    assert_string_equal(bridge_cross(&t, 0, A B "0800 01"), "");
    l2_drops(&t, HP_DROP_BRIDGE_SAME_PORT, 1);
    for (unsigned i = 0; i < 16; i++) {
        char hex[64];
        snprintf(hex, sizeof hex, "0180c20000%02x" A "0027 424203 00", i);
        assert_string_equal(bridge_cross(&t, 0, hex), "");
        l2_drops(&t, HP_DROP_BRIDGE_RESERVED, i + 1);
    }
    assert_string_equal(bridge_cross(&t, 0, "0180c2000010" A "0800 01"), "123");
    l2_end(&t);
}

static void test_station_that_moves(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    bridge_cross(&t, 0, ALL A "0800 01");
    bridge_cross(&t, 3, ALL A "0800 01");
    assert_logged(&t.log, "moved 02:00:00:00:00:aa 4");
    assert_string_equal(bridge_cross(&t, 1, A B "0800 01"), "3");
    l2_end(&t);
}

static void test_ageing(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    bridge_cross(&t, 0, ALL A "0800 01");
    l2_wait(&t, HP_S(200));
    bridge_cross(&t, 1, ALL B "0800 01");
    l2_wait(&t, HP_S(99));
    assert_string_equal(bridge_cross(&t, 1, A B "0800 01"), "0");
    l2_wait(&t, HP_S(1));
    assert_string_equal(bridge_cross(&t, 1, A B "0800 01"), "023");
    assert_string_equal(bridge_cross(&t, 0, B A "0800 01"), "1"); /* heard again since */
    l2_wait(&t, HP_S(300));
    struct hp_bridge_info info;
    assert_int_equal(hp_bridge_info(t.s, 0, &info), HP_ENOENT);
    assert_int_equal(hp_step(t.s, t.now), HP_NEVER); /* an empty table wakes nobody */
    l2_end(&t);
}

static void test_table_is_bounded_and_forgets_the_most_silent(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    assert_int_equal(hp_setting_set(t.s, "bridge.entries_max", 100), HP_OK);
    bridge_cross(&t, 0, ALL A "0800 01");
    for (unsigned i = 0; i < 1000; i++) {
        char hex[64];
        snprintf(hex, sizeof hex, ALL "02000001%04x 0800 01", i);
        bridge_cross(&t, 1, hex);
        if (i % 50 == 0) bridge_cross(&t, 0, ALL A "0800 01");
    }
    struct hp_bridge_info info;
    assert_int_equal(hp_bridge_info(t.s, 99, &info), HP_OK);
    assert_int_equal(hp_bridge_info(t.s, 100, &info), HP_ENOENT);
    assert_int_equal(hp_counter(t.s, "bridge.evicted"), 901);
    assert_string_equal(bridge_cross(&t, 2, A B "0800 01"), "0");
    assert_string_equal(bridge_cross(&t, 2, "020000010000" B "0800 01"), "013");
    l2_end(&t);
}

static void test_ports_that_are_down_or_gone(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    bridge_cross(&t, 1, ALL A "0800 01");
    hp_wire_set_carrier(&t.tap[1].wire, false);
    assert_string_equal(bridge_cross(&t, 0, A B "0800 01"), "23"); /* forgotten with its cable: flooded elsewhere */
    hp_link_remove(t.s, 3);
    assert_string_equal(bridge_cross(&t, 0, ALL B "0800 01"), "3");
    hp_link_remove(t.s, 4);
    assert_string_equal(bridge_cross(&t, 0, ALL B "0800 01"), "");
    l2_drops(&t, HP_DROP_BRIDGE_NO_PORT, 1);
    l2_end(&t);
}

static void test_flooding_shares_bytes(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    uint8_t frame[1514] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0xaa, 8};
    tap_inject(&t.tap[0], frame, sizeof frame);
    l2_step(&t);
    struct hp_pkt *p[3];
    for (int i = 0; i < 3; i++) p[i] = tap_take_pkt(&t.tap[i + 1]);
    for (int i = 1; i < 3; i++) {
        assert_ptr_equal(p[i]->data, p[0]->data);
        assert_int_equal(p[i]->id, p[0]->id);
    }
    for (int i = 0; i < 3; i++) hp_pkt_free(p[i]);
    l2_end(&t);
}

static void test_bad_fcs_dies_at_the_switch(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    uint8_t frame[64] = {0};
    hex_bytes(ALL A "0800 45", frame, sizeof frame);
    crc_put(frame + 60, crc_of((struct hp_bytes){frame, 60}));
    for (int good = 0; good < 2; good++) {
        frame[20] = (uint8_t)!good;
        struct hp_pkt *p = hp_pkt_copy_in(t.s, frame, sizeof frame);
        p->flags |= PKT_FCS;
        hp_wire_rx(&t.tap[0].wire, p);
        l2_step(&t);
        const struct tap_frame *f = tap_take(&t.tap[1]);
        assert_int_equal(f != NULL, good);
        if (f) assert_int_equal(f->n, 60);
        struct hp_bridge_info info;
        assert_int_equal(hp_bridge_info(t.s, 0, &info), good ? HP_OK : HP_ENOENT); /* what is broken teaches nothing */
    }
    l2_drops(&t, HP_DROP_FCS, 1);
    l2_end(&t);
}

static void test_ports_with_a_smaller_mtu(void **state)
{
    struct l2 t;
    bridge_begin(&t);
    t.link[2]->mtu = 100;
    uint8_t frame[200] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0xaa, 8};
    tap_inject(&t.tap[0], frame, sizeof frame);
    l2_step(&t);
    assert_int_equal(t.tap[1].count, 1);
    assert_int_equal(t.tap[2].count, 0);
    assert_int_equal(t.tap[3].count, 1);
    l2_drops(&t, HP_DROP_GIANT, 1);
    l2_end(&t);
}

static void test_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 20; n++) {
        struct l2 t;
        bridge_begin(&t);
        hp_mem_fail_at(t.s, n);
        tap_inject_hex(&t.tap[0], B A "0800 01");
        tap_inject_hex(&t.tap[1], A B "0800 01");
        l2_step(&t);
        hp_mem_fail_at(t.s, 0);
        for (int i = 0; i < 4; i++) tap_clear(&t.tap[i]);
        bridge_cross(&t, 0, ALL A "0800 01");
        bridge_cross(&t, 1, ALL B "0800 01");
        assert_string_equal(bridge_cross(&t, 0, B A "0800 01"), "1");
        l2_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_floods_until_it_knows),
        cmocka_unit_test(test_groups_are_flooded_and_never_learnt),
        cmocka_unit_test(test_same_port_and_reserved),
        cmocka_unit_test(test_station_that_moves),
        cmocka_unit_test(test_ageing),
        cmocka_unit_test(test_table_is_bounded_and_forgets_the_most_silent),
        cmocka_unit_test(test_ports_that_are_down_or_gone),
        cmocka_unit_test(test_flooding_shares_bytes),
        cmocka_unit_test(test_bad_fcs_dies_at_the_switch),
        cmocka_unit_test(test_ports_with_a_smaller_mtu),
        cmocka_unit_test(test_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
