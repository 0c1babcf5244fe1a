/* DNS names: from a message, from and to text.  RFC 1035 2.3.4, 3.1, 4.1.4, 5.1; RFC 4343; RFC 9267 2.
 *
 * Reading ends: a pointer must lead before the place where the labels that it ends began, so `limit` shrinks with each
 * one.  No loop, no forward or self reference, no more than 255 octets, whatever the message says. */
#include "wire/dns.h"

enum { DNS_POINTER = 0xc0 };

size_t dns_name_read(struct hp_bytes message, size_t floor, size_t at, struct dns_name *name)
{
    size_t after = 0, limit = at, n = 0;    /* after: where the name ends in place, once known */
    for (;;) {
        if (at >= message.n) return 0;
        unsigned length = message.p[at];
        if (length >= DNS_POINTER) {
            if (message.n - at < 2) return 0;
            size_t to = get16(message.p + at) & 0x3fff;
            if (to >= limit || to < floor) return 0;
            if (after == 0) after = at + 2;
            limit = at = to;
            continue;
        }
        if (length > DNS_LABEL_MAX || message.n - at - 1 < length || n + length + 1 > DNS_NAME_MAX) return 0;
        memcpy(name->b + n, message.p + at, length + 1);
        n += length + 1;
        at += length + 1;
        if (length == 0) break;
        if (n == DNS_NAME_MAX) return 0;    /* no room for the root */
    }
    name->n = (uint8_t)n;
    return after ? after : at;
}

static uint8_t dns_lower(uint8_t c) { return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c; }

/* Lengths are below 64 and so no letters: all bytes can be compared alike. */
static bool dns_same(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (dns_lower(a[i]) != dns_lower(b[i])) return false;
    return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b) { return a->n == b->n && dns_same(a->b, b->b, a->n); }

bool dns_name_below(const struct dns_name *name, const struct dns_name *zone)
{
    for (size_t at = 0; at < name->n; at += name->b[at] + 1u)
        if (name->n - at == zone->n) return dns_same(name->b + at, zone->b, zone->n);
    return false;
}

int dns_name_labels(const struct dns_name *name)
{
    int n = 0;
    for (size_t at = 0; name->b[at]; at += name->b[at] + 1u) n++;
    return n;
}

static int dns_label_starts(const uint8_t *name, uint8_t start[DNS_NAME_MAX / 2 + 1])
{
    int n = 0;
    for (size_t at = 0; name[at]; at += name[at] + 1u) start[n++] = (uint8_t)at;
    return n;
}

static int dns_label_order(const uint8_t *a, const uint8_t *b)
{
    unsigned n = a[0] < b[0] ? a[0] : b[0];
    for (unsigned i = 1; i <= n; i++) {
        int d = dns_lower(a[i]) - dns_lower(b[i]);
        if (d) return d;
    }
    return a[0] - b[0];
}

int dns_name_order(const uint8_t *a, const uint8_t *b)
{
    uint8_t at[DNS_NAME_MAX / 2 + 1], bt[DNS_NAME_MAX / 2 + 1];
    int an = dns_label_starts(a, at), bn = dns_label_starts(b, bt);
    for (int i = 1; i <= an && i <= bn; i++) {
        int d = dns_label_order(a + at[an - i], b + bt[bn - i]);
        if (d) return d;
    }
    return an - bn;
}

bool dns_name_up(const struct dns_name *name, struct dns_name *out)
{
    size_t skip = name->b[0] + 1u;
    if (skip == 1) return false;
    out->n = (uint8_t)(name->n - skip);
    memmove(out->b, name->b + skip, out->n);
    return true;
}

bool dns_name_join(const struct dns_name *name, const struct dns_name *zone, struct dns_name *out)
{
    size_t labels = name->n - 1u;
    if (labels + zone->n > DNS_NAME_MAX) return false;
    struct dns_name made = {.n = (uint8_t)(labels + zone->n)};
    memcpy(made.b, name->b, labels);
    memcpy(made.b + labels, zone->b, zone->n);
    *out = made;
    return true;
}

