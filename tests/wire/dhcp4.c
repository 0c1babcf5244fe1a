/* DHCP messages both ways. */
#include "wire/dhcp4.h"

#include "support/golden.h"

enum { AT = 14 + 20 + 8 };

static bool same(const struct dhcp4_msg *a, const struct dhcp4_msg *b)
{
    uint8_t x[1500], y[1500];
    size_t n = dhcp4_write(x, sizeof x, a);
    return n > 0 && n == dhcp4_write(y, sizeof y, b) && memcmp(x, y, n) == 0;
}

static void test_offer_of_dnsmasq(void **state)
{
    struct dhcp4_msg m;
    struct hp_ip ip = hp_ip4(10, 9, 0, 53), server = hp_ip4(10, 9, 0, 2);
    char buf[DNS_TEXT];
    assert_true(dhcp4_parse(golden_from("dhcp_ack", AT), &m));
    assert_true(m.reply && m.type == DHCP4_ACK && m.xid == 0x12345678 && m.chaddr.b[5] == 0x0a);
    assert_true(hp_ip_equal(&m.yiaddr, &ip) && hp_ip_equal(&m.server, &server));
    assert_int_equal(dhcp4_mask_length(&m.mask), 24);
    assert_true(m.router_count == 1 && m.dns_count == 1 && m.mtu == 1400);
    assert_true(m.lease_s == 3600 && m.t1_s == 1800 && m.t2_s == 3150);
    assert_true(dhcp4_has(&m, DHCP4_LEASE) && !dhcp4_has(&m, DHCP4_HOSTNAME) && m.skipped == 0);
    struct hp_bytes routes = m.routes;
    struct dhcp4_route r;
    assert_true(dhcp4_route_next(&routes, &r));
    assert_string_equal(hp_prefix_text(&r.to, buf, sizeof buf), "10.8.0.0/16");
    assert_true(hp_ip_equal(&r.gateway, &server));
    assert_false(dhcp4_route_next(&routes, &r));
    assert_int_equal(routes.n, 0);
    size_t at = 0;
    struct dns_name name;
    assert_true(dhcp4_search_next(m.search, &at, &name));
    assert_string_equal(dns_name_text(&name, buf, sizeof buf), "example.org");
    assert_true(dhcp4_search_next(m.search, &at, &name));
    assert_string_equal(dns_name_text(&name, buf, sizeof buf), "lab.example.org");
    assert_false(dhcp4_search_next(m.search, &at, &name));
    assert_int_equal(at, m.search.n);
}

static void test_both_ways(void **state)
{
    const char *names[] = {"dhcp_discover", "dhcp_ack"};
    for (int i = 0; i < 2; i++) {
        struct dhcp4_msg m, back;
        uint8_t out[600];
        assert_true(dhcp4_parse(golden_from(names[i], AT), &m));
        size_t n = dhcp4_write(out, sizeof out, &m);
        assert_true(n >= DHCP4_SIZE_MIN);
        assert_true(dhcp4_parse(bytes_of(out, n), &back));
        assert_memory_equal(back.has, m.has, sizeof m.has);
        assert_true(same(&m, &back));
        for (size_t k = 0; k < n; k++) assert_int_equal(dhcp4_write(out, k, &m), 0);
    }
}

static struct dhcp4_msg message(void)
{
    return (struct dhcp4_msg){.reply = true, .type = DHCP4_OFFER, .xid = 7};
}

/* A reply whose options field holds these bytes. */
static bool options(const char *hex, struct dhcp4_msg *m)
{
    static uint8_t *exact;
    struct dhcp4_msg empty = message();
    struct hp_bytes b = unhex(hex);
    uint8_t out[DHCP4_SIZE_MIN];
    empty.type = 0;
    assert_int_equal(dhcp4_write(out, sizeof out, &empty), sizeof out);
    free(exact);
    exact = malloc(DHCP4_FIXED + b.n);
    memcpy(exact, out, DHCP4_FIXED);
    memcpy(exact + DHCP4_FIXED, b.p, b.n);
    return dhcp4_parse(bytes_of(exact, DHCP4_FIXED + b.n), m);
}

static void test_L11_options_past_the_end(void **state)
{
    struct dhcp4_msg m;
    assert_true(options("350105 ff", &m));
    assert_int_equal(m.type, DHCP4_ACK);
    assert_true(options("350105", &m));                     /* no end: what is there counts */
    assert_true(options("", &m) && m.type == 0);
    assert_false(options("35", &m));
    assert_false(options("3501", &m));
    assert_false(options("350105 0cff 61", &m));
    assert_false(options("0c05 61626364", &m));
    assert_true(options("ff 0cff", &m));                    /* nothing after the end counts */
    assert_true(options("000000 350105 00 ff", &m) && m.type == DHCP4_ACK);
    assert_true(options("0c03 616263 ff", &m));             /* a string without NUL stays within its bytes */
    assert_bytes_equal(m.hostname, bytes_of("abc", 3));
}

