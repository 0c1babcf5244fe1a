/* What a cable does to frames: attributes of its two directions, and of the cable itself. */
#include "core/bytes.h"
#include "lab/plan/plan.h"

enum { WAY_METRE_PS = 5000, WAY_RING_MAX = 1 << 30, WAY_QUEUE_MAX = 1000000 };

/* A value goes to both directions, or, after `back`, to the one from the second end to the first. */
static void way_give(struct plan_cable_at *at, void (*set)(struct hp_way *w, const void *value), const void *value)
{
    if (!at->back) set(&at->cable->config.way, value);
    set(&at->cable->back, value);
}

static void way_set_rate(struct hp_way *w, const void *value) { w->rate = *(const uint64_t *)value; }
static void way_set_delay(struct hp_way *w, const void *value) { w->delay = *(const hp_time *)value; }
static void way_set_ring(struct hp_way *w, const void *value) { w->ring_bytes = (uint32_t)*(const uint64_t *)value; }
static void way_set_loss(struct hp_way *w, const void *value) { w->faults.loss = *(const uint32_t *)value; }
static void way_set_duplicate(struct hp_way *w, const void *value) { w->faults.duplicate = *(const uint32_t *)value; }
static void way_set_bit_errors(struct hp_way *w, const void *value) { w->faults.bit_errors = *(const uint32_t *)value; }
static void way_set_jitter(struct hp_way *w, const void *value) { w->faults.jitter = *(const hp_time *)value; }

static void way_set_reorder(struct hp_way *w, const void *value)
{
    const struct hp_faults *f = value;
    w->faults.reorder = f->reorder;
    w->faults.reorder_by = f->reorder_by;
}

static void way_set_burst(struct hp_way *w, const void *value)
{
    const struct hp_faults *f = value;
    w->faults.burst_begin = f->burst_begin;
    w->faults.burst_end = f->burst_end;
    w->faults.burst_loss = f->burst_loss;
}

/* ---- values ---- */

static bool way_take_share(struct plan_cursor *c, uint32_t *out)
{
    const char *text = plan_take(c, "a share, as 1% or 0.01");
    if (!text) return false;
    return hp_share_parse(text, out) || plan_fail(c->r, c->last, "\"%s\" is no share, as 1%%, 0.01 or 1e-6", text);
}

static bool way_take_span(struct plan_cursor *c, hp_time *out)
{
    const char *text = plan_take(c, "a time, as 10ms");
    if (!text) return false;
    if (!hp_span_parse(text, out)) return plan_fail(c->r, c->last, "\"%s\" is no time, as 10ms, 200us or 1.5s", text);
    return *out <= HP_S(3600) || plan_fail(c->r, c->last, "%s is longer than an hour", text);
}

static bool way_take_size(struct plan_cursor *c, uint64_t most, uint64_t *out)
{
    const char *text = plan_take(c, "a size, as 64KiB");
    if (!text) return false;
    return (hp_size_parse(text, out) && *out <= most) || plan_fail(c->r, c->last, "\"%s\" is no size (or too large a one), as 1500 or 64KiB", text);
}

/* ---- of a direction ---- */

static bool way_rate(struct plan_cursor *c, void *ctx)
{
    uint64_t rate = 0;
    const char *text = plan_take(c, "bits per second, as 100Mbit/s");
    if (!text) return false;
    if (strcmp(text, "infinite") != 0 && (!hp_rate_parse(text, &rate) || !rate))
        return plan_fail(c->r, c->last, "\"%s\" is no rate, as 9600, 100Mbit/s, 1Gbit/s or infinite", text);
    way_give(ctx, way_set_rate, &rate);
    return true;
}

static bool way_delay(struct plan_cursor *c, void *ctx)
{
    hp_time delay;
    if (!way_take_span(c, &delay)) return false;
    way_give(ctx, way_set_delay, &delay);
    return true;
}

