/* TCP: what its files share.  The files follow the chapters of RFC 9293:
 *
 *   proto.c   the protocol's table, start and stop       state.c     states and their transitions, birth and death
 *   demux.c   who a segment belongs to, binds            open.c      connect, ISNs, SYN options (3.4, 3.5)
 *   listen.c  half-open connections, accept (3.5)        input.c     SEGMENT ARRIVES (3.10.7)
 *   ack.c     acknowledgments, RTT, windows (3.8)        text.c      received data, in and out of order (3.4, 3.10.7.4)
 *   sack.c    SACK, both directions                      recovery.c  fast retransmit, undo (RFC 5681, 6582, 6675)
 *   output.c  what to send (3.7, 3.8.6)                   segment.c segments (3.1)
 *   queue.c    the send queue and the record of what was sent
 *   rtx.c     retransmission, persist (3.8)              window.c    receive window, autotuning (3.8.6)
 *   timer.c   one timer per connection                   keepalive.c (3.8.4)
 *   close.c   close, shutdown, RST (3.6)                 timewait.c  TIME-WAIT
 *   urgent.c  (3.8.5, RFC 6093)                          error.c     what ICMP said (3.9.2.2)
 *   user.c    send, receive, ready (3.9.1)               option.c    socket options, tcp_info
 *
 * Invariants: snd_una <= snd_nxt <= snd_end + 1 (FIN); the records of queue.c cover [snd_una, snd_nxt) without gaps;
 * the right edge of the receive window, rcv_adv, never moves back. */
#ifndef L4_TCP_H
#define L4_TCP_H

#include "l4_transport/tcp/cc.h"
#include "l4_transport/transport.h"
#include "wire/sum.h"
#include "wire/tcp.h"

enum tcp_state {
    TCP_CLOSED, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
    TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK, TCP_TIME_WAIT, TCP_STATES
};

enum {
    TCP_MSS_DEFAULT = 536,          /* RFC 9293 3.7.1, IPv4 */
    TCP_MSS_DEFAULT6 = 1220,
    TCP_MSS_MIN = 88,               /* less from a peer is taken as this (CVE-2019-11479) */
    TCP_WINDOW_MAX = 65535,
    TCP_DUPTHRESH = 3,
    TCP_BURST_MAX = 128,            /* segments a connection may send per step */
    TCP_SENDQ_CHUNK_MAX = 65536,
    TCP_OOO_RUNS_MAX = 1024,        /* islands of out-of-order data per connection */
    TCP_FLAGS_KNOWN = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG,
    TCP_QUICK_ACKS = 16,            /* segments acknowledged without delay when a connection starts */
    TCP_HALF_MAX_BYTES = 128,
    TCP_WAIT_MAX_BYTES = 128,
};

/* ---- sequence numbers: RFC 9293 3.4, modulo 2^32 ---- */
static inline bool seq_lt(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }
static inline bool seq_leq(uint32_t a, uint32_t b) { return (int32_t)(a - b) <= 0; }
static inline bool seq_gt(uint32_t a, uint32_t b) { return (int32_t)(a - b) > 0; }
static inline bool seq_geq(uint32_t a, uint32_t b) { return (int32_t)(a - b) >= 0; }
static inline uint32_t seq_max(uint32_t a, uint32_t b) { return seq_lt(a, b) ? b : a; }
static inline uint32_t tcp_min(uint32_t a, uint32_t b) { return a < b ? a : b; }
static inline uint32_t tcp_max(uint32_t a, uint32_t b) { return a > b ? a : b; }

/* ---- what the demux map holds: connections, half-open ones, and those in TIME-WAIT ---- */
enum tcp_node_kind { TCP_NODE_CONN, TCP_NODE_HALF, TCP_NODE_WAIT };

struct tcp_node {
    struct flow flow;
    uint16_t link;                  /* bound to, or the scope of a link-local peer; 0 = any */
    uint8_t kind;
};

/* ---- the send queue ---- */

