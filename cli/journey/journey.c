/* The world of the journey: built from the embedded lab file, given time until its routers know the way, then a browser begins on A. */
#define _GNU_SOURCE /* asprintf, open_memstream */
#include "journey/journey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "core/utf8.h"
#include "internet.h"
#include "lab_out.h"

enum { JOURNEY_READY_S = 120,
       JOURNEY_TIMEOUT_S = 120,
       JOURNEY_PATIENCE_S = 900,
       JOURNEY_STACK = 256 << 10,
       JOURNEY_SLICE_MS = 20 };

/* ---- the lab ---- */

static int journey_file(void *ctx, const char *name, struct hp_bytes *out)
{
    const struct internet_file *f = internet_find(name);
    if (!f) return HP_ENOENT;
    *out = (struct hp_bytes){f->bytes, f->n};
    return HP_OK;
}

static void journey_news(void *ctx, const struct hp_run_event *e)
{
    struct journey *j = ctx;
    if (j->record.plan) record_tell(&j->record, e); /* not of the world that only finds the time */
    if (!j->scene) return;
    if (e->kind == HP_RUN_FAULT) scene_fault(j->scene, e->time, e->text);
    else if (e->kind == HP_RUN_SAID) scene_say(j->scene, e->time, e->node, 7, e->app ? e->app : "", e->text);
}

/* The user's line that stands in this line of the text: those of the faults are the last.  NULL: it is none of them. */
static const char *journey_blamed(const struct journey *j, const struct hp_plan_error *error)
{
    uint32_t lines = 0;
    for (const char *p = j->text; (p = strchr(p, '\n')); p++) lines++; /* each of them ends in one */
    uint32_t first = lines - (uint32_t)j->faults + 1;
    return j->faults && error->place.line >= first && error->place.line <= lines ? j->fault[error->place.line - first] : NULL;
}

/* In the user's own words: times were moved, so that only the distance to the line's end is still right. */
static int journey_complain(const struct journey *j, const struct hp_plan_error *error)
{
    char text[1000];
    const char *line = journey_blamed(j, error);
    if (!line) {
        fprintf(stderr, "%s", hp_plan_error_text(error, "the embedded internet", text, sizeof text));
        return CLI_USAGE;
    }
    size_t left = utf8_text_cells(error->line, strlen(error->line)) + 1 - error->caret, cells = utf8_text_cells(line, strlen(line));
    fprintf(stderr, "hepta: --fault: %s%s%s\n    %s\n    %*s^\n", error->text, *error->hint ? "; " : "", error->hint, line,
            (int)(cells > left ? cells - left : 0), "");
    return CLI_USAGE;
}

static int journey_plan(struct journey *j, const char *more)
{
    struct hp_plan_error error = {.text = ""};
    const struct internet_file *lab = internet_find("internet.lab");
    free(j->text);
    if (asprintf(&j->text, "%s\n%s", (const char *)lab->bytes, more) < 0) j->text = NULL;
    int err = j->text ? hp_plan_parse(j->text, strlen(j->text), hp_os_allocator(), &j->plan, &error) : HP_ENOMEM;
    if (err == HP_EPROTO) return journey_complain(j, &error);
    return err ? cli_error("out of memory") : CLI_OK;
}

static int journey_build(struct journey *j)
{
    struct hp_plan_error error = {.text = ""};
    struct hp_run_options o = {.seed = j->seed, .seeded = true, .allocator = hp_os_allocator(), .news = journey_news, .file = journey_file, .ctx = j};
    int err = hp_run_new(j->plan, &o, &j->run, &error);
    if (err == HP_EPROTO) return journey_complain(j, &error);
    if (err) return cli_error("out of memory");
    j->world = hp_run_world(j->run);
    return CLI_OK;
}

static void journey_unbuild(struct journey *j)
{
    hp_run_free(j->run);
    hp_plan_free(j->plan);
    j->run = NULL;
    j->plan = NULL;
}

/* Do all six routers and home know the way to all networks, and has A its address? */
static bool journey_is_ready(const struct journey *j)
{
    static const char *const routers[] = {"home", "가", "나", "다", "라", "마", "바"};
    static const char *const hosts[] = {"A", "resolver", "root", "com", "ns1", "B", "naver"};
    struct hp_route route;
    struct hp_ip ip;
    for (size_t i = 0; i < sizeof routers / sizeof routers[0]; i++)
        for (size_t k = 0; k < sizeof hosts / sizeof hosts[0]; k++) {
            struct hp_stack *s = hp_world_find(j->world, routers[i]);
            if (!s || !hp_run_address(j->run, hosts[k], &ip) || hp_route_find(s, &ip, &route) != HP_OK) return false;
        }
    return true;
}

