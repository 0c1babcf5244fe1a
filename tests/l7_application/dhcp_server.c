/* The DHCP server: against our own client, and against clients that follow a script, some of them bad. */
#include "hepta/dhcp.h"

#include "hepta/net.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "support/pair.h"
#include "support/test.h"
#include "wire/dhcp4.h"

enum { ETH = 2, EVENTS_MAX = 256 };

struct scene {
    struct pair p;                      /* a: clients; b: 10.0.0.2, the server */
    struct hp_dhcp_server d;
    struct hp_sock *client;             /* a scripted one */
    struct hp_dhcp_event event[EVENTS_MAX];
    unsigned events;
};

static void scene_event(void *ctx, const struct hp_dhcp_event *e)
{
    struct scene *c = ctx;
    assert_true(c->events < EVENTS_MAX);
    c->event[c->events++] = *e;
}

static void wait_ms(struct scene *c, int ms) { pair_run(&c->p, HP_MS(ms), NULL, NULL); }

static struct scene *scene_new(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 31));
    assert_int_equal(hp_addr_remove(c->p.a.stack, ETH, &c->p.a.ip), HP_OK);
    c->d = (struct hp_dhcp_server){.link = ETH, .first = hp_ip4(10, 0, 0, 100), .last = hp_ip4(10, 0, 0, 102), .event = scene_event, .ctx = c,
                                   .dns = {hp_ip4(10, 0, 0, 53)}, .dns_count = 1, .domain = "home.test", .mtu = 1400};
    return c;
}

static void scene_serve(struct scene *c)
{
    int on = 1, link = ETH;
    struct hp_endpoint any = {.ip = hp_ip4(0, 0, 0, 0), .port = 68};
    assert_int_equal(hp_dhcp_serve(c->p.b.stack, &c->d), HP_OK);
    assert_int_equal(hp_socket(c->p.a.stack, HP_DGRAM, 0, &c->client), HP_OK);
    hp_setsockopt(c->client, HP_SO_BINDTODEVICE, &link, sizeof link);
    hp_setsockopt(c->client, HP_SO_BROADCAST, &on, sizeof on);
    assert_int_equal(hp_bind(c->client, &any), HP_OK);
    wait_ms(c, 1);
}

static struct scene *scene_open(void)
{
    struct scene *c = scene_new();
    scene_serve(c);
    return c;
}

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

static unsigned events(const struct scene *c, enum hp_dhcp_what what)
{
    unsigned n = 0;
    for (unsigned i = 0; i < c->events; i++) n += c->event[i].what == what;
    return n;
}

/* ---- a scripted client ---- */

static struct dhcp4_msg message(uint8_t type, uint8_t mac)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    return (struct dhcp4_msg){.type = type, .xid = 0x1000u + mac, .broadcast = true, .chaddr = {{2, 0, 0, 0, 9, mac}}, .ciaddr = none,
                              .yiaddr = none, .siaddr = none, .giaddr = none, .requested = none, .server = none};
}

static void say_to(struct scene *c, const struct dhcp4_msg *m, const struct hp_ip *to)
{
    uint8_t out[1500];
    size_t n = dhcp4_write(out, sizeof out, m);
    struct hp_endpoint e = {.ip = to ? *to : hp_ip4(255, 255, 255, 255), .port = 67, .link = ETH};
    assert_true(n > 0);
    int64_t sent = hp_sendto(c->client, out, n, 0, &e);
    if (sent < 0) fail_msg("sending: %s", hp_err_text((int)sent));
    wait_ms(c, 5);
}

/* The answer's type, 0 = none. */
static uint8_t hear(struct scene *c, struct dhcp4_msg *m)
{
    static uint8_t in[1500];
    int64_t n = hp_recv(c->client, in, sizeof in, 0);
    if (n < 0) return 0;
    assert_true(dhcp4_parse(bytes_of(in, (size_t)n), m));
    assert_true(m->reply && dhcp4_has(m, DHCP4_SERVER) && hp_ip_equal(&m->server, &c->p.b.ip));
    return m->type;
}

static void request(struct dhcp4_msg *m, const struct hp_ip *server, const struct hp_ip *ip)
{
    if (server) m->server = *server;
    if (server) dhcp4_set(m, DHCP4_SERVER);
    if (ip) m->requested = *ip;
    if (ip) dhcp4_set(m, DHCP4_REQUESTED);
}

