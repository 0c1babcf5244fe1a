/* Ping on two hosts, and traceroute over two routers. */
#include "hepta/ping.h"

#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/proc.h"
#include "support/pair.h"
#include "support/test.h"

enum { REPLIES_MAX = 400, HOPS_MAX = 100 };

struct scene {
    struct pair p;
    struct hp_ping ping;
    struct hp_ping_reply reply[REPLIES_MAX];
    int replies, result;
    hp_time took;
    bool ended;
};

static void scene_reply(void *ctx, const struct hp_ping_reply *r)
{
    struct scene *c = ctx;
    assert_true(c->replies < REPLIES_MAX);
    c->reply[c->replies++] = *r;
}

static void pinger(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    hp_time began = hp_now(s);
    c->result = hp_ping(s, &c->ping);
    c->took = hp_now(s) - began;
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static struct scene *scene_open(void)
{
    struct scene *c = calloc(1, sizeof *c);
    assert_true(pair_open(&c->p, 9));
    c->ping = (struct hp_ping){.to = c->p.b.ip, .count = 3, .size = 56, .reply = scene_reply, .ctx = c};
    return c;
}

static void scene_close(struct scene *c)
{
    pair_close(&c->p);
    free(c);
}

static int ping(struct scene *c)
{
    c->replies = 0;
    c->ended = false;
    c->ping.sent = c->ping.received = c->ping.duplicates = c->ping.errors = 0;
    assert_int_equal(hp_spawn(c->p.a.stack, "ping", pinger, c, 0), HP_OK);
    if (!pair_run(&c->p, HP_S(1000), scene_ended, c)) fail_msg("ping hangs");
    return c->result;
}

static void test_answers(void **state)
{
    struct scene *c = scene_open();
    assert_int_equal(ping(c), HP_OK);
    assert_int_equal(c->replies, 3);
    assert_int_equal(c->ping.sent, 3);
    assert_int_equal(c->ping.received, 3);
    assert_in_range(c->took, HP_S(2), HP_MS(2100));
    for (int i = 0; i < 3; i++) {
        struct hp_ping_reply *r = &c->reply[i];
        assert_true(r->seq == i + 1 && r->bytes == 56 && r->error == HP_OK && !r->duplicate && !r->damaged && r->ttl == 64 && r->rtt > 0);
        assert_true(hp_ip_equal(&r->from, &c->p.b.ip));
    }
    assert_true(c->ping.rtt_min > 0 && c->ping.rtt_min <= c->ping.rtt_max && c->ping.rtt_sum >= c->ping.rtt_max);
    scene_close(c);
}

static void test_sizes_of_both_versions(void **state)
{
    static const uint32_t size[] = {0, 1, 1452, 1453, 1472, 1473, 65507};
    struct scene *c = scene_open();
    c->ping.count = 1;
    for (size_t i = 0; i < 2 * sizeof size / sizeof *size; i++) {
        c->ping.to = i % 2 ? c->p.b.ip6 : c->p.b.ip;
        c->ping.size = size[i / 2];
        if (ping(c) != HP_OK || c->reply[0].bytes != c->ping.size || c->reply[0].damaged) fail_msg("size %u", c->ping.size);
    }
    c->ping.size = 65508;
    assert_int_equal(ping(c), HP_EMSGSIZE);
    scene_close(c); /* and that leaks nothing */
}

static void test_silence_is_told_as_a_timeout(void **state)
{
    struct scene *c = scene_open();
    c->ping.to = hp_ip4(10, 0, 0, 77);
    c->ping.interval = HP_MS(300);
    int err = ping(c);
    assert_true(err == HP_ETIMEDOUT);
    assert_int_equal(c->ping.sent, 3);
    assert_int_equal(c->ping.received, 0);
    assert_true(c->took < HP_S(10));
    for (int i = 0; i < c->replies; i++) assert_true(c->reply[i].error == HP_ETIMEDOUT || c->reply[i].error == HP_EHOSTUNREACH);
    assert_true(c->replies >= 3);
    scene_close(c);
}

static void test_no_route(void **state)
{
    struct scene *c = scene_open();
    c->ping.to = hp_ip4(192, 0, 2, 1);
    assert_int_equal(ping(c), HP_ENETUNREACH);
    scene_close(c);
}

/* ---- a cable with faults ---- */

struct net {
    struct test_alloc alloc;
    struct hp_world *w;
    struct scene scene;
    struct hp_traceroute trace;
    struct hp_hop hop[HOPS_MAX];
    int hops, result;
    bool ended;
};

/* a - b */
static void net_two(struct net *t, const struct hp_cable_config *config)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(42, &t->alloc.allocator);
    hp_world_host(t->w, "a");
    hp_world_host(t->w, "b");
    hp_world_cable(t->w, "a", "b", config);
    hp_world_address(t->w, "a", "eth0", "10.0.0.1/24");
    hp_world_address(t->w, "b", "eth0", "10.0.0.2/24");
    t->scene.ping = (struct hp_ping){.to = hp_ip4(10, 0, 0, 2), .count = 100, .size = 56, .reply = scene_reply, .ctx = &t->scene};
}

