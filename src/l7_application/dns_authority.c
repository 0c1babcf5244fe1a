/* Answers with authority.  RFC 1034 4.3.2 as one reads it, with RFC 2308 (no), RFC 4592 (wildcards), RFC 6672 (DNAME), RFC 6891 (EDNS),
 * RFC 8482 (ANY) and RFC 9471 (glue). */
#include "l7_application/dns_authority.h"

enum { AUTHORITY_TARGETS_MAX = 16 /* names whose addresses are added */ };

struct authority {
    const struct hp_dns_server *d;
    const struct hp_dns_zone *z;
    struct dns_reply reply;
    struct dns_name name;       /* that is looked for: the question's, or where aliases led */
    uint16_t type;
    unsigned rcode;
    int chain;                  /* aliases so far */
    struct dns_name alias[DNS_CNAMES_MAX + 1];      /* and their names: none is followed twice (RFC 2181 5: no record is there twice) */
};

const struct hp_dns_zone *authority_zone(const struct hp_dns_server *d, const struct dns_name *name, uint16_t type)
{
    const struct hp_dns_zone *best = NULL, *own = NULL;
    for (int i = 0; i < d->zone_count; i++) {
        const struct hp_dns_zone *z = d->zones[i];
        if (!dns_name_below(name, &z->origin)) continue;
        bool at_apex = z->origin.n == name->n;
        if (at_apex) own = z;
        if (at_apex && type == DNS_DS) continue;        /* RFC 4035 3.1.4.1: the parent's */
        if (!best || z->origin.n > best->origin.n) best = z;
    }
    return best ? best : own;
}

/* ---- what is written ---- */

/* A set, under the name that was asked for: a wildcard's records have it (RFC 4592 3.3.1). */
static void authority_write(struct authority *a, struct zone_set set, enum dns_section section, const struct dns_name *owner)
{
    struct dns_record r;
    for (uint32_t i = set.first; i < set.first + set.count; i++) {
        zone_record(a->z, i, &r);
        r.section = section;
        if (owner) r.name = *owner;
        dns_reply_add(&a->reply, &r);
    }
}

/* RFC 2308 3: the SOA record, for as long as the "no" is good. */
static void authority_write_soa(struct authority *a)
{
    bool exists;
    struct dns_record r;
    struct zone_set soa = zone_type(a->z, zone_find(a->z, &a->z->origin, &exists), DNS_SOA);
    if (!soa.count) return;
    zone_record(a->z, soa.first, &r);
    r.section = DNS_AUTHORITY;
    if (r.minimum_s < r.ttl) r.ttl = r.minimum_s;
    dns_reply_add(&a->reply, &r);
}

/* Addresses of one type in the additional section: all, or none.  `needed`: the asker gets nowhere without (RFC 9471). */
static void authority_write_address(struct authority *a, struct zone_set all, uint16_t type, bool needed)
{
    struct zone_set set = zone_type(a->z, all, type);
    struct dns_writer mark = dns_reply_mark(&a->reply);
    for (uint32_t i = set.first; i < set.first + set.count; i++) {
        struct dns_record r;
        zone_record(a->z, i, &r);
        r.section = DNS_ADDITIONAL;
        if (dns_write_record(&a->reply.w, &r)) continue;
        dns_reply_undo(&a->reply, &mark);
        if (needed) a->reply.w.h.truncated = a->reply.full = true;
        return;
    }
}

/* The addresses of the names that a set speaks of, if this zone has them.  cut: the set is a delegation, and names below it are glue. */
static void authority_write_additional(struct authority *a, struct zone_set set, const struct dns_name *cut)
{
    uint32_t end = set.count < AUTHORITY_TARGETS_MAX ? set.count : AUTHORITY_TARGETS_MAX;
    for (uint32_t i = 0; i < end && !a->reply.full; i++) {
        struct dns_record r;
        struct dns_name other;
        bool exists;
        zone_record(a->z, set.first + i, &r);
        if (!dns_name_below(&r.target, &a->z->origin)) continue;
        if (!cut && zone_cut(a->z, &r.target, &other).count) continue;  /* not ours to say */
        struct zone_set all = zone_find(a->z, &r.target, &exists);
        bool needed = cut && dns_name_below(&r.target, cut);
        authority_write_address(a, all, DNS_A, needed);
        authority_write_address(a, all, DNS_AAAA, needed);
    }
}

/* ---- RFC 1034 4.3.2, step 3 ---- */

/* 3b: the name is in another's hands from `cut` on. */
static void authority_refer(struct authority *a, struct zone_set ns, const struct dns_name *cut)
{
    if (!a->chain) a->reply.w.h.authoritative = false;
    authority_write(a, ns, DNS_AUTHORITY, NULL);
    authority_write_additional(a, ns, cut);
}

/* Is this name followed for the first time, and is there room for it? */
static bool authority_alias(struct authority *a)
{
    for (int i = 0; i < a->chain; i++)
        if (dns_name_equal(&a->alias[i], &a->name)) return false;
    if (a->chain > DNS_CNAMES_MAX) return false;
    a->alias[a->chain++] = a->name;
    return true;
}

/* One step of a chain; true if the search goes on from there. */
static bool authority_follow(struct authority *a, struct zone_set cname)
{
    struct dns_record r;
    if (!authority_alias(a)) return false;
    authority_write(a, cname, DNS_ANSWER, &a->name);
    zone_record(a->z, cname.first, &r);
    a->name = r.target;
    return true;
}

