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
    hp_time now = 0;
    for (int n = 0; n < CHANGES; n++) {
        uint32_t i = random_below(&r, ENTRIES), kind = random_below(&r, 2), id = i | kind << AGENDA_MACHINE_BIT;
        uint32_t far = n % 7 ? 200 : 1 << 20; /* many ties; some behind the ring's end */
        hp_time at = random_below(&r, 4) ? now + random_below(&r, far) : HP_NEVER;
        agenda_set(&a, id, at);
        shadow[kind][i] = at;
        uint32_t first = shadow_first();
        struct agenda_entry e;
        assert_int_equal(agenda_first(&a, &e), first != UINT32_MAX);
        if (first == UINT32_MAX) continue;
        assert_int_equal(e.id, first);
        assert_int_equal(e.at, shadow[first >> 31][first & ~AGENDA_MACHINE]);
        if (n % 3) continue;
        agenda_advance(&a, e.at); /* it happens, and time goes on */
        agenda_set(&a, first, HP_NEVER);
        shadow[first >> 31][first & ~AGENDA_MACHINE] = HP_NEVER;
        now = e.at;
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
        bool mark = a.mark[i] & AGENDA_MARKED;
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
