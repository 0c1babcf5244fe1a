/* What can happen to a frame on its way, drawn from streams of chance that do not know of each other. */
#ifndef L1_FAULT_H
#define L1_FAULT_H

#include "core/pkt.h"
#include "core/random.h"
#include "hepta/physical.h"

struct fault {
    struct hp_faults config;
    bool bad;                           /* Gilbert-Elliott's state */
    uint64_t bits_left;                 /* good bits before the next wrong one */
    struct random loss, burst, burst_loss, duplicate, reorder, jitter, bits, corrupt;
};

struct fault_fate {
    enum hp_drop drop;                  /* NONE = it arrives */
    bool twice, corrupt;
    hp_time late, jitter;               /* overtaken by others; order kept */
};

void fault_init(struct fault *f, uint64_t seed, const char *name);
bool fault_set(struct fault *f, const struct hp_faults *config);    /* whether anything can go wrong at all */
/* Decides over the next frame: the same number of draws whatever the outcome. */
struct fault_fate fault_judge(struct fault *f);
/* Passes a frame of n bytes by the bit errors; true: some bit of it is wrong, and fault_flip() must be called. */
static inline bool fault_hits_bits(struct fault *f, size_t bits)
{
    if (!f->config.bit_errors) return false;
    if (f->bits_left < bits) return true;
    f->bits_left -= bits;
    return false;
}
static inline bool fault_hits(struct fault *f, size_t n) { return fault_hits_bits(f, n * 8); }
/* Flips the bits, in bytes that are p's own; `fcs`: a real FCS of the right bytes goes along.  False: no memory, p is as it was
 * and still the caller's. */
bool fault_flip(struct fault *f, struct hp_pkt *p, bool fcs);
/* One bit of the frame, as if it had been sent so.  False: no memory, p is as it was. */
bool fault_corrupt(struct fault *f, struct hp_pkt *p);
/* fault_flip() for n symbols, one per byte, of which some one is wrong: of two levels it becomes the other, of three one beside it. */
void fault_flip_symbols(struct fault *f, uint8_t *symbols, size_t n, unsigned levels);
/* Makes the bytes p's own and in one piece, with a real FCS of them at the end (zeros up to `least` bytes before it) if there is
 * none yet, and room for `more` behind.  False: no memory, p is as it was. */
bool fault_seal(struct hp_pkt *p, size_t least, size_t more);

#endif
