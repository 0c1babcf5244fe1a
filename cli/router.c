/* hepta router: forwards packets between its wires; learns routes by RIP, and gives hosts addresses by DHCP, if it is told to. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { ROUTER_LIFETIME_S = 1800, ROUTER_ROUTES_MAX = 64, ROUTER_FIXED_MAX = 64, ROUTER_GOODBYE_MS = 200 };

/* What was said about one wire. */
struct router_port {
    struct hp_rip_link rip;
    bool rip_said;
    struct hp_ip first, last;               /* of the DHCP pool */
    bool pool;
    struct hp_dhcp_server dhcp;
};

struct router_verb {
    struct cli_machine machine;
    bool advertise, quiet, stop;
    struct hp_route route[ROUTER_ROUTES_MAX];
    int routes;
    bool use_rip;
    struct hp_rip rip;
    hp_time show, shown;                    /* RIP's table, every so often */
    struct router_port port[CLI_PORTS_MAX];
    struct hp_dhcp_fixed fixed[ROUTER_FIXED_MAX];
    int fixed_count;
    hp_time lease, ping;
    const char *domain;
    bool authoritative;
};

/* ---- what it prints ---- */

static void router_begin_line(const struct router_verb *v, const char *what)
{
    char text[HP_TIME_TEXT];
    hp_time_text(hp_os_unix_time(), text, sizeof text);
    if (v->machine.config.json) printf("{\"time\":%s,\"what\":\"%s\"", text, what);
}

static void router_rip_json(const struct router_verb *v, const char *what, const struct hp_rip_route *r)
{
    static const char *const source[] = {"connected", "announced", "heard"};
    char to[HP_PREFIX_TEXT], gateway[HP_IP_TEXT];
    struct hp_link_info link = {.name = ""};
    hp_link_info(v->machine.stack, r->link, &link);
    router_begin_line(v, what);
    printf(",\"to\":\"%s\",\"source\":\"%s\",\"metric\":%u,\"tag\":%u,\"link\":\"%s\"", hp_prefix_text(&r->to, to, sizeof to), source[r->source],
           r->metric, r->tag, link.name);
    if (r->source == HP_RIP_HEARD) printf(",\"gateway\":\"%s\"", hp_ip_text(&r->gateway, gateway, sizeof gateway));
    printf("}\n");
}

static void router_rip_changed(void *ctx, const struct hp_rip_event *e)
{
    static const char *const what[] = {"learned", "changed", "lost", "forgotten"};
    const struct router_verb *v = ctx;
    char text[HP_RIP_TEXT];
    if (v->quiet) return;
    if (v->machine.config.json) router_rip_json(v, what[e->change], e->route);
    else printf("rip: %s\n", hp_rip_event_text(e, text, sizeof text));
    fflush(stdout);
}

static void router_show(const struct router_verb *v)
{
    struct hp_rip_route r;
    char text[HP_RIP_TEXT];
    struct hp_link_info link;
    for (unsigned i = 0; hp_rip_route(&v->rip, i, &r) == HP_OK; i++) {
        if (v->machine.config.json) {
            router_rip_json(v, "route", &r);
            continue;
        }
        printf("  %s", hp_rip_route_text(&r, text, sizeof text));
        if (r.link && hp_link_info(v->machine.stack, r.link, &link) == HP_OK) printf(" on %s", link.name);
        hp_time left = r.expires_at - hp_now(v->machine.stack);
        if (r.expires_at != HP_NEVER) printf(", for %s", hp_span_text(left / HP_S(1) * HP_S(1), text, sizeof text));
        printf("\n");
    }
    if (!v->machine.config.json) printf("  -- %u routes\n", v->rip.routes);
    fflush(stdout);
}

