/* The rules of a run: made, told, asked.  Events of machines and cables become happenings here, if somebody waits for their kind. */
#include "core/stack.h"
#include "lab/rules/rules.h"

hp_time rules_now(const struct rules *r) { return hp_world_now(r->c.world); }

static void rules_spread(struct rules *r, const struct happening *h)
{
    if (!(r->kinds >> h->kind & 1)) return;
    for (uint32_t i = 0; i < r->faults; i++) mishap_happen(&r->fault[i], h);
    for (uint32_t i = 0; i < r->expects; i++) expect_happen(&r->expect[i], h);
}

void rules_tell(struct rules *r, const struct happening *h) { rules_spread(r, h); }

void rules_say(struct rules *r, enum hp_run_news kind, const char *text, int result)
{
    struct hp_run_event e = {.kind = kind, .time = rules_now(r), .text = text, .result = result};
    if (r->c.news) r->c.news(r->c.ctx, &e);
    if (kind != HP_RUN_FAULT) return;
    struct happening h = {.kind = HAPPENING_FAULT, .time = e.time, .node = HP_PLAN_NONE, .cable = HP_PLAN_NONE, .app = HP_PLAN_NONE, .text = text};
    rules_spread(r, &h);
}

/* ---- what machines and cables tell ---- */

static void rules_machine_event(void *ctx, const struct hp_event *e)
{
    struct rules *r = ctx;
    int32_t node = hp_plan_find_node(r->c.plan, hp_stack_name(e->stack));
    struct happening h = {.time = e->time, .node = node, .cable = HP_PLAN_NONE, .app = HP_PLAN_NONE, .pkt = e->pkt,
                          .pkt_id = e->pkt_id, .drop = e->drop, .proto = e->proto, .from = e->from, .to = e->to};
    if (r->history.entry) history_machine(r, e, node);
    if (e->kind != HP_TRACE_DROP && e->kind != HP_TRACE_STATE) return;
    h.kind = e->kind == HP_TRACE_DROP ? HAPPENING_DROP : HAPPENING_STATE;
    rules_spread(r, &h);
}

static void rules_cable_event(void *ctx, const struct hp_cable_event *e)
{
    struct rules *r = ctx;
    int32_t cable = hp_plan_find_cable(r->c.plan, hp_cable_name(e->cable));
    if (cable < 0) return;
    if (r->history.entry) history_cable(r, e, cable);
    static const enum happening_kind kinds[] = {HAPPENING_FRAME, HAPPENING_ARRIVAL, HAPPENING_DROP};
    int end = e->kind == HP_CABLE_LEAVE ? !e->end : e->end;
    struct happening h = {.kind = kinds[e->kind], .time = e->time, .node = (int32_t)r->c.plan->cable[cable].node[end], .cable = cable,
                          .app = HP_PLAN_NONE, .pkt = e->pkt, .pkt_id = e->pkt ? hp_pkt_id(e->pkt) : 0, .drop = e->drop};
    if (e->kind == HP_CABLE_DROP) h.node = HP_PLAN_NONE;
    rules_spread(r, &h);
}

static uint32_t rules_wanted(const struct rules *r)
{
    uint32_t kinds = 0;
    for (uint32_t i = 0; i < r->faults; i++) kinds |= r->fault[i].pattern.kinds;
    for (uint32_t i = 0; i < r->expects; i++) kinds |= r->expect[i].pattern.kinds | r->expect[i].trigger.kinds;
    return kinds;
}

