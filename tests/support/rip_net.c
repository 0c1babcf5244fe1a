/* Routers with RIP in a lab. */
#include "support/rip_net.h"

#include <stdio.h>
#include <stdlib.h>

#include "hepta/wire.h"
#include "support/test.h"
#include "wire/ether.h"
#include "wire/ipv4.h"
#include "wire/rip.h"
#include "wire/udp.h"

static struct rip_net *net_of_event;            /* the callback's ctx is the router's rip: finds the rest here */

static void net_changed_route(void *ctx, const struct hp_rip_event *e)
{
    struct rip_net *t = net_of_event;
    int i = (int)((struct hp_rip *)ctx - t->rip);
    hp_rip_event_text(e, t->last[i], sizeof t->last[i]);
    t->events[i]++;
}

static void net_hear(void *ctx, const struct hp_cable_event *e)
{
    struct rip_net *t = ctx;
    uint8_t frame[1600];
    struct ipv4_hdr ip;
    struct udp_hdr udp;
    struct rip_msg m;
    struct rip_entry entry;
    if (e->kind != HP_CABLE_ENTER) return;
    struct hp_bytes in = bytes_from(bytes_of(frame, hp_pkt_copy_out(e->pkt, 0, frame, sizeof frame)), 14);
    if (get16(frame + 12) != 0x0800 || ipv4_parse(in, &ip) != IPV4_OK || ip.proto != 17) return;
    in = bytes_from(bytes_upto(in, ip.len), ip.hlen);
    if (!udp_parse(in, &udp) || udp.to != RIP_PORT || !rip_parse(udp_payload(in, &udp), &m)) return;
    t->messages++;
    while (rip_entry_next(&m.entries, &entry)) {
        assert_true(t->count < RIP_NET_HEARD_MAX);
        t->heard[t->count++] = (struct rip_heard){e->time, get32(ip.src.b + 12), get32(entry.address.b + 12), m.command, (uint8_t)entry.metric};
    }
}

struct rip_net *rip_net_new(uint64_t seed)
{
    struct rip_net *t = calloc(1, sizeof *t);
    struct hp_cable_trace cables = {net_hear, t};
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(seed, &t->alloc.allocator);
    assert_non_null(t->w);
    assert_int_equal(hp_world_trace(t->w, NULL, &cables), HP_OK);
    net_of_event = t;
    return t;
}

void rip_net_end(struct rip_net *t)
{
    hp_world_free(t->w);
    test_alloc_end(&t->alloc);
    free(t);
}

int rip_net_router(struct rip_net *t)
{
    int i = t->routers++;
    t->name[i][0] = (char)('a' + i);
    assert_non_null(hp_world_router(t->w, t->name[i]));
    return i;
}

struct hp_cable *rip_net_join(struct rip_net *t, int i, int k, int n)
{
    const struct hp_cable_config c = {.way = {.delay = HP_MS(1)}};
    struct hp_cable *cable = hp_world_cable(t->w, t->name[i], t->name[k], &c);
    char address[32];
    assert_non_null(cable);
    for (int end = 0; end < 2; end++) {
        int link, at = end ? k : i;
        assert_string_equal(hp_world_cable_end(t->w, cable, end, &link), t->name[at]);
        struct hp_link_info info;
        assert_int_equal(hp_link_info(hp_world_find(t->w, t->name[at]), link, &info), HP_OK);
        snprintf(address, sizeof address, "10.0.%d.%d/24", n, end + 1);
        assert_int_equal(hp_world_address(t->w, t->name[at], info.name, address), HP_OK);
    }
    return cable;
}

struct hp_stack *rip_net_stack(struct rip_net *t, int i) { return hp_world_find(t->w, t->name[i]); }

void rip_net_start(struct rip_net *t, int i)
{
    t->rip[i].changed = net_changed_route;
    t->rip[i].ctx = &t->rip[i];
    assert_int_equal(hp_rip_start(rip_net_stack(t, i), &t->rip[i]), HP_OK);
}

void rip_net_run(struct rip_net *t, hp_time span) { hp_world_run(t->w, hp_world_now(t->w) + span, NULL, NULL); }

int rip_net_metric(struct rip_net *t, int i, int n)
{
    struct hp_rip_route r;
    struct hp_ip want = hp_ip4(10, 0, (uint8_t)n, 0);
    for (unsigned k = 0; hp_rip_route(&t->rip[i], k, &r) == HP_OK; k++)
        if (hp_ip_equal(&r.to.ip, &want) && r.to.len == 120) return r.metric;
    return 0;
}

int rip_net_way(struct rip_net *t, int i, int n)
{
    struct hp_route r;
    struct hp_ip to = hp_ip4(10, 0, (uint8_t)n, 77);
    if (hp_route_find(rip_net_stack(t, i), &to, &r)) return 0;
    if (r.source == HP_ROUTE_CONNECTED) return -1;
    assert_int_equal(r.source, HP_ROUTE_RIP);
    assert_int_equal(r.metric, HP_RIP_PREFERENCE);
    return r.gateway.b[14] * 10 + r.gateway.b[15];
}

struct hp_cable *rip_net_line(struct rip_net *t, int count)
{
    for (int i = 0; i < count; i++) rip_net_router(t);
    for (int i = 0; i + 1 < count; i++) rip_net_join(t, i, i + 1, i + 1);
    assert_non_null(hp_world_host(t->w, "stub"));
    struct hp_cable *cable = hp_world_cable(t->w, t->name[count - 1], "stub", NULL);
    char link[8];
    snprintf(link, sizeof link, "eth%d", count > 1);
    assert_int_equal(hp_world_address(t->w, t->name[count - 1], link, "10.0.9.1/24"), HP_OK);
    assert_int_equal(hp_world_address(t->w, "stub", "eth0", "10.0.9.2/24"), HP_OK);
    assert_int_equal(hp_world_route(t->w, "stub", "0.0.0.0/0", "10.0.9.1"), HP_OK);
    return cable;
}

void rip_net_start_all(struct rip_net *t)
{
    for (int i = 0; i < t->routers; i++) rip_net_start(t, i);
}
