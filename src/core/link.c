/* Links: frames from wires in bursts, frames to wires that have room, and everything's end. */
#include "core/stack.h"

extern const struct hp_link_type *const hp_link_types[]; /* profiles/links.c: Ethernet, bare IP, loopback */

/* ---- wires ---- */

static struct hp_wire *wire_innermost(struct hp_wire *w)
{
    while (w->below) w = w->below;
    return w;
}

/* A frame waits on some wire of this link. */
static void link_mark_rx(struct hp_stack *s, struct hp_link *l)
{
    if (!s->stepping) s->busy = true;
    if (l->in_rx_list) return;
    l->in_rx_list = true;
    l->rx_next = NULL;
    *s->rx_last = l;
    s->rx_last = &l->rx_next;
}

static void link_mark_tx(struct hp_stack *s, struct hp_link *l)
{
    if (!s->stepping) s->busy = true;
    if (l->in_tx_list) return;
    l->in_tx_list = true;
    l->tx_next = NULL;
    *s->tx_last = l;
    s->tx_last = &l->tx_next;
}

void hp_wire_rx(struct hp_wire *w, struct hp_pkt *p)
{
    struct hp_link *l = w->link;
    if (!l) {
        hp_pkt_free(p);
        return;
    }
    p->link = l;
    if (w->in_count >= HP_WIRE_IN_MAX) {
        hp_drop(w->stack, p, HP_DROP_WIRE_FULL);
        return;
    }
    p->next = NULL;
    *w->in_last = p;
    w->in_last = &p->next;
    w->in_count++;
    link_mark_rx(w->stack, l);
}

static struct hp_pkt *wire_take(struct hp_wire *w)
{
    struct hp_pkt *p = w->in_first;
    if (!p) return NULL;
    w->in_first = p->next;
    if (!w->in_first) w->in_last = &w->in_first;
    w->in_count--;
    p->next = NULL;
    return p;
}

void hp_wire_drop(struct hp_wire *w, struct hp_pkt *p, enum hp_drop why)
{
    if (p && w->stack) hp_drop(w->stack, p, why);
    else if (p) hp_pkt_free(p);
    else if (w->stack) w->stack->drops[why]++;
}

void hp_wire_ready(struct hp_wire *w)
{
    if (w->link) link_mark_tx(w->stack, w->link); /* also if the link's queue is empty: a wrapper may hold frames */
}

/* Tells every protocol of the stack, lower layers first (higher first when it goes away). */
static void link_tell(struct hp_stack *s, struct hp_link *l, enum link_event what)
{
    for (uint8_t i = 1; i <= s->protos; i++) {
        uint8_t row = what == LINK_REMOVED ? (uint8_t)(s->protos + 1 - i) : i;
        if (s->row[row].proto->link) s->row[row].proto->link(s, s->row[row].state, l, what);
    }
}

void hp_wire_set_carrier(struct hp_wire *w, bool up)
{
    w->flags = up ? w->flags & ~(uint32_t)HP_WIRE_HELD : w->flags | HP_WIRE_HELD;
    struct hp_link *l = w->link;
    if (!l || l->carrier == up) return;
    trace_state(w->stack, 1, l->name, 0, "carrier", l->carrier ? "up" : "down", up ? "up" : "down");
    l->carrier = up;
    if (l->up) link_tell(w->stack, l, up ? LINK_UP : LINK_DOWN);
    if (up) hp_wire_ready(w);
}

void hp_wire_wrap(struct hp_wire *outer, struct hp_wire *inner)
{
    outer->below = inner;
    inner->above = outer;
    outer->mtu = inner->mtu;
    outer->flags = inner->flags;
    outer->gso_max = inner->gso_max;
}

bool hp_wire_room(struct hp_wire *w) { return !w->ops->room || w->ops->room(w); }
void hp_wire_down(struct hp_wire *outer, struct hp_pkt *p) { outer->below->ops->tx(outer->below, p); }

/* ---- the phases ---- */

