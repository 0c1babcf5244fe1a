/* hepta tour: a page's way through a small internet, in virtual time, told layer by layer; or, with --wire, through the real one. */
#define _GNU_SOURCE /* program_invocation_name */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "hepta/lab.h"
#include "hepta/pcap.h"
#include "scene.h"
#include "sha256.h"
#include "story.h"

enum { TOUR_CABLES = 4, TOUR_SECONDS_MAX = 3600 };

static const char tour_url[] = "http://www.hepta.test/page.html";

struct tour_cable {
    const char *a, *b, *name;
    struct hp_cable *cable;
    struct hp_pcap *pcap;
    char path[512];
};

struct tour {
    struct cli_machine machine;         /* with --wire */
    struct hp_world *world;
    struct hp_stack *client, *r1, *r2, *server;
    struct tour_cable cable[TOUR_CABLES];
    struct story story;
    struct scene *scene;
    struct hp_dns_name names[2];
    struct hp_dns_server dns;
    struct hp_memory_file files[3];
    struct hp_http_server http;
    struct hp_resolver resolver;
    struct hp_http_get get;
    struct sha256 hash;
    uint8_t *page;
    uint64_t size, rate, snap;
    const char *out, *url, *command, *html;
    char html_path[512];
    bool quiet, ended, asked;
    int result;
    char got[SHA256_TEXT], wanted[SHA256_TEXT];
};

/* ---- the page: words, so that it can be read, and long enough ---- */

static const char tour_head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>hepta</title></head>\n<body>\n<h1>A page</h1>\n";

static void tour_write_page(uint8_t *page, size_t n)
{
    size_t at = sizeof tour_head - 1 < n ? sizeof tour_head - 1 : n;
    memcpy(page, tour_head, at);
    for (int line = 1; at < n; line++) {
        char text[128];
        int len = snprintf(text, sizeof text, "<p>%d. Seven layers carry this line, and one stack plays all of them.</p>\n", line);
        size_t part = (size_t)len < n - at ? (size_t)len : n - at;
        memcpy(page + at, text, part);
        at += part;
    }
}

/* ---- captures: a file for each cable, an interface for each of its ends ---- */

static void tour_cable_event(void *ctx, const struct hp_cable_event *e)
{
    struct tour *t = ctx;
    struct tour_cable *c = t->cable;
    while (c->cable != e->cable) c++;
    if (e->kind == HP_CABLE_LEAVE || !c->pcap) return;
    static uint8_t bytes[65536 + 256];
    char comment[160];
    size_t n = hp_pkt_copy_out(e->pkt, 0, bytes, sizeof bytes);
    struct hp_pcap_record r = {.interface = e->end, .linktype = HP_PCAP_ETHERNET, .time = e->time, .direction = HP_PCAP_OUT,
                               .data = {bytes, t->snap && t->snap < n ? (size_t)t->snap : n}, .length = (uint32_t)n,
                               .fcs = (uint32_t)hp_pkt_fcs(e->pkt), .id = hp_pkt_id(e->pkt)};
    if (e->kind == HP_CABLE_DROP) {
        int len = snprintf(comment, sizeof comment, "DROP %s: %s", hp_drop_name(e->drop), hp_drop_text(e->drop));
        r.comment = (struct hp_bytes){(const uint8_t *)comment, (size_t)len};
    }
    hp_pcap_write(c->pcap, &r);
}

static int tour_open_captures(struct tour *t)
{
    if (mkdir(t->out, 0777) && errno != EEXIST) return cli_error("%s cannot be made: %s", t->out, strerror(errno));
    for (int i = 0; i < TOUR_CABLES; i++) {
        struct tour_cable *c = &t->cable[i];
        char end[80];
        snprintf(c->path, sizeof c->path, "%s/%s.pcapng", t->out, c->name);
        int err = hp_pcap_create(c->path, &c->pcap);
        if (err) return cli_error("%s cannot be written: %s", c->path, hp_err_text(err));
        snprintf(end, sizeof end, "%s to %s", c->a, c->b);
        hp_pcap_interface(c->pcap, end, HP_PCAP_ETHERNET, NULL);
        snprintf(end, sizeof end, "%s to %s", c->b, c->a);
        hp_pcap_interface(c->pcap, end, HP_PCAP_ETHERNET, NULL);
    }
    return CLI_OK;
}

static int tour_close_captures(struct tour *t)
{
    int exit_code = CLI_OK;
    for (int i = 0; i < TOUR_CABLES; i++)
        if (t->cable[i].pcap && hp_pcap_close(t->cable[i].pcap)) exit_code = cli_error("%s could not be written to its end", t->cable[i].path);
    return exit_code;
}

