/* A cable from inside: what its own file, the hub and nobody else see. */
#ifndef L1_CABLE_H
#define L1_CABLE_H

#include "l1_physical/way.h"

enum { CABLE_NAME_MAX = 80 };

/* Frames on their way from one thread to another: copies of them, one behind the other, so that whoever reads them does so in one go, and each
 * thread's packets stay in its own memory (split.c). */
struct parcels {
    uint8_t *bytes;
    size_t used, room;
    hp_time first;                      /* when the first of them arrives */
};

/* What every frame needs comes first, here and in the way, so that it is few cache lines: a large lab's cables do not stay in the cache. */
struct cable_end {
    struct hp_wire wire;
    struct hp_cable *cable;
    struct hp_hub *hub;                 /* plugged into this instead of a stack ... */
    hp_time due;                        /* the earliest of what this end's way and ring have to do */
    hp_time ready_at;                   /* when the ring has room again, if somebody asked; else HP_NEVER */
    bool asked;                         /* somebody found no room */
    struct way way;                     /* what this end sends */
    struct flight far;                  /* split: of what this end sent, what the other end's side has taken over */
    struct parcels packed, sent;        /* split: of what this end sent: of this window, of the last */
    uint64_t refused;                   /* of what this end sent, by the other: it was broken, or nobody was there */
    unsigned port;                      /* ... here */
    /* Half duplex: */
    struct pkt_queue waiting;           /* for silence */
    size_t waiting_bytes;
    hp_time attempt_at;                 /* when the first of them tries next; HP_NEVER = none waits */
    uint32_t tries;
    struct random backoff;
};

struct hp_cable {
    hp_time next;                       /* the earliest of all that its ends have to do */
    bool up, half, stepping, split;
    struct hp_cable_trace trace;
    void (*earlier)(void *ctx, struct hp_cable *c, int end);
    void *earlier_ctx;
    hp_time silent_at;                  /* half duplex: nobody's bits are on it any more */
    hp_time slot;                       /* half duplex: 512 bit times */
    struct cable_end end[2];
    struct hp_allocator allocator;
    char name[CABLE_NAME_MAX];
};

/* A frame goes onto the cable at this end; consumes. */
void cable_send(struct cable_end *e, struct hp_pkt *p, hp_time now);
bool cable_room(struct cable_end *e, hp_time now);
/* The cable, or this end of it, has something to do at `at`. */
void cable_wake(struct cable_end *e, hp_time at);
void cable_wake_end(struct cable_end *e, hp_time at);
/* A frame that this end sent arrives, or turns out to be broken; consumes. */
void cable_deliver(struct cable_end *from, struct hp_pkt *p, hp_time now);
/* This end's ring has room again, if it is time for that and somebody asked. */
bool cable_tell_room(struct cable_end *e, hp_time now);
void cable_drop(struct cable_end *e, struct hp_pkt *p, enum hp_drop why, hp_time now);
/* When this end has something to do, if frames arrive then; the earlier of both ends. */
static inline hp_time cable_due(const struct cable_end *e, hp_time arrives) { return arrives < e->ready_at ? arrives : e->ready_at; }
static inline hp_time cable_first_due(const struct hp_cable *c) { return c->end[0].due < c->end[1].due ? c->end[0].due : c->end[1].due; }
static inline struct cable_end *cable_other(struct cable_end *e) { return &e->cable->end[e == e->cable->end]; }

/* split.c */
void split_free(struct cable_end *e);

/* half.c */
void half_wait(struct cable_end *e, struct hp_pkt *p, hp_time now);
bool half_room(const struct cable_end *e);
/* Whose turn has come.  Answers which ends' stacks may send again: bit 0, bit 1. */
unsigned half_step(struct hp_cable *c, hp_time now);
static inline hp_time half_next(const struct hp_cable *c)
{
    return c->end[0].attempt_at < c->end[1].attempt_at ? c->end[0].attempt_at : c->end[1].attempt_at;
}

/* hub.c: a frame came in at a port; consumes. */
void hub_rx(struct hp_hub *h, unsigned port, struct hp_pkt *p, hp_time now);
void hub_unplug(struct hp_hub *h, unsigned port);

#endif