static uint8_t last_byte(const struct hp_ip *ip) { return ip->b[15]; }

/* DISCOVER, OFFER, REQUEST, ACK; answers the last number of the address, 0 = no offer. */
static uint8_t bind(struct scene *c, uint8_t mac)
{
    struct dhcp4_msg m = message(DHCP4_DISCOVER, mac), offer, ack;
    say_to(c, &m, NULL);
    if (!hear(c, &offer)) return 0;
    assert_int_equal(offer.type, DHCP4_OFFER);
    m = message(DHCP4_REQUEST, mac);
    request(&m, &offer.server, &offer.yiaddr);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &ack), DHCP4_ACK);
    assert_true(hp_ip_equal(&ack.yiaddr, &offer.yiaddr));
    return last_byte(&ack.yiaddr);
}

/* ---- our own client ---- */

static void test_our_client_gets_all_there_is(void **state)
{
    struct scene *c = scene_open();
    struct hp_dhcp d = {.link = ETH, .hostname = "laptop"};
    hp_close(c->client);
    c->d.lease = HP_S(600);
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
    wait_ms(c, 1000);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    char text[HP_DHCP_TEXT];
    assert_string_equal(hp_prefix_text(&d.lease.address, text, sizeof text), "10.0.0.100/24");
    assert_true(d.lease.router_count == 1 && hp_ip_equal(&d.lease.routers[0], &c->p.b.ip));
    assert_true(d.lease.dns_count == 1 && last_byte(&d.lease.dns[0]) == 53 && d.lease.mtu == 1400);
    assert_string_equal(d.lease.domain, "home.test");
    assert_int_equal((d.lease.renew_at - d.lease.since) / HP_S(1), 300);
    assert_int_equal((d.lease.rebind_at - d.lease.since) / HP_S(1), 525);
    assert_int_equal((d.lease.expires_at - d.lease.since) / HP_S(1), 600);
    assert_int_equal(c->events, 2);
    hp_dhcp_event_text(&c->event[1], text, sizeof text);
    assert_non_null(strstr(text, "leased 10.0.0.100 to "));
    assert_non_null(strstr(text, " (laptop)"));
    pair_run(&c->p, HP_S(3000), NULL, NULL); /* five leases */
    assert_int_equal(d.state, HP_DHCP_BOUND);
    assert_in_range(events(c, HP_DHCP_RENEWED), 8, 12);
    assert_int_equal(events(c, HP_DHCP_EXPIRED), 0);
    hp_dhcp_stop(c->p.a.stack, &d);
    wait_ms(c, 2000);
    assert_int_equal(events(c, HP_DHCP_RELEASED), 1);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_false(known.bound);
    assert_string_equal(known.hostname, "laptop");
    assert_int_equal(hp_dhcp_client(&c->d, 1, &known), HP_ENOENT);
    scene_close(c);
}

/* The server falls silent: the client rebinds, and loses its lease; so does the server's memory of it. */
static void test_a_lease_ends_on_both_sides(void **state)
{
    struct scene *c = scene_open();
    struct hp_dhcp d = {.link = ETH};
    hp_close(c->client);
    c->d.lease = HP_S(600);
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
    wait_ms(c, 1000);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    hp_link_set_up(c->p.a.stack, ETH, false);
    pair_run(&c->p, HP_S(700), NULL, NULL);
    assert_int_equal(d.state, HP_DHCP_SELECTING);
    assert_int_equal(events(c, HP_DHCP_EXPIRED), 1);
    hp_link_set_up(c->p.a.stack, ETH, true);
    pair_run(&c->p, HP_S(70), NULL, NULL);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    assert_int_equal(last_byte(&d.lease.address.ip), 100);
    scene_close(c);
}

/* ---- which address ---- */

static void test_everybody_gets_another_address_until_none_is_left(void **state)
{
    struct scene *c = scene_open();
    struct dhcp4_msg m;
    for (uint8_t i = 0; i < 3; i++) assert_int_equal(bind(c, (uint8_t)(i + 1)), 100 + i);
    m = message(DHCP4_DISCOVER, 9);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &m), 0);
    assert_int_equal(events(c, HP_DHCP_EXHAUSTED), 1);
    assert_int_equal(c->d.exhausted, 1);
    assert_int_equal(bind(c, 2), 101);                      /* the same one again */
    pair_run(&c->p, HP_S(3500), NULL, NULL);
    assert_int_equal(bind(c, 2), 101);                      /* 1 and 3 expire before it */
    pair_run(&c->p, HP_S(200), NULL, NULL);
    assert_int_equal(events(c, HP_DHCP_EXPIRED), 2);
    assert_int_equal(bind(c, 3), 102);                      /* remembered */
    assert_int_equal(bind(c, 9), 100);                      /* the one that expired longest ago */
    assert_int_equal(bind(c, 1), 0);
    scene_close(c);
}

