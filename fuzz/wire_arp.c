/* ARP: whatever was parsed is written as it came. */
#include "wire/arp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arp_hdr h;
    uint8_t out[ARP_SIZE];
    if (!arp_parse(bytes_of(data, n), &h)) return 0;
    assert(arp_write(out, sizeof out, &h) == ARP_SIZE && memcmp(out, data, ARP_SIZE) == 0);
    return 0;
}
