/* What a recursive server believes of an answer, and puts into its cache. */
#ifndef L7_DNS_BELIEVE_H
#define L7_DNS_BELIEVE_H

#include "l7_application/dns_cache.h"

enum believe {
    BELIEVE_ANSWER,     /* the records asked for, or an alias: they are in the cache            */
    BELIEVE_NO,         /* no such name, or none of this type: that is in the cache             */
    BELIEVE_REFERRAL,   /* *cut is another's: its servers are in the cache                      */
    BELIEVE_LAME,       /* the server knows nothing of the zone                                 */
    BELIEVE_NO_EDNS,    /* FORMERR or NOTIMP: it may understand the question without EDNS       */
    BELIEVE_FAILED,     /* SERVFAIL, REFUSED, malformed                                         */
    BELIEVE_STARVED,    /* memory ran out for what it says, which says nothing of the server    */
};

enum { BELIEVE_SERVERS_MAX = 13, BELIEVE_TTL_MAX_S = 86400, BELIEVE_NEGATIVE_MAX_S = 3600, BELIEVE_CHAIN_MAX = 8 };

/* A message that answers q, from a server of `zone`.  Of what it says, only that counts which `zone` may speak of (bailiwick).  scratch:
 * RRCACHE_DATA_MAX bytes. */
enum believe believe_answer(struct rrcache *c, struct hp_bytes message, const struct dns_question *q, const struct dns_name *zone,
                            uint8_t *scratch, struct dns_name *cut);

#endif
