/* A cable: two ways that end at each other's wire.
 *
 * Full duplex each way is on its own and a frame's future is known when it is sent (way.c), so a frame costs two queue
 * operations and no timer: the cable only knows the earliest time at which something is due.  The packet itself moves over to the
 * other stack; its storage stays charged to the sender, whose hp_mem outlives its stack for this.
 *
 * Where queues are: the cable takes no more than its ring (hp_way.ring_bytes) ahead; then it has no room, frames wait in the
 * link's queue, and the cable asks for more when half of the ring is empty.  So a bottleneck's queue is the link's. */
#include "core/stack.h"
#include "core/text.h"
#include "l1_physical/cable.h"

/* ---- what others are told ---- */

static void cable_emit(const struct cable_end *e, enum hp_cable_event_kind kind, bool far, enum hp_drop why, const struct hp_pkt *p,
                       hp_time now)
{
    const struct hp_cable *c = e->cable;
    struct hp_cable_event ev = {.kind = kind, .drop = why, .end = e == &c->end[1], .far = far, .time = now, .cable = c, .pkt = p};
    c->trace.event(c->trace.ctx, &ev);
}

static inline void cable_tell(const struct cable_end *e, enum hp_cable_event_kind kind, bool far, enum hp_drop why,
                              const struct hp_pkt *p, hp_time now)
{
    if (e->cable->trace.event) cable_emit(e, kind, far, why, p, now);
}

static void cable_tell_earlier(struct cable_end *e)
{
    struct hp_cable *c = e->cable;
    if (c->earlier && !c->stepping) c->earlier(c->earlier_ctx, c, e == &c->end[1]);
}

void cable_wake(struct cable_end *e, hp_time at)
{
    if (at >= e->cable->next) return;
    e->cable->next = at;
    cable_tell_earlier(e);
}

void cable_wake_end(struct cable_end *e, hp_time at)
{
    if (at >= e->due) return;
    e->due = at;
    if (e->cable->split) cable_tell_earlier(e);
    else cable_wake(e, at);
}

/* What happens to a stack outside of its step happens now. */
static void cable_clock(const struct cable_end *e, hp_time now)
{
    struct hp_stack *s = e->wire.stack;
    if (s) stack_set_outside(s, now);
}

void cable_drop(struct cable_end *e, struct hp_pkt *p, enum hp_drop why, hp_time now)
{
    e->way.stats.lost += p != NULL;
    cable_tell(e, HP_CABLE_DROP, false, why, p, now);
    cable_clock(e, now);
    hp_wire_drop(&e->wire, p, why);
}

/* What came is no frame, or nobody is there: that is found at this end. */
static void cable_refuse(struct cable_end *from, struct cable_end *at, enum hp_drop why, struct hp_pkt *p, hp_time now)
{
    from->refused++;
    cable_tell(from, HP_CABLE_DROP, true, why, p, now);
    cable_clock(at, now);
    hp_wire_drop(&at->wire, p, why);
}

/* ---- sending ---- */

bool cable_room(struct cable_end *e, hp_time now)
{
    struct hp_cable *c = e->cable;
    if (c->half) return half_room(e);
    return way_room(&e->way, now);
}

static bool cable_wire_room(struct hp_wire *w)
{
    struct cable_end *e = w->state;
    if (cable_room(e, stack_outside(w->stack))) return true;
    e->asked = true;
    if (e->cable->half) return false;
    e->ready_at = way_ready_at(&e->way);
    cable_wake_end(e, e->ready_at);
    return false;
}

void cable_send(struct cable_end *e, struct hp_pkt *p, hp_time now)
{
    struct hp_cable *c = e->cable;
    e->way.stats.frames++;
    e->way.stats.bytes += pkt_len(p);
    cable_tell(e, HP_CABLE_ENTER, false, HP_DROP_NONE, p, now);
    if (!c->up) {
        cable_drop(e, p, HP_DROP_WIRE_DOWN, now);
        return;
    }
    if (e->hub && !cable_room(e, now)) { /* a hub does not wait for room */
        cable_drop(e, p, HP_DROP_WIRE_FULL, now);
        return;
    }
    if (c->half) {
        half_wait(e, p, now);
        return;
    }
    enum hp_drop why = way_put(&e->way, p, now);
    if (why) cable_drop(e, p, why, now);
    else if (!c->split) cable_wake_end(e, flight_next(&e->way.flight));
}

static void cable_wire_tx(struct hp_wire *w, struct hp_pkt *p) { cable_send(w->state, p, stack_outside(w->stack)); }

/* The stack lets go of this end; what it has sent goes on. */
static void cable_wire_close(struct hp_wire *w)
{
    struct cable_end *e = w->state;
    e->ready_at = HP_NEVER;
    e->asked = false;
    w->stack = NULL;
    w->above = NULL;
}

static const struct hp_wire_ops cable_ops = {
    .name = "cable", .room = cable_wire_room, .tx = cable_wire_tx, .close = cable_wire_close};

/* ---- arriving ---- */

