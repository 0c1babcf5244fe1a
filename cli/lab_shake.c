/* hepta lab shake: many runs of a lab with faults drawn at random; the fewest faults that break it.
 *
 * Each run is a process of its own, so that one that dies tells of it as any other. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hepta/shake.h"
#include "lab_run.h"

enum { SHAKE_JOBS_MAX = 64, SHAKE_MESSAGE_MAX = 1000, SHAKE_SECONDS_MAX = 120 };

/* An expectation: whether it is a `sometimes`, and in how many runs it was seen. */
struct shake_seen {
    bool wanted;
    uint32_t runs;
};

struct shake {
    const char *path, *save;
    int64_t runs, faults, jobs;
    uint64_t seed;
    bool ignore, json, keep;
    hp_time until;
    struct hp_plan *plan;               /* for drawing */
    bool terminal;
    uint64_t try_seed;                  /* while shrinking */
    struct shake_seen *seen;            /* for each expectation, shared by all processes; or NULL */
};

static volatile sig_atomic_t shake_interrupted;

/* The second ends at once. */
static void shake_signal(int number)
{
    shake_interrupted = 1;
    signal(number, SIG_DFL);
}

/* A run that is under way in another process. */
struct shake_job {
    pid_t pid;
    int fd;
    int64_t index;
};

/* ---- one run, in the child ---- */

static bool shake_expects(const struct shake *s, const struct lab_run *r, int fd)
{
    struct hp_run_verdict v;
    for (unsigned i = 0; s->seen && i < s->plan->expects && hp_run_verdict(r->run, i, &v); i++) {
        if (!v.sometimes) continue;
        __atomic_store_n(&s->seen[i].wanted, true, __ATOMIC_RELAXED);
        if (v.verdict == HP_VERDICT_HELD) __atomic_fetch_add(&s->seen[i].runs, 1, __ATOMIC_RELAXED);
    }
    for (unsigned i = 0; hp_run_verdict(r->run, i, &v); i++) {
        if (v.verdict != HP_VERDICT_FAILED && v.verdict != HP_VERDICT_OPEN) continue;
        dprintf(fd, "%s (line %u)%s%s", v.text, v.place.line, v.why && v.why[0] ? ": " : "", v.why ? v.why : "");
        return false;
    }
    return true;
}

static void shake_note(void *ctx, const struct hp_run_event *e)
{
    const int *fd = ctx;
    if (e->kind == HP_RUN_BROKEN && e->app) dprintf(*fd, "%s: %s; ", e->app, e->text);
}

static int shake_happen(const struct shake *s, struct lab_run *r, int fd)
{
    int result = lab_run_make(r);
    if (result) return result;
    struct hp_shake_watch *watch = hp_shake_watch_new(r->run, hp_os_allocator());
    if (!watch) return CLI_USAGE;
    result = lab_run_go(r);
    const char *wrong = hp_shake_watch_wrong(watch);
    if (wrong) dprintf(fd, "%s", wrong);
    bool held = wrong || s->ignore || shake_expects(s, r, fd);
    r->over = true;
    lab_run_free(r);
    hp_shake_watch_free(watch);
    return result ? result : wrong || !held ? CLI_FAILED : CLI_OK;
}

static int shake_child(const struct shake *s, uint64_t seed, const struct hp_shake_line *lines, uint32_t count, int fd)
{
    char more[HP_SHAKE_FAULTS_MAX * (HP_SHAKE_LINE_MAX + 1) + 1] = "";
    struct lab_file file;
    struct lab_memory memory;
    size_t used = 0;
    lab_memory_init(&memory);
    alarm(SHAKE_SECONDS_MAX);
    for (uint32_t i = 0; i < count; i++) used += (size_t)snprintf(more + used, sizeof more - used, "%s\n", lines[i].text);
    if (lab_file_open_text(&file, s->path, more)) return CLI_USAGE;
    struct lab_run r = {.file = &file, .seed = seed, .seeded = true, .until = s->until, .quiet = true, .allocator = &memory.allocator,
                        .tell = shake_note, .ctx = &fd};
    int result = shake_happen(s, &r, fd);
    if (!result && memory.bytes) {
        dprintf(fd, "%zu bytes were not given back", memory.bytes);
        result = CLI_FAILED;
    }
    lab_file_close(&file);
    return result;
}

