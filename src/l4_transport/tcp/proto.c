/* TCP (RFC 9293): the protocol's entry in the tables of the stack: settings, counters, socket kind, start and stop. */
#include "l4_transport/tcp/tcp.h"

#define TCP_SET(field, unit, text, initial, min, max) {#field, unit, text, (uint32_t)offsetof(struct tcp_host, field), initial, min, max}
#define TCP_COUNT(field, text) HP_COUNTER(struct tcp_host, field, text)

static const struct hp_setting tcp_settings[] = {
    TCP_SET(rto_min_ms, "ms", "least retransmission timeout (RFC 6298 says 1000)", 200, 1, 60000),
    TCP_SET(rto_initial_ms, "ms", "retransmission timeout before the first sample", 1000, 10, 60000),
    TCP_SET(rto_max_ms, "ms", "greatest retransmission timeout", 60000, 1000, 600000),
    TCP_SET(time_wait_ms, "ms", "how long TIME-WAIT lasts: twice the MSL", 60000, 0, 600000),
    TCP_SET(fin_wait_ms, "ms", "how long a closed socket waits in FIN-WAIT-2 for the peer's FIN", 60000, 100, 3600000),
    TCP_SET(delack_ms, "ms", "how long an ACK may wait for company (RFC 9293 3.8.6.3: 500 at most)", 40, 1, 500),
    TCP_SET(user_timeout_ms, "ms", "how long data may stay unacknowledged before the connection is given up", 300000, 1000, 86400000),
    TCP_SET(rcvbuf, "bytes", "receive buffer at first", 131072, 2048, 1 << 30),
    TCP_SET(rcvbuf_max, "bytes", "what the receive buffer may grow to", 6 << 20, 2048, 1 << 30),
    TCP_SET(sndbuf, "bytes", "send buffer at first", 131072, 2048, 1 << 30),
    TCP_SET(sndbuf_max, "bytes", "what the send buffer may grow to", 4 << 20, 2048, 1 << 30),
    TCP_SET(syn_retries, "times", "how often a SYN is retransmitted", 6, 0, 30),
    TCP_SET(synack_retries, "times", "how often a SYN-ACK is retransmitted", 5, 0, 30),
    TCP_SET(keep_idle_ms, "ms", "idle time before the first keepalive probe", 7200000, 1, INT32_MAX),
    TCP_SET(keep_interval_ms, "ms", "time between keepalive probes", 75000, 1, INT32_MAX),
    TCP_SET(keep_count, "times", "keepalive probes without an answer before the connection is given up", 9, 1, 255),
    TCP_SET(orphans_max, "connections", "closed sockets whose connections still wait for the peer", 4096, 0, 1 << 24),
    TCP_SET(waits_max, "connections", "connections in TIME-WAIT", 262144, 0, 1 << 24),
    TCP_SET(accept_timeout_ms, "ms", "how long a connection waits for accept() before it is reset", 120000, 100, INT32_MAX),
    TCP_SET(initial_window, "segments", "initial congestion window (RFC 6928)", 10, 1, 1000),
    TCP_SET(timestamps, "0/1", "offer timestamps (RFC 7323)", 1, 0, 1),
    TCP_SET(sack, "0/1", "offer selective acknowledgments (RFC 2018)", 1, 0, 1),
    TCP_SET(window_scaling, "0/1", "offer window scaling (RFC 7323)", 1, 0, 1),
    TCP_SET(rsts_per_s, "per second", "RSTs for segments that belong to no connection", 1000, 0, 1 << 24),
    TCP_SET(cork_ms, "ms", "how long corked data waits at most", 200, 1, 60000),
    TCP_SET(congestion, "number", "congestion control of new connections: hp_congestion_name() has the list", 0, 0, CC_KINDS_MAX - 1),
    {0},
};

