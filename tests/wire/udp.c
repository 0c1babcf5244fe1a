/* UDP headers both ways. */
#include "wire/udp.h"

#include "support/golden.h"
#include "wire/ip.h"
#include "wire/sum.h"

static void test_both_ways(void **state)
{
    struct hp_bytes in = golden_from("udp", 34);
    struct udp_hdr h = {0};
    uint8_t out[8];
    assert_true(udp_parse(in, &h));
    assert_true(h.to == 9999 && h.len == 10);
    assert_bytes_equal(udp_payload(in, &h), bytes_of("x\n", 2));
    assert_int_equal(udp_write(out, sizeof out, &h), 8);
    assert_bytes_equal(bytes_of(out, 8), bytes_upto(in, 8));
    assert_int_equal(udp_write(out, 7, &h), 0);
}

static void test_checksum(void **state)
{
    struct hp_ip a = hp_ip4(10, 9, 0, 1), b = hp_ip4(10, 9, 0, 2);
    struct hp_bytes in = golden_from("dns_query", 34);
    uint8_t copy[200];
    struct udp_hdr h = {0};
    memcpy(copy, in.p, in.n);
    struct hp_bytes c = bytes_of(copy, in.n);
    assert_true(udp_parse(c, &h));
    uint32_t pseudo = sum_pseudo(&a, &b, IP_PROTO_UDP, h.len);
    assert_true(udp_sum_ok(c, &h, pseudo));
    copy[20] ^= 1;
    assert_false(udp_sum_ok(c, &h, pseudo));
    put16(copy + 6, 0);                                 /* the sender did not compute one */
    assert_true(udp_parse(c, &h) && udp_sum_ok(c, &h, pseudo));
}

static void test_U01_lengths(void **state)
{
    uint8_t b[30] = {0, 1, 0, 2};
    struct udp_hdr h = {0};
    for (unsigned len = 0; len <= 65535; len++) {
        put16(b + 4, len);
        assert_int_equal(udp_parse(bytes_of(b, sizeof b), &h), len >= 8 && len <= 30);
    }
    put16(b + 4, 12);
    assert_true(udp_parse(bytes_of(b, sizeof b), &h));
    assert_int_equal(udp_payload(bytes_of(b, sizeof b), &h).n, 4);  /* the rest is padding */
    put16(b + 2, 0);
    assert_false(udp_parse(bytes_of(b, sizeof b), &h));             /* port 0 */
}

static void cut(struct hp_bytes in)
{
    struct udp_hdr h = {0};
    assert_int_equal(udp_parse(in, &h), in.n == 10);
}

static void test_every_truncation(void **state) { each_cut(golden_from("udp", 34), cut); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_U01_lengths),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
