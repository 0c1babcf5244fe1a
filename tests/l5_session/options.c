/* Options: the table is whole, sizes and ranges are checked before the kind is asked, the common ones are kept. */
#include "l5_session/session.h"

#include "support/alloc.h"
#include "support/fake_sock.h"
#include "support/test.h"

struct options_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    struct hp_sock *sock;
};

static void options_begin(struct options_test *t)
{
    test_alloc_init(&t->alloc);
    struct hp_config c = {.profile = fake_profile, .allocator = &t->alloc.allocator};
    t->s = hp_stack_new(&c);
    assert_int_equal(hp_socket(t->s, HP_DGRAM, 0, &t->sock), HP_OK);
}

static void options_end(struct options_test *t)
{
    hp_close(t->sock);
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

static void test_every_option_has_a_name_of_its_own(void **state)
{
    for (int i = 0; i < HP_OPT_COUNT; i++) {
        assert_non_null(hp_opt_name((enum hp_opt)i));
        for (int j = 0; j < i; j++) assert_string_not_equal(hp_opt_name((enum hp_opt)i), hp_opt_name((enum hp_opt)j));
    }
    assert_string_equal(hp_opt_name(HP_OPT_COUNT), "?");
    assert_string_equal(hp_opt_name((enum hp_opt)UINT32_MAX), "?");
    assert_string_equal(hp_opt_name(HP_TCP_CONGESTION), "TCP_CONGESTION");
}

static int set_int(struct options_test *t, enum hp_opt opt, int v) { return hp_setsockopt(t->sock, opt, &v, sizeof v); }

static void test_sizes_and_ranges_are_checked_first(void **state)
{
    struct options_test t;
    options_begin(&t);
    struct fake_sock *f = fake_of(t.sock);
    char c = 1;
    hp_time minus = -1;
    struct hp_linger linger = {1, 0};
    f->opt = -1;
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_REUSEADDR, &c, 1), HP_EINVAL);
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_REUSEADDR, NULL, sizeof(int)), HP_EINVAL);
    assert_int_equal(hp_setsockopt(NULL, HP_SO_REUSEADDR, &linger.on, sizeof(int)), HP_EINVAL);
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_RCVTIMEO, &minus, sizeof minus), HP_EINVAL);
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_LINGER, &linger, sizeof linger - 1), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_IP_TTL, 0), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_IP_TTL, 256), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_IP_TTL, -2), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_IP_TOS, 256), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_SO_RCVBUF, -1), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_TCP_KEEPCNT, 0), HP_EINVAL);
    assert_int_equal(set_int(&t, HP_SO_TYPE, 1), HP_ENOPROTOOPT);
    assert_int_equal(set_int(&t, HP_SO_ERROR, 1), HP_ENOPROTOOPT);
    assert_int_equal(set_int(&t, HP_OPT_COUNT, 1), HP_ENOPROTOOPT);
    assert_int_equal(f->opt, -1);                               /* the kind saw none of it */
    assert_int_equal(set_int(&t, HP_IP_TTL, -1), HP_OK);
    assert_int_equal(set_int(&t, HP_IP_TTL, 255), HP_OK);
    assert_int_equal(f->opt, HP_IP_TTL);
    assert_int_equal(f->opt_value, 255);
    assert_int_equal(hp_setsockopt(t.sock, HP_TCP_CONGESTION, "cubic", 5), HP_OK);
    options_end(&t);
}

static int get_int(struct options_test *t, enum hp_opt opt)
{
    int v = -99;
    size_t n = sizeof v;
    assert_int_equal(hp_getsockopt(t->sock, opt, &v, &n), HP_OK);
    assert_int_equal(n, sizeof v);
    return v;
}

static void test_what_every_kind_has(void **state)
{
    struct options_test t;
    options_begin(&t);
    assert_int_equal(get_int(&t, HP_SO_TYPE), HP_DGRAM);
    assert_int_equal(get_int(&t, HP_SO_NONBLOCK), 0);
    assert_int_equal(set_int(&t, HP_SO_NONBLOCK, 5), HP_OK);
    assert_int_equal(get_int(&t, HP_SO_NONBLOCK), 1);
    assert_int_equal(set_int(&t, HP_SO_NONBLOCK, 0), HP_OK);
    assert_int_equal(get_int(&t, HP_SO_NONBLOCK), 0);
    t.sock->error = HP_ECONNRESET;
    assert_int_equal(get_int(&t, HP_SO_ERROR), HP_ECONNRESET);
    assert_int_equal(get_int(&t, HP_SO_ERROR), 0);
    hp_time set = HP_US(1), got = -1;
    size_t n = sizeof got;
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_RCVTIMEO, &set, sizeof set), HP_OK);
    assert_int_equal(hp_getsockopt(t.sock, HP_SO_RCVTIMEO, &got, &n), HP_OK);
    assert_int_equal(got, HP_MS(1));            /* upwards: 0 would be for ever */
    set = HP_NEVER;
    assert_int_equal(hp_setsockopt(t.sock, HP_SO_SNDTIMEO, &set, sizeof set), HP_OK);
    assert_int_equal(hp_getsockopt(t.sock, HP_SO_SNDTIMEO, &got, &n), HP_OK);
    assert_int_equal(got, 0);
    n = 3;
    assert_int_equal(hp_getsockopt(t.sock, HP_SO_TYPE, &got, &n), HP_EINVAL);
    n = sizeof got;
    assert_int_equal(hp_getsockopt(t.sock, HP_TCP_NODELAY, &got, &n), HP_ENOPROTOOPT);
    assert_int_equal(hp_getsockopt(t.sock, HP_OPT_COUNT, &got, &n), HP_ENOPROTOOPT);
    assert_int_equal(hp_getsockopt(t.sock, HP_SO_TYPE, NULL, &n), HP_EINVAL);
    options_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_option_has_a_name_of_its_own),
        cmocka_unit_test(test_sizes_and_ranges_are_checked_first),
        cmocka_unit_test(test_what_every_kind_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
