/* RIP among routers of a lab, in virtual time: learning, rerouting, counting to infinity, what is said and how often. */
#include "hepta/ping.h"
#include "hepta/proc.h"
#include "support/rip_net.h"
#include "wire/rip.h"

/* ---- learning ---- */

static void test_two_routers_learn_from_each_other(void **state)
{
    struct rip_net *t = rip_net_new(1);
    rip_net_line(t, 2);
    rip_net_start_all(t);
    rip_net_run(t, HP_MS(100));
    assert_int_equal(rip_net_metric(t, 0, 9), 2);
    assert_int_equal(rip_net_metric(t, 0, 1), 1);
    assert_int_equal(rip_net_metric(t, 1, 1), 1);
    assert_int_equal(rip_net_way(t, 0, 9), 12);
    assert_int_equal(rip_net_way(t, 0, 1), -1);
    assert_string_equal(t->last[0], "learned 10.0.9.0/24 via 10.0.1.2 metric 2");
    assert_true(t->rip[0].updates_in > 0 && t->rip[0].bad_messages == 0 && t->rip[0].bad_routes == 0);
    rip_net_end(t);
}

static void test_a_line_converges_at_the_speed_of_triggered_updates(void **state)
{
    struct rip_net *t = rip_net_new(2);
    rip_net_line(t, 5);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(20)); /* five hops, at most 5 s each */
    for (int i = 0; i < 5; i++) {
        assert_int_equal(rip_net_metric(t, i, 9), 5 - i);
        assert_int_equal(t->rip[i].routes, 5);
        if (i < 4) assert_int_equal(rip_net_way(t, i, 9), (i + 1) * 10 + 2);
    }
    assert_int_equal(rip_net_way(t, 4, 1), 41);
    rip_net_end(t);
}

struct asked {
    struct hp_ping ping;
    int result;
    bool ended;
};

static void ping_program(struct hp_stack *s, void *arg)
{
    struct asked *a = arg;
    a->result = hp_ping(s, &a->ping);
    a->ended = true;
}

static void test_packets_follow_what_was_learnt(void **state)
{
    struct rip_net *t = rip_net_new(3);
    struct asked a = {.ping = {.to = hp_ip4(10, 0, 9, 2), .count = 1}};
    rip_net_line(t, 4);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(20));
    assert_int_equal(hp_spawn(rip_net_stack(t, 0), "ping", ping_program, &a, 0), HP_OK);
    rip_net_run(t, HP_S(3));
    assert_true(a.ended);
    assert_int_equal(a.result, HP_OK);
    rip_net_end(t);
}

/* ---- a ring of six ---- */

static void ring(struct rip_net *t, hp_time update)
{
    for (int i = 0; i < 6; i++) rip_net_router(t);
    for (int i = 0; i < 6; i++) rip_net_join(t, i, (i + 1) % 6, i + 1);
    for (int i = 0; i < 6; i++) {
        t->rip[i].update = update;
        t->rip[i].timeout = 6 * update;
        t->rip[i].garbage = 4 * update;
    }
    rip_net_start_all(t);
    rip_net_run(t, HP_S(30));
}

static void test_a_ring_finds_the_shorter_way(void **state)
{
    struct rip_net *t = rip_net_new(4);
    ring(t, 0);
    assert_int_equal(t->rip[0].routes, 6);
    assert_int_equal(rip_net_metric(t, 0, 2), 2);   /* by b */
    assert_int_equal(rip_net_way(t, 0, 2), 12);
    assert_int_equal(rip_net_metric(t, 0, 5), 2);   /* by f */
    assert_int_equal(rip_net_way(t, 0, 5), 61);
    assert_int_equal(rip_net_metric(t, 0, 3), 3);
    rip_net_end(t);
}

static void test_a_cable_that_is_pulled_is_gone_around(void **state)
{
    struct rip_net *t = rip_net_new(5);
    ring(t, HP_S(5));
    hp_world_cable_set_up(t->w, hp_world_find_cable(t->w, "a-b"), false);
    rip_net_run(t, HP_MS(1));
    assert_int_equal(rip_net_metric(t, 0, 1), HP_RIP_INFINITY);  /* at once: its own network ... */
    assert_int_equal(rip_net_metric(t, 0, 2), HP_RIP_INFINITY);  /* ... and what was behind it   */
    assert_int_equal(rip_net_way(t, 0, 2), 0);
    assert_string_equal(t->last[0], "lost 10.0.1.0/24: the link is down");
    rip_net_run(t, HP_S(20));
    assert_int_equal(rip_net_way(t, 0, 2), 61);                  /* the other way around */
    assert_int_equal(rip_net_metric(t, 0, 2), 5);
    assert_int_equal(rip_net_way(t, 1, 6), 22);
    hp_world_cable_set_up(t->w, hp_world_find_cable(t->w, "a-b"), true);
    rip_net_run(t, HP_S(20));
    assert_int_equal(rip_net_way(t, 0, 2), 12);
    assert_int_equal(rip_net_metric(t, 0, 2), 2);
    rip_net_end(t);
}

