/* Memory behind a budget: counting, failing on purpose, and the cache of packet storage (pkt.c uses it). */
#include "core/mem.h"

#include <assert.h>
#include <string.h>

struct hp_mem *mem_new(const struct hp_allocator *allocator, size_t limit)
{
    struct hp_mem *m = allocator->alloc(allocator->ctx, sizeof *m);
    if (!m) return NULL;
    *m = (struct hp_mem){.allocator = *allocator, .limit = limit ? limit : SIZE_MAX, .lock = ATOMIC_FLAG_INIT};
    return m;
}

static void mem_end_if_empty(struct hp_mem *m)
{
    if (!m->orphan || m->buffers) return;
    mem_trim(m);
    m->allocator.free(m->allocator.ctx, m, sizeof *m);
}

void mem_release(struct hp_mem *m)
{
    m->orphan = true;
    mem_end_if_empty(m);
}

void *mem_alloc_locked(struct hp_mem *m, size_t n)
{
    m->allocations++;
    bool refused = m->fail_at && --m->fail_at == 0;
    if (!refused && n > m->limit - m->bytes && m->cached_bytes) mem_trim(m);
    refused = refused || m->bytes > m->limit || n > m->limit - m->bytes;
    void *p = refused ? NULL : m->allocator.alloc(m->allocator.ctx, n);
    if (!p) {
        m->failures++;
        return NULL;
    }
    m->bytes += n;
    if (m->bytes > m->bytes_max) m->bytes_max = m->bytes;
    return p;
}

void *mem_alloc(struct hp_mem *m, size_t n)
{
    mem_lock(m);
    void *p = mem_alloc_locked(m, n);
    mem_unlock(m);
    return p;
}

void *mem_zalloc(struct hp_mem *m, size_t n)
{
    void *p = mem_alloc(m, n);
    if (p) memset(p, 0, n);
    return p;
}

void mem_free_locked(struct hp_mem *m, void *p, size_t n)
{
    assert(m->bytes >= n);
    m->bytes -= n;
    m->allocator.free(m->allocator.ctx, p, n);
}

void mem_free(struct hp_mem *m, void *p, size_t n)
{
    if (!p) return;
    mem_lock(m);
    mem_free_locked(m, p, n);
    mem_unlock(m);
}

void *mem_resize(struct hp_mem *m, void *p, size_t old_n, size_t new_n)
{
    void *q = mem_alloc(m, new_n);
    if (!q) return NULL;
    if (p) memcpy(q, p, old_n < new_n ? old_n : new_n);
    mem_free(m, p, old_n);
    return q;
}

void *mem_reach(struct hp_mem *m, void *array, uint32_t *room, uint32_t i, size_t size)
{
    if (i < *room) return array;
    uint32_t more = i + i / 2 + 4;
    uint8_t *grown = mem_resize(m, array, *room * size, more * size);
    if (!grown) return NULL;
    memset(grown + *room * size, 0, (more - *room) * size);
    *room = more;
    return grown;
}

size_t mem_left(const struct hp_mem *m)
{
    if (m->limit == SIZE_MAX) return SIZE_MAX; /* and nothing is looked at that other threads change */
    size_t held = m->bytes - m->cached_bytes;
    return m->limit > held ? m->limit - held : 0;
}
