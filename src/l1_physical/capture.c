/* A wire around another that shows every frame to somebody: how captures are taken where there is no trace hook. */
#include "core/stack.h"
#include "hepta/physical.h"

struct capture {
    struct hp_wire wire;
    struct hp_mem *mem;
    struct hp_capture to;
};

static void capture_show(const struct hp_wire *w, bool out, const struct hp_pkt *p)
{
    const struct capture *k = w->state;
    k->to.frame(k->to.ctx, w, out, stack_outside(w->stack), p);
}

static void capture_tx(struct hp_wire *w, struct hp_pkt *p)
{
    capture_show(w, true, p);
    hp_wire_down(w, p);
}

static void capture_rx(struct hp_wire *w, struct hp_pkt *p)
{
    capture_show(w, false, p);
    hp_wire_rx(w, p);
}

static bool capture_room(struct hp_wire *w) { return hp_wire_room(w->below); }

static void capture_flush(struct hp_wire *w)
{
    if (w->below->ops->flush) w->below->ops->flush(w->below);
}

static void capture_close(struct hp_wire *w)
{
    struct capture *k = w->state;
    mem_free(k->mem, k, sizeof *k);
}

static const struct hp_wire_ops capture_ops = {.name = "capture", .room = capture_room, .tx = capture_tx,
                                               .flush = capture_flush, .rx = capture_rx, .close = capture_close};

struct hp_wire *hp_capture_new(struct hp_stack *s, struct hp_wire *below, const struct hp_capture *capture)
{
    struct capture *k = mem_zalloc(s->mem, sizeof *k);
    if (!k) return NULL;
    k->mem = s->mem;
    k->to = *capture;
    k->wire.ops = &capture_ops;
    k->wire.state = k;
    hp_wire_wrap(&k->wire, below);
    return &k->wire;
}
