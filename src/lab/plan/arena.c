/* The plan's memory: blocks that are freed together, and arrays that grow while it is read. */
#include "lab/plan/plan.h"

#include <assert.h>
#include <string.h>

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = 16, ARENA_LINE_BYTES = 128, ARENA_ROOM_MIN = 16, ARENA_ROOM_MAX = 1 << 16 };

static bool arena_block(struct hp_plan_arena *a, size_t n)
{
    size_t size = n > ARENA_BLOCK / 4 ? n + ARENA_ALIGN : ARENA_BLOCK;
    struct plan_block *b = mem_alloc(a->mem, sizeof *b + size);
    if (!b) return false;
    b->size = sizeof *b + size;
    b->next = a->block;
    a->block = b;
    a->at = (char *)(b + 1);
    a->end = a->at + size;
    return true;
}

void *plan_alloc(struct hp_plan_arena *a, size_t n)
{
    size_t gap = a->at ? (size_t)(-(uintptr_t)a->at & (ARENA_ALIGN - 1)) : 0;
    if ((!a->at || n + gap > (size_t)(a->end - a->at)) && !arena_block(a, n)) return NULL;
    gap = (size_t)(-(uintptr_t)a->at & (ARENA_ALIGN - 1));
    char *p = a->at + gap;
    a->at = p + n;
    memset(p, 0, n);
    return p;
}

char *plan_text(struct hp_plan_arena *a, const char *text, size_t n)
{
    if ((!a->at || n + 1 > (size_t)(a->end - a->at)) && !arena_block(a, n + 1)) return NULL;
    char *p = a->at;
    a->at += n + 1;
    if (n) memcpy(p, text, n);
    p[n] = 0;
    return p;
}

void *plan_more(struct hp_plan_arena *a, void *array, uint32_t count, size_t size)
{
    if (count & (count - 1)) return array; /* there is room up to the next power of two */
    size_t room = count ? 2 * (size_t)count : 1;
    void *more = plan_alloc(a, room * size);
    if (more && count) memcpy(more, array, count * size);
    return more;
}

bool plan_grow(struct hp_plan_arena *a, void **array, uint32_t *room, uint32_t count, size_t size)
{
    if (count < *room) return true;
    uint32_t wanted = *room ? *room * 2 : a->first_room;
    if (wanted < count + a->coming) wanted = count + a->coming;
    void *more = mem_resize(a->mem, *array, *room * size, wanted * size);
    if (!more) return false;
    *array = more;
    *room = wanted;
    return true;
}

uint64_t plan_hash(const struct hp_plan_arena *a, const char *name, size_t n) { return hash_key(&a->key, name, n); }

/* The maps' key comes from the text, so that no text holds names that collide under its own key. */
static struct key arena_key(const char *text, size_t n)
{
    static const struct key first = {0x6865707461706c61, 0x6e2e6b6579000000};
    return (struct key){hash_key(&first, text, n), n};
}

struct hp_plan *plan_new(const struct hp_allocator *allocator, const char *text, size_t n)
{
    struct hp_mem *mem = mem_new(allocator, 0);
    if (!mem) return NULL;
    struct hp_plan *plan = mem_zalloc(mem, sizeof *plan);
    struct hp_plan_arena *a = mem_zalloc(mem, sizeof *a);
    if (!plan || !a) {
        mem_free(mem, plan, sizeof *plan);
        mem_free(mem, a, sizeof *a);
        mem_release(mem);
        return NULL;
    }
    a->mem = mem;
    a->key = arena_key(text, n);
    a->first_room = ARENA_ROOM_MIN + (uint32_t)(n / ARENA_LINE_BYTES < ARENA_ROOM_MAX ? n / ARENA_LINE_BYTES : ARENA_ROOM_MAX);
    *plan = (struct hp_plan){.name = "lab", .seed = 1, .until = HP_NEVER, .arena = a};
    return plan;
}

static void arena_free_arrays(struct hp_plan *plan, struct hp_plan_arena *a)
{
    mem_free(a->mem, plan->node, a->room.node * sizeof *plan->node);
    mem_free(a->mem, a->more, a->room.more * sizeof *a->more);
    mem_free(a->mem, plan->cable, a->room.cable * sizeof *plan->cable);
    mem_free(a->mem, plan->app, a->room.app * sizeof *plan->app);
    mem_free(a->mem, plan->fault, a->room.fault * sizeof *plan->fault);
    mem_free(a->mem, plan->expect, a->room.expect * sizeof *plan->expect);
}

void hp_plan_free(struct hp_plan *plan)
{
    if (!plan) return;
    struct hp_plan_arena *a = plan->arena;
    struct hp_mem *mem = a->mem;
    struct map *const maps[] = {&a->nodes, &a->cables, &a->apps, &a->ports, &a->counts, &a->templates, &a->kinds};
    for (unsigned i = 0; i < sizeof maps / sizeof *maps; i++) map_free(maps[i], mem);
    arena_free_arrays(plan, a);
    for (struct plan_block *b = a->block, *next; b; b = next) {
        next = b->next;
        mem_free(mem, b, b->size);
    }
    mem_free(mem, a, sizeof *a);
    mem_free(mem, plan, sizeof *plan);
    mem_release(mem);
}
