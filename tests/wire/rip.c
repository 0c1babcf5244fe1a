/* RIP messages both ways; every cut of them. */
#include "wire/rip.h"

#include "support/golden.h"

enum { AT = 14 + 20 + 8 };

static struct rip_msg message(const char *name)
{
    struct rip_msg m;
    assert_true(rip_parse(golden_from(name, AT), &m));
    return m;
}

static struct rip_entry entry(struct rip_msg *m)
{
    struct rip_entry e;
    assert_true(rip_entry_next(&m->entries, &e));
    return e;
}

static void is_route(const struct rip_entry *e, const char *prefix, uint32_t metric)
{
    struct hp_prefix to;
    char buf[HP_PREFIX_TEXT];
    assert_int_equal(e->family, RIP_FAMILY_IP);
    assert_true(rip_prefix_of(e, &to));
    assert_string_equal(hp_prefix_text(&to, buf, sizeof buf), prefix);
    assert_int_equal(e->metric, metric);
}

static void test_response(void **state)
{
    struct rip_msg m = message("rip_response");
    struct hp_ip next = hp_ip4(10, 0, 0, 3);
    assert_true(m.command == RIP_RESPONSE && m.version == 2 && m.unused == 0 && m.auth == 0);
    struct rip_entry e = entry(&m);
    is_route(&e, "10.0.1.0/24", 1);
    e = entry(&m);
    is_route(&e, "10.0.6.0/24", 4);
    assert_true(e.tag == 7 && hp_ip_equal(&e.next, &next));
    e = entry(&m);
    is_route(&e, "0.0.0.0/0", 16);
    assert_false(rip_entry_next(&m.entries, &e));
}

static void test_request_for_everything(void **state)
{
    struct rip_msg m = message("rip_request");
    assert_true(rip_asks_all(&m));
    m = message("rip_response");
    assert_false(rip_asks_all(&m));
}

static void test_password(void **state)
{
    struct rip_msg m = message("rip_password");
    assert_int_equal(m.auth, RIP_AUTH_PASSWORD);
    assert_int_equal(m.password.n, 11);
    assert_memory_equal(m.password.p, "open sesame", 11);
    struct rip_entry e = entry(&m);
    is_route(&e, "10.0.1.0/24", 1);
    m = message("rip_digest");
    assert_int_equal(m.auth, RIP_AUTH_CRYPTO);
    e = entry(&m);
    is_route(&e, "10.0.1.0/24", 1);
    e = entry(&m);
    assert_int_equal(e.family, RIP_FAMILY_AUTH); /* the trailer */
}

/* Golden messages are put together again, byte for byte. */
static void test_writing(void **state)
{
    static const char *const name[] = {"rip_request", "rip_response", "rip_password", "rip1", "rip_many"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        uint8_t out[RIP_MESSAGE_MAX];
        struct writer w = writer_of(out, sizeof out);
        struct rip_msg m = message(name[i]);
        struct rip_entry e;
        rip_head_write(&w, (enum rip_command)m.command, m.version, m.auth ? "open sesame" : NULL);
        while (rip_entry_next(&m.entries, &e)) rip_entry_write(&w, &e);
        assert_false(w.full);
        assert_bytes_equal(bytes_of(out, writer_used(&w)), golden_from(name[i], AT));
    }
    uint8_t few[RIP_HEADER + 3];
    struct writer w = writer_of(few, sizeof few);
    rip_head_write(&w, RIP_RESPONSE, 2, NULL);
    rip_entry_write(&w, &(struct rip_entry){0});
    assert_true(w.full && writer_used(&w) == RIP_HEADER);
}

static void test_long_passwords_are_cut(void **state)
{
    uint8_t out[RIP_HEADER + RIP_ENTRY];
    struct writer w = writer_of(out, sizeof out);
    struct rip_msg m;
    rip_head_write(&w, RIP_RESPONSE, 2, "0123456789abcdefX");
    assert_true(rip_parse(bytes_of(out, writer_used(&w)), &m));
    assert_int_equal(m.password.n, RIP_PASSWORD_MAX);
    assert_memory_equal(m.password.p, "0123456789abcdef", RIP_PASSWORD_MAX);
}

static struct rip_entry masked(struct hp_ip address, struct hp_ip mask)
{
    return (struct rip_entry){.family = RIP_FAMILY_IP, .address = address, .mask = mask};
}

static void test_prefixes(void **state)
{
    struct hp_prefix to;
    struct rip_entry e = masked(hp_ip4(10, 0, 1, 0), hp_ip4(255, 0, 255, 0));
    assert_false(rip_prefix_of(&e, &to)); /* holes */
    e = masked(hp_ip4(10, 0, 1, 1), hp_ip4(255, 255, 255, 0));
    assert_false(rip_prefix_of(&e, &to)); /* a host's bits */
    for (unsigned len = 96; len <= 128; len++) {
        struct hp_prefix want = {hp_ip4(0, 0, 0, 0), (uint8_t)len};
        for (unsigned bit = 96; bit < len; bit++) want.ip.b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        rip_prefix_set(&e, &want);
        assert_true(rip_prefix_of(&e, &to));
        assert_true(to.len == len && hp_ip_equal(&to.ip, &want.ip));
    }
}

static void not_read(const char *hex)
{
    struct rip_msg m;
    assert_false(rip_parse(unhex(hex), &m));
}

static void test_what_is_no_rip(void **state)
{
    struct rip_msg m;
    not_read("");
    not_read("020200");
    not_read("02000000");                                       /* version 0 */
    not_read("02020000 0002");
    not_read("02020000 00020000 0a000100 ffffff00 00000000 0000");
    assert_true(rip_parse(unhex("02020000"), &m));              /* no routes are routes, too */
    assert_true(rip_parse(unhex("02030000 00020000 0a000100 ffffff00 00000000 00000001"), &m)); /* a later version */
    assert_true(rip_parse(unhex("02010000 ffff0002 61620000 00000000 00000000 00000000"), &m));
    assert_int_equal(m.auth, 0);                                /* version 1 has no authentication */
}

static void cut(struct hp_bytes in)
{
    struct rip_msg m;
    struct rip_entry e;
    if (!rip_parse(in, &m)) return;
    assert_true(m.password.n == 0 || (m.password.p >= in.p && m.password.p + m.password.n <= in.p + in.n));
    while (rip_entry_next(&m.entries, &e)) continue;
}

static void test_every_truncation(void **state)
{
    static const char *const name[] = {"rip_request", "rip_response", "rip_password", "rip_digest", "rip1"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) each_cut(golden_from(name[i], AT), cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_response),
        cmocka_unit_test(test_request_for_everything),
        cmocka_unit_test(test_password),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_long_passwords_are_cut),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_what_is_no_rip),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
