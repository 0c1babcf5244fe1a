/* Sockets of datagrams: the receive queue, bounded in storage held (not in bytes shown), and their common life. */
#include "l4_transport/dgram.h"

enum { DGRAM_IS_ERROR = 1 << 15 };      /* in hp_pkt.flags of a queued packet: it has a note */

/* A reference that was copied: told so in the next step. */
struct dgram_done {
    struct dgram_done *next;
    void (*done)(void *ctx);
    void *ctx;
    bool sent;
};

/* ---- life ---- */

static void dgram_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct dgram *d = (struct dgram *)(void *)((char *)t - offsetof(struct dgram, timer));
    d->flags &= (uint16_t)~DGRAM_BLOCKED;
    sock_mark(&d->base, HP_WRITABLE);
}

void dgram_open(struct dgram *d, struct dgram_list *list)
{
    pkt_queue_init(&d->in);
    d->list = list;
    d->rcvbuf = (uint32_t)list->rcvbuf;
    d->sndbuf = (uint32_t)list->sndbuf;
    d->multicast_ttl = 1;
    d->timer.fire = dgram_fire;
    d->timer.at = HP_NEVER;
    d->turn_at = INT64_MIN / 2;
    d->next = list->first;
    d->prev = &list->first;
    if (d->next) d->next->prev = &d->next;
    list->first = d;
}

/* The user's function may do anything, even close the socket. */
void dgram_tx(struct hp_sock *sock)
{
    struct dgram *d = dgram_of(sock);
    struct hp_mem *mem = sock->stack->mem;
    struct dgram_done *r = d->done;
    d->done = NULL;
    while (r) {
        struct dgram_done *next = r->next;
        if (r->sent) r->done(r->ctx);
        mem_free(mem, r, sizeof *r);
        r = next;
    }
}

void dgram_close(struct dgram *d)
{
    struct hp_stack *s = d->base.stack;
    for (struct hp_pkt *p; (p = pkt_queue_take(&d->in));) hp_drop(s, p, p->flags & DGRAM_IS_ERROR ? HP_DROP_TAKEN : HP_DROP_SOCK_CLOSED);
    dgram_tx(&d->base);
    timer_remove(s, &d->timer);
    sock_unlist(&d->base);
    *d->prev = d->next;
    if (d->next) d->next->prev = d->prev;
    mem_free(s->mem, d, d->base.kind->size);
}

void dgram_close_all(struct dgram_list *list)
{
    while (list->first) list->first->base.kind->close(&list->first->base);
}

/* ---- receiving ---- */

/* What a queued packet costs: the storage that it keeps alive. */
static uint32_t dgram_truesize(const struct hp_pkt *p)
{
    return p->buf->block + p->more.n + (p->own_block ? 0 : (uint32_t)sizeof *p);
}

void dgram_put(struct dgram *d, struct hp_pkt *p)
{
    struct hp_stack *s = d->base.stack;
    uint32_t size = dgram_truesize(p);
    if (d->flags & DGRAM_SHUT_RD) {
        hp_drop(s, p, HP_DROP_SOCK_CLOSED);
        return;
    }
    if (d->in.count && (size > d->rcvbuf || d->in_bytes > d->rcvbuf - size)) { /* one always has room */
        hp_drop(s, p, HP_DROP_SOCK_FULL);
        return;
    }
    trace_up(s, 5, "socket", p);
    p->gso_size = p->link ? p->link->index : 0;
    p->link = NULL;
    p->time = s->now;
    d->in_bytes += size;
    pkt_queue_put(&d->in, p);
    sock_mark(&d->base, HP_READABLE);
}

void dgram_put_clone(struct dgram *d, const struct hp_pkt *p, ptrdiff_t data)
{
    struct hp_stack *s = d->base.stack;
    struct hp_pkt *k = pkt_clone(s, p);
    if (!k) {
        s->drops[HP_DROP_NO_MEMORY]++;
        return;
    }
    k->l4 = pkt_offset(k);
    k->data += data;
    dgram_put(d, k);
}

