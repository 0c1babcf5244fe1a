/* The bad pipe. */
#include "support/pipe.h"

#include "core/stack.h"
#include "support/test.h"

static hp_time pipe_flight(struct pipe *p)
{
    return p->delay + (p->jitter ? (hp_time)(random_next(&p->random) % (uint64_t)p->jitter) : 0);
}

static void pipe_put(struct pipe_end *e, struct hp_pkt *k, hp_time at)
{
    struct hp_pkt **here = &e->flying;
    while (*here && ((*here)->time <= at || e->pipe->keep_order)) here = &(*here)->next;
    k->time = at;
    k->next = *here;
    *here = k;
}

static void pipe_tx(struct hp_wire *w, struct hp_pkt *k)
{
    struct pipe_end *e = w->state;
    struct pipe *p = e->pipe;
    e->sent++;
    if (random_chance(&p->random, p->loss) || (p->judge && !p->judge(p->judge_ctx, e, k))) {
        e->lost++;
        hp_pkt_free(k);
        return;
    }
    if (random_chance(&p->random, p->twice)) {
        struct hp_pkt *twin = pkt_clone(e->stack, k);
        if (twin) pipe_put(e, twin, p->now + pipe_flight(p));
    }
    pipe_put(e, k, p->now + pipe_flight(p));
}

static const struct hp_wire_ops pipe_ops = {.name = "pipe", .tx = pipe_tx};

static void pipe_end_open(struct pipe *p, struct pipe_end *e, struct pipe_end *other, uint8_t host, uint64_t seed, bool traced,
                          uint32_t wire_flags)
{
    struct hp_prefix v4 = {hp_ip4(10, 0, 0, host), 120}, v6 = {{{0xfd, [15] = host}}, 64};
    test_alloc_init(&e->alloc);
    log_init(&e->log);
    e->wire = (struct hp_wire){.ops = &pipe_ops, .state = e, .mtu = 1500, .flags = HP_WIRE_IP | wire_flags,
                               .gso_max = 65000};
    e->other = other;
    e->pipe = p;
    struct hp_config c = {.name = host == 1 ? "a" : "b", .allocator = &e->alloc.allocator, .seed = seed, .now = p->now};
    if (traced) c.trace = e->log.trace;
    e->stack = hp_stack_new(&c);
    assert_non_null(e->stack);
    int link = hp_link_add(e->stack, &e->wire, NULL);
    assert_true(link > 0);
    assert_int_equal(hp_addr_add(e->stack, link, &v4, HP_ADDR_NO_DAD), HP_OK);
    assert_int_equal(hp_addr_add(e->stack, link, &v6, HP_ADDR_NO_DAD), HP_OK);
}

void pipe_open(struct pipe *p, uint64_t seed, bool traced, hp_time start, uint32_t wire_flags)
{
    *p = (struct pipe){.now = start, .delay = HP_MS(10)};
    random_init(&p->random, seed, "pipe", "luck");
    pipe_end_open(p, &p->a, &p->b, 1, seed, traced, wire_flags);
    pipe_end_open(p, &p->b, &p->a, 2, seed, traced, wire_flags);
}

static void pipe_end_close(struct pipe_end *e)
{
    for (struct hp_pkt *k; (k = e->flying);) {
        e->flying = k->next;
        hp_pkt_free(k);
    }
    hp_stack_free(e->stack);
    log_end(&e->log);
}

void pipe_close(struct pipe *p)
{
    pipe_end_close(&p->a);
    pipe_end_close(&p->b);
    test_alloc_end(&p->a.alloc);
    test_alloc_end(&p->b.alloc);
}

/* What has arrived from e is at the other's wire. */
static void pipe_deliver(struct pipe_end *e)
{
    for (struct hp_pkt *k; (k = e->flying) && k->time <= e->pipe->now;) {
        e->flying = k->next;
        k->next = NULL;
        if (e->pipe->copy || k->buf->refs > 1 || k->more.buf) { /* as a real wire would */
            uint8_t *at;
            size_t n = hp_pkt_len(k);
            struct hp_pkt *copy = hp_pkt_room(e->other->stack, n, &at);
            if (copy) hp_pkt_copy_out(k, 0, at, n);
            if (copy && k->flags & PKT_SUM_TX) copy->flags |= PKT_SUM_TX;
            if (copy && k->gso_size) hp_pkt_mark_gso(copy, k->gso_size);
            hp_pkt_free(k);
            k = copy;
        }
        if (k && k->flags & PKT_SUM_TX) { /* the wire would have computed it */
            k->flags &= (uint16_t)~PKT_SUM_TX;
            hp_pkt_mark_sum_good(k);
        }
        if (k) hp_wire_rx(&e->other->wire, k);
    }
}

static hp_time pipe_next(const struct pipe *p)
{
    hp_time next = hp_deadline(p->a.stack), b = hp_deadline(p->b.stack);
    if (b < next) next = b;
    if (p->a.flying && p->a.flying->time < next) next = p->a.flying->time;
    if (p->b.flying && p->b.flying->time < next) next = p->b.flying->time;
    return next;
}

void pipe_run(struct pipe *p, hp_time until, bool (*each)(void *ctx), void *ctx)
{
    for (;;) {
        pipe_deliver(&p->a);
        pipe_deliver(&p->b);
        hp_step(p->a.stack, p->now);
        hp_step(p->b.stack, p->now);
        if (each && !each(ctx)) return;
        hp_time next = pipe_next(p);
        if (each && next > p->now + HP_MS(50)) next = p->now + HP_MS(50); /* a user may come back any time */
        if (next > until) break;
        if (next > p->now) p->now = next;
    }
    p->now = until;
}
