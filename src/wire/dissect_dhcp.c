/* Dissecting DHCP for IPv4. */
#include "wire/dhcp4.h"
#include "wire/dissect_layers.h"

static const struct dissect_word dhcp4_type_word[] = {
    {DHCP4_DISCOVER, "discover"}, {DHCP4_OFFER, "offer"}, {DHCP4_REQUEST, "request"}, {DHCP4_DECLINE, "decline"},
    {DHCP4_ACK, "ack"}, {DHCP4_NAK, "nak"}, {DHCP4_RELEASE, "release"}, {DHCP4_INFORM, "inform"}, {0, NULL}};
static const struct dissect_word dhcp4_option_word[] = {
    {DHCP4_MASK, "Subnet Mask"}, {DHCP4_ROUTERS, "Router"}, {DHCP4_DNS, "Domain Name Server"}, {DHCP4_HOSTNAME, "Host Name"},
    {DHCP4_DOMAIN, "Domain Name"}, {DHCP4_MTU, "Interface MTU"}, {DHCP4_BROADCAST, "Broadcast Address"}, {DHCP4_NTP, "NTP Servers"},
    {DHCP4_REQUESTED, "Requested IP Address"}, {DHCP4_LEASE, "IP Address Lease Time"}, {DHCP4_OVERLOAD, "Option Overload"},
    {DHCP4_TYPE, "DHCP Message Type"}, {DHCP4_SERVER, "DHCP Server Identifier"}, {DHCP4_PARAMS, "Parameter Request List"},
    {DHCP4_TEXT, "Message"}, {DHCP4_SIZE_MAX, "Maximum DHCP Message Size"}, {DHCP4_T1, "Renewal Time"}, {DHCP4_T2, "Rebinding Time"},
    {DHCP4_VENDOR, "Vendor class identifier"}, {DHCP4_CLIENT_ID, "Client identifier"}, {DHCP4_TFTP, "TFTP Server Name"},
    {DHCP4_BOOTFILE, "Bootfile name"}, {DHCP4_RELAY, "Agent Information"}, {DHCP4_SEARCH, "Domain Search"},
    {DHCP4_ROUTES, "Classless Static Route"}, {DHCP4_WPAD, "Private/Proxy autodiscovery"}, {0, NULL}};
static const struct dissect_word dhcp4_op_word[] = {{1, "Boot Request"}, {2, "Boot Reply"}, {0, NULL}};
static const struct dissect_row dhcp4_row[] = {
    {"dhcp.type", "Message type", 0, 1, D_DEC, 0, 0, dhcp4_op_word},
    {"dhcp.hw.type", "Hardware type", 1, 1, D_HEX, 0, 0, NULL},
    {"dhcp.hw.len", "Hardware address length", 2, 1, D_DEC, 0, 0, NULL},
    {"dhcp.hops", "Hops", 3, 1, D_DEC, 0, 0, NULL},
    {"dhcp.id", "Transaction ID", 4, 4, D_HEX, 0, 0, NULL},
    {"dhcp.secs", "Seconds elapsed", 8, 2, D_DEC, 0, 0, NULL},
    {"dhcp.flags.bc", "Broadcast flag", 10, 2, D_FLAG, 15, 1, NULL},
    {"dhcp.ip.client", "Client IP address", 12, 4, D_IP4, 0, 0, NULL},
    {"dhcp.ip.your", "Your (client) IP address", 16, 4, D_IP4, 0, 0, NULL},
    {"dhcp.ip.server", "Next server IP address", 20, 4, D_IP4, 0, 0, NULL},
    {"dhcp.ip.relay", "Relay agent IP address", 24, 4, D_IP4, 0, 0, NULL},
    {"dhcp.hw.mac_addr", "Client MAC address", 28, 6, D_MAC, 0, 0, NULL},
    {"dhcp.cookie", "Magic cookie", 236, 4, D_IP4, 0, 0, NULL},
};

static void dissect_dhcp_ip(struct dline *t, const char *key, const struct hp_ip *ip)
{
    dline_str(t, key);
    dline_ip(t, ip);
}

static void dissect_dhcp_summary(struct dline *t, const struct dhcp4_msg *m)
{
    const char *word = dissect_word_of(dhcp4_type_word, m->type);
    dline_str(t, word ? "dhcp " : m->reply ? "bootp reply" : "bootp request");
    if (word) dline_str(t, word);
    dline_str(t, " xid=");
    dline_hex(t, m->xid, 8);
    dline_char(t, ' ');
    dline_mac(t, &m->chaddr);
    if (!hp_ip_is_any(&m->ciaddr)) dissect_dhcp_ip(t, " client=", &m->ciaddr);
    if (!hp_ip_is_any(&m->yiaddr)) dissect_dhcp_ip(t, " your=", &m->yiaddr);
    if (dhcp4_has(m, DHCP4_REQUESTED)) dissect_dhcp_ip(t, " requested=", &m->requested);
    if (dhcp4_has(m, DHCP4_SERVER)) dissect_dhcp_ip(t, " server=", &m->server);
    if (dhcp4_has(m, DHCP4_LEASE)) dline_key(t, "lease", m->lease_s);
    if (dhcp4_has(m, DHCP4_HOSTNAME)) {
        dline_str(t, " host=");
        dline_ascii(t, m->hostname);
    }
}

