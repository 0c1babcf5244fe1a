/* Layer 1, with faults: cables, hubs, impairments around any wire, captures.
 *
 * A cable joins two wire ends.  Nothing here has a clock: hp_cable_next() says when the cable has something to do, and
 * hp_cable_step() does it.  The lab (lab.h) runs whole networks of them; two stacks and a cable need no more than a loop. */
#ifndef HEPTA_PHYSICAL_H
#define HEPTA_PHYSICAL_H

#include "hepta/line_code.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- faults ----
 * Shares are parts of 2^32, as hp_share_parse() gives them; UINT32_MAX is always.  Each kind draws from a stream of its own,
 * once per frame, so that changing one does not change what another does. */
struct hp_faults {
    uint32_t loss;              /* of frames, each for itself: WIRE_LOSS                                            */
    uint32_t burst_begin;       /* Gilbert-Elliott: chance per frame to go from the good state to the bad ...       */
    uint32_t burst_end;         /* ... and back; the mean burst is 2^32 / burst_end frames                          */
    uint32_t burst_loss;        /* of frames in the bad state: WIRE_BURST_LOSS; 0 = all of them                     */
    uint32_t duplicate;         /* of frames: they arrive twice, one right after the other                          */
    uint32_t reorder;           /* of frames: they arrive later, overtaken by others ...                            */
    hp_time reorder_by;         /* ... by this much; 0 = 1 ms                                                       */
    hp_time jitter;             /* every frame arrives up to this much later, evenly drawn; order is kept           */
    uint32_t bit_errors;        /* of bits: they are flipped.  On a cable a real FCS then goes along, and the frame
                                   dies of it at the other end (FCS).  With a line code: of its symbols            */
    uint32_t corrupt;           /* of frames: one bit is flipped where no FCS sees it, as in a bad switch's memory; the
                                   checksums above are to find it                                                   */
};

/* A rate that changes: one span after the other from the time 0 on, and from the beginning again. */
struct hp_rate_span {
    hp_time until;              /* since the beginning of the trace, later than the one before                      */
    uint64_t rate;              /* bit/s, 0 = nothing moves; some span's is not 0                                   */
};
struct hp_rate_trace {
    const char *name;
    const struct hp_rate_span *span;
    uint32_t spans;             /* at least 1; the last one's `until` is the period                                 */
};

/* One direction. */
struct hp_way {
    uint64_t rate;              /* bit/s, 0 = infinite.  A frame takes its bytes, at least 60, and 24 more: preamble 8, FCS 4,
                                   gap 12                                                                           */
    hp_time delay;              /* until a bit is at the other end                                                  */
    uint32_t ring_bytes;        /* taken ahead of the one being sent, as a network card's ring; then the wire has no room and
                                   frames wait in the link's queue, which is the bottleneck's.  0 = 100 us' worth, at least two
                                   full frames                                                                      */
    const struct hp_rate_trace *trace; /* instead of `rate`, which is 0 then; must outlive the cable               */
    uint32_t mtu;               /* longer frames (bytes behind the Ethernet header, and one VLAN tag) die silently: WIRE_TOO_BIG;
                                   the ends do not know.  0 = no bound                                              */
    struct hp_faults faults;
};

/* ---- cables ---- */

struct hp_cable;

struct hp_cable_config {
    struct hp_way way;          /* from end 0 to end 1, and back ...                                                */
    const struct hp_way *back;  /* ... unless this is set                                                           */
    bool half_duplex;           /* one bit at a time, CSMA/CD (needs a rate; that of end 0 holds for both): see cable.c */
    const struct hp_line_code *code; /* the bits' form on the cable (line_code.h): bit errors hit its symbols, preamble and end of
                                   the signal included, and the receiver decodes.  NULL = plain: they hit the frame's bits */
    uint32_t mtu;               /* 0 = 1500                                                                         */
    uint32_t queue_max;         /* in the lab: frames that each end's link may hold for the cable, 0 = 1000 (10240) */
    enum hp_queue queue;        /* in the lab: ... and how they wait                                                */
    struct hp_mac mac[2];       /* in the lab: of the link at each end; all zeros = by the world's rule             */
    const char *name;           /* copied, 79 bytes at most; names the cable's chance.  In the lab NULL = "a-b"     */
};

/* NULL if memory ran out.  `seed` and the name make all of its chance.  config NULL = a perfect cable. */
struct hp_cable *hp_cable_new(const struct hp_allocator *allocator, uint64_t seed, const struct hp_cable_config *config);
/* Frames on it die.  Remove the links (or free the stacks) first. */
void hp_cable_free(struct hp_cable *c);
/* The wire of end 0 or 1, for hp_link_add().  The cable stays when the link goes; the end may be plugged in again. */
struct hp_wire *hp_cable_end(struct hp_cable *c, int end);
const char *hp_cable_name(const struct hp_cable *c);

/* When there is something to do: HP_NEVER = nothing until somebody sends. */
hp_time hp_cable_next(const struct hp_cable *c);
/* Frames that are due by `now` arrive.  Answers whose stack has something to do now: bit 0 = that of end 0, bit 1 = end 1. */
unsigned hp_cable_step(struct hp_cable *c, hp_time now);
/* A hint that changes nothing: hp_cable_step() will come soon (stage 0), sooner (1), very soon (2).  Each stage brings memory nearer that
 * the step will touch, so call all three, some hundred nanoseconds apart.  It pays where cables and machines are too many for the
 * processor's cache. */
