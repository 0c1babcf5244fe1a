/* run.json, read again. */
#include "lab_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab_run.h"

static const char *json_space(const char *p)
{
    while (*p && strchr(" \t\r\n", *p)) p++;
    return p;
}

/* Past a string, or NULL. */
static const char *json_skip_text(const char *p)
{
    if (*p != '"') return NULL;
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && !*++p) return NULL;
    return *p ? p + 1 : NULL;
}

/* Past any value: brackets are counted, what is between them is ours and not looked at closely. */
static const char *json_skip(const char *p)
{
    int deep = 0;
    for (p = json_space(p); *p; p = json_space(p)) {
        if (*p == '"') {
            if (!(p = json_skip_text(p))) return NULL;
        } else if (*p == '{' || *p == '[') {
            deep++;
            p++;
            continue;
        } else if (*p == '}' || *p == ']') {
            if (--deep < 0) return NULL;
            p++;
        } else if (deep && (*p == ',' || *p == ':')) {
            p++;
            continue;
        } else {
            size_t n = strspn(p, "+-.0123456789aeEflnrstu");
            if (!n) return NULL;
            p += n;
        }
        if (!deep) return p;
    }
    return NULL;
}

const char *lab_json_find(const char *json, const char *key)
{
    const char *p = json_space(json);
    size_t n = strlen(key);
    if (*p++ != '{') return NULL;
    for (;;) {
        p = json_space(p);
        const char *end = json_skip_text(p);
        if (!end) return NULL;
        bool found = (size_t)(end - p) == n + 2 && memcmp(p + 1, key, n) == 0;
        p = json_space(end);
        if (*p++ != ':') return NULL;
        p = json_space(p);
        if (found) return p;
        if (!(p = json_skip(p))) return NULL;
        p = json_space(p);
        if (*p++ != ',') return NULL;
    }
}

const char *lab_json_element(const char *array, unsigned i)
{
    const char *p = json_space(array);
    if (*p++ != '[') return NULL;
    p = json_space(p);
    if (*p == ']') return NULL;
    for (; i; i--) {
        if (!(p = json_skip(p))) return NULL;
        p = json_space(p);
        if (*p++ != ',') return NULL;
    }
    return json_space(p);
}

const char *lab_json_next(const char *element)
{
    const char *p = json_skip(element);
    if (p) p = json_space(p);
    return p && *p == ',' ? json_space(p + 1) : NULL;
}

bool lab_json_same(const char *a, const char *b)
{
    const char *a_end = a ? json_skip(a) : NULL, *b_end = b ? json_skip(b) : NULL;
    if (!a_end || !b_end) return !a == !b;
    return a_end - a == b_end - b && memcmp(a, b, (size_t)(a_end - a)) == 0;
}

bool lab_json_text(const char *value, char *buf, size_t n)
{
    const char *end = value ? json_skip_text(value) : NULL;
    size_t used = 0;
    if (!end) return false;
    for (const char *p = value + 1; p < end - 1; p++) {
        char c = *p;
        if (c == '\\') {
            c = *++p;
            if (c == 'u') {
                c = (char)strtoul((char[]){p[3], p[4], 0}, NULL, 16); /* we write nothing above 7f so */
                p += 4;
            }
        }
        if (used + 1 >= n) return false;
        buf[used++] = c;
    }
    buf[used] = 0;
    return true;
}

/* ---- a record of a run ---- */

static bool record_paths(struct lab_record *r, const char *path)
{
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    const char *slash = strrchr(path, '/');
    if (strlen(path) >= sizeof r->folder) return false;
    if (folder) snprintf(r->folder, sizeof r->folder, "%s", path);
    else if (slash) snprintf(r->folder, sizeof r->folder, "%.*s", (int)(slash - path), path);
    else snprintf(r->folder, sizeof r->folder, ".");
    if (folder) snprintf(r->path, sizeof r->path, "%s/run.json", path);
    else snprintf(r->path, sizeof r->path, "%s", path);
    return true;
}

static bool record_digests(struct lab_record *r, const char *array)
{
    uint32_t room = 0;
    const char *e = array ? lab_json_element(array, 0) : NULL;
    while (e) {
        if (r->digests == room) {
            room = room ? room * 2 : 64;
            void *grown = realloc(r->digest, room * sizeof *r->digest);
            if (!grown) return false;
            r->digest = grown;
        }
        if (!lab_json_text(e, r->digest[r->digests], sizeof r->digest[0])) return false;
        r->digests++;
        e = lab_json_next(e);
    }
    return r->digests > 0;
}

static bool record_members(struct lab_record *r)
{
    char number[32];
    const char *until = lab_json_find(r->json, "until"), *faults = lab_json_find(r->json, "faults_file");
    if (!lab_json_text(lab_json_find(r->json, "file"), r->file, sizeof r->file)) return false;
    if (!lab_json_text(lab_json_find(r->json, "lab"), r->lab, sizeof r->lab)) return false;
    if (!lab_json_text(lab_json_find(r->json, "sha256"), r->sha256, sizeof r->sha256)) return false;
    if (!lab_json_text(lab_json_find(r->json, "seed"), number, sizeof number) || !lab_seed_parse(number, &r->seed)) return false;
    if (!until || !faults) return false;
    r->until = strtoll(until, NULL, 10);
    r->has_faults = *faults == '"';
    r->interrupted = lab_json_find(r->json, "interrupted") != NULL;
    if (r->has_faults && (!lab_json_text(faults, r->faults, sizeof r->faults) ||
                          !lab_json_text(lab_json_find(r->json, "faults_sha256"), r->faults_sha256, sizeof r->faults_sha256)))
        return false;
    return record_digests(r, lab_json_find(r->json, "digests"));
}

bool lab_record_read(struct lab_record *r, const char *path)
{
    size_t n;
    memset(r, 0, sizeof *r);
    if (record_paths(r, path)) r->json = lab_file_read(r->path, &n);
    if (!r->json) {
        cli_error("%s: %s", r->path[0] ? r->path : path, strerror(errno));
        return false;
    }
    if (record_members(r)) return true;
    cli_error("%s is no run.json of hepta lab run", r->path);
    lab_record_free(r);
    return false;
}

void lab_record_free(struct lab_record *r)
{
    free(r->json);
    free(r->digest);
    r->json = NULL;
    r->digest = NULL;
}