static void net_ping(struct net *t)
{
    assert_int_equal(hp_spawn(hp_world_find(t->w, "a"), "ping", pinger, &t->scene, 0), HP_OK);
    assert_int_equal(hp_world_run(t->w, HP_S(2000), scene_ended, &t->scene), HP_OK);
}

static void net_close(struct net *t)
{
    hp_world_free(t->w);
    test_alloc_end(&t->alloc);
}

static int net_count(const struct net *t, int error, bool duplicate)
{
    int n = 0;
    for (int i = 0; i < t->scene.replies; i++) n += t->scene.reply[i].error == error && t->scene.reply[i].duplicate == duplicate;
    return n;
}

static void test_loss_is_counted(void **state)
{
    struct net t;
    struct hp_cable_config lossy = {.way = {.faults = {.loss = UINT32_MAX / 5}}};
    net_two(&t, &lossy);
    net_ping(&t);
    assert_int_equal(t.scene.ping.sent, 100);
    assert_in_range(t.scene.ping.received, 45, 85);
    assert_int_equal(t.scene.replies, 100); /* every probe is told once, answered or lost */
    assert_int_equal(net_count(&t, HP_OK, false), t.scene.ping.received);
    assert_int_equal(net_count(&t, HP_ETIMEDOUT, false), 100 - t.scene.ping.received);
    net_close(&t);
}

static void test_duplicates_are_told_apart(void **state)
{
    struct net t;
    struct hp_cable_config twice = {.way = {.faults = {.duplicate = UINT32_MAX}}};
    net_two(&t, &twice);
    net_ping(&t);
    assert_int_equal(t.scene.ping.received, 100);
    assert_true(t.scene.ping.duplicates >= 100);
    assert_int_equal(net_count(&t, HP_OK, false), 100);
    assert_int_equal(net_count(&t, HP_OK, true), t.scene.ping.duplicates);
    net_close(&t);
}

static void test_late_answers_are_no_duplicates(void **state)
{
    struct net t;
    struct hp_cable_config far = {.way = {.delay = HP_MS(800)}};
    net_two(&t, &far);
    t.scene.ping.count = 5;
    t.scene.ping.interval = HP_S(4);
    net_ping(&t);
    assert_int_equal(t.scene.ping.duplicates, 0);
    assert_true(net_count(&t, HP_ETIMEDOUT, false) >= 4);
    for (int i = 0; i < t.scene.replies; i++)
        if (!t.scene.reply[i].error) assert_in_range(t.scene.reply[i].rtt, HP_MS(1600), HP_S(4));
    assert_true(t.scene.ping.received >= 3);
    net_close(&t);
}

static void test_more_probes_than_the_window(void **state)
{
    struct net t;
    struct hp_cable_config far = {.way = {.delay = HP_MS(400)}};
    net_two(&t, &far);
    t.scene.ping.count = 390;
    t.scene.ping.interval = HP_MS(1);
    t.scene.ping.timeout = HP_S(5);
    net_ping(&t);
    assert_int_equal(t.scene.ping.sent, 390);
    int told = net_count(&t, HP_OK, false) + net_count(&t, HP_ETIMEDOUT, false);
    assert_true(told >= 380);
    net_close(&t);
}

/* ---- traceroute: a - r1 - r2 - b ---- */

