/* Packets: contiguous bytes with headroom in refcounted storage, plus at most one borrowed payload slice.
 *
 * Invariants: buf->bytes <= data <= tail <= buf->bytes + buf->size; whoever writes to bytes that others may see
 * calls pkt_own() first; a packet is on at most one queue. */
#ifndef CORE_PKT_H
#define CORE_PKT_H

#include "core/bytes.h"
#include "core/mem.h"
#include "hepta/wire.h"

enum { PKT_HEADROOM = 128, PKT_TAILROOM = 64, PKT_SMALL = 256, PKT_FULL = 2048, PKT_JUMBO = 9728 };

/* Storage.  `refs` counts packets and slices that look into it. */
struct hp_buf {
    struct hp_mem *mem;
    void (*release)(struct hp_buf *b);  /* the last reference is gone; NULL = back to mem */
    void *owner;                        /* for release */
    uint8_t *bytes;
    uint32_t size, block;               /* of bytes; of the whole allocation */
    _Atomic uint32_t refs;              /* changed by buf_count() */
};

struct hp_slice {
    struct hp_buf *buf;                 /* NULL = no slice */
    const uint8_t *p;
    uint32_t n;
};

enum pkt_flag {
    PKT_SUM_GOOD    = 1 << 0,   /* the transport checksum is known to be good                                */
    PKT_SUM_TX      = 1 << 1,   /* ... is to be computed by the wire: sum_start, sum_offset                  */
    PKT_BROADCAST   = 1 << 2,   /* came as link-layer broadcast                                              */
    PKT_MULTICAST   = 1 << 3,   /* ... multicast                                                             */
    PKT_OTHERHOST   = 1 << 4,   /* ... for another station (promiscuous)                                     */
    PKT_FCS         = 1 << 5,   /* ends in a real FCS of 4 bytes (otherwise a lab frame's is implied good)   */
    PKT_REASSEMBLED = 1 << 6,
    PKT_LOOPED      = 1 << 7,   /* came by a loopback link                                                   */
    PKT_DF          = 1 << 8,   /* do not fragment                                                           */
    PKT_FORWARDED   = 1 << 9,
    PKT_NO_LOOP     = 1 << 10,  /* a multicast that listeners of this machine do not want to hear            */
};

struct hp_pkt {
    struct hp_pkt *next;
    struct hp_buf *buf;
    uint8_t *data, *tail;
    struct hp_slice more;
    struct hp_link *link;               /* came by, or leaves by */
    uint64_t id;                        /* one number from wire to socket */
    hp_time time;                       /* when it came, or may go */
    uint16_t l2, l3, l4;                /* offsets from buf->bytes where each header was found or put */
    uint16_t flags, gso_size;
    uint16_t sum_start, sum_offset;     /* sum_start: offset from buf->bytes; sum_offset from there */
    /* What the network layer found, or is to put: */
    uint8_t proto, ttl, tos;
    uint8_t broken;                     /* on a cable: the enum hp_drop of which it will die when it arrives */
    bool own_block;                     /* this struct is part of buf's block, or of block_kept if that is set */
    struct hp_buf *block_kept;          /* after pkt_own() moved the bytes elsewhere */
    struct hp_ip src, dst;
};

/* What a copy takes along: everything but where it is in memory, and who borrows. */
enum { PKT_FIELDS = offsetof(struct hp_pkt, id), PKT_FIELDS_SIZE = offsetof(struct hp_pkt, own_block) - PKT_FIELDS };

struct pkt_queue {
    struct hp_pkt *first, **last;
    uint32_t count;
};

/* `n` bytes of room after the headroom; data == tail.  NULL if memory ran out. */
struct hp_pkt *pkt_alloc(struct hp_stack *s, size_t n);
/* The same without a number, from this memory. */
struct hp_pkt *pkt_alloc_mem(struct hp_mem *m, size_t n);
/* The same with no more room than that: storage that is given back at its end, unless it has just the size of what is kept. */
struct hp_pkt *pkt_alloc_exact(struct hp_mem *m, size_t n);
/* A second packet on the same bytes (and slice): for flooding, taps, reassembly.  Gets the same id. */
struct hp_pkt *pkt_clone(struct hp_stack *s, const struct hp_pkt *p);
/* Makes the bytes [data, tail) writable and private with at least `headroom` in front, and, if `flat`, the slice part of
 * them.  Where it moves them there is PKT_TAILROOM behind.  False if memory ran out (p is unchanged and still the caller's). */
bool pkt_own(struct hp_stack *s, struct hp_pkt *p, size_t headroom, bool flat);

