/* A zone in memory: sorted once, then only read. */
#include "l7_application/dns_zone.h"

enum { ZONE_ROOM_FIRST = 64 };

static void *zone_alloc(const struct hp_allocator *a, size_t n) { return a->alloc(a->ctx, n); }

static void zone_release(const struct hp_allocator *a, void *p, size_t n)
{
    if (p) a->free(a->ctx, p, n);
}

struct hp_dns_zone *zone_new(const struct hp_allocator *a)
{
    struct hp_dns_zone *z = zone_alloc(a, sizeof *z);
    if (!z) return NULL;
    memset(z, 0, sizeof *z);
    z->allocator = *a;
    return z;
}

void hp_dns_zone_free(struct hp_dns_zone *z)
{
    if (!z) return;
    struct hp_allocator a = z->allocator;
    zone_release(&a, z->bytes, z->bytes_room);
    zone_release(&a, z->rr, z->room * sizeof *z->rr);
    zone_release(&a, z, sizeof *z);
}

const char *hp_dns_zone_origin(const struct hp_dns_zone *z) { return z->text; }
uint32_t hp_dns_zone_records(const struct hp_dns_zone *z) { return z->count; }

uint32_t hp_dns_zone_serial(const struct hp_dns_zone *z)
{
    bool exists;
    struct dns_record r;
    struct zone_set soa = zone_type(z, zone_find(z, &z->origin, &exists), DNS_SOA);
    if (!soa.count) return 0;
    zone_record(z, soa.first, &r);
    return r.serial;
}

void hp_dns_zone_each(const struct hp_dns_zone *z, void (*each)(void *ctx, const char *owner, uint32_t ttl, const char *type, const char *data),
                      void *ctx)
{
    char owner[DNS_TEXT + 1], type[DNS_TYPE_TEXT], data[8192];
    for (uint32_t i = 0; i < z->count; i++) {
        struct dns_record r;
        zone_record(z, i, &r);
        dns_name_text(&r.name, owner, DNS_TEXT);
        if (r.name.n > 1) memcpy(owner + strlen(owner), ".", 2);
        each(ctx, owner, r.ttl, dns_type_text(r.type, type), dns_data_text(r.type, r.data, data, sizeof data));
    }
}

/* ---- adding ---- */

/* Grows *p to twice its room. */
static bool zone_grow(struct hp_dns_zone *z, void **p, size_t used, size_t room, size_t wanted)
{
    void *more = zone_alloc(&z->allocator, wanted);
    if (!more) return false;
    if (used) memcpy(more, *p, used);
    zone_release(&z->allocator, *p, room);
    *p = more;
    return true;
}

static int zone_keep(struct hp_dns_zone *z, const uint8_t *b, size_t n, uint32_t *at)
{
    if (z->bytes_n + n > z->bytes_room) {
        size_t wanted = z->bytes_room ? z->bytes_room * 2 : 4096;
        while (wanted < z->bytes_n + n) wanted *= 2;
        void *p = z->bytes;
        if (wanted > ZONE_BYTES_MAX) return HP_ERANGE;
        if (!zone_grow(z, &p, z->bytes_n, z->bytes_room, wanted)) return HP_ENOMEM;
        z->bytes = p;
        z->bytes_room = wanted;
    }
    *at = (uint32_t)z->bytes_n;
    if (n) memcpy(z->bytes + z->bytes_n, b, n);
    z->bytes_n += n;
    return HP_OK;
}

static bool zone_owner_again(const struct hp_dns_zone *z, const struct dns_name *owner)
{
    return z->count && memcmp(zone_owner(z, z->count - 1), owner->b, owner->n) == 0;
}

int zone_add(struct hp_dns_zone *z, const struct dns_name *owner, uint16_t type, uint32_t ttl, struct hp_bytes data, uint32_t line)
{
    if (z->count == ZONE_RECORDS_MAX || data.n > ZONE_DATA_MAX) return HP_ERANGE;
    if (z->count == z->room) {
        uint32_t wanted = z->room ? z->room * 2 : ZONE_ROOM_FIRST;
        void *p = z->rr;
        if (!zone_grow(z, &p, z->count * sizeof *z->rr, z->room * sizeof *z->rr, wanted * sizeof *z->rr)) return HP_ENOMEM;
        z->rr = p;
        z->room = wanted;
    }
    struct zone_rr rr = {.type = type, .ttl = ttl, .line = line, .data_n = (uint16_t)data.n};
    int err = HP_OK;
    if (zone_owner_again(z, owner)) rr.owner = z->rr[z->count - 1].owner;
    else err = zone_keep(z, owner->b, owner->n, &rr.owner);
    if (!err) err = zone_keep(z, data.p, data.n, &rr.data);
    if (!err) z->rr[z->count++] = rr;
    return err;
}

/* ---- order ---- */

/* Canonical by owner, then by type; those of one set stay in the file's order. */
static int zone_order(const struct hp_dns_zone *z, const struct zone_rr *a, const struct zone_rr *b)
{
    int d = a->owner == b->owner ? 0 : dns_name_order(z->bytes + a->owner, z->bytes + b->owner);
    return d ? d : (a->type > b->type) - (a->type < b->type);
}

