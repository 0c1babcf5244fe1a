/* Pages that want too much: whatever comes, a page is shown as far as it goes, in bounded memory, and nothing but text reaches the terminal. */
#include "browser/page.h"

#include <stdlib.h>
#include <zlib.h>

#include "browser/gunzip.h"
#include "support/pair.h"
#include "support/test.h"

static struct page *page_of(const char *text, size_t n)
{
    struct page *p;
    assert_int_equal(page_parse("http://www.example.test/", NULL, text, n, &p), HP_OK);
    return p;
}

static char *text_of_page(struct page *p)
{
    struct page_text_options o = {.width = 60, .styles = false};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_int_equal(page_text(p, &o, f), HP_OK);
    fclose(f);
    return text;
}

/* `what` so many times, and a word behind it. */
static struct page *page_of_many(const char *what, size_t times)
{
    size_t n = strlen(what), all = n * times + 4;
    char *text = malloc(all + 1);
    assert_non_null(text);
    for (size_t i = 0; i < times; i++) memcpy(text + i * n, what, n);
    strcpy(text + n * times, "word");
    struct page *p = page_of(text, all);
    free(text);
    return p;
}

static int depth_of(const struct node *n)
{
    int deepest = 0;
    for (const struct node *at = n; at; at = node_next((struct node *)(uintptr_t)at, (struct node *)(uintptr_t)n)) {
        int depth = 0;
        for (const struct node *up = at; up; up = up->parent) depth++;
        if (depth > deepest) deepest = depth;
    }
    return deepest;
}

static void test_B01_elements_in_elements(void **state)
{
    static const char *const tags[] = {"<div>", "<b>", "<ul><li>", "<table><tr><td>", "<p><span>", "<font><a>"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct page *p = page_of_many(tags[i], 20000);
        assert_in_range(depth_of(p->root), 2, HTML_DEPTH_MAX + 4);
        char *text = text_of_page(p);
        assert_true(strstr(text, "word") || i == 2); /* a list in lists runs out at the right */
        assert_true(page_is_cut(p));
        free(text);
        page_free(p);
    }
}

static void test_B02_pages_without_end(void **state)
{
    struct page *p = page_of_many("<i>x</i>", HTML_NODES_MAX);
    assert_true(page_is_cut(p));
    page_free(p);
    p = page_of_many("<p>0123456789", HTML_BYTES_MAX / 8);
    assert_true(page_is_cut(p));
    page_free(p);
    p = page_of_many("<a href=x>y</a>", PAGE_LINKS_MAX + 100);
    assert_int_equal(page_links(p), PAGE_LINKS_MAX);
    page_free(p);
    char text[200 * (PAGE_RESOURCES_MAX + 10)], *at = text;
    for (int i = 0; i < PAGE_RESOURCES_MAX + 10; i++) at += sprintf(at, "<img src=http://www.example.test/%d.png>", i);
    p = page_new();
    struct resource *r = page_add_resource(p, PAGE_DOCUMENT, "http://www.example.test/");
    assert_int_equal(resource_take(p, r, text, (size_t)(at - text), PAGE_DOCUMENT_MAX), HP_OK);
    assert_true(page_read_document(p, NULL));
    assert_int_equal(page_resources(p), PAGE_RESOURCES_MAX);
    assert_true(page_is_cut(p));
    page_free(p);
}

/* Ten megabytes of zeros in ten kilobytes. */
static void test_B03_content_codings_that_unfold(void **state)
{
    uLong plain = 10 << 20, room = compressBound(plain);
    uint8_t *zeros = calloc(1, plain), *packed = malloc(room);
    assert_non_null(zeros);
    assert_non_null(packed);
    assert_int_equal(compress2(packed, &room, zeros, plain, 9), Z_OK);
    struct page *p = page_new();
    struct resource *r = page_add_resource(p, PAGE_DOCUMENT, "http://www.example.test/");
    strcpy(r->encoding, "deflate");
    assert_int_equal(resource_take(p, r, packed, room, PAGE_DOCUMENT_MAX), HP_OK);
    resource_decode(p, r);
    assert_int_equal(r->info.err, HP_EPROTO);
    assert_int_equal(r->n, PAGE_DOCUMENT_MAX);
    assert_true(page_is_cut(p));
    page_free(p);
    free(zeros);
    free(packed);
}

