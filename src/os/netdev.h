/* A network device of this machine's kernel: its state, size and addresses. */
#ifndef OS_NETDEV_H
#define OS_NETDEV_H

#include "os/wires.h"

/* All of them fail with text in u. */
int netdev_check_name(const struct wire_url *u);
int netdev_set_mtu(const struct wire_url *u, uint32_t mtu);
int netdev_set_up(const struct wire_url *u);                /* HP_OK if it is up already */
int netdev_add_address(const struct wire_url *u, const char *prefix);
/* These do what they can. */
void netdev_set_queue(const char *name, int frames);
uint32_t netdev_mtu(const char *name);                      /* 1500 if it cannot be told */

#endif
