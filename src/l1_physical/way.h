/* One direction of a medium: frames go in, are sent one after the other, travel, and come out when they are due. */
#ifndef L1_WAY_H
#define L1_WAY_H

#include "l1_physical/line_code.h"

enum {
    WAY_FRAME_MIN = 64,         /* IEEE 802.3 4.4.2: minFrameSize, with FCS */
    WAY_FCS = 4,
    WAY_OVERHEAD = 20,          /* preamble and delimiter 8, gap between packets 12 */
    WAY_SECOND = 1000000000,
};

/* Frames under way, both queues by time; late ones were overtaken. */
struct flight {
    struct pkt_queue flying, late;
};

/* In the order of need: a frame without faults touches the beginning only. */
struct way {
    struct flight flight;
    hp_time busy_until;                 /* the last frame's last bit is on the medium */
    uint64_t rest;                      /* of the division by rate, so that no bit time is lost */
    hp_time ring;                       /* how far ahead frames are taken */
    hp_time last_due;                   /* the order is kept, whatever changes meanwhile */
    bool faulty;                        /* way_put_faulty() has something to decide */
    bool fcs;                           /* flipped bits come with a real FCS */
    uint64_t rate;                      /* config's */
    hp_time delay;
    struct hp_cable_stats stats;
    hp_time last_late;
    struct hp_way config;
    const struct hp_line_code *code;    /* bit errors are on its symbols; NULL = on the frame's bits */
    unsigned __int128 turn;             /* of a trace: what one period carries, in bits of a second's 10^9th */
    struct fault fault;
};

void way_init(struct way *y, uint64_t seed, const char *name);
void way_set(struct way *y, const struct hp_way *config, uint32_t mtu);
/* The parts of way_put() and flight_take() that are not always needed. */
enum hp_drop way_put_faulty(struct way *y, struct hp_pkt *p);
enum hp_drop way_put_rateless(struct way *y, struct hp_pkt *p);
struct hp_pkt *flight_take_either(struct flight *f, hp_time now);
/* Any frame that is left, for a medium that is cut, or NULL. */
struct hp_pkt *way_cut(struct way *y);
/* What a frame of n bytes takes to be sent, without what was left over from the last. */
hp_time way_span(const struct way *y, size_t bits);

static inline void flight_init(struct flight *f)
{
    pkt_queue_init(&f->flying);
    pkt_queue_init(&f->late);
}
static inline uint32_t flight_count(const struct flight *f) { return f->flying.count + f->late.count; }
static inline hp_time flight_next(const struct flight *f)
{
    hp_time at = f->flying.first ? f->flying.first->time : HP_NEVER;
    return f->late.first && f->late.first->time < at ? f->late.first->time : at;
}
/* What others still look into is copied here, so that how a frame lies in memory depends on nobody but its sender. */
static inline void way_fly(struct pkt_queue *q, hp_time *last, struct hp_pkt *p, hp_time due)
{
    p = pkt_plain(p);
    if (due > *last) *last = due;
    p->time = *last;
    pkt_queue_put(q, p);
}

static inline size_t way_frame_bytes(const struct hp_pkt *p)
{
    size_t n = pkt_len(p) + (p->flags & PKT_FCS ? 0 : WAY_FCS);
    return (n > WAY_FRAME_MIN ? n : WAY_FRAME_MIN) + WAY_OVERHEAD;
}

/* NONE: taken.  Else it died of this, at once, and is still the caller's. */
static inline enum hp_drop way_put(struct way *y, struct hp_pkt *p, hp_time now)
{
    if (y->busy_until < now) {
        y->busy_until = now;
        y->rest = 0;
    }
    if (!y->rate) return way_put_rateless(y, p);
    uint64_t units = way_frame_bytes(p) * 8 * WAY_SECOND + y->rest; /* exact to the bit in the long run */
    y->busy_until += (hp_time)(units / y->rate);
    y->rest = units % y->rate;
    if (y->faulty) return way_put_faulty(y, p);
    way_fly(&y->flight.flying, &y->last_due, p, y->busy_until + y->delay);
    return HP_DROP_NONE;
}

/* The next frame that is due, or NULL. */
static inline struct hp_pkt *flight_take(struct flight *f, hp_time now)
{
    if (f->late.first) return flight_take_either(f, now);
    return f->flying.first && f->flying.first->time <= now ? pkt_queue_take(&f->flying) : NULL;
}

static inline bool way_room(const struct way *y, hp_time now) { return y->busy_until - now <= y->ring; }
/* When half of the ring will be empty: the time to fill it again. */
static inline hp_time way_ready_at(const struct way *y) { return y->busy_until - y->ring / 2; }

#endif
