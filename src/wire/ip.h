/* What IPv4, IPv6 and their users share: protocol numbers, and addresses on the wire <-> struct hp_ip. */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "core/bytes.h"

/* IANA protocol numbers: IPv4's protocol field, IPv6's next header. */
enum ip_proto {
    IP_PROTO_HOPOPTS  = 0,
    IP_PROTO_ICMP     = 1,
    IP_PROTO_IGMP     = 2,
    IP_PROTO_IPV4     = 4,
    IP_PROTO_TCP      = 6,
    IP_PROTO_UDP      = 17,
    IP_PROTO_IPV6     = 41,
    IP_PROTO_ROUTING  = 43,
    IP_PROTO_FRAGMENT = 44,
    IP_PROTO_GRE      = 47,
    IP_PROTO_ESP      = 50,
    IP_PROTO_AH       = 51,
    IP_PROTO_ICMPV6   = 58,
    IP_PROTO_NONE     = 59,
    IP_PROTO_DSTOPTS  = 60,
    IP_PROTO_OSPF     = 89,
    IP_PROTO_VRRP     = 112,
    IP_PROTO_SCTP     = 132,
    IP_PROTO_UDPLITE  = 136,
};

/* The low two bits of the TOS or traffic class octet (RFC 3168). */
enum ip_ecn { IP_ECN_NOT = 0, IP_ECN_ECT1 = 1, IP_ECN_ECT0 = 2, IP_ECN_CE = 3, IP_ECN_MASK = 3 };

static inline struct hp_ip ip4_get(const uint8_t *p)
{
    struct hp_ip ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0}};
    memcpy(ip.b + 12, p, 4);
    return ip;
}

static inline struct hp_ip ip6_get(const uint8_t *p)
{
    struct hp_ip ip;
    memcpy(ip.b, p, 16);
    return ip;
}

static inline void ip4_put(uint8_t *p, const struct hp_ip *ip) { memcpy(p, ip->b + 12, 4); }
static inline void ip6_put(uint8_t *p, const struct hp_ip *ip) { memcpy(p, ip->b, 16); }

static inline struct hp_mac mac_get(const uint8_t *p)
{
    struct hp_mac mac;
    memcpy(mac.b, p, 6);
    return mac;
}

static inline void mac_put(uint8_t *p, const struct hp_mac *mac) { memcpy(p, mac->b, 6); }

/* What an ICMP error says of the packet that caused it (RFC 792, RFC 4443 2.4 c): always the addresses, and as much
 * of the transport header as was quoted. */
struct ip_quote {
    struct hp_ip src, dst;      /* of the packet in error: src is who gets the ICMP message */
    uint8_t proto;              /* the transport; past IPv6 extension headers */
    bool ports, has_seq;        /* whether these were quoted (not in later fragments) */
    uint16_t from, to;          /* ports of TCP, UDP, ...; id and sequence number of an echo request are in `transport` */
    uint32_t seq;               /* TCP's sequence number */
    struct hp_bytes transport;  /* what was quoted from the transport header on */
};

/* Fills ports and seq from q->transport, as far as there are any. */
static inline void ip_quote_ports(struct ip_quote *q)
{
    bool has = q->proto == IP_PROTO_TCP || q->proto == IP_PROTO_UDP || q->proto == IP_PROTO_SCTP ||
               q->proto == IP_PROTO_UDPLITE;
    if (!has || q->transport.n < 4) return;
    q->ports = true;
    q->from = get16(q->transport.p);
    q->to = get16(q->transport.p + 2);
    if (q->proto != IP_PROTO_TCP || q->transport.n < 8) return;
    q->has_seq = true;
    q->seq = get32(q->transport.p + 4);
}

#endif
