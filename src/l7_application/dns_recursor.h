/* What the files of the recursive server share. */
#ifndef L7_DNS_RECURSOR_H
#define L7_DNS_RECURSOR_H

#include "hepta/proc.h"
#include "l7_application/dns_believe.h"
#include "l7_application/dns_message.h"
#include "l7_application/dns_zone.h"

enum {
    RECUR_MESSAGE_MAX = 16384, RECUR_SERVERS_KNOWN_MAX = 128, RECUR_TARGETS_MAX = 26, RECUR_DEPTH_MAX = 4,
    RECUR_FETCHES_MAX = 3,      /* names of servers without an address that are looked for, for one step (NXNSAttack, CVE-2020-8616) */
    RECUR_REFERRALS_MAX = 30, RECUR_TRIES_MAX = 6, RECUR_ASKS_MAX = 4 /* of one server, for one step */, RECUR_FAILED_S = 5,
};

/* How a server is: its round trip, smoothed; what it failed at. */
struct recur_server {
    struct hp_ip ip;
    hp_time srtt, used, lame_until;
    struct dns_name lame;       /* this zone, until then */
    uint8_t failures;
    bool no_edns;
};

/* A question that is out: whoever wants to ask the same waits for it instead (CVE-2008-1447, birthdays). */
struct recur_out {
    struct recur_out *next;
    const struct dns_question *q;
    const struct dns_name *zone;
    struct hp_signal done;
};

/* All of the server; held by its programs, freed by the last. */
struct recursor {
    struct hp_stack *s;
    struct hp_dns_recursor *d;
    struct rrcache cache;
    struct recur_server server[RECUR_SERVERS_KNOWN_MAX];
    struct recur_out *out;
    struct recur_job *jobs;
    struct hp_sock *udp;
    int holders;
    uint32_t job_count;
};

/* One question of a client, a program. */
struct recur_job {
    struct recur_job *next, **prev;
    struct recursor *r;
    struct dns_asked asked;
    struct hp_endpoint client;
    uint64_t number;
    hp_time began;
    uint32_t queries;
    bool starved;               /* memory ran out here: says nothing of the name or its servers */
    uint8_t message[RECUR_MESSAGE_MAX], scratch[RRCACHE_DATA_MAX], reply[RECUR_MESSAGE_MAX];
};

/* dns_iterate.c: what is known of (name, type), asking servers until it is known: an entry of the cache (a set, an alias, or "no"), or NULL:
 * it cannot be found out.  *canceled: programs are to end. */
struct rrcache_entry *recur_find(struct recur_job *j, const struct dns_name *name, uint16_t type, int depth);

struct recur_note {
    const struct dns_name *name, *zone, *other, *server_name;
    const struct hp_ip *server;
    hp_time took;
    uint16_t type;
    int depth, rcode;
};
void recur_tell(struct recur_job *j, enum hp_dns_step_kind kind, const struct recur_note *n);
static inline bool recur_over(const struct recur_job *j)
{
    hp_time patience = j->r->d->patience ? j->r->d->patience : HP_S(10);
    return hp_now(j->r->s) - j->began >= patience || j->queries >= (j->r->d->queries_max ? j->r->d->queries_max : 40);
}

#endif
