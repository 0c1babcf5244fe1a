/* Machines with IPv6 and nothing above it, on one wire (hub.h) in virtual time: what the tests of IPv6 start from. */
#ifndef TEST_SIX_H
#define TEST_SIX_H

#include "l3_network/ipv6.h"
#include "support/alloc.h"
#include "support/hub.h"
#include "support/log.h"
#include "support/test.h"

enum { SIX_NODES_MAX = 4 };

/* One machine.  hp_stack_user() is this. */
struct six_node {
    struct test_alloc alloc;
    struct test_log log;
    struct hp_stack *s;
    struct hp_link *l;                  /* its link to the hub */
    unsigned replies, errors, sunk;     /* echo replies; errors about our echo requests; UDP packets that came */
    struct hp_neterr error;             /* the last one, without its quote */
    struct hp_ip reply_src;
    size_t reply_n, sunk_n;
    uint8_t sunk_byte;                  /* the last one's last */
};

struct six {
    struct hub hub;
    struct six_node node[SIX_NODES_MAX];
    int nodes;
};

extern const struct hp_proto *const six_profile[];

/* `nodes` machines named a, b, ... on one wire, at time 0; not yet a step. */
void six_begin(struct six *t, int nodes);
/* One machine, with no budget for memory (for tests of failing allocations); NULL: it could not start. */
struct hp_stack *six_boot(struct six *t, int n);
/* Frees all and checks that nothing leaked. */
void six_end(struct six *t);
void six_run(struct six *t, hp_time span);
struct hp_ip six_ip(const char *text);
/* The link-local address that the machine gave itself; fails the test if it has none. */
struct hp_ip six_local(struct six *t, int n);
/* The first usable address that is not link-local, or ::. */
struct hp_ip six_global(struct six *t, int n);
/* hp_addr_add without duplicate detection. */
void six_give(struct six *t, int n, const char *prefix);
/* An echo request with n bytes of data from node's best source address to dst. */
void six_ping(struct six *t, int node, const struct hp_ip *dst, size_t n);
/* Fails unless node got exactly one echo reply since the last call. */
void six_expect_reply(struct six *t, int node);
void six_expect_drops(struct six *t, int node, enum hp_drop why, uint64_t count);
/* A frame for node 0 from nowhere: Ethernet to `mac` (NULL: by dst) from 02:..:99, IPv6, payload; the ICMPv6 checksum is put in if
 * next is 58 and the payload is not a fragment. */
void six_inject(struct six *t, const char *src, const char *dst, uint8_t next, uint8_t hops, const void *payload, size_t n);
void six_inject_hex(struct six *t, const char *src, const char *dst, uint8_t next, uint8_t hops, const char *hex);
/* Neighbour discovery with options appended by `opts` as hex (may be ""). */
void six_inject_nd(struct six *t, const char *src, const char *dst, const struct nd_msg *m, const char *opts);
/* The next ICMPv6 message that node 0 sent (other frames are skipped), or NULL; IPv6 header in *h. */
const uint8_t *six_take_icmp(struct six *t, struct ipv6_hdr *h, size_t *n);
/* The next one of this type; fails the test if there is none. */
const uint8_t *six_expect_icmp(struct six *t, uint8_t type, struct ipv6_hdr *h, size_t *n);
void six_expect_no_icmp(struct six *t, uint8_t type);

#endif
