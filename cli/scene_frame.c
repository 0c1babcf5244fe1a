/* Frames of a scene: which are kept, what is in them, and what becomes of them.
 *
 * Frames of one kind (all ARP requests, all ACKs with timestamps) have the same fields at the same places, so that is kept once, as a shape; a frame adds
 * the texts that differ from the shape's first.  Texts are kept once, too: a packet says much the same on each of its cables. */
#include <stdlib.h>
#include <string.h>

#include "scene_inside.h"
#include "wire/crc.h"
#include "wire/dissect.h"
#include "wire/tcp.h"

/* What the recorder itself must know of a frame. */
struct frame_look {
    struct scene *s;
    struct scene_field field[SCENE_FIELDS_MAX];
    uint32_t text[SCENE_FIELDS_MAX];
    size_t fields;
    uint32_t proto;
    bool keeps;                 /* its texts, too: on the second look */
    bool tcp, quoted;
    char src[HP_IP_TEXT], dst[HP_IP_TEXT];
    uint64_t from, to, seq, ack, flags, win, wscale, payload;
};

/* ---- fields ---- */

static void frame_look_number(struct frame_look *l, const struct dissect_field *f)
{
    const struct { const char *name; uint64_t *to; } wanted[] = {
        {"tcp.srcport", &l->from}, {"tcp.dstport", &l->to}, {"tcp.seq_raw", &l->seq}, {"tcp.ack_raw", &l->ack}, {"tcp.flags", &l->flags},
        {"tcp.window_size_value", &l->win}, {"tcp.options.wscale.shift", &l->wscale}, {"tcp.len", &l->payload}};
    if (strncmp(f->name, "tcp.", 4) != 0) return;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strcmp(f->name, wanted[i].name) == 0) *wanted[i].to = f->value;
}

static void frame_look_layer(struct frame_look *l, const struct dissect_field *f)
{
    if (l->keeps && strcmp(f->name, "data") != 0 && strcmp(f->name, "_ws.malformed") != 0) l->proto = scene_text(l->s, f->name);
    if (strcmp(f->name, "tcp") == 0) l->tcp = true;
    if (strncmp(f->name, "icmp", 4) == 0) l->quoted = true;
}

static void frame_look_field(void *ctx, const struct dissect_field *f)
{
    struct frame_look *l = ctx;
    if (f->depth == 0) frame_look_layer(l, f);
    if (!l->quoted) {
        frame_look_number(l, f);
        if (strcmp(f->name, "ip.src") == 0 || strcmp(f->name, "ipv6.src") == 0) snprintf(l->src, sizeof l->src, "%s", f->text);
        if (strcmp(f->name, "ip.dst") == 0 || strcmp(f->name, "ipv6.dst") == 0) snprintf(l->dst, sizeof l->dst, "%s", f->text);
    }
    if (!l->keeps) return;
    if (l->fields == SCENE_FIELDS_MAX) {
        l->s->fields_cut++;
        return;
    }
    l->text[l->fields] = scene_text(l->s, f->text);
    l->field[l->fields++] = (struct scene_field){.name = scene_text(l->s, f->name), .label = scene_text(l->s, f->label), .at = (uint32_t)f->at,
                                                 .n = (uint32_t)f->n, .depth = f->depth};
}

static uint64_t frame_hash(const struct frame_look *l)
{
    uint64_t h = l->fields;
    for (size_t i = 0; i < l->fields; i++) {
        const struct scene_field *f = &l->field[i];
        h = (h ^ ((uint64_t)f->name << 32 | (uint64_t)f->label << 8 | f->depth)) * 0x9e3779b97f4a7c15u;
        h = (h ^ h >> 29 ^ ((uint64_t)f->at << 32 | f->n)) * 0xbf58476d1ce4e5b9u;
    }
    return h ^ h >> 32;
}

