/* The neighbour cache: which MAC address an IP address has on a link, for ARP and ND alike (RFC 4861 5.1, 7.3).
 *
 * Every entry is in one of four lists: WAITING (no MAC address yet, or none came), LEARNED (heard of, never sent to), USED (in order
 * of last use) and KEPT (permanent).  Two bounds, so that nobody can make us forget (RFC 6583): unresolved entries push out only unresolved
 * ones, the oldest first; what others make us learn never pushes out what we use.  The last packets for an unresolved neighbour
 * are held, as finished frames that lack their destination. */
#include "l2_link/ether.h"

#include "hepta/net.h"

enum neigh_state {
    NEIGH_NONE, NEIGH_INCOMPLETE, NEIGH_FAILED,
    NEIGH_REACHABLE, NEIGH_STALE, NEIGH_DELAY, NEIGH_PROBE, NEIGH_PERMANENT,   /* from REACHABLE on the MAC address is known */
    NEIGH_STATES
};
static const char *const neigh_state_name[NEIGH_STATES] = {"NONE", "INCOMPLETE", "FAILED", "REACHABLE", "STALE", "DELAY", "PROBE",
                                                           "PERMANENT"};

#define NEIGH_BIT(state) (1u << NEIGH_##state)
static const uint16_t neigh_may_become[NEIGH_STATES] = { /* RFC 4861 appendix C, and ours for PERMANENT and FAILED */
    [NEIGH_NONE]       = NEIGH_BIT(INCOMPLETE) | NEIGH_BIT(STALE) | NEIGH_BIT(REACHABLE) | NEIGH_BIT(PERMANENT),
    [NEIGH_INCOMPLETE] = NEIGH_BIT(REACHABLE) | NEIGH_BIT(STALE) | NEIGH_BIT(FAILED) | NEIGH_BIT(PERMANENT),
    [NEIGH_FAILED]     = NEIGH_BIT(INCOMPLETE) | NEIGH_BIT(REACHABLE) | NEIGH_BIT(STALE) | NEIGH_BIT(PERMANENT),
    [NEIGH_REACHABLE]  = NEIGH_BIT(STALE) | NEIGH_BIT(PERMANENT),
    [NEIGH_STALE]      = NEIGH_BIT(DELAY) | NEIGH_BIT(REACHABLE) | NEIGH_BIT(PERMANENT),
    [NEIGH_DELAY]      = NEIGH_BIT(PROBE) | NEIGH_BIT(REACHABLE) | NEIGH_BIT(STALE) | NEIGH_BIT(PERMANENT),
    [NEIGH_PROBE]      = NEIGH_BIT(FAILED) | NEIGH_BIT(REACHABLE) | NEIGH_BIT(STALE) | NEIGH_BIT(PERMANENT),
    [NEIGH_PERMANENT]  = 0,
};

enum neigh_list_name { NEIGH_WAITING, NEIGH_LEARNED, NEIGH_USED, NEIGH_KEPT, NEIGH_LISTS };
enum { NEIGH_REDRAW_S = 2 * 3600, NEIGH_FAILED_KEPT_MS = 30000 };

struct neigh {
    struct neigh *next, *prev;
    struct hp_link *link;
    struct hp_ip ip;
    struct hp_mac mac;
    uint8_t state, list, probes;
    bool router;
    struct hp_timer timer;
    hp_time ask_at;             /* FAILED: not before this are others asked again */
    struct pkt_queue held;
    uint64_t hash, object;
};

struct neigh_list {
    struct neigh *first, *last; /* the newest first */
    uint32_t count;
};

struct neigh_family {
    void (*solicit)(struct hp_stack *, struct hp_link *, const struct hp_ip *, const struct hp_mac *, const struct hp_ip *);
    void (*failed)(struct hp_stack *, struct hp_link *, struct hp_pkt *);
};