static bool shake_start(const struct shake *s, struct shake_job *job, uint64_t seed, const struct hp_shake_line *lines, uint32_t count)
{
    int fd[2];
    fflush(stdout);
    fflush(stderr);
    if (pipe(fd) < 0) return false;
    job->fd = fd[0];
    job->pid = fork();
    if (job->pid == 0) {
        close(fd[0]);
        signal(SIGINT, SIG_IGN); /* what is under way ends; it takes no more than moments */
        int result = shake_child(s, seed, lines, count, fd[1]);
        _exit(result);
    }
    close(fd[1]);
    if (job->pid < 0) close(fd[0]);
    return job->pid > 0;
}

/* How it ended: CLI_OK, CLI_FAILED with why, CLI_USAGE: the file makes no sense. */
static int shake_reap(struct shake_job *job, char why[SHAKE_MESSAGE_MAX])
{
    size_t used = 0;
    int status = 0;
    for (ssize_t n; (n = read(job->fd, why + used, SHAKE_MESSAGE_MAX - 1 - used)) > 0;) {
        used += (size_t)n;
        if (used == SHAKE_MESSAGE_MAX - 1) break;
    }
    why[used] = 0;
    close(job->fd);
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR) continue;
    job->pid = 0;
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    if (WTERMSIG(status) == SIGALRM) snprintf(why, SHAKE_MESSAGE_MAX, "it took more than %d s", SHAKE_SECONDS_MAX);
    else snprintf(why + used, SHAKE_MESSAGE_MAX - used, "%sthe process died: %s", used ? "; " : "", strsignal(WTERMSIG(status)));
    return CLI_FAILED;
}

static bool shake_fails(void *ctx, const struct hp_shake_line *lines, uint32_t count)
{
    struct shake *s = ctx;
    struct shake_job job;
    char why[SHAKE_MESSAGE_MAX];
    return shake_start(s, &job, s->try_seed, lines, count) && shake_reap(&job, why) == CLI_FAILED;
}

/* ---- many ---- */

static uint32_t shake_draw(const struct shake *s, int64_t index, struct hp_shake_line *lines)
{
    hp_time until = s->until ? s->until : s->plan->until;
    return hp_shake_draw(s->plan, s->seed + (uint64_t)index, (uint32_t)s->faults, until, lines);
}

static void shake_progress(const struct shake *s, int64_t done)
{
    if (s->json) return;
    if (s->terminal) fprintf(stderr, "\r%lld of %lld runs%s", (long long)done, (long long)s->runs, done == s->runs ? "\n" : "");
    else if (done == s->runs || (s->runs >= 10 && done % (s->runs / 10) == 0)) fprintf(stderr, "%lld of %lld runs\n", (long long)done, (long long)s->runs);
}

struct shake_found {
    int64_t index, done;                /* index: of the first that failed, -1 = none */
    int result;
    char why[SHAKE_MESSAGE_MAX];
};

static void shake_take(const struct shake *s, struct shake_job *job, struct shake_found *f)
{
    char why[SHAKE_MESSAGE_MAX];
    int64_t index = job->index;
    int result = shake_reap(job, why);
    shake_progress(s, ++f->done);
    if (!result || (f->index >= 0 && f->index < index)) return;
    f->index = index;
    f->result = result;
    memcpy(f->why, why, sizeof why);
}

