/* Offload to and from the kernel: struct virtio_net_hdr of TUN/TAP and AF_PACKET.
 *
 * Out: the stack leaves checksums, and the cutting of large TCP segments, to the kernel, which may never need to do either.  In: frames of
 * this machine's own kernel carry only the pseudo header's sum; it is completed here, so that captures and forwarding see a whole frame.
 * A large segment that the kernel left whole goes up whole, or, with offload=off, is cut here into what a real wire would have carried
 * (as RFC 9293 3.7 would have sent them: FIN and PSH on the last, CWR on the first). */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "os/vnet.h"
#include "wire/sum.h"

enum {
    VNET_GSO_MAX = 65535, VNET_HEADERS_MAX = 18 + 60 + 60,
    VNET_TCP_SEQ = 4, VNET_TCP_OFFSET = 12, VNET_TCP_FLAGS = 13, VNET_TCP_SUM = 16, VNET_TCP_MIN = 20,
    VNET_FIN_PSH = 0x09, VNET_CWR = 0x80, VNET_TCP = 6,
};

void vnet_set_wire(struct hp_wire *w, const struct wire_url *u)
{
    const char *offload = wire_option(u, "offload");
    if (offload && strcmp(offload, "off") == 0) return;
    w->flags |= HP_WIRE_SUM_TX | HP_WIRE_SUM_RX | HP_WIRE_GSO;
    w->gso_max = VNET_GSO_MAX - 255;    /* with all headers it still fits IP's 16-bit length */
}

uint16_t vnet_every_protocol(void) { return htons(ETH_P_ALL); }

/* Where the IP header begins. */
static size_t vnet_ip_at(const uint8_t *frame, bool bare)
{
    if (bare) return 0;
    return get16(frame + 12) == ETH_P_8021Q ? 18 : 14;
}

/* ---- out ---- */

static bool vnet_is6(const struct hp_pkt *p, bool bare)
{
    uint8_t b[20] = {0};
    hp_pkt_copy_out(p, 0, b, sizeof b);
    return b[vnet_ip_at(b, bare)] >> 4 == 6;
}

int vnet_parts(struct virtio_net_hdr *h, const struct hp_pkt *p, bool bare, struct iovec v[3])
{
    struct hp_pkt_offload o;
    struct hp_bytes part[2];
    hp_pkt_offload(p, &o);
    memset(h, 0, sizeof *h);
    if (o.sum_needed) {
        h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        h->csum_start = o.sum_start;
        h->csum_offset = o.sum_offset;
    }
    if (o.sum_needed && o.gso_size && hp_pkt_len(p) > (size_t)o.header_len + o.gso_size) {
        uint8_t flags = 0;
        hp_pkt_copy_out(p, (size_t)o.sum_start + VNET_TCP_FLAGS, &flags, 1);
        h->gso_type = vnet_is6(p, bare) ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
        if (flags & VNET_CWR) h->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        h->gso_size = o.gso_size;
        h->hdr_len = o.header_len;
    }
    int parts = hp_pkt_parts(p, part);
    v[0] = (struct iovec){h, sizeof *h};
    for (int i = 0; i < parts; i++) v[i + 1] = (struct iovec){(void *)(uintptr_t)part[i].p, part[i].n};
    return parts + 1;
}

/* ---- in ---- */

/* A large segment that is being cut. */
struct vnet_cut {
    const uint8_t *frame;
    size_t n, ip_at, tcp_at, headers;   /* of the frame; offsets */
    uint16_t size;                      /* payload of each segment */
};

static bool vnet_cut_begin(struct vnet_cut *c, const struct virtio_net_hdr *h, struct hp_bytes frame, bool bare)
{
    if (frame.n < 40 || h->gso_size == 0) return false;
    *c = (struct vnet_cut){.frame = frame.p, .n = frame.n, .ip_at = vnet_ip_at(frame.p, bare), .size = h->gso_size};
    uint8_t first = frame.p[c->ip_at];
    size_t ip_n = first >> 4 == 6 ? 40 : (size_t)(first & 15) * 4;
    c->tcp_at = h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM ? h->csum_start : c->ip_at + ip_n;
    if (ip_n < 20 || c->tcp_at < c->ip_at + ip_n || c->tcp_at + VNET_TCP_MIN > c->n) return false;
    c->headers = c->tcp_at + (size_t)(c->frame[c->tcp_at + VNET_TCP_OFFSET] >> 4) * 4;
    return c->headers >= c->tcp_at + VNET_TCP_MIN && c->headers < c->n && c->headers <= VNET_HEADERS_MAX;
}