/* b loses power: its cables' other ends see that at once, but who is behind the other routers must be told, and what b knew times out. */
static void test_a_router_that_dies_is_gone_around(void **state)
{
    struct rip_net *t = rip_net_new(6);
    ring(t, HP_S(5));
    assert_int_equal(rip_net_way(t, 0, 2), 12);
    hp_world_crash(t->w, "b");
    rip_net_run(t, HP_S(30));
    assert_int_equal(rip_net_way(t, 0, 2), 0);      /* c's end has no carrier either */
    assert_int_equal(rip_net_way(t, 0, 3), 61);
    assert_int_equal(rip_net_metric(t, 0, 3), 4);
    rip_net_end(t);
}

/* Asking makes it a matter of milliseconds, with the usual timers. */
static void test_asking_is_faster_than_waiting(void **state)
{
    for (int ask = 0; ask < 2; ask++) {
        struct rip_net *t = rip_net_new(19);
        for (int i = 0; i < 6; i++) t->rip[i].ask = ask;
        ring(t, 0);
        hp_world_crash(t->w, "b");
        rip_net_run(t, HP_MS(100));
        assert_int_equal(rip_net_way(t, 0, 3), ask ? 61 : 0);
        rip_net_run(t, HP_S(36));
        assert_int_equal(rip_net_way(t, 0, 3), 61);
        rip_net_end(t);
    }
}

/* RIP on b ends without a word (its program is cancelled): only the timeout tells. */
static void test_a_silent_router_times_out(void **state)
{
    struct rip_net *t = rip_net_new(7);
    ring(t, HP_S(5));
    hp_time before = hp_world_now(t->w);
    hp_programs_cancel(rip_net_stack(t, 1));
    rip_net_run(t, HP_S(24));
    assert_false(t->rip[1].running);
    assert_int_equal(t->rip[1].error, HP_ECANCELED);
    assert_int_equal(rip_net_way(t, 0, 2), 12);     /* still believed */
    rip_net_run(t, HP_S(40));
    assert_int_equal(rip_net_way(t, 0, 2), 61);
    assert_true(hp_world_now(t->w) - before < HP_S(65));
    rip_net_end(t);
}

static void test_the_same_seed_gives_the_same(void **state)
{
    uint64_t digest[2];
    for (int i = 0; i < 2; i++) {
        struct rip_net *t = rip_net_new(8);
        ring(t, HP_S(5));
        hp_world_crash(t->w, "d");
        rip_net_run(t, HP_S(60));
        digest[i] = hp_world_digest(t->w);
        rip_net_end(t);
    }
    assert_true(digest[0] == digest[1]);
}

/* ---- what is said ---- */

static bool said(const struct rip_net *t, hp_time since, uint32_t src, uint32_t to, uint8_t metric)
{
    for (unsigned i = 0; i < t->count; i++) {
        const struct rip_heard *h = &t->heard[i];
        if (h->at >= since && h->src == src && h->to == to && h->metric == metric && h->command == RIP_RESPONSE) return true;
    }
    return false;
}

enum { A1 = 0x0a000101, B1 = 0x0a000102, B2 = 0x0a000201, NET1 = 0x0a000100, NET2 = 0x0a000200, NET9 = 0x0a000900 };

static struct rip_net *three(enum hp_rip_horizon horizon)
{
    struct rip_net *t = rip_net_new(9);
    rip_net_line(t, 3);
    for (int i = 0; i < 3; i++) t->rip[i].every.horizon = horizon;
    rip_net_start_all(t);
    rip_net_run(t, HP_S(100));
    return t;
}

