/* What the DHCP client believes of an offer. */
#include "l7_application/dhcp_message.h"

#include "support/test.h"
#include "wire/dhcp4.h"

static const struct hp_mac test_mac = {{2, 0, 0, 0, 0, 1}};

static struct dhcp4_msg offer(void)
{
    struct hp_ip none = hp_ip4(0, 0, 0, 0);
    struct dhcp4_msg m = {.reply = true, .xid = 9, .chaddr = test_mac, .type = DHCP4_OFFER, .yiaddr = hp_ip4(10, 0, 0, 5),
                          .ciaddr = none, .siaddr = none, .giaddr = none, .mask = hp_ip4(255, 255, 255, 0),
                          .server = hp_ip4(10, 0, 0, 1), .lease_s = 3600, .router_count = 1, .routers = {hp_ip4(10, 0, 0, 1)},
                          .dns_count = 2, .dns = {hp_ip4(10, 0, 0, 53), hp_ip4(0, 0, 0, 0)}};
    dhcp4_set(&m, DHCP4_MASK);
    dhcp4_set(&m, DHCP4_SERVER);
    dhcp4_set(&m, DHCP4_LEASE);
    dhcp4_set(&m, DHCP4_ROUTERS);
    dhcp4_set(&m, DHCP4_DNS);
    return m;
}

static bool take(const struct dhcp4_msg *m, struct dhcp_told *t)
{
    uint8_t b[1500];
    size_t n = dhcp4_write(b, sizeof b, m);
    assert_true(n >= 300);
    return dhcp_told_read(bytes_of(b, n), t);
}

static void test_offer(void **state)
{
    struct dhcp4_msg m = offer();
    struct dhcp_told t;
    assert_true(take(&m, &t));
    assert_int_equal(t.type, DHCP_OFFER);
    assert_int_equal(t.lease.address.len, 120);
    assert_int_equal(t.lease.address.ip.b[15], 5);
    assert_int_equal(t.lease_s, 3600);
    assert_int_equal(t.lease.router_count, 1);
    assert_int_equal(t.lease.dns_count, 1); /* 0.0.0.0 is nobody's name server */
}

static void test_L14_impossible_addresses_are_refused(void **state)
{
    const struct hp_ip bad[] = {hp_ip4(0, 0, 0, 0), hp_ip4(255, 255, 255, 255), hp_ip4(224, 0, 0, 1), hp_ip4(127, 0, 0, 1)};
    struct dhcp_told t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dhcp4_msg m = offer();
        m.yiaddr = bad[i];
        if (take(&m, &t)) fail_msg("address %zu was taken", i);
    }
    struct dhcp4_msg holes = offer();
    holes.mask = hp_ip4(255, 0, 255, 0);
    assert_false(take(&holes, &t));
}

static void test_requests_and_strangers_are_refused(void **state)
{
    struct dhcp4_msg m = offer();
    struct dhcp_told t;
    m.reply = false;
    assert_false(take(&m, &t));
    m = offer();
    m.type = DHCP4_DISCOVER;
    assert_false(take(&m, &t));
    m = offer();
    m.has[DHCP4_SERVER / 32] &= ~(UINT32_C(1) << DHCP4_SERVER % 32);
    assert_false(take(&m, &t));
}

static void test_ask_is_read_back(void **state)
{
    uint8_t b[1500];
    struct dhcp4_msg m;
    struct dhcp_ask a = {.type = DHCP_REQUEST, .xid = 77, .broadcast = true, .mac = test_mac, .requested = hp_ip4(10, 0, 0, 5),
                         .server = hp_ip4(10, 0, 0, 1), .hostname = "me"};
    size_t n = dhcp_ask_write(b, sizeof b, &a);
    assert_true(dhcp4_parse(bytes_of(b, n), &m));
    assert_false(m.reply);
    assert_int_equal(m.type, DHCP4_REQUEST);
    assert_int_equal(m.xid, 77);
    assert_true(m.broadcast);
    assert_true(hp_ip_equal(&m.requested, &a.requested));
    assert_true(hp_ip_equal(&m.server, &a.server));
    assert_int_equal(m.hostname.n, 2);
    a = (struct dhcp_ask){.type = DHCP_DISCOVER, .xid = 1, .mac = test_mac};
    n = dhcp_ask_write(b, sizeof b, &a);
    assert_true(dhcp4_parse(bytes_of(b, n), &m));
    assert_false(dhcp4_has(&m, DHCP4_REQUESTED));
    assert_false(dhcp4_has(&m, DHCP4_SERVER));
}

static void test_L11_truncations_are_harmless(void **state)
{
    uint8_t b[1500];
    struct dhcp4_msg m = offer();
    struct dhcp_told t;
    size_t n = dhcp4_write(b, sizeof b, &m);
    for (size_t i = 0; i < n; i++) dhcp_told_read(bytes_of(b, i), &t);
    assert_true(dhcp_told_read(bytes_of(b, n), &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer),
        cmocka_unit_test(test_L14_impossible_addresses_are_refused),
        cmocka_unit_test(test_requests_and_strangers_are_refused),
        cmocka_unit_test(test_ask_is_read_back),
        cmocka_unit_test(test_L11_truncations_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
