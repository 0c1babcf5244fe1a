/* A machine as the common options describe it: a stack on a wire, with addresses, and one program that is the verb.
 *
 * The verb's program starts when the machine has its addresses (DHCP, SLAAC) and ends the run.  The first SIGINT asks it to end, the second
 * ends the process. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "browser/idn.h"
#include "cli.h"
#include "wire/dissect.h"

enum { MACHINE_MEMORY_MAX = 1 << 29, MACHINE_PROGRAM_STACK = 256 * 1024, MACHINE_FLUSH_MS = 200, MACHINE_GOODBYE_MS = 10, MACHINE_ADDRESS_WAIT_S = 15,
       MACHINE_LAB_RATE = 1000000000, MACHINE_LAB_DELAY_US = 50 };

static struct hp_loop *volatile machine_loop;   /* for the signal handler */
static volatile sig_atomic_t machine_stopping;  /* the signal came; a lab has no loop that could be told */

static void machine_signal(int number)
{
    machine_stopping = 1;
    if (machine_loop) hp_loop_stop(machine_loop);
}

static void machine_catch_signals(struct hp_loop *l)
{
    struct sigaction a = {.sa_handler = machine_signal, .sa_flags = (int)SA_RESETHAND};
    machine_loop = l;
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* ---- what it says ---- */

static void machine_print_frame(const struct hp_event *e)
{
    struct hp_link_info info;
    uint8_t frame[2048];
    char line[DISSECT_TEXT];
    size_t n = hp_pkt_copy_out(e->pkt, 0, frame, sizeof frame);
    if (hp_link_info(e->stack, hp_link_find(e->stack, hp_link_name(e->link)), &info)) return;
    dissect_line((struct hp_bytes){frame, n}, strcmp(info.type, "ip") == 0 ? DISSECT_RAW_IP : DISSECT_ETHERNET, line, sizeof line);
    fprintf(stderr, "  %s", line);
}

void cli_print_event(const struct hp_event *e)
{
    char line[512];
    fprintf(stderr, "%s", hp_event_text(e, line, sizeof line));
    if (e->kind == HP_TRACE_RX || e->kind == HP_TRACE_TX) machine_print_frame(e);
    fputc('\n', stderr);
}

static void machine_event(void *ctx, const struct hp_event *e)
{
    struct cli_machine *m = ctx;
    if (m->capture) hp_pcap_event(m->capture, e);
    if (m->watch.event) m->watch.event(m->watch.ctx, e);
    if (m->config.trace) cli_print_event(e);
}

static void machine_describe(const struct cli_machine *m, const struct cli_port *port)
{
    struct hp_link_info link;
    struct hp_addr_info a;
    char text[HP_PREFIX_TEXT], mac[HP_MAC_TEXT];
    if (hp_link_info(m->stack, port->link, &link)) return;
    fprintf(stderr, "hepta: %s on %s is %s, MTU %u", link.name, port->url, hp_mac_text(&link.mac, mac, sizeof mac), link.mtu);
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++)
        if (a.link == port->link) fprintf(stderr, ", %s", hp_prefix_text(&a.address, text, sizeof text));
    fputc('\n', stderr);
}

/* ---- putting it together ---- */

/* What the stack is to be like; the trace of a lab is wanted before the stack is there, and so is this. */
static int machine_config(struct cli_machine *m, struct hp_config *out, uint8_t entropy[32])
{
    const struct cli_config *c = &m->config;
    *out = (struct hp_config){.name = c->name ? c->name : "hepta", .allocator = hp_os_allocator(), .memory_max = MACHINE_MEMORY_MAX,
                              .seed = (uint64_t)c->seed, .profile = c->router ? hp_profile_router : hp_profile_host};
    if (hp_os_entropy(entropy)) return cli_error("this machine gives no random numbers");
    if (!c->seeded) {
        out->entropy = entropy;
        memcpy(&out->seed, entropy, sizeof out->seed);
    }
    if (c->trace || c->capture || m->watch.event) {
        out->trace.event = machine_event;
        out->trace.ctx = m;
        if (!c->trace) out->trace.kinds = 1u << HP_TRACE_RX | 1u << HP_TRACE_TX | 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE;
    }
    return CLI_OK;
}

