/* The agenda against a list that is searched from end to end. */
#include "lab/agenda.h"

#include "core/random.h"
#include "support/alloc.h"
#include "support/test.h"

enum { ENTRIES = 300, CHANGES = 20000 };

static hp_time shadow[2][ENTRIES];

static uint32_t shadow_first(void)
{
    uint32_t best = UINT32_MAX;
    hp_time at = HP_NEVER;
    for (uint32_t kind = 0; kind < 2; kind++)
        for (uint32_t i = 0; i < ENTRIES; i++)
            if (shadow[kind][i] < at) {
                at = shadow[kind][i];
                best = i | kind << AGENDA_MACHINE_BIT;
            }
    return best;
}

static void test_first_is_always_the_least(void **state)
{
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct hp_mem *mem = mem_new(&alloc.allocator, 0);
    struct agenda a = {0};
    struct random r;
    random_init(&r, 1, "agenda", "test");
    for (uint32_t i = 0; i < ENTRIES; i++) {
        for (uint32_t kind = 0; kind < 2; kind++) {
            uint32_t id;
            assert_true(agenda_add(&a, mem, kind, &id));
            assert_int_equal(id, i | kind << AGENDA_MACHINE_BIT);
            shadow[kind][i] = HP_NEVER;
        }
    }
    for (int n = 0; n < CHANGES; n++) {
        uint32_t i = random_below(&r, ENTRIES), kind = random_below(&r, 2), id = i | kind << AGENDA_MACHINE_BIT;
        hp_time at = random_below(&r, 4) ? random_below(&r, 200) : HP_NEVER; /* many ties */
        agenda_set(&a, id, at);
        shadow[kind][i] = at;
        assert_int_equal(agenda_at(&a, id), at);
        uint32_t first = shadow_first();
        assert_int_equal(agenda_next(&a), first == UINT32_MAX ? HP_NEVER : shadow[first >> 31][first & ~AGENDA_MACHINE]);
        if (first != UINT32_MAX) assert_int_equal(a.heap[0].id, first);
    }
    agenda_free(&a, mem);
    mem_release(mem);
    test_alloc_end(&alloc);
}

/* Marks against a plain array. */
static void test_marks_are_found_in_order(void **state)
{
    struct test_alloc alloc;
    test_alloc_init(&alloc);
    struct hp_mem *mem = mem_new(&alloc.allocator, 0);
    struct agenda a = {0};
    struct random r;
    static bool marked[5000];
    uint32_t id;
    random_init(&r, 2, "agenda", "marks");
    for (uint32_t i = 0; i < 5000; i++) {
        assert_true(agenda_add(&a, mem, true, &id));
        if (i % 1000 == 5) agenda_mark(&a, id); /* marks stay when it grows */
        marked[i] = i % 1000 == 5;
    }
    for (int n = 0; n < 5000; n++) {
        uint32_t i = random_below(&r, 5000), first = 0;
        if (random_below(&r, 3) == 0) agenda_mark(&a, i | AGENDA_MACHINE);
        else agenda_unmark(&a, i | AGENDA_MACHINE);
        if (!random_below(&r, 2)) {
            if (agenda_marked(&a, &id)) agenda_unmark(&a, id), marked[id & ~AGENDA_MACHINE] = false;
        }
        uint64_t mark = a.mark[0][i >> 6] >> (i & 63) & 1;
        marked[i] = mark;
        while (first < 5000 && !marked[first]) first++;
        assert_int_equal(agenda_marked(&a, &id), first < 5000);
        if (first < 5000) assert_int_equal(id, first | AGENDA_MACHINE);
    }
    agenda_free(&a, mem);
    mem_release(mem);
    test_alloc_end(&alloc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_first_is_always_the_least),
                                      cmocka_unit_test(test_marks_are_found_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
