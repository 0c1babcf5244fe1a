/* What a router can do: a host that forwards. */
#include "core/stack.h"

extern const struct hp_proto ether_proto, neigh_proto, arp_proto;
extern const struct hp_proto net_proto, ipv4_proto, icmp4_proto;
extern const struct hp_proto ipv6_proto, icmp6_proto, nd_proto, mld_proto, slaac_proto, radv_proto, forward_proto;
extern const struct hp_proto udp_proto, tcp_proto, raw_proto, ping_proto;
extern const struct hp_proto proc_proto;

extern const struct hp_proto *const hp_profile_router[];
const struct hp_proto *const hp_profile_router[] = {
    &ether_proto, &neigh_proto, &arp_proto,
    &net_proto, &ipv4_proto, &icmp4_proto,
    &ipv6_proto, &icmp6_proto, &nd_proto, &mld_proto, &slaac_proto, &radv_proto, &forward_proto,
    &udp_proto, &tcp_proto, &raw_proto, &ping_proto,
    &proc_proto,
    NULL,
};
