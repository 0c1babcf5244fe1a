/* How often ICMP errors may be sent: to one destination a burst, then the rate; others and redirects have their own. */
#include "support/l3.h"

#include "l3_network/net.h"

static unsigned burst(struct l3 *t, const char *to, bool (*allowed)(struct hp_stack *s, const struct hp_ip *to))
{
    struct hp_ip ip = ip_of(to);
    unsigned n = 0;
    while (n < 1000 && allowed(t->s, &ip)) n++;
    return n;
}

static void test_a_burst_then_the_rate(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_in_range(burst(&t, "9.0.0.1", net_error_allowed), 6, 15); /* RFC 4443 2.4 f: half to one and a half of the setting */
    assert_int_equal(burst(&t, "9.0.0.1", net_error_allowed), 0);
    assert_int_equal(hp_counter(t.s, "net.errors_limited"), 2);
    for (int i = 0; i < 5; i++) {
        l3_wait(&t, HP_MS(100));
        assert_int_equal(burst(&t, "9.0.0.1", net_error_allowed), 1); /* 10 a second */
    }
    l3_wait(&t, HP_S(60));
    assert_in_range(burst(&t, "9.0.0.1", net_error_allowed), 6, 15);
    l3_end(&t);
}

/* CVE-2020-25705: what one destination gets tells nothing of what another does; an IPv6 host has its whole /64. */
static void test_destinations_and_redirects_have_their_own(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_in_range(burst(&t, "9.0.0.1", net_error_allowed), 6, 15);
    assert_in_range(burst(&t, "9.0.0.2", net_error_allowed), 6, 15);
    assert_in_range(burst(&t, "9.0.0.1", net_redirect_allowed), 6, 15);
    assert_in_range(burst(&t, "2001:db8::1", net_error_allowed), 6, 15);
    assert_int_equal(burst(&t, "2001:db8::2:2", net_error_allowed), 0);
    assert_in_range(burst(&t, "2001:db8:0:1::1", net_error_allowed), 6, 15);
    l3_end(&t);
}

/* The size is drawn anew, so that it cannot be measured once and relied on. */
static void test_the_size_changes(void **state)
{
    struct l3 t;
    unsigned least = 1000, most = 0;
    l3_begin(&t, NULL);
    for (int i = 0; i < 50; i++) {
        unsigned n = burst(&t, "9.0.0.1", net_error_allowed);
        if (n < least) least = n;
        if (n > most) most = n;
        l3_wait(&t, HP_S(60));
    }
    assert_true(least < most);
    l3_end(&t);
}

static void test_none_at_all(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    hp_mem_fail_at(t.s, 1); /* the table is made by the first error */
    assert_int_equal(burst(&t, "9.0.0.1", net_error_allowed), 0);
    hp_mem_fail_at(t.s, 0);
    assert_true(burst(&t, "9.0.0.1", net_error_allowed) > 0);
    assert_int_equal(hp_setting_set(t.s, "net.errors_per_s", 0), HP_OK);
    l3_wait(&t, HP_S(60));
    assert_int_equal(burst(&t, "9.0.0.1", net_error_allowed), 0);
    l3_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_then_the_rate),
        cmocka_unit_test(test_destinations_and_redirects_have_their_own),
        cmocka_unit_test(test_the_size_changes),
        cmocka_unit_test(test_none_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