static void wire_drain(struct hp_stack *s, struct hp_link *l, struct hp_wire *w)
{
    int burst = LINK_RX_BURST;
    for (struct hp_pkt *p; burst-- > 0 && (p = wire_take(w));) {
        if (w->above) {
            w->above->ops->rx(w->above, p);
            continue;
        }
        l->rx_frames++;
        l->rx_bytes += pkt_len(p);
        trace_pkt(s, HP_TRACE_RX, 1, NULL, p);
        if (!l->up) hp_drop(s, p, HP_DROP_LINK_DOWN);
        else l->type->rx(s, l, p);
    }
}

/* From the innermost wire outward: what a wire passes on is looked at in the same round. */
static void link_run_rx(struct hp_stack *s, struct hp_link *l)
{
    for (struct hp_wire *w = wire_innermost(l->wire); w; w = w->above) wire_drain(s, l, w);
    l->in_rx_list = false;
    for (struct hp_wire *w = l->wire; w; w = w->below)
        if (w->in_first) link_mark_rx(s, l);
}

/* One round over the links that had frames when the phase began; what is left over is next step's. */
void links_rx(struct hp_stack *s)
{
    struct hp_link *l = s->rx_list;
    s->rx_list = NULL;
    s->rx_last = &s->rx_list;
    while (l) {
        struct hp_link *next = l->rx_next;
        link_run_rx(s, l);
        l = next;
    }
}

static inline struct hp_pkt *link_take(struct hp_stack *s, struct hp_link *l)
{
    return l->fq ? fq_codel_take(s, l->fq) : pkt_queue_take(&l->out);
}

static void link_run_tx(struct hp_stack *s, struct hp_link *l)
{
    struct hp_wire *w = l->wire;
    int burst = LINK_TX_BURST;
    while (link_queued(l) && burst-- > 0 && hp_wire_room(w)) {
        struct hp_pkt *p = link_take(s, l);
        if (!p) break; /* its queue let all of them die */
        l->tx_frames++;
        l->tx_bytes += pkt_len(p);
        trace_pkt(s, HP_TRACE_TX, 1, NULL, p);
        w->ops->tx(w, p);
    }
    for (struct hp_wire *k = w; k; k = k->below)
        if (k->ops->flush) k->ops->flush(k);
    if (link_queued(l) && hp_wire_room(w)) link_mark_tx(s, l); /* a full wire says hp_wire_ready() */
}

void links_tx(struct hp_stack *s)
{
    struct hp_link *l = s->tx_list;
    s->tx_list = NULL;
    s->tx_last = &s->tx_list;
    while (l) {
        struct hp_link *next = l->tx_next;
        l->in_tx_list = false;
        link_run_tx(s, l);
        l = next;
    }
}

void link_queue(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    p->link = l;
    if (!l->up) {
        hp_drop(s, p, HP_DROP_LINK_DOWN);
        return;
    }
    if (!l->carrier) {
        hp_drop(s, p, HP_DROP_NO_CARRIER);
        return;
    }
    if (l->fq) fq_codel_put(s, l->fq, p);
    else if (l->out.count >= l->queue_max) {
        hp_drop(s, p, HP_DROP_LINK_FULL);
        return;
    } else pkt_queue_put(&l->out, p);
    link_mark_tx(s, l);
}

uint64_t link_queued_bytes(const struct hp_link *l)
{
    uint64_t bytes = l->fq ? fq_codel_bytes(l->fq) : 0;
    for (const struct hp_pkt *p = l->out.first; p; p = p->next) bytes += pkt_len(p);
    return bytes;
}

/* ---- adding and removing ---- */

static const struct hp_link_type *link_type_of(const struct hp_wire *w)
{
    return hp_link_types[w->flags & HP_WIRE_LOOP ? 2 : w->flags & HP_WIRE_IP ? 1 : 0];
}

