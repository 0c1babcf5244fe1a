/* A plan written out: the canonical JSON form (docs/lab.schema.json), and DOT. */
#include <string.h>

#include "plan.h"

const char *plan_write_kind(enum hp_node_kind kind)
{
    static const char *const text[] = {"host", "router", "switch", "hub", "repeater"};
    return text[kind];
}

static void write_text(FILE *f, const char *text) { cli_json_text(f, text, strlen(text)); }

static void write_key_text(FILE *f, const char *key, const char *text)
{
    fprintf(f, ", \"%s\": ", key);
    write_text(f, text);
}

/* ---- words: a JSON string holds the word as the lab language writes it ---- */

static bool write_needs_quotes(const struct hp_plan_word *w)
{
    return w->quoted || !*w->text || strpbrk(w->text, " \t\n\"") || w->text[0] == '#';
}

static size_t write_escape(char *out, const char *text, bool quoted)
{
    size_t n = 0;
    for (const char *p = text; *p; p++) {
        bool escape = *p == '$' || *p == '\\' || (quoted ? *p == '"' || *p == '\n' : *p == '[');
        if (escape) out[n++] = '\\';
        out[n++] = *p == '\n' ? 'n' : *p;
    }
    return n;
}

static size_t write_word_to(char out[2 * HP_PLAN_WORD_MAX + 4], const struct hp_plan_word *w)
{
    bool quoted = write_needs_quotes(w);
    size_t n = 0;
    if (quoted) out[n++] = '"';
    n += write_escape(out + n, w->text, quoted);
    if (quoted) out[n++] = '"';
    return n;
}

void plan_write_word(FILE *f, const struct hp_plan_word *w)
{
    char out[2 * HP_PLAN_WORD_MAX + 4];
    fwrite(out, 1, write_word_to(out, w), f);
}

static void write_words(FILE *f, const struct hp_plan_words *words)
{
    char out[2 * HP_PLAN_WORD_MAX + 4];
    fputc('[', f);
    for (uint32_t i = 0; i < words->count; i++) {
        if (i) fputs(", ", f);
        cli_json_text(f, out, write_word_to(out, &words->word[i]));
    }
    fputc(']', f);
}

/* ---- nodes ---- */

static void write_interface(FILE *f, const struct hp_plan_interface *i)
{
    char text[HP_PREFIX_TEXT];
    fputs("{\"name\": ", f);
    write_text(f, i->name);
    if (i->addresses) fputs(", \"addresses\": [", f);
    for (uint32_t k = 0; k < i->addresses; k++) fprintf(f, "%s\"%s\"", k ? ", " : "", hp_prefix_text(&i->address[k], text, sizeof text));
    if (i->addresses) fputc(']', f);
    if (i->dhcp) fputs(", \"dhcp\": true", f);
    if (i->no_slaac) fputs(", \"slaac\": false", f);
    if (!hp_mac_equal(&i->mac, &(struct hp_mac){{0}})) fprintf(f, ", \"mac\": \"%s\"", hp_mac_text(&i->mac, text, sizeof text));
    if (i->mtu) fprintf(f, ", \"mtu\": %u", i->mtu);
    if (i->advertise.len) fprintf(f, ", \"advertise\": \"%s\"", hp_prefix_text(&i->advertise, text, sizeof text));
    fputc('}', f);
}

static void write_node_lists(FILE *f, const struct hp_plan_node *n)
{
    char a[HP_PREFIX_TEXT], b[HP_IP_TEXT];
    if (n->interfaces) fputs(", \"interfaces\": [", f);
    for (uint32_t i = 0; i < n->interfaces; i++) {
        if (i) fputs(", ", f);
        write_interface(f, &n->interface[i]);
    }
    if (n->interfaces) fputc(']', f);
    if (n->routes) fputs(", \"routes\": [", f);
    for (uint32_t i = 0; i < n->routes; i++)
        fprintf(f, "%s{\"to\": \"%s\", \"via\": \"%s\"}", i ? ", " : "",
                hp_prefix_text(&n->route[i].to, a, sizeof a), hp_ip_text(&n->route[i].gateway, b, sizeof b));
    if (n->routes) fputc(']', f);
    if (n->dns_servers) fputs(", \"dns\": [", f);
    for (uint32_t i = 0; i < n->dns_servers; i++) fprintf(f, "%s\"%s\"", i ? ", " : "", hp_ip_text(&n->dns[i], b, sizeof b));
    if (n->dns_servers) fputc(']', f);
    if (n->settings) fputs(", \"settings\": [", f);
    for (uint32_t i = 0; i < n->settings; i++) {
        fputs(i ? ", {\"name\": " : "{\"name\": ", f);
        write_text(f, n->setting[i].name);
        fprintf(f, ", \"value\": %lld}", (long long)n->setting[i].value);
    }
    if (n->settings) fputc(']', f);
}

