/* UDP: RFC 768, RFC 1122 4.1, RFC 8200 8.1.
 *
 * A datagram's checksum is verified once, before anybody is told of it.  A connected socket is found by its flow, any other by what
 * it is bound to; what no socket takes is answered by ICMP, also when the port's only socket is connected to somebody else, so
 * that probing finds no difference. */
#include "wire/udp.h"
#include "wire/ip.h"

#include "l4_transport/demux.h"
#include "l4_transport/dgram.h"

struct udp {
    struct dgram_list list;
    uint64_t no_port;
    struct demux demux;
    uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out, errors_in, icmp_errors;
};

struct udp_sock {
    struct dgram d;
    struct demux_end end;
};

extern const struct hp_sock_kind udp_sock_kind;

static struct udp_sock *udp_of(struct hp_sock *sock) { return (struct udp_sock *)(void *)sock; }
static struct udp *udp_state(struct hp_sock *sock) { return (struct udp *)(void *)udp_of(sock)->d.list; }
static struct udp_sock *udp_of_end(struct demux_end *e)
{
    return (struct udp_sock *)(void *)((char *)e - offsetof(struct udp_sock, end));
}

/* ---- up ---- */

/* RFC 1122 4.1.3.4; 0 means "none", which IPv6 does not allow (RFC 8200 8.1). */
static enum hp_drop udp_check(const struct hp_pkt *p, const struct udp_hdr *h)
{
    if (h->sum == 0) return hp_ip_is4(&p->dst) ? HP_DROP_NONE : HP_DROP_UDP_BAD;
    if (p->flags & PKT_SUM_GOOD) return HP_DROP_NONE;
    struct hp_bytes head = bytes_upto(pkt_bytes(p), h->len);
    uint32_t sum = sum_add(sum_pseudo(&p->src, &p->dst, IP_PROTO_UDP, h->len), head.p, head.n);
    if (h->len > head.n) sum = sum_add_at(sum, head.n, p->more.p, h->len - head.n);
    return sum_fold(sum) == 0 ? HP_DROP_NONE : HP_DROP_CHECKSUM;
}

/* `link` 0: not known. */
static struct udp_sock *udp_find(const struct udp *u, const struct flow *f, uint16_t link, bool *taken)
{
    struct demux_end *e = demux_find_flow(&u->demux, f);
    if (e && link && e->group->key.link && e->group->key.link != link) e = NULL;
    if (!e) e = demux_find(&u->demux, f, link, taken);
    return e ? udp_of_end(e) : NULL;
}

struct udp_copies {
    const struct hp_pkt *p;
    uint32_t count;
};

static void udp_copy(void *ctx, struct demux_end *e)
{
    struct udp_copies *c = ctx;
    c->count++;
    dgram_put_clone(&udp_of_end(e)->d, c->p, UDP_HEADER);
}

/* To a group or everybody: each socket that is bound to it gets one; nobody is told that nobody is there (RFC 1122 3.2.2). */
static void udp_rx_many(struct hp_stack *s, struct udp *u, const struct flow *f, uint16_t link, struct hp_pkt *p)
{
    struct udp_copies c = {.p = p};
    demux_each(&u->demux, f, link, udp_copy, &c);
    hp_drop(s, p, c.count ? HP_DROP_TAKEN : HP_DROP_NO_PORT);
}

static void udp_refuse(struct hp_stack *s, struct udp *u, struct hp_pkt *p, bool taken)
{
    u->no_port++;
    ip_unreachable(s, p, IP_UNREACH_PORT);
    hp_drop(s, p, taken ? HP_DROP_SOCK_PEER : HP_DROP_NO_PORT);
}

static void udp_deliver(struct hp_stack *s, struct udp *u, const struct udp_hdr *h, struct hp_pkt *p)
{
    struct flow f = {.local = p->dst, .peer = p->src, .local_port = h->to, .peer_port = h->from};
    uint16_t link = p->link ? p->link->index : 0;
    bool taken = false;
    u->datagrams_in++;
    u->bytes_in += h->len;
    if (p->flags & (PKT_BROADCAST | PKT_MULTICAST) || hp_ip_is_multicast(&p->dst)) { /* layer 3 knows directed broadcasts */
        udp_rx_many(s, u, &f, link, p);
        return;
    }
    struct udp_sock *us = udp_find(u, &f, link, &taken);
    if (!us) {
        udp_refuse(s, u, p, taken);
        return;
    }
    pkt_pull(p, UDP_HEADER);
    dgram_put(&us->d, p);
}

