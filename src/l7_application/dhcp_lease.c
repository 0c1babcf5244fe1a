/* Which address a DHCP client gets: RFC 2131 4.3.1.
 *
 * Leases are few (HP_DHCP_POOL_MAX) and messages rare: they are looked through one by one, in the order of making, so that the same questions get
 * the same addresses. */
#include "l7_application/dhcp_lease.h"

static uint32_t dhcpd_number(const struct hp_ip *ip) { return get32(ip->b + 12); }

static bool dhcpd_is(const struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    if (l->id_len != q->id_len) return false;
    return q->id_len ? memcmp(l->id, q->id, q->id_len) == 0 : hp_mac_equal(&l->mac, &q->mac);
}

struct dhcpd_lease *dhcpd_find(const struct dhcpd_table *t, const struct dhcp_asked *q)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->lease[i]->state != DHCPD_AVOIDED && dhcpd_is(t->lease[i], q)) return t->lease[i];
    return NULL;
}

struct dhcpd_lease *dhcpd_find_ip(const struct dhcpd_table *t, const struct hp_ip *ip)
{
    for (unsigned i = 0; i < t->count; i++)
        if (hp_ip_equal(&t->lease[i]->ip, ip)) return t->lease[i];
    return NULL;
}

/* ---- making ---- */

static bool dhcpd_room(struct hp_stack *s, struct dhcpd_table *t)
{
    if (t->count < t->room) return true;
    unsigned more = t->room ? t->room * 2 : 16;
    struct dhcpd_lease **grown = hp_alloc(s, more * sizeof *grown);
    if (!grown) return false;
    if (t->count) memcpy(grown, t->lease, t->count * sizeof *grown);
    hp_free(s, t->lease, t->room * sizeof *t->lease);
    t->lease = grown;
    t->room = more;
    return true;
}

static struct dhcpd_lease *dhcpd_add(struct hp_stack *s, struct dhcpd_table *t, const struct hp_ip *ip)
{
    struct dhcpd_lease *l = dhcpd_room(s, t) ? hp_alloc(s, sizeof *l) : NULL;
    if (!l) return NULL;
    l->ip = *ip;
    t->lease[t->count++] = l;
    return l;
}

void dhcpd_table_free(struct hp_stack *s, struct dhcpd_table *t)
{
    for (unsigned i = 0; i < t->count; i++) hp_free(s, t->lease[i], sizeof *t->lease[i]);
    hp_free(s, t->lease, t->room * sizeof *t->lease);
    *t = (struct dhcpd_table){0};
}

void dhcpd_give(struct dhcpd_lease *l, const struct dhcp_asked *q)
{
    if (!dhcpd_is(l, q)) l->hostname[0] = 0;
    l->mac = q->mac;
    l->id_len = q->id_len;
    memcpy(l->id, q->id, q->id_len);
    if (q->hostname[0]) memcpy(l->hostname, q->hostname, sizeof l->hostname);
}

/* ---- choosing ---- */

static const struct hp_dhcp_fixed *dhcpd_fixed_ip(const struct hp_dhcp_server *d, const struct hp_ip *ip)
{
    for (int i = 0; i < d->fixed_count; i++)
        if (hp_ip_equal(&d->fixed[i].ip, ip)) return &d->fixed[i];
    return NULL;
}

static const struct hp_dhcp_fixed *dhcpd_fixed_mac(const struct hp_dhcp_server *d, const struct hp_mac *mac)
{
    for (int i = 0; i < d->fixed_count; i++)
        if (hp_mac_equal(&d->fixed[i].mac, mac)) return &d->fixed[i];
    return NULL;
}

static bool dhcpd_in_pool(const struct hp_dhcp_server *d, const struct hp_ip *self, const struct hp_ip *ip)
{
    uint32_t at = dhcpd_number(ip);
    return hp_ip_is4(ip) && at >= dhcpd_number(&d->first) && at <= dhcpd_number(&d->last) && !hp_ip_equal(ip, self) && !dhcpd_fixed_ip(d, ip);
}

/* The one that it asks for, if nobody has or had it. */
static struct dhcpd_lease *dhcpd_choose_wish(struct hp_stack *s, struct dhcpd_table *t, const struct hp_dhcp_server *d, const struct hp_ip *self,
                                             const struct hp_ip *wish)
{
    if (!dhcpd_in_pool(d, self, wish)) return NULL;
    struct dhcpd_lease *l = dhcpd_find_ip(t, wish);
    if (!l) return dhcpd_add(s, t, wish);
    return l->state == DHCPD_FREE ? l : NULL;
}

static struct dhcpd_lease *dhcpd_choose_fresh(struct hp_stack *s, struct dhcpd_table *t, const struct hp_dhcp_server *d, const struct hp_ip *self)
{
    uint32_t first = dhcpd_number(&d->first), size = dhcpd_number(&d->last) - first + 1;
    for (; t->fresh < size; t->fresh++) {
        struct hp_ip ip = d->first;
        put32(ip.b + 12, first + t->fresh);
        if (!dhcpd_in_pool(d, self, &ip) || dhcpd_find_ip(t, &ip)) continue;
        struct dhcpd_lease *l = dhcpd_add(s, t, &ip);
        if (l) t->fresh++;
        return l;
    }
    return NULL;
}

static struct dhcpd_lease *dhcpd_choose_oldest(const struct dhcpd_table *t, const struct hp_dhcp_server *d, const struct hp_ip *self)
{
    struct dhcpd_lease *oldest = NULL;
    for (unsigned i = 0; i < t->count; i++) {
        struct dhcpd_lease *l = t->lease[i];
        if (l->state == DHCPD_FREE && dhcpd_in_pool(d, self, &l->ip) && (!oldest || l->until < oldest->until)) oldest = l;
    }
    return oldest;
}

struct dhcpd_lease *dhcpd_choose(struct hp_stack *s, struct dhcpd_table *t, const struct hp_dhcp_server *d, const struct hp_ip *self,
                                 const struct dhcp_asked *q)
{
    const struct hp_dhcp_fixed *fixed = dhcpd_fixed_mac(d, &q->mac);
    struct dhcpd_lease *l = fixed ? dhcpd_find_ip(t, &fixed->ip) : dhcpd_find(t, q);
    if (fixed) return l ? l : dhcpd_add(s, t, &fixed->ip);
    if (!l) l = dhcpd_choose_wish(s, t, d, self, &q->requested);
    if (!l) l = dhcpd_choose_fresh(s, t, d, self);
    return l ? l : dhcpd_choose_oldest(t, d, self);
}
