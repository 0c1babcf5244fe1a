/* The DHCP server: against our own client, and against clients that follow a script, some of them bad. */
#include "hepta/net.h"
#include "hepta/proc.h"
#include "support/dhcp_scene.h"

/* ---- our own client ---- */

static void test_our_client_gets_all_there_is(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_dhcp d = {.link = DHCP_SCENE_ETH, .hostname = "laptop"};
    hp_close(c->client);
    c->d.lease = HP_S(600);
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
    dhcp_scene_wait(c, 1000);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    char text[HP_DHCP_TEXT];
    assert_string_equal(hp_prefix_text(&d.lease.address, text, sizeof text), "10.0.0.100/24");
    assert_true(d.lease.router_count == 1 && hp_ip_equal(&d.lease.routers[0], &c->p.b.ip));
    assert_true(d.lease.dns_count == 1 && dhcp_scene_last(&d.lease.dns[0]) == 53 && d.lease.mtu == 1400);
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
    assert_in_range(dhcp_scene_events(c, HP_DHCP_RENEWED), 8, 12);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_EXPIRED), 0);
    hp_dhcp_stop(c->p.a.stack, &d);
    dhcp_scene_wait(c, 2000);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_RELEASED), 1);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_false(known.bound);
    assert_string_equal(known.hostname, "laptop");
    assert_int_equal(hp_dhcp_client(&c->d, 1, &known), HP_ENOENT);
    dhcp_scene_close(c);
}

/* The server falls silent: the client rebinds, and loses its lease; so does the server's memory of it. */
static void test_a_lease_ends_on_both_sides(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_dhcp d = {.link = DHCP_SCENE_ETH};
    hp_close(c->client);
    c->d.lease = HP_S(600);
    assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
    dhcp_scene_wait(c, 1000);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    hp_link_set_up(c->p.a.stack, DHCP_SCENE_ETH, false);
    pair_run(&c->p, HP_S(700), NULL, NULL);
    assert_int_equal(d.state, HP_DHCP_SELECTING);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_EXPIRED), 1);
    hp_link_set_up(c->p.a.stack, DHCP_SCENE_ETH, true);
    pair_run(&c->p, HP_S(70), NULL, NULL);
    assert_int_equal(d.state, HP_DHCP_BOUND);
    assert_int_equal(dhcp_scene_last(&d.lease.address.ip), 100);
    dhcp_scene_close(c);
}

/* ---- which address ---- */

static void test_everybody_gets_another_address_until_none_is_left(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct dhcp4_msg m;
    for (uint8_t i = 0; i < 3; i++) assert_int_equal(dhcp_scene_bind(c, (uint8_t)(i + 1)), 100 + i);
    m = dhcp_scene_message(DHCP4_DISCOVER, 9);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &m), 0);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_EXHAUSTED), 1);
    assert_int_equal(c->d.exhausted, 1);
    assert_int_equal(dhcp_scene_bind(c, 2), 101);                      /* the same one again */
    pair_run(&c->p, HP_S(3500), NULL, NULL);
    assert_int_equal(dhcp_scene_bind(c, 2), 101);                      /* 1 and 3 expire before it */
    pair_run(&c->p, HP_S(200), NULL, NULL);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_EXPIRED), 2);
    assert_int_equal(dhcp_scene_bind(c, 3), 102);                      /* remembered */
    assert_int_equal(dhcp_scene_bind(c, 9), 100);                      /* the one that expired longest ago */
    assert_int_equal(dhcp_scene_bind(c, 1), 0);
    dhcp_scene_close(c);
}

