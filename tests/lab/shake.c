/* Faults drawn from a seed, a program with a bug that only some of them show, and the fewest that still do. */
#include "hepta/proc.h"
#include "hepta/shake.h"
#include "hepta/socket.h"

#include "core/stack.h"
#include "support/alloc.h"
#include "support/test.h"

enum { FAULTS = 8, COUNT = 200, PORT = 4000 };

static const char pair[] =
    "lab pair seed 3 until 3s\nhost a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\nhost x ip 10.0.0.3/24\nswitch sw\n"
    "cable a sw delay 1ms\ncable b sw delay 1ms\ncable x sw\napp x ping a count 20 interval 100ms quiet\n";

/* The bug: the receiver takes for granted that no datagram comes twice. */
struct buggy {
    struct hp_sock *sock;
    bool seen[COUNT + 1], broken;
};

static void buggy_receiver(struct hp_stack *s, void *arg)
{
    struct buggy *b = arg;
    struct hp_endpoint any = {.port = PORT};
    uint8_t number;
    if (hp_socket(s, HP_DGRAM, 0, &b->sock)) return;
    hp_bind(b->sock, &any);
    while (hp_recv(b->sock, &number, 1, 0) == 1) {
        b->broken |= b->seen[number];
        b->seen[number] = true;
    }
    hp_close(b->sock);
}

static void buggy_sender(struct hp_stack *s, void *arg)
{
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = hp_ip4(10, 0, 0, 2), .port = PORT};
    if (hp_socket(s, HP_DGRAM, 0, &sock)) return;
    for (uint8_t i = 0; i < COUNT && hp_sleep(s, HP_MS(10)) == HP_OK; i++) hp_sendto(sock, &i, 1, 0, &to);
    hp_close(sock);
}

struct shaking {
    uint64_t seed;
    unsigned runs;
    const char *wrong;
};

static bool bug_shows(void *ctx, const struct hp_shake_line *lines, uint32_t count)
{
    struct shaking *k = ctx;
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_plan_error error;
    struct hp_run *run;
    struct buggy b = {.broken = false};
    char text[4000];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", pair);
    for (uint32_t i = 0; i < count; i++) n += (size_t)snprintf(text + n, sizeof text - n, "%s\n", lines[i].text);
    test_alloc_init(&alloc);
    if (hp_plan_parse(text, n, &alloc.allocator, &plan, &error)) fail_msg("%s: %s", error.text, error.line);
    struct hp_run_options o = {.allocator = &alloc.allocator, .seed = k->seed, .seeded = true};
    if (hp_run_new(plan, &o, &run, &error)) fail_msg("%s: %s", error.text, error.line);
    struct hp_shake_watch *watch = hp_shake_watch_new(run, &alloc.allocator);
    assert_non_null(watch);
    hp_spawn(hp_world_find(hp_run_world(run), "b"), "receiver", buggy_receiver, &b, 0);
    hp_spawn(hp_world_find(hp_run_world(run), "a"), "sender", buggy_sender, NULL, 0);
    hp_run_go(run, HP_NEVER);
    const char *wrong = hp_shake_watch_wrong(watch);
    if (wrong) fail_msg("%s", wrong);
    hp_run_free(run);
    hp_shake_watch_free(watch);
    hp_plan_free(plan);
    test_alloc_end(&alloc);
    k->runs++;
    return b.broken;
}

static uint32_t draw(uint64_t seed, struct hp_shake_line *out)
{
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_plan_error error;
    test_alloc_init(&alloc);
    assert_int_equal(hp_plan_parse(pair, strlen(pair), &alloc.allocator, &plan, &error), HP_OK);
    uint32_t count = hp_shake_draw(plan, seed, FAULTS, plan->until, out);
    hp_plan_free(plan);
    test_alloc_end(&alloc);
    return count;
}

static void test_a_planted_bug_is_found_and_its_schedule_shrunk(void **state)
{
    struct hp_shake_line lines[HP_SHAKE_FAULTS_MAX];
    struct shaking k = {.seed = 0};
    uint32_t count = 0;
    bool found = false;
    while (!found && k.seed < 100) {
        k.seed++;
        count = draw(k.seed, lines);
        assert_int_equal(count, FAULTS);
        found = bug_shows(&k, lines, count);
    }
    assert_true(found);
    struct hp_shrink shrink = {.fails = bug_shows, .ctx = &k};
    count = hp_shake_shrink(&shrink, lines, count);
    assert_in_range(count, 1, 2);
    assert_true(bug_shows(&k, lines, count));
    assert_non_null(strstr(lines[count - 1].text, " duplicate "));
    assert_false(bug_shows(&k, lines, count - 1)); /* without the last it does not show: none is too many */
    assert_true(shrink.tries > 3 && shrink.tries <= 200);
}

/* ---- what is broken on purpose is seen ---- */

