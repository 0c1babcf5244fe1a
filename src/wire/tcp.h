/* TCP headers (RFC 9293 3.1) and options. */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "core/bytes.h"

enum { TCP_HEADER = 20, TCP_HEADER_MAX = 60, TCP_OPTIONS_MAX = 40 };

/* RFC 9293 3.1; AE: RFC 9768 (the bit that was NS). */
enum tcp_flag {
    TCP_FIN = 1 << 0,
    TCP_SYN = 1 << 1,
    TCP_RST = 1 << 2,
    TCP_PSH = 1 << 3,
    TCP_ACK = 1 << 4,
    TCP_URG = 1 << 5,
    TCP_ECE = 1 << 6,
    TCP_CWR = 1 << 7,
    TCP_AE  = 1 << 8,
    TCP_FLAGS_ALL = 0xfff,      /* with the three that are still reserved */
};

/* RFC 9293 3.1. */
struct tcp_hdr {
    uint16_t from, to;
    uint32_t seq, ack;
    uint8_t hlen;               /* bytes, options included: 20..60 */
    uint16_t flags;             /* enum tcp_flag, reserved bits too */
    uint16_t win, sum, urg;
};

/* True: the whole header, options included, is there. */
static inline bool tcp_parse(struct hp_bytes in, struct tcp_hdr *h)
{
    if (in.n < TCP_HEADER) return false;
    uint16_t word = get16(in.p + 12);
    h->from = get16(in.p);
    h->to = get16(in.p + 2);
    h->seq = get32(in.p + 4);
    h->ack = get32(in.p + 8);
    h->hlen = (uint8_t)(word >> 12 << 2);
    h->flags = word & TCP_FLAGS_ALL;
    h->win = get16(in.p + 14);
    h->sum = get16(in.p + 16);
    h->urg = get16(in.p + 18);
    return h->hlen >= TCP_HEADER && h->hlen <= in.n;
}

static inline struct hp_bytes tcp_payload(struct hp_bytes in, const struct tcp_hdr *h) { return bytes_from(in, h->hlen); }

static inline struct hp_bytes tcp_options(struct hp_bytes in, const struct tcp_hdr *h)
{
    assert(h->hlen >= TCP_HEADER && h->hlen <= in.n);
    return (struct hp_bytes){in.p + TCP_HEADER, h->hlen - (size_t)TCP_HEADER};
}

/* Writes 20 bytes, all fields as they are in h; options go to out + 20 (then hlen says so).  20, or 0 if n is smaller. */
static inline size_t tcp_write(uint8_t *out, size_t n, const struct tcp_hdr *h)
{
    if (n < TCP_HEADER) return 0;
    assert(h->hlen >= TCP_HEADER && h->hlen <= TCP_HEADER_MAX && h->hlen % 4 == 0);
    put16(out, h->from);
    put16(out + 2, h->to);
    put32(out + 4, h->seq);
    put32(out + 8, h->ack);
    put16(out + 12, (unsigned)h->hlen << 10 | (h->flags & (unsigned)TCP_FLAGS_ALL));
    put16(out + 14, h->win);
    put16(out + 16, h->sum);
    put16(out + 18, h->urg);
    return TCP_HEADER;
}

/* ---- options ---- */
enum tcp_opt_kind {
    TCP_OPT_END          = 0,
    TCP_OPT_NOP          = 1,
    TCP_OPT_MSS          = 2,   /* RFC 9293 3.7.1 */
    TCP_OPT_WSCALE       = 3,   /* RFC 7323 2 */
    TCP_OPT_SACK_OK      = 4,   /* RFC 2018 2 */
    TCP_OPT_SACK         = 5,   /* RFC 2018 3 */
    TCP_OPT_TS           = 8,   /* RFC 7323 3 */
    TCP_OPT_MD5          = 19,  /* RFC 2385 */
    TCP_OPT_USER_TIMEOUT = 28,  /* RFC 5482 */
    TCP_OPT_AO           = 29,  /* RFC 5925 */
    TCP_OPT_FASTOPEN     = 34,  /* RFC 7413 */
    TCP_OPT_ACCECN0      = 172, /* RFC 9768 3.2.3 */
    TCP_OPT_ACCECN1      = 174,
};