static void test_L12_lengths_that_cannot_be(void **state)
{
    struct dhcp4_msg m;
    const char *bad[] = {"0600", "0603 010203", "0605 0102030405", "0300", "0103 ffffff", "0105 ffffffff00", "0c00", "3302 0001",
                         "3305 0000000001", "1a01 05", "1a03 000578", "3500", "3502 0505", "3603 010203", "3200", "3901 02", "3401 00",
                         "3401 04", "3402 0101", "7900", "7700", "0f00"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_true(options(bad[i], &m));                   /* left out, not believed */
        assert_int_equal(m.skipped, 1);
        assert_false(dhcp4_has(&m, unhex(bad[i]).p[0]));
        assert_true(m.dns_count == 0 && m.router_count == 0 && m.type == 0 && m.lease_s == 0);
    }
    char hex[2 * 257 + 1] = "06fc";                         /* 63 servers: we keep some */
    for (int i = 0; i < 252; i++) strcat(hex, "01");
    assert_true(options(hex, &m));
    assert_true(m.dns_count == DHCP4_LIST_MAX && m.skipped == 0);
    strcpy(hex, "0cff");
    for (int i = 0; i < 255; i++) strcat(hex, "61");
    assert_true(options(hex, &m) && m.hostname.n == 255);
    strcpy(hex, "06ff");
    for (int i = 0; i < 255; i++) strcat(hex, "01");
    assert_true(options(hex, &m) && m.dns_count == 0 && m.skipped == 1);
}

/* The domains of a list, joined by commas; '!' at the end if it is malformed. */
static const char *search(const char *hex)
{
    static char text[600];
    struct hp_bytes b = unhex(hex);
    struct dns_name name;
    size_t at = 0;
    text[0] = 0;
    while (dhcp4_search_next(b, &at, &name)) {
        assert_true(strlen(text) < 300);
        dns_name_text(&name, text + strlen(text), 200);
        strcat(text, ",");
    }
    if (at != b.n) strcat(text, "!");
    return text;
}

static void test_L13_search_list(void **state)
{
    assert_string_equal(search("0161 0162 00 0163 c002"), "a.b,c.b,");
    assert_string_equal(search("c000"), "!");               /* to itself */
    assert_string_equal(search("0161 c000"), "!");
    assert_string_equal(search("0161 00 c005 0162 00"), "a,!");     /* forward */
    assert_string_equal(search("c002 c000"), "!");          /* to and fro */
    assert_string_equal(search("0161"), "!");
    assert_string_equal(search(""), "");
}

static void test_L14_addresses_and_masks(void **state)
{
    static const struct { uint8_t b[4]; bool ok; } ips[] = {
        {{0, 0, 0, 0}, false}, {{255, 255, 255, 255}, false}, {{224, 0, 0, 1}, false}, {{239, 1, 2, 3}, false},
        {{127, 0, 0, 1}, false}, {{240, 0, 0, 1}, false}, {{0, 1, 2, 3}, false}, {{10, 0, 0, 1}, true}, {{192, 168, 0, 1}, true},
        {{169, 254, 1, 1}, true}, {{223, 255, 255, 254}, true}};
    for (size_t i = 0; i < sizeof ips / sizeof ips[0]; i++) {
        struct hp_ip ip = hp_ip4(ips[i].b[0], ips[i].b[1], ips[i].b[2], ips[i].b[3]);
        assert_int_equal(dhcp4_address_ok(&ip), ips[i].ok);
    }
    for (int n = 0; n <= 32; n++) {
        uint32_t mask = n ? UINT32_MAX << (32 - n) : 0;
        struct hp_ip ip = hp_ip4((uint8_t)(mask >> 24), (uint8_t)(mask >> 16), (uint8_t)(mask >> 8), (uint8_t)mask);
        assert_int_equal(dhcp4_mask_length(&ip), n);
    }
    struct hp_ip odd = hp_ip4(255, 0, 255, 0), low = hp_ip4(0, 0, 0, 255), v6 = {{0x20}};
    assert_int_equal(dhcp4_mask_length(&odd), -1);
    assert_int_equal(dhcp4_mask_length(&low), -1);
    assert_int_equal(dhcp4_mask_length(&v6), -1);
    assert_false(dhcp4_address_ok(&v6));
}

