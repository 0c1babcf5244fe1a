/* Dissecting: the line of every golden frame, trees, single fields, and frames that make no sense. */
#include "wire/dissect.h"

#include "support/golden.h"

static void test_lines(void **state)
{
    for (size_t i = 0; i < golden_count; i++) {
        char line[600];
        size_t n = dissect_line(unhex(golden[i].hex), DISSECT_ETHERNET, line, sizeof line);
        assert_string_equal(line, golden[i].line);
        assert_int_equal(n, strlen(line));
    }
}

static void test_raw_ip(void **state)
{
    char line[300], below[300];
    dissect_line(golden_from("tcp_syn", 14), DISSECT_RAW_IP, line, sizeof line);
    dissect_line(golden_bytes("tcp_syn"), DISSECT_ETHERNET, below, sizeof below);
    assert_string_equal(line, below);
    dissect_line(golden_from("echo6_request", 14), DISSECT_RAW_IP, line, sizeof line);
    assert_string_equal(line, "2001:db8::1 > 2001:db8::2 icmp6 echo request id=31856 seq=1 len=56");
}

static void test_tree(void **state)
{
    char tree[8000];
    dissect_tree(golden_bytes("tcp_sack"), DISSECT_ETHERNET, tree, sizeof tree);
    const char *want[] = {
        "    0   14 eth                                 Ethernet II: 02:00:00:00:00:0a > 02:00:00:00:00:0b IPv4\n",
        "    0    6   eth.dst                           Destination: 02:00:00:00:00:0b\n",
        "   14   20 ip                                  Internet Protocol Version 4: 10.0.0.1 > 10.0.0.2 TCP\n",
        "   22    1   ip.ttl                            Time to Live: 64\n",
        "   24    0   ip.checksum.status                Checksum Status: Good\n",
        "   46    2   tcp.flags                         Flags: 0x010 (ACK)\n",
        "   46    2     tcp.flags.syn                   Syn: Not set\n",
        "   70    4     tcp.options.sack_le             SACK left edge: 3000\n",
        "   82    4     tcp.options.sack_re             SACK right edge: 6000\n",
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (!strstr(tree, want[i])) fail_msg("no line\n%sin\n%s", want[i], tree);
}

static void field(const char *frame, const char *name, const char *want)
{
    char text[300];
    if (!dissect_find(golden_bytes(frame), DISSECT_ETHERNET, name, text, sizeof text, NULL)) fail_msg("%s has no %s", frame, name);
    assert_string_equal(text, want);
}

static void test_fields(void **state)
{
    uint64_t value;
    char text[100];
    field("tcp_data", "http.request.method", "GET");
    field("tcp_data", "http.request.uri", "/");
    field("tcp_data", "http.request.version", "HTTP/1.1");
    field("tcp_data", "http.host", "10.9.0.2");
    field("tcp_data", "http.accept", "*/*");
    field("vlan_tcp", "vlan.id", "7");
    field("vlan_tcp", "tcp.options.timestamp.tsval", "100");
    field("tcp_syn", "tcp.seq_raw", "2121379817");
    field("tcp_syn", "tcp.hdr_len", "40"); /* bytes, as Wireshark says it */
    field("tcp_syn", "ip.hdr_len", "20");
    field("tcp_sack", "tcp.option_kind", "No-operation (1)");
    field("dns_mx", "dns.flags.rcode", "NOERROR (0)");
    field("tcp_syn", "ip.proto", "TCP (6)");
    field("arp_request", "arp.opcode", "request (1)");
    field("echo6_request", "ipv6.dst", "2001:db8::2");
    field("mld2_report", "icmpv6.mldr.nb_mcast_records", "2");
    field("router_advertisement", "icmpv6.opt.prefix.valid_lifetime", "86400");
    field("dns_mx", "dns.resp.type", "MX 10 mail.example.org");
    field("dhcp_ack", "dhcp.ip.your", "10.9.0.53");
    field("rip_response", "rip.command", "Response (2)");
    field("rip_response", "rip.netmask", "255.255.255.0");
    field("rip_response", "rip.metric", "1");
    field("rip_request", "rip.family", "Unspecified (0)");
    field("rip_password", "rip.auth.passwd", "open sesame");
    field("rip_digest", "rip.seq_num", "99");
    field("rstp", "stp.flags.port_role", "Designated (3)");
    field("bad_sum", "tcp.checksum.status", "Bad");
    field("frag_needed", "icmp.mtu", "1300");
    assert_true(dissect_find(golden_bytes("tcp_syn"), DISSECT_ETHERNET, "tcp.dstport", text, sizeof text, &value));
    assert_int_equal(value, 80);
    assert_false(dissect_find(golden_bytes("tcp_syn"), DISSECT_ETHERNET, "udp.dstport", text, sizeof text, &value));
    assert_string_equal(text, "");
}

static void hex_line(const char *hex, enum dissect_link link, const char *want)
{
    char line[400];
    dissect_line(unhex(hex), link, line, sizeof line);
    assert_string_equal(line, want);
}

static void test_malformed(void **state)
{
    hex_line("", DISSECT_ETHERNET, "[malformed: frame shorter than its headers]");
    hex_line("", DISSECT_RAW_IP, "[malformed: neither IPv4 nor IPv6]");
    hex_line("45000028 0000 0000 4006 0000 0a000001", DISSECT_RAW_IP, "ip [malformed: IPv4 header cut off]");
    hex_line("02000000000b 02000000000a 86dd 60000000", DISSECT_ETHERNET, "ipv6 [malformed: IPv6 header cut off]");
    hex_line("02000000000b 02000000000a 1234 6000", DISSECT_ETHERNET, "02:00:00:00:00:0a > 02:00:00:00:00:0b 0x1234");
    hex_line("02000000000b 02000000000a 0806 0001", DISSECT_ETHERNET, "arp [malformed: not ARP for IPv4 over Ethernet, or cut off]");
}

/* ---- every cut of every frame, into buffers of every size ---- */

struct bounds {
    size_t n;
    unsigned fields;
};

static void check_bounds(void *ctx, const struct dissect_field *f)
{
    struct bounds *b = ctx;
    assert_true(f->at <= b->n && f->n <= b->n - f->at);
    assert_true(strlen(f->text) < DISSECT_TEXT && f->name[0] && f->label[0]);
    b->fields++;
}

static void cut(struct hp_bytes in)
{
    struct bounds b = {.n = in.n};
    dissect(in, DISSECT_ETHERNET, check_bounds, &b);
    assert_true(b.fields > 0);
    b.fields = 0;
    dissect(in, DISSECT_RAW_IP, check_bounds, &b);
    assert_true(b.fields > 0);
}

static void test_every_truncation(void **state)
{
    for (size_t i = 0; i < golden_count; i++) each_cut(unhex(golden[i].hex), cut);
}

static void test_every_buffer_size(void **state)
{
    struct hp_bytes frame = golden_bytes("dns_cname");
    char whole[8000];
    size_t length = dissect_tree(frame, DISSECT_ETHERNET, whole, sizeof whole);
    for (size_t n = 0; n < length + 2; n += n < 200 ? 1 : 37) {
        char *exact = malloc(n ? n : 1);
        size_t got = dissect_tree(frame, DISSECT_ETHERNET, exact, n);
        assert_int_equal(got, n == 0 ? 0 : n - 1 < length ? n - 1 : length);
        if (n) assert_true(exact[got] == 0 && memcmp(exact, whole, got) == 0);
        got = dissect_line(frame, DISSECT_ETHERNET, exact, n);
        if (n) assert_int_equal(strlen(exact), got);
        free(exact);
    }
}

static void test_L06_nesting_has_a_cap(void **state)
{
    static uint8_t b[1400];
    struct bounds bounds = {.n = sizeof b};
    for (size_t at = 0; at + 20 <= sizeof b; at += 20) {    /* IPv4 in IPv4 in IPv4 ... */
        b[at] = 0x45;
        put16(b + at + 2, (unsigned)(sizeof b - at));
        b[at + 9] = 4;
    }
    dissect(bytes_of(b, sizeof b), DISSECT_RAW_IP, check_bounds, &bounds);
    assert_in_range(bounds.fields, 100, DISSECT_LAYERS_MAX * 17 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_raw_ip),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_every_buffer_size),
        cmocka_unit_test(test_L06_nesting_has_a_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
