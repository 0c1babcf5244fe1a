/* A style sheet, any bytes, on a small document: parsing, the cascade, and what layout makes of the values. */
#include "browser/page.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FUZZ_UNIT = 64 };

static const char fuzz_document[] =
    "<html><body id=b class='a b c'><h1 class=a>x</h1><div class=b><p>text <b>bold <i>both</i></b> <a href=/>link</a></p><ul><li>one<li>two</ul></div><table class=c><tr><td>1<td "
    "colspan=2>2<tr><td>3<td>4<td>5</table><div class=d><span>a</span><span>b</span><img src=x></div><form><input><button>go</button><textarea>t</textarea></form><pre>a\tb\nc</pre>";

static dim fuzz_measure(void *ctx, const struct style *s, const char *text, size_t n) { return (dim)n * s->font_size / 2; }

static void fuzz_metrics(void *ctx, const struct style *s, dim *ascent, dim *descent)
{
    *ascent = s->font_size * 4 / 5;
    *descent = s->font_size / 5;
}

static bool fuzz_picture(void *ctx, const struct node *n, dim *w, dim *h)
{
    *w = *h = 50 * FUZZ_UNIT;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena arena = {.max = RENDER_MEMORY_MAX};
    struct sheet own = {.arena = &arena}, author = {.arena = &arena};
    struct node *root = html_parse(&arena, fuzz_document, sizeof fuzz_document - 1, NULL);
    struct device d = {.media = {.unit = FUZZ_UNIT, .width = 800 * FUZZ_UNIT, .height = 600 * FUZZ_UNIT}, .pictures = true, .measure = fuzz_measure,
                       .metrics = fuzz_metrics, .picture = fuzz_picture};
    struct layout l = {.arena = &arena, .device = &d, .bottom_max = 8000 * FUZZ_UNIT};
    css_parse(&own, sheet_screen, strlen(sheet_screen));
    css_parse(&author, (const char *)data, n);
    css_parse_declarations(&arena, (const char *)data, n);
    if (!root || !css_cascade(&arena, root, &own, &author, &d.media)) abort();
    struct box *top = layout_page(&l, root);
    if (!top || top->w != d.media.width || top->h < 0) abort();
    arena_free(&arena);
    return 0;
}
