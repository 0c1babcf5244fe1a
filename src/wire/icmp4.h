/* ICMP for IPv4 (RFC 792, RFC 1122 3.2.2, RFC 1191, RFC 4884). */
#ifndef WIRE_ICMP4_H
#define WIRE_ICMP4_H

#include "wire/ip.h"

enum { ICMP4_HEADER = 8 };

enum icmp4_type {
    ICMP4_ECHO_REPLY    = 0,
    ICMP4_UNREACHABLE   = 3,
    ICMP4_SOURCE_QUENCH = 4,
    ICMP4_REDIRECT      = 5,
    ICMP4_ECHO          = 8,
    ICMP4_ROUTER_ADVERT = 9,
    ICMP4_ROUTER_SOLICIT = 10,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_PARAM_PROBLEM = 12,
    ICMP4_TIMESTAMP     = 13,
    ICMP4_TIMESTAMP_REPLY = 14,
    ICMP4_MASK          = 17,
    ICMP4_MASK_REPLY    = 18,
};

enum icmp4_unreachable_code {
    ICMP4_UNREACH_NET       = 0,
    ICMP4_UNREACH_HOST      = 1,
    ICMP4_UNREACH_PROTO     = 2,
    ICMP4_UNREACH_PORT      = 3,
    ICMP4_UNREACH_FRAG      = 4,    /* fragmentation needed and DF set: `mtu` */
    ICMP4_UNREACH_SOURCE_ROUTE = 5,
    ICMP4_UNREACH_NET_UNKNOWN  = 6,
    ICMP4_UNREACH_HOST_UNKNOWN = 7,
    ICMP4_UNREACH_NET_ADMIN    = 9,
    ICMP4_UNREACH_HOST_ADMIN   = 10,
    ICMP4_UNREACH_ADMIN        = 13,
};

enum { ICMP4_TIME_TTL = 0, ICMP4_TIME_REASSEMBLY = 1 };
enum { ICMP4_REDIRECT_NET = 0, ICMP4_REDIRECT_HOST = 1 };

/* RFC 792: every message has these 8 bytes; which of the fields mean something depends on the type, and the others are 0. */
struct icmp4_hdr {
    uint8_t type, code;
    uint16_t sum;
    uint16_t id, seq;           /* echo, timestamp, mask, and their replies */
    uint16_t mtu;               /* unreachable, code 4 (RFC 1191); 0 = not said */
    uint8_t pointer;            /* parameter problem */
    uint8_t quoted;             /* errors: bytes of quote if RFC 4884 extensions follow / 4, else 0 */
    struct hp_ip gateway;       /* redirect */
    struct hp_bytes body;       /* after the 8 bytes: echo data, or the quoted packet (without RFC 4884 extensions) */
};

/* True if `type` reports an error about another packet, and so quotes it and is never itself answered by one. */
static inline bool icmp4_is_error(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
           type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

/* True: the 8 bytes are there.  The checksum is the caller's to look at: sum_ok(0, in). */
bool icmp4_parse(struct hp_bytes in, struct icmp4_hdr *h);
/* Writes 8 bytes with h->sum as it is; the body follows.  8, or 0 if n is smaller. */
size_t icmp4_write(uint8_t *out, size_t n, const struct icmp4_hdr *h);
/* A whole message with its body and checksum.  How many bytes, 0 if they do not fit. */
size_t icmp4_write_all(uint8_t *out, size_t n, const struct icmp4_hdr *h);

#endif
