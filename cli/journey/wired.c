/* A journey over a real wire: the machine fetches the page, every frame is kept as it is seen, and what is at the other end is inferred. */
#include "journey/wired.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "journey/journey.h"
#include "lab_out.h"
#include "wire/dissect.h"

/* ---- while it happens ---- */

static struct record_frame *wired_find(struct record *r, uint64_t id)
{
    for (uint32_t i = r->frames; i > 0 && r->frames - i < 4000; i--)
        if (r->frame[i - 1].id == id) return &r->frame[i - 1];
    return NULL;
}

static void wired_frame(struct journey *j, const struct hp_event *e, int end)
{
    struct hp_link_info info;
    const char *name = e->link ? hp_link_name(e->link) : "lo";
    if (!e->pkt || strcmp(name, "lo") == 0 || hp_link_info(e->stack, hp_link_find(e->stack, name), &info)) return;
    struct record_frame *f = record_keep(&j->record, e->pkt, e->time, 0, end, strcmp(info.type, "ip") == 0);
    if (f && e->kind == HP_TRACE_DROP) f->drop = e->drop;
}

/* What a bad wire (--loss) loses dies on the cable: of what was sent, or before it was received. */
static void wired_drop(struct journey *j, const struct hp_event *e)
{
    struct record_frame *f = e->pkt_id ? wired_find(&j->record, e->pkt_id) : NULL;
    bool lost = lab_out_on_cable(e->drop) && e->drop != HP_DROP_WIRE_DOWN;
    if (lost && f && f->end == 0 && !f->drop) f->drop = e->drop;
    else if (lost && !f) wired_frame(j, e, 1);
    else record_keep_death(&j->record, e, WIRED_A);
}

static void wired_event(void *ctx, const struct hp_event *e)
{
    struct journey *j = ctx;
    if (e->kind == HP_TRACE_TX || e->kind == HP_TRACE_RX) wired_frame(j, e, e->kind == HP_TRACE_RX);
    else if (e->kind == HP_TRACE_DROP) wired_drop(j, e);
    else if (e->kind == HP_TRACE_STATE && strcmp(e->proto, "tcp") == 0) record_keep_state(&j->record, e, WIRED_A);
}

/* While the machine is there. */
static void wired_addresses(struct wired *w, const struct hp_stack *s)
{
    struct hp_addr_info a;
    struct hp_plan_interface *own = &w->interface[WIRED_A];
    own->address = w->address;
    for (unsigned i = 0; hp_addr_info(s, i, &a) == HP_OK && own->addresses < WIRED_ADDRESSES_MAX; i++)
        if (!hp_ip_is_loopback(&a.address.ip)) w->address[own->addresses++] = a.address;
}

static void wired_program(struct cli_machine *m, void *arg)
{
    struct journey *j = arg;
    struct page_options o = {.no_pictures = j->no_pictures, .timeout = j->timeout};
    cli_await_addresses(m, j->ascii);
    j->began = hp_now(m->stack);
    wired_addresses(j->wired, m->stack);
    j->err = page_load(m->stack, &m->resolver, j->ascii, &o, &j->page);
    j->ended = hp_now(m->stack);
    j->over = true;
    hp_sleep(m->stack, HP_MS(300)); /* for what closes its connections */
    m->result = CLI_OK;
}

int wired_happen(struct journey *j, struct cli_machine *m)
{
    m->watch = (struct hp_trace){wired_event, j, 0};
    m->config.plain = true;
    j->wired->machine = m;
    int result = cli_machine_run(m, wired_program, j, NULL);
    m->watch.event = NULL;
    for (int i = 0; i < m->config.ports; i++) j->wired->leased |= m->config.port[i].dhcp;
    if (!result && !j->over) result = CLI_FAILED;
    return result;
}

/* ---- who is at the other end ---- */

static uint32_t wired_node(struct wired *w, const char *name)
{
    struct hp_ip ip = {{0}};
    for (uint32_t i = 0; i < w->plan.nodes; i++)
        if (strcmp(w->name[i], name) == 0) return i;
    if (w->plan.nodes == WIRED_PEERS_MAX || (w->plan.nodes > WIRED_ALL && !hp_ip_parse(name, &ip))) return WIRED_ALL;
    uint32_t i = w->plan.nodes++;
    snprintf(w->name[i], sizeof w->name[i], "%s", name);
    w->node[i] = (struct hp_plan_node){.name = w->name[i], .kind = HP_NODE_HOST, .interface = &w->interface[i], .interfaces = 1};
    if (i > WIRED_ALL) {
        w->peer[i] = (struct hp_prefix){ip, 128};
        w->interface[i] = (struct hp_plan_interface){.name = "", .address = &w->peer[i], .addresses = 1};
    }
    if (i) w->cable[w->plan.cables++] = (struct hp_plan_cable){.name = w->machine->config.port[0].url, .node = {WIRED_A, i}};
    return i;
}