static void router_dhcp_event(void *ctx, const struct hp_dhcp_event *e)
{
    static const char *const what[] = {"offered", "leased", "renewed", "refused", "released", "declined", "in use", "expired", "informed",
                                       "exhausted"};
    const struct router_verb *v = ctx;
    char text[HP_DHCP_TEXT], mac[HP_MAC_TEXT];
    if (v->quiet) return;
    if (v->machine.config.json) {
        router_begin_line(v, what[e->what]);
        printf(",\"address\":\"%s\",\"mac\":\"%s\",\"hostname\":\"%s\"}\n", hp_ip_text(&e->client.ip, text, sizeof text),
               hp_mac_text(&e->client.mac, mac, sizeof mac), e->client.hostname);
    } else {
        printf("dhcp: %s\n", hp_dhcp_event_text(e, text, sizeof text));
    }
    fflush(stdout);
}

/* ---- what it starts ---- */

/* Tells hosts on each wire of its IPv6 prefix, so that they make themselves addresses. */
static int router_advertise(struct cli_machine *m, uint32_t lifetime_s)
{
    for (int i = 0; i < m->config.ports; i++) {
        const struct cli_port *port = &m->config.port[i];
        for (int k = 0; k < port->addresses; k++) {
            if (hp_ip_is4(&port->address[k].ip)) continue;
            int err = hp_set_advertise(m->stack, port->link, &port->address[k], lifetime_s);
            if (err) return cli_error("%s: its prefix cannot be advertised: %s", port->url, hp_err_text(err));
        }
    }
    return CLI_OK;
}

static int router_routes(struct router_verb *v)
{
    char to[HP_PREFIX_TEXT], gateway[HP_IP_TEXT];
    for (int i = 0; i < v->routes; i++) {
        const struct hp_route *r = &v->route[i];
        int err = hp_route_add(v->machine.stack, r);
        if (err) return cli_error("--route %s=%s: %s: the gateway wants to be a neighbour, in the prefix of an --addr",
                                  hp_prefix_text(&r->to, to, sizeof to), hp_ip_text(&r->gateway, gateway, sizeof gateway), hp_err_text(err));
    }
    return CLI_OK;
}

static int router_rip(struct router_verb *v)
{
    struct cli_config *c = &v->machine.config;
    if (!v->use_rip) return CLI_OK;
    for (int i = 0; i < c->ports; i++) {
        if (!v->port[i].rip_said) continue;
        struct hp_rip_link *l = &v->rip.link[v->rip.links++];
        *l = v->port[i].rip;
        l->link = c->port[i].link;
        l->horizon = v->rip.every.horizon;
        if (!l->password) l->password = v->rip.every.password;
    }
    v->rip.changed = router_rip_changed;
    v->rip.ctx = v;
    int err = hp_rip_start(v->machine.stack, &v->rip);
    return err ? cli_error("RIP cannot start: %s", hp_err_text(err)) : CLI_OK;
}

static int router_dhcp(struct router_verb *v, int i)
{
    struct cli_config *c = &v->machine.config;
    struct router_port *port = &v->port[i];
    struct hp_dhcp_server *d = &port->dhcp;
    if (!port->pool) return CLI_OK;
    *d = (struct hp_dhcp_server){.link = c->port[i].link, .first = port->first, .last = port->last, .fixed = v->fixed, .fixed_count = v->fixed_count,
                                 .domain = v->domain, .lease = v->lease, .ping = v->ping, .authoritative = v->authoritative,
                                 .event = router_dhcp_event, .ctx = v};
    for (int k = 0; k < c->dns_servers && d->dns_count < HP_DHCP_SERVERS_MAX; k++)
        if (hp_ip_is4(&c->dns[k])) d->dns[d->dns_count++] = c->dns[k];
    int err = hp_dhcp_serve(v->machine.stack, d);
    if (err == HP_EINVAL) return cli_usage_error("--dhcp-pool: it goes from a lower to a higher address, at most %d of them", HP_DHCP_POOL_MAX);
    if (err == HP_EADDRNOTAVAIL)
        return cli_usage_error("--dhcp-pool: %s has no --addr on the network of the pool and of every --dhcp-fixed", c->port[i].url);
    return err ? cli_error("DHCP cannot be served: %s", hp_err_text(err)) : CLI_OK;
}

