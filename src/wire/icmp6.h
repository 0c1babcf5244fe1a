/* ICMP for IPv6 (RFC 4443).  Neighbour discovery is in nd.h. */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include "wire/ip.h"

enum { ICMP6_HEADER = 8 };

enum icmp6_type {
    ICMP6_UNREACHABLE   = 1,
    ICMP6_TOO_BIG       = 2,
    ICMP6_TIME_EXCEEDED = 3,
    ICMP6_PARAM_PROBLEM = 4,
    ICMP6_ECHO          = 128,
    ICMP6_ECHO_REPLY    = 129,
    ICMP6_MLD_QUERY     = 130,
    ICMP6_MLD_REPORT    = 131,
    ICMP6_MLD_DONE      = 132,
    ICMP6_RS            = 133,
    ICMP6_RA            = 134,
    ICMP6_NS            = 135,
    ICMP6_NA            = 136,
    ICMP6_REDIRECT      = 137,
    ICMP6_MLD2_REPORT   = 143,
};

enum icmp6_unreachable_code {
    ICMP6_UNREACH_ROUTE  = 0,
    ICMP6_UNREACH_ADMIN  = 1,
    ICMP6_UNREACH_SCOPE  = 2,
    ICMP6_UNREACH_HOST   = 3,
    ICMP6_UNREACH_PORT   = 4,
    ICMP6_UNREACH_POLICY = 5,
    ICMP6_UNREACH_REJECT = 6,
};

enum { ICMP6_TIME_HOPS = 0, ICMP6_TIME_REASSEMBLY = 1 };
enum { ICMP6_PARAM_FIELD = 0, ICMP6_PARAM_NEXT_HEADER = 1, ICMP6_PARAM_OPTION = 2, ICMP6_PARAM_CHAIN = 3 };

/* RFC 4443 2.1, 3, 4: which of the fields mean something depends on the type, and the others are 0. */
struct icmp6_hdr {
    uint8_t type, code;
    uint16_t sum;
    uint16_t id, seq;           /* echo and echo reply */
    uint32_t mtu;               /* packet too big */
    uint32_t pointer;           /* parameter problem */
    struct hp_bytes body;       /* after the 8 bytes: echo data, or the quoted packet */
};

/* RFC 4443 2.1: the high bit says that it is not an error. */
static inline bool icmp6_is_error(uint8_t type) { return type < 128; }

/* True: 8 bytes are there.  The checksum is the caller's to look at: sum_ok(sum_pseudo(src, dst, 58, in.n), in). */
bool icmp6_parse(struct hp_bytes in, struct icmp6_hdr *h);
/* Writes 8 bytes with h->sum as it is; the body follows.  8, or 0 if n is smaller. */
size_t icmp6_write(uint8_t *out, size_t n, const struct icmp6_hdr *h);
/* A whole message with its body and checksum.  How many bytes, 0 if they do not fit. */
size_t icmp6_write_all(uint8_t *out, size_t n, const struct icmp6_hdr *h, const struct hp_ip *src, const struct hp_ip *dst);

#endif
