/* Numbers as people read them, columns of a terminal, and strings for JSON. */
#include <string.h>

#include "cli.h"
#include "core/utf8.h"

const char *cli_ms(hp_time t, char *buf, size_t n)
{
    snprintf(buf, n, "%lld.%03lld", (long long)(t / HP_MS(1)), (long long)(t % HP_MS(1) / 1000));
    return buf;
}

static const char *text_scaled(double v, const char *unit, char *buf, size_t n)
{
    static const char *const prefix[] = {"", "k", "M", "G", "T"};
    int i = 0;
    for (; v >= 999.5 && i < 4; i++) v /= 1000;
    snprintf(buf, n, "%.*f %s%s", i && v < 100 ? v < 10 ? 2 : 1 : 0, v, prefix[i], unit);
    return buf;
}

const char *cli_bytes(uint64_t v, char *buf, size_t n) { return text_scaled((double)v, "B", buf, n); }

const char *cli_rate(uint64_t bytes, hp_time span, char *buf, size_t n)
{
    return text_scaled(span > 0 ? (double)bytes * 8e9 / (double)span : 0, "bit/s", buf, n);
}

void cli_json_text(FILE *f, const char *text, size_t n)
{
    fputc('"', f);
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') fprintf(f, "\\%c", c);
        else if (c < 0x20 || c == 0x7f) fprintf(f, "\\u%04x", c);
        else fputc(c, f);
    }
    fputc('"', f);
}

const char *cli_pad(const char *text, int columns, char *buf, size_t n)
{
    int blanks = columns - (int)utf8_text_cells(text, strlen(text));
    snprintf(buf, n, "%s%*s", text, blanks > 0 ? blanks : 0, "");
    return buf;
}

size_t cli_fit(const char *text, int columns)
{
    size_t at = 0, n = strlen(text), took;
    for (uint32_t code; at < n; at += took) {
        took = utf8_take(text + at, n - at, &code);
        columns -= !took || code < 0x20 || code == 0x7f ? 1 : (int)utf8_cells(code);
        if (columns < 0) break;
        if (!took) took = 1;
    }
    return at;
}
