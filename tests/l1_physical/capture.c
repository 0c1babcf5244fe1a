/* The capture wire shows every frame, both ways, also around an impairment. */
#include "hepta/physical.h"

#include "support/alloc.h"
#include "support/station.h"
#include "support/tap.h"
#include "support/test.h"

struct shown {
    unsigned in, out;
    hp_time last;
    uint64_t last_id;
};

static void shown_frame(void *ctx, const struct hp_wire *w, bool out, hp_time time, const struct hp_pkt *p)
{
    struct shown *s = ctx;
    s->in += !out;
    s->out += out;
    s->last = time;
    s->last_id = hp_pkt_id(p);
}

static void test_frames_of_both_directions_are_shown(void **state)
{
    struct test_alloc a;
    struct station st;
    struct tap tap;
    struct shown shown = {0};
    test_alloc_init(&a);
    station_open(&st, "h", &a.allocator);
    tap_init(&tap);
    struct hp_wire *impair = hp_impair_new(st.s, &tap.wire, &(struct hp_impair_config){.out.delay = HP_MS(5)});
    struct hp_wire *capture = hp_capture_new(st.s, impair, &(struct hp_capture){shown_frame, &shown});
    assert_int_equal(hp_link_add(st.s, capture, NULL), 1);
    station_send(&st, 1, 60);
    hp_step(st.s, HP_MS(1));
    assert_int_equal(shown.out, 1);
    assert_int_equal(shown.last, HP_MS(1));
    assert_int_equal(shown.last_id, 1);
    assert_int_equal(tap.total, 0);
    hp_step(st.s, HP_MS(6));
    assert_int_equal(tap.total, 1);
    tap_inject_hex(&tap, "ffffffffffff 020000000002 88b5 00000007 00000000");
    hp_step(st.s, HP_MS(7));
    assert_int_equal(shown.in, 1);
    assert_int_equal(st.count, 1);
    a.fail_at = 1;
    assert_null(hp_capture_new(st.s, impair, &(struct hp_capture){shown_frame, &shown}));
    hp_stack_free(st.s);
    assert_true(tap.closed);
    station_end(&st);
    test_alloc_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_frames_of_both_directions_are_shown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
