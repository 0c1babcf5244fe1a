/* ping, traceroute, resolve. */
#include "hepta/ping.h"
#include "lab/run/programs.h"

/* ---- ping ---- */

struct prog_ping_state {
    struct hp_lab_app *app;
    const char *host;
    int64_t count, ttl;
    uint64_t size;
    hp_time interval, timeout;
    bool quiet, all;
    uint32_t missing;                   /* told as lost, or answered by an error */
    struct hp_ping ping;
};

static const struct args_spec prog_ping_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_ping_state, host), 0, 0},
    {ARGS_NUMBER, "count", "how many requests", offsetof(struct prog_ping_state, count), 1, 1000000},
    {ARGS_SPAN, "interval", "the time between requests", offsetof(struct prog_ping_state, interval), 0, 0},
    {ARGS_SPAN, "timeout", "how long to wait for an answer", offsetof(struct prog_ping_state, timeout), 0, 0},
    {ARGS_SIZE, "size", "bytes of data", offsetof(struct prog_ping_state, size), 0, 0},
    {ARGS_NUMBER, "ttl", "the time to live", offsetof(struct prog_ping_state, ttl), 1, 255},
    {ARGS_FLAG, "all", NULL, offsetof(struct prog_ping_state, all), 0, 0},
    {ARGS_FLAG, "quiet", NULL, offsetof(struct prog_ping_state, quiet), 0, 0},
    {0},
};

static bool prog_ping_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_ping_state *p = state;
    p->count = 1;
    p->size = 56;
    if (!args_read(plan, app, state, error, prog_ping_args)) return false;
    if (p->size <= 65507) return true;
    hp_plan_complain(plan, error, app->place, NULL, NULL, "ping: size: 65507 bytes at most");
    return false;
}

static void prog_ping_reply(void *ctx, const struct hp_ping_reply *r)
{
    struct prog_ping_state *p = ctx;
    char from[HP_IP_TEXT], span[HP_TIME_TEXT];
    if (!r->error) hp_lab_progress(p->app, r->bytes);
    else p->missing++;
    if (p->quiet) return;
    hp_ip_text(&r->from, from, sizeof from);
    if (r->error == HP_ETIMEDOUT) hp_lab_say(p->app, "no answer to seq=%u", r->seq);
    else if (r->error) hp_lab_say(p->app, "from %s: %s (seq=%u, ICMP type %u code %u)", from, hp_err_text(r->error), r->seq, r->icmp_type, r->icmp_code);
    else hp_lab_say(p->app, "%u bytes from %s seq=%u ttl=%u time=%s%s", r->bytes, from, r->seq, r->ttl, program_span(r->rtt, span),
                    r->damaged ? " DAMAGED" : r->duplicate ? " DUPLICATE" : "");
}

static int prog_ping_main(struct hp_lab_app *app)
{
    struct prog_ping_state *p = app->state;
    char span[3][HP_TIME_TEXT];
    p->app = app;
    p->ping = (struct hp_ping){.count = (uint32_t)p->count, .size = (uint32_t)p->size, .interval = p->interval, .timeout = p->timeout,
                               .ttl = (int)p->ttl, .reply = prog_ping_reply, .ctx = p};
    int err = hp_lab_resolve(app, p->host, &p->ping.to);
    if (err) {
        hp_lab_say(app, "%s: %s", p->host, program_error(app, err));
        return err;
    }
    err = hp_ping(app->stack, &p->ping);
    const struct hp_ping *g = &p->ping;
    if (g->received)
        hp_lab_say(app, "%u sent, %u received, round trip min %s avg %s max %s", g->sent, g->received, program_span(g->rtt_min, span[0]),
                   program_span(g->rtt_sum / g->received, span[1]), program_span(g->rtt_max, span[2]));
    else hp_lab_say(app, "%u sent, none received%s%s", g->sent, err && err != HP_ETIMEDOUT ? ": " : "",
                    err && err != HP_ETIMEDOUT ? program_error(app, err) : "");
    if (program_stopped(app, err) && g->received) return p->all && p->missing ? HP_ETIMEDOUT : HP_OK; /* what is still on its way is not missing */
    if (!err && p->all && g->received < g->sent) return HP_ETIMEDOUT;
    return err;
}

static void prog_ping_stop(struct hp_lab_app *app) { ((struct prog_ping_state *)app->state)->ping.stop = true; }

const struct hp_lab_program ping_program = {
    .name = "ping", .synopsis = "ping HOST [count N] [interval TIME] [size BYTES] [ttl N] [timeout TIME] [all] [quiet]",
    .text = "echo requests; fails if no answer comes, with `all` if one is missing",
    .state_size = sizeof(struct prog_ping_state), .read = prog_ping_read, .main = prog_ping_main, .stop = prog_ping_stop};

