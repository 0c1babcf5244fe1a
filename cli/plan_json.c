/* The JSON form of a lab (docs/lab.schema.json) into the lab language, so that one reader checks everything.  The only file that knows jansson.
 *
 * jansson says what a value is, not where it stands: the text beside it is walked through with the few functions of lab_json.h, which is possible
 * because it is known to be JSON.  Each word that is written gets a mark: where it came from. */
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab_json.h"
#include "plan.h"

enum { JSON_TEXT_MAX = HP_PLAN_WORD_MAX, JSON_SPANS_A_LINE = 1000 };

struct json_item {
    json_t *value;              /* NULL: there is none */
    const char *at;             /* where it stands, or what it would be in */
};

struct json_reader {
    FILE *out;
    const char *text;           /* the JSON */
    size_t n;
    struct plan_made *made;
    uint32_t room;              /* of made->mark */
    struct hp_plan_error *error;
    bool failed;
};

static void json_say(struct json_reader *r, const char *at, const char *near, const char *format, va_list args)
{
    if (r->failed) return;
    r->failed = true;
    *r->error = (struct hp_plan_error){.place = {0}};
    vsnprintf(r->error->text, sizeof r->error->text, format, args);
    if (near) snprintf(r->error->hint, sizeof r->error->hint, "did you mean \"%s\"?", near);
    if (at) hp_plan_error_at(r->error, r->text, r->n, (size_t)(at - r->text));
}

static bool __attribute__((format(printf, 3, 4))) json_fail(struct json_reader *r, const char *at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_say(r, at, NULL, format, args);
    va_end(args);
    return false;
}

static bool __attribute__((format(printf, 4, 5))) json_fail_near(struct json_reader *r, const char *at, const char *near, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    json_say(r, at, near, format, args);
    va_end(args);
    return false;
}

/* ---- members: what is there, of the right kind, and nothing else ---- */

/* A key that is written with escapes is not found in the text: then the object must do. */
static struct json_item json_of(struct json_item object, const char *key)
{
    json_t *value = json_object_get(object.value, key);
    const char *at = value ? lab_json_find(object.at, key) : NULL;
    return (struct json_item){value, at ? at : object.at};
}

static const char *json_key(struct json_item object, const char *key)
{
    const char *at = lab_json_key(object.at, key);
    return at ? at : object.at;
}

static bool json_only(struct json_reader *r, struct json_item object, const char *const *known)
{
    if (!json_is_object(object.value)) return json_fail(r, object.at, "an object is wanted");
    for (void *member = json_object_iter(object.value); member; member = json_object_iter_next(object.value, member)) {
        const char *const *k = known, *key = json_object_iter_key(member);
        while (*k && strcmp(*k, key) != 0) k++;
        if (!*k) return json_fail_near(r, json_key(object, key), hp_nearest(key, known), "there is no member \"%.100s\" here", key);
    }
    return true;
}

/* NULL: it is none, which was said. */
static const char *json_text_of(struct json_reader *r, struct json_item text, const char *what)
{
    const char *s = json_string_value(text.value);
    if (!s || strlen(s) != json_string_length(text.value) || strlen(s) > JSON_TEXT_MAX) {
        json_fail(r, text.at, "\"%s\" wants a text", what);
        return NULL;
    }
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 0x20 && *p != '\n') {
            json_fail(r, text.at, "\"%s\" has a control character", what);
            return NULL;
        }
    return s;
}

static const char *json_text(struct json_reader *r, struct json_item object, const char *key, bool must)
{
    struct json_item value = json_of(object, key);
    if (value.value) return json_text_of(r, value, key);
    if (must) json_fail(r, object.at, "\"%s\" is missing", key);
    return NULL;
}

static bool json_number(struct json_reader *r, struct json_item object, const char *key, long long *out)
{
    struct json_item value = json_of(object, key);
    if (!value.value) return false;
    if (!json_is_integer(value.value) || json_integer_value(value.value) < 0)
        return json_fail(r, value.at, "\"%s\" wants a whole number, not negative", key);
    *out = json_integer_value(value.value);
    return true;
}

static bool json_flag(struct json_reader *r, struct json_item object, const char *key, bool initial)
{
    struct json_item value = json_of(object, key);
    if (!value.value) return initial;
    if (!json_is_boolean(value.value)) json_fail(r, value.at, "\"%s\" wants true or false", key);
    return json_is_true(value.value);
}

