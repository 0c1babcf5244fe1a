/* A network as it is described: what a lab file says, before anything of it is built.
 *
 * hp_plan_parse() reads the lab language (docs/LAB.md) into a struct hp_plan: ranges and templates unfolded, names looked up, units
 * turned into numbers.  hp_run_new() (run.h) builds a world from it and lets it happen.  Whoever has another language fills the same
 * struct. */
#ifndef HEPTA_PLAN_H
#define HEPTA_PLAN_H

#include "hepta/net.h"
#include "hepta/physical.h"
#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where in the file: 1, 2, ...; line 0 = it was not written there.  Columns are cells of a terminal: Korean is two wide. */
struct hp_plan_place {
    uint32_t line, column;
    uint32_t file;                  /* 0 = the file itself, or one that it includes: hp_plan_file() */
};

/* One word of a line, quotes taken off, ranges and $i unfolded. */
struct hp_plan_word {
    const char *text;
    struct hp_plan_place place;
    bool quoted;
};
struct hp_plan_words {
    const struct hp_plan_word *word;
    uint32_t count;
};

/* ---- what there is ---- */

enum hp_node_kind { HP_NODE_HOST, HP_NODE_ROUTER, HP_NODE_SWITCH, HP_NODE_HUB, HP_NODE_REPEATER };

enum { HP_PLAN_NONE = -1 };

struct hp_plan_interface {
    const char *name;               /* "eth0", "eth1", ... unless the file says another                   */
    int32_t cable, end;             /* that is plugged in: index into cables, 0 or 1; HP_PLAN_NONE        */
    struct hp_prefix *address;
    uint32_t addresses;
    bool dhcp, no_slaac;            /* slaac is what hosts do unless told not to                          */
    struct hp_mac mac;              /* all zeros = by the world's rule                                    */
    uint32_t mtu;                   /* 0 = the cable's                                                    */
    struct hp_prefix advertise;     /* routers: this prefix in router advertisements; len 0 = none        */
};

struct hp_plan_setting {            /* of the stack: hp_setting_set()                                     */
    const char *name;
    int64_t value;
    struct hp_plan_place place;
};

struct hp_plan_node {
    const char *name;
    enum hp_node_kind kind;
    struct hp_plan_interface *interface;
    uint32_t interfaces;
    struct hp_route *route;         /* written as `route PREFIX via GATEWAY`; `gw X` is the default route */
    uint32_t routes;
    bool routes_auto;               /* shortest paths to every network of the plan, computed at the start */
    struct hp_ip *dns;              /* the resolver of its programs asks these                            */
    uint32_t dns_servers;
    const char *cc;                 /* congestion control of its connections, NULL = the stack's default  */
    struct hp_plan_place cc_place;
    uint64_t memory_max;            /* 0 = no bound                                                       */
    struct hp_plan_setting *setting;
    uint32_t settings;
    const char *label;              /* for pictures; NULL = the name                                      */
    struct hp_plan_place place;
};

struct hp_plan_cable {
    const char *name, *kind;        /* kind: of `cable-kind`, or NULL                                     */
    uint32_t node[2];               /* index into nodes                                                   */
    uint32_t interface[2];          /* of that node                                                       */
    struct hp_cable_config config;  /* config.back points to `back` if the directions differ              */
    struct hp_way back;
    struct hp_plan_place place;
};

/* A rate that changes is a struct hp_rate_trace (physical.h): `rate-trace lte 100ms 5Mbit/s 50ms 0`. */

/* A program on a machine: `app c1 get http://s1/ start 10ms`. */
struct hp_plan_app {
    const char *name;               /* "c1.get", "c1.get.2"; or `name X`                                  */
    uint32_t node;
    const char *program;            /* a name of hp_lab_programs (run.h)                                  */
    struct hp_plan_words arguments;
    hp_time start, stop;            /* stop HP_NEVER = by itself                                          */
    struct hp_plan_place place;
};

/* ---- what goes wrong, and what must hold: lines that begin with at, every, when, expect; read by run.h's parts ---- */
struct hp_plan_line {
    struct hp_plan_words words;     /* the first is the key word                                          */
    struct hp_plan_place place;
    const char *text;               /* as it was written, without comment: for messages                   */
};

struct hp_plan {
    const char *name;               /* "lab" unless the file says so */
    uint64_t seed;
    hp_time until;                  /* HP_NEVER = until nothing is left to happen */
    struct hp_plan_node *node;
    uint32_t nodes;
    struct hp_plan_cable *cable;
    uint32_t cables;
    struct hp_rate_trace **trace;
    uint32_t traces;
    struct hp_plan_app *app;
    uint32_t apps;
    struct hp_plan_line *fault;     /* at, every, when */
    uint32_t faults;
    struct hp_plan_line *expect;
    uint32_t expects;
    struct hp_plan_arena *arena;    /* all of the above lies here */
};

/* What is wrong, where, and what was probably meant. */
struct hp_plan_error {
    struct hp_plan_place place;
    char file[64];                  /* of an included file; empty = the file itself */
    char text[256];                 /* "there is no node \"c9\"" */
    char hint[96];                  /* "did you mean \"c1\"?", or empty */
    char line[160];                 /* the line of the file, cut around the place if it is long */
    uint32_t caret;                 /* column within `line` as terminals count: Korean is two wide; 1.. */
};

