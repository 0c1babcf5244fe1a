/* A whole host or router: frames in, time in, some calls of the API between; nothing it is told may make it fail an assertion, touch
 * memory that is not its own, keep memory when it ends, or ask to be called again for ever in the same moment.
 *
 * The input: a first byte that says what machine it is, whether it serves (DNS, HTTP, small services, and sockets of its own), and whether an
 * allocation fails: the second byte says which.  Then records of a byte (what, and the link), a length and bytes.  Frames of IP packets can be
 * repaired, so that mutated ones get past the checksums; in those of TCP acknowledgment numbers can count from 0, as Wireshark shows
 * them, so that mutated conversations go on whatever initial sequence number the machine drew. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hepta/hepta.h"
#include "wire/ip.h"
#include "wire/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FRAME_MAX = 2048, HEAD = 14, WORLD_SOCKS = 4, WORLD_FLOWS = 64 };

static const struct hp_memory_file world_files[] = {{"/", "text/html", "<p>hello", 8}, {"/a", NULL, "0123456789", 10}, {0}};
static const struct hp_dns_name world_names[] = {{"a.test", {{[10] = 0xff, 0xff, 10, 0, 0, 1}}}, {"a.test", {{0xfd, [15] = 1}}}, {0}};

struct world {
    struct hp_stack *s;
    struct hp_wire wire[2];
    int link[2];
    hp_time now;
    size_t held;                /* bytes of the stack's memory */
    bool serves;
    struct hp_dns_server dns;
    struct hp_http_server http;
    struct hp_services services;
    struct hp_sock *sock[WORLD_SOCKS]; /* TCP from port 4000 to 10.0.0.2:80; TCP on port 8080; UDP on port 5000; one that was accepted */
    uint32_t iss[WORLD_FLOWS];  /* of its TCP connections, by both ports */
};

static uint32_t *world_iss(struct world *w, uint16_t ours, uint16_t theirs) { return &w->iss[(ours * 31u + theirs) % WORLD_FLOWS]; }

static void world_see_tcp(struct world *w, const uint8_t *ip, size_t n)
{
    size_t head = n && ip[0] >> 4 == 6 ? 40 : n ? (ip[0] & 15) * 4u : 0;
    if (n < head + 20 || head < 20 || ip[head == 40 && ip[0] >> 4 == 6 ? 6 : 9] != IP_PROTO_TCP) return;
    const uint8_t *tcp = ip + head;
    if (tcp[13] & 2) *world_iss(w, get16(tcp), get16(tcp + 2)) = get32(tcp + 4);
}

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
    if (n > HEAD) world_see_tcp(w->state, b + HEAD, n - HEAD);
    for (size_t i = 0; i < n; i++) sink ^= b[i]; /* what leaves was written */
    (void)sink;
    (void)sink;
    hp_pkt_free(p);
}

static const struct hp_wire_ops null_ops = {.name = "null", .tx = null_tx};

static void world_step(struct world *w)
{
    int rounds = 0;
    while (hp_step(w->s, w->now) <= w->now || hp_programs_run(w->s)) assert(rounds++ < 1000);
}

static void world_wait(struct world *w, hp_time span)
{
    hp_time end = w->now + span;
    for (int rounds = 0; rounds < 20000; rounds++) {
        hp_time next = hp_step(w->s, w->now);
        if (hp_programs_run(w->s)) continue;
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
        w->wire[i] = (struct hp_wire){.ops = &null_ops, .mtu = i ? 600 : 1500, .state = w};
        w->link[i] = hp_link_add(w->s, &w->wire[i], &c);
        hp_addr_add(w->s, w->link[i], &p4, 0);
        hp_addr_add(w->s, w->link[i], &p6, HP_ADDR_NO_DAD);
        hp_neigh_set(w->s, w->link[i], &neighbour, &mac);
    }
    struct hp_route def = {.to = {hp_ip4(0, 0, 0, 0), 96}, .gateway = hp_ip4(10, 1, 0, 2)};
    hp_route_add(w->s, &def);
}

static void world_socket(struct world *w, int i, enum hp_sock_type type, uint16_t port)
{
    struct hp_endpoint local = {.port = port};
    if (hp_socket(w->s, type, 0, &w->sock[i])) w->sock[i] = NULL;
    else hp_bind(w->sock[i], &local);
}

