/* UDP headers. */
#include "wire/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct udp_hdr h;
    uint8_t out[UDP_HEADER];
    if (!udp_parse(in, &h)) return 0;
    assert(udp_payload(in, &h).n == h.len - (size_t)UDP_HEADER && h.len <= n);
    assert(udp_write(out, sizeof out, &h) == UDP_HEADER && memcmp(out, data, UDP_HEADER) == 0);
    udp_sum_ok(in, &h, 0);
    return 0;
}
