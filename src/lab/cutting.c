/* Where a world is cut into parts for several threads.
 *
 * Wanted are parts with equal work, far apart (so that a window is long), with little traffic between them.  How much each machine has to do and how
 * much each cable carries is known from what has happened so far.  For each of some lookaheads: machines that are nearer to each other are a group;
 * a part grows from the busiest group that is left by the group that talks most with it, as long as it gets no more than its share
 * (greedy graph growing, Karypis & Kumar 1998).  The longest lookahead of which the parts come out about as equal as any is taken. */
#include "core/stack.h"
#include "lab/world.h"

enum {
    CUTTING_TRIES = 12,         /* lookaheads, each at most two thirds of the one before */
    CUTTING_WORK_MAX = 1 << 25, /* looks at a cable: many small groups are not worth while */
    CUTTING_NONE = UINT32_MAX,
};

struct cutting {
    struct hp_world *world;
    hp_time lookahead;
    uint64_t total, looks;
};

static struct world_node *cutting_leader(struct world_node *n)
{
    while (n->leader != n) n = n->leader = n->leader->leader;
    return n;
}

/* Groups: each leader has the load of all. */
static void cutting_group(struct cutting *c)
{
    struct hp_world *w = c->world;
    for (uint32_t i = 0; i < world_nodes(w); i++) {
        struct world_node *n = world_node(w, i);
        n->leader = n;
        n->load = 0;
        n->chosen = CUTTING_NONE;
    }
    for (uint32_t i = 0; i < w->cables.count; i++) {
        const struct world_cable *k = world_cable(w, i);
        struct world_node *a = cutting_leader(k->node[0]), *b = cutting_leader(k->node[1]);
        hp_time ahead = hp_cable_lookahead(k->cable);
        if (a != b && (!ahead || ahead < c->lookahead)) a->leader = b;
    }
    c->total = 0;
    for (uint32_t i = 0; i < world_nodes(w); i++) {
        cutting_leader(world_node(w, i))->load += world_node(w, i)->steps;
        c->total += world_node(w, i)->steps;
    }
}

/* How much every group that is left talks with this part. */
static void cutting_tie(struct cutting *c, uint32_t part)
{
    const struct hp_world *w = c->world;
    for (uint32_t i = 0; i < world_nodes(w); i++) world_node(w, i)->ties = 0;
    for (uint32_t i = 0; i < w->cables.count; i++) {
        const struct world_cable *k = world_cable(w, i);
        struct world_node *a = cutting_leader(k->node[0]), *b = cutting_leader(k->node[1]);
        if ((a->chosen == part) == (b->chosen == part)) continue;
        struct hp_cable_stats s[2];
        for (int end = 0; end < 2; end++) hp_cable_stats(k->cable, end, &s[end]);
        (a->chosen == part ? b : a)->ties += 1 + s[0].frames + s[1].frames;
    }
    c->looks += w->cables.count;
}

/* The group that is left, fits, and talks most with the part, or else is the busiest. */
static struct world_node *cutting_choose(const struct cutting *c, uint64_t room)
{
    struct world_node *best = NULL;
    for (uint32_t i = 0; i < world_nodes(c->world); i++) {
        struct world_node *n = world_node(c->world, i);
        if (n->leader != n || n->chosen != CUTTING_NONE || n->load > room) continue;
        if (!best || n->ties > best->ties || (n->ties == best->ties && n->load > best->load)) best = n;
    }
    return best;
}

/* Answers the part's load. */
static uint64_t cutting_grow(struct cutting *c, uint32_t part, uint64_t share)
{
    uint64_t load = 0, slack = share / 32;
    for (struct world_node *n; c->looks < CUTTING_WORK_MAX; load += n->load) {
        cutting_tie(c, part);
        n = cutting_choose(c, load ? share + slack - load : UINT64_MAX);
        if (!n) break;
        n->chosen = part;
        if (load + n->load > share) return load + n->load;
    }
    return load;
}

/* Every group gets a part.  Answers the load of the busiest. */
static uint64_t cutting_try(struct cutting *c, uint32_t most)
{
    cutting_group(c);
    uint64_t left = c->total, worst = 0, shares = 0;
    for (uint32_t part = 0; part < most; part++) shares += c->world->share[part];
    for (uint32_t part = 0; part + 1 < most && left; shares -= c->world->share[part++]) {
        uint64_t load = cutting_grow(c, part, (uint64_t)((unsigned __int128)left * c->world->share[part] / shares));
        if (load > worst) worst = load;
        left -= load;
    }
    for (uint32_t i = 0; i < world_nodes(c->world); i++) {
        struct world_node *n = world_node(c->world, i);
        if (cutting_leader(n)->chosen == CUTTING_NONE) cutting_leader(n)->chosen = most - 1;
    }
    for (uint32_t i = 0; i < world_nodes(c->world); i++) world_node(c->world, i)->chosen = cutting_leader(world_node(c->world, i))->chosen;
    return left > worst ? left : worst;
}

/* The longest lookahead of a cable that is at most so long; 0 = there is none. */
static hp_time cutting_next(const struct hp_world *w, hp_time most)
{
    hp_time best = 0;
    for (uint32_t i = 0; i < w->cables.count; i++) {
        hp_time ahead = hp_cable_lookahead(world_cable(w, i)->cable);
        if (ahead <= most && ahead > best) best = ahead;
    }
    return best;
}

uint32_t cutting_plan(struct hp_world *w, uint32_t most, hp_time *lookahead)
{
    struct cutting c = {.world = w};
    uint64_t least = UINT64_MAX;
    hp_time ahead = cutting_next(w, HP_NEVER);
    *lookahead = 0;
    for (int i = 0; i < CUTTING_TRIES && ahead && c.looks < CUTTING_WORK_MAX; i++, ahead = cutting_next(w, ahead / 3 * 2)) {
        c.lookahead = ahead;
        uint64_t worst = cutting_try(&c, most);
        if (worst / 10 * 11 >= least) continue; /* not much better than a longer one */
        least = worst;
        *lookahead = ahead;
    }
    if (!*lookahead || !c.total || least > c.total / 10 * 9) return 1;
    c.lookahead = *lookahead;
    c.looks = 0;
    cutting_try(&c, most);
    return most;
}
