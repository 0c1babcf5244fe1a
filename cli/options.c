/* The command line: tables of options, parsed by getopt_long, checked and explained here. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { OPTIONS_MAX = 64, OPTION_HELP = 1000 };

static void options_say(const char *format, va_list args)
{
    fprintf(stderr, "hepta: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

int cli_usage_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    options_say(format, args);
    va_end(args);
    return CLI_USAGE;
}

int cli_no_verb(const char *group, const char *wrong, const struct cli_verb *verbs)
{
    const char *names[OPTIONS_MAX] = {NULL};
    for (int i = 0; verbs[i].name && i < OPTIONS_MAX - 1; i++) names[i] = verbs[i].name;
    const char *near = hp_nearest(wrong, names);
    if (near) return cli_usage_error("there is no verb \"%s%s\"; did you mean \"%s%s\"?  hepta %s--help lists them", group, wrong, group, near, group);
    return cli_usage_error("there is no verb \"%s%s\"; hepta %s--help lists them", group, wrong, group);
}

int cli_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    options_say(format, args);
    va_end(args);
    return CLI_FAILED;
}

/* ---- help ---- */

static void options_print(const char *title, const struct cli_option *o)
{
    printf("\n%s\n", title);
    for (; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name,
                 o->arg ? " " : "", o->arg ? o->arg : "");
        if (strlen(left) < 26) printf("  %-26s %s\n", left, o->help);
        else printf("  %s\n  %-26s %s\n", left, "", o->help);
    }
}

static void options_help(const struct cli_usage *u)
{
    printf("Usage: hepta %s\n\n%s\n", u->synopsis, u->text);
    if (u->own && u->own->name) options_print("Options:", u->own);
    if (u->common) options_print("The machine:", u->common);
    if (u->examples) printf("\nExamples:\n%s", u->examples);
}

/* ---- values ---- */

static bool option_number(const struct cli_option *o, const char *text)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || (o->max && (v < o->min || v > o->max))) return false;
    *(int64_t *)o->to = v;
    return true;
}

static bool option_size(const struct cli_option *o, const char *text)
{
    uint64_t v;
    if (!hp_size_parse(text, &v) || (o->max && (v < (uint64_t)o->min || v > (uint64_t)o->max))) return false;
    *(uint64_t *)o->to = v;
    return true;
}

/* A time: 20ms; a bare number means seconds, as ping's -i does. */
static bool option_span(const char *text, hp_time *to)
{
    char *end;
    if (hp_span_parse(text, to)) return true;
    double v = strtod(text, &end);
    if (end == text || *end || v < 0 || v > 1e9) return false;
    *to = (hp_time)(v * 1e9);
    return true;
}

static bool option_set(const struct cli_option *o, const char *text)
{
    switch (o->kind) {
    case CLI_FLAG: *(bool *)o->to = true; return true;
    case CLI_TEXT: *(const char **)o->to = text; return true;
    case CLI_NUMBER: return option_number(o, text);
    case CLI_SIZE: return option_size(o, text);
    case CLI_SPAN: return option_span(text, o->to);
    case CLI_SHARE: return hp_share_parse(text, o->to);
    case CLI_IP: return hp_ip_parse(text, o->to);
    case CLI_MAC: return hp_mac_parse(text, o->to);
    case CLI_CALL: return o->call(o->to, text);
    }
    return false;
}

static int option_wrong(const struct cli_option *o, const char *text)
{
    if (o->max && (o->kind == CLI_NUMBER || o->kind == CLI_SIZE))
        return cli_usage_error("--%s %s: a number from %lld to %lld is wanted", o->name, text, (long long)o->min, (long long)o->max);
    static const char *const wanted[] = {
        [CLI_NUMBER] = "a number", [CLI_SIZE] = "a size such as 1500, 64k or 2MiB", [CLI_SPAN] = "a time such as 20ms or 1.5s",
        [CLI_SHARE] = "a share such as 2% or 0.02", [CLI_IP] = "an IP address", [CLI_MAC] = "a MAC address such as 02:00:00:00:00:01"};
    if (o->kind == CLI_CALL) return cli_usage_error("--%s %s does not fit: it wants %s (%s)", o->name, text, o->arg, o->help);
    return cli_usage_error("--%s %s: %s is wanted", o->name, text, wanted[o->kind]);
}

