/* Neighbour discovery messages and options.  RFC 4861 4, RFC 4191 2.3, RFC 8106 5.
 *
 * nd_parse() walks all options once and refuses the message if one has length 0 or runs past the end; later walks
 * therefore end by themselves.  An option of a known type whose length is wrong for it is left out. */
#include "wire/nd.h"

static size_t nd_fixed_size(uint8_t type)
{
    switch (type) {
    case ICMP6_RS: return 8;
    case ICMP6_RA: return 16;
    case ICMP6_NS:
    case ICMP6_NA: return 24;
    case ICMP6_REDIRECT: return 40;
    default: return 0;
    }
}

/* RFC 4191 2.1: two bits of two's complement; 10 is reserved and means 0. */
static int8_t nd_preference_get(unsigned bits) { return bits == 1 ? 1 : bits == 3 ? -1 : 0; }
static unsigned nd_preference_put(int8_t v) { return v > 0 ? 1 : v < 0 ? 3 : 0; }

static void nd_ra_parse(const uint8_t *p, struct nd_msg *m)
{
    m->hops = p[4];
    m->managed = p[5] & 0x80;
    m->other_config = p[5] & 0x40;
    m->home_agent = p[5] & 0x20;
    m->preference = nd_preference_get(p[5] >> 3 & 3);
    m->proxy = p[5] & 4;
    m->lifetime_s = get16(p + 6);
    m->reachable_ms = get32(p + 8);
    m->retrans_ms = get32(p + 12);
}

static void nd_na_parse(const uint8_t *p, struct nd_msg *m)
{
    m->router = p[4] & 0x80;
    m->solicited = p[4] & 0x40;
    m->override = p[4] & 0x20;
}

/* Length of the option at the start of b; 0 if it cannot be. */
static size_t nd_opt_length(struct hp_bytes b)
{
    if (b.n < 2) return 0;
    size_t n = b.p[1] * (size_t)8;
    return n <= b.n ? n : 0;
}

/* RFC 4861 4.6: looks at every option, keeps the link-layer address.  False if one cannot be. */
static bool nd_opts_take(struct nd_msg *m)
{
    unsigned wanted = m->type == ICMP6_NA || m->type == ICMP6_REDIRECT ? ND_OPT_TARGET_MAC : ND_OPT_SOURCE_MAC;
    for (struct hp_bytes left = m->opts; left.n > 0;) {
        size_t n = nd_opt_length(left);
        if (n == 0) return false;
        if (left.p[0] == wanted && n == 8 && !m->has_mac) {
            m->has_mac = true;
            m->mac = mac_get(left.p + 2);
        }
        left = bytes_from(left, n);
    }
    return true;
}

enum nd_result nd_parse(struct hp_bytes in, struct nd_msg *m)
{
    if (in.n < ICMP6_HEADER) return ND_SHORT;
    size_t fixed = nd_fixed_size(in.p[0]);
    if (fixed == 0) return ND_TYPE;
    if (in.n < fixed) return ND_SHORT;
    if (in.p[1] != 0) return ND_CODE;
    *m = (struct nd_msg){.type = in.p[0], .sum = get16(in.p + 2), .opts = bytes_from(in, fixed)};
    if (m->type == ICMP6_RA) nd_ra_parse(in.p, m);
    if (m->type == ICMP6_NA) nd_na_parse(in.p, m);
    if (fixed >= 24) m->target = ip6_get(in.p + 8);
    if (m->type == ICMP6_REDIRECT) m->dst = ip6_get(in.p + 24);
    if (fixed == 24 && m->target.b[0] == 0xff) return ND_TARGET;
    return nd_opts_take(m) ? ND_OK : ND_OPTION;
}

size_t nd_write(uint8_t *out, size_t n, const struct nd_msg *m)
{
    size_t fixed = nd_fixed_size(m->type);
    assert(fixed > 0);
    if (n < fixed) return 0;
    memset(out, 0, fixed);
    out[0] = m->type;
    put16(out + 2, m->sum);
    if (m->type == ICMP6_RA) {
        out[4] = m->hops;
        out[5] = (uint8_t)(m->managed << 7 | m->other_config << 6 | m->home_agent << 5 | m->proxy << 2 |
                           (int)nd_preference_put(m->preference) << 3);
        put16(out + 6, m->lifetime_s);
        put32(out + 8, m->reachable_ms);
        put32(out + 12, m->retrans_ms);
    }
    if (m->type == ICMP6_NA) out[4] = (uint8_t)(m->router << 7 | m->solicited << 6 | m->override << 5);
    if (fixed >= 24) ip6_put(out + 8, &m->target);
    if (m->type == ICMP6_REDIRECT) ip6_put(out + 24, &m->dst);
    return fixed;
}

/* ---- options ---- */

/* The first `len` bits of up to 16 bytes; the rest is 0. */
static struct hp_prefix nd_prefix_get(struct hp_bytes b, uint8_t len)
{
    struct hp_prefix prefix = {.len = len};
    size_t whole = len / 8;
    memcpy(prefix.ip.b, b.p, b.n < 16 ? b.n : 16);
    for (size_t i = whole; i < 16; i++)
        prefix.ip.b[i] &= (uint8_t)(i == whole ? 0xff00u >> len % 8 : 0);
    return prefix;
}

static bool nd_opt_prefix(const uint8_t *p, size_t n, struct nd_opt *o)
{
    if (n != 32 || p[2] > 128) return false;
    o->on_link = p[3] & 0x80;
    o->autonomous = p[3] & 0x40;
    o->valid_s = get32(p + 4);
    o->preferred_s = get32(p + 8);
    o->prefix = nd_prefix_get(bytes_of(p + 16, 16), p[2]);
    return true;
}

