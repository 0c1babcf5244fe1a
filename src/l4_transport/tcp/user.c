/* TCP: the user's calls (RFC 9293 3.9.1): send, receive, and whether they would do something now. */
#include "l4_transport/tcp/tcp.h"

enum { USER_WRITABLE_SHARE = 4 };

/* ---- sending ---- */

static uint32_t tcp_room(const struct tcp *t)
{
    uint32_t max = tcp_sndbuf(t), used = t->snd_end - t->snd_una;
    return used < max ? max - used : 0;
}

/* Space came: whoever was told to wait is told, when it is worth it. */
void tcp_writable(struct tcp *t)
{
    if (!(t->flags & TF_BLOCKED) || tcp_room(t) < tcp_sndbuf(t) / USER_WRITABLE_SHARE) return;
    t->flags &= ~(uint32_t)TF_BLOCKED;
    sock_mark(&t->sock, HP_WRITABLE);
}

static int tcp_take_error(struct tcp *t, int otherwise)
{
    int err = t->sock.error;
    t->sock.error = HP_OK;
    return err ? err : otherwise;
}

static int tcp_send_check(struct tcp *t)
{
    if (t->sock.error) return tcp_take_error(t, HP_OK);
    if (t->state == TCP_LISTEN) return HP_ENOTCONN;
    if (t->state == TCP_CLOSED) return t->flags & TF_CONNECTED ? HP_EPIPE : HP_ENOTCONN;
    if (t->flags & TF_FIN) return HP_EPIPE;
    if (t->state == TCP_TIME_WAIT) return HP_EPIPE;
    return tcp_in(t, TCP_SENDING) ? HP_OK : HP_EAGAIN;
}

int64_t tcp_send(struct hp_sock *sock, const struct hp_msg *m)
{
    struct tcp *t = (struct tcp *)sock;
    if (m->to && !tcp_in(t, TCP_SYNCHRONIZED)) return HP_ENOTCONN;
    int err = tcp_send_check(t);
    if (err) return err;
    if (!m->n && !m->done) return 0;
    uint32_t room = tcp_room(t);
    size_t n = m->n < room ? m->n : room;
    if (!room) {
        t->flags |= TF_BLOCKED;
        return HP_EAGAIN;
    }
    int64_t sent = m->done ? tcp_queue_ref(t, m) : tcp_queue_write(t, m->data, n);
    if (sent < 0) return sent;
    if ((size_t)sent < m->n) t->flags |= TF_BLOCKED;
    t->flags = m->flags & HP_MSG_MORE ? t->flags | TF_MORE : t->flags & ~(uint32_t)TF_MORE;
    if (m->flags & HP_MSG_OOB && sent) t->snd_up = t->snd_end;
    sock_mark_tx(sock);
    return sent;
}

/* ---- receiving ---- */

/* The first n bytes were read: their packets go. */
static void tcp_consume(struct tcp *t, size_t n)
{
    uint32_t took = (uint32_t)n;
    assert(n <= t->rcv_queued);
    t->rcv_queued -= took;
    while (took) {
        struct hp_pkt *p = t->rcv_first;
        uint32_t len = (uint32_t)pkt_len(p);
        t->rcv_charge -= tcp_pkt_charge(p);
        if (took < len) {
            tcp_pkt_skip(p, took);
            t->rcv_charge += tcp_pkt_charge(p);
            break;
        }
        took -= len;
        t->rcv_first = p->next;
        if (!t->rcv_first) t->rcv_last = &t->rcv_first;
        hp_pkt_free(p);
    }
    tcp_window_read(t, (uint32_t)n);
}

/* How far recv may go: to the urgent byte that is not part of the stream for this user; 0 also if it is first. */
static size_t tcp_readable(const struct tcp *t, size_t n)
{
    if (n > t->rcv_queued) n = t->rcv_queued;
    if (!t->rare || !t->rare->has_up || t->flags & TF_OOBINLINE) return n;
    uint32_t first = t->rcv_read, ahead = t->rare->rcv_up - 1 - first;
    return ahead < n ? ahead : n;
}

static void tcp_skip_oob(struct tcp *t)
{
    if (t->rcv_queued && tcp_is_oob(t, t->rcv_read)) tcp_consume(t, 1);
}

