/* hepta lab draw: boxes and lines on the terminal; SVG and DOT elsewhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/utf8.h"
#include "lab_run.h"
#include "plan.h"
#include "plan_layout.h"

enum { DRAW_FOLD = 40, DRAW_NODES_MAX = 400, DRAW_WIDTH_MAX = 2000 };

/* ---- words ---- */

static void draw_copy(char *to, size_t n, const char *from)
{
    size_t length = strlen(from);
    if (length >= n) length = n - 1;
    while (length && ((uint8_t)from[length] & 0xc0) == 0x80) length--; /* no half characters */
    memcpy(to, from, length);
    to[length] = 0;
}

int plan_box_lines(const struct hp_plan_node *n, char line[PLAN_BOX_LINES][PLAN_BOX_TEXT])
{
    int lines = 0;
    draw_copy(line[lines++], PLAN_BOX_TEXT, n->label ? n->label : n->name);
    if (n->kind != HP_NODE_HOST) draw_copy(line[lines++], PLAN_BOX_TEXT, plan_write_kind(n->kind));
    for (uint32_t i = 0; i < n->interfaces; i++) {
        for (uint32_t k = 0; k < n->interface[i].addresses; k++, lines++)
            if (lines < PLAN_BOX_LINES) hp_prefix_text(&n->interface[i].address[k], line[lines], PLAN_BOX_TEXT);
        if (!n->interface[i].dhcp) continue;
        if (lines < PLAN_BOX_LINES) draw_copy(line[lines], PLAN_BOX_TEXT, "dhcp");
        lines++;
    }
    if (lines <= PLAN_BOX_LINES) return lines;
    snprintf(line[PLAN_BOX_LINES - 1], PLAN_BOX_TEXT, "… %d more", lines - PLAN_BOX_LINES + 1);
    return PLAN_BOX_LINES;
}

static void draw_rate(struct text *t, uint64_t rate)
{
    static const struct { uint64_t one; const char *unit; } units[] = {{1000000000, " Gbit/s"}, {1000000, " Mbit/s"}, {1000, " kbit/s"}, {1, " bit/s"}};
    int u = 0;
    while (u < 3 && rate % (units[u].one / (u < 3 ? 10 : 1)) != 0) u++;
    while (u < 3 && rate < units[u].one) u++;
    text_u64(t, rate / units[u].one);
    if (rate % units[u].one) {
        text_char(t, '.');
        text_u64(t, rate % units[u].one * 10 / units[u].one);
    }
    text_str(t, units[u].unit);
}

void plan_cable_text(const struct hp_plan_cable *c, char *buf, size_t n)
{
    const struct hp_way *w = &c->config.way;
    struct text t = text_of(buf, n);
    if (w->rate) draw_rate(&t, w->rate);
    if (w->trace) text_str(&t, w->trace->name);
    if (w->delay) {
        if (text_len(&t)) text_char(&t, ' ');
        text_span(&t, w->delay);
    }
    if (!w->faults.loss) return;
    uint64_t hundredths = ((uint64_t)w->faults.loss * 10000 + (1u << 31)) >> 32;
    text_str(&t, text_len(&t) ? " loss " : "loss ");
    text_u64(&t, hundredths / 100);
    if (hundredths % 100) text_char(&t, '.');
    if (hundredths % 100) text_pad_u64(&t, hundredths % 10 ? hundredths % 100 : hundredths % 100 / 10, hundredths % 10 ? 2 : 1, '0');
    text_char(&t, '%');
}

const char *plan_cable_own_name(const struct hp_plan *p, const struct hp_plan_cable *c)
{
    char both[80];
    snprintf(both, sizeof both, "%s-%s", p->node[c->node[0]].name, p->node[c->node[1]].name);
    return strcmp(both, c->name) == 0 ? NULL : c->name;
}

/* ---- the canvas: characters, and lines that join where they meet ---- */

enum { NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8 };

struct canvas {
    uint32_t *character;        /* 0: none; 1: the right half of a wide one */
    uint8_t *line;
    int width, height;
};

static bool canvas_in(const struct canvas *c, int x, int y) { return x >= 0 && y >= 0 && x < c->width && y < c->height; }

static void canvas_line(struct canvas *c, int x, int y, unsigned bits)
{
    if (canvas_in(c, x, y)) c->line[y * c->width + x] |= (uint8_t)bits;
}

static void canvas_across(struct canvas *c, int x1, int x2, int y)
{
    for (int x = x1; x < x2; x++) {
        canvas_line(c, x, y, EAST);
        canvas_line(c, x + 1, y, WEST);
    }
}

static void canvas_down(struct canvas *c, int x, int y1, int y2)
{
    for (int y = y1 < y2 ? y1 : y2; y < (y1 < y2 ? y2 : y1); y++) {
        canvas_line(c, x, y, SOUTH);
        canvas_line(c, x, y + 1, NORTH);
    }
}

