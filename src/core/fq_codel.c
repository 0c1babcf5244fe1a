/* FQ-CoDel.
 *
 * RFC 8290: packets are hashed by their 5-tuple into queues; a new queue goes first, then all take turns of a quantum of bytes (4.2).
 * Each queue is kept short by CoDel (RFC 8289 5): once its packets have waited for more than the target during a whole interval, one is
 * dropped, and then more of them at ever shorter times, interval / sqrt(count), until one has waited for less.  A packet that says that its
 * ends understand it (ECT, RFC 3168) is marked instead.  Beyond the limit the longest queue loses half, 64 packets at most (4.1.3).
 *
 * The hash is keyed by the stack's key; times are the stack's; there is no other chance, and no floating point.
 * Invariants: a flow with packets is on one of the two lists; `count` and `bytes` are the sums of those of the flows. */
#include "core/fq_codel.h"

#include "core/stack.h"

enum {
    FQ_MAC_HEADER = 14, FQ_TAG = 4, FQ_VLAN = 0x8100, FQ_IPV4 = 0x0800, FQ_IPV6 = 0x86dd,
    FQ_IPV4_HEADER = 20, FQ_IPV6_HEADER = 40, FQ_CE = 3,
    FQ_KEY_MAX = 37,                    /* two addresses, protocol, ports */
    FQ_COUNT_AGE = 16,                  /* intervals: RFC 8289 5.5 */
};
static const hp_time codel_target = HP_US(FQ_CODEL_TARGET_US), codel_interval = HP_US(FQ_CODEL_INTERVAL_US);

struct codel {
    hp_time first_above, drop_next;     /* 0 = it is below the target */
    uint32_t count, last_count;
    bool dropping;
};

struct fq_flow {
    struct fq_flow *next;               /* on one of the lists */
    struct pkt_queue queue;
    uint64_t bytes;
    int64_t credit;
    bool listed;
    struct codel codel;
};

struct fq_list {
    struct fq_flow *first, **last;
};

struct fq_codel {
    struct fq_list fresh, old;          /* RFC 8290 4.2: "new" and "old" queues */
    struct key key;
    uint32_t limit, count;
    bool ether;
    uint64_t bytes, marked;
    struct fq_flow flow[FQ_CODEL_FLOWS];
};

uint32_t fq_codel_count(const struct fq_codel *fq) { return fq->count; }
uint64_t fq_codel_bytes(const struct fq_codel *fq) { return fq->bytes; }
uint64_t fq_codel_marked(const struct fq_codel *fq) { return fq->marked; }

/* ---- lists ---- */

static void fq_list_init(struct fq_list *l) { *l = (struct fq_list){NULL, &l->first}; }

static void fq_list_put(struct fq_list *l, struct fq_flow *f)
{
    f->next = NULL;
    *l->last = f;
    l->last = &f->next;
}

static void fq_list_take(struct fq_list *l)
{
    l->first = l->first->next;
    if (!l->first) l->last = &l->first;
}

struct fq_codel *fq_codel_new(struct hp_stack *s, uint32_t limit, bool ether)
{
    struct fq_codel *fq = mem_zalloc(s->mem, sizeof *fq);
    if (!fq) return NULL;
    fq_list_init(&fq->fresh);
    fq_list_init(&fq->old);
    fq->key = key_derive(&s->key, "fq_codel");
    fq->ether = ether;
    fq->limit = limit ? limit : FQ_CODEL_LIMIT;
    for (int i = 0; i < FQ_CODEL_FLOWS; i++) pkt_queue_init(&fq->flow[i].queue);
    return fq;
}

static struct hp_pkt *fq_flow_take(struct fq_codel *fq, struct fq_flow *f)
{
    struct hp_pkt *p = pkt_queue_take(&f->queue);
    if (!p) return NULL;
    f->bytes -= pkt_len(p);
    fq->bytes -= pkt_len(p);
    fq->count--;
    return p;
}

void fq_codel_free(struct hp_stack *s, struct fq_codel *fq)
{
    if (!fq) return;
    for (int i = 0; i < FQ_CODEL_FLOWS; i++)
        for (struct hp_pkt *p; (p = fq_flow_take(fq, &fq->flow[i]));) hp_drop(s, p, HP_DROP_STOPPED);
    mem_free(s->mem, fq, sizeof *fq);
}

