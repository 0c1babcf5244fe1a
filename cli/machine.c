/* A machine as the common options describe it: a stack on a wire, with addresses, and one program that is the verb.
 *
 * The verb's program starts when the machine has its addresses (DHCP, SLAAC) and ends the run.  The first SIGINT asks it to end, the second
 * ends the process. */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { MACHINE_MEMORY_MAX = 1 << 29, MACHINE_PROGRAM_STACK = 256 * 1024, MACHINE_FLUSH_MS = 200, MACHINE_ADDRESS_WAIT_S = 15 };

static struct hp_loop *volatile machine_loop;   /* for the signal handler */

static void machine_signal(int number)
{
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

static void machine_event(void *ctx, const struct hp_event *e)
{
    struct cli_machine *m = ctx;
    if (m->capture) hp_pcap_event(m->capture, e);
    if (!m->config.trace) return;
    char line[512];
    fprintf(stderr, "%s\n", hp_event_text(e, line, sizeof line));
}

static void machine_describe(const struct cli_machine *m)
{
    struct hp_link_info link;
    struct hp_addr_info a;
    char text[HP_PREFIX_TEXT], mac[HP_MAC_TEXT];
    if (hp_link_info(m->stack, m->link, &link)) return;
    fprintf(stderr, "hepta: %s is %s, MTU %u", link.name, hp_mac_text(&link.mac, mac, sizeof mac), link.mtu);
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++)
        if (a.link == m->link) fprintf(stderr, ", %s", hp_prefix_text(&a.address, text, sizeof text));
    fputc('\n', stderr);
}

/* ---- putting it together ---- */

