/* Offload to and from the kernel: struct virtio_net_hdr of TUN/TAP and AF_PACKET.
 *
 * Out: the stack leaves checksums, and the cutting of large TCP segments, to the kernel, which may never need to do either.  In: frames of
 * this machine's own kernel carry only the pseudo header's sum; it is completed here, so that captures and forwarding see a whole frame. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>

#include "core/bytes.h"
#include "os/vnet.h"

enum { VNET_GSO_MAX = 65535, TCP_FLAGS_AT = 13, TCP_CWR = 0x80 };

void vnet_set_wire(struct hp_wire *w, const struct wire_url *u)
{
    const char *offload = wire_option(u, "offload");
    if (offload && strcmp(offload, "off") == 0) return;
    w->flags |= HP_WIRE_SUM_TX | HP_WIRE_SUM_RX | HP_WIRE_GSO;
    w->gso_max = VNET_GSO_MAX - 255;    /* with all headers it still fits IP's 16-bit length */
}

uint16_t vnet_every_protocol(void) { return htons(ETH_P_ALL); }

/* Which IP version the frame carries. */
static bool vnet_is6(const struct hp_pkt *p, bool bare)
{
    uint8_t b[20] = {0};
    hp_pkt_copy_out(p, 0, b, sizeof b);
    if (bare) return b[0] >> 4 == 6;
    size_t at = get16(b + 12) == ETH_P_8021Q ? 16 : 12;
    return get16(b + at) == ETH_P_IPV6;
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
    if (o.gso_size && hp_pkt_len(p) > (size_t)o.header_len + o.gso_size) {
        uint8_t flags = 0;
        hp_pkt_copy_out(p, (size_t)o.sum_start + TCP_FLAGS_AT, &flags, 1);
        h->gso_type = vnet_is6(p, bare) ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
        if (flags & TCP_CWR) h->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
        h->gso_size = o.gso_size;
        h->hdr_len = o.header_len;
    }
    int parts = hp_pkt_parts(p, part);
    v[0] = (struct iovec){h, sizeof *h};
    for (int i = 0; i < parts; i++) v[i + 1] = (struct iovec){(void *)(uintptr_t)part[i].p, part[i].n};
    return parts + 1;
}

/* Completes a checksum over all n bytes; the field holds the pseudo header's sum. */
static void vnet_fill_sum(uint8_t *p, size_t n, size_t field)
{
    uint64_t sum = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) sum += get32(p + i);
    for (; i < n; i++) sum += (uint64_t)p[i] << (i % 2 ? 0 : 8);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    uint16_t value = (uint16_t)~sum;
    put16(p + field, value ? value : 0xffff);
}

bool vnet_take(const struct virtio_net_hdr *h, struct hp_pkt *p)
{
    struct hp_bytes part[2];
    if (h->flags & VIRTIO_NET_HDR_F_DATA_VALID) hp_pkt_mark_sum_good(p);
    if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) return true;
    hp_pkt_parts(p, part);
    if ((size_t)h->csum_start + h->csum_offset + 2 > part[0].n) return false;
    uint8_t *from = (uint8_t *)(uintptr_t)part[0].p + h->csum_start;    /* our own copy */
    vnet_fill_sum(from, part[0].n - h->csum_start, h->csum_offset);
    hp_pkt_mark_sum_good(p);
    return true;
}
