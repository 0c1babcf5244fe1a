/* A lab file, with a schedule of faults behind it if there is one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab_run.h"
#include "plan.h"

char *lab_file_read(const char *path, size_t *n)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t room = 1 << 16;
    char *text = f ? malloc(room) : NULL;
    *n = 0;
    for (size_t got; text && (got = fread(text + *n, 1, room - *n - 1, f)) > 0;) {
        *n += got;
        if (room - *n > 1) continue;
        char *grown = room < (size_t)HP_PLAN_FILE_MAX * 2 ? realloc(text, room * 2) : NULL;
        if (!grown) {
            free(text);
            errno = EFBIG;
        }
        text = grown;
        room *= 2;
    }
    if (text && ferror(f)) {
        free(text);
        text = NULL;
    }
    if (f && f != stdin) fclose(f);
    if (text) text[*n] = 0;
    return text;
}

static uint32_t file_lines(const char *text, size_t n)
{
    uint32_t lines = 0;
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    return lines;
}

/* The file of the two that it is in, with its line there. */
static const char *file_of(const struct lab_file *f, struct hp_plan_error *e)
{
    if (e->file[0]) return e->file;
    if (!f->more_path || e->place.line <= f->lines) return f->path;
    e->place.line -= f->lines;
    return f->more_path;
}

void lab_file_complain(const struct lab_file *f, const struct hp_plan_error *error)
{
    char text[1024];
    struct hp_plan_error e = *error;
    const char *path = file_of(f, &e);
    fprintf(stderr, "%s", hp_plan_error_text(&e, path, text, sizeof text));
}

void lab_file_hash(const char *text, size_t n, char out[SHA256_TEXT])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, text, n);
    sha256_text(&h, out);
}

static void file_problem(void *ctx, const struct hp_plan_error *error) { lab_file_complain(ctx, error); }

/* Blanks and comments. */
static bool file_is_empty(const struct lab_file *f)
{
    const char *p = f->text;
    for (; *p; p += strcspn(p, "\n")) {
        p += strspn(p, " \t\r\n");
        if (*p && *p != '#') return false;
    }
    return (size_t)(p - f->text) == f->n;
}

static int file_parse(struct lab_file *f)
{
    struct hp_plan_error error;
    const struct hp_plan_origin origin = {f->json, f->json_n, f->mark, f->marks};
    struct hp_plan_options o = {.open = lab_extra_include, .close = lab_extra_included, .problem = file_problem, .ctx = f,
                                .origin = f->json ? &origin : NULL};
    if (file_is_empty(f)) {
        cli_error("%s: there is nothing in it; a lab file has lines such as: host a ip 10.0.0.1/24 (docs/LAB.md)", f->path);
        return CLI_USAGE;
    }
    int err = hp_plan_read(f->text, f->n, &o, hp_os_allocator(), &f->plan, &error);
    if (err == HP_ENOMEM) cli_error("%s: out of memory", f->path);
    return err ? CLI_USAGE : CLI_OK;
}

/* Lines behind those that are there, which end with a newline.  false: out of memory. */
static bool file_grow(char **text, size_t *at, const char *more, size_t n, size_t *begin)
{
    bool newline = *at && (*text)[*at - 1] != '\n';
    char *grown = realloc(*text, *at + n + 2);
    if (!grown) return false;
    *text = grown;
    if (newline) grown[(*at)++] = '\n';
    *begin = *at;
    memcpy(grown + *at, more, n);
    *at += n;
    grown[*at] = 0;
    return true;
}

/* The lines of `more` behind the file's own. */
static bool file_append(struct lab_file *f, const char *more, size_t n)
{
    size_t begin = 0;
    if (!file_grow(&f->text, &f->n, more, n, &f->more_at)) return false;
    if (f->json && !file_grow(&f->json, &f->json_n, more, n, &begin)) return false;
    if (f->json) f->mark[f->marks - 1] = (struct hp_plan_mark){(uint32_t)f->more_at, (uint32_t)begin};
    f->lines = f->json ? file_lines(f->json, begin) : file_lines(f->text, f->more_at);
    return true;
}