void dgram_put_error(struct dgram *d, const struct hp_neterr *e, const struct hp_endpoint *to, uint16_t seq, struct hp_bytes quote)
{
    struct hp_stack *s = d->base.stack;
    struct dgram_note note = {.to = *to, .err = (int16_t)e->err, .seq = seq, .icmp_type = e->icmp_type, .icmp_code = e->icmp_code};
    quote = bytes_upto(quote, DGRAM_QUOTE_MAX);
    struct hp_pkt *p = pkt_alloc(s, sizeof note + quote.n);
    if (!p) {
        s->drops[HP_DROP_NO_MEMORY]++;
        return;
    }
    p->l2 = pkt_offset(p);
    memcpy(pkt_put(p, sizeof note), &note, sizeof note);
    p->l4 = (uint16_t)(p->l2 + sizeof note);
    if (quote.n) memcpy(pkt_put(p, quote.n), quote.p, quote.n);
    pkt_pull(p, sizeof note);
    p->flags |= DGRAM_IS_ERROR;
    p->src = e->reporter;
    p->dst = e->src;
    dgram_put(d, p);
}

static void dgram_note_of(const struct hp_pkt *p, struct dgram_note *note) { memcpy(note, pkt_at(p, p->l2), sizeof *note); }

static void dgram_fill_info(const struct dgram *d, const struct hp_pkt *p, struct hp_recv_info *info)
{
    *info = (struct hp_recv_info){.from.ip = p->src, .to.ip = p->dst, .link = p->gso_size, .ttl = p->ttl, .tos = p->tos,
                                  .time = p->time, .pkt_id = p->id};
    if (hp_ip_is_linklocal(&p->src) && !hp_ip_is4(&p->src)) info->from.link = info->link;
    if (!(p->flags & DGRAM_IS_ERROR)) {
        d->info(p, info);
        return;
    }
    struct dgram_note note;
    dgram_note_of(p, &note);
    info->to = note.to;
    info->error = note.err;
    info->seq = note.seq;
    info->icmp_type = note.icmp_type;
    info->icmp_code = note.icmp_code;
}

static void dgram_done_reading(struct dgram *d)
{
    d->in_bytes -= dgram_truesize(d->in.first);
    hp_drop(d->base.stack, pkt_queue_take(&d->in), HP_DROP_TAKEN);
}

static int dgram_take_error(struct dgram *d)
{
    int err = d->base.error;
    d->base.error = 0;
    return err;
}

int64_t dgram_recv(struct hp_sock *sock, const struct hp_msg *m)
{
    struct dgram *d = dgram_of(sock);
    struct hp_pkt *p = d->in.first;
    if (sock->error) return dgram_take_error(d);
    if (!p) return d->flags & DGRAM_SHUT_RD ? 0 : HP_EAGAIN;
    if (p->flags & DGRAM_IS_ERROR && !m->info) { /* nowhere to say whose error: it is the call's */
        struct dgram_note note;
        dgram_note_of(p, &note);
        dgram_done_reading(d);
        return note.err;
    }
    size_t whole = pkt_len(p), n = m->room ? hp_pkt_copy_out(p, 0, m->room, m->n) : 0;
    if (m->info) {
        dgram_fill_info(d, p, m->info);
        m->info->truncated = n < whole;
    }
    if (!(m->flags & HP_MSG_PEEK)) dgram_done_reading(d);
    return (int64_t)(m->flags & HP_MSG_TRUNC ? whole : n);
}

int dgram_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max)
{
    struct dgram *d = dgram_of(sock);
    struct hp_pkt *p = d->in.first;
    if (sock->error) return dgram_take_error(d);
    if (!p) return d->flags & DGRAM_SHUT_RD ? 0 : HP_EAGAIN;
    if (p->flags & DGRAM_IS_ERROR) {
        struct dgram_note note;
        dgram_note_of(p, &note);
        dgram_done_reading(d);
        return note.err;
    }
    struct hp_bytes two[2];
    int n = hp_pkt_parts(p, two);
    if (n > parts_max) return HP_ERANGE;
    memcpy(parts, two, (size_t)n * sizeof *parts);
    return n;
}

/* A datagram is read whole or not at all. */
int dgram_release(struct hp_sock *sock, size_t n)
{
    struct dgram *d = dgram_of(sock);
    if (!d->in.first || n > pkt_len(d->in.first)) return HP_EINVAL;
    dgram_done_reading(d);
    return HP_OK;
}

/* ---- addresses ---- */

int dgram_bind_address(struct dgram *d, const struct hp_endpoint *local)
{
    struct hp_stack *s = d->base.stack;
    const struct hp_ip *ip = &local->ip;
    if (d->flags & DGRAM_BOUND) return HP_EINVAL;
    if (d->flags & DGRAM_V6ONLY && hp_ip_is4(ip)) return HP_EINVAL;
    if (local->link && d->bound_link && local->link != d->bound_link) return HP_EINVAL;
    if (local->link && !link_get(s, local->link)) return HP_EADDRNOTAVAIL;
    if (!hp_ip_is_any(ip) && !hp_ip_is_multicast(ip) && !ip_is_broadcast(s, ip) && !ip_is_ours(s, ip)) return HP_EADDRNOTAVAIL;
    d->local = *ip;
    if (local->link) d->bound_link = local->link;
    return HP_OK;
}

