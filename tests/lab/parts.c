/* Several threads: the same run as with one, bit for bit, whatever happens in it; and no threads where they would be seen. */
#include <stdio.h>

#include "core/stack.h"
#include "hepta/lab.h"
#include "hepta/net.h"
#include "hepta/os.h"
#include "hepta/http.h"
#include "hepta/ping.h"
#include "hepta/proc.h"
#include "lab/world.h"
#include "support/test.h"

enum { SITES = 5, HOSTS = 4, ALL = SITES * HOSTS, BODY = 60000, SECONDS = 20 };

/* ---- workers that are no threads: one task after the other, from the last to the first ---- */

struct turns {
    unsigned runs, count;
    bool forward;
    uint64_t busy[4];           /* as if the last one always had most to do */
};

static void turns_run(void *ctx, void (*task)(void *arg, unsigned i), void *arg)
{
    struct turns *t = ctx;
    t->runs++;
    for (unsigned i = 0; i < t->count; i++) {
        task(arg, t->forward ? i : t->count - 1 - i);
        t->busy[i] += 100 * (i + 1);
    }
}

static void turns_set(struct turns *t, struct hp_world *w, unsigned count, bool busy)
{
    *t = (struct turns){.count = count};
    struct hp_workers workers = {.count = count, .run = turns_run, .ctx = t, .busy = busy ? t->busy : NULL};
    assert_int_equal(hp_world_set_workers(w, &workers), HP_OK);
    w->parts_worth = 0; /* however little there is to do */
}

/* ---- a world: a ring of routers, each with a switch and hosts, and one of them with a hub and a cable in half duplex ---- */

struct host {
    struct hp_http_get get;
    int result;
    char url[64];
};

struct ring {
    struct hp_world *w;
    struct host host[ALL];
    struct hp_memory_file files[2];
    struct hp_http_server http[ALL];
    uint64_t dice;
};

static uint8_t ring_body[BODY];

static uint32_t ring_dice(struct ring *t, uint32_t n)
{
    t->dice = t->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(t->dice >> 33) % n;
}

static void ring_must(int err)
{
    if (err < 0) fail_msg("%s", hp_err_text(err));
}

static void ring_cable(struct ring *t, const char *a, const char *b, hp_time least, bool half)
{
    struct hp_cable_config c = {.way = {.rate = UINT64_C(1000000) * (5 + ring_dice(t, 200)), .delay = least + HP_US(ring_dice(t, 300))},
                                .half_duplex = half};
    c.way.faults = (struct hp_faults){.loss = ring_dice(t, 30000000), .duplicate = ring_dice(t, 40000000), .reorder = ring_dice(t, 80000000),
                                      .reorder_by = HP_US(ring_dice(t, 3000)), .jitter = HP_US(ring_dice(t, 500)),
                                      .bit_errors = ring_dice(t, 2000)};
    assert_non_null(hp_world_cable(t->w, a, b, &c));
}

static void ring_program(struct hp_stack *s, void *arg)
{
    struct host *h = arg;
    struct hp_ping ping = {.to = hp_ip4(10, 1, 0, 10), .count = 4, .size = 4000, .interval = HP_MS(30)};
    hp_ping(s, &ping);
    h->result = hp_http_get(s, &h->get);
}

static void ring_unplug(void *w) { hp_world_cable_set_up(w, hp_world_find_cable(w, "r0-r1"), false); }
static void ring_plug(void *w) { hp_world_cable_set_up(w, hp_world_find_cable(w, "r0-r1"), true); }
static void ring_crash(void *w) { hp_world_crash(w, "h1.1"); }
static void ring_restart(void *w) { hp_world_restart(w, "h1.1"); }
static void ring_freeze(void *w) { hp_world_freeze(w, "r2", true); }
static void ring_thaw(void *w) { hp_world_freeze(w, "r2", false); }

static void ring_host(struct ring *t, int site, int k)
{
    char name[16], at[16], text[40];
    int i = site * HOSTS + k, peer = (i + 3 * HOSTS - 1) % ALL;
    struct host *h = &t->host[i];
    snprintf(name, sizeof name, "h%d.%d", site, k);
    snprintf(at, sizeof at, "%s%d", site ? "sw" : "hub", site);
    assert_non_null(hp_world_host(t->w, name));
    ring_cable(t, name, at, 0, false);
    snprintf(text, sizeof text, "10.%d.0.%d/24", site + 1, k + 10);
    ring_must(hp_world_address(t->w, name, "eth0", text));
    snprintf(text, sizeof text, "10.%d.0.1", site + 1);
    ring_must(hp_world_route(t->w, name, "0.0.0.0/0", text));
    t->http[i].files = hp_memory_files(t->files);
    ring_must(hp_http_serve(hp_world_find(t->w, name), &t->http[i]));
    snprintf(h->url, sizeof h->url, "http://10.%d.0.%d/page", peer / HOSTS + 1, peer % HOSTS + 10);
    h->get = (struct hp_http_get){.url = h->url, .timeout = HP_S(10)};
    h->result = HP_EINPROGRESS;
    ring_must(hp_spawn(hp_world_find(t->w, name), "get", ring_program, h, 0));
}

