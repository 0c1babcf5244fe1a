/* What a recursive server remembers: sets of records, and what there is not, each for its time to live; bounded, the longest unused goes first. */
#ifndef L7_DNS_CACHE_H
#define L7_DNS_CACHE_H

#include "core/bytes.h"
#include "hepta/stack.h"
#include "wire/dns.h"

/* What a zone's own servers said, and what their parent's said about them: never mixed (RFC 2181 5.4.1), and a delegation ends when its parent
 * said it would, whatever the child says (CVE-2012-1033). */
enum rrcache_kind { RRCACHE_ANSWER, RRCACHE_REFERRAL };
enum rrcache_state { RRCACHE_SET, RRCACHE_NODATA, RRCACHE_NXDOMAIN, RRCACHE_FAILED };

struct rrcache_entry {
    struct rrcache_entry *chain;            /* in its bucket */
    struct rrcache_entry *newer, *older;    /* by last use */
    uint64_t hash;
    hp_time until;
    struct dns_name name;
    uint16_t type;
    uint8_t kind, state;
    uint16_t count;
    size_t size;
    uint8_t data[];     /* SET: count times a length of two bytes and RDATA; NODATA, NXDOMAIN: a SOA's owner and RDATA, or nothing */
};

enum { RRCACHE_BUCKETS = 256, RRCACHE_DATA_MAX = 16384 };

struct rrcache {
    struct hp_stack *s;
    uint64_t key;
    struct rrcache_entry *bucket[RRCACHE_BUCKETS], *newest, *oldest;
    uint32_t count, max;
    bool starved;       /* memory ran out for a set; reset by who wants to know */
};

void rrcache_init(struct rrcache *c, struct hp_stack *s, uint32_t max);
void rrcache_free(struct rrcache *c);
/* NULL: unknown, or its time is over.  Valid until the next call with the cache, or wait. */
struct rrcache_entry *rrcache_find(struct rrcache *c, const struct dns_name *name, uint16_t type, enum rrcache_kind kind);
/* In the place of what was there.  NULL: no memory, or too large; then nothing is there. */
struct rrcache_entry *rrcache_put(struct rrcache *c, const struct rrcache_entry *what, struct hp_bytes data, uint32_t ttl_s);
/* As if it had never been known. */
void rrcache_forget(struct rrcache *c, const struct dns_name *name, uint16_t type, enum rrcache_kind kind);
/* Walks a set: false at the end. */
bool rrcache_next(const struct rrcache_entry *e, size_t *at, struct hp_bytes *data);

#endif
