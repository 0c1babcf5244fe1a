/* Packets and their storage.
 *
 * A packet and its storage are one block: [hp_buf][hp_pkt][bytes ...]; a clone is an hp_pkt of its own.  Blocks come in three
 * sizes, cached per hp_mem, so that the packet path does not reach the allocator.  A block is gone when the last
 * packet or slice that looks into it is, so the hp_pkt inside may be freed long before. */
#include "core/stack.h"

enum {
    BLOCK_HEAD = sizeof(struct hp_buf) + sizeof(struct hp_pkt),
    BLOCK_SMALL = BLOCK_HEAD + PKT_SMALL,
    BLOCK_FULL = BLOCK_HEAD + PKT_FULL,
    BLOCK_JUMBO = BLOCK_HEAD + PKT_JUMBO,
};
static_assert(BLOCK_HEAD % 8 == 0, "packet bytes start aligned");
static const uint32_t block_size[MEM_CLASSES] = {BLOCK_SMALL, BLOCK_FULL, BLOCK_JUMBO};

static int block_class(size_t block)
{
    for (int c = 0; c < MEM_CLASSES; c++)
        if (block <= block_size[c]) return c;
    return -1;
}

static void *block_take(struct hp_mem *m, size_t *block)
{
    int c = block_class(*block);
    if (c < 0) return mem_alloc_locked(m, *block);
    *block = block_size[c];
    void *p = m->cache[c];
    if (!p || m->fail_at) return mem_alloc_locked(m, *block);
    m->cache[c] = *(void **)p;
    m->cached_bytes -= *block;
    return p;
}

static void block_give(struct hp_mem *m, void *p, size_t block)
{
    int c = block_class(block);
    if (c < 0 || block != block_size[c] /* a shell of buf_wrap() */ || m->orphan || m->cached_bytes + block > MEM_CACHED_BYTES_MAX || SANITIZED) {
        mem_free_locked(m, p, block);
        return;
    }
    *(void **)p = m->cache[c];
    m->cache[c] = p;
    m->cached_bytes += block;
}

void mem_trim(struct hp_mem *m)
{
    for (int c = 0; c < MEM_CLASSES; c++) {
        for (void *p; (p = m->cache[c]);) {
            m->cache[c] = *(void **)p;
            mem_free_locked(m, p, block_size[c]);
        }
    }
    m->cached_bytes = 0;
}

static struct hp_buf *buf_init(struct hp_mem *m, void *block, size_t block_n, size_t head)
{
    struct hp_buf *b = block;
    *b = (struct hp_buf){.mem = m, .bytes = (uint8_t *)block + head, .size = (uint32_t)(block_n - head),
                         .block = (uint32_t)block_n, .refs = 1};
    m->buffers++;
    return b;
}

struct hp_buf *buf_new(struct hp_mem *m, size_t size)
{
    size_t block = sizeof(struct hp_buf) + size;
    mem_lock(m);
    void *p = block_take(m, &block);
    struct hp_buf *b = p ? buf_init(m, p, block, sizeof(struct hp_buf)) : NULL;
    mem_unlock(m);
    return b;
}

struct hp_buf *buf_wrap(struct hp_mem *m, const void *bytes, size_t size, void (*release)(struct hp_buf *), void *owner)
{
    mem_lock(m);
    struct hp_buf *b = mem_alloc_locked(m, sizeof *b);
    if (b) {
        *b = (struct hp_buf){.mem = m, .release = release, .owner = owner, .bytes = (uint8_t *)(uintptr_t)bytes,
                             .size = (uint32_t)size, .block = sizeof *b, .refs = 1};
        m->buffers++;
    }
    mem_unlock(m);
    return b;
}

void buf_free_shell(struct hp_buf *b)
{
    struct hp_mem *m = b->mem;
    mem_lock(m);
    block_give(m, b, b->block);
    m->buffers--;
    bool end = m->orphan && !m->buffers;
    mem_unlock(m);
    if (end) mem_release(m); /* nobody else has anything of it */
}

void buf_unref(struct hp_buf *b)
{
    assert(b->refs > 0);
    if (buf_count(b, UINT32_MAX)) return;
    if (b->release) b->release(b);
    else buf_free_shell(b);
}

