/* Throughput and request/response measurement over TCP.
 *
 * A connection begins with 16 bytes from the client: "HPPF", a direction, three zeros, and a 64-bit number: for DOWN the bytes to send
 * (0 = until closed), for ECHO the size of a message. */
#include "core/bytes.h"
#include "hepta/proc.h"
#include "hepta/services.h"
#include "l7_application/listen.h"

enum { PERF_HEAD = 16, PERF_PIECE = 131072, PERF_PATIENCE_S = 60 };

static const uint8_t perf_magic[4] = {'H', 'P', 'P', 'F'};

/* ---- server ---- */

struct perf_conn {
    struct hp_perf_server *p;
    struct hp_sock *sock;
};

static int64_t perf_read_all(struct hp_sock *sock, uint8_t *out, size_t n)
{
    size_t have = 0;
    while (have < n) {
        int64_t got = hp_recv(sock, out + have, n - have, 0);
        if (got <= 0) return got ? got : (int64_t)have;
        have += (size_t)got;
    }
    return (int64_t)have;
}

/* Nobody waits for ever. */
static void perf_be_patient(struct hp_sock *sock)
{
    hp_time patience = HP_S(PERF_PATIENCE_S);
    hp_setsockopt(sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    hp_setsockopt(sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
}

static void perf_sink(struct perf_conn *c)
{
    for (;;) {
        struct hp_bytes part[16];
        unsigned readable = HP_READABLE;
        if (hp_wait(hp_sock_stack(c->sock), &c->sock, &readable, 1, HP_S(PERF_PATIENCE_S)) < 0) return;
        int parts = hp_recv_borrow(c->sock, part, 16);
        if (parts <= 0) return;
        size_t n = 0;
        for (int i = 0; i < parts; i++) n += part[i].n;
        hp_recv_release(c->sock, n);
        c->p->bytes_in += n;
    }
}

static void perf_source(struct perf_conn *c, uint8_t *piece, uint64_t total)
{
    for (uint64_t sent = 0; !total || sent < total;) {
        size_t want = total && total - sent < PERF_PIECE ? (size_t)(total - sent) : PERF_PIECE;
        int64_t n = hp_send(c->sock, piece, want, 0);
        if (n <= 0) return;
        sent += (uint64_t)n;
        c->p->bytes_out += (uint64_t)n;
    }
}

static void perf_answer(struct perf_conn *c, uint8_t *piece, uint64_t size)
{
    int on = 1;
    hp_setsockopt(c->sock, HP_TCP_NODELAY, &on, sizeof on);
    while (size && size <= PERF_PIECE && perf_read_all(c->sock, piece, (size_t)size) == (int64_t)size) {
        if (hp_send(c->sock, piece, (size_t)size, 0) <= 0) return;
        c->p->bytes_in += size;
        c->p->bytes_out += size;
    }
}

static void perf_connection(struct hp_stack *s, void *arg)
{
    struct perf_conn *c = arg;
    uint8_t head[PERF_HEAD], *piece = hp_alloc(s, PERF_PIECE);
    perf_be_patient(c->sock);
    if (piece && perf_read_all(c->sock, head, PERF_HEAD) == PERF_HEAD && memcmp(head, perf_magic, 4) == 0) {
        if (head[4] == HP_PERF_UP) perf_sink(c);
        if (head[4] == HP_PERF_DOWN) perf_source(c, piece, get64(head + 8));
        if (head[4] == HP_PERF_ECHO) perf_answer(c, piece, get64(head + 8));
    }
    hp_free(s, piece, PERF_PIECE);
    hp_close(c->sock);
    hp_free(s, c, sizeof *c);
}

static void perf_take(struct hp_stack *s, struct hp_perf_server *p, struct hp_sock *sock)
{
    struct perf_conn *c = hp_alloc(s, sizeof *c);
    p->connections++;
    if (c) *c = (struct perf_conn){p, sock};
    if (c && hp_spawn(s, "perf", perf_connection, c, 0) == HP_OK) return;
    hp_free(s, c, sizeof *c);
    hp_close(sock);
}

static void perf_accept(struct hp_stack *s, void *arg)
{
    struct hp_perf_server *p = arg;
    struct hp_sock *listener, *sock;
    if (listen_open(s, HP_STREAM, p->port ? p->port : HP_PORT_PERF, 128, &listener)) return;
    while (!listen_accept(s, listener, &sock)) perf_take(s, p, sock);
    hp_close(listener);
}

int hp_perf_serve(struct hp_stack *s, struct hp_perf_server *p) { return hp_spawn(s, "perf", perf_accept, p, 0); }

/* ---- client ---- */

struct perf_stream {
    struct hp_perf *p;
    struct hp_sock *sock;
    uint8_t *piece;
    uint32_t message;
    bool first;
};

static bool perf_over(const struct perf_stream *t, uint64_t done)
{
    struct hp_perf *p = t->p;
    if (p->stop) return true;
    if (p->bytes) return done >= p->bytes;
    return hp_now(hp_sock_stack(t->sock)) - p->began >= (p->duration ? p->duration : HP_S(10));
}

static int perf_head_send(struct perf_stream *t)
{
    uint8_t head[PERF_HEAD] = {0};
    memcpy(head, perf_magic, 4);
    head[4] = (uint8_t)t->p->direction;
    put64(head + 8, t->p->direction == HP_PERF_ECHO ? t->message : t->p->direction == HP_PERF_DOWN ? t->p->bytes : 0);
    int64_t n = hp_send(t->sock, head, PERF_HEAD, 0);
    return n < 0 ? (int)n : HP_OK;
}

/* One call's worth in the chosen direction; bytes, 0 = the peer is done, or an error. */
static int64_t perf_turn(struct perf_stream *t, uint64_t done)
{
    size_t want = t->message;
    if (t->p->bytes && t->p->direction == HP_PERF_UP && t->p->bytes - done < want) want = (size_t)(t->p->bytes - done);
    if (t->p->direction == HP_PERF_UP) return hp_send(t->sock, t->piece, want, 0);
    if (t->p->direction == HP_PERF_DOWN) return hp_recv(t->sock, t->piece, want, 0);
    int64_t n = hp_send(t->sock, t->piece, want, 0);
    if (n <= 0) return n;
    n = perf_read_all(t->sock, t->piece, want);
    t->p->exchanges += n == (int64_t)want;
    return n;
}

static int perf_stream_run(struct perf_stream *t)
{
    int on = 1, err = hp_connect(t->sock, &t->p->to);
    perf_be_patient(t->sock);
    if (t->p->direction == HP_PERF_ECHO) hp_setsockopt(t->sock, HP_TCP_NODELAY, &on, sizeof on);
    if (!err) err = perf_head_send(t);
    uint64_t done = 0;
    while (!err && !perf_over(t, done)) {
        int64_t n = perf_turn(t, done);
        if (n <= 0) {
            err = n < 0 ? (int)n : HP_OK;
            break;
        }
        done += (uint64_t)n;
        t->p->total_bytes += (uint64_t)n;
    }
    size_t n = sizeof t->p->tcp;
    if (t->first) hp_getsockopt(t->sock, HP_TCP_INFO, &t->p->tcp, &n);
    if (t->p->direction == HP_PERF_UP && !err) { /* what was sent counts when it has arrived */
        hp_shutdown(t->sock, HP_SHUT_WR);
        int64_t got;
        while ((got = hp_recv(t->sock, t->piece, t->message, 0)) > 0) continue;
        err = (int)got;
    }
    return err == HP_EAGAIN ? HP_ETIMEDOUT : err;
}

static void perf_stream(struct hp_stack *s, void *arg)
{
    struct perf_stream *t = arg;
    struct hp_perf *p = t->p;
    t->piece = hp_alloc(s, t->message);
    int err = t->piece ? hp_socket(s, HP_STREAM, 0, &t->sock) : HP_ENOMEM;
    if (!err) err = perf_stream_run(t);
    if (err && !p->error) p->error = err;
    if (t->sock) hp_close(t->sock);
    hp_free(s, t->piece, t->message);
    hp_free(s, t, sizeof *t);
    p->streams_running--;
}

static int perf_spawn(struct hp_stack *s, struct hp_perf *p, bool first)
{
    struct perf_stream *t = hp_alloc(s, sizeof *t);
    if (!t) return HP_ENOMEM;
    uint32_t usual = p->direction == HP_PERF_ECHO ? 1 : PERF_PIECE;
    *t = (struct perf_stream){.p = p, .message = p->message ? p->message : usual, .first = first};
    p->streams_running++;
    int err = hp_spawn(s, "perf", perf_stream, t, 0);
    if (!err) return HP_OK;
    p->streams_running--;
    hp_free(s, t, sizeof *t);
    return err;
}

int hp_perf(struct hp_stack *s, struct hp_perf *p)
{
    if (!p->to.port) p->to.port = HP_PORT_PERF;
    if (p->direction == HP_PERF_ECHO && p->message > PERF_PIECE) return HP_EMSGSIZE;
    p->began = hp_now(s);
    int streams = p->streams ? p->streams : 1, err = HP_OK;
    for (int i = 0; i < streams && !err; i++) err = perf_spawn(s, p, i == 0);
    hp_time from = p->began;
    uint64_t before = 0;
    while (p->streams_running) {
        if (hp_sleep(s, HP_MS(10)) == HP_ECANCELED) p->stop = true;
        if (hp_now(s) - from < HP_S(1)) continue;
        if (p->interval) p->interval(p->ctx, from - p->began, hp_now(s) - p->began, p->total_bytes - before);
        from = hp_now(s);
        before = p->total_bytes;
    }
    p->ended = hp_now(s);
    return err ? err : p->error;
}
