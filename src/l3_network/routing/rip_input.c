/* What RIP believes: RFC 2453 3.9, and 4.1 to 4.4 for what version 2 adds.
 *
 * Anybody can send a datagram; only a router on the link itself, from RIP's own port, with the link's password if it has one, is listened to. */
#include "l3_network/routing/rip.h"

#include "core/bytes.h"

/* ---- who speaks ---- */

/* RFC 2453 4.1: with a password nobody is believed without, and without one nobody with. */
static bool rip_password_ok(const struct hp_rip_link *way, const struct rip_msg *m)
{
    if (!way->password) return m->auth == RIP_AUTH_NONE;
    size_t n = strlen(way->password);
    return m->version > 1 && m->auth == RIP_AUTH_PASSWORD && m->password.n == n && memcmp(m->password.p, way->password, n) == 0;
}

/* RFC 2453 4.6, 5.1: what is unused must be zero in version 1. */
static bool rip_version_ok(const struct rip *p, const struct rip_msg *m)
{
    return m->version > 1 || (!p->r->version2_only && m->unused == 0);
}

/* ---- responses ---- */

/* RFC 1058 3: version 1 says no masks; they are ours where it speaks of a network that we are in, or its class's, or a host's. */
static void rip_mask_guess(const struct rip *p, int link, struct rip_entry *e)
{
    uint8_t first = e->address.b[12];
    struct hp_prefix to = {e->address, (uint8_t)(96 + (first < 128 ? 8 : first < 192 ? 16 : 24))};
    if (hp_ip_is_any(&e->address)) to.len = 96;
    for (unsigned i = 0; i < p->nets && !hp_ip_is_any(&e->address); i++)
        if (p->net[i].link == link && p->net[i].address.len > to.len && hp_prefix_has(&to, &p->net[i].address.ip))
            to.len = p->net[i].address.len;
    struct hp_ip address = e->address, zero = hp_ip4(0, 0, 0, 0);
    rip_prefix_set(e, &to);
    if (!rip_prefix_of(e, &to)) e->mask = hp_ip4(255, 255, 255, 255);
    e->address = address;
    e->next = zero;
    e->tag = 0;
}

/* RFC 2453 3.9.2: a network that can be somewhere: not 0/8 (but the default route), 127/8, or a group. */
static bool rip_destination_ok(const struct hp_prefix *to)
{
    uint8_t first = to->ip.b[12];
    if (to->len == 96) return true;
    return first != 0 && first != 127 && first < 224;
}

/* RFC 2453 4.4: a next hop that is not on the link is the sender itself.  False: it is we, who would send to ourselves. */
static bool rip_gateway(const struct rip *p, int link, const struct hp_ip *sender, const struct hp_ip *next, struct hp_ip *out)
{
    *out = hp_ip_is_any(next) || !rip_is_neighbour(p, link, next) ? *sender : *next;
    return !rip_is_us(p, out);
}

static void rip_take_entry(struct rip *p, const struct rip_msg *m, struct rip_entry *e, const struct hp_recv_info *info)
{
    struct hp_rip_route heard = {.source = HP_RIP_HEARD, .from = info->from.ip, .link = info->link, .forgotten_at = HP_NEVER};
    if (e->family != RIP_FAMILY_IP) return;
    if (m->version == 1) rip_mask_guess(p, info->link, e);
    bool ok = e->metric >= 1 && e->metric <= RIP_INFINITY && rip_prefix_of(e, &heard.to) && rip_destination_ok(&heard.to) &&
              rip_gateway(p, info->link, &info->from.ip, &e->next, &heard.gateway);
    if (!ok) {
        p->r->bad_routes++;
        return;
    }
    uint32_t metric = e->metric + rip_cost(rip_way(p, info->link));
    heard.metric = (uint8_t)(metric < RIP_INFINITY ? metric : RIP_INFINITY);
    heard.tag = e->tag;
    heard.expires_at = hp_now(p->s) + rip_or(p->r->timeout, HP_S(180));
    rip_heard(p, &heard);
}

static void rip_take_response(struct rip *p, const struct rip_msg *m, const struct hp_recv_info *info)
{
    struct hp_bytes left = m->entries;
    struct rip_entry e;
    if (info->from.port != RIP_PORT) {
        p->r->bad_messages++;
        return;
    }
    p->r->updates_in++;
    while (rip_entry_next(&left, &e)) rip_take_entry(p, m, &e, info);
}

/* ---- requests ---- */

/* RFC 2453 3.9.1: what is asked for by name is answered as it is, without a horizon: somebody looks for faults. */
static void rip_answer_entries(struct rip *p, const struct rip_msg *m, const struct hp_recv_info *info)
{
    struct writer w = writer_of(p->out, sizeof p->out);
    struct hp_bytes left = m->entries;
    struct rip_entry e;
    struct hp_prefix to;
    rip_head_write(&w, RIP_RESPONSE, m->version > 1 ? 2 : 1, rip_way(p, info->link)->password);
    while (rip_entry_next(&left, &e) && !w.full) {
        struct rip_entry known = e;
        if (m->version == 1) rip_mask_guess(p, info->link, &known);
        const struct rip_route *t = e.family == RIP_FAMILY_IP && rip_prefix_of(&known, &to) ? rip_find(p, &to) : NULL;
        e.metric = t ? t->r.metric : RIP_INFINITY;
        rip_entry_write(&w, &e);
    }
    if (left.n == 0 && writer_used(&w) > RIP_HEADER) rip_send_bytes(p, &info->from, writer_used(&w));
}

static void rip_take_request(struct rip *p, const struct rip_msg *m, const struct hp_recv_info *info)
{
    bool router = info->from.port == RIP_PORT;
    p->r->requests_in++;
    if (router && rip_way(p, info->link)->passive) return;
    if (rip_asks_all(m)) rip_send_table(p, info->link, &info->from);
    else rip_answer_entries(p, m, info);
}

/* ---- messages ---- */

void rip_take(struct rip *p, struct hp_bytes in, const struct hp_recv_info *info)
{
    struct rip_msg m;
    struct hp_recv_info i = *info;
    i.from.link = info->link;
    if (!rip_link_runs(p, info->link) || rip_is_us(p, &info->from.ip)) return;
    bool ok = rip_is_neighbour(p, info->link, &info->from.ip) && rip_parse(in, &m) && rip_version_ok(p, &m) &&
              (m.command == RIP_REQUEST || m.command == RIP_RESPONSE);
    if (!ok) {
        p->r->bad_messages++;
        return;
    }
    if (!rip_password_ok(rip_way(p, info->link), &m)) p->r->bad_passwords++;
    else if (m.command == RIP_REQUEST) rip_take_request(p, &m, &i);
    else rip_take_response(p, &m, &i);
}
