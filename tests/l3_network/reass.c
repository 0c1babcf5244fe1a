/* Reassembly: any order, every bound, every impossible fragment. */
#include "support/l3.h"

#include "l3_network/net.h"

static struct pkt_queue sink;

static void sink_rx(struct hp_stack *s, void *state, struct hp_pkt *p) { pkt_queue_put(&sink, p); }

static const struct hp_proto sink_proto = {.name = "sink", .layer = 4, .table = BY_IPPROTO, .number = 253, .rx = sink_rx};
extern const struct hp_proto ether_proto, neigh_proto, arp_proto, net_proto, ipv4_proto, icmp4_proto;
static const struct hp_proto *const sink_profile[] = {&ether_proto, &neigh_proto, &arp_proto, &net_proto, &ipv4_proto,
                                                      &icmp4_proto, &sink_proto, NULL};

static uint8_t data[66000];

static void reass_begin(struct l3 *t)
{
    pkt_queue_init(&sink);
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 >> 3);
    l3_begin(t, sink_profile);
}

static void reass_end(struct l3 *t)
{
    for (struct hp_pkt *p; (p = pkt_queue_take(&sink));) hp_pkt_free(p);
    l3_end(t);
}

/* Bytes off..off+n of the datagram `id` from `src`. */
static void fragment_from(struct l3 *t, const char *src, unsigned id, unsigned off, unsigned n, bool mf)
{
    struct ipv4_hdr h = {.proto = 253, .id = (uint16_t)id, .frag_off = (uint16_t)off, .mf = mf, .src = ip_of(src),
                         .dst = ip_of("10.0.0.1")};
    l3_in4(t, 0, &h, data + off, n);
}

static void fragment(struct l3 *t, unsigned id, unsigned off, unsigned n, bool mf) { fragment_from(t, "10.0.0.2", id, off, n, mf); }

static void expect_whole(unsigned n)
{
    struct hp_pkt *p = pkt_queue_take(&sink);
    assert_non_null(p);
    assert_int_equal(pkt_len(p), n);
    assert_memory_equal(p->data, data, n);
    assert_true(p->flags & PKT_REASSEMBLED);
    struct ipv4_hdr h;
    struct hp_bytes packet = {pkt_at(p, p->l3), (size_t)(p->tail - pkt_at(p, p->l3))};
    assert_int_equal(ipv4_parse(packet, &h), IPV4_OK); /* its header says what it is now */
    assert_int_equal(h.len, n + h.hlen);
    assert_false(ipv4_is_fragment(&h));
    hp_pkt_free(p);
}

static void test_every_order_of_five_fragments(void **state)
{
    struct l3 t;
    reass_begin(&t);
    for (unsigned order = 0; order < 120; order++) {
        unsigned left[5] = {0, 1, 2, 3, 4}, k = order;
        for (unsigned n = 5; n > 0; n--) {
            unsigned i = k % n, part = left[i];
            k /= n;
            left[i] = left[n - 1];
            assert_null(sink.first);
            fragment(&t, order, part * 1000, part == 4 ? 77 : 1000, part != 4);
        }
        expect_whole(4077);
    }
    assert_int_equal(hp_counter(t.s, "net.reasm_oks"), 120);
    reass_end(&t);
}

