/* Hosts that configure themselves: a real advertising router, hand-made advertisements, lifetimes, floods. */
#include "support/six.h"

#include <stdlib.h>

/* ---- with a router of ours: node a ---- */

static void slaac_router(struct six *t, uint32_t lifetime_s)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse("2001:db8:1::/64", &p));
    six_give(t, 0, "2001:db8:1::1/64");
    hp_set_forwarding(t->node[0].s, true);
    assert_int_equal(hp_set_advertise(t->node[0].s, t->node[0].l->index, &p, lifetime_s), HP_OK);
}

static void test_router_configures_hosts(void **state)
{
    struct six t;
    six_begin(&t, 3);
    slaac_router(&t, 1800);
    six_run(&t, HP_S(10));
    struct hp_ip a = six_local(&t, 0), b = six_global(&t, 1), c = six_global(&t, 2), far = six_ip("2001:4860::8888");
    struct hp_prefix p = {six_ip("2001:db8:1::"), 64};
    assert_true(hp_prefix_has(&p, &b));
    assert_true(hp_prefix_has(&p, &c));
    assert_false(hp_ip_equal(&b, &c));
    struct hp_route r;
    assert_int_equal(hp_route_find(t.node[1].s, &far, &r), HP_OK);
    assert_true(hp_ip_equal(&r.gateway, &a));
    assert_int_equal(r.source, HP_ROUTE_RA);
    assert_int_equal(hp_route_find(t.node[1].s, &c, &r), HP_OK);
    assert_true(hp_ip_is_any(&r.gateway));
    six_ping(&t, 1, &c, 100);
    six_run(&t, HP_MS(10));
    six_expect_reply(&t, 1);
    struct hp_ip gw = six_ip("2001:db8:1::1");
    six_ping(&t, 2, &gw, 100);
    six_run(&t, HP_MS(10));
    six_expect_reply(&t, 2);
    six_end(&t);
}

/* Hosts ask after their link-local address is checked, and not again once answered. */
static void test_solicitation_is_answered_once(void **state)
{
    struct six t;
    six_begin(&t, 2);
    t.hub.cut[0] = true;
    slaac_router(&t, 1800);
    six_run(&t, HP_S(40));                  /* 4, 8, 16 s between them, 10 % more or less */
    uint64_t asked = hp_counter(t.node[1].s, "slaac.solicitations");
    assert_in_range(asked, 4, 4);
    t.hub.cut[0] = false;
    six_run(&t, HP_S(600));
    assert_int_equal(hp_counter(t.node[1].s, "slaac.solicitations"), asked + 1);
    struct hp_ip b = six_global(&t, 1);
    assert_false(hp_ip_is_any(&b));
    six_end(&t);
}

static void test_router_that_stops_is_forgotten_at_once(void **state)
{
    struct six t;
    struct hp_route r;
    struct hp_ip far = six_ip("2001:4860::8888");
    six_begin(&t, 2);
    slaac_router(&t, 1800);
    six_run(&t, HP_S(10));
    assert_int_equal(hp_route_find(t.node[1].s, &far, &r), HP_OK);
    struct hp_prefix p = {six_ip("2001:db8:1::"), 64};
    assert_int_equal(hp_set_advertise(t.node[0].s, t.node[0].l->index, &p, 0), HP_OK);
    six_run(&t, HP_S(1));
    assert_int_equal(hp_route_find(t.node[1].s, &far, &r), HP_ENETUNREACH);
    struct hp_ip b = six_global(&t, 1);
    assert_false(hp_ip_is_any(&b));         /* the address lives on, deprecated */
    six_end(&t);
}

