/* Ping sockets: ICMP echo (RFC 792, RFC 4443 4) without raw sockets.
 *
 * What is sent is the data of an echo request; the socket's port is the identifier, and its requests are numbered 1, 2, 3, ...  Answers come with
 * the number of the request, and so do errors that ICMP reports about one: ping and traceroute need no more. */
#include "l4_transport/dgram.h"

#include "wire/icmp4.h"
#include "wire/icmp6.h"

struct ping {
    struct dgram_list list;
    struct key key;
    struct map by_id;
    uint64_t requests, replies, errors;
};

struct ping_sock {
    struct dgram d;
    uint16_t seq;                       /* of the last request */
};

static_assert((int)ICMP4_HEADER == (int)ICMP6_HEADER, "echo looks the same in both");

static struct ping_sock *ping_of(struct hp_sock *sock) { return (struct ping_sock *)(void *)sock; }
static struct ping *ping_state(struct hp_sock *sock) { return (struct ping *)(void *)ping_of(sock)->d.list; }

/* ---- identifiers ---- */

static bool ping_same_id(const void *item, const void *key)
{
    return ((const struct ping_sock *)item)->d.local_port == *(const uint16_t *)key;
}

static uint64_t ping_hash(const struct ping *g, uint16_t id) { return hash_key(&g->key, &id, sizeof id); }

static struct ping_sock *ping_find(const struct ping *g, uint16_t id) { return map_find(&g->by_id, ping_hash(g, id), ping_same_id, &id); }

static bool ping_id_free(void *ctx, uint16_t id) { return !ping_find(ctx, id); }

static int ping_bind_id(struct ping_sock *k, uint16_t id)
{
    struct hp_stack *s = k->d.base.stack;
    struct ping *g = ping_state(&k->d.base);
    if (!id) id = port_pick(s, &k->d.local, &k->d.peer, 0, NULL, ping_id_free, g);
    if (!id) return HP_EADDRNOTAVAIL;
    if (ping_find(g, id)) return HP_EADDRINUSE;
    int err = map_add(&g->by_id, s->mem, ping_hash(g, id), k);
    if (err) return err;
    k->d.local_port = id;
    k->d.flags |= DGRAM_BOUND;
    return HP_OK;
}

/* ---- up ---- */

/* Layer 3 has checked length and checksum. */
static bool ping_reply(struct hp_stack *s, const struct hp_pkt *p)
{
    struct ping *g = stack_state(s, &ping_proto);
    if (pkt_bytes(p).n < ICMP4_HEADER) return false;
    struct ping_sock *k = ping_find(g, get16(p->data + 4));
    if (!k) return false;
    const struct dgram *d = &k->d;
    if (!hp_ip_is_any(&d->local) && !hp_ip_equal(&d->local, &p->dst)) return false;
    if (d->flags & DGRAM_CONNECTED && !hp_ip_is_multicast(&d->peer) && !ip_is_broadcast(s, &d->peer) && !hp_ip_equal(&d->peer, &p->src))
        return false;
    if (!dgram_hears_link(d, p)) return false;
    g->replies++;
    dgram_put_clone(&k->d, p, ICMP4_HEADER);
    return true;
}

static void ping_error(struct hp_stack *s, const struct hp_neterr *e)
{
    struct ping *g = stack_state(s, &ping_proto);
    if (e->quote.n < ICMP4_HEADER) return;
    struct ping_sock *k = ping_find(g, get16(e->quote.p + 4));
    uint16_t seq = get16(e->quote.p + 6);
    if (!k || (k->d.flags & DGRAM_CONNECTED && !hp_ip_equal(&k->d.peer, &e->dst))) return;
    g->errors++;
    if (e->err == HP_EMSGSIZE) ip_take_mtu(s, e);
    struct hp_endpoint to = {.ip = e->dst};
    dgram_put_error(&k->d, e, &to, seq, bytes_from(e->quote, ICMP4_HEADER));
}

/* ---- the kind ---- */

static void ping_info(const struct hp_pkt *p, struct hp_recv_info *info)
{
    const uint8_t *header = pkt_at(p, p->l4);
    info->icmp_type = header[0];
    info->icmp_code = header[1];
    info->to.port = get16(header + 4);
    info->seq = get16(header + 6);
}

static int ping_open(struct hp_sock *sock, int protocol)
{
    if (protocol && protocol != IP_PROTO_ICMP && protocol != IP_PROTO_ICMPV6) return HP_EINVAL;
    struct ping *g = stack_state(sock->stack, &ping_proto);
    ping_of(sock)->d.info = ping_info;
    dgram_open(&ping_of(sock)->d, &g->list);
    return HP_OK;
}

