/* --wire lab: a world of two machines inside the command: the machine of the verb, and a server one cable away.
 *
 * Its time is virtual: nothing waits, and the same --seed gives the same output, trace and capture, byte for byte.  The server answers
 * ping, names (server, server.lab), HTTP, echo, discard, chargen and perf.  The faults of the command line are the cable's. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

enum { LAB_BIG = 10 * 1000 * 1000, LAB_PACE_MS = 2 };

const char cli_lab_address[] = "10.7.0.2/24", cli_lab_address6[] = "fd00:7::2/64";

struct cli_lab {
    struct hp_world *world;
    struct hp_cable *cable;
    struct hp_stack *machine, *server;
    struct hp_trace trace;              /* of the machine; the server's events are not told */
    struct hp_http_server http;
    struct hp_services services;
    struct hp_perf_server perf;
    struct hp_dns_server dns;
    struct hp_dns_name names[5];
    struct hp_memory_file files[4];
    char *big;
};

static const char lab_page[] =
    "<!doctype html>\n<title>hepta</title>\n<h1>It works</h1>\n<p>This page came over TCP, IP and Ethernet, and never left the process."
    "\n<p><a href=\"/big\">/big</a> is 10 MB of text.\n";

bool cli_lab_has_ip6(uint32_t mtu) { return !mtu || mtu >= 1280; } /* RFC 8200 5 */

struct hp_ip cli_lab_server(void) { return hp_ip4(10, 7, 0, 1); }

static void lab_write_big(char *p)
{
    char line[64];
    for (int at = 0, number = 1; at < LAB_BIG; number++) {
        int n = snprintf(line, sizeof line, "%07d the quick brown fox jumps over the lazy dog\n", number);
        if (n > LAB_BIG - at) n = LAB_BIG - at;
        memcpy(p + at, line, (size_t)n);
        at += n;
    }
}

static int lab_services(struct cli_lab *lab)
{
    struct hp_ip v4 = cli_lab_server(), v6;
    hp_ip_parse("fd00:7::1", &v6);
    const struct hp_dns_name names[] = {{"server", v4}, {"server", v6}, {"server.lab", v4}, {"server.lab", v6}, {NULL, v4}};
    memcpy(lab->names, names, sizeof names);
    lab->dns.names = lab->names;
    lab->files[0] = (struct hp_memory_file){"/", "text/html; charset=utf-8", lab_page, sizeof lab_page - 1};
    lab->files[1] = (struct hp_memory_file){"/index.html", NULL, lab_page, sizeof lab_page - 1};
    lab->files[2] = (struct hp_memory_file){"/big", "text/plain", lab->big, LAB_BIG};
    lab->http.files = hp_memory_files(lab->files);
    lab->services = (struct hp_services){.echo = true, .discard = true, .chargen = true};
    int err = hp_dns_serve(lab->server, &lab->dns);
    if (!err) err = hp_http_serve(lab->server, &lab->http);
    if (!err) err = hp_services_start(lab->server, &lab->services);
    return err ? err : hp_perf_serve(lab->server, &lab->perf);
}

/* ---- what is seen ---- */

static void lab_event(void *ctx, const struct hp_event *e)
{
    const struct cli_lab *lab = ctx;
    if (!lab->server || e->stack != lab->server) lab->trace.event(lab->trace.ctx, e);
}

/* A frame of the server's that the cable loses is told as any wire tells it: it died on its way in.  (What the machine sent, its stack tells.) */
static void lab_cable_event(void *ctx, const struct hp_cable_event *c)
{
    const struct cli_lab *lab = ctx;
    struct hp_event e = {.kind = HP_TRACE_DROP, .drop = c->drop, .time = c->time, .stack = lab->machine, .pkt = c->pkt,
                         .pkt_id = hp_pkt_id(c->pkt), .link = hp_cable_end(lab->cable, 0)->link};
    if (c->kind == HP_CABLE_DROP && c->end == 1 && e.link) lab->trace.event(lab->trace.ctx, &e);
}

