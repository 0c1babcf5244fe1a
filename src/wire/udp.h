/* UDP (RFC 768). */
#ifndef WIRE_UDP_H
#define WIRE_UDP_H

#include "core/bytes.h"

enum { UDP_HEADER = 8 };

/* RFC 768, "Format". */
struct udp_hdr {
    uint16_t from, to;
    uint16_t len;               /* header included; what follows it in the IP payload is not UDP's */
    uint16_t sum;               /* 0 = none (not allowed over IPv6: RFC 8200 8.1) */
};

/* True: h->len is at least 8 and not more than what came, and there is a destination port. */
static inline bool udp_parse(struct hp_bytes in, struct udp_hdr *h)
{
    if (in.n < UDP_HEADER) return false;
    *h = (struct udp_hdr){get16(in.p), get16(in.p + 2), get16(in.p + 4), get16(in.p + 6)};
    return h->len >= UDP_HEADER && h->len <= in.n && h->to != 0;
}

static inline struct hp_bytes udp_payload(struct hp_bytes in, const struct udp_hdr *h)
{
    return bytes_from(bytes_upto(in, h->len), UDP_HEADER);
}

/* 8, or 0 if n is smaller.  All fields as they are in h. */
size_t udp_write(uint8_t *out, size_t n, const struct udp_hdr *h);
/* True if the sender left the checksum out, or it fits; `pseudo` is sum_pseudo(src, dst, 17, h->len). */
bool udp_sum_ok(struct hp_bytes in, const struct udp_hdr *h, uint32_t pseudo);

#endif
