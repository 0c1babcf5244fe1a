/* Types of records as words, RDATA in full and as text, and the order of names. */
#include "wire/dns.h"

#include <stdlib.h>

#include "support/golden.h"

static void test_words_of_types(void **state)
{
    static const struct { const char *word; uint16_t type; } good[] = {
        {"A", 1}, {"aaaa", 28}, {"Mx", 15}, {"ANY", 255}, {"AXFR", 252}, {"TYPE1", 1}, {"type65535", 65535}, {"TYPE0", 0}, {"CAA", 257}};
    static const char *const bad[] = {"", "AA", "AAAAA", "TYPE", "TYPE-1", "TYPE65536", "TYPE99999", "TYPE1x", "MX ", "TYPE000001"};
    char buf[DNS_TYPE_TEXT];
    uint16_t type;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(dns_type_parse(good[i].word, strlen(good[i].word), &type));
        assert_int_equal(type, good[i].type);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(dns_type_parse(bad[i], strlen(bad[i]), &type));
    for (unsigned t = 0; t <= 65535; t++) {     /* both ways */
        const char *word = dns_type_text((uint16_t)t, buf);
        assert_true(dns_type_parse(word, strlen(word), &type) && type == t);
    }
    assert_string_equal(dns_rcode_text(3), "NXDOMAIN");
    assert_string_equal(dns_rcode_text(16), "BADVERS");
    assert_null(dns_rcode_text(11));
}

static struct dns_name name_of(const char *text)
{
    struct dns_name n;
    assert_true(dns_name_parse(text, &n));
    return n;
}

/* RFC 4034 6.1's own example. */
static void test_canonical_order(void **state)
{
    static const char *const names[] = {".", "example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE", "z.example",
                                        "\\001.z.example", "*.z.example", "\\200.z.example", "examplf"};
    enum { N = sizeof names / sizeof *names };
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            struct dns_name a = name_of(names[i]), b = name_of(names[k]);
            int d = dns_name_order(a.b, b.b);
            if ((d < 0) != (i < k) || (d > 0) != (i > k)) fail_msg("%s and %s: %d", names[i], names[k], d);
        }
}

static void test_parts_of_names(void **state)
{
    struct dns_name n = name_of("www.example.org"), up, joined;
    assert_int_equal(dns_name_labels(&n), 3);
    assert_true(dns_name_up(&n, &up));
    struct dns_name want = name_of("example.org"), root = name_of("."), ftp = name_of("ftp");
    assert_true(dns_name_equal(&up, &want));
    assert_true(dns_name_join(&ftp, &up, &joined));
    want = name_of("ftp.example.org");
    assert_true(dns_name_equal(&joined, &want));
    assert_int_equal(dns_name_labels(&root), 0);
    assert_false(dns_name_up(&root, &up));
    assert_true(dns_name_join(&ftp, &root, &joined) && dns_name_equal(&joined, &ftp));
    struct dns_name big = name_of("x");
    while (dns_name_join(&ftp, &big, &joined)) big = joined;
    assert_int_equal(big.n, 255);
    assert_true(dns_name_join(&root, &big, &joined));
}

/* Golden messages of dnsmasq, with compressed names in RDATA. */
static void test_names_in_full(void **state)
{
    static const struct { const char *golden, *text; } cases[] = {
        {"dns_mx", "10 mail.example.org."}, {"dns_cname", "www2.example.org."}, {"dns_srv", NULL}, {"dns_aaaa", NULL}, {"dns_txt", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_bytes in = golden_from(cases[i].golden, 14 + 20 + 8);
        struct dns_msg m;
        struct dns_record r;
        uint8_t whole[512];
        char text[512];
        assert_true(dns_parse(in, &m) && dns_record_next(&m, &r));
        struct writer w = writer_of(whole, sizeof whole);
        assert_true(dns_data_expand(in, r.data, r.type, &w));
        struct dns_record again = {.type = r.type, .class_ = DNS_IN, .data = bytes_of(whole, writer_used(&w))};
        assert_true(dns_record_data(&again));
        dns_data_text(r.type, again.data, text, sizeof text);
        if (cases[i].text) assert_string_equal(text, cases[i].text);
        for (size_t n = 0; n < writer_used(&w); n++) {      /* cut short, it says so, and stays inside */
            struct writer small = writer_of(whole, n);
            assert_false(dns_data_expand(in, r.data, r.type, &small));
            if (dns_type_layout(r.type)[0] != 'Q') {
                again.data = bytes_upto(again.data, n);
                assert_false(dns_record_data(&again));
            }
            again.data = bytes_of(whole, writer_used(&w));
        }
    }
}

/* RDATA that stands alone has no pointers. */
static void test_D01_no_pointers_without_a_message(void **state)
{
    static const uint8_t data[] = {1, 'a', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'b', 0, 0xc0, 12};
    struct dns_record r = {.type = DNS_SOA, .class_ = DNS_IN, .data = bytes_of(data, sizeof data)};
    uint8_t out[300];
    struct writer w = writer_of(out, sizeof out);
    assert_false(dns_record_data(&r));
    r.type = DNS_CNAME;
    r.data = bytes_of(data + 15, 2);
    assert_false(dns_record_data(&r));
    assert_false(dns_data_expand(r.data, r.data, DNS_CNAME, &w));
}

static void test_text_of_wrong_data_is_hexadecimal(void **state)
{
    static const uint8_t data[] = {5, 'a', 'b'};
    char text[64];
    assert_string_equal(dns_data_text(DNS_TXT, bytes_of(data, 3), text, sizeof text), "\\# 3 056162");
    assert_string_equal(dns_data_text(DNS_A, bytes_of(data, 3), text, sizeof text), "\\# 3 056162");
    assert_string_equal(dns_data_text(DNS_NS, bytes_of(data, 3), text, sizeof text), "\\# 3 056162");
    assert_string_equal(dns_data_text(DNS_A, bytes_of("\1\2\3\4\5", 5), text, sizeof text), "\\# 5 0102030405");
    assert_string_equal(dns_data_text(999, bytes_of(data, 0), text, sizeof text), "\\# 0");
    for (size_t n = 1; n < 12; n++) assert_int_equal(strlen(dns_data_text(DNS_TXT, bytes_of(data, 3), text, n)), n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_of_types),
        cmocka_unit_test(test_canonical_order),
        cmocka_unit_test(test_parts_of_names),
        cmocka_unit_test(test_names_in_full),
        cmocka_unit_test(test_D01_no_pointers_without_a_message),
        cmocka_unit_test(test_text_of_wrong_data_is_hexadecimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
