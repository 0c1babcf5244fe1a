/* The JSON form of a lab (docs/lab.schema.json) into the lab language, so that one reader checks everything.  The only file that knows jansson. */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

enum { JSON_TEXT_MAX = HP_PLAN_WORD_MAX, JSON_SPANS_A_LINE = 1000 };

struct json_reader {
    FILE *out;
    char *why;
    size_t why_n;
    bool failed;
    char where[64];             /* "nodes[3]" */
};

static bool __attribute__((format(printf, 2, 3))) json_fail(struct json_reader *r, const char *format, ...)
{
    va_list args;
    if (r->failed) return false;
    r->failed = true;
    int n = snprintf(r->why, r->why_n, "%s%s", r->where, r->where[0] ? ": " : "");
    va_start(args, format);
    if (n >= 0 && (size_t)n < r->why_n) vsnprintf(r->why + n, r->why_n - (size_t)n, format, args);
    va_end(args);
    return false;
}

/* ---- members: what is there, of the right kind, and nothing else ---- */

static bool json_only(struct json_reader *r, json_t *object, const char *const *known)
{
    if (!json_is_object(object)) return json_fail(r, "an object is wanted");
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        const char *const *k = known, *key = json_object_iter_key(member);
        while (*k && strcmp(*k, key) != 0) k++;
        if (!*k) return json_fail(r, "there is no member \"%.100s\"", key);
    }
    return true;
}

static const char *json_text(struct json_reader *r, json_t *object, const char *key, bool must)
{
    json_t *value = json_object_get(object, key);
    if (!value && !must) return NULL;
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value) || strlen(text) > JSON_TEXT_MAX) {
        json_fail(r, "\"%s\" wants a text", key);
        return NULL;
    }
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n') {
            json_fail(r, "\"%s\" has a control character", key);
            return NULL;
        }
    return text;
}

static bool json_number(struct json_reader *r, json_t *object, const char *key, long long *out)
{
    json_t *value = json_object_get(object, key);
    if (!value) return false;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return json_fail(r, "\"%s\" wants a whole number, not negative", key);
    *out = json_integer_value(value);
    return true;
}

static bool json_flag(struct json_reader *r, json_t *object, const char *key, bool initial)
{
    json_t *value = json_object_get(object, key);
    if (!value) return initial;
    if (!json_is_boolean(value)) json_fail(r, "\"%s\" wants true or false", key);
    return json_is_true(value);
}

static size_t json_count(struct json_reader *r, json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (value && !json_is_array(value)) json_fail(r, "\"%s\" wants a list", key);
    return json_is_array(value) ? json_array_size(value) : 0;
}

/* ---- the lab language ---- */

static void json_put_quoted(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || *text == '$' || *text == '\n') fputc('\\', f);
        fputc(*text == '\n' ? 'n' : *text, f);
    }
    fputc('"', f);
}

static void json_put(struct json_reader *r, const char *key, const char *text)
{
    if (!text) return;
    fprintf(r->out, " %s ", key);
    json_put_quoted(r->out, text);
}

/* A word as the lab language writes it: it must not become two, or end the line. */
static bool json_put_word(struct json_reader *r, json_t *word)
{
    const char *text = json_string_value(word);
    if (!text || !*text || strlen(text) != json_string_length(word)) return json_fail(r, "a word wants a text that is not empty");
    bool quoted = text[0] == '"';
    size_t n = strlen(text);
    if (strpbrk(text, "\n\r\t") || (!quoted && strpbrk(text, " \"")) || text[0] == '#' || (!quoted && text[n - 1] == '\\'))
        return json_fail(r, "\"%.60s\" is not one word of the lab language (one with blanks is written with quotes in it: \"\\\"a b\\\"\")", text);
    fprintf(r->out, " %s", text);
    return true;
}

static void json_put_words(struct json_reader *r, json_t *words)
{
    if (!json_is_array(words)) json_fail(r, "a list of words is wanted");
    for (size_t i = 0; i < json_array_size(words) && !r->failed; i++) json_put_word(r, json_array_get(words, i));
}