static void canvas_text(struct canvas *c, int x, int y, const char *text)
{
    for (size_t n = strlen(text), took; n; text += took, n -= took) {
        uint32_t code;
        took = utf8_take(text, n, &code);
        if (!took) return;
        unsigned cells = utf8_cells(code);
        if (!cells || !canvas_in(c, x + (int)cells - 1, y)) continue;
        c->character[y * c->width + x] = code;
        if (cells == 2) c->character[y * c->width + x + 1] = 1;
        x += (int)cells;
    }
}

static void canvas_print(FILE *f, const struct canvas *c)
{
    static const char *const joint[16] = {" ", "╵", "╶", "└", "╷", "│", "┌", "├", "╴", "┘", "─", "┴", "┐", "┤", "┬", "┼"};
    for (int y = 0; y < c->height; y++) {
        int end = c->width;
        while (end && !c->character[y * c->width + end - 1] && !c->line[y * c->width + end - 1]) end--;
        for (int x = 0; x < end; x++) {
            uint32_t code = c->character[y * c->width + x];
            char out[4];
            if (code > 1) fwrite(out, 1, utf8_put(out, code), f);
            else if (!code) fputs(joint[c->line[y * c->width + x]], f);
        }
        fputc('\n', f);
    }
}

/* ---- the drawing ---- */

struct drawing {
    const struct hp_plan *plan;
    struct plan_layout layout;
    struct plan_place *place;
    int *width, *x;             /* of every column's boxes */
    int *lanes, *lane;          /* of every gap: vertical lines side by side; of every node: which is its own */
    struct canvas canvas;
};

static void draw_measure(struct drawing *d)
{
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    for (uint32_t i = 0; i < d->plan->nodes; i++) d->place[i].height = plan_box_lines(&d->plan->node[i], line) + 2;
}

static int draw_box_width(const struct hp_plan_node *n)
{
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    int lines = plan_box_lines(n, line), widest = 0;
    for (int i = 0; i < lines; i++) {
        int cells = (int)utf8_text_cells(line[i], strlen(line[i]));
        if (cells > widest) widest = cells;
    }
    return widest + 4;
}

static int draw_middle(const struct drawing *d, uint32_t node) { return d->place[node].y + d->place[node].height / 2; }

/* The node on whose right the line runs down: the left one. */
static uint32_t draw_left(const struct drawing *d, const struct hp_plan_cable *c)
{
    return d->place[c->node[0]].column <= d->place[c->node[1]].column ? c->node[0] : c->node[1];
}

static void draw_columns(struct drawing *d)
{
    int x = 0;
    for (uint32_t i = 0; i < d->plan->nodes; i++) {
        int wide = draw_box_width(&d->plan->node[i]);
        if (wide > d->width[d->place[i].column]) d->width[d->place[i].column] = wide;
        d->lane[i] = -1;
    }
    for (uint32_t i = 0; i < d->plan->cables; i++) {
        uint32_t left = draw_left(d, &d->plan->cable[i]);
        if (d->lane[left] < 0) d->lane[left] = d->lanes[d->place[left].column]++;
    }
    for (int32_t c = 0; c < d->layout.columns; c++) {
        d->x[c] = x;
        x += d->width[c] + 3 + 2 * d->lanes[c];
    }
    d->canvas.width = x;
}

static void draw_cable(struct drawing *d, const struct hp_plan_cable *c)
{
    uint32_t left = draw_left(d, c), right = c->node[0] == left ? c->node[1] : c->node[0];
    int from = d->x[d->place[left].column] + draw_box_width(&d->plan->node[left]) - 1;
    int lane = d->x[d->place[left].column] + d->width[d->place[left].column] + 1 + 2 * d->lane[left];
    int y1 = draw_middle(d, left), y2 = draw_middle(d, right);
    canvas_across(&d->canvas, from, lane, y1);
    canvas_down(&d->canvas, lane, y1, y2);
    if (d->place[right].column > d->place[left].column) canvas_across(&d->canvas, lane, d->x[d->place[right].column], y2);
    else canvas_across(&d->canvas, d->x[d->place[right].column] + draw_box_width(&d->plan->node[right]) - 1, lane, y2);
}

static void draw_box(struct drawing *d, uint32_t node)
{
    char line[PLAN_BOX_LINES][PLAN_BOX_TEXT];
    const struct plan_place *p = &d->place[node];
    int lines = plan_box_lines(&d->plan->node[node], line), x = d->x[p->column], wide = draw_box_width(&d->plan->node[node]);
    for (int y = p->y + 1; y < p->y + p->height - 1; y++) /* what runs below it is hidden */
        for (int k = x + 1; k < x + wide - 1; k++)
            if (canvas_in(&d->canvas, k, y)) d->canvas.character[y * d->canvas.width + k] = ' ';
    canvas_across(&d->canvas, x, x + wide - 1, p->y);
    canvas_across(&d->canvas, x, x + wide - 1, p->y + p->height - 1);
    canvas_down(&d->canvas, x, p->y, p->y + p->height - 1);
    canvas_down(&d->canvas, x + wide - 1, p->y, p->y + p->height - 1);
    for (int i = 0; i < lines; i++) {
        int cells = (int)utf8_text_cells(line[i], strlen(line[i]));
        canvas_text(&d->canvas, x + (wide - cells) / 2, p->y + 1 + i, line[i]);
    }
}