/* ---- pictures ---- */

static void put32_be(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static size_t png_chunk(uint8_t *to, const char *type, const uint8_t *data, size_t n)
{
    put32_be(to, (uint32_t)n);
    memcpy(to + 4, type, 4);
    if (n) memcpy(to + 8, data, n);
    put32_be(to + 8 + n, (uint32_t)crc32(0, to + 4, (uInt)n + 4));
    return n + 12;
}

/* A grey picture of this size, or one that only says so. */
static uint8_t *png_of(uint32_t width, uint32_t height, bool honest, size_t *n)
{
    uint8_t head[13] = {[8] = 1, [9] = 0}; /* a bit for each pixel */
    uLong rows = honest ? (uLong)height * (1 + (width + 7) / 8) : 10, room = compressBound(rows);
    uint8_t *zeros = calloc(1, rows), *packed = malloc(room), *png = malloc(room + 100);
    assert_true(zeros && packed && png);
    put32_be(head, width);
    put32_be(head + 4, height);
    assert_int_equal(compress2(packed, &room, zeros, rows, 9), Z_OK);
    memcpy(png, "\x89PNG\r\n\x1a\n", 8);
    *n = 8;
    *n += png_chunk(png + *n, "IHDR", head, sizeof head);
    *n += png_chunk(png + *n, "IDAT", packed, room);
    *n += png_chunk(png + *n, "IEND", NULL, 0);
    free(zeros);
    free(packed);
    return png;
}

static void test_B04_pictures_larger_than_they_look(void **state)
{
    static const struct { uint32_t width, height; bool honest, read; } sizes[] = {
        {1, 1, true, true}, {640, 480, true, true}, {0, 5, false, false}, {8193, 1, false, false}, {1, 8193, false, false}, {8192, 8192, false, false},
        {0x7fffffff, 0x7fffffff, false, false}, {0xffffffff, 1, false, false}, {65536, 65536, false, false}, {640, 480, false, false}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n;
        uint8_t *png = png_of(sizes[i].width, sizes[i].height, sizes[i].honest, &n);
        struct image *image = image_read(png, n, IMAGE_PIXELS_MAX);
        if ((image != NULL) != sizes[i].read) fail_msg("%u x %u", sizes[i].width, sizes[i].height);
        image_free(image);
        for (size_t cut = 0; cut < n && n < 500; cut++) image_free(image_read(png, cut, IMAGE_PIXELS_MAX));
        free(png);
    }
}

/* Each is small enough, and small on the wire; together they would be gigabytes. */
static void test_B04_many_pictures(void **state)
{
    size_t n;
    uint64_t pixels = 0;
    uint8_t *png = png_of(4096, 4096, true, &n);
    char url[64];
    struct page *p = page_new();
    assert_true(n < 20000);
    for (int i = 0; i < 8; i++) {
        snprintf(url, sizeof url, "http://www.example.test/%d.png", i);
        struct resource *r = page_add_resource(p, PAGE_PICTURE, url);
        assert_int_equal(resource_take(p, r, png, n, PAGE_RESOURCE_MAX), HP_OK);
        page_read_picture(p, r);
        if (r->image) pixels += (uint64_t)r->image->width * (uint64_t)r->image->height;
        assert_int_equal(r->info.err, r->image ? HP_OK : HP_EPROTO);
    }
    assert_in_range(pixels, PAGE_PIXELS_MAX / 2, PAGE_PIXELS_MAX);
    page_free(p);
    free(png);
}

/* ---- redirects ---- */

struct server {
    struct pair p;
    const char *location;               /* where it redirects to; NULL: it has a page */
    unsigned asked, coded;              /* coded: the number of the answer with an unknown coding */
    struct page *page;
    int err;
    bool ended;
};

/* The answer to the next question. */
static int server_answer(struct server *v, const char *question, char *out, size_t n)
{
    static const char *const page = "<p>shown<img src=/picture>";
    if (v->location)
        return snprintf(out, n, "HTTP/1.1 302 Found\r\nLocation: %s%u\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", v->location, v->asked++);
    const char *coding = v->asked++ == v->coded ? "Content-Encoding: br\r\n" : "";
    return snprintf(out, n, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n%s", coding,
                    strlen(page), strncmp(question, "GET / ", 6) == 0 ? page : "no picture at all, but 26.");
}

static void server_answers(struct hp_stack *s, void *arg)
{
    struct server *v = arg;
    struct hp_sock *listener, *sock;
    struct hp_endpoint at = {.port = 80};
    char in[2000], out[400];
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &listener), HP_OK);
    assert_int_equal(hp_bind(listener, &at), HP_OK);
    assert_int_equal(hp_listen(listener, 8), HP_OK);
    while (hp_accept(listener, &sock, NULL) == HP_OK) {
        int64_t n = hp_recv(sock, in, sizeof in - 1, 0);
        in[n > 0 ? n : 0] = 0;
        int length = server_answer(v, in, out, sizeof out);
        if (n > 0) hp_send(sock, out, (size_t)length, 0);
        hp_close(sock);
    }
    hp_close(listener);
}

