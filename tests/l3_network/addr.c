/* Addresses on links: which may be, what they bring along, and what stays when one of two goes. */
#include "support/l3.h"

#include "l3_network/net.h"

static int add(struct l3 *t, int i, const char *text)
{
    struct hp_prefix p;
    assert_true(hp_prefix_parse(text, &p));
    return hp_addr_add(t->s, t->link[i]->index, &p, HP_ADDR_NO_DAD);
}

static int del(struct l3 *t, int i, const char *text)
{
    struct hp_ip ip = ip_of(text);
    return hp_addr_remove(t->s, t->link[i]->index, &ip);
}

static bool ours(struct l3 *t, const char *text)
{
    struct hp_ip ip = ip_of(text);
    return ip_is_ours(t->s, &ip);
}

static bool broadcast(struct l3 *t, const char *text)
{
    struct hp_ip ip = ip_of(text);
    return ip_is_broadcast(t->s, &ip);
}

static bool is_neighbour(struct l3 *t, const char *text)
{
    struct hp_ip ip = ip_of(text);
    const struct route *r = route_find(t->s, &ip);
    return r && r->kind == ROUTE_UNICAST && !r->gatewayed;
}

static unsigned count(struct l3 *t)
{
    struct hp_addr_info info;
    unsigned n = 0;
    while (hp_addr_info(t->s, n, &info) == HP_OK) n++;
    return n;
}

static void test_addresses_that_no_machine_has(void **state)
{
    static const char *const text[] = {"0.0.0.0/0", "0.1.2.3/8", "127.0.0.2/8", "224.0.0.1/24", "240.0.0.1/24", "255.255.255.255/32",
                                       "::/64", "::1/128", "ff02::1/64"};
    struct l3 t;
    l3_begin(&t, NULL);
    unsigned before = count(&t);
    for (unsigned i = 0; i < sizeof text / sizeof *text; i++) assert_int_equal(add(&t, 0, text[i]), HP_EINVAL);
    struct hp_prefix p = {ip_of("10.9.0.1"), 90}; /* an IPv4 prefix is at least 96 bits here */
    assert_int_equal(hp_addr_add(t.s, t.link[0]->index, &p, 0), HP_EINVAL);
    p.len = 129;
    assert_int_equal(hp_addr_add(t.s, t.link[0]->index, &p, 0), HP_EINVAL);
    p.len = 120;
    assert_int_equal(hp_addr_add(t.s, 77, &p, 0), HP_ENOENT);
    assert_int_equal(add(&t, 0, "10.0.0.1/24"), HP_EEXIST);
    assert_int_equal(add(&t, 0, "10.0.0.1/16"), HP_EEXIST);
    assert_int_equal(del(&t, 0, "10.0.0.77"), HP_ENOENT);
    assert_int_equal(del(&t, 1, "10.0.0.1"), HP_ENOENT); /* not on this link */
    assert_int_equal(count(&t), before);
    l3_end(&t);
}

static void test_what_an_address_brings_and_takes(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_false(ours(&t, "10.5.1.1"));
    assert_false(is_neighbour(&t, "10.5.1.2"));
    assert_int_equal(add(&t, 0, "10.5.1.1/24"), HP_OK);
    assert_true(ours(&t, "10.5.1.1"));
    assert_true(is_neighbour(&t, "10.5.1.2"));
    assert_true(broadcast(&t, "10.5.1.255") && broadcast(&t, "10.5.1.0"));
    assert_false(broadcast(&t, "10.5.1.254") || broadcast(&t, "10.5.2.255"));
    assert_int_equal(del(&t, 0, "10.5.1.1"), HP_OK);
    assert_false(ours(&t, "10.5.1.1") || is_neighbour(&t, "10.5.1.2") || broadcast(&t, "10.5.1.255"));
    l3_end(&t);
}

