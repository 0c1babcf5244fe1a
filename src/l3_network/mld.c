/* Multicast listener discovery, the listener's side: RFC 3810 (version 2) as far as a host needs that joins groups without source
 * lists, RFC 2710 (version 1) towards routers that speak only that.
 *
 * Switches that snoop forward a group only to whoever reported it, so that neighbour discovery itself depends on this.  A change is
 * reported twice; queries are answered together, after a random part of the time that they allow. */
#include "l3_network/ipv6.h"

enum {
    MLD_ROBUSTNESS = 2, MLD_UNSOLICITED_MS = 1000,      /* RFC 3810 9.1, 9.11 */
    MLD_OLDER_S = 2 * 125 + 10,                         /* 9.12: how long a querier of version 1 is remembered */
    MLD_RECORD = 20, MLD_RECORDS_MAX = 60,              /* of one report */
    MLD_QUERY_V1 = 24, MLD_QUERY_V2 = 28, MLD_ALERT = 8,
};
enum mld_record { MLD_IS_EXCLUDE = 2, MLD_TO_INCLUDE = 3, MLD_TO_EXCLUDE = 4 };
static_assert(IPV6_HEADER + MLD_ALERT + 8 + MLD_RECORDS_MAX * MLD_RECORD <= IPV6_MIN_MTU, "a report is one packet");

struct mld_group {
    struct mld_group *next;
    struct hp_ip ip;
    uint32_t joins;             /* 0 = left, but that is still to be said */
    uint8_t changes;            /* how often the last change is still to be said */
    bool asked;
};

struct mld_state {
    uint64_t queries, reports;
};

static const struct hp_ip mld_routers = {{0xff, 0x02, [15] = 0x16}};

/* RFC 3810 6: neither all-nodes nor what does not leave the node. */
static bool mld_reported(const struct hp_ip *group)
{
    return (group->b[1] & 0x0f) >= 2 && !hp_ip_equal(group, &ip6_all_nodes);
}

/* ---- saying ---- */

/* p: the ICMPv6 message.  Hop limit 1 and a router alert (RFC 3810 5). */
static void mld_tx(struct hp_stack *s, struct ip6_link *i, struct hp_pkt *p, const struct hp_ip *dst)
{
    static const uint8_t alert[MLD_ALERT] = {IP_PROTO_ICMPV6, 0, IPV6_OPT_RA, 2, 0, 0, IPV6_OPT_PADN, 0};
    struct hp_ip src = i->local_ready ? i->local : ip6_any;
    icmp6_put_sum(p, &src, dst);
    p->l4 = pkt_offset(p);
    memcpy(pkt_push(p, MLD_ALERT), alert, MLD_ALERT);
    struct ipv6_hdr h = {.next = IP_PROTO_HOPOPTS, .hops = 1, .len = (uint16_t)pkt_len(p), .src = src, .dst = *dst};
    ipv6_write(pkt_push(p, IPV6_HEADER), IPV6_HEADER, &h);
    p->l3 = pkt_offset(p);
    p->link = i->link;
    ip6_of(s)->mld->reports++;
    trace_down(s, 3, "ipv6", p);
    link_tx(s, i->link, ETHERTYPE_IPV6, dst, p);
}

/* What there is to say of this group, or 0. */
static unsigned mld_record_of(const struct mld_group *g)
{
    if (g->changes) return g->joins ? MLD_TO_EXCLUDE : MLD_TO_INCLUDE;
    return g->asked && g->joins ? MLD_IS_EXCLUDE : 0;
}

/* RFC 3810 5.2: as many records as fit; whether any were left out shows in the groups. */
static void mld_report(struct hp_stack *s, struct ip6_link *i)
{
    size_t room = 8 + MLD_RECORDS_MAX * MLD_RECORD;
    struct hp_pkt *p = pkt_alloc(s, room);
    if (!p) return;
    struct writer w = writer_of(p->data, room);
    write32(&w, (uint32_t)ICMP6_MLD2_REPORT << 24);
    write32(&w, 0);
    unsigned records = 0;
    for (struct mld_group *g = i->mld.group; g && records < MLD_RECORDS_MAX; g = g->next) {
        unsigned record = mld_record_of(g);
        if (!record) continue;
        write32(&w, record << 24);
        write_bytes(&w, &g->ip, 16);
        if (g->changes) g->changes--;
        g->asked = false;
        records++;
    }
    put16(p->data + 6, records);
    pkt_put(p, writer_used(&w));
    mld_tx(s, i, p, &mld_routers);
}

/* RFC 2710 4: one message per group. */
static void mld_report_v1(struct hp_stack *s, struct ip6_link *i)
{
    for (struct mld_group *g = i->mld.group; g; g = g->next) {
        if (!mld_record_of(g)) continue;
        struct hp_pkt *p = pkt_alloc(s, MLD_QUERY_V1);
        if (!p) return;
        uint8_t *at = pkt_put(p, MLD_QUERY_V1);
        memset(at, 0, 8);
        at[0] = g->joins ? ICMP6_MLD_REPORT : ICMP6_MLD_DONE;
        memcpy(at + 8, &g->ip, 16);
        if (g->changes) g->changes--;
        g->asked = false;
        mld_tx(s, i, p, g->joins ? &g->ip : &ip6_all_routers);
    }
}

