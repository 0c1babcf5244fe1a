/* The last events of all machines and cables, kept in a ring, for the account of what became of a packet. */
#include "lab/rules/rules.h"

int history_open(struct history *h, struct hp_mem *mem)
{
    h->entry = mem_zalloc(mem, HISTORY_MAX * sizeof *h->entry);
    return h->entry ? HP_OK : HP_ENOMEM;
}

void history_close(struct history *h, struct hp_mem *mem) { mem_free(mem, h->entry, h->entry ? HISTORY_MAX * sizeof *h->entry : 0); }

void history_machine(struct rules *r, const struct hp_event *e, int32_t node)
{
    if (e->kind == HP_TRACE_TIMER || e->kind == HP_TRACE_NOTE) return;
    r->history.entry[r->history.count++ % HISTORY_MAX] = (struct history_entry){
        .time = e->time, .pkt_id = e->pkt_id, .node = node, .cable = HP_PLAN_NONE, .proto = e->proto, .from = e->from,
        .to = e->to, .kind = (uint8_t)e->kind, .layer = e->layer, .drop = (uint16_t)e->drop};
}

void history_cable(struct rules *r, const struct hp_cable_event *e, int32_t cable)
{
    r->history.entry[r->history.count++ % HISTORY_MAX] = (struct history_entry){
        .time = e->time, .pkt_id = e->pkt ? hp_pkt_id(e->pkt) : 0, .node = HP_PLAN_NONE, .cable = cable,
        .kind = (uint8_t)(HISTORY_CABLE + e->kind), .end = (uint8_t)e->end, .drop = (uint16_t)e->drop};
}

static void history_what(const struct rules *r, const struct history_entry *e, struct text *t)
{
    static const char *const machine[] = {"up", "down", "rx", "tx", "drop", "state"};
    static const char *const cable[] = {"is handed in by ", "arrives at ", "dies on the way from "};
    const struct hp_plan *plan = r->c.plan;
    if (e->kind >= HISTORY_CABLE) {
        int what = e->kind - HISTORY_CABLE;
        text_str(t, cable[what]);
        text_str(t, plan->node[plan->cable[e->cable].node[what == HP_CABLE_LEAVE ? !e->end : e->end]].name);
    } else {
        text_str(t, machine[e->kind]);
        text_str(t, " L");
        text_u64(t, e->layer);
        text_char(t, ' ');
        text_str(t, e->proto);
    }
    if (e->kind == HP_TRACE_STATE) {
        text_char(t, ' ');
        text_str(t, e->from);
        text_str(t, " -> ");
        text_str(t, e->to);
    }
    if (!e->drop) return;
    text_str(t, ": ");
    text_str(t, hp_drop_name((enum hp_drop)e->drop));
}

static void history_line(const struct rules *r, const struct history_entry *e, char *buf, size_t n)
{
    const struct hp_plan *plan = r->c.plan;
    struct text t = text_of(buf, n);
    text_time(&t, e->time);
    text_str(&t, "  ");
    text_str(&t, e->cable >= 0 ? plan->cable[e->cable].name : e->node >= 0 ? plan->node[e->node].name
                                                                           : "?");
    text_str(&t, "  ");
    history_what(r, e, &t);
    if (!e->pkt_id) return;
    text_str(&t, "  packet ");
    text_u64(&t, e->pkt_id);
}

static bool history_bears(const struct history_entry *e, const struct history_about *a)
{
    if (a->pkt_id) return e->pkt_id == a->pkt_id;
    int kind = e->kind < HISTORY_CABLE ? e->kind : e->kind == HISTORY_CABLE + HP_CABLE_DROP ? (int)HP_TRACE_DROP
                                                                                            : HISTORY_CABLE;
    if (a->kinds && (kind == HISTORY_CABLE || !(a->kinds >> kind & 1))) return false;
    if (a->proto && (!e->proto || !glob_match(a->proto, e->proto))) return false;
    return !a->node || (e->node >= 0 && a->node[e->node]) || (e->cable >= 0 && a->cable[e->cable]);
}

uint32_t history_lines(const struct rules *r, const struct history_about *about, char (*lines)[EXPECT_LINE], uint32_t max)
{
    const struct history *h = &r->history;
    uint64_t oldest = h->count > HISTORY_MAX ? h->count - HISTORY_MAX : 0, at[EXPECT_LAST_MAX];
    uint32_t found = 0;
    for (uint64_t i = h->count; i > oldest && found < max && found < EXPECT_LAST_MAX; i--)
        if (history_bears(&h->entry[(i - 1) % HISTORY_MAX], about)) at[found++] = i - 1;
    for (uint32_t i = 0; i < found; i++) history_line(r, &h->entry[at[found - 1 - i] % HISTORY_MAX], lines[i], EXPECT_LINE);
    return found;
}
