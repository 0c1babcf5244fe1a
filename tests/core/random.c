/* Chance: known answers, and distributions against what they should be. */
#include "core/random.h"

#include "core/bytes.h"
#include "support/test.h"

/* The reference key and messages of the SipHash paper, appendix A: bytes 0, 1, 2, ... */
static void test_siphash_2_4_known_answers(void **state)
{
    struct key k = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    uint8_t in[64];
    for (unsigned i = 0; i < 64; i++) in[i] = (uint8_t)i;
    assert_true(secret_key(&k, in, 15) == 0xa129ca6149be45e5u);
    assert_true(secret_key(&k, in, 0) == 0x726fdb47dd0e0e31u);
    assert_true(secret_key(&k, in, 8) == 0x93f5f5799a932462u);
}

static void test_siphash_1_3_differs_by_every_bit(void **state)
{
    struct key k = {1, 2};
    uint8_t in[40] = {0};
    uint64_t zero = hash_key(&k, in, sizeof in);
    for (unsigned bit = 0; bit < 8 * sizeof in; bit++) {
        in[bit / 8] ^= (uint8_t)(1 << bit % 8);
        uint64_t h = hash_key(&k, in, sizeof in) ^ zero;
        int flipped = __builtin_popcountll(h);
        assert_true(flipped > 10 && flipped < 54);
        in[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(hash_key(&k, in, 39) != hash_key(&k, in, 38));
}

static void test_generators_by_name_and_purpose(void **state)
{
    struct random a, b;
    random_init(&a, 1, "c1", "loss");
    random_init(&b, 1, "c1", "loss");
    for (int i = 0; i < 100; i++) assert_true(random_next(&a) == random_next(&b));
    random_init(&b, 1, "c1", "jitter");
    assert_true(random_next(&a) != random_next(&b));
    random_init(&b, 1, "c2", "loss");
    random_init(&a, 1, "c1", "loss");
    assert_true(random_next(&a) != random_next(&b));
    random_init(&b, 2, "c1", "loss");
    random_init(&a, 1, "c1", "loss");
    assert_true(random_next(&a) != random_next(&b));
}

static void test_below_is_even(void **state)
{
    struct random r;
    random_init(&r, 3, "below", "test");
    static const uint32_t ns[] = {1, 2, 3, 7, 10, 1000};
    for (unsigned k = 0; k < sizeof ns / sizeof *ns; k++) {
        unsigned count[1000] = {0};
        for (int i = 0; i < 100000; i++) {
            uint32_t v = random_below(&r, ns[k]);
            assert_true(v < ns[k]);
            count[v]++;
        }
        double mean = 100000.0 / ns[k], chi = 0;
        for (uint32_t i = 0; i < ns[k]; i++) chi += (count[i] - mean) * (count[i] - mean) / mean;
        if (chi > ns[k] + 6 * 45) fail_msg("%u values: chi square is %f", ns[k], chi);
    }
    assert_true(random_below(&r, UINT32_MAX) < UINT32_MAX);
}

static void test_chance_and_skip_agree_with_the_share(void **state)
{
    struct random r;
    random_init(&r, 4, "skip", "test");
    static const double shares[] = {0.5, 0.9, 0.1, 0.01, 1e-4, 1e-6};
    for (unsigned k = 0; k < sizeof shares / sizeof *shares; k++) {
        double p = shares[k];
        uint32_t share = (uint32_t)(p * 4294967296.0);
        enum { N = 20000 };
        double sum = 0;
        unsigned none = 0, over = 0; /* skip == 0 has chance p; skip >= 1/p has about 1/e */
        for (int i = 0; i < N; i++) {
            uint64_t n = random_skip(&r, share);
            sum += (double)n;
            none += n == 0;
            over += (double)n >= 1 / p;
        }
        double mean = (1 - p) / p, error = 6 * mean / 141;
        if (sum / N < mean - error || sum / N > mean + error) fail_msg("share %g: mean %g, expected %g", p, sum / N, mean);
        if (none > N * p + 6 * 141 || none + 6 * 141 < N * p) fail_msg("share %g: %u of %d are 0", p, none, N);
        double tail = 1;
        for (double i = 0; i < 1 / p && p > 0.0001; i++) tail *= 1 - p;
        if (p <= 0.0001) tail = 0.36788;
        if (over > N * tail + 6 * 141 || over + 6 * 141 < N * tail) fail_msg("share %g: %u of %d are over 1/p", p, over, N);
        unsigned hits = 0;
        for (int i = 0; i < N; i++) hits += random_chance(&r, share);
        if (hits > N * p + 6 * 141 || hits + 6 * 141 < N * p) fail_msg("share %g: %u hits of %d", p, hits, N);
    }
}

static void test_ends_of_the_share(void **state)
{
    struct random r;
    random_init(&r, 5, "ends", "test");
    for (int i = 0; i < 1000; i++) {
        assert_true(random_skip(&r, UINT32_MAX) == 0);
        assert_true(random_skip(&r, 0) == UINT64_MAX);
        assert_true(random_chance(&r, UINT32_MAX));
        assert_false(random_chance(&r, 0));
        assert_true(random_skip(&r, 1) < 1ull << 40); /* 2^-32: 2^32 on average */
    }
}

static void test_keys_by_purpose(void **state)
{
    struct key k = {1, 2}, a = key_derive(&k, "a"), b = key_derive(&k, "b");
    assert_true(a.k0 != b.k0 && a.k1 != b.k1 && a.k0 != a.k1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_siphash_2_4_known_answers),
        cmocka_unit_test(test_siphash_1_3_differs_by_every_bit),
        cmocka_unit_test(test_generators_by_name_and_purpose),
        cmocka_unit_test(test_below_is_even),
        cmocka_unit_test(test_chance_and_skip_agree_with_the_share),
        cmocka_unit_test(test_ends_of_the_share),
        cmocka_unit_test(test_keys_by_purpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
