/* Keyed hash map from anything to pointers: open addressing, at most 3/4 full, grows by doubling.
 *
 * The caller hashes with hash_key() (random.h), so that nobody outside can choose collisions, and compares.
 * There is no iteration: what must be walked keeps a list of its own, in an order that does not depend on hashes. */
#ifndef CORE_MAP_H
#define CORE_MAP_H

#include "core/mem.h"

struct map_slot {
    uint64_t hash;
    void *item;             /* NULL = free */
};

struct map {
    struct map_slot *slot;
    uint32_t mask;          /* slots - 1; 0 with slot == NULL */
    uint32_t count;
};

typedef bool map_same(const void *item, const void *key);

static inline void *map_find(const struct map *m, uint64_t hash, map_same *same, const void *key)
{
    if (!m->count) return NULL;
    for (uint32_t i = (uint32_t)hash & m->mask; m->slot[i].item; i = (i + 1) & m->mask)
        if (m->slot[i].hash == hash && same(m->slot[i].item, key)) return m->slot[i].item;
    return NULL;
}

int map_add(struct map *m, struct hp_mem *mem, uint64_t hash, void *item);   /* HP_OK or HP_ENOMEM */
bool map_remove(struct map *m, uint64_t hash, const void *item);
/* Puts `item` in the place of `old` (same hash): cannot fail. */
void map_replace(struct map *m, uint64_t hash, const void *old, void *item);
void map_free(struct map *m, struct hp_mem *mem);

#endif
