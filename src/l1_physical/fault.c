/* Faults: loss, bursts (Gilbert 1960, Elliott 1963), duplication, reordering, jitter, bit errors, corruption.
 *
 * Every kind has a generator of its own, keyed by (seed, name, kind), and draws once per frame whatever became of the frame, so that
 * a run with one fault more loses the same frames.  Bit errors are not drawn per bit: the distance to the next one is
 * geometric (random_skip). */
#include "l1_physical/fault.h"

#include "wire/crc.h"

static const hp_time fault_reorder_by = HP_MS(1);

void fault_init(struct fault *f, uint64_t seed, const char *name)
{
    *f = (struct fault){0};
    random_init(&f->loss, seed, name, "loss");
    random_init(&f->burst, seed, name, "burst");
    random_init(&f->burst_loss, seed, name, "burst loss");
    random_init(&f->duplicate, seed, name, "duplicate");
    random_init(&f->reorder, seed, name, "reorder");
    random_init(&f->jitter, seed, name, "jitter");
    random_init(&f->bits, seed, name, "bits");
    random_init(&f->corrupt, seed, name, "corrupt");
}

bool fault_set(struct fault *f, const struct hp_faults *config)
{
    const struct hp_faults *c = config;
    if (c->bit_errors != f->config.bit_errors) f->bits_left = random_skip(&f->bits, c->bit_errors);
    if (!c->burst_begin) f->bad = false;
    f->config = *c;
    return c->loss || c->burst_begin || c->duplicate || c->reorder || c->jitter || c->bit_errors || c->corrupt;
}

static bool fault_burst(struct fault *f)
{
    const struct hp_faults *c = &f->config;
    if (random_chance(&f->burst, f->bad ? c->burst_end : c->burst_begin)) f->bad = !f->bad;
    bool lost = random_chance(&f->burst_loss, c->burst_loss ? c->burst_loss : UINT32_MAX);
    return f->bad && lost;
}

/* 0..most, evenly. */
static hp_time fault_span(struct random *r, hp_time most)
{
    return (hp_time)((unsigned __int128)random_next(r) * ((uint64_t)most + 1) >> 64);
}

struct fault_fate fault_judge(struct fault *f)
{
    const struct hp_faults *c = &f->config;
    struct fault_fate fate = {.drop = HP_DROP_NONE};
    if (c->loss && random_chance(&f->loss, c->loss)) fate.drop = HP_DROP_WIRE_LOSS;
    if (c->burst_begin && fault_burst(f)) fate.drop = HP_DROP_WIRE_BURST_LOSS;
    if (c->duplicate) fate.twice = random_chance(&f->duplicate, c->duplicate);
    if (c->reorder && random_chance(&f->reorder, c->reorder)) fate.late = c->reorder_by ? c->reorder_by : fault_reorder_by;
    if (c->jitter) fate.jitter = fault_span(&f->jitter, c->jitter);
    if (c->corrupt) fate.corrupt = random_chance(&f->corrupt, c->corrupt);
    return fate;
}

/* ---- bits ---- */

static void fault_flip_bits(struct fault *f, uint8_t *bytes, size_t n)
{
    uint64_t at = 0, bits = n * 8;
    while (f->bits_left < bits - at) {
        at += f->bits_left;
        bytes[at / 8] ^= (uint8_t)(1u << at % 8); /* Ethernet sends a byte's lowest bit first */
        at++;
        f->bits_left = random_skip(&f->bits, f->config.bit_errors);
    }
    f->bits_left -= bits - at;
}

/* Noise moves a level to the next one; from the middle to either. */
static uint8_t fault_level(uint8_t level, unsigned levels, size_t at)
{
    if (levels == 2) return !level;
    return level == 1 ? (at & 1 ? 2 : 0) : 1;
}

void fault_flip_symbols(struct fault *f, uint8_t *symbols, size_t n, unsigned levels)
{
    size_t at = 0;
    while (f->bits_left < n - at) {
        at += f->bits_left;
        symbols[at] = fault_level(symbols[at], levels, at);
        at++;
        f->bits_left = random_skip(&f->bits, f->config.bit_errors);
    }
    f->bits_left -= n - at;
}

/* Own bytes in one piece, with room for an FCS behind them. */
static bool fault_own(struct hp_pkt *p, size_t tail)
{
    if (!pkt_own(NULL, p, 0, true)) return false;
    if (pkt_tailroom(p) >= tail) return true;
    size_t n = (size_t)(p->tail - p->data);
    if (!pkt_own(NULL, p, p->buf->size, true)) return false; /* new storage, longer by more than the tail */
    p->data = memmove(p->data - tail, p->data, n);
    p->tail = p->data + n;
    return true;
}

static void fault_distrust(struct hp_pkt *p) { p->flags &= (uint16_t)~(PKT_SUM_GOOD | PKT_SUM_TX); } /* nobody vouches for the bytes */

bool fault_seal(struct hp_pkt *p, size_t least, size_t more)
{
    bool append = !(p->flags & PKT_FCS);
    size_t n = pkt_len(p), pad = append && n < least ? least - n : 0;
    if (!fault_own(p, pad + (append ? 4 : 0) + more)) return false;
    fault_distrust(p);
    if (!append) return true;
    memset(pkt_put(p, pad), 0, pad);
    uint32_t crc = crc_of(pkt_bytes(p));
    crc_put(pkt_put(p, 4), crc);
    p->flags |= PKT_FCS;
    return true;
}

bool fault_corrupt(struct fault *f, struct hp_pkt *p)
{
    if (p->flags & PKT_FCS) return true; /* it carries one already, which would find it */
    if (!fault_own(p, 0)) return false;
    fault_distrust(p);
    uint32_t bit = random_below(&f->corrupt, (uint32_t)(p->tail - p->data) * 8);
    p->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    return true;
}

bool fault_flip(struct fault *f, struct hp_pkt *p, bool fcs)
{
    if (!(fcs ? fault_seal(p, 0, 0) : fault_own(p, 0))) return false;
    fault_distrust(p);
    fault_flip_bits(f, p->data, (size_t)(p->tail - p->data));
    return true;
}
