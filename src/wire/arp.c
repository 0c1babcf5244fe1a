/* ARP for IPv4 over Ethernet <-> struct arp_hdr.  RFC 826; other hardware and protocols are refused, so that the
 * lengths in the packet never decide where its fields are. */
#include "wire/arp.h"

#include "wire/ether.h"

bool arp_parse(struct hp_bytes in, struct arp_hdr *h)
{
    if (in.n < ARP_SIZE) return false;
    const uint8_t *p = in.p;
    if (get16(p) != ARP_HARDWARE_ETHERNET || get16(p + 2) != ETHER_IPV4 || p[4] != 6 || p[5] != 4) return false;
    h->op = get16(p + 6);
    h->sender_mac = mac_get(p + 8);
    h->sender = ip4_get(p + 14);
    h->target_mac = mac_get(p + 18);
    h->target = ip4_get(p + 24);
    return true;
}

size_t arp_write(uint8_t *out, size_t n, const struct arp_hdr *h)
{
    if (n < ARP_SIZE) return 0;
    put16(out, ARP_HARDWARE_ETHERNET);
    put16(out + 2, ETHER_IPV4);
    out[4] = 6;
    out[5] = 4;
    put16(out + 6, h->op);
    mac_put(out + 8, &h->sender_mac);
    ip4_put(out + 14, &h->sender);
    mac_put(out + 18, &h->target_mac);
    ip4_put(out + 24, &h->target);
    return ARP_SIZE;
}
