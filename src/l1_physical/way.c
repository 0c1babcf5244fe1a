/* One direction of a medium.
 *
 * A frame's future is known when it is sent: it waits for those before it, takes bytes/rate to be sent and `delay` to travel.  So the
 * way is two queues sorted by due time without any sorting: `flying`, whose order never changes, and `late`, the frames that were
 * held back by one and the same span.  Both are lists through the packets themselves: nothing is allocated. */
#include "l1_physical/way.h"

enum {
    WAY_RING_FRAMES_MIN = 2,
    WAY_FLYING_MAX = 1 << 20,   /* frames under way at once: only an infinite rate gets there */
    WAY_HEADER = 18,            /* Ethernet's header and FCS, for the size of a full frame */
};
static const hp_time way_ring_time = HP_US(100);

void way_init(struct way *y, uint64_t seed, const char *name)
{
    *y = (struct way){0};
    pkt_queue_init(&y->flying);
    pkt_queue_init(&y->late);
    fault_init(&y->fault, seed, name);
}

hp_time way_span(const struct way *y, size_t bits)
{
    return y->config.rate ? (hp_time)((unsigned __int128)bits * WAY_SECOND / y->config.rate) : 0;
}

void way_set(struct way *y, const struct hp_way *config, uint32_t mtu)
{
    y->config = *config;
    size_t least = WAY_RING_FRAMES_MIN * ((mtu ? mtu : 1500) + (size_t)(WAY_HEADER + WAY_OVERHEAD));
    y->ring = way_span(y, 8 * (config->ring_bytes ? config->ring_bytes : least));
    if (!config->ring_bytes && y->ring < way_ring_time) y->ring = way_ring_time;
    fault_set(&y->fault, &config->faults);
}

static void way_fly_twice(struct way *y, const struct hp_pkt *p, hp_time due)
{
    struct hp_pkt *twin = pkt_clone(NULL, p);
    if (!twin) return; /* memory ran out: it arrives once */
    y->stats.duplicated++;
    way_fly(&y->flying, &y->last_due, twin, due);
}

/* Bit errors, if any fall on this frame.  False: no memory. */
static bool way_damage(struct way *y, struct hp_pkt *p)
{
    size_t fcs = y->fcs && !(p->flags & PKT_FCS) ? WAY_FCS : 0;
    if (y->code ? !fault_hits_bits(&y->fault, line_code_span(y->code, p)) : !fault_hits(&y->fault, pkt_len(p) + fcs)) return true;
    if (y->code ? !line_code_fault(y->code, &y->fault, p) : !fault_flip(&y->fault, p, y->fcs)) return false;
    y->stats.corrupted++;
    return true;
}

enum hp_drop way_put_faulty(struct way *y, struct hp_pkt *p)
{
    struct fault_fate fate = fault_judge(&y->fault);
    if (y->fault.config.bit_errors && !way_damage(y, p)) return HP_DROP_NO_MEMORY;
    if (fate.drop) return fate.drop;
    hp_time due = y->busy_until + y->config.delay + fate.jitter;
    if (fate.twice) way_fly_twice(y, p, due);
    if (!fate.late) {
        way_fly(&y->flying, &y->last_due, p, due);
        return HP_DROP_NONE;
    }
    y->stats.delayed++;
    way_fly(&y->late, &y->last_late, p, due + fate.late);
    return HP_DROP_NONE;
}

/* Nothing is waited for, so only this bounds how much is under way. */
enum hp_drop way_put_unbounded(struct way *y, struct hp_pkt *p)
{
    if (y->flying.count + y->late.count >= WAY_FLYING_MAX) return HP_DROP_WIRE_FULL;
    if (y->fault.any) return way_put_faulty(y, p);
    way_fly(&y->flying, &y->last_due, p, y->busy_until + y->config.delay);
    return HP_DROP_NONE;
}

struct hp_pkt *way_take_either(struct way *y, hp_time now)
{
    struct hp_pkt *first = y->flying.first, *late = y->late.first;
    if (late->time <= now && (!first || late->time < first->time)) return pkt_queue_take(&y->late);
    return first && first->time <= now ? pkt_queue_take(&y->flying) : NULL;
}

struct hp_pkt *way_cut(struct way *y)
{
    y->busy_until = y->last_due = y->last_late = 0;
    y->rest = 0;
    struct hp_pkt *p = pkt_queue_take(&y->flying);
    return p ? p : pkt_queue_take(&y->late);
}
