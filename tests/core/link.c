/* Links and wires: bursts, full wires, wrappers, coming and going. */
#include "support/l2.h"

#include "hepta/net.h"

#define FRAME "020000000001 020000000099 0800 45"

static void test_names_indexes_and_macs(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 3, 0);
    assert_string_equal(t.link[0]->name, "eth0");
    assert_string_equal(t.link[2]->name, "eth2");
    assert_int_equal(hp_link_find(t.s, "eth1"), 2);
    assert_int_equal(hp_link_find(t.s, "eth9"), HP_ENOENT);
    assert_int_equal(hp_link_count(t.s), 3);
    hp_link_remove(t.s, 2);
    assert_true(t.tap[1].closed);
    assert_int_equal(hp_link_find(t.s, "eth1"), HP_ENOENT);
    hp_link_remove(t.s, 2);
    hp_link_remove(t.s, 0);
    hp_link_remove(t.s, 99);
    struct tap a;
    tap_init(&a);
    struct hp_link_config c = {.name = "eth0"};
    assert_int_equal(hp_link_add(t.s, &a.wire, &c), HP_EEXIST);
    c.name = "a name that is too long";
    assert_int_equal(hp_link_add(t.s, &a.wire, &c), HP_EEXIST);
    c.name = "uplink";
    c.mtu = 9000;
    assert_int_equal(hp_link_add(t.s, &a.wire, &c), 2);
    struct hp_link_info info;
    assert_int_equal(hp_link_info(t.s, 2, &info), HP_OK);
    assert_string_equal(info.name, "uplink");
    assert_string_equal(info.type, "ether");
    assert_int_equal(info.mtu, 9000);
    assert_int_equal(info.mac.b[0] & 3, 2); /* locally administered, unicast */
    assert_int_equal(hp_link_info(t.s, 7, &info), HP_ENOENT);
    l2_end(&t);
    assert_true(a.closed);
}

static void test_many_links(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 0, 0);
    enum { N = 100 };
    struct tap *tap = calloc(N, sizeof *tap);
    assert_non_null(tap);
    for (int i = 0; i < N; i++) {
        tap_init(&tap[i]);
        assert_int_equal(hp_link_add(t.s, &tap[i].wire, NULL), i + 1);
    }
    for (int i = 0; i < N; i += 2) tap_inject_hex(&tap[i], "ffffffffffff 020000000099 0800 45");
    for (int i = 0; i < N; i += 3) hp_link_remove(t.s, i + 1); /* with frames waiting */
    l2_step(&t);
    assert_int_equal(t.up.count, 33);
    l2_drops(&t, HP_DROP_STOPPED, 17);
    l2_end(&t);
    free(tap);
}

static void test_a_full_wire_is_not_called(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    t.link[0]->queue_max = 10;
    t.tap[0].full = true;
    for (int i = 0; i < 12; i++) l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    l2_drops(&t, HP_DROP_LINK_FULL, 2);
    assert_int_equal(hp_step(t.s, 1), HP_NEVER); /* nothing to do until the wire says so */
    assert_int_equal(t.tap[0].total, 0);
    t.tap[0].full = false;
    hp_wire_ready(&t.tap[0].wire);
    assert_int_equal(hp_deadline(t.s), 1);
    hp_step(t.s, 2);
    assert_int_equal(t.tap[0].total, 10);
    assert_int_equal(t.link[0]->tx_frames, 10);
    l2_end(&t);
}

static void test_bursts_are_bounded_and_nothing_is_lost(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    for (int i = 0; i < 1000; i++) tap_inject_hex(&t.tap[0], FRAME);
    assert_int_equal(hp_step(t.s, 1), 1);
    assert_int_equal(t.up.count, LINK_RX_BURST);
    for (int i = 0; i < 3; i++) hp_step(t.s, 1);
    assert_int_equal(t.up.count, 1000);
    assert_int_equal(hp_step(t.s, 1), HP_NEVER);
    for (int i = 0; i < HP_WIRE_IN_MAX + 5; i++) tap_inject_hex(&t.tap[0], FRAME);
    l2_drops(&t, HP_DROP_WIRE_FULL, 5);
    for (int i = 0; i < 600; i++) l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    t.now = 2;
    hp_step(t.s, 2);
    assert_int_equal(t.tap[0].total, LINK_TX_BURST);
    l2_step(&t);
    assert_int_equal(t.tap[0].total, 600);
    l2_end(&t);
}

