/* Packets: ownership, sharing, slices, and that nothing is left behind, against a model of what the bytes should be. */
#include "core/stack.h"

#include "support/alloc.h"
#include "support/test.h"

static const struct hp_proto *const no_protocols[] = {NULL};
static struct test_alloc alloc;

static struct hp_stack *pkt_stack(void)
{
    test_alloc_init(&alloc);
    struct hp_config c = {.profile = no_protocols, .allocator = &alloc.allocator};
    struct hp_stack *s = hp_stack_new(&c);
    assert_non_null(s);
    return s;
}

static void pkt_stack_end(struct hp_stack *s)
{
    struct hp_mem_stats m;
    hp_mem_stats(s, &m);
    assert_int_equal(m.packets, 0);
    hp_stack_free(s);
    test_alloc_end(&alloc);
}

static void pkt_expect(const struct hp_pkt *p, const char *bytes)
{
    char came[4096];
    size_t n = hp_pkt_copy_out(p, 0, came, sizeof came);
    assert_int_equal(n, pkt_len(p));
    assert_int_equal(n, strlen(bytes));
    assert_memory_equal(came, bytes, n);
}

static struct hp_pkt *pkt_with_slice(struct hp_stack *s, const char *head, const char *rest)
{
    struct hp_pkt *p = hp_pkt_copy_in(s, head, strlen(head));
    struct hp_buf *b = buf_new(s->mem, strlen(rest));
    if (!p || !b) {
        if (p) hp_pkt_free(p);
        if (b) buf_unref(b);
        return NULL;
    }
    memcpy(b->bytes, rest, strlen(rest));
    p->more = (struct hp_slice){b, b->bytes, (uint32_t)strlen(rest)};
    return p;
}

static void test_push_pull_put_trim(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct hp_pkt *p = hp_pkt_copy_in(s, "world", 5);
    memcpy(pkt_push(p, 6), "hello ", 6);
    pkt_expect(p, "hello world");
    *pkt_put(p, 1) = '!';
    pkt_pull(p, 6);
    pkt_expect(p, "world!");
    pkt_trim(p, 99);
    pkt_trim(p, 5);
    pkt_expect(p, "world");
    assert_int_equal(pkt_headroom(p), PKT_HEADROOM);
    hp_pkt_free(p);
    pkt_stack_end(s);
}

static void test_copy_out_over_two_parts(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct hp_pkt *p = pkt_with_slice(s, "hello ", "world");
    struct hp_bytes part[2];
    assert_int_equal(hp_pkt_parts(p, part), 2);
    for (size_t from = 0; from <= 12; from++) {
        for (size_t n = 0; n <= 12; n++) {
            char out[12];
            size_t left = from < 11 ? 11 - from : 0, want = n < left ? n : left;
            assert_int_equal(hp_pkt_copy_out(p, from, out, n), want);
            assert_memory_equal(out, &"hello world "[from], want);
        }
    }
    pkt_trim(p, 8);
    pkt_expect(p, "hello wo");
    pkt_trim(p, 3);
    pkt_expect(p, "hel");
    assert_null(p->more.buf);
    hp_pkt_free(p);
    pkt_stack_end(s);
}

static void test_own_separates_clones(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct hp_pkt *p = hp_pkt_copy_in(s, "shared", 6), *k = pkt_clone(s, p);
    assert_int_equal(p->id, k->id);
    assert_true(pkt_shared(p) && p->data == k->data);
    assert_true(pkt_own(s, k, 14, false));
    assert_false(pkt_shared(p) || pkt_shared(k));
    k->data[0] = 'S';
    pkt_expect(p, "shared");
    pkt_expect(k, "Shared");
    uint8_t *was = p->data;
    assert_true(pkt_own(s, p, 14, false)); /* nothing to do */
    assert_ptr_equal(p->data, was);
    hp_pkt_free(p);
    pkt_expect(k, "Shared");
    hp_pkt_free(k);
    pkt_stack_end(s);
}

