/* What the resolver believes of a message, and what the name server answers. */
#include "l7_application/dns_message.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/test.h"

static struct dns_name name_of(const char *text)
{
    struct dns_name n;
    assert_true(dns_name_parse(text, &n));
    return n;
}

/* An answer under construction: header and question as asked, records as the test likes. */
struct made {
    uint8_t b[2048];
    struct dns_writer w;
    size_t n;
};

static void made_start(struct made *m, uint16_t id, const char *name, uint16_t type, uint8_t rcode)
{
    struct dns_hdr h = {.id = id, .response = true, .recursion_available = true, .rcode = rcode};
    struct dns_question q = {name_of(name), type, DNS_IN};
    m->w = dns_write_start(m->b, sizeof m->b, &h);
    assert_true(dns_write_question(&m->w, &q));
}

static void made_a(struct made *m, const char *name, uint8_t last, uint32_t ttl)
{
    struct dns_record r = {.name = name_of(name), .type = DNS_A, .class_ = DNS_IN, .ttl = ttl, .section = DNS_ANSWER,
                           .ip = hp_ip4(192, 0, 2, last)};
    assert_true(dns_write_record(&m->w, &r));
}

static void made_cname(struct made *m, const char *name, const char *target, uint32_t ttl)
{
    struct dns_record r = {.name = name_of(name), .type = DNS_CNAME, .class_ = DNS_IN, .ttl = ttl, .section = DNS_ANSWER,
                           .target = name_of(target)};
    assert_true(dns_write_record(&m->w, &r));
}

/* 0: not an answer to this question. */
static int read_answer(struct hp_bytes b, uint16_t id, const char *name, uint16_t type, struct dns_answer *a)
{
    struct dns_question q = {name_of(name), type, DNS_IN};
    return dns_is_answer(b, id, &q) ? dns_answer_read(b, &q, a) : 0;
}

static int read_made(struct made *m, uint16_t id, const char *name, struct dns_answer *a)
{
    m->n = dns_write_end(&m->w);
    return read_answer(bytes_of(m->b, m->n), id, name, DNS_A, a);
}

static size_t write_question(uint8_t *b, size_t n, uint16_t id, const char *name, uint16_t type)
{
    struct dns_question q = {name_of(name), type, DNS_IN};
    return dns_query_write(b, n, id, &q, true, true);
}

static void test_addresses_and_least_ttl(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "WWW.Example.org", DNS_A, DNS_NOERROR);
    made_a(&m, "www.example.ORG", 1, 300);
    made_a(&m, "www.example.org", 2, 100);
    assert_int_equal(read_made(&m, 7, "www.example.org", &a), 2);
    assert_int_equal(a.ttl, 100);
    assert_int_equal(a.address[1].b[15], 2);
}

static void test_cname_chain_in_any_order(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "www.example.org", DNS_A, DNS_NOERROR);
    made_a(&m, "c.example.net", 9, 300);
    made_cname(&m, "b.example.net", "c.example.net", 60);
    made_cname(&m, "www.example.org", "b.example.net", 300);
    assert_int_equal(read_made(&m, 7, "www.example.org", &a), 1);
    assert_int_equal(a.address[0].b[15], 9);
    assert_int_equal(a.ttl, 60);
}

static void test_D13_cname_loop_is_refused(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
    made_cname(&m, "b.test", "a.test", 300);
    made_cname(&m, "a.test", "b.test", 300);
    assert_int_equal(read_made(&m, 7, "a.test", &a), HP_EPROTO);
}

static char *alias_name(char *buf, int i)
{
    sprintf(buf, "a%d.test", i);
    return buf;
}

/* a1 -> a2 -> ... -> a(n + 1), in this order or the other. */
static int read_chain(int aliases, bool forward, struct dns_answer *a)
{
    struct made m;
    char from[16], to[16];
    made_start(&m, 7, "a1.test", DNS_A, DNS_NOERROR);
    if (!forward) made_a(&m, alias_name(from, aliases + 1), 3, 300);
    for (int n = 1; n <= aliases; n++) {
        int i = forward ? n : aliases + 1 - n;
        made_cname(&m, alias_name(from, i), alias_name(to, i + 1), 300);
    }
    if (forward) made_a(&m, alias_name(from, aliases + 1), 3, 300);
    return read_made(&m, 7, "a1.test", a);
}