/* Presence bits of struct tcp_opts. */
enum tcp_has {
    TCP_HAS_MSS          = 1 << 0,
    TCP_HAS_WSCALE       = 1 << 1,
    TCP_HAS_SACK_OK      = 1 << 2,
    TCP_HAS_SACK         = 1 << 3,
    TCP_HAS_TS           = 1 << 4,
    TCP_HAS_MD5          = 1 << 5,
    TCP_HAS_USER_TIMEOUT = 1 << 6,
    TCP_HAS_AO           = 1 << 7,
    TCP_HAS_FASTOPEN     = 1 << 8,
    TCP_HAS_ACCECN0      = 1 << 9,
    TCP_HAS_ACCECN1      = 1 << 10,
    TCP_HAS_OTHER        = 1 << 11,
};

enum { TCP_SACKS_MAX = 4, TCP_OTHERS_MAX = 4, TCP_WSCALE_MAX = 14 };

struct tcp_sack {
    uint32_t left, right;       /* RFC 2018 3: [left, right) was received */
};

/* Only what `has` names is set; the rest is undefined.  An option that comes twice counts as it came last. */
struct tcp_opts {
    uint16_t has;               /* enum tcp_has */
    uint16_t mss;               /* as the peer said: may be 0 */
    uint32_t ts_val, ts_ecr;
    uint8_t wscale;             /* at most 14 (RFC 7323 2.3) */
    uint8_t sack_count;         /* 1..4 */
    uint8_t accecn_count;       /* 0..3 counters, in the order of the wire; 24 bits each */
    uint8_t other_count;
    struct tcp_sack sack[TCP_SACKS_MAX];
    uint32_t accecn[3];         /* ACCECN0: ee0b, eceb, ee1b; ACCECN1: ee1b, eceb, ee0b */
    uint16_t user_timeout;      /* with the granularity bit on top: seconds, or minutes */
    struct hp_bytes fastopen;   /* the cookie; empty = asks for one */
    struct hp_bytes md5;        /* 16 bytes */
    struct hp_bytes ao;         /* key id, next key id, MAC */
    struct hp_bytes other[TCP_OTHERS_MAX];  /* kinds that we do not know, or known ones of a wrong length: whole */
};

/* The general case of tcp_opts_parse(). */
bool tcp_opts_take(struct hp_bytes options, struct tcp_opts *o);

/* What nearly every segment of a connection carries: NOP NOP TS.  (RFC 7323 appendix A.) */
static inline bool tcp_opts_is_ts(struct hp_bytes options)
{
    return options.n == 12 && get32(options.p) == 0x0101080a;
}

/* False if an option's length cannot be (0, 1, or past the end): then those before it are in o. */
static inline bool tcp_opts_parse(struct hp_bytes options, struct tcp_opts *o)
{
    if (tcp_opts_is_ts(options)) {
        o->has = TCP_HAS_TS;
        o->ts_val = get32(options.p + 4);
        o->ts_ecr = get32(options.p + 8);
        return true;
    }
    if (options.n == 0) {
        o->has = 0;
        return true;
    }
    return tcp_opts_take(options, o);
}

/* Writes them, padded with NOPs to a multiple of 4, in the order that other stacks use.  How many bytes; 0 also if they
 * do not fit (at most 40; SACK blocks beyond the room are left out instead). */
size_t tcp_opts_write(uint8_t *out, size_t n, const struct tcp_opts *o);

static inline void tcp_opts_write_ts(uint8_t *out, uint32_t ts_val, uint32_t ts_ecr)    /* 12 bytes */
{
    put32(out, 0x0101080a);
    put32(out + 4, ts_val);
    put32(out + 8, ts_ecr);
}

/* The options one after the other, NOPs skipped, for those who print them. */
struct tcp_opt {
    uint8_t kind;
    uint8_t at;                 /* offset in the options */
    struct hp_bytes data;       /* after kind and length */
};

struct tcp_opt_walk {
    struct hp_bytes options;
    uint8_t at;
    bool bad;                   /* stopped at a length that cannot be */
};

bool tcp_opt_next(struct tcp_opt_walk *w, struct tcp_opt *opt);

#endif
