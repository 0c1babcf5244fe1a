/* A learning switch (IEEE 802.1D 7.8, 7.9): every Ethernet link of the stack is a port.
 *
 * Whoever sends is behind the port that the frame came by, until silent for the ageing time.  Frames to a known station go to its
 * port, all others to every other port; clones share their bytes, so that flooding copies nothing.  The table is bounded: the
 * station that was silent longest makes way. */
#include "l2_link/ether.h"

#include "hepta/net.h"

struct bridge_entry {
    struct bridge_entry *next, *prev;   /* the last one heard first: the order of age */
    struct hp_mac mac;
    struct hp_link *link;
    hp_time seen;
    uint64_t hash;
};

struct bridge {
    struct map map;
    struct key key;
    struct bridge_entry *first, *last;
    struct hp_timer timer;              /* when the oldest entry ages out */
    int64_t entries_max, ageing_ms;
    uint64_t forgotten;
    uint64_t learned, moved, aged, evicted, forwarded, flooded, clones_failed;
};

static struct bridge *bridge_of(const struct hp_stack *s) { return link_layer(s) ? link_layer(s)->bridge : NULL; }

/* ---- the table ---- */

static bool bridge_same(const void *item, const void *key) { return hp_mac_equal(&((const struct bridge_entry *)item)->mac, key); }
static uint64_t bridge_hash(const struct bridge *b, const struct hp_mac *mac) { return hash_key(&b->key, mac, sizeof *mac); }

static void bridge_unlink(struct bridge *b, struct bridge_entry *e)
{
    *(e->prev ? &e->prev->next : &b->first) = e->next;
    *(e->next ? &e->next->prev : &b->last) = e->prev;
}

static void bridge_link_first(struct bridge *b, struct bridge_entry *e)
{
    e->prev = NULL;
    e->next = b->first;
    *(e->next ? &e->next->prev : &b->last) = e;
    b->first = e;
}

static void bridge_forget(struct hp_stack *s, struct bridge *b, struct bridge_entry *e)
{
    b->forgotten++;
    bridge_unlink(b, e);
    map_remove(&b->map, e->hash, e);
    mem_free(s->mem, e, sizeof *e);
}

static void bridge_note(struct hp_stack *s, const char *what, const struct bridge_entry *e)
{
    if (!trace_on(s, HP_TRACE_NOTE)) return;
    char key[40], mac[HP_MAC_TEXT];
    struct text t = text_of(key, sizeof key);
    text_str(&t, what);
    text_char(&t, ' ');
    text_str(&t, hp_mac_text(&e->mac, mac, sizeof mac));
    trace_note(s, 2, "bridge", 0, key, e->link->index);
}

static hp_time bridge_ageing(const struct bridge *b) { return HP_MS(b->ageing_ms); }

static void bridge_age(struct hp_stack *s, struct hp_timer *timer)
{
    struct bridge *b = bridge_of(s);
    while (b->last && s->now - b->last->seen >= bridge_ageing(b)) {
        bridge_note(s, "aged", b->last);
        b->aged++;
        bridge_forget(s, b, b->last);
    }
    if (b->last) timer_set(s, timer, b->last->seen + bridge_ageing(b));
}

/* A new station; without memory it stays unknown, and frames to it are flooded. */
static void bridge_add(struct hp_stack *s, struct bridge *b, const struct hp_mac *mac, uint64_t hash, struct hp_link *l)
{
    while (b->map.count >= (uint64_t)b->entries_max) {
        b->evicted++;
        bridge_forget(s, b, b->last);
    }
    struct bridge_entry *e = mem_zalloc(s->mem, sizeof *e);
    if (!e) return;
    *e = (struct bridge_entry){.mac = *mac, .link = l, .seen = s->now, .hash = hash};
    if (map_add(&b->map, s->mem, hash, e)) {
        mem_free(s->mem, e, sizeof *e);
        return;
    }
    bridge_link_first(b, e);
    b->learned++;
    bridge_note(s, "learned", e);
    if (!timer_set_p(&b->timer)) timer_set(s, &b->timer, s->now + bridge_ageing(b));
}

static struct bridge_entry *bridge_find(const struct bridge *b, const struct hp_mac *mac, struct bridge_entry **memory)
{
    if (*memory && hp_mac_equal(&(*memory)->mac, mac)) return *memory;
    struct bridge_entry *e = map_find(&b->map, bridge_hash(b, mac), bridge_same, mac);
    if (e) *memory = e;
    return e;
}

static struct bridge_port *bridge_port(const struct bridge *b, const struct hp_link *l)
{
    struct bridge_port *port = &ether_link(l)->port;
    if (port->forgotten != b->forgotten) *port = (struct bridge_port){.forgotten = b->forgotten};
    return port;
}

static void bridge_learn(struct hp_stack *s, struct bridge *b, const struct hp_mac *mac, struct hp_link *l)
{
    static const struct hp_mac none;
    if (mac_is_group(mac) || hp_mac_equal(mac, &none)) return;
    struct bridge_entry *e = bridge_find(b, mac, &bridge_port(b, l)->from);
    if (!e) {
        bridge_add(s, b, mac, bridge_hash(b, mac), l);
        return;
    }
    if (e->link != l) {
        e->link = l;
        b->moved++;
        bridge_note(s, "moved", e);
    }
    e->seen = s->now;
    if (b->first == e) return;
    bridge_unlink(b, e);
    bridge_link_first(b, e);
}

