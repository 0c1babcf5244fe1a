/* IPv4 in and out, header by header. */
#include "support/l3.h"

#include "hepta/net.h"
#include "l3_network/network.h"

/* A protocol of the test's own (253, RFC 3692), which keeps what it gets. */
static struct pkt_queue sink;

static void sink_rx(struct hp_stack *s, void *state, struct hp_pkt *p) { pkt_queue_put(&sink, p); }

static const struct hp_proto sink_proto = {.name = "sink", .layer = 4, .table = BY_IPPROTO, .number = 253, .rx = sink_rx};
extern const struct hp_proto ether_proto, neigh_proto, arp_proto, net_proto, ipv4_proto, icmp4_proto, forward_proto;
static const struct hp_proto *const sink_profile[] = {&ether_proto, &neigh_proto, &arp_proto, &net_proto, &ipv4_proto,
                                                      &icmp4_proto, &sink_proto, NULL};

static void ipv4_begin(struct l3 *t)
{
    pkt_queue_init(&sink);
    l3_begin(t, sink_profile);
}

static void ipv4_end(struct l3 *t)
{
    for (struct hp_pkt *p; (p = pkt_queue_take(&sink));) hp_pkt_free(p);
    l3_end(t);
}

static struct ipv4_hdr from_to(const char *src, const char *dst)
{
    return (struct ipv4_hdr){.proto = 253, .src = ip_of(src), .dst = ip_of(dst)};
}

static void test_a_packet_for_us_is_delivered(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
    h.ttl = 9;
    h.tos = 0x2e << 2;
    h.df = true;
    l3_in4(&t, 0, &h, "hello", 5); /* padded by nobody: the tap has no minimum */
    struct hp_pkt *p = pkt_queue_take(&sink);
    assert_non_null(p);
    assert_bytes(p->data, pkt_len(p), "68656c6c6f");
    assert_int_equal(p->ttl, 9);
    assert_int_equal(p->tos, 0x2e << 2);
    assert_true(p->flags & PKT_DF);
    assert_int_equal(pkt_offset(p) - p->l3, 20);
    hp_pkt_free(p);
    l3_in4(&t, 1, &h, "weak host model", 15);
    assert_int_equal(sink.count, 1);
    assert_int_equal(hp_counter(t.s, "ipv4.in_delivers"), 2);
    ipv4_end(&t);
}

static void test_padding_is_cut_off(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
    h.len = 23;
    l3_in4(&t, 0, &h, "abc\0\0\0\0\0\0", 9);
    assert_int_equal(pkt_len(sink.first), 3);
    ipv4_end(&t);
}

static void one_raw(struct l3 *t, const char *hex, enum hp_drop why)
{
    uint8_t b[100];
    uint64_t before = hp_drop_count(t->s, why);
    l3_in_raw(t, 0, b, hex_bytes(hex, b, sizeof b), false);
    if (hp_drop_count(t->s, why) != before + 1) fail_msg("%s expected for %s\n%s", hp_drop_name(why), hex, t->log.text);
    assert_null(sink.first);
}