/* In the order of their numbers, `jobs` at a time; none begins after one has failed, so that the first that fails is the same every time. */
static void shake_many(const struct shake *s, struct shake_found *f)
{
    struct shake_job job[SHAKE_JOBS_MAX] = {{0}};
    struct hp_shake_line lines[HP_SHAKE_FAULTS_MAX];
    for (int64_t i = 0; i < s->runs + s->jobs; i++) {
        struct shake_job *j = &job[i % s->jobs];
        if (j->pid) shake_take(s, j, f);
        if (i >= s->runs || f->index >= 0 || shake_interrupted) continue;
        uint32_t count = shake_draw(s, i, lines);
        j->index = i;
        if (shake_start(s, j, s->seed + (uint64_t)i, lines, count)) continue;
        *f = (struct shake_found){.index = i, .result = CLI_USAGE, .why = "no process could be started"};
        j->pid = 0;
    }
}

/* ---- what must be seen sometimes ---- */

static bool shake_seen_open(struct shake *s)
{
    size_t n = (s->plan->expects + 1) * sizeof *s->seen;
    void *p = s->ignore ? NULL : mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    s->seen = p == MAP_FAILED ? NULL : p;
    return p != MAP_FAILED;
}

static void shake_seen_close(struct shake *s)
{
    if (s->seen) munmap(s->seen, (s->plan->expects + 1) * sizeof *s->seen);
    s->seen = NULL;
}

/* Of the i-th expectation: 0 or more; -1: it is none of those. */
static int64_t shake_seen(const struct shake *s, uint32_t i) { return s->seen && s->seen[i].wanted ? (int64_t)s->seen[i].runs : -1; }

static uint32_t shake_never(const struct shake *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->plan->expects; i++) n += shake_seen(s, i) == 0;
    return n;
}

static void shake_tell_seen(const struct shake *s, int64_t runs)
{
    for (uint32_t i = 0; i < s->plan->expects; i++) {
        int64_t seen = shake_seen(s, i);
        const struct hp_plan_line *line = &s->plan->expect[i];
        if (seen > 0) printf("seen in %lld of %lld runs: %s (line %u)\n", (long long)seen, (long long)runs, line->text, line->place.line);
        if (seen == 0) printf("FAILED: seen in none of %lld runs: %s (line %u)\n", (long long)runs, line->text, line->place.line);
    }
}

static void shake_json_seen(const struct shake *s)
{
    bool any = false;
    printf(",\"sometimes\":[");
    for (uint32_t i = 0; i < s->plan->expects; i++) {
        if (shake_seen(s, i) < 0) continue;
        printf("%s{\"line\":%u,\"seen\":%u,\"text\":", any ? "," : "", s->plan->expect[i].place.line, s->seen[i].runs);
        cli_json_text(stdout, s->plan->expect[i].text, strlen(s->plan->expect[i].text));
        putchar('}');
        any = true;
    }
    putchar(']');
}

/* ---- what is told ---- */

static bool shake_save(const struct shake *s, const struct hp_shake_line *lines, uint32_t count)
{
    FILE *f = fopen(s->save, "w");
    for (uint32_t i = 0; f && i < count; i++) fprintf(f, "%s\n", lines[i].text);
    if (f && fclose(f) == 0) return true;
    cli_error("%s: %s", s->save, strerror(errno));
    return false;
}

static bool shake_may_save(const struct shake *s)
{
    if (!s->faults || lab_may_write(s->save)) return true;
    cli_error("--save %s: %s", s->save, strerror(errno));
    return false;
}

/* A word for the shell. */
static void shake_quote(FILE *f, const char *word)
{
    if (!word[strcspn(word, " \t\n\"'\\$&|;<>()*?[]#~=%!{}`^")] && *word) {
        fputs(word, f);
        return;
    }
    fputc('\'', f);
    for (; *word; word++) {
        if (*word == '\'') fputs("'\\''", f);
        else fputc(*word, f);
    }
    fputc('\'', f);
}

