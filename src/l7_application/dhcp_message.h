/* DHCP messages as the client and the server need them, on top of wire/dhcp4. */
#ifndef L7_DHCP_MESSAGE_H
#define L7_DHCP_MESSAGE_H

#include "core/bytes.h"
#include "hepta/dhcp.h"
#include "hepta/net.h"

/* The numbers of option 53. */
enum dhcp_type {
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

/* ---- for the server ---- */
enum { DHCP_ID_MAX = 64, DHCP_REPLY_MAX = 1400 };

/* What a client said. */
struct dhcp_asked {
    enum dhcp_type type;
    uint32_t xid;
    bool broadcast;                     /* answers by broadcast, please */
    struct hp_mac mac;
    struct hp_ip ciaddr, requested, server;     /* 0.0.0.0: not said */
    uint32_t lease_s;                   /* wished for; 0 = not said */
    uint8_t id[DHCP_ID_MAX];            /* who it is: option 61, else (length 0) its MAC address */
    uint8_t id_len;
    bool id_said;                       /* with option 61: to be sent back (RFC 6842) */
    char hostname[HP_DHCP_NAME_MAX];    /* "" if not said, or if it has characters that no host's name has */
};
/* False: not a question to a server, from a machine on this link (relayed ones are not), or it contradicts itself. */
bool dhcp_asked_read(struct hp_bytes message, struct dhcp_asked *out);

/* What the server answers. */
struct dhcp_answer {
    enum dhcp_type type;                /* DHCP_OFFER, DHCP_ACK, DHCP_NAK */
    struct hp_ip yiaddr, ciaddr, server;    /* yiaddr 0.0.0.0: answers an INFORM */
    struct hp_ip mask;
    uint32_t lease_s;                   /* not said to an INFORM */
    const struct hp_dhcp_server *config; /* routers, name servers, domain, MTU */
};
size_t dhcp_answer_write(uint8_t *out, size_t n, const struct dhcp_asked *q, const struct dhcp_answer *a);

#endif
