/* hepta decode: a capture file as text: a line, a tree, or JSON per frame. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "decode.h"
#include "wire/dissect.h"

enum { DECODE_TERMS_MAX = 16, DECODE_TEXT = 1 << 17 };

/* One condition: a field is there, or compares so with a value. */
struct decode_term {
    char name[64], value[64], op[3];
    bool negated;
};

struct decode_verb {
    bool json, tree, symbols;
    int64_t count;
    const char *filter;
    struct decode_term term[DECODE_TERMS_MAX];
    int terms;
    bool met[DECODE_TERMS_MAX];         /* by the frame under way */
    bool first_field;
};

/* ---- filters: "tcp and ip.src == 10.0.0.1 and not tcp.flags.syn and frame.len > 100" ---- */

static bool filter_is_op(const char *text)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (strcmp(text, ops[i]) == 0) return true;
    return false;
}

/* The next word or operator of *at; false at the end. */
static bool filter_word(const char **at, char *out, size_t n)
{
    const char *p = *at;
    size_t used = 0;
    while (isspace((unsigned char)*p)) p++;
    bool op = *p && strchr("=!<>", *p);
    while (*p && !isspace((unsigned char)*p) && (strchr("=!<>", *p) != NULL) == op) {
        if (used + 1 < n) out[used++] = *p;
        p++;
    }
    out[used] = 0;
    *at = p;
    return used > 0;
}

static int filter_wrong(const char *text, const char *what)
{
    return cli_usage_error("--filter \"%s\": %s; it wants the form: tcp and ip.src == 10.0.0.1 and not tcp.flags.syn == 1", text, what);
}

static int filter_parse(struct decode_verb *v)
{
    const char *at = v->filter, *ahead;
    char word[64];
    while (at && filter_word(&at, word, sizeof word)) {
        if (v->terms == DECODE_TERMS_MAX) return filter_wrong(v->filter, "that is too long");
        struct decode_term *t = &v->term[v->terms++];
        if (strcmp(word, "not") == 0 || strcmp(word, "!") == 0) {
            t->negated = true;
            if (!filter_word(&at, word, sizeof word)) return filter_wrong(v->filter, "a field's name is missing after \"not\"");
        }
        if (strchr("=!<>", *word)) return filter_wrong(v->filter, "a field's name is missing");
        strcpy(t->name, word);
        ahead = at;
        if (filter_word(&ahead, word, sizeof word) && filter_is_op(word)) {
            strcpy(t->op, word);
            at = ahead;
            if (!filter_word(&at, t->value, sizeof t->value)) return filter_wrong(v->filter, "a value is missing");
        }
        if (!filter_word(&at, word, sizeof word)) return -1;
        if (strcmp(word, "and") != 0 && strcmp(word, "&&") != 0) return filter_wrong(v->filter, "conditions are joined by \"and\"");
        ahead = at;
        if (!filter_word(&ahead, word, sizeof word)) return filter_wrong(v->filter, "a condition is missing after \"and\"");
    }
    return -1;
}

static bool filter_compare(const struct decode_term *t, const char *text, uint64_t value, bool number)
{
    char *end;
    unsigned long long wanted = strtoull(t->value, &end, 0);
    int order = strcmp(text, t->value);
    if (number && *t->value && !*end) order = value < wanted ? -1 : value > wanted;
    switch (t->op[0]) {
    case '=': return order == 0;
    case '!': return order != 0;
    case '<': return t->op[1] ? order <= 0 : order < 0;
    case '>': return t->op[1] ? order >= 0 : order > 0;
    default: return true;
    }
}

static void filter_field(void *ctx, const struct dissect_field *f)
{
    struct decode_verb *v = ctx;
    for (int i = 0; i < v->terms; i++)
        if (strcmp(f->name, v->term[i].name) == 0 && filter_compare(&v->term[i], f->text, f->value, f->n <= 8)) v->met[i] = true;
}

static bool filter_passes(struct decode_verb *v, const struct hp_pcap_record *r)
{
    char length[24];
    if (!v->terms) return true;
    memset(v->met, 0, sizeof v->met);
    snprintf(length, sizeof length, "%u", r->length);
    filter_field(v, &(struct dissect_field){.name = "frame.len", .text = length, .value = r->length});
    if (r->comment.n) filter_field(v, &(struct dissect_field){.name = "frame.comment", .text = "", .n = 9});
    dissect(r->data, (enum dissect_link)r->linktype, filter_field, v);
    for (int i = 0; i < v->terms; i++)
        if (v->met[i] == v->term[i].negated) return false;
    return true;
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
        if (!filter_passes(v, &r)) continue;
        if (v->symbols) return decode_symbols(&r, number);
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
        {"symbols", 0, CLI_FLAG, &v.symbols, NULL, "the first frame (that passes the filter) as bits and levels on a 10BASE-T cable", 0, 0, 0},
        {"filter", 'f', CLI_TEXT, &v.filter, "TEXT", "only frames for which this holds, with Wireshark's names of fields", 0, 0, 0},
        {"count", 'c', CLI_NUMBER, &v.count, "N", "only so many frames", 0, 1, INT64_MAX},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"decode [OPTION...] FILE", "Prints a capture file (pcapng or pcap): a line per frame, with its comments.",
        "  hepta decode out.pcapng\n"
        "  hepta decode --filter 'tcp and ip.src == 10.7.0.1' -v out.pcapng\n"
        "  hepta decode --symbols --filter dns out.pcapng\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code < 0 && v.symbols && (v.json || v.tree)) exit_code = cli_usage_error("--symbols goes with neither --json nor --tree");
    if (exit_code < 0) exit_code = filter_parse(&v);
    return exit_code >= 0 ? exit_code : decode_file(argv[1], &v);
}