static void client_loads(struct hp_stack *s, void *arg)
{
    struct server *v = arg;
    struct hp_resolver none = {.server_count = 0};
    v->err = page_load(s, &none, "http://10.0.0.2/", NULL, &v->page);
    v->ended = true;
}

static bool client_ended(void *ctx) { return ((struct server *)ctx)->ended; }

static void server_run(struct server *v)
{
    assert_true(pair_open(&v->p, 7));
    assert_int_equal(hp_spawn(v->p.b.stack, "server", server_answers, v, 0), HP_OK);
    assert_int_equal(hp_spawn(v->p.a.stack, "client", client_loads, v, 256 * 1024), HP_OK);
    assert_true(pair_run(&v->p, HP_S(60), client_ended, v));
}

/* What cannot be unpacked is an error, of the page or of what it shows, and nothing of it is shown. */
static void test_codings_that_are_not_known(void **state)
{
    for (unsigned coded = 0; coded < 2; coded++) {
        struct server *v = calloc(1, sizeof *v);
        assert_non_null(v);
        v->coded = coded;
        server_run(v);
        const struct page_resource *r = page_resource(v->page, (int)coded);
        assert_int_equal(v->err, coded ? HP_OK : HP_EPROTO);
        assert_int_equal(page_resources(v->page), coded + 1);
        assert_int_equal(r->err, HP_EPROTO);
        assert_non_null(strstr(r->error, "packed with br, which cannot be unpacked"));
        if (!coded) assert_non_null(strstr(page_error(v->page), "packed with br"));
        assert_int_equal(page_resource_body(v->page, (int)coded).n, 0);
        page_free(v->page);
        pair_close(&v->p);
        free(v);
    }
}

/* More than the browser's bounds: as far as it goes, and it is known that it was cut. */
static void test_a_page_larger_than_the_bounds(void **state)
{
    enum { PARAGRAPHS = 40000 };
    char *text = malloc(PARAGRAPHS * 8 + 1), *at = text;
    assert_non_null(text);
    for (int i = 0; i < PARAGRAPHS; i++) at += sprintf(at, "<p>x</p>");
    for (size_t n = 8; n <= (size_t)(at - text); n *= 5000) {
        struct page *p = page_of(text, n);
        char *shown = text_of_page(p);
        assert_int_equal(page_is_cut(p), false);
        assert_non_null(strchr(shown, 'x'));
        free(shown);
        page_free(p);
    }
    struct page *p = page_of(text, (size_t)(at - text));
    char *shown = text_of_page(p);
    assert_true(page_is_cut(p));
    assert_true(strlen(shown) > 10000);
    free(shown);
    page_free(p);
    free(text);
}

