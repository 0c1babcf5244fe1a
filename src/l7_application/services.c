/* Echo (RFC 862), discard (RFC 863) and chargen (RFC 864), over TCP and UDP. */
#include "hepta/services.h"

#include "core/bytes.h"
#include "hepta/net.h"
#include "hepta/proc.h"
#include "l7_application/listen.h"

enum { SERVICE_PIECE = 16384, SERVICE_COUNT = 3, CHARGEN_LINE = 72, CHARGEN_CHARS = 95 };

enum service { SERVICE_ECHO, SERVICE_DISCARD, SERVICE_CHARGEN };

static uint16_t service_port(enum service kind)
{
    return kind == SERVICE_ECHO ? HP_PORT_ECHO : kind == SERVICE_DISCARD ? HP_PORT_DISCARD : HP_PORT_CHARGEN;
}

/* What a program is started with; it frees it. */
struct service_job {
    struct hp_services *v;
    struct hp_sock *sock;               /* of a connection */
    enum service kind;
};

static int service_spawn(struct hp_stack *s, struct hp_services *v, enum service kind, struct hp_sock *sock,
                         void (*run)(struct hp_stack *, void *))
{
    struct service_job *job = hp_alloc(s, sizeof *job);
    if (!job) return HP_ENOMEM;
    *job = (struct service_job){v, sock, kind};
    int err = hp_spawn(s, "service", run, job, 0);
    if (err) hp_free(s, job, sizeof *job);
    return err;
}

/* RFC 864's picture: lines of 72 printing characters, each line one character further.  `at` counts bytes since the beginning. */
static void chargen_fill(uint8_t *out, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n; i++, at++) {
        uint64_t line = at / (CHARGEN_LINE + 2), column = at % (CHARGEN_LINE + 2);
        if (column == CHARGEN_LINE) out[i] = '\r';
        else if (column > CHARGEN_LINE) out[i] = '\n';
        else out[i] = (uint8_t)(' ' + (line + column) % CHARGEN_CHARS);
    }
}

static void service_talk(struct hp_stack *s, struct service_job *job, uint8_t *piece)
{
    struct hp_services *v = job->v;
    uint64_t at = 0;
    for (;;) {
        int64_t n = SERVICE_PIECE;
        if (job->kind == SERVICE_CHARGEN) chargen_fill(piece, SERVICE_PIECE, at);
        else n = hp_recv(job->sock, piece, SERVICE_PIECE, 0);
        if (n <= 0) return;
        if (job->kind != SERVICE_DISCARD) n = hp_send(job->sock, piece, (size_t)n, 0);
        if (n <= 0) return;
        at += (uint64_t)n;
        v->tcp_bytes += (uint64_t)n;
    }
}

static void service_connection(struct hp_stack *s, void *arg)
{
    struct service_job *job = arg;
    uint8_t *piece = hp_alloc(s, SERVICE_PIECE);
    hp_time patience = HP_S(300);
    hp_setsockopt(job->sock, HP_SO_RCVTIMEO, &patience, sizeof patience);
    hp_setsockopt(job->sock, HP_SO_SNDTIMEO, &patience, sizeof patience);
    if (piece) service_talk(s, job, piece);
    hp_free(s, piece, SERVICE_PIECE);
    hp_close(job->sock);
    job->v->connections--;
    hp_free(s, job, sizeof *job);
}

static void service_take(struct hp_stack *s, struct hp_services *v, enum service kind, struct hp_sock *sock)
{
    v->tcp_connections++;
    v->connections++;
    if (v->connections <= (v->connections_max ? v->connections_max : 256) && !service_spawn(s, v, kind, sock, service_connection)) return;
    v->connections--;
    hp_close(sock);
}

static void service_accept(struct hp_stack *s, void *arg)
{
    struct service_job *job = arg;
    struct hp_sock *listener, *sock;
    if (!listen_open(s, HP_STREAM, service_port(job->kind), 128, &listener)) {
        while (!listen_accept(s, listener, &sock)) service_take(s, job->v, job->kind, sock);
        hp_close(listener);
    }
    hp_free(s, job, sizeof *job);
}

/* All ones behind the prefix: everybody on that link (RFC 919 7). */
static bool service_is_subnet(const struct hp_prefix *p, const struct hp_ip *ip)
{
    bool all = hp_ip_is4(&p->ip) && p->len < 127 && hp_prefix_has(p, ip); /* RFC 3021: not on a link of two */
    for (unsigned bit = p->len; all && bit < 128; bit++) all = ip->b[bit / 8] >> (7 - bit % 8) & 1;
    return all;
}

/* To one machine: an answer to what went to many would make this a service of amplification (CVE-1999-0513). */
static bool service_is_unicast(const struct hp_stack *s, const struct hp_ip *to)
{
    struct hp_addr_info a;
    if (hp_ip_is_multicast(to) || hp_ip_is_broadcast(to)) return false;
    for (unsigned i = 0; hp_addr_info(s, i, &a) == HP_OK; i++)
        if (service_is_subnet(&a.address, to)) return false;
    return true;
}

static void service_datagrams(struct hp_stack *s, void *arg)
{
    struct service_job *job = arg;
    struct hp_services *v = job->v;
    struct hp_sock *sock;
    size_t room = 65536;
    uint8_t *piece = listen_room(s, room);
    bool open = piece && listen_open(s, HP_DGRAM, service_port(job->kind), 0, &sock) == HP_OK;
    while (open) {
        struct hp_recv_info info;
        int64_t n = hp_recvfrom(sock, piece, room, 0, &info);
        if (n < 0 && n != HP_ECONNREFUSED && n != HP_EHOSTUNREACH) break;
        if (n < 0) continue;
        v->udp_datagrams++;
        v->udp_bytes += (uint64_t)n;
        /* Never answer another service's port: two of them would talk for ever (CVE-1999-0103). */
        if (job->kind == SERVICE_DISCARD || info.from.port < 1024 || !service_is_unicast(s, &info.to.ip)) continue;
        if (job->kind == SERVICE_CHARGEN) chargen_fill(piece, (size_t)n, 0);
        hp_sendto(sock, piece, (size_t)n, HP_MSG_DONTWAIT, &info.from);
    }
    if (open) hp_close(sock);
    hp_free(s, piece, room);
    hp_free(s, job, sizeof *job);
}

int hp_services_start(struct hp_stack *s, struct hp_services *v)
{
    const bool wanted[SERVICE_COUNT] = {v->echo, v->discard, v->chargen};
    void (*const run[])(struct hp_stack *, void *) = {service_accept, service_datagrams};
    for (unsigned i = 0; i < 2 * SERVICE_COUNT; i++) {
        if (!wanted[i / 2] || v->started & 1u << i) continue;
        int err = service_spawn(s, v, (enum service)(i / 2), NULL, run[i % 2]);
        if (err) return err;
        v->started |= 1u << i;
    }
    return HP_OK;
}
