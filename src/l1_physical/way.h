/* One direction of a medium: frames go in, are sent one after the other, travel, and come out when they are due. */
#ifndef L1_WAY_H
#define L1_WAY_H

#include "l1_physical/fault.h"

struct way {
    struct hp_way config;
    hp_time busy_until;                 /* the last frame's last bit is on the medium */
    uint64_t rest;                      /* of the division by rate, so that no bit time is lost */
    hp_time ring;                       /* how far ahead frames are taken */
    hp_time last_due, last_late;        /* the order is kept, whatever changes meanwhile */
    struct pkt_queue flying, late;      /* both by time; late ones were overtaken */
    bool fcs;                           /* flipped bits come with a real FCS */
    struct fault fault;
    struct hp_cable_stats stats;
};

void way_init(struct way *y, uint64_t seed, const char *name);
void way_set(struct way *y, const struct hp_way *config, uint32_t mtu);
/* NONE: taken.  Else it died of this, at once, and is still the caller's. */
enum hp_drop way_put(struct way *y, struct hp_pkt *p, hp_time now);
/* The next frame that is due, or NULL. */
struct hp_pkt *way_take(struct way *y, hp_time now);
/* Any frame that is left, for a medium that is cut, or NULL. */
struct hp_pkt *way_cut(struct way *y);
/* What a frame of n bytes takes to be sent, without what was left over from the last. */
hp_time way_span(const struct way *y, size_t bits);

static inline hp_time way_next(const struct way *y)
{
    hp_time at = y->flying.first ? y->flying.first->time : HP_NEVER;
    return y->late.first && y->late.first->time < at ? y->late.first->time : at;
}
static inline bool way_room(const struct way *y, hp_time now) { return y->busy_until - now <= y->ring; }
/* When half of the ring will be empty: the time to fill it again. */
static inline hp_time way_ready_at(const struct way *y) { return y->busy_until - y->ring / 2; }

#endif
