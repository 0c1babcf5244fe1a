/* IPv6 headers, extension headers, fragments, forwarding; node a alone has 2001:db8::1/64 and a neighbour 2001:db8::2. */
#include "support/six.h"

static const char ME[] = "2001:db8::1", PEER[] = "2001:db8::2";

static void ipv6_begin(struct six *t)
{
    six_begin(t, 1);
    six_run(t, HP_S(3));
    six_give(t, 0, "2001:db8::1/64");
    struct hp_ip peer = six_ip(PEER);
    assert_int_equal(hp_neigh_set(t->node[0].s, t->node[0].l->index, &peer, &(struct hp_mac){{2, 0, 0, 0, 0, 0x99}}), HP_OK);
    six_run(t, HP_S(3));
    tap_clear(t->hub.tap[0]);
}

/* A parameter problem with this code and pointer was sent to the peer. */
static void ipv6_expect_problem(struct six *t, uint8_t code, uint32_t pointer)
{
    struct ipv6_hdr h;
    size_t n;
    const uint8_t *p = six_expect_icmp(t, ICMP6_PARAM_PROBLEM, &h, &n);
    if (p[1] != code || get32(p + 4) != pointer)
        fail_msg("expected code %u pointer %u, came %u %u", code, (unsigned)pointer, p[1], (unsigned)get32(p + 4));
    six_run(t, HP_S(1));
}

/* A UDP header of 8 bytes: the sink takes anything. */
#define UDP "1111222200080000"

static void ipv6_taken(struct six *t, unsigned count)
{
    assert_int_equal(t->node[0].sunk, count);
}

/* ---- the header ---- */

static void test_V02_lengths(void **state)
{
    struct six t;
    uint8_t b[100];
    ipv6_begin(&t);
    struct hp_stack *s = t.node[0].s;
    for (size_t n = 0; n <= 48; n++) {      /* every truncation of a good packet */
        memset(b, 0, sizeof b);
        mac_put(b, &t.node[0].l->mac);
        put16(b + 12, ETHERTYPE_IPV6);
        struct ipv6_hdr h = {.next = IP_PROTO_UDP, .hops = 64, .len = 8, .src = six_ip(PEER), .dst = six_ip(ME)};
        ipv6_write(b + 14, IPV6_HEADER, &h);
        tap_inject(t.hub.tap[0], b, 14 + n);
        six_run(&t, 0);
    }
    ipv6_taken(&t, 1);
    six_expect_drops(&t, 0, HP_DROP_RUNT, 1);
    six_expect_drops(&t, 0, HP_DROP_SHORT, 39);
    six_expect_drops(&t, 0, HP_DROP_BAD_LENGTH, 8);
    put16(b + 18, 0);                       /* payload length 0 without a jumbo option */
    tap_inject(t.hub.tap[0], b, 14 + 48);
    b[14] = 0x50;
    tap_inject(t.hub.tap[0], b, 14 + 48);
    six_run(&t, 0);
    six_expect_drops(&t, 0, HP_DROP_BAD_LENGTH, 9);
    six_expect_drops(&t, 0, HP_DROP_BAD_VERSION, 1);
    assert_int_equal(hp_drop_count(s, HP_DROP_NO_MEMORY), 0);
    six_end(&t);
}

static void test_martians(void **state)
{
    struct six t;
    static const char *const pairs[][2] = {
        {"ff02::1", ME}, {"::1", ME}, {PEER, "::1"}, {PEER, "::"}, {"::ffff:10.0.0.1", ME}, {PEER, "::ffff:10.0.0.1"},
        {"::ffff:127.0.0.1", "::ffff:127.0.0.1"}, {PEER, "ff01::1"}, {PEER, "ff00::1"},
    };
    ipv6_begin(&t);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        six_inject_hex(&t, pairs[i][0], pairs[i][1], IP_PROTO_UDP, 64, UDP);
        if (i >= 7) continue;               /* those die in the MAC filter already */
        six_expect_drops(&t, 0, HP_DROP_MARTIAN, i + 1);
    }
    ipv6_taken(&t, 0);
    six_end(&t);
}