static void world_serve(struct world *w)
{
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = 80};
    w->serves = true;
    w->dns.names = world_names;
    w->http.files = hp_memory_files(world_files);
    w->services = (struct hp_services){.echo = true, .discard = true, .chargen = true};
    hp_dns_serve(w->s, &w->dns);
    hp_http_serve(w->s, &w->http);
    hp_services_start(w->s, &w->services);
    world_socket(w, 0, HP_STREAM, 4000);
    world_socket(w, 1, HP_STREAM, 8080);
    world_socket(w, 2, HP_DGRAM, 5000);
    hp_connect(w->sock[0], &to);
    hp_listen(w->sock[1], 2);
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

/* What the peer acknowledges counts from the number that the machine began with. */
static void world_number(struct world *w, uint8_t *ip, size_t n)
{
    bool six = n && ip[0] >> 4 == 6;
    size_t head = six ? 40 : n ? (ip[0] & 15) * 4u : 0;
    if (n < head + 20 || head < 20 || ip[six ? 6 : 9] != IP_PROTO_TCP) return;
    uint8_t *tcp = ip + head;
    if (tcp[13] & 16) put32(tcp + 8, get32(tcp + 8) + *world_iss(w, get16(tcp + 2), get16(tcp)));
}

/* A record of kind 0: a frame as it is; 7: with TCP's numbers; 1: an IP packet, repaired, in a frame to us; 2: the same in a frame to a group or everybody. */
static void world_frame(struct world *w, int kind, int i, const uint8_t *bytes, size_t n)
{
    uint8_t frame[HEAD + FRAME_MAX];
    if (!w->wire[i].link) return; /* memory ran out when it was to be added */
    if (kind == 0) {
        memcpy(frame, bytes, n);
    } else {
        memcpy(frame, (const uint8_t[]){2, 0, 0, 0, 0, (uint8_t)(i + 1), 2, 0, 0, 0, 0, 0x99, 8, 0}, HEAD);
        memcpy(frame + HEAD, bytes, n);
        if (kind == 7) world_number(w, frame + HEAD, n);
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

/* The user of the sockets. */
static void world_use(struct world *w, const uint8_t *b, size_t n)
{
    static uint8_t out[5000], in[3000];
    if (n < 2) return;
    struct hp_sock **sock = &w->sock[b[0] >> 4 & 3];
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = 80};
    unsigned what;
    size_t size = b[1] * 19u;
    while (hp_next_ready(w->s, &what)) continue;
    if (w->sock[1] && !w->sock[3] && hp_accept(w->sock[1], &w->sock[3], NULL)) w->sock[3] = NULL;
    if (!*sock) return;
    switch (b[0] & 7) {
    case 0: hp_recv(*sock, in, size % sizeof in, 0); break;
    case 1: hp_send(*sock, out, size, 0); break;
    case 2: hp_sendto(*sock, out, size, 0, &to); break;
    case 3: hp_shutdown(*sock, b[1] % 3); break;
    case 4: hp_connect(*sock, &to); break;
    case 5: hp_send(*sock, out, 1, HP_MSG_OOB); break;
    case 6: hp_ready(*sock); break;
    case 7:
        hp_close(*sock);
        *sock = NULL;
        break;
    }
}

static size_t world_record(struct world *w, const uint8_t *data, size_t n)
{
    if (n < 3) return n;
    int kind = data[0] >> 1 & 7, i = data[0] & 1;
    bool waits = kind == 3 || kind == 4;
    size_t len = waits ? 0 : get16(data + 1) % FRAME_MAX;
    if (len > n - 3) len = n - 3;
    if (kind <= 2 || kind == 7) world_frame(w, kind, i, data + 3, len);
    else if (waits) world_wait(w, HP_MS(1) << (data[1] % 18));
    else if (kind == 6 && w->serves) world_use(w, data + 3, len);
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
    if (data[0] & 4) world_serve(&w);
    world_wait(&w, HP_S(5));
    if (data[0] & 2) hp_mem_fail_at(w.s, data[1] + 1u);
    for (size_t at = 2; at < n;) at += world_record(&w, data + at, n - at);
    world_step(&w);
    world_wait(&w, HP_S(200));
    hp_stack_free(w.s);
    assert(w.held == 0);
    return 0;
}