struct neigh_table {
    struct map map;
    struct key key;
    struct random random;
    struct neigh_list list[NEIGH_LISTS];
    struct neigh_family family[2];
    int64_t entries_max, unresolved_max, held_max, reachable_ms, retrans_ms, delay_ms, probes_max, failed_ms;
    uint64_t created, evicted, refused, solicited, resolved, failures, held, confirmed;
};

/* ---- finding ---- */

struct neigh_key {
    struct hp_ip ip;
    uint16_t link, zero;
};

static bool neigh_same(const void *item, const void *key)
{
    const struct neigh *n = item;
    const struct neigh_key *k = key;
    return n->link->index == k->link && hp_ip_equal(&n->ip, &k->ip);
}

static uint64_t neigh_hash(const struct neigh_table *t, const struct hp_link *l, const struct hp_ip *ip)
{
    struct neigh_key k = {*ip, l->index, 0};
    return hash_key(&t->key, &k, sizeof k);
}

static struct neigh *neigh_find(const struct neigh_table *t, struct hp_link *l, const struct hp_ip *ip)
{
    struct neigh_link *nl = &ether_link(l)->neigh;
    if (nl->last && hp_ip_equal(&nl->last->ip, ip)) return nl->last;
    struct neigh_key k = {*ip, l->index, 0};
    struct neigh *n = map_find(&t->map, neigh_hash(t, l, ip), neigh_same, &k);
    if (n) nl->last = n;
    return n;
}

/* The table, if this link has neighbours at all. */
static struct neigh_table *neigh_table(const struct hp_stack *s, const struct hp_link *l)
{
    return ether_is(l) ? link_layer(s)->neigh : NULL;
}

/* ---- lists and states ---- */

static void neigh_list_remove(struct neigh_table *t, struct neigh *n)
{
    struct neigh_list *from = &t->list[n->list];
    *(n->prev ? &n->prev->next : &from->first) = n->next;
    *(n->next ? &n->next->prev : &from->last) = n->prev;
    from->count--;
}

static void neigh_list_put(struct neigh_table *t, struct neigh *n, enum neigh_list_name list)
{
    struct neigh_list *to = &t->list[list];
    n->list = (uint8_t)list;
    n->prev = NULL;
    n->next = to->first;
    *(n->next ? &n->next->prev : &to->last) = n;
    to->first = n;
    to->count++;
}

static void neigh_list_move(struct neigh_table *t, struct neigh *n, enum neigh_list_name list)
{
    if (t->list[list].first == n) return;
    neigh_list_remove(t, n);
    neigh_list_put(t, n, list);
}

static void neigh_set_state(struct hp_stack *s, struct neigh *n, enum neigh_state to)
{
    assert(neigh_may_become[n->state] & 1u << to);
    if (trace_on(s, HP_TRACE_STATE)) {
        char ip[HP_IP_TEXT];
        trace_state(s, 2, "neigh", n->object, hp_ip_text(&n->ip, ip, sizeof ip), neigh_state_name[n->state], neigh_state_name[to]);
    }
    n->state = (uint8_t)to;
}

/* ---- making and ending ---- */

static void neigh_drop_held(struct hp_stack *s, struct neigh *n, enum hp_drop why)
{
    for (struct hp_pkt *p; (p = pkt_queue_take(&n->held));) hp_drop(s, p, why);
}

static void neigh_free(struct hp_stack *s, struct neigh *n, enum hp_drop why)
{
    struct neigh_table *t = link_layer(s)->neigh;
    struct neigh_link *nl = &ether_link(n->link)->neigh;
    if (nl->last == n) nl->last = NULL;
    timer_remove(s, &n->timer);
    neigh_list_remove(t, n);
    map_remove(&t->map, n->hash, n);
    neigh_drop_held(s, n, why);
    mem_free(s->mem, n, sizeof *n);
}

static void neigh_evict(struct hp_stack *s, struct neigh *n)
{
    link_layer(s)->neigh->evicted++;
    neigh_free(s, n, HP_DROP_NEIGH_FULL);
}