static void test_D13_chains_up_to_the_limit(void **state)
{
    struct dns_answer a;
    for (int forward = 0; forward < 2; forward++) {
        assert_int_equal(read_chain(DNS_CNAMES_MAX, forward, &a), 1);
        assert_int_equal(a.address[0].b[15], 3);
        assert_int_equal(read_chain(DNS_CNAMES_MAX + 1, forward, &a), HP_EPROTO);
        assert_int_equal(read_chain(DNS_CNAMES_MAX * 2, forward, &a), HP_EPROTO);
    }
}

static void test_D08_answers_to_other_questions_are_ignored(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
    made_a(&m, "a.test", 1, 300);
    assert_int_equal(read_made(&m, 8, "a.test", &a), 0);
    assert_int_equal(read_answer(bytes_of(m.b, m.n), 7, "b.test", DNS_A, &a), 0);
    assert_int_equal(read_answer(bytes_of(m.b, m.n), 7, "a.test", DNS_AAAA, &a), 0);
    m.b[2] &= 0x7f; /* a query */
    assert_int_equal(read_answer(bytes_of(m.b, m.n), 7, "a.test", DNS_A, &a), 0);
}

static void test_D09_records_about_others_are_not_believed(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
    made_a(&m, "bank.test", 66, 300);
    assert_int_equal(read_made(&m, 7, "a.test", &a), HP_ENODATA);
    assert_int_equal(a.count, 0);
}

/* The owner's name of the answer is longer or shorter than that of the question, down to one that ends past the message. */
static void test_D20_names_of_other_lengths(void **state)
{
    static const char *const other[] = {"a.tes", "a.testt", "aa.test", "test", "x.a.test", "a.test.a.test.a.test.a.test"};
    struct made m;
    struct dns_answer a;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
        made_a(&m, other[i], 66, 300);
        assert_int_equal(read_made(&m, 7, "a.test", &a), HP_ENODATA);
    }
    made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
    size_t owner = 12 + 8 + 4;
    made_a(&m, "b.test", 1, 300);
    read_made(&m, 7, "a.test", &a);
    for (unsigned len = 0; len < 256; len++) { /* of its first label, in a block of exactly that size */
        m.b[owner] = (uint8_t)len;
        uint8_t *exact = malloc(m.n);
        assert_non_null(exact);
        memcpy(exact, m.b, m.n);
        assert_true(read_answer(bytes_of(exact, m.n), 7, "a.test", DNS_A, &a) < 0);
        free(exact);
    }
}

static void test_D06_counts_that_lie_are_refused(void **state)
{
    struct made m;
    struct dns_answer a;
    made_start(&m, 7, "a.test", DNS_A, DNS_NOERROR);
    made_a(&m, "a.test", 1, 300);
    assert_int_equal(read_made(&m, 7, "a.test", &a), 1);
    m.b[7] = 2; /* ANCOUNT */
    assert_int_equal(read_answer(bytes_of(m.b, m.n), 7, "a.test", DNS_A, &a), HP_EPROTO);
    m.b[7] = 1;
    for (size_t n = 0; n < m.n; n++)
        assert_true(read_answer(bytes_of(m.b, n), 7, "a.test", DNS_A, &a) <= 0);
}

static void test_negative_answers_have_the_soas_ttl(void **state)
{
    struct made m;
    struct dns_answer a;
    struct dns_record soa = {.name = name_of("test"), .type = DNS_SOA, .class_ = DNS_IN, .ttl = 900, .section = DNS_AUTHORITY,
                             .target = name_of("ns.test"), .mail = name_of("x.test"), .minimum_s = 60};
    made_start(&m, 7, "no.test", DNS_A, DNS_NXDOMAIN);
    assert_true(dns_write_record(&m.w, &soa));
    assert_int_equal(read_made(&m, 7, "no.test", &a), HP_ENONAME);
    assert_int_equal(a.ttl, 60);
    made_start(&m, 7, "no.test", DNS_A, DNS_NOERROR);
    assert_true(dns_write_record(&m.w, &soa));
    assert_int_equal(read_made(&m, 7, "no.test", &a), HP_ENODATA);
    made_start(&m, 7, "no.test", DNS_A, DNS_SERVFAIL);
    assert_int_equal(read_made(&m, 7, "no.test", &a), HP_ESERVFAIL);
    made_start(&m, 7, "no.test", DNS_A, DNS_REFUSED);
    assert_int_equal(read_made(&m, 7, "no.test", &a), HP_EREFUSED);
    made_start(&m, 7, "no.test", DNS_A, DNS_NOTIMP);
    assert_int_equal(read_made(&m, 7, "no.test", &a), HP_EPROTO);
}