static void test_wishes_are_granted_if_free(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_ip wish = hp_ip4(10, 0, 0, 102), outside = hp_ip4(10, 0, 0, 200);
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, 1), answer;
    dhcp_scene_request(&m, NULL, &wish);
    m.lease_s = 120;
    dhcp4_set(&m, DHCP4_LEASE);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(dhcp_scene_last(&answer.yiaddr), 102);
    assert_int_equal(answer.lease_s, 120);
    m = dhcp_scene_message(DHCP4_DISCOVER, 2);
    dhcp_scene_request(&m, NULL, &wish);
    m.lease_s = 100000;
    dhcp4_set(&m, DHCP4_LEASE);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(dhcp_scene_last(&answer.yiaddr), 100);
    assert_int_equal(answer.lease_s, 3600);
    m = dhcp_scene_message(DHCP4_DISCOVER, 3);
    dhcp_scene_request(&m, NULL, &outside);
    m.lease_s = 1;
    dhcp4_set(&m, DHCP4_LEASE);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(dhcp_scene_last(&answer.yiaddr), 101);
    assert_int_equal(answer.lease_s, 60);
    dhcp_scene_close(c);
}

static void test_fixed_addresses(void **state)
{
    static const struct hp_dhcp_fixed fixed[] = {{{{2, 0, 0, 0, 9, 7}}, {{[10] = 0xff, 0xff, 10, 0, 0, 100}}},
                                                 {{{2, 0, 0, 0, 9, 8}}, {{[10] = 0xff, 0xff, 10, 0, 0, 8}}}};
    struct dhcp_scene *c = dhcp_scene_new();
    c->d.fixed = fixed;
    c->d.fixed_count = 2;
    dhcp_scene_serve(c);
    assert_int_equal(dhcp_scene_bind(c, 1), 101);
    assert_int_equal(dhcp_scene_bind(c, 8), 8);
    assert_int_equal(dhcp_scene_bind(c, 7), 100);
    assert_int_equal(dhcp_scene_bind(c, 2), 102);
    assert_int_equal(dhcp_scene_bind(c, 3), 0);
    dhcp_scene_close(c);
}

static void test_the_servers_own_address_is_not_given_away(void **state)
{
    struct dhcp_scene *c = dhcp_scene_new();
    c->d.first = hp_ip4(10, 0, 0, 1);
    c->d.last = hp_ip4(10, 0, 0, 3);
    dhcp_scene_serve(c);
    assert_int_equal(dhcp_scene_bind(c, 1), 1);
    assert_int_equal(dhcp_scene_bind(c, 2), 3);
    assert_int_equal(dhcp_scene_bind(c, 3), 0);
    dhcp_scene_close(c);
}

static void test_a_client_is_its_identifier(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct dhcp4_msg answer;
    uint8_t address[3];
    for (uint8_t i = 0; i < 3; i++) { /* the same machine from another card; another machine */
        struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, (uint8_t)(i + 1));
        m.client_id = i < 2 ? bytes_of("\xffone", 4) : bytes_of("\xfftwo", 4);
        dhcp4_set(&m, DHCP4_CLIENT_ID);
        dhcp_scene_say(c, &m, NULL);
        assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
        assert_true(answer.client_id.n == 4 && memcmp(answer.client_id.p, m.client_id.p, 4) == 0); /* RFC 6842 */
        address[i] = dhcp_scene_last(&answer.yiaddr);
    }
    assert_true(address[0] == 100 && address[1] == 100 && address[2] == 101);
    dhcp_scene_close(c);
}

/* ---- a ping first ---- */

static void test_a_ping_finds_who_uses_an_address(void **state)
{
    struct dhcp_scene *c = dhcp_scene_new();
    struct hp_prefix squatter = {hp_ip4(10, 0, 0, 100), 120};
    c->d.ping = HP_MS(500);
    assert_int_equal(hp_addr_add(c->p.a.stack, DHCP_SCENE_ETH, &squatter, 0), HP_OK);
    dhcp_scene_serve(c);
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, 1), answer;
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);                  /* not yet */
    dhcp_scene_wait(c, 300);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);
    dhcp_scene_say(c, &m, NULL);                                    /* asked again meanwhile: still one answer */
    dhcp_scene_wait(c, 300);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    assert_int_equal(dhcp_scene_last(&answer.yiaddr), 101);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_IN_USE), 1);
    char text[HP_DHCP_TEXT];
    assert_string_equal(hp_dhcp_event_text(&c->event[0], text, sizeof text), "in use: 10.0.0.100, not offered to 02:00:00:00:09:01");
    dhcp_scene_close(c);
}