/* The peer that a frame is for, or came from; "" = everybody. */
static void wired_peer(const struct record_frame *f, char *name, size_t n)
{
    struct hp_ip ip;
    char other[HP_IP_TEXT] = "";
    bool sent = f->end == 0;
    name[0] = 0;
    if (f->is & RECORD_ARP) {
        record_text(f, sent ? "arp.dst.proto_ipv4" : "arp.src.proto_ipv4", name, n);
        record_text(f, sent ? "arp.src.proto_ipv4" : "arp.dst.proto_ipv4", other, sizeof other);
        if (strcmp(name, other) == 0 && sent) name[0] = 0; /* an announcement */
    } else record_ip(f, sent, name, n);
    if (!hp_ip_parse(name, &ip) || hp_ip_is_multicast(&ip) || hp_ip_is_broadcast(&ip) || hp_ip_is_any(&ip)) name[0] = 0;
}

static void wired_peers(struct journey *j)
{
    struct wired *w = j->wired;
    char name[HP_IP_TEXT];
    w->plan.node = w->node;
    w->plan.cable = w->cable;
    wired_node(w, "A");
    wired_node(w, "wire");
    for (uint32_t i = 0; i < j->record.frames; i++) {
        wired_peer(&j->record.frame[i], name, sizeof name);
        j->record.frame[i].cable = (name[0] ? wired_node(w, name) : WIRED_ALL) - 1;
    }
    j->plan = &w->plan;
    j->record.plan = &w->plan;
}

/* ---- when it was there ---- */

static uint32_t wired_end(const struct record_frame *f) /* the sequence number behind it */
{
    return (uint32_t)record_number(f, "tcp.seq_raw") + (uint32_t)f->payload.n + !!(f->is & RECORD_SYN) + !!(f->is & RECORD_FIN);
}

static bool wired_same_way(const struct record_frame *a, const struct record_frame *b)
{
    return a->cable == b->cable && a->end == b->end && a->from_port == b->from_port && a->to_port == b->to_port;
}

/* Does `b`, which came later the other way, show that `a` arrived? */
static bool wired_answers(const struct record_frame *a, const struct record_frame *b)
{
    if (a->cable != b->cable || a->end == b->end || (b->end && b->drop)) return false;
    if (b->is & RECORD_ICMP) return a->from_port && b->from_port == a->from_port && b->to_port == a->to_port; /* it quotes what it complains of */
    if (a->is & RECORD_ARP) return b->is & RECORD_ARP && record_number(b, "arp.opcode") == 2;
    if (a->is & RECORD_DNS) return b->is & RECORD_DNS && record_number(a, "dns.id") == record_number(b, "dns.id");
    if (!(a->is & b->is & RECORD_TCP) || a->from_port != b->to_port || a->to_port != b->from_port) return false;
    return b->is & RECORD_RST || (b->is & RECORD_ACK && (int32_t)((uint32_t)record_number(b, "tcp.ack_raw") - wired_end(a)) >= 0);
}

/* Something that is answered when it arrives. */
static bool wired_asks(const struct record_frame *f)
{
    if (f->is & RECORD_TCP) return f->is & (RECORD_SYN | RECORD_FIN) || f->payload.n;
    return f->is & RECORD_DNS || (f->is & RECORD_ARP && f->cable != WIRED_ALL - 1);
}

static bool wired_is_again(const struct record_frame *a, const struct record_frame *b)
{
    if (!wired_same_way(a, b) || (a->is & ~RECORD_ACK) != (b->is & ~RECORD_ACK)) return false;
    if (a->is & RECORD_TCP) return record_number(a, "tcp.seq_raw") == record_number(b, "tcp.seq_raw");
    return (a->is & RECORD_ARP) || (a->is & RECORD_DNS && record_number(a, "dns.id") == record_number(b, "dns.id"));
}

/* The frame that shows that `f` arrived: NULL = none did, or it was sent again before. */
static const struct record_frame *wired_answer(const struct record *r, const struct record_frame *f)
{
    for (const struct record_frame *k = f + 1; k < r->frame + r->frames; k++) {
        if (wired_answers(f, k)) return k;
        if (k->end == 0 && !k->drop && wired_is_again(f, k)) return NULL;
    }
    return NULL;
}

