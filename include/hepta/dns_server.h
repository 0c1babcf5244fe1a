/* DNS servers: zones from master files, a name server that answers with authority, a recursive one with a cache.
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

/* Each record in canonical order, as a master file has it: the owner with its closing dot; data of more than 8 KiB is cut off. */
void hp_dns_zone_each(const struct hp_dns_zone *zone, void (*each)(void *ctx, const char *owner, uint32_t ttl, const char *type, const char *data),
                      void *ctx);

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
    int error;                          /* why it does not serve: HP_EADDRINUSE, ... */
};
/* Starts it as programs, which wait if memory is short when they begin; *d, its zones and names stay the caller's and must live as long as the stack. */
int hp_dns_serve(struct hp_stack *s, struct hp_dns_server *d);

/* ---- a recursive server with a cache ----
 *
 *     struct hp_dns_zone_source file = {.text = hints_text, .n = strlen(hints_text), .hints = true};
 *     hp_dns_zone_parse(hp_os_allocator(), &file, &hints);
 *     struct hp_dns_recursor r = {.hints = hints, .step = narrate};
 *     hp_dns_recurse(stack, &r); */

/* What happens on the way to an answer, one call for each step, in order. */
enum hp_dns_step_kind {
    HP_DNS_ASKED,       /* a client asks: server = the client                                                  */
    HP_DNS_CACHED,      /* the cache knows                                                                     */
    HP_DNS_ASKS,        /* a question goes to a server of `zone`                                               */
    HP_DNS_REFERRED,    /* its answer: ask the servers of `other`; took = the round trip                       */
    HP_DNS_ANSWERED,    /* its answer: records, or an alias; took = the round trip                             */
    HP_DNS_NOTHING,     /* its answer: there is no such name, or nothing of this type                          */
    HP_DNS_ALIAS,       /* the name is an alias of `other`, which is looked for now                            */
    HP_DNS_SILENT,      /* no answer within `took`                                                             */
    HP_DNS_LAME,        /* the server knows nothing of the zone, fails, or makes no sense                      */
    HP_DNS_TCP,         /* the answer was cut off, so the question went by TCP                                 */
    HP_DNS_NEEDS,       /* the address of the name server `name` has to be found first                         */
    HP_DNS_DONE,        /* the client is answered: rcode; took = since it asked                                */
};

struct hp_dns_step {
    enum hp_dns_step_kind kind;
    hp_time time, took;
    uint64_t question;                  /* the number of the client's question, from 1 */
    int depth;                          /* 0; deeper: an address of a name server is looked for on the way */
    const char *name, *zone, *other;    /* lower case, no closing dot, "." = the root; "" where there is none */
    const char *server_name;
    struct hp_ip server;
    uint16_t type;                      /* of the question: 1 = A, 28 = AAAA, ... */
    int rcode;                          /* 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, ... */
};
/* "asks a.root-servers.net 198.41.0.4 for www.google.com A" */
char *hp_dns_step_text(const struct hp_dns_step *step, char *buf, size_t n);

struct hp_dns_recursor {
    const struct hp_dns_zone *hints;    /* where the root's servers are */
    const struct hp_prefix *allow;      /* who may ask; none: this machine and its links' prefixes */
    int allow_count;
    uint16_t port, server_port;         /* to be asked at, and where servers are asked; 0 = 53 */
    uint32_t cache_max;                 /* sets that are remembered; 0 = 1000, at least 64 */
    uint32_t questions_max;             /* of clients at a time; 0 = 64; one client has at most a quarter of them */
    uint32_t queries_max;               /* to servers, for one question; 0 = 40 */
    hp_time patience;                   /* for one question, 0 = 10 s; then SERVFAIL */
    void (*step)(void *ctx, const struct hp_dns_step *step);    /* or NULL; it must not call into the stack */
    void *ctx;
    /* to be read */
    uint64_t questions, malformed, refused, busy, failed, queries, timeouts, lame, ignored, hits;
    uint32_t cached;                    /* sets that are remembered now */
    uint32_t connections;
    int error;                          /* why it does not serve */
};
/* Starts it as programs, over UDP and TCP on all addresses, which wait if memory is short when they begin; *r and its hints stay the
 * caller's and must live as long as the stack. */
int hp_dns_recurse(struct hp_stack *s, struct hp_dns_recursor *r);

#ifdef __cplusplus
}
#endif
#endif
