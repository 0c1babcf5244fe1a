/* What client and server say and what they believe, on top of wire/dhcp4. */
#include "l7_application/dhcp_message.h"

#include "wire/dhcp4.h"

static bool dhcp_said(const struct hp_ip *ip)
{
    static const struct hp_ip none;
    return memcmp(ip, &none, sizeof none) != 0;
}

static struct hp_ip dhcp_or_zero(const struct hp_ip *ip) { return dhcp_said(ip) ? *ip : hp_ip4(0, 0, 0, 0); }

size_t dhcp_ask_write(uint8_t *out, size_t n, const struct dhcp_ask *a)
{
    static const uint8_t wanted[] = {DHCP4_MASK, DHCP4_ROUTES, DHCP4_ROUTERS, DHCP4_DNS, DHCP4_DOMAIN, DHCP4_MTU,
                                     DHCP4_LEASE, DHCP4_T1, DHCP4_T2};
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    uint8_t id[7] = {1};
    memcpy(id + 1, &a->mac, 6);
    struct dhcp4_msg m = {.xid = a->xid, .secs = a->secs, .broadcast = a->broadcast, .chaddr = a->mac, .type = (uint8_t)a->type,
                          .ciaddr = dhcp_or_zero(&a->ciaddr), .yiaddr = none, .siaddr = none, .giaddr = none,
                          .requested = a->requested, .server = a->server, .size_max = 1500,
                          .params = bytes_of(wanted, sizeof wanted), .client_id = bytes_of(id, sizeof id)};
    dhcp4_set(&m, DHCP4_CLIENT_ID);
    if (dhcp_said(&a->requested)) dhcp4_set(&m, DHCP4_REQUESTED);
    if (dhcp_said(&a->server)) dhcp4_set(&m, DHCP4_SERVER);
    if (a->type != DHCP_RELEASE) {
        dhcp4_set(&m, DHCP4_SIZE_MAX);
        dhcp4_set(&m, DHCP4_PARAMS);
        if (a->hostname) dhcp4_set(&m, DHCP4_HOSTNAME);
        if (a->hostname) m.hostname = bytes_of(a->hostname, strlen(a->hostname));
    }
    return dhcp4_write(out, n, &m);
}

static int dhcp_list(struct hp_ip *out, const struct hp_ip *list, int count)
{
    int kept = 0;
    for (int i = 0; i < count && kept < HP_DHCP_SERVERS_MAX; i++)
        if (dhcp4_address_ok(&list[i])) out[kept++] = list[i];
    return kept;
}

static void dhcp_routes_read(struct hp_bytes message, const struct dhcp4_msg *m, struct dhcp_told *out)
{
    uint8_t joined[512];
    struct dhcp4_route r;
    if (!dhcp4_has(m, DHCP4_ROUTES)) return;
    size_t n = dhcp4_option_join(message, DHCP4_ROUTES, joined, sizeof joined);
    struct hp_bytes left = bytes_of(joined, n);
    while (out->route_count < HP_DHCP_ROUTES_MAX && dhcp4_route_next(&left, &r)) {
        out->route[out->route_count].to = r.to;
        out->route[out->route_count++].gateway = r.gateway;
    }
}

/* The address that is offered, with its mask; a class's mask where none is said (RFC 950). */
static bool dhcp_address_read(const struct dhcp4_msg *m, struct hp_prefix *out)
{
    uint8_t first = m->yiaddr.b[12];
    int len = first < 128 ? 8 : first < 192 ? 16 : 24;
    if (dhcp4_has(m, DHCP4_MASK)) len = dhcp4_mask_length(&m->mask);
    if (len < 1 || !dhcp4_address_ok(&m->yiaddr)) return false;
    *out = (struct hp_prefix){m->yiaddr, (uint8_t)(96 + len)};
    return true;
}

bool dhcp_told_read(struct hp_bytes message, struct dhcp_told *out)
{
    struct dhcp4_msg m;
    *out = (struct dhcp_told){0};
    if (!dhcp4_parse(message, &m) || !m.reply) return false;
    if (m.type != DHCP4_OFFER && m.type != DHCP4_ACK && m.type != DHCP4_NAK) return false;
    if (!dhcp4_has(&m, DHCP4_SERVER) || !dhcp4_address_ok(&m.server)) return false;
    out->type = (enum dhcp_type)m.type;
    out->xid = m.xid;
    out->mac = m.chaddr;
    out->server = m.server;
    if (m.type == DHCP4_NAK) return true;
    if (!dhcp_address_read(&m, &out->lease.address) || !dhcp4_has(&m, DHCP4_LEASE)) return false;
    out->lease_s = m.lease_s;
    out->t1_s = m.t1_s;
    out->t2_s = m.t2_s;
    out->lease.router_count = dhcp_list(out->lease.routers, m.routers, m.router_count);
    out->lease.dns_count = dhcp_list(out->lease.dns, m.dns, m.dns_count);
    out->lease.mtu = m.mtu;
    size_t n = m.domain.n < HP_DHCP_NAME_MAX - 1 ? m.domain.n : HP_DHCP_NAME_MAX - 1;
    if (n) memcpy(out->lease.domain, m.domain.p, n);
    dhcp_routes_read(message, &m, out);
    return true;
}

/* ---- for the server ---- */

