/* From the root down: RFC 1034 5.3.3.  Each question to the servers of the closest zone that is known gets an answer, a "no", or the servers
 * of a zone further down.  Everything is bounded per client's question: time, queries, depth, referrals, names of servers (CVE-2020-8616,
 * TsuNAME). */
#include "l7_application/dns_exchange.h"
#include "l7_application/dns_recursor.h"

/* A zone's servers, as far as there are addresses. */
struct recur_target {
    struct hp_ip ip;
    struct dns_name name;
    int tries;
};

struct recur_zone {
    struct dns_name name;
    struct dns_name ns[BELIEVE_SERVERS_MAX];
    bool fetched[BELIEVE_SERVERS_MAX];
    int ns_count, target_count, fetches;
    struct recur_target target[RECUR_TARGETS_MAX];
};

/* ---- servers ---- */

/* Its record; the longest unused makes room. */
static struct recur_server *recur_server_of(struct recursor *r, const struct hp_ip *ip)
{
    struct recur_server *oldest = &r->server[0];
    for (int i = 0; i < RECUR_SERVERS_KNOWN_MAX; i++) {
        if (r->server[i].used && hp_ip_equal(&r->server[i].ip, ip)) return &r->server[i];
        if (r->server[i].used < oldest->used) oldest = &r->server[i];
    }
    *oldest = (struct recur_server){.ip = *ip, .used = hp_now(r->s) + 1};
    return oldest;
}

/* How willingly it is asked: those not known yet before slow ones, failing ones last; chance decides between equals. */
static hp_time recur_cost(struct recursor *r, const struct recur_zone *z, const struct hp_ip *ip)
{
    struct recur_server *v = recur_server_of(r, ip);
    hp_time cost = (v->srtt ? v->srtt : HP_MS(20)) + (hp_time)(hp_random(r->s) % (uint64_t)HP_MS(10));
    if (v->lame_until > hp_now(r->s) && dns_name_equal(&v->lame, &z->name)) cost += HP_S(100);
    return cost + v->failures * HP_MS(400);
}

static void recur_server_answered(struct recur_server *v, hp_time took)
{
    v->srtt = v->srtt ? v->srtt + (took - v->srtt) / 8 : took;
    v->failures = 0;
}

static hp_time recur_timeout(const struct recur_server *v)
{
    hp_time t = v->srtt ? v->srtt * 4 : HP_MS(800);
    if (t < HP_MS(400)) t = HP_MS(400);
    for (int i = 0; i < v->failures && t < HP_S(3); i++) t *= 2;
    return t < HP_S(3) ? t : HP_S(3);
}

/* ---- a zone's servers ---- */

static void recur_add_target(struct recur_zone *z, const struct dns_name *name, const struct hp_ip *ip)
{
    for (int i = 0; i < z->target_count; i++)
        if (hp_ip_equal(&z->target[i].ip, ip)) return;
    bool usable = !hp_ip_is_any(ip) && !hp_ip_is_multicast(ip) && !hp_ip_is_broadcast(ip);
    if (usable && z->target_count < RECUR_TARGETS_MAX) z->target[z->target_count++] = (struct recur_target){.ip = *ip, .name = *name};
}

/* The addresses of a server that are in the cache; false: none. */
static bool recur_known_addresses(struct recursor *r, struct recur_zone *z, const struct dns_name *name)
{
    bool found = false;
    for (int i = 0; i < 4; i++) {
        uint16_t type = i % 2 ? DNS_AAAA : DNS_A;
        struct rrcache_entry *e = rrcache_find(&r->cache, name, type, i < 2 ? RRCACHE_ANSWER : RRCACHE_REFERRAL);
        struct hp_bytes data;
        size_t at = 0;
        for (; e && rrcache_next(e, &at, &data); found = true) {
            struct hp_ip ip = type == DNS_A ? ip4_get(data.p) : ip6_get(data.p);
            recur_add_target(z, name, &ip);
        }
    }
    return found;
}

static void recur_from_hints(struct recursor *r, struct recur_zone *z)
{
    z->name = (struct dns_name){.n = 1};
    for (uint32_t i = 0; r->d->hints && i < r->d->hints->count; i++) {
        struct dns_record rr;
        zone_record(r->d->hints, i, &rr);
        if (rr.type == DNS_A || rr.type == DNS_AAAA) recur_add_target(z, &rr.name, &rr.ip);
        if (rr.type == DNS_NS && z->ns_count < BELIEVE_SERVERS_MAX) z->ns[z->ns_count++] = rr.target;
    }
}

