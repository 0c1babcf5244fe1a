/* Text into a fixed buffer for dissect: what does not fit is left out, and the end is always a NUL. */
#include "wire/dissect_layers.h"

enum { DLINE_RAW_MAX = 32 };

struct dline dline_of(char *buf, size_t n)
{
    assert(n > 0);
    buf[0] = 0;
    return (struct dline){buf, buf, buf + n - 1};
}

void dline_char(struct dline *t, char c)
{
    if (t->p < t->end) *t->p++ = c;
    *t->p = 0;
}

void dline_str(struct dline *t, const char *s)
{
    while (*s && t->p < t->end) *t->p++ = *s++;
    *t->p = 0;
}

void dline_u(struct dline *t, uint64_t v) { dline_pad(t, v, 0); }

void dline_pad(struct dline *t, uint64_t v, int width)
{
    char digits[20];
    int n = 0;
    do digits[n++] = (char)('0' + v % 10);
    while (v /= 10);
    while (width-- > n) dline_char(t, ' ');
    while (n > 0) dline_char(t, digits[--n]);
}

static char dline_digit(uint64_t v) { return "0123456789abcdef"[v & 15]; }

void dline_hex(struct dline *t, uint64_t v, int digits)
{
    dline_str(t, "0x");
    int n = 1;
    while (n < 16 && v >> 4 * n) n++;
    for (n = n > digits ? n : digits; n > 0; n--) dline_char(t, n > 16 ? '0' : dline_digit(v >> 4 * (n - 1)));
}

void dline_raw(struct dline *t, struct hp_bytes b)
{
    for (size_t i = 0; i < b.n && i < DLINE_RAW_MAX; i++) {
        if (i) dline_char(t, ':');
        dline_char(t, dline_digit(b.p[i] >> 4));
        dline_char(t, dline_digit(b.p[i]));
    }
    if (b.n > DLINE_RAW_MAX) dline_str(t, "...");
}

void dline_ascii(struct dline *t, struct hp_bytes b)
{
    for (size_t i = 0; i < b.n && t->p < t->end; i++) {
        bool plain = b.p[i] >= ' ' && b.p[i] < 0x7f && b.p[i] != '\\';
        if (plain) {
            dline_char(t, (char)b.p[i]);
            continue;
        }
        dline_str(t, "\\x");
        dline_char(t, dline_digit(b.p[i] >> 4));
        dline_char(t, dline_digit(b.p[i]));
    }
}

void dline_ip(struct dline *t, const struct hp_ip *ip)
{
    char buf[HP_IP_TEXT];
    dline_str(t, hp_ip_text(ip, buf, sizeof buf));
}

void dline_mac(struct dline *t, const struct hp_mac *mac)
{
    char buf[HP_MAC_TEXT];
    dline_str(t, hp_mac_text(mac, buf, sizeof buf));
}

void dline_key(struct dline *t, const char *key, uint64_t v)
{
    dline_char(t, ' ');
    dline_str(t, key);
    dline_char(t, '=');
    dline_u(t, v);
}
