/* A home network with DHCP behind six routers that learn their routes by RIP, and one of them dies while somebody pings.
 *
 *     pc - home - 가 - 나 - 라 - 바 - server
 *                  \          /
 *                   다 ---- 마           */
#include "hepta/hepta.h"

#include "support/alloc.h"
#include "support/test.h"

enum { ROUTERS = 7 };

static const char *const router_name[ROUTERS] = {"home", "가", "나", "다", "라", "마", "바"};

struct scene {
    struct test_alloc alloc;
    struct hp_world *w;
    struct hp_rip rip[ROUTERS];
    struct hp_dhcp_server dhcp;
    struct hp_dhcp client;
    unsigned replies, losses;
    hp_time last_reply, silence;        /* the longest between two replies */
    int result;
    bool ended;
};

/* A cable; its network is 10.0.N.0/24, and its ends have the addresses .1 and .2. */
static void cable(struct scene *c, const char *a, const char *b, int n)
{
    const struct hp_cable_config config = {.way = {.rate = 100000000, .delay = HP_MS(1)}};
    const char *end[2] = {a, b};
    struct hp_cable *k = hp_world_cable(c->w, a, b, &config);
    assert_non_null(k);
    for (int i = 0; i < 2; i++) {
        int link;
        struct hp_link_info info;
        char address[32];
        hp_world_cable_end(c->w, k, i, &link);
        assert_int_equal(hp_link_info(hp_world_find(c->w, end[i]), link, &info), HP_OK);
        snprintf(address, sizeof address, "10.0.%d.%d/24", n, i + 1);
        if (n) assert_int_equal(hp_world_address(c->w, end[i], info.name, address), HP_OK);
    }
}

static struct scene *scene_new(uint64_t seed)
{
    struct scene *c = calloc(1, sizeof *c);
    test_alloc_init(&c->alloc);
    c->w = hp_world_new(seed, &c->alloc.allocator);
    assert_non_null(c->w);
    assert_non_null(hp_world_host(c->w, "pc"));
    for (int i = 0; i < ROUTERS; i++) assert_non_null(hp_world_router(c->w, router_name[i]));
    assert_non_null(hp_world_host(c->w, "server"));
    cable(c, "pc", "home", 0);
    cable(c, "home", "가", 1);
    cable(c, "가", "나", 2);
    cable(c, "나", "라", 3);
    cable(c, "라", "바", 4);
    cable(c, "바", "server", 5);
    cable(c, "가", "다", 6);
    cable(c, "다", "마", 7);
    cable(c, "마", "바", 8);
    assert_int_equal(hp_world_address(c->w, "home", "eth0", "192.168.0.1/24"), HP_OK);
    assert_int_equal(hp_world_route(c->w, "server", "0.0.0.0/0", "10.0.5.1"), HP_OK);
    return c;
}

static void scene_start(struct scene *c)
{
    struct hp_stack *home = hp_world_find(c->w, "home"), *pc = hp_world_find(c->w, "pc");
    c->dhcp = (struct hp_dhcp_server){.link = hp_link_find(home, "eth0"), .first = hp_ip4(192, 168, 0, 100), .last = hp_ip4(192, 168, 0, 199)};
    assert_int_equal(hp_dhcp_serve(home, &c->dhcp), HP_OK);
    c->client.link = hp_link_find(pc, "eth0");
    assert_int_equal(hp_dhcp_start(pc, &c->client), HP_OK);
    for (int i = 0; i < ROUTERS; i++) {
        c->rip[i].ask = true;
        assert_int_equal(hp_rip_start(hp_world_find(c->w, router_name[i]), &c->rip[i]), HP_OK);
    }
}

static void scene_end(struct scene *c)
{
    hp_world_free(c->w);
    test_alloc_end(&c->alloc);
    free(c);
}

/* 400 pings, 20 ms after each other at the least. */
static void pings(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    for (int i = 0; i < 400; i++) {
        struct hp_ping ping = {.to = hp_ip4(10, 0, 5, 2), .count = 1, .timeout = HP_MS(100)};
        if (hp_ping(s, &ping)) {
            c->losses++;
        } else {
            hp_time now = hp_now(s);
            if (c->replies++ && now - c->last_reply > c->silence) c->silence = now - c->last_reply;
            c->last_reply = now;
        }
        hp_sleep(s, HP_MS(20));
    }
    c->ended = true;
}

static unsigned hops(struct scene *c)
{
    struct hp_rip_route r;
    struct hp_ip net = hp_ip4(10, 0, 5, 0);
    for (unsigned i = 0; hp_rip_route(&c->rip[0], i, &r) == HP_OK; i++)
        if (hp_ip_equal(&r.to.ip, &net)) return r.metric;
    return 0;
}

static void test_a_router_dies_while_somebody_pings(void **state)
{
    struct scene *c = scene_new(2026);
    scene_start(c);
    hp_world_run(c->w, HP_S(30), NULL, NULL);
    char text[HP_PREFIX_TEXT];
    assert_int_equal(c->client.state, HP_DHCP_BOUND);
    assert_string_equal(hp_prefix_text(&c->client.lease.address, text, sizeof text), "192.168.0.100/24");
    for (int i = 0; i < ROUTERS; i++) assert_int_equal(c->rip[i].routes, 9);
    assert_int_equal(hops(c), 5);           /* home, 가, 나 or 다, 라 or 마, 바 */
    assert_int_equal(hp_spawn(hp_world_find(c->w, "pc"), "pings", pings, c, 0), HP_OK);
    hp_world_run(c->w, HP_S(35), NULL, NULL);
    if (c->replies < 50 || c->losses) fail_msg("%u replies, %u lost", c->replies, c->losses);
    struct hp_route used;
    struct hp_ip to = hp_ip4(10, 0, 5, 2), by = hp_ip4(10, 0, 2, 2);
    assert_int_equal(hp_route_find(hp_world_find(c->w, "가"), &to, &used), HP_OK);
    bool na = hp_ip_equal(&used.gateway, &by);
    hp_world_crash(c->w, na ? "나" : "다");
    hp_world_run(c->w, HP_S(60), NULL, NULL);
    if (!c->ended) fail_msg("%u replies, %u lost, and no end", c->replies, c->losses);
    print_message("%u replies, %u lost, silent for at most %s\n", c->replies, c->losses, hp_span_text(c->silence, text, sizeof text));
    assert_true(c->losses >= 1);            /* it was felt ... */
    assert_true(c->silence < HP_S(6));      /* ... until the next triggered update at the latest */
    assert_int_equal(hops(c), 5);
    scene_end(c);
}

static void test_the_same_seed_gives_the_same(void **state)
{
    uint64_t digest[2];
    for (int i = 0; i < 2; i++) {
        struct scene *c = scene_new(7);
        scene_start(c);
        hp_world_run(c->w, HP_S(20), NULL, NULL);
        hp_world_crash(c->w, "라");
        hp_world_run(c->w, HP_S(60), NULL, NULL);
        digest[i] = hp_world_digest(c->w);
        scene_end(c);
    }
    assert_true(digest[0] == digest[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_router_dies_while_somebody_pings),
        cmocka_unit_test(test_the_same_seed_gives_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
