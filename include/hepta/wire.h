/* Layer 1 from outside: packets, and the wires that carry them.
 *
 * A wire is how frames leave and arrive: a cable in the lab, a TAP device, a socket, or your own.  To write one, fill a
 * struct hp_wire_ops, put a struct hp_wire into your state, and call hp_wire_rx() for each frame that comes. */
#ifndef HEPTA_WIRE_H
#define HEPTA_WIRE_H

#include "hepta/stack.h"
#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- packets, from outside ----
 * A packet has one owner.  Functions named rx and tx consume it; `const struct hp_pkt *` only looks. */

/* A packet with a copy of these bytes and headroom in front; NULL if memory ran out. */
struct hp_pkt *hp_pkt_copy_in(struct hp_stack *s, const void *bytes, size_t n);
/* A packet with room for n bytes to be written at *at (n bytes, undefined content); shorten with hp_pkt_cut(). */
struct hp_pkt *hp_pkt_room(struct hp_stack *s, size_t n, uint8_t **at);
void hp_pkt_cut(struct hp_pkt *p, size_t n);            /* keeps the first n bytes                         */
size_t hp_pkt_len(const struct hp_pkt *p);
/* The bytes, as one or two parts; answers how many. */
int hp_pkt_parts(const struct hp_pkt *p, struct hp_bytes parts[2]);
/* Copies out from offset; answers how many bytes that were. */
size_t hp_pkt_copy_out(const struct hp_pkt *p, size_t offset, void *out, size_t n);
uint64_t hp_pkt_id(const struct hp_pkt *p);
struct hp_pkt *hp_pkt_next(const struct hp_pkt *p);     /* of a chain that somebody handed over             */
void hp_pkt_free(struct hp_pkt *p);

/* Where the sender left work to the wire (only if the wire said that it can): */
struct hp_pkt_offload {
    bool sum_needed;            /* store the Internet checksum over [sum_start, end) at sum_start + sum_offset;
                                   the field holds the pseudo header's sum                                     */
    uint16_t sum_start, sum_offset;
    uint16_t gso_size;          /* payload bytes per segment; 0 = one segment */
    uint16_t header_len;        /* of each segment, if gso_size               */
};
void hp_pkt_offload(const struct hp_pkt *p, struct hp_pkt_offload *out);
void hp_pkt_mark_sum_good(struct hp_pkt *p);            /* the wire has verified the transport checksum     */
void hp_pkt_mark_gso(struct hp_pkt *p, uint16_t size);  /* several TCP segments in one, of `size` bytes each: may exceed the MTU */
size_t hp_pkt_fcs(const struct hp_pkt *p);              /* how many of its last bytes are a frame check sequence: 0 or 4 */

/* ---- wires ---- */

struct hp_wire;

struct hp_wire_ops {
    const char *name;
    bool (*room)(struct hp_wire *w);                       /* may tx be called now?  NULL = always            */
    void (*tx)(struct hp_wire *w, struct hp_pkt *p);       /* consumes; never calls back into the stack       */
    void (*flush)(struct hp_wire *w);                      /* a burst of tx is over: send what is held back; or NULL.  The link
                                                              flushes every wire of its chain; a wrapper that sends at
                                                              other times flushes the wire below itself       */
    void (*rx)(struct hp_wire *w, struct hp_pkt *p);       /* only for a wire around another: a frame came up
                                                              from `below`; consumes, passes on with hp_wire_rx */
    void (*close)(struct hp_wire *w);                      /* the stack lets go; or NULL                      */
};

enum hp_wire_flag {
    HP_WIRE_FCS      = 1 << 0,  /* frames carry an Ethernet FCS (lab cables)                                  */
    HP_WIRE_SUM_TX   = 1 << 1,  /* computes transport checksums on the way out                                */
    HP_WIRE_SUM_RX   = 1 << 2,  /* marks received packets whose checksum it verified                          */
    HP_WIRE_GSO      = 1 << 3,  /* takes TCP segments of up to gso_max bytes and cuts them                    */
    HP_WIRE_IP       = 1 << 4,  /* carries IP packets without a link header (TUN)                             */
    HP_WIRE_HELD     = 1 << 5,  /* carrier lost: link state down; set with hp_wire_set_carrier()              */
    HP_WIRE_LOOP     = 1 << 6,  /* what is sent comes back, without a link header: loopback                   */
};

