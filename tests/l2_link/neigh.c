/* The neighbour cache: RFC 4861's states in virtual time, bounds, held packets, failures. */
#include "support/l2.h"

#include "hepta/net.h"

static const char hello[] = "E hello, neighbour: more than 46 bytes, so that there is no padding";

static void neigh_begin(struct l2 *t)
{
    l2_begin(t, NULL, 2, 0);
    struct hp_ip own = ip_of("10.0.0.1");
    link_own_add(t->s, t->link[0], &own);
    l2_wait(t, HP_S(10));
    tap_clear(&t->tap[0]);
    log_clear(&t->log);
}

static void neigh_say(struct l2 *t, const char *ip, const char *mac, unsigned flags)
{
    struct hp_ip i = ip_of(ip);
    struct hp_mac m = mac ? mac_of(mac) : (struct hp_mac){{0}};
    neigh_take(t->s, t->link[0], &i, mac ? &m : NULL, flags);
}

static void neigh_hello(struct l2 *t, const char *ip)
{
    l2_send(t, ETHERTYPE_IPV4, ip, hello, sizeof hello);
    l2_step(t);
}

/* What the tap sent since: 'B' a broadcast question, 'u' a question to the neighbour alone, 'd' data. */
static const char *neigh_sent(struct l2 *t, char *out)
{
    char *at = out;
    for (const struct tap_frame *f; (f = tap_take(&t->tap[0])) && at < out + 60;)
        *at++ = f->b[13] == 6 ? f->b[0] == 0xff ? 'B' : 'u' : 'd';
    *at = 0;
    return out;
}

#define EXPECT_SENT(t, what) do { char sent_[64]; assert_string_equal(neigh_sent(t, sent_), what); } while (0)
#define EXPECT_STATE(t, ip, what) assert_string_equal(l2_neigh_state(t, ip), what)

static void test_states_in_the_order_of_rfc_4861(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    neigh_hello(&t, "10.0.0.2");
    EXPECT_STATE(&t, "10.0.0.2", "INCOMPLETE");
    EXPECT_SENT(&t, "B");
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", NEIGH_SOLICITED | NEIGH_OVERRIDE);
    l2_step(&t);
    EXPECT_SENT(&t, "d");
    EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    l2_wait(&t, HP_MS(14999)); /* 30 s times at least 0.5 */
    EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    l2_wait(&t, HP_S(31));     /* ... at most 1.5 */
    EXPECT_STATE(&t, "10.0.0.2", "STALE");
    EXPECT_SENT(&t, "");
    neigh_hello(&t, "10.0.0.2");
    EXPECT_STATE(&t, "10.0.0.2", "DELAY");
    EXPECT_SENT(&t, "d");
    l2_wait(&t, HP_MS(4999));
    EXPECT_SENT(&t, "");
    l2_wait(&t, HP_MS(1));
    EXPECT_STATE(&t, "10.0.0.2", "PROBE");
    EXPECT_SENT(&t, "u");
    neigh_hello(&t, "10.0.0.2");
    EXPECT_SENT(&t, "d");
    l2_wait(&t, HP_MS(2999));
    EXPECT_SENT(&t, "uu");
    EXPECT_STATE(&t, "10.0.0.2", "PROBE");
    l2_wait(&t, HP_MS(1));
    EXPECT_STATE(&t, "10.0.0.2", "FAILED");
    neigh_hello(&t, "10.0.0.2"); /* it may have moved: everybody is asked at once */
    EXPECT_STATE(&t, "10.0.0.2", "INCOMPLETE");
    EXPECT_SENT(&t, "B");
    assert_int_equal(t.failed, 0);
    assert_logged(&t.log, "10.0.0.2 NONE -> INCOMPLETE");
    assert_logged(&t.log, "10.0.0.2 INCOMPLETE -> REACHABLE");
    assert_logged(&t.log, "10.0.0.2 REACHABLE -> STALE");
    assert_logged(&t.log, "10.0.0.2 STALE -> DELAY");
    assert_logged(&t.log, "10.0.0.2 DELAY -> PROBE");
    assert_logged(&t.log, "10.0.0.2 PROBE -> FAILED");
    l2_end(&t);
}

