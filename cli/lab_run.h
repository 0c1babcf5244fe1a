/* A lab that runs in the command: what run, replay and shake share. */
#ifndef CLI_LAB_RUN_H
#define CLI_LAB_RUN_H

#include <signal.h>

#include "cli.h"
#include "lab_out.h"
#include "sha256.h"

/* lab_file.c: a plan from a file, with more lines (a schedule of faults) behind it.  Complaints go to stderr. */
struct lab_file {
    const char *path, *more_path;       /* more_path: or NULL */
    char *text;                         /* both, one after the other, as lab language */
    size_t n, own, more_at;             /* own: bytes of the first; more_at: where the second begins */
    char *json;                         /* both, if the first is JSON, or NULL */
    size_t json_n;
    struct hp_plan_mark *mark;          /* where in `json` the text's words come from */
    uint32_t marks;
    uint32_t lines;                     /* of the first, as it was written */
    char sha256[SHA256_TEXT], more_sha256[SHA256_TEXT];
    struct hp_plan *plan;
    struct lab_extra *extra, *extra_last; /* files that it includes and that its programs name, in the order in which they were first wanted */
    const struct lab_extra *reading[HP_PLAN_INCLUDES_MAX + 2]; /* that are being included */
    unsigned depth, misses;
};
int lab_file_open(struct lab_file *f, const char *path, const char *more);          /* enum cli_exit */
int lab_file_open_text(struct lab_file *f, const char *path, const char *more_text);
struct lab_record;
/* As it was then (lab_json.h): files that it names are wanted with the bytes of then, from where they were or from the record's folder. */
int lab_file_open_again(struct lab_file *f, const char *path, const char *more, const struct lab_record *then);
void lab_file_close(struct lab_file *f);
void lab_file_complain(const struct lab_file *f, const struct hp_plan_error *error);
/* What `lab check` warns of, on stderr, in a run until then (-1: as the file says; a shorter one is somebody's wish, and no reason to warn). */
void lab_file_warn(const struct lab_file *f, hp_time until);
/* The whole file; NULL: errno. */
char *lab_file_read(const char *path, size_t *n);
void lab_file_hash(const char *text, size_t n, char out[SHA256_TEXT]);

/* lab_extra.c: files that the lab's names: `include "FILE"`, `site FOLDER`, `zone FILE`; by their names seen from its folder. */
struct lab_extra {
    struct lab_extra *next;
    char *name, *bytes;                 /* bytes NULL: there was none */
    size_t n;
    char sha256[SHA256_TEXT];
};
/* For programs: kept until lab_file_close().  HP_ENOENT, HP_EIO, HP_ENOMEM; HP_EACCES: it leads out of the lab's folder. */
int lab_extra_read(struct lab_file *f, const char *name, struct hp_bytes *out);
int lab_extra_include(void *file, const char *from, const char *name, const char **text, size_t *n);    /* of hp_plan_options */
void lab_extra_included(void *file, const char *text, size_t n);
bool lab_extra_again(struct lab_file *f, const struct lab_record *then);    /* or says what is not what it was */
/* Copies into the folder, at their names; how many.  Told on stderr unless quiet: which cannot be.  -1: an error was said. */
int lab_extra_copy(const struct lab_file *f, const char *folder, bool quiet);
void lab_extra_free(struct lab_file *f);

/* lab_exec.c: memory that is counted: what a run leaves behind is a leak. */
struct lab_memory {
    struct hp_allocator allocator;
    size_t bytes;
};
void lab_memory_init(struct lab_memory *m);

/* What is counted while it runs. */
struct lab_count {
    uint64_t drops[HP_DROP_COUNT], frames, states;
    uint32_t faults;
};

/* One run from its beginning to its end. */
struct lab_run {
    /* set by the caller */
    struct lab_file *file;
    uint64_t seed;
    bool seeded, quiet, watch, trace, json, all, check, no_report;
    hp_time until;
    const struct hp_allocator *allocator; /* NULL: an arena of the run's own */
    const char *out, *junit;
    const volatile sig_atomic_t *stop;  /* or NULL: not 0 ends the run */
    void (*tell)(void *ctx, const struct hp_run_event *e);
    void *ctx;
    /* to be read */
    struct hp_arena *arena;             /* of a run without an allocator from outside */
    struct hp_run *run;
    struct lab_out *files;
    struct scene *scene;                /* of report.html, or NULL */
    int copied;                         /* files beside the lab's that were copied */
    struct lab_count count;
    uint64_t *digest;                   /* at the end of each virtual second, and at the end */
    uint32_t digests, digests_room;
    hp_time real, now;                  /* real: how long it took */
    bool interrupted, over;
    struct lab_watch *view;
    struct hp_shake_watch *checks;
};
int lab_run_make(struct lab_run *r);            /* enum cli_exit */
int lab_run_go(struct lab_run *r);              /* to its end */
int lab_run_end(struct lab_run *r);             /* files; answers whether it did well */
void lab_run_free(struct lab_run *r);
/* Expectations that failed, things that cannot be; without expectations: programs that failed. */
uint32_t lab_run_failures(const struct lab_run *r);
bool lab_run_app_failed(const struct hp_run_app *a);

/* lab_report.c */
void lab_report_text(const struct lab_run *r, FILE *f);
void lab_report_json(const struct lab_run *r, FILE *f);
void lab_report_junit(const struct lab_run *r, FILE *f);
/* lab_scene.c: report.html, the run to look at.  false: out of memory, or errno. */
bool lab_scene_watch(struct lab_run *r);
void lab_scene_news(const struct lab_run *r, const struct hp_run_event *e);
bool lab_scene_write(struct lab_run *r, const char *path);
/* lab_watch.c: what is seen while it runs, on stderr. */
struct lab_watch *lab_watch_new(struct lab_run *r);
void lab_watch_look(struct lab_watch *w);       /* from time to time */
void lab_watch_news(struct lab_watch *w, const struct hp_run_event *e);
void lab_watch_free(struct lab_watch *w);

/* May this file be written?  Asked before what takes long.  A file that is there stays as it is, and none is left behind.  false: errno. */
bool lab_may_write(const char *path);
/* What was printed is out: answers `code`, or an error was said. */
int lab_printed(int code);
bool lab_seed_parse(const char *text, uint64_t *out);

/* Verbs of `hepta lab`. */
int lab_verb_run(int argc, char **argv);
int lab_verb_replay(int argc, char **argv);
int lab_verb_diff(int argc, char **argv);
int lab_verb_shake(int argc, char **argv);

#endif
