/* The loopback wire: what is sent comes back in the next step.  Bits never leave, so it can do everything a wire may be asked
 * for: checksums and segments are left undone, and taken as done. */
#include "core/stack.h"
#include "l1_physical/physical.h"

enum { LOOPBACK_MTU = 65536, LOOPBACK_GSO_MAX = 65535 };

static void loopback_tx(struct hp_wire *w, struct hp_pkt *p) { hp_wire_rx(w, p); }

static void loopback_close(struct hp_wire *w)
{
    mem_free(w->stack->mem, w, sizeof *w);
}

static const struct hp_wire_ops loopback_ops = {.name = "loopback", .tx = loopback_tx, .close = loopback_close};

struct hp_wire *loopback_new(struct hp_stack *s)
{
    struct hp_wire *w = mem_zalloc(s->mem, sizeof *w);
    if (!w) return NULL;
    w->ops = &loopback_ops;
    w->stack = s;
    w->mtu = LOOPBACK_MTU;
    w->flags = HP_WIRE_LOOP | HP_WIRE_IP | HP_WIRE_SUM_TX | HP_WIRE_SUM_RX | HP_WIRE_GSO;
    w->gso_max = LOOPBACK_GSO_MAX;
    return w;
}