static void test_question_is_a_question(void **state)
{
    uint8_t b[512];
    struct dns_asked q;
    size_t n = write_question(b, sizeof b, 77, "www.example.org", DNS_AAAA);
    assert_int_equal(dns_asked_read(bytes_of(b, n), &q), 1);
    assert_int_equal(q.id, 77);
    assert_int_equal(q.q.type, DNS_AAAA);
    assert_int_equal(q.room, 1232);
    assert_true(q.edns && !q.dnssec_ok);
    struct dns_name want = name_of("www.example.org");
    assert_true(dns_name_equal(&q.q.name, &want));
    assert_true(q.recursion_desired);
}

static void reply_a(struct dns_reply *r, uint8_t last)
{
    struct dns_record a = {.name = r->asked->q.name, .type = DNS_A, .class_ = DNS_IN, .ttl = 300, .section = DNS_ANSWER, .ip = hp_ip4(192, 0, 2, last)};
    dns_reply_add(r, &a);
}

static void test_reply_round_trip(void **state)
{
    uint8_t b[512];
    struct dns_asked q;
    struct dns_answer a;
    size_t n = write_question(b, sizeof b, 5, "www.example.org", DNS_A);
    assert_int_equal(dns_asked_read(bytes_of(b, n), &q), 1);
    struct dns_reply r = dns_reply_start(b, sizeof b, &q);
    reply_a(&r, 1);
    reply_a(&r, 2);
    n = dns_reply_end(&r, DNS_NOERROR);
    assert_int_equal(read_answer(bytes_of(b, n), 5, "www.example.org", DNS_A, &a), 2);
    n = dns_reply_error(b, sizeof b, &q, DNS_NXDOMAIN);
    assert_int_equal(read_answer(bytes_of(b, n), 5, "www.example.org", DNS_A, &a), HP_ENONAME);
    r = dns_reply_start(b, sizeof b, &q);
    for (int i = 0; i < 40; i++) reply_a(&r, (uint8_t)i);       /* no room for all */
    n = dns_reply_end(&r, DNS_NOERROR);
    assert_in_range(n, sizeof b - 16, sizeof b);
    assert_int_equal(read_answer(bytes_of(b, n), 5, "www.example.org", DNS_A, &a), HP_EPROTO);
}

/* RFC 6891 6.1.1: one OPT record at most. */
static void test_two_opt_records_are_refused(void **state)
{
    struct dns_hdr h = {.id = 9};
    struct dns_question q = {name_of("a.test"), DNS_A, DNS_IN};
    struct dns_record opt = {.name = name_of("."), .type = DNS_OPT, .section = DNS_ADDITIONAL, .udp_size = 4000, .version = 1, .dnssec_ok = true};
    struct dns_asked asked;
    uint8_t b[512];
    for (int i = 1; i <= 2; i++) {
        struct dns_writer w = dns_write_start(b, sizeof b, &h);
        assert_true(dns_write_question(&w, &q));
        for (int k = 0; k < i; k++) assert_true(dns_write_record(&w, &opt));
        size_t n = dns_write_end(&w);
        assert_int_equal(dns_asked_read(bytes_of(b, n), &asked), i == 1 ? 1 : HP_EPROTO);
        assert_int_equal(asked.room, 4000);
        assert_int_equal(asked.version, 1);
        assert_true(asked.dnssec_ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_and_least_ttl),
        cmocka_unit_test(test_cname_chain_in_any_order),
        cmocka_unit_test(test_D13_chains_up_to_the_limit),
        cmocka_unit_test(test_D13_cname_loop_is_refused),
        cmocka_unit_test(test_D08_answers_to_other_questions_are_ignored),
        cmocka_unit_test(test_D09_records_about_others_are_not_believed),
        cmocka_unit_test(test_D06_counts_that_lie_are_refused),
        cmocka_unit_test(test_D20_names_of_other_lengths),
        cmocka_unit_test(test_negative_answers_have_the_soas_ttl),
        cmocka_unit_test(test_question_is_a_question),
        cmocka_unit_test(test_reply_round_trip),
        cmocka_unit_test(test_two_opt_records_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
