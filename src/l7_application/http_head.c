/* HTTP/1.1 messages: heads, framing and the chunked coding (RFC 9112), URLs (RFC 3986).
 *
 * Strict on purpose: a message that two readers could understand in two ways is refused, never guessed (CVE-2013-2028, request
 * smuggling).  Nothing is copied: names and values are slices of the caller's bytes. */
#include "core/bytes.h"
#include "core/text.h"
#include "hepta/http.h"

/* ---- characters (RFC 9110 5.6.2) ---- */

static bool http_is_token(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    return c && strchr("!#$%&'*+-.^_`|~", c);
}

static uint8_t http_lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

static bool http_same(struct hp_bytes a, const char *b)
{
    size_t n = strlen(b);
    if (a.n != n) return false;
    for (size_t i = 0; i < n; i++)
        if (http_lower(a.p[i]) != http_lower((uint8_t)b[i])) return false;
    return true;
}

static struct hp_bytes http_trim(struct hp_bytes b)
{
    while (b.n && (b.p[0] == ' ' || b.p[0] == '\t')) b = bytes_from(b, 1);
    while (b.n && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\t')) b.n--;
    return b;
}

/* Digits only, the whole of them: "+5", " 5" and "" are not numbers. */
static bool http_number(struct hp_bytes b, uint64_t *out)
{
    uint64_t v = 0;
    if (!b.n) return false;
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] < '0' || b.p[i] > '9' || v > (UINT64_MAX - 9) / 10) return false;
        v = v * 10 + (uint64_t)(b.p[i] - '0');
    }
    *out = v;
    return v <= INT64_MAX;
}

/* ---- heads ---- */

/* The next line without its CRLF: 1 = there, 0 = not all there yet, HP_EPROTO = a bare CR, LF or NUL. */
static int http_line(struct hp_bytes *in, struct hp_bytes *line)
{
    for (size_t i = 0; i < in->n; i++) {
        uint8_t c = in->p[i];
        if (c == '\n' || c == 0) return HP_EPROTO;
        if (c != '\r') continue;
        if (i + 1 == in->n) return 0;
        if (in->p[i + 1] != '\n') return HP_EPROTO;
        *line = bytes_upto(*in, i);
        *in = bytes_from(*in, i + 2);
        return 1;
    }
    return 0;
}

static struct hp_bytes http_word(struct hp_bytes *line)
{
    const uint8_t *space = line->n ? memchr(line->p, ' ', line->n) : NULL;
    size_t n = space ? (size_t)(space - line->p) : line->n;
    struct hp_bytes word = bytes_upto(*line, n);
    *line = bytes_from(*line, space ? n + 1 : n);
    return word;
}

static bool http_version(struct hp_bytes b, int *minor)
{
    if (b.n != 8 || memcmp(b.p, "HTTP/1.", 7) != 0 || b.p[7] < '0' || b.p[7] > '9') return false;
    *minor = b.p[7] - '0';
    return true;
}

static bool http_request_line(struct hp_bytes line, struct hp_http_head *h)
{
    h->method = http_word(&line);
    h->target = http_word(&line);
    if (!h->method.n || !h->target.n) return false;
    for (size_t i = 0; i < h->method.n; i++)
        if (!http_is_token(h->method.p[i])) return false;
    for (size_t i = 0; i < h->target.n; i++)
        if (h->target.p[i] <= ' ' || h->target.p[i] == 0x7f) return false;
    return http_version(line, &h->minor);
}

static bool http_status_line(struct hp_bytes line, struct hp_http_head *h)
{
    uint64_t status;
    if (!http_version(http_word(&line), &h->minor)) return false;
    struct hp_bytes code = http_word(&line);
    if (code.n != 3 || !http_number(code, &status) || status < 100) return false;
    h->status = (int)status;
    h->reason = line;
    return true;
}

static bool http_header_line(struct hp_bytes line, struct hp_http_header *out)
{
    size_t n = 0;
    while (n < line.n && http_is_token(line.p[n])) n++;
    if (!n || n == line.n || line.p[n] != ':') return false; /* also a folded line, which begins with a space */
    out->name = bytes_upto(line, n);
    out->value = http_trim(bytes_from(line, n + 1));
    for (size_t i = 0; i < out->value.n; i++)
        if (out->value.p[i] < ' ' && out->value.p[i] != '\t') return false;
    return true;
}

