/* Impairments: a cable's faults, rate and delay put around any wire, both directions each on its own.
 *
 * Out: frames wait in the way until they are due, then go down (and wait once more while the wire below is full).  In: the
 * same, then up.  One timer of the stack serves both.  On the way out, frames that are due wait in order for the wire's room. */
#include "core/stack.h"
#include "l1_physical/way.h"

struct impair {
    struct hp_wire wire;
    struct hp_mem *mem;
    struct way out, in;
    struct hp_pkt *held;                /* due, but the wire below is full */
    bool asked;                         /* the link found no room */
    struct hp_timer timer;
};

static struct impair *impair_of(struct hp_wire *w) { return w->state; }

static void impair_flush_below(struct hp_wire *w)
{
    if (w->below->ops->flush) w->below->ops->flush(w->below);
}

static void impair_arm(struct impair *k)
{
    hp_time at = flight_next(&k->in.flight);
    hp_time out = k->held ? HP_NEVER : flight_next(&k->out.flight);
    if (out < at) at = out;
    if (k->asked && !k->held && way_ready_at(&k->out) < at) at = way_ready_at(&k->out);
    if (at != HP_NEVER) timer_set(k->wire.stack, &k->timer, at);
}

/* Down with what is due, as long as there is room below. */
static void impair_send(struct impair *k)
{
    struct hp_wire *below = k->wire.below;
    bool sent = false;
    for (;;) {
        if (!k->held) k->held = flight_take(&k->out.flight, k->wire.stack->now);
        if (!k->held || !hp_wire_room(below)) break; /* a full wire says hp_wire_ready(): then we are flushed */
        struct hp_pkt *p = k->held;
        k->held = NULL;
        hp_wire_down(&k->wire, p);
        sent = true;
    }
    if (sent) impair_flush_below(&k->wire);
}

static void impair_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct impair *k = (struct impair *)(void *)((char *)t - offsetof(struct impair, timer));
    for (struct hp_pkt *p; (p = flight_take(&k->in.flight, s->now));) hp_wire_rx(&k->wire, p);
    impair_send(k);
    if (k->asked && !k->held && s->now >= way_ready_at(&k->out)) {
        k->asked = false;
        hp_wire_ready(&k->wire);
    }
    impair_arm(k);
}

/* ---- the wire's side ---- */

static bool impair_room(struct hp_wire *w)
{
    struct impair *k = impair_of(w);
    if (k->held) impair_send(k);
    if (!k->held && way_room(&k->out, w->stack->now)) return true;
    k->asked = true;
    impair_arm(k);
    return false;
}

static void impair_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct impair *k = impair_of(w);
    enum hp_drop why = way_put(&k->out, p, w->stack->now);
    if (why) hp_wire_drop(w, p, why);
}

static void impair_flush(struct hp_wire *w)
{
    impair_send(impair_of(w));
    impair_arm(impair_of(w));
}

static void impair_rx(struct hp_wire *w, struct hp_pkt *p)
{
    struct impair *k = impair_of(w);
    hp_time now = w->stack->now;
    enum hp_drop why = way_room(&k->in, now) ? way_put(&k->in, p, now) : HP_DROP_WIRE_FULL;
    if (why) hp_wire_drop(w, p, why);
    while ((p = flight_take(&k->in.flight, now))) hp_wire_rx(w, p);
    impair_arm(k);
}

static void impair_close(struct hp_wire *w)
{
    struct impair *k = impair_of(w);
    timer_remove(w->stack, &k->timer);
    if (k->held) hp_wire_drop(w, k->held, HP_DROP_STOPPED);
    for (struct hp_pkt *p; (p = way_cut(&k->out));) hp_wire_drop(w, p, HP_DROP_STOPPED);
    for (struct hp_pkt *p; (p = way_cut(&k->in));) hp_wire_drop(w, p, HP_DROP_STOPPED);
    mem_free(k->mem, k, sizeof *k);
}

static const struct hp_wire_ops impair_ops = {.name = "impair", .room = impair_room, .tx = impair_tx,
                                              .flush = impair_flush, .rx = impair_rx, .close = impair_close};

/* ---- making and changing ---- */

void hp_impair_set(struct hp_wire *w, const struct hp_impair_config *config)
{
    struct impair *k = impair_of(w);
    way_set(&k->out, &config->out, w->mtu);
    way_set(&k->in, &config->in, w->mtu);
}

static void impair_name_way(struct way *y, uint64_t seed, const char *name, const char *direction)
{
    char whole[64];
    struct text t = text_of(whole, sizeof whole);
    text_str(&t, name ? name : "impair");
    text_str(&t, direction);
    way_init(y, seed, whole);
}

struct hp_wire *hp_impair_new(struct hp_stack *s, struct hp_wire *below, const struct hp_impair_config *config)
{
    struct impair *k = mem_zalloc(s->mem, sizeof *k);
    if (!k) return NULL;
    uint64_t seed = config->seed ? config->seed : s->seed;
    k->mem = s->mem;
    k->timer.fire = impair_fire;
    k->wire.ops = &impair_ops;
    k->wire.state = k;
    hp_wire_wrap(&k->wire, below);
    k->wire.flags &= ~(uint32_t)(HP_WIRE_GSO | HP_WIRE_SUM_TX); /* one frame is one frame, and its bytes are final */
    impair_name_way(&k->out, seed, config->name, " out");
    impair_name_way(&k->in, seed, config->name, " in");
    k->out.fcs = k->in.fcs = k->wire.flags & HP_WIRE_FCS;
    hp_impair_set(&k->wire, config);
    return &k->wire;
}
