/* A record of a run: run.json, read again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab_json.h"
#include "lab_run.h"

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
    r->all = lab_json_find(r->json, "all") != NULL;
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
