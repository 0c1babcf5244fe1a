/* A name server for a handful of names (RFC 1035): authoritative answers from a list, over UDP and TCP. */
#include "core/bytes.h"
#include "hepta/dns.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "l7_application/dns_message.h"

enum { SERVER_MESSAGE_MAX = 4096, SERVER_CONNECTIONS_MAX = 64 };

/* The addresses of the asked type; -1 = there is no such name. */
static int server_find(const struct hp_dns_server *d, const struct dns_asked *q, struct hp_ip *out, int max)
{
    int found = -1;
    for (const struct hp_dns_name *n = d->names; n->name; n++) {
        if (strcmp(n->name, q->name) != 0) continue;
        if (found < 0) found = 0;
        bool fits = q->type == (hp_ip_is4(&n->ip) ? DNS_A : DNS_AAAA);
        if (fits && found < max) out[found++] = n->ip;
    }
    return found;
}

/* The answer to a message; 0 = none. */
static size_t server_answer(struct hp_dns_server *d, const struct hp_ip *who, struct hp_bytes in, uint8_t *out, bool udp)
{
    struct dns_asked q;
    struct hp_ip ip[HP_DNS_ADDRESSES_MAX];
    int read = dns_asked_read(in, &q);
    if (read != 1) d->malformed++;
    if (read == 0) return 0;
    size_t room = udp && q.room < SERVER_MESSAGE_MAX ? q.room : SERVER_MESSAGE_MAX;
    if (read < 0) return dns_reply_write(out, room, &q, DNS_FORMERR, NULL, 0, 0);
    d->questions++;
    if (q.opcode != 0) return dns_reply_write(out, room, &q, DNS_NOTIMP, NULL, 0, 0);
    if (q.class_ != DNS_IN) return dns_reply_write(out, room, &q, DNS_REFUSED, NULL, 0, 0);
    int count = server_find(d, &q, ip, HP_DNS_ADDRESSES_MAX);
    if (d->asked) d->asked(d->ctx, who, q.name, q.type, count);
    return dns_reply_write(out, room, &q, count < 0 ? DNS_NXDOMAIN : DNS_NOERROR, ip, count < 0 ? 0 : count,
                           d->ttl ? d->ttl : 300);
}

static int server_open(struct hp_stack *s, struct hp_dns_server *d, enum hp_sock_type type, struct hp_sock **sock)
{
    struct hp_endpoint any = {.port = d->port ? d->port : 53};
    int err = hp_socket(s, type, 0, sock);
    if (err) return err;
    err = hp_bind(*sock, &any);
    if (!err && type == HP_STREAM) err = hp_listen(*sock, 64);
    if (err) hp_close(*sock);
    return err;
}

static void server_udp(struct hp_stack *s, void *arg)
{
    struct hp_dns_server *d = arg;
    struct hp_sock *sock;
    uint8_t *in = hp_alloc(s, SERVER_MESSAGE_MAX), *out = hp_alloc(s, SERVER_MESSAGE_MAX);
    bool open = in && out && server_open(s, d, HP_DGRAM, &sock) == HP_OK;
    while (open) {
        struct hp_recv_info info;
        int64_t n = hp_recvfrom(sock, in, SERVER_MESSAGE_MAX, 0, &info);
        if (n == HP_ECANCELED) break;
        if (n < 0) continue;
        size_t len = server_answer(d, &info.from.ip, bytes_of(in, (size_t)n), out, true);
        if (len) hp_sendto(sock, out, len, HP_MSG_DONTWAIT, &info.from);
    }
    if (open) hp_close(sock);
    hp_free(s, in, SERVER_MESSAGE_MAX);
    hp_free(s, out, SERVER_MESSAGE_MAX);
}

/* ---- TCP: a program for each connection ---- */

struct server_conn {
    struct hp_stack *s;
    struct hp_dns_server *d;
    struct hp_sock *sock;
    uint8_t in[SERVER_MESSAGE_MAX], out[SERVER_MESSAGE_MAX + 2];
};

static bool server_read(struct server_conn *c, uint8_t *out, size_t n, hp_time until)
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
static void server_conversation(struct server_conn *c)
{
    struct hp_endpoint peer;
    hp_time patience = HP_S(10);
    hp_setsockopt(c->sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
    if (hp_peer(c->sock, &peer)) return;
    for (;;) {
        hp_time until = hp_now(c->s) + patience;
        if (!server_read(c, c->in, 2, until)) return;
        size_t n = get16(c->in);
        if (n > SERVER_MESSAGE_MAX || !server_read(c, c->in, n, until)) return;
        size_t len = server_answer(c->d, &peer.ip, bytes_of(c->in, n), c->out + 2, false);
        put16(c->out, (unsigned)len);
        if (!len || hp_send(c->sock, c->out, len + 2, 0) != (int64_t)len + 2) return;
    }
}

static void server_connection(struct hp_stack *s, void *arg)
{
    struct server_conn *c = arg;
    server_conversation(c);
    hp_close(c->sock);
    c->d->connections--;
    hp_free(s, c, sizeof *c);
}

static void server_take(struct hp_stack *s, struct hp_dns_server *d, struct hp_sock *sock)
{
    struct server_conn *c = d->connections < SERVER_CONNECTIONS_MAX ? hp_alloc(s, sizeof *c) : NULL;
    if (c) {
        c->s = s;
        c->d = d;
        c->sock = sock;
        d->connections++;
        if (hp_spawn(s, "dns", server_connection, c, 0) == HP_OK) return;
        d->connections--;
        hp_free(s, c, sizeof *c);
    }
    hp_close(sock);
}

static void server_tcp(struct hp_stack *s, void *arg)
{
    struct hp_dns_server *d = arg;
    struct hp_sock *listener, *sock;
    int err = server_open(s, d, HP_STREAM, &listener);
    if (err) return;
    while (!err) {
        err = hp_accept(listener, &sock, NULL);
        if (!err) server_take(s, d, sock);
        else if (err != HP_ECANCELED) err = hp_sleep(s, HP_MS(10));
    }
    hp_close(listener);
}

int hp_dns_serve(struct hp_stack *s, struct hp_dns_server *d)
{
    int err = hp_spawn(s, "dns", server_udp, d, 0);
    return err ? err : hp_spawn(s, "dns", server_tcp, d, 0);
}