/* Whether faults are wanted. */
static bool machine_is_bad(const struct cli_config *c)
{
    return c->loss || c->reorder || c->duplicate || c->bit_errors || c->delay || c->jitter || c->rate;
}

static int machine_set(struct cli_machine *m)
{
    for (int i = 0; i < m->config.settings; i++) {
        char name[64];
        const char *text = m->config.setting[i], *equals = strchr(text, '=');
        snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - text) : 0, text);
        char *end = NULL;
        long long value = equals ? strtoll(equals + 1, &end, 10) : 0;
        if (!equals || end == equals + 1 || *end) return cli_usage_error("--set %s: NAME=NUMBER is wanted, such as tcp.rto_min_ms=200", text);
        int err = hp_setting_set(m->stack, name, value);
        if (err == HP_ENOENT) return cli_usage_error("--set %s: there is no setting \"%s\"; \"hepta show settings\" lists them", text, name);
        if (err) return cli_usage_error("--set %s: %s; \"hepta show settings\" says which values are allowed", text, hp_err_text(err));
    }
    return CLI_OK;
}

/* Offload hands over many frames as one: not what a bad wire or a router wants. */
static int machine_open_wire(struct cli_machine *m, const struct cli_port *port, struct hp_wire **out)
{
    const struct cli_config *c = &m->config;
    char why[512], url[512];
    bool single = c->router || c->plain || machine_is_bad(c);
    bool kernel = strncmp(port->url, "tap:", 4) == 0 || strncmp(port->url, "tun:", 4) == 0 || strncmp(port->url, "packet:", 7) == 0;
    snprintf(url, sizeof url, "%s%s", port->url, single && kernel && !strstr(port->url, ",offload=") ? ",offload=off" : "");
    int err = hp_wire_open(m->loop, url, out, why, sizeof why);
    const char *ours = strncmp(why, "no kind of wire", 15) == 0 ? ", lab:" : ""; /* the command's own: wire_lab.c */
    return err ? cli_error("%s%s", why, ours) : CLI_OK;
}

static struct hp_way machine_way(const struct cli_config *c)
{
    return (struct hp_way){.delay = c->delay, .rate = c->rate,
                           .faults = {.loss = c->loss, .duplicate = c->duplicate, .reorder = c->reorder, .jitter = c->jitter,
                                      .bit_errors = c->bit_errors}};
}

/* Faults in front of the wire, where they were asked for. */
static int machine_impair(struct cli_machine *m, struct hp_wire **wire)
{
    if (!machine_is_bad(&m->config)) return CLI_OK;
    struct hp_way way = machine_way(&m->config);
    struct hp_impair_config config = {.out = way, .in = way};
    struct hp_wire *outer = hp_impair_new(m->stack, *wire, &config);
    if (!outer) return cli_error("out of memory");
    *wire = outer;
    return CLI_OK;
}

static int machine_plug(struct cli_machine *m, struct cli_port *port)
{
    if (m->lab) return CLI_OK; /* plugged in already */
    struct hp_wire *inner = NULL, *outer;
    int exit_code = machine_open_wire(m, port, &inner);
    if (exit_code) return exit_code;
    outer = inner;
    exit_code = machine_impair(m, &outer);
    struct hp_link_config link = {.mac = port->mac, .mtu = port->mtu};
    port->link = exit_code ? HP_ENOMEM : hp_link_add(m->stack, outer, &link);
    if (port->link > 0) return CLI_OK;
    if (outer != inner) hp_wire_close(outer);
    hp_wire_close(inner);
    return exit_code ? exit_code : cli_error("%s cannot be plugged in: %s", port->url, hp_err_text(port->link));
}

