/* DHCP for IPv4 (RFC 2131, RFC 2132) and BOOTP (RFC 951, RFC 1542). */
#ifndef WIRE_DHCP4_H
#define WIRE_DHCP4_H

#include "wire/dns.h"

enum {
    DHCP4_SERVER_PORT = 67,
    DHCP4_CLIENT_PORT = 68,
    DHCP4_FIXED       = 240,    /* the fixed part with the cookie */
    DHCP4_SIZE_MIN    = 300,    /* shorter messages are padded: RFC 1542 2.1 */
    DHCP4_LIST_MAX    = 8,      /* of the addresses in one list, how many we keep */
    DHCP4_FOREVER     = 0xffffffff,
};

enum dhcp4_type {
    DHCP4_DISCOVER = 1, DHCP4_OFFER, DHCP4_REQUEST, DHCP4_DECLINE, DHCP4_ACK, DHCP4_NAK, DHCP4_RELEASE, DHCP4_INFORM,
};

enum dhcp4_option {
    DHCP4_PAD = 0, DHCP4_MASK = 1, DHCP4_ROUTERS = 3, DHCP4_DNS = 6, DHCP4_HOSTNAME = 12, DHCP4_DOMAIN = 15,
    DHCP4_MTU = 26, DHCP4_BROADCAST = 28, DHCP4_NTP = 42, DHCP4_REQUESTED = 50, DHCP4_LEASE = 51, DHCP4_OVERLOAD = 52,
    DHCP4_TYPE = 53, DHCP4_SERVER = 54, DHCP4_PARAMS = 55, DHCP4_TEXT = 56, DHCP4_SIZE_MAX = 57, DHCP4_T1 = 58,
    DHCP4_T2 = 59, DHCP4_VENDOR = 60, DHCP4_CLIENT_ID = 61, DHCP4_TFTP = 66, DHCP4_BOOTFILE = 67, DHCP4_RELAY = 82,
    DHCP4_SEARCH = 119, DHCP4_ROUTES = 121, DHCP4_WPAD = 252, DHCP4_END = 255,
};

/* RFC 2131 2.  Options that `has` does not name are 0 or empty.  Strings are bytes of the message without a NUL; if the
 * sender split an option (RFC 3396) they are its first part: dhcp4_option_join() has all. */
struct dhcp4_msg {
    bool reply;                 /* op: BOOTREPLY */
    uint8_t hops;
    uint32_t xid;
    uint16_t secs;
    bool broadcast;             /* RFC 2131 4.1 */
    struct hp_ip ciaddr, yiaddr, siaddr, giaddr;
    struct hp_mac chaddr;
    struct hp_bytes sname, file;    /* without trailing zeros; empty if they hold options */
    uint8_t type;               /* enum dhcp4_type; 0 = BOOTP */
    uint32_t has[8];            /* which options came, by number: dhcp4_has() */
    uint8_t skipped;            /* options with a length that they cannot have: not in `has` */
    struct hp_ip mask, broadcast_address, requested, server;
    struct hp_ip routers[DHCP4_LIST_MAX], dns[DHCP4_LIST_MAX], ntp[DHCP4_LIST_MAX];
    uint8_t router_count, dns_count, ntp_count;
    uint16_t mtu, size_max;
    uint32_t lease_s, t1_s, t2_s;
    struct hp_bytes hostname, domain, text, params, vendor, client_id, tftp, bootfile, relay, wpad;
    struct hp_bytes search, routes;     /* encoded: dhcp4_search_next(), dhcp4_route_next() */
    struct hp_bytes options;    /* the options field, from after the cookie */
};

static inline bool dhcp4_has(const struct dhcp4_msg *m, uint8_t code) { return m->has[code / 32] >> code % 32 & 1; }

/* False: no BOOTP of an Ethernet client with DHCP's cookie, or an option runs past the end of its field. */
bool dhcp4_parse(struct hp_bytes in, struct dhcp4_msg *m);

/* The options one after the other: those of the options field, then what overloads file and sname (RFC 2131 4.1). */
struct dhcp4_opts {
    struct hp_bytes in, left;
    uint8_t overload;           /* what the options field says: 1 = file holds options too, 2 = sname */
    uint8_t to_come;            /* those of them that were not walked yet */
    bool bad;                   /* an option runs past the end */
};
struct dhcp4_opts dhcp4_opts_start(struct hp_bytes in);
bool dhcp4_opts_next(struct dhcp4_opts *o, uint8_t *code, struct hp_bytes *data);
/* All parts of one option, joined (RFC 3396), as far as n bytes hold them.  How many bytes. */
size_t dhcp4_option_join(struct hp_bytes in, uint8_t code, uint8_t *out, size_t n);

/* RFC 3397, option 119: the next domain; false at the end.  *at starts as 0 and ends at all.n unless the list is bad. */
bool dhcp4_search_next(struct hp_bytes all, size_t *at, struct dns_name *name);
/* RFC 3442, option 121: the next route; false at the end.  What remains in *left then is bad. */
struct dhcp4_route {
    struct hp_prefix to;        /* bits beyond its length are 0 */
    struct hp_ip gateway;       /* 0.0.0.0: on the link */
};
bool dhcp4_route_next(struct hp_bytes *left, struct dhcp4_route *r);
void dhcp4_route_write(struct writer *w, const struct dhcp4_route *r);

/* Whether a host may be given this address: not 0.0.0.0, broadcast, multicast, loopback or class E (CVE-2019-12264). */
bool dhcp4_address_ok(const struct hp_ip *ip);
/* The length of a subnet mask, 0..32, or -1 if its ones are not contiguous. */
int dhcp4_mask_length(const struct hp_ip *mask);

/* ---- writing ---- */
/* The whole message: the fixed part, message type, then every option that m->has names (of those above), the end, and
 * padding to 300 bytes.  How many bytes, 0 if they do not fit. */
size_t dhcp4_write(uint8_t *out, size_t n, const struct dhcp4_msg *m);
static inline void dhcp4_set(struct dhcp4_msg *m, uint8_t code) { m->has[code / 32] |= UINT32_C(1) << code % 32; }

#endif