static void ring_site(struct ring *t, int site)
{
    char router[16], at[16], text[40];
    snprintf(router, sizeof router, "r%d", site);
    snprintf(at, sizeof at, "%s%d", site ? "sw" : "hub", site);
    assert_non_null(hp_world_router(t->w, router));
    assert_true(site ? hp_world_switch(t->w, at) != NULL : hp_world_hub(t->w, at) != NULL);
    ring_cable(t, router, at, 0, site == 1);
    snprintf(text, sizeof text, "10.%d.0.1/24", site + 1);
    ring_must(hp_world_address(t->w, router, "eth0", text));
}

/* Router i and i + 1 have 10.100.i.1 and .2; everything is routed onward around the ring. */
static void ring_link(struct ring *t, int i)
{
    char a[16], b[16], text[40];
    int next = (i + 1) % SITES;
    snprintf(a, sizeof a, "r%d", i);
    snprintf(b, sizeof b, "r%d", next);
    ring_cable(t, a, b, HP_US(500), false);
    snprintf(text, sizeof text, "10.100.%d.1/24", i);
    ring_must(hp_world_address(t->w, a, i ? "eth2" : "eth1", text));
    snprintf(text, sizeof text, "10.100.%d.2/24", i);
    ring_must(hp_world_address(t->w, b, next ? "eth1" : "eth2", text));
    snprintf(text, sizeof text, "10.100.%d.2", i);
    ring_must(hp_world_route(t->w, a, "10.0.0.0/8", text));
}

static void ring_begin(struct ring *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->dice = seed;
    t->w = hp_world_new(seed, hp_os_allocator());
    assert_non_null(t->w);
    t->files[0] = (struct hp_memory_file){"/page", "text/plain", ring_body, BODY};
    for (int i = 0; i < BODY; i++) ring_body[i] = (uint8_t)(i * 7 + i / 250);
    for (int i = 0; i < SITES; i++) ring_site(t, i);
    for (int i = 0; i < SITES; i++) ring_link(t, i);
    for (int i = 0; i < SITES; i++)
        for (int k = 0; k < HOSTS; k++) ring_host(t, i, k);
    static void (*const call[])(void *) = {ring_unplug, ring_crash, ring_plug, ring_freeze, ring_restart, ring_thaw};
    for (unsigned i = 0; i < sizeof call / sizeof *call; i++) ring_must(hp_world_at(t->w, HP_MS(400) * (i + 1) + 1, call[i], t->w));
}

/* Everything that can be seen of a run, from outside. */
struct seen {
    uint64_t digest, events, drops, frames, delivered, fetched;
    hp_time now;
};

static struct seen ring_look(const struct ring *t)
{
    struct seen s = {.digest = hp_world_digest(t->w), .events = hp_world_events(t->w), .now = hp_world_now(t->w)};
    for (unsigned i = 0; i < t->w->machines.count; i++) {
        const struct hp_stack *m = hp_world_each(t->w, i, NULL);
        for (int d = 0; d < HP_DROP_COUNT; d++) s.drops = s.drops * 31 + (m ? m->drops[d] : 0);
    }
    struct hp_cable *c;
    for (unsigned i = 0; (c = hp_world_each_cable(t->w, i)); i++) {
        for (int end = 0; end < 2; end++) {
            struct hp_cable_stats k;
            hp_cable_stats(c, end, &k);
            s.frames = s.frames * 31 + k.frames;
            s.delivered = s.delivered * 31 + k.delivered;
        }
    }
    for (int i = 0; i < ALL; i++) s.fetched += t->host[i].get.body_bytes;
    return s;
}

static void seen_equal(const struct seen *a, const struct seen *b)
{
    assert_int_equal(a->now, b->now);
    assert_int_equal(a->fetched, b->fetched);
    assert_int_equal(a->frames, b->frames);
    assert_int_equal(a->delivered, b->delivered);
    assert_int_equal(a->drops, b->drops);
    assert_int_equal(a->digest, b->digest);
    assert_int_equal(a->events, b->events);
}

static struct seen ring_alone(uint64_t seed)
{
    struct ring t;
    ring_begin(&t, seed);
    hp_world_run(t.w, HP_S(SECONDS), NULL, NULL);
    struct seen s = ring_look(&t);
    hp_world_free(t.w);
    assert_in_range(s.fetched, BODY * ALL / 2, BODY * ALL); /* there was something to see */
    return s;
}

static void test_parts_in_any_order_change_nothing(void **state)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct seen alone = ring_alone(seed);
        for (unsigned count = 2; count <= 4; count++) {
            struct ring t;
            struct turns turns;
            ring_begin(&t, seed);
            turns_set(&turns, t.w, count, count == 4);
            turns.forward = count == 3;
            hp_world_run(t.w, HP_S(SECONDS), NULL, NULL);
            struct seen s = ring_look(&t);
            hp_world_free(t.w);
            assert_in_range(turns.runs, 1000, UINT32_MAX);
            seen_equal(&s, &alone);
        }
    }
}

