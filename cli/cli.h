/* The hepta command: what its verbs share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdio.h>

#include "hepta/hepta.h"

/* How the command ends. */
enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* ---- verbs: one file each ---- */
struct cli_verb {
    const char *name, *line;
    int (*run)(int argc, char **argv);      /* argv[0] is the verb */
};
extern const struct cli_verb cli_verbs[];   /* ends with name == NULL */

int cli_lab(int argc, char **argv);
int cli_ping(int argc, char **argv);
int cli_trace(int argc, char **argv);
int cli_get(int argc, char **argv);
int cli_serve(int argc, char **argv);
int cli_dns(int argc, char **argv);
int cli_perf(int argc, char **argv);
int cli_host(int argc, char **argv);
int cli_tour(int argc, char **argv);
int cli_browse(int argc, char **argv);
int cli_router(int argc, char **argv);
int cli_decode(int argc, char **argv);
int cli_show(int argc, char **argv);

/* ---- options.c: the command line ---- */
enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_NUMBER, CLI_SIZE, CLI_SPAN, CLI_SHARE, CLI_IP, CLI_MAC, CLI_CALL };

/* One option.  `to` points to bool, const char *, int64_t, uint64_t, hp_time, uint32_t, struct hp_ip, struct hp_mac; for CLI_CALL it is handed
 * to `call`, which answers false if the value makes no sense. */
struct cli_option {
    const char *name;                       /* without the dashes */
    char letter;                            /* or 0 */
    enum cli_kind kind;
    void *to;
    const char *arg;                        /* what it wants, in the help: "N" */
    const char *help;
    bool (*call)(void *to, const char *value);
    int64_t min, max;                       /* of CLI_NUMBER and CLI_SIZE, if max != 0 */
};

struct cli_usage {
    const char *synopsis;                   /* "ping [OPTION...] HOST" */
    const char *text;                       /* what the verb does, a paragraph */
    const char *examples;
    const struct cli_option *own;           /* the verb's options, end with name == NULL */
    const struct cli_option *common;        /* the machine's, or NULL */
};

/* Parses all of argv; positional arguments are moved to argv[1..*count].  Answers -1 to go on, or the code to exit with (help was
 * printed, or what is wrong). */
int cli_parse(const struct cli_usage *u, int argc, char **argv, int *count, int count_min, int count_max);
/* "hepta: ..." to stderr; answers CLI_USAGE and CLI_FAILED. */
int cli_usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
int cli_no_verb(const char *group, const char *wrong, const struct cli_verb *verbs);    /* with the nearest; group: "" or "lab " */
int cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- machine.c: a stack on a wire, as the common options say ---- */
enum { CLI_PORTS_MAX = 16, CLI_ADDRESSES_MAX = 8, CLI_DNS_MAX = HP_DNS_SERVERS_MAX, CLI_SETTINGS_MAX = 32 };

/* One wire and what belongs to its link. */
struct cli_port {
    const char *url;
    struct hp_prefix address[CLI_ADDRESSES_MAX];
    int addresses;
    bool dhcp, slaac;
    struct hp_mac mac;
    uint32_t mtu;
    int link;
    struct hp_dhcp client;
};

struct cli_config {
    const char *name, *capture;
    struct cli_port port[CLI_PORTS_MAX];
    int ports;
    struct hp_ip gateway[2], dns[CLI_DNS_MAX];
    int gateways, dns_servers;
    int64_t seed;
    bool seeded, trace, json, verbose;
    bool plain;                             /* no offload: every frame as it is on the wire */
    bool router;                            /* forwards between its wires */
    bool serves;                            /* waits for others to come, without end: needs a wire that leads out */
    bool paced;                             /* with --wire lab: not faster than real time */
    const char *setting[CLI_SETTINGS_MAX];
    int settings;
    uint32_t loss, reorder, duplicate, bit_errors;  /* shares of 2^32 */
    uint64_t rate;                          /* bit/s */
    hp_time delay, jitter;
};

struct cli_machine {
    struct cli_config config;
    struct hp_loop *loop;
    struct hp_stack *stack;
    struct hp_resolver resolver;
    struct hp_pcap *capture;
    struct cli_lab *lab;                    /* with --wire lab: then there is no loop */
    struct hp_trace watch;                  /* set by the verb, if it wants to see the machine's events */
    void (*main)(struct cli_machine *m, void *arg);
    void *arg;
    int result;                             /* of the verb: enum cli_exit */
    hp_time flushed;                        /* the capture, last */
    bool ended, interrupted;
};

enum { CLI_COMMON_OPTIONS = 24 };
/* The common options, for cli_usage.common; they fill m->config. */
void cli_common(struct cli_machine *m, struct cli_option out[CLI_COMMON_OPTIONS]);

/* Makes the machine and runs `program` on it to its end, or to the second SIGINT (the first sets m->interrupted and asks gently, by
 * `interrupt`, which may be NULL).  Then it is taken down.  Answers the exit code. */
int cli_machine_run(struct cli_machine *m, void (*program)(struct cli_machine *m, void *arg), void *arg, void (*interrupt)(void *arg));

/* --trace: an event as a line on stderr. */
void cli_print_event(const struct hp_event *e);

/* In the program: a name or address to an address; prints what is wrong and answers false. */
bool cli_resolve(struct cli_machine *m, const char *host, enum hp_dns_family family, struct hp_ip *out);

/* In the program: waits for addresses of IPv6 that are still being checked for duplicates, if the URL may lead to one. */
void cli_await_addresses(struct cli_machine *m, const char *url);

/* ---- wire_lab.c: --wire lab: a machine and a server one cable away, in virtual time ---- */
struct cli_lab;
/* The machine (name, seed, profile, memory and trace of the config), its stack and the index of its link; end 0 of the cable is its.
 * Answers an exit code, and has said what is wrong.  cli_lab_close() frees all of it, the stack too, whatever happened. */
int cli_lab_open(struct cli_lab **out, const struct hp_config *machine, const struct hp_cable_config *cable, struct hp_stack **stack, int *link);
/* Lets its time run until done(ctx), for `span` at most (HP_NEVER = for ever), as fast as it can or (paced) as fast as real time: what
 * hp_world_run() answers. */
int cli_lab_run(struct cli_lab *lab, bool paced, hp_time span, bool (*done)(void *ctx), void *ctx);
struct hp_ip cli_lab_server(void);
bool cli_lab_has_ip6(uint32_t mtu);
void cli_lab_close(struct cli_lab *lab);
extern const char cli_lab_address[], cli_lab_address6[];    /* what a machine in it is called unless it says so itself */

/* ---- text.c ---- */
const char *cli_ms(hp_time t, char *buf, size_t n);         /* 1.234 */
const char *cli_bytes(uint64_t v, char *buf, size_t n);     /* 12.3 MB */
const char *cli_rate(uint64_t bytes, hp_time span, char *buf, size_t n);    /* 1.23 Gbit/s */
void cli_json_text(FILE *f, const char *text, size_t n);    /* quoted */
/* `text` and blanks to fill `columns` of a terminal, in which Korean is two wide; returns buf. */
const char *cli_pad(const char *text, int columns, char *buf, size_t n);
size_t cli_fit(const char *text, int columns);              /* how many bytes of it fit into so many: whole characters; a control takes one column */

#endif
