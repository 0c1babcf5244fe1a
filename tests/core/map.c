/* The hash map against a plain array. */
#include "core/map.h"

#include "core/random.h"
#include "support/alloc.h"
#include "support/test.h"

enum { KEYS = 500 };
static uint32_t keys[KEYS];

static bool key_same(const void *item, const void *key) { return *(const uint32_t *)item == *(const uint32_t *)key; }

/* bits: how much of the hash differs: few make long runs and collisions of whole hashes. */
static uint64_t key_hash(uint32_t key, int bits)
{
    uint64_t h = (uint64_t)key * 0x9e3779b97f4a7c15u;
    return bits == 64 ? h : (h >> 32) & ((1ull << bits) - 1);
}

static void map_against_model(int bits)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    struct map map = {0};
    bool in[KEYS] = {false};
    uint32_t count = 0;
    struct random r;
    random_init(&r, (uint64_t)bits, "map", "test");
    for (uint32_t i = 0; i < KEYS; i++) keys[i] = i;
    for (int round = 0; round < 20000; round++) {
        uint32_t k = random_below(&r, KEYS);
        uint64_t h = key_hash(k, bits);
        assert_ptr_equal(map_find(&map, h, key_same, &k), in[k] ? &keys[k] : NULL);
        if (in[k] && random_below(&r, 8) == 0) map_replace(&map, h, &keys[k], &keys[k]);
        else if (in[k]) assert_true(map_remove(&map, h, &keys[k]));
        else if (random_below(&r, (uint32_t)(round / 4000 % 2 ? 4 : 1)) == 0) assert_int_equal(map_add(&map, m, h, &keys[k]), HP_OK);
        else assert_false(map_remove(&map, h, &keys[k]));
        bool now = map_find(&map, h, key_same, &k) != NULL;
        count += (uint32_t)now - (uint32_t)in[k];
        in[k] = now;
        assert_int_equal(map.count, count);
        if (round % 500) continue;
        for (uint32_t i = 0; i < KEYS; i++)
            assert_ptr_equal(map_find(&map, key_hash(i, bits), key_same, &i), in[i] ? &keys[i] : NULL);
    }
    map_free(&map, m);
    mem_release(m);
    test_alloc_end(&a);
}

static void test_against_a_model(void **state)
{
    map_against_model(64);
    map_against_model(8);
    map_against_model(3);
    map_against_model(0);
}

static void test_failed_growth_keeps_everything(void **state)
{
    struct test_alloc a;
    test_alloc_init(&a);
    struct hp_mem *m = mem_new(&a.allocator, 0);
    struct map map = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        keys[i] = i;
        m->fail_at = 1;
        int err = map_add(&map, m, key_hash(i, 64), &keys[i]);
        m->fail_at = 0;
        if (err) {
            assert_int_equal(err, HP_ENOMEM);
            assert_null(map_find(&map, key_hash(i, 64), key_same, &i));
            assert_int_equal(map_add(&map, m, key_hash(i, 64), &keys[i]), HP_OK);
        }
        for (uint32_t k = 0; k <= i; k++) assert_ptr_equal(map_find(&map, key_hash(k, 64), key_same, &k), &keys[k]);
    }
    map_free(&map, m);
    mem_release(m);
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_model),
        cmocka_unit_test(test_failed_growth_keeps_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
