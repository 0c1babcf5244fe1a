/* What must hold whatever strikes: frames are conserved, deaths have names, TCP's states follow RFC 9293, streams are byte-exact. */
#include "core/mem.h"
#include "hepta/shake.h"
#include "lab/run/run.h"

struct watched_end {
    uint64_t entered, left, died;
};

enum { WATCHED_FRAMES_MAX = 20000000 };                  /* in one virtual second */

struct hp_shake_watch {
    struct hp_mem *mem;
    struct hp_run *run;
    struct watched_end *end;                             /* two for each cable */
    uint32_t ends;
    uint32_t frames;                                     /* told of in this virtual second */
    hp_time second;
    hp_time looked;                                      /* the millisecond in which all cables were looked at last */
    bool ended;
    char wrong[256];
};

/* ---- RFC 9293 figure 5; CLOSED is reached from everywhere by a reset, a timeout or ABORT ---- */

static bool watched_may(const char *from, const char *to)
{
    static const char *const may[][2] = {
        {"CLOSED", "LISTEN"}, {"CLOSED", "SYN-SENT"}, {"LISTEN", "SYN-RECEIVED"}, {"LISTEN", "SYN-SENT"}, {"SYN-SENT", "SYN-RECEIVED"},
        {"SYN-SENT", "ESTABLISHED"}, {"SYN-RECEIVED", "ESTABLISHED"}, {"SYN-RECEIVED", "FIN-WAIT-1"}, {"SYN-RECEIVED", "LISTEN"},
        {"ESTABLISHED", "FIN-WAIT-1"}, {"ESTABLISHED", "CLOSE-WAIT"}, {"FIN-WAIT-1", "FIN-WAIT-2"}, {"FIN-WAIT-1", "CLOSING"},
        {"FIN-WAIT-1", "TIME-WAIT"}, {"FIN-WAIT-2", "TIME-WAIT"}, {"CLOSE-WAIT", "LAST-ACK"}, {"CLOSING", "TIME-WAIT"}};
    if (strcmp(to, "CLOSED") == 0) return true;
    for (size_t i = 0; i < sizeof may / sizeof *may; i++)
        if (strcmp(may[i][0], from) == 0 && strcmp(may[i][1], to) == 0) return true;
    return false;
}

static void watched_state(struct hp_shake_watch *w, const struct hp_event *e)
{
    if (!e->proto || strcmp(e->proto, "tcp") != 0 || !e->from || !e->to) return;
    if (e->key && (strcmp(e->key, "cc") == 0 || strcmp(e->key, "recovery") == 0)) return; /* not the connection's state */
    if (watched_may(e->from, e->to) || w->wrong[0]) return;
    struct text t = text_of(w->wrong, sizeof w->wrong);
    text_time(&t, e->time);
    text_char(&t, ' ');
    text_str(&t, hp_stack_name(e->stack));
    text_str(&t, ": TCP went from ");
    text_str(&t, e->from);
    text_str(&t, " to ");
    text_str(&t, e->to);
    text_str(&t, ", which RFC 9293 does not allow");
}

static void watched_event(void *ctx, const struct hp_event *e)
{
    struct hp_shake_watch *w = ctx;
    if (w->ended) return;
    if (e->kind == HP_TRACE_STATE) watched_state(w, e);
    if (e->kind != HP_TRACE_DROP || (e->drop != HP_DROP_NONE && e->drop < HP_DROP_COUNT) || w->wrong[0]) return;
    struct text t = text_of(w->wrong, sizeof w->wrong);
    text_str(&t, hp_stack_name(e->stack));
    text_str(&t, ": a packet died of nothing that has a name");
}

/* ---- cables ---- */

static void watched_conserved(struct hp_shake_watch *w, uint32_t i);

/* At the first event of each virtual millisecond.  The cable of the event is in the midst of it: it is looked at the next time. */
static void watched_look(struct hp_shake_watch *w, hp_time now, uint32_t cable)
{
    if (now / HP_MS(1) == w->looked) return;
    w->looked = now / HP_MS(1);
    for (uint32_t i = 0; i < w->ends && !w->wrong[0]; i++)
        if (i / 2 != cable) watched_conserved(w, i);
}

