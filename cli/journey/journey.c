/* The world of the journey: built from the embedded lab file, given time until its routers know the way, then a browser begins on A. */
#define _GNU_SOURCE /* asprintf, open_memstream */
#include "journey/journey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "internet.h"
#include "lab_out.h"

enum { JOURNEY_READY_S = 120,
       JOURNEY_PATIENCE_S = 900,
       JOURNEY_STACK = 256 << 10,
       JOURNEY_SLICE_MS = 20 };

#define JOURNEY_TITLE_EN "The journey of a page"
#define JOURNEY_TITLE_KO "페이지의 여정"

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

static int journey_complain(const struct journey *j, const struct hp_plan_error *error)
{
    char text[1000];
    const char *name = j->faults || j->loss ? "the embedded internet with your faults" : "the embedded internet";
    fprintf(stderr, "%s", hp_plan_error_text(error, name, text, sizeof text));
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

static void journey_program(struct hp_stack *s, void *arg)
{
    struct journey *j = arg;
    struct page_options o = {.timeout = HP_S(120)};
    j->err = page_load(s, hp_run_resolver(j->run, "A"), j->ascii, &o, &j->page);
    j->ended = hp_now(s);
    j->over = true;
}

/* Where the page draws whom: the way from left to right, the way around above it, what hangs on it below. */
static const struct { const char *node; double x, y; } journey_places[] = {
    {"A", 0, 1}, {"switch", 1, 1}, {"home", 2, 1}, {"가", 3, 1}, {"마", 4.1, 1}, {"바", 5.3, 1}, {"라", 6.5, 1}, {"B", 7.6, 1.35},
    {"resolver", 3, 2}, {"naver", 5.3, 2}, {"ns1", 7.6, 0.5}, {"나", 4.1, 0}, {"root", 2.8, 0}, {"다", 6.1, 0}, {"com", 7.4, -0.1}};

static int journey_watch(struct journey *j)
{
    struct scene_config c = {.title = account_of(&j->account, JOURNEY_TITLE_EN, JOURNEY_TITLE_KO), .lang = j->korean ? "ko" : "en"};
    j->scene = scene_new(&c);
    if (!j->scene || scene_watch(j->scene, j->world) || record_begin(&j->record, j->world, j->plan)) return cli_error("out of memory");
    scene_kind(j->scene, "B", "server");
    scene_kind(j->scene, "naver", "server");
    for (uint32_t i = 0; i < j->plan->nodes; i++)
        if (j->plan->node[i].label) scene_label(j->scene, j->plan->node[i].name, j->plan->node[i].label);
    for (size_t i = 0; i < sizeof journey_places / sizeof *journey_places; i++)
        scene_place(j->scene, journey_places[i].node, journey_places[i].x, journey_places[i].y);
    return CLI_OK;
}

/* Until the page is there, and what closes its connections has been said. */
static int journey_happen(struct journey *j)
{
    hp_run_go(j->run, j->began);
    struct hp_stack *a = hp_world_find(j->world, "A");
    if (!a || hp_spawn(a, "browser", journey_program, j, JOURNEY_STACK)) return cli_error("the browser cannot start: out of memory");
    hp_time limit = j->began + HP_S(JOURNEY_PATIENCE_S);
    while (!j->over && hp_world_now(j->world) < limit) hp_run_go(j->run, hp_world_now(j->world) + HP_MS(JOURNEY_SLICE_MS));
    if (!j->over) {
        j->err = HP_ETIMEDOUT;
        j->ended = limit;
    }
    hp_run_go(j->run, hp_world_now(j->world) + HP_S(2));
    return CLI_OK;
}

/* ---- what is left behind ---- */

static void journey_scene_page(struct journey *j)
{
    uint8_t *png = NULL;
    char *text = NULL;
    size_t n = 0, text_n = 0;
    if (!j->page || j->err) return;
    page_png_bytes(j->page, &(struct page_png_options){.width = 1024}, &png, &n);
    FILE *f = open_memstream(&text, &text_n);
    if (f) {
        page_text(j->page, &(struct page_text_options){.width = 80}, f);
        fclose(f);
    }
    scene_page(j->scene, page_url(j->page), (struct hp_bytes){png, n}, text);
    for (int i = 0; i < page_resources(j->page); i++) {
        const struct page_resource *r = page_resource(j->page, i);
        scene_load(j->scene, &(struct scene_load){.url = r->url, .status = r->status, .bytes = r->wire_bytes, .began = r->began,
                                                  .resolved = r->resolved, .connected = r->connected, .first_byte = r->first_byte,
                                                  .ended = r->ended, .note = r->error});
    }
    free(png);
    free(text);
}

/* The account once more, in the other language. */
static void journey_translate(struct journey *j)
{
    struct account told = j->account;
    j->account = (struct account){.korean = !j->korean};
    j->korean = !j->korean;
    steps_write(j);
    j->korean = !j->korean;
    j->other = j->account;
    j->account = told;
}

static int journey_write_files(struct journey *j)
{
    char path[600], seed[32], enter[32];
    snprintf(enter, sizeof enter, "%lld", (long long)j->began);
    scene_fact(j->scene, "enter", enter);
    scene_fact(j->scene, "title_en", JOURNEY_TITLE_EN);
    scene_fact(j->scene, "title_ko", JOURNEY_TITLE_KO);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)j->seed);
    scene_fact(j->scene, "seed", seed);
    scene_fact(j->scene, "url", j->url);
    scene_end(j->scene);
    journey_translate(j);
    account_scene(&j->account, &j->other, j->scene, j->began);
    journey_scene_page(j);
    snprintf(path, sizeof path, "%s/journey.html", j->out);
    if (!scene_write_html(j->scene, path)) return cli_error("%s cannot be written: %s", path, strerror(errno));
    snprintf(path, sizeof path, "%s/page.png", j->out);
    if (j->page && !j->err && page_png(j->page, &(struct page_png_options){.width = 1024}, path)) return cli_error("%s cannot be written", path);
    return CLI_OK;
}

