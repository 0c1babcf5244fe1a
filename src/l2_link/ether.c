/* Ethernet: frames in, frames out (Ethernet II, IEEE 802.3 with LLC/SNAP, 802.1Q priority tags).
 *
 * In: FCS, lengths, destination filter, header off, up by EtherType.  Out: header on, destination from the neighbour
 * cache or from the group address (RFC 1112 6.4, RFC 2464 7), zeros up to the minimum length.  A frame handed to the
 * wire carries no FCS: the wire's is implied, and becomes real bytes (PKT_FCS) only where a cable flips bits. */
#include "l2_link/ether.h"
#include "wire/crc.h"

enum { ETHER_GROUPS_MAX = 4096 };   /* of a link */

static const struct hp_mac mac_broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* ---- multicast filter ---- */

struct group_key {
    struct hp_mac mac;
    uint16_t link;
};

static uint64_t group_hash(const struct link_layer *ll, const struct group_key *k) { return hash_key(&ll->key, k, sizeof *k); }

static bool group_same(const void *item, const void *key)
{
    const struct ether_group *g = item;
    const struct group_key *k = key;
    return g->link == k->link && hp_mac_equal(&g->mac, &k->mac);
}

static struct ether_group *group_find(const struct link_layer *ll, const struct hp_link *l, const struct hp_mac *mac)
{
    struct group_key k = {*mac, l->index};
    return ll->groups.count ? map_find(&ll->groups, group_hash(ll, &k), group_same, &k) : NULL;
}

struct hp_mac ether_group_mac(const struct hp_ip *group)
{
    const uint8_t *b = group->b;
    if (!hp_ip_is4(group)) return (struct hp_mac){{0x33, 0x33, b[12], b[13], b[14], b[15]}};
    return (struct hp_mac){{0x01, 0x00, 0x5e, b[13] & 0x7f, b[14], b[15]}};
}

int link_group_join(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    if (!link_resolves(l)) return HP_OK;
    struct link_layer *ll = link_layer(s);
    struct group_key k = {ether_group_mac(group), l->index};
    struct ether_group *g = group_find(ll, l, &k.mac);
    if (g) {
        g->joins++;
        return HP_OK;
    }
    if (ether_link(l)->groups_count >= ETHER_GROUPS_MAX) return HP_ENOMEM;
    g = mem_zalloc(s->mem, sizeof *g);
    if (!g) return HP_ENOMEM;
    *g = (struct ether_group){.mac = k.mac, .link = k.link, .joins = 1, .hash = group_hash(ll, &k)};
    if (map_add(&ll->groups, s->mem, g->hash, g)) {
        mem_free(s->mem, g, sizeof *g);
        return HP_ENOMEM;
    }
    g->next = ether_link(l)->groups;
    ether_link(l)->groups = g;
    ether_link(l)->groups_count++;
    return HP_OK;
}

static void group_free(struct hp_stack *s, struct ether_group **at)
{
    struct ether_group *g = *at;
    *at = g->next;
    map_remove(&link_layer(s)->groups, g->hash, g);
    mem_free(s->mem, g, sizeof *g);
}

void link_group_leave(struct hp_stack *s, struct hp_link *l, const struct hp_ip *group)
{
    if (!link_resolves(l)) return;
    struct hp_mac mac = ether_group_mac(group);
    struct ether_group *g = group_find(link_layer(s), l, &mac);
    if (!g || --g->joins) return;
    struct ether_group **at = &ether_link(l)->groups;
    while (*at != g) at = &(*at)->next;
    group_free(s, at);
    ether_link(l)->groups_count--;
}

/* ---- in ---- */

/* The last four bytes are a real FCS: true if they match; they are gone then. */
static bool ether_take_fcs(struct hp_pkt *p)
{
    size_t n = pkt_len(p);
    if (n < ETHER_HEADER + ETHER_FCS) return false;
    n -= ETHER_FCS;
    uint8_t came[ETHER_FCS], right[ETHER_FCS];
    hp_pkt_copy_out(p, n, came, ETHER_FCS);
    pkt_trim(p, n);
    p->flags &= (uint16_t)~PKT_FCS;
    uint32_t crc = crc_of(pkt_bytes(p));
    crc_put(right, p->more.n ? crc_add(crc, p->more.p, p->more.n) : crc);
    return memcmp(came, right, ETHER_FCS) == 0;
}

