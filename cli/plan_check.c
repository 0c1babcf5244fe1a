/* hepta lab check, export, import: a lab file looked at, and turned into other forms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_run.h"
#include "plan.h"

struct check_list {
    const char *file;
    bool json;
    unsigned count;
};

static void check_warning(void *ctx, const struct hp_plan_error *w)
{
    struct check_list *list = ctx;
    if (list->json) {
        printf("%s\n  {\"line\": %u, \"column\": %u, \"text\": ", list->count ? "," : "", w->place.line, w->place.column);
        cli_json_text(stdout, w->text, strlen(w->text));
        putchar('}');
    } else if (list->count < HP_PLAN_ERRORS_MAX) {
        printf("%s:%u: warning: %s\n", w->file[0] ? w->file : list->file, w->place.line, w->text);
    }
    list->count++;
}

static void check_count(uint32_t count, const char *one, const char *many, bool *first)
{
    if (!count) return;
    printf("%s%u %s", *first ? "" : ", ", count, count == 1 ? one : many);
    *first = false;
}

static void check_summary(const struct hp_plan *p)
{
    static const char *const many[] = {"hosts", "routers", "switches", "hubs", "repeaters"};
    uint32_t kind[5] = {0};
    char until[HP_TIME_TEXT];
    bool first = true;
    for (uint32_t i = 0; i < p->nodes; i++) kind[p->node[i].kind]++;
    printf("lab %s, seed %llu, until %s: ", p->name, (unsigned long long)p->seed, hp_span_text(p->until, until, sizeof until));
    for (int k = 0; k < 5; k++) check_count(kind[k], plan_write_kind((enum hp_node_kind)k), many[k], &first);
    check_count(p->cables, "cable", "cables", &first);
    check_count(p->apps, "app", "apps", &first);
    check_count(p->faults, "fault", "faults", &first);
    check_count(p->expects, "expectation", "expectations", &first);
    printf("%s\n", first ? "nothing" : "");
}

static void check_json(const struct hp_plan *p, const char *file)
{
    struct check_list list = {.file = file, .json = true};
    printf("{\"name\": ");
    cli_json_text(stdout, p->name, strlen(p->name));
    printf(", \"nodes\": %u, \"cables\": %u, \"apps\": %u, \"faults\": %u, \"expects\": %u, \"warnings\": [", p->nodes, p->cables, p->apps,
           p->faults, p->expects);
    hp_plan_check(p, check_warning, &list);
    printf("]}\n");
}

/* Everything but the happening: programs and what they were told, faults, expectations. */
static int check_run(struct lab_file *file)
{
    struct lab_run r = {.file = file, .quiet = true};
    int code = lab_run_make(&r);
    lab_run_free(&r);
    return code;
}

static void check_say(const struct hp_plan *plan, const char *file)
{
    struct check_list list = {.file = file};
    check_summary(plan);
    hp_plan_check(plan, check_warning, &list);
    if (list.count > HP_PLAN_ERRORS_MAX) printf("... %u warnings in all\n", list.count);
}

int lab_verb_check(int argc, char **argv)
{
    bool json = false;
    int count, code;
    struct lab_file file;
    const struct cli_option own[] = {{"json", 'j', CLI_FLAG, &json, NULL, "the summary and the warnings as JSON", NULL, 0, 0}, {0}};
    const struct cli_usage usage = {"lab check [OPTION...] FILE", "Reads a lab file and says what there is, what is wrong, and what is probably not meant.",
                                    "  hepta lab check examples/lab/01-ping.lab\n", own, NULL};
    if ((code = cli_parse(&usage, argc, argv, &count, 1, 1)) >= 0) return code;
    code = lab_file_open(&file, argv[1], NULL);
    if (!code) code = check_run(&file);
    if (!code && json) check_json(file.plan, argv[1]);
    if (!code && !json) check_say(file.plan, argv[1]);
    lab_file_close(&file);
    return lab_printed(code);
}

int lab_verb_export(int argc, char **argv)
{
    bool json = false, dot = false;
    int count, code;
    struct lab_file file;
    const struct cli_option own[] = {
        {"json", 'j', CLI_FLAG, &json, NULL, "the canonical JSON form (docs/lab.schema.json); every lab verb reads it", NULL, 0, 0},
        {"dot", 'd', CLI_FLAG, &dot, NULL, "a graph for Graphviz", NULL, 0, 0},
        {0}};
    const struct cli_usage usage = {"lab export --json|--dot FILE", "Writes what a lab file describes in another form, to the standard output.",
                                    "  hepta lab export --json net.lab > net.json\n  hepta lab export --dot net.lab | dot -Tsvg > net.svg\n", own, NULL};
    if ((code = cli_parse(&usage, argc, argv, &count, 1, 1)) >= 0) return code;
    if (json == dot) return cli_usage_error("lab export wants --json or --dot");
    code = lab_file_open(&file, argv[1], NULL);
    if (!code && json) plan_write_json(stdout, file.plan);
    if (!code && dot) plan_write_dot(stdout, file.plan);
    lab_file_close(&file);
    if (!code && fflush(stdout)) return cli_error("the standard output: %s", strerror(errno));
    return code;
}

int lab_verb_import(int argc, char **argv)
{
    int count, code;
    size_t n;
    char why[512];
    const struct cli_option own[] = {{0}};
    const struct cli_usage usage = {"lab import TOPOLOGY.clab.yml",
                                    "Prints a containerlab topology as a lab file: its nodes and links; what they run is yours to add.",
                                    "  hepta lab import fabric.clab.yml > fabric.lab\n", own, NULL};
    if ((code = cli_parse(&usage, argc, argv, &count, 1, 1)) >= 0) return code;
    char *text = lab_file_read(argv[1], &n);
    if (!text) return cli_error("%s: %s", argv[1], strerror(errno));
    bool ok = plan_clab_to_text(text, n, stdout, why, sizeof why);
    free(text);
    if (ok && why[0]) fprintf(stderr, "%s:%s\n", argv[1], why);
    return ok ? CLI_OK : cli_error("%s:%s", argv[1], why);
}
