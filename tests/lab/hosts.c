/* Whole networks: hosts, a switch, routers; programs that ping and talk UDP; loss, crashes, determinism. */
#include "hepta/lab.h"
#include "hepta/ping.h"
#include "hepta/proc.h"
#include "hepta/socket.h"

#include "support/alloc.h"
#include "support/test.h"

/* c - sw - r1 - r2 - s */
struct net {
    struct test_alloc alloc;
    struct hp_world *w;
    struct hp_stack *c, *r1, *r2, *s;
    struct hp_cable *neck;
    struct hp_ping ping;
    uint8_t ttl;
    int result;
    uint64_t text;              /* a hash of the trace's text */
    unsigned lines;
};

static void address(struct net *t, const char *machine, const char *link, const char *v4, const char *v6)
{
    assert_int_equal(hp_world_address(t->w, machine, link, v4), HP_OK);
    assert_int_equal(hp_world_address(t->w, machine, link, v6), HP_OK);
}

static void route(struct net *t, const char *machine, const char *to, const char *gateway)
{
    assert_int_equal(hp_world_route(t->w, machine, to, gateway), HP_OK);
}

static void net_trace(void *ctx, const struct hp_event *e)
{
    struct net *t = ctx;
    char line[256];
    hp_event_text(e, line, sizeof line);
    for (const char *p = line; *p; p++) t->text = (t->text ^ (uint8_t)*p) * 0x100000001b3u;
    t->lines++;
}

static void server_addresses(struct net *t)
{
    address(t, "s", "eth0", "10.2.0.2/24", "fd00:2::2/64");
    route(t, "s", "0.0.0.0/0", "10.2.0.1");
    route(t, "s", "::/0", "fd00:2::1");
}

static void net_addresses(struct net *t)
{
    address(t, "c", "eth0", "10.1.0.2/24", "fd00:1::2/64");
    route(t, "c", "0.0.0.0/0", "10.1.0.1");
    route(t, "c", "::/0", "fd00:1::1");
    address(t, "r1", "eth0", "10.1.0.1/24", "fd00:1::1/64");
    address(t, "r1", "eth1", "10.9.0.1/24", "fd00:9::1/64");
    route(t, "r1", "10.2.0.0/24", "10.9.0.2");
    route(t, "r1", "fd00:2::/64", "fd00:9::2");
    address(t, "r2", "eth0", "10.9.0.2/24", "fd00:9::2/64");
    address(t, "r2", "eth1", "10.2.0.1/24", "fd00:2::1/64");
    route(t, "r2", "10.1.0.0/24", "10.9.0.1");
    route(t, "r2", "fd00:1::/64", "fd00:9::1");
    server_addresses(t);
}

static void net_begin(struct net *t, uint64_t seed, const struct hp_cable_config *neck)
{
    const struct hp_cable_config lan = {.way = {.rate = 1000000000, .delay = HP_US(1)}};
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(seed, &t->alloc.allocator);
    struct hp_trace trace = {.event = net_trace, .ctx = t};
    assert_int_equal(hp_world_trace(t->w, &trace, NULL), HP_OK);
    t->c = hp_world_host(t->w, "c");
    assert_non_null(hp_world_switch(t->w, "sw"));
    t->r1 = hp_world_router(t->w, "r1");
    t->r2 = hp_world_router(t->w, "r2");
    t->s = hp_world_host(t->w, "s");
    assert_non_null(hp_world_cable(t->w, "c", "sw", &lan));
    assert_non_null(hp_world_cable(t->w, "sw", "r1", &lan));
    t->neck = hp_world_cable(t->w, "r1", "r2", neck);
    assert_non_null(t->neck);
    assert_non_null(hp_world_cable(t->w, "r2", "s", &lan));
    net_addresses(t);
}

static void net_end(struct net *t)
{
    hp_world_free(t->w);
    test_alloc_end(&t->alloc);
}