/* The same network, the same machine, the same address (RFC 7217); switched off, all is gone. */
static void test_address_is_stable(void **state)
{
    struct six t;
    six_begin(&t, 2);
    slaac_router(&t, 1800);
    six_run(&t, HP_S(10));
    struct hp_ip before = six_global(&t, 1), after;
    assert_int_not_equal(before.b[11], 0xff);
    assert_int_equal(hp_set_slaac(t.node[1].s, t.node[1].l->index, false), HP_OK);
    after = six_global(&t, 1);
    assert_true(hp_ip_is_any(&after));
    assert_int_equal(hp_set_slaac(t.node[1].s, t.node[1].l->index, true), HP_OK);
    six_run(&t, HP_S(10));
    after = six_global(&t, 1);
    assert_true(hp_ip_equal(&before, &after));
    six_end(&t);
}

/* Somebody has the address that would be ours: another one is made. */
static void test_duplicate_gets_another_address(void **state)
{
    struct six t;
    six_begin(&t, 3);
    t.hub.cut[2] = true;
    slaac_router(&t, 1800);
    six_run(&t, HP_S(10));
    struct hp_ip first = six_global(&t, 1), second;
    struct hp_prefix p = {first, 64};
    assert_int_equal(hp_set_slaac(t.node[1].s, t.node[1].l->index, false), HP_OK);
    t.hub.cut[2] = false;
    assert_int_equal(hp_addr_add(t.node[2].s, t.node[2].l->index, &p, HP_ADDR_NO_DAD), HP_OK);
    assert_int_equal(hp_set_slaac(t.node[1].s, t.node[1].l->index, true), HP_OK);
    six_run(&t, HP_S(20));
    second = six_global(&t, 1);
    assert_false(hp_ip_is_any(&second));
    assert_false(hp_ip_equal(&first, &second));
    assert_true(hp_prefix_has(&p, &second));
    six_end(&t);
}

/* ---- with hand-made advertisements: node a alone ---- */

static const char prefix_1[] = "0304 40c0 00015180 00003840 00000000 20010db8000100000000000000000000"; /* 86400 s, 14400 s */

static void slaac_alone(struct six *t)
{
    six_begin(t, 1);
    six_run(t, HP_S(4));
    six_local(t, 0);
}

static void slaac_hear(struct six *t, const char *router, uint16_t lifetime_s, int8_t preference, const char *opts)
{
    struct nd_msg ra = {.type = ICMP6_RA, .lifetime_s = lifetime_s, .preference = preference};
    six_inject_nd(t, router, "ff02::1", &ra, opts);
}

/* The gateway of the route to a far address, its last byte; -1: none. */
static int slaac_gateway(struct six *t)
{
    struct hp_route r;
    struct hp_ip far = six_ip("2001:4860::8888");
    return hp_route_find(t->node[0].s, &far, &r) < 0 ? -1 : r.gateway.b[15];
}

static void test_fields_are_taken(void **state)
{
    struct six t;
    slaac_alone(&t);
    struct nd_msg ra = {.type = ICMP6_RA, .lifetime_s = 1800, .hops = 17};
    six_inject_nd(&t, "fe80::1", "ff02::1", &ra, "0101020000000001 0501000000000514");
    assert_int_equal(ip6_link_of(t.node[0].s, t.node[0].l)->hop_limit, 17);
    assert_int_equal(ip6_link_of(t.node[0].s, t.node[0].l)->mtu, 1300);
    struct hp_neigh_info n;
    assert_int_equal(hp_neigh_info(t.node[0].s, 0, &n), HP_OK);
    assert_string_equal(n.state, "STALE");
    tap_clear(t.hub.tap[0]);
    struct hp_ip router = six_ip("fe80::1");
    struct ipv6_hdr h;
    size_t size;
    six_ping(&t, 0, &router, 8);
    six_run(&t, 0);
    six_expect_icmp(&t, ICMP6_ECHO, &h, &size);
    assert_int_equal(h.hops, 17);
    six_end(&t);
}

static void test_mtu_outside_its_bounds_is_left_out(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, "05010000000004ff");
    slaac_hear(&t, "fe80::1", 1800, 0, "05010000000005dd");
    slaac_hear(&t, "fe80::1", 1800, 0, "0501000000000000");
    assert_int_equal(ip6_link_of(t.node[0].s, t.node[0].l)->mtu, 0);
    slaac_hear(&t, "fe80::1", 1800, 0, "0501000000000500");
    struct hp_ip far = six_ip("2001:4860::8888");
    assert_int_equal(hp_path_mtu(t.node[0].s, &far), 1280);
    six_end(&t);
}

