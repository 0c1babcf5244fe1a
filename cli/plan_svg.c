/* A plan as SVG: machines as boxes, switches and hubs as bars, routers rounded; cables as curves with their name, rate and delay. */
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "plan.h"
#include "plan_layout.h"

enum { SVG_LINE = 18, SVG_CELL = 8, SVG_PAD = 14, SVG_BETWEEN = 150, SVG_MARGIN = 24, SVG_TITLE = 40 };

struct svg {
    FILE *f;
    const struct hp_plan *plan;
    struct plan_layout layout;
    int *x, *width;             /* of every column */
};

static void svg_text(FILE *f, const char *text)
{
    for (; *text; text++) {
        if (*text == '<') fputs("&lt;", f);
        else if (*text == '&') fputs("&amp;", f);
        else if (*text == '"') fputs("&quot;", f);
        else fputc((unsigned char)*text < 0x20 ? ' ' : *text, f);
    }
}

static int svg_box_width(const struct hp_plan_node *n)
{
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    int lines = plan_box_lines(n, line), widest = 5;
    for (int i = 0; i < lines; i++) {
        int cells = (int)utf8_text_cells(line[i], strlen(line[i]));
        if (cells > widest) widest = cells;
    }
    return widest * SVG_CELL + 2 * SVG_PAD;
}

static void svg_columns(struct svg *s)
{
    int x = SVG_MARGIN;
    for (uint32_t i = 0; i < s->plan->nodes; i++) {
        int wide = svg_box_width(&s->plan->node[i]);
        if (wide > s->width[s->layout.place[i].column]) s->width[s->layout.place[i].column] = wide;
    }
    for (int32_t c = 0; c < s->layout.columns; c++) {
        s->x[c] = x;
        x += s->width[c] + SVG_BETWEEN;
    }
    s->x[s->layout.columns] = x - SVG_BETWEEN + SVG_MARGIN;
}

static int svg_left(const struct svg *s, uint32_t node)
{
    int32_t c = s->layout.place[node].column;
    return s->x[c] + (s->width[c] - svg_box_width(&s->plan->node[node])) / 2;
}

static int svg_top(const struct svg *s, uint32_t node) { return SVG_TITLE + SVG_MARGIN + s->layout.place[node].y * SVG_LINE; }
static int svg_middle(const struct svg *s, uint32_t node) { return svg_top(s, node) + s->layout.place[node].height * SVG_LINE / 2; }

static void svg_label(struct svg *s, int x, int y, const char *class, const char *text)
{
    fprintf(s->f, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    svg_text(s->f, text);
    fputs("</text>\n", s->f);
}

static void svg_cable(struct svg *s, const struct hp_plan_cable *c)
{
    bool swap = s->layout.place[c->node[0]].column > s->layout.place[c->node[1]].column;
    uint32_t a = c->node[swap], b = c->node[!swap];
    bool same = s->layout.place[a].column == s->layout.place[b].column;
    int x1 = svg_left(s, a) + svg_box_width(&s->plan->node[a]), x2 = same ? svg_left(s, b) + svg_box_width(&s->plan->node[b]) : svg_left(s, b);
    int y1 = svg_middle(s, a), y2 = svg_middle(s, b), bend = same ? SVG_BETWEEN / 2 : (x2 - x1) / 2;
    fprintf(s->f, "<path class=\"cable\" d=\"M%d %dC%d %d %d %d %d %d\"/>\n", x1, y1, x1 + bend, y1, same ? x2 + bend : x2 - bend, y2, x2, y2);
    char text[128];
    const char *name = plan_cable_own_name(s->plan, c);
    int x = same ? x1 + bend : (x1 + x2) / 2, y = (y1 + y2) / 2;
    plan_cable_text(c, text, sizeof text);
    if (name) svg_label(s, x, y - 6, "name", name);
    if (text[0]) svg_label(s, x, y + 14, "what", text);
}

static void svg_node(struct svg *s, uint32_t i)
{
    static const char *const class[] = {"host", "router", "switch", "hub", "hub"};
    static const int round[] = {4, 22, 2, 2, 2};
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    const struct hp_plan_node *n = &s->plan->node[i];
    int lines = plan_box_lines(n, line), wide = svg_box_width(n), x = svg_left(s, i), height = s->layout.place[i].height * SVG_LINE;
    fprintf(s->f, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n", class[n->kind], x,
            svg_top(s, i), wide, height, round[n->kind]);
    for (int k = 0; k < lines; k++)
        svg_label(s, x + wide / 2, svg_middle(s, i) + (2 * k - lines + 1) * SVG_LINE / 2 + 5, k ? "small" : "title", line[k]);
}

static void svg_begin(struct svg *s)
{
    int wide = s->x[s->layout.columns], height = SVG_TITLE + 2 * SVG_MARGIN + s->layout.height * SVG_LINE;
    fprintf(s->f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", wide, height, wide, height);
    fputs("<style>text{font-family:'Noto Sans','Noto Sans CJK KR',sans-serif;text-anchor:middle}.title{font-size:15px;font-weight:600;fill:#16202c}"
          ".small{font-size:12px;fill:#4b5a6b}.name{font-size:12px;font-weight:600;fill:#8a3b12}.what{font-size:11px;fill:#5d6b7a}"
          ".lab{font-size:18px;font-weight:600;fill:#16202c;text-anchor:start}.cable{fill:none;stroke:#8796a5;stroke-width:2}"
          "rect{stroke-width:1.5}.host{fill:#fff;stroke:#3f6fb0}.router{fill:#e4efff;stroke:#2458a6}.switch{fill:#e8f6ec;stroke:#2f8a4c}"
          ".hub{fill:#fdf1dc;stroke:#c08a1e}.paper{fill:#fbfcfd}.name,.what{paint-order:stroke;stroke:#fbfcfd;stroke-width:4px}</style>\n", s->f);
    fprintf(s->f, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", wide, height);
    svg_label(s, SVG_MARGIN, SVG_MARGIN + 10, "lab", s->plan->name);
}

bool plan_svg_write(FILE *f, const struct hp_plan *plan)
{
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    size_t n = plan->nodes + 2;
    struct plan_place *place = calloc(n, sizeof *place);
    struct svg s = {.f = f, .plan = plan, .layout = {.place = place, .gap = 1}, .x = calloc(n, sizeof *s.x), .width = calloc(n, sizeof *s.width)};
    bool ok = place && s.x && s.width;
    for (uint32_t i = 0; i < plan->nodes && ok; i++) place[i].height = plan_box_lines(&plan->node[i], line) + 1;
    ok = ok && plan_layout_make(&s.layout, plan);
    if (ok) {
        svg_columns(&s);
        svg_begin(&s);
        for (uint32_t i = 0; i < plan->cables; i++) svg_cable(&s, &plan->cable[i]);
        for (uint32_t i = 0; i < plan->nodes; i++) svg_node(&s, i);
        fputs("</svg>\n", f);
    }
    free(place);
    free(s.x);
    free(s.width);
    return ok;
}
