/* ICMP messages <-> struct icmp4_hdr.  RFC 792, RFC 1191 4, RFC 4884 4. */
#include "wire/icmp4.h"

#include "wire/sum.h"

static bool icmp4_has_id(uint8_t type)
{
    return type == ICMP4_ECHO || type == ICMP4_ECHO_REPLY || type == ICMP4_TIMESTAMP || type == ICMP4_TIMESTAMP_REPLY ||
           type == ICMP4_MASK || type == ICMP4_MASK_REPLY;
}

static bool icmp4_has_extensions(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAM_PROBLEM;
}

bool icmp4_parse(struct hp_bytes in, struct icmp4_hdr *h)
{
    if (in.n < ICMP4_HEADER) return false;
    *h = (struct icmp4_hdr){.type = in.p[0], .code = in.p[1], .sum = get16(in.p + 2), .body = bytes_from(in, ICMP4_HEADER)};
    if (icmp4_has_id(h->type)) {
        h->id = get16(in.p + 4);
        h->seq = get16(in.p + 6);
    }
    if (h->type == ICMP4_UNREACHABLE && h->code == ICMP4_UNREACH_FRAG) h->mtu = get16(in.p + 6);
    if (h->type == ICMP4_PARAM_PROBLEM) h->pointer = in.p[4];
    if (h->type == ICMP4_REDIRECT) h->gateway = ip4_get(in.p + 4);
    if (icmp4_has_extensions(h->type) && in.p[5]) {
        h->quoted = in.p[5];
        h->body = bytes_upto(h->body, h->quoted * (size_t)4);
    }
    return true;
}

size_t icmp4_write(uint8_t *out, size_t n, const struct icmp4_hdr *h)
{
    if (n < ICMP4_HEADER) return 0;
    out[0] = h->type;
    out[1] = h->code;
    put16(out + 2, h->sum);
    put32(out + 4, 0);
    if (icmp4_has_id(h->type)) {
        put16(out + 4, h->id);
        put16(out + 6, h->seq);
    }
    if (h->type == ICMP4_UNREACHABLE && h->code == ICMP4_UNREACH_FRAG) put16(out + 6, h->mtu);
    if (h->type == ICMP4_PARAM_PROBLEM) out[4] = h->pointer;
    if (h->type == ICMP4_REDIRECT) ip4_put(out + 4, &h->gateway);
    if (icmp4_has_extensions(h->type)) out[5] = h->quoted;
    return ICMP4_HEADER;
}

size_t icmp4_write_all(uint8_t *out, size_t n, const struct icmp4_hdr *h)
{
    if (n < ICMP4_HEADER || n - ICMP4_HEADER < h->body.n) return 0;
    icmp4_write(out, n, h);
    if (h->body.n) memcpy(out + ICMP4_HEADER, h->body.p, h->body.n);
    put16(out + 2, 0);
    put16(out + 2, sum_fold(sum_add(0, out, ICMP4_HEADER + h->body.n)));
    return ICMP4_HEADER + h->body.n;
}