/* Does what the socket is bound to allow this destination? */
static int dgram_may_reach(const struct dgram *d, const struct hp_endpoint *to)
{
    bool four = hp_ip_is4(&to->ip), any = hp_ip_is_any(&d->local);
    if (hp_ip_is_any(&to->ip)) return HP_EINVAL;
    if (d->flags & DGRAM_V6ONLY && four) return HP_ENETUNREACH;
    if (!any && four != hp_ip_is4(&d->local)) return HP_ENETUNREACH;
    if (any && hp_ip_is4(&d->local) && !four) return HP_ENETUNREACH;
    if (to->link && d->bound_link && to->link != d->bound_link) return HP_EINVAL;
    if (!(d->flags & DGRAM_BROADCAST) && hp_ip_is_broadcast(&to->ip)) return HP_EACCES;
    return HP_OK;
}

/* For the path that was found. */
static int dgram_source(struct dgram *d, const struct hp_ip *dst)
{
    struct hp_stack *s = d->base.stack;
    bool bound = !hp_ip_is_any(&d->local) && !hp_ip_is_multicast(&d->local) && !ip_is_broadcast(s, &d->local);
    d->route_src = d->local;
    int err = bound ? HP_OK : ip_path_source(s, &d->path, dst, &d->route_src);
    if (!err || !d->path.broadcast) return err;
    d->route_src = hp_ip4(0, 0, 0, 0); /* RFC 1122 3.2.1.3 (a): a host that does not know its address yet */
    return HP_OK;
}

int dgram_route(struct dgram *d, const struct hp_endpoint *to)
{
    int err = dgram_may_reach(d, to);
    if (err) return err;
    uint16_t link = d->bound_link ? d->bound_link : to->link;
    if (link != d->route_link || !hp_ip_equal(&to->ip, &d->route_dst)) d->path = (struct ip_path){0};
    uint32_t before = d->path.generation;
    err = ip_path_check(d->base.stack, &d->path, &to->ip, link);
    if (!err && d->path.broadcast && !(d->flags & DGRAM_BROADCAST)) err = HP_EACCES;
    if (!err && before != d->path.generation) err = dgram_source(d, &to->ip);
    d->route_dst = to->ip;
    d->route_link = link;
    if (err) d->path = (struct ip_path){0};
    return err;
}

bool dgram_is_disconnect(const struct hp_endpoint *peer) { return !peer || (hp_ip_is_any(&peer->ip) && !peer->port); }

int dgram_connect_address(struct dgram *d, const struct hp_endpoint *peer)
{
    int err = dgram_route(d, peer);
    if (err) return err;
    d->peer = peer->ip;
    d->peer_port = peer->port;
    d->peer_link = peer->link;
    d->flags |= DGRAM_CONNECTED;
    return HP_OK;
}

void dgram_disconnect(struct dgram *d)
{
    d->peer = (struct hp_ip){{0}};
    d->peer_port = d->peer_link = 0;
    d->flags &= (uint16_t)~DGRAM_CONNECTED;
}

int dgram_local(const struct hp_sock *sock, struct hp_endpoint *out)
{
    const struct dgram *d = dgram_of_const(sock);
    bool shown = d->flags & DGRAM_CONNECTED && hp_ip_is_any(&d->local);
    *out = (struct hp_endpoint){.ip = shown ? d->route_src : d->local, .port = d->local_port, .link = d->bound_link};
    return HP_OK;
}

int dgram_peer(const struct hp_sock *sock, struct hp_endpoint *out)
{
    const struct dgram *d = dgram_of_const(sock);
    if (!(d->flags & DGRAM_CONNECTED)) return HP_ENOTCONN;
    *out = (struct hp_endpoint){.ip = d->peer, .port = d->peer_port, .link = d->peer_link};
    return HP_OK;
}

/* ---- sending ---- */