/* One pass of a merge sort: runs of `width` from `in` become runs of twice that in `out`. */
static void zone_merge(const struct hp_dns_zone *z, const struct zone_rr *in, struct zone_rr *out, uint32_t width)
{
    for (uint32_t low = 0; low < z->count; low += 2 * width) {
        uint32_t mid = low + width < z->count ? low + width : z->count;
        uint32_t high = mid + width < z->count ? mid + width : z->count;
        for (uint32_t a = low, b = mid, to = low; to < high; to++) {
            bool first = b == high || (a < mid && zone_order(z, &in[a], &in[b]) <= 0);
            out[to] = first ? in[a++] : in[b++];
        }
    }
}

/* RFC 2181 5: equal records count once. */
static int zone_unite(struct hp_dns_zone *z)
{
    uint32_t kept = 0, set = 0;
    for (uint32_t i = 0; i < z->count; i++) {
        if (kept == 0 || zone_order(z, &z->rr[set], &z->rr[i]) != 0) set = kept;
        if (kept - set == ZONE_SET_MAX) return HP_ERANGE;
        bool twice = false;
        for (uint32_t k = set; k < kept && !twice; k++)
            twice = z->rr[k].data_n == z->rr[i].data_n && memcmp(z->bytes + z->rr[k].data, z->bytes + z->rr[i].data, z->rr[i].data_n) == 0;
        if (!twice) z->rr[kept++] = z->rr[i];
    }
    z->count = kept;
    return HP_OK;
}

int zone_sort(struct hp_dns_zone *z)
{
    if (!z->count) return HP_OK;
    struct zone_rr *spare = zone_alloc(&z->allocator, z->room * sizeof *spare);
    if (!spare) return HP_ENOMEM;
    for (uint32_t width = 1; width < z->count; width *= 2) {
        zone_merge(z, z->rr, spare, width);
        struct zone_rr *sorted = spare;
        spare = z->rr;
        z->rr = sorted;
    }
    zone_release(&z->allocator, spare, z->room * sizeof *spare);
    return zone_unite(z);
}

/* ---- finding ---- */

/* The first record whose owner does not come before `name`. */
static uint32_t zone_lower(const struct hp_dns_zone *z, const struct dns_name *name)
{
    uint32_t low = 0, high = z->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (dns_name_order(zone_owner(z, mid), name->b) < 0) low = mid + 1;
        else high = mid;
    }
    return low;
}

static struct dns_name zone_name(const uint8_t *b)
{
    struct dns_name name;
    size_t n = 0;
    while (b[n]) n += b[n] + 1u;
    name.n = (uint8_t)(n + 1);
    memcpy(name.b, b, n + 1);
    return name;
}

struct zone_set zone_find(const struct hp_dns_zone *z, const struct dns_name *name, bool *exists)
{
    struct zone_set found = {.first = zone_lower(z, name)};
    uint32_t end = found.first;
    while (end < z->count && dns_name_order(zone_owner(z, end), name->b) == 0) end++;
    found.count = end - found.first;
    *exists = found.count > 0;
    if (!*exists && end < z->count) {
        struct dns_name next = zone_name(zone_owner(z, end));
        *exists = dns_name_below(&next, name);
    }
    return found;
}

struct zone_set zone_type(const struct hp_dns_zone *z, struct zone_set all, uint16_t type)
{
    uint32_t end = all.first + all.count, at = all.first;
    while (at < end && z->rr[at].type != type) at++;
    struct zone_set found = {.first = at};
    while (at < end && z->rr[at].type == type) at++;
    found.count = at - found.first;
    return found;
}

void zone_record(const struct hp_dns_zone *z, uint32_t i, struct dns_record *out)
{
    *out = (struct dns_record){.name = zone_name(zone_owner(z, i)), .type = z->rr[i].type, .class_ = DNS_IN, .ttl = z->rr[i].ttl,
                               .section = DNS_ANSWER, .data = zone_data(z, i)};
    bool good = dns_record_data(out);
    assert(good && "it was checked when it was added");
}

/* `name` without its first labels, so that `labels` are left. */
static struct dns_name zone_suffix(const struct dns_name *name, int labels)
{
    struct dns_name out = *name;
    for (int n = dns_name_labels(name); n > labels; n--) dns_name_up(&out, &out);
    return out;
}

struct zone_set zone_cut(const struct hp_dns_zone *z, const struct dns_name *name, struct dns_name *cut)
{
    bool exists = true;
    int apex = dns_name_labels(&z->origin), all = dns_name_labels(name);
    for (int labels = apex + 1; exists && labels <= all; labels++) {
        *cut = zone_suffix(name, labels);
        struct zone_set ns = zone_type(z, zone_find(z, cut, &exists), DNS_NS);
        if (ns.count) return ns;
    }
    return (struct zone_set){0};
}

void zone_encloser(const struct hp_dns_zone *z, const struct dns_name *name, struct dns_name *out)
{
    bool exists = false;
    *out = *name;
    while (!exists && dns_name_up(out, out)) zone_find(z, out, &exists);
}
