/* A router: what goes on, what is changed, what is said, what never crosses. */
#include "support/l3.h"

#include "wire/sum.h"

static struct ipv4_hdr from_to(const char *src, const char *dst)
{
    return (struct ipv4_hdr){.proto = 17, .id = 0x4242, .src = ip_of(src), .dst = ip_of(dst)};
}

static void router_begin(struct l3 *t)
{
    l3_begin(t, hp_profile_router);
    l3_route(t, "9.0.0.0/8", "10.1.0.2", -1, 0);
}

static void test_a_packet_goes_on(void **state)
{
    struct l3 t;
    struct hp_bytes payload;
    router_begin(&t);
    for (unsigned ttl = 2; ttl < 256; ttl++) { /* so that the checksum's carry is seen */
        struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
        h.ttl = (uint8_t)ttl;
        h.tos = 0xb9;
        h.id = (uint16_t)(ttl * 257);
        l3_in4(&t, 0, &h, "payload", 7);
        assert_true(l3_take4(&t, 1, &h, &payload)); /* looks at the checksum */
        assert_int_equal(h.ttl, ttl - 1);
        assert_int_equal(h.tos, 0xb9);
        assert_int_equal(h.id, ttl * 257);
        assert_bytes(payload.p, payload.n, "7061796c6f6164");
    }
    l3_nothing(&t, 0);
    assert_int_equal(hp_counter(t.s, "net.forwarded"), 254);
    hp_set_forwarding(t.s, false);
    struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_NOT_FORWARDING, 1);
    l3_end(&t);
}

static void test_payload_is_not_copied_when_others_see_it(void **state)
{
    struct l3 t;
    router_begin(&t);
    uint8_t b[1000] = {0};
    struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
    h.len = sizeof b;
    h.ttl = 64;
    ipv4_write(b, sizeof b, &h);
    uint8_t *at;
    struct hp_pkt *p = hp_pkt_room(t.s, 14 + sizeof b, &at);
    hex_bytes("020000000001 020000000099 0800", at, 14);
    memcpy(at + 14, b, sizeof b);
    struct hp_pkt *other = pkt_clone(t.s, p);
    hp_wire_rx(&t.tap[0].wire, p);
    l3_step(&t);
    struct hp_pkt *out = tap_take_pkt(&t.tap[1]);
    assert_non_null(out);
    assert_ptr_equal(out->more.p, at + 14 + 20 + 128);
    assert_int_equal(other->data[14 + 8], 64); /* what the other one sees is untouched */
    assert_int_equal(out->data[14 + 8], 63);
    hp_pkt_free(out);
    hp_pkt_free(other);
    l3_end(&t);
}

static void test_I24_ttl_runs_out(void **state)
{
    struct l3 t;
    router_begin(&t);
    for (int ttl = 1; ttl >= 0; ttl--) {
        struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
        uint8_t b[28] = {0};
        h.ttl = (uint8_t)ttl;
        h.len = 28;
        ipv4_write(b, sizeof b, &h);
        l3_in_raw(&t, 0, b, sizeof b, false);
        struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_TIME_EXCEEDED, ICMP4_TIME_TTL);
        assert_int_equal(m.body.n, 28);
    }
    l3_drops(&t, HP_DROP_TTL, 2);
    l3_nothing(&t, 1);
    l3_end(&t);
}

/* Two routers that send a packet back and forth: it dies, and the answers are few. */
static void test_I24_a_loop_of_routes_ends(void **state)
{
    struct l3 t;
    router_begin(&t);
    l3_route(&t, "7.0.0.0/8", "10.0.0.2", -1, 0);
    unsigned answers = 0;
    for (int k = 0; k < 50; k++) {
        struct ipv4_hdr h = from_to("10.0.0.2", "7.7.7.7");
        struct hp_bytes payload;
        h.ttl = 255;
        uint8_t b[2000];
        int hops = 0;
        for (l3_in4(&t, 0, &h, "x", 1); l3_take4(&t, 0, &h, &payload); hops++) {
            if (h.proto == 1) {
                answers++;
                break;
            }
            size_t n = h.len;
            memcpy(b, t.bytes, n);
            l3_in_raw(&t, 0, b, n, false);
        }
        assert_true(hops <= 255);
    }
    assert_in_range(answers, 1, 15);
    l3_end(&t);
}

