/* A cable whose ends are in two threads.
 *
 * An end's machine writes only what this end sends: its way, and the frames that it has put there.  The other end's machine takes frames
 * from `far`.  `due` of an end is then when something happens at it.
 *
 * Between threads frames go as copies.  A packet that two processors write in turn, and whose storage goes back to where it was born, costs
 * each of them more than copying it once: its thirty cache lines would travel there and back one by one, whenever somebody needs one. */
#include "core/stack.h"
#include "l1_physical/cable.h"

enum { SPLIT_LOOKAHEAD_BITS = (WAY_FRAME_MIN + WAY_OVERHEAD) * 8, SPLIT_ROOM = 1 << 14, SPLIT_ALIGN = 8 };

/* It is opened into a packet that lies in memory as the one that was put in: what holds it charges for that. */
struct parcel {
    uint32_t size, linear, more;        /* of all with what is behind; of the bytes */
    uint32_t room;                      /* for the bytes, in their buffer */
    uint16_t offset;                    /* of the bytes from its beginning */
    bool late;
    uint8_t fields[PKT_FIELDS_SIZE];
};

/* ---- parcels ---- */

static bool parcels_grow(struct cable_end *e, struct parcels *b, size_t n)
{
    if (b->used + n <= b->room) return true;
    const struct hp_allocator *a = &e->cable->allocator;
    size_t room = b->room ? b->room * 2 : SPLIT_ROOM;
    while (room < b->used + n) room *= 2;
    uint8_t *bytes = a->alloc(a->ctx, room);
    if (!bytes) return false;
    if (b->used) memcpy(bytes, b->bytes, b->used);
    if (b->bytes) a->free(a->ctx, b->bytes, b->room);
    b->bytes = bytes;
    b->room = room;
    return true;
}

static bool parcels_put(struct cable_end *e, const struct hp_pkt *p, bool late)
{
    struct parcels *b = &e->packed;
    uint32_t linear = (uint32_t)(p->tail - p->data), size = (uint32_t)sizeof(struct parcel) + linear + p->more.n;
    uint32_t room = p->buf->size > PKT_HEADROOM ? p->buf->size : PKT_HEADROOM;
    size = (size + SPLIT_ALIGN - 1) & ~(uint32_t)(SPLIT_ALIGN - 1);
    if (!parcels_grow(e, b, size)) return false;
    struct parcel *k = (struct parcel *)(void *)(b->bytes + b->used);
    *k = (struct parcel){.size = size, .linear = linear, .more = p->more.n, .room = room, .offset = pkt_offset(p), .late = late};
    memcpy(k->fields, (const uint8_t *)p + PKT_FIELDS, PKT_FIELDS_SIZE);
    memcpy(k + 1, p->data, linear);
    if (p->more.n) memcpy((uint8_t *)(k + 1) + linear, p->more.p, p->more.n);
    if (!b->used || p->time < b->first) b->first = p->time;
    b->used += size;
    return true;
}

static struct hp_pkt *parcel_open(const struct parcel *k, struct hp_mem *m)
{
    struct hp_buf *more = k->more ? buf_new(m, k->more) : NULL;
    struct hp_pkt *p = !k->more || more ? pkt_alloc_exact(m, k->room - PKT_HEADROOM) : NULL;
    if (!p) {
        if (more) buf_unref(more);
        return NULL;
    }
    memcpy((uint8_t *)p + PKT_FIELDS, k->fields, PKT_FIELDS_SIZE);
    p->data = p->tail = p->buf->bytes + k->offset;
    memcpy(pkt_put(p, k->linear), k + 1, k->linear);
    if (!more) return p;
    memcpy(more->bytes, (const uint8_t *)(k + 1) + k->linear, k->more);
    p->more = (struct hp_slice){more, more->bytes, k->more};
    return p;
}

static void parcels_pack(struct cable_end *e, struct pkt_queue *q, bool late)
{
    while (q->first && parcels_put(e, q->first, late)) hp_pkt_free(pkt_queue_take(q));
}