/* A round trip is the fastest of those that a peer answers by itself: ARP, the handshake, a name. */
static void wired_measure(struct journey *j)
{
    struct record *r = &j->record;
    for (struct record_frame *f = r->frame; f < r->frame + r->frames; f++) {
        bool quick = f->is & (RECORD_ARP | RECORD_DNS) || (f->is & (RECORD_SYN | RECORD_ACK)) == RECORD_SYN;
        const struct record_frame *answer = f->end == 0 && !f->drop && quick && wired_asks(f) ? wired_answer(r, f) : NULL;
        hp_time *way = &j->wired->way[f->cable + 1], half = answer ? (answer->in - f->in) / 2 : 0;
        if (answer && (!*way || half < *way)) *way = half > 0 ? half : 1;
    }
}

/* Until here `in` is when A saw it. */
static void wired_times(struct journey *j)
{
    struct record *r = &j->record;
    for (struct record_frame *f = r->frame; f < r->frame + r->frames; f++) { /* the answers are looked for among frames behind it */
        hp_time way = j->wired->way[f->cable + 1];
        bool arrived = !f->drop && (f->end || !wired_asks(f) || wired_answer(r, f));
        if (f->drop) f->out = f->in;
        else if (arrived) f->out = f->end ? f->in : f->in + way;
    }
    for (struct record_frame *f = r->frame; f < r->frame + r->frames; f++)
        if (f->end) f->in -= j->wired->way[f->cable + 1];
}

/* ---- the other side's TCP, as RFC 9293 figure 5 has it ---- */

struct wired_conn {
    uint32_t cable;
    uint16_t near, far, state; /* ports; index of wired_states */
    uint32_t fin;
    bool finished;
};
enum { PEER_LISTEN, PEER_SYN_RECEIVED, PEER_ESTABLISHED, PEER_FIN_WAIT_1, PEER_FIN_WAIT_2, PEER_CLOSING, PEER_TIME_WAIT, PEER_CLOSE_WAIT, PEER_LAST_ACK,
       PEER_CLOSED };
static const char *const wired_states[] = {"LISTEN", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT", "CLOSE-WAIT",
                                           "LAST-ACK", "CLOSED"};

static void wired_become(struct journey *j, struct wired_conn *c, const struct record_frame *f, hp_time time, uint16_t to)
{
    char from[HP_IP_TEXT] = "", at[HP_IP_TEXT] = "", key[2 * HP_ENDPOINT_TEXT];
    if (c->state == to) return;
    record_ip(f, !f->end, from, sizeof from);
    record_ip(f, f->end, at, sizeof at);
    bool six = strchr(from, ':');
    snprintf(key, sizeof key, six ? "[%s]:%u > [%s]:%u" : "%s:%u > %s:%u", from, c->far, at, c->near);
    struct hp_event e = {.time = time, .object = (uint64_t)c->near << 16 | c->far, .from = wired_states[c->state], .to = wired_states[to], .key = key};
    record_keep_state(&j->record, &e, c->cable + 1);
    c->state = to;
}

static void wired_peer_sends(struct journey *j, struct wired_conn *c, const struct record_frame *f)
{
    if (f->is & RECORD_RST) wired_become(j, c, f, f->in, c->state == PEER_LISTEN ? PEER_LISTEN : PEER_CLOSED);
    else if (f->is & RECORD_SYN && c->state == PEER_LISTEN) wired_become(j, c, f, f->in, PEER_SYN_RECEIVED);
    if (!(f->is & RECORD_FIN) || f->is & RECORD_RST) return;
    c->finished = true;
    c->fin = wired_end(f);
    if (c->state == PEER_SYN_RECEIVED || c->state == PEER_ESTABLISHED) wired_become(j, c, f, f->in, PEER_FIN_WAIT_1);
    else if (c->state == PEER_CLOSE_WAIT) wired_become(j, c, f, f->in, PEER_LAST_ACK);
}

