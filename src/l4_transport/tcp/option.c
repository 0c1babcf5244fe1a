/* TCP: socket options, and TCP_INFO.  Values were checked by the table of layer 5. */
#include "l4_transport/tcp/tcp.h"

enum { OPTION_BUF_MIN = 2048, OPTION_BUF_MAX = 1 << 30 };

/* Options that are one flag. */
static uint32_t tcp_flag_of(enum hp_opt opt)
{
    switch (opt) {
    case HP_SO_REUSEADDR: return TF_REUSEADDR;
    case HP_SO_REUSEPORT: return TF_REUSEPORT;
    case HP_SO_KEEPALIVE: return TF_KEEPALIVE;
    case HP_SO_OOBINLINE: return TF_OOBINLINE;
    case HP_IPV6_V6ONLY:  return TF_V6ONLY;
    case HP_TCP_NODELAY:  return TF_NODELAY;
    case HP_TCP_CORK:     return TF_CORK;
    default:              return 0;
    }
}

/* Who may share a port is settled by bind(). */
static bool tcp_opt_settled(const struct tcp *t, enum hp_opt opt)
{
    bool early = opt == HP_SO_REUSEADDR || opt == HP_SO_REUSEPORT || opt == HP_IPV6_V6ONLY || opt == HP_SO_BINDTODEVICE;
    return early && (t->flags & TF_BOUND || t->state != TCP_CLOSED);
}

static uint32_t tcp_opt_buf(int v) { return v < OPTION_BUF_MIN ? OPTION_BUF_MIN : v > OPTION_BUF_MAX ? OPTION_BUF_MAX : (uint32_t)v; }

static int tcp_set_flag(struct tcp *t, enum hp_opt opt, uint32_t flag, int v)
{
    t->flags = v ? t->flags | flag : t->flags & ~flag;
    if (opt == HP_SO_KEEPALIVE) tcp_keep_arm(t);
    if (opt == HP_TCP_NODELAY || opt == HP_TCP_CORK) sock_mark_tx(&t->sock); /* what was held back may go */
    return HP_OK;
}

static int tcp_set_link(struct tcp *t, int link)
{
    if (link && !link_get(t->sock.stack, link)) return HP_ENOENT;
    t->node.link = (uint16_t)link;
    return HP_OK;
}

static int tcp_set_int(struct tcp *t, enum hp_opt opt, int v)
{
    switch (opt) {
    case HP_SO_RCVBUF:
        t->rcvbuf = tcp_opt_buf(v);
        t->flags |= TF_RCVBUF_SET;
        return HP_OK;
    case HP_SO_SNDBUF:
        t->sndbuf = tcp_opt_buf(v);
        t->flags |= TF_SNDBUF_SET;
        return HP_OK;
    case HP_SO_BINDTODEVICE: return tcp_set_link(t, v);
    case HP_IP_TTL: t->opt_ttl = (uint8_t)(v < 0 ? 0 : v); return HP_OK;
    case HP_IP_TOS: t->tos = (uint8_t)(v & ~3); return HP_OK; /* ECN is TCP's own */
    case HP_IP_MTU_DISCOVER: return v ? HP_OK : HP_EOPNOTSUPP;
    case HP_TCP_MAXSEG:
        if (v && v < TCP_MSS_MIN) return HP_EINVAL;
        t->user_mss = (uint16_t)v;
        if (t->state != TCP_CLOSED && t->state != TCP_LISTEN) tcp_set_mss(t);
        return HP_OK;
    case HP_TCP_QUICKACK: t->quick = v ? TCP_QUICK_ACKS : 0; return HP_OK;
    default: break;
    }
    bool rare = opt == HP_SO_RCVLOWAT || opt == HP_TCP_KEEPCNT || opt == HP_TCP_SYNCNT;
    if (!rare) return HP_ENOPROTOOPT;
    if (!tcp_rare(t)) return HP_ENOMEM;
    if (opt == HP_SO_RCVLOWAT) t->rare->rcvlowat = (uint32_t)v;
    else if (opt == HP_TCP_KEEPCNT) t->rare->keep_count = (uint16_t)v;
    else t->rare->syn_retries = (uint8_t)v;
    return HP_OK;
}