/* One character of a label, which may be escaped: how many of `text` it takes, 0 if it is none. */
static size_t dns_char_parse(const char *text, uint8_t *c)
{
    *c = (uint8_t)text[0];
    if (text[0] != '\\') return text[0] != 0;
    *c = (uint8_t)text[1];
    if (text[1] < '0' || text[1] > '9') return text[1] ? 2 : 0;
    unsigned v = 0;
    for (int i = 1; i <= 3; i++) {
        if (text[i] < '0' || text[i] > '9') return 0;
        v = v * 10 + (unsigned)(text[i] - '0');
    }
    *c = (uint8_t)v;
    return v <= 255 ? 4 : 0;
}

bool dns_name_parse(const char *text, struct dns_name *name)
{
    struct dns_name made = {.n = 0};
    size_t n = 1, start = 0;                /* start: of the label's length */
    if (text[0] == '.' && text[1] == 0) text++;
    else if (text[0] == 0) return false;
    while (*text) {
        if (*text == '.') {
            if (n - start == 1) return false;
            made.b[start] = (uint8_t)(n - start - 1);
            start = n++;
            text++;
            if (n > DNS_NAME_MAX) return false;
            continue;
        }
        uint8_t c;
        size_t took = dns_char_parse(text, &c);
        if (took == 0 || n >= DNS_NAME_MAX || n - start > DNS_LABEL_MAX) return false;
        made.b[n++] = c;
        text += took;
    }
    if (n - start > 1) {                    /* no dot at the end: close the label, add the root */
        if (n >= DNS_NAME_MAX) return false;
        made.b[start] = (uint8_t)(n - start - 1);
        made.b[n++] = 0;
    }
    made.n = (uint8_t)n;
    *name = made;
    return true;
}

/* One character of a label as text: at most 4. */
static size_t dns_char_text(uint8_t c, char out[4])
{
    if (c > ' ' && c < 0x7f) {
        size_t n = 0;
        if (strchr(".\\\"();@$", c)) out[n++] = '\\';
        out[n] = (char)c;
        return n + 1;
    }
    out[0] = '\\';
    out[1] = (char)('0' + c / 100);
    out[2] = (char)('0' + c / 10 % 10);
    out[3] = (char)('0' + c % 10);
    return 4;
}

char *dns_name_text(const struct dns_name *name, char *buf, size_t n)
{
    if (n == 0) return buf;
    struct writer w = writer_of(buf, n - 1);
    if (name->n <= 1) write8(&w, '.');
    for (size_t at = 0; at < name->n && name->b[at] && !w.full; at += name->b[at] + 1u) {
        if (at) write8(&w, '.');
        for (size_t i = 1; i <= name->b[at] && at + i < name->n && !w.full; i++) {
            char c[4];
            write_bytes(&w, c, dns_char_text(name->b[at + i], c));
        }
    }
    buf[writer_used(&w)] = 0;
    return buf;
}

static void dns_label_put(struct dns_name *name, const char *label)
{
    size_t n = strlen(label);
    assert(name->n + n + 1 < DNS_NAME_MAX);
    name->b[name->n] = (uint8_t)n;
    memcpy(name->b + name->n + 1, label, n);
    name->n = (uint8_t)(name->n + n + 1);
}

void dns_name_reverse(const struct hp_ip *ip, struct dns_name *name)
{
    static const char digits[] = "0123456789abcdef";
    name->n = 0;
    bool v4 = hp_ip_is4(ip);
    for (int i = 15; i >= (v4 ? 12 : 0); i--) {
        unsigned b = ip->b[i];
        char low[2] = {digits[b & 15], 0}, high[2] = {digits[b >> 4], 0}, number[4] = {0};
        if (v4) {
            int at = 0;
            if (b >= 100) number[at++] = digits[b / 100];
            if (b >= 10) number[at++] = digits[b / 10 % 10];
            number[at] = digits[b % 10];
            dns_label_put(name, number);
            continue;
        }
        dns_label_put(name, low);
        dns_label_put(name, high);
    }
    dns_label_put(name, v4 ? "in-addr" : "ip6");
    dns_label_put(name, "arpa");
    name->b[name->n++] = 0;
}
