/* The HTTP server against a peer that writes what it likes and reads when it likes. */
#include "hepta/http.h"

#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

enum { BIG = 400000, REPLY_MAX = 1 << 20 };

struct scene {
    struct pair p;
    struct hp_memory_file files[8];
    struct hp_http_server http;
    /* what the peer does */
    const char *say;
    size_t say_n;
    hp_time gap;                        /* between two bytes that it writes; 0 = all at once */
    hp_time read_gap;                   /* between two small reads */
    char *reply;
    size_t n;
    int end;                            /* HP_OK = the server closed; else why reading failed */
    hp_time began, ended_at;
    bool ended;
    int status;                         /* of the last line of the log */
    char line[256];
};

static char big[BIG];

static void scene_log(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    struct scene *c = ctx;
    c->status = status;
    snprintf(c->line, sizeof c->line, "%s", request);
}

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    c->reply = malloc(REPLY_MAX + 1);
    assert_true(pair_open(&c->p, 7));
    c->files[0] = (struct hp_memory_file){"/a", NULL, "hello world", 11};
    c->files[1] = (struct hp_memory_file){"/index.html", NULL, "<p>", 3};
    c->files[2] = (struct hp_memory_file){"/empty.txt", NULL, "", 0};
    c->files[3] = (struct hp_memory_file){"/big", "application/x-big", big, BIG};
    c->files[4] = (struct hp_memory_file){"/a b", NULL, "blank", 5};
    c->files[5] = (struct hp_memory_file){"/..a", NULL, "dots", 4};
    c->http.files = hp_memory_files(c->files);
    c->http.log = scene_log;
    c->http.ctx = c;
    assert_int_equal(hp_http_serve(c->p.b.stack, &c->http), HP_OK);
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_run(&c->p, HP_S(200), NULL, NULL);
    assert_int_equal(c->http.connections, 0);
    pair_close(&c->p);
    free(c->reply);
    free(c);
}

static void peer_say(struct hp_stack *s, struct scene *c, struct hp_sock *sock)
{
    for (size_t at = 0; at < c->say_n;) {
        int64_t n = hp_send(sock, c->say + at, c->gap ? 1 : c->say_n - at, 0);
        if (n < 0) return;
        at += (size_t)n;
        if (c->gap) hp_sleep(s, c->gap);
    }
}

static void peer_read(struct hp_stack *s, struct scene *c, struct hp_sock *sock)
{
    int64_t n = 1;
    while (n > 0 && c->n < REPLY_MAX) {
        n = hp_recv(sock, c->reply + c->n, c->read_gap ? 100 : REPLY_MAX - c->n, 0);
        if (n > 0) c->n += (size_t)n;
        if (c->read_gap) hp_sleep(s, c->read_gap);
    }
    c->end = (int)n;
}

static void peer(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = c->p.b.ip, .port = 80};
    int small = 4096;
    c->began = hp_now(s);
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &sock), HP_OK);
    if (c->read_gap) hp_setsockopt(sock, HP_SO_RCVBUF, &small, sizeof small);
    c->end = hp_connect(sock, &to);
    if (!c->end) {
        peer_say(s, c, sock);
        peer_read(s, c, sock);
    }
    hp_close(sock);
    c->ended_at = hp_now(s);
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

/* Says it and reads until the server closes. */
static const char *ask_bytes(struct scene *c, const char *text, size_t n)
{
    c->say = text;
    c->say_n = n;
    c->n = 0;
    c->ended = false;
    assert_int_equal(hp_spawn(c->p.a.stack, "peer", peer, c, 0), HP_OK);
    if (!pair_run(&c->p, HP_S(4000), scene_ended, c)) fail_msg("the server does not close after: %.200s", text);
    c->reply[c->n] = 0;
    return c->reply;
}

static const char *ask(struct scene *c, const char *text) { return ask_bytes(c, text, strlen(text)); }

static void expect(struct scene *c, const char *text, const char *begins, const char *body)
{
    const char *r = ask(c, text), *at = strstr(r, "\r\n\r\n");
    if (strncmp(r, begins, strlen(begins)) != 0) fail_msg("asked: %.100s\nexpected: %s\ncame: %.300s", text, begins, r);
    if (body && (!at || strcmp(at + 4, body) != 0)) fail_msg("asked: %.100s\nexpected the body: %s\ncame: %.300s", text, body, r);
}

static void expect_has(struct scene *c, const char *what)
{
    if (!strstr(c->reply, what)) fail_msg("expected: %s\ncame: %.300s", what, c->reply);
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text++) n++;
    return n;
}

/* ---- requests ---- */