static void test_horizons(void **state)
{
    struct rip_net *t = three(HP_RIP_POISONED_REVERSE);
    assert_true(said(t, 0, B1, NET9, 2) && said(t, 0, B2, NET9, 16));
    assert_false(said(t, 0, B2, NET9, 2) || said(t, 0, B1, NET1, 1));
    assert_true(said(t, 0, A1, NET9, 16));
    rip_net_end(t);
    t = three(HP_RIP_SPLIT_HORIZON);
    assert_true(said(t, 0, B1, NET9, 2));
    assert_false(said(t, 0, B2, NET9, 16) || said(t, 0, B2, NET9, 2) || said(t, 0, A1, NET9, 16) || said(t, 0, A1, NET9, 3));
    rip_net_end(t);
    t = three(HP_RIP_NO_HORIZON);
    assert_true(said(t, 0, B1, NET9, 2) && said(t, 0, B2, NET9, 2) && said(t, 0, A1, NET9, 3) && said(t, 0, B1, NET1, 1));
    rip_net_end(t);
}

static void test_updates_come_every_30_s_and_are_not_in_step(void **state)
{
    struct rip_net *t = rip_net_new(10);
    hp_time last = 0, shortest = HP_S(100), longest = 0;
    rip_net_line(t, 2);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    unsigned from = t->count;
    rip_net_run(t, HP_S(3000));
    for (unsigned i = from; i < t->count; i++) {
        const struct rip_heard *h = &t->heard[i];
        if (h->src != B1 || h->to != NET9) continue;
        hp_time gap = h->at - last;
        if (last && gap < shortest) shortest = gap;
        if (last && gap > longest) longest = gap;
        last = h->at;
    }
    assert_in_range(shortest, HP_S(25), HP_S(28));
    assert_in_range(longest, HP_S(32), HP_S(35) + 1);
    rip_net_end(t);
}

/* A stub that flaps: one triggered update at once, the next after 1 to 5 seconds, however often it flaps. */
static void test_triggered_updates_are_limited(void **state)
{
    struct rip_net *t = rip_net_new(11);
    struct hp_cable *stub = rip_net_line(t, 2);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    unsigned from = t->count, groups = 0;
    uint64_t triggered = t->rip[1].triggered_out;
    hp_time begin = hp_world_now(t->w);
    for (int i = 0; i < 400; i++) {
        hp_world_cable_set_up(t->w, stub, i & 1);
        rip_net_run(t, HP_MS(50));
    }
    hp_time last = 0;
    for (unsigned i = from; i < t->count; i++) {
        const struct rip_heard *h = &t->heard[i];
        if (h->src != B1) continue;
        if (groups == 0) assert_in_range(h->at - begin, 0, HP_MS(1));
        groups++;
        last = h->at;
    }
    assert_true(last > 0);
    assert_in_range(t->rip[1].triggered_out - triggered, 4, 20);
    assert_in_range(groups, 4, 21); /* one may be regular */
    rip_net_end(t);
}

/* ---- counting to infinity ---- */

/* What b says is lost while its way to the stub times out. */
static void lose_what_b_says(struct rip_net *t, bool lost)
{
    const struct hp_way clean = {.delay = HP_MS(1)}, lossy = {.delay = HP_MS(1), .faults.loss = UINT32_MAX};
    const struct hp_cable_config c = {.way = clean, .back = lost ? &lossy : &clean};
    hp_world_cable_set(t->w, hp_world_find_cable(t->w, "a-b"), &c);
}

/* c dies without a word.  b's word of it does not reach a, who still believes b, and tells b so.  Answers how far b counted. */
static int count_to_infinity(struct rip_net *t, struct hp_cable *stub)
{
    int most = 0;
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    assert_int_equal(rip_net_metric(t, 0, 9), 3);
    hp_world_cable_set_up(t->w, stub, false);
    hp_programs_cancel(rip_net_stack(t, 2));
    rip_net_run(t, HP_S(140));
    lose_what_b_says(t, true);
    for (int i = 0; i < 1000; i++) {
        rip_net_run(t, HP_S(1));
        int m = rip_net_metric(t, 1, 9);
        if (i == 80) lose_what_b_says(t, false);
        if (m < HP_RIP_INFINITY && m > most) most = m;
    }
    assert_int_equal(rip_net_metric(t, 1, 9), 0); /* forgotten: it had an end */
    assert_int_equal(rip_net_way(t, 1, 9), 0);
    assert_int_equal(rip_net_way(t, 0, 9), 0);
    return most;
}

static void test_counting_to_infinity_ends(void **state)
{
    struct rip_net *t = rip_net_new(12);
    struct hp_cable *stub = rip_net_line(t, 3);
    for (int i = 0; i < 3; i++) t->rip[i].every.horizon = HP_RIP_NO_HORIZON;
    assert_in_range(count_to_infinity(t, stub), 14, 15);
    rip_net_end(t);
}

