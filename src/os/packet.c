/* packet:NAME: everything that passes an existing interface (AF_PACKET), as another station on the same wire.
 *
 * Frames come through a memory-mapped ring (TPACKET_V2: a frame is there as soon as it came, while V3 hands over blocks after a
 * millisecond or more, which a TCP of low latency would feel).  Each slot holds the largest frame, since veth and NICs with GRO hand over
 * TCP segments of up to 64 KiB, with checksums that nobody has computed yet: the virtio header before each frame says so (PACKET_VNET_HDR).
 * What this stack sends is sent with that header too, so the kernel may compute checksums and cut segments. */
#include <assert.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/batch.h"
#include "os/carrier.h"
#include "os/netdev.h"
#include "os/wires.h"

enum { PACKET_SLOT = 17 * 4096, PACKET_SLOTS = 512, PACKET_HEADERS_MAX = 32 };
static_assert(PACKET_SLOT >= WIRE_FRAME_MAX + 256, "the largest frame and its headers fit into a slot");

struct packet_wire {
    struct os_wire os;
    struct carrier carrier;
    struct batch out;
    bool full;                          /* the socket: the batch waits */
    uint8_t *ring;
    unsigned next;                      /* the slot that is filled next */
};

/* ---- in ---- */

static void packet_take(struct packet_wire *w, const uint8_t *slot)
{
    const struct tpacket2_hdr *h = (const void *)slot;
    struct hp_wire *wire = &w->os.wire;
    const uint8_t *frame = slot + h->tp_mac;
    struct virtio_net_hdr v;
    if (!wire->stack) return;
    struct hp_pkt *p = hp_pkt_copy_in(wire->stack, frame, h->tp_snaplen);
    if (!p) {
        hp_wire_drop(wire, NULL, HP_DROP_NO_MEMORY);
        return;
    }
    memcpy(&v, frame - sizeof v, sizeof v);
    if (h->tp_snaplen < h->tp_len) hp_wire_drop(wire, p, HP_DROP_GIANT);
    else vnet_rx(wire, &v, p);
}