static void test_keep_alive_and_pipelining(void **state)
{
    struct scene *c = scene_open();
    const char *r = ask(c, "GET /a HTTP/1.1\r\nHost: b\r\n\r\n"
                           "HEAD /a HTTP/1.1\r\nHost: b\r\n\r\n"
                           "\r\nGET /nothing HTTP/1.1\r\nHost: b\r\n\r\n"
                           "GET /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
                           "GET /a HTTP/1.1\r\nHost: b\r\n\r\n");
    assert_int_equal(count_of(r, "HTTP/1.1 "), 4); /* what comes after "close" is not answered */
    assert_int_equal(count_of(r, "HTTP/1.1 200 OK"), 3);
    assert_int_equal(count_of(r, "HTTP/1.1 404 "), 1);
    assert_int_equal(count_of(r, "hello world"), 2);
    assert_int_equal(count_of(r, "Content-Length: 11\r\n"), 3);
    assert_int_equal(count_of(r, "Connection: close"), 1);
    assert_int_equal(c->http.requests, 4);
    assert_int_equal(c->http.bad_requests, 1);
    assert_int_equal(c->end, HP_OK);
    scene_close(c);
}

static void test_an_idle_connection_is_closed_in_silence(void **state)
{
    struct scene *c = scene_open();
    const char *r = ask(c, "GET /a HTTP/1.1\r\nHost: b\r\n\r\n");
    assert_int_equal(count_of(r, "HTTP/1.1 "), 1);
    assert_in_range(c->ended_at - c->began, HP_S(60), HP_S(63));
    assert_int_equal(c->http.timeouts, 1);
    scene_close(c);
}

static void test_http_1_0_and_connection_tokens(void **state)
{
    struct scene *c = scene_open();
    expect(c, "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK", "hello world");
    assert_true(c->ended_at - c->began < HP_S(3));
    ask(c, "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /a HTTP/1.0\r\n\r\n");
    assert_int_equal(count_of(c->reply, "HTTP/1.1 200"), 2);
    assert_int_equal(count_of(c->reply, "Connection: keep-alive\r\n"), 1);
    ask(c, "GET /a HTTP/1.1\r\nHost: b\r\nConnection: x, CLOSE\r\n\r\n");
    assert_true(c->ended_at - c->began < HP_S(3));
    ask(c, "GET /a HTTP/1.1\r\nHost: b\r\nConnection: disclosed\r\n\r\n"); /* another word: keep it */
    assert_true(c->ended_at - c->began > HP_S(30));
    scene_close(c);
}

static void test_requests_max(void **state)
{
    struct scene *c = scene_open();
    c->http.requests_max = 2;
    ask(c, "GET /a HTTP/1.1\r\nHost: b\r\n\r\nGET /a HTTP/1.1\r\nHost: b\r\n\r\nGET /a HTTP/1.1\r\nHost: b\r\n\r\n");
    assert_int_equal(count_of(c->reply, "HTTP/1.1 200"), 2);
    expect_has(c, "Connection: close");
    scene_close(c);
}

static void get(struct scene *c, const char *target, const char *begins, const char *body)
{
    char text[4096];
    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", target);
    expect(c, text, begins, body);
}

static void test_targets(void **state)
{
    struct scene *c = scene_open();
    get(c, "/", "HTTP/1.1 200", "<p>");
    expect_has(c, "Content-Type: text/html");
    get(c, "/a?query=/../x", "HTTP/1.1 200", "hello world");
    get(c, "/%61", "HTTP/1.1 200", "hello world");
    get(c, "/a%20b", "HTTP/1.1 200", "blank");
    get(c, "/empty.txt", "HTTP/1.1 200", "");
    expect_has(c, "Content-Length: 0\r\n");
    expect_has(c, "Content-Type: text/plain");
    get(c, "http://b/a", "HTTP/1.1 200", "hello world"); /* RFC 9112 3.2.2: a server must understand it */
    get(c, "http://b", "HTTP/1.1 200", "<p>");
    get(c, "a", "HTTP/1.1 404", NULL);
    get(c, "*", "HTTP/1.1 404", NULL);
    scene_close(c);
}

static void test_P07_path_traversal(void **state)
{
    static const char *const bad[] = {"/../a", "/..", "/x/../a", "/..%2fa", "/%2e%2e/a", "/%2e%2e%2fa", "/.%2e/a", "/a%00", "/a%00.html",
                                      "/..\\a", "/%5c..%5ca", "/a%", "/a%4", "/a%zz", "/%", "..", "../a", "http://b/../a", "/x/.."};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) get(c, bad[i], "HTTP/1.1 404", NULL);
    get(c, "/..a", "HTTP/1.1 200", "dots"); /* only a name that begins so */
    scene_close(c);
}