/* The link on whose prefix the address is; a link-local one is on the first. */
static int machine_link_of(const struct cli_machine *m, const struct hp_ip *ip)
{
    const struct cli_config *c = &m->config;
    for (int i = 0; i < c->ports; i++)
        for (int k = 0; k < c->port[i].addresses; k++)
            if (hp_prefix_has(&c->port[i].address[k], ip)) return c->port[i].link;
    return c->port[0].link;
}

static int machine_route(struct cli_machine *m, const struct hp_ip *gateway)
{
    char text[HP_IP_TEXT];
    struct hp_route r = {.gateway = *gateway, .link = machine_link_of(m, gateway), .source = HP_ROUTE_STATIC};
    hp_prefix_parse(hp_ip_is4(gateway) ? "0.0.0.0/0" : "::/0", &r.to);
    int err = hp_route_add(m->stack, &r);
    return err ? cli_error("--gw %s: %s: it wants to be a neighbour, in the prefix of an --addr", hp_ip_text(gateway, text, sizeof text),
                           hp_err_text(err)) : CLI_OK;
}

static int machine_address(struct cli_machine *m, const struct cli_port *port)
{
    char text[HP_PREFIX_TEXT];
    if (!port->addresses && !port->dhcp && !port->slaac)
        return cli_usage_error("which address on %s? --addr 10.7.0.2/24, or --addr dhcp, or --addr slaac", port->url);
    hp_set_slaac(m->stack, port->link, port->slaac);
    for (int i = 0; i < port->addresses; i++) {
        int err = hp_addr_add(m->stack, port->link, &port->address[i], 0);
        if (err) return cli_error("--addr %s: %s", hp_prefix_text(&port->address[i], text, sizeof text), hp_err_text(err));
    }
    return CLI_OK;
}

/* The lab's machine has an address and a name server unless it was told otherwise. */
static void machine_lab_defaults(struct cli_config *c, struct cli_port *port)
{
    if (port->addresses || port->dhcp || port->slaac) return;
    hp_prefix_parse(cli_lab_address, &port->address[port->addresses++]);
    if (cli_lab_has_ip6(port->mtu)) hp_prefix_parse(cli_lab_address6, &port->address[port->addresses++]);
    if (!c->dns_servers) c->dns[c->dns_servers++] = cli_lab_server();
}

static int machine_start_ports(struct cli_machine *m)
{
    struct cli_config *c = &m->config;
    int exit_code = CLI_OK;
    for (int i = 0; i < c->ports && !exit_code; i++) {
        struct cli_port *port = &c->port[i];
        if (m->lab) machine_lab_defaults(c, port);
        exit_code = machine_plug(m, port);
        if (!exit_code) exit_code = machine_address(m, port);
    }
    for (int i = 0; i < c->gateways && !exit_code; i++) exit_code = machine_route(m, &c->gateway[i]);
    m->resolver.server_count = c->dns_servers;
    memcpy(m->resolver.server, c->dns, sizeof c->dns);
    return exit_code;
}

static int machine_no_wire(void)
{
    return cli_usage_error("which wire? --wire tap:hepta0 talks to this machine's kernel, --wire packet:eth0 to its network, --wire lab: to a little "
                           "world inside this command, in virtual time, that needs no privileges");
}

static int machine_open_capture(struct cli_machine *m, bool lab)
{
    const char *path = m->config.capture;
    int err = path ? hp_pcap_create(path, &m->capture) : HP_OK;
    if (err) return cli_error("%s cannot be written: %s", path, hp_err_text(err));
    if (path && !lab) hp_pcap_set_clock(m->capture, hp_os_unix_time() - hp_os_now());
    return CLI_OK;
}

