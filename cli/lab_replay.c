/* hepta lab replay: a run once more, and whether it is the same; hepta lab diff: where two runs part. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab_json.h"
#include "lab_run.h"

/* ---- replay ---- */

static bool replay_is(const char *path, const char *sha256)
{
    size_t n;
    char text[SHA256_TEXT], *bytes = strcmp(path, "-") == 0 ? NULL : lab_file_read(path, &n);
    if (!bytes) return false;
    lab_file_hash(bytes, n, text);
    free(bytes);
    return strcmp(text, sha256) == 0;
}

/* The file that was run: where it was, or the copy beside run.json.  False: neither has the bytes of then. */
static bool replay_find(const struct lab_record *r, const char *was, const char *copy, const char *sha256, char *out, size_t n)
{
    if (snprintf(out, n, "%s", was) < (int)n && replay_is(out, sha256)) return true;
    if (snprintf(out, n, "%s/%s", r->folder, copy) < (int)n && replay_is(out, sha256)) return true;
    cli_error("%s is not what it was (SHA-256 %s), and there is no copy %s/%s", was, sha256, r->folder, copy);
    return false;
}

static int replay_compare(const struct lab_run *run, const struct lab_record *then)
{
    for (uint32_t i = 0; i < run->digests || i < then->digests; i++) {
        char now[20] = "no more";
        if (i < run->digests) snprintf(now, sizeof now, "%016llx", (unsigned long long)run->digest[i]);
        const char *was = i < then->digests ? then->digest[i] : "no more";
        if (strcmp(now, was) == 0) continue;
        return cli_error("it differs in virtual second %u: the digest at its end is %s and was %s", i + 1, now, was);
    }
    return CLI_OK;
}

/* Of a run that was interrupted the whole seconds are compared: where in the last one it stood is nobody's choice.  False: there are none. */
static bool replay_whole(struct lab_record *then)
{
    if (!then->interrupted) return true;
    if (then->digests) then->digests--; /* the last is that of the end */
    then->until = HP_S((hp_time)then->digests);
    return then->digests > 0;
}

static int replay_run(struct lab_record *then, const char *out, bool watch)
{
    struct lab_file file = {.path = NULL};
    char path[8300], faults[8300];
    if (!replay_find(then, then->file, "network.lab", then->sha256, path, sizeof path)) return CLI_USAGE;
    if (then->has_faults && !replay_find(then, then->faults, "faults.lab", then->faults_sha256, faults, sizeof faults)) return CLI_USAGE;
    if (!replay_whole(then)) return cli_error("%s was interrupted in its first virtual second: there is nothing to compare", then->path);
    struct lab_run r = {.file = &file, .seed = then->seed, .seeded = true, .until = then->until, .out = out, .quiet = true, .watch = watch};
    int result = lab_file_open_again(&file, path, then->has_faults ? faults : NULL, then);
    if (!result) result = lab_run_make(&r);
    if (!result) result = lab_run_go(&r);
    if (!result && out) result = lab_run_end(&r) == CLI_USAGE ? CLI_USAGE : CLI_OK;
    if (then->interrupted && r.digests > then->digests) r.digests = then->digests;
    if (!result) result = replay_compare(&r, then);
    if (!result)
        printf("%s, seed %llu: the same, %u digests, the last %016llx%s\n", then->lab, (unsigned long long)then->seed, r.digests,
               (unsigned long long)r.digest[r.digests - 1], then->interrupted ? "; then it had been interrupted" : "");
    lab_run_free(&r);
    lab_file_close(&file);
    return result;
}

