/* RIP version 2 (RFC 2453): routers tell their neighbours which networks they reach and over how many hops.
 *
 * A program on sockets (proc.h).  It runs on every link with an IPv4 address, announces those links' networks, and puts what it learns into the
 * stack's routes (HP_ROUTE_RIP).
 *
 *     struct hp_rip rip = {0};                         30 s, 180 s, 120 s; poisoned reverse
 *     hp_rip_start(stack, &rip);  */
#ifndef HEPTA_RIP_H
#define HEPTA_RIP_H

#include "hepta/net.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HP_RIP_INFINITY   = 16,     /* the metric of what cannot be reached                                       */
    HP_RIP_LINKS_MAX  = 16,     /* links with a setting of their own                                          */
    HP_RIP_PREFERENCE = 120,    /* the hp_route.metric of learnt routes: behind static ones (0) and DHCP's (100) */
};

/* What is said on a link about routes that were learnt by it (RFC 2453 3.4.3). */
enum hp_rip_horizon {
    HP_RIP_POISONED_REVERSE,    /* that they are unreachable by us  */
    HP_RIP_SPLIT_HORIZON,       /* nothing                          */
    HP_RIP_NO_HORIZON,          /* all of it: for lessons           */
};

/* How RIP behaves on a link. */
struct hp_rip_link {
    int link;
    bool off;                   /* neither speaks nor listens, and the link's network is not announced  */
    bool passive;               /* listens, and its network is announced elsewhere, but does not speak  */
    bool broadcast;             /* speaks by broadcast, for RIP version 1 (RFC 2453 4.5), not to 224.0.0.9 */
    enum hp_rip_horizon horizon;
    uint8_t cost;               /* added to what is learnt here: 1..15, 0 = 1                           */
    const char *password;       /* RFC 2453 4.1: 1 to 16 bytes, in clear; NULL = none.  Who has none is not believed, and the other way round */
};

enum hp_rip_source {
    HP_RIP_CONNECTED,           /* the network of one of our links */
    HP_RIP_ANNOUNCED,           /* one of our other routes, because `announce` or `announce_default` says so */
    HP_RIP_HEARD,               /* a neighbour said so */
};

/* A route as RIP sees it. */
struct hp_rip_route {
    struct hp_prefix to;
    enum hp_rip_source source;
    struct hp_ip gateway;       /* the next router; all zeros if there is none          */
    struct hp_ip from;          /* who said so: mostly the gateway; all zeros: ourselves */
    int link;                   /* by which it leaves; 0 = none (the default route that we announce) */
    uint8_t metric;             /* 1..16                                                */
    uint16_t tag;
    hp_time expires_at;         /* HP_NEVER: our own, or unreachable already            */
    hp_time forgotten_at;       /* of an unreachable one; otherwise HP_NEVER            */
};

enum hp_rip_change {
    HP_RIP_LEARNED,             /* reachable; it was not before                         */
    HP_RIP_CHANGED,             /* another metric, gateway, link or tag                 */
    HP_RIP_LOST,                /* unreachable                                          */
    HP_RIP_FORGOTTEN,           /* not in the table any more: `route` says what was     */
};
enum hp_rip_reason {
    HP_RIP_BY_NEIGHBOUR,        /* a neighbour said so                                  */
    HP_RIP_BY_TIMEOUT,          /* the neighbour did not say so any more                */
    HP_RIP_BY_LINK,             /* the link is down or gone                             */
    HP_RIP_BY_OURSELVES,        /* our own addresses or routes changed, or RIP ends     */
};
struct hp_rip_event {
    enum hp_rip_change change;
    enum hp_rip_reason reason;
    const struct hp_rip_route *route;   /* as it is now                                 */
    uint8_t metric_before;              /* HP_RIP_INFINITY: was not reachable           */
    struct hp_ip gateway_before;
};

struct hp_rip {
    /* set by the caller, who keeps it until the program has ended */
    struct hp_rip_link every;               /* all links ...                                            */
    struct hp_rip_link link[HP_RIP_LINKS_MAX];  /* ... but these                                        */
    int links;
    hp_time update, timeout, garbage;       /* RFC 2453 3.8: 0 = 30 s (drawn from 5/6 to 7/6 of it each time), 180 s, 120 s */
    hp_time trigger_min, trigger_max;       /* between triggered updates: 0 = 1 s, 5 s                  */
    uint32_t announce;                      /* bits 1 << HP_ROUTE_STATIC ...: also routes of these sources */
    uint8_t announce_metric;                /* 1..15, 0 = 1: of those and of the default route          */
    uint16_t announce_tag;
    bool announce_default;                  /* say that we are the way to everywhere                    */
    bool ask;                               /* what is lost is asked for at once, not waited for: sooner around a failure, but
                                               more often counting to infinity where there is no way around */
    bool version2_only;                     /* do not believe RIP version 1                             */
    uint32_t routes_max;                    /* 0 = 4096; more are refused                               */
    /* Told of every change of the table, from within the program; may call into the stack.  NULL = not told. */
    void (*changed)(void *ctx, const struct hp_rip_event *event);
    void *ctx;
    /* to be read */
    uint64_t updates_in, updates_out, triggered_out, requests_in, requests_out;
    uint64_t bad_messages;                  /* not RIP, or not from a router on the link                */
    uint64_t bad_passwords;
    uint64_t bad_routes;                    /* RFC 2453 3.9.2: impossible metric, mask or address       */
    uint64_t refused_routes;                /* routes_max, or no memory                                 */
    uint32_t routes;
    int error;                              /* why the program ended, if it was not told to             */
    bool running, stop;
    struct rip *state;                      /* RIP's own */
};

/* Starts it.  HP_EINVAL: a setting that makes no sense (a password that is empty or too long, a cost over 15, negative times). */
int hp_rip_start(struct hp_stack *s, struct hp_rip *r);
/* Ends it at its next turn: the neighbours are told that our routes are gone, and what was learnt is removed from the stack. */
void hp_rip_stop(struct hp_stack *s, struct hp_rip *r);
/* The i-th route (0..) in the order of prefixes; HP_ENOENT past the last. */
int hp_rip_route(const struct hp_rip *r, unsigned i, struct hp_rip_route *out);

enum { HP_RIP_TEXT = 160 };
/* "10.0.6.0/24 via 10.0.0.5 metric 3", "10.0.1.0/24 connected metric 1"; returns buf. */
char *hp_rip_route_text(const struct hp_rip_route *route, char *buf, size_t n);
/* "learned 10.0.6.0/24 via 10.0.0.5 metric 3", "lost 10.0.6.0/24: its neighbour was silent too long"; returns buf. */
char *hp_rip_event_text(const struct hp_rip_event *event, char *buf, size_t n);

#ifdef __cplusplus
}
#endif
#endif