void cable_deliver(struct cable_end *from, struct hp_pkt *p, hp_time now)
{
    struct cable_end *to = cable_other(from);
    if (!to->wire.link && !to->hub) {
        cable_refuse(from, from, HP_DROP_WIRE_DOWN, p, now);
        return;
    }
    if (p->broken) {
        cable_refuse(from, to, (enum hp_drop)p->broken, p, now);
        return;
    }
    cable_tell(from, HP_CABLE_LEAVE, true, HP_DROP_NONE, p, now);
    if (to->hub) hub_rx(to->hub, to->port, p, now);
    else hp_wire_rx(&to->wire, p);
}

hp_time hp_cable_next(const struct hp_cable *c) { return c->next; }

bool cable_tell_room(struct cable_end *e, hp_time now)
{
    if (e->ready_at > now) return false;
    e->ready_at = HP_NEVER;
    e->asked = false;
    hp_wire_ready(&e->wire);
    return true;
}

/* Answers whose stack has something to do: 1 = this end's, 2 = the other's. */
static unsigned cable_end_step(struct cable_end *e, hp_time now)
{
    unsigned woken = cable_tell_room(e, now);
    for (struct hp_pkt *p; (p = flight_take(&e->way.flight, now)); woken |= 2) cable_deliver(e, p, now);
    e->due = cable_due(e, flight_next(&e->way.flight));
    return woken;
}

unsigned hp_cable_step(struct hp_cable *c, hp_time now)
{
    unsigned woken = 0;
    if (now < c->next) return 0;
    c->stepping = true;
    if (c->half) woken = half_step(c, now);
    if (c->end[0].due <= now) woken |= cable_end_step(&c->end[0], now);
    if (c->end[1].due <= now) {
        unsigned from1 = cable_end_step(&c->end[1], now);
        woken |= from1 >> 1 | (from1 & 1) << 1;
    }
    c->stepping = false;
    c->next = cable_first_due(c);
    if (c->half && half_next(c) < c->next) c->next = half_next(c);
    return woken;
}

/* ---- before something arrives: its memory is asked for, each stage by what the one before has brought ---- */

enum { CACHE_LINE = 64, PAYLOAD_BEGIN = 4 * CACHE_LINE, STATE_BEGIN = 2 * CACHE_LINE };

/* All lines of [p, p + n), where p is where a line begins, or nearly.  A number: what p pointed to may be gone, or never have been. */
static inline void expect_bytes(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += CACHE_LINE) __builtin_prefetch((const void *)((uintptr_t)p + i));
}

static void expect_cable(const struct hp_cable *c)
{
    expect_bytes(c, offsetof(struct hp_cable, end));
    for (int i = 0; i < 2; i++) expect_bytes(&c->end[i], offsetof(struct cable_end, way.stats.duplicated));
}

static void expect_arrival(const struct hp_pkt *p, const struct hp_wire *at)
{
    const struct hp_stack *s = at->stack;
    expect_bytes((const struct hp_buf *)(const void *)p - 1, sizeof(struct hp_buf) + sizeof *p);
    if (!at->link) return;
    expect_bytes(s, offsetof(struct hp_stack, by_ethertype[1]));
    __builtin_prefetch(&s->wheel);
    expect_bytes(at->link, sizeof(struct hp_link));
}

/* What it is read with. */
static void expect_recent(const struct hp_stack *s)
{
    for (int layer = 2; layer <= 3; layer++) __builtin_prefetch(s->layer[layer]);
    if (!s->recent[RECENT_NETWORK]) return; /* a switch */
    __builtin_prefetch(s->by_ipproto);
    __builtin_prefetch(&s->row[s->by_ethertype[0].row]);
    __builtin_prefetch(s->link);
    __builtin_prefetch(s->recent[RECENT_NEIGH]);
    expect_bytes(s->recent[RECENT_NETWORK], STATE_BEGIN);
    expect_bytes(s->recent[RECENT_TRANSPORT], STATE_BEGIN);
    expect_bytes(s->recent[RECENT_SOCK], (size_t)s->sock_size * 16);
}

static void expect_reading(const struct hp_pkt *p, const struct hp_wire *at)
{
    const struct hp_stack *s = at->stack;
    expect_bytes(p->data, 2 * CACHE_LINE);
    __builtin_prefetch(p->buf->mem, 1); /* where it may die */
    if (p->more.n) expect_bytes(p->more.p, PAYLOAD_BEGIN);
    if (!at->link) return;
    expect_recent(s);
}

static inline void expect_flight(const struct flight *f, const struct hp_wire *at, int stage)
{
    const struct hp_pkt *p = f->flying.first;
    if (p) (stage == 1 ? expect_arrival : expect_reading)(p, at);
}

void hp_cable_expect(const struct hp_cable *c, int stage)
{
    if (stage == 0) expect_cable(c);
    else if (!c->split)
        for (int i = 0; i < 2; i++) expect_flight(&c->end[i].way.flight, &c->end[!i].wire, stage);
}

