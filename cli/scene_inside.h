/* The scene from inside.
 *
 *   scene.c        made, fed by the trace, freed
 *   scene_frame.c  frames: which are kept, and what of them
 *   scene_world.c  machines and cables: who there is, and what they know
 *   scene_add.c    what the caller adds: steps, the page, expectations
 *   scene_json.c   all of it as JSON;  scene_html.c the page around it */
#ifndef CLI_SCENE_INSIDE_H
#define CLI_SCENE_INSIDE_H

#include "scene.h"

enum { SCENE_FRAMES = 5000, SCENE_SNAP = 224, SCENE_WHOLE = 2 << 20,
       SCENE_EVENTS = 20000, SCENE_FIELDS_MAX = 400, SCENE_CONNS_MAX = 2048, SCENE_ITEMS_MAX = 4096,
       SCENE_TABLE_ROWS_MAX = 256 };

/* An array that grows; items of one size. */
struct scene_list {
    void *at;
    size_t count, room;
};

/* Texts, each once, by number; 0 is "". */
struct scene_texts {
    struct scene_list bytes;    /* char: all texts with their NULs */
    struct scene_list start;    /* uint32_t: where each begins */
    uint32_t *slot;             /* open addressing: number + 1 */
    size_t slots;
};

struct scene_node {
    uint32_t name, kind, label;
    bool placed;
    double x, y;
    struct scene_list addresses;        /* struct scene_address */
    unsigned looked;                    /* how many the stack had when it was looked at last, */
    struct hp_prefix last;              /* ... and the last of them */
    struct scene_list rows;             /* struct scene_row: tables at the end */
};

/* An address that a node had since `time`. */
struct scene_address {
    hp_time time;
    uint32_t link, text;
};

/* A row of a table: "routes", "neighbors", "switching", "counters". */
struct scene_row {
    uint8_t table;
    uint32_t cell[4];
};
enum scene_table { SCENE_ROUTES, SCENE_NEIGHBORS, SCENE_SWITCHING, SCENE_LINKS, SCENE_COUNTERS, SCENE_TABLES };

struct scene_cable {
    const struct hp_cable *cable;
    uint32_t name, link[2];
    int32_t node[2];
    struct hp_way way[2];
    bool half_duplex;
    struct hp_cable_stats stats[2];
    int32_t flying[2];                  /* the first and last kept frames that are on it, per sending end: numbers, -1 = none */
    int32_t flying_last[2];
    uint64_t left_out;
};

enum { SCENE_FLYING = -1 };

struct scene_frame {
    uint64_t id;
    hp_time in, out;                    /* out: arrived or died; SCENE_FLYING = neither yet */
    uint16_t cable;
    uint8_t end, dup;
    uint16_t drop;                      /* enum hp_drop, 0 = none */
    uint32_t len, bytes, bytes_n, fcs;  /* of the frame; where its kept bytes are, how many */
    uint32_t shape, diff, diff_n;       /* which fields; where the texts that differ from the shape's are: pairs */
    uint32_t line, proto;
    int32_t conn, next_flying;
    uint8_t side;                       /* of the connection: who sent it */
    uint8_t again;                      /* it has TCP data that went before */
    uint16_t flags;
    uint32_t seq, ack, payload, win;
    uint32_t left_out;                  /* frames that were not kept since the one before */
};

/* A list of fields: what frames of a kind have in common. */
struct scene_field {
    uint32_t name, label, at, n;
    uint8_t depth;
};
struct scene_shape {
    struct scene_list fields;           /* struct scene_field */
    struct scene_list texts;            /* uint32_t, of the first frame of this shape */
    uint64_t hash;
};

struct scene_conn {
    uint32_t a, b;                      /* "10.1.0.2:40000" */
    int32_t node_a, node_b;
    uint32_t isn[2], max[2];            /* first sequence number, and the first that was not sent yet */
    bool known[2];
    uint8_t wscale[2];
};

struct scene_event {
    hp_time time;
    uint64_t packet, object;
    int64_t value;
    int32_t node;
    uint32_t proto, key, from, to;
    uint8_t kind, layer;
    uint16_t drop;
};

struct scene_part {                     /* steps, loads, expectations, facts: texts and numbers */
    uint32_t text[5];
    hp_time time[5];
    uint64_t number[2];
    struct scene_list packets;          /* uint64_t */
};

struct scene {
    struct scene_config config;
    struct hp_world *world;
    struct scene_texts texts;
    bool ended;
    uint64_t digest, events, memory_failures;
    uint64_t frames_seen, events_left_out, bulk_seen, fields_cut;
    hp_time time;                       /* the last that was seen */
    uint32_t bulk_kept, bulk_every;
    int32_t left_out;                   /* frames since the last kept one; below 0: of those before, fewer */
    struct scene_list nodes, cables, frames, bytes, diffs, shapes, conns, events_list;
    struct scene_list facts, steps, loads, expects, faults, symbols;
    uint64_t *kept;                     /* ids of packets that are kept: open addressing */
    size_t kept_slots, kept_count;
    uint8_t *png;
    size_t png_n;
    uint32_t page_url, page_text, symbols_code, symbols_cable;
    uint64_t symbols_packet;
    uint8_t *scratch;                   /* a whole frame */
};

enum { SCENE_FRAME_MAX = 65536 + 256 };

/* scene.c */
void *scene_list_add(struct scene *s, struct scene_list *l, size_t size);           /* zeroed; NULL: out of memory */
size_t scene_list_add_bytes(struct scene *s, struct scene_list *l, const void *p, size_t n);    /* answers where; SIZE_MAX */
uint32_t scene_text(struct scene *s, const char *text);                              /* its number; NULL = 0 */
uint32_t scene_text_n(struct scene *s, const char *text, size_t n);
const char *scene_text_of(const struct scene *s, uint32_t number);
struct scene_part *scene_part_add(struct scene *s, struct scene_list *l);
/* scene_frame.c */
void scene_cable_event(void *ctx, const struct hp_cable_event *e);
/* scene_world.c */
int scene_look(struct scene *s);                                                     /* at machines and cables; HP_ENOMEM */
void scene_look_addresses(struct scene *s, int32_t node, hp_time time);
void scene_look_end(struct scene *s);
int32_t scene_find_node(const struct scene *s, const char *name);                    /* -1 */
/* scene_html.c */
void scene_json_bytes(FILE *f, const void *p, size_t n);                             /* base64, quoted */

#define SCENE_AT(list, type, i) (&((type *)(list).at)[i])

#endif