static void test_own_moves_offsets_and_gives_room(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct hp_pkt *p = pkt_with_slice(s, "EEEE3333HHHH", "data");
    p->l2 = pkt_offset(p);
    p->l3 = (uint16_t)(p->l2 + 4);
    p->l4 = (uint16_t)(p->l2 + 8);
    p->sum_start = p->l4;
    assert_true(pkt_own(s, p, 500, true));
    assert_true(pkt_headroom(p) >= 500 && pkt_tailroom(p) >= PKT_TAILROOM);
    assert_memory_equal(pkt_at(p, p->l2), "EEEE", 4);
    assert_memory_equal(pkt_at(p, p->l3), "3333", 4);
    assert_memory_equal(pkt_at(p, p->l4), "HHHH", 4);
    assert_int_equal(p->sum_start, p->l4);
    assert_null(p->more.buf);
    pkt_expect(p, "EEEE3333HHHHdata");
    assert_true(pkt_own(s, p, 5000, true)); /* once more, larger than any class */
    assert_true(pkt_own(s, p, 20000, true));
    pkt_expect(p, "EEEE3333HHHHdata");
    hp_pkt_free(p);
    pkt_stack_end(s);
}

static unsigned released;
static void pkt_release(struct hp_buf *b)
{
    released++;
    buf_free_shell(b);
}

static void test_wrapped_storage_is_released_once(void **state)
{
    static const char bytes[] = "borrowed";
    struct hp_stack *s = pkt_stack();
    released = 0;
    struct hp_pkt *p = hp_pkt_copy_in(s, "head ", 5);
    struct hp_buf *b = buf_wrap(s->mem, bytes, 8, pkt_release, NULL);
    p->more = (struct hp_slice){b, b->bytes, 8};
    struct hp_pkt *k = pkt_clone(s, p);
    hp_pkt_free(p);
    assert_int_equal(released, 0);
    pkt_expect(k, "head borrowed");
    assert_true(pkt_own(s, k, 0, true));
    assert_int_equal(released, 1);
    pkt_expect(k, "head borrowed");
    hp_pkt_free(k);
    assert_int_equal(released, 1);
    pkt_stack_end(s);
}

static void test_packets_outlive_their_stack(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct hp_pkt *p = hp_pkt_copy_in(s, "late", 4), *k = pkt_clone(s, p);
    hp_pkt_free(hp_pkt_copy_in(s, "cached", 6));
    hp_stack_free(s);
    pkt_expect(p, "late");
    hp_pkt_free(p);
    pkt_expect(k, "late");
    hp_pkt_free(k);
    test_alloc_end(&alloc);
}

static void test_every_size_of_packet(void **state)
{
    struct hp_stack *s = pkt_stack();
    for (size_t n = 0; n < 70000; n = n < 300 ? n + 1 : n * 5 / 4) {
        uint8_t *at = NULL;
        struct hp_pkt *p = hp_pkt_room(s, n, &at);
        assert_non_null(p);
        memset(at, 7, n);
        assert_int_equal(hp_pkt_len(p), n);
        assert_true(pkt_headroom(p) >= PKT_HEADROOM);
        hp_pkt_free(p);
    }
    pkt_stack_end(s);
}

/* Random clones, writes, pulls and trims: every packet's bytes stay what its own history made them. */
static void test_against_a_model(void **state)
{
    enum { N = 16, MAX = 400 };
    struct hp_stack *s = pkt_stack();
    struct { struct hp_pkt *p; uint8_t b[MAX]; size_t n; } m[N] = {0};
    struct random r;
    random_init(&r, 5, "pkt", "test");
    for (int round = 0; round < 50000; round++) {
        unsigned i = random_below(&r, N), k = random_below(&r, N);
        hp_mem_fail_at(s, random_below(&r, 10) == 0);
        if (!m[i].p) {
            char head[50], rest[50];
            size_t h = 1 + random_below(&r, 48), t = 1 + random_below(&r, 48);
            memset(head, 'a' + (int)random_below(&r, 26), h);
            memset(rest, 'a' + (int)random_below(&r, 26), t);
            head[h] = rest[t] = 0;
            m[i].p = pkt_with_slice(s, head, rest);
            memcpy(m[i].b, head, h);
            memcpy(m[i].b + h, rest, t);
            m[i].n = h + t;
        } else if (random_below(&r, 4) == 0) {
            hp_pkt_free(m[i].p);
            m[i].p = NULL;
        } else if (!m[k].p) {
            m[k].p = pkt_clone(s, m[i].p);
            memcpy(m[k].b, m[i].b, m[i].n);
            m[k].n = m[i].n;
        } else if (random_below(&r, 3) == 0) {
            bool flat = random_below(&r, 2);
            if (pkt_own(s, m[i].p, 1 + random_below(&r, 40), flat) && m[i].n < MAX) {
                *pkt_push(m[i].p, 1) = (uint8_t)round;
                memmove(m[i].b + 1, m[i].b, m[i].n++);
                m[i].b[0] = (uint8_t)round;
                if (pkt_len(m[i].p) > 3 && m[i].p->tail - m[i].p->data > 2) m[i].p->data[2] = m[i].b[2] = '#';
            }
        } else if (random_below(&r, 2)) {
            size_t n = random_below(&r, (uint32_t)m[i].n + 2);
            pkt_trim(m[i].p, n);
            if (n < m[i].n) m[i].n = n;
        } else {
            size_t linear = pkt_bytes(m[i].p).n, n = random_below(&r, (uint32_t)linear + 1);
            pkt_pull(m[i].p, n);
            memmove(m[i].b, m[i].b + n, m[i].n -= n);
        }
        hp_mem_fail_at(s, 0);
        for (unsigned x = 0; x < N; x++) {
            uint8_t came[MAX];
            if (!m[x].p) continue;
            assert_int_equal(pkt_len(m[x].p), m[x].n);
            assert_int_equal(hp_pkt_copy_out(m[x].p, 0, came, MAX), m[x].n);
            assert_memory_equal(came, m[x].b, m[x].n);
        }
    }
    for (unsigned i = 0; i < N; i++)
        if (m[i].p) hp_pkt_free(m[i].p);
    pkt_stack_end(s);
}