/* A run of bytes in the send queue.  Lives at the start of its own storage, or in a struct tcp_ref. */
struct tcp_chunk {
    struct tcp_chunk *next;
    struct hp_buf *buf;
    uint8_t *p;
    uint32_t seq, n, room;          /* bytes from seq on; room: what p can hold */
};

enum tcp_sent_flag {
    TCP_SENT_SYN    = 1 << 0,
    TCP_SENT_FIN    = 1 << 1,
    TCP_SENT_SACKED = 1 << 2,
    TCP_SENT_LOST   = 1 << 3,
    TCP_SENT_RTX    = 1 << 4,       /* retransmitted since it was last marked lost: in flight again */
    TCP_SENT_EVER   = 1 << 5,       /* ever retransmitted: no RTT from it (Karn)                    */
    TCP_SENT_PROBE  = 1 << 6,       /* went beyond the peer's window                                */
    TCP_SENT_PSH    = 1 << 7,
};

/* A segment that was sent and not yet acknowledged: at most one MSS. */
struct tcp_sent {
    uint32_t seq;
    uint16_t len;                   /* of data, without SYN and FIN */
    uint8_t flags, tries;
    hp_time at;                     /* last sent */
    struct tcp_chunk *chunk;        /* where its first byte is */
};

struct tcp_ring {
    struct tcp_sent *at;
    uint32_t head, count, mask;
};

/* ---- received out of order ---- */
struct tcp_run {
    uint32_t left, right;
    struct hp_pkt *first, *last;
};

struct tcp_ooo {
    struct tcp_run *run;            /* sorted, disjoint, not touching */
    uint32_t runs, room;
    uint32_t charge;                /* storage held */
    uint32_t recent[TCP_SACKS_MAX]; /* sequence numbers in the runs that grew last, newest first */
    uint8_t recents;
    bool fin;                       /* the peer's FIN came already: at fin_seq */
    uint32_t fin_seq;
};

/* What few connections need: allocated when one does. */
struct tcp_rare {
    struct tcp_ooo ooo;
    hp_time keep_idle, keep_interval, user_timeout;     /* 0 = the stack's */
    hp_time linger;
    struct tcp_sack seen[TCP_SACKS_MAX];    /* the blocks of the last ACK */
    uint32_t undo_cwnd, undo_ssthresh, undo_ts;
    uint32_t undo_left;             /* retransmissions not yet known to be spurious */
    bool undo, undo_first;          /* an episode can be undone; its first ACK has not come yet */
    bool undo_rtx;                  /* something was sent again */
    uint32_t dsack_left, dsack_right;
    uint32_t rcv_up;                /* first byte that is not urgent */
    uint32_t rcvlowat;
    uint16_t keep_count;
    uint8_t syn_retries;
    uint8_t oob;                    /* the urgent byte, out of line */
    bool linger_on, dsack, oob_there, has_up;
};

/* ---- the connection ---- */
enum tcp_flag_bit {
    TF_NODELAY    = 1u << 0,  TF_CORK      = 1u << 1,  TF_MORE       = 1u << 2,
    TF_SACK       = 1u << 3,  TF_TS        = 1u << 4,  TF_WSCALE     = 1u << 5,
    TF_ACK_NOW    = 1u << 6,  /* an ACK is owed in phase 3                     */
    TF_ACK_LATER  = 1u << 7,  /* ... or when the delayed ACK timer fires       */
    TF_FIN        = 1u << 8,  /* the user has closed his sending side          */
    TF_SHUT_RD    = 1u << 9,
    TF_RCVD_FIN   = 1u << 10, /* the peer has closed: everything came          */
    TF_BLOCKED    = 1u << 11, /* a send found no room                          */
    TF_REUSEADDR  = 1u << 12, TF_REUSEPORT = 1u << 13, TF_V6ONLY     = 1u << 14,
    TF_KEEPALIVE  = 1u << 15, TF_RCVBUF_SET = 1u << 16, TF_SNDBUF_SET = 1u << 17,
    TF_OOBINLINE  = 1u << 18, TF_BOUND     = 1u << 19, TF_MAPPED     = 1u << 20,
    TF_RECOVERY   = 1u << 21, /* fast recovery                                 */
    TF_LOSS       = 1u << 22, /* after a retransmission timeout                */
    TF_RESCUED    = 1u << 23, /* RFC 6675 rescue retransmission done           */
    TF_SND_UP     = 1u << 24, /* urgent data was sent, up to snd_up            */
    TF_PERSIST    = 1u << 25, /* the rtx timer runs for a window probe         */
    TF_DEAD       = 1u << 26, /* gone: freed when the stack is at rest         */
    TF_LIMITED    = 1u << 27, /* cwnd held the sender back                     */
    TF_PUSH       = 1u << 28, /* send what there is, be it ever so short       */
    TF_QUEUED     = 1u << 29, /* in a listener's accept queue                  */
    TF_CONNECTED  = 1u << 30, /* was ESTABLISHED                               */
    TF_ORPHANED   = 1u << 31, /* counts among the host's orphans               */
};

