/* The reader of the lab language, from inside.
 *
 *   lexer.c    bytes into lines of words, with their places
 *   origin.c   ... in the text that they were made from
 *   range.c    c[1..64]: what a line with ranges stands for, one turn after the other
 *   unfold.c   a word in one turn: [..], $i and ${i*4+1} replaced
 *   expr.c     the arithmetic in ${...}
 *   read.c     a line's key word decides; lab, include
 *   attr.c     walks through attributes; kinds
 *   node.c     host, router, switch, hub, repeater
 *   cable.c    cable
 *   way.c      what a cable does to frames
 *   value.c    ... its values, as `set CABLE` has them too (value.h)
 *   trace.c    rate-trace
 *   app.c      app; at, every, when, expect
 *   name.c     names: what may be one, and who has it
 *   error.c    complaints
 *   nearest.c  what was probably meant
 *   arena.c    memory
 *   check.c    what is allowed and probably not meant
 *
 * A word's text lies in the arena for good: the file is copied there once and cut into words in place. */
#ifndef LAB_PLAN_PLAN_H
#define LAB_PLAN_PLAN_H

#include "core/map.h"
#include "core/random.h"
#include "core/text.h"
#include "hepta/plan.h"

enum { PLAN_TURNS_MAX = 3, PLAN_LONG_NAME_MAX = 79, PLAN_NODE_WORDS_MAX = 65536 };

/* ---- arena.c ---- */

struct plan_block {
    struct plan_block *next;
    size_t size;
};

struct plan_file {
    const char *name;           /* NULL: the file itself */
    const char *text;           /* as it was written, for messages */
    char *cut;                  /* the copy that becomes words */
    size_t n;
};

struct plan_rooms {
    uint32_t node, more, cable, app, fault, expect;
};

struct plan_node_more {         /* what only the reader needs */
    uint32_t free_from;         /* interfaces before this one have a cable */
    uint32_t eths;              /* eth0, eth1, ... so many of them */
};

struct hp_plan_arena {
    struct hp_mem *mem;
    struct key key;
    struct plan_block *block;
    char *at, *end;             /* in the newest block */
    struct map nodes, cables, apps, ports, counts, templates, kinds;
    struct plan_rooms room;
    uint32_t first_room;        /* of an array, guessed from the file's length */
    uint32_t coming;            /* how many the line at hand stands for: arrays need not double their way there */
    struct plan_node_more *more;
    struct plan_file *file;
    uint32_t files;
    struct hp_plan_place found;         /* the line that was complained of last, and where it begins */
    size_t found_at;
};

/* Zeroed, for anything; NULL if memory ran out. */
void *plan_alloc(struct hp_plan_arena *a, size_t n);
char *plan_text(struct hp_plan_arena *a, const char *text, size_t n);
/* Room for one more of `count` in an array of the arena that doubles: NULL if memory ran out, else the array, perhaps moved. */
void *plan_more(struct hp_plan_arena *a, void *array, uint32_t count, size_t size);
/* The same for an array that is freed when it moves. */
bool plan_grow(struct hp_plan_arena *a, void **array, uint32_t *room, uint32_t count, size_t size);
uint64_t plan_hash(const struct hp_plan_arena *a, const char *name, size_t n);
struct hp_plan *plan_new(const struct hp_allocator *allocator, const char *text, size_t n);

/* ---- reading ---- */

struct plan_word {              /* as it was written, quotes off; \$ and \[ are an ESC byte and the character */
    const char *text;
    uint32_t n;
    struct hp_plan_place place;
    bool quoted;
    bool plain;                 /* nothing to unfold */
};

struct plan_spot {
    size_t at;
    uint32_t line, column;
};

struct plan_source {            /* a file that is being read */
    const char *text;
    char *cut;
    size_t n, at;
    uint32_t file, line, column;
    uint32_t depth;
    const struct hp_plan_origin *origin;        /* of this text, or NULL */
    uint32_t mark;                              /* that counts at `at` */
    struct plan_spot spot;                      /* in the origin: where it was asked for last */
};

