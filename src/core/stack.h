/* The stack from inside: what every layer may see of it. */
#ifndef CORE_STACK_H
#define CORE_STACK_H

#include "core/clock.h"
#include "core/link.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/pkt.h"
#include "core/random.h"
#include "core/sock.h"
#include "core/text.h"
#include "core/timer.h"
#include "hepta/stack.h"

enum { STACK_PROTOS_MAX = 48, STACK_LINKS_MAX = 4096, STACK_NAME_MAX = 32 };

enum hp_table { BY_NOTHING, BY_ETHERTYPE, BY_IPPROTO };

/* A counter or setting: a field of the protocol's state, named. */
struct hp_counter {
    const char *name, *text;
    uint32_t offset;            /* of a uint64_t in the state */
};
#define HP_COUNTER(type, field, text) {#field, text, (uint32_t)offsetof(type, field)}

struct hp_setting {
    const char *name, *unit, *text;
    uint32_t offset;            /* of an int64_t in the state */
    int64_t initial, min, max;
};

/* What ICMP said about a packet that was sent from here: handed to the protocol that sent it. */
struct hp_neterr {
    int err;                    /* enum hp_err: HP_ECONNREFUSED, HP_EHOSTUNREACH, HP_EMSGSIZE, ... */
    bool hard;                  /* RFC 1122 4.2.3.9: port or protocol unreachable, admin prohibited */
    uint32_t mtu;               /* with HP_EMSGSIZE: the next hop's                                */
    struct hp_ip src, dst;      /* of the packet that was sent                                     */
    struct hp_ip reporter;      /* who said so                                                     */
    uint8_t icmp_type, icmp_code;
    bool v6;
    struct hp_bytes quote;      /* of the sent packet, from its transport header on                */
    uint64_t pkt_id;            /* of the ICMP message */
};

/* All that the core knows of a protocol. */
struct hp_proto {
    const char *name;
    uint8_t layer;
    enum hp_table table;
    uint16_t number;                                            /* in the table: an EtherType or IP protocol */
    size_t state_size;                                          /* zeroed; settings hold their initial value */
    int (*start)(struct hp_stack *s, void *state);              /* or NULL */
    void (*stop)(struct hp_stack *s, void *state);              /* or NULL */
    void (*rx)(struct hp_stack *s, void *state, struct hp_pkt *p);               /* consumes */
    void (*error)(struct hp_stack *s, void *state, const struct hp_neterr *e);   /* or NULL  */
    void (*link)(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what);  /* or NULL: a link came,
                                                                   changed, or is about to go: forget every pointer to it */
    const struct hp_counter *counters;                          /* ends with name == NULL; or NULL */
    const struct hp_setting *settings;
    const struct hp_sock_kind *const *sockets;                  /* NULL-terminated; or NULL */
};

struct stack_row {
    const struct hp_proto *proto;
    void *state;
};

/* What the last packet touched, and the next one most probably will, too. */
enum stack_recent { RECENT_NETWORK, RECENT_TRANSPORT, RECENT_NEIGH, RECENT_SOCK, RECENT_COUNT };

/* In the order of need: what every step touches first, then what every packet does.  Where a lab has more stacks than a processor's cache, each
 * line of 64 bytes costs its way from memory: whatever is touched together is to stand in one. */
struct hp_stack {
    hp_time now;                        /* the machine's own: of its timers and programs */
    hp_time deadline;
    struct stack_clock clock;
    bool stepping, speaking, busy;      /* busy: a call since the last step left something to do */
    uint8_t sock_size;                  /* of recent[RECENT_SOCK] in units of 16 bytes, if the last two packets were for it; else 0 */
    uint8_t protos;                     /* row 0 is nobody */
    uint8_t ethertypes;
    uint16_t links, links_room;
    uint32_t trace_kinds;               /* 0 = off: one test per event */
    struct hp_link *rx_list, **rx_last; /* links whose wires brought frames  */
    struct hp_link *tx_list, **tx_last; /* links with frames for their wires */
    struct sock_list tx, tx_again;      /* sockets that have something to say; ... in the next step */
    struct sock_list ready;             /* sockets whose readiness gained something */
    void *programs;                     /* proc/ */
    struct hp_mem *mem;
    uint64_t pkt_id, pkt_id_step;
    struct hp_link **link;              /* [1..links]; NULL = removed */

    /* What each layer shares among its files: set by the protocol that owns it (link: bridge and neighbours, network,
     * transport, session, ...), typed in the layer's own header. */
    void *layer[8];

    /* How a program waits: set while one runs (proc/).  Answers HP_OK when `events` may hold, or an error. */
    int (*wait)(struct hp_stack *s, struct hp_sock *sock, unsigned events, hp_time until);

    const void *recent[RECENT_COUNT];   /* never looked into: it may be gone.  A lab asks for its memory ahead (cable.c) */
    struct { uint16_t number; uint8_t row; } by_ethertype[STACK_PROTOS_MAX];
    struct wheel wheel;
    struct random random;
    struct key key;                     /* derive your own: key_derive(&s->key, "tcp isn") */
    uint64_t drops[HP_DROP_COUNT];      /* the last one is TAKEN: of every datagram that was read */
    uint8_t by_ipproto[256];
    struct stack_row row[STACK_PROTOS_MAX];

