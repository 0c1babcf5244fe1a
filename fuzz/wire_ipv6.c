/* IPv6 headers, extension headers and their options. */
#include "wire/ipv6.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_ext(struct hp_bytes in, const struct ipv6_ext *e)
{
    assert(e->all.p == in.p + e->at && e->at + e->all.n <= in.n);
    struct ipv6_opts o = ipv6_opts_start(e);
    struct ipv6_opt opt;
    struct ipv6_frag f;
    struct ipv6_routing r;
    uint8_t out[8];
    while (ipv6_opts_next(&o, &opt)) assert(opt.data.p == in.p + opt.at + 2 && opt.data.p + opt.data.n <= in.p + in.n);
    if (e->type == IP_PROTO_ROUTING) assert(ipv6_routing_parse(e->all, &r));
    if (e->type != IP_PROTO_FRAGMENT) return;
    assert(ipv6_frag_parse(e->all, &f) && ipv6_frag_write(out, sizeof out, &f) == 8);
    assert(out[0] == e->all.p[0] && get16(out + 2) == (get16(e->all.p + 2) & 0xfff9) && memcmp(out + 4, e->all.p + 4, 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct ipv6_hdr h;
    struct ipv6_ext e;
    struct ip_quote q;
    uint8_t out[IPV6_HEADER];
    ipv6_quote_parse(in, &q);
    if (ipv6_parse_quoted(in, &h) != IPV6_OK) return 0;
    assert(ipv6_write(out, sizeof out, &h) == IPV6_HEADER && memcmp(out, data, IPV6_HEADER) == 0);
    struct ipv6_walk w = ipv6_walk_start(in, &h);
    unsigned count = 0;
    while (ipv6_walk_next(&w, &e)) {
        fuzz_ext(in, &e);
        count++;
    }
    assert(w.state != IPV6_WALK_ON && count <= IPV6_EXT_COUNT_MAX && w.at + w.left.n <= n && w.next_at < n);
    return 0;
}
