/* capture.pcapng and events.jsonl of a run.
 *
 * The capture has an interface for each end of each cable, "r1.eth0 (neck)", in the order of the plan.  A frame is in it where it was handed to the
 * cable (out) and where it arrived (in).  Frames of one instant are held back until the next, so that what became of them (a drop, a
 * state that they changed) stands beside them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_out.h"
#include "wire/dissect.h"

enum { OUT_COMMENTS_MAX = 1024, OUT_FRAME_MAX = 70000 };

struct out_frame {
    int interface;
    bool in;
    uint64_t id;
    hp_time time;
    uint8_t *bytes;
    size_t n, fcs;
    const char *machine;                /* at this end; lives as long as the world */
    const char *verdict;
    size_t comments;
    char comment[OUT_COMMENTS_MAX];
};

struct out_end {
    const char *machine, *link;
};

struct lab_out {
    struct hp_run *run;
    struct hp_world *world;
    struct hp_pcap *pcap;
    FILE *events;
    bool all, failed, closed;
    struct out_end *end;                /* two for each cable */
    struct out_frame *held;
    size_t count, room;
    /* What one machine sees, in a file of its own. */
    struct hp_pcap *view;
    int *view_interface;                /* of each interface; -1 = another machine's */
    /* Comments on no frame in sight, for the next of this machine. */
    char early_machine[HP_PLAN_NAME_MAX + 1];
    size_t early;
    char early_comment[OUT_COMMENTS_MAX];
};

/* ---- the capture ---- */

static void out_flush(struct lab_out *o)
{
    for (size_t i = 0; i < o->count; i++) {
        struct out_frame *f = &o->held[i];
        struct hp_pcap_record r = {.interface = f->interface, .time = f->time, .direction = f->in ? HP_PCAP_IN : HP_PCAP_OUT,
                                   .data = {f->bytes, f->n}, .fcs = (uint32_t)f->fcs, .id = f->id,
                                   .comment = {(const uint8_t *)f->comment, f->comments}};
        if (f->verdict) r.verdict = (struct hp_bytes){(const uint8_t *)f->verdict, strlen(f->verdict)};
        hp_pcap_write(o->pcap, &r);
        r.interface = o->view ? o->view_interface[f->interface] : -1;
        if (r.interface >= 0) hp_pcap_write(o->view, &r);
        free(f->bytes);
    }
    o->count = 0;
}

static void out_add_line(char *to, size_t *used, const char *line)
{
    size_t n = strlen(line);
    if (*used + n + 1 > OUT_COMMENTS_MAX) return;
    memcpy(to + *used, line, n);
    to[*used + n] = '\n';
    *used += n + 1;
}

static struct out_frame *out_hold(struct lab_out *o, const struct hp_cable_event *e, int end)
{
    if (o->count && o->held[0].time != e->time) out_flush(o);
    if (o->count == o->room) {
        size_t room = o->room ? o->room * 2 : 64;
        struct out_frame *grown = realloc(o->held, room * sizeof *grown);
        if (!grown) return NULL;
        o->held = grown;
        o->room = room;
    }
    struct out_frame *f = &o->held[o->count];
    size_t n = hp_pkt_len(e->pkt);
    if (n > OUT_FRAME_MAX) n = OUT_FRAME_MAX;
    memset(f, 0, offsetof(struct out_frame, comment));
    f->bytes = malloc(n ? n : 1);
    if (!f->bytes) return NULL;
    f->n = hp_pkt_copy_out(e->pkt, 0, f->bytes, n);
    f->fcs = hp_pkt_fcs(e->pkt);
    f->interface = 2 * hp_world_cable_number(o->world, e->cable) + end;
    f->machine = o->end[f->interface].machine;
    f->id = hp_pkt_id(e->pkt);
    f->time = e->time;
    o->count++;
    if (o->early && strcmp(o->early_machine, f->machine) == 0) {
        memcpy(f->comment, o->early_comment, o->early);
        f->comments = o->early;
        o->early = 0;
    }
    return f;
}

