/* One run of a lab: made, watched, let happen second by second, ended. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "hepta/shake.h"
#include "lab_run.h"
#include "scene.h"

static void *memory_alloc(void *ctx, size_t n)
{
    struct lab_memory *m = ctx;
    const struct hp_allocator *os = hp_os_allocator();
    void *p = os->alloc(os->ctx, n);
    if (p) m->bytes += n;
    return p;
}

static void memory_free(void *ctx, void *p, size_t n)
{
    struct lab_memory *m = ctx;
    const struct hp_allocator *os = hp_os_allocator();
    if (p) m->bytes -= n;
    os->free(os->ctx, p, n);
}

void lab_memory_init(struct lab_memory *m) { *m = (struct lab_memory){.allocator = {memory_alloc, memory_free, m}}; }

static void exec_print_event(void *ctx, const struct hp_event *e)
{
    char line[512];
    printf("%s\n", hp_event_text(e, line, sizeof line));
}

static void exec_count(void *ctx, const struct hp_event *e)
{
    struct lab_run *r = ctx;
    if (e->kind == HP_TRACE_DROP) r->count.drops[e->drop] += !lab_out_on_cable(e->drop);
    if (e->kind == HP_TRACE_STATE) r->count.states++;
    if (r->trace && !r->over) exec_print_event(NULL, e);
}

static void exec_count_cable(void *ctx, const struct hp_cable_event *e)
{
    struct lab_run *r = ctx;
    if (e->kind == HP_CABLE_ENTER) r->count.frames++;
    if (e->kind == HP_CABLE_DROP) r->count.drops[e->drop]++;
}

static bool exec_stop(void *ctx)
{
    const struct lab_run *r = ctx;
    return r->stop && *r->stop;
}

/* "    1.234567890 c1.get: 200, 1 MB ..." */
static void exec_say(const struct lab_run *r, const struct hp_run_event *e)
{
    char time[HP_TIME_TEXT];
    const char *who = e->app ? e->app : e->node;
    if (r->quiet || r->json || e->kind == HP_RUN_APP_STARTED) return;
    if (e->kind == HP_RUN_APP_ENDED && e->result == HP_OK) return; /* what it said last says it better */
    const char *verdict = e->kind != HP_RUN_EXPECT ? "" : e->result == 0 ? "FAILED: " : e->result == 1 ? "held: " : "idle: ";
    printf("%15s %s%s%s%s\n", hp_time_text(e->time, time, sizeof time), who ? who : "", who ? ": " : "", verdict, e->text);
}

static void exec_news(void *ctx, const struct hp_run_event *e)
{
    struct lab_run *r = ctx;
    if (!r->run) return; /* it is still being made */
    if (e->kind == HP_RUN_FAULT) r->count.faults++;
    if (r->files) lab_out_news(r->files, e);
    lab_scene_news(r, e);
    if (r->view) lab_watch_news(r->view, e);
    else exec_say(r, e);
    if (r->tell) r->tell(r->ctx, e);
}

static int exec_folder(const struct lab_run *r)
{
    if (mkdir(r->out, 0777) == 0 || errno == EEXIST) return CLI_OK;
    cli_error("%s: %s", r->out, strerror(errno));
    return CLI_USAGE;
}

static int exec_watch(struct lab_run *r)
{
    char why[512];
    uint32_t kinds = r->trace ? 0 : 1u << HP_TRACE_DROP | 1u << HP_TRACE_STATE;
    struct hp_trace trace = {exec_count, r, kinds};
    struct hp_cable_trace cables = {exec_count_cable, r};
    if (hp_world_trace(hp_run_world(r->run), &trace, &cables)) return cli_error("out of memory");
    r->checks = r->check ? hp_shake_watch_new(r->run, hp_os_allocator()) : NULL;
    if (r->check && !r->checks) return cli_error("out of memory");
    if (r->out) {
        int result = exec_folder(r);
        if (result) return result;
        r->files = lab_out_new(r->run, r->out, r->all, why, sizeof why);
        if (!r->files) {
            cli_error("%s", why);
            return CLI_USAGE;
        }
        if (!r->no_report && !lab_scene_watch(r)) return cli_error("out of memory");
    }
    r->view = r->watch ? lab_watch_new(r) : NULL;
    return CLI_OK;
}

static int exec_file(void *ctx, const char *name, struct hp_bytes *out) { return lab_extra_read(((struct lab_run *)ctx)->file, name, out); }

int lab_run_make(struct lab_run *r)
{
    if (r->junit && !lab_may_write(r->junit)) {
        cli_error("--junit %s: %s", r->junit, strerror(errno));
        return CLI_USAGE;
    }
    struct hp_plan_error error = {.text = ""};
    if (!r->allocator) r->arena = hp_arena_new();
    if (!r->allocator && !r->arena) return cli_error("out of memory");
    struct hp_run_options o = {.seed = r->seed, .seeded = r->seeded, .until = r->until, .news = exec_news, .file = exec_file, .stop = exec_stop, .ctx = r,
                               .allocator = r->allocator ? r->allocator : hp_arena_allocator(r->arena)};
    struct hp_run *run = NULL;
    int err = hp_run_new(r->file->plan, &o, &run, &error);
    if (err == HP_EPROTO) lab_file_complain(r->file, &error);
    else if (err) cli_error("%s: %s", r->file->path, hp_err_text(err));
    if (err) return CLI_USAGE;
    r->run = run;
    r->seed = hp_run_seed(run);
    return exec_watch(r);
}

/* ---- letting it happen ---- */