static void net_reply(void *ctx, const struct hp_ping_reply *r)
{
    if (!r->error) ((struct net *)ctx)->ttl = r->ttl;
}

static void ping_program(struct hp_stack *s, void *arg)
{
    struct net *t = arg;
    t->result = hp_ping(s, &t->ping);
}

static void net_ping(struct net *t, const char *to, uint32_t count, uint32_t size)
{
    t->ping = (struct hp_ping){.count = count, .size = size, .interval = HP_MS(100), .reply = net_reply, .ctx = t};
    assert_true(hp_ip_parse(to, &t->ping.to));
    assert_int_equal(hp_spawn(t->c, "ping", ping_program, t, 0), HP_OK);
}

static void test_ping_through_a_switch_and_two_routers(void **state)
{
    const char *const to[] = {"10.2.0.2", "fd00:2::2"};
    for (int i = 0; i < 2; i++) {
        struct net t;
        net_begin(&t, 1, &(struct hp_cable_config){.way = {.rate = 10000000, .delay = HP_MS(10)}});
        net_ping(&t, to[i], 10, 56);
        hp_world_run(t.w, HP_S(20), NULL, NULL);
        assert_int_equal(t.result, HP_OK);
        assert_int_equal(t.ping.received, 10);
        assert_int_equal(t.ttl, 62);
        assert_true(t.ping.rtt_min > HP_MS(20) && t.ping.rtt_min < HP_MS(21));
        net_end(&t);
    }
}

static void test_words_are_checked(void **state)
{
    struct net t;
    net_begin(&t, 1, NULL);
    assert_int_equal(hp_world_address(t.w, "nobody", "eth0", "10.0.0.1/8"), HP_ENOENT);
    assert_int_equal(hp_world_address(t.w, "c", "eth7", "10.0.0.1/8"), HP_ENOENT);
    assert_int_equal(hp_world_address(t.w, "c", "eth0", "10.0.0/8"), HP_EINVAL);
    assert_int_equal(hp_world_route(t.w, "c", "10.0.0.0/8", "here"), HP_EINVAL);
    assert_int_equal(hp_world_route(t.w, "sw2", "10.0.0.0/8", "10.1.0.1"), HP_ENOENT);
    net_end(&t);
}

static void test_big_pings_are_fragmented_on_the_way(void **state)
{
    struct net t;
    net_begin(&t, 1, &(struct hp_cable_config){.way.delay = HP_MS(1)});
    net_ping(&t, "10.2.0.2", 1, 56); /* so that everybody knows the neighbours: few fragments wait for ARP */
    hp_world_run(t.w, HP_S(2), NULL, NULL);
    net_ping(&t, "10.2.0.2", 3, 65507);
    hp_world_run(t.w, HP_S(20), NULL, NULL);
    assert_int_equal(t.ping.received, 3);
    assert_int_equal(t.ping.errors, 0);
    net_end(&t);
}

static void test_pings_are_lost_by_name(void **state)
{
    struct net t;
    net_begin(&t, 1, &(struct hp_cable_config){.way.faults.loss = UINT32_MAX / 10});
    net_ping(&t, "10.2.0.2", 200, 56);
    hp_world_run(t.w, HP_S(60), NULL, NULL);
    uint64_t lost = hp_drop_count(t.r1, HP_DROP_WIRE_LOSS) + hp_drop_count(t.r2, HP_DROP_WIRE_LOSS);
    assert_true(lost > 20 && lost < 70);
    assert_true(t.ping.received < 200 && t.ping.received > 120);
    net_end(&t);
}

/* ---- determinism ---- */

