/* One question to one server.  The port and the id are unpredictable, the socket is connected, and the question must come back: RFC 5452. */
#include "l7_application/dns_exchange.h"

#include "hepta/proc.h"
#include "l7_application/dns_message.h"

enum { EXCHANGE_IGNORED_MAX = 16 /* so many wrong answers are an attack: TCP cannot be guessed */ };

static int exchange_listen(struct hp_stack *s, struct dns_exchange *x, struct hp_sock *sock, uint16_t id)
{
    hp_time until = hp_now(s) + x->timeout;
    unsigned readable = HP_READABLE | HP_ERROR; /* ICMP: nobody there */
    for (;;) {
        hp_time left = until - hp_now(s);
        if (left <= 0) return HP_ETIMEDOUT;
        int err = hp_wait(s, &sock, &readable, 1, left);
        if (err < 0) return err;
        int64_t n = hp_recv(sock, x->message, x->room, HP_MSG_DONTWAIT);
        if (n == HP_EAGAIN) continue;
        if (n < 0) return (int)n;
        if (dns_is_answer(bytes_of(x->message, (size_t)n), id, x->q)) return (int)n;
        if (++x->ignored >= EXCHANGE_IGNORED_MAX) return 0;
    }
}

static int exchange_udp(struct hp_stack *s, struct dns_exchange *x)
{
    struct hp_sock *sock;
    int err = hp_socket(s, HP_DGRAM, 0, &sock);
    if (err) return err;
    uint16_t id = (uint16_t)hp_secret(s);
    size_t n = dns_query_write(x->message, x->room, id, x->q, x->recursion, x->edns);
    err = hp_connect(sock, &x->to);
    if (!err) err = (int)hp_send(sock, x->message, n, HP_MSG_DONTWAIT);
    if (err > 0) err = exchange_listen(s, x, sock, id);
    hp_close(sock);
    return err;
}

static int exchange_read(struct hp_stack *s, struct hp_sock *sock, uint8_t *out, size_t n, hp_time until)
{
    for (size_t have = 0; have < n;) {
        hp_time left = until - hp_now(s);
        if (left <= 0) return HP_ETIMEDOUT;
        hp_setsockopt(sock, HP_SO_RCVTIMEO, &left, sizeof left);
        int64_t got = hp_recv(sock, out + have, n - have, 0);
        if (got <= 0) return got == HP_EAGAIN ? HP_ETIMEDOUT : got ? (int)got : HP_ECONNRESET;
        have += (size_t)got;
    }
    return HP_OK;
}

/* RFC 7766: two bytes of length, then the message. */
static int exchange_talk(struct hp_stack *s, struct dns_exchange *x, struct hp_sock *sock)
{
    uint8_t head[2];
    uint16_t id = (uint16_t)hp_secret(s);
    hp_time until = hp_now(s) + x->timeout;
    size_t n = dns_query_write(x->message + 2, x->room - 2, id, x->q, x->recursion, x->edns);
    put16(x->message, (unsigned)n);
    int err = hp_connect(sock, &x->to);
    if (!err && hp_send(sock, x->message, n + 2, 0) < 0) err = HP_ECONNRESET;
    if (!err) err = exchange_read(s, sock, head, sizeof head, until);
    if (!err && get16(head) > x->room) err = HP_ERANGE;
    if (!err) err = exchange_read(s, sock, x->message, get16(head), until);
    if (!err && !dns_is_answer(bytes_of(x->message, get16(head)), id, x->q)) err = HP_EPROTO;
    return err ? err : get16(head);
}

static int exchange_tcp(struct hp_stack *s, struct dns_exchange *x)
{
    struct hp_sock *sock;
    int err = hp_socket(s, HP_STREAM, 0, &sock);
    if (err) return err;
    x->tcp = true;
    hp_setsockopt(sock, HP_SO_SNDTIMEO, &x->timeout, sizeof x->timeout);
    err = exchange_talk(s, x, sock);
    hp_close(sock);
    return err;
}

int dns_exchange(struct hp_stack *s, struct dns_exchange *x)
{
    struct dns_msg m;
    int n = x->tcp ? 0 : exchange_udp(s, x);
    if (n < 0) return n;
    x->truncated = n > 0 && dns_parse(bytes_of(x->message, (size_t)n), &m) && m.h.truncated;
    return n > 0 && !x->truncated ? n : exchange_tcp(s, x);
}

int hp_dns_query(struct hp_stack *s, struct hp_dns_query *q)
{
    struct dns_question question = {.type = q->type, .class_ = DNS_IN};
    struct dns_exchange x = {.to = q->server, .q = &question, .recursion = !q->no_recursion, .edns = !q->no_edns, .tcp = q->tcp,
                             .timeout = q->timeout ? q->timeout : HP_S(2), .message = q->answer, .room = q->room};
    if (!x.to.port) x.to.port = 53;
    if (q->room < DNS_UDP_MAX || !dns_name_parse(q->name, &question.name)) return HP_EINVAL;
    int n = HP_ETIMEDOUT;
    for (int i = 0; n == HP_ETIMEDOUT && i < (q->tries ? q->tries : 3); i++) {
        hp_time began = hp_now(s);
        n = dns_exchange(s, &x);
        q->took = hp_now(s) - began;
    }
    q->truncated = x.truncated;
    q->came_by_tcp = x.tcp;
    return n;
}
