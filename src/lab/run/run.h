/* A run from inside.
 *
 *   run.c      life: made, let happen, ended
 *   plant.c    the world, from the plan: nodes, cables
 *   boot.c     a machine is switched on: settings, addresses, routes; crash and restart
 *   paths.c    `routes auto`: shortest paths to every network of the plan
 *   names.c    machines by name, resolvers
 *   apps.c     programs: when they start, run, stop; what they say
 *   judge.c    faults and expectations: the run's side of lab/rules
 *   args.c     what stands behind a program's name
 *   programs*.c  the programs */
#ifndef LAB_RUN_RUN_H
#define LAB_RUN_RUN_H

#include "core/bytes.h"
#include "core/mem.h"
#include "core/text.h"
#include "hepta/dhcp.h"
#include "hepta/net.h"
#include "hepta/run.h"
#include "lab/rules/rules.h"

enum { RUN_SAID_MAX = 256 };

/* Memory that a program asked for: freed with its state. */
struct run_block {
    struct run_block *next;
    size_t n;
};

struct run_app {
    struct hp_lab_app pub;
    const struct hp_lab_program *program;
    struct run_block *blocks;
    enum hp_run_app_state state;
    int result;
    hp_time started, ended, progressed;
    uint32_t starts;
    uint32_t family;                    /* of its programs, on its machine's stack; 0 = none */
    hp_time cancel_at;                  /* they are canceled then */
    uint64_t bytes;
    bool cut;                           /* its machine went down under it: it is not over */
    bool open;                          /* counted in the run's `open` */
    char said[RUN_SAID_MAX];
};

struct run_route {
    struct hp_prefix to;
    struct hp_ip gateway;
};

struct run_node {
    struct hp_run *run;
    const struct hp_plan_node *plan;
    struct hp_resolver resolver;
    struct hp_dhcp *dhcp;               /* one per interface of the plan, or NULL: none of them wants it */
    struct run_route *route;            /* of `routes auto` */
    uint32_t routes, routes_room;
    bool broken;                        /* it did not boot as planned: memory */
};

struct hp_run {
    struct hp_mem *mem;
    const struct hp_plan *plan;
    struct hp_run_options options;
    struct hp_allocator allocator;
    struct hp_world *world;
    struct rules *rules;
    struct run_node *node;              /* as the plan's */
    struct run_app *app;                /* as the plan's */
    uint32_t *app_of_node;              /* apps by node: first[node] .. first[node + 1] index into app_order */
    uint32_t *app_order;
    uint64_t seed;
    hp_time until, last;                /* last: no earlier end than this, if there is no until */
    uint32_t broken;                    /* what can never be, and was */
    uint32_t open;                      /* programs that will end by themselves and have not yet */
    bool ended, freeing;
    bool waiting;                       /* for the last program that ends by itself */
    const char *stuck;                  /* why it ends: it does not come to rest */
    bool canceled;                      /* options.stop said so */
    hp_time instant;                    /* of the last event, */
    uint64_t frames;                    /* on all cables when it became crowded */
    uint32_t crowd, strikes;            /* ... and how many it had, and faults */
};

static inline bool run_is_machine(const struct hp_plan_node *n) { return n->kind < HP_NODE_HUB; }
/* With addresses and programs. */
static inline bool run_is_end(const struct hp_plan_node *n) { return n->kind == HP_NODE_HOST || n->kind == HP_NODE_ROUTER; }

/* run.c */
void run_news(struct hp_run *r, enum hp_run_news kind, const char *node, const char *app, const char *text, int result, uint64_t packet);
/* The run may not end by itself before that time: there is something still to come. */
void run_expect_until(struct hp_run *r, hp_time time);
/* It does not come to rest: it ends after this event. */
void run_stuck(struct hp_run *r, const char *why);
/* plant.c */
int plant_world(struct hp_run *r, struct hp_plan_error *error);
/* boot.c */
int boot_node(struct hp_run *r, uint32_t node, struct hp_plan_error *error);
void boot_quiet(struct hp_run *r, uint32_t node);   /* its programs end, what they left is freed: before its stack goes */
/* paths.c */
int paths_find(struct hp_run *r);
/* names.c */
void names_start(struct hp_run *r, uint32_t node);
/* apps.c */
int apps_make(struct hp_run *r, struct hp_plan_error *error);
int apps_plan(struct hp_run *r);                    /* calls at their times */
void apps_boot(struct hp_run *r, uint32_t node);    /* those whose time has come start */
void apps_cut(struct hp_run *r, uint32_t node);     /* its machine is about to go down */
void apps_free(struct hp_run *r);
void apps_set(struct hp_run *r, uint32_t app, bool start);      /* by a fault */
/* judge.c */
int judge_open(struct hp_run *r, struct hp_plan_error *error);
void judge_close(struct hp_run *r);
void judge_hear(struct hp_run *r, uint32_t app, enum hp_run_news kind, const char *text, int result);
void judge_progress(struct hp_run *r, uint32_t app);
void judge_look(struct hp_run *r);                  /* after every event */
void judge_end(struct hp_run *r);

#endif