void hp_cable_end_expect(const struct hp_cable *c, int end, int stage)
{
    if (stage == 0) expect_cable(c);
    else expect_flight(&c->end[!end].far, &c->end[end].wire, stage);
}

/* ---- making and changing ---- */

static const struct hp_way *cable_way(const struct hp_cable_config *config, int end)
{
    return end && config->back ? config->back : &config->way;
}

static void cable_end_init(struct hp_cable *c, int i, uint64_t seed, const struct hp_cable_config *config)
{
    struct cable_end *e = &c->end[i];
    char name[CABLE_NAME_MAX + 4];
    struct text t = text_of(name, sizeof name);
    text_str(&t, c->name);
    text_str(&t, i ? " 1>0" : " 0>1");
    e->cable = c;
    e->wire = (struct hp_wire){.ops = &cable_ops, .state = e, .mtu = config->mtu ? config->mtu : 1500, .flags = HP_WIRE_FCS};
    e->due = e->ready_at = e->attempt_at = HP_NEVER;
    way_init(&e->way, seed, name);
    e->way.fcs = true;
    e->way.code = config->code;
    flight_init(&e->far);
    pkt_queue_init(&e->waiting);
    random_init(&e->backoff, seed, name, "backoff");
}

static const struct hp_cable_config cable_perfect;

struct hp_cable *hp_cable_new(const struct hp_allocator *allocator, uint64_t seed, const struct hp_cable_config *config)
{
    const struct hp_cable_config *k = config ? config : &cable_perfect;
    struct hp_cable *c = allocator->alloc(allocator->ctx, sizeof *c);
    if (!c) return NULL;
    *c = (struct hp_cable){.allocator = *allocator, .next = HP_NEVER, .up = true, .half = k->half_duplex && k->way.rate};
    struct text t = text_of(c->name, sizeof c->name);
    text_str(&t, k->name ? k->name : "cable");
    for (int i = 0; i < 2; i++) cable_end_init(c, i, seed, k);
    hp_cable_set(c, config);
    return c;
}

void hp_cable_set(struct hp_cable *c, const struct hp_cable_config *config)
{
    const struct hp_cable_config *k = config ? config : &cable_perfect;
    for (int i = 0; i < 2; i++) way_set(&c->end[i].way, cable_way(k, i), c->end[i].wire.mtu);
    c->half = c->half && k->way.rate;
    if (c->half) c->slot = way_span(&c->end[0].way, 512);
}

static void cable_cut(struct hp_cable *c, hp_time now)
{
    for (int i = 0; i < 2; i++) {
        struct cable_end *e = &c->end[i];
        for (struct hp_pkt *p; (p = pkt_queue_take(&e->waiting));) cable_drop(e, p, HP_DROP_WIRE_DOWN, now);
        for (struct hp_pkt *p; (p = way_cut(&e->way));) cable_drop(e, p, HP_DROP_WIRE_DOWN, now);
        e->waiting_bytes = 0;
        e->due = e->attempt_at = e->ready_at = HP_NEVER;
        e->asked = false;
    }
    c->silent_at = 0;
    c->next = HP_NEVER;
}

void hp_cable_set_up(struct hp_cable *c, bool up, hp_time now)
{
    if (c->up == up) return;
    c->up = up;
    if (!up) cable_cut(c, now);
    for (int i = 0; i < 2; i++) {
        cable_clock(&c->end[i], now);
        hp_wire_set_carrier(&c->end[i].wire, up);
    }
}

void hp_cable_free(struct hp_cable *c)
{
    if (!c) return;
    c->trace.event = NULL;
    cable_cut(c, 0);
    for (int i = 0; i < 2; i++) {
        if (c->end[i].hub) hub_unplug(c->end[i].hub, c->end[i].port);
        split_free(&c->end[i]);
    }
    c->allocator.free(c->allocator.ctx, c, sizeof *c);
}

/* ---- looking ---- */

struct hp_wire *hp_cable_end(struct hp_cable *c, int end) { return &c->end[end != 0].wire; }
const char *hp_cable_name(const struct hp_cable *c) { return c->name; }
bool hp_cable_is_up(const struct hp_cable *c) { return c->up; }
void hp_cable_get(const struct hp_cable *c, int end, struct hp_way *out) { *out = c->end[end != 0].way.config; }

void hp_cable_stats(const struct hp_cable *c, int end, struct hp_cable_stats *out)
{
    const struct cable_end *e = &c->end[end != 0];
    *out = e->way.stats;
    out->lost += e->refused;
    out->flying = flight_count(&e->way.flight) + flight_count(&e->far) + e->waiting.count;
    out->delivered = out->frames + out->duplicated - out->lost - out->flying;
}

void hp_cable_set_trace(struct hp_cable *c, const struct hp_cable_trace *trace)
{
    c->trace = trace ? *trace : (struct hp_cable_trace){NULL, NULL};
}

void hp_cable_set_watch(struct hp_cable *c, void (*earlier)(void *ctx, struct hp_cable *c, int end), void *ctx)
{
    c->earlier = earlier;
    c->earlier_ctx = ctx;
}