static void test_wishes_are_granted_if_free(void **state)
{
    struct scene *c = scene_open();
    struct hp_ip wish = hp_ip4(10, 0, 0, 102), outside = hp_ip4(10, 0, 0, 200);
    struct dhcp4_msg m = message(DHCP4_DISCOVER, 1), answer;
    request(&m, NULL, &wish);
    m.lease_s = 120;
    dhcp4_set(&m, DHCP4_LEASE);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(last_byte(&answer.yiaddr), 102);
    assert_int_equal(answer.lease_s, 120);
    m = message(DHCP4_DISCOVER, 2);
    request(&m, NULL, &wish);
    m.lease_s = 100000;
    dhcp4_set(&m, DHCP4_LEASE);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(last_byte(&answer.yiaddr), 100);
    assert_int_equal(answer.lease_s, 3600);
    m = message(DHCP4_DISCOVER, 3);
    request(&m, NULL, &outside);
    m.lease_s = 1;
    dhcp4_set(&m, DHCP4_LEASE);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(last_byte(&answer.yiaddr), 101);
    assert_int_equal(answer.lease_s, 60);
    scene_close(c);
}

static void test_fixed_addresses(void **state)
{
    static const struct hp_dhcp_fixed fixed[] = {{{{2, 0, 0, 0, 9, 7}}, {{[10] = 0xff, 0xff, 10, 0, 0, 100}}},
                                                 {{{2, 0, 0, 0, 9, 8}}, {{[10] = 0xff, 0xff, 10, 0, 0, 8}}}};
    struct scene *c = scene_new();
    c->d.fixed = fixed;
    c->d.fixed_count = 2;
    scene_serve(c);
    assert_int_equal(bind(c, 1), 101);
    assert_int_equal(bind(c, 8), 8);
    assert_int_equal(bind(c, 7), 100);
    assert_int_equal(bind(c, 2), 102);
    assert_int_equal(bind(c, 3), 0);
    scene_close(c);
}

static void test_the_servers_own_address_is_not_given_away(void **state)
{
    struct scene *c = scene_new();
    c->d.first = hp_ip4(10, 0, 0, 1);
    c->d.last = hp_ip4(10, 0, 0, 3);
    scene_serve(c);
    assert_int_equal(bind(c, 1), 1);
    assert_int_equal(bind(c, 2), 3);
    assert_int_equal(bind(c, 3), 0);
    scene_close(c);
}

static void test_a_client_is_its_identifier(void **state)
{
    struct scene *c = scene_open();
    struct dhcp4_msg answer;
    uint8_t address[3];
    for (uint8_t i = 0; i < 3; i++) { /* the same machine from another card; another machine */
        struct dhcp4_msg m = message(DHCP4_DISCOVER, (uint8_t)(i + 1));
        m.client_id = i < 2 ? bytes_of("\xffone", 4) : bytes_of("\xfftwo", 4);
        dhcp4_set(&m, DHCP4_CLIENT_ID);
        say_to(c, &m, NULL);
        assert_int_equal(hear(c, &answer), DHCP4_OFFER);
        assert_true(answer.client_id.n == 4 && memcmp(answer.client_id.p, m.client_id.p, 4) == 0); /* RFC 6842 */
        address[i] = last_byte(&answer.yiaddr);
    }
    assert_true(address[0] == 100 && address[1] == 100 && address[2] == 101);
    scene_close(c);
}

/* ---- a ping first ---- */

