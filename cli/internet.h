/* The embedded internet: a lab file, its zones and its pages, inside the command (cli/internet/). */
#ifndef CLI_INTERNET_H
#define CLI_INTERNET_H

#include <stddef.h>

struct internet_file {
    const char *path; /* below cli/internet: "zones/root.zone" */
    const unsigned char *bytes; /* and a NUL behind them */
    size_t n;
};
extern const struct internet_file internet_files[]; /* ends with path == NULL */

/* NULL: there is none. */
const struct internet_file *internet_find(const char *path);

#endif
