/* What is seen while a lab runs: on a terminal a view that is drawn again in its place, else a line from time to time; on stderr. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_run.h"

enum { WATCH_LINES = 6, WATCH_CABLES = 6, WATCH_APPS = 8, WATCH_WIDTH = 100, WATCH_BAR = 30 };

struct lab_watch {
    struct lab_run *run;
    bool terminal;
    int drawn;                          /* lines on the screen */
    hp_time looked, began, at;          /* real; virtual when last looked */
    uint64_t *bytes;                    /* by cable and end, when last looked */
    char line[WATCH_LINES][WATCH_WIDTH + 1];
    unsigned lines;
};

struct lab_watch *lab_watch_new(struct lab_run *r)
{
    struct lab_watch *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    w->run = r;
    w->terminal = isatty(STDERR_FILENO);
    w->began = w->looked = hp_os_now();
    w->bytes = calloc(2 * (size_t)r->file->plan->cables + 1, sizeof *w->bytes);
    if (w->bytes) return w;
    free(w);
    return NULL;
}

void lab_watch_free(struct lab_watch *w)
{
    w->looked = 0; /* the last view is of the end */
    lab_watch_look(w);
    free(w->bytes);
    free(w);
}

void lab_watch_news(struct lab_watch *w, const struct hp_run_event *e)
{
    char time[HP_TIME_TEXT];
    const char *who = e->app ? e->app : e->node ? e->node : "";
    snprintf(w->line[w->lines++ % WATCH_LINES], sizeof w->line[0], "%s %s%s%s", hp_time_text(e->time, time, sizeof time), who, *who ? ": " : "", e->text);
    if (!w->terminal && e->kind != HP_RUN_APP_STARTED) fprintf(stderr, "%s\n", w->line[(w->lines - 1) % WATCH_LINES]);
}

static void watch_print(struct lab_watch *w, const char *text)
{
    fprintf(stderr, "%s\033[K\n", text);
    w->drawn++;
}

/* "   1.250 s  x12.5  [######      ] 42%" */
static void watch_head(const struct lab_watch *w, hp_time real, char *buf, size_t n)
{
    const struct lab_run *r = w->run;
    hp_time until = hp_run_until(r->run);
    double speed = real > w->looked ? (double)(r->now - w->at) / (double)(real - w->looked) : 0;
    char bar[WATCH_BAR + 1] = "";
    int percent = until != HP_NEVER && until > 0 ? (int)(r->now / (until / 100 ? until / 100 : 1)) : -1;
    for (int i = 0; percent >= 0 && i < WATCH_BAR; i++) bar[i] = i * 100 < percent * WATCH_BAR ? '#' : '.';
    if (percent >= 0) snprintf(buf, n, "%lld.%03lld s  x%.2g  [%s] %d%%", (long long)(r->now / HP_S(1)), (long long)(r->now % HP_S(1) / HP_MS(1)),
                               speed, bar, percent);
    else snprintf(buf, n, "%lld.%03lld s  x%.2g", (long long)(r->now / HP_S(1)), (long long)(r->now % HP_S(1) / HP_MS(1)), speed);
}

static void watch_cables(struct lab_watch *w)
{
    struct hp_cable *c;
    char line[WATCH_WIDTH + 40], a[32], b[32];
    hp_time span = w->run->now - w->at;
    for (unsigned i = 0; (c = hp_world_each_cable(hp_run_world(w->run->run), i)); i++) {
        struct hp_cable_stats s[2];
        for (int end = 0; end < 2; end++) hp_cable_stats(c, end, &s[end]);
        if (i < WATCH_CABLES) {
            snprintf(line, sizeof line, "  %-20.20s -> %12s  <- %12s  lost %llu%s", hp_cable_name(c), cli_rate(s[0].bytes - w->bytes[2 * i], span, a,
                                                                                                               sizeof a),
                     cli_rate(s[1].bytes - w->bytes[2 * i + 1], span, b, sizeof b), (unsigned long long)(s[0].lost + s[1].lost),
                         hp_cable_is_up(c) ? "" : "  DOWN");
            watch_print(w, line);
        }
        for (int end = 0; end < 2; end++) w->bytes[2 * i + (unsigned)end] = s[end].bytes;
    }
}

static void watch_apps(struct lab_watch *w)
{
    struct hp_run_app a;
    char line[WATCH_WIDTH + 40], bytes[32];
    static const char *const state[] = {"waiting", "running", "ended"};
    for (uint32_t i = 0; i < WATCH_APPS && hp_run_app(w->run->run, i, &a); i++) {
        snprintf(line, sizeof line, "  %-20.20s %-8s %9s  %.50s", a.name, state[a.state], cli_bytes(a.bytes, bytes, sizeof bytes), a.said);
        watch_print(w, line);
    }
}

static void watch_draw(struct lab_watch *w, hp_time real)
{
    char head[160];
    if (w->drawn) fprintf(stderr, "\033[%dA", w->drawn);
    w->drawn = 0;
    watch_head(w, real, head, sizeof head);
    watch_print(w, head);
    watch_cables(w);
    watch_apps(w);
    unsigned from = w->lines > WATCH_LINES ? w->lines - WATCH_LINES : 0;
    for (unsigned i = from; i < w->lines; i++) watch_print(w, w->line[i % WATCH_LINES]);
    fputs("\033[J", stderr);
}

void lab_watch_look(struct lab_watch *w)
{
    char head[160];
    hp_time real = hp_os_now();
    if (real - w->looked < (w->terminal ? HP_MS(100) : HP_S(2))) return;
    if (w->terminal) watch_draw(w, real);
    else {
        watch_head(w, real, head, sizeof head);
        fprintf(stderr, "%s\n", head);
    }
    fflush(stderr);
    w->looked = real;
    w->at = w->run->now;
}
