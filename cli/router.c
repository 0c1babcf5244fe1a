/* hepta router: forwards packets between its wires. */
#include "cli.h"

struct router_verb {
    struct cli_machine machine;
    bool advertise, stop;
};

enum { ROUTER_LIFETIME_S = 1800 };

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

static void router_program(struct cli_machine *m, void *arg)
{
    struct router_verb *v = arg;
    int err = hp_set_forwarding(m->stack, true);
    if (err) cli_error("forwarding cannot be turned on: %s", hp_err_text(err));
    if (err || (v->advertise && router_advertise(m, ROUTER_LIFETIME_S))) return;
    while (!v->stop && hp_sleep(m->stack, HP_MS(100)) == HP_OK) continue;
    if (v->advertise && router_advertise(m, 0) == CLI_OK) hp_sleep(m->stack, HP_MS(1)); /* RFC 4861 6.2.5: says that it goes */
    m->result = CLI_OK;
}

static void router_interrupt(void *arg) { ((struct router_verb *)arg)->stop = true; }

int cli_router(int argc, char **argv)
{
    struct router_verb v = {.machine.config = {.router = true, .serves = true}};
    const struct cli_option own[] = {
        {"advertise", 0, CLI_FLAG, &v.advertise, NULL, "send router advertisements for the IPv6 prefixes", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"router [OPTION...] --wire URL --addr CIDR... --wire URL --addr CIDR...",
        "Forwards IPv4 and IPv6 packets between its wires, until Ctrl-C.  --addr, --mac and --mtu belong to the wire before them.",
        "  sudo hepta router --wire packet:veth1 --addr 10.8.1.1/24 --wire packet:veth2 --addr 10.8.2.1/24\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 0);
    if (exit_code >= 0) return exit_code;
    return cli_machine_run(&v.machine, router_program, &v, router_interrupt);
}
