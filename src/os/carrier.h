/* Whether the interface behind a wire has a carrier: the kernel says so. */
#ifndef OS_CARRIER_H
#define OS_CARRIER_H

#include "hepta/os.h"

struct carrier {
    struct hp_watch watch;              /* .watched: it works */
    struct hp_loop *loop;
    struct hp_wire *wire;
    unsigned interface;
};

/* From now on the wire has the carrier that the interface has.  Where the kernel does not say, it keeps the one that it has. */
void carrier_begin(struct carrier *c, struct hp_loop *l, struct hp_wire *w, unsigned interface);
void carrier_end(struct carrier *c);

#endif
