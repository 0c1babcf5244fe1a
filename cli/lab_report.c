/* How a run went: for people, as run.json, and as JUnit's XML.  Nothing of the machine that it ran on is in the files. */
#include <string.h>

#include "lab_run.h"

static const char *const report_verdict[] = {"open", "held", "idle", "failed"};

static const char *report_app(const struct hp_run_app *a)
{
    if (a->state == HP_APP_ENDED) return a->result ? hp_err_text(a->result) : a->stopped ? "stopped" : "done";
    return a->state == HP_APP_RUNNING ? a->service ? "running" : "still running" : "did not start";
}

/* ---- for people ---- */

static void report_apps(const struct lab_run *r, FILE *f)
{
    struct hp_run_app a;
    char name[200], bytes[32];
    if (!r->file->plan->apps) return;
    fprintf(f, "\nprograms\n");
    for (uint32_t i = 0; hp_run_app(r->run, i, &a); i++) {
        const char *how = report_app(&a);
        fprintf(f, "  %s %-14s %9s  %s\n", cli_pad(a.name, 20, name, sizeof name), how, cli_bytes(a.bytes, bytes, sizeof bytes), a.said);
    }
}

static void report_drops(const struct lab_run *r, FILE *f)
{
    bool any = false;
    for (int i = 1; i < HP_DROP_COUNT; i++) {
        if (!r->count.drops[i] || i == HP_DROP_TAKEN) continue;
        if (!any) fprintf(f, "\ndrops\n");
        any = true;
        fprintf(f, "  %8llu %-16s %s\n", (unsigned long long)r->count.drops[i], hp_drop_name((enum hp_drop)i), hp_drop_text((enum hp_drop)i));
    }
}

/* bit/s on the average; 0 = infinite. */
static double report_rate(const struct hp_way *way)
{
    const struct hp_rate_trace *t = way->trace;
    double bits = 0;
    hp_time from = 0;
    for (uint32_t i = 0; t && i < t->spans; from = t->span[i++].until) bits += (double)t->span[i].rate * (double)(t->span[i].until - from);
    return t ? bits / (double)from : (double)way->rate;
}

/* The share of the time in which a way was busy, as percent. */
static unsigned report_busy(const struct lab_run *r, const struct hp_cable *c, int end, const struct hp_cable_stats *s)
{
    struct hp_way way;
    hp_cable_get(c, end, &way);
    double rate = report_rate(&way);
    if (!(rate > 0) || r->now <= 0) return 0;
    double bits = ((double)s->bytes + 24.0 * (double)s->frames) * 8;
    return (unsigned)(100 * bits / (rate * (double)r->now / 1e9) + 0.5);
}

static void report_cables(const struct lab_run *r, FILE *f)
{
    struct hp_world *w = hp_run_world(r->run);
    struct hp_cable *c;
    enum { CABLES_SHOWN = 24 };
    fprintf(f, "\n%-26s %10s %10s %6s %5s\n", "cables", "frames", "bytes", "lost", "busy");
    unsigned i = 0;
    for (; (c = hp_world_each_cable(w, i)) && i < CABLES_SHOWN; i++)
        for (int end = 0; end < 2; end++) {
            struct hp_cable_stats s;
            char way[100], name[200], bytes[32];
            hp_cable_stats(c, end, &s);
            snprintf(way, sizeof way, "%s %s", hp_cable_name(c), end ? "<-" : "->");
            fprintf(f, "  %s %10llu %10s %6llu %4u%%\n", cli_pad(way, 24, name, sizeof name), (unsigned long long)s.frames,
                    cli_bytes(s.bytes, bytes, sizeof bytes), (unsigned long long)s.lost, report_busy(r, c, end, &s));
        }
    if (c) fprintf(f, "  ... and %u more\n", r->file->plan->cables - i);
}

