/* How servers begin: also when memory is short just then.  A full house is no reason not to serve when there is room again. */
#ifndef L7_LISTEN_H
#define L7_LISTEN_H

#include "hepta/socket.h"

/* In a program; while memory is short they try again every second.  Errors: what else is wrong, or HP_ENOMEM (NULL) if programs are to end. */
int listen_spawn(struct hp_stack *s, const char *name, void (*fn)(struct hp_stack *s, void *arg), void *arg, size_t stack_bytes);
void *listen_room(struct hp_stack *s, size_t n);
/* A socket of this type on the port, on all addresses; backlog: of a HP_STREAM. */
int listen_open(struct hp_stack *s, enum hp_sock_type type, uint16_t port, int backlog, struct hp_sock **sock);
/* Waits for the next connection; those that there is no memory for, or that were aborted, are passed over. */
int listen_accept(struct hp_stack *s, struct hp_sock *listener, struct hp_sock **sock);

#endif
