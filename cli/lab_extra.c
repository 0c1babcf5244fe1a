/* Files that a lab file names: what it includes, and what its programs hand out.  Each is read once, so that all see the same bytes, and what was
 * not there stays so; run.json has their hashes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab_json.h"
#include "lab_run.h"

enum { EXTRA_PATH = 4096, EXTRA_MISSES_MAX = 1024 };    /* misses: names are asked for by whoever speaks to a server */

/* `name`, as seen from the file `base`. */
static bool extra_beside(const char *base, const char *name, char *path, size_t n)
{
    const char *slash = strrchr(base, '/');
    int folder = name[0] == '/' || !slash ? 0 : (int)(slash + 1 - base);
    return snprintf(path, n, "%.*s%s", folder, base, name) < (int)n;
}

static bool extra_is_outside(const char *name) { return name[0] == '/' || strstr(name, ".."); }

static struct lab_extra *extra_find(const struct lab_file *f, const char *name)
{
    struct lab_extra *x = f->extra;
    while (x && strcmp(x->name, name) != 0) x = x->next;
    return x;
}

/* Takes the bytes, which may be NULL; NULL: out of memory. */
static struct lab_extra *extra_add(struct lab_file *f, const char *name, char *bytes, size_t n)
{
    struct lab_extra *x = calloc(1, sizeof *x);
    char *copy = strdup(name);
    if (!x || !copy) {
        free(x);
        free(copy);
        free(bytes);
        return NULL;
    }
    *x = (struct lab_extra){.name = copy, .bytes = bytes, .n = n};
    if (bytes) lab_file_hash(bytes, n, x->sha256);
    else f->misses++;
    if (f->extra_last) f->extra_last->next = x;
    else f->extra = x;
    f->extra_last = x;
    return x;
}

static int extra_open(struct lab_file *f, const char *name, struct lab_extra **out)
{
    char path[EXTRA_PATH];
    size_t n;
    *out = extra_find(f, name);
    if (*out) return (*out)->bytes ? HP_OK : HP_ENOENT;
    if (!extra_beside(f->path, name, path, sizeof path)) return HP_ENOENT;
    char *bytes = lab_file_read(path, &n);
    int err = bytes ? HP_OK : errno == ENOMEM ? HP_ENOMEM : errno == ENOENT || errno == ENOTDIR ? HP_ENOENT : HP_EIO;
    if (err == HP_ENOMEM || err == HP_EIO) return err;
    if (err && f->misses >= EXTRA_MISSES_MAX) return err;
    *out = extra_add(f, name, bytes, n);
    return *out ? err : HP_ENOMEM;
}

int lab_extra_read(struct lab_file *f, const char *name, struct hp_bytes *out)
{
    struct lab_extra *x;
    int err = extra_is_outside(name) ? HP_EACCES : extra_open(f, name, &x);
    if (!err) *out = (struct hp_bytes){(const uint8_t *)x->bytes, x->n};
    return err;
}

/* ---- include ---- */

/* Beside the file that includes it, which is the one that was opened last: `from` is only what that one was called. */
int lab_extra_include(void *file, const char *from, const char *name, const char **text, size_t *n)
{
    struct lab_file *f = file;
    struct lab_extra *x;
    char path[EXTRA_PATH];
    bool fits = extra_beside(f->depth ? f->reading[f->depth - 1]->name : "", name, path, sizeof path);
    int err = !fits || f->depth == sizeof f->reading / sizeof *f->reading ? HP_ENOENT : extra_open(f, path, &x);
    if (err) return err;
    f->reading[f->depth++] = x;
    *text = x->bytes;
    *n = x->n;
    return HP_OK;
}

void lab_extra_included(void *file, const char *text, size_t n) { ((struct lab_file *)file)->depth--; }

/* ---- as it was ---- */

static char *extra_was(const char *path, const char *sha256, size_t *n)
{
    char now[SHA256_TEXT], *bytes = lab_file_read(path, n);
    if (!bytes) return NULL;
    lab_file_hash(bytes, *n, now);
    if (strcmp(now, sha256) == 0) return bytes;
    free(bytes);
    return NULL;
}