int lab_verb_replay(int argc, char **argv)
{
    const char *out = NULL;
    bool watch = false;
    const struct cli_option own[] = {
        {"out", 'o', CLI_TEXT, &out, "DIR", "leave the same files as run there", 0, 0, 0},
        {"watch", 'w', CLI_FLAG, &watch, NULL, "show how it goes, on stderr", 0, 0, 0},
        {NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0},
    };
    const struct cli_usage usage = {"lab replay [OPTION...] RUN.json|DIR",
        "Runs again what was run, by what its run.json says, and compares the digests of every virtual second.  Exits with 0 if it was the same,\n"
        "1 if not, 2 if a file that was run, or that it names, is not what it was and has no copy beside run.json.",
        "  hepta lab run --out result network.lab && hepta lab replay result\n", own, NULL};
    struct lab_record then;
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 1, 1);
    if (exit_code >= 0) return exit_code;
    if (!lab_record_read(&then, argv[1])) return CLI_USAGE;
    exit_code = replay_run(&then, out, watch);
    lab_record_free(&then);
    return lab_printed(exit_code);
}

/* ---- diff ---- */

enum { DIFF_CONTEXT = 4 };

struct diff_side {
    struct lab_record record;
    FILE *events;
    char *line;
    size_t room;
    ssize_t n;                          /* -1: the end */
    unsigned long number, same;
    char *before[DIFF_CONTEXT];         /* the last lines that were the same, by `same` */
};

static bool diff_open(struct diff_side *s, const char *path)
{
    char name[8300];
    memset(s, 0, sizeof *s);
    if (!lab_record_read(&s->record, path)) return false;
    snprintf(name, sizeof name, "%s/events.jsonl", s->record.folder);
    s->events = fopen(name, "r"); /* without: only the digests are compared */
    return true;
}

static void diff_close(struct diff_side *s)
{
    lab_record_free(&s->record);
    if (s->events) fclose(s->events);
    free(s->line);
    for (int i = 0; i < DIFF_CONTEXT; i++) free(s->before[i]);
}

static uint64_t diff_packet(const char *line)
{
    const char *p = lab_json_find(line, "packet");
    return p ? strtoull(p, NULL, 10) : 0;
}

/* What the packet was when a cable last took it, up to this line. */
static void diff_decode(struct diff_side *s, uint64_t packet)
{
    char *line = NULL, *last = NULL, text[1024];
    size_t room = 0;
    rewind(s->events);
    for (unsigned long i = 0; i < s->number && getline(&line, &room, s->events) > 0; i++) {
        if (diff_packet(line) != packet || !lab_json_find(line, "info")) continue;
        free(last);
        last = strdup(line);
    }
    if (last && lab_json_text(lab_json_find(last, "info"), text, sizeof text)) printf("  packet %llu is %s\n", (unsigned long long)packet, text);
    free(line);
    free(last);
}

static void diff_show(struct diff_side *s, const char *name, char mark)
{
    printf("%c %s, line %lu of events.jsonl: %s", mark, name, s->number, s->n < 0 ? "(the end)\n" : s->line);
    uint64_t packet = s->n < 0 ? 0 : diff_packet(s->line);
    if (packet) diff_decode(s, packet);
}

/* A line that only --all has: what goes up and down within machines, and the usual end of a packet. */
static bool diff_is_extra(const char *line)
{
    static const char *const extra[] = {"up", "down", "rx", "tx", "timer"};
    char kind[16], reason[32];
    if (!lab_json_text(lab_json_find(line, "kind"), kind, sizeof kind)) return false;
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++)
        if (strcmp(kind, extra[i]) == 0) return true;
    return strcmp(kind, "drop") == 0 && lab_json_text(lab_json_find(line, "reason"), reason, sizeof reason) &&
           strcmp(reason, hp_drop_name(HP_DROP_TAKEN)) == 0;
}

static void diff_next(struct diff_side *s, bool without_extra)
{
    do {
        s->n = getline(&s->line, &s->room, s->events);
        s->number++;
    } while (s->n >= 0 && without_extra && diff_is_extra(s->line));
}

