/* TCP headers and options both ways. */
#include "wire/tcp.h"

#include "support/golden.h"

static void round_trip(const char *name, size_t at)
{
    struct hp_bytes in = golden_from(name, at);
    struct tcp_hdr h = {0};
    uint8_t out[TCP_HEADER];
    assert_true(tcp_parse(in, &h));
    assert_int_equal(tcp_write(out, sizeof out, &h), TCP_HEADER);
    assert_bytes_equal(bytes_of(out, TCP_HEADER), bytes_upto(in, TCP_HEADER));
    assert_int_equal(tcp_write(out, TCP_HEADER - 1, &h), 0);
}

static void test_both_ways(void **state)
{
    round_trip("tcp_syn", 34);
    round_trip("tcp_data", 34);
    round_trip("tcp_rst6", 54);
    round_trip("tcp_accecn", 34);
    round_trip("tcp_urgent", 34);
}

static void test_fields(void **state)
{
    struct tcp_hdr h = {0};
    struct hp_bytes in = golden_from("tcp_accecn", 34);
    assert_true(tcp_parse(in, &h));
    assert_true(h.from == 40000 && h.to == 80 && h.seq == 1000 && h.ack == 2000 && h.win == 501 && h.hlen == 36);
    assert_int_equal(h.flags, TCP_AE | TCP_CWR | TCP_ECE | TCP_ACK);
    in = golden_from("tcp_data", 34);
    assert_true(tcp_parse(in, &h));
    assert_int_equal(h.flags, TCP_PSH | TCP_ACK);
    assert_int_equal(tcp_payload(in, &h).n, 72);
    assert_memory_equal(tcp_payload(in, &h).p, "GET / HTTP/1.1\r\n", 16);
}

static void test_T01_data_offset(void **state)
{
    uint8_t b[60] = {0};
    struct tcp_hdr h = {0};
    for (size_t n = 0; n <= sizeof b; n++) {
        for (unsigned words = 0; words < 16; words++) {
            b[12] = (uint8_t)(words << 4);
            assert_int_equal(tcp_parse(bytes_of(b, n), &h), n >= 20 && words >= 5 && words * 4 <= n);
        }
    }
}

static void cut(struct hp_bytes in)
{
    struct tcp_hdr h = {0};
    struct tcp_opts o = {0};
    if (!tcp_parse(in, &h)) return;
    tcp_opts_parse(tcp_options(in, &h), &o);
    assert_true(tcp_payload(in, &h).n == in.n - h.hlen);
}

static void test_every_truncation(void **state)
{
    const char *names[] = {"tcp_syn", "tcp_data", "tcp_sack", "tcp_fastopen", "tcp_accecn"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) each_cut(golden_from(names[i], 34), cut);
}

/* ---- options ---- */

/* In a block of exactly this size; the bytes stay until the next call. */
static bool parse(const char *hex, struct tcp_opts *o)
{
    static uint8_t *exact;
    struct hp_bytes b = unhex(hex);
    free(exact);
    exact = malloc(b.n ? b.n : 1);
    memcpy(exact, b.p, b.n);
    memset(o, 0xee, sizeof *o);
    return tcp_opts_parse(bytes_of(exact, b.n), o);
}

static struct tcp_opts good(const char *hex, unsigned has)
{
    struct tcp_opts o = {0};
    assert_true(parse(hex, &o));
    assert_int_equal(o.has, has);
    return o;
}

static void test_options_of_linux(void **state)
{
    struct tcp_opts o = {0};
    struct tcp_hdr h = {0};
    struct hp_bytes in = golden_from("tcp_syn", 34);
    assert_true(tcp_parse(in, &h) && tcp_opts_parse(tcp_options(in, &h), &o));
    assert_int_equal(o.has, TCP_HAS_MSS | TCP_HAS_SACK_OK | TCP_HAS_TS | TCP_HAS_WSCALE);
    assert_true(o.mss == 1460 && o.wscale == 10 && o.ts_ecr == 0);
    uint8_t out[40];
    assert_int_equal(tcp_opts_write(out, sizeof out, &o), 20);
    assert_bytes_equal(bytes_of(out, 20), tcp_options(in, &h));       /* Linux' order */
}

