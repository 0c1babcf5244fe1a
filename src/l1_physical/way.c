/* One direction of a medium.
 *
 * A frame's future is known when it is sent: it waits for those before it, takes bytes/rate to be sent and `delay` to travel.  So the
 * way is two queues sorted by due time without any sorting: `flying`, whose order never changes, and `late`, the frames that were
 * held back by one and the same span.  Both are lists through the packets themselves: nothing is allocated.  That holds for a rate by
 * trace as well: when a frame's last bit is sent is known when its first one is. */
#include "l1_physical/way.h"

enum {
    WAY_RING_FRAMES_MIN = 2,
    WAY_FLYING_MAX = 1 << 20,   /* frames under way at once: only an infinite rate gets there */
    WAY_HEADER = 18,            /* Ethernet's header and FCS, for the size of a full frame */
    WAY_ETHER = 14, WAY_TAG = 4, WAY_TAG_TYPE = 0x8100, /* IEEE 802.1Q */
};
static const hp_time way_ring_time = HP_US(100);

void way_init(struct way *y, uint64_t seed, const char *name)
{
    *y = (struct way){0};
    flight_init(&y->flight);
    fault_init(&y->fault, seed, name);
}

hp_time way_span(const struct way *y, size_t bits)
{
    return y->rate ? (hp_time)((unsigned __int128)bits * WAY_SECOND / y->rate) : 0;
}

/* ---- a rate by trace ---- */

static unsigned __int128 trace_turn(const struct hp_rate_trace *t)
{
    unsigned __int128 sum = 0;
    hp_time from = 0;
    for (uint32_t i = 0; i < t->spans; from = t->span[i++].until) sum += (unsigned __int128)t->span[i].rate * (uint64_t)(t->span[i].until - from);
    return sum;
}

/* The span that holds this time of the period. */
static uint32_t trace_find(const struct hp_rate_trace *t, hp_time at)
{
    uint32_t low = 0, high = t->spans - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->span[middle].until > at) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* Moves busy_until on by so many bits, in 10^9ths; whole periods at once. */
static void trace_send(struct way *y, unsigned __int128 units)
{
    const struct hp_rate_trace *t = y->config.trace;
    hp_time period = t->span[t->spans - 1].until, at = y->busy_until % period;
    unsigned __int128 turns = (units - 1) / y->turn;
    if (turns >= (unsigned __int128)((HP_NEVER / 4 - y->busy_until) / period)) { /* not in this world's time */
        y->busy_until = HP_NEVER / 4;
        return;
    }
    units -= turns * y->turn;
    y->busy_until += (hp_time)turns * period;
    for (uint32_t i = trace_find(t, at);; i = (i + 1) % t->spans) {
        if (i == 0 && at == period) at = 0;
        unsigned __int128 most = (unsigned __int128)t->span[i].rate * (uint64_t)(t->span[i].until - at);
        if (t->span[i].rate && units <= most) {
            uint64_t span = (uint64_t)(units / t->span[i].rate);
            y->busy_until += (hp_time)span;
            y->rest = (uint64_t)(units - (unsigned __int128)span * t->span[i].rate);
            return;
        }
        units -= most;
        y->busy_until += t->span[i].until - at;
        at = t->span[i].until;
    }
}

void way_set(struct way *y, const struct hp_way *config, uint32_t mtu)
{
    y->config = *config;
    y->rate = config->rate;
    y->delay = config->delay;
    size_t least = WAY_RING_FRAMES_MIN * ((mtu ? mtu : 1500) + (size_t)(WAY_HEADER + WAY_OVERHEAD));
    y->ring = way_span(y, 8 * (config->ring_bytes ? config->ring_bytes : least));
    if (!config->ring_bytes && y->ring < way_ring_time) y->ring = way_ring_time;
    y->faulty = fault_set(&y->fault, &config->faults) || config->mtu;
    y->turn = config->trace ? trace_turn(config->trace) : 0;
    assert(!config->trace || y->turn);
}

static void way_fly_twice(struct way *y, const struct hp_pkt *p, hp_time due)
{
    struct hp_pkt *twin = pkt_clone(NULL, p);
    if (!twin) return; /* memory ran out: it arrives once */
    y->stats.duplicated++;
    way_fly(&y->flight.flying, &y->last_due, twin, due);
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

static bool way_is_too_big(const struct way *y, struct hp_pkt *p)
{
    size_t n = pkt_len(p) - (p->flags & PKT_FCS ? WAY_FCS : 0), most = y->config.mtu + (size_t)WAY_ETHER;
    bool tagged = p->tail - p->data >= WAY_ETHER && get16(p->data + 12) == WAY_TAG_TYPE;
    return n > most + (tagged ? WAY_TAG : 0);
}

enum hp_drop way_put_faulty(struct way *y, struct hp_pkt *p)
{
    struct fault_fate fate = fault_judge(&y->fault);
    if (fate.corrupt && !fault_corrupt(&y->fault, p)) return HP_DROP_NO_MEMORY;
    if (y->fault.config.bit_errors && !way_damage(y, p)) return HP_DROP_NO_MEMORY;
    if (fate.drop) return fate.drop;
    if (y->config.mtu && way_is_too_big(y, p)) return HP_DROP_WIRE_TOO_BIG;
    y->stats.corrupted += fate.corrupt;
    hp_time due = y->busy_until + y->delay + fate.jitter;
    if (fate.twice) way_fly_twice(y, p, due);
    if (!fate.late) {
        way_fly(&y->flight.flying, &y->last_due, p, due);
        return HP_DROP_NONE;
    }
    y->stats.delayed++;
    way_fly(&y->flight.late, &y->last_late, p, due + fate.late);
    return HP_DROP_NONE;
}

/* A rate by trace, or none: then nothing is waited for, and only this bounds how much is under way. */
enum hp_drop way_put_rateless(struct way *y, struct hp_pkt *p)
{
    if (y->config.trace) trace_send(y, (unsigned __int128)way_frame_bytes(p) * 8 * WAY_SECOND + y->rest);
    if (flight_count(&y->flight) >= WAY_FLYING_MAX) return HP_DROP_WIRE_FULL;
    if (y->faulty) return way_put_faulty(y, p);
    way_fly(&y->flight.flying, &y->last_due, p, y->busy_until + y->delay);
    return HP_DROP_NONE;
}

struct hp_pkt *flight_take_either(struct flight *f, hp_time now)
{
    struct hp_pkt *first = f->flying.first, *late = f->late.first;
    if (late->time <= now && (!first || late->time < first->time)) return pkt_queue_take(&f->late);
    return first && first->time <= now ? pkt_queue_take(&f->flying) : NULL;
}

struct hp_pkt *way_cut(struct way *y)
{
    y->busy_until = y->last_due = y->last_late = 0;
    y->rest = 0;
    struct hp_pkt *p = pkt_queue_take(&y->flight.flying);
    return p ? p : pkt_queue_take(&y->flight.late);
}