/* More than any lab sends that is meant so: it would take for ever. */
static void watched_flood(struct hp_shake_watch *w, hp_time now)
{
    if (now / HP_S(1) != w->second) w->frames = 0;
    w->second = now / HP_S(1);
    if (++w->frames != WATCHED_FRAMES_MAX || w->wrong[0]) return;
    struct text t = text_of(w->wrong, sizeof w->wrong);
    text_str(&t, "more than ");
    text_u64(&t, WATCHED_FRAMES_MAX);
    text_str(&t, " frames in virtual second ");
    text_u64(&t, (uint64_t)w->second + 1);
    text_str(&t, ": it does not come to rest");
    run_stuck(w->run, w->wrong);
}

static void watched_cable(void *ctx, const struct hp_cable_event *e)
{
    struct hp_shake_watch *w = ctx;
    int number = hp_world_cable_number(hp_run_world(w->run), e->cable);
    if (w->ended || number < 0) return;
    if (e->kind == HP_CABLE_ENTER) watched_flood(w, e->time);
    watched_look(w, e->time, (uint32_t)number);
    struct watched_end *end = &w->end[2 * number + e->end];
    if (e->kind == HP_CABLE_ENTER) end->entered++;
    if (e->kind == HP_CABLE_LEAVE) end->left++;
    if (e->kind == HP_CABLE_DROP) end->died++;
}

/* A hub tells of deaths of frames that never entered: died may be more. */
static void watched_conserved(struct hp_shake_watch *w, uint32_t i)
{
    struct hp_cable *c = hp_world_each_cable(hp_run_world(w->run), i / 2);
    struct hp_cable_stats s;
    const struct watched_end *end = &w->end[i];
    hp_cable_stats(c, (int)(i % 2), &s);
    uint64_t in = end->entered + s.duplicated, out = end->left + end->died + s.flying;
    if (end->left <= in && out >= in) return;
    struct text t = text_of(w->wrong, sizeof w->wrong);
    text_time(&t, hp_world_now(hp_run_world(w->run)));
    text_char(&t, ' ');
    text_str(&t, hp_cable_name(c));
    text_str(&t, ": frames entered: ");
    text_u64(&t, in);
    text_str(&t, ", left: ");
    text_u64(&t, end->left);
    text_str(&t, ", died: ");
    text_u64(&t, end->died);
    text_str(&t, ", under way: ");
    text_u64(&t, s.flying);
}

/* ---- life ---- */

struct hp_shake_watch *hp_shake_watch_new(struct hp_run *run, const struct hp_allocator *allocator)
{
    struct hp_mem *mem = mem_new(allocator, 0);
    struct hp_shake_watch *w = mem ? mem_zalloc(mem, sizeof *w) : NULL;
    if (!w) {
        if (mem) mem_release(mem);
        return NULL;
    }
    w->mem = mem;
    w->run = run;
    w->ends = 2 * hp_run_plan(run)->cables;
    w->end = mem_zalloc(mem, (w->ends + 1) * sizeof *w->end);
    struct hp_trace trace = {watched_event, w, 1u << HP_TRACE_STATE | 1u << HP_TRACE_DROP};
    struct hp_cable_trace cables = {watched_cable, w};
    if (w->end && hp_world_trace(hp_run_world(run), &trace, &cables) == HP_OK) return w;
    hp_shake_watch_free(w);
    return NULL;
}

void hp_shake_watch_free(struct hp_shake_watch *w)
{
    if (!w) return;
    struct hp_mem *mem = w->mem;
    mem_free(mem, w->end, (w->ends + 1) * sizeof *w->end);
    mem_free(mem, w, sizeof *w);
    mem_release(mem);
}

const char *hp_shake_watch_wrong(struct hp_shake_watch *w)
{
    for (uint32_t i = 0; i < w->ends && !w->wrong[0]; i++) watched_conserved(w, i);
    if (!w->wrong[0] && hp_run_broken(w->run)) {
        struct text t = text_of(w->wrong, sizeof w->wrong);
        text_str(&t, w->run->stuck ? w->run->stuck : "a program found what cannot be");
    }
    w->ended = true;
    return w->wrong[0] ? w->wrong : NULL;
}
