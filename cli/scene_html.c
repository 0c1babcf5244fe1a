/* The page around a scene: a template that was compiled in (viewer/, put together by tools/embed), with the JSON in its place. */
#include <errno.h>
#include <string.h>

#include "scene_inside.h"
#include "viewer.h"

static const char scene_mark[] = "@SCENE@";

void scene_json_bytes(FILE *f, const void *p, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *b = p;
    fputc('"', f);
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0u);
        char out[4] = {digit[v >> 18], digit[v >> 12 & 63], left > 1 ? digit[v >> 6 & 63] : '=', left > 2 ? digit[v & 63] : '='};
        fwrite(out, 1, 4, f);
    }
    fputc('"', f);
}

bool scene_write_html(const struct scene *s, const char *path)
{
    const char *page = (const char *)viewer_page, *mark = strstr(page, scene_mark);
    FILE *f = mark ? fopen(path, "w") : NULL;
    if (!f) return false;
    fwrite(page, 1, (size_t)(mark - page), f);
    bool whole = scene_write_json(s, f);
    fputs(mark + sizeof scene_mark - 1, f);
    int err = ferror(f) ? errno : 0;
    if (fclose(f) && !err) err = errno;
    if (err) errno = err;
    return whole && !err;
}
