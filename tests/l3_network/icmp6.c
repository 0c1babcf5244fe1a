/* ICMPv6: echo, errors that come, errors that go; node a alone has 2001:db8::1/64 and a neighbour 2001:db8::2. */
#include "support/six.h"

#include "wire/sum.h"

static const char ME[] = "2001:db8::1", PEER[] = "2001:db8::2";
#define ECHO "8000 0000 1234 0001 6162636465666768"

static void icmp6_begin(struct six *t)
{
    six_begin(t, 1);
    six_run(t, HP_S(3));
    six_give(t, 0, "2001:db8::1/64");
    struct hp_ip peer = six_ip(PEER);
    assert_int_equal(hp_neigh_set(t->node[0].s, t->node[0].l->index, &peer, &(struct hp_mac){{2, 0, 0, 0, 0, 0x99}}), HP_OK);
    six_run(t, HP_S(3));
    tap_clear(t->hub.tap[0]);
}

static void test_echo(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    icmp6_begin(&t);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ICMPV6, 64, ECHO);
    const uint8_t *p = six_expect_icmp(&t, ICMP6_ECHO_REPLY, &h, &n);
    struct hp_ip me = six_ip(ME);
    assert_true(hp_ip_equal(&h.src, &me));
    assert_bytes(p, n, "8100.... 1234 0001 6162636465666768");
    assert_int_equal(h.hops, 64);
    assert_int_equal(hp_setting_set(t.node[0].s, "icmp6.echo", 0), HP_OK);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ICMPV6, 64, ECHO);
    six_expect_no_icmp(&t, ICMP6_ECHO_REPLY);
    six_end(&t);
}

static void test_C04_echo_to_a_group(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    icmp6_begin(&t);
    six_inject_hex(&t, PEER, "ff02::1", IP_PROTO_ICMPV6, 64, ECHO);
    six_expect_no_icmp(&t, ICMP6_ECHO_REPLY);
    six_expect_drops(&t, 0, HP_DROP_FILTERED, 1);
    assert_int_equal(hp_setting_set(t.node[0].s, "icmp6.echo_multicast", 1), HP_OK);
    six_inject_hex(&t, PEER, "ff02::1", IP_PROTO_ICMPV6, 64, ECHO);
    six_expect_icmp(&t, ICMP6_ECHO_REPLY, &h, &n);
    struct hp_ip me = six_ip(ME);
    assert_true(hp_ip_equal(&h.src, &me));
    six_end(&t);
}

/* Shorter than a message, a wrong checksum, types that nobody knows. */
static void test_C02_messages_that_cannot_be(void **state)
{
    struct six t;
    icmp6_begin(&t);
    for (size_t n = 1; n < 8; n++) six_inject(&t, PEER, ME, IP_PROTO_ICMPV6, 64, "\x80\0\0\0\x12\x34\0", n);
    six_expect_drops(&t, 0, HP_DROP_ICMP_BAD, 7);
    uint8_t b[70];
    size_t n;
    mac_put(b, &t.node[0].l->mac);
    put16(b + 12, ETHERTYPE_IPV6);
    struct ipv6_hdr h = {.next = IP_PROTO_ICMPV6, .hops = 64, .len = 16, .src = six_ip(PEER), .dst = six_ip(ME)};
    ipv6_write(b + 14, IPV6_HEADER, &h);
    n = 54 + hex_bytes("8000 dead 1234 0001 6162636465666768", b + 54, 16);
    tap_inject(t.hub.tap[0], b, n);
    six_run(&t, 0);
    six_expect_drops(&t, 0, HP_DROP_CHECKSUM, 1);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ICMPV6, 64, "c800 0000 00000000");
    six_inject_hex(&t, PEER, ME, IP_PROTO_ICMPV6, 64, "6400 0000 00000000");
    six_expect_drops(&t, 0, HP_DROP_ICMP_UNKNOWN, 2);
    six_inject_hex(&t, PEER, ME, IP_PROTO_ICMPV6, 64, "8100 0000 1234 0001");  /* a reply that the tap takes */
    assert_int_equal(t.node[0].replies, 1);
    struct ipv6_hdr any;
    assert_null(six_take_icmp(&t, &any, &n));
    six_end(&t);
}

/* Errors about more than one fragment's worth (V11), and an echo of 64 KiB through reassembly. */
static void test_V11_fragmented_echo(void **state)
{
    struct six t;
    static uint8_t b[8 + 1448];
    static uint8_t whole[65000];
    icmp6_begin(&t);
    hp_setting_set(t.node[0].s, "neigh.held_max", 1000);
    hex_bytes("8000 0000 1234 0001", whole, 8);
    for (size_t off = 0; off < sizeof whole; off += 1448) {
        size_t n = sizeof whole - off < 1448 ? sizeof whole - off : 1448;
        struct ipv6_frag f = {.next = IP_PROTO_ICMPV6, .mf = off + n < sizeof whole, .off = (uint16_t)off, .id = 9};
        ipv6_frag_write(b, 8, &f);
        memcpy(b + 8, whole + off, n);
        six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, b, 8 + n);
    }
    assert_int_equal(hp_counter(t.node[0].s, "net.reasm_oks"), 1);
    six_expect_drops(&t, 0, HP_DROP_CHECKSUM, 1);               /* it had none; but it was whole */
    six_end(&t);
}