/* The JSON form becomes lab language, whose words stand where they stand in the JSON. */
static int file_from_json(struct lab_file *f)
{
    struct plan_made made;
    struct hp_plan_error error;
    if (!plan_json_to_text(f->text, f->n, &made, &error)) {
        lab_file_complain(f, &error);
        return CLI_USAGE;
    }
    f->json = f->text;
    f->json_n = f->n;
    f->text = made.text;
    f->n = strlen(made.text);
    f->mark = made.mark;
    f->marks = made.marks;
    return CLI_OK;
}

/* No line of the lab language begins with a brace. */
static bool file_is_json(const struct lab_file *f)
{
    size_t n = strlen(f->path);
    return (n > 5 && strcmp(f->path + n - 5, ".json") == 0) || f->text[strspn(f->text, " \t\r\n")] == '{';
}

static int file_begin(struct lab_file *f, const char *path)
{
    *f = (struct lab_file){.path = path};
    f->text = lab_file_read(path, &f->n);
    if (!f->text) {
        cli_error("%s: %s", path, strerror(errno));
        return CLI_USAGE;
    }
    if (file_is_json(f) && file_from_json(f) != CLI_OK) return CLI_USAGE;
    f->own = f->n;
    lab_file_hash(f->text, f->n, f->sha256);
    return CLI_OK;
}

int lab_file_open_again(struct lab_file *f, const char *path, const char *more, const struct lab_record *then)
{
    int result = file_begin(f, path);
    if (!result && then && !lab_extra_again(f, then)) result = CLI_USAGE;
    if (!result && more) {
        size_t n;
        char *text = lab_file_read(more, &n);
        if (!text) cli_error("%s: %s", more, strerror(errno));
        f->more_path = more;
        if (!text || !file_append(f, text, n)) result = CLI_USAGE;
        else lab_file_hash(text, n, f->more_sha256);
        free(text);
    }
    return result ? result : file_parse(f);
}

int lab_file_open(struct lab_file *f, const char *path, const char *more) { return lab_file_open_again(f, path, more, NULL); }

int lab_file_open_text(struct lab_file *f, const char *path, const char *more)
{
    int result = file_begin(f, path);
    f->more_path = "schedule";
    if (!result && !file_append(f, more, strlen(more))) result = CLI_FAILED;
    return result ? result : file_parse(f);
}

void lab_file_close(struct lab_file *f)
{
    hp_plan_free(f->plan);
    lab_extra_free(f);
    free(f->text);
    free(f->json);
    free(f->mark);
    *f = (struct lab_file){.path = NULL};
}

bool lab_may_write(const char *path)
{
    bool there = access(path, F_OK) == 0;
    FILE *f = fopen(path, "a");
    if (!f) return false;
    fclose(f);
    if (!there) remove(path);
    return true;
}

struct file_warnings {
    const struct lab_file *file;
    unsigned count;
};

static void file_warning(void *ctx, const struct hp_plan_error *warning)
{
    struct file_warnings *w = ctx;
    struct hp_plan_error e = *warning;
    const char *path = file_of(w->file, &e);
    if (w->count++ < HP_PLAN_ERRORS_MAX) fprintf(stderr, "%s:%u: warning: %s\n", path, e.place.line, e.text);
}

void lab_file_warn(const struct lab_file *f, hp_time until)
{
    struct file_warnings w = {.file = f};
    struct hp_plan plan = *f->plan;
    if (until > plan.until) plan.until = until;
    hp_plan_check(&plan, file_warning, &w);
    if (w.count > HP_PLAN_ERRORS_MAX) fprintf(stderr, "%s: %u more warnings: see hepta lab check\n", f->path, w.count - HP_PLAN_ERRORS_MAX);
}
