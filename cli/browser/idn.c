/* IDNA2008 (RFC 5891) by libidn2. */
#include "idn.h"

#include <idn2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDN_HOST_MAX = 1024 };

static int idn_hex(char c) { return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1; }

/* RFC 3986 2.1.  What would end the host if it stood there as itself may not be escaped into it. */
static bool idn_unescape(const char *p, size_t n, char *out, size_t room)
{
    size_t w = 0;
    for (size_t i = 0; i < n; i++, w++) {
        char c = p[i];
        if (w + 1 >= room) return false;
        if (c == '%') {
            int high = i + 2 < n ? idn_hex(p[i + 1]) : -1, low = high < 0 ? -1 : idn_hex(p[i + 2]);
            if (low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
            if ((unsigned char)c <= ' ' || strchr(":/?#[]@\\%\x7f", c)) return false;
        }
        out[w] = c;
    }
    out[w] = 0;
    return true;
}

static bool idn_is_plain(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] >= 0x80 || p[i] == '%') return false;
    return true;
}

static bool idn_convert(const char *p, size_t length, char *out, size_t n, const char **why)
{
    char host[IDN_HOST_MAX], *ascii = NULL;
    *why = "it is no name";
    if (!idn_unescape(p, length, host, sizeof host)) return false;
    bool plain = idn_is_plain(host, strlen(host));
    int err = plain ? IDN2_OK : idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (err) {
        *why = idn2_strerror(err);
        return false;
    }
    int wrote = snprintf(out, n, "%s", plain ? host : ascii);
    idn2_free(ascii);
    return wrote > 0 && (size_t)wrote < n;
}

bool idn_host(const char *host, char *out, size_t n, const char **why)
{
    size_t length = strlen(host);
    if (!idn_is_plain(host, length)) return idn_convert(host, length, out, n, why);
    *why = "the name is too long";
    return (size_t)snprintf(out, n, "%s", host) < n;
}

bool idn_url(const char *url, char *out, size_t n, const char **why)
{
    const char *scheme = strstr(url, "://"), *first = strpbrk(url, "/?#"), *host = scheme && scheme < first ? scheme + 3 : url;
    size_t length = strcspn(host, "/?#:@"); /* a "[" of IPv6 is plain; so is what an "@" follows, and whoever parses the URL refuses it */
    *why = "the URL is too long";
    if (idn_is_plain(host, length)) return (size_t)snprintf(out, n, "%s", url) < n;
    size_t before = (size_t)(host - url);
    if (before >= n) return false;
    memcpy(out, url, before);
    if (!idn_convert(host, length, out + before, n - before, why)) return false;
    size_t used = strlen(out);
    return (size_t)snprintf(out + used, n - used, "%s", host + length) < n - used;
}

bool idn_shown(const char *host, char *out, size_t n)
{
    char *text = NULL;
    if (!strstr(host, "xn--") || idn2_to_unicode_8z8z(host, &text, IDN2_NONTRANSITIONAL)) return false;
    bool shown = (size_t)snprintf(out, n, "%s", text) < n && strcmp(out, host) != 0;
    idn2_free(text);
    return shown;
}
