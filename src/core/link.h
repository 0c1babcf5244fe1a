/* A link: a wire plugged into a stack.  The plug for media (link type), and the queue in front of the wire. */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include "core/fq_codel.h"
#include "hepta/wire.h"

enum { LINK_NAME_MAX = 16, LINK_QUEUE_MAX = 1000, LINK_RX_BURST = 256, LINK_TX_BURST = 256, LINK_MTU_LEAST = 68, LINK_MTU_V6 = 1280, LINK_MTU_MOST = 65535 };

struct hp_link;

/* How a medium frames packets and resolves neighbours. */
struct hp_link_type {
    const char *name;
    uint16_t header_max;                /* bytes it may put in front                                   */
    size_t state_size;                  /* zeroed, at link->state                                      */
    int (*start)(struct hp_stack *s, struct hp_link *l);            /* or NULL */
    void (*stop)(struct hp_stack *s, struct hp_link *l);            /* or NULL */
    void (*rx)(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p);    /* a frame; consumes */
    /* A packet of this EtherType to the neighbour `next` (unicast, multicast or broadcast address); consumes. */
    void (*tx)(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_ip *next, struct hp_pkt *p);
};

enum link_event { LINK_ADDED, LINK_UP, LINK_DOWN, LINK_REMOVED, LINK_MTU };

struct hp_link {
    struct hp_stack *stack;
    const struct hp_link_type *type;
    void *state;
    struct hp_wire *wire;               /* the outermost of a chain of wires */
    struct pkt_queue out;
    struct fq_codel *fq;                /* instead of `out`, or NULL */
    uint32_t queue_max, mtu;
    struct hp_mac mac;
    uint16_t index;
    bool up, carrier;                   /* administratively; the wire's word */
    bool in_rx_list, in_tx_list, bridged;
    struct hp_link *rx_next, *tx_next;
    uint64_t rx_frames, rx_bytes, tx_frames, tx_bytes, drops;
    char name[LINK_NAME_MAX];
};

/* A finished frame to the wire's queue; consumes.  The end of every link type's tx. */
void link_queue(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p);
struct hp_link *link_get(const struct hp_stack *s, int index);  /* or NULL */
static inline bool link_running(const struct hp_link *l) { return l->up && l->carrier; }

/* What waits for the wire. */
static inline uint32_t link_queued(const struct hp_link *l) { return l->fq ? fq_codel_count(l->fq) : l->out.count; }
uint64_t link_queued_bytes(const struct hp_link *l);

/* The phases of hp_step. */
void links_rx(struct hp_stack *s);
void links_tx(struct hp_stack *s);
void links_close(struct hp_stack *s);

#endif
