/* hepta decode --symbols: one frame as bits and levels on the cable. */
#include <stdlib.h>

#include "cli.h"
#include "decode.h"
#include "hepta/line_code.h"

enum { SYMBOLS_BYTES = 2, SYMBOLS_PREAMBLE = 0x55, SYMBOLS_SFD = 0xd5, SYMBOLS_LEADING = 8 };    /* bytes of a line; what is before a frame */

struct symbols {
    const struct hp_line_code *code;
    struct hp_bytes frame;
    uint8_t *level;
    size_t levels;
};

static void symbols_wave(const struct symbols *s, size_t from, size_t to)
{
    static const char *const two[] = {"▁", "▔"}, *const three[] = {"▁", "─", "▔"};
    for (size_t i = from; i < to; i++) fputs((s->code->levels == 2 ? two : three)[s->level[i]], stdout);
    putchar('\n');
}

static unsigned symbols_byte(const struct symbols *s, size_t at)
{
    if (at < SYMBOLS_LEADING) return at < SYMBOLS_LEADING - 1 ? SYMBOLS_PREAMBLE : SYMBOLS_SFD;
    return s->frame.p[at - SYMBOLS_LEADING];
}

/* "10100101", lowest first. */
static void symbols_bits(unsigned byte)
{
    for (int i = 0; i < 8; i++) putchar('0' + (byte >> i & 1));
}

static void symbols_group(unsigned group, char name)
{
    printf(" %c ", name);
    for (int i = 4; i >= 0; i--) putchar('0' + (group >> i & 1));
}

/* The two groups of a byte. */
static void symbols_groups(const struct symbols *s, size_t at)
{
    unsigned byte = symbols_byte(s, at);
    symbols_group(at ? hp_line_code_4b5b(byte & 15) : 0x18, at ? "0123456789ABCDEF"[byte & 15] : 'J');
    symbols_group(at ? hp_line_code_4b5b(byte >> 4) : 0x11, at ? "0123456789ABCDEF"[byte >> 4] : 'K');
}

/* Some bytes: number of the first bit, bits as they go, code groups, levels. */
static void symbols_line(const struct symbols *s, const char *label, size_t first, size_t bytes)
{
    printf("%-9s %5zu ", label, 8 * first);
    for (size_t i = 0; i < SYMBOLS_BYTES; i++) {
        putchar(' ');
        if (i < bytes) symbols_bits(symbols_byte(s, first + i));
        else printf("%8s", "");
    }
    for (size_t i = 0; i < SYMBOLS_BYTES && s->code == &hp_line_code_4b5b_mlt3; i++) {
        if (i < bytes) symbols_groups(s, first + i);
        else printf("%16s", "");
    }
    printf("  ");
    symbols_wave(s, first * s->code->per_byte, (first + bytes) * s->code->per_byte);
}

static void symbols_run(const struct symbols *s, const struct hp_line_run *run)
{
    for (size_t i = 0; i < run->bits / 8; i += SYMBOLS_BYTES) {
        size_t left = run->bits / 8 - i;
        symbols_line(s, i ? "" : run->label, run->first / 8 + i, left < SYMBOLS_BYTES ? left : SYMBOLS_BYTES);
    }
}

static void symbols_end(const struct symbols *s, size_t bits)
{
    bool groups = s->code == &hp_line_code_4b5b_mlt3;
    printf("%-9s %5zu  %*s", groups ? "end, idle" : "TP_IDL", bits, 8 * SYMBOLS_BYTES + 1, "");
    printf("%s  ", groups ? " T 01101 R 00111 I 11111 I 11111" : "");
    symbols_wave(s, bits / 8 * s->code->per_byte, s->levels);
}

static void symbols_print(const struct symbols *s, uint64_t number)
{
    struct hp_line_run run[HP_LINE_RUNS_MAX];
    size_t runs = hp_line_code_runs(s->frame, run), end = 0;
    printf("frame %llu: %zu bytes with padding and FCS, in %s code: %s; each byte lowest bit first\n\n", (unsigned long long)number, s->frame.n, s->code->name,
           s->code->levels == 2 ? "0 is ▔▁, 1 is ▁▔"
                                : "each nibble a group of five, scrambled; then a 1 is a step, a 0 none");
    for (size_t i = 0; i < runs; i++) {
        symbols_run(s, &run[i]);
        end = run[i].first + run[i].bits;
    }
    symbols_end(s, end);
}

int decode_symbols(const struct hp_pcap_record *r, uint64_t number, const struct hp_line_code *code)
{
    if (r->linktype != HP_PCAP_ETHERNET) return cli_error("frame %llu is not Ethernet: it has no form on an Ethernet cable", (unsigned long long)number);
    if (r->data.n + r->fcs < r->length)
        return cli_error("frame %llu: the capture holds %zu of its %u bytes, so that its FCS is not known", (unsigned long long)number, r->data.n, r->length);
    struct symbols s = {.code = code};
    size_t room = r->data.n + 64, levels = s.code->symbols(room);
    uint8_t *bytes = malloc(room);
    s.level = malloc(levels);
    if (bytes && s.level) {
        s.frame = (struct hp_bytes){bytes, hp_line_code_frame(r->data, bytes, room)};
        s.levels = hp_line_code_symbols(s.code, s.frame, s.level, levels);
        symbols_print(&s, number);
    }
    int exit_code = bytes && s.level ? CLI_OK : cli_error("out of memory");
    free(bytes);
    free(s.level);
    return exit_code;
}
