/* ARP both ways. */
#include "wire/arp.h"

#include "support/golden.h"

static void test_both_ways(void **state)
{
    struct hp_bytes in = golden_from("arp_reply", 14);
    struct arp_hdr h;
    uint8_t out[ARP_SIZE];
    struct hp_ip ip = hp_ip4(10, 9, 0, 2);
    struct hp_mac mac = {{2, 0, 0, 0, 0, 0xb}};
    assert_true(arp_parse(in, &h));
    assert_int_equal(h.op, ARP_REPLY);
    assert_true(hp_ip_equal(&h.sender, &ip));
    assert_true(hp_mac_equal(&h.sender_mac, &mac));
    assert_int_equal(arp_write(out, sizeof out, &h), ARP_SIZE);
    assert_bytes_equal(bytes_of(out, ARP_SIZE), bytes_upto(in, ARP_SIZE));
    assert_int_equal(arp_write(out, ARP_SIZE - 1, &h), 0);
}

static void cut(struct hp_bytes in)
{
    struct arp_hdr h;
    assert_int_equal(arp_parse(in, &h), in.n >= ARP_SIZE);
}

static void test_L03_short(void **state) { each_cut(golden_from("arp_request", 14), cut); }

static void test_L03_other_sizes_and_kinds(void **state)
{
    uint8_t b[ARP_SIZE];
    struct arp_hdr h;
    memcpy(b, golden_from("arp_request", 14).p, sizeof b);
    for (int at = 0; at < 6; at++) {        /* hardware, protocol, their sizes */
        for (unsigned v = 0; v < 256; v++) {
            uint8_t was = b[at];
            b[at] = (uint8_t)v;
            assert_int_equal(arp_parse(bytes_of(b, sizeof b), &h), v == was);
            b[at] = was;
        }
    }
}

static void test_L08_padding_is_not_looked_at(void **state)
{
    struct hp_bytes in = golden_from("arp_reply", 14);
    struct arp_hdr a, b;
    uint8_t big[1500];
    memset(big, 0xff, sizeof big);
    memcpy(big, in.p, ARP_SIZE);
    assert_true(arp_parse(bytes_of(big, sizeof big), &a));
    assert_true(arp_parse(bytes_upto(in, ARP_SIZE), &b));
    assert_true(hp_ip_equal(&a.target, &b.target));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_L03_short),
        cmocka_unit_test(test_L03_other_sizes_and_kinds),
        cmocka_unit_test(test_L08_padding_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
