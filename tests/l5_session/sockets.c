/* The calls: wrong arguments, missing functions, and how the same call waits inside a program and does not outside. */
#include "hepta/socket.h"

#include "hepta/proc.h"
#include "support/alloc.h"
#include "support/fake_sock.h"
#include "support/test.h"

struct calls_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    hp_time now;
    struct hp_sock *sock;
    int64_t result;
    hp_time at;
    char buf[64];
};

static void calls_begin(struct calls_test *t, enum hp_sock_type type)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    struct hp_config c = {.profile = fake_profile, .allocator = &t->alloc.allocator};
    t->s = hp_stack_new(&c);
    assert_int_equal(hp_socket(t->s, type, 0, &t->sock), HP_OK);
    t->result = -99;
}

static void calls_end(struct calls_test *t)
{
    hp_close(t->sock);
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

static void calls_until(struct calls_test *t, hp_time end)
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

static void calls_run(struct calls_test *t, void (*fn)(struct hp_stack *, void *))
{
    assert_int_equal(hp_spawn(t->s, "caller", fn, t, 0), HP_OK);
    calls_until(t, t->now);
}

/* ---- arguments ---- */

static void test_wrong_arguments_are_refused(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    struct hp_sock *out;
    struct hp_endpoint e = {0};
    struct hp_bytes part;
    assert_int_equal(hp_socket(NULL, HP_STREAM, 0, &out), HP_EINVAL);
    assert_int_equal(hp_socket(t.s, HP_STREAM, 0, NULL), HP_EINVAL);
    assert_int_equal(hp_socket(t.s, HP_RAW, 0, &out), HP_EOPNOTSUPP);      /* nobody on the profile has it */
    assert_null(out);
    fake_open_error = HP_EINVAL;
    assert_int_equal(hp_socket(t.s, HP_STREAM, 0, &out), HP_EINVAL);
    fake_open_error = HP_OK;
    hp_mem_fail_at(t.s, 1);
    assert_int_equal(hp_socket(t.s, HP_STREAM, 0, &out), HP_ENOMEM);
    assert_int_equal(hp_close(NULL), HP_EINVAL);
    assert_int_equal(hp_bind(t.sock, NULL), HP_EINVAL);
    assert_int_equal(hp_bind(NULL, &e), HP_EINVAL);
    assert_int_equal(hp_listen(NULL, 1), HP_EINVAL);
    assert_int_equal(hp_accept(t.sock, NULL, NULL), HP_EINVAL);
    assert_int_equal(hp_connect(t.sock, NULL), HP_EINVAL);
    assert_int_equal(hp_shutdown(t.sock, 3), HP_EINVAL);
    assert_int_equal(hp_shutdown(t.sock, HP_SHUT_WR), HP_EOPNOTSUPP);
    assert_int_equal(hp_local(t.sock, &e), HP_EOPNOTSUPP);
    assert_int_equal(hp_peer(t.sock, NULL), HP_EINVAL);
    assert_int_equal(hp_send(t.sock, NULL, 1, 0), HP_EINVAL);
    assert_int_equal(hp_send(NULL, "x", 1, 0), HP_EINVAL);
    assert_int_equal(hp_send_ref(t.sock, "x", 1, 0, NULL, NULL), HP_EINVAL);
    assert_int_equal(hp_recv(t.sock, NULL, 1, 0), HP_EINVAL);
    assert_int_equal(hp_recv_borrow(t.sock, &part, 1), HP_EOPNOTSUPP);
    assert_int_equal(hp_recv_borrow(t.sock, &part, 0), HP_EINVAL);
    assert_int_equal(hp_recv_release(t.sock, 1), HP_EOPNOTSUPP);
    calls_end(&t);
}

static void test_the_user_pointer_and_the_stack(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_DGRAM);
    assert_null(hp_sock_user(t.sock));
    hp_sock_set_user(t.sock, &t);
    assert_ptr_equal(hp_sock_user(t.sock), &t);
    assert_ptr_equal(hp_sock_stack(t.sock), t.s);
    calls_end(&t);
}

