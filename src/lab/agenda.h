/* The agenda: which cable or machine is next.
 *
 * Nearly all that happens are frames that arrive within the next microseconds.  So cables whose time is near stand in a ring of short lists,
 * a list for each 64 ns, in which they come and go in a few instructions.  Everything else is in a heap in which every entry can be moved: cables
 * whose time is far, and machines' own deadlines.  What happens to a machine now, because a frame came, is a mark, kept in a small heap
 * of its own; the machine's place in the large one often need not change at all.
 *
 * An entry's id is its rank among entries of the same time: cables have 0, 1, ..., machines AGENDA_MACHINE + 0, 1, ...  So frames that
 * arrive at the same time all arrive before any machine looks at them, and ties never depend on the order of insertion. */
#ifndef LAB_AGENDA_H
#define LAB_AGENDA_H

#include "core/mem.h"

enum { AGENDA_MACHINE_BIT = 31 };
static const uint32_t AGENDA_MACHINE = 1u << AGENDA_MACHINE_BIT;

enum agenda_mark { AGENDA_MARKED = 1, AGENDA_DUE = 2 };    /* it has something to do; it is in the heap `due` */

struct agenda_entry {
    hp_time at;
    uint32_t id;
};

enum { NEAR_WIDTH_BITS = 6, NEAR_BITS = 12, NEAR_LISTS = 1 << NEAR_BITS, NEAR_WORDS = NEAR_LISTS / 64, NEAR_LENGTH_MAX = 16 };

struct agenda_near {
    hp_time at;                         /* HP_NEVER: it stands in no list */
    uint32_t next, prev;                /* cables + 1; 0 = none */
};

struct agenda {
    struct agenda_entry *heap;          /* [0] is the next in the heap */
    uint32_t *where[2];                 /* of cables and machines: place in the heap + 1, 0 = not there */
    struct agenda_near *near;           /* of cables */
    uint32_t count, room, known[2], known_room[2], near_room;
    uint32_t *due;                      /* a heap of machines that have something to do now: nearly always very few */
    uint8_t *mark;                      /* of every machine: enum agenda_mark */
    uint32_t dues, mark_room;
    uint32_t near_first;                /* the first cable of the ring + 1; 0 = look for it */
    hp_time near_first_at;              /* its time */
    uint64_t tick;                      /* 64 ns each: where the ring begins.  No cable in it is earlier */
    uint64_t words, used[NEAR_WORDS];   /* a bit for each word that is not 0; a bit for each list that is not empty */
    uint32_t list[NEAR_LISTS];          /* cable + 1; 0 = empty */
    uint8_t length[NEAR_LISTS];         /* at most NEAR_LENGTH_MAX: others go to the heap, so that no search is long */
};

/* One more cable or machine, not yet on the agenda; its id.  False: no memory, nothing has changed. */
bool agenda_add(struct agenda *a, struct hp_mem *mem, bool machine, uint32_t *id);
/* When it is next; HP_NEVER takes it off. */
void agenda_set(struct agenda *a, uint32_t id, hp_time at);
/* This machine has something to do now; it has not any more. */
void agenda_mark(struct agenda *a, uint32_t id);
void agenda_unmark(struct agenda *a, uint32_t id);
/* The first machine that is marked; false = none. */
static inline bool agenda_marked(const struct agenda *a, uint32_t *id)
{
    if (!a->dues) return false;
    *id = a->due[0] | AGENDA_MACHINE;
    return true;
}
void agenda_free(struct agenda *a, struct hp_mem *mem);

/* The first of all that are not marks; false = none. */
bool agenda_first(struct agenda *a, struct agenda_entry *e);
void agenda_look_near(struct agenda *a);
/* The first cable of the ring + 1, at a->near_first_at; 0 = the ring is empty. */
static inline uint32_t agenda_near_first(struct agenda *a)
{
    if (!a->near_first && a->words) agenda_look_near(a);
    return a->near_first;
}
/* The time of the first in the heap. */
static inline hp_time agenda_heap_at(const struct agenda *a) { return a->count ? a->heap[0].at : HP_NEVER; }
/* Nothing will be set to a time before this, so the ring can begin here. */
static inline void agenda_advance(struct agenda *a, hp_time now) { a->tick = (uint64_t)now >> NEAR_WIDTH_BITS; }
/* The cables of a tick that is in the ring, in no order: cable + 1; 0 = no more. */
static inline uint32_t agenda_list(const struct agenda *a, uint64_t tick) { return a->list[tick & (NEAR_LISTS - 1)]; }
static inline uint32_t agenda_after(const struct agenda *a, uint32_t n) { return a->near[n - 1].next; }

static inline uint32_t *agenda_where(const struct agenda *a, uint32_t id)
{
    return &a->where[id >> AGENDA_MACHINE_BIT][id & ~AGENDA_MACHINE];
}

#endif