static void udp_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct udp *u = state;
    struct udp_hdr h;
    enum hp_drop why = HP_DROP_NONE;
    trace_up(s, 4, "udp", p);
    if (pkt_bytes(p).n < UDP_HEADER && pkt_len(p) >= UDP_HEADER && !pkt_own(s, p, 0, true)) why = HP_DROP_NO_MEMORY;
    else if (pkt_bytes(p).n < UDP_HEADER) why = HP_DROP_UDP_BAD;
    else if (!udp_parse(bytes_of(p->data, pkt_len(p)), &h)) why = HP_DROP_UDP_BAD; /* looks at the header alone */
    else why = udp_check(p, &h);
    if (why) {
        u->errors_in++;
        hp_drop(s, p, why);
        return;
    }
    p->l4 = pkt_offset(p);
    pkt_trim(p, h.len);
    udp_deliver(s, u, &h, p);
}

/* ICMP about a datagram that was sent from here.  Only a socket that really talks to that peer hears of it. */
static void udp_error(struct hp_stack *s, void *state, const struct hp_neterr *e)
{
    struct udp *u = state;
    if (e->quote.n < 4) return;
    struct flow f = {.local = e->src, .peer = e->dst, .local_port = get16(e->quote.p), .peer_port = get16(e->quote.p + 2)};
    bool taken;
    struct udp_sock *us = udp_find(u, &f, 0, &taken);
    if (!us) return;
    u->icmp_errors++;
    if (e->err == HP_EMSGSIZE) ip_take_mtu(s, e); /* RFC 8201 5.4: the next one is fragmented */
    struct hp_endpoint to = {.ip = e->dst, .port = f.peer_port};
    if (us->d.flags & DGRAM_RECVERR) {
        dgram_put_error(&us->d, e, &to, 0, bytes_from(e->quote, UDP_HEADER));
        return;
    }
    if (!us->end.connected || !e->hard) return;
    us->d.base.error = (int8_t)e->err;
    sock_mark(&us->d.base, HP_ERROR | HP_READABLE | HP_WRITABLE);
}

/* ---- ports ---- */

static bool udp_port_free(void *ctx, uint16_t port) { return !demux_port_used(ctx, port); }

static int udp_bind_port(struct udp_sock *us, uint16_t port)
{
    struct hp_stack *s = us->d.base.stack;
    struct udp *u = udp_state(&us->d.base);
    if (!port) port = port_pick(s, &us->d.local, &us->d.peer, us->d.peer_port, NULL, udp_port_free, &u->demux);
    if (!port) return HP_EADDRNOTAVAIL;
    bool dual = hp_ip_is_any(&us->d.local) && !hp_ip_is4(&us->d.local);
    struct bind_key key = {.ip = us->d.local, .port = port, .link = us->d.bound_link,
                           .v6only = dual && us->d.flags & DGRAM_V6ONLY};
    unsigned flags = (us->d.flags & DGRAM_REUSEADDR ? DEMUX_REUSEADDR : 0u) | (us->d.flags & DGRAM_REUSEPORT ? DEMUX_REUSEPORT : 0u);
    int err = demux_bind(s, &u->demux, &us->end, &key, flags);
    if (err) return err;
    us->d.local_port = port;
    us->d.flags |= DGRAM_BOUND;
    return HP_OK;
}

static int udp_autobind(struct udp_sock *us) { return us->d.flags & DGRAM_BOUND ? HP_OK : udp_bind_port(us, 0); }

/* ---- the kind ---- */

static void udp_info(const struct hp_pkt *p, struct hp_recv_info *info)
{
    const uint8_t *header = pkt_at(p, p->l4);
    info->from.port = get16(header);
    info->to.port = get16(header + 2);
}

static int udp_open(struct hp_sock *sock, int protocol)
{
    if (protocol && protocol != IP_PROTO_UDP) return HP_EINVAL;
    struct udp_sock *us = udp_of(sock);
    us->d.info = udp_info;
    struct udp *u = stack_state(sock->stack, &udp_proto);
    dgram_open(&us->d, &u->list);
    return HP_OK;
}

static void udp_close(struct hp_sock *sock)
{
    struct udp_sock *us = udp_of(sock);
    demux_unbind(sock->stack, &udp_state(sock)->demux, &us->end);
    dgram_close(&us->d);
}