static int machine_start_stack(struct cli_machine *m, struct hp_config *config)
{
    if (hp_loop_new(&m->loop)) return cli_error("the run loop could not start");
    config->now = hp_os_now();
    m->stack = hp_stack_new(config);
    if (!m->stack) return cli_error("the stack could not start: out of memory");
    return hp_loop_add(m->loop, m->stack) ? cli_error("out of memory") : CLI_OK;
}

static bool machine_is_lab(const struct cli_config *c)
{
    for (int i = 0; i < c->ports; i++)
        if (strcmp(c->port[i].url, "lab:") == 0) return true;
    return false;
}

static int machine_start_lab(struct cli_machine *m, const struct hp_config *config)
{
    const struct cli_config *c = &m->config;
    struct cli_port *port = &m->config.port[0];
    if (c->serves) return cli_usage_error("lab: is a world with one server, and nobody in it who could come here: a wire that leads out is wanted, "
                                          "such as --wire tap:hepta0");
    if (c->ports > 1) return cli_usage_error("lab: has a time of its own: it cannot be used together with another wire");
    struct hp_cable_config cable = {.way = machine_way(c), .mtu = port->mtu, .mac = {port->mac}};
    if (!cable.way.rate) cable.way.rate = MACHINE_LAB_RATE;
    if (!cable.way.delay) cable.way.delay = HP_US(MACHINE_LAB_DELAY_US);
    return cli_lab_open(&m->lab, config, &cable, &m->stack, &port->link);
}

static int machine_start(struct cli_machine *m)
{
    struct hp_config config;
    uint8_t entropy[32];
    if (!m->config.ports) return machine_no_wire();
    bool lab = machine_is_lab(&m->config);
    int exit_code = machine_config(m, &config, entropy);
    if (!exit_code) exit_code = machine_open_capture(m, lab);
    if (!exit_code) exit_code = lab ? machine_start_lab(m, &config) : machine_start_stack(m, &config);
    if (!exit_code) exit_code = machine_set(m);
    return exit_code ? exit_code : machine_start_ports(m);
}

static int machine_stop(struct cli_machine *m)
{
    int exit_code = CLI_OK;
    machine_loop = NULL;
    if (m->stack) hp_resolver_free(m->stack, &m->resolver);
    if (m->stack && !m->lab) hp_stack_free(m->stack);
    cli_lab_close(m->lab);
    if (m->capture) {
        uint64_t count = hp_pcap_count(m->capture);
        if (hp_pcap_close(m->capture)) exit_code = cli_error("%s could not be written to its end", m->config.capture);
        else if (m->config.verbose) fprintf(stderr, "hepta: %llu frames in %s\n", (unsigned long long)count, m->config.capture);
    }
    hp_loop_free(m->loop);
    return exit_code;
}

/* ---- the program ---- */

typedef bool machine_wanted(const struct cli_port *port, const struct hp_addr_info *a);

/* Whether the machine has an address that it may use: of DHCP, of SLAAC, or IPv6 at all. */
static bool machine_has_address(const struct cli_machine *m, const struct cli_port *port, machine_wanted *wanted)
{
    struct hp_addr_info a;
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++)
        if (a.link == port->link && !(a.flags & (HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE)) && wanted(port, &a)) return true;
    return false;
}

static bool machine_is_slaac(const struct cli_port *port, const struct hp_addr_info *a)
{
    return a->flags & HP_ADDR_AUTO && !hp_ip_is_linklocal(&a->address.ip);
}
static bool machine_is_leased(const struct cli_port *port, const struct hp_addr_info *a)
{
    return hp_ip_equal(&a->address.ip, &port->client.lease.address.ip);
}
static bool machine_is_global6(const struct cli_port *port, const struct hp_addr_info *a)
{
    return !hp_ip_is4(&a->address.ip) && !hp_ip_is_linklocal(&a->address.ip);
}

static bool machine_await(struct cli_machine *m, const struct cli_port *port, machine_wanted *wanted, hp_time span)
{
    hp_time until = hp_now(m->stack) + span;
    while (!machine_has_address(m, port, wanted) && hp_now(m->stack) < until)
        if (hp_sleep(m->stack, HP_MS(5)) == HP_ECANCELED) return false;
    return machine_has_address(m, port, wanted);
}

