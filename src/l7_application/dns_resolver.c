/* The stub resolver: asks recursive servers (dns_exchange.c), one after the other, and caches.  Negative answers are cached by the SOA's
 * minimum (RFC 2308). */
#include "hepta/dns.h"
#include "l7_application/dns_exchange.h"
#include "l7_application/dns_message.h"

enum { RESOLVE_MESSAGE_MAX = 4096, RESOLVE_TTL_MAX_S = 86400, RESOLVE_NEGATIVE_MAX_S = 300 };

struct question {
    struct hp_stack *s;
    struct hp_resolver *r;
    char name[HP_DNS_NAME_MAX];         /* lower case, no closing dot */
    enum hp_dns_family family;          /* V4 or V6 */
    struct dns_question asked;          /* the same, as it is asked */
    uint8_t *message;                   /* RESOLVE_MESSAGE_MAX bytes */
    struct dns_answer answer;
};

/* ---- cache ---- */

static struct hp_dns_entry *cache_find(struct hp_resolver *r, const struct question *q)
{
    for (int i = 0; r->cache && i < HP_DNS_CACHE_MAX; i++) {
        struct hp_dns_entry *e = &r->cache[i];
        if (e->family == q->family && e->until > hp_now(q->s) && strcmp(e->name, q->name) == 0) return e;
    }
    return NULL;
}

/* The place of what ends first. */
static void cache_put(struct question *q, int result)
{
    struct hp_resolver *r = q->r;
    uint32_t max = result < 0 ? RESOLVE_NEGATIVE_MAX_S : RESOLVE_TTL_MAX_S;
    uint32_t ttl = q->answer.ttl < max ? q->answer.ttl : max;
    if (!ttl) return;
    if (!r->cache) r->cache = hp_alloc(q->s, HP_DNS_CACHE_MAX * sizeof *r->cache);
    if (!r->cache) return;
    struct hp_dns_entry *e = r->cache;
    for (int i = 1; i < HP_DNS_CACHE_MAX; i++)
        if (r->cache[i].until < e->until) e = &r->cache[i];
    *e = (struct hp_dns_entry){.family = (uint8_t)q->family, .until = hp_now(q->s) + HP_S(ttl)};
    memcpy(e->name, q->name, sizeof e->name);
    e->error = (int16_t)(result < 0 ? result : 0);
    e->count = (uint8_t)(result < 0 ? 0 : q->answer.count);
    memcpy(e->address, q->answer.address, sizeof e->address);
}

void hp_resolver_free(struct hp_stack *s, struct hp_resolver *r)
{
    hp_free(s, r->cache, HP_DNS_CACHE_MAX * sizeof *r->cache);
    r->cache = NULL;
}

/* ---- asking ---- */

/* The count of addresses, or an error. */
static int question_ask(struct question *q, const struct hp_ip *server, hp_time timeout)
{
    struct hp_resolver *r = q->r;
    struct dns_exchange x = {.to = {.ip = *server, .port = r->port ? r->port : 53}, .q = &q->asked, .recursion = true, .edns = true,
                             .timeout = timeout, .message = q->message, .room = RESOLVE_MESSAGE_MAX};
    r->queries++;
    int n = dns_exchange(q->s, &x);
    r->ignored += x.ignored;
    r->truncated += x.truncated;
    if (n < 0) return n;
    r->answers++;
    return dns_answer_read(bytes_of(q->message, (size_t)n), &q->asked, &q->answer);
}

/* By "no". */
static bool question_is_answered(int result) { return result == HP_ENONAME || result == HP_ENODATA; }

/* All servers, some rounds. */
static int question_answer(struct question *q)
{
    struct hp_resolver *r = q->r;
    hp_time timeout = r->timeout ? r->timeout : HP_S(2);
    int rounds = r->rounds ? r->rounds : 3, last = HP_ENETUNREACH;
    bool silent = true;
    for (int round = 0; round < rounds && silent; round++, timeout *= 2) { /* who has said no says it again */
        silent = false;
        for (int i = 0; i < r->server_count; i++) {
            int result = question_ask(q, &r->server[i], timeout);
            if (result > 0 || question_is_answered(result) || result == HP_ECANCELED) return result;
            silent |= result != HP_EREFUSED && result != HP_ESERVFAIL;
            if (result != HP_ETIMEDOUT || last == HP_ENETUNREACH) last = result; /* another server may know; what one said is more than silence */
        }
    }
    return last;
}

static int question_run(struct question *q, struct hp_ip *out, int max)
{
    struct hp_dns_entry *e = cache_find(q->r, q);
    if (e) {
        q->r->cached++;
        q->answer.count = e->count;
        memcpy(q->answer.address, e->address, sizeof e->address);
        if (e->error) return e->error;
    } else {
        q->answer = (struct dns_answer){0};
        q->asked = (struct dns_question){.type = q->family == HP_DNS_V6 ? DNS_AAAA : DNS_A, .class_ = DNS_IN};
        if (!dns_name_parse(q->name, &q->asked.name)) return HP_EINVAL;
        int result = question_answer(q);
        if (result > 0 || question_is_answered(result)) cache_put(q, result);
        if (result < 0) return result;
    }
    int n = q->answer.count < max ? q->answer.count : max;
    memcpy(out, q->answer.address, (size_t)n * sizeof *out);
    return n;
}

/* Lower case, without a closing dot, 1..253 bytes (RFC 1035 2.3.4). */
static bool question_name(const char *name, char *out)
{
    size_t n = strlen(name);
    if (n && name[n - 1] == '.') n--;
    if (!n || n > 253) return false;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (c <= ' ') return false;
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    out[n] = 0;
    return true;
}

/* A server that fails or refuses one family's question may well answer the other's; one that is silent will not, and a name that is not there has
 * no address of any kind (RFC 8020 2). */
static bool question_go_on(int err)
{
    return err == HP_OK || err == HP_ENODATA || err == HP_EREFUSED || err == HP_ESERVFAIL || err == HP_EPROTO;
}

int hp_resolve(struct hp_stack *s, struct hp_resolver *r, const char *name, enum hp_dns_family family, struct hp_ip *out, int max)
{
    if (max < 1) return HP_EINVAL;
    if (hp_ip_parse(name, out) || (r->hosts && r->hosts(r->ctx, name, out))) return 1;
    struct question *q = hp_alloc(s, sizeof *q);
    if (!q) return HP_ENOMEM;
    q->s = s;
    q->r = r;
    q->message = hp_alloc(s, RESOLVE_MESSAGE_MAX);
    int n = 0, err = q->message ? HP_OK : HP_ENOMEM;
    if (q->message && !question_name(name, q->name)) err = HP_EINVAL;
    for (int f = HP_DNS_V4; question_go_on(err) && f <= HP_DNS_V6 && n < max; f++) {
        if (family != HP_DNS_ANY && (int)family != f) continue;
        q->family = (enum hp_dns_family)f;
        int got = question_run(q, out + n, max - n);
        if (got > 0) n += got;
        else if (err == HP_OK || got != HP_ENODATA) err = got;
    }
    hp_free(s, q->message, RESOLVE_MESSAGE_MAX);
    hp_free(s, q, sizeof *q);
    return n ? n : err;
}