static void test_I01_I02_impossible_headers_have_names(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    one_raw(&t, "45000014 00004000 40fd0000 0a000002 0a0000", HP_DROP_SHORT);
    one_raw(&t, "65000014 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_VERSION);
    one_raw(&t, "44000014 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_HEADER);
    one_raw(&t, "40000014 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_HEADER);
    one_raw(&t, "45000013 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_LENGTH);
    one_raw(&t, "45000000 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_LENGTH);
    one_raw(&t, "45000015 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_LENGTH);
    one_raw(&t, "46000014 00004000 40fd0000 0a000002 0a000001 01010101", HP_DROP_BAD_LENGTH);
    one_raw(&t, "4f00003c 00004000 40fd0000 0a000002 0a000001", HP_DROP_BAD_LENGTH);
    one_raw(&t, "45000014 00004000 40fd0000 0a000002 0a000001", HP_DROP_CHECKSUM);
    assert_int_equal(hp_counter(t.s, "ipv4.in_hdr_errors"), 10);
    l3_nothing(&t, 0);
    ipv4_end(&t);
}

static void test_I05_martians_die(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    const char *sources[] = {"0.0.0.0", "0.1.2.3", "255.255.255.255", "10.0.0.255", "10.1.0.0", "224.0.0.1", "240.0.0.1", "127.0.0.1",
                             "127.1.2.3", "10.1.0.1"};
    unsigned n = sizeof sources / sizeof sources[0];
    for (unsigned i = 0; i < n; i++) {
        struct ipv4_hdr h = from_to(sources[i], "10.0.0.1");
        l3_in4(&t, 0, &h, "", 0);
        l3_drops(&t, HP_DROP_MARTIAN, i + 1);
    }
    const char *destinations[] = {"0.0.0.0", "0.0.0.1", "127.0.0.1", "240.0.0.1", "255.255.255.254"};
    for (unsigned i = 0; i < 5; i++) {
        struct ipv4_hdr h = from_to("10.0.0.2", destinations[i]);
        l3_in4(&t, 0, &h, "", 0);
        l3_drops(&t, HP_DROP_MARTIAN, n + i + 1);
    }
    assert_null(sink.first);
    l3_nothing(&t, 0);
    ipv4_end(&t);
}

static void test_I04_land_dies(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.1", "10.0.0.1");
    l3_in4(&t, 0, &h, "x", 1);
    h = from_to("127.0.0.1", "127.0.0.1");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_LAND, 2);
    h = from_to("10.0.0.2", "10.0.0.1"); /* ... and the source that was good stays so, the bad one bad */
    l3_in4(&t, 0, &h, "x", 1);
    assert_int_equal(sink.count, 1);
    h = from_to("10.0.0.2", "10.0.0.2");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_LAND, 3);
    ipv4_end(&t);
}

static void test_a_good_source_turns_bad_when_it_becomes_ours(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.7", "10.0.0.1");
    l3_in4(&t, 0, &h, "x", 1);
    assert_int_equal(sink.count, 1);
    l3_addr(&t, 0, "10.0.0.7/24");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_MARTIAN, 1);
    ipv4_end(&t);
}

static void test_link_broadcast_of_a_unicast_packet_dies(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    uint8_t b[20];
    struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
    h.len = 20;
    h.ttl = 64;
    ipv4_write(b, sizeof b, &h);
    l3_in_raw(&t, 0, b, 20, true);
    l3_drops(&t, HP_DROP_MARTIAN, 1);
    ipv4_end(&t);
}

static void test_I06_source_routes_are_refused(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
    const char *options[] = {"830704 0a000009", "890704 0a000009", "830304", "890308", "830b08 0a000009 0a000008 01 830704 0a000009",
                             "830701 0a000009"};
    for (unsigned i = 0; i < 6; i++) {
        l3_in4_options(&t, 0, &h, options[i], "", 0);
        l3_drops(&t, HP_DROP_SOURCE_ROUTE, i + 1);
    }
    h.proto = 99; /* would be answered by protocol unreachable */
    l3_in4_options(&t, 0, &h, "830704 0a000009", "", 0);
    l3_drops(&t, HP_DROP_SOURCE_ROUTE, 7);
    l3_nothing(&t, 0);
    ipv4_end(&t);
}

static void test_I07_options_that_cannot_be(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    hp_setting_set(t.s, "net.errors_burst", 1000);
    struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
    const char *bad[] = {"0700", "0701", "0705 04", "44ff 05", "01010127"};
    unsigned at[] = {20, 20, 20, 20, 23};
    for (unsigned i = 0; i < 5; i++) {
        l3_in4_options(&t, 0, &h, bad[i], "quoteme.", 8);
        l3_drops(&t, HP_DROP_BAD_OPTION, i + 1);
        struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_PARAM_PROBLEM, 0);
        assert_int_equal(m.pointer, at[i]);
    }
    l3_in4_options(&t, 0, &h, "0101 940400 00 07 07 04 00000000 00", "fine", 4); /* NOPs, router alert, record route, end */
    assert_int_equal(sink.count, 1);
    assert_bytes(sink.first->data, pkt_len(sink.first), "66696e65");
    ipv4_end(&t);
}

static void test_not_for_us_is_not_forwarded_by_a_host(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "10.1.0.2");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_NOT_FORWARDING, 1);
    l3_nothing(&t, 0);
    l3_nothing(&t, 1);
    ipv4_end(&t);
}

static void test_broadcasts_and_groups(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "255.255.255.255");
    l3_in4(&t, 0, &h, "x", 1);
    h.dst = ip_of("10.0.0.255");
    l3_in4(&t, 0, &h, "x", 1);
    assert_int_equal(sink.count, 2);
    assert_true(sink.first->next->flags & PKT_BROADCAST);
    h.dst = ip_of("10.1.0.255"); /* of the other link: RFC 2644 */
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_MARTIAN, 1);
    struct hp_ip group = ip_of("239.1.2.3");
    h.dst = group;
    l3_in4(&t, 0, &h, "x", 1); /* the frame is ours, the group is not */
    l3_drops(&t, HP_DROP_NOT_FOR_US, 1);
    assert_int_equal(hp_multicast_join(t.s, t.link[0]->index, &group), HP_OK);
    l3_in4(&t, 0, &h, "x", 1);
    assert_int_equal(sink.count, 3);
    assert_int_equal(hp_multicast_leave(t.s, t.link[0]->index, &group), HP_OK);
    assert_int_equal(hp_multicast_leave(t.s, t.link[0]->index, &group), HP_ENOENT);
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_NOT_FOR_US, 2);
    ipv4_end(&t);
}

