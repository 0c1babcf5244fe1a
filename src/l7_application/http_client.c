/* The HTTP/1.1 client: resolve, connect, ask, read the head, hand the body on, follow redirects (RFC 9110 15.4). */
#include "core/bytes.h"
#include "core/text.h"
#include "hepta/http.h"
#include "hepta/proc.h"

enum { HTTP_INTERIM_MAX = 16 };          /* 1xx responses in front of the one that counts */

struct fetch {
    struct hp_stack *s;
    struct hp_http_get *g;
    struct hp_sock *sock;
    struct hp_url url;
    struct hp_http_head *head;          /* large: from the heap */
    uint8_t *buffer;                    /* HP_HTTP_HEAD_MAX bytes */
    size_t have;
    enum hp_http_framing framing;
    uint64_t length;
};

static int fetch_say(struct fetch *f, int err, const char *what, const char *of)
{
    if (err == HP_EAGAIN) err = HP_ETIMEDOUT; /* what a socket's own timeout answers */
    struct text t = text_of(f->g->error, sizeof f->g->error);
    text_str(&t, what);
    text_char(&t, ' ');
    text_str(&t, of);
    text_str(&t, ": ");
    text_str(&t, hp_err_text(err));
    return err;
}

static int fetch_connect_to(struct fetch *f, const struct hp_ip *ip)
{
    hp_time timeout = f->g->timeout ? f->g->timeout : HP_S(30);
    int err = hp_socket(f->s, HP_STREAM, 0, &f->sock);
    if (err) return err;
    hp_setsockopt(f->sock, HP_SO_RCVTIMEO, &timeout, sizeof timeout);
    hp_setsockopt(f->sock, HP_SO_SNDTIMEO, &timeout, sizeof timeout);
    struct hp_endpoint to = {.ip = *ip, .port = f->url.port};
    err = hp_connect(f->sock, &to);
    if (!err) {
        f->g->server = *ip;
        f->g->port = to.port;
        f->g->connected = hp_now(f->s);
        return HP_OK;
    }
    hp_close(f->sock);
    f->sock = NULL;
    return err;
}

/* Tries the addresses in their order; the last error is the one told. */
static int fetch_connect(struct fetch *f)
{
    struct hp_ip ip[HP_DNS_ADDRESSES_MAX];
    int count = 1;
    if (!hp_ip_parse(f->url.host, &ip[0]))
        count = f->g->resolver ? hp_resolve(f->s, f->g->resolver, f->url.host, HP_DNS_ANY, ip, HP_DNS_ADDRESSES_MAX)
                               : HP_ENETUNREACH;
    if (count < 0) return fetch_say(f, count, "resolving", f->url.host);
    f->g->resolved = hp_now(f->s);
    int err = HP_ENOENT;
    for (int i = 0; i < count; i++) {
        err = fetch_connect_to(f, &ip[i]);
        if (!err || err == HP_ECANCELED) return err;
    }
    return fetch_say(f, err, "connecting to", f->url.host);
}

static int fetch_ask(struct fetch *f)
{
    struct text t = text_of((char *)f->buffer, HP_HTTP_HEAD_MAX);
    text_str(&t, f->g->head_only ? "HEAD " : "GET ");
    text_str(&t, f->url.path);
    text_str(&t, " HTTP/1.1\r\nHost: ");
    if (f->url.literal6) text_char(&t, '[');
    text_str(&t, f->url.host);
    if (f->url.literal6) text_char(&t, ']');
    if (f->url.port != 80) {
        text_char(&t, ':');
        text_u64(&t, f->url.port);
    }
    text_str(&t, "\r\nUser-Agent: hepta\r\nAccept: */*\r\nConnection: close\r\n");
    if (f->g->offset) {
        text_str(&t, "Range: bytes=");
        text_u64(&t, f->g->offset);
        text_str(&t, "-\r\n");
    }
    text_str(&t, f->g->headers);
    text_str(&t, "\r\n");
    int64_t n = hp_send(f->sock, f->buffer, text_len(&t), 0);
    return n < 0 ? fetch_say(f, (int)n, "sending the request to", f->url.host) : HP_OK;
}

