/* The recursive server: takes questions of those who may ask, a program for each; dns_iterate.c finds out, here the answer is put together. */
#include "l7_application/dns_recursor.h"

#include "core/text.h"
#include "hepta/net.h"
#include "l7_application/dns_listen.h"
#include "l7_application/listen.h"

enum { RECUR_UDP_MAX = 1232, RECUR_QUESTIONS = 64, RECUR_CACHE = 1000, RECUR_CACHE_MIN = 64, RECUR_STACK = 96 * 1024 };

/* ---- what is told ---- */

static const char *recur_text(const struct dns_name *name, char buf[DNS_TEXT])
{
    if (!name) buf[0] = 0;
    else dns_name_lower(name, buf);
    return buf;
}

void recur_tell(struct recur_job *j, enum hp_dns_step_kind kind, const struct recur_note *n)
{
    struct hp_dns_recursor *d = j->r->d;
    if (!d->step) return;
    char *text = hp_alloc(j->r->s, 4 * DNS_TEXT);
    if (!text) return;
    struct hp_dns_step step = {.kind = kind, .time = hp_now(j->r->s), .took = n->took, .question = j->number, .depth = n->depth, .type = n->type,
                               .rcode = n->rcode, .name = recur_text(n->name, text), .zone = recur_text(n->zone, text + DNS_TEXT),
                               .other = recur_text(n->other, text + 2 * DNS_TEXT), .server_name = recur_text(n->server_name, text + 3 * DNS_TEXT)};
    if (n->server) step.server = *n->server;
    d->step(d->ctx, &step);
    hp_free(j->r->s, text, 4 * DNS_TEXT);
}

static void step_question(struct text *t, const struct hp_dns_step *s)
{
    char type[DNS_TYPE_TEXT];
    text_str(t, s->name);
    text_char(t, ' ');
    text_str(t, dns_type_text(s->type, type));
}

static void step_server(struct text *t, const struct hp_dns_step *s)
{
    text_str(t, s->server_name);
    if (s->server_name[0]) text_char(t, ' ');
    text_ip(t, &s->server);
}

static void step_took(struct text *t, const struct hp_dns_step *s, const char *what)
{
    text_str(t, what);
    text_span(t, s->took / 1000 * 1000);
}

/* What a server's answer was. */
static void step_said(struct text *t, const struct hp_dns_step *s)
{
    step_server(t, s);
    switch (s->kind) {
    case HP_DNS_REFERRED: text_str(t, " refers to the servers of "); text_str(t, s->other); break;
    case HP_DNS_ANSWERED: text_str(t, " answers "); step_question(t, s); break;
    case HP_DNS_NOTHING: text_str(t, s->rcode == DNS_NXDOMAIN ? " says that there is no name " : " says that there is no "); step_question(t, s); break;
    case HP_DNS_SILENT: text_str(t, " does not answer"); break;
    case HP_DNS_TCP: text_str(t, " cut its answer off; asked again by TCP"); break;
    default: text_str(t, " is of no use for "); text_str(t, s->zone);
    }
    step_took(t, s, ", ");
}

char *hp_dns_step_text(const struct hp_dns_step *s, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    const char *rcode = dns_rcode_text((unsigned)s->rcode);
    switch (s->kind) {
    case HP_DNS_ASKED: text_ip(&t, &s->server); text_str(&t, " wants to know "); step_question(&t, s); break;
    case HP_DNS_CACHED: text_str(&t, "the cache knows "); step_question(&t, s); break;
    case HP_DNS_ASKS: text_str(&t, "asks "); step_server(&t, s); text_str(&t, " for "); step_question(&t, s); break;
    case HP_DNS_ALIAS: text_str(&t, s->name); text_str(&t, " is an alias of "); text_str(&t, s->other); break;
    case HP_DNS_NEEDS: text_str(&t, "needs the address of "); text_str(&t, s->name); text_str(&t, ", a server of "); text_str(&t, s->zone); break;
    case HP_DNS_DONE: text_str(&t, "answers "); text_str(&t, rcode); text_str(&t, " to "); text_ip(&t, &s->server); step_took(&t, s, " after "); break;
    default: step_said(&t, s);
    }
    return buf;
}