static void test_nobody_answers(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    assert_int_equal(hp_setting_set(t.s, "neigh.held_max", 4), HP_OK);
    struct hp_ip ip = ip_of("10.0.0.2");
    for (int i = 0; i < 6; i++) neigh_hello(&t, "10.0.0.2");
    l2_drops(&t, HP_DROP_NEIGH_HELD, 2);
    l2_wait(&t, HP_MS(2999));
    EXPECT_SENT(&t, "BBB");
    assert_int_equal(t.failed, 0);
    assert_false(neigh_is_failed(t.s, t.link[0], &ip));
    l2_wait(&t, HP_MS(1));
    assert_int_equal(t.failed, 4);
    assert_true(hp_ip_equal(&t.failed_dst, &ip));
    assert_true(neigh_is_failed(t.s, t.link[0], &ip));
    neigh_hello(&t, "10.0.0.2"); /* within a second: fails at once, asks nobody (RFC 1122 2.3.2.1) */
    assert_int_equal(t.failed, 5);
    EXPECT_SENT(&t, "");
    l2_wait(&t, HP_S(1));
    neigh_hello(&t, "10.0.0.2");
    EXPECT_SENT(&t, "B");
    l2_wait(&t, HP_S(3));
    assert_int_equal(t.failed, 6);
    l2_wait(&t, HP_S(31));
    EXPECT_STATE(&t, "10.0.0.2", "");
    l2_end(&t);
}

static void test_held_packets_leave_in_order_and_whole(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    assert_int_equal(hp_setting_set(t.s, "neigh.held_max", 4), HP_OK);
    for (char i = 0; i < 6; i++) {
        uint8_t payload[60] = {0x45, (uint8_t)i};
        l2_send(&t, ETHERTYPE_IPV4, "10.0.0.2", payload, sizeof payload);
    }
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", NEIGH_SOLICITED);
    l2_step(&t);
    assert_int_equal(tap_take(&t.tap[0])->b[13], 6);
    for (int i = 2; i < 6; i++) {
        const struct tap_frame *f = tap_take(&t.tap[0]);
        assert_non_null(f);
        assert_int_equal(f->n, 74);
        assert_bytes(f->b, 14, "020000000099 020000000001 0800");
        assert_int_equal(f->b[15], i);
    }
    assert_null(tap_take(&t.tap[0]));
    l2_drops(&t, HP_DROP_NEIGH_HELD, 2);
    l2_end(&t);
}

static void test_upper_layers_confirm(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    struct hp_ip ip = ip_of("10.0.0.2");
    neigh_confirm(t.s, t.link[0], &ip);
    EXPECT_STATE(&t, "10.0.0.2", "");
    neigh_hello(&t, "10.0.0.2");
    neigh_confirm(t.s, t.link[0], &ip);
    EXPECT_STATE(&t, "10.0.0.2", "INCOMPLETE");
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", 0); /* unsolicited: not proven to hear us */
    l2_step(&t);
    EXPECT_STATE(&t, "10.0.0.2", "DELAY");
    neigh_confirm(t.s, t.link[0], &ip);
    EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    EXPECT_SENT(&t, "Bd");
    for (int i = 0; i < 100; i++) { /* as long as it is confirmed nobody is asked */
        l2_wait(&t, HP_S(10));
        neigh_confirm(t.s, t.link[0], &ip);
        neigh_hello(&t, "10.0.0.2");
        EXPECT_SENT(&t, "d");
        EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    }
    l2_end(&t);
}

