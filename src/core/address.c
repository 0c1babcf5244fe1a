/* Addresses: what they are, and how they are read from text. */
#include "core/bytes.h"
#include "core/text.h"

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool hp_ip_is4(const struct hp_ip *ip) { return memcmp(ip->b, v4_mapped, 12) == 0; }
bool hp_ip_equal(const struct hp_ip *a, const struct hp_ip *b) { return memcmp(a, b, sizeof *a) == 0; }
bool hp_mac_equal(const struct hp_mac *a, const struct hp_mac *b) { return memcmp(a, b, sizeof *a) == 0; }

bool hp_ip_is_any(const struct hp_ip *ip)
{
    static const uint8_t zero[16];
    return memcmp(ip->b, zero, 16) == 0 || (hp_ip_is4(ip) && get32(ip->b + 12) == 0);
}

bool hp_ip_is_loopback(const struct hp_ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};
    return hp_ip_is4(ip) ? ip->b[12] == 127 : memcmp(ip->b, one, 16) == 0;
}

bool hp_ip_is_multicast(const struct hp_ip *ip)
{
    return hp_ip_is4(ip) ? (ip->b[12] & 0xf0) == 0xe0 : ip->b[0] == 0xff;
}

bool hp_ip_is_linklocal(const struct hp_ip *ip)
{
    return hp_ip_is4(ip) ? get16(ip->b + 12) == 0xa9fe : (get16(ip->b) & 0xffc0) == 0xfe80;
}

bool hp_ip_is_broadcast(const struct hp_ip *ip) { return hp_ip_is4(ip) && get32(ip->b + 12) == UINT32_MAX; }

bool hp_prefix_has(const struct hp_prefix *p, const struct hp_ip *ip)
{
    unsigned whole = p->len / 8, rest = p->len % 8;
    if (memcmp(p->ip.b, ip->b, whole) != 0) return false;
    return rest == 0 || (p->ip.b[whole] ^ ip->b[whole]) >> (8 - rest) == 0;
}

/* ---- reading ---- */

static size_t ip4_take(const char *s, uint8_t out[4])
{
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t v = 0;
        if (i && s[at++] != '.') return 0;
        size_t n = text_take_u64(s + at, &v);
        if (n == 0 || n > 3 || v > 255 || (n > 1 && s[at] == '0')) return 0;
        out[i] = (uint8_t)v;
        at += n;
    }
    return at;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static size_t hex_take(const char *s, size_t max, unsigned *out)
{
    size_t n = 0;
    unsigned v = 0;
    for (; n < max && hex_value(s[n]) >= 0; n++) v = v << 4 | (unsigned)hex_value(s[n]);
    *out = v;
    return n;
}

