/* The hepta command: finds the verb and runs it. */
#include <string.h>

#include "cli.h"

const struct cli_verb cli_verbs[] = {
    {"tour", "follow a page through a small internet, layer by layer", cli_tour},
    {"lab", "let described networks happen, in virtual time", cli_lab},
    {"ping", "ask whether a host is there, and how far", cli_ping},
    {"trace", "show the routers on the way to a host", cli_trace},
    {"get", "fetch a page or file by HTTP", cli_get},
    {"browse", "follow the journey of a page; or fetch one and render it as text or PNG", cli_browse},
    {"serve", "serve a folder by HTTP", cli_serve},
    {"dns", "serve zones, resolve recursively, check zone files, ask", cli_dns},
    {"perf", "measure throughput, as client or server", cli_perf},
    {"host", "just be there: answer ping, echo, discard, chargen", cli_host},
    {"router", "forward packets between wires", cli_router},
    {"decode", "print a capture file, field by field", cli_decode},
    {"show", "print protocols, settings, counters, and the reasons of drops", cli_show},
    {NULL, NULL, NULL},
};

static void main_help(FILE *f)
{
    fprintf(f, "Usage: hepta VERB [OPTION...]\n\nThe whole network as one command.\n\n");
    for (const struct cli_verb *v = cli_verbs; v->name; v++) fprintf(f, "  %-8s %s\n", v->name, v->line);
    fprintf(f, "\nhepta VERB --help says more.  To begin without any privileges:\n"
               "  hepta browse www.google.com\n  hepta tour\n  hepta ping --wire lab: server\n"
               "  hepta get --wire lab: http://server/\n");
}

static const struct cli_verb *main_find(const char *name)
{
    for (const struct cli_verb *v = cli_verbs; v->name; v++)
        if (strcmp(v->name, name) == 0) return v;
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        main_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        main_help(stdout);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("hepta 0.1.0\n");
        return CLI_OK;
    }
    const struct cli_verb *v = main_find(argv[1]);
    if (v) return v->run(argc - 1, argv + 1);
    return cli_no_verb("", argv[1], cli_verbs);
}