/* ---- life ---- */

static void recur_hold(void *ctx, int change)
{
    struct recursor *r = ctx;
    r->holders += change;
    if (r->holders) return;
    if (r->udp) hp_close(r->udp);
    rrcache_free(&r->cache);
    r->d->cached = 0;
    hp_free(r->s, r, sizeof *r);
}

static uint32_t recur_jobs_max(const struct recursor *r) { return r->d->questions_max ? r->d->questions_max : RECUR_QUESTIONS; }

static uint32_t recur_jobs_of(const struct recursor *r, const struct hp_ip *client)
{
    uint32_t n = 0;
    for (struct recur_job *j = r->jobs; j; j = j->next) n += hp_ip_equal(&j->client.ip, client);
    return n;
}

/* NULL: too many at a time, of all or of this client (CVE-2024-33655), or no memory. */
static struct recur_job *recur_job_new(struct recursor *r, const struct dns_asked *asked, const struct hp_endpoint *client)
{
    uint32_t max = recur_jobs_max(r), own = max / 4 ? max / 4 : 1;
    bool busy = r->job_count >= max || recur_jobs_of(r, &client->ip) >= own;
    struct recur_job *j = busy ? NULL : hp_alloc(r->s, sizeof *j);
    if (!j) r->d->busy++;
    if (!j) return NULL;
    j->r = r;
    j->asked = *asked;
    j->client = *client;
    j->began = hp_now(r->s);
    j->number = ++r->d->questions;
    j->next = r->jobs;
    j->prev = &r->jobs;
    if (j->next) j->next->prev = &j->next;
    r->jobs = j;
    r->job_count++;
    recur_hold(r, 1);
    return j;
}

static void recur_job_free(struct recur_job *j)
{
    struct recursor *r = j->r;
    *j->prev = j->next;
    if (j->next) j->next->prev = j->prev;
    r->job_count--;
    hp_free(r->s, j, sizeof *j);
    recur_hold(r, -1);
}

/* ---- an answer ---- */

static void recur_add_set(struct dns_reply *reply, const struct rrcache_entry *e, const struct dns_name *owner, uint32_t ttl)
{
    struct hp_bytes data;
    for (size_t at = 0; rrcache_next(e, &at, &data);) {
        struct dns_record r = {.name = *owner, .type = e->type, .class_ = DNS_IN, .ttl = ttl, .section = DNS_ANSWER, .data = data};
        if (dns_record_data(&r)) dns_reply_add(reply, &r);
    }
}

static void recur_add_soa(struct dns_reply *reply, const struct rrcache_entry *e, uint32_t ttl)
{
    struct dns_record r = {.type = DNS_SOA, .class_ = DNS_IN, .ttl = ttl, .section = DNS_AUTHORITY};
    struct hp_bytes data = bytes_of(e->data, e->size);
    size_t n = data.n ? dns_name_read(data, SIZE_MAX, 0, &r.name) : 0;
    r.data = bytes_from(data, n);
    if (n && dns_record_data(&r)) dns_reply_add(reply, &r);
}

/* Along the aliases (RFC 1034 3.6.2); the rcode. */
static unsigned recur_answer_into(struct recur_job *j, struct dns_reply *reply)
{
    struct dns_name at = j->asked.q.name, next;
    uint16_t type = j->asked.q.type;
    for (int chain = 0; chain <= DNS_CNAMES_MAX; chain++) {
        struct rrcache_entry *e = recur_find(j, &at, type, 0);
        struct hp_bytes data;
        size_t place = 0;
        if (!e) return DNS_SERVFAIL;
        uint32_t ttl = (uint32_t)((e->until - hp_now(j->r->s)) / HP_S(1));
        recur_add_set(reply, e, &at, ttl);
        if (e->state != RRCACHE_SET) recur_add_soa(reply, e, ttl);
        if (e->state != RRCACHE_SET || e->type == type) return e->state == RRCACHE_NXDOMAIN ? DNS_NXDOMAIN : DNS_NOERROR;
        if (!rrcache_next(e, &place, &data) || !dns_name_read(data, SIZE_MAX, 0, &next)) return DNS_SERVFAIL;
        recur_tell(j, HP_DNS_ALIAS, &(struct recur_note){.name = &at, .other = &next, .type = type});
        at = next;
    }
    return DNS_SERVFAIL;                /* a loop, or as good as one */
}