static void draw_list(FILE *f, const struct hp_plan *p)
{
    for (uint32_t i = 0; i < p->cables; i++) {
        const struct hp_plan_cable *c = &p->cable[i];
        char text[128];
        plan_cable_text(c, text, sizeof text);
        const char *name = plan_cable_own_name(p, c);
        if (!name && !text[0]) continue;
        fprintf(f, "  %s%s%s - %s%s%s\n", name ? name : "", name ? ": " : "", p->node[c->node[0]].name, p->node[c->node[1]].name, text[0] ? "  " : "", text);
    }
}

static bool draw_paint(struct drawing *d, FILE *f)
{
    size_t cells = (size_t)d->canvas.width * (size_t)d->canvas.height;
    d->canvas.character = calloc(cells + 1, sizeof *d->canvas.character);
    d->canvas.line = calloc(cells + 1, 1);
    bool ok = d->canvas.character && d->canvas.line;
    for (uint32_t i = 0; i < d->plan->cables && ok; i++) draw_cable(d, &d->plan->cable[i]);
    for (uint32_t i = 0; i < d->plan->nodes && ok; i++) draw_box(d, i);
    if (ok) canvas_print(f, &d->canvas);
    if (ok) draw_list(f, d->plan);
    free(d->canvas.character);
    free(d->canvas.line);
    return ok;
}

static int draw_terminal(const struct hp_plan *plan)
{
    if (plan->nodes > DRAW_NODES_MAX) return cli_error("%u nodes do not fit on a terminal; --svg FILE and --dot draw them", plan->nodes);
    size_t n = plan->nodes + 1;
    struct drawing d = {.plan = plan, .place = calloc(n, sizeof *d.place), .width = calloc(n, sizeof *d.width), .x = calloc(n, sizeof *d.x),
                        .lanes = calloc(n, sizeof *d.lanes), .lane = calloc(n, sizeof *d.lane)};
    bool ok = d.place && d.width && d.x && d.lanes && d.lane;
    d.layout = (struct plan_layout){.place = d.place, .gap = 0};
    if (ok) draw_measure(&d);
    ok = ok && plan_layout_make(&d.layout, plan);
    if (ok) draw_columns(&d);
    d.canvas.height = d.layout.height;
    bool wide = d.canvas.width > DRAW_WIDTH_MAX;
    if (ok && !wide) ok = draw_paint(&d, stdout);
    free(d.place);
    free(d.width);
    free(d.x);
    free(d.lanes);
    free(d.lane);
    if (wide) return cli_error("the drawing is too wide for a terminal; --svg FILE and --dot draw it");
    return ok ? CLI_OK : cli_error("out of memory");
}

static int draw_svg(const struct hp_plan *plan, const char *path)
{
    FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    bool ok = f && plan_svg_write(f, plan);
    if (f && ferror(f)) ok = false;
    if (f && f != stdout && fclose(f)) ok = false;
    return ok ? CLI_OK : cli_error("%s: %s", path, strerror(errno));
}

static int draw_folded(const struct hp_plan *plan, const char *svg, bool all)
{
    struct plan_folded folded;
    int code = CLI_OK;
    if (!plan_fold_make(&folded, plan, all ? UINT32_MAX : DRAW_FOLD)) code = cli_error("out of memory");
    else code = svg ? draw_svg(&folded.plan, svg) : draw_terminal(&folded.plan);
    plan_fold_free(&folded);
    return code;
}

int lab_verb_draw(int argc, char **argv)
{
    const char *svg = NULL;
    bool dot = false, all = false;
    int count, code;
    struct lab_file file;
    const struct cli_option own[] = {{"svg", 's', CLI_TEXT, &svg, "FILE", "draw a picture instead; - is the standard output", NULL, 0, 0},
                                     {"all", 'a', CLI_FLAG, &all, NULL, "each machine: else, of more than 40, those that hang on one are a box", NULL, 0, 0},
                                     {"dot", 'd', CLI_FLAG, &dot, NULL, "print a graph for Graphviz instead", NULL, 0, 0},
                                     {0}};
    const struct cli_usage usage = {"lab draw [OPTION...] FILE", "Draws what a lab file describes: boxes and lines on the terminal, with a list of the cables.",
                                    "  hepta lab draw examples/lab/08-reroute.lab\n  hepta lab draw --svg net.svg net.lab\n", own, NULL};
    if ((code = cli_parse(&usage, argc, argv, &count, 1, 1)) >= 0) return code;
    if (svg && dot) return cli_usage_error("lab draw wants --svg or --dot, not both");
    code = lab_file_open(&file, argv[1], NULL);
    if (!code && dot) plan_write_dot(stdout, file.plan);
    else if (!code) code = draw_folded(file.plan, svg, all);
    lab_file_close(&file);
    return lab_printed(code);
}
