/* UTF-8: every character both ways, what is none, and widths. */
#include "core/utf8.h"

#include "support/test.h"

static void test_every_character_both_ways(void **state)
{
    for (uint32_t code = 0; code <= 0x110000; code++) {
        char out[4];
        uint32_t back = 0;
        size_t n = utf8_put(out, code);
        bool there = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
        assert_int_equal(n != 0, there);
        if (!n) continue;
        assert_int_equal(utf8_take(out, 4, &back), n);
        assert_int_equal(back, code);
        for (size_t cut = 0; cut < n; cut++) assert_int_equal(utf8_take(out, cut, &back), 0);
    }
}

static void test_what_is_none(void **state)
{
    static const char *const wrong[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                        "\xff", "\xc3\x28", "\xe3\x81", "\xf8\x88\x80\x80\x80"};
    uint32_t code;
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_int_equal(utf8_take(wrong[i], strlen(wrong[i]), &code), 0);
}

static void test_cells(void **state)
{
    static const struct { const char *text; size_t cells; } cases[] = {
        {"", 0}, {"abc", 3}, {"가나다", 6}, {"가a", 3}, {"é", 1}, {"e\xcc\x81", 1}, {"漢字", 4}, {"ｱ", 1}, {"Ａ", 2}, {"😀", 2}, {"─", 1}, {"\xff\xfe", 2},
        {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 2} /* 한 in its parts */};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_text_cells(cases[i].text, strlen(cases[i].text)), cases[i].cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_character_both_ways),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