static void test_I04_land_and_our_own_address(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, ME, ME, IP_PROTO_UDP, 64, UDP);
    six_expect_drops(&t, 0, HP_DROP_LAND, 1);
    six_inject_hex(&t, ME, "ff02::1", IP_PROTO_UDP, 64, UDP);
    six_expect_drops(&t, 0, HP_DROP_MARTIAN, 1);
    six_inject_hex(&t, PEER, ME, IP_PROTO_UDP, 64, UDP);
    six_inject_hex(&t, PEER, PEER, IP_PROTO_UDP, 64, UDP);
    six_expect_drops(&t, 0, HP_DROP_LAND, 2);
    ipv6_taken(&t, 1);
    six_end(&t);
}

/* ---- extension headers ---- */

static void test_V01_routing_header(void **state)
{
    struct six t;
    ipv6_begin(&t);
    hp_set_forwarding(t.node[0].s, true);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ROUTING, 64, "1102 0001 00000000 20010db8000000000000000000000003" UDP);
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 42);
    six_expect_drops(&t, 0, HP_DROP_SOURCE_ROUTE, 1);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ROUTING, 64, "1100 0401 00000000" UDP);       /* any other type */
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 42);
    ipv6_taken(&t, 0);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ROUTING, 64, "1100 0000 00000000" UDP);       /* none left: skipped */
    ipv6_taken(&t, 1);
    assert_int_equal(hp_counter(t.node[0].s, "net.forwarded"), 0);
    six_end(&t);
}

static void test_V06_rpl_source_route(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ROUTING, 64, "1101 03ff ff000000 0102030405060708" UDP);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ROUTING, 64, "11ff 0301 00000000" UDP);       /* longer than the packet */
    six_expect_drops(&t, 0, HP_DROP_SOURCE_ROUTE, 1);
    six_expect_drops(&t, 0, HP_DROP_SHORT, 1);
    ipv6_taken(&t, 0);
    six_end(&t);
}

static void test_V04_extension_header_lengths(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "11ff 0104 00000000" UDP);       /* 2048 bytes are not there */
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 0104 0000");               /* cut */
    six_inject_hex(&t, PEER, ME, IP_PROTO_HOPOPTS, 64, "11ff 0104 00000000" UDP);
    six_expect_drops(&t, 0, HP_DROP_SHORT, 3);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 01ff 00000000" UDP);       /* an option longer than its header */
    six_expect_drops(&t, 0, HP_DROP_BAD_OPTION, 1);
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 42);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 0104 00000000" UDP);
    ipv6_taken(&t, 1);
    six_end(&t);
}

static void test_V05_chains(void **state)
{
    struct six t;
    uint8_t b[2048];
    ipv6_begin(&t);
    size_t n = 0;
    for (int i = 0; i < 100; i++, n += 8) hex_bytes("3c00010400000000", b + n, 8);
    hex_bytes(UDP, b + n, 8);
    b[n - 8] = IP_PROTO_UDP;
    six_inject(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, b, n + 8);
    six_expect_drops(&t, 0, HP_DROP_EXT_HEADERS, 1);
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 40 + 8 * IPV6_EXT_COUNT_MAX);
    six_inject_hex(&t, PEER, ME, IP_PROTO_HOPOPTS, 64, "0000 0104 00000000 1100 0104 00000000" UDP);    /* two of them */
    ipv6_expect_problem(&t, ICMP6_PARAM_NEXT_HEADER, 40);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "0000 0104 00000000 1100 0104 00000000" UDP);    /* not first */
    ipv6_expect_problem(&t, ICMP6_PARAM_NEXT_HEADER, 40);
    six_expect_drops(&t, 0, HP_DROP_EXT_HEADERS, 3);
    six_inject_hex(&t, PEER, ME, IP_PROTO_HOPOPTS, 64, "3c00 0104 00000000 1100 0104 00000000" UDP);
    ipv6_taken(&t, 1);
    six_end(&t);
}

/* RFC 8200 4.2. */
static void test_unknown_options_do_as_their_bits_say(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 3e04 00000000" UDP);       /* 00: skip */
    ipv6_taken(&t, 1);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 7e04 00000000" UDP);       /* 01: drop */
    six_expect_no_icmp(&t, ICMP6_PARAM_PROBLEM);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 be04 00000000" UDP);       /* 10: tell */
    ipv6_expect_problem(&t, ICMP6_PARAM_OPTION, 42);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "1100 0100 fe02 0000" UDP);      /* 11: tell if not a group */
    ipv6_expect_problem(&t, ICMP6_PARAM_OPTION, 44);
    six_inject_hex(&t, PEER, "ff02::1", IP_PROTO_DSTOPTS, 64, "1100 be04 00000000" UDP);
    ipv6_expect_problem(&t, ICMP6_PARAM_OPTION, 42);
    six_inject_hex(&t, PEER, "ff02::1", IP_PROTO_DSTOPTS, 64, "1100 fe04 00000000" UDP);
    six_expect_no_icmp(&t, ICMP6_PARAM_PROBLEM);
    six_expect_drops(&t, 0, HP_DROP_BAD_OPTION, 5);
    ipv6_taken(&t, 1);
    six_end(&t);
}

