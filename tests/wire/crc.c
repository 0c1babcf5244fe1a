/* CRC-32 against its definition and a well-known value. */
#include "wire/crc.h"

#include "support/golden.h"

/* IEEE 802.3 3.2.9, bit by bit. */
static uint32_t crc_reference(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void test_check_value(void **state)
{
    assert_int_equal(crc_add(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc_add(0, "", 0), 0);
}

static void test_every_table_entry_and_length(void **state)
{
    uint8_t b[80];
    for (unsigned v = 0; v < 256; v++) {
        for (size_t i = 0; i < sizeof b; i++) b[i] = (uint8_t)(v + i * 31);
        for (size_t n = 0; n <= sizeof b; n++) assert_int_equal(crc_add(0, b, n), crc_reference(b, n));
    }
    for (size_t at = 0; at < 8; at++)
        for (unsigned v = 0; v < 256; v++) {
            memset(b, 0, sizeof b);
            b[at] = (uint8_t)v;
            assert_int_equal(crc_add(0, b, 8), crc_reference(b, 8));
        }
}

static void test_parts_join(void **state)
{
    const char *text = "The quick brown fox jumps over the lazy dog";
    for (size_t n = 0; n <= strlen(text); n++)
        assert_int_equal(crc_add(crc_add(0, text, n), text + n, strlen(text) - n), 0x414fa339);
}

static void test_fcs_at_the_end_of_a_frame(void **state)
{
    struct hp_bytes frame = golden_bytes("arp_request");
    uint8_t b[128];
    memcpy(b, frame.p, frame.n);
    crc_put(b + frame.n, crc_of(frame));
    assert_true(crc_ok(bytes_of(b, frame.n + 4)));
    for (size_t i = 0; i < (frame.n + 4) * 8; i++) {    /* every single bit error is seen */
        b[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(crc_ok(bytes_of(b, frame.n + 4)));
        b[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    assert_false(crc_ok(bytes_of(b, 3)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_every_table_entry_and_length),
        cmocka_unit_test(test_parts_join),
        cmocka_unit_test(test_fcs_at_the_end_of_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
