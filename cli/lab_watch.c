/* What is seen while a lab runs: on a terminal a view that is drawn again in its place, else a line from time to time; on stderr. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/utf8.h"
#include "lab_run.h"

enum { WATCH_LINES = 6, WATCH_CABLES = 6, WATCH_APPS = 8, WATCH_WIDTH = 160, WATCH_BAR = 30, WATCH_NAME = 20, WATCH_NAME_ROOM = 4 * WATCH_NAME + 1 };

struct lab_watch {
    struct lab_run *run;
    bool terminal;
    int drawn, rows, columns;           /* lines on the screen; its size */
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

/* A character that was cut at the end of a full line goes. */
static void watch_whole(char *line)
{
    size_t n = strlen(line), last = n;
    uint32_t code;
    while (last && ((unsigned char)line[last - 1] & 0xc0) == 0x80) last--;
    if (last && !utf8_take(line + last - 1, n - last + 1, &code)) line[last - 1] = 0;
}

/* The name in so many columns, filled up with blanks. */
static const char *watch_name(const char *name, char buf[WATCH_NAME_ROOM])
{
    char cut[WATCH_NAME_ROOM];
    snprintf(cut, sizeof cut, "%.*s", (int)cli_fit(name, WATCH_NAME), name);
    return cli_pad(cut, WATCH_NAME, buf, WATCH_NAME_ROOM);
}

void lab_watch_news(struct lab_watch *w, const struct hp_run_event *e)
{
    char time[HP_TIME_TEXT];
    const char *who = e->app ? e->app : e->node ? e->node : "";
    char *line = w->line[w->lines++ % WATCH_LINES];
    const char *verdict = e->kind != HP_RUN_EXPECT ? "" : e->result == 0 ? "FAILED: " : e->result == 1 ? "held: " : "idle: ";
    snprintf(line, sizeof w->line[0], "%15s %s%s%s%s", hp_time_text(e->time, time, sizeof time), who, *who ? ": " : "", verdict, e->text);
    watch_whole(line);
    if (!w->terminal && e->kind != HP_RUN_APP_STARTED) fprintf(stderr, "%s\n", w->line[(w->lines - 1) % WATCH_LINES]);
}

static void watch_size(struct lab_watch *w)
{
    struct winsize size = {.ws_col = 0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
    w->columns = known ? size.ws_col : 80;
    w->rows = known ? size.ws_row : 24;
}

/* A line that wraps, or one more than the screen has, would spoil what is drawn over it.  What peers sent may be in it: no control characters. */
static void watch_print(struct lab_watch *w, const char *text)
{
    if (w->drawn >= w->rows - 1) return;
    size_t n = cli_fit(text, w->columns - 1);
    for (size_t i = 0; i < n; i++) fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i], stderr);
    fputs("\033[K\n", stderr);
    w->drawn++;
}

/* "1.250 s  [######......]  42%  12.5 times as fast as real time" */
static void watch_head(const struct lab_watch *w, hp_time real, char *buf, size_t n)
{
    const struct lab_run *r = w->run;
    hp_time until = hp_run_until(r->run);
    double speed = real > w->looked ? (double)(r->now - w->at) / (double)(real - w->looked) : 0;
    if (r->over) speed = r->real > 0 ? (double)r->now / (double)r->real : 0; /* the last view: of all of it */
    char bar[WATCH_BAR + 1] = "";
    int percent = until != HP_NEVER && until > 0 ? (int)(r->now / (until / 100 ? until / 100 : 1)) : -1;
    for (int i = 0; percent >= 0 && i < WATCH_BAR; i++) bar[i] = i * 100 < percent * WATCH_BAR ? '#' : '.';
    int at = snprintf(buf, n, "%lld.%03lld s", (long long)(r->now / HP_S(1)), (long long)(r->now % HP_S(1) / HP_MS(1)));
    if (percent >= 0) at += snprintf(buf + at, n - (size_t)at, "  [%s] %3d%%", bar, percent);
    long long ms = (long long)((r->over ? r->real : real - w->began) / HP_MS(1));
    at += snprintf(buf + at, n - (size_t)at, "  in %lld.%lld s", ms / 1000, ms % 1000 / 100);
    if (speed > 0) snprintf(buf + at, n - (size_t)at, ", %.*f times as fast as real time", speed < 10, speed);
}