/* ---- getopt's tables ---- */

struct option_table {
    const struct cli_option *all[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 2];
    char letters[OPTIONS_MAX * 2 + 4];
    int count;
};

static void option_table_add(struct option_table *t, const struct cli_option *o)
{
    for (; o && o->name && t->count < OPTIONS_MAX; o++) {
        int has = o->kind == CLI_FLAG ? no_argument : required_argument;
        t->longs[t->count] = (struct option){o->name, has, NULL, OPTION_HELP + 1 + t->count};
        t->all[t->count++] = o;
        char letter[3] = {o->letter, has == required_argument ? ':' : 0, 0};
        if (o->letter) strcat(t->letters, letter);
    }
}

static const struct cli_option *option_table_find(const struct option_table *t, int code)
{
    if (code > OPTION_HELP) return t->all[code - OPTION_HELP - 1];
    for (int i = 0; i < t->count; i++)
        if (t->all[i]->letter == code) return t->all[i];
    return NULL;
}

/* The verbs of a synopsis: "lab run [OPTION...] FILE" is "lab run". */
static void options_verbs(const char *synopsis, char *out, size_t n)
{
    size_t used = 0;
    for (const char *p = synopsis; *p && used + 1 < n; p++) {
        bool begins = p == synopsis || p[-1] == ' ';
        if (begins && !(*p >= 'a' && *p <= 'z')) break;
        out[used++] = *p;
    }
    while (used && out[used - 1] == ' ') used--;
    out[used] = 0;
}

/* "--se": which of them begin so, or the nearest one. */
static int options_unknown(const struct cli_usage *u, const struct option_table *t, char *const argv[], int code)
{
    char verb[64], name[64], near[128] = "";
    const char *word = argv[optind - 1], *names[OPTIONS_MAX + 2] = {"help"};
    size_t used = 0;
    int count = 0;
    options_verbs(u->synopsis, verb, sizeof verb);
    if (code == ':') return cli_usage_error("%s wants a value; hepta %s --help says which", word, verb);
    if (strncmp(word, "--", 2) != 0) return cli_usage_error("\"-%c\" is no option of hepta %s; hepta %s --help lists them", optopt, verb, verb);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (int i = 0; i < t->count; i++) {
        names[i + 1] = t->longs[i].name;
        if (strncmp(names[i + 1], name, strlen(name)) != 0 || used >= sizeof near) continue;
        used += (size_t)snprintf(near + used, sizeof near - used, "%s--%s", count++ ? ", " : "", names[i + 1]);
    }
    if (count > 1) return cli_usage_error("\"%s\" may be any of %s; hepta %s --help lists them", word, near, verb);
    const char *meant = hp_nearest(name, names);
    if (meant) return cli_usage_error("\"%s\" is no option of hepta %s; did you mean \"--%s\"?  hepta %s --help lists them", word, verb, meant, verb);
    return cli_usage_error("\"%s\" is no option of hepta %s; hepta %s --help lists them", word, verb, verb);
}

int cli_parse(const struct cli_usage *u, int argc, char **argv, int *count, int count_min, int count_max)
{
    struct option_table t = {.letters = ":h"};
    option_table_add(&t, u->own);
    option_table_add(&t, u->common);
    t.longs[t.count] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1;) {
        if (code == 'h' || code == OPTION_HELP) {
            options_help(u);
            return CLI_OK;
        }
        if (code == '?' || code == ':') return options_unknown(u, &t, argv, code);
        const struct cli_option *o = option_table_find(&t, code);
        if (!option_set(o, optarg)) return option_wrong(o, optarg);
    }
    *count = argc - optind;
    memmove(argv + 1, argv + optind, (size_t)*count * sizeof *argv);
    if (*count < count_min) return cli_usage_error("something is missing: hepta %s", u->synopsis);
    if (*count > count_max) return cli_usage_error("\"%s\" is one word too many: hepta %s", argv[count_max + 1], u->synopsis);
    return -1;
}
