/* DHCP messages as the client needs them, on top of wire/dhcp4. */
#ifndef L7_DHCP_MESSAGE_H
#define L7_DHCP_MESSAGE_H

#include "core/bytes.h"
#include "hepta/dhcp.h"
#include "hepta/net.h"

enum dhcp_type {   /* the numbers of option 53 */
    DHCP_NONE, DHCP_DISCOVER, DHCP_OFFER, DHCP_REQUEST, DHCP_DECLINE, DHCP_ACK, DHCP_NAK, DHCP_RELEASE, DHCP_INFORM,
};

/* A message of the client's. */
struct dhcp_ask {
    enum dhcp_type type;
    uint32_t xid;
    uint16_t secs;
    bool broadcast;                     /* answers by broadcast, please: we have no address yet */
    struct hp_mac mac;
    struct hp_ip ciaddr, requested, server;     /* all zeros = left out */
    const char *hostname;
};

/* What a server said.  Times in seconds as they came; 0 = not said. */
struct dhcp_told {
    enum dhcp_type type;
    uint32_t xid;
    struct hp_mac mac;
    struct hp_ip server;
    struct hp_dhcp_lease lease;         /* address, routers, dns, domain, mtu */
    uint32_t lease_s, t1_s, t2_s;
    struct { struct hp_prefix to; struct hp_ip gateway; } route[HP_DHCP_ROUTES_MAX];    /* option 121 */
    int route_count;
};

size_t dhcp_ask_write(uint8_t *out, size_t n, const struct dhcp_ask *a);
/* False: not a DHCP answer, or one that cannot be used: an address that no host can have, a netmask with holes (L11, L12, L14). */
bool dhcp_told_read(struct hp_bytes message, struct dhcp_told *out);

#endif
