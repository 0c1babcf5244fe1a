/* A clock that drifts: it never goes back, and the two ways of asking agree to the nanosecond. */
#include "core/clock.h"

#include "core/random.h"
#include "support/test.h"

static void test_drift_adds_up(void **state)
{
    struct stack_clock c = {.ahead = 0};
    clock_set_drift(&c, HP_S(10), 200000); /* 200 ppm */
    assert_int_equal(clock_ahead(&c, HP_S(10)), 0);
    assert_int_equal(clock_ahead(&c, HP_S(3610)), HP_MS(720));
    clock_set_drift(&c, HP_S(3610), -500000000); /* half as fast: what was gained stays */
    assert_int_equal(clock_ahead(&c, HP_S(3612)), HP_MS(720) - HP_S(1));
    clock_jump(&c, HP_S(3612), HP_S(5));
    assert_int_equal(clock_ahead(&c, HP_S(3612)), HP_MS(720) + HP_S(4));
    assert_int_equal(clock_ahead(&c, HP_S(3614)), HP_MS(720) + HP_S(3));
}

static void test_both_ways_agree_and_nothing_goes_back(void **state)
{
    static const int32_t drifts[] = {0, 1, -1, 7, 333333333, -333333333, 900000000, -900000000};
    struct random r;
    random_init(&r, 1, "clock", "test");
    for (unsigned k = 0; k < sizeof drifts / sizeof *drifts; k++) {
        struct stack_clock c = {.ahead = 0};
        hp_time last = 0, outside = 0;
        clock_set_drift(&c, 0, drifts[k]);
        for (int i = 0; i < 20000; i++) {
            outside += (hp_time)random_below(&r, i % 2 ? 10 : 1000000000);
            hp_time here = outside + clock_ahead(&c, outside);
            assert_true(here >= last);
            last = here;
            if (i % 100 == 0) clock_jump(&c, outside, (hp_time)random_below(&r, 1000));
            hp_time due = outside + clock_ahead(&c, outside) + (hp_time)random_below(&r, i % 3 ? 50 : 1000000000);
            hp_time when = clock_outside(&c, due);
            assert_true(when + clock_ahead(&c, when) >= due);
            assert_true(when - 1 < outside || when - 1 + clock_ahead(&c, when - 1) < due);
            if (i % 100 == 0) last = outside + clock_ahead(&c, outside);
        }
    }
    assert_int_equal(clock_outside(&(struct stack_clock){.drift_ppb = -900000000}, HP_NEVER), HP_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drift_adds_up),
        cmocka_unit_test(test_both_ways_agree_and_nothing_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
