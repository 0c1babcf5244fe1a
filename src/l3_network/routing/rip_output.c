/* What RIP says: RFC 2453 3.10, with split horizon as 3.4.3 has it. */
#include "l3_network/routing/rip.h"

#include "core/bytes.h"

void rip_send_bytes(struct rip *p, const struct hp_endpoint *to, size_t n) { hp_sendto(p->sock, p->out, n, 0, to); }

static struct hp_endpoint rip_everybody(const struct rip *p, int link)
{
    struct hp_ip ip = rip_way(p, link)->broadcast ? hp_ip4(255, 255, 255, 255) : hp_ip4(224, 0, 0, 9);
    return (struct hp_endpoint){.ip = ip, .port = RIP_PORT, .link = (uint16_t)link};
}

/* The metric that this link hears; 0 = nothing is said. */
static uint8_t rip_metric_out(const struct rip *p, const struct rip_route *t, int link)
{
    enum hp_rip_horizon horizon = rip_way(p, link)->horizon;
    if (p->leaving) return RIP_INFINITY;
    if (t->r.link != link || horizon == HP_RIP_NO_HORIZON || t->r.source == HP_RIP_ANNOUNCED) return t->r.metric;
    if (t->r.source == HP_RIP_CONNECTED) return 0; /* everybody there knows */
    return horizon == HP_RIP_POISONED_REVERSE ? RIP_INFINITY : 0;
}

static struct rip_entry rip_entry_of(const struct rip *p, const struct rip_route *t, int link, uint8_t metric)
{
    struct rip_entry e = {.family = RIP_FAMILY_IP, .tag = t->r.tag, .next = hp_ip4(0, 0, 0, 0), .metric = metric};
    bool nearer = t->r.source == HP_RIP_ANNOUNCED && t->r.link == link && metric < RIP_INFINITY && rip_is_neighbour(p, link, &t->r.gateway);
    rip_prefix_set(&e, &t->r.to);
    if (nearer) e.next = t->r.gateway; /* RFC 2453 4.4: a router without RIP on this link: nobody need come by us */
    return e;
}

static void rip_send_routes(struct rip *p, int link, const struct hp_endpoint *to, enum rip_which which)
{
    struct writer w = writer_of(p->out, sizeof p->out);
    const char *password = rip_way(p, link)->password;
    rip_head_write(&w, RIP_RESPONSE, 2, password);
    size_t empty = writer_used(&w);
    for (uint32_t i = 0; i < p->routes; i++) {
        const struct rip_route *t = p->table[i];
        uint8_t metric = which == RIP_CHANGED && !t->changed ? 0 : rip_metric_out(p, t, link);
        if (!metric) continue;
        struct rip_entry e = rip_entry_of(p, t, link, metric);
        rip_entry_write(&w, &e);
        if (writer_used(&w) < sizeof p->out) continue;
        rip_send_bytes(p, to, writer_used(&w));
        p->r->updates_out++;
        w = writer_of(p->out, sizeof p->out);
        rip_head_write(&w, RIP_RESPONSE, 2, password);
    }
    if (writer_used(&w) == empty) return;
    rip_send_bytes(p, to, writer_used(&w));
    p->r->updates_out++;
}

void rip_send_table(struct rip *p, int link, const struct hp_endpoint *to)
{
    struct hp_endpoint all = rip_everybody(p, link);
    rip_send_routes(p, link, to ? to : &all, RIP_ALL);
}

void rip_send_updates(struct rip *p, enum rip_which which)
{
    for (unsigned i = 0; i < p->ports; i++) {
        int link = p->port[i].link;
        struct hp_endpoint all = rip_everybody(p, link);
        if (p->port[i].running && !rip_way(p, link)->passive) rip_send_routes(p, link, &all, which);
    }
    for (uint32_t i = 0; i < p->routes; i++) p->table[i]->changed = false;
}

/* RFC 2453 3.9.1: one entry, of no family, with an infinite metric: everything, please. */
void rip_send_request(struct rip *p, int link)
{
    struct writer w = writer_of(p->out, sizeof p->out);
    struct hp_endpoint all = rip_everybody(p, link);
    struct hp_ip zero = hp_ip4(0, 0, 0, 0);
    struct rip_entry e = {.family = RIP_FAMILY_ANY, .address = zero, .mask = zero, .next = zero, .metric = RIP_INFINITY};
    rip_head_write(&w, RIP_REQUEST, 2, rip_way(p, link)->password);
    rip_entry_write(&w, &e);
    rip_send_bytes(p, &all, writer_used(&w));
    p->r->requests_out++;
}
