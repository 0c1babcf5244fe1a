/* What the DNS resolver, the name server, the DHCP client and the DHCP server believe of a message.  The first byte says who reads it. */
#include "l7_application/dhcp_message.h"
#include "hepta/os.h"
#include "l7_application/dns_authority.h"

#include "wire/dhcp4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_answer(struct hp_bytes in, uint16_t type)
{
    struct dns_answer a;
    struct dns_question q = {.type = type, .class_ = DNS_IN};
    uint16_t id = in.n >= 2 ? get16(in.p) : 0;
    dns_name_parse("a.test", &q.name);
    dns_is_answer(in, id, &q);
    int result = dns_answer_read(in, &q, &a);
    assert(a.count <= HP_DNS_ADDRESSES_MAX && (result < 0 || result == a.count));
    assert(result > 0 || result == HP_EPROTO || (result <= HP_ENONAME && result >= HP_ESERVFAIL));
    for (int i = 0; i < result; i++) assert(type == DNS_AAAA || hp_ip_is4(&a.address[i]));
}

static const char fuzz_zone_text[] =
    "@ 300 SOA ns h 1 2 3 4 5\n@ NS ns\nns A 10.0.0.1\n*.w TXT x\nc CNAME c2\nc2 CNAME c\nd DNAME e\nsub NS ns.sub\nns.sub AAAA fd00::1\n";

/* What is answered to a question, with authority. */
static void fuzz_asked(struct hp_bytes in)
{
    static uint8_t out[4096];
    struct hp_dns_zone_source source = {.text = fuzz_zone_text, .n = sizeof fuzz_zone_text - 1, .origin = "test"};
    struct hp_dns_zone *zone;
    struct dns_asked q;
    struct dns_msg m;
    struct dns_record r;
    int count, result = dns_asked_read(in, &q);
    assert(q.room >= DNS_UDP_MAX && (result != 1 || q.has_question));
    if (result == 0) return;
    int err = hp_dns_zone_parse(hp_os_allocator(), &source, &zone);
    assert(!err);
    struct hp_dns_server d = {.zones = (const struct hp_dns_zone *const[]){zone}, .zone_count = 1};
    size_t n = result == 1 ? authority_answer(&d, &q, out, DNS_UDP_MAX, &count) : dns_reply_error(out, DNS_UDP_MAX, &q, DNS_FORMERR);
    assert(n >= DNS_HEADER && n <= DNS_UDP_MAX && dns_parse(bytes_of(out, n), &m) && m.h.id == q.id && m.h.response);
    while (dns_record_next(&m, &r)) continue;
    assert(!m.bad && m.at == n);
    hp_dns_zone_free(zone);
}

static void fuzz_told(struct hp_bytes in)
{
    struct dhcp_told t;
    if (!dhcp_told_read(in, &t)) return;
    assert(t.route_count >= 0 && t.route_count <= HP_DHCP_ROUTES_MAX && dhcp4_address_ok(&t.server));
    if (t.type == DHCP_NAK) return;
    struct hp_dhcp_lease *l = &t.lease;
    assert(dhcp4_address_ok(&l->address.ip) && l->address.len > 96 && l->address.len <= 128);
    assert(l->router_count <= HP_DHCP_SERVERS_MAX && l->dns_count <= HP_DHCP_SERVERS_MAX && memchr(l->domain, 0, sizeof l->domain));
}

static void fuzz_wanted(struct hp_bytes in)
{
    static uint8_t out[DHCP_REPLY_MAX];
    struct dhcp_asked q;
    struct dhcp4_msg back;
    struct hp_ip none = hp_ip4(0, 0, 0, 0), server = hp_ip4(10, 0, 0, 1);
    struct hp_dhcp_server config = {.domain = "a.test", .mtu = 1400};
    if (!dhcp_asked_read(in, &q)) return;
    assert(q.id_len <= DHCP_ID_MAX && q.id_said == (q.id_len > 0) && memchr(q.hostname, 0, sizeof q.hostname) && !(q.mac.b[0] & 1));
    struct dhcp_answer a = {.type = DHCP_ACK, .yiaddr = hp_ip4(10, 0, 0, 9), .ciaddr = none, .server = server,
                            .mask = hp_ip4(255, 255, 255, 0), .lease_s = q.lease_s, .config = &config};
    size_t n = dhcp_answer_write(out, sizeof out, &q, &a);
    assert(n >= DHCP4_SIZE_MIN && dhcp4_parse(bytes_of(out, n), &back) && back.xid == q.xid && back.reply && back.client_id.n == q.id_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    struct hp_bytes in = bytes_of(data + 1, n - 1);
    switch (data[0] % 5) {
    case 0: fuzz_answer(in, DNS_A); break;
    case 1: fuzz_answer(in, DNS_AAAA); break;
    case 2: fuzz_asked(in); break;
    case 3: fuzz_told(in); break;
    case 4: fuzz_wanted(in); break;
    }
    return 0;
}
