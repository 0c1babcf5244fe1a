/* Checks the invariants of a TCP connection that its files promise (src/l4_transport/tcp/tcp.h). */
#ifndef TEST_TCP_CHECK_H
#define TEST_TCP_CHECK_H

struct hp_sock;
struct hp_stack;

/* Fails the test, saying which, if one does not hold. */
void tcp_check(const struct hp_sock *sock);
/* The same for every connection of the stack. */
void tcp_check_all(const struct hp_stack *s);

#endif