/* RFC 4291 2.2: up to eight groups, one "::", the last 32 bits perhaps as dotted IPv4. */
static size_t ip6_take(const char *s, uint8_t out[16])
{
    uint8_t b[16] = {0};
    int groups = 0, gap = -1;
    size_t at = 0;
    if (s[0] == ':' && s[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (groups < 8) {
        unsigned v;
        size_t n = hex_take(s + at, 4, &v);
        if (n && s[at + n] == '.' && groups <= 6) {
            n = ip4_take(s + at, b + 2 * groups);
            if (!n) return 0;
            groups += 2;
            at += n;
            break;
        }
        if (!n) {
            if (gap == groups) break; /* a closing "::" */
            return 0;
        }
        put16(b + 2 * groups++, v);
        at += n;
        if (s[at] != ':' || groups == 8) break;
        if (s[at + 1] == ':') {
            if (gap >= 0) return 0;
            gap = groups;
            at += 2;
        } else {
            at++;
        }
    }
    if (gap < 0 ? groups != 8 : groups > 7) return 0;
    memset(out, 0, 16);
    if (gap < 0) gap = groups;
    memcpy(out, b, 2 * (size_t)gap);
    memcpy(out + 16 - 2 * (groups - gap), b + 2 * gap, 2 * (size_t)(groups - gap));
    return at;
}

static size_t ip_take(const char *s, struct hp_ip *out)
{
    uint8_t v4[4];
    size_t n = ip4_take(s, v4);
    if (n && s[n] != ':') {
        *out = hp_ip4(v4[0], v4[1], v4[2], v4[3]);
        return n;
    }
    struct hp_ip ip;
    n = ip6_take(s, ip.b);
    if (n) *out = ip;
    return n;
}

bool hp_ip_parse(const char *text, struct hp_ip *out)
{
    struct hp_ip ip;
    size_t n = ip_take(text, &ip);
    if (!n || text[n]) return false;
    *out = ip;
    return true;
}

bool hp_prefix_parse(const char *text, struct hp_prefix *out)
{
    struct hp_prefix p = {.len = 128};
    uint64_t len = 0;
    uint8_t v4[4];
    size_t n = ip4_take(text, v4);
    if (n && text[n] != ':') p.ip = hp_ip4(v4[0], v4[1], v4[2], v4[3]);
    else if (!(n = ip_take(text, &p.ip))) return false;
    if (text[n] == '/') {
        size_t digits = text_take_u64(text + n + 1, &len);
        bool v4_form = hp_ip_is4(&p.ip);
        if (!digits || len > (v4_form ? 32u : 128u)) return false;
        p.len = (uint8_t)(v4_form ? len + 96 : len);
        n += 1 + digits;
    }
    if (text[n]) return false;
    *out = p;
    return true;
}

bool hp_mac_parse(const char *text, struct hp_mac *out)
{
    struct hp_mac mac;
    size_t at = 0;
    for (int i = 0; i < 6; i++) {
        unsigned v;
        if (i && text[at] != ':' && text[at] != '-') return false;
        if (i) at++;
        if (hex_take(text + at, 2, &v) != 2) return false;
        mac.b[i] = (uint8_t)v;
        at += 2;
    }
    if (text[at]) return false;
    *out = mac;
    return true;
}

bool hp_endpoint_parse(const char *text, struct hp_endpoint *out)
{
    struct hp_endpoint e = {0};
    uint64_t port = 0;
    size_t n;
    if (text[0] == '[') {
        n = ip6_take(text + 1, e.ip.b);
        if (!n || text[n + 1] != ']') return false;
        n += 2;
    } else {
        uint8_t v4[4];
        n = ip4_take(text, v4);
        if (!n) return false;
        e.ip = hp_ip4(v4[0], v4[1], v4[2], v4[3]);
    }
    if (text[n] != ':') return false;
    size_t digits = text_take_u64(text + n + 1, &port);
    if (!digits || port > 65535 || text[n + 1 + digits]) return false;
    e.port = (uint16_t)port;
    *out = e;
    return true;
}

/* ---- quantities: a decimal number as value * 10^-scale, then a unit ---- */

struct quantity {
    uint64_t value;
    int scale;          /* digits behind the point */
    const char *unit;
};

static bool quantity_take(const char *s, struct quantity *q)
{
    size_t n = text_take_u64(s, &q->value);
    if (!n) return false;
    q->scale = 0;
    if (s[n] == '.') {
        for (n++; s[n] >= '0' && s[n] <= '9'; n++) {
            if (q->scale >= 12 || q->value > UINT64_MAX / 10 - 9) return false;
            q->value = q->value * 10 + (uint64_t)(s[n] - '0');
            q->scale++;
        }
        if (!q->scale) return false;
    }
    if (s[n] == 'e' && s[n + 1] == '-') {
        uint64_t e;
        size_t digits = text_take_u64(s + n + 2, &e);
        if (!digits || e > 18) return false;
        q->scale += (int)e;
        n += 2 + digits;
    }
    q->unit = s + n;
    return true;
}

static bool quantity_times(const struct quantity *q, uint64_t one, uint64_t *out)
{
    unsigned __int128 v = (unsigned __int128)q->value * one;
    for (int i = 0; i < q->scale; i++) v /= 10;
    if (v > INT64_MAX) return false;
    *out = (uint64_t)v;
    return true;
}

struct unit {
    const char *name;
    uint64_t one;
};

static bool quantity_parse(const char *text, const struct unit *units, uint64_t *out)
{
    struct quantity q;
    if (!quantity_take(text, &q)) return false;
    for (; units->name; units++)
        if (strcmp(units->name, q.unit) == 0) return quantity_times(&q, units->one, out);
    return false;
}

bool hp_span_parse(const char *text, hp_time *out)
{
    static const struct unit units[] = {{"ns", 1}, {"us", 1000}, {"µs", 1000}, {"ms", 1000000}, {"s", 1000000000},
                                        {"m", 60000000000}, {"min", 60000000000}, {"h", 3600000000000},
                                        {"d", 86400000000000}, {0}};
    uint64_t v;
    if (!quantity_parse(text, units, &v)) return false;
    *out = (hp_time)v;
    return true;
}

bool hp_size_parse(const char *text, uint64_t *out)
{
    static const struct unit units[] = {{"", 1}, {"B", 1}, {"k", 1000}, {"kB", 1000}, {"K", 1000}, {"M", 1000000},
                                        {"MB", 1000000}, {"G", 1000000000}, {"GB", 1000000000}, {"Ki", 1 << 10},
                                        {"KiB", 1 << 10}, {"Mi", 1 << 20}, {"MiB", 1 << 20}, {"Gi", 1 << 30},
                                        {"GiB", 1 << 30}, {0}};
    return quantity_parse(text, units, out);
}

bool hp_rate_parse(const char *text, uint64_t *out)
{
    static const struct unit units[] = {{"", 1}, {"bit/s", 1}, {"bps", 1}, {"kbit/s", 1000}, {"kbps", 1000},
                                        {"kbit", 1000}, {"Mbit/s", 1000000}, {"Mbps", 1000000}, {"Mbit", 1000000},
                                        {"Gbit/s", 1000000000}, {"Gbps", 1000000000}, {"Gbit", 1000000000}, {0}};
    return quantity_parse(text, units, out);
}

bool hp_share_parse(const char *text, uint32_t *out)
{
    struct quantity q;
    uint64_t v;
    if (!quantity_take(text, &q)) return false;
    if (strcmp(q.unit, "%") == 0) q.scale += 2;
    else if (*q.unit) return false;
    if (!quantity_times(&q, 1ull << 32, &v) || v > 1ull << 32) return false;
    *out = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    return true;
}