static void net_routed(struct net *t)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->w = hp_world_new(42, &t->alloc.allocator);
    hp_world_host(t->w, "a");
    hp_world_router(t->w, "r1");
    hp_world_router(t->w, "r2");
    hp_world_host(t->w, "b");
    struct hp_cable_config c = {.way = {.delay = HP_MS(1)}};
    hp_world_cable(t->w, "a", "r1", &c);
    hp_world_cable(t->w, "r1", "r2", &c);
    hp_world_cable(t->w, "r2", "b", &c);
    static const char *const address[][3] = {{"a", "eth0", "10.1.0.2/24"}, {"a", "eth0", "fd00:1::2/64"}, {"r1", "eth0", "10.1.0.1/24"},
        {"r1", "eth0", "fd00:1::1/64"}, {"r1", "eth1", "10.9.0.1/24"}, {"r1", "eth1", "fd00:9::1/64"}, {"r2", "eth0", "10.9.0.2/24"},
        {"r2", "eth0", "fd00:9::2/64"}, {"r2", "eth1", "10.2.0.1/24"}, {"r2", "eth1", "fd00:2::1/64"}, {"b", "eth0", "10.2.0.2/24"},
        {"b", "eth0", "fd00:2::2/64"}};
    static const char *const route[][3] = {{"a", "0.0.0.0/0", "10.1.0.1"}, {"a", "::/0", "fd00:1::1"}, {"b", "0.0.0.0/0", "10.2.0.1"},
        {"b", "::/0", "fd00:2::1"}, {"r1", "10.2.0.0/24", "10.9.0.2"}, {"r1", "fd00:2::/64", "fd00:9::2"}, {"r2", "10.1.0.0/24", "10.9.0.1"},
        {"r2", "fd00:1::/64", "fd00:9::1"}};
    for (size_t i = 0; i < sizeof address / sizeof *address; i++)
        assert_int_equal(hp_world_address(t->w, address[i][0], address[i][1], address[i][2]), HP_OK);
    for (size_t i = 0; i < sizeof route / sizeof *route; i++)
        assert_int_equal(hp_world_route(t->w, route[i][0], route[i][1], route[i][2]), HP_OK);
}

static void net_hop(void *ctx, const struct hp_hop *h)
{
    struct net *t = ctx;
    assert_true(t->hops < HOPS_MAX);
    t->hop[t->hops++] = *h;
}

static void tracer(struct hp_stack *s, void *arg)
{
    struct net *t = arg;
    t->result = hp_traceroute(s, &t->trace);
    t->ended = true;
}

static bool net_ended(void *ctx) { return ((struct net *)ctx)->ended; }

static int net_trace(struct net *t, const char *to, bool udp)
{
    t->trace = (struct hp_traceroute){.udp = udp, .ttl_max = 5, .hop = net_hop, .ctx = t};
    assert_true(hp_ip_parse(to, &t->trace.to));
    t->hops = 0;
    t->ended = false;
    assert_int_equal(hp_spawn(hp_world_find(t->w, "a"), "trace", tracer, t, 0), HP_OK);
    assert_int_equal(hp_world_run(t->w, hp_world_now(t->w) + HP_S(100), net_ended, t), HP_OK);
    return t->result;
}

static void test_traceroute_over_two_routers(void **state)
{
    static const char *const way[2][3] = {{"10.1.0.1", "10.9.0.2", "10.2.0.2"}, {"fd00:1::1", "fd00:9::2", "fd00:2::2"}};
    struct net t;
    net_routed(&t);
    for (int k = 0; k < 4; k++) { /* ICMP and UDP, both versions */
        const char *const *w = way[k / 2];
        assert_int_equal(net_trace(&t, w[2], k % 2), HP_OK);
        assert_int_equal(t.trace.hops, 3);
        assert_int_equal(t.hops, 9);
        for (int i = 0; i < 9; i++) {
            char from[HP_IP_TEXT];
            hp_ip_text(&t.hop[i].from, from, sizeof from);
            if (strcmp(from, w[i / 3]) != 0) fail_msg("%s by %s: hop %d is %s", w[2], k % 2 ? "UDP" : "ICMP", i / 3 + 1, from);
            assert_int_equal(t.hop[i].ttl, i / 3 + 1);
            assert_int_equal(t.hop[i].probe, i % 3 + 1);
            assert_int_equal(t.hop[i].error == HP_OK, i >= 6);
            assert_in_range(t.hop[i].rtt, HP_MS(2), HP_MS(20));
        }
    }
    net_close(&t);
}

static void test_traceroute_to_nobody(void **state)
{
    struct net t;
    net_routed(&t);
    for (int udp = 0; udp < 2; udp++) {
        assert_int_equal(net_trace(&t, "10.2.0.9", udp), HP_ETIMEDOUT);
        assert_int_equal(t.trace.hops, 0);
        assert_int_equal(t.hops, 15);
        assert_int_equal(net_trace(&t, "10.1.0.9", udp), HP_ETIMEDOUT); /* on our own link */
    }
    net_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_sizes_of_both_versions),
        cmocka_unit_test(test_silence_is_told_as_a_timeout),
        cmocka_unit_test(test_no_route),
        cmocka_unit_test(test_loss_is_counted),
        cmocka_unit_test(test_duplicates_are_told_apart),
        cmocka_unit_test(test_late_answers_are_no_duplicates),
        cmocka_unit_test(test_more_probes_than_the_window),
        cmocka_unit_test(test_traceroute_over_two_routers),
        cmocka_unit_test(test_traceroute_to_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
