/* The HTTP client against a server that plays scripts: every way to end a body, and every way to lie about it. */
#include "hepta/http.h"

#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

enum { SCRIPTS_MAX = 8, BODY_MAX = 100000 };

struct scene {
    struct pair p;
    const char *script[SCRIPTS_MAX];    /* what the server says on its first, second, ... connection */
    bool reset;                         /* then it ends the connection with a reset */
    hp_time hold;                       /* it stays for so long before it closes */
    size_t piece;                       /* bytes at once; 0 = all */
    int scripts, connections;
    char asked[SCRIPTS_MAX][1024];
    struct hp_http_get get;
    char body[BODY_MAX + 1];
    size_t n;
    int result, body_error, heads;
    uint64_t head_length;
    bool head_known, ended;
};

static int scene_body(void *ctx, struct hp_bytes part)
{
    struct scene *c = ctx;
    assert_true(part.n && c->n + part.n <= BODY_MAX);
    memcpy(c->body + c->n, part.p, part.n);
    c->n += part.n;
    return c->body_error;
}

static void scene_head(void *ctx, const struct hp_http_head *head, uint64_t length, bool known)
{
    struct scene *c = ctx;
    c->heads++;
    c->head_length = length;
    c->head_known = known;
}

/* Reads a request's head, then plays the script. */
static void server_play(struct hp_stack *s, struct scene *c, struct hp_sock *sock, int k)
{
    char *asked = c->asked[k];
    size_t have = 0, n = strlen(c->script[k]);
    while (have < sizeof c->asked[k] - 1 && !strstr(asked, "\r\n\r\n")) {
        int64_t got = hp_recv(sock, asked + have, sizeof c->asked[k] - 1 - have, 0);
        if (got <= 0) return;
        have += (size_t)got;
        asked[have] = 0;
    }
    for (size_t at = 0, piece = c->piece ? c->piece : n; at < n; at += piece) {
        hp_send(sock, c->script[k] + at, n - at < piece ? n - at : piece, 0);
        if (c->piece) hp_sleep(s, HP_MS(1));
    }
    hp_sleep(s, c->hold);
}

static void server(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_endpoint any = {.port = 80};
    struct hp_linger now = {.on = 1};
    struct hp_sock *listener, *sock;
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &listener), HP_OK);
    assert_int_equal(hp_bind(listener, &any), HP_OK);
    assert_int_equal(hp_listen(listener, 8), HP_OK);
    while (hp_accept(listener, &sock, NULL) == HP_OK) {
        int k = c->connections++;
        if (k < c->scripts) server_play(s, c, sock, k);
        if (c->reset) hp_setsockopt(sock, HP_SO_LINGER, &now, sizeof now);
        hp_close(sock);
    }
    hp_close(listener);
}

static void client(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    c->result = hp_http_get(s, &c->get);
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 3));
    c->get = (struct hp_http_get){.url = "http://10.0.0.2/x", .body = scene_body, .head = scene_head, .ctx = c};
    assert_int_equal(hp_spawn(c->p.b.stack, "server", server, c, 0), HP_OK);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

static int fetch(struct scene *c)
{
    memset(c->asked, 0, sizeof c->asked);
    c->n = 0;
    c->ended = false;
    c->connections = 0;
    c->heads = 0;
    assert_int_equal(hp_spawn(c->p.a.stack, "client", client, c, 0), HP_OK);
    if (!pair_run(&c->p, HP_S(1000), scene_ended, c)) fail_msg("the client hangs");
    c->body[c->n] = 0;
    return c->result;
}

static void expect(struct scene *c, const char *script, int result, int status, const char *body)
{
    c->script[0] = script;
    c->scripts = 1;
    int got = fetch(c);
    if (got != result || (!result && c->get.status != status) || (body && strcmp(body, c->body) != 0))
        fail_msg("%.200s\nexpected %s, status %d, body '%s'\ncame %s, status %d, body '%.100s' (%s)", script, hp_err_text(result), status,
                 body ? body : "(any)", hp_err_text(got), c->get.status, c->body, c->get.error);
    if (result && !c->get.error[0]) fail_msg("no words for %s", hp_err_text(result));
}

