/* The names of fields: one list, for filters and for those who mistype them. */
#include "wire/field.h"

static const struct {
    const char *name, *means[FIELD_OTHERS_MAX];
} field_other[] = {
    {"eth.addr", {"eth.src", "eth.dst"}},
    {"http.request", {"http.request.method", NULL}},
    {"http.response", {"http.response.code", NULL}},
    {"ip.addr", {"ip.src", "ip.dst"}},
    {"ipv6.addr", {"ipv6.src", "ipv6.dst"}},
    {"tcp.port", {"tcp.srcport", "tcp.dstport"}},
    {"tcp.window_size", {"tcp.window_size_value", NULL}},
    {"udp.port", {"udp.srcport", "udp.dstport"}},
};

const char *const field_names[] = {
    "_ws.malformed", "arp", "arp.dst.hw_mac", "arp.dst.proto_ipv4", "arp.hw.size", "arp.hw.type", "arp.opcode", "arp.proto.size",
    "arp.proto.type", "arp.src.hw_mac", "arp.src.proto_ipv4", "data", "data.data", "data.len", "dhcp", "dhcp.cookie", "dhcp.flags.bc",
    "dhcp.hops", "dhcp.hw.len", "dhcp.hw.mac_addr", "dhcp.hw.type", "dhcp.id", "dhcp.ip.client", "dhcp.ip.relay", "dhcp.ip.server",
    "dhcp.ip.your", "dhcp.option.type", "dhcp.option.value", "dhcp.secs", "dhcp.type", "dns", "dns.a", "dns.aaaa", "dns.count.add_rr",
    "dns.count.answers", "dns.count.auth_rr", "dns.count.queries", "dns.flags", "dns.flags.authenticated", "dns.flags.authoritative",
    "dns.flags.checkdisable", "dns.flags.opcode", "dns.flags.rcode", "dns.flags.recavail", "dns.flags.recdesired", "dns.flags.response",
    "dns.flags.truncated", "dns.id", "dns.qry.class", "dns.qry.name", "dns.qry.type", "dns.resp.class", "dns.resp.edns0_version",
    "dns.resp.ext_rcode", "dns.resp.len", "dns.resp.name", "dns.resp.ttl", "dns.resp.type", "dns.resp.z", "dns.resp.z.do",
    "dns.rr.udp_payload_size", "eth", "eth.addr", "eth.dst", "eth.len", "eth.src", "eth.type", "frame.comment", "frame.len", "http",
    "http.accept", "http.accept_encoding", "http.accept_language", "http.authorization", "http.cache_control", "http.connection",
    "http.content_encoding", "http.content_length_header", "http.content_type", "http.cookie", "http.date", "http.file_data", "http.host",
    "http.last_modified", "http.location", "http.referer", "http.request", "http.request.line", "http.request.method", "http.request.uri",
    "http.request.version", "http.response", "http.response.code", "http.response.line", "http.response.phrase", "http.response.version",
    "http.server", "http.set_cookie", "http.transfer_encoding", "http.user_agent", "icmp", "icmp.checksum", "icmp.checksum.status",
    "icmp.code", "icmp.ident", "icmp.mtu", "icmp.pointer", "icmp.redir_gw", "icmp.seq", "icmp.type", "icmpv6", "icmpv6.checksum",
    "icmpv6.checksum.status", "icmpv6.code", "icmpv6.echo.identifier", "icmpv6.echo.sequence_number", "icmpv6.mld.maximum_response_delay",
    "icmpv6.mld.multicast_address", "icmpv6.mldr.mar.multicast_address", "icmpv6.mldr.mar.nb_sources", "icmpv6.mldr.mar.record_type",
    "icmpv6.mldr.nb_mcast_records", "icmpv6.mtu", "icmpv6.nd.na.flag.o", "icmpv6.nd.na.flag.r", "icmpv6.nd.na.flag.s",
    "icmpv6.nd.na.target_address", "icmpv6.nd.ns.target_address", "icmpv6.nd.ra.cur_hop_limit", "icmpv6.nd.ra.flag.m",
    "icmpv6.nd.ra.flag.o", "icmpv6.nd.ra.flag.prf", "icmpv6.nd.ra.reachable_time", "icmpv6.nd.ra.retrans_timer",
    "icmpv6.nd.ra.router_lifetime", "icmpv6.nd.rd.target_address", "icmpv6.opt.data", "icmpv6.opt.linkaddr", "icmpv6.opt.mtu",
    "icmpv6.opt.prefix", "icmpv6.opt.prefix.flag.a", "icmpv6.opt.prefix.flag.l", "icmpv6.opt.prefix.length",
    "icmpv6.opt.prefix.preferred_lifetime", "icmpv6.opt.prefix.valid_lifetime", "icmpv6.opt.rdnss", "icmpv6.opt.rdnss.lifetime",
    "icmpv6.opt.route_lifetime", "icmpv6.opt.type", "icmpv6.pointer", "icmpv6.rd.na.destination_address", "icmpv6.type", "igmp",
    "igmp.checksum", "igmp.checksum.status", "igmp.maddr", "igmp.max_resp", "igmp.num_grp_recs", "igmp.num_src", "igmp.record_type",
    "igmp.type", "ip", "ip.addr", "ip.checksum", "ip.checksum.status", "ip.dsfield.dscp", "ip.dsfield.ecn", "ip.dst", "ip.flags.df",
    "ip.flags.mf", "ip.flags.rb", "ip.frag_offset", "ip.hdr_len", "ip.id", "ip.len", "ip.opt.type", "ip.proto", "ip.src", "ip.ttl",
    "ip.version", "ipv6", "ipv6.addr", "ipv6.dst", "ipv6.dstopts", "ipv6.dstopts.len", "ipv6.dstopts.nxt", "ipv6.flow", "ipv6.fraghdr",
    "ipv6.fraghdr.ident", "ipv6.fraghdr.more", "ipv6.fraghdr.nxt", "ipv6.fraghdr.offset", "ipv6.hlim", "ipv6.hopopts", "ipv6.hopopts.len",
    "ipv6.hopopts.nxt", "ipv6.nxt", "ipv6.opt.type", "ipv6.plen", "ipv6.routing", "ipv6.routing.len", "ipv6.routing.nxt",
    "ipv6.routing.segleft", "ipv6.routing.type", "ipv6.src", "ipv6.tclass.dscp", "ipv6.tclass.ecn", "ipv6.version", "llc", "llc.control",
    "llc.dsap", "llc.oui", "llc.ssap", "llc.type", "macc", "macc.opcode", "macc.pause_time", "rip", "rip.auth.passwd", "rip.auth.type",
    "rip.auth_data_len", "rip.authentication_data", "rip.command", "rip.digest_offset", "rip.entry", "rip.family", "rip.ip", "rip.key_id",
    "rip.metric", "rip.netmask", "rip.next_hop", "rip.route_tag", "rip.routing_domain", "rip.seq_num", "rip.version", "stp",
    "stp.bridge.ext", "stp.bridge.hw", "stp.bridge.prio", "stp.flags", "stp.flags.agreement", "stp.flags.forwarding", "stp.flags.learning",
    "stp.flags.port_role", "stp.flags.proposal", "stp.flags.tc", "stp.flags.tcack", "stp.forward", "stp.hello", "stp.max_age",
    "stp.msg_age", "stp.port", "stp.protocol", "stp.root.cost", "stp.root.ext", "stp.root.hw", "stp.root.prio", "stp.type", "stp.version",
    "tcp", "tcp.ack_raw", "tcp.checksum", "tcp.checksum.status", "tcp.dstport", "tcp.flags", "tcp.flags.ack", "tcp.flags.ae",
    "tcp.flags.cwr", "tcp.flags.ece", "tcp.flags.fin", "tcp.flags.push", "tcp.flags.res", "tcp.flags.reset", "tcp.flags.syn",
    "tcp.flags.urg", "tcp.hdr_len", "tcp.len", "tcp.option_kind", "tcp.options.acc_ecn", "tcp.options.ao", "tcp.options.md5.digest",
    "tcp.options.mss_val", "tcp.options.sack_le", "tcp.options.sack_re", "tcp.options.tfo.cookie", "tcp.options.timestamp.tsecr",
    "tcp.options.timestamp.tsval", "tcp.options.unknown.payload", "tcp.options.user_to_granularity", "tcp.options.user_to_val",
    "tcp.options.wscale.shift", "tcp.port", "tcp.seq_raw", "tcp.srcport", "tcp.urgent_pointer", "tcp.window_size", "tcp.window_size_value",
    "udp", "udp.checksum", "udp.checksum.status", "udp.dstport", "udp.length", "udp.port", "udp.srcport", "vlan", "vlan.dei", "vlan.etype",
    "vlan.id", "vlan.priority",
    NULL,
};

bool field_known(const char *name)
{
    for (const char *const *known = field_names; *known; known++)
        if (strcmp(*known, name) == 0) return true;
    return false;
}

void field_others(const char *name, const char *out[FIELD_OTHERS_MAX])
{
    out[0] = out[1] = NULL;
    for (size_t i = 0; i < sizeof field_other / sizeof *field_other; i++)
        if (strcmp(field_other[i].name, name) == 0) memcpy(out, field_other[i].means, sizeof field_other[i].means);
}