/* Groups that were left and of which all is said are forgotten; whether anything is still to be said. */
static bool mld_clean(struct hp_stack *s, struct ip6_link *i)
{
    bool more = false;
    for (struct mld_group **at = &i->mld.group; *at;) {
        struct mld_group *g = *at;
        more |= mld_record_of(g) != 0;
        if (g->joins || g->changes) {
            at = &g->next;
            continue;
        }
        *at = g->next;
        mem_free(s->mem, g, sizeof *g);
    }
    return more;
}

static void mld_say_within(struct hp_stack *s, struct ip6_link *i, uint32_t ms)
{
    hp_time at = s->now + HP_MS(random_below(&ip6_of(s)->random, ms + 1));
    if (!timer_set_p(&i->mld.timer) || at < i->mld.timer.at) timer_set(s, &i->mld.timer, at);
}

static void mld_fire(struct hp_stack *s, struct hp_timer *t)
{
    struct ip6_link *i = (struct ip6_link *)(void *)((char *)t - offsetof(struct ip6_link, mld.timer));
    if (s->now < i->mld.v1_until) mld_report_v1(s, i);
    else mld_report(s, i);
    if (mld_clean(s, i)) mld_say_within(s, i, MLD_UNSOLICITED_MS);
}

/* ---- joining and leaving ---- */

static struct mld_group *mld_find(const struct ip6_link *i, const struct hp_ip *group)
{
    struct mld_group *g = i->mld.group;
    while (g && !hp_ip_equal(&g->ip, group)) g = g->next;
    return g;
}

/* The first report of a group goes at once: what is joined for duplicate detection must be heard already (RFC 4862 5.4.2). */
static void mld_changed(struct hp_stack *s, struct ip6_link *i, struct mld_group *g)
{
    g->changes = MLD_ROBUSTNESS;
    i->mld.timer.fire = mld_fire;
    if (link_running(i->link)) timer_set(s, &i->mld.timer, s->now);
}

int mld_join(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *group)
{
    if (!ip6_of(s)->mld || !mld_reported(group)) return HP_OK;
    struct mld_group *g = mld_find(i, group);
    if (!g) {
        g = mem_zalloc(s->mem, sizeof *g);
        if (!g) return HP_ENOMEM;
        g->ip = *group;
        g->next = i->mld.group;
        i->mld.group = g;
    }
    if (g->joins++ == 0) mld_changed(s, i, g);
    return HP_OK;
}

void mld_leave(struct hp_stack *s, struct ip6_link *i, const struct hp_ip *group)
{
    struct mld_group *g = mld_find(i, group);
    if (g && g->joins && --g->joins == 0) mld_changed(s, i, g);
}

/* The link came up, or has its address now (RFC 3590): the switch must hear everything (again). */
void mld_begin(struct hp_stack *s, struct ip6_link *i)
{
    for (struct mld_group *g = i->mld.group; g; g = g->next) mld_changed(s, i, g);
}

void mld_stop(struct hp_stack *s, struct ip6_link *i)
{
    timer_remove(s, &i->mld.timer);
    for (struct mld_group *g; (g = i->mld.group);) {
        i->mld.group = g->next;
        mem_free(s->mem, g, sizeof *g);
    }
}

/* ---- queries ---- */

/* RFC 3810 5.1.3: a small floating-point number. */
static uint32_t mld_response_ms(uint16_t code)
{
    if (code < 32768) return code;
    return ((code & 0x0fffu) | 0x1000u) << ((code >> 12 & 7) + 3);
}

/* RFC 3810 5.1, 6.2: length tells the version; a source list that does not fit is a lie. */
static bool mld_query_valid(const struct hp_pkt *p, struct hp_bytes b)
{
    if (!hp_ip_is_linklocal(&p->src) || p->ttl != 1 || b.n < MLD_QUERY_V1) return false;
    if (b.n == MLD_QUERY_V1) return true;
    return b.n >= MLD_QUERY_V2 && (size_t)MLD_QUERY_V2 + get16(b.p + 26) * (size_t)16 <= b.n;
}

enum hp_drop mld_rx_query(struct hp_stack *s, struct ip6_link *i, const struct hp_pkt *p)
{
    struct hp_bytes b = pkt_bytes(p);
    if (!mld_query_valid(p, b)) return HP_DROP_ICMP_BAD;
    if (!ip6_of(s)->mld) return HP_DROP_ICMP_UNKNOWN;
    ip6_of(s)->mld->queries++;
    bool v1 = b.n == MLD_QUERY_V1, any = false;
    if (v1) i->mld.v1_until = s->now + HP_S(MLD_OLDER_S);
    struct hp_ip group = ip6_get(b.p + 8);
    for (struct mld_group *g = i->mld.group; g; g = g->next) {
        if (!hp_ip_is_any(&group) && !hp_ip_equal(&group, &g->ip)) continue;
        g->asked = any = true;
    }
    i->mld.timer.fire = mld_fire;
    if (any) mld_say_within(s, i, v1 ? get16(b.p + 4) : mld_response_ms(get16(b.p + 4)));
    return HP_DROP_TAKEN;
}

static int mld_start(struct hp_stack *s, void *state)
{
    ip6_of(s)->mld = state;
    return HP_OK;
}

static const struct hp_counter mld_counters[] = {
    HP_COUNTER(struct mld_state, queries, "queries received"),
    HP_COUNTER(struct mld_state, reports, "reports sent"),
    {0},
};
const struct hp_proto mld_proto = {.name = "mld", .layer = 3, .state_size = sizeof(struct mld_state), .start = mld_start,
                                   .counters = mld_counters};
