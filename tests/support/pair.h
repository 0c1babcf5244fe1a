/* Two hosts on one perfect cable, in virtual time, with their programs: for scenarios.
 *
 *     struct pair p;
 *     pair_open(&p, 42);
 *     hp_spawn(p.b.stack, ...);
 *     pair_run(&p, HP_S(10), done, ctx);
 *     pair_close(&p);                      fails the test if anything was leaked */
#ifndef TEST_PAIR_H
#define TEST_PAIR_H

#include "hepta/hepta.h"
#include "support/alloc.h"

struct pair_end {
    struct hp_wire wire;
    struct hp_stack *stack;             /* NULL: it could not be made */
    struct pair_end *other;
    struct test_alloc alloc;
    struct hp_ip ip, ip6;
    uint64_t frames;
};

struct pair {
    struct pair_end a, b;               /* 10.0.0.1 fd00::1, 10.0.0.2 fd00::2 */
    hp_time now;
    hp_time delay;                      /* of each step, so that time passes; 10 us */
};

/* False: a host could not be made (an allocation failed on purpose). */
bool pair_open(struct pair *p, uint64_t seed);
bool pair_open_traced(struct pair *p, uint64_t seed, const struct hp_trace *trace);
void pair_close(struct pair *p);
/* Runs until done(ctx) or for `span`; true = done. */
bool pair_run(struct pair *p, hp_time span, bool (*done)(void *ctx), void *ctx);

#endif