static void dissect_dhcp_routes(struct dline *t, struct hp_bytes left)
{
    struct dhcp4_route r;
    char buf[HP_PREFIX_TEXT];
    for (const char *comma = ""; dhcp4_route_next(&left, &r); comma = ", ") {
        dline_str(t, comma);
        dline_str(t, hp_prefix_text(&r.to, buf, sizeof buf));
        dissect_dhcp_ip(t, " via ", &r.gateway);
    }
}

static void dissect_dhcp_search(struct dline *t, struct hp_bytes all)
{
    struct dns_name name;
    char buf[DNS_TEXT];
    size_t at = 0;
    for (const char *comma = ""; dhcp4_search_next(all, &at, &name); comma = ", ") {
        dline_str(t, comma);
        dline_str(t, dns_name_text(&name, buf, sizeof buf));
    }
}

static void dissect_dhcp_ips(struct dline *t, struct hp_bytes b)
{
    for (size_t i = 0; i + 4 <= b.n; i += 4) {
        struct hp_ip ip = ip4_get(b.p + i);
        dissect_dhcp_ip(t, i ? ", " : "", &ip);
    }
}

static void dissect_dhcp_option_text(struct dline *t, uint8_t code, struct hp_bytes b)
{
    const char *word = code == DHCP4_TYPE && b.n == 1 ? dissect_word_of(dhcp4_type_word, b.p[0]) : NULL;
    switch (code) {
    case DHCP4_MASK: case DHCP4_ROUTERS: case DHCP4_DNS: case DHCP4_BROADCAST: case DHCP4_NTP: case DHCP4_REQUESTED:
    case DHCP4_SERVER: dissect_dhcp_ips(t, b); return;
    case DHCP4_HOSTNAME: case DHCP4_DOMAIN: case DHCP4_TEXT: case DHCP4_VENDOR: case DHCP4_TFTP: case DHCP4_BOOTFILE:
    case DHCP4_WPAD: dline_ascii(t, b); return;
    case DHCP4_ROUTES: dissect_dhcp_routes(t, b); return;
    case DHCP4_SEARCH: dissect_dhcp_search(t, b); return;
    case DHCP4_LEASE: case DHCP4_T1: case DHCP4_T2: case DHCP4_MTU: case DHCP4_SIZE_MAX:
        if (b.n == 4) dline_u(t, get32(b.p));
        else if (b.n == 2) dline_u(t, get16(b.p));
        else dline_raw(t, b);
        return;
    default:
        if (word) dline_str(t, word);
        else dline_raw(t, b);
    }
}

static void dissect_dhcp_options(struct dissect *d)
{
    struct dhcp4_opts o = dhcp4_opts_start(dissect_bytes(d));
    uint8_t code;
    struct hp_bytes data;
    while (dhcp4_opts_next(&o, &code, &data)) {
        char buf[DISSECT_TEXT];
        struct dline t = dline_of(buf, sizeof buf);
        const char *word = dissect_word_of(dhcp4_option_word, code);
        size_t at = (size_t)(data.p - d->frame.p) - 2;
        dissect_number(d, 1, "dhcp.option.type", word ? word : "Option", at, data.n + 2, code);
        dissect_dhcp_option_text(&t, code, data);
        if (data.n == 1) dissect_value(d, 2, "dhcp.option.value", "Value", at + 2, 1, data.p[0], buf);
        else dissect_text(d, 2, "dhcp.option.value", "Value", at + 2, data.n, buf);
    }
    if (o.bad) dissect_bad(d, "DHCP option");
}

void dissect_dhcp4(struct dissect *d)
{
    char buf[300];
    struct dline t = dline_of(buf, sizeof buf);
    struct dhcp4_msg m;
    bool ok = dhcp4_parse(dissect_bytes(d), &m);
    if (ok) dissect_dhcp_summary(&t, &m);
    else dline_str(&t, "dhcp");
    dissect_layer(d, "dhcp", "Dynamic Host Configuration Protocol", d->n, &t, DISSECT_AFTER);
    dissect_rows(d, 1, DISSECT_ROWS(dhcp4_row), d->at, d->n);
    if (d->n < DHCP4_FIXED) dissect_bad(d, "DHCP message cut off");
    else if (get32(d->frame.p + d->at + 236) == 0x63825363) dissect_dhcp_options(d);
    if (!ok && d->n >= DHCP4_FIXED) dissect_bad(d, "not DHCP of an Ethernet client");
}