/* Reads until a whole head is in the buffer; skips 1xx responses, but not without end.  Answers its length. */
static int fetch_head(struct fetch *f)
{
    int interim = 0;
    f->have = 0;
    for (;;) {
        int n = hp_http_head_parse(bytes_of(f->buffer, f->have), true, f->head);
        if (n < 0) return fetch_say(f, n, "reading the response of", f->url.host);
        if (n > 0 && f->head->status >= 200) return n;
        if (n > 0 && ++interim > HTTP_INTERIM_MAX) return fetch_say(f, HP_EPROTO, "too many 1xx responses of", f->url.host);
        if (n > 0) {
            memmove(f->buffer, f->buffer + n, f->have - (size_t)n);
            f->have -= (size_t)n;
            continue;
        }
        if (f->have == HP_HTTP_HEAD_MAX) return fetch_say(f, HP_ERANGE, "the response's head of", f->url.host);
        int64_t got = hp_recv(f->sock, f->buffer + f->have, HP_HTTP_HEAD_MAX - f->have, 0);
        if (got == 0) got = HP_ECONNRESET;
        if (got < 0) return fetch_say(f, (int)got, "waiting for the response of", f->url.host);
        if (!f->have) f->g->first_byte = hp_now(f->s);
        f->have += (size_t)got;
    }
}

static int fetch_give(struct fetch *f, struct hp_bytes part)
{
    f->g->body_bytes += part.n;
    if (f->g->body_max && f->g->body_bytes > f->g->body_max) return fetch_say(f, HP_ERANGE, "the body of", f->url.path);
    return part.n && f->g->body ? f->g->body(f->g->ctx, part) : HP_OK;
}

/* Some bytes of the connection: body bytes go on, the coding stays here.  1 = the body is whole. */
static int fetch_take(struct fetch *f, struct hp_chunked *chunked, struct hp_bytes in)
{
    if (f->framing != HP_HTTP_CHUNKED) {
        if (f->framing == HP_HTTP_LENGTH) in = bytes_upto(in, (size_t)(f->length - f->g->body_bytes));
        int err = fetch_give(f, in);
        return err ? err : f->framing == HP_HTTP_LENGTH && f->g->body_bytes == f->length;
    }
    while (in.n) {
        struct hp_bytes data;
        bool end;
        int64_t n = hp_chunked_take(chunked, in, &data, &end);
        if (n < 0) return fetch_say(f, (int)n, "the chunked body of", f->url.path);
        int err = fetch_give(f, data);
        if (err) return err;
        if (end) return 1;
        in = bytes_from(in, (size_t)n);
    }
    return 0;
}

static int fetch_body(struct fetch *f, size_t head_len)
{
    struct hp_chunked chunked = {0};
    int done = f->framing == HP_HTTP_NO_BODY || f->g->head_only;
    if (!done && f->have > head_len)
        done = fetch_take(f, &chunked, bytes_of(f->buffer + head_len, f->have - head_len));
    while (!done) {
        struct hp_bytes part[4];
        unsigned readable = HP_READABLE;
        int parts = hp_wait(f->s, &f->sock, &readable, 1, f->g->timeout ? f->g->timeout : HP_S(30));
        if (parts >= 0) parts = hp_recv_borrow(f->sock, part, 4);
        if (parts < 0) return fetch_say(f, parts, "receiving the body from", f->url.host);
        if (parts == 0) { /* end of stream */
            if (f->framing == HP_HTTP_UNTIL_CLOSE) return HP_OK;
            return fetch_say(f, HP_ECONNRESET, "the body ended early:", f->url.path);
        }
        size_t taken = 0;
        for (int i = 0; i < parts && !done; i++) {
            done = fetch_take(f, &chunked, part[i]);
            taken += part[i].n;
        }
        if (done >= 0) hp_recv_release(f->sock, taken);
    }
    return done < 0 ? done : HP_OK;
}

/* The part of our own URL that a reference without a scheme keeps (RFC 3986 5.2): "//host" nothing, "/path" the authority, "?query" the
 * path too, and anything else the path up to its last slash. */
