/* Neighbour discovery both ways, and its options. */
#include "wire/nd.h"

#include "support/golden.h"

/* Message and options written again give the same bytes (the checksum is copied). */
static void round_trip(const char *name)
{
    struct hp_bytes in = golden_from(name, 54);
    struct nd_msg m;
    uint8_t out[512];
    assert_int_equal(nd_parse(in, &m), ND_OK);
    size_t fixed = nd_write(out, sizeof out, &m);
    struct writer w = writer_of(out + fixed, sizeof out - fixed);
    struct nd_opts o = nd_opts_start(&m);
    struct nd_opt opt;
    while (nd_opts_next(&o, &opt)) nd_opt_write(&w, &opt);
    assert_int_equal(o.skipped, 0);
    assert_bytes_equal(bytes_of(out, fixed + writer_used(&w)), in);
    for (size_t n = 0; n < fixed; n++) assert_int_equal(nd_write(out, n, &m), 0);
}

static void test_both_ways(void **state)
{
    round_trip("router_solicitation");
    round_trip("neighbor_solicitation");
    round_trip("neighbor_advertisement");
}

static void same(const struct nd_opt *a, const struct nd_opt *b)
{
    assert_true(a->type == b->type && hp_mac_equal(&a->mac, &b->mac) && hp_ip_equal(&a->prefix.ip, &b->prefix.ip));
    assert_true(a->prefix.len == b->prefix.len && a->on_link == b->on_link && a->autonomous == b->autonomous);
    assert_true(a->valid_s == b->valid_s && a->preferred_s == b->preferred_s && a->mtu == b->mtu && a->count == b->count);
    if (a->type != ND_OPT_ROUTE) assert_bytes_equal(a->data, b->data);
}

/* radvd spends 24 bytes on a route that fits into 16. */
static void test_options_both_ways(void **state)
{
    struct nd_msg m;
    uint8_t out[512];
    assert_int_equal(nd_parse(golden_from("router_advertisement", 54), &m), ND_OK);
    struct writer w = writer_of(out + nd_write(out, sizeof out, &m), 400);
    struct nd_opts o = nd_opts_start(&m), p;
    struct nd_opt a, b;
    while (nd_opts_next(&o, &a)) nd_opt_write(&w, &a);
    assert_false(w.full);
    assert_int_equal(nd_parse(bytes_of(out, 16 + writer_used(&w)), &m), ND_OK);
    assert_int_equal(nd_parse(golden_from("router_advertisement", 54), &m), ND_OK);
    o = nd_opts_start(&m);
    p = (struct nd_opts){bytes_of(out + 16, writer_used(&w)), 0};
    while (nd_opts_next(&o, &a)) {
        assert_true(nd_opts_next(&p, &b));
        same(&a, &b);
    }
    assert_false(nd_opts_next(&p, &b));
    assert_int_equal(writer_used(&w), o.left.p - m.opts.p - 8);
}

static void test_advertisement_fields(void **state)
{
    struct nd_msg m;
    struct nd_opt opt;
    struct hp_ip server;
    struct hp_mac mac = {{2, 0, 0, 0, 0, 0xb}};
    assert_int_equal(nd_parse(golden_from("router_advertisement", 54), &m), ND_OK);
    assert_true(m.lifetime_s == 12 && m.hops == 64 && !m.managed && m.has_mac && hp_mac_equal(&m.mac, &mac));
    struct nd_opts o = nd_opts_start(&m);
    char buf[HP_PREFIX_TEXT];
    unsigned seen = 0;
    while (nd_opts_next(&o, &opt)) {
        seen |= 1u << opt.type;
        if (opt.type == ND_OPT_PREFIX) assert_string_equal(hp_prefix_text(&opt.prefix, buf, sizeof buf), "2001:db8:5::/64");
        if (opt.type == ND_OPT_PREFIX) assert_true(opt.on_link && opt.autonomous && opt.valid_s == 86400);
        if (opt.type == ND_OPT_ROUTE) assert_string_equal(hp_prefix_text(&opt.prefix, buf, sizeof buf), "2001:db8:7::/48");
        if (opt.type == ND_OPT_MTU) assert_int_equal(opt.mtu, 1400);
        if (opt.type != ND_OPT_RDNSS) continue;
        assert_int_equal(opt.count, 2);
        server = nd_opt_rdnss(&opt, 1);
        assert_string_equal(hp_ip_text(&server, buf, sizeof buf), "2001:db8::54");
    }
    assert_int_equal(seen, 1u << 1 | 1u << 3 | 1u << 5 | 1u << 24 | 1u << 25 | 1u << 31);
}

