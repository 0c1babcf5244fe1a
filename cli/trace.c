/* hepta trace: the routers on the way to a host. */
#include "cli.h"

struct trace_verb {
    struct cli_machine machine;
    const char *host;
    int64_t first, max, probes;
    hp_time timeout;
    bool udp, v4, v6;
    struct hp_traceroute route;
    struct hp_ip last;                  /* who answered last on this line */
};

static const char *trace_mark(const struct hp_hop *h)
{
    switch (h->error) {
    case HP_OK: case HP_ETIMEDOUT: return "";
    case HP_ECONNREFUSED: return " !P";
    case HP_ENETUNREACH: return " !N";
    case HP_EACCES: return " !X";
    case HP_EMSGSIZE: return " !F";
    default: return h->icmp_type == 11 || h->icmp_type == 3 ? h->icmp_type == 3 && h->icmp_code ? " !H" : "" : " !";
    }
}

static void trace_print(struct trace_verb *v, const struct hp_hop *h)
{
    char from[HP_IP_TEXT], ms[32];
    if (h->probe == 1) {
        printf("%2d ", h->ttl);
        v->last = (struct hp_ip){{0}};
    }
    if (h->error == HP_ETIMEDOUT) {
        printf(" *");
    } else {
        if (!hp_ip_equal(&h->from, &v->last)) printf(" %s", hp_ip_text(&h->from, from, sizeof from));
        v->last = h->from;
        printf("  %s ms%s", cli_ms(h->rtt, ms, sizeof ms), trace_mark(h));
    }
    if (h->probe == v->route.probes) putchar('\n');
}

static void trace_print_json(const struct hp_hop *h)
{
    char from[HP_IP_TEXT], ms[32];
    printf("{\"ttl\":%d,\"probe\":%d", h->ttl, h->probe);
    if (h->error == HP_ETIMEDOUT) printf("}\n");
    else printf(",\"from\":\"%s\",\"ms\":%s,\"type\":%u,\"code\":%u}\n", hp_ip_text(&h->from, from, sizeof from),
                cli_ms(h->rtt, ms, sizeof ms), h->icmp_type, h->icmp_code);
}

static void trace_hop(void *ctx, const struct hp_hop *h)
{
    struct trace_verb *v = ctx;
    if (v->machine.config.json) trace_print_json(h);
    else trace_print(v, h);
    fflush(stdout);
}

static void trace_program(struct cli_machine *m, void *arg)
{
    struct trace_verb *v = arg;
    char text[HP_IP_TEXT];
    if (!cli_resolve(m, v->host, v->v6 ? HP_DNS_V6 : v->v4 ? HP_DNS_V4 : HP_DNS_ANY, &v->route.to)) return;
    v->route.ttl_first = (int)v->first;
    v->route.ttl_max = (int)v->max;
    v->route.probes = (int)v->probes;
    v->route.timeout = v->timeout;
    v->route.udp = v->udp;
    v->route.hop = trace_hop;
    v->route.ctx = v;
    if (!m->config.json)
        printf("trace to %s (%s), %d hops at most\n", v->host, hp_ip_text(&v->route.to, text, sizeof text), v->route.ttl_max);
    int err = hp_traceroute(m->stack, &v->route);
    if (err == HP_ETIMEDOUT) cli_error("%s did not answer within %d hops", v->host, v->route.ttl_max);
    else if (err && err != HP_ECANCELED) cli_error("%s: %s", v->host, hp_err_text(err));
    m->result = v->route.hops ? CLI_OK : CLI_FAILED;
}

static void trace_interrupt(void *arg) { ((struct trace_verb *)arg)->route.stop = true; }

int cli_trace(int argc, char **argv)
{
    struct trace_verb v = {.first = 1, .max = 30, .probes = 3, .timeout = HP_S(1)};
    const struct cli_option own[] = {
        {"first", 'f', CLI_NUMBER, &v.first, "N", "begin at this distance: 1", 0, 1, 255},
        {"max", 'm', CLI_NUMBER, &v.max, "N", "go no further: 30", 0, 1, 255},
        {"probes", 'q', CLI_NUMBER, &v.probes, "N", "questions at each distance: 3", 0, 1, 10},
        {"timeout", 'W', CLI_SPAN, &v.timeout, "TIME", "to wait for an answer: 1 s", 0, 0, 0},
        {"udp", 'U', CLI_FLAG, &v.udp, NULL, "by UDP to high ports instead of ICMP echo", 0, 0, 0},
        {"ipv4", '4', CLI_FLAG, &v.v4, NULL, "IPv4 only", 0, 0, 0},
        {"ipv6", '6', CLI_FLAG, &v.v6, NULL, "IPv6 only", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"trace [OPTION...] HOST", "Shows the routers on the way to a host: questions that may go only so far, and who says so.",
        "  hepta trace --wire lab: server\n"
        "  sudo hepta trace --wire packet:eth0 --addr dhcp example.org\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    v.host = argv[1];
    return cli_machine_run(&v.machine, trace_program, &v, trace_interrupt);
}
