/* hepta decode: a capture file as text. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

struct decode_verb {
    bool json;
    int64_t count;
};

static void decode_print(const struct hp_pcap_record *r, uint64_t number, hp_time since)
{
    static const char *const way[] = {"?", "<", ">"};
    char time[HP_TIME_TEXT];
    printf("%5llu %s %.*s %s %u bytes\n", (unsigned long long)number, hp_time_text(since, time, sizeof time), (int)r->name.n,
           (const char *)r->name.p, way[r->direction], r->length);
}

static int decode_file(const char *path, const struct decode_verb *v)
{
    struct hp_pcap_in *in = NULL;
    struct hp_pcap_record r;
    uint64_t number = 0;
    hp_time first = 0;
    int got, err = hp_pcap_open(path, &in);
    if (err == HP_EPROTO) return cli_error("%s is neither a pcapng nor a pcap file", path);
    if (err) return cli_error("%s cannot be read: %s", path, hp_err_text(err));
    while ((got = hp_pcap_next(in, &r)) > 0 && (!v->count || number < (uint64_t)v->count)) {
        if (!number++) first = r.time;
        decode_print(&r, number, r.time - first);
    }
    hp_pcap_in_close(in);
    return got < 0 ? cli_error("%s is damaged after frame %llu", path, (unsigned long long)number) : CLI_OK;
}

int cli_decode(int argc, char **argv)
{
    struct decode_verb v = {.json = false};
    const struct cli_option own[] = {
        {"json", 0, CLI_FLAG, &v.json, NULL, "one JSON object per frame", 0, 0, 0},
        {"count", 'c', CLI_NUMBER, &v.count, "N", "only so many frames", 0, 1, INT64_MAX},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"decode [OPTION...] FILE", "Prints a capture file (pcapng or pcap).", "  hepta decode out.pcapng\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    return exit_code >= 0 ? exit_code : decode_file(argv[1], &v);
}