static void test_options_each(void **state)
{
    struct tcp_opts o = good("", 0);
    o = good("0101080a 00000064 00000032", TCP_HAS_TS);         /* the fast path */
    assert_true(o.ts_val == 100 && o.ts_ecr == 50);
    o = good("080a 00000064 00000032 0000", TCP_HAS_TS);        /* and the other one */
    assert_true(o.ts_val == 100 && o.ts_ecr == 50);
    o = good("020405b4", TCP_HAS_MSS);
    assert_int_equal(o.mss, 1460);
    o = good("01030307", TCP_HAS_WSCALE);
    assert_int_equal(o.wscale, 7);
    good("04020000", TCP_HAS_SACK_OK);
    o = good("01 01 050a 00000001 00000002", TCP_HAS_SACK);
    assert_true(o.sack_count == 1 && o.sack[0].left == 1 && o.sack[0].right == 2);
    o = good("0522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008 0101", TCP_HAS_SACK);
    assert_true(o.sack_count == 4 && o.sack[3].right == 8);
    o = good("2202 0101", TCP_HAS_FASTOPEN);
    assert_int_equal(o.fastopen.n, 0);
    o = good("220a 0102030405060708", TCP_HAS_FASTOPEN);
    assert_true(o.fastopen.n == 8 && o.fastopen.p[7] == 8);
    o = good("1312 000102030405060708090a0b0c0d0e0f", TCP_HAS_MD5);
    assert_true(o.md5.n == 16 && o.md5.p[15] == 15);
    o = good("1d10 0102 000102030405060708090a0b", TCP_HAS_AO);
    assert_true(o.ao.n == 14 && o.ao.p[0] == 1);
    o = good("1c04 8005", TCP_HAS_USER_TIMEOUT);
    assert_int_equal(o.user_timeout, 0x8005);
    o = good("ac0b 000001 000002 000003 00", TCP_HAS_ACCECN0);
    assert_true(o.accecn_count == 3 && o.accecn[0] == 1 && o.accecn[2] == 3);
    o = good("ae08 ffffff 000002", TCP_HAS_ACCECN1);
    assert_true(o.accecn_count == 2 && o.accecn[0] == 0xffffff);
    good("ae020000", TCP_HAS_ACCECN1);
    o = good("fe06 f989 0102", TCP_HAS_OTHER);
    assert_true(o.other_count == 1 && o.other[0].n == 6 && o.other[0].p[0] == 0xfe);
}

static void test_last_of_two_counts(void **state)
{
    struct tcp_opts o = good("02040001 02040002", TCP_HAS_MSS);
    assert_int_equal(o.mss, 2);
}

static void test_T02_length_zero_or_one(void **state)
{
    struct tcp_opts o = {0};
    assert_false(parse("02000000", &o));
    assert_int_equal(o.has, 0);
    assert_false(parse("02010000", &o));
    assert_false(parse("fe00fe00", &o));
    assert_false(parse("020405b4 08000000", &o));
    assert_int_equal(o.has, TCP_HAS_MSS);               /* what came before counts */
    for (unsigned kind = 2; kind < 256; kind++) {
        char hex[9];
        for (unsigned n = 0; n < 2; n++) {
            snprintf(hex, sizeof hex, "%02x%02x0000", kind, n);
            assert_false(parse(hex, &o));
        }
    }
}

static void test_T04_T05_any_mss_is_handed_up(void **state)
{
    struct tcp_opts o = good("02040000", TCP_HAS_MSS);  /* whoever divides by it sets the floor */
    assert_int_equal(o.mss, 0);
    assert_int_equal(good("02040030", TCP_HAS_MSS).mss, 48);
}

static void test_T06_options_past_the_end(void **state)
{
    struct tcp_opts o = {0};
    assert_false(parse("02040000 0101080a 00000000", &o));
    assert_int_equal(o.has, TCP_HAS_MSS);
    assert_false(parse("020505b4", &o));
    assert_false(parse("01010108", &o));
    assert_false(parse("0522 00000001 0101", &o));
    for (unsigned n = 5; n < 256; n++) {
        char hex[9];
        snprintf(hex, sizeof hex, "fe%02x0000", n);
        assert_false(parse(hex, &o));
    }
}

static void test_T08_window_scale_above_14(void **state)
{
    for (unsigned v = 0; v < 256; v++) {
        char hex[9];
        snprintf(hex, sizeof hex, "010303%02x", v);
        assert_int_equal(good(hex, TCP_HAS_WSCALE).wscale, v < 14 ? v : 14);
    }
}

/* A known option of a length that it cannot have is not read, but does not spoil the others. */
static void test_T10_T16_wrong_lengths(void **state)
{
    good("0203 00 0303 07 0000", TCP_HAS_OTHER | TCP_HAS_WSCALE);
    good("0506 00000001 0101", TCP_HAS_OTHER);              /* half a SACK block */
    good("0502 0101", TCP_HAS_OTHER);                       /* none */
    good("0806 00000001 0101", TCP_HAS_OTHER);
    good("1303 00 00", TCP_HAS_OTHER);                      /* MD5 */
    good("1d03 00 00", TCP_HAS_OTHER);                      /* AO without a key id */
    good("1d02 0101", TCP_HAS_OTHER);
    good("2205 000102 0101 01", TCP_HAS_OTHER);             /* an odd cookie */
    good("ac04 0001", TCP_HAS_OTHER);
    good("0403 00 00", TCP_HAS_OTHER);
    good("1c03 00 00", TCP_HAS_OTHER);
    struct tcp_opts o = good("fd02 fd02 fd02 fd02 fd02 fd02", TCP_HAS_OTHER);
    assert_int_equal(o.other_count, TCP_OTHERS_MAX);
}

