/* What can happen to a frame on its way, drawn from streams of chance that do not know of each other. */
#ifndef L1_FAULT_H
#define L1_FAULT_H

#include "core/pkt.h"
#include "core/random.h"
#include "hepta/physical.h"

struct fault {
    struct hp_faults config;
    bool any, bad;                      /* any fault at all; Gilbert-Elliott's state */
    uint64_t bits_left;                 /* good bits before the next wrong one */
    struct random loss, burst, burst_loss, duplicate, reorder, jitter, bits;
};

struct fault_fate {
    enum hp_drop drop;                  /* NONE = it arrives */
    bool twice;
    hp_time late, jitter;               /* overtaken by others; order kept */
};

void fault_init(struct fault *f, uint64_t seed, const char *name);
void fault_set(struct fault *f, const struct hp_faults *config);
/* Decides over the next frame: the same number of draws whatever the outcome. */
struct fault_fate fault_judge(struct fault *f);
/* Passes a frame of n bytes by the bit errors; true: some bit of it is wrong, and fault_flip() must be called. */
bool fault_hits(struct fault *f, size_t n);
/* Flips the bits, in bytes that are p's own; `fcs`: a real FCS of the right bytes goes along.  False: no memory, p is as it was
 * and still the caller's. */
bool fault_flip(struct fault *f, struct hp_pkt *p, bool fcs);

#endif