static struct hp_pkt *pkt_alloc_block(struct hp_mem *m, size_t block, bool exact)
{
    int c = exact ? block_class(block) : -1;
    mem_lock(m);
    void *p = c >= 0 && block != block_size[c] ? mem_alloc_locked(m, block) : block_take(m, &block);
    struct hp_buf *b = p ? buf_init(m, p, block, BLOCK_HEAD) : NULL;
    m->packets += b != NULL;
    mem_unlock(m);
    if (!b) return NULL;
    struct hp_pkt *k = (struct hp_pkt *)(b + 1);
    memset(k, 0, offsetof(struct hp_pkt, src));
    k->buf = b;
    k->own_block = true;
    k->data = k->tail = b->bytes + PKT_HEADROOM;
    return k;
}

struct hp_pkt *pkt_alloc_mem(struct hp_mem *m, size_t n) { return pkt_alloc_block(m, BLOCK_HEAD + PKT_HEADROOM + n, false); }
struct hp_pkt *pkt_alloc_exact(struct hp_mem *m, size_t n) { return pkt_alloc_block(m, BLOCK_HEAD + PKT_HEADROOM + n, true); }

struct hp_pkt *pkt_alloc(struct hp_stack *s, size_t n)
{
    struct hp_pkt *p = pkt_alloc_mem(s->mem, n);
    if (p) p->id = hp_next_pkt_id(s);
    return p;
}

/* A clone is charged to the memory of the storage that it looks into, so that its end can be counted there. */
struct hp_pkt *pkt_clone(struct hp_stack *s, const struct hp_pkt *p)
{
    struct hp_mem *m = p->buf->mem;
    mem_lock(m);
    struct hp_pkt *k = mem_alloc_locked(m, sizeof *k);
    m->packets += k != NULL;
    mem_unlock(m);
    if (!k) return NULL;
    *k = *p;
    k->next = NULL;
    k->own_block = false;
    k->block_kept = NULL;
    buf_ref(k->buf);
    if (k->more.buf) buf_ref(k->more.buf);
    return k;
}

void hp_pkt_free(struct hp_pkt *p)
{
    struct hp_buf *b = p->buf, *kept = p->block_kept;
    slice_drop(&p->more);
    mem_lock(b->mem);
    b->mem->packets--;
    if (!p->own_block) mem_free_locked(b->mem, p, sizeof *p);
    mem_unlock(b->mem);
    if (kept) buf_unref(kept);
    buf_unref(b);
}

void pkt_moved(struct hp_pkt *p, ptrdiff_t by)
{
    p->l2 = (uint16_t)(p->l2 + by);
    p->l3 = (uint16_t)(p->l3 + by);
    p->l4 = (uint16_t)(p->l4 + by);
    p->sum_start = (uint16_t)(p->sum_start + by);
}

bool pkt_own(struct hp_stack *s, struct hp_pkt *p, size_t headroom, bool flat)
{
    size_t linear = (size_t)(p->tail - p->data);
    size_t extra = flat ? p->more.n : 0;
    if (!pkt_shared(p) && pkt_headroom(p) >= headroom && extra == 0 && !p->buf->release) return true;

    size_t front = headroom > PKT_HEADROOM ? headroom : PKT_HEADROOM;
    struct hp_buf *b = buf_new(p->buf->mem, front + linear + extra + PKT_TAILROOM);
    if (!b) return false;
    uint8_t *at = b->bytes + front;
    memcpy(at, p->data, linear);
    if (extra) memcpy(at + linear, p->more.p, extra);
    if (flat) slice_drop(&p->more);

    struct hp_buf *old = p->buf;
    ptrdiff_t moved = (at - b->bytes) - (p->data - old->bytes);
    pkt_moved(p, moved);
    p->data = at;
    p->tail = at + linear + extra;
    p->buf = b;
    if (p->own_block && !p->block_kept) p->block_kept = old; /* the struct lives there: keep it until the struct goes */
    else buf_unref(old);
    return true;
}

/* A switch floods a frame a hundred times: the size of no storage that is kept. */
static size_t pkt_copy_room(size_t n)
{
    size_t room = (n + PKT_TAILROOM + 7) & ~(size_t)7, block = BLOCK_HEAD + PKT_HEADROOM + room;
    int c = block_class(block);
    return c >= 0 && block == block_size[c] ? room + 8 : room;
}

