/* Dissecting layer 2: Ethernet, VLAN tags, LLC, ARP, spanning tree, pause frames. */
#include "wire/arp.h"
#include "wire/dissect_layers.h"
#include "wire/ether.h"

static const struct dissect_word ethertype_word[] = {
    {ETHER_IPV4, "IPv4"}, {ETHER_ARP, "ARP"}, {ETHER_IPV6, "IPv6"}, {ETHER_VLAN, "802.1Q Virtual LAN"},
    {ETHER_SVLAN, "802.1ad Provider Bridge"}, {ETHER_QINQ, "QinQ (old)"}, {ETHER_PAUSE, "MAC Control"},
    {ETHER_SLOW, "Slow Protocols"}, {ETHER_PPPOED, "PPPoE Discovery"}, {ETHER_PPPOES, "PPPoE Session"},
    {ETHER_EAPOL, "802.1X Authentication"}, {ETHER_LLDP, "LLDP"}, {ETHER_MPLS, "MPLS"}, {0, NULL}};

const char *dissect_ethertype_text(uint16_t type) { return dissect_word_of(ethertype_word, type); }

void (*dissect_by_ethertype(uint16_t type))(struct dissect *d)
{
    switch (type) {
    case ETHER_IPV4: return dissect_ipv4;
    case ETHER_IPV6: return dissect_ipv6;
    case ETHER_ARP: return dissect_arp;
    case ETHER_PAUSE: return dissect_pause;
    default: return dissect_data;
    }
}

/* ---- Ethernet ---- */

static const struct dissect_row ether_row[] = {
    {"eth.dst", "Destination", 0, 6, D_MAC, 0, 0, NULL},
    {"eth.src", "Source", 6, 6, D_MAC, 0, 0, NULL},
};
static const struct dissect_row ether_type_row[] = {{"eth.type", "Type", 0, 2, D_HEX, 0, 0, ethertype_word}};
static const struct dissect_row ether_len_row[] = {{"eth.len", "Length", 0, 2, D_DEC, 0, 0, NULL}};
static const struct dissect_row vlan_row[] = {
    {"vlan.priority", "Priority", 0, 2, D_DEC, 13, 7, NULL},
    {"vlan.dei", "DEI", 0, 2, D_DEC, 12, 1, NULL},
    {"vlan.id", "ID", 0, 2, D_DEC, 0, 0xfff, NULL},
    {"vlan.etype", "Type", 2, 2, D_HEX, 0, 0, ethertype_word},
};

static void dissect_ether_summary(struct dline *t, const struct ether_hdr *h)
{
    dline_mac(t, &h->src);
    dline_str(t, " > ");
    dline_mac(t, &h->dst);
    dline_char(t, ' ');
    const char *word = dissect_ethertype_text(h->type);
    if (word) dline_str(t, word);
    else if (h->type) dline_hex(t, h->type, 4);
    else dline_str(t, "802.3");
}

static void dissect_vlan(struct dissect *d, const struct ether_tag *tag)
{
    char buf[32];
    struct dline t = dline_of(buf, sizeof buf);
    dline_str(&t, tag->tpid == ETHER_VLAN ? "vlan " : "svlan ");
    dline_u(&t, tag->vid);
    if (tag->pcp) dline_key(&t, "prio", tag->pcp);
    dissect_layer(d, "vlan", "802.1Q Virtual LAN", ETHER_TAG, &t, DISSECT_OVER | DISSECT_KEPT);
    dissect_rows(d, 1, DISSECT_ROWS(vlan_row), d->at, d->n);
    dissect_go(d, NULL, ETHER_TAG, d->n - ETHER_TAG);
}

static const struct dissect_word llc_sap_word[] = {
    {ETHER_SAP_STP, "Spanning Tree BPDU"}, {ETHER_SAP_SNAP, "SNAP"}, {ETHER_SAP_NETBIOS, "NetBIOS"}, {0, NULL}};
