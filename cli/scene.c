/* The scene: made, fed by the trace, freed; and the lists and texts that all of it is kept in. */
#include <stdlib.h>
#include <string.h>

#include "scene_inside.h"

/* ---- lists ---- */

static bool scene_list_room(struct scene *s, struct scene_list *l, size_t more, size_t size)
{
    if (l->count + more <= l->room) return true;
    size_t room = l->room ? l->room * 2 : 16;
    while (room < l->count + more) room *= 2;
    void *grown = realloc(l->at, room * size);
    if (!grown) {
        s->memory_failures++;
        return false;
    }
    l->at = grown;
    l->room = room;
    return true;
}

void *scene_list_add(struct scene *s, struct scene_list *l, size_t size)
{
    if (!scene_list_room(s, l, 1, size)) return NULL;
    void *item = (uint8_t *)l->at + l->count++ * size;
    return memset(item, 0, size);
}

size_t scene_list_add_bytes(struct scene *s, struct scene_list *l, const void *p, size_t n)
{
    if (!scene_list_room(s, l, n, 1)) return SIZE_MAX;
    if (n) memcpy((uint8_t *)l->at + l->count, p, n);
    l->count += n;
    return l->count - n;
}

struct scene_part *scene_part_add(struct scene *s, struct scene_list *l)
{
    if (l->count < SCENE_ITEMS_MAX) return scene_list_add(s, l, sizeof(struct scene_part));
    s->events_left_out++;
    return NULL;
}

/* ---- texts: each once ---- */