static void test_budget_counts_packets_and_cache_gives_way(void **state)
{
    test_alloc_init(&alloc);
    struct hp_config c = {.profile = no_protocols, .allocator = &alloc.allocator, .memory_max = 200000};
    struct hp_stack *s = hp_stack_new(&c);
    struct hp_pkt *first = NULL, *p;
    unsigned count = 0;
    for (; (p = hp_pkt_copy_in(s, "x", 1)); count++) {
        p->next = first;
        first = p;
    }
    assert_true(count > 100 && count < 1000);
    while ((p = first)) {
        first = p->next;
        hp_pkt_free(p);
    }
    void *big = hp_alloc(s, 150000); /* the cache is given back for it */
    assert_non_null(big);
    hp_free(s, big, 150000);
    pkt_stack_end(s);
}

static void test_queue(void **state)
{
    struct hp_stack *s = pkt_stack();
    struct pkt_queue q;
    pkt_queue_init(&q);
    for (int round = 0; round < 3; round++) {
        for (char i = 'a'; i < 'e'; i++) pkt_queue_put(&q, hp_pkt_copy_in(s, &i, 1));
        assert_int_equal(q.count, 4);
        for (char i = 'a'; i < 'e'; i++) {
            struct hp_pkt *p = pkt_queue_take(&q);
            assert_int_equal(*p->data, i);
            assert_null(p->next);
            hp_pkt_free(p);
        }
        assert_null(pkt_queue_take(&q));
    }
    pkt_stack_end(s);
}

/* A frame that a switch floods: each port's copy is its own, and its storage is not kept when it has arrived. */
static void test_copies_of_what_is_shared_are_not_kept(void **state)
{
    for (size_t n = 1; n < 3000; n += n < 600 ? 1 : 97) {
        struct hp_stack *s = pkt_stack();
        uint8_t bytes[3000] = {7};
        struct hp_pkt *p = hp_pkt_copy_in(s, bytes, n), *copy[20];
        for (int i = 0; i < 20; i++) {
            copy[i] = pkt_plain(pkt_clone(s, p));
            assert_true(copy[i]->own_block && !pkt_shared(copy[i]));
            assert_int_equal(copy[i]->id, p->id);
            assert_int_equal(pkt_len(copy[i]), n);
            assert_memory_equal(copy[i]->data, bytes, n);
        }
        assert_ptr_equal(pkt_plain(p), p);
        for (int i = 0; i < 20; i++) hp_pkt_free(copy[i]);
        assert_int_equal(s->mem->cached_bytes, 0);
        hp_pkt_free(p);
        pkt_stack_end(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push_pull_put_trim),
        cmocka_unit_test(test_copy_out_over_two_parts),
        cmocka_unit_test(test_own_separates_clones),
        cmocka_unit_test(test_own_moves_offsets_and_gives_room),
        cmocka_unit_test(test_wrapped_storage_is_released_once),
        cmocka_unit_test(test_packets_outlive_their_stack),
        cmocka_unit_test(test_every_size_of_packet),
        cmocka_unit_test(test_against_a_model),
        cmocka_unit_test(test_budget_counts_packets_and_cache_gives_way),
        cmocka_unit_test(test_copies_of_what_is_shared_are_not_kept),
        cmocka_unit_test(test_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