int rules_watch(struct rules *r)
{
    r->kinds = rules_wanted(r);
    bool history = r->history.entry != NULL;
    uint32_t machine = (r->kinds >> HAPPENING_DROP & 1) << HP_TRACE_DROP | (r->kinds >> HAPPENING_STATE & 1) << HP_TRACE_STATE;
    if (history) machine = 0; /* all kinds */
    bool frames = r->kinds & (1u << HAPPENING_FRAME | 1u << HAPPENING_ARRIVAL | 1u << HAPPENING_DROP);
    struct hp_trace trace = {rules_machine_event, r, machine};
    struct hp_cable_trace cables = {rules_cable_event, r};
    if (!history && !machine && !frames) return HP_OK;
    return hp_world_trace(r->c.world, history || machine ? &trace : NULL, history || frames ? &cables : NULL);
}

/* ---- made and ended ---- */

static int rules_read(struct rules *r, struct hp_plan_error *error)
{
    const struct hp_plan *p = r->c.plan;
    r->fault = p->faults ? mem_zalloc(r->c.mem, p->faults * sizeof *r->fault) : NULL;
    r->expect = p->expects ? mem_zalloc(r->c.mem, p->expects * sizeof *r->expect) : NULL;
    if ((p->faults && !r->fault) || (p->expects && !r->expect)) return HP_ENOMEM;
    for (; r->faults < p->faults; r->faults++)
        if (!mishap_read(r, &r->fault[r->faults], &p->fault[r->faults], error)) {
            mishap_free(&r->fault[r->faults]);
            return HP_EPROTO;
        }
    for (; r->expects < p->expects; r->expects++)
        if (!expect_read(r, &r->expect[r->expects], &p->expect[r->expects], error)) {
            expect_free(&r->expect[r->expects]);
            return HP_EPROTO;
        }
    return r->expects ? history_open(&r->history, r->c.mem) : HP_OK;
}

static int rules_plan(struct rules *r)
{
    int err = rules_watch(r);
    for (uint32_t i = 0; i < r->faults && !err; i++) err = mishap_plan(&r->fault[i]);
    for (uint32_t i = 0; i < r->expects && !err; i++) err = expect_plan(&r->expect[i]);
    for (uint32_t i = 0; i < r->expects; i++) r->looks |= !r->expect[i].is_pattern && r->expect[i].mode != EXPECT_FINAL;
    return err;
}

int rules_new(const struct rules_config *config, struct rules **out, struct hp_plan_error *error)
{
    struct rules *r = mem_zalloc(config->mem, sizeof *r);
    if (!r) return HP_ENOMEM;
    r->c = *config;
    int err = rules_read(r, error);
    if (!err) err = rules_plan(r);
    if (err) rules_free(r);
    else *out = r;
    return err;
}

void rules_free(struct rules *r)
{
    if (!r) return;
    for (uint32_t i = 0; i < r->faults; i++) mishap_free(&r->fault[i]);
    for (uint32_t i = 0; i < r->expects; i++) expect_free(&r->expect[i]);
    mem_free(r->c.mem, r->fault, r->c.plan->faults * sizeof *r->fault);
    mem_free(r->c.mem, r->expect, r->c.plan->expects * sizeof *r->expect);
    history_close(&r->history, r->c.mem);
    mem_free(r->c.mem, r, sizeof *r);
}

bool rules_look_needed(const struct rules *r) { return r->looks; }

void rules_look(struct rules *r)
{
    for (uint32_t i = 0; i < r->expects; i++) expect_look(&r->expect[i]);
}

hp_time rules_last(const struct rules *r)
{
    hp_time last = 0;
    for (uint32_t i = 0; i < r->faults; i++) {
        const struct mishap *f = &r->fault[i];
        hp_time at = f->period ? (f->to == HP_NEVER ? 0 : f->to) : f->from;
        if (at + f->span > last) last = at + f->span;
    }
    for (uint32_t i = 0; i < r->expects; i++)
        if (r->expect[i].mode == EXPECT_EVENTUALLY && r->expect[i].to != HP_NEVER && r->expect[i].to > last) last = r->expect[i].to;
    return last;
}

void rules_end(struct rules *r)
{
    for (uint32_t i = 0; i < r->expects; i++) expect_end(&r->expect[i]);
}