static bool machine_await_dhcp(struct cli_machine *m, struct cli_port *port)
{
    port->client.link = port->link;
    port->client.hostname = m->config.name;
    int err = hp_dhcp_start(m->stack, &port->client);
    if (err || !machine_await(m, port, machine_is_leased, HP_S(MACHINE_ADDRESS_WAIT_S))) {
        cli_error("%s: no DHCP server gave an address: %s", port->url, err ? hp_err_text(err) : hp_dhcp_state_name(port->client.state));
        return false;
    }
    const struct hp_dhcp_lease *l = &port->client.lease;
    for (int i = 0; i < l->dns_count && m->resolver.server_count < HP_DNS_SERVERS_MAX; i++)
        m->resolver.server[m->resolver.server_count++] = l->dns[i];
    return true;
}

/* An address of IPv6 may be used when nobody else on the wire has it (RFC 4862 5.4): a machine that has no other waits for it. */
static bool machine_is_only6(const struct cli_port *port)
{
    bool any = false;
    for (int i = 0; i < port->addresses; i++) {
        if (hp_ip_is4(&port->address[i].ip)) return false;
        any |= !hp_ip_is_linklocal(&port->address[i].ip);
    }
    return any && !port->dhcp;
}

/* One of IPv6 that is still being checked for duplicates. */
static bool machine_is_checking(const struct cli_machine *m)
{
    struct hp_addr_info a;
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++)
        if (a.flags & HP_ADDR_TENTATIVE && !hp_ip_is_linklocal(&a.address.ip)) return true;
    return false;
}

void cli_await_addresses(struct cli_machine *m, const char *url)
{
    struct hp_url u;
    struct hp_ip ip;
    hp_time until = hp_now(m->stack) + HP_S(3);
    if (hp_url_parse(url, &u) == HP_OK && hp_ip_parse(u.host, &ip) && hp_ip_is4(&ip)) return;
    while (machine_is_checking(m) && hp_now(m->stack) < until)
        if (hp_sleep(m->stack, HP_MS(5)) == HP_ECANCELED) return;
}

static bool machine_await_port(struct cli_machine *m, struct cli_port *port)
{
    if (port->dhcp && !machine_await_dhcp(m, port)) return false;
    if (port->slaac && !machine_await(m, port, machine_is_slaac, HP_S(MACHINE_ADDRESS_WAIT_S))) {
        cli_error("%s: no router advertised a prefix", port->url);
        return false;
    }
    if (machine_is_only6(port)) machine_await(m, port, machine_is_global6, HP_S(3));
    if (m->config.verbose) machine_describe(m, port);
    return true;
}

static void machine_program(struct hp_stack *s, void *arg)
{
    struct cli_machine *m = arg;
    const struct cli_config *c = &m->config;
    bool ready = true;
    for (int i = 0; i < c->ports && ready; i++) ready = machine_await_port(m, &m->config.port[i]);
    m->result = CLI_FAILED;
    if (ready) m->main(m, m->arg);
    for (int i = 0; i < c->ports; i++)
        if (c->port[i].dhcp) hp_dhcp_stop(s, &m->config.port[i].client);
    hp_sleep(s, HP_MS(MACHINE_GOODBYE_MS) + 2 * (c->delay + c->jitter)); /* for the last FINs, and for the lease's release */
    m->ended = true;
}

/* Asked every turn: a good moment to write what was captured. */
static bool machine_ended(void *ctx)
{
    struct cli_machine *m = ctx;
    if (m->capture && hp_now(m->stack) - m->flushed > HP_MS(MACHINE_FLUSH_MS)) {
        m->flushed = hp_now(m->stack);
        hp_pcap_flush(m->capture);
    }
    return m->ended || (m->lab && machine_stopping);
}

