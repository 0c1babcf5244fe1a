/* HTTP messages: heads, framing, the chunked coding, URLs. */
#include <stdlib.h>

#include "hepta/http.h"
#include "support/test.h"

static struct hp_bytes text_bytes_of(const char *s) { return (struct hp_bytes){(const uint8_t *)s, strlen(s)}; }

static int parse(const char *s, bool response, struct hp_http_head *h)
{
    return hp_http_head_parse(text_bytes_of(s), response, h);
}

static void test_request_and_its_truncations(void **state)
{
    static const char *const text = "GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nx-two: \t v \r\n\r\nbody";
    struct hp_http_head *h = malloc(sizeof *h);
    int whole = (int)(strstr(text, "body") - text);
    assert_int_equal(parse(text, false, h), whole);
    assert_int_equal(h->header_count, 3);
    assert_memory_equal(h->method.p, "GET", 3);
    assert_memory_equal(h->target.p, "/a?b=c", 6);
    assert_int_equal(h->minor, 1);
    struct hp_bytes v = hp_http_header_find(h, "X-TWO", NULL);
    assert_int_equal(v.n, 1);
    assert_int_equal(v.p[0], 'v');
    for (int n = 0; n < whole; n++) {
        struct hp_bytes in = {(const uint8_t *)text, (size_t)n};
        assert_int_equal(hp_http_head_parse(in, false, h), 0);
    }
    free(h);
}

static void test_response(void **state)
{
    struct hp_http_head *h = malloc(sizeof *h);
    assert_true(parse("HTTP/1.1 404 Not Found\r\n\r\n", true, h) > 0);
    assert_int_equal(h->status, 404);
    assert_true(parse("HTTP/1.0 200\r\n\r\n", true, h) > 0);
    assert_int_equal(parse("HTTP/2.0 200 OK\r\n\r\n", true, h), HP_EPROTO);
    assert_int_equal(parse("HTTP/1.1 99 x\r\n\r\n", true, h), HP_EPROTO);
    assert_int_equal(parse("HTTP/1.1 2000 x\r\n\r\n", true, h), HP_EPROTO);
    free(h);
}

static void test_malformed_heads_are_refused(void **state)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\nHost: x\n\n",              /* bare LF */
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",       /* space before the colon (RFC 9112 5.1) */
        "GET / HTTP/1.1\r\n folded: x\r\n\r\n",     /* a folded line */
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 x\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET /\r\n\r\n",
    };
    struct hp_http_head *h = malloc(sizeof *h);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (parse(bad[i], false, h) != HP_EPROTO) fail_msg("taken: %s", bad[i]);
    free(h);
}