/* A time that --until takes, exactly. */
static void shake_span(FILE *f, hp_time t)
{
    if (t % HP_S(1) == 0) fprintf(f, "%llds", (long long)(t / HP_S(1)));
    else if (t % HP_MS(1) == 0) fprintf(f, "%lldms", (long long)(t / HP_MS(1)));
    else fprintf(f, "%lldns", (long long)t);
}

/* The command that shows it again; to be freed; NULL: out of memory. */
static char *shake_again(const struct shake *s, const struct shake_found *found, uint32_t count)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    if (!f) return NULL;
    fputs("hepta lab run ", f);
    shake_quote(f, s->path);
    fprintf(f, " --seed %llu --check", (unsigned long long)(s->seed + (uint64_t)found->index));
    if (s->until) {
        fputs(" --until ", f);
        shake_span(f, s->until);
    }
    if (count) {
        fputs(" --faults ", f);
        shake_quote(f, s->save);
    }
    if (fclose(f) == 0) return text;
    free(text);
    return NULL;
}

static void shake_tell(const struct shake *s, const struct shake_found *f, const struct hp_shake_line *lines, uint32_t count)
{
    unsigned long long seed = s->seed + (uint64_t)f->index;
    printf("run %lld, seed %llu, failed: %s\n", (long long)f->index + 1, seed, f->why);
    printf(count ? "%u of %lld faults are enough:\n" : "it fails without any of the faults, too\n", count, (long long)s->faults);
    for (uint32_t i = 0; i < count; i++) printf("  %s\n", lines[i].text);
    char *again = shake_again(s, f, count);
    printf("again: %s\n", again ? again : "out of memory");
    free(again);
}

static void shake_json(const struct shake *s, const struct shake_found *f, const struct hp_shake_line *lines, uint32_t count)
{
    printf("{\"runs\":%lld,\"done\":%lld,\"seed\":\"%llu\"", (long long)s->runs, (long long)f->done, (unsigned long long)s->seed);
    if (f->index >= 0) {
        printf(",\"failed\":%lld,\"failed_seed\":\"%llu\",\"why\":", (long long)f->index + 1, (unsigned long long)(s->seed + (uint64_t)f->index));
        cli_json_text(stdout, f->why, strlen(f->why));
        printf(",\"schedule\":[");
        for (uint32_t i = 0; i < count; i++) {
            if (i) putchar(',');
            cli_json_text(stdout, lines[i].text, strlen(lines[i].text));
        }
        char *again = shake_again(s, f, count);
        printf("],\"again\":");
        cli_json_text(stdout, again ? again : "", again ? strlen(again) : 0);
        free(again);
    }
    if (f->index < 0) shake_json_seen(s);
    printf("}\n");
}

static int shake_tell_interrupted(const struct shake *s, const struct shake_found *f)
{
    if (s->json) shake_json(s, f, NULL, 0);
    return cli_error("interrupted after %lld of %lld runs from seed %llu on; none of them failed", (long long)f->done, (long long)s->runs,
                     (unsigned long long)s->seed);
}

static void shake_tell_well(const struct shake *s)
{
    unsigned long long first = s->seed, last = s->seed + (uint64_t)s->runs - 1;
    shake_tell_seen(s, s->runs);
    printf("%lld runs with %lld faults each, seeds %llu to %llu: %s\n", (long long)s->runs, (long long)s->faults, first, last,
           shake_never(s) ? "every run was well, but what must be seen sometimes was not" : "all is well");
}

