/* A whole host or router: frames in, time in, some calls of the API between; nothing it is told may make it fail an assertion, touch
 * memory that is not its own, keep memory when it ends, or ask to be called again for ever in the same moment.
 *
 * The input: a first byte that says what machine it is and which allocation fails; then records of a byte (what, and the link), a length and
 * bytes.  Frames of IP packets can be repaired, so that mutated ones get past the checksums. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hepta/net.h"
#include "hepta/socket.h"
#include "hepta/stack.h"
#include "hepta/wire.h"
#include "wire/ip.h"
#include "wire/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FRAME_MAX = 2048, HEAD = 14 };

struct world {
    struct hp_stack *s;
    struct hp_wire wire[2];
    int link[2];
    hp_time now;
    size_t held;                /* bytes of the stack's memory */
};

static void *world_alloc(void *ctx, size_t n)
{
    struct world *w = ctx;
    w->held += n;
    return malloc(n);
}

static void world_free(void *ctx, void *p, size_t n)
{
    struct world *w = ctx;
    w->held -= n;
    free(p);
}

static void null_tx(struct hp_wire *w, struct hp_pkt *p)
{
    uint8_t b[256];
    volatile uint8_t sink = 0;
    size_t n = hp_pkt_copy_out(p, 0, b, sizeof b);
    for (size_t i = 0; i < n; i++) sink ^= b[i]; /* what leaves was written */
    (void)sink;
    (void)sink;
    hp_pkt_free(p);
}

static const struct hp_wire_ops null_ops = {.name = "null", .tx = null_tx};

static void world_step(struct world *w)
{
    int rounds = 0;
    while (hp_step(w->s, w->now) <= w->now) assert(rounds++ < 1000);
}

static void world_wait(struct world *w, hp_time span)
{
    hp_time end = w->now + span;
    for (int rounds = 0; rounds < 20000; rounds++) {
        hp_time next = hp_step(w->s, w->now);
        if (next > end) break;
        if (next > w->now) w->now = next;
    }
    w->now = end;
}

static void world_addresses(struct world *w)
{
    for (int i = 0; i < 2; i++) {
        struct hp_prefix p4 = {hp_ip4(10, (uint8_t)i, 0, 1), 96 + 24};
        struct hp_prefix p6 = {{{0xfd, 0, 0, 0, 0, 0, 0, (uint8_t)i, [15] = 1}}, 64};
        struct hp_ip neighbour = hp_ip4(10, (uint8_t)i, 0, 2);
        struct hp_mac mac = {{2, 0, 0, 0, 0, 0x99}};
        struct hp_link_config c = {.mac = {{2, 0, 0, 0, 0, (uint8_t)(i + 1)}}};
        w->wire[i] = (struct hp_wire){.ops = &null_ops, .mtu = i ? 600 : 1500};
        w->link[i] = hp_link_add(w->s, &w->wire[i], &c);
        hp_addr_add(w->s, w->link[i], &p4, 0);
        hp_addr_add(w->s, w->link[i], &p6, HP_ADDR_NO_DAD);
        hp_neigh_set(w->s, w->link[i], &neighbour, &mac);
    }
    struct hp_route def = {.to = {hp_ip4(0, 0, 0, 0), 96}, .gateway = hp_ip4(10, 1, 0, 2)};
    hp_route_add(w->s, &def);
}

/* The checksum of what the packet carries, where it is whole and we know where it goes. */
static void repair_payload(uint8_t *p, size_t n, uint8_t proto, uint32_t pseudo)
{
    size_t at = proto == IP_PROTO_TCP ? 16 : proto == IP_PROTO_UDP ? 6 : proto == IP_PROTO_ICMP || proto == IP_PROTO_ICMPV6 ? 2 : n;
    if (at + 2 > n) return;
    if (proto == IP_PROTO_ICMP) pseudo = 0;
    put16(p + at, 0);
    uint16_t sum = sum_fold(sum_add(pseudo, p, n));
    put16(p + at, sum || proto == IP_PROTO_ICMP ? sum : 0xffff);
}

