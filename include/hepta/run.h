/* A run: a plan that happens.  The world is built, its programs start, faults strike, expectations are watched.
 *
 *     struct hp_run *r;
 *     hp_run_new(plan, &options, &r, &error);
 *     hp_run_go(r, HP_NEVER);                      (to the plan's end)
 *     for (unsigned i = 0; hp_run_verdict(r, i, &verdict); i++) ...;
 *     hp_run_free(r);
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
enum hp_run_news { HP_RUN_SAID, HP_RUN_APP_STARTED, HP_RUN_APP_ENDED, HP_RUN_FAULT, HP_RUN_EXPECT,
                   HP_RUN_BROKEN };     /* what can never be: wrong bytes at the end of a stream, ...: the run has failed */
struct hp_run_event {
    enum hp_run_news kind;
    hp_time time;
    const char *node;               /* or NULL */
    const char *app;                /* its name, or NULL */
    const char *text;               /* one line */
    int result;                     /* of an app: HP_OK or an error; of an expectation: 1 held, 2 idle, 0 failed */
    uint64_t packet;                /* that it is about; 0 = none */
};

struct hp_run_options {
    uint64_t seed;                  /* used if seeded, else the plan's */
    bool seeded;
    hp_time until;                  /* 0 = the plan's */
    const struct hp_allocator *allocator;
    /* Called between the events of machines and cables; it may look at everything, but not run or change it. */
    void (*news)(void *ctx, const struct hp_run_event *event);
    /* The bytes of a file that a program names ("zones/root.zone", beside the lab file): valid until the run is freed.  HP_ENOENT, HP_EACCES, ...;
     * NULL: there are no files. */
    int (*file)(void *ctx, const char *name, struct hp_bytes *out);
    /* Asked now and then while one instant goes on for long; true: hp_run_go() answers HP_ECANCELED in the midst of it.  Or NULL. */
    bool (*stop)(void *ctx);
    void *ctx;
};

/* Builds everything; nothing has happened yet.  The plan must outlive the run.  HP_EPROTO: the plan makes no sense, and *error says
 * where.  HP_ENOMEM. */
int hp_run_new(const struct hp_plan *plan, const struct hp_run_options *options, struct hp_run **out, struct hp_plan_error *error);
void hp_run_free(struct hp_run *r);
struct hp_world *hp_run_world(struct hp_run *r);
const struct hp_plan *hp_run_plan(const struct hp_run *r);
uint64_t hp_run_seed(const struct hp_run *r);
/* Where it ends: the option's or the plan's; HP_NEVER = hp_run_go() says. */
hp_time hp_run_until(const struct hp_run *r);
/* The resolver that programs of this machine share: it knows all machines of the plan by name ("c1", "r1.eth1"), and asks the plan's `dns`,
 * or what DHCP or router advertisements brought.  NULL: no such machine, or it is down. */
struct hp_resolver *hp_run_resolver(struct hp_run *r, const char *node);
/* An address by which others reach this machine: of "r1" the first of the plan (IPv4 if it has one), else one that it has got since;
 * of "r1.eth1" that interface's. */
bool hp_run_address(const struct hp_run *r, const char *name, struct hp_ip *out);

/* Lets it happen until `until` or the run's end, whichever is first.  HP_OK: the end; HP_ETIMEDOUT: it is `until`; HP_ECANCELED: see `stop`.
 * Without an `until` of its own a run ends when nothing is left to happen, or a second after the last program (that ends by itself), fault and
 * expectation.  One that does not come to rest, with HP_RUN_INSTANT_MAX events, HP_RUN_FRAMES_MAX
 * frames or HP_RUN_STRIKES_MAX faults (besides those of the plan) at one time, ends there: HP_RUN_BROKEN. */
enum { HP_RUN_INSTANT_MAX = 20000000, HP_RUN_FRAMES_MAX = 40000000, HP_RUN_STRIKES_MAX = 100000 };
int hp_run_go(struct hp_run *r, hp_time until);
bool hp_run_ended(const struct hp_run *r);
uint32_t hp_run_broken(const struct hp_run *r);     /* how often HP_RUN_BROKEN was told */

/* A machine loses power, and is switched on again: it boots with the plan's addresses, routes and settings, and starts the programs whose time
 * has come and that had not ended.  HP_ENOENT: no such machine; HP_EALREADY: it is down, or up; HP_ENOMEM. */
