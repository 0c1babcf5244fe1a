/* rip: a router tells its neighbours what it reaches; dhcp-server: addresses for a network. */
#include "hepta/dhcp.h"
#include "hepta/rip.h"
#include "hepta/wire.h"
#include "lab/run/programs.h"

/* ---- rip ---- */

struct prog_rip {
    struct hp_lab_app *app;
    hp_time update, timeout, garbage, trigger;
    bool fast, ask, log, announce_default, announce_static;
    struct hp_rip rip;
};

static const struct args_spec prog_rip_args[] = {
    {ARGS_SPAN, "update", "the time between updates", offsetof(struct prog_rip, update), 0, 0},
    {ARGS_SPAN, "timeout", "how long a silent neighbour is believed", offsetof(struct prog_rip, timeout), 0, 0},
    {ARGS_SPAN, "garbage", "how long what is lost is still told", offsetof(struct prog_rip, garbage), 0, 0},
    {ARGS_SPAN, "trigger", "the longest wait before what changed is told", offsetof(struct prog_rip, trigger), 0, 0},
    {ARGS_FLAG, "fast", NULL, offsetof(struct prog_rip, fast), 0, 0},
    {ARGS_FLAG, "ask", NULL, offsetof(struct prog_rip, ask), 0, 0},
    {ARGS_FLAG, "default", NULL, offsetof(struct prog_rip, announce_default), 0, 0},
    {ARGS_FLAG, "static", NULL, offsetof(struct prog_rip, announce_static), 0, 0},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_rip, log), 0, 0},
    {0},
};

static bool prog_rip_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    return args_read(plan, app, state, error, prog_rip_args);
}

static void prog_rip_changed(void *ctx, const struct hp_rip_event *e)
{
    static const char *const what[] = {[HP_RIP_LEARNED] = "learned", [HP_RIP_CHANGED] = "changed", [HP_RIP_LOST] = "lost", [HP_RIP_FORGOTTEN] = "forgot"};
    struct prog_rip *v = ctx;
    char to[HP_PREFIX_TEXT], via[HP_IP_TEXT];
    const struct hp_rip_route *r = e->route;
    hp_lab_progress(v->app, 1);
    if (!v->log || r->source == HP_RIP_CONNECTED) return;
    hp_lab_say(v->app, "%s %s via %s, metric %u", what[e->change], hp_prefix_text(&r->to, to, sizeof to), hp_ip_text(&r->gateway, via, sizeof via),
               r->metric);
}

static int prog_rip_main(struct hp_lab_app *app)
{
    struct prog_rip *v = app->state;
    v->app = app;
    v->rip = (struct hp_rip){.update = v->update, .timeout = v->timeout, .garbage = v->garbage, .trigger_min = v->trigger / 5, .trigger_max = v->trigger,
                             .ask = v->ask, .announce_default = v->announce_default,
                             .announce = v->announce_static ? 1u << HP_ROUTE_STATIC : 0, .changed = prog_rip_changed, .ctx = v};
    if (v->fast) { /* for lessons: a tenth of RFC 2453's times */
        v->rip.update = HP_S(3);
        v->rip.timeout = HP_S(18);
        v->rip.garbage = HP_S(12);
    }
    return hp_rip_start(app->stack, &v->rip);
}

static void prog_rip_stop(struct hp_lab_app *app) { hp_rip_stop(app->stack, &((struct prog_rip *)app->state)->rip); }

const struct hp_lab_program rip_lab_program = {
    .name = "rip", .synopsis = "rip [update TIME] [timeout TIME] [garbage TIME] [trigger TIME] [fast] [ask] [default] [static] [log]",
    .text = "learns routes by RIP version 2 and tells its own; `fast`: ten times as often as the RFC says; `ask`: what is lost is asked for at once",
    .state_size = sizeof(struct prog_rip), .service = true, .read = prog_rip_read, .main = prog_rip_main, .stop = prog_rip_stop};

/* ---- dhcp-server ---- */

