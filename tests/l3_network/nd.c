/* Neighbour discovery between two stacks, duplicate detection, and what must not be believed. */
#include "support/six.h"
#include "wire/sum.h"

static unsigned nd_flags(struct six *t, int n, const char *ip)
{
    struct hp_ip i = six_ip(ip);
    const struct addr *a = net_addr_find(t->node[n].s, t->node[n].l, &i);
    assert_non_null(a);
    return a->flags;
}

static const char *nd_neigh(struct six *t, int n, const struct hp_ip *ip, struct hp_mac *mac)
{
    struct hp_neigh_info info;
    for (unsigned i = 0; hp_neigh_info(t->node[n].s, i, &info) == HP_OK; i++) {
        if (!hp_ip_equal(&info.ip, ip)) continue;
        if (mac) *mac = info.mac;
        return info.state;
    }
    return "";
}

/* Node a alone, its link-local address settled, 2001:db8::1/64 on it. */
static void nd_alone(struct six *t)
{
    six_begin(t, 1);
    six_run(t, HP_S(5));
    six_give(t, 0, "2001:db8::1/64");
    six_run(t, HP_S(5));
    tap_clear(t->hub.tap[0]);
}

/* ---- two machines ---- */

static void test_link_local_address_after_a_check(void **state)
{
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_MS(1));
    struct hp_addr_info a;
    assert_int_equal(hp_addr_info(t.node[0].s, 0, &a), HP_OK);
    assert_true(hp_ip_is_linklocal(&a.address.ip));
    assert_int_equal(a.flags, HP_ADDR_AUTO | HP_ADDR_TENTATIVE);
    six_run(&t, HP_S(2));
    assert_int_equal(hp_addr_info(t.node[0].s, 0, &a), HP_OK);
    assert_int_equal(a.flags, HP_ADDR_AUTO);
    struct hp_ip la = six_local(&t, 0), lb = six_local(&t, 1);
    assert_false(hp_ip_equal(&la, &lb));
    six_end(&t);
}

static void test_ping_link_local(void **state)
{
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    struct hp_ip b = six_local(&t, 1);
    six_ping(&t, 0, &b, 56);
    six_run(&t, HP_MS(10));
    six_expect_reply(&t, 0);
    assert_true(hp_ip_equal(&t.node[0].reply_src, &b));
    assert_int_equal(t.node[0].reply_n, 64);
    six_end(&t);
}

static void test_ping_global_and_ourselves(void **state)
{
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    six_give(&t, 0, "2001:db8::1/64");
    six_give(&t, 1, "2001:db8::2/64");
    static const char *const targets[] = {"2001:db8::2", "2001:db8::1", "::1"};
    for (size_t i = 0; i < 3; i++) {
        struct hp_ip to = six_ip(targets[i]);
        six_ping(&t, 0, &to, 1200);
        six_run(&t, HP_MS(10));
        six_expect_reply(&t, 0);
        assert_true(hp_ip_equal(&t.node[0].reply_src, &to));
    }
    struct hp_ip b = six_ip("2001:db8::2");
    assert_string_equal(nd_neigh(&t, 0, &b, NULL), "REACHABLE");
    six_end(&t);
}

static void test_nobody_answers(void **state)
{
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    six_give(&t, 0, "2001:db8::1/64");
    struct hp_ip to = six_ip("2001:db8::dead");
    six_ping(&t, 0, &to, 8);
    six_run(&t, HP_MS(2900));
    assert_int_equal(t.node[0].errors, 0);
    six_run(&t, HP_MS(200));
    assert_int_equal(t.node[0].errors, 1);
    assert_int_equal(t.node[0].error.err, HP_EHOSTUNREACH);
    six_expect_drops(&t, 0, HP_DROP_NEIGH_FAILED, 1);
    six_end(&t);
}

/* ---- duplicate address detection ---- */

