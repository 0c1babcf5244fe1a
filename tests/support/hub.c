/* Stacks on one wire, in virtual time. */
#include "support/hub.h"

#include <stdlib.h>

#include "support/test.h"

void hub_init(struct hub *h, hp_time now) { *h = (struct hub){.now = now}; }

int hub_plug(struct hub *h, struct hp_stack *s)
{
    assert_true(h->ports < HUB_PORTS_MAX);
    int n = h->ports++;
    h->tap[n] = calloc(1, sizeof *h->tap[n]);
    assert_non_null(h->tap[n]);
    tap_init(h->tap[n]);
    h->stack[n] = s;
    h->link[n] = hp_link_add(s, &h->tap[n]->wire, NULL);
    return h->link[n];
}

static bool hub_carry(struct hub *h, int from)
{
    bool any = false;
    if (h->ports == 1) return false; /* alone: the test takes the frames */
    for (const struct tap_frame *f; (f = tap_take(h->tap[from]));) {
        any = true;
        if (h->cut[from] || (h->filter && !h->filter(h->ctx, from, f))) continue;
        h->frames++;
        for (int to = 0; to < h->ports; to++)
            if (to != from && !h->cut[to]) tap_inject(h->tap[to], f->b, f->n);
    }
    return any;
}

/* Until nobody has anything to say at this time. */
static void hub_settle(struct hub *h)
{
    for (int round = 0; round < 10000; round++) {
        bool any = false;
        for (int n = 0; n < h->ports; n++) any |= hp_step(h->stack[n], h->now) <= h->now;
        for (int n = 0; n < h->ports; n++) any |= hub_carry(h, n);
        if (!any) return;
    }
    fail_msg("the stacks never come to rest at %lld ns", (long long)h->now);
}

void hub_run(struct hub *h, hp_time until)
{
    for (;;) {
        hub_settle(h);
        hp_time next = until;
        for (int n = 0; n < h->ports; n++)
            if (hp_deadline(h->stack[n]) < next) next = hp_deadline(h->stack[n]);
        if (h->now >= until) return;
        h->now = next > h->now ? next : h->now + 1;
    }
}

void hub_inject(struct hub *h, const void *bytes, size_t n)
{
    for (int to = 0; to < h->ports; to++) tap_inject(h->tap[to], bytes, n);
}

void hub_end(struct hub *h)
{
    for (int n = 0; n < h->ports; n++) {
        tap_clear(h->tap[n]);
        free(h->tap[n]);
    }
}