static bool frame_same_fields(const struct frame_look *l, const struct scene_shape *sh)
{
    if (sh->fields.count != l->fields) return false;
    for (size_t i = 0; i < l->fields; i++) {
        const struct scene_field *a = &l->field[i], *b = SCENE_AT(sh->fields, struct scene_field, i);
        if (a->name != b->name || a->label != b->label || a->at != b->at || a->n != b->n || a->depth != b->depth) return false;
    }
    return true;
}

/* The number of the shape of these fields; UINT32_MAX if memory ran out. */
static uint32_t frame_shape(struct scene *s, const struct frame_look *l)
{
    uint64_t hash = frame_hash(l);
    for (size_t i = 0; i < s->shapes.count; i++) {
        const struct scene_shape *sh = SCENE_AT(s->shapes, struct scene_shape, i);
        if (sh->hash == hash && frame_same_fields(l, sh)) return (uint32_t)i;
    }
    struct scene_shape *sh = scene_list_add(s, &s->shapes, sizeof *sh);
    if (!sh) return UINT32_MAX;
    sh->hash = hash;
    for (size_t i = 0; i < l->fields; i++) {
        struct scene_field *f = scene_list_add(s, &sh->fields, sizeof *f);
        uint32_t *text = f ? scene_list_add(s, &sh->texts, sizeof *text) : NULL;
        if (!text) {
            sh->fields.count = sh->texts.count;
            return UINT32_MAX;
        }
        *f = l->field[i];
        *text = l->text[i];
    }
    return (uint32_t)(s->shapes.count - 1);
}

static bool frame_keep_fields(struct scene *s, const struct frame_look *l, struct scene_frame *f)
{
    f->shape = frame_shape(s, l);
    if (f->shape == UINT32_MAX) return false;
    const struct scene_shape *sh = SCENE_AT(s->shapes, struct scene_shape, f->shape);
    f->diff = (uint32_t)s->diffs.count;
    for (size_t i = 0; i < l->fields; i++) {
        if (*SCENE_AT(sh->texts, uint32_t, i) == l->text[i]) continue;
        uint32_t *pair = scene_list_add(s, &s->diffs, 2 * sizeof *pair);
        if (!pair) return false;
        pair[0] = (uint32_t)i;
        pair[1] = l->text[i];
        f->diff_n++;
    }
    return true;
}

/* ---- connections ---- */

static uint32_t frame_endpoint(struct scene *s, const char *ip, uint64_t port)
{
    char text[HP_ENDPOINT_TEXT + 8];
    bool six = strchr(ip, ':') != NULL;
    snprintf(text, sizeof text, "%s%s%s:%u", six ? "[" : "", ip, six ? "]" : "", (unsigned)port);
    return scene_text(s, text);
}

/* The connection of a segment and who sent it: side 0 is whose segment was seen first.  -1: there are too many. */
static int32_t frame_conn(struct scene *s, const struct frame_look *l, uint8_t *side)
{
    uint32_t from = frame_endpoint(s, l->src, l->from), to = frame_endpoint(s, l->dst, l->to);
    for (size_t i = s->conns.count; i-- > 0;) {
        const struct scene_conn *c = SCENE_AT(s->conns, struct scene_conn, i);
        *side = c->b == from;
        if ((c->a == from && c->b == to) || (c->b == from && c->a == to)) return (int32_t)i;
    }
    *side = 0;
    if (s->conns.count == SCENE_CONNS_MAX) return -1;
    struct scene_conn *c = scene_list_add(s, &s->conns, sizeof *c);
    if (!c) return -1;
    *c = (struct scene_conn){.a = from, .b = to, .node_a = -1, .node_b = -1};
    return (int32_t)(s->conns.count - 1);
}

