/* Router advertisements: when, how often, what they say (RFC 4861 6.2), in virtual time; node a is the router, alone. */
#include "support/six.h"

enum { RADV_LOG_MAX = 64 };

struct radv_log {
    int n;
    hp_time at[RADV_LOG_MAX];
    uint16_t lifetime_s;
};

/* Lets time pass and notes every advertisement. */
static void radv_watch(struct six *t, hp_time span, struct radv_log *log)
{
    struct ipv6_hdr h;
    size_t n;
    *log = (struct radv_log){0};
    for (hp_time end = t->hub.now + span; t->hub.now < end;) {
        six_run(t, HP_MS(10));
        for (const uint8_t *p; (p = six_take_icmp(t, &h, &n));) {
            if (p[0] != ICMP6_RA) continue;
            assert_true(log->n < RADV_LOG_MAX);
            log->lifetime_s = get16(p + 6);
            log->at[log->n++] = t->hub.now;
        }
    }
}

static struct hp_prefix radv_prefix(const char *text)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(text, &p));
    return p;
}

static void radv_router(struct six *t)
{
    struct hp_prefix p = radv_prefix("2001:db8:1::5/64");
    six_begin(t, 1);
    hp_set_forwarding(t->node[0].s, true);
    assert_int_equal(hp_set_advertise(t->node[0].s, t->node[0].l->index, &p, 1800), HP_OK);
}

static void test_three_quickly_then_slowly(void **state)
{
    struct six t;
    struct radv_log log;
    radv_router(&t);
    radv_watch(&t, HP_S(2000), &log);
    assert_in_range(log.n, 3 + 3, 4 + 10);
    assert_true(log.at[0] <= HP_S(3));              /* as soon as the link-local address is checked */
    for (int i = 1; i < 3; i++) assert_true(log.at[i] - log.at[i - 1] <= HP_MS(16010));
    for (int i = 4; i < log.n; i++) assert_in_range(log.at[i] - log.at[i - 1], HP_MS(199990), HP_MS(600010));
    six_end(&t);
}

static void test_what_it_says(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    radv_router(&t);
    six_run(&t, HP_S(3));
    const uint8_t *p = six_expect_icmp(&t, ICMP6_RA, &h, &n);
    struct hp_ip local = six_local(&t, 0);
    assert_true(hp_ip_equal(&h.src, &local));
    assert_true(hp_ip_equal(&h.dst, &ip6_all_nodes));
    assert_int_equal(h.hops, 255);
    assert_bytes(p, n, "8600.... 40000708 00000000 00000000 0101............ 0501 0000 000005dc"
                       "0304 40c0 00278d00 00093a80 00000000 20010db8000100000000000000000000");
    six_end(&t);
}

static void test_solicitations_are_answered_but_not_each(void **state)
{
    struct six t;
    struct radv_log log;
    struct nd_msg rs = {.type = ICMP6_RS};
    radv_router(&t);
    radv_watch(&t, HP_S(100), &log);
    six_inject_nd(&t, "fe80::99", "ff02::2", &rs, "0101020000000099");
    radv_watch(&t, HP_MS(510), &log);
    assert_int_equal(log.n, 1);
    for (int i = 0; i < 1000; i++) six_inject_nd(&t, "::", "ff02::2", &rs, "");
    radv_watch(&t, HP_MS(2400), &log);
    assert_int_equal(log.n, 0);
    radv_watch(&t, HP_MS(700), &log);
    assert_int_equal(log.n, 1);
    six_inject_nd(&t, "::", "ff02::2", &rs, "0101020000000099"); /* RFC 4861 6.1.1: nobody has no MAC address */
    six_expect_drops(&t, 0, HP_DROP_ND_BAD, 1);
    six_end(&t);
}

static void test_last_words(void **state)
{
    struct six t;
    struct radv_log log;
    struct hp_prefix p = radv_prefix("2001:db8:1::/64"), other = radv_prefix("2001:db8:2::/64");
    radv_router(&t);
    radv_watch(&t, HP_S(100), &log);
    assert_int_equal(hp_set_advertise(t.node[0].s, t.node[0].l->index, &other, 0), HP_ENOENT);
    assert_int_equal(hp_set_advertise(t.node[0].s, t.node[0].l->index, &p, 0), HP_OK);
    radv_watch(&t, HP_S(3000), &log);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.lifetime_s, 0);
    struct nd_msg rs = {.type = ICMP6_RS};
    six_inject_nd(&t, "fe80::99", "ff02::2", &rs, "0101020000000099");
    radv_watch(&t, HP_S(1), &log);
    assert_int_equal(log.n, 0);
    six_end(&t);
}

static void test_arguments(void **state)
{
    struct six t;
    struct hp_prefix p = radv_prefix("2001:db8:1::/64"), v4 = radv_prefix("10.0.0.0/8");
    six_begin(&t, 1);
    int link = t.node[0].l->index;
    assert_int_equal(hp_set_advertise(t.node[0].s, 99, &p, 1800), HP_ENOENT);
    assert_int_equal(hp_set_advertise(t.node[0].s, link, &p, 9001), HP_EINVAL);
    assert_int_equal(hp_set_advertise(t.node[0].s, link, &v4, 1800), HP_EINVAL);
    for (unsigned i = 0; i < RADV_PREFIXES_MAX; i++) {
        p.ip.b[5] = (uint8_t)i;
        assert_int_equal(hp_set_advertise(t.node[0].s, link, &p, 1800), HP_OK);
    }
    p.ip.b[5] = 99;
    assert_int_equal(hp_set_advertise(t.node[0].s, link, &p, 1800), HP_ERANGE);
    hp_link_remove(t.node[0].s, link);      /* while advertising */
    six_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_quickly_then_slowly),
        cmocka_unit_test(test_what_it_says),
        cmocka_unit_test(test_solicitations_are_answered_but_not_each),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