static void test_poisoned_reverse_does_not_count(void **state)
{
    struct rip_net *t = rip_net_new(12);
    struct hp_cable *stub = rip_net_line(t, 3);
    assert_int_equal(count_to_infinity(t, stub), 2);
    rip_net_end(t);
}

/* ---- ours and others' ---- */

static void test_static_and_default_routes_are_announced_if_asked(void **state)
{
    struct rip_net *t = rip_net_new(13);
    rip_net_line(t, 2);
    assert_int_equal(hp_world_route(t->w, "b", "172.16.0.0/12", "10.0.9.2"), HP_OK);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    struct hp_route r;
    struct hp_ip to = hp_ip4(172, 16, 1, 1), far = hp_ip4(192, 0, 2, 1);
    assert_int_equal(hp_route_find(rip_net_stack(t, 0), &to, &r), HP_ENETUNREACH);
    hp_rip_stop(rip_net_stack(t, 1), &t->rip[1]);
    rip_net_run(t, HP_S(1));
    t->rip[1].announce = 1u << HP_ROUTE_STATIC;
    t->rip[1].announce_metric = 5;
    t->rip[1].announce_tag = 77;
    t->rip[1].announce_default = true;
    rip_net_start(t, 1);
    rip_net_run(t, HP_S(60));
    assert_int_equal(hp_route_find(rip_net_stack(t, 0), &to, &r), HP_OK);
    assert_int_equal(hp_route_find(rip_net_stack(t, 0), &far, &r), HP_OK);
    struct hp_rip_route known;
    char text[HP_RIP_TEXT];
    assert_int_equal(hp_rip_route(&t->rip[0], 3, &known), HP_OK);
    assert_string_equal(hp_rip_route_text(&known, text, sizeof text), "172.16.0.0/12 via 10.0.1.2 metric 6 tag 77");
    assert_int_equal(hp_rip_route(&t->rip[1], 0, &known), HP_OK);
    assert_string_equal(hp_rip_route_text(&known, text, sizeof text), "0.0.0.0/0 announced metric 5 tag 77");
    struct hp_route gone = {.to = {hp_ip4(172, 16, 0, 0), 108}, .gateway = hp_ip4(10, 0, 9, 2)};
    assert_int_equal(hp_route_remove(rip_net_stack(t, 1), &gone), HP_OK);
    rip_net_run(t, HP_S(6));
    assert_int_equal(hp_route_find(rip_net_stack(t, 0), &to, &r), HP_OK); /* by the default route now */
    assert_int_equal(r.to.len, 96);
    rip_net_end(t);
}

static void test_a_router_that_ends_says_so(void **state)
{
    struct rip_net *t = rip_net_new(14);
    rip_net_line(t, 2);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    hp_rip_stop(rip_net_stack(t, 1), &t->rip[1]);
    rip_net_run(t, HP_MS(10));
    assert_false(t->rip[1].running);
    assert_int_equal(t->rip[1].error, HP_OK);
    assert_int_equal(rip_net_metric(t, 0, 9), HP_RIP_INFINITY);
    assert_int_equal(rip_net_way(t, 0, 9), 0);
    assert_string_equal(t->last[0], "lost 10.0.9.0/24: a neighbour said so");
    rip_net_run(t, HP_S(121));
    assert_int_equal(rip_net_metric(t, 0, 9), 0);
    assert_string_equal(t->last[0], "forgot 10.0.9.0/24");
    assert_int_equal(t->rip[0].routes, 1);
    assert_int_equal(hp_rip_route(&t->rip[1], 0, &(struct hp_rip_route){0}), HP_ENOENT);
    rip_net_end(t);
}

static void test_addresses_come_and_go(void **state)
{
    struct rip_net *t = rip_net_new(15);
    rip_net_line(t, 2);
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    struct hp_prefix more = {hp_ip4(10, 0, 20, 1), 120};
    int link = hp_link_find(rip_net_stack(t, 1), "eth1");
    assert_int_equal(hp_addr_add(rip_net_stack(t, 1), link, &more, 0), HP_OK);
    rip_net_run(t, HP_MS(10));
    assert_int_equal(rip_net_metric(t, 0, 20), 2);
    rip_net_run(t, HP_S(10));
    assert_int_equal(hp_addr_remove(rip_net_stack(t, 1), link, &more.ip), HP_OK);
    rip_net_run(t, HP_MS(10));
    assert_int_equal(rip_net_metric(t, 0, 20), HP_RIP_INFINITY);
    rip_net_run(t, HP_S(10));
    hp_link_remove(rip_net_stack(t, 0), hp_link_find(rip_net_stack(t, 0), "eth0"));
    rip_net_run(t, HP_MS(10));
    assert_int_equal(rip_net_metric(t, 0, 9), HP_RIP_INFINITY);
    rip_net_end(t);
}

