/* Patterns: which happenings a line means.
 *
 *   ping A B                      an echo reply of B (a node or an address) arrives at A
 *   drop THING [reason NAME]      a packet dies at a node or on a cable (globs)
 *   state NODE PROTO [FROM ->] TO
 *   frame THING [FILTER]          a frame is handed to a cable, or arrives at a node
 *   app NAME started|ended|ok|failed
 *   NODE|APP progress             its programs got or handed on bytes
 *   said NODE "words"             a program said something with these words in it
 *   "down neck"                   a fault with these words struck */
#include "lab/rules/rules.h"
#include "wire/dissect.h"

static bool pattern_where(struct rule_line *r, struct pattern *p, bool cables)
{
    if (rule_end(r) || !(rules_any(r->plan, RULES_NODES, r->token) || (cables && rules_any(r->plan, RULES_CABLES, r->token))))
        return rule_wrong_name(r, HP_PLAN_NODES | (cables ? HP_PLAN_CABLES : 0),
                               cables ? "the name of a node or cable" : "the name of a node");
    rule_take_text(r, p->where, sizeof p->where);
    return true;
}

static const char *const pattern_words[] = {"ping", "drop", "state", "frame", "app", "said", "progress", NULL};

bool pattern_begins(const struct rule_line *r)
{
    if (r->quoted) return true;
    for (const char *const *w = pattern_words; *w; w++)
        if (rule_is(r, *w)) return true;
    struct rule_line ahead = *r;
    rule_next(&ahead);
    return rule_is(&ahead, "progress");
}

static bool pattern_ping(struct rule_line *r, struct pattern *p)
{
    struct hp_ip ip;
    p->kinds = 1u << HAPPENING_ARRIVAL;
    p->ping = true;
    if (!pattern_where(r, p, false)) return false;
    if (rule_end(r) || (!hp_ip_parse(r->token, &ip) && !rules_any(r->plan, RULES_NODES, r->token)))
        return rule_wrong_name(r, HP_PLAN_NODES, "a node or an address");
    rule_take_text(r, p->from, sizeof p->from);
    return true;
}

static bool pattern_reason(struct rule_line *r, struct pattern *p)
{
    const char *names[HP_DROP_COUNT + 1] = {NULL};
    for (int i = 1; i < HP_DROP_COUNT; i++) {
        names[i - 1] = hp_drop_name((enum hp_drop)i);
        if (!rule_is(r, names[i - 1])) continue;
        p->drop = (enum hp_drop)i;
        rule_next(r);
        return true;
    }
    return rule_wrong(r, names, "the reason of a drop (hepta show drops lists them)");
}

static bool pattern_drop(struct rule_line *r, struct pattern *p)
{
    p->kinds = 1u << HAPPENING_DROP;
    return pattern_where(r, p, true) && (!rule_take(r, "reason") || pattern_reason(r, p));
}

static bool pattern_state(struct rule_line *r, struct pattern *p)
{
    p->kinds = 1u << HAPPENING_STATE;
    if (!pattern_where(r, p, false)) return false;
    const char *const *words;
    if (!state_read_proto(r, p->words, sizeof p->words, &words) || !state_read_word(r, words, p->state_to, sizeof p->state_to)) return false;
    if (!rule_take(r, "->")) return true;
    memcpy(p->state_from, p->state_to, sizeof p->state_from);
    return state_read_word(r, words, p->state_to, sizeof p->state_to);
}

static bool pattern_frame(struct rule_line *r, struct pattern *p)
{
    if (!pattern_where(r, p, true)) return false;
    p->kinds = 1u << (rules_any(r->plan, RULES_NODES, p->where) ? HAPPENING_ARRIVAL : HAPPENING_FRAME);
    p->has_filter = !rule_end(r) && !rule_is(r, "then");
    return !p->has_filter || rule_filter(r, &p->filter);
}

