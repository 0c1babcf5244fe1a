/* Ethernet: what is taken off, what is put on, who a frame is for, and every way of not fitting. */
#include "support/l2.h"

#include "hepta/net.h"
#include "wire/crc.h"

#define TO_US   "020000000001 020000000099 "
#define TO_ALL  "ffffffffffff 020000000099 "

static void test_frame_goes_up_without_its_header(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    tap_inject_hex(&t.tap[0], TO_US "0800 45010203");
    l2_step(&t);
    struct hp_pkt *p = l2_take_up(&t);
    assert_non_null(p);
    assert_bytes(p->data, pkt_len(p), "45010203");
    assert_bytes(pkt_at(p, p->l2), 14, TO_US "0800");
    assert_int_equal(p->flags, 0);
    assert_ptr_equal(p->link, t.link[0]);
    hp_pkt_free(p);
    l2_end(&t);
}

static void test_filter(void **state)
{
    static const struct { const char *dst; int flags; } frames[] = {
        {"020000000001", 0}, {"020000000002", -1}, {"ffffffffffff", PKT_BROADCAST}, {"01005e000001", PKT_MULTICAST},
        {"01005e000002", -1}, {"333300000001", PKT_MULTICAST}, {"333300000002", -1}, {"0180c2000000", -1}};
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    struct hp_ip all4 = ip_of("224.0.0.1"), all6 = ip_of("ff02::1");
    link_group_join(t.s, t.link[0], &all4);
    link_group_join(t.s, t.link[0], &all6);
    link_group_join(t.s, t.link[0], &all6);
    for (unsigned i = 0; i < sizeof frames / sizeof *frames; i++) {
        char hex[64];
        snprintf(hex, sizeof hex, "%s 020000000099 0800 45", frames[i].dst);
        tap_inject_hex(&t.tap[0], hex);
        l2_step(&t);
        struct hp_pkt *p = l2_take_up(&t);
        if ((p ? p->flags : -1) != frames[i].flags) fail_msg("%s: %d", frames[i].dst, p ? p->flags : -1);
        if (p) hp_pkt_free(p);
    }
    l2_drops(&t, HP_DROP_NOT_FOR_US, 4);
    link_group_leave(t.s, t.link[0], &all6); /* joined twice */
    tap_inject_hex(&t.tap[0], "333300000001 020000000099 86dd 60");
    l2_step(&t);
    assert_int_equal(t.up.count, 1);
    link_group_leave(t.s, t.link[0], &all6);
    link_group_leave(t.s, t.link[0], &all6);
    tap_inject_hex(&t.tap[0], "333300000001 020000000099 86dd 60");
    l2_step(&t);
    assert_int_equal(t.up.count, 1);
    l2_end(&t);
}

static void test_group_addresses(void **state) /* RFC 1112 6.4, RFC 2464 7 */
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    static const struct { const char *next, *dst; } to[] = {
        {"224.0.0.251", "01005e0000fb"}, {"239.255.1.2", "01005e7f0102"}, {"ff02::1:ff00:1234", "3333ff001234"},
        {"255.255.255.255", "ffffffffffff"}};
    for (unsigned i = 0; i < sizeof to / sizeof *to; i++) {
        uint8_t payload[50] = {0x45};
        l2_send(&t, ETHERTYPE_IPV4, to[i].next, payload, sizeof payload);
        l2_step(&t);
        const struct tap_frame *f = tap_take(&t.tap[0]);
        assert_non_null(f);
        assert_bytes(f->b, 6, to[i].dst);
        assert_bytes(f->b + 6, 8, "020000000001 0800");
        assert_int_equal(f->n, 64);
    }
    l2_end(&t);
}

static void test_snap_and_priority_tag(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    tap_inject_hex(&t.tap[0], TO_US "000c aaaa03 000000 0800 45010203 eeee"); /* the end is padding */
    tap_inject_hex(&t.tap[0], TO_US "8100 e000 0800 45010203");
    l2_step(&t);
    for (int i = 0; i < 2; i++) {
        struct hp_pkt *p = l2_take_up(&t);
        assert_non_null(p);
        assert_bytes(p->data, pkt_len(p), "45010203");
        hp_pkt_free(p);
    }
    l2_end(&t);
}