static void report_expects(const struct lab_run *r, FILE *f)
{
    struct hp_run_verdict v;
    char time[HP_TIME_TEXT];
    if (r->file->plan->expects) fprintf(f, "\nexpectations\n");
    for (unsigned i = 0; hp_run_verdict(r->run, i, &v); i++) {
        bool bad = v.verdict == HP_VERDICT_FAILED || v.verdict == HP_VERDICT_OPEN;
        fprintf(f, "  %-6s %s\n", bad ? "FAILED" : report_verdict[v.verdict], v.text);
        if (!bad) continue;
        if (v.verdict == HP_VERDICT_OPEN) fprintf(f, "         line %u: not decided when the run ended\n", v.place.line);
        else fprintf(f, "         at %s s, line %u%s%s\n", hp_time_text(v.time, time, sizeof time), v.place.line, v.why && v.why[0] ? ": " : "",
                v.why ? v.why : "");
        if (v.pkt_id) fprintf(f, "         packet %llu\n", (unsigned long long)v.pkt_id);
        for (uint32_t k = 0; k < v.lasts; k++) fprintf(f, "           %s\n", v.last[k]);
    }
}

void lab_report_text(const struct lab_run *r, FILE *f)
{
    char time[HP_TIME_TEXT], real[HP_TIME_TEXT];
    report_apps(r, f);
    report_drops(r, f);
    report_cables(r, f);
    report_expects(r, f);
    fprintf(f, "\n%s, seed %llu: %s s of virtual time in %s, %llu events, %llu frames, digest %016llx\n", r->file->plan->name,
            (unsigned long long)r->seed, hp_time_text(r->now, time, sizeof time), hp_span_text(r->real, real, sizeof real),
            (unsigned long long)hp_world_events(hp_run_world(r->run)), (unsigned long long)r->count.frames,
            (unsigned long long)r->digest[r->digests - 1]);
    if (r->out) fprintf(f, "%s: run.json, capture.pcapng, events.jsonl, %snetwork.lab", r->out, r->scene ? "report.html, " : "");
    if (r->out && r->copied) fprintf(f, " and %d that it names", r->copied);
    if (r->out)
        fprintf(f, "\n(a segment is in the capture at both ends of each cable: wireshark -o tcp.reassemble_out_of_order:TRUE %s/capture.pcapng)\n", r->out);
    uint32_t failures = lab_run_failures(r);
    if (failures) fprintf(f, "FAILED: %u\n", failures);
}

/* ---- run.json ---- */

static void report_key(FILE *f, const char *key, const char *text)
{
    fprintf(f, "\"%s\":", key);
    if (text) cli_json_text(f, text, strlen(text));
    else fputs("null", f);
}

static void report_json_apps(const struct lab_run *r, FILE *f)
{
    struct hp_run_app a;
    fputs(" \"apps\":[", f);
    for (uint32_t i = 0; hp_run_app(r->run, i, &a); i++) {
        fputs(i ? ",\n  {" : "\n  {", f);
        report_key(f, "name", a.name);
        fputc(',', f);
        report_key(f, "node", a.node);
        fputc(',', f);
        report_key(f, "program", a.program);
        fprintf(f, ",\"service\":%s,", a.service ? "true" : "false");
        report_key(f, "state", report_app(&a));
        fprintf(f, ",\"result\":%d,\"starts\":%u,\"bytes\":%llu,", a.result, a.starts, (unsigned long long)a.bytes);
        if (a.started != HP_NEVER) fprintf(f, "\"started\":%lld,", (long long)a.started);
        if (a.ended != HP_NEVER) fprintf(f, "\"ended\":%lld,", (long long)a.ended);
        report_key(f, "said", a.said);
        fputc('}', f);
    }
    fputs("],\n", f);
}

