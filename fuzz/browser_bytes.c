/* What else of a page is foreign bytes: charsets, references, content codings, pictures.  The first byte says which. */
#include "browser/charset.h"
#include "browser/gunzip.h"
#include "browser/idn.h"
#include "browser/image.h"
#include "browser/unicode.h"
#include "browser/url.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_charset(const char *p, size_t n)
{
    static const char *const names[] = {"UTF-8", "CP949", "CP1252", "UTF-16LE", "GB18030", "CP932", "nonsense"};
    char found[CHARSET_NAME];
    charset_find(p, n, NULL, found);
    if (!memchr(found, 0, sizeof found)) abort();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length, again;
        char *text = charset_decode(p, n, names[i], &length);
        if (!text || strlen(text) > length) abort();
        char *twice = charset_decode(text, length, "UTF-8", &again); /* what came out is valid: nothing of it changes, but for a mark in front */
        if (!twice || again > length || memcmp(twice, text + (length - again), again) != 0) abort();
        if (unicode_text_width(text, length) < 0) abort();
        free(twice);
        free(text);
    }
}

static void fuzz_name(const char *text)
{
    char out[URL_MAX], again[URL_MAX];
    const char *why;
    if (!idn_url(text, out, sizeof out, &why)) return;
    const char *scheme = strstr(out, "://"), *host = scheme && scheme < strpbrk(out, "/?#") ? scheme + 3 : out; /* "://" may also be in a path */
    for (const char *c = host; *c && !strchr("/?#:@", *c); c++)
        if ((unsigned char)*c >= 128 || *c == '%') abort();
    if (!idn_url(out, again, sizeof again, &why) || strcmp(out, again) != 0) abort(); /* what is ASCII stays */
    idn_shown(out, again, sizeof again);
}

static void fuzz_url(const char *p, size_t n)
{
    char text[512], out[URL_MAX];
    if (n >= sizeof text) n = sizeof text - 1;
    memcpy(text, p, n);
    text[n] = 0;
    char *base = strchr(text, '\n');
    if (base) *base++ = 0;
    fuzz_name(text);
    if (!url_resolve(base ? base : "http://a/b/c/d;p?q", text, out, sizeof out)) return;
    const char *scheme = strchr(out, ':');
    if (!scheme) abort();
    const char *path = strncmp(scheme, "://", 3) == 0 ? strchr(scheme + 3, '/') : NULL; /* else what follows it is opaque */
    const char *end = strpbrk(out, "?#"), *up = path ? strstr(path, "/../") : NULL;
    if (up && (!end || up < end)) abort();
    for (const char *c = out; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 127) abort();
}

static void fuzz_gunzip(const uint8_t *p, size_t n)
{
    size_t length;
    bool whole;
    uint8_t *out = gunzip(p, n, 1 << 16, &length, &whole);
    if (!out || length > 1 << 16) abort();
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    switch (data[0] % 4) {
    case 0: fuzz_charset((const char *)data + 1, n - 1); break;
    case 1: fuzz_url((const char *)data + 1, n - 1); break;
    case 2: fuzz_gunzip(data + 1, n - 1); break;
    case 3: image_free(image_read(data + 1, n - 1, IMAGE_PIXELS_MAX)); break;
    }
    return 0;
}
