/* What the files of RIP share: its state, its table, and who calls whom.
 *
 * rip.c runs the program; rip_link.c knows links and our own networks; rip_table.c keeps routes and their timers; rip_input.c believes or
 * not; rip_output.c speaks. */
#ifndef ROUTING_RIP_H
#define ROUTING_RIP_H

#include "hepta/proc.h"
#include "hepta/rip.h"
#include "hepta/wire.h"
#include "wire/rip.h"

enum { RIP_ROUTES_DEFAULT = 4096, RIP_BUFFER = 1500, RIP_NAME_MAX = 32 };

/* An address on a link where RIP runs: its network is ours to announce, and neighbours are in it. */
struct rip_net {
    struct hp_prefix address;
    int link;
};

/* A link that RIP has seen. */
struct rip_port {
    int link;
    struct hp_mac mac;                  /* with the name: a new link of the same index is another link */
    char name[RIP_NAME_MAX];
    bool running;
};

struct rip_route {
    struct hp_rip_route r;
    bool changed;                       /* for the next triggered update */
    bool installed;                     /* in the stack's routes         */
    bool seen;                          /* our own: still there          */
};

struct rip {
    struct hp_stack *s;
    struct hp_rip *r;
    struct hp_sock *sock, *changes;
    struct rip_net *net;
    unsigned nets, nets_room;
    struct rip_port *port;
    unsigned ports, ports_room;
    struct rip_route **table;           /* by prefix: address, then length */
    uint32_t routes, routes_room;
    hp_time update_at;
    hp_time trigger_at;                 /* HP_NEVER: nothing to say                                 */
    hp_time quiet_until;                /* no triggered update before this                          */
    hp_time check_at;                   /* no route's timer ends before this; it may be too early   */
    bool lost;                          /* something, since the last triggered update: to be asked for */
    bool leaving;                       /* everything is said to be unreachable                     */
    uint8_t in[RIP_BUFFER], out[RIP_MESSAGE_MAX];
};

/* ---- rip.c ---- */
const struct hp_rip_link *rip_way(const struct rip *p, int link);
static inline uint8_t rip_cost(const struct hp_rip_link *way) { return way->cost ? way->cost : 1; }
hp_time rip_or(hp_time set, hp_time otherwise);     /* set, unless it is 0 */
/* *array with room for one more than n; false: no memory. */
bool rip_room(struct rip *p, void *array, unsigned n, unsigned *room, size_t size);

/* ---- rip_link.c ---- */
/* Looks at links, addresses and routes again: what is new is greeted, what is gone is lost. */
void rip_scan(struct rip *p);
bool rip_is_neighbour(const struct rip *p, int link, const struct hp_ip *ip);   /* in a network of this link */
bool rip_is_us(const struct rip *p, const struct hp_ip *ip);
bool rip_link_runs(const struct rip *p, int link);

/* ---- rip_table.c ---- */
struct rip_route *rip_find(const struct rip *p, const struct hp_prefix *to);
/* One of our own routes is (still) there. */
void rip_own(struct rip *p, const struct hp_rip_route *own);
/* A neighbour says so: RFC 2453 3.9.2. */
void rip_heard(struct rip *p, const struct hp_rip_route *heard);
void rip_lose(struct rip *p, struct rip_route *t, enum hp_rip_reason why);
/* What the timers say; p->check_at is set anew. */
void rip_expire(struct rip *p);
void rip_table_free(struct rip *p);

/* ---- rip_input.c ---- */
void rip_take(struct rip *p, struct hp_bytes in, const struct hp_recv_info *info);

/* ---- rip_output.c ---- */
enum rip_which { RIP_ALL, RIP_CHANGED };
void rip_send_updates(struct rip *p, enum rip_which which);     /* to every link */
/* The whole table on this link to `to`, or if that is NULL to everybody there. */
void rip_send_table(struct rip *p, int link, const struct hp_endpoint *to);
void rip_send_request(struct rip *p, int link);
/* The first n bytes of p->out. */
void rip_send_bytes(struct rip *p, const struct hp_endpoint *to, size_t n);

#endif
