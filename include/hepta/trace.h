/* The trace: one hook that sees everything.
 *
 * pcapng files, text logs, the reports, golden files and tests are all ordinary consumers of it.  An event is
 * valid during the call only.  The hook must not call into the stack. */
#ifndef HEPTA_TRACE_H
#define HEPTA_TRACE_H

#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_stack;
struct hp_link;
struct hp_pkt;

enum hp_trace_kind {
    HP_TRACE_UP,     /* a packet enters layer `layer` from below, at protocol `proto`           */
    HP_TRACE_DOWN,   /* a packet leaves layer `layer`, downward                                 */
    HP_TRACE_RX,     /* a frame came off a wire                                                 */
    HP_TRACE_TX,     /* a frame goes onto a wire                                                */
    HP_TRACE_DROP,   /* a packet died of `drop`                                                 */
    HP_TRACE_STATE,  /* `proto` went from state `from` to `to`; `key` says of whom              */
    HP_TRACE_TIMER,  /* a timer of `proto` fired: `key`                                         */
    HP_TRACE_NOTE,   /* `key` has `value`                                                       */
};

/* The ways in which a packet can die: one list for counters, traces, tests and explanations. */
enum hp_drop {
#define HP_DROP(name, text) HP_DROP_##name,
#include "hepta/drops.def"
#undef HP_DROP
    HP_DROP_COUNT
};

const char *hp_drop_name(enum hp_drop drop);     /* "CHECKSUM"                                   */
const char *hp_drop_text(enum hp_drop drop);     /* "the checksum does not match the bytes"      */

struct hp_event {
    enum hp_trace_kind kind;
    uint8_t layer;               /* 1..7                                        */
    enum hp_drop drop;           /* HP_TRACE_DROP                               */
    hp_time time;
    const struct hp_stack *stack;
    const struct hp_link *link;  /* or NULL                                     */
    const struct hp_pkt *pkt;    /* or NULL; hp_pkt_* of wire.h look into it    */
    uint64_t pkt_id;             /* 0 = none                                    */
    const char *proto;           /* "tcp"                                       */
    const char *from, *to, *key; /* by kind, or NULL                            */
    uint64_t object;             /* which connection, neighbour, ...: a number of the stack's own, 0 = none */
    int64_t value;
};

struct hp_trace {
    void (*event)(void *ctx, const struct hp_event *event);
    void *ctx;
    uint32_t kinds;              /* 1 << HP_TRACE_..., only these; 0 = all      */
};

/* For programs: says that something of theirs went from one state to another (HP_TRACE_STATE).  Texts must live as long as the call. */
void hp_trace_state(struct hp_stack *s, int layer, const char *proto, const char *key, const char *from, const char *to);

uint64_t hp_drop_count(const struct hp_stack *s, enum hp_drop drop);

/* One line without newline, "0.001000000 c1 tcp#3 SYN_SENT -> ESTABLISHED"; returns buf. */
char *hp_event_text(const struct hp_event *event, char *buf, size_t n);

#ifdef __cplusplus
}
#endif
#endif