static void test_unknown_next_header(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, PEER, ME, 253, 64, "0011223344556677");
    ipv6_expect_problem(&t, ICMP6_PARAM_NEXT_HEADER, 6);
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "fd00 0104 00000000 0011223344556677");
    ipv6_expect_problem(&t, ICMP6_PARAM_NEXT_HEADER, 40);
    six_expect_drops(&t, 0, HP_DROP_NO_PROTO, 2);
    six_inject_hex(&t, PEER, ME, IP_PROTO_NONE, 64, "0011223344556677");                /* RFC 8200 4.7 */
    six_expect_no_icmp(&t, ICMP6_PARAM_PROBLEM);
    six_end(&t);
}

/* ---- fragments ---- */

/* Fragment header and n bytes of value `fill`. */
static void ipv6_fragment(struct six *t, uint32_t id, size_t off, bool mf, size_t n, uint8_t next, uint8_t fill)
{
    static uint8_t b[8 + 66000];
    b[0] = next;
    b[1] = 0;
    put16(b + 2, (unsigned)off | mf);
    put32(b + 4, id);
    memset(b + 8, fill, n);
    six_inject(t, PEER, ME, IP_PROTO_FRAGMENT, 64, b, 8 + n);
}

static void test_fragments_in_any_order(void **state)
{
    struct six t;
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 1200, false, 100, IP_PROTO_UDP, 7);
    ipv6_fragment(&t, 1, 600, true, 600, IP_PROTO_UDP, 6);
    ipv6_taken(&t, 0);
    ipv6_fragment(&t, 1, 0, true, 600, IP_PROTO_UDP, 5);
    ipv6_taken(&t, 1);
    assert_int_equal(t.node[0].sunk_n, 1300);
    assert_int_equal(t.node[0].sunk_byte, 7);
    six_end(&t);
}

static void test_V10_overlap_discards_all(void **state)
{
    struct six t;
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 0, true, 600, IP_PROTO_UDP, 5);
    ipv6_fragment(&t, 1, 592, true, 600, IP_PROTO_UDP, 6);
    ipv6_fragment(&t, 1, 1192, false, 8, IP_PROTO_UDP, 6);
    ipv6_fragment(&t, 1, 600, true, 592, IP_PROTO_UDP, 6);
    ipv6_taken(&t, 0);
    assert_true(hp_drop_count(t.node[0].s, HP_DROP_FRAG_OVERLAP) >= 3);
    six_expect_no_icmp(&t, ICMP6_PARAM_PROBLEM);
    six_end(&t);
}

/* RFC 6946: a fragment that is the whole is processed alone, whatever waits under its number. */
static void test_V10_atomic_fragment_is_processed_alone(void **state)
{
    struct six t;
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 0, true, 600, IP_PROTO_UDP, 5);
    ipv6_fragment(&t, 1, 0, false, 32, IP_PROTO_UDP, 6);
    ipv6_taken(&t, 1);
    assert_int_equal(t.node[0].sunk_n, 32);
    ipv6_fragment(&t, 1, 600, false, 8, IP_PROTO_UDP, 7);
    ipv6_taken(&t, 2);
    assert_int_equal(t.node[0].sunk_n, 608);
    six_end(&t);
}

/* The reassembled length, extension headers included, must not wrap its 16 bits. */
static void test_V07_reassembled_length_does_not_wrap(void **state)
{
    struct six t;
    uint8_t b[8 + 8 + 1200];
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 65528, false, 8, IP_PROTO_UDP, 1);     /* 65536 bytes */
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 42);
    hex_bytes("2c00 0104 00000000 1100 fff8 00000002", b, 16);  /* hop-by-hop, then 65528 + 7 = 65535 without it */
    memset(b + 16, 0, 7);
    six_inject(&t, PEER, ME, IP_PROTO_HOPOPTS, 64, b, 16 + 7);
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 50);
    six_expect_drops(&t, 0, HP_DROP_FRAG_BAD, 2);
    ipv6_taken(&t, 0);
    six_end(&t);
}

