/* How often ICMP errors and redirects are sent: RFC 1812 4.3.2.8, RFC 4443 2.4 f, RFC 4861 8.2.
 *
 * A token bucket per destination (IPv6: per /64), found by a secret hash, and no bucket over all of them: whoever counts the errors that come
 * to him learns nothing of errors to others, which is how SAD DNS (CVE-2020-25705) found open ports.  Two destinations may share a
 * bucket, but who does is secret, and how much a bucket holds is drawn anew whenever it has been full. */
#include "l3_network/net.h"

enum { LIMIT_BUCKETS = 1024 };

struct limit_bucket {
    hp_time empty_at;       /* it holds (now - empty_at) * rate tokens, at most its size */
    uint32_t size;          /* 0 = never used */
};

/* Redirects have buckets of their own: a host that does not follow them still learns of errors. */
static struct limit_bucket *limit_bucket_of(struct network *n, const struct hp_ip *to, bool redirect)
{
    struct hp_ip who = *to;
    if (!net_is4(&who)) memset(who.b + 8, 0, 8);
    return &n->limit[(hash_key(&n->key, &who, sizeof who) + redirect) % LIMIT_BUCKETS];
}

static bool limit_allows(struct hp_stack *s, const struct hp_ip *to, bool redirect)
{
    struct network *n = network(s);
    if (!n->errors_per_s) return false;
    if (!n->limit) n->limit = mem_zalloc(s->mem, LIMIT_BUCKETS * sizeof *n->limit);
    if (!n->limit) return false;
    struct limit_bucket *b = limit_bucket_of(n, to, redirect);
    hp_time token = HP_S(1) / n->errors_per_s;
    if (!b->size || s->now - b->empty_at >= b->size * token) { /* full: a new size, from a half to three halves of the setting */
        b->size = (uint32_t)n->errors_burst / 2 + 1 + random_below(&n->random, (uint32_t)n->errors_burst);
        b->empty_at = s->now - b->size * token;
    }
    if (s->now - b->empty_at < token) {
        n->errors_limited++;
        return false;
    }
    b->empty_at += token;
    return true;
}

bool net_error_allowed(struct hp_stack *s, const struct hp_ip *to) { return limit_allows(s, to, false); }
bool net_redirect_allowed(struct hp_stack *s, const struct hp_ip *to) { return limit_allows(s, to, true); }

void limit_stop(struct hp_stack *s)
{
    mem_free(s->mem, network(s)->limit, network(s)->limit ? LIMIT_BUCKETS * sizeof(struct limit_bucket) : 0);
}
