/* The lists of sockets: marked once, told in order, safe to leave at any time. */
#include "core/stack.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct hp_proto *const no_protocols[] = {NULL};
static struct test_alloc alloc;
static struct hp_sock sock[6];
static int spoke[64];
static unsigned spoken;
static int victim; /* a socket that unlists this one while it speaks; -1 = none */
static bool again;

static void sock_say(struct hp_sock *k)
{
    spoke[spoken++] = (int)(k - sock);
    if (again) sock_mark_tx(k);
    if (victim >= 0) sock_unlist(&sock[victim]);
    assert_true(spoken < 60);
}

static const struct hp_sock_kind sock_kind = {.name = "test", .tx = sock_say};

static struct hp_stack *sock_begin(void)
{
    test_alloc_init(&alloc);
    struct hp_config c = {.profile = no_protocols, .allocator = &alloc.allocator};
    struct hp_stack *s = hp_stack_new(&c);
    memset(sock, 0, sizeof sock);
    for (int i = 0; i < 6; i++) {
        sock[i].stack = s;
        sock[i].kind = &sock_kind;
    }
    spoken = 0;
    victim = -1;
    again = false;
    return s;
}

static void sock_finish(struct hp_stack *s)
{
    hp_stack_free(s);
    test_alloc_end(&alloc);
}

static void test_ready_in_order_and_once(void **state)
{
    struct hp_stack *s = sock_begin();
    sock_mark(&sock[2], 1);
    sock_mark(&sock[0], 2);
    sock_mark(&sock[2], 4);
    sock[1].flags = SOCK_ORPHAN;
    sock_mark(&sock[1], 1);
    unsigned what;
    assert_ptr_equal(hp_next_ready(s, &what), &sock[2]);
    assert_int_equal(what, 5);
    assert_ptr_equal(hp_next_ready(s, &what), &sock[0]);
    assert_int_equal(what, 2);
    assert_null(hp_next_ready(s, &what));
    sock_mark(&sock[2], 1);
    sock_mark(&sock[3], 1);
    sock_unlist(&sock[2]);
    sock_unlist(&sock[2]);
    assert_ptr_equal(hp_next_ready(s, &what), &sock[3]);
    assert_null(hp_next_ready(s, &what));
    sock_finish(s);
}

static void test_speak_once_per_step(void **state)
{
    struct hp_stack *s = sock_begin();
    sock_mark_tx(&sock[1]);
    sock_mark_tx(&sock[0]);
    sock_mark_tx(&sock[1]);
    assert_int_equal(hp_deadline(s), 0);
    again = true;
    assert_int_equal(hp_step(s, 5), 5);
    assert_int_equal(spoken, 2);
    assert_int_equal(spoke[0], 1);
    assert_int_equal(spoke[1], 0);
    again = false;
    assert_int_equal(hp_step(s, 6), HP_NEVER);
    assert_int_equal(spoken, 4);
    assert_int_equal(hp_step(s, 7), HP_NEVER);
    assert_int_equal(spoken, 4);
    sock_finish(s);
}

static void test_leave_any_list_from_any_place(void **state)
{
    for (int who = 0; who < 6; who++) {
        for (int twice = 0; twice < 2; twice++) {
            struct hp_stack *s = sock_begin();
            for (int i = 0; i < 6; i++) sock_mark_tx(&sock[i]);
            again = twice;
            victim = who;
            hp_step(s, 1);
            again = false;
            victim = -1;
            sock_mark_tx(&sock[who]); /* the lists are whole: it and the others speak */
            spoken = 0;
            hp_step(s, 2);
            assert_int_equal(spoken, twice ? 6 : 1);
            assert_int_equal(spoke[spoken - 1], who);
            assert_int_equal(hp_step(s, 3), HP_NEVER);
            sock_finish(s);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ready_in_order_and_once),
        cmocka_unit_test(test_speak_once_per_step),
        cmocka_unit_test(test_leave_any_list_from_any_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
