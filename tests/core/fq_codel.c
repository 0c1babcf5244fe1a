/* FQ-CoDel: flows take turns, long queues lose one and then more, the limit hits the longest, marks instead of drops. */
#include "core/stack.h"
#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"

enum { IP_AT = 14, MS = 1000000 };

struct fq_test {
    struct test_alloc alloc;
    struct hp_stack *s;
    struct fq_codel *fq;
};

static void fq_begin(struct fq_test *t, uint32_t limit)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    t->s = hp_stack_new(&(struct hp_config){.name = "q", .profile = station_profile, .allocator = &t->alloc.allocator, .seed = 1});
    t->fq = fq_codel_new(t->s, limit, true);
    assert_non_null(t->fq);
}

static void fq_end(struct fq_test *t)
{
    fq_codel_free(t->s, t->fq);
    hp_stack_free(t->s);
    test_alloc_end(&t->alloc);
}

/* An IPv4/UDP frame from this port; n bytes in all. */
static void fq_put(struct fq_test *t, uint16_t port, size_t n, unsigned tos)
{
    struct hp_pkt *p = pkt_alloc(t->s, n);
    assert_non_null(p);
    uint8_t *b = pkt_put(p, n);
    memset(b, 0, n);
    put16(b + 12, 0x0800);
    b[IP_AT] = 0x45;
    b[IP_AT + 1] = (uint8_t)tos;
    b[IP_AT + 9] = 17;
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += get16(b + IP_AT + i);
    put16(b + IP_AT + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
    put16(b + IP_AT + 20, port);
    fq_codel_put(t->s, t->fq, p);
}

/* The port of the next, or -1; *tos: as it went. */
static int fq_take_tos(struct fq_test *t, unsigned *tos)
{
    struct hp_pkt *p = fq_codel_take(t->s, t->fq);
    if (!p) return -1;
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += get16(p->data + IP_AT + i);
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* the header's checksum holds */
    int port = get16(p->data + IP_AT + 20);
    *tos = p->data[IP_AT + 1];
    hp_pkt_free(p);
    return port;
}

static int fq_take(struct fq_test *t)
{
    unsigned tos;
    return fq_take_tos(t, &tos);
}

/* RFC 8290 1.2, 4.2: who sends little does not stand behind who sends much. */
static void test_a_thin_flow_goes_first(void **state)
{
    struct fq_test t;
    fq_begin(&t, 0);
    for (int i = 0; i < 20; i++) fq_put(&t, 1, 1514, 0);
    assert_int_equal(fq_take(&t), 1); /* its quantum is used up: it is old now */
    fq_put(&t, 2, 100, 0);
    assert_int_equal(fq_take(&t), 2);
    assert_int_equal(fq_take(&t), 1);
    assert_int_equal(fq_codel_count(t.fq), 18);
    assert_int_equal(fq_codel_bytes(t.fq), 18 * 1514);
    fq_end(&t);
}

/* Bytes are shared out, not packets: of two that always have some to send each gets half. */
static void test_turns_are_of_bytes(void **state)
{
    struct fq_test t;
    unsigned big = 0, small = 0;
    fq_begin(&t, 0);
    for (int i = 0; i < 200; i++) fq_put(&t, 1, 1514, 0);
    for (int i = 0; i < 2000; i++) fq_put(&t, 2, 300, 0);
    for (int i = 0; i < 300; i++) *(fq_take(&t) == 1 ? &big : &small) += 1;
    assert_true(big * 1514 > small * 300 * 95 / 100 && big * 1514 < small * 300 * 105 / 100);
    fq_end(&t);
}

/* One packet each 10 ms while 200 wait: the first is dropped an interval after the first one was late, then after 100, 100/sqrt(2), ... ms. */
static void test_codel_drops_by_its_law(void **state)
{
    static const int wanted_ms[] = {110, 210, 290, 340, 390, 440}; /* 110; then 210, 280.7, 338.4, 388.4, 433.1, each at the next 10 ms */
    struct fq_test t;
    unsigned seen = 0;
    fq_begin(&t, 0);
    for (int i = 0; i < 200; i++) fq_put(&t, 1, 1000, 0);
    for (int ms = 10; ms <= 440; ms += 10) {
        t.s->now = (hp_time)ms * MS;
        assert_int_equal(fq_take(&t), 1);
        uint64_t dropped = hp_drop_count(t.s, HP_DROP_CODEL);
        if (dropped == seen) continue;
        assert_true(seen < sizeof wanted_ms / sizeof *wanted_ms);
        assert_int_equal(ms, wanted_ms[seen]);
        assert_int_equal(dropped, ++seen);
    }
    assert_int_equal(seen, sizeof wanted_ms / sizeof *wanted_ms);
    fq_end(&t);
}

/* Below the target nothing dies, however many wait. */
static void test_short_waits_cost_nothing(void **state)
{
    struct fq_test t;
    fq_begin(&t, 0);
    for (int ms = 0; ms < 2000; ms++) {
        t.s->now = (hp_time)ms * MS;
        for (int i = 0; i < 4; i++) fq_put(&t, 1, 1000, 0);
        for (int i = 0; i < 4; i++) assert_int_equal(fq_take(&t), 1);
    }
    assert_int_equal(hp_drop_count(t.s, HP_DROP_CODEL), 0);
    assert_int_equal(fq_take(&t), -1);
    fq_end(&t);
}

/* RFC 8290 4.1.3: half of the longest queue, 64 at most; the others keep theirs. */
static void test_the_longest_pays_for_the_limit(void **state)
{
    struct fq_test t;
    fq_begin(&t, 50);
    for (int i = 0; i < 10; i++) fq_put(&t, 1, 100, 0);
    for (int i = 0; i < 41; i++) fq_put(&t, 2, 1000, 0);
    assert_int_equal(hp_drop_count(t.s, HP_DROP_LINK_FULL), 21);
    assert_int_equal(fq_codel_count(t.fq), 30);
    assert_int_equal(fq_codel_bytes(t.fq), 10 * 100 + 20 * 1000);
    fq_end(&t);
    fq_begin(&t, 1000);
    for (int i = 0; i < 1001; i++) fq_put(&t, 2, 1000, 0);
    assert_int_equal(hp_drop_count(t.s, HP_DROP_LINK_FULL), FQ_CODEL_DROPS_MAX);
    fq_end(&t);
}

/* RFC 3168: who says that it understands marks loses nothing. */
static void test_marks_instead_of_drops(void **state)
{
    struct fq_test t;
    unsigned tos, marked = 0;
    fq_begin(&t, 0);
    for (int i = 0; i < 200; i++) fq_put(&t, 1, 1000, 0xb8 | 2);
    for (int ms = 10; ms <= 440; ms += 10) {
        t.s->now = (hp_time)ms * MS;
        assert_int_equal(fq_take_tos(&t, &tos), 1);
        assert_int_equal(tos & ~3u, 0xb8);
        marked += (tos & 3) == 3;
    }
    assert_int_equal(marked, 6);
    assert_int_equal(fq_codel_marked(t.fq), marked);
    assert_int_equal(hp_drop_count(t.s, HP_DROP_CODEL), 0);
    fq_end(&t);
}

/* Anything may be in a frame: it waits and goes. */
static void test_what_is_no_ip_waits_too(void **state)
{
    struct fq_test t;
    fq_begin(&t, 0);
    for (size_t n = 0; n < 64; n++)
        for (unsigned v = 0; v < 4; v++) {
            struct hp_pkt *p = pkt_alloc(t.s, n ? n : 1);
            assert_non_null(p);
            memset(pkt_put(p, n), (int)(0x11 * (3 + v)), n);
            if (n > 14) put16(p->data + 12, v & 1 ? 0x86dd : v & 2 ? 0x8100 : 0x0800);
            fq_codel_put(t.s, t.fq, p);
        }
    for (int i = 0; i < 256; i++) {
        struct hp_pkt *p = fq_codel_take(t.s, t.fq);
        assert_non_null(p);
        hp_pkt_free(p);
    }
    assert_int_equal(fq_codel_count(t.fq), 0);
    assert_int_equal(fq_codel_bytes(t.fq), 0);
    fq_end(&t);
}

/* Chance in and out of many flows: every packet goes, or died of a name; the sums are right at every step. */
static void test_packets_are_conserved(void **state)
{
    struct fq_test t;
    struct random r;
    uint64_t in = 0, out = 0;
    fq_begin(&t, 300);
    random_init(&r, 7, "fq", "test");
    for (int i = 0; i < 20000; i++) {
        t.s->now += random_below(&r, 2 * MS);
        for (unsigned k = random_below(&r, 5); k; k--, in++) fq_put(&t, (uint16_t)random_below(&r, 40), 60 + random_below(&r, 1400), random_below(&r, 4));
        for (unsigned k = random_below(&r, 4); k; k--) out += fq_take(&t) >= 0;
        assert_int_equal(in, out + fq_codel_count(t.fq) + hp_drop_count(t.s, HP_DROP_CODEL) + hp_drop_count(t.s, HP_DROP_LINK_FULL));
    }
    while (fq_take(&t) >= 0) {}
    assert_int_equal(fq_codel_bytes(t.fq), 0);
    assert_true(hp_drop_count(t.s, HP_DROP_CODEL) > 100 && hp_drop_count(t.s, HP_DROP_LINK_FULL) > 100);
    for (int i = 0; i < 5; i++) fq_put(&t, 1, 100, 0);
    fq_end(&t); /* with some in it */
}

static void test_no_memory(void **state)
{
    struct fq_test t;
    fq_begin(&t, 0);
    t.alloc.fail_at = 1;
    assert_null(fq_codel_new(t.s, 0, true));
    t.alloc.fail_at = 0;
    fq_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thin_flow_goes_first),
        cmocka_unit_test(test_turns_are_of_bytes),
        cmocka_unit_test(test_codel_drops_by_its_law),
        cmocka_unit_test(test_short_waits_cost_nothing),
        cmocka_unit_test(test_the_longest_pays_for_the_limit),
        cmocka_unit_test(test_marks_instead_of_drops),
        cmocka_unit_test(test_what_is_no_ip_waits_too),
        cmocka_unit_test(test_packets_are_conserved),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
