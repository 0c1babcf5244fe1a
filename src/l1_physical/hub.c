/* A hub: a repeater with many ports.  It keeps nothing and reads nothing: a frame that comes in goes out at every other port in
 * the same nanosecond, broken bits included.  A port whose cable has no room loses the frame (WIRE_FULL). */
#include "l1_physical/cable.h"

struct hp_hub {
    struct hp_allocator allocator;
    struct cable_end **port;            /* NULL = unplugged */
    unsigned ports, room;
};

struct hp_hub *hp_hub_new(const struct hp_allocator *allocator)
{
    struct hp_hub *h = allocator->alloc(allocator->ctx, sizeof *h);
    if (h) *h = (struct hp_hub){.allocator = *allocator};
    return h;
}

static void hub_free_ports(struct hp_hub *h)
{
    if (h->port) h->allocator.free(h->allocator.ctx, h->port, h->room * sizeof(struct cable_end *));
}

void hp_hub_free(struct hp_hub *h)
{
    if (!h) return;
    for (unsigned i = 0; i < h->ports; i++)
        if (h->port[i]) h->port[i]->hub = NULL;
    hub_free_ports(h);
    h->allocator.free(h->allocator.ctx, h, sizeof *h);
}

static bool hub_grow(struct hp_hub *h)
{
    unsigned room = h->room ? h->room * 2 : 4;
    struct cable_end **grown = h->allocator.alloc(h->allocator.ctx, room * sizeof(struct cable_end *));
    if (!grown) return false;
    for (unsigned i = 0; i < h->ports; i++) grown[i] = h->port[i];
    hub_free_ports(h);
    h->port = grown;
    h->room = room;
    return true;
}

int hp_hub_plug(struct hp_hub *h, struct hp_cable *c, int end)
{
    struct cable_end *e = &c->end[end != 0];
    if (e->hub || e->wire.link) return HP_EEXIST;
    if (h->ports == h->room && !hub_grow(h)) return HP_ENOMEM;
    e->hub = h;
    e->port = h->ports;
    h->port[h->ports] = e;
    return (int)h->ports++;
}

void hub_unplug(struct hp_hub *h, unsigned port)
{
    h->port[port]->hub = NULL;
    h->port[port] = NULL;
}

void hub_rx(struct hp_hub *h, unsigned port, struct hp_pkt *p, hp_time now)
{
    struct cable_end *last = NULL; /* gets the packet itself, the others clones */
    for (unsigned i = 0; i < h->ports; i++) {
        if (i == port || !h->port[i]) continue;
        struct hp_pkt *twin = last ? pkt_clone(NULL, p) : NULL;
        if (twin) cable_send(last, twin, now);
        else if (last) cable_drop(last, NULL, HP_DROP_NO_MEMORY, now);
        last = h->port[i];
    }
    if (last) cable_send(last, p, now);
    else hp_pkt_free(p);
}