/* ---- traceroute ---- */

struct prog_traceroute_state {
    struct hp_lab_app *app;
    const char *host;
    int64_t max, probes;
    hp_time timeout;
    bool udp;
    struct hp_traceroute route;
};

static const struct args_spec prog_traceroute_args[] = {
    {ARGS_TEXT, NULL, "a host's name or address", offsetof(struct prog_traceroute_state, host), 0, 0},
    {ARGS_NUMBER, "max", "how far", offsetof(struct prog_traceroute_state, max), 1, 255},
    {ARGS_NUMBER, "probes", "questions at each distance", offsetof(struct prog_traceroute_state, probes), 1, 10},
    {ARGS_SPAN, "timeout", "how long to wait for an answer", offsetof(struct prog_traceroute_state, timeout), 0, 0},
    {ARGS_FLAG, "udp", NULL, offsetof(struct prog_traceroute_state, udp), 0, 0},
    {0},
};

static bool prog_traceroute_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    ((struct prog_traceroute_state *)state)->probes = 1;
    return args_read(plan, app, state, error, prog_traceroute_args);
}

static void prog_traceroute_hop(void *ctx, const struct hp_hop *h)
{
    struct prog_traceroute_state *t = ctx;
    char from[HP_IP_TEXT], span[HP_TIME_TEXT];
    if (h->error == HP_ETIMEDOUT) hp_lab_say(t->app, "%s%u  *", h->ttl < 10 ? " " : "", (unsigned)h->ttl);
    else hp_lab_say(t->app, "%s%u  %s  %s%s%s", h->ttl < 10 ? " " : "", (unsigned)h->ttl, hp_ip_text(&h->from, from, sizeof from), program_span(h->rtt, span),
                    h->error && h->icmp_type == 3 ? " unreachable: " : "", h->error && h->icmp_type == 3 ? hp_err_text(h->error) : "");
}

static int prog_traceroute_main(struct hp_lab_app *app)
{
    struct prog_traceroute_state *t = app->state;
    t->app = app;
    t->route = (struct hp_traceroute){.ttl_max = (int)t->max, .probes = (int)t->probes, .timeout = t->timeout, .udp = t->udp,
                                      .hop = prog_traceroute_hop, .ctx = t};
    int err = hp_lab_resolve(app, t->host, &t->route.to);
    if (!err) return hp_traceroute(app->stack, &t->route);
    hp_lab_say(app, "%s: %s", t->host, program_error(app, err));
    return err;
}

static void prog_traceroute_stop(struct hp_lab_app *app) { ((struct prog_traceroute_state *)app->state)->route.stop = true; }

const struct hp_lab_program traceroute_program = {
    .name = "traceroute", .synopsis = "traceroute HOST [max N] [probes N] [timeout TIME] [udp]", .text = "the routers on the way to a host",
    .state_size = sizeof(struct prog_traceroute_state), .read = prog_traceroute_read, .main = prog_traceroute_main, .stop = prog_traceroute_stop};

/* ---- resolve ---- */

struct prog_resolve_state {
    const char *name;
    bool v4, v6;
};

static const struct args_spec prog_resolve_args[] = {
    {ARGS_TEXT, NULL, "a name", offsetof(struct prog_resolve_state, name), 0, 0},
    {ARGS_FLAG, "ipv4", NULL, offsetof(struct prog_resolve_state, v4), 0, 0},
    {ARGS_FLAG, "ipv6", NULL, offsetof(struct prog_resolve_state, v6), 0, 0},
    {0},
};

static bool prog_resolve_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    return args_read(plan, app, state, error, prog_resolve_args);
}

static int prog_resolve_main(struct hp_lab_app *app)
{
    struct prog_resolve_state *v = app->state;
    struct hp_ip ip[HP_DNS_ADDRESSES_MAX];
    char text[HP_IP_TEXT];
    enum hp_dns_family family = v->v4 == v->v6 ? HP_DNS_ANY : v->v4 ? HP_DNS_V4 : HP_DNS_V6;
    struct hp_resolver *r = hp_lab_resolver(app);
    int n = r ? hp_resolve(app->stack, r, v->name, family, ip, HP_DNS_ADDRESSES_MAX) : HP_ECANCELED;
    for (int i = 0; i < n; i++) hp_lab_say(app, "%s is %s", v->name, hp_ip_text(&ip[i], text, sizeof text));
    if (n < 0) hp_lab_say(app, "%s: %s", v->name, program_error(app, n));
    return n < 0 ? n : HP_OK;
}

const struct hp_lab_program resolve_program = {
    .name = "resolve", .synopsis = "resolve NAME [ipv4] [ipv6]", .text = "asks for the addresses of a name",
    .state_size = sizeof(struct prog_resolve_state), .read = prog_resolve_read, .main = prog_resolve_main};
