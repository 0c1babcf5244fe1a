/* What sockets of datagrams share (UDP, raw, ping): the receive queue and its bound, the route to the peer, errors that ICMP
 * brought, the common options.
 *
 * A queued packet has its data at what the user reads, l4 at the transport header, its link as a number (links may go while it waits), and,
 * if it stands for an error, a struct dgram_note at l2. */
#ifndef L4_DGRAM_H
#define L4_DGRAM_H

#include "l4_transport/transport.h"
#include "wire/sum.h"

enum {
    DGRAM_RCVBUF = 212992,              /* as Linux' default                                                   */
    DGRAM_SNDBUF = 212992,
    DGRAM_BUF_MIN = 2304,
    DGRAM_BUF_MAX = 64 << 20,
    DGRAM_TURN_US = 10,                 /* SNDBUF bytes per turn: time must pass however much is sent             */
    DGRAM_FULL_US = 250,                /* how soon to look again at a link whose queue is full                   */
    DGRAM_QUOTE_MAX = 512,              /* bytes of a failed datagram that are kept for the user                  */
};

enum dgram_flag {
    DGRAM_REUSEADDR = 1 << 0,
    DGRAM_REUSEPORT = 1 << 1,
    DGRAM_BROADCAST = 1 << 2,
    DGRAM_V6ONLY    = 1 << 3,
    DGRAM_RECVERR   = 1 << 4,
    DGRAM_DF        = 1 << 5,
    DGRAM_BOUND     = 1 << 6,
    DGRAM_CONNECTED = 1 << 7,
    DGRAM_SHUT_RD   = 1 << 8,
    DGRAM_SHUT_WR   = 1 << 9,
    DGRAM_NO_LOOP   = 1 << 11,
    DGRAM_BLOCKED   = 1 << 10,          /* a send was refused for now: the timer will say when to try again */
};

struct dgram;

/* What a proto's state begins with: its sockets, for the end. */
struct dgram_list {
    struct dgram *first;
    int64_t rcvbuf, sndbuf;             /* settings: what a new socket has */
};
#define DGRAM_SETTINGS(type, list)                                                                                              \
    {"rcvbuf", "bytes", "receive buffer of a new socket", (uint32_t)offsetof(type, list.rcvbuf), DGRAM_RCVBUF, DGRAM_BUF_MIN,   \
     DGRAM_BUF_MAX},                                                                                                            \
    {"sndbuf", "bytes", "send buffer of a new socket", (uint32_t)offsetof(type, list.sndbuf), DGRAM_SNDBUF, DGRAM_BUF_MIN,      \
     DGRAM_BUF_MAX}

/* An error that ICMP brought, in the receive queue. */
struct dgram_note {
    struct hp_endpoint to;              /* where the datagram in error was sent */
    int16_t err;
    uint16_t seq;
    uint8_t icmp_type, icmp_code;
};

struct dgram { /* what every datagram needs comes first */
    struct hp_sock base;
    struct dgram_list *list;            /* the beginning of its proto's state */
    struct pkt_queue in;
    uint32_t in_bytes;                  /* storage that the queue holds */
    uint32_t rcvbuf, sndbuf;
    uint32_t turn_bytes;                /* sent in the turn that began at turn_at */
    hp_time turn_at;
    struct hp_ip local, peer;           /* local: bound to, then with connect what datagrams leave from */
    uint16_t local_port, peer_port;
    uint16_t bound_link, peer_link;
    uint16_t flags;                     /* enum dgram_flag */
    uint16_t ttl;                       /* 0 = default */
    uint8_t multicast_ttl, tos;
    /* The last destination's route, kept as long as it holds. */
    uint16_t route_link;
    struct hp_ip route_dst, route_src;
    struct ip_path path;
    /* Fills in what only the kind knows of a received packet: ports, sequence number. */
    void (*info)(const struct hp_pkt *p, struct hp_recv_info *info);
    struct dgram_done *done;            /* references that were copied and can be told so */
    struct dgram *next, **prev;         /* in the proto's list */
    struct hp_timer timer;
};

