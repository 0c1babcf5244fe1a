/* Names beyond ASCII: examples of RFC 3492 and UTS 46, and what is no name. */
#include "browser/idn.h"
#include "support/test.h"

static const char *ascii(const char *url)
{
    static char out[300];
    const char *why = "";
    return idn_url(url, out, sizeof out, &why) ? out : "(none)";
}

static void test_names_become_ascii(void **state)
{
    static const char *const example[][2] = {
        {"http://한국.com/길", "http://xn--3e0b707e.com/길"}, {"한국.com", "xn--3e0b707e.com"},
        {"http://%ED%95%9C%EA%B5%AD.com:8080/?q=한", "http://xn--3e0b707e.com:8080/?q=한"},
        {"http://BÜCHER.example", "http://xn--bcher-kva.example"}, {"faß.de/", "xn--fa-hia.de/"}, {"http://www.한국。com", "http://www.xn--3e0b707e.com"},
        {"http://www%2Eexample.test/%41", "http://www.example.test/%41"}, {"/a?u=http://한국.com/", "/a?u=http://한국.com/"}};
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) assert_string_equal(ascii(example[i][0]), example[i][1]);
}

static void test_ascii_stays(void **state)
{
    static const char *const same[] = {"", "www.example.test", "http://_srv.A-b.example:80/%ED?x#y", "http://[fe80::1]:80/", "10.0.0.1", "http://user@host/",
        "xn--3e0b707e.com", "//x"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) assert_string_equal(ascii(same[i]), same[i]);
}

static void test_what_is_no_name(void **state)
{
    static const char *const bad[] = {"http://\xff\xfe.com/", "a%2Fb", "a%zz", "a%4", "a%", "a%00b", "a%20b", "a%40b", "한 국.com", "\u202e한국.com", "a%3A80"};
    char small[8], out[64];
    const char *why = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_string_equal(ascii(bad[i]), "(none)");
    assert_false(idn_url("http://한국.com/", small, sizeof small, &why));
    assert_non_null(why);
    assert_false(idn_host("www.example.test", small, sizeof small, &why));
    assert_false(idn_shown("xn--3e0b707e.com", small, sizeof small));
    assert_true(idn_host("한국.com", out, sizeof out, &why));
    assert_string_equal(out, "xn--3e0b707e.com");
}

static void test_names_are_shown(void **state)
{
    char out[64];
    assert_true(idn_shown("www.xn--3e0b707e.com", out, sizeof out));
    assert_string_equal(out, "www.한국.com");
    assert_false(idn_shown("www.example.test", out, sizeof out));
    assert_false(idn_shown("xn--999999999.test", out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_become_ascii), cmocka_unit_test(test_ascii_stays), cmocka_unit_test(test_what_is_no_name),
        cmocka_unit_test(test_names_are_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
