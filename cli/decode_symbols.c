/* hepta decode --symbols: one frame as bits and levels on the cable. */
#include <stdlib.h>

#include "cli.h"
#include "decode.h"
#include "hepta/line_code.h"

enum { SYMBOLS_PER_LINE = 16 };         /* bits */

struct symbols {
    const struct hp_line_code *code;
    struct hp_bytes frame;
    uint8_t *level;
    size_t levels;
};

static void symbols_wave(const struct symbols *s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) fputs(s->level[i] ? "▔" : "▁", stdout);
    putchar('\n');
}

/* Two bytes: number of the first bit, bits as they go (Manchester: a bit is the level of its second half), levels. */
static void symbols_line(const struct symbols *s, const char *label, size_t first, size_t bits)
{
    printf("%-9s %5zu  ", label, first);
    for (size_t i = 0; i < SYMBOLS_PER_LINE; i++)
        printf("%s%c", i == 8 ? " " : "", i < bits ? '0' + s->level[(first + i) * s->code->per_bit + 1] : ' ');
    printf("  ");
    symbols_wave(s, first * s->code->per_bit, (first + bits) * s->code->per_bit);
}

static void symbols_run(const struct symbols *s, const struct hp_line_run *run)
{
    for (size_t i = 0; i < run->bits; i += SYMBOLS_PER_LINE) {
        size_t left = run->bits - i;
        symbols_line(s, i ? "" : run->label, run->first + i, left < SYMBOLS_PER_LINE ? left : SYMBOLS_PER_LINE);
    }
}

static void symbols_print(const struct symbols *s, uint64_t number)
{
    struct hp_line_run run[HP_LINE_RUNS_MAX];
    size_t runs = hp_line_code_runs(s->frame, run), end = 0;
    printf("frame %llu: %zu bytes with padding and FCS, in %s code: 0 is ▔▁, 1 is ▁▔; each byte lowest bit first\n\n", (unsigned long long)number, s->frame.n,
           s->code->name);
    for (size_t i = 0; i < runs; i++) {
        symbols_run(s, &run[i]);
        end = (run[i].first + run[i].bits) * s->code->per_bit;
    }
    printf("%-9s %5zu  %*s  ", "TP_IDL", end / s->code->per_bit, SYMBOLS_PER_LINE + 1, "");
    symbols_wave(s, end, s->levels);
}

int decode_symbols(const struct hp_pcap_record *r, uint64_t number)
{
    if (r->linktype != HP_PCAP_ETHERNET) return cli_error("frame %llu is not Ethernet: it has no form on an Ethernet cable", (unsigned long long)number);
    if (r->data.n + r->fcs < r->length)
        return cli_error("frame %llu: the capture holds %zu of its %u bytes, so that its FCS is not known", (unsigned long long)number, r->data.n, r->length);
    struct symbols s = {.code = &hp_line_code_manchester};
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
