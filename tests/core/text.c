/* Text into fixed buffers: numbers, times, and buffers that are too small. */
#include "core/text.h"

#include "support/test.h"

static void test_numbers(void **state)
{
    char buf[64];
    struct text t = text_of(buf, sizeof buf);
    text_u64(&t, UINT64_MAX);
    text_char(&t, ' ');
    text_i64(&t, INT64_MIN);
    text_char(&t, ' ');
    text_hex(&t, 0xbeef, 6);
    text_str(&t, NULL);
    text_pad_u64(&t, 7, 3, '0');
    assert_string_equal(buf, "18446744073709551615 -9223372036854775808 00beef007");
    assert_int_equal(text_len(&t), strlen(buf));
}

static void test_times(void **state)
{
    static const struct { hp_time t; const char *time, *span; } cases[] = {
        {0, "0.000000000", "0ns"}, {1, "0.000000001", "1ns"}, {1250000000, "1.250000000", "1.25s"}, {HP_MS(20), "0.020000000", "20ms"},
        {3200, "0.000003200", "3.2us"}, {-HP_MS(1500), "-1.500000000", "-1.5s"}, {HP_S(3600), "3600.000000000", "3600s"},
        {HP_NEVER, "9223372036.854775807", "never"}, {INT64_MIN, "-9223372036.854775808", "-9223372036.854s"},
        {1001, "0.000001001", "1.001us"}, {999999999, "0.999999999", "999.999ms"}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char buf[HP_TIME_TEXT];
        assert_string_equal(hp_time_text(cases[i].t, buf, sizeof buf), cases[i].time);
        assert_string_equal(hp_span_text(cases[i].t, buf, sizeof buf), cases[i].span);
    }
}

static void test_what_does_not_fit_is_left_out(void **state)
{
    struct hp_ip ip;
    char whole[HP_IP_TEXT];
    assert_true(hp_ip_parse("2001:db8:1111:2222:3333:4444:5555:6666", &ip));
    hp_ip_text(&ip, whole, sizeof whole);
    for (size_t n = 1; n < sizeof whole; n++) {
        char buf[HP_IP_TEXT + 1];
        memset(buf, '#', sizeof buf);
        hp_ip_text(&ip, buf, n);
        assert_true(strlen(buf) < n);
        assert_true(strncmp(buf, whole, strlen(buf)) == 0);
        assert_int_equal(buf[n], '#');
    }
}

static void test_the_longest_texts_fit_their_sizes(void **state)
{
    struct hp_prefix p = {.len = 128};
    memset(p.ip.b, 0xff, 16);
    struct hp_endpoint e = {.ip = p.ip, .port = 65535};
    char buf[128];
    assert_true(strlen(hp_ip_text(&p.ip, buf, sizeof buf)) < HP_IP_TEXT);
    assert_true(strlen(hp_prefix_text(&p, buf, sizeof buf)) < HP_PREFIX_TEXT);
    assert_true(strlen(hp_endpoint_text(&e, buf, sizeof buf)) < HP_ENDPOINT_TEXT);
    struct hp_mac mac = {{1, 2, 3, 4, 5, 6}};
    assert_int_equal(strlen(hp_mac_text(&mac, buf, sizeof buf)), HP_MAC_TEXT - 1);
}

static void test_taking_numbers(void **state)
{
    uint64_t v = 5;
    assert_int_equal(text_take_u64("", &v), 0);
    assert_int_equal(text_take_u64("x1", &v), 0);
    assert_int_equal(v, 5);
    assert_int_equal(text_take_u64("18446744073709551615,", &v), 20);
    assert_true(v == UINT64_MAX);
    assert_int_equal(text_take_u64("18446744073709551616", &v), 0);
    assert_int_equal(text_take_u64("007", &v), 3);
    assert_int_equal(v, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_what_does_not_fit_is_left_out),
        cmocka_unit_test(test_the_longest_texts_fit_their_sizes),
        cmocka_unit_test(test_taking_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
