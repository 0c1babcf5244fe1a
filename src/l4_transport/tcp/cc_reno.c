/* NewReno's window (RFC 5681 3.1) with appropriate byte counting (RFC 3465): a whole MSS for each window of bytes acknowledged. */
#include "l4_transport/tcp/cc.h"

struct cc_reno {
    uint32_t counted;           /* bytes acknowledged since the window last grew */
};

static struct cc_reno *cc_reno_of(struct cc *c) { return (struct cc_reno *)(void *)c->state; }

static void cc_reno_ack(struct cc *c, const struct cc_told *e)
{
    struct cc_reno *r = cc_reno_of(c);
    uint32_t acked = cc_slow_start(c, e);
    if (!acked || !e->limited) return;
    r->counted += acked;
    if (r->counted < c->cwnd) return;
    r->counted -= c->cwnd;
    cc_grow(c, e->mss);
}

static uint32_t cc_reno_loss(struct cc *c, const struct cc_told *e)
{
    cc_reno_of(c)->counted = 0;
    return e->flight / 2 > 2 * e->mss ? e->flight / 2 : 2 * e->mss;
}

const struct hp_cc cc_reno = {.name = "reno", .state_size = sizeof(struct cc_reno), .ack = cc_reno_ack, .loss = cc_reno_loss};
