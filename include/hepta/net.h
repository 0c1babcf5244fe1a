/* Layer 3 from outside: addresses, routes, neighbours, forwarding. */
#ifndef HEPTA_NET_H
#define HEPTA_NET_H

#include "hepta/stack.h"
#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses ---- */
enum hp_addr_flag {
    HP_ADDR_NO_DAD    = 1 << 0, /* use it at once (IPv6); IPv4 addresses are used at once always              */
    HP_ADDR_TENTATIVE = 1 << 1, /* duplicate address detection is under way       (answered only)             */
    HP_ADDR_DUPLICATE = 1 << 2, /* somebody else has it: not used                 (answered only)             */
    HP_ADDR_AUTO      = 1 << 3, /* from a router advertisement                    (answered only)             */
};

/* Gives the link this address and, by the prefix length, the on-link route.  HP_EEXIST if it has it; HP_EOPNOTSUPP: no such IP version in the
 * profile, or IPv6 on a link whose MTU is less than 1280 (RFC 8200 5). */
int hp_addr_add(struct hp_stack *s, int link, const struct hp_prefix *address, unsigned flags);
int hp_addr_remove(struct hp_stack *s, int link, const struct hp_ip *ip);

struct hp_addr_info {
    int link;
    struct hp_prefix address;
    unsigned flags;
    hp_time preferred_until, valid_until;   /* HP_NEVER = for ever */
};
/* The i-th address of the stack (0..); HP_ENOENT past the last. */
int hp_addr_info(const struct hp_stack *s, unsigned i, struct hp_addr_info *out);

/* ---- routes: longest prefix wins, then lowest metric ---- */
struct hp_route {
    struct hp_prefix to;
    struct hp_ip gateway;       /* all zeros = the destination is a neighbour on the link */
    int link;                   /* 0 = the link on whose prefix the gateway is            */
    uint32_t metric;
    uint8_t source;             /* enum hp_route_source */
};
enum hp_route_source { HP_ROUTE_STATIC, HP_ROUTE_CONNECTED, HP_ROUTE_DHCP, HP_ROUTE_RA, HP_ROUTE_REDIRECT, HP_ROUTE_RIP,
                       HP_ROUTE_OTHER };

int hp_route_add(struct hp_stack *s, const struct hp_route *route);   /* replaces one of same prefix, metric and gateway */
int hp_route_remove(struct hp_stack *s, const struct hp_route *route);
/* The route that a packet to `to` would take; HP_ENETUNREACH. */
int hp_route_find(const struct hp_stack *s, const struct hp_ip *to, struct hp_route *out);
void hp_routes_each(const struct hp_stack *s, void (*each)(void *ctx, const struct hp_route *), void *ctx);
size_t hp_route_count(const struct hp_stack *s);

/* ---- behaviour ---- */
int hp_set_forwarding(struct hp_stack *s, bool on);       /* be a router */
int hp_set_slaac(struct hp_stack *s, int link, bool on);  /* listen to router advertisements (default: on) */
/* Name servers that routers of this link (0 = of all links) advertised (RFC 8106); answers how many there are in `out`. */
int hp_slaac_dns(const struct hp_stack *s, int link, struct hp_ip *out, int max);
/* Sends router advertisements for this prefix on the link (RFC 4861 6.2); lifetime 0 stops. */
int hp_set_advertise(struct hp_stack *s, int link, const struct hp_prefix *prefix, uint32_t router_lifetime_s);
/* The path MTU that is known towards `to`. */
uint32_t hp_path_mtu(const struct hp_stack *s, const struct hp_ip *to);
int hp_multicast_join(struct hp_stack *s, int link, const struct hp_ip *group);
int hp_multicast_leave(struct hp_stack *s, int link, const struct hp_ip *group);

/* ---- neighbours ---- */
struct hp_neigh_info {
    struct hp_ip ip;
    struct hp_mac mac;
    int link;
    const char *state;          /* RFC 4861 7.3.2: INCOMPLETE REACHABLE STALE DELAY PROBE;
                                   and PERMANENT, and FAILED: did not answer just now */
};
int hp_neigh_info(const struct hp_stack *s, unsigned i, struct hp_neigh_info *out);
/* Makes it permanent; mac == NULL forgets it.  HP_EOPNOTSUPP: the link has no MAC addresses. */
int hp_neigh_set(struct hp_stack *s, int link, const struct hp_ip *ip, const struct hp_mac *mac);
int hp_neigh_flush(struct hp_stack *s, int link);   /* forgets all but the permanent ones */

/* ---- switch ---- */
/* Every link that is added to a stack with hp_profile_switch is a port of its one bridge. */
struct hp_bridge_info {
    struct hp_mac mac;
    int link;
    hp_time seen;
};
int hp_bridge_info(const struct hp_stack *s, unsigned i, struct hp_bridge_info *out);

#ifdef __cplusplus
}
#endif
#endif