/* ---- sending ---- */

static void call_send(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    t->result = hp_send(t->sock, "0123456789", 10, 0);
    t->at = hp_now(s);
}

static void give_room(struct calls_test *t, size_t n)
{
    fake_of(t->sock)->send_room = n;
    fake_mark(t->sock, HP_WRITABLE);
}

static void test_a_program_sends_a_stream_whole(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    assert_int_equal(hp_send(t.sock, "x", 1, 0), HP_EAGAIN);
    fake_of(t.sock)->send_room = 4;
    calls_run(&t, call_send);
    assert_int_equal(t.result, -99);
    calls_until(&t, HP_MS(3));
    give_room(&t, 5);
    calls_until(&t, HP_MS(4));
    assert_int_equal(t.result, -99);
    give_room(&t, 100);
    calls_until(&t, HP_MS(5));
    assert_int_equal(t.result, 10);
    assert_memory_equal(fake_of(t.sock)->sent, "0123456789", 10);
    calls_end(&t);
}

static void test_outside_a_part_is_an_answer(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    fake_of(t.sock)->send_room = 4;
    assert_int_equal(hp_send(t.sock, "0123456789", 10, 0), 4);
    calls_end(&t);
}

static void test_a_send_that_times_out_tells_what_it_sent(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    hp_time timeo = HP_MS(50);
    hp_setsockopt(t.sock, HP_SO_SNDTIMEO, &timeo, sizeof timeo);
    fake_of(t.sock)->send_room = 4;
    calls_run(&t, call_send);
    calls_until(&t, HP_S(1));
    assert_int_equal(t.result, 4);
    assert_int_equal(t.at, HP_MS(50));
    t.result = -99;
    calls_run(&t, call_send);
    calls_until(&t, HP_S(2));
    assert_int_equal(t.result, HP_EAGAIN);
    calls_end(&t);
}

static void call_send_dontwait(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    t->result = hp_send(t->sock, "0123456789", 10, HP_MSG_DONTWAIT);
}

static void test_who_does_not_want_to_wait_does_not(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    calls_run(&t, call_send_dontwait);
    assert_int_equal(t.result, HP_EAGAIN);
    int on = 1;
    hp_setsockopt(t.sock, HP_SO_NONBLOCK, &on, sizeof on);
    t.result = -99;
    calls_run(&t, call_send);
    assert_int_equal(t.result, HP_EAGAIN);
    calls_end(&t);
}

/* ---- receiving ---- */

static void call_recv(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    t->result = hp_recv(t->sock, t->buf, 8, 0);
    t->at = hp_now(s);
}

static void call_recv_all(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    t->result = hp_recv(t->sock, t->buf, 8, HP_MSG_WAITALL);
}

static void test_recv_waits_for_the_first_bytes(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    calls_run(&t, call_recv);
    calls_until(&t, HP_MS(7));
    assert_int_equal(t.result, -99);
    fake_arrive(t.sock, "abc");
    calls_until(&t, HP_MS(8));
    assert_int_equal(t.result, 3);
    assert_int_equal(t.at, HP_MS(7));
    assert_int_equal(fake_of(t.sock)->calls, 2);        /* once in vain, once with success: no polling */
    calls_end(&t);
}

static void test_waitall_waits_for_all_or_the_end(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    calls_run(&t, call_recv_all);
    fake_arrive(t.sock, "abc");
    calls_until(&t, HP_MS(1));
    assert_int_equal(t.result, -99);
    fake_arrive(t.sock, "defgh+");
    calls_until(&t, HP_MS(2));
    assert_int_equal(t.result, 8);
    assert_memory_equal(t.buf, "abcdefgh", 8);
    t.result = -99;
    calls_run(&t, call_recv_all);
    fake_of(t.sock)->end = true;
    fake_mark(t.sock, HP_READABLE | HP_HUP);
    calls_until(&t, HP_MS(3));
    assert_int_equal(t.result, 1);
    t.result = -99;
    calls_run(&t, call_recv_all);
    assert_int_equal(t.result, 0);
    calls_end(&t);
}