static void report_json_expects(const struct lab_run *r, FILE *f)
{
    struct hp_run_verdict v;
    fputs(" \"expectations\":[", f);
    for (unsigned i = 0; hp_run_verdict(r->run, i, &v); i++) {
        fprintf(f, "%s{\"line\":%u,", i ? ",\n  " : "\n  ", v.place.line);
        report_key(f, "text", v.text);
        fprintf(f, ",\"verdict\":\"%s\",\"time\":%lld", report_verdict[v.verdict], (long long)v.time);
        if (v.pkt_id) fprintf(f, ",\"packet\":%llu", (unsigned long long)v.pkt_id);
        fputc(',', f);
        report_key(f, "why", v.why ? v.why : "");
        fputs(",\"last\":[", f);
        for (uint32_t k = 0; k < v.lasts; k++) {
            if (k) fputc(',', f);
            cli_json_text(f, v.last[k], strlen(v.last[k]));
        }
        fputs("]}", f);
    }
    fputs("],\n", f);
}

static void report_json_cables(const struct lab_run *r, FILE *f)
{
    struct hp_cable *c;
    fputs(" \"cables\":[", f);
    for (unsigned i = 0; (c = hp_world_each_cable(hp_run_world(r->run), i)); i++) {
        fputs(i ? ",\n  {" : "\n  {", f);
        report_key(f, "name", hp_cable_name(c));
        fputs(",\"ends\":[", f);
        for (int end = 0; end < 2; end++) {
            struct hp_cable_stats s;
            int link;
            hp_cable_stats(c, end, &s);
            fputs(end ? ",{" : "{", f);
            report_key(f, "node", hp_world_cable_end(hp_run_world(r->run), c, end, &link));
            fprintf(f, ",\"frames\":%llu,\"bytes\":%llu,\"delivered\":%llu,\"lost\":%llu,\"flying\":%u}", (unsigned long long)s.frames,
                    (unsigned long long)s.bytes, (unsigned long long)s.delivered, (unsigned long long)s.lost, s.flying);
        }
        fputs("]}", f);
    }
    fputs("],\n", f);
}

static void report_json_drops(const struct lab_run *r, FILE *f)
{
    bool any = false;
    fputs(" \"drops\":{", f);
    for (int i = 1; i < HP_DROP_COUNT; i++) {
        if (!r->count.drops[i] || i == HP_DROP_TAKEN) continue;
        fprintf(f, "%s\"%s\":%llu", any ? "," : "", hp_drop_name((enum hp_drop)i), (unsigned long long)r->count.drops[i]);
        any = true;
    }
    fputs("},\n", f);
}

static void report_json_files(const struct lab_run *r, FILE *f)
{
    fputs(",\n \"files\":[", f);
    for (const struct lab_extra *x = r->file->extra; x; x = x->next) {
        fputs(x == r->file->extra ? "\n  {" : ",\n  {", f);
        report_key(f, "name", x->name);
        fputc(',', f);
        report_key(f, "sha256", x->bytes ? x->sha256 : NULL);
        fputc('}', f);
    }
    fputc(']', f);
}

/* The inputs first: what `hepta lab replay` needs.  One member a line, digests last. */
void lab_report_json(const struct lab_run *r, FILE *f)
{
    fputs("{\"hepta\":\"0.1.0\",\n ", f);
    report_key(f, "lab", r->file->plan->name);
    fputs(",\n ", f);
    report_key(f, "file", r->file->path);
    fputs(",\n ", f);
    report_key(f, "sha256", r->file->sha256);
    fputs(",\n ", f);
    report_key(f, "faults_file", r->file->more_path);
    fputs(",\n ", f);
    report_key(f, "faults_sha256", r->file->more_path ? r->file->more_sha256 : NULL);
    report_json_files(r, f);
    fprintf(f, ",\n \"seed\":\"%llu\",\n \"until\":%lld,\n \"time\":%lld,\n \"events\":%llu,\n \"frames\":%llu,\n \"faults\":%u,\n \"failures\":%u,\n",
            (unsigned long long)r->seed, (long long)r->until, (long long)r->now, (unsigned long long)hp_world_events(hp_run_world(r->run)),
            (unsigned long long)r->count.frames, r->count.faults, lab_run_failures(r));
    if (r->interrupted) fputs(" \"interrupted\":true,\n", f);
    if (r->all) fputs(" \"all\":true,\n", f);
    report_json_apps(r, f);
    report_json_expects(r, f);
    report_json_drops(r, f);
    report_json_cables(r, f);
    fputs(" \"digests\":[", f);
    for (uint32_t i = 0; i < r->digests; i++) fprintf(f, "%s\"%016llx\"", i ? "," : "", (unsigned long long)r->digest[i]);
    fputs("]}\n", f);
}