/* The newest frame of this packet at this machine; machine NULL: that was handed to this interface. */
static struct out_frame *out_find(struct lab_out *o, uint64_t id, const char *machine, int interface)
{
    for (size_t i = o->count; i-- > 0;) {
        struct out_frame *f = &o->held[i];
        if (f->id == id && (machine ? strcmp(f->machine, machine) == 0 : f->interface == interface && !f->in)) return f;
    }
    return NULL;
}

static void out_comment_drop(struct out_frame *f, enum hp_drop drop)
{
    char line[256];
    snprintf(line, sizeof line, "DROP %s: %s", hp_drop_name(drop), hp_drop_text(drop));
    out_add_line(f->comment, &f->comments, line);
    f->verdict = hp_drop_name(drop);
}

/* It dies where it was handed in, or later under way: then it stands once more there. */
static void out_cable_drop(struct lab_out *o, const struct hp_cable_event *e)
{
    if (!e->pkt) return;
    if (o->count && o->held[0].time != e->time) out_flush(o);
    int interface = 2 * hp_world_cable_number(o->world, e->cable) + e->end;
    struct out_frame *f = out_find(o, hp_pkt_id(e->pkt), NULL, interface);
    if (!f) f = out_hold(o, e, e->end);
    if (f) out_comment_drop(f, e->drop);
    else o->failed = true;
}

/* ---- events ---- */

static const char *const out_cable_kind[] = {"enter", "leave", "drop"};

static void out_text(struct lab_out *o, const char *key, const char *text)
{
    if (!text) return;
    fprintf(o->events, ",\"%s\":", key);
    cli_json_text(o->events, text, strlen(text));
}

static void out_line(struct lab_out *o, const struct hp_cable_event *e)
{
    uint8_t bytes[2048];
    char line[DISSECT_TEXT];
    size_t n = hp_pkt_copy_out(e->pkt, 0, bytes, sizeof bytes), whole = hp_pkt_len(e->pkt), fcs = hp_pkt_fcs(e->pkt);
    if (n == whole && n > fcs) n -= fcs;
    dissect_line((struct hp_bytes){bytes, n}, DISSECT_ETHERNET, line, sizeof line);
    out_text(o, "info", line);
}

static void out_cable(void *ctx, const struct hp_cable_event *e)
{
    struct lab_out *o = ctx;
    if (o->closed) return;
    int number = 2 * hp_world_cable_number(o->world, e->cable);
    const struct out_end *from = &o->end[number + e->end], *to = &o->end[number + !e->end];
    if (e->kind == HP_CABLE_DROP) out_cable_drop(o, e);
    else {
        struct out_frame *f = out_hold(o, e, e->kind == HP_CABLE_LEAVE ? !e->end : e->end);
        if (f) f->in = e->kind == HP_CABLE_LEAVE;
        else o->failed = true;
    }
    fprintf(o->events, "{\"time\":%lld,\"node\":", (long long)e->time);
    cli_json_text(o->events, e->kind == HP_CABLE_LEAVE ? to->machine : from->machine,
                  strlen(e->kind == HP_CABLE_LEAVE ? to->machine : from->machine));
    fprintf(o->events, ",\"layer\":1,\"kind\":\"%s\"", out_cable_kind[e->kind]);
    out_text(o, "cable", hp_cable_name(e->cable));
    out_text(o, "from", from->machine);
    out_text(o, "to", to->machine);
    if (e->pkt) fprintf(o->events, ",\"packet\":%llu,\"bytes\":%zu", (unsigned long long)hp_pkt_id(e->pkt), hp_pkt_len(e->pkt));
    if (e->kind == HP_CABLE_DROP) out_text(o, "reason", hp_drop_name(e->drop));
    if (e->kind == HP_CABLE_ENTER && e->pkt) out_line(o, e);
    fputs("}\n", o->events);
}