enum tcp_due { TCP_DUE_RTX, TCP_DUE_ACK, TCP_DUE_KEEP, TCP_DUE_SEND, TCP_DUES };

struct tcp_host;
struct tcp_listener;

struct tcp {
    struct hp_sock sock;            /* first: a struct tcp is a struct hp_sock */
    struct tcp_host *host;
    struct tcp_node node;
    uint32_t flags;                 /* enum tcp_flag_bit */
    uint8_t state;                  /* enum tcp_state */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t dup_acks;
    /* receive */
    uint32_t rcv_nxt, rcv_adv;      /* next byte; right edge advertised */
    uint32_t irs;
    uint32_t ts_recent, ts_recent_ms;
    uint32_t ts_offset;
    uint32_t last_ack_sent;
    uint32_t rcvbuf, rcv_queued, rcv_charge;
    struct hp_pkt *rcv_first, **rcv_last;
    struct tcp_rare *rare;
    hp_time rcv_at;                 /* when the peer was last heard */
    uint16_t rcv_mss, snd_mss, peer_mss, user_mss;
    uint16_t quick;                 /* segments still to be acknowledged at once */
    /* send */
    uint32_t iss, snd_una, snd_nxt, snd_end, snd_wnd, snd_wl1, snd_wl2, max_wnd;
    uint32_t snd_up;
    uint32_t sndbuf;
    struct tcp_chunk *chunk, *chunk_last;
    struct tcp_ring ring;
    struct tcp_sent one;            /* the ring of whoever has one segment in flight */
    uint32_t sacked, lost, rtx_out; /* bytes of the records so marked */
    uint32_t fack;                  /* the end of the highest SACKed byte */
    uint32_t lost_edge, lost_above; /* loss marking stands here; SACKed bytes from here on */
    uint32_t rtx_edge;              /* records before it need no look for retransmission */
    uint32_t recover;               /* RFC 6582, RFC 6675 RecoveryPoint */
    uint32_t rtt_seq;
    uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;    /* rto before backoff */
    uint8_t backoff, probes, keeps;
    int8_t soft_error;
    const struct hp_cc *cc_kind;
    struct cc cc;
    struct ip_path path;
    struct hp_timer timer;
    hp_time due[TCP_DUES];
    hp_time progress_at;            /* when the peer last acknowledged something new, or sending began */
    /* autotuning of the receive buffer (DRS, Feng and Fisk 2001) */
    uint32_t drs_at_us, drs_read;
    uint32_t rcv_read;              /* sequence number of the next byte that the user reads */
    uint32_t segs_in, segs_out, data_in, data_out;      /* counters; up to here: what most segments touch */
    /* RFC 5961 7: challenge ACKs of this connection */
    uint32_t challenge_ms;
    uint8_t challenges;
    uint8_t ttl, tos, opt_ttl;
    /* its port's list if TF_BOUND, the accept queue if TF_QUEUED, the list of the dead if TF_DEAD */
    struct tcp *list_next, **list_prev;
    struct tcp_listener *listener;  /* of a listening socket; of one that waits for accept(): whose */
    struct tcp *all_next, **all_prev;
    /* counters */
    uint32_t rtxs;
    uint16_t rtos, recoveries;
    uint32_t una_wraps, nxt_wraps;
    uint64_t bytes_rtx;
};

