/* DNS servers: zones from master files, and a name server that answers with authority.
 *
 *     struct hp_dns_zone_source file = {.file = "google.zone", .text = text, .n = strlen(text), .origin = "google.com"};
 *     struct hp_dns_zone *zone;
 *     if (hp_dns_zone_parse(hp_os_allocator(), &file, &zone)) puts(file.first.text);
 *     struct hp_dns_server d = {.zones = (const struct hp_dns_zone *const[]){zone}, .zone_count = 1};
 *     hp_dns_serve(stack, &d); */
#ifndef HEPTA_DNS_SERVER_H
#define HEPTA_DNS_SERVER_H

#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- zones ----
 * The master file format of RFC 1035 5 with $TTL (RFC 2308 4), times such as 1h30m, and TYPEnnn \# (RFC 3597).  $INCLUDE and $GENERATE are
 * refused.  A zone is a value: read-only once it is parsed, of no stack, and any number of servers may share it. */
struct hp_dns_zone;

struct hp_dns_zone_note {
    bool error;                         /* or a warning: the zone can be served, but hardly as it was meant */
    uint32_t line, column;              /* from 1; column 0: the whole line; line 0: the whole file */
    char text[320];                     /* what is wrong, in words */
};

struct hp_dns_zone_source {
    const char *file;                   /* its name in notes; may be NULL */
    const char *text;
    size_t n;
    const char *origin;                 /* "example.com", "." for the root; NULL: the file says $ORIGIN, or its SOA's name is absolute */
    bool hints;                         /* no zone, but where the root's servers are: NS records and addresses, no SOA */
    void (*say)(void *ctx, const struct hp_dns_zone_source *source, const struct hp_dns_zone_note *note);   /* each note, or NULL */
    void *ctx;
    /* to be read */
    uint32_t errors, warnings;          /* reading ends at the twentieth error */
    struct hp_dns_zone_note first;      /* the first error */
};

/* HP_OK; HP_EINVAL: it has errors (see source->first); HP_ENOMEM.  At most a million records. */
int hp_dns_zone_parse(const struct hp_allocator *allocator, struct hp_dns_zone_source *source, struct hp_dns_zone **out);
void hp_dns_zone_free(struct hp_dns_zone *zone);
const char *hp_dns_zone_origin(const struct hp_dns_zone *zone);     /* "example.com", "." */
uint32_t hp_dns_zone_records(const struct hp_dns_zone *zone);       /* how many */
uint32_t hp_dns_zone_serial(const struct hp_dns_zone *zone);        /* the SOA's */

/* ---- a server with authority ---- */

/* A name without a zone around it: for a handful of hosts. */
struct hp_dns_name {
    const char *name;                   /* lower case, without a closing dot; NULL ends the list */
    struct hp_ip ip;                    /* several lines of one name: several addresses */
};

/* Answers questions about its zones, and A and AAAA questions for the names of its list, over UDP and TCP, on all addresses.  Without zones
 * everything that is not on the list is NXDOMAIN; with zones it is REFUSED. */
struct hp_dns_server {
    const struct hp_dns_zone *const *zones;
    int zone_count;
    const struct hp_dns_name *names;    /* or NULL */
    uint32_t ttl;                       /* of `names`, in seconds; 0 = 300 */
    uint16_t port;                      /* 0 = 53 */
    uint16_t udp_max;                   /* bytes of an answer by UDP, if the asker takes as many; 0 = 1232, at least 512 */
    void (*asked)(void *ctx, const struct hp_ip *who, const char *name, int type, int answers); /* or NULL; answers -1: no such name, -2: refused */
    void *ctx;
    /* to be read */
    uint64_t questions, malformed;
    uint32_t connections;               /* TCP connections that are open: 64 at most */
    int error;                          /* why it does not serve: HP_EADDRINUSE, HP_ENOMEM, ... */
};
/* Starts it as programs; *d, its zones and names stay the caller's and must live as long as the stack. */
int hp_dns_serve(struct hp_stack *s, struct hp_dns_server *d);

#ifdef __cplusplus
}
#endif
#endif
