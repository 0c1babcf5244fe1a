/* One machine with IP on recording Ethernet wires, whose neighbours are all known: what the tests of layer 3 start from.
 *
 * Link 0 has 10.0.0.1/24 and link 1 10.1.0.1/24; the machine at the other end of a wire sends from MAC address 02:00:00:00:00:99. */
#ifndef TEST_L3_H
#define TEST_L3_H

#include "core/stack.h"
#include "hepta/net.h"
#include "support/alloc.h"
#include "support/l2.h"
#include "support/log.h"
#include "support/tap.h"
#include "support/test.h"
#include "wire/icmp4.h"
#include "wire/ipv4.h"

struct l3 {
    struct test_alloc alloc;
    struct test_log log;
    struct tap tap[2];
    struct hp_stack *s;
    struct hp_link *link[2];
    hp_time now;
    uint8_t bytes[66000];       /* of the packet that l3_take4() answered */
};

/* NULL profile = host.  Its neighbours are 10.0.0.2, 10.0.0.3, 10.1.0.2. */
void l3_begin(struct l3 *t, const struct hp_proto *const *profile);
/* Frees it and checks that nothing leaked. */
void l3_end(struct l3 *t);
void l3_step(struct l3 *t);
void l3_wait(struct l3 *t, hp_time span);
void l3_addr(struct l3 *t, int link, const char *prefix);
int l3_route(struct l3 *t, const char *to, const char *gateway, int link, uint32_t metric);

/* An IPv4 packet on its way in: what is zero in `h` becomes len as it is, TTL 64; the checksum is right.  Steps. */
void l3_in4(struct l3 *t, int i, const struct ipv4_hdr *h, const void *payload, size_t n);
void l3_in4_options(struct l3 *t, int i, const struct ipv4_hdr *h, const char *options_hex, const void *payload, size_t n);
/* The bytes of an IPv4 packet as they are, in a frame to us (broadcast: to everybody).  Steps. */
void l3_in_raw(struct l3 *t, int i, const void *packet, size_t n, bool broadcast);
/* The next IPv4 packet that left by wire i (ARP is passed over), its header checked; false = none.  Answers its payload. */
bool l3_take4(struct l3 *t, int i, struct ipv4_hdr *h, struct hp_bytes *payload);
/* Fails unless nothing (but ARP) left by wire i. */
void l3_nothing(struct l3 *t, int i);
/* Fails unless the next packet by wire i is this ICMP message with a right checksum; answers it. */
struct icmp4_hdr l3_icmp4(struct l3 *t, int i, int type, int code);
/* Fails unless `why` was counted exactly so often. */
void l3_drops(const struct l3 *t, enum hp_drop why, unsigned count);
/* An ICMP message with its checksum. */
size_t l3_icmp_bytes(uint8_t *out, size_t room, const struct icmp4_hdr *m);

#endif
