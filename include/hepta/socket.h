/* Sockets: POSIX names and meanings, objects instead of numbers, hp_err instead of errno.
 *
 * A socket is dual-stack: it talks IPv4 and IPv6 unless HP_IPV6_V6ONLY is set or it is bound to an address of one version.
 * Outside a program (proc.h) no call blocks: HP_EAGAIN, and readiness comes by hp_next_ready().  Inside a program the
 * same calls wait in the stack's time unless the socket is non-blocking or HP_MSG_DONTWAIT is given. */
#ifndef HEPTA_SOCKET_H
#define HEPTA_SOCKET_H

#include "hepta/stack.h"
#include "hepta/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hp_sock;

enum hp_sock_type {
    HP_STREAM,      /* TCP                                                                              */
    HP_DGRAM,       /* UDP                                                                              */
    HP_RAW,         /* IP packets of one protocol (`protocol` = its number), header included on receive */
    HP_PING,        /* ICMP echo: what is sent is the payload of an echo request, kernel-style          */
    HP_CHANGES,     /* no packets: what changed in the network layer; `protocol` = which enum hp_changed bits, 0 = all */
};

/* HP_CHANGES: readable when something changed since it was last read; hp_recv() gives one uint32_t of these bits. */
enum hp_changed {
    HP_CHANGED_LINKS     = 1 << 0,  /* a link came, went, gained or lost its carrier, was switched on or off */
    HP_CHANGED_ADDRESSES = 1 << 1,
    HP_CHANGED_ROUTES    = 1 << 2,  /* also when an address or link takes its own along */
};

int hp_socket(struct hp_stack *s, enum hp_sock_type type, int protocol, struct hp_sock **out);
int hp_bind(struct hp_sock *sock, const struct hp_endpoint *local);
int hp_listen(struct hp_sock *sock, int backlog);
int hp_accept(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer);   /* peer may be NULL */
/* Streams: HP_EINPROGRESS, and in a program how it ended, or HP_ETIMEDOUT after HP_SO_SNDTIMEO.  Datagrams: at once; NULL dissolves it. */
int hp_connect(struct hp_sock *sock, const struct hp_endpoint *peer);
enum { HP_SHUT_RD = 0, HP_SHUT_WR = 1, HP_SHUT_RDWR = 2 };
int hp_shutdown(struct hp_sock *sock, int how);
int hp_close(struct hp_sock *sock);       /* the handle is gone; the connection closes by itself (or by SO_LINGER) */
                                          /* programs that wait for it are answered HP_ECANCELED                    */
int hp_local(const struct hp_sock *sock, struct hp_endpoint *out);
int hp_peer(const struct hp_sock *sock, struct hp_endpoint *out);

enum hp_msg_flag {
    HP_MSG_DONTWAIT = 1 << 0,
    HP_MSG_PEEK     = 1 << 1,
    HP_MSG_OOB      = 1 << 2,   /* urgent data, RFC 6093                                            */
    HP_MSG_MORE     = 1 << 3,   /* more follows at once: do not send a short segment yet            */
    HP_MSG_TRUNC    = 1 << 4,   /* datagrams: answer the whole length                               */
    HP_MSG_WAITALL  = 1 << 5,
};

/* Answer the number of bytes, 0 = the peer has closed (streams), or an error. */
int64_t hp_send(struct hp_sock *sock, const void *data, size_t n, unsigned flags);
int64_t hp_recv(struct hp_sock *sock, void *data, size_t n, unsigned flags);
int64_t hp_sendto(struct hp_sock *sock, const void *data, size_t n, unsigned flags, const struct hp_endpoint *to);

/* What came with a datagram. */
struct hp_recv_info {
    struct hp_endpoint from, to;   /* of an error: who reported it, and where the datagram had been sent */
    uint16_t link;
    uint8_t ttl, tos;
    bool truncated;
    uint16_t seq;                  /* ping sockets: which echo request this answers (the n-th that was sent has n) */
    uint8_t icmp_type, icmp_code;  /* ping sockets: what kind of answer; errors queued by ICMP */
    int error;                     /* ping and raw sockets: HP_OK, or the error that an ICMP message stands for */
    hp_time time;
    uint64_t pkt_id;
};
int64_t hp_recvfrom(struct hp_sock *sock, void *data, size_t n, unsigned flags, struct hp_recv_info *info);

/* ---- zero copy ----
 * hp_send_ref keeps a reference to the caller's bytes until every one of them is acknowledged or the socket is gone, then calls
 * done() once, from within hp_step or hp_close.  All or nothing: n, or an error and done() is not called. */
int64_t hp_send_ref(struct hp_sock *sock, const void *data, size_t n, unsigned flags, void (*done)(void *ctx), void *ctx);
/* Shows what can be read, in place; answers how many parts were filled.  Valid until hp_recv_release, which
 * consumes n bytes, or the next call on this socket. */
int hp_recv_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max);
int hp_recv_release(struct hp_sock *sock, size_t n);