static bool exec_digest(struct lab_run *r)
{
    if (r->digests == r->digests_room) {
        uint32_t room = r->digests_room ? r->digests_room * 2 : 64;
        uint64_t *grown = realloc(r->digest, room * sizeof *grown);
        if (!grown) return false;
        r->digest = grown;
        r->digests_room = room;
    }
    r->digest[r->digests++] = hp_world_digest(hp_run_world(r->run));
    return true;
}

/* Slices of virtual time that take a few hundredths of a second, so that whoever watches sees it move. */
static hp_time exec_slice(struct lab_run *r, hp_time slice, hp_time *looked)
{
    hp_time now = hp_os_now(), took = now - *looked;
    *looked = now;
    if (r->view) lab_watch_look(r->view);
    if (took < HP_MS(20) && slice < HP_S(1)) return slice * 2;
    return took > HP_MS(60) && slice > HP_US(10) ? slice / 2 : slice;
}

int lab_run_go(struct lab_run *r)
{
    hp_time began = hp_os_now(), looked = began, slice = HP_MS(1), second = HP_S(1);
    struct hp_world *w = hp_run_world(r->run);
    for (int result = HP_ETIMEDOUT; result == HP_ETIMEDOUT && !r->interrupted;) {
        hp_time to = hp_world_now(w) + slice;
        result = hp_run_go(r->run, to < second ? to : second);
        r->now = hp_world_now(w);
        if (r->stop && *r->stop) r->interrupted = true;
        slice = exec_slice(r, slice, &looked);
        if (result == HP_OK || r->now < second) continue;
        if (!exec_digest(r)) return cli_error("out of memory");
        second += HP_S(1);
    }
    if (!exec_digest(r)) return cli_error("out of memory");
    r->real = hp_os_now() - began;
    return CLI_OK;
}

/* ---- how it went ---- */

bool lab_run_app_failed(const struct hp_run_app *a) { return !a->service && (a->state != HP_APP_ENDED || a->result) && a->starts; }

uint32_t lab_run_failures(const struct lab_run *r)
{
    uint32_t failures = hp_run_broken(r->run), expects = 0;
    struct hp_run_verdict v;
    struct hp_run_app a;
    for (; hp_run_verdict(r->run, expects, &v); expects++) failures += v.verdict == HP_VERDICT_FAILED || v.verdict == HP_VERDICT_OPEN;
    for (uint32_t i = 0; !expects && hp_run_app(r->run, i, &a); i++) failures += lab_run_app_failed(&a);
    return failures;
}

/* ---- the end ---- */

static int exec_write(const struct lab_run *r, const char *folder, const char *name, void (*write)(const struct lab_run *r, FILE *f))
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s%s", folder ? folder : "", folder ? "/" : "", name);
    FILE *f = fopen(path, "w");
    if (f) write(r, f);
    bool bad = !f || ferror(f);
    if (f && fclose(f)) bad = true;
    return bad ? cli_error("%s: %s", path, errno ? strerror(errno) : "could not be written") : CLI_OK;
}

static void exec_write_copy(const struct lab_run *r, FILE *f) { fwrite(r->file->text, 1, r->file->own, f); }
static void exec_write_more(const struct lab_run *r, FILE *f)
{
    fwrite(r->file->text + r->file->more_at, 1, r->file->n - r->file->more_at, f);
}

/* A folder that is used again: nothing in it is of another run. */
static void exec_remove_old(const struct lab_run *r)
{
    static const char *const ours[] = {"run.json", "faults.lab", "report.html"};
    char path[4096];
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (snprintf(path, sizeof path, "%s/%s", r->out, ours[i]) < (int)sizeof path) remove(path);
}

static int exec_copies(struct lab_run *r)
{
    int result = exec_write(r, r->out, "network.lab", exec_write_copy);
    if (!result && r->file->more_path) result = exec_write(r, r->out, "faults.lab", exec_write_more);
    if (!result) r->copied = lab_extra_copy(r->file, r->out, r->quiet);
    return r->copied < 0 ? CLI_FAILED : result;
}

static int exec_report(struct lab_run *r)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/report.html", r->out);
    return !r->scene || lab_scene_write(r, path) ? CLI_OK : cli_error("%s: %s", path, strerror(errno));
}

int lab_run_end(struct lab_run *r)
{
    char why[512];
    int result = CLI_OK;
    r->over = true;
    const char *wrong = r->checks ? hp_shake_watch_wrong(r->checks) : NULL;
    if (r->view) lab_watch_free(r->view);
    r->view = NULL;
    if (r->files && lab_out_close(r->files, why, sizeof why)) result = cli_error("%s/%s", r->out, why);
    if (r->out && !result) exec_remove_old(r);
    if (r->out && !result) result = exec_write(r, r->out, "run.json", lab_report_json);
    if (r->out && !result) result = exec_copies(r);
    if (r->out && !result) result = exec_report(r);
    if (r->junit && !result) result = exec_write(r, NULL, r->junit, lab_report_junit);
    if (r->json) lab_report_json(r, stdout);
    else if (!r->quiet) lab_report_text(r, stdout);
    if (fflush(stdout) || ferror(stdout)) result = cli_error("standard output: %s", strerror(errno));
    if (r->interrupted && !result) result = cli_error("interrupted at %lld.%09lld s", (long long)(r->now / HP_S(1)), (long long)(r->now % HP_S(1)));
    if (wrong) result = cli_error("%s", wrong);
    return result ? result : lab_run_failures(r) ? CLI_FAILED : CLI_OK;
}

void lab_run_free(struct lab_run *r)
{
    if (r->view) lab_watch_free(r->view);
    hp_run_free(r->run);
    lab_out_free(r->files);
    scene_free(r->scene);
    hp_shake_watch_free(r->checks);
    hp_arena_free(r->arena);
    free(r->digest);
}
