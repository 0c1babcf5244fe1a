/* Multicast listener discovery: what is reported, and which queries are answered; node a alone, in virtual time. */
#include "support/six.h"

/* The next MLD message that was sent: its bytes from the ICMPv6 header on, or NULL.  Fails unless it has a router alert and hop limit 1. */
static const uint8_t *mld_take(struct six *t, size_t *n, struct ipv6_hdr *h)
{
    for (const struct tap_frame *f; (f = tap_take(t->hub.tap[0]));) {
        struct hp_bytes in = bytes_of(f->b + 14, f->n - 14);
        if (get16(f->b + 12) != ETHERTYPE_IPV6 || ipv6_parse(in, h) != IPV6_OK || h->next != IP_PROTO_HOPOPTS) continue;
        assert_int_equal(h->hops, 1);
        assert_bytes(f->b + 54, 8, "3a00 05020000 0100");
        *n = h->len - 8u;
        return f->b + 62;
    }
    return NULL;
}

static unsigned mld_count(struct six *t)
{
    struct ipv6_hdr h;
    size_t n;
    unsigned count = 0;
    while (mld_take(t, &n, &h)) count++;
    return count;
}

static void mld_quiet(struct six *t)
{
    six_begin(t, 1);
    six_run(t, HP_S(20));
    assert_true(mld_count(t) >= 2);
}

static void test_joining_and_leaving_is_said_twice(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    mld_quiet(&t);
    struct hp_ip group = six_ip("ff05::1234");
    assert_int_equal(hp_multicast_join(t.node[0].s, t.node[0].l->index, &group), HP_OK);
    six_run(&t, HP_S(5));
    for (int i = 0; i < 2; i++) {
        const uint8_t *p = mld_take(&t, &n, &h);
        assert_non_null(p);
        assert_bytes(p, n, "8f00.... 0000 0001 04000000 ff050000000000000000000000001234");
        assert_true(hp_ip_is_linklocal(&h.src));
        assert_int_equal(h.dst.b[15], 0x16);
    }
    assert_null(mld_take(&t, &n, &h));
    assert_int_equal(hp_multicast_leave(t.node[0].s, t.node[0].l->index, &group), HP_OK);
    six_run(&t, HP_S(5));
    for (int i = 0; i < 2; i++) {
        const uint8_t *p = mld_take(&t, &n, &h);
        assert_non_null(p);
        assert_bytes(p, n, "8f00.... 0000 0001 03000000 ff050000000000000000000000001234");
    }
    assert_null(mld_take(&t, &n, &h));
    six_end(&t);
}

/* RFC 4862 5.4.2: the group of an address is reported before the address is asked for. */
static void test_report_comes_before_the_check(void **state)
{
    struct six t;
    six_begin(&t, 1);
    six_run(&t, HP_S(3));
    const struct tap_frame *f = tap_take(t.hub.tap[0]);
    assert_non_null(f);
    assert_int_equal(f->b[20], IP_PROTO_HOPOPTS);
    assert_int_equal(f->b[62], ICMP6_MLD2_REPORT);
    assert_bytes(f->b + 22, 16, "00000000000000000000000000000000");
    six_end(&t);
}

static const char general[] = "8200 0000 2710 0000 00000000000000000000000000000000 02 7d 0000";

static void test_general_query_is_answered_by_one_report(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    mld_quiet(&t);
    struct hp_ip group = six_ip("ff05::1234");
    hp_multicast_join(t.node[0].s, t.node[0].l->index, &group);
    six_run(&t, HP_S(5));
    mld_count(&t);
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, general);
    six_run(&t, HP_MS(10001));
    const uint8_t *p = mld_take(&t, &n, &h);
    assert_non_null(p);
    assert_int_equal(get16(p + 6), 2);              /* the group, and the solicited-node group */
    assert_int_equal(p[8], 2);
    assert_null(mld_take(&t, &n, &h));
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, "8200 0000 03e8 0000 ff050000000000000000000000001234 02 7d 0000");
    six_run(&t, HP_MS(1001));
    p = mld_take(&t, &n, &h);
    assert_non_null(p);
    assert_bytes(p, n, "8f00.... 0000 0001 02000000 ff050000000000000000000000001234");
    six_end(&t);
}

static void test_version_1_querier_is_answered_in_version_1(void **state)
{
    struct six t;
    struct ipv6_hdr h;
    size_t n;
    mld_quiet(&t);
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, "8200 0000 03e8 0000 00000000000000000000000000000000");
    six_run(&t, HP_S(2));
    const uint8_t *p = mld_take(&t, &n, &h);
    assert_non_null(p);
    assert_int_equal(p[0], ICMP6_MLD_REPORT);
    assert_int_equal(n, 24);
    assert_memory_equal(p + 8, h.dst.b, 16);
    six_end(&t);
}

/* C14, C17: nothing was joined, the source list does not fit, the source is far away: no answer, no harm. */
static void test_C17_queries_that_lie(void **state)
{
    struct six t;
    mld_quiet(&t);
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, "8200 0000 0001 0000 00000000000000000000000000000000 02 7d ffff");
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1,
                   "8200 0000 0001 0000 ff050000000000000000000000001234 02 7d 0002 20010db8000000000000000000000001");
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, "8200 0000 0001 0000 000000000000000000000000000000");
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 64, general);
    six_inject_hex(&t, "2001:db8::1", "ff02::1", IP_PROTO_ICMPV6, 1, general);
    six_expect_drops(&t, 0, HP_DROP_ICMP_BAD, 5);
    six_run(&t, HP_S(20));
    assert_int_equal(mld_count(&t), 0);
    six_end(&t);
}

static void test_C14_query_for_a_group_that_nobody_joined(void **state)
{
    struct six t;
    mld_quiet(&t);
    six_inject_hex(&t, "fe80::1", "ff02::1", IP_PROTO_ICMPV6, 1, "8200 0000 0001 0000 ff050000000000000000000000009999 02 7d 0000");
    six_run(&t, HP_S(20));
    assert_int_equal(mld_count(&t), 0);
    six_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_joining_and_leaving_is_said_twice),
        cmocka_unit_test(test_report_comes_before_the_check),
        cmocka_unit_test(test_general_query_is_answered_by_one_report),
        cmocka_unit_test(test_version_1_querier_is_answered_in_version_1),
        cmocka_unit_test(test_C17_queries_that_lie),
        cmocka_unit_test(test_C14_query_for_a_group_that_nobody_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
