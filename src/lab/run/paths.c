/* `routes auto`: for each machine that wants them, the shortest paths, counted in routers, to every network of the plan.  Of paths of the same
 * length the one whose first router's name comes first is taken.
 *
 * A segment is what one broadcast reaches: cables joined by switches, hubs and repeaters.  Two machines are neighbours if they share a
 * segment and, on it, a network. */
#include "lab/run/run.h"

/* An interface of a host or router. */
struct paths_port {
    uint32_t node, interface, segment;
    uint32_t next;                      /* of the same segment; UINT32_MAX = the last */
};

struct paths {
    struct hp_run *r;
    const struct hp_plan *plan;
    uint32_t elements;                  /* nodes, then cables: what segments are made of */
    uint32_t *segment;                  /* a forest while segments are found; its roots are their numbers */
    struct paths_port *port;
    uint32_t ports;
    uint32_t *first;                    /* of a segment: port */
    uint32_t *port_of;                  /* of a node: its first port; they lie in a row */
    uint32_t *rank;                     /* of a node by name */
    uint32_t *sorted;                   /* nodes by name */
    /* of one search */
    uint32_t *queue, *near;             /* nodes; those of the first step, by name */
    struct hp_ip *gateway;              /* of a node that was reached */
    uint32_t *seen, *segment_seen;      /* == search: reached by this search */
    uint32_t search;
    bool four;
};

/* ---- segments ---- */

static uint32_t paths_root(struct paths *p, uint32_t e)
{
    while (p->segment[e] != e) e = p->segment[e] = p->segment[p->segment[e]];
    return e;
}

static void paths_segments(struct paths *p)
{
    const struct hp_plan *plan = p->plan;
    for (uint32_t e = 0; e < p->elements; e++) p->segment[e] = e;
    for (uint32_t i = 0; i < plan->cables; i++)
        for (int end = 0; end < 2; end++) {
            uint32_t node = plan->cable[i].node[end];
            if (!run_is_end(&plan->node[node])) p->segment[paths_root(p, node)] = paths_root(p, plan->nodes + i);
        }
}

static void paths_ports(struct paths *p)
{
    const struct hp_plan *plan = p->plan;
    for (uint32_t e = 0; e < p->elements; e++) p->first[e] = UINT32_MAX;
    for (uint32_t i = 0; i < plan->nodes; i++) {
        const struct hp_plan_node *n = &plan->node[i];
        p->port_of[i] = p->ports;
        for (uint32_t k = 0; run_is_end(n) && k < n->interfaces; k++) {
            if (n->interface[k].cable == HP_PLAN_NONE) continue;
            uint32_t segment = paths_root(p, plan->nodes + (uint32_t)n->interface[k].cable);
            p->port[p->ports] = (struct paths_port){i, k, segment, p->first[segment]};
            p->first[segment] = p->ports++;
        }
    }
    p->port_of[plan->nodes] = p->ports;
}

/* ---- names ---- */

static bool paths_before(const struct paths *p, uint32_t a, uint32_t b) { return strcmp(p->plan->node[a].name, p->plan->node[b].name) < 0; }

/* Merge sort, bottom up: `from` and `to` change places each round. */
static void paths_sort(struct paths *p)
{
    uint32_t n = p->plan->nodes, *from = p->sorted, *to = p->queue;
    for (uint32_t i = 0; i < n; i++) from[i] = i;
    for (uint32_t run = 1; run < n; run *= 2) {
        for (uint32_t at = 0; at < n; at += 2 * run) {
            uint32_t a = at, middle = at + run < n ? at + run : n, b = middle, end = middle + run < n ? middle + run : n;
            for (uint32_t i = at; i < end; i++) to[i] = b == end || (a < middle && !paths_before(p, from[b], from[a])) ? from[a++] : from[b++];
        }
        uint32_t *other = from;
        from = to;
        to = other;
    }
    for (uint32_t i = 0; i < n; i++) p->rank[from[i]] = i;
    for (uint32_t i = 0; i < n; i++) p->sorted[p->rank[i]] = i; /* whichever of the two arrays it was */
}

/* ---- one search ---- */