/* A list from its beginning; none is an empty one. */
struct json_list {
    struct json_item list;
    const char *at;
    size_t i;
};

static struct json_list json_list_of(struct json_reader *r, struct json_item list, const char *what)
{
    bool good = json_is_array(list.value);
    if (list.value && !good) json_fail(r, list.at, "\"%s\" wants a list", what);
    return (struct json_list){.list = good ? list : (struct json_item){NULL, list.at}};
}

static struct json_list json_list(struct json_reader *r, struct json_item object, const char *key) { return json_list_of(r, json_of(object, key), key); }

static bool json_next(struct json_reader *r, struct json_list *l, struct json_item *out)
{
    if (r->failed || l->i >= json_array_size(l->list.value)) return false;
    if (!l->i) l->at = lab_json_element(l->list.at, 0); /* NULL: the list was not found in the text */
    else if (l->at) l->at = lab_json_next(l->at);
    *out = (struct json_item){json_array_get(l->list.value, l->i++), l->at ? l->at : l->list.at};
    return true;
}

/* ---- the lab language ---- */

/* What is written next comes from there. */
static void json_mark(struct json_reader *r, const char *at)
{
    struct plan_made *m = r->made;
    if (r->failed) return;
    if (m->marks == r->room) {
        uint32_t room = r->room ? r->room * 2 : 256;
        void *grown = realloc(m->mark, room * sizeof *m->mark);
        if (!grown) {
            json_fail(r, NULL, "out of memory");
            return;
        }
        m->mark = grown;
        r->room = room;
    }
    m->mark[m->marks++] = (struct hp_plan_mark){(uint32_t)ftello(r->out), (uint32_t)(at - r->text)};
}

/* A word of ours, for something that stands there. */
static void json_word(struct json_reader *r, const char *at, const char *word)
{
    fputc(' ', r->out);
    json_mark(r, at);
    fputs(word, r->out);
}

/* The first of a line. */
static void json_begin(struct json_reader *r, const char *at, const char *word)
{
    json_mark(r, at);
    fputs(word, r->out);
}

static void json_quoted(struct json_reader *r, const char *at, const char *text)
{
    fputc(' ', r->out);
    json_mark(r, at);
    fputc('"', r->out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\' || *text == '$' || *text == '\n') fputc('\\', r->out);
        fputc(*text == '\n' ? 'n' : *text, r->out);
    }
    fputc('"', r->out);
}

/* A member that is a text: WORD "text"; word NULL: the text alone. */
static bool json_put(struct json_reader *r, struct json_item object, const char *key, const char *word, bool must)
{
    const char *text = json_text(r, object, key, must);
    if (!text) return false;
    if (word) json_word(r, json_key(object, key), word);
    json_quoted(r, json_of(object, key).at, text);
    return true;
}

/* A member that is a number, with what stands around it in the language. */
static void json_put_number(struct json_reader *r, struct json_item object, const char *key, const char *word, const char *unit)
{
    long long number = 0;
    if (!json_number(r, object, key, &number)) return;
    json_word(r, json_key(object, key), word);
    fputc(' ', r->out);
    json_mark(r, json_of(object, key).at);
    fprintf(r->out, "%lld%s", number, unit);
}

static void json_put_flag(struct json_reader *r, struct json_item object, const char *key, bool initial, const char *word)
{
    if (json_flag(r, object, key, initial) != initial) json_word(r, json_key(object, key), word);
}

/* A word as the lab language writes it: it must not become two, or end the line. */
static bool json_put_word(struct json_reader *r, struct json_item word)
{
    const char *text = json_string_value(word.value);
    if (!text || !*text || strlen(text) != json_string_length(word.value)) return json_fail(r, word.at, "a word wants a text that is not empty");
    bool quoted = text[0] == '"';
    size_t n = strlen(text);
    if (strpbrk(text, "\n\r\t") || (!quoted && strpbrk(text, " \"")) || text[0] == '#' || (!quoted && text[n - 1] == '\\'))
        return json_fail(r, word.at, "\"%.60s\" is not one word of the lab language (one with blanks is written with quotes in it: \"\\\"a b\\\"\")", text);
    json_word(r, word.at, text);
    return true;
}