static void test_preference_decides_among_routers(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, -1, "");
    assert_int_equal(slaac_gateway(&t), 1);
    slaac_hear(&t, "fe80::2", 1800, 0, "");
    assert_int_equal(slaac_gateway(&t), 2);
    slaac_hear(&t, "fe80::3", 60, 1, "");
    assert_int_equal(slaac_gateway(&t), 3);
    six_run(&t, HP_S(61));
    assert_int_equal(slaac_gateway(&t), 2);
    slaac_hear(&t, "fe80::2", 0, 0, "");
    assert_int_equal(slaac_gateway(&t), 1);
    six_run(&t, HP_S(1800));
    assert_int_equal(slaac_gateway(&t), -1);
    six_end(&t);
}

/* RFC 7559: who is no default router does not end the search for one. */
static void test_solicits_until_there_is_a_router(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 0, 0, prefix_1);
    uint64_t before = hp_counter(t.node[0].s, "slaac.solicitations");
    six_run(&t, HP_S(60));
    assert_true(hp_counter(t.node[0].s, "slaac.solicitations") >= before + 3);
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    before = hp_counter(t.node[0].s, "slaac.solicitations");
    six_run(&t, HP_S(600));
    assert_int_equal(hp_counter(t.node[0].s, "slaac.solicitations"), before);
    six_end(&t);
}

/* The user takes an advertised address away: the next advertisement makes it again. */
static void test_address_that_was_removed(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(3));
    struct hp_ip a = six_global(&t, 0), again;
    assert_int_equal(hp_addr_remove(t.node[0].s, t.node[0].l->index, &a), HP_OK);
    six_run(&t, HP_S(3));
    again = six_global(&t, 0);
    assert_true(hp_ip_is_any(&again));
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(3));
    again = six_global(&t, 0);
    assert_true(hp_ip_equal(&a, &again));
    six_end(&t);
}

/* RFC 4861 6.3.6: a router that does not answer is taken last. */
static void test_dead_router_gives_way(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 1, prefix_1);
    slaac_hear(&t, "fe80::2", 1800, 0, "");
    six_run(&t, HP_S(4));
    assert_int_equal(slaac_gateway(&t), 1);
    struct hp_ip far = six_ip("2001:4860::8888");
    six_ping(&t, 0, &far, 8);
    six_run(&t, HP_S(4));                   /* nobody answers neighbour solicitations */
    assert_int_equal(slaac_gateway(&t), 2);
    slaac_hear(&t, "fe80::1", 1800, 1, "0101020000000001");
    assert_int_equal(slaac_gateway(&t), 1);
    six_end(&t);
}

static void test_router_that_says_it_is_none(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, "0101020000000001");
    struct nd_msg na = {.type = ICMP6_NA, .target = six_ip("fe80::1"), .override = true};
    six_inject_nd(&t, "fe80::1", "ff02::1", &na, "0201020000000001");
    assert_int_equal(slaac_gateway(&t), -1);
    six_end(&t);
}

static void test_lifetimes_end(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(3));
    struct hp_ip a = six_global(&t, 0), src, far = six_ip("2001:db8:1::77");
    assert_false(hp_ip_is_any(&a));
    assert_int_equal(ip_source(t.node[0].s, &far, 0, &src), HP_OK);
    assert_true(hp_ip_equal(&src, &a));
    six_run(&t, HP_S(14400));               /* no longer preferred: still received on, not chosen if there is another */
    slaac_hear(&t, "fe80::1", 1800, 0, "0304 40c0 00015180 00003840 00000000 20010db8000200000000000000000000");
    six_run(&t, HP_S(3));
    assert_int_equal(ip_source(t.node[0].s, &far, 0, &src), HP_OK);
    assert_false(hp_ip_equal(&src, &a));
    assert_true(ip_is_ours(t.node[0].s, &a));
    six_run(&t, HP_S(86400 - 14400));
    assert_false(ip_is_ours(t.node[0].s, &a));
    struct hp_route r;
    assert_int_equal(hp_route_find(t.node[0].s, &far, &r), HP_ENETUNREACH);
    six_end(&t);
}

