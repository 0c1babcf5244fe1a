/* ICMP messages. */
#include "wire/icmp4.h"
#include "wire/ipv4.h"
#include "wire/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct icmp4_hdr h, back;
    struct ip_quote q;
    static uint8_t out[1 << 16];
    if (n > sizeof out || !icmp4_parse(bytes_of(data, n), &h)) return 0;
    assert(h.body.n <= n - ICMP4_HEADER);
    ipv4_quote_parse(h.body, &q);
    size_t wrote = icmp4_write_all(out, sizeof out, &h);
    assert(wrote == ICMP4_HEADER + h.body.n && sum_ok(0, bytes_of(out, wrote)));
    assert(icmp4_parse(bytes_of(out, wrote), &back));
    assert(h.type == back.type && h.code == back.code && h.id == back.id && h.seq == back.seq && h.mtu == back.mtu);
    assert(h.pointer == back.pointer && h.quoted == back.quoted && h.body.n == back.body.n);
    return 0;
}