/* Makes room for one more entry with a MAC address; what we use makes way only for what we use. */
static bool neigh_room(struct hp_stack *s, struct neigh_table *t, bool used)
{
    struct neigh_list *learned = &t->list[NEIGH_LEARNED], *in_use = &t->list[NEIGH_USED];
    while (learned->count + in_use->count + t->list[NEIGH_KEPT].count >= (uint64_t)t->entries_max) {
        struct neigh *n = learned->last ? learned->last : used ? in_use->last : NULL;
        if (!n) return false;
        neigh_evict(s, n);
    }
    return true;
}

static void neigh_fire(struct hp_stack *s, struct hp_timer *timer);

static struct neigh *neigh_add(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, enum neigh_list_name list)
{
    struct neigh_table *t = link_layer(s)->neigh;
    if (list == NEIGH_WAITING) {
        while (t->list[NEIGH_WAITING].count >= (uint64_t)t->unresolved_max) neigh_evict(s, t->list[NEIGH_WAITING].last);
    } else if (!neigh_room(s, t, list == NEIGH_KEPT)) {
        t->refused++;
        return NULL;
    }
    struct neigh *n = mem_zalloc(s->mem, sizeof *n);
    if (!n) return NULL;
    n->link = l;
    n->ip = *ip;
    n->hash = neigh_hash(t, l, ip);
    n->object = ++s->objects;
    n->timer.fire = neigh_fire;
    timer_stop(&n->timer);
    pkt_queue_init(&n->held);
    if (map_add(&t->map, s->mem, n->hash, n)) {
        mem_free(s->mem, n, sizeof *n);
        return NULL;
    }
    neigh_list_put(t, n, list);
    t->created++;
    return n;
}

/* ---- sending ---- */

static void neigh_after(struct hp_stack *s, struct neigh *n, int64_t ms) { timer_set(s, &n->timer, s->now + HP_MS(ms)); }

/* The MAC address is known: onto the wire with it. */
static void neigh_send(struct hp_stack *s, struct neigh_table *t, struct neigh *n, struct hp_pkt *p)
{
    s->recent[RECENT_NEIGH] = n;
    if (n->state != NEIGH_PERMANENT) neigh_list_move(t, n, NEIGH_USED);
    if (n->state == NEIGH_STALE) {
        neigh_set_state(s, n, NEIGH_DELAY);
        neigh_after(s, n, t->delay_ms);
    }
    memcpy(p->data, &n->mac, sizeof n->mac);
    link_queue(s, n->link, p);
}

static void neigh_send_held(struct hp_stack *s, struct neigh_table *t, struct neigh *n)
{
    for (struct hp_pkt *p; (p = pkt_queue_take(&n->held));) neigh_send(s, t, n, p);
}

static void neigh_hold(struct hp_stack *s, struct neigh_table *t, struct neigh *n, struct hp_pkt *p)
{
    while (n->held.count >= (uint64_t)t->held_max) hp_drop(s, pkt_queue_take(&n->held), HP_DROP_NEIGH_HELD);
    pkt_queue_put(&n->held, p);
    t->held++;
}

/* Asks once more: everybody, or while probing only the neighbour itself.  Nothing may touch n after this. */
static void neigh_ask(struct hp_stack *s, struct neigh_table *t, struct neigh *n)
{
    const struct neigh_family *f = &t->family[!hp_ip_is4(&n->ip)];
    uint32_t retrans_ms = ether_link(n->link)->neigh.retrans_ms;
    neigh_after(s, n, retrans_ms ? retrans_ms : t->retrans_ms);
    n->probes++;
    t->solicited++;
    if (!f->solicit) return;
    struct hp_ip ip = n->ip, src;
    struct hp_mac mac = n->mac;
    if (n->held.first) src = n->held.first->src;
    f->solicit(s, n->link, &ip, n->state == NEIGH_PROBE ? &mac : NULL, n->held.first ? &src : NULL);
}

