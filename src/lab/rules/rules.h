/* What goes wrong and what must hold: the lines `at`, `every`, `when` and `expect` of a plan.
 *
 *   line.c         words of a line: names, times, numbers, operators
 *   happening.c    everything that rules can be about, in one shape; who is told of it
 *   pattern.c      which happenings are meant: "drop s* reason CHECKSUM"
 *   state.c        states of protocols: which there are
 *   metric.c       numbers of things: "neck.queue", "jain(c*)"
 *   condition.c    what holds or not: "neck.queue <= 2MiB and neck.up == 1"
 *   mishap.c       when something goes wrong;  action.c: what
 *   expect.c       what must hold, and the verdict
 *   history.c      the last events, to tell what became of a packet
 *
 * The run (lab/run) makes one struct rules, tells it what its programs do, and lets it look after every event. */
#ifndef LAB_RULES_H
#define LAB_RULES_H

#include <string.h>

#include "core/mem.h"
#include "core/text.h"
#include "hepta/lab.h"
#include "hepta/run.h"
#include "wire/filter.h"

/* ---- happenings ---- */

enum happening_kind {
    HAPPENING_FRAME, /* handed to a cable by `node` at its end          */
    HAPPENING_ARRIVAL, /* came off a cable at `node`                      */
    HAPPENING_DROP, /* at a node or on a cable                         */
    HAPPENING_STATE,
    HAPPENING_APP_STARTED,
    HAPPENING_APP_ENDED,
    HAPPENING_PROGRESS,
    HAPPENING_SAID,
    HAPPENING_FAULT,
};

struct happening {
    enum happening_kind kind;
    hp_time time;
    int32_t node, cable, app; /* of the plan, or HP_PLAN_NONE             */
    const struct hp_pkt *pkt;
    uint64_t pkt_id;
    enum hp_drop drop;
    const char *proto, *from, *to; /* of a state                               */
    const char *text; /* what was said; the fault's words         */
    int result; /* of an app that ended                     */
};

/* ---- what rules need of the run ---- */

struct rules_app { /* how an app is */
    bool started, ended;
    int result;
    hp_time began, over;
    uint64_t bytes; /* of hp_lab_progress() */
};

struct rules_config {
    const struct hp_plan *plan;
    struct hp_world *world;
    struct hp_mem *mem;
    void (*crash)(void *ctx, uint32_t node); /* of the plan */
    void (*restart)(void *ctx, uint32_t node); /* with addresses and apps */
    void (*app)(void *ctx, uint32_t app, bool start);
    void (*news)(void *ctx, const struct hp_run_event *event); /* a fault struck, an expectation was decided */
    void (*look)(void *ctx, uint32_t app, struct rules_app *out);
    void *ctx;
};

struct rules;
/* Reads the plan's lines and plans what is to happen: before the world runs.  HP_EPROTO fills *error. */
int rules_new(const struct rules_config *config, struct rules **out, struct hp_plan_error *error);
void rules_free(struct rules *r); /* the world must not run any more */
void rules_tell(struct rules *r, const struct happening *h); /* what apps do: APP_*, PROGRESS, SAID */
void rules_look(struct rules *r); /* after every event of the world */
bool rules_look_needed(const struct rules *r); /* false: nothing here wants that */
void rules_end(struct rules *r); /* the run is over: every verdict is spoken */
hp_time rules_last(const struct rules *r);       /* the last time that a line names: until then there is something to come */
bool rules_expect(const struct rules *r, uint32_t i, struct hp_run_verdict *out); /* false: past the last */

/* ---- line.c   ---- */

struct rule_line {
    const struct hp_plan *plan;
    const struct hp_plan_words *words;
    struct hp_plan_error *error;
    uint32_t word; /* the current word ... */
    uint32_t at; /* ... and the byte in it */
    char token[128]; /* the current token, "" at the end */
    struct hp_plan_place place;
    bool quoted, failed;
};
void rule_begin(struct rule_line *r, const struct hp_plan *plan, const struct hp_plan_line *line, struct hp_plan_error *error);
void rule_next(struct rule_line *r);
bool rule_end(const struct rule_line *r);
bool rule_is(const struct rule_line *r, const char *word); /* not consumed */
bool rule_take(struct rule_line *r, const char *word); /* consumed if it is this */
void rule_take_text(struct rule_line *r, char *buf, size_t n);   /* the token as text, consumed */
bool rule_time(struct rule_line *r, hp_time *out); /* or complains */
bool rule_is_time(const struct rule_line *r);
bool rule_number(struct rule_line *r, double *out); /* with a unit of size, rate, time (ns) or share; or complains */
bool number_parse(const char *text, double *out);
bool rule_compare(struct rule_line *r, enum compare *out); /* consumed if there is one: == != < <= > >= */
bool rule_filter(struct rule_line *r, struct filter *out); /* as far as it goes (wire/filter.h); or complains */
/* Complains about the current token; answers false. */
bool rule_wrong(struct rule_line *r, const char *const *nearest, const char *what);
/* ... with the nearest name; names: enum hp_plan_names. */
bool rule_wrong_name(struct rule_line *r, unsigned names, const char *what);
bool rule_finish(struct rule_line *r); /* nothing may follow */