/* RFC 4861 7.2.5 and appendix C: what each message does to each state. */
static void test_messages_change_states(void **state)
{
    enum { SAME, OTHER, NO_MAC };
    static const struct { unsigned flags; int mac; const char *before, *after; int mac_after; } cases[] = {
        {NEIGH_SOLICITED, SAME, "STALE", "REACHABLE", SAME},
        {NEIGH_SOLICITED, NO_MAC, "STALE", "REACHABLE", SAME},
        {0, SAME, "STALE", "STALE", SAME},
        {0, SAME, "REACHABLE", "REACHABLE", SAME},
        {0, OTHER, "STALE", "STALE", SAME},
        {0, OTHER, "REACHABLE", "STALE", SAME},
        {NEIGH_SOLICITED, OTHER, "REACHABLE", "STALE", SAME},
        {NEIGH_SOLICITED, OTHER, "STALE", "STALE", SAME},
        {NEIGH_OVERRIDE, OTHER, "REACHABLE", "STALE", OTHER},
        {NEIGH_OVERRIDE, SAME, "REACHABLE", "REACHABLE", SAME},
        {NEIGH_OVERRIDE | NEIGH_SOLICITED, OTHER, "STALE", "REACHABLE", OTHER},
        {NEIGH_OVERRIDE | NEIGH_SOLICITED, OTHER, "REACHABLE", "REACHABLE", OTHER},
        {NEIGH_OVERRIDE, NO_MAC, "REACHABLE", "REACHABLE", SAME},
        {NEIGH_OVERRIDE | NEIGH_SOLICITED, SAME, "PERMANENT", "PERMANENT", SAME},
        {NEIGH_OVERRIDE | NEIGH_SOLICITED, OTHER, "PERMANENT", "PERMANENT", SAME},
        {NEIGH_CREATE, NO_MAC, "", "", NO_MAC},
        {NEIGH_CREATE, OTHER, "", "STALE", OTHER},
        {NEIGH_SOLICITED, OTHER, "", "", NO_MAC},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct l2 t;
        neigh_begin(&t);
        struct hp_ip ip = ip_of("10.0.0.2");
        struct hp_mac same = mac_of("02:00:00:00:00:98"), other = mac_of("02:00:00:00:00:99");
        if (cases[i].before[0] == 'P') hp_neigh_set(t.s, 1, &ip, &same);
        else if (cases[i].before[0]) neigh_say(&t, "10.0.0.2", "02:00:00:00:00:98", NEIGH_CREATE);
        if (cases[i].before[0] == 'R') neigh_confirm(t.s, t.link[0], &ip);
        EXPECT_STATE(&t, "10.0.0.2", cases[i].before);
        neigh_take(t.s, t.link[0], &ip, cases[i].mac == NO_MAC ? NULL : cases[i].mac == SAME ? &same : &other, cases[i].flags);
        struct hp_neigh_info info = {0};
        hp_neigh_info(t.s, 0, &info);
        const char *after = info.state ? info.state : "";
        bool mac_right = cases[i].mac_after == NO_MAC || hp_mac_equal(&info.mac, cases[i].mac_after == SAME ? &same : &other);
        if (strcmp(after, cases[i].after) != 0 || !mac_right)
            fail_msg("case %u: from %s: expected %s, came %s, MAC address %s", i, cases[i].before, cases[i].after, after,
                     mac_right ? "right" : "wrong");
        l2_end(&t);
    }
}

