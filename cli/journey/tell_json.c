/* A journey as JSON, for programs: docs/BROWSE.md says what each member is.  Fields of frames have Wireshark's names; times are milliseconds since
 * Enter, null where nobody knows them. */
#include <string.h>

#include "browser/idn.h"
#include "cli.h"
#include "journey/journey.h"
#include "wire/dissect.h"
#include "wire/dns.h"

/* ---- values: a comma before all but the first of an object or array ---- */

struct json {
    const struct journey *j;
    bool more;
};

static void json_comma(struct json *o)
{
    if (o->more) putchar(',');
    o->more = true;
}

static void json_key(struct json *o, const char *name)
{
    json_comma(o);
    printf("\"%s\":", name);
}

static void json_open(struct json *o, const char *name, char bracket)
{
    if (name) json_key(o, name);
    else json_comma(o);
    putchar(bracket);
    o->more = false;
}

static void json_close(struct json *o, char bracket)
{
    putchar(bracket);
    o->more = true;
}

static void json_text(struct json *o, const char *name, const char *text)
{
    json_key(o, name);
    cli_json_text(stdout, text ? text : "", text ? strlen(text) : 0);
}

static void json_number(struct json *o, const char *name, uint64_t value)
{
    json_key(o, name);
    printf("%llu", (unsigned long long)value);
}

static void json_bool(struct json *o, const char *name, bool value)
{
    json_key(o, name);
    fputs(value ? "true" : "false", stdout);
}

static void json_ms(struct json *o, const char *name, hp_time t)
{
    json_key(o, name);
    if (t == HP_NEVER) fputs("null", stdout);
    else printf("%.6f", journey_ms(o->j, t));
}

/* ---- frames and their fields ---- */

struct json_fields {
    struct json *o;
    bool layer; /* one is open */
};

/* A field that is a number is one here, and has its words beside it where they say more. */
static void json_field(void *ctx, const struct dissect_field *f)
{
    struct json_fields *l = ctx;
    char digits[24];
    if (f->depth == 0 && l->layer) {
        json_close(l->o, ']');
        json_close(l->o, '}');
    }
    l->layer |= f->depth == 0;
    json_open(l->o, NULL, '{');
    json_text(l->o, "name", f->name);
    json_text(l->o, "label", f->label);
    json_number(l->o, "offset", f->at);
    json_number(l->o, "length", f->n);
    if (f->depth == 0) {
        json_open(l->o, "fields", '[');
        return;
    }
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)f->value);
    if (f->number) json_number(l->o, "value", f->value);
    else json_text(l->o, "value", f->text);
    if (f->number && strcmp(digits, f->text) != 0) json_text(l->o, "text", f->text);
    json_close(l->o, '}');
}

static void json_layers(struct json *o, const struct record_frame *f)
{
    struct json_fields l = {.o = o};
    json_open(o, "layers", '[');
    dissect(f->bytes, record_link(f), json_field, &l);
    if (l.layer) {
        json_close(o, ']');
        json_close(o, '}');
    }
    json_close(o, ']');
}

/* Where a frame was first seen, and whether and when it came to whom it was for. */
static void json_journey_of(struct json *o, const struct record_frame *f)
{
    struct fate fate;
    journey_fate(o->j, f, &fate);
    json_number(o, "packet", f->id);
    json_ms(o, "sent_ms", f->in);
    json_ms(o, "arrived_ms", fate.arrived ? fate.time : HP_NEVER);
    if (fate.arrived || fate.on_its_way) return;
    json_open(o, "died", '{');
    json_text(o, "at", fate.cable ? o->j->plan->cable[fate.last->cable].name : journey_node(o->j, fate.node));
    json_text(o, "reason", fate.frozen ? "FROZEN" : hp_drop_name(fate.drop));
    json_number(o, "layer", (uint64_t)fate.layer);
    json_close(o, '}');
}