static const struct hp_plan_interface *paths_interface(const struct paths *p, const struct paths_port *port)
{
    return &p->plan->node[port->node].interface[port->interface];
}

static bool paths_usable(const struct paths *p, const struct hp_prefix *a) { return hp_ip_is4(&a->ip) == p->four && !hp_ip_is_linklocal(&a->ip); }

/* An address of `to` on a network that `from` is on as well. */
static bool paths_meet(const struct paths *p, const struct paths_port *from, const struct paths_port *to, struct hp_ip *ip)
{
    const struct hp_plan_interface *a = paths_interface(p, from), *b = paths_interface(p, to);
    for (uint32_t i = 0; i < a->addresses; i++)
        for (uint32_t k = 0; paths_usable(p, &a->address[i]) && k < b->addresses; k++) {
            if (a->address[i].len != b->address[k].len || !hp_prefix_has(&a->address[i], &b->address[k].ip)) continue;
            *ip = b->address[k].ip;
            return true;
        }
    return false;
}

static int paths_add(struct paths *p, struct run_node *n, const struct hp_prefix *to, const struct hp_ip *gateway)
{
    struct hp_prefix network = *to;
    for (unsigned bit = network.len; bit < 128; bit++) network.ip.b[bit / 8] &= (uint8_t)~(0x80u >> bit % 8);
    for (uint32_t i = 0; i < n->plan->interfaces; i++) /* what is plugged in needs no gateway */
        for (uint32_t k = 0; k < n->plan->interface[i].addresses; k++) {
            const struct hp_prefix *own = &n->plan->interface[i].address[k];
            if (own->len == network.len && hp_prefix_has(own, &network.ip)) return HP_OK;
        }
    if (n->routes == n->routes_room) {
        uint32_t room = n->routes_room ? n->routes_room * 2 : 16;
        struct run_route *grown = mem_resize(p->r->mem, n->route, n->routes_room * sizeof *grown, room * sizeof *grown);
        if (!grown) return HP_ENOMEM;
        n->route = grown;
        n->routes_room = room;
    }
    n->route[n->routes++] = (struct run_route){network, *gateway};
    return HP_OK;
}

/* The networks of a segment that was reached, each once: the port that named it first speaks. */
static bool paths_named(const struct paths *p, const struct paths_port *port, const struct hp_prefix *network)
{
    for (uint32_t i = port->next; i != UINT32_MAX; i = p->port[i].next) {
        const struct hp_plan_interface *f = paths_interface(p, &p->port[i]);
        for (uint32_t k = 0; k < f->addresses; k++)
            if (f->address[k].len == network->len && hp_prefix_has(network, &f->address[k].ip)) return true;
    }
    return false;
}

static int paths_networks(struct paths *p, struct run_node *n, uint32_t segment, const struct hp_ip *gateway)
{
    int err = HP_OK;
    for (uint32_t i = p->first[segment]; i != UINT32_MAX && !err; i = p->port[i].next) {
        const struct hp_plan_interface *f = paths_interface(p, &p->port[i]);
        for (uint32_t k = 0; k < f->addresses && !err; k++)
            if (paths_usable(p, &f->address[k]) && !paths_named(p, &p->port[i], &f->address[k])) err = paths_add(p, n, &f->address[k], gateway);
    }
    return err;
}

/* Addresses that are on no cable ("lo") are reached with their router. */
static int paths_own(struct paths *p, struct run_node *n, uint32_t router)
{
    const struct hp_plan_node *t = &p->plan->node[router];
    int err = HP_OK;
    for (uint32_t i = 0; i < t->interfaces; i++)
        for (uint32_t k = 0; t->interface[i].cable == HP_PLAN_NONE && k < t->interface[i].addresses && !err; k++)
            if (paths_usable(p, &t->interface[i].address[k])) err = paths_add(p, n, &t->interface[i].address[k], &p->gateway[router]);
    return err;
}