static void test_B05_redirects(void **state)
{
    static const struct { const char *location, *error; unsigned asked; } ways[] = {
        {"http://10.0.0.2/", "redirected too often", PAGE_REDIRECTS_MAX + 1}, {"/", "redirected too often", PAGE_REDIRECTS_MAX + 1},
        {"file:///etc/passwd?", "", 1}, {"ftp://10.0.0.2/", "", 1}, {"javascript:alert", "", 1}, {"https://10.0.0.2/", "", 1}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct server *v = calloc(1, sizeof *v);
        assert_non_null(v);
        v->location = ways[i].location;
        server_run(v);
        if (!v->err || v->asked != ways[i].asked || !strstr(page_error(v->page), ways[i].error))
            fail_msg("%s: %u questions, \"%s\"", ways[i].location, v->asked, page_error(v->page));
        assert_int_equal(page_resources(v->page), 1);
        assert_int_equal(page_resource_body(v->page, 0).n, 0);
        page_free(v->page);
        pair_close(&v->p);
        free(v);
    }
}

/* ---- the terminal ---- */

static bool is_control(const char *c)
{
    return (uint8_t)c[0] < ' ' || c[0] == 127 || ((uint8_t)c[0] == 0xc2 && (uint8_t)c[1] < 0xa0);
}

static void test_B06_control_characters(void **state)
{
    static const char text[] = "<title>a\033]0;x\007b&#27;[2J&#x9b;c</title><p>d\033[31me&#27;]8;;http://x\007f&#x9b;31m&#0;&#8;\177g"
                               "<img alt='h\033[2J&#27;c'><a href='http://x/\033[2J&#27;'>i</a><pre>j\r\033k</pre><input value='l&#27;m'>";
    struct page *p = page_of(text, sizeof text - 1);
    char *shown = text_of_page(p);
    for (const char *c = shown; *c; c++)
        if (is_control(c) && *c != '\n') fail_msg("byte %u in %s", (uint8_t)*c, shown);
    for (const char *c = page_title(p); *c; c++)
        if (is_control(c)) fail_msg("byte %u in the title", (uint8_t)*c);
    for (int i = 0; i < page_links(p); i++)
        for (const char *c = page_link(p, i); *c; c++) assert_in_range((unsigned char)*c, '!', '~');
    free(shown);
    page_free(p);
}

/* ---- sizes that pages ask for ---- */

static void test_B07_sizes_and_spans(void **state)
{
    static const char text[] =
        "<style>p{width:1e30px;margin:-99999999999px;padding:2147483647px;font-size:1e9px;line-height:1e9}</style><p>a</p>"
        "<table width=99999999999><tr><td colspan=4294967295 rowspan=2147483647>b<td width='1e99%'>c</table><img width=2147483647 height=2147483647 alt=d>"
        "<ol start=2147483647><li>e<li>f</ol><hr width=99999999999><textarea rows=99999999 cols=99999999>g</textarea><font size=999999999>h</font>";
    struct page *p = page_of(text, sizeof text - 1);
    struct page_png_options o = {.width = 300, .height_max = 2000};
    uint8_t *png = NULL;
    size_t n = 0;
    char *shown = text_of_page(p);
    assert_non_null(strchr(shown, 'c'));
    assert_true(strlen(shown) < 1 << 20);
    assert_int_equal(page_png_bytes(p, &o, &png, &n), HP_OK);
    struct image *image = image_read(png, n, IMAGE_PIXELS_MAX);
    assert_non_null(image);
    assert_in_range(image->height, 1, 2000);
    image_free(image);
    free(png);
    free(shown);
    page_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_B01_elements_in_elements), cmocka_unit_test(test_B02_pages_without_end),
        cmocka_unit_test(test_B03_content_codings_that_unfold), cmocka_unit_test(test_B04_pictures_larger_than_they_look),
        cmocka_unit_test(test_B04_many_pictures), cmocka_unit_test(test_codings_that_are_not_known),
        cmocka_unit_test(test_a_page_larger_than_the_bounds), cmocka_unit_test(test_B05_redirects), cmocka_unit_test(test_B06_control_characters),
        cmocka_unit_test(test_B07_sizes_and_spans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
