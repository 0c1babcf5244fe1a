/* Two stacks joined by a bad pipe in memory: packets are lost, doubled, delayed and overtake each other, all drawn from the seed.
 *
 * Bare IP on both ends (no neighbours to resolve): a is 10.0.0.1 and fd00::1, b is 10.0.0.2 and fd00::2.  Virtual time. */
#ifndef TEST_PIPE_H
#define TEST_PIPE_H

#include "core/random.h"
#include "hepta/hepta.h"
#include "support/alloc.h"
#include "support/log.h"

struct pipe_end {
    struct hp_wire wire;
    struct hp_stack *stack;
    struct pipe_end *other;
    struct pipe *pipe;
    struct test_alloc alloc;
    struct test_log log;
    struct hp_pkt *flying;          /* ordered by time of arrival */
    uint64_t sent, lost;
};

struct pipe {
    struct pipe_end a, b;
    struct random random;
    hp_time now;
    hp_time delay, jitter;          /* jitter reorders */
    uint32_t loss, twice;           /* shares of 2^32 */
    bool keep_order, copy;          /* copy: bytes are copied across instead of handed over */
    bool (*judge)(void *ctx, struct pipe_end *from, const struct hp_pkt *p);    /* or NULL; false: this packet is lost */
    void *judge_ctx;
};

/* wire_flags: more of enum hp_wire_flag; with HP_WIRE_GSO large segments go through the pipe in one piece. */
void pipe_open(struct pipe *p, uint64_t seed, bool traced, hp_time start, uint32_t wire_flags);
void pipe_close(struct pipe *p);    /* fails the test if anything was leaked */
/* Runs both stacks until `until` at the latest; calls each() after every step; ends when it answers false. */
void pipe_run(struct pipe *p, hp_time until, bool (*each)(void *ctx), void *ctx);

#endif
