/* Faults drawn from a seed, as lines of the lab language; and the fewest of them that still do harm. */
#include "hepta/shake.h"

#include "core/random.h"
#include "lab/run/run.h"

enum { SHAKE_MS_MIN = 5 };
enum shake_kind { SHAKE_CRASH, SHAKE_FREEZE, SHAKE_DRIFT, SHAKE_STEP, SHAKE_JUMP, SHAKE_OF_MACHINES,
                  SHAKE_DOWN = SHAKE_OF_MACHINES, SHAKE_LOSS, SHAKE_BURST, SHAKE_DUPLICATE, SHAKE_REORDER, SHAKE_JITTER, SHAKE_DELAY, SHAKE_BIT_ERRORS,
                  SHAKE_CORRUPT, SHAKE_RATE, SHAKE_MTU, SHAKE_KINDS };

/* ---- drawing ---- */

static uint32_t shake_machines(const struct hp_plan *plan)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < plan->nodes; i++) n += run_is_machine(&plan->node[i]);
    return n;
}

static const char *shake_machine(const struct hp_plan *plan, uint32_t which)
{
    for (uint32_t i = 0; i < plan->nodes; i++)
        if (run_is_machine(&plan->node[i]) && !which--) return plan->node[i].name;
    return NULL;
}

static void shake_share(struct text *t, struct random *r, const char *field, uint32_t percent_max)
{
    text_str(t, field);
    text_u64(t, 1 + random_below(r, percent_max));
    text_char(t, '%');
}

static void shake_span(struct text *t, struct random *r, const char *field, uint32_t ms_max)
{
    text_str(t, field);
    text_u64(t, 1 + random_below(r, ms_max));
    text_str(t, "ms");
}

static void shake_of_machine(struct text *t, struct random *r, enum shake_kind kind, const char *name)
{
    text_str(t, kind == SHAKE_CRASH ? "crash " : kind == SHAKE_FREEZE ? "freeze " : "clock ");
    text_str(t, name);
    if (kind == SHAKE_DRIFT) {
        text_str(t, random_below(r, 2) ? " drift " : " drift -");
        text_u64(t, 1 + random_below(r, 50));
        text_char(t, '%');
    }
    if (kind == SHAKE_STEP) shake_span(t, r, random_below(r, 2) ? " step " : " step -", 100000);
    if (kind == SHAKE_JUMP) shake_span(t, r, " jump ", 20000);
}

static void shake_of_cable(struct text *t, struct random *r, enum shake_kind kind, const char *name)
{
    static const char *const end[] = {"", "", " there", " back"};
    uint32_t which = random_below(r, 4);
    text_str(t, kind == SHAKE_DOWN ? "down " : "set ");
    text_str(t, name);
    if (kind != SHAKE_DOWN) text_str(t, end[which]);
    switch (kind) {
    case SHAKE_LOSS: shake_share(t, r, " loss ", 30); break;
    case SHAKE_BURST:
        shake_share(t, r, " burst ", 10);
        shake_share(t, r, " ", 50);
        break;
    case SHAKE_DUPLICATE: shake_share(t, r, " duplicate ", 30); break;
    case SHAKE_REORDER: shake_share(t, r, " reorder ", 30); break;
    case SHAKE_JITTER: shake_span(t, r, " jitter ", 50); break;
    case SHAKE_DELAY: shake_span(t, r, " delay ", 300); break;
    case SHAKE_BIT_ERRORS: text_str(t, " bit-errors 1e-5"); break;
    case SHAKE_CORRUPT: shake_share(t, r, " corrupt ", 10); break;
    case SHAKE_RATE:
        text_str(t, " rate ");
        text_u64(t, 16u << random_below(r, 10));
        text_str(t, "kbit/s");
        break;
    case SHAKE_MTU:
        text_str(t, " mtu ");
        text_u64(t, 68 + random_below(r, 1400));
        break;
    default: break;
    }
}

static enum shake_kind shake_kind(struct random *r, const struct hp_plan *plan, uint32_t machines)
{
    uint32_t kind = random_below(r, SHAKE_KINDS);
    if (!plan->cables) return (enum shake_kind)(kind % SHAKE_OF_MACHINES);
    if (!machines) return (enum shake_kind)(SHAKE_OF_MACHINES + kind % (SHAKE_KINDS - SHAKE_OF_MACHINES));
    return (enum shake_kind)kind;
}

