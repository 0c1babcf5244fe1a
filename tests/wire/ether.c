/* Ethernet headers both ways: Ethernet II, tags, 802.3 with LLC and SNAP. */
#include "wire/ether.h"

#include "support/golden.h"

static void round_trip(const char *name, size_t hlen, uint16_t type)
{
    struct hp_bytes frame = golden_bytes(name);
    struct ether_hdr h;
    uint8_t out[64];
    assert_int_equal(ether_parse(frame, &h), ETHER_OK);
    assert_int_equal(h.hlen, hlen);
    assert_int_equal(h.type, type);
    assert_int_equal(ether_size(&h), hlen);
    assert_int_equal(ether_write(out, sizeof out, &h), hlen);
    assert_bytes_equal(bytes_of(out, hlen), bytes_upto(frame, hlen));
    for (size_t n = 0; n < hlen; n++) assert_int_equal(ether_write(out, n, &h), 0);
}

static void test_both_ways(void **state)
{
    round_trip("arp_request", 14, ETHER_ARP);
    round_trip("echo6_request", 14, ETHER_IPV6);
    round_trip("vlan_tcp", 18, ETHER_IPV4);
    round_trip("qinq_arp", 22, ETHER_ARP);
    round_trip("stp", 17, 0);
    round_trip("snap_arp", 22, ETHER_ARP);
}

static void test_fields(void **state)
{
    struct ether_hdr h;
    struct hp_mac a = {{2, 0, 0, 0, 0, 0xa}}, b = {{2, 0, 0, 0, 0, 0xb}};
    assert_int_equal(ether_parse(golden_bytes("vlan_tcp"), &h), ETHER_OK);
    assert_true(hp_mac_equal(&h.src, &a) && hp_mac_equal(&h.dst, &b));
    assert_int_equal(h.tag_count, 1);
    assert_int_equal(h.tag[0].tpid, ETHER_VLAN);
    assert_int_equal(h.tag[0].vid, 7);
    assert_int_equal(h.tag[0].pcp, 5);
    assert_false(h.tag[0].dei);
    assert_int_equal(ether_parse(golden_bytes("stp"), &h), ETHER_OK);
    assert_true(h.llc && !h.snap && h.dsap == ETHER_SAP_STP && h.control == 3);
    assert_int_equal(ether_payload(golden_bytes("stp"), &h).n, 35);     /* without padding */
}

static enum ether_result parse(struct hp_bytes in)
{
    struct ether_hdr h;
    return ether_parse(in, &h);
}

static void test_L01_runts(void **state)
{
    struct hp_bytes frame = golden_bytes("arp_request");
    for (size_t n = 0; n < 14; n++) assert_int_equal(parse(bytes_upto(frame, n)), ETHER_RUNT);
    uint8_t b[14] = {0};
    for (unsigned type = 0; type <= 0xffff; type++) {   /* 14 bytes and any type */
        put16(b + 12, type);
        bool tag = type == ETHER_VLAN || type == ETHER_SVLAN || type == ETHER_QINQ;
        enum ether_result want = tag ? ETHER_RUNT : type >= ETHER_TYPE_MIN ? ETHER_OK : ETHER_LLC;
        assert_int_equal(parse(bytes_of(b, 14)), want);
    }
}

static void test_L06_nested_tags_have_a_cap(void **state)
{
    uint8_t b[14 + 64 * 4 + 46] = {0};
    struct ether_hdr h;
    for (size_t tags = 0; tags <= 64; tags++) {
        for (size_t i = 0; i < tags; i++) put32(b + 12 + 4 * i, 0x81000000u | (uint32_t)i);
        put16(b + 12 + 4 * tags, ETHER_IPV4);
        enum ether_result want = tags <= ETHER_TAGS_MAX ? ETHER_OK : ETHER_TAGS;
        assert_int_equal(ether_parse(bytes_of(b, sizeof b), &h), want);
        if (tags <= ETHER_TAGS_MAX) assert_int_equal(h.tag_count, tags);
    }
}

static void test_L07_length_and_llc(void **state)
{
    const char *mac = "0180c2000000 02000000000a";
    uint8_t b[128] = {0};
    memcpy(b, unhex(mac).p, 12);
    put16(b + 12, 39);                                  /* more than the 38 that follow */
    memcpy(b + 14, "\x42\x42\x03", 3);
    assert_int_equal(parse(bytes_of(b, 14 + 38)), ETHER_LLC);
    assert_int_equal(parse(bytes_of(b, 14 + 39)), ETHER_OK);
    for (unsigned len = 0; len < 3; len++) {            /* LLC cut off by the length, not by the frame */
        put16(b + 12, len);
        assert_int_equal(parse(bytes_of(b, 60)), ETHER_LLC);
    }
    memcpy(b + 14, "\xaa\xaa\x03", 3);
    for (unsigned len = 3; len < 8; len++) {            /* ... SNAP too */
        put16(b + 12, len);
        assert_int_equal(parse(bytes_of(b, 60)), ETHER_LLC);
    }
    for (unsigned type = 1501; type < 0x600; type++) {  /* neither length nor type */
        put16(b + 12, type);
        assert_int_equal(parse(bytes_of(b, 60)), ETHER_LLC);
    }
}

static void cut(struct hp_bytes in)
{
    struct ether_hdr h;
    if (ether_parse(in, &h) != ETHER_OK) return;
    assert_true(h.hlen <= in.n);
    assert_true(ether_payload(in, &h).n <= in.n - h.hlen);
}

static void test_every_truncation(void **state)
{
    for (size_t i = 0; i < golden_count; i++) each_cut(unhex(golden[i].hex), cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_L01_runts),
        cmocka_unit_test(test_L06_nested_tags_have_a_cap),
        cmocka_unit_test(test_L07_length_and_llc),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