static void test_a_recv_that_times_out_answers_again(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_DGRAM);
    hp_time timeo = HP_MS(250);
    hp_setsockopt(t.sock, HP_SO_RCVTIMEO, &timeo, sizeof timeo);
    calls_run(&t, call_recv);
    calls_until(&t, HP_MS(100));
    fake_mark(t.sock, HP_WRITABLE);                     /* a false alarm does not prolong it */
    calls_until(&t, HP_S(1));
    assert_int_equal(t.result, HP_EAGAIN);
    assert_int_equal(t.at, HP_MS(250));
    calls_end(&t);
}

/* ---- connecting and accepting ---- */

static void call_connect(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    struct hp_endpoint e = {.port = 1};
    t->result = hp_connect(t->sock, &e);
    t->at = hp_now(s);
}

static void test_connect_waits_for_the_end_good_or_bad(void **state)
{
    for (int bad = 0; bad < 3; bad++) {
        struct calls_test t;
        calls_begin(&t, HP_STREAM);
        hp_time timeo = HP_S(5);
        hp_setsockopt(t.sock, HP_SO_SNDTIMEO, &timeo, sizeof timeo);
        fake_of(t.sock)->connect = HP_EINPROGRESS;
        calls_run(&t, call_connect);
        calls_until(&t, HP_MS(30));
        assert_int_equal(t.result, -99);
        if (bad == 1) t.sock->error = HP_ECONNREFUSED;
        if (bad < 2) fake_mark(t.sock, bad ? HP_ERROR | HP_WRITABLE : HP_WRITABLE);
        calls_until(&t, HP_S(6));
        assert_int_equal(t.result, bad == 0 ? HP_OK : bad == 1 ? HP_ECONNREFUSED : HP_ETIMEDOUT);
        assert_int_equal(t.at, bad == 2 ? HP_S(5) : HP_MS(30));
        calls_end(&t);
    }
}

static void call_accept(struct hp_stack *s, void *arg)
{
    struct calls_test *t = arg;
    struct hp_sock *sock;
    t->result = hp_accept(t->sock, &sock, NULL);
}

static void test_accept_waits(void **state)
{
    struct calls_test t;
    calls_begin(&t, HP_STREAM);
    struct hp_sock *none;
    fake_of(t.sock)->accept = HP_EAGAIN;
    assert_int_equal(hp_accept(t.sock, &none, NULL), HP_EAGAIN);
    calls_run(&t, call_accept);
    calls_until(&t, HP_MS(1));
    assert_int_equal(t.result, -99);
    fake_of(t.sock)->accept = HP_OK;
    fake_mark(t.sock, HP_READABLE);
    calls_until(&t, HP_MS(2));
    assert_int_equal(t.result, HP_OK);
    calls_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_arguments_are_refused),
        cmocka_unit_test(test_the_user_pointer_and_the_stack),
        cmocka_unit_test(test_a_program_sends_a_stream_whole),
        cmocka_unit_test(test_outside_a_part_is_an_answer),
        cmocka_unit_test(test_a_send_that_times_out_tells_what_it_sent),
        cmocka_unit_test(test_who_does_not_want_to_wait_does_not),
        cmocka_unit_test(test_recv_waits_for_the_first_bytes),
        cmocka_unit_test(test_waitall_waits_for_all_or_the_end),
        cmocka_unit_test(test_a_recv_that_times_out_answers_again),
        cmocka_unit_test(test_connect_waits_for_the_end_good_or_bad),
        cmocka_unit_test(test_accept_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
