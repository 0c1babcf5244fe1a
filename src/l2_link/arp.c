/* ARP (RFC 826) for IPv4 on Ethernet: answers for our addresses, asks for the neighbour cache, announces, and notices
 * somebody else with our address (RFC 5227).
 *
 * What a message says about its sender goes into an entry that exists; an entry is made only for who asks for us, since we
 * are about to answer.  Nothing is copied from a message into an answer but the sender's two addresses. */
#include "l2_link/ether.h"
#include "wire/arp.h"

enum { ARP_ANNOUNCE_NUM = 2, ARP_ANNOUNCE_INTERVAL_MS = 2000, ARP_DEFEND_INTERVAL_MS = 10000 }; /* RFC 5227 1.1 */

/* An address of ours on a link. */
struct arp_own {
    struct arp_own *next, *prev;        /* of its link, the newest first */
    struct hp_link *link;
    struct hp_ip ip;
    uint64_t hash;
    struct hp_timer timer;      /* the next announcement */
    uint8_t announced;
    bool defended;
    hp_time defended_at;
};

struct arp {
    struct map map;             /* struct arp_own by (link, address) */
    struct key key;
    struct arp_own **own;       /* by link index */
    uint32_t own_room;
    uint64_t requests_in, replies_in, requests_out, replies_out, announced, conflicts;
};

static const struct hp_mac arp_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct hp_mac arp_no_mac;

/* ---- our addresses ---- */

struct arp_key {
    struct hp_ip ip;
    uint16_t link, zero;
};

static bool arp_own_same(const void *item, const void *key)
{
    const struct arp_own *o = item;
    const struct arp_key *k = key;
    return o->link->index == k->link && hp_ip_equal(&o->ip, &k->ip);
}

static uint64_t arp_own_hash(const struct arp *a, const struct hp_link *l, const struct hp_ip *ip)
{
    struct arp_key k = {*ip, l->index, 0};
    return hash_key(&a->key, &k, sizeof k);
}

static struct arp_own *arp_own_first(const struct arp *a, const struct hp_link *l) { return l->index < a->own_room ? a->own[l->index] : NULL; }

static int arp_own_room(struct hp_stack *s, struct arp *a, const struct hp_link *l)
{
    struct arp_own **own = mem_reach(s->mem, a->own, &a->own_room, l->index, sizeof *own);
    if (own) a->own = own;
    return own ? HP_OK : HP_ENOMEM;
}

static struct arp_own *arp_own_find(const struct arp *a, const struct hp_link *l, const struct hp_ip *ip)
{
    struct arp_key k = {*ip, l->index, 0};
    return map_find(&a->map, arp_own_hash(a, l, ip), arp_own_same, &k);
}

/* ---- out ---- */

static void arp_tx(struct hp_stack *s, struct hp_link *l, const struct arp_hdr *m, const struct hp_mac *to)
{
    struct hp_pkt *p = pkt_alloc(s, ARP_SIZE);
    if (!p) {
        s->drops[HP_DROP_NO_MEMORY]++;
        return;
    }
    arp_write(pkt_put(p, ARP_SIZE), ARP_SIZE, m);
    p->link = l;
    trace_down(s, 2, "arp", p);
    struct arp *a = link_layer(s)->arp;
    if (m->op == ARP_REQUEST) a->requests_out++;
    else a->replies_out++;
    ether_tx_mac(s, l, ETHERTYPE_ARP, to, p);
}

static unsigned ip_common_bits(const struct hp_ip *a, const struct hp_ip *b)
{
    uint32_t differ = get32(a->b + 12) ^ get32(b->b + 12);
    return differ ? (unsigned)__builtin_clz(differ) : 32;
}

/* The address to ask from: the waiting packet's if it is ours, else the one most like the target's; none: 0.0.0.0, an ARP probe. */
static struct hp_ip arp_source(const struct arp *a, const struct hp_link *l, const struct hp_ip *target, const struct hp_ip *src)
{
    if (src && arp_own_find(a, l, src)) return *src;
    struct hp_ip best = hp_ip4(0, 0, 0, 0);
    int bits = -1;
    for (const struct arp_own *o = arp_own_first(a, l); o; o = o->next) {
        if ((int)ip_common_bits(&o->ip, target) <= bits) continue;
        bits = (int)ip_common_bits(&o->ip, target);
        best = o->ip;
    }
    return best;
}