static void test_unknown_ethertype_and_giant(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    tap_inject_hex(&t.tap[0], TO_US "88cc 0102");
    l2_step(&t);
    l2_drops(&t, HP_DROP_NO_ETHERTYPE, 1);
    uint8_t big[1500 + 14 + 4 + 1] = {0};
    hex_bytes(TO_US "0800 45", big, 15);
    tap_inject(&t.tap[0], big, sizeof big - 1);
    tap_inject(&t.tap[0], big, sizeof big);
    l2_step(&t);
    assert_int_equal(t.up.count, 1);
    l2_drops(&t, HP_DROP_GIANT, 1);
    l2_end(&t);
}

static void test_link_that_is_down(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    hp_link_set_up(t.s, 1, false);
    tap_inject_hex(&t.tap[0], TO_US "0800 45");
    l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "E", 1);
    l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    l2_step(&t);
    l2_drops(&t, HP_DROP_LINK_DOWN, 3);
    hp_link_set_up(t.s, 1, true);
    hp_wire_set_carrier(&t.tap[0].wire, false);
    l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "E", 1);
    l2_send(&t, ETHERTYPE_IPV4, "224.0.0.1", "E", 1);
    l2_step(&t);
    l2_drops(&t, HP_DROP_NO_CARRIER, 2);
    l2_expect_nothing(&t, 0);
    l2_end(&t);
}

static void ether_inject_fcs(struct l2 *t, uint32_t flip)
{
    uint8_t frame[64] = {0};
    hex_bytes(TO_US "0800 45010203", frame, sizeof frame);
    crc_put(frame + 60, crc_of((struct hp_bytes){frame, 60}) ^ flip);
    struct hp_pkt *p = hp_pkt_copy_in(t->s, frame, sizeof frame);
    p->flags |= PKT_FCS;
    hp_wire_rx(&t->tap[0].wire, p);
}

static void test_frame_check_sequence(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, HP_WIRE_FCS);
    ether_inject_fcs(&t, 0);
    l2_step(&t);
    struct hp_pkt *p = l2_take_up(&t);
    assert_non_null(p);
    assert_int_equal(pkt_len(p), 46);
    assert_int_equal(p->flags, 0);
    hp_pkt_free(p);
    for (unsigned bit = 0; bit < 32; bit++) ether_inject_fcs(&t, 1u << bit);
    l2_step(&t);
    assert_int_equal(t.up.count, 0);
    l2_drops(&t, HP_DROP_FCS, 32);
    for (unsigned n = 0; n < 18; n++) { /* too short to hold one */
        uint8_t zero[18] = {0};
        p = hp_pkt_copy_in(t.s, zero, n);
        p->flags |= PKT_FCS;
        hp_wire_rx(&t.tap[0].wire, p);
    }
    l2_step(&t);
    l2_drops(&t, HP_DROP_FCS, 50);
    l2_end(&t);
}

static void test_fcs_over_a_slice(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, HP_WIRE_FCS);
    uint8_t frame[24];
    hex_bytes(TO_US "0800 450102030405", frame, 20);
    crc_put(frame + 20, crc_of((struct hp_bytes){frame, 20}));
    struct hp_pkt *p = hp_pkt_copy_in(t.s, frame, 16);
    struct hp_buf *b = buf_new(t.s->mem, 8);
    memcpy(b->bytes, frame + 16, 8);
    p->more = (struct hp_slice){b, b->bytes, 8};
    p->flags |= PKT_FCS;
    hp_wire_rx(&t.tap[0].wire, p);
    l2_step(&t);
    p = l2_take_up(&t);
    assert_non_null(p);
    assert_int_equal(pkt_len(p), 6);
    hp_pkt_free(p);
    l2_end(&t);
}

static void test_flags_of_the_sender_do_not_cross_the_wire(void **state)
{
    for (int sum_rx = 0; sum_rx < 2; sum_rx++) {
        struct l2 t;
        l2_begin(&t, NULL, 1, sum_rx ? HP_WIRE_SUM_RX : 0);
        struct hp_pkt *p = hp_pkt_copy_in(t.s, "\2\0\0\0\0\1\2\0\0\0\0\x99\x08\0E", 15);
        p->flags = PKT_SUM_GOOD | PKT_BROADCAST | PKT_LOOPED | PKT_FORWARDED | PKT_DF | PKT_REASSEMBLED;
        hp_wire_rx(&t.tap[0].wire, p);
        l2_step(&t);
        p = l2_take_up(&t);
        assert_non_null(p);
        assert_int_equal(p->flags, sum_rx ? PKT_SUM_GOOD : 0);
        hp_pkt_free(p);
        l2_end(&t);
    }
}

