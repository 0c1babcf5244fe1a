/* Multicast groups that this host listens to: counted per link, told to the link's MAC filter (RFC 1112 7) and to the version of IP
 * (MLD for IPv6; IPv4 sends no IGMP). */
#include "l3_network/net.h"

enum { GROUPS_MAX = 4096 };     /* of a link */

struct net_group {
    struct net_group *next;
    struct hp_link *link;
    struct hp_ip ip;
    uint32_t joins;
};

/* NULL: it is not joined. */
static struct net_group **group_at(struct network *n, const struct hp_link *l, const struct hp_ip *ip)
{
    struct net_side *side = net_side(n, l->index);
    struct net_group **at = side ? &side->groups : NULL;
    while (at && *at && !hp_ip_equal(&(*at)->ip, ip)) at = &(*at)->next;
    return at && *at ? at : NULL;
}

bool net_group_has(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *group)
{
    static const struct hp_ip all4 = {{[10] = 0xff, 0xff, 224, 0, 0, 1}}; /* RFC 1112 4: everybody's */
    return hp_ip_equal(group, &all4) || group_at(network(s), l, group);
}

int net_group_join(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    struct network *n = network(s);
    if (!hp_ip_is_multicast(group)) return HP_EINVAL;
    struct net_group **at = group_at(n, l, group);
    if (at) (*at)->joins++;
    if (at) return HP_OK;
    if (net_side_room(s, l->index)) return HP_ENOMEM;
    struct net_side *side = net_side(n, l->index);
    struct net_group *g = side->groups_count < GROUPS_MAX ? mem_alloc(s->mem, sizeof *g) : NULL;
    if (!g) return HP_ENOMEM;
    int err = link_group_join(s, l, group);
    if (err) {
        mem_free(s->mem, g, sizeof *g);
        return err;
    }
    *g = (struct net_group){side->groups, l, *group, 1};
    side->groups = g;
    side->groups_count++;
    const struct net_family *f = n->family[net_version(group)];
    if (f && f->group) f->group(s, l, group, true);
    return HP_OK;
}

static void group_end(struct hp_stack *s, struct net_group **at)
{
    struct net_group *g = *at;
    const struct net_family *f = network(s)->family[net_version(&g->ip)];
    *at = g->next;
    net_side(network(s), g->link->index)->groups_count--;
    link_group_leave(s, g->link, &g->ip);
    if (f && f->group) f->group(s, g->link, &g->ip, false);
    mem_free(s->mem, g, sizeof *g);
}

int net_group_leave(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    struct net_group **at = group_at(network(s), l, group);
    if (!at) return HP_ENOENT;
    if (--(*at)->joins == 0) group_end(s, at);
    return HP_OK;
}

void group_link_gone(struct hp_stack *s, struct hp_link *l)
{
    const struct net_side *side = net_side(network(s), l->index);
    while (side && side->groups) group_end(s, &net_side(network(s), l->index)->groups);
}

int hp_multicast_join(struct hp_stack *s, int link, const struct hp_ip *group)
{
    struct hp_link *l = link_get(s, link);
    if (!network(s)) return HP_EOPNOTSUPP;
    return l ? net_group_join(s, l, group) : HP_ENOENT;
}

int hp_multicast_leave(struct hp_stack *s, int link, const struct hp_ip *group)
{
    struct hp_link *l = link_get(s, link);
    if (!network(s)) return HP_EOPNOTSUPP;
    return l ? net_group_leave(s, l, group) : HP_ENOENT;
}
