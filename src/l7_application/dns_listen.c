/* DNS over TCP, the server's side. */
#include "l7_application/dns_listen.h"

#include "hepta/proc.h"
#include "l7_application/listen.h"

struct listen_conn {
    struct hp_stack *s;
    struct dns_listen l;
    struct hp_sock *sock;
    uint8_t in[DNS_LISTEN_QUESTION_MAX], out[DNS_LISTEN_ANSWER_MAX + 2];
};

static bool listen_read(struct listen_conn *c, uint8_t *out, size_t n, hp_time until)
{
    for (size_t have = 0; have < n;) {
        hp_time left = until - hp_now(c->s);
        if (left <= 0) return false;
        hp_setsockopt(c->sock, HP_SO_RCVTIMEO, &left, sizeof left);
        int64_t got = hp_recv(c->sock, out + have, n - have, 0);
        if (got <= 0) return false;
        have += (size_t)got;
    }
    return true;
}

/* For as long as it asks, ten seconds for each whole question (RFC 7766 6.2.3). */
static void listen_conversation(struct listen_conn *c)
{
    struct hp_endpoint peer;
    hp_time patience = HP_S(10);
    hp_setsockopt(c->sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
    if (hp_peer(c->sock, &peer)) return;
    for (;;) {
        hp_time until = hp_now(c->s) + patience;
        if (!listen_read(c, c->in, 2, until)) return;
        size_t n = get16(c->in);
        if (n > sizeof c->in || !listen_read(c, c->in, n, until)) return;
        size_t len = c->l.answer(c->l.ctx, c->s, &peer, bytes_of(c->in, n), c->out + 2);
        put16(c->out, (unsigned)len);
        if (!len || hp_send(c->sock, c->out, len + 2, 0) != (int64_t)len + 2) return;
    }
}

static void listen_connection(struct hp_stack *s, void *arg)
{
    struct listen_conn *c = arg;
    struct dns_listen l = c->l;
    listen_conversation(c);
    hp_close(c->sock);
    hp_free(s, c, sizeof *c);
    --*l.connections;
    if (l.hold) l.hold(l.ctx, -1);
}

static void listen_take(struct hp_stack *s, const struct dns_listen *l, struct hp_sock *sock)
{
    struct listen_conn *c = *l->connections < DNS_LISTEN_CONNECTIONS_MAX ? hp_alloc(s, sizeof *c) : NULL;
    if (c) {
        c->s = s;
        c->l = *l;
        c->sock = sock;
        if (hp_spawn(s, "dns", listen_connection, c, l->stack_bytes) == HP_OK) {
            ++*l->connections;
            if (l->hold) l->hold(l->ctx, 1);
            return;
        }
        hp_free(s, c, sizeof *c);
    }
    hp_close(sock);
}

void dns_listen_tcp(struct hp_stack *s, const struct dns_listen *l)
{
    struct hp_sock *listener, *sock;
    int err = listen_open(s, HP_STREAM, l->port, 64, &listener);
    if (err) {
        *l->error = err;
        return;
    }
    while (!listen_accept(s, listener, &sock)) listen_take(s, l, sock);
    hp_close(listener);
}
