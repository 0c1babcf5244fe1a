/* What is broken: machines without power or frozen, cables that are unplugged, as the faults of the run said; and what of it is on a packet's way. */
#include <fnmatch.h>
#include <string.h>

#include "journey/journey.h"

enum { TROUBLE_NODES_MAX = 64, TROUBLE_WORDS_MAX = 32, TROUBLE_TEXT = 600 };

/* ---- what the faults said ---- */

/* "crash 바 나 for 5s": the action and the names after it. */
struct trouble_fault {
    char text[TROUBLE_TEXT];
    const char *word[TROUBLE_WORDS_MAX];
    int words;
};

static void trouble_read(const char *text, struct trouble_fault *f)
{
    char *save = NULL;
    snprintf(f->text, sizeof f->text, "%s", text);
    f->words = 0;
    for (char *w = strtok_r(f->text, " ", &save); w && strcmp(w, "for") != 0 && f->words < TROUBLE_WORDS_MAX; w = strtok_r(NULL, " ", &save))
        f->word[f->words++] = w;
}

static bool trouble_names(const struct trouble_fault *f, int first, int last, const char *name)
{
    for (int i = first; i < last; i++)
        if (fnmatch(f->word[i], name, 0) == 0) return true;
    return false;
}

/* "partition a b | c": is the cable one of those between the two groups? */
static bool trouble_parts(const struct journey *j, const struct trouble_fault *f, uint32_t cable)
{
    const struct hp_plan_cable *c = &j->plan->cable[cable];
    int bar = 1;
    while (bar < f->words && strcmp(f->word[bar], "|") != 0) bar++;
    for (int end = 0; end < 2; end++)
        if (trouble_names(f, 1, bar, journey_node(j, c->node[end])) && trouble_names(f, bar + 1, f->words, journey_node(j, c->node[!end]))) return true;
    return false;
}

/* 1: it begins with this fault, -1: it ends, 0: this fault is about something else. */
static int trouble_turn(const struct journey *j, const struct trouble_fault *f, enum trouble_kind kind, uint32_t thing)
{
    static const char *const begins[] = {"crash", "freeze", "down"}, *const ends[] = {"restart", "thaw", "up"};
    if (!f->words) return 0;
    bool cut = strcmp(f->word[0], "partition") == 0, heal = strcmp(f->word[0], "heal") == 0;
    if (cut || heal) return kind == TROUBLE_UNPLUGGED && trouble_parts(j, f, thing) ? cut ? 1 : -1 : 0;
    int turn = strcmp(f->word[0], begins[kind]) == 0 ? 1 : strcmp(f->word[0], ends[kind]) == 0 ? -1 : 0;
    return turn && trouble_names(f, 1, f->words, kind == TROUBLE_UNPLUGGED ? j->plan->cable[thing].name : journey_node(j, thing)) ? turn : 0;
}

hp_time trouble_since(const struct journey *j, enum trouble_kind kind, uint32_t thing, hp_time by)
{
    const struct record *r = &j->record;
    struct trouble_fault f;
    hp_time since = HP_NEVER;
    for (uint32_t i = 0; i < r->newses && r->news[i].time <= by; i++) {
        if (r->news[i].kind != HP_RUN_FAULT) continue;
        trouble_read(r->news[i].text, &f);
        int turn = trouble_turn(j, &f, kind, thing);
        if (turn < 0) since = HP_NEVER;
        else if (turn && since == HP_NEVER) since = r->news[i].time;
    }
    return since;
}

hp_time trouble_of(const struct journey *j, enum trouble_kind kind, const char *node)
{
    int32_t at = j->wired ? -1 : journey_find(j, node);
    return at < 0 ? HP_NEVER : trouble_since(j, kind, (uint32_t)at, HP_NEVER - 1);
}

/* ---- what of it is on the way ---- */

struct trouble_search {
    const struct journey *j;
    hp_time by;
    bool around; /* what is broken is no way */
    int32_t cable_to[TROUBLE_NODES_MAX]; /* by which a machine was reached first; -1: it was not */
};

static bool trouble_is_down(const struct trouble_search *s, uint32_t node)
{
    return trouble_since(s->j, TROUBLE_DEAD, node, s->by) != HP_NEVER || trouble_since(s->j, TROUBLE_FROZEN, node, s->by) != HP_NEVER;
}

/* The fewest cables between two machines. */
static bool trouble_search(struct trouble_search *s, uint32_t from, uint32_t to)
{
    const struct hp_plan *p = s->j->plan;
    uint32_t queue[TROUBLE_NODES_MAX], first = 0, last = 0;
    if (p->nodes > TROUBLE_NODES_MAX) return false;
    for (uint32_t i = 0; i < p->nodes; i++) s->cable_to[i] = -1;
    queue[last++] = from;
    while (first < last) {
        uint32_t node = queue[first++];
        for (uint32_t c = 0; c < p->cables; c++) {
            bool back = p->cable[c].node[1] == node;
            if (!back && p->cable[c].node[0] != node) continue;
            uint32_t next = p->cable[c].node[back ? 0 : 1];
            if (next == from || s->cable_to[next] >= 0) continue;
            if (s->around && (trouble_is_down(s, next) || trouble_since(s->j, TROUBLE_UNPLUGGED, c, s->by) != HP_NEVER)) continue;
            s->cable_to[next] = (int32_t)c;
            queue[last++] = next;
        }
    }
    return from == to || s->cable_to[to] >= 0;
}

static void trouble_add(struct troubles *t, const struct journey *j, enum trouble_kind kind, uint32_t thing, hp_time by)
{
    hp_time since = trouble_since(j, kind, thing, by);
    if (since != HP_NEVER && t->count < TROUBLES_MAX) t->one[t->count++] = (struct trouble){kind, thing, since};
}

void troubles_on_way(const struct journey *j, uint32_t from, uint32_t to, hp_time by, struct troubles *out)
{
    struct trouble_search s = {.j = j, .by = by}, around = {.j = j, .by = by, .around = true};
    *out = (struct troubles){.count = 0};
    if (j->wired || !trouble_search(&s, from, to)) return;
    for (uint32_t node = to;;) {
        trouble_add(out, j, TROUBLE_DEAD, node, by);
        trouble_add(out, j, TROUBLE_FROZEN, node, by);
        if (node == from) break;
        uint32_t cable = (uint32_t)s.cable_to[node];
        trouble_add(out, j, TROUBLE_UNPLUGGED, cable, by);
        node = j->plan->cable[cable].node[j->plan->cable[cable].node[0] == node];
    }
    out->no_way = out->count && !trouble_search(&around, from, to);
}

/* ---- in words ---- */

void trouble_text(const struct journey *j, const struct trouble *t, bool korean, char *buf, size_t n)
{
    static const char *const words[][2] = {{"had died", "꺼졌다"}, {"was frozen", "멈췄다"}, {"was unplugged", "뽑혔다"}};
    bool cable = t->kind == TROUBLE_UNPLUGGED, router = !cable && j->plan->node[t->thing].kind == HP_NODE_ROUTER;
    const char *what = korean ? cable ? "케이블 " : router ? "라우터 " : "" : cable ? "the cable " : router ? "router " : "";
    snprintf(buf, n, korean ? "%s%s: %.3f ms에 %s" : "%1$s%2$s %4$s at %3$.3f ms", what, cable ? j->plan->cable[t->thing].name : journey_node(j, t->thing),
             journey_ms(j, t->since), words[t->kind][korean]);
}
