/* The lab: whole networks in virtual time, in one process.  The same seed gives the same run, bit for bit.
 *
 *     struct hp_world *w = hp_world_new(42, hp_os_allocator());
 *     struct hp_stack *a = hp_world_host(w, "a"), *b = hp_world_host(w, "b");
 *     hp_world_cable(w, "a", "b", &(struct hp_cable_config){.way = {.rate = 1000000000, .delay = HP_MS(10)}});
 *     hp_world_address(w, "a", "eth0", "10.0.0.1/24");  ...
 *     hp_world_run(w, HP_S(10), NULL, NULL);
 *
 * What happens is ordered by (time, calls before frames before machines, order in which they were made).  Every cable and every
 * machine has chance of its own, keyed by the seed and its name: adding one changes nothing for the others. */
#ifndef HEPTA_LAB_H
#define HEPTA_LAB_H

#include "hepta/physical.h"
#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_world;

/* NULL if memory ran out.  Time starts at 0. */
struct hp_world *hp_world_new(uint64_t seed, const struct hp_allocator *allocator);
void hp_world_free(struct hp_world *w);         /* with all that is in it */

/* ---- what there is ----
 * Names are unique, 31 bytes at most.  Machines are numbered 1, 2, ... in the order in which they are made; packets of machine 7 are numbered
 * 7, 1007, 2007, ... (from machine 1000 on: by 2^24 from 2^48 on), so that an id names the machine that sent it first; MAC addresses are
 * 02:MM:MM:MM:PP:PP, machine and port.  All answer NULL if the name is taken or memory ran out. */
struct hp_stack *hp_world_host(struct hp_world *w, const char *name);
struct hp_stack *hp_world_router(struct hp_world *w, const char *name);
struct hp_stack *hp_world_switch(struct hp_world *w, const char *name);
/* Any machine.  Of the config, profile, memory_max and entropy are used; NULL = a host. */
struct hp_stack *hp_world_machine(struct hp_world *w, const char *name, const struct hp_config *config);
struct hp_hub *hp_world_hub(struct hp_world *w, const char *name);
/* A cable from a to b, machines or hubs; each machine gets one more link, "eth0" first (hp_link_find() has its index: a host's link 1
 * is its loopback).  End 0 is at a.  config NULL = a perfect cable. */
struct hp_cable *hp_world_cable(struct hp_world *w, const char *a, const char *b, const struct hp_cable_config *config);

/* The same, saying what the ends are called at their machines and which MACs they have (hubs: not looked at). */
struct hp_world_port {
    const char *link;           /* 15 bytes at most, unique at its machine; NULL = the next free "ethN" */
    struct hp_mac mac;          /* all zeros = the cable config's, or 02:MM:MM:MM:PP:PP                 */
    uint32_t mtu;               /* 0 = the cable's                                                      */
};
struct hp_cable *hp_world_cable_ports(struct hp_world *w, const char *a, const char *b, const struct hp_cable_config *config,
                                      const struct hp_world_port ports[2]);

struct hp_stack *hp_world_find(const struct hp_world *w, const char *name);     /* NULL: none, or it is down */
struct hp_cable *hp_world_find_cable(const struct hp_world *w, const char *name);
/* The i-th (0..), or NULL past the last: in the order in which they were made. */
struct hp_stack *hp_world_each(const struct hp_world *w, unsigned i, const char **name);    /* NULL and a name: it is down */
struct hp_cable *hp_world_each_cable(const struct hp_world *w, unsigned i);
/* Which one it is: 0, 1, ...  O(1). */
int hp_world_cable_number(const struct hp_world *w, const struct hp_cable *c);
/* Where a cable ends: the machine or hub, and the index of the link there (0: a hub). */
const char *hp_world_cable_end(const struct hp_world *w, const struct hp_cable *c, int end, int *link);

/* Addresses and routes in words; all of net.h works on the stacks as well.  hp_addr_add with HP_ADDR_NO_DAD, hp_route_add; HP_ENOENT: no
 * such machine or link; HP_EINVAL: no address.
 *     hp_world_address(w, "c", "eth0", "10.1.0.2/24");  hp_world_route(w, "c", "0.0.0.0/0", "10.1.0.1"); */
int hp_world_address(struct hp_world *w, const char *machine, const char *link, const char *prefix);
int hp_world_route(struct hp_world *w, const char *machine, const char *to, const char *gateway);

/* ---- time ---- */
hp_time hp_world_now(const struct hp_world *w);
/* Lets everything happen that happens by `until`.  HP_OK: done(ctx) answered true (asked after every event; NULL = never);
 * HP_ETIMEDOUT: it is `until`; HP_ENOENT: nothing is left to happen (it is `until`, or, if that is HP_NEVER, the time of the last event). */
