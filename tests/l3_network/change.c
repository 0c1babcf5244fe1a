/* Sockets that tell of changes: each kind by itself, coalesced, to programs that wait, and gone with the stack. */
#include "hepta/net.h"

#include "hepta/proc.h"
#include "hepta/wire.h"
#include "support/pair.h"
#include "support/test.h"

enum { ETH = 2 };

static struct hp_sock *watch(struct hp_stack *s, int wanted)
{
    struct hp_sock *sock;
    assert_int_equal(hp_socket(s, HP_CHANGES, wanted, &sock), HP_OK);
    return sock;
}

/* What is said, or 0. */
static uint32_t said(struct hp_sock *sock)
{
    uint32_t what = 0;
    bool ready = hp_ready(sock) & HP_READABLE;
    int64_t n = hp_recv(sock, &what, sizeof what, 0);
    assert_int_equal(n, ready ? (int64_t)sizeof what : HP_EAGAIN);
    return what;
}

static struct hp_route route(void)
{
    return (struct hp_route){.to = {hp_ip4(10, 9, 0, 0), 112}, .gateway = hp_ip4(10, 0, 0, 2), .link = ETH};
}

static void test_each_kind(void **state)
{
    struct pair p;
    struct hp_route r = route();
    struct hp_prefix address = {hp_ip4(10, 1, 0, 1), 120};
    assert_true(pair_open(&p, 1));
    struct hp_stack *s = p.a.stack;
    struct hp_sock *all = watch(s, 0), *links = watch(s, HP_CHANGED_LINKS), *routes = watch(s, HP_CHANGED_ROUTES);
    assert_int_equal(said(all), 0);
    assert_int_equal(hp_route_add(s, &r), HP_OK);
    assert_int_equal(said(all), HP_CHANGED_ROUTES);
    assert_int_equal(said(all), 0);
    assert_int_equal(said(links), 0);
    assert_int_equal(hp_addr_add(s, ETH, &address, 0), HP_OK);
    assert_int_equal(hp_route_remove(s, &r), HP_OK);
    assert_int_equal(said(all), HP_CHANGED_ADDRESSES | HP_CHANGED_ROUTES);
    assert_int_equal(said(links), 0);
    hp_wire_set_carrier(&p.a.wire, false);
    assert_int_equal(said(links), HP_CHANGED_LINKS);
    hp_wire_set_carrier(&p.a.wire, true);
    hp_link_set_up(s, ETH, false);
    assert_int_equal(said(links), HP_CHANGED_LINKS);
    assert_int_equal(said(routes), HP_CHANGED_ROUTES);
    hp_link_remove(s, ETH);
    assert_int_equal(said(links), HP_CHANGED_LINKS);
    hp_close(all);
    hp_close(routes);
    pair_close(&p); /* and the last one with it */
}

static void test_what_makes_no_sense(void **state)
{
    struct pair p;
    struct hp_sock *sock;
    struct hp_endpoint e = {.port = 1};
    uint8_t small[2];
    assert_true(pair_open(&p, 1));
    assert_int_equal(hp_socket(p.a.stack, HP_CHANGES, 64, &sock), HP_EINVAL);
    sock = watch(p.a.stack, 0);
    assert_int_equal(hp_bind(sock, &e), HP_EOPNOTSUPP);
    assert_int_equal(hp_send(sock, "x", 1, 0), HP_EOPNOTSUPP);
    assert_int_equal(hp_recv(sock, small, sizeof small, 0), HP_EAGAIN);
    hp_link_set_up(p.a.stack, ETH, false);
    assert_int_equal(hp_recv(sock, small, sizeof small, 0), HP_EINVAL);
    assert_int_equal(said(sock), HP_CHANGED_LINKS);
    pair_close(&p);
}

struct waiter_seen {
    uint32_t what;
    hp_time at;
};

static void waits(struct hp_stack *s, void *arg)
{
    struct waiter_seen *w = arg;
    struct hp_sock *sock = watch(s, HP_CHANGED_LINKS);
    if (hp_recv(sock, &w->what, sizeof w->what, 0) == (int64_t)sizeof w->what) w->at = hp_now(s);
    hp_close(sock);
}

static void test_a_program_waits_for_it(void **state)
{
    struct pair p;
    struct waiter_seen w = {0};
    assert_true(pair_open(&p, 1));
    assert_int_equal(hp_spawn(p.a.stack, "waits", waits, &w, 0), HP_OK);
    pair_run(&p, HP_S(5), NULL, NULL);
    assert_int_equal(w.what, 0);
    hp_wire_set_carrier(&p.a.wire, false);
    pair_run(&p, HP_S(5), NULL, NULL);
    assert_int_equal(w.what, HP_CHANGED_LINKS);
    assert_in_range(w.at, HP_S(5), HP_S(5) + HP_MS(1));
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_kind),
        cmocka_unit_test(test_what_makes_no_sense),
        cmocka_unit_test(test_a_program_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
