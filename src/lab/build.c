/* What there is: machines, hubs and cables, made and freed, crashed and restarted. */
#include "core/stack.h"
#include "lab/world.h"

enum {
    BUILD_ID_STEP = 1000,               /* machine 7: packets 7, 1007, 2007, ... */
    BUILD_ID_BIG_BITS = 48, BUILD_ID_BIG_STEP = 1 << 24, /* machines from 1000 on */
};

/* ---- lists and names ---- */

static bool list_grow(struct hp_world *w, struct world_list *l)
{
    if (l->count < l->room) return true;
    uint32_t room = l->room ? l->room * 2 : 16;
    void **grown = mem_resize(w->mem, l->item, l->room * sizeof *grown, room * sizeof *grown);
    if (!grown) return false;
    l->item = grown;
    l->room = room;
    return true;
}

static void list_free(struct hp_world *w, struct world_list *l) { mem_free(w->mem, l->item, l->room * sizeof *l->item); }

static uint64_t name_hash(const struct hp_world *w, const char *name) { return hash_key(&w->key, name, strlen(name)); }
static bool node_same(const void *item, const void *name) { return strcmp(((const struct world_node *)item)->name, name) == 0; }
static bool cable_same(const void *item, const void *name)
{
    return strcmp(hp_cable_name(((const struct world_cable *)item)->cable), name) == 0;
}

struct world_node *world_find_node(const struct hp_world *w, const char *name)
{
    return map_find(&w->names, name_hash(w, name), node_same, name);
}

static struct world_node *node_new(struct hp_world *w, struct world_list *list, const char *name)
{
    if (strlen(name) >= WORLD_NAME_MAX || world_find_node(w, name) || !list_grow(w, list)) return NULL;
    struct world_node *n = mem_zalloc(w->mem, sizeof *n);
    if (!n) return NULL;
    memcpy(n->name, name, strlen(name) + 1);
    n->part = &w->all;
    if (map_add(&w->names, w->mem, name_hash(w, name), n) == HP_OK) return n;
    mem_free(w->mem, n, sizeof *n);
    return NULL;
}

static void node_free(struct hp_world *w, struct world_node *n)
{
    map_remove(&w->names, name_hash(w, n->name), n);
    mem_free(w->mem, n->port, n->ports_room * sizeof *n->port);
    mem_free(w->mem, n, sizeof *n);
}

/* ---- machines ---- */

static uint64_t node_id_step(const struct world_node *n) { return n->number < BUILD_ID_STEP ? BUILD_ID_STEP : BUILD_ID_BIG_STEP; }
static uint64_t node_id_first(const struct world_node *n)
{
    return n->number < BUILD_ID_STEP ? n->number : ((uint64_t)1 << BUILD_ID_BIG_BITS) + n->number;
}

/* Its chance is that of its name and of how often it was started. */
static struct hp_stack *node_boot(struct hp_world *w, struct world_node *n)
{
    struct hp_config c = {.name = n->name, .profile = n->profile, .allocator = &w->allocator, .memory_max = n->memory_max,
                          .seed = w->seed + n->boots * 0x9e3779b97f4a7c15u, .entropy = n->has_entropy ? n->entropy : NULL,
                          .packet_id_first = n->pkt_id, .packet_id_step = node_id_step(n), .now = w->all.now + clock_ahead(&n->clock, w->all.now)};
    struct hp_stack *s = hp_stack_new(&c);
    if (!s) return NULL;
    s->clock = n->clock;
    s->mem->shared = w->workers.count > 1;
    stack_set_outside(s, w->all.now);
    n->boots++;
    watch_machine(w, s);
    return s;
}

struct hp_stack *hp_world_machine(struct hp_world *w, const char *name, const struct hp_config *config)
{
    struct world_node *n = node_new(w, &w->machines, name);
    if (!n) return NULL;
    n->number = w->machines.count + 1;
    n->planned = HP_NEVER;
    n->pkt_id = node_id_first(n);
    n->profile = config && config->profile ? config->profile : hp_profile_host;
    n->memory_max = config ? config->memory_max : 0;
    n->has_entropy = config && config->entropy;
    if (n->has_entropy) memcpy(n->entropy, config->entropy, sizeof n->entropy);
    n->stack = node_boot(w, n);
    if (!n->stack || !agenda_add(&w->all.agenda, w->mem, true, &n->id)) {
        if (n->stack) hp_stack_free(n->stack);
        node_free(w, n);
        return NULL;
    }
    w->machines.item[w->machines.count++] = n;
    world_touch(w, n);
    return n->stack;
}

