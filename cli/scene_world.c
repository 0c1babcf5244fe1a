/* Machines and cables of a scene: who there is at the beginning, and what they know at the end. */
#include <stdlib.h>
#include <string.h>

#include "hepta/net.h"
#include "scene_inside.h"

int32_t scene_find_node(const struct scene *s, const char *name)
{
    for (size_t i = 0; i < s->nodes.count; i++)
        if (strcmp(scene_text_of(s, SCENE_AT(s->nodes, struct scene_node, i)->name), name) == 0) return (int32_t)i;
    return -1;
}

/* ---- the beginning ---- */

static void look_protocol(void *ctx, const char *name, int layer)
{
    if (strcmp(name, "bridge") == 0) *(const char **)ctx = "switch";
    if (strcmp(name, "forward") == 0) *(const char **)ctx = "router";
}

static const char *look_kind(const struct hp_stack *s)
{
    const char *kind = "host";
    if (s) hp_protocols_each(s, look_protocol, &kind);
    return kind;
}

static int32_t look_node(struct scene *s, const char *name, const char *kind)
{
    int32_t known = scene_find_node(s, name);
    if (known >= 0) return known;
    struct scene_node *n = scene_list_add(s, &s->nodes, sizeof *n);
    if (!n) return -1;
    n->name = scene_text(s, name);
    n->kind = scene_text(s, kind);
    return (int32_t)(s->nodes.count - 1);
}

static bool look_cable(struct scene *s, const struct hp_cable *cable)
{
    struct scene_cable *c = scene_list_add(s, &s->cables, sizeof *c);
    if (!c) return false;
    c->cable = cable;
    c->name = scene_text(s, hp_cable_name(cable));
    for (int end = 0; end < 2; end++) {
        struct hp_link_info info;
        int link = 0;
        const char *name = hp_world_cable_end(s->world, cable, end, &link);
        const struct hp_stack *stack = hp_world_find(s->world, name);
        hp_cable_get(cable, end, &c->way[end]);
        c->node[end] = look_node(s, name, "hub");
        if (stack && link && hp_link_info(stack, link, &info) == HP_OK) c->link[end] = scene_text(s, info.name);
        c->flying[end] = c->flying_last[end] = -1;
    }
    return true;
}

int scene_look(struct scene *s)
{
    const char *name = NULL;
    for (unsigned i = 0;; i++, name = NULL) {
        const struct hp_stack *stack = hp_world_each(s->world, i, &name);
        if (!name) break;
        int32_t n = look_node(s, name, look_kind(stack));
        if (n < 0) return HP_ENOMEM;
        scene_look_addresses(s, n, 0);
    }
    const struct hp_cable *cable;
    for (unsigned i = 0; (cable = hp_world_each_cable(s->world, i)) && i < UINT16_MAX; i++)
        if (!look_cable(s, cable)) return HP_ENOMEM;
    return s->memory_failures ? HP_ENOMEM : HP_OK;
}

/* Has it the addresses that it had then?  New ones are put behind the others. */
static bool look_is_known(const struct scene_node *n, const struct hp_stack *stack)
{
    struct hp_addr_info info;
    if (!n->looked || hp_addr_info(stack, n->looked, &info) == HP_OK || hp_addr_info(stack, n->looked - 1, &info)) return false;
    return info.address.len == n->last.len && hp_ip_equal(&info.address.ip, &n->last.ip);
}

/* Addresses that the node did not have when it was looked at last. */
void scene_look_addresses(struct scene *s, int32_t node, hp_time time)
{
    struct scene_node *n = node < 0 ? NULL : SCENE_AT(s->nodes, struct scene_node, node);
    const struct hp_stack *stack = n && s->world ? hp_world_find(s->world, scene_text_of(s, n->name)) : NULL;
    struct hp_addr_info info;
    if (!stack || look_is_known(n, stack)) return; /* frames are many, changes few */
    for (unsigned i = 0; hp_addr_info(stack, i, &info) == HP_OK; i++) {
        n->looked = i + 1;
        n->last = info.address;
        char text[HP_PREFIX_TEXT];
        struct hp_link_info link;
        if (hp_ip_is_loopback(&info.address.ip)) continue;
        uint32_t number = scene_text(s, hp_prefix_text(&info.address, text, sizeof text));
        size_t k = 0;
        while (k < n->addresses.count && SCENE_AT(n->addresses, struct scene_address, k)->text != number) k++;
        struct scene_address *a = k < n->addresses.count ? NULL : scene_list_add(s, &n->addresses, sizeof *a);
        if (a) *a = (struct scene_address){time, hp_link_info(stack, info.link, &link) == HP_OK ? scene_text(s, link.name) : 0, number};
    }
}

/* ---- without a world ---- */

int scene_node(struct scene *s, const char *name, const char *kind) { return look_node(s, name, kind); }

void scene_address(struct scene *s, const char *node, const char *link, const char *address)
{
    int32_t i = s ? scene_find_node(s, node) : -1;
    struct scene_address *a = i < 0 ? NULL : scene_list_add(s, &SCENE_AT(s->nodes, struct scene_node, i)->addresses, sizeof *a);
    if (a) *a = (struct scene_address){0, scene_text(s, link), scene_text(s, address)};
}

