/* CUBIC (RFC 9438) in integers: bytes and milliseconds.
 *
 * W_cubic(t) = C (t - K)^3 + W_max with C = 0.4 segments / s^3; beta = 0.7; the Reno-friendly window grows by alpha = 3 (1 - beta) / (1 + beta) = 9/17. */
#include "l4_transport/tcp/cc.h"

#include <assert.h>

enum { CUBIC_DT_MAX_MS = 100000, CUBIC_EST_BITS = 8 };

struct cc_cubic {
    uint64_t w_est;             /* bytes << CUBIC_EST_BITS */
    uint32_t w_max, cwnd_prior;
    uint32_t k_ms;
    uint32_t epoch_ms;          /* when this congestion avoidance began; 0 = not yet */
    uint32_t rest;              /* of the last division */
};
static_assert(sizeof(struct cc_cubic) <= sizeof(((struct cc *)0)->state), "the state fits");

static struct cc_cubic *cc_cubic_of(struct cc *c) { return (struct cc_cubic *)(void *)c->state; }

/* The integer cube root, bit by bit (Hacker's Delight 11-2). */
static uint32_t cubic_root(uint64_t x)
{
    uint64_t y = 0;
    for (int s = 63; s >= 0; s -= 3) {
        y *= 2;
        uint64_t b = 3 * y * (y + 1) + 1;
        if (x >> s < b) continue;
        x -= b << s;
        y++;
    }
    return (uint32_t)y;
}

/* RFC 9438 4.2, figure 2: K = cbrt((W_max - cwnd_epoch) / C). */
static uint32_t cubic_k_ms(uint32_t gap, uint32_t mss) { return cubic_root((uint64_t)gap * 2500000000u / mss); }

/* RFC 9438 4.2, figure 1. */
static uint32_t cubic_window(const struct cc_cubic *q, uint32_t t_ms, uint32_t mss)
{
    int64_t dt = (int64_t)t_ms - q->k_ms;
    if (dt > CUBIC_DT_MAX_MS) dt = CUBIC_DT_MAX_MS;
    if (dt < -CUBIC_DT_MAX_MS) dt = -CUBIC_DT_MAX_MS;
    int64_t w = (int64_t)q->w_max + dt * dt * dt / 1000000 * 4 * (int64_t)mss / 10000;
    return w < 0 ? 0 : w > INT32_MAX ? INT32_MAX : (uint32_t)w;
}

static void cubic_begin(struct cc *c, struct cc_cubic *q, const struct cc_told *e, uint32_t now_ms)
{
    q->epoch_ms = now_ms;
    q->w_est = (uint64_t)c->cwnd << CUBIC_EST_BITS;
    q->rest = 0;
    if (c->cwnd < q->w_max) {
        q->k_ms = cubic_k_ms(q->w_max - c->cwnd, e->mss);
    } else {
        q->k_ms = 0;
        q->w_max = c->cwnd;
    }
}

/* RFC 9438 4.3: at least as fast as Reno. */
static void cubic_estimate(struct cc *c, struct cc_cubic *q, const struct cc_told *e, uint32_t acked)
{
    uint64_t step = ((uint64_t)e->mss * acked << CUBIC_EST_BITS) / c->cwnd;
    bool below = q->w_est >> CUBIC_EST_BITS < q->cwnd_prior;
    q->w_est += below ? step * 9 / 17 : step;
}

static void cc_cubic_ack(struct cc *c, const struct cc_told *e)
{
    struct cc_cubic *q = cc_cubic_of(c);
    uint32_t acked = cc_slow_start(c, e);
    if (!acked || !e->limited) return;
    uint32_t now_ms = (uint32_t)(e->now / 1000000) | 1;
    if (!q->epoch_ms) cubic_begin(c, q, e, now_ms);
    uint32_t t = now_ms - q->epoch_ms;
    cubic_estimate(c, q, e, acked);
    uint32_t reno = (uint32_t)(q->w_est >> CUBIC_EST_BITS);
    if (cubic_window(q, t, e->mss) < reno) {
        if (reno > c->cwnd) cc_grow(c, reno - c->cwnd);
        return;
    }
    uint32_t target = cubic_window(q, t + e->srtt_us / 1000, e->mss), most = c->cwnd + c->cwnd / 2;
    if (target > most) target = most;
    if (target <= c->cwnd) return;
    uint64_t grown = (uint64_t)(target - c->cwnd) * acked + q->rest;
    q->rest = (uint32_t)(grown % c->cwnd);
    cc_grow(c, (uint32_t)(grown / c->cwnd));
}

/* RFC 9438 4.6, and 4.7 fast convergence. */
static uint32_t cc_cubic_loss(struct cc *c, const struct cc_told *e)
{
    struct cc_cubic *q = cc_cubic_of(c);
    q->w_max = c->cwnd < q->w_max ? (uint32_t)((uint64_t)c->cwnd * 17 / 20) : c->cwnd;
    q->cwnd_prior = c->cwnd;
    q->epoch_ms = 0;
    uint32_t flight = e->flight < c->cwnd ? e->flight : c->cwnd;
    uint32_t ssthresh = (uint32_t)((uint64_t)flight * 7 / 10);
    return ssthresh > 2 * e->mss ? ssthresh : 2 * e->mss;
}

static void cc_cubic_idle(struct cc *c, const struct cc_told *e) { cc_cubic_of(c)->epoch_ms = 0; }

static void cc_cubic_undo(struct cc *c, const struct cc_told *e)
{
    struct cc_cubic *q = cc_cubic_of(c);
    q->epoch_ms = 0;
    if (q->w_max < c->cwnd) q->w_max = c->cwnd;
}

const struct hp_cc cc_cubic = {.name = "cubic", .state_size = sizeof(struct cc_cubic), .ack = cc_cubic_ack, .loss = cc_cubic_loss,
                               .idle = cc_cubic_idle, .undo = cc_cubic_undo};