    void (*wake)(struct hp_stack *s, struct hp_sock *sock);     /* readiness came for a socket with waiters */
    void (*forget)(struct hp_stack *s, struct hp_sock *sock);   /* a socket with waiters is being closed: they go empty-handed */
    struct hp_trace trace;
    uint64_t objects;                   /* numbers for connections etc. in traces: ++s->objects */
    uint64_t seed, secrets;
    void *user, *apps;                  /* the embedder's; l7 */
    char name[STACK_NAME_MAX];
};

static inline uint64_t hp_next_pkt_id(struct hp_stack *s)
{
    uint64_t id = s->pkt_id;
    s->pkt_id += s->pkt_id_step;
    return id;
}

/* The time outside, of wires and events; constant in a step, as `now`. */
static inline hp_time stack_outside(const struct hp_stack *s) { return s->now - s->clock.ahead; }
/* It is so late outside. */
static inline void stack_set_outside(struct hp_stack *s, hp_time outside)
{
    if (s->clock.drift_ppb) s->clock.ahead = clock_ahead(&s->clock, outside);
    if (outside + s->clock.ahead > s->now) s->now = outside + s->clock.ahead;
}
/* When it will be `time` here, as it is later outside. */
static inline hp_time stack_outside_at(const struct hp_stack *s, hp_time time)
{
    return s->clock.drift_ppb || s->clock.ahead ? clock_outside(&s->clock, time) : time;
}

/* hp_step without its answer, for whoever has many stacks and asks stack_bound(): a time that is not later than hp_deadline(), at once. */
void stack_step(struct hp_stack *s, hp_time now);
static inline hp_time stack_bound(const struct hp_stack *s) { return s->busy ? s->now : s->wheel.first < s->deadline ? s->wheel.first : s->deadline; }

/* ---- up: by number ---- */
/* Hands p to whoever has this IP protocol; HP_DROP_NO_PROTO is the caller's (it may want to say so by ICMP): false = not taken. */
static inline bool stack_has_ipproto(const struct hp_stack *s, uint8_t number) { return s->by_ipproto[number] != 0; }
static inline void stack_up_ipproto(struct hp_stack *s, uint8_t number, struct hp_pkt *p)
{
    const struct stack_row *r = &s->row[s->by_ipproto[number]];
    s->recent[RECENT_TRANSPORT] = r->state;
    r->proto->rx(s, r->state, p);
}
/* Consumes; HP_DROP_NO_ETHERTYPE if nobody takes it. */
void stack_up_ethertype(struct hp_stack *s, uint16_t number, struct hp_pkt *p);
/* The state of a protocol of this stack, or NULL.  Walks the list: not for the packet path. */
void *stack_state(const struct hp_stack *s, const struct hp_proto *proto);
/* What ICMP said, to the protocol with this IP protocol number. */
void stack_error_ipproto(struct hp_stack *s, uint8_t number, const struct hp_neterr *e);

/* ---- trace ---- */
void trace_emit(struct hp_stack *s, struct hp_event *e);
static inline bool trace_on(const struct hp_stack *s, enum hp_trace_kind kind) { return s->trace_kinds >> kind & 1; }

static inline void trace_pkt(struct hp_stack *s, enum hp_trace_kind kind, uint8_t layer, const char *proto,
                             const struct hp_pkt *p)
{
    if (!trace_on(s, kind)) return;
    struct hp_event e = {.kind = kind, .layer = layer, .proto = proto, .pkt = p, .pkt_id = p->id, .link = p->link};
    trace_emit(s, &e);
}
static inline void trace_up(struct hp_stack *s, uint8_t layer, const char *proto, const struct hp_pkt *p)
{
    trace_pkt(s, HP_TRACE_UP, layer, proto, p);
}
static inline void trace_down(struct hp_stack *s, uint8_t layer, const char *proto, const struct hp_pkt *p)
{
    trace_pkt(s, HP_TRACE_DOWN, layer, proto, p);
}
/* `key` may be NULL; texts must live as long as the call. */
static inline void trace_state(struct hp_stack *s, uint8_t layer, const char *proto, uint64_t object, const char *key,
                               const char *from, const char *to)
{
    if (!trace_on(s, HP_TRACE_STATE)) return;
    struct hp_event e = {.kind = HP_TRACE_STATE, .layer = layer, .proto = proto, .object = object, .key = key,
                         .from = from, .to = to};
    trace_emit(s, &e);
}
static inline void trace_note(struct hp_stack *s, uint8_t layer, const char *proto, uint64_t object, const char *key,
                              int64_t value)
{
    if (!trace_on(s, HP_TRACE_NOTE)) return;
    struct hp_event e = {.kind = HP_TRACE_NOTE, .layer = layer, .proto = proto, .object = object, .key = key,
                         .value = value};
    trace_emit(s, &e);
}
static inline void trace_timer(struct hp_stack *s, uint8_t layer, const char *proto, uint64_t object, const char *key)
{
    if (!trace_on(s, HP_TRACE_TIMER)) return;
    struct hp_event e = {.kind = HP_TRACE_TIMER, .layer = layer, .proto = proto, .object = object, .key = key};
    trace_emit(s, &e);
}

#endif
