/* IPv6 headers and extension headers (RFC 8200, RFC 6275, RFC 5095, RFC 7045). */
#ifndef WIRE_IPV6_H
#define WIRE_IPV6_H

#include "wire/ip.h"

enum { IPV6_HEADER = 40, IPV6_FRAGMENT_HEADER = 8 };

/* RFC 8200 3. */
struct ipv6_hdr {
    uint8_t tclass, next, hops;
    uint32_t flow;              /* 20 bits */
    uint16_t len;               /* of the payload: what follows these 40 bytes, extension headers included */
    struct hp_ip src, dst;
};

enum ipv6_result {
    IPV6_OK,
    IPV6_SHORT,                 /* fewer than 40 bytes */
    IPV6_VERSION,               /* not version 6 */
    IPV6_LENGTH,                /* the payload length is more than what came */
    IPV6_EMPTY,                 /* payload length 0 where more must follow: jumbograms (RFC 2675) are not taken */
};

/* After IPV6_OK the bytes up to 40 + h->len are there; what follows them is padding of the link. */
enum ipv6_result ipv6_parse(struct hp_bytes in, struct ipv6_hdr *h);
/* For headers quoted in ICMPv6 errors: the payload may be cut.  Never IPV6_LENGTH or IPV6_EMPTY. */
enum ipv6_result ipv6_parse_quoted(struct hp_bytes in, struct ipv6_hdr *h);
/* 40, or 0 if n is smaller. */
size_t ipv6_write(uint8_t *out, size_t n, const struct ipv6_hdr *h);

static inline struct hp_bytes ipv6_payload(struct hp_bytes in, const struct ipv6_hdr *h)
{
    return bytes_from(bytes_upto(in, (size_t)IPV6_HEADER + h->len), IPV6_HEADER);
}

/* ---- extension headers (RFC 8200 4) ---- */
enum { IPV6_EXT_COUNT_MAX = 8, IPV6_EXT_BYTES_MAX = 2048 };     /* RFC 8504 5.3 lets a node set limits */

struct ipv6_ext {
    uint8_t type;               /* IP_PROTO_HOPOPTS, _ROUTING, _FRAGMENT, _DSTOPTS or _AH */
    uint16_t at;                /* offset from the start of the IPv6 header */
    struct hp_bytes all;        /* the whole extension header; options start at all.p + 2 */
};

enum ipv6_walk_state {
    IPV6_WALK_ON,
    IPV6_WALK_UPPER,            /* w->next is the upper layer (perhaps one that we do not know), w->left its bytes */
    IPV6_WALK_LATER_FRAGMENT,   /* a fragment header with an offset: w->left is not a header of type w->next */
    IPV6_WALK_SHORT,            /* an extension header is longer than what came */
    IPV6_WALK_ORDER,            /* hop-by-hop options not first (RFC 8200 4.1, 4.3) */
    IPV6_WALK_LIMIT,            /* too many, or too many bytes, of them */
};

struct ipv6_walk {
    struct hp_bytes left;       /* what was not walked yet */
    uint16_t at;                /* where `left` is, from the start of the IPv6 header */
    uint16_t next_at;           /* where the next header field with value `next` is: what a parameter problem points to */
    uint8_t next;
    uint8_t count;
    enum ipv6_walk_state state;
};

/* `in` starts at the IPv6 header; h came from ipv6_parse() or ipv6_parse_quoted(). */
struct ipv6_walk ipv6_walk_start(struct hp_bytes in, const struct ipv6_hdr *h);
/* The next extension header; false at the end of the chain, and w->state says which. */
bool ipv6_walk_next(struct ipv6_walk *w, struct ipv6_ext *e);
/* All of them in one go: how the walk ended. */
enum ipv6_walk_state ipv6_walk_all(struct ipv6_walk *w);

static inline bool ipv6_is_ext(uint8_t next)
{
    return next == IP_PROTO_HOPOPTS || next == IP_PROTO_ROUTING || next == IP_PROTO_FRAGMENT ||
           next == IP_PROTO_DSTOPTS || next == IP_PROTO_AH;
}

/* Options of hop-by-hop and destination options headers (RFC 8200 4.2). */
enum ipv6_opt_type {
    IPV6_OPT_PAD1   = 0,
    IPV6_OPT_PADN   = 1,
    IPV6_OPT_RA     = 5,        /* router alert, RFC 2711 */
    IPV6_OPT_JUMBO  = 0xc2,
    IPV6_OPT_HOME   = 0xc9,
};
/* The two high bits: what whoever does not know the option does. */
enum ipv6_opt_unknown { IPV6_UNKNOWN_SKIP = 0, IPV6_UNKNOWN_DROP = 1, IPV6_UNKNOWN_TELL = 2, IPV6_UNKNOWN_TELL_UNICAST = 3 };
static inline enum ipv6_opt_unknown ipv6_opt_unknown(uint8_t type) { return (enum ipv6_opt_unknown)(type >> 6); }

struct ipv6_opt {
    uint8_t type;
    uint16_t at;                /* offset from the start of the IPv6 header */
    struct hp_bytes data;
};

struct ipv6_opts {
    struct hp_bytes left;
    uint16_t at;
    bool bad;                   /* stopped at an option longer than its header */
};

struct ipv6_opts ipv6_opts_start(const struct ipv6_ext *e);
/* The next option that is not padding; false at the end, or with o->bad. */
bool ipv6_opts_next(struct ipv6_opts *o, struct ipv6_opt *opt);

/* RFC 8200 4.5. */
struct ipv6_frag {
    uint8_t next;
    bool mf;
    uint16_t off;               /* in bytes, a multiple of 8 */
    uint32_t id;
};
bool ipv6_frag_parse(struct hp_bytes ext, struct ipv6_frag *f);
size_t ipv6_frag_write(uint8_t *out, size_t n, const struct ipv6_frag *f);

/* RFC 8200 4.4.  Type 0 is dead (RFC 5095): whoever gets it with `left` > 0 refuses. */
struct ipv6_routing {
    uint8_t next, type, left;
    struct hp_bytes data;       /* after the four fixed bytes */
};
bool ipv6_routing_parse(struct hp_bytes ext, struct ipv6_routing *r);

/* What an ICMPv6 error quotes.  False if not even the IPv6 header is whole. */
bool ipv6_quote_parse(struct hp_bytes in, struct ip_quote *q);

#endif
