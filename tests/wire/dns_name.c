/* DNS names: from messages (RFC 9267's mistakes), from and to text. */
#include "support/golden.h"
#include "wire/dns.h"

/* Twelve bytes of header, then these: reads the name at `at` (counted from the header's end) in a block of exactly that
 * size.  The text of the name, or "" if it was refused; where it ends in *after. */
static const char *read_at(struct hp_bytes b, size_t at, size_t *after)
{
    static char text[DNS_TEXT];
    struct dns_name name;
    uint8_t *exact = calloc(1, DNS_HEADER + b.n);
    memcpy(exact + DNS_HEADER, b.p, b.n);
    *after = dns_name_read(bytes_of(exact, DNS_HEADER + b.n), DNS_HEADER, DNS_HEADER + at, &name);
    free(exact);
    return *after ? dns_name_text(&name, text, sizeof text) : "";
}

static const char *name_at(const char *hex, size_t at)
{
    size_t after;
    return read_at(unhex(hex), at, &after);
}

static void test_plain_and_compressed(void **state)
{
    size_t after;
    assert_string_equal(name_at("03777777 076578616d706c65 00", 0), "www.example");
    assert_string_equal(name_at("00", 0), ".");
    struct hp_bytes b = unhex("076578616d706c65 00 03777777 c00c");
    assert_string_equal(read_at(b, 9, &after), "www.example");
    assert_int_equal(after, DNS_HEADER + 15);
    assert_string_equal(read_at(unhex("0161 00 0162 c00c 0163 c00f"), 7, &after), "c.b.a");
}

static void test_D01_pointers(void **state)
{
    assert_string_equal(name_at("c00c", 0), "");                    /* to itself */
    assert_string_equal(name_at("0161 c00c", 0), "");               /* to the start of the name that it ends */
    assert_string_equal(name_at("0161 c00e", 0), "");               /* to itself, after a label */
    assert_string_equal(name_at("c00e 0161 00", 0), "");            /* forward */
    assert_string_equal(name_at("c0ff", 0), "");                    /* outside */
    assert_string_equal(name_at("ffff", 0), "");
    assert_string_equal(name_at("0161 00 c000", 3), "");            /* into the header */
    assert_string_equal(name_at("0161 00 c00b", 3), "");
    assert_string_equal(name_at("0161 00 c0", 3), "");              /* half a pointer */
    assert_string_equal(name_at("0161 00 c00c", 3), "a");
    assert_string_equal(name_at("03616161 00 c00d", 5), "");        /* into a label: 'a' is a length of 97 */
}

static void test_D01_pointer_chains(void **state)
{
    uint8_t b[2 + 2 * 2000] = {0};
    size_t after;
    for (size_t i = 0; i < 2000; i++) put16(b + 2 + 2 * i, 0xc000 | (unsigned)(DNS_HEADER + 2 * i));
    assert_string_equal(read_at(bytes_of(b, sizeof b), 2 + 2 * 1999, &after), ".");     /* long, but ends */
    assert_int_equal(after, DNS_HEADER + sizeof b);
}

static void test_D02_pointers_to_and_fro(void **state)
{
    assert_string_equal(name_at("c00e c00c", 2), "");
    assert_string_equal(name_at("c00e c00c", 0), "");
    assert_string_equal(name_at("0161 c010 0162 c00c", 4), "");
    assert_string_equal(name_at("0161 c010 0162 c00c", 0), "");
}

static void test_D03_labels(void **state)
{
    for (unsigned length = 64; length < 192; length++) {            /* neither length nor pointer */
        uint8_t b[300] = {(uint8_t)length};
        size_t after;
        memset(b + 1, 'a', 298);
        assert_string_equal(read_at(bytes_of(b, sizeof b), 0, &after), "");
    }
    assert_string_equal(name_at("0461616100", 0), "");              /* past the end */
    assert_string_equal(name_at("03616161", 0), "");                /* no root */
    assert_string_equal(name_at("", 0), "");
}

/* Labels of 63 with a last one that makes `total` octets with the root. */
static struct hp_bytes long_name(size_t total)
{
    static uint8_t b[400];
    size_t at = 0;
    while (total - at > 1) {
        size_t n = total - at - 2 < 63 ? total - at - 2 : 63;
        if (total - at - 1 - (n + 1) == 1) n--;                     /* leaves room for another label */
        b[at] = (uint8_t)n;
        memset(b + at + 1, 'x', n);
        at += n + 1;
    }
    b[at] = 0;
    return bytes_of(b, total);
}

