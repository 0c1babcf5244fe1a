/* A station for tests of layer 1 and the lab: a stack that speaks nothing but numbered frames, and keeps what comes. */
#ifndef TEST_STATION_H
#define TEST_STATION_H

#include "core/stack.h"

enum { STATION_ETHERTYPE = 0x88b5 }; /* IEEE 802: for local experiments */

struct station_frame {
    hp_time time;
    uint64_t id;
    uint32_t number, n;             /* its own number; its length */
};

struct station {
    struct hp_stack *s;
    struct station_frame *got;
    unsigned count, room;
    unsigned answer;                /* send so many frames back for each that comes */
};

extern const struct hp_proto *const station_profile[];

void station_init(struct station *t);
void station_end(struct station *t);            /* not the stack */
/* Makes the stack, or takes one that the lab has made. */
void station_open(struct station *t, const char *name, const struct hp_allocator *allocator);
void station_take(struct station *t, struct hp_stack *s);
/* A broadcast frame of n bytes (60..1514) with this number, on link 1.  It leaves in the next step. */
void station_send(struct station *t, uint32_t number, size_t n);
/* Forgets what came. */
void station_clear(struct station *t);

#endif