int hp_http_head_parse(struct hp_bytes in, bool response, struct hp_http_head *h)
{
    struct hp_bytes rest = in, line;
    h->header_count = 0;
    h->status = 0;
    h->method = h->target = h->reason = (struct hp_bytes){NULL, 0}; /* none of an older message's */
    int there = http_line(&rest, &line);
    if (!response && there == 1 && !line.n) there = http_line(&rest, &line); /* RFC 9112 2.2: an empty line before a request */
    if (there != 1) return there;
    if (!(response ? http_status_line(line, h) : http_request_line(line, h))) return HP_EPROTO;
    for (;;) {
        there = http_line(&rest, &line);
        if (there != 1) return there;
        if (!line.n) return (int)(rest.p - in.p);
        if (h->header_count == HP_HTTP_HEADERS_MAX) return HP_ERANGE;
        if (!http_header_line(line, &h->header[h->header_count++])) return HP_EPROTO;
    }
}

struct hp_bytes hp_http_header_find(const struct hp_http_head *h, const char *name, int *count)
{
    struct hp_bytes found = {NULL, 0};
    int n = 0;
    for (int i = 0; i < h->header_count; i++) {
        if (!http_same(h->header[i].name, name)) continue;
        if (n++ == 0) found = h->header[i].value;
    }
    if (count) *count = n;
    return found;
}

int hp_http_framing(const struct hp_http_head *h, bool response, uint64_t *length)
{
    int codings, lengths;
    struct hp_bytes coding = hp_http_header_find(h, "transfer-encoding", &codings);
    struct hp_bytes len = hp_http_header_find(h, "content-length", &lengths);
    *length = 0;
    if (response && (h->status < 200 || h->status == 204 || h->status == 304)) return HP_HTTP_NO_BODY;
    if (codings) {
        /* Both, more than one, another coding, or in HTTP/1.0: somebody is trying something. */
        if (lengths || codings > 1 || h->minor == 0 || !http_same(coding, "chunked")) return HP_EPROTO;
        return HP_HTTP_CHUNKED;
    }
    if (lengths > 1 || (lengths && !http_number(len, length))) return HP_EPROTO;
    if (lengths) return *length ? HP_HTTP_LENGTH : HP_HTTP_NO_BODY;
    return response ? HP_HTTP_UNTIL_CLOSE : HP_HTTP_NO_BODY;
}

/* ---- the chunked coding (RFC 9112 7.1) ---- */

enum chunked_state {
    CHUNK_SIZE_FIRST,   /* the first digit of a size                 */
    CHUNK_SIZE,         /* more digits                               */
    CHUNK_EXTENSION,    /* ignored, up to the end of the line        */
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    CHUNK_TRAILER_FIRST,/* at the beginning of a trailer line        */
    CHUNK_TRAILER,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_END,
};
enum { CHUNK_LINE_MAX = 4096 };

