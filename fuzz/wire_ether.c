/* Ethernet frames: whatever was parsed comes back from what is written of it. */
#include "wire/ether.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct ether_hdr h;
    uint8_t out[64];
    if (ether_parse(in, &h) != ETHER_OK) return 0;
    struct hp_bytes payload = ether_payload(in, &h);
    assert(h.hlen <= n && payload.p == data + h.hlen && payload.n <= n - h.hlen);
    size_t wrote = ether_write(out, sizeof out, &h);
    assert(wrote == h.hlen && memcmp(out, data, wrote) == 0);
    return 0;
}
