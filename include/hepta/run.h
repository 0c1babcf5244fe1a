/* A run: a plan that happens.  The world is built, its programs start, faults strike, expectations are watched.
 *
 *     struct hp_run *r;
 *     hp_run_new(plan, &options, &r, &error);
 *     hp_run_go(r, HP_NEVER);                      (to the plan's end)
 *     hp_run_verdict(r); hp_run_free(r);
 */
#ifndef HEPTA_RUN_H
#define HEPTA_RUN_H

#include "hepta/dns.h"
#include "hepta/lab.h"
#include "hepta/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_run;

/* What is told while it runs, besides the world's traces (hp_world_trace): what programs say, what strikes, what was decided. */
enum hp_run_news { HP_RUN_SAID, HP_RUN_APP_STARTED, HP_RUN_APP_ENDED, HP_RUN_FAULT, HP_RUN_EXPECT };
struct hp_run_event {
    enum hp_run_news kind;
    hp_time time;
    const char *node;               /* or NULL */
    const char *app;                /* its name, or NULL */
    const char *text;               /* one line */
    int result;                     /* of an app: HP_OK or an error; of an expectation: 1 held, 0 failed */
};

struct hp_run_options {
    uint64_t seed;                  /* used if seeded, else the plan's */
    bool seeded;
    hp_time until;                  /* 0 = the plan's */
    const struct hp_allocator *allocator;
    void (*news)(void *ctx, const struct hp_run_event *event);
    void *ctx;
};

/* Builds everything; nothing has happened yet.  HP_EPROTO: the plan makes no sense, and *error says where. */
int hp_run_new(const struct hp_plan *plan, const struct hp_run_options *options, struct hp_run **out, struct hp_plan_error *error);
void hp_run_free(struct hp_run *r);
struct hp_world *hp_run_world(struct hp_run *r);
const struct hp_plan *hp_run_plan(const struct hp_run *r);
/* The resolver that programs of this machine share (the plan's `dns`, or what DHCP or RAs brought). */
struct hp_resolver *hp_run_resolver(struct hp_run *r, const char *node);
/* Lets it happen until `until` or the plan's end, whichever is first; HP_OK: the end; HP_ETIMEDOUT: `until`. */
int hp_run_go(struct hp_run *r, hp_time until);

/* ---- programs: what an `app` line can name ---- */
struct hp_lab_app {                 /* one that runs: what its functions are handed */
    struct hp_run *run;
    const struct hp_plan_app *plan;
    struct hp_stack *stack;
    void *state;                    /* the program's own, zeroed, state_size bytes */
};
struct hp_lab_program {
    const char *name;               /* "get" */
    const char *synopsis, *text;    /* "get URL [times N] [size-max N]"; one line */
    size_t state_size;
    /* Reads the arguments into `state`; false: *error was filled by hp_plan_complain(). */
    bool (*read)(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error);
    /* A program in the sense of proc.h; answers how it ended.  Services start what they need and return HP_OK at once. */
    int (*main)(struct hp_lab_app *app);
    void (*stop)(struct hp_lab_app *app);       /* asked to end, or NULL: nothing can be done */
};
extern const struct hp_lab_program *const hp_lab_programs[];    /* ends with NULL */
/* A line of news from within a program: HP_RUN_SAID. */
void hp_lab_say(struct hp_lab_app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes that the application got or handed on: for `progress`, goodput and fairness. */
void hp_lab_progress(struct hp_lab_app *app, uint64_t bytes);

#ifdef __cplusplus
}
#endif
#endif