/* Millimetres. */
static bool way_metres(const char *text, uint64_t *out)
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
static bool way_length(struct plan_cursor *c, void *ctx)
{
    uint64_t mm;
    const char *text = plan_take(c, "a length, as 30m or 2km");
    if (!text) return false;
    if (!way_metres(text, &mm)) return plan_fail(c->r, c->last, "\"%s\" is no length, as 30m or 2km", text);
    hp_time delay = (hp_time)(mm * WAY_METRE_PS / 1000 / 1000);
    way_give(ctx, way_set_delay, &delay);
    return true;
}

static bool way_loss(struct plan_cursor *c, void *ctx)
{
    uint32_t share;
    if (!way_take_share(c, &share)) return false;
    way_give(ctx, way_set_loss, &share);
    return true;
}

static bool way_duplicate(struct plan_cursor *c, void *ctx)
{
    uint32_t share;
    if (!way_take_share(c, &share)) return false;
    way_give(ctx, way_set_duplicate, &share);
    return true;
}

static bool way_bit_errors(struct plan_cursor *c, void *ctx)
{
    uint32_t share;
    if (!way_take_share(c, &share)) return false;
    way_give(ctx, way_set_bit_errors, &share);
    return true;
}

/* burst BEGIN END [LOSS] */
static bool way_burst(struct plan_cursor *c, void *ctx)
{
    struct hp_faults f = {0};
    if (!way_take_share(c, &f.burst_begin) || !way_take_share(c, &f.burst_end)) return false;
    if (f.burst_begin && !f.burst_end) return plan_fail(c->r, c->last, "a burst must be able to end");
    const char *more = plan_peek(c);
    if (c->r->err) return false;
    if (more && hp_share_parse(more, &f.burst_loss)) c->last = c->word++;
    way_give(ctx, way_set_burst, &f);
    return true;
}

/* reorder SHARE [BY] */
static bool way_reorder(struct plan_cursor *c, void *ctx)
{
    struct hp_faults f = {0};
    if (!way_take_share(c, &f.reorder)) return false;
    const char *more = plan_peek(c);
    if (c->r->err) return false;
    if (more && hp_span_parse(more, &f.reorder_by) && !way_take_span(c, &f.reorder_by)) return false;
    way_give(ctx, way_set_reorder, &f);
    return true;
}

static bool way_jitter(struct plan_cursor *c, void *ctx)
{
    hp_time jitter;
    if (!way_take_span(c, &jitter)) return false;
    way_give(ctx, way_set_jitter, &jitter);
    return true;
}

static bool way_ring(struct plan_cursor *c, void *ctx)
{
    uint64_t bytes;
    if (!way_take_size(c, WAY_RING_MAX, &bytes)) return false;
    way_give(ctx, way_set_ring, &bytes);
    return true;
}

static bool way_back(struct plan_cursor *c, void *ctx)
{
    struct plan_cable_at *at = ctx;
    at->back = at->has_back = true;
    return true;
}

/* ---- of the cable ---- */

/* "100p" */
static bool way_queue(struct plan_cursor *c, void *ctx)
{
    struct plan_cable_at *at = ctx;
    uint64_t frames;
    const char *text = plan_take(c, "how many packets may wait, as 100p");
    if (!text) return false;
    size_t n = text_take_u64(text, &frames);
    if (!n && *text >= 'a' && *text <= 'z')
        return plan_fail(c->r, c->last, "the queue discipline \"%s\" is not built; there is: queue Np (N packets wait, one more is dropped)", text);
    if (!n || strcmp(text + n, "p") != 0 || frames < 1 || frames > WAY_QUEUE_MAX)
        return plan_fail(c->r, c->last, "\"%s\": a queue is counted in packets, 1p to %dp, as 100p", text, WAY_QUEUE_MAX);
    at->cable->config.queue_max = (uint32_t)frames;
    return true;
}