/* A wire around another that turns the last bit of every frame both ways, and drops nothing. */
struct around {
    struct hp_wire wire;
    unsigned rx, tx;
    bool closed;
};

static void around_rx(struct hp_wire *w, struct hp_pkt *p)
{
    ((struct around *)w->state)->rx++;
    hp_wire_rx(w, p);
}

static void around_tx(struct hp_wire *w, struct hp_pkt *p)
{
    ((struct around *)w->state)->tx++;
    hp_wire_down(w, p);
}

static bool around_room(struct hp_wire *w) { return hp_wire_room(w->below); }
static void around_close(struct hp_wire *w) { ((struct around *)w->state)->closed = true; }

static void test_a_wire_around_another(void **state)
{
    static const struct hp_wire_ops ops = {.name = "around", .room = around_room, .tx = around_tx, .rx = around_rx,
                                           .close = around_close};
    struct l2 t;
    l2_begin(&t, NULL, 0, 0);
    struct around a[2] = {0};
    tap_init(&t.tap[0]);
    t.tap[0].wire.mtu = 1400;
    for (int i = 0; i < 2; i++) {
        a[i].wire = (struct hp_wire){.ops = &ops, .state = &a[i]};
        hp_wire_wrap(&a[i].wire, i ? &a[0].wire : &t.tap[0].wire);
    }
    struct hp_link_config c = {.mac = {{2, 0, 0, 0, 0, 1}}};
    assert_int_equal(hp_link_add(t.s, &a[1].wire, &c), 1);
    t.link[0] = link_get(t.s, 1);
    assert_int_equal(t.link[0]->mtu, 1400);
    tap_inject_hex(&t.tap[0], FRAME);
    assert_int_equal(hp_step(t.s, 1), HP_NEVER); /* up through both in one step, and no empty step after it */
    assert_int_equal(t.up.count, 1);
    assert_int_equal(a[0].rx + a[1].rx, 2);
    l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    hp_step(t.s, 2);
    assert_int_equal(a[0].tx + a[1].tx, 2);
    assert_int_equal(t.tap[0].total, 1);
    hp_wire_set_carrier(&t.tap[0].wire, false);
    assert_false(t.link[0]->carrier);
    hp_wire_set_carrier(&t.tap[0].wire, true);
    tap_inject_hex(&t.tap[0], FRAME);
    l2_end(&t);
    assert_true(a[0].closed && a[1].closed && t.tap[0].closed);
}

static void test_frames_after_the_end_are_freed(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    hp_link_remove(t.s, 1);
    tap_inject_hex(&t.tap[0], FRAME); /* the wire has no link any more */
    hp_wire_ready(&t.tap[0].wire);
    hp_wire_set_carrier(&t.tap[0].wire, false);
    l2_step(&t);
    assert_int_equal(t.up.count, 0);
    l2_end(&t);
}

static void test_nth_allocation_fails_while_adding(void **state)
{
    for (uint64_t n = 1; n < 12; n++) {
        struct l2 t;
        l2_begin(&t, NULL, 0, 0);
        hp_mem_fail_at(t.s, n);
        for (int i = 0; i < L2_TAPS_MAX; i++) {
            tap_init(&t.tap[i]);
            int link = hp_link_add(t.s, &t.tap[i].wire, NULL);
            if (link == HP_ENOMEM) link = hp_link_add(t.s, &t.tap[i].wire, NULL);
            assert_int_equal(link, i + 1);
        }
        l2_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_indexes_and_macs),
        cmocka_unit_test(test_many_links),
        cmocka_unit_test(test_a_full_wire_is_not_called),
        cmocka_unit_test(test_bursts_are_bounded_and_nothing_is_lost),
        cmocka_unit_test(test_a_wire_around_another),
        cmocka_unit_test(test_frames_after_the_end_are_freed),
        cmocka_unit_test(test_nth_allocation_fails_while_adding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
