/* Memory of one page. */
#include "arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    alignas(ARENA_ALIGN) unsigned char bytes[];
};

static struct arena_block *arena_block_add(struct arena *a, size_t n)
{
    size_t size = n > ARENA_BLOCK / 4 ? n : ARENA_BLOCK;
    if (size > a->max || a->used > a->max - size) return NULL;
    struct arena_block *b = calloc(1, sizeof *b + size);
    if (!b) return NULL;
    b->size = size;
    a->used += size;
    if (size == ARENA_BLOCK || !a->blocks) {
        b->next = a->blocks;
        a->blocks = b;
    } else { /* a large piece has a block of its own; the current one goes on */
        b->next = a->blocks->next;
        a->blocks->next = b;
    }
    return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > a->max) return NULL;
    n = (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *b = a->blocks;
    if (!b || b->size - b->used < n) b = arena_block_add(a, n);
    if (!b) return NULL;
    void *p = b->bytes + b->used;
    b->used += n;
    return p;
}

char *arena_text(struct arena *a, const char *text, size_t n)
{
    char *copy = arena_alloc(a, n + 1);
    if (copy && n) memcpy(copy, text, n);
    return copy;
}

void arena_free(struct arena *a)
{
    for (struct arena_block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    a->blocks = NULL;
    a->used = 0;
}