static void out_beside(struct lab_out *o, const struct hp_event *e)
{
    char line[256];
    const char *machine = hp_stack_name(e->stack);
    if (o->count && o->held[0].time != e->time) out_flush(o);
    struct out_frame *f = e->pkt_id ? out_find(o, e->pkt_id, machine, 0) : NULL;
    if (e->kind == HP_TRACE_DROP && f) {
        out_comment_drop(f, e->drop);
        return;
    }
    if (e->kind == HP_TRACE_DROP)
        snprintf(line, sizeof line, "DROP %s: %s (packet %llu)", hp_drop_name(e->drop), hp_drop_text(e->drop), (unsigned long long)e->pkt_id);
    else if (e->layer > 4) return; /* programs and sockets say nothing about a frame */
    else snprintf(line, sizeof line, "%s %s%s%s -> %s", e->proto ? e->proto : "", e->key ? e->key : "", e->key ? " " : "", e->from ? e->from : "",
                  e->to ? e->to : "");
    for (size_t i = o->count; !f && e->kind == HP_TRACE_STATE && i-- > 0;)
        if (o->held[i].in && strcmp(o->held[i].machine, machine) == 0) f = &o->held[i];
    if (f) {
        out_add_line(f->comment, &f->comments, line);
        return;
    }
    if (strcmp(o->early_machine, machine) != 0) o->early = 0;
    snprintf(o->early_machine, sizeof o->early_machine, "%s", machine);
    out_add_line(o->early_comment, &o->early, line);
}

static void out_machine(void *ctx, const struct hp_event *e)
{
    static const char *const kind[] = {"up", "down", "rx", "tx", "drop", "state", "timer", "note"};
    struct lab_out *o = ctx;
    if (o->closed) return;
    if (e->kind == HP_TRACE_DROP && e->drop == HP_DROP_TAKEN && !o->all) return; /* the usual end */
    if (e->kind == HP_TRACE_DROP && lab_out_on_cable(e->drop)) return;           /* the cable has told */
    if (e->kind == HP_TRACE_DROP || e->kind == HP_TRACE_STATE) out_beside(o, e);
    fprintf(o->events, "{\"time\":%lld,\"node\":", (long long)e->time);
    cli_json_text(o->events, hp_stack_name(e->stack), strlen(hp_stack_name(e->stack)));
    fprintf(o->events, ",\"layer\":%u,\"kind\":\"%s\"", e->layer, kind[e->kind]);
    if (e->link) out_text(o, "link", hp_link_name(e->link));
    out_text(o, "proto", e->proto);
    if (e->object) fprintf(o->events, ",\"object\":%llu", (unsigned long long)e->object);
    if (e->pkt_id) fprintf(o->events, ",\"packet\":%llu", (unsigned long long)e->pkt_id);
    if (e->kind == HP_TRACE_DROP) out_text(o, "reason", hp_drop_name(e->drop));
    out_text(o, "key", e->key);
    if (e->kind == HP_TRACE_STATE) {
        out_text(o, "from", e->from);
        out_text(o, "to", e->to);
    }
    if (e->kind == HP_TRACE_NOTE) fprintf(o->events, ",\"value\":%lld", (long long)e->value);
    fputs("}\n", o->events);
}

void lab_out_news(struct lab_out *o, const struct hp_run_event *e)
{
    if (o->closed) return;
    static const char *const kind[] = {"said", "app-started", "app-ended", "fault", "expect", "broken"};
    fprintf(o->events, "{\"time\":%lld", (long long)e->time);
    out_text(o, "node", e->node);
    fprintf(o->events, ",\"layer\":7,\"kind\":\"%s\"", kind[e->kind]);
    out_text(o, "app", e->app);
    if (e->packet) fprintf(o->events, ",\"packet\":%llu", (unsigned long long)e->packet);
    if (e->kind == HP_RUN_APP_ENDED || e->kind == HP_RUN_EXPECT) fprintf(o->events, ",\"result\":%d", e->result);
    out_text(o, "text", e->text);
    fputs("}\n", o->events);
}

/* ---- open and close ---- */

/* Answers its number in this file. */
static int out_interface(struct lab_out *o, struct hp_pcap *pcap, uint32_t i)
{
    struct hp_cable *cable = hp_world_each_cable(o->world, i / 2);
    struct hp_stack *s = hp_world_find(o->world, o->end[i].machine);
    struct hp_link_info info = {.index = 0};
    int link = 0;
    char name[160];
    hp_world_cable_end(o->world, cable, (int)(i % 2), &link);
    if (s && link > 0) hp_link_info(s, link, &info);
    snprintf(name, sizeof name, "%s.%s (%s)", o->end[i].machine, o->end[i].link, hp_cable_name(cable));
    return hp_pcap_interface(pcap, name, HP_PCAP_ETHERNET, info.index ? &info.mac : NULL);
}