static const struct hp_counter tcp_counters[] = {
    TCP_COUNT(segments_in, "segments received"),
    TCP_COUNT(segments_out, "segments sent"),
    TCP_COUNT(retransmits, "segments sent again"),
    TCP_COUNT(timeouts, "retransmission timeouts"),
    TCP_COUNT(fast_recoveries, "times that fast recovery began"),
    TCP_COUNT(undos, "losses that turned out to be none"),
    TCP_COUNT(opens_active, "connections opened from here"),
    TCP_COUNT(opens_passive, "connections opened by peers"),
    TCP_COUNT(established, "connections that were established"),
    TCP_COUNT(resets_in, "connections reset by the peer"),
    TCP_COUNT(resets_out, "RSTs sent"),
    TCP_COUNT(challenge_acks, "challenge ACKs sent (RFC 5961)"),
    TCP_COUNT(dup_acks_in, "duplicate ACKs received"),
    TCP_COUNT(sacks_in, "ACKs with SACK blocks received"),
    TCP_COUNT(dsacks_in, "duplicate SACKs received (RFC 2883)"),
    TCP_COUNT(probes, "window probes sent"),
    TCP_COUNT(keepalives, "keepalive probes sent"),
    TCP_COUNT(syn_drops, "SYNs that found no room"),
    TCP_COUNT(time_waits, "connections that entered TIME-WAIT"),
    TCP_COUNT(ooo_in, "segments received out of order"),
    TCP_COUNT(acks_delayed, "ACKs that the delayed ACK timer sent"),
    {0},
};

static int tcp_open(struct hp_sock *sock, int protocol)
{
    if (protocol && protocol != IPPROTO_TCP_) return HP_EOPNOTSUPP;
    struct tcp_host *h = stack_state(sock->stack, &tcp_proto);
    return h ? tcp_init((struct tcp *)sock, h) : HP_EOPNOTSUPP;
}

static int tcp_sock_bind(struct hp_sock *sock, const struct hp_endpoint *local)
{
    return tcp_bind((struct tcp *)sock, &local->ip, local->port, local->link);
}

const struct hp_sock_kind tcp_sock_kind = {
    .name = "tcp", .type = HP_STREAM, .size = sizeof(struct tcp), .open = tcp_open, .bind = tcp_sock_bind,
    .listen = tcp_listen, .accept = tcp_accept, .connect = tcp_connect, .send = tcp_send, .recv = tcp_recv,
    .borrow = tcp_borrow, .release = tcp_release, .shutdown = tcp_shutdown, .close = tcp_close, .ready = tcp_ready,
    .local = tcp_local, .peer = tcp_peer, .setopt = tcp_setopt, .getopt = tcp_getopt, .tx = tcp_tx,
};

static const struct hp_sock_kind *const tcp_sockets[] = {&tcp_sock_kind, NULL};

static int tcp_start(struct hp_stack *s, void *state)
{
    struct tcp_host *h = state;
    h->stack = s;
    h->flow_key = key_derive(&s->key, "tcp flow");
    h->isn_key = key_derive(&s->key, "tcp isn");
    h->ts_key = key_derive(&s->key, "tcp timestamp");
    h->wait_last = &h->wait;
    h->wait_timer.fire = tcp_wait_fire;
    h->wait_timer.at = HP_NEVER;
    return HP_OK;
}

static void tcp_stop(struct hp_stack *s, void *state)
{
    struct tcp_host *h = state;
    if (!h->stack) return;
    tcp_end_all(h);
    while (h->wait) tcp_wait_end(h, h->wait);
    timer_remove(s, &h->wait_timer);
    map_free(&h->flows, s->mem);
    map_free(&h->ports, s->mem);
}

const struct hp_proto tcp_proto = {
    .name = "tcp", .layer = 4, .table = BY_IPPROTO, .number = IPPROTO_TCP_, .state_size = sizeof(struct tcp_host),
    .start = tcp_start, .stop = tcp_stop, .rx = tcp_rx, .error = tcp_error, .counters = tcp_counters,
    .settings = tcp_settings, .sockets = tcp_sockets,
};
