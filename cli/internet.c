/* Finds the files of the embedded internet. */
#include "internet.h"

#include <string.h>

const struct internet_file *internet_find(const char *path)
{
    for (const struct internet_file *f = internet_files; f->path; f++)
        if (strcmp(f->path, path) == 0) return f;
    return NULL;
}
