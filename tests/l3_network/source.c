/* RFC 6724 source selection: the examples of its section 10.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "l3_network/ipv6.h"

static struct source_candidate candidate(const char *text, uint16_t link, bool deprecated)
{
    struct source_candidate c = {.link = link, .deprecated = deprecated};
    assert_true(hp_prefix_parse(text, &c.address));
    return c;
}

/* `better` wins over `worse` towards dst through link 1, whichever is asked first. */
static void prefer(const char *dst_text, const char *better, const char *worse)
{
    struct hp_ip dst;
    assert_true(hp_ip_parse(dst_text, &dst));
    struct source_candidate a = candidate(better, 1, false), b = candidate(worse, 1, false);
    if (!source_better(&a, &b, &dst, 1) || source_better(&b, &a, &dst, 1))
        fail_msg("to %s: expected %s, came %s", dst_text, better, worse);
}

static void test_rfc6724_examples(void **state)
{
    (void)state;
    prefer("2001:db8:1::1", "2001:db8:3::1/64", "fe80::1/64");                /* rule 2: scope           */
    prefer("ff05::1", "2001:db8:3::1/64", "fe80::1/64");                      /* rule 2: scope           */
    prefer("fe80::1", "fe80::2/64", "2001:db8::2/64");                        /* rule 2: scope           */
    prefer("2001:db8:1::1", "2001:db8:1::1/64", "2001:db8:2::1/64");          /* rule 1: the same        */
    prefer("2001:db8:1::d5e3", "2001:db8:1::2/64", "2001:db8:3::2/64");       /* rule 8: longest match   */
    prefer("2002:c633:6401::1", "2002:c633:6401::d5e3/64", "2001:db8:1::2/64"); /* rule 6: label         */
    prefer("fd00:1::1", "fd00:2::1/64", "2001:db8::1/64");                    /* rule 6: label           */
}

static void test_deprecated_and_link_come_before_prefix(void **state)
{
    (void)state;
    struct hp_ip dst;
    assert_true(hp_ip_parse("2001:db8:1::1", &dst));
    struct source_candidate near = candidate("2001:db8:1::2/64", 1, true), far = candidate("2001:db8:9::2/64", 1, false);
    assert_true(source_better(&far, &near, &dst, 1));
    near.deprecated = false;
    assert_true(source_better(&near, &far, &dst, 1));
    near.link = 2;
    assert_true(source_better(&far, &near, &dst, 1));
}

/* RFC 6724 2.2: what is beyond the source's own prefix does not count. */
static void test_match_is_capped_by_prefix(void **state)
{
    (void)state;
    struct hp_ip dst;
    assert_true(hp_ip_parse("2001:db8:1::ffff", &dst));
    struct source_candidate a = candidate("2001:db8:1::fffe/64", 1, false), b = candidate("2001:db8:1::1/64", 1, false);
    assert_false(source_better(&a, &b, &dst, 1));
    assert_false(source_better(&b, &a, &dst, 1));
}

static void test_scopes_and_precedence(void **state)
{
    (void)state;
    static const struct { const char *ip; unsigned scope, precedence; } cases[] = {
        {"::1", 2, 50}, {"fe80::1", 2, 40}, {"fec0::1", 5, 1}, {"fd00::1", 14, 3}, {"2001:db8::1", 14, 40},
        {"ff02::1", 2, 40}, {"ff01::1", 1, 40}, {"ff0e::1", 14, 40}, {"2001::1", 14, 5}, {"2002::1", 14, 30},
        {"10.0.0.1", 14, 35}, {"169.254.0.1", 2, 35},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hp_ip ip;
        assert_true(hp_ip_parse(cases[i].ip, &ip));
        if (source_scope(&ip) != cases[i].scope || source_precedence(&ip) != cases[i].precedence)
            fail_msg("%s: expected scope %u precedence %u, came %u %u", cases[i].ip, cases[i].scope, cases[i].precedence,
                     source_scope(&ip), source_precedence(&ip));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc6724_examples),
        cmocka_unit_test(test_deprecated_and_link_come_before_prefix),
        cmocka_unit_test(test_match_is_capped_by_prefix),
        cmocka_unit_test(test_scopes_and_precedence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