/* A machine with thousands of links is in groups on all of them: what bounds them is of each link. */
static void test_groups_are_bounded_by_link(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct hp_ip group = ip_of("239.1.0.0");
    int joined = 0, link = t.link[0]->index;
    for (; hp_multicast_join(t.s, link, &group) == HP_OK; joined++) put16(group.b + 14, (unsigned)joined + 1);
    assert_int_equal(joined, 4096);
    assert_int_equal(hp_multicast_join(t.s, link, &group), HP_ENOMEM);
    assert_int_equal(hp_multicast_join(t.s, t.link[1]->index, &group), HP_OK);
    put16(group.b + 14, 7);
    assert_int_equal(hp_multicast_leave(t.s, t.link[1]->index, &group), HP_ENOENT);
    assert_int_equal(hp_multicast_leave(t.s, link, &group), HP_OK);
    put16(group.b + 14, 5000);
    assert_int_equal(hp_multicast_join(t.s, link, &group), HP_OK);
    hp_link_remove(t.s, link);
    ipv4_end(&t);
}

/* ---- down ---- */

static void send(struct l3 *t, const char *to, unsigned flags, const void *bytes, size_t n)
{
    struct hp_pkt *p = hp_pkt_copy_in(t->s, bytes, n);
    if (!p) return;
    p->dst = ip_of(to);
    p->proto = 253;
    p->ttl = p->tos = 0;
    p->flags = (uint16_t)flags;
    if (ip_source(t->s, &p->dst, 0, &p->src)) hp_drop(t->s, p, HP_DROP_NO_ROUTE);
    else ip_tx(t->s, p, NULL);
    l3_step(t);
}

static void test_out_with_a_header(void **state)
{
    struct l3 t;
    struct ipv4_hdr h;
    struct hp_bytes payload;
    ipv4_begin(&t);
    l3_route(&t, "0.0.0.0/0", "10.1.0.2", -1, 0);
    send(&t, "10.0.0.2", PKT_DF, "hello", 5);
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_bytes(t.bytes, 25, "45000019 00004000 40fd.... 0a000001 0a000002 68656c6c6f");
    send(&t, "9.9.9.9", PKT_DF, "far", 3);
    assert_true(l3_take4(&t, 1, &h, &payload));
    assert_bytes(t.bytes, 23, "45000017 00004000 40fd.... 0a010001 09090909 666172");
    ipv4_end(&t);
}

static void test_own_addresses_loop_back(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    const char *own[] = {"127.0.0.1", "127.9.9.9", "10.0.0.1", "10.1.0.1"};
    for (unsigned i = 0; i < 4; i++) {
        send(&t, own[i], 0, "me", 2);
        assert_int_equal(sink.count, i + 1);
    }
    assert_true(sink.first->flags & PKT_LOOPED);
    l3_nothing(&t, 0);
    l3_nothing(&t, 1);
    ipv4_end(&t);
}

static void test_out_to_everybody(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    send(&t, "10.1.0.255", 0, "hi", 2);
    const struct tap_frame *f = tap_take(&t.tap[1]);
    assert_non_null(f);
    assert_bytes(f->b, 14, "ffffffffffff 020000000002 0800");
    struct hp_ip group = ip_of("239.1.2.3");
    hp_multicast_join(t.s, t.link[0]->index, &group);
    send(&t, "239.1.2.3", 0, "hi", 2);
    f = tap_take(&t.tap[0]);
    assert_non_null(f);
    assert_bytes(f->b, 14, "01005e010203 020000000001 0800");
    assert_int_equal(sink.count, 1); /* RFC 1112 6.1: and to ourselves */
    ipv4_end(&t);
}

/* RFC 6864: no identification comes back within 65 536 fragmentable datagrams, and they do not count up. */
static void test_identification_is_no_counter(void **state)
{
    static uint8_t seen[65536];
    struct l3 t;
    struct ipv4_hdr h;
    struct hp_bytes payload;
    ipv4_begin(&t);
    t.s->trace_kinds = 0;
    memset(seen, 0, sizeof seen);
    unsigned next = 0, last = 0;
    for (unsigned i = 0; i < 65536; i++) {
        send(&t, "10.0.0.2", 0, "x", 1);
        assert_true(l3_take4(&t, 0, &h, &payload));
        assert_int_equal(seen[h.id]++, 0);
        next += h.id == (uint16_t)(last + 1);
        last = h.id;
    }
    assert_true(next < 20); /* one in 65 536 would be by chance */
    ipv4_end(&t);
}