/* The neighbour did not answer: the frame is a packet again, and its family says so to the sender. */
static void neigh_fail_pkt(struct hp_stack *s, struct hp_link *l, const struct neigh_family *f, struct hp_pkt *p)
{
    pkt_pull(p, ETHER_HEADER);
    if (f->failed) f->failed(s, l, p);
    else hp_drop(s, p, HP_DROP_NEIGH_FAILED);
}

static void neigh_fail(struct hp_stack *s, struct neigh_table *t, struct neigh *n)
{
    const struct neigh_family *f = &t->family[!hp_ip_is4(&n->ip)];
    struct hp_link *l = n->link;
    struct pkt_queue held;
    pkt_queue_init(&held);
    for (struct hp_pkt *p; (p = pkt_queue_take(&n->held));) pkt_queue_put(&held, p);
    /* A neighbour that only did not answer itself may have moved to another MAC address: ask everybody at the next packet. */
    n->ask_at = n->state == NEIGH_PROBE ? s->now : s->now + HP_MS(t->failed_ms);
    neigh_set_state(s, n, NEIGH_FAILED);
    neigh_after(s, n, t->failed_ms + NEIGH_FAILED_KEPT_MS);
    neigh_list_move(t, n, NEIGH_WAITING);
    t->failures++;
    for (struct hp_pkt *p; (p = pkt_queue_take(&held));) neigh_fail_pkt(s, l, f, p);
}

/* The neighbour is not known, or not known well enough: slow path of neigh_tx. */
static void neigh_resolve(struct hp_stack *s, struct neigh_table *t, struct hp_link *l, struct neigh *n, const struct hp_ip *ip,
                          struct hp_pkt *p)
{
    if (!link_running(l)) {
        hp_drop(s, p, l->up ? HP_DROP_NO_CARRIER : HP_DROP_LINK_DOWN);
        return;
    }
    if (n && n->state == NEIGH_FAILED && s->now < n->ask_at) {
        neigh_fail_pkt(s, l, &t->family[!hp_ip_is4(&n->ip)], p);
        return;
    }
    if (!n) n = neigh_add(s, l, ip, NEIGH_WAITING);
    if (!n) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return;
    }
    neigh_hold(s, t, n, p);
    if (n->state == NEIGH_INCOMPLETE) return;
    neigh_set_state(s, n, NEIGH_INCOMPLETE);
    n->probes = 0;
    neigh_ask(s, t, n);
}

void neigh_tx(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, struct hp_pkt *p)
{
    struct neigh_table *t = link_layer(s)->neigh;
    struct neigh *n = neigh_find(t, l, ip);
    if (n && n->state >= NEIGH_REACHABLE) neigh_send(s, t, n, p);
    else neigh_resolve(s, t, l, n, ip, p);
}

/* ---- time ---- */

static void neigh_fire(struct hp_stack *s, struct hp_timer *timer)
{
    struct neigh *n = (struct neigh *)(void *)((char *)timer - offsetof(struct neigh, timer));
    struct neigh_table *t = link_layer(s)->neigh;
    switch (n->state) {
    case NEIGH_REACHABLE:
        neigh_set_state(s, n, NEIGH_STALE);
        return;
    case NEIGH_DELAY:
        neigh_set_state(s, n, NEIGH_PROBE);
        n->probes = 0;
        neigh_ask(s, t, n);
        return;
    case NEIGH_INCOMPLETE:
    case NEIGH_PROBE:
        if (n->probes < t->probes_max) neigh_ask(s, t, n);
        else neigh_fail(s, t, n);
        return;
    case NEIGH_FAILED:
        neigh_free(s, n, HP_DROP_NEIGH_FAILED);
        return;
    default: /* a timer that was stopped lazily */
        return;
    }
}

