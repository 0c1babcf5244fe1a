/* RIP and the DHCP server as programs: any messages, in any order, with time between them.  After each, what they keep must make sense, and what
 * RIP believes is what the stack's routes say.
 *
 * Input: pieces of kind and sender (1 byte), wait (1), length (2), message. */
#include "hepta/hepta.h"

#include "core/bytes.h"
#include "wire/ipv4.h"
#include "wire/rip.h"
#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FUZZ_ROUTES_MAX = 64, FUZZ_POOL = 8, FUZZ_PACKET = 2048 };

struct fuzz {
    struct hp_stack *s;
    struct hp_wire wire;
    hp_time now;
    struct hp_rip rip;
    struct hp_dhcp_server dhcp;
    unsigned installed;
};

static void fuzz_tx(struct hp_wire *w, struct hp_pkt *p) { hp_pkt_free(p); }
static const struct hp_wire_ops fuzz_wire = {.name = "fuzz", .tx = fuzz_tx};

static void fuzz_run(struct fuzz *f, hp_time until)
{
    for (int turns = 0; turns < 10000; turns++) {
        hp_time next = hp_step(f->s, f->now);
        if (hp_programs_run(f->s)) continue;
        if (next > until) break;
        if (next > f->now) f->now = next;
    }
    f->now = until;
}

/* ---- what must hold ---- */

static void fuzz_count_route(void *ctx, const struct hp_route *r)
{
    if (r->source == HP_ROUTE_RIP) ++*(unsigned *)ctx;
}

static void fuzz_check_rip(const struct fuzz *f)
{
    struct hp_rip_route r, before;
    unsigned heard = 0, installed = 0, i = 0;
    for (; hp_rip_route(&f->rip, i, &r) == HP_OK; i++) {
        assert(r.metric >= 1 && r.metric <= HP_RIP_INFINITY && r.to.len >= 96 && r.to.len <= 128);
        assert((r.metric == HP_RIP_INFINITY) == (r.forgotten_at != HP_NEVER));
        assert((r.source == HP_RIP_HEARD && r.metric < HP_RIP_INFINITY) == (r.expires_at != HP_NEVER));
        assert(r.expires_at > f->now - HP_S(1) && r.forgotten_at > f->now - HP_S(1));
        if (i) assert(memcmp(&before.to.ip, &r.to.ip, sizeof r.to.ip) < 0 || before.to.len < r.to.len);
        heard += r.source == HP_RIP_HEARD && r.metric < HP_RIP_INFINITY;
        before = r;
    }
    hp_routes_each(f->s, fuzz_count_route, &installed);
    assert(i <= FUZZ_ROUTES_MAX && i == f->rip.routes && heard == installed && f->rip.running);
}

static void fuzz_check_dhcp(const struct fuzz *f)
{
    struct hp_dhcp_client c, other;
    unsigned i = 0;
    for (; hp_dhcp_client(&f->dhcp, i, &c) == HP_OK; i++) {
        assert(c.ip.b[15] >= 100 && c.ip.b[15] < 100 + FUZZ_POOL && memchr(c.hostname, 0, sizeof c.hostname));
        for (unsigned k = 0; k < i; k++) assert(hp_dhcp_client(&f->dhcp, k, &other) == HP_OK && !hp_ip_equal(&other.ip, &c.ip));
    }
    assert(i <= FUZZ_POOL && f->dhcp.running);
}

/* ---- what comes ---- */

static void fuzz_put(struct fuzz *f, bool rip, uint8_t who, struct hp_bytes message)
{
    static uint8_t packet[FUZZ_PACKET];
    struct udp_hdr udp = {.from = rip ? 520 : 68, .to = rip ? 520 : 67, .len = (uint16_t)(UDP_HEADER + message.n)};
    struct ipv4_hdr ip = {.hlen = IPV4_HEADER, .len = (uint16_t)(IPV4_HEADER + udp.len), .ttl = 1, .proto = 17,
                          .src = hp_ip4(10, 0, 0, rip ? (uint8_t)(2 + who % 4) : 0), .dst = rip ? hp_ip4(224, 0, 0, 9) : hp_ip4(255, 255, 255, 255)};
    if (!rip) ip.src = who % 4 ? hp_ip4(10, 0, 0, (uint8_t)(100 + who % 16)) : hp_ip4(0, 0, 0, 0);
    size_t head = ipv4_write(packet, sizeof packet, &ip);
    udp_write(packet + head, UDP_HEADER, &udp);
    if (message.n) memcpy(packet + head + UDP_HEADER, message.p, message.n);
    struct hp_pkt *p = hp_pkt_copy_in(f->s, packet, head + udp.len);
    if (p) hp_wire_rx(&f->wire, p);
}

static void fuzz_begin(struct fuzz *f)
{
    const struct hp_config config = {.allocator = hp_os_allocator(), .seed = 1, .profile = hp_profile_router};
    const struct hp_prefix address = {hp_ip4(10, 0, 0, 1), 120};
    *f = (struct fuzz){.wire = {.ops = &fuzz_wire, .flags = HP_WIRE_IP}, .rip = {.routes_max = FUZZ_ROUTES_MAX},
                       .dhcp = {.first = hp_ip4(10, 0, 0, 100), .last = hp_ip4(10, 0, 0, 99 + FUZZ_POOL)}};
    f->s = hp_stack_new(&config);
    assert(f->s);
    f->dhcp.link = hp_link_add(f->s, &f->wire, NULL);
    bool ready = f->dhcp.link > 0 && hp_addr_add(f->s, f->dhcp.link, &address, 0) == HP_OK && hp_rip_start(f->s, &f->rip) == HP_OK &&
                 hp_dhcp_serve(f->s, &f->dhcp) == HP_OK;
    assert(ready);
    fuzz_run(f, HP_MS(1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct fuzz f;
    struct reader r = reader_of(bytes_of(data, n));
    fuzz_begin(&f);
    while (reader_left(&r) >= 4) {
        uint8_t kind = read8(&r), wait = read8(&r);
        uint16_t wanted = read16(&r);
        size_t most = FUZZ_PACKET - IPV4_HEADER - UDP_HEADER, left = reader_left(&r), length = wanted < left ? wanted : left;
        fuzz_put(&f, kind & 1, (uint8_t)(kind >> 1), read_bytes(&r, length < most ? length : most));
        fuzz_run(&f, f.now + HP_MS(1) + HP_MS(100) * wait * (wait >> 6));
        fuzz_check_rip(&f);
        fuzz_check_dhcp(&f);
    }
    hp_rip_stop(f.s, &f.rip);
    hp_dhcp_serve_stop(f.s, &f.dhcp);
    fuzz_run(&f, f.now + HP_S(1));
    assert(!f.rip.running && !f.dhcp.running && !f.rip.error && !f.dhcp.error);
    hp_stack_free(f.s);
    return 0;
}