/* ---- making it ---- */

static int lab_watch(struct cli_lab *lab)
{
    const struct hp_trace machines = {lab_event, lab, lab->trace.kinds};
    const struct hp_cable_trace cables = {lab_cable_event, lab};
    bool drops = !lab->trace.kinds || lab->trace.kinds >> HP_TRACE_DROP & 1;
    return lab->trace.event ? hp_world_trace(lab->world, &machines, drops ? &cables : NULL) : HP_OK;
}

static int lab_join(struct cli_lab *lab, const char *machine, const struct hp_cable_config *cable)
{
    lab->cable = hp_world_cable(lab->world, machine, "server", cable);
    if (!lab->cable) return HP_ENOMEM;
    int err = hp_world_address(lab->world, "server", "eth0", "10.7.0.1/24");
    return err || !cli_lab_has_ip6(cable->mtu) ? err : hp_world_address(lab->world, "server", "eth0", "fd00:7::1/64");
}

static int lab_make(struct cli_lab *lab, const struct hp_config *machine, const struct hp_cable_config *cable)
{
    lab->world = hp_world_new(machine->seed, machine->allocator);
    lab->big = malloc(LAB_BIG);
    if (!lab->world || !lab->big) return HP_ENOMEM;
    lab_write_big(lab->big);
    hp_world_set_digest(lab->world, false);
    int err = lab_watch(lab);
    if (err) return err;
    lab->machine = hp_world_machine(lab->world, machine->name, machine);
    if (!lab->machine) return HP_ENOMEM;
    lab->server = hp_world_host(lab->world, "server");
    if (!lab->server) return HP_ENOMEM;
    err = lab_join(lab, machine->name, cable);
    return err ? err : lab_services(lab);
}

int cli_lab_open(struct cli_lab **out, const struct hp_config *machine, const struct hp_cable_config *cable, struct hp_stack **stack, int *link)
{
    if (strcmp(machine->name, "server") == 0) return cli_usage_error("--name server: the other machine of lab: has that name");
    if (strlen(machine->name) > 31) return cli_usage_error("--name %s: in lab: a name has 31 bytes at most", machine->name);
    struct cli_lab *lab = *out = calloc(1, sizeof *lab); /* whatever happens: cli_lab_close() takes it down */
    int err = HP_ENOMEM;
    if (lab) {
        lab->trace = machine->trace;
        err = lab_make(lab, machine, cable);
    }
    if (err) return cli_error("the lab could not be made: %s", hp_err_text(err));
    *stack = lab->machine;
    *link = hp_link_find(lab->machine, "eth0");
    return CLI_OK;
}

void cli_lab_close(struct cli_lab *lab)
{
    if (!lab) return;
    if (lab->world) hp_world_free(lab->world);
    free(lab->big);
    free(lab);
}

/* ---- its time ---- */

/* In step with the real clock: for what would otherwise run away, such as a ping without end. */
static int lab_run_paced(struct cli_lab *lab, hp_time until, bool (*done)(void *ctx), void *ctx)
{
    hp_time offset = hp_os_now() - hp_world_now(lab->world);
    for (;;) {
        hp_time now = hp_os_now() - offset;
        int result = hp_world_run(lab->world, now < until ? now : until, done, ctx);
        if (result == HP_OK || now >= until) return result;
        nanosleep(&(struct timespec){.tv_nsec = HP_MS(LAB_PACE_MS)}, NULL);
    }
}

int cli_lab_run(struct cli_lab *lab, bool paced, hp_time span, bool (*done)(void *ctx), void *ctx)
{
    hp_time until = span == HP_NEVER ? HP_NEVER : hp_world_now(lab->world) + span;
    return paced ? lab_run_paced(lab, until, done, ctx) : hp_world_run(lab->world, until, done, ctx);
}
