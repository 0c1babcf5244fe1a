/* The world from inside.
 *
 *   world.c    time: what happens next, and lets it happen
 *   build.c    machines, hubs and cables: made, crashed, restarted
 *   words.c    addresses and routes in words
 *   calls.c    calls at a time
 *   watch.c    traces and the digest
 *   parts.c    several threads
 *   cutting.c  which part each of them gets
 *   agenda.c   the order of things */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "core/clock.h"
#include "core/map.h"
#include "core/random.h"
#include "hepta/lab.h"
#include "lab/agenda.h"

enum { WORLD_NAME_MAX = 32, WORLD_LINK_MAX = 16, WORLD_PARTS_MAX = 64 };

struct world_cable;

/* What happens in one thread: all of the world, or a part of it (parts.c). */
struct world_part {
    struct agenda agenda;
    hp_time now;
    uint64_t events;
    hp_time next;                       /* of several parts: when this one has something to do */
    uint8_t apart[128];                 /* the next part is another thread's: they have no cache line in common */
};

struct world_port {
    struct world_cable *cable;
    int end;
    struct hp_mac mac;
    uint32_t mtu;
    char link[WORLD_LINK_MAX];          /* its name, "" = the next free one */
};

/* A machine or a hub: what a cable can be plugged into. */
struct world_node {
    struct world_part *part;
    struct hp_stack *stack;             /* NULL = it is down, or a hub */
    uint32_t id, number;                /* on the agenda; 1, 2, ... */
    hp_time planned;                    /* when on the agenda; HP_NEVER = not, but it may be marked */
    uint64_t steps;                     /* so far: its share of the work */
    void (*on_step)(void *ctx, struct hp_stack *s);
    void *on_step_ctx;
    bool has_entropy, frozen;           /* up to here: whatever every step touches */
    uint32_t chosen;                    /* cutting.c */
    struct hp_hub *hub;                 /* or NULL */
    struct world_node *leader;          /* of those that must stay together */
    uint64_t load, ties;
    char name[WORLD_NAME_MAX];
    const struct hp_proto *const *profile;
    size_t memory_max;
    struct stack_clock clock;           /* while it is down; else the stack has it */
    uint8_t entropy[32];
    uint64_t boots, pkt_id;             /* starts so far; the next packet's id after a restart */
    struct world_port *port;
    uint32_t ports, ports_room;
};

struct world_cable {
    struct hp_world *world;
    struct hp_cable *cable;
    uint32_t id;
    bool split;                         /* its ends are in different parts */
    struct world_node *node[2];
    int link[2];
    uint32_t queue_max;
    enum hp_queue queue;
    struct hp_mac mac[2];               /* all zeros = node_mac() */
    uint64_t digest[2];                 /* of what happened at each end */
};

struct world_call {
    hp_time time;
    uint64_t order;
    void (*fn)(void *ctx);
    void (*machine_fn)(void *ctx, struct hp_stack *s);
    void *ctx;
    struct world_node *node;
};

struct world_watcher {
    struct hp_trace trace;
    struct hp_cable_trace cables;
};

/* A list of pointers that grows. */
struct world_list {
    void **item;
    uint32_t count, room;
};

struct hp_world {
    struct hp_mem *mem;
    struct hp_allocator allocator;
    uint64_t seed;
    struct key key;                     /* of the names' maps */
    struct world_part all;
    struct hp_workers workers;          /* count 0: none */
    uint64_t parts_from;                /* from so many events on it may be worth while to use them, if a window has ... */
    uint32_t parts_worth;               /* ... so many for each of them */
    uint32_t parts_patience;            /* windows until it is seen whether they are equally busy */
    uint32_t share[WORLD_PARTS_MAX];    /* of the work that each part is to get, in parts of their sum */
    struct world_list machines, hubs, cables;
    struct map names, cable_names;
    struct world_call *call;            /* a heap: [0] is the next */
    uint32_t calls, calls_room;
    uint64_t calls_made;
    struct world_watcher *watcher;
    uint32_t watchers;
    bool no_digest, running;
};

static inline struct world_node *world_machine(const struct hp_world *w, uint32_t i) { return w->machines.item[i]; }
/* Machines, then hubs. */
static inline uint32_t world_nodes(const struct hp_world *w) { return w->machines.count + w->hubs.count; }
static inline struct world_node *world_node(const struct hp_world *w, uint32_t i)
{
    return i < w->machines.count ? world_machine(w, i) : w->hubs.item[i - w->machines.count];
}
static inline struct world_cable *world_cable(const struct hp_world *w, uint32_t i) { return w->cables.item[i]; }

/* world.c */
int world_happen(struct world_part *p, struct hp_world *w, hp_time until); /* the part's next event, if it is not later */
hp_time world_next(struct world_part *p, const struct hp_world *w);        /* when that is */
void world_touch(struct hp_world *w, struct world_node *n);     /* it has something to do now */
void world_clock(struct hp_world *w, struct world_node *n);     /* its time is the world's */
void world_clocks(struct hp_world *w);
void world_look(struct hp_world *w);                            /* at every machine: what calls from outside left to do */
/* build.c */
struct world_node *world_find_node(const struct hp_world *w, const char *name);
struct world_cable *world_find_cable_of(const struct hp_world *w, const struct hp_cable *c);
void world_free_all(struct hp_world *w);
/* calls.c */
static inline hp_time calls_next(const struct hp_world *w) { return w->calls ? w->call[0].time : HP_NEVER; }
void calls_run(struct hp_world *w);                             /* the next one */
/* parts.c */
void parts_run(struct hp_world *w, hp_time until);              /* whatever happens before the next call, in several threads, if that pays */
/* cutting.c: gives every machine and hub a part, 0..most - 1, by w->share.  How many there are (1: it does not pay), and the least lookahead
 * between them. */
uint32_t cutting_plan(struct hp_world *w, uint32_t most, hp_time *lookahead);
/* watch.c */
void watch_machine(struct hp_world *w, struct hp_stack *s);
void watch_cable(struct hp_world *w, struct world_cable *k);

#endif