/* RFC 4862 5.5.3 e. */
static void test_two_hours_rule(void **state)
{
    hp_time now = HP_S(1000), h = HP_S(3600);
    assert_true(slaac_valid_until(now, now + 10 * h, now + 5 * h) == now + 5 * h);      /* more than two hours: as offered */
    assert_true(slaac_valid_until(now, now + 1 * h, now + h + h / 2) == now + h + h / 2); /* more than is left: as offered */
    assert_true(slaac_valid_until(now, now + 10 * h, now) == now + 2 * h);              /* not below two hours */
    assert_true(slaac_valid_until(now, now + h, now) == now + h);                       /* ... and less was left already */
    assert_true(slaac_valid_until(now, HP_NEVER, now + 1) == now + 2 * h);
    assert_true(slaac_valid_until(now, now + h, HP_NEVER) == HP_NEVER);
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(3));
    struct hp_ip a = six_global(&t, 0);
    slaac_hear(&t, "fe80::66", 0, 0, "0304 40c0 00000000 00000000 00000000 20010db8000100000000000000000000");
    six_run(&t, HP_S(7190));
    assert_true(ip_is_ours(t.node[0].s, &a));
    six_run(&t, HP_S(20));
    assert_false(ip_is_ours(t.node[0].s, &a));
    six_end(&t);
}

static void test_prefixes_that_cannot_be(void **state)
{
    struct six t;
    slaac_alone(&t);
    size_t routes = hp_route_count(t.node[0].s);
    slaac_hear(&t, "fe80::1", 0, 0, "0304 40c0 00015180 00003840 00000000 fe800000000000000000000000000000"); /* link-local */
    slaac_hear(&t, "fe80::1", 0, 0, "0304 60c0 00015180 00003840 00000000 00000000000000000000ffff00000000"); /* all of IPv4 */
    slaac_hear(&t, "fe80::1", 0, 0, "0304 00c0 00015180 00003840 00000000 00000000000000000000000000000000"); /* everything */
    slaac_hear(&t, "fe80::1", 0, 0, "0304 40c0 00015180 00003840 00000000 ff020000000000000000000000000000"); /* multicast */
    slaac_hear(&t, "fe80::1", 0, 0, "0304 81c0 00015180 00003840 00000000 20010db8000100000000000000000000"); /* 129 bits */
    slaac_hear(&t, "fe80::1", 0, 0, "0304 40c0 00003840 00015180 00000000 20010db8000100000000000000000000"); /* preferred > valid */
    struct hp_ip a = six_global(&t, 0);
    assert_true(hp_ip_is_any(&a));
    assert_int_equal(hp_route_count(t.node[0].s), routes);
    slaac_hear(&t, "fe80::1", 0, 0, "0304 3040 00015180 00003840 00000000 20010db8000100000000000000000000"); /* /48: no address */
    six_run(&t, HP_S(3));
    a = six_global(&t, 0);
    assert_true(hp_ip_is_any(&a));
    six_end(&t);
}

/* RFC 5942: an address does not say that its neighbours are on the link; only L does. */
static void test_address_without_on_link_prefix(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, "0304 4040 00015180 00003840 00000000 20010db8000100000000000000000000");
    six_run(&t, HP_S(3));
    struct hp_ip a = six_global(&t, 0), near = six_ip("2001:db8:1::77");
    struct hp_route r;
    assert_false(hp_ip_is_any(&a));
    assert_int_equal(hp_route_find(t.node[0].s, &near, &r), HP_OK);
    assert_int_equal(r.gateway.b[15], 1);
    six_end(&t);
}

