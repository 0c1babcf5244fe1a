/* Multicast groups that this host listens to: counted per link, told to the link's MAC filter (RFC 1112 7) and to the version of IP
 * (MLD for IPv6; IPv4 sends no IGMP). */
#include "l3_network/net.h"

enum { GROUPS_MAX = 4096 };

struct net_group {
    struct net_group *next;
    struct hp_link *link;
    struct hp_ip ip;
    uint32_t joins;
};

static struct net_group **group_at(struct network *n, const struct hp_link *l, const struct hp_ip *ip)
{
    struct net_group **at = &n->groups;
    while (*at && !((*at)->link == l && hp_ip_equal(&(*at)->ip, ip))) at = &(*at)->next;
    return at;
}

bool net_group_has(const struct hp_stack *s, const struct hp_link *l, const struct hp_ip *group)
{
    static const struct hp_ip all4 = {{[10] = 0xff, 0xff, 224, 0, 0, 1}}; /* RFC 1112 4: everybody's */
    return hp_ip_equal(group, &all4) || *group_at(network(s), l, group);
}

int net_group_join(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    struct network *n = network(s);
    if (!hp_ip_is_multicast(group)) return HP_EINVAL;
    unsigned count = 0;
    for (struct net_group *g = n->groups; g; g = g->next) {
        count++;
        if (g->link != l || !hp_ip_equal(&g->ip, group)) continue;
        g->joins++;
        return HP_OK;
    }
    struct net_group *g = count < GROUPS_MAX ? mem_alloc(s->mem, sizeof *g) : NULL;
    if (!g) return HP_ENOMEM;
    int err = link_group_join(s, l, group);
    if (err) {
        mem_free(s->mem, g, sizeof *g);
        return err;
    }
    *g = (struct net_group){n->groups, l, *group, 1};
    n->groups = g;
    const struct net_family *f = n->family[net_version(group)];
    if (f && f->group) f->group(s, l, group, true);
    return HP_OK;
}

static void group_end(struct hp_stack *s, struct net_group **at)
{
    struct net_group *g = *at;
    const struct net_family *f = network(s)->family[net_version(&g->ip)];
    *at = g->next;
    link_group_leave(s, g->link, &g->ip);
    if (f && f->group) f->group(s, g->link, &g->ip, false);
    mem_free(s->mem, g, sizeof *g);
}

int net_group_leave(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    struct net_group **at = group_at(network(s), l, group);
    if (!*at) return HP_ENOENT;
    if (--(*at)->joins == 0) group_end(s, at);
    return HP_OK;
}

void group_link_gone(struct hp_stack *s, struct hp_link *l)
{
    for (struct net_group **at = &network(s)->groups; *at;) {
        if ((*at)->link == l) group_end(s, at);
        else at = &(*at)->next;
    }
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
