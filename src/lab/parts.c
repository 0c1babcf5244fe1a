/* Several threads: the world is cut into parts at cables whose delay is long enough, and every part runs by itself for as long as nothing can
 * have come from another one: the least lookahead of the cables between them (Chandy & Misra 1979; with one window for all, as in Nicol's
 * YAWNS, 1993).  Then what was sent over the cut cables is handed over, and the next window begins where the first of all parts has something
 * to do.
 *
 * Which thread runs what is seen nowhere: events of a part happen in the order of the whole, an event of another part could not have
 * changed them, and everything that is counted, drawn by chance or hashed belongs to one machine or one end of a cable.  So a world may be cut in
 * any way, and anew at any time.
 *
 * Calls touch whatever they want, and watchers expect one order for everything: the world is whole while they are at work. */
#include "core/stack.h"
#include "lab/world.h"

enum {
    PARTS_PAUSE = 8,            /* events per machine and cable between two cuttings: what one costs is small beside them */
    PARTS_WINDOWS = 256,        /* after so many it is seen ... */
    PARTS_WORTH = 128,          /* ... whether a window and part has as many events as its end costs (w->parts_worth) */
    PARTS_UNEVEN = 16,          /* the busiest has a sixteenth more than the mean: it is shared out anew */
    PARTS_SHARE = 1 << 20,
    PARTS_SPAN = 16,            /* windows: not for less */
};

struct parts {
    struct hp_world *world;
    uint32_t count, cuts;
    hp_time lookahead, end;     /* of the window: the last time in it */
    struct world_cable **cut;
    struct world_part *part;
    uint64_t busy[WORLD_PARTS_MAX];     /* of each, when it began */
};

/* ---- taking apart ---- */

static bool part_init(struct world_part *p, struct hp_world *w)
{
    uint32_t id;
    *p = (struct world_part){.now = w->all.now};
    for (uint32_t i = 0; i < w->machines.count; i++)
        if (!agenda_add(&p->agenda, w->mem, true, &id)) return false;
    for (uint32_t i = 0; i < w->cables.count; i++)
        if (!agenda_add(&p->agenda, w->mem, false, &id)) return false;
    agenda_advance(&p->agenda, p->now);
    return true;
}

static void parts_free(struct parts *k)
{
    struct hp_world *w = k->world;
    for (uint32_t i = 0; k->part && i < k->count; i++) agenda_free(&k->part[i].agenda, w->mem);
    mem_free(w->mem, k->part, k->count * sizeof *k->part);
    mem_free(w->mem, k->cut, k->cuts * sizeof *k->cut);
    mem_free(w->mem, k, sizeof *k);
}

static uint32_t parts_count_cuts(const struct hp_world *w)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->cables.count; i++) n += world_cable(w, i)->node[0]->chosen != world_cable(w, i)->node[1]->chosen;
    return n;
}

static struct parts *parts_new(struct hp_world *w)
{
    struct parts *k = mem_zalloc(w->mem, sizeof *k);
    if (!k) return NULL;
    k->world = w;
    k->count = cutting_plan(w, w->workers.count, &k->lookahead);
    k->cuts = k->count > 1 ? parts_count_cuts(w) : 0;
    bool made = k->cuts;
    made = made && (k->cut = mem_alloc(w->mem, k->cuts * sizeof *k->cut)) && (k->part = mem_zalloc(w->mem, k->count * sizeof *k->part));
    for (uint32_t i = 0; i < k->count && made; i++) made = part_init(&k->part[i], w);
    if (made) return k;
    parts_free(k);
    return NULL;
}

/* From the part that it is in. */
static void parts_move(struct world_node *n, struct world_part *to)
{
    if (!n->hub) agenda_set(&n->part->agenda, n->id, HP_NEVER);
    n->part = to;
    if (!n->hub) agenda_set(&to->agenda, n->id, n->planned);
}