struct prog_dhcp {
    struct hp_lab_app *app;
    const char *link, *first, *last, *router, *dns, *domain;
    hp_time lease;
    bool log;
    struct hp_dhcp_server server;
};

static const struct args_spec prog_dhcp_args[] = {
    {ARGS_TEXT, NULL, "an interface such as eth1", offsetof(struct prog_dhcp, link), 0, 0},
    {ARGS_TEXT, NULL, "the first address", offsetof(struct prog_dhcp, first), 0, 0},
    {ARGS_TEXT, NULL, "the last address", offsetof(struct prog_dhcp, last), 0, 0},
    {ARGS_TEXT, "router", "the gateway's address", offsetof(struct prog_dhcp, router), 0, 0},
    {ARGS_TEXT, "dns", "the name server's address", offsetof(struct prog_dhcp, dns), 0, 0},
    {ARGS_TEXT, "domain", "the network's name", offsetof(struct prog_dhcp, domain), 0, 0},
    {ARGS_SPAN, "lease", "how long an address is lent", offsetof(struct prog_dhcp, lease), 0, 0},
    {ARGS_FLAG, "log", NULL, offsetof(struct prog_dhcp, log), 0, 0},
    {0},
};

static bool prog_dhcp_ip(const struct hp_plan *plan, const struct hp_plan_app *app, const char *text, struct hp_ip *out, struct hp_plan_error *error)
{
    if (!text || (hp_ip_parse(text, out) && hp_ip_is4(out))) return true;
    hp_plan_complain(plan, error, app->place, NULL, text, "dhcp-server: \"%s\" is no IPv4 address", text);
    return false;
}

static bool prog_dhcp_read(const struct hp_plan *plan, const struct hp_plan_app *app, void *state, struct hp_plan_error *error)
{
    struct prog_dhcp *d = state;
    struct hp_dhcp_server *v = &d->server;
    if (!args_read(plan, app, state, error, prog_dhcp_args)) return false;
    if (!prog_dhcp_ip(plan, app, d->first, &v->first, error) || !prog_dhcp_ip(plan, app, d->last, &v->last, error)) return false;
    if (!prog_dhcp_ip(plan, app, d->router, &v->routers[0], error) || !prog_dhcp_ip(plan, app, d->dns, &v->dns[0], error)) return false;
    v->router_count = d->router != NULL;
    v->dns_count = d->dns != NULL;
    v->domain = d->domain;
    v->lease = d->lease;
    return true;
}

static void prog_dhcp_event(void *ctx, const struct hp_dhcp_event *e)
{
    struct prog_dhcp *d = ctx;
    char text[HP_DHCP_TEXT];
    hp_lab_progress(d->app, 1);
    if (d->log || e->what == HP_DHCP_EXHAUSTED) hp_lab_say(d->app, "%s", hp_dhcp_event_text(e, text, sizeof text));
}

static int prog_dhcp_main(struct hp_lab_app *app)
{
    struct prog_dhcp *d = app->state;
    d->app = app;
    d->server.link = hp_link_find(app->stack, d->link);
    d->server.authoritative = true;
    d->server.event = prog_dhcp_event;
    d->server.ctx = d;
    if (d->server.link < 0) hp_lab_say(app, "there is no interface %s", d->link);
    return d->server.link < 0 ? d->server.link : hp_dhcp_serve(app->stack, &d->server);
}

static void prog_dhcp_stop(struct hp_lab_app *app) { hp_dhcp_serve_stop(app->stack, &((struct prog_dhcp *)app->state)->server); }

const struct hp_lab_program dhcp_server_program = {
    .name = "dhcp-server", .synopsis = "dhcp-server INTERFACE FIRST LAST [router ADDRESS] [dns ADDRESS] [domain NAME] [lease TIME] [log]",
    .text = "lends addresses; the router is itself unless it says otherwise",
    .state_size = sizeof(struct prog_dhcp), .service = true, .read = prog_dhcp_read, .main = prog_dhcp_main, .stop = prog_dhcp_stop};