/* Learns from a segment where it is sent first; answers whether it has data that went before. */
static bool frame_conn_take(struct scene_conn *c, const struct frame_look *l, uint8_t side, int32_t node)
{
    int32_t *owner = side ? &c->node_b : &c->node_a;
    if (*owner < 0) *owner = node;
    if (*owner != node) return false; /* a router passes it on */
    uint32_t seq = (uint32_t)l->seq, end = seq + (uint32_t)l->payload + !!(l->flags & TCP_SYN) + !!(l->flags & TCP_FIN);
    if (!c->known[side]) {
        c->known[side] = true;
        c->isn[side] = c->max[side] = seq;
    }
    if (l->flags & TCP_SYN) c->wscale[side] = (uint8_t)l->wscale;
    bool again = end != seq && (int32_t)(seq - c->max[side]) < 0;
    if ((int32_t)(end - c->max[side]) > 0) c->max[side] = end;
    return again;
}

/* ---- which are kept ---- */

static bool kept_has(const struct scene *s, uint64_t id)
{
    if (!s->kept_slots || !id) return false;
    size_t at = (id * 0x9e3779b97f4a7c15u >> 20) & (s->kept_slots - 1);
    for (; s->kept[at]; at = (at + 1) & (s->kept_slots - 1))
        if (s->kept[at] == id) return true;
    return false;
}

static void kept_put(uint64_t *slot, size_t slots, uint64_t id)
{
    size_t at = (id * 0x9e3779b97f4a7c15u >> 20) & (slots - 1);
    while (slot[at] && slot[at] != id) at = (at + 1) & (slots - 1);
    slot[at] = id;
}

static void kept_add(struct scene *s, uint64_t id)
{
    if (!id || kept_has(s, id)) return;
    if (s->kept_count * 2 >= s->kept_slots) {
        size_t slots = s->kept_slots ? s->kept_slots * 2 : 1024;
        uint64_t *grown = calloc(slots, sizeof *grown);
        if (!grown) {
            s->memory_failures++;
            return;
        }
        for (size_t i = 0; i < s->kept_slots; i++)
            if (s->kept[i]) kept_put(grown, slots, s->kept[i]);
        free(s->kept);
        s->kept = grown;
        s->kept_slots = slots;
    }
    kept_put(s->kept, s->kept_slots, id);
    s->kept_count++;
}

/* Bulk may fill three quarters, each half as dense as the one before; what tells the story has the rest for itself. */
static bool frame_bulk_wanted(struct scene *s, uint64_t id)
{
    uint32_t room = s->config.frames_max - s->config.frames_max / 4;
    if (s->bulk_kept >= room) return false;
    while (s->bulk_every < 1u << 30 && room - s->bulk_kept < room / 2 / s->bulk_every) s->bulk_every *= 2;
    return (id * 0x9e3779b97f4a7c15u >> 33) % s->bulk_every == 0;
}

static bool frame_wanted(struct scene *s, const struct frame_look *l, uint64_t id, bool again, bool dropped)
{
    bool bulk = l->tcp && !(l->flags & (TCP_SYN | TCP_FIN | TCP_RST)) && !again && !dropped;
    if (s->frames.count >= s->config.frames_max) return false;
    if (!bulk) return true;
    if (!kept_has(s, id) && !frame_bulk_wanted(s, id)) return false;
    s->bulk_kept++;
    return true;
}

/* ---- events of cables ---- */

static struct scene_frame *frame_at(const struct scene *s, int32_t i) { return SCENE_AT(s->frames, struct scene_frame, i); }

static void frame_fly(struct scene *s, struct scene_cable *c, int end, int32_t number)
{
    frame_at(s, number)->next_flying = -1;
    if (c->flying[end] < 0) c->flying[end] = number;
    else frame_at(s, c->flying_last[end])->next_flying = number;
    c->flying_last[end] = number;
}

/* The oldest kept frame of this packet that is on the cable, taken off the list; NULL = none. */
static struct scene_frame *frame_land(struct scene *s, struct scene_cable *c, int end, uint64_t id)
{
    int32_t before = -1;
    for (int32_t i = c->flying[end]; i >= 0; before = i, i = frame_at(s, i)->next_flying) {
        struct scene_frame *f = frame_at(s, i);
        if (f->id != id) continue;
        if (before < 0) c->flying[end] = f->next_flying;
        else frame_at(s, before)->next_flying = f->next_flying;
        if (c->flying_last[end] == i) c->flying_last[end] = before;
        return f;
    }
    return NULL;
}

