/* Keeps what happens in a world, so that it can be told afterwards.  Bounded; if memory runs out the rest is counted, not kept. */
#include "journey/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hepta/wire.h"
#include "wire/dissect.h"

/* Room for one more; false: there is none. */
static bool record_grow(struct record *r, void *list, uint32_t count, uint32_t *room, size_t size, uint32_t max)
{
    void **at = list;
    if (count < *room) return true;
    uint32_t more = *room ? *room * 2 : 256;
    void *grown = count < max ? realloc(*at, more * size) : NULL;
    if (!grown) {
        r->left_out++;
        return false;
    }
    *at = grown;
    *room = more;
    return true;
}

static void record_field(void *ctx, const struct dissect_field *field)
{
    static const char *const names[] = {"arp", "dhcp", "dns", "rip", "tcp", "tcp.flags.syn", "tcp.flags.fin", "tcp.flags.ack", "tcp.flags.reset"};
    struct record_frame *f = ctx;
    if (strcmp(field->name, "icmp") == 0 || strcmp(field->name, "icmpv6") == 0) f->is |= RECORD_ICMP;
    if (strcmp(field->name, "tcp.srcport") == 0 || strcmp(field->name, "udp.srcport") == 0) f->from_port = (uint16_t)field->value;
    if (strcmp(field->name, "tcp.dstport") == 0 || strcmp(field->name, "udp.dstport") == 0) f->to_port = (uint16_t)field->value;
    if (f->is & RECORD_ICMP) return;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(field->name, names[i]) == 0 && (!field->number || field->value)) f->is |= (uint16_t)(1u << i);
    if (strcmp(field->name, "tcp") == 0) f->payload.p = f->bytes.p + field->at + field->n;
    if (strcmp(field->name, "tcp.len") == 0) f->payload.n = field->value;
}

/* Once, while it is told: the account looks at all frames again and again. */
static void record_look(struct record_frame *f)
{
    dissect(f->bytes, record_link(f), record_field, f);
    size_t most = f->payload.p ? (size_t)(f->bytes.p + f->bytes.n - f->payload.p) : 0;
    if (f->payload.n > most) f->payload.n = most;
}

/* Which way a router chose: asked while it chooses, its table may be another one later. */
static void record_route(struct record *r, struct record_frame *f)
{
    char text[HP_IP_TEXT];
    struct hp_ip to;
    struct hp_route route;
    const struct hp_plan_node *n = &r->plan->node[record_from(r, f)];
    struct hp_stack *s = f->is & RECORD_TCP && n->kind == HP_NODE_ROUTER ? hp_world_find(r->world, n->name) : NULL;
    if (!s || !record_text(f, "ip.dst", text, sizeof text) || !hp_ip_parse(text, &to) || hp_route_find(s, &to, &route)) return;
    f->route = route.to;
    f->gateway = route.gateway;
    f->routed = true;
}

struct record_frame *record_keep(struct record *r, const struct hp_pkt *pkt, hp_time time, uint32_t cable, int end, bool raw_ip)
{
    if (!record_grow(r, &r->frame, r->frames, &r->frames_room, sizeof *r->frame, RECORD_FRAMES_MAX)) return NULL;
    size_t fcs = hp_pkt_fcs(pkt), n = hp_pkt_len(pkt) - fcs;
    if (n > RECORD_BYTES_MAX) n = RECORD_BYTES_MAX;
    uint8_t *bytes = malloc(n + 1);
    if (!bytes) {
        r->left_out++;
        return NULL;
    }
    struct record_frame *f = &r->frame[r->frames++];
    *f = (struct record_frame){.in = time, .out = HP_NEVER, .id = hp_pkt_id(pkt), .cable = cable, .end = (uint8_t)end, .raw_ip = raw_ip,
                               .bytes = {bytes, hp_pkt_copy_out(pkt, 0, bytes, n)}, .fcs = (uint32_t)fcs};
    record_look(f);
    return f;
}

/* The frame that entered last with this id and is still on its way, or (arrived) has come. */
static struct record_frame *record_find(struct record *r, uint32_t cable, uint64_t id, bool arrived)
{
    for (uint32_t i = r->frames; i > 0; i--) {
        struct record_frame *f = &r->frame[i - 1];
        if (f->cable == cable && f->id == id && (f->out != HP_NEVER) == arrived && !f->drop) return f;
        if (r->frames - i > 4000) return NULL;
    }
    return NULL;
}

static void record_cable_event(void *ctx, const struct hp_cable_event *e)
{
    struct record *r = ctx;
    int32_t cable = hp_plan_find_cable(r->plan, hp_cable_name(e->cable));
    if (cable < 0) return;
    if (e->kind == HP_CABLE_ENTER) {
        struct record_frame *f = record_keep(r, e->pkt, e->time, (uint32_t)cable, e->end, false);
        if (f) record_route(r, f);
        return;
    }
    struct record_frame *f = record_find(r, (uint32_t)cable, hp_pkt_id(e->pkt), false);
    if (f && e->kind == HP_CABLE_LEAVE) f->out = e->time;
    else if (f) f->drop = e->drop;
    else if (e->kind == HP_CABLE_LEAVE && (f = record_find(r, (uint32_t)cable, hp_pkt_id(e->pkt), true))) f->copies++;
}

