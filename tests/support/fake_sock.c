/* Sockets that do what the test says. */
#include "support/fake_sock.h"

#include "support/test.h"

extern const struct hp_proto proc_proto;
int fake_open_error;

static int fake_open(struct hp_sock *sock, int protocol) { return fake_open_error; }
static int fake_bind(struct hp_sock *sock, const struct hp_endpoint *local) { return fake_of(sock)->bind; }
static int fake_listen(struct hp_sock *sock, int backlog) { return fake_of(sock)->listen; }
static int fake_connect(struct hp_sock *sock, const struct hp_endpoint *peer) { return fake_of(sock)->connect; }

static int fake_accept(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer)
{
    if (!fake_of(sock)->accept) *out = sock;
    return fake_of(sock)->accept;
}

static int64_t fake_send(struct hp_sock *sock, const struct hp_msg *m)
{
    struct fake_sock *f = fake_of(sock);
    f->calls++;
    if (!f->send_room) return HP_EAGAIN;
    size_t n = m->n < f->send_room ? m->n : f->send_room;
    memcpy(f->sent + f->sent_n, m->data, n);
    f->sent_n += n;
    f->send_room -= n;
    if (!f->send_room) f->readiness &= ~(unsigned)HP_WRITABLE;
    return (int64_t)n;
}

static int64_t fake_recv(struct hp_sock *sock, const struct hp_msg *m)
{
    struct fake_sock *f = fake_of(sock);
    f->calls++;
    if (!f->in_n) return f->end ? 0 : HP_EAGAIN;
    size_t n = m->n < f->in_n ? m->n : f->in_n;
    memcpy(m->room, f->in, n);
    f->in_n -= n;
    memmove(f->in, f->in + n, f->in_n);
    if (!f->in_n) f->readiness &= ~(unsigned)HP_READABLE;
    return (int64_t)n;
}

static int fake_setopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n)
{
    fake_of(sock)->opt = (int)opt;
    memcpy(&fake_of(sock)->opt_value, value, sizeof(int));
    return HP_OK;
}

static unsigned fake_ready(const struct hp_sock *sock) { return ((const struct fake_sock *)(const void *)sock)->readiness; }

static void fake_close(struct hp_sock *sock)
{
    sock_unlist(sock);
    mem_free(sock->stack->mem, sock, sock->kind->size);
}

#define FAKE_KIND(name_, type_)                                                                                          \
    static const struct hp_sock_kind name_ = {                                                                           \
        .name = #name_, .type = type_, .size = sizeof(struct fake_sock), .open = fake_open, .bind = fake_bind,           \
        .listen = fake_listen, .accept = fake_accept, .connect = fake_connect, .send = fake_send, .recv = fake_recv,     \
        .close = fake_close, .ready = fake_ready, .setopt = fake_setopt}
FAKE_KIND(fake_stream, HP_STREAM);
FAKE_KIND(fake_dgram, HP_DGRAM);

static const struct hp_sock_kind *const fake_kinds[] = {&fake_stream, &fake_dgram, NULL};
static const struct hp_proto fake_proto = {.name = "fake", .layer = 4, .sockets = fake_kinds};
const struct hp_proto *const fake_profile[] = {&fake_proto, &proc_proto, NULL};

void fake_mark(struct hp_sock *sock, unsigned what)
{
    fake_of(sock)->readiness |= what;
    sock_mark(sock, what);
}

void fake_arrive(struct hp_sock *sock, const char *text)
{
    struct fake_sock *f = fake_of(sock);
    size_t n = strlen(text);
    assert_true(f->in_n + n <= sizeof f->in);
    memcpy(f->in + f->in_n, text, n);
    f->in_n += n;
    fake_mark(sock, HP_READABLE);
}
