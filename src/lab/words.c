/* Addresses and routes in words. */
#include "hepta/net.h"
#include "lab/world.h"

int hp_world_address(struct hp_world *w, const char *machine, const char *link, const char *prefix)
{
    struct hp_stack *s = hp_world_find(w, machine);
    struct hp_prefix address;
    int index = s ? hp_link_find(s, link) : HP_ENOENT;
    if (index < 0) return index;
    if (!hp_prefix_parse(prefix, &address)) return HP_EINVAL;
    return hp_addr_add(s, index, &address, HP_ADDR_NO_DAD);
}

int hp_world_route(struct hp_world *w, const char *machine, const char *to, const char *gateway)
{
    struct hp_stack *s = hp_world_find(w, machine);
    struct hp_route route = {.metric = 0};
    if (!s) return HP_ENOENT;
    if (!hp_prefix_parse(to, &route.to) || !hp_ip_parse(gateway, &route.gateway)) return HP_EINVAL;
    return hp_route_add(s, &route);
}