struct hp_stack *hp_world_host(struct hp_world *w, const char *name) { return hp_world_machine(w, name, NULL); }

struct hp_stack *hp_world_router(struct hp_world *w, const char *name)
{
    return hp_world_machine(w, name, &(struct hp_config){.profile = hp_profile_router});
}

struct hp_stack *hp_world_switch(struct hp_world *w, const char *name)
{
    return hp_world_machine(w, name, &(struct hp_config){.profile = hp_profile_switch});
}

struct hp_hub *hp_world_hub(struct hp_world *w, const char *name)
{
    struct world_node *n = node_new(w, &w->hubs, name);
    if (!n) return NULL;
    n->hub = hp_hub_new(&w->allocator);
    if (!n->hub) {
        node_free(w, n);
        return NULL;
    }
    w->hubs.item[w->hubs.count++] = n;
    return n->hub;
}

/* ---- cables ---- */

static bool node_grow_ports(struct hp_world *w, struct world_node *n)
{
    if (n->ports + 2 <= n->ports_room) return true; /* both ends may be here */
    uint32_t room = n->ports_room ? n->ports_room * 2 : 4;
    struct world_port *grown = mem_resize(w->mem, n->port, n->ports_room * sizeof *grown, room * sizeof *grown);
    if (!grown) return false;
    n->port = grown;
    n->ports_room = room;
    return true;
}

/* 02:MM:MM:MM:PP:PP */
static struct hp_mac node_mac(const struct world_node *n, uint32_t port)
{
    struct hp_mac mac = {{2, (uint8_t)(n->number >> 16), (uint8_t)(n->number >> 8), (uint8_t)n->number, (uint8_t)(port >> 8),
                          (uint8_t)port}};
    return mac;
}

/* The cable's end into this port; the index of the link, 0 for a hub, or an error. */
static int cable_plug(const struct world_port *p)
{
    struct world_node *n = p->cable->node[p->end];
    if (n->hub) {
        int err = hp_hub_plug(n->hub, p->cable->cable, p->end);
        return err < 0 ? err : 0;
    }
    struct hp_link_config c = {.name = p->link[0] ? p->link : NULL, .mac = p->mac, .mtu = p->mtu, .queue_max = p->cable->queue_max,
                               .queue = p->cable->queue};
    return hp_link_add(n->stack, hp_cable_end(p->cable->cable, p->end), &c);
}

/* A port as it is asked for: by the world's rules where nothing is said.  False: the name is too long. */
static bool cable_port(struct world_port *p, struct world_cable *k, int end, const struct hp_world_port *wanted)
{
    static const struct hp_mac none;
    *p = (struct world_port){.cable = k, .end = end, .mac = node_mac(k->node[end], k->node[end]->ports + 1)};
    const struct hp_mac *mac = wanted && !hp_mac_equal(&wanted->mac, &none) ? &wanted->mac : &k->mac[end];
    size_t n = wanted && wanted->link ? strlen(wanted->link) : 0;
    if (!hp_mac_equal(mac, &none)) p->mac = *mac;
    if (wanted) p->mtu = wanted->mtu;
    if (n >= sizeof p->link) return false;
    if (n) memcpy(p->link, wanted->link, n + 1);
    return true;
}

static int cable_plug_new(struct world_cable *k, int end, const struct hp_world_port *wanted)
{
    struct world_node *n = k->node[end];
    struct world_port p;
    if (!cable_port(&p, k, end, wanted)) return HP_EINVAL;
    k->link[end] = cable_plug(&p);
    if (k->link[end] < 0) return k->link[end];
    n->port[n->ports++] = p;
    return HP_OK;
}

static void cable_unplug_new(struct world_cable *k, int end)
{
    struct world_node *n = k->node[end];
    if (k->link[end] < 0) return;
    if (n->stack) hp_link_remove(n->stack, k->link[end]);
    n->ports--;
}

static void cable_earlier(void *ctx, struct hp_cable *c, int end)
{
    struct world_cable *k = ctx;
    agenda_set(&k->node[end]->part->agenda, k->id, k->split ? hp_cable_end_next(c, end) : hp_cable_next(c));
}

