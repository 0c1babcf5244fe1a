/* Ephemeral ports: RFC 6056.
 *
 * The offset is a keyed hash of who talks to whom, so one peer learns nothing of the ports used towards another; the table's counter, moved on
 * by an unforeseeable step, keeps a port from coming back soon (3.3.3; the noise answers CVE-2022-32296). */
#include "l4_transport/transport.h"

enum { PORT_COUNT = PORT_EPHEMERAL_MAX - PORT_EPHEMERAL_MIN + 1, PORT_NOISE = 8 };

static uint32_t port_offset(const struct hp_stack *s, const struct hp_ip *local, const struct hp_ip *peer, uint16_t peer_port)
{
    uint8_t who[34];
    memcpy(who, local->b, 16);
    memcpy(who + 16, peer->b, 16);
    put16(who + 32, peer_port);
    struct key k = key_derive(&s->key, "ephemeral ports");
    return (uint32_t)(secret_key(&k, who, sizeof who) >> 32);
}

uint16_t port_pick(struct hp_stack *s, const struct hp_ip *local, const struct hp_ip *peer, uint16_t peer_port,
                   uint32_t *table_offset, bool (*port_free)(void *ctx, uint16_t port), void *ctx)
{
    uint64_t start = table_offset ? (uint64_t)port_offset(s, local, peer, peer_port) + *table_offset : hp_secret(s) >> 1;
    for (uint32_t i = 0; i < PORT_COUNT; i++) {
        uint16_t port = (uint16_t)(PORT_EPHEMERAL_MIN + (start + i) % PORT_COUNT);
        if (!port_free(ctx, port)) continue;
        if (table_offset) *table_offset += i + 1 + (uint32_t)(hp_secret(s) % PORT_NOISE);
        return port;
    }
    return 0;
}