static uint64_t texts_hash(const char *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)text[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

const char *scene_text_of(const struct scene *s, uint32_t number)
{
    if (number >= s->texts.start.count) return "";
    return (const char *)s->texts.bytes.at + *SCENE_AT(s->texts.start, const uint32_t, number);
}

static bool texts_grow(struct scene *s)
{
    struct scene_texts *t = &s->texts;
    size_t slots = t->slots ? t->slots * 2 : 1024;
    uint32_t *slot = calloc(slots, sizeof *slot);
    if (!slot) {
        s->memory_failures++;
        return false;
    }
    for (uint32_t i = 0; i < t->start.count; i++) {
        const char *text = scene_text_of(s, i);
        size_t at = texts_hash(text, strlen(text)) & (slots - 1);
        while (slot[at]) at = (at + 1) & (slots - 1);
        slot[at] = i + 1;
    }
    free(t->slot);
    t->slot = slot;
    t->slots = slots;
    return true;
}

uint32_t scene_text_n(struct scene *s, const char *text, size_t n)
{
    struct scene_texts *t = &s->texts;
    if (t->start.count * 2 >= t->slots && !texts_grow(s)) return 0;
    size_t at = texts_hash(text, n) & (t->slots - 1);
    for (; t->slot[at]; at = (at + 1) & (t->slots - 1)) {
        const char *known = scene_text_of(s, t->slot[at] - 1);
        if (strncmp(known, text, n) == 0 && known[n] == 0) return t->slot[at] - 1;
    }
    size_t begins = scene_list_add_bytes(s, &t->bytes, text, n);
    if (begins == SIZE_MAX || begins > UINT32_MAX || scene_list_add_bytes(s, &t->bytes, "", 1) == SIZE_MAX) return 0;
    uint32_t *start = scene_list_add(s, &t->start, sizeof *start);
    if (!start) return 0;
    *start = (uint32_t)begins;
    t->slot[at] = (uint32_t)t->start.count;
    return t->slot[at] - 1;
}

uint32_t scene_text(struct scene *s, const char *text) { return text ? scene_text_n(s, text, strlen(text)) : 0; }

/* ---- machines' events ---- */

static struct scene_event *scene_event_add(struct scene *s)
{
    if (s->events_list.count < s->config.events_max) return scene_list_add(s, &s->events_list, sizeof(struct scene_event));
    s->events_left_out++;
    return NULL;
}

static void scene_machine_event(void *ctx, const struct hp_event *e)
{
    struct scene *s = ctx;
    if (s->ended) return;
    if (e->time > s->time) s->time = e->time;
    if (e->kind == HP_TRACE_DROP && e->drop == HP_DROP_NOT_FOR_US) return; /* every frame that a switch floods: no news */
    struct scene_event *n = scene_event_add(s);
    if (!n) return;
    *n = (struct scene_event){.time = e->time, .packet = e->pkt_id, .object = e->object, .value = e->value,
                              .node = scene_find_node(s, hp_stack_name(e->stack)), .proto = scene_text(s, e->proto), .key = scene_text(s, e->key),
                              .from = scene_text(s, e->from), .to = scene_text(s, e->to), .kind = (uint8_t)e->kind, .layer = e->layer,
                              .drop = (uint16_t)e->drop};
}

void scene_say(struct scene *s, hp_time time, const char *node, int layer, const char *proto, const char *text)
{
    if (!s || s->ended) return;
    struct scene_event *n = scene_event_add(s);
    if (!n) return;
    *n = (struct scene_event){.time = time, .node = node ? scene_find_node(s, node) : -1, .proto = scene_text(s, proto), .to = scene_text(s, text),
                              .kind = UINT8_MAX, .layer = (uint8_t)layer};
}

void scene_state(struct scene *s, hp_time time, const char *node, uint64_t object, const char *key, const char *from, const char *to)
{
    struct scene_event *n = s && !s->ended ? scene_event_add(s) : NULL;
    if (!n) return;
    *n = (struct scene_event){.time = time, .object = object, .node = scene_find_node(s, node), .proto = scene_text(s, "tcp"), .key = scene_text(s, key),
                              .from = scene_text(s, from), .to = scene_text(s, to), .kind = HP_TRACE_STATE, .layer = 4};
    if (time > s->time) s->time = time;
}

void scene_drop(struct scene *s, hp_time time, const char *node, uint64_t packet, enum hp_drop drop)
{
    struct scene_event *n = s && !s->ended ? scene_event_add(s) : NULL;
    if (n) *n = (struct scene_event){.time = time, .packet = packet, .node = scene_find_node(s, node), .kind = HP_TRACE_DROP, .drop = (uint16_t)drop};
}

/* ---- begin and end ---- */

struct scene *scene_new(const struct scene_config *config)
{
    struct scene *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->config = *config;
    if (!s->config.frames_max) s->config.frames_max = SCENE_FRAMES;
    if (!s->config.events_max) s->config.events_max = SCENE_EVENTS;
    s->bulk_every = 1;
    s->scratch = malloc(SCENE_FRAME_MAX);
    if (s->scratch) scene_text(s, "");
    if (s->texts.start.count != 1) {
        scene_free(s);
        return NULL;
    }
    scene_fact(s, "title", config->title ? config->title : "hepta");
    scene_fact(s, "version", HEPTA_VERSION);
    scene_fact(s, "lang", config->lang ? config->lang : "en");
    s->config.title = s->config.lang = NULL; /* the caller's; they are facts now */
    return s;
}

int scene_watch(struct scene *s, struct hp_world *w)
{
    const struct hp_trace trace = {scene_machine_event, s, 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE | 1u << HP_TRACE_NOTE | 1u << HP_TRACE_TIMER};
    const struct hp_cable_trace cables = {scene_cable_event, s};
    s->world = w;
    int err = scene_look(s);
    return err ? err : hp_world_trace(w, &trace, &cables);
}

void scene_end(struct scene *s)
{
    if (!s || s->ended) return;
    if (!s->world) {
        s->ended = true;
        return;
    }
    scene_look_end(s);
    if (hp_world_now(s->world) > s->time) s->time = hp_world_now(s->world);
    s->digest = hp_world_digest(s->world);
    s->events = hp_world_events(s->world);
    s->ended = true;
    s->world = NULL;
}

static void scene_parts_free(struct scene_list *l)
{
    for (size_t i = 0; i < l->count; i++) free(SCENE_AT(*l, struct scene_part, i)->packets.at);
    free(l->at);
}

void scene_free(struct scene *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->nodes.count; i++) {
        free(SCENE_AT(s->nodes, struct scene_node, i)->addresses.at);
        free(SCENE_AT(s->nodes, struct scene_node, i)->rows.at);
    }
    for (size_t i = 0; i < s->shapes.count; i++) {
        free(SCENE_AT(s->shapes, struct scene_shape, i)->fields.at);
        free(SCENE_AT(s->shapes, struct scene_shape, i)->texts.at);
    }
    struct scene_list *parts[] = {&s->facts, &s->steps, &s->loads, &s->expects, &s->faults, &s->symbols};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) scene_parts_free(parts[i]);
    void *plain[] = {s->nodes.at, s->cables.at, s->frames.at, s->bytes.at, s->diffs.at, s->shapes.at, s->conns.at, s->events_list.at,
                     s->texts.bytes.at, s->texts.start.at, s->texts.slot, s->kept, s->png, s->scratch};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) free(plain[i]);
    free(s);
}
