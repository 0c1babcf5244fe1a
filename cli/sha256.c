/* SHA-256 by OpenSSL's libcrypto: the one file that knows it. */
#include "sha256.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

void sha256_init(struct sha256 *h)
{
    h->digest = EVP_MD_CTX_new();
    if (!h->digest || !EVP_DigestInit_ex(h->digest, EVP_sha256(), NULL)) abort(); /* out of memory before anything began */
}

void sha256_add(struct sha256 *h, const void *bytes, size_t n) { EVP_DigestUpdate(h->digest, bytes, n); }

const char *sha256_text(struct sha256 *h, char out[SHA256_TEXT])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_DigestFinal_ex(h->digest, digest, &n);
    EVP_MD_CTX_free(h->digest);
    h->digest = NULL;
    for (unsigned i = 0; i < 32; i++) snprintf(out + 2 * i, 3, "%02x", i < n ? digest[i] : 0u);
    return out;
}
