/* Which of our IPv6 addresses a packet should come from: RFC 6724 section 5, the default policy table of section 2.1.
 *
 * Rules 4 (mobility) and 7 (temporary addresses) have nothing to decide here.  The comparison is a strict order, so the
 * choice does not depend on the order of the candidates except between equals, where the first wins. */
#include "l3_network/ipv6.h"

struct source_policy {
    struct hp_prefix prefix;
    uint8_t precedence, label;
};

/* RFC 6724 2.1, longest prefix first. */
static const struct source_policy source_policies[] = {
    {{{{[15] = 1}}, 128}, 50, 0},
    {{{{[10] = 0xff, [11] = 0xff}}, 96}, 35, 4},
    {{{{0}}, 96}, 1, 3},
    {{{{0x20, 0x01, 0, 0}}, 32}, 5, 5},
    {{{{0x20, 0x02}}, 16}, 30, 2},
    {{{{0x3f, 0xfe}}, 16}, 1, 12},
    {{{{0xfe, 0xc0}}, 10}, 1, 11},
    {{{{0xfc}}, 7}, 3, 13},
    {{{{0}}, 0}, 40, 1},
};

static const struct source_policy *source_policy_of(const struct hp_ip *ip)
{
    const struct source_policy *p = source_policies;
    while (!hp_prefix_has(&p->prefix, ip)) p++; /* the last one has everybody */
    return p;
}

unsigned source_precedence(const struct hp_ip *ip) { return source_policy_of(ip)->precedence; }

unsigned source_scope(const struct hp_ip *ip)
{
    if (ip->b[0] == 0xff) return ip->b[1] & 0x0f;
    if (hp_ip_is_linklocal(ip) || hp_ip_is_loopback(ip)) return 2;
    return ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0xc0 ? 5 : 14;
}

/* RFC 6724 2.2: bits in common, at most the source's prefix. */
static unsigned source_common(const struct hp_prefix *source, const struct hp_ip *dst)
{
    unsigned n = 0;
    while (n < source->len && !((source->ip.b[n / 8] ^ dst->b[n / 8]) >> (7 - n % 8) & 1)) n++;
    return n;
}

/* > 0: a, < 0: b, 0: this rule does not decide. */
static int source_by_scope(const struct hp_ip *a, const struct hp_ip *b, const struct hp_ip *dst)
{
    unsigned sa = source_scope(a), sb = source_scope(b), sd = source_scope(dst);
    if (sa == sb) return 0;
    if (sa < sb) return sa < sd ? -1 : 1;
    return sb < sd ? 1 : -1;
}

static int source_compare(const struct source_candidate *a, const struct source_candidate *b, const struct hp_ip *dst,
                          uint16_t out)
{
    int by = hp_ip_equal(&a->address.ip, dst) - hp_ip_equal(&b->address.ip, dst);   /* rule 1: the same address */
    if (!by) by = source_by_scope(&a->address.ip, &b->address.ip, dst);             /* rule 2: appropriate scope */
    if (!by) by = b->deprecated - a->deprecated;                                    /* rule 3: not deprecated    */
    if (!by) by = (a->link == out) - (b->link == out);                              /* rule 5: outgoing link     */
    if (by) return by;
    unsigned label = source_policy_of(dst)->label;                                  /* rule 6: matching label    */
    by = (source_policy_of(&a->address.ip)->label == label) - (source_policy_of(&b->address.ip)->label == label);
    if (by) return by;
    return (int)source_common(&a->address, dst) - (int)source_common(&b->address, dst); /* rule 8: longest match */
}

bool source_better(const struct source_candidate *a, const struct source_candidate *b, const struct hp_ip *dst, uint16_t out)
{
    return source_compare(a, b, dst, out) > 0;
}

/* RFC 6724 4: for link-local and multicast destinations only addresses of the outgoing link; for others they come first (rule 5). */
static bool source_candidate_ok(const struct addr *a, const struct hp_ip *dst, uint16_t out)
{
    if (hp_ip_is4(&a->prefix.ip) || !addr_usable(a)) return false;
    if (a->link->index == out) return true;
    return !hp_ip_is_linklocal(&a->prefix.ip) && !hp_ip_is_linklocal(dst) && !hp_ip_is_multicast(dst);
}

int source_select(struct hp_stack *s, const struct hp_ip *dst, const struct ip_path *path, struct hp_ip *src)
{
    struct source_candidate best = {0};
    if (path->link == network(s)->loop) { /* to ourselves: from there, too */
        *src = *dst;
        return HP_OK;
    }
    for (const struct addr *a = network(s)->addrs; a; a = a->next) {
        if (!source_candidate_ok(a, dst, path->link)) continue;
        struct source_candidate c = {a->prefix, a->link->index, a->preferred_until <= s->now};
        if (!best.link || source_better(&c, &best, dst, path->link)) best = c;
    }
    if (!best.link) return HP_EADDRNOTAVAIL;
    *src = best.address.ip;
    return HP_OK;
}
