/* --wire lab: a little world inside the command: a server one cable away, to try things without privileges.
 *
 * It is a second stack in the same run loop, so all of this is in real time.  It answers ping, names (server.lab), HTTP, echo, discard,
 * chargen and perf. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"

enum { LAB_BIG = 10 * 1000 * 1000, LAB_SOCKET_BUFFER = 4 << 20 };

const char cli_lab_address[] = "10.7.0.2/24", cli_lab_address6[] = "fd00:7::2/64";

struct cli_lab {
    struct hp_stack *stack;
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

static void lab_services(struct cli_lab *lab)
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
    hp_dns_serve(lab->stack, &lab->dns);
    hp_http_serve(lab->stack, &lab->http);
    hp_services_start(lab->stack, &lab->services);
    hp_perf_serve(lab->stack, &lab->perf);
}

static int lab_plug(struct cli_lab *lab, struct hp_loop *l, int fd)
{
    struct hp_wire *wire = NULL;
    struct hp_prefix a, a6;
    char url[16];
    snprintf(url, sizeof url, "fd:%d", fd);
    int err = hp_wire_open(l, url, &wire, NULL, 0);
    if (err) return err;
    int link = hp_link_add(lab->stack, wire, NULL);
    if (link < 0) {
        hp_wire_close(wire);
        return link;
    }
    hp_prefix_parse("10.7.0.1/24", &a);
    hp_prefix_parse("fd00:7::1/64", &a6);
    err = hp_addr_add(lab->stack, link, &a, 0);
    return err ? err : hp_addr_add(lab->stack, link, &a6, HP_ADDR_NO_DAD);
}

static int lab_make(struct cli_lab *lab, struct hp_loop *l, const int fd[2], struct hp_wire **wire)
{
    char url[16];
    int size = LAB_SOCKET_BUFFER;
    struct hp_config config = {.name = "server", .allocator = hp_os_allocator(), .seed = 7, .now = hp_os_now()};
    for (int i = 0; i < 2; i++) setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    snprintf(url, sizeof url, "fd:%d", fd[0]);
    lab->stack = hp_stack_new(&config);
    lab->big = malloc(LAB_BIG);
    if (!lab->stack || !lab->big) return HP_ENOMEM;
    lab_write_big(lab->big);
    int err = lab_plug(lab, l, fd[1]);
    if (!err) err = hp_loop_add(l, lab->stack);
    if (!err) lab_services(lab);
    return err ? err : hp_wire_open(l, url, wire, NULL, 0);
}

int cli_lab_open(struct hp_loop *l, struct cli_lab **out, struct hp_wire **wire, char *why, size_t why_n)
{
    int fd[2];
    struct cli_lab *lab = calloc(1, sizeof *lab);
    snprintf(why, why_n, "the lab could not be made: out of memory");
    if (!lab) return HP_ENOMEM;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0) {
        free(lab);
        return HP_EIO;
    }
    *out = lab; /* whatever happened: cli_lab_close() takes it down */
    int err = lab_make(lab, l, fd, wire);
    if (err) snprintf(why, why_n, "the lab could not be made: %s", hp_err_text(err));
    return err;
}

void cli_lab_close(struct cli_lab *lab)
{
    if (!lab) return;
    if (lab->stack) hp_stack_free(lab->stack);
    free(lab->big);
    free(lab);
}
