/* Faults on single packets: which bits, whose bytes, which FCS. */
#include "l1_physical/fault.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/test.h"
#include "wire/crc.h"

struct one {
    struct test_alloc alloc;
    struct station st;
    struct fault fault;
};

static void one_begin(struct one *t)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    station_open(&t->st, "h", &t->alloc.allocator);
    fault_init(&t->fault, 1, "test");
    fault_set(&t->fault, &(struct hp_faults){.bit_errors = 1}); /* one in 2^32 */
}

static void one_end(struct one *t)
{
    hp_stack_free(t->st.s);
    station_end(&t->st);
    test_alloc_end(&t->alloc);
}

static struct hp_pkt *one_packet(struct one *t, size_t n)
{
    uint8_t *b;
    struct hp_pkt *p = hp_pkt_room(t->st.s, n, &b);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++) b[i] = (uint8_t)(i * 31);
    return p;
}

/* Exactly bit `bit` of the frame is wrong, and the FCS is that of the right bytes. */
static void assert_flipped(const struct hp_pkt *p, size_t n, size_t bit)
{
    static uint8_t right[10000];
    for (size_t i = 0; i < n; i++) right[i] = (uint8_t)(i * 31);
    crc_put(right + n, crc_add(0, right, n));
    assert_int_equal(hp_pkt_len(p), n + 4);
    assert_int_equal(hp_pkt_fcs(p), 4);
    for (size_t i = 0; i < n + 4; i++)
        assert_int_equal(p->data[i], right[i] ^ (i == bit / 8 ? 1u << bit % 8 : 0));
}

/* Also where the storage has no room left for the FCS. */
static void test_one_bit_and_the_right_fcs(void **state)
{
    const size_t sizes[] = {60, 128, 125, 1514, 1920, 1918, 9000, 9600, 9598};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct one t;
        one_begin(&t);
        struct hp_pkt *p = one_packet(&t, sizes[i]);
        t.fault.bits_left = 11;
        assert_true(fault_hits(&t.fault, sizes[i] + 4));
        assert_true(fault_flip(&t.fault, p, true));
        assert_flipped(p, sizes[i], 11);
        hp_pkt_free(p);
        one_end(&t);
    }
}

/* Bytes that somebody else looks into, and a borrowed slice, stay as they are. */
static void test_shared_bytes_are_copied_first(void **state)
{
    struct one t;
    one_begin(&t);
    struct hp_pkt *p = one_packet(&t, 600), *twin = pkt_clone(NULL, p), *head = one_packet(&t, 200);
    head->more = (struct hp_slice){buf_ref(p->buf), p->data + 200, 400}; /* the same 600 bytes, in two parts */
    t.fault.bits_left = 5;
    assert_true(fault_hits(&t.fault, 604));
    assert_true(fault_flip(&t.fault, p, true));
    assert_flipped(p, 600, 5);
    t.fault.bits_left = 600 * 8 + 31;
    assert_true(fault_hits(&t.fault, 604));
    assert_true(fault_flip(&t.fault, head, true));
    assert_flipped(head, 600, 600 * 8 + 31);
    for (size_t i = 0; i < 600; i++) assert_int_equal(twin->data[i], (uint8_t)(i * 31));
    hp_pkt_free(p);
    hp_pkt_free(twin);
    hp_pkt_free(head);
    one_end(&t);
}

static void test_no_memory_leaves_the_packet(void **state)
{
    struct one t;
    one_begin(&t);
    struct hp_pkt *p = one_packet(&t, 600), *twin = pkt_clone(NULL, p);
    t.fault.bits_left = 5;
    t.alloc.fail_at = 1;
    assert_false(fault_flip(&t.fault, p, true));
    assert_int_equal(hp_pkt_len(p), 600);
    hp_pkt_free(p);
    hp_pkt_free(twin);
    one_end(&t);
}

/* A second error on an FCS that is there already does not append another. */
static void test_fcs_is_appended_once(void **state)
{
    struct one t;
    one_begin(&t);
    struct hp_pkt *p = one_packet(&t, 100);
    t.fault.bits_left = 8;
    assert_true(fault_flip(&t.fault, p, true));
    t.fault.bits_left = 8;
    assert_true(fault_flip(&t.fault, p, true));
    assert_int_equal(hp_pkt_len(p), 104);
    assert_true(crc_ok(pkt_bytes(p))); /* the same bit twice */
    hp_pkt_free(p);
    one_end(&t);
}

/* One bit in 10 000 on average, whatever the frames' lengths. */
static void test_distance_runs_on_over_frames(void **state)
{
    struct one t;
    one_begin(&t);
    fault_set(&t.fault, &(struct hp_faults){.bit_errors = UINT32_MAX / 10000});
    unsigned hits = 0;
    for (int i = 0; i < 2000; i++) {
        struct hp_pkt *p = one_packet(&t, 60 + (size_t)i % 40);
        if (fault_hits(&t.fault, hp_pkt_len(p))) {
            hits++;
            assert_true(fault_flip(&t.fault, p, false));
        }
        hp_pkt_free(p);
    }
    assert_true(hits > 90 && hits < 170); /* 1.27 million bits, one in 10 000 */
    one_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_bit_and_the_right_fcs),
        cmocka_unit_test(test_shared_bytes_are_copied_first),
        cmocka_unit_test(test_no_memory_leaves_the_packet),
        cmocka_unit_test(test_fcs_is_appended_once),
        cmocka_unit_test(test_distance_runs_on_over_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
