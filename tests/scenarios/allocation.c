/* The n-th allocation fails, for every n: a client resolves a name, pings, and fetches a page.  Nothing may leak, nothing may hang, and the
 * next attempt must work. */
#include <stdlib.h>

#include "support/pair.h"
#include "support/test.h"

enum { BODY_BYTES = 60000, ATTEMPT_S = 300 };

static uint8_t body[BODY_BYTES];

struct scene {
    struct pair p;
    struct hp_dns_name names[2];
    struct hp_dns_server dns;
    struct hp_memory_file files[2];
    struct hp_http_server http;
    struct hp_resolver resolver;
    uint64_t got;
    bool wrong;
    int result;
    bool ended;
};

static int scene_body(void *ctx, struct hp_bytes part)
{
    struct scene *c = ctx;
    if (c->got + part.n > BODY_BYTES || memcmp(body + c->got, part.p, part.n) != 0) c->wrong = true;
    c->got += part.n;
    return c->wrong ? HP_EPROTO : HP_OK;
}

static void scene_client(struct hp_stack *s, void *arg)
{
    struct scene *c = arg;
    struct hp_ping ping = {.to = c->p.b.ip6, .count = 1, .size = 100};
    struct hp_http_get get = {.url = "http://server.test/page", .resolver = &c->resolver, .body = scene_body, .ctx = c};
    c->got = 0;
    int pinged = hp_ping(s, &ping);
    int fetched = hp_http_get(s, &get);
    c->result = pinged ? pinged : fetched;
    if (!fetched && (get.status != 200 || c->got != BODY_BYTES)) c->wrong = true;
    c->ended = true;
}

static bool scene_ended(void *ctx) { return ((struct scene *)ctx)->ended; }

static int scene_attempt(struct scene *c)
{
    c->ended = false;
    c->result = HP_ENOMEM;
    if (hp_spawn(c->p.a.stack, "client", scene_client, c, 0)) return HP_ENOMEM;
    if (!pair_run(&c->p, HP_S(ATTEMPT_S), scene_ended, c)) fail_msg("the client hangs");
    return c->result;
}

static bool scene_open(struct scene *c)
{
    memset(c, 0, sizeof *c);
    if (!pair_open(&c->p, 42)) return false;
    c->names[0] = (struct hp_dns_name){"server.test", c->p.b.ip};
    c->dns.names = c->names;
    c->files[0] = (struct hp_memory_file){"/page", "text/plain", body, BODY_BYTES};
    c->http.files = hp_memory_files(c->files);
    c->resolver.server[c->resolver.server_count++] = c->p.b.ip;
    if (hp_dns_serve(c->p.b.stack, &c->dns) || hp_http_serve(c->p.b.stack, &c->http)) return false;
    pair_run(&c->p, HP_MS(1), NULL, NULL);
    return true;
}

static void scene_close(struct scene *c)
{
    hp_resolver_free(c->p.a.stack, &c->resolver);
    pair_close(&c->p);
}

static uint64_t allocations(struct hp_stack *s)
{
    struct hp_mem_stats m;
    hp_mem_stats(s, &m);
    return m.allocations;
}

/* The n-th allocation of one host, from when everything runs. */
static void nth_fails(bool client)
{
    struct scene *c = malloc(sizeof *c);
    uint64_t last = 1, hurt = 0;
    for (uint64_t n = 1; n <= last; n++) {
        assert_true(scene_open(c));
        struct hp_stack *s = client ? c->p.a.stack : c->p.b.stack;
        uint64_t before = allocations(s);
        hp_mem_fail_at(s, n > 1 ? n - 1 : UINT64_MAX); /* armed, packets do not come from the cache: each counts */
        int first = scene_attempt(c);
        if (n == 1) {
            assert_int_equal(first, HP_OK);
            last = allocations(s) - before;
        }
        if (first) hurt++;
        hp_mem_fail_at(s, 0);
        pair_run(&c->p, HP_S(130), NULL, NULL); /* what was half open goes */
        int again = scene_attempt(c);
        if (again || c->wrong) fail_msg("after allocation %llu failed the next attempt says: %s", (unsigned long long)(n - 1), hp_err_text(again));
        scene_close(c);
    }
    print_message("%llu allocations failed one by one; %llu attempts did not succeed\n", (unsigned long long)last, (unsigned long long)hurt);
    assert_true(last > 10);
    free(c);
}

static void test_X02_nth_allocation_of_the_client(void **state) { nth_fails(true); }
static void test_X02_nth_allocation_of_the_server(void **state) { nth_fails(false); }

/* ... and while the hosts are being made. */
static void test_X02_nth_allocation_of_making_a_host(void **state)
{
    struct test_alloc a;
    int made = 0;
    for (uint64_t n = 1; !made; n++) {
        test_alloc_init(&a);
        a.fail_at = n;
        struct hp_config config = {.allocator = &a.allocator, .seed = 1};
        struct hp_stack *s = hp_stack_new(&config);
        made = s != NULL && a.fail_at != 0;
        if (s) hp_stack_free(s);
        test_alloc_end(&a);
        assert_true(n < 10000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_X02_nth_allocation_of_making_a_host),
        cmocka_unit_test(test_X02_nth_allocation_of_the_client),
        cmocka_unit_test(test_X02_nth_allocation_of_the_server),
    };
    for (int i = 0; i < BODY_BYTES; i++) body[i] = (uint8_t)(i * 7 + i / 256);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
