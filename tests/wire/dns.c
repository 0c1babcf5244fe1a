/* DNS messages both ways. */
#include "wire/dns.h"

#include "support/golden.h"

enum { AT = 14 + 20 + 8 };

/* Reads and writes it again; answers how long that became. */
static size_t rewrite(struct hp_bytes in, uint8_t *out, size_t n)
{
    struct dns_msg m;
    struct dns_question q;
    struct dns_record r;
    assert_true(dns_parse(in, &m));
    struct dns_writer w = dns_write_start(out, n, &m.h);
    while (dns_question_next(&m, &q)) assert_true(dns_write_question(&w, &q));
    while (dns_record_next(&m, &r)) assert_true(dns_write_record(&w, &r));
    assert_false(m.bad);
    assert_int_equal(m.at, in.n);
    return dns_write_end(&w);
}

/* dnsmasq compresses names of records, but not those in RDATA: where it has none, the same bytes come out. */
static void test_both_ways(void **state)
{
    const char *names[] = {"dns_query", "dns_a", "dns_txt", "dns_aaaa", "dns_refused", "dns_srv", "dns_ptr"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hp_bytes in = golden_from(names[i], AT);
        uint8_t out[512];
        assert_bytes_equal(bytes_of(out, rewrite(in, out, sizeof out)), in);
    }
}

static void test_names_in_rdata_are_compressed(void **state)
{
    const char *names[] = {"dns_mx", "dns_cname"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct hp_bytes in = golden_from(names[i], AT);
        uint8_t out[512], again[512];
        size_t n = rewrite(in, out, sizeof out);
        assert_int_equal(n, in.n - 11);     /* the second example.org became a pointer */
        assert_bytes_equal(bytes_of(again, rewrite(bytes_of(out, n), again, sizeof again)), bytes_of(out, n));
    }
}

static void next(struct dns_msg *m, struct dns_record *r) { assert_true(dns_record_next(m, r)); }

static const char *text_of(const struct dns_name *name)
{
    static char text[DNS_TEXT];
    return dns_name_text(name, text, sizeof text);
}

static void test_fields(void **state)
{
    struct dns_msg m;
    struct dns_record r;
    struct dns_question q;
    struct hp_ip a = hp_ip4(10, 9, 0, 81);
    assert_true(dns_parse(golden_from("dns_cname", AT), &m));
    assert_true(m.h.response && m.h.authoritative && m.h.recursion_desired && m.h.rcode == DNS_NOERROR);
    assert_true(dns_question_next(&m, &q));
    assert_true(q.type == DNS_A && q.class_ == DNS_IN);
    assert_string_equal(text_of(&q.name), "alias.example.org");
    next(&m, &r);
    assert_true(r.type == DNS_CNAME && r.section == DNS_ANSWER);
    assert_string_equal(text_of(&r.target), "www2.example.org");
    next(&m, &r);
    assert_true(r.type == DNS_A && hp_ip_equal(&r.ip, &a));
    next(&m, &r);
    assert_true(r.type == DNS_OPT && r.section == DNS_ADDITIONAL && r.udp_size == 1232 && r.version == 0);
    assert_false(dns_record_next(&m, &r));
    assert_false(m.bad);
}

static void test_srv_mx_txt(void **state)
{
    struct dns_msg m;
    struct dns_record r;
    struct hp_bytes left, text;
    assert_true(dns_parse(golden_from("dns_srv", AT), &m));
    next(&m, &r);
    assert_true(r.type == DNS_SRV && r.priority == 1 && r.weight == 2 && r.port == 5060);
    assert_string_equal(text_of(&r.target), "sip.example.org");
    assert_true(dns_parse(golden_from("dns_mx", AT), &m));
    next(&m, &r);
    assert_true(r.type == DNS_MX && r.priority == 10);
    assert_string_equal(text_of(&r.target), "mail.example.org");
    assert_true(dns_parse(golden_from("dns_txt", AT), &m));
    next(&m, &r);
    left = r.data;
    assert_true(dns_txt_next(&left, &text));
    assert_bytes_equal(text, bytes_of("v=spf1 -all", 11));
    assert_true(dns_txt_next(&left, &text));
    assert_bytes_equal(text, bytes_of("two", 3));
    assert_false(dns_txt_next(&left, &text));
}