static void redirect_base(const struct fetch *f, const struct hp_bytes *ref, struct text *out)
{
    const struct hp_url *u = &f->url;
    const char *query = strchr(u->path, '?');
    size_t path = query ? (size_t)(query - u->path) : strlen(u->path);
    text_str(out, "http:");
    if (ref->n > 1 && ref->p[0] == '/' && ref->p[1] == '/') return;
    text_str(out, u->literal6 ? "//[" : "//");
    text_str(out, u->host);
    text_str(out, u->literal6 ? "]:" : ":");
    text_u64(out, u->port);
    if (ref->p[0] == '/') return;
    while (ref->p[0] != '?' && path && u->path[path - 1] != '/') path--;
    text_bytes(out, u->path, path);
}

/* Where a redirect leads: an absolute URL, or a reference relative to ours. */
static int fetch_redirect(struct fetch *f)
{
    struct hp_bytes location = hp_http_header_find(f->head, "location", NULL);
    char buf[HP_HTTP_HOST_MAX + HP_HTTP_PATH_MAX + 32];
    struct text t = text_of(buf, sizeof buf);
    if (!location.n) return fetch_say(f, HP_EPROTO, "redirect of", f->url.path);
    size_t scheme = 0;
    while (scheme < location.n && !strchr(":/?#", location.p[scheme])) scheme++;
    if (scheme == location.n || location.p[scheme] != ':') redirect_base(f, &location, &t);
    text_bytes(&t, (const char *)location.p, location.n);
    int err = t.p == t.end ? HP_ERANGE : hp_url_parse(buf, &f->url);
    return err ? fetch_say(f, err, "redirect to", buf) : HP_OK;
}

static bool fetch_is_redirect(const struct fetch *f)
{
    int max = f->g->redirects_max ? f->g->redirects_max : 5;
    int status = f->head->status;
    bool moved = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    return moved && f->g->redirects < max;
}

static void fetch_close(struct fetch *f)
{
    size_t n = sizeof f->g->tcp;
    if (!f->sock) return;
    hp_getsockopt(f->sock, HP_TCP_INFO, &f->g->tcp, &n);
    hp_close(f->sock);
    f->sock = NULL;
}

static int fetch_once(struct fetch *f)
{
    int err = fetch_connect(f);
    if (!err) err = fetch_ask(f);
    if (err) return err;
    int n = fetch_head(f);
    if (n < 0) return n;
    f->g->status = f->head->status;
    int framing = hp_http_framing(f->head, true, &f->length);
    if (framing < 0) return fetch_say(f, framing, "the framing of", f->url.path);
    f->framing = (enum hp_http_framing)framing;
    if (fetch_is_redirect(f)) return HP_OK;
    if (f->g->head) f->g->head(f->g->ctx, f->head, f->length, framing == HP_HTTP_LENGTH || framing == HP_HTTP_NO_BODY);
    return fetch_body(f, (size_t)n);
}

int hp_http_get(struct hp_stack *s, struct hp_http_get *g)
{
    struct fetch f = {.s = s, .g = g};
    g->began = g->ended = hp_now(s);
    g->error[0] = 0;
    g->status = g->redirects = 0;
    g->body_bytes = 0;
    int err = hp_url_parse(g->url, &f.url);
    if (err) return fetch_say(&f, err, err == HP_EOPNOTSUPP ? "only http:// is spoken (there is no TLS yet):" : "URL", g->url);
    f.head = hp_alloc(s, sizeof *f.head);
    f.buffer = hp_alloc(s, HP_HTTP_HEAD_MAX);
    err = f.head && f.buffer ? HP_OK : fetch_say(&f, HP_ENOMEM, "fetching", g->url);
    while (!err) {
        err = fetch_once(&f);
        fetch_close(&f);
        if (err || !fetch_is_redirect(&f)) break;
        g->redirects++;
        err = fetch_redirect(&f);
    }
    fetch_close(&f);
    hp_free(s, f.head, sizeof *f.head);
    hp_free(s, f.buffer, HP_HTTP_HEAD_MAX);
    g->ended = hp_now(s);
    return err;
}