static void wired_peer_takes(struct journey *j, struct wired_conn *c, const struct record_frame *f)
{
    bool acked = c->finished && f->is & RECORD_ACK && (int32_t)((uint32_t)record_number(f, "tcp.ack_raw") - c->fin) >= 0;
    if (f->is & RECORD_RST) wired_become(j, c, f, f->out, PEER_CLOSED);
    if (c->state == PEER_SYN_RECEIVED && f->is & RECORD_ACK) wired_become(j, c, f, f->out, PEER_ESTABLISHED);
    if (acked && c->state == PEER_FIN_WAIT_1) wired_become(j, c, f, f->out, PEER_FIN_WAIT_2);
    else if (acked && c->state == PEER_CLOSING) wired_become(j, c, f, f->out, PEER_TIME_WAIT);
    else if (acked && c->state == PEER_LAST_ACK) wired_become(j, c, f, f->out, PEER_CLOSED);
    if (!(f->is & RECORD_FIN)) return;
    if (c->state == PEER_ESTABLISHED) wired_become(j, c, f, f->out, PEER_CLOSE_WAIT);
    else if (c->state == PEER_FIN_WAIT_1) wired_become(j, c, f, f->out, PEER_CLOSING);
    else if (c->state == PEER_FIN_WAIT_2) wired_become(j, c, f, f->out, PEER_TIME_WAIT);
}

struct wired_moment {
    hp_time time; /* at the peer; or any by which frames are put in order */
    uint32_t frame;
};

static int wired_order(const void *a, const void *b)
{
    const struct wired_moment *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->frame < y->frame ? -1 : x->frame > y->frame;
}

static struct wired_conn *wired_conn(struct wired_conn *all, size_t *count, const struct record_frame *f)
{
    uint16_t near = f->end ? f->to_port : f->from_port, far = f->end ? f->from_port : f->to_port;
    for (size_t i = *count; i > 0; i--)
        if (all[i - 1].cable == f->cable && all[i - 1].near == near && all[i - 1].far == far) return &all[i - 1];
    if (*count == WIRED_CONNS_MAX) return NULL;
    all[*count] = (struct wired_conn){.cable = f->cable, .near = near, .far = far};
    return &all[(*count)++];
}

static void wired_peer_states(struct journey *j, struct wired_moment *moment, struct wired_conn *conn)
{
    const struct record *r = &j->record;
    size_t moments = 0, conns = 0;
    for (uint32_t i = 0; i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (f->is & RECORD_TCP && f->out != HP_NEVER && (f->end || !f->drop)) moment[moments++] = (struct wired_moment){f->end ? f->in : f->out, i};
    }
    qsort(moment, moments, sizeof *moment, wired_order);
    for (size_t i = 0; i < moments; i++) {
        const struct record_frame *f = &r->frame[moment[i].frame];
        struct wired_conn *c = wired_conn(conn, &conns, f);
        if (c && f->end) wired_peer_sends(j, c, f);
        else if (c) wired_peer_takes(j, c, f);
    }
}

/* ---- all of it ---- */

/* By time, and what is of one time as it came. */
static void wired_sort_frames(struct record *r, struct wired_moment *moment)
{
    struct record_frame *sorted = malloc((r->frames + 1) * sizeof *sorted);
    for (uint32_t i = 0; sorted && i < r->frames; i++) moment[i] = (struct wired_moment){r->frame[i].in, i};
    if (!sorted) return;
    qsort(moment, r->frames, sizeof *moment, wired_order);
    for (uint32_t i = 0; i < r->frames; i++) sorted[i] = r->frame[moment[i].frame];
    free(r->frame);
    r->frame = sorted;
    r->frames_room = r->frames;
}

/* Nearly all of them are in their place already. */
static void wired_sort_states(struct record *r)
{
    for (uint32_t i = 1; i < r->states; i++) {
        struct record_state s = r->state[i];
        uint32_t at = i;
        for (; at && r->state[at - 1].time > s.time; at--) r->state[at] = r->state[at - 1];
        r->state[at] = s;
    }
}

/* Times since the first thing that happened. */
static void wired_rebase(struct journey *j)
{
    struct record *r = &j->record;
    hp_time base = j->began;
    if (r->frames && r->frame[0].in < base) base = r->frame[0].in;
    base -= HP_US(1); /* Enter is pressed after the beginning */
    for (uint32_t i = 0; i < r->frames; i++) {
        r->frame[i].in -= base;
        if (r->frame[i].out != HP_NEVER) r->frame[i].out -= base;
    }
    for (uint32_t i = 0; i < r->states; i++) r->state[i].time -= base;
    for (uint32_t i = 0; i < r->deaths; i++) r->death[i].time -= base;
    j->began -= base;
    j->ended -= base;
    j->base = base;
}

