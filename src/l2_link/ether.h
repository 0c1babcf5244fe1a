/* What the files of layer 2 share: the table at s->layer[2], and what each Ethernet link keeps. */
#ifndef L2_ETHER_H
#define L2_ETHER_H

#include "l2_link/link.h"
#include "wire/ether.h"

struct neigh;
struct neigh_table;
struct arp;
struct bridge;
struct bridge_entry;

/* One per stack: ether_proto's state.  The others of this layer enter themselves when they start. */
struct link_layer {
    struct neigh_table *neigh;
    struct arp *arp;
    struct bridge *bridge;
    void (*bridge_rx)(struct hp_stack *s, struct hp_link *l, const struct hp_mac *dst, const struct hp_mac *src,
                      struct hp_pkt *p);
    uint64_t rx_unicast, tx_unicast, rx_broadcast, rx_multicast, tx_broadcast, tx_multicast, padded;
    struct key key;
    struct map groups;                          /* struct ether_group by (link, MAC) */
};

/* A multicast MAC address that this link listens to, as often as it was joined. */
struct ether_group {
    struct ether_group *next;
    struct hp_mac mac;
    uint16_t link;
    uint32_t joins;
    uint64_t hash;
};

/* What the neighbour cache keeps of a link. */
struct neigh_link {
    struct neigh *last;                         /* the one asked for last: most packets go to the same gateway */
    uint32_t reachable_ms, retrans_ms;          /* from router advertisements; 0 = the setting */
    hp_time reachable, drawn_at;                /* RFC 4861 6.3.4: drawn anew every few hours */
    bool drawn;
};

/* What the switch keeps of a port: whom it found last, as source and as destination.  Good while nobody was forgotten. */
struct bridge_port {
    struct bridge_entry *from, *to;
    uint64_t forgotten;
};

/* The state of an Ethernet link. */
struct ether_link {
    struct bridge_port port;
    struct neigh_link neigh;
    struct ether_group *groups;
    uint32_t groups_count;
};

static inline struct link_layer *link_layer(const struct hp_stack *s) { return s->layer[2]; }
static inline struct ether_link *ether_link(const struct hp_link *l) { return l->state; }
static inline bool ether_is(const struct hp_link *l) { return l->type == &ether_type; }

/* A packet of this EtherType to this MAC address; consumes. */
void ether_tx_mac(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_mac *dst, struct hp_pkt *p);
/* RFC 1112 6.4, RFC 2464 7. */
struct hp_mac ether_group_mac(const struct hp_ip *group);
static inline bool mac_is_group(const struct hp_mac *mac) { return mac->b[0] & 1; }
static inline bool mac_is_broadcast(const struct hp_mac *mac)
{
    return (mac->b[0] & mac->b[1] & mac->b[2] & mac->b[3] & mac->b[4] & mac->b[5]) == 0xff;
}

/* A finished frame whose destination is still to be filled in: sends it, or holds it until the neighbour answers; consumes. */
void neigh_tx(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, struct hp_pkt *p);
int arp_own_add(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);
void arp_own_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);

#endif