/* "a-b", or "a-b.2" if that is taken. */
static void cable_name(const struct hp_world *w, const struct world_node *a, const struct world_node *b, char *buf, size_t n)
{
    for (uint64_t i = 1;; i++) {
        struct text t = text_of(buf, n);
        text_str(&t, a->name);
        text_char(&t, '-');
        text_str(&t, b->name);
        if (i > 1) text_char(&t, '.');
        if (i > 1) text_u64(&t, i);
        if (!hp_world_find_cable(w, buf)) return;
    }
}

static struct hp_cable *cable_make(struct hp_world *w, const struct world_node *a, const struct world_node *b,
                                   const struct hp_cable_config *config)
{
    char name[2 * WORLD_NAME_MAX + 16];
    struct hp_cable_config c = config ? *config : (struct hp_cable_config){0};
    if (c.name && hp_world_find_cable(w, c.name)) return NULL;
    cable_name(w, a, b, name, sizeof name);
    if (!c.name) c.name = name;
    return hp_cable_new(&w->allocator, w->seed, &c);
}

/* Both ends, the name, the agenda: all or nothing. */
static bool cable_join(struct hp_world *w, struct world_cable *k, const struct hp_world_port ports[2])
{
    k->link[0] = k->link[1] = -1;
    uint64_t hash = name_hash(w, hp_cable_name(k->cable));
    if (!cable_plug_new(k, 0, ports) && !cable_plug_new(k, 1, ports ? ports + 1 : NULL) && !map_add(&w->cable_names, w->mem, hash, k)) {
        if (agenda_add(&w->all.agenda, w->mem, false, &k->id)) return true;
        map_remove(&w->cable_names, hash, k);
    }
    cable_unplug_new(k, 1);
    cable_unplug_new(k, 0);
    return false;
}

static void cable_free(struct hp_world *w, struct world_cable *k)
{
    hp_cable_free(k->cable);
    mem_free(w->mem, k, sizeof *k);
}

struct hp_cable *hp_world_cable(struct hp_world *w, const char *a, const char *b, const struct hp_cable_config *config)
{
    return hp_world_cable_ports(w, a, b, config, NULL);
}

struct hp_cable *hp_world_cable_ports(struct hp_world *w, const char *a, const char *b, const struct hp_cable_config *config,
                                      const struct hp_world_port ports[2])
{
    struct world_node *na = world_find_node(w, a), *nb = world_find_node(w, b);
    if (!na || !nb || (!na->hub && !na->stack) || (!nb->hub && !nb->stack)) return NULL;
    if (!list_grow(w, &w->cables) || !node_grow_ports(w, na) || !node_grow_ports(w, nb)) return NULL;
    struct world_cable *k = mem_zalloc(w->mem, sizeof *k);
    if (!k) return NULL;
    *k = (struct world_cable){.world = w, .node = {na, nb}};
    if (config) {
        k->queue_max = config->queue_max;
        k->queue = config->queue;
        memcpy(k->mac, config->mac, sizeof k->mac);
    }
    k->cable = cable_make(w, na, nb, config);
    if (!k->cable || !cable_join(w, k, ports)) {
        cable_free(w, k);
        return NULL;
    }
    w->cables.item[w->cables.count++] = k;
    hp_cable_set_watch(k->cable, cable_earlier, k);
    watch_cable(w, k);
    agenda_set(&w->all.agenda, k->id, hp_cable_next(k->cable));
    return k->cable;
}

/* ---- going wrong ---- */

struct world_cable *world_find_cable_of(const struct hp_world *w, const struct hp_cable *c)
{
    const char *name = hp_cable_name(c);
    return map_find(&w->cable_names, name_hash(w, name), cable_same, name);
}

/* Each end has a carrier if the cable is whole and somebody is at the other end. */
static void cable_set_carrier(struct hp_world *w, struct world_cable *k)
{
    for (int end = 0; end < 2; end++) {
        const struct world_node *other = k->node[!end];
        world_clock(w, k->node[end]);
        hp_wire_set_carrier(hp_cable_end(k->cable, end), hp_cable_is_up(k->cable) && (other->hub || other->stack));
        world_touch(w, k->node[end]);
    }
}

