/* UDP headers <-> struct udp_hdr.  RFC 768, RFC 1122 4.1. */
#include "wire/udp.h"

#include "wire/sum.h"

size_t udp_write(uint8_t *out, size_t n, const struct udp_hdr *h)
{
    if (n < UDP_HEADER) return 0;
    put16(out, h->from);
    put16(out + 2, h->to);
    put16(out + 4, h->len);
    put16(out + 6, h->sum);
    return UDP_HEADER;
}

bool udp_sum_ok(struct hp_bytes in, const struct udp_hdr *h, uint32_t pseudo)
{
    return h->sum == 0 || sum_ok(pseudo, bytes_upto(in, h->len));
}