/* ---- what clients say later ---- */

static void test_init_reboot(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100), other = hp_ip4(10, 0, 0, 101), far = hp_ip4(192, 168, 7, 7);
    struct dhcp4_msg m, answer;
    assert_int_equal(dhcp_scene_bind(c, 1), 100);
    m = dhcp_scene_message(DHCP4_REQUEST, 1);
    dhcp_scene_request(&m, NULL, &own);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_ACK);
    m = dhcp_scene_message(DHCP4_REQUEST, 1);
    dhcp_scene_request(&m, NULL, &other);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_NAK);          /* not the one that it has */
    assert_false(dhcp4_has(&answer, DHCP4_LEASE));
    m = dhcp_scene_message(DHCP4_REQUEST, 2);
    dhcp_scene_request(&m, NULL, &far);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_NAK);          /* wrong network */
    m = dhcp_scene_message(DHCP4_REQUEST, 2);
    dhcp_scene_request(&m, NULL, &other);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);                  /* unknown: another server may know it */
    c->d.authoritative = true;
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_NAK);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_REFUSED), 3);
    dhcp_scene_close(c);
}

static void test_another_servers_offer_was_taken(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_ip stranger = hp_ip4(10, 0, 0, 66), its = hp_ip4(10, 0, 0, 200);
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, 1), answer;
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    m = dhcp_scene_message(DHCP4_REQUEST, 1);
    dhcp_scene_request(&m, &stranger, &its);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_false(known.bound);
    m = dhcp_scene_message(DHCP4_REQUEST, 1);
    dhcp_scene_request(&m, &c->p.b.ip, &its);                          /* our offer was another one */
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_NAK);
    dhcp_scene_close(c);
}

static void test_an_offer_that_nobody_takes_ends(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct dhcp4_msg m, answer;
    for (uint8_t i = 1; i <= 4; i++) {
        m = dhcp_scene_message(DHCP4_DISCOVER, i);
        dhcp_scene_say(c, &m, NULL);
        assert_int_equal(dhcp_scene_hear(c, &answer), i <= 3 ? DHCP4_OFFER : 0);
    }
    pair_run(&c->p, HP_S(61), NULL, NULL);
    assert_int_equal(dhcp_scene_bind(c, 4), 100);
    dhcp_scene_close(c);
}

static void test_decline_keeps_the_address_away(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100);
    struct dhcp4_msg m, answer;
    assert_int_equal(dhcp_scene_bind(c, 1), 100);
    m = dhcp_scene_message(DHCP4_DECLINE, 1);
    dhcp_scene_request(&m, &c->p.b.ip, &own);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_DECLINED), 1);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);
    assert_int_equal(dhcp_scene_bind(c, 1), 101);
    assert_int_equal(dhcp_scene_bind(c, 2), 102);
    assert_int_equal(dhcp_scene_bind(c, 3), 0);
    pair_run(&c->p, HP_S(3601), NULL, NULL);
    assert_int_equal(dhcp_scene_bind(c, 3), 100);
    dhcp_scene_close(c);
}

/* A client that has 10.0.0.100 already, sends from it. */
static void have_address(struct dhcp_scene *c, const char *text)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(text, &p));
    assert_int_equal(hp_addr_add(c->p.a.stack, DHCP_SCENE_ETH, &p, 0), HP_OK);
}

