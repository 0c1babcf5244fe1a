/* ICMPv6 both ways. */
#include "wire/icmp6.h"

#include "support/golden.h"
#include "wire/sum.h"

static void round_trip(const char *name)
{
    struct hp_bytes ip = golden_from(name, 14), in = bytes_from(ip, 40);
    struct icmp6_hdr h;
    struct hp_ip src = ip6_get(ip.p + 8), dst = ip6_get(ip.p + 24);
    uint8_t out[1500];
    assert_true(icmp6_parse(in, &h));
    assert_true(sum_ok(sum_pseudo(&src, &dst, IP_PROTO_ICMPV6, (uint32_t)in.n), in));
    assert_int_equal(icmp6_write_all(out, sizeof out, &h, &src, &dst), in.n);
    assert_bytes_equal(bytes_of(out, in.n), in);
    for (size_t n = 0; n < in.n; n++) assert_int_equal(icmp6_write_all(out, n, &h, &src, &dst), 0);
}

static void test_both_ways(void **state)
{
    round_trip("echo6_request");
    round_trip("port_unreachable6");
}

static void test_fields(void **state)
{
    struct icmp6_hdr h;
    uint8_t out[8];
    assert_true(icmp6_parse(golden_from("echo6_request", 54), &h));
    assert_true(h.type == ICMP6_ECHO && h.seq == 1 && h.body.n == 56);
    assert_true(icmp6_parse(golden_from("port_unreachable6", 54), &h));
    assert_true(h.type == ICMP6_UNREACHABLE && h.code == ICMP6_UNREACH_PORT && h.body.n == 50);
    assert_true(icmp6_parse(unhex("0200 1234 00000500"), &h));
    assert_true(h.mtu == 1280 && h.pointer == 0 && h.sum == 0x1234);
    assert_int_equal(icmp6_write(out, sizeof out, &h), 8);
    assert_bytes_equal(bytes_of(out, 8), unhex("0200 1234 00000500"));
    assert_true(icmp6_parse(unhex("0401 0000 00000028"), &h));
    assert_int_equal(h.pointer, 40);
    assert_true(icmp6_is_error(ICMP6_PARAM_PROBLEM) && !icmp6_is_error(ICMP6_ECHO));
}

static void cut(struct hp_bytes in)
{
    struct icmp6_hdr h;
    assert_int_equal(icmp6_parse(in, &h), in.n >= ICMP6_HEADER);
}

static void test_C02_short(void **state) { each_cut(golden_from("echo6_request", 54), cut); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_C02_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