static void json_address(struct json *o, const char *name, const struct record_frame *f, bool to)
{
    char ip[HP_IP_TEXT] = "";
    record_ip(f, to, ip, sizeof ip);
    json_open(o, name, '{');
    json_text(o, "node", journey_who(o->j, ip));
    json_text(o, "address", ip);
    json_close(o, '}');
}

/* ---- 1: the URL ---- */

static void json_url(struct json *o)
{
    const struct hp_url *u = &o->j->where;
    char shown[HP_HTTP_HOST_MAX];
    json_open(o, "request_url", '{');
    json_text(o, "typed", o->j->url);
    json_text(o, "scheme", "http");
    json_text(o, "host", u->host);
    json_text(o, "host_shown", idn_shown(u->host, shown, sizeof shown) ? shown : u->host);
    json_number(o, "port", u->port);
    json_text(o, "path", u->path);
    json_close(o, '}');
}

/* ---- 2: DNS ---- */

static void json_record(struct json *o, const struct dns_record *r)
{
    static const char *const sections[] = {"question", "answer", "authority", "additional"};
    char name[DNS_TEXT], type[DNS_TYPE_TEXT], data[DNS_TEXT] = "";
    if (r->type == DNS_OPT) return;
    json_open(o, NULL, '{');
    json_text(o, "section", r->section < 4 ? sections[r->section] : "");
    json_text(o, "name", dns_name_text(&r->name, name, sizeof name));
    json_text(o, "type", dns_type_text(r->type, type));
    json_number(o, "ttl", r->ttl);
    if (r->type == DNS_A || r->type == DNS_AAAA) json_text(o, "data", hp_ip_text(&r->ip, data, sizeof data));
    else if (r->type == DNS_CNAME || r->type == DNS_NS || r->type == DNS_SOA) json_text(o, "data", dns_name_text(&r->target, data, sizeof data));
    json_close(o, '}');
}

/* A message begins with its id. */
static void json_dns_begins(void *ctx, const struct dissect_field *f)
{
    if (strcmp(f->name, "dns.id") == 0) *(size_t *)ctx = f->at;
}

static void json_dns_message(struct json *o, const struct record_frame *f)
{
    static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    char name[DNS_TEXT], type[DNS_TYPE_TEXT];
    struct dns_msg m;
    struct dns_question q;
    struct dns_record r;
    size_t skip = 0;
    dissect(f->bytes, record_link(f), json_dns_begins, &skip);
    if (!skip || !dns_parse((struct hp_bytes){f->bytes.p + skip, f->bytes.n - skip}, &m)) return;
    json_open(o, NULL, '{');
    json_journey_of(o, f);
    json_address(o, "from", f, false);
    json_address(o, "to", f, true);
    json_number(o, "id", m.h.id);
    json_bool(o, "response", m.h.response);
    if (m.h.response) json_text(o, "rcode", m.h.rcode < 6 ? rcodes[m.h.rcode] : "other");
    json_open(o, "questions", '[');
    while (dns_question_next(&m, &q)) {
        json_open(o, NULL, '{');
        json_text(o, "name", dns_name_text(&q.name, name, sizeof name));
        json_text(o, "type", dns_type_text(q.type, type));
        json_close(o, '}');
    }
    json_close(o, ']');
    json_open(o, "records", '[');
    while (dns_record_next(&m, &r)) json_record(o, &r);
    json_close(o, ']');
    json_close(o, '}');
}

/* Each message where it was sent, not on every cable that it passed. */
static bool json_is_first(const struct journey *j, const struct record_frame *f)
{
    return j->plan->node[record_from(&j->record, f)].kind == HP_NODE_HOST;
}

static void json_dns(struct json *o)
{
    const struct record *r = &o->j->record;
    json_open(o, "dns", '[');
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++)
        if (f->in >= o->j->began && f->is & RECORD_DNS && json_is_first(o->j, f)) json_dns_message(o, f);
    json_close(o, ']');
}

/* ---- 3: neighbours and the connection ---- */