static void json_put_list(struct json_reader *r, json_t *object, const char *key, const char *attribute)
{
    size_t count = json_count(r, object, key);
    for (size_t i = 0; i < count && !r->failed; i++) {
        const char *text = json_string_value(json_array_get(json_object_get(object, key), i));
        if (text) json_put(r, attribute, text);
        else json_fail(r, "\"%s\" wants a list of texts", key);
    }
}

/* ---- nodes ---- */

static void json_interface(struct json_reader *r, json_t *i)
{
    static const char *const known[] = {"name", "addresses", "dhcp", "slaac", "mac", "mtu", "advertise", NULL};
    long long mtu = 0;
    if (!json_only(r, i, known)) return;
    json_put(r, "if", json_text(r, i, "name", true));
    json_put_list(r, i, "addresses", "ip");
    if (json_flag(r, i, "dhcp", false)) fputs(" dhcp", r->out);
    if (!json_flag(r, i, "slaac", true)) fputs(" no-slaac", r->out);
    json_put(r, "mac", json_text(r, i, "mac", false));
    if (json_number(r, i, "mtu", &mtu)) fprintf(r->out, " mtu %lld", mtu);
    json_put(r, "advertise", json_text(r, i, "advertise", false));
}

static void json_routes(struct json_reader *r, json_t *node)
{
    static const char *const known[] = {"to", "via", NULL};
    size_t count = json_count(r, node, "routes");
    for (size_t i = 0; i < count && !r->failed; i++) {
        json_t *route = json_array_get(json_object_get(node, "routes"), i);
        if (!json_only(r, route, known)) return;
        json_put(r, "route", json_text(r, route, "to", true));
        json_put(r, "via", json_text(r, route, "via", true));
    }
}

static void json_settings(struct json_reader *r, json_t *node)
{
    static const char *const known[] = {"name", "value", NULL};
    size_t count = json_count(r, node, "settings");
    for (size_t i = 0; i < count && !r->failed; i++) {
        json_t *setting = json_array_get(json_object_get(node, "settings"), i), *value = json_object_get(setting, "value");
        if (!json_only(r, setting, known)) return;
        json_put(r, "set", json_text(r, setting, "name", true));
        if (json_is_integer(value)) fprintf(r->out, " %lld", (long long)json_integer_value(value));
        else json_fail(r, "a setting's \"value\" wants a whole number");
    }
}

static void json_node(struct json_reader *r, json_t *n)
{
    static const char *const known[] = {"name", "kind", "interfaces", "routes", "dns", "settings", "routes_auto", "cc", "memory", "label", NULL};
    long long memory = 0;
    if (!json_only(r, n, known)) return;
    const char *kind = json_text(r, n, "kind", true), *name = json_text(r, n, "name", true);
    if (r->failed) return;
    int k = 0;
    while (k < 5 && strcmp(kind, plan_write_kind((enum hp_node_kind)k)) != 0) k++;
    if (k == 5) {
        json_fail(r, "\"%.60s\" is no kind: host, router, switch, hub, repeater", kind);
        return;
    }
    json_put(r, kind, name);
    size_t interfaces = json_count(r, n, "interfaces");
    for (size_t i = 0; i < interfaces && !r->failed; i++) json_interface(r, json_array_get(json_object_get(n, "interfaces"), i));
    json_routes(r, n);
    json_put_list(r, n, "dns", "dns");
    json_settings(r, n);
    if (json_flag(r, n, "routes_auto", false)) fputs(" routes auto", r->out);
    json_put(r, "cc", json_text(r, n, "cc", false));
    if (json_number(r, n, "memory", &memory)) fprintf(r->out, " memory %lld", memory);
    json_put(r, "label", json_text(r, n, "label", false));
    fputc('\n', r->out);
}

/* ---- cables ---- */