/* The closest zone above (or at) the name whose servers are known. */
static void recur_zone_of(struct recursor *r, const struct dns_name *name, uint16_t type, struct recur_zone *z)
{
    struct rrcache_entry *e = NULL;
    struct hp_bytes data;
    size_t at = 0;
    memset(z, 0, sizeof *z);
    z->name = *name;
    bool more = type != DNS_DS || dns_name_up(&z->name, &z->name);      /* RFC 4035 3.1.4.1: the parent's */
    while (more && !(e = rrcache_find(&r->cache, &z->name, DNS_NS, RRCACHE_REFERRAL))) more = dns_name_up(&z->name, &z->name);
    if (!e) {
        recur_from_hints(r, z);
        return;
    }
    while (z->ns_count < BELIEVE_SERVERS_MAX && rrcache_next(e, &at, &data))
        if (dns_name_read(data, SIZE_MAX, 0, &z->ns[z->ns_count])) z->ns_count++;
    for (int i = 0; i < z->ns_count; i++) z->fetched[i] = recur_known_addresses(r, z, &z->ns[i]);
}

/* The address of one more server, whose name is elsewhere; false: there is none to be had. */
static bool recur_fetch(struct recur_job *j, struct recur_zone *z, int depth)
{
    for (int i = 0; i < z->ns_count && z->fetches < RECUR_FETCHES_MAX && depth < RECUR_DEPTH_MAX; i++) {
        if (z->fetched[i] || dns_name_below(&z->ns[i], &z->name)) continue;     /* below itself, and without glue: for ever out of reach */
        z->fetched[i] = true;
        z->fetches++;
        int before = z->target_count;
        recur_tell(j, HP_DNS_NEEDS, &(struct recur_note){.name = &z->ns[i], .zone = &z->name, .type = DNS_A, .depth = depth + 1});
        if (!recur_find(j, &z->ns[i], DNS_A, depth + 1) && recur_over(j)) return false;
        recur_known_addresses(j->r, z, &z->ns[i]);
        if (z->target_count > before) return true;
    }
    return false;
}

/* One that was not asked more often than this. */
static struct recur_target *recur_choose(struct recursor *r, struct recur_zone *z, int tries)
{
    struct recur_target *best = NULL;
    hp_time least = HP_NEVER;
    for (int i = 0; i < z->target_count; i++) {
        if (z->target[i].tries > tries) continue;
        hp_time cost = recur_cost(r, z, &z->target[i].ip);
        if (cost < least) best = &z->target[i];
        if (cost < least) least = cost;
    }
    return best;
}

/* ---- one question to one server ---- */

static int recur_exchange(struct recur_job *j, const struct recur_target *t, const struct dns_question *q, struct recur_note *n)
{
    struct recursor *r = j->r;
    struct recur_server *v = recur_server_of(r, &t->ip);
    struct dns_exchange x = {.to = {.ip = t->ip, .port = r->d->server_port ? r->d->server_port : 53}, .q = q, .edns = !v->no_edns,
                             .timeout = recur_timeout(v), .message = j->message, .room = sizeof j->message};
    hp_time began = hp_now(r->s);
    j->queries++;
    r->d->queries++;
    recur_tell(j, HP_DNS_ASKS, n);
    int got = dns_exchange(r->s, &x);
    n->took = hp_now(r->s) - began;
    r->d->ignored += x.ignored;
    v = recur_server_of(r, &t->ip);     /* others used the table meanwhile */
    v->used = hp_now(r->s) + 1;
    if (x.tcp) recur_tell(j, HP_DNS_TCP, n);
    if (got > 0) recur_server_answered(v, n->took);
    else if (got == HP_ENOMEM) j->starved = true;
    else if (got != HP_ECANCELED) {
        if (v->failures < 8) v->failures++;
        r->d->timeouts++;
        recur_tell(j, HP_DNS_SILENT, n);
    }
    return got;
}

static void recur_server_is_lame(struct recur_job *j, const struct recur_target *t, const struct recur_zone *z, struct recur_note *n)
{
    struct recur_server *v = recur_server_of(j->r, &t->ip);
    v->lame = z->name;
    v->lame_until = hp_now(j->r->s) + HP_S(600);
    j->r->d->lame++;
    recur_tell(j, HP_DNS_LAME, n);
}

