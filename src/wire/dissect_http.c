/* HTTP/1.x (RFC 9112) as far as one segment shows it: a start line, header lines, and what of the body came with them.
 *
 * A segment is HTTP if it begins with a method or a version, whatever its port; a body's later segments are data.  Lines end with CRLF, or
 * with LF alone (RFC 9112 2.2); a line that the segment cuts is shown as far as it goes. */
#include "wire/dissect_layers.h"

static const char *const dissect_http_methods[] = {"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ", NULL};

enum { DISSECT_HTTP_LINES_MAX = 100 };

static bool dissect_http_begins(struct hp_bytes b, const char *word)
{
    size_t n = strlen(word);
    return b.n >= n && memcmp(b.p, word, n) == 0;
}

bool dissect_is_http(struct hp_bytes b)
{
    for (const char *const *m = dissect_http_methods; *m; m++)
        if (dissect_http_begins(b, *m)) return true;
    return dissect_http_begins(b, "HTTP/1.");
}

/* The line that begins at `at`, without its end; *next = where the following one begins. */
static struct hp_bytes dissect_http_line(struct hp_bytes b, size_t at, size_t *next)
{
    size_t end = at;
    while (end < b.n && b.p[end] != '\n') end++;
    *next = end < b.n ? end + 1 : end;
    if (end > at && b.p[end - 1] == '\r') end--;
    return bytes_of(b.p + at, end - at);
}

static size_t dissect_http_word(struct hp_bytes line, size_t at)
{
    while (at < line.n && line.p[at] != ' ') at++;
    return at;
}

static void dissect_http_text(struct dissect *d, unsigned depth, const char *name, const char *label, size_t at, struct hp_bytes b)
{
    char buf[DISSECT_TEXT];
    struct dline t = dline_of(buf, sizeof buf);
    uint64_t value = 0;
    for (size_t i = 0; i < b.n && i < 18 && b.p[i] >= '0' && b.p[i] <= '9'; i++) value = value * 10 + (b.p[i] - '0');
    dline_ascii(&t, b);
    if (value || (b.n && b.p[0] == '0')) dissect_value(d, depth, name, label, at, b.n, value, buf);
    else dissect_text(d, depth, name, label, at, b.n, buf);
}

static void dissect_http_start(struct dissect *d, struct hp_bytes line)
{
    static const char *const request[3][2] = {
        {"http.request.method", "Request Method"}, {"http.request.uri", "Request URI"}, {"http.request.version", "Request Version"}};
    static const char *const response[3][2] = {
        {"http.response.version", "Response Version"}, {"http.response.code", "Status Code"}, {"http.response.phrase", "Response Phrase"}};
    const char *const (*field)[2] = dissect_http_begins(line, "HTTP/") ? response : request;
    size_t at = 0;
    for (int i = 0; i < 3 && at < line.n; i++) {
        size_t end = i < 2 ? dissect_http_word(line, at) : line.n; /* the phrase has blanks */
        dissect_http_text(d, 1, field[i][0], field[i][1], d->at + at, bytes_of(line.p + at, end - at));
        at = end + 1;
    }
}

static bool dissect_http_is(struct hp_bytes name, const char *word)
{
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (c >= 'A' && c <= 'Z') c += 32;
        if (!word[i] || c != (uint8_t)word[i]) return false;
    }
    return !word[name.n];
}

static const char *const dissect_http_headers[][3] = {
    {"host", "http.host", "Host"}, {"user-agent", "http.user_agent", "User-Agent"}, {"accept", "http.accept", "Accept"},
    {"accept-encoding", "http.accept_encoding", "Accept-Encoding"}, {"accept-language", "http.accept_language", "Accept-Language"},
    {"connection", "http.connection", "Connection"}, {"server", "http.server", "Server"}, {"date", "http.date", "Date"},
    {"content-type", "http.content_type", "Content-Type"}, {"content-length", "http.content_length_header", "Content-Length"},
    {"content-encoding", "http.content_encoding", "Content-Encoding"}, {"transfer-encoding", "http.transfer_encoding", "Transfer-Encoding"},
    {"last-modified", "http.last_modified", "Last-Modified"}, {"cache-control", "http.cache_control", "Cache-Control"},
    {"location", "http.location", "Location"}, {"referer", "http.referer", "Referer"}, {"cookie", "http.cookie", "Cookie"},
    {"set-cookie", "http.set_cookie", "Set-Cookie"}, {"authorization", "http.authorization", "Authorization"}};

static void dissect_http_header(struct dissect *d, struct hp_bytes line, size_t at, bool response)
{
    size_t colon = 0;
    while (colon < line.n && line.p[colon] != ':') colon++;
    size_t value = colon < line.n ? colon + 1 : line.n;
    while (value < line.n && (line.p[value] == ' ' || line.p[value] == '\t')) value++;
    struct hp_bytes name = bytes_of(line.p, colon);
    for (size_t i = 0; i < sizeof dissect_http_headers / sizeof dissect_http_headers[0]; i++) {
        if (!dissect_http_is(name, dissect_http_headers[i][0])) continue;
        dissect_http_text(d, 1, dissect_http_headers[i][1], dissect_http_headers[i][2], at + value, bytes_of(line.p + value, line.n - value));
        return;
    }
    dissect_http_text(d, 1, response ? "http.response.line" : "http.request.line", "Header", at, line);
}

void dissect_http(struct dissect *d)
{
    char buf[DISSECT_TEXT];
    struct dline t = dline_of(buf, sizeof buf);
    struct hp_bytes all = dissect_bytes(d);
    size_t next;
    struct hp_bytes line = dissect_http_line(all, 0, &next);
    bool response = dissect_http_begins(line, "HTTP/");
    dline_str(&t, "http ");
    dline_ascii(&t, bytes_of(line.p, line.n < 100 ? line.n : 100));
    dissect_layer(d, "http", "Hypertext Transfer Protocol", d->n, &t, DISSECT_AFTER);
    dissect_http_start(d, line);
    for (int i = 0; i < DISSECT_HTTP_LINES_MAX && next < all.n; i++) {
        size_t at = next;
        line = dissect_http_line(all, at, &next);
        if (line.n) dissect_http_header(d, line, d->at + at, response);
        else break; /* the empty line: the body follows */
    }
    if (next < all.n) dissect_raw(d, 1, "http.file_data", "Body", d->at + next, all.n - next);
}
