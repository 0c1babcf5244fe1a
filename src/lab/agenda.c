/* The agenda.  Its heap has four children per node, so that it is half as deep and a node's children share a cache line. */
#include "lab/agenda.h"

#include <assert.h>
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

static void heap_set(struct agenda *a, uint32_t id, hp_time at)
{
    uint32_t i = *agenda_where(a, id);
    struct agenda_entry e = {at, id};
    if (i && at == HP_NEVER) agenda_take_off(a, id);
    else if (i && a->heap[i - 1].at != at) agenda_settle(a, i - 1, e);
    else if (!i && at != HP_NEVER) agenda_up(a, a->count++, e);
}

/* ---- the ring ---- */

static inline uint32_t near_index(hp_time at) { return (uint32_t)((uint64_t)at >> NEAR_WIDTH_BITS) & (NEAR_LISTS - 1); }

/* n, of this time, is before the first: cables + 1. */
static inline void near_may_be_first(struct agenda *a, uint32_t n, hp_time at)
{
    if (at > a->near_first_at || (at == a->near_first_at && n > a->near_first)) return;
    a->near_first = n;
    a->near_first_at = at;
}

static inline void near_put(struct agenda *a, uint32_t n, hp_time at)
{
    uint32_t i = near_index(at), *first = &a->list[i];
    a->near[n - 1] = (struct agenda_near){.at = at, .next = *first};
    if (*first) a->near[*first - 1].prev = n;
    *first = n;
    a->length[i]++;
    a->used[i >> 6] |= 1ull << (i & 63);
    a->words |= 1ull << (i >> 6);
    if (a->near_first) near_may_be_first(a, n, at);
}

static inline void near_remove(struct agenda *a, uint32_t n)
{
    struct agenda_near *k = &a->near[n - 1];
    uint32_t i = near_index(k->at);
    *(k->prev ? &a->near[k->prev - 1].next : &a->list[i]) = k->next;
    if (k->next) a->near[k->next - 1].prev = k->prev;
    k->at = HP_NEVER;
    a->length[i]--;
    if (a->near_first == n) a->near_first = 0;
    if (a->list[i]) return;
    a->used[i >> 6] &= ~(1ull << (i & 63));
    if (!a->used[i >> 6]) a->words &= ~(1ull << (i >> 6));
}

/* The first list in use from the ring's beginning on, around its end. */
static uint32_t near_first_list(const struct agenda *a)
{
    uint32_t begin = (uint32_t)a->tick & (NEAR_LISTS - 1), word = begin >> 6;
    uint64_t here = a->used[word] >> (begin & 63);
    if (here) return begin + (uint32_t)__builtin_ctzll(here);
    uint64_t after = word < NEAR_WORDS - 1 ? a->words >> (word + 1) << (word + 1) : 0;
    word = (uint32_t)__builtin_ctzll(after ? after : a->words);
    return word << 6 | (uint32_t)__builtin_ctzll(a->used[word]);
}
static_assert(NEAR_WORDS == 64, "one word says which are used");

void agenda_look_near(struct agenda *a)
{
    uint32_t n = a->list[near_first_list(a)];
    a->near_first = n;
    a->near_first_at = a->near[n - 1].at;
    while ((n = a->near[n - 1].next)) near_may_be_first(a, n, a->near[n - 1].at);
}

/* ---- both ---- */

static bool near_takes(const struct agenda *a, hp_time at)
{
    uint64_t tick = (uint64_t)at >> NEAR_WIDTH_BITS;
    return tick - a->tick < NEAR_LISTS /* not if it is earlier, either */ && a->length[near_index(at)] < NEAR_LENGTH_MAX;
}

void agenda_set(struct agenda *a, uint32_t id, hp_time at)
{
    if (id & AGENDA_MACHINE) {
        heap_set(a, id, at);
        return;
    }
    struct agenda_near *k = &a->near[id];
    bool was_near = k->at != HP_NEVER;
    if (k->at == at && was_near) return;
    if (was_near) near_remove(a, id + 1);
    bool near = near_takes(a, at);
    if (near) near_put(a, id + 1, at);
    if (!near || (!was_near && a->where[0][id])) heap_set(a, id, near ? HP_NEVER : at);
}