static void test_I17_I08_the_first_comes_last_and_its_header_counts(void **state)
{
    struct l3 t;
    reass_begin(&t);
    struct ipv4_hdr h = {.proto = 253, .id = 1, .frag_off = 16, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    l3_in4(&t, 0, &h, data + 16, 5);
    h.frag_off = 8;
    h.mf = true;
    l3_in4_options(&t, 0, &h, "01010101 01010101", data + 8, 8);
    h.frag_off = 0;
    l3_in4_options(&t, 0, &h, "94040000", data, 8);
    assert_int_equal(pkt_offset(sink.first) - sink.first->l3, 24);
    expect_whole(21);
    reass_end(&t);
}

static void test_duplicates_are_ignored(void **state)
{
    struct l3 t;
    reass_begin(&t);
    fragment(&t, 1, 0, 800, true);
    fragment(&t, 1, 0, 800, true);
    fragment(&t, 1, 1600, 9, false);
    fragment(&t, 1, 1600, 9, false);
    l3_drops(&t, HP_DROP_FRAG_DUPLICATE, 2);
    fragment(&t, 1, 800, 800, true);
    expect_whole(1609);
    reass_end(&t);
}

static void test_I11_overlaps_kill_the_datagram(void **state)
{
    struct l3 t;
    const unsigned overlap[][2] = {{0, 16}, {8, 16}, {16, 24}, {0, 40}, {16, 8}, {24, 8}, {0, 24}}; /* against 8..24 */
    reass_begin(&t);
    for (unsigned i = 0; i < sizeof overlap / sizeof overlap[0]; i++) {
        if (overlap[i][0] >= 24) continue;
        if (overlap[i][0] == 8 && overlap[i][1] == 16) continue; /* the same again */
        fragment(&t, 10 + i, 8, 16, true);
        fragment(&t, 10 + i, overlap[i][0], overlap[i][1], true);
        uint64_t now = hp_drop_count(t.s, HP_DROP_FRAG_OVERLAP);
        assert_true(now >= 2); /* both */
        fragment(&t, 10 + i, 0, 8, true);
        fragment(&t, 10 + i, 24, 8, false);
        assert_int_equal(hp_drop_count(t.s, HP_DROP_FRAG_OVERLAP), now + 2); /* ... and what comes later */
    }
    assert_null(sink.first);
    l3_wait(&t, HP_S(31));
    l3_nothing(&t, 0);
    fragment(&t, 11, 0, 8, true);
    fragment(&t, 11, 8, 8, false);
    expect_whole(16); /* its time is up: the number may come again */
    reass_end(&t);
}

static void test_I10_I12_I16_fragments_that_cannot_be(void **state)
{
    struct l3 t;
    reass_begin(&t);
    fragment(&t, 1, 65528, 8, false); /* Ping of Death: 65 536 bytes and a header */
    l3_drops(&t, HP_DROP_FRAG_BAD, 1);
    fragment(&t, 2, 65512, 8, false); /* 65 520 and a header of 20 */
    l3_drops(&t, HP_DROP_FRAG_BAD, 2);
    fragment(&t, 3, 0, 0, true);
    fragment(&t, 3, 8, 0, true);
    fragment(&t, 3, 8, 0, false);
    l3_drops(&t, HP_DROP_FRAG_BAD, 5);
    fragment(&t, 4, 0, 9, true); /* not a multiple of eight */
    l3_drops(&t, HP_DROP_FRAG_BAD, 6);
    fragment(&t, 5, 16, 8, false); /* ends at 24 ... */
    fragment(&t, 5, 24, 8, true);  /* ... or not */
    l3_drops(&t, HP_DROP_FRAG_BAD, 8);
    fragment(&t, 6, 24, 8, true);
    fragment(&t, 6, 8, 8, false); /* ends before what came */
    l3_drops(&t, HP_DROP_FRAG_BAD, 10);
    fragment(&t, 7, 16, 8, false);
    fragment(&t, 7, 8, 8, false); /* two ends */
    l3_drops(&t, HP_DROP_FRAG_BAD, 12);
    assert_null(sink.first);
    l3_nothing(&t, 0);
    reass_end(&t);
}

static void test_the_largest_datagram(void **state)
{
    struct l3 t;
    reass_begin(&t);
    unsigned at = 0;
    for (; at + 1480 < 65515; at += 1480) fragment(&t, 9, at, 1480, true);
    fragment(&t, 9, at, 65515 - at, false);
    expect_whole(65515);
    reass_end(&t);
}

static void test_I23_timeouts_are_said_if_the_first_came(void **state)
{
    struct l3 t;
    reass_begin(&t);
    fragment(&t, 1, 8, 8, true);
    fragment(&t, 2, 0, 16, true);
    fragment(&t, 3, 0, 16, true);
    fragment(&t, 3, 8, 16, true); /* dead by overlap */
    struct ipv4_hdr h = {.proto = 253, .id = 4, .mf = true, .src = ip_of("10.0.0.2"), .dst = ip_of("255.255.255.255")};
    l3_in4(&t, 0, &h, data, 8);
    l3_wait(&t, HP_MS(29999));
    l3_nothing(&t, 0);
    l3_wait(&t, HP_MS(2));
    struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_TIME_EXCEEDED, ICMP4_TIME_REASSEMBLY);
    assert_int_equal(m.body.n, 36);
    assert_int_equal(get16(m.body.p + 4), 2);
    l3_nothing(&t, 0);
    l3_drops(&t, HP_DROP_FRAG_TIMEOUT, 3);
    reass_end(&t);
}

static void test_I13_tiny_fragments_cost_a_bounded_amount(void **state)
{
    struct l3 t;
    reass_begin(&t);
    t.s->trace_kinds = 0;
    hp_setting_set(t.s, "net.reassembly_bytes_max", 256 << 10);
    size_t before = t.alloc.bytes;
    for (unsigned i = 0; i < 20000; i++) fragment(&t, i / 200, (i * 37 % 200) * 16, 8, true);
    assert_true(t.alloc.bytes_max - before < (256u << 10) + (2u << 20)); /* and the cache of packet storage */
    assert_true(hp_drop_count(t.s, HP_DROP_FRAG_FULL) > 10000);
    fragment(&t, 60000, 0, 800, true); /* the newest still passes */
    fragment(&t, 60000, 800, 8, false);
    expect_whole(808);
    reass_end(&t);
}