/* Who the frame is for; false: not for us.  A port of a switch is for everybody. */
static bool ether_accept(struct link_layer *ll, struct hp_link *l, const struct hp_mac *dst, struct hp_pkt *p)
{
    if (!mac_is_group(dst)) {
        ll->rx_unicast++;
        return hp_mac_equal(dst, &l->mac);
    }
    if (mac_is_broadcast(dst)) {
        ll->rx_broadcast++;
        p->flags |= PKT_BROADCAST;
        return true;
    }
    ll->rx_multicast++;
    p->flags |= PKT_MULTICAST;
    return group_find(ll, l, dst) != NULL;
}

/* What the wire may say about a packet that came; everything else is the sender's own business. */
static uint16_t ether_flags_in(const struct hp_link *l, const struct hp_pkt *p)
{
    bool verified = l->wire->flags & HP_WIRE_SUM_RX && p->flags & (PKT_SUM_GOOD | PKT_SUM_TX);
    return verified ? PKT_SUM_GOOD : 0;
}

/* The header is in order and the payload is for us: takes the header off; HP_DROP_NONE and the EtherType, or why not. */
static enum hp_drop ether_take_header(struct hp_pkt *p, uint16_t *type)
{
    *type = get16(p->data + 12);
    if (*type >= ETHER_TYPE_MIN && !ether_is_tag(*type)) { /* Ethernet II: nearly always */
        pkt_pull(p, ETHER_HEADER);
        return HP_DROP_NONE;
    }
    struct ether_hdr h;
    switch (ether_parse(pkt_bytes(p), &h)) {
    case ETHER_RUNT: return HP_DROP_RUNT;
    case ETHER_TAGS: return HP_DROP_VLAN;
    case ETHER_LLC:  return HP_DROP_LLC;
    case ETHER_OK:   break;
    }
    if (h.tag_count > 1 || (h.tag_count && (h.tag[0].vid != 0 || h.tag[0].tpid != ETHER_VLAN))) return HP_DROP_VLAN;
    if (h.llc) pkt_trim(p, (size_t)(ETHER_HEADER + h.tag_count * ETHER_TAG) + h.len);
    if (h.type < ETHER_TYPE_MIN) return HP_DROP_NO_ETHERTYPE; /* spanning tree, NetBIOS, ... */
    if (pkt_len(p) == h.hlen) return HP_DROP_RUNT;
    *type = h.type;
    pkt_pull(p, h.hlen);
    return HP_DROP_NONE;
}

/* A frame that is in order: its checks are done, its payload is not looked at. */
static void ether_rx_frame(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    struct link_layer *ll = link_layer(s);
    struct hp_mac dst, src;
    memcpy(&dst, p->data, 6);
    memcpy(&src, p->data + 6, 6);
    p->l2 = pkt_offset(p);
    p->time = s->now;
    if (l->bridged) {
        ll->bridge_rx(s, l, &dst, &src, p);
        return;
    }
    p->flags = ether_flags_in(l, p);
    if (!ether_accept(ll, l, &dst, p)) {
        hp_drop(s, p, HP_DROP_NOT_FOR_US);
        return;
    }
    uint16_t type;
    enum hp_drop why = ether_take_header(p, &type);
    if (why) hp_drop(s, p, why);
    else stack_up_ethertype(s, type, p);
}

static void ether_rx(struct hp_stack *s, struct hp_link *l, struct hp_pkt *p)
{
    trace_up(s, 2, "ether", p);
    enum hp_drop why = HP_DROP_NONE;
    size_t longest = (size_t)l->mtu + ETHER_HEADER + ETHER_TAG;
    if (p->flags & PKT_FCS && !ether_take_fcs(p)) why = HP_DROP_FCS;
    else if (pkt_bytes(p).n < ETHER_HEADER || pkt_len(p) == ETHER_HEADER) why = HP_DROP_RUNT;
    else if (pkt_len(p) > longest && !p->gso_size) why = HP_DROP_GIANT;
    if (why) hp_drop(s, p, why);
    else ether_rx_frame(s, l, p);
}

/* ---- out ---- */

