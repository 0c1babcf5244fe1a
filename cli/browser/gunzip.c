/* Content codings (RFC 9110 8.4.1): the only file that knows zlib. */
#include "gunzip.h"

#include <stdlib.h>
#include <zlib.h>

enum { GUNZIP_AUTO = 15 + 32 /* gzip or zlib, by their headers */, GUNZIP_RAW = -15 };

static int gunzip_as(int window, const uint8_t *bytes, size_t n, uint8_t *out, size_t max, size_t *length)
{
    z_stream z = {.next_in = (Bytef *)bytes, .avail_in = (uInt)n, .next_out = out, .avail_out = (uInt)max};
    if (inflateInit2(&z, window) != Z_OK) return Z_MEM_ERROR;
    int end = inflate(&z, Z_FINISH);
    *length = max - z.avail_out;
    inflateEnd(&z);
    return end;
}

uint8_t *gunzip(const uint8_t *bytes, size_t n, size_t max, size_t *length, bool *whole)
{
    uint8_t *out = malloc(max + 1);
    *length = 0;
    *whole = false;
    if (!out) return NULL;
    int end = gunzip_as(GUNZIP_AUTO, bytes, n, out, max, length);
    if (end == Z_DATA_ERROR && *length == 0) end = gunzip_as(GUNZIP_RAW, bytes, n, out, max, length); /* "deflate" without zlib's header: common, wrong */
    *whole = end == Z_STREAM_END;
    uint8_t *fit = realloc(out, *length + 1);
    return fit ? fit : out;
}
