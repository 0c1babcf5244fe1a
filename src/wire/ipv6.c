/* IPv6 headers <-> struct ipv6_hdr, and a walk over extension headers.  RFC 8200 3, 4.
 *
 * The walk's work is bounded by IPV6_EXT_COUNT_MAX headers and IPV6_EXT_BYTES_MAX bytes; lengths are computed in
 * size_t from an 8-bit count of 8 octets, so nothing wraps. */
#include "wire/ipv6.h"

static inline enum ipv6_result ipv6_take(struct hp_bytes in, struct ipv6_hdr *h, bool quoted)
{
    if (in.n < IPV6_HEADER) return IPV6_SHORT;
    const uint8_t *p = in.p;
    uint32_t first = get32(p);
    if (first >> 28 != 6) return IPV6_VERSION;
    h->tclass = (uint8_t)(first >> 20);
    h->flow = first & 0xfffff;
    h->len = get16(p + 4);
    h->next = p[6];
    h->hops = p[7];
    h->src = ip6_get(p + 8);
    h->dst = ip6_get(p + 24);
    if (quoted) return IPV6_OK;
    if (h->len > in.n - IPV6_HEADER) return IPV6_LENGTH;
    return h->len == 0 && h->next != IP_PROTO_NONE ? IPV6_EMPTY : IPV6_OK;
}

enum ipv6_result ipv6_parse(struct hp_bytes in, struct ipv6_hdr *h) { return ipv6_take(in, h, false); }
enum ipv6_result ipv6_parse_quoted(struct hp_bytes in, struct ipv6_hdr *h) { return ipv6_take(in, h, true); }

size_t ipv6_write(uint8_t *out, size_t n, const struct ipv6_hdr *h)
{
    if (n < IPV6_HEADER) return 0;
    put32(out, 6u << 28 | (uint32_t)h->tclass << 20 | (h->flow & 0xfffff));
    put16(out + 4, h->len);
    out[6] = h->next;
    out[7] = h->hops;
    ip6_put(out + 8, &h->src);
    ip6_put(out + 24, &h->dst);
    return IPV6_HEADER;
}

struct ipv6_walk ipv6_walk_start(struct hp_bytes in, const struct ipv6_hdr *h)
{
    return (struct ipv6_walk){ipv6_payload(in, h), IPV6_HEADER, 6, h->next, 0, IPV6_WALK_ON};
}

/* Length of the extension header at the start of `left`; 0 if it is not whole. */
static size_t ipv6_ext_length(uint8_t type, struct hp_bytes left)
{
    if (left.n < 8) return 0;
    size_t n = 8;
    if (type == IP_PROTO_AH) n = (left.p[1] + (size_t)2) * 4;           /* RFC 4302 2.2 */
    else if (type != IP_PROTO_FRAGMENT) n = (left.p[1] + (size_t)1) * 8;
    return n >= 8 && n <= left.n ? n : 0;
}

bool ipv6_walk_next(struct ipv6_walk *w, struct ipv6_ext *e)
{
    if (w->state != IPV6_WALK_ON) return false;
    if (!ipv6_is_ext(w->next)) {
        w->state = IPV6_WALK_UPPER;
        return false;
    }
    size_t n = ipv6_ext_length(w->next, w->left);
    if (w->next == IP_PROTO_HOPOPTS && w->count > 0) w->state = IPV6_WALK_ORDER;
    else if (n == 0) w->state = IPV6_WALK_SHORT;
    else if (w->count == IPV6_EXT_COUNT_MAX || w->at - IPV6_HEADER + n > IPV6_EXT_BYTES_MAX) w->state = IPV6_WALK_LIMIT;
    if (w->state != IPV6_WALK_ON) return false;
    *e = (struct ipv6_ext){w->next, w->at, bytes_upto(w->left, n)};
    if (w->next == IP_PROTO_FRAGMENT && get16(w->left.p + 2) >> 3) w->state = IPV6_WALK_LATER_FRAGMENT;
    w->next = w->left.p[0];
    w->next_at = w->at;
    w->at = (uint16_t)(w->at + n);
    w->left = bytes_from(w->left, n);
    w->count++;
    return true;
}

enum ipv6_walk_state ipv6_walk_all(struct ipv6_walk *w)
{
    struct ipv6_ext e;
    while (ipv6_walk_next(w, &e)) continue;
    return w->state;
}

struct ipv6_opts ipv6_opts_start(const struct ipv6_ext *e)
{
    return (struct ipv6_opts){bytes_from(e->all, 2), (uint16_t)(e->at + 2), false};
}

bool ipv6_opts_next(struct ipv6_opts *o, struct ipv6_opt *opt)
{
    while (!o->bad && o->left.n > 0) {
        const uint8_t *p = o->left.p;
        size_t n = p[0] == IPV6_OPT_PAD1 ? 1 : o->left.n < 2 ? SIZE_MAX : p[1] + (size_t)2;
        if (n > o->left.n) {
            o->bad = true;
            return false;
        }
        if (p[0] != IPV6_OPT_PAD1) *opt = (struct ipv6_opt){p[0], o->at, {p + 2, n - 2}};
        o->left = bytes_from(o->left, n);
        o->at = (uint16_t)(o->at + n);
        if (p[0] != IPV6_OPT_PAD1 && p[0] != IPV6_OPT_PADN) return true;
    }
    return false;
}

bool ipv6_frag_parse(struct hp_bytes ext, struct ipv6_frag *f)
{
    if (ext.n < IPV6_FRAGMENT_HEADER) return false;
    uint16_t off = get16(ext.p + 2);
    *f = (struct ipv6_frag){ext.p[0], off & 1, (uint16_t)(off & 0xfff8), get32(ext.p + 4)};
    return true;
}

size_t ipv6_frag_write(uint8_t *out, size_t n, const struct ipv6_frag *f)
{
    if (n < IPV6_FRAGMENT_HEADER) return 0;
    assert(f->off % 8 == 0);
    out[0] = f->next;
    out[1] = 0;
    put16(out + 2, f->off | f->mf);
    put32(out + 4, f->id);
    return IPV6_FRAGMENT_HEADER;
}

bool ipv6_routing_parse(struct hp_bytes ext, struct ipv6_routing *r)
{
    if (ext.n < 8 || ext.n != (ext.p[1] + (size_t)1) * 8) return false;
    *r = (struct ipv6_routing){ext.p[0], ext.p[2], ext.p[3], bytes_from(ext, 4)};
    return true;
}

bool ipv6_quote_parse(struct hp_bytes in, struct ip_quote *q)
{
    struct ipv6_hdr h;
    if (ipv6_parse_quoted(in, &h) != IPV6_OK) return false;
    struct ipv6_walk w = ipv6_walk_start(in, &h);
    enum ipv6_walk_state end = ipv6_walk_all(&w);
    *q = (struct ip_quote){.src = h.src, .dst = h.dst, .proto = w.next};
    if (end != IPV6_WALK_UPPER) return true;
    q->transport = w.left;
    ip_quote_ports(q);
    return true;
}