static void test_overload(void **state)
{
    uint8_t b[DHCP4_FIXED + 7];
    struct dhcp4_msg m = message();
    uint8_t out[DHCP4_SIZE_MIN];
    dhcp4_write(out, sizeof out, &m);
    memcpy(b, out, DHCP4_FIXED);
    memcpy(b + DHCP4_FIXED, unhex("340103 350102 ff").p, 7);
    memcpy(b + 108, unhex("0c04 66696c65 ff").p, 7);        /* file: host name */
    memcpy(b + 44, unhex("0f05 736e616d65 340101").p, 10);  /* sname: domain, and an overload that must not count */
    memset(b + 54, 0, 54);
    assert_true(dhcp4_parse(bytes_of(b, sizeof b), &m));
    assert_bytes_equal(m.hostname, bytes_of("file", 4));
    assert_bytes_equal(m.domain, bytes_of("sname", 5));
    assert_true(m.type == DHCP4_OFFER && m.file.n == 0 && m.sname.n == 0);
    b[DHCP4_FIXED + 2] = 1;                                 /* only file holds options */
    assert_true(dhcp4_parse(bytes_of(b, sizeof b), &m));
    assert_true(m.file.n == 0 && m.sname.n > 0 && m.domain.n == 0);
    b[108 + 1] = 200;                                       /* past the end of its field */
    assert_false(dhcp4_parse(bytes_of(b, sizeof b), &m));
}

static void test_long_options_are_split_and_joined(void **state)
{
    struct dhcp4_msg m = message(), back;
    static uint8_t routes[600], joined[600], out[1200];
    struct writer w = writer_of(routes, sizeof routes);
    for (unsigned i = 0; i < 60; i++) {
        struct dhcp4_route r = {{hp_ip4(10, (uint8_t)i, 0, 0), 96 + 16}, hp_ip4(10, 0, 0, 1)};
        dhcp4_route_write(&w, &r);
    }
    m.routes = bytes_of(routes, writer_used(&w));
    assert_int_equal(m.routes.n, 60 * 7);
    dhcp4_set(&m, DHCP4_ROUTES);
    size_t n = dhcp4_write(out, sizeof out, &m);
    assert_true(n > 0 && dhcp4_parse(bytes_of(out, n), &back));
    assert_int_equal(back.routes.n, 255);                   /* the first part */
    assert_bytes_equal(bytes_of(joined, dhcp4_option_join(bytes_of(out, n), DHCP4_ROUTES, joined, sizeof joined)), m.routes);
    assert_int_equal(dhcp4_option_join(bytes_of(out, n), DHCP4_ROUTES, joined, 100), 0);    /* no half parts */
}

static void test_routes(void **state)
{
    struct dhcp4_route r;
    for (unsigned width = 0; width < 256; width++) {
        uint8_t b[9] = {(uint8_t)width, 255, 255, 255, 255, 1, 2, 3, 4};
        size_t need = 1 + (width + 7) / 8 + 4;
        for (size_t n = 0; n <= 9; n++) {
            struct hp_bytes left = bytes_of(b, n);
            bool ok = dhcp4_route_next(&left, &r);
            assert_int_equal(ok, width <= 32 && n >= need);
            if (!ok) continue;
            assert_int_equal(r.to.len, 96 + width);
            assert_int_equal(get32(r.to.ip.b + 12), width ? UINT32_MAX << (32 - width) : 0);
        }
    }
}

static void test_fixed_part(void **state)
{
    struct hp_bytes in = golden_from("dhcp_ack", AT);
    uint8_t b[600];
    struct dhcp4_msg m;
    for (size_t at = 0; at < 240; at++) {
        bool checked = at < 3 || at >= 236;                 /* op, hardware type and size, cookie */
        memcpy(b, in.p, in.n);
        b[at] = 0xee;
        assert_int_equal(dhcp4_parse(bytes_of(b, in.n), &m), !checked);
    }
}

static void cut(struct hp_bytes in)
{
    struct dhcp4_msg m;
    struct dhcp4_opts o = dhcp4_opts_start(in);
    uint8_t code;
    struct hp_bytes data;
    if (dhcp4_parse(in, &m)) assert_true(in.n >= DHCP4_FIXED);
    while (dhcp4_opts_next(&o, &code, &data)) assert_true(data.p + data.n <= in.p + in.n);
}

static void test_every_truncation(void **state)
{
    each_cut(golden_from("dhcp_ack", AT), cut);
    each_cut(golden_from("dhcp_discover", AT), cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offer_of_dnsmasq),
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_L11_options_past_the_end),
        cmocka_unit_test(test_L12_lengths_that_cannot_be),
        cmocka_unit_test(test_L13_search_list),
        cmocka_unit_test(test_L14_addresses_and_masks),
        cmocka_unit_test(test_overload),
        cmocka_unit_test(test_long_options_are_split_and_joined),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_fixed_part),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
