/* rate-trace NAME SPAN RATE ...         a rate that changes: for so long so much, and then again from the beginning
 * rate-trace NAME file "FILE"           lines "SPAN RATE", or mahimahi's: the millisecond of each chance to send a packet
 *
 * More lines of the same name go on where it ended. */
#include "core/bytes.h"
#include "lab/plan/plan.h"
#include "lab/plan/value.h"

enum { TRACE_FRAME_BITS = 1538 * 8 };           /* a full frame on the cable: what goes over it at one of mahimahi's chances */
static const hp_time trace_most = HP_S(86400) * 366;

/* ---- spans ---- */

static bool trace_add(struct plan_reader *r, const struct plan_word *at, struct hp_rate_trace *t, hp_time until, uint64_t rate)
{
    struct hp_rate_span *span = (struct hp_rate_span *)(uintptr_t)t->span;
    if (until > trace_most) return plan_fail(r, at, "a rate-trace of more than a year");
    if (t->spans >= HP_PLAN_LINES_MAX) return plan_fail(r, at, "a rate-trace has at most %d spans", HP_PLAN_LINES_MAX);
    if (t->spans && span[t->spans - 1].rate == rate) { /* it only goes on */
        span[t->spans - 1].until = until;
        return true;
    }
    span = plan_more(r->arena, span, t->spans, sizeof *span);
    if (!span) return plan_no_memory(r);
    span[t->spans++] = (struct hp_rate_span){.until = until, .rate = rate};
    t->span = span;
    return true;
}

static hp_time trace_end(const struct hp_rate_trace *t) { return t->spans ? t->span[t->spans - 1].until : 0; }

static bool trace_one(struct plan_reader *r, struct hp_rate_trace *t, const struct plan_word *span, const struct plan_word *rate)
{
    hp_time length;
    uint64_t bits = 0;
    if (!hp_span_parse(span->text, &length) || length <= 0 || length > trace_most)
        return plan_fail(r, span, "\"%s\" is no time for how long the rate is so, as 100ms", span->text);
    if (!rate) return plan_fail(r, span, "after \"%s\" a rate is wanted: SPAN RATE, as 100ms 5Mbit/s", span->text);
    if (strcmp(rate->text, "0") != 0 && !hp_rate_parse(rate->text, &bits))
        return plan_fail(r, rate, "\"%s\" is no rate, as 5Mbit/s, or 0 when nothing moves", rate->text);
    return trace_add(r, span, t, trace_end(t) + length, bits);
}

static bool trace_pairs(struct plan_reader *r, struct hp_rate_trace *t, const struct plan_word *w, uint32_t words)
{
    for (uint32_t i = 0; i < words; i += 2)
        if (!trace_one(r, t, &w[i], i + 1 < words ? &w[i + 1] : NULL)) return false;
    return true;
}

/* ---- mahimahi: a line for each packet that may go, numbers that never fall ---- */

struct trace_chances {
    hp_time began;              /* where the trace was before this file */
    uint64_t ms;                /* of the last line */
    uint32_t count;             /* in that millisecond */
};

/* What is known of the millisecond, and that before it nothing went. */
static bool trace_chances_end(struct plan_reader *r, const struct plan_word *at, struct hp_rate_trace *t, const struct trace_chances *c)
{
    if (!c->count) return true;
    hp_time from = c->began + HP_MS(1) * (hp_time)(c->ms - 1);
    if (from > trace_end(t) && !trace_add(r, at, t, from, 0)) return false;
    return trace_add(r, at, t, from + HP_MS(1), (uint64_t)c->count * TRACE_FRAME_BITS * 1000);
}