static int shake_run(struct shake *s)
{
    struct shake_found f = {.index = -1};
    struct hp_shake_line lines[HP_SHAKE_FAULTS_MAX];
    struct hp_shrink shrink = {.fails = shake_fails, .ctx = s};
    uint32_t count = 0;
    bool saved = true;
    if (!shake_may_save(s)) return CLI_USAGE;
    signal(SIGINT, shake_signal);
    shake_many(s, &f);
    if (f.result == CLI_USAGE) return f.why[0] ? cli_error("%s", f.why), CLI_USAGE : CLI_USAGE;
    if (f.index < 0 && f.done < s->runs) return shake_tell_interrupted(s, &f);
    if (f.index >= 0) {
        shake_seen_close(s); /* what is tried now does not count */
        s->try_seed = s->seed + (uint64_t)f.index;
        count = shake_draw(s, f.index, lines);
        if (s->terminal && !s->json) fprintf(stderr, "\nrun %lld failed: looking for the fewest faults\n", (long long)f.index + 1);
        if (!s->keep) count = hp_shake_shrink(&shrink, lines, count);
        if (count) saved = shake_save(s, lines, count);
    }
    if (s->json) shake_json(s, &f, lines, count);
    else if (f.index >= 0) shake_tell(s, &f, lines, count);
    else shake_tell_well(s);
    return f.index >= 0 || shake_never(s) || !saved ? CLI_FAILED : CLI_OK;
}

static int shake_verb(struct shake *s, const char *seed)
{
    struct lab_file file;
    int result = lab_file_open(&file, s->path, NULL);
    s->plan = file.plan;
    s->terminal = isatty(STDERR_FILENO);
    if (!result) {
        s->seed = s->plan->seed;
        if (seed && !lab_seed_parse(seed, &s->seed)) result = cli_usage_error("--seed %s: a number is wanted", seed);
        else result = shake_seen_open(s) ? shake_run(s) : cli_error("out of memory");
        shake_seen_close(s);
    }
    lab_file_close(&file);
    return result;
}

int lab_verb_shake(int argc, char **argv)
{
    struct shake s = {.runs = 100, .faults = 5, .jobs = 2, .save = "schedule.lab"};
    const char *seed = NULL;
    const struct cli_option own[] = {
        {"runs", 'n', CLI_NUMBER, &s.runs, "N", "how many: 100", 0, 1, 100000000},
        {"faults", 'f', CLI_NUMBER, &s.faults, "N", "faults in each: 5", 0, 0, HP_SHAKE_FAULTS_MAX},
        {"seed", 's', CLI_TEXT, &seed, "N", "of the first run; instead of the file's", 0, 0, 0},
        {"until", 'u', CLI_SPAN, &s.until, "TIME", "end each at this virtual time, instead of the file's", 0, 0, 0},
        {"jobs", 'j', CLI_NUMBER, &s.jobs, "N", "at the same time: 2", 0, 1, SHAKE_JOBS_MAX},
        {"ignore-expectations", 'i', CLI_FLAG, &s.ignore, NULL, "only what must hold always is watched", 0, 0, 0},
        {"no-shrink", 0, CLI_FLAG, &s.keep, NULL, "leave the schedule that failed as it was drawn", 0, 0, 0},
        {"save", 'o', CLI_TEXT, &s.save, "FILE", "where the schedule that fails is written: schedule.lab", 0, 0, 0},
        {"json", 0, CLI_FLAG, &s.json, NULL, "print one JSON object", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"lab shake [OPTION...] FILE",
        "Runs a lab many times, each with another seed and with faults drawn from it: cables down, lossy, slow, doubling and reordering, machines that\n"
        "crash and come back.  What must hold: every frame that entered a cable left it or died of a named cause; nothing leaks; TCP changes its\n"
        "state only as RFC 9293 allows; streams are byte-exact; nothing hangs or dies; and the file's expectations, where `sometimes`\n"
        "must be seen in one of all the runs.  Of the first run that fails the\n"
        "faults are reduced to the fewest and simplest, and the command that shows it again is printed.  Exits with 0 if all is well, 1 if not.",
        "  hepta lab shake --runs 1000 network.lab\n"
        "  hepta lab shake --ignore-expectations --faults 20 --seed 7 network.lab\n", own, NULL};
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    s.path = argv[1];
    return shake_verb(&s, seed);
}
