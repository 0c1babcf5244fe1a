/* IPv6 headers, extension headers and options. */
#include "wire/ipv6.h"

#include "support/golden.h"

static void test_both_ways(void **state)
{
    struct hp_bytes in = golden_from("echo6_request", 14);
    struct ipv6_hdr h;
    uint8_t out[IPV6_HEADER];
    assert_int_equal(ipv6_parse(in, &h), IPV6_OK);
    assert_true(h.next == IP_PROTO_ICMPV6 && h.hops == 64 && h.len == 64 && h.tclass == 0);
    assert_int_equal(ipv6_write(out, sizeof out, &h), IPV6_HEADER);
    assert_bytes_equal(bytes_of(out, IPV6_HEADER), bytes_upto(in, IPV6_HEADER));
    assert_int_equal(ipv6_write(out, IPV6_HEADER - 1, &h), 0);
    struct ipv6_hdr odd = {.tclass = 0xa5, .flow = 0xfedcb, .next = 59, .hops = 1}, back;
    ipv6_write(out, sizeof out, &odd);
    assert_int_equal(ipv6_parse(bytes_of(out, IPV6_HEADER), &back), IPV6_OK);
    assert_true(back.tclass == 0xa5 && back.flow == 0xfedcb && back.next == 59);
}

static void test_V02_payload_length(void **state)
{
    uint8_t b[60] = {0x60};
    struct ipv6_hdr h;
    b[6] = IP_PROTO_TCP;
    for (unsigned len = 0; len <= 65535; len++) {
        put16(b + 4, len);
        enum ipv6_result want = len == 0 ? IPV6_EMPTY : len > 20 ? IPV6_LENGTH : IPV6_OK;
        assert_int_equal(ipv6_parse(bytes_of(b, sizeof b), &h), want);
    }
    put16(b + 4, 0);
    b[6] = IP_PROTO_HOPOPTS;                            /* where a jumbogram would say so */
    assert_int_equal(ipv6_parse(bytes_of(b, sizeof b), &h), IPV6_EMPTY);
    b[6] = IP_PROTO_NONE;
    assert_int_equal(ipv6_parse(bytes_of(b, sizeof b), &h), IPV6_OK);
    for (unsigned v = 0; v < 16; v++) {
        b[0] = (uint8_t)(v << 4);
        assert_int_equal(ipv6_parse(bytes_of(b, sizeof b), &h), v == 6 ? IPV6_OK : IPV6_VERSION);
    }
    for (size_t n = 0; n < IPV6_HEADER; n++) assert_int_equal(ipv6_parse(bytes_of(b, n), &h), IPV6_SHORT);
}

/* How the walk over these extension headers, the first of type `next`, ends; how many in *count. */
static enum ipv6_walk_state walk(uint8_t next, struct hp_bytes ext, unsigned *count)
{
    uint8_t *b = calloc(1, 40 + ext.n);
    if (ext.n) memcpy(b + 40, ext.p, ext.n);
    struct ipv6_hdr h = {.next = next, .len = (uint16_t)ext.n};
    struct ipv6_walk w = ipv6_walk_start(bytes_of(b, 40 + ext.n), &h);
    struct ipv6_ext e;
    *count = 0;
    while (ipv6_walk_next(&w, &e)) {
        assert_true(e.all.p == b + e.at && e.all.n % 4 == 0 && e.at + e.all.n <= 40 + ext.n);
        ++*count;
    }
    assert_true(w.state != IPV6_WALK_ON && w.left.p + w.left.n == b + 40 + ext.n);
    free(b);
    return w.state;
}

static void test_walk(void **state)
{
    unsigned n;
    assert_int_equal(walk(IP_PROTO_TCP, unhex("0102"), &n), IPV6_WALK_UPPER);
    assert_int_equal(n, 0);
    assert_int_equal(walk(IP_PROTO_HOPOPTS, unhex("3c00 050200000100  0600 010400000000 aabb"), &n), IPV6_WALK_UPPER);
    assert_int_equal(n, 2);
    assert_int_equal(walk(IP_PROTO_FRAGMENT, unhex("1100 0001 00000001 aabb"), &n), IPV6_WALK_UPPER);
    assert_int_equal(walk(IP_PROTO_FRAGMENT, unhex("1100 0008 00000001 aabb"), &n), IPV6_WALK_LATER_FRAGMENT);
    assert_int_equal(n, 1);
    assert_int_equal(walk(IP_PROTO_AH, unhex("0604 0000 00000001 00000001 00000000 00000000 00000000 aabb"), &n), IPV6_WALK_UPPER);
    assert_int_equal(walk(IP_PROTO_NONE, unhex("aa"), &n), IPV6_WALK_UPPER);
}

static void test_V04_header_lengths(void **state)
{
    unsigned n;
    uint8_t b[3000] = {IP_PROTO_UDP};
    for (unsigned len = 0; len < 256; len++) {
        b[1] = (uint8_t)len;
        size_t need = (len + 1) * 8;
        enum ipv6_walk_state whole = need <= IPV6_EXT_BYTES_MAX ? IPV6_WALK_UPPER : IPV6_WALK_LIMIT;
        assert_int_equal(walk(IP_PROTO_DSTOPTS, bytes_of(b, need), &n), whole);
        assert_int_equal(walk(IP_PROTO_DSTOPTS, bytes_of(b, need - 1), &n), IPV6_WALK_SHORT);
        assert_int_equal(n, 0);
    }
    for (size_t cut = 0; cut < 8; cut++) assert_int_equal(walk(IP_PROTO_FRAGMENT, bytes_of(b, cut), &n), IPV6_WALK_SHORT);
}