static void test_address_that_somebody_has(void **state)
{
    struct six t;
    struct hp_prefix p;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    six_give(&t, 0, "2001:db8::7/64");
    assert_true(hp_prefix_parse("2001:db8::7/64", &p));
    assert_int_equal(hp_addr_add(t.node[1].s, t.node[1].l->index, &p, 0), HP_OK);
    assert_int_equal(nd_flags(&t, 1, "2001:db8::7"), HP_ADDR_TENTATIVE);
    six_run(&t, HP_S(3));
    assert_int_equal(nd_flags(&t, 1, "2001:db8::7"), HP_ADDR_DUPLICATE);
    assert_int_equal(nd_flags(&t, 0, "2001:db8::7"), HP_ADDR_NO_DAD);
    assert_false(ip_is_ours(t.node[1].s, &p.ip));
    assert_logged(&t.node[1].log, "TENTATIVE -> DUPLICATE");
    six_end(&t);
}

static void test_two_ask_for_the_same_address(void **state)
{
    struct six t;
    struct hp_prefix p;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    assert_true(hp_prefix_parse("2001:db8::7/64", &p));
    for (int n = 0; n < 2; n++) assert_int_equal(hp_addr_add(t.node[n].s, t.node[n].l->index, &p, 0), HP_OK);
    six_run(&t, HP_S(3));
    int used = !nd_flags(&t, 0, "2001:db8::7") + !nd_flags(&t, 1, "2001:db8::7");
    assert_true(used <= 1);
    assert_true(hp_counter(t.node[0].s, "nd.duplicates") + hp_counter(t.node[1].s, "nd.duplicates") >= 1);
    six_end(&t);
}

static void test_link_that_comes_back_checks_again(void **state)
{
    struct six t;
    six_begin(&t, 2);
    six_run(&t, HP_S(3));
    uint64_t before = hp_counter(t.node[0].s, "nd.solicits_out");
    struct hp_ip local = six_local(&t, 0);
    hp_link_set_up(t.node[0].s, t.node[0].l->index, false);
    six_run(&t, HP_S(1));
    hp_link_set_up(t.node[0].s, t.node[0].l->index, true);
    assert_true(net_addr_find(t.node[0].s, t.node[0].l, &local)->flags & HP_ADDR_TENTATIVE);
    six_run(&t, HP_S(3));
    assert_int_equal(hp_counter(t.node[0].s, "nd.solicits_out"), before + 1);
    struct hp_ip again = six_local(&t, 0);
    assert_true(hp_ip_equal(&local, &again));
    six_end(&t);
}

/* Whatever we check, somebody says that he has it: three addresses are tried, then there is none; no loop. */
static void test_V18_conflict_storm_ends(void **state)
{
    struct six t;
    struct nd_msg na = {.type = ICMP6_NA, .override = true};
    six_begin(&t, 1);
    for (int round = 0; round < 2000; round++) {
        struct hp_addr_info a;
        assert_int_equal(hp_addr_info(t.node[0].s, 0, &a), HP_OK);
        na.target = a.address.ip;
        six_inject_nd(&t, "fe80::99", "ff02::1", &na, "0201020000000099");
        six_run(&t, HP_MS(10));
    }
    struct hp_addr_info a;
    assert_int_equal(hp_addr_info(t.node[0].s, 0, &a), HP_OK);
    assert_int_equal(a.flags, HP_ADDR_AUTO | HP_ADDR_DUPLICATE);
    assert_int_equal(hp_counter(t.node[0].s, "nd.duplicates"), 3);
    assert_true(hp_counter(t.node[0].s, "nd.solicits_out") <= 3);
    six_end(&t);
}

/* RFC 7527: a switch that loops our own solicitation back is nobody else. */
static void test_V18_looped_back_solicitation_is_ignored(void **state)
{
    struct six t;
    six_begin(&t, 1);
    unsigned looped = 0;
    for (int ms = 0; ms < 4000; ms++) {
        six_run(&t, HP_MS(1));
        for (const struct tap_frame *f; (f = tap_take(t.hub.tap[0]));) {
            if (f->b[54] != ICMP6_NS) continue;
            tap_inject(t.hub.tap[0], f->b, f->n);
            looped++;
        }
    }
    assert_int_equal(looped, 1);
    assert_int_equal(hp_counter(t.node[0].s, "nd.looped_back"), 1);
    six_local(&t, 0);
    six_end(&t);
}

/* ---- what must not be believed ---- */

