/* Capture formats: golden bytes, both byte orders, every resolution, every truncation. */
#include "wire/pcapng.h"

#include <stdlib.h>

#include "support/tap.h"
#include "support/test.h"

static struct capture_reader *reader_new(void)
{
    struct capture_reader *r = malloc(sizeof *r);
    assert_non_null(r);
    return r;
}

static void test_golden_section(void **state)
{
    uint8_t b[256];
    struct writer w = writer_of(b, sizeof b);
    pcapng_write_section(&w, "hepta");
    assert_bytes(b, writer_used(&w), "0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0500 6865707461000000 00000000 2c000000");
}

static void test_golden_interface(void **state)
{
    uint8_t b[256];
    struct writer w = writer_of(b, sizeof b);
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
    struct pcapng_interface i = {.name = "a.eth0", .linktype = 1, .mac = mac};
    pcapng_write_interface(&w, &i);
    assert_bytes(b, writer_used(&w), "01000000 38000000 0100 0000 00000000 0200 0600 612e657468300000"
                                     "0600 0600 0200000000010000 0900 0100 09000000 00000000 38000000");
}

static void test_golden_packet(void **state)
{
    uint8_t b[256];
    struct writer w = writer_of(b, sizeof b);
    struct pcapng_packet p = {.interface = 1, .captured = 5, .length = 5, .time = 0x123456789abll, .direction = PCAPNG_OUT, .id = 7};
    struct hp_bytes parts[2] = {bytes_of("abc", 3), bytes_of("de", 2)};
    pcapng_write_packet(&w, &p, parts, 2, bytes_of("x\nyz", 4));
    assert_bytes(b, writer_used(&w), "06000000 50000000 01000000 23010000 ab896745 05000000 05000000 6162636465000000"
                                     "0100 0100 78000000 0100 0200 797a0000 0200 0400 02000000 0500 0800 0700000000000000 00000000 50000000");
}

static void test_no_room_is_said(void **state)
{
    uint8_t b[256];
    struct pcapng_packet p = {.captured = 5, .length = 5, .direction = PCAPNG_IN};
    struct hp_bytes data = bytes_of("abcde", 5);
    for (size_t room = 0; room < 52; room++) {
        struct writer w = writer_of(b, room);
        pcapng_write_packet(&w, &p, &data, 1, bytes_of("", 0));
        assert_true(w.full);
        assert_int_equal(writer_used(&w), 0);
    }
}

/* What is written comes back. */
static size_t capture_write(uint8_t *b, size_t n)
{
    struct writer w = writer_of(b, n);
    pcapng_write_section(&w, "hepta");
    struct pcapng_interface i = {.name = "a.eth0", .linktype = 1};
    pcapng_write_interface(&w, &i);
    struct pcapng_packet p = {.captured = 6, .length = 900, .time = 1700000000123456789ll, .direction = PCAPNG_IN, .fcs = 4, .id = 99};
    struct hp_bytes data = bytes_of("sixsix", 6);
    pcapng_write_packet(&w, &p, &data, 1, bytes_of("one\ntwo", 7));
    assert_false(w.full);
    return writer_used(&w);
}

static void test_round_trip(void **state)
{
    uint8_t b[1024];
    struct capture_reader *r = reader_new();
    struct capture_packet k;
    struct hp_bytes comment;
    assert_true(capture_open(r, bytes_of(b, capture_write(b, sizeof b))));
    assert_int_equal(capture_next(r, &k), 1);
    assert_memory_equal(k.data.p, "sixsix", 6);
    assert_int_equal(k.length, 900);
    assert_true(k.time == 1700000000123456789ll);
    assert_int_equal(k.direction, PCAPNG_IN);
    assert_int_equal(k.fcs, 4);
    assert_int_equal(k.id, 99);
    assert_memory_equal(k.name.p, "a.eth0", k.name.n);
    size_t at = 0;
    assert_true(capture_comment(&k, &at, &comment));
    assert_memory_equal(comment.p, "one", 3);
    assert_true(capture_comment(&k, &at, &comment));
    assert_memory_equal(comment.p, "two", 3);
    assert_false(capture_comment(&k, &at, &comment));
    assert_int_equal(capture_next(r, &k), 0);
    free(r);
}

/* Every truncation ends in "damaged" or in the end, and reads nothing outside (the copy is exact, for ASan). */
static void test_truncations(void **state)
{
    uint8_t b[1024];
    size_t n = capture_write(b, sizeof b);
    struct capture_reader *r = reader_new();
    for (size_t cut = 0; cut < n; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        struct capture_packet k;
        assert_non_null(exact);
        memcpy(exact, b, cut);
        int packets = 0;
        if (capture_open(r, bytes_of(exact, cut)))
            while (capture_next(r, &k) == 1) packets++;
        assert_int_equal(packets, 0);
        free(exact);
    }
    free(r);
}

static void expect_one(const char *hex, int64_t time, const char *data)
{
    uint8_t b[512];
    struct capture_reader *r = reader_new();
    struct capture_packet k;
    assert_true(capture_open(r, bytes_of(b, hex_bytes(hex, b, sizeof b))));
    assert_int_equal(capture_next(r, &k), 1);
    assert_true(k.time == time);
    assert_int_equal(k.data.n, strlen(data));
    assert_memory_equal(k.data.p, data, k.data.n);
    assert_int_equal(k.linktype, 1);
    assert_int_equal(capture_next(r, &k), 0);
    free(r);
}

static void test_big_endian_microseconds(void **state)
{
    expect_one("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
               "00000001 00000014 0001 0000 00000000 00000014"
               "00000006 00000024 00000000 00000000 000f4241 00000002 00000002 68690000 00000024",
               1000001000, "hi");
}

static void test_resolution_of_powers_of_two(void **state)
{
    expect_one("0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
               "00000001 00000020 0001 0000 00000000 0009 0001 8a000000 00000000 00000020"
               "00000006 00000024 00000000 00000000 00000600 00000002 00000002 68690000 00000024",
               1500000000, "hi");
}

static void test_classic_both_orders(void **state)
{
    expect_one("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000  01000000 02000000 02000000 02000000 6869", 1000002000, "hi");
    expect_one("a1b23c4d 0002 0004 00000000 00000000 0000ffff 00000001  00000001 00000002 00000002 00000002 6869", 1000000002, "hi");
}

static void test_rubbish_is_refused(void **state)
{
    struct capture_reader *r = reader_new();
    assert_false(capture_open(r, bytes_of("", 0)));
    assert_false(capture_open(r, bytes_of("GIF89a..................................", 40)));
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_section),
        cmocka_unit_test(test_golden_interface),
        cmocka_unit_test(test_golden_packet),
        cmocka_unit_test(test_no_room_is_said),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_truncations),
        cmocka_unit_test(test_big_endian_microseconds),
        cmocka_unit_test(test_resolution_of_powers_of_two),
        cmocka_unit_test(test_classic_both_orders),
        cmocka_unit_test(test_rubbish_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