static void test_eui64(void **state)
{
    struct six t;
    six_begin(&t, 1);
    assert_int_equal(hp_setting_set(t.node[0].s, "slaac.eui64", 1), HP_OK);
    six_run(&t, HP_S(4));
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(4));
    struct hp_ip a = six_global(&t, 0);
    const struct hp_mac *m = &t.node[0].l->mac;
    uint8_t id[8] = {m->b[0] ^ 2, m->b[1], m->b[2], 0xff, 0xfe, m->b[3], m->b[4], m->b[5]};
    assert_memory_equal(a.b + 8, id, 8);
    six_end(&t);
}

/* ---- name servers ---- */

static void test_name_servers(void **state)
{
    struct six t;
    struct hp_ip dns[8];
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, "1905 0000 0000003c 20010db8000000000000000000000053 20010db8000000000000000000000054");
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 2);
    assert_int_equal(dns[0].b[15], 0x53);
    assert_int_equal(hp_slaac_dns(t.node[0].s, t.node[0].l->index, dns, 1), 1);
    assert_int_equal(hp_slaac_dns(t.node[0].s, 99, dns, 8), 0);
    slaac_hear(&t, "fe80::2", 1800, 0, "1903 0000 ffffffff 20010db8000000000000000000000053");
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 2);
    slaac_hear(&t, "fe80::66", 0, 0, "1903 0000 00000000 20010db8000000000000000000000053"); /* not his to take back */
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 2);
    six_run(&t, HP_S(61));
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 1);
    slaac_hear(&t, "fe80::2", 1800, 0, "1903 0000 00000000 20010db8000000000000000000000053");
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 0);
    six_end(&t);
}

static void test_V12_name_server_option_of_even_length(void **state)
{
    struct six t;
    struct hp_ip dns[8];
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, "1904 0000 ffffffff 20010db8000000000000000000000053 4141414141414141");
    slaac_hear(&t, "fe80::1", 1800, 0, "1901 0000 ffffffff");
    slaac_hear(&t, "fe80::1", 1800, 0, "1902 0000 ffffffff 20010db800000000");
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 8), 0);
    assert_int_equal(hp_counter(t.node[0].s, "slaac.bad_options"), 3);
    slaac_hear(&t, "fe80::1", 1800, 0, "19ff 0000 ffffffff 20010db8000000000000000000000053"); /* longer than the packet */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 1);
    six_end(&t);
}

/* ---- what must not be believed ---- */

static void test_V14_advertisements_that_break_the_rules(void **state)
{
    struct six t;
    uint8_t b[16];
    slaac_alone(&t);
    struct nd_msg ra = {.type = ICMP6_RA, .lifetime_s = 1800};
    six_inject_nd(&t, "2001:db8::1", "ff02::1", &ra, "");                               /* not link-local */
    nd_write(b, sizeof b, &ra);
    six_inject(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 254, b, sizeof b);            /* hop limit */
    six_inject(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 255, b, sizeof b - 1);        /* short */
    b[1] = 1;
    six_inject(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 255, b, sizeof b);            /* code */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 4);
    assert_int_equal(slaac_gateway(&t), -1);
    hp_set_forwarding(t.node[0].s, true);                                               /* routers do not listen */
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_expect_drops(&t, 0, HP_DROP_FILTERED, 1);
    assert_int_equal(slaac_gateway(&t), -1);
    six_end(&t);
}