/* ---- frames ---- */

static void bridge_tx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    if (pkt_len(p) > (size_t)l->mtu + ETHER_HEADER + ETHER_TAG && !p->gso_size) {
        p->link = l;
        hp_drop(s, p, HP_DROP_GIANT);
        return;
    }
    link_queue(s, l, p);
}

/* To every port but the one it came by; the last gets the frame itself. */
static void bridge_flood(struct hp_stack *s, struct bridge *b, struct hp_link *from, struct hp_pkt *p)
{
    struct hp_link *last = NULL;
    b->flooded++;
    for (uint16_t i = 1; i <= s->links; i++) {
        struct hp_link *to = s->link[i];
        if (!to || to == from || !to->bridged || !link_running(to)) continue;
        if (last) {
            struct hp_pkt *copy = pkt_clone(s, p);
            if (copy) bridge_tx(s, last, copy);
            else b->clones_failed++;
        }
        last = to;
    }
    if (last) bridge_tx(s, last, p);
    else hp_drop(s, p, HP_DROP_BRIDGE_NO_PORT);
}

/* IEEE 802.1D 7.12.6: 01-80-C2-00-00-00 to -0F stay on their cable. */
static bool bridge_reserved(const struct hp_mac *mac)
{
    static const uint8_t reserved[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};
    return memcmp(mac->b, reserved, 5) == 0 && mac->b[5] < 16;
}

static void bridge_rx(struct hp_stack *s, struct hp_link *l, const struct hp_mac *dst, const struct hp_mac *src, struct hp_pkt *p)
{
    struct bridge *b = bridge_of(s);
    bridge_learn(s, b, src, l);
    if (bridge_reserved(dst)) {
        hp_drop(s, p, HP_DROP_BRIDGE_RESERVED);
        return;
    }
    trace_up(s, 2, "bridge", p);
    struct bridge_entry *e = mac_is_group(dst) ? NULL : bridge_find(b, dst, &bridge_port(b, l)->to);
    if (!e) {
        bridge_flood(s, b, l, p);
    } else if (e->link == l) {
        hp_drop(s, p, HP_DROP_BRIDGE_SAME_PORT);
    } else {
        b->forwarded++;
        bridge_tx(s, e->link, p);
    }
}

int hp_bridge_info(const struct hp_stack *s, unsigned i, struct hp_bridge_info *out)
{
    const struct bridge *b = bridge_of(s);
    const struct bridge_entry *e = b ? b->first : NULL;
    while (e && i--) e = e->next;
    if (!e) return HP_ENOENT;
    *out = (struct hp_bridge_info){e->mac, e->link->index, e->seen};
    return HP_OK;
}

/* ---- the protocol ---- */

static int bridge_start(struct hp_stack *s, void *state)
{
    struct bridge *b = state;
    if (!link_layer(s)) return HP_EINVAL; /* ether comes first in a profile */
    b->key = key_derive(&s->key, "bridge");
    b->timer.fire = bridge_age;
    timer_stop(&b->timer);
    link_layer(s)->bridge = b;
    link_layer(s)->bridge_rx = bridge_rx;
    return HP_OK;
}

static void bridge_flush(struct hp_stack *s, struct bridge *b, const struct hp_link *l)
{
    for (struct bridge_entry *e = b->first, *next; e; e = next) {
        next = e->next;
        if (!l || e->link == l) bridge_forget(s, b, e);
    }
}

static void bridge_stop(struct hp_stack *s, void *state)
{
    struct bridge *b = state;
    bridge_flush(s, b, NULL);
    timer_remove(s, &b->timer);
    map_free(&b->map, s->mem);
    link_layer(s)->bridge = NULL;
    link_layer(s)->bridge_rx = NULL;
}

static void bridge_link_event(struct hp_stack *s, void *state, struct hp_link *l, enum link_event what)
{
    if (!ether_is(l)) return;
    if (what == LINK_ADDED) l->bridged = true;
    if (what == LINK_DOWN || what == LINK_REMOVED) bridge_flush(s, state, l);
    if (what == LINK_REMOVED) l->bridged = false;
}

static const struct hp_counter bridge_counters[] = {
    HP_COUNTER(struct bridge, learned, "stations learnt"),
    HP_COUNTER(struct bridge, moved, "stations that came up behind another port"),
    HP_COUNTER(struct bridge, aged, "stations forgotten because they were silent"),
    HP_COUNTER(struct bridge, evicted, "stations forgotten because the table was full"),
    HP_COUNTER(struct bridge, forwarded, "frames to one port"),
    HP_COUNTER(struct bridge, flooded, "frames to all ports but one"),
    HP_COUNTER(struct bridge, clones_failed, "ports that missed a flooded frame for want of memory"),
    {0},
};

static const struct hp_setting bridge_settings[] = {
    {"entries_max", "", "stations in the table", (uint32_t)offsetof(struct bridge, entries_max), 8192, 1, 1 << 20},
    {"ageing_ms", "ms", "a silent station is forgotten after this long (802.1D: 300 s)",
     (uint32_t)offsetof(struct bridge, ageing_ms), 300000, 1, 1000000000},
    {0},
};

const struct hp_proto bridge_proto = {
    .name = "bridge", .layer = 2, .state_size = sizeof(struct bridge), .start = bridge_start, .stop = bridge_stop,
    .link = bridge_link_event, .counters = bridge_counters, .settings = bridge_settings,
};