/* The first line that is not the same, with those before it; false: all are.  Of two that were logged differently: of what both have. */
static bool diff_events(struct diff_side *a, struct diff_side *b, char *const names[2])
{
    bool uneven = a->record.all != b->record.all;
    for (;; a->same++) {
        diff_next(a, uneven && a->record.all);
        diff_next(b, uneven && b->record.all);
        if (a->n < 0 && b->n < 0) return false;
        if (a->n != b->n || memcmp(a->line, b->line, (size_t)a->n) != 0) break;
        char **slot = &a->before[a->same % DIFF_CONTEXT];
        free(*slot);
        *slot = strdup(a->line);
    }
    for (unsigned long i = a->same < DIFF_CONTEXT ? 0 : a->same - DIFF_CONTEXT + 1; i < a->same; i++)
        if (a->before[i % DIFF_CONTEXT]) printf("  %s", a->before[i % DIFF_CONTEXT]);
    diff_show(a, names[0], '<');
    diff_show(b, names[1], '>');
    return true;
}

/* The second in which the digests part; 0: they do not. */
static uint32_t diff_second(const struct lab_record *a, const struct lab_record *b)
{
    for (uint32_t i = 0; i < a->digests || i < b->digests; i++)
        if (i >= a->digests || i >= b->digests || strcmp(a->digest[i], b->digest[i]) != 0) return i + 1;
    return 0;
}

static bool diff_inputs(const struct lab_record *a, const struct lab_record *b)
{
    bool same = true;
    if (strcmp(a->sha256, b->sha256) != 0) printf("the files differ: %s and %s\n", a->file, b->file);
    if (strcmp(a->faults_sha256, b->faults_sha256) != 0) printf("the schedules of faults differ\n");
    if (a->seed != b->seed) printf("the seeds differ: %llu and %llu\n", (unsigned long long)a->seed, (unsigned long long)b->seed);
    if (!lab_json_same(lab_json_find(a->json, "files"), lab_json_find(b->json, "files"))) {
        printf("the files that they name differ\n");
        same = false;
    }
    same &= strcmp(a->sha256, b->sha256) == 0 && strcmp(a->faults_sha256, b->faults_sha256) == 0 && a->seed == b->seed;
    return same;
}

static int diff_run(struct diff_side *a, struct diff_side *b, char *const names[2])
{
    bool inputs = diff_inputs(&a->record, &b->record);
    uint32_t second = diff_second(&a->record, &b->record);
    bool events = a->events && b->events;
    if (a->record.all != b->record.all)
        printf("%s was logged with --all, %s was not: of the events, those are compared that both log\n", names[!a->record.all], names[!b->record.all]);
    if (second) printf("they part in virtual second %u\n", second);
    bool differ = events ? diff_events(a, b, names) : false;
    if (!events) printf("(only the digests were compared: one of them has no events.jsonl)\n");
    const char *every = !events ? "" : a->record.all != b->record.all ? ", every event that both log" : ", every event";
    if (!second && !differ) printf("the same: %u digests%s%s\n", a->record.digests, every, inputs ? "" : ", by chance");
    return second || differ ? CLI_FAILED : CLI_OK;
}

int lab_verb_diff(int argc, char **argv)
{
    const struct cli_option own[] = {{NULL, 0, CLI_FLAG, NULL, NULL, NULL, 0, 0, 0}};
    const struct cli_usage usage = {"lab diff A B",
        "Finds where two runs part: the virtual second by their digests, then the first event that differs, with the packet that it is about.  A and\n"
        "B are what --out left: folders, or the run.json in them.  If only one was logged with --all, the events that both log are compared.  Exits with\n"
        "0 if the runs are the same, 1 if not.",
        "  hepta lab diff result1 result2\n", own, NULL};
    struct diff_side a, b;
    int words, exit_code = cli_parse(&usage, argc, argv, &words, 2, 2);
    if (exit_code >= 0) return exit_code;
    if (!diff_open(&a, argv[1])) return CLI_USAGE;
    exit_code = diff_open(&b, argv[2]) ? diff_run(&a, &b, argv + 1) : CLI_USAGE;
    diff_close(&a);
    if (exit_code != CLI_USAGE) diff_close(&b);
    return lab_printed(exit_code);
}
