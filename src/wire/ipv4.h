/* IPv4 headers and options (RFC 791, RFC 1122 3.2.1, RFC 2474, RFC 6864). */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include "wire/ip.h"

enum { IPV4_HEADER = 20, IPV4_HEADER_MAX = 60, IPV4_DATAGRAM_MAX = 65535 };

/* RFC 791 3.1.  Lengths and offsets in bytes. */
struct ipv4_hdr {
    uint8_t hlen, tos, ttl, proto;
    uint16_t len;               /* of the whole datagram or fragment */
    uint16_t id;
    uint16_t frag_off;          /* a multiple of 8 */
    bool df, mf;
    uint16_t sum;
    struct hp_ip src, dst;
};

enum ipv4_result {
    IPV4_OK,
    IPV4_SHORT,                 /* fewer bytes than the header says that it has */
    IPV4_VERSION,               /* not version 4 */
    IPV4_HLEN,                  /* header length below 20 */
    IPV4_TOTLEN,                /* total length below the header's, or above what came */
    IPV4_CHECKSUM,
};

/* After IPV4_OK the bytes up to h->len are there; what follows them is padding of the link. */
enum ipv4_result ipv4_parse(struct hp_bytes in, struct ipv4_hdr *h);
/* The same for a packet of n bytes of which only the first in.n lie together; its header must. */
enum ipv4_result ipv4_parse_split(struct hp_bytes in, size_t n, struct ipv4_hdr *h);
/* For headers quoted in ICMP errors: the datagram may be cut after its header and the checksum is not looked at
 * (routers on the way changed the TTL).  Never IPV4_CHECKSUM. */
enum ipv4_result ipv4_parse_quoted(struct hp_bytes in, struct ipv4_hdr *h);

static inline struct hp_bytes ipv4_payload(struct hp_bytes in, const struct ipv4_hdr *h)
{
    return bytes_from(bytes_upto(in, h->len), h->hlen);
}

static inline bool ipv4_is_fragment(const struct ipv4_hdr *h) { return h->mf || h->frag_off; }

/* Writes 20 bytes with a fresh checksum; hlen and sum are not read.  20, or 0 if n is smaller. */
size_t ipv4_write(uint8_t *out, size_t n, const struct ipv4_hdr *h);
/* The same with options, padded with zeros to a multiple of 4 (h->len counts them).  0 if they do not fit. */
size_t ipv4_write_options(uint8_t *out, size_t n, const struct ipv4_hdr *h, struct hp_bytes options);

/* ---- options (RFC 791 3.1, RFC 2113, RFC 1108) ---- */
enum ipv4_opt_type {
    IPV4_OPT_END      = 0,
    IPV4_OPT_NOP      = 1,
    IPV4_OPT_RR       = 7,      /* record route */
    IPV4_OPT_TS       = 68,
    IPV4_OPT_SECURITY = 130,
    IPV4_OPT_LSRR     = 131,    /* loose source route */
    IPV4_OPT_SSRR     = 137,    /* strict source route */
    IPV4_OPT_RA       = 148,    /* router alert */
    IPV4_OPT_COPIED   = 0x80,   /* this bit: goes into every fragment */
};

struct ipv4_opt {
    uint8_t type;
    uint8_t at;                 /* offset of the option in the IP header: what a parameter problem points to */
    struct hp_bytes data;       /* after type and length */
};

struct ipv4_opts {
    const uint8_t *header;
    uint8_t at, end;
    bool bad;                   /* stopped at an option whose length cannot be; `at` is where */
};

static inline struct hp_bytes ipv4_options(struct hp_bytes in, const struct ipv4_hdr *h)
{
    return bytes_from(bytes_upto(in, h->hlen), IPV4_HEADER);
}

struct ipv4_opts ipv4_opts_start(struct hp_bytes in, const struct ipv4_hdr *h);
/* The next option that is not a NOP; false at the end, or with o->bad. */
bool ipv4_opts_next(struct ipv4_opts *o, struct ipv4_opt *opt);

/* What an ICMP error quotes: IPv4 header and at least 8 bytes.  False if not even the header is whole. */
bool ipv4_quote_parse(struct hp_bytes in, struct ip_quote *q);

#endif
