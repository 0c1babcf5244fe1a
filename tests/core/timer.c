/* The wheel against a naive model: random sets, moves, stops and removals over spans from nanoseconds to centuries. */
#include "core/stack.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct hp_proto *const no_protocols[] = {NULL};

static struct hp_stack *timer_stack(struct test_alloc *a, hp_time now)
{
    test_alloc_init(a);
    struct hp_config c = {.profile = no_protocols, .allocator = &a->allocator, .now = now};
    struct hp_stack *s = hp_stack_new(&c);
    assert_non_null(s);
    return s;
}

enum { TIMERS = 300 };

static struct fired {
    unsigned timer;
    hp_time at;         /* when it was to fire */
} fired[100000];
static unsigned fired_count;

struct model {
    struct hp_timer timer;
    hp_time at;         /* the model's: HP_NEVER = not set */
    unsigned again;     /* fire() sets it again so often */
};
static struct model models[TIMERS];
static struct random dice;

static void model_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct model *m = (struct model *)t;
    assert_int_equal(t->at, HP_NEVER);
    if (m->at == HP_NEVER || m->at > s->now)
        fail_msg("timer %u fired at %lld, was to fire at %lld", (unsigned)(m - models), (long long)s->now, (long long)m->at);
    assert_true(fired_count < sizeof fired / sizeof *fired);
    fired[fired_count++] = (struct fired){(unsigned)(m - models), m->at};
    m->at = HP_NEVER;
    if (!m->again) return;
    m->again--;
    m->at = s->now + (hp_time)random_below(&dice, 5000);
    timer_set(s, t, m->at);
}

static hp_time model_least(void)
{
    hp_time least = HP_NEVER;
    for (int i = 0; i < TIMERS; i++)
        if (models[i].at < least) least = models[i].at;
    return least;
}

static void model_change(struct hp_stack *s, hp_time now, hp_time span)
{
    struct model *m = &models[random_below(&dice, TIMERS)];
    switch (random_below(&dice, 8)) {
    case 0:
        timer_stop(&m->timer);
        m->at = HP_NEVER;
        break;
    case 1:
        timer_remove(s, &m->timer);
        m->at = HP_NEVER;
        assert_null(m->timer.prev);
        break;
    case 2: /* in the past */
        m->at = now - (hp_time)random_below(&dice, 1000);
        timer_set(s, &m->timer, m->at);
        break;
    default:
        m->at = now + (hp_time)(random_next(&dice) % (uint64_t)span);
        m->again = random_below(&dice, 10) == 0 ? 3 : 0;
        timer_set(s, &m->timer, m->at);
    }
    assert_int_equal(timer_set_p(&m->timer), m->at != HP_NEVER);
}

/* Steps sometimes exactly at the deadline, sometimes anywhere; the deadline is never too late, and what fires is in order. */
static void model_run(hp_time start, hp_time span, int rounds, uint64_t seed)
{
    struct test_alloc a;
    struct hp_stack *s = timer_stack(&a, start);
    random_init(&dice, seed, "timer", "test");
    memset(models, 0, sizeof models);
    for (int i = 0; i < TIMERS; i++) {
        models[i].at = models[i].timer.at = HP_NEVER;
        models[i].timer.fire = model_fire;
    }
    hp_time now = start;
    for (int round = 0; round < rounds && now < HP_NEVER - span - 5000; round++) { /* until the end of time */
        for (uint32_t n = random_below(&dice, 20); n; n--) model_change(s, now, span);
        hp_time next = timers_next(s), least = model_least();
        if (next > least) fail_msg("seed %u: next is %lld, a timer is due at %lld", (unsigned)seed, (long long)next, (long long)least);
        hp_time to = random_below(&dice, 3) ? next : now + (hp_time)(random_next(&dice) % (uint64_t)span) / 4;
        if (to == HP_NEVER || to < now) to = now;
        now = to;
        fired_count = 0;
        hp_step(s, now);
        for (unsigned i = 1; i < fired_count; i++)
            if (fired[i - 1].at > fired[i].at)
                fail_msg("seed %u, step to %lld: a timer of %lld fired before one of %lld", (unsigned)seed, (long long)now,
                         (long long)fired[i - 1].at, (long long)fired[i].at);
        least = model_least();
        if (least <= now) fail_msg("seed %u: a timer due at %lld did not fire at %lld", (unsigned)seed, (long long)least, (long long)now);
    }
    for (int i = 0; i < TIMERS; i++) {
        timer_remove(s, &models[i].timer);
        models[i].at = HP_NEVER;
    }
    assert_int_equal(s->wheel.count, 0);
    assert_int_equal(timers_next(s), HP_NEVER);
    for (int l = 0; l < WHEEL_LEVELS; l++) assert_true(s->wheel.used[l] == 0);
    hp_stack_free(s);
    test_alloc_end(&a);
}

