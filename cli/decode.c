/* hepta decode: a capture file as text: a line, a tree, or JSON per frame. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "decode.h"
#include "core/utf8.h"
#include "wire/filter.h"

enum { DECODE_TEXT = 1 << 17, DECODE_COMMENT = 1 << 12 };

struct decode_verb {
    bool json, tree, symbols;
    const char *code_name;
    const struct hp_line_code *code;
    int64_t count;
    const char *filter;
    struct filter parsed;
    bool first_field;
};

/* ---- what to show ---- */

static size_t decode_cells(const char *from, const char *to)
{
    size_t cells = 0;
    while (from < to) {
        uint32_t code = ' ';
        size_t took = utf8_take(from, (size_t)(to - from), &code);
        cells += took ? utf8_cells(code) : 1;
        from += took ? took : 1;
    }
    return cells;
}

static int decode_filter(struct decode_verb *v)
{
    struct filter_wrong wrong;
    char word[FILTER_VALUE_MAX + 1];
    const char *wanted = v->filter ? filter_parse(v->filter, &v->parsed, &wrong) : NULL;
    if (!wanted) return -1;
    size_t column = decode_cells(v->filter, wrong.at);
    snprintf(word, sizeof word, "%.*s", (int)wrong.n, wrong.at);
    const char *near = wrong.nearest ? hp_nearest(word, wrong.nearest) : NULL;
    if (wrong.n) cli_usage_error("--filter:1:%zu: \"%s\": %s is wanted%s%s%s", column + 1, word, wanted, near ? "; did you mean \"" : "",
                                 near ? near : "", near ? "\"?" : "");
    else cli_usage_error("--filter:1:%zu: the filter ends where %s is wanted", column + 1, wanted);
    fprintf(stderr, "    %s\n    %*s^\n", v->filter, (int)column, "");
    return CLI_USAGE;
}

static bool decode_passes(const struct decode_verb *v, const struct hp_pcap_record *r)
{
    char comment[DECODE_COMMENT];
    struct filter_frame frame = {.data = r->data, .link = (enum dissect_link)r->linktype, .length = r->length};
    if (!v->filter) return true;
    if (r->comment.n) {
        snprintf(comment, sizeof comment, "%.*s", (int)r->comment.n, (const char *)r->comment.p);
        frame.comment = comment;
    }
    return filter_match(&v->parsed, &frame);
}

/* ---- printing ---- */

static void decode_comments(struct hp_bytes text)
{
    while (text.n) {
        const uint8_t *line = memchr(text.p, '\n', text.n);
        size_t n = line ? (size_t)(line - text.p) : text.n;
        printf("      # %.*s\n", (int)n, (const char *)text.p);
        text.p += line ? n + 1 : n;
        text.n -= line ? n + 1 : n;
    }
}

static void decode_line(const struct hp_pcap_record *r, uint64_t number, hp_time since, char *text)
{
    static const char *const way[] = {"-", "<", ">"};
    char time[HP_TIME_TEXT];
    dissect_line(r->data, (enum dissect_link)r->linktype, text, DECODE_TEXT);
    printf("%5llu %s", (unsigned long long)number, hp_time_text(since, time, sizeof time));
    if (r->name.n) printf(" %.*s", (int)r->name.n, (const char *)r->name.p);
    printf(" %s %s\n", way[r->direction], text);
    decode_comments(r->comment);
}

static void decode_tree(const struct hp_pcap_record *r, char *text)
{
    dissect_tree(r->data, (enum dissect_link)r->linktype, text, DECODE_TEXT);
    printf("%s\n", text);
}

static void decode_json_field(void *ctx, const struct dissect_field *f)
{
    struct decode_verb *v = ctx;
    printf("%s{\"name\":\"%s\",\"depth\":%u", v->first_field ? "" : ",", f->name, f->depth);
    if (f->n) printf(",\"at\":%zu,\"n\":%zu", f->at, f->n);
    printf(",\"text\":");
    cli_json_text(stdout, f->text, strlen(f->text));
    printf("}");
    v->first_field = false;
}

static void decode_json(struct decode_verb *v, const struct hp_pcap_record *r, uint64_t number)
{
    static const char *const way[] = {"unknown", "in", "out"};
    printf("{\"number\":%llu,\"time\":%lld.%09lld,\"interface\":", (unsigned long long)number, (long long)(r->time / HP_S(1)),
           (long long)(r->time % HP_S(1)));
    cli_json_text(stdout, (const char *)r->name.p, r->name.n);
    printf(",\"direction\":\"%s\",\"id\":%llu,\"length\":%u,\"comment\":", way[r->direction], (unsigned long long)r->id, r->length);
    cli_json_text(stdout, (const char *)r->comment.p, r->comment.n);
    printf(",\"fields\":[");
    v->first_field = true;
    dissect(r->data, (enum dissect_link)r->linktype, decode_json_field, v);
    printf("]}\n");
}