static bool packet_read(struct packet_wire *w)
{
    uint8_t *slot = w->ring + (size_t)w->next * PACKET_SLOT;
    struct tpacket2_hdr *h = (void *)slot;
    if (!(__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) return false;
    packet_take(w, slot);
    __atomic_store_n(&h->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    w->next = (w->next + 1) % PACKET_SLOTS;
    return true;
}

/* ---- out ---- */

static void packet_watch_writable(struct packet_wire *w, bool on)
{
    w->os.watch.events = HP_WATCH_READ | (on ? (unsigned)HP_WATCH_WRITE : 0u);
    hp_loop_watch(w->os.loop, &w->os.watch);
}

/* Writes the batch; a full socket keeps it (w->full) until the loop says that there is room. */
static void packet_flush(struct hp_wire *wire)
{
    struct packet_wire *w = wire->state;
    struct iovec v[BATCH_PARTS_MAX];
    if (batch_is_empty(&w->out)) return;
    struct msghdr m = {.msg_iov = v, .msg_iovlen = (size_t)batch_vector(&w->out, v)};
    bool sent = sendmsg(w->os.watch.fd, &m, MSG_DONTWAIT) >= 0, full = !sent && errno == EAGAIN;
    if (sent) batch_sent(&w->out);
    else if (!full) batch_drop(&w->out, wire, errno == ENOBUFS ? HP_DROP_WIRE_FULL : HP_DROP_WIRE_ERROR);
    if (w->full != full) packet_watch_writable(w, full);
    w->full = full;
}

static bool packet_room(struct hp_wire *wire) { return !((struct packet_wire *)wire->state)->full; }

static void packet_tx(struct hp_wire *wire, struct hp_pkt *p)
{
    struct packet_wire *w = wire->state;
    if (!w->full && batch_add(&w->out, p)) return;
    if (!w->full) packet_flush(wire);
    if (w->full || !batch_add(&w->out, p)) hp_wire_drop(wire, p, HP_DROP_WIRE_FULL);
}

/* An interface that went down leaves an error, which would wake the loop until it is taken. */
static void packet_clear_error(const struct packet_wire *w)
{
    int error;
    socklen_t n = sizeof error;
    getsockopt(w->os.watch.fd, SOL_SOCKET, SO_ERROR, &error, &n);
}

static void packet_ready(void *ctx, unsigned events)
{
    struct packet_wire *w = ctx;
    if (events & HP_WATCH_WRITE && w->full) {
        packet_flush(&w->os.wire);
        if (!w->full) hp_wire_ready(&w->os.wire);
    }
    int frames = 0;
    while (frames < WIRE_BURST && packet_read(w)) frames++;
    if (!frames) packet_clear_error(w);
}

/* ---- opening and closing ---- */

static void packet_close(struct hp_wire *wire)
{
    struct packet_wire *w = wire->state;
    batch_drop(&w->out, wire, HP_DROP_STOPPED);
    carrier_end(&w->carrier);
    if (w->ring) munmap(w->ring, (size_t)PACKET_SLOT * PACKET_SLOTS);
    os_wire_close(&w->os);
    free(w);
}

static const struct hp_wire_ops packet_ops = {.name = "packet", .room = packet_room, .tx = packet_tx, .flush = packet_flush,
                                              .close = packet_close};

static bool packet_set(int fd, int option, int value) { return setsockopt(fd, SOL_PACKET, option, &value, sizeof value) == 0; }

static bool packet_set_ring(struct packet_wire *w)
{
    int fd = w->os.watch.fd;
    struct tpacket_req r = {.tp_block_size = PACKET_SLOT, .tp_block_nr = PACKET_SLOTS, .tp_frame_size = PACKET_SLOT,
                            .tp_frame_nr = PACKET_SLOTS};
    if (!packet_set(fd, PACKET_VERSION, TPACKET_V2) || !packet_set(fd, PACKET_VNET_HDR, 1)) return false;
    if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof r) < 0) return false;
    void *ring = mmap(NULL, (size_t)PACKET_SLOT * PACKET_SLOTS, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (ring == MAP_FAILED) return false;
    w->ring = ring;
    return true;
}

/* From here on the socket gets this interface's frames. */
static bool packet_bind(struct packet_wire *w, unsigned interface)
{
    int fd = w->os.watch.fd;
    struct packet_mreq m = {.mr_ifindex = (int)interface, .mr_type = PACKET_MR_PROMISC};
    struct sockaddr_ll a = {.sll_family = AF_PACKET, .sll_protocol = vnet_every_protocol(), .sll_ifindex = (int)interface};
    packet_set(fd, PACKET_IGNORE_OUTGOING, 1);
    return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof m) == 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
}

static int packet_no_socket(const struct wire_url *u)
{
    if (errno != EPERM && errno != EACCES) return wire_fail(u, HP_EIO, "packet:%s: %s", u->name, strerror(errno));
    return wire_fail(u, HP_EACCES, "packet:%s needs CAP_NET_RAW: run as root, or once: sudo setcap cap_net_raw+ep $(which hepta)", u->name);
}

int packet_open(const struct wire_url *u, struct hp_wire **out)
{
    static const char *const known[] = {"offload", NULL};
    int err = wire_check_options(u, known);
    if (!err) err = netdev_check_name(u);
    if (err) return err;
    unsigned interface = if_nametoindex(u->name);
    if (!interface) return wire_fail(u, HP_ENOENT, "packet:%s: this machine has no interface of that name: see \"ip link\"", u->name);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) return packet_no_socket(u);
    struct packet_wire *w = calloc(1, sizeof *w);
    if (!w) {
        close(fd);
        return wire_fail(u, HP_ENOMEM, "out of memory");
    }
    os_wire_init(&w->os, u, &packet_ops, fd);
    w->os.wire.mtu = netdev_mtu(u->name);
    vnet_set_wire(&w->os.wire, u);
    batch_init(&w->out, &w->os.wire);
    if (!packet_set_ring(w) || !packet_bind(w, interface)) err = wire_fail(u, HP_EIO, "packet:%s: %s", u->name, strerror(errno));
    if (!err) err = os_wire_watch(&w->os, u, packet_ready);
    if (err) {
        packet_close(&w->os.wire);
        return err;
    }
    carrier_begin(&w->carrier, u->loop, &w->os.wire, interface);
    *out = &w->os.wire;
    return HP_OK;
}