static void test_V08_fragment_within_a_fragment(void **state)
{
    struct six t;
    uint8_t b[64];
    ipv6_begin(&t);
    /* the reassembled packet begins with another fragment header */
    hex_bytes("2c00 0001 00000001 1100 0000 00000002 00000000 00000000", b, 24);
    six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, b, 24);
    ipv6_fragment(&t, 1, 16, false, 8, IP_PROTO_FRAGMENT, 0);
    ipv6_taken(&t, 0);
    hex_bytes("2c00 0000 00000001 1100 0000 00000002" UDP, b, 24);                      /* two atomic ones in a row */
    six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, b, 24);
    ipv6_taken(&t, 0);
    assert_true(hp_drop_count(t.node[0].s, HP_DROP_FRAG_BAD) >= 2);
    six_end(&t);
}

static void test_I16_fragments_that_cannot_be(void **state)
{
    struct six t;
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 0, true, 13, IP_PROTO_UDP, 1);         /* more follow, and not a multiple of 8 */
    ipv6_expect_problem(&t, ICMP6_PARAM_FIELD, 4);
    ipv6_fragment(&t, 2, 8, true, 0, IP_PROTO_UDP, 1);          /* empty */
    six_expect_drops(&t, 0, HP_DROP_FRAG_BAD, 2);
    six_inject_hex(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, "3c00 0001 00000003 1102 0104 00000000");   /* RFC 7112: a cut chain */
    ipv6_expect_problem(&t, ICMP6_PARAM_CHAIN, 48);
    six_inject_hex(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, "3c00 0001 00000004 1100 0104 00000000");   /* ... before UDP's header */
    ipv6_expect_problem(&t, ICMP6_PARAM_CHAIN, 56);
    six_expect_drops(&t, 0, HP_DROP_FRAG_BAD, 4);
    six_end(&t);
}

static void test_I23_timeout_is_told_if_the_first_fragment_came(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    ipv6_begin(&t);
    ipv6_fragment(&t, 1, 600, false, 8, IP_PROTO_UDP, 1);
    six_run(&t, HP_S(61));
    six_expect_no_icmp(&t, ICMP6_TIME_EXCEEDED);
    ipv6_fragment(&t, 2, 0, true, 600, IP_PROTO_UDP, 1);
    six_run(&t, HP_S(61));
    const uint8_t *p = six_expect_icmp(&t, ICMP6_TIME_EXCEEDED, &h, &n);
    assert_int_equal(p[1], ICMP6_TIME_REASSEMBLY);
    six_expect_drops(&t, 0, HP_DROP_FRAG_TIMEOUT, 2);
    six_end(&t);
}

static void test_large_packets_between_two(void **state)
{
    static const size_t sizes[] = {1232, 1452, 1453, 2000, 9000, 40000, 65507, 65527};
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    six_give(&t, 0, "2001:db8::1/64");
    six_give(&t, 1, "2001:db8::2/64");
    struct hp_ip b = six_ip(PEER);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hp_setting_set(t.node[0].s, "neigh.held_max", 1000);
        six_ping(&t, 0, &b, sizes[i]);
        six_run(&t, HP_MS(10));
        six_expect_reply(&t, 0);
        assert_int_equal(t.node[0].reply_n, sizes[i] + 8);
    }
    six_end(&t);
}

/* ---- the way down ---- */

static uint32_t ipv6_label(struct six *t, uint8_t proto, const char *ports, const char *dst)
{
    struct hp_stack *s = t->node[0].s;
    struct hp_pkt *p = pkt_alloc(s, 16);
    p->src = six_ip(ME);
    p->dst = six_ip(dst);
    p->proto = proto;
    hex_bytes(ports, pkt_put(p, 8), 8);
    ip_tx(s, p, NULL);
    six_run(t, 0);
    const struct tap_frame *f = tap_take(t->hub.tap[0]);
    assert_non_null(f);
    return get32(f->b + 14) & 0xfffff;
}