uint32_t hp_shake_draw(const struct hp_plan *plan, uint64_t seed, uint32_t count, hp_time until, struct hp_shake_line *out)
{
    struct random r;
    uint32_t machines = shake_machines(plan);
    uint64_t ms = until == HP_NEVER || until > HP_S(3600) ? 10000 : (uint64_t)(until / HP_MS(1));
    if ((!machines && !plan->cables) || ms < 4 * SHAKE_MS_MIN) return 0;
    random_init(&r, seed, plan->name, "shake");
    for (uint32_t i = 0; i < count; i++) {
        struct text t = text_of(out[i].text, sizeof out[i].text);
        enum shake_kind kind = shake_kind(&r, plan, machines);
        uint64_t from = random_below(&r, (uint32_t)(ms - 2 * SHAKE_MS_MIN)), span = SHAKE_MS_MIN + random_below(&r, (uint32_t)(ms / 4));
        if (from + span >= ms) span = ms - from - 1;
        text_str(&t, "at ");
        text_u64(&t, from);
        text_str(&t, kind == SHAKE_JUMP ? "ms " : "ms..");
        if (kind != SHAKE_JUMP) text_u64(&t, from + span); /* a jump has no end */
        if (kind != SHAKE_JUMP) text_str(&t, "ms ");
        if (kind < SHAKE_OF_MACHINES) shake_of_machine(&t, &r, kind, shake_machine(plan, random_below(&r, machines)));
        else shake_of_cable(&t, &r, kind, plan->cable[random_below(&r, plan->cables)].name);
    }
    return count;
}

/* ---- shrinking ---- */

static bool shake_fails(struct hp_shrink *s, const struct hp_shake_line *lines, uint32_t count)
{
    if (s->tries >= (s->tries_max ? s->tries_max : 200)) return false;
    s->tries++;
    return s->fails(s->ctx, lines, count);
}

/* Without lines [from, from + n): kept so if it still fails. */
static bool shake_without(struct hp_shrink *s, struct hp_shake_line *lines, uint32_t *count, uint32_t from, uint32_t n)
{
    struct hp_shake_line kept[HP_SHAKE_FAULTS_MAX];
    uint32_t k = 0;
    for (uint32_t i = 0; i < *count; i++)
        if (i < from || i >= from + n) kept[k++] = lines[i];
    if (!shake_fails(s, kept, k)) return false;
    memcpy(lines, kept, k * sizeof *kept);
    *count = k;
    return true;
}

static void shake_fewer(struct hp_shrink *s, struct hp_shake_line *lines, uint32_t *count)
{
    for (uint32_t n = *count; n >= 1; n /= 2)
        for (uint32_t from = 0; from < *count;)
            if (!shake_without(s, lines, count, from, n)) from += n;
}

/* The line with its i-th number made smaller by half, or with its span cut; false: there is no such number, or it is 1. */
static bool shake_halve(const char *line, unsigned which, char *out, size_t n)
{
    struct text t = text_of(out, n);
    for (const char *p = line; *p;) {
        uint64_t v;
        size_t took = (p == line || p[-1] == ' ') && *p >= '0' && *p <= '9' ? text_take_u64(p, &v) : 0;
        if (!took || p[took] == 'e' || which--) {
            text_bytes(&t, p, took ? took : 1);
            p += took ? took : 1;
            continue;
        }
        if (v < 2) return false;
        text_u64(&t, v / 2);
        text_str(&t, p + took);
        return true;
    }
    return false;
}

/* "at 100ms..900ms": the end halfway to the beginning. */
static bool shake_shorten(const char *line, char *out, size_t n)
{
    uint64_t from, to;
    const char *dots = strstr(line, "ms..");
    size_t took = strncmp(line, "at ", 3) == 0 ? text_take_u64(line + 3, &from) : 0, end = dots ? text_take_u64(dots + 4, &to) : 0;
    if (!took || line + 3 + took != dots || !end || to <= from + 1) return false;
    struct text t = text_of(out, n);
    text_bytes(&t, line, (size_t)(dots + 4 - line));
    text_u64(&t, from + (to - from) / 2);
    text_str(&t, dots + 4 + end);
    return true;
}

static void shake_simpler(struct hp_shrink *s, struct hp_shake_line *lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct hp_shake_line was;
        for (unsigned way = 0; way < 2;) {
            was = lines[i];
            bool other = way == 0 ? shake_shorten(was.text, lines[i].text, sizeof was.text) : shake_halve(was.text, 1, lines[i].text, sizeof was.text);
            if (other && shake_fails(s, lines, count)) continue;
            lines[i] = was;
            way++;
        }
    }
}

uint32_t hp_shake_shrink(struct hp_shrink *s, struct hp_shake_line *lines, uint32_t count)
{
    s->tries = 0;
    shake_fewer(s, lines, &count);
    shake_simpler(s, lines, count);
    return count;
}