static bool pattern_app(struct rule_line *r, struct pattern *p)
{
    static const char *const words[] = {"started", "ended", "ok", "failed", NULL};
    if (rule_end(r) || !rules_any(r->plan, RULES_APPS, r->token)) return rule_wrong_name(r, HP_PLAN_APPS, "the name of an app");
    rule_take_text(r, p->where, sizeof p->where);
    for (int i = 0; words[i]; i++) {
        if (!rule_take(r, words[i])) continue;
        p->kinds = 1u << (i ? HAPPENING_APP_ENDED : HAPPENING_APP_STARTED);
        p->result = i == 2 ? 1 : i == 3 ? 0
                                        : -1;
        return true;
    }
    return rule_wrong(r, words, "started, ended, ok or failed");
}

static bool pattern_said(struct rule_line *r, struct pattern *p)
{
    p->kinds = 1u << HAPPENING_SAID;
    if (!pattern_where(r, p, false)) return false;
    if (rule_end(r)) return rule_wrong(r, NULL, "words in quotes");
    rule_take_text(r, p->words, sizeof p->words);
    return true;
}

static bool pattern_progress(struct rule_line *r, struct pattern *p)
{
    p->kinds = 1u << HAPPENING_PROGRESS;
    if (rule_end(r) || (!rules_any(r->plan, RULES_NODES, r->token) && !rules_any(r->plan, RULES_APPS, r->token)))
        return rule_wrong(r, pattern_words, "an event (ping, drop, state, frame, app, said, NODE progress)");
    rule_take_text(r, p->where, sizeof p->where);
    return rule_take(r, "progress") || rule_wrong(r, pattern_words, "progress");
}

/* The next word of a text that is quoted, alone on a line of its own, so that complaints point into the quotes. */
static const char *pattern_take_word(const char *text, struct rule_line *word)
{
    size_t n = 0;
    while (*text == ' ') text++;
    while (text[n] && text[n] != ' ') n++;
    if (n >= sizeof word->token) n = sizeof word->token - 1;
    memcpy(word->token, text, n);
    word->token[n] = 0;
    word->quoted = false;
    return text + n;
}

/* What can strike is what an action says, and the opposite: its verb, and then a name.  It need not be a line of this file: shake draws others. */
static bool pattern_fault(struct rule_line *r, struct pattern *p)
{
    static const enum rules_of all[] = {RULES_NODES, RULES_CABLES, RULES_APPS};
    struct rule_line word = *r;
    bool known = false;
    p->kinds = 1u << HAPPENING_FAULT;
    const char *rest = pattern_take_word(r->token, &word);
    if (!action_is_verb(&word)) return rule_wrong(&word, action_verbs(), "what strikes, as \"down CABLE\" or \"crash NODE\",");
    pattern_take_word(rest, &word);
    for (int i = 0; i < 3; i++) known |= word.token[0] == 0 || rules_any(r->plan, all[i], word.token);
    if (!known) return rule_wrong_name(&word, HP_PLAN_NODES | HP_PLAN_CABLES | HP_PLAN_APPS, "the name of a node, cable or app");
    rule_take_text(r, p->words, sizeof p->words);
    return true;
}

bool pattern_read(struct rule_line *r, struct pattern *p)
{
    *p = (struct pattern){.result = -1};
    if (r->quoted) return pattern_fault(r, p);
    if (rule_take(r, "ping")) return pattern_ping(r, p);
    if (rule_take(r, "drop")) return pattern_drop(r, p);
    if (rule_take(r, "state")) return pattern_state(r, p);
    if (rule_take(r, "frame")) return pattern_frame(r, p);
    if (rule_take(r, "app")) return pattern_app(r, p);
    if (rule_take(r, "said")) return pattern_said(r, p);
    return pattern_progress(r, p);
}

/* ---- matching ---- */

static bool pattern_is_here(const struct rules *r, const struct pattern *p, const struct happening *h)
{
    const struct hp_plan *plan = r->c.plan;
    return (h->node >= 0 && glob_match(p->where, plan->node[h->node].name)) || (h->cable >= 0 && glob_match(p->where, plan->cable[h->cable].name)) ||
           (h->app >= 0 && glob_match(p->where, plan->app[h->app].name));
}