static const struct dissect_row llc_row[] = {
    {"llc.dsap", "DSAP", 0, 1, D_HEX, 0, 0, llc_sap_word},
    {"llc.ssap", "SSAP", 1, 1, D_HEX, 0, 0, llc_sap_word},
    {"llc.control", "Control field", 2, 1, D_HEX, 0, 0, NULL},
};
static const struct dissect_row snap_row[] = {
    {"llc.oui", "Organization Code", 3, 3, D_HEX, 0, 0, NULL},
    {"llc.type", "Type", 6, 2, D_HEX, 0, 0, ethertype_word},
};

static void dissect_llc(struct dissect *d, const struct ether_hdr *h, size_t size)
{
    char buf[48];
    struct dline t = dline_of(buf, sizeof buf);
    dline_str(&t, "llc dsap ");
    dline_hex(&t, h->dsap, 2);
    dline_str(&t, " ssap ");
    dline_hex(&t, h->ssap, 2);
    dissect_layer(d, "llc", "Logical-Link Control", size, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(llc_row), d->at, d->n);
    if (h->snap) dissect_rows(d, 1, DISSECT_ROWS(snap_row), d->at, d->n);
}

/* Ethernet's own fields: as much as there is even if the frame is malformed. */
static void dissect_ether_fields(struct dissect *d, struct dline *t, bool llc)
{
    size_t whole = d->n < ETHER_HEADER ? d->n : ETHER_HEADER;
    dissect_layer(d, "eth", llc ? "IEEE 802.3 Ethernet" : "Ethernet II", whole, t, DISSECT_AFTER);
    dissect_rows(d, 1, DISSECT_ROWS(ether_row), d->at, d->n);
}

static void dissect_ether_type(struct dissect *d, bool len)
{
    if (len) dissect_rows(d, 1, DISSECT_ROWS(ether_len_row), d->at + 12, 2);
    else dissect_rows(d, 1, DISSECT_ROWS(ether_type_row), d->at + 12, 2);
}

static const char *dissect_ether_why(enum ether_result result)
{
    return result == ETHER_RUNT ? "frame shorter than its headers" : result == ETHER_TAGS ? "too many VLAN tags"
                                                                                         : "802.3 length or LLC header";
}

void dissect_ethernet(struct dissect *d)
{
    char buf[80];
    struct dline t = dline_of(buf, sizeof buf);
    struct ether_hdr h;
    struct hp_bytes frame = dissect_bytes(d);
    enum ether_result result = ether_parse(frame, &h);
    if (result == ETHER_OK) dissect_ether_summary(&t, &h);
    dissect_ether_fields(d, &t, result == ETHER_OK && h.len);
    if (result != ETHER_OK) {
        dissect_bad(d, dissect_ether_why(result));
        return;
    }
    dissect_ether_type(d, h.tag_count == 0 && h.llc);
    dissect_go(d, NULL, ETHER_HEADER, d->n - ETHER_HEADER);
    for (int i = 0; i < h.tag_count; i++) dissect_vlan(d, &h.tag[i]);
    size_t llc = (size_t)(h.hlen - ETHER_HEADER - h.tag_count * ETHER_TAG);
    if (h.llc) dissect_llc(d, &h, llc);
    void (*next)(struct dissect *) = h.llc && h.dsap == ETHER_SAP_STP ? dissect_stp : dissect_by_ethertype(h.type);
    struct hp_bytes payload = ether_payload(frame, &h);
    dissect_go(d, payload.n ? next : NULL, llc, payload.n);
}

/* ---- ARP ---- */

static const struct dissect_word arp_op_word[] = {
    {ARP_REQUEST, "request"}, {ARP_REPLY, "reply"}, {RARP_REQUEST, "reverse request"}, {RARP_REPLY, "reverse reply"}, {0, NULL}};