static void write_node(FILE *f, const struct hp_plan_node *n)
{
    fputs("{\"name\": ", f);
    write_text(f, n->name);
    fprintf(f, ", \"kind\": \"%s\"", plan_write_kind(n->kind));
    write_node_lists(f, n);
    if (n->routes_auto) fputs(", \"routes_auto\": true", f);
    if (n->cc) write_key_text(f, "cc", n->cc);
    if (n->memory_max) fprintf(f, ", \"memory\": %llu", (unsigned long long)n->memory_max);
    if (n->label) write_key_text(f, "label", n->label);
    fputc('}', f);
}

/* ---- cables ---- */

/* The decimal number of twelve places that reads back as exactly this share. */
static void write_share(FILE *f, const char *key, uint32_t share)
{
    if (!share) return;
    if (share == UINT32_MAX) {
        fprintf(f, ", \"%s\": 1", key);
        return;
    }
    unsigned __int128 v = (unsigned __int128)share * 1000000000000u + UINT32_MAX;
    fprintf(f, ", \"%s\": 0.%012llu", key, (unsigned long long)(v >> 32));
}

static void write_way(FILE *f, const struct hp_way *w)
{
    const struct hp_faults *x = &w->faults;
    fprintf(f, "{\"rate\": %llu, \"delay_ns\": %lld", (unsigned long long)w->rate, (long long)w->delay);
    if (w->ring_bytes) fprintf(f, ", \"ring_bytes\": %u", w->ring_bytes);
    write_share(f, "loss", x->loss);
    write_share(f, "burst_begin", x->burst_begin);
    write_share(f, "burst_end", x->burst_end);
    write_share(f, "burst_loss", x->burst_loss);
    write_share(f, "duplicate", x->duplicate);
    write_share(f, "reorder", x->reorder);
    if (x->reorder_by) fprintf(f, ", \"reorder_by_ns\": %lld", (long long)x->reorder_by);
    if (x->jitter) fprintf(f, ", \"jitter_ns\": %lld", (long long)x->jitter);
    write_share(f, "bit_errors", x->bit_errors);
    write_share(f, "corrupt", x->corrupt);
    if (w->trace) write_key_text(f, "rate_trace", w->trace->name);
    fputc('}', f);
}

static void write_cable(FILE *f, const struct hp_plan *plan, const struct hp_plan_cable *c)
{
    fputs("{\"name\": ", f);
    write_text(f, c->name);
    if (c->kind) write_key_text(f, "kind", c->kind);
    fputs(", \"ends\": [", f);
    for (int end = 0; end < 2; end++) {
        const struct hp_plan_node *n = &plan->node[c->node[end]];
        fputs(end ? ", {\"node\": " : "{\"node\": ", f);
        write_text(f, n->name);
        write_key_text(f, "interface", n->interface[c->interface[end]].name);
        fputc('}', f);
    }
    fputc(']', f);
    if (c->config.mtu) fprintf(f, ", \"mtu\": %u", c->config.mtu);
    if (c->config.queue_max) fprintf(f, ", \"queue\": %u", c->config.queue_max);
    if (c->config.queue == HP_QUEUE_FQ_CODEL) write_key_text(f, "discipline", "fq_codel");
    if (c->config.half_duplex) fputs(", \"half_duplex\": true", f);
    if (c->config.code) write_key_text(f, "code", c->config.code->name);
    fputs(", \"way\": ", f);
    write_way(f, &c->config.way);
    if (c->config.back) fputs(", \"back\": ", f);
    if (c->config.back) write_way(f, c->config.back);
    fputc('}', f);
}

/* ---- apps ---- */

