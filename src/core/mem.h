/* Memory: the embedder's allocator behind a budget, counted, and able to fail at the n-th call.
 *
 * One hp_mem per stack.  It outlives its stack while packets of that stack are still on somebody's wire.
 *
 * Where a lab's machines run in several threads, packets die in other threads than they were born in: then `shared` is set, and whoever
 * touches the counters or the cache of packet storage holds the lock.  The allocator then takes calls from all of them. */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stdatomic.h>

#include "hepta/stack.h"

enum { MEM_CLASSES = 3, MEM_CACHED_BYTES_MAX = 1 << 20 };

/* What a packet's birth and death touch comes first: one cache line. */
struct hp_mem {
    void *cache[MEM_CLASSES];       /* freed packet storage, by size class */
    size_t cached_bytes;            /* part of `bytes` */
    uint64_t packets;
    uint64_t fail_at;               /* 0 = never, 1 = the next */
    uint32_t buffers;               /* storage blocks alive */
    bool orphan;                    /* the stack is gone: free this when the last buffer is */
    bool shared;                    /* between threads; set before there is a second one, and stays */
    atomic_flag lock;
    size_t bytes, bytes_max, limit;
    uint64_t allocations, failures;
    struct hp_allocator allocator;
};

struct hp_mem *mem_new(const struct hp_allocator *allocator, size_t limit);
void mem_release(struct hp_mem *m);             /* the stack's own reference */
void mem_trim(struct hp_mem *m);                /* gives cached blocks back  */

/* NULL when the budget or the allocator says no.  mem_zalloc gives zeroed bytes. */
void *mem_alloc(struct hp_mem *m, size_t n);
void *mem_zalloc(struct hp_mem *m, size_t n);
void mem_free(struct hp_mem *m, void *p, size_t n);     /* p may be NULL */
/* Grows or shrinks, keeping the first min(old, new) bytes; NULL leaves the old block as it was. */
void *mem_resize(struct hp_mem *m, void *p, size_t old_n, size_t new_n);
/* An array by number, as of what there is of each link: with room for [i] now, what is new zeroed; NULL: no memory, and it is as it was.
 * *room: how many `size` it holds. */
void *mem_reach(struct hp_mem *m, void *array, uint32_t *room, uint32_t i, size_t size);
static inline void mem_lock(struct hp_mem *m)
{
    if (m->shared)
        while (atomic_flag_test_and_set_explicit(&m->lock, memory_order_acquire)) continue;
}
static inline void mem_unlock(struct hp_mem *m)
{
    if (m->shared) atomic_flag_clear_explicit(&m->lock, memory_order_release);
}
/* For whoever holds the lock. */
void *mem_alloc_locked(struct hp_mem *m, size_t n);
void mem_free_locked(struct hp_mem *m, void *p, size_t n);

/* Bytes that may still be taken. */
size_t mem_left(const struct hp_mem *m);

#endif