static void test_a_ping_finds_who_uses_an_address(void **state)
{
    struct scene *c = scene_new();
    struct hp_prefix squatter = {hp_ip4(10, 0, 0, 100), 120};
    c->d.ping = HP_MS(500);
    assert_int_equal(hp_addr_add(c->p.a.stack, ETH, &squatter, 0), HP_OK);
    scene_serve(c);
    struct dhcp4_msg m = message(DHCP4_DISCOVER, 1), answer;
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), 0);                  /* not yet */
    wait_ms(c, 300);
    assert_int_equal(hear(c, &answer), 0);
    say_to(c, &m, NULL);                                    /* asked again meanwhile: still one answer */
    wait_ms(c, 300);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(last_byte(&answer.yiaddr), 101);
    assert_int_equal(hear(c, &answer), 0);
    assert_int_equal(events(c, HP_DHCP_IN_USE), 1);
    char text[HP_DHCP_TEXT];
    assert_string_equal(hp_dhcp_event_text(&c->event[0], text, sizeof text), "in use: 10.0.0.100, not offered to 02:00:00:00:09:01");
    scene_close(c);
}

/* ---- what clients say later ---- */

static void test_init_reboot(void **state)
{
    struct scene *c = scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100), other = hp_ip4(10, 0, 0, 101), far = hp_ip4(192, 168, 7, 7);
    struct dhcp4_msg m, answer;
    assert_int_equal(bind(c, 1), 100);
    m = message(DHCP4_REQUEST, 1);
    request(&m, NULL, &own);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_ACK);
    m = message(DHCP4_REQUEST, 1);
    request(&m, NULL, &other);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_NAK);          /* not the one that it has */
    assert_false(dhcp4_has(&answer, DHCP4_LEASE));
    m = message(DHCP4_REQUEST, 2);
    request(&m, NULL, &far);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_NAK);          /* wrong network */
    m = message(DHCP4_REQUEST, 2);
    request(&m, NULL, &other);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), 0);                  /* unknown: another server may know it */
    c->d.authoritative = true;
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_NAK);
    assert_int_equal(events(c, HP_DHCP_REFUSED), 3);
    scene_close(c);
}

static void test_another_servers_offer_was_taken(void **state)
{
    struct scene *c = scene_open();
    struct hp_ip stranger = hp_ip4(10, 0, 0, 66), its = hp_ip4(10, 0, 0, 200);
    struct dhcp4_msg m = message(DHCP4_DISCOVER, 1), answer;
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    m = message(DHCP4_REQUEST, 1);
    request(&m, &stranger, &its);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), 0);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_false(known.bound);
    m = message(DHCP4_REQUEST, 1);
    request(&m, &c->p.b.ip, &its);                          /* our offer was another one */
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_NAK);
    scene_close(c);
}

static void test_an_offer_that_nobody_takes_ends(void **state)
{
    struct scene *c = scene_open();
    struct dhcp4_msg m, answer;
    for (uint8_t i = 1; i <= 4; i++) {
        m = message(DHCP4_DISCOVER, i);
        say_to(c, &m, NULL);
        assert_int_equal(hear(c, &answer), i <= 3 ? DHCP4_OFFER : 0);
    }
    pair_run(&c->p, HP_S(61), NULL, NULL);
    assert_int_equal(bind(c, 4), 100);
    scene_close(c);
}

static void test_decline_keeps_the_address_away(void **state)
{
    struct scene *c = scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100);
    struct dhcp4_msg m, answer;
    assert_int_equal(bind(c, 1), 100);
    m = message(DHCP4_DECLINE, 1);
    request(&m, &c->p.b.ip, &own);
    say_to(c, &m, NULL);
    assert_int_equal(events(c, HP_DHCP_DECLINED), 1);
    assert_int_equal(hear(c, &answer), 0);
    assert_int_equal(bind(c, 1), 101);
    assert_int_equal(bind(c, 2), 102);
    assert_int_equal(bind(c, 3), 0);
    pair_run(&c->p, HP_S(3601), NULL, NULL);
    assert_int_equal(bind(c, 3), 100);
    scene_close(c);
}

/* A client that has 10.0.0.100 already, sends from it. */
static void have_address(struct scene *c, const char *text)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(text, &p));
    assert_int_equal(hp_addr_add(c->p.a.stack, ETH, &p, 0), HP_OK);
}

static void test_release_and_inform(void **state)
{
    struct scene *c = scene_open();
    struct dhcp4_msg m, answer;
    assert_int_equal(bind(c, 1), 100);
    have_address(c, "10.0.0.100/24");
    m = message(DHCP4_INFORM, 1);
    m.ciaddr = hp_ip4(10, 0, 0, 100);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_ACK);
    assert_true(hp_ip_is_any(&answer.yiaddr) && !dhcp4_has(&answer, DHCP4_LEASE) && answer.dns_count == 1);
    m.type = DHCP4_RELEASE;
    request(&m, &c->p.b.ip, NULL);
    say_to(c, &m, &c->p.b.ip);
    assert_int_equal(events(c, HP_DHCP_RELEASED), 1);
    say_to(c, &m, &c->p.b.ip);
    assert_int_equal(events(c, HP_DHCP_RELEASED), 1);       /* once */
    scene_close(c);
}

