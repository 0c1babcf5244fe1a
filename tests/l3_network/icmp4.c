/* ICMP for IPv4: echo, errors in both directions, what is never said, and how often. */
#include "support/l3.h"

#include "l3_network/network.h"
#include "wire/sum.h"

/* A transport of the test's own, which hears of errors. */
static struct hp_neterr heard;
static unsigned heard_count, echo_replies, echo_errors;

static void probe_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    ip_unreachable(s, p, IP_UNREACH_PORT);
    hp_drop(s, p, HP_DROP_NO_PORT);
}
static void probe_error(struct hp_stack *s, void *state, const struct hp_neterr *e)
{
    heard = *e;
    heard_count++;
}
static const struct hp_proto probe_proto = {.name = "probe", .layer = 4, .table = BY_IPPROTO, .number = 253, .rx = probe_rx,
                                            .error = probe_error};
extern const struct hp_proto ether_proto, neigh_proto, arp_proto, net_proto, ipv4_proto, icmp4_proto, forward_proto;
static const struct hp_proto *const probe_profile[] = {&ether_proto, &neigh_proto, &arp_proto, &net_proto, &ipv4_proto,
                                                       &icmp4_proto, &probe_proto, NULL};

static bool echo_reply(struct hp_stack *s, const struct hp_pkt *p)
{
    echo_replies++;
    return true;
}
static void echo_error(struct hp_stack *s, const struct hp_neterr *e)
{
    heard = *e;
    echo_errors++;
}

static void icmp_begin(struct l3 *t)
{
    heard_count = echo_replies = echo_errors = 0;
    memset(&heard, 0, sizeof heard);
    l3_begin(t, probe_profile);
    ip_set_echo_tap(t->s, echo_reply, echo_error);
}

static void icmp_in(struct l3 *t, const char *src, const char *dst, const struct icmp4_hdr *m)
{
    uint8_t b[66000];
    struct ipv4_hdr h = {.proto = 1, .src = ip_of(src), .dst = ip_of(dst)};
    l3_in4(t, 0, &h, b, l3_icmp_bytes(b, sizeof b, m));
}

/* ---- echo ---- */

static void test_echo_is_answered(void **state)
{
    struct l3 t;
    struct ipv4_hdr h;
    struct hp_bytes payload;
    icmp_begin(&t);
    struct icmp4_hdr m = {.type = ICMP4_ECHO, .id = 0x1234, .seq = 7, .body = bytes_of("abcdefg", 7)}, r;
    icmp_in(&t, "10.0.0.2", "10.0.0.1", &m);
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_true(sum_ok(0, payload));
    assert_true(icmp4_parse(payload, &r));
    assert_int_equal(r.type, ICMP4_ECHO_REPLY);
    assert_int_equal(r.id, 0x1234);
    assert_int_equal(r.seq, 7);
    assert_bytes(r.body.p, r.body.n, "61626364656667");
    assert_int_equal(h.ttl, 64);
    assert_int_equal(hp_counter(t.s, "icmp.out_echo_reps"), 1);
    hp_setting_set(t.s, "icmp.echo", 0);
    icmp_in(&t, "10.0.0.2", "10.0.0.1", &m);
    l3_nothing(&t, 0);
    l3_end(&t);
}

static void test_the_largest_echo_is_answered_in_fragments(void **state)
{
    static uint8_t data[65507];
    struct l3 t;
    struct ipv4_hdr h;
    struct hp_bytes payload;
    for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
    icmp_begin(&t);
    hp_link_remove(t.s, t.link[0]->index); /* one that takes it whole */
    tap_init(&t.tap[0]);
    t.tap[0].wire.mtu = 65535;
    int link = hp_link_add(t.s, &t.tap[0].wire, &(struct hp_link_config){.mac = {{2, 0, 0, 0, 0, 1}}});
    t.link[0] = link_get(t.s, link);
    l3_addr(&t, 0, "10.0.0.1/24");
    l3_route(&t, "12.0.0.0/8", "10.1.0.2", -1, 0);
    struct icmp4_hdr m = {.type = ICMP4_ECHO, .body = bytes_of(data, sizeof data)};
    icmp_in(&t, "12.0.0.2", "10.0.0.1", &m);
    size_t have = 0;
    for (bool more = true; more; have += payload.n) {
        assert_true(l3_take4(&t, 1, &h, &payload));
        assert_int_equal(h.frag_off, have);
        assert_true(h.len <= 1500);
        for (size_t i = have ? 0 : 8; i < payload.n; i++) assert_int_equal(payload.p[i], data[have + i - 8]);
        more = h.mf;
    }
    assert_int_equal(have, sizeof data + 8);
    l3_nothing(&t, 1);
    l3_end(&t);
}

