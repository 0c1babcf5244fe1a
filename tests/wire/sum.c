/* The Internet checksum against its definition, and RFC 1071's own example. */
#include "wire/sum.h"

#include "support/golden.h"
#include "wire/ip.h"

/* RFC 1071 1, by the letter: 16-bit words, then fold. */
static uint16_t sum_reference(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += i % 2 ? p[i] : (uint64_t)p[i] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void fill(uint8_t *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        p[i] = (uint8_t)(seed >> 24);
    }
}

static void test_rfc1071_example(void **state)
{
    struct hp_bytes b = unhex("0001 f203 f4f5 f6f7");
    assert_int_equal(sum_add(0, b.p, b.n), 0xddf2);
    assert_int_equal(sum_fold(sum_add(0, b.p, b.n)), 0x220d);
}

static void test_every_alignment_and_length(void **state)
{
    static uint8_t bytes[1200 + 16], copy[1200];
    fill(bytes, sizeof bytes, 1);
    for (size_t at = 0; at < 16; at++) {
        for (size_t n = 0; n <= 1200; n++) {
            uint16_t want = sum_reference(bytes + at, n);
            assert_int_equal(sum_fold(sum_add(0, bytes + at, n)), want);
            memset(copy, 0, sizeof copy);
            assert_int_equal(sum_fold(sum_copy(0, copy, bytes + at, n)), want);
            assert_memory_equal(copy, bytes + at, n);
        }
    }
}

/* All ones carry most; long enough for several blocks of the vector loop. */
static void test_carries_do_not_get_lost(void **state)
{
    size_t n = (1 << 20) + 37;
    uint8_t *p = malloc(n);
    memset(p, 0xff, n);
    assert_int_equal(sum_fold(sum_add(0, p, n)), sum_reference(p, n));
    memset(p, 0x80, n);
    assert_int_equal(sum_fold(sum_add(0, p, n)), sum_reference(p, n));
    memset(p, 0, n);
    assert_int_equal(sum_fold(sum_add(0, p, n)), 0xffff);
    free(p);
}

static void test_parts_at_any_offset(void **state)
{
    uint8_t bytes[100];
    fill(bytes, sizeof bytes, 7);
    for (size_t a = 0; a <= 100; a++)
        for (size_t b = a; b <= 100; b++) {
            uint32_t sum = sum_add(0, bytes, a);
            sum = sum_add_at(sum, a, bytes + a, b - a);
            sum = sum_add_at(sum, b, bytes + b, 100 - b);
            assert_int_equal(sum_fold(sum), sum_reference(bytes, 100));
        }
}

static void test_updates_agree_with_summing_again(void **state)
{
    uint8_t a[64], b[64];
    for (uint32_t seed = 0; seed < 2000; seed++) {
        fill(a, sizeof a, seed);
        memcpy(b, a, sizeof a);
        fill(b + 8, 16, ~seed);
        uint16_t before = sum_reference(a, 64), after = sum_reference(b, 64);
        assert_int_equal(sum_update(before, a + 8, b + 8, 16), after);
        memcpy(b, a, sizeof a);
        fill(b + 20, 4, ~seed);
        assert_int_equal(sum_update32(before, get32(a + 20), get32(b + 20)), sum_reference(b, 64));
        memcpy(b, a, sizeof a);
        fill(b + 30, 2, ~seed);
        assert_int_equal(sum_update16(before, get16(a + 30), get16(b + 30)), sum_reference(b, 64));
    }
    /* RFC 1624 4: where equation 2 goes wrong */
    assert_int_equal(sum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void test_pseudo_headers(void **state)
{
    struct hp_bytes v4 = golden_from("tcp_syn", 34), v6 = golden_from("echo6_request", 54);
    struct hp_ip a = hp_ip4(10, 9, 0, 1), b = hp_ip4(10, 9, 0, 2), a6, b6;
    assert_true(sum_ok(sum_pseudo(&a, &b, IP_PROTO_TCP, (uint32_t)v4.n), v4));
    assert_false(sum_ok(sum_pseudo(&a, &a, IP_PROTO_TCP, (uint32_t)v4.n), v4));
    assert_true(hp_ip_parse("2001:db8::1", &a6) && hp_ip_parse("2001:db8::2", &b6));
    assert_true(sum_ok(sum_pseudo(&a6, &b6, IP_PROTO_ICMPV6, (uint32_t)v6.n), v6));
    assert_false(sum_ok(sum_pseudo(&a6, &b6, IP_PROTO_UDP, (uint32_t)v6.n), v6));
}

static void test_udp_never_sends_zero(void **state)
{
    assert_int_equal(sum_fold(0xffff), 0);
    assert_int_equal(sum_fold_udp(0xffff), 0xffff);
    assert_int_equal(sum_fold_udp(0x1234), 0xedcb);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc1071_example),
        cmocka_unit_test(test_every_alignment_and_length),
        cmocka_unit_test(test_carries_do_not_get_lost),
        cmocka_unit_test(test_parts_at_any_offset),
        cmocka_unit_test(test_updates_agree_with_summing_again),
        cmocka_unit_test(test_pseudo_headers),
        cmocka_unit_test(test_udp_never_sends_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
