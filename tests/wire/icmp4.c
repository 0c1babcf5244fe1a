/* ICMP both ways. */
#include "wire/icmp4.h"

#include "support/golden.h"
#include "wire/ipv4.h"
#include "wire/sum.h"

static void round_trip(struct hp_bytes in)
{
    struct icmp4_hdr h;
    uint8_t out[1500];
    assert_true(icmp4_parse(in, &h));
    assert_true(sum_ok(0, in));
    assert_int_equal(icmp4_write_all(out, sizeof out, &h), in.n);
    assert_bytes_equal(bytes_of(out, in.n), in);
    for (size_t n = 0; n < in.n; n++) assert_int_equal(icmp4_write_all(out, n, &h), 0);
}

static void test_both_ways(void **state)
{
    round_trip(golden_from("echo_request", 34));
    round_trip(golden_from("port_unreachable", 34));
    round_trip(golden_from("net_unreachable", 34));
    round_trip(golden_from("frag_needed", 34));
    round_trip(unhex("0501 abfd 0a000001 45000000"));   /* redirect */
    round_trip(unhex("0c00 dfff 14000000"));            /* parameter problem at 20 */
}

static void test_fields(void **state)
{
    struct icmp4_hdr h;
    struct hp_ip gateway = hp_ip4(10, 0, 0, 1);
    assert_true(icmp4_parse(golden_from("echo_request", 34), &h));
    assert_true(h.type == ICMP4_ECHO && h.seq == 1 && h.body.n == 56 && h.mtu == 0);
    assert_true(icmp4_parse(golden_from("frag_needed", 34), &h));
    assert_true(h.type == ICMP4_UNREACHABLE && h.code == ICMP4_UNREACH_FRAG && h.mtu == 1300 && h.body.n == 28);
    assert_true(icmp4_parse(unhex("0501 abfd 0a000001"), &h));
    assert_true(hp_ip_equal(&h.gateway, &gateway));
    assert_true(icmp4_parse(unhex("0c00 0000 14000000"), &h));
    assert_int_equal(h.pointer, 20);
    assert_true(icmp4_is_error(ICMP4_TIME_EXCEEDED) && !icmp4_is_error(ICMP4_ECHO) && !icmp4_is_error(ICMP4_MASK_REPLY));
}

static void cut(struct hp_bytes in)
{
    struct icmp4_hdr h;
    struct ip_quote q;
    assert_int_equal(icmp4_parse(in, &h), in.n >= ICMP4_HEADER);
    if (in.n >= ICMP4_HEADER) ipv4_quote_parse(h.body, &q);
}

static void test_C02_short(void **state)
{
    each_cut(golden_from("echo_request", 34), cut);
    each_cut(golden_from("port_unreachable", 34), cut);
}

/* RFC 4884: the length field bounds the quote, and the message bounds the length field. */
static void test_quote_before_extensions(void **state)
{
    uint8_t b[8 + 128 + 8] = {ICMP4_TIME_EXCEEDED};
    struct icmp4_hdr h;
    b[5] = 32;
    assert_true(icmp4_parse(bytes_of(b, sizeof b), &h));
    assert_int_equal(h.body.n, 128);
    b[5] = 255;
    assert_true(icmp4_parse(bytes_of(b, sizeof b), &h));
    assert_int_equal(h.body.n, 136);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_C02_short),
        cmocka_unit_test(test_quote_before_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