static void json_way(struct json_reader *r, json_t *w)
{
    static const char *const known[] = {"rate", "delay_ns", "ring_bytes", "loss", "burst_begin", "burst_end", "burst_loss", "duplicate", "reorder",
                                        "reorder_by_ns", "jitter_ns", "bit_errors", "corrupt", "rate_trace", NULL};
    static const char *const share[] = {"loss", "burst_begin", "burst_end", "burst_loss", "duplicate", "reorder", "bit_errors", "corrupt"};
    double v[8] = {0};
    long long rate = 0, delay = 0, ring = 0, by = 0, jitter = 0;
    if (!json_only(r, w, known)) return;
    for (int i = 0; i < 8; i++) {
        json_t *value = json_object_get(w, share[i]);
        v[i] = value ? json_number_value(value) : 0;
        if (value && (!json_is_number(value) || v[i] < 0 || v[i] > 1)) json_fail(r, "\"%s\" wants a number from 0 to 1", share[i]);
    }
    json_number(r, w, "rate", &rate);
    json_number(r, w, "delay_ns", &delay);
    json_number(r, w, "ring_bytes", &ring);
    json_number(r, w, "reorder_by_ns", &by);
    json_number(r, w, "jitter_ns", &jitter);
    if (json_object_get(w, "rate_trace")) json_put(r, "rate", json_text(r, w, "rate_trace", true));
    else if (rate) fprintf(r->out, " rate %lld", rate);
    else fputs(" rate infinite", r->out);
    fprintf(r->out, " delay %lldns ring %lld loss %.12f burst %.12f %.12f", delay, ring, v[0], v[1], v[2]);
    if (v[3] > 0) fprintf(r->out, " %.12f", v[3]);
    fprintf(r->out, " duplicate %.12f reorder %.12f", v[4], v[5]);
    if (by) fprintf(r->out, " %lldns", by);
    fprintf(r->out, " jitter %lldns bit-errors %.12f corrupt %.12f", jitter, v[6], v[7]);
}

/* A line for each span: they go on where the last one ended. */
static void json_rate_trace(struct json_reader *r, json_t *t)
{
    static const char *const known[] = {"name", "spans", NULL}, *const of_span[] = {"ns", "rate", NULL};
    if (!json_only(r, t, known)) return;
    const char *name = json_text(r, t, "name", true);
    size_t count = json_count(r, t, "spans");
    for (size_t i = 0; i < count && !r->failed; i++) {
        json_t *span = json_array_get(json_object_get(t, "spans"), i);
        long long ns = 0, rate = 0;
        if (!json_only(r, span, of_span)) return;
        json_number(r, span, "ns", &ns);
        json_number(r, span, "rate", &rate);
        if (i % JSON_SPANS_A_LINE == 0) {
            fputs(i ? "\nrate-trace" : "rate-trace", r->out);
            json_put(r, "", name);
        }
        fprintf(r->out, " %lldns %lld", ns, rate);
    }
    fputc('\n', r->out);
}

static void json_cable_end(struct json_reader *r, json_t *end)
{
    static const char *const known[] = {"node", "interface", NULL};
    char both[2 * JSON_TEXT_MAX + 2];
    if (!json_only(r, end, known)) return;
    const char *node = json_text(r, end, "node", true), *interface = json_text(r, end, "interface", false);
    if (r->failed) return;
    snprintf(both, sizeof both, "%s%s%s", node, interface ? "." : "", interface ? interface : "");
    json_put(r, "", both);
}

static void json_cable(struct json_reader *r, json_t *c)
{
    static const char *const known[] = {"name", "kind", "ends", "mtu", "queue", "discipline", "half_duplex", "code", "way", "back", NULL};
    long long number = 0;
    if (!json_only(r, c, known)) return;
    if (json_count(r, c, "ends") != 2) {
        json_fail(r, "\"ends\" wants two");
        return;
    }
    fputs("cable", r->out);
    for (size_t end = 0; end < 2; end++) json_cable_end(r, json_array_get(json_object_get(c, "ends"), end));
    json_put(r, "kind", json_text(r, c, "kind", false));
    json_put(r, "name", json_text(r, c, "name", false));
    if (json_number(r, c, "mtu", &number)) fprintf(r->out, " mtu %lld", number);
    json_put(r, "queue", json_text(r, c, "discipline", false));
    if (json_number(r, c, "queue", &number)) fprintf(r->out, " %s %lldp", json_object_get(c, "discipline") ? "limit" : "queue", number);
    if (json_flag(r, c, "half_duplex", false)) fputs(" half-duplex", r->out);
    json_put(r, "code", json_text(r, c, "code", false));
    if (json_object_get(c, "way")) json_way(r, json_object_get(c, "way"));
    if (json_object_get(c, "back")) fputs(" back", r->out);
    if (json_object_get(c, "back")) json_way(r, json_object_get(c, "back"));
    fputc('\n', r->out);
}