static void parts_take_cable(struct parts *k, struct world_cable *c, uint32_t *cuts)
{
    agenda_set(&k->world->all.agenda, c->id, HP_NEVER);
    c->split = c->node[0]->part != c->node[1]->part;
    hp_cable_split(c->cable, c->split);
    if (c->split) k->cut[(*cuts)++] = c;
    for (int end = 0; end < 2; end++)
        agenda_set(&c->node[end]->part->agenda, c->id, c->split ? hp_cable_end_next(c->cable, end) : hp_cable_next(c->cable));
}

static void parts_take(struct parts *k)
{
    struct hp_world *w = k->world;
    uint32_t cuts = 0;
    for (uint32_t i = 0; i < world_nodes(w); i++) parts_move(world_node(w, i), &k->part[world_node(w, i)->chosen]);
    for (uint32_t i = 0; i < w->cables.count; i++) parts_take_cable(k, world_cable(w, i), &cuts);
    for (uint32_t i = 0; i < k->count; i++) {
        k->part[i].next = world_next(&k->part[i], w);
        k->busy[i] = w->workers.busy ? w->workers.busy[i] : 0;
    }
}

/* ---- and together ---- */

static void parts_give(struct parts *k)
{
    struct hp_world *w = k->world;
    for (uint32_t i = 0; i < k->count; i++) {
        if (k->part[i].now > w->all.now) w->all.now = k->part[i].now;
        w->all.events += k->part[i].events;
    }
    agenda_advance(&w->all.agenda, w->all.now);
    for (uint32_t i = 0; i < world_nodes(w); i++) parts_move(world_node(w, i), &w->all);
    for (uint32_t i = 0; i < w->cables.count; i++) {
        struct world_cable *c = world_cable(w, i);
        if (c->split) hp_cable_split(c->cable, false);
        c->split = false;
        agenda_set(&w->all.agenda, c->id, hp_cable_next(c->cable));
    }
}

/* ---- windows ---- */

static void parts_ends(const struct parts *k, const struct world_part *p, void (*what)(struct hp_cable *c, int end))
{
    for (uint32_t i = 0; i < k->cuts; i++)
        for (int end = 0; end < 2; end++)
            if (k->cut[i]->node[end]->part == p) what(k->cut[i]->cable, end);
}

static void parts_window(void *arg, unsigned i)
{
    struct parts *k = arg;
    if (i >= k->count) return;
    struct world_part *p = &k->part[i];
    parts_ends(k, p, hp_cable_end_begin);
    if (p->next > k->end) return;
    while (world_happen(p, k->world, k->end) == HP_OK) continue;
    p->next = world_next(p, k->world);
    parts_ends(k, p, hp_cable_end_finish);
}

static void parts_exchange(struct parts *k)
{
    for (uint32_t i = 0; i < k->cuts; i++) {
        struct world_cable *c = k->cut[i];
        if (!hp_cable_exchange(c->cable)) continue;
        for (int end = 0; end < 2; end++) {
            struct world_part *p = c->node[end]->part;
            hp_time next = hp_cable_end_next(c->cable, end);
            agenda_set(&p->agenda, c->id, next);
            if (next < p->next) p->next = next;
        }
    }
}

static hp_time parts_next(const struct parts *k)
{
    hp_time next = HP_NEVER;
    for (uint32_t i = 0; i < k->count; i++)
        if (k->part[i].next < next) next = k->part[i].next;
    return next;
}

static bool parts_are_worth(const struct parts *k, uint64_t windows)
{
    uint64_t events = 0;
    for (uint32_t i = 0; i < k->count; i++) events += k->part[i].events;
    return events >= windows * k->count * k->world->parts_worth;
}

