/* One machine with layer 2 only, on recording wires: what the tests of that layer start from.
 *
 * Above Ethernet sits a sink that keeps what comes up for IPv4 and IPv6. */
#ifndef TEST_L2_H
#define TEST_L2_H

#include "core/stack.h"
#include "l2_link/link.h"
#include "support/alloc.h"
#include "support/log.h"
#include "support/tap.h"
#include "support/test.h"

enum { L2_TAPS_MAX = 4 };

struct l2 {
    struct test_alloc alloc;
    struct test_log log;
    struct tap tap[L2_TAPS_MAX];
    struct hp_stack *s;
    struct hp_link *link[L2_TAPS_MAX];
    hp_time now;
    struct pkt_queue up;            /* what the sink got */
    unsigned failed;                /* packets that came back from the neighbour cache */
    struct hp_ip failed_dst;
};

/* A stack with `taps` Ethernet links, MAC addresses 02:00:00:00:00:01 and on; NULL profile = host. */
void l2_begin(struct l2 *t, const struct hp_proto *const *profile, int taps, uint32_t wire_flags);
/* Frees it and checks that nothing leaked. */
void l2_end(struct l2 *t);
void l2_step(struct l2 *t);
/* Lets time pass, stepping at every deadline on the way. */
void l2_wait(struct l2 *t, hp_time span);
/* Sends a packet with these bytes from layer 3 on link 0. */
void l2_send(struct l2 *t, uint16_t ethertype, const char *next, const void *bytes, size_t n);
/* The next packet that came up to layer 3, or NULL; the caller frees it. */
struct hp_pkt *l2_take_up(struct l2 *t);
struct hp_ip ip_of(const char *text);
struct hp_mac mac_of(const char *text);
/* Fails the test unless the next frame sent by tap i is this. */
void l2_expect(struct l2 *t, int i, const char *hex);
void l2_expect_nothing(struct l2 *t, int i);
/* Fails unless `why` was counted exactly so often. */
void l2_drops(const struct l2 *t, enum hp_drop why, unsigned count);
/* "INCOMPLETE" ..., or "" if the address is not in the cache. */
const char *l2_neigh_state(const struct l2 *t, const char *ip);

extern const struct hp_proto *const l2_profile_host[];

#endif
