/* hepta show: what a stack is made of: protocols, settings, counters, and the reasons of drops. */
#include <string.h>

#include "cli.h"
#include "wire/field.h"

struct show_verb {
    bool json;
    const char *only;                   /* of this protocol, or NULL */
    int lines;
};

static bool show_wants(const struct show_verb *v, const char *proto) { return !v->only || strcmp(v->only, proto) == 0; }

/* Between two objects of a JSON array. */
static void show_comma(struct show_verb *v)
{
    if (v->json && v->lines) printf(",\n ");
    v->lines++;
}

static void show_text(const char *key, const char *text)
{
    printf(",\"%s\":", key);
    cli_json_text(stdout, text ? text : "", text ? strlen(text) : 0);
}

static void show_protocol(void *ctx, const char *name, int layer)
{
    struct show_verb *v = ctx;
    if (!show_wants(v, name)) return;
    show_comma(v);
    if (v->json) printf("{\"layer\":%d,\"name\":\"%s\"}", layer, name);
    else printf("L%d  %s\n", layer, name);
}

static void show_setting(void *ctx, const struct hp_setting_info *i)
{
    struct show_verb *v = ctx;
    char name[80], range[80];
    if (!show_wants(v, i->proto)) return;
    show_comma(v);
    snprintf(name, sizeof name, "%s.%s", i->proto, i->name);
    if (v->json) {
        printf("{\"name\":\"%s\",\"value\":%lld,\"min\":%lld,\"max\":%lld", name, (long long)i->value, (long long)i->min, (long long)i->max);
        show_text("unit", i->unit);
        show_text("text", i->text);
        printf("}");
        return;
    }
    snprintf(range, sizeof range, "%lld..%lld", (long long)i->min, (long long)i->max);
    printf("%-32s %10lld %-8s %-22s %s\n", name, (long long)i->value, i->unit ? i->unit : "", range, i->text ? i->text : "");
}

static void show_counter(void *ctx, const char *proto, const char *name, uint64_t value, const char *text)
{
    struct show_verb *v = ctx;
    char full[80];
    if (!show_wants(v, proto)) return;
    show_comma(v);
    snprintf(full, sizeof full, "%s.%s", proto, name);
    if (!v->json) {
        printf("%-32s %s\n", full, text ? text : "");
        return;
    }
    printf("{\"name\":\"%s\"", full);
    show_text("text", text);
    printf("}");
}

static void show_drops(const struct hp_stack *s, struct show_verb *v)
{
    for (int d = HP_DROP_NONE + 1; d < HP_DROP_COUNT; d++) {
        const char *name = hp_drop_name((enum hp_drop)d), *text = hp_drop_text((enum hp_drop)d);
        if (!show_wants(v, name)) continue;
        show_comma(v);
        if (!v->json) {
            printf("%-18s %s\n", name, text);
            continue;
        }
        printf("{\"name\":\"%s\"", name);
        show_text("text", text);
        printf("}");
    }
}

static void show_fields(const struct hp_stack *s, struct show_verb *v)
{
    for (const char *const *name = field_names; *name; name++) {
        size_t n = v->only ? strlen(v->only) : 0;
        if (n && (strncmp(*name, v->only, n) != 0 || ((*name)[n] && (*name)[n] != '.'))) continue;
        show_comma(v);
        printf(v->json ? "\"%s\"" : "%s\n", *name);
    }
}

static void show_protocols(const struct hp_stack *s, struct show_verb *v) { hp_protocols_each(s, show_protocol, v); }
static void show_settings(const struct hp_stack *s, struct show_verb *v) { hp_settings_each(s, show_setting, v); }
static void show_counters(const struct hp_stack *s, struct show_verb *v) { hp_counters_each(s, show_counter, v); }

static const struct {
    const char *name;
    void (*show)(const struct hp_stack *s, struct show_verb *v);
} show_lists[] = {{"protocols", show_protocols}, {"settings", show_settings}, {"counters", show_counters}, {"drops", show_drops},
                {"fields", show_fields}};

int cli_show(int argc, char **argv)
{
    struct show_verb v = {.json = false};
    const struct cli_option own[] = {
        {"json", 0, CLI_FLAG, &v.json, NULL, "as JSON", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"show protocols | settings | counters | drops | fields [NAME]",
        "Shows what a machine is made of: its protocols, their settings and counters, the ways in which a packet can die, and the\n"
        "fields of frames that filters (hepta decode --filter, rules of a lab) can name.  With NAME only those of one protocol, or one drop.", "  hepta show drops\n  hepta show settings tcp\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 2);
    if (exit_code >= 0) return exit_code;
    size_t list = 0, lists = sizeof show_lists / sizeof *show_lists;
    while (list < lists && strcmp(show_lists[list].name, argv[1]) != 0) list++;
    if (list == lists) return cli_usage_error("\"%s\" cannot be shown: hepta %s", argv[1], usage.synopsis);
    v.only = words == 2 ? argv[2] : NULL;
    struct hp_config config = {.allocator = hp_os_allocator()};
    struct hp_stack *s = hp_stack_new(&config);
    if (!s) return cli_error("out of memory");
    if (v.json) printf("[");
    show_lists[list].show(s, &v);
    if (v.json) printf("]\n");
    hp_stack_free(s);
    return v.lines || !v.only ? CLI_OK : cli_error("nothing is called \"%s\" there", v.only);
}
