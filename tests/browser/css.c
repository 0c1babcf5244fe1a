/* Which rules match, in which order they count, and what the values compute to. */
#include "browser/css.h"
#include "support/test.h"

static struct arena arena;

/* The style of the first <p> of a document under a sheet. */
static const struct style *styled(const char *html, const char *css)
{
    static const struct media screen = {.unit = 64, .width = 800 * 64, .height = 600 * 64};
    arena_free(&arena);
    arena.max = 64 << 20;
    struct sheet own = {.arena = &arena}, author = {.arena = &arena};
    struct node *root = html_parse(&arena, html, strlen(html), NULL);
    css_parse(&own, sheet_screen, strlen(sheet_screen));
    css_parse(&author, css, strlen(css));
    assert_non_null(root);
    assert_true(css_cascade(&arena, root, &own, &author, &screen));
    struct node *p = node_find(root, TAG_P);
    assert_non_null(p);
    return p->style;
}

static uint32_t color(const char *html, const char *css) { return styled(html, css)->color & 0xffffff; }

static void test_selectors(void **state)
{
    static const char html[] = "<div id=d class='x y'><h1>h</h1><p class=k title='a b'>p</p></div>";
    static const char *const match[] = {"p", "*", ".k", "p.k", "#d p", "div > p", "h1 + p", "h1 ~ p", ".x.y p", "[title]", "p[title='a b']",
        "p[title~=b]", "p[title^=a]", "p[title$=b]",
                                        "p[title*=' ']", "p:last-child", "body div p", "html>body>div>p", "P", "q, p", "p:nth-child(even)", "div#d.x > p.k"};
    static const char *const miss[] = {"q", ".K", "#p", "body > p", "p + h1", "p p", ".x .k .y", "[name]", "p[title=a]", "p:first-child", "p:hover",
        "p::before", "p:nth-child(odd)", "p,,q", "p>", "p:link"};
    char css[128];
    for (size_t i = 0; i < sizeof match / sizeof *match; i++) {
        snprintf(css, sizeof css, "%s{color:#123456}", match[i]);
        if (color(html, css) != 0x123456) fail_msg("%s does not match", match[i]);
    }
    for (size_t i = 0; i < sizeof miss / sizeof *miss; i++) {
        snprintf(css, sizeof css, "%s{color:#123456}", miss[i]);
        if (color(html, css) == 0x123456) fail_msg("%s matches", miss[i]);
    }
}

static void test_order(void **state)
{
    assert_int_equal(color("<p class=a id=b>", "#b{color:#000001}.a{color:#000002}p{color:#000003}"), 1);
    assert_int_equal(color("<p class=a>", "p{color:#000001}p{color:#000002}"), 2);
    assert_int_equal(color("<p class=a>", "p{color:#000001!important}.a{color:#000002}"), 1);
    assert_int_equal(color("<p style='color:#000003'>", "p{color:#000001}"), 3);
    assert_int_equal(color("<p style='color:#000003'>", "p{color:#000001 ! important}"), 1);
    assert_int_equal(color("<div><p>", "div{color:#000004}"), 4);
}

static void test_what_makes_no_sense_is_skipped(void **state)
{
    assert_int_equal(color("<p>", "@media print{p{color:#000001}}p{color:#000002}"), 2);
    assert_int_equal(color("<p>", "@media screen{p{color:#000001}}"), 1);
    assert_int_equal(color("<p>", "@media (min-width:9px){q{x:y}p{color:#000001}}@import 'x;y';@font-face{src:url(a})}p{color:#000002}"), 2);
    assert_int_equal(color("<p>", "p{color:#000001;color:calc(1 + 1);color:;color:blau;}"), 1);
    assert_int_equal(color("<p>", "q{color:red;{x:y};}p{color:#000002}"), 2);
    assert_int_equal(color("<p>", "<!-- /* } */ p{color/**/:/**/#000003} -->"), 3);
    assert_int_equal(color("<p>", "p{color:#000004"), 4);
    assert_int_equal(color("<p>", "}}p{color:#000005}"), 5);
}

static void test_values(void **state)
{
    const struct style *s = styled("<p>",
        "html{font-size:20px}p{font-size:.5em;margin:1px 2em 3% auto;padding:1rem;border:2px solid;line-height:1.5;width:50%}");
    assert_int_equal(s->font_size, 10 * 64);
    assert_int_equal(s->margin[SIDE_TOP].v, 64);
    assert_int_equal(s->margin[SIDE_RIGHT].v, 20 * 64);
    assert_int_equal(s->margin[SIDE_BOTTOM].kind, LENGTH_PERCENT);
    assert_int_equal(s->margin[SIDE_LEFT].kind, LENGTH_AUTO);
    assert_int_equal(s->padding[SIDE_LEFT].v, 20 * 64);
    assert_int_equal(s->border_width[SIDE_LEFT], 2 * 64);
    assert_int_equal(s->border_color[SIDE_LEFT], s->color);
    assert_int_equal(s->line_height, 1500);
    assert_int_equal(s->width.v, 50000);
    assert_int_equal(styled("<p>", "p{border:3px none red}")->border_width[0], 0);
    assert_int_equal(styled("<p>", "p{font:italic bold 12px/2 serif}")->font_weight, 700);
    assert_int_equal(styled("<p>", "p{margin:1px 2px 3px 4px 5px}")->margin[SIDE_TOP].v, 16 * 64);
}

static void test_colors(void **state)
{
    static const struct {
        const char *text;
        uint32_t color;
    } good[] = {{"#abc", 0xffaabbcc}, {"#abcd", 0xddaabbcc}, {"#0a1B2c", 0xff0a1b2c}, {"RED", 0xffff0000}, {"transparent", 0}, {"rgb(1,2,3)", 0xff010203},
                {"rgba(255, 0, 0, .5)", 0x80ff0000}, {"rgb(100% 0% 50%)", 0xffff0080}, {"rgb(300,-5,0)", 0xffff0000}};
    static const char *const bad[] = {"", "#", "#ab", "#abcde", "#ggg", "rgb(1,2)", "rgb(", "reddish", "rgb(a,b,c)"};
    uint32_t c;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(css_color_parse(good[i].text, strlen(good[i].text), &c));
        assert_int_equal(c, good[i].color);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(css_color_parse(bad[i], strlen(bad[i]), &c));
}

static void test_hints_count_less_than_rules(void **state)
{
    assert_int_equal(styled("<p align=right>", "")->text_align, ALIGN_RIGHT);
    assert_int_equal(styled("<p align=right>", "p{text-align:center}")->text_align, ALIGN_CENTER);
    assert_int_equal(color("<font color=#000007><p>", ""), 7);
    assert_int_equal(styled("<p hidden>", "")->display, DISPLAY_NONE);
    assert_int_equal(styled("<p align='right;display:none'>", "")->display, DISPLAY_BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_selectors), cmocka_unit_test(test_order), cmocka_unit_test(test_what_makes_no_sense_is_skipped),
                                       cmocka_unit_test(test_values), cmocka_unit_test(test_colors), cmocka_unit_test(test_hints_count_less_than_rules)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return failed;
}
