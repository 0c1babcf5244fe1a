/* Where nodes of a drawing go: columns by the distance from one end of the network, rows so that neighbours are level.  Deterministic: only the
 * order of the file decides. */
#include <stdlib.h>
#include <string.h>

#include "plan_layout.h"

enum { LAYOUT_SWEEPS = 4 };

struct layout_graph {               /* neighbours of node i: neighbour[first[i]] .. neighbour[first[i + 1] - 1] */
    uint32_t *first, *neighbour, *queue, nodes;
    int32_t *distance;
};

static bool graph_make(struct layout_graph *g, const struct hp_plan *p)
{
    *g = (struct layout_graph){.nodes = p->nodes};
    g->first = calloc(p->nodes + 2, sizeof *g->first);
    g->neighbour = calloc(2 * p->cables + 1, sizeof *g->neighbour);
    g->queue = calloc(p->nodes + 1, sizeof *g->queue);
    g->distance = calloc(p->nodes + 1, sizeof *g->distance);
    if (!g->first || !g->neighbour || !g->queue || !g->distance) return false;
    for (uint32_t i = 0; i < p->cables; i++)
        for (int end = 0; end < 2; end++) g->first[p->cable[i].node[end] + 2]++;
    for (uint32_t i = 2; i <= p->nodes + 1; i++) g->first[i] += g->first[i - 1];
    for (uint32_t i = 0; i < p->cables; i++)
        for (int end = 0; end < 2; end++) g->neighbour[g->first[p->cable[i].node[end] + 1]++] = p->cable[i].node[!end];
    return true;
}

static void graph_free(struct layout_graph *g)
{
    free(g->first);
    free(g->neighbour);
    free(g->queue);
    free(g->distance);
}

static uint32_t graph_degree(const struct layout_graph *g, uint32_t i) { return g->first[i + 1] - g->first[i]; }

/* Distances from `from` of all that hangs together with it; answers how many these are: g->queue, nearest first. */
static uint32_t graph_walk(struct layout_graph *g, uint32_t from)
{
    uint32_t count = 0;
    memset(g->distance, -1, g->nodes * sizeof *g->distance);
    g->distance[from] = 0;
    g->queue[count++] = from;
    for (uint32_t at = 0; at < count; at++)
        for (uint32_t k = g->first[g->queue[at]]; k < g->first[g->queue[at] + 1]; k++) {
            uint32_t next = g->neighbour[k];
            if (g->distance[next] >= 0) continue;
            g->distance[next] = g->distance[g->queue[at]] + 1;
            g->queue[count++] = next;
        }
    return count;
}

/* The farthest, the first of the file among equals. */
static uint32_t graph_farthest(const struct layout_graph *g, uint32_t count)
{
    uint32_t best = g->queue[0];
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = g->queue[i];
        if (g->distance[n] > g->distance[best] || (g->distance[n] == g->distance[best] && n < best)) best = n;
    }
    return best;
}

/* How many nodes are one, two, ... away: the narrower side begins. */
static bool graph_narrower(struct layout_graph *g, uint32_t a, uint32_t b)
{
    int32_t width[2][64] = {{0}};
    for (int side = 0; side < 2; side++) {
        uint32_t count = graph_walk(g, side ? b : a);
        for (uint32_t i = 0; i < count; i++)
            if (g->distance[g->queue[i]] < 64) width[side][g->distance[g->queue[i]]]++;
    }
    for (int i = 0; i < 64; i++)
        if (width[0][i] != width[1][i]) return width[0][i] < width[1][i];
    return a < b;
}

static uint32_t graph_root(struct layout_graph *g, uint32_t any)
{
    uint32_t a = graph_farthest(g, graph_walk(g, any));
    uint32_t b = graph_farthest(g, graph_walk(g, a));
    return graph_narrower(g, a, b) ? a : b;
}

/* Leaves beside the first one go with it, if the network goes on behind what they hang on. */
static void graph_pull_leaves(struct layout_graph *g, uint32_t root)
{
    if (graph_degree(g, root) != 1) return;
    uint32_t hub = g->neighbour[g->first[root]];
    bool goes_on = false;
    for (uint32_t k = g->first[hub]; k < g->first[hub + 1]; k++) goes_on |= g->neighbour[k] != root && graph_degree(g, g->neighbour[k]) > 1;
    for (uint32_t k = g->first[hub]; k < g->first[hub + 1] && goes_on; k++)
        if (graph_degree(g, g->neighbour[k]) == 1) g->distance[g->neighbour[k]] = 0;
}

/* ---- rows ---- */