/* RFC 4191 2.3: 8, 16 or 24 bytes, enough for the prefix. */
static bool nd_opt_route(const uint8_t *p, size_t n, struct nd_opt *o)
{
    if (n > 24 || p[2] > 128 || (p[2] + 7u) / 8 > n - 8) return false;
    o->preference = nd_preference_get(p[3] >> 3 & 3);
    o->valid_s = get32(p + 4);
    o->prefix = nd_prefix_get(bytes_of(p + 8, n - 8), p[2]);
    return (p[3] >> 3 & 3) != 2;
}

/* RFC 8106 5.3.1: at least 3 units, and odd: 8 + 16 per address. */
static bool nd_opt_rdnss_parse(const uint8_t *p, size_t n, struct nd_opt *o)
{
    if (n < 24 || n % 16 != 8) return false;
    o->valid_s = get32(p + 4);
    o->data = bytes_of(p + 8, n - 8);
    o->count = (uint8_t)((n - 8) / 16);
    return true;
}

static bool nd_opt_quote(const uint8_t *p, size_t n, struct nd_opt *o)
{
    o->data = bytes_of(p + 8, n - 8);
    return true;
}

static bool nd_opt_dnssl(const uint8_t *p, size_t n, struct nd_opt *o)
{
    o->valid_s = get32(p + 4);
    o->data = bytes_of(p + 8, n - 8);
    return n >= 16;
}

static bool nd_opt_take(const uint8_t *p, size_t n, struct nd_opt *o)
{
    switch (o->type) {
    case ND_OPT_SOURCE_MAC:
    case ND_OPT_TARGET_MAC: o->mac = mac_get(p + 2); return n == 8;
    case ND_OPT_PREFIX: return nd_opt_prefix(p, n, o);
    case ND_OPT_REDIRECTED: return nd_opt_quote(p, n, o);
    case ND_OPT_MTU: o->mtu = get32(p + 4); return n == 8;
    case ND_OPT_ROUTE: return nd_opt_route(p, n, o);
    case ND_OPT_RDNSS: return nd_opt_rdnss_parse(p, n, o);
    case ND_OPT_DNSSL: return nd_opt_dnssl(p, n, o);
    default: return true;
    }
}

bool nd_opts_next(struct nd_opts *o, struct nd_opt *opt)
{
    while (o->left.n > 0) {
        const uint8_t *p = o->left.p;
        size_t n = nd_opt_length(o->left);
        if (n == 0) return false;
        o->left = bytes_from(o->left, n);
        *opt = (struct nd_opt){.type = p[0], .data = bytes_of(p + 2, n - 2)};
        if (nd_opt_take(p, n, opt)) return true;
        if (o->skipped < UINT8_MAX) o->skipped++;
    }
    return false;
}

struct hp_ip nd_opt_rdnss(const struct nd_opt *opt, size_t i)
{
    assert(i < opt->count);
    return ip6_get(opt->data.p + 16 * i);
}

/* Room for an option of n bytes, padding included, zeroed and with type and length in place. */
static uint8_t *nd_opt_room(struct writer *w, uint8_t type, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    uint8_t *p = n / 8 <= UINT8_MAX ? write_room(w, n) : NULL;
    if (!p) {
        w->full = true;
        return NULL;
    }
    memset(p, 0, n);
    p[0] = type;
    p[1] = (uint8_t)(n / 8);
    return p;
}

static size_t nd_opt_size(const struct nd_opt *o)
{
    switch (o->type) {
    case ND_OPT_PREFIX: return 32;
    case ND_OPT_ROUTE: return o->prefix.len == 0 ? 8 : o->prefix.len <= 64 ? 16 : 24;
    case ND_OPT_RDNSS:
    case ND_OPT_DNSSL:
    case ND_OPT_REDIRECTED: return 8 + o->data.n;
    case ND_OPT_SOURCE_MAC:
    case ND_OPT_TARGET_MAC:
    case ND_OPT_MTU: return 8;
    default: return 2 + o->data.n;
    }
}

static void nd_opt_put_prefix(uint8_t *p, const struct nd_opt *o)
{
    p[2] = o->prefix.len;
    p[3] = (uint8_t)(o->on_link << 7 | o->autonomous << 6);
    put32(p + 4, o->valid_s);
    put32(p + 8, o->preferred_s);
    ip6_put(p + 16, &o->prefix.ip);
}

static void nd_opt_put_route(uint8_t *p, const struct nd_opt *o)
{
    p[2] = o->prefix.len;
    p[3] = (uint8_t)(nd_preference_put(o->preference) << 3);
    put32(p + 4, o->valid_s);
    memcpy(p + 8, o->prefix.ip.b, nd_opt_size(o) - 8);
}

void nd_opt_write(struct writer *w, const struct nd_opt *o)
{
    uint8_t *p = nd_opt_room(w, o->type, nd_opt_size(o));
    if (!p) return;
    switch (o->type) {
    case ND_OPT_SOURCE_MAC:
    case ND_OPT_TARGET_MAC: mac_put(p + 2, &o->mac); return;
    case ND_OPT_PREFIX: nd_opt_put_prefix(p, o); return;
    case ND_OPT_MTU: put32(p + 4, o->mtu); return;
    case ND_OPT_ROUTE: nd_opt_put_route(p, o); return;
    case ND_OPT_RDNSS:
    case ND_OPT_DNSSL: put32(p + 4, o->valid_s); break;
    case ND_OPT_REDIRECTED: break;
    default:
        if (o->data.n) memcpy(p + 2, o->data.p, o->data.n);
        return;
    }
    if (o->data.n) memcpy(p + 8, o->data.p, o->data.n);
}