/* Zero it, set the first group, then give it to hp_link_add().  The rest is the stack's. */
struct hp_wire {
    const struct hp_wire_ops *ops;
    void *state;                /* the driver's                                                               */
    uint32_t mtu;               /* largest payload of a frame (without link header); 0 = 1500                 */
    uint32_t flags;             /* enum hp_wire_flag                                                          */
    uint32_t gso_max;           /* with HP_WIRE_GSO                                                           */

    struct hp_wire *above;      /* a wire around this one                                                     */
    struct hp_wire *below;      /* the wire that this one is around                                           */
    struct hp_stack *stack;     /* set by hp_link_add on every wire of the chain                              */
    struct hp_link *link;
    struct hp_pkt *in_first, **in_last;  /* frames that came and were not yet looked at                       */
    uint32_t in_count;
};

enum { HP_WIRE_IN_MAX = 4096 };         /* frames queued on a wire between two steps; more are WIRE_FULL      */

/* Queues a frame that arrived; consumes it.  The stack looks at it in its next step.  Callable from the driver
 * between steps, and from `rx` of a wire around it.  Marks the stack as having something to do. */
void hp_wire_rx(struct hp_wire *w, struct hp_pkt *p);
/* The wire was full and now has room: the next step sends what waits.  */
void hp_wire_ready(struct hp_wire *w);
void hp_wire_set_carrier(struct hp_wire *w, bool up);
/* Puts `outer` around `inner`; do this before hp_link_add(outer).  Copies mtu and flags. */
void hp_wire_wrap(struct hp_wire *outer, struct hp_wire *inner);
/* For a wrapper: passes down to the wire below (consumes), and asks it for room. */
void hp_wire_down(struct hp_wire *outer, struct hp_pkt *p);
bool hp_wire_room(struct hp_wire *w);
/* The frame dies on this wire: counted and traced as `why`; consumes.  p == NULL: a frame for which there was not even a packet. */
void hp_wire_drop(struct hp_wire *w, struct hp_pkt *p, enum hp_drop why);

/* ---- links: a wire plugged into a stack ---- */

enum hp_queue {
    HP_QUEUE_TAIL_DROP,         /* first in, first out; when it is full, who comes dies (LINK_FULL)           */
    HP_QUEUE_FQ_CODEL,          /* RFC 8290: fair between flows, and short: target 5 ms, interval 100 ms (CODEL, LINK_FULL) */
};

struct hp_link_config {
    const char *name;           /* "eth0"; NULL = the next free "ethN"                                        */
    struct hp_mac mac;          /* all zeros = drawn from the stack's chance, locally administered            */
    uint32_t mtu;               /* 0 = the wire's                                                             */
    uint32_t queue_max;         /* frames waiting for the wire; 0 = 1000, or 10240 for FQ_CODEL               */
    enum hp_queue queue;        /* how they wait                                                              */
};

/* Answers the link's index (1..), or an error.  The stack calls the wire's close when link or stack go. */
int hp_link_add(struct hp_stack *s, struct hp_wire *wire, const struct hp_link_config *config);
void hp_link_remove(struct hp_stack *s, int link);
int hp_link_set_up(struct hp_stack *s, int link, bool up);
/* From now on; packets that wait keep their size.  HP_EINVAL: not 68..65535, or from below 1280 to above or back, where IPv6 begins. */
int hp_link_set_mtu(struct hp_stack *s, int link, uint32_t mtu);
int hp_link_find(const struct hp_stack *s, const char *name);   /* index or HP_ENOENT */

struct hp_link_info {
    int index;
    const char *name, *type;
    struct hp_mac mac;
    uint32_t mtu;
    bool up, carrier;
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, drops;
};
int hp_link_info(const struct hp_stack *s, int link, struct hp_link_info *out);
int hp_link_count(const struct hp_stack *s);                    /* the highest index */
const char *hp_link_name(const struct hp_link *link);

#ifdef __cplusplus
}
#endif
#endif