/* ---- JUnit ---- */

static void report_xml(FILE *f, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, f);
        }
    }
}

/* how: NULL = well; or why it is a "failure", or was "skipped": it says nothing about the run. */
static void report_case(FILE *f, const char *class, const char *name, hp_time time, const char *how, const char *why)
{
    char text[HP_TIME_TEXT];
    fputs("  <testcase classname=\"", f);
    report_xml(f, class);
    fputs("\" name=\"", f);
    report_xml(f, name);
    fprintf(f, "\" time=\"%s\"", time == HP_NEVER ? "0" : hp_time_text(time, text, sizeof text));
    if (!how) {
        fputs("/>\n", f);
        return;
    }
    fprintf(f, "><%s message=\"", how);
    report_xml(f, why);
    fputs("\"/></testcase>\n", f);
}

struct report_counts {
    uint32_t cases, skipped;
};

static void report_verdict_case(const struct lab_run *r, FILE *f, const struct hp_run_verdict *v)
{
    bool failed = v->verdict == HP_VERDICT_FAILED || v->verdict == HP_VERDICT_OPEN;
    const char *why = v->why && v->why[0] ? v->why : failed ? "not decided when the run ended" : "it was not put to the test";
    const char *how = failed ? "failure" : v->verdict == HP_VERDICT_IDLE ? "skipped" : NULL;
    report_case(f, r->file->plan->name, v->text, v->time, how, why);
}

/* Where a file says what it expects, that decides; a program that failed then is told of, but is no failure of the run, as its exit code is not. */
static void report_app_case(FILE *f, const struct hp_run_app *a, bool expects)
{
    char why[200];
    snprintf(why, sizeof why, "%s%s", report_app(a), expects ? " (what the file expects decides whether the run failed)" : "");
    report_case(f, a->program, a->name, a->ended, !lab_run_app_failed(a) ? NULL : expects ? "skipped" : "failure", why);
}

static struct report_counts report_cases(const struct lab_run *r, FILE *f)
{
    struct report_counts n = {1, 0};
    struct hp_run_verdict v;
    struct hp_run_app a;
    uint32_t expects = 0;
    for (; hp_run_verdict(r->run, expects, &v); expects++, n.cases++) {
        n.skipped += v.verdict == HP_VERDICT_IDLE;
        if (f) report_verdict_case(r, f, &v);
    }
    for (uint32_t i = 0; hp_run_app(r->run, i, &a); i++) {
        if (a.service) continue;
        n.cases++;
        n.skipped += expects && lab_run_app_failed(&a);
        if (f) report_app_case(f, &a, expects > 0);
    }
    if (f) report_case(f, r->file->plan->name, "nothing happened that cannot be", r->now, hp_run_broken(r->run) ? "failure" : NULL, "see the run's output");
    return n;
}

void lab_report_junit(const struct lab_run *r, FILE *f)
{
    char time[HP_TIME_TEXT];
    struct report_counts n = report_cases(r, NULL);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", f);
    report_xml(f, r->file->plan->name);
    fprintf(f, "\" tests=\"%u\" failures=\"%u\" skipped=\"%u\" time=\"%s\">\n", n.cases, lab_run_failures(r), n.skipped,
            hp_time_text(r->now, time, sizeof time));
    report_cases(r, f);
    fputs("</testsuite>\n", f);
}
