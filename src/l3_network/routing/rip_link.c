/* RIP's view of the stack: which links run, which networks are on them, which other routes are to be announced. */
#include "l3_network/routing/rip.h"

#include "core/bytes.h"

static const struct hp_ip rip_group = {{[10] = 0xff, 0xff, 224, 0, 0, 9}};

bool rip_is_neighbour(const struct rip *p, int link, const struct hp_ip *ip)
{
    for (unsigned i = 0; i < p->nets; i++)
        if (p->net[i].link == link && hp_prefix_has(&p->net[i].address, ip)) return true;
    return false;
}

bool rip_is_us(const struct rip *p, const struct hp_ip *ip)
{
    for (unsigned i = 0; i < p->nets; i++)
        if (hp_ip_equal(&p->net[i].address.ip, ip)) return true;
    return false;
}

static struct rip_port *rip_port_find(const struct rip *p, int link)
{
    for (unsigned i = 0; i < p->ports; i++)
        if (p->port[i].link == link) return &p->port[i];
    return NULL;
}

bool rip_link_runs(const struct rip *p, int link)
{
    const struct rip_port *port = rip_port_find(p, link);
    return port && port->running;
}

/* ---- addresses ---- */

static bool rip_net_wanted(const struct rip *p, const struct hp_addr_info *a)
{
    struct hp_link_info l;
    if (!hp_ip_is4(&a->address.ip) || hp_ip_is_loopback(&a->address.ip) || rip_way(p, a->link)->off) return false;
    return hp_link_info(p->s, a->link, &l) == HP_OK && l.up && l.carrier;
}

static void rip_scan_addresses(struct rip *p)
{
    struct hp_addr_info a;
    p->nets = 0;
    for (unsigned i = 0; hp_addr_info(p->s, i, &a) == HP_OK; i++)
        if (rip_net_wanted(p, &a) && rip_room(p, &p->net, p->nets, &p->nets_room, sizeof *p->net))
            p->net[p->nets++] = (struct rip_net){a.address, a.link};
}

/* ---- links ---- */

static bool rip_has_net(const struct rip *p, int link)
{
    for (unsigned i = 0; i < p->nets; i++)
        if (p->net[i].link == link) return true;
    return false;
}

static void rip_lose_link(struct rip *p, int link)
{
    for (uint32_t i = 0; i < p->routes; i++) {
        struct rip_route *t = p->table[i];
        if (t->r.source == HP_RIP_HEARD && t->r.link == link && t->r.metric < RIP_INFINITY) rip_lose(p, t, HP_RIP_BY_LINK);
    }
}

static bool rip_same_link(const struct rip_port *port, const struct hp_link_info *l)
{
    return hp_mac_equal(&port->mac, &l->mac) && strcmp(port->name, l->name) == 0;
}

/* A link that is seen for the first time: 224.0.0.9 is listened to from now on. */
static struct rip_port *rip_port_add(struct rip *p, const struct hp_link_info *l)
{
    if (!rip_room(p, &p->port, p->ports, &p->ports_room, sizeof *p->port)) return NULL;
    if (hp_multicast_join(p->s, l->index, &rip_group)) return NULL;
    struct rip_port *port = &p->port[p->ports++];
    *port = (struct rip_port){.link = l->index, .mac = l->mac};
    size_t n = strlen(l->name);
    memcpy(port->name, l->name, n < RIP_NAME_MAX ? n : RIP_NAME_MAX - 1);
    return port;
}

static void rip_port_remove(struct rip *p, struct rip_port *port)
{
    if (port->running) rip_lose_link(p, port->link);
    *port = p->port[--p->ports];
}

/* Those that are gone, or another link with the same number (the group left with the old one). */
static void rip_scan_gone(struct rip *p)
{
    struct hp_link_info l;
    for (unsigned i = p->ports; i-- > 0;)
        if (hp_link_info(p->s, p->port[i].link, &l) || !rip_same_link(&p->port[i], &l)) rip_port_remove(p, &p->port[i]);
}

/* RFC 2453 3.9.1: whoever comes up asks its neighbours for everything; and tells what it has. */
static void rip_greet(struct rip *p, int link)
{
    if (rip_way(p, link)->passive) return;
    rip_send_request(p, link);
    if (p->routes) rip_send_table(p, link, NULL);
}

static void rip_scan_link(struct rip *p, const struct hp_link_info *l)
{
    struct rip_port *port = rip_port_find(p, l->index);
    bool runs = rip_has_net(p, l->index);
    if (!port && runs) port = rip_port_add(p, l);
    if (!port || port->running == runs) return;
    port->running = runs;
    if (runs) rip_greet(p, l->index);
    else rip_lose_link(p, l->index);
}

/* ---- our own routes ---- */

static void rip_own_networks(struct rip *p)
{
    for (unsigned i = 0; i < p->nets; i++) {
        const struct rip_net *net = &p->net[i];
        struct hp_rip_route own = {.to = net->address, .source = HP_RIP_CONNECTED, .link = net->link, .metric = 1};
        rip_own(p, &own);
    }
}

/* A route of another source: RIP's neighbours may want to know. */
static void rip_own_route(void *ctx, const struct hp_route *route)
{
    struct rip *p = ctx;
    struct hp_link_info l;
    uint8_t metric = p->r->announce_metric ? p->r->announce_metric : 1;
    if (route->source == HP_ROUTE_RIP || route->source > 31 || !(p->r->announce >> route->source & 1)) return;
    if (!hp_ip_is4(&route->to.ip) || route->to.len < 96 || hp_ip_is_loopback(&route->to.ip)) return;
    if (hp_link_info(p->s, route->link, &l) || !l.up || !l.carrier) return;
    struct hp_rip_route own = {.to = route->to, .source = HP_RIP_ANNOUNCED, .gateway = route->gateway, .link = route->link,
                               .metric = metric, .tag = p->r->announce_tag};
    rip_own(p, &own);
}

static void rip_own_default(struct rip *p)
{
    struct hp_rip_route own = {.to = {hp_ip4(0, 0, 0, 0), 96}, .source = HP_RIP_ANNOUNCED, .tag = p->r->announce_tag,
                               .metric = p->r->announce_metric ? p->r->announce_metric : 1};
    if (p->r->announce_default) rip_own(p, &own);
}

static void rip_scan_own(struct rip *p)
{
    for (uint32_t i = 0; i < p->routes; i++) p->table[i]->seen = false;
    rip_own_networks(p);
    rip_own_default(p);
    if (p->r->announce) hp_routes_each(p->s, rip_own_route, p);
    for (uint32_t i = 0; i < p->routes; i++) {
        struct rip_route *t = p->table[i];
        bool gone = t->r.source != HP_RIP_HEARD && !t->seen && t->r.metric < RIP_INFINITY;
        if (gone) rip_lose(p, t, t->r.link && !rip_link_runs(p, t->r.link) ? HP_RIP_BY_LINK : HP_RIP_BY_OURSELVES);
    }
}

void rip_scan(struct rip *p)
{
    struct hp_link_info l;
    rip_scan_addresses(p);
    rip_scan_gone(p);
    for (int i = 1; i <= hp_link_count(p->s); i++)
        if (hp_link_info(p->s, i, &l) == HP_OK) rip_scan_link(p, &l);
    rip_scan_own(p);
}
