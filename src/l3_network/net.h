/* What the files of layer 3 share: struct network, at s->layer[3], is net_proto's state.
 *
 * addr.c keeps addresses, route.c routes (in the tries of trie.c), path.c looks both up for senders, forward.c, reass.c, frag.c and
 * limit.c serve both versions.  A version enters itself in family[] when it starts, so a profile without it needs nothing of it. */
#ifndef L3_NET_H
#define L3_NET_H

#include "l2_link/link.h"
#include "l3_network/network.h"
#include "l3_network/trie.h"

/* ---- addresses (addr.c) ---- */
struct addr {
    struct addr *next, **at;            /* of all, in the order of adding; where it hangs */
    struct addr *link_next;             /* of this link */
    struct hp_link *link;
    struct hp_prefix prefix;            /* the whole address; bits on link */
    unsigned flags;                     /* enum hp_addr_flag */
    hp_time preferred_until, valid_until;
    uint64_t hash;
};
static inline bool addr_usable(const struct addr *a) { return !(a->flags & (HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE)); }

/* hp_addr_add() with lifetimes, and for IPv6 (family[1].addr_added) with HP_ADDR_TENTATIVE as its flags say.  Answers HP_OK or an error. */
int net_addr_add(struct hp_stack *s, struct hp_link *l, const struct hp_prefix *p, unsigned flags, hp_time preferred_until,
                 hp_time valid_until);
int net_addr_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip);
int net_addr_set_life(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, hp_time preferred_until, hp_time valid_until);
/* Duplicate detection begins or ends: the address is received on and sent from only while addr_usable(). */
int net_addr_set_flags(struct hp_stack *s, struct addr *a, unsigned flags);
/* l == NULL: on any link.  Tentative ones too. */
struct addr *net_addr_find(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *ip);
/* The first address of a link; then a->link_next. */
struct addr *net_addr_first(const struct hp_stack *s, const struct hp_link *l);

/* ---- multicast groups (group.c) ---- */
int net_group_join(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group);      /* counted */
int net_group_leave(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group);
bool net_group_has(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *group);

/* ---- routes (route.c) ---- */
enum route_kind { ROUTE_UNICAST, ROUTE_LOCAL, ROUTE_BROADCAST };
struct route {
    struct route *next;                 /* of the same prefix: by metric, then by age */
    struct trie_key key;                /* the prefix; low bits zero */
    struct hp_ip gateway;
    uint32_t metric;
    uint16_t link;
    uint8_t len;                        /* bits of the key: an IPv4 /24 is 24 */
    uint8_t kind, source;               /* enum route_kind, enum hp_route_source */
    bool v4, gatewayed;
};
/* The best route to `to`, or NULL.  One over a link that is down is taken only if there is no other. */
const struct route *route_find(const struct hp_stack *s, const struct hp_ip *to);
/* Routes to ourselves and to broadcast addresses, which nobody outside sees. */
int route_add_kind(struct hp_stack *s, const struct hp_prefix *p, const struct hp_link *l, enum route_kind kind);
void route_remove_kind(struct hp_stack *s, const struct hp_prefix *p, const struct hp_link *l, enum route_kind kind);
struct hp_prefix route_prefix(const struct route *r);
static inline const struct hp_ip *route_next(const struct route *r, const struct hp_ip *dst)
{
    return r->gatewayed ? &r->gateway : dst;
}
void prefix_mask(struct hp_prefix *p);  /* clears the bits past its length */

/* ---- sending errors: limit.c says how often ---- */
/* And what `value` says: */
enum net_error {
    NET_ERROR_UNREACH,                  /* enum ip_unreachable */
    NET_ERROR_TOO_BIG,                  /* the MTU that would do */
    NET_ERROR_TTL,
    NET_ERROR_REASSEMBLY,
    NET_ERROR_PARAM,                    /* offset of the bad byte from the IP header */
};
/* Says so to p->src by ICMP of p's version; only looks.  p->l3 is its IP header, and bytes from there to p->tail are looked at. */
void net_error(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value);
/* Whether one more ICMP error, or redirect, may go there now: a token bucket each per destination. */
bool net_error_allowed(struct hp_stack *s, const struct hp_ip *to);
bool net_redirect_allowed(struct hp_stack *s, const struct hp_ip *to);