static int link_slot(struct hp_stack *s)
{
    for (uint16_t i = 1; i <= s->links; i++)
        if (!s->link[i]) return i;
    if (s->links + 1 >= STACK_LINKS_MAX) return HP_ERANGE;
    if (s->links + 1 >= s->links_room) { /* index 0 is nobody */
        uint16_t room = s->links_room ? (uint16_t)(s->links_room * 2) : 4;
        struct hp_link **grown = mem_resize(s->mem, s->link, s->links_room * sizeof *grown, room * sizeof *grown);
        if (!grown) return HP_ENOMEM;
        s->link = grown;
        s->links_room = room;
    }
    s->link[++s->links] = NULL;
    return s->links;
}

static void link_set_name(const struct hp_stack *s, struct hp_link *l, const char *name)
{
    struct text t = text_of(l->name, sizeof l->name);
    text_str(&t, name);
    for (uint64_t n = 0; !name; n++) { /* the next free ethN */
        t = text_of(l->name, sizeof l->name);
        text_str(&t, l->type->name[0] == 'i' ? "tun" : l->type->name[0] == 'l' ? "lo" : "eth");
        text_u64(&t, n);
        if (hp_link_find(s, l->name) < 0) return;
    }
}

static void link_set_mac(struct hp_stack *s, struct hp_link *l, const struct hp_mac *mac)
{
    static const struct hp_mac none;
    l->mac = *mac;
    if (!hp_mac_equal(mac, &none)) return;
    uint64_t r = hp_random(s);
    memcpy(l->mac.b, &r, 6);
    l->mac.b[0] = (uint8_t)((l->mac.b[0] & 0xfc) | 0x02); /* unicast, locally administered */
}

static void link_plug(struct hp_stack *s, struct hp_link *l)
{
    for (struct hp_wire *w = l->wire; w; w = w->below) {
        w->stack = s;
        w->link = l;
        w->in_first = NULL;
        w->in_last = &w->in_first;
        w->in_count = 0;
    }
}

static void wire_unplug(struct hp_wire *w)
{
    struct hp_stack *s = w->stack;
    for (struct hp_pkt *p; (p = wire_take(w));) hp_drop(s, p, HP_DROP_STOPPED);
    w->link = NULL;
    if (w->ops->close) w->ops->close(w);
}

int hp_link_add(struct hp_stack *s, struct hp_wire *wire, const struct hp_link_config *config)
{
    static const struct hp_link_config defaults;
    const struct hp_link_config *c = config ? config : &defaults;
    if (c->name && (strlen(c->name) >= LINK_NAME_MAX || hp_link_find(s, c->name) > 0)) return HP_EEXIST;
    int i = link_slot(s);
    if (i < 0) return i;
    const struct hp_link_type *type = link_type_of(wire);
    struct hp_link *l = mem_zalloc(s->mem, sizeof *l + type->state_size);
    if (l && c->queue == HP_QUEUE_FQ_CODEL) l->fq = fq_codel_new(s, c->queue_max, !(wire->flags & HP_WIRE_IP));
    if (!l || (c->queue == HP_QUEUE_FQ_CODEL && !l->fq)) {
        mem_free(s->mem, l, sizeof *l + type->state_size);
        return HP_ENOMEM;
    }
    l->stack = s;
    l->type = type;
    l->state = l + 1;
    l->wire = wire;
    l->index = (uint16_t)i;
    l->mtu = c->mtu ? c->mtu : wire->mtu ? wire->mtu : 1500;
    l->queue_max = c->queue_max ? c->queue_max : l->fq ? FQ_CODEL_LIMIT : LINK_QUEUE_MAX;
    l->up = true;
    l->carrier = !(wire->flags & HP_WIRE_HELD);
    pkt_queue_init(&l->out);
    link_set_name(s, l, c->name);
    link_set_mac(s, l, &c->mac);
    link_plug(s, l);
    s->link[i] = l;
    int err = type->start ? type->start(s, l) : HP_OK;
    if (!err) {
        link_tell(s, l, LINK_ADDED);
        return i;
    }
    s->link[i] = NULL;
    for (struct hp_wire *w = wire; w; w = w->below) w->link = NULL;
    fq_codel_free(s, l->fq);
    mem_free(s->mem, l, sizeof *l + type->state_size);
    return err;
}

