/* The stack: a machine's network as a value.
 *
 * A stack never calls the operating system.  Hand it frames (wire.h), take frames out, and ask when to come
 * back: `deadline = hp_step(stack, now)`.  It belongs to one thread; make as many as you like. */
#ifndef HEPTA_STACK_H
#define HEPTA_STACK_H

#include "hepta/trace.h"
#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_stack;
struct hp_proto;
struct hp_mem;

/* Where memory comes from.  `free` is told the size that was asked for. */
struct hp_allocator {
    void *(*alloc)(void *ctx, size_t n);
    void (*free)(void *ctx, void *p, size_t n);
    void *ctx;
};

/* What a machine can do is what is on its list: NULL-terminated, lower layers first. */
extern const struct hp_proto *const hp_profile_host[];   /* everything up to sockets                 */
extern const struct hp_proto *const hp_profile_router[]; /* a host that forwards                     */
extern const struct hp_proto *const hp_profile_switch[]; /* frames between ports, no addresses       */

struct hp_config {
    const char *name;                        /* in traces; copied, 31 bytes at most; NULL = "host"          */
    const struct hp_proto *const *profile;   /* NULL = hp_profile_host                                      */
    const struct hp_allocator *allocator;    /* required (hp_os_allocator() in os.h is malloc)              */
    size_t memory_max;                       /* bytes the stack may hold at once; 0 = no bound              */
    uint64_t seed;                           /* all of the stack's chance                                   */
    const uint8_t *entropy;                  /* 32 secret bytes for keys, or NULL: derived from the seed,
                                                so that a run can be replayed, and guessed: lab only        */
    struct hp_trace trace;                   /* see trace.h; {0} = off                                      */
    uint64_t packet_id_first, packet_id_step; /* packets are numbered first, first + step, ...; 0 0 = 1, 1   */
    hp_time now;                             /* the stack's first `now`                                     */
};

/* NULL if memory ran out or a protocol could not start. */
struct hp_stack *hp_stack_new(const struct hp_config *config);
void hp_stack_free(struct hp_stack *s);      /* closes sockets and links; packets still on foreign wires stay valid */

/* Runs what is due at `now` (never backwards; an earlier `now` counts as the last one): timers, frames that
 * wires brought, what sockets want to say, frames to wires.  Answers when to call again at the latest, or
 * HP_NEVER.  Also call it soon after API calls that send. */
hp_time hp_step(struct hp_stack *s, hp_time now);

hp_time hp_now(const struct hp_stack *s);          /* of the last step                                  */
hp_time hp_deadline(const struct hp_stack *s);     /* what the last hp_step answered, or now if a call since then
                                                      left something to do                                     */
const char *hp_stack_name(const struct hp_stack *s);
uint64_t hp_random(struct hp_stack *s);            /* from the seed; not for secrets                    */
uint64_t hp_secret(struct hp_stack *s);            /* from the entropy: unguessable, for identifiers on the wire */
void *hp_stack_user(const struct hp_stack *s);     /* one pointer for the embedder                      */
void hp_stack_set_user(struct hp_stack *s, void *user);

/* ---- memory ---- */
/* From the stack's allocator and budget, zeroed; NULL if it says no.  Freed with the size that was asked for; p may be NULL. */
void *hp_alloc(struct hp_stack *s, size_t n);
void hp_free(struct hp_stack *s, void *p, size_t n);

struct hp_mem_stats {
    size_t bytes, bytes_max, limit;   /* held now, the most ever, the budget */
    uint64_t allocations, failures;
    uint64_t packets;                 /* alive now */
};
void hp_mem_stats(const struct hp_stack *s, struct hp_mem_stats *out);
/* Lets the n-th allocation from now fail (1 = the next); 0 = never.  For tests. */
void hp_mem_fail_at(struct hp_stack *s, uint64_t n);

/* ---- counters and settings: plain tables beside each protocol ---- */

/* Calls `each` for every counter, in the profile's order. */
void hp_counters_each(const struct hp_stack *s,
                      void (*each)(void *ctx, const char *proto, const char *name, uint64_t value, const char *text),
                      void *ctx);
/* One counter, "tcp.segments_out", or 0 if there is none of this name. */
uint64_t hp_counter(const struct hp_stack *s, const char *name);

/* One setting by name, "tcp.rto_min_ms".  HP_ENOENT: no such setting; HP_ERANGE: outside min..max. */
int hp_setting_set(struct hp_stack *s, const char *name, int64_t value);
int hp_setting_get(const struct hp_stack *s, const char *name, int64_t *value);
struct hp_setting_info {
    const char *proto, *name, *unit, *text;
    int64_t value, min, max, initial;
};
void hp_settings_each(const struct hp_stack *s, void (*each)(void *ctx, const struct hp_setting_info *), void *ctx);
/* The protocols of the profile, in order: name and layer (1..7). */
void hp_protocols_each(const struct hp_stack *s, void (*each)(void *ctx, const char *name, int layer), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
