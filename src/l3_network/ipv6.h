/* What the files of IPv6 share: the link's IPv6 state, ICMPv6, neighbour discovery, autoconfiguration, advertising, listening.
 *
 * struct ip6 hangs on the network (network()->v6).  Everything of one link hangs on its struct ip6_link, made when an Ethernet link comes
 * and freed when it goes; a link without neighbours (tun, loopback) has none.  ICMPv6 hands neighbour discovery to these files by
 * name; what a profile leaves out has no state here, and its functions do nothing. */
#ifndef L3_IPV6_H
#define L3_IPV6_H

#include "l3_network/net.h"
#include "wire/ipv6.h"
#include "wire/nd.h"

extern const struct hp_ip ip6_any, ip6_all_nodes, ip6_all_routers;

/* ---- ipv6_link.c: the state of IPv6, per stack and per link ---- */
struct ip6_link {
    struct hp_link *link;
    struct hp_ip local;                 /* the link-local address; any = none (yet) */
    bool local_ready;                   /* ... and it is ours alone */
    uint8_t local_tries;                /* RFC 7217: DAD_Counter */
    bool slaac_off, router_heard;
    bool routing;                       /* joined ff02::2: the stack forwards */
    uint8_t hop_limit;                  /* what a router said, or 0 */
    uint8_t solicits;                   /* router solicitations sent */
    uint32_t solicit_wait_ms;
    uint32_t mtu;                       /* what a router said, or 0 */
    struct hp_timer solicit, life;      /* router solicitation; the next end of a lifetime */
    struct nd_dad *dad;                 /* addresses being checked */
    struct nd_redirects *redirects;     /* NULL = none followed */
    struct slaac *slaac;                /* NULL = no router was heard */
    struct radv *radv;                  /* NULL = not advertising */
    struct {
        struct mld_group *group;
        struct hp_timer timer;
        hp_time v1_until;               /* a querier of version 1 is there */
    } mld;
};

struct ip6 {
    struct ip6_link **link;             /* by the link's index; NULL = none */
    uint32_t room;
    struct key label_key, identifier_key;
    struct random random;               /* delays and nonces */
    struct { struct hp_ip src, dst; uint8_t ports[4], proto[4]; } flow;     /* the last packet's, and its label */
    uint32_t flow_label;
    struct hp_timer retry;              /* memory was short when something began */
    /* the states of protocols on the profile; NULL = not there */
    struct icmp6_state *icmp;
    struct nd_state *nd;
    struct slaac_state *slaac;
    struct radv_state *radv;
    struct mld_state *mld;
    struct hp_ip good_src;              /* a source that was looked at while the generation was this */
    uint32_t good_generation;
    /* counters */
    uint64_t in, delivered, out, fragmented, options_refused;
};

static inline struct ip6 *ip6_of(const struct hp_stack *s) { return network(s)->v6; }
struct ip6_link *ip6_link_of(const struct hp_stack *s, const struct hp_link *l);    /* or NULL */
void ip6_link_event(struct hp_stack *s, struct hp_link *l, enum link_event what);
void ip6_links_start(struct hp_stack *s, struct ip6 *ip6);
void ip6_links_stop(struct hp_stack *s);
/* Memory was short: begins again in a second what could not begin now. */
void ip6_retry_later(struct hp_stack *s);
/* An address came or is about to go (struct net_family). */
void ip6_addr_changed(struct hp_stack *s, struct addr *a, bool added);
/* Duplicate detection is over. */
void ip6_addr_checked(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip, bool duplicate);
void ip6_forwarding_changed(struct hp_stack *s, bool on);

/* ---- source.c: RFC 6724 section 5 ---- */
struct source_candidate {
    struct hp_prefix address;
    uint16_t link;
    bool deprecated;
};
/* Whether `a` is a better source than `b` towards dst through link `out`; false when they are equal. */
bool source_better(const struct source_candidate *a, const struct source_candidate *b, const struct hp_ip *dst, uint16_t out);
/* RFC 6724 3.1 and RFC 4291 2.7: 1 interface, 2 link, 5 site, 14 global; unicast addresses too. */
unsigned source_scope(const struct hp_ip *ip);
/* RFC 6724 2.1: for whoever sorts destinations. */
unsigned source_precedence(const struct hp_ip *ip);
/* The best address of this stack towards dst through `out` (struct net_family).  HP_EADDRNOTAVAIL. */
int source_select(struct hp_stack *s, const struct hp_ip *dst, const struct ip_path *path, struct hp_ip *src);

/* ---- icmp6.c: RFC 4443 ---- */
/* Only looks at p: p->l3 is its IPv6 header.  `value`: MTU of too big, pointer of parameter problem.  RFC 4443 2.4 e and the limit are kept. */
void icmp6_error(struct hp_stack *s, const struct hp_pkt *p, uint8_t type, uint8_t code, uint32_t value);
void icmp6_net_error(struct hp_stack *s, const struct hp_pkt *p, enum net_error what, uint32_t value);
/* p's data is an ICMPv6 message: its checksum. */
void icmp6_put_sum(struct hp_pkt *p, const struct hp_ip *src, const struct hp_ip *dst);
/* A message of neighbour discovery, to this link and no further: never routed; consumes. */
void icmp6_link_tx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p, const struct hp_ip *src, const struct hp_ip *dst);