static void test_passive_and_off(void **state)
{
    struct rip_net *t = rip_net_new(16);
    rip_net_line(t, 3);
    int b2 = hp_link_find(rip_net_stack(t, 1), "eth1");
    t->rip[1].link[t->rip[1].links++] = (struct hp_rip_link){.link = b2, .passive = true};
    t->rip[2].link[t->rip[2].links++] = (struct hp_rip_link){.link = hp_link_find(rip_net_stack(t, 2), "eth1"), .off = true};
    rip_net_start_all(t);
    rip_net_run(t, HP_S(60));
    assert_int_equal(rip_net_metric(t, 1, 9), 0);                   /* c does not announce its stub */
    assert_int_equal(rip_net_metric(t, 0, 2), 2);                   /* b's passive network is announced ... */
    assert_int_equal(rip_net_metric(t, 2, 1), 0);                   /* ... but b does not speak there */
    assert_false(said(t, 0, B2, NET1, 1));
    rip_net_end(t);
}

static void test_settings_that_make_no_sense(void **state)
{
    struct rip_net *t = rip_net_new(17);
    rip_net_router(t);
    struct hp_rip bad[] = {
        {.update = -1}, {.every.cost = 16}, {.every.password = ""}, {.every.password = "seventeen letters"}, {.announce_metric = 16},
        {.links = HP_RIP_LINKS_MAX + 1}, {.links = 1, .link[0].cost = 17}, {.every.horizon = (enum hp_rip_horizon)3}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_int_equal(hp_rip_start(rip_net_stack(t, 0), &bad[i]), HP_EINVAL);
    rip_net_start(t, 0);
    rip_net_run(t, HP_S(1));
    struct hp_rip second = {0};
    assert_int_equal(hp_rip_start(rip_net_stack(t, 0), &second), HP_OK);
    rip_net_run(t, HP_S(1));
    assert_int_equal(second.error, HP_EADDRINUSE);
    assert_false(second.running);
    rip_net_end(t);
}

/* The n-th allocation of a router fails: it may know less for a while, but it stays, and learns again. */
static void test_X02_nth_allocation_fails(void **state)
{
    for (uint64_t n = 1; n < 60; n++) {
        struct rip_net *t = rip_net_new(18);
        rip_net_line(t, 2);
        hp_mem_fail_at(rip_net_stack(t, 0), n);
        if (hp_rip_start(rip_net_stack(t, 0), &t->rip[0]) == HP_OK) {
            rip_net_start(t, 1);
            rip_net_run(t, HP_S(5));
            hp_mem_fail_at(rip_net_stack(t, 0), 0);
            rip_net_run(t, HP_S(100));
            if (t->rip[0].running) {
                if (rip_net_metric(t, 0, 9) != 2 || rip_net_way(t, 0, 9) != 12) fail_msg("after n = %u", (unsigned)n);
            } else {
                assert_int_equal(t->rip[0].error, HP_ENOMEM);
            }
        }
        rip_net_end(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_routers_learn_from_each_other),
        cmocka_unit_test(test_a_line_converges_at_the_speed_of_triggered_updates),
        cmocka_unit_test(test_packets_follow_what_was_learnt),
        cmocka_unit_test(test_a_ring_finds_the_shorter_way),
        cmocka_unit_test(test_a_cable_that_is_pulled_is_gone_around),
        cmocka_unit_test(test_a_router_that_dies_is_gone_around),
        cmocka_unit_test(test_asking_is_faster_than_waiting),
        cmocka_unit_test(test_a_silent_router_times_out),
        cmocka_unit_test(test_the_same_seed_gives_the_same),
        cmocka_unit_test(test_horizons),
        cmocka_unit_test(test_updates_come_every_30_s_and_are_not_in_step),
        cmocka_unit_test(test_triggered_updates_are_limited),
        cmocka_unit_test(test_counting_to_infinity_ends),
        cmocka_unit_test(test_poisoned_reverse_does_not_count),
        cmocka_unit_test(test_static_and_default_routes_are_announced_if_asked),
        cmocka_unit_test(test_a_router_that_ends_says_so),
        cmocka_unit_test(test_addresses_come_and_go),
        cmocka_unit_test(test_passive_and_off),
        cmocka_unit_test(test_settings_that_make_no_sense),
        cmocka_unit_test(test_X02_nth_allocation_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