/* RFC 4861 6.3.2: a random factor between 0.5 and 1.5, so that hosts do not probe in step. */
static hp_time neigh_reachable_time(struct hp_stack *s, struct neigh_table *t, struct hp_link *l)
{
    struct neigh_link *nl = &ether_link(l)->neigh;
    if (nl->drawn && s->now - nl->drawn_at < HP_S(NEIGH_REDRAW_S)) return nl->reachable;
    uint64_t base = (uint64_t)HP_MS(nl->reachable_ms ? nl->reachable_ms : t->reachable_ms);
    nl->reachable = (hp_time)(base / 2 + random_next(&t->random) % (base + 1));
    nl->drawn_at = s->now;
    nl->drawn = true;
    return nl->reachable;
}

static void neigh_set_reachable(struct hp_stack *s, struct neigh_table *t, struct neigh *n)
{
    if (n->state != NEIGH_REACHABLE) neigh_set_state(s, n, NEIGH_REACHABLE);
    timer_set(s, &n->timer, s->now + neigh_reachable_time(s, t, n->link));
}

static void neigh_set_stale(struct hp_stack *s, struct neigh *n)
{
    if (n->state != NEIGH_STALE) neigh_set_state(s, n, NEIGH_STALE);
    timer_stop(&n->timer);
}

/* ---- what others say ---- */

/* A MAC address for an entry that had none; false: there is no room for one more. */
static bool neigh_take_first(struct hp_stack *s, struct neigh_table *t, struct neigh *n, const struct hp_mac *mac, unsigned flags)
{
    bool used = n->held.first != NULL;
    if (n->list == NEIGH_WAITING && !neigh_room(s, t, used)) {
        t->refused++;
        return false;
    }
    n->mac = *mac;
    neigh_list_move(t, n, used ? NEIGH_USED : NEIGH_LEARNED);
    if (flags & NEIGH_SOLICITED) neigh_set_reachable(s, t, n);
    else neigh_set_stale(s, n);
    t->resolved++;
    neigh_send_held(s, t, n);
    return true;
}

static void neigh_take_router(struct neigh *n, unsigned flags)
{
    if (flags & NEIGH_ROUTER) n->router = true;
    if (flags & NEIGH_NOT_ROUTER) n->router = false;
}

/* RFC 4861 7.2.5, for an entry whose MAC address is known. */
static void neigh_take_again(struct hp_stack *s, struct neigh_table *t, struct neigh *n, const struct hp_mac *mac, unsigned flags)
{
    bool differs = mac && !hp_mac_equal(mac, &n->mac);
    if (differs && !(flags & NEIGH_OVERRIDE)) {
        if (n->state == NEIGH_REACHABLE) neigh_set_stale(s, n);
        return;
    }
    if (differs) n->mac = *mac;
    if (flags & NEIGH_SOLICITED) neigh_set_reachable(s, t, n);
    else if (differs) neigh_set_stale(s, n);
    neigh_take_router(n, flags);
}

void neigh_take(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip, const struct hp_mac *mac, unsigned flags)
{
    struct neigh_table *t = neigh_table(s, l);
    if (!t || (mac && mac_is_group(mac))) return;
    struct neigh *n = neigh_find(t, l, ip);
    if (n && n->state >= NEIGH_REACHABLE) {
        if (n->state != NEIGH_PERMANENT) neigh_take_again(s, t, n, mac, flags);
        return;
    }
    if (!mac) return;
    if (!n && flags & NEIGH_CREATE) n = neigh_add(s, l, ip, NEIGH_LEARNED);
    if (n && neigh_take_first(s, t, n, mac, flags)) neigh_take_router(n, flags);
}

void neigh_confirm(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct neigh_table *t = neigh_table(s, l);
    struct neigh *n = t ? neigh_find(t, l, ip) : NULL;
    if (!n || n->state < NEIGH_REACHABLE || n->state == NEIGH_PERMANENT) return;
    t->confirmed++;
    neigh_set_reachable(s, t, n);
}