static void test_a_group_is_nobodys_mac(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    neigh_say(&t, "10.0.0.2", "ff:ff:ff:ff:ff:ff", NEIGH_CREATE);
    neigh_say(&t, "10.0.0.2", "01:00:5e:00:00:01", NEIGH_CREATE);
    EXPECT_STATE(&t, "10.0.0.2", "");
    struct hp_ip ip = ip_of("10.0.0.2");
    struct hp_mac mac = mac_of("ff:ff:ff:ff:ff:ff"), good = mac_of("02:00:00:00:00:98");
    assert_int_equal(hp_neigh_set(t.s, 1, &ip, &mac), HP_EINVAL);
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:98", NEIGH_CREATE);
    neigh_say(&t, "10.0.0.2", "01:00:5e:00:00:01", NEIGH_OVERRIDE | NEIGH_SOLICITED);
    struct hp_neigh_info info;
    assert_int_equal(hp_neigh_info(t.s, 0, &info), HP_OK);
    assert_true(hp_mac_equal(&info.mac, &good));
    l2_end(&t);
}

static void test_permanent_set_forget_and_flush(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    struct hp_ip ip = ip_of("10.0.0.2"), other = ip_of("10.0.0.3");
    struct hp_mac mac = mac_of("02:00:00:00:00:98");
    assert_int_equal(hp_neigh_set(t.s, 9, &ip, &mac), HP_ENOENT);
    assert_int_equal(hp_neigh_set(t.s, 1, &ip, NULL), HP_ENOENT);
    neigh_hello(&t, "10.0.0.2");
    assert_int_equal(hp_neigh_set(t.s, 1, &ip, &mac), HP_OK); /* while it is being resolved: sends what waits */
    l2_step(&t);
    EXPECT_SENT(&t, "Bd");
    l2_wait(&t, HP_S(1000));
    neigh_hello(&t, "10.0.0.2");
    EXPECT_SENT(&t, "d");
    EXPECT_STATE(&t, "10.0.0.2", "PERMANENT");
    neigh_say(&t, "10.0.0.3", "02:00:00:00:00:99", NEIGH_CREATE);
    assert_int_equal(hp_neigh_flush(t.s, 1), HP_OK);
    EXPECT_STATE(&t, "10.0.0.3", "");
    EXPECT_STATE(&t, "10.0.0.2", "PERMANENT");
    assert_false(neigh_is_failed(t.s, t.link[0], &other));
    assert_int_equal(hp_neigh_set(t.s, 1, &ip, NULL), HP_OK);
    EXPECT_STATE(&t, "10.0.0.2", "");
    l2_end(&t);
}

static void test_links_are_apart_and_forgotten(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    struct hp_ip ip = ip_of("10.0.0.2");
    struct hp_mac a = mac_of("02:00:00:00:00:98"), b = mac_of("02:00:00:00:00:99");
    neigh_take(t.s, t.link[0], &ip, &a, NEIGH_CREATE);
    neigh_take(t.s, t.link[1], &ip, &b, NEIGH_CREATE);
    neigh_hello(&t, "10.0.0.2");
    const struct tap_frame *f = tap_take(&t.tap[0]);
    assert_bytes(f->b, 6, "020000000098");
    hp_wire_set_carrier(&t.tap[1].wire, false);
    struct hp_neigh_info info;
    assert_int_equal(hp_neigh_info(t.s, 0, &info), HP_OK);
    assert_int_equal(info.link, 1);
    assert_int_equal(hp_neigh_info(t.s, 1, &info), HP_ENOENT);
    neigh_hello(&t, "10.0.0.3");
    hp_neigh_set(t.s, 1, &ip, &a);
    hp_link_remove(t.s, 1);
    assert_int_equal(hp_neigh_info(t.s, 0, &info), HP_ENOENT);
    l2_drops(&t, HP_DROP_STOPPED, 1);
    l2_end(&t);
}

static void test_times_from_routers(void **state) /* RFC 4861 6.3.2 */
{
    struct l2 t;
    neigh_begin(&t);
    neigh_set_times(t.s, t.link[0], 2000, 100);
    neigh_hello(&t, "10.0.0.2");
    l2_wait(&t, HP_MS(250));
    EXPECT_SENT(&t, "BBB");
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", NEIGH_SOLICITED);
    l2_wait(&t, HP_MS(999));
    EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    neigh_set_times(t.s, t.link[0], 0, 0); /* leaves them as they are */
    l2_wait(&t, HP_MS(2002));
    EXPECT_STATE(&t, "10.0.0.2", "STALE");
    l2_end(&t);
}

