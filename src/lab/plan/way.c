/* What a cable does to frames: attributes of its two directions, and of the cable itself. */
#include "core/bytes.h"
#include "lab/plan/plan.h"
#include "lab/plan/value.h"

enum { WAY_QUEUE_MAX = 1000000 };

/* ---- of a direction: value.c ---- */

static const char *way_word_peek(void *ctx) { return plan_peek(ctx); }

static void way_word_take(void *ctx)
{
    struct plan_cursor *c = ctx;
    c->last = c->word++;
}

static bool way_word_wrong(void *ctx, const char *const *nearest, const char *what)
{
    static const char *const none[] = {NULL};
    struct plan_cursor *c = ctx;
    if (c->r->err) return false;
    if (c->word == c->end) return plan_fail(c->r, c->key, "\"%s\" wants a %s", c->key->text, what);
    const char *text = plan_peek(c);
    return text && plan_fail_near(c->r, c->word, nearest ? nearest : none, text, "\"%s\" is no %s", text, what);
}

/* A value goes to both directions, or, after `back`, to the one from the second end to the first. */
static bool way_value(struct plan_cursor *c, void *ctx, const char *word, bool *known)
{
    struct plan_cable_at *at = ctx;
    struct hp_way way = {0};
    const struct value_words words = {.plan = c->r->plan, .ctx = c, .peek = way_word_peek, .take = way_word_take, .wrong = way_word_wrong};
    enum value_field field = value_find(word);
    if (field == VALUE_FIELDS) return true;
    *known = true;
    if (!value_read(&words, field, &way)) return false;
    if (!at->back) value_copy(&at->cable->config.way, &way, field);
    value_copy(&at->cable->back, &way, field);
    return true;
}

static bool way_back(struct plan_cursor *c, void *ctx)
{
    struct plan_cable_at *at = ctx;
    at->back = at->has_back = true;
    return true;
}

/* ---- of the cable ---- */

/* "100p", after `queue` or `limit` */
static bool way_queue_length(struct plan_cursor *c, struct plan_cable_at *at)
{
    uint64_t frames;
    const char *text = plan_take(c, "how many packets may wait, as 100p");
    size_t n = text ? text_take_u64(text, &frames) : 0;
    if (!text) return false;
    if (!n || strcmp(text + n, "p") != 0 || frames < 1 || frames > WAY_QUEUE_MAX)
        return plan_fail(c->r, c->last, "\"%s\": a queue is counted in packets, 1p to %dp, as 100p", text, WAY_QUEUE_MAX);
    at->cable->config.queue_max = (uint32_t)frames;
    return true;
}

/* queue [tail-drop|fq_codel] [limit] [Np] */
static bool way_queue(struct plan_cursor *c, void *ctx)
{
    static const char *const disciplines[] = {"tail-drop", "fq_codel", NULL};
    struct hp_cable_config *config = &((struct plan_cable_at *)ctx)->cable->config;
    const char *text = plan_peek(c);
    if (!text && c->r->err) return false;
    if (!text || (*text >= '0' && *text <= '9')) return way_queue_length(c, ctx);
    if (!plan_take(c, "")) return false;
    int i = 0;
    while (disciplines[i] && strcmp(disciplines[i], text) != 0) i++;
    if (!disciplines[i])
        return plan_fail_near(c->r, c->last, disciplines, text,
                              "\"%s\" is no queue discipline; there are tail-drop and fq_codel: queue fq_codel limit 1000p, or just queue 100p", text);
    config->queue = i ? HP_QUEUE_FQ_CODEL : HP_QUEUE_TAIL_DROP;
    config->queue_max = 0;
    text = plan_peek(c);
    if (!text || strcmp(text, "limit") != 0) return !c->r->err;
    return plan_take(c, "") && way_queue_length(c, ctx);
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
    if (!code) return plan_fail_near(c->r, c->last, names, text, "there is no line code \"%s\"; there are: manchester, 4b5b-mlt3", text);
    ((struct plan_cable_at *)ctx)->cable->config.code = code;
    return true;
}

static bool way_not_built(struct plan_cursor *c, void *ctx)
{
    return plan_fail(c->r, c->key,
                     "\"%s\" belongs to a signal's samples and noise, which are not built; say what noise does to bits: bit-errors 1e-6 (with a code: to its symbols)", c->key->text);
}

/* Without a function: way_value. */
static const struct plan_attr way_table[] = {
    {"rate", NULL, 1}, {"delay", NULL, 1}, {"length", NULL, 1}, {"loss", NULL, 1}, {"burst", NULL, 1}, {"duplicate", NULL, 1}, {"reorder", NULL, 1},
    {"jitter", NULL, 1}, {"bit-errors", NULL, 1}, {"corrupt", NULL, 1}, {"ring", NULL, 1}, {"queue", way_queue, 1},
    {"mtu", way_mtu, 1}, {"half-duplex", way_half_duplex, 1}, {"ip", way_ip, 1}, {"name", way_name, 1}, {"kind", way_kind, 1}, {"back", way_back, 1},
    {"code", way_code, 1}, {"snr", way_not_built, 1}, {"wave", way_not_built, 1}, {NULL, NULL, 0}};

bool plan_cable_attrs(struct plan_cursor *c, struct plan_cable_at *at) { return plan_attrs(c, way_table, 1, at, way_value); }