struct watch_cable {
    unsigned number;
    uint64_t bytes;                     /* since it was looked at last; UINT64_MAX: it is down */
};

/* The busiest, in the order of the plan; answers how many cables there are. */
static unsigned watch_busiest(const struct lab_watch *w, struct watch_cable pick[WATCH_CABLES], unsigned *picked)
{
    struct hp_cable *c;
    unsigned i = 0;
    *picked = 0;
    for (; (c = hp_world_each_cable(hp_run_world(w->run->run), i)); i++) {
        struct hp_cable_stats s;
        struct watch_cable k = {i, 0};
        unsigned least = 0;
        for (unsigned end = 0; end < 2; end++) {
            hp_cable_stats(c, (int)end, &s);
            k.bytes += s.bytes - w->bytes[2 * i + end];
        }
        if (!hp_cable_is_up(c)) k.bytes = UINT64_MAX;
        if (*picked < WATCH_CABLES) {
            pick[(*picked)++] = k;
            continue;
        }
        for (unsigned j = 1; j < WATCH_CABLES; j++)
            if (pick[j].bytes < pick[least].bytes) least = j;
        if (pick[least].bytes >= k.bytes) continue;
        memmove(&pick[least], &pick[least + 1], (WATCH_CABLES - 1 - least) * sizeof *pick);
        pick[WATCH_CABLES - 1] = k;
    }
    return i;
}

static void watch_cable_line(struct lab_watch *w, unsigned i)
{
    const struct hp_cable *c = hp_world_each_cable(hp_run_world(w->run->run), i);
    struct hp_cable_stats s[2];
    char line[WATCH_WIDTH + 200], name[WATCH_NAME_ROOM], a[32], b[32];
    hp_time span = w->run->now - w->at;
    for (int end = 0; end < 2; end++) hp_cable_stats(c, end, &s[end]);
    snprintf(line, sizeof line, "  %s -> %12s  <- %12s  lost %llu%s", watch_name(hp_cable_name(c), name),
             cli_rate(s[0].bytes - w->bytes[2 * i], span, a, sizeof a),
             cli_rate(s[1].bytes - w->bytes[2 * i + 1], span, b, sizeof b), (unsigned long long)(s[0].lost + s[1].lost),
             hp_cable_is_up(c) ? "" : "  DOWN");
    watch_print(w, line);
}

static void watch_cables(struct lab_watch *w)
{
    struct watch_cable pick[WATCH_CABLES];
    struct hp_cable *c;
    char line[80];
    unsigned picked, count = watch_busiest(w, pick, &picked);
    for (unsigned i = 0; i < picked; i++) watch_cable_line(w, pick[i].number);
    snprintf(line, sizeof line, "  ... and %u less busy cables", count - picked);
    if (count > picked) watch_print(w, line);
    for (unsigned i = 0; (c = hp_world_each_cable(hp_run_world(w->run->run), i)); i++)
        for (unsigned end = 0; end < 2; end++) {
            struct hp_cable_stats s;
            hp_cable_stats(c, (int)end, &s);
            w->bytes[2 * i + end] = s.bytes;
        }
}

static void watch_apps(struct lab_watch *w)
{
    struct hp_run_app a;
    char line[WATCH_WIDTH + 400], name[WATCH_NAME_ROOM], bytes[32];
    static const char *const state[] = {"waiting", "running", "ended"};
    uint32_t apps = w->run->file->plan->apps;
    for (uint32_t i = 0; i < WATCH_APPS && hp_run_app(w->run->run, i, &a); i++) {
        snprintf(line, sizeof line, "  %s %-8s %9s  %s", watch_name(a.name, name), state[a.state], cli_bytes(a.bytes, bytes, sizeof bytes), a.said);
        watch_print(w, line);
    }
    snprintf(line, sizeof line, "  ... and %u more programs", apps - WATCH_APPS);
    if (apps > WATCH_APPS) watch_print(w, line);
}

static void watch_draw(struct lab_watch *w, hp_time real)
{
    char head[160];
    if (w->drawn) fprintf(stderr, "\033[%dA", w->drawn);
    w->drawn = 0;
    watch_size(w);
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