static const char talk[] = "lab talk seed 1 until 3s\nhost a ip 10.0.0.1/24\nhost b ip 10.0.0.2/24\ncable a b rate 10Mbit/s delay 1ms\n"
                           "app b sink\napp a send b for 100k\n";

/* Runs it with `at` at 500 ms and `cable` for each frame; what the watch says, and whether a program found what cannot be. */
static const char *talk_wrong(void (*at)(void *ctx), void (*cable)(void *ctx, const struct hp_cable_event *e), char *said, size_t n)
{
    struct test_alloc alloc;
    struct hp_plan *plan;
    struct hp_plan_error error;
    struct hp_run *run;
    test_alloc_init(&alloc);
    if (hp_plan_parse(talk, strlen(talk), &alloc.allocator, &plan, &error)) fail_msg("%s: %s", error.text, error.line);
    struct hp_run_options o = {.allocator = &alloc.allocator};
    if (hp_run_new(plan, &o, &run, &error)) fail_msg("%s: %s", error.text, error.line);
    struct hp_shake_watch *watch = hp_shake_watch_new(run, &alloc.allocator);
    struct hp_cable_trace trace = {cable, NULL};
    if (cable) assert_int_equal(hp_world_trace(hp_run_world(run), NULL, &trace), HP_OK);
    if (at) assert_int_equal(hp_world_at(hp_run_world(run), HP_MS(500), at, hp_run_world(run)), HP_OK);
    hp_run_go(run, HP_NEVER);
    const char *wrong = hp_shake_watch_wrong(watch);
    snprintf(said, n, "%s", wrong ? wrong : "");
    hp_run_free(run);
    hp_shake_watch_free(watch);
    hp_plan_free(plan);
    test_alloc_end(&alloc);
    return wrong ? said : NULL;
}

static void forbidden_step(void *world) { trace_state(hp_world_find(world, "b"), 4, "tcp", 1, NULL, "TIME-WAIT", "ESTABLISHED"); }
static void allowed_step(void *world) { trace_state(hp_world_find(world, "b"), 4, "tcp", 1, NULL, "FIN-WAIT-1", "CLOSING"); }

/* Two words of the data change places: no checksum sees that, and the FCS is implied. */
static void swap_words(void *ctx, const struct hp_cable_event *e)
{
    const struct hp_pkt *p = e->pkt;
    if (e->kind != HP_CABLE_ENTER || pkt_len(p) < 1000) return;
    uint8_t *data = p->more.n ? (uint8_t *)(uintptr_t)p->more.p : p->tail - 500, word[2];
    memcpy(word, data, 2);
    memcpy(data, data + 2, 2);
    memcpy(data + 2, word, 2);
}

static void test_what_cannot_be_is_seen(void **state)
{
    char said[256];
    assert_null(talk_wrong(NULL, NULL, said, sizeof said));
    assert_null(talk_wrong(allowed_step, NULL, said, sizeof said));
    assert_non_null(talk_wrong(forbidden_step, NULL, said, sizeof said));
    assert_string_equal(said, "0.500000000 b: TCP went from TIME-WAIT to ESTABLISHED, which RFC 9293 does not allow");
    assert_non_null(talk_wrong(NULL, swap_words, said, sizeof said));
    assert_string_equal(said, "a program found what cannot be");
}

static void test_the_same_seed_draws_the_same_faults(void **state)
{
    struct hp_shake_line a[FAULTS], b[FAULTS], c[FAULTS];
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    memset(c, 0, sizeof c);
    draw(7, a);
    draw(7, b);
    draw(8, c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

static bool both_are_there(void *ctx, const struct hp_shake_line *lines, uint32_t count)
{
    unsigned there = 0;
    for (uint32_t i = 0; i < count; i++) there |= (strstr(lines[i].text, "down one") ? 1u : 0) | (strstr(lines[i].text, "set two loss") ? 2u : 0);
    return there == 3;
}

static void test_shrinking_leaves_what_is_needed_and_makes_it_simple(void **state)
{
    struct hp_shake_line lines[7] = {{"at 1ms..9ms down x"}, {"at 100ms..900ms down one"}, {"at 3ms..5ms crash a"}, {"at 4ms..5ms set y delay 8ms"},
                                     {"at 20ms..40ms set two loss 16%"}, {"at 5ms..6ms down z"}, {"at 5ms..6ms crash b"}};
    struct hp_shrink shrink = {.fails = both_are_there};
    assert_int_equal(hp_shake_shrink(&shrink, lines, 7), 2);
    assert_string_equal(lines[0].text, "at 100ms..101ms down one");
    assert_string_equal(lines[1].text, "at 20ms..21ms set two loss 1%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_planted_bug_is_found_and_its_schedule_shrunk),
        cmocka_unit_test(test_what_cannot_be_is_seen),
        cmocka_unit_test(test_the_same_seed_draws_the_same_faults),
        cmocka_unit_test(test_shrinking_leaves_what_is_needed_and_makes_it_simple),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
