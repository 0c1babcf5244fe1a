/* tap:NAME and tun:NAME: a device of this machine's kernel whose other end is this stack (Linux tuntap).
 *
 * With offload (the default) both ends hand over TCP segments of up to 64 KiB whole and leave checksums undone: one system call moves what
 * would be 44 frames.  offload=off makes every frame one that a real wire could carry.
 *
 * A device that is not there is made, and goes with us; one that was made before (ip tuntap add) stays.  Whoever may (CAP_NET_ADMIN) has
 * it brought up, and given the addresses of host=, so that one command is enough to talk to the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/batch.h"
#include "os/netdev.h"
#include "os/wires.h"

enum { TAP_HEADERS_MAX = 32, TAP_QUEUE = 4000 };

struct tap {
    struct os_wire os;
    struct batch out;
    uint8_t large[WIRE_FRAME_MAX];      /* the rest of a frame beyond frame_max */
};

/* ---- frames ---- */

/* A segment larger than the device's MTU, which the kernel left whole: its first bytes are in p, the others in t->large. */
static struct hp_pkt *tap_join(struct tap *t, struct hp_pkt *p, const uint8_t *first, size_t n)
{
    uint8_t *at = NULL;
    struct hp_pkt *whole = hp_pkt_room(t->os.wire.stack, n, &at);
    if (whole) {
        memcpy(at, first, t->os.frame_max);
        memcpy(at + t->os.frame_max, t->large, n - t->os.frame_max);
    }
    hp_pkt_free(p);
    return whole;
}

static void tap_take_frame(struct tap *t, const struct virtio_net_hdr *h, struct hp_pkt *p, const uint8_t *at, size_t n)
{
    if (n > t->os.frame_max) p = tap_join(t, p, at, n);
    else hp_pkt_cut(p, n);
    if (!p) hp_wire_drop(&t->os.wire, NULL, HP_DROP_NO_MEMORY);
    else vnet_rx(&t->os.wire, h, p);
}

/* Reads one frame; false when there is none. */
static bool tap_read(struct tap *t)
{
    uint8_t *at = NULL;
    struct virtio_net_hdr h;
    struct hp_pkt *p = os_wire_room(&t->os, &at);
    struct iovec v[3] = {{&h, sizeof h}, {at, p ? t->os.frame_max : 0}, {t->large, sizeof t->large}};
    ssize_t n = readv(t->os.watch.fd, v, 3);
    if (n < (ssize_t)sizeof h) {
        t->os.spare = p;
        return false;
    }
    if (p) tap_take_frame(t, &h, p, at, (size_t)n - sizeof h);
    else hp_wire_drop(&t->os.wire, NULL, HP_DROP_NO_MEMORY);
    return true;
}

static void tap_ready(void *ctx, unsigned events)
{
    struct tap *t = ctx;
    for (int i = 0; i < WIRE_BURST && tap_read(t); i++) continue;
}

/* The kernel takes a frame at once or refuses it: a device that is down, or a frame that cannot be. */
static void tap_flush(struct hp_wire *w)
{
    struct tap *t = w->state;
    struct iovec v[BATCH_PARTS_MAX];
    if (batch_is_empty(&t->out)) return;
    if (writev(t->os.watch.fd, v, batch_vector(&t->out, v)) >= 0) batch_sent(&t->out);
    else batch_drop(&t->out, w, errno == EAGAIN ? HP_DROP_WIRE_FULL : HP_DROP_WIRE_ERROR);
}

static void tap_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct tap *t = w->state;
    if (batch_add(&t->out, p)) return;
    tap_flush(w);
    batch_add(&t->out, p);
}

static void tap_close(struct hp_wire *w)
{
    struct tap *t = w->state;
    batch_drop(&t->out, w, HP_DROP_STOPPED);
    os_wire_close(&t->os);
    free(t);
}

static const struct hp_wire_ops tap_ops = {.name = "tap", .tx = tap_tx, .flush = tap_flush, .close = tap_close};
static const struct hp_wire_ops tun_ops = {.name = "tun", .tx = tap_tx, .flush = tap_flush, .close = tap_close};

/* ---- opening ---- */

static int tap_no_device_file(const struct wire_url *u)
{
    if (errno == ENOENT || errno == ENODEV)
        return wire_fail(u, HP_ENOENT, "%s:%s: this kernel has no /dev/net/tun: run \"sudo modprobe tun\"", u->scheme, u->name);
    return wire_fail(u, HP_EACCES, "%s:%s: /dev/net/tun cannot be opened (%s): run as root, or give it its usual mode: sudo chmod 666 /dev/net/tun",
                     u->scheme, u->name, strerror(errno));
}

