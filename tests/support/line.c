#include "support/line.h"

#include "support/test.h"
#include "wire/crc.h"

void line_frame(struct line *l, size_t n)
{
    for (size_t i = 0; i < n - 4; i++) l->frame[i] = (uint8_t)(i * 37 + n);
    crc_put(l->frame + n - 4, crc_add(0, l->frame, n - 4));
    l->code->encode(l->frame, n, l->symbols);
}

void line_every_length(struct line *l)
{
    for (size_t n = 60; n <= LINE_FRAME_MAX; n += n < 130 ? 1 : 31) {
        size_t got;
        line_frame(l, n);
        assert_int_equal(l->code->decode(l->symbols, l->code->symbols(n), l->back, n, &got), HP_DROP_NONE);
        assert_int_equal(got, n);
        assert_memory_equal(l->back, l->frame, n);
    }
}

void line_begin(struct line_pair *t, const struct hp_line_code *code, uint32_t bit_errors)
{
    memset(t, 0, sizeof *t);
    test_alloc_init(&t->alloc);
    station_open(&t->a, "a", &t->alloc.allocator);
    station_open(&t->b, "b", &t->alloc.allocator);
    t->cable = hp_cable_new(&t->alloc.allocator, 1, &(struct hp_cable_config){.code = code, .way.faults.bit_errors = bit_errors});
    assert_non_null(t->cable);
    struct hp_link_config many = {.queue_max = 100000};
    assert_int_equal(hp_link_add(t->a.s, hp_cable_end(t->cable, 0), &many), 1);
    assert_int_equal(hp_link_add(t->b.s, hp_cable_end(t->cable, 1), &many), 1);
}

void line_send(struct line_pair *t, uint32_t many)
{
    for (uint32_t i = 0; i < many; i++) station_send(&t->a, i, 100);
    for (uint32_t i = 0; i < many / 100 + 3; i++) { /* a step sends so many at most */
        hp_step(t->a.s, 0);
        hp_cable_step(t->cable, 0);
        hp_step(t->b.s, 0);
    }
}

void line_end(struct line_pair *t)
{
    hp_stack_free(t->a.s);
    hp_stack_free(t->b.s);
    hp_cable_free(t->cable);
    station_end(&t->a);
    station_end(&t->b);
    test_alloc_end(&t->alloc);
}