/* The routers beside the one that searches, by name, each with the address by which it is reached. */
static uint32_t paths_first(struct paths *p, uint32_t node)
{
    uint32_t count = 0;
    for (uint32_t a = p->port_of[node]; a < p->port_of[node + 1]; a++) {
        p->segment_seen[p->port[a].segment] = p->search;
        for (uint32_t b = p->first[p->port[a].segment]; b != UINT32_MAX; b = p->port[b].next) {
            uint32_t t = p->port[b].node;
            if (p->plan->node[t].kind != HP_NODE_ROUTER || p->seen[t] == p->search) continue;
            if (!paths_meet(p, &p->port[a], &p->port[b], &p->gateway[t])) continue;
            p->seen[t] = p->search;
            p->near[count++] = t;
        }
    }
    for (uint32_t i = 1; i < count; i++) { /* few */
        uint32_t t = p->near[i], k = i;
        for (; k && p->rank[p->near[k - 1]] > p->rank[t]; k--) p->near[k] = p->near[k - 1];
        p->near[k] = t;
    }
    return count;
}

/* From a router that was reached to those behind it. */
static int paths_step(struct paths *p, struct run_node *n, uint32_t u, uint32_t *queued)
{
    int err = paths_own(p, n, u);
    for (uint32_t a = p->port_of[u]; a < p->port_of[u + 1] && !err; a++) {
        uint32_t segment = p->port[a].segment;
        bool known = p->segment_seen[segment] == p->search;
        p->segment_seen[segment] = p->search;
        if (!known) err = paths_networks(p, n, segment, &p->gateway[u]);
        for (uint32_t b = p->first[segment]; b != UINT32_MAX; b = p->port[b].next) {
            uint32_t t = p->port[b].node;
            struct hp_ip unused;
            if (p->plan->node[t].kind != HP_NODE_ROUTER || p->seen[t] == p->search) continue;
            if (!paths_meet(p, &p->port[a], &p->port[b], &unused)) continue;
            p->seen[t] = p->search;
            p->gateway[t] = p->gateway[u];
            p->queue[(*queued)++] = t;
        }
    }
    return err;
}

static int paths_search(struct paths *p, uint32_t node)
{
    struct run_node *n = &p->r->node[node];
    p->search++;
    p->seen[node] = p->search;
    uint32_t queued = paths_first(p, node);
    memcpy(p->queue, p->near, queued * sizeof *p->queue);
    int err = HP_OK;
    for (uint32_t i = 0; i < queued && !err; i++) err = paths_step(p, n, p->queue[i], &queued);
    return err;
}

/* ---- all of them ---- */

static uint32_t paths_count_ports(const struct hp_plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->nodes; i++) n += plan->node[i].interfaces;
    return n;
}

static int paths_run(struct paths *p)
{
    int err = HP_OK;
    paths_segments(p);
    paths_ports(p);
    paths_sort(p);
    for (int family = 0; family < 2; family++) {
        p->four = family == 0;
        for (uint32_t i = 0; i < p->plan->nodes && !err; i++)
            if (p->plan->node[i].routes_auto && run_is_end(&p->plan->node[i])) err = paths_search(p, i);
    }
    return err;
}

static bool paths_wanted(const struct hp_plan *plan)
{
    for (uint32_t i = 0; i < plan->nodes; i++)
        if (plan->node[i].routes_auto) return true;
    return false;
}

int paths_find(struct hp_run *r)
{
    const struct hp_plan *plan = r->plan;
    if (!paths_wanted(plan)) return HP_OK;
    size_t n = plan->nodes + 1, elements = n + plan->cables, ports = paths_count_ports(plan) + 1;
    size_t words = 3 * elements + 6 * n, size = words * sizeof(uint32_t) + ports * sizeof(struct paths_port) + n * sizeof(struct hp_ip);
    uint32_t *word = mem_zalloc(r->mem, size);
    if (!word) return HP_ENOMEM;
    struct paths p = {.r = r, .plan = plan, .elements = plan->nodes + plan->cables};
    p.segment = word;
    p.first = p.segment + elements;
    p.segment_seen = p.first + elements;
    p.port_of = p.segment_seen + elements;
    p.rank = p.port_of + n;
    p.sorted = p.rank + n;
    p.queue = p.sorted + n;
    p.near = p.queue + n;
    p.seen = p.near + n;
    p.port = (struct paths_port *)(void *)(p.seen + n);
    p.gateway = (struct hp_ip *)(void *)(p.port + ports);
    int err = paths_run(&p);
    mem_free(r->mem, word, size);
    return err;
}
