/* Whether the records of a zone make sense together: RFC 1034 3.6.2 and 4.2.1, RFC 1912 2, RFC 2181 5.2 and 10.  Each rule sees one set. */
#include "core/text.h"
#include "l7_application/dns_master.h"

struct zone_check {
    struct master *m;
    struct hp_dns_zone *z;
    struct zone_set name;       /* all records of the owner that is looked at */
    char owner[DNS_TEXT];
    bool apex;
    uint32_t line;
};

static bool zcheck_error(struct zone_check *c, const char *after)
{
    struct master_token at = {.line = c->line};
    return master_error(c->m, &at, "", master_text(c->owner), after);
}

static bool zcheck_in_zone(const struct zone_check *c, const struct dns_name *name) { return dns_name_below(name, &c->z->origin); }

/* RFC 2181 5.2 */
static void zcheck_ttl(struct zone_check *c, struct zone_set set)
{
    bool differs = false;
    for (uint32_t i = set.first + 1; i < set.first + set.count; i++) {
        differs |= c->z->rr[i].ttl != c->z->rr[set.first].ttl;
        c->z->rr[i].ttl = c->z->rr[set.first].ttl;
    }
    if (differs) master_warn(c->m, c->line, "", c->owner, ": records of one type have different TTLs; the first one's is used for all");
}

/* RFC 1034 3.6.2: an alias has nothing beside it; RFC 2181 10.1: and one only. */
static void zcheck_alone(struct zone_check *c, struct zone_set set, uint16_t type)
{
    if (set.count > 1) zcheck_error(c, type == DNS_SOA ? " has more than one SOA record" : type == DNS_DNAME ? " has more than one DNAME record"
                                   : " has more than one CNAME record");
    if (type == DNS_CNAME && c->name.count > set.count) zcheck_error(c, " has a CNAME record and others: an alias has nothing beside it");
}

/* Whether an address can be had for a name that is in this zone. */
static void zcheck_target(struct zone_check *c, const struct dns_name *target, const char *what)
{
    bool exists;
    char name[DNS_TEXT], text[DNS_TEXT + 100];
    struct dns_name cut;
    if (!zcheck_in_zone(c, target) || target->n == 1) return;
    struct zone_set all = zone_find(c->z, target, &exists);
    bool alias = zone_type(c->z, all, DNS_CNAME).count > 0;
    bool address = zone_type(c->z, all, DNS_A).count || zone_type(c->z, all, DNS_AAAA).count;
    bool glue = zone_cut(c->z, target, &cut).count > 0;
    if (address || (glue && dns_name_order(cut.b, zone_owner(c->z, c->name.first)) != 0)) return;
    if (!exists && !glue) {             /* by a wildcard, perhaps */
        struct dns_name encloser, star = {.n = 3, .b = {1, '*', 0}};
        zone_encloser(c->z, target, &encloser);
        if (dns_name_join(&star, &encloser, &star) && zone_find(c->z, &star, &exists).count) return;
    }
    struct text t = text_of(text, sizeof text);
    text_str(&t, ": ");
    text_str(&t, what);
    text_str(&t, " ");
    text_str(&t, dns_name_text(target, name, sizeof name));
    text_str(&t, alias ? " is an alias, which it must not be (RFC 2181 10.3)" : " has no address in this zone");
    master_warn(c->m, c->line, "", c->owner, text);
}

static void zcheck_targets(struct zone_check *c, struct zone_set set, uint16_t type)
{
    for (uint32_t i = set.first; i < set.first + set.count; i++) {
        struct dns_record r;
        zone_record(c->z, i, &r);
        c->line = c->z->rr[i].line;
        zcheck_target(c, &r.target, type == DNS_NS ? "name server" : type == DNS_MX ? "mail server" : "server");
    }
}

static void zcheck_set(struct zone_check *c, struct zone_set set)
{
    uint16_t type = c->z->rr[set.first].type;
    c->line = c->z->rr[set.first].line;
    zcheck_ttl(c, set);
    if (type == DNS_SOA && !c->apex) zcheck_error(c, " has a SOA record, but is not the zone's own name");
    if (type == DNS_CNAME || type == DNS_DNAME || type == DNS_SOA) zcheck_alone(c, set, type);
    if (c->m->source->hints && type != DNS_NS && type != DNS_A && type != DNS_AAAA) zcheck_error(c, ": hints have NS, A and AAAA records only");
    if (type == DNS_NS || type == DNS_MX || type == DNS_SRV) zcheck_targets(c, set, type);
}

static void zcheck_apex(struct zone_check *c)
{
    bool exists;
    struct zone_set apex = zone_find(c->z, &c->z->origin, &exists);
    c->line = 0;
    dns_name_text(&c->z->origin, c->owner, sizeof c->owner);
    if (!c->m->source->hints && !zone_type(c->z, apex, DNS_SOA).count) zcheck_error(c, " has no SOA record: a zone begins with one");
    if (!zone_type(c->z, apex, DNS_NS).count) zcheck_error(c, " has no NS record: a zone has at least one name server");
}

/* What is below a cut is glue, or cannot be seen. */
static void zcheck_hidden(struct zone_check *c, const struct dns_name *owner)
{
    struct dns_name cut;
    if (!zone_cut(c->z, owner, &cut).count || dns_name_order(cut.b, owner->b) == 0) return;
    for (uint32_t i = c->name.first; i < c->name.first + c->name.count; i++)
        if (c->z->rr[i].type != DNS_A && c->z->rr[i].type != DNS_AAAA) {
            master_warn(c->m, c->z->rr[i].line, "", c->owner, " is below a delegation: others answer for it, so that this record is never seen");
            return;
        }
}

void master_check(struct master *m)
{
    struct zone_check c = {.m = m, .z = m->zone};
    zcheck_apex(&c);
    for (uint32_t i = 0; i < c.z->count && m->source->errors < MASTER_ERRORS_MAX; i += c.name.count) {
        struct dns_record r;
        bool exists;
        zone_record(c.z, i, &r);
        c.name = zone_find(c.z, &r.name, &exists);
        c.apex = dns_name_equal(&r.name, &c.z->origin);
        dns_name_text(&r.name, c.owner, sizeof c.owner);
        zcheck_hidden(&c, &r.name);
        for (uint32_t at = i; at < i + c.name.count;) {
            struct zone_set set = zone_type(c.z, c.name, c.z->rr[at].type);
            zcheck_set(&c, set);
            at = set.first + set.count;
        }
    }
}
