/* Names: what may be one, and who has it. */
#include "core/bytes.h"
#include "core/utf8.h"
#include "lab/plan/plan.h"

struct name_key {
    const struct hp_plan *plan;
    const char *name;
};

/* Maps hold index + 1. */
static uint32_t name_index(const void *item) { return (uint32_t)((uintptr_t)item - 1); }

static bool name_is_node(const void *item, const void *key)
{
    const struct name_key *k = key;
    return strcmp(k->plan->node[name_index(item)].name, k->name) == 0;
}

static bool name_is_cable(const void *item, const void *key)
{
    const struct name_key *k = key;
    return strcmp(k->plan->cable[name_index(item)].name, k->name) == 0;
}

static bool name_is_app(const void *item, const void *key)
{
    const struct name_key *k = key;
    return strcmp(k->plan->app[name_index(item)].name, k->name) == 0;
}

static int32_t name_find(const struct hp_plan *plan, const struct map *m, map_same *same, const char *name)
{
    const struct name_key k = {plan, name};
    const void *item = map_find(m, plan_hash(plan->arena, name, strlen(name)), same, &k);
    return item ? (int32_t)name_index(item) : HP_PLAN_NONE;
}

int32_t hp_plan_find_node(const struct hp_plan *plan, const char *name) { return name_find(plan, &plan->arena->nodes, name_is_node, name); }
int32_t hp_plan_find_cable(const struct hp_plan *plan, const char *name) { return name_find(plan, &plan->arena->cables, name_is_cable, name); }
int32_t hp_plan_find_app(const struct hp_plan *plan, const char *name) { return name_find(plan, &plan->arena->apps, name_is_app, name); }

bool plan_name_add(struct plan_reader *r, struct map *m, const char *name, uint32_t index)
{
    uint64_t hash = plan_hash(r->arena, name, strlen(name));
    return map_add(m, r->arena->mem, hash, (void *)((uintptr_t)index + 1)) == HP_OK || plan_no_memory(r);
}

/* ---- what may be one ---- */

static bool name_is_quantity(const char *name)
{
    hp_time span;
    uint64_t size;
    struct hp_prefix prefix;
    size_t digits = strspn(name, "0123456789");
    if (hp_prefix_parse(name, &prefix)) return true;
    return digits && name[digits] && (hp_span_parse(name, &span) || hp_size_parse(name, &size));
}

const char *plan_name_wrong(const char *name, size_t most)
{
    if (!*name) return "is empty";
    if (strlen(name) > most) return most == HP_PLAN_NAME_MAX ? "has more than 31 bytes" : "has more than 79 bytes";
    size_t good = strcspn(name, " \t\n[]{}(),$\"#*?<>|=!;\\/@%^&~'`:");
    if (name[good] == '[' || name[good] == ']') return "has a bracket that is no range: ranges are as in c[1..64] or c[a,b]";
    if (name[good]) return "has a character that no name can have (letters of any script, digits, - _ . + are fine)";
    if (name[0] == '.' || name[strlen(name) - 1] == '.' || name[0] == '-') return "begins or ends with a character that no name can";
    return name_is_quantity(name) ? "reads as a value" : NULL;
}

bool plan_name_ok(struct plan_reader *r, const struct plan_word *at, const char *name, size_t most)
{
    const char *wrong = plan_name_wrong(name, most);
    struct hp_prefix address;
    if (wrong && hp_prefix_parse(name, &address)) return plan_fail(r, at, "\"%s\" is an address, not a name: write \"ip %s\"", name, name);
    return !wrong || plan_fail(r, at, "\"%s\" is no name: it %s", name, wrong);
}

/* ---- names by themselves ---- */

struct name_count {
    const char *base;
    uint64_t used;
};

static bool name_count_same(const void *item, const void *key) { return strcmp(((const struct name_count *)item)->base, key) == 0; }

static struct name_count *name_count_of(struct plan_reader *r, const char *base)
{
    uint64_t hash = plan_hash(r->arena, base, strlen(base));
    struct name_count *c = map_find(&r->arena->counts, hash, name_count_same, base);
    if (c) return c;
    c = plan_alloc(r->arena, sizeof *c);
    if (!c || !(c->base = plan_text(r->arena, base, strlen(base)))) return NULL;
    return map_add(&r->arena->counts, r->arena->mem, hash, c) ? NULL : c;
}

bool plan_name_free(struct plan_reader *r, const char *base, bool (*taken)(const struct hp_plan *, const char *), const char **out)
{
    char name[PLAN_LONG_NAME_MAX + 1];
    const char *free = base;
    if (taken(r->plan, base)) {
        struct name_count *c = name_count_of(r, base);
        if (!c) return plan_no_memory(r);
        do {
            struct text t = text_of(name, sizeof name);
            text_str(&t, base);
            text_char(&t, '.');
            text_u64(&t, ++c->used + 1);
        } while (taken(r->plan, name));
        free = name;
    }
    *out = plan_text(r->arena, free, strlen(free));
    return *out || plan_no_memory(r);
}