/* ---- the program ---- */

static int router_begin(struct router_verb *v)
{
    struct cli_machine *m = &v->machine;
    int err = hp_set_forwarding(m->stack, true);
    if (err) return cli_error("forwarding cannot be turned on: %s", hp_err_text(err));
    int exit_code = v->advertise ? router_advertise(m, ROUTER_LIFETIME_S) : CLI_OK;
    if (!exit_code) exit_code = router_routes(v);
    if (!exit_code) exit_code = router_rip(v);
    for (int i = 0; i < m->config.ports && !exit_code; i++) exit_code = router_dhcp(v, i);
    return exit_code;
}

/* A program of its that ended by itself: why; HP_OK: all run. */
static int router_trouble(const struct router_verb *v)
{
    if (v->use_rip && !v->rip.running && v->rip.error) return cli_error("RIP ended: %s", hp_err_text(v->rip.error));
    for (int i = 0; i < v->machine.config.ports; i++)
        if (v->port[i].dhcp.error) return cli_error("DHCP ended: %s", hp_err_text(v->port[i].dhcp.error));
    return CLI_OK;
}

static void router_end(struct router_verb *v)
{
    struct cli_machine *m = &v->machine;
    if (v->use_rip && v->rip.running && v->machine.config.verbose) router_show(v);
    v->quiet = true;
    if (v->use_rip) hp_rip_stop(m->stack, &v->rip);
    if (v->advertise) router_advertise(m, 0); /* RFC 4861 6.2.5: says that it goes */
    for (int i = 0; i < m->config.ports; i++)
        if (v->port[i].pool) hp_dhcp_serve_stop(m->stack, &v->port[i].dhcp);
    for (int i = 0; v->rip.running && i < ROUTER_GOODBYE_MS && hp_sleep(m->stack, HP_MS(1)) == HP_OK; i++) continue;
    if (v->advertise) hp_sleep(m->stack, HP_MS(1));
}

static void router_program(struct cli_machine *m, void *arg)
{
    struct router_verb *v = arg;
    m->result = router_begin(v);
    v->shown = hp_now(m->stack);
    while (!m->result && !v->stop && hp_sleep(m->stack, HP_MS(100)) == HP_OK) {
        m->result = router_trouble(v);
        if (!v->show || hp_now(m->stack) - v->shown < v->show) continue;
        v->shown = hp_now(m->stack);
        router_show(v);
    }
    router_end(v);
}

static void router_interrupt(void *arg) { ((struct router_verb *)arg)->stop = true; }

/* ---- the command line ---- */

/* What belongs to a wire belongs to the one before it; NULL: there is none yet. */
static struct router_port *router_port_of(struct router_verb *v)
{
    int ports = v->machine.config.ports;
    return ports ? &v->port[ports - 1] : NULL;
}

/* The text up to `end`, which is passed over; false if it is not there or the piece is too long. */
static bool router_piece(const char **text, char end, char *out, size_t n)
{
    const char *at = end ? strchr(*text, end) : *text + strlen(*text);
    if (!at || (size_t)(at - *text) >= n) return false;
    memcpy(out, *text, (size_t)(at - *text));
    out[at - *text] = 0;
    *text = at + (end != 0);
    return true;
}

static bool router_take_route(void *to, const char *value)
{
    struct router_verb *v = to;
    char prefix[HP_PREFIX_TEXT];
    struct hp_route *r = &v->route[v->routes];
    if (v->routes == ROUTER_ROUTES_MAX || !router_piece(&value, '=', prefix, sizeof prefix)) return false;
    *r = (struct hp_route){.source = HP_ROUTE_STATIC};
    return hp_prefix_parse(prefix, &r->to) && hp_ip_parse(value, &r->gateway) && ++v->routes;
}