/* ---- the network ---- */

static int tour_address(struct hp_stack *s, const char *link, const char *text)
{
    struct hp_prefix p;
    hp_prefix_parse(text, &p);
    return hp_addr_add(s, hp_link_find(s, link), &p, 0);
}

static int tour_route(struct hp_stack *s, const char *to, const char *gateway)
{
    struct hp_route r = {.source = HP_ROUTE_STATIC};
    hp_prefix_parse(to, &r.to);
    hp_ip_parse(gateway, &r.gateway);
    return hp_route_add(s, &r);
}

static bool tour_addresses(struct tour *t)
{
    return !tour_address(t->client, "eth0", "10.1.0.2/24") && !tour_address(t->r1, "eth0", "10.1.0.1/24") && !tour_address(t->r1, "eth1", "10.2.0.1/30") &&
           !tour_address(t->r2, "eth0", "10.2.0.2/30") && !tour_address(t->r2, "eth1", "10.3.0.1/24") && !tour_address(t->server, "eth0", "10.3.0.80/24") &&
           !tour_route(t->client, "0.0.0.0/0", "10.1.0.1") && !tour_route(t->r1, "10.3.0.0/24", "10.2.0.2") &&
           !tour_route(t->r2, "10.1.0.0/24", "10.2.0.1") && !tour_route(t->server, "0.0.0.0/0", "10.3.0.1");
}

static bool tour_build(struct tour *t)
{
    const struct cli_config *c = &t->machine.config;
    struct hp_cable_config local = {.way = {.rate = 1000000000, .delay = HP_US(50)}}, wan = {.way = {.rate = t->rate, .delay = c->delay}};
    wan.way.faults = (struct hp_faults){.loss = c->loss, .duplicate = c->duplicate, .reorder = c->reorder, .jitter = c->jitter,
                                         .bit_errors = c->bit_errors};
    t->world = hp_world_new((uint64_t)c->seed, hp_os_allocator());
    if (!t->world) return false;
    t->client = hp_world_host(t->world, "client");
    hp_world_switch(t->world, "sw");
    t->r1 = hp_world_router(t->world, "r1");
    t->r2 = hp_world_router(t->world, "r2");
    t->server = hp_world_host(t->world, "server");
    if (!t->client || !t->r1 || !t->r2 || !t->server) return false;
    for (int i = 0; i < TOUR_CABLES; i++) {
        struct tour_cable *k = &t->cable[i];
        struct hp_cable_config *config = i == 2 ? &wan : &local;
        config->name = k->name;
        k->cable = hp_world_cable(t->world, k->a, k->b, config);
        if (!k->cable) return false;
    }
    return tour_addresses(t);
}

/* ---- what runs on it ---- */

/* A line of a program, told and recorded. */
__attribute__((format(printf, 5, 6))) static void tour_say(struct tour *t, const char *who, hp_time time, const char *proto, const char *format,
                                                            ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    story_say(&t->story, time, who, 7, proto, "%s", text);
    scene_say(t->scene, time, who, 7, proto, text);
}

static void tour_asked(void *ctx, const struct hp_ip *who, const char *name, int type, int answers)
{
    struct tour *t = ctx;
    tour_say(t, "r1", hp_now(t->r1), "dns", "is asked for %s (%s) and knows %d", name, type == 1 ? "A" : "AAAA", answers < 0 ? 0 : answers);
}

static void tour_served(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    struct tour *t = ctx;
    tour_say(t, "server", hp_now(t->server), "http", "has handed \"%s\" %d, %llu bytes, to its socket", request, status,
              (unsigned long long)bytes);
}

static int tour_body(void *ctx, struct hp_bytes part)
{
    struct tour *t = ctx;
    sha256_add(&t->hash, part.p, part.n);
    return HP_OK;
}

static void tour_head_came(void *ctx, const struct hp_http_head *head, uint64_t length, bool known)
{
    struct tour *t = ctx;
    tour_say(t, t->story.client, t->get.first_byte, "http", "reads the head: %d %.*s, %llu bytes to come", head->status,
              (int)head->reason.n, (const char *)head->reason.p, (unsigned long long)length);
}

static void tour_program(struct hp_stack *s, void *arg)
{
    struct tour *t = arg;
    tour_say(t, t->story.client, hp_now(s), "http", "wants %s", t->url);
    t->get = (struct hp_http_get){.url = t->url, .resolver = &t->resolver, .body = tour_body, .head = tour_head_came, .ctx = t};
    t->result = hp_http_get(s, &t->get);
    sha256_text(&t->hash, t->got);
    hp_sleep(s, HP_MS(200)); /* the last segments of the close */
    t->ended = true;
}