/* What is not for a machine, and what a machine has used up, did not die. */
void record_keep_death(struct record *r, const struct hp_event *e, uint32_t node)
{
    if (e->drop == HP_DROP_NOT_FOR_US || e->drop == HP_DROP_TAKEN || !e->pkt_id) return;
    if (record_grow(r, &r->death, r->deaths, &r->deaths_room, sizeof *r->death, RECORD_DEATHS_MAX))
        r->death[r->deaths++] = (struct record_death){e->time, e->pkt_id, node, e->drop};
}

struct record_state *record_keep_state(struct record *r, const struct hp_event *e, uint32_t node)
{
    if (!record_grow(r, &r->state, r->states, &r->states_room, sizeof *r->state, RECORD_STATES_MAX)) return NULL;
    struct record_state *s = &r->state[r->states++];
    *s = (struct record_state){.time = e->time, .node = node, .object = e->object};
    snprintf(s->from, sizeof s->from, "%s", e->from);
    snprintf(s->to, sizeof s->to, "%s", e->to);
    snprintf(s->key, sizeof s->key, "%s", e->key ? e->key : "");
    return s;
}

static void record_event(void *ctx, const struct hp_event *e)
{
    struct record *r = ctx;
    int32_t node = hp_plan_find_node(r->plan, hp_stack_name(e->stack));
    if (e->kind == HP_TRACE_DROP && node >= 0) record_keep_death(r, e, (uint32_t)node);
    if (e->kind != HP_TRACE_STATE || strcmp(e->proto, "tcp") != 0 || node < 0) return;
    record_keep_state(r, e, (uint32_t)node);
}

int record_new(struct record *r)
{
    *r = (struct record){.frames = 0};
    bool room = record_grow(r, &r->frame, 0, &r->frames_room, sizeof *r->frame, RECORD_FRAMES_MAX) &&
                record_grow(r, &r->state, 0, &r->states_room, sizeof *r->state, RECORD_STATES_MAX) &&
                record_grow(r, &r->news, 0, &r->news_room, sizeof *r->news, RECORD_NEWS_MAX) &&
                record_grow(r, &r->death, 0, &r->deaths_room, sizeof *r->death, RECORD_DEATHS_MAX);
    return room ? HP_OK : HP_ENOMEM;
}

int record_begin(struct record *r, struct hp_world *w, const struct hp_plan *plan)
{
    if (record_new(r)) return HP_ENOMEM;
    r->plan = plan;
    r->world = w;
    struct hp_trace trace = {record_event, r, 1u << HP_TRACE_STATE | 1u << HP_TRACE_DROP};
    struct hp_cable_trace cables = {record_cable_event, r};
    return hp_world_trace(w, &trace, &cables);
}

void record_tell(struct record *r, const struct hp_run_event *e)
{
    if (!record_grow(r, &r->news, r->newses, &r->news_room, sizeof *r->news, RECORD_NEWS_MAX)) return;
    r->news[r->newses++] = (struct record_news){e->time, e->kind, e->app, e->node, strdup(e->text ? e->text : "")};
}

void record_free(struct record *r)
{
    for (uint32_t i = 0; i < r->frames; i++) free((void *)(uintptr_t)r->frame[i].bytes.p);
    for (uint32_t i = 0; i < r->newses; i++) free(r->news[i].text);
    free(r->frame);
    free(r->state);
    free(r->death);
    free(r->news);
}

/* ---- looking ---- */

uint32_t record_from(const struct record *r, const struct record_frame *f) { return r->plan->cable[f->cable].node[f->end]; }
uint32_t record_to(const struct record *r, const struct record_frame *f) { return r->plan->cable[f->cable].node[!f->end]; }

bool record_text(const struct record_frame *f, const char *field, char *buf, size_t n)
{
    return dissect_find(f->bytes, record_link(f), field, buf, n, NULL);
}

bool record_ip(const struct record_frame *f, bool to, char *buf, size_t n)
{
    return record_text(f, to ? "ip.dst" : "ip.src", buf, n) || record_text(f, to ? "ipv6.dst" : "ipv6.src", buf, n);
}

uint64_t record_number(const struct record_frame *f, const char *field)
{
    char text[DISSECT_TEXT];
    uint64_t value;
    return dissect_find(f->bytes, record_link(f), field, text, sizeof text, &value) ? value : 0;
}

bool record_is_tcp(const struct record_frame *f, uint16_t port) { return f->is & RECORD_TCP && (f->from_port == port || f->to_port == port); }
