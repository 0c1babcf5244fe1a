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

static bool tcp_opt_sack(struct tcp_opts *o, const uint8_t *p, unsigned n)
{
    o->sack_count = (uint8_t)((n - 2) / 8);
    for (unsigned i = 0; i < o->sack_count; i++)
        o->sack[i] = (struct tcp_sack){get32(p + 2 + 8 * i), get32(p + 6 + 8 * i)};
    o->has |= TCP_HAS_SACK;
    return true;
}

/* RFC 9768 3.2.3: no, one, two or three counters of 24 bits. */
static bool tcp_opt_accecn(struct tcp_opts *o, const uint8_t *p, unsigned n)
{
    if ((n - 2) % 3 || n > 11) return false;
    o->accecn_count = (uint8_t)((n - 2) / 3);
    for (unsigned i = 0; i < o->accecn_count; i++) o->accecn[i] = get24(p + 2 + 3 * i);
    o->has &= (uint16_t)~(TCP_HAS_ACCECN0 | TCP_HAS_ACCECN1);
    o->has |= p[0] == TCP_OPT_ACCECN0 ? TCP_HAS_ACCECN0 : TCP_HAS_ACCECN1;
    return true;
}

static bool tcp_opt_bytes(struct tcp_opts *o, struct hp_bytes *to, const uint8_t *p, unsigned n, unsigned has)
{
    *to = bytes_of(p + 2, n - 2);
    o->has |= (uint16_t)has;
    return true;
}

/* Those of any length, or rare. */
static bool tcp_opt_rare(struct tcp_opts *o, const uint8_t *p, unsigned n)
{
    switch (p[0]) {
    case TCP_OPT_ACCECN0:
    case TCP_OPT_ACCECN1: return tcp_opt_accecn(o, p, n);
    case TCP_OPT_FASTOPEN:      /* RFC 7413 2: a cookie of 4 to 16 bytes, even; or none */
        if (n != 2 && (n < 6 || n > 18 || n % 2)) return false;
        return tcp_opt_bytes(o, &o->fastopen, p, n, TCP_HAS_FASTOPEN);
    case TCP_OPT_MD5: return n == 18 && tcp_opt_bytes(o, &o->md5, p, n, TCP_HAS_MD5);
    case TCP_OPT_AO: return n >= 4 && tcp_opt_bytes(o, &o->ao, p, n, TCP_HAS_AO);
    default: return false;
    }
}

/* Kind and length as one number: an option of a wrong length is none that we know. */
#define TCP_OPT_OF(kind, length) ((unsigned)(kind) << 8 | (length))

/* False: not one that we know, or not of a length that it can have. */
static inline bool tcp_opt_known(struct tcp_opts *o, const uint8_t *p, unsigned n)
{
    switch (get16(p)) {
    case TCP_OPT_OF(TCP_OPT_MSS, 4):
        o->mss = get16(p + 2);
        o->has |= TCP_HAS_MSS;
        return true;
    case TCP_OPT_OF(TCP_OPT_WSCALE, 3):
        o->wscale = p[2] < TCP_WSCALE_MAX ? p[2] : TCP_WSCALE_MAX;
        o->has |= TCP_HAS_WSCALE;
        return true;
    case TCP_OPT_OF(TCP_OPT_SACK_OK, 2): o->has |= TCP_HAS_SACK_OK; return true;
    case TCP_OPT_OF(TCP_OPT_TS, 10):
        o->ts_val = get32(p + 2);
        o->ts_ecr = get32(p + 6);
        o->has |= TCP_HAS_TS;
        return true;
    case TCP_OPT_OF(TCP_OPT_SACK, 10):
    case TCP_OPT_OF(TCP_OPT_SACK, 18):
    case TCP_OPT_OF(TCP_OPT_SACK, 26):
    case TCP_OPT_OF(TCP_OPT_SACK, 34): return tcp_opt_sack(o, p, n);
    case TCP_OPT_OF(TCP_OPT_USER_TIMEOUT, 4):
        o->user_timeout = get16(p + 2);
        o->has |= TCP_HAS_USER_TIMEOUT;
        return true;
    default: return tcp_opt_rare(o, p, n);
    }
}

static void tcp_opt_other(struct tcp_opts *o, const uint8_t *p, unsigned n)
{
    if (o->other_count == TCP_OTHERS_MAX) return;
    o->other[o->other_count++] = bytes_of(p, n);
    o->has |= TCP_HAS_OTHER;
}

bool tcp_opts_take(struct hp_bytes options, struct tcp_opts *o)
{
    assert(options.n <= TCP_OPTIONS_MAX);
    const uint8_t *p = options.p, *end = p + options.n;
    o->has = 0;
    o->other_count = 0;
    while (p < end && p[0] != TCP_OPT_END) {
        if (p[0] == TCP_OPT_NOP) {
            p++;
            continue;
        }
        if (end - p < 2 || p[1] < 2 || p[1] > end - p) return false;
        if (!tcp_opt_known(o, p, p[1])) tcp_opt_other(o, p, p[1]);
        p += p[1];
    }
    return true;
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
