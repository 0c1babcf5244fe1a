/* Raw sockets: every IP packet of one protocol that is delivered to this machine, header included; what is sent is a payload, the
 * network layer puts its header in front.  RFC 3542 3 (but IPv6 headers are shown too, so that both versions read the same). */
#include "l4_transport/dgram.h"

#include "wire/ip.h"

struct raw {
    struct dgram_list list;
    struct raw_sock *by_proto[256];     /* those who want packets of this protocol: each gets a copy */
    uint64_t packets_in, packets_out;
};

struct raw_sock {
    struct dgram d;
    struct raw_sock *next, **prev;      /* of the same protocol */
    uint8_t proto;
};

static struct raw_sock *raw_of(struct hp_sock *sock) { return (struct raw_sock *)(void *)sock; }
static struct raw *raw_state(struct hp_sock *sock) { return (struct raw *)(void *)raw_of(sock)->d.list; }

/* ---- up ---- */

static bool raw_wants(const struct raw_sock *r, const struct hp_pkt *p)
{
    const struct dgram *d = &r->d;
    if (d->flags & DGRAM_V6ONLY && hp_ip_is4(&p->dst)) return false;
    if (!dgram_hears_link(d, p)) return false;
    if (d->flags & DGRAM_CONNECTED && !hp_ip_equal(&d->peer, &p->src)) return false;
    if (!hp_ip_is_any(&d->local)) return hp_ip_equal(&d->local, &p->dst);
    return !(d->flags & DGRAM_BOUND) || !hp_ip_is4(&d->local) || hp_ip_is4(&p->dst);
}

static bool raw_tap(struct hp_stack *s, const struct hp_pkt *p)
{
    struct raw *raw = stack_state(s, &raw_proto);
    bool wanted = false;
    for (struct raw_sock *r = raw->by_proto[p->proto]; r; r = r->next) {
        if (!raw_wants(r, p)) continue;
        wanted = true;
        raw->packets_in++;
        dgram_put_clone(&r->d, p, (ptrdiff_t)p->l3 - pkt_offset(p));
    }
    return wanted;
}

/* ---- the kind ---- */

static void raw_info(const struct hp_pkt *p, struct hp_recv_info *info) { info->from.port = info->to.port = 0; }

static int raw_open(struct hp_sock *sock, int protocol)
{
    if (protocol < 1 || protocol > 254) return HP_EINVAL;
    struct raw_sock *r = raw_of(sock);
    struct raw *raw = stack_state(sock->stack, &raw_proto);
    r->d.info = raw_info;
    r->proto = (uint8_t)protocol;
    dgram_open(&r->d, &raw->list);
    r->next = raw->by_proto[r->proto];
    r->prev = &raw->by_proto[r->proto];
    if (r->next) r->next->prev = &r->next;
    raw->by_proto[r->proto] = r;
    ip_set_raw_tap(sock->stack, raw_tap);
    return HP_OK;
}

static void raw_close(struct hp_sock *sock)
{
    struct raw_sock *r = raw_of(sock);
    *r->prev = r->next;
    if (r->next) r->next->prev = r->prev;
    if (!raw_state(sock)->list.first->next) ip_set_raw_tap(sock->stack, NULL); /* the last one: no packet pays for raw sockets any more */
    dgram_close(&r->d);
}

static int raw_bind(struct hp_sock *sock, const struct hp_endpoint *local)
{
    struct raw_sock *r = raw_of(sock);
    int err = dgram_bind_address(&r->d, local);
    if (!err) r->d.flags |= DGRAM_BOUND;
    return err;
}

static int raw_connect(struct hp_sock *sock, const struct hp_endpoint *peer)
{
    struct raw_sock *r = raw_of(sock);
    if (!dgram_is_disconnect(peer)) return dgram_connect_address(&r->d, peer);
    dgram_disconnect(&r->d);
    return HP_OK;
}

/* RFC 3542 3.1: ICMPv6's checksum covers addresses that only the stack knows for sure. */
static void raw_sum(struct hp_pkt *p, size_t n, uint32_t sum)
{
    if (p->proto != IP_PROTO_ICMPV6 || n < 4 || hp_ip_is4(&p->dst)) return;
    put16(p->data + 2, 0);
    sum = sum_pseudo(&p->src, &p->dst, p->proto, (uint32_t)n);
    put16(p->data + 2, sum_fold(sum_add(sum, p->data, n)));
}

static int64_t raw_send(struct hp_sock *sock, const struct hp_msg *m)
{
    struct raw_sock *r = raw_of(sock);
    struct hp_endpoint to;
    uint32_t sum;
    struct hp_pkt *p;
    int err = dgram_destination(&r->d, m, 0, &to);
    if (!err) err = dgram_route(&r->d, &to);
    if (!err) err = dgram_packet(&r->d, &to, r->proto, 0, m, &p, &sum);
    if (err) return err;
    raw_sum(p, m->n, sum);
    raw_state(sock)->packets_out++;
    trace_down(sock->stack, 4, "raw", p);
    return dgram_send(&r->d, p, m);
}

extern const struct hp_sock_kind raw_sock_kind;
const struct hp_sock_kind raw_sock_kind = {
    .name = "raw",
    .type = HP_RAW,
    .size = sizeof(struct raw_sock),
    .open = raw_open,
    .bind = raw_bind,
    .connect = raw_connect,
    .send = raw_send,
    .close = raw_close,
    DGRAM_KIND,
};

/* ---- the protocol: it has no number of its own ---- */

static void raw_stop(struct hp_stack *s, void *state) { dgram_close_all(&((struct raw *)state)->list); }

static const struct hp_counter raw_counters[] = {
    HP_COUNTER(struct raw, packets_in, "packets shown to raw sockets, each copy"),
    HP_COUNTER(struct raw, packets_out, "packets sent by raw sockets"),
    {0},
};
static const struct hp_setting raw_settings[] = {DGRAM_SETTINGS(struct raw, list), {0}};
static const struct hp_sock_kind *const raw_kinds[] = {&raw_sock_kind, NULL};

const struct hp_proto raw_proto = {
    .name = "raw",
    .layer = 4,
    .state_size = sizeof(struct raw),
    .stop = raw_stop,
    .counters = raw_counters,
    .settings = raw_settings,
    .sockets = raw_kinds,
};
