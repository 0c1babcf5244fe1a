/* Values of one direction of a cable. */
#include "lab/plan/value.h"

#include <string.h>

#include "core/text.h"

enum { VALUE_METRE_PS = 5000, VALUE_RING_MAX = 1 << 30, VALUE_MTU_MIN = 68, VALUE_MTU_MAX = 65535, VALUE_NAMES_MAX = 32 };

const char *const value_names[] = {"rate", "delay", "length", "loss", "burst", "duplicate", "reorder", "jitter", "bit-errors", "corrupt", "ring", "mtu", NULL};

enum value_field value_find(const char *name)
{
    int i = 0;
    while (value_names[i] && strcmp(value_names[i], name) != 0) i++;
    return (enum value_field)i;
}

const struct hp_rate_trace *value_trace(const struct hp_plan *plan, const char *name)
{
    for (uint32_t i = 0; i < plan->traces; i++)
        if (strcmp(plan->trace[i]->name, name) == 0) return plan->trace[i];
    return NULL;
}

/* ---- single values ---- */

static bool value_right(const struct value_words *w)
{
    w->take(w->ctx);
    return true;
}

static bool value_share(const struct value_words *w, uint32_t *out)
{
    const char *text = w->peek(w->ctx);
    if (!text || !hp_share_parse(text, out)) return w->wrong(w->ctx, NULL, "share, as 1%, 0.01 or 1e-6");
    return value_right(w);
}

static bool value_span(const struct value_words *w, hp_time *out)
{
    const char *text = w->peek(w->ctx);
    if (!text || !hp_span_parse(text, out) || *out > HP_S(3600)) return w->wrong(w->ctx, NULL, "time, as 10ms, 200us or 1.5s, an hour at most");
    return value_right(w);
}

static bool value_size(const struct value_words *w, uint64_t most, uint64_t *out)
{
    const char *text = w->peek(w->ctx);
    if (!text || !hp_size_parse(text, out) || *out > most) return w->wrong(w->ctx, NULL, "size, as 1500 or 64KiB, 1GiB at most");
    return value_right(w);
}

static bool value_moves(const struct hp_rate_trace *t)
{
    for (uint32_t i = 0; i < t->spans; i++)
        if (t->span[i].rate) return true;
    return false;
}

/* 10Mbit/s, infinite, or the name of a trace. */
static bool value_rate(const struct value_words *w, struct hp_way *out)
{
    const char *text = w->peek(w->ctx), *names[VALUE_NAMES_MAX + 1] = {"infinite"};
    out->rate = 0;
    out->trace = NULL;
    if (text && strcmp(text, "infinite") == 0) return value_right(w);
    if (text && hp_rate_parse(text, &out->rate) && out->rate) return value_right(w);
    out->rate = 0;
    out->trace = text ? value_trace(w->plan, text) : NULL;
    if (out->trace && value_moves(out->trace)) return value_right(w);
    if (out->trace) return w->wrong(w->ctx, NULL, "rate-trace in which something moves");
    for (uint32_t i = 0; i < w->plan->traces && i + 2 < VALUE_NAMES_MAX; i++) names[i + 1] = w->plan->trace[i]->name;
    return w->wrong(w->ctx, names, "rate, as 9600, 100Mbit/s, 1Gbit/s, infinite or the name of a rate-trace");
}

/* Millimetres. */
static bool value_metres(const char *text, uint64_t *out)
{
    static const struct { const char *unit; uint64_t mm; } units[] = {{"mm", 1}, {"cm", 10}, {"m", 1000}, {"km", 1000000}};
    uint64_t whole, part = 0;
    size_t n = text_take_u64(text, &whole), digits = 0, scale = 1;
    if (n && text[n] == '.') {
        digits = text_take_u64(text + n + 1, &part);
        if (!digits || digits > 6) return false;
        n += 1 + digits;
    }
    while (digits--) scale *= 10;
    for (unsigned i = 0; n && i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + n, units[i].unit) != 0 || whole > 1000000000) continue;
        *out = whole * units[i].mm + part * units[i].mm / scale;
        return *out <= 1000000000000; /* a million kilometres */
    }
    return false;
}

/* A signal travels at about 2e8 m/s: 5 ns a metre. */
static bool value_length(const struct value_words *w, hp_time *delay)
{
    uint64_t mm;
    const char *text = w->peek(w->ctx);
    if (!text || !value_metres(text, &mm)) return w->wrong(w->ctx, NULL, "length, as 30m or 2km");
    *delay = (hp_time)(mm * VALUE_METRE_PS / 1000 / 1000);
    return value_right(w);
}