/* ---- what is in a frame ---- */

struct fq_look {
    uint8_t *ip;                        /* the header, or NULL */
    size_t n;                           /* contiguous bytes from there */
    bool v6;
};

static struct fq_look fq_look(const struct hp_pkt *p, bool ether)
{
    size_t n = (size_t)(p->tail - p->data), at = ether ? FQ_MAC_HEADER : 0;
    if (ether && n >= FQ_MAC_HEADER + FQ_TAG && get16(p->data + at - 2) == FQ_VLAN) at += FQ_TAG;
    if (n < at + FQ_IPV4_HEADER) return (struct fq_look){NULL, 0, false};
    uint8_t *ip = p->data + at;
    uint16_t type = ether ? get16(ip - 2) : ip[0] >> 4 == 6 ? FQ_IPV6 : FQ_IPV4;
    if (type == FQ_IPV4 && ip[0] >> 4 == 4) return (struct fq_look){ip, n - at, false};
    if (type == FQ_IPV6 && ip[0] >> 4 == 6 && n - at >= FQ_IPV6_HEADER) return (struct fq_look){ip, n - at, true};
    return (struct fq_look){NULL, 0, false};
}

static bool fq_has_ports(uint8_t proto) { return proto == 6 || proto == 17 || proto == 132; }

/* RFC 8290 4.1.1: the 5-tuple; fragments and other protocols go without ports, what is no IP goes by its MAC header. */
static struct fq_flow *fq_classify(struct fq_codel *fq, const struct hp_pkt *p)
{
    uint8_t key[FQ_KEY_MAX] = {0};
    struct fq_look l = fq_look(p, fq->ether);
    size_t n = (size_t)(p->tail - p->data), header = l.v6 ? FQ_IPV6_HEADER : (l.ip ? (size_t)(l.ip[0] & 15) * 4 : 0);
    if (!l.ip) memcpy(key, p->data, n < FQ_MAC_HEADER ? n : FQ_MAC_HEADER);
    else {
        bool fragment = !l.v6 && get16(l.ip + 6) & 0x3fff;
        memcpy(key, l.ip + (l.v6 ? 8 : 12), l.v6 ? 32 : 8);
        key[32] = l.ip[l.v6 ? 6 : 9];
        if (!fragment && fq_has_ports(key[32]) && l.n >= header + 4) memcpy(key + 33, l.ip + header, 4);
    }
    return &fq->flow[hash_key(&fq->key, key, sizeof key) % FQ_CODEL_FLOWS];
}

/* RFC 3168: ECT becomes CE.  False: its ends do not understand it, or memory ran out. */
static bool fq_mark(struct hp_stack *s, struct fq_codel *fq, struct hp_pkt *p)
{
    struct fq_look l = fq_look(p, fq->ether);
    if (!l.ip) return false;
    unsigned shift = l.v6 ? 4 : 0, ecn = l.ip[1] >> shift & FQ_CE;
    if (ecn == 0) return false;
    if (ecn != FQ_CE) {
        if (!pkt_own(s, p, pkt_headroom(p), false)) return false;
        l = fq_look(p, fq->ether);
        uint16_t before = get16(l.ip);
        l.ip[1] |= (uint8_t)(FQ_CE << shift);
        if (!l.v6) { /* RFC 1624 */
            uint32_t sum = (uint16_t)~get16(l.ip + 10) + (uint32_t)(uint16_t)~before + get16(l.ip);
            sum = (sum & 0xffff) + (sum >> 16);
            put16(l.ip + 10, (uint16_t)~((sum & 0xffff) + (sum >> 16)));
        }
    }
    fq->marked++;
    return true;
}

/* ---- in ---- */

static void fq_codel_shorten(struct hp_stack *s, struct fq_codel *fq)
{
    struct fq_flow *fat = fq->flow;
    for (int i = 1; i < FQ_CODEL_FLOWS; i++)
        if (fq->flow[i].bytes > fat->bytes) fat = &fq->flow[i];
    uint64_t half = fat->bytes / 2, dropped = 0;
    for (int i = 0; i < FQ_CODEL_DROPS_MAX && dropped <= half && fat->queue.first; i++) {
        struct hp_pkt *p = fq_flow_take(fq, fat);
        dropped += pkt_len(p);
        hp_drop(s, p, HP_DROP_LINK_FULL);
    }
}