static void test_what_never_crosses(void **state)
{
    struct l3 t;
    router_begin(&t);
    l3_route(&t, "0.0.0.0/0", "10.1.0.2", -1, 0);
    const char *pair[][2] = {{"169.254.1.1", "9.1.2.3"}, {"10.0.0.2", "169.254.1.1"}, {"10.0.0.2", "127.0.0.5"},
                             {"10.0.0.2", "10.1.0.255"}, {"10.0.0.2", "10.1.0.0"}, {"10.1.0.1", "9.1.2.3"}, {"10.0.0.255", "9.1.2.3"},
                             {"10.0.0.2", "245.1.1.1"}};
    for (unsigned i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        struct ipv4_hdr h = from_to(pair[i][0], pair[i][1]);
        l3_in4(&t, 0, &h, "x", 1);
        l3_drops(&t, HP_DROP_MARTIAN, i + 1);
    }
    struct ipv4_hdr h = from_to("10.0.0.2", "239.1.1.1");
    l3_in4(&t, 0, &h, "x", 1);
    l3_drops(&t, HP_DROP_NOT_FOR_US, 1);
    h = from_to("0.0.0.0", "255.255.255.255");
    l3_in4(&t, 0, &h, "x", 1);
    l3_nothing(&t, 1);
    h = from_to("10.0.0.2", "9.1.2.3");
    l3_in4_options(&t, 0, &h, "830704 0a000009", "x", 1);
    l3_drops(&t, HP_DROP_SOURCE_ROUTE, 1);
    l3_nothing(&t, 1);
    l3_end(&t);
}

static void test_no_route_and_no_neighbour_are_said(void **state)
{
    struct l3 t;
    router_begin(&t);
    struct ipv4_hdr h = from_to("10.0.0.2", "11.1.2.3");
    l3_in4(&t, 0, &h, "12345678", 8);
    l3_drops(&t, HP_DROP_NO_ROUTE, 1);
    l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_NET);
    h = from_to("10.0.0.2", "10.1.0.200"); /* does not answer ARP */
    l3_in4(&t, 0, &h, "12345678", 8);
    l3_nothing(&t, 0);
    l3_wait(&t, HP_S(4));
    struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_HOST);
    assert_int_equal(m.body.n, 28); /* without the padding of the frame that waited */
    l3_end(&t);
}

/* ---- redirects ---- */

static void test_redirect_to_a_neighbour(void **state)
{
    struct l3 t;
    struct hp_bytes payload;
    router_begin(&t);
    l3_route(&t, "7.0.0.0/8", "10.0.0.3", -1, 0);
    struct ipv4_hdr h = from_to("10.0.0.2", "7.7.7.7");
    l3_in4(&t, 0, &h, "12345678", 8);
    struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_REDIRECT, ICMP4_REDIRECT_HOST);
    struct hp_ip better = ip_of("10.0.0.3");
    assert_true(hp_ip_equal(&m.gateway, &better));
    assert_int_equal(m.body.n, 28);
    assert_int_equal(m.body.p[8], 64); /* as it came, not as it went on */
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_int_equal(h.ttl, 63); /* it goes on all the same */
    assert_int_equal(hp_counter(t.s, "icmp.out_redirects"), 1);

    h = from_to("10.9.0.2", "7.7.7.7"); /* whoever sent it is behind another router */
    l3_in4(&t, 0, &h, "12345678", 8);
    h = from_to("10.0.0.2", "9.1.2.3"); /* leaves by another link */
    l3_in4(&t, 0, &h, "12345678", 8);
    assert_int_equal(hp_setting_set(t.s, "net.redirects", 0), HP_OK);
    h = from_to("10.0.0.2", "7.7.7.7");
    l3_in4(&t, 0, &h, "12345678", 8);
    assert_int_equal(hp_counter(t.s, "icmp.out_redirects"), 1);
    assert_int_equal(hp_counter(t.s, "net.forwarded"), 4);
    l3_end(&t);
}

/* RFC 1812 4.3.2.8: few of them; and they do not use up what errors may. */
static void test_redirects_are_few(void **state)
{
    struct l3 t;
    router_begin(&t);
    l3_route(&t, "7.0.0.0/8", "10.0.0.3", -1, 0);
    for (int i = 0; i < 100; i++) {
        struct ipv4_hdr h = from_to("10.0.0.2", "7.7.7.7");
        l3_in4(&t, 0, &h, "12345678", 8);
    }
    assert_in_range(hp_counter(t.s, "icmp.out_redirects"), 5, 15);
    tap_clear(&t.tap[0]);
    struct ipv4_hdr h = from_to("10.0.0.2", "11.1.2.3");
    l3_in4(&t, 0, &h, "12345678", 8);
    l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_NET);
    l3_end(&t);
}