int scene_cable(struct scene *s, const char *name, int a, int b, hp_time delay)
{
    struct scene_cable *c = s->cables.count < UINT16_MAX ? scene_list_add(s, &s->cables, sizeof *c) : NULL;
    if (!c) return -1;
    c->name = scene_text(s, name);
    c->node[0] = a;
    c->node[1] = b;
    for (int end = 0; end < 2; end++) {
        c->way[end].delay = delay;
        c->flying[end] = c->flying_last[end] = -1;
    }
    return (int)(s->cables.count - 1);
}

/* ---- the end ---- */

struct look_table {
    struct scene *s;
    struct scene_node *n;
    const struct hp_stack *stack;
};

static void look_row(struct look_table *t, enum scene_table table, const char *a, const char *b, const char *c, const char *d)
{
    size_t rows = 0;
    for (size_t i = 0; i < t->n->rows.count; i++) rows += SCENE_AT(t->n->rows, struct scene_row, i)->table == table;
    struct scene_row *r = rows < SCENE_TABLE_ROWS_MAX ? scene_list_add(t->s, &t->n->rows, sizeof *r) : NULL;
    if (r) *r = (struct scene_row){(uint8_t)table, {scene_text(t->s, a), scene_text(t->s, b), scene_text(t->s, c), scene_text(t->s, d)}};
}

static const char *look_link(const struct hp_stack *s, int link)
{
    struct hp_link_info info;
    return link && hp_link_info(s, link, &info) == HP_OK ? info.name : "";
}

static void look_route(void *ctx, const struct hp_route *r)
{
    static const char *const source[] = {"static", "connected", "dhcp", "ra", "redirect", "rip", "other"};
    struct look_table *t = ctx;
    char to[HP_PREFIX_TEXT], via[HP_IP_TEXT], how[48];
    if (hp_ip_is_loopback(&r->to.ip) || hp_ip_is_multicast(&r->to.ip)) return;
    snprintf(how, sizeof how, "%s, %u", r->source < sizeof source / sizeof *source ? source[r->source] : "other", r->metric);
    look_row(t, SCENE_ROUTES, hp_prefix_text(&r->to, to, sizeof to), hp_ip_is_any(&r->gateway) ? "" : hp_ip_text(&r->gateway, via, sizeof via),
             look_link(t->stack, r->link), how);
}

static void look_counter(void *ctx, const char *proto, const char *name, uint64_t value, const char *text)
{
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)value);
    if (value) look_row(ctx, SCENE_COUNTERS, proto, name, number, text);
}

static void look_links(struct look_table *t)
{
    struct hp_link_info l;
    char mac[HP_MAC_TEXT], count[96];
    for (int i = 1; i <= hp_link_count(t->stack); i++) {
        if (hp_link_info(t->stack, i, &l) != HP_OK || strcmp(l.name, "lo") == 0) continue;
        snprintf(count, sizeof count, "%llu / %llu", (unsigned long long)l.rx_frames, (unsigned long long)l.tx_frames);
        look_row(t, SCENE_LINKS, l.name, hp_mac_text(&l.mac, mac, sizeof mac), l.up && l.carrier ? "up" : "down", count);
    }
}

static void look_machine(struct look_table *t)
{
    struct hp_neigh_info g;
    struct hp_bridge_info b;
    char ip[HP_IP_TEXT], mac[HP_MAC_TEXT], seen[HP_TIME_TEXT];
    look_links(t);
    hp_routes_each(t->stack, look_route, t);
    for (unsigned i = 0; hp_neigh_info(t->stack, i, &g) == HP_OK; i++)
        look_row(t, SCENE_NEIGHBORS, hp_ip_text(&g.ip, ip, sizeof ip), hp_mac_text(&g.mac, mac, sizeof mac), look_link(t->stack, g.link), g.state);
    for (unsigned i = 0; hp_bridge_info(t->stack, i, &b) == HP_OK; i++)
        look_row(t, SCENE_SWITCHING, hp_mac_text(&b.mac, mac, sizeof mac), look_link(t->stack, b.link), hp_time_text(b.seen, seen, sizeof seen), "");
    hp_counters_each(t->stack, look_counter, t);
}

void scene_look_end(struct scene *s)
{
    for (size_t i = 0; i < s->nodes.count; i++) {
        struct scene_node *n = SCENE_AT(s->nodes, struct scene_node, i);
        const struct hp_stack *stack = hp_world_find(s->world, scene_text_of(s, n->name));
        scene_look_addresses(s, (int32_t)i, hp_world_now(s->world));
        if (stack) look_machine(&(struct look_table){s, n, stack});
    }
    for (size_t i = 0; i < s->cables.count; i++) {
        struct scene_cable *c = SCENE_AT(s->cables, struct scene_cable, i);
        for (int end = 0; end < 2; end++) hp_cable_stats(c->cable, end, &c->stats[end]);
    }
}