static void test_neighbor_fields(void **state)
{
    struct nd_msg m;
    char buf[HP_IP_TEXT];
    assert_int_equal(nd_parse(golden_from("neighbor_advertisement", 54), &m), ND_OK);
    assert_true(m.solicited && m.override && !m.router && m.has_mac);
    assert_string_equal(hp_ip_text(&m.target, buf, sizeof buf), "2001:db8::2");
    assert_int_equal(nd_parse(golden_from("neighbor_solicitation", 54), &m), ND_OK);
    assert_true(m.has_mac && m.mac.b[5] == 0x0a);
}

static void test_redirect(void **state)
{
    struct nd_msg m = {.type = ICMP6_REDIRECT}, back;
    uint8_t out[256];
    assert_true(hp_ip_parse("fe80::1", &m.target) && hp_ip_parse("2001:db8::9", &m.dst));
    assert_int_equal(nd_write(out, sizeof out, &m), 40);
    struct writer w = writer_of(out + 40, sizeof out - 40);
    struct nd_opt mac = {.type = ND_OPT_TARGET_MAC, .mac = {{1, 2, 3, 4, 5, 6}}};
    struct nd_opt quote = {.type = ND_OPT_REDIRECTED, .data = bytes_of("0123456789abcdef", 16)}, opt;
    nd_opt_write(&w, &mac);
    nd_opt_write(&w, &quote);
    assert_int_equal(nd_parse(bytes_of(out, 40 + writer_used(&w)), &back), ND_OK);
    assert_true(hp_ip_equal(&back.target, &m.target) && hp_ip_equal(&back.dst, &m.dst) && back.has_mac && back.mac.b[0] == 1);
    struct nd_opts o = nd_opts_start(&back);
    assert_true(nd_opts_next(&o, &opt) && nd_opts_next(&o, &opt));
    assert_bytes_equal(opt.data, quote.data);
}

/* A router advertisement with these options. */
static enum nd_result advert(const char *hex, struct nd_msg *m)
{
    static uint8_t b[600];
    struct hp_bytes options = unhex(hex);
    memset(b, 0, 16);
    b[0] = ICMP6_RA;
    memcpy(b + 16, options.p, options.n);
    return nd_parse(bytes_of(b, 16 + options.n), m);
}

/* How many options of type `type` come out of these, and how many are left out as wrong. */
static unsigned count(const char *hex, uint8_t type, unsigned *skipped)
{
    struct nd_msg m;
    struct nd_opt opt;
    assert_int_equal(advert(hex, &m), ND_OK);
    struct nd_opts o = nd_opts_start(&m);
    unsigned n = 0;
    while (nd_opts_next(&o, &opt)) n += opt.type == type;
    *skipped = o.skipped;
    return n;
}

static void test_V13_option_length_zero_or_past_the_end(void **state)
{
    struct nd_msg m;
    assert_int_equal(advert("", &m), ND_OK);
    assert_int_equal(advert("0500000000000578", &m), ND_OPTION);
    assert_int_equal(advert("0501000000000578 0000", &m), ND_OPTION);
    assert_int_equal(advert("0502000000000578", &m), ND_OPTION);
    assert_int_equal(advert("0501000000000578 0100000000000000", &m), ND_OPTION);
    assert_int_equal(advert("05", &m), ND_OPTION);
    assert_int_equal(advert("ffff", &m), ND_OPTION);
    assert_int_equal(advert("0501000000000578", &m), ND_OK);
}