static bool tour_start(struct tour *t)
{
    t->names[0] = (struct hp_dns_name){"www.hepta.test", hp_ip4(10, 3, 0, 80)};
    t->dns = (struct hp_dns_server){.names = t->names, .asked = tour_asked, .ctx = t};
    t->files[0] = (struct hp_memory_file){"/page.html", NULL, t->page, (size_t)t->size};
    t->http = (struct hp_http_server){.files = hp_memory_files(t->files), .log = tour_served, .ctx = t};
    t->resolver.server[t->resolver.server_count++] = hp_ip4(10, 1, 0, 1);
    return !hp_dns_serve(t->r1, &t->dns) && !hp_http_serve(t->server, &t->http) && !hp_spawn(t->client, "get", tour_program, t, 256 * 1024);
}

static bool tour_ended(void *ctx) { return ((struct tour *)ctx)->ended; }

/* ---- the page to look at ---- */

static bool tour_watch(struct tour *t)
{
    char seed[24];
    t->scene = scene_new(&(struct scene_config){.title = "A page's way through a small internet"});
    if (!t->scene || scene_watch(t->scene, t->world)) return false;
    snprintf(seed, sizeof seed, "%lld", (long long)t->machine.config.seed);
    scene_fact(t->scene, "seed", seed);
    scene_kind(t->scene, "server", "server");
    return true;
}

static int tour_write_html(const struct tour *t)
{
    const char *path = t->html ? t->html : t->html_path;
    if (!t->scene) return CLI_OK;
    return scene_write_html(t->scene, path) ? CLI_OK : cli_error("%s cannot be written: %s", path, strerror(errno));
}

/* ---- the account ---- */

static void tour_print_map(const struct tour *t)
{
    char delay[32];
    printf("hepta tour: a page's way through a client, a switch, two routers and a server, in virtual time\n\n"
           "    client ------ sw ------ r1 =============== r2 ------ server\n"
           "    10.1.0.2            10.1.0.1  10.2.0.0/30  10.3.0.1  10.3.0.80\n"
           "                        names                            www.hepta.test\n\n"
           "    ===  %.0f Mbit/s, %s, %.2f%% of the frames are lost     ---  1 Gbit/s, 50us     seed %lld\n",
           (double)t->rate / 1e6, hp_span_text(t->machine.config.delay, delay, sizeof delay),
           (double)t->machine.config.loss / 4294967296.0 * 100, (long long)t->machine.config.seed);
}

static void tour_print_layers(const struct tour *t)
{
    const struct hp_http_get *g = &t->get;
    const struct hp_tcp_info *i = &g->tcp;
    char rate[32], size[32], rtt[32], name[32], connect[32], all[32];
    printf("\n%sWhat each layer did%s\n", t->story.color ? "\033[1m" : "", t->story.color ? "\033[0m" : "");
    printf("  7 application   the name in %s ms, the whole page in %s ms of virtual time\n", cli_ms(g->resolved - g->began, name, sizeof name),
           cli_ms(g->ended - g->began, all, sizeof all));
    printf("  4 transport     handshake in %s ms; %s at %s; rtt %s ms; receive window up to %u kB\n",
           cli_ms(g->connected - g->resolved, connect, sizeof connect), cli_bytes(g->body_bytes, size, sizeof size),
           cli_rate(g->body_bytes, g->ended - g->first_byte, rate, sizeof rate), cli_ms(i->rtt, rtt, sizeof rtt), t->story.win_max / 1000);
    if (!t->world) return;
    printf("                  the server sent %llu of its %llu segments again (%llu times of fast recovery, %llu timeouts)\n",
           (unsigned long long)hp_counter(t->server, "tcp.retransmits"), (unsigned long long)hp_counter(t->server, "tcp.segments_out"),
           (unsigned long long)hp_counter(t->server, "tcp.fast_recoveries"), (unsigned long long)hp_counter(t->server, "tcp.timeouts"));
    printf("  3 network       every packet crossed two routers: TTL 64 at the server, %u at the client; %llu and %llu forwarded\n", t->story.ttl_seen,
           (unsigned long long)hp_counter(t->r1, "net.forwarded"), (unsigned long long)hp_counter(t->r2, "net.forwarded"));
    struct hp_bridge_info port;
    const char *sw;
    struct hp_stack *bridge = hp_world_each(t->world, 1, &sw);
    printf("  2 link          the switch has learnt");
    for (unsigned n = 0; hp_bridge_info(bridge, n, &port) == HP_OK; n++) {
        char mac[HP_MAC_TEXT];
        printf("%s %s at port %d", n ? "," : "", hp_mac_text(&port.mac, mac, sizeof mac), port.link);
    }
    printf("\n  1 physical      cable            frames there        back        lost\n");
    for (int k = 0; k < TOUR_CABLES; k++) {
        struct hp_cable_stats there, back;
        hp_cable_stats(t->cable[k].cable, 0, &there);
        hp_cable_stats(t->cable[k].cable, 1, &back);
        printf("                  %-14s %14llu  %10llu  %10llu\n", t->cable[k].name, (unsigned long long)there.frames,
               (unsigned long long)back.frames, (unsigned long long)(there.lost + back.lost));
    }
}