static void test_fragments_of_one_datagram_are_bounded(void **state)
{
    struct l3 t;
    reass_begin(&t);
    hp_setting_set(t.s, "net.reassembly_fragments", 10);
    for (unsigned i = 0; i < 10; i++) fragment(&t, 1, i * 16, 8, true);
    l3_drops(&t, HP_DROP_FRAG_FULL, 0);
    fragment(&t, 1, 160, 8, true);
    l3_drops(&t, HP_DROP_FRAG_FULL, 11);
    reass_end(&t);
}

/* One source cannot push out another's datagrams by number. */
static void test_I14_a_source_has_its_share(void **state)
{
    struct l3 t;
    reass_begin(&t);
    fragment_from(&t, "10.0.0.3", 1, 0, 8, true);
    for (unsigned i = 0; i < 1000; i++) fragment_from(&t, "10.0.0.2", i, 0, 8, true);
    assert_int_equal(hp_counter(t.s, "net.reasm_evicted"), 1000 - 64);
    fragment_from(&t, "10.0.0.3", 1, 8, 8, false);
    expect_whole(16);
    hp_setting_set(t.s, "net.reassembly_per_source", 1);
    for (unsigned i = 0; i < 100; i++) fragment_from(&t, "10.0.0.2", i, 0, 8, true);
    fragment_from(&t, "10.0.0.2", 99, 8, 8, false);
    expect_whole(16);
    hp_setting_set(t.s, "net.reassembly_datagrams_max", 1);
    for (unsigned i = 0; i < 100; i++) fragment_from(&t, i % 2 ? "10.0.0.3" : "10.0.0.2", i, 0, 8, true);
    fragment_from(&t, "10.0.0.3", 99, 8, 8, false);
    expect_whole(16);
    reass_end(&t);
}

static void test_ecn_of_the_whole(void **state)
{
    struct l3 t;
    reass_begin(&t);
    const struct {
        uint8_t a, b;
        int whole;
    } row[] = {{0, 0, 0}, {2, 2, 2}, {2, 3, 3}, {3, 1, 3}, {3, 3, 3}, {0, 3, -1}, {3, 0, -1}};
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct ipv4_hdr h = {.proto = 253, .id = (uint16_t)i, .tos = row[i].a, .mf = true, .src = ip_of("10.0.0.2"),
                             .dst = ip_of("10.0.0.1")};
        l3_in4(&t, 0, &h, data, 8);
        h.mf = false;
        h.tos = row[i].b;
        h.frag_off = 8;
        l3_in4(&t, 0, &h, data + 8, 8);
        assert_int_equal(sink.count, row[i].whole >= 0);
        if (row[i].whole < 0) continue;
        assert_int_equal(sink.first->tos, row[i].whole);
        expect_whole(16);
    }
    reass_end(&t);
}

static void test_fragments_go_with_their_link(void **state)
{
    struct l3 t;
    reass_begin(&t);
    fragment(&t, 1, 0, 8, true);
    hp_link_remove(t.s, t.link[0]->index);
    l3_wait(&t, HP_S(60));
    l3_drops(&t, HP_DROP_STOPPED, 1);
    l3_drops(&t, HP_DROP_FRAG_TIMEOUT, 0);
    reass_end(&t);
}

static void test_failing_memory(void **state)
{
    for (uint64_t n = 1; n < 30; n++) {
        struct l3 t;
        reass_begin(&t);
        hp_mem_fail_at(t.s, n);
        for (unsigned i = 0; i < 3; i++) fragment(&t, 1, i * 800, 800, i < 2);
        hp_mem_fail_at(t.s, 0);
        while (sink.first) hp_pkt_free(pkt_queue_take(&sink));
        for (unsigned i = 0; i < 3; i++) fragment(&t, 2, i * 800, 800, i < 2);
        expect_whole(2400);
        reass_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_order_of_five_fragments),
        cmocka_unit_test(test_I17_I08_the_first_comes_last_and_its_header_counts),
        cmocka_unit_test(test_duplicates_are_ignored),
        cmocka_unit_test(test_I11_overlaps_kill_the_datagram),
        cmocka_unit_test(test_I10_I12_I16_fragments_that_cannot_be),
        cmocka_unit_test(test_the_largest_datagram),
        cmocka_unit_test(test_I23_timeouts_are_said_if_the_first_came),
        cmocka_unit_test(test_I13_tiny_fragments_cost_a_bounded_amount),
        cmocka_unit_test(test_fragments_of_one_datagram_are_bounded),
        cmocka_unit_test(test_I14_a_source_has_its_share),
        cmocka_unit_test(test_ecn_of_the_whole),
        cmocka_unit_test(test_fragments_go_with_their_link),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
