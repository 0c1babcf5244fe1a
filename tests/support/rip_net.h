/* Routers with RIP in a lab, in virtual time; every entry that is said on any cable is kept.
 *
 * Routers are called a, b, c, ... in the order in which they are made. */
#ifndef TEST_RIP_NET_H
#define TEST_RIP_NET_H

#include "hepta/lab.h"
#include "hepta/rip.h"
#include "support/alloc.h"
#include "support/test.h"

enum { RIP_NET_ROUTERS_MAX = 6, RIP_NET_HEARD_MAX = 4096 };

/* A RIP entry on some cable. */
struct rip_heard {
    hp_time at;
    uint32_t src, to;
    uint8_t command, metric;
};

struct rip_net {
    struct test_alloc alloc;
    struct hp_world *w;
    int routers;
    char name[RIP_NET_ROUTERS_MAX][8];
    struct hp_rip rip[RIP_NET_ROUTERS_MAX];
    struct rip_heard heard[RIP_NET_HEARD_MAX];
    unsigned count, messages;
    char last[RIP_NET_ROUTERS_MAX][HP_RIP_TEXT];    /* what each said last */
    unsigned events[RIP_NET_ROUTERS_MAX];
};

struct rip_net *rip_net_new(uint64_t seed);
void rip_net_end(struct rip_net *t);                    /* fails the test if anything was leaked */
int rip_net_router(struct rip_net *t);                  /* one more: its number */
/* Router i and router k, on network 10.0.N.0/24 with the addresses .1 and .2. */
struct hp_cable *rip_net_join(struct rip_net *t, int i, int k, int n);
/* Routers in a line; between i and i + 1 is network i + 1.  Network 9 is a stub at the end, whose cable is answered. */
struct hp_cable *rip_net_line(struct rip_net *t, int count);
struct hp_stack *rip_net_stack(struct rip_net *t, int i);
void rip_net_start(struct rip_net *t, int i);
void rip_net_start_all(struct rip_net *t);
void rip_net_run(struct rip_net *t, hp_time span);
/* The network's metric in the table of router i: 0 = not in it. */
int rip_net_metric(struct rip_net *t, int i, int n);
/* Where router i sends packets for 10.0.n.77: the gateway's last two numbers, 0 = nowhere, -1 = it is a neighbour. */
int rip_net_way(struct rip_net *t, int i, int n);

#endif