/* ---- larger than the next link ---- */

static void narrow_begin(struct l3 *t, uint32_t mtu)
{
    router_begin(t);
    hp_link_remove(t->s, t->link[1]->index);
    tap_init(&t->tap[1]);
    t->tap[1].wire.mtu = mtu;
    int link = hp_link_add(t->s, &t->tap[1].wire, NULL);
    assert_true(link > 0);
    t->link[1] = link_get(t->s, link);
    l3_addr(t, 1, "10.1.0.1/24");
    struct hp_ip next = ip_of("10.1.0.2");
    struct hp_mac mac = mac_of("02:00:00:00:00:99");
    hp_neigh_set(t->s, link, &next, &mac);
    l3_route(t, "9.0.0.0/8", "10.1.0.2", -1, 0);
    l3_step(t);
    tap_clear(&t->tap[1]);
}

static void test_too_big_with_df_is_said(void **state)
{
    static uint8_t data[1200];
    struct l3 t;
    narrow_begin(&t, 1000);
    struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
    h.df = true;
    l3_in4(&t, 0, &h, data, 981);
    struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_FRAG);
    assert_int_equal(m.mtu, 1000);
    l3_drops(&t, HP_DROP_TOO_BIG, 1);
    l3_nothing(&t, 1);
    h.len = 0;
    l3_in4(&t, 0, &h, data, 980);
    struct hp_bytes payload;
    assert_true(l3_take4(&t, 1, &h, &payload));
    l3_end(&t);
}

/* RFC 791 3.1: every fragment's options, offsets and flags; and a fragment is cut again into parts of the same datagram. */
static void test_too_big_is_cut_with_its_options(void **state)
{
    uint8_t data[1200];
    struct l3 t;
    struct hp_bytes payload;
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)i;
    narrow_begin(&t, 500);
    struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
    h.mf = true;
    h.frag_off = 800;
    l3_in4_options(&t, 0, &h, "070704 00000000 940400 00 01", data, sizeof data); /* record route (first only), alert (copied) */
    size_t at = 0;
    int count = 0;
    while (l3_take4(&t, 1, &h, &payload)) {
        assert_int_equal(h.frag_off, 800 + at);
        assert_int_equal(h.id, 0x4242);
        assert_true(h.mf); /* the whole was not the last */
        assert_int_equal(h.hlen, count ? 24 : 32);
        assert_true(h.len <= 500);
        assert_memory_equal(payload.p, data + at, payload.n);
        if (count) assert_bytes(t.bytes + 20, 4, "94040000");
        at += payload.n;
        count++;
    }
    assert_int_equal(at, sizeof data);
    assert_int_equal(count, 3);
    assert_int_equal(hp_counter(t.s, "net.frag_oks"), 1);
    assert_int_equal(hp_counter(t.s, "net.frag_creates"), 3);
    l3_end(&t);
}

static void test_failing_memory(void **state)
{
    static uint8_t data[1200];
    for (uint64_t n = 1; n < 20; n++) {
        struct l3 t;
        narrow_begin(&t, 500);
        struct ipv4_hdr h = from_to("10.0.0.2", "9.1.2.3");
        struct hp_bytes payload;
        hp_mem_fail_at(t.s, n);
        l3_in4(&t, 0, &h, data, sizeof data);
        h = from_to("10.0.0.2", "11.1.2.3");
        l3_in4(&t, 0, &h, data, 100);
        hp_mem_fail_at(t.s, 0);
        tap_clear(&t.tap[1]);
        h = from_to("10.0.0.2", "9.1.2.3");
        l3_in4(&t, 0, &h, data, 100);
        assert_true(l3_take4(&t, 1, &h, &payload));
        l3_end(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_packet_goes_on),
        cmocka_unit_test(test_payload_is_not_copied_when_others_see_it),
        cmocka_unit_test(test_I24_ttl_runs_out),
        cmocka_unit_test(test_I24_a_loop_of_routes_ends),
        cmocka_unit_test(test_what_never_crosses),
        cmocka_unit_test(test_no_route_and_no_neighbour_are_said),
        cmocka_unit_test(test_redirect_to_a_neighbour),
        cmocka_unit_test(test_redirects_are_few),
        cmocka_unit_test(test_too_big_with_df_is_said),
        cmocka_unit_test(test_too_big_is_cut_with_its_options),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
