/* References to URLs (RFC 3986 5). */
#ifndef BROWSER_URL_H
#define BROWSER_URL_H

#include <stdbool.h>
#include <stddef.h>

enum { URL_MAX = 2300 };

/* `reference` as it stands in a page whose base is `base` (absolute), as an absolute URL in `out`: dot segments removed, what may not stand in a URL
 * percent-encoded, the fragment kept.  False: it does not fit, or neither is absolute. */
bool url_resolve(const char *base, const char *reference, char *out, size_t n);
/* Cuts "#fragment" off. */
void url_cut_fragment(char *url);

#endif
