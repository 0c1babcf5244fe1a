/* HTTP/1.1 (RFC 9110, RFC 9112): a client, and a server for files, over any socket. */
#ifndef HEPTA_HTTP_H
#define HEPTA_HTTP_H

#include "hepta/dns.h"
#include "hepta/socket.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HP_HTTP_HOST_MAX = 256, HP_HTTP_PATH_MAX = 2048, HP_HTTP_HEAD_MAX = 16384, HP_HTTP_HEADERS_MAX = 100 };

struct hp_url {
    char host[HP_HTTP_HOST_MAX];
    char path[HP_HTTP_PATH_MAX];        /* with query, begins with '/' */
    uint16_t port;
    bool literal6;                      /* host was written in brackets */
};
/* "http://host[:port]/path"; a bare "host/path" is http too.  HP_EINVAL, HP_ERANGE (too long), HP_EOPNOTSUPP (another scheme). */
int hp_url_parse(const char *text, struct hp_url *out);

/* One header line; the bytes lie in the message's head. */
struct hp_http_header {
    struct hp_bytes name, value;
};

struct hp_http_head {
    int status;                         /* of a response */
    struct hp_bytes method, target, reason;
    int minor;                          /* HTTP/1.minor */
    int header_count;
    struct hp_http_header header[HP_HTTP_HEADERS_MAX];
};
/* The head that begins at `in`: answers its length with the empty line, 0 = not all there yet, HP_EPROTO = not HTTP, HP_ERANGE = too many headers.
 * `response`: a status line is expected instead of a request line. */
int hp_http_head_parse(struct hp_bytes in, bool response, struct hp_http_head *out);
/* The header of this name (case does not matter), or {NULL, 0}; *count (or NULL) = how many there are. */
struct hp_bytes hp_http_header_find(const struct hp_http_head *h, const char *name, int *count);

/* How a body is delimited (RFC 9112 6.3).  HP_EPROTO: contradictory or malformed: refuse, do not guess (request smuggling). */
enum hp_http_framing { HP_HTTP_NO_BODY, HP_HTTP_LENGTH, HP_HTTP_CHUNKED, HP_HTTP_UNTIL_CLOSE };
int hp_http_framing(const struct hp_http_head *h, bool response, uint64_t *length);

/* The chunked coding, byte by byte; zeroed to begin. */
struct hp_chunked {
    uint64_t left;
    uint8_t state;
    uint16_t line;
};
/* Takes bytes of the coded body: answers how many were taken, *data = the body bytes among them (in place), *end = the last chunk
 * and its trailers are over.  HP_EPROTO. */
int64_t hp_chunked_take(struct hp_chunked *c, struct hp_bytes in, struct hp_bytes *data, bool *end);

/* ---- client ---- */
struct hp_http_get {
    /* set by the caller */
    const char *url;
    struct hp_resolver *resolver;       /* NULL: literal addresses only */
    const char *headers;                /* more header lines, each with CRLF; or NULL */
    uint64_t offset;                    /* ask for the bytes from here on (Range), 0 = all */
    bool head_only;                     /* HEAD */
    int redirects_max;                  /* 0 = 5; -1 = none */
    hp_time timeout;                    /* without progress; 0 = 30 s */
    uint64_t body_max;                  /* 0 = no bound */
    /* Body bytes as they come; a negative answer ends the transfer with it. */
    int (*body)(void *ctx, struct hp_bytes part);
    /* The head of the final response; or NULL. */
    void (*head)(void *ctx, const struct hp_http_head *head, uint64_t length, bool length_known);
    void *ctx;
    /* to be read */
    int status;
    uint64_t body_bytes;
    struct hp_ip server;
    uint16_t port;
    hp_time began, resolved, connected, first_byte, ended;
    int redirects;
    struct hp_tcp_info tcp;             /* as the connection was at the end */
    char error[160];                    /* in words */
};
/* In a program: fetches.  HP_OK when a whole response came (see status). */
int hp_http_get(struct hp_stack *s, struct hp_http_get *g);

/* ---- server ---- */

/* Where files come from: a folder (hp_os_folder in os.h), memory, ... */
struct hp_file {
    uint64_t size;
    const char *type;                   /* media type; NULL = by the path's ending */
    const uint8_t *bytes;               /* the whole file in memory (sent without copying), or NULL: read() */
    uint64_t modified;                  /* seconds since 1970, 0 = unknown */
    void *handle;
};
struct hp_files {
    /* path: decoded, begins with '/', no "..", no NUL.  HP_ENOENT, HP_EACCES. */
    int (*open)(void *ctx, const char *path, struct hp_file *out);
    int64_t (*read)(void *ctx, struct hp_file *f, uint64_t offset, void *out, size_t n);
    void (*close)(void *ctx, struct hp_file *f);
    void *ctx;
};

struct hp_http_server {
    /* set by the caller; must outlive the stack's programs */
    uint16_t port;                      /* 0 = 80 */
    struct hp_files files;
    uint32_t connections_max;           /* 0 = 1024 */
    hp_time head_timeout;               /* to send a request's head: 0 = 10 s (slow peers, CVE-2007-6750) */
    hp_time idle_timeout;               /* between requests: 0 = 60 s */
    uint32_t rate_min;                  /* bytes per second that a reader must take on average: 0 = 500 */
    uint32_t requests_max;              /* on one connection: 0 = 10000 */
    void (*log)(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes);
    void *ctx;
    /* to be read */
    uint32_t connections, connections_refused;
    uint64_t requests, bytes, bad_requests, timeouts;
    int error;                          /* why the listener ended */
    bool stop;
    struct hp_sock *listener;           /* its own */
};
/* Starts the server as a program (and one more for each connection). */
int hp_http_serve(struct hp_stack *s, struct hp_http_server *server);
/* Closes its port now: who connects later is refused; connections that it has are served to the end of their request. */
void hp_http_serve_stop(struct hp_http_server *server);

/* Files in memory, for labs and tests: an array that ends with path == NULL. */
struct hp_memory_file {
    const char *path, *type;
    const void *bytes;
    size_t size;
};
struct hp_files hp_memory_files(const struct hp_memory_file *list);
const char *hp_media_type(const char *path);

#ifdef __cplusplus
}
#endif
#endif