void neigh_set_times(struct hp_stack *s, struct hp_link *l, uint32_t reachable_ms, uint32_t retrans_ms)
{
    if (!ether_is(l)) return;
    struct neigh_link *nl = &ether_link(l)->neigh;
    if (reachable_ms && reachable_ms != nl->reachable_ms) {
        nl->reachable_ms = reachable_ms < 3600000 ? reachable_ms : 3600000; /* RFC 4861 6.2.1: no more than an hour */
        nl->drawn = false;
    }
    if (retrans_ms) nl->retrans_ms = retrans_ms;
}

bool neigh_is_failed(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct neigh_table *t = neigh_table(s, l);
    struct neigh *n = t ? neigh_find(t, l, ip) : NULL;
    return n && n->state == NEIGH_FAILED;
}

void neigh_set_resolver(struct hp_stack *s, bool v6, const struct neigh_resolver *r)
{
    if (!link_layer(s) || !link_layer(s)->neigh) return;
    struct neigh_family *f = &link_layer(s)->neigh->family[v6];
    f->solicit = r->solicit;
    if (r->failed) f->failed = r->failed;
}

void neigh_set_failed(struct hp_stack *s, bool v6, void (*failed)(struct hp_stack *, struct hp_link *, struct hp_pkt *))
{
    if (link_layer(s) && link_layer(s)->neigh) link_layer(s)->neigh->family[v6].failed = failed;
}

/* ---- from outside ---- */

/* Forgets the entries of a link (NULL = of all), the permanent ones too if asked. */
static void neigh_flush(struct hp_stack *s, const struct hp_link *l, bool kept, enum hp_drop why)
{
    struct neigh_table *t = link_layer(s)->neigh;
    for (int i = 0; i < (kept ? NEIGH_LISTS : NEIGH_KEPT); i++) {
        for (struct neigh *n = t->list[i].first, *next; n; n = next) {
            next = n->next;
            if (!l || n->link == l) neigh_free(s, n, why);
        }
    }
}

int hp_neigh_flush(struct hp_stack *s, int link)
{
    struct hp_link *l = link_get(s, link);
    if (!l) return HP_ENOENT;
    if (neigh_table(s, l)) neigh_flush(s, l, false, HP_DROP_NEIGH_FAILED);
    return HP_OK;
}

int hp_neigh_set(struct hp_stack *s, int link, const struct hp_ip *ip, const struct hp_mac *mac)
{
    struct hp_link *l = link_get(s, link);
    if (!l) return HP_ENOENT;
    struct neigh_table *t = neigh_table(s, l);
    if (!t) return HP_EOPNOTSUPP;
    if (mac && mac_is_group(mac)) return HP_EINVAL;
    struct neigh *n = neigh_find(t, l, ip);
    if (!mac) {
        if (n) neigh_free(s, n, HP_DROP_NEIGH_FAILED);
        return n ? HP_OK : HP_ENOENT;
    }
    if ((!n || n->state != NEIGH_PERMANENT) && t->list[NEIGH_KEPT].count >= (uint64_t)t->entries_max / 2) return HP_ENOMEM;
    if (!n) n = neigh_add(s, l, ip, NEIGH_KEPT);
    if (!n) return HP_ENOMEM;
    n->mac = *mac;
    if (n->state != NEIGH_PERMANENT) neigh_set_state(s, n, NEIGH_PERMANENT);
    timer_stop(&n->timer);
    neigh_list_move(t, n, NEIGH_KEPT);
    neigh_send_held(s, t, n);
    return HP_OK;
}

