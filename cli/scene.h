/* The scene: a run of a world, recorded so that it can be looked at.
 *
 *     struct scene *s = scene_new(&(struct scene_config){.title = "A page's way"});
 *     scene_watch(s, world);                  // after the machines and cables are made, before it runs
 *     hp_world_run(world, ...);               // meanwhile: scene_say() for what programs tell
 *     scene_end(s);                           // while the world still exists: tables, counters, digest
 *     scene_write_html(s, "out/report.html"); // one page, nothing else needed
 *     hp_world_free(world);
 *     scene_free(s);                          // after the world, which tells it everything to the last
 *
 * It is a consumer of hp_world_trace() like any other, and keeps what it was given: frames with all their fields and their first bytes,
 * states, drops, notes, lines of the programs, and what the caller adds (steps, the rendered page, expectations, faults).  Everything is bounded; what
 * was left out is counted, and the page says so.  docs/SCENE.md describes the JSON.  Texts are UTF-8 and copied; times are the world's.
 * If memory runs out the rest is left out and counted. */
#ifndef CLI_SCENE_H
#define CLI_SCENE_H

#include <stdio.h>

#include "hepta/lab.h"

struct scene;

struct scene_config {
    const char *title;          /* NULL = "hepta" */
    const char *lang;           /* "en" or "ko": in which the page opens; NULL = "en" */
    uint32_t frames_max;        /* frames that are kept; 0 = 5000.  Openings, closes, retransmissions, losses and everything but TCP's bulk first;
                                   of the bulk the first, then samples, a packet on all its cables or on none */
    uint32_t snap;              /* bytes that are kept of each frame: 0 = all of the first 2 MiB of frames, then 224 of each.  All fields are of the
                                   whole frame */
    uint32_t events_max;        /* states, drops, notes and lines, each: 0 = 20000 */
};

/* NULL if memory ran out. */
struct scene *scene_new(const struct scene_config *config);
/* After the world that it watched: machines tell what becomes of them to the last. */
void scene_free(struct scene *s);

/* HP_ENOMEM.  Looks at the world as it is: machines and cables that are made later are not shown. */
int scene_watch(struct scene *s, struct hp_world *w);
/* Reads the tables that machines have at the end, counters and the digest.  What happens later is not recorded. */
void scene_end(struct scene *s);

/* ---- without a world: what was seen on a real wire ----
 * Instead of scene_watch(): machines and cables, then what happened, in the order of time from 0. */
/* Answers its number, or -1: no memory. */
int scene_node(struct scene *s, const char *name, const char *kind);
void scene_address(struct scene *s, const char *node, const char *link, const char *address);
int scene_cable(struct scene *s, const char *name, int a, int b, hp_time delay); /* from end 0 to end 1 */
struct scene_seen {
    uint32_t cable;
    int end;                    /* that it was handed to */
    hp_time in, out;            /* out: it arrived or died; HP_NEVER = nobody knows */
    enum hp_drop drop;
    uint64_t id;
    bool raw_ip;                /* it begins with its IP header */
    struct hp_bytes bytes;      /* without FCS */
};
void scene_frame(struct scene *s, const struct scene_seen *seen);
/* Of a connection of TCP; key: "10.7.0.2:40000 > 10.7.0.1:80". */
void scene_state(struct scene *s, hp_time time, const char *node, uint64_t object, const char *key, const char *from, const char *to);
void scene_drop(struct scene *s, hp_time time, const char *node, uint64_t packet, enum hp_drop drop);

/* ---- what the world does not know ---- */
/* How the machine is drawn: "host", "server", "router", "switch", "hub"; by itself a machine is what its profile makes it. */
void scene_kind(struct scene *s, const char *node, const char *kind);
/* A second line under its name: "www.google.com". */
void scene_label(struct scene *s, const char *node, const char *label);
/* Where it is drawn, in any unit, x to the right and y down; a scene in which every node has a place is drawn so, else by itself. */
void scene_place(struct scene *s, const char *node, double x, double y);
/* A line of a program; node may be NULL. */
void scene_say(struct scene *s, hp_time time, const char *node, int layer, const char *proto, const char *text);
/* Shown at the top: "seed", "7".  A key again replaces its value. */
void scene_fact(struct scene *s, const char *key, const char *value);

/* A step of the guided tour. */
struct scene_step {
    const char *label;          /* what it is called in short, "3a"; NULL = its number */
    const char *title, *text;   /* in the page's language; text: paragraphs, divided by empty lines; a paragraph that begins with "    " is shown as it is */
    const char *other_lang, *other_title, *other_text; /* the same in another language, "ko" or "en"; NULL = there is none */
    hp_time begin, end;         /* when; the page plays this span */
    int layer;                  /* 1..7 that it is about, or 0 */
    const uint64_t *packets;    /* ids of packets that it is about */
    size_t packet_count;
};
void scene_step(struct scene *s, const struct scene_step *step);

/* The page as it was drawn: a PNG (NULL: none) and as text (NULL: none). */
void scene_page(struct scene *s, const char *url, struct hp_bytes png, const char *text);
/* Something that was fetched for it, for the waterfall; the times in their order, 0 = not. */
struct scene_load {
    const char *url;
    int status;                 /* 0 = it failed */
    uint64_t bytes;
    hp_time began, resolved, connected, first_byte, ended;
    const char *note;           /* or NULL: "304", "connection kept" */
};
void scene_load(struct scene *s, const struct scene_load *load);

/* The symbols of a frame on its first cable: runs of bits as they went, each with a name: "preamble", "SFD", "dst", "src", "type", "payload", "FCS".
 * Without it the page computes the Manchester code of any frame that it is asked for; this adds what the machine really sent. */
struct scene_run {
    const char *label;
    const uint8_t *bits;        /* one per byte, 0 or 1, in the order of the wire */
    size_t count;
};
void scene_symbols(struct scene *s, const char *code, uint64_t packet, const char *cable, const struct scene_run *runs, size_t count);

/* How an expectation ended, and a fault that was made. */
struct scene_expect {
    const char *text;           /* as it stands in the file */
    bool held;
    hp_time time;               /* when it was decided */
    uint64_t packet;            /* that decided it, 0 = none */
    const char *why;            /* or NULL; its last events, a line each */
};
void scene_expect(struct scene *s, const struct scene_expect *e);
void scene_fault(struct scene *s, hp_time time, const char *text);

/* ---- out ---- */
/* One JSON object and a newline (docs/SCENE.md).  false: f has an error. */
bool scene_write_json(const struct scene *s, FILE *f);
/* The page with that object inside.  false: it could not be written (errno). */
bool scene_write_html(const struct scene *s, const char *path);

#endif