static void test_V13_option_of_length_0(void **state)
{
    struct six t;
    nd_alone(&t);
    struct nd_msg ns = {.type = ICMP6_NS, .target = six_ip("2001:db8::1")}, na = {.type = ICMP6_NA, .target = six_ip("2001:db8::2")};
    struct nd_msg ra = {.type = ICMP6_RA, .lifetime_s = 1800}, rs = {.type = ICMP6_RS};
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &ns, "0100000000000000");
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &na, "0201020000000099 0500000000000000");
    six_inject_nd(&t, "fe80::99", "ff02::1", &ra, "0000000000000000");
    six_inject_nd(&t, "fe80::99", "ff02::1", &rs, "0101020000000099 0e00");
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &ns, "01ff020000000099");
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 5);
    six_expect_no_icmp(&t, ICMP6_NA);
    six_end(&t);
}

static void test_only_from_this_link(void **state)
{
    struct six t;
    uint8_t b[64];
    nd_alone(&t);
    struct nd_msg ns = {.type = ICMP6_NS, .target = six_ip("2001:db8::1")};
    size_t n = nd_write(b, sizeof b, &ns);
    six_inject(&t, "2001:db8::2", "2001:db8::1", IP_PROTO_ICMPV6, 254, b, n);           /* hop limit */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 1);
    b[1] = 1;
    six_inject(&t, "2001:db8::2", "2001:db8::1", IP_PROTO_ICMPV6, 255, b, n);           /* code */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 2);
    b[1] = 0;
    six_inject(&t, "2001:db8::2", "2001:db8::1", IP_PROTO_ICMPV6, 255, b, 20);          /* short */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 3);
    six_inject_nd(&t, "2001:db8:9::2", "2001:db8::1", &ns, "0101020000000099");         /* not our neighbour */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 4);
    six_inject_nd(&t, "::", "2001:db8::1", &ns, "");                                    /* not to the group */
    six_inject_nd(&t, "::", "ff02::1:ff00:1", &ns, "0101020000000099");                 /* nobody has a MAC address */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 6);
    six_expect_no_icmp(&t, ICMP6_NA);
    six_inject_nd(&t, "2001:db8::2", "ff02::1:ff00:1", &ns, "0101020000000099");        /* and this one is good */
    struct ipv6_hdr h;
    const uint8_t *na = six_expect_icmp(&t, ICMP6_NA, &h, &n);
    assert_int_equal(na[4], 0x60);                                                      /* solicited, override */
    assert_int_equal(h.hops, 255);
    assert_bytes(na + 8, n - 8, "20010db8000000000000000000000001 0201 ............");
    six_end(&t);
}

static void test_check_of_our_address_is_answered_to_all(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    nd_alone(&t);
    struct nd_msg ns = {.type = ICMP6_NS, .target = six_ip("2001:db8::1")};
    six_inject_nd(&t, "::", "ff02::1:ff00:1", &ns, "0e01a1a2a3a4a5a6");
    const uint8_t *na = six_expect_icmp(&t, ICMP6_NA, &h, &n);
    assert_int_equal(na[4], 0x20);
    assert_true(hp_ip_equal(&h.dst, &ip6_all_nodes));
    six_end(&t);
}

static void test_V19_unsolicited_advertisement_makes_nothing(void **state)
{
    struct six t;
    nd_alone(&t);
    struct hp_ip b = six_ip("2001:db8::2");
    struct nd_msg na = {.type = ICMP6_NA, .target = b, .override = true};
    six_inject_nd(&t, "fe80::99", "ff02::1", &na, "0201020000000099");
    assert_string_equal(nd_neigh(&t, 0, &b, NULL), "");
    na.target = six_ip("ff02::1");
    six_inject_nd(&t, "fe80::99", "ff02::1", &na, "0201020000000099");
    na.target = b;
    na.solicited = true;                                                                /* to a group: impossible */
    six_inject_nd(&t, "fe80::99", "ff02::1", &na, "0201020000000099");
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 2);
    six_end(&t);
}

static void test_V19_override_decides_who_changes_a_known_address(void **state)
{
    struct six t;
    nd_alone(&t);
    struct hp_mac mac;
    struct hp_ip b = six_ip("2001:db8::2");
    struct nd_msg ns = {.type = ICMP6_NS, .target = six_ip("2001:db8::1")}, na = {.type = ICMP6_NA, .target = b};
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &ns, "0101020000000002");
    assert_string_equal(nd_neigh(&t, 0, &b, &mac), "DELAY"); /* it was answered */
    assert_int_equal(mac.b[5], 2);
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &na, "0201020000000066");
    nd_neigh(&t, 0, &b, &mac);
    assert_int_equal(mac.b[5], 2);
    na.override = true;
    six_inject_nd(&t, "2001:db8::2", "2001:db8::1", &na, "0201020000000067");
    assert_string_equal(nd_neigh(&t, 0, &b, &mac), "STALE");
    assert_int_equal(mac.b[5], 0x67);
    six_end(&t);
}