bool glob_match(const char *pattern, const char *name); /* * and ? */

/* ---- pattern.c ---- */

struct pattern {
    uint32_t kinds; /* 1 << enum happening_kind */
    char where[64]; /* glob of a node, cable or app; "" = anywhere */
    char from[64]; /* ping: who answers; an address or a node */
    char words[96]; /* text, proto, state */
    char state_from[24], state_to[24];
    enum hp_drop drop; /* HP_DROP_NONE = any */
    int result; /* of an app that ended: 1 well, 0 badly, -1 either */
    bool ping, has_filter;
    struct filter filter;
};
bool pattern_begins(const struct rule_line *r); /* do the next words look like a pattern? */
bool pattern_read(struct rule_line *r, struct pattern *out);
bool pattern_match(const struct rules *r, const struct pattern *p, const struct happening *h);

/* ---- state.c ---- */

/* The protocol's name, consumed; *words: its states, or NULL if it may say anything.  Both complain. */
bool state_read_proto(struct rule_line *r, char *proto, size_t n, const char *const **words);
bool state_read_word(struct rule_line *r, const char *const *words, char *state, size_t n);

/* ---- metric.c ---- */

enum { METRIC_FUNCTION_NONE,
       METRIC_SUM,
       METRIC_MIN,
       METRIC_MAX,
       METRIC_MEAN,
       METRIC_JAIN,
       METRIC_COUNT };
struct metric {
    uint8_t function;
    uint8_t of; /* enum metric_of */
    char name[64], what[64]; /* glob of things; which number of them */
    int32_t *thing; /* what the glob means, in the plan's order */
    uint32_t things;
};
bool metric_read(struct rule_line *r, struct rules *rules, struct metric *out);
void metric_free(struct rules *rules, struct metric *m);
double metric_value(const struct rules *rules, const struct metric *m);

/* ---- condition.c ---- */

enum { CONDITION_NODES_MAX = 16 };
struct condition_term {
    bool is_number;
    double number;
    struct metric metric;
};
struct condition_node {
    enum { CONDITION_AND,
           CONDITION_OR,
           CONDITION_NOT,
           CONDITION_COMPARE,
           CONDITION_ROUTE,
           CONDITION_ADDRESS } kind;
    uint8_t a, b, op;
    struct condition_term left, right;
    int32_t node; /* route, address: of the plan */
    struct hp_prefix prefix;
    struct hp_ip via; /* all zeros = any */
    char text[96]; /* as it was written */
};
struct condition {
    struct condition_node node[CONDITION_NODES_MAX];
    uint8_t count, root;
};
bool condition_read(struct rule_line *r, struct rules *rules, struct condition *out);
void condition_free(struct rules *rules, struct condition *c);
bool condition_holds(const struct rules *rules, const struct condition *c);
/* "neck.queue is 3145728": the comparison that decides it, with its numbers. */
void condition_explain(const struct rules *rules, const struct condition *c, char *buf, size_t n);

/* ---- mishap.c, action.c ---- */

enum action_kind { ACTION_DOWN,
                   ACTION_UP,
                   ACTION_SET,
                   ACTION_CRASH,
                   ACTION_RESTART,
                   ACTION_FREEZE,
                   ACTION_THAW,
                   ACTION_CLOCK,
                   ACTION_PARTITION,
                   ACTION_HEAL,
                   ACTION_START,
                   ACTION_STOP,
                   ACTION_MTU }; /* set NODE.INTERFACE mtu */
enum action_clock { CLOCK_STEP,
                    CLOCK_DRIFT,
                    CLOCK_JUMP };

struct action {
    enum action_kind kind;
    int32_t *thing; /* cables, nodes or apps of the plan */
    uint32_t things;
    uint32_t mask[2]; /* set: 1 << enum value_field: which of these, there and back */
    struct hp_way way[2];
    struct hp_way (*before)[2]; /* set: what to go back to, per cable */
    enum action_clock clock;
    hp_time by; /* clock: step, jump */
    int32_t ppb; /* clock: drift */
    uint32_t mtu; /* of the interface of each node */
    char interface[64];
    int64_t *was; /* mtu, drift: what to go back to, per node */
};
const char *const *action_verbs(void);
bool action_is_verb(const struct rule_line *r); /* or the opposite of one: what may be said to have struck */
bool action_read(struct rule_line *r, struct rules *rules, struct action *out);
void action_free(struct rules *rules, struct action *a);
void action_do(struct rules *rules, struct action *a);
void action_undo(struct rules *rules, struct action *a);
bool action_is_final(const struct action *a); /* it cannot be undone */
const char *action_opposite(const struct action *a); /* "up" of "down" */

