/* Ping (RFC 792, RFC 4443) and traceroute, over ping sockets: the stack numbers the echo requests of a socket 1, 2, 3, ... */
#include "hepta/ping.h"

#include "core/bytes.h"
#include "hepta/proc.h"

enum { PING_WINDOW = 256, PING_DATA_MAX = 65507 };

enum probe_state { PROBE_NONE, PROBE_OPEN, PROBE_LOST, PROBE_ANSWERED };

struct pinger {
    struct hp_stack *s;
    struct hp_ping *p;
    struct hp_sock *sock;
    uint8_t *data, *in;                 /* PING_DATA_MAX + 1 bytes each */
    hp_time sent_at[PING_WINDOW];       /* by seq, as the next */
    uint8_t state[PING_WINDOW];         /* enum probe_state; LOST: told as lost, its answer may still come late */
    uint32_t open;                      /* probes without an answer yet */
};

/* Each probe's data is a pattern, so that damage on the way shows. */
static void pinger_fill(uint8_t *data, size_t n, uint16_t seq)
{
    for (size_t i = 0; i < n; i++) data[i] = (uint8_t)(i + seq);
}

static void pinger_tell(struct pinger *g, const struct hp_ping_reply *r)
{
    if (g->p->reply) g->p->reply(g->p->ctx, r);
}

static void pinger_lose(struct pinger *g, uint32_t seq)
{
    struct hp_ping_reply r = {.seq = (uint16_t)seq, .error = HP_ETIMEDOUT};
    g->state[seq % PING_WINDOW] = PROBE_LOST;
    g->open--;
    pinger_tell(g, &r);
}

static int pinger_send(struct pinger *g)
{
    struct hp_ping *p = g->p;
    uint16_t seq = (uint16_t)(p->sent + 1);
    pinger_fill(g->data, p->size, seq);
    int64_t n = hp_send(g->sock, g->data, p->size, HP_MSG_DONTWAIT);
    if (n < 0 && n != HP_EHOSTUNREACH && n != HP_ENOMEM && n != HP_EAGAIN) return (int)n;
    if (g->state[seq % PING_WINDOW] == PROBE_OPEN) pinger_lose(g, p->sent + 1 - PING_WINDOW); /* its place is needed */
    p->sent++;
    g->sent_at[seq % PING_WINDOW] = hp_now(g->s);
    g->state[seq % PING_WINDOW] = PROBE_OPEN;
    g->open++;
    return HP_OK;
}

static void pinger_measure(struct hp_ping *p, hp_time rtt)
{
    if (!p->received || rtt < p->rtt_min) p->rtt_min = rtt;
    if (rtt > p->rtt_max) p->rtt_max = rtt;
    p->rtt_sum += rtt;
    p->received++;
}

static void pinger_take(struct pinger *g, size_t n, const struct hp_recv_info *info)
{
    struct hp_ping *p = g->p;
    struct hp_ping_reply r = {.seq = info->seq, .from = info->from.ip, .bytes = (uint32_t)n, .ttl = info->ttl,
                              .error = info->error, .icmp_type = info->icmp_type, .icmp_code = info->icmp_code};
    uint8_t *now = &g->state[info->seq % PING_WINDOW];
    if ((uint16_t)(p->sent - info->seq) >= PING_WINDOW) return; /* so late that nobody remembers when it was asked */
    r.duplicate = *now == PROBE_ANSWERED;
    r.rtt = info->time - g->sent_at[info->seq % PING_WINDOW];
    if (!info->error) {
        pinger_fill(g->data, p->size, info->seq);
        r.damaged = n != p->size || memcmp(g->data, g->in, n) != 0;
        if (r.duplicate) p->duplicates++;
        else pinger_measure(p, r.rtt);
    } else {
        p->errors++;
    }
    if (*now == PROBE_OPEN) g->open--;
    *now = PROBE_ANSWERED;
    pinger_tell(g, &r);
}

/* Silence is news too: probes older than the timeout are told once, oldest first. */
static void pinger_expire(struct pinger *g, hp_time timeout)
{
    uint32_t first = g->p->sent > PING_WINDOW ? g->p->sent - PING_WINDOW + 1 : 1;
    for (uint32_t seq = first; g->open && seq <= g->p->sent; seq++) {
        if (g->state[seq % PING_WINDOW] != PROBE_OPEN || hp_now(g->s) - g->sent_at[seq % PING_WINDOW] < timeout) continue;
        pinger_lose(g, seq);
    }
}

/* Takes answers until `until`, or until none is open if `drain`. */
static int pinger_listen(struct pinger *g, hp_time until, bool drain, hp_time timeout)
{
    while (!g->p->stop && !(drain && !g->open)) {
        hp_time left = until - hp_now(g->s);
        if (left <= 0) break;
        hp_time piece = left < timeout ? left : timeout;
        unsigned readable = HP_READABLE | HP_ERROR;
        int err = hp_wait(g->s, &g->sock, &readable, 1, piece);
        if (err == HP_ECANCELED) return err;
        struct hp_recv_info info;
        int64_t n;
        while ((n = hp_recvfrom(g->sock, g->in, PING_DATA_MAX + 1, HP_MSG_DONTWAIT, &info)) >= 0)
            pinger_take(g, (size_t)n, &info);
        pinger_expire(g, timeout);
    }
    return HP_OK;
}