struct hp_pkt *pkt_plain_copy(struct hp_pkt *p)
{
    size_t n = (size_t)(p->tail - p->data);
    struct hp_pkt *k = pkt_alloc_exact(p->buf->mem, pkt_copy_room(n));
    if (!k) return p;
    memcpy((uint8_t *)k + PKT_FIELDS, (const uint8_t *)p + PKT_FIELDS, PKT_FIELDS_SIZE);
    memcpy(pkt_put(k, n), p->data, n);
    pkt_moved(k, (ptrdiff_t)pkt_offset(k) - pkt_offset(p));
    k->more = p->more;
    p->more = (struct hp_slice){0};
    hp_pkt_free(p);
    return k;
}

void pkt_trim(struct hp_pkt *p, size_t n)
{
    size_t linear = (size_t)(p->tail - p->data);
    if (n >= linear + p->more.n) return;
    if (n > linear) {
        p->more.n = (uint32_t)(n - linear);
        return;
    }
    slice_drop(&p->more);
    p->tail = p->data + n;
}

void hp_drop(struct hp_stack *s, struct hp_pkt *p, enum hp_drop why)
{
    s->drops[why]++;
    if (p->link && p->link->stack == s && why != HP_DROP_TAKEN) p->link->drops++;
    if (trace_on(s, HP_TRACE_DROP) && why != HP_DROP_TAKEN) {
        struct hp_event e = {.kind = HP_TRACE_DROP, .drop = why, .pkt = p, .pkt_id = p->id, .link = p->link};
        trace_emit(s, &e);
    }
    hp_pkt_free(p);
}

/* ---- packets from outside ---- */

struct hp_pkt *hp_pkt_room(struct hp_stack *s, size_t n, uint8_t **at)
{
    struct hp_pkt *p = pkt_alloc(s, n);
    if (p) *at = pkt_put(p, n);
    return p;
}

struct hp_pkt *hp_pkt_copy_in(struct hp_stack *s, const void *bytes, size_t n)
{
    uint8_t *at = NULL;
    struct hp_pkt *p = hp_pkt_room(s, n, &at);
    if (p && n) memcpy(at, bytes, n);
    return p;
}

void hp_pkt_cut(struct hp_pkt *p, size_t n) { pkt_trim(p, n); }
size_t hp_pkt_len(const struct hp_pkt *p) { return pkt_len(p); }
uint64_t hp_pkt_id(const struct hp_pkt *p) { return p->id; }
struct hp_pkt *hp_pkt_next(const struct hp_pkt *p) { return p->next; }
void hp_pkt_mark_sum_good(struct hp_pkt *p) { p->flags |= PKT_SUM_GOOD; }
void hp_pkt_mark_gso(struct hp_pkt *p, uint16_t size) { p->gso_size = size; }
size_t hp_pkt_fcs(const struct hp_pkt *p) { return p->flags & PKT_FCS ? 4 : 0; }

int hp_pkt_parts(const struct hp_pkt *p, struct hp_bytes parts[2])
{
    parts[0] = pkt_bytes(p);
    if (!p->more.n) return 1;
    parts[1] = (struct hp_bytes){p->more.p, p->more.n};
    return 2;
}

size_t hp_pkt_copy_out(const struct hp_pkt *p, size_t offset, void *out, size_t n)
{
    struct hp_bytes part[2];
    int parts = hp_pkt_parts(p, part);
    size_t done = 0;
    for (int i = 0; i < parts && done < n; i++) {
        struct hp_bytes from = bytes_upto(bytes_from(part[i], offset), n - done);
        offset = offset > part[i].n ? offset - part[i].n : 0;
        if (from.n) memcpy((uint8_t *)out + done, from.p, from.n);
        done += from.n;
    }
    return done;
}

void hp_pkt_offload(const struct hp_pkt *p, struct hp_pkt_offload *out)
{
    *out = (struct hp_pkt_offload){.sum_needed = p->flags & PKT_SUM_TX, .gso_size = p->gso_size};
    if (!out->sum_needed) return;
    out->sum_start = (uint16_t)(p->sum_start - pkt_offset(p));
    out->sum_offset = p->sum_offset;
    if (p->gso_size) out->header_len = (uint16_t)(p->tail - p->data);
}