/* The neighbour whose MAC address the document's segments go to, if it is not the server's own. */
static void wired_find_gateway(struct journey *j)
{
    const struct record *r = &j->record;
    char mac[20] = "", other[20], ip[HP_IP_TEXT], server[HP_IP_TEXT] = "";
    for (uint32_t i = 0; i < r->frames && !mac[0]; i++) {
        const struct record_frame *f = &r->frame[i];
        if (f->end || (f->is & (RECORD_SYN | RECORD_ACK)) != RECORD_SYN || !record_text(f, "eth.dst", mac, sizeof mac)) continue;
        record_ip(f, true, server, sizeof server);
    }
    for (uint32_t i = 0; mac[0] && i < r->frames; i++) {
        const struct record_frame *f = &r->frame[i];
        if (!f->end || !(f->is & RECORD_ARP) || !record_text(f, "arp.src.hw_mac", other, sizeof other) || strcmp(mac, other) != 0) continue;
        if (record_text(f, "arp.src.proto_ipv4", ip, sizeof ip) && strcmp(ip, server) != 0) snprintf(j->wired->gateway, sizeof j->wired->gateway, "%s", ip);
    }
}

void wired_infer(struct journey *j)
{
    wired_peers(j);
    wired_measure(j);
    wired_times(j);
    struct wired_moment *moment = calloc(j->record.frames + 1, sizeof *moment);
    struct wired_conn *conn = calloc(WIRED_CONNS_MAX, sizeof *conn);
    if (moment && conn) wired_peer_states(j, moment, conn);
    if (moment) wired_sort_frames(&j->record, moment);
    free(moment);
    free(conn);
    wired_sort_states(&j->record);
    wired_rebase(j);
    wired_find_gateway(j);
}

/* ---- to look at ---- */

static void wired_scene_node(struct journey *j, uint32_t i)
{
    const struct wired *w = j->wired;
    bool server = strcmp(w->name[i], j->server_node) == 0, gateway = strcmp(w->name[i], w->gateway) == 0;
    char label[HP_IP_TEXT + 80] = "", text[HP_PREFIX_TEXT];
    scene_node(j->scene, w->name[i], i == WIRED_ALL ? "switch" : gateway ? "router" : server ? "server" : "host");
    for (uint32_t k = 0; i == WIRED_A && k < w->interface[i].addresses; k++)
        scene_address(j->scene, "A", w->machine->config.port[0].url, hp_prefix_text(&w->address[k], text, sizeof text));
    if (i == WIRED_ALL) snprintf(label, sizeof label, "%.60s", w->machine->config.port[0].url);
    else if (server && w->gateway[0]) snprintf(label, sizeof label, "%.60s, %s %s", j->where.host, account_of(&j->account, "by", "경유:"), w->gateway);
    else if (server) snprintf(label, sizeof label, "%.60s", j->where.host);
    if (label[0]) scene_label(j->scene, w->name[i], label);
}

/* A on the left, its peers one below the other on the right; many are placed by the page itself. */
static void wired_places(struct journey *j)
{
    const struct wired *w = j->wired;
    if (w->plan.nodes > 8) return;
    double middle = (double)(w->plan.nodes - 2) / 2;
    scene_place(j->scene, "A", 0, middle);
    for (uint32_t i = WIRED_ALL + 1; i < w->plan.nodes; i++) scene_place(j->scene, w->name[i], 3, i - WIRED_ALL - 1);
    scene_place(j->scene, "wire", 3, w->plan.nodes - 2);
}

int wired_scene(struct journey *j)
{
    const struct wired *w = j->wired;
    const struct record *r = &j->record;
    for (uint32_t i = 0; i < w->plan.nodes; i++) wired_scene_node(j, i);
    wired_places(j);
    for (uint32_t i = 0; i < w->plan.cables; i++) {
        char name[HP_IP_TEXT + 80];
        snprintf(name, sizeof name, "%.70s %s", w->cable[i].name, w->name[i + 1]);
        if (scene_cable(j->scene, name, WIRED_A, (int)i + 1, w->way[i + 1]) < 0) return HP_ENOMEM;
    }
    for (const struct record_frame *f = r->frame; f < r->frame + r->frames; f++)
        scene_frame(j->scene, &(struct scene_seen){.cable = f->cable, .end = f->end, .in = f->in, .out = f->out, .drop = f->drop, .id = f->id,
                                                   .raw_ip = f->raw_ip, .bytes = f->bytes});
    for (const struct record_state *s = r->state; s < r->state + r->states; s++)
        scene_state(j->scene, s->time, w->name[s->node], s->object, s->key, s->from, s->to);
    for (const struct record_death *d = r->death; d < r->death + r->deaths; d++) scene_drop(j->scene, d->time, "A", d->id, d->drop);
    return HP_OK;
}