static int tcp_set_time(struct tcp *t, enum hp_opt opt, hp_time v)
{
    if (opt != HP_TCP_USER_TIMEOUT && opt != HP_TCP_KEEPIDLE && opt != HP_TCP_KEEPINTVL) return HP_ENOPROTOOPT;
    if (!tcp_rare(t)) return HP_ENOMEM;
    if (opt == HP_TCP_USER_TIMEOUT) t->rare->user_timeout = v;
    else if (opt == HP_TCP_KEEPIDLE) t->rare->keep_idle = v;
    else t->rare->keep_interval = v;
    if (opt == HP_TCP_KEEPIDLE) tcp_keep_arm(t);
    return HP_OK;
}

static int tcp_set_linger(struct tcp *t, const struct hp_linger *l)
{
    if (!tcp_rare(t)) return HP_ENOMEM;
    t->rare->linger_on = l->on != 0;
    t->rare->linger = l->time;
    return HP_OK;
}

const char *hp_congestion_name(int i)
{
    int count = 0;
    while (hp_congestion[count]) count++;
    assert(count <= CC_KINDS_MAX);
    return i >= 0 && i < count ? hp_congestion[i]->name : NULL;
}

static int tcp_set_cc(struct tcp *t, const char *name, size_t n)
{
    if (n && !name[n - 1]) n--;
    for (const struct hp_cc *const *c = hp_congestion; *c; c++) {
        if (strlen((*c)->name) != n || memcmp((*c)->name, name, n) != 0) continue;
        struct cc_told told = tcp_tell(t);
        t->cc_kind = *c;
        memset(t->cc.state, 0, sizeof t->cc.state);
        if ((*c)->start) (*c)->start(&t->cc, &told);
        return HP_OK;
    }
    return HP_ENOENT;
}

int tcp_setopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n)
{
    struct tcp *t = (struct tcp *)sock;
    if (tcp_opt_settled(t, opt)) return HP_EINVAL;
    if (opt == HP_TCP_CONGESTION) return tcp_set_cc(t, value, n);
    if (opt == HP_SO_LINGER) return n == sizeof(struct hp_linger) ? tcp_set_linger(t, value) : HP_EINVAL;
    if (n == sizeof(hp_time)) {
        hp_time v;
        memcpy(&v, value, sizeof v);
        return tcp_set_time(t, opt, v);
    }
    int v;
    if (n != sizeof v) return HP_EINVAL;
    memcpy(&v, value, sizeof v);
    uint32_t flag = tcp_flag_of(opt);
    return flag ? tcp_set_flag(t, opt, flag, v) : tcp_set_int(t, opt, v);
}

/* ---- getting ---- */

static uint64_t tcp_bytes_acked(const struct tcp *t)
{
    uint64_t n = (uint64_t)t->una_wraps << 32 | (uint32_t)(t->snd_una - t->iss);
    return n > 0 ? n - 1 - (t->flags & TF_FIN && t->snd_una == t->snd_end + 1) : 0; /* without SYN and FIN */
}

static uint64_t tcp_bytes_received(const struct tcp *t)
{
    uint64_t n = (uint64_t)t->nxt_wraps << 32 | (uint32_t)(t->rcv_nxt - t->irs);
    return n > 0 ? n - 1 - !!(t->flags & TF_RCVD_FIN) : 0;
}

static void tcp_info(const struct tcp *t, struct hp_tcp_info *i)
{
    uint32_t flight = t->snd_nxt - t->snd_una;
    *i = (struct hp_tcp_info){
        .state = tcp_state_name(t->state), .cc = t->cc_kind->name, .rto = tcp_rto(t), .rtt = HP_US(t->srtt_us),
        .rttvar = HP_US(t->rttvar_us), .min_rtt = HP_US(t->min_rtt_us), .snd_mss = t->snd_mss, .rcv_mss = t->rcv_mss,
        .pmtu = t->path.mtu, .snd_cwnd = t->cc.cwnd, .snd_ssthresh = t->cc.ssthresh, .snd_wnd = t->snd_wnd,
        .rcv_wnd = t->rcv_adv - t->rcv_nxt, .snd_wscale = t->snd_wscale, .rcv_wscale = t->rcv_wscale,
        .sack = t->flags & TF_SACK, .timestamps = t->flags & TF_TS, .wscale_ok = t->flags & TF_WSCALE,
        .bytes_acked = tcp_bytes_acked(t), .bytes_received = tcp_bytes_received(t), .bytes_retrans = t->bytes_rtx,
        .segs_out = t->segs_out, .segs_in = t->segs_in, .data_segs_out = t->data_out, .data_segs_in = t->data_in,
        .retrans = t->rtxs, .rtos = t->rtos, .fast_recoveries = t->recoveries, .dup_acks = t->dup_acks, .sacked = t->sacked,
        .lost = t->lost, .in_flight = tcp_pipe(t), .sndbuf = tcp_sndbuf(t), .rcvbuf = t->rcvbuf,
        .snd_queued = t->snd_end - t->snd_una, .rcv_queued = t->rcv_queued,
    };
    i->bytes_sent = i->bytes_acked + flight + t->bytes_rtx;
}