static int layout_middle(const struct plan_layout *l, uint32_t i) { return l->place[i].y * 2 + l->place[i].height; }

/* Where a node would like to be: level with its neighbours in that column; false: it has none there. */
static bool layout_wish(const struct plan_layout *l, const struct layout_graph *g, uint32_t i, int32_t column, int *y)
{
    int64_t sum = 0, count = 0;
    for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++)
        if (l->place[g->neighbour[k]].column == column) {
            sum += layout_middle(l, g->neighbour[k]);
            count++;
        }
    if (count) *y = (int)((sum / count - l->place[i].height) / 2);
    return count > 0;
}

static void layout_sort(struct plan_layout *l, uint32_t *node, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) { /* by insertion: stable, and nearly sorted it is */
        uint32_t n = node[i], at = i;
        for (; at && l->place[node[at - 1]].y > l->place[n].y; at--) node[at] = node[at - 1];
        node[at] = n;
    }
}

/* Sets a column's nodes apart, and the whole of it where they wished to be on average. */
static void layout_spread(struct plan_layout *l, const uint32_t *node, uint32_t count)
{
    int64_t moved = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct plan_place *p = &l->place[node[i]];
        int wish = p->y, least = i ? l->place[node[i - 1]].y + l->place[node[i - 1]].height + l->gap : wish;
        if (p->y < least) p->y = least;
        moved += p->y - wish;
    }
    for (uint32_t i = 0; i < count; i++) l->place[node[i]].y -= (int)(moved / count);
}

struct layout_column {
    uint32_t *node, count;
};

static void layout_sweep(struct plan_layout *l, const struct layout_graph *g, const struct layout_column *columns, int32_t count, bool forward)
{
    for (int32_t step = 1; step < count; step++) {
        int32_t c = forward ? step : count - 1 - step;
        for (uint32_t i = 0; i < columns[c].count; i++) layout_wish(l, g, columns[c].node[i], forward ? c - 1 : c + 1, &l->place[columns[c].node[i]].y);
        layout_sort(l, columns[c].node, columns[c].count);
        layout_spread(l, columns[c].node, columns[c].count);
    }
}

/* One part of the network that hangs together: g->queue, below what is there already. */
static bool layout_part(struct plan_layout *l, struct layout_graph *g, uint32_t count, int *top)
{
    int32_t columns = 0, low = 0, high = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = g->queue[i];
        l->place[n].column = g->distance[n];
        if (g->distance[n] >= columns) columns = g->distance[n] + 1;
    }
    struct layout_column *all = calloc((size_t)columns, sizeof *all);
    uint32_t *node = calloc(count * (size_t)columns + 1, sizeof *node);
    bool ok = all && node && (uint64_t)count * (uint64_t)columns < UINT32_MAX;
    for (int32_t c = 0; c < columns && ok; c++) all[c].node = node + (size_t)c * count;
    for (uint32_t i = 0; i < count && ok; i++) {
        struct layout_column *c = &all[l->place[g->queue[i]].column];
        l->place[g->queue[i]].y = c->count ? l->place[c->node[c->count - 1]].y + l->place[c->node[c->count - 1]].height + l->gap : 0;
        c->node[c->count++] = g->queue[i];
    }
    for (int i = 0; i < LAYOUT_SWEEPS && ok; i++) layout_sweep(l, g, all, columns, i % 2 == 0);
    for (uint32_t i = 0; i < count && ok; i++)
        if (l->place[g->queue[i]].y < low) low = l->place[g->queue[i]].y;
    for (uint32_t i = 0; i < count && ok; i++) {
        struct plan_place *p = &l->place[g->queue[i]];
        p->y += *top - low;
        if (p->y + p->height > high) high = p->y + p->height;
    }
    if (columns > l->columns) l->columns = columns;
    l->height = high;
    *top = high + l->gap;
    free(all);
    free(node);
    return ok;
}

bool plan_layout_make(struct plan_layout *l, const struct hp_plan *plan)
{
    struct layout_graph g;
    int top = 0;
    bool ok = graph_make(&g, plan), *seen = calloc(plan->nodes + 1, sizeof *seen);
    for (uint32_t i = 0; i < plan->nodes && ok && seen; i++) {
        if (seen[i]) continue;
        uint32_t root = graph_root(&g, i), count = graph_walk(&g, root);
        graph_pull_leaves(&g, root);
        for (uint32_t k = 0; k < count; k++) seen[g.queue[k]] = true;
        ok = layout_part(l, &g, count, &top);
    }
    ok = ok && seen;
    free(seen);
    graph_free(&g);
    return ok;
}