static void json_put_words(struct json_reader *r, struct json_item words)
{
    struct json_item word;
    struct json_list all = json_list_of(r, words, "a list of words");
    while (json_next(r, &all, &word)) json_put_word(r, word);
}

static void json_put_list(struct json_reader *r, struct json_item object, const char *key, const char *attribute)
{
    struct json_item item;
    struct json_list all = json_list(r, object, key);
    while (json_next(r, &all, &item)) {
        const char *text = json_text_of(r, item, key);
        if (!text) return;
        json_word(r, item.at, attribute);
        json_quoted(r, item.at, text);
    }
}

/* ---- nodes ---- */

static void json_interface(struct json_reader *r, struct json_item i)
{
    static const char *const known[] = {"name", "addresses", "dhcp", "slaac", "mac", "mtu", "advertise", NULL};
    if (!json_only(r, i, known)) return;
    json_put(r, i, "name", "if", true);
    json_put_list(r, i, "addresses", "ip");
    json_put_flag(r, i, "dhcp", false, "dhcp");
    json_put_flag(r, i, "slaac", true, "no-slaac");
    json_put(r, i, "mac", "mac", false);
    json_put_number(r, i, "mtu", "mtu", "");
    json_put(r, i, "advertise", "advertise", false);
}

static void json_route(struct json_reader *r, struct json_item route)
{
    static const char *const known[] = {"to", "via", NULL};
    if (!json_only(r, route, known)) return;
    json_put(r, route, "to", "route", true);
    json_put(r, route, "via", "via", true);
}

static void json_setting(struct json_reader *r, struct json_item setting)
{
    static const char *const known[] = {"name", "value", NULL};
    struct json_item value = json_of(setting, "value");
    if (!json_only(r, setting, known)) return;
    json_put(r, setting, "name", "set", true);
    if (!json_is_integer(value.value)) {
        json_fail(r, value.at, "a setting's \"value\" wants a whole number");
        return;
    }
    fputc(' ', r->out);
    json_mark(r, value.at);
    fprintf(r->out, "%lld", (long long)json_integer_value(value.value));
}

static void json_each(struct json_reader *r, struct json_item object, const char *key, void (*each)(struct json_reader *r, struct json_item item))
{
    struct json_item item;
    struct json_list all = json_list(r, object, key);
    while (json_next(r, &all, &item)) each(r, item);
}

static void json_node(struct json_reader *r, struct json_item n)
{
    static const char *const known[] = {"name", "kind", "interfaces", "routes", "dns", "settings", "routes_auto", "cc", "memory", "label", NULL};
    static const char *const kinds[] = {"host", "router", "switch", "hub", "repeater", NULL};
    if (!json_only(r, n, known)) return;
    const char *kind = json_text(r, n, "kind", true), *const *k = kinds;
    if (!kind) return;
    while (*k && strcmp(kind, *k) != 0) k++;
    if (!*k) {
        json_fail_near(r, json_of(n, "kind").at, hp_nearest(kind, kinds), "\"%.60s\" is no kind: host, router, switch, hub, repeater", kind);
        return;
    }
    json_begin(r, json_of(n, "kind").at, kind);
    json_put(r, n, "name", NULL, true);
    json_each(r, n, "interfaces", json_interface);
    json_each(r, n, "routes", json_route);
    json_put_list(r, n, "dns", "dns");
    json_each(r, n, "settings", json_setting);
    json_put_flag(r, n, "routes_auto", false, "routes auto");
    json_put(r, n, "cc", "cc", false);
    json_put_number(r, n, "memory", "memory", "");
    json_put(r, n, "label", "label", false);
    fputc('\n', r->out);
}

/* ---- cables ---- */

static void json_put_rate(struct json_reader *r, struct json_item way, long long rate)
{
    json_word(r, json_of(way, "rate").at, "rate ");
    if (rate) fprintf(r->out, "%lld", rate);
    else fputs("infinite", r->out);
}

