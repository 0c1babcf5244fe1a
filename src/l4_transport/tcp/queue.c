/* TCP: the send queue, and the record of what was sent from it.
 *
 * Bytes wait in chunks of reference-counted storage: a segment is headers plus one slice of a chunk, so neither sending nor retransmitting copies.
 * What is in flight is a ring of records, one per segment, in order; a connection with one segment in flight needs no
 * storage for it.  Invariant: chunks are contiguous in sequence space and end at snd_end. */
#include "l4_transport/tcp/tcp.h"

enum { QUEUE_CHUNK_SMALL = PKT_SMALL, QUEUE_RING_FIRST = 8, QUEUE_REF_MAX = 1 << 30 };

/* ---- chunks ---- */

/* Bytes that stay the caller's until every reference is gone. */
struct tcp_ref {
    struct tcp_chunk chunk;
    void (*done)(void *ctx);
    void *ctx;
};

static void tcp_chunk_link(struct tcp *t, struct tcp_chunk *c)
{
    c->next = NULL;
    c->seq = t->snd_end;
    if (t->chunk) t->chunk_last->next = c;
    else t->chunk = c;
    t->chunk_last = c;
}

/* As large as what is queued already, so that small writes cost little and large ones few chunks. */
static struct tcp_chunk *tcp_chunk_new(struct tcp *t, size_t n)
{
    size_t queued = t->snd_end - t->snd_una, size = n > queued ? n : queued;
    if (size < QUEUE_CHUNK_SMALL) size = QUEUE_CHUNK_SMALL;
    if (size > TCP_SENDQ_CHUNK_MAX) size = TCP_SENDQ_CHUNK_MAX;
    struct hp_buf *b = buf_new(t->sock.stack->mem, sizeof(struct tcp_chunk) + size);
    if (!b) return NULL;
    struct tcp_chunk *c = (struct tcp_chunk *)(void *)b->bytes;
    *c = (struct tcp_chunk){.buf = b, .p = b->bytes + sizeof *c, .room = b->size - (uint32_t)sizeof *c};
    tcp_chunk_link(t, c);
    return c;
}

/* Copies in; answers how many bytes found room, or HP_ENOMEM if none did. */
int64_t tcp_queue_write(struct tcp *t, const void *data, size_t n)
{
    size_t done = 0;
    while (done < n) {
        struct tcp_chunk *c = t->chunk_last;
        if (!c || c->n == c->room) c = tcp_chunk_new(t, n - done);
        if (!c) break;
        size_t part = n - done < c->room - c->n ? n - done : c->room - c->n;
        memcpy(c->p + c->n, (const uint8_t *)data + done, part);
        c->n += (uint32_t)part;
        t->snd_end += (uint32_t)part;
        done += part;
    }
    return done || !n ? (int64_t)done : HP_ENOMEM;
}

static void tcp_ref_release(struct hp_buf *b)
{
    struct tcp_ref *r = b->owner;
    struct hp_mem *mem = b->mem;
    r->done(r->ctx);
    mem_free(mem, r, sizeof *r);
    buf_free_shell(b);
}

int64_t tcp_queue_ref(struct tcp *t, const struct hp_msg *m)
{
    struct hp_mem *mem = t->sock.stack->mem;
    if (m->n > QUEUE_REF_MAX) return HP_EMSGSIZE;
    struct tcp_ref *r = mem_zalloc(mem, sizeof *r);
    if (!r) return HP_ENOMEM;
    struct hp_buf *b = buf_wrap(mem, m->data, m->n, tcp_ref_release, r);
    if (!b) {
        mem_free(mem, r, sizeof *r);
        return HP_ENOMEM;
    }
    r->done = m->done;
    r->ctx = m->done_ctx;
    r->chunk = (struct tcp_chunk){.buf = b, .p = b->bytes, .n = (uint32_t)m->n, .room = (uint32_t)m->n};
    tcp_chunk_link(t, &r->chunk);
    t->snd_end += (uint32_t)m->n;
    return (int64_t)m->n;
}

static void tcp_chunk_pop(struct tcp *t)
{
    struct tcp_chunk *c = t->chunk;
    t->chunk = c->next;
    if (!t->chunk) t->chunk_last = NULL;
    buf_unref(c->buf);
}

void tcp_queue_acked(struct tcp *t)
{
    while (t->chunk && seq_leq(t->chunk->seq + t->chunk->n, t->snd_una)) tcp_chunk_pop(t);
}