/* ---- printing ---- */

static void journey_print_map(const struct journey *j)
{
    printf("%shepta browse %s%s   seed %llu\n\n"
           "  A ── switch ── home ── 가 ── 마 ── 바 ── 라 ── B  www.google.com\n"
           "                          │     │     │     ╲── ns1.google.com\n"
           "                       resolver │   naver   │\n"
           "                                나 ── 다 ───┘\n"
           "                                │     │\n"
           "                              root   com\n",
           j->color ? "\033[1m" : "", j->url, j->color ? "\033[0m" : "", (unsigned long long)j->seed);
}

static void journey_print(struct journey *j)
{
    journey_print_map(j);
    for (int i = 0; i < j->account.steps; i++) {
        account_print(&j->account, i, stdout, j->color, j->width > 100 ? 100 : j->width);
        if (!j->wait || i + 1 == j->account.steps) continue;
        fputs(account_of(&j->account, "\n   -- Enter goes on, q and Enter ends --", "\n   -- Enter: 계속, q와 Enter: 끝 --"), stdout);
        fflush(stdout);
        int first = getchar();
        for (int c = first; c != '\n' && c != EOF;) c = getchar();
        if (first == 'q') break;
    }
    printf("\n%s %016llx\n", account_of(&j->account, "The same seed gives the same journey, bit for bit: digest", "같은 seed는 비트까지 같은 여정을 준다: digest"),
           (unsigned long long)hp_world_digest(j->world));
    if (!j->out) return;
    printf("%s\n  %s/journey.html\n  %s/page.png\n  %s/A.pcapng (%s)\n  %s/capture.pcapng (%s)\n", account_of(&j->account, "To look at:", "더 볼 것:"),
           j->out, j->out, j->out, account_of(&j->account, "what A sent and received", "A가 보내고 받은 것"), j->out,
           account_of(&j->account, "every frame at both ends of every cable", "모든 케이블 양 끝의 모든 프레임"));
    printf("  %s browse --fault 'at 60ms crash 바' www.google.com    %s\n", program_invocation_name,
           account_of(&j->account, "a router dies on the way", "도중에 라우터가 죽는다"));
}

static void journey_json_text(const char *name, const char *text)
{
    printf("\"%s\":", name);
    cli_json_text(stdout, text, strlen(text));
}

static void journey_print_json(const struct journey *j)
{
    printf("{");
    journey_json_text("url", j->url);
    printf(",\"seed\":%llu,\"status\":%d,\"milliseconds\":%.6f,\"digest\":\"%016llx\",", (unsigned long long)j->seed, j->page ? page_status(j->page) : 0,
           journey_ms(j, j->ended), (unsigned long long)hp_world_digest(j->world));
    journey_json_text("title", j->page ? page_title(j->page) : "");
    printf(",\"steps\":[");
    for (int i = 0; i < j->account.steps; i++) {
        const struct account_step *s = &j->account.step[i];
        printf("%s{", i ? "," : "");
        journey_json_text("step", s->label);
        printf(",");
        journey_json_text("title", s->title);
        printf(",\"layer\":%d,\"packets\":[", s->layer);
        for (size_t k = 0; k < s->packets; k++) printf("%s%llu", k ? "," : "", (unsigned long long)s->packet[k]);
        printf("],");
        journey_json_text("text", s->text ? s->text : "");
        printf("}");
    }
    printf("]}\n");
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

static int journey_tell(struct journey *j, struct lab_out *files)
{
    char why[512];
    steps_write(j);
    if (j->json) journey_print_json(j);
    else journey_print(j);
    if (files && lab_out_close(files, why, sizeof why)) return cli_error("%s", why);
    int result = j->out ? journey_write_files(j) : CLI_OK;
    bool failed = j->err || page_status(j->page) >= 400 || journey_is_partial(j);
    return result ? result : failed ? CLI_FAILED : CLI_OK;
}

int journey_run(struct journey *j)
{
    char why[512];
    struct lab_out *files = NULL;
    j->account.korean = j->korean;
    if (j->out && mkdir(j->out, 0777) && errno != EEXIST) return cli_error("%s cannot be made: %s", j->out, strerror(errno));
    int result = journey_begin(j);
    if (!result && j->out) {
        files = lab_out_new(j->run, j->out, false, why, sizeof why);
        if (!files || lab_out_view(files, j->out, "A", why, sizeof why)) result = cli_error("%s", why);
    }
    if (!result) result = journey_happen(j);
    if (!result) result = journey_tell(j, files);
    page_free(j->page);
    journey_unbuild(j);
    scene_free(j->scene);
    lab_out_free(files);
    record_free(&j->record);
    account_free(&j->account);
    account_free(&j->other);
    free(j->text);
    return result;
}
