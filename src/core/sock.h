/* The base of every socket: what the stack's lists and the session layer need of it.  A kind (UDP, TCP, ...) puts it first
 * in its own struct. */
#ifndef CORE_SOCK_H
#define CORE_SOCK_H

#include "hepta/socket.h"

struct hp_sock;
struct hp_msg;

/* One datagram or piece of stream from the user, or for the user. */
struct hp_msg {
    const void *data;               /* send */
    void *room;                     /* recv; NULL with HP_MSG_TRUNC counts only */
    size_t n;
    unsigned flags;
    const struct hp_endpoint *to;   /* sendto, or NULL */
    struct hp_recv_info *info;      /* recvfrom, or NULL */
    void (*done)(void *ctx);        /* send by reference, or NULL */
    void *done_ctx;
};

/* The plug for sockets.  Calls never block: HP_EAGAIN says wait.  A missing function answers HP_EOPNOTSUPP. */
struct hp_sock_kind {
    const char *name;
    enum hp_sock_type type;
    size_t size;
    int (*open)(struct hp_sock *sock, int protocol);
    int (*bind)(struct hp_sock *sock, const struct hp_endpoint *local);
    int (*listen)(struct hp_sock *sock, int backlog);
    int (*accept)(struct hp_sock *sock, struct hp_sock **out, struct hp_endpoint *peer);
    int (*connect)(struct hp_sock *sock, const struct hp_endpoint *peer);   /* streams: HP_EINPROGRESS first */
    int64_t (*send)(struct hp_sock *sock, const struct hp_msg *m);
    int64_t (*recv)(struct hp_sock *sock, const struct hp_msg *m);
    int (*borrow)(struct hp_sock *sock, struct hp_bytes *parts, int parts_max);
    int (*release)(struct hp_sock *sock, size_t n);
    int (*shutdown)(struct hp_sock *sock, int how);
    void (*close)(struct hp_sock *sock);        /* the user's handle is gone; frees now or later */
    unsigned (*ready)(const struct hp_sock *sock);
    int (*local)(const struct hp_sock *sock, struct hp_endpoint *out);
    int (*peer)(const struct hp_sock *sock, struct hp_endpoint *out);
    int (*setopt)(struct hp_sock *sock, enum hp_opt opt, const void *value, size_t n);  /* HP_ENOPROTOOPT: not mine */
    int (*getopt)(struct hp_sock *sock, enum hp_opt opt, void *value, size_t *n);
    void (*tx)(struct hp_sock *sock);           /* phase 3: say what there is to say */
};

/* A list that anything can leave at any time, in O(1). */
struct sock_node {
    struct sock_node *next, **prev;     /* prev == NULL: not listed */
};

struct sock_list {
    struct sock_node *first, **last;
};

enum sock_flag {
    SOCK_NONBLOCK   = 1 << 0,
    SOCK_ORPHAN     = 1 << 1,   /* closed by the user: never told of readiness again */
};

struct hp_sock {
    struct hp_stack *stack;
    const struct hp_sock_kind *kind;
    void *user;
    struct sock_node tx, ready;     /* on the stack's lists of the same names */
    void *waiters;                  /* programs that wait for it (proc/) */
    uint32_t object;                /* number in traces */
    uint16_t flags;                 /* enum sock_flag */
    uint8_t gained;                 /* readiness since hp_next_ready last answered */
    int8_t error;                   /* HP_SO_ERROR: enum hp_err, pending */
    uint32_t rcvtimeo_ms, sndtimeo_ms;
};

/* Marks: what happened is told later, by hp_next_ready() and to waiting programs. */
void sock_mark(struct hp_sock *sock, unsigned what);
/* The socket wants to say something in phase 3 of this or the next step. */
void sock_mark_tx(struct hp_sock *sock);
/* Takes it off every list: before its memory goes. */
void sock_unlist(struct hp_sock *sock);
void socks_tx(struct hp_stack *s);          /* phase 3 */
static inline void sock_list_init(struct sock_list *l) { *l = (struct sock_list){NULL, &l->first}; }

#endif