static int tcp_nothing(struct tcp *t)
{
    if (t->flags & (TF_RCVD_FIN | TF_SHUT_RD)) return 0;
    if (t->sock.error) return tcp_take_error(t, HP_OK);
    if (t->state == TCP_LISTEN) return HP_EINVAL;
    if (t->state == TCP_CLOSED) return t->flags & TF_CONNECTED ? 0 : HP_ENOTCONN;
    return HP_EAGAIN;
}

static size_t tcp_copy_out(const struct tcp *t, void *room, size_t n)
{
    size_t done = 0;
    for (const struct hp_pkt *p = t->rcv_first; p && done < n; p = p->next)
        done += hp_pkt_copy_out(p, 0, (uint8_t *)room + done, n - done);
    return done;
}

int64_t tcp_recv(struct hp_sock *sock, const struct hp_msg *m)
{
    struct tcp *t = (struct tcp *)sock;
    if (m->info) tcp_peer(sock, &m->info->from);
    if (m->flags & HP_MSG_OOB) return tcp_recv_oob(t, m->room, m->n, m->flags);
    tcp_skip_oob(t);
    if (!t->rcv_queued) return tcp_nothing(t);
    size_t n = tcp_readable(t, m->n);
    if (m->room) tcp_copy_out(t, m->room, n);
    if (!(m->flags & HP_MSG_PEEK)) tcp_consume(t, n);
    return (int64_t)n;
}

int tcp_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max)
{
    struct tcp *t = (struct tcp *)sock;
    tcp_skip_oob(t);
    if (!t->rcv_queued) return tcp_nothing(t);
    size_t left = tcp_readable(t, t->rcv_queued);
    int n = 0;
    for (const struct hp_pkt *p = t->rcv_first; p && left && n < parts_max; p = p->next) {
        struct hp_bytes part[2];
        int count = hp_pkt_parts(p, part);
        for (int i = 0; i < count && left && n < parts_max; i++) {
            if (!part[i].n) continue;
            parts[n] = bytes_upto(part[i], left);
            left -= parts[n++].n;
        }
    }
    return n;
}

int tcp_release(struct hp_sock *sock, size_t n)
{
    struct tcp *t = (struct tcp *)sock;
    if (n > t->rcv_queued) return HP_EINVAL;
    if (n) tcp_consume(t, n);
    return HP_OK;
}

/* ---- readiness, by level ---- */

static bool tcp_is_readable(const struct tcp *t)
{
    uint32_t low = t->rare && t->rare->rcvlowat > 1 ? t->rare->rcvlowat : 1;
    if (t->state == TCP_LISTEN) return t->listener->queue != NULL;
    if (t->flags & (TF_RCVD_FIN | TF_SHUT_RD) || t->sock.error) return true;
    if (t->state == TCP_CLOSED) return t->flags & TF_CONNECTED || t->rcv_queued;
    return t->rcv_queued >= low;
}

unsigned tcp_ready(const struct hp_sock *sock)
{
    const struct tcp *t = (const struct tcp *)sock;
    unsigned ready = tcp_is_readable(t) ? HP_READABLE : 0;
    bool closed = t->state == TCP_CLOSED && t->flags & TF_CONNECTED;
    if (tcp_in(t, TCP_SENDING) && !(t->flags & TF_BLOCKED) && tcp_room(t)) ready |= HP_WRITABLE;
    if (closed || t->sock.error) ready |= HP_WRITABLE; /* a send answers at once */
    if (t->flags & TF_RCVD_FIN || closed) ready |= HP_HUP;
    if (t->sock.error) ready |= HP_ERROR;
    if (t->rare && t->rare->has_up && seq_gt(t->rare->rcv_up, t->rcv_read)) ready |= HP_URGENT;
    return ready;
}

int tcp_local(const struct hp_sock *sock, struct hp_endpoint *out)
{
    const struct tcp_node *n = &((const struct tcp *)sock)->node;
    *out = (struct hp_endpoint){n->flow.local, n->flow.local_port, n->link};
    return HP_OK;
}

int tcp_peer(const struct hp_sock *sock, struct hp_endpoint *out)
{
    const struct tcp *t = (const struct tcp *)sock;
    const struct tcp_node *n = &t->node;
    if (t->state == TCP_LISTEN || !n->flow.peer_port) return HP_ENOTCONN;
    *out = (struct hp_endpoint){n->flow.peer, n->flow.peer_port, n->link};
    return HP_OK;
}