static const struct dissect_word arp_hw_word[] = {{1, "Ethernet"}, {6, "IEEE 802"}, {0, NULL}};
static const struct dissect_row arp_row[] = {
    {"arp.hw.type", "Hardware type", 0, 2, D_DEC, 0, 0, arp_hw_word},
    {"arp.proto.type", "Protocol type", 2, 2, D_HEX, 0, 0, ethertype_word},
    {"arp.hw.size", "Hardware size", 4, 1, D_DEC, 0, 0, NULL},
    {"arp.proto.size", "Protocol size", 5, 1, D_DEC, 0, 0, NULL},
    {"arp.opcode", "Opcode", 6, 2, D_DEC, 0, 0, arp_op_word},
};
static const struct dissect_row arp_address_row[] = {
    {"arp.src.hw_mac", "Sender MAC address", 8, 6, D_MAC, 0, 0, NULL},
    {"arp.src.proto_ipv4", "Sender IP address", 14, 4, D_IP4, 0, 0, NULL},
    {"arp.dst.hw_mac", "Target MAC address", 18, 6, D_MAC, 0, 0, NULL},
    {"arp.dst.proto_ipv4", "Target IP address", 24, 4, D_IP4, 0, 0, NULL},
};

static void dissect_arp_summary(struct dline *t, const struct arp_hdr *h)
{
    dline_str(t, "arp ");
    if (h->op == ARP_REQUEST) {
        dline_str(t, "who-has ");
        dline_ip(t, &h->target);
        dline_str(t, " tell ");
        dline_ip(t, &h->sender);
    } else if (h->op == ARP_REPLY) {
        dline_ip(t, &h->sender);
        dline_str(t, " is-at ");
        dline_mac(t, &h->sender_mac);
    } else {
        const char *word = dissect_word_of(arp_op_word, h->op);
        dline_str(t, word ? word : "unknown operation");
    }
}

void dissect_arp(struct dissect *d)
{
    char buf[96];
    struct dline t = dline_of(buf, sizeof buf);
    struct arp_hdr h;
    bool ok = arp_parse(dissect_bytes(d), &h);
    if (ok) dissect_arp_summary(&t, &h);
    else dline_str(&t, "arp");
    dissect_layer(d, "arp", "Address Resolution Protocol", ok ? ARP_SIZE : d->n, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(arp_row), d->at, d->n);
    if (ok) dissect_rows(d, 1, DISSECT_ROWS(arp_address_row), d->at, d->n);
    else dissect_bad(d, "not ARP for IPv4 over Ethernet, or cut off");
}

/* ---- spanning tree (802.1D 9.3) ---- */

static const struct dissect_word stp_version_word[] = {{0, "Spanning Tree"}, {2, "Rapid Spanning Tree"}, {3, "Multiple Spanning Tree"}, {0, NULL}};
static const struct dissect_word stp_type_word[] = {{0, "Configuration"}, {0x80, "Topology Change Notification"},
                                                   {2, "Rapid/Multiple Spanning Tree"}, {0, NULL}};
