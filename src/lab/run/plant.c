/* The world of a plan: nodes in their order, then cables in theirs, so that both have the plan's numbers. */
#include "lab/run/run.h"

static int plant_wrong(const struct hp_run *r, struct hp_plan_error *error, struct hp_plan_place place, const char *what, const char *name)
{
    return hp_plan_complain(r->plan, error, place, NULL, name, "%s \"%s\"", what, name);
}

static bool plant_node(struct hp_run *r, const struct hp_plan_node *n)
{
    struct hp_config c = {.memory_max = n->memory_max};
    switch (n->kind) {
    case HP_NODE_HUB:
    case HP_NODE_REPEATER: return hp_world_hub(r->world, n->name) != NULL;
    case HP_NODE_SWITCH: c.profile = hp_profile_switch; break;
    case HP_NODE_ROUTER: c.profile = hp_profile_router; break;
    case HP_NODE_HOST: c.profile = hp_profile_host; break;
    }
    return hp_world_machine(r->world, n->name, &c) != NULL;
}

static int plant_nodes(struct hp_run *r, struct hp_plan_error *error)
{
    for (uint32_t i = 0; i < r->plan->nodes; i++) {
        const struct hp_plan_node *n = &r->plan->node[i];
        r->node[i].run = r;
        r->node[i].plan = n;
        if (strlen(n->name) > 31) return plant_wrong(r, error, n->place, "a name has 31 bytes at most:", n->name);
        if (!plant_node(r, n)) return HP_ENOMEM;
    }
    return HP_OK;
}

static struct hp_world_port plant_port(const struct hp_plan_node *n, uint32_t interface)
{
    const struct hp_plan_interface *i = &n->interface[interface];
    return (struct hp_world_port){.link = i->name, .mac = i->mac, .mtu = i->mtu};
}

static int plant_cables(struct hp_run *r, struct hp_plan_error *error)
{
    for (uint32_t i = 0; i < r->plan->cables; i++) {
        const struct hp_plan_cable *k = &r->plan->cable[i];
        const struct hp_plan_node *a = &r->plan->node[k->node[0]], *b = &r->plan->node[k->node[1]];
        struct hp_world_port ports[2] = {plant_port(a, k->interface[0]), plant_port(b, k->interface[1])};
        struct hp_cable_config c = k->config;
        c.name = k->name;
        if (c.back) c.back = &k->back;
        for (int end = 0; end < 2; end++)
            if (ports[end].link && strlen(ports[end].link) > 15)
                return plant_wrong(r, error, k->place, "an interface's name has 15 bytes at most:", ports[end].link);
        if (k->name && hp_world_find_cable(r->world, k->name)) return plant_wrong(r, error, k->place, "there are two cables", k->name);
        if (!hp_world_cable_ports(r->world, a->name, b->name, &c, ports)) return HP_ENOMEM;
    }
    return HP_OK;
}

int plant_world(struct hp_run *r, struct hp_plan_error *error)
{
    int err = plant_nodes(r, error);
    return err ? err : plant_cables(r, error);
}
