/* The face of layer 3, for transports: send a packet, learn a path, choose a source, say that nobody is there.
 *
 * A transport fills p->src, p->dst, p->proto, p->ttl (0 = default), p->tos, p->l4 and PKT_DF, and calls ip_tx().  p->link, if set, says which
 * link a multicast, broadcast or IPv6 link-local destination means when no path is given.  On the way up the same fields say what the
 * packet's header said, p->data is at the transport header, and its length is exactly the payload's. */
#ifndef L3_NETWORK_H
#define L3_NETWORK_H

#include "core/stack.h"
#include "hepta/net.h"

enum {
    IPPROTO_HOPOPTS_ = 0, IPPROTO_ICMP_ = 1, IPPROTO_IGMP_ = 2, IPPROTO_TCP_ = 6, IPPROTO_UDP_ = 17, IPPROTO_IPV6_ = 41,
    IPPROTO_ROUTING_ = 43, IPPROTO_FRAGMENT_ = 44, IPPROTO_ICMPV6_ = 58, IPPROTO_NONE_ = 59, IPPROTO_DSTOPTS_ = 60,
};
/* What a path MTU is never taken to be below: IPv4's says so by policy (RFC 1191 3 would allow 68), IPv6's by RFC 8200 5. */
enum { IPV4_MIN_MTU = 576, IPV6_MIN_MTU = 1280, IP_TTL_DEFAULT = 64 };

/* A looked-up route, kept by whoever sends often (a connection).  Zeroed = not looked up.  ip_path_check() renews it when routes, addresses or
 * the path MTU have changed (one compare when they have not). */
struct ip_path {
    uint32_t generation;        /* of the network's tables when this was looked up */
    uint16_t link;
    uint16_t bound;             /* the link that was asked for; 0 = any */
    bool gatewayed;             /* `next` is a router, not the destination */
    bool broadcast;             /* the destination is everybody on the link */
    bool fragment;              /* a router wants less than our floor for MTUs: DF is not set (RFC 1191 6.2)  */
    struct hp_ip next;          /* the neighbour to hand packets to */
    uint32_t mtu;               /* of the path: link's MTU, or less if ICMP said so (RFC 1191, RFC 8201) */
};

/* Fills or renews *path towards dst (bound to `link` unless 0).  HP_OK, HP_ENETUNREACH. */
int ip_path_check(struct hp_stack *s, struct ip_path *path, const struct hp_ip *dst, uint16_t link);
/* Sends; consumes.  path may be NULL (looked up now).  Puts the IP header, fragments if allowed, loops back what is for us. */
void ip_tx(struct hp_stack *s, struct hp_pkt *p, struct ip_path *path);
/* Bytes of IP header without options or extension headers: 20 or 40. */
static inline size_t ip_header_len(const struct hp_ip *dst) { return hp_ip_is4(dst) ? 20 : 40; }

/* RFC 6724 source address selection for IPv6, the address on the route's link for IPv4.  HP_EADDRNOTAVAIL, HP_ENETUNREACH. */
int ip_source(struct hp_stack *s, const struct hp_ip *dst, uint16_t link, struct hp_ip *src);
/* The same for a path that is good (ip_path_check() == HP_OK), without a look at the routes. */
int ip_path_source(struct hp_stack *s, const struct ip_path *path, const struct hp_ip *dst, struct hp_ip *src);
bool ip_is_ours(const struct hp_stack *s, const struct hp_ip *ip);                 /* an address that we may receive on    */
bool ip_is_broadcast(const struct hp_stack *s, const struct hp_ip *ip);            /* limited, or directed on a link of ours */
/* The network layer's checksum over pseudo header (not folded): add the transport's bytes to it. */
uint32_t ip_pseudo_sum(const struct hp_ip *src, const struct hp_ip *dst, uint8_t proto, uint32_t len);

/* Says by ICMP that nobody is there; only looks at p (p->l3 is its IP header).  Rate-limited; never for what RFC 1122 3.2.2 forbids. */
enum ip_unreachable { IP_UNREACH_PORT, IP_UNREACH_PROTO, IP_UNREACH_HOST, IP_UNREACH_NET, IP_UNREACH_ADMIN };
void ip_unreachable(struct hp_stack *s, const struct hp_pkt *p, enum ip_unreachable why);
/* HP_EMSGSIZE came (struct hp_neterr) for a packet that the transport knows to be its own, e.g. its quoted sequence number is in flight: remembers
 * e->mtu for the path.  Until it says so nothing changes: anybody can send ICMP (RFC 5927 7). */
void ip_take_mtu(struct hp_stack *s, const struct hp_neterr *e);
/* The transport made progress on this path: its first neighbour is alive. */
void ip_confirm(struct hp_stack *s, const struct ip_path *path);

/* ---- taps: layer 4 asks to see, layer 3 knows no names ---- */
/* Every packet delivered to this host, before its protocol: for raw sockets.  Only looks (clones what it wants); answers whether somebody wanted it
 * (then an unknown protocol is not answered by ICMP).  p->data is at the transport header, p->l3 at the IP header. */
void ip_set_raw_tap(struct hp_stack *s, bool (*tap)(struct hp_stack *s, const struct hp_pkt *p));
/* Echo replies, and errors about echo requests of ours (e != NULL; quote starts at the ICMP echo header): for ping sockets. */
void ip_set_echo_tap(struct hp_stack *s, bool (*reply)(struct hp_stack *s, const struct hp_pkt *p),
                     void (*error)(struct hp_stack *s, const struct hp_neterr *e));

#endif
