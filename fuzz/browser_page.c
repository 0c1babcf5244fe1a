/* A page, any bytes: tree, styles, boxes in cells and in pixels, text.  The same page gives the same text twice, and no control characters. */
#include "browser/page.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FUZZ_UNIT = 64 };

static dim fuzz_measure(void *ctx, const struct style *s, const char *text, size_t n) { return (dim)n * s->font_size / 2; }

static void fuzz_metrics(void *ctx, const struct style *s, dim *ascent, dim *descent)
{
    *ascent = s->font_size * 4 / 5;
    *descent = s->font_size / 5;
}

static bool fuzz_picture(void *ctx, const struct node *n, dim *w, dim *h)
{
    *w = 100 * FUZZ_UNIT;
    *h = 50 * FUZZ_UNIT;
    return true;
}

static void fuzz_pixels(struct page *p)
{
    struct arena arena = {.max = RENDER_MEMORY_MAX};
    struct device d = {.media = {.unit = FUZZ_UNIT, .width = 800 * FUZZ_UNIT, .height = 600 * FUZZ_UNIT}, .pictures = true, .measure = fuzz_measure,
                       .metrics = fuzz_metrics, .picture = fuzz_picture};
    struct layout l = {.arena = &arena, .device = &d, .bottom_max = 8000 * FUZZ_UNIT};
    page_layout(p, &l, sheet_screen);
    arena_free(&arena);
}

static char *fuzz_text(struct page *p, size_t *n)
{
    struct page_text_options o = {.width = 60};
    char *text = NULL;
    FILE *f = open_memstream(&text, n);
    if (!f || page_text(p, &o, f)) abort();
    fclose(f);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct page *p;
    size_t first_n, second_n;
    if (page_parse("http://www.example.test/a/b", NULL, data, n, &p)) abort();
    fuzz_pixels(p);
    char *first = fuzz_text(p, &first_n), *second = fuzz_text(p, &second_n);
    if (first_n != second_n || memcmp(first, second, first_n) != 0) abort();
    for (size_t i = 0; i < first_n; i++)
        if (((unsigned char)first[i] < ' ' && first[i] != '\n') || first[i] == 127) abort();
    free(first);
    free(second);
    page_free(p);
    return 0;
}
