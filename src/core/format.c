/* Messages: the few of printf's conversions that they need. */
#include <stdarg.h>

#include "core/bytes.h"
#include "core/text.h"

struct format_spec {
    int longs;              /* l, z: 1; ll: 2 */
    bool cut;               /* %.*s */
    int most;
    char conversion;
};

static const char *format_take(const char *p, struct format_spec *f)
{
    *f = (struct format_spec){0};
    if (p[0] == '.' && p[1] == '*') {
        f->cut = true;
        p += 2;
    }
    for (; *p == 'l' || *p == 'z'; p++) f->longs++;
    f->conversion = *p;
    return *p ? p + 1 : p;
}

static void format_text(struct text *t, const struct format_spec *f, const char *s)
{
    if (!s) s = "(none)";
    size_t n = 0;
    while (s[n] && !(f->cut && n >= (size_t)(f->most > 0 ? f->most : 0))) n++;
    text_bytes(t, s, n);
}

static void format_hex(struct text *t, uint64_t v)
{
    int digits = 1;
    while (digits < 16 && v >> (4 * digits)) digits++;
    text_hex(t, v, digits);
}

void text_format(struct text *t, const char *format, va_list args)
{
    while (*format) {
        struct format_spec f;
        const char *percent = strchr(format, '%');
        text_bytes(t, format, percent ? (size_t)(percent - format) : strlen(format));
        if (!percent) return;
        format = format_take(percent + 1, &f);
        if (f.cut) f.most = va_arg(args, int);
        switch (f.conversion) {
        case 's': format_text(t, &f, va_arg(args, const char *)); break;
        case 'c': text_char(t, (char)va_arg(args, int)); break;
        case 'd':
        case 'i': text_i64(t, f.longs == 0 ? va_arg(args, int) : f.longs == 1 ? va_arg(args, long) : va_arg(args, long long)); break;
        case 'u':
        case 'x': {
            uint64_t v = f.longs == 0 ? va_arg(args, unsigned) : f.longs == 1 ? va_arg(args, unsigned long) : va_arg(args, unsigned long long);
            if (f.conversion == 'u') text_u64(t, v);
            else format_hex(t, v);
            break;
        }
        case '%': text_char(t, '%'); break;
        default: assert(false && "a conversion that text_format does not know");
        }
    }
}