/* What dissect() is told: bare IP has several numbers, and a frame check sequence is no part of what it reads. */
static void decode_normalize(struct hp_pcap_record *r)
{
    enum { PCAP_RAW_BSD = 12, PCAP_RAW_OPENBSD = 14, PCAP_IPV4 = 228, PCAP_IPV6 = 229 };
    if (r->linktype == PCAP_RAW_BSD || r->linktype == PCAP_RAW_OPENBSD || r->linktype == PCAP_IPV4 || r->linktype == PCAP_IPV6)
        r->linktype = HP_PCAP_IP;
    r->data.n -= r->fcs < r->data.n ? r->fcs : r->data.n;
}

static int decode_frames(struct hp_pcap_in *in, struct decode_verb *v, char *text)
{
    struct hp_pcap_record r;
    uint64_t number = 0, shown = 0;
    hp_time first = 0;
    for (int got; (got = hp_pcap_next(in, &r));) {
        if (got < 0) return cli_error("the file is damaged after frame %llu", (unsigned long long)number);
        if (!number++) first = r.time;
        decode_normalize(&r);
        if (!decode_passes(v, &r)) continue;
        if (v->symbols) return decode_symbols(&r, number, v->code);
        if (v->json) decode_json(v, &r, number);
        else decode_line(&r, number, r.time - first, text);
        if (v->tree && !v->json) decode_tree(&r, text);
        if (ferror(stdout) || (v->count && ++shown == (uint64_t)v->count)) break;
    }
    return v->symbols ? cli_error("there is no frame to show%s", v->filter ? " that passes the filter" : "") : CLI_OK;
}

static int decode_file(const char *path, struct decode_verb *v)
{
    struct hp_pcap_in *in = NULL;
    int err = hp_pcap_open(path, &in);
    if (err == HP_EPROTO) return cli_error("%s is neither a pcapng nor a pcap file", path);
    if (err) return cli_error("%s cannot be read: %s", path, hp_err_text(err));
    char *text = malloc(DECODE_TEXT);
    int exit_code = text ? decode_frames(in, v, text) : cli_error("out of memory");
    free(text);
    hp_pcap_in_close(in);
    return exit_code;
}

int cli_decode(int argc, char **argv)
{
    struct decode_verb v = {.json = false};
    const struct cli_option own[] = {
        {"tree", 'v', CLI_FLAG, &v.tree, NULL, "every field of every layer", 0, 0, 0},
        {"json", 0, CLI_FLAG, &v.json, NULL, "one JSON object per frame, with every field", 0, 0, 0},
        {"symbols", 0, CLI_FLAG, &v.symbols, NULL, "the first frame (that passes the filter) as bits and levels on a cable", 0, 0, 0},
        {"code", 0, CLI_TEXT, &v.code_name, "NAME", "of that cable: manchester (10BASE-T) or 4b5b-mlt3 (100BASE-TX)", 0, 0, 0},
        {"filter", 'f', CLI_TEXT, &v.filter, "TEXT", "only frames for which this holds: see above", 0, 0, 0},
        {"count", 'c', CLI_NUMBER, &v.count, "N", "only so many frames", 0, 1, INT64_MAX},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"decode [OPTION...] FILE", "Prints a capture file (pcapng or pcap): a line per frame, with its comments.\n\n"
        "A filter has Wireshark's names of fields (hepta show fields lists them), frame.len and frame.comment, alone or with == != < <= > >= contains and a number\n"
        "or a text, joined by and (&&), or (||), not (!) and parentheses.  A field alone means: it is there and not 0.  Rules of a lab (docs/LAB.md) take\n"
        "the same filters.",
        "  hepta decode out.pcapng\n"
        "  hepta decode --filter 'tcp and ip.src == 10.7.0.1' -v out.pcapng\n"
        "  hepta decode --filter 'tcp.flags.syn and not (ip.dst == 10.7.0.1 or frame.len > 100)' out.pcapng\n"
        "  hepta decode --filter 'frame.comment contains \"DROP WIRE\"' out.pcapng\n"
        "  hepta decode --symbols --filter dns out.pcapng\n"
        "  hepta decode --symbols --code 4b5b-mlt3 out.pcapng\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code < 0 && v.symbols && (v.json || v.tree)) exit_code = cli_usage_error("--symbols goes with neither --json nor --tree");
    v.code = v.code_name ? hp_line_code_find(v.code_name) : &hp_line_code_manchester;
    if (exit_code < 0 && !v.code) exit_code = cli_usage_error("there is no line code \"%s\"; there are: manchester, 4b5b-mlt3", v.code_name);
    if (exit_code < 0 && v.code_name && !v.symbols) exit_code = cli_usage_error("--code goes with --symbols");
    if (exit_code < 0) exit_code = decode_filter(&v);
    return exit_code >= 0 ? exit_code : decode_file(argv[1], &v);
}