static void test_against_a_model(void **state)
{
    static const hp_time spans[] = {100, HP_US(10), HP_MS(1), HP_MS(100), HP_S(10), HP_S(3600), HP_S(86400) * 365, HP_S(1) << 32};
    static const hp_time starts[] = {0, 8191, HP_S(1), -HP_S(5), HP_S(1764000000) /* a Unix time */, HP_NEVER / 2 + 12345};
    uint64_t seed = 1;
    for (unsigned i = 0; i < sizeof starts / sizeof *starts; i++)
        for (unsigned k = 0; k < sizeof spans / sizeof *spans; k++) model_run(starts[i], spans[k], 400, seed++);
}

static int order[64];
static unsigned ordered;
static void order_fire(struct hp_stack *s, struct hp_timer *t);
static struct hp_timer order_timer[64];
static void order_fire(struct hp_stack *s, struct hp_timer *t) { order[ordered++] = (int)(t - order_timer); }

static void test_ties_fire_in_the_order_of_setting(void **state)
{
    static const hp_time at[] = {HP_US(1), HP_MS(3), HP_S(2), HP_S(5000), HP_S(86400) * 3000};
    for (unsigned k = 0; k < sizeof at / sizeof *at; k++) {
        struct test_alloc a;
        struct hp_stack *s = timer_stack(&a, 0);
        memset(order_timer, 0, sizeof order_timer);
        ordered = 0;
        for (int i = 0; i < 64; i++) {
            order_timer[i].fire = order_fire;
            timer_set(s, &order_timer[i], at[k]);
            hp_step(s, at[k] / 100 * i); /* the wheel turns meanwhile */
        }
        assert_int_equal(ordered, 0);
        hp_step(s, at[k] - 1);
        assert_int_equal(ordered, 0);
        hp_step(s, at[k]);
        assert_int_equal(ordered, 64);
        for (int i = 0; i < 64; i++) assert_int_equal(order[i], i);
        hp_stack_free(s);
        test_alloc_end(&a);
    }
}

static void test_exact_nanoseconds_in_order(void **state)
{
    struct test_alloc a;
    struct hp_stack *s = timer_stack(&a, 0);
    memset(order_timer, 0, sizeof order_timer);
    ordered = 0;
    for (int i = 0; i < 64; i++) { /* all in one slot, set backwards */
        order_timer[i].fire = order_fire;
        timer_set(s, &order_timer[i], 8192 + 10 * (63 - i));
    }
    hp_step(s, 8192 + 314);
    assert_int_equal(ordered, 32);
    hp_step(s, 100000);
    for (int i = 0; i < 64; i++) assert_int_equal(order[i], 63 - i);
    hp_stack_free(s);
    test_alloc_end(&a);
}

/* A timer that was moved far away must not hide one that comes between. */
static void test_deadline_sees_past_a_lazily_moved_timer(void **state)
{
    for (int stop = 0; stop < 2; stop++) {
        struct test_alloc a;
        struct hp_stack *s = timer_stack(&a, 0);
        memset(order_timer, 0, sizeof order_timer);
        order_timer[0].fire = order_timer[1].fire = order_fire;
        timer_set(s, &order_timer[0], HP_MS(1));
        timer_set(s, &order_timer[1], HP_MS(2));
        if (stop) timer_stop(&order_timer[0]);
        else timer_set(s, &order_timer[0], HP_S(3600));
        ordered = 0;
        hp_time now = 0;
        for (int steps = 0; steps < 20; steps++) {
            hp_time next = hp_step(s, now);
            if (ordered) break;
            now = next;
        }
        assert_int_equal(ordered, 1);
        assert_int_equal(order[0], 1);
        assert_int_equal(now, HP_MS(2));
        hp_stack_free(s);
        test_alloc_end(&a);
    }
}

static void test_never_is_stopped(void **state)
{
    struct test_alloc a;
    struct hp_stack *s = timer_stack(&a, 0);
    struct hp_timer t = {.fire = order_fire};
    timer_set(s, &t, HP_NEVER);
    assert_false(timer_set_p(&t));
    assert_int_equal(hp_step(s, HP_S(1)), HP_NEVER);
    timer_set(s, &t, HP_S(5));
    timer_set(s, &t, HP_NEVER);
    assert_false(timer_set_p(&t));
    ordered = 0;
    hp_step(s, HP_S(10));
    assert_int_equal(ordered, 0);
    assert_int_equal(hp_step(s, HP_S(10)), HP_NEVER);
    hp_stack_free(s);
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_model),
        cmocka_unit_test(test_ties_fire_in_the_order_of_setting),
        cmocka_unit_test(test_exact_nanoseconds_in_order),
        cmocka_unit_test(test_deadline_sees_past_a_lazily_moved_timer),
        cmocka_unit_test(test_never_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