int hp_neigh_info(const struct hp_stack *s, unsigned i, struct hp_neigh_info *out)
{
    static const enum neigh_list_name order[] = {NEIGH_KEPT, NEIGH_USED, NEIGH_LEARNED, NEIGH_WAITING};
    const struct neigh_table *t = link_layer(s) ? link_layer(s)->neigh : NULL;
    for (int o = 0; t && o < NEIGH_LISTS; o++) {
        const struct neigh_list *list = &t->list[order[o]];
        if (i >= list->count) {
            i -= list->count;
            continue;
        }
        const struct neigh *n = list->first;
        while (i--) n = n->next;
        *out = (struct hp_neigh_info){n->ip, n->mac, n->link->index, neigh_state_name[n->state]};
        return HP_OK;
    }
    return HP_ENOENT;
}

/* ---- the protocol ---- */

static int neigh_start(struct hp_stack *s, void *state)
{
    struct neigh_table *t = state;
    if (!link_layer(s)) return HP_EINVAL; /* ether comes first in a profile */
    t->key = key_derive(&s->key, "neigh");
    random_init(&t->random, s->seed, s->name, "neigh");
    link_layer(s)->neigh = t;
    return HP_OK;
}

static void neigh_stop(struct hp_stack *s, void *state)
{
    struct neigh_table *t = state;
    neigh_flush(s, NULL, true, HP_DROP_STOPPED);
    map_free(&t->map, s->mem);
    link_layer(s)->neigh = NULL;
}

/* What was learnt through a cable that was pulled may not hold when it is plugged in again. */
static void neigh_link_event(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what)
{
    if (!ether_is(l)) return;
    if (what == LINK_DOWN) neigh_flush(s, l, false, HP_DROP_LINK_DOWN);
    if (what == LINK_REMOVED) neigh_flush(s, l, true, HP_DROP_STOPPED);
}

static const struct hp_counter neigh_counters[] = {
    HP_COUNTER(struct neigh_table, created, "entries made"),
    HP_COUNTER(struct neigh_table, evicted, "entries that made way for others"),
    HP_COUNTER(struct neigh_table, refused, "neighbours not learnt because all entries were in use"),
    HP_COUNTER(struct neigh_table, solicited, "questions asked"),
    HP_COUNTER(struct neigh_table, resolved, "MAC addresses found"),
    HP_COUNTER(struct neigh_table, failures, "neighbours that did not answer"),
    HP_COUNTER(struct neigh_table, held, "packets that waited for an answer"),
    HP_COUNTER(struct neigh_table, confirmed, "reachability confirmed by the transport layer"),
    {0},
};

#define NEIGH_SETTING(field, unit, initial, min, max, text) \
    {#field, unit, text, (uint32_t)offsetof(struct neigh_table, field), initial, min, max}
static const struct hp_setting neigh_settings[] = {
    NEIGH_SETTING(entries_max, "", 1024, 2, 1 << 20, "neighbours with a known MAC address"),
    NEIGH_SETTING(unresolved_max, "", 256, 1, 1 << 20, "neighbours that have not answered (RFC 6583)"),
    NEIGH_SETTING(held_max, "", 64, 1, 1024, "packets held for one neighbour that has not answered: a whole fragmented datagram"),
    NEIGH_SETTING(reachable_ms, "ms", 30000, 1, 3600000, "a neighbour counts as reachable for this long, times 0.5 to 1.5"),
    NEIGH_SETTING(retrans_ms, "ms", 1000, 1, 60000, "between questions"),
    NEIGH_SETTING(delay_ms, "ms", 5000, 1, 60000, "upper layers may confirm a stale neighbour before it is probed"),
    NEIGH_SETTING(probes_max, "", 3, 1, 100, "questions before a neighbour counts as unreachable"),
    NEIGH_SETTING(failed_ms, "ms", 1000, 0, 60000, "packets to a neighbour that did not answer fail at once for this long"),
    {0},
};

const struct hp_proto neigh_proto = {
    .name = "neigh", .layer = 2, .state_size = sizeof(struct neigh_table), .start = neigh_start, .stop = neigh_stop,
    .link = neigh_link_event, .counters = neigh_counters, .settings = neigh_settings,
};