static void test_reachable_time_differs_between_machines(void **state)
{
    hp_time low = HP_NEVER, high = 0;
    for (int seed = 0; seed < 30; seed++) {
        struct l2 t;
        neigh_begin(&t);
        char name[] = "h0";
        name[1] = (char)('a' + seed);
        struct hp_config c = {.name = name, .profile = l2_profile_host, .allocator = &t.alloc.allocator};
        struct hp_stack *s = hp_stack_new(&c);
        struct tap *tap = malloc(sizeof *tap);
        assert_non_null(tap);
        tap_init(tap);
        hp_link_add(s, &tap->wire, NULL);
        struct hp_ip ip = ip_of("10.0.0.2");
        struct hp_mac mac = mac_of("02:00:00:00:00:99");
        neigh_take(s, link_get(s, 1), &ip, &mac, NEIGH_CREATE | NEIGH_SOLICITED);
        hp_time next = hp_step(s, 0);
        if (next < low) low = next;
        if (next > high) high = next;
        hp_stack_free(s);
        free(tap);
        l2_end(&t);
    }
    assert_true(low >= HP_S(15) && high <= HP_S(45));
    assert_true(low < HP_S(20) && high > HP_S(40));
}

static void test_L05_flood_of_targets_does_not_forget_neighbours(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    neigh_hello(&t, "10.0.0.2");
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", NEIGH_SOLICITED);
    l2_step(&t);
    size_t most = 0;
    for (uint32_t i = 0; i < 1 << 16; i++) {
        struct hp_ip ip = hp_ip4(10, 1, (uint8_t)(i >> 8), (uint8_t)i);
        struct hp_pkt *p = hp_pkt_copy_in(t.s, hello, sizeof hello);
        p->dst = ip;
        link_tx(t.s, t.link[0], ETHERTYPE_IPV4, &ip, p);
        if (t.alloc.bytes > most) most = t.alloc.bytes;
        if (i % 64) continue;
        t.now += HP_US(1000);
        l2_step(&t);
        tap_clear(&t.tap[0]);
        log_clear(&t.log);
    }
    struct hp_neigh_info info;
    unsigned incomplete = 0;
    for (unsigned i = 0; hp_neigh_info(t.s, i, &info) == HP_OK; i++) incomplete += strcmp(info.state, "INCOMPLETE") == 0;
    assert_int_equal(incomplete, 256);
    assert_true(most < 2 << 20);
    neigh_hello(&t, "10.0.0.2");
    const struct tap_frame *f;
    while ((f = tap_take(&t.tap[0])) && f->b[13] == 6) {}
    assert_non_null(f);
    assert_bytes(f->b, 6, "020000000099");
    neigh_hello(&t, "10.0.0.3"); /* and a new one still resolves */
    neigh_say(&t, "10.0.0.3", "02:00:00:00:00:98", NEIGH_SOLICITED);
    EXPECT_STATE(&t, "10.0.0.3", "REACHABLE");
    assert_int_equal(hp_drop_count(t.s, HP_DROP_NEIGH_FULL) > 65000, true);
    l2_end(&t);
}

