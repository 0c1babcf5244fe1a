/* Which protocols tell of which states, for "state NODE PROTO [FROM ->] TO": so that a mistyped one is an error and not a rule about nothing.
 *
 * Besides these a program of the lab may tell of states under its own name (hp_trace_state()), whatever they are; and RIP's say what a route has
 * become ("via 10.0.1.2 metric 2", "forgotten").  tests/lab/rules.c holds the list against what a run tells. */
#include "lab/rules/rules.h"

static const char *const state_tcp[] = {"CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING",
                                        "LAST-ACK", "TIME-WAIT", NULL};
static const char *const state_neigh[] = {"NONE", "INCOMPLETE", "FAILED", "REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", NULL};
static const char *const state_nd[] = {"TENTATIVE", "PREFERRED", "DUPLICATE", NULL};
static const char *const state_net[] = {"on", "off", NULL};
static const char *const state_program[] = {"new", "ready", "ended", "abandoned", NULL};
static const char *const state_link[] = {"up", "down", NULL};

static const char *const state_protos[] = {"tcp", "neigh", "nd", "net", "program", "rip", NULL};
static const char *const *const state_words[] = {state_tcp, state_neigh, state_nd, state_net, state_program, NULL};

static bool state_is_link(const struct hp_plan *plan, const char *proto)
{
    for (uint32_t i = 0; i < plan->nodes; i++)
        for (uint32_t k = 0; k < plan->node[i].interfaces; k++)
            if (strcmp(plan->node[i].interface[k].name, proto) == 0) return true;
    return false;
}

static bool state_is_program(const struct hp_plan *plan, const char *proto)
{
    for (uint32_t i = 0; i < plan->apps; i++)
        if (strcmp(plan->app[i].program, proto) == 0) return true;
    return false;
}

bool state_read_proto(struct rule_line *r, char *proto, size_t n, const char *const **words)
{
    int i = 0;
    *words = NULL;
    while (state_protos[i] && !rule_is(r, state_protos[i])) i++;
    if (state_protos[i]) *words = state_words[i];
    else if (state_is_link(r->plan, r->token)) *words = state_link;
    else if (!state_is_program(r->plan, r->token))
        return rule_wrong(r, state_protos, "tcp, neigh, nd, net, program, rip, an interface such as eth0 or a program's name");
    rule_take_text(r, proto, n);
    return true;
}

static const char *state_hint(const char *const *words)
{
    return words == state_tcp ? "a state such as ESTABLISHED" : "a state of that protocol (docs/LAB.md lists them)";
}

bool state_read_word(struct rule_line *r, const char *const *words, char *state, size_t n)
{
    bool known = !words;
    for (const char *const *w = words; w && *w; w++) known |= glob_match(r->token, *w);
    if (rule_end(r) || !known) return rule_wrong(r, words, state_hint(words));
    rule_take_text(r, state, n);
    return true;
}
