/* IPv4 headers <-> struct ipv4_hdr, and a walk over options.  RFC 791, RFC 1122 3.2.1.
 * The walk ends: every option takes at least one byte, and one that claims less than two, or more than there are
 * left, ends it as bad. */
#include "wire/ipv4.h"

#include "wire/sum.h"

enum { IPV4_DF = 0x4000, IPV4_MF = 0x2000, IPV4_OFFSET = 0x1fff };

/* n: how much of the packet there is in all. */
static inline enum ipv4_result ipv4_take(struct hp_bytes in, size_t n, struct ipv4_hdr *h)
{
    if (in.n < IPV4_HEADER) return IPV4_SHORT;
    const uint8_t *p = in.p;
    uint8_t hlen = (uint8_t)((p[0] & 15) * 4);
    uint16_t len = get16(p + 2), frag = get16(p + 6);
    if (p[0] >> 4 != 4) return IPV4_VERSION;
    if (hlen < IPV4_HEADER) return IPV4_HLEN;
    if (len < hlen || len > n) return IPV4_TOTLEN;
    if (hlen > in.n) return IPV4_SHORT;
    h->hlen = hlen;
    h->tos = p[1];
    h->len = len;
    h->id = get16(p + 4);
    h->frag_off = (uint16_t)((frag & IPV4_OFFSET) * 8);
    h->df = frag & IPV4_DF;
    h->mf = frag & IPV4_MF;
    h->ttl = p[8];
    h->proto = p[9];
    h->sum = get16(p + 10);
    h->src = ip4_get(p + 12);
    h->dst = ip4_get(p + 16);
    return IPV4_OK;
}

enum ipv4_result ipv4_parse_split(struct hp_bytes in, size_t n, struct ipv4_hdr *h)
{
    enum ipv4_result result = ipv4_take(in, n, h);
    if (result != IPV4_OK) return result;
    bool ok = h->hlen == IPV4_HEADER ? sum_header_ok(in.p) : sum_ok(0, bytes_upto(in, h->hlen));
    return ok ? IPV4_OK : IPV4_CHECKSUM;
}

enum ipv4_result ipv4_parse(struct hp_bytes in, struct ipv4_hdr *h) { return ipv4_parse_split(in, in.n, h); }
enum ipv4_result ipv4_parse_quoted(struct hp_bytes in, struct ipv4_hdr *h) { return ipv4_take(in, SIZE_MAX, h); }

static inline uint32_t ipv4_halves(uint32_t v) { return (v >> 16) + (v & 0xffff); }

/* The fixed part, word by word; its sum, for the checksum, comes from the same words and not from what was written. */
static inline uint32_t ipv4_put(uint8_t *out, const struct ipv4_hdr *h, size_t hlen)
{
    assert(h->frag_off % 8 == 0);
    uint32_t frag = (h->df ? IPV4_DF : 0u) | (h->mf ? IPV4_MF : 0u) | h->frag_off / 8u;
    uint32_t first = (uint32_t)(0x40 | hlen / 4) << 24 | (uint32_t)h->tos << 16 | h->len;
    uint32_t second = (uint32_t)h->id << 16 | frag, third = (uint32_t)h->ttl << 24 | (uint32_t)h->proto << 16;
    put32(out, first);
    put32(out + 4, second);
    put32(out + 8, third);
    ip4_put(out + 12, &h->src);
    ip4_put(out + 16, &h->dst);
    return ipv4_halves(first) + ipv4_halves(second) + ipv4_halves(third) + ipv4_halves(get32(h->src.b + 12)) +
           ipv4_halves(get32(h->dst.b + 12));
}

size_t ipv4_write(uint8_t *out, size_t n, const struct ipv4_hdr *h)
{
    if (n < IPV4_HEADER) return 0;
    put16(out + 10, sum_fold(ipv4_put(out, h, IPV4_HEADER)));
    return IPV4_HEADER;
}

size_t ipv4_write_options(uint8_t *out, size_t n, const struct ipv4_hdr *h, struct hp_bytes options)
{
    size_t hlen = IPV4_HEADER + ((options.n + 3) & ~(size_t)3);
    if (hlen > IPV4_HEADER_MAX || n < hlen) return 0;
    uint32_t sum = ipv4_put(out, h, hlen);
    memset(out + IPV4_HEADER, IPV4_OPT_END, hlen - IPV4_HEADER);
    if (options.n) memcpy(out + IPV4_HEADER, options.p, options.n);
    put16(out + 10, sum_fold(sum_add(sum, out + IPV4_HEADER, hlen - IPV4_HEADER)));
    return hlen;
}

struct ipv4_opts ipv4_opts_start(struct hp_bytes in, const struct ipv4_hdr *h)
{
    assert(h->hlen <= in.n);
    return (struct ipv4_opts){in.p, IPV4_HEADER, h->hlen, false};
}

bool ipv4_opts_next(struct ipv4_opts *o, struct ipv4_opt *opt)
{
    while (o->at < o->end && o->header[o->at] == IPV4_OPT_NOP) o->at++;
    if (o->bad || o->at >= o->end || o->header[o->at] == IPV4_OPT_END) return false;
    const uint8_t *p = o->header + o->at;
    if (o->end - o->at < 2 || p[1] < 2 || p[1] > o->end - o->at) {
        o->bad = true;
        return false;
    }
    *opt = (struct ipv4_opt){p[0], o->at, {p + 2, p[1] - 2u}};
    o->at = (uint8_t)(o->at + p[1]);
    return true;
}

bool ipv4_quote_parse(struct hp_bytes in, struct ip_quote *q)
{
    struct ipv4_hdr h;
    if (ipv4_parse_quoted(in, &h) != IPV4_OK) return false;
    *q = (struct ip_quote){.src = h.src, .dst = h.dst, .proto = h.proto};
    if (h.frag_off) return true;
    q->transport = ipv4_payload(in, &h);
    ip_quote_ports(q);
    return true;
}