/* Every header comes in pieces of 8 bytes: what is read was pulled together before. */
static void test_C18_headers_split_over_fragments(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    uint8_t whole[16], b[16];
    icmp6_begin(&t);
    struct hp_ip me = six_ip(ME), peer = six_ip(PEER);
    hex_bytes(ECHO, whole, sizeof whole);
    put16(whole + 2, sum_fold(sum_add(sum_pseudo(&peer, &me, IP_PROTO_ICMPV6, sizeof whole), whole, sizeof whole)));
    for (int off = 8; off >= 0; off -= 8) { /* the last piece first */
        struct ipv6_frag f = {.next = IP_PROTO_ICMPV6, .mf = off == 0, .off = (uint16_t)off, .id = 9};
        ipv6_frag_write(b, 8, &f);
        memcpy(b + 8, whole + off, 8);
        six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 64, b, 16);
    }
    const uint8_t *p = six_expect_icmp(&t, ICMP6_ECHO_REPLY, &h, &n);
    assert_bytes(p, n, "8100.... 1234 0001 6162636465666768");
    struct ipv6_frag one = {.next = IP_PROTO_ICMPV6, .mf = true, .id = 10}, two = {.next = IP_PROTO_ICMPV6, .off = 8, .id = 10};
    uint8_t query[32] = {130, 0}; /* an MLD query (RFC 3810 5.1): its group in the second and third piece */
    uint8_t rest[24];
    ipv6_frag_write(b, 8, &one);
    memcpy(b + 8, query, 8);
    six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 1, b, 16);
    ipv6_frag_write(rest, 8, &two);
    memcpy(rest + 8, query + 8, 16);
    six_inject(&t, PEER, ME, IP_PROTO_FRAGMENT, 1, rest, sizeof rest);
    six_expect_no_icmp(&t, ICMP6_MLD2_REPORT);
    six_end(&t);
}

/* ---- errors that come ---- */

/* An error about an echo request that `src` sent. */
static void icmp6_error_about(struct six *t, const char *head, const char *src)
{
    uint8_t b[128];
    size_t n = hex_bytes(head, b, 8);
    struct ipv6_hdr h = {.next = IP_PROTO_ICMPV6, .hops = 60, .len = 16, .src = six_ip(src), .dst = six_ip("2001:db8:7::7")};
    n += ipv6_write(b + n, 40, &h);
    n += hex_bytes("8000 1111 004d 0001 6162636465666768", b + n, 16);
    six_inject(t, PEER, ME, IP_PROTO_ICMPV6, 64, b, n);
}

static void test_errors_reach_who_sent_the_packet(void **state)
{
    static const struct { const char *head; int err; bool hard; } cases[] = {
        {"0100 0000 00000000", HP_ENETUNREACH, false}, {"0103 0000 00000000", HP_EHOSTUNREACH, false},
        {"0101 0000 00000000", HP_EACCES, true}, {"0104 0000 00000000", HP_ECONNREFUSED, true},
        {"0300 0000 00000000", HP_EHOSTUNREACH, false}, {"0401 0000 00000006", HP_EPROTO, true},
        {"0200 0000 00000578", HP_EMSGSIZE, false},
    };
    struct six t;
    icmp6_begin(&t);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        icmp6_error_about(&t, cases[i].head, ME);
        assert_int_equal(t.node[0].errors, i + 1);
        if (t.node[0].error.err != cases[i].err || t.node[0].error.hard != cases[i].hard)
            fail_msg("%s: expected %d %d, came %d %d", cases[i].head, cases[i].err, cases[i].hard, t.node[0].error.err,
                     t.node[0].error.hard);
    }
    assert_int_equal(t.node[0].error.mtu, 1400);
    six_inject_hex(&t, PEER, "ff02::1", IP_PROTO_ICMPV6, 64, "0100 0000 00000000");    /* nobody's answer to a group */
    six_expect_drops(&t, 0, HP_DROP_ICMP_BAD, 1);
    icmp6_error_about(&t, "0100 0000 00000000", "2001:db8::77");        /* never sent from here */
    six_expect_drops(&t, 0, HP_DROP_ICMP_QUOTE, 1);
    assert_int_equal(t.node[0].errors, 7);
    six_end(&t);
}