/* True: it brought us further. */
static bool recur_try(struct recur_job *j, struct recur_zone *z, struct recur_target *t, const struct dns_question *q, int depth)
{
    struct dns_name cut;
    struct recur_note n = {.name = &q->name, .type = q->type, .zone = &z->name, .server = &t->ip, .server_name = &t->name, .depth = depth};
    t->tries++;
    for (int again = 0; again < 2; again++) {
        int got = recur_exchange(j, t, q, &n);
        if (got <= 0) return false;
        enum believe b = believe_answer(&j->r->cache, bytes_of(j->message, (size_t)got), q, &z->name, j->scratch, &cut);
        j->r->d->cached = j->r->cache.count;
        n.rcode = j->message[3] & 15;
        switch (b) {
        case BELIEVE_ANSWER: recur_tell(j, HP_DNS_ANSWERED, &n); return true;
        case BELIEVE_NO: recur_tell(j, HP_DNS_NOTHING, &n); return true;
        case BELIEVE_REFERRAL:
            n.other = &cut;
            recur_tell(j, HP_DNS_REFERRED, &n);
            return true;
        case BELIEVE_NO_EDNS: {
            struct recur_server *v = recur_server_of(j->r, &t->ip);
            if (!v->no_edns && !recur_over(j)) {
                v->no_edns = true;
                continue;
            }
        }   /* fall through */
        case BELIEVE_STARVED: j->starved = true; return false;
        case BELIEVE_LAME:
        case BELIEVE_FAILED: recur_server_is_lame(j, t, z, &n); t->tries = RECUR_TRIES_MAX; return false;
        }
    }
    return false;
}

/* ---- one step ---- */

static bool recur_ask_servers(struct recur_job *j, struct recur_zone *z, const struct dns_question *q, int depth)
{
    for (int tries = 0; tries < RECUR_TRIES_MAX && !recur_over(j); tries++) {
        struct recur_target *t = recur_choose(j->r, z, 0);
        if (!t && recur_fetch(j, z, depth)) t = recur_choose(j->r, z, 0);
        for (int asked = 1; !t && asked < RECUR_ASKS_MAX; asked++) /* all are silent: questions or answers may have been lost */
            t = recur_choose(j->r, z, asked);
        if (!t) return false;
        if (recur_try(j, z, t, q, depth)) return true;
        if (hp_sleep(j->r->s, 0) == HP_ECANCELED) return false;
    }
    return false;
}

/* The same question to the same zone that is out already: its end is awaited, once. */
static bool recur_wait_for_other(struct recur_job *j, const struct recur_zone *z, const struct dns_question *q)
{
    for (struct recur_out *o = j->r->out; o; o = o->next)
        if (o->q->type == q->type && dns_name_equal(&o->q->name, &q->name) && dns_name_equal(o->zone, &z->name))
            return hp_signal_wait(j->r->s, &o->done, HP_S(5)) == HP_OK;
    return false;
}

static bool recur_step(struct recur_job *j, const struct dns_question *q, int depth, bool may_wait)
{
    struct recursor *r = j->r;
    struct recur_zone *z = hp_alloc(r->s, sizeof *z);
    if (!z) j->starved = true;
    if (!z) return false;
    recur_zone_of(r, &q->name, q->type, z);
    bool further = may_wait && recur_wait_for_other(j, z, q);
    if (!further) {
        struct recur_out self = {.next = r->out, .q = q, .zone = &z->name}, **at = &r->out;
        r->out = &self;
        further = recur_ask_servers(j, z, q, depth);
        while (*at != &self) at = &(*at)->next;
        *at = self.next;
        hp_signal(&self.done);
    }
    hp_free(r->s, z, sizeof *z);
    return further;
}

/* What the cache says to a question: the set, an alias, "no", or that it failed just now. */
static struct rrcache_entry *recur_known(struct recursor *r, const struct dns_question *q)
{
    struct rrcache_entry *e = rrcache_find(&r->cache, &q->name, q->type, RRCACHE_ANSWER);
    if (!e && q->type != DNS_CNAME) e = rrcache_find(&r->cache, &q->name, DNS_CNAME, RRCACHE_ANSWER);
    if (e && e->type != q->type && e->state != RRCACHE_SET) e = NULL;      /* "no CNAME" says nothing of other types */
    return e ? e : rrcache_find(&r->cache, &q->name, 0, RRCACHE_ANSWER);
}

struct rrcache_entry *recur_find(struct recur_job *j, const struct dns_name *name, uint16_t type, int depth)
{
    struct dns_question q = {*name, type, DNS_IN};
    for (int step = 0; step < RECUR_REFERRALS_MAX; step++) {
        struct rrcache_entry *e = recur_known(j->r, &q);
        if (e && step == 0) j->r->d->hits++;
        if (e && step == 0) recur_tell(j, HP_DNS_CACHED, &(struct recur_note){.name = &q.name, .type = type, .depth = depth});
        if (e) return e->state == RRCACHE_FAILED ? NULL : e;
        if (recur_over(j) || !recur_step(j, &q, depth, depth == 0 && step < RECUR_REFERRALS_MAX / 2)) break;
    }
    if (j->starved) return NULL;
    struct rrcache_entry failed = {.name = q.name, .type = type, .kind = RRCACHE_ANSWER, .state = RRCACHE_FAILED};
    rrcache_put(&j->r->cache, &failed, bytes_of(NULL, 0), RECUR_FAILED_S);     /* RFC 9520 */
    return NULL;
}