/* RFC 1123 2.1: a name that may be printed and put into other programs' files. */
static void dhcp_hostname_read(struct hp_bytes name, char out[HP_DHCP_NAME_MAX])
{
    out[0] = 0;
    if (name.n == 0 || name.n >= HP_DHCP_NAME_MAX) return;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i], lower = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'z') && c != '-' && c != '.') return;
    }
    memcpy(out, name.p, name.n);
    out[name.n] = 0;
}

/* RFC 2131 4.2: a client is its identifier, or else its MAC address. */
static void dhcp_id_read(const struct dhcp4_msg *m, struct dhcp_asked *out)
{
    out->id_said = dhcp4_has(m, DHCP4_CLIENT_ID) && m->client_id.n >= 2 && m->client_id.n <= DHCP_ID_MAX;
    if (!out->id_said) return;
    out->id_len = (uint8_t)m->client_id.n;
    memcpy(out->id, m->client_id.p, m->client_id.n);
}

static bool dhcp_client_says(uint8_t type)
{
    return type == DHCP_DISCOVER || type == DHCP_REQUEST || type == DHCP_DECLINE || type == DHCP_RELEASE || type == DHCP_INFORM;
}

bool dhcp_asked_read(struct hp_bytes message, struct dhcp_asked *out)
{
    static const struct hp_mac nobody;
    struct dhcp4_msg m;
    *out = (struct dhcp_asked){0};
    if (!dhcp4_parse(message, &m) || m.reply || !dhcp_client_says(m.type)) return false;
    if (!hp_ip_is_any(&m.giaddr) || m.chaddr.b[0] & 1 || hp_mac_equal(&m.chaddr, &nobody)) return false;
    out->type = (enum dhcp_type)m.type;
    out->xid = m.xid;
    out->broadcast = m.broadcast;
    out->mac = m.chaddr;
    out->ciaddr = m.ciaddr;
    out->requested = m.requested;
    out->server = m.server;
    out->lease_s = m.lease_s;
    dhcp_id_read(&m, out);
    dhcp_hostname_read(m.hostname, out->hostname);
    return true;
}

static void dhcp_list_put(struct dhcp4_msg *m, uint8_t code, const struct hp_ip *list, int count)
{
    struct hp_ip *to = code == DHCP4_DNS ? m->dns : m->routers;
    uint8_t *n = code == DHCP4_DNS ? &m->dns_count : &m->router_count;
    for (int i = 0; i < count && *n < HP_DHCP_SERVERS_MAX; i++) to[(*n)++] = list[i];
    if (*n) dhcp4_set(m, code);
}

/* What a machine on this network wants to know. */
static void dhcp_config_put(struct dhcp4_msg *m, const struct dhcp_answer *a)
{
    const struct hp_dhcp_server *c = a->config;
    uint32_t mask = get32(a->mask.b + 12);
    struct hp_ip host = hp_ip_is_any(&a->yiaddr) ? a->ciaddr : a->yiaddr;
    m->mask = a->mask;
    m->broadcast_address = hp_ip4(0, 0, 0, 0);
    put32(m->broadcast_address.b + 12, get32(host.b + 12) | ~mask);
    dhcp4_set(m, DHCP4_MASK);
    dhcp4_set(m, DHCP4_BROADCAST);
    if (c->router_count) dhcp_list_put(m, DHCP4_ROUTERS, c->routers, c->router_count);
    else dhcp_list_put(m, DHCP4_ROUTERS, &a->server, 1);
    dhcp_list_put(m, DHCP4_DNS, c->dns, c->dns_count);
    if (c->domain) m->domain = bytes_of(c->domain, strlen(c->domain));
    if (m->domain.n) dhcp4_set(m, DHCP4_DOMAIN);
    m->mtu = c->mtu;
    if (c->mtu) dhcp4_set(m, DHCP4_MTU);
}

/* RFC 2131 4.3.1, table 3; T1 and T2 as 4.4.5 proposes. */
static void dhcp_times_put(struct dhcp4_msg *m, uint32_t lease_s)
{
    bool forever = lease_s == DHCP4_FOREVER;
    m->lease_s = lease_s;
    m->t1_s = forever ? lease_s : lease_s / 2;
    m->t2_s = forever ? lease_s : (uint32_t)((uint64_t)lease_s * 7 / 8);
    dhcp4_set(m, DHCP4_LEASE);
    dhcp4_set(m, DHCP4_T1);
    dhcp4_set(m, DHCP4_T2);
}

size_t dhcp_answer_write(uint8_t *out, size_t n, const struct dhcp_asked *q, const struct dhcp_answer *a)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    struct dhcp4_msg m = {.reply = true, .xid = q->xid, .broadcast = q->broadcast, .chaddr = q->mac, .type = (uint8_t)a->type,
                          .ciaddr = dhcp_or_zero(&a->ciaddr), .yiaddr = dhcp_or_zero(&a->yiaddr), .siaddr = none, .giaddr = none,
                          .server = a->server, .client_id = bytes_of(q->id, q->id_len)};
    dhcp4_set(&m, DHCP4_SERVER);
    if (q->id_said) dhcp4_set(&m, DHCP4_CLIENT_ID);
    if (a->type != DHCP_NAK) dhcp_config_put(&m, a);
    if (a->type != DHCP_NAK && !hp_ip_is_any(&m.yiaddr)) dhcp_times_put(&m, a->lease_s);
    if (a->type == DHCP_NAK) m.broadcast = true; /* RFC 2131 4.3.2: its address may be wrong */
    return dhcp4_write(out, n, &m);
}