static struct scene_frame *frame_keep(struct scene *s, struct frame_look *l, enum dissect_link link, struct hp_bytes bytes)
{
    char line[DISSECT_TEXT];
    l->keeps = true;
    dissect(bytes, link, frame_look_field, l);
    struct scene_frame f = {.len = (uint32_t)bytes.n, .proto = l->proto, .conn = -1, .next_flying = -1, .fcs = crc_of(bytes)};
    size_t snap = s->config.snap ? s->config.snap : s->bytes.count < SCENE_WHOLE ? SCENE_FRAME_MAX : SCENE_SNAP, n = bytes.n < snap ? bytes.n : snap;
    dissect_line(bytes, link, line, sizeof line);
    f.line = scene_text(s, line);
    size_t at = scene_list_add_bytes(s, &s->bytes, bytes.p, n);
    if (at > UINT32_MAX - n || !frame_keep_fields(s, l, &f)) return NULL;
    f.bytes = (uint32_t)at;
    f.bytes_n = (uint32_t)n;
    struct scene_frame *kept = scene_list_add(s, &s->frames, sizeof *kept);
    if (kept) *kept = f;
    return kept;
}

static void frame_keep_tcp(struct scene *s, const struct frame_look *l, struct scene_frame *f, int32_t conn, uint8_t side, bool again)
{
    const struct scene_conn *c = SCENE_AT(s->conns, struct scene_conn, conn);
    f->conn = conn;
    f->side = side;
    f->again = again;
    f->flags = (uint16_t)l->flags;
    f->payload = (uint32_t)l->payload;
    f->win = (uint32_t)l->win << (l->flags & TCP_SYN ? 0 : c->wscale[side]);
    f->seq = (uint32_t)l->seq - c->isn[side];
    f->ack = l->flags & TCP_ACK ? (uint32_t)l->ack - c->isn[!side] : 0;
}

/* How many are missing before a kept frame.  One that is kept only now that it died was counted as left out when it was sent. */
static void frame_count_left_out(struct scene *s, struct scene_cable *c, struct scene_frame *f, bool died)
{
    if (died) {
        s->left_out--;
        c->left_out--;
    }
    f->left_out = s->left_out > 0 ? (uint32_t)s->left_out : 0;
    if (s->left_out > 0) s->left_out = 0;
}

/* A frame that is handed to a cable, or dies there without having been kept before. */
struct frame_entry {
    struct hp_bytes bytes;      /* without FCS */
    enum dissect_link link;
    uint64_t id;
    hp_time time;
    int end;
    bool died;
};

static struct scene_frame *frame_take(struct scene *s, struct scene_cable *c, const struct frame_entry *e)
{
    struct frame_look *l = calloc(1, sizeof *l); /* too large for the stack of whoever is being traced */
    if (!l) return NULL;
    struct scene_frame *f = NULL;
    uint8_t side = 0;
    l->s = s;
    dissect(e->bytes, e->link, frame_look_field, l);
    l->tcp &= !l->quoted && l->src[0];
    int32_t conn = l->tcp ? frame_conn(s, l, &side) : -1, node = c->node[e->end];
    bool again = conn >= 0 && frame_conn_take(SCENE_AT(s->conns, struct scene_conn, conn), l, side, node);
    if (frame_wanted(s, l, e->id, again, e->died)) f = frame_keep(s, l, e->link, e->bytes);
    if (f) {
        if (conn >= 0) frame_keep_tcp(s, l, f, conn, side, again);
        f->id = e->id;
        f->in = e->time;
        f->out = SCENE_FLYING;
        f->cable = (uint16_t)(c - SCENE_AT(s->cables, struct scene_cable, 0));
        f->end = (uint8_t)e->end;
        frame_count_left_out(s, c, f, e->died);
        kept_add(s, e->id);
        scene_look_addresses(s, node, e->time);
    } else if (!e->died) {
        s->left_out++;
        c->left_out++;
    }
    free(l);
    return f;
}

