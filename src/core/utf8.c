/* UTF-8 and widths. */
#include "core/utf8.h"

static const struct { uint32_t first, last; } utf8_wide[] = {
    {0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x2e80, 0x303e}, {0x3041, 0x33ff}, {0x3400, 0x4dbf},
    {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97f}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};
static const struct { uint32_t first, last; } utf8_zero[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x1160, 0x11ff}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20ff}, {0xd7b0, 0xd7ff}, {0xfe00, 0xfe0f},
    {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0001, 0xe01ef}};

size_t utf8_take(const char *s, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (!n) return 0;
    uint8_t c = (uint8_t)s[0];
    size_t take = c < 0x80 ? 1 : c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
    if (take == 0 || take > n) return 0;
    uint32_t v = take == 1 ? c : c & (0x7fu >> take);
    for (size_t i = 1; i < take; i++) {
        if (((uint8_t)s[i] & 0xc0) != 0x80) return 0;
        v = v << 6 | ((uint8_t)s[i] & 0x3f);
    }
    if (v < least[take] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) return 0;
    *code = v;
    return take;
}

size_t utf8_put(char out[4], uint32_t code)
{
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
    size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; code >>= 6) out[i] = (char)(0x80 | (code & 0x3f));
    out[0] = (char)(n == 1 ? code : (0xf00u >> n & 0xff) | code);
    return n;
}

unsigned utf8_cells(uint32_t code)
{
    if (code >= 0x20 && code < 0x7f) return 1;
    for (unsigned i = 0; i < sizeof utf8_zero / sizeof *utf8_zero; i++)
        if (code >= utf8_zero[i].first && code <= utf8_zero[i].last) return 0;
    for (unsigned i = 0; i < sizeof utf8_wide / sizeof *utf8_wide; i++)
        if (code >= utf8_wide[i].first && code <= utf8_wide[i].last) return 2;
    return 1;
}

size_t utf8_text_cells(const char *s, size_t n)
{
    size_t cells = 0;
    while (n) {
        uint32_t code = 0;
        size_t took = utf8_take(s, n, &code);
        cells += took ? utf8_cells(code) : 1;
        took += !took;
        s += took;
        n -= took;
    }
    return cells;
}