static void test_L01_frames_shorter_than_their_header_are_runts(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    uint8_t frame[14];
    memset(frame, 0xff, sizeof frame);
    for (size_t n = 0; n < 14; n++) tap_inject(&t.tap[0], frame, n);
    l2_step(&t);
    l2_drops(&t, HP_DROP_RUNT, 14);
    for (unsigned type = 0; type < 0x10000; type += 0x101) {
        put16(frame + 12, type);
        tap_inject(&t.tap[0], frame, sizeof frame);
        l2_step(&t);
    }
    l2_drops(&t, HP_DROP_RUNT, 14 + 256);
    l2_end(&t);
}

static void test_L02_padding_is_zero(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    struct hp_ip ip = ip_of("10.0.0.2");
    struct hp_mac mac = mac_of("02:00:00:00:00:99");
    hp_neigh_set(t.s, 1, &ip, &mac);
    for (size_t n = 1; n <= 60; n++) {
        for (int shape = 0; shape < 3; shape++) { /* one piece, with a slice, at the end of its storage */
            struct hp_pkt *p = pkt_alloc(t.s, 1500);
            memset(p->buf->bytes, 0x5e, p->buf->size);
            if (shape == 2) p->data = p->tail = p->buf->bytes + p->buf->size - n;
            memset(pkt_put(p, n), 0x45, n);
            if (shape == 1 && n > 1) {
                struct hp_buf *b = buf_new(t.s->mem, 64);
                memset(b->bytes, 0x45, 64);
                p->tail = p->data + 1;
                p->more = (struct hp_slice){b, b->bytes, (uint32_t)n - 1};
            }
            link_tx(t.s, t.link[0], ETHERTYPE_IPV4, &ip, p);
            l2_step(&t);
            const struct tap_frame *f = tap_take(&t.tap[0]);
            assert_non_null(f);
            assert_int_equal(f->n, n + 14 < 60 ? 60 : n + 14);
            for (size_t i = 14; i < f->n; i++)
                if (f->b[i] != (i < 14 + n ? 0x45 : 0)) fail_msg("%zu bytes, shape %d: byte %zu is %02x", n, shape, i, f->b[i]);
        }
    }
    l2_end(&t);
}

static void test_L06_nested_tags_are_not_followed(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    for (int depth = 2; depth <= 64; depth++) {
        uint8_t frame[14 + 4 * 64 + 20] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0x99};
        for (int i = 0; i < depth; i++) put16(frame + 12 + 4 * i, i % 2 ? 0x88a8 : 0x8100);
        put16(frame + 12 + 4 * depth, 0x0800);
        tap_inject(&t.tap[0], frame, sizeof frame);
    }
    tap_inject_hex(&t.tap[0], TO_US "8100 0005 0800 45");  /* a VLAN that nobody has */
    tap_inject_hex(&t.tap[0], TO_US "88a8 0000 0800 45");
    l2_step(&t);
    assert_int_equal(t.up.count, 0);
    l2_drops(&t, HP_DROP_VLAN, 65);
    l2_end(&t);
}

static void test_L07_length_or_llc_that_does_not_fit(void **state)
{
    static const char *const bad[] = {
        "0005 aaaa03 00",               /* length past the end */
        "05dc aaaa03 000000 0800 45",
        "05dd aaaa03 000000 0800 45",   /* neither length nor type */
        "05ff aaaa03 000000 0800 45",
        "0000 aaaa03 000000 0800 45",   /* no LLC in it */
        "0002 aaaa03 000000 0800 45",
        "0007 aaaa03 000000 0800 45",   /* SNAP cut */
    };
    struct l2 t;
    l2_begin(&t, NULL, 1, 0);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        char hex[128];
        snprintf(hex, sizeof hex, TO_US "%s", bad[i]);
        tap_inject_hex(&t.tap[0], hex);
        l2_step(&t);
        l2_drops(&t, HP_DROP_LLC, i + 1);
    }
    tap_inject_hex(&t.tap[0], TO_US "0008 aaaa03 000000 0800");      /* SNAP and nothing */
    tap_inject_hex(&t.tap[0], TO_US "0009 aaaa03 000000 0001 45");   /* a type that is none */
    tap_inject_hex(&t.tap[0], TO_US "0004 4242 0301");               /* spanning tree */
    l2_step(&t);
    l2_drops(&t, HP_DROP_RUNT, 1);
    l2_drops(&t, HP_DROP_NO_ETHERTYPE, 2);
    assert_int_equal(t.up.count, 0);
    l2_end(&t);
}