static size_t recur_answer(struct recur_job *j, size_t room)
{
    struct dns_reply reply = dns_reply_start(j->reply, room, &j->asked), fresh = reply;
    struct recur_note n = {.name = &j->asked.q.name, .type = j->asked.q.type, .server = &j->client.ip};
    recur_tell(j, HP_DNS_ASKED, &n);
    unsigned rcode = recur_answer_into(j, &reply);
    if (rcode == DNS_SERVFAIL) reply = fresh;
    if (rcode == DNS_SERVFAIL) j->r->d->failed++;
    reply.w.h.recursion_available = true;
    size_t len = dns_reply_end(&reply, rcode);
    n.rcode = (int)rcode;
    n.took = hp_now(j->r->s) - j->began;
    recur_tell(j, HP_DNS_DONE, &n);
    return len;
}

/* ---- who may ask what ---- */

static bool recur_may_ask(const struct recursor *r, const struct hp_ip *client)
{
    struct hp_addr_info a;
    for (int i = 0; i < r->d->allow_count; i++)
        if (hp_prefix_has(&r->d->allow[i], client)) return true;
    if (r->d->allow_count) return false;
    if (hp_ip_is_loopback(client)) return true;
    for (unsigned i = 0; hp_addr_info(r->s, i, &a) == HP_OK; i++)
        if (hp_prefix_has(&a.address, client)) return true;
    return false;
}

