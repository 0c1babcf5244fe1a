/* Line codes: vectors made by hand, every length, an error at every symbol, and cables with a code. */
#include "l1_physical/line_code.h"

#include "support/line.h"
#include "support/test.h"
#include "wire/crc.h"

static struct line line = {.code = &hp_line_code_manchester};
static const struct hp_line_code *const code = &hp_line_code_manchester;
static uint8_t *const frame = line.frame, *const symbols = line.symbols, *const back = line.back;

static void make_frame(size_t n) { line_frame(&line, n); }

/* "-" is low, "+" is high. */
static void assert_levels(const uint8_t *s, const char *levels)
{
    for (; *levels; levels++) assert_int_equal(*s++, *levels == '+');
}

static void test_levels_by_hand(void **state)
{
    const uint8_t a[18] = {0xa3};
    assert_int_equal(code->symbols(18), 16 * 26 + 6);
    code->encode(a, 18, symbols);
    assert_levels(symbols, "-++--++--++--++-");                 /* 0x55: 1 0 1 0 1 0 1 0 */
    assert_levels(symbols + 16 * 7, "-++--++--++--+-+");        /* 0xd5: 1 0 1 0 1 0 1 1 */
    assert_levels(symbols + 16 * 8, "-+-++-+-+--++--+");        /* 0xa3: 1 1 0 0 0 1 0 1 */
    assert_levels(symbols + 16 * 26, "++++++");                 /* TP_IDL */
}

static void test_every_length_comes_back(void **state) { line_every_length(&line); }

/* What a receiver sees of each kind of damage. */
static void test_damage_has_names(void **state)
{
    size_t got, n = 64, all = code->symbols(n);
    make_frame(n);
    symbols[16 * 20] ^= 1;
    assert_int_equal(code->decode(symbols, all, back, n, &got), HP_DROP_CODE_VIOLATION);
    make_frame(n);
    assert_int_equal(code->decode(symbols, 16 * 7, back, n, &got), HP_DROP_NO_SFD);
    assert_int_equal(code->decode(symbols, 0, back, n, &got), HP_DROP_NO_SFD);
    assert_int_equal(code->decode(symbols, 16 * 30 + 2, back, n, &got), HP_DROP_ALIGNMENT);
    assert_int_equal(code->decode(symbols, 16 * 18, back, n, &got), HP_DROP_WIRE_FRAGMENT);
    assert_int_equal(code->decode(symbols, all, back, n - 1, &got), HP_DROP_GIANT);
}

/* Bits after a good FCS, and a lost piece of preamble, cost nothing. */
static void test_dribble_and_late_start_are_forgiven(void **state)
{
    size_t got, n = 64, all = code->symbols(n);
    make_frame(n);
    symbols[all - 6] = 0; /* TP_IDL's first half bits look like a 1, then the line stays high */
    assert_int_equal(code->decode(symbols, all, back, n, &got), HP_DROP_NONE);
    assert_int_equal(got, n);
    make_frame(n);
    assert_int_equal(code->decode(symbols + 30, all - 30, back, n, &got), HP_DROP_NONE);
    assert_memory_equal(back, frame, n);
}

/* One or two wrong symbols anywhere: a name, or bytes that the FCS finds, or the right frame. */
static void assert_never_wrong(size_t n, size_t all, unsigned *violations)
{
    size_t got;
    enum hp_drop why = code->decode(symbols, all, back, all / 16, &got);
    *violations += why == HP_DROP_CODE_VIOLATION;
    if (why || !crc_ok(bytes_of(back, got))) return;
    assert_int_equal(got, n);
    assert_memory_equal(back, frame, n);
}

static void test_errors_never_give_a_wrong_frame(void **state)
{
    size_t n = 64, all = code->symbols(n);
    unsigned violations = 0;
    make_frame(n);
    for (size_t i = 0; i < all; i++) {
        symbols[i] ^= 1;
        assert_never_wrong(n, all, &violations);
        symbols[i] ^= 1;
    }
    assert_true(violations >= 16 * n - 1 && violations <= 16 * n + 6); /* all in the frame (its last may look like the end), some behind */
    for (size_t i = 0; i + 1 < all; i++)
        for (size_t j = i + 1; j < all && j < i + 24; j++) {
            symbols[i] ^= 1;
            symbols[j] ^= 1;
            assert_never_wrong(n, all, &violations);
            symbols[i] ^= 1;
            symbols[j] ^= 1;
        }
}