/* What did not get into parcels, for want of memory, follows as it is. */
static void parcels_unpack(struct cable_end *from)
{
    struct parcels *b = &from->sent;
    struct cable_end *to = cable_other(from);
    for (size_t at = 0; at < b->used; at += ((struct parcel *)(void *)(b->bytes + at))->size) {
        const struct parcel *k = (const struct parcel *)(const void *)(b->bytes + at);
        struct hp_pkt *p = parcel_open(k, to->wire.stack->mem);
        if (p) pkt_queue_put(k->late ? &from->far.late : &from->far.flying, p);
        else {
            from->refused++;
            hp_wire_drop(&to->wire, NULL, HP_DROP_NO_MEMORY);
        }
    }
    b->used = 0;
}

void split_free(struct cable_end *e)
{
    const struct hp_allocator *a = &e->cable->allocator;
    if (e->packed.bytes) a->free(a->ctx, e->packed.bytes, e->packed.room);
    if (e->sent.bytes) a->free(a->ctx, e->sent.bytes, e->sent.room);
}

/* ---- ends ---- */

static bool split_end_may(const struct cable_end *e)
{
    return e->wire.link && !e->hub && (e->way.rate || e->way.config.trace);
}

hp_time hp_cable_lookahead(const struct hp_cable *c)
{
    if (c->half || !split_end_may(&c->end[0]) || !split_end_may(&c->end[1])) return 0;
    hp_time ahead[2];
    for (int i = 0; i < 2; i++) ahead[i] = c->end[i].way.delay + way_span(&c->end[i].way, SPLIT_LOOKAHEAD_BITS);
    return ahead[0] < ahead[1] ? ahead[0] : ahead[1];
}

void hp_cable_end_finish(struct hp_cable *c, int end)
{
    struct cable_end *e = &c->end[end != 0];
    parcels_pack(e, &e->way.flight.flying, false);
    if (!e->way.flight.flying.first) parcels_pack(e, &e->way.flight.late, true);
}

void hp_cable_end_begin(struct hp_cable *c, int end)
{
    struct cable_end *e = &c->end[end != 0];
    if (cable_other(e)->sent.used) parcels_unpack(cable_other(e));
}

static bool split_hand_over(struct cable_end *e)
{
    struct cable_end *to = cable_other(e);
    struct flight *left = &e->way.flight;
    hp_time first = flight_next(left);
    if (!e->packed.used && first == HP_NEVER) return false;
    if (e->sent.used) parcels_unpack(e);
    if (e->packed.used) {
        struct parcels empty = e->sent;
        e->sent = e->packed;
        e->packed = empty;
        if (e->sent.first < first) first = e->sent.first;
    }
    if (left->flying.first || left->late.first) {
        parcels_unpack(e);
        pkt_queue_append(&e->far.flying, &left->flying);
        pkt_queue_append(&e->far.late, &left->late);
    }
    if (first < to->due) to->due = first;
    return true;
}

bool hp_cable_exchange(struct hp_cable *c)
{
    bool first = split_hand_over(&c->end[0]);
    return split_hand_over(&c->end[1]) || first;
}

/* ---- taken apart, and whole again ---- */

void hp_cable_split(struct hp_cable *c, bool split)
{
    if (c->split == split) return;
    c->split = split;
    c->next = HP_NEVER;
    hp_cable_exchange(c); /* so all frames are in `far`, in order */
    for (int i = 0; i < 2; i++) hp_cable_end_begin(c, i);
    for (int i = 0; i < 2; i++) {
        struct cable_end *e = &c->end[i], *other = cable_other(e);
        if (!split) {
            pkt_queue_append(&e->way.flight.flying, &e->far.flying);
            pkt_queue_append(&e->way.flight.late, &e->far.late);
        }
        e->due = cable_due(e, flight_next(split ? &other->far : &e->way.flight));
    }
    if (!split) c->next = cable_first_due(c);
}

hp_time hp_cable_end_next(const struct hp_cable *c, int end) { return c->end[end != 0].due; }

bool hp_cable_end_step(struct hp_cable *c, int end, hp_time now)
{
    struct cable_end *e = &c->end[end != 0], *other = cable_other(e);
    bool woken = cable_tell_room(e, now);
    for (struct hp_pkt *p; (p = flight_take(&other->far, now)); woken = true) cable_deliver(other, p, now);
    e->due = cable_due(e, flight_next(&other->far));
    return woken;
}
