/* The world from inside.
 *
 *   world.c    time: what happens next, and lets it happen
 *   build.c    machines, hubs and cables: made, crashed, restarted
 *   words.c    addresses and routes in words
 *   calls.c    calls at a time
 *   watch.c    traces and the digest
 *   agenda.c   the order of things */
#ifndef LAB_WORLD_H
#define LAB_WORLD_H

#include "core/clock.h"
#include "core/map.h"
#include "core/random.h"
#include "hepta/lab.h"
#include "lab/agenda.h"

enum { WORLD_NAME_MAX = 32, WORLD_LINK_MAX = 16 };

struct world_cable;

struct world_port {
    struct world_cable *cable;
    int end;
    struct hp_mac mac;
    uint32_t mtu;
    char link[WORLD_LINK_MAX];          /* its name, "" = the next free one */
};

/* A machine or a hub: what a cable can be plugged into. */
struct world_node {
    struct hp_stack *stack;             /* NULL = it is down, or a hub: */
    struct hp_hub *hub;
    uint32_t id, number;                /* on the agenda; 1, 2, ... */
    hp_time planned;                    /* when on the agenda; HP_NEVER = not, but it may be marked */
    bool has_entropy, frozen;
    void (*on_step)(void *ctx, struct hp_stack *s);
    void *on_step_ctx;
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
    struct world_node *node[2];
    int link[2];
    uint32_t queue_max;
    enum hp_queue queue;
    struct hp_mac mac[2];               /* all zeros = node_mac() */
    uint64_t digest;
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
    uint64_t seed, events;
    struct key key;                     /* of the names' maps */
    hp_time now;
    struct agenda agenda;
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
static inline struct world_cable *world_cable(const struct hp_world *w, uint32_t i) { return w->cables.item[i]; }

/* world.c */
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
/* watch.c */
void watch_machine(struct hp_world *w, struct hp_stack *s);
void watch_cable(struct hp_world *w, struct world_cable *k);

#endif
