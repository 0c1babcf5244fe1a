/* ICMPv6 messages, neighbour discovery among them. */
#include "wire/nd.h"

#include "wire/ipv6.h"
#include "wire/sum.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t fuzz_options(const struct nd_msg *m, uint8_t *out, size_t n)
{
    struct writer w = writer_of(out, n);
    struct nd_opts o = nd_opts_start(m);
    struct nd_opt opt;
    while (nd_opts_next(&o, &opt)) {
        assert(opt.data.p >= m->opts.p && opt.data.p + opt.data.n <= m->opts.p + m->opts.n);
        for (size_t i = 0; i < opt.count; i++) (void)nd_opt_rdnss(&opt, i);
        nd_opt_write(&w, &opt);
    }
    return w.full ? 0 : writer_used(&w);
}

/* What is written of a message reads as the same, and is written the same again. */
static void fuzz_nd(struct hp_bytes in)
{
    static uint8_t a[1 << 17], b[1 << 17];
    struct nd_msg m, back;
    if (nd_parse(in, &m) != ND_OK) return;
    size_t fixed = nd_write(a, sizeof a, &m), n = fuzz_options(&m, a + fixed, sizeof a - fixed);
    if (n == 0 && m.opts.n) return;         /* none was good */
    assert(nd_parse(bytes_of(a, fixed + n), &back) == ND_OK);
    assert(back.has_mac == m.has_mac && back.lifetime_s == m.lifetime_s && hp_ip_equal(&back.target, &m.target));
    assert(nd_write(b, sizeof b, &back) == fixed && fuzz_options(&back, b + fixed, sizeof b - fixed) == n);
    assert(memcmp(a, b, fixed + n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct icmp6_hdr h, back;
    struct ip_quote q;
    struct hp_ip src = {{0xfe, 0x80}}, dst = {{0xff, 2}};
    static uint8_t out[1 << 16];
    if (n > sizeof out || !icmp6_parse(bytes_of(data, n), &h)) return 0;
    ipv6_quote_parse(h.body, &q);
    assert(icmp6_write_all(out, sizeof out, &h, &src, &dst) == n);
    assert(sum_ok(sum_pseudo(&src, &dst, IP_PROTO_ICMPV6, (uint32_t)n), bytes_of(out, n)));
    assert(icmp6_parse(bytes_of(out, n), &back));
    assert(h.type == back.type && h.code == back.code && h.id == back.id && h.seq == back.seq && h.mtu == back.mtu);
    assert(h.pointer == back.pointer && h.body.n == back.body.n);
    fuzz_nd(bytes_of(data, n));
    return 0;
}
