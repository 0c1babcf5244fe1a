/* The plug for congestion control: functions of what they are told, nothing else.
 *
 * To add one, write cc_NAME.c with a const struct hp_cc and put a line into src/profiles/congestion.c. */
#ifndef TCP_CC_H
#define TCP_CC_H

#include "hepta/types.h"

enum { CC_STATE_WORDS = 4, CC_CWND_MAX = 1 << 30, CC_KINDS_MAX = 16 };

/* What a control governs; part of the connection.  Bytes. */
struct cc {
    uint32_t cwnd, ssthresh;            /* ssthresh UINT32_MAX = not yet known */
    uint64_t state[CC_STATE_WORDS];     /* the control's own, zeroed at start  */
};

/* What it is told. */
struct cc_told {
    hp_time now;
    uint32_t mss;
    uint32_t acked;         /* bytes newly acknowledged or SACKed   */
    uint32_t flight;        /* bytes sent and not acknowledged before this happened (RFC 5681 FlightSize) */
    uint32_t rtt_us;        /* of this acknowledgment; 0 = no sample */
    uint32_t srtt_us, min_rtt_us;
    bool limited;           /* the window, and not the application, held the sender back */
    bool after_rto;         /* slow start after a retransmission timeout                 */
};

struct hp_cc {
    const char *name;
    size_t state_size;                                          /* at most sizeof cc.state */
    void (*start)(struct cc *c, const struct cc_told *e);       /* cwnd is the initial window already; or NULL */
    void (*ack)(struct cc *c, const struct cc_told *e);         /* new data was acknowledged, not in recovery  */
    uint32_t (*loss)(struct cc *c, const struct cc_told *e);    /* answers the new ssthresh; once per episode  */
    void (*rto)(struct cc *c, const struct cc_told *e);         /* after loss(), when a timer found it; or NULL */
    void (*idle)(struct cc *c, const struct cc_told *e);        /* sending begins again after an idle RTO; or NULL */
    void (*undo)(struct cc *c, const struct cc_told *e);        /* the loss was none: cwnd is restored; or NULL */
};

static inline void cc_grow(struct cc *c, uint32_t bytes)
{
    c->cwnd = bytes > CC_CWND_MAX - c->cwnd ? CC_CWND_MAX : c->cwnd + bytes;
}

/* Slow start (RFC 5681 3.1) by bytes (RFC 3465: one MSS per ACK after a timeout).  Answers the bytes that are left for
 * congestion avoidance.  An application that does not fill the window does not open it. */
static inline uint32_t cc_slow_start(struct cc *c, const struct cc_told *e)
{
    if (c->cwnd >= c->ssthresh) return e->acked;
    if (!e->limited && e->flight < c->cwnd / 2) return 0;
    uint32_t grown = e->after_rto && e->acked > e->mss ? e->mss : e->acked;
    if (grown > c->ssthresh - c->cwnd) grown = c->ssthresh - c->cwnd;
    cc_grow(c, grown);
    return e->after_rto ? 0 : e->acked - grown;
}

extern const struct hp_cc *const hp_congestion[];               /* the first is the default; NULL-terminated */

#endif
