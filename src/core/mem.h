/* Memory: the embedder's allocator behind a budget, counted, and able to fail at the n-th call.
 *
 * One hp_mem per stack.  It outlives its stack while packets of that stack are still on somebody's wire. */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include "hepta/stack.h"

enum { MEM_CLASSES = 3, MEM_CACHED_BYTES_MAX = 1 << 20 };

struct hp_mem {
    struct hp_allocator allocator;
    size_t bytes, bytes_max, limit;
    uint64_t allocations, failures, packets;
    uint64_t fail_at;               /* 0 = never, 1 = the next */
    uint32_t buffers;               /* storage blocks alive */
    bool orphan;                    /* the stack is gone: free this when the last buffer is */
    void *cache[MEM_CLASSES];       /* freed packet storage, by size class */
    size_t cached_bytes;            /* part of `bytes` */
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
/* Bytes that may still be taken. */
size_t mem_left(const struct hp_mem *m);

#endif
