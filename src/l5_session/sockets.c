/* The socket calls: arguments are checked, the kind does the work, and inside a program a call that would have to wait does.
 *
 * POSIX.1-2017 2.10.  A socket that was closed while another program waited for it is gone when that wait ends: nothing here looks at
 * it after a wait that failed. */
#include "l5_session/session.h"

static const struct hp_sock_kind *sock_kind_find(const struct hp_stack *s, enum hp_sock_type type)
{
    for (uint8_t row = 1; row <= s->protos; row++)
        for (const struct hp_sock_kind *const *k = s->row[row].proto->sockets; k && *k; k++)
            if ((*k)->type == type) return *k;
    return NULL;
}

int hp_socket(struct hp_stack *s, enum hp_sock_type type, int protocol, struct hp_sock **out)
{
    if (!s || !out) return HP_EINVAL;
    *out = NULL;
    const struct hp_sock_kind *kind = sock_kind_find(s, type);
    if (!kind) return HP_EOPNOTSUPP;
    struct hp_sock *sock = mem_zalloc(s->mem, kind->size);
    if (!sock) return HP_ENOMEM;
    sock->stack = s;
    sock->kind = kind;
    sock->object = (uint32_t)++s->objects;
    int err = kind->open(sock, protocol);
    if (err) mem_free(s->mem, sock, kind->size);
    else *out = sock;
    return err;
}

int hp_close(struct hp_sock *sock)
{
    if (!sock) return HP_EINVAL;
    struct hp_stack *s = sock->stack;
    if (sock->waiters && s->forget) s->forget(s, sock);
    sock->kind->close(sock);
    return HP_OK;
}

/* ---- waiting ---- */

static bool sock_may_wait(const struct hp_sock *sock, unsigned flags)
{
    return sock->stack->wait && !(sock->flags & SOCK_NONBLOCK) && !(flags & HP_MSG_DONTWAIT);
}

static hp_time sock_until(const struct hp_sock *sock, uint32_t timeo_ms) { return timeo_ms ? sock->stack->now + HP_MS(timeo_ms) : HP_NEVER; }

static int sock_wait(struct hp_sock *sock, unsigned events, hp_time until)
{
    struct hp_stack *s = sock->stack;
    return s->wait(s, sock, events | HP_ERROR, until);
}

/* A call that timed out answers as one that did not wait (POSIX: EAGAIN). */
static int sock_wait_data(struct hp_sock *sock, unsigned events, hp_time until)
{
    int err = sock_wait(sock, events, until);
    return err == HP_ETIMEDOUT ? HP_EAGAIN : err;
}

/* ---- naming and connecting ---- */

int hp_bind(struct hp_sock *sock, const struct hp_endpoint *local)
{
    if (!sock || !local) return HP_EINVAL;
    return sock->kind->bind ? sock->kind->bind(sock, local) : HP_EOPNOTSUPP;
}

int hp_listen(struct hp_sock *sock, int backlog)
{
    if (!sock) return HP_EINVAL;
    return sock->kind->listen ? sock->kind->listen(sock, backlog) : HP_EOPNOTSUPP;
}

int hp_accept(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer)
{
    if (!sock || !out) return HP_EINVAL;
    *out = NULL;
    if (!sock->kind->accept) return HP_EOPNOTSUPP;
    bool may_wait = sock_may_wait(sock, 0);
    hp_time until = sock_until(sock, sock->rcvtimeo_ms);
    for (;;) {
        int err = sock->kind->accept(sock, out, peer);
        if (err != HP_EAGAIN || !may_wait) return err;
        err = sock_wait_data(sock, HP_READABLE, until);
        if (err) return err;
    }
}

static int sock_take_error(struct hp_sock *sock)
{
    int err = sock->error;
    sock->error = 0;
    return err;
}

/* The handshake goes on by itself: waits for its end, good or bad. */
static int sock_wait_connected(struct hp_sock *sock)
{
    hp_time until = sock_until(sock, sock->sndtimeo_ms);
    for (;;) {
        unsigned ready = hp_ready(sock);
        if (sock->error) return sock_take_error(sock);
        if (ready & HP_WRITABLE) return HP_OK;
        if (ready & HP_HUP) return HP_ECONNABORTED;
        int err = sock_wait(sock, HP_WRITABLE | HP_HUP, until);
        if (err) return err;
    }
}

int hp_connect(struct hp_sock *sock, const struct hp_endpoint *peer)
{
    if (!sock || (!peer && sock->kind->type == HP_STREAM)) return HP_EINVAL;
    if (!sock->kind->connect) return HP_EOPNOTSUPP;
    int err = sock->kind->connect(sock, peer);
    return err == HP_EINPROGRESS && sock_may_wait(sock, 0) ? sock_wait_connected(sock) : err;
}

int hp_shutdown(struct hp_sock *sock, int how)
{
    if (!sock || how < HP_SHUT_RD || how > HP_SHUT_RDWR) return HP_EINVAL;
    return sock->kind->shutdown ? sock->kind->shutdown(sock, how) : HP_EOPNOTSUPP;
}