static void repair(uint8_t *ip, size_t n)
{
    if (n >= 20 && ip[0] >> 4 == 4) {
        size_t head = (ip[0] & 15) * 4u;
        if (head < 20 || head > n) return;
        put16(ip + 2, (unsigned)n);
        struct hp_ip src = ip4_get(ip + 12), dst = ip4_get(ip + 16);
        bool fragment = get16(ip + 6) & 0x3fff;
        if (!fragment) repair_payload(ip + head, n - head, ip[9], sum_pseudo(&src, &dst, ip[9], (uint32_t)(n - head)));
        put16(ip + 10, 0);
        put16(ip + 10, sum_fold(sum_add(0, ip, head)));
    } else if (n >= 40 && ip[0] >> 4 == 6) {
        put16(ip + 4, (unsigned)(n - 40));
        struct hp_ip src = ip6_get(ip + 8), dst = ip6_get(ip + 24);
        repair_payload(ip + 40, n - 40, ip[6], sum_pseudo(&src, &dst, ip[6], (uint32_t)(n - 40)));
    }
}

/* A record of kind 0: a frame as it is; 1: an IP packet, repaired, in a frame to us; 2: the same in a frame to a group or everybody. */
static void world_frame(struct world *w, int kind, int i, const uint8_t *bytes, size_t n)
{
    uint8_t frame[HEAD + FRAME_MAX];
    if (!w->wire[i].link) return; /* memory ran out when it was to be added */
    if (kind == 0) {
        memcpy(frame, bytes, n);
    } else {
        memcpy(frame, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(i + 1), 2, 0, 0, 0, 0, 0x99, 8, 0}, HEAD);
        memcpy(frame + HEAD, bytes, n);
        repair(frame + HEAD, n);
        if (kind == 2) memset(frame, 0xff, 6);
        if (n && bytes[0] >> 4 == 6) {
            put16(frame + 12, 0x86dd);
            if (kind == 2 && n >= 40) memcpy(frame, (const uint8_t[]){0x33, 0x33, bytes[36], bytes[37], bytes[38], bytes[39]}, 6);
        }
        n += HEAD;
    }
    struct hp_pkt *p = hp_pkt_copy_in(w->s, frame, n);
    if (p) hp_wire_rx(&w->wire[i], p);
}

static void world_call(struct world *w, int i, const uint8_t *b, size_t n)
{
    if (n < 5) return;
    struct hp_prefix p = {hp_ip4(b[1], b[2], b[3], b[4]), (uint8_t)(96 + b[0] % 33)};
    struct hp_route r = {.to = p, .link = w->link[i], .metric = b[4]};
    if (n > 5 && b[5]) r.gateway = hp_ip4(10, (uint8_t)i, 0, b[5]);
    switch (b[0] >> 5) {
    case 0: hp_addr_add(w->s, w->link[i], &p, 0); break;
    case 1: hp_addr_remove(w->s, w->link[i], &p.ip); break;
    case 2: hp_route_add(w->s, &r); break;
    case 3: hp_route_remove(w->s, &r); break;
    case 4: hp_multicast_join(w->s, w->link[i], &p.ip); break;
    case 5: hp_multicast_leave(w->s, w->link[i], &p.ip); break;
    case 6: hp_set_forwarding(w->s, b[1] & 1); break;
    case 7: hp_link_set_up(w->s, w->link[i], b[1] & 1); break;
    }
}

static size_t world_record(struct world *w, const uint8_t *data, size_t n)
{
    if (n < 3) return n;
    int kind = data[0] >> 1 & 7, i = data[0] & 1;
    bool waits = kind == 3 || kind == 4;
    size_t len = waits ? 0 : get16(data + 1) % FRAME_MAX;
    if (len > n - 3) len = n - 3;
    if (kind <= 2) world_frame(w, kind, i, data + 3, len);
    else if (waits) world_wait(w, HP_MS(1) << (data[1] % 18));
    else world_call(w, i, data + 3, len);
    if (data[0] & 0x80) world_step(w);
    return 3 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2) return 0;
    struct world w = {.now = 0};
    struct hp_allocator allocator = {world_alloc, world_free, &w};
    struct hp_config c = {.profile = data[0] & 1 ? hp_profile_router : hp_profile_host, .allocator = &allocator, .seed = 1,
                          .memory_max = 8 << 20};
    w.s = hp_stack_new(&c);
    assert(w.s);
    world_addresses(&w);
    world_wait(&w, HP_S(5));
    if (data[0] & 2) hp_mem_fail_at(w.s, data[1] + 1u);
    for (size_t at = 2; at < n;) at += world_record(&w, data + at, n - at);
    world_step(&w);
    world_wait(&w, HP_S(200));
    hp_stack_free(w.s);
    assert(w.held == 0);
    return 0;
}
