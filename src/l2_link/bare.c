/* Links without a link header: tun (IP packets to a point) and loopback (to ourselves).  No addresses, nothing to resolve; the
 * version nibble tells what a packet is. */
#include "l1_physical/physical.h"
#include "l2_link/ether.h"

bool link_resolves(const struct hp_link *l) { return l->type == &ether_type; }

static void bare_tx(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_ip *next, struct hp_pkt *p)
{
    trace_down(s, 2, l->type->name, p);
    p->l2 = pkt_offset(p);
    link_queue(s, l, p);
}

static void bare_rx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p, uint16_t flags)
{
    trace_up(s, 2, l->type->name, p);
    p->flags = flags;
    p->l2 = pkt_offset(p);
    p->time = s->now;
    struct hp_bytes b = pkt_bytes(p);
    if (b.n == 0) hp_drop(s, p, HP_DROP_RUNT);
    else if (pkt_len(p) > l->mtu && !p->gso_size) hp_drop(s, p, HP_DROP_GIANT);
    else if (b.p[0] >> 4 == 4) stack_up_ethertype(s, ETHERTYPE_IPV4, p);
    else if (b.p[0] >> 4 == 6) stack_up_ethertype(s, ETHERTYPE_IPV6, p);
    else hp_drop(s, p, HP_DROP_NO_ETHERTYPE);
}

static void ip_link_rx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    bool verified = l->wire->flags & HP_WIRE_SUM_RX && p->flags & (PKT_SUM_GOOD | PKT_SUM_TX);
    bare_rx(s, l, p, verified ? PKT_SUM_GOOD : 0);
}

/* What we sent ourselves crossed no wire: its checksum needs no proof. */
static void loop_link_rx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    p->gso_size = 0;
    bare_rx(s, l, p, PKT_SUM_GOOD | PKT_LOOPED);
}

const struct hp_link_type ip_type = {.name = "ip", .rx = ip_link_rx, .tx = bare_tx};
const struct hp_link_type loop_type = {.name = "loop", .rx = loop_link_rx, .tx = bare_tx};

int link_add_loopback(struct hp_stack *s, const char *name)
{
    struct hp_wire *w = loopback_new(s);
    if (!w) return HP_ENOMEM;
    struct hp_link_config c = {.name = name};
    int index = hp_link_add(s, w, &c);
    if (index < 0) w->ops->close(w);
    return index;
}

/* ---- what layer 3 tells layer 2; links without addresses have no use for it ---- */

int link_own_add(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    return ether_is(l) && hp_ip_is4(ip) && link_layer(s)->arp ? arp_own_add(s, l, ip) : HP_OK;
}

void link_own_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    if (ether_is(l) && hp_ip_is4(ip) && link_layer(s)->arp) arp_own_remove(s, l, ip);
}