/* A time, in seconds if it has no unit. */
static bool router_time(const char *text, hp_time *out)
{
    char *end;
    double seconds = strtod(text, &end);
    if (hp_span_parse(text, out)) return *out > 0;
    if (end == text || *end || !(seconds > 0 && seconds < 1e6)) return false;
    *out = (hp_time)(seconds * 1e9);
    return true;
}

static bool router_take_timers(void *to, const char *value)
{
    struct hp_rip *r = to;
    char piece[32];
    return router_piece(&value, ',', piece, sizeof piece) && router_time(piece, &r->update) && router_piece(&value, ',', piece, sizeof piece) &&
           router_time(piece, &r->timeout) && router_time(value, &r->garbage);
}

static bool router_take_horizon(void *to, const char *value)
{
    static const char *const word[] = {"poison", "split", "none"};
    struct hp_rip *r = to;
    for (int i = 0; i < 3; i++) {
        if (strcmp(value, word[i]) != 0) continue;
        r->every.horizon = (enum hp_rip_horizon)i;
        return true;
    }
    return false;
}

static bool router_take_password(void *to, const char *value)
{
    struct router_verb *v = to;
    struct router_port *port = router_port_of(v);
    if (!*value || strlen(value) > 16) return false;
    *(port ? &port->rip.password : &v->rip.every.password) = value;
    if (port) port->rip_said = true;
    return true;
}

static bool router_take_mode(void *to, const char *value)
{
    struct router_port *port = router_port_of(to);
    if (!port) return false;
    port->rip_said = true;
    if (strcmp(value, "off") == 0) return port->rip.off = true;
    if (strcmp(value, "passive") == 0) return port->rip.passive = true;
    if (strcmp(value, "broadcast") == 0) return port->rip.broadcast = true;
    return false;
}

static bool router_take_announce(void *to, const char *value)
{
    struct hp_rip *r = to;
    if (strcmp(value, "default") == 0) return r->announce_default = true;
    if (strcmp(value, "static") != 0) return false;
    r->announce |= 1u << HP_ROUTE_STATIC | 1u << HP_ROUTE_DHCP;
    return true;
}

static bool router_take_pool(void *to, const char *value)
{
    struct router_port *port = router_port_of(to);
    char first[HP_IP_TEXT];
    if (!port || port->pool || !router_piece(&value, '-', first, sizeof first)) return false;
    return port->pool = hp_ip_parse(first, &port->first) && hp_ip_parse(value, &port->last) && hp_ip_is4(&port->first) && hp_ip_is4(&port->last);
}

static bool router_take_fixed(void *to, const char *value)
{
    struct router_verb *v = to;
    char mac[HP_MAC_TEXT];
    struct hp_dhcp_fixed *f = &v->fixed[v->fixed_count];
    if (v->fixed_count == ROUTER_FIXED_MAX || !router_piece(&value, '=', mac, sizeof mac)) return false;
    return hp_mac_parse(mac, &f->mac) && hp_ip_parse(value, &f->ip) && hp_ip_is4(&f->ip) && ++v->fixed_count;
}

static int router_check(const struct router_verb *v)
{
    bool rip = v->rip.update || v->rip.announce || v->rip.announce_default || v->rip.ask || v->rip.every.password || v->show;
    for (int i = 0; i < v->machine.config.ports; i++) rip |= v->port[i].rip_said;
    if (rip && !v->use_rip) return cli_usage_error("the options for RIP want --rip");
    bool pool = false;
    for (int i = 0; i < v->machine.config.ports; i++) pool |= v->port[i].pool;
    bool dhcp = v->fixed_count || v->lease || v->ping || v->domain || v->authoritative;
    return dhcp && !pool ? cli_usage_error("the options for DHCP want a --dhcp-pool") : CLI_OK;
}