/* ---- bad clients ---- */

static void test_L19_only_the_owner_may_give_back_or_refuse(void **state)
{
    struct scene *c = scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100), stranger = hp_ip4(10, 0, 0, 66);
    struct dhcp4_msg m;
    assert_int_equal(bind(c, 1), 100);
    have_address(c, "10.0.0.77/24");
    m = message(DHCP4_RELEASE, 1);
    m.ciaddr = own;
    request(&m, &c->p.b.ip, NULL);
    say_to(c, &m, &c->p.b.ip);                              /* from another address */
    m = message(DHCP4_RELEASE, 2);
    m.ciaddr = hp_ip4(10, 0, 0, 77);
    request(&m, &c->p.b.ip, NULL);
    say_to(c, &m, &c->p.b.ip);                              /* not its lease */
    m = message(DHCP4_DECLINE, 2);
    request(&m, &c->p.b.ip, &own);
    say_to(c, &m, NULL);                                    /* another client */
    m = message(DHCP4_DECLINE, 1);
    request(&m, &stranger, &own);
    say_to(c, &m, NULL);                                    /* another server's */
    assert_int_equal(events(c, HP_DHCP_RELEASED) + events(c, HP_DHCP_DECLINED), 0);
    assert_int_equal(c->d.ignored, 4);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_true(known.bound);
    scene_close(c);
}

static void test_messages_that_are_not_for_a_server(void **state)
{
    struct scene *c = scene_open();
    struct dhcp4_msg m = message(DHCP4_DISCOVER, 1), answer;
    uint64_t before = c->d.ignored;
    m.giaddr = hp_ip4(10, 0, 0, 9);                         /* relayed */
    say_to(c, &m, NULL);
    m = message(DHCP4_OFFER, 1);
    say_to(c, &m, NULL);
    m = message(DHCP4_DISCOVER, 1);
    m.reply = true;
    say_to(c, &m, NULL);
    m = message(DHCP4_DISCOVER, 1);
    m.chaddr.b[0] = 0x03;                                   /* a group is no client */
    say_to(c, &m, NULL);
    m = message(DHCP4_DISCOVER, 1);
    memset(&m.chaddr, 0, sizeof m.chaddr);
    say_to(c, &m, NULL);
    m = message(DHCP4_REQUEST, 1);                          /* of what? */
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), 0);
    assert_int_equal(c->d.ignored - before, 6);
    assert_int_equal(c->events, 0);
    scene_close(c);
}

static void test_names_that_no_host_has_are_not_kept(void **state)
{
    static const char *const bad[] = {"a;reboot", "<b>", "a b", "\x1b[31m", "a\nb"};
    struct scene *c = scene_open();
    struct hp_dhcp_client known;
    struct dhcp4_msg m = message(DHCP4_DISCOVER, 1), answer;
    m.hostname = bytes_of("Lap-Top.1", 9);
    dhcp4_set(&m, DHCP4_HOSTNAME);
    say_to(c, &m, NULL);
    assert_int_equal(hear(c, &answer), DHCP4_OFFER);
    hp_dhcp_client(&c->d, 0, &known);
    assert_string_equal(known.hostname, "Lap-Top.1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        m = message(DHCP4_DISCOVER, 2);
        m.hostname = bytes_of(bad[i], strlen(bad[i]));
        dhcp4_set(&m, DHCP4_HOSTNAME);
        say_to(c, &m, NULL);
        assert_int_equal(hear(c, &answer), DHCP4_OFFER);
        hp_dhcp_client(&c->d, 1, &known);
        assert_string_equal(known.hostname, "");
    }
    scene_close(c);
}