/* Somebody claims an address that we use: counted, kept. */
static void test_V19_our_own_address_is_not_taken_from_us(void **state)
{
    struct six t;
    nd_alone(&t);
    struct hp_ip a = six_ip("2001:db8::1");
    struct nd_msg na = {.type = ICMP6_NA, .target = a, .override = true};
    for (int i = 0; i < 100; i++) six_inject_nd(&t, "fe80::99", "ff02::1", &na, "0201020000000099");
    assert_int_equal(hp_counter(t.node[0].s, "nd.conflicts"), 100);
    assert_true(ip_is_ours(t.node[0].s, &a));
    assert_string_equal(nd_neigh(&t, 0, &a, NULL), "");
    six_end(&t);
}

/* RFC 6980. */
static void test_fragmented_solicitation_is_refused(void **state)
{
    struct six t;
    uint8_t b[64], whole[40] = {0};
    nd_alone(&t);
    struct nd_msg ns = {.type = ICMP6_NS, .target = six_ip("2001:db8::1")};
    nd_write(whole, sizeof whole, &ns);
    memcpy(whole + 24, "\x01\x01\x02\0\0\0\0\x99", 8);
    struct hp_ip src = six_ip("2001:db8::2"), dst = six_ip("2001:db8::1");
    put16(whole + 2, sum_fold(sum_add(sum_pseudo(&src, &dst, IP_PROTO_ICMPV6, 32), whole, 32)));
    struct ipv6_frag f = {.next = IP_PROTO_ICMPV6, .mf = true, .id = 5};
    ipv6_frag_write(b, 8, &f);
    memcpy(b + 8, whole, 24);
    six_inject(&t, "2001:db8::2", "2001:db8::1", IP_PROTO_FRAGMENT, 255, b, 32);
    f = (struct ipv6_frag){.next = IP_PROTO_ICMPV6, .off = 24, .id = 5};
    ipv6_frag_write(b, 8, &f);
    memcpy(b + 8, whole + 24, 8);
    six_inject(&t, "2001:db8::2", "2001:db8::1", IP_PROTO_FRAGMENT, 255, b, 16);
    assert_int_equal(hp_counter(t.node[0].s, "net.reasm_oks"), 1);
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 1);
    six_expect_no_icmp(&t, ICMP6_NA);
    six_end(&t);
}

/* ---- redirects ---- */

static void nd_router(struct six *t, const char *to, const char *gateway)
{
    struct hp_route r = {.link = t->node[0].l->index};
    assert_true(hp_prefix_parse(to, &r.to));
    if (gateway) r.gateway = six_ip(gateway);
    assert_int_equal(hp_route_add(t->node[0].s, &r), HP_OK);
}