static void test_V17_flood_of_advertisements(void **state)
{
    struct six t;
    slaac_alone(&t);
    slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
    six_run(&t, HP_S(3));
    struct hp_ip a = six_global(&t, 0), dns[64];
    struct hp_mem_stats before, after;
    hp_mem_stats(t.node[0].s, &before);
    for (unsigned i = 0; i < 10000; i++) {
        char router[40], opts[400];
        snprintf(router, sizeof router, "fe80::6666:%x", i);
        snprintf(opts, sizeof opts, "0304 40c0 ffffffff ffffffff 00000000 20010db9%08x0000000000000000"
                 "1803 4008 ffffffff 20010dba%08x0000000000000000 1903 0000 ffffffff 20010dbb%08x0000000000000001", i, i, i);
        slaac_hear(&t, router, 9000, 0, opts);
        tap_clear(t.hub.tap[0]);
    }
    hp_mem_stats(t.node[0].s, &after);
    unsigned addresses = 0;
    struct hp_addr_info info;
    while (hp_addr_info(t.node[0].s, addresses, &info) == HP_OK) addresses++;
    assert_true(addresses <= SLAAC_PREFIXES_MAX + 4);
    assert_true(hp_route_count(t.node[0].s) <= SLAAC_PREFIXES_MAX + SLAAC_ROUTERS_MAX + SLAAC_ROUTES_MAX + 8);
    assert_int_equal(hp_slaac_dns(t.node[0].s, 0, dns, 64), SLAAC_DNS_MAX);
    assert_true(after.bytes < before.bytes + 64 * 1024);
    assert_true(hp_counter(t.node[0].s, "slaac.full") > 9000);
    assert_true(ip_is_ours(t.node[0].s, &a));
    assert_int_equal(slaac_gateway(&t), 1);
    slaac_hear(&t, "fe80::6666:1", 0, 0, "");                                           /* takes back its own only */
    assert_int_equal(slaac_gateway(&t), 1);
    six_end(&t);
}

/* ---- the same seed ---- */

static void test_same_seed_same_run(void **state)
{
    char *before = NULL;
    for (int run = 0; run < 2; run++) {
        struct six t;
        six_begin(&t, 3);
        slaac_router(&t, 1800);
        six_run(&t, HP_S(2000));
        if (run) {
            assert_string_equal(before, t.node[1].log.text);
            free(before);
        } else {
            assert_logged(&t.node[1].log, "TENTATIVE -> PREFERRED");
            before = strdup(t.node[1].log.text);
        }
        six_end(&t);
    }
}

/* ---- memory ---- */

static void test_every_allocation_may_fail(void **state)
{
    for (uint64_t n = 1; n < 200; n++) {
        struct six t;
        slaac_alone(&t);
        hp_mem_fail_at(t.node[0].s, n);
        slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
        six_run(&t, HP_S(4));
        struct hp_mem_stats m;
        hp_mem_stats(t.node[0].s, &m);
        hp_mem_fail_at(t.node[0].s, 0);
        slaac_hear(&t, "fe80::1", 1800, 0, prefix_1);
        six_run(&t, HP_S(4));
        struct hp_ip a = six_global(&t, 0);
        if (hp_ip_is_any(&a) || slaac_gateway(&t) != 1) fail_msg("allocation %u failed, and the next advertisement does not help", (unsigned)n);
        six_end(&t);
        if (!m.failures) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_router_configures_hosts),
        cmocka_unit_test(test_solicitation_is_answered_once),
        cmocka_unit_test(test_router_that_stops_is_forgotten_at_once),
        cmocka_unit_test(test_address_is_stable),
        cmocka_unit_test(test_duplicate_gets_another_address),
        cmocka_unit_test(test_fields_are_taken),
        cmocka_unit_test(test_mtu_outside_its_bounds_is_left_out),
        cmocka_unit_test(test_preference_decides_among_routers),
        cmocka_unit_test(test_address_that_was_removed),
        cmocka_unit_test(test_solicits_until_there_is_a_router),
        cmocka_unit_test(test_dead_router_gives_way),
        cmocka_unit_test(test_router_that_says_it_is_none),
        cmocka_unit_test(test_lifetimes_end),
        cmocka_unit_test(test_two_hours_rule),
        cmocka_unit_test(test_prefixes_that_cannot_be),
        cmocka_unit_test(test_address_without_on_link_prefix),
        cmocka_unit_test(test_eui64),
        cmocka_unit_test(test_name_servers),
        cmocka_unit_test(test_V12_name_server_option_of_even_length),
        cmocka_unit_test(test_V14_advertisements_that_break_the_rules),
        cmocka_unit_test(test_V17_flood_of_advertisements),
        cmocka_unit_test(test_same_seed_same_run),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