static int tcp_give(void *value, size_t *n, const void *from, size_t size)
{
    if (*n < size) return HP_EINVAL;
    memcpy(value, from, size);
    *n = size;
    return HP_OK;
}

static int tcp_get_int(const struct tcp *t, enum hp_opt opt, int *v)
{
    const struct tcp_rare *r = t->rare;
    switch (opt) {
    case HP_SO_RCVBUF: *v = (int)t->rcvbuf; return HP_OK;
    case HP_SO_SNDBUF: *v = (int)tcp_sndbuf(t); return HP_OK;
    case HP_SO_RCVLOWAT: *v = r && r->rcvlowat ? (int)r->rcvlowat : 1; return HP_OK;
    case HP_SO_BINDTODEVICE: *v = t->node.link; return HP_OK;
    case HP_IP_TTL: *v = t->opt_ttl ? t->opt_ttl : IP_TTL_DEFAULT; return HP_OK;
    case HP_IP_TOS: *v = t->tos; return HP_OK;
    case HP_IP_MTU_DISCOVER: *v = 1; return HP_OK;
    case HP_TCP_MAXSEG: *v = t->snd_mss ? t->snd_mss : t->user_mss ? t->user_mss : TCP_MSS_DEFAULT; return HP_OK;
    case HP_TCP_QUICKACK: *v = t->quick > 0; return HP_OK;
    case HP_TCP_KEEPCNT: *v = r && r->keep_count ? r->keep_count : (int)t->host->keep_count; return HP_OK;
    case HP_TCP_SYNCNT: *v = r && r->syn_retries ? r->syn_retries : (int)t->host->syn_retries; return HP_OK;
    default: return HP_ENOPROTOOPT;
    }
}

static int tcp_get_time(const struct tcp *t, enum hp_opt opt, hp_time *v)
{
    const struct tcp_rare *r = t->rare;
    switch (opt) {
    case HP_TCP_USER_TIMEOUT: *v = r ? r->user_timeout : 0; return HP_OK;
    case HP_TCP_KEEPIDLE: *v = r && r->keep_idle ? r->keep_idle : HP_MS(t->host->keep_idle_ms); return HP_OK;
    case HP_TCP_KEEPINTVL: *v = r && r->keep_interval ? r->keep_interval : HP_MS(t->host->keep_interval_ms); return HP_OK;
    default: return HP_ENOPROTOOPT;
    }
}

int tcp_getopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n)
{
    const struct tcp *t = (const struct tcp *)sock;
    struct hp_tcp_info info;
    struct hp_linger linger = {0};
    hp_time time;
    int v;
    uint32_t flag = tcp_flag_of(opt);
    if (opt == HP_TCP_CONGESTION) return tcp_give(value, n, t->cc_kind->name, strlen(t->cc_kind->name) + 1);
    if (opt == HP_TCP_INFO) {
        tcp_info(t, &info);
        return tcp_give(value, n, &info, sizeof info);
    }
    if (opt == HP_SO_LINGER) {
        if (t->rare) linger = (struct hp_linger){t->rare->linger_on, t->rare->linger};
        return tcp_give(value, n, &linger, sizeof linger);
    }
    if (tcp_get_time(t, opt, &time) == HP_OK) return tcp_give(value, n, &time, sizeof time);
    v = flag && t->flags & flag ? 1 : 0;
    int err = flag ? HP_OK : tcp_get_int(t, opt, &v);
    return err ? err : tcp_give(value, n, &v, sizeof v);
}