static void test_methods(void **state)
{
    struct scene *c = scene_open();
    expect(c, "POST /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", "HTTP/1.1 405", NULL);
    expect_has(c, "Allow: GET, HEAD\r\n");
    expect(c, "get /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", "HTTP/1.1 405", NULL);
    expect(c, "HEAD /nothing HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", "HTTP/1.1 404", "");
    expect(c, "HEAD /big HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "");
    expect_has(c, "Content-Length: 400000\r\n");
    assert_int_equal(c->http.bytes > 0, 1);
    scene_close(c);
}

static void range(struct scene *c, const char *line, const char *begins, const char *body, const char *content_range)
{
    char text[512];
    snprintf(text, sizeof text, "GET /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n%s\r\n\r\n", line);
    expect(c, text, begins, body);
    if (content_range) expect_has(c, content_range);
    else assert_null(strstr(c->reply, "Content-Range"));
}

static void test_ranges(void **state)
{
    struct scene *c = scene_open();
    range(c, "Range: bytes=0-0", "HTTP/1.1 206", "h", "Content-Range: bytes 0-0/11\r\n");
    range(c, "Range: bytes=6-", "HTTP/1.1 206", "world", "Content-Range: bytes 6-10/11\r\n");
    range(c, "Range: bytes=6-100", "HTTP/1.1 206", "world", "Content-Range: bytes 6-10/11\r\n");
    range(c, "Range: bytes=-5", "HTTP/1.1 206", "world", "Content-Range: bytes 6-10/11\r\n");
    range(c, "Range: bytes=-50", "HTTP/1.1 206", "hello world", "Content-Range: bytes 0-10/11\r\n");
    range(c, "Range: bytes=11-", "HTTP/1.1 416", "", "Content-Range: bytes */11\r\n");
    range(c, "Range: bytes=-0", "HTTP/1.1 416", "", "Content-Range: bytes */11\r\n");
    static const char *const ignored[] = {"Range: bytes=5-2", "Range: bytes=500-2", "Range: bytes=0-1,3-4", "Range: bytes=", "Range: bytes=-",
                                          "Range: bytes=a-b", "Range: lines=0-1", "Range: bytes=0-1\r\nRange: bytes=2-3",
                                          "Range: bytes=0-1\r\nIf-Range: \"x\"", "Range: bytes=0--1", "Range: bytes=+1-2"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        range(c, ignored[i], "HTTP/1.1 200", "hello world", NULL);
    range(c, "Range: bytes=99999999999999999999-", "HTTP/1.1 ", NULL, strstr(c->reply, "416") ? "bytes */11" : NULL);
    expect(c, "HEAD /a HTTP/1.1\r\nHost: b\r\nRange: bytes=0-1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200", "");
    scene_close(c);
}

static void test_a_large_file_arrives_whole(void **state)
{
    struct scene *c = scene_open();
    ask(c, "GET /big HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
    const char *body = strstr(c->reply, "\r\n\r\n") + 4;
    assert_int_equal(c->n - (size_t)(body - c->reply), BIG);
    assert_memory_equal(body, big, BIG);
    assert_int_equal(c->end, HP_OK);
    assert_int_equal(c->http.bytes, BIG);
    scene_close(c);
}

/* ---- bodies ---- */

static void test_request_bodies_are_skipped(void **state)
{
    struct scene *c = scene_open();
    ask(c, "GET /a HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\n12345GET /a HTTP/1.1\r\nHost: b\r\n"
           "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\nPOST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nGET"
           "GET /a HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
    assert_int_equal(count_of(c->reply, "HTTP/1.1 200"), 3);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 405"), 1);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 "), 4);
    c->gap = HP_MS(1); /* the same byte by byte */
    ask(c, "POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /a HTTP/1.0\r\n\r\n");
    assert_int_equal(count_of(c->reply, "HTTP/1.1 200"), 1);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 405"), 1);
    scene_close(c);
}

static void test_P04_a_slow_body_ends(void **state)
{
    struct scene *c = scene_open();
    c->gap = HP_S(5); /* never silent for long, and never done */
    size_t n = (size_t)sprintf(c->reply, "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 1000000\r\n\r\n");
    char *text = calloc(1, 600);
    memcpy(text, c->reply, n);
    memset(text + n, 'x', 500);
    c->http.head_timeout = HP_S(1000);
    ask_bytes(c, text, n + 300);
    free(text);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 405"), 1);
    hp_time body = c->ended_at - c->began - HP_S(5 * (int)n);
    if (body > HP_S(120)) fail_msg("a byte each five seconds kept the connection for %d s", (int)(body / HP_S(1)));
    scene_close(c);
}

static void test_a_body_without_end_is_not_skipped(void **state)
{
    struct scene *c = scene_open();
    size_t n = (size_t)sprintf(c->reply, "POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 3000000\r\n\r\n"), all = n + 3000000;
    char *text = malloc(all + 1);
    memcpy(text, c->reply, n);
    memset(text + n, 'x', all - n);
    text[all] = 0;
    ask_bytes(c, text, all);
    free(text);
    assert_true(count_of(c->reply, "HTTP/1.1 ") <= 1);
    scene_close(c);
}

/* ---- bad requests ---- */

static void test_P01_P03_bad_framing_is_400(void **state)
{
    static const char *const bad[] = {
        "Content-Length: -1", "Content-Length: +5", "Content-Length: 18446744073709551616", "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, chunked",
        "Host: c", "No-Colon", " folded: x", "X : y"};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[512];
        snprintf(text, sizeof text, "POST /a HTTP/1.1\r\nHost: b\r\n%s\r\n\r\nGET /a HTTP/1.1\r\nHost: b\r\n\r\n", bad[i]);
        expect(c, text, "HTTP/1.1 400", NULL);
        expect_has(c, "Connection: close");
        assert_int_equal(count_of(c->reply, "HTTP/1.1 "), 1); /* nothing after it is believed */
    }
    expect(c, "GET /a HTTP/1.1\r\n\r\n", "HTTP/1.1 400", NULL); /* RFC 9112 3.2: no Host */
    expect(c, "GET /a HTTP/2.0\r\n\r\n", "HTTP/1.1 400", NULL);
    expect(c, "\x16\x03\x01\x02\r\n", "HTTP/1.1 400", NULL);
    expect(c, "GET /a\r\n", "HTTP/1.1 400", NULL);
    scene_close(c);
}

static void test_P03_bad_chunks_end_the_connection(void **state)
{
    static const char *const bad[] = {"-1\r\n", "ffffffffffffffffff\r\n", "5\nhello", "\r\n\r\n", "5\r\nhelloworld"};
    struct scene *c = scene_open();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[512];
        snprintf(text, sizeof text, "POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n%sGET /a HTTP/1.1\r\nHost: b\r\n\r\n",
                 bad[i]);
        ask(c, text);
        if (count_of(c->reply, "HTTP/1.1 200")) fail_msg("smuggled behind %s", bad[i]);
    }
    scene_close(c);
}