static inline struct dgram *dgram_of(struct hp_sock *sock) { return (struct dgram *)(void *)sock; }
static inline const struct dgram *dgram_of_const(const struct hp_sock *sock) { return (const struct dgram *)(const void *)sock; }

void dgram_open(struct dgram *d, struct dgram_list *list);
/* Everything but the kind's own: queue, lists, memory. */
void dgram_close(struct dgram *d);
void dgram_close_all(struct dgram_list *list);          /* by their kind's close */

/* ---- receiving ---- */
/* Not bound to another link than the one that p came by. */
static inline bool dgram_hears_link(const struct dgram *d, const struct hp_pkt *p)
{
    return !d->bound_link || !p->link || p->link->index == d->bound_link;
}

/* p is for this socket: p->data at what the user reads; consumes. */
void dgram_put(struct dgram *d, struct hp_pkt *p);
/* The same for a copy of p, which stays the caller's, with `data` bytes cut off in front (back > 0: bytes more in front). */
void dgram_put_clone(struct dgram *d, const struct hp_pkt *p, ptrdiff_t data);
/* An ICMP error about what was sent to `to`: quote is what the user wrote, as far as it was quoted. */
void dgram_put_error(struct dgram *d, const struct hp_neterr *e, const struct hp_endpoint *to, uint16_t seq, struct hp_bytes quote);
int64_t dgram_recv(struct hp_sock *sock, const struct hp_msg *m);
int dgram_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max);
int dgram_release(struct hp_sock *sock, size_t n);

/* ---- sending ---- */
/* Whether `to` may be reached; the route (d->path) and the source (d->route_src) towards `to`. */
int dgram_route(struct dgram *d, const struct hp_endpoint *to);
/* Whom m goes to, behind `header` bytes: m->to or the peer.  HP_ENOTCONN, HP_EPIPE, HP_EOPNOTSUPP, HP_EMSGSIZE: more than IP can carry. */
int dgram_destination(struct dgram *d, const struct hp_msg *m, size_t header, struct hp_endpoint *to);
/* A packet to `to` along d->path with room for a header in front and a copy of m's bytes behind; *sum is that of the bytes.  HP_EMSGSIZE: too
 * long for the path, and not to be fragmented.  HP_EAGAIN: too much at once; the socket becomes writable later. */
int dgram_packet(struct dgram *d, const struct hp_endpoint *to, uint8_t proto, size_t header, const struct hp_msg *m, struct hp_pkt **out,
                 uint32_t *sum);
/* Down; afterwards m's reference, if it is one, is done. */
int64_t dgram_send(struct dgram *d, struct hp_pkt *p, const struct hp_msg *m);

/* ---- the rest of a kind ---- */
/* Checks whether `local` is an address to bind to, and takes it (but not the port). */
int dgram_bind_address(struct dgram *d, const struct hp_endpoint *local);
/* Finds route and source towards the peer, and takes both. */
int dgram_connect_address(struct dgram *d, const struct hp_endpoint *peer);
void dgram_disconnect(struct dgram *d);
bool dgram_is_disconnect(const struct hp_endpoint *peer);
int dgram_shutdown(struct hp_sock *sock, int how);
unsigned dgram_ready(const struct hp_sock *sock);
int dgram_local(const struct hp_sock *sock, struct hp_endpoint *out);
int dgram_peer(const struct hp_sock *sock, struct hp_endpoint *out);
int dgram_setopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n);
int dgram_getopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n);
void dgram_tx(struct hp_sock *sock);

/* What is the same in every kind: rows of its struct hp_sock_kind. */
#define DGRAM_KIND                                                                                                              \
    .recv = dgram_recv, .borrow = dgram_borrow, .release = dgram_release, .shutdown = dgram_shutdown, .ready = dgram_ready,     \
    .local = dgram_local, .peer = dgram_peer, .setopt = dgram_setopt, .getopt = dgram_getopt, .tx = dgram_tx

#endif