static void test_parts_of_a_frame(void **state)
{
    static const char *const labels[] = {"preamble", "SFD", "dst", "src", "tag", "type", "payload", "FCS"};
    static const size_t bytes[] = {7, 1, 6, 6, 4, 2, 42, 4};
    struct hp_line_run run[HP_LINE_RUNS_MAX];
    uint8_t raw[20] = {[12] = 0x81, [16] = 0x08};
    size_t n = hp_line_code_frame(bytes_of(raw, sizeof raw), back, sizeof line.back), at = 0;
    assert_int_equal(n, 64);
    assert_true(crc_ok(bytes_of(back, n)));
    assert_int_equal(hp_line_code_frame(bytes_of(raw, sizeof raw), back, 63), 0);
    assert_int_equal(hp_line_code_runs(bytes_of(back, n), run), 8);
    for (int i = 0; i < 8; at += 8 * bytes[i++]) {
        assert_string_equal(run[i].label, labels[i]);
        assert_int_equal(run[i].first, at);
        assert_int_equal(run[i].bits, 8 * bytes[i]);
    }
    assert_int_equal(hp_line_code_runs(bytes_of(back, 3), run), 3);
    assert_int_equal(hp_line_code_symbols(code, bytes_of(back, n), symbols, code->symbols(n) - 1), 0);
    assert_int_equal(hp_line_code_symbols(code, bytes_of(back, n), symbols, sizeof line.symbols), code->symbols(n));
    assert_ptr_equal(hp_line_code_find("manchester"), code);
    assert_null(hp_line_code_find("morse"));
}

/* ---- on a cable ---- */

/* Every frame arrives or died of a name, at the receiver. */
static void test_cable_with_errors_conserves_frames(void **state)
{
    enum { MANY = 5000 };
    struct line_pair t;
    struct hp_cable_stats st;
    line_begin(&t, code, UINT32_MAX / 10000);
    line_send(&t, MANY);
    hp_cable_stats(t.cable, 0, &st);
    uint64_t violations = hp_drop_count(t.b.s, HP_DROP_CODE_VIOLATION), no_sfd = hp_drop_count(t.b.s, HP_DROP_NO_SFD);
    uint64_t refused = violations + no_sfd + hp_drop_count(t.b.s, HP_DROP_ALIGNMENT) + hp_drop_count(t.b.s, HP_DROP_WIRE_FRAGMENT);
    assert_int_equal(st.frames, MANY);
    assert_int_equal(st.flying, 0);
    assert_int_equal(st.lost, refused);
    assert_int_equal(t.b.count + refused + hp_drop_count(t.b.s, HP_DROP_FCS), MANY);
    assert_true(st.corrupted > MANY * 14 / 100 && st.corrupted < MANY * 19 / 100); /* 1798 symbols, 1e-4: 16.5 % */
    assert_true(violations > st.corrupted * 85 / 100);
    assert_true(t.b.count > MANY - st.corrupted); /* what hit the preamble was forgiven */
    for (uint32_t i = 0; i < t.b.count; i++) assert_int_equal(t.b.got[i].n, 100);
    line_end(&t);
}

static void test_cable_without_errors_delivers_all(void **state)
{
    struct line_pair t;
    line_begin(&t, code, 0);
    line_send(&t, 100);
    assert_int_equal(t.b.count, 100);
    line_end(&t);
}

static void test_cable_without_memory_drops_by_name(void **state)
{
    struct line_pair t;
    line_begin(&t, code, UINT32_MAX / 2);
    station_send(&t.a, 1, 60);
    t.alloc.fail_at = 1;
    hp_step(t.a.s, 0);
    assert_int_equal(hp_drop_count(t.a.s, HP_DROP_NO_MEMORY), 1);
    line_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels_by_hand),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_damage_has_names),
        cmocka_unit_test(test_dribble_and_late_start_are_forgiven),
        cmocka_unit_test(test_errors_never_give_a_wrong_frame),
        cmocka_unit_test(test_parts_of_a_frame),
        cmocka_unit_test(test_cable_with_errors_conserves_frames),
        cmocka_unit_test(test_cable_without_errors_delivers_all),
        cmocka_unit_test(test_cable_without_memory_drops_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
