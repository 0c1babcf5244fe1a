/* A scene as JSON (docs/SCENE.md).
 *
 * "<" is written as \u003c in every text, so that the object can stand inside a script element whatever a peer sent. */
#include <string.h>

#include "scene_inside.h"

/* ---- values ---- */

/* How many bytes of well-formed UTF-8 are at p; 0 = none (RFC 3629). */
static size_t json_utf8(const unsigned char *p)
{
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))) return 0;
    if (n == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))) return 0;
    return n;
}

static void json_text(FILE *f, const char *text)
{
    fputc('"', f);
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        size_t n = json_utf8(p);
        if (n == 0) fputs("\\ufffd", f);
        else if (*p == '"' || *p == '\\') fprintf(f, "\\%c", *p);
        else if (*p == '\n') fputs("\\n", f);
        else if (*p < 0x20 || *p == 0x7f || *p == '<') fprintf(f, "\\u%04x", *p);
        else fwrite(p, 1, n, f);
        p += n ? n : 1;
    }
    fputc('"', f);
}

static void json_more_number(FILE *f, const char *key, long long v) { fprintf(f, ",\"%s\":%lld", key, v); }

static void json_key_text(FILE *f, const struct scene *s, const char *key, uint32_t text)
{
    fprintf(f, "\"%s\":", key);
    json_text(f, scene_text_of(s, text));
}

static void json_more_text(FILE *f, const struct scene *s, const char *key, uint32_t text)
{
    fputc(',', f);
    json_key_text(f, s, key, text);
}

/* Every item of a list, with commas between: "key":[...]. */
static void json_list(FILE *f, const struct scene *s, const char *key, const struct scene_list *l, size_t size,
                      void (*each)(FILE *f, const struct scene *s, const void *item))
{
    fprintf(f, ",\n\"%s\":[", key);
    for (size_t i = 0; i < l->count; i++) {
        fputs(i ? ",\n" : "\n", f);
        each(f, s, (const uint8_t *)l->at + i * size);
    }
    fputc(']', f);
}

/* ---- who there is ---- */

static void json_rows(FILE *f, const struct scene *s, const struct scene_node *n)
{
    static const char *const name[SCENE_TABLES] = {"routes", "neighbors", "switching", "links", "counters"};
    for (int table = 0; table < SCENE_TABLES; table++) {
        bool first = true;
        fprintf(f, ",\"%s\":[", name[table]);
        for (size_t i = 0; i < n->rows.count; i++) {
            const struct scene_row *r = SCENE_AT(n->rows, struct scene_row, i);
            if (r->table != table) continue;
            fputs(first ? "[" : ",[", f);
            for (int k = 0; k < 4; k++) {
                if (k) fputc(',', f);
                json_text(f, scene_text_of(s, r->cell[k]));
            }
            fputc(']', f);
            first = false;
        }
        fputc(']', f);
    }
}

static void json_node(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_node *n = item;
    fputc('{', f);
    json_key_text(f, s, "name", n->name);
    json_more_text(f, s, "kind", n->kind);
    json_more_text(f, s, "label", n->label);
    if (n->placed) fprintf(f, ",\"x\":%.3f,\"y\":%.3f", n->x, n->y);
    fputs(",\"addresses\":[", f);
    for (size_t i = 0; i < n->addresses.count; i++) {
        const struct scene_address *a = SCENE_AT(n->addresses, struct scene_address, i);
        fprintf(f, "%s{\"time\":%lld,", i ? "," : "", (long long)a->time);
        json_key_text(f, s, "link", a->link);
        fputc(',', f);
        json_key_text(f, s, "address", a->text);
        fputc('}', f);
    }
    fputc(']', f);
    json_rows(f, s, n);
    fputc('}', f);
}

/* Of a trace: what it carries in a period. */
static uint64_t json_rate(const struct hp_way *w)
{
    const struct hp_rate_trace *t = w->trace;
    double bits = 0;
    hp_time at = 0;
    for (uint32_t i = 0; t && i < t->spans; at = t->span[i++].until) bits += (double)t->span[i].rate * (double)(t->span[i].until - at);
    return t ? (uint64_t)(bits / (double)at) : w->rate;
}

