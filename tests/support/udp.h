/* UDP sockets on the two hosts of a pair: 10.0.0.1 fd00::1 and 10.0.0.2 fd00::2. */
#ifndef TEST_UDP_H
#define TEST_UDP_H

#include "hepta/net.h"
#include "hepta/socket.h"
#include "support/l2.h"
#include "support/pair.h"
#include "support/test.h"

enum { UDP_PORT = 7000, UDP_ETH = 2 };  /* link 1 is the loopback */

struct hp_sock *udp_socket(struct hp_stack *s);
struct hp_sock *udp_bound(struct hp_stack *s, const char *ip, uint16_t port);   /* ip NULL: any */
struct hp_endpoint udp_at(const char *ip, uint16_t port);
/* What hp_sendto() answers. */
int64_t udp_say(struct hp_sock *sock, const char *text, const char *ip, uint16_t port);
void udp_settle(struct pair *p);        /* 20 ms */
/* Neighbours hold back few packets while they are being resolved: lets both find each other first. */
void udp_meet(struct pair *p);
/* Fails unless this is the next datagram. */
void udp_hears(struct hp_sock *sock, const char *text, struct hp_recv_info *info);
/* Fails unless hp_recv() answers err. */
void udp_fails(struct hp_sock *sock, int err);
void udp_set(struct hp_sock *sock, enum hp_opt opt, int v);
int udp_get(struct hp_sock *sock, enum hp_opt opt);
void udp_drops(const struct hp_stack *s, enum hp_drop why, unsigned count);

#endif
