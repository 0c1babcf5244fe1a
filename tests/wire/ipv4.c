/* IPv4 headers and options both ways. */
#include "wire/ipv4.h"

#include "support/golden.h"
#include "wire/sum.h"

static void test_both_ways(void **state)
{
    struct hp_bytes in = golden_from("tcp_syn", 14);
    struct ipv4_hdr h;
    uint8_t out[IPV4_HEADER];
    struct hp_ip src = hp_ip4(10, 9, 0, 1), dst = hp_ip4(10, 9, 0, 2);
    assert_int_equal(ipv4_parse(in, &h), IPV4_OK);
    assert_true(h.hlen == 20 && h.len == 60 && h.ttl == 64 && h.proto == IP_PROTO_TCP && h.df && !h.mf && h.frag_off == 0);
    assert_true(hp_ip_equal(&h.src, &src) && hp_ip_equal(&h.dst, &dst));
    assert_false(ipv4_is_fragment(&h));
    assert_int_equal(ipv4_write(out, sizeof out, &h), IPV4_HEADER);
    assert_bytes_equal(bytes_of(out, IPV4_HEADER), bytes_upto(in, IPV4_HEADER));
    assert_int_equal(ipv4_write(out, IPV4_HEADER - 1, &h), 0);
}

static void test_fragments_both_ways(void **state)
{
    struct hp_bytes in = golden_from("last_fragment", 14);
    struct ipv4_hdr h;
    uint8_t out[IPV4_HEADER];
    assert_int_equal(ipv4_parse(in, &h), IPV4_OK);
    assert_true(h.frag_off == 2960 && !h.mf && !h.df && ipv4_is_fragment(&h));
    assert_int_equal(ipv4_payload(in, &h).n, 48);
    ipv4_write(out, sizeof out, &h);
    assert_bytes_equal(bytes_of(out, IPV4_HEADER), bytes_upto(in, IPV4_HEADER));
}

static void test_options_both_ways(void **state)
{
    struct hp_bytes in = golden_from("record_route", 14);
    struct ipv4_hdr h;
    struct ipv4_opt opt;
    uint8_t out[IPV4_HEADER_MAX];
    assert_int_equal(ipv4_parse(in, &h), IPV4_OK);
    assert_int_equal(h.hlen, 60);
    struct ipv4_opts o = ipv4_opts_start(in, &h);
    assert_true(ipv4_opts_next(&o, &opt));
    assert_true(opt.type == IPV4_OPT_RR && opt.data.n == 37 && opt.at == 21);    /* after a NOP */
    assert_false(ipv4_opts_next(&o, &opt));
    assert_false(o.bad);
    struct hp_bytes options = ipv4_options(in, &h);
    assert_int_equal(ipv4_write_options(out, sizeof out, &h, options), 60);
    assert_bytes_equal(bytes_of(out, 60), bytes_upto(in, 60));
    for (size_t n = 0; n < 60; n++) assert_int_equal(ipv4_write_options(out, n, &h, options), 0);
    uint8_t much[41] = {0};
    assert_int_equal(ipv4_write_options(out, sizeof out, &h, bytes_of(much, 41)), 0);
    assert_int_equal(ipv4_write_options(out, sizeof out, &h, bytes_of("\x94\x04", 2)), 24);     /* padded */
    assert_int_equal(get16(out + 22), 0);
}

/* A header with these fields, and a right checksum, before `n` bytes in all. */
static enum ipv4_result parse(unsigned first, unsigned len, size_t n)
{
    uint8_t *b = calloc(1, n ? n : 1);
    struct ipv4_hdr h;
    uint8_t header[60] = {0};
    header[0] = (uint8_t)first;
    put16(header + 2, len);
    header[8] = 64;
    put16(header + 10, sum_fold(sum_add(0, header, (first & 15) * 4)));
    memcpy(b, header, n < sizeof header ? n : sizeof header);
    enum ipv4_result result = ipv4_parse(bytes_of(b, n), &h);
    free(b);
    return result;
}

static void test_I01_lengths(void **state)
{
    assert_int_equal(parse(0x45, 40, 40), IPV4_OK);
    assert_int_equal(parse(0x45, 40, 60), IPV4_OK);     /* padding of the link */
    assert_int_equal(parse(0x45, 20, 20), IPV4_OK);
    for (unsigned ihl = 0; ihl < 5; ihl++) assert_int_equal(parse(0x40 | ihl, 40, 40), IPV4_HLEN);
    for (unsigned ihl = 6; ihl < 16; ihl++) assert_int_equal(parse(0x40 | ihl, ihl * 4 - 1, 60), IPV4_TOTLEN);
    for (unsigned len = 0; len < 20; len++) assert_int_equal(parse(0x45, len, 40), IPV4_TOTLEN);
    assert_int_equal(parse(0x45, 41, 40), IPV4_TOTLEN);
    assert_int_equal(parse(0x45, 65535, 40), IPV4_TOTLEN);
    for (unsigned v = 0; v < 16; v++) assert_int_equal(parse(v << 4 | 5, 40, 40), v == 4 ? IPV4_OK : IPV4_VERSION);
}

