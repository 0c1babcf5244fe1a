/* The face of layer 4, and what its files share: ports and flows.
 *
 * Layer 5 reaches transports by their socket kinds (core/sock.h).  Every lookup is one probe of a keyed map; nothing walks sockets. */
#ifndef L4_TRANSPORT_H
#define L4_TRANSPORT_H

#include "core/stack.h"
#include "l3_network/network.h"

extern const struct hp_proto udp_proto, tcp_proto, raw_proto, ping_proto;

enum { PORT_EPHEMERAL_MIN = 32768, PORT_EPHEMERAL_MAX = 60999 };

/* The ends of a conversation. `link` is nonzero only for sockets bound to a link. */
struct flow {
    struct hp_ip local, peer;
    uint16_t local_port, peer_port;
};

/* ---- ports.c: ephemeral ports (RFC 6056) that nobody outside can foretell ---- */
/* Picks a port p for which port_free(ctx, p) is true, trying each at most once; 0 = used up.
 * With a table_offset (zeroed at first; one per table): algorithm 3 with Linux' noise: unpredictable per peer, and a port comes back
 * to the same peer as late as may be.  Without (NULL): algorithm 1, each pick by itself: for datagrams, where a port is also a secret. */
uint16_t port_pick(struct hp_stack *s, const struct hp_ip *local, const struct hp_ip *peer, uint16_t peer_port,
                   uint32_t *table_offset, bool (*port_free)(void *ctx, uint16_t port), void *ctx);

#endif