static void tour_print_drops(const struct tour *t)
{
    for (int d = 1; d < HP_DROP_TAKEN; d++)
        if (t->story.drops[d] && d != HP_DROP_NOT_FOR_US)
            printf("  dropped         %llu x %s: %s\n", (unsigned long long)t->story.drops[d], hp_drop_name((enum hp_drop)d),
                   hp_drop_text((enum hp_drop)d));
}

static void tour_print_end(const struct tour *t, double took)
{
    bool same = strcmp(t->got, t->wanted) == 0;
    printf("\n  The body's SHA-256 is %.16s..., %s.\n", t->got, same ? "the one that the server holds" : "NOT the one that the server holds");
    printf("  %llu events in %.2f s of real time; digest %016llx: the same seed gives it again.\n", (unsigned long long)hp_world_events(t->world), took,
           (unsigned long long)hp_world_digest(t->world));
    printf("\nLook further (hepta is %s)\n"
           "  hepta decode %s    every frame of that cable as a line; -v: every field\n"
           "  wireshark %s           the slow cable; frames that it lost have a comment\n"
           "  %s           the same as a page: open it in a browser\n"
           "  hepta tour --loss 5%% --seed 8              another world\n"
           "  hepta tour --wire tap:hepta0 --addr 10.7.0.2/24 http://10.7.0.1/\n"
           "                                             the same on a real wire (as root)\n",
           t->command, t->cable[0].path, t->cable[2].path, t->html ? t->html : t->html_path);
}

static void tour_print_json(const struct tour *t, double took)
{
    const struct hp_http_get *g = &t->get;
    printf("{\"seed\":%lld,\"bytes\":%llu,\"status\":%d,\"virtual_seconds\":%.9f,\"real_seconds\":%.3f,\"sha256\":\"%s\",\"same\":%s,\"events\":%llu,"
           "\"digest\":\"%016llx\",\"captures\":[", (long long)t->machine.config.seed, (unsigned long long)g->body_bytes, g->status,
           (double)(g->ended - g->began) / 1e9, took, t->got, strcmp(t->got, t->wanted) == 0 ? "true" : "false",
           (unsigned long long)hp_world_events(t->world), (unsigned long long)hp_world_digest(t->world));
    for (int i = 0; i < TOUR_CABLES; i++) printf("%s\"%s\"", i ? "," : "", t->cable[i].path);
    printf("],\"html\":");
    cli_json_text(stdout, t->html ? t->html : t->html_path, strlen(t->html ? t->html : t->html_path));
    printf("}\n");
}

/* ---- in the lab ---- */

static double tour_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int tour_run_lab(struct tour *t)
{
    double began = tour_seconds();
    const struct hp_trace trace = {story_event, &t->story, 1u << HP_TRACE_RX | 1u << HP_TRACE_TX | 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE};
    const struct hp_cable_trace cables = {tour_cable_event, t};
    if (!tour_build(t) || hp_world_trace(t->world, &trace, &cables) || !tour_watch(t) || !tour_start(t))
        return cli_error("the lab could not be built: out of memory");
    bool json = t->machine.config.json;
    if (!json) tour_print_map(t);
    if (!json) story_title(&t->story, "What happened    (seconds, who, layer, what)");
    hp_world_run(t->world, HP_S(TOUR_SECONDS_MAX), tour_ended, t);
    double took = tour_seconds() - began;
    scene_end(t->scene);
    t->story.out = NULL; /* what is taken down now is no part of it */
    bool failed = t->result || !t->ended;
    if (json) {
        tour_print_json(t, took);
    } else {
        tour_print_layers(t);
        tour_print_drops(t);
        if (!failed) tour_print_end(t, took);
    }
    if (failed) return cli_error("the page did not come: %s", t->ended ? t->get.error : "an hour of virtual time was not enough");
    return strcmp(t->got, t->wanted) == 0 ? CLI_OK : cli_error("the body is not what the server holds");
}

