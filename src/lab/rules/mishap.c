/* When something goes wrong:
 *
 *   at T ACTION                      at T1..T2 ACTION        (undone at T2)
 *   every P [from T] [until T] [for D] ACTION
 *   when PATTERN [after D] [each] then ACTION [for D]
 *
 * `for D` also after any action: undone D later.  What strikes is said ("down neck"), and what is undone with the opposite word
 * ("up neck"), so that expectations can wait for it. */
#include "core/stack.h"
#include "lab/rules/rules.h"

static void mishap_keep_text(struct mishap *f, const struct rule_line *from)
{
    struct text t = text_of(f->text, sizeof f->text);
    struct rule_line r = *from;
    for (; !rule_end(&r) && !rule_is(&r, "for"); rule_next(&r)) {
        if (text_len(&t)) text_char(&t, ' ');
        text_str(&t, r.token);
    }
}

static bool mishap_read_action(struct rule_line *r, struct mishap *f)
{
    mishap_keep_text(f, r);
    if (!action_read(r, f->rules, &f->action)) return false;
    if (rule_take(r, "for") && !rule_time(r, &f->span)) return false;
    if (!rule_finish(r)) return false;
    if (!f->span || !action_is_final(&f->action)) return true;
    hp_plan_complain(r->plan, r->error, f->line->place, NULL, "jump", "a clock that jumped cannot be set back: leave out the time of its end");
    return false;
}

/* "3s..3.5s" is one word. */
static bool mishap_read_at(struct rule_line *r, struct mishap *f)
{
    char first[sizeof r->token];
    const char *dots = NULL;
    for (const char *s = r->token; *s && !dots; s++)
        if (s[0] == '.' && s[1] == '.') dots = s;
    if (!dots) return rule_time(r, &f->from) && mishap_read_action(r, f);
    memcpy(first, r->token, (size_t)(dots - r->token));
    first[dots - r->token] = 0;
    if (!hp_span_parse(first, &f->from) || !hp_span_parse(dots + 2, &f->to) || f->to <= f->from)
        return rule_wrong(r, NULL, "two times such as 3s..3.5s, the later one second");
    f->span = f->to - f->from;
    rule_next(r);
    return mishap_read_action(r, f);
}

static bool mishap_read_every(struct rule_line *r, struct mishap *f)
{
    struct rule_line period = *r;
    if (!rule_time(r, &f->period)) return false;
    if (f->period <= 0) return rule_wrong(&period, NULL, "a period longer than 0");
    f->from = f->period;
    f->to = HP_NEVER;
    for (;;) {
        if (rule_take(r, "from")) {
            if (!rule_time(r, &f->from)) return false;
        } else if (rule_take(r, "until")) {
            if (!rule_time(r, &f->to)) return false;
        } else if (rule_take(r, "for")) {
            if (!rule_time(r, &f->span)) return false;
        } else {
            return mishap_read_action(r, f);
        }
    }
}

static bool mishap_read_when(struct rule_line *r, struct mishap *f)
{
    static const char *const words[] = {"then", "after", "each", NULL};
    f->has_pattern = true;
    if (!pattern_read(r, &f->pattern)) return false;
    for (;;) {
        if (rule_take(r, "after")) {
            if (!rule_time(r, &f->after)) return false;
        } else if (rule_take(r, "each")) {
            f->each = true;
        } else if (rule_take(r, "then")) {
            return mishap_read_action(r, f);
        } else {
            return rule_wrong(r, words, "then and what goes wrong (or: after TIME, each)");
        }
    }
}

bool mishap_read(struct rules *rules, struct mishap *f, const struct hp_plan_line *line, struct hp_plan_error *error)
{
    struct rule_line r;
    *f = (struct mishap){.rules = rules, .line = line};
    rule_begin(&r, rules->c.plan, line, error);
    if (rule_take(&r, "at")) return mishap_read_at(&r, f);
    if (rule_take(&r, "every")) return mishap_read_every(&r, f);
    if (rule_take(&r, "when")) return mishap_read_when(&r, f);
    return rule_wrong(&r, NULL, "at, every or when");
}

void mishap_free(struct mishap *f) { action_free(f->rules, &f->action); }

/* ---- happening ---- */

static void mishap_undo(void *ctx)
{
    struct mishap *f = ctx;
    char text[sizeof f->text];
    struct text t = text_of(text, sizeof text);
    const char *rest = f->text;
    while (*rest && *rest != ' ') rest++;
    text_str(&t, action_opposite(&f->action));
    text_str(&t, rest);
    action_undo(f->rules, &f->action);
    rules_say(f->rules, HP_RUN_FAULT, text, HP_OK);
}

static void mishap_strike(void *ctx)
{
    struct mishap *f = ctx;
    struct hp_world *w = f->rules->c.world;
    f->times++;
    rules_say(f->rules, HP_RUN_FAULT, f->text, HP_OK);
    action_do(f->rules, &f->action);
    if (f->span > 0) hp_world_at(w, hp_world_now(w) + f->span, mishap_undo, f);
    if (f->period > 0 && hp_world_now(w) + f->period <= f->to) hp_world_at(w, hp_world_now(w) + f->period, mishap_strike, f);
}

int mishap_plan(struct mishap *f) { return f->has_pattern ? HP_OK : hp_world_at(f->rules->c.world, f->from, mishap_strike, f); }

void mishap_happen(struct mishap *f, const struct happening *h)
{
    if (!f->has_pattern || f->planned || !pattern_match(f->rules, &f->pattern, h)) return;
    f->planned = !f->each;
    hp_world_at(f->rules->c.world, h->time + f->after, mishap_strike, f);
}
