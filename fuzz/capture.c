/* Capture files, pcapng and pcap: any bytes are read to their end or to where they are damaged. */
#include "wire/pcapng.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct capture_reader reader;
    struct capture_packet k;
    struct hp_bytes comment;
    volatile uint8_t sink = 0; /* so that the reads are not left out */
    if (!capture_open(&reader, bytes_of(data, n))) return 0;
    while (capture_next(&reader, &k) == 1) {
        assert(k.interface < PCAPNG_INTERFACES_MAX);
        if (k.data.n) sink = (uint8_t)(sink ^ k.data.p[0] ^ k.data.p[k.data.n - 1]);
        if (k.name.n) sink = (uint8_t)(sink ^ k.name.p[k.name.n - 1]);
        for (size_t at = 0; capture_comment(&k, &at, &comment);)
            if (comment.n) sink = (uint8_t)(sink ^ comment.p[comment.n - 1]);
    }
    (void)sink;
    return 0;
}
