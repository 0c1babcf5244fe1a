/* What is believed of an answer: RFC 1034 5.3.3 step 4, RFC 2181 5.4.1, RFC 2308, RFC 5452 6. */
#include "l7_application/dns_believe.h"

struct believing {
    struct rrcache *c;
    struct hp_bytes message;
    const struct dns_name *zone;
    uint8_t *scratch;
    struct dns_hdr h;
};

/* The set of this owner and type in one section, as the cache keeps it; how many records, at most `max`. */
static int believe_gather(const struct believing *b, enum dns_section section, const struct dns_name *name, uint16_t type, int max,
                          struct writer *w, uint32_t *ttl)
{
    struct dns_msg m;
    struct dns_record r;
    int count = 0;
    *ttl = BELIEVE_TTL_MAX_S;
    *w = writer_of(b->scratch, RRCACHE_DATA_MAX);
    dns_parse(b->message, &m);
    while (count < max && dns_record_next(&m, &r)) {
        if (r.section != section || r.type != type || r.class_ != DNS_IN || !dns_name_equal(&r.name, name)) continue;
        uint8_t *start = w->p, *length = write_room(w, 2);
        if (!dns_data_expand(b->message, r.data, type, w)) {
            w->p = start;               /* too much, or nonsense: without it */
            w->full = false;
            continue;
        }
        put16(length, (unsigned)(w->p - length - 2));
        if (r.ttl < *ttl) *ttl = r.ttl > INT32_MAX ? 0 : r.ttl;     /* RFC 2181 8 */
        count++;
    }
    return count;
}

static bool believe_keep(const struct believing *b, enum dns_section section, const struct dns_name *name, uint16_t type, enum rrcache_kind kind)
{
    struct writer w;
    uint32_t ttl;
    int max = kind == RRCACHE_REFERRAL ? BELIEVE_SERVERS_MAX : UINT16_MAX, count = believe_gather(b, section, name, type, max, &w, &ttl);
    struct rrcache_entry e = {.name = *name, .type = type, .kind = (uint8_t)kind, .state = RRCACHE_SET, .count = (uint16_t)count};
    return count && rrcache_put(b->c, &e, bytes_of(b->scratch, writer_used(&w)), ttl);
}

/* Along the aliases as far as the zone may speak of them. */
static bool believe_chain(const struct believing *b, const struct dns_question *q)
{
    struct dns_name at = q->name;
    bool kept = false;
    for (int i = 0; i < BELIEVE_CHAIN_MAX && dns_name_below(&at, b->zone); i++) {
        if (believe_keep(b, DNS_ANSWER, &at, q->type, RRCACHE_ANSWER)) return true;
        if (q->type == DNS_CNAME || !believe_keep(b, DNS_ANSWER, &at, DNS_CNAME, RRCACHE_ANSWER)) return kept;
        kept = true;
        struct rrcache_entry *e = rrcache_find(b->c, &at, DNS_CNAME, RRCACHE_ANSWER);
        struct hp_bytes data;
        size_t place = 0;
        if (!e || !rrcache_next(e, &place, &data) || !dns_name_read(data, SIZE_MAX, 0, &at)) return kept;
    }
    return kept;
}

/* The first record of the type in the authority section whose owner is at or below the zone, and above the name. */
static bool believe_authority(const struct believing *b, const struct dns_name *name, uint16_t type, struct dns_record *r)
{
    struct dns_msg m;
    dns_parse(b->message, &m);
    while (dns_record_next(&m, r))
        if (r->section == DNS_AUTHORITY && r->type == type && r->class_ == DNS_IN && dns_name_below(name, &r->name) && dns_name_below(&r->name, b->zone))
            return true;
    return false;
}

