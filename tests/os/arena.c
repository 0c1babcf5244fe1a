/* The arena: blocks do not overlap, begin on cache lines, come back, and cost little more than was asked for. */
#include "core/bytes.h"
#include "core/random.h"
#include "hepta/os.h"
#include "support/test.h"

struct block {
    uint8_t *p;
    size_t n;
    uint8_t mark;
};

static void block_take(const struct hp_allocator *a, struct block *b, size_t n, uint8_t mark)
{
    *b = (struct block){a->alloc(a->ctx, n), n, mark};
    assert_non_null(b->p);
    if (!SANITIZED && n <= 16384) assert_int_equal((uintptr_t)b->p % 64, 0);
    memset(b->p, mark, n);
}

static void block_give(const struct hp_allocator *a, struct block *b)
{
    for (size_t i = 0; i < b->n; i++) assert_int_equal(b->p[i], b->mark);
    a->free(a->ctx, b->p, b->n);
    b->p = NULL;
}

/* Sizes on both sides of every boundary, in a random order, so that an overlap would be written over. */
static void test_blocks_keep_what_is_written(void **state)
{
    enum { BLOCKS = 2000, TURNS = 40000 };
    static const size_t edge[] = {1, 63, 64, 65, 128, 4096, 16384, 16385, 100000};
    static struct block block[BLOCKS];
    struct hp_arena *arena = hp_arena_new();
    const struct hp_allocator *a = hp_arena_allocator(arena);
    struct random r;
    random_init(&r, 1, "arena", "test");
    for (int i = 0; i < TURNS; i++) {
        struct block *b = &block[random_below(&r, BLOCKS)];
        if (b->p) block_give(a, b);
        else block_take(a, b, i % 4 ? 1 + random_below(&r, 2000) : edge[random_below(&r, sizeof edge / sizeof *edge)], (uint8_t)i);
    }
    for (int i = 0; i < BLOCKS; i++)
        if (block[i].p) block_give(a, &block[i]);
    hp_arena_free(arena);
}

/* Whoever gives back and takes again moves on no further. */
static void test_a_block_that_came_back_is_used_again(void **state)
{
    struct hp_arena *arena = hp_arena_new();
    const struct hp_allocator *a = hp_arena_allocator(arena);
    struct block first, again, other;
    block_take(a, &first, 100, 1);
    void *p = first.p;
    block_give(a, &first);
    block_take(a, &again, 128, 2); /* the same two lines */
    if (!SANITIZED) assert_ptr_equal(again.p, p);
    block_take(a, &other, 100, 3);
    assert_ptr_not_equal(other.p, again.p);
    block_give(a, &again);
    block_give(a, &other);
    a->free(a->ctx, NULL, 100); /* nothing */
    hp_arena_free(arena);
    hp_arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_keep_what_is_written),
        cmocka_unit_test(test_a_block_that_came_back_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