static bool way_mtu(struct plan_cursor *c, void *ctx)
{
    uint64_t mtu;
    if (!plan_take_number(c, "bytes", 68, 65535, &mtu)) return false;
    ((struct plan_cable_at *)ctx)->cable->config.mtu = (uint32_t)mtu;
    return true;
}

static bool way_half_duplex(struct plan_cursor *c, void *ctx)
{
    ((struct plan_cable_at *)ctx)->cable->config.half_duplex = true;
    return true;
}

static bool way_end_address(struct plan_cursor *c, struct plan_cable_at *at, unsigned end)
{
    struct hp_prefix address;
    const char *text = plan_peek(c);
    if (text && strcmp(text, "-") == 0) return plan_take(c, "") != NULL;
    if (!plan_take_address(c, &address)) return false;
    const struct hp_plan_cable *k = at->cable;
    return !k->name || plan_interface_address(c->r, c->last, k->node[end], k->interface[end], &address);
}

static bool way_ip(struct plan_cursor *c, void *ctx) { return way_end_address(c, ctx, 0) && way_end_address(c, ctx, 1); }

static bool way_name(struct plan_cursor *c, void *ctx)
{
    struct plan_cable_at *at = ctx;
    const char *text = plan_take(c, "a name");
    if (!text || !plan_name_ok(c->r, c->last, text, PLAN_LONG_NAME_MAX)) return false;
    at->name = c->last;
    at->name_text = c->last->plain ? text : plan_text(c->r->arena, text, strlen(text));
    return at->name_text || plan_no_memory(c->r);
}

static bool way_kind(struct plan_cursor *c, void *ctx)
{
    struct plan_cable_at *at = ctx;
    const char *name = plan_take(c, "the name of a cable-kind");
    const struct plan_kind *k = name ? plan_kind_find(c, "cable", name) : NULL;
    if (!k) return false;
    struct plan_cursor inner = {.r = c->r, .turns = c->turns, .word = k->word, .end = k->word + k->words, .depth = c->depth + 1, .budget = c->budget};
    bool back = at->back;
    if (!plan_cable_attrs(&inner, at)) return false;
    at->back = back;
    at->cable->kind = k->name;
    return true;
}

/* code NAME: its bit errors are then on symbols. */
static bool way_code(struct plan_cursor *c, void *ctx)
{
    const char *names[8] = {NULL}, *text = plan_take(c, "the name of a line code, as manchester");
    if (!text) return false;
    const struct hp_line_code *code = hp_line_code_find(text);
    for (unsigned i = 0; i < 7 && hp_line_code_at(i); i++) names[i] = hp_line_code_at(i)->name;
    if (!code) return plan_fail_near(c->r, c->last, names, text, "there is no line code \"%s\"; there is manchester", text);
    ((struct plan_cable_at *)ctx)->cable->config.code = code;
    return true;
}

static bool way_not_built(struct plan_cursor *c, void *ctx)
{
    return plan_fail(c->r, c->key, "\"%s\" is not built: a cable has a rate, a delay, faults and a line code, but no analogue signal yet", c->key->text);
}

static const struct plan_attr way_table[] = {
    {"rate", way_rate, 1}, {"delay", way_delay, 1}, {"length", way_length, 1}, {"loss", way_loss, 1}, {"burst", way_burst, 1}, {"duplicate", way_duplicate, 1},
    {"reorder", way_reorder, 1}, {"jitter", way_jitter, 1}, {"bit-errors", way_bit_errors, 1}, {"ring", way_ring, 1}, {"queue", way_queue, 1},
    {"mtu", way_mtu, 1}, {"half-duplex", way_half_duplex, 1}, {"ip", way_ip, 1}, {"name", way_name, 1}, {"kind", way_kind, 1}, {"back", way_back, 1},
    {"code", way_code, 1}, {"snr", way_not_built, 1}, {"wave", way_not_built, 1}, {NULL, NULL, 0}};

bool plan_cable_attrs(struct plan_cursor *c, struct plan_cable_at *at) { return plan_attrs(c, way_table, 1, at, NULL); }