static void test_soa_and_ns_compress(void **state)
{
    uint8_t out[300];
    struct dns_hdr h = {.id = 1, .response = true};
    struct dns_writer w = dns_write_start(out, sizeof out, &h);
    struct dns_record soa = {.type = DNS_SOA, .class_ = DNS_IN, .section = DNS_AUTHORITY, .ttl = 60, .serial = 1,
                             .refresh_s = 2, .retry_s = 3, .expire_s = 4, .minimum_s = 5}, r;
    assert_true(dns_name_parse("example.org", &soa.name) && dns_name_parse("ns.example.org", &soa.target));
    assert_true(dns_name_parse("host.master.ns.example.org", &soa.mail));
    assert_true(dns_write_record(&w, &soa));
    size_t n = dns_write_end(&w);
    assert_int_equal(n, 12 + 13 + 10 + (3 + 2) + (5 + 7 + 2) + 20);
    struct dns_msg m;
    assert_true(dns_parse(bytes_of(out, n), &m));
    next(&m, &r);
    assert_true(r.section == DNS_AUTHORITY && dns_name_equal(&r.target, &soa.target) && dns_name_equal(&r.mail, &soa.mail));
    assert_true(r.serial == 1 && r.refresh_s == 2 && r.retry_s == 3 && r.expire_s == 4 && r.minimum_s == 5);
}

/* Reads all; true if it is well-formed to the end. */
static bool well_formed(struct hp_bytes in)
{
    struct dns_msg m;
    struct dns_record r;
    uint8_t *exact = malloc(in.n ? in.n : 1);
    if (in.n) memcpy(exact, in.p, in.n);
    bool ok = dns_parse(bytes_of(exact, in.n), &m);
    while (ok && dns_record_next(&m, &r)) assert_true(r.data.p + r.data.n <= exact + in.n);
    free(exact);
    return ok && !m.bad;
}

/* One answer for the root, of class IN, with this type and RDATA; `claimed`: its RDLENGTH. */
static bool answer(unsigned type, const char *hex, size_t claimed)
{
    struct hp_bytes data = unhex(hex);
    uint8_t b[600] = {0};
    b[7] = 1;
    put16(b + 13, type);
    put16(b + 15, DNS_IN);
    put16(b + 21, (unsigned)claimed);
    memcpy(b + 23, data.p, data.n);
    return well_formed(bytes_of(b, 23 + data.n));
}

static void test_D05_rdlength(void **state)
{
    assert_true(answer(DNS_A, "01020304", 4));
    for (size_t n = 0; n < 300; n++) assert_int_equal(answer(DNS_A, "01020304", n), n == 4);
    assert_false(answer(DNS_A, "010203", 3));
    assert_false(answer(DNS_A, "0102030405", 5));
    assert_true(answer(DNS_AAAA, "20010db8000000000000000000000001", 16));
    assert_false(answer(DNS_AAAA, "20010db80000000000000000000000", 15));
    assert_false(answer(DNS_AAAA, "01020304", 4));
    assert_true(answer(DNS_CNAME, "016100", 3));
    assert_false(answer(DNS_CNAME, "01610000", 4));         /* more than the name */
    assert_false(answer(DNS_CNAME, "016100", 2));           /* the name goes past it */
    assert_false(answer(DNS_CNAME, "", 0));
    assert_false(answer(DNS_MX, "0001", 2));
    assert_true(answer(DNS_MX, "000100", 3));
    assert_false(answer(DNS_SRV, "000100020003", 6));
    assert_true(answer(DNS_SRV, "00010002000300", 7));
    assert_false(answer(DNS_TXT, "", 0));
    assert_false(answer(DNS_TXT, "0561", 2));
    assert_true(answer(DNS_TXT, "00", 1));
    assert_false(answer(DNS_SOA, "00000000000100000002000000030000000400000005", 21));
    assert_true(answer(DNS_SOA, "00000000000100000002000000030000000400000005", 22));
    assert_false(answer(DNS_OPT, "000a00080102", 6));       /* an option past the end */
    assert_true(answer(DNS_OPT, "000a00020102", 6));
    assert_true(answer(65280, "ffff", 2));                  /* unknown types are bytes */
    assert_false(answer(65280, "ffff", 65535));
}