static void test_L05_flood_of_sources_does_not_forget_neighbours(void **state)
{
    struct l2 t;
    neigh_begin(&t);
    neigh_hello(&t, "10.0.0.2");
    neigh_say(&t, "10.0.0.2", "02:00:00:00:00:99", NEIGH_SOLICITED);
    for (uint32_t i = 0; i < 1 << 16; i++) {
        uint8_t frame[42];
        hex_bytes("020000000001 020000000099 0806 0001 0800 06 04 0001 020000000099 0a010000 000000000000 0a000001", frame, 42);
        put16(frame + 30, i);
        put16(frame + 26, i);
        put16(frame + 10, i);
        tap_inject(&t.tap[0], frame, 42);
        l2_step(&t);
        tap_clear(&t.tap[0]);
        log_clear(&t.log);
    }
    struct hp_neigh_info info;
    unsigned entries = 0;
    while (hp_neigh_info(t.s, entries, &info) == HP_OK) entries++;
    assert_int_equal(entries, 1024);
    EXPECT_STATE(&t, "10.1.255.255", "STALE"); /* the last one heard */
    EXPECT_STATE(&t, "10.1.0.0", "");
    EXPECT_STATE(&t, "10.0.0.2", "REACHABLE");
    assert_int_equal(hp_setting_set(t.s, "neigh.entries_max", 2), HP_OK);
    neigh_hello(&t, "10.0.0.3");
    neigh_say(&t, "10.0.0.3", "02:00:00:00:00:97", NEIGH_SOLICITED);
    neigh_hello(&t, "10.0.0.4");
    neigh_say(&t, "10.0.0.4", "02:00:00:00:00:96", NEIGH_SOLICITED);
    EXPECT_STATE(&t, "10.0.0.2", ""); /* the one unused for longest */
    EXPECT_STATE(&t, "10.0.0.3", "REACHABLE");
    neigh_say(&t, "10.0.0.5", "02:00:00:00:00:95", NEIGH_CREATE);
    EXPECT_STATE(&t, "10.0.0.5", "");
    l2_end(&t);
}

static unsigned solicited;
static struct hp_ip solicited_target, solicited_src;
static void neigh_solicit6(struct hp_stack *s, struct hp_link *l, const struct hp_ip *target, const struct hp_mac *mac,
                           const struct hp_ip *src)
{
    solicited++;
    solicited_target = *target;
    if (src) solicited_src = *src;
}

static void test_ipv6_asks_by_its_own_resolver(void **state)
{
    static const struct neigh_resolver resolver = {.solicit = neigh_solicit6};
    struct l2 t;
    neigh_begin(&t);
    solicited = 0;
    l2_send(&t, ETHERTYPE_IPV6, "fe80::2", hello, sizeof hello); /* nobody to ask: fails in time */
    l2_wait(&t, HP_S(4));
    assert_int_equal(t.failed, 1);
    neigh_set_resolver(t.s, true, &resolver);
    l2_send(&t, ETHERTYPE_IPV6, "fe80::3", hello, sizeof hello);
    struct hp_ip target = ip_of("fe80::3"), src = ip_of("10.0.0.1");
    assert_int_equal(solicited, 1);
    assert_true(hp_ip_equal(&solicited_target, &target));
    assert_true(hp_ip_equal(&solicited_src, &src));
    neigh_say(&t, "fe80::3", "02:00:00:00:00:99", NEIGH_SOLICITED | NEIGH_ROUTER);
    l2_step(&t);
    const struct tap_frame *f = tap_take(&t.tap[0]);
    assert_non_null(f);
    assert_bytes(f->b, 14, "020000000099 020000000001 86dd");
    l2_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_in_the_order_of_rfc_4861),
        cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_held_packets_leave_in_order_and_whole),
        cmocka_unit_test(test_upper_layers_confirm),
        cmocka_unit_test(test_messages_change_states),
        cmocka_unit_test(test_a_group_is_nobodys_mac),
        cmocka_unit_test(test_permanent_set_forget_and_flush),
        cmocka_unit_test(test_links_are_apart_and_forgotten),
        cmocka_unit_test(test_times_from_routers),
        cmocka_unit_test(test_reachable_time_differs_between_machines),
        cmocka_unit_test(test_L05_flood_of_targets_does_not_forget_neighbours),
        cmocka_unit_test(test_L05_flood_of_sources_does_not_forget_neighbours),
        cmocka_unit_test(test_ipv6_asks_by_its_own_resolver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