/* ---- how bodies end ---- */

static void test_content_length(void **state)
{
    struct scene *c = scene_open();
    c->hold = HP_S(20); /* the server does not close: the length says where the end is */
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", HP_OK, 200, "hello");
    assert_true(c->get.ended - c->get.began < HP_S(1));
    assert_int_equal(c->get.body_bytes, 5);
    assert_true(c->head_known && c->head_length == 5 && c->heads == 1);
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", HP_OK, 200, "hello");
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HP_OK, 200, "");
    assert_non_null(strstr(c->asked[0], "GET /x HTTP/1.1\r\nHost: 10.0.0.2\r\n"));
    scene_close(c);
}

static void test_times_are_in_order(void **state)
{
    struct scene *c = scene_open();
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", HP_OK, 200, "x");
    assert_true(c->get.began <= c->get.resolved && c->get.resolved < c->get.connected && c->get.connected < c->get.first_byte &&
                c->get.first_byte <= c->get.ended);
    assert_true(hp_ip_equal(&c->get.server, &c->p.b.ip));
    assert_int_equal(c->get.port, 80);
    assert_true(c->get.tcp.bytes_received > 20);
    scene_close(c);
}

static void test_chunked_in_pieces(void **state)
{
    static const char *const text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nT: v\r\n\r\n";
    struct scene *c = scene_open();
    c->hold = HP_S(20);
    for (c->piece = 0; c->piece < 9; c->piece++) {
        expect(c, text, HP_OK, 200, "hello world");
        assert_int_equal(c->get.body_bytes, 11);
        assert_false(c->head_known);
    }
    scene_close(c);
}

static void test_until_close(void **state)
{
    struct scene *c = scene_open();
    expect(c, "HTTP/1.0 200 OK\r\n\r\nall of it", HP_OK, 200, "all of it");
    assert_false(c->head_known);
    c->reset = true; /* a reset is no end */
    c->hold = HP_MS(10);
    expect(c, "HTTP/1.0 200 OK\r\n\r\nall of it", HP_ECONNRESET, 200, NULL);
    scene_close(c);
}