/* True: the program has not ended, because somebody pressed Ctrl-C. */
static bool machine_run(struct cli_machine *m, hp_time span)
{
    if (!m->lab) return hp_loop_run(m->loop, span == HP_NEVER ? HP_NEVER : hp_os_now() + span, machine_ended, m) == HP_ECANCELED;
    if (cli_lab_run(m->lab, m->config.paced, span, machine_ended, m) == HP_ENOENT) m->result = cli_error("nothing is left to happen in the lab");
    return !m->ended && machine_stopping;
}

int cli_machine_run(struct cli_machine *m, void (*program)(struct cli_machine *m, void *arg), void *arg, void (*interrupt)(void *arg))
{
    m->main = program;
    m->arg = arg;
    int exit_code = machine_start(m);
    if (!exit_code) {
        machine_catch_signals(m->loop);
        if (hp_spawn(m->stack, "main", machine_program, m, MACHINE_PROGRAM_STACK)) exit_code = cli_error("out of memory");
    }
    if (!exit_code && machine_run(m, HP_NEVER)) {
        m->interrupted = true;
        if (interrupt) interrupt(arg);
        else hp_programs_cancel(m->stack);
        machine_stopping = 0;
        machine_run(m, HP_S(2));
    }
    if (!exit_code) exit_code = m->result;
    int stopped = machine_stop(m);
    return exit_code ? exit_code : stopped;
}

bool cli_resolve(struct cli_machine *m, const char *host, enum hp_dns_family family, struct hp_ip *out)
{
    char ascii[HP_DNS_NAME_MAX];
    const char *why;
    if (!idn_host(host, ascii, sizeof ascii, &why)) {
        cli_error("%s: %s", host, why);
        return false;
    }
    int n = hp_resolve(m->stack, &m->resolver, ascii, family, out, 1);
    if (n == HP_ENETUNREACH) cli_error("%s is a name, and no name server is known: say --dns ADDRESS", host);
    else if (n < 0) cli_error("%s: %s", host, hp_err_text(n));
    if (n > 0 && !hp_ip_is4(out)) machine_await(m, &m->config.port[0], machine_is_global6, HP_S(3)); /* an address is being checked for duplicates */
    return n > 0;
}

/* ---- the common options ---- */

/* What belongs to a link belongs to the wire before it; before the first, to the first. */
static struct cli_port *machine_port(struct cli_config *c) { return &c->port[c->ports ? c->ports - 1 : 0]; }

static bool machine_take_wire(void *to, const char *value)
{
    struct cli_config *c = to;
    if (c->ports == CLI_PORTS_MAX) return false;
    c->port[c->ports++].url = value;
    return true;
}

static bool machine_take_address(void *to, const char *value)
{
    struct cli_port *port = machine_port(to);
    if (strcmp(value, "dhcp") == 0) return port->dhcp = true;
    if (strcmp(value, "slaac") == 0) return port->slaac = true;
    if (port->addresses == CLI_ADDRESSES_MAX || !strchr(value, '/')) return false;
    return hp_prefix_parse(value, &port->address[port->addresses]) && ++port->addresses;
}

static bool machine_take_mac(void *to, const char *value) { return hp_mac_parse(value, &machine_port(to)->mac); }

static bool machine_take_mtu(void *to, const char *value)
{
    uint64_t n;
    if (!hp_size_parse(value, &n) || n < 68 || n > 65535) return false;
    machine_port(to)->mtu = (uint32_t)n;
    return true;
}

static bool machine_take_gateway(void *to, const char *value)
{
    struct cli_config *c = to;
    return c->gateways < 2 && hp_ip_parse(value, &c->gateway[c->gateways]) && ++c->gateways;
}

static bool machine_take_dns(void *to, const char *value)
{
    struct cli_config *c = to;
    return c->dns_servers < CLI_DNS_MAX && hp_ip_parse(value, &c->dns[c->dns_servers]) && ++c->dns_servers;
}

