/* DNS: a stub resolver (RFC 1035, RFC 5452) with a small cache. */
#ifndef HEPTA_DNS_H
#define HEPTA_DNS_H

#include "hepta/stack.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HP_DNS_SERVERS_MAX = 4, HP_DNS_ADDRESSES_MAX = 8, HP_DNS_CACHE_MAX = 32, HP_DNS_NAME_MAX = 256 };

enum hp_dns_family { HP_DNS_ANY, HP_DNS_V4, HP_DNS_V6 };

struct hp_dns_entry {
    char name[HP_DNS_NAME_MAX];
    uint8_t family;                     /* HP_DNS_V4 or HP_DNS_V6 */
    uint8_t count;
    int16_t error;                      /* a negative answer: HP_ENONAME, HP_ENODATA (RFC 2308) */
    hp_time until;
    struct hp_ip address[HP_DNS_ADDRESSES_MAX];
};

/* Zero it and set the servers.  One per stack will do; programs of the same stack may share it. */
struct hp_resolver {
    struct hp_ip server[HP_DNS_SERVERS_MAX];
    int server_count;
    uint16_t port;                      /* 0 = 53 */
    hp_time timeout;                    /* of one question to one server; 0 = 2 s, doubled each round */
    int rounds;                         /* over all servers; 0 = 3 */
    bool (*hosts)(void *ctx, const char *name, struct hp_ip *out);  /* names known without asking, or NULL */
    void *ctx;
    /* to be read */
    uint32_t queries, answers, ignored, truncated, cached;
    struct hp_dns_entry *cache;         /* HP_DNS_CACHE_MAX entries, made on first use; hp_resolver_free() */
};

/* In a program: the addresses of `name` (a literal address answers itself), in the order of the answer; for HP_DNS_ANY those of IPv6 after those of IPv4.
 * Answers how many (>= 1), HP_ENONAME (a server said that there is no such name), HP_ENODATA (... that it has no such address), HP_EREFUSED, HP_ESERVFAIL (what
 * the servers said that did not answer the question), HP_ETIMEDOUT (no server said anything), HP_EINVAL (not a name), HP_EPROTO (answers made no
 * sense), HP_ENETUNREACH (no server is set). */
int hp_resolve(struct hp_stack *s, struct hp_resolver *r, const char *name, enum hp_dns_family family, struct hp_ip *out, int max);
void hp_resolver_free(struct hp_stack *s, struct hp_resolver *r);

/* ---- one question of any kind to one server ---- */

struct hp_dns_query {
    struct hp_endpoint server;          /* port 0 = 53 */
    const char *name;
    uint16_t type;                      /* 1 = A, 15 = MX, 28 = AAAA, ... */
    bool no_recursion, no_edns, tcp;    /* tcp: not by UDP first */
    hp_time timeout;                    /* of each try; 0 = 2 s */
    int tries;                          /* 0 = 3 */
    uint8_t *answer;                    /* the message, as it came (wire/dns.h reads it) */
    size_t room;                        /* at least 512; 65535 for all that TCP can bring */
    /* to be read */
    bool truncated, came_by_tcp;        /* truncated: by UDP it was, so that it was asked for by TCP */
    hp_time took;
};
/* In a program: the answer's length; HP_EINVAL (not a name), HP_ETIMEDOUT, HP_ECONNREFUSED, ... */
int hp_dns_query(struct hp_stack *s, struct hp_dns_query *q);

#ifdef __cplusplus
}
#endif
#endif
