/* Checksum and CRC against their definitions, for every cut in two. */
#include "wire/crc.h"
#include "wire/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint16_t fuzz_sum(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) sum += i % 2 ? p[i] : (uint64_t)p[i] << 8;
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static uint32_t fuzz_crc(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint8_t copy[1 << 16];
    if (n == 0 || n > sizeof copy) return 0;
    size_t at = data[0] * n / 256;
    assert(sum_fold(sum_add(0, data, n)) == fuzz_sum(data, n));
    assert(sum_fold(sum_add_at(sum_add(0, data, at), at, data + at, n - at)) == fuzz_sum(data, n));
    assert(sum_fold(sum_copy(0, copy, data, n)) == fuzz_sum(data, n) && memcmp(copy, data, n) == 0);
    assert(crc_add(crc_add(0, data, at), data + at, n - at) == fuzz_crc(data, n));
    return 0;
}