/* ---- readiness ---- */
enum hp_ready {
    HP_READABLE  = 1 << 0,   /* recv or accept gives something, or end of stream */
    HP_WRITABLE  = 1 << 1,   /* one byte can be sent; a connect() has ended well */
    HP_HUP       = 1 << 2,   /* the peer has closed its side                     */
    HP_ERROR     = 1 << 3,   /* HP_SO_ERROR has it                               */
    HP_URGENT    = 1 << 4,
};
unsigned hp_ready(const struct hp_sock *sock);            /* by level: what holds now */
/* By edge: the sockets whose readiness gained something since they were last answered here, oldest first; NULL = no more.
 * *what = what was gained.  Ask after each hp_step. */
struct hp_sock *hp_next_ready(struct hp_stack *s, unsigned *what);
void hp_sock_set_user(struct hp_sock *sock, void *user);
void *hp_sock_user(const struct hp_sock *sock);
struct hp_stack *hp_sock_stack(const struct hp_sock *sock);

/* ---- options ---- */
enum hp_opt {
    HP_SO_ERROR,          /* int: read and clear                                          */
    HP_SO_TYPE,           /* int, get                                                     */
    HP_SO_REUSEADDR,      /* int 0/1                                                      */
    HP_SO_REUSEPORT,      /* int 0/1: several sockets share a port; flows are spread by hash */
    HP_SO_BROADCAST,      /* int 0/1                                                      */
    HP_SO_KEEPALIVE,      /* int 0/1                                                      */
    HP_SO_LINGER,         /* struct hp_linger                                             */
    HP_SO_RCVBUF,         /* int bytes; setting it ends autotuning                        */
    HP_SO_SNDBUF,         /* int bytes; setting it ends autotuning                        */
    HP_SO_RCVLOWAT,       /* int bytes                                                    */
    HP_SO_NONBLOCK,       /* int 0/1: programs do not wait on this socket                 */
    HP_SO_RCVTIMEO,       /* hp_time: how long programs wait, 0 = for ever                */
    HP_SO_SNDTIMEO,       /* hp_time                                                      */
    HP_SO_BINDTODEVICE,   /* int link index, 0 = any                                      */
    HP_SO_OOBINLINE,      /* int 0/1 (default 1, RFC 6093)                                */
    HP_IP_TTL,            /* int 1..255, -1 = default: hop limit of both versions         */
    HP_IP_TOS,            /* int 0..255: DSCP and ECN of both versions                    */
    HP_IP_MULTICAST_TTL,  /* int                                                          */
    HP_IP_MULTICAST_LOOP, /* int 0/1 (default 1): listeners of this machine hear it, too  */
    HP_IP_MTU_DISCOVER,   /* int 0/1: set DF (TCP: 1)                                     */
    HP_IP_RECVERR,        /* int 0/1: ICMP errors of unconnected datagrams are reported   */
    HP_IPV6_V6ONLY,       /* int 0/1                                                      */
    HP_TCP_NODELAY,       /* int 0/1                                                      */
    HP_TCP_CORK,          /* int 0/1                                                      */
    HP_TCP_MAXSEG,        /* int                                                          */
    HP_TCP_CONGESTION,    /* char[], "cubic", "reno"                                      */
    HP_TCP_USER_TIMEOUT,  /* hp_time, 0 = the stack's default                             */
    HP_TCP_KEEPIDLE,      /* hp_time                                                      */
    HP_TCP_KEEPINTVL,     /* hp_time                                                      */
    HP_TCP_KEEPCNT,       /* int                                                          */
    HP_TCP_QUICKACK,      /* int 0/1                                                      */
    HP_TCP_SYNCNT,        /* int                                                          */
    HP_TCP_INFO,          /* struct hp_tcp_info, get                                      */
    HP_OPT_COUNT
};
struct hp_linger {
    int on;
    hp_time time;
};
int hp_setsockopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n);
int hp_getsockopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n);
const char *hp_opt_name(enum hp_opt opt);
/* The i-th congestion control (0..), NULL past the last: [0] is the default; the setting "tcp.congestion" is its number. */
const char *hp_congestion_name(int i);

/* How a TCP connection is; names as in Linux's tcp_info where they mean the same. */
struct hp_tcp_info {
    const char *state;              /* RFC 9293's words: "ESTABLISHED", ...  */
    const char *cc;                 /* "cubic"                               */
    hp_time rto, rtt, rttvar, min_rtt;
    uint32_t snd_mss, rcv_mss, pmtu;
    uint32_t snd_cwnd, snd_ssthresh;          /* bytes; ssthresh UINT32_MAX = not yet set */
    uint32_t snd_wnd, rcv_wnd;                /* bytes                       */
    uint8_t snd_wscale, rcv_wscale;
    bool sack, timestamps, wscale_ok;
    uint64_t bytes_sent, bytes_acked, bytes_received, bytes_retrans;
    uint64_t segs_out, segs_in, data_segs_out, data_segs_in;
    uint32_t retrans, rtos, fast_recoveries, dup_acks, sacked, lost, in_flight;
    uint32_t sndbuf, rcvbuf, snd_queued, rcv_queued;
};

#ifdef __cplusplus
}
#endif
#endif