/* RFC 6437: one label per flow, unrelated labels for others, others again with another key. */
static void test_V20_flow_labels_are_keyed(void **state)
{
    struct six t;
    ipv6_begin(&t);
    uint32_t a = ipv6_label(&t, 17, "0001000200080000", PEER), again = ipv6_label(&t, 17, "0001000200090000", PEER);
    assert_int_equal(a, again);
    assert_int_not_equal(a, 0);
    assert_int_not_equal(a, ipv6_label(&t, 17, "0001000300080000", PEER));
    assert_int_not_equal(a, ipv6_label(&t, 6, "0001000200080000", PEER));
    uint32_t ones = 0;
    for (unsigned port = 0; port < 256; port++) {           /* every bit is as often 1 as 0 */
        char hex[20];
        snprintf(hex, sizeof hex, "0001%04x00080000", port);
        ones += (uint32_t)__builtin_popcount(ipv6_label(&t, 17, hex, PEER));
    }
    assert_in_range(ones, 256 * 9, 256 * 11);
    six_end(&t);
}

/* What is sent to a group that we are in, we hear ourselves. */
static void test_group_is_heard_here_too(void **state)
{
    struct six t;
    ipv6_begin(&t);
    struct hp_ip group = six_ip("ff05::77");
    assert_int_equal(hp_multicast_join(t.node[0].s, t.node[0].l->index, &group), HP_OK);
    struct hp_pkt *p = pkt_alloc(t.node[0].s, 16);
    p->src = six_ip(ME);
    p->dst = group;
    p->proto = IP_PROTO_UDP;
    p->link = t.node[0].l;
    hex_bytes(UDP, pkt_put(p, 8), 8);
    ip_tx(t.node[0].s, p, NULL);
    six_run(&t, 0);
    ipv6_taken(&t, 1);
    six_end(&t);
}

/* ---- forwarding: node a with two links, the second one 2001:db8:2::1/64 ---- */

static struct tap ipv6_tap2;

static void ipv6_router(struct six *t)
{
    struct hp_prefix p;
    ipv6_begin(t);
    tap_init(&ipv6_tap2);
    int link = hp_link_add(t->node[0].s, &ipv6_tap2.wire, &(struct hp_link_config){.mtu = 1280});
    assert_true(link > 0);
    assert_true(hp_prefix_parse("2001:db8:2::1/64", &p));
    assert_int_equal(hp_addr_add(t->node[0].s, link, &p, HP_ADDR_NO_DAD), HP_OK);
    struct hp_ip far = six_ip("2001:db8:2::2");
    hp_neigh_set(t->node[0].s, link, &far, &(struct hp_mac){{2, 0, 0, 0, 0, 0x22}});
    hp_set_forwarding(t->node[0].s, true);
    six_run(t, HP_S(20));
    tap_clear(t->hub.tap[0]);
    tap_clear(&ipv6_tap2);
}

static void test_forwarding(void **state)
{
    struct six t;
    ipv6_router(&t);
    six_inject_hex(&t, PEER, "2001:db8:2::2", IP_PROTO_UDP, 64, UDP);
    const struct tap_frame *f = tap_take(&ipv6_tap2);
    assert_non_null(f);
    assert_int_equal(f->n, 62);
    assert_bytes(f->b, 62, "020000000022 ............ 86dd 60000000 0008 11 3f 20010db8000000000000000000000002"
                           "20010db8000200000000000000000002" UDP);
    six_end(&t);
}

/* RFC 4007: a link-local address means something on its own link only, coming and going. */
static void test_link_local_addresses_are_of_one_link(void **state)
{
    struct six t;
    char text[HP_IP_TEXT];
    ipv6_router(&t);
    struct hp_stack *s = t.node[0].s;
    int second = hp_link_find(s, "eth1");
    const struct addr *a = net_addr_first(s, link_get(s, second));
    while (!hp_ip_is_linklocal(&a->prefix.ip)) a = a->link_next;
    six_inject_hex(&t, PEER, hp_ip_text(&a->prefix.ip, text, sizeof text), IP_PROTO_UDP, 64, UDP);
    ipv6_taken(&t, 0);
    six_expect_drops(&t, 0, HP_DROP_NOT_FOR_US, 1);
    struct hp_ip local = six_local(&t, 0), peer = six_ip("fe80::9"), src;
    six_inject_hex(&t, PEER, hp_ip_text(&local, text, sizeof text), IP_PROTO_UDP, 64, UDP);
    ipv6_taken(&t, 1);
    assert_int_equal(ip_source(s, &peer, (uint16_t)second, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &a->prefix.ip));
    assert_int_equal(ip_source(s, &peer, t.node[0].l->index, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &local));
    struct hp_ip gone = a->prefix.ip, global = six_ip("2001:db8:2::1");
    assert_int_equal(hp_addr_remove(s, second, &gone), HP_OK);
    assert_int_equal(ip_source(s, &peer, (uint16_t)second, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &global));
    assert_int_equal(hp_addr_remove(s, second, &global), HP_OK);
    assert_int_equal(ip_source(s, &peer, (uint16_t)second, &src), HP_EADDRNOTAVAIL);   /* nothing of another link */
    six_end(&t);
}