/* Bounds: of what a file may say. */
enum {
    HP_PLAN_FILE_MAX = 64 << 20,    /* bytes of a file and all that it includes */
    HP_PLAN_INCLUDES_MAX = 8,       /* deep */
    HP_PLAN_FILES_MAX = 256,
    HP_PLAN_NODES_MAX = 1000000,
    HP_PLAN_CABLES_MAX = 2000000,
    HP_PLAN_INTERFACES_MAX = 4000000,
    HP_PLAN_LINES_MAX = 1000000,    /* apps; faults; expectations; and what one line may stand for */
    HP_PLAN_WORDS_MAX = 16000000,   /* of those lines, unfolded */
    HP_PLAN_LINE_WORDS_MAX = 4096,
    HP_PLAN_WORD_MAX = 1023,        /* bytes of a word */
    HP_PLAN_NAME_MAX = 31,          /* bytes of a node's name; of a cable's or app's: 79 */
    HP_PLAN_TRACES_MAX = 1000,
    HP_PLAN_KINDS_DEEP_MAX = 16,    /* kinds built on kinds */
    HP_PLAN_ERRORS_MAX = 20,        /* told to `problem` */
};

/* A text that was made from another one, which is what people wrote: what stands from byte `at` on comes from byte `from` of that one, up to
 * the next mark.  Behind the last mark both are the same, byte for byte. */
struct hp_plan_mark {
    uint32_t at, from;
};
struct hp_plan_origin {
    const char *text;               /* copied */
    size_t n;
    const struct hp_plan_mark *mark; /* `at` goes up; the first is 0 */
    uint32_t marks;
};

struct hp_plan_options {
    /* Finds the text for `include "NAME"` of the file `from` (NULL: the file itself): HP_OK and the text, which is copied, or an error.
     * `close` gives it back.  Without `open` there is nothing to include. */
    int (*open)(void *ctx, const char *from, const char *name, const char **text, size_t *n);
    void (*close)(void *ctx, const char *text, size_t n);
    /* Told of every error, up to HP_PLAN_ERRORS_MAX: reading goes on in the next line.  NULL: the first error ends it. */
    void (*problem)(void *ctx, const struct hp_plan_error *error);
    void *ctx;
    /* All places and lines that the plan and its errors name are those of this text; NULL: of the one that is read. */
    const struct hp_plan_origin *origin;
};

/* Reads a file of the lab language: HP_OK, HP_EPROTO (then *error says what and where), HP_ENOMEM.  The plan is free of the text. */
int hp_plan_parse(const char *text, size_t n, const struct hp_allocator *allocator, struct hp_plan **out, struct hp_plan_error *error);
/* ... with options.  *error is the first. */
int hp_plan_read(const char *text, size_t n, const struct hp_plan_options *options, const struct hp_allocator *allocator, struct hp_plan **out,
                 struct hp_plan_error *error);
void hp_plan_free(struct hp_plan *plan);
/* Index of the node or cable of this name, or HP_PLAN_NONE.  O(1). */
int32_t hp_plan_find_node(const struct hp_plan *plan, const char *name);
int32_t hp_plan_find_cable(const struct hp_plan *plan, const char *name);
int32_t hp_plan_find_app(const struct hp_plan *plan, const char *name);
/* Index of the node's interface, or HP_PLAN_NONE. */
int32_t hp_plan_find_interface(const struct hp_plan *plan, uint32_t node, const char *name);
/* The included file's name, as `include` called it; NULL: the file itself. */
const char *hp_plan_file(const struct hp_plan *plan, uint32_t file);

/* Fills `error` for a word of this plan: for those who read faults, expectations and arguments.  Answers HP_EPROTO.  `wrong`: the word that is wrong, or
 * NULL; if it stands in the place's line but elsewhere, that is where the caret goes.  `nearest`: a NULL-terminated list of words that fit
 * there, or NULL.  The format knows %s %.*s %c %d %u %x with l, ll, z. */
int hp_plan_complain(const struct hp_plan *plan, struct hp_plan_error *error, struct hp_plan_place place, const char *const *nearest, const char *wrong,
                     const char *format, ...) __attribute__((format(printf, 6, 7)));
/* "there is no node "c9"", with the nearest; of nodes, cables and apps that are asked for. */
enum hp_plan_names { HP_PLAN_NODES = 1, HP_PLAN_CABLES = 2, HP_PLAN_APPS = 4 };
int hp_plan_complain_name(const struct hp_plan *plan, struct hp_plan_error *error, struct hp_plan_place place, unsigned names, const char *wrong);
/* Sets the error's place, line and caret to this byte of a text: for those who read another language. */
void hp_plan_error_at(struct hp_plan_error *error, const char *text, size_t n, size_t at);
/* "lab.lab:3:7: error: ...\n    host c1 ipp 10.0.0.1\n            ^~~\n": writes at most n bytes, answers buf. */
char *hp_plan_error_text(const struct hp_plan_error *error, const char *file, char *buf, size_t n);

/* The word of a NULL-terminated list that `wrong` probably stands for: few letters differ, or it begins so.  NULL: none does. */
const char *hp_nearest(const char *wrong, const char *const *words);

/* What is allowed but probably not meant: hosts that no cable is plugged into, interfaces with addresses and no cable, an address twice on
 * one network, gateways that are nobody's neighbours, switches in a loop, times after the end of the run.  Calls `each` for every one; answers how many,
 * or HP_ENOMEM. */
int hp_plan_check(const struct hp_plan *plan, void (*each)(void *ctx, const struct hp_plan_error *warning), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
