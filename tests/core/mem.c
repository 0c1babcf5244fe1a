/* Memory: the budget, the counters, failing on purpose, and nothing leaked. */
#include "core/mem.h"

#include "support/alloc.h"
#include "support/test.h"

static void test_budget_is_kept(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 100);
    void *p = mem_alloc(m, 60);
    assert_non_null(p);
    assert_null(mem_alloc(m, 41));
    assert_int_equal(m->failures, 1);
    assert_int_equal(mem_left(m), 40);
    void *q = mem_alloc(m, 40);
    assert_non_null(q);
    assert_null(mem_alloc(m, 1));
    mem_free(m, p, 60);
    assert_int_equal(m->bytes, 40);
    assert_int_equal(m->bytes_max, 100);
    mem_free(m, q, 40);
    mem_free(m, NULL, 7);
    mem_release(m);
    test_alloc_end(&a);
}

static void test_nth_allocation_fails_once(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    m->fail_at = 2;
    void *p = mem_alloc(m, 8);
    assert_non_null(p);
    assert_null(mem_alloc(m, 8));
    void *q = mem_alloc(m, 8);
    assert_non_null(q);
    mem_free(m, p, 8);
    mem_free(m, q, 8);
    mem_release(m);
    test_alloc_end(&a);
}

static void test_reach_gives_zeroed_room_and_keeps_the_array_on_failure(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    uint32_t room = 0;
    uint64_t *n = mem_reach(m, NULL, &room, 3, sizeof *n);
    assert_non_null(n);
    assert_true(room > 3);
    n[3] = 7;
    uint32_t before = room;
    assert_ptr_equal(mem_reach(m, n, &room, 3, sizeof *n), n);
    m->fail_at = 1;
    assert_null(mem_reach(m, n, &room, 100, sizeof *n));
    assert_int_equal(room, before);
    n = mem_reach(m, n, &room, 100, sizeof *n);
    assert_non_null(n);
    assert_true(room > 100);
    for (uint32_t i = 0; i < room; i++) assert_int_equal(n[i], i == 3 ? 7 : 0);
    mem_free(m, n, room * sizeof *n);
    mem_release(m);
    test_alloc_end(&a);
}

static void test_resize_keeps_bytes_and_old_block_on_failure(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    char *p = mem_resize(m, NULL, 0, 4);
    memcpy(p, "abcd", 4);
    m->fail_at = 1;
    assert_null(mem_resize(m, p, 4, 8));
    assert_memory_equal(p, "abcd", 4);
    p = mem_resize(m, p, 4, 8);
    assert_memory_equal(p, "abcd", 4);
    p = mem_resize(m, p, 8, 2);
    assert_memory_equal(p, "ab", 2);
    assert_int_equal(m->bytes, 2);
    mem_free(m, p, 2);
    mem_release(m);
    test_alloc_end(&a);
}

static void test_zalloc_is_zero(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    uint8_t *p = mem_zalloc(m, 64), zero[64] = {0};
    assert_memory_equal(p, zero, 64);
    mem_free(m, p, 64);
    mem_release(m);
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_budget_is_kept),
        cmocka_unit_test(test_nth_allocation_fails_once),
        cmocka_unit_test(test_resize_keeps_bytes_and_old_block_on_failure),
        cmocka_unit_test(test_reach_gives_zeroed_room_and_keeps_the_array_on_failure),
        cmocka_unit_test(test_zalloc_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