static uint64_t run_digest(uint64_t seed, uint64_t *text)
{
    struct net t;
    net_begin(&t, seed, &(struct hp_cable_config){
                            .way = {.rate = 10000000, .delay = HP_MS(3),
                                    .faults = {.loss = 1 << 28, .duplicate = 1 << 26, .reorder = 1 << 28, .jitter = HP_MS(1),
                                               .bit_errors = 1 << 16}}});
    net_ping(&t, "10.2.0.2", 30, 3000);
    hp_world_run(t.w, HP_S(10), NULL, NULL);
    net_ping(&t, "fd00:2::2", 30, 3000);
    hp_world_run(t.w, HP_S(20), NULL, NULL);
    uint64_t digest = hp_world_digest(t.w);
    *text = t.text;
    assert_true(t.lines > 500);
    net_end(&t);
    return digest;
}

static void test_same_seed_same_frames_and_same_trace(void **state)
{
    uint64_t text, text2, digest = run_digest(1, &text);
    assert_int_equal(run_digest(1, &text2), digest);
    assert_int_equal(text, text2);
    assert_int_not_equal(run_digest(2, &text2), digest);
    assert_int_not_equal(text, text2);
}

/* ---- crashes ---- */

static void test_server_crashes_and_comes_back(void **state)
{
    struct net t;
    net_begin(&t, 1, &(struct hp_cable_config){.way.delay = HP_MS(5)});
    net_ping(&t, "10.2.0.2", 60, 56);
    hp_world_run(t.w, HP_S(2), NULL, NULL);
    uint32_t before = t.ping.received;
    assert_true(before >= 19);
    hp_world_crash(t.w, "s");
    hp_world_run(t.w, HP_S(4), NULL, NULL);
    assert_true(t.ping.received <= before + 1);
    t.s = hp_world_restart(t.w, "s");
    assert_non_null(t.s);
    server_addresses(&t);
    hp_world_run(t.w, HP_S(30), NULL, NULL);
    assert_true(t.ping.received > before + 15);
    assert_true(t.ping.received < 60);
    net_end(&t);
}

/* A machine with programs inside may crash, and a world be freed, at any time. */
static void test_crash_with_programs_inside(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct net t;
        net_begin(&t, 1, &(struct hp_cable_config){.way.delay = HP_MS(5)});
        net_ping(&t, "10.2.0.2", 100, 1000);
        hp_world_run(t.w, HP_MS(i * 7), NULL, NULL);
        if (i & 1) hp_world_crash(t.w, "c");
        if (i & 2) hp_world_crash(t.w, "r1");
        if (i & 4) hp_world_run(t.w, HP_S(1), NULL, NULL);
        net_end(&t);
    }
}

/* ---- memory ---- */

/* Whatever allocation fails, nothing leaks and the next ping works. */
static void test_every_allocation_may_fail(void **state)
{
    for (uint64_t n = 1; n < 120; n++) {
        struct net t;
        net_begin(&t, 1, &(struct hp_cable_config){.way.delay = HP_MS(1)});
        t.alloc.fail_at = n;
        t.ping = (struct hp_ping){.count = 2, .size = 2000, .interval = HP_MS(100), .to = hp_ip4(10, 2, 0, 2)};
        int err = hp_spawn(t.c, "ping", ping_program, &t, 0);
        hp_world_run(t.w, HP_S(5), NULL, NULL);
        bool failed = t.alloc.fail_at == 0;
        t.alloc.fail_at = 0;
        if (err) assert_int_equal(err, HP_ENOMEM);
        net_ping(&t, "10.2.0.2", 3, 56);
        hp_world_run(t.w, HP_S(20), NULL, NULL);
        if (t.ping.received == 0) fail_msg("no ping answered after allocation %d failed", (int)n);
        net_end(&t);
        if (!failed) break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ping_through_a_switch_and_two_routers),
        cmocka_unit_test(test_words_are_checked),
        cmocka_unit_test(test_big_pings_are_fragmented_on_the_way),
        cmocka_unit_test(test_pings_are_lost_by_name),
        cmocka_unit_test(test_same_seed_same_frames_and_same_trace),
        cmocka_unit_test(test_server_crashes_and_comes_back),
        cmocka_unit_test(test_crash_with_programs_inside),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