static void test_too_big_or_no_way(void **state)
{
    struct l3 t;
    static uint8_t big[70000];
    ipv4_begin(&t);
    send(&t, "10.0.0.2", PKT_DF, big, 1481);
    l3_drops(&t, HP_DROP_TOO_BIG, 1);
    send(&t, "10.0.0.2", 0, big, 65516);
    l3_drops(&t, HP_DROP_TOO_BIG, 2);
    send(&t, "11.0.0.2", 0, big, 1);
    l3_drops(&t, HP_DROP_NO_ROUTE, 1);
    l3_nothing(&t, 0);
    send(&t, "10.0.0.2", PKT_DF, big, 1480);
    struct ipv4_hdr h;
    struct hp_bytes payload;
    assert_true(l3_take4(&t, 0, &h, &payload));
    ipv4_end(&t);
}

static void test_sources(void **state)
{
    struct l3 t;
    ipv4_begin(&t);
    struct hp_ip src, to = ip_of("10.7.0.9"), mine = ip_of("10.7.0.1");
    l3_addr(&t, 0, "10.7.0.1/24");
    assert_int_equal(ip_source(t.s, &to, 0, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &mine));
    to = ip_of("127.0.0.1");
    assert_int_equal(ip_source(t.s, &to, 0, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &to));
    to = ip_of("1.1.1.1");
    assert_int_equal(ip_source(t.s, &to, 0, &src), HP_ENETUNREACH);
    assert_int_equal(ip_source(t.s, &to, t.link[1]->index, &src), HP_OK); /* bound: a neighbour there */
    mine = ip_of("10.1.0.1");
    assert_true(hp_ip_equal(&src, &mine));
    ipv4_end(&t);
}

/* The n-th allocation fails, for every n: nothing leaks, and the next attempt works. */
static void test_failing_memory(void **state)
{
    static uint8_t big[5000];
    for (uint64_t n = 1; n < 40; n++) {
        struct l3 t;
        ipv4_begin(&t);
        hp_mem_fail_at(t.s, n);
        struct hp_prefix p = {ip_of("10.3.0.1"), 120};
        hp_addr_add(t.s, t.link[0]->index, &p, 0);
        l3_route(&t, "4.0.0.0/8", "10.0.0.2", -1, 1);
        send(&t, "4.4.4.4", 0, big, sizeof big);
        struct ipv4_hdr h = from_to("10.0.0.2", "10.0.0.1");
        h.mf = true;
        l3_in4(&t, 0, &h, big, 8);
        h.mf = false;
        h.frag_off = 8;
        l3_in4(&t, 0, &h, big, 8);
        hp_mem_fail_at(t.s, 0);
        hp_addr_remove(t.s, t.link[0]->index, &p.ip);
        assert_int_equal(hp_addr_add(t.s, t.link[0]->index, &p, 0), HP_OK);
        send(&t, "10.3.0.1", 0, big, sizeof big);
        assert_true(sink.count >= 1);
        ipv4_end(&t);
    }
}

static void test_a_stack_without_memory(void **state)
{
    struct test_alloc a;
    struct hp_stack *s = NULL;
    for (uint64_t n = 1; !s; n++) {
        test_alloc_init(&a);
        a.fail_at = n;
        struct hp_config c = {.allocator = &a.allocator};
        s = hp_stack_new(&c);
        if (!s) test_alloc_end(&a);
    }
    hp_stack_free(s);
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_for_us_is_delivered),
        cmocka_unit_test(test_padding_is_cut_off),
        cmocka_unit_test(test_I01_I02_impossible_headers_have_names),
        cmocka_unit_test(test_I05_martians_die),
        cmocka_unit_test(test_I04_land_dies),
        cmocka_unit_test(test_a_good_source_turns_bad_when_it_becomes_ours),
        cmocka_unit_test(test_link_broadcast_of_a_unicast_packet_dies),
        cmocka_unit_test(test_I06_source_routes_are_refused),
        cmocka_unit_test(test_I07_options_that_cannot_be),
        cmocka_unit_test(test_not_for_us_is_not_forwarded_by_a_host),
        cmocka_unit_test(test_broadcasts_and_groups),
        cmocka_unit_test(test_groups_are_bounded_by_link),
        cmocka_unit_test(test_out_with_a_header),
        cmocka_unit_test(test_own_addresses_loop_back),
        cmocka_unit_test(test_out_to_everybody),
        cmocka_unit_test(test_identification_is_no_counter),
        cmocka_unit_test(test_too_big_or_no_way),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_failing_memory),
        cmocka_unit_test(test_a_stack_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
