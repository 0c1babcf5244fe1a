/* Reading master files: what its files share. */
#ifndef L7_DNS_MASTER_H
#define L7_DNS_MASTER_H

#include "l7_application/dns_zone.h"

enum { MASTER_ERRORS_MAX = 20, MASTER_TTL_MAX = INT32_MAX /* RFC 2181 8 */ };

enum master_kind { MASTER_WORD, MASTER_STRING, MASTER_LINE_END, MASTER_FILE_END };

/* A word, or a string without its quotes; escapes are still in it. */
struct master_token {
    enum master_kind kind;
    struct hp_bytes text;
    uint32_t line, column;
};

struct master {
    struct hp_dns_zone_source *source;
    struct hp_dns_zone *zone;
    const uint8_t *p, *end, *line_start;
    uint32_t line;
    int parentheses;
    struct master_token open;           /* the parenthesis */
    struct dns_name origin, owner;
    bool has_origin, has_owner, has_zone;   /* has_zone: zone->origin is known */
    uint32_t ttl, last_ttl;
    bool has_ttl, has_last_ttl;
    bool no_memory;
    uint8_t *data;                      /* ZONE_DATA_MAX bytes for RDATA */
};

/* All answer false after they said what is wrong. */
bool master_error(struct master *m, const struct master_token *at, const char *before, struct hp_bytes what, const char *after);
void master_warn(struct master *m, uint32_t line, const char *before, const char *what, const char *after);
bool master_next(struct master *m, struct master_token *t);
/* Takes the next word if it is this one: 1, else 0; -1: it said what is wrong. */
int master_take(struct master *m, const char *word);
/* The next word or string; what = "the preference", for who misses it. */
bool master_field(struct master *m, struct master_token *t, const char *what);
bool master_name(struct master *m, const struct master_token *t, struct dns_name *out);
bool master_time(struct master *m, const struct master_token *t, uint32_t *out);
bool master_number(struct master *m, const struct master_token *t, uint32_t max, uint32_t *out);

/* dns_rdata.c: the fields of this type to the end of the line, into m->data; answers their length, -1: it said what is wrong. */
int master_rdata(struct master *m, uint16_t type);

/* dns_zone_check.c: whether the whole makes sense. */
void master_check(struct master *m);

static inline struct hp_bytes master_text(const char *s) { return bytes_of(s, strlen(s)); }

#endif
