/* TCP headers and options. */
#include "wire/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void fuzz_inside(struct hp_bytes part, struct hp_bytes whole)
{
    assert(part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void fuzz_opts(struct hp_bytes in)
{
    struct tcp_opts o, back;
    uint8_t out[TCP_OPTIONS_MAX], again[TCP_OPTIONS_MAX];
    bool good = tcp_opts_parse(in, &o);
    struct tcp_opt_walk w = {in, 0, false};
    struct tcp_opt opt;
    while (tcp_opt_next(&w, &opt)) fuzz_inside(opt.data, in);
    assert(good == !w.bad);
    if (o.has & TCP_HAS_WSCALE) assert(o.wscale <= TCP_WSCALE_MAX);
    if (o.has & TCP_HAS_SACK) assert(o.sack_count >= 1 && o.sack_count <= TCP_SACKS_MAX);
    if (o.has & TCP_HAS_FASTOPEN) fuzz_inside(o.fastopen, in);
    if (o.has & TCP_HAS_MD5) fuzz_inside(o.md5, in);
    if (o.has & TCP_HAS_AO) fuzz_inside(o.ao, in);
    for (int i = 0; o.has & TCP_HAS_OTHER && i < o.other_count; i++) fuzz_inside(o.other[i], in);
    size_t wrote = tcp_opts_write(out, sizeof out, &o);
    if (wrote == 0) return;                 /* our padding may need more room than theirs */
    assert(wrote % 4 == 0 && tcp_opts_parse(bytes_of(out, wrote), &back));
    assert((back.has | TCP_HAS_SACK) == (o.has | TCP_HAS_SACK));
    assert(tcp_opts_write(again, sizeof again, &back) == wrote && memcmp(out, again, wrote) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct hp_bytes in = bytes_of(data, n);
    struct tcp_hdr h;
    uint8_t out[TCP_HEADER];
    if (n > 0) fuzz_opts(bytes_upto(in, TCP_OPTIONS_MAX));
    if (!tcp_parse(in, &h)) return 0;
    assert(tcp_write(out, sizeof out, &h) == TCP_HEADER && memcmp(out, data, TCP_HEADER) == 0);
    assert(tcp_payload(in, &h).n + h.hlen == n);
    fuzz_opts(tcp_options(in, &h));
    return 0;
}