static struct scene_frame *frame_take_event(struct scene *s, struct scene_cable *c, const struct hp_cable_event *e)
{
    size_t n = hp_pkt_copy_out(e->pkt, 0, s->scratch, SCENE_FRAME_MAX), fcs = hp_pkt_fcs(e->pkt);
    return frame_take(s, c, &(struct frame_entry){.bytes = {s->scratch, n - (fcs < n ? fcs : n)}, .link = DISSECT_ETHERNET, .id = hp_pkt_id(e->pkt),
                                                  .time = e->time, .end = e->end, .died = e->kind == HP_CABLE_DROP});
}

static struct scene_cable *frame_cable(const struct scene *s, const struct hp_cable *cable)
{
    size_t i = (size_t)hp_world_cable_number(s->world, cable); /* they are kept in the world's order */
    return i < s->cables.count ? SCENE_AT(s->cables, struct scene_cable, i) : NULL;
}

/* A second arrival of a frame that a cable doubled. */
static void frame_double(struct scene *s, const struct hp_cable_event *e)
{
    uint64_t id = hp_pkt_id(e->pkt);
    for (size_t i = s->frames.count; i-- > 0 && s->frames.count - i < 4096;) {
        struct scene_frame *f = frame_at(s, (int32_t)i);
        if (f->id != id || f->end != e->end || SCENE_AT(s->cables, struct scene_cable, f->cable)->cable != e->cable) continue;
        if (s->frames.count >= s->config.frames_max) return;
        struct scene_frame *again = scene_list_add(s, &s->frames, sizeof *again);
        if (!again) return;
        *again = *frame_at(s, (int32_t)i);
        again->out = e->time;
        again->drop = (uint16_t)e->drop;
        again->dup = 1;
        again->left_out = 0;
        return;
    }
}

void scene_cable_event(void *ctx, const struct hp_cable_event *e)
{
    struct scene *s = ctx;
    struct scene_cable *c = s->ended || !e->pkt ? NULL : frame_cable(s, e->cable);
    if (!c) return;
    if (e->time > s->time) s->time = e->time;
    if (e->kind == HP_CABLE_ENTER) {
        s->frames_seen++;
        struct scene_frame *f = frame_take_event(s, c, e);
        if (f) frame_fly(s, c, e->end, (int32_t)(s->frames.count - 1));
        return;
    }
    struct scene_frame *f = frame_land(s, c, e->end, hp_pkt_id(e->pkt));
    if (!f && e->kind == HP_CABLE_DROP && !kept_has(s, hp_pkt_id(e->pkt))) f = frame_take_event(s, c, e);
    if (f) {
        f->out = e->time;
        f->drop = e->kind == HP_CABLE_DROP ? (uint16_t)e->drop : 0;
    } else if (kept_has(s, hp_pkt_id(e->pkt))) {
        frame_double(s, e);
    }
}

void scene_frame(struct scene *s, const struct scene_seen *seen)
{
    struct scene_cable *c = s && !s->ended && seen->cable < s->cables.count ? SCENE_AT(s->cables, struct scene_cable, seen->cable) : NULL;
    if (!c) return;
    s->frames_seen++;
    if (seen->in > s->time) s->time = seen->in;
    struct scene_frame *f = frame_take(s, c, &(struct frame_entry){.bytes = seen->bytes, .link = seen->raw_ip ? DISSECT_RAW_IP : DISSECT_ETHERNET,
                                                                   .id = seen->id, .time = seen->in, .end = seen->end});
    if (!f || seen->out == HP_NEVER) return;
    f->out = seen->out;
    f->drop = (uint16_t)seen->drop;
    if (seen->out > s->time) s->time = seen->out;
}