/* RFC 4861 8.2: the better router, or the destination itself, with the packet as far as 1280 bytes go. */
static void test_a_router_redirects(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    struct nd_msg m;
    size_t n;
    nd_alone(&t);
    assert_int_equal(hp_set_forwarding(t.node[0].s, true), HP_OK);
    nd_router(&t, "2001:db8:5::/64", "fe80::2");
    nd_router(&t, "2001:db8:6::/64", "2001:db8::3"); /* no link-local address: RFC 4861 8.2 has no word for it */
    nd_router(&t, "2001:db8:7::/64", NULL);
    static const uint8_t data[1400] = {1};
    struct hp_ip local = six_local(&t, 0), far = six_ip("2001:db8:5::1"), near = six_ip("2001:db8:7::1"), via = six_ip("fe80::2");

    struct hp_ip asker = six_ip("2001:db8::9");
    hp_neigh_set(t.node[0].s, t.node[0].l->index, &asker, &(struct hp_mac){{2, 0, 0, 0, 0, 0x99}});
    six_inject(&t, "2001:db8::9", "2001:db8:5::1", 17, 64, data, sizeof data);
    const uint8_t *at = six_expect_icmp(&t, ICMP6_REDIRECT, &h, &n);
    assert_true(hp_ip_equal(&h.src, &local));
    assert_int_equal(h.dst.b[15], 9);
    assert_int_equal(h.hops, ND_HOPS);
    assert_int_equal(IPV6_HEADER + n, IPV6_MIN_MTU);
    assert_int_equal(nd_parse(bytes_of(at, n), &m), ND_OK);
    assert_true(hp_ip_equal(&m.dst, &far));
    assert_true(hp_ip_equal(&m.target, &via));
    struct nd_opts opts = nd_opts_start(&m);
    struct nd_opt o;
    assert_true(nd_opts_next(&opts, &o));
    assert_int_equal(o.type, ND_OPT_REDIRECTED);
    assert_int_equal(o.data.p[7], 64); /* the packet as it came */

    six_inject(&t, "2001:db8::9", "2001:db8:7::1", 17, 64, data, 8);
    at = six_expect_icmp(&t, ICMP6_REDIRECT, &h, &n);
    assert_int_equal(nd_parse(bytes_of(at, n), &m), ND_OK);
    assert_true(hp_ip_equal(&m.target, &near) && hp_ip_equal(&m.dst, &near));

    six_inject(&t, "2001:db8::9", "2001:db8:6::1", 17, 64, data, 8);
    six_inject(&t, "2001:db8:5::9", "2001:db8:7::1", 17, 64, data, 8); /* not from a neighbour */
    assert_int_equal(hp_setting_set(t.node[0].s, "net.redirects", 0), HP_OK);
    six_inject(&t, "2001:db8::9", "2001:db8:5::1", 17, 64, data, 8);
    assert_int_equal(hp_counter(t.node[0].s, "nd.redirects_out"), 2);
    six_end(&t);
}

static void nd_redirect(struct six *t, const char *from, const char *dst, const char *target)
{
    struct nd_msg m = {.type = ICMP6_REDIRECT, .dst = six_ip(dst), .target = six_ip(target)};
    six_inject_nd(t, from, "2001:db8::1", &m, "0201020000000055");
}

static void nd_route(struct six *t)
{
    struct hp_route r = {.gateway = six_ip("fe80::1"), .link = t->node[0].l->index};
    assert_int_equal(hp_route_add(t->node[0].s, &r), HP_OK);
}

static void test_C11_redirects_are_off(void **state)
{
    struct six t;
    struct hp_route r;
    struct hp_ip far = six_ip("2001:db8:5::1");
    nd_alone(&t);
    nd_route(&t);
    nd_redirect(&t, "fe80::1", "2001:db8:5::1", "fe80::2");
    six_expect_drops(&t, 0, HP_DROP_FILTERED, 1);
    assert_int_equal(hp_route_find(t.node[0].s, &far, &r), HP_OK);
    assert_int_equal(r.gateway.b[15], 1);
    six_end(&t);
}

static void test_C11_redirect_only_from_the_first_hop(void **state)
{
    struct six t;
    struct hp_route r;
    struct hp_ip far = six_ip("2001:db8:5::1");
    nd_alone(&t);
    nd_route(&t);
    assert_int_equal(hp_setting_set(t.node[0].s, "nd.accept_redirects", 1), HP_OK);
    nd_redirect(&t, "fe80::66", "2001:db8:5::1", "fe80::2");        /* not our router */
    nd_redirect(&t, "2001:db8::9", "2001:db8:5::1", "fe80::2");     /* not link-local */
    nd_redirect(&t, "fe80::1", "ff0e::1", "fe80::2");               /* multicast */
    nd_redirect(&t, "fe80::1", "2001:db8:5::1", "2001:db8::77");    /* neither router nor the destination itself */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 4);
    nd_redirect(&t, "fe80::1", "2001:db8:5::1", "fe80::2");
    assert_int_equal(hp_route_find(t.node[0].s, &far, &r), HP_OK);
    assert_int_equal(r.gateway.b[15], 2);
    for (unsigned i = 0; i < 1000; i++) {                           /* a flood: not more routes than allowed */
        char dst[32];
        snprintf(dst, sizeof dst, "2001:db8:6::%x", i + 1);
        nd_redirect(&t, "fe80::1", dst, "fe80::2");
    }
    assert_true(hp_route_count(t.node[0].s) < 10 + ND_REDIRECTS_MAX);
    uint64_t filtered = hp_drop_count(t.node[0].s, HP_DROP_FILTERED);
    hp_set_forwarding(t.node[0].s, true);                           /* a router is not led */
    nd_redirect(&t, "fe80::1", "2001:db8:7::1", "fe80::2");
    six_expect_drops(&t, 0, HP_DROP_FILTERED, filtered + 1);
    six_end(&t);
}