static void test_V05_many_or_misplaced_headers(void **state)
{
    unsigned n;
    uint8_t b[8 * 100] = {0};
    for (size_t i = 0; i < 100; i++) b[8 * i] = IP_PROTO_DSTOPTS;
    for (size_t i = 1; i <= 100; i++) {
        b[8 * (i - 1)] = IP_PROTO_UDP;
        enum ipv6_walk_state want = i <= IPV6_EXT_COUNT_MAX ? IPV6_WALK_UPPER : IPV6_WALK_LIMIT;
        assert_int_equal(walk(IP_PROTO_DSTOPTS, bytes_of(b, 8 * i), &n), want);
        assert_true(n <= IPV6_EXT_COUNT_MAX);
        b[8 * (i - 1)] = IP_PROTO_DSTOPTS;
    }
    assert_int_equal(walk(IP_PROTO_HOPOPTS, unhex("0000010400000000 0600010400000000"), &n), IPV6_WALK_ORDER);
    assert_int_equal(walk(IP_PROTO_DSTOPTS, unhex("0000010400000000 0600010400000000"), &n), IPV6_WALK_ORDER);
}

static void test_walk_points_at_the_field(void **state)
{
    struct ipv6_hdr h = {.next = IP_PROTO_DSTOPTS, .len = 16};
    uint8_t b[56] = {0};
    struct ipv6_ext e;
    b[40] = IP_PROTO_DSTOPTS;
    b[48] = 253;
    struct ipv6_walk w = ipv6_walk_start(bytes_of(b, sizeof b), &h);
    assert_int_equal(w.next_at, 6);
    assert_true(ipv6_walk_next(&w, &e));
    assert_true(w.next_at == 40 && e.at == 40);
    assert_true(ipv6_walk_next(&w, &e));
    assert_true(w.next_at == 48 && w.next == 253 && e.at == 48);
    assert_false(ipv6_walk_next(&w, &e));
}

/* Options that are not padding in a destination options header with this content; -1 if bad. */
static int count_options(const char *hex)
{
    struct hp_bytes all = unhex(hex);
    uint8_t *exact = malloc(all.n);
    memcpy(exact, all.p, all.n);
    struct ipv6_ext e = {IP_PROTO_DSTOPTS, 40, bytes_of(exact, all.n)};
    struct ipv6_opts o = ipv6_opts_start(&e);
    struct ipv6_opt opt;
    int count = 0;
    while (ipv6_opts_next(&o, &opt)) {
        assert_true(opt.data.p == exact + opt.at - 40 + 2);
        count++;
    }
    free(exact);
    return o.bad ? -1 : count;
}

static void test_options(void **state)
{
    assert_int_equal(count_options("3a00 0502 0000 0100"), 1);
    assert_int_equal(count_options("3a00 000000000000"), 0);
    assert_int_equal(count_options("3a00 010400000000"), 0);
    assert_int_equal(count_options("3a00 c200 c200 c200"), 3);
    assert_int_equal(count_options("3a00 0505 00000000"), -1);
    assert_int_equal(count_options("3a00 0000000000 05"), -1);
    assert_int_equal(count_options("3a00 01ff 00000000"), -1);
    assert_int_equal(ipv6_opt_unknown(0xc2), IPV6_UNKNOWN_TELL_UNICAST);
    assert_int_equal(ipv6_opt_unknown(0x3e), IPV6_UNKNOWN_SKIP);
}

static void test_fragment_header_both_ways(void **state)
{
    struct hp_bytes in = golden_from("last_fragment6", 14 + 40);
    struct ipv6_frag f;
    uint8_t out[8];
    assert_true(ipv6_frag_parse(in, &f));
    assert_true(f.off == 2896 && !f.mf && f.next == IP_PROTO_ICMPV6);
    assert_int_equal(ipv6_frag_write(out, sizeof out, &f), 8);
    assert_bytes_equal(bytes_of(out, 8), bytes_upto(in, 8));
    assert_int_equal(ipv6_frag_write(out, 7, &f), 0);
    assert_false(ipv6_frag_parse(bytes_upto(in, 7), &f));
}

static void test_V01_routing_header(void **state)
{
    struct ipv6_routing r;
    struct hp_bytes in = unhex("3b02 0001 00000000 20010db8000000000000000000000001");
    assert_true(ipv6_routing_parse(in, &r));
    assert_true(r.type == 0 && r.left == 1 && r.next == IP_PROTO_NONE && r.data.n == 20);
    for (size_t n = 0; n < in.n; n++) assert_false(ipv6_routing_parse(bytes_upto(in, n), &r));
}

static void cut(struct hp_bytes in)
{
    struct ipv6_hdr h;
    struct ip_quote q;
    if (ipv6_parse(in, &h) == IPV6_OK) assert_true(h.len + 40u <= in.n);
    if (ipv6_quote_parse(in, &q)) assert_true(q.transport.n == 0 || q.transport.p + q.transport.n == in.p + in.n);
}

static void test_every_truncation(void **state)
{
    each_cut(golden_from("echo6_request", 14), cut);
    each_cut(golden_from("mld2_report", 14), cut);
    each_cut(golden_from("last_fragment6", 14), cut);
}

static void test_quote(void **state)
{
    struct ip_quote q;
    assert_true(ipv6_quote_parse(golden_from("port_unreachable6", 14 + 40 + 8), &q));
    assert_true(q.proto == IP_PROTO_UDP && q.ports && q.to == 9999);
    assert_true(ipv6_quote_parse(golden_from("last_fragment6", 14), &q));
    assert_true(q.proto == IP_PROTO_ICMPV6 && q.transport.n == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_V02_payload_length),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_V04_header_lengths),
        cmocka_unit_test(test_V05_many_or_misplaced_headers),
        cmocka_unit_test(test_walk_points_at_the_field),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_fragment_header_both_ways),
        cmocka_unit_test(test_V01_routing_header),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
