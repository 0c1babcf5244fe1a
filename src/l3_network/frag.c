/* Cutting packets into fragments: RFC 791 3.2 (IPv4, by senders and routers), RFC 8200 4.5 (IPv6, by senders).
 *
 * A fragment is a header of its own and a slice of the payload where it is: nothing is copied, except the one piece that would
 * need two slices. */
#include "l3_network/net.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/sum.h"

struct cut {
    struct hp_link *link;
    const struct hp_ip *next;
    struct hp_pkt *whole;       /* data at the IP header */
    size_t header, payload;     /* bytes of it */
    size_t part;                /* bytes of payload per fragment, a multiple of 8 */
    uint32_t id6;
    uint16_t ethertype, base;   /* IPv4: offset and MF of what is cut (it may be a fragment itself) */
    bool mf;
};

/* n bytes of the payload from `at`, as a slice of the whole's storage; false: they lie in two places. */
static bool cut_slice(const struct cut *c, size_t at, size_t n, struct hp_slice *out)
{
    const struct hp_pkt *p = c->whole;
    size_t from = c->header + at, linear = (size_t)(p->tail - p->data);
    if (from + n <= linear) *out = (struct hp_slice){p->buf, p->data + from, (uint32_t)n};
    else if (from >= linear) *out = (struct hp_slice){p->more.buf, p->more.p + (from - linear), (uint32_t)n};
    else return false;
    return true;
}

static struct hp_pkt *cut_payload(struct hp_stack *s, const struct cut *c, size_t at, size_t n)
{
    struct hp_slice slice = {0};
    bool borrowed = cut_slice(c, at, n, &slice);
    struct hp_pkt *p = pkt_alloc(s, borrowed ? 0 : n);
    if (!p) return NULL;
    if (borrowed) {
        buf_ref(slice.buf);
        p->more = slice;
    } else {
        hp_pkt_copy_out(c->whole, c->header + at, pkt_put(p, n), n);
    }
    p->proto = c->whole->proto;
    p->ttl = c->whole->ttl;
    p->tos = c->whole->tos;
    p->src = c->whole->src;
    p->dst = c->whole->dst;
    p->flags = c->whole->flags & PKT_FORWARDED;
    return p;
}

/* RFC 791 3.1: options without the copied bit go into the first fragment only; the rest are kept in order. */
static size_t cut_header4(const struct cut *c, uint8_t out[IPV4_HEADER_MAX], bool first)
{
    const uint8_t *h = c->whole->data;
    memcpy(out, h, c->header);
    if (first || c->header == IPV4_HEADER) return c->header;
    struct ipv4_hdr hdr;
    struct hp_bytes in = {h, c->header};
    if (ipv4_parse_quoted(in, &hdr) != IPV4_OK) return IPV4_HEADER;
    struct ipv4_opts o = ipv4_opts_start(in, &hdr);
    struct ipv4_opt opt;
    size_t n = IPV4_HEADER;
    while (ipv4_opts_next(&o, &opt)) {
        if (!(opt.type & IPV4_OPT_COPIED)) continue;
        memcpy(out + n, h + opt.at, opt.data.n + 2);
        n += opt.data.n + 2;
    }
    while (n % 4) out[n++] = IPV4_OPT_END;
    out[0] = (uint8_t)(0x40 | n / 4);
    return n;
}

static void cut_put4(const struct cut *c, struct hp_pkt *p, size_t at, bool last)
{
    uint8_t h[IPV4_HEADER_MAX];
    size_t n = cut_header4(c, h, at == 0);
    put16(h + 2, (unsigned)(n + pkt_len(p)));
    put16(h + 6, (last && !c->mf ? 0u : 0x2000u) | (unsigned)((c->base + at) / 8));
    put16(h + 10, 0);
    put16(h + 10, sum_fold(sum_add(0, h, n)));
    memcpy(pkt_push(p, n), h, n);
}

static void cut_put6(const struct cut *c, struct hp_pkt *p, size_t at, bool last)
{
    uint8_t *h = pkt_push(p, IPV6_HEADER + IPV6_FRAGMENT_HEADER);
    struct ipv6_frag f = {.next = c->whole->data[6], .mf = !last, .off = (uint16_t)at, .id = c->id6};
    memcpy(h, c->whole->data, IPV6_HEADER);
    put16(h + 4, (unsigned)(pkt_len(p) - IPV6_HEADER));
    h[6] = IP_PROTO_FRAGMENT;
    ipv6_frag_write(h + IPV6_HEADER, IPV6_FRAGMENT_HEADER, &f);
}

/* Cuts and sends; false: memory ran out, and nothing more is sent. */
static bool cut_send(struct hp_stack *s, const struct cut *c)
{
    for (size_t at = 0; at < c->payload; at += c->part) {
        bool last = c->payload - at <= c->part;
        struct hp_pkt *p = cut_payload(s, c, at, last ? c->payload - at : c->part);
        if (!p) return false;
        if (c->ethertype == ETHERTYPE_IPV4) cut_put4(c, p, at, last);
        else cut_put6(c, p, at, last);
        p->l3 = pkt_offset(p);
        network(s)->frag_creates++;
        link_tx(s, c->link, c->ethertype, c->next, p);
    }
    return true;
}

void net_fragment(struct hp_stack *s, struct hp_pkt *p, struct hp_link *l, const struct hp_ip *next, uint32_t mtu, uint32_t id6)
{
    struct network *n = network(s);
    bool v4 = p->data[0] >> 4 == 4;
    struct cut c = {.link = l, .next = next, .whole = p, .header = IPV6_HEADER, .id6 = id6, .ethertype = ETHERTYPE_IPV6};
    size_t overhead = IPV6_HEADER + IPV6_FRAGMENT_HEADER;
    if (v4) {
        c.ethertype = ETHERTYPE_IPV4;
        c.header = overhead = (p->data[0] & 15) * 4u;
        c.base = (uint16_t)((get16(p->data + 6) & 0x1fff) * 8);
        c.mf = get16(p->data + 6) & 0x2000;
    }
    c.payload = pkt_len(p) - c.header;
    c.part = mtu > overhead ? (mtu - overhead) & ~(size_t)7 : 0;
    bool ok = c.part && net_sum_finish(s, p) && cut_send(s, &c);
    *(ok ? &n->frag_oks : &n->frag_fails) += 1;
    hp_drop(s, p, ok ? HP_DROP_TAKEN : c.part ? HP_DROP_NO_MEMORY : HP_DROP_TOO_BIG);
}
