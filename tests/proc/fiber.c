/* Programs: the switch, the order in which they run, waiting, ending, and what they leave behind. */
#include "proc/fiber.h"

#include "hepta/proc.h"
#include "support/alloc.h"
#include "support/fake_sock.h"
#include "support/test.h"

struct proc_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    hp_time now;
    char log[256];
    struct hp_sock *sock[16];
    int result, many;
    hp_time at;
};

static void proc_begin(struct proc_test *t)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    struct hp_config c = {.name = "p", .profile = fake_profile, .allocator = &t->alloc.allocator, .seed = 7};
    t->s = hp_stack_new(&c);
    assert_non_null(t->s);
    hp_stack_set_user(t->s, t);
}

static void proc_end(struct proc_test *t)
{
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

/* Steps and runs until nothing more happens at this time, then on to the next deadline, until `end`. */
static void proc_until(struct proc_test *t, hp_time end)
{
    for (;;) {
        hp_time next = hp_step(t->s, t->now);
        if (hp_programs_run(t->s)) continue;
        if (next > end) break;
        if (next > t->now) t->now = next;
    }
    t->now = end;
    hp_step(t->s, end);
}

static void proc_log(struct proc_test *t, const char *what)
{
    assert_true(strlen(t->log) + strlen(what) < sizeof t->log);
    strcat(t->log, what);
}

/* ---- the switch itself ---- */

struct raw_fiber {
    struct fiber outside, f;
    int step;
    double x;
};

static void raw_fiber_main(void *arg)
{
    struct raw_fiber *r = arg;
    fiber_arrived(&r->outside);
    double x = r->x;                        /* must survive the switches in some register or slot */
    volatile char deep[4096];
    memset((void *)(uintptr_t)deep, 7, sizeof deep);
    for (;;) {
        r->step++;
        x *= 1.5;
        r->x = x;
        fiber_leave(&r->f, &r->outside, false);
        assert_int_equal(deep[4095], 7);
    }
}

static void test_switch_keeps_both_sides(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    struct raw_fiber r = {.x = 2.0};
    assert_int_equal(fiber_init(m, &r.f, 0, raw_fiber_main, &r), HP_OK);
    long long sum = 0;
    for (int i = 1; i <= 10000; i++) {
        double before = r.x;
        fiber_enter(&r.outside, &r.f);
        sum += r.step;
        assert_int_equal(r.step, i);
        assert_true(r.x == before * 1.5);
        if (i % 1000 == 0) r.step = i;
    }
    assert_int_equal(sum, 10000ll * 10001 / 2);
    fiber_free(m, &r.f);
    mem_release(m);
    test_alloc_end(&a);
}

/* ---- order ---- */

static void name_twice(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    assert_true(hp_in_program(s));
    proc_log(t, arg);
    hp_sleep(s, 0);
    proc_log(t, arg);
}

static void test_programs_run_in_order(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    static char a[] = "a", b[] = "b", c[] = "c";
    assert_int_equal(hp_spawn(t.s, "a", name_twice, a, 0), HP_OK);
    assert_int_equal(hp_spawn(t.s, "b", name_twice, b, 0), HP_OK);
    assert_int_equal(hp_spawn(t.s, "c", name_twice, c, 0), HP_OK);
    assert_int_equal(hp_programs_count(t.s), 3);
    assert_int_equal(hp_deadline(t.s), 0);      /* there is something to do now */
    assert_false(hp_in_program(t.s));
    assert_true(hp_programs_run(t.s));
    assert_string_equal(t.log, "abc");
    assert_false(hp_programs_run(t.s));         /* nobody can go on before the next step */
    proc_until(&t, 0);
    assert_string_equal(t.log, "abcabc");
    assert_int_equal(hp_programs_count(t.s), 0);
    proc_end(&t);
}

static void spawner(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    proc_log(t, "(");
    assert_int_equal(hp_spawn(s, "child", name_twice, arg, 0), HP_OK);
    assert_false(hp_programs_run(s));           /* not from within */
    proc_log(t, ")");
}

static void test_a_program_starts_another(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    static char x[] = "x";
    hp_spawn(t.s, "parent", spawner, x, 0);
    proc_until(&t, 0);
    assert_string_equal(t.log, "()xx");
    proc_end(&t);
}

/* ---- time ---- */

struct sleeper {
    hp_time span, woke;
    const char *name;
};

static void sleep_once(struct hp_stack *s, void *arg)
{
    struct sleeper *z = arg;
    assert_int_equal(hp_sleep(s, z->span), HP_OK);
    z->woke = hp_now(s);
    proc_log(hp_stack_user(s), z->name);
}

static void test_sleepers_wake_to_the_nanosecond(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    struct sleeper z[4] = {{HP_MS(30), 0, "c"}, {HP_MS(10), 0, "a"}, {HP_MS(20) + 1, 0, "b"}, {HP_S(3600), 0, "h"}};
    for (int i = 0; i < 4; i++) hp_spawn(t.s, "z", sleep_once, &z[i], 0);
    proc_until(&t, HP_S(3599));
    assert_string_equal(t.log, "abc");
    for (int i = 0; i < 3; i++) assert_int_equal(z[i].woke, z[i].span);
    proc_until(&t, HP_S(3600));
    assert_string_equal(t.log, "abch");
    proc_end(&t);
}

/* ---- sockets ---- */

static void wait_first(struct hp_stack *s, void *arg)
{
    struct proc_test *t = arg;
    unsigned events[16];
    for (int i = 0; i < t->many; i++) events[i] = HP_READABLE;
    t->result = hp_wait(s, t->sock, events, t->many, t->at ? t->at : HP_NEVER);
    t->at = hp_now(s);
}

static void open_fakes(struct proc_test *t, int n)
{
    t->many = n;
    for (int i = 0; i < n; i++) assert_int_equal(hp_socket(t->s, HP_DGRAM, 0, &t->sock[i]), HP_OK);
}

static void close_fakes(struct proc_test *t)
{
    for (int i = 0; i < t->many; i++)
        if (t->sock[i]) hp_close(t->sock[i]);
}

static void test_wait_tells_which_socket_is_ready(void **state)
{
    for (int n = 1; n <= 12; n += 11) {         /* with and without memory of its own */
        struct proc_test t;
        proc_begin(&t);
        open_fakes(&t, n);
        t.result = -99;
        hp_spawn(t.s, "w", wait_first, &t, 0);
        proc_until(&t, HP_MS(5));
        assert_int_equal(t.result, -99);
        fake_mark(t.sock[n - 1], HP_WRITABLE);  /* not what it waits for */
        proc_until(&t, HP_MS(6));
        assert_int_equal(t.result, -99);
        fake_mark(t.sock[n - 1], HP_READABLE);
        proc_until(&t, HP_MS(7));
        assert_int_equal(t.result, n - 1);
        assert_int_equal(t.at, HP_MS(6));       /* the step after the mark */
        for (int i = 0; i < n; i++) assert_null(t.sock[i]->waiters);
        close_fakes(&t);
        proc_end(&t);
    }
}

static void test_wait_times_out(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    open_fakes(&t, 3);
    t.at = HP_MS(40);
    hp_spawn(t.s, "w", wait_first, &t, 0);
    proc_until(&t, HP_S(1));
    assert_int_equal(t.result, HP_ETIMEDOUT);
    assert_int_equal(t.at, HP_MS(40));
    close_fakes(&t);
    proc_end(&t);
}

static void recv_line(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    char buf[8] = {0};
    int64_t n = hp_recv(t->sock[0], buf, sizeof buf - 1, 0);
    proc_log(t, arg);
    if (n > 0) proc_log(t, buf);
    else proc_log(t, n == HP_ECANCELED ? "canceled" : "?");
}

static void test_those_that_wait_longest_are_served_first(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    open_fakes(&t, 1);
    static char one[] = "1", two[] = "2";
    hp_spawn(t.s, "1", recv_line, one, 0);
    hp_spawn(t.s, "2", recv_line, two, 0);
    proc_until(&t, 1);
    fake_arrive(t.sock[0], "x");
    proc_until(&t, 2);
    assert_string_equal(t.log, "1x");
    fake_arrive(t.sock[0], "y");
    proc_until(&t, 3);
    assert_string_equal(t.log, "1x2y");
    close_fakes(&t);
    proc_end(&t);
}

static void closer(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    hp_sleep(s, HP_MS(1));
    hp_close(t->sock[0]);
    t->sock[0] = NULL;
}

static void test_X01_closing_a_socket_that_another_program_waits_for(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    open_fakes(&t, 1);
    static char one[] = "1", two[] = "2";
    hp_spawn(t.s, "1", recv_line, one, 0);
    hp_spawn(t.s, "2", recv_line, two, 0);
    hp_spawn(t.s, "closer", closer, NULL, 0);
    proc_until(&t, HP_MS(2));
    assert_string_equal(t.log, "1canceled2canceled");
    assert_int_equal(hp_programs_count(t.s), 0);
    proc_end(&t);
}

/* ---- the end ---- */

static void test_cancel_ends_every_wait(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    open_fakes(&t, 1);
    static char one[] = "1";
    t.many = 1;
    hp_spawn(t.s, "recv", recv_line, one, 0);
    hp_spawn(t.s, "wait", wait_first, &t, 0);
    proc_until(&t, HP_MS(1));
    hp_programs_cancel(t.s);
    assert_int_equal(hp_deadline(t.s), HP_MS(1));
    proc_until(&t, HP_MS(1));
    assert_string_equal(t.log, "1canceled");
    assert_int_equal(t.result, HP_ECANCELED);
    assert_int_equal(hp_programs_count(t.s), 0);
    assert_int_equal(hp_spawn(t.s, "late", name_twice, NULL, 0), HP_ECANCELED);
    close_fakes(&t);
    proc_end(&t);
}

static void deaf(struct hp_stack *s, void *arg)
{
    for (;;) hp_sleep(s, HP_S(1));
}

static void tidy(struct hp_stack *s, void *arg)
{
    struct proc_test *t = arg;
    void *mine = hp_alloc(s, 100);
    assert_int_equal(hp_sleep(s, HP_NEVER), HP_ECANCELED);
    hp_free(s, mine, 100);
    proc_log(t, "tidied");
}

static void test_freeing_the_stack_ends_programs_that_would_not(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    hp_spawn(t.s, "deaf", deaf, NULL, 0);
    hp_spawn(t.s, "tidy", tidy, &t, 0);
    hp_spawn(t.s, "never began", deaf, NULL, 0);
    hp_programs_run(t.s);
    proc_end(&t);               /* also looks for leaks */
    assert_string_equal(t.log, "tidied");
}

/* ---- families ---- */

static void member(struct hp_stack *s, void *arg)
{
    static char child[] = "child";
    struct proc_test *t = hp_stack_user(s);
    void *mine = hp_alloc(s, 100);
    if (arg != child) assert_int_equal(hp_spawn(s, "child", member, child, 0), HP_OK);
    int err = arg == child ? (int)hp_recv(t->sock[0], &t->log[200], 1, 0) : hp_sleep(s, HP_NEVER);
    proc_log(t, arg);
    proc_log(t, err == HP_ECANCELED && hp_now(s) == HP_MS(5) ? " canceled " : " ? ");
    assert_int_equal(hp_spawn(s, "late", member, child, 0), HP_ECANCELED);
    assert_int_equal(hp_sleep(s, HP_S(1)), HP_ECANCELED);   /* the next, too */
    hp_free(s, mine, 100);
}

static void other(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    t->result = hp_sleep(s, HP_MS(8));
    t->at = hp_now(s);
    assert_int_equal(hp_spawn(s, "x", name_twice, arg, 0), HP_OK);
}

static void test_a_family_is_canceled_and_nobody_else(void **state)
{
    struct proc_test t;
    static char head[] = "head", x[] = "x";
    uint32_t one, two, none;
    proc_begin(&t);
    open_fakes(&t, 1);
    assert_int_equal(hp_spawn_family(t.s, "head", member, head, 0, &one), HP_OK);
    assert_int_equal(hp_spawn_family(t.s, "other", other, x, 0, &two), HP_OK);
    assert_int_equal(hp_spawn(t.s, "tidy", tidy, &t, 0), HP_OK);
    assert_true(one && two && one != two);
    proc_until(&t, HP_MS(5));
    assert_int_equal(hp_family_count(t.s, one), 2);
    assert_int_equal(hp_family_count(t.s, two), 1);
    assert_int_equal(hp_family_count(t.s, 0), 0);
    hp_family_cancel(t.s, 0);
    hp_family_cancel(t.s, 999);
    assert_true(hp_deadline(t.s) > HP_MS(5));
    hp_family_cancel(t.s, one);
    assert_int_equal(hp_deadline(t.s), HP_MS(5));
    proc_until(&t, HP_MS(5));
    assert_string_equal(t.log, "head canceled child canceled ");
    assert_int_equal(hp_family_count(t.s, one), 0);
    hp_family_cancel(t.s, one);     /* nobody is left */
    proc_until(&t, HP_MS(20));
    assert_int_equal(t.result, HP_OK);
    assert_int_equal(t.at, HP_MS(8));
    assert_string_equal(t.log, "head canceled child canceled xx");
    assert_int_equal(hp_programs_count(t.s), 1);
    hp_programs_cancel(t.s);
    assert_int_equal(hp_spawn_family(t.s, "late", name_twice, x, 0, &none), HP_ECANCELED);
    assert_int_equal(none, 0);
    close_fakes(&t);
    proc_end(&t);
}

static void test_a_deaf_family_is_dropped_and_one_that_has_not_begun_ends(void **state)
{
    struct proc_test t;
    static char head[] = "a";
    uint32_t loud, early;
    proc_begin(&t);
    hp_spawn_family(t.s, "deaf", deaf, NULL, 0, &loud);
    proc_until(&t, HP_MS(1));
    hp_spawn_family(t.s, "early", name_twice, head, 0, &early);
    hp_family_cancel(t.s, early);
    hp_family_cancel(t.s, loud);
    proc_until(&t, HP_MS(1));
    assert_string_equal(t.log, "aa");           /* its one wait is refused at once */
    assert_int_equal(hp_programs_count(t.s), 0);
    proc_end(&t);
}

static void suicide(struct hp_stack *s, void *arg)
{
    struct proc_test *t = hp_stack_user(s);
    hp_family_cancel(s, *(uint32_t *)arg);
    t->result = hp_sleep(s, HP_S(1));
    t->at = hp_now(s);
}

static void test_a_program_cancels_its_own_family(void **state)
{
    struct proc_test t;
    uint32_t family;
    proc_begin(&t);
    hp_spawn_family(t.s, "x", suicide, &family, 0, &family);
    proc_until(&t, HP_MS(1));
    assert_int_equal(t.result, HP_ECANCELED);
    assert_int_equal(t.at, 0);
    assert_int_equal(hp_programs_count(t.s), 0);
    proc_end(&t);
}

static void test_calls_outside_of_programs_do_not_wait(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    open_fakes(&t, 1);
    char c;
    assert_int_equal(hp_recv(t.sock[0], &c, 1, 0), HP_EAGAIN);
    assert_int_equal(hp_sleep(t.s, 1), HP_EOPNOTSUPP);
    assert_int_equal(hp_wait(t.s, t.sock, NULL, 0, 1), HP_EOPNOTSUPP);
    close_fakes(&t);
    proc_end(&t);
}

static void test_X02_the_nth_allocation_fails(void **state)
{
    bool done = false;
    for (uint64_t n = 1; !done; n++) {
        struct proc_test t;
        proc_begin(&t);
        static char x[] = "x";
        open_fakes(&t, 12);
        hp_mem_fail_at(t.s, n);
        int err = hp_spawn(t.s, "x", name_twice, x, 0);
        if (!err) err = hp_spawn(t.s, "w", wait_first, &t, 0);
        proc_until(&t, 0);
        hp_mem_fail_at(t.s, 0);
        done = !err && t.result != HP_ENOMEM;
        if (err) assert_int_equal(err, HP_ENOMEM);
        assert_int_equal(hp_spawn(t.s, "again", name_twice, x, 0), HP_OK);
        proc_until(&t, 0);
        assert_true(n < 100);
        close_fakes(&t);
        proc_end(&t);
    }
}

static void eat_stack(struct hp_stack *s, void *arg)
{
    volatile char big[12 << 10];
    memset((void *)(uintptr_t)big, 1, sizeof big);
    hp_sleep(s, 0);
    memset((void *)(uintptr_t)big, 2, sizeof big);
}

static void test_the_smallest_stack_is_enough_for_what_it_says(void **state)
{
    struct proc_test t;
    proc_begin(&t);
    hp_spawn(t.s, "eat", eat_stack, NULL, 1);
    proc_until(&t, 0);
    assert_int_equal(hp_programs_count(t.s), 0);
    proc_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switch_keeps_both_sides),
        cmocka_unit_test(test_programs_run_in_order),
        cmocka_unit_test(test_a_program_starts_another),
        cmocka_unit_test(test_sleepers_wake_to_the_nanosecond),
        cmocka_unit_test(test_wait_tells_which_socket_is_ready),
        cmocka_unit_test(test_wait_times_out),
        cmocka_unit_test(test_those_that_wait_longest_are_served_first),
        cmocka_unit_test(test_X01_closing_a_socket_that_another_program_waits_for),
        cmocka_unit_test(test_cancel_ends_every_wait),
        cmocka_unit_test(test_freeing_the_stack_ends_programs_that_would_not),
        cmocka_unit_test(test_a_family_is_canceled_and_nobody_else),
        cmocka_unit_test(test_a_deaf_family_is_dropped_and_one_that_has_not_begun_ends),
        cmocka_unit_test(test_a_program_cancels_its_own_family),
        cmocka_unit_test(test_calls_outside_of_programs_do_not_wait),
        cmocka_unit_test(test_X02_the_nth_allocation_fails),
        cmocka_unit_test(test_the_smallest_stack_is_enough_for_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
