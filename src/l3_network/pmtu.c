/* The path MTU cache: RFC 1191 and RFC 8201.
 *
 * One entry per destination that a router said something about, at most net.pmtu_max of them, the oldest first to go.  An entry is taken only
 * from a transport that knows the quoted packet (ip_take_mtu), only downwards, and never below the floor; it ages after ten minutes, and
 * then the path is tried at the link's MTU again (RFC 1191 6.3). */
#include "l3_network/net.h"

static bool pmtu_same(const void *item, const void *key) { return hp_ip_equal(&((const struct pmtu *)item)->dst, key); }

const struct pmtu *pmtu_find(const struct hp_stack *s, const struct hp_ip *dst)
{
    const struct network *n = network(s);
    return n->pmtus ? map_find(&n->pmtu_map, hash_key(&n->key, dst, sizeof *dst), pmtu_same, dst) : NULL;
}

static void pmtu_free(struct hp_stack *s, struct pmtu *m)
{
    struct network *n = network(s);
    map_remove(&n->pmtu_map, m->hash, m);
    *(m->prev ? &m->prev->next : &n->pmtu_first) = m->next;
    *(m->next ? &m->next->prev : &n->pmtu_last) = m->prev;
    n->pmtus--;
    mem_free(s->mem, m, sizeof *m);
    net_changed(n);
}

/* The list is in the order of age, so its end is what ages next. */
static void pmtu_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct network *n = network(s);
    while (n->pmtu_last && n->pmtu_last->until <= s->now) pmtu_free(s, n->pmtu_last);
    if (n->pmtu_last) timer_set(s, t, n->pmtu_last->until);
}

static struct pmtu *pmtu_add(struct hp_stack *s, const struct hp_ip *dst)
{
    struct network *n = network(s);
    while (n->pmtus >= (uint64_t)n->pmtu_max) pmtu_free(s, n->pmtu_last);
    struct pmtu *m = mem_alloc(s->mem, sizeof *m);
    if (!m) return NULL;
    *m = (struct pmtu){.dst = *dst, .hash = hash_key(&n->key, dst, sizeof *dst)};
    if (map_add(&n->pmtu_map, s->mem, m->hash, m)) {
        mem_free(s->mem, m, sizeof *m);
        return NULL;
    }
    m->next = n->pmtu_first;
    *(m->next ? &m->next->prev : &n->pmtu_last) = m;
    n->pmtu_first = m;
    n->pmtus++;
    return m;
}

void ip_take_mtu(struct hp_stack *s, const struct hp_neterr *e)
{
    struct network *n = network(s);
    uint32_t floor = e->v6 ? IPV6_MIN_MTU : IPV4_MIN_MTU, known = hp_path_mtu(s, &e->dst);
    uint32_t mtu = e->mtu < floor ? floor : e->mtu;
    if (e->err != HP_EMSGSIZE || e->mtu >= known) return;
    struct pmtu *old = (struct pmtu *)(uintptr_t)pmtu_find(s, &e->dst);
    if (old) pmtu_free(s, old); /* so that the list stays in the order of age */
    struct pmtu *m = pmtu_add(s, &e->dst);
    if (!m) return;
    m->mtu = mtu < known ? mtu : known;
    m->below = e->mtu < floor && !e->v6;
    m->until = s->now + HP_S(n->pmtu_s);
    n->pmtu_timer.fire = pmtu_fire;
    if (n->pmtus == 1) timer_set(s, &n->pmtu_timer, m->until);
    n->pmtu_updates++;
    net_changed(n);
}

void pmtu_stop(struct hp_stack *s)
{
    struct network *n = network(s);
    while (n->pmtu_last) pmtu_free(s, n->pmtu_last);
    timer_remove(s, &n->pmtu_timer);
    map_free(&n->pmtu_map, s->mem);
}