static int udp_bind(struct hp_sock *sock, const struct hp_endpoint *local)
{
    struct udp_sock *us = udp_of(sock);
    int err = dgram_bind_address(&us->d, local);
    if (!err) err = udp_bind_port(us, local->port);
    if (err && !(us->d.flags & DGRAM_BOUND)) us->d.local = (struct hp_ip){{0}};
    return err;
}

static int udp_connect(struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct udp_sock *us = udp_of(sock);
    if (dgram_is_disconnect(peer)) {
        demux_disconnect(&udp_state(sock)->demux, &us->end);
        dgram_disconnect(&us->d);
        return HP_OK;
    }
    if (!peer->port) return HP_EINVAL;
    int err = dgram_route(&us->d, peer);
    if (!err) err = udp_autobind(us);
    if (err) return err;
    struct flow f = {.local = us->d.route_src, .peer = peer->ip, .local_port = us->d.local_port, .peer_port = peer->port};
    err = demux_connect(sock->stack, &udp_state(sock)->demux, &us->end, &f);
    if (!err) err = dgram_connect_address(&us->d, peer);
    return err;
}

static int64_t udp_send(struct hp_sock *sock, const struct hp_msg *m)
{
    struct udp_sock *us = udp_of(sock);
    struct udp *u = udp_state(sock);
    struct hp_endpoint to;
    uint32_t sum;
    struct hp_pkt *p;
    int err = dgram_destination(&us->d, m, UDP_HEADER, &to);
    if (!err && !to.port) err = HP_EINVAL;
    if (!err) err = dgram_route(&us->d, &to);
    if (!err) err = udp_autobind(us);
    if (!err) err = dgram_packet(&us->d, &to, IP_PROTO_UDP, UDP_HEADER, m, &p, &sum);
    if (err) return err;
    struct udp_hdr h = {.from = us->d.local_port, .to = to.port, .len = (uint16_t)(UDP_HEADER + m->n)};
    udp_write(p->data, UDP_HEADER, &h);
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum_pseudo(&p->src, &p->dst, IP_PROTO_UDP, h.len);
    put16(p->data + 6, sum_fold_udp(sum_add(sum, p->data, UDP_HEADER)));
    u->datagrams_out++;
    u->bytes_out += h.len;
    trace_down(sock->stack, 4, "udp", p);
    return dgram_send(&us->d, p, m);
}

const struct hp_sock_kind udp_sock_kind = {
    .name = "udp",
    .type = HP_DGRAM,
    .size = sizeof(struct udp_sock),
    .open = udp_open,
    .bind = udp_bind,
    .connect = udp_connect,
    .send = udp_send,
    .close = udp_close,
    DGRAM_KIND,
};

/* ---- the protocol ---- */

static int udp_start(struct hp_stack *s, void *state)
{
    struct udp *u = state;
    demux_start(&u->demux, &s->key, "udp demux");
    return HP_OK;
}

static void udp_stop(struct hp_stack *s, void *state)
{
    struct udp *u = state;
    dgram_close_all(&u->list);
    demux_stop(s, &u->demux);
}

static const struct hp_counter udp_counters[] = {
    HP_COUNTER(struct udp, datagrams_in, "datagrams that came unharmed"),
    HP_COUNTER(struct udp, datagrams_out, "datagrams that were sent"),
    HP_COUNTER(struct udp, bytes_in, "bytes of them, headers included"),
    HP_COUNTER(struct udp, bytes_out, "bytes of them, headers included"),
    HP_COUNTER(struct udp, no_port, "datagrams that no socket took"),
    HP_COUNTER(struct udp, errors_in, "datagrams with a bad length or checksum"),
    HP_COUNTER(struct udp, icmp_errors, "errors that ICMP reported to a socket"),
    {0},
};

static const struct hp_setting udp_settings[] = {DGRAM_SETTINGS(struct udp, list), {0}};
static const struct hp_sock_kind *const udp_kinds[] = {&udp_sock_kind, NULL};

const struct hp_proto udp_proto = {
    .name = "udp",
    .layer = 4,
    .table = BY_IPPROTO,
    .number = IP_PROTO_UDP,
    .state_size = sizeof(struct udp),
    .start = udp_start,
    .stop = udp_stop,
    .rx = udp_rx,
    .error = udp_error,
    .counters = udp_counters,
    .settings = udp_settings,
    .sockets = udp_kinds,
};