static inline size_t pkt_len(const struct hp_pkt *p) { return (size_t)(p->tail - p->data) + p->more.n; }
static inline struct hp_bytes pkt_bytes(const struct hp_pkt *p)
{
    return (struct hp_bytes){p->data, (size_t)(p->tail - p->data)};
}
static inline size_t pkt_headroom(const struct hp_pkt *p) { return (size_t)(p->data - p->buf->bytes); }
static inline size_t pkt_tailroom(const struct hp_pkt *p)
{
    return (size_t)(p->buf->bytes + p->buf->size - p->tail);
}
static inline bool pkt_shared(const struct hp_pkt *p) { return atomic_load_explicit(&p->buf->refs, memory_order_acquire) > 1; }
/* p in a block of its own that nobody shares: p itself if it is, or else a copy in its place, or, if memory ran out, p as it is. */
struct hp_pkt *pkt_plain_copy(struct hp_pkt *p);
static inline struct hp_pkt *pkt_plain(struct hp_pkt *p)
{
    return !p->own_block || p->block_kept || p->buf->release || pkt_shared(p) ? pkt_plain_copy(p) : p;
}

/* n more bytes in front of data; the caller knows that there is headroom. */
static inline uint8_t *pkt_push(struct hp_pkt *p, size_t n)
{
    assert(pkt_headroom(p) >= n);
    return p->data -= n;
}
/* The first n bytes were a header and are done. */
static inline void pkt_pull(struct hp_pkt *p, size_t n)
{
    assert((size_t)(p->tail - p->data) >= n);
    p->data += n;
}
/* n more bytes at the end. */
static inline uint8_t *pkt_put(struct hp_pkt *p, size_t n)
{
    assert(pkt_tailroom(p) >= n && !p->more.buf);
    uint8_t *at = p->tail;
    p->tail += n;
    return at;
}
/* Offsets that count from the buffer's beginning, after the bytes have moved in it. */
void pkt_moved(struct hp_pkt *p, ptrdiff_t by);
/* Keeps the first n bytes (a longer n keeps all). */
void pkt_trim(struct hp_pkt *p, size_t n);
static inline uint16_t pkt_offset(const struct hp_pkt *p) { return (uint16_t)(p->data - p->buf->bytes); }
static inline uint8_t *pkt_at(const struct hp_pkt *p, uint16_t offset) { return p->buf->bytes + offset; }

/* One more (1) or one less (UINT32_MAX): how many there are now.  In one instruction for all threads only where there are several. */
static inline uint32_t buf_count(struct hp_buf *b, uint32_t change)
{
    if (b->mem->shared) return atomic_fetch_add_explicit(&b->refs, change, memory_order_acq_rel) + change;
    uint32_t refs = atomic_load_explicit(&b->refs, memory_order_relaxed) + change;
    atomic_store_explicit(&b->refs, refs, memory_order_relaxed);
    return refs;
}
void buf_unref(struct hp_buf *b);
static inline struct hp_buf *buf_ref(struct hp_buf *b)
{
    buf_count(b, 1);
    return b;
}
/* Storage without a packet, for send queues: refs 1, `size` bytes. */
struct hp_buf *buf_new(struct hp_mem *m, size_t size);
/* Storage around the caller's bytes; release() is called when the last reference is gone and must free b by buf_free_shell(). */
struct hp_buf *buf_wrap(struct hp_mem *m, const void *bytes, size_t size, void (*release)(struct hp_buf *), void *owner);
void buf_free_shell(struct hp_buf *b);
static inline void slice_drop(struct hp_slice *sl)
{
    if (sl->buf) buf_unref(sl->buf);
    *sl = (struct hp_slice){0};
}

/* ---- queues ---- */
static inline void pkt_queue_init(struct pkt_queue *q) { *q = (struct pkt_queue){NULL, &q->first, 0}; }
static inline void pkt_queue_put(struct pkt_queue *q, struct hp_pkt *p)
{
    p->next = NULL;
    *q->last = p;
    q->last = &p->next;
    q->count++;
}
/* All of `from`, which is empty then, behind what is there. */
static inline void pkt_queue_append(struct pkt_queue *q, struct pkt_queue *from)
{
    if (!from->first) return;
    *q->last = from->first;
    q->last = from->last;
    q->count += from->count;
    pkt_queue_init(from);
}
static inline struct hp_pkt *pkt_queue_take(struct pkt_queue *q)
{
    struct hp_pkt *p = q->first;
    if (!p) return NULL;
    q->first = p->next;
    if (!q->first) q->last = &q->first;
    q->count--;
    p->next = NULL;
    return p;
}

/* The end of a packet by name: counted, traced, freed.  The only way for a packet to die unread. */
void hp_drop(struct hp_stack *s, struct hp_pkt *p, enum hp_drop why);

#endif
