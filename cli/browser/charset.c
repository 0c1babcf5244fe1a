/* Encodings, as the WHATWG's Encoding standard names them; the tables are iconv's. */
#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { CHARSET_SNIFF = 1024 };

/* What pages say, and what they mean by it. */
static const char *const charset_means[][2] = {{"euc-kr", "CP949"}, {"ks_c_5601-1987", "CP949"}, {"ksc5601", "CP949"}, {"korean", "CP949"},
    {"windows-949", "CP949"},
                                               {"iso-8859-1", "CP1252"}, {"latin1", "CP1252"}, {"us-ascii", "CP1252"}, {"ascii", "CP1252"},
                                                   {"windows-1252", "CP1252"},
                                               {"shift_jis", "CP932"}, {"x-sjis", "CP932"}, {"gb2312", "GB18030"}, {"gbk", "GB18030"}, {"utf8", "UTF-8"}};

/* The value after "charset=" in p, n bytes at most. */
static bool charset_value(const char *p, size_t n, char out[CHARSET_NAME])
{
    static const char key[] = "charset";
    for (size_t i = 0; i + sizeof key < n; i++) {
        if (strncasecmp(p + i, key, sizeof key - 1)) continue;
        size_t at = i + sizeof key - 1, k = 0;
        while (at < n && (p[at] == ' ' || p[at] == '\t')) at++;
        if (at == n || p[at++] != '=') continue;
        while (at < n && strchr(" \t\"'", p[at]) && p[at]) at++;
        while (at < n && k < CHARSET_NAME - 1 && p[at] > ' ' && !strchr("\"';>/", p[at])) out[k++] = p[at++];
        out[k] = 0;
        if (k) return true;
    }
    return false;
}

void charset_find(const char *bytes, size_t n, const char *content_type, char out[CHARSET_NAME])
{
    size_t sniff = n < CHARSET_SNIFF ? n : CHARSET_SNIFF;
    strcpy(out, "UTF-8");
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) return;
    if (n >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0) strcpy(out, "UTF-16LE");
    else if (n >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0) strcpy(out, "UTF-16BE");
    else if (!content_type || !charset_value(content_type, strlen(content_type), out)) {
        for (size_t i = 0; i + 5 < sniff; i++) /* only where a meta element begins */
            if (strncasecmp(bytes + i, "<meta", 5) == 0) {
                const char *end = memchr(bytes + i, '>', sniff - i);
                size_t length = end ? (size_t)(end - bytes) - i + 1 : sniff - i;
                if (charset_value(bytes + i, length, out)) break;
            }
        if (strncasecmp(out, "utf-16", 6) == 0) strcpy(out, "UTF-8"); /* it was read as bytes: it is none */
    }
    for (size_t i = 0; i < sizeof charset_means / sizeof *charset_means; i++)
        if (strcasecmp(out, charset_means[i][0]) == 0) snprintf(out, CHARSET_NAME, "%s", charset_means[i][1]);
}

/* ---- decoding ---- */

/* The length of the well-formed UTF-8 character at p, or 0 (RFC 3629 4). */
static size_t charset_utf8(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) return 1;
    size_t k = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || n < k) return 0;
    for (size_t i = 1; i < k; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f);
    return bad ? 0 : k;
}

static char *charset_mend(const char *bytes, size_t n, size_t *length)
{
    char *out = malloc(n * 3 + 1);
    size_t used = 0;
    if (!out) return NULL;
    for (size_t i = 0; i < n;) {
        size_t k = charset_utf8((const unsigned char *)bytes + i, n - i);
        memcpy(out + used, k ? bytes + i : "\xef\xbf\xbd", k ? k : 3);
        used += k ? k : 3;
        i += k ? k : 1;
    }
    out[used] = 0;
    *length = used;
    return out;
}

static char *charset_convert(iconv_t c, const char *bytes, size_t n, size_t *length)
{
    size_t size = n * 4 + 16, left = size - 1;
    char *out = malloc(size), *to = out, *from = (char *)bytes;
    while (out && n) {
        if (iconv(c, &from, &n, &to, &left) != (size_t)-1) break;
        if (errno == E2BIG || left < 3) break;
        memcpy(to, "\xef\xbf\xbd", 3);
        to += 3;
        left -= 3;
        from++;
        n--;
    }
    if (!out) return NULL;
    *to = 0;
    *length = (size_t)(to - out);
    return out;
}

char *charset_decode(const char *bytes, size_t n, const char *charset, size_t *length)
{
    if (n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        n -= 3;
    }
    iconv_t c = strcasecmp(charset, "UTF-8") == 0 ? (iconv_t)-1 : iconv_open("UTF-8", charset);
    if (c == (iconv_t)-1) return charset_mend(bytes, n, length); /* UTF-8, or a name that nobody knows */
    char *out = charset_convert(c, bytes, n, length);
    iconv_close(c);
    return out;
}
