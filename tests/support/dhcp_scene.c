/* A DHCP server and a scripted client. */
#include "support/dhcp_scene.h"

#include <stdlib.h>

#include "hepta/net.h"
#include "hepta/socket.h"

static void scene_event(void *ctx, const struct hp_dhcp_event *e)
{
    struct dhcp_scene *c = ctx;
    assert_true(c->events < DHCP_SCENE_EVENTS_MAX);
    c->event[c->events++] = *e;
}

void dhcp_scene_wait(struct dhcp_scene *c, int ms) { pair_run(&c->p, HP_MS(ms), NULL, NULL); }

struct dhcp_scene *dhcp_scene_new(void)
{
    struct dhcp_scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 31));
    assert_int_equal(hp_addr_remove(c->p.a.stack, DHCP_SCENE_ETH, &c->p.a.ip), HP_OK);
    c->d = (struct hp_dhcp_server){.link = DHCP_SCENE_ETH, .first = hp_ip4(10, 0, 0, 100), .last = hp_ip4(10, 0, 0, 102), .event = scene_event, .ctx = c,
                                   .dns = {hp_ip4(10, 0, 0, 53)}, .dns_count = 1, .domain = "home.test", .mtu = 1400};
    return c;
}

void dhcp_scene_serve(struct dhcp_scene *c)
{
    int on = 1, link = DHCP_SCENE_ETH;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = 68};
    assert_int_equal(hp_dhcp_serve(c->p.b.stack, &c->d), HP_OK);
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &c->client), HP_OK);
    hp_setsockopt(c->client, HP_SO_BINDTODEVICE, &link, sizeof link);
    hp_setsockopt(c->client, HP_SO_BROADCAST, &on, sizeof on);
    assert_int_equal(hp_bind(c->client, &any), HP_OK);
    dhcp_scene_wait(c, 1);
}

struct dhcp_scene *dhcp_scene_open(void)
{
    struct dhcp_scene *c = dhcp_scene_new();
    dhcp_scene_serve(c);
    return c;
}

void dhcp_scene_close(struct dhcp_scene *c)
{
    pair_close(&c->p);
    free(c);
}

unsigned dhcp_scene_events(const struct dhcp_scene *c, enum hp_dhcp_what what)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->events; i++) n += c->event[i].what == what;
    return n;
}

/* ---- a scripted client ---- */

struct dhcp4_msg dhcp_scene_message(uint8_t type, uint8_t mac)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    return (struct dhcp4_msg){.type = type, .xid = 0x1000u + mac, .broadcast = true, .chaddr = {{2, 0, 0, 0, 9, mac}}, .ciaddr = none,
                              .yiaddr = none, .siaddr = none, .giaddr = none, .requested = none, .server = none};
}

void dhcp_scene_say(struct dhcp_scene *c, const struct dhcp4_msg *m, const struct hp_ip *to)
{
    uint8_t out[1500];
    size_t n = dhcp4_write(out, sizeof out, m);
    struct hp_endpoint e = {.ip = to ? *to : hp_ip4(255, 255, 255, 255), .port = 67, .link = DHCP_SCENE_ETH};
    assert_true(n > 0);
    int64_t sent = hp_sendto(c->client, out, n, 0, &e);
    if (sent < 0) fail_msg("sending: %s", hp_err_text((int)sent));
    dhcp_scene_wait(c, 5);
}

uint8_t dhcp_scene_hear(struct dhcp_scene *c, struct dhcp4_msg *m)
{
    static uint8_t in[1500];
    int64_t n = hp_recv(c->client, in, sizeof in, 0);
    if (n < 0) return 0;
    assert_true(dhcp4_parse(bytes_of(in, (size_t)n), m));
    assert_true(m->reply && dhcp4_has(m, DHCP4_SERVER) && hp_ip_equal(&m->server, &c->p.b.ip));
    return m->type;
}

void dhcp_scene_request(struct dhcp4_msg *m, const struct hp_ip *server, const struct hp_ip *ip)
{
    if (server) m->server = *server;
    if (server) dhcp4_set(m, DHCP4_SERVER);
    if (ip) m->requested = *ip;
    if (ip) dhcp4_set(m, DHCP4_REQUESTED);
}

uint8_t dhcp_scene_last(const struct hp_ip *ip) { return ip->b[15]; }

uint8_t dhcp_scene_bind(struct dhcp_scene *c, uint8_t mac)
{
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, mac), offer, ack;
    dhcp_scene_say(c, &m, NULL);
    if (!dhcp_scene_hear(c, &offer)) return 0;
    assert_int_equal(offer.type, DHCP4_OFFER);
    m = dhcp_scene_message(DHCP4_REQUEST, mac);
    dhcp_scene_request(&m, &offer.server, &offer.yiaddr);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &ack), DHCP4_ACK);
    assert_true(hp_ip_equal(&ack.yiaddr, &offer.yiaddr));
    return dhcp_scene_last(&ack.yiaddr);
}