static void test_V16_path_mtu_has_a_floor(void **state)
{
    struct six t;
    icmp6_begin(&t);
    struct hp_ip far = six_ip("2001:db8:7::7");
    struct hp_route r = {.gateway = six_ip(PEER), .link = t.node[0].l->index};
    assert_int_equal(hp_route_add(t.node[0].s, &r), HP_OK);
    static const char *const low[] = {"0200 0000 00000000", "0200 0000 0000003d", "0200 0000 000004ff"};
    for (int i = 0; i < 3; i++) icmp6_error_about(&t, low[i], ME);
    assert_int_equal(hp_path_mtu(t.node[0].s, &far), 1500);
    six_expect_drops(&t, 0, HP_DROP_ICMP_BAD, 3);
    icmp6_error_about(&t, "0200 0000 00000514", ME);
    assert_int_equal(hp_path_mtu(t.node[0].s, &far), 1300);
    icmp6_error_about(&t, "0200 0000 00000578", ME);                    /* only downwards */
    assert_int_equal(hp_path_mtu(t.node[0].s, &far), 1300);
    tap_clear(t.hub.tap[0]);
    six_ping(&t, 0, &far, 1400);
    six_run(&t, 0);
    for (const struct tap_frame *f; (f = tap_take(t.hub.tap[0]));) assert_true(f->n <= 14 + 1300);
    six_end(&t);
}

/* Every truncation of an error, and of what it quotes. */
static void test_errors_cut_anywhere(void **state)
{
    struct six t;
    uint8_t b[128];
    icmp6_begin(&t);
    size_t n = hex_bytes("0104 0000 00000000", b, 8);
    struct ipv6_hdr h = {.next = IP_PROTO_DSTOPTS, .hops = 60, .len = 24, .src = six_ip(ME), .dst = six_ip("2001:db8:7::7")};
    n += ipv6_write(b + n, 40, &h);
    n += hex_bytes("3a00 0104 00000000 8000 1111 004d 0001 6162636465666768", b + n, 24);
    for (size_t cut = 0; cut <= n; cut++) six_inject(&t, PEER, ME, IP_PROTO_ICMPV6, 64, b, cut);
    assert_int_equal(t.node[0].errors, 9);                              /* those with the quoted message's 8 bytes and more */
    six_end(&t);
}

/* ---- errors that go ---- */

static void test_C13_errors_that_are_never_sent(void **state)
{
    struct six t;
    icmp6_begin(&t);
    icmp6_error_about(&t, "0100 0000 00000000", ME);                    /* about an error: ... */
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "3a00 be04 00000000 0100 0000 00000000 00000000");
    six_inject_hex(&t, PEER, ME, IP_PROTO_DSTOPTS, 64, "3a00 be04 00000000 8900 0000 00000000 00000000"); /* a redirect */
    six_inject_hex(&t, "::", ME, 253, 64, "00000000");                  /* to nobody */
    six_inject_hex(&t, PEER, "ff02::1", 253, 64, "00000000");           /* about a group */
    struct ipv6_hdr h;
    size_t n;
    assert_null(six_take_icmp(&t, &h, &n));
    six_inject_hex(&t, PEER, ME, 253, 64, "00000000");
    six_expect_icmp(&t, ICMP6_PARAM_PROBLEM, &h, &n);
    assert_int_equal(n, 8 + 44);
    six_end(&t);
}

static void test_errors_are_limited(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    unsigned sent = 0;
    icmp6_begin(&t);
    for (int i = 0; i < 1000; i++) six_inject_hex(&t, PEER, ME, 253, 64, "00000000");
    while (six_take_icmp(&t, &h, &n)) sent++;
    assert_in_range(sent, 1, 20);
    six_run(&t, HP_S(1));
    six_inject_hex(&t, PEER, ME, 253, 64, "00000000");
    six_expect_icmp(&t, ICMP6_PARAM_PROBLEM, &h, &n);
    six_end(&t);
}

/* RFC 4443 2.4 c: what is quoted fits the least MTU, whatever the link's (L24, C12). */
static void test_C12_quote_is_bounded(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    static uint8_t b[1400];
    icmp6_begin(&t);
    six_inject(&t, PEER, ME, 253, 64, b, sizeof b);
    six_expect_icmp(&t, ICMP6_PARAM_PROBLEM, &h, &n);
    assert_int_equal(n, 1240);
    six_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_C04_echo_to_a_group),
        cmocka_unit_test(test_C02_messages_that_cannot_be),
        cmocka_unit_test(test_V11_fragmented_echo),
        cmocka_unit_test(test_C18_headers_split_over_fragments),
        cmocka_unit_test(test_errors_reach_who_sent_the_packet),
        cmocka_unit_test(test_V16_path_mtu_has_a_floor),
        cmocka_unit_test(test_errors_cut_anywhere),
        cmocka_unit_test(test_C13_errors_that_are_never_sent),
        cmocka_unit_test(test_errors_are_limited),
        cmocka_unit_test(test_C12_quote_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
