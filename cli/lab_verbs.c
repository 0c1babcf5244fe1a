/* hepta lab VERB: finds what comes next. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_run.h"
#include "plan.h"

static const struct cli_verb lab_verbs[] = {
    {"run", "let a described network happen", lab_verb_run},
    {"replay", "the same run once more: is it the same?", lab_verb_replay},
    {"diff", "where two runs part", lab_verb_diff},
    {"shake", "many runs with faults at random, and the fewest that break it", lab_verb_shake},
    {"check", "what a file describes, or what is wrong with it", lab_verb_check},
    {"draw", "draw a network, on the terminal or as SVG", lab_verb_draw},
    {"export", "a file as JSON, or as a graph for Graphviz", lab_verb_export},
    {"import", "a containerlab topology as a lab file", lab_verb_import},
    {NULL, NULL, NULL},
};

static void lab_help(FILE *f)
{
    fprintf(f, "Usage: hepta lab VERB [OPTION...]\n\nNetworks described in files, in virtual time.\n\n");
    for (const struct cli_verb *v = lab_verbs; v->name; v++) fprintf(f, "  %-8s %s\n", v->name, v->line);
    fprintf(f, "\nPrograms that an `app` line can name:\n\n");
    for (const struct hp_lab_program *const *p = hp_lab_programs; *p; p++) fprintf(f, "  %s\n      %s\n", (*p)->synopsis, (*p)->text);
    fprintf(f, "\nhepta lab VERB --help says more.\n");
}

int lab_printed(int code)
{
    bool bad = fflush(stdout) != 0 || ferror(stdout);
    return bad && !code ? cli_error("standard output: %s", strerror(errno)) : code;
}

bool lab_seed_parse(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

int cli_lab(int argc, char **argv)
{
    if (argc < 2) {
        lab_help(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        lab_help(stdout);
        return CLI_OK;
    }
    for (const struct cli_verb *v = lab_verbs; v->name; v++)
        if (strcmp(v->name, argv[1]) == 0) return v->run(argc - 1, argv + 1);
    return cli_no_verb("lab ", argv[1], lab_verbs);
}