static void link_unlist(struct hp_link **first, struct hp_link ***last, struct hp_link *l, size_t next_at)
{
    for (struct hp_link **at = first; *at; at = (struct hp_link **)(void *)((char *)*at + next_at)) {
        if (*at != l) continue;
        struct hp_link **next = (struct hp_link **)(void *)((char *)l + next_at);
        *at = *next;
        if (*last == next) *last = at;
        return;
    }
}

void hp_link_remove(struct hp_stack *s, int index)
{
    struct hp_link *l = link_get(s, index);
    if (!l) return;
    assert(!s->stepping);
    l->up = false;
    link_tell(s, l, LINK_REMOVED);
    if (l->type->stop) l->type->stop(s, l);
    for (struct hp_pkt *p; (p = pkt_queue_take(&l->out));) hp_drop(s, p, HP_DROP_STOPPED);
    fq_codel_free(s, l->fq);
    link_unlist(&s->rx_list, &s->rx_last, l, offsetof(struct hp_link, rx_next));
    link_unlist(&s->tx_list, &s->tx_last, l, offsetof(struct hp_link, tx_next));
    for (struct hp_wire *w = l->wire, *below; w; w = below) {
        below = w->below; /* close may free w */
        wire_unplug(w);
    }
    s->link[index] = NULL;
    mem_free(s->mem, l, sizeof *l + l->type->state_size);
}

void links_close(struct hp_stack *s)
{
    for (int i = s->links; i > 0; i--) hp_link_remove(s, i);
    mem_free(s->mem, s->link, s->links_room * sizeof *s->link);
    s->link = NULL;
    s->links = s->links_room = 0;
}

/* ---- looking ---- */

struct hp_link *link_get(const struct hp_stack *s, int index)
{
    return index > 0 && index <= s->links ? s->link[index] : NULL;
}

int hp_link_set_up(struct hp_stack *s, int index, bool up)
{
    struct hp_link *l = link_get(s, index);
    if (!l) return HP_ENOENT;
    if (l->up == up) return HP_OK;
    trace_state(s, 2, l->name, 0, "link", l->up ? "up" : "down", up ? "up" : "down");
    l->up = up;
    if (l->carrier) link_tell(s, l, up ? LINK_UP : LINK_DOWN);
    return HP_OK;
}

/* An IPv6 network lives on links of 1280 bytes and more only (RFC 8200 5), so that is never crossed. */
int hp_link_set_mtu(struct hp_stack *s, int index, uint32_t mtu)
{
    struct hp_link *l = link_get(s, index);
    if (!l) return HP_ENOENT;
    if (mtu < LINK_MTU_LEAST || mtu > LINK_MTU_MOST || (mtu < LINK_MTU_V6) != (l->mtu < LINK_MTU_V6)) return HP_EINVAL;
    if (l->mtu == mtu) return HP_OK;
    l->mtu = mtu;
    link_tell(s, l, LINK_MTU);
    return HP_OK;
}

int hp_link_find(const struct hp_stack *s, const char *name)
{
    for (uint16_t i = 1; i <= s->links; i++)
        if (s->link[i] && strcmp(s->link[i]->name, name) == 0) return i;
    return HP_ENOENT;
}

int hp_link_count(const struct hp_stack *s) { return s->links; }
const char *hp_link_name(const struct hp_link *link) { return link->name; }

int hp_link_info(const struct hp_stack *s, int index, struct hp_link_info *out)
{
    const struct hp_link *l = link_get(s, index);
    if (!l) return HP_ENOENT;
    *out = (struct hp_link_info){.index = index, .name = l->name, .type = l->type->name, .mac = l->mac, .mtu = l->mtu,
                                 .up = l->up, .carrier = l->carrier, .rx_frames = l->rx_frames, .rx_bytes = l->rx_bytes,
                                 .tx_frames = l->tx_frames, .tx_bytes = l->tx_bytes, .drops = l->drops};
    return HP_OK;
}