static void test_P05_header_bomb_is_refused(void **state)
{
    struct hp_http_head *h = malloc(sizeof *h);
    size_t n = 0;
    char *text = malloc(100000);
    n += (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
    for (int i = 0; i < HP_HTTP_HEADERS_MAX + 1; i++) n += (size_t)sprintf(text + n, "A%d: b\r\n", i);
    assert_int_equal(parse(text, false, h), HP_ERANGE);
    free(text);
    free(h);
}

static int framing_of(const char *headers, bool response, uint64_t *length)
{
    char text[512];
    struct hp_http_head *h = malloc(sizeof *h);
    snprintf(text, sizeof text, "%s\r\n%s\r\n", response ? "HTTP/1.1 200 OK" : "POST / HTTP/1.1", headers);
    int n = parse(text, response, h);
    assert_true(n > 0);
    int framing = hp_http_framing(h, response, length);
    free(h);
    return framing;
}

static void test_P01_content_length(void **state)
{
    uint64_t n;
    assert_int_equal(framing_of("Content-Length: 5\r\n", false, &n), HP_HTTP_LENGTH);
    assert_int_equal(n, 5);
    assert_int_equal(framing_of("Content-Length: 0\r\n", false, &n), HP_HTTP_NO_BODY);
    static const char *const bad[] = {"-1", "+5", "5 5", "", "18446744073709551616", "9223372036854775808", "0x10", "5,5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char line[64];
        snprintf(line, sizeof line, "Content-Length: %s\r\n", bad[i]);
        if (framing_of(line, false, &n) != HP_EPROTO) fail_msg("taken: %s", line);
    }
    assert_int_equal(framing_of("Content-Length: 5\r\nContent-Length: 5\r\n", false, &n), HP_EPROTO);
}

static void test_P03_smuggling_is_refused(void **state)
{
    uint64_t n;
    assert_int_equal(framing_of("Transfer-Encoding: chunked\r\n", false, &n), HP_HTTP_CHUNKED);
    assert_int_equal(framing_of("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", false, &n), HP_EPROTO);
    assert_int_equal(framing_of("Transfer-Encoding: xchunked\r\n", false, &n), HP_EPROTO);
    assert_int_equal(framing_of("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", false, &n), HP_EPROTO);
    assert_int_equal(framing_of("", true, &n), HP_HTTP_UNTIL_CLOSE);
    assert_int_equal(framing_of("", false, &n), HP_HTTP_NO_BODY);
}

/* Decodes `text` in pieces of `piece` bytes into out; answers the body's length or an error, *taken = coded bytes. */
static int64_t dechunk(const char *text, size_t piece, char *out, bool *end)
{
    struct hp_chunked c = {0};
    size_t at = 0, len = strlen(text), got = 0;
    *end = false;
    while (at < len && !*end) {
        size_t n = len - at < piece ? len - at : piece;
        struct hp_bytes data;
        int64_t took = hp_chunked_take(&c, (struct hp_bytes){(const uint8_t *)text + at, n}, &data, end);
        if (took < 0) return took;
        assert_true(took > 0 || *end);
        memcpy(out + got, data.p, data.n);
        got += data.n;
        at += (size_t)took;
    }
    return (int64_t)got;
}

static void test_chunked_in_every_piece_size(void **state)
{
    static const char *const text = "5\r\nhello\r\n6;x=\"y\"\r\n world\r\n00\r\nTrailer: z\r\n\r\n";
    char out[64];
    bool end;
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        assert_int_equal(dechunk(text, piece, out, &end), 11);
        assert_memory_equal(out, "hello world", 11);
        assert_true(end);
    }
}

static void test_P03_bad_chunks_are_refused(void **state)
{
    static const char *const bad[] = {"-5\r\nhello\r\n0\r\n\r\n", "\r\n", "g\r\n", "5\nhello", "5\r\nhelloX",
                                      "fffffffffffffffff\r\n", "5 hello\n", "0\r\nA: b\nC: d\r\n\r\n"};
    char out[64];
    bool end;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (dechunk(bad[i], 3, out, &end) != HP_EPROTO) fail_msg("taken: %s", bad[i]);
}

static void test_P03_chunk_extension_flood_is_refused(void **state)
{
    char *text = malloc(10001), out[8];
    bool end;
    memset(text, 'x', 10000);
    memcpy(text, "5;", 2);
    text[10000] = 0;
    assert_int_equal(dechunk(text, 1000, out, &end), HP_EPROTO);
    free(text);
}

static void test_urls(void **state)
{
    struct hp_url u;
    assert_int_equal(hp_url_parse("http://www.google.com", &u), HP_OK);
    assert_string_equal(u.host, "www.google.com");
    assert_string_equal(u.path, "/");
    assert_int_equal(u.port, 80);
    assert_int_equal(hp_url_parse("http://[2001:db8::1]:8080/a/b?c#d", &u), HP_OK);
    assert_string_equal(u.host, "2001:db8::1");
    assert_string_equal(u.path, "/a/b?c");
    assert_int_equal(u.port, 8080);
    assert_true(u.literal6);
    assert_int_equal(hp_url_parse("10.0.0.1/x", &u), HP_OK);
    assert_string_equal(u.path, "/x");
    assert_int_equal(hp_url_parse("host?q", &u), HP_OK);
    assert_string_equal(u.path, "/?q");
    assert_int_equal(hp_url_parse("https://x/", &u), HP_EOPNOTSUPP);
    static const char *const bad[] = {"", "http://", "http://:80/", "http://x:0/", "http://x:65536/", "http://x:8x/",
                                      "http://a b/", "http://u@h/", "http://[::1/", "http://x/a b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hp_url_parse(bad[i], &u) >= 0) fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_and_its_truncations),
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_malformed_heads_are_refused),
        cmocka_unit_test(test_P05_header_bomb_is_refused),
        cmocka_unit_test(test_P01_content_length),
        cmocka_unit_test(test_P03_smuggling_is_refused),
        cmocka_unit_test(test_chunked_in_every_piece_size),
        cmocka_unit_test(test_P03_bad_chunks_are_refused),
        cmocka_unit_test(test_P03_chunk_extension_flood_is_refused),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
