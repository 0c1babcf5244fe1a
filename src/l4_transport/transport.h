/* The face of layer 4, and what its files share: ports and demultiplexing.
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

/* ---- ports.c: RFC 6056 algorithm 3 (double-hash would do as well): unpredictable per peer, without repeats ---- */
/* Picks a port p for which free(ctx, p) is true; 0 = used up. */
uint16_t port_pick(struct hp_stack *s, const struct hp_ip *local, const struct hp_ip *peer, uint16_t peer_port,
                   uint32_t *table_offset, bool (*port_free)(void *ctx, uint16_t port), void *ctx);

/* ---- demux.c: bound local endpoints of one transport (UDP sockets, TCP listeners and binds), with POSIX' rules for sharing ---- */
struct bind_key {
    struct hp_ip ip;        /* all zeros = any address of both versions; ::ffff:0.0.0.0 = any IPv4 */
    uint16_t port;
    uint16_t link;          /* 0 = any */
};

#endif