int hp_world_run(struct hp_world *w, hp_time until, bool (*done)(void *ctx), void *ctx);
/* One event; false if nothing is left to happen. */
bool hp_world_step(struct hp_world *w);
/* That have happened: a call, frames that came to a machine or its wire's new room, a machine's step.  However many threads there are. */
uint64_t hp_world_events(const struct hp_world *w);

/* Threads: `count` of them, with the one that calls.  run() calls task(arg, i) for every i below count, each in a thread of its own (or one after
 * the other, for a test), and comes back when all of them have.  os.h has some: hp_crew_new(). */
struct hp_workers {
    unsigned count;
    void (*run)(void *ctx, void (*task)(void *arg, unsigned i), void *arg);
    void *ctx;
    const uint64_t *busy;       /* how long each has worked so far, in any unit: so that it can be shared out evenly; or NULL */
};
/* From now on hp_world_run() without `done` may run parts of the world at the same time, where cables are long enough for that: the same run, bit
 * for bit, with the same digest, sooner.  Not while there is a trace (hp_world_trace) or a machine with a memory_max.  The world's
 * allocator then takes calls from several threads at once; programs and hp_world_on_step() of different machines happen at the same time, and
 * must not share anything, or ask hp_world_now().  NULL or a count below 2: one thread again.  `run` is copied.  HP_EINVAL: it is running. */
int hp_world_set_workers(struct hp_world *w, const struct hp_workers *workers);

/* fn at that time (a time in the past: now), in the order of time, then of these calls.  It may do anything but run or free the world.
 * HP_ENOMEM.  Costs a look at every machine when it happens; hp_world_at_machine: only at this one, and fn gets its stack, unless it is down. */
int hp_world_at(struct hp_world *w, hp_time time, void (*fn)(void *ctx), void *ctx);
int hp_world_at_machine(struct hp_world *w, hp_time time, const char *name, void (*fn)(void *ctx, struct hp_stack *s), void *ctx);

/* After every step of this machine: for programs that are no fibers, to ask hp_next_ready().  It may call into this stack only.
 * Stays over a restart. */
void hp_world_on_step(struct hp_world *w, const char *name, void (*fn)(void *ctx, struct hp_stack *s), void *ctx);

/* ---- what goes wrong ---- */
void hp_world_cable_set(struct hp_world *w, struct hp_cable *c, const struct hp_cable_config *config);
void hp_world_cable_set_up(struct hp_world *w, struct hp_cable *c, bool up);
/* The machine loses power: its stack is freed, its links' other ends lose their carrier, its frames on cables travel on. */
void hp_world_crash(struct hp_world *w, const char *name);
/* Back on, with nothing but its links: NULL if it is not down, or memory ran out (then it is still down). */
struct hp_stack *hp_world_restart(struct hp_world *w, const char *name);
/* The machine does nothing, whatever comes (frames wait, then die), until it goes on as if no time had passed for it to notice. */
void hp_world_freeze(struct hp_world *w, const char *name, bool frozen);

/* A machine's clocks.  Its monotonic one, which all of its timers and programs live by, drifts with its oscillator and may leap ahead, as after a
 * suspend: what was due meanwhile is due at once.  The one on the wall may also be set, forward and back, which no protocol notices.  They go on
 * over crashes.  The world's time, of cables and of everything that is told, is nobody's clock. */
enum { HP_WORLD_DRIFT_MAX = 900000000 };        /* 10^-9; either way */
int hp_world_clock_drift(struct hp_world *w, const char *machine, int32_t ppb);    /* from now on.  HP_EINVAL: no such machine, or too much */
int hp_world_clock_step(struct hp_world *w, const char *machine, hp_time by);      /* the wall's; HP_ERANGE: more than 30 years off */
int hp_world_clock_jump(struct hp_world *w, const char *machine, hp_time by);      /* both, forward; HP_ERANGE too */
struct hp_world_clock {
    hp_time monotonic, wall;    /* what they say now */
    int32_t drift_ppb;
};
int hp_world_clock(const struct hp_world *w, const char *machine, struct hp_world_clock *out);  /* HP_ENOENT */

/* ---- what is seen ---- */
/* One more consumer for the events of all machines, and of all cables (either may be NULL).  They stay until the world is freed.  HP_ENOMEM. */
int hp_world_trace(struct hp_world *w, const struct hp_trace *trace, const struct hp_cable_trace *cables);
/* A hash of everything that happened on cables so far: every frame with its bytes, times, ids and fate.  The same seed gives the same, however
 * the library was built, traced, or run in pieces. */
uint64_t hp_world_digest(const struct hp_world *w);
/* Saves that work; the digest then stays what it is. */
void hp_world_set_digest(struct hp_world *w, bool on);

#ifdef __cplusplus
}
#endif
#endif