static void test_P05_head_bombs_are_431(void **state)
{
    struct scene *c = scene_open();
    char *text = malloc(200000);
    size_t n = (size_t)sprintf(text, "GET /a HTTP/1.1\r\nHost: b\r\n");
    for (int i = 0; i < 10000; i++) n += (size_t)sprintf(text + n, "A%d: b\r\n", i);
    ask_bytes(c, text, n);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 431"), 1);
    n = (size_t)sprintf(text, "GET /a HTTP/1.1\r\nHost: b\r\nX: ");
    memset(text + n, 'x', 100000);
    ask_bytes(c, text, n + 100000);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 431"), 1);
    n = (size_t)sprintf(text, "GET /");
    memset(text + n, 'x', 100000);
    ask_bytes(c, text, n + 100000);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 431"), 1);
    free(text);
    scene_close(c);
}

/* ---- slow peers ---- */

static void test_P04_a_slow_head_is_408(void **state)
{
    struct scene *c = scene_open();
    char text[400];
    memset(text, 0, sizeof text);
    size_t n = (size_t)snprintf(text, sizeof text, "GET /a HTTP/1.1\r\nHost: b\r\nX: ");
    memset(text + n, 'x', 60);
    c->gap = HP_S(1); /* never silent */
    ask_bytes(c, text, 20);
    assert_int_equal(count_of(c->reply, "HTTP/1.1 408"), 1);
    assert_in_range(c->http.timeouts, 1, 1);
    assert_true(c->ended_at - c->began < HP_S(25));
    scene_close(c);
}

static void test_P04_a_silent_peer_is_closed(void **state)
{
    struct scene *c = scene_open();
    ask(c, "");
    assert_int_equal(c->n, 0);
    assert_int_equal(c->end, HP_OK);
    assert_in_range(c->ended_at - c->began, HP_S(60), HP_S(63));
    scene_close(c);
}

