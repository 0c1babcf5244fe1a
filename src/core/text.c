/* Text into a fixed buffer: numbers, addresses, times. */
#include "core/text.h"

#include "core/bytes.h"

struct text text_of(char *buf, size_t n)
{
    assert(n > 0);
    *buf = 0;
    return (struct text){buf, buf, buf + n - 1};
}

void text_bytes(struct text *t, const char *s, size_t n)
{
    size_t room = (size_t)(t->end - t->p);
    if (n > room) n = room;
    if (n) memcpy(t->p, s, n);
    t->p += n;
    *t->p = 0;
}

void text_char(struct text *t, char c) { text_bytes(t, &c, 1); }

void text_str(struct text *t, const char *s)
{
    if (s) text_bytes(t, s, strlen(s));
}

void text_pad_u64(struct text *t, uint64_t v, int width, char pad)
{
    char digits[24];
    int n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    for (int i = n; i < width; i++) text_char(t, pad);
    while (n) text_char(t, digits[--n]);
}

void text_u64(struct text *t, uint64_t v) { text_pad_u64(t, v, 0, ' '); }

void text_i64(struct text *t, int64_t v)
{
    if (v < 0) text_char(t, '-');
    text_u64(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void text_hex(struct text *t, uint64_t v, int digits)
{
    while (digits--) text_char(t, "0123456789abcdef"[v >> (4 * digits) & 15]);
}

static void text_hex_short(struct text *t, unsigned v)
{
    int digits = v > 0xfff ? 4 : v > 0xff ? 3 : v > 0xf ? 2 : 1;
    text_hex(t, v, digits);
}

static void text_ip4(struct text *t, const uint8_t *b)
{
    for (int i = 0; i < 4; i++) {
        if (i) text_char(t, '.');
        text_u64(t, b[i]);
    }
}

/* RFC 5952 4.2: the longest run of zero groups, at least two, the first of equals, becomes "::". */
static void text_ip6(struct text *t, const uint8_t *b)
{
    int best = -1, best_n = 1;
    for (int i = 0; i < 8; i++) {
        int n = 0;
        while (i + n < 8 && get16(b + 2 * (i + n)) == 0) n++;
        if (n > best_n) {
            best = i;
            best_n = n;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            text_str(t, "::");
            i += best_n - 1;
            continue;
        }
        if (i && i != best + best_n) text_char(t, ':');
        else if (i && best < 0) text_char(t, ':');
        text_hex_short(t, get16(b + 2 * i));
    }
}

void text_ip(struct text *t, const struct hp_ip *ip)
{
    if (hp_ip_is4(ip)) text_ip4(t, ip->b + 12);
    else text_ip6(t, ip->b);
}

void text_mac(struct text *t, const struct hp_mac *mac)
{
    for (int i = 0; i < 6; i++) {
        if (i) text_char(t, ':');
        text_hex(t, mac->b[i], 2);
    }
}

void text_time(struct text *t, hp_time v)
{
    uint64_t n = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    if (v < 0) text_char(t, '-');
    text_u64(t, n / (uint64_t)HP_S(1));
    text_char(t, '.');
    text_pad_u64(t, n % (uint64_t)HP_S(1), 9, '0');
}

/* Three significant decimals at most, the largest unit that leaves a whole part. */
void text_span(struct text *t, hp_time v)
{
    static const struct { hp_time one; const char *unit; } units[] = {
        {HP_S(1), "s"}, {HP_MS(1), "ms"}, {HP_US(1), "us"}, {1, "ns"}};
    if (v == HP_NEVER) {
        text_str(t, "never");
        return;
    }
    if (v < 0) {
        text_char(t, '-');
        v = v == INT64_MIN ? INT64_MAX : -v;
    }
    int u = 0;
    while (u < 3 && v < units[u].one) u++;
    text_u64(t, (uint64_t)(v / units[u].one));
    uint64_t milli = units[u].one >= 1000 ? (uint64_t)(v % units[u].one / (units[u].one / 1000)) : 0;
    if (milli) {
        int width = 3;
        while (milli % 10 == 0) {
            milli /= 10;
            width--;
        }
        text_char(t, '.');
        text_pad_u64(t, milli, width, '0');
    }
    text_str(t, units[u].unit);
}

size_t text_take_u64(const char *s, uint64_t *out)
{
    size_t n = 0;
    uint64_t v = 0;
    for (; s[n] >= '0' && s[n] <= '9'; n++) {
        uint64_t digit = (uint64_t)(s[n] - '0');
        if (v > (UINT64_MAX - digit) / 10) return 0;
        v = v * 10 + digit;
    }
    if (n) *out = v;
    return n;
}

char *hp_ip_text(const struct hp_ip *ip, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_ip(&t, ip);
    return buf;
}

char *hp_prefix_text(const struct hp_prefix *p, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_ip(&t, &p->ip);
    text_char(&t, '/');
    text_u64(&t, hp_ip_is4(&p->ip) && p->len >= 96 ? p->len - 96u : p->len);
    return buf;
}

char *hp_mac_text(const struct hp_mac *mac, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_mac(&t, mac);
    return buf;
}

char *hp_endpoint_text(const struct hp_endpoint *e, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    bool v6 = !hp_ip_is4(&e->ip);
    if (v6) text_char(&t, '[');
    text_ip(&t, &e->ip);
    if (v6) text_char(&t, ']');
    text_char(&t, ':');
    text_u64(&t, e->port);
    return buf;
}

char *hp_time_text(hp_time v, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_time(&t, v);
    return buf;
}

char *hp_span_text(hp_time v, char *buf, size_t n)
{
    struct text t = text_of(buf, n);
    text_span(&t, v);
    return buf;
}