static void json_way(FILE *f, const struct scene *s, const struct scene_cable *c, int end)
{
    const struct hp_way *w = &c->way[end];
    const struct hp_cable_stats *t = &c->stats[end];
    fprintf(f, "{\"node\":%d,", c->node[end]);
    json_key_text(f, s, "link", c->link[end]);
    if (w->trace) fputs(",\"traced\":true", f);
    fprintf(f, ",\"rate\":%llu,\"delay\":%lld,\"loss\":%.6f,\"frames\":%llu,\"bytes\":%llu,\"lost\":%llu,\"corrupted\":%llu,\"collisions\":%llu}",
            (unsigned long long)json_rate(w), (long long)w->delay, (double)w->faults.loss / 4294967296.0, (unsigned long long)t->frames,
            (unsigned long long)t->bytes, (unsigned long long)t->lost, (unsigned long long)t->corrupted, (unsigned long long)t->collisions);
}

static void json_cable(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_cable *c = item;
    fputc('{', f);
    json_key_text(f, s, "name", c->name);
    fputs(",\"ends\":[", f);
    json_way(f, s, c, 0);
    fputc(',', f);
    json_way(f, s, c, 1);
    fprintf(f, "],\"left_out\":%llu}", (unsigned long long)c->left_out);
}

/* ---- frames ---- */

static void json_shape(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_shape *sh = item;
    fputs("{\"fields\":[", f);
    for (size_t i = 0; i < sh->fields.count; i++) {
        const struct scene_field *d = SCENE_AT(sh->fields, struct scene_field, i);
        fprintf(f, "%s%u,%u,%u,%u,%u", i ? "," : "", d->name, d->label, d->depth, d->at, d->n);
    }
    fputs("],\"texts\":[", f);
    for (size_t i = 0; i < sh->texts.count; i++) fprintf(f, "%s%u", i ? "," : "", *SCENE_AT(sh->texts, uint32_t, i));
    fputs("]}", f);
}

static void json_frame_tcp(FILE *f, const struct scene_frame *r)
{
    fprintf(f, ",\"conn\":%d,\"side\":%u,\"flags\":%u,\"seq\":%u,\"ack\":%u,\"n\":%u,\"win\":%u", r->conn, r->side, r->flags, r->seq, r->ack,
            r->payload, r->win);
    if (r->again) fputs(",\"again\":1", f);
}

static void json_frame(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_frame *r = item;
    fprintf(f, "{\"id\":%llu,\"cable\":%u,\"end\":%u,\"in\":%lld,\"len\":%u,\"fcs\":%u,\"proto\":%u,\"line\":%u,\"shape\":%u", (unsigned long long)r->id,
            r->cable, r->end, (long long)r->in, r->len, r->fcs, r->proto, r->line, r->shape);
    if (r->out != SCENE_FLYING) json_more_number(f, "out", r->out);
    if (r->drop) fprintf(f, ",\"drop\":\"%s\"", hp_drop_name((enum hp_drop)r->drop));
    if (r->dup) fputs(",\"dup\":1", f);
    if (r->left_out) json_more_number(f, "left_out", r->left_out);
    if (r->conn >= 0) json_frame_tcp(f, r);
    fputs(",\"diff\":[", f);
    for (uint32_t i = 0; i < r->diff_n; i++) {
        const uint32_t *pair = (const uint32_t *)s->diffs.at + 2 * ((size_t)r->diff + i);
        fprintf(f, "%s%u,%u", i ? "," : "", pair[0], pair[1]);
    }
    fputs("],\"bytes\":", f);
    scene_json_bytes(f, (const uint8_t *)s->bytes.at + r->bytes, r->bytes_n);
    fputc('}', f);
}