static void write_app(FILE *f, const struct hp_plan *plan, const struct hp_plan_app *a)
{
    fputs("{\"name\": ", f);
    write_text(f, a->name);
    write_key_text(f, "node", plan->node[a->node].name);
    write_key_text(f, "program", a->program);
    fputs(", \"arguments\": ", f);
    write_words(f, &a->arguments);
    fprintf(f, ", \"start_ns\": %lld", (long long)a->start);
    if (a->stop != HP_NEVER) fprintf(f, ", \"stop_ns\": %lld", (long long)a->stop);
    fputc('}', f);
}

static void write_lines(FILE *f, const char *key, const struct hp_plan_line *line, uint32_t count)
{
    fprintf(f, ",\n \"%s\": [", key);
    for (uint32_t i = 0; i < count; i++) {
        fputs(i ? ",\n  " : "\n  ", f);
        write_words(f, &line[i].words);
    }
    fputc(']', f);
}

/* Nothing if there are none, as it was before there were any. */
static void write_rate_traces(FILE *f, const struct hp_plan *plan)
{
    for (uint32_t i = 0; i < plan->traces; i++) {
        const struct hp_rate_trace *t = plan->trace[i];
        hp_time from = 0;
        fputs(i ? ",\n  {\"name\": " : ",\n \"rate_traces\": [\n  {\"name\": ", f);
        write_text(f, t->name);
        fputs(", \"spans\": [", f);
        for (uint32_t k = 0; k < t->spans; from = t->span[k++].until)
            fprintf(f, "%s{\"ns\": %lld, \"rate\": %llu}", k ? ", " : "", (long long)(t->span[k].until - from), (unsigned long long)t->span[k].rate);
        fputs("]}", f);
    }
    if (plan->traces) fputc(']', f);
}

void plan_write_json(FILE *f, const struct hp_plan *plan)
{
    fputs("{\"hepta_lab\": 1,\n \"name\": ", f);
    write_text(f, plan->name);
    fprintf(f, ",\n \"seed\": %llu", (unsigned long long)plan->seed);
    if (plan->until != HP_NEVER) fprintf(f, ",\n \"until_ns\": %lld", (long long)plan->until);
    write_rate_traces(f, plan);
    fputs(",\n \"nodes\": [", f);
    for (uint32_t i = 0; i < plan->nodes; i++) {
        fputs(i ? ",\n  " : "\n  ", f);
        write_node(f, &plan->node[i]);
    }
    fputs("],\n \"cables\": [", f);
    for (uint32_t i = 0; i < plan->cables; i++) {
        fputs(i ? ",\n  " : "\n  ", f);
        write_cable(f, plan, &plan->cable[i]);
    }
    fputs("],\n \"apps\": [", f);
    for (uint32_t i = 0; i < plan->apps; i++) {
        fputs(i ? ",\n  " : "\n  ", f);
        write_app(f, plan, &plan->app[i]);
    }
    fputc(']', f);
    write_lines(f, "faults", plan->fault, plan->faults);
    write_lines(f, "expects", plan->expect, plan->expects);
    fputs("}\n", f);
}

/* ---- DOT ---- */

static void write_dot_text(FILE *f, const char *text)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', f);
        fputc(*text == '\n' ? ' ' : *text, f);
    }
    fputc('"', f);
}

static void write_dot_node(FILE *f, const struct hp_plan_node *n)
{
    static const char *const shape[] = {"ellipse", "diamond", "box", "box", "point"};
    fputs("  ", f);
    write_dot_text(f, n->name);
    fprintf(f, " [shape=%s, label=", shape[n->kind]);
    write_dot_text(f, n->label ? n->label : n->name);
    fputs("];\n", f);
}

void plan_write_dot(FILE *f, const struct hp_plan *plan)
{
    fputs("graph ", f);
    write_dot_text(f, plan->name);
    fputs(" {\n  node [fontname=\"sans-serif\"];\n", f);
    for (uint32_t i = 0; i < plan->nodes; i++) write_dot_node(f, &plan->node[i]);
    for (uint32_t i = 0; i < plan->cables; i++) {
        const struct hp_plan_cable *c = &plan->cable[i];
        fputs("  ", f);
        write_dot_text(f, plan->node[c->node[0]].name);
        fputs(" -- ", f);
        write_dot_text(f, plan->node[c->node[1]].name);
        fputs(" [label=", f);
        write_dot_text(f, c->name);
        fputs("];\n", f);
    }
    fputs("}\n", f);
}