bool agenda_first(struct agenda *a, struct agenda_entry *e)
{
    uint32_t n = agenda_near_first(a);
    if (a->count) *e = a->heap[0];
    if (!n) return a->count > 0;
    struct agenda_entry near = {a->near_first_at, n - 1};
    if (!a->count || agenda_before(near, *e)) *e = near;
    return true;
}

/* ---- marks ---- */

static void due_put(struct agenda *a, uint32_t n)
{
    uint32_t i = a->dues++;
    for (; i > 0 && n < a->due[(i - 1) / 2]; i = (i - 1) / 2) a->due[i] = a->due[(i - 1) / 2];
    a->due[i] = n;
}

static void due_take(struct agenda *a)
{
    a->mark[a->due[0]] &= (uint8_t)~AGENDA_DUE;
    uint32_t last = a->due[--a->dues], i = 0;
    for (uint32_t child; (child = 2 * i + 1) < a->dues; i = child) {
        if (child + 1 < a->dues && a->due[child + 1] < a->due[child]) child++;
        if (a->due[child] >= last) break;
        a->due[i] = a->due[child];
    }
    a->due[i] = last;
}

void agenda_mark(struct agenda *a, uint32_t id)
{
    uint32_t n = id & ~AGENDA_MACHINE;
    uint8_t was = a->mark[n];
    a->mark[n] = AGENDA_MARKED | AGENDA_DUE;
    if (!(was & AGENDA_DUE)) due_put(a, n);
}

/* Whoever is first is marked; others whose mark is gone leave when they come to be the first. */
void agenda_unmark(struct agenda *a, uint32_t id)
{
    a->mark[id & ~AGENDA_MACHINE] &= (uint8_t)~AGENDA_MARKED;
    while (a->dues && !(a->mark[a->due[0]] & AGENDA_MARKED)) due_take(a);
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

static bool agenda_grow_near(struct agenda *a, struct hp_mem *mem, uint32_t to)
{
    if (to <= a->near_room) return true;
    struct agenda_near *near = mem_resize(mem, a->near, a->near_room * sizeof *near, to * sizeof *near);
    if (!near) return false;
    a->near = near;
    a->near_room = to;
    return true;
}

static bool agenda_grow_marks(struct agenda *a, struct hp_mem *mem, uint32_t to)
{
    uint32_t from = a->mark_room;
    if (to <= from) return true;
    uint32_t *due = mem_alloc(mem, to * sizeof *due);
    uint8_t *mark = due ? mem_zalloc(mem, to) : NULL;
    if (!mark) {
        mem_free(mem, due, to * sizeof *due);
        return false;
    }
    if (from) memcpy(due, a->due, from * sizeof *due);
    if (from) memcpy(mark, a->mark, from);
    mem_free(mem, a->due, from * sizeof *due);
    mem_free(mem, a->mark, from);
    a->due = due;
    a->mark = mark;
    a->mark_room = to;
    return true;
}

bool agenda_add(struct agenda *a, struct hp_mem *mem, bool machine, uint32_t *id)
{
    if (!agenda_grow(a, mem, a->known[0] + a->known[1] + 1)) return false;
    uint32_t n = a->known[machine], old = a->known_room[machine], room = old ? old * 2 : 16;
    if (n == old && machine && !agenda_grow_marks(a, mem, room)) return false;
    if (n == old && !machine && !agenda_grow_near(a, mem, room)) return false;
    if (n == old && !agenda_grow_where(a, mem, machine, room)) return false;
    a->known[machine]++;
    a->where[machine][n] = 0;
    if (!machine) a->near[n].at = HP_NEVER;
    *id = n | (machine ? AGENDA_MACHINE : 0);
    return true;
}

void agenda_free(struct agenda *a, struct hp_mem *mem)
{
    mem_free(mem, a->heap, a->room * sizeof *a->heap);
    for (int i = 0; i < 2; i++) mem_free(mem, a->where[i], a->known_room[i] * sizeof *a->where[i]);
    mem_free(mem, a->near, a->near_room * sizeof *a->near);
    mem_free(mem, a->due, a->mark_room * sizeof *a->due);
    mem_free(mem, a->mark, a->mark_room);
}