static void test_release_and_inform(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct dhcp4_msg m, answer;
    assert_int_equal(dhcp_scene_bind(c, 1), 100);
    have_address(c, "10.0.0.100/24");
    m = dhcp_scene_message(DHCP4_INFORM, 1);
    m.ciaddr = hp_ip4(10, 0, 0, 100);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_ACK);
    assert_true(hp_ip_is_any(&answer.yiaddr) && !dhcp4_has(&answer, DHCP4_LEASE) && answer.dns_count == 1);
    m.type = DHCP4_RELEASE;
    dhcp_scene_request(&m, &c->p.b.ip, NULL);
    dhcp_scene_say(c, &m, &c->p.b.ip);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_RELEASED), 1);
    dhcp_scene_say(c, &m, &c->p.b.ip);
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_RELEASED), 1);       /* once */
    dhcp_scene_close(c);
}

/* ---- bad clients ---- */

static void test_L19_only_the_owner_may_give_back_or_refuse(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_ip own = hp_ip4(10, 0, 0, 100), stranger = hp_ip4(10, 0, 0, 66);
    struct dhcp4_msg m;
    assert_int_equal(dhcp_scene_bind(c, 1), 100);
    have_address(c, "10.0.0.77/24");
    m = dhcp_scene_message(DHCP4_RELEASE, 1);
    m.ciaddr = own;
    dhcp_scene_request(&m, &c->p.b.ip, NULL);
    dhcp_scene_say(c, &m, &c->p.b.ip);                              /* from another address */
    m = dhcp_scene_message(DHCP4_RELEASE, 2);
    m.ciaddr = hp_ip4(10, 0, 0, 77);
    dhcp_scene_request(&m, &c->p.b.ip, NULL);
    dhcp_scene_say(c, &m, &c->p.b.ip);                              /* not its lease */
    m = dhcp_scene_message(DHCP4_DECLINE, 2);
    dhcp_scene_request(&m, &c->p.b.ip, &own);
    dhcp_scene_say(c, &m, NULL);                                    /* another client */
    m = dhcp_scene_message(DHCP4_DECLINE, 1);
    dhcp_scene_request(&m, &stranger, &own);
    dhcp_scene_say(c, &m, NULL);                                    /* another server's */
    assert_int_equal(dhcp_scene_events(c, HP_DHCP_RELEASED) + dhcp_scene_events(c, HP_DHCP_DECLINED), 0);
    assert_int_equal(c->d.ignored, 4);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 0, &known), HP_OK);
    assert_true(known.bound);
    dhcp_scene_close(c);
}

static void test_messages_that_are_not_for_a_server(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, 1), answer;
    uint64_t before = c->d.ignored;
    m.giaddr = hp_ip4(10, 0, 0, 9);                         /* relayed */
    dhcp_scene_say(c, &m, NULL);
    m = dhcp_scene_message(DHCP4_OFFER, 1);
    dhcp_scene_say(c, &m, NULL);
    m = dhcp_scene_message(DHCP4_DISCOVER, 1);
    m.reply = true;
    dhcp_scene_say(c, &m, NULL);
    m = dhcp_scene_message(DHCP4_DISCOVER, 1);
    m.chaddr.b[0] = 0x03;                                   /* a group is no client */
    dhcp_scene_say(c, &m, NULL);
    m = dhcp_scene_message(DHCP4_DISCOVER, 1);
    memset(&m.chaddr, 0, sizeof m.chaddr);
    dhcp_scene_say(c, &m, NULL);
    m = dhcp_scene_message(DHCP4_REQUEST, 1);                          /* of what? */
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), 0);
    assert_int_equal(c->d.ignored - before, 6);
    assert_int_equal(c->events, 0);
    dhcp_scene_close(c);
}

