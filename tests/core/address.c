/* Addresses and quantities from text, and what addresses are. */
#include "core/bytes.h"
#include "core/random.h"
#include "core/text.h"
#include "support/test.h"

static void test_addresses_round_trip_in_rfc_5952_form(void **state)
{
    static const struct { const char *in, *out; } cases[] = {
        {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"}, {"10.0.0.1", "10.0.0.1"},
        {"::", "::"}, {"::1", "::1"}, {"1::", "1::"}, {"0:0:0:0:0:0:0:0", "::"}, {"::ffff:1.2.3.4", "1.2.3.4"},
        {"::ffff:102:304", "1.2.3.4"}, {"::1.2.3.4", "::102:304"},
        /* RFC 5952 4.1: leading zeros; 4.2.1: shorten as far as possible; 4.2.2: not a single group; 4.2.3: the longest, else the first */
        {"2001:0db8::0001", "2001:db8::1"}, {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"}, {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
        {"2001:DB8::ABCD", "2001:db8::abcd"}, {"0:0:1::", "0:0:1::"}, {"1:0:0:0:0:0:0:0", "1::"}, {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"}, {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"}, {"fe80::1", "fe80::1"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"}, {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_ip ip;
        char text[HP_IP_TEXT];
        if (!hp_ip_parse(cases[i].in, &ip)) fail_msg("not parsed: %s", cases[i].in);
        if (strcmp(hp_ip_text(&ip, text, sizeof text), cases[i].out) != 0)
            fail_msg("%s: expected %s, came %s", cases[i].in, cases[i].out, text);
    }
}

static void test_what_is_no_address(void **state)
{
    static const char *const bad[] = {
        "", " ", ".", "1", "1.2.3", "1.2.3.4.5", "256.0.0.1", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "1.2.3.", "1..2.3", "1.2.3.0004",
        ":", ":::", "1:::2", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:", ":1",
        "12345::", "g::", "::1.2.3", "::1.2.3.256", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1%eth0", "::1/64", "[::1]", "1.2.3.4/8",
        "99999999999999999999.1.1.1", "-1.2.3.4",
    };
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct hp_ip ip, was;
        memset(&ip, 0x5e, sizeof ip);
        was = ip;
        if (hp_ip_parse(bad[i], &ip)) fail_msg("parsed: \"%s\"", bad[i]);
        assert_memory_equal(&ip, &was, sizeof ip);
    }
}

static void test_random_addresses_round_trip(void **state)
{
    struct random r;
    random_init(&r, 1, "address", "test");
    for (int i = 0; i < 20000; i++) {
        struct hp_ip ip, back;
        char text[HP_IP_TEXT];
        for (int k = 0; k < 16; k++) ip.b[k] = random_below(&r, 3) ? 0 : (uint8_t)random_next(&r);
        if (i % 10 == 0) ip = hp_ip4(ip.b[0], ip.b[1], ip.b[2], ip.b[3]);
        hp_ip_text(&ip, text, sizeof text);
        if (!hp_ip_parse(text, &back) || !hp_ip_equal(&ip, &back)) fail_msg("%s does not come back", text);
    }
}

static void test_prefixes(void **state)
{
    static const struct { const char *in, *out, *has, *has_not; } cases[] = {
        {"10.1.2.3/8", "10.1.2.3/8", "10.255.255.255", "11.0.0.0"}, {"0.0.0.0/0", "0.0.0.0/0", "1.2.3.4", "::1"},
        {"10.0.0.1", "10.0.0.1/32", "10.0.0.1", "10.0.0.0"}, {"2001:db8::/33", "2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
        {"::/0", "::/0", "1.2.3.4", NULL}, {"::1", "::1/128", "::1", "::2"}, {"192.168.0.128/25", "192.168.0.128/25", "192.168.0.255",
        "192.168.0.127"}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_prefix p;
        struct hp_ip ip;
        char text[HP_PREFIX_TEXT];
        assert_true(hp_prefix_parse(cases[i].in, &p));
        assert_string_equal(hp_prefix_text(&p, text, sizeof text), cases[i].out);
        assert_true(hp_ip_parse(cases[i].has, &ip) && hp_prefix_has(&p, &ip));
        if (cases[i].has_not) assert_true(hp_ip_parse(cases[i].has_not, &ip) && !hp_prefix_has(&p, &ip));
    }
    static const char *const bad[] = {"10.0.0.0/33", "::/129", "10.0.0.0/", "/8", "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0/8", ""};
    struct hp_prefix p;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hp_prefix_parse(bad[i], &p)) fail_msg("parsed: \"%s\"", bad[i]);
}

static void test_macs_and_endpoints(void **state)
{
    struct hp_mac mac;
    char text[HP_ENDPOINT_TEXT];
    assert_true(hp_mac_parse("02:00:5E:ff:0a:01", &mac));
    assert_string_equal(hp_mac_text(&mac, text, sizeof text), "02:00:5e:ff:0a:01");
    assert_true(hp_mac_parse("02-00-5e-ff-0a-01", &mac));
    static const char *const bad_macs[] = {"", "02:00:5e:ff:0a", "02:00:5e:ff:0a:01:02", "2:0:5e:ff:a:1", "02:00:5e:ff:0a:0g", "02005eff0a01"};
    for (unsigned i = 0; i < sizeof bad_macs / sizeof *bad_macs; i++) assert_false(hp_mac_parse(bad_macs[i], &mac));
    static const char *const good[] = {"10.0.0.1:80", "[::1]:80", "[fe80::1]:65535", "0.0.0.0:0"};
    struct hp_endpoint e;
    for (unsigned i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(hp_endpoint_parse(good[i], &e));
        assert_string_equal(hp_endpoint_text(&e, text, sizeof text), good[i]);
    }
    static const char *const bad[] = {"", "10.0.0.1", "10.0.0.1:", "10.0.0.1:65536", "[::1]", "[::1:80", "::1:80", "[::1]:80x", "10.0.0.1:-1"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hp_endpoint_parse(bad[i], &e)) fail_msg("parsed: \"%s\"", bad[i]);
}

static void test_kinds_of_addresses(void **state)
{
    static const struct { const char *ip; bool any, loop, group, local, all; } cases[] = {
        {"0.0.0.0", 1, 0, 0, 0, 0}, {"::", 1, 0, 0, 0, 0}, {"127.0.0.1", 0, 1, 0, 0, 0}, {"127.255.1.2", 0, 1, 0, 0, 0},
        {"::1", 0, 1, 0, 0, 0}, {"224.0.0.1", 0, 0, 1, 0, 0}, {"239.255.255.255", 0, 0, 1, 0, 0}, {"240.0.0.1", 0, 0, 0, 0, 0},
        {"ff02::1", 0, 0, 1, 0, 0}, {"fe80::1", 0, 0, 0, 1, 0}, {"febf::1", 0, 0, 0, 1, 0}, {"fec0::1", 0, 0, 0, 0, 0},
        {"169.254.1.1", 0, 0, 0, 1, 0}, {"255.255.255.255", 0, 0, 0, 0, 1}, {"10.0.0.1", 0, 0, 0, 0, 0}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_ip ip;
        assert_true(hp_ip_parse(cases[i].ip, &ip));
        bool right = hp_ip_is_any(&ip) == cases[i].any && hp_ip_is_loopback(&ip) == cases[i].loop &&
                     hp_ip_is_multicast(&ip) == cases[i].group && hp_ip_is_linklocal(&ip) == cases[i].local &&
                     hp_ip_is_broadcast(&ip) == cases[i].all;
        if (!right) fail_msg("%s", cases[i].ip);
    }
}

static void test_quantities(void **state)
{
    static const struct { const char *text; hp_time t; } spans[] = {
        {"10ms", HP_MS(10)}, {"1.5s", HP_MS(1500)}, {"200us", HP_US(200)}, {"3m", HP_S(180)}, {"1h", HP_S(3600)}, {"5ns", 5},
        {"0s", 0}, {"0.0000001s", 100}, {"2d", HP_S(172800)}, {"292d", HP_S(86400) * 292}};
    hp_time t = 7;
    for (unsigned i = 0; i < sizeof spans / sizeof *spans; i++) {
        if (!hp_span_parse(spans[i].text, &t) || t != spans[i].t) fail_msg("%s: %lld", spans[i].text, (long long)t);
    }
    static const char *const bad[] = {"", "10", "ms", "10 ms", "-1s", "1.s", ".5s", "1e9s", "99999999999999999999s", "9999999999999d", "1ss"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hp_span_parse(bad[i], &t)) fail_msg("parsed: \"%s\"", bad[i]);
    uint64_t v;
    assert_true(hp_size_parse("1500", &v) && v == 1500);
    assert_true(hp_size_parse("64k", &v) && v == 64000);
    assert_true(hp_size_parse("2MiB", &v) && v == 2 << 20);
    assert_true(hp_size_parse("1.5KiB", &v) && v == 1536);
    assert_false(hp_size_parse("2mb", &v));
    assert_true(hp_rate_parse("10Mbit/s", &v) && v == 10000000);
    assert_true(hp_rate_parse("1Gbit/s", &v) && v == 1000000000);
    assert_true(hp_rate_parse("9600", &v) && v == 9600);
    assert_false(hp_rate_parse("fast", &v));
    uint32_t share;
    assert_true(hp_share_parse("2%", &share) && share == 85899345);
    assert_true(hp_share_parse("0.02", &share) && share == 85899345);
    assert_true(hp_share_parse("1e-6", &share) && share == 4294);
    assert_true(hp_share_parse("0", &share) && share == 0);
    assert_true(hp_share_parse("1", &share) && share == UINT32_MAX);
    assert_true(hp_share_parse("100%", &share) && share == UINT32_MAX);
    assert_false(hp_share_parse("101%", &share));
    assert_false(hp_share_parse("2", &share));
    assert_false(hp_share_parse("2 %", &share));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_round_trip_in_rfc_5952_form),
        cmocka_unit_test(test_what_is_no_address),
        cmocka_unit_test(test_random_addresses_round_trip),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_macs_and_endpoints),
        cmocka_unit_test(test_kinds_of_addresses),
        cmocka_unit_test(test_quantities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