static int tour_lab(struct tour *t)
{
    const struct tour_cable cables[TOUR_CABLES] = {{.a = "client", .b = "sw", .name = "client-sw"}, {.a = "sw", .b = "r1", .name = "sw-r1"},
                                                   {.a = "r1", .b = "r2", .name = "r1-r2"}, {.a = "r2", .b = "server", .name = "r2-server"}};
    memcpy(t->cable, cables, sizeof cables);
    t->url = tour_url;
    t->story.server = "server";
    t->page = malloc((size_t)t->size + 1);
    if (!t->page) return cli_error("out of memory");
    tour_write_page(t->page, (size_t)t->size);
    struct sha256 whole;
    sha256_init(&whole);
    sha256_add(&whole, t->page, (size_t)t->size);
    sha256_text(&whole, t->wanted);
    int exit_code = tour_open_captures(t);
    if (!exit_code) exit_code = tour_run_lab(t);
    if (t->world && t->client) hp_resolver_free(t->client, &t->resolver);
    if (t->world) hp_world_free(t->world);
    int closed = tour_close_captures(t), written = tour_write_html(t);
    scene_free(t->scene);
    free(t->page);
    return exit_code ? exit_code : closed ? closed : written;
}

/* ---- on a real wire ---- */

static void tour_real(struct cli_machine *m, void *arg)
{
    struct tour *t = arg;
    story_title(&t->story, "What happened    (seconds, who, layer, what)");
    t->resolver = m->resolver;
    tour_program(m->stack, t);
    m->result = t->result ? CLI_FAILED : CLI_OK;
    if (t->result) cli_error("%s", t->get.error);
    else tour_print_layers(t);
    if (!t->result) printf("\n  %llu bytes, SHA-256 %s\n", (unsigned long long)t->get.body_bytes, t->got);
    hp_resolver_free(m->stack, &t->resolver);
}

int cli_tour(int argc, char **argv)
{
    struct tour t = {.command = program_invocation_name, .out = "out", .size = 10000000, .rate = 100000000};
    struct cli_config *c = &t.machine.config;
    c->seed = 7;
    c->delay = HP_MS(10);
    hp_share_parse("0.1%", &c->loss);
    const struct cli_option own[] = {
        {"out", 'o', CLI_TEXT, &t.out, "FOLDER", "where the captures and the page go: out", 0, 0, 0},
        {"html", 0, CLI_TEXT, &t.html, "FILE", "a page that shows the run, for a browser: FOLDER/tour.html", 0, 0, 0},
        {"size", 'n', CLI_SIZE, &t.size, "SIZE", "of the page: 10M", 0, 1, 1000000000},
        {"rate", 'r', CLI_SIZE, &t.rate, "BITS", "of the cable between the routers, per second: 100M", 0, 9600, 1000000000000},
        {"snap", 0, CLI_SIZE, &t.snap, "BYTES", "captures keep so much of each frame: all of it", 0, 0, 65536},
        {"quiet", 'q', CLI_FLAG, &t.quiet, NULL, "no frames and states, only what each layer did", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&t.machine, common);
    const struct cli_usage usage = {"tour [OPTION...] [URL]",
        "Follows a page through a client, a switch, two routers and a server, in virtual time and without privileges, and tells what\n"
        "happened at each layer.  With --wire it does the same for a URL on a real wire.",
        "  hepta tour --loss 2% --seed 3\n  hepta tour --wire tap:hepta0 --addr 10.7.0.2/24 http://10.7.0.1/\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 1);
    if (exit_code >= 0) return exit_code;
    const char *wire = c->ports ? c->port[0].url : NULL;
    if (!wire && words) return cli_usage_error("a URL needs a --wire; without one the tour is through the lab");
    if (wire && !words) return cli_usage_error("which URL? hepta tour --wire %s ... http://10.7.0.1/", wire);
    sha256_init(&t.hash);
    t.story = (struct story){.out = t.quiet || c->json ? NULL : stdout, .client = wire ? (c->name ? c->name : "hepta") : "client",
                             .linktype = wire && strncmp(wire, "tun:", 4) == 0 ? STORY_LINKTYPE_IP : STORY_LINKTYPE_ETHERNET,
                             .color = isatty(STDOUT_FILENO)};
    t.url = words ? argv[1] : NULL;
    t.machine.watch = (struct hp_trace){story_event, &t.story, 0};
    snprintf(t.html_path, sizeof t.html_path, "%s/tour.html", t.out);
    return wire ? cli_machine_run(&t.machine, tour_real, &t, NULL) : tour_lab(&t);
}