static bool pattern_has_words(const char *text, const char *words)
{
    size_t n = strlen(words);
    for (; text && *text; text++)
        if (strncmp(text, words, n) == 0) return true;
    return false;
}

enum { PATTERN_FRAME_MAX = 2048 };

static struct hp_bytes pattern_frame_bytes(const struct hp_pkt *p, uint8_t *buf)
{
    size_t fcs = hp_pkt_fcs(p), n = hp_pkt_copy_out(p, 0, buf, PATTERN_FRAME_MAX);
    return (struct hp_bytes){buf, n > fcs ? n - fcs : 0};
}

static bool pattern_has_address(const struct rules *r, const char *glob, const char *text)
{
    struct hp_ip ip;
    if (!hp_ip_parse(text, &ip)) return false;
    for (uint32_t i = 0; i < r->c.plan->nodes; i++) {
        struct hp_addr_info a;
        const char *name = r->c.plan->node[i].name;
        struct hp_stack *s = glob_match(glob, name) ? hp_world_find(r->c.world, name) : NULL;
        for (unsigned k = 0; s && hp_addr_info(s, k, &a) == HP_OK; k++)
            if (hp_ip_equal(&a.address.ip, &ip)) return true;
    }
    return false;
}

static bool pattern_is_reply(const struct rules *r, const struct pattern *p, struct hp_bytes frame)
{
    char source[HP_IP_TEXT], to[HP_IP_TEXT];
    uint64_t type;
    bool four = dissect_find(frame, DISSECT_ETHERNET, "icmp.type", source, sizeof source, &type) && type == 0;
    if (!four && !(dissect_find(frame, DISSECT_ETHERNET, "icmpv6.type", source, sizeof source, &type) && type == 129)) return false;
    if (!dissect_find(frame, DISSECT_ETHERNET, four ? "ip.src" : "ipv6.src", source, sizeof source, NULL)) return false;
    if (!dissect_find(frame, DISSECT_ETHERNET, four ? "ip.dst" : "ipv6.dst", to, sizeof to, NULL)) return false;
    struct hp_ip ip, from;
    bool literal = hp_ip_parse(p->from, &ip), same = literal && hp_ip_parse(source, &from) && hp_ip_equal(&ip, &from);
    return (literal ? same : pattern_has_address(r, p->from, source)) && pattern_has_address(r, p->where, to);
}

static bool pattern_looks_right(const struct rules *r, const struct pattern *p, const struct happening *h)
{
    uint8_t buf[PATTERN_FRAME_MAX];
    if (!h->pkt) return false;
    struct hp_bytes frame = pattern_frame_bytes(h->pkt, buf);
    if (p->ping) return pattern_is_reply(r, p, frame);
    return filter_match(&p->filter, &(struct filter_frame){.data = frame, .link = DISSECT_ETHERNET, .length = hp_pkt_len(h->pkt) - hp_pkt_fcs(h->pkt)});
}

bool pattern_match(const struct rules *r, const struct pattern *p, const struct happening *h)
{
    if (!(p->kinds >> h->kind & 1)) return false;
    if (h->kind == HAPPENING_FAULT) return pattern_has_words(h->text, p->words);
    if (!pattern_is_here(r, p, h)) return false;
    if (h->kind == HAPPENING_DROP && p->drop && p->drop != h->drop) return false;
    if (h->kind == HAPPENING_SAID && !pattern_has_words(h->text, p->words)) return false;
    if (h->kind == HAPPENING_APP_ENDED && p->result >= 0 && p->result != (h->result >= 0)) return false;
    if (h->kind == HAPPENING_STATE && (strcmp(h->proto, p->words) != 0 || !glob_match(p->state_to, h->to) ||
                                       (p->state_from[0] && !glob_match(p->state_from, h->from)))) return false;
    return !(p->ping || p->has_filter) || pattern_looks_right(r, p, h);
}
