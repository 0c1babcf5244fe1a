/* What the client says and what it believes, on top of wire/dhcp4. */
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