/* Whoever was busier than the mean gets less, by half of the difference.  True: some was much busier. */
static bool parts_share(struct parts *k)
{
    struct hp_world *w = k->world;
    uint64_t sum = 0, most = 0;
    for (uint32_t i = 0; i < k->count; i++) {
        uint64_t busy = w->workers.busy[i] - k->busy[i] + 1;
        sum += busy;
        if (busy > most) most = busy;
    }
    uint64_t mean = sum / k->count;
    if (most <= mean + mean / PARTS_UNEVEN) return false;
    for (uint32_t i = 0; i < k->count; i++) {
        uint64_t busy = w->workers.busy[i] - k->busy[i] + 1, share = (uint64_t)((unsigned __int128)w->share[i] * (busy + mean) / (2 * busy));
        w->share[i] = (uint32_t)(share < PARTS_SHARE / 8 ? PARTS_SHARE / 8 : share > PARTS_SHARE * 8 ? PARTS_SHARE * 8 : share);
    }
    return true;
}

enum parts_end { PARTS_DONE, PARTS_IDLE, PARTS_UNFAIR };

/* Until nothing is left up to `last`, or it does not pay, or is to be shared out anew. */
static enum parts_end parts_run_windows(struct parts *k, hp_time last)
{
    struct hp_world *w = k->world;
    hp_time next;
    for (uint64_t windows = 0; (next = parts_next(k)) <= last && next != HP_NEVER; windows++) {
        if (windows == PARTS_WINDOWS && !parts_are_worth(k, windows)) return PARTS_IDLE;
        if (w->workers.busy && windows == w->parts_patience) {
            w->parts_patience += w->parts_patience / 2;
            if (parts_share(k)) return PARTS_UNFAIR;
        }
        k->end = last - next < k->lookahead ? last : next + k->lookahead - 1;
        w->workers.run(w->workers.ctx, parts_window, k);
        parts_exchange(k);
    }
    return PARTS_DONE;
}

/* ---- when ---- */

/* Machines that may run out of memory do so by what all others hold of theirs just then. */
static bool parts_may(const struct hp_world *w)
{
    for (uint32_t i = 0; i < w->machines.count; i++)
        if (world_machine(w, i)->memory_max) return false;
    return !w->watchers;
}

void parts_run(struct hp_world *w, hp_time until)
{
    uint64_t all = (uint64_t)w->machines.count + w->cables.count;
    if (w->all.agenda.dues) return; /* soon */
    w->parts_from = w->all.events + PARTS_PAUSE * all;
    hp_time last = w->calls && calls_next(w) <= until ? calls_next(w) - 1 : until;
    struct parts *k = parts_may(w) ? parts_new(w) : NULL;
    if (!k) {
        w->parts_from = w->all.events * 2 + PARTS_PAUSE * all;
        return;
    }
    if (last - w->all.now >= PARTS_SPAN * k->lookahead) {
        parts_take(k);
        enum parts_end end = parts_run_windows(k, last);
        parts_give(k);
        w->parts_from = end == PARTS_UNFAIR ? w->all.events : (end == PARTS_IDLE ? w->all.events * 2 : w->all.events) + PARTS_PAUSE * all;
    }
    parts_free(k);
}

int hp_world_set_workers(struct hp_world *w, const struct hp_workers *workers)
{
    if (w->running) return HP_EINVAL;
    w->workers = workers && workers->count > 1 ? *workers : (struct hp_workers){0};
    if (w->workers.count > WORLD_PARTS_MAX) w->workers.count = WORLD_PARTS_MAX; /* the others have nothing to do */
    for (uint32_t i = 0; i < WORLD_PARTS_MAX; i++) w->share[i] = PARTS_SHARE;
    w->parts_patience = PARTS_WINDOWS;
    w->parts_from = w->workers.count ? 0 : UINT64_MAX;
    w->parts_worth = PARTS_WORTH;
    for (uint32_t i = 0; i < w->machines.count && w->workers.count; i++)
        if (world_machine(w, i)->stack) world_machine(w, i)->stack->mem->shared = true;
    return HP_OK;
}