void hp_cable_expect(const struct hp_cable *c, int stage);

/* A cable between two threads.  What is sent at one end cannot arrive at the other before hp_cable_lookahead() has passed, so both ends may be
 * at work at once for that long, each in the thread of its machine: hp_cable_end_begin(), steps, hp_cable_end_finish().  Then, while neither
 * is, hp_cable_exchange() hands over what was sent meanwhile.  A split cable has no hp_cable_next() and hp_cable_step(), but for each end what
 * happens there: frames arrive, and its ring has room.  Nothing else may be done to the cable until it is whole again. */
hp_time hp_cable_lookahead(const struct hp_cable *c);           /* 0: this one cannot be split: half duplex, at a hub, an end in nothing, or no rate */
void hp_cable_split(struct hp_cable *c, bool split);
hp_time hp_cable_end_next(const struct hp_cable *c, int end);
bool hp_cable_end_step(struct hp_cable *c, int end, hp_time now);      /* the machine at this end has something to do */
void hp_cable_end_begin(struct hp_cable *c, int end);           /* what was handed over is taken in */
void hp_cable_end_finish(struct hp_cable *c, int end);          /* what was sent is made ready */
void hp_cable_end_expect(const struct hp_cable *c, int end, int stage); /* as hp_cable_expect() */
bool hp_cable_exchange(struct hp_cable *c);                     /* false: nothing was sent */

/* From now on (frames that are under way stay so); mtu, half_duplex, code, queue_max, queue, mac and name cannot be changed. */
void hp_cable_set(struct hp_cable *c, const struct hp_cable_config *config);
void hp_cable_get(const struct hp_cable *c, int end, struct hp_way *out);
/* Unplugged: frames on it die (WIRE_DOWN) and both links lose their carrier.  Step both stacks afterwards. */
void hp_cable_set_up(struct hp_cable *c, bool up, hp_time now);
bool hp_cable_is_up(const struct hp_cable *c);

struct hp_cable_stats {         /* of what one end sent */
    uint64_t frames, bytes;     /* handed in (without FCS) */
    uint64_t delivered, duplicated, delayed, corrupted, lost;
    uint64_t collisions;        /* half duplex */
    uint32_t flying;            /* on the cable now, with those in the ring */
};
void hp_cable_stats(const struct hp_cable *c, int end, struct hp_cable_stats *out);

/* ---- what happens on a cable ---- */

enum hp_cable_event_kind {
    HP_CABLE_ENTER,             /* a frame was handed in at `end`                    */
    HP_CABLE_LEAVE,             /* it arrived at the other                           */
    HP_CABLE_DROP,              /* it died of `drop`                                 */
};
struct hp_cable_event {
    enum hp_cable_event_kind kind;
    enum hp_drop drop;
    int end;                    /* that sent it */
    bool far;                   /* it happened at the other end, else at this one */
    hp_time time;
    const struct hp_cable *cable;
    const struct hp_pkt *pkt;
};
struct hp_cable_trace {
    void (*event)(void *ctx, const struct hp_cable_event *event);
    void *ctx;
};
void hp_cable_set_trace(struct hp_cable *c, const struct hp_cable_trace *trace);
/* For whoever keeps a list of deadlines: told when hp_cable_next() has become earlier outside of hp_cable_step(), by what this end's machine
 * did.  A split cable: when hp_cable_end_next() of this end has. */
void hp_cable_set_watch(struct hp_cable *c, void (*earlier)(void *ctx, struct hp_cable *c, int end), void *ctx);

/* ---- hubs: what comes in at one port goes out at all others, at once, unread ---- */

struct hp_hub;
struct hp_hub *hp_hub_new(const struct hp_allocator *allocator);
void hp_hub_free(struct hp_hub *h);     /* before its cables */
/* HP_ENOMEM, HP_EEXIST: this end is plugged in already.  Answers the port's number. */
int hp_hub_plug(struct hp_hub *h, struct hp_cable *c, int end);

/* ---- impairments: the same faults around any wire ----
 * Frames are delayed by the stack's own timers.  The wire above a wire with offloads gives them up (segments and
 * checksums are made by the stack), so that every frame is one frame; what the wire below hands up stays as it is.  Flipped bits have
 * no FCS here unless the wire carries one: the transport's checksum finds them. */
struct hp_impair_config {
    struct hp_way out, in;      /* rate and ring_bytes of `in`: what does not fit is WIRE_FULL */
    uint64_t seed;              /* 0 = the stack's                                            */
    const char *name;           /* of the chance; NULL = "impair"                             */
};
/* A wire around `below`, for hp_link_add() to the same stack instead of it; gone with its link.  NULL if memory ran out. */
struct hp_wire *hp_impair_new(struct hp_stack *s, struct hp_wire *below, const struct hp_impair_config *config);
void hp_impair_set(struct hp_wire *impair, const struct hp_impair_config *config);

/* ---- captures: every frame of a wire is shown ---- */

struct hp_capture {
    void (*frame)(void *ctx, const struct hp_wire *wire, bool out, hp_time time, const struct hp_pkt *p);
    void *ctx;
};
/* A wire around `below`; see hp_impair_new(). */
struct hp_wire *hp_capture_new(struct hp_stack *s, struct hp_wire *below, const struct hp_capture *capture);

#ifdef __cplusplus
}
#endif
#endif
