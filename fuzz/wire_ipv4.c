/* IPv4 headers, their options, and quotes of them. */
#include "wire/ipv4.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_options(struct hp_bytes in, const struct ipv4_hdr *h)
{
    struct ipv4_opts o = ipv4_opts_start(in, h);
    struct ipv4_opt opt;
    size_t before = IPV4_HEADER;
    while (ipv4_opts_next(&o, &opt)) {
        assert(opt.at >= before && opt.data.p + opt.data.n <= in.p + h->hlen);
        before = opt.at + opt.data.n + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct ipv4_hdr h, back;
    struct ip_quote q;
    uint8_t out[IPV4_HEADER_MAX];
    if (ipv4_quote_parse(in, &q) && q.transport.n) assert(q.transport.p + q.transport.n <= data + n);
    if (ipv4_parse_quoted(in, &h) != IPV4_OK) return 0;
    fuzz_options(in, &h);
    size_t wrote = ipv4_write_options(out, sizeof out, &h, ipv4_options(in, &h));
    assert(wrote == h.hlen);
    bool reserved = data[6] & 0x80;         /* the one bit that is not kept, and so the checksum */
    out[6] |= data[6] & 0x80;
    assert(memcmp(out, data, 10) == 0 && memcmp(out + 12, data + 12, wrote - 12) == 0);
    enum ipv4_result result = ipv4_parse(in, &back);
    bool sum_same = get16(out + 10) == get16(data + 10);
    if (result == IPV4_OK && !reserved) assert(sum_same || get16(data + 10) == 0xffff || get16(data + 10) == 0);
    if (result == IPV4_CHECKSUM && !reserved) assert(!sum_same);
    return 0;
}