int hp_local(const struct hp_sock *sock, struct hp_endpoint *out)
{
    if (!sock || !out) return HP_EINVAL;
    return sock->kind->local ? sock->kind->local(sock, out) : HP_EOPNOTSUPP;
}

int hp_peer(const struct hp_sock *sock, struct hp_endpoint *out)
{
    if (!sock || !out) return HP_EINVAL;
    return sock->kind->peer ? sock->kind->peer(sock, out) : HP_EOPNOTSUPP;
}

/* ---- sending ---- */

/* Waits for room as often as need be.  Of a stream, everything is sent; what was sent before an error counts first. */
static int64_t sock_send(struct hp_sock *sock, struct hp_msg *m)
{
    if (!sock || (!m->data && m->n)) return HP_EINVAL;
    if (!sock->kind->send) return HP_EOPNOTSUPP;
    bool may_wait = sock_may_wait(sock, m->flags), stream = sock->kind->type == HP_STREAM;
    hp_time until = sock_until(sock, sock->sndtimeo_ms);
    int64_t sent = 0;
    for (;;) {
        int64_t n = sock->kind->send(sock, m);
        if (n >= 0) sent += n;
        bool more = may_wait && (n == HP_EAGAIN || (stream && n >= 0 && (uint64_t)n < m->n));
        if (!more) return n >= 0 || sent ? sent : n;
        if (n > 0) {
            m->data = (const uint8_t *)m->data + n;
            m->n -= (size_t)n;
        }
        int err = sock_wait_data(sock, HP_WRITABLE, until);
        if (err) return sent ? sent : err;
    }
}

int64_t hp_send(struct hp_sock *sock, const void *data, size_t n, unsigned flags)
{
    struct hp_msg m = {.data = data, .n = n, .flags = flags};
    return sock_send(sock, &m);
}

int64_t hp_sendto(struct hp_sock *sock, const void *data, size_t n, unsigned flags, const struct hp_endpoint *to)
{
    struct hp_msg m = {.data = data, .n = n, .flags = flags, .to = to};
    return sock_send(sock, &m);
}

int64_t hp_send_ref(struct hp_sock *sock, const void *data, size_t n, unsigned flags, void (*done)(void *ctx), void *ctx)
{
    if (!done) return HP_EINVAL;
    struct hp_msg m = {.data = data, .n = n, .flags = flags, .done = done, .done_ctx = ctx};
    return sock_send(sock, &m);
}

/* ---- receiving ---- */

static int64_t sock_recv(struct hp_sock *sock, struct hp_msg *m)
{
    if (!sock || (!m->room && m->n)) return HP_EINVAL;
    if (!sock->kind->recv) return HP_EOPNOTSUPP;
    bool may_wait = sock_may_wait(sock, m->flags);
    bool all = may_wait && m->flags & HP_MSG_WAITALL && !(m->flags & HP_MSG_PEEK) && sock->kind->type == HP_STREAM;
    hp_time until = sock_until(sock, sock->rcvtimeo_ms);
    int64_t got = 0;
    for (;;) {
        int64_t n = sock->kind->recv(sock, m);
        if (n > 0) got += n;
        bool more = n > 0 && all && (uint64_t)n < m->n;
        if (!more && !(n == HP_EAGAIN && may_wait)) return n >= 0 || got ? got : n;
        if (more) {
            m->room = (uint8_t *)m->room + n;
            m->n -= (size_t)n;
            continue;
        }
        int err = sock_wait_data(sock, HP_READABLE | HP_HUP, until);
        if (err) return got ? got : err;
    }
}

int64_t hp_recv(struct hp_sock *sock, void *data, size_t n, unsigned flags)
{
    struct hp_msg m = {.room = data, .n = n, .flags = flags};
    return sock_recv(sock, &m);
}

int64_t hp_recvfrom(struct hp_sock *sock, void *data, size_t n, unsigned flags, struct hp_recv_info *info)
{
    struct hp_msg m = {.room = data, .n = n, .flags = flags, .info = info};
    return sock_recv(sock, &m);
}

int hp_recv_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max)
{
    if (!sock || !parts || parts_max < 1) return HP_EINVAL;
    if (!sock->kind->borrow) return HP_EOPNOTSUPP;
    bool may_wait = sock_may_wait(sock, 0);
    hp_time until = sock_until(sock, sock->rcvtimeo_ms);
    for (;;) {
        int n = sock->kind->borrow(sock, parts, parts_max);
        if (n != HP_EAGAIN || !may_wait) return n;
        int err = sock_wait_data(sock, HP_READABLE | HP_HUP, until);
        if (err) return err;
    }
}

int hp_recv_release(struct hp_sock *sock, size_t n)
{
    if (!sock) return HP_EINVAL;
    return sock->kind->release ? sock->kind->release(sock, n) : HP_EOPNOTSUPP;
}

/* ---- looking ---- */

unsigned hp_ready(const struct hp_sock *sock) { return sock->kind->ready ? sock->kind->ready(sock) : 0; }
void hp_sock_set_user(struct hp_sock *sock, void *user) { sock->user = user; }
void *hp_sock_user(const struct hp_sock *sock) { return sock->user; }
struct hp_stack *hp_sock_stack(const struct hp_sock *sock) { return sock->stack; }