static void arp_solicit(struct hp_stack *s, struct hp_link *l, const struct hp_ip *target, const struct hp_mac *mac,
                        const struct hp_ip *src)
{
    struct arp_hdr m = {ARP_REQUEST, l->mac, arp_no_mac, arp_source(link_layer(s)->arp, l, target, src), *target};
    arp_tx(s, l, &m, mac ? mac : &arp_broadcast);
}

/* RFC 5227 2.3: a request for our own address, from it. */
static void arp_announce(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct arp_hdr m = {ARP_REQUEST, l->mac, arp_no_mac, *ip, *ip};
    link_layer(s)->arp->announced++;
    arp_tx(s, l, &m, &arp_broadcast);
}

static void arp_own_announce(struct hp_stack *s, struct arp_own *o)
{
    if (!link_running(o->link)) return; /* when it comes up */
    if (++o->announced < ARP_ANNOUNCE_NUM) timer_set(s, &o->timer, s->now + HP_MS(ARP_ANNOUNCE_INTERVAL_MS));
    arp_announce(s, o->link, &o->ip);
}

static void arp_own_fire(struct hp_stack *s, struct hp_timer *timer)
{
    arp_own_announce(s, (struct arp_own *)(void *)((char *)timer - offsetof(struct arp_own, timer)));
}

int arp_own_add(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct arp *a = link_layer(s)->arp;
    if (arp_own_find(a, l, ip)) return HP_EEXIST;
    if (arp_own_room(s, a, l)) return HP_ENOMEM;
    struct arp_own *o = mem_zalloc(s->mem, sizeof *o);
    if (!o) return HP_ENOMEM;
    o->link = l;
    o->ip = *ip;
    o->hash = arp_own_hash(a, l, ip);
    o->timer.fire = arp_own_fire;
    if (map_add(&a->map, s->mem, o->hash, o)) {
        mem_free(s->mem, o, sizeof *o);
        return HP_ENOMEM;
    }
    o->next = a->own[l->index];
    if (o->next) o->next->prev = o;
    a->own[l->index] = o;
    arp_own_announce(s, o);
    return HP_OK;
}

static void arp_own_free(struct hp_stack *s, struct arp *a, struct arp_own *o)
{
    timer_remove(s, &o->timer);
    map_remove(&a->map, o->hash, o);
    *(o->prev ? &o->prev->next : &a->own[o->link->index]) = o->next;
    if (o->next) o->next->prev = o->prev;
    mem_free(s->mem, o, sizeof *o);
}

void arp_own_remove(struct hp_stack *s, struct hp_link *l, const struct hp_ip *ip)
{
    struct arp *a = link_layer(s)->arp;
    struct arp_own *o = arp_own_find(a, l, ip);
    if (o) arp_own_free(s, a, o);
}

/* ---- in ---- */

/* A sender that cannot be: a group's MAC or IP address, or nobody's. */
static bool arp_sender_ok(const struct arp_hdr *m)
{
    if (mac_is_group(&m->sender_mac) || hp_mac_equal(&m->sender_mac, &arp_no_mac)) return false;
    return !hp_ip_is_multicast(&m->sender) && !hp_ip_is_broadcast(&m->sender) && !hp_ip_is_loopback(&m->sender);
}

/* RFC 5227 2.4 (b): says once in ten seconds that the address is ours, and keeps it. */
static void arp_defend(struct hp_stack *s, struct arp *a, struct arp_own *o, const struct arp_hdr *m)
{
    a->conflicts++;
    if (trace_on(s, HP_TRACE_NOTE)) {
        char key[64];
        struct text text = text_of(key, sizeof key);
        text_str(&text, "conflict ");
        text_ip(&text, &o->ip);
        text_char(&text, ' ');
        text_mac(&text, &m->sender_mac);
        trace_note(s, 2, "arp", 0, key, (int64_t)a->conflicts);
    }
    if (o->defended && s->now - o->defended_at < HP_MS(ARP_DEFEND_INTERVAL_MS)) return;
    o->defended = true;
    o->defended_at = s->now;
    arp_announce(s, o->link, &o->ip);
}