/* RFC 6672 3.2: a DNAME, and the CNAME that follows from it. */
static bool authority_rename(struct authority *a, struct zone_set dname, const struct dns_name *above)
{
    struct dns_record r, made = {.name = a->name, .type = DNS_CNAME, .class_ = DNS_IN, .section = DNS_ANSWER};
    if (!authority_alias(a)) return false;
    authority_write(a, dname, DNS_ANSWER, NULL);
    zone_record(a->z, dname.first, &r);
    struct dns_name labels = {.n = (uint8_t)(a->name.n - above->n + 1)};
    memcpy(labels.b, a->name.b, labels.n - 1u);
    labels.b[labels.n - 1] = 0;
    if (!dns_name_join(&labels, &r.target, &made.target)) {
        a->rcode = 6;           /* YXDOMAIN: too long */
        return false;
    }
    made.ttl = r.ttl;
    dns_reply_add(&a->reply, &made);
    a->name = made.target;
    return true;
}

/* 3a: the name is there. */
static bool authority_found(struct authority *a, struct zone_set all)
{
    struct zone_set cname = zone_type(a->z, all, DNS_CNAME);
    if (cname.count && a->type != DNS_CNAME && a->type != DNS_ANY) return authority_follow(a, cname);
    uint16_t type = a->type == DNS_ANY && all.count ? a->z->rr[all.first].type : a->type;   /* RFC 8482 4.1: one set will do */
    struct zone_set set = zone_type(a->z, all, type);
    authority_write(a, set, DNS_ANSWER, &a->name);
    if (!set.count) authority_write_soa(a);
    if (type == DNS_NS || type == DNS_MX || type == DNS_SRV) authority_write_additional(a, set, NULL);
    return false;
}

/* 3c: it is not; perhaps a wildcard or a DNAME speaks for it. */
static bool authority_missing(struct authority *a)
{
    bool exists;
    struct dns_name encloser, star = {.n = 3, .b = {1, '*', 0}};
    zone_encloser(a->z, &a->name, &encloser);
    struct zone_set dname = zone_type(a->z, zone_find(a->z, &encloser, &exists), DNS_DNAME);
    if (dname.count) return authority_rename(a, dname, &encloser);
    struct zone_set all = {0};
    exists = false;
    if (dns_name_join(&star, &encloser, &star)) all = zone_find(a->z, &star, &exists);
    if (exists) return authority_found(a, all);
    a->rcode = DNS_NXDOMAIN;
    authority_write_soa(a);
    return false;
}

static bool authority_look(struct authority *a)
{
    struct dns_name cut;
    bool exists;
    struct zone_set ns = zone_cut(a->z, &a->name, &cut);
    bool parents = a->type == DNS_DS && cut.n == a->name.n;     /* what is at the cut, but ours to say */
    if (ns.count && !parents) {
        authority_refer(a, ns, &cut);
        return false;
    }
    struct zone_set all = zone_find(a->z, &a->name, &exists);
    return exists ? authority_found(a, all) : authority_missing(a);
}

static size_t authority_end(struct authority *a, int *count)
{
    *count = a->rcode == DNS_NXDOMAIN ? -1 : a->rcode == DNS_REFUSED ? -2 : a->reply.w.h.count[DNS_ANSWER];
    return dns_reply_end(&a->reply, a->rcode);
}

/* ---- a handful of names ---- */

static void authority_names(struct authority *a)
{
    bool exists = false;
    char text[DNS_TEXT];
    dns_name_lower(&a->name, text);
    for (const struct hp_dns_name *n = a->d->names; n && n->name; n++) {
        if (strcmp(n->name, text) != 0) continue;
        exists = true;
        if (a->type != (hp_ip_is4(&n->ip) ? DNS_A : DNS_AAAA)) continue;
        struct dns_record r = {.name = a->name, .type = a->type, .class_ = DNS_IN, .ttl = a->d->ttl ? a->d->ttl : 300,
                               .section = DNS_ANSWER, .ip = n->ip};
        dns_reply_add(&a->reply, &r);
    }
    if (exists) return;
    a->rcode = a->d->zone_count ? DNS_REFUSED : DNS_NXDOMAIN;
    a->reply.w.h.authoritative = !a->d->zone_count;
}

/* ---- the whole ---- */

/* What is no question about records, or none for us: the rcode; DNS_NOERROR = go on. */
static unsigned authority_refuse(const struct dns_asked *q)
{
    if (q->edns && q->version > 0) return DNS_BADVERS;
    if (q->opcode != DNS_QUERY) return DNS_NOTIMP;
    if (q->q.class_ != DNS_IN) return DNS_REFUSED;
    if (q->q.type == DNS_AXFR || q->q.type == DNS_IXFR) return DNS_REFUSED;
    bool meta = q->q.type == 0 || q->q.type == DNS_OPT || (q->q.type >= 128 && q->q.type < DNS_ANY);
    return meta ? DNS_NOTIMP : DNS_NOERROR;
}

size_t authority_answer(const struct hp_dns_server *d, const struct dns_asked *q, uint8_t *out, size_t room, int *count)
{
    struct authority a = {.d = d, .name = q->q.name, .type = q->q.type, .rcode = authority_refuse(q)};
    a.reply = dns_reply_start(out, room, q);
    if (a.rcode) {
        a.rcode = a.rcode == DNS_BADVERS ? a.rcode : a.rcode & 15;
        return authority_end(&a, count);
    }
    a.reply.w.h.authoritative = true;
    a.z = authority_zone(d, &a.name, a.type);
    if (!a.z) authority_names(&a);
    while (a.z && authority_look(&a) && !a.reply.full) a.z = authority_zone(d, &a.name, a.type);
    return authority_end(&a, count);
}