static void vnet_fix4(const struct vnet_cut *c, uint8_t *ip, size_t n, unsigned number)
{
    put16(ip + 2, (unsigned)n);
    put16(ip + 4, (get16(ip + 4) + number) & 0xffff);
    put16(ip + 10, 0);
    put16(ip + 10, sum_fold(sum_add(0, ip, c->tcp_at - c->ip_at)));
}

static uint32_t vnet_pseudo(const uint8_t *ip, size_t n)
{
    bool v6 = ip[0] >> 4 == 6;
    return sum_add((uint32_t)n + VNET_TCP, ip + (v6 ? 8 : 12), v6 ? 32 : 8);
}

/* The headers of segment `number`, whose payload begins at `at` of the whole one's. */
static void vnet_fix(const struct vnet_cut *c, uint8_t *out, size_t n, size_t at, unsigned number, bool last)
{
    uint8_t *ip = out + c->ip_at, *tcp = out + c->tcp_at;
    size_t tcp_n = n - c->tcp_at;
    if (ip[0] >> 4 == 6) put16(ip + 4, (unsigned)(n - c->ip_at - 40));
    else vnet_fix4(c, ip, n - c->ip_at, number);
    put32(tcp + VNET_TCP_SEQ, get32(tcp + VNET_TCP_SEQ) + (uint32_t)at);
    if (!last) tcp[VNET_TCP_FLAGS] &= (uint8_t)~VNET_FIN_PSH;
    if (number) tcp[VNET_TCP_FLAGS] &= (uint8_t)~VNET_CWR;
    put16(tcp + VNET_TCP_SUM, 0);
    put16(tcp + VNET_TCP_SUM, sum_fold(sum_add(vnet_pseudo(ip, tcp_n), tcp, tcp_n)));
}

static void vnet_cut(struct hp_wire *w, const struct vnet_cut *c)
{
    size_t payload = c->n - c->headers;
    unsigned number = 0;
    for (size_t at = 0; at < payload; at += c->size, number++) {
        size_t part = payload - at < c->size ? payload - at : c->size;
        uint8_t *out = NULL;
        struct hp_pkt *p = hp_pkt_room(w->stack, c->headers + part, &out);
        if (!p) {
            hp_wire_drop(w, NULL, HP_DROP_NO_MEMORY);
            continue;
        }
        memcpy(out, c->frame, c->headers);
        memcpy(out + c->headers, c->frame + c->headers + at, part);
        vnet_fix(c, out, c->headers + part, at, number, at + part == payload);
        hp_pkt_mark_sum_good(p);
        hp_wire_rx(w, p);
    }
}

static bool vnet_is_tcp(const struct virtio_net_hdr *h)
{
    unsigned type = h->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;
    return type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6;
}

void vnet_rx(struct hp_wire *w, const struct virtio_net_hdr *h, struct hp_pkt *p)
{
    struct hp_bytes part[2];
    struct vnet_cut cut;
    hp_pkt_parts(p, part);
    bool cutting = vnet_is_tcp(h) && !(w->flags & HP_WIRE_GSO);
    if (cutting) {
        if (vnet_cut_begin(&cut, h, part[0], w->flags & HP_WIRE_IP)) vnet_cut(w, &cut);
        else hp_wire_drop(w, NULL, HP_DROP_BAD_LENGTH);
        hp_pkt_free(p);
        return;
    }
    if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
        if ((size_t)h->csum_start + h->csum_offset + 2 > part[0].n) {
            hp_wire_drop(w, p, HP_DROP_BAD_LENGTH);
            return;
        }
        uint8_t *from = (uint8_t *)(uintptr_t)part[0].p + h->csum_start;    /* our own copy */
        sum_complete(from, part[0].n - h->csum_start, h->csum_offset);
    }
    if (h->flags & (VIRTIO_NET_HDR_F_NEEDS_CSUM | VIRTIO_NET_HDR_F_DATA_VALID)) hp_pkt_mark_sum_good(p);
    if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE) hp_pkt_mark_gso(p, h->gso_size);
    hp_wire_rx(w, p);
}
