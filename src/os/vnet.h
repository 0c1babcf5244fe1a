/* The header with which Linux hands over frames whose checksum or segmentation is still to be done (struct virtio_net_hdr). */
#ifndef OS_VNET_H
#define OS_VNET_H

#include <linux/virtio_net.h>
#include <sys/uio.h>

#include "os/wires.h"

/* What the wire can do for the stack, unless offload=off. */
void vnet_set_wire(struct hp_wire *w, const struct wire_url *u);
/* The header for a frame that leaves, and it with the frame's parts in v (3 of them); answers how many.  `bare`: no link header. */
int vnet_parts(struct virtio_net_hdr *h, const struct hp_pkt *p, bool bare, struct iovec v[3]);
/* A frame that came, with its header: completes the checksum, cuts what is to be cut, and hands it up; consumes.  p is one part of our own. */
void vnet_rx(struct hp_wire *w, const struct virtio_net_hdr *h, struct hp_pkt *p);
uint16_t vnet_every_protocol(void);         /* ETH_P_ALL in network order */

#endif