static int chunked_hex(uint8_t c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c = http_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int chunked_size_byte(struct hp_chunked *c, uint8_t b)
{
    int digit = chunked_hex(b);
    if (digit >= 0) {
        if (c->left > UINT64_MAX >> 8) return HP_EPROTO; /* sizes past 2^56 are no sizes */
        c->left = c->left << 4 | (uint64_t)digit;
        return CHUNK_SIZE;
    }
    if (c->state == CHUNK_SIZE_FIRST) return HP_EPROTO;
    if (b == ';' || b == ' ' || b == '\t') return CHUNK_EXTENSION;
    return b == '\r' ? CHUNK_SIZE_LF : HP_EPROTO;
}

/* What a byte outside of chunk data does: the next state, or HP_EPROTO. */
static int chunked_byte(struct hp_chunked *c, uint8_t b)
{
    switch ((enum chunked_state)c->state) {
    case CHUNK_SIZE_FIRST:
    case CHUNK_SIZE:
        return chunked_size_byte(c, b);
    case CHUNK_EXTENSION:
        return b == '\r' ? CHUNK_SIZE_LF : b == '\n' ? HP_EPROTO : CHUNK_EXTENSION;
    case CHUNK_SIZE_LF:
        c->line = 0;
        return b != '\n' ? HP_EPROTO : c->left ? CHUNK_DATA : CHUNK_TRAILER_FIRST;
    case CHUNK_DATA_CR:
        return b == '\r' ? CHUNK_DATA_LF : HP_EPROTO;
    case CHUNK_DATA_LF:
        return b == '\n' ? CHUNK_SIZE_FIRST : HP_EPROTO;
    case CHUNK_TRAILER_FIRST:
        return b == '\r' ? CHUNK_END_LF : b == '\n' ? HP_EPROTO : CHUNK_TRAILER;
    case CHUNK_TRAILER:
        return b == '\r' ? CHUNK_TRAILER_LF : b == '\n' ? HP_EPROTO : CHUNK_TRAILER;
    case CHUNK_TRAILER_LF:
        return b == '\n' ? CHUNK_TRAILER_FIRST : HP_EPROTO;
    case CHUNK_END_LF:
        return b == '\n' ? CHUNK_END : HP_EPROTO;
    case CHUNK_DATA:
    case CHUNK_END:
        break;
    }
    return HP_EPROTO;
}

int64_t hp_chunked_take(struct hp_chunked *c, struct hp_bytes in, struct hp_bytes *data, bool *end)
{
    *data = (struct hp_bytes){in.p, 0};
    *end = false;
    size_t at = 0;
    while (at < in.n && c->state != CHUNK_END) {
        if (c->state == CHUNK_DATA) {
            *data = bytes_upto(bytes_from(in, at), c->left < SIZE_MAX ? (size_t)c->left : SIZE_MAX);
            c->left -= data->n;
            if (!c->left) c->state = CHUNK_DATA_CR;
            return (int64_t)(at + data->n);
        }
        int next = chunked_byte(c, in.p[at++]);
        if (next < 0 || ++c->line > CHUNK_LINE_MAX) return HP_EPROTO;
        c->state = (uint8_t)next;
    }
    *end = c->state == CHUNK_END;
    return (int64_t)at;
}

/* ---- URLs ---- */

static int url_host(const char *text, size_t n, struct hp_url *u)
{
    if (!n) return HP_EINVAL;
    if (n >= sizeof u->host) return HP_ERANGE;
    for (size_t i = 0; i < n; i++)
        if ((uint8_t)text[i] <= ' ' || strchr("\\<>\"{}|^`@", text[i])) return HP_EINVAL;
    memcpy(u->host, text, n);
    u->host[n] = 0;
    return HP_OK;
}

/* host, [v6], each perhaps with :port; answers how many bytes that was. */
static int url_authority(const char *text, struct hp_url *u)
{
    size_t n, at;
    u->literal6 = text[0] == '[';
    if (u->literal6) {
        const char *close = strchr(text, ']');
        if (!close) return HP_EINVAL;
        n = (size_t)(close - text) - 1;
        at = n + 2;
        text++;
    } else {
        for (n = 0; text[n] && !strchr(":/?#", text[n]);) n++;
        at = n;
    }
    int err = url_host(text, n, u);
    if (err) return err;
    if (u->literal6) text--;
    u->port = 80;
    if (text[at] != ':') return (int)at;
    uint64_t port;
    size_t digits = text_take_u64(text + at + 1, &port);
    if (!digits || port == 0 || port > 65535) return HP_EINVAL;
    u->port = (uint16_t)port;
    return (int)(at + 1 + digits);
}

int hp_url_parse(const char *text, struct hp_url *out)
{
    struct hp_url u;
    if (strncmp(text, "http://", 7) == 0) text += 7;
    else if (strstr(text, "://") && strstr(text, "://") < text + 12) return HP_EOPNOTSUPP;
    int n = url_authority(text, &u);
    if (n < 0) return n;
    text += n;
    if (*text && !strchr("/?#", *text)) return HP_EINVAL;
    size_t path = 0;
    if (*text != '/') u.path[path++] = '/';
    for (; *text && *text != '#'; text++) {
        if ((uint8_t)*text <= ' ' || (uint8_t)*text == 0x7f) return HP_EINVAL;
        if (path + 1 >= sizeof u.path) return HP_ERANGE;
        u.path[path++] = *text;
    }
    u.path[path] = 0;
    *out = u;
    return HP_OK;
}