int hp_run_crash(struct hp_run *r, const char *node);
int hp_run_restart(struct hp_run *r, const char *node);

/* ---- how its programs fare ---- */
enum hp_run_app_state {
    HP_APP_WAITING,                 /* for its time, or its machine for power      */
    HP_APP_RUNNING,                 /* a service stays that until it is stopped    */
    HP_APP_ENDED,                   /* see result                                  */
};
struct hp_run_app {
    const char *name, *node, *program;
    bool service;
    enum hp_run_app_state state;
    int result;                     /* ENDED: HP_OK or why not                     */
    bool stopped;                   /* ENDED: not by itself, but by a `stop`       */
    hp_time started, ended;         /* the last time; HP_NEVER = not yet           */
    uint32_t starts;
    uint64_t bytes;                 /* of hp_lab_progress(), over all starts       */
    hp_time progressed;             /* when last; HP_NEVER = never                 */
    const char *said;               /* its last line, or ""                        */
};
/* The i-th of the plan's apps; false past the last. */
bool hp_run_app(const struct hp_run *r, uint32_t i, struct hp_run_app *out);

/* ---- verdicts: one for each `expect` line ---- */
enum hp_verdict_kind {
    HP_VERDICT_OPEN,                /* not decided yet */
    HP_VERDICT_HELD,
    HP_VERDICT_IDLE,                /* it held, but was never put to the test: the event after which ... did not come */
    HP_VERDICT_FAILED,
};
struct hp_run_verdict {
    enum hp_verdict_kind verdict;
    const char *text;               /* the line */
    struct hp_plan_place place;
    hp_time time;                   /* of the decision */
    uint64_t pkt_id;                /* of the packet that it was about, 0 = none */
    const char *why;                /* in words */
    uint32_t lasts;                 /* the last events before it, oldest first: of that packet, or of all */
    const char *const *last;        /* valid until the run is freed */
    bool sometimes;                 /* `expect sometimes`: held if this run saw it, idle if not; of many runs one must */
};
/* The i-th (0..); false: past the last. */
bool hp_run_verdict(const struct hp_run *r, unsigned i, struct hp_run_verdict *out);

/* ---- programs: what an `app` line can name ---- */
struct hp_lab_app {                 /* one that runs: what its functions are handed */
    struct hp_run *run;
    const struct hp_plan_app *plan;
    struct hp_stack *stack;
    void *state;                    /* the program's own, zeroed, state_size bytes, filled by read() */
    bool stop;                      /* it was asked to end: if its waits answer HP_ECANCELED, that is why */
};
struct hp_lab_program {
    const char *name;               /* "get" */
    const char *synopsis, *text;    /* "get URL [times N] [size-max N]"; one line */
    size_t state_size;
    bool service;                   /* main starts what it needs and returns; it runs until the machine goes down or is stopped */
    /* Once it is stopped, its programs (main, and what it started) are canceled: hp_family_cancel() of proc.h.  `grace`: so much later, to finish what
     * it has begun.  A service that has a stop() ends its programs itself. */
    hp_time grace;
    /* Reads the arguments into `state`; false: *error was filled by hp_plan_complain().  Called once more before each start. */
    bool (*read)(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error);
    /* A program in the sense of proc.h; answers how it ended. */
    int (*main)(struct hp_lab_app *app);
    void (*stop)(struct hp_lab_app *app);       /* asked to end (app->stop is set), or NULL */
};
extern const struct hp_lab_program *const hp_lab_programs[];    /* ends with NULL */
/* A line of news from within a program: HP_RUN_SAID. */
void hp_lab_say(struct hp_lab_app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What can never be: HP_RUN_BROKEN. */
void hp_lab_broken(struct hp_lab_app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes that the application got or handed on: for `progress`, goodput and fairness. */
void hp_lab_progress(struct hp_lab_app *app, uint64_t bytes);
/* The machine's resolver, and one address of a name: HP_OK, or what hp_resolve() answers. */
struct hp_resolver *hp_lab_resolver(struct hp_lab_app *app);
int hp_lab_resolve(struct hp_lab_app *app, const char *name, struct hp_ip *out);
/* A file of the lab: see hp_run_options. */
int hp_lab_file(struct hp_lab_app *app, const char *name, struct hp_bytes *out);
/* Zeroed memory that lives until the program is started again or the run is freed; NULL: there is none. */
void *hp_lab_alloc(struct hp_lab_app *app, size_t n);

#ifdef __cplusplus
}
#endif
#endif
