/* TCP options <-> struct tcp_opts.  RFC 9293 3.1, 3.2.
 *
 * The walk ends: every option takes at least one byte, and one that claims less than two, or more than there are left,
 * ends it as bad (R20, A33 CVE-2020-24337).  A known option of a length that it cannot have is kept as raw bytes and
 * otherwise not looked at. */
#include "wire/tcp.h"

bool tcp_opt_next(struct tcp_opt_walk *w, struct tcp_opt *opt)
{
    const uint8_t *p = w->options.p;
    size_t n = w->options.n, at = w->at;
    while (at < n && p[at] == TCP_OPT_NOP) at++;
    w->at = (uint8_t)at;
    if (w->bad || at >= n || p[at] == TCP_OPT_END) return false;
    if (n - at < 2 || p[at + 1] < 2 || p[at + 1] > n - at) {
        w->bad = true;
        return false;
    }
    *opt = (struct tcp_opt){p[at], (uint8_t)at, {p + at + 2, p[at + 1] - 2u}};
    w->at = (uint8_t)(at + p[at + 1]);
    return true;
}

static bool tcp_opt_sack(struct tcp_opts *o, struct hp_bytes d)
{
    if (d.n == 0 || d.n % 8 || d.n / 8 > TCP_SACKS_MAX) return false;
    o->sack_count = (uint8_t)(d.n / 8);
    for (size_t i = 0; i < o->sack_count; i++)
        o->sack[i] = (struct tcp_sack){get32(d.p + 8 * i), get32(d.p + 8 * i + 4)};
    o->has |= TCP_HAS_SACK;
    return true;
}

/* RFC 9768 3.2.3: no, one, two or three counters of 24 bits. */
static bool tcp_opt_accecn(struct tcp_opts *o, struct hp_bytes d, unsigned has)
{
    if (d.n % 3 || d.n > 9) return false;
    o->accecn_count = (uint8_t)(d.n / 3);
    for (size_t i = 0; i < o->accecn_count; i++) o->accecn[i] = get24(d.p + 3 * i);
    o->has &= (uint16_t)~(TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1);
    o->has |= (uint16_t)has;
    return true;
}

static bool tcp_opt_bytes(struct tcp_opts *o, struct hp_bytes *to, struct hp_bytes d, unsigned has)
{
    *to = d;
    o->has |= (uint16_t)has;
    return true;
}

/* RFC 7413 2: a cookie of 4 to 16 bytes, even; or none. */
static bool tcp_opt_fastopen(struct tcp_opts *o, struct hp_bytes d)
{
    if (d.n && (d.n < 4 || d.n > 16 || d.n % 2)) return false;
    return tcp_opt_bytes(o, &o->fastopen, d, TCP_HAS_FASTOPEN);
}

static bool tcp_opt_ts(struct tcp_opts *o, struct hp_bytes d)
{
    if (d.n != 8) return false;
    o->ts_val = get32(d.p);
    o->ts_ecr = get32(d.p + 4);
    o->has |= TCP_HAS_TS;
    return true;
}

/* The numbers of 16 bits or less; d.n is already known to be right. */
static bool tcp_opt_small(struct tcp_opts *o, uint8_t kind, struct hp_bytes d)
{
    if (kind == TCP_OPT_MSS) {
        o->mss = get16(d.p);
        o->has |= TCP_HAS_MSS;
    } else if (kind == TCP_OPT_WSCALE) {
        o->wscale = d.p[0] < TCP_WSCALE_MAX ? d.p[0] : TCP_WSCALE_MAX;
        o->has |= TCP_HAS_WSCALE;
    } else if (kind == TCP_OPT_SACK_OK) {
        o->has |= TCP_HAS_SACK_OK;
    } else {
        o->user_timeout = get16(d.p);
        o->has |= TCP_HAS_USER_TIMEOUT;
    }
    return true;
}

/* False: not one that we know, or not of a length that it can have. */
static bool tcp_opt_known(struct tcp_opts *o, uint8_t kind, struct hp_bytes d)
{
    switch (kind) {
    case TCP_OPT_TS: return tcp_opt_ts(o, d);
    case TCP_OPT_SACK: return tcp_opt_sack(o, d);
    case TCP_OPT_MSS: return d.n == 2 && tcp_opt_small(o, kind, d);
    case TCP_OPT_WSCALE: return d.n == 1 && tcp_opt_small(o, kind, d);
    case TCP_OPT_SACK_OK: return d.n == 0 && tcp_opt_small(o, kind, d);
    case TCP_OPT_USER_TIMEOUT: return d.n == 2 && tcp_opt_small(o, kind, d);
    case TCP_OPT_ACCECN0: return tcp_opt_accecn(o, d, TCP_HAS_ACCECN0);
    case TCP_OPT_ACCECN1: return tcp_opt_accecn(o, d, TCP_HAS_ACCECN1);
    case TCP_OPT_FASTOPEN: return tcp_opt_fastopen(o, d);
    case TCP_OPT_MD5: return d.n == 16 && tcp_opt_bytes(o, &o->md5, d, TCP_HAS_MD5);
    case TCP_OPT_AO: return d.n >= 2 && tcp_opt_bytes(o, &o->ao, d, TCP_HAS_AO);
    default: return false;
    }
}