static void test_every_frame_has_one_end(void **state)
{
    struct l2 t;
    l2_begin(&t, NULL, 1, HP_WIRE_FCS);
    uint64_t frames = 0;
    struct random r;
    random_init(&r, 7, "frames", "test");
    for (int i = 0; i < 20000; i++) {
        uint8_t frame[200];
        size_t n = random_below(&r, sizeof frame);
        for (size_t k = 0; k < n; k++) frame[k] = (uint8_t)random_next(&r);
        if (random_below(&r, 4)) memcpy(frame, "\2\0\0\0\0\1", 6);
        static const uint16_t types[] = {0x0800, 0x0806, 0x8100, 0x88a8, 8, 40, 100, 1501};
        if (random_below(&r, 8)) put16(frame + 12, types[random_below(&r, 8)]);
        if (random_below(&r, 2)) memcpy(frame + 14, "\xaa\xaa\x03\0\0\0\x08\0", 8);
        tap_inject(&t.tap[0], frame, n);
        frames++;
        l2_step(&t);
    }
    uint64_t ends = t.up.count;
    for (int i = 1; i < HP_DROP_COUNT; i++) ends += hp_drop_count(t.s, (enum hp_drop)i);
    assert_int_equal(ends, frames);
    assert_true(t.up.count > 1000 && hp_drop_count(t.s, HP_DROP_LLC) > 100 && hp_drop_count(t.s, HP_DROP_VLAN) > 100);
    l2_end(&t);
}

static void test_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 30; n++) {
        struct l2 t;
        l2_begin(&t, NULL, 1, 0);
        struct hp_ip own = ip_of("10.0.0.1"), group = ip_of("ff02::1"), next = ip_of("10.0.0.2");
        hp_mem_fail_at(t.s, n);
        int added = link_own_add(t.s, t.link[0], &own);
        assert_true(added == HP_OK || added == HP_ENOMEM);
        link_group_join(t.s, t.link[0], &group);
        l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "E", 1);
        tap_inject_hex(&t.tap[0], TO_US "0806 0001 0800 06 04 0002 020000000099 0a000002 020000000001 0a000001");
        l2_step(&t);
        hp_mem_fail_at(t.s, 0);
        tap_clear(&t.tap[0]);
        l2_wait(&t, HP_S(120)); /* what failed is over by now */
        tap_clear(&t.tap[0]);
        l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", "E", 1);
        l2_step(&t);
        tap_inject_hex(&t.tap[0], TO_US "0806 0001 0800 06 04 0002 020000000099 0a000002 020000000001 0a000001");
        l2_step(&t);
        bool arrived = false;
        for (const struct tap_frame *f; (f = tap_take(&t.tap[0]));) arrived |= f->b[5] == 0x99 && f->b[13] == 0;
        if (!arrived) fail_msg("after failure %u the next packet did not leave\n%s", (unsigned)n, t.log.text);
        assert_false(neigh_is_failed(t.s, t.link[0], &next));
        l2_end(&t);
    }
}

static void test_stack_that_cannot_start_leaves_nothing(void **state)
{
    for (uint64_t n = 1; n < 20; n++) {
        struct test_alloc a;
        test_alloc_init(&a);
        a.fail_at = n;
        struct hp_config c = {.profile = l2_profile_host, .allocator = &a.allocator};
        struct hp_stack *s = hp_stack_new(&c);
        if (s) {
            struct tap *tap = calloc(1, sizeof *tap);
            assert_non_null(tap);
            tap_init(tap);
            int link = hp_link_add(s, &tap->wire, NULL);
            assert_true(link == 1 || link == HP_ENOMEM);
            hp_stack_free(s);
            free(tap);
        }
        test_alloc_end(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_goes_up_without_its_header),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_group_addresses),
        cmocka_unit_test(test_snap_and_priority_tag),
        cmocka_unit_test(test_unknown_ethertype_and_giant),
        cmocka_unit_test(test_link_that_is_down),
        cmocka_unit_test(test_frame_check_sequence),
        cmocka_unit_test(test_fcs_over_a_slice),
        cmocka_unit_test(test_flags_of_the_sender_do_not_cross_the_wire),
        cmocka_unit_test(test_L01_frames_shorter_than_their_header_are_runts),
        cmocka_unit_test(test_L02_padding_is_zero),
        cmocka_unit_test(test_L06_nested_tags_are_not_followed),
        cmocka_unit_test(test_L07_length_or_llc_that_does_not_fit),
        cmocka_unit_test(test_every_frame_has_one_end),
        cmocka_unit_test(test_nth_allocation_fails),
        cmocka_unit_test(test_stack_that_cannot_start_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