struct mishap {
    struct rules *rules;
    const struct hp_plan_line *line;
    char text[96]; /* the action's words: "down neck" */
    struct action action;
    bool has_pattern, planned; /* planned: when, once: it is on its way */
    bool each; /* when: every time, not only the first */
    struct pattern pattern;
    hp_time from, to, period, span, after; /* span: how long it lasts, 0 = for good */
    uint64_t times;
};
bool mishap_read(struct rules *rules, struct mishap *f, const struct hp_plan_line *line, struct hp_plan_error *error);
int mishap_plan(struct mishap *f); /* puts it on the world's calls */
void mishap_happen(struct mishap *f, const struct happening *h);
void mishap_free(struct mishap *f);

/* ---- expect.c ---- */

enum expect_mode { EXPECT_ALWAYS,
                   EXPECT_NEVER,
                   EXPECT_EVENTUALLY,
                   EXPECT_WITHIN,
                   EXPECT_FINAL,
                   EXPECT_SOMETIMES,
                   EXPECT_COUNT };

enum { EXPECT_LAST_MAX = 12,
       EXPECT_LINE = 160 };
struct expect {
    struct rules *rules;
    const struct hp_plan_line *line;
    enum expect_mode mode;
    bool is_pattern, armed, done;
    struct pattern pattern, trigger;
    struct condition condition;
    hp_time from, to, span; /* always: between; eventually: until; within: span */
    hp_time armed_at;
    uint64_t count, count_min, count_max, triggered;
    enum hp_verdict_kind verdict;
    hp_time time;
    uint64_t pkt_id;
    char why[EXPECT_LINE];
    char (*last)[EXPECT_LINE];
    uint32_t lasts;
    const char *last_line[EXPECT_LAST_MAX];
};
bool expect_read(struct rules *rules, struct expect *x, const struct hp_plan_line *line, struct hp_plan_error *error);
int expect_plan(struct expect *x);
void expect_happen(struct expect *x, const struct happening *h);
void expect_look(struct expect *x);
void expect_end(struct expect *x);
void expect_free(struct expect *x);

/* ---- history.c ---- */

enum { HISTORY_MAX = 8192 };
struct history_entry {
    hp_time time;
    uint64_t pkt_id;
    int32_t node, cable;
    const char *proto, *from, *to;
    uint8_t kind, layer, end; /* kind: enum hp_trace_kind, or HISTORY_CABLE + enum hp_cable_event_kind */
    uint16_t drop;
};
enum { HISTORY_CABLE = 32 };
struct history {
    struct history_entry *entry;
    uint64_t count;
};
int history_open(struct history *h, struct hp_mem *mem);
void history_close(struct history *h, struct hp_mem *mem);
void history_machine(struct rules *r, const struct hp_event *e, int32_t node);
void history_cable(struct rules *r, const struct hp_cable_event *e, int32_t cable);
struct history_about { /* which events bear on something */
    uint64_t pkt_id; /* those of this packet; 0: */
    uint32_t kinds; /* 1 << enum hp_trace_kind, 0 = all */
    const char *proto; /* of these kinds, or NULL */
    const uint8_t *node, *cable; /* of the plan: not 0 = its; NULL = of all */
};
/* The last events of it, oldest first; answers how many lines were written. */
uint32_t history_lines(const struct rules *r, const struct history_about *about, char (*lines)[EXPECT_LINE], uint32_t max);

/* ---- happening.c ---- */

struct rules {
    struct rules_config c;
    struct mishap *fault;
    uint32_t faults;
    struct expect *expect;
    uint32_t expects;
    struct history history;
    uint32_t kinds; /* of happenings that somebody waits for */
    bool looks;
};
hp_time rules_now(const struct rules *r);
void rules_say(struct rules *r, enum hp_run_news kind, const char *text, int result);
int rules_watch(struct rules *r);
/* Indexes of the plan's things whose names the glob means; complains if there are none.  HP_ENOMEM is a complaint, too. */
enum rules_of { RULES_NODES,
                RULES_CABLES,
                RULES_APPS };
const char *rules_name(const struct hp_plan *plan, enum rules_of of, uint32_t i);
uint32_t rules_count(const struct hp_plan *plan, enum rules_of of);
bool rules_any(const struct hp_plan *plan, enum rules_of of, const char *glob);
bool rules_find(struct rule_line *in, struct rules *r, enum rules_of of, const char *glob, int32_t **out, uint32_t *count);

#endif
