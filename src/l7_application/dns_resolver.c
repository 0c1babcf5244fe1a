/* The stub resolver: asks recursive servers, checks that an answer is one (RFC 5452), caches, falls back to TCP.
 *
 * Every question has a fresh socket (an unpredictable source port) and an unpredictable id; an answer counts only from the server that was
 * asked, with the same id and the same question.  Negative answers are cached by the SOA's minimum (RFC 2308). */
#include "core/bytes.h"
#include "core/text.h"
#include "hepta/dns.h"
#include "hepta/proc.h"
#include "hepta/socket.h"
#include "l7_application/dns_message.h"

enum { RESOLVE_MESSAGE_MAX = 4096, RESOLVE_TTL_MAX_S = 86400, RESOLVE_NEGATIVE_MAX_S = 300 };

struct question {
    struct hp_stack *s;
    struct hp_resolver *r;
    char name[HP_DNS_NAME_MAX];         /* lower case, no closing dot */
    enum hp_dns_family family;          /* V4 or V6 */
    uint16_t id;
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

/* ---- asking one server ---- */

static uint16_t question_port(const struct question *q) { return q->r->port ? q->r->port : 53; }

/* What the message means for us: count of addresses, an error, or 0 = not our answer: keep waiting. */
static int question_take(struct question *q, size_t n)
{
    int result = dns_answer_read(bytes_of(q->message, n), q->id, q->name, q->family, &q->answer);
    if (result == 0) q->r->ignored++;
    else q->r->answers++;
    return result;
}

/* The whole of so many bytes, by `until` however they drip. */
static int question_read(struct question *q, struct hp_sock *sock, uint8_t *out, size_t n, hp_time until)
{
    for (size_t have = 0; have < n;) {
        hp_time left = until - hp_now(q->s);
        if (left <= 0) return HP_ETIMEDOUT;
        hp_setsockopt(sock, HP_SO_RCVTIMEO, &left, sizeof left);
        int64_t got = hp_recv(sock, out + have, n - have, 0);
        if (got <= 0) return got == HP_EAGAIN ? HP_ETIMEDOUT : got ? (int)got : HP_ECONNRESET;
        have += (size_t)got;
    }
    return HP_OK;
}

/* RFC 7766: two bytes of length, then the message.  Answers the message's length. */
static int question_talk(struct question *q, struct hp_sock *sock, const struct hp_endpoint *to, hp_time until)
{
    uint8_t head[2];
    size_t n = dns_question_write(q->message + 2, RESOLVE_MESSAGE_MAX - 2, q->id, q->name, q->family);
    put16(q->message, (unsigned)n);
    int err = hp_connect(sock, to);
    if (!err && hp_send(sock, q->message, n + 2, 0) < 0) err = HP_ECONNRESET;
    if (!err) err = question_read(q, sock, head, sizeof head, until);
    if (!err && get16(head) > RESOLVE_MESSAGE_MAX) err = HP_ERANGE;
    if (!err) err = question_read(q, sock, q->message, get16(head), until);
    return err ? err : get16(head);
}

static int question_ask_tcp(struct question *q, const struct hp_ip *server, hp_time timeout)
{
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = *server, .port = question_port(q)};
    int n = hp_socket(q->s, HP_STREAM, 0, &sock);
    if (n) return n;
    hp_setsockopt(sock, HP_SO_SNDTIMEO, &timeout, sizeof timeout);
    n = question_talk(q, sock, &to, hp_now(q->s) + timeout);
    hp_close(sock);
    if (n < 0) return n;
    int result = question_take(q, (size_t)n);
    return result && result != DNS_TRUNCATED ? result : HP_EPROTO;
}

static int question_listen(struct question *q, struct hp_sock *sock, hp_time until)
{
    for (;;) {
        hp_time left = until - hp_now(q->s);
        unsigned readable = HP_READABLE | HP_ERROR;
        if (left <= 0) return HP_ETIMEDOUT;
        int err = hp_wait(q->s, &sock, &readable, 1, left);
        if (err < 0) return err;
        int64_t n = hp_recv(sock, q->message, RESOLVE_MESSAGE_MAX, HP_MSG_DONTWAIT);
        if (n == HP_EAGAIN) continue;
        if (n < 0) return (int)n;       /* ICMP: nobody there */
        int result = question_take(q, (size_t)n);
        if (result) return result;
    }
}

static int question_ask(struct question *q, const struct hp_ip *server, hp_time timeout)
{
    struct hp_sock *sock;
    struct hp_endpoint to = {.ip = *server, .port = question_port(q)};
    int err = hp_socket(q->s, HP_DGRAM, 0, &sock);
    if (err) return err;
    q->id = (uint16_t)hp_secret(q->s);
    size_t n = dns_question_write(q->message, RESOLVE_MESSAGE_MAX, q->id, q->name, q->family);
    err = n ? hp_connect(sock, &to) : HP_EINVAL;
    if (!err) err = (int)hp_send(sock, q->message, n, HP_MSG_DONTWAIT);
    if (err > 0) {
        q->r->queries++;
        err = question_listen(q, sock, hp_now(q->s) + timeout);
    }
    hp_close(sock);
    if (err != DNS_TRUNCATED) return err;
    q->r->truncated++;
    return question_ask_tcp(q, server, timeout);
}

/* ---- all servers, some rounds ---- */

static int question_answer(struct question *q)
{
    struct hp_resolver *r = q->r;
    hp_time timeout = r->timeout ? r->timeout : HP_S(2);
    int rounds = r->rounds ? r->rounds : 3, last = r->server_count ? HP_ETIMEDOUT : HP_ENETUNREACH;
    for (int round = 0; round < rounds; round++, timeout *= 2) {
        for (int i = 0; i < r->server_count; i++) {
            int result = question_ask(q, &r->server[i], timeout);
            if (result > 0 || result == HP_ENOENT || result == HP_ECANCELED || result == HP_EINVAL) return result;
            last = result; /* silent, refusing or broken: another server may know */
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
        int result = question_answer(q);
        if (result > 0 || result == HP_ENOENT) cache_put(q, result);
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

/* A server that fails or refuses one family's question may well answer the other's; one that is silent will not. */
static bool question_go_on(int err) { return err == HP_OK || err == HP_ENOENT || err == HP_EPROTO; }

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
        else if (err == HP_OK || got != HP_ENOENT) err = got;
    }
    hp_free(s, q->message, RESOLVE_MESSAGE_MAX);
    hp_free(s, q, sizeof *q);
    return n ? n : err;
}