static void test_D03_length_of_a_name(void **state)
{
    size_t after;
    for (size_t total = 3; total <= 255; total++) {
        read_at(long_name(total), 0, &after);
        assert_int_equal(after, DNS_HEADER + total);
    }
    for (size_t total = 256; total < 400; total++) {
        read_at(long_name(total), 0, &after);
        assert_int_equal(after, 0);
    }
    uint8_t b[400];                                                 /* too long only after following a pointer */
    memcpy(b, long_name(200).p, 200);
    memset(b + 200, 'y', 60);
    b[200] = 59;
    put16(b + 260, 0xc000 | DNS_HEADER);
    read_at(bytes_of(b, 262), 200, &after);
    assert_int_equal(after, 0);
    b[200 + 6] = 53;
    read_at(bytes_of(b, 262), 206, &after);
    assert_int_equal(after, DNS_HEADER + 262);
}

static void test_text_both_ways(void **state)
{
    const char *same[] = {"a", "www.example.org", ".", "a\\.b.c", "x\\\\y", "\\000\\255", "_sip._udp.x", "xn--bcher-kva.example"};
    struct dns_name name;
    char text[DNS_TEXT];
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_true(dns_name_parse(same[i], &name));
        assert_string_equal(dns_name_text(&name, text, sizeof text), same[i]);
    }
    assert_true(dns_name_parse("a.b.", &name));
    assert_string_equal(dns_name_text(&name, text, sizeof text), "a.b");
    assert_true(dns_name_parse("\\065", &name));
    assert_string_equal(dns_name_text(&name, text, sizeof text), "A");
    const char *bad[] = {"", "..", ".a", "a..b", "\\256", "\\25", "\\", "a\\"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        name.n = 77;
        assert_false(dns_name_parse(bad[i], &name));
        assert_int_equal(name.n, 77);
    }
}

static void test_text_lengths(void **state)
{
    struct dns_name name;
    char text[600];
    for (size_t n = 60; n < 70; n++) {
        memset(text, 'a', n);
        text[n] = 0;
        assert_int_equal(dns_name_parse(text, &name), n <= 63);
    }
    for (size_t n = 245; n < 260; n++) {                            /* labels of one letter */
        for (size_t i = 0; i < n; i++) text[i] = i % 2 ? '.' : 'a';
        text[n] = 0;
        assert_int_equal(dns_name_parse(text, &name), n <= 254);
    }
    assert_true(dns_name_parse("www.example.org", &name));
    for (size_t n = 1; n < 20; n++) {                               /* short buffers */
        char *exact = malloc(n);
        dns_name_text(&name, exact, n);
        assert_true(strlen(exact) < n && strncmp(exact, "www.example.org", strlen(exact)) == 0);
        free(exact);
    }
}

static void test_comparing(void **state)
{
    struct dns_name a, b;
    assert_true(dns_name_parse("www.Example.ORG", &a) && dns_name_parse("WWW.eXAMPLE.org", &b));
    assert_true(dns_name_equal(&a, &b));
    assert_true(dns_name_parse("example.org", &b));
    assert_false(dns_name_equal(&a, &b));
    assert_true(dns_name_below(&a, &b) && !dns_name_below(&b, &a) && dns_name_below(&b, &b));
    assert_true(dns_name_parse(".", &b) && dns_name_below(&a, &b));
    assert_true(dns_name_parse("ample.org", &b));
    assert_false(dns_name_below(&a, &b));                           /* labels, not letters */
}

static void test_reverse(void **state)
{
    struct dns_name name;
    char text[DNS_TEXT];
    struct hp_ip ip = hp_ip4(192, 0, 2, 105);
    dns_name_reverse(&ip, &name);
    assert_string_equal(dns_name_text(&name, text, sizeof text), "105.2.0.192.in-addr.arpa");
    assert_true(hp_ip_parse("2001:db8::567:89ab", &ip));            /* RFC 3596 2.5 */
    dns_name_reverse(&ip, &name);
    assert_string_equal(dns_name_text(&name, text, sizeof text),
                        "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_compressed),
        cmocka_unit_test(test_D01_pointers),
        cmocka_unit_test(test_D01_pointer_chains),
        cmocka_unit_test(test_D02_pointers_to_and_fro),
        cmocka_unit_test(test_D03_labels),
        cmocka_unit_test(test_D03_length_of_a_name),
        cmocka_unit_test(test_text_both_ways),
        cmocka_unit_test(test_text_lengths),
        cmocka_unit_test(test_comparing),
        cmocka_unit_test(test_reverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