/* RFC 2308 5: "no" holds as long as the SOA says; without one it holds for this question only. */
static void believe_no(const struct believing *b, const struct dns_question *q)
{
    struct dns_record soa;
    uint32_t ttl = 0;
    struct writer w = writer_of(b->scratch, RRCACHE_DATA_MAX);
    if (believe_authority(b, &q->name, DNS_SOA, &soa)) {
        ttl = soa.ttl < soa.minimum_s ? soa.ttl : soa.minimum_s;
        write_bytes(&w, soa.name.b, soa.name.n);
        if (!dns_data_expand(b->message, soa.data, DNS_SOA, &w)) w.p = w.start;
    }
    bool none = b->h.rcode == DNS_NXDOMAIN;     /* no such name: of no type (RFC 2308 5) */
    struct rrcache_entry e = {.name = q->name, .type = none ? 0 : q->type, .kind = RRCACHE_ANSWER, .state = none ? RRCACHE_NXDOMAIN : RRCACHE_NODATA};
    rrcache_put(b->c, &e, bytes_of(b->scratch, writer_used(&w)), ttl < BELIEVE_NEGATIVE_MAX_S ? ttl : BELIEVE_NEGATIVE_MAX_S);
}

/* The servers of a zone below, and of those only the addresses that this zone may speak of: glue. */
static bool believe_referral(const struct believing *b, const struct dns_name *cut)
{
    struct hp_bytes data;
    struct dns_name ns[BELIEVE_SERVERS_MAX];
    int count = 0;
    if (!believe_keep(b, DNS_AUTHORITY, cut, DNS_NS, RRCACHE_REFERRAL)) return false;
    struct rrcache_entry *e = rrcache_find(b->c, cut, DNS_NS, RRCACHE_REFERRAL);
    for (size_t at = 0; e && count < BELIEVE_SERVERS_MAX && rrcache_next(e, &at, &data);)
        if (dns_name_read(data, SIZE_MAX, 0, &ns[count])) count++;
    for (int i = 0; i < count; i++) {
        if (!dns_name_below(&ns[i], b->zone)) continue;
        believe_keep(b, DNS_ADDITIONAL, &ns[i], DNS_A, RRCACHE_REFERRAL);
        believe_keep(b, DNS_ADDITIONAL, &ns[i], DNS_AAAA, RRCACHE_REFERRAL);
    }
    return true;
}

static bool believe_is_whole(const struct believing *b)
{
    struct dns_msg m;
    struct dns_record r;
    if (!dns_parse(b->message, &m)) return false;
    while (dns_record_next(&m, &r)) continue;
    return !m.bad;
}

static enum believe believe_message(struct believing *b, const struct dns_question *q, struct dns_name *cut)
{
    struct dns_msg m;
    struct dns_record ns;
    if (!believe_is_whole(b) || !dns_parse(b->message, &m)) return BELIEVE_FAILED;
    b->h = m.h;
    if (b->h.rcode == DNS_FORMERR || b->h.rcode == DNS_NOTIMP) return BELIEVE_NO_EDNS;
    if (b->h.rcode != DNS_NOERROR && b->h.rcode != DNS_NXDOMAIN) return BELIEVE_FAILED;
    if (b->h.authoritative && believe_chain(b, q)) return BELIEVE_ANSWER;
    if (b->c->starved) return BELIEVE_STARVED;   /* there was an answer: what follows is about its absence */
    if (b->h.authoritative && (b->h.rcode == DNS_NXDOMAIN || believe_authority(b, &q->name, DNS_SOA, &ns))) {
        believe_no(b, q);
        return BELIEVE_NO;
    }
    if (believe_authority(b, &q->name, DNS_NS, &ns) && ns.name.n > b->zone->n) { /* downward only: else we would go in circles */
        *cut = ns.name;
        return believe_referral(b, cut) ? BELIEVE_REFERRAL : BELIEVE_FAILED;
    }
    if (!b->h.authoritative || b->h.count[DNS_ANSWER]) return BELIEVE_LAME;
    believe_no(b, q);
    return BELIEVE_NO;
}

enum believe believe_answer(struct rrcache *c, struct hp_bytes message, const struct dns_question *q, const struct dns_name *zone,
                            uint8_t *scratch, struct dns_name *cut)
{
    struct believing b = {.c = c, .message = message, .zone = zone, .scratch = scratch};
    c->starved = false;
    enum believe found = believe_message(&b, q, cut);
    if (!c->starved) return found;
    if (found == BELIEVE_REFERRAL) rrcache_forget(c, cut, DNS_NS, RRCACHE_REFERRAL);   /* without its glue it would lead nowhere, for its whole TTL */
    return BELIEVE_STARVED;
}
