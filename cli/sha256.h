/* SHA-256 (FIPS 180-4), to check what was fetched: OpenSSL's, behind three functions. */
#ifndef CLI_SHA256_H
#define CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    void *digest;
};

enum { SHA256_TEXT = 65 };

void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *p, size_t n);
const char *sha256_text(struct sha256 *h, char out[SHA256_TEXT]);   /* ends it */

#endif
