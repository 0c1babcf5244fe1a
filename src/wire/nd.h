/* Neighbour discovery (RFC 4861) and its options (RFC 4191, RFC 8106). */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include "wire/icmp6.h"

enum { ND_HOPS = 255, ND_FOREVER = 0xffffffff };

/* RFC 4861 4.1 - 4.5: which of the fields mean something depends on the type, and the others are 0. */
struct nd_msg {
    uint8_t type;               /* ICMP6_RS .. ICMP6_REDIRECT */
    uint16_t sum;
    /* RA */
    uint8_t hops;               /* 0 = not said */
    bool managed, other_config, home_agent, proxy;
    int8_t preference;          /* RFC 4191: -1 low, 0, 1 high */
    uint16_t lifetime_s;        /* 0 = not a default router */
    uint32_t reachable_ms, retrans_ms;  /* 0 = not said */
    /* NA */
    bool router, solicited, override;
    /* NS, NA, redirect */
    struct hp_ip target;
    struct hp_ip dst;           /* redirect */
    /* from the options */
    bool has_mac;               /* source link-layer address in RS, RA, NS; target's in NA and redirect */
    struct hp_mac mac;
    struct hp_bytes opts;       /* every option whole, none of length 0: nd_opts_start() */
};

enum nd_result {
    ND_OK,
    ND_SHORT,                   /* the fixed part is not whole */
    ND_TYPE,                    /* not neighbour discovery */
    ND_CODE,                    /* the code is not 0 */
    ND_TARGET,                  /* the target is a multicast address (not for redirect) */
    ND_OPTION,                  /* an option of length 0, or longer than what came: discard all (RFC 4861 4.6) */
};

/* What the IP header says (hop limit 255, addresses) and the checksum are the caller's to look at (RFC 4861 6.1, 7.1, 8.1). */
enum nd_result nd_parse(struct hp_bytes in, struct nd_msg *m);
/* The fixed part (8, 16, 24 or 40 bytes) with m->sum as it is, and no options.  0 if n is smaller. */
size_t nd_write(uint8_t *out, size_t n, const struct nd_msg *m);

enum nd_opt_type {
    ND_OPT_SOURCE_MAC = 1,      /* RFC 4861 4.6.1 */
    ND_OPT_TARGET_MAC = 2,
    ND_OPT_PREFIX     = 3,      /* 4.6.2 */
    ND_OPT_REDIRECTED = 4,      /* 4.6.3 */
    ND_OPT_MTU        = 5,      /* 4.6.4 */
    ND_OPT_NONCE      = 14,     /* RFC 3971 5.3.2, used by RFC 7527 */
    ND_OPT_ROUTE      = 24,     /* RFC 4191 2.3 */
    ND_OPT_RDNSS      = 25,     /* RFC 8106 5.1 */
    ND_OPT_DNSSL      = 31,     /* RFC 8106 5.2 */
};

/* One option; which of the fields mean something depends on the type. */
struct nd_opt {
    uint8_t type;
    struct hp_bytes data;       /* after type and length: all of an option that we do not know; the quoted packet of
                                   a redirected header; the names of DNSSL; the addresses of RDNSS, 16 bytes each */
    struct hp_mac mac;
    struct hp_prefix prefix;    /* prefix, route: bits beyond its length are 0 */
    bool on_link, autonomous;   /* prefix: L and A */
    uint32_t valid_s, preferred_s;  /* prefix; valid_s is the lifetime of route, RDNSS and DNSSL too */
    int8_t preference;          /* route */
    uint32_t mtu;
    uint8_t count;              /* RDNSS: addresses */
};

struct nd_opts {
    struct hp_bytes left;
    uint8_t skipped;            /* known options with a length that they cannot have (CVE-2020-16898): left out */
};

static inline struct nd_opts nd_opts_start(const struct nd_msg *m) { return (struct nd_opts){m->opts, 0}; }
/* The next option; false at the end. */
bool nd_opts_next(struct nd_opts *o, struct nd_opt *opt);
struct hp_ip nd_opt_rdnss(const struct nd_opt *opt, size_t i);
/* Appends the option, padded to 8 bytes. */
void nd_opt_write(struct writer *w, const struct nd_opt *opt);

#endif