static void test_I02_frame_ends_in_the_options(void **state)
{
    struct ipv4_hdr h;
    struct hp_bytes in = golden_from("record_route", 14);
    for (size_t n = 0; n < 20; n++) assert_int_equal(ipv4_parse(bytes_upto(in, n), &h), IPV4_SHORT);
    for (size_t n = 20; n < 60; n++) assert_int_equal(ipv4_parse_quoted(bytes_upto(in, n), &h), IPV4_SHORT);
    for (size_t n = 60; n < in.n; n++) assert_int_equal(ipv4_parse_quoted(bytes_upto(in, n), &h), IPV4_OK);
}

static void test_checksum(void **state)
{
    const char *names[] = {"tcp_syn", "record_route"};
    struct ipv4_hdr h;
    for (int k = 0; k < 2; k++) {
        uint8_t b[200];
        struct hp_bytes in = golden_from(names[k], 14);
        memcpy(b, in.p, in.n);
        for (size_t bit = 8; bit < (k ? 60u : 20u) * 8; bit++) {
            if (bit / 8 == 2 || bit / 8 == 3) continue;         /* the total length is looked at first */
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(ipv4_parse(bytes_of(b, in.n), &h), IPV4_CHECKSUM);
            assert_int_equal(ipv4_parse_quoted(bytes_of(b, in.n), &h), IPV4_OK);
            b[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

/* Walks these options; answers how many there are, or -1 if they are bad. */
static int count_options(const char *hex)
{
    struct hp_bytes options = unhex(hex);
    uint8_t *b = calloc(1, 20 + options.n);
    memcpy(b + 20, options.p, options.n);
    struct ipv4_hdr h = {.hlen = (uint8_t)(20 + options.n)};
    struct ipv4_opts o = ipv4_opts_start(bytes_of(b, 20 + options.n), &h);
    struct ipv4_opt opt;
    int count = 0;
    while (ipv4_opts_next(&o, &opt)) {
        assert_true(opt.data.p >= b + 22 && opt.data.p + opt.data.n <= b + h.hlen);
        count++;
    }
    assert_false(ipv4_opts_next(&o, &opt));
    free(b);
    return o.bad ? -1 : count;
}

static void test_I07_option_lengths(void **state)
{
    assert_int_equal(count_options(""), 0);
    assert_int_equal(count_options("94040000"), 1);
    assert_int_equal(count_options("01010100"), 0);
    assert_int_equal(count_options("00ffffff"), 0);     /* nothing after the end counts */
    assert_int_equal(count_options("94040000 01 94040000 000000"), 2);
    assert_int_equal(count_options("94000000"), -1);    /* length 0 */
    assert_int_equal(count_options("94010000"), -1);    /* 1 */
    assert_int_equal(count_options("94050000"), -1);    /* past the end */
    assert_int_equal(count_options("01010107"), -1);    /* no room for a length */
    assert_int_equal(count_options("8304040083ff0400"), -1);
    for (unsigned type = 2; type < 256; type++) {
        char hex[9];
        snprintf(hex, sizeof hex, "%02x020101", type);
        assert_int_equal(count_options(hex), 1);
    }
}

static void test_quotes(void **state)
{
    struct ip_quote q;
    struct hp_ip src = hp_ip4(10, 0, 0, 1);
    struct hp_bytes in = golden_from("frag_needed", 14 + 20 + 8);
    assert_true(ipv4_quote_parse(in, &q));
    assert_true(q.proto == IP_PROTO_TCP && q.ports && q.from == 40000 && q.to == 80 && q.has_seq && q.seq == 1000);
    assert_true(hp_ip_equal(&q.src, &src));
    for (size_t n = 0; n < 20; n++) assert_false(ipv4_quote_parse(bytes_upto(in, n), &q));
    assert_true(ipv4_quote_parse(bytes_upto(in, 20), &q) && !q.ports);
    assert_true(ipv4_quote_parse(bytes_upto(in, 24), &q) && q.ports && !q.has_seq);
    assert_true(ipv4_quote_parse(golden_from("last_fragment", 14), &q) && !q.ports && q.transport.n == 0);
}

static void cut(struct hp_bytes in)
{
    struct ipv4_hdr h;
    struct ip_quote q;
    struct ipv4_opt opt;
    if (ipv4_parse(in, &h) == IPV4_OK) assert_true(h.len <= in.n && h.hlen <= h.len);
    ipv4_quote_parse(in, &q);
    if (ipv4_parse_quoted(in, &h) != IPV4_OK) return;
    struct ipv4_opts o = ipv4_opts_start(in, &h);
    while (ipv4_opts_next(&o, &opt)) continue;
}

static void test_every_truncation(void **state)
{
    const char *names[] = {"tcp_syn", "record_route", "ip_timestamp", "last_fragment", "igmp3", "frag_needed"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) each_cut(golden_from(names[i], 14), cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_fragments_both_ways),
        cmocka_unit_test(test_options_both_ways),
        cmocka_unit_test(test_I01_lengths),
        cmocka_unit_test(test_I02_frame_ends_in_the_options),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_I07_option_lengths),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_every_truncation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