/* ---- the way up ---- */
/* A packet for this host: to the raw tap and the protocol p->proto.  p->data is at the transport header, p->l3 at the IP header. */
void net_deliver(struct hp_stack *s, struct hp_pkt *p);
/* To another machine: p->data at the IP header, p->src .. p->tos filled in, checked for martians by its version; consumes. */
void net_forward(struct hp_stack *s, struct hp_pkt *p, const struct route *r);

/* What a fragment's headers said. */
struct frag {
    uint32_t id;
    uint32_t off;               /* bytes */
    bool mf, v6;
    uint16_t next_at;           /* IPv6: from p->l3, where the next header field with 44 is */
    uint16_t header;            /* IPv6: length of the part before the fragment header; IPv4: of the header */
};
/* p->data at the fragment's payload, p->proto what it belongs to; consumes.  Answers NULL, or the whole datagram, flagged PKT_REASSEMBLED,
 * p->data at its payload and p->l3 at the first fragment's header, which says the whole length and no fragmentation. */
struct hp_pkt *net_reassemble(struct hp_stack *s, struct hp_pkt *p, const struct frag *f);

/* ---- the way down (frag.c) ---- */
/* p starts with its finished IPv4 header (options too), or IPv6 header of 40 bytes; is cut to mtu and sent; consumes. */
void net_fragment(struct hp_stack *s, struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next, uint32_t mtu, uint32_t id6);
/* Fills in a transport checksum that was left to the wire.  False: no memory. */
bool net_sum_finish(struct hp_stack *s, struct hp_pkt *p);
/* sum over all bytes of p. */
uint32_t net_sum(const struct hp_pkt *p, uint32_t sum);
/* At most n bytes of p from its IP header on, for an error that quotes it: where they are, or, if they lie in two places, copied into room[n]. */
struct hp_bytes net_quote(const struct hp_pkt *p, uint8_t *room, size_t n);

/* ---- the path MTU cache (pmtu.c) ---- */
struct pmtu {
    struct pmtu *next, *prev;           /* the newest first */
    struct hp_ip dst;
    uint32_t mtu;
    bool below;                         /* the path said less than our floor: routers must fragment */
    hp_time until;
    uint64_t hash;
};
const struct pmtu *pmtu_find(const struct hp_stack *s, const struct hp_ip *dst);

/* ---- all of it ---- */
struct net_family {
    uint16_t ethertype;
    uint16_t mtu_min;                   /* links with less have no addresses of this version */
    void (*tx)(struct hp_stack *s, struct hp_pkt *p, const struct ip_path *path);                  /* header and off; consumes */
    void (*error)(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value); /* builds and sends ICMP   */
    /* p came by l and goes back to it, to `next`: tells its sender, if that is a neighbour there.  Only looks at p.  Or NULL. */
    void (*redirect)(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next);
    int (*source)(struct hp_stack *s, const struct hp_ip *dst, const struct ip_path *path, struct hp_ip *src);
    void (*addr)(struct hp_stack *s, struct addr *a, bool added);      /* after it was added (may set flags), before it goes; or NULL */
    void (*group)(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group, bool joined);      /* first and last; or NULL */
    void (*forwarding)(struct hp_stack *s, bool on);                                                   /* or NULL */
    uint32_t (*mtu)(const struct hp_stack *s, const struct hp_link *l);        /* of the link, as this version has learnt; or NULL */
};

/* What there is of one link, so that it goes without a look at what there is of the others. */
struct net_side {
    struct addr *addrs;
    struct net_group *groups;
    uint32_t groups_count, routes;
};