static bool machine_take_rate(void *to, const char *value) { return hp_rate_parse(value, &((struct cli_config *)to)->rate); }

static bool machine_take_setting(void *to, const char *value)
{
    struct cli_config *c = to;
    if (c->settings == CLI_SETTINGS_MAX) return false;
    c->setting[c->settings++] = value;
    return true;
}

static bool machine_take_seed(void *to, const char *value)
{
    struct cli_config *c = to;
    char *end;
    errno = 0;
    c->seed = (int64_t)strtoull(value, &end, 0);
    return c->seeded = *value >= '0' && *value <= '9' && !*end && !errno;
}

void cli_common(struct cli_machine *m, struct cli_option out[CLI_COMMON_OPTIONS])
{
    struct cli_config *c = &m->config;
    const struct cli_option all[] = {
        {"wire", 'w', CLI_CALL, c, "URL", "tap:NAME, tun:NAME, packet:NAME, fd:N, pcap:FILE, null:, or lab: (a world inside, in virtual time)",
         machine_take_wire, 0, 0},
        {"addr", 'a', CLI_CALL, c, "CIDR", "ADDRESS/LENGTH, or dhcp, or slaac; repeatable; belongs to the wire before it", machine_take_address, 0, 0},
        {"gw", 'g', CLI_CALL, c, "ADDRESS", "default router, one of each IP version", machine_take_gateway, 0, 0},
        {"dns", 0, CLI_CALL, c, "ADDRESS", "name server; up to 4", machine_take_dns, 0, 0},
        {"mac", 0, CLI_CALL, c, "MAC", "own MAC address; drawn at random otherwise", machine_take_mac, 0, 0},
        {"mtu", 0, CLI_CALL, c, "N", "the link's MTU, 68 to 65535", machine_take_mtu, 0, 0},
        {"name", 0, CLI_TEXT, &c->name, "NAME", "the machine's name, in traces and for DHCP", 0, 0, 0},
        {"capture", 0, CLI_TEXT, &c->capture, "FILE", "write every frame to a pcapng file, drops and states as comments", 0, 0, 0},
        {"trace", 0, CLI_FLAG, &c->trace, NULL, "print every event of the stack to stderr", 0, 0, 0},
        {"seed", 0, CLI_CALL, c, "N", "all of the machine's chance, to be repeated (guessable: not for real networks)", machine_take_seed, 0, 0},
        {"loss", 0, CLI_SHARE, &c->loss, "SHARE", "lose frames, each way: 1%", 0, 0, 0},
        {"duplicate", 0, CLI_SHARE, &c->duplicate, "SHARE", "duplicate frames", 0, 0, 0},
        {"reorder", 0, CLI_SHARE, &c->reorder, "SHARE", "let frames overtake others", 0, 0, 0},
        {"bit-errors", 0, CLI_SHARE, &c->bit_errors, "SHARE", "flip bits: 1e-6", 0, 0, 0},
        {"rate", 0, CLI_CALL, c, "RATE", "bits per second, each way: 10Mbit/s", machine_take_rate, 0, 0},
        {"delay", 0, CLI_SPAN, &c->delay, "TIME", "hold frames back, each way: 20ms", 0, 0, 0},
        {"jitter", 0, CLI_SPAN, &c->jitter, "TIME", "hold frames back a random time more", 0, 0, 0},
        {"set", 0, CLI_CALL, c, "NAME=N", "a setting of a protocol; \"hepta show settings\" lists them", machine_take_setting, 0, 0},
        {"json", 0, CLI_FLAG, &c->json, NULL, "results as JSON", 0, 0, 0},
        {"verbose", 'v', CLI_FLAG, &c->verbose, NULL, "say more", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    static_assert(sizeof all / sizeof *all <= CLI_COMMON_OPTIONS, "the table has room");
    memcpy(out, all, sizeof all);
}