/* burst BEGIN END [LOSS] */
static bool value_burst(const struct value_words *w, struct hp_faults *f)
{
    uint32_t share;
    f->burst_loss = 0;
    if (!value_share(w, &f->burst_begin)) return false;
    const char *end = w->peek(w->ctx);
    if (f->burst_begin && end && hp_share_parse(end, &share) && !share) return w->wrong(w->ctx, NULL, "share above 0: a burst must be able to end");
    if (!value_share(w, &f->burst_end)) return false;
    const char *more = w->peek(w->ctx);
    return !more || !hp_share_parse(more, &share) || value_share(w, &f->burst_loss);
}

/* reorder SHARE [BY] */
static bool value_reorder(const struct value_words *w, struct hp_faults *f)
{
    hp_time by;
    f->reorder_by = 0;
    if (!value_share(w, &f->reorder)) return false;
    const char *more = w->peek(w->ctx);
    return !more || !hp_span_parse(more, &by) || value_span(w, &f->reorder_by);
}

static bool value_ring(const struct value_words *w, uint32_t *out)
{
    uint64_t bytes;
    if (!value_size(w, VALUE_RING_MAX, &bytes)) return false;
    *out = (uint32_t)bytes;
    return true;
}

static bool value_mtu(const struct value_words *w, uint32_t *out)
{
    uint64_t bytes = 0;
    const char *text = w->peek(w->ctx);
    bool none = text && strcmp(text, "none") == 0;
    size_t n = text && !none ? text_take_u64(text, &bytes) : 0;
    if (!none && (!n || text[n] || bytes < VALUE_MTU_MIN || bytes > VALUE_MTU_MAX))
        return w->wrong(w->ctx, NULL, "number of bytes from 68 to 65535, as 1280, or none");
    *out = (uint32_t)bytes;
    return value_right(w);
}

/* ---- by name ---- */

bool value_read(const struct value_words *w, enum value_field field, struct hp_way *out)
{
    switch (field) {
    case VALUE_RATE: return value_rate(w, out);
    case VALUE_DELAY: return value_span(w, &out->delay);
    case VALUE_LENGTH: return value_length(w, &out->delay);
    case VALUE_LOSS: return value_share(w, &out->faults.loss);
    case VALUE_BURST: return value_burst(w, &out->faults);
    case VALUE_DUPLICATE: return value_share(w, &out->faults.duplicate);
    case VALUE_REORDER: return value_reorder(w, &out->faults);
    case VALUE_JITTER: return value_span(w, &out->faults.jitter);
    case VALUE_BIT_ERRORS: return value_share(w, &out->faults.bit_errors);
    case VALUE_CORRUPT: return value_share(w, &out->faults.corrupt);
    case VALUE_RING: return value_ring(w, &out->ring_bytes);
    case VALUE_MTU: return value_mtu(w, &out->mtu);
    case VALUE_FIELDS: break;
    }
    return false;
}

static void value_copy_fault(struct hp_faults *to, const struct hp_faults *from, enum value_field field)
{
    if (field == VALUE_LOSS) to->loss = from->loss;
    if (field == VALUE_DUPLICATE) to->duplicate = from->duplicate;
    if (field == VALUE_JITTER) to->jitter = from->jitter;
    if (field == VALUE_BIT_ERRORS) to->bit_errors = from->bit_errors;
    if (field == VALUE_CORRUPT) to->corrupt = from->corrupt;
    if (field == VALUE_REORDER) {
        to->reorder = from->reorder;
        to->reorder_by = from->reorder_by;
    }
    if (field == VALUE_BURST) {
        to->burst_begin = from->burst_begin;
        to->burst_end = from->burst_end;
        to->burst_loss = from->burst_loss;
    }
}

void value_copy(struct hp_way *to, const struct hp_way *from, enum value_field field)
{
    switch (field) {
    case VALUE_RATE:
        to->rate = from->rate;
        to->trace = from->trace;
        break;
    case VALUE_DELAY:
    case VALUE_LENGTH: to->delay = from->delay; break;
    case VALUE_RING: to->ring_bytes = from->ring_bytes; break;
    case VALUE_MTU: to->mtu = from->mtu; break;
    default: value_copy_fault(&to->faults, &from->faults, field); break;
    }
}
