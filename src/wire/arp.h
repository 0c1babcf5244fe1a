/* ARP for IPv4 over Ethernet (RFC 826, RFC 5227). */
#ifndef WIRE_ARP_H
#define WIRE_ARP_H

#include "wire/ip.h"

enum { ARP_SIZE = 28, ARP_HARDWARE_ETHERNET = 1 };
enum arp_op { ARP_REQUEST = 1, ARP_REPLY = 2, RARP_REQUEST = 3, RARP_REPLY = 4 };

/* RFC 826, "Packet format", for hardware type 1 and protocol 0x0800 only. */
struct arp_hdr {
    uint16_t op;
    struct hp_mac sender_mac, target_mac;
    struct hp_ip sender, target;
};

/* True: 28 bytes of Ethernet/IPv4 ARP are there.  What follows them is padding. */
bool arp_parse(struct hp_bytes in, struct arp_hdr *h);
/* ARP_SIZE, or 0 if n is smaller. */
size_t arp_write(uint8_t *out, size_t n, const struct arp_hdr *h);

#endif