static int tap_refused(const struct wire_url *u, int error)
{
    bool there = if_nametoindex(u->name) != 0;
    if (error == EPERM && there)
        return wire_fail(u, HP_EACCES, "%s:%s exists but belongs to another user: run as root, or once: sudo ip link delete %s && "
                         "sudo ip tuntap add %s mode %s user $USER && sudo ip link set %s up",
                         u->scheme, u->name, u->name, u->name, u->scheme, u->name);
    if (error == EPERM || error == EACCES)
        return wire_fail(u, HP_EACCES, "%s:%s needs CAP_NET_ADMIN: run as root, or once: sudo ip tuntap add %s mode %s user $USER && "
                         "sudo ip link set %s up", u->scheme, u->name, u->name, u->scheme, u->name);
    if (error == EBUSY)
        return wire_fail(u, HP_EADDRINUSE, "%s:%s is in use by another program", u->scheme, u->name);
    if (error == EINVAL && there)
        return wire_fail(u, HP_EINVAL, "%s is there but is no %s device: choose another name, or reach it with packet:%s", u->name,
                         u->scheme, u->name);
    return wire_fail(u, HP_EIO, "%s:%s: the kernel refuses: %s", u->scheme, u->name, strerror(error));
}

/* Answers the descriptor of the attached device. */
static int tap_attach(const struct wire_url *u, short kind)
{
    struct ifreq r = {.ifr_flags = (short)(kind | IFF_NO_PI | IFF_VNET_HDR)};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return tap_no_device_file(u);
    snprintf(r.ifr_name, sizeof r.ifr_name, "%s", u->name);
    if (ioctl(fd, TUNSETIFF, &r) == 0) return fd;
    int error = errno;
    close(fd);
    return tap_refused(u, error);
}

/* Addresses, size and state of the kernel's end. */
static int tap_set_device(const struct wire_url *u, uint32_t *mtu)
{
    int err = wire_option_mtu(u, mtu);
    if (!err && wire_option(u, "mtu")) err = netdev_set_mtu(u, *mtu);
    for (int i = 0; !err && i < u->options; i++)
        if (strcmp(u->option[i].key, "host") == 0) err = netdev_add_address(u, u->option[i].value);
    if (!err) netdev_set_queue(u->name, TAP_QUEUE);
    if (!err) err = netdev_set_up(u);
    if (!err) *mtu = netdev_mtu(u->name);
    return err;
}

static int tap_make(const struct wire_url *u, int fd, uint32_t mtu, const struct hp_wire_ops *ops, struct hp_wire **out)
{
    struct tap *t = calloc(1, sizeof *t);
    if (!t) {
        close(fd);
        return wire_fail(u, HP_ENOMEM, "out of memory");
    }
    os_wire_init(&t->os, u, ops, fd);
    t->os.wire.mtu = mtu;
    t->os.wire.flags = ops == &tun_ops ? HP_WIRE_IP : 0;
    t->os.frame_max = mtu + TAP_HEADERS_MAX;
    vnet_set_wire(&t->os.wire, u);
    batch_init(&t->out, &t->os.wire);
    if (t->os.wire.flags & HP_WIRE_GSO) ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN);
    int err = os_wire_watch(&t->os, u, tap_ready);
    if (err) tap_close(&t->os.wire);
    else *out = &t->os.wire;
    return err;
}

static int tap_open_kind(const struct wire_url *u, short kind, const struct hp_wire_ops *ops, struct hp_wire **out)
{
    static const char *const known[] = {"mtu", "host", "offload", NULL};
    int err = wire_check_options(u, known);
    if (!err) err = netdev_check_name(u);
    if (err) return err;
    int fd = tap_attach(u, kind);
    if (fd < 0) return fd;
    uint32_t mtu = 1500;
    err = tap_set_device(u, &mtu);
    if (!err) return tap_make(u, fd, mtu, ops, out);
    close(fd);
    return err;
}

int tap_open(const struct wire_url *u, struct hp_wire **out) { return tap_open_kind(u, IFF_TAP, &tap_ops, out); }
int tun_open(const struct wire_url *u, struct hp_wire **out) { return tap_open_kind(u, IFF_TUN, &tun_ops, out); }