struct reass;
struct net_group;
struct change_sock;

struct network { /* what every packet needs comes first */
    uint32_t generation;                /* of routes, addresses, links and path MTUs: struct ip_path's; never 0 */
    bool forwarding;
    uint16_t loop;                      /* index of the link to ourselves; 0 = gone */
    const struct net_family *family[2]; /* [0] IPv4, [1] IPv6; NULL = not in the profile */
    void *v4, *v6;                      /* the versions' own (ipv4.c, ipv6.h) */
    bool (*raw_tap)(struct hp_stack *s, const struct hp_pkt *p);
    struct trie trie[2];
    uint64_t forwarded, path_lookups;   /* counters */
    uint32_t pmtus;
    size_t routes;                      /* that are visible outside */

    struct addr *addrs, **addrs_last;
    struct net_side *side;              /* by link index */
    uint32_t sides;
    struct map addr_map;
    struct change_sock *changes;        /* sockets that are told (change.c) */
    struct key key;                     /* of tables */

    struct map pmtu_map;
    struct pmtu *pmtu_first, *pmtu_last;
    struct hp_timer pmtu_timer;

    struct reass *reass;
    struct limit_bucket *limit;         /* made by the first error */
    struct random random;               /* jitter only */

    bool (*echo_reply)(struct hp_stack *s, const struct hp_pkt *p);
    void (*echo_error)(struct hp_stack *s, const struct hp_neterr *e);

    /* settings */
    int64_t pmtu_max, pmtu_s, reassembly_bytes_max, reassembly_datagrams_max, reassembly_per_source, reassembly_fragments,
        reassembly_v4_s, reassembly_v6_s, errors_per_s, errors_burst, redirects;
    /* counters */
    uint64_t reasm_reqds, reasm_oks, reasm_fails, reasm_evicted, frag_oks, frag_fails, frag_creates, errors_limited,
        pmtu_updates;
};

/* hp_ip_is4() for the packet path. */
static inline bool net_is4(const struct hp_ip *ip)
{
    return load64(ip->b) == 0 && memcmp(ip->b + 8, "\0\0\xff\xff", 4) == 0;
}
static inline struct network *network(const struct hp_stack *s) { return s->layer[3]; }
/* Of a link; NULL: there is nothing yet. */
static inline struct net_side *net_side(const struct network *n, uint16_t link) { return link < n->sides ? &n->side[link] : NULL; }
/* Makes room for what there will be.  HP_OK, HP_ENOMEM. */
int net_side_room(struct hp_stack *s, uint16_t link);
static inline bool net_forwards(const struct hp_stack *s) { return network(s)->forwarding; }
/* Something that paths depend on changed. */
static inline void net_changed(struct network *n)
{
    if (++n->generation == 0) n->generation = 1;
}
/* ... and something that programs want to hear of: enum hp_changed bits. */
void change_mark(struct network *n, uint32_t what);
void changes_stop(struct network *n);
static inline void net_tell(struct network *n, uint32_t what)
{
    net_changed(n);
    if (n->changes) change_mark(n, what);
}
static inline unsigned net_version(const struct hp_ip *ip) { return !net_is4(ip); }   /* index of family[] and trie[] */

void pmtu_stop(struct hp_stack *s);
void reass_stop(struct hp_stack *s);
int reass_start(struct hp_stack *s);
void limit_stop(struct hp_stack *s);
void reass_link_gone(struct hp_stack *s, const struct hp_link *l);
void routes_stop(struct hp_stack *s);
void route_link_gone(struct hp_stack *s, const struct hp_link *l);
void addr_link_gone(struct hp_stack *s, struct hp_link *l);
void addrs_stop(struct hp_stack *s);
void group_link_gone(struct hp_stack *s, struct hp_link *l);

extern const struct hp_proto net_proto, ipv4_proto, icmp4_proto, forward_proto;

#endif