static void ping_close(struct hp_sock *sock)
{
    struct ping_sock *k = ping_of(sock);
    struct ping *g = ping_state(sock);
    if (k->d.flags & DGRAM_BOUND) map_remove(&g->by_id, ping_hash(g, k->d.local_port), k);
    dgram_close(&k->d);
}

static int ping_bind(struct hp_sock *sock, const struct hp_endpoint *local)
{
    struct ping_sock *k = ping_of(sock);
    int err = dgram_bind_address(&k->d, local);
    if (!err) err = ping_bind_id(k, local->port);
    if (err && !(k->d.flags & DGRAM_BOUND)) k->d.local = (struct hp_ip){{0}};
    return err;
}

static int ping_autobind(struct ping_sock *k) { return k->d.flags & DGRAM_BOUND ? HP_OK : ping_bind_id(k, 0); }

static int ping_connect(struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct ping_sock *k = ping_of(sock);
    if (dgram_is_disconnect(peer)) {
        dgram_disconnect(&k->d);
        return HP_OK;
    }
    int err = dgram_connect_address(&k->d, peer);
    return err ? err : ping_autobind(k);
}

static void ping_put_header(struct hp_pkt *p, size_t n, uint16_t id, uint16_t seq, uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    if (p->proto == IP_PROTO_ICMP) {
        struct icmp4_hdr h = {.type = ICMP4_ECHO, .id = id, .seq = seq};
        icmp4_write(p->data, ICMP4_HEADER, &h);
    } else {
        struct icmp6_hdr h = {.type = ICMP6_ECHO, .id = id, .seq = seq};
        icmp6_write(p->data, ICMP6_HEADER, &h);
        sum += sum_pseudo(&p->src, &p->dst, IP_PROTO_ICMPV6, (uint32_t)(ICMP6_HEADER + n));
    }
    put16(p->data + 2, sum_fold(sum_add(sum, p->data, ICMP4_HEADER)));
}

static int64_t ping_send(struct hp_sock *sock, const struct hp_msg *m)
{
    struct ping_sock *k = ping_of(sock);
    struct hp_endpoint to;
    uint32_t sum;
    struct hp_pkt *p;
    int err = dgram_destination(&k->d, m, ICMP4_HEADER, &to);
    if (!err) err = dgram_route(&k->d, &to);
    if (!err) err = ping_autobind(k);
    if (!err) err = dgram_packet(&k->d, &to, hp_ip_is4(&to.ip) ? IP_PROTO_ICMP : IP_PROTO_ICMPV6, ICMP4_HEADER, m, &p, &sum);
    if (err) return err;
    ping_put_header(p, m->n, k->d.local_port, ++k->seq, sum);
    ping_state(sock)->requests++;
    trace_down(sock->stack, 4, "ping", p);
    return dgram_send(&k->d, p, m);
}

extern const struct hp_sock_kind ping_sock_kind;
const struct hp_sock_kind ping_sock_kind = {
    .name = "ping",
    .type = HP_PING,
    .size = sizeof(struct ping_sock),
    .open = ping_open,
    .bind = ping_bind,
    .connect = ping_connect,
    .send = ping_send,
    .close = ping_close,
    DGRAM_KIND,
};

/* ---- the protocol: ICMP itself is layer 3's ---- */

static int ping_start(struct hp_stack *s, void *state)
{
    struct ping *g = state;
    g->key = key_derive(&s->key, "ping sockets");
    ip_set_echo_tap(s, ping_reply, ping_error);
    return HP_OK;
}

static void ping_stop(struct hp_stack *s, void *state)
{
    struct ping *g = state;
    ip_set_echo_tap(s, NULL, NULL);
    dgram_close_all(&g->list);
    map_free(&g->by_id, s->mem);
}

static const struct hp_counter ping_counters[] = {
    HP_COUNTER(struct ping, requests, "echo requests that sockets sent"),
    HP_COUNTER(struct ping, replies, "echo replies that sockets got"),
    HP_COUNTER(struct ping, errors, "ICMP errors about echo requests"),
    {0},
};
static const struct hp_setting ping_settings[] = {DGRAM_SETTINGS(struct ping, list), {0}};
static const struct hp_sock_kind *const ping_kinds[] = {&ping_sock_kind, NULL};

const struct hp_proto ping_proto = {
    .name = "ping",
    .layer = 4,
    .state_size = sizeof(struct ping),
    .start = ping_start,
    .stop = ping_stop,
    .counters = ping_counters,
    .settings = ping_settings,
    .sockets = ping_kinds,
};