static void json_way(struct json_reader *r, struct json_item w)
{
    static const char *const known[] = {"rate", "delay_ns", "ring_bytes", "loss", "burst_begin", "burst_end", "burst_loss", "duplicate", "reorder",
                                        "reorder_by_ns", "jitter_ns", "bit_errors", "corrupt", "rate_trace", NULL};
    static const char *const share[] = {"loss", "burst_begin", "burst_end", "burst_loss", "duplicate", "reorder", "bit_errors", "corrupt"};
    double v[8] = {0};
    long long rate = 0, delay = 0, ring = 0, by = 0, jitter = 0;
    if (!json_only(r, w, known)) return;
    for (int i = 0; i < 8; i++) {
        struct json_item value = json_of(w, share[i]);
        v[i] = value.value ? json_number_value(value.value) : 0;
        if (value.value && (!json_is_number(value.value) || v[i] < 0 || v[i] > 1)) json_fail(r, value.at, "\"%s\" wants a number from 0 to 1", share[i]);
    }
    json_number(r, w, "rate", &rate);
    json_number(r, w, "delay_ns", &delay);
    json_number(r, w, "ring_bytes", &ring);
    json_number(r, w, "reorder_by_ns", &by);
    json_number(r, w, "jitter_ns", &jitter);
    if (json_of(w, "rate_trace").value) json_put(r, w, "rate_trace", "rate", true);
    else json_put_rate(r, w, rate);
    json_word(r, w.at, "");
    fprintf(r->out, "delay %lldns ring %lld loss %.12f burst %.12f %.12f", delay, ring, v[0], v[1], v[2]);
    if (v[3] > 0) fprintf(r->out, " %.12f", v[3]);
    fprintf(r->out, " duplicate %.12f reorder %.12f", v[4], v[5]);
    if (by) fprintf(r->out, " %lldns", by);
    fprintf(r->out, " jitter %lldns bit-errors %.12f corrupt %.12f", jitter, v[6], v[7]);
}

/* A line for each thousand spans: they go on where the last one ended. */
static void json_rate_trace(struct json_reader *r, struct json_item t)
{
    static const char *const known[] = {"name", "spans", NULL}, *const of_span[] = {"ns", "rate", NULL};
    if (!json_only(r, t, known)) return;
    struct json_item span;
    struct json_list all = json_list(r, t, "spans");
    while (json_next(r, &all, &span)) {
        long long ns = 0, rate = 0;
        if (!json_only(r, span, of_span)) return;
        json_number(r, span, "ns", &ns);
        json_number(r, span, "rate", &rate);
        if ((all.i - 1) % JSON_SPANS_A_LINE == 0) {
            if (all.i > 1) fputc('\n', r->out);
            json_begin(r, t.at, "rate-trace");
            json_put(r, t, "name", NULL, true);
        }
        json_word(r, span.at, "");
        fprintf(r->out, "%lldns %lld", ns, rate);
    }
    fputc('\n', r->out);
}

static void json_cable_end(struct json_reader *r, struct json_item end)
{
    static const char *const known[] = {"node", "interface", NULL};
    char both[2 * JSON_TEXT_MAX + 2];
    if (!json_only(r, end, known)) return;
    const char *node = json_text(r, end, "node", true), *interface = json_text(r, end, "interface", false);
    if (r->failed) return;
    snprintf(both, sizeof both, "%s%s%s", node, interface ? "." : "", interface ? interface : "");
    json_quoted(r, json_of(end, "node").at, both);
}

static void json_cable(struct json_reader *r, struct json_item c)
{
    static const char *const known[] = {"name", "kind", "ends", "mtu", "queue", "discipline", "half_duplex", "code", "way", "back", NULL};
    if (!json_only(r, c, known)) return;
    struct json_item ends = json_of(c, "ends"), way = json_of(c, "way"), back = json_of(c, "back");
    if (json_array_size(ends.value) != 2) {
        json_fail(r, ends.at, "\"ends\" wants two");
        return;
    }
    json_begin(r, c.at, "cable");
    json_each(r, c, "ends", json_cable_end);
    json_put(r, c, "kind", "kind", false);
    json_put(r, c, "name", "name", false);
    json_put_number(r, c, "mtu", "mtu", "");
    bool discipline = json_put(r, c, "discipline", "queue", false);
    json_put_number(r, c, "queue", discipline ? "limit" : "queue", "p");
    json_put_flag(r, c, "half_duplex", false, "half-duplex");
    json_put(r, c, "code", "code", false);
    if (way.value) json_way(r, way);
    if (back.value) json_word(r, back.at, "back");
    if (back.value) json_way(r, back);
    fputc('\n', r->out);
}