static void json_frame_text(struct json *o, const char *name, const struct record_frame *f, const char *field)
{
    char text[DISSECT_TEXT] = "";
    record_text(f, field, text, sizeof text);
    json_text(o, name, text);
}

static void json_arp(struct json *o)
{
    const struct record *r = &o->j->record;
    json_open(o, "arp", '[');
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        if (!(f->is & RECORD_ARP) || journey_is_beyond(o->j, f)) continue;
        json_open(o, NULL, '{');
        json_number(o, "packet", f->id);
        json_ms(o, "sent_ms", f->in);
        json_ms(o, "arrived_ms", f->out);
        json_text(o, "sender", f->end ? "other" : "A");
        json_number(o, "opcode", record_number(f, "arp.opcode"));
        json_frame_text(o, "source_mac", f, "arp.src.hw_mac");
        json_frame_text(o, "source_ip", f, "arp.src.proto_ipv4");
        json_frame_text(o, "target_mac", f, "arp.dst.hw_mac");
        json_frame_text(o, "target_ip", f, "arp.dst.proto_ipv4");
        json_close(o, '}');
    }
    json_close(o, ']');
}

static const char *json_flags(const struct record_frame *f, char *buf, size_t n)
{
    char text[64] = "";
    record_text(f, "tcp.flags", text, sizeof text);
    const char *open = strchr(text, '(');
    snprintf(buf, n, "%.*s", open ? (int)strcspn(open + 1, ")") : 0, open ? open + 1 : "");
    return buf;
}

static void json_segment(struct json *o, const struct record_frame *f, bool client)
{
    char flags[40];
    json_open(o, NULL, '{');
    json_journey_of(o, f);
    json_text(o, "sender", client ? "client" : "server");
    json_text(o, "flags", json_flags(f, flags, sizeof flags));
    json_number(o, "seq", record_number(f, "tcp.seq_raw"));
    if (f->is & RECORD_ACK) json_number(o, "ack", record_number(f, "tcp.ack_raw"));
    json_number(o, "window", record_number(f, "tcp.window_size_value"));
    json_number(o, "bytes", f->payload.n);
    json_close(o, '}');
}

static uint64_t json_object(const struct journey *j, const char *node, const char *to)
{
    for (uint32_t i = 0; i < j->record.states; i++) {
        const struct record_state *s = &j->record.state[i];
        if (s->time >= j->began && strcmp(journey_node(j, s->node), node) == 0 && strcmp(s->to, to) == 0) return s->object;
    }
    return 0;
}

static void json_states(struct json *o)
{
    const struct journey *j = o->j;
    uint64_t client = json_object(j, "A", "SYN-SENT"), server = json_object(j, j->server_node, "SYN-RECEIVED");
    json_open(o, "states", '[');
    for (uint32_t i = 0; i < j->record.states; i++) {
        const struct record_state *s = &j->record.state[i];
        const char *node = journey_node(j, s->node);
        bool ours = strcmp(node, "A") == 0 && s->object == client, theirs = strcmp(node, j->server_node) == 0 && s->object == server;
        if (s->time < j->began || (!ours && !theirs)) continue;
        json_open(o, NULL, '{');
        json_ms(o, "ms", s->time);
        json_text(o, "side", ours ? "client" : "server");
        json_text(o, "from", s->from);
        json_text(o, "to", s->to);
        json_close(o, '}');
    }
    json_close(o, ']');
}

/* The document's connection, as its ends saw it. */
static void json_connection(struct json *o)
{
    const struct journey *j = o->j;
    const struct record *r = &j->record;
    char ip[HP_IP_TEXT];
    if (!j->port) return;
    json_open(o, "connection", '{');
    json_text(o, "server", hp_ip_text(&j->server, ip, sizeof ip));
    json_text(o, "server_node", j->server_node);
    json_number(o, "server_port", j->where.port);
    json_number(o, "client_port", j->port);
    json_bool(o, "server_inferred", j->wired);
    json_open(o, "segments", '[');
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        const char *sender = journey_node(j, record_from(r, f));
        bool client = strcmp(sender, "A") == 0;
        if (f->in >= j->began && journey_is_ours(j, f) && (client || strcmp(sender, j->server_node) == 0)) json_segment(o, f, client);
    }
    json_close(o, ']');
    json_states(o);
    json_close(o, '}');
}