/* When a browser can begin: found once in a world without faults and with nobody watching; the same seed then gives the same. */
static int journey_time(struct journey *j, hp_time *out)
{
    int result = journey_plan(j, "");
    if (!result) result = journey_build(j);
    for (int s = 1; !result && s <= JOURNEY_READY_S; s++) {
        hp_run_go(j->run, HP_S(s));
        *out = HP_S(s + 1);
        if (journey_is_ready(j)) break;
    }
    journey_unbuild(j);
    return result;
}

const char *const journey_way_words[JOURNEY_WAYS] = {"rate", "delay", "jitter", "duplicate", "reorder", "bit-errors"};

/* The lines that the user adds, their times moved to the beginning of the browser: "at 300ms crash 바" is 300 ms after that. */
static char *journey_lines(const struct journey *j, hp_time began)
{
    char *text = NULL, span[32];
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) return NULL;
    for (int i = 0; i < JOURNEY_WAYS; i++)
        if (j->way[i]) fprintf(f, "at %lldns set first-cable %s %s\n", (long long)began, journey_way_words[i], j->way[i]);
    if (j->loss) fprintf(f, "at %lldns set home-가 가-마 마-바 마-나 바-라 나-다 다-라 loss %s\n", (long long)began, j->loss);
    for (int i = 0; i < j->faults; i++) {
        const char *line = j->fault[i], *rest = line;
        hp_time from, to;
        int used = 0;
        if (sscanf(line, "at %31s %n", span, &used) != 1 || !used) {
            fprintf(f, "%s\n", rest);
            continue;
        }
        char *dots = strstr(span, "..");
        if (dots) *dots = 0;
        if (!hp_span_parse(span, &from) || (dots && !hp_span_parse(dots + 2, &to))) fprintf(f, "%s\n", line); /* its complaint is the reader's */
        else if (dots) fprintf(f, "at %lldns..%lldns %s\n", (long long)(began + from), (long long)(began + to), line + used);
        else fprintf(f, "at %lldns %s\n", (long long)(began + from), line + used);
    }
    fclose(f);
    return text;
}

/* ---- the browser ---- */

static hp_time journey_timeout(const struct journey *j) { return j->timeout ? j->timeout : HP_S(JOURNEY_TIMEOUT_S); }

static void journey_program(struct hp_stack *s, void *arg)
{
    struct journey *j = arg;
    struct page_options o = {.timeout = journey_timeout(j), .no_pictures = j->no_pictures};
    j->err = page_load(s, hp_run_resolver(j->run, "A"), j->ascii, &o, &j->page);
    j->ended = hp_now(s);
    j->over = true;
}

/* Where the page draws whom: the way from left to right, the way around above it, what hangs on it below. */
static const struct { const char *node; double x, y; } journey_places[] = {
    {"A", 0, 1}, {"switch", 1, 1}, {"home", 2, 1}, {"가", 3, 1}, {"마", 4.1, 1}, {"바", 5.3, 1}, {"라", 6.5, 1}, {"B", 7.7, 1},
    {"resolver", 3, 2}, {"naver", 5.3, 2}, {"ns1", 6.7, 2}, {"나", 4.1, 0}, {"root", 2.8, 0}, {"다", 6.2, 0}, {"com", 7.6, 0}};

static int journey_watch(struct journey *j)
{
    struct scene_config c = {.title = account_of(&j->account, JOURNEY_TITLE_EN, JOURNEY_TITLE_KO), .lang = j->korean ? "ko" : "en"};
    j->scene = scene_new(&c);
    if (!j->scene || scene_watch(j->scene, j->world) || record_begin(&j->record, j->world, j->plan)) return cli_error("out of memory");
    static const char *const servers[] = {"B", "naver", "ns1", "com", "root", "resolver"};
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) scene_kind(j->scene, servers[i], "server");
    for (uint32_t i = 0; i < j->plan->nodes; i++)
        if (j->plan->node[i].label) scene_label(j->scene, j->plan->node[i].name, j->plan->node[i].label);
    for (size_t i = 0; i < sizeof journey_places / sizeof *journey_places; i++)
        scene_place(j->scene, journey_places[i].node, journey_places[i].x, journey_places[i].y);
    return CLI_OK;
}

/* The browser has no machine any more, or a frozen one for longer than anybody waits. */
static bool journey_is_lost(const struct journey *j)
{
    hp_time frozen = trouble_of(j, TROUBLE_FROZEN, "A");
    return trouble_of(j, TROUBLE_DEAD, "A") != HP_NEVER || (frozen != HP_NEVER && hp_world_now(j->world) - frozen >= journey_timeout(j));
}

