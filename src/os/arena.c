/* An arena: blocks from large pages of the system's memory, for labs of thousands of machines.
 *
 * Such a lab touches a few cache lines in each of many thousand places.  So blocks begin on cache lines, nothing stands between them, and
 * the chunks ask for huge pages, so that finding where they are costs nothing.  A block that is given back waits on the list of its size;
 * the system gets the chunks back when the arena ends.  Larger blocks are malloc's. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/bytes.h"
#include "hepta/os.h"

enum { ARENA_LINE = 64, ARENA_BLOCK_MAX = 16384, ARENA_CLASSES = ARENA_BLOCK_MAX / ARENA_LINE, ARENA_CHUNK = 2 << 20 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size;
};

struct hp_arena {
    struct hp_allocator allocator;
    pthread_spinlock_t lock;            /* held for a few instructions, or while the system gives a chunk */
    struct arena_chunk *chunks;
    char *free, *end;                   /* what is left of the newest chunk */
    size_t chunk_size;
    void *list[ARENA_CLASSES + 1];      /* blocks that came back, by size in lines; the first word of each is the next */
};

/* Chunks double, so that a small lab takes little and a large one takes few. */
static bool arena_grow(struct hp_arena *a)
{
    size_t size = a->chunk_size;
    void *p = mmap(NULL, size + ARENA_CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return false;
    char *begin = (char *)(((uintptr_t)p + ARENA_CHUNK - 1) & ~(uintptr_t)(ARENA_CHUNK - 1));
    if (begin > (char *)p) munmap(p, (size_t)(begin - (char *)p));
    munmap(begin + size, (size_t)((char *)p + ARENA_CHUNK - begin));
    madvise(begin, size, MADV_HUGEPAGE); /* a wish */
    struct arena_chunk *c = (struct arena_chunk *)(void *)begin;
    *c = (struct arena_chunk){a->chunks, size};
    a->chunks = c;
    a->free = begin + ARENA_LINE;
    a->end = begin + size;
    if (a->chunk_size < 16 * (size_t)ARENA_CHUNK) a->chunk_size *= 2;
    return true;
}

static void *arena_take(struct hp_arena *a, size_t lines)
{
    void *p = a->list[lines];
    if (p) {
        memcpy(&a->list[lines], p, sizeof(void *));
        return p;
    }
    if ((size_t)(a->end - a->free) < lines * ARENA_LINE && !arena_grow(a)) return NULL;
    p = a->free;
    a->free += lines * ARENA_LINE;
    return p;
}

static void *arena_alloc(void *ctx, size_t n)
{
    struct hp_arena *a = ctx;
    size_t lines = (n + ARENA_LINE - 1) / ARENA_LINE;
    if (lines > ARENA_CLASSES || SANITIZED) return malloc(n);
    pthread_spin_lock(&a->lock);
    void *p = arena_take(a, lines);
    pthread_spin_unlock(&a->lock);
    return p;
}

static void arena_give(void *ctx, void *p, size_t n)
{
    struct hp_arena *a = ctx;
    size_t lines = (n + ARENA_LINE - 1) / ARENA_LINE;
    if (!p) return;
    if (lines > ARENA_CLASSES || SANITIZED) {
        free(p);
        return;
    }
    pthread_spin_lock(&a->lock);
    memcpy(p, &a->list[lines], sizeof(void *));
    a->list[lines] = p;
    pthread_spin_unlock(&a->lock);
}

struct hp_arena *hp_arena_new(void)
{
    struct hp_arena *a = calloc(1, sizeof *a);
    if (!a) return NULL;
    pthread_spin_init(&a->lock, PTHREAD_PROCESS_PRIVATE);
    a->allocator = (struct hp_allocator){arena_alloc, arena_give, a};
    a->chunk_size = ARENA_CHUNK;
    return a;
}

const struct hp_allocator *hp_arena_allocator(const struct hp_arena *a) { return &a->allocator; }

void hp_arena_free(struct hp_arena *a)
{
    if (!a) return;
    for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        munmap(c, c->size);
    }
    pthread_spin_destroy(&a->lock);
    free(a);
}
