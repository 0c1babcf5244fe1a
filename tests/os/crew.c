/* A crew does every task once with each of its members, in its turn, whether they watch or sleep meanwhile. */
#include <stdatomic.h>

#include "hepta/lab.h"
#include "hepta/os.h"
#include "support/test.h"

enum { MEMBERS = 4, TURNS = 2000 };

struct count {
    unsigned of[MEMBERS];
    atomic_uint all;
};

static void count_one(void *arg, unsigned i)
{
    struct count *c = arg;
    c->of[i]++; /* its own: nobody else may be in it */
    atomic_fetch_add(&c->all, 1);
}

static void test_every_member_does_every_task(void **state)
{
    struct count c = {0};
    struct hp_crew *crew = hp_crew_new(MEMBERS);
    const struct hp_workers *w = hp_crew_workers(crew);
    assert_int_equal(w->count, MEMBERS);
    for (unsigned turn = 1; turn <= TURNS; turn++) {
        w->run(w->ctx, count_one, &c);
        assert_int_equal(atomic_load(&c.all), turn * MEMBERS); /* all of them before it comes back */
    }
    for (int i = 0; i < MEMBERS; i++) assert_int_equal(c.of[i], TURNS);
    hp_crew_free(crew);
}

static void look_at_clock(void *arg, unsigned i)
{
    hp_time until = hp_os_now() + HP_MS(2);
    while (hp_os_now() < until) continue;
}

/* Two milliseconds of the last member are long enough for the others to fall asleep. */
static void test_sleepers_are_woken(void **state)
{
    struct count c = {0};
    struct hp_crew *crew = hp_crew_new(MEMBERS);
    const struct hp_workers *w = hp_crew_workers(crew);
    for (int turn = 0; turn < 20; turn++) {
        look_at_clock(NULL, 0);
        w->run(w->ctx, count_one, &c);
    }
    assert_int_equal(atomic_load(&c.all), 20 * MEMBERS);
    w->run(w->ctx, look_at_clock, NULL);
    for (int i = 0; i < MEMBERS; i++) assert_in_range(w->busy[i], HP_MS(2), HP_S(100));
    hp_crew_free(crew);
}

static void test_odd_crews(void **state)
{
    assert_null(hp_crew_new(0));
    assert_null(hp_crew_new(100000));
    hp_crew_free(NULL);
    struct count c = {0};
    struct hp_crew *one = hp_crew_new(1);
    hp_crew_workers(one)->run(hp_crew_workers(one)->ctx, count_one, &c);
    assert_int_equal(c.of[0], 1);
    hp_crew_free(one);
    hp_crew_free(hp_crew_new(3)); /* nothing was to be done */
    assert_in_range(hp_os_cores(), 1, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_member_does_every_task),
        cmocka_unit_test(test_sleepers_are_woken),
        cmocka_unit_test(test_odd_crews),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
