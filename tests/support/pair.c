/* Two hosts on one perfect cable. */
#include "support/pair.h"

#include "support/test.h"

static void pair_tx(struct hp_wire *w, struct hp_pkt *p)
{
    struct pair_end *e = w->state;
    e->frames++;
    hp_wire_rx(&e->other->wire, p);
}

static const struct hp_wire_ops pair_ops = {.name = "pair", .tx = pair_tx};

static bool pair_end_open(struct pair_end *e, struct pair_end *other, uint8_t host, uint64_t seed, const struct hp_trace *trace)
{
    struct hp_config config = {.name = host == 1 ? "a" : "b", .allocator = &e->alloc.allocator, .seed = seed, .packet_id_first = host,
                               .packet_id_step = 2};
    if (trace) config.trace = *trace;
    e->wire = (struct hp_wire){.ops = &pair_ops, .state = e};
    e->other = other;
    e->ip = hp_ip4(10, 0, 0, host);
    e->ip6 = (struct hp_ip){{0xfd, [15] = host}};
    e->stack = hp_stack_new(&config);
    int link = e->stack ? hp_link_add(e->stack, &e->wire, NULL) : HP_ENOMEM;
    struct hp_prefix v4 = {e->ip, 120}, v6 = {e->ip6, 64};
    return link > 0 && hp_addr_add(e->stack, link, &v4, 0) == HP_OK && hp_addr_add(e->stack, link, &v6, HP_ADDR_NO_DAD) == HP_OK;
}

bool pair_open_traced(struct pair *p, uint64_t seed, const struct hp_trace *trace)
{
    *p = (struct pair){.delay = HP_US(10)};
    test_alloc_init(&p->a.alloc);
    test_alloc_init(&p->b.alloc);
    return pair_end_open(&p->a, &p->b, 1, seed, trace) && pair_end_open(&p->b, &p->a, 2, seed, trace);
}

bool pair_open(struct pair *p, uint64_t seed) { return pair_open_traced(p, seed, NULL); }

void pair_close(struct pair *p)
{
    struct pair_end *end[2] = {&p->a, &p->b};
    for (int i = 0; i < 2; i++)
        if (end[i]->stack) hp_stack_free(end[i]->stack);
    for (int i = 0; i < 2; i++) test_alloc_end(&end[i]->alloc);
}

static hp_time pair_step_end(struct pair_end *e, hp_time now)
{
    if (hp_deadline(e->stack) <= now) hp_step(e->stack, now);
    hp_programs_run(e->stack);
    return hp_deadline(e->stack);
}

bool pair_run(struct pair *p, hp_time span, bool (*done)(void *ctx), void *ctx)
{
    hp_time end = p->now + span;
    for (;;) {
        hp_time a = pair_step_end(&p->a, p->now), b = pair_step_end(&p->b, p->now);
        if (done && done(ctx)) return true;
        a = hp_deadline(p->a.stack);
        hp_time next = a < b ? a : b;
        if (next < p->now + p->delay) next = p->now + p->delay;
        if (next > end) {
            p->now = end;
            return false;
        }
        p->now = next;
    }
}
