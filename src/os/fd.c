/* fd:N: one frame per datagram of a socket that somebody gave us: SOCK_DGRAM or SOCK_SEQPACKET, connected.
 *
 * A socket whose buffer is full keeps one frame here and asks the loop to be told; then the link is asked for more.  The end of a
 * SEQPACKET peer is a carrier lost. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "os/wires.h"

enum { FD_HEADERS_MAX = 64 };            /* link header, tags, FCS */

struct fd_wire {
    struct os_wire os;
    struct hp_pkt *held;                /* did not fit into the socket yet */
    bool stream_like;                   /* SEQPACKET: an empty read is the end */
};

static void fd_drop(struct fd_wire *f, struct hp_pkt *p, enum hp_drop why) { hp_wire_drop(&f->os.wire, p, why); }

/* ---- in ---- */

static void fd_peer_gone(struct fd_wire *f)
{
    hp_loop_unwatch(f->os.loop, &f->os.watch);
    hp_wire_set_carrier(&f->os.wire, false);
}

/* Reads one frame; false when there is none. */
static bool fd_read(struct fd_wire *f)
{
    uint8_t *at = NULL, waste[1];
    struct hp_pkt *p = os_wire_room(&f->os, &at);
    ssize_t n = recv(f->os.watch.fd, p ? at : waste, p ? f->os.frame_max : sizeof waste, MSG_DONTWAIT | MSG_TRUNC);
    if (n < 0 || (n == 0 && f->stream_like)) {
        f->os.spare = p;
        if (n == 0 || (errno != EAGAIN && errno != EINTR)) fd_peer_gone(f);
        return false;
    }
    if (!p) {
        fd_drop(f, NULL, HP_DROP_NO_MEMORY);
    } else if ((size_t)n > f->os.frame_max) {
        fd_drop(f, p, HP_DROP_GIANT);
    } else {
        hp_pkt_cut(p, (size_t)n);
        hp_wire_rx(&f->os.wire, p);
    }
    return true;
}

/* ---- out ---- */

/* True: the frame is gone one way or the other; false: the socket is full. */
static bool fd_write(struct fd_wire *f, struct hp_pkt *p)
{
    struct hp_bytes part[2];
    struct iovec v[2];
    int parts = hp_pkt_parts(p, part);
    for (int i = 0; i < parts; i++) v[i] = (struct iovec){(void *)(uintptr_t)part[i].p, part[i].n};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = (size_t)parts};
    if (sendmsg(f->os.watch.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        hp_pkt_free(p);
        return true;
    }
    if (errno == EAGAIN || errno == ENOBUFS) return false;
    fd_drop(f, p, HP_DROP_WIRE_ERROR);
    return true;
}

static void fd_watch_writable(struct fd_wire *f, bool on)
{
    f->os.watch.events = HP_WATCH_READ | (on ? (unsigned)HP_WATCH_WRITE : 0u);
    if (f->os.watch.watched) hp_loop_watch(f->os.loop, &f->os.watch);
}

static bool fd_room(struct hp_wire *w) { return !((struct fd_wire *)w->state)->held; }

static void fd_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct fd_wire *f = w->state;
    if (f->held) {
        fd_drop(f, p, HP_DROP_WIRE_FULL);
    } else if (!fd_write(f, p)) {
        f->held = p;
        fd_watch_writable(f, true);
    }
}

static void fd_ready(void *ctx, unsigned events)
{
    struct fd_wire *f = ctx;
    if (events & HP_WATCH_WRITE && f->held && fd_write(f, f->held)) {
        f->held = NULL;
        fd_watch_writable(f, false);
        hp_wire_ready(&f->os.wire);
    }
    for (int i = 0; i < WIRE_BURST && events & HP_WATCH_READ && fd_read(f); i++) continue;
}

/* ---- opening and closing ---- */

static void fd_close(struct hp_wire *w)
{
    struct fd_wire *f = w->state;
    if (f->held) hp_pkt_free(f->held);
    os_wire_close(&f->os);
    free(f);
}

static const struct hp_wire_ops fd_ops = {.name = "fd", .room = fd_room, .tx = fd_tx, .close = fd_close};

static int fd_open_number(const struct wire_url *u, int fd, uint32_t mtu, bool keep, struct hp_wire **out)
{
    int type = 0;
    socklen_t n = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 || (type != SOCK_DGRAM && type != SOCK_SEQPACKET))
        return wire_fail(u, HP_EINVAL, "fd:%d is not an open datagram or SEQPACKET socket: one frame per datagram is wanted, "
                                       "as from socketpair(AF_UNIX, SOCK_SEQPACKET, ...)", fd);
    struct fd_wire *f = calloc(1, sizeof *f);
    if (!f) return wire_fail(u, HP_ENOMEM, "out of memory");
    os_wire_init(&f->os, u, &fd_ops, fd);
    f->os.keep_fd = keep;
    f->os.wire.mtu = mtu;
    f->os.frame_max = mtu + FD_HEADERS_MAX;
    f->stream_like = type == SOCK_SEQPACKET;
    int err = os_wire_watch(&f->os, u, fd_ready);
    if (err) {
        f->os.keep_fd = true;
        fd_close(&f->os.wire);
        return err;
    }
    *out = &f->os.wire;
    return HP_OK;
}

int fd_open(const struct wire_url *u, struct hp_wire **out)
{
    char *end;
    long n = strtol(u->name, &end, 10);
    if (end == u->name || *end || n < 0 || n > 1 << 20)
        return wire_fail(u, HP_EINVAL, "fd:%s: a descriptor's number is wanted, such as fd:3", u->name);
    static const char *const known[] = {"mtu", NULL};
    uint32_t mtu = 1500;
    int err = wire_check_options(u, known);
    if (!err) err = wire_option_mtu(u, &mtu);
    return err ? err : fd_open_number(u, (int)n, mtu, false, out);
}

int hp_wire_open_fd(struct hp_loop *l, int fd, struct hp_wire **out, char *why, size_t why_n)
{
    struct wire_url u = {.loop = l, .why = why, .why_n = why_n, .scheme = "fd", .name = ""};
    return fd_open_number(&u, fd, 1500, true, out);
}