static void test_P04_a_slow_reader_is_dropped(void **state)
{
    struct scene *c = scene_open();
    struct hp_mem_stats before, after;
    c->http.rate_min = 10000;
    hp_mem_stats(c->p.b.stack, &before);
    c->read_gap = HP_S(1); /* 100 bytes a second of 400 000 */
    ask(c, "GET /big HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n");
    assert_true(c->n < BIG);
    assert_int_equal(c->end, HP_ECONNRESET); /* the body is not whole, and nobody may think so */
    assert_int_equal(c->http.timeouts, 1);
    pair_run(&c->p, HP_S(200), NULL, NULL);
    hp_mem_stats(c->p.b.stack, &after);
    if (after.bytes > before.bytes + 20000) fail_msg("%zu bytes are still held for it", after.bytes - before.bytes);
    scene_close(c);
}

/* ---- many connections ---- */

struct crowd {
    struct scene *c;
    int open, refused;
    bool leave;
};

static void crowd_peer(struct hp_stack *s, void *arg)
{
    struct crowd *w = arg;
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = w->c->p.b.ip6, .port = 80};
    char b[16];
    assert_int_equal(hp_socket(s, HP_STREAM, 0, &sock), HP_OK);
    hp_connect(sock, &to);
    hp_sleep(s, HP_MS(100));
    int64_t n = hp_recv(sock, b, sizeof b, HP_MSG_DONTWAIT);
    if (n == HP_EAGAIN) w->open++;
    else w->refused++;
    while (!w->leave) hp_sleep(s, HP_MS(100));
    hp_close(sock);
}

static void test_connections_max(void **state)
{
    struct crowd w = {.c = scene_open()};
    w.c->http.connections_max = 3;
    for (int i = 0; i < 5; i++) assert_int_equal(hp_spawn(w.c->p.a.stack, "crowd", crowd_peer, &w, 0), HP_OK);
    pair_run(&w.c->p, HP_S(5), NULL, NULL);
    assert_int_equal(w.open, 3);
    assert_int_equal(w.refused, 2);
    assert_int_equal(w.c->http.connections_refused, 2);
    w.leave = true;
    pair_run(&w.c->p, HP_S(5), NULL, NULL);
    get(w.c, "/a", "HTTP/1.1 200", "hello world");
    scene_close(w.c);
}

/* ---- files that misbehave ---- */

static int odd_open(void *ctx, const char *path, struct hp_file *out)
{
    if (strcmp(path, "/secret") == 0) return HP_EACCES;
    if (strcmp(path, "/broken") == 0) return HP_EIO;
    *out = (struct hp_file){.size = 1000};
    ++*(int *)ctx;
    return HP_OK;
}

static int64_t odd_read(void *ctx, struct hp_file *f, uint64_t offset, void *out, size_t n)
{
    memset(out, 'x', n);
    return offset >= 500 ? 0 : n < 100 ? (int64_t)n : 100; /* it shrank */
}

static void odd_close(void *ctx, struct hp_file *f) { --*(int *)ctx; }

static void test_a_file_that_shrinks(void **state)
{
    struct scene *c = scene_open();
    int open = 0;
    c->http.files = (struct hp_files){odd_open, odd_read, odd_close, &open};
    get(c, "/secret", "HTTP/1.1 403", NULL);
    get(c, "/broken", "HTTP/1.1 500", NULL);
    ask(c, "GET /x HTTP/1.1\r\nHost: b\r\n\r\nGET /secret HTTP/1.1\r\nHost: b\r\n\r\n");
    assert_true(count_of(c->reply, "HTTP/1.1 ") <= 1);
    assert_true(c->n < 1000);
    assert_int_equal(c->end, HP_ECONNRESET);
    assert_int_equal(open, 0);
    scene_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive_and_pipelining),
        cmocka_unit_test(test_an_idle_connection_is_closed_in_silence),
        cmocka_unit_test(test_http_1_0_and_connection_tokens),
        cmocka_unit_test(test_requests_max),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_P07_path_traversal),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_a_large_file_arrives_whole),
        cmocka_unit_test(test_request_bodies_are_skipped),
        cmocka_unit_test(test_P04_a_slow_body_ends),
        cmocka_unit_test(test_a_body_without_end_is_not_skipped),
        cmocka_unit_test(test_P01_P03_bad_framing_is_400),
        cmocka_unit_test(test_P03_bad_chunks_end_the_connection),
        cmocka_unit_test(test_P05_head_bombs_are_431),
        cmocka_unit_test(test_P04_a_slow_head_is_408),
        cmocka_unit_test(test_P04_a_silent_peer_is_closed),
        cmocka_unit_test(test_P04_a_slow_reader_is_dropped),
        cmocka_unit_test(test_connections_max),
        cmocka_unit_test(test_a_file_that_shrinks),
    };
    for (int i = 0; i < BIG; i++) big[i] = (char)('a' + i % 23);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
