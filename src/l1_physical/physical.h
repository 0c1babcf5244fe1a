/* The face of layer 1, for the link layer. */
#ifndef L1_PHYSICAL_H
#define L1_PHYSICAL_H

#include "hepta/wire.h"

/* A loopback wire for this stack, from its memory; gone when its link is removed.  NULL if memory ran out. */
struct hp_wire *loopback_new(struct hp_stack *s);

#endif