static void test_truncated_bodies_are_errors(void **state)
{
    static const char *const text[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 100 Continue\r\n\r\n", ""};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) expect(c, text[i], HP_ECONNRESET, 0, NULL);
    scene_close(c);
}

static void test_P03_nonsense_is_refused(void **state)
{
    static const char *const text[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) expect(c, text[i], HP_EPROTO, 0, NULL);
    scene_close(c);
}

static void test_responses_without_a_body(void **state)
{
    struct scene *c = scene_open();
    c->hold = HP_S(20);
    expect(c, "HTTP/1.1 204 No Content\r\n\r\n", HP_OK, 204, "");
    expect(c, "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", HP_OK, 304, "");
    expect(c, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", HP_OK, 200, "ok");
    char many[1000] = "";
    for (int i = 0; i < 17; i++) strcat(many, "HTTP/1.1 102 Processing\r\n\r\n");
    expect(c, many, HP_EPROTO, 102, ""); /* a server may not keep us so for ever */
    c->get.head_only = true;
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", HP_OK, 200, "");
    assert_int_equal(c->head_length, 1234);
    assert_int_equal(strncmp(c->asked[0], "HEAD /x ", 8), 0);
    scene_close(c);
}

static void test_body_max_and_a_callers_no(void **state)
{
    struct scene *c = scene_open();
    c->get.body_max = 4;
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", HP_OK, 200, "four");
    expect(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfive!", HP_ERANGE, 200, "");
    expect(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n1\r\n!\r\n0\r\n\r\n", HP_ERANGE, 200, "four");
    expect(c, "HTTP/1.0 200 OK\r\n\r\nfive!", HP_ERANGE, 200, "");
    c->get.body_max = 0;
    c->body_error = HP_EIO;
    c->script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_int_equal(fetch(c), HP_EIO);
    scene_close(c);
}

static void test_heads_too_large(void **state)
{
    struct scene *c = scene_open();
    char *text = malloc(100000);
    size_t n = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\nX: ");
    memset(text + n, 'x', 40000);
    text[n + 40000] = 0;
    expect(c, text, HP_ERANGE, 0, NULL);
    n = (size_t)sprintf(text, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 1000; i++) n += (size_t)sprintf(text + n, "A: b\r\n");
    expect(c, text, HP_ERANGE, 0, NULL);
    free(text);
    scene_close(c);
}

static void test_silence_is_a_timeout(void **state)
{
    struct scene *c = scene_open();
    c->hold = HP_S(900);
    c->get.timeout = HP_S(5);
    c->script[0] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    c->scripts = 1;
    assert_int_equal(fetch(c), HP_ETIMEDOUT);
    assert_string_equal(c->body, "hel");
    assert_in_range(c->get.ended - c->get.began, HP_S(5), HP_S(6));
    scene_close(c);
}

static void test_a_silent_head_is_a_timeout(void **state)
{
    struct scene *c = scene_open();
    c->hold = HP_S(900);
    c->get.timeout = HP_S(5);
    c->script[0] = "HTTP/1.1 200";
    c->scripts = 1;
    assert_int_equal(fetch(c), HP_ETIMEDOUT);
    assert_in_range(c->get.ended - c->get.began, HP_S(5), HP_S(6));
    scene_close(c);
}

static void test_nobody_there(void **state)
{
    struct scene *c = scene_open();
    c->get.url = "http://10.0.0.2:81/";
    assert_int_equal(fetch(c), HP_ECONNREFUSED);
    c->get.url = "http://name.test/";
    assert_int_equal(fetch(c), HP_ENETUNREACH); /* no resolver */
    c->get.url = "https://10.0.0.2/";
    assert_int_equal(fetch(c), HP_EOPNOTSUPP);
    c->get.url = "http://10.0.0.9/";
    c->get.timeout = HP_S(5);
    int err = fetch(c);
    assert_true(err == HP_EHOSTUNREACH || err == HP_ETIMEDOUT);
    scene_close(c);
}

static void test_what_is_asked(void **state)
{
    struct scene *c = scene_open();
    c->get.url = "http://[fd00::2]/a/b?c#d";
    c->get.offset = 77;
    c->get.headers = "X-One: 1\r\n";
    expect(c, "HTTP/1.1 206 Partial Content\r\nContent-Length: 1\r\n\r\nz", HP_OK, 206, "z");
    assert_non_null(strstr(c->asked[0], "GET /a/b?c HTTP/1.1\r\nHost: [fd00::2]\r\n"));
    assert_non_null(strstr(c->asked[0], "\r\nRange: bytes=77-\r\n"));
    assert_non_null(strstr(c->asked[0], "\r\nX-One: 1\r\n\r\n"));
    scene_close(c);
}

/* ---- redirects ---- */

static void redirect(struct scene *c, const char *from, const char *location, const char *path)
{
    char text[3000], line[3000];
    c->get.url = from;
    snprintf(text, sizeof text, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 7\r\n\r\nold one", location);
    c->script[0] = text;
    c->script[1] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew";
    c->scripts = 2;
    int err = fetch(c);
    if (err) fail_msg("from %s to %s: %s", from, location, c->get.error);
    assert_string_equal(c->body, "new");
    assert_int_equal(c->get.redirects, 1);
    assert_int_equal(c->get.body_bytes, 3);
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\n", path);
    if (strncmp(c->asked[1], line, strlen(line)) != 0) fail_msg("from %s to %s: expected %s came %s", from, location, line, c->asked[1]);
}

static void test_redirects(void **state)
{
    struct scene *c = scene_open();
    redirect(c, "http://10.0.0.2/x", "/new", "/new");
    redirect(c, "http://10.0.0.2/x", "http://10.0.0.2/new?a=b", "/new?a=b");
    redirect(c, "http://10.0.0.2/x", "http://[fd00::2]/six", "/six");
    redirect(c, "http://10.0.0.2/x", "//10.0.0.2/new", "/new");
    redirect(c, "http://10.0.0.2/x", "/new#part", "/new");
    redirect(c, "http://10.0.0.2/a/b?c=/d/", "e", "/a/e");
    redirect(c, "http://10.0.0.2/a/b?c=/d/", "?e", "/a/b?e");
    redirect(c, "http://10.0.0.2", "e/f?g", "/e/f?g");
    redirect(c, "http://[fd00::2]/x", "/new", "/new");
    assert_non_null(strstr(c->asked[1], "Host: [fd00::2]\r\n"));
    scene_close(c);
}

static void test_redirects_that_lead_nowhere(void **state)
{
    struct scene *c = scene_open();
    expect(c, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", HP_EPROTO, 302, NULL);
    expect(c, "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.2/\r\n\r\n", HP_EOPNOTSUPP, 302, NULL);
    expect(c, "HTTP/1.1 302 Found\r\nLocation: /a b\r\n\r\n", HP_EINVAL, 302, NULL); /* it would end the request's line early */
    assert_int_equal(c->connections, 1);
    scene_close(c);
}

static void test_redirects_are_counted(void **state)
{
    struct scene *c = scene_open();
    for (int i = 0; i < SCRIPTS_MAX; i++) c->script[i] = "HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 4\r\n\r\nloop";
    c->scripts = SCRIPTS_MAX;
    assert_int_equal(fetch(c), HP_OK);
    assert_int_equal(c->get.status, 301);
    assert_int_equal(c->get.redirects, 5);
    assert_int_equal(c->connections, 6);
    assert_string_equal(c->body, "loop");
    c->get.redirects_max = -1; /* the same struct again: what is to be read begins anew */
    assert_int_equal(fetch(c), HP_OK);
    assert_int_equal(c->connections, 1);
    assert_int_equal(c->get.redirects, 0);
    scene_close(c);
}

/* ---- the client and our own server ---- */

static void test_a_large_body_from_our_server(void **state)
{
    struct scene *c = scene_open();
    char *big = malloc(BODY_MAX);
    for (int i = 0; i < BODY_MAX; i++) big[i] = (char)(i * 31 >> 4);
    struct hp_memory_file files[] = {{"/big", NULL, big, BODY_MAX}, {0}};
    struct hp_http_server http = {.port = 8080, .files = hp_memory_files(files)};
    assert_int_equal(hp_http_serve(c->p.b.stack, &http), HP_OK);
    c->get.url = "http://10.0.0.2:8080/big";
    c->get.offset = 10;
    assert_int_equal(fetch(c), HP_OK);
    assert_int_equal(c->get.status, 206);
    assert_int_equal(c->n, BODY_MAX - 10);
    assert_memory_equal(c->body, big + 10, BODY_MAX - 10);
    free(big);
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_length),
        cmocka_unit_test(test_times_are_in_order),
        cmocka_unit_test(test_chunked_in_pieces),
        cmocka_unit_test(test_until_close),
        cmocka_unit_test(test_truncated_bodies_are_errors),
        cmocka_unit_test(test_P03_nonsense_is_refused),
        cmocka_unit_test(test_responses_without_a_body),
        cmocka_unit_test(test_body_max_and_a_callers_no),
        cmocka_unit_test(test_heads_too_large),
        cmocka_unit_test(test_silence_is_a_timeout),
        cmocka_unit_test(test_a_silent_head_is_a_timeout),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirects_that_lead_nowhere),
        cmocka_unit_test(test_redirects_are_counted),
        cmocka_unit_test(test_a_large_body_from_our_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
