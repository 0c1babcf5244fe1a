/* hepta ping: is a host there, and how far? */
#include <string.h>

#include "cli.h"

struct ping_verb {
    struct cli_machine machine;
    const char *host;
    int64_t count, size, ttl;
    hp_time interval, timeout;
    bool v4, v6, quiet;
    struct hp_ping ping;
    double sum_of_squares;
    hp_time began;
};

static const char *ping_reason(const struct hp_ping_reply *r)
{
    return r->error == HP_ETIMEDOUT ? "no answer" : hp_err_text(r->error);
}

static void ping_print_json(const struct hp_ping_reply *r)
{
    char from[HP_IP_TEXT], ms[32];
    if (r->error) printf("{\"seq\":%u,\"error\":\"%s\"}\n", r->seq, ping_reason(r));
    else printf("{\"seq\":%u,\"from\":\"%s\",\"bytes\":%u,\"ttl\":%u,\"ms\":%s,\"duplicate\":%s,\"damaged\":%s}\n", r->seq,
                hp_ip_text(&r->from, from, sizeof from), r->bytes, r->ttl, cli_ms(r->rtt, ms, sizeof ms), r->duplicate ? "true" : "false",
                r->damaged ? "true" : "false");
}

static void ping_print(const struct hp_ping_reply *r)
{
    char from[HP_IP_TEXT], ms[32];
    if (r->error == HP_ETIMEDOUT) printf("no answer yet for icmp_seq=%u\n", r->seq);
    else if (r->error) printf("From %s icmp_seq=%u %s (type %u, code %u)\n", hp_ip_text(&r->from, from, sizeof from), r->seq, ping_reason(r),
                              r->icmp_type, r->icmp_code);
    else printf("%u bytes from %s: icmp_seq=%u ttl=%u time=%s ms%s%s\n", r->bytes + 8, hp_ip_text(&r->from, from, sizeof from), r->seq, r->ttl,
                cli_ms(r->rtt, ms, sizeof ms), r->duplicate ? " (DUP!)" : "", r->damaged ? " (DAMAGED!)" : "");
}

static void ping_reply(void *ctx, const struct hp_ping_reply *r)
{
    struct ping_verb *v = ctx;
    if (!r->error && !r->duplicate) v->sum_of_squares += (double)r->rtt * (double)r->rtt;
    if (v->quiet) return;
    if (v->machine.config.json) ping_print_json(r);
    else ping_print(r);
    fflush(stdout);
}

/* The standard deviation, by Newton's root: the command does without the mathematics library. */
static hp_time ping_deviation(const struct ping_verb *v)
{
    double n = v->ping.received, mean = (double)v->ping.rtt_sum / n, variance = v->sum_of_squares / n - mean * mean;
    double root = variance > 1 ? variance : 1;
    for (int i = 0; i < 64; i++) root = (root + variance / root) / 2;
    return variance > 0 ? (hp_time)root : 0;
}

static void ping_summary(const struct ping_verb *v)
{
    const struct hp_ping *p = &v->ping;
    char a[32], b[32], c[32], d[32], all[32];
    uint32_t lost = p->sent > p->received ? p->sent - p->received : 0;
    hp_time mean = p->received ? p->rtt_sum / p->received : 0, deviation = p->received ? ping_deviation(v) : 0;
    cli_ms(p->rtt_min, a, sizeof a);
    cli_ms(mean, b, sizeof b);
    cli_ms(p->rtt_max, c, sizeof c);
    cli_ms(deviation, d, sizeof d);
    if (v->machine.config.json) {
        printf("{\"host\":\"%s\",\"sent\":%u,\"received\":%u,\"duplicates\":%u,\"errors\":%u,\"min_ms\":%s,\"avg_ms\":%s,\"max_ms\":%s,"
               "\"mdev_ms\":%s}\n", v->host, p->sent, p->received, p->duplicates, p->errors, a, b, c, d);
        return;
    }
    printf("\n--- %s ping statistics ---\n%u packets transmitted, %u received", v->host, p->sent, p->received);
    if (p->duplicates) printf(", +%u duplicates", p->duplicates);
    if (p->errors) printf(", +%u errors", p->errors);
    printf(", %.4g%% packet loss, time %lldms\n", p->sent ? 100.0 * lost / p->sent : 0.0,
           (long long)((hp_now(v->machine.stack) - v->began) / HP_MS(1)));
    if (p->received) printf("rtt min/avg/max/mdev = %s/%s/%s/%s ms\n", a, b, c, cli_ms(deviation, all, sizeof all));
}

static void ping_program(struct cli_machine *m, void *arg)
{
    struct ping_verb *v = arg;
    char text[HP_IP_TEXT];
    enum hp_dns_family family = v->v6 ? HP_DNS_V6 : v->v4 ? HP_DNS_V4 : HP_DNS_ANY;
    if (!cli_resolve(m, v->host, family, &v->ping.to)) return;
    v->ping.count = (uint32_t)v->count;
    v->ping.size = (uint32_t)v->size;
    v->ping.interval = v->interval;
    v->ping.timeout = v->timeout;
    v->ping.ttl = (int)v->ttl;
    v->ping.reply = ping_reply;
    v->ping.ctx = v;
    v->began = hp_now(m->stack);
    int headers = hp_ip_is4(&v->ping.to) ? 28 : 48;
    if (!m->config.json)
        printf("PING %s (%s) %u(%u) bytes of data.\n", v->host, hp_ip_text(&v->ping.to, text, sizeof text), v->ping.size,
               v->ping.size + (uint32_t)headers);
    int err = hp_ping(m->stack, &v->ping);
    if (err && err != HP_ETIMEDOUT && err != HP_ECANCELED && !v->ping.received) cli_error("%s: %s", v->host, hp_err_text(err));
    ping_summary(v);
    m->result = v->ping.received ? CLI_OK : CLI_FAILED;
}

static void ping_interrupt(void *arg) { ((struct ping_verb *)arg)->ping.stop = true; }

int cli_ping(int argc, char **argv)
{
    struct ping_verb v = {.size = 56};
    const struct cli_option own[] = {
        {"count", 'c', CLI_NUMBER, &v.count, "N", "stop after so many (otherwise Ctrl-C)", 0, 1, UINT32_MAX},
        {"interval", 'i', CLI_SPAN, &v.interval, "TIME", "between requests: 1 s", 0, 0, 0},
        {"size", 's', CLI_NUMBER, &v.size, "N", "bytes of data: 56", 0, 0, 65507},
        {"timeout", 'W', CLI_SPAN, &v.timeout, "TIME", "to wait for an answer: 1 s", 0, 0, 0},
        {"ttl", 't', CLI_NUMBER, &v.ttl, "N", "time to live, hop limit", 0, 1, 255},
        {"ipv4", '4', CLI_FLAG, &v.v4, NULL, "IPv4 only", 0, 0, 0},
        {"ipv6", '6', CLI_FLAG, &v.v6, NULL, "IPv6 only", 0, 0, 0},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "only the summary", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"ping [OPTION...] HOST", "Asks whether a host is there, and how far (ICMP and ICMPv6 echo).",
        "  hepta ping --wire lab: server\n"
        "  sudo hepta ping --wire tap:hepta0,host=10.7.0.1/24 --addr 10.7.0.2/24 -c 3 10.7.0.1\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    v.host = argv[1];
    v.machine.config.paced = !v.count;
    return cli_machine_run(&v.machine, ping_program, &v, ping_interrupt);
}