static void json_conn(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_conn *c = item;
    fputc('{', f);
    json_key_text(f, s, "a", c->a);
    json_more_text(f, s, "b", c->b);
    fprintf(f, ",\"nodes\":[%d,%d],\"isn\":[%u,%u]}", c->node_a, c->node_b, c->isn[0], c->isn[1]);
}

static void json_text_item(FILE *f, const struct scene *s, const void *item)
{
    json_text(f, (const char *)s->texts.bytes.at + *(const uint32_t *)item);
}

/* ---- what happened beside them ---- */

static void json_event(FILE *f, const struct scene *s, const void *item)
{
    static const char *const kind[] = {"up", "down", "rx", "tx", "drop", "state", "timer", "note"};
    const struct scene_event *e = item;
    bool said = e->kind == UINT8_MAX;
    fprintf(f, "{\"kind\":\"%s\",\"time\":%lld,\"node\":%d,\"layer\":%u,", said ? "say" : kind[e->kind], (long long)e->time, e->node, e->layer);
    json_key_text(f, s, "proto", e->proto);
    if (e->object) json_more_number(f, "object", (long long)e->object);
    if (e->packet) json_more_number(f, "packet", (long long)e->packet);
    if (e->key) json_more_text(f, s, "key", e->key);
    if (e->kind == HP_TRACE_STATE) json_more_text(f, s, "from", e->from);
    if (e->kind == HP_TRACE_STATE) json_more_text(f, s, "to", e->to);
    if (e->kind == HP_TRACE_NOTE) json_more_number(f, "value", e->value);
    if (e->kind == HP_TRACE_DROP) fprintf(f, ",\"drop\":\"%s\"", hp_drop_name((enum hp_drop)e->drop));
    if (said) json_more_text(f, s, "text", e->to);
    fputc('}', f);
}

/* ---- what the caller added ---- */

static void json_step(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_part *p = item;
    fputc('{', f);
    json_key_text(f, s, "title", p->text[0]);
    json_more_text(f, s, "text", p->text[1]);
    json_more_text(f, s, "label", p->text[2]);
    if (p->number[1]) {
        fputs(",\"other\":{", f);
        json_key_text(f, s, "lang", (uint32_t)p->number[1]);
        json_more_text(f, s, "title", p->text[3]);
        json_more_text(f, s, "text", p->text[4]);
        fputc('}', f);
    }
    fprintf(f, ",\"begin\":%lld,\"end\":%lld,\"layer\":%d,\"packets\":[", (long long)p->time[0], (long long)p->time[1], (int)p->number[0]);
    for (size_t i = 0; i < p->packets.count; i++)
        fprintf(f, "%s%llu", i ? "," : "", (unsigned long long)*SCENE_AT(p->packets, uint64_t, i));
    fputs("]}", f);
}

static void json_load(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_part *p = item;
    fputc('{', f);
    json_key_text(f, s, "url", p->text[0]);
    json_more_text(f, s, "note", p->text[1]);
    fprintf(f, ",\"status\":%d,\"bytes\":%llu,\"began\":%lld,\"resolved\":%lld,\"connected\":%lld,\"first_byte\":%lld,\"ended\":%lld}", (int)p->number[0],
            (unsigned long long)p->number[1], (long long)p->time[0], (long long)p->time[1], (long long)p->time[2], (long long)p->time[3],
            (long long)p->time[4]);
}

static void json_expect(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_part *p = item;
    fprintf(f, "{\"held\":%s,\"time\":%lld,\"packet\":%llu,", p->number[0] ? "true" : "false", (long long)p->time[0],
            (unsigned long long)p->number[1]);
    json_key_text(f, s, "text", p->text[0]);
    json_more_text(f, s, "why", p->text[1]);
    fputc('}', f);
}

static void json_fault(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_part *p = item;
    fprintf(f, "{\"time\":%lld,", (long long)p->time[0]);
    json_key_text(f, s, "text", p->text[0]);
    fputc('}', f);
}