/* RFC 8482: to ANY, one record that says so. */
static size_t recur_any(struct dns_reply *reply)
{
    static const uint8_t hinfo[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
    struct dns_record r = {.name = reply->asked->q.name, .type = DNS_HINFO, .class_ = DNS_IN, .ttl = 3600, .section = DNS_ANSWER,
                           .data = bytes_of(hinfo, sizeof hinfo)};
    dns_reply_add(reply, &r);
    reply->w.h.recursion_available = true;
    return dns_reply_end(reply, DNS_NOERROR);
}

/* What needs no search: its answer's length in *len; false: search. */
static bool recur_at_once(struct recursor *r, const struct dns_asked *q, int read, const struct hp_ip *client, uint8_t *out, size_t room, size_t *len)
{
    struct dns_reply reply = dns_reply_start(out, room, q);
    bool allowed = recur_may_ask(r, client);
    unsigned rcode = DNS_NOERROR;
    if (read < 0) rcode = DNS_FORMERR;
    else if (!allowed) rcode = DNS_REFUSED;
    else if (q->edns && q->version > 0) rcode = DNS_BADVERS;
    else if (q->opcode != DNS_QUERY) rcode = DNS_NOTIMP;
    else if (q->q.class_ != DNS_IN || !q->recursion_desired) rcode = DNS_REFUSED;
    else if (q->q.type == DNS_ANY) {
        *len = recur_any(&reply);
        return true;
    } else if (q->q.type == 0 || q->q.type == DNS_OPT || (q->q.type >= 128 && q->q.type < DNS_ANY)) rcode = DNS_NOTIMP;
    if (rcode == DNS_FORMERR) r->d->malformed++;
    else if (rcode) r->d->refused++;
    reply.w.h.recursion_available = allowed;
    *len = rcode ? dns_reply_end(&reply, rcode) : 0;
    return rcode != DNS_NOERROR;
}

static size_t recur_busy(const struct dns_asked *q, uint8_t *out, size_t room) { return dns_reply_error(out, room, q, DNS_SERVFAIL); }

/* ---- TCP ---- */

static size_t recur_answer_tcp(void *ctx, struct hp_stack *s, const struct hp_endpoint *who, struct hp_bytes in, uint8_t *out)
{
    struct recursor *r = ctx;
    struct dns_asked q;
    size_t len = 0;
    int read = dns_asked_read(in, &q);
    if (read == 0) return 0;
    if (recur_at_once(r, &q, read, &who->ip, out, RECUR_MESSAGE_MAX, &len)) return len;
    struct recur_job *j = recur_job_new(r, &q, who);
    if (!j) return recur_busy(&q, out, RECUR_MESSAGE_MAX);
    len = recur_answer(j, RECUR_MESSAGE_MAX);
    memcpy(out, j->reply, len);
    recur_job_free(j);
    return len;
}

static void recur_tcp(struct hp_stack *s, void *arg)
{
    struct recursor *r = arg;
    uint16_t port = r->d->port ? r->d->port : 53;
    struct dns_listen l = {.port = port, .stack_bytes = RECUR_STACK, .connections = &r->d->connections, .error = &r->d->error,
                           .answer = recur_answer_tcp, .hold = recur_hold, .ctx = r};
    dns_listen_tcp(s, &l);
    recur_hold(r, -1);
}

/* ---- UDP ---- */

static size_t recur_room(const struct dns_asked *q) { return q->room < RECUR_UDP_MAX ? q->room : RECUR_UDP_MAX; }

static void recur_job_run(struct hp_stack *s, void *arg)
{
    struct recur_job *j = arg;
    size_t n = recur_answer(j, recur_room(&j->asked));
    hp_sendto(j->r->udp, j->reply, n, HP_MSG_DONTWAIT, &j->client);
    recur_job_free(j);
}

static void recur_datagram(struct recursor *r, const struct hp_endpoint *from, struct hp_bytes in, uint8_t out[RECUR_UDP_MAX])
{
    struct dns_asked q;
    size_t len = 0;
    int read = dns_asked_read(in, &q);
    if (read == 0) r->d->malformed++;
    if (read == 0) return;
    if (!recur_at_once(r, &q, read, &from->ip, out, recur_room(&q), &len)) {
        struct recur_job *j = recur_job_new(r, &q, from);
        if (j && hp_spawn(r->s, "dns", recur_job_run, j, RECUR_STACK) == HP_OK) return;
        if (j) recur_job_free(j);
        len = recur_busy(&q, out, recur_room(&q));
    }
    hp_sendto(r->udp, out, len, HP_MSG_DONTWAIT, from);
}

static void recur_udp(struct hp_stack *s, void *arg)
{
    struct recursor *r = arg;
    recur_hold(r, 1);
    int err = listen_spawn(s, "dns", recur_tcp, r, RECUR_STACK);
    if (err) recur_hold(r, -1);
    uint8_t *in = err ? NULL : listen_room(s, DNS_LISTEN_QUESTION_MAX + RECUR_UDP_MAX), *out = in ? in + DNS_LISTEN_QUESTION_MAX : NULL;
    if (!err) err = in ? listen_open(s, HP_DGRAM, r->d->port ? r->d->port : 53, 0, &r->udp) : HP_ECANCELED;
    if (err) {
        r->udp = NULL;
        r->d->error = err;
    }
    while (!err) {
        struct hp_recv_info info;
        int64_t n = hp_recvfrom(r->udp, in, DNS_LISTEN_QUESTION_MAX, 0, &info);
        if (n == HP_ECANCELED) break;
        if (n >= 0) recur_datagram(r, &info.from, bytes_of(in, (size_t)n), out);
    }
    hp_free(s, in, DNS_LISTEN_QUESTION_MAX + RECUR_UDP_MAX);
    recur_hold(r, -1);
}

int hp_dns_recurse(struct hp_stack *s, struct hp_dns_recursor *d)
{
    struct recursor *r = hp_alloc(s, sizeof *r);
    if (!r) return HP_ENOMEM;
    uint32_t cache = d->cache_max ? d->cache_max : RECUR_CACHE;
    r->s = s;
    r->d = d;
    r->holders = 1;
    rrcache_init(&r->cache, s, cache < RECUR_CACHE_MIN ? RECUR_CACHE_MIN : cache);
    int err = hp_spawn(s, "dns", recur_udp, r, 0);
    if (err) recur_hold(r, -1);
    return err;
}
