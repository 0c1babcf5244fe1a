/* The only file that knows libunistring. */
#include "unicode.h"

#include <string.h>
#include <unilbrk.h>
#include <unistr.h>
#include <uniwidth.h>

uint32_t unicode_char(const char *p, const char *end, size_t *n)
{
    ucs4_t c;
    int k = u8_mbtouc(&c, (const uint8_t *)p, (size_t)(end - p));
    *n = k > 0 ? (size_t)k : 1;
    return c;
}

int unicode_width(uint32_t c)
{
    if (c >= 0x1160 && c <= 0x11ff) return 0; /* the vowels and finals of a Hangul syllable in parts: in the cells of its initial */
    int w = uc_width(c, "UTF-8");
    return w < 0 ? 0 : w;
}

int unicode_text_width(const char *p, size_t n)
{
    int width = 0;
    for (const char *end = p + n; p < end;) {
        size_t k;
        width += unicode_width(unicode_char(p, end, &k));
        p += k;
    }
    return width;
}

bool unicode_is_hangul(uint32_t c) { return (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff) || (c >= 0x3130 && c <= 0x318f); }

void unicode_breaks(const char *p, size_t n, char *breaks)
{
    u8_possible_linebreaks((const uint8_t *)p, n, "UTF-8", breaks);
    for (size_t i = 0; i < n; i++) breaks[i] = breaks[i] == UC_BREAK_POSSIBLE || breaks[i] == UC_BREAK_MANDATORY;
}