static int machine_make_stack(struct cli_machine *m)
{
    const struct cli_config *c = &m->config;
    uint8_t entropy[32];
    struct hp_config config = {.name = c->name ? c->name : "hepta", .allocator = hp_os_allocator(), .memory_max = MACHINE_MEMORY_MAX,
                               .seed = (uint64_t)c->seed, .now = hp_os_now()};
    if (hp_os_entropy(entropy)) return cli_error("this machine gives no random numbers");
    if (!c->seeded) {
        config.entropy = entropy;
        memcpy(&config.seed, entropy, sizeof config.seed);
    }
    if (c->trace || c->capture) {
        config.trace.event = machine_event;
        config.trace.ctx = m;
        if (!c->trace) config.trace.kinds = 1u << HP_TRACE_RX | 1u << HP_TRACE_TX | 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE;
    }
    m->stack = hp_stack_new(&config);
    return m->stack ? CLI_OK : cli_error("the stack could not start: out of memory");
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

static int machine_open_wire(struct cli_machine *m, struct hp_wire **out)
{
    char why[512];
    const char *url = m->config.wire;
    if (!url)
        return cli_usage_error("which wire? --wire tap:hepta0 talks to this machine's kernel, --wire packet:eth0 to its network, --wire lab: to a "
                               "little world inside this command that needs no privileges");
    int err = strcmp(url, "lab:") == 0 ? cli_lab_open(m->loop, &m->lab, out, why, sizeof why)
                                       : hp_wire_open(m->loop, url, out, why, sizeof why);
    return err ? cli_error("%s", why) : CLI_OK;
}

/* Faults in front of the wire, where they were asked for. */
static int machine_impair(struct cli_machine *m, struct hp_wire **wire)
{
    const struct cli_config *c = &m->config;
    if (c->loss || c->reorder || c->duplicate || c->delay || c->jitter) return cli_error("impairments are not built in yet");
    return CLI_OK;
}

static int machine_plug(struct cli_machine *m)
{
    const struct cli_config *c = &m->config;
    struct hp_wire *wire = NULL;
    int exit_code = machine_open_wire(m, &wire);
    if (exit_code) return exit_code;
    exit_code = machine_impair(m, &wire);
    if (exit_code) {
        hp_wire_close(wire);
        return exit_code;
    }
    struct hp_link_config link = {.name = "eth0", .mac = c->mac, .mtu = (uint32_t)c->mtu};
    m->link = hp_link_add(m->stack, wire, &link);
    if (m->link > 0) return CLI_OK;
    hp_wire_close(wire);
    return cli_error("the wire cannot be plugged in: %s", hp_err_text(m->link));
}

static int machine_route(struct cli_machine *m, const struct hp_ip *gateway)
{
    char text[HP_IP_TEXT];
    struct hp_route r = {.gateway = *gateway, .source = HP_ROUTE_STATIC};
    hp_prefix_parse(hp_ip_is4(gateway) ? "0.0.0.0/0" : "::/0", &r.to);
    if (!hp_ip_is4(gateway)) r.link = m->link;
    int err = hp_route_add(m->stack, &r);
    return err ? cli_error("--gw %s: %s: it wants to be a neighbour, in the prefix of an --addr", hp_ip_text(gateway, text, sizeof text),
                           hp_err_text(err)) : CLI_OK;
}

static int machine_address(struct cli_machine *m)
{
    struct cli_config *c = &m->config;
    char text[HP_PREFIX_TEXT];
    hp_set_slaac(m->stack, m->link, c->slaac);
    for (int i = 0; i < c->addresses; i++) {
        int err = hp_addr_add(m->stack, m->link, &c->address[i], 0);
        if (err) return cli_error("--addr %s: %s", hp_prefix_text(&c->address[i], text, sizeof text), hp_err_text(err));
    }
    for (int i = 0; i < c->gateways; i++) {
        int exit_code = machine_route(m, &c->gateway[i]);
        if (exit_code) return exit_code;
    }
    m->resolver.server_count = c->dns_servers;
    memcpy(m->resolver.server, c->dns, sizeof c->dns);
    return CLI_OK;
}

/* The lab's machine has an address and a name server unless it was told otherwise. */
static void machine_lab_defaults(struct cli_config *c)
{
    if (c->addresses || c->dhcp || c->slaac) return;
    hp_prefix_parse(cli_lab_address, &c->address[c->addresses++]);
    hp_prefix_parse(cli_lab_address6, &c->address[c->addresses++]);
    if (!c->dns_servers) c->dns[c->dns_servers++] = cli_lab_server();
}

static int machine_check(const struct cli_config *c)
{
    if (!c->addresses && !c->dhcp && !c->slaac)
        return cli_usage_error("which address? --addr 10.7.0.2/24, or --addr dhcp, or --addr slaac");
    return CLI_OK;
}

static int machine_start(struct cli_machine *m)
{
    const struct cli_config *c = &m->config;
    if (c->wire && strcmp(c->wire, "lab:") == 0) machine_lab_defaults(&m->config);
    int exit_code;
    if (hp_loop_new(&m->loop)) return cli_error("the run loop could not start");
    if (c->capture) {
        int err = hp_pcap_create(c->capture, &m->capture);
        if (err) return cli_error("%s cannot be written: %s", c->capture, hp_err_text(err));
        hp_pcap_set_clock(m->capture, hp_os_unix_time() - hp_os_now());
    }
    exit_code = machine_make_stack(m);
    if (!exit_code) exit_code = machine_set(m);
    if (!exit_code) exit_code = machine_plug(m);
    if (!exit_code) exit_code = machine_check(c);
    if (!exit_code) exit_code = machine_address(m);
    if (!exit_code && hp_loop_add(m->loop, m->stack)) exit_code = cli_error("out of memory");
    return exit_code;
}

static int machine_stop(struct cli_machine *m)
{
    int exit_code = CLI_OK;
    machine_loop = NULL;
    if (m->stack) {
        hp_resolver_free(m->stack, &m->resolver);
        hp_stack_free(m->stack);
    }
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

/* Whether the machine has an address that it may use: of DHCP, of SLAAC, or IPv6 at all. */
static bool machine_has_address(const struct cli_machine *m, bool (*wanted)(const struct cli_machine *, const struct hp_addr_info *))
{
    struct hp_addr_info a;
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++)
        if (a.link == m->link && !(a.flags & (HP_ADDR_TENTATIVE | HP_ADDR_DUPLICATE)) && wanted(m, &a)) return true;
    return false;
}

static bool machine_is_slaac(const struct cli_machine *m, const struct hp_addr_info *a) { return a->flags & HP_ADDR_AUTO; }
static bool machine_is_leased(const struct cli_machine *m, const struct hp_addr_info *a)
{
    return hp_ip_equal(&a->address.ip, &m->dhcp.lease.address.ip);
}
static bool machine_is_global6(const struct cli_machine *m, const struct hp_addr_info *a)
{
    return !hp_ip_is4(&a->address.ip) && !hp_ip_is_linklocal(&a->address.ip);
}

static bool machine_await(struct cli_machine *m, bool (*wanted)(const struct cli_machine *, const struct hp_addr_info *), hp_time span)
{
    hp_time until = hp_now(m->stack) + span;
    while (!machine_has_address(m, wanted) && hp_now(m->stack) < until)
        if (hp_sleep(m->stack, HP_MS(5)) == HP_ECANCELED) return false;
    return machine_has_address(m, wanted);
}

static bool machine_await_dhcp(struct cli_machine *m)
{
    m->dhcp.link = m->link;
    m->dhcp.hostname = m->config.name;
    int err = hp_dhcp_start(m->stack, &m->dhcp);
    if (err || !machine_await(m, machine_is_leased, HP_S(MACHINE_ADDRESS_WAIT_S))) {
        cli_error("no DHCP server gave an address: %s", err ? hp_err_text(err) : hp_dhcp_state_name(m->dhcp.state));
        return false;
    }
    const struct hp_dhcp_lease *l = &m->dhcp.lease;
    for (int i = 0; i < l->dns_count && m->resolver.server_count < HP_DNS_SERVERS_MAX; i++)
        m->resolver.server[m->resolver.server_count++] = l->dns[i];
    return true;
}

static void machine_program(struct hp_stack *s, void *arg)
{
    struct cli_machine *m = arg;
    bool ready = !m->config.dhcp || machine_await_dhcp(m);
    if (ready && m->config.slaac && !machine_await(m, machine_is_slaac, HP_S(MACHINE_ADDRESS_WAIT_S))) {
        cli_error("no router advertised a prefix");
        ready = false;
    }
    if (ready && m->config.verbose) machine_describe(m);
    m->result = CLI_FAILED;
    if (ready) m->main(m, m->arg);
    if (m->config.dhcp) hp_dhcp_stop(m->stack, &m->dhcp);
    if (m->config.dhcp) hp_sleep(m->stack, HP_MS(20)); /* so that the release is sent */
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
    return m->ended;
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
    if (!exit_code && hp_loop_run(m->loop, HP_NEVER, machine_ended, m) == HP_ECANCELED) {
        m->interrupted = true;
        if (interrupt) interrupt(arg);
        else hp_programs_cancel(m->stack);
        hp_loop_run(m->loop, hp_os_now() + HP_S(2), machine_ended, m);
    }
    if (!exit_code) exit_code = m->result;
    int stopped = machine_stop(m);
    return exit_code ? exit_code : stopped;
}

bool cli_resolve(struct cli_machine *m, const char *host, enum hp_dns_family family, struct hp_ip *out)
{
    int n = hp_resolve(m->stack, &m->resolver, host, family, out, 1);
    if (n == HP_ENETUNREACH) cli_error("%s is a name, and no name server is known: say --dns ADDRESS", host);
    else if (n < 0) cli_error("%s: %s", host, n == HP_ENOENT ? "no such name" : hp_err_text(n));
    if (n > 0 && !hp_ip_is4(out)) machine_await(m, machine_is_global6, HP_S(3)); /* an address is being checked for duplicates */
    return n > 0;
}

/* ---- the common options ---- */

static bool machine_take_address(void *to, const char *value)
{
    struct cli_config *c = to;
    if (strcmp(value, "dhcp") == 0) return c->dhcp = true;
    if (strcmp(value, "slaac") == 0) return c->slaac = true;
    if (c->addresses == CLI_ADDRESSES_MAX || !strchr(value, '/')) return false;
    return hp_prefix_parse(value, &c->address[c->addresses]) && ++c->addresses;
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
    c->seed = (int64_t)strtoull(value, &end, 0);
    return c->seeded = end != value && !*end;
}

void cli_common(struct cli_machine *m, struct cli_option out[CLI_COMMON_OPTIONS])
{
    struct cli_config *c = &m->config;
    const struct cli_option all[] = {
        {"wire", 'w', CLI_TEXT, &c->wire, "URL", "tap:NAME, tun:NAME, packet:NAME, fd:N, pcap:FILE, null:, or lab: (a little world inside)", 0, 0, 0},
        {"addr", 'a', CLI_CALL, c, "CIDR", "address and prefix length, or dhcp, or slaac; may be repeated", machine_take_address, 0, 0},
        {"gw", 'g', CLI_CALL, c, "ADDRESS", "default router, one of each IP version", machine_take_gateway, 0, 0},
        {"dns", 0, CLI_CALL, c, "ADDRESS", "name server; up to 4", machine_take_dns, 0, 0},
        {"mac", 0, CLI_MAC, &c->mac, "MAC", "own MAC address; drawn at random otherwise", 0, 0, 0},
        {"mtu", 0, CLI_NUMBER, &c->mtu, "N", "the link's MTU", 0, 68, 65535},
        {"name", 0, CLI_TEXT, &c->name, "NAME", "the machine's name, in traces and for DHCP", 0, 0, 0},
        {"capture", 0, CLI_TEXT, &c->capture, "FILE", "write every frame to a pcapng file, drops and states as comments", 0, 0, 0},
        {"trace", 0, CLI_FLAG, &c->trace, NULL, "print every event of the stack to stderr", 0, 0, 0},
        {"seed", 0, CLI_CALL, c, "N", "all of the machine's chance, to be repeated (guessable: not for real networks)", machine_take_seed, 0, 0},
        {"loss", 0, CLI_SHARE, &c->loss, "SHARE", "lose frames, each way: 1%", 0, 0, 0},
        {"duplicate", 0, CLI_SHARE, &c->duplicate, "SHARE", "duplicate frames", 0, 0, 0},
        {"reorder", 0, CLI_SHARE, &c->reorder, "SHARE", "let frames overtake others", 0, 0, 0},
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
