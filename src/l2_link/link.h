/* The face of layer 2, for the network layer: send to a neighbour, and keep the neighbour cache fed.
 *
 * The cache (neigh.c) serves ARP and ND alike with RFC 4861's states.  Layer 3 pushes down what layer 2 must know: which addresses are
 * ours on a link (so that ARP can answer) and how IPv6 asks (so that ND, which lives on ICMPv6, can solicit). */
#ifndef L2_LINK_H
#define L2_LINK_H

#include "core/stack.h"

enum { ETHERTYPE_IPV4 = 0x0800, ETHERTYPE_ARP = 0x0806, ETHERTYPE_IPV6 = 0x86dd };

/* A packet to the neighbour `next`: unicast (resolved here), multicast or broadcast (255.255.255.255, for a directed one too); consumes. */
static inline void link_tx(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_ip *next,
                           struct hp_pkt *p)
{
    p->link = l;
    l->type->tx(s, l, ethertype, next, p);
}

/* Whether the link has MAC addresses to resolve (Ethernet) or not (tun, loopback). */
bool link_resolves(const struct hp_link *l);
/* Gives the stack a link to itself; NULL = "lo0".  Answers its index, or an error.  What is sent there comes up again in the next step,
 * flagged PKT_LOOPED and PKT_SUM_GOOD. */
int link_add_loopback(struct hp_stack *s, const char *name);

/* ---- what layer 3 tells layer 2 ---- */
int  link_own_add(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);   /* ARP answers for it; announces it */
void link_own_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);
int  link_group_join(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group);  /* multicast MAC filter; counted */
void link_group_leave(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group);

/* How an address family asks for a MAC address, and who is told that nobody answered. */
struct neigh_resolver {
    /* mac == NULL: to everybody (broadcast ARP, solicited-node multicast); else to this MAC (probe).  `src`: the source address of
     * the packet that waits, or NULL. */
    void (*solicit)(struct hp_stack *s, struct hp_link *l, const struct hp_ip *target, const struct hp_mac *mac,
                    const struct hp_ip *src);
    /* A packet whose neighbour did not answer; consumes (ICMP host unreachable, then dropped NEIGH_FAILED).  NULL = just dropped. */
    void (*failed)(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p);
};
void neigh_set_resolver(struct hp_stack *s, bool v6, const struct neigh_resolver *r);
/* IPv4: who is told of packets that ARP could not deliver (ARP's own solicit stays). */
void neigh_set_failed(struct hp_stack *s, bool v6, void (*failed)(struct hp_stack *, struct hp_link *, struct hp_pkt *));

enum neigh_flag {
    NEIGH_SOLICITED = 1 << 0,   /* an answer to our question: REACHABLE                     */
    NEIGH_OVERRIDE  = 1 << 1,   /* may replace a MAC address that we have                    */
    NEIGH_ROUTER    = 1 << 2,   /* ND: the neighbour says that it is a router                */
    NEIGH_NOT_ROUTER= 1 << 3,   /* ND: ... that it is not                                    */
    NEIGH_CREATE    = 1 << 4,   /* make an entry if there is none (somebody asked us)        */
};
/* An ARP or ND message said where `ip` is (RFC 4861 7.2.5; mac may be NULL: no link-layer address option). */
void neigh_take(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, const struct hp_mac *mac, unsigned flags);
/* The transport layer made progress: the neighbour is reachable (RFC 4861 7.3.1). */
void neigh_confirm(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);
/* RFC 4861 6.3.2: from router advertisements; 0 = leave as it is. */
void neigh_set_times(struct hp_stack *s, struct hp_link *l, uint32_t reachable_ms, uint32_t retrans_ms);
/* Whether a neighbour is known to be unreachable just now (for default router selection). */
bool neigh_is_failed(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);

extern const struct hp_link_type ether_type, ip_type, loop_type;

/* For profiles, in this order: ether_proto, neigh_proto, arp_proto (hosts and routers); ether_proto, bridge_proto (switches). */
extern const struct hp_proto ether_proto, neigh_proto, arp_proto, bridge_proto;

#endif