/* Where we were sent to, nobody answers: back to the router. */
static void test_redirect_into_nowhere_ends(void **state)
{
    struct six t;
    struct hp_route r;
    struct hp_ip far = six_ip("2001:db8:5::1");
    nd_alone(&t);
    nd_route(&t);
    assert_int_equal(hp_setting_set(t.node[0].s, "nd.accept_redirects", 1), HP_OK);
    nd_redirect(&t, "fe80::1", "2001:db8:5::1", "2001:db8:5::1");
    assert_int_equal(hp_route_find(t.node[0].s, &far, &r), HP_OK);
    assert_true(hp_ip_is_any(&r.gateway));
    for (int i = 0; i < 3; i++) {
        six_ping(&t, 0, &far, 8);
        six_run(&t, HP_S(10));
    }
    assert_int_equal(hp_route_find(t.node[0].s, &far, &r), HP_OK);
    assert_int_equal(r.gateway.b[15], 1);
    six_end(&t);
}

/* ---- memory ---- */

/* The n-th allocation fails, for every n, from the link's coming to the first ping: no leak, and some seconds later all works. */
static void test_every_allocation_may_fail(void **state)
{
    for (uint64_t n = 1; n < 200; n++) {
        struct six t;
        memset(&t, 0, sizeof t);
        hub_init(&t.hub, 0);
        t.nodes = 2;
        uint64_t failures = 0;
        for (int i = 0; i < 2; i++) {
            test_alloc_init(&t.node[i].alloc);
            log_init(&t.node[i].log);
            assert_non_null(six_boot(&t, i));
            if (i == 0) hp_mem_fail_at(t.node[0].s, n);
            int link = hub_plug(&t.hub, t.node[i].s);
            if (link < 0) link = hp_link_add(t.node[i].s, &t.hub.tap[i]->wire, NULL);
            assert_true(link > 0);
            t.node[i].l = link_get(t.node[i].s, link);
        }
        six_run(&t, HP_S(8));
        struct hp_ip b = six_local(&t, 1);
        for (int try = 0; try < 3 && !t.node[0].replies; try++) {
            struct hp_mem_stats m;
            hp_mem_stats(t.node[0].s, &m);
            failures = m.failures;
            if (failures || n > 150) six_ping(&t, 0, &b, 100);
            six_run(&t, HP_S(2));
        }
        if (failures && !t.node[0].replies) fail_msg("allocation %u failed, and pinging never works again", (unsigned)n);
        six_end(&t);
        if (!failures) return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_link_local_address_after_a_check),
        cmocka_unit_test(test_ping_link_local),
        cmocka_unit_test(test_ping_global_and_ourselves),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_address_that_somebody_has),
        cmocka_unit_test(test_two_ask_for_the_same_address),
        cmocka_unit_test(test_link_that_comes_back_checks_again),
        cmocka_unit_test(test_V18_conflict_storm_ends),
        cmocka_unit_test(test_V18_looped_back_solicitation_is_ignored),
        cmocka_unit_test(test_V13_option_of_length_0),
        cmocka_unit_test(test_only_from_this_link),
        cmocka_unit_test(test_check_of_our_address_is_answered_to_all),
        cmocka_unit_test(test_V19_unsolicited_advertisement_makes_nothing),
        cmocka_unit_test(test_V19_override_decides_who_changes_a_known_address),
        cmocka_unit_test(test_V19_our_own_address_is_not_taken_from_us),
        cmocka_unit_test(test_fragmented_solicitation_is_refused),
        cmocka_unit_test(test_a_router_redirects),
        cmocka_unit_test(test_C11_redirects_are_off),
        cmocka_unit_test(test_C11_redirect_only_from_the_first_hop),
        cmocka_unit_test(test_redirect_into_nowhere_ends),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
