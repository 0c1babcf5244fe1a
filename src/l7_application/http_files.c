/* Files for the HTTP server: media types by ending, and files in memory. */
#include "core/bytes.h"
#include "hepta/http.h"

const char *hp_media_type(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"}, {".htm", "text/html; charset=utf-8"}, {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css"}, {".js", "text/javascript"}, {".json", "application/json"}, {".png", "image/png"},
        {".jpg", "image/jpeg"}, {".gif", "image/gif"}, {".svg", "image/svg+xml"}, {".pdf", "application/pdf"},
        {".md", "text/markdown; charset=utf-8"}};
    size_t n = strlen(path);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t ending = strlen(types[i][0]);
        if (n > ending && strcmp(path + n - ending, types[i][0]) == 0) return types[i][1];
    }
    return "application/octet-stream";
}

static int memory_open(void *ctx, const char *path, struct hp_file *out)
{
    for (const struct hp_memory_file *f = ctx; f->path; f++) {
        if (strcmp(f->path, path) != 0) continue;
        *out = (struct hp_file){.size = f->size, .type = f->type, .bytes = f->bytes};
        return HP_OK;
    }
    return HP_ENOENT;
}

struct hp_files hp_memory_files(const struct hp_memory_file *list)
{
    return (struct hp_files){.open = memory_open, .ctx = (void *)(uintptr_t)list};
}