/* Until the page is there, and what closes its connections has been said. */
static int journey_happen(struct journey *j)
{
    hp_run_go(j->run, j->began);
    struct hp_stack *a = hp_world_find(j->world, "A"); /* NULL: it lost its power just now */
    if (a && hp_spawn(a, "browser", journey_program, j, JOURNEY_STACK)) return cli_error("the browser cannot start: out of memory");
    hp_time limit = j->began + HP_S(JOURNEY_PATIENCE_S);
    while (!j->over && !journey_is_lost(j) && hp_world_now(j->world) < limit) hp_run_go(j->run, hp_world_now(j->world) + HP_MS(JOURNEY_SLICE_MS));
    if (!j->over) {
        j->err = HP_ETIMEDOUT;
        j->ended = hp_world_now(j->world);
    }
    hp_run_go(j->run, hp_world_now(j->world) + HP_S(2));
    return CLI_OK;
}

/* ---- all of it ---- */

static int journey_begin(struct journey *j)
{
    int result = journey_time(j, &j->began);
    char *lines = result ? NULL : journey_lines(j, j->began);
    if (!result) result = lines ? journey_plan(j, lines) : cli_error("out of memory");
    free(lines);
    if (!result) result = journey_build(j);
    return result ? result : journey_watch(j);
}

/* A's frames in a file, and its events on stderr. */
struct journey_watcher {
    const struct journey *j;
    const struct hp_stack *a;
    struct hp_pcap *pcap;
};

static void journey_event(void *ctx, const struct hp_event *e)
{
    struct journey_watcher *w = ctx;
    if (e->stack != w->a) return;
    if (w->pcap) hp_pcap_event(w->pcap, e);
    if (w->j->trace) cli_print_event(e);
}

static int journey_watch_a(struct journey *j, struct journey_watcher *w)
{
    *w = (struct journey_watcher){.j = j, .a = hp_world_find(j->world, "A")};
    if (!j->capture && !j->trace) return CLI_OK;
    int err = j->capture ? hp_pcap_create(j->capture, &w->pcap) : HP_OK;
    if (err) return cli_error("%s cannot be written: %s", j->capture, hp_err_text(err));
    const struct hp_trace trace = {journey_event, w, 0};
    return hp_world_trace(j->world, &trace, NULL) ? cli_error("out of memory") : CLI_OK;
}

static int journey_run_embedded(struct journey *j)
{
    char why[512];
    struct lab_out *files = NULL;
    struct journey_watcher watcher = {.pcap = NULL};
    int result = journey_begin(j);
    if (!result) result = journey_watch_a(j, &watcher);
    if (!result && j->out) {
        files = lab_out_new(j->run, j->out, false, why, sizeof why);
        if (!files || lab_out_view(files, j->out, "A", why, sizeof why)) result = cli_error("%s", why);
    }
    if (!result) result = journey_happen(j);
    if (!result) {
        int told = journey_tell(j);
        if (files && lab_out_close(files, why, sizeof why)) result = cli_error("%s", why);
        if (!result && j->out) result = journey_leave(j);
        if (!result) result = told;
    }
    journey_unbuild(j);
    lab_out_free(files);
    if (watcher.pcap && hp_pcap_close(watcher.pcap)) result = cli_error("%s could not be written to its end", j->capture);
    return result;
}

static int journey_run_wired(struct journey *j, struct cli_machine *m)
{
    struct scene_config c = {.title = account_of(&j->account, JOURNEY_TITLE_EN, JOURNEY_TITLE_KO), .lang = j->korean ? "ko" : "en"};
    j->wired = calloc(1, sizeof *j->wired);
    j->scene = scene_new(&c);
    int result = j->wired && j->scene && !record_new(&j->record) ? wired_happen(j, m) : cli_error("out of memory");
    if (!result) {
        wired_infer(j);
        result = journey_tell(j);
        int left = j->out ? wired_scene(j) ? cli_error("out of memory") : journey_leave(j) : CLI_OK;
        if (left) result = left;
    }
    free(j->wired);
    return result;
}

int journey_run(struct journey *j, struct cli_machine *machine)
{
    j->account.korean = j->korean;
    if (j->out && mkdir(j->out, 0777) && errno != EEXIST) return cli_error("%s cannot be made: %s", j->out, strerror(errno));
    int result = machine ? journey_run_wired(j, machine) : journey_run_embedded(j);
    scene_free(j->scene);
    record_free(&j->record);
    account_free(&j->account);
    account_free(&j->other);
    free(j->text);
    return result;
}
