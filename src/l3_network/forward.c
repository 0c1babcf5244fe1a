/* Sending on what is for somebody else: RFC 1812 5.2, RFC 8200.
 *
 * A router changes the hop limit (IPv4: and its checksum, RFC 1624) and nothing else; if others see the bytes too, only the header
 * is copied and the rest is borrowed.  A packet that goes back where it came from is sent on, and its sender told of the better way. */
#include "l3_network/net.h"
#include "wire/ipv4.h"
#include "wire/sum.h"

/* RFC 1812 5.3.4, 4.2.3.1, RFC 3927 7, RFC 4291 2.5.2, 2.5.6: what is no martian on its wire but never crosses a router. */
static bool forward_forbidden(const struct hp_pkt *p, bool v4)
{
    if (p->flags & (PKT_BROADCAST | PKT_MULTICAST)) return true;
    if (v4) return get16(p->src.b + 12) == 0xa9fe || get16(p->dst.b + 12) == 0xa9fe || !p->src.b[12] || p->dst.b[12] >= 224;
    return hp_ip_is_linklocal(&p->src) || hp_ip_is_linklocal(&p->dst) || hp_ip_is_multicast(&p->dst) || hp_ip_is_any(&p->src) ||
           hp_ip_is_loopback(&p->src) || hp_ip_is_loopback(&p->dst);
}

/* What is copied behind the IP header, so that whoever gets it finds the transport's header in one piece. */
enum { FORWARD_COPY = 128 };

/* A packet of its own header and a slice of p's bytes, in p's place; p itself if that cannot be, NULL without memory. */
static struct hp_pkt *forward_split(struct hp_stack *s, struct hp_pkt *p, size_t header)
{
    size_t linear = (size_t)(p->tail - p->data), n = header + FORWARD_COPY < linear ? header + FORWARD_COPY : linear;
    if (p->more.buf || p->flags & PKT_SUM_TX) {
        if (pkt_own(s, p, 0, false)) return p;
        return NULL;
    }
    struct hp_pkt *q = pkt_alloc_mem(s->mem, n); /* it has its number: whether it is copied is nobody's business */
    if (!q) return NULL;
    memcpy(pkt_put(q, n), p->data, n);
    if (linear > n) q->more = (struct hp_slice){buf_ref(p->buf), p->data + n, (uint32_t)(linear - n)};
    q->id = p->id;
    q->link = p->link;
    q->time = p->time;
    q->flags = p->flags;
    q->gso_size = p->gso_size;
    q->proto = p->proto;
    q->ttl = p->ttl;
    q->tos = p->tos;
    q->src = p->src;
    q->dst = p->dst;
    q->l3 = pkt_offset(q);
    hp_drop(s, p, HP_DROP_TAKEN);
    return q;
}

static size_t forward_header(const struct hp_pkt *p, bool v4) { return v4 ? (p->data[0] & 15) * 4u : 40u; }

/* The header may be written to; NULL: p is gone. */
static struct hp_pkt *forward_own(struct hp_stack *s, struct hp_pkt *p, bool v4)
{
    if (!pkt_shared(p) && !p->buf->release && pkt_headroom(p) >= 16) return p;
    struct hp_pkt *q = forward_split(s, p, forward_header(p, v4));
    if (!q) hp_drop(s, p, HP_DROP_NO_MEMORY);
    return q;
}

static void forward_count_down(uint8_t *h, bool v4)
{
    if (!v4) {
        h[7]--;
        return;
    }
    uint16_t old = get16(h + 8);
    h[8]--;
    put16(h + 10, sum_update16(get16(h + 10), old, get16(h + 8)));
}

/* Larger than the next link: cut it, or say so.  A packet that was put together by the wire (gso_size) is judged by its parts. */
static bool forward_fits(const struct hp_pkt *p, const struct hp_link *l, bool v4)
{
    size_t n = pkt_len(p);
    if (!p->gso_size) return n <= l->mtu;
    return l->wire->flags & HP_WIRE_GSO && n <= l->wire->gso_max && p->gso_size + forward_header(p, v4) + 60 <= l->mtu;
}

static void forward_refuse(struct hp_stack *s, struct hp_pkt *p, enum net_error what, uint32_t value, enum hp_drop why)
{
    net_error(s, p, what, value);
    hp_drop(s, p, why);
}

static void forward_redirect(struct hp_stack *s, const struct hp_pkt *p, struct hp_link *l, const struct route *r, bool v4)
{
    const struct network *n = network(s);
    const struct hp_ip *next = route_next(r, &p->dst);
    if (!n->redirects || !n->family[!v4]->redirect || hp_ip_equal(next, &p->src)) return;
    n->family[!v4]->redirect(s, p, l, next);
}

void net_forward(struct hp_stack *s, struct hp_pkt *p, const struct route *r)
{
    struct network *n = network(s);
    bool v4 = net_is4(&p->dst);
    if (forward_forbidden(p, v4)) {
        hp_drop(s, p, HP_DROP_MARTIAN);
        return;
    }
    if (p->ttl <= 1) {
        forward_refuse(s, p, NET_ERROR_TTL, 0, HP_DROP_TTL);
        return;
    }
    struct hp_link *l = s->link[r->link];
    bool fits = forward_fits(p, l, v4);
    if (!fits && (!v4 || p->flags & PKT_DF)) {
        forward_refuse(s, p, NET_ERROR_TOO_BIG, l->mtu, HP_DROP_TOO_BIG);
        return;
    }
    if (p->link == l) forward_redirect(s, p, l, r, v4);
    p = forward_own(s, p, v4);
    if (!p) return;
    forward_count_down(p->data, v4);
    p->flags = (uint16_t)((p->flags & PKT_SUM_TX) | PKT_FORWARDED);
    n->forwarded++;
    trace_down(s, 3, v4 ? "ipv4" : "ipv6", p);
    struct hp_ip next = *route_next(r, &p->dst);
    if (fits) link_tx(s, l, v4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6, &next, p);
    else net_fragment(s, p, l, &next, l->mtu, 0);
}