/* ---- a connection half open: RFC 9293 SYN-RECEIVED from LISTEN ---- */
struct tcp_half {
    struct tcp_node node;
    struct tcp_listener *listener;
    struct tcp_half *next, **prev;  /* of the listener, oldest first */
    struct hp_timer timer;
    uint32_t iss, irs, ts_recent, object;
    uint16_t mss;
    uint8_t wscale, flags, tries, tos;
};

struct tcp_listener {
    struct tcp *sock;
    struct tcp_half *half, **half_last;
    struct tcp *queue, **queue_last;
    uint32_t halves, halves_max, queued, queued_max;
};

/* ---- TIME-WAIT ---- */
struct tcp_wait {
    struct tcp_node node;
    struct tcp_wait *next, **prev;  /* in the order in which they end */
    hp_time until;
    uint32_t snd_nxt, rcv_nxt, rcv_wnd, ts_recent, ts_offset, object;
    uint8_t rcv_wscale, ts, challenges;
    uint32_t challenge_ms;
};

static_assert(sizeof(struct tcp_half) <= TCP_HALF_MAX_BYTES, "a SYN costs little");
static_assert(sizeof(struct tcp_wait) <= TCP_WAIT_MAX_BYTES, "TIME-WAIT costs little");

/* ---- the stack's TCP ---- */
struct tcp_host {
    struct hp_stack *stack;         /* up to sndbuf_max: what every segment needs */
    struct map flows;               /* struct tcp_node, by 4-tuple */
    struct key flow_key;
    struct tcp_node *last;          /* what the last segment belonged to */
    struct tcp *dead;               /* to be freed when at rest */
    uint64_t segments_in, segments_out;
    int64_t rto_min_ms, rto_max_ms, delack_ms, rcvbuf_max, sndbuf_max;

    struct map ports;               /* struct tcp_port, by local port */
    struct tcp_port *ports_list;
    struct key isn_key, ts_key;
    uint32_t port_offset;
    struct tcp *all;                /* not walked but at the end */
    struct tcp_wait *wait, **wait_last;
    struct hp_timer wait_timer;
    uint32_t waits, orphans;
    uint32_t rst_ms, rst_left;
    bool rst_begun;
    /* settings */
    int64_t rto_initial_ms, time_wait_ms, fin_wait_ms, user_timeout_ms, rcvbuf, sndbuf;
    int64_t syn_retries, synack_retries, keep_idle_ms, keep_interval_ms, keep_count;
    int64_t orphans_max, waits_max, accept_timeout_ms, initial_window, timestamps, sack, window_scaling, rsts_per_s;
    int64_t cork_ms, congestion;
    /* counters */
    uint64_t retransmits, timeouts, fast_recoveries, undos, opens_active, opens_passive, established,
        resets_in, resets_out, challenge_acks, dup_acks_in, sacks_in, dsacks_in, probes, keepalives, syn_drops, time_waits,
        ooo_in, acks_delayed;
};

/* ---- a segment that came ---- */
struct tcp_seg {
    struct hp_pkt *p;               /* data at the payload; NULL once somebody took it */
    uint32_t seq, ack, wnd;         /* wnd: scaled once the connection is known */
    uint32_t n;                     /* bytes of payload */
    uint16_t flags, win, urg;       /* win: as it came */
    const struct tcp_opts *o;
};
static inline uint32_t tcp_seg_len(const struct tcp_seg *g)
{
    return g->n + !!(g->flags & TCP_SYN) + !!(g->flags & TCP_FIN);
}