static void json_run(FILE *f, const struct scene *s, const void *item)
{
    const struct scene_part *p = item;
    fputc('{', f);
    json_key_text(f, s, "label", p->text[0]);
    json_more_text(f, s, "bits", p->text[1]);
    fputc('}', f);
}

static void json_facts(FILE *f, const struct scene *s)
{
    fputs(",\n\"facts\":{", f);
    for (size_t i = 0; i < s->facts.count; i++) {
        const struct scene_part *p = SCENE_AT(s->facts, struct scene_part, i);
        if (i) fputc(',', f);
        json_text(f, scene_text_of(s, p->text[0]));
        fputc(':', f);
        json_text(f, scene_text_of(s, p->text[1]));
    }
    fputc('}', f);
}

static void json_page(FILE *f, const struct scene *s)
{
    if (!s->page_url && !s->png) return;
    fputs(",\n\"page\":{", f);
    json_key_text(f, s, "url", s->page_url);
    json_more_text(f, s, "text", s->page_text);
    if (s->png) fputs(",\"png\":", f);
    if (s->png) scene_json_bytes(f, s->png, s->png_n);
    fputc('}', f);
}

/* Every reason that stands in this scene, in words. */
static void json_drops(FILE *f)
{
    fputs(",\n\"drops\":{", f);
    for (int d = 1; d < HP_DROP_COUNT; d++) {
        fprintf(f, "%s\"%s\":", d > 1 ? "," : "", hp_drop_name((enum hp_drop)d));
        json_text(f, hp_drop_text((enum hp_drop)d));
    }
    fputc('}', f);
}

bool scene_write_json(const struct scene *s, FILE *f)
{
    fprintf(f, "{\"schema\":\"hepta-scene/1\",\"end\":%lld,\"digest\":\"%016llx\",\"events_run\":%llu", (long long)s->time,
            (unsigned long long)s->digest, (unsigned long long)s->events);
    fprintf(f, ",\n\"limits\":{\"frames_max\":%u,\"snap\":%u,\"frames_seen\":%llu,\"frames_kept\":%zu,\"events_left_out\":%llu,\"fields_left_out\":%llu,"
               "\"memory_failures\":%llu,\"bulk_every\":%u}", s->config.frames_max, s->config.snap, (unsigned long long)s->frames_seen, s->frames.count,
            (unsigned long long)s->events_left_out, (unsigned long long)s->fields_cut, (unsigned long long)s->memory_failures, s->bulk_every);
    json_facts(f, s);
    json_list(f, s, "nodes", &s->nodes, sizeof(struct scene_node), json_node);
    json_list(f, s, "cables", &s->cables, sizeof(struct scene_cable), json_cable);
    json_list(f, s, "texts", &s->texts.start, sizeof(uint32_t), json_text_item);
    json_list(f, s, "shapes", &s->shapes, sizeof(struct scene_shape), json_shape);
    json_list(f, s, "frames", &s->frames, sizeof(struct scene_frame), json_frame);
    json_list(f, s, "conns", &s->conns, sizeof(struct scene_conn), json_conn);
    json_list(f, s, "events", &s->events_list, sizeof(struct scene_event), json_event);
    json_list(f, s, "steps", &s->steps, sizeof(struct scene_part), json_step);
    json_list(f, s, "loads", &s->loads, sizeof(struct scene_part), json_load);
    json_list(f, s, "expects", &s->expects, sizeof(struct scene_part), json_expect);
    json_list(f, s, "faults", &s->faults, sizeof(struct scene_part), json_fault);
    if (s->symbols.count) {
        fprintf(f, ",\n\"symbols\":{\"packet\":%llu,", (unsigned long long)s->symbols_packet);
        json_key_text(f, s, "code", s->symbols_code);
        fputc(',', f);
        json_key_text(f, s, "cable", s->symbols_cable);
        json_list(f, s, "runs", &s->symbols, sizeof(struct scene_part), json_run);
        fputc('}', f);
    }
    json_page(f, s);
    json_drops(f);
    fputs("}\n", f);
    return !ferror(f);
}
