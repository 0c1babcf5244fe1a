/* 4B5B and MLT-3: the published code groups, an independent scrambler, every length, errors at every symbol, a cable with the code. */
#include "l1_physical/line_code.h"

#include "support/line.h"
#include "support/test.h"
#include "wire/crc.h"

static struct line line = {.code = &hp_line_code_4b5b_mlt3};
static const struct hp_line_code *const code = &hp_line_code_4b5b_mlt3;
static uint8_t *const frame = line.frame, *const symbols = line.symbols, *const back = line.back;

static void make_frame(size_t n) { line_frame(&line, n); }

/* Levels back into code bits, written from the standards' words: a change of level is a 1; the key is X[n] = X[n-11] + X[n-9]. */
static void code_bits(size_t n, char *out)
{
    uint8_t key[11 + LINE_SYMBOLS_MAX], level = 1;
    memset(key, 1, 11);
    for (size_t i = 0; i < n; i++) {
        key[11 + i] = key[i] ^ key[i + 2];
        out[i] = (char)('0' + ((symbols[i] != level) ^ key[11 + i]));
        level = symbols[i];
    }
    out[n] = 0;
}

/* IEEE 802.3 table 24-1 */
static void test_code_groups(void **state)
{
    static const char *const table[16] = {"11110", "01001", "10100", "10101", "01010", "01011", "01110", "01111",
                                          "10010", "10011", "10110", "10111", "11010", "11011", "11100", "11101"};
    for (unsigned i = 0; i < 16; i++)
        for (unsigned bit = 0; bit < 5; bit++) assert_int_equal(hp_line_code_4b5b(i) >> (4 - bit) & 1, table[i][bit] - '0');
}

static void test_a_frame_by_hand(void **state)
{
    const uint8_t a[18] = {0x3a, 0xf0};
    char bits[10 * 26 + 21];
    code->encode(a, 18, symbols);
    assert_int_equal(code->symbols(18), 10 * 26 + 20);
    code_bits(code->symbols(18), bits);
    assert_memory_equal(bits, "11000" "10001" "01011" "01011", 20);                 /* J K 5 5 */
    assert_memory_equal(bits + 70, "01011" "11011" "10110" "10101" "11110" "11101", 30); /* 5 D, A 3, 0 F: the low nibble first */
    assert_memory_equal(bits + 260, "01101" "00111" "11111" "11111", 20);           /* T R I I */
}

/* A step goes to a neighbour only, and the middle is left to the side where it was not come from. */
static void test_levels_go_round(void **state)
{
    make_frame(600);
    uint8_t before = 1, side = 0;
    for (size_t i = 0; i < code->symbols(600); i++) {
        if (symbols[i] == before) continue;
        assert_true(symbols[i] == 1 || before == 1);
        if (symbols[i] != 1) {
            assert_int_not_equal(symbols[i], side);
            side = symbols[i];
        }
        before = symbols[i];
    }
}

static void test_every_length_comes_back(void **state) { line_every_length(&line); }

static void test_damage_has_names(void **state)
{
    size_t got, n = 64, all = code->symbols(n);
    make_frame(n);
    symbols[3] = symbols[3] == 1 ? 2 : 1;
    assert_int_equal(code->decode(symbols, all, back, n, &got), HP_DROP_NO_SFD); /* no /J/K/ */
    assert_int_equal(code->decode(symbols, 0, back, n, &got), HP_DROP_NO_SFD);
    make_frame(n);
    assert_int_equal(code->decode(symbols, 10 * 30, back, n, &got), HP_DROP_CODE_VIOLATION); /* idle without an end */
    assert_int_equal(code->decode(symbols, all, back, n - 1, &got), HP_DROP_GIANT);
    code->encode(frame, 10, symbols);
    assert_int_equal(code->decode(symbols, code->symbols(10), back, n, &got), HP_DROP_WIRE_FRAGMENT);
    code->encode(frame, 0, symbols);
    assert_int_equal(code->decode(symbols, code->symbols(0), back, n, &got), HP_DROP_WIRE_FRAGMENT);
}

static uint8_t beside(uint8_t level, size_t at) { return level == 1 ? (at & 1 ? 2 : 0) : 1; }

/* One or two wrong symbols anywhere: a name, or bytes that the FCS finds, or the right frame. */
static void assert_never_wrong(size_t n, size_t all, unsigned *violations, unsigned *by_fcs)
{
    size_t got;
    enum hp_drop why = code->decode(symbols, all, back, all / 10, &got);
    *violations += why == HP_DROP_CODE_VIOLATION;
    *by_fcs += !why && !crc_ok(bytes_of(back, got));
    if (why || !crc_ok(bytes_of(back, got))) return;
    assert_int_equal(got, n);
    assert_memory_equal(back, frame, n);
}

static void test_errors_never_give_a_wrong_frame(void **state)
{
    size_t n = 64, all = code->symbols(n);
    unsigned violations = 0, by_fcs = 0;
    make_frame(n);
    for (size_t i = 0; i < all; i++) {
        uint8_t was = symbols[i];
        symbols[i] = beside(was, i);
        assert_never_wrong(n, all, &violations, &by_fcs);
        for (size_t j = i + 1; j < all && j < i + 24; j++) {
            uint8_t was_too = symbols[j];
            symbols[j] = beside(was_too, j);
            assert_never_wrong(n, all, &violations, &by_fcs);
            symbols[j] = was_too;
        }
        symbols[i] = was;
    }
    assert_true(violations > 100 && by_fcs > 100); /* both kinds do happen: half of all groups mean nothing */
}

static void test_a_cable_with_errors_conserves_frames(void **state)
{
    enum { MANY = 5000 };
    struct line_pair t;
    struct hp_cable_stats st;
    line_begin(&t, code, UINT32_MAX / 10000);
    line_send(&t, MANY);
    hp_cable_stats(t.cable, 0, &st);
    uint64_t violations = hp_drop_count(t.b.s, HP_DROP_CODE_VIOLATION), fcs = hp_drop_count(t.b.s, HP_DROP_FCS);
    uint64_t refused = violations + hp_drop_count(t.b.s, HP_DROP_NO_SFD) + hp_drop_count(t.b.s, HP_DROP_ALIGNMENT) +
                       hp_drop_count(t.b.s, HP_DROP_WIRE_FRAGMENT);
    assert_int_equal(st.lost, refused);
    assert_int_equal(t.b.count + refused + fcs + hp_drop_count(t.b.s, HP_DROP_GIANT), MANY);
    assert_true(st.corrupted > MANY * 9 / 100 && st.corrupted < MANY * 13 / 100); /* 1140 symbols, 1e-4: 10.8 % */
    assert_true(violations > 100 && fcs > 50);
    for (uint32_t i = 0; i < t.b.count; i++) assert_int_equal(t.b.got[i].n, 100);
    line_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code_groups),
        cmocka_unit_test(test_a_frame_by_hand),
        cmocka_unit_test(test_levels_go_round),
        cmocka_unit_test(test_every_length_comes_back),
        cmocka_unit_test(test_damage_has_names),
        cmocka_unit_test(test_errors_never_give_a_wrong_frame),
        cmocka_unit_test(test_a_cable_with_errors_conserves_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