bool tcp_opts_take(struct hp_bytes options, struct tcp_opts *o)
{
    assert(options.n <= TCP_OPTIONS_MAX);
    o->has = 0;
    o->other_count = 0;
    struct tcp_opt_walk w = {options, 0, false};
    struct tcp_opt opt;
    while (tcp_opt_next(&w, &opt)) {
        if (tcp_opt_known(o, opt.kind, opt.data) || o->other_count == TCP_OTHERS_MAX) continue;
        o->other[o->other_count++] = (struct hp_bytes){opt.data.p - 2, opt.data.n + 2};
        o->has |= TCP_HAS_OTHER;
    }
    return !w.bad;
}

/* ---- writing ---- */

static void tcp_opt_head(struct writer *w, enum tcp_opt_kind kind, size_t data)
{
    write8(w, kind);
    write8(w, (unsigned)data + 2);
}

static void tcp_opt_put(struct writer *w, enum tcp_opt_kind kind, struct hp_bytes d)
{
    tcp_opt_head(w, kind, d.n);
    write_bytes(w, d.p, d.n);
}

/* MSS, SACK permitted, timestamps, window scale: 20 bytes in a SYN without a byte of padding too many. */
static void tcp_opts_put_common(struct writer *w, const struct tcp_opts *o)
{
    if (o->has & TCP_HAS_MSS) write32(w, (uint32_t)TCP_OPT_MSS << 24 | 4u << 16 | o->mss);
    if (o->has & TCP_HAS_SACK_OK) write16(w, TCP_OPT_SACK_OK << 8 | 2);
    if (o->has & TCP_HAS_TS) {
        if (!(o->has & TCP_HAS_SACK_OK)) write16(w, TCP_OPT_NOP << 8 | TCP_OPT_NOP);
        write16(w, TCP_OPT_TS << 8 | 10);
        write32(w, o->ts_val);
        write32(w, o->ts_ecr);
    }
    if (o->has & TCP_HAS_WSCALE) write32(w, 0x01030300u | o->wscale);
}

static void tcp_opts_put_accecn(struct writer *w, const struct tcp_opts *o)
{
    assert(o->accecn_count <= 3);
    tcp_opt_head(w, o->has & TCP_HAS_ACCECN0 ? TCP_OPT_ACCECN0 : TCP_OPT_ACCECN1, 3u * o->accecn_count);
    for (int i = 0; i < o->accecn_count; i++) {
        write8(w, o->accecn[i] >> 16);
        write16(w, o->accecn[i] & 0xffff);
    }
}

static void tcp_opts_put_rare(struct writer *w, const struct tcp_opts *o)
{
    if (o->has & TCP_HAS_FASTOPEN) tcp_opt_put(w, TCP_OPT_FASTOPEN, o->fastopen);
    if (o->has & TCP_HAS_MD5) tcp_opt_put(w, TCP_OPT_MD5, o->md5);
    if (o->has & TCP_HAS_AO) tcp_opt_put(w, TCP_OPT_AO, o->ao);
    if (o->has & TCP_HAS_USER_TIMEOUT) {
        tcp_opt_head(w, TCP_OPT_USER_TIMEOUT, 2);
        write16(w, o->user_timeout);
    }
    if (o->has & (TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1)) tcp_opts_put_accecn(w, o);
    if (o->has & TCP_HAS_OTHER)
        for (int i = 0; i < o->other_count; i++) write_bytes(w, o->other[i].p, o->other[i].n);
}

/* As many blocks as there is room for, after NOPs that align them. */
static void tcp_opts_put_sack(struct writer *w, const struct tcp_opts *o)
{
    assert(o->sack_count <= TCP_SACKS_MAX);
    unsigned pad = (unsigned)(2 - writer_used(w)) & 3, count = o->sack_count;
    size_t room = (size_t)(w->end - w->p);
    while (count > 0 && pad + 2 + 8 * count > room) count--;
    if (count == 0) return;
    for (unsigned i = 0; i < pad; i++) write8(w, TCP_OPT_NOP);
    tcp_opt_head(w, TCP_OPT_SACK, 8 * count);
    for (unsigned i = 0; i < count; i++) {
        write32(w, o->sack[i].left);
        write32(w, o->sack[i].right);
    }
}

size_t tcp_opts_write(uint8_t *out, size_t n, const struct tcp_opts *o)
{
    struct writer w = writer_of(out, n < TCP_OPTIONS_MAX ? n & ~(size_t)3 : TCP_OPTIONS_MAX);
    tcp_opts_put_common(&w, o);
    tcp_opts_put_rare(&w, o);
    if (o->has & TCP_HAS_SACK) tcp_opts_put_sack(&w, o);
    while (writer_used(&w) % 4) write8(&w, TCP_OPT_NOP);
    return w.full ? 0 : writer_used(&w);
}