/* Whoever asks under a thousand names gets no more than the pool, and the server keeps no more than that. */
static void test_a_flood_of_clients_is_bounded(void **state)
{
    struct scene *c = scene_open();
    struct hp_mem_stats before, after;
    c->d.event = NULL;
    for (int i = 0; i < 3; i++) bind(c, (uint8_t)i);
    hp_mem_stats(c->p.b.stack, &before);
    for (int i = 0; i < 1000; i++) {
        struct dhcp4_msg m = message(DHCP4_DISCOVER, (uint8_t)i);
        m.chaddr.b[2] = (uint8_t)(1 + i / 256);
        say_to(c, &m, NULL);
    }
    hp_mem_stats(c->p.b.stack, &after);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 3, &known), HP_ENOENT);
    assert_true(after.bytes <= before.bytes + 4096);
    assert_int_equal(c->d.exhausted, 1000);
    scene_close(c);
}

/* ---- settings, end ---- */

static void test_settings_that_make_no_sense(void **state)
{
    static const struct hp_dhcp_fixed far = {{{2, 0, 0, 0, 9, 7}}, {{[10] = 0xff, 0xff, 10, 1, 0, 100}}};
    struct scene *c = scene_new();
    struct hp_stack *s = c->p.b.stack;
    struct hp_dhcp_server d = c->d;
    d.last = hp_ip4(10, 0, 0, 50);
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EINVAL);
    d.last = hp_ip4(10, 0, 200, 50);
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EINVAL);      /* too many */
    d = c->d;
    d.lease = -1;
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EINVAL);
    d = c->d;
    d.first = hp_ip4(10, 1, 0, 1);
    d.last = hp_ip4(10, 1, 0, 9);
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EADDRNOTAVAIL);
    d = c->d;
    d.fixed = &far;
    d.fixed_count = 1;
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EADDRNOTAVAIL);
    d = c->d;
    d.link = 7;
    assert_int_equal(hp_dhcp_serve(s, &d), HP_EADDRNOTAVAIL);
    scene_close(c);
}

static void test_it_ends_when_it_is_told_to(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(bind(c, 1), 100);
    assert_true(c->d.running);
    hp_dhcp_serve_stop(c->p.b.stack, &c->d);
    wait_ms(c, 10);
    assert_false(c->d.running);
    assert_int_equal(c->d.error, HP_OK);
    assert_int_equal(hp_dhcp_client(&c->d, 0, &(struct hp_dhcp_client){0}), HP_ENOENT);
    assert_int_equal(bind(c, 1), 0);
    assert_int_equal(hp_dhcp_serve(c->p.b.stack, &c->d), HP_OK);
    wait_ms(c, 10);
    assert_int_equal(bind(c, 2), 100);
    scene_close(c);
}

static void test_X02_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 40; n++) {
        struct scene *c = scene_new();
        struct hp_dhcp d = {.link = ETH};
        hp_mem_fail_at(c->p.b.stack, n);
        if (hp_dhcp_serve(c->p.b.stack, &c->d) == HP_OK) {
            wait_ms(c, 1);
            assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
            pair_run(&c->p, HP_S(60), NULL, NULL);
            if (c->d.running && d.state != HP_DHCP_BOUND) fail_msg("after n = %u: %s", (unsigned)n, hp_dhcp_state_name(d.state));
            if (!c->d.running) assert_int_equal(c->d.error, HP_ENOMEM);
        }
        hp_mem_fail_at(c->p.b.stack, 0);
        scene_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_our_client_gets_all_there_is),
        cmocka_unit_test(test_a_lease_ends_on_both_sides),
        cmocka_unit_test(test_everybody_gets_another_address_until_none_is_left),
        cmocka_unit_test(test_wishes_are_granted_if_free),
        cmocka_unit_test(test_fixed_addresses),
        cmocka_unit_test(test_the_servers_own_address_is_not_given_away),
        cmocka_unit_test(test_a_client_is_its_identifier),
        cmocka_unit_test(test_a_ping_finds_who_uses_an_address),
        cmocka_unit_test(test_init_reboot),
        cmocka_unit_test(test_another_servers_offer_was_taken),
        cmocka_unit_test(test_an_offer_that_nobody_takes_ends),
        cmocka_unit_test(test_decline_keeps_the_address_away),
        cmocka_unit_test(test_release_and_inform),
        cmocka_unit_test(test_L19_only_the_owner_may_give_back_or_refuse),
        cmocka_unit_test(test_messages_that_are_not_for_a_server),
        cmocka_unit_test(test_names_that_no_host_has_are_not_kept),
        cmocka_unit_test(test_a_flood_of_clients_is_bounded),
        cmocka_unit_test(test_settings_that_make_no_sense),
        cmocka_unit_test(test_it_ends_when_it_is_told_to),
        cmocka_unit_test(test_X02_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