static void arp_learn(struct hp_stack *s, struct hp_link *l, const struct arp_hdr *m, bool for_us, bool unicast)
{
    unsigned flags = NEIGH_OVERRIDE;
    if (for_us && m->op == ARP_REQUEST) flags |= NEIGH_CREATE;
    if (for_us && m->op == ARP_REPLY && unicast) flags |= NEIGH_SOLICITED;
    neigh_take(s, l, &m->sender, &m->sender_mac, flags);
}

static void arp_take(struct hp_stack *s, struct arp *a, struct hp_link *l, const struct arp_hdr *m, bool unicast)
{
    struct arp_own *claimed = arp_own_find(a, l, &m->sender), *asked = arp_own_find(a, l, &m->target);
    if (claimed) {
        arp_defend(s, a, claimed, m);
        return;
    }
    if (!hp_ip_is_any(&m->sender)) arp_learn(s, l, m, asked != NULL, unicast);
    if (!asked || m->op != ARP_REQUEST) return;
    struct arp_hdr reply = {ARP_REPLY, l->mac, m->sender_mac, m->target, m->sender};
    arp_tx(s, l, &reply, &m->sender_mac);
}

static void arp_rx(struct hp_stack *s, void *state, struct hp_pkt *p)
{
    struct arp *a = state;
    struct arp_hdr m;
    trace_up(s, 2, "arp", p);
    if (!ether_is(p->link) || !arp_parse(pkt_bytes(p), &m) || (m.op != ARP_REQUEST && m.op != ARP_REPLY) ||
        !arp_sender_ok(&m)) {
        hp_drop(s, p, HP_DROP_ARP_BAD);
        return;
    }
    if (m.op == ARP_REQUEST) a->requests_in++;
    else a->replies_in++;
    if (!hp_mac_equal(&m.sender_mac, &p->link->mac)) /* our own, come back by a loop, says nothing */
        arp_take(s, a, p->link, &m, !(p->flags & (PKT_BROADCAST | PKT_MULTICAST)));
    hp_drop(s, p, HP_DROP_TAKEN);
}

/* ---- the protocol ---- */

static int arp_start(struct hp_stack *s, void *state)
{
    static const struct neigh_resolver resolver = {.solicit = arp_solicit};
    struct arp *a = state;
    if (!link_layer(s) || !link_layer(s)->neigh) return HP_EINVAL; /* ether and neigh come first in a profile */
    a->key = key_derive(&s->key, "arp");
    link_layer(s)->arp = a;
    neigh_set_resolver(s, false, &resolver);
    return HP_OK;
}

static void arp_stop(struct hp_stack *s, void *state)
{
    struct arp *a = state;
    for (uint32_t i = 0; i < a->own_room; i++)
        while (a->own[i]) arp_own_free(s, a, a->own[i]);
    mem_free(s->mem, a->own, a->own_room * sizeof(struct arp_own *));
    map_free(&a->map, s->mem);
    link_layer(s)->arp = NULL;
}

static void arp_link_event(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what)
{
    struct arp *a = state;
    for (struct arp_own *o = arp_own_first(a, l), *next; o; o = next) {
        next = o->next;
        if (what == LINK_REMOVED) arp_own_free(s, a, o);
        if (what != LINK_UP) continue;
        o->announced = 0;
        arp_own_announce(s, o);
    }
}

static const struct hp_counter arp_counters[] = {
    HP_COUNTER(struct arp, requests_in, "requests that came"),
    HP_COUNTER(struct arp, replies_in, "replies that came"),
    HP_COUNTER(struct arp, requests_out, "requests sent, announcements among them"),
    HP_COUNTER(struct arp, replies_out, "replies sent"),
    HP_COUNTER(struct arp, announced, "announcements of our addresses"),
    HP_COUNTER(struct arp, conflicts, "messages of others who claim our address (RFC 5227)"),
    {0},
};

const struct hp_proto arp_proto = {
    .name = "arp", .layer = 2, .table = BY_ETHERTYPE, .number = ETHERTYPE_ARP, .state_size = sizeof(struct arp), .start = arp_start,
    .stop = arp_stop, .rx = arp_rx, .link = arp_link_event, .counters = arp_counters,
};
