/* Messages say what printf would say. */
#include "core/text.h"

#include "support/test.h"

static void __attribute__((format(printf, 1, 2))) same(const char *format, ...)
{
    char ours[200], theirs[200];
    struct text t = text_of(ours, sizeof ours);
    va_list args;
    va_start(args, format);
    text_format(&t, format, args);
    va_end(args);
    va_start(args, format);
    vsnprintf(theirs, sizeof theirs, format, args);
    va_end(args);
    assert_string_equal(ours, theirs);
}

static void test_as_printf_says(void **state)
{
    same("nothing to put in, 100%%");
    same("%s", "");
    same("host \"%s\" has %u and %d, %c", "가", 7u, -3, 'x');
    same("%.*s|%.*s|%.*s", 2, "abc", 0, "abc", 9, "abc");
    same("%ld %lld %lu %llu %zu", LONG_MIN, LLONG_MAX, ULONG_MAX, ULLONG_MAX, (size_t)12);
    same("%x %lx %llx %x", 0u, 0xabcdeful, ULLONG_MAX, 16u);
    same("%i%i", 1, 2);
}

static void test_what_does_not_fit_is_left_out(void **state)
{
    char buf[8];
    struct text t = text_of(buf, sizeof buf);
    va_list none;
    memset(&none, 0, sizeof none);
    text_format(&t, "a long message", none);
    assert_string_equal(buf, "a long ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_printf_says),
        cmocka_unit_test(test_what_does_not_fit_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
