/* The agenda's heap: four children per node, so that it is half as deep and a node's children share a cache line. */
#include "lab/agenda.h"

#include <string.h>

enum { AGENDA_CHILDREN = 4 };

static inline bool agenda_before(struct agenda_entry a, struct agenda_entry b)
{
    return a.at < b.at || (a.at == b.at && a.id < b.id);
}

static inline void agenda_place(struct agenda *a, uint32_t i, struct agenda_entry e)
{
    a->heap[i] = e;
    *agenda_where(a, e.id) = i + 1;
}

static void agenda_up(struct agenda *a, uint32_t i, struct agenda_entry e)
{
    while (i > 0) {
        uint32_t parent = (i - 1) / AGENDA_CHILDREN;
        if (!agenda_before(e, a->heap[parent])) break;
        agenda_place(a, i, a->heap[parent]);
        i = parent;
    }
    agenda_place(a, i, e);
}

static void agenda_down(struct agenda *a, uint32_t i, struct agenda_entry e)
{
    for (;;) {
        uint32_t child = i * AGENDA_CHILDREN + 1, end = child + AGENDA_CHILDREN;
        if (child >= a->count) break;
        if (end > a->count) end = a->count;
        uint32_t least = child;
        for (child++; child < end; child++)
            if (agenda_before(a->heap[child], a->heap[least])) least = child;
        if (!agenda_before(a->heap[least], e)) break;
        agenda_place(a, i, a->heap[least]);
        i = least;
    }
    agenda_place(a, i, e);
}

/* e goes to place i, and from there to where it belongs. */
static void agenda_settle(struct agenda *a, uint32_t i, struct agenda_entry e)
{
    if (i > 0 && agenda_before(e, a->heap[(i - 1) / AGENDA_CHILDREN])) agenda_up(a, i, e);
    else agenda_down(a, i, e);
}

static void agenda_take_off(struct agenda *a, uint32_t id)
{
    uint32_t i = *agenda_where(a, id) - 1;
    *agenda_where(a, id) = 0;
    struct agenda_entry last = a->heap[--a->count];
    if (i < a->count) agenda_settle(a, i, last);
}

void agenda_set(struct agenda *a, uint32_t id, hp_time at)
{
    uint32_t i = *agenda_where(a, id);
    struct agenda_entry e = {at, id};
    if (i && at == HP_NEVER) agenda_take_off(a, id);
    else if (i && a->heap[i - 1].at != at) agenda_settle(a, i - 1, e);
    else if (!i && at != HP_NEVER) agenda_up(a, a->count++, e);
}

/* ---- marks ---- */

static uint32_t mark_words(uint32_t machines, int level)
{
    return (uint32_t)(((uint64_t)machines + (1ull << 6 * (level + 1)) - 1) >> 6 * (level + 1));
}

void agenda_mark(struct agenda *a, uint32_t id)
{
    uint32_t n = id & ~AGENDA_MACHINE;
    for (int level = 0; level < AGENDA_LEVELS; level++, n >>= 6) {
        uint64_t *word = &a->mark[level][n >> 6], was = *word;
        *word |= 1ull << (n & 63);
        if (was) return; /* the levels above know */
    }
}

void agenda_unmark(struct agenda *a, uint32_t id)
{
    uint32_t n = id & ~AGENDA_MACHINE;
    for (int level = 0; level < AGENDA_LEVELS; level++, n >>= 6) {
        uint64_t *word = &a->mark[level][n >> 6];
        *word &= ~(1ull << (n & 63));
        if (*word) return;
    }
}

bool agenda_marked(const struct agenda *a, uint32_t *id)
{
    uint32_t words = mark_words(a->known[1], AGENDA_LEVELS - 1), n = 0;
    while (n < words && !a->mark[AGENDA_LEVELS - 1][n]) n++;
    if (n == words) return false;
    for (int level = AGENDA_LEVELS - 1; level >= 0; level--) n = n << 6 | (uint32_t)__builtin_ctzll(a->mark[level][n]);
    *id = n | AGENDA_MACHINE;
    return true;
}

/* ---- room ---- */

static bool agenda_grow(struct agenda *a, struct hp_mem *mem, uint32_t all)
{
    if (all <= a->room) return true;
    uint32_t room = a->room ? a->room * 2 : 16;
    struct agenda_entry *heap = mem_resize(mem, a->heap, a->room * sizeof *heap, room * sizeof *heap);
    if (!heap) return false;
    a->heap = heap;
    a->room = room;
    return true;
}

static bool agenda_grow_where(struct agenda *a, struct hp_mem *mem, int kind, uint32_t room)
{
    uint32_t n = a->known_room[kind];
    uint32_t *where = mem_resize(mem, a->where[kind], n * sizeof *where, room * sizeof *where);
    if (!where) return false;
    a->where[kind] = where;
    a->known_room[kind] = room;
    return true;
}

static bool agenda_grow_marks(struct agenda *a, struct hp_mem *mem, uint32_t to)
{
    uint32_t from = a->mark_room;
    if (to <= from) return true;
    uint64_t *mark[AGENDA_LEVELS];
    int level = 0;
    for (; level < AGENDA_LEVELS; level++)
        if (!(mark[level] = mem_zalloc(mem, mark_words(to, level) * sizeof *mark[level]))) break;
    bool all = level == AGENDA_LEVELS;
    while (level-- > 0) {
        size_t old = mark_words(from, level) * sizeof *mark[level];
        if (all && old) memcpy(mark[level], a->mark[level], old);
        mem_free(mem, all ? a->mark[level] : mark[level], all ? old : mark_words(to, level) * sizeof *mark[level]);
        if (all) a->mark[level] = mark[level];
    }
    if (all) a->mark_room = to;
    return all;
}

bool agenda_add(struct agenda *a, struct hp_mem *mem, bool machine, uint32_t *id)
{
    if (!agenda_grow(a, mem, a->known[0] + a->known[1] + 1)) return false;
    uint32_t n = a->known[machine], old = a->known_room[machine], room = old ? old * 2 : 16;
    if (n == old && machine && !agenda_grow_marks(a, mem, room)) return false;
    if (n == old && !agenda_grow_where(a, mem, machine, room)) return false;
    a->known[machine]++;
    a->where[machine][n] = 0;
    *id = n | (machine ? AGENDA_MACHINE : 0);
    return true;
}

void agenda_free(struct agenda *a, struct hp_mem *mem)
{
    mem_free(mem, a->heap, a->room * sizeof *a->heap);
    for (int i = 0; i < 2; i++) mem_free(mem, a->where[i], a->known_room[i] * sizeof *a->where[i]);
    for (int i = 0; i < AGENDA_LEVELS; i++) mem_free(mem, a->mark[i], mark_words(a->mark_room, i) * sizeof *a->mark[i]);
}
