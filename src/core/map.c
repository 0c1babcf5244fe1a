/* The hash map: linear probing, deletion by shifting back, so that there are no tombstones. */
#include "core/map.h"

#include <assert.h>

enum { MAP_SLOTS_MIN = 8 };

static void map_put(struct map_slot *slot, uint32_t mask, uint64_t hash, void *item)
{
    uint32_t i = (uint32_t)hash & mask;
    while (slot[i].item) i = (i + 1) & mask;
    slot[i] = (struct map_slot){hash, item};
}

static int map_grow(struct map *m, struct hp_mem *mem)
{
    uint32_t slots = m->slot ? (m->mask + 1) * 2 : MAP_SLOTS_MIN;
    struct map_slot *slot = mem_zalloc(mem, slots * sizeof *slot);
    if (!slot) return HP_ENOMEM;
    for (uint32_t i = 0; m->slot && i <= m->mask; i++)
        if (m->slot[i].item) map_put(slot, slots - 1, m->slot[i].hash, m->slot[i].item);
    uint32_t count = m->count;
    map_free(m, mem);
    *m = (struct map){slot, slots - 1, count};
    return HP_OK;
}

int map_add(struct map *m, struct hp_mem *mem, uint64_t hash, void *item)
{
    assert(item);
    if (!m->slot || m->count >= (m->mask + 1) / 4 * 3) {
        int err = map_grow(m, mem);
        if (err) return err;
    }
    map_put(m->slot, m->mask, hash, item);
    m->count++;
    return HP_OK;
}

static uint32_t map_index(const struct map *m, uint64_t hash, const void *item)
{
    if (!m->count) return UINT32_MAX;
    for (uint32_t i = (uint32_t)hash & m->mask; m->slot[i].item; i = (i + 1) & m->mask)
        if (m->slot[i].item == item) return i;
    return UINT32_MAX;
}

bool map_remove(struct map *m, uint64_t hash, const void *item)
{
    uint32_t hole = map_index(m, hash, item);
    if (hole == UINT32_MAX) return false;
    for (uint32_t i = (hole + 1) & m->mask; m->slot[i].item; i = (i + 1) & m->mask) {
        uint32_t home = (uint32_t)m->slot[i].hash & m->mask;
        if (((i - home) & m->mask) < ((i - hole) & m->mask)) continue; /* it sits between home and hole */
        m->slot[hole] = m->slot[i];
        hole = i;
    }
    m->slot[hole].item = NULL;
    m->count--;
    return true;
}

void map_replace(struct map *m, uint64_t hash, const void *old, void *item)
{
    uint32_t i = map_index(m, hash, old);
    assert(i != UINT32_MAX && item);
    m->slot[i].item = item;
}

void map_free(struct map *m, struct hp_mem *mem)
{
    mem_free(mem, m->slot, m->slot ? ((size_t)m->mask + 1) * sizeof *m->slot : 0);
    *m = (struct map){0};
}
