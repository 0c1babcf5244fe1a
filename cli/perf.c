/* hepta perf: throughput between two machines of ours. */
#include <string.h>

#include "cli.h"

struct perf_verb {
    struct cli_machine machine;
    const char *host;
    bool server, down, exchange, stop;
    int64_t port, streams;
    hp_time duration;
    uint64_t bytes, message;
    struct hp_perf perf;
    struct hp_perf_server served;
};

static void perf_interval(void *ctx, hp_time from, hp_time to, uint64_t bytes)
{
    const struct perf_verb *v = ctx;
    char rate[32], all[32];
    if (v->machine.config.json) return;
    printf("%5.1f - %5.1f s  %10s  %s\n", (double)from / 1e9, (double)to / 1e9, cli_bytes(bytes, all, sizeof all),
           cli_rate(bytes, to - from, rate, sizeof rate));
    fflush(stdout);
}

static void perf_print(const struct perf_verb *v)
{
    const struct hp_perf *p = &v->perf;
    char bytes[32], rate[32], rtt[32];
    hp_time span = p->ended - p->began;
    if (v->machine.config.json) {
        printf("{\"bytes\":%llu,\"exchanges\":%llu,\"seconds\":%.6f,\"bits_per_second\":%.0f,\"retransmitted\":%u,\"cc\":\"%s\"}\n",
               (unsigned long long)p->total_bytes, (unsigned long long)p->exchanges, (double)span / 1e9,
               span > 0 ? (double)p->total_bytes * 8e9 / (double)span : 0, p->tcp.retrans, p->tcp.cc ? p->tcp.cc : "");
        return;
    }
    printf("%s in %.2f s: %s", cli_bytes(p->total_bytes, bytes, sizeof bytes), (double)span / 1e9, cli_rate(p->total_bytes, span, rate, sizeof rate));
    if (p->exchanges) printf(", %.0f exchanges per second", (double)p->exchanges * 1e9 / (double)span);
    printf("; %u retransmitted, rtt %s ms, %s\n", p->tcp.retrans, cli_ms(p->tcp.rtt, rtt, sizeof rtt), p->tcp.cc ? p->tcp.cc : "");
}

static void perf_client(struct perf_verb *v)
{
    struct cli_machine *m = &v->machine;
    if (!cli_resolve(m, v->host, HP_DNS_ANY, &v->perf.to.ip)) return;
    v->perf.to.port = (uint16_t)v->port;
    v->perf.direction = v->exchange ? HP_PERF_ECHO : v->down ? HP_PERF_DOWN : HP_PERF_UP;
    v->perf.streams = (int)v->streams;
    v->perf.duration = v->duration;
    v->perf.bytes = v->bytes;
    v->perf.message = (uint32_t)v->message;
    v->perf.interval = perf_interval;
    v->perf.ctx = v;
    int err = hp_perf(m->stack, &v->perf);
    if (err && err != HP_ECANCELED) cli_error("%s: %s", v->host, hp_err_text(err));
    if (!err || v->perf.total_bytes) perf_print(v);
    m->result = err ? CLI_FAILED : CLI_OK;
}

static void perf_program(struct cli_machine *m, void *arg)
{
    struct perf_verb *v = arg;
    if (!v->server) {
        perf_client(v);
        return;
    }
    v->served.port = (uint16_t)v->port;
    int err = hp_perf_serve(m->stack, &v->served);
    if (err) cli_error("the server could not start: %s", hp_err_text(err));
    else while (!v->stop && hp_sleep(m->stack, HP_MS(100)) == HP_OK) continue;
    m->result = err ? CLI_FAILED : CLI_OK;
}

static void perf_interrupt(void *arg)
{
    struct perf_verb *v = arg;
    v->stop = v->perf.stop = true;
}

int cli_perf(int argc, char **argv)
{
    struct perf_verb v = {.streams = 1};
    const struct cli_option own[] = {
        {"port", 'p', CLI_NUMBER, &v.port, "N", "TCP port: 5201", 0, 1, 65535},
        {"down", 'R', CLI_FLAG, &v.down, NULL, "the server sends", 0, 0, 0},
        {"exchange", 'x', CLI_FLAG, &v.exchange, NULL, "request and response instead of bulk", 0, 0, 0},
        {"streams", 'P', CLI_NUMBER, &v.streams, "N", "connections at once: 1", 0, 1, 1000},
        {"time", 't', CLI_SPAN, &v.duration, "TIME", "how long: 10 s", 0, 0, 0},
        {"bytes", 'n', CLI_SIZE, &v.bytes, "SIZE", "per stream, instead of a time", 0, 0, 0},
        {"message", 'l', CLI_SIZE, &v.message, "SIZE", "bytes per call: 128Ki; per request: 1", 0, 1, 1 << 24},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"perf [OPTION...] server | client HOST", "Measures throughput between two machines of ours, over TCP.",
        "  hepta perf --wire lab: client server\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 2);
    if (exit_code >= 0) return exit_code;
    v.server = strcmp(argv[1], "server") == 0 && words == 1;
    if (!v.server && (strcmp(argv[1], "client") != 0 || words != 2))
        return cli_usage_error("\"server\" or \"client HOST\" is wanted: hepta %s", usage.synopsis);
    v.machine.config.serves = v.server;
    v.host = words == 2 ? argv[2] : NULL;
    return cli_machine_run(&v.machine, perf_program, &v, perf_interrupt);
}