static int pinger_run(struct pinger *g)
{
    struct hp_ping *p = g->p;
    hp_time interval = p->interval ? p->interval : HP_S(1), timeout = p->timeout ? p->timeout : HP_S(1);
    struct hp_endpoint to = {.ip = p->to};
    int err = hp_connect(g->sock, &to);
    if (!err && p->ttl) err = hp_setsockopt(g->sock, HP_IP_TTL, &p->ttl, sizeof p->ttl);
    hp_time next = hp_now(g->s);
    while (!err && !p->stop && (!p->count || p->sent < p->count)) {
        err = pinger_send(g);
        next += interval;
        bool last = p->count && p->sent == p->count;
        if (!err) err = pinger_listen(g, last ? hp_now(g->s) + timeout + HP_MS(1) : next, last, timeout);
    }
    return err;
}

int hp_ping(struct hp_stack *s, struct hp_ping *p)
{
    if (p->size > PING_DATA_MAX) return HP_EMSGSIZE;
    struct pinger *g = hp_alloc(s, sizeof *g);
    if (!g) return HP_ENOMEM;
    g->s = s;
    g->p = p;
    g->data = hp_alloc(s, PING_DATA_MAX + 1);
    g->in = hp_alloc(s, PING_DATA_MAX + 1);
    int err = g->data && g->in ? hp_socket(s, HP_PING, 0, &g->sock) : HP_ENOMEM;
    if (!err) err = pinger_run(g);
    if (g->sock) hp_close(g->sock);
    hp_free(s, g->data, PING_DATA_MAX + 1);
    hp_free(s, g->in, PING_DATA_MAX + 1);
    hp_free(s, g, sizeof *g);
    return err ? err : p->received ? HP_OK : HP_ETIMEDOUT;
}

/* ---- traceroute ---- */

enum { TRACE_PORT = 33434 };

/* One probe and its answer; 1 = the destination itself answered. */
static int trace_probe(struct hp_stack *s, struct hp_traceroute *t, struct hp_sock *sock, int ttl, int probe)
{
    struct hp_hop h = {.ttl = ttl, .probe = probe, .error = HP_ETIMEDOUT};
    struct hp_endpoint to = {.ip = t->to, .port = (uint16_t)(TRACE_PORT + ttl)};
    uint8_t data[32] = {0}, in[2048];
    hp_time began = hp_now(s), timeout = t->timeout ? t->timeout : HP_S(1);
    int err = hp_setsockopt(sock, HP_IP_TTL, &ttl, sizeof ttl);
    if (err) return err;
    int64_t n = hp_sendto(sock, data, sizeof data, HP_MSG_DONTWAIT, &to);
    if (n < 0 && n != HP_EHOSTUNREACH && n != HP_EAGAIN) return (int)n;
    while (hp_now(s) - began < timeout) {
        unsigned ready = HP_READABLE | HP_ERROR;
        err = hp_wait(s, &sock, &ready, 1, timeout - (hp_now(s) - began));
        if (err == HP_ECANCELED) return err;
        struct hp_recv_info info;
        n = hp_recvfrom(sock, in, sizeof in, HP_MSG_DONTWAIT, &info);
        if (n < 0) continue;
        h.from = info.from.ip;
        h.error = info.error;
        h.icmp_type = info.icmp_type;
        h.icmp_code = info.icmp_code;
        h.rtt = info.time - began;
        break;
    }
    bool there = h.error != HP_ETIMEDOUT && hp_ip_equal(&h.from, &t->to);
    if (there && h.error == HP_ECONNREFUSED) h.error = HP_OK; /* UDP: port unreachable is the destination's answer */
    if (t->hop) t->hop(t->ctx, &h);
    return there;
}

int hp_traceroute(struct hp_stack *s, struct hp_traceroute *t)
{
    int first = t->ttl_first ? t->ttl_first : 1, max = t->ttl_max ? t->ttl_max : 30, probes = t->probes ? t->probes : 3;
    for (int ttl = first; ttl <= max && !t->stop; ttl++) {
        for (int probe = 1; probe <= probes && !t->stop; probe++) {
            struct hp_sock *sock; /* a new one for each probe: late answers to older ones are not mistaken */
            int on = 1, err = hp_socket(s, t->udp ? HP_DGRAM : HP_PING, 0, &sock);
            if (err) return err;
            if (t->udp) err = hp_setsockopt(sock, HP_IP_RECVERR, &on, sizeof on);
            if (!err) err = trace_probe(s, t, sock, ttl, probe);
            hp_close(sock);
            if (err < 0) return err;
            if (err == 1) t->hops = ttl;
        }
        if (t->hops) return HP_OK;
    }
    return HP_ETIMEDOUT;
}