static const struct dissect_word stp_role_word[] = {{1, "Alternate or Backup"}, {2, "Root"}, {3, "Designated"}, {0, NULL}};
static const struct dissect_row stp_row[] = {
    {"stp.protocol", "Protocol Identifier", 0, 2, D_HEX, 0, 0, NULL},
    {"stp.version", "Protocol Version Identifier", 2, 1, D_DEC, 0, 0, stp_version_word},
    {"stp.type", "BPDU Type", 3, 1, D_HEX, 0, 0, stp_type_word},
    {"stp.flags", "BPDU flags", 4, 1, D_HEX, 0, 0, NULL},
    {"stp.flags.tc", "Topology Change", 4, 1, D_FLAG, 0, 1, NULL},
    {"stp.flags.proposal", "Proposal", 4, 1, D_FLAG, 1, 1, NULL},
    {"stp.flags.port_role", "Port Role", 4, 1, D_DEC, 2, 3, stp_role_word},
    {"stp.flags.learning", "Learning", 4, 1, D_FLAG, 4, 1, NULL},
    {"stp.flags.forwarding", "Forwarding", 4, 1, D_FLAG, 5, 1, NULL},
    {"stp.flags.agreement", "Agreement", 4, 1, D_FLAG, 6, 1, NULL},
    {"stp.flags.tcack", "Topology Change Acknowledgment", 4, 1, D_FLAG, 7, 1, NULL},
    {"stp.root.prio", "Root Bridge Priority", 5, 2, D_DEC, 0, 0xf000, NULL},
    {"stp.root.ext", "Root Bridge System ID Extension", 5, 2, D_DEC, 0, 0xfff, NULL},
    {"stp.root.hw", "Root Bridge System ID", 7, 6, D_MAC, 0, 0, NULL},
    {"stp.root.cost", "Root Path Cost", 13, 4, D_DEC, 0, 0, NULL},
    {"stp.bridge.prio", "Bridge Priority", 17, 2, D_DEC, 0, 0xf000, NULL},
    {"stp.bridge.ext", "Bridge System ID Extension", 17, 2, D_DEC, 0, 0xfff, NULL},
    {"stp.bridge.hw", "Bridge System ID", 19, 6, D_MAC, 0, 0, NULL},
    {"stp.port", "Port identifier", 25, 2, D_HEX, 0, 0, NULL},
    {"stp.msg_age", "Message Age (1/256 s)", 27, 2, D_DEC, 0, 0, NULL},
    {"stp.max_age", "Max Age (1/256 s)", 29, 2, D_DEC, 0, 0, NULL},
    {"stp.hello", "Hello Time (1/256 s)", 31, 2, D_DEC, 0, 0, NULL},
    {"stp.forward", "Forward Delay (1/256 s)", 33, 2, D_DEC, 0, 0, NULL},
};

void dissect_stp(struct dissect *d)
{
    char buf[96];
    struct dline t = dline_of(buf, sizeof buf);
    const uint8_t *p = d->frame.p + d->at;
    bool full = d->n >= 35, notice = d->n >= 4 && p[3] == 0x80;
    dline_str(&t, notice ? "stp topology change" : full && p[2] >= 2 ? "rstp" : "stp");
    if (full && !notice) {
        struct hp_mac root = mac_get(p + 7);
        dline_str(&t, " root ");
        dline_u(&t, get16(p + 5));
        dline_char(&t, '.');
        dline_mac(&t, &root);
        dline_key(&t, "cost", get32(p + 13));
        dline_str(&t, " port=");
        dline_hex(&t, get16(p + 25), 4);
    }
    dissect_layer(d, "stp", "Spanning Tree Protocol", d->n, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(stp_row), d->at, notice ? 4 : d->n);
    if (!full && !notice) dissect_bad(d, "BPDU cut off");
}

/* ---- pause (802.3 31B) ---- */

static const struct dissect_row pause_row[] = {
    {"macc.opcode", "Opcode", 0, 2, D_HEX, 0, 0, NULL},
    {"macc.pause_time", "pause_time (512 bit times)", 2, 2, D_DEC, 0, 0, NULL},
};

void dissect_pause(struct dissect *d)
{
    char buf[40];
    struct dline t = dline_of(buf, sizeof buf);
    const uint8_t *p = d->frame.p + d->at;
    bool pause = d->n >= 4 && get16(p) == 1;
    dline_str(&t, pause ? "pause" : "mac control");
    if (pause) dline_key(&t, "time", get16(p + 2));
    dissect_layer(d, "macc", "MAC Control", d->n < 4 ? d->n : 4, &t, DISSECT_OVER);
    dissect_rows(d, 1, DISSECT_ROWS(pause_row), d->at, pause ? 4 : 2 < d->n ? 2 : d->n);
    if (d->n < 2) dissect_bad(d, "MAC control frame cut off");
}
