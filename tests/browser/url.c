/* Resolving references: the examples of RFC 3986 5.4, and what pages write. */
#include "browser/url.h"
#include "support/test.h"

static const char *resolved(const char *base, const char *reference)
{
    static char out[URL_MAX];
    return url_resolve(base, reference, out, sizeof out) ? out : "(none)";
}

static void test_examples_of_rfc3986(void **state)
{
    static const char *const example[][2] = {
        {"g:h", "g:h"}, {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"}, {"/g", "http://a/g"}, {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"}, {"g?y#s",
            "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"}, {"g;x", "http://a/b/c/g;x"}, {"g;x?y#s", "http://a/b/c/g;x?y#s"}, {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"}, {"..", "http://a/b/"}, {"../", "http://a/b/"}, {"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../", "http://a/"},
        {"../../g", "http://a/g"}, {"../../../g", "http://a/g"}, {"../../../../g", "http://a/g"}, {"/./g", "http://a/g"}, {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."}, {".g", "http://a/b/c/.g"}, {"g..", "http://a/b/c/g.."}, {"..g", "http://a/b/c/..g"}, {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"}, {"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"}, {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"}, {"g?y/./x", "http://a/b/c/g?y/./x"}, {"g?y/../x", "http://a/b/c/g?y/../x"}, {"g#s/../x", "http://a/b/c/g#s/../x"}};
    for (size_t i = 0; i < sizeof example / sizeof *example; i++) assert_string_equal(resolved("http://a/b/c/d;p?q", example[i][0]), example[i][1]);
}

static void test_what_pages_write(void **state)
{
    assert_string_equal(resolved("http://a", "b"), "http://a/b");
    assert_string_equal(resolved("http://a/x", " b c\n"), "http://a/b%20c");
    assert_string_equal(resolved("http://a/", "한.png"), "http://a/%ED%95%9C.png");
    assert_string_equal(resolved("http://a/", "%41"), "http://a/%41");
    assert_string_equal(resolved("http://a/", "mailto:x@y"), "mailto:x@y");
    assert_string_equal(resolved("file:///home/page.html", "images/../style.css"), "file:///home/style.css");
}

static void test_what_is_no_url(void **state)
{
    static char longer[2 * URL_MAX];
    char small[16];
    memset(longer, 'x', sizeof longer - 1);
    assert_string_equal(resolved("http://a/", longer), "(none)");
    assert_string_equal(resolved("a/b", "c"), "(none)");
    assert_false(url_resolve("http://a/b/c", "not-so-short", small, sizeof small));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_examples_of_rfc3986), cmocka_unit_test(test_what_pages_write),
        cmocka_unit_test(test_what_is_no_url)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
