/* A zone in memory: its records in canonical order (RFC 4034 6.1), so that a name is found by halving, what is below a name follows it, and
 * an empty non-terminal is a name that is not there but has something below it. */
#ifndef L7_DNS_ZONE_H
#define L7_DNS_ZONE_H

#include "core/bytes.h"
#include "hepta/dns_server.h"
#include "wire/dns.h"

enum { ZONE_RECORDS_MAX = 1000000, ZONE_BYTES_MAX = 256 << 20, ZONE_DATA_MAX = 65535, ZONE_SET_MAX = 1000 };

struct zone_rr {
    uint32_t owner, data;       /* offsets into bytes: a name on the wire; RDATA with its names in full */
    uint32_t ttl, line;
    uint16_t type, data_n;
};

struct hp_dns_zone {
    struct hp_allocator allocator;
    struct dns_name origin;
    char text[DNS_TEXT];        /* the origin */
    uint8_t *bytes;
    size_t bytes_n, bytes_room;
    struct zone_rr *rr;
    uint32_t count, room;
};

/* Records first .. first + count of one owner, or of one owner and type. */
struct zone_set {
    uint32_t first, count;
};

struct hp_dns_zone *zone_new(const struct hp_allocator *a);
/* HP_ENOMEM, HP_ERANGE (too many). */
int zone_add(struct hp_dns_zone *z, const struct dns_name *owner, uint16_t type, uint32_t ttl, struct hp_bytes data, uint32_t line);
/* After the last record: puts them in order; equal ones become one.  HP_ENOMEM; HP_ERANGE: more than ZONE_SET_MAX in one set. */
int zone_sort(struct hp_dns_zone *z);

static inline const uint8_t *zone_owner(const struct hp_dns_zone *z, uint32_t i) { return z->bytes + z->rr[i].owner; }
static inline struct hp_bytes zone_data(const struct hp_dns_zone *z, uint32_t i) { return bytes_of(z->bytes + z->rr[i].data, z->rr[i].data_n); }

/* All records of a name; *exists says if there is such a name, which may have none. */
struct zone_set zone_find(const struct hp_dns_zone *z, const struct dns_name *name, bool *exists);
/* Those of one type among them. */
struct zone_set zone_type(const struct hp_dns_zone *z, struct zone_set all, uint16_t type);
/* The i-th record with its typed fields. */
void zone_record(const struct hp_dns_zone *z, uint32_t i, struct dns_record *out);
/* The highest cut above or at `name`, below the apex: the NS records there (RFC 1034 4.2); count 0 = none. */
struct zone_set zone_cut(const struct hp_dns_zone *z, const struct dns_name *name, struct dns_name *cut);
/* How a record is found that answers for `name`, which does not exist: the closest encloser (RFC 4592 3.3.1). */
void zone_encloser(const struct hp_dns_zone *z, const struct dns_name *name, struct dns_name *out);

#endif
