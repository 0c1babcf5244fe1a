/* ICMPv6 messages <-> struct icmp6_hdr.  RFC 4443 2.1, 3, 4. */
#include "wire/icmp6.h"

#include "wire/sum.h"

static bool icmp6_is_echo(uint8_t type) { return type == ICMP6_ECHO || type == ICMP6_ECHO_REPLY; }

bool icmp6_parse(struct hp_bytes in, struct icmp6_hdr *h)
{
    if (in.n < ICMP6_HEADER) return false;
    *h = (struct icmp6_hdr){.type = in.p[0], .code = in.p[1], .sum = get16(in.p + 2), .body = bytes_from(in, ICMP6_HEADER)};
    if (icmp6_is_echo(h->type)) {
        h->id = get16(in.p + 4);
        h->seq = get16(in.p + 6);
    }
    if (h->type == ICMP6_TOO_BIG) h->mtu = get32(in.p + 4);
    if (h->type == ICMP6_PARAM_PROBLEM) h->pointer = get32(in.p + 4);
    return true;
}

size_t icmp6_write(uint8_t *out, size_t n, const struct icmp6_hdr *h)
{
    if (n < ICMP6_HEADER) return 0;
    out[0] = h->type;
    out[1] = h->code;
    put16(out + 2, h->sum);
    put32(out + 4, h->type == ICMP6_TOO_BIG ? h->mtu : h->type == ICMP6_PARAM_PROBLEM ? h->pointer : 0);
    if (icmp6_is_echo(h->type)) {
        put16(out + 4, h->id);
        put16(out + 6, h->seq);
    }
    return ICMP6_HEADER;
}

size_t icmp6_write_all(uint8_t *out, size_t n, const struct icmp6_hdr *h, const struct hp_ip *src, const struct hp_ip *dst)
{
    if (n < ICMP6_HEADER || n - ICMP6_HEADER < h->body.n) return 0;
    size_t len = ICMP6_HEADER + h->body.n;
    icmp6_write(out, n, h);
    if (h->body.n) memcpy(out + ICMP6_HEADER, h->body.p, h->body.n);
    put16(out + 2, 0);
    put16(out + 2, sum_fold(sum_add(sum_pseudo(src, dst, IP_PROTO_ICMPV6, (uint32_t)len), out, len)));
    return len;
}