static bool extra_take(struct lab_file *f, const struct lab_record *then, const char *name, const char *sha256)
{
    char path[EXTRA_PATH], copy[2 * EXTRA_PATH];
    size_t n = 0;
    char *bytes = NULL;
    if (sha256[0]) {
        if (extra_beside(f->path, name, path, sizeof path)) bytes = extra_was(path, sha256, &n);
        snprintf(copy, sizeof copy, "%s/%s", then->folder, name);
        if (!bytes && !extra_is_outside(name)) bytes = extra_was(copy, sha256, &n);
        if (!bytes && extra_is_outside(name)) cli_error("%s is not what it was (SHA-256 %s)", path, sha256);
        else if (!bytes) cli_error("%s is not what it was (SHA-256 %s), and there is no copy %s", path, sha256, copy);
        if (!bytes) return false;
    }
    if (extra_add(f, name, bytes, n)) return true;
    cli_error("out of memory");
    return false;
}

bool lab_extra_again(struct lab_file *f, const struct lab_record *then)
{
    const char *files = lab_json_find(then->json, "files");
    char name[EXTRA_PATH], sha256[80];
    for (const char *e = files ? lab_json_element(files, 0) : NULL; e; e = lab_json_next(e)) {
        const char *hash = lab_json_find(e, "sha256");
        sha256[0] = 0;
        bool good = hash && lab_json_text(lab_json_find(e, "name"), name, sizeof name);
        if (good && *hash == '"') good = lab_json_text(hash, sha256, sizeof sha256);
        if (!good) {
            cli_error("%s: \"files\" makes no sense", then->path);
            return false;
        }
        if (!extra_find(f, name) && !extra_take(f, then, name, sha256)) return false;
    }
    return true;
}

/* ---- copies ---- */

/* Why it cannot lie in the folder of the run, or NULL. */
static const char *extra_no_copy(const char *name)
{
    static const char *const ours[] = {"capture.pcapng", "events.jsonl", "run.json", "report.html", "network.lab", "faults.lab"};
    if (extra_is_outside(name)) return "it may lie outside the lab's folder";
    while (strncmp(name, "./", 2) == 0 || name[0] == '/') name += name[0] == '/' ? 1 : 2;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (strcmp(name, ours[i]) == 0) return "its name is one of the run's own files";
    return NULL;
}

static bool extra_folders(char *path, size_t from)
{
    for (char *p = path + from; (p = strchr(p, '/')); p++) {
        *p = 0;
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        *p = '/';
        if (!made) return false;
    }
    return true;
}

static bool extra_write(const struct lab_extra *x, const char *folder)
{
    char path[2 * EXTRA_PATH];
    size_t n;
    snprintf(path, sizeof path, "%s/%s", folder, x->name);
    char *there = extra_was(path, x->sha256, &n); /* the folder may be the lab's own */
    free(there);
    if (there) return true;
    FILE *f = extra_folders(path, strlen(folder) + 1) ? fopen(path, "w") : NULL;
    bool bad = !f || fwrite(x->bytes, 1, x->n, f) != x->n;
    if (f && fclose(f)) bad = true;
    if (bad) cli_error("%s: %s", path, strerror(errno));
    return !bad;
}

int lab_extra_copy(const struct lab_file *f, const char *folder, bool quiet)
{
    int count = 0;
    for (const struct lab_extra *x = f->extra; x; x = x->next) {
        const char *why = x->bytes ? extra_no_copy(x->name) : NULL;
        if (why && !quiet) fprintf(stderr, "hepta: %s is not copied to %s: %s; a replay needs it where it is\n", x->name, folder, why);
        if (!x->bytes || why) continue;
        if (!extra_write(x, folder)) return -1;
        count++;
    }
    return count;
}

void lab_extra_free(struct lab_file *f)
{
    while (f->extra) {
        struct lab_extra *x = f->extra;
        f->extra = x->next;
        free(x->name);
        free(x->bytes);
        free(x);
    }
    f->extra_last = NULL;
}
