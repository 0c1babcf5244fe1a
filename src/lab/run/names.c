/* Machines by name, and what their programs' resolvers know: "c1" and "r1.eth1" without asking, other names from the plan's name servers
 * or those that DHCP and router advertisements brought. */
#include "lab/run/run.h"

/* "r1.eth1": the node, and the interface's name; of "r1" the interface is NULL.  Names may have dots themselves. */
static const struct hp_plan_node *names_split(const struct hp_plan *plan, const char *name, const char **interface)
{
    char node[32];
    int32_t i = hp_plan_find_node(plan, name);
    *interface = NULL;
    if (i >= 0) return &plan->node[i];
    const char *dot = strrchr(name, '.');
    if (!dot || (size_t)(dot - name) >= sizeof node) return NULL;
    memcpy(node, name, (size_t)(dot - name));
    node[dot - name] = 0;
    i = hp_plan_find_node(plan, node);
    *interface = dot + 1;
    return i >= 0 ? &plan->node[i] : NULL;
}

/* The first of the plan's addresses, IPv4 if there is one. */
static bool names_planned(const struct hp_plan_node *n, const char *interface, struct hp_ip *out)
{
    for (int four = 1; four >= 0; four--)
        for (uint32_t i = 0; i < n->interfaces; i++) {
            const struct hp_plan_interface *f = &n->interface[i];
            if (interface && strcmp(interface, f->name) != 0) continue;
            for (uint32_t k = 0; k < f->addresses; k++) {
                if (hp_ip_is4(&f->address[k].ip) != (four != 0)) continue;
                *out = f->address[k].ip;
                return true;
            }
        }
    return false;
}

static bool names_fits(const struct hp_addr_info *a, int link, bool four)
{
    if (link && a->link != link) return false;
    if (a->flags & (HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE)) return false;
    return hp_ip_is4(&a->address.ip) == four && !hp_ip_is_loopback(&a->address.ip) && !hp_ip_is_linklocal(&a->address.ip);
}

/* What it has got by now. */
static bool names_got(const struct hp_run *r, const struct hp_plan_node *n, const char *interface, struct hp_ip *out)
{
    struct hp_stack *s = hp_world_find(r->world, n->name);
    int link = s && interface ? hp_link_find(s, interface) : 0;
    struct hp_addr_info a;
    if (!s || link < 0) return false;
    for (int four = 1; four >= 0; four--)
        for (unsigned i = 0; hp_addr_info(s, i, &a) == HP_OK; i++) {
            if (!names_fits(&a, link, four != 0)) continue;
            *out = a.address.ip;
            return true;
        }
    return false;
}

bool hp_run_address(const struct hp_run *r, const char *name, struct hp_ip *out)
{
    const char *interface;
    const struct hp_plan_node *n = names_split(r->plan, name, &interface);
    if (!n || !run_is_end(n)) return false;
    return names_planned(n, interface, out) || names_got(r, n, interface, out);
}

static bool names_hosts(void *ctx, const char *name, struct hp_ip *out) { return hp_run_address(((struct run_node *)ctx)->run, name, out); }

void names_start(struct hp_run *r, uint32_t node)
{
    struct run_node *n = &r->node[node];
    n->resolver = (struct hp_resolver){.hosts = names_hosts, .ctx = n};
}

/* ---- who is asked for other names ---- */

static void names_add_server(struct hp_resolver *v, const struct hp_ip *ip)
{
    for (int i = 0; i < v->server_count; i++)
        if (hp_ip_equal(&v->server[i], ip)) return;
    if (v->server_count < HP_DNS_SERVERS_MAX) v->server[v->server_count++] = *ip;
}

static void names_servers(struct hp_stack *s, struct run_node *n)
{
    struct hp_resolver *v = &n->resolver;
    struct hp_ip told[HP_DNS_SERVERS_MAX];
    v->server_count = 0;
    for (uint32_t i = 0; i < n->plan->dns_servers; i++) names_add_server(v, &n->plan->dns[i]);
    if (v->server_count) return;
    for (uint32_t k = 0; n->dhcp && k < n->plan->interfaces; k++) {
        const struct hp_dhcp *d = &n->dhcp[k];
        if (d->state < HP_DHCP_BOUND) continue;
        for (int i = 0; i < d->lease.dns_count; i++) names_add_server(v, &d->lease.dns[i]);
    }
    int count = hp_slaac_dns(s, 0, told, HP_DNS_SERVERS_MAX);
    for (int i = 0; i < count; i++) names_add_server(v, &told[i]);
}

struct hp_resolver *hp_run_resolver(struct hp_run *r, const char *node)
{
    int32_t i = hp_plan_find_node(r->plan, node);
    struct hp_stack *s = i >= 0 && run_is_end(&r->plan->node[i]) ? hp_world_find(r->world, node) : NULL;
    if (!s) return NULL;
    names_servers(s, &r->node[i]);
    return &r->node[i].resolver;
}
