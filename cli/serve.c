/* hepta serve: a folder by HTTP.  hepta host: a machine that is just there. */
#include <string.h>

#include "cli.h"

struct serve_verb {
    struct cli_machine machine;
    const char *folder;
    int64_t port, connections;
    bool quiet, stop;
    struct hp_http_server http;
    struct hp_services services;
    struct hp_perf_server perf;
};

/* The programs do the work; this one waits for the end. */
static void serve_wait(struct serve_verb *v)
{
    while (!v->stop && !v->http.error && hp_sleep(v->machine.stack, HP_MS(100)) == HP_OK) continue;
}

static void serve_interrupt(void *arg) { ((struct serve_verb *)arg)->stop = true; }

/* Every address of the machine, as somebody would ask for it. */
static void serve_say_where(const struct cli_machine *m, const char *before, const char *after)
{
    struct hp_addr_info a;
    char text[HP_IP_TEXT];
    for (unsigned i = 0; hp_addr_info(m->stack, i, &a) == HP_OK; i++) {
        if (hp_ip_is_linklocal(&a.address.ip) || hp_ip_is_loopback(&a.address.ip)) continue;
        bool v6 = !hp_ip_is4(&a.address.ip);
        fprintf(stderr, "%s%s%s%s%s\n", before, v6 && *after ? "[" : "", hp_ip_text(&a.address.ip, text, sizeof text), v6 && *after ? "]" : "",
                after);
    }
}

/* ---- serve ---- */

static void serve_log(void *ctx, const struct hp_endpoint *peer, const char *request, int status, uint64_t bytes)
{
    const struct serve_verb *v = ctx;
    char who[HP_ENDPOINT_TEXT];
    hp_endpoint_text(peer, who, sizeof who);
    if (v->quiet) return;
    if (!v->machine.config.json) {
        printf("%s \"%s\" %d %llu\n", who, request, status, (unsigned long long)bytes);
    } else {
        printf("{\"peer\":\"%s\",\"request\":", who);
        cli_json_text(stdout, request, strlen(request));
        printf(",\"status\":%d,\"bytes\":%llu}\n", status, (unsigned long long)bytes);
    }
    fflush(stdout);
}

static void serve_program(struct cli_machine *m, void *arg)
{
    struct serve_verb *v = arg;
    char after[16] = "/";
    int err = hp_os_folder(v->folder, &v->http.files);
    if (err) {
        cli_error("%s cannot be served: %s", v->folder, hp_err_text(err));
        return;
    }
    v->http.port = (uint16_t)v->port;
    v->http.connections_max = (uint32_t)v->connections;
    v->http.log = serve_log;
    v->http.ctx = v;
    err = hp_http_serve(m->stack, &v->http);
    if (err) {
        cli_error("port %lld cannot be served: %s", (long long)v->port, hp_err_text(err));
        return;
    }
    if (v->port != 80) snprintf(after, sizeof after, ":%lld/", (long long)v->port);
    serve_say_where(m, "hepta: serving http://", after);
    serve_wait(v);
    if (v->http.error && !v->stop) cli_error("port %lld cannot be served: %s", (long long)v->port, hp_err_text(v->http.error));
    m->result = v->http.error && !v->stop ? CLI_FAILED : CLI_OK;
}

int cli_serve(int argc, char **argv)
{
    struct serve_verb v = {.machine.config.serves = true, .port = 80};
    const struct cli_option own[] = {
        {"port", 'p', CLI_NUMBER, &v.port, "N", "TCP port: 80", 0, 1, 65535},
        {"connections", 0, CLI_NUMBER, &v.connections, "N", "at once, at most: 1024", 0, 1, 1000000},
        {"quiet", 'q', CLI_FLAG, &v.quiet, NULL, "do not print the requests", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"serve [OPTION...] FOLDER", "Serves a folder by HTTP/1.1, until Ctrl-C.",
        "  sudo hepta serve . --wire tap:hepta0,host=10.7.0.1/24 --addr 10.7.0.2/24 &\n"
        "  curl http://10.7.0.2/README.md\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    v.folder = argv[1];
    exit_code = cli_machine_run(&v.machine, serve_program, &v, serve_interrupt);
    hp_os_folder_close(&v.http.files);
    return exit_code;
}

/* ---- host ---- */

static void host_program(struct cli_machine *m, void *arg)
{
    struct serve_verb *v = arg;
    v->services = (struct hp_services){.echo = true, .discard = true, .chargen = true};
    int err = hp_services_start(m->stack, &v->services);
    if (!err) err = hp_perf_serve(m->stack, &v->perf);
    if (err) cli_error("the services could not start: %s", hp_err_text(err));
    serve_say_where(m, "hepta: here at ", "");
    serve_wait(v);
    m->result = CLI_OK;
}

int cli_host(int argc, char **argv)
{
    struct serve_verb v = {.machine.config.serves = true};
    const struct cli_option own[] = {{NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0}};
    struct cli_option common[CLI_COMMON_OPTIONS];
    cli_common(&v.machine, common);
    const struct cli_usage usage = {"host [OPTION...]", "Is just there, until Ctrl-C: answers ping, echo, discard, chargen and perf.",
        "  sudo hepta host --wire tap:hepta0,host=10.7.0.1/24 --addr 10.7.0.2/24 & ping 10.7.0.2\n", own, common};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 0, 0);
    if (exit_code >= 0) return exit_code;
    return cli_machine_run(&v.machine, host_program, &v, serve_interrupt);
}