/* Kinds are names here: what they say is in the cables. */
static void json_cable_kinds(struct json_reader *r, struct json_item root)
{
    json_t *seen = json_object();
    struct json_item cable;
    struct json_list all = json_list(r, root, "cables");
    while (json_next(r, &all, &cable)) {
        struct json_item kind = json_of(cable, "kind");
        const char *text = json_string_value(kind.value);
        if (!text || strlen(text) > JSON_TEXT_MAX || json_object_get(seen, text)) continue;
        json_object_set_new(seen, text, json_true());
        json_begin(r, kind.at, "cable-kind");
        json_quoted(r, kind.at, text);
        fputc('\n', r->out);
    }
    json_decref(seen);
}

/* ---- apps, lines, the lab ---- */

static void json_app(struct json_reader *r, struct json_item a)
{
    static const char *const known[] = {"name", "node", "program", "arguments", "start_ns", "stop_ns", NULL};
    if (!json_only(r, a, known)) return;
    json_begin(r, a.at, "app");
    json_put(r, a, "node", NULL, true);
    json_put(r, a, "program", NULL, true);
    json_put_words(r, json_of(a, "arguments"));
    json_put_number(r, a, "start_ns", "start", "ns");
    json_put_number(r, a, "stop_ns", "stop", "ns");
    json_put(r, a, "name", "name", false);
    fputc('\n', r->out);
}

static void json_line(struct json_reader *r, struct json_item words)
{
    json_put_words(r, words);
    fputc('\n', r->out);
}

static void json_lab(struct json_reader *r, struct json_item root)
{
    static const char *const known[] = {"hepta_lab", "name", "seed", "until_ns", "rate_traces", "nodes", "cables", "apps", "faults",
                                        "expects", "$schema", NULL};
    if (!json_only(r, root, known)) return;
    if (json_integer_value(json_object_get(root.value, "hepta_lab")) != 1) {
        json_fail(r, json_of(root, "hepta_lab").at, "this is no lab: \"hepta_lab\": 1 is missing");
        return;
    }
    json_begin(r, root.at, "lab");
    if (!json_put(r, root, "name", NULL, false)) json_quoted(r, root.at, "lab");
    json_put_number(r, root, "seed", "seed", "");
    json_put_number(r, root, "until_ns", "until", "ns");
    fputc('\n', r->out);
    json_each(r, root, "rate_traces", json_rate_trace);
    json_cable_kinds(r, root);
    json_each(r, root, "nodes", json_node);
    json_each(r, root, "cables", json_cable);
    json_each(r, root, "apps", json_app);
    json_each(r, root, "faults", json_line);
    json_each(r, root, "expects", json_line);
    json_mark(r, r->text + r->n);
}

/* jansson's place is the end of what it could not take, which it names as a rule. */
static void json_broken(struct json_reader *r, const json_error_t *e)
{
    const char *near = strstr(e->text, " near '"), *end = near ? strrchr(near, '\'') : NULL;
    size_t at = e->position > 0 && (size_t)e->position <= r->n ? (size_t)e->position : 0;
    size_t n = end && end > near + 6 ? (size_t)(end - near - 7) : at > 0;
    if (strstr(e->text, " near end of file")) at = r->n, n = 0;
    json_fail(r, r->text + (at >= n ? at - n : 0), "this is no JSON: %s", e->text);
}

bool plan_json_to_text(const char *json, size_t n, struct plan_made *made, struct hp_plan_error *error)
{
    json_error_t e;
    size_t text_n;
    *made = (struct plan_made){.text = NULL};
    struct json_reader r = {.text = json, .n = n, .made = made, .error = error};
    json_t *root = json_loadb(json, n, JSON_REJECT_DUPLICATES, &e);
    if (!root) json_broken(&r, &e);
    else if (!(r.out = open_memstream(&made->text, &text_n))) json_fail(&r, NULL, "out of memory");
    else json_lab(&r, (struct json_item){root, json + strspn(json, " \t\r\n")});
    json_decref(root);
    if (r.out && fclose(r.out) != 0) json_fail(&r, NULL, "out of memory");
    if (r.failed) plan_made_free(made);
    return !r.failed;
}

void plan_made_free(struct plan_made *made)
{
    free(made->text);
    free(made->mark);
    *made = (struct plan_made){.text = NULL};
}