/* ---- nd.c: RFC 4861 7 and 8, RFC 4862 5.4, RFC 7527 ---- */
enum { ND_NONCE = 6, ND_MESSAGE_MAX = 320, ND_REDIRECTS_MAX = 16 };
struct nd_redirects {
    struct hp_route route[ND_REDIRECTS_MAX];    /* link == 0: free */
    uint8_t next;                               /* the oldest, or free */
};
struct nd_dad {                         /* one address that is being checked */
    struct nd_dad *next;
    struct ip6_link *owner;
    struct hp_ip ip;
    struct hp_timer timer;
    uint8_t sent;
    uint8_t nonce[ND_NONCE];            /* RFC 7527: tells our own solicitation, looped back, from another's */
};
struct hp_ip nd_group(const struct hp_ip *ip);      /* the solicited-node multicast address */
/* delayed: this may be the link's first message, and all neighbours' too (RFC 4862 5.4.2).  HP_ENOMEM. */
int  nd_dad_start(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip, bool delayed);
bool nd_dad_running(struct ip6_link *i, const struct hp_ip *ip);
void nd_dad_stop(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip);
void nd_stop(struct hp_stack *s, struct ip6_link *i);
void nd_tx(struct hp_stack *s, struct hp_link *l, const struct nd_msg *m, const struct nd_opt *opt, int opts,
           const struct hp_ip *src, const struct hp_ip *dst);
/* RFC 4861 8.2: see struct net_family. */
void nd_redirect_tx(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next);
/* Messages, valid as nd_parse() says and with hop limit 255: answer what became of the packet. */
enum hp_drop nd_rx_solicit(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m);
enum hp_drop nd_rx_advert(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m);
enum hp_drop nd_rx_redirect(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m);

/* ---- slaac.c: RFC 4861 6.3, RFC 4862 5.5, RFC 4191, RFC 8106 ---- */
enum { SLAAC_ROUTERS_MAX = 8, SLAAC_PREFIXES_MAX = 16, SLAAC_ROUTES_MAX = 16, SLAAC_DNS_MAX = 8 };

struct slaac_prefix {
    struct hp_prefix prefix;
    hp_time on_link_until;              /* 0 = not on link */
    struct hp_ip address;               /* ours of this prefix; any = none */
    hp_time preferred_until, valid_until;
    uint8_t tries;                      /* RFC 7217: DAD_Counter */
};
struct slaac_route {                    /* a default router is the route to ::/0 (RFC 4191 2.3) */
    struct hp_prefix to;
    struct hp_ip router;
    hp_time until;
    uint32_t metric;                    /* of the route as it is installed; 0 = it is not */
    int8_t preference;                  /* -1 low, 0, 1 high */
    bool failed;                        /* its router does not answer: taken last */
};
struct slaac_dns {                      /* RFC 8106 5.1; only the router that said it may take it back */
    struct hp_ip ip, router;
    hp_time until;
};
/* What the routers of a link said.  Made by the first advertisement. */
struct slaac {
    struct slaac_prefix prefix[SLAAC_PREFIXES_MAX];
    struct slaac_route router[SLAAC_ROUTERS_MAX], route[SLAAC_ROUTES_MAX];
    struct slaac_dns dns[SLAAC_DNS_MAX];
    uint8_t prefixes, routers, routes, dnses;
};

/* The link-local address is ours: ask for routers. */
void slaac_begin(struct hp_stack *s, struct ip6_link *i);
void slaac_stop(struct hp_stack *s, struct ip6_link *i);       /* forgets what routers said */
void slaac_forget(struct ip6_link *i, const struct hp_ip *ip); /* the address is about to go */
/* RFC 4862 5.4.5, RFC 7217 6: somebody else has it: perhaps another one is tried. */
void slaac_duplicate(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip);
bool slaac_may_try_again(const struct hp_stack *s, uint8_t tries);
/* RFC 4861 7.2.5: it says that it is no router any more. */
void slaac_router_gone(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *ip);
/* RFC 4861 6.3.6: routers that do not answer are taken last. */
void slaac_routers_check(struct hp_stack *s, struct ip6_link *i);
enum hp_drop slaac_rx_advert(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m);
/* RFC 4862 5.5.3 e: the new end of an address's valid life. */
hp_time slaac_valid_until(hp_time now, hp_time old, hp_time offered);
/* The last 64 bits of an address: RFC 7217 5, or RFC 4291 appendix A if slaac.eui64 is set. */
void slaac_identifier(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *prefix, uint8_t tries,
                      uint8_t out[8]);

/* ---- radv.c: RFC 4861 6.2 ---- */
enum { RADV_PREFIXES_MAX = 4 };
static_assert(16 + 8 + 8 + RADV_PREFIXES_MAX * 32 <= ND_MESSAGE_MAX, "an advertisement fits");
struct radv {
    struct ip6_link *owner;
    struct hp_timer timer;
    hp_time sent_at;
    struct hp_prefix prefix[RADV_PREFIXES_MAX];
    uint16_t lifetime_s;
    uint8_t prefixes, sent;
};
void radv_begin(struct hp_stack *s, struct ip6_link *i);       /* the link can send now */
void radv_stop(struct hp_stack *s, struct ip6_link *i);
enum hp_drop radv_rx_solicit(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p, const struct nd_msg *m);

/* ---- mld.c: RFC 3810 ---- */
int  mld_join(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *group);
void mld_leave(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *group);
void mld_begin(struct hp_stack *s, struct ip6_link *i);        /* the link came up, or its address is ours now */
void mld_stop(struct hp_stack *s, struct ip6_link *i);
enum hp_drop mld_rx_query(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p);

extern const struct hp_proto ipv6_proto, icmp6_proto, nd_proto, slaac_proto, radv_proto, mld_proto;

#endif