/* Kinds are names here: what they say is in the cables. */
static void json_cable_kinds(struct json_reader *r, json_t *cables)
{
    json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(cables); i++) {
        const char *kind = json_string_value(json_object_get(json_array_get(cables, i), "kind"));
        if (!kind || strlen(kind) > JSON_TEXT_MAX || json_object_get(seen, kind)) continue;
        json_object_set_new(seen, kind, json_true());
        fputs("cable-kind", r->out);
        json_put(r, "", kind);
        fputc('\n', r->out);
    }
    json_decref(seen);
}

/* ---- apps, lines, the lab ---- */

static void json_app(struct json_reader *r, json_t *a)
{
    static const char *const known[] = {"name", "node", "program", "arguments", "start_ns", "stop_ns", NULL};
    long long start = 0, stop = 0;
    if (!json_only(r, a, known)) return;
    json_put(r, "app", json_text(r, a, "node", true));
    json_put(r, "", json_text(r, a, "program", true));
    if (json_object_get(a, "arguments")) json_put_words(r, json_object_get(a, "arguments"));
    json_number(r, a, "start_ns", &start);
    fprintf(r->out, " start %lldns", start);
    if (json_number(r, a, "stop_ns", &stop)) fprintf(r->out, " stop %lldns", stop);
    json_put(r, "name", json_text(r, a, "name", false));
    fputc('\n', r->out);
}

static void json_line(struct json_reader *r, json_t *words)
{
    json_put_words(r, words);
    fputc('\n', r->out);
}

static void json_each(struct json_reader *r, json_t *root, const char *key, void (*each)(struct json_reader *r, json_t *item))
{
    size_t count = json_count(r, root, key);
    for (size_t i = 0; i < count && !r->failed; i++) {
        snprintf(r->where, sizeof r->where, "%s[%zu]", key, i);
        each(r, json_array_get(json_object_get(root, key), i));
    }
    r->where[0] = 0;
}

static void json_lab(struct json_reader *r, json_t *root)
{
    static const char *const known[] = {"hepta_lab", "name", "seed", "until_ns", "rate_traces", "nodes", "cables", "apps", "faults",
                                        "expects", "$schema", NULL};
    long long number = 0;
    if (!json_only(r, root, known)) return;
    if (json_integer_value(json_object_get(root, "hepta_lab")) != 1) {
        json_fail(r, "this is no lab: \"hepta_lab\": 1 is missing");
        return;
    }
    const char *name = json_text(r, root, "name", false);
    json_put(r, "lab", name ? name : "lab");
    if (json_number(r, root, "seed", &number)) fprintf(r->out, " seed %lld", number);
    if (json_number(r, root, "until_ns", &number)) fprintf(r->out, " until %lldns", number);
    fputc('\n', r->out);
    json_each(r, root, "rate_traces", json_rate_trace);
    json_cable_kinds(r, json_object_get(root, "cables"));
    json_each(r, root, "nodes", json_node);
    json_each(r, root, "cables", json_cable);
    json_each(r, root, "apps", json_app);
    json_each(r, root, "faults", json_line);
    json_each(r, root, "expects", json_line);
}

char *plan_json_to_text(const char *json, size_t n, char *why, size_t why_n)
{
    json_error_t error;
    char *text = NULL;
    size_t text_n;
    json_t *root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &error);
    if (!root) {
        snprintf(why, why_n, "line %d, column %d: %s", error.line, error.column, error.text);
        return NULL;
    }
    struct json_reader r = {.out = open_memstream(&text, &text_n), .why = why, .why_n = why_n};
    if (r.out) json_lab(&r, root);
    else json_fail(&r, "out of memory");
    json_decref(root);
    if (r.out && fclose(r.out) != 0) json_fail(&r, "out of memory");
    if (!r.failed) return text;
    free(text);
    return NULL;
}
