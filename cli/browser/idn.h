/* Names beyond ASCII: how a host that people write (한국.com) is written for DNS (xn--3e0b707e.com), by IDNA2008 with the mapping of UTS 46. */
#ifndef BROWSER_IDN_H
#define BROWSER_IDN_H

#include <stdbool.h>
#include <stddef.h>

/* A host, in UTF-8 or with %-escapes, to ASCII; what is ASCII already is copied as it is.  false: it is no name, or does not fit, and *why says so in
 * words. */
bool idn_host(const char *host, char *out, size_t n, const char **why);
/* The same for the host of a URL, or of HOST[:PORT]/PATH; the rest is copied. */
bool idn_url(const char *url, char *out, size_t n, const char **why);
/* A host as people write it: xn--3e0b707e.com to 한국.com; false: it is the same, or cannot be shown. */
bool idn_shown(const char *host, char *out, size_t n);

#endif