void fq_codel_put(struct hp_stack *s, struct fq_codel *fq, struct hp_pkt *p)
{
    struct fq_flow *f = fq_classify(fq, p);
    p->time = s->now;
    pkt_queue_put(&f->queue, p);
    f->bytes += pkt_len(p);
    fq->bytes += pkt_len(p);
    fq->count++;
    if (!f->listed) {
        f->listed = true;
        f->credit = FQ_CODEL_QUANTUM;
        fq_list_put(&fq->fresh, f);
    }
    if (fq->count > fq->limit) fq_codel_shorten(s, fq);
}

/* ---- CoDel: RFC 8289 5 ---- */

static uint64_t codel_root(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= x) root += bit;
    return root;
}

/* t + interval / sqrt(count) */
static hp_time codel_law(hp_time t, uint32_t count)
{
    return t + (hp_time)codel_root((uint64_t)codel_interval * (uint64_t)codel_interval / count);
}

/* The flow's first packet, and whether it may be dropped. */
static struct hp_pkt *codel_dodequeue(struct fq_codel *fq, struct fq_flow *f, hp_time now, bool *ok_to_drop)
{
    struct hp_pkt *p = fq_flow_take(fq, f);
    struct codel *c = &f->codel;
    *ok_to_drop = false;
    if (!p || now - p->time < codel_target || f->bytes <= FQ_CODEL_QUANTUM) c->first_above = 0;
    else if (!c->first_above) c->first_above = now + codel_interval;
    else *ok_to_drop = now >= c->first_above;
    return p;
}

/* Marked: p goes on its way and true is the answer.  Else it is dropped, and *p the next. */
static bool codel_strike(struct hp_stack *s, struct fq_codel *fq, struct fq_flow *f, struct hp_pkt **p, bool *ok_to_drop)
{
    if (fq_mark(s, fq, *p)) return true;
    hp_drop(s, *p, HP_DROP_CODEL);
    *p = codel_dodequeue(fq, f, s->now, ok_to_drop);
    return false;
}

static struct hp_pkt *codel_go_on(struct hp_stack *s, struct fq_codel *fq, struct fq_flow *f, struct hp_pkt *p, bool ok_to_drop)
{
    struct codel *c = &f->codel;
    c->dropping = ok_to_drop;
    while (c->dropping && s->now >= c->drop_next) {
        c->count++;
        bool marked = codel_strike(s, fq, f, &p, &ok_to_drop);
        if (!marked && !ok_to_drop) c->dropping = false;
        else c->drop_next = codel_law(c->drop_next, c->count);
        if (marked) break;
    }
    return p;
}

static struct hp_pkt *codel_deque(struct hp_stack *s, struct fq_codel *fq, struct fq_flow *f)
{
    struct codel *c = &f->codel;
    bool ok_to_drop;
    struct hp_pkt *p = codel_dodequeue(fq, f, s->now, &ok_to_drop);
    if (c->dropping) return codel_go_on(s, fq, f, p, ok_to_drop);
    if (!ok_to_drop) return p;
    codel_strike(s, fq, f, &p, &ok_to_drop);
    uint32_t delta = c->count - c->last_count;
    c->dropping = true;
    c->count = delta > 1 && s->now - c->drop_next < FQ_COUNT_AGE * codel_interval ? delta : 1;
    c->drop_next = codel_law(s->now, c->count);
    c->last_count = c->count;
    return p;
}

/* ---- out: RFC 8290 4.2 ---- */

struct hp_pkt *fq_codel_take(struct hp_stack *s, struct fq_codel *fq)
{
    while (fq->fresh.first || fq->old.first) {
        struct fq_list *l = fq->fresh.first ? &fq->fresh : &fq->old;
        struct fq_flow *f = l->first;
        if (f->credit <= 0) {
            f->credit += FQ_CODEL_QUANTUM;
            fq_list_take(l);
            fq_list_put(&fq->old, f);
            continue;
        }
        struct hp_pkt *p = codel_deque(s, fq, f);
        if (p) {
            f->credit -= (int64_t)pkt_len(p);
            return p;
        }
        fq_list_take(l); /* a new one must wait once among the old before it may be new again */
        if (l == &fq->fresh && fq->old.first) fq_list_put(&fq->old, f);
        else f->listed = false;
    }
    return NULL;
}