static void json_message(struct json *o, const char *name, const struct record_frame *f)
{
    if (!f) return;
    json_open(o, name, '{');
    json_journey_of(o, f);
    json_number(o, "bytes", f->bytes.n);
    json_layers(o, f);
    json_close(o, '}');
}

/* ---- 4: the request's way ---- */

static void json_hop(struct json *o, const struct record_frame *f)
{
    const struct journey *j = o->j;
    char text[HP_PREFIX_TEXT];
    json_open(o, NULL, '{');
    json_text(o, "from", journey_node(j, record_from(&j->record, f)));
    json_text(o, "to", journey_node(j, record_to(&j->record, f)));
    json_text(o, "cable", j->plan->cable[f->cable].name);
    json_ms(o, "in_ms", f->in);
    json_ms(o, "out_ms", f->out);
    if (f->drop) json_text(o, "drop", hp_drop_name(f->drop));
    if (!f->raw_ip) {
        json_frame_text(o, "source_mac", f, "eth.src");
        json_frame_text(o, "destination_mac", f, "eth.dst");
    }
    json_number(o, "ttl", record_number(f, record_number(f, "ip.version") == 4 ? "ip.ttl" : "ipv6.hlim"));
    if (f->routed) json_text(o, "route", hp_prefix_text(&f->route, text, sizeof text));
    if (f->routed && !hp_ip_is_any(&f->gateway)) json_text(o, "gateway", hp_ip_text(&f->gateway, text, sizeof text));
    json_close(o, '}');
}

static void json_hops(struct json *o)
{
    const struct journey *j = o->j;
    json_open(o, "hops", '[');
    for (const struct record_frame *f = j->record.frame; j->request && f < j->record.frame + j->record.frames; f++)
        if (f->id == j->request->id && f->in >= j->request->in && f->is & RECORD_TCP) json_hop(o, f);
    json_close(o, ']');
}

/* ---- 8: the page ---- */

static void json_since(struct json *o, const char *name, hp_time t)
{
    if (t) json_ms(o, name, t - o->j->base);
}

static void json_resource(struct json *o, const struct page_resource *p)
{
    static const char *const kinds[] = {"document", "style", "picture"};
    char ip[HP_IP_TEXT];
    json_open(o, NULL, '{');
    json_text(o, "kind", kinds[p->kind]);
    json_text(o, "url", p->url);
    json_number(o, "status", (uint64_t)p->status);
    json_text(o, "type", p->type);
    json_number(o, "bytes", p->bytes);
    json_number(o, "wire_bytes", p->wire_bytes);
    if (p->width) json_number(o, "width", (uint64_t)p->width);
    if (p->width) json_number(o, "height", (uint64_t)p->height);
    if (p->port) {
        json_text(o, "server", hp_ip_text(&p->server, ip, sizeof ip));
        json_number(o, "port", p->port);
    }
    json_ms(o, "began_ms", p->began - o->j->base);
    json_since(o, "resolved_ms", p->resolved);
    json_since(o, "connected_ms", p->connected);
    json_since(o, "first_byte_ms", p->first_byte);
    json_since(o, "ended_ms", p->ended);
    json_number(o, "retransmitted", p->tcp.retrans);
    json_number(o, "redirects", (uint64_t)p->redirects);
    if (p->error) json_text(o, "error", p->error);
    json_close(o, '}');
}