/* proto.c */
extern const struct hp_sock_kind tcp_sock_kind;
/* state.c */
const char *tcp_state_name(unsigned state);
void tcp_trace_state(struct hp_stack *s, const struct tcp_node *n, uint32_t object, unsigned from, unsigned to);
void tcp_set_state(struct tcp *t, enum tcp_state to);
static inline bool tcp_in(const struct tcp *t, unsigned states) { return states >> t->state & 1; }
#define TCP_IS(state) (1u << (state))
enum {
    TCP_SYNCHRONIZED = 1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT_1 | 1u << TCP_FIN_WAIT_2 | 1u << TCP_CLOSE_WAIT |
                       1u << TCP_CLOSING | 1u << TCP_LAST_ACK | 1u << TCP_TIME_WAIT,
    TCP_RECEIVING = 1u << TCP_ESTABLISHED | 1u << TCP_FIN_WAIT_1 | 1u << TCP_FIN_WAIT_2,
    TCP_SENDING = 1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT,
    TCP_HAS_QUEUE = TCP_SENDING | 1u << TCP_FIN_WAIT_1 | 1u << TCP_CLOSING | 1u << TCP_LAST_ACK,
};
int tcp_init(struct tcp *t, struct tcp_host *host);     /* a fresh, closed one */
struct tcp *tcp_new(struct tcp_host *host);
struct tcp_rare *tcp_rare(struct tcp *t);               /* allocated at first use; NULL: no memory */
void tcp_end(struct tcp *t, int err);                   /* to CLOSED: nothing is sent; err goes to the user */
void tcp_reap(struct tcp_host *host);                   /* frees the dead: call at the end of every way in */
static inline void tcp_rest(struct tcp_host *host)
{
    if (host->dead) tcp_reap(host);
}
void tcp_free_later(struct tcp *t);
void tcp_adopt(struct tcp *t);                          /* counts as orphan, or not */
void tcp_end_all(struct tcp_host *host);
/* demux.c */
uint64_t tcp_flow_hash(const struct tcp_host *h, const struct flow *f);
struct tcp_node *tcp_find(struct tcp_host *h, const struct flow *f);
int tcp_map(struct tcp_host *h, struct tcp_node *n);
void tcp_unmap(struct tcp_host *h, struct tcp_node *n);
void tcp_remap(struct tcp_host *h, struct tcp_node *old, struct tcp_node *n);
struct tcp *tcp_find_listener(struct tcp_host *h, const struct flow *f, uint16_t link);
int tcp_bind(struct tcp *t, const struct hp_ip *ip, uint16_t port, uint16_t link);
int tcp_listen_check(const struct tcp *t);
void tcp_unbind(struct tcp *t);
int tcp_pick_port(struct tcp *t);
static inline struct tcp *tcp_of_node(struct tcp_node *n)
{
    return (struct tcp *)(void *)((char *)n - offsetof(struct tcp, node));
}
/* open.c */
uint32_t tcp_isn(const struct tcp_host *h, const struct flow *f, hp_time now);
uint32_t tcp_ts_offset(const struct tcp_host *h, const struct flow *f);
int tcp_connect(struct hp_sock *sock, const struct hp_endpoint *peer);
void tcp_syn_options(struct tcp *t, struct tcp_opts *o);
void tcp_take_syn_options(struct tcp *t, const struct tcp_opts *o);
uint16_t tcp_mss_for(const struct ip_path *path, const struct hp_ip *peer);
uint16_t tcp_mss_of_peer(const struct tcp_opts *o, const struct hp_ip *peer);
void tcp_set_mss(struct tcp *t);
void tcp_start_sending(struct tcp *t, bool syn_lost);   /* the handshake is done: initial window (RFC 6928) */
uint8_t tcp_wscale_for(const struct tcp_host *h);
bool tcp_syn_sent_arrives(struct tcp *t, struct tcp_seg *g);    /* 3.10.7.3 */
void tcp_established(struct tcp *t);
/* listen.c */
int tcp_listen(struct hp_sock *sock, int backlog);
int tcp_accept(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer);
void tcp_listen_arrives(struct tcp *l, const struct flow *f, struct tcp_seg *g);        /* 3.10.7.2 */
void tcp_half_arrives(struct tcp_host *h, struct tcp_half *half, struct tcp_seg *g);
void tcp_half_end(struct tcp_host *h, struct tcp_half *half);
void tcp_half_error(struct tcp_host *h, struct tcp_half *half, const struct hp_neterr *e, uint32_t seq);
void tcp_listen_end(struct tcp *t);
void tcp_listen_forget(struct tcp *t);                  /* frees the listener's part without a word */
void tcp_dequeue(struct tcp *t);                        /* leaves the accept queue */
/* input.c */
void tcp_rx(struct hp_stack *s, void *state, struct hp_pkt *p);
void tcp_segment_arrives(struct tcp *t, struct tcp_seg *g);
void tcp_seg_drop(struct hp_stack *s, struct tcp_seg *g, enum hp_drop why);
bool tcp_challenge(struct tcp *t);
bool tcp_may_challenge(struct tcp_host *h, uint32_t *since_ms, uint8_t *count);
/* ack.c */
bool tcp_take_ack(struct tcp *t, struct tcp_seg *g);
void tcp_take_window(struct tcp *t, const struct tcp_seg *g);
void tcp_acked(struct tcp *t, uint32_t ack, const struct tcp_opts *o, struct cc_told *told);
void tcp_rtt_sample(struct tcp *t, uint32_t rtt_us);
struct cc_told tcp_tell(const struct tcp *t);
/* text.c */
void tcp_take_text(struct tcp *t, struct tcp_seg *g);
void tcp_take_fin(struct tcp *t, struct tcp_seg *g);
void tcp_take_duplicate(struct tcp *t, const struct tcp_seg *g);        /* all of it was received before: says so (RFC 2883) */
void tcp_receive_drop(struct tcp *t);                   /* everything that was received and not read */
void tcp_ooo_drop(struct tcp *t);
void tcp_pkt_skip(struct hp_pkt *p, uint32_t n);        /* the first n bytes of payload */
uint32_t tcp_pkt_charge(const struct hp_pkt *p);
void tcp_ack_received(struct tcp *t, uint32_t n);
/* sack.c */
uint32_t tcp_take_sack(struct tcp *t, const struct tcp_opts *o, uint32_t ack);
void tcp_write_sack(struct tcp *t, struct tcp_opts *o, int max);
void tcp_sack_renege(struct tcp *t);
void tcp_ooo_recent(struct tcp_ooo *q, uint32_t seq);
struct tcp_run *tcp_ooo_find(const struct tcp_ooo *q, uint32_t seq);
/* recovery.c */
uint32_t tcp_pipe(const struct tcp *t);
void tcp_recover(struct tcp *t, uint32_t acked, uint32_t sacked, bool dup);
void tcp_mark_lost(struct tcp *t, struct tcp_sent *r);
void tcp_mark_all_lost(struct tcp *t);
struct tcp_sent *tcp_next_lost(struct tcp *t);
struct tcp_sent *tcp_next_guess(struct tcp *t);
void tcp_loss_begin(struct tcp *t);                     /* the retransmission timer fired */
void tcp_undo_check(struct tcp *t, const struct tcp_opts *o, bool new_data);
/* output.c */
void tcp_tx(struct hp_sock *sock);
void tcp_output(struct tcp *t);
bool tcp_send_new(struct tcp *t, uint32_t len, uint8_t sent_flags);
/* segment.c */
bool tcp_send_record(struct tcp *t, struct tcp_sent *r);
bool tcp_send_run(struct tcp *t, uint32_t count);
void tcp_send_ack(struct tcp *t);
void tcp_send_keepalive(struct tcp *t);
struct tcp_reply {                  /* a segment that belongs to no connection */
    const struct flow *flow;
    uint32_t seq, ack;
    uint16_t flags, win, link;
    uint8_t tos;
    const struct tcp_opts *o;       /* or NULL */
};
void tcp_reply_tx(struct tcp_host *h, const struct tcp_reply *r);
void tcp_reply_rst(struct tcp_host *h, const struct flow *f, uint16_t link, const struct tcp_seg *g);
void tcp_send_rst(struct tcp *t);
uint32_t tcp_ts_now(const struct tcp_host *h, uint32_t offset);
/* queue.c */
int64_t tcp_queue_write(struct tcp *t, const void *data, size_t n);
int64_t tcp_queue_ref(struct tcp *t, const struct hp_msg *m);
void tcp_queue_acked(struct tcp *t);                    /* frees what is before snd_una */
void tcp_queue_drop(struct tcp *t);
struct tcp_chunk *tcp_chunk_at(struct tcp *t, uint32_t seq);
struct tcp_sent *tcp_ring_add(struct tcp *t);           /* or NULL: no memory */
void tcp_ring_reset(struct tcp *t);
static inline struct tcp_sent *tcp_ring_at(const struct tcp *t, uint32_t i)
{
    return &t->ring.at[(t->ring.head + i) & t->ring.mask];
}
uint32_t tcp_ring_find(const struct tcp *t, uint32_t seq);      /* the first record that ends after seq, or count */
static inline uint32_t tcp_sent_end(const struct tcp_sent *r)
{
    return r->seq + r->len + !!(r->flags & TCP_SENT_SYN) + !!(r->flags & TCP_SENT_FIN);
}
static inline uint32_t tcp_sent_bytes(const struct tcp_sent *r) { return tcp_sent_end(r) - r->seq; }
bool tcp_resegment(struct tcp *t);
/* rtx.c */
void tcp_rtx_arm(struct tcp *t);                        /* starts or stops as what is in flight wants */
void tcp_rtx_fire(struct tcp *t);
hp_time tcp_rto(const struct tcp *t);                   /* with backoff */
/* window.c */
uint32_t tcp_window_edge(const struct tcp *t);          /* where the right edge may be now */
uint16_t tcp_window_field(struct tcp *t);               /* advertises; sets rcv_adv */
void tcp_window_read(struct tcp *t, uint32_t n);        /* the user took n bytes: says so if it matters */
uint32_t tcp_sndbuf(const struct tcp *t);
void tcp_rcvbuf_tune(struct tcp *t);
bool tcp_in_window(const struct tcp *t, const struct tcp_seg *g);
/* timer.c */
void tcp_due(struct tcp *t, enum tcp_due which, hp_time at);
static inline void tcp_due_stop(struct tcp *t, enum tcp_due which) { t->due[which] = HP_NEVER; }
void tcp_timer_fire(struct hp_stack *s, struct hp_timer *timer);
/* keepalive.c */
void tcp_keep_arm(struct tcp *t);
void tcp_keep_fire(struct tcp *t);
/* close.c */
int tcp_shutdown(struct hp_sock *sock, int how);
void tcp_close(struct hp_sock *sock);
void tcp_abort(struct tcp *t, int err);                 /* RST to the peer, err to the user */
void tcp_fin_acked(struct tcp *t);
/* timewait.c */
void tcp_wait_enter(struct tcp *t);
void tcp_wait_arrives(struct tcp_host *h, struct tcp_wait *w, struct tcp_seg *g);
void tcp_wait_end(struct tcp_host *h, struct tcp_wait *w);
void tcp_wait_fire(struct hp_stack *s, struct hp_timer *timer);
/* urgent.c */
void tcp_take_urgent(struct tcp *t, const struct tcp_seg *g);
bool tcp_is_oob(const struct tcp *t, uint32_t seq);
int64_t tcp_recv_oob(struct tcp *t, void *room, size_t n, unsigned flags);
/* error.c */
void tcp_error(struct hp_stack *s, void *state, const struct hp_neterr *e);
void tcp_path_renew(struct tcp *t);
/* user.c */
int64_t tcp_send(struct hp_sock *sock, const struct hp_msg *m);
int64_t tcp_recv(struct hp_sock *sock, const struct hp_msg *m);
int tcp_borrow(struct hp_sock *sock, struct hp_bytes *parts, int parts_max);
int tcp_release(struct hp_sock *sock, size_t n);
unsigned tcp_ready(const struct hp_sock *sock);
int tcp_local(const struct hp_sock *sock, struct hp_endpoint *out);
int tcp_peer(const struct hp_sock *sock, struct hp_endpoint *out);
void tcp_writable(struct tcp *t);
/* option.c */
int tcp_setopt(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n);
int tcp_getopt(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n);

#endif