static void test_threads_change_nothing(void **state)
{
    struct seen alone = ring_alone(7);
    for (unsigned count = 2; count <= 3; count++) {
        struct hp_crew *crew = hp_crew_new(count);
        struct ring t;
        assert_non_null(crew);
        ring_begin(&t, 7);
        assert_int_equal(hp_world_set_workers(t.w, hp_crew_workers(crew)), HP_OK);
        t.w->parts_worth = 0;
        hp_world_run(t.w, HP_S(SECONDS), NULL, NULL);
        struct seen s = ring_look(&t);
        hp_world_free(t.w);
        hp_crew_free(crew);
        seen_equal(&s, &alone);
    }
}

static bool ring_done(void *ctx) { return false; }

/* In pieces, step by step, asked after every event: with threads where nobody looks. */
static void test_a_run_in_pieces_is_the_same(void **state)
{
    struct seen alone = ring_alone(9);
    struct ring t;
    struct turns turns;
    ring_begin(&t, 9);
    turns_set(&turns, t.w, 3, true);
    for (int i = 1; i <= SECONDS; i++) {
        hp_world_run(t.w, HP_MS(1000) * i - HP_US(333), i % 3 ? NULL : ring_done, NULL);
        for (int k = 0; k < 100 && hp_world_now(t.w) < HP_MS(1000) * i - HP_MS(300); k++) hp_world_step(t.w);
    }
    hp_world_run(t.w, HP_S(SECONDS), NULL, NULL);
    struct seen s = ring_look(&t);
    hp_world_free(t.w);
    assert_in_range(turns.runs, 100, UINT32_MAX);
    seen_equal(&s, &alone);
}

/* ---- where nobody may see another order ---- */

static void watch_nothing(void *ctx, const struct hp_event *e) {}

static unsigned ring_turns(const struct hp_trace *trace, bool (*done)(void *ctx), size_t memory_max)
{
    struct ring t;
    struct turns turns;
    ring_begin(&t, 1);
    turns_set(&turns, t.w, 2, false);
    if (trace) ring_must(hp_world_trace(t.w, trace, NULL));
    if (memory_max) assert_non_null(hp_world_machine(t.w, "small", &(struct hp_config){.memory_max = memory_max}));
    hp_world_run(t.w, HP_S(1), done, NULL);
    hp_world_free(t.w);
    return turns.runs;
}

static void test_whoever_watches_sees_one_order(void **state)
{
    assert_in_range(ring_turns(NULL, NULL, 0), 100, UINT32_MAX);
    assert_int_equal(ring_turns(&(struct hp_trace){watch_nothing, NULL, 0}, NULL, 0), 0);
    assert_int_equal(ring_turns(NULL, ring_done, 0), 0);
    assert_int_equal(ring_turns(NULL, NULL, 1 << 20), 0);
}

static void test_workers_can_be_dismissed(void **state)
{
    struct ring t;
    struct turns turns;
    ring_begin(&t, 1);
    turns_set(&turns, t.w, 2, false);
    hp_world_run(t.w, HP_S(1), NULL, NULL);
    unsigned runs = turns.runs;
    assert_int_equal(hp_world_set_workers(t.w, NULL), HP_OK);
    hp_world_run(t.w, HP_S(2), NULL, NULL);
    assert_int_equal(turns.runs, runs);
    hp_world_free(t.w);
}

/* Where memory for it runs out, there is one thread. */
static void test_every_allocation_may_fail(void **state)
{
    struct seen alone = {0};
    for (uint64_t fail_at = 0; fail_at <= 12; fail_at++) {
        struct ring t;
        struct turns turns;
        ring_begin(&t, 5);
        turns_set(&turns, t.w, 2, false);
        t.w->mem->fail_at = fail_at;
        hp_world_run(t.w, HP_MS(300), NULL, NULL);
        struct seen s = ring_look(&t);
        if (!fail_at) alone = s;
        else seen_equal(&s, &alone);
        hp_world_free(t.w);
    }
}

/* Too little to do: it is seen, and left. */
static void test_a_quiet_world_stays_whole(void **state)
{
    struct ring t;
    struct turns turns;
    ring_begin(&t, 1);
    turns_set(&turns, t.w, 2, false);
    t.w->parts_worth = 1000000;
    hp_world_run(t.w, HP_S(SECONDS), NULL, NULL);
    assert_in_range(turns.runs, 1, 3000); /* a try now and then */
    hp_world_free(t.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_in_any_order_change_nothing), cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_a_run_in_pieces_is_the_same),       cmocka_unit_test(test_whoever_watches_sees_one_order),
        cmocka_unit_test(test_workers_can_be_dismissed),          cmocka_unit_test(test_a_quiet_world_stays_whole),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