static void test_D06_counts(void **state)
{
    struct hp_bytes in = golden_from("dns_a", AT);
    uint8_t b[512];
    for (int section = 0; section < DNS_SECTIONS; section++) {
        memcpy(b, in.p, in.n);
        put16(b + 4 + 2 * section, 65535);
        assert_false(well_formed(bytes_of(b, in.n)));
    }
    memset(b, 0xff, 12);                                    /* nothing but counts */
    assert_false(well_formed(bytes_of(b, 12)));
    memset(b, 0, 12);
    assert_true(well_formed(bytes_of(b, 12)));              /* QD = 0 */
    assert_true(well_formed(in));
}

static void cut(struct hp_bytes in)
{
    bool ok = well_formed(in);
    struct hp_bytes whole = golden_from("dns_cname", AT);
    assert_int_equal(ok, in.n == whole.n);
}

static void test_every_truncation(void **state) { each_cut(golden_from("dns_cname", AT), cut); }

static void test_D12_what_does_not_fit_is_left_out(void **state)
{
    struct dns_hdr h = {.id = 1, .response = true};
    struct dns_record r = {.type = DNS_A, .class_ = DNS_IN, .section = DNS_ANSWER, .ip = hp_ip4(1, 2, 3, 4)};
    assert_true(dns_name_parse("www.example.org", &r.name));
    for (size_t n = DNS_HEADER; n < 120; n++) {
        uint8_t *exact = malloc(n);
        struct dns_writer w = dns_write_start(exact, n, &h);
        unsigned written = 0;
        for (int i = 0; i < 5; i++) written += dns_write_record(&w, &r);
        size_t used = dns_write_end(&w);
        struct dns_msg m;
        struct dns_record back;
        unsigned count = 0;
        assert_true(dns_parse(bytes_of(exact, used), &m));
        assert_int_equal(m.h.truncated, written < 5);
        assert_int_equal(m.h.count[DNS_ANSWER], written);
        while (dns_record_next(&m, &back)) count += dns_name_equal(&back.name, &r.name);
        assert_true(!m.bad && count == written);
        free(exact);
    }
}

static void test_many_names_still_come_back(void **state)
{
    static uint8_t out[20000];
    struct dns_hdr h = {.id = 1};
    struct dns_writer w = dns_write_start(out, sizeof out, &h);
    struct dns_record r = {.type = DNS_PTR, .class_ = DNS_IN, .section = DNS_ANSWER}, back;
    char text[64];
    for (int i = 0; i < 200; i++) {                         /* more than the writer remembers */
        snprintf(text, sizeof text, "host%d.rack%d.example.org", i, i % 7);
        assert_true(dns_name_parse(text, &r.name) && dns_name_parse(text, &r.target));
        assert_true(dns_write_record(&w, &r));
    }
    struct dns_msg m;
    assert_true(dns_parse(bytes_of(out, dns_write_end(&w)), &m));
    for (int i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "host%d.rack%d.example.org", i, i % 7);
        assert_true(dns_record_next(&m, &back));
        assert_string_equal(text_of(&back.name), text);
        assert_string_equal(text_of(&back.target), text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_names_in_rdata_are_compressed),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_srv_mx_txt),
        cmocka_unit_test(test_soa_and_ns_compress),
        cmocka_unit_test(test_D05_rdlength),
        cmocka_unit_test(test_D06_counts),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_D12_what_does_not_fit_is_left_out),
        cmocka_unit_test(test_many_names_still_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