struct plan_kind;
struct plan_reader {
    struct hp_plan *plan;
    struct hp_plan_arena *arena;
    const struct hp_plan_options *options;
    struct hp_plan_error *error;
    int err;
    uint32_t errors;
    size_t bytes;               /* of all files */
    uint32_t interfaces, unfolded;
    bool named;                 /* a lab line was seen */
    const struct plan_kind *kind; /* the last */
    struct plan_word *word;     /* of this line */
    uint32_t words, word_room;
    char *scratch;              /* words of the attribute at hand, unfolded */
    size_t scratch_at;
};
enum { PLAN_SCRATCH = 8 * (HP_PLAN_WORD_MAX + 1), PLAN_ESC = 1 };

/* error.c: all answer false, so that a reader can return them. */
bool plan_fail(struct plan_reader *r, const struct plan_word *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool plan_fail_near(struct plan_reader *r, const struct plan_word *at, const char *const *nearest, const char *wrong, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool plan_fail_at(struct plan_reader *r, struct hp_plan_place place, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool plan_fail_node(struct plan_reader *r, const struct plan_word *at, const char *wrong);
bool plan_no_memory(struct plan_reader *r);
void plan_error_fill(const struct hp_plan *plan, struct hp_plan_error *error, struct hp_plan_place place, const char *format, va_list args);

/* nearest.c */
struct plan_nearest {
    const char *wrong, *best;
    unsigned distance;
};
struct plan_nearest plan_nearest_to(const char *wrong);
void plan_nearest_try(struct plan_nearest *n, const char *word);
void plan_nearest_hint(const struct plan_nearest *n, struct hp_plan_error *error);

/* One character and its cells; what is no UTF-8 is one byte. */
size_t plan_character(const char *s, size_t n, unsigned *cells);
uint32_t plan_cells(const char *s, size_t n);

/* origin.c: line and column of another byte of the text. */
void plan_spot_move(struct plan_spot *s, const char *text, size_t n, size_t to);
/* Where in its origin the source is now. */
struct hp_plan_place plan_origin_place(struct plan_source *s);

/* lexer.c: the next line that has words; false: the end, or r->err. */
bool plan_line(struct plan_reader *r, struct plan_source *s);

/* read.c: a file that a line names, opened and given back; and made ready to be read line by line. */
bool plan_open(struct plan_reader *r, const struct plan_source *from, const struct plan_word *w, const char **text, size_t *n);
void plan_close(struct plan_reader *r, const char *text, size_t n);
bool plan_source_begin(struct plan_reader *r, const char *name, const char *text, size_t n, uint32_t depth, struct plan_source *out);

/* trace.c */
/* A line; `from`: where it stands. */
bool plan_rate_trace_line(struct plan_reader *r, const struct plan_source *from);

/* range.c */
struct plan_range {             /* a part of a range: numbers, or one word of a list */
    const struct plan_range *next;
    const char *text;
    uint32_t n, width;
    int64_t from;
    int32_t step;
    uint64_t count;
};
struct plan_turn {
    const char *at;             /* the bracket */
    const struct plan_range *first, *part;
    uint64_t k;                 /* within the part */
    const char *value;
    uint32_t value_n;
    char digits[24];
};
/* The ranges of a line, where each of them is, and what else a $ can stand for. */
struct plan_turns {
    struct plan_turn turn[PLAN_TURNS_MAX];
    uint32_t count;
    uint64_t n;                 /* $n: 1, 2, ... */
    const char *name, *a, *b;   /* $name, and $a, $b of a cable; or NULL */
};
bool plan_turns_add(struct plan_reader *r, struct plan_turns *t, const struct plan_word *w);
void plan_turns_begin(struct plan_turns *t);
bool plan_turns_next(struct plan_turns *t);         /* false: that was the last */
/* Names like this one were made: c[i] will mean them. */
bool plan_turns_keep(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w);
/* ... like two words with something between. */
bool plan_turns_keep_pair(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *a, char between, const struct plan_word *b);
/* Where a range or [i] ends that begins at p, or NULL if that is just a bracket; *index: 0.. for [i], [j], [k], else -1. */
const char *plan_range_end(const char *p, int *index);

/* unfold.c: the word in this turn, in the arena, the scratch or the word itself; NULL: r->err. */
const char *plan_unfold(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w);
/* expr.c: answers past the end of the expression, NULL: r->err. */
const char *plan_expr(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *p, int64_t *out);
bool plan_variable(struct plan_reader *r, const struct plan_turns *t, const struct plan_word *w, const char *name, size_t n, const char **value,
                   size_t *value_n, char digits[24]);

/* attr.c */
struct plan_cursor {
    struct plan_reader *r;
    const struct plan_turns *turns;
    const struct plan_word *word, *end, *key;   /* key: the attribute that is being read */
    const struct plan_word *last;               /* that was taken */
    uint32_t depth, *budget;
};
/* The next word, unfolded; NULL: there is none, and `wanted` was complained of, or r->err. */
const char *plan_take(struct plan_cursor *c, const char *wanted);
/* ... without taking it; NULL: there is none. */
const char *plan_peek(struct plan_cursor *c);
struct plan_attr {
    const char *name;
    bool (*read)(struct plan_cursor *c, void *ctx);
    unsigned kinds;             /* of nodes: 1 << kind */
};
bool plan_attrs(struct plan_cursor *c, const struct plan_attr *table, unsigned kinds, void *ctx,
                bool (*other)(struct plan_cursor *c, void *ctx, const char *word, bool *known));
bool plan_is_attr(const struct plan_attr *table, const char *word);
bool plan_take_number(struct plan_cursor *c, const char *wanted, uint64_t min, uint64_t max, uint64_t *out);
bool plan_take_address(struct plan_cursor *c, struct hp_prefix *out);
bool plan_take_ip(struct plan_cursor *c, struct hp_ip *out);

struct plan_kind {
    const char *name, *of;      /* of: "host", "cable", ... */
    struct plan_word *word;
    uint32_t words;
    struct hp_plan_place place;
    const struct plan_kind *next;               /* the one before it in the file */
};
bool plan_kind_line(struct plan_reader *r, const char *of, bool (*try)(struct plan_reader *r, const struct plan_kind *k));
const struct plan_kind *plan_kind_find(struct plan_cursor *c, const char *of, const char *name);

/* name.c */
bool plan_name_ok(struct plan_reader *r, const struct plan_word *at, const char *name, size_t most);
const char *plan_name_wrong(const char *name, size_t most);     /* NULL = it is one */
/* "a-b", "a-b.2", ...: the first that is free. */
bool plan_name_free(struct plan_reader *r, const char *base, bool (*taken)(const struct hp_plan *, const char *), const char **out);
bool plan_name_add(struct plan_reader *r, struct map *m, const char *name, uint32_t index);

/* node.c, cable.c, app.c: a line each */
bool plan_node_line(struct plan_reader *r, enum hp_node_kind kind);
bool plan_node_kind_line(struct plan_reader *r, enum hp_node_kind kind);
bool plan_cable_line(struct plan_reader *r);
bool plan_cable_kind_line(struct plan_reader *r);
bool plan_app_line(struct plan_reader *r);
bool plan_happening_line(struct plan_reader *r, bool expect);
const char *plan_kind_text(enum hp_node_kind kind);
/* "a" or "a.eth1": the node, and the interface, which is made if it has no such yet (no name given: the first without a cable). */
bool plan_port_find(struct plan_reader *r, const struct plan_word *at, const char *name, uint32_t *node, uint32_t *interface);
bool plan_interface(struct plan_reader *r, const struct plan_word *at, uint32_t node, const char *name, uint32_t *out);
bool plan_interface_address(struct plan_reader *r, const struct plan_word *at, uint32_t node, uint32_t interface, const struct hp_prefix *address);

/* way.c */
struct plan_cable_at {
    struct hp_plan_cable *cable;
    bool back, has_back;
    const struct plan_word *name;
    const char *name_text;
};
extern const struct plan_attr plan_way_attrs[];
bool plan_cable_attrs(struct plan_cursor *c, struct plan_cable_at *at);

#endif