static void test_C01_C02_short_echo_is_dropped(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    struct ipv4_hdr h = {.proto = 1, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    for (size_t n = 0; n < 8; n++) {
        l3_in4(&t, 0, &h, "\x08\0\xf7\xff\0\0\0\0", n);
        l3_drops(&t, HP_DROP_ICMP_BAD, (unsigned)n + 1);
    }
    h.len = 100; /* more than came */
    l3_in4(&t, 0, &h, "\x08\0\xf7\xff\0\0\0\0", 8);
    l3_drops(&t, HP_DROP_BAD_LENGTH, 1);
    h.len = 0;
    l3_in4(&t, 0, &h, "\x08\0\xf7\xfe\0\0\0\0", 8);
    l3_drops(&t, HP_DROP_CHECKSUM, 1);
    l3_nothing(&t, 0);
    l3_end(&t);
}

static void test_C04_smurf_gets_no_answer(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    struct icmp4_hdr m = {.type = ICMP4_ECHO};
    icmp_in(&t, "10.0.0.2", "255.255.255.255", &m);
    icmp_in(&t, "10.0.0.2", "10.0.0.255", &m);
    icmp_in(&t, "10.0.0.2", "10.0.0.0", &m);
    icmp_in(&t, "10.0.0.2", "224.0.0.1", &m);
    l3_drops(&t, HP_DROP_FILTERED, 4);
    l3_nothing(&t, 0);
    hp_setting_set(t.s, "icmp.echo_broadcast", 1);
    icmp_in(&t, "10.0.0.2", "10.0.0.255", &m);
    l3_icmp4(&t, 0, ICMP4_ECHO_REPLY, 0);
    l3_end(&t);
}

static void test_echo_replies_go_to_the_tap(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    struct icmp4_hdr m = {.type = ICMP4_ECHO_REPLY, .id = 1};
    icmp_in(&t, "10.0.0.2", "10.0.0.1", &m);
    assert_int_equal(echo_replies, 1);
    l3_drops(&t, HP_DROP_TAKEN, 1);
    ip_set_echo_tap(t.s, NULL, NULL);
    icmp_in(&t, "10.0.0.2", "10.0.0.1", &m);
    l3_drops(&t, HP_DROP_ICMP_UNKNOWN, 1);
    l3_end(&t);
}

static void test_C07_C10_C11_what_is_ignored(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    uint8_t quote[28];
    struct ipv4_hdr q = {.len = 28, .ttl = 64, .proto = 253, .src = ip_of("10.0.0.1"), .dst = ip_of("8.8.8.8")};
    ipv4_write(quote, sizeof quote, &q);
    memset(quote + 20, 0, 8);
    struct icmp4_hdr m[] = {
        {.type = ICMP4_SOURCE_QUENCH, .body = bytes_of(quote, 28)},
        {.type = ICMP4_REDIRECT, .code = 1, .gateway = ip_of("10.0.0.3"), .body = bytes_of(quote, 28)},
        {.type = ICMP4_MASK_REPLY}, {.type = ICMP4_TIMESTAMP_REPLY}, {.type = ICMP4_MASK}, {.type = ICMP4_TIMESTAMP},
        {.type = ICMP4_ROUTER_ADVERT}, {.type = 40}, {.type = 255},
    };
    for (unsigned i = 0; i < sizeof m / sizeof m[0]; i++) icmp_in(&t, "10.0.0.2", "10.0.0.1", &m[i]);
    l3_drops(&t, HP_DROP_FILTERED, 2);
    l3_drops(&t, HP_DROP_ICMP_UNKNOWN, 7);
    assert_int_equal(heard_count, 0);
    assert_int_equal(hp_route_count(t.s), 3); /* 127/8 and two connected: no redirect made one */
    l3_nothing(&t, 0);
    l3_end(&t);
}

/* ---- errors that we say ---- */

static void test_nobody_is_there(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    struct ipv4_hdr h = {.proto = 99, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    l3_in4(&t, 0, &h, "0123456789", 10);
    l3_drops(&t, HP_DROP_NO_PROTO, 1);
    struct icmp4_hdr m = l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_PROTO);
    assert_int_equal(m.body.n, 30);
    assert_bytes(m.body.p, 30, "4500001e 0000 0000 4063.... 0a000002 0a000001 30313233343536373839");
    h.proto = 253;
    l3_in4(&t, 0, &h, "0123456789", 10);
    l3_icmp4(&t, 0, ICMP4_UNREACHABLE, ICMP4_UNREACH_PORT);
    assert_int_equal(hp_counter(t.s, "icmp.out_dest_unreachs"), 2);
    l3_end(&t);
}

static void test_C12_quotes_are_bounded(void **state)
{
    static uint8_t data[1400];
    struct l3 t;
    struct ipv4_hdr h;
    struct hp_bytes payload;
    icmp_begin(&t);
    struct ipv4_hdr big = {.proto = 253, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    l3_in4_options(&t, 0, &big,
                   "0101010101010101010101010101010101010101010101010101010101010101010101010101 0101", data, sizeof data);
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_int_equal(h.len, 576);
    l3_in4_options(&t, 0, &big, "01010101010101010101010101010101010101010101010101010101010101010101010101010101", data, 60);
    assert_true(l3_take4(&t, 0, &h, &payload));
    assert_int_equal(h.len, 20 + 8 + 60 + 60);
    l3_end(&t);
}

static void test_C13_errors_that_are_never_said(void **state)
{
    struct l3 t;
    uint8_t b[100];
    icmp_begin(&t);
    hp_setting_set(t.s, "net.errors_burst", 1000);
    struct ipv4_hdr h = {.proto = 99, .src = ip_of("10.0.0.2"), .dst = ip_of("255.255.255.255")};
    l3_in4(&t, 0, &h, "12345678", 8);
    h.dst = ip_of("10.0.0.255");
    l3_in4(&t, 0, &h, "12345678", 8);
    h.dst = ip_of("224.0.0.1");
    l3_in4(&t, 0, &h, "12345678", 8);
    h = (struct ipv4_hdr){.proto = 17, .src = ip_of("0.0.0.0"), .dst = ip_of("255.255.255.255")};
    l3_in4(&t, 0, &h, "12345678", 8);
    struct icmp4_hdr error = {.type = ICMP4_UNREACHABLE, .body = bytes_of("short", 5)};
    h = (struct ipv4_hdr){.proto = 1, .src = ip_of("10.0.0.2"), .dst = ip_of("10.0.0.1")};
    l3_in4_options(&t, 0, &h, "0701", b, l3_icmp_bytes(b, sizeof b, &error)); /* a bad option of an ICMP error */
    l3_drops(&t, HP_DROP_BAD_OPTION, 1);
    h.proto = 99;
    h.frag_off = 8;
    l3_in4_options(&t, 0, &h, "0701", "12345678", 8); /* ... and of a later fragment */
    l3_drops(&t, HP_DROP_BAD_OPTION, 2);
    l3_nothing(&t, 0);
    l3_end(&t);
}

static unsigned errors_within(struct l3 *t, const char *src, unsigned count, hp_time gap)
{
    uint64_t before = hp_counter(t->s, "icmp.out_dest_unreachs");
    struct ipv4_hdr h = {.proto = 99, .src = ip_of(src), .dst = ip_of("10.0.0.1")};
    for (unsigned i = 0; i < count; i++) {
        l3_in4(t, 0, &h, "12345678", 8);
        l3_wait(t, gap);
    }
    return (unsigned)(hp_counter(t->s, "icmp.out_dest_unreachs") - before);
}

/* A thousand probes with a victim's address as their source take nothing from what the prober himself is told, and the burst differs. */
static void test_C08_the_limit_says_nothing_of_others(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    t.s->trace_kinds = 0;
    unsigned victim = errors_within(&t, "10.0.0.3", 1000, 0);
    assert_in_range(victim, 6, 15);
    unsigned prober = errors_within(&t, "10.0.0.2", 100, 0);
    assert_in_range(prober, 6, 15);
    assert_in_range(errors_within(&t, "10.0.0.3", 1000, HP_MS(10)), 95, 105); /* 10 s at ten a second */
    unsigned bursts = 0;
    for (unsigned last = prober, i = 0; i < 20; i++) {
        l3_wait(&t, HP_S(10));
        unsigned now = errors_within(&t, "10.0.0.2", 30, 0);
        bursts += now != last;
        last = now;
    }
    assert_true(bursts > 5);
    hp_setting_set(t.s, "net.errors_per_s", 0);
    l3_wait(&t, HP_S(10));
    assert_int_equal(errors_within(&t, "10.0.0.2", 5, 0), 0);
    l3_end(&t);
}

/* ---- errors that we hear ---- */

static size_t quote_of(uint8_t out[100], const char *src, uint8_t proto, uint16_t len, size_t bytes)
{
    struct ipv4_hdr q = {.len = len, .ttl = 1, .proto = proto, .df = true, .src = ip_of(src), .dst = ip_of("8.8.8.8")};
    ipv4_write(out, 100, &q);
    for (size_t i = 0; i < bytes; i++) out[20 + i] = (uint8_t)(proto == 1 && i == 0 ? 8 : 'a' + i);
    return 20 + bytes;
}

static void error_in(struct l3 *t, int type, int code, uint16_t mtu, const char *src, uint8_t proto, uint16_t len, size_t bytes)
{
    uint8_t quote[100];
    struct icmp4_hdr m = {.type = (uint8_t)type, .code = (uint8_t)code, .mtu = mtu,
                          .body = bytes_of(quote, quote_of(quote, src, proto, len, bytes))};
    icmp_in(t, "10.0.0.2", "10.0.0.1", &m);
}

static void test_errors_reach_their_transport(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    const struct {
        int type, code, err;
        bool hard;
    } row[] = {
        {3, 0, HP_ENETUNREACH, false}, {3, 1, HP_EHOSTUNREACH, false}, {3, 2, HP_ECONNREFUSED, true}, {3, 3, HP_ECONNREFUSED, true},
        {3, 5, HP_EHOSTUNREACH, false}, {3, 9, HP_EACCES, true}, {3, 10, HP_EACCES, true}, {3, 13, HP_EACCES, true},
        {3, 99, HP_EHOSTUNREACH, false}, {11, 0, HP_EHOSTUNREACH, false}, {12, 0, HP_EPROTO, false},
    };
    for (unsigned i = 0; i < sizeof row / sizeof row[0]; i++) {
        error_in(&t, row[i].type, row[i].code, 0, "10.0.0.1", 253, 28, 8);
        assert_int_equal(heard_count, i + 1);
        assert_int_equal(heard.err, row[i].err);
        assert_int_equal(heard.hard, row[i].hard);
    }
    struct hp_ip dst = ip_of("8.8.8.8"), reporter = ip_of("10.0.0.2");
    assert_true(hp_ip_equal(&heard.dst, &dst));
    assert_true(hp_ip_equal(&heard.reporter, &reporter));
    error_in(&t, 11, 0, 0, "10.0.0.1", 1, 28, 8);
    assert_int_equal(echo_errors, 1);
    l3_end(&t);
}

static void test_errors_about_what_we_did_not_send(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    error_in(&t, 3, 3, 0, "10.0.0.77", 253, 28, 8); /* not our address */
    error_in(&t, 3, 3, 0, "10.0.0.1", 253, 28, 7);  /* RFC 792: at least eight bytes */
    l3_drops(&t, HP_DROP_ICMP_QUOTE, 2);
    for (size_t n = 0; n < 20; n++) {
        uint8_t quote[100];
        quote_of(quote, "10.0.0.1", 253, 28, 8);
        struct icmp4_hdr m = {.type = 3, .code = 3, .body = bytes_of(quote, n)};
        icmp_in(&t, "10.0.0.2", "10.0.0.1", &m);
        l3_drops(&t, HP_DROP_ICMP_BAD, (unsigned)n + 1);
    }
    assert_int_equal(heard_count, 0);
    l3_end(&t);
}

/* ---- path MTU ---- */

static void test_C06_path_mtu_has_a_floor_and_a_vouching_transport(void **state)
{
    struct l3 t;
    struct hp_ip to = ip_of("8.8.8.8");
    icmp_begin(&t);
    l3_route(&t, "0.0.0.0/0", "10.0.0.2", -1, 0);
    struct ip_path path = {0};
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    error_in(&t, 3, 4, 1400, "10.0.0.1", 253, 1500, 8);
    assert_int_equal(heard.err, HP_EMSGSIZE);
    assert_int_equal(heard.mtu, 1400);
    assert_int_equal(hp_path_mtu(t.s, &to), 1500); /* nobody vouched for it yet */
    ip_take_mtu(t.s, &heard);
    assert_int_equal(hp_path_mtu(t.s, &to), 1400);
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    assert_int_equal(path.mtu, 1400);
    unsigned before = heard_count;
    error_in(&t, 3, 4, 1500, "10.0.0.1", 253, 1500, 8); /* it would have fitted: not even told */
    error_in(&t, 3, 4, 9000, "10.0.0.1", 253, 1500, 8);
    assert_int_equal(heard_count, before);
    error_in(&t, 3, 4, 1450, "10.0.0.1", 253, 1500, 8); /* never up */
    ip_take_mtu(t.s, &heard);
    assert_int_equal(hp_path_mtu(t.s, &to), 1400);
    error_in(&t, 3, 4, 0, "10.0.0.1", 253, 1400, 8); /* an old router: the next plateau, RFC 1191 7 */
    assert_int_equal(heard.mtu, 1006);
    const uint16_t low[] = {1, 67, 68, 551};
    for (int i = 0; i < 4; i++) {
        error_in(&t, 3, 4, low[i], "10.0.0.1", 253, 1400, 8);
        ip_take_mtu(t.s, &heard);
        assert_int_equal(hp_path_mtu(t.s, &to), 576);
    }
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    assert_true(path.fragment); /* routers must cut it then */
    l3_wait(&t, HP_S(599));
    assert_int_equal(hp_path_mtu(t.s, &to), 576);
    l3_wait(&t, HP_S(2));
    assert_int_equal(hp_path_mtu(t.s, &to), 1500);
    assert_int_equal(ip_path_check(t.s, &path, &to, 0), HP_OK);
    assert_int_equal(path.mtu, 1500);
    l3_end(&t);
}

static void test_path_mtus_are_bounded(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    l3_route(&t, "0.0.0.0/0", "10.0.0.2", -1, 0);
    hp_setting_set(t.s, "net.pmtu_max", 100);
    struct hp_neterr e = {.err = HP_EMSGSIZE, .mtu = 1300};
    size_t before = t.alloc.bytes;
    for (unsigned i = 0; i < 5000; i++) {
        e.dst = hp_ip4(20, 0, (uint8_t)(i >> 8), (uint8_t)i);
        ip_take_mtu(t.s, &e);
        l3_wait(&t, HP_MS(1));
    }
    assert_true(t.alloc.bytes - before < 100 * 128 + 8192);
    assert_int_equal(hp_path_mtu(t.s, &e.dst), 1300);
    e.dst = hp_ip4(20, 0, 0, 1);
    assert_int_equal(hp_path_mtu(t.s, &e.dst), 1500);
    l3_wait(&t, HP_S(601));
    e.dst = hp_ip4(20, 0, (uint8_t)(4999 >> 8), (uint8_t)4999);
    assert_int_equal(hp_path_mtu(t.s, &e.dst), 1500);
    l3_end(&t);
}

/* ARP gets no answer: the sender, we ourselves, hears of it. */
static void test_a_silent_neighbour_is_an_error_for_the_transport(void **state)
{
    struct l3 t;
    icmp_begin(&t);
    struct hp_pkt *p = hp_pkt_copy_in(t.s, "12345678", 8);
    p->src = ip_of("10.0.0.1");
    p->dst = ip_of("10.0.0.200");
    p->proto = 253;
    p->ttl = p->tos = 0;
    ip_tx(t.s, p, NULL);
    l3_wait(&t, HP_S(5));
    l3_drops(&t, HP_DROP_NEIGH_FAILED, 1);
    assert_int_equal(heard_count, 1);
    assert_int_equal(heard.err, HP_EHOSTUNREACH);
    assert_bytes(heard.quote.p, 0, "");
    l3_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_echo_is_answered),
        cmocka_unit_test(test_the_largest_echo_is_answered_in_fragments),
        cmocka_unit_test(test_C01_C02_short_echo_is_dropped),
        cmocka_unit_test(test_C04_smurf_gets_no_answer),
        cmocka_unit_test(test_echo_replies_go_to_the_tap),
        cmocka_unit_test(test_C07_C10_C11_what_is_ignored),
        cmocka_unit_test(test_nobody_is_there),
        cmocka_unit_test(test_C12_quotes_are_bounded),
        cmocka_unit_test(test_C13_errors_that_are_never_said),
        cmocka_unit_test(test_C08_the_limit_says_nothing_of_others),
        cmocka_unit_test(test_errors_reach_their_transport),
        cmocka_unit_test(test_errors_about_what_we_did_not_send),
        cmocka_unit_test(test_C06_path_mtu_has_a_floor_and_a_vouching_transport),
        cmocka_unit_test(test_path_mtus_are_bounded),
        cmocka_unit_test(test_a_silent_neighbour_is_an_error_for_the_transport),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