static bool trace_chance(struct plan_reader *r, struct hp_rate_trace *t, const struct plan_word *w, struct trace_chances *c)
{
    uint64_t ms;
    size_t n = text_take_u64(w->text, &ms);
    if (!n || w->text[n] || ms > (uint64_t)(trace_most / HP_MS(1)))
        return plan_fail(r, w, "\"%s\": a line is SPAN RATE, as 100ms 5Mbit/s, or (mahimahi's) the millisecond at which a packet may go", w->text);
    ms = ms ? ms : 1;
    if (ms < c->ms) return plan_fail(r, w, "millisecond %s comes after %llu: they must not fall", w->text, (unsigned long long)c->ms);
    if (ms > c->ms && !trace_chances_end(r, w, t, c)) return false;
    c->count = ms > c->ms ? 1 : c->count + 1;
    c->ms = ms;
    return true;
}

/* ---- files ---- */

static bool trace_lines(struct plan_reader *r, struct hp_rate_trace *t, struct plan_source *s)
{
    struct trace_chances chances = {.began = trace_end(t)};
    struct plan_word last = {.text = ""};
    uint32_t words = 0; /* of every line */
    while (plan_line(r, s)) {
        last = r->word[0];
        if (r->words > 2) return plan_fail(r, &r->word[2], "a line of a rate-trace's file has two words: SPAN RATE");
        if (words && r->words != words) return plan_fail(r, &last, "lines of two kinds in one file: SPAN RATE, and mahimahi's milliseconds");
        words = r->words;
        if (words == 2 ? !trace_pairs(r, t, r->word, 2) : !trace_chance(r, t, r->word, &chances)) return false;
    }
    return !r->err && trace_chances_end(r, &last, t, &chances);
}

static bool trace_file(struct plan_reader *r, struct hp_rate_trace *t, const struct plan_source *from, const struct plan_word *w)
{
    const struct plan_word name = *w; /* the file's words come where it stands */
    struct plan_source s;
    const char *text;
    size_t n;
    if (!plan_open(r, from, &name, &text, &n)) return false;
    bool ok = plan_source_begin(r, name.text, text, n, from->depth + 1, &s) && trace_lines(r, t, &s);
    plan_close(r, text, n);
    return ok;
}

/* ---- the line ---- */

static struct hp_rate_trace *trace_of(struct plan_reader *r, const struct plan_word *w)
{
    struct hp_plan *plan = r->plan;
    uint64_t rate;
    for (uint32_t i = 0; i < plan->traces; i++)
        if (strcmp(plan->trace[i]->name, w->text) == 0) return plan->trace[i];
    if (!plan_name_ok(r, w, w->text, PLAN_LONG_NAME_MAX)) return NULL;
    if (strcmp(w->text, "infinite") == 0 || hp_rate_parse(w->text, &rate)) {
        plan_fail(r, w, "\"%s\" is a rate already, so that no rate-trace can be called so", w->text);
        return NULL;
    }
    if (plan->traces >= HP_PLAN_TRACES_MAX) {
        plan_fail(r, w, "more than %d rate-traces", HP_PLAN_TRACES_MAX);
        return NULL;
    }
    struct hp_rate_trace **more = plan_more(r->arena, plan->trace, plan->traces, sizeof *more), *t = plan_alloc(r->arena, sizeof *t);
    if (more) plan->trace = more;
    if (more && t) t->name = plan_text(r->arena, w->text, w->n);
    if (!more || !t || !t->name) {
        plan_no_memory(r);
        return NULL;
    }
    return plan->trace[plan->traces++] = t;
}

bool plan_rate_trace_line(struct plan_reader *r, const struct plan_source *from)
{
    static const char usage[] = "a rate-trace is a name and how long what rate holds: rate-trace NAME SPAN RATE ..., or rate-trace NAME file \"FILE\"";
    const struct plan_word key = r->word[0];
    if (r->words < 3) return plan_fail(r, &key, "%s", usage);
    struct hp_rate_trace *t = trace_of(r, &r->word[1]);
    if (!t) return false;
    if (strcmp(r->word[2].text, "file") != 0) return trace_pairs(r, t, r->word + 2, r->words - 2);
    if (r->words != 4) return plan_fail(r, &key, "%s", usage);
    return trace_file(r, t, from, &r->word[3]);
}