static void test_what_is_not_forwarded(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    static const uint8_t big[1400];
    ipv6_router(&t);
    struct hp_ip odd = six_ip("fe80::99");
    hp_neigh_set(t.node[0].s, t.node[0].l->index, &odd, &(struct hp_mac){{2, 0, 0, 0, 0, 0x99}});
    six_inject_hex(&t, PEER, "2001:db8:2::2", IP_PROTO_UDP, 1, UDP);
    const uint8_t *p = six_expect_icmp(&t, ICMP6_TIME_EXCEEDED, &h, &n);
    assert_int_equal(p[1], ICMP6_TIME_HOPS);
    six_inject(&t, PEER, "2001:db8:2::2", IP_PROTO_UDP, 64, big, sizeof big);
    p = six_expect_icmp(&t, ICMP6_TOO_BIG, &h, &n);
    assert_int_equal(get32(p + 4), 1280);
    assert_int_equal(n, 1240);                              /* as much as fits the least MTU */
    six_inject_hex(&t, "fe80::99", "2001:db8:2::2", IP_PROTO_UDP, 64, UDP);
    p = six_expect_icmp(&t, ICMP6_UNREACHABLE, &h, &n);
    assert_int_equal(p[1], ICMP6_UNREACH_SCOPE);
    six_inject_hex(&t, PEER, "fe80::5555", IP_PROTO_UDP, 64, UDP);
    six_inject_hex(&t, "::", "2001:db8:2::2", IP_PROTO_UDP, 64, UDP);
    six_run(&t, HP_S(2));
    six_inject_hex(&t, PEER, "2001:db8:3::2", IP_PROTO_UDP, 64, UDP);
    p = six_expect_icmp(&t, ICMP6_UNREACHABLE, &h, &n);
    assert_int_equal(p[1], ICMP6_UNREACH_ROUTE);
    six_inject_hex(&t, PEER, "2001:db8:2::2", IP_PROTO_HOPOPTS, 64, "1100 be04 00000000" UDP);
    six_expect_icmp(&t, ICMP6_PARAM_PROBLEM, &h, &n);
    assert_null(tap_take(&ipv6_tap2));
    assert_int_equal(hp_counter(t.node[0].s, "net.forwarded"), 0);
    six_end(&t);
}

static void test_host_does_not_forward(void **state)
{
    struct six t;
    ipv6_begin(&t);
    six_inject_hex(&t, PEER, "2001:db8:2::2", IP_PROTO_UDP, 64, UDP);
    six_expect_drops(&t, 0, HP_DROP_NOT_FORWARDING, 1);
    six_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_V02_lengths),
        cmocka_unit_test(test_martians),
        cmocka_unit_test(test_I04_land_and_our_own_address),
        cmocka_unit_test(test_V01_routing_header),
        cmocka_unit_test(test_V06_rpl_source_route),
        cmocka_unit_test(test_V04_extension_header_lengths),
        cmocka_unit_test(test_V05_chains),
        cmocka_unit_test(test_unknown_options_do_as_their_bits_say),
        cmocka_unit_test(test_unknown_next_header),
        cmocka_unit_test(test_fragments_in_any_order),
        cmocka_unit_test(test_V10_overlap_discards_all),
        cmocka_unit_test(test_V10_atomic_fragment_is_processed_alone),
        cmocka_unit_test(test_V07_reassembled_length_does_not_wrap),
        cmocka_unit_test(test_V08_fragment_within_a_fragment),
        cmocka_unit_test(test_I16_fragments_that_cannot_be),
        cmocka_unit_test(test_I23_timeout_is_told_if_the_first_fragment_came),
        cmocka_unit_test(test_large_packets_between_two),
        cmocka_unit_test(test_V20_flow_labels_are_keyed),
        cmocka_unit_test(test_group_is_heard_here_too),
        cmocka_unit_test(test_forwarding),
        cmocka_unit_test(test_link_local_addresses_are_of_one_link),
        cmocka_unit_test(test_what_is_not_forwarded),
        cmocka_unit_test(test_host_does_not_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
