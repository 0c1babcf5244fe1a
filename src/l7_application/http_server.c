/* The HTTP/1.1 file server: keep-alive, ranges, HEAD, chunked request bodies skipped, and deadlines against slow peers.
 *
 * One program accepts, one serves each connection.  A peer can hold at most a head's buffer and a connection's place, and
 * for no longer than the timeouts say (CVE-2007-6750). */
#include "core/bytes.h"
#include "core/text.h"
#include "hepta/http.h"
#include "hepta/proc.h"
#include "l7_application/listen.h"

enum { SERVE_PIECE = 16384, SERVE_BODY_SKIP_MAX = 1 << 20 };

struct conn {
    struct hp_stack *s;
    struct hp_http_server *server;
    struct hp_sock *sock;
    struct hp_endpoint peer;
    struct hp_http_head head;
    bool keep, broken;                  /* broken: the response was not sent whole */
    int minor;
    uint64_t sent;                      /* body bytes of the current response */
    size_t have;
    uint8_t in[HP_HTTP_HEAD_MAX];
    uint8_t piece[SERVE_PIECE];
};

struct response {
    int status;
    const char *type, *extra;           /* extra: whole header lines */
    uint64_t length, total, first;      /* of the body; of the file; the range's first byte */
    bool partial;
};

static const char *http_reason(int status)
{
    static const struct { int status; const char *text; } reasons[] = {
        {200, "OK"}, {206, "Partial Content"}, {301, "Moved Permanently"}, {304, "Not Modified"}, {400, "Bad Request"},
        {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {408, "Request Timeout"},
        {413, "Content Too Large"}, {414, "URI Too Long"}, {416, "Range Not Satisfiable"},
        {431, "Request Header Fields Too Large"}, {500, "Internal Server Error"}, {501, "Not Implemented"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status) return reasons[i].text;
    return "";
}

/* ---- sending ---- */

static void http_set_timeout(struct conn *c, enum hp_opt opt, hp_time span)
{
    hp_setsockopt(c->sock, opt, &span, sizeof span);
}

/* A reader must take bytes at rate_min on average, with ten seconds of grace. */
static hp_time http_send_deadline(const struct conn *c, uint64_t bytes)
{
    uint32_t rate = c->server->rate_min ? c->server->rate_min : 500;
    return HP_S(10) + (hp_time)(bytes / rate) * HP_S(1);
}

static int http_send_head(struct conn *c, const struct response *r)
{
    char buf[1024];
    struct text t = text_of(buf, sizeof buf);
    text_str(&t, "HTTP/1.1 ");
    text_u64(&t, (uint64_t)r->status);
    text_char(&t, ' ');
    text_str(&t, http_reason(r->status));
    text_str(&t, "\r\nServer: hepta\r\n");
    if (r->status != 304) {
        text_str(&t, "Content-Length: ");
        text_u64(&t, r->length);
        text_str(&t, "\r\nContent-Type: ");
        text_str(&t, r->type);
        text_str(&t, "\r\nAccept-Ranges: bytes\r\n");
    }
    if (r->partial || r->status == 416) {
        text_str(&t, "Content-Range: bytes ");
        if (r->partial) {
            text_u64(&t, r->first);
            text_char(&t, '-');
            text_u64(&t, r->first + r->length - 1);
        } else {
            text_char(&t, '*');
        }
        text_char(&t, '/');
        text_u64(&t, r->total);
        text_str(&t, "\r\n");
    }
    text_str(&t, r->extra);
    if (!c->keep) text_str(&t, "Connection: close\r\n");
    else if (c->minor == 0) text_str(&t, "Connection: keep-alive\r\n");
    text_str(&t, "\r\n");
    http_set_timeout(c, HP_SO_SNDTIMEO, http_send_deadline(c, 0));
    return (int)hp_send(c->sock, buf, text_len(&t), r->length ? HP_MSG_MORE : 0);
}

static int http_send_body(struct conn *c, struct hp_file *f, uint64_t offset, uint64_t length)
{
    struct hp_files *files = &c->server->files;
    hp_time began = hp_now(c->s);
    while (c->sent < length) {
        uint64_t left = length - c->sent;
        size_t want = left < SERVE_PIECE ? (size_t)left : SERVE_PIECE;
        const uint8_t *bytes = f->bytes ? f->bytes + offset + c->sent : c->piece;
        int64_t n = f->bytes ? (int64_t)want : files->read(files->ctx, f, offset + c->sent, c->piece, want);
        if (n <= 0) return HP_EIO; /* the file shrank: the promised length cannot be kept */
        n = hp_send(c->sock, bytes, (size_t)n, 0);
        if (n <= 0) return n == HP_EAGAIN ? HP_ETIMEDOUT : n ? (int)n : HP_EIO;
        c->sent += (uint64_t)n;
        if (hp_now(c->s) - began > http_send_deadline(c, c->sent)) return HP_ETIMEDOUT;
    }
    return HP_OK;
}

static bool conn_is_method(const struct conn *c, const char *name)
{
    return c->head.method.n == strlen(name) && memcmp(c->head.method.p, name, c->head.method.n) == 0;
}

static void http_log(struct conn *c, int status)
{
    c->server->requests++;
    c->server->bytes += c->sent;
    if (status >= 400 && status < 500) c->server->bad_requests++;
    if (!c->server->log) return;
    char line[256];
    struct text t = text_of(line, sizeof line);
    if (status != 400) {
        text_bytes(&t, (const char *)c->head.method.p, c->head.method.n);
        text_char(&t, ' ');
        text_bytes(&t, (const char *)c->head.target.p, c->head.target.n);
    }
    c->server->log(c->server->ctx, &c->peer, line, status, c->sent);
}

/* A short answer in words. */
static int http_refuse(struct conn *c, int status, const char *extra)
{
    char body[128];
    struct text t = text_of(body, sizeof body);
    text_u64(&t, (uint64_t)status);
    text_char(&t, ' ');
    text_str(&t, http_reason(status));
    text_char(&t, '\n');
    struct response r = {.status = status, .type = "text/plain", .length = text_len(&t), .extra = extra};
    struct hp_file f = {.bytes = (const uint8_t *)body};
    c->sent = 0;
    int err = http_send_head(c, &r);
    if (err >= 0 && !conn_is_method(c, "HEAD")) err = http_send_body(c, &f, 0, r.length);
    http_log(c, status);
    return err < 0 ? err : HP_OK;
}

/* ---- the request's target ---- */

static int path_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The path of an absolute target, "http://host/path", which a server must understand too (RFC 9112 3.2.2). */
static struct hp_bytes http_origin(struct hp_bytes target)
{
    if (target.n < 7 || memcmp(target.p, "http://", 7) != 0) return target;
    size_t at = 7;
    while (at < target.n && target.p[at] != '/' && target.p[at] != '?') at++;
    return at < target.n && target.p[at] == '/' ? bytes_from(target, at) : bytes_of((const uint8_t *)"/", 1);
}

/* Decodes %xx and drops the query; false for what has no business in a path: NUL, "..", a backslash, no leading slash (P07). */
static bool http_path(struct hp_bytes target, char *out, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < target.n && target.p[i] != '?' && target.p[i] != '#'; i++) {
        int ch = target.p[i];
        if (ch == '%') {
            if (i + 2 >= target.n) return false;
            int hi = path_hex(target.p[i + 1]), lo = path_hex(target.p[i + 2]);
            if (hi < 0 || lo < 0) return false;
            ch = hi << 4 | lo;
            i += 2;
        }
        if (ch == 0 || ch == '\\' || used + 1 >= n) return false;
        out[used++] = (char)ch;
    }
    out[used] = 0;
    if (out[0] != '/') return false;
    for (const char *p = out; (p = strstr(p, "/..")); p++)
        if (p[3] == 0 || p[3] == '/') return false;
    return true;
}

/* "bytes=first-last", "bytes=first-", "bytes=-last": one range; several, or nonsense, are answered with the whole file
 * (RFC 9110 14.2 lets a server ignore Range).  False: not satisfiable. */
static bool http_range(struct hp_bytes range, uint64_t size, struct response *r)
{
    char text[64];
    uint64_t first = 0, last = 0;
    if (range.n < 7 || range.n >= sizeof text || memcmp(range.p, "bytes=", 6) != 0) return true;
    memcpy(text, range.p + 6, range.n - 6);
    text[range.n - 6] = 0;
    size_t n1 = text_take_u64(text, &first);
    if (text[n1] != '-') return true;
    size_t n2 = text_take_u64(text + n1 + 1, &last);
    if (text[n1 + 1 + n2] || (!n1 && !n2)) return true;
    if (!n1) { /* the last so many */
        if (!last) return false;
        first = last < size ? size - last : 0;
        last = size - 1;
    } else {
        if (n2 && first > last) return true;
        if (!n2 || last >= size) last = size - 1;
    }
    if (!size || first >= size) return false;
    *r = (struct response){.status = 206, .type = r->type, .first = first, .length = last - first + 1, .total = size,
                           .partial = true};
    return true;
}

static int http_send_file(struct conn *c, const char *path, struct hp_file *f)
{
    int ranges, conditions;
    struct hp_bytes range = hp_http_header_find(&c->head, "range", &ranges);
    hp_http_header_find(&c->head, "if-range", &conditions); /* we give no validators, so none matches */
    bool wanted = ranges == 1 && !conditions && conn_is_method(c, "GET");
    struct response r = {.status = 200, .type = f->type ? f->type : hp_media_type(path), .length = f->size, .total = f->size};
    if (wanted && !http_range(range, f->size, &r)) {
        struct response no = {.status = 416, .type = "text/plain", .total = f->size};
        int err = http_send_head(c, &no);
        http_log(c, 416);
        return err < 0 ? err : HP_OK;
    }
    int err = http_send_head(c, &r);
    if (err >= 0 && !conn_is_method(c, "HEAD")) err = http_send_body(c, f, r.first, r.length);
    http_log(c, r.status);
    return err < 0 ? err : HP_OK;
}

static int http_serve_path(struct conn *c, char *path, size_t n)
{
    struct hp_files *files = &c->server->files;
    struct hp_file f = {0};
    size_t len = strlen(path);
    if (path[len - 1] == '/' && len + 10 < n) memcpy(path + len, "index.html", 11);
    int err = files->open(files->ctx, path, &f);
    if (err) return http_refuse(c, err == HP_EACCES ? 403 : err == HP_ENOENT ? 404 : 500, NULL);
    err = http_send_file(c, path, &f);
    if (files->close) files->close(files->ctx, &f);
    return err;
}

/* ---- one request ---- */

/* More of the body into an empty buffer; it must come at rate_min on average. */
static int http_body_recv(struct conn *c, hp_time began, uint64_t skipped)
{
    hp_time left = began + http_send_deadline(c, skipped) - hp_now(c->s);
    if (left <= 0) return HP_ETIMEDOUT;
    http_set_timeout(c, HP_SO_RCVTIMEO, left);
    int64_t got = hp_recv(c->sock, c->in, sizeof c->in, 0);
    if (got <= 0) return got == HP_EAGAIN ? HP_ETIMEDOUT : got ? (int)got : HP_ECONNRESET;
    c->have = (size_t)got;
    return HP_OK;
}

/* A request's body is of no use to a file server: it is read and forgotten, within a bound. */
static int http_skip_body(struct conn *c, enum hp_http_framing framing, uint64_t length)
{
    struct hp_chunked chunked = {0};
    uint64_t skipped = 0;
    hp_time began = hp_now(c->s);
    bool done = framing == HP_HTTP_NO_BODY;
    while (!done) {
        struct hp_bytes in = bytes_of(c->in, c->have), data;
        int64_t n = 0;
        if (framing == HP_HTTP_CHUNKED) {
            n = hp_chunked_take(&chunked, in, &data, &done);
            if (n < 0) return (int)n;
        } else {
            n = (int64_t)(length - skipped < in.n ? length - skipped : in.n);
        }
        skipped += (uint64_t)n;
        if (framing == HP_HTTP_LENGTH) done = skipped == length;
        if (skipped > SERVE_BODY_SKIP_MAX) return HP_ERANGE;
        memmove(c->in, c->in + n, c->have - (size_t)n);
        c->have -= (size_t)n;
        if (done || c->have) continue;
        int err = http_body_recv(c, began, skipped);
        if (err) return err;
    }
    return HP_OK;
}

/* One of a list of words with commas or blanks between them. */
static bool http_has_token(struct hp_bytes list, const char *token)
{
    size_t n = strlen(token);
    while (list.n) {
        size_t word = 0, same = 0;
        for (; word < list.n && !strchr(", \t", list.p[word]); word++)
            if (word < n && (list.p[word] | 0x20) == (uint8_t)token[word]) same++;
        if (word == n && same == n) return true;
        list = bytes_from(list, word < list.n ? word + 1 : word);
    }
    return false;
}

static void http_decide_keep(struct conn *c, uint32_t served)
{
    struct hp_bytes connection = hp_http_header_find(&c->head, "connection", NULL);
    uint32_t max = c->server->requests_max ? c->server->requests_max : 10000;
    c->minor = c->head.minor;
    c->keep = c->head.minor >= 1 ? !http_has_token(connection, "close") : http_has_token(connection, "keep-alive");
    if (served + 1 >= max || c->server->stop) c->keep = false;
}

static int http_request(struct conn *c, size_t head_len)
{
    char path[HP_HTTP_PATH_MAX];
    uint64_t length;
    int hosts;
    int framing = hp_http_framing(&c->head, false, &length);
    hp_http_header_find(&c->head, "host", &hosts);
    bool bad = framing < 0 || hosts > 1 || (hosts == 0 && c->head.minor >= 1); /* RFC 9112 3.2 */
    if (bad) c->keep = false;
    c->sent = 0;
    int err;
    if (bad) err = http_refuse(c, 400, NULL);
    else if (!conn_is_method(c, "GET") && !conn_is_method(c, "HEAD")) err = http_refuse(c, 405, "Allow: GET, HEAD\r\n");
    else if (!http_path(http_origin(c->head.target), path, sizeof path)) err = http_refuse(c, 404, NULL);
    else err = http_serve_path(c, path, sizeof path);
    c->broken = err != HP_OK;
    if (err || !c->keep) return err;
    memmove(c->in, c->in + head_len, c->have - head_len);
    c->have -= head_len;
    return http_skip_body(c, (enum hp_http_framing)framing, length);
}

/* Waits for a whole head: idle_timeout for its first byte, head_timeout for all of it.  Its length, 0 = the peer is done, or an error. */
static int http_read_head(struct conn *c)
{
    hp_time idle = c->server->idle_timeout ? c->server->idle_timeout : HP_S(60);
    hp_time whole = c->server->head_timeout ? c->server->head_timeout : HP_S(10);
    hp_time began = c->have ? hp_now(c->s) : HP_NEVER;
    for (;;) {
        int n = hp_http_head_parse(bytes_of(c->in, c->have), false, &c->head);
        if (n) return n;
        if (c->have == sizeof c->in) return HP_ERANGE;
        hp_time left = began == HP_NEVER ? idle : began + whole - hp_now(c->s);
        if (left <= 0) return HP_ETIMEDOUT;
        http_set_timeout(c, HP_SO_RCVTIMEO, left);
        int64_t got = hp_recv(c->sock, c->in + c->have, sizeof c->in - c->have, 0);
        if (got == HP_EAGAIN) got = HP_ETIMEDOUT;
        if (got <= 0) return (int)got;
        if (began == HP_NEVER) began = hp_now(c->s);
        c->have += (size_t)got;
    }
}

static void http_read_failed(struct conn *c, int err)
{
    c->keep = false;
    c->head = (struct hp_http_head){0};
    if (err == HP_EPROTO) http_refuse(c, 400, NULL);
    if (err == HP_ERANGE) http_refuse(c, 431, NULL);
    if (err != HP_ETIMEDOUT) return;
    c->server->timeouts++;
    if (c->have) http_refuse(c, 408, NULL);
}

/* A whole response is followed by a lingering close (RFC 9112 9.6); a broken one by a reset: the peer must not take it for
 * whole, and what it does not read must not stay here. */
static void http_close(struct conn *c)
{
    struct hp_linger now = {.on = 1};
    if (c->broken) {
        hp_setsockopt(c->sock, HP_SO_LINGER, &now, sizeof now);
    } else {
        hp_shutdown(c->sock, HP_SHUT_WR);
        http_set_timeout(c, HP_SO_RCVTIMEO, HP_S(2));
        for (int i = 0; i < 64 && hp_recv(c->sock, c->piece, sizeof c->piece, 0) > 0; i++) continue;
    }
    hp_close(c->sock);
}

static void http_connection(struct hp_stack *s, void *arg)
{
    struct conn *c = arg;
    hp_peer(c->sock, &c->peer);
    for (uint32_t served = 0;; served++) {
        int n = http_read_head(c);
        if (n < 0) http_read_failed(c, n);
        if (n <= 0) break;
        http_decide_keep(c, served);
        int err = http_request(c, (size_t)n);
        if (err == HP_ETIMEDOUT) c->server->timeouts++;
        if (err || !c->keep) break;
    }
    http_close(c);
    c->server->connections--;
    hp_free(s, c, sizeof *c);
}

/* ---- accepting ---- */

static void http_take(struct hp_stack *s, struct hp_http_server *server, struct hp_sock *sock)
{
    uint32_t max = server->connections_max ? server->connections_max : 1024;
    struct conn *c = server->connections < max ? hp_alloc(s, sizeof *c) : NULL;
    if (c) {
        c->s = s;
        c->server = server;
        c->sock = sock;
        server->connections++;
        if (hp_spawn(s, "http", http_connection, c, 0) == HP_OK) return;
        server->connections--;
        hp_free(s, c, sizeof *c);
    }
    server->connections_refused++;
    hp_close(sock);
}

static void http_accept(struct hp_stack *s, void *arg)
{
    struct hp_http_server *server = arg;
    struct hp_sock *listener, *sock;
    server->error = listen_open(s, HP_STREAM, server->port ? server->port : 80, 1024, &listener);
    if (server->error) return;
    server->listener = listener;
    while (!server->stop && !(server->error = listen_accept(s, listener, &sock))) http_take(s, server, sock);
    if (server->listener != listener) return; /* hp_http_serve_stop() closed it */
    server->listener = NULL;
    hp_close(listener);
}

/* The program that accepts waits for this socket: its end wakes it. */
void hp_http_serve_stop(struct hp_http_server *server)
{
    struct hp_sock *listener = server->listener;
    server->stop = true;
    server->listener = NULL;
    if (listener) hp_close(listener);
}

int hp_http_serve(struct hp_stack *s, struct hp_http_server *server)
{
    return hp_spawn(s, "http", http_accept, server, 0);
}
