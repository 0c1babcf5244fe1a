/* Ping and traceroute, as functions for programs. */
#ifndef HEPTA_PING_H
#define HEPTA_PING_H

#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_ping_reply {
    uint16_t seq;
    struct hp_ip from;                  /* who answered                                                      */
    uint32_t bytes;                     /* of echo data                                                       */
    uint8_t ttl;                        /* of the reply                                                       */
    hp_time rtt;
    int error;                          /* HP_OK = echo reply; HP_ETIMEDOUT; else what an ICMP error stands for */
    uint8_t icmp_type, icmp_code;
    bool duplicate, damaged;            /* seen before; the data came back different                          */
};

struct hp_ping {
    /* set by the caller */
    struct hp_ip to;
    uint32_t count;                     /* 0 = until *stop                                                    */
    uint32_t size;                      /* bytes of echo data, 0..65507                                       */
    hp_time interval, timeout;          /* 0 = 1 s, 1 s                                                       */
    int ttl;                            /* 0 = default                                                        */
    void (*reply)(void *ctx, const struct hp_ping_reply *r);    /* each answer or silence, or NULL            */
    void *ctx;
    bool stop;                          /* set it to end early                                                */
    /* to be read */
    uint32_t sent, received, duplicates, errors;
    hp_time rtt_min, rtt_max, rtt_sum;
};

/* In a program: sends and waits.  HP_OK if at least one answer came, HP_ETIMEDOUT if none did, else why nothing could be sent. */
int hp_ping(struct hp_stack *s, struct hp_ping *p);

/* One probe of a traceroute. */
struct hp_hop {
    int ttl, probe;
    struct hp_ip from;
    hp_time rtt;
    int error;                          /* HP_ETIMEDOUT = silence; HP_OK = the destination; else an ICMP error */
    uint8_t icmp_type, icmp_code;
};

struct hp_traceroute {
    struct hp_ip to;
    int ttl_first, ttl_max, probes;     /* 0 = 1, 30, 3 */
    hp_time timeout;                    /* 0 = 1 s */
    bool udp;                           /* UDP to high ports (RFC 1393's ancestor) instead of ICMP echo */
    void (*hop)(void *ctx, const struct hp_hop *h);
    void *ctx;
    bool stop;
    int hops;                           /* to be read: at which TTL the destination answered, 0 = it did not */
};

int hp_traceroute(struct hp_stack *s, struct hp_traceroute *t);

#ifdef __cplusplus
}
#endif
#endif