static const char router_text[] =
    "Forwards IPv4 and IPv6 packets between its wires, until Ctrl-C.  --addr, --mac, --mtu, --rip-wire, --rip-password and --dhcp-pool\n"
    "belong to the wire before them.  With --rip it learns routes from its neighbours and prints what it learns; with --dhcp-pool it\n"
    "gives hosts addresses, and, as their name servers, those of --dns.";
static const char router_examples[] =
    "  sudo hepta router --wire packet:veth1 --addr 10.8.1.1/24 --wire packet:veth2 --addr 10.8.2.1/24\n"
    "  sudo hepta router --rip --rip-timers 5,30,20 --wire packet:veth1 --addr 10.8.1.1/24 --wire packet:veth2 --addr 10.8.2.1/24\n"
    "  sudo hepta router --wire tap:home0 --addr 192.168.0.1/24 --dhcp-pool 192.168.0.100-192.168.0.199 --dns 9.9.9.9\n";

int cli_router(int argc, char **argv)
{
    struct router_verb v = {.machine.config = {.router = true, .serves = true}};
    const struct cli_option own[] = {
        {"route", 0, CLI_CALL, &v, "CIDR=ADDRESS", "a route over this router; repeatable", router_take_route, 0, 0},
        {"advertise", 0, CLI_FLAG, &v.advertise, NULL, "send router advertisements for the IPv6 prefixes", 0, 0, 0},
        {"rip", 0, CLI_FLAG, &v.use_rip, NULL, "learn and tell IPv4 routes by RIP version 2", 0, 0, 0},
        {"rip-timers", 0, CLI_CALL, &v.rip, "UPDATE,TIMEOUT,GARBAGE", "30,180,120 (seconds, or with a unit)", router_take_timers, 0, 0},
        {"rip-horizon", 0, CLI_CALL, &v.rip, "WORD", "poison (poisoned reverse), split, or none", router_take_horizon, 0, 0},
        {"rip-wire", 0, CLI_CALL, &v, "WORD", "off, passive (listens only) or broadcast, on the wire before it", router_take_mode, 0, 0},
        {"rip-password", 0, CLI_CALL, &v, "TEXT", "1 to 16 bytes, in clear; before the first wire: on all", router_take_password, 0, 0},
        {"rip-announce", 0, CLI_CALL, &v.rip, "WORD", "also static routes (static), or being the way to everywhere (default)",
         router_take_announce, 0, 0},
        {"rip-ask", 0, CLI_FLAG, &v.rip.ask, NULL, "ask neighbours at once for what was lost", 0, 0, 0},
        {"rip-show", 0, CLI_SPAN, &v.show, "TIME", "print the table every so often", 0, 0, 0},
        {"dhcp-pool", 0, CLI_CALL, &v, "FIRST-LAST", "give hosts on the wire before it these addresses", router_take_pool, 0, 0},
        {"dhcp-fixed", 0, CLI_CALL, &v, "MAC=ADDRESS", "always this address for that machine; repeatable", router_take_fixed, 0, 0},
        {"dhcp-lease", 0, CLI_SPAN, &v.lease, "TIME", "how long they may keep them: 1h", 0, 0, 0},
        {"dhcp-domain", 0, CLI_TEXT, &v.domain, "NAME", "the domain that they are in", 0, 0, 0},
        {"dhcp-ping", 0, CLI_SPAN, &v.ping, "TIME", "ask first whether somebody answers there, for so long", 0, 0, 0},
        {"dhcp-authoritative", 0, CLI_FLAG, &v.authoritative, NULL, "there is no other server: refuse whom nobody knows", 0, 0, 0},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "do not print what RIP and DHCP do", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"router [OPTION...] --wire URL --addr CIDR... --wire URL --addr CIDR...", router_text, router_examples, own,
                                    common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 0);
    if (exit_code >= 0) return exit_code;
    exit_code = router_check(&v);
    return exit_code ? exit_code : cli_machine_run(&v.machine, router_program, &v, router_interrupt);
}