static void test_T11_T12_urgent_pointer_is_only_a_number(void **state)
{
    struct hp_bytes in = golden_from("tcp_urgent", 34);
    uint8_t b[64];
    struct tcp_hdr h = {0};
    memcpy(b, in.p, in.n);
    put16(b + 18, 0xffff);
    assert_true(tcp_parse(bytes_of(b, in.n), &h));
    assert_true(h.urg == 0xffff && h.flags & TCP_URG && tcp_payload(bytes_of(b, in.n), &h).n == 3);
}

static void test_T13_any_flags_are_handed_up(void **state)
{
    struct hp_bytes in = golden_from("tcp_syn", 34);
    uint8_t b[64];
    struct tcp_hdr h = {0};
    memcpy(b, in.p, in.n);
    for (unsigned flags = 0; flags <= TCP_FLAGS_ALL; flags++) {
        put16(b + 12, 10u << 12 | flags);
        assert_true(tcp_parse(bytes_of(b, in.n), &h));
        assert_int_equal(h.flags, flags);
        assert_int_equal(h.hlen, 40);
    }
}

/* ---- writing options ---- */

static void test_every_combination_comes_back(void **state)
{
    static const uint8_t bytes[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
    struct tcp_opts o = {.mss = 1440, .ts_val = 0xdeadbeef, .ts_ecr = 0x12345678, .wscale = 9, .accecn_count = 1,
                         .accecn = {0x112233}, .user_timeout = 300, .fastopen = bytes_of(bytes, 4), .md5 = bytes_of(bytes, 16),
                         .ao = bytes_of(bytes, 4), .other_count = 1, .other = {bytes_of("\xfe\x04\x01\x02", 4)}};
    unsigned fits = 0;
    for (unsigned has = 0; has < 1u << 12; has++) {
        if (has & TCP_HAS_SACK || (has & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) == (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) continue;
        uint8_t out[TCP_OPTIONS_MAX];
        struct tcp_opts back;
        o.has = (uint16_t)has;
        size_t n = tcp_opts_write(out, sizeof out, &o);
        if (has && n == 0) continue;                    /* more than 40 bytes */
        fits++;
        assert_true(n % 4 == 0 && n <= 40);
        assert_true(tcp_opts_parse(bytes_of(out, n), &back));
        assert_int_equal(back.has, has);
        if (has & TCP_HAS_TS) assert_true(back.ts_val == o.ts_val && back.ts_ecr == o.ts_ecr);
        if (has & TCP_HAS_MSS) assert_int_equal(back.mss, 1440);
        if (has & TCP_HAS_MD5) assert_bytes_equal(back.md5, o.md5);
    }
    assert_in_range(fits, 500, 4096);
}

static void test_sack_takes_the_room_that_is_left(void **state)
{
    struct tcp_opts o = {.has = TCP_HAS_SACK, .sack_count = 4, .sack = {{1, 2}, {3, 4}, {5, 6}, {7, 8}}}, back;
    uint8_t out[40];
    assert_int_equal(tcp_opts_write(out, sizeof out, &o), 36);
    assert_true(tcp_opts_parse(bytes_of(out, 36), &back) && back.sack_count == 4);
    o.has |= TCP_HAS_TS;
    assert_int_equal(tcp_opts_write(out, sizeof out, &o), 40);
    assert_true(tcp_opts_parse(bytes_of(out, 40), &back) && back.sack_count == 3 && back.sack[2].right == 6);
    assert_int_equal(out[12] << 8 | out[13], 0x0101);   /* blocks are aligned */
    assert_int_equal(tcp_opts_write(out, 24, &o), 24);
    assert_true(tcp_opts_parse(bytes_of(out, 24), &back) && back.sack_count == 1);
    assert_int_equal(tcp_opts_write(out, 12, &o), 12);  /* none fits */
    assert_int_equal(tcp_opts_write(out, 11, &o), 0);   /* not even the timestamps */
}

static void test_walk_shows_unknown_options(void **state)
{
    struct tcp_opt_walk w = {unhex("01 01 fe04 0102 020405b4 00 ff"), 0, false};
    struct tcp_opt opt;
    assert_true(tcp_opt_next(&w, &opt) && opt.kind == 0xfe && opt.at == 2 && opt.data.n == 2);
    assert_true(tcp_opt_next(&w, &opt) && opt.kind == TCP_OPT_MSS && opt.at == 6);
    assert_false(tcp_opt_next(&w, &opt));
    assert_false(w.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_T01_data_offset),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_options_of_linux),
        cmocka_unit_test(test_options_each),
        cmocka_unit_test(test_last_of_two_counts),
        cmocka_unit_test(test_T02_length_zero_or_one),
        cmocka_unit_test(test_T04_T05_any_mss_is_handed_up),
        cmocka_unit_test(test_T06_options_past_the_end),
        cmocka_unit_test(test_T08_window_scale_above_14),
        cmocka_unit_test(test_T10_T16_wrong_lengths),
        cmocka_unit_test(test_T11_T12_urgent_pointer_is_only_a_number),
        cmocka_unit_test(test_T13_any_flags_are_handed_up),
        cmocka_unit_test(test_every_combination_comes_back),
        cmocka_unit_test(test_sack_takes_the_room_that_is_left),
        cmocka_unit_test(test_walk_shows_unknown_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