static void test_two_of_one_prefix_share_it(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(add(&t, 0, "10.5.1.1/24"), HP_OK);
    assert_int_equal(add(&t, 0, "10.5.1.7/24"), HP_OK);
    assert_int_equal(del(&t, 0, "10.5.1.1"), HP_OK);
    assert_false(ours(&t, "10.5.1.1"));
    assert_true(ours(&t, "10.5.1.7") && is_neighbour(&t, "10.5.1.2") && broadcast(&t, "10.5.1.255"));
    assert_int_equal(del(&t, 0, "10.5.1.7"), HP_OK);
    assert_false(is_neighbour(&t, "10.5.1.2") || broadcast(&t, "10.5.1.255"));
    l3_end(&t);
}

/* RFC 3021. */
static void test_a_link_of_two_has_no_broadcast(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(add(&t, 0, "10.5.1.0/31"), HP_OK);
    assert_true(ours(&t, "10.5.1.0") && is_neighbour(&t, "10.5.1.1"));
    assert_false(broadcast(&t, "10.5.1.1") || broadcast(&t, "10.5.1.0"));
    l3_end(&t);
}

static void test_addresses_go_with_their_link(void **state)
{
    struct l3 t;
    l3_begin(&t, NULL);
    assert_int_equal(add(&t, 1, "10.5.1.1/24"), HP_OK);
    hp_link_remove(t.s, t.link[1]->index);
    assert_false(ours(&t, "10.5.1.1") || ours(&t, "10.1.0.1"));
    assert_true(ours(&t, "10.0.0.1"));
    l3_end(&t);
}

/* RFC 8200 5: no IPv6 where 1280 bytes do not fit; IPv4 is none the worse. */
static void test_no_ipv6_on_a_small_link(void **state)
{
    struct l3 t;
    struct hp_addr_info info;
    l3_begin(&t, NULL);
    hp_link_remove(t.s, t.link[1]->index);
    for (uint32_t mtu = 1279; mtu <= 1280; mtu++) {
        tap_init(&t.tap[1]);
        t.tap[1].wire.mtu = mtu;
        int link = hp_link_add(t.s, &t.tap[1].wire, NULL);
        assert_true(link > 0);
        t.link[1] = link_get(t.s, link);
        assert_int_equal(add(&t, 1, "2001:db8::1/64"), mtu < 1280 ? HP_EOPNOTSUPP : HP_OK);
        assert_int_equal(add(&t, 1, "10.5.1.1/24"), HP_OK);
        l3_wait(&t, HP_S(5));
        unsigned six = 0, sent = 0;
        for (unsigned i = 0; hp_addr_info(t.s, i, &info) == HP_OK; i++) six += info.link == link && !hp_ip_is4(&info.address.ip);
        assert_int_equal(six, mtu < 1280 ? 0 : 2);
        for (const struct tap_frame *f; (f = tap_take(&t.tap[1]));) sent += get16(f->b + 12) == 0x86dd;
        assert_true(mtu < 1280 ? sent == 0 : sent > 0);
        hp_link_remove(t.s, link);
    }
    l3_end(&t);
}

static void test_failing_memory(void **state)
{
    struct l3 t;
    int done = 0;
    for (uint64_t n = 1; !done; n++) {
        l3_begin(&t, NULL);
        hp_mem_fail_at(t.s, n);
        int err = add(&t, 0, "10.5.1.1/24");
        hp_mem_fail_at(t.s, 0);
        assert_true(err == HP_OK || err == HP_ENOMEM);
        done = err == HP_OK;
        if (!done) assert_false(ours(&t, "10.5.1.1") || is_neighbour(&t, "10.5.1.2") || broadcast(&t, "10.5.1.255"));
        if (!done) assert_int_equal(add(&t, 0, "10.5.1.1/24"), HP_OK);
        assert_true(ours(&t, "10.5.1.1") && is_neighbour(&t, "10.5.1.2") && broadcast(&t, "10.5.1.255"));
        l3_end(&t);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_no_machine_has),
        cmocka_unit_test(test_what_an_address_brings_and_takes),
        cmocka_unit_test(test_two_of_one_prefix_share_it),
        cmocka_unit_test(test_a_link_of_two_has_no_broadcast),
        cmocka_unit_test(test_addresses_go_with_their_link),
        cmocka_unit_test(test_no_ipv6_on_a_small_link),
        cmocka_unit_test(test_failing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
