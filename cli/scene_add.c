/* What the caller adds to a scene: how nodes are drawn, facts, steps, the rendered page, symbols, expectations, faults. */
#include <stdlib.h>
#include <string.h>

#include "scene_inside.h"

static struct scene_node *scene_node_of(const struct scene *s, const char *name)
{
    int32_t i = s ? scene_find_node(s, name) : -1;
    return i < 0 ? NULL : SCENE_AT(s->nodes, struct scene_node, i);
}

void scene_kind(struct scene *s, const char *node, const char *kind)
{
    struct scene_node *n = scene_node_of(s, node);
    if (n) n->kind = scene_text(s, kind);
}

void scene_label(struct scene *s, const char *node, const char *label)
{
    struct scene_node *n = scene_node_of(s, node);
    if (n) n->label = scene_text(s, label);
}

void scene_place(struct scene *s, const char *node, double x, double y)
{
    struct scene_node *n = scene_node_of(s, node);
    if (!n) return;
    n->placed = true;
    n->x = x;
    n->y = y;
}

void scene_fact(struct scene *s, const char *key, const char *value)
{
    if (!s) return;
    uint32_t number = scene_text(s, key);
    struct scene_part *p = NULL;
    for (size_t i = 0; i < s->facts.count && !p; i++)
        if (SCENE_AT(s->facts, struct scene_part, i)->text[0] == number) p = SCENE_AT(s->facts, struct scene_part, i);
    if (!p) p = scene_part_add(s, &s->facts);
    if (!p) return;
    p->text[0] = number;
    p->text[1] = scene_text(s, value);
}

void scene_step(struct scene *s, const struct scene_step *step)
{
    struct scene_part *p = s ? scene_part_add(s, &s->steps) : NULL;
    if (!p) return;
    p->text[0] = scene_text(s, step->title);
    p->text[1] = scene_text(s, step->text);
    p->text[2] = scene_text(s, step->label ? step->label : "");
    p->text[3] = scene_text(s, step->other_title);
    p->text[4] = scene_text(s, step->other_text);
    p->number[1] = scene_text(s, step->other_lang);
    p->time[0] = step->begin;
    p->time[1] = step->end;
    p->number[0] = (uint64_t)step->layer;
    for (size_t i = 0; i < step->packet_count && i < SCENE_ITEMS_MAX; i++) {
        uint64_t *id = scene_list_add(s, &p->packets, sizeof *id);
        if (id) *id = step->packets[i];
    }
}

void scene_page(struct scene *s, const char *url, struct hp_bytes png, const char *text)
{
    if (!s) return;
    free(s->png);
    s->png = png.n ? malloc(png.n) : NULL;
    s->png_n = s->png ? png.n : 0;
    if (s->png) memcpy(s->png, png.p, png.n);
    s->page_url = scene_text(s, url);
    s->page_text = scene_text(s, text);
}

void scene_load(struct scene *s, const struct scene_load *load)
{
    struct scene_part *p = s ? scene_part_add(s, &s->loads) : NULL;
    if (!p) return;
    *p = (struct scene_part){.text = {scene_text(s, load->url), scene_text(s, load->note)},
                             .time = {load->began, load->resolved, load->connected, load->first_byte, load->ended},
                             .number = {(uint64_t)load->status, load->bytes}};
}

void scene_symbols(struct scene *s, const char *code, uint64_t packet, const char *cable, const struct scene_run *runs, size_t count)
{
    if (!s) return;
    s->symbols.count = 0; /* these parts own nothing */
    s->symbols_code = scene_text(s, code);
    s->symbols_packet = packet;
    s->symbols_cable = scene_text(s, cable);
    for (size_t i = 0; i < count; i++) {
        struct scene_part *p = scene_part_add(s, &s->symbols);
        char *text = p ? malloc(runs[i].count + 1) : NULL;
        if (!text) return;
        for (size_t k = 0; k < runs[i].count; k++) text[k] = runs[i].bits[k] ? '1' : '0';
        p->text[0] = scene_text(s, runs[i].label);
        p->text[1] = scene_text_n(s, text, runs[i].count);
        free(text);
    }
}

void scene_expect(struct scene *s, const struct scene_expect *e)
{
    struct scene_part *p = s ? scene_part_add(s, &s->expects) : NULL;
    if (!p) return;
    *p = (struct scene_part){.text = {scene_text(s, e->text), scene_text(s, e->why)}, .time = {e->time}, .number = {e->held, e->packet}};
}

void scene_fault(struct scene *s, hp_time time, const char *text)
{
    struct scene_part *p = s ? scene_part_add(s, &s->faults) : NULL;
    if (!p) return;
    *p = (struct scene_part){.text = {scene_text(s, text)}, .time = {time}};
}
