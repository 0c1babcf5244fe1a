/* The name server with authority: takes questions by UDP and TCP; dns_authority.c answers them. */
#include "hepta/proc.h"
#include "l7_application/dns_authority.h"
#include "l7_application/dns_listen.h"
#include "l7_application/listen.h"

enum { SERVER_UDP_MAX = 1232 /* fits every path without fragments */ };

/* The answer to a message; 0 = none. */
static size_t server_answer(struct hp_dns_server *d, const struct hp_ip *who, struct hp_bytes in, uint8_t *out, size_t room, bool udp)
{
    struct dns_asked q;
    char name[DNS_TEXT];
    int count, read = dns_asked_read(in, &q);
    if (read != 1) d->malformed++;
    if (read == 0) return 0;
    if (udp && q.room < room) room = q.room;
    if (read < 0) return dns_reply_error(out, room, &q, DNS_FORMERR);
    d->questions++;
    size_t n = authority_answer(d, &q, out, room, &count);
    if (d->asked) d->asked(d->ctx, who, dns_name_lower(&q.q.name, name), q.q.type, count);
    return n;
}

static uint16_t server_port(const struct hp_dns_server *d) { return d->port ? d->port : 53; }

static size_t server_room(const struct hp_dns_server *d)
{
    if (!d->udp_max) return SERVER_UDP_MAX;
    return d->udp_max < DNS_UDP_MAX ? DNS_UDP_MAX : d->udp_max;
}

static size_t server_answer_tcp(void *ctx, struct hp_stack *s, const struct hp_endpoint *who, struct hp_bytes in, uint8_t *out)
{
    return server_answer(ctx, &who->ip, in, out, DNS_LISTEN_ANSWER_MAX, false);
}

static void server_tcp(struct hp_stack *s, void *arg)
{
    struct hp_dns_server *d = arg;
    struct dns_listen l = {.port = server_port(d), .connections = &d->connections, .error = &d->error, .answer = server_answer_tcp, .ctx = d};
    dns_listen_tcp(s, &l);
}

static void server_udp(struct hp_stack *s, void *arg)
{
    struct hp_dns_server *d = arg;
    struct hp_sock *sock;
    size_t room = server_room(d);
    int err = listen_spawn(s, "dns", server_tcp, d, 0);
    uint8_t *in = err ? NULL : listen_room(s, DNS_LISTEN_QUESTION_MAX + room), *out = in ? in + DNS_LISTEN_QUESTION_MAX : NULL;
    if (!err) err = in ? listen_open(s, HP_DGRAM, server_port(d), 0, &sock) : HP_ECANCELED;
    if (err) d->error = err;
    while (!err) {
        struct hp_recv_info info;
        int64_t n = hp_recvfrom(sock, in, DNS_LISTEN_QUESTION_MAX, 0, &info);
        if (n == HP_ECANCELED) break;
        if (n < 0) continue;
        size_t len = server_answer(d, &info.from.ip, bytes_of(in, (size_t)n), out, room, true);
        if (len) hp_sendto(sock, out, len, HP_MSG_DONTWAIT, &info.from);
    }
    if (!err) hp_close(sock);
    hp_free(s, in, DNS_LISTEN_QUESTION_MAX + room);
}

int hp_dns_serve(struct hp_stack *s, struct hp_dns_server *d)
{
    return hp_spawn(s, "dns", server_udp, d, 0);
}