static bool out_interfaces(struct lab_out *o)
{
    const struct hp_plan *plan = hp_run_plan(o->run);
    o->end = calloc(2 * (size_t)plan->cables + 1, sizeof *o->end);
    for (uint32_t i = 0; o->end && i < 2 * plan->cables; i++) {
        const struct hp_plan_cable *k = &plan->cable[i / 2];
        const struct hp_plan_node *n = &plan->node[k->node[i % 2]];
        int link;
        o->end[i] = (struct out_end){hp_world_cable_end(o->world, hp_world_each_cable(o->world, i / 2), (int)(i % 2), &link),
                                     n->interface[k->interface[i % 2]].name};
        out_interface(o, o->pcap, i);
    }
    return o->end != NULL;
}

int lab_out_view(struct lab_out *o, const char *folder, const char *machine, char *why, size_t why_n)
{
    char path[4096];
    uint32_t ends = 2 * hp_run_plan(o->run)->cables;
    snprintf(path, sizeof path, "%s/%s.pcapng", folder, machine);
    int err = hp_pcap_create(path, &o->view);
    o->view_interface = calloc((size_t)ends + 1, sizeof *o->view_interface);
    if (!err && !o->view_interface) err = HP_ENOMEM;
    for (uint32_t i = 0; !err && i < ends; i++)
        o->view_interface[i] = strcmp(o->end[i].machine, machine) == 0 ? out_interface(o, o->view, i) : -1;
    if (err) snprintf(why, why_n, "%s: %s", path, hp_err_text(err));
    return err;
}

static bool out_open(struct lab_out *o, const char *folder, char *why, size_t why_n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/events.jsonl", folder);
    o->events = fopen(path, "w");
    if (!o->events) {
        snprintf(why, why_n, "%s: %s", path, strerror(errno));
        return false;
    }
    snprintf(path, sizeof path, "%s/capture.pcapng", folder);
    int err = hp_pcap_create(path, &o->pcap);
    if (err) snprintf(why, why_n, "%s: %s", path, hp_err_text(err));
    return !err;
}

struct lab_out *lab_out_new(struct hp_run *run, const char *folder, bool all, char *why, size_t why_n)
{
    struct lab_out *o = calloc(1, sizeof *o);
    snprintf(why, why_n, "out of memory");
    if (!o) return NULL;
    o->run = run;
    o->world = hp_run_world(run);
    o->all = all;
    struct hp_trace trace = {out_machine, o, all ? 0 : 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE | 1u << HP_TRACE_NOTE};
    struct hp_cable_trace cables = {out_cable, o};
    if (out_open(o, folder, why, why_n) && out_interfaces(o) && hp_world_trace(o->world, &trace, &cables) == HP_OK) return o;
    if (o->events) fclose(o->events);
    hp_pcap_close(o->pcap);
    free(o->end);
    free(o);
    return NULL;
}

int lab_out_close(struct lab_out *o, char *why, size_t why_n)
{
    const char *wrong = o->failed ? "capture.pcapng: out of memory" : NULL;
    out_flush(o);
    if (hp_pcap_close(o->pcap)) wrong = "capture.pcapng could not be written";
    if (o->view && hp_pcap_close(o->view)) wrong = "the machine's own capture could not be written";
    bool bad = ferror(o->events);
    if (fclose(o->events) || bad) wrong = "events.jsonl could not be written";
    if (wrong) snprintf(why, why_n, "%s", wrong);
    o->closed = true;
    return wrong ? HP_EIO : HP_OK;
}

void lab_out_free(struct lab_out *o)
{
    char why[64];
    if (!o) return;
    if (!o->closed) lab_out_close(o, why, sizeof why);
    free(o->held);
    free(o->view_interface);
    free(o->end);
    free(o);
}