#define SIXTEEN "20010db8000000000000000000000053"
static void test_V12_rdnss_lengths(void **state)
{
    unsigned skipped;
    assert_int_equal(count("1903 0000 00000e10" SIXTEEN, ND_OPT_RDNSS, &skipped), 1);
    assert_int_equal(skipped, 0);
    assert_int_equal(count("1904 0000 00000e10" SIXTEEN "0000000000000000", ND_OPT_RDNSS, &skipped), 0);   /* even */
    assert_int_equal(skipped, 1);
    assert_int_equal(count("1901 0000 00000e10", ND_OPT_RDNSS, &skipped), 0);                               /* below 3 */
    assert_int_equal(skipped, 1);
    assert_int_equal(count("1902 0000 00000e10 0000000000000000", ND_OPT_RDNSS, &skipped), 0);
    assert_int_equal(skipped, 1);
    assert_int_equal(count("1905 0000 00000e10" SIXTEEN SIXTEEN, ND_OPT_RDNSS, &skipped), 1);
}

static void test_known_options_of_wrong_length(void **state)
{
    unsigned skipped;
    assert_int_equal(count("0502000000000578 0000000000000000", ND_OPT_MTU, &skipped), 0);
    assert_int_equal(skipped, 1);
    assert_int_equal(count("0301400000000000", ND_OPT_PREFIX, &skipped), 0);
    assert_int_equal(count("0304 81c0 00000000 00000000 00000000" SIXTEEN, ND_OPT_PREFIX, &skipped), 0);   /* /129 */
    assert_int_equal(count("0304 80c0 00000000 00000000 00000000" SIXTEEN, ND_OPT_PREFIX, &skipped), 1);
    assert_int_equal(count("1801 4000 00000000", ND_OPT_ROUTE, &skipped), 0);       /* a /64 in no bytes */
    assert_int_equal(count("1801 0000 00000000", ND_OPT_ROUTE, &skipped), 1);       /* the default route */
    assert_int_equal(count("1802 4000 00000000 20010db800000000", ND_OPT_ROUTE, &skipped), 1);
    assert_int_equal(count("1802 4010 00000000 20010db800000000", ND_OPT_ROUTE, &skipped), 0);  /* reserved preference */
    assert_int_equal(count("6301ffffffffffff", 0x63, &skipped), 1);                 /* unknown: kept */
}

static void test_prefix_bits_beyond_the_length_are_zero(void **state)
{
    struct nd_msg m;
    struct nd_opt opt;
    for (unsigned len = 0; len <= 128; len++) {
        char hex[80];
        snprintf(hex, sizeof hex, "0304%02xc0000000000000000000000000ffffffffffffffffffffffffffffffff", len);
        assert_int_equal(advert(hex, &m), ND_OK);
        struct nd_opts o = nd_opts_start(&m);
        assert_true(nd_opts_next(&o, &opt));
        for (unsigned i = 0; i < 128; i++) assert_int_equal(opt.prefix.ip.b[i / 8] >> (7 - i % 8) & 1, i < len);
    }
}

static void test_V14_code_and_target(void **state)
{
    uint8_t b[24] = {ICMP6_NS};
    struct nd_msg m;
    assert_int_equal(nd_parse(bytes_of(b, 24), &m), ND_OK);
    b[1] = 1;
    assert_int_equal(nd_parse(bytes_of(b, 24), &m), ND_CODE);
    b[1] = 0;
    b[8] = 0xff;
    assert_int_equal(nd_parse(bytes_of(b, 24), &m), ND_TARGET);
    b[0] = ICMP6_ECHO;
    assert_int_equal(nd_parse(bytes_of(b, 24), &m), ND_TYPE);
}

static void cut(struct hp_bytes in)
{
    struct nd_msg m;
    struct nd_opt opt;
    if (nd_parse(in, &m) != ND_OK) return;
    struct nd_opts o = nd_opts_start(&m);
    while (nd_opts_next(&o, &opt)) assert_true(opt.data.p >= in.p && opt.data.p + opt.data.n <= in.p + in.n);
    assert_int_equal(o.left.n, 0);
}

static void test_every_truncation(void **state)
{
    each_cut(golden_from("router_advertisement", 54), cut);
    each_cut(golden_from("neighbor_advertisement", 54), cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_options_both_ways),
        cmocka_unit_test(test_advertisement_fields),
        cmocka_unit_test(test_neighbor_fields),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_V13_option_length_zero_or_past_the_end),
        cmocka_unit_test(test_V12_rdnss_lengths),
        cmocka_unit_test(test_known_options_of_wrong_length),
        cmocka_unit_test(test_prefix_bits_beyond_the_length_are_zero),
        cmocka_unit_test(test_V14_code_and_target),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