int dgram_destination(struct dgram *d, const struct hp_msg *m, size_t header, struct hp_endpoint *to)
{
    if (d->base.error) return dgram_take_error(d);
    if (d->flags & DGRAM_SHUT_WR) return HP_EPIPE;
    if (m->flags & HP_MSG_OOB) return HP_EOPNOTSUPP;
    if (m->to) *to = *m->to;
    else if (dgram_peer(&d->base, to)) return HP_ENOTCONN;
    return m->n > 65535 - header - (hp_ip_is4(&to->ip) ? 20u : 0u) ? HP_EMSGSIZE : HP_OK;
}

static int dgram_block(struct dgram *d, hp_time until)
{
    d->flags |= DGRAM_BLOCKED;
    timer_set(d->base.stack, &d->timer, until);
    return HP_EAGAIN;
}

/* n bytes of IP payload may leave now. */
static int dgram_take_turn(struct dgram *d, size_t n)
{
    struct hp_stack *s = d->base.stack;
    if (d->flags & DGRAM_DF && n + ip_header_len(&d->route_dst) > d->path.mtu) return HP_EMSGSIZE;
    if (d->flags & DGRAM_BLOCKED) return HP_EAGAIN;
    hp_time end = d->turn_at + HP_US(DGRAM_TURN_US);
    if (s->now >= end) {
        d->turn_at = s->now;
        d->turn_bytes = 0;
    }
    uint32_t cost = (uint32_t)(n + sizeof(struct hp_pkt));
    if (d->turn_bytes && d->turn_bytes + cost > d->sndbuf) return dgram_block(d, end);
    const struct hp_link *l = link_get(s, d->path.link);
    if (l && link_queued(l) >= l->queue_max) return dgram_block(d, s->now + HP_US(DGRAM_FULL_US));
    d->turn_bytes += cost;
    return HP_OK;
}

/* Reserves what a reference needs: before anything is sent. */
static int dgram_keep_done(struct dgram *d, const struct hp_msg *m)
{
    if (!m->done) return HP_OK;
    struct dgram_done *r = mem_alloc(d->base.stack->mem, sizeof *r);
    if (!r) return HP_ENOMEM;
    *r = (struct dgram_done){.next = d->done, .done = m->done, .ctx = m->done_ctx};
    d->done = r;
    sock_mark_tx(&d->base);
    return HP_OK;
}

int dgram_packet(struct dgram *d, const struct hp_endpoint *to, uint8_t proto, size_t header, const struct hp_msg *m, struct hp_pkt **out,
                 uint32_t *sum)
{
    int err = dgram_take_turn(d, header + m->n);
    if (!err) err = dgram_keep_done(d, m);
    struct hp_pkt *p = err ? NULL : pkt_alloc(d->base.stack, header + m->n);
    if (!p) return err ? err : HP_ENOMEM;
    p->l4 = pkt_offset(p);
    memset(pkt_put(p, header), 0, header);
    *sum = sum_copy(0, pkt_put(p, m->n), m->data, m->n);
    p->src = d->route_src;
    p->dst = to->ip;
    p->proto = proto;
    p->ttl = (uint8_t)(hp_ip_is_multicast(&to->ip) ? d->multicast_ttl : d->ttl);
    p->tos = d->tos;
    if (d->flags & DGRAM_DF) p->flags |= PKT_DF;
    if (d->flags & DGRAM_NO_LOOP) p->flags |= PKT_NO_LOOP;
    *out = p;
    return HP_OK;
}

int64_t dgram_send(struct dgram *d, struct hp_pkt *p, const struct hp_msg *m)
{
    if (m->done) d->done->sent = true;
    ip_tx(d->base.stack, p, &d->path);
    return (int64_t)m->n;
}

/* ---- readiness, end ---- */

int dgram_shutdown(struct hp_sock *sock, int how)
{
    struct dgram *d = dgram_of(sock);
    if (!(d->flags & DGRAM_CONNECTED)) return HP_ENOTCONN;
    if (how != HP_SHUT_WR) d->flags |= DGRAM_SHUT_RD;
    if (how != HP_SHUT_RD) d->flags |= DGRAM_SHUT_WR;
    sock_mark(sock, HP_READABLE | HP_WRITABLE);
    return HP_OK;
}

unsigned dgram_ready(const struct hp_sock *sock)
{
    const struct dgram *d = dgram_of_const(sock);
    unsigned what = d->flags & DGRAM_BLOCKED ? 0 : HP_WRITABLE;
    if (d->in.first || d->flags & DGRAM_SHUT_RD) what |= HP_READABLE;
    if (sock->error) what |= HP_READABLE | HP_WRITABLE | HP_ERROR;
    return what;
}