static void json_page(struct json *o)
{
    const struct page *p = o->j->page;
    json_open(o, "resources", '[');
    for (int i = 0; p && i < page_resources(p); i++) json_resource(o, page_resource(p, i));
    json_close(o, ']');
    json_open(o, "links", '[');
    for (int i = 0; p && i < page_links(p); i++) {
        json_comma(o);
        cli_json_text(stdout, page_link(p, i), strlen(page_link(p, i)));
    }
    json_close(o, ']');
}

/* ---- how it ended ---- */

static void json_ladder(struct json *o, const struct ladder *l)
{
    static const char *const names[] = {"", "physical", "data link", "network", "transport", "session", "presentation", "application"};
    json_open(o, NULL, '{');
    if (l->resource >= 0 && o->j->page) json_text(o, "url", page_resource(o->j->page, l->resource)->url);
    json_number(o, "layer", (uint64_t)l->layer);
    json_text(o, "why", account_of(&o->j->account, l->english, l->korean));
    json_open(o, "ladder", '[');
    for (int n = 7; n >= 1; n--) {
        json_open(o, NULL, '{');
        json_number(o, "layer", (uint64_t)n);
        json_text(o, "name", names[n]);
        json_text(o, "state", n == l->layer ? "gave up" : n > l->layer ? "waited" : n == 1 && l->broken[0][0] ? "broken" : "ok");
        json_close(o, '}');
    }
    json_close(o, ']');
    json_close(o, '}');
}

static void json_verdict(struct json *o)
{
    const struct journey *j = o->j;
    json_open(o, "verdict", '{');
    json_text(o, "page", j->err ? "none" : journey_is_partial(j) ? "partial" : "whole");
    if (j->err) json_text(o, "error", j->page ? page_error(j->page) : hp_err_text(j->err));
    json_open(o, "failures", '[');
    for (int i = 0; i < j->verdicts; i++) json_ladder(o, &j->verdict[i]);
    json_close(o, ']');
    json_close(o, '}');
}

static void json_steps(struct json *o)
{
    const struct account *a = &o->j->account;
    json_open(o, "steps", '[');
    for (int i = 0; i < a->steps; i++) {
        const struct account_step *s = &a->step[i];
        json_open(o, NULL, '{');
        json_text(o, "step", s->label);
        json_text(o, "title", s->title);
        json_number(o, "layer", (uint64_t)s->layer);
        json_open(o, "packets", '[');
        for (size_t k = 0; k < s->packets; k++) {
            json_comma(o);
            printf("%llu", (unsigned long long)s->packet[k]);
        }
        json_close(o, ']');
        json_text(o, "text", s->text);
        json_close(o, '}');
    }
    json_close(o, ']');
}

static void json_run(struct json *o)
{
    const struct journey *j = o->j;
    json_text(o, "schema", "hepta-journey/1");
    json_text(o, "network", j->wired ? j->wired->machine->config.port[0].url : "embedded");
    if (!j->wired) {
        json_number(o, "seed", j->seed);
        json_key(o, "digest");
        printf("\"%016llx\"", (unsigned long long)hp_world_digest(j->world));
    }
    json_text(o, "url", j->page && page_resources(j->page) ? page_url(j->page) : j->ascii);
    json_number(o, "status", j->page ? (uint64_t)page_status(j->page) : 0);
    json_text(o, "title", j->page ? page_title(j->page) : "");
    json_text(o, "charset", j->page ? page_charset(j->page) : "");
    json_bool(o, "cut", j->page && page_is_cut(j->page));
    json_ms(o, "milliseconds", j->ended);
}

void journey_print_json(const struct journey *j)
{
    struct json o = {.j = j};
    json_open(&o, NULL, '{');
    json_run(&o);
    json_url(&o);
    json_dns(&o);
    json_arp(&o);
    json_connection(&o);
    json_message(&o, "request", j->request);
    json_hops(&o);
    json_message(&o, "response", j->response);
    json_page(&o);
    json_verdict(&o);
    json_steps(&o);
    json_close(&o, '}');
    putchar('\n');
}