void hp_world_cable_set_up(struct hp_world *w, struct hp_cable *c, bool up)
{
    hp_cable_set_up(c, up, w->all.now);
    cable_set_carrier(w, world_find_cable_of(w, c));
    agenda_set(&w->all.agenda, world_find_cable_of(w, c)->id, hp_cable_next(c));
}

void hp_world_cable_set(struct hp_world *w, struct hp_cable *c, const struct hp_cable_config *config)
{
    hp_cable_set(c, config);
}

void hp_world_crash(struct hp_world *w, const char *name)
{
    struct world_node *n = world_find_node(w, name);
    if (!n || !n->stack) return;
    world_clock(w, n);
    n->pkt_id = n->stack->pkt_id;
    n->clock = n->stack->clock;
    struct hp_stack *s = n->stack;
    n->stack = NULL;
    hp_stack_free(s);
    n->planned = HP_NEVER;
    agenda_set(&w->all.agenda, n->id, HP_NEVER);
    agenda_unmark(&w->all.agenda, n->id);
    for (uint32_t i = 0; i < n->ports; i++) cable_set_carrier(w, n->port[i].cable);
}

struct hp_stack *hp_world_restart(struct hp_world *w, const char *name)
{
    struct world_node *n = world_find_node(w, name);
    if (!n || n->hub || n->stack) return NULL;
    n->frozen = false;
    n->stack = node_boot(w, n);
    int link = n->stack ? HP_OK : HP_ENOMEM;
    for (uint32_t i = 0; i < n->ports && link >= 0; i++) {
        struct world_port *p = &n->port[i];
        link = p->cable->link[p->end] = cable_plug(p);
    }
    if (link < 0) {
        if (n->stack) hp_stack_free(n->stack);
        n->stack = NULL;
        return NULL;
    }
    for (uint32_t i = 0; i < n->ports; i++) cable_set_carrier(w, n->port[i].cable);
    world_touch(w, n);
    return n->stack;
}

/* Machines first, so that nobody is told of what happens to the cables. */
void world_free_all(struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++)
        if (world_machine(w, i)->stack) hp_stack_free(world_machine(w, i)->stack);
    for (uint32_t i = 0; i < w->cables.count; i++) cable_free(w, world_cable(w, i));
    for (uint32_t i = 0; i < w->machines.count; i++) node_free(w, world_machine(w, i));
    for (uint32_t i = 0; i < w->hubs.count; i++) {
        struct world_node *n = w->hubs.item[i];
        hp_hub_free(n->hub);
        node_free(w, n);
    }
    list_free(w, &w->machines);
    list_free(w, &w->hubs);
    list_free(w, &w->cables);
    map_free(&w->names, w->mem);
    map_free(&w->cable_names, w->mem);
    agenda_free(&w->all.agenda, w->mem);
    mem_free(w->mem, w->call, w->calls_room * sizeof *w->call);
    mem_free(w->mem, w->watcher, w->watchers * sizeof *w->watcher);
}

/* ---- looking ---- */

struct hp_stack *hp_world_find(const struct hp_world *w, const char *name)
{
    struct world_node *n = world_find_node(w, name);
    return n ? n->stack : NULL;
}

struct hp_cable *hp_world_find_cable(const struct hp_world *w, const char *name)
{
    struct world_cable *k = map_find(&w->cable_names, name_hash(w, name), cable_same, name);
    return k ? k->cable : NULL;
}

struct hp_stack *hp_world_each(const struct hp_world *w, unsigned i, const char **name)
{
    struct world_node *n = i < w->machines.count ? world_machine(w, i) : NULL;
    if (name) *name = n ? n->name : NULL;
    return n ? n->stack : NULL;
}

struct hp_cable *hp_world_each_cable(const struct hp_world *w, unsigned i)
{
    return i < w->cables.count ? world_cable(w, i)->cable : NULL;
}

int hp_world_cable_number(const struct hp_world *w, const struct hp_cable *c)
{
    const struct world_cable *k = world_find_cable_of(w, c);
    return k ? (int)k->id : HP_ENOENT;
}

const char *hp_world_cable_end(const struct hp_world *w, const struct hp_cable *c, int end, int *link)
{
    const struct world_cable *k = world_find_cable_of(w, c);
    if (link) *link = k->link[end != 0];
    return k->node[end != 0]->name;
}
