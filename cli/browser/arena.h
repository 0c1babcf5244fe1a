/* Memory of one page: taken piece by piece, bounded, given back all at once. */
#ifndef BROWSER_ARENA_H
#define BROWSER_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used, max;               /* bytes taken from the system, and the bound */
};

/* Zeroed bytes, or NULL at the bound or when the system has none. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy with a closing NUL, or NULL. */
char *arena_text(struct arena *a, const char *text, size_t n);
void arena_free(struct arena *a);

#endif
