/* Half duplex: one conversation at a time on the cable, by CSMA/CD (IEEE 802.3 clause 4), simplified.
 *
 * An end that has a frame listens and waits until the cable is silent.  Ends that waited together begin together: a
 * collision.  Both stop, and try again after 0..2^n - 1 slots of 512 bit times, n the number of collisions of this frame, 10 at
 * most; a frame that collided 16 times dies (WIRE_COLLISION).  As on a real cable the winner of a collision begins its next frame
 * with short backoffs and tends to win again (the capture effect).  Left out: an end that begins while the other's first bits
 * are still travelling to it defers instead of colliding, and the jam costs the slot. */
#include "l1_physical/cable.h"

enum { HALF_TRIES_MAX = 16, HALF_BACKOFF_MAX = 10, HALF_WAITING_FRAMES = 2 };

bool half_room(const struct cable_end *e)
{
    size_t most = e->way.config.ring_bytes ? e->way.config.ring_bytes : HALF_WAITING_FRAMES * (size_t)e->wire.mtu;
    return e->waiting_bytes < most;
}

static void half_try_at(struct cable_end *e, hp_time at)
{
    e->attempt_at = e->waiting.first ? at : HP_NEVER;
    cable_wake(e, e->attempt_at);
}

void half_wait(struct cable_end *e, struct hp_pkt *p, hp_time now)
{
    pkt_queue_put(&e->waiting, p);
    e->waiting_bytes += pkt_len(p);
    if (e->waiting.count == 1) half_try_at(e, now > e->cable->silent_at ? now : e->cable->silent_at);
}

static struct hp_pkt *half_take(struct cable_end *e)
{
    struct hp_pkt *p = pkt_queue_take(&e->waiting);
    e->waiting_bytes -= pkt_len(p);
    e->tries = 0;
    return p;
}

static void half_collide(struct cable_end *e, hp_time now)
{
    struct hp_cable *c = e->cable;
    e->way.stats.collisions++;
    if (++e->tries >= HALF_TRIES_MAX) cable_drop(e, half_take(e), HP_DROP_WIRE_COLLISION, now);
    uint32_t n = e->tries < HALF_BACKOFF_MAX ? e->tries : HALF_BACKOFF_MAX;
    half_try_at(e, c->silent_at + random_below(&e->backoff, 1u << n) * c->slot);
}

static void half_start(struct cable_end *e, hp_time now)
{
    struct hp_cable *c = e->cable;
    struct hp_pkt *p = half_take(e);
    enum hp_drop why = way_put(&e->way, p, now);
    if (why) cable_drop(e, p, why, now);
    else cable_wake_end(e, flight_next(&e->way.flight));
    c->silent_at = e->way.busy_until + e->way.delay;
    half_try_at(e, c->silent_at);
}

/* One end's turn, if it has come. */
static void half_attempt(struct cable_end *e, hp_time now)
{
    struct hp_cable *c = e->cable;
    struct cable_end *other = cable_other(e);
    if (e->attempt_at > now) return;
    if (now < c->silent_at) {
        half_try_at(e, c->silent_at);
        return;
    }
    if (other->attempt_at > now) {
        half_start(e, now);
        return;
    }
    c->silent_at = now + c->slot;
    half_collide(&c->end[0], now);
    half_collide(&c->end[1], now);
}

static unsigned half_tell_room(struct cable_end *e, unsigned bit)
{
    if (!e->asked || !half_room(e)) return 0;
    e->asked = false;
    hp_wire_ready(&e->wire);
    return bit;
}

unsigned half_step(struct hp_cable *c, hp_time now)
{
    half_attempt(&c->end[0], now);
    half_attempt(&c->end[1], now);
    return half_tell_room(&c->end[0], 1) | half_tell_room(&c->end[1], 2);
}