void tcp_queue_drop(struct tcp *t)
{
    while (t->chunk) tcp_chunk_pop(t);
    t->ring.count = 0;
    tcp_ring_reset(t);
    t->sacked = t->lost = t->rtx_out = t->lost_above = 0;
    t->snd_end = t->snd_nxt;
}

/* The chunk with this byte: for what comes after the last record. */
struct tcp_chunk *tcp_chunk_at(struct tcp *t, uint32_t seq)
{
    struct tcp_chunk *c = t->chunk;
    struct tcp_sent *last = t->ring.count ? tcp_ring_at(t, t->ring.count - 1) : NULL;
    if (last && last->chunk && seq_leq(last->chunk->seq, seq)) c = last->chunk;
    while (c && seq_geq(seq, c->seq + c->n)) c = c->next;
    return c;
}

/* ---- records ---- */

static bool tcp_ring_grow(struct tcp *t, uint32_t room)
{
    struct tcp_ring *r = &t->ring;
    struct tcp_sent *at = mem_alloc(t->sock.stack->mem, room * sizeof *at);
    if (!at) return false;
    for (uint32_t i = 0; i < r->count; i++) at[i] = *tcp_ring_at(t, i);
    uint32_t count = r->count;
    if (r->at != &t->one) mem_free(t->sock.stack->mem, r->at, (r->mask + 1) * sizeof *at);
    *r = (struct tcp_ring){.at = at, .count = count, .mask = room - 1};
    return true;
}

struct tcp_sent *tcp_ring_add(struct tcp *t)
{
    struct tcp_ring *r = &t->ring;
    if (r->count > r->mask && !tcp_ring_grow(t, r->mask ? (r->mask + 1) * 2 : QUEUE_RING_FIRST)) return NULL;
    struct tcp_sent *s = &r->at[(r->head + r->count++) & r->mask];
    *s = (struct tcp_sent){0};
    return s;
}

/* Nothing is in flight. */
void tcp_ring_reset(struct tcp *t)
{
    struct tcp_ring *r = &t->ring;
    assert(!r->count);
    if (r->at != &t->one) mem_free(t->sock.stack->mem, r->at, (r->mask + 1) * sizeof *r->at);
    *r = (struct tcp_ring){.at = &t->one};
}

uint32_t tcp_ring_find(const struct tcp *t, uint32_t seq)
{
    uint32_t lo = 0, hi = t->ring.count;
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (seq_leq(tcp_sent_end(tcp_ring_at(t, mid)), seq)) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* ---- a smaller path: records of more than one MSS are cut (RFC 1191 6.4) ---- */

static uint32_t tcp_pieces(const struct tcp *t, const struct tcp_sent *r)
{
    return r->len > t->snd_mss ? (r->len + (uint32_t)t->snd_mss - 1) / t->snd_mss : 1;
}

static void tcp_cut_record(const struct tcp *t, const struct tcp_sent *r, struct tcp_sent *out, uint32_t pieces)
{
    struct tcp_chunk *c = r->chunk;
    for (uint32_t i = 0; i < pieces; i++) {
        uint32_t at = i * t->snd_mss;
        out[i] = *r;
        out[i].seq = r->seq + at;
        out[i].len = (uint16_t)tcp_min(r->len - at, t->snd_mss);
        while (c && seq_geq(out[i].seq, c->seq + c->n) && c->next) c = c->next;
        out[i].chunk = c;
        if (i > 0) out[i].flags &= (uint8_t)~TCP_SENT_SYN;
        if (i + 1 < pieces) out[i].flags &= (uint8_t)~(TCP_SENT_FIN | TCP_SENT_PSH);
    }
}

/* False: no memory, everything is as it was. */
bool tcp_resegment(struct tcp *t)
{
    uint32_t count = 0, room = QUEUE_RING_FIRST;
    for (uint32_t i = 0; i < t->ring.count; i++) count += tcp_pieces(t, tcp_ring_at(t, i));
    if (count == t->ring.count) return true;
    while (room < count) room *= 2;
    struct tcp_sent *at = mem_alloc(t->sock.stack->mem, room * sizeof *at);
    if (!at) return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->ring.count; i++) {
        const struct tcp_sent *r = tcp_ring_at(t, i);
        uint32_t pieces = tcp_pieces(t, r);
        tcp_cut_record(t, r, at + n, pieces);
        n += pieces;
    }
    if (t->ring.at != &t->one) mem_free(t->sock.stack->mem, t->ring.at, (t->ring.mask + 1) * sizeof *at);
    t->ring = (struct tcp_ring){.at = at, .count = n, .mask = room - 1};
    return true;
}