/* Zeros up to 60 bytes, so that nothing of the memory behind a short packet leaves with it. */
static bool ether_pad(struct hp_stack *s, struct hp_pkt *p)
{
    size_t n = pkt_len(p);
    if (n >= ETHER_FRAME_MIN) return true;
    if (!pkt_own(s, p, 0, true)) return false;
    size_t pad = ETHER_FRAME_MIN - n;
    if (pkt_tailroom(p) < pad && !pkt_own(s, p, pkt_headroom(p) + 1, true)) return false;
    memset(pkt_put(p, pad), 0, pad);
    link_layer(s)->padded++;
    return true;
}

/* Puts the header in front, all but the destination; false: p was dropped. */
static bool ether_put_header(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, struct hp_pkt *p)
{
    bool ready = pkt_headroom(p) >= ETHER_HEADER && !pkt_shared(p) && !p->buf->release;
    if (!ready && !pkt_own(s, p, ETHER_HEADER, false)) {
        hp_drop(s, p, HP_DROP_NO_MEMORY);
        return false;
    }
    uint8_t *h = pkt_push(p, ETHER_HEADER);
    p->l2 = pkt_offset(p);
    memcpy(h + 6, &l->mac, 6);
    put16(h + 12, ethertype);
    if (ether_pad(s, p)) return true;
    hp_drop(s, p, HP_DROP_NO_MEMORY);
    return false;
}

void ether_tx_mac(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_mac *dst, struct hp_pkt *p)
{
    struct link_layer *ll = link_layer(s);
    p->link = l;
    if (!ether_put_header(s, l, ethertype, p)) return;
    memcpy(p->data, dst, 6);
    if (!mac_is_group(dst)) ll->tx_unicast++;
    else if (mac_is_broadcast(dst)) ll->tx_broadcast++;
    else ll->tx_multicast++;
    link_queue(s, l, p);
}

static void ether_tx(struct hp_stack *s, struct hp_link *l, uint16_t ethertype, const struct hp_ip *next, struct hp_pkt *p)
{
    trace_down(s, 2, "ether", p);
    if (hp_ip_is_multicast(next)) {
        struct hp_mac mac = ether_group_mac(next);
        ether_tx_mac(s, l, ethertype, &mac, p);
    } else if (hp_ip_is_broadcast(next)) {
        ether_tx_mac(s, l, ethertype, &mac_broadcast, p);
    } else if (!link_layer(s)->neigh) {
        hp_drop(s, p, HP_DROP_NEIGH_FAILED);
    } else if (ether_put_header(s, l, ethertype, p)) {
        link_layer(s)->tx_unicast++;
        neigh_tx(s, l, next, p);
    }
}

/* ---- the link type, and the protocol that holds what its links share ---- */

static int ether_link_start(struct hp_stack *s, struct hp_link *l) { return link_layer(s) ? HP_OK : HP_EOPNOTSUPP; }

static void ether_link_stop(struct hp_stack *s, struct hp_link *l)
{
    while (ether_link(l)->groups) group_free(s, &ether_link(l)->groups);
}

const struct hp_link_type ether_type = {
    .name = "ether", .header_max = ETHER_HEADER, .state_size = sizeof(struct ether_link),
    .start = ether_link_start, .stop = ether_link_stop, .rx = ether_rx, .tx = ether_tx,
};

static int ether_start(struct hp_stack *s, void *state)
{
    struct link_layer *ll = state;
    ll->key = key_derive(&s->key, "ether groups");
    s->layer[2] = ll;
    return HP_OK;
}

static void ether_stop(struct hp_stack *s, void *state)
{
    map_free(&((struct link_layer *)state)->groups, s->mem);
    s->layer[2] = NULL;
}

static const struct hp_counter ether_counters[] = {
    HP_COUNTER(struct link_layer, rx_unicast, "frames that came, to one station"),
    HP_COUNTER(struct link_layer, rx_broadcast, "frames that came, to all"),
    HP_COUNTER(struct link_layer, rx_multicast, "frames that came, to a group"),
    HP_COUNTER(struct link_layer, tx_unicast, "frames to one station"),
    HP_COUNTER(struct link_layer, tx_broadcast, "frames to all"),
    HP_COUNTER(struct link_layer, tx_multicast, "frames to a group"),
    HP_COUNTER(struct link_layer, padded, "frames filled with zeros to 60 bytes"),
    {0},
};

const struct hp_proto ether_proto = {
    .name = "ether", .layer = 2, .state_size = sizeof(struct link_layer), .start = ether_start, .stop = ether_stop,
    .counters = ether_counters,
};
