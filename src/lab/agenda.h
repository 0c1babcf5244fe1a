/* The agenda: which cable or machine is next.  A heap in which every entry can be moved.
 *
 * Most of what happens to a machine happens now: a frame came.  That is a mark in a set of bits beside the heap, and the machine's place in
 * the heap, its own next deadline, often need not change at all.
 *
 * An entry's id is its rank among entries of the same time: cables have 0, 1, ..., machines AGENDA_MACHINE + 0, 1, ...  So frames that
 * arrive at the same time all arrive before any machine looks at them, and ties never depend on the order of insertion. */
#ifndef LAB_AGENDA_H
#define LAB_AGENDA_H

#include "core/mem.h"

enum { AGENDA_MACHINE_BIT = 31 };
static const uint32_t AGENDA_MACHINE = 1u << AGENDA_MACHINE_BIT;

enum { AGENDA_LEVELS = 3 };             /* each bit says that a word of the level below is not 0 */

struct agenda_entry {
    hp_time at;
    uint32_t id;
};

struct agenda {
    struct agenda_entry *heap;          /* [0] is the next */
    uint32_t *where[2];                 /* of cables and machines: place in the heap + 1, 0 = not there */
    uint32_t count, room, known[2], known_room[2];
    uint64_t *mark[AGENDA_LEVELS];      /* machines that have something to do now */
    uint32_t mark_room;                 /* machines that there are bits for */
};

/* One more cable or machine, not yet on the agenda; its id.  False: no memory, nothing has changed. */
bool agenda_add(struct agenda *a, struct hp_mem *mem, bool machine, uint32_t *id);
/* When it is next; HP_NEVER takes it off. */
void agenda_set(struct agenda *a, uint32_t id, hp_time at);
/* This machine has something to do now; it has not any more. */
void agenda_mark(struct agenda *a, uint32_t id);
void agenda_unmark(struct agenda *a, uint32_t id);
/* The first machine that is marked; false = none. */
bool agenda_marked(const struct agenda *a, uint32_t *id);
void agenda_free(struct agenda *a, struct hp_mem *mem);

static inline hp_time agenda_next(const struct agenda *a) { return a->count ? a->heap[0].at : HP_NEVER; }
static inline uint32_t *agenda_where(const struct agenda *a, uint32_t id)
{
    return &a->where[id >> AGENDA_MACHINE_BIT][id & ~AGENDA_MACHINE];
}
static inline hp_time agenda_at(const struct agenda *a, uint32_t id)
{
    uint32_t i = *agenda_where(a, id);
    return i ? a->heap[i - 1].at : HP_NEVER;
}

#endif