static void test_names_that_no_host_has_are_not_kept(void **state)
{
    static const char *const bad[] = {"a;reboot", "<b>", "a b", "\x1b[31m", "a\nb"};
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_dhcp_client known;
    struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, 1), answer;
    m.hostname = bytes_of("Lap-Top.1", 9);
    dhcp4_set(&m, DHCP4_HOSTNAME);
    dhcp_scene_say(c, &m, NULL);
    assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
    hp_dhcp_client(&c->d, 0, &known);
    assert_string_equal(known.hostname, "Lap-Top.1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        m = dhcp_scene_message(DHCP4_DISCOVER, 2);
        m.hostname = bytes_of(bad[i], strlen(bad[i]));
        dhcp4_set(&m, DHCP4_HOSTNAME);
        dhcp_scene_say(c, &m, NULL);
        assert_int_equal(dhcp_scene_hear(c, &answer), DHCP4_OFFER);
        hp_dhcp_client(&c->d, 1, &known);
        assert_string_equal(known.hostname, "");
    }
    dhcp_scene_close(c);
}

/* Whoever asks under a thousand names gets no more than the pool, and the server keeps no more than that. */
static void test_a_flood_of_clients_is_bounded(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    struct hp_mem_stats before, after;
    c->d.event = NULL;
    for (int i = 0; i < 3; i++) dhcp_scene_bind(c, (uint8_t)i);
    hp_mem_stats(c->p.b.stack, &before);
    for (int i = 0; i < 1000; i++) {
        struct dhcp4_msg m = dhcp_scene_message(DHCP4_DISCOVER, (uint8_t)i);
        m.chaddr.b[2] = (uint8_t)(1 + i / 256);
        dhcp_scene_say(c, &m, NULL);
    }
    hp_mem_stats(c->p.b.stack, &after);
    struct hp_dhcp_client known;
    assert_int_equal(hp_dhcp_client(&c->d, 3, &known), HP_ENOENT);
    assert_true(after.bytes <= before.bytes + 4096);
    assert_int_equal(c->d.exhausted, 1000);
    dhcp_scene_close(c);
}

/* ---- settings, end ---- */

static void test_settings_that_make_no_sense(void **state)
{
    static const struct hp_dhcp_fixed far = {{{2, 0, 0, 0, 9, 7}}, {{[10] = 0xff, 0xff, 10, 1, 0, 100}}};
    struct dhcp_scene *c = dhcp_scene_new();
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
    dhcp_scene_close(c);
}

static void test_it_ends_when_it_is_told_to(void **state)
{
    struct dhcp_scene *c = dhcp_scene_open();
    assert_int_equal(dhcp_scene_bind(c, 1), 100);
    assert_true(c->d.running);
    hp_dhcp_serve_stop(c->p.b.stack, &c->d);
    dhcp_scene_wait(c, 10);
    assert_false(c->d.running);
    assert_int_equal(c->d.error, HP_OK);
    assert_int_equal(hp_dhcp_client(&c->d, 0, &(struct hp_dhcp_client){0}), HP_ENOENT);
    assert_int_equal(dhcp_scene_bind(c, 1), 0);
    assert_int_equal(hp_dhcp_serve(c->p.b.stack, &c->d), HP_OK);
    dhcp_scene_wait(c, 10);
    assert_int_equal(dhcp_scene_bind(c, 2), 100);
    dhcp_scene_close(c);
}

static void test_X02_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 40; n++) {
        struct dhcp_scene *c = dhcp_scene_new();
        struct hp_dhcp d = {.link = DHCP_SCENE_ETH};
        hp_mem_fail_at(c->p.b.stack, n);
        if (hp_dhcp_serve(c->p.b.stack, &c->d) == HP_OK) {
            dhcp_scene_wait(c, 1);
            assert_int_equal(hp_dhcp_start(c->p.a.stack, &d), HP_OK);
            pair_run(&c->p, HP_S(60), NULL, NULL);
            if (c->d.running && d.state != HP_DHCP_BOUND) fail_msg("after n = %u: %s", (unsigned)n, hp_dhcp_state_name(d.state));
            if (!c->d.running) assert_int_equal(c->d.error, HP_ENOMEM);
        }
        hp_mem_fail_at(c->p.b.stack, 0);
        dhcp_scene_close(c);
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
