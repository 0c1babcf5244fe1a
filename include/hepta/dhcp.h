/* DHCP for IPv4 (RFC 2131, RFC 2132): a client as a program. */
#ifndef HEPTA_DHCP_H
#define HEPTA_DHCP_H

#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HP_DHCP_SERVERS_MAX = 4, HP_DHCP_ROUTES_MAX = 8, HP_DHCP_NAME_MAX = 64 };

enum hp_dhcp_state { HP_DHCP_INIT, HP_DHCP_SELECTING, HP_DHCP_REQUESTING, HP_DHCP_BOUND, HP_DHCP_RENEWING, HP_DHCP_REBINDING };

struct hp_dhcp_lease {
    struct hp_prefix address;
    struct hp_ip server;
    struct hp_ip routers[HP_DHCP_SERVERS_MAX], dns[HP_DHCP_SERVERS_MAX];
    int router_count, dns_count;
    char domain[HP_DHCP_NAME_MAX];
    uint16_t mtu;                       /* 0 = not said */
    hp_time since, renew_at, rebind_at, expires_at;     /* T1, T2 of RFC 2131 4.4.5 */
};

/* One client on one link.  The caller keeps it until the program has ended (the stack is freed, or hp_dhcp_stop). */
struct hp_dhcp {
    /* set by the caller */
    int link;
    const char *hostname;               /* option 12, or NULL */
    /* May refuse a route of option 121 (RFC 3442), which can draw traffic away (CVE-2024-3661); NULL = all are taken, each traced. */
    bool (*allow_route)(void *ctx, const struct hp_prefix *to, const struct hp_ip *gateway);
    void *ctx;
    /* to be read */
    enum hp_dhcp_state state;
    struct hp_dhcp_lease lease;         /* valid in BOUND, RENEWING, REBINDING */
    uint32_t discovers, requests, naks, ignored;
    bool stop;
};

const char *hp_dhcp_state_name(enum hp_dhcp_state state);

/* Starts the client as a program: it asks, configures address and default route, renews, and asks again when the lease is lost. */
int hp_dhcp_start(struct hp_stack *s, struct hp_dhcp *d);
/* Ends it at its next turn and gives the address back (DHCPRELEASE). */
void hp_dhcp_stop(struct hp_stack *s, struct hp_dhcp *d);

#ifdef __cplusplus
}
#endif
#endif
